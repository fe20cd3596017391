"""The kernels below a what-if, without Python in between: one station let in, or taken out, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numba
import numpy as np
import shapely

from benchmarks.clock import Row, cpu
from workbench.catalogue.terms import ServiceLevel
from workbench.coverage.whatif import WhatIf
from workbench.network import kernel
from workbench.network.kernel import Starts
from workbench.network.live import refill
from workbench.network.walking import METRES

NEWCOMER = 1
"""Key below those of all stations: it wins ties, and is in nobody's way."""


@numba.njit(cache=False)
def _all_claims(arcs, starts, key, slack, label, caller_id, distance, index, log, room):  # type: ignore[no-untyped-def]
    """Let each source in and take it back; return how many nodes changed, and how many needed a heap."""
    changed, far = 0, 0
    for source in range(starts.first.size - 1):
        enough, _, node, metres, owner = kernel.claim_near(
            arcs, starts, source, key, np.inf, slack, label, caller_id, distance, index, log, room
        )
        if not enough:
            far += 1
            _, node, metres, owner = kernel.claim_far(
                arcs, starts, source, key, np.inf, slack, label, caller_id, distance, index
            )
        changed += node.size
        for i in range(node.size):
            distance[node[i]] = metres[i]
            index[node[i]] = owner[i]
    return changed, far


@numba.njit(cache=False)
def _all_refills(arcs, back, holes, first, inside, own, slack, caller_id, distance, index):  # type: ignore[no-untyped-def]
    """Take each station out, fill its hole from the border, and put it back."""
    no_key, no_start, no_offset = own
    for station in range(first.size - 1):
        hole = holes[first[station] : first[station + 1]]
        metres, owner = np.empty(hole.size), np.empty(hole.size, np.int64)
        for i in range(hole.size):
            who = caller_id[hole[i]]
            metres[i], owner[i] = distance[who], index[who]
            distance[who], index[who] = np.inf, -1
            inside[hole[i]] = True
        refill(arcs, back, hole, inside, no_key, no_start, no_offset, slack, caller_id, distance, index)
        for i in range(hole.size):
            who = caller_id[hole[i]]
            distance[who], index[who] = metres[i], owner[i]
            inside[hole[i]] = False


def kernels(what: WhatIf, spots: Any, tried: int) -> Iterator[Row]:
    """Time the kernels in metres, on the answer for stations of any level."""
    standing = what._standing(METRES)  # noqa: SLF001
    live = standing.answers[ServiceLevel.ANY].live
    before = live.distance.copy(), live.index.copy()
    task = f"kernel alone, {len(live.distance):,} nodes"
    seconds, note = _claims(what, standing, live, spots)
    yield Row(task, "claim: one station in, and back", seconds / tried, note=note)
    holes = _holes(live)
    work = _refills(live, holes)
    note = f"{np.mean([len(hole) for hole in holes]):.0f} nodes a station"
    yield Row(task, "refill: one station out, and back", cpu(work) / len(holes), note=note)
    assert np.array_equal(before[0], live.distance), "a kernel left something behind"
    assert np.array_equal(before[1], live.index), "a kernel left something behind"


def _claims(what: WhatIf, standing: Any, live: Any, spots: Any) -> tuple[float, str]:
    search = live._search  # noqa: SLF001
    places = [what._placed(shapely.Point(x, y), "post", "public", None, NEWCOMER) for x, y in spots]  # noqa: SLF001
    starts = [standing.starts(place) for place in places]
    first = np.cumsum([0] + [len(node) for node, _ in starts])
    node = search.topology.internal_id[np.concatenate([node for node, _ in starts])]
    own = Starts(first, node, np.concatenate([cost for _, cost in starts]))
    with search.desk.workspace(max(search.tuning.log_room, 4096)) as work:
        room = min(len(work.log.node), search.tuning.claim_room) - search.topology.most_arcs
        answer = work.label, search.topology.caller_id, live.distance, live.index, work.log, room

        def run() -> Any:
            return _all_claims(search.arcs, own, NEWCOMER, live._slack, *answer)  # noqa: SLF001

        changed, far = run()
        note = f"{changed / len(spots):.0f} nodes a station" + (
            f"; {far} of {len(spots)} went on with a heap" * (far > 0)
        )
        return cpu(run), note


def _holes(live: Any) -> list[Any]:
    """Return what each station owns, in internal numbers."""
    owned = [np.flatnonzero(live.index == key) for key in np.unique(live.index[live.index >= 0])]
    return [live._search.topology.internal_id[nodes] for nodes in owned]  # noqa: SLF001


def _refills(live: Any, holes: list[Any]) -> Callable[[], None]:
    search, back = live._search, live._backward().arcs  # noqa: SLF001
    first = np.cumsum([0] + [len(hole) for hole in holes])
    inside = np.zeros(len(live.distance), np.bool_)
    nobody = np.empty(0, np.int64), np.empty(0, np.uint32), np.empty(0)
    answer = live._slack, search.topology.caller_id, live.distance, live.index  # noqa: SLF001
    return lambda: _all_refills(search.arcs, back, np.concatenate(holes), first, inside, nobody, *answer)
