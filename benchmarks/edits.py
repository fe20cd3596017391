"""One station more in an answer that is there already: the claim that settles ties in ``nearest``, by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numba
import numpy as np

from benchmarks.clock import Row, cpu
from benchmarks.floor import inside
from benchmarks.grounds import Ground, grid
from workbench.network import Seeds, WalkNetwork, kernel

TRIED = 500
LIMIT_M = 400.0
GROUNDS = ((1_000_000, 20_000), (50_000, 1_500))
QUICK_GROUNDS = ((50_000, 1_000),)


def edit_races(quick: bool = False) -> Iterator[Row]:
    """Time edits on ground of all sizes."""
    for nodes, count in QUICK_GROUNDS if quick else GROUNDS:
        yield from edits(grid(nodes), count, LIMIT_M)


def edits(ground: Ground, count: int, limit: float) -> Iterator[Row]:
    """Time claims in an answer for so many stations, taken back each time."""
    network = WalkNetwork.from_edges(ground.xy, ground.edges, ground.length_m)
    stations = Seeds.at_nodes(ground.sources(count))
    spots = Seeds.at_nodes(ground.sources(TRIED, seed=5))
    distance, index = network.nearest_from(stations, limit)
    _prove(network, stations, spots.take(range(3)), distance, index, limit)

    task = f"one station edited, {ground.n:,} nodes, k = {count:,}"
    claims = _claims(network, spots, count, distance, index, limit)
    yield Row(task, "kernel alone: add, and take back", cpu(claims) / TRIED, equal=True)


@numba.njit(cache=False)
def _all_claims(arcs, starts, position, limit, slack, label, caller_id, distance, index, log, room):  # type: ignore[no-untyped-def]
    """Add each source and take it back, without going through Python in between."""
    for source in range(starts.first.size - 1):
        _, node, metres, owner = kernel.claim_near(
            arcs, starts, source, position, limit, slack, label, caller_id, distance, index, log, room
        )
        for i in range(node.size):
            distance[node[i]] = metres[i]
            index[node[i]] = owner[i]


def _claims(
    network: WalkNetwork, tried: Seeds, position: int, distance: Any, index: Any, limit: float
) -> Callable[[], None]:
    search = inside(network)
    starts = search._internal(tried)  # noqa: SLF001
    slack = search.slack(tried, limit)
    with search.desk.workspace(4096) as work:
        room = len(work.log.node) - search.topology.most_arcs
    answer = (work.label, search.topology.caller_id, distance, index, work.log, room)
    return lambda: _all_claims(search.arcs, starts, position, limit, slack, *answer)


def _prove(network: WalkNetwork, stations: Seeds, spots: Seeds, distance: Any, index: Any, limit: float) -> None:
    """Make sure that an edited answer is the one asked for anew, to the last bit."""
    search, count = inside(network), len(stations)
    for one in (spots.take([spot]) for spot in range(len(spots))):
        edited = distance.copy(), index.copy()
        search.claim(one, (count,), limit, search.slack(one, limit), *edited)
        anew = network.nearest(np.r_[stations.node, one.node], limit)
        assert all(np.array_equal(a, b) for a, b in zip(edited, anew, strict=True)), "a claim is not exact"
