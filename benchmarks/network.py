"""The walking network beside its peers: ``python -m benchmarks.network [--quick] [--out FILE]``.

Every ratio is from one run on one machine: processor time of the contender over ours, both medians. The
answers are compared in the same run, bit for bit where the peer is exact. Node ids are at random, as in
a file; ours puts them in order when the network is built, and that time has its own row.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.areas import areas
from benchmarks.clock import Row, cpu, markdown, peak_bytes, race
from benchmarks.edits import edits
from benchmarks.floor import floors, inside
from benchmarks.grounds import Ground, grid
from benchmarks.peers import Peer, installed, nearest_peers, reach_peers
from workbench.network import WalkNetwork

OURS = "**WalkNetwork**"
ALONG = "the same, sources in order along the curve"
LIMIT_M = 400.0
REACH = ((50_000, 5_000), (250_000, 20_000), (1_000_000, 50_000))
NEAREST = ((1_000_000, (1_500, 20_000)),)
QUICK_REACH = ((50_000, 5_000),)
QUICK_NEAREST = ((50_000, (100, 1_000)),)


def run(quick: bool = False) -> list[Row]:
    """Run all races; give the rows of the table."""
    rows: list[Row] = []
    for nodes, count in QUICK_REACH if quick else REACH:
        rows += _shown(reach(grid(nodes), count, quick))
    for nodes, counts in QUICK_NEAREST if quick else NEAREST:
        ground = grid(nodes)
        rows += _shown(nearest(ground, counts, quick))
        rows += _shown(edits(ground, counts[-1], LIMIT_M))
    rows += _shown(edits(grid(50_000), 1_500, LIMIT_M))
    rows += _shown(areas(quick))
    return rows


def _shown(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        print(markdown([row]).splitlines()[-1], flush=True)
        yield row


def build(ground: Ground) -> tuple[WalkNetwork, Iterator[Row]]:
    """Build our network, and say what that costs."""
    network = WalkNetwork.from_edges(ground.xy, ground.edges, ground.length_m)
    task = f"build, {ground.n:,} nodes"
    seconds = cpu(lambda: WalkNetwork.from_edges(ground.xy, ground.edges, ground.length_m), 3)
    rows = [Row(task, "from_edges", seconds, note=f"{network.nbytes / ground.n:.0f} bytes a node")]
    rows.append(Row(task, "with_lengths", cpu(lambda: network.with_lengths(ground.length_m), 3)))
    return network, iter(rows)


def reach(ground: Ground, count: int, quick: bool) -> Iterator[Row]:
    """Race for every node within the limit of each source."""
    network, rows = build(ground)
    yield from rows
    sources = ground.sources(count)
    task = f"reach, {ground.n:,} nodes × {count:,} sources"
    answer = network.reach(sources, LIMIT_M)
    held = (answer.data.nbytes + answer.indices.nbytes) / answer.nnz
    peak = peak_bytes(lambda: network.reach(sources, LIMIT_M)) / answer.nnz
    in_order = sources[np.argsort(inside(network).topology.internal_id[sources])]
    ahead: dict[str, Callable[[], object]] = {
        OURS: lambda: network.reach(sources, LIMIT_M),
        ALONG: lambda: network.reach(in_order, LIMIT_M),
    }
    times = race(ahead | floors(network, sources, np.diff(answer.indptr)), 25)
    ours = times[OURS]
    note = f"{answer.nnz / count:.1f} nodes a source; {held:.0f} bytes a pair, {peak:.0f} at the height"
    for name, seconds in times.items():
        behind = (
            ""
            if name in ahead
            else f"ours is {ours / seconds:.2f} times this, {times[ALONG] / seconds:.2f} along the curve"
        )
        yield Row(task, name, seconds, seconds / ours, note=note if name == OURS else behind)
    for peer in reach_peers(ground, quick):
        yield _reach_row(task, peer, answer, sources, ours)
    yield from _absent(task, "networkx", "rustworkx", *(() if ground.n > 100_000 or quick else ("pandana",)))


def _reach_row(task: str, peer: Peer, answer: Any, sources: Any, ours: float) -> Row:
    some = sources[: peer.sample]
    spent, last = _asked(peer, some, LIMIT_M, 3)
    seconds = spent * len(sources) / len(some)
    note = peer.note if len(some) == len(sources) else f"from {len(some):,} sources. {peer.note}".strip()
    balls = peer.read(last)
    equal = None
    if balls is not None:
        mine = [_ball(answer, row) for row in range(len(some))]
        if peer.exact:
            equal = balls == mine
        else:
            beyond = sum(len(ball.keys() - own.keys()) for ball, own in zip(balls, mine, strict=True))
            off = max(
                abs(ball[v] - own[v]) for ball, own in zip(balls, mine, strict=True) for v in ball.keys() & own.keys()
            )
            note += f"; up to {off * 1e3:.1f} mm off, {beyond} pairs too many"
    return Row(task, peer.name, seconds, seconds / ours, equal, note)


def _ball(answer: Any, row: int) -> dict[int, float]:
    part = slice(answer.indptr[row], answer.indptr[row + 1])
    return dict(zip(answer.indices[part].tolist(), answer.data[part].tolist(), strict=True))


def nearest(ground: Ground, counts: tuple[int, ...], quick: bool) -> Iterator[Row]:
    """Race for the nearest source of every node."""
    network, rows = build(ground)
    yield from rows
    peers = list(nearest_peers(ground, inside(network).topology.internal_id, quick))
    for count, limit in itertools.product(counts, (LIMIT_M, np.inf)):
        yield from _nearest_rows(ground, network, peers, count, limit)
    yield from _absent(f"nearest, {ground.n:,} nodes", "networkx")


def _nearest_rows(ground: Ground, network: WalkNetwork, peers: list[Peer], count: int, limit: float) -> Iterator[Row]:
    sources = ground.sources(count)
    how_far = "no limit" if np.isinf(limit) else f"{limit:.0f} m"
    task = f"nearest, {ground.n:,} nodes, k = {count:,}, {how_far}"
    distance, _ = network.nearest(sources, limit)
    peak = peak_bytes(lambda: network.nearest(sources, limit)) / ground.n
    ours = cpu(lambda: network.nearest(sources, limit), 15)
    yield Row(task, OURS, ours, 1.0, note=f"{peak:.0f} bytes a node at the height")
    for peer in peers:
        seconds, answer = _asked(peer, sources, limit, 5)
        equal = bool((peer.read(answer) == distance).all())
        yield Row(task, peer.name, seconds, seconds / ours, equal, peer.note)


def _asked(peer: Peer, sources: Any, limit: float, repeats: int) -> tuple[float, Any]:
    """Time a peer, and keep its last answer."""
    last: list[Any] = []

    def ask() -> None:
        last.clear()  # so that memory can be used again, which favours who needs much of it
        last.append(peer.ask(sources, limit))

    return cpu(ask, repeats), last[0]


def _absent(task: str, *names: str) -> Iterator[Row]:
    there = installed(*names)
    for name in names:
        if name not in there:
            yield Row(task, name, None, note="not installed")


def main() -> None:
    parser = argparse.ArgumentParser(description="Race the walking network against its peers.")
    parser.add_argument("--quick", action="store_true", help="the smallest sizes, the fastest peers")
    parser.add_argument("--out", type=Path, help="write the table here (Markdown)")
    parser.add_argument("--json", type=Path, help="write the rows here")
    options = parser.parse_args()
    rows = run(options.quick)
    print()
    print(markdown(rows))
    if options.out:
        options.out.write_text(markdown(rows), encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps([row.record() for row in rows], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
