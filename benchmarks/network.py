"""The walking network beside its peers: every node within a walk, and the nearest of some stations.

Every ratio is from one run on one machine: processor time of the contender over ours, both medians. The
answers are compared in the same run, bit for bit where the peer is exact. Node ids are at random, as in
a file; ours puts them in order when the network is built, and that time has its own row.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from benchmarks.clock import Row, cpu, peak_bytes, race
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


def reach_races(quick: bool = False) -> Iterator[Row]:
    """Race for every node within the limit, on ground of all sizes."""
    for nodes, count in QUICK_REACH if quick else REACH:
        ground = grid(nodes)
        yield from reach(ground, ground.sources(count), quick)


def nearest_races(quick: bool = False) -> Iterator[Row]:
    """Race for the nearest source of every node."""
    for nodes, counts in QUICK_NEAREST if quick else NEAREST:
        ground = grid(nodes)
        yield from nearest(ground, [ground.sources(count) for count in counts], quick)


def build(ground: Ground) -> tuple[WalkNetwork, Iterator[Row]]:
    """Build our network, and say what that costs."""
    network = WalkNetwork.from_edges(ground.xy, ground.edges, ground.length_m)
    task = f"build, {ground.label}"
    seconds = cpu(lambda: WalkNetwork.from_edges(ground.xy, ground.edges, ground.length_m), 3)
    rows = [Row(task, "from_edges", seconds, note=f"{network.nbytes / ground.n:.0f} bytes a node")]
    rows.append(Row(task, "with_lengths", cpu(lambda: network.with_lengths(ground.length_m), 3)))
    return network, iter(rows)


def reach(ground: Ground, sources: Any, quick: bool) -> Iterator[Row]:
    """Race for every node within the limit of each source."""
    network, rows = build(ground)
    yield from rows
    count = len(sources)
    task = f"reach, {ground.label} × {count:,} sources"
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
    for peer in reach_peers(ground.simple, quick):
        yield _reach_row(task, peer, answer, sources, ours)
    yield from absent(task, "networkx", "rustworkx", *(() if ground.n > 100_000 or quick else ("pandana",)))


def _reach_row(task: str, peer: Peer, answer: Any, sources: Any, ours: float) -> Row:
    some = sources[: peer.sample]
    spent, last = _asked(peer, some, LIMIT_M, 3)
    seconds = spent * len(sources) / len(some)
    notes = ["" if len(some) == len(sources) else f"from {len(some):,} sources", peer.note]
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
            notes.append(f"up to {off * 1e3:.1f} mm off, {beyond} pairs too many")
    del last, balls
    notes.append(_height(peer, some, LIMIT_M))
    return Row(task, peer.name, seconds, seconds / ours, equal, "; ".join(filter(None, notes)))


def _height(peer: Peer, sources: Any, limit: float) -> str:
    """Say what memory a peer needs at its height, its network not counted."""
    return f"{peak_bytes(lambda: peer.ask(sources, limit)) / 1e6:,.0f} MB at the height"


def _ball(answer: Any, row: int) -> dict[int, float]:
    part = slice(answer.indptr[row], answer.indptr[row + 1])
    return dict(zip(answer.indices[part].tolist(), answer.data[part].tolist(), strict=True))


def nearest(ground: Ground, choices: Iterable[Any], quick: bool) -> Iterator[Row]:
    """Race for the nearest source of every node."""
    network, rows = build(ground)
    yield from rows
    peers = list(nearest_peers(ground.simple, inside(network).topology.internal_id, quick))
    for sources, limit in itertools.product(choices, (LIMIT_M, np.inf)):
        yield from _nearest_rows(ground, network, peers, sources, limit)
    yield from absent(f"nearest, {ground.label}", "networkx", "rustworkx")


def _nearest_rows(ground: Ground, network: WalkNetwork, peers: list[Peer], sources: Any, limit: float) -> Iterator[Row]:
    how_far = "no limit" if np.isinf(limit) else f"{limit:.0f} m"
    task = f"nearest, {ground.label}, k = {len(sources):,}, {how_far}"
    distance, _ = network.nearest(sources, limit)
    peak = peak_bytes(lambda: network.nearest(sources, limit))
    ours = cpu(lambda: network.nearest(sources, limit), 15)
    note = f"{peak / ground.n:.0f} bytes a node at the height, {peak / 1e6:,.1f} MB"
    yield Row(task, OURS, ours, 1.0, note=note)
    for peer in peers:
        seconds, answer = _asked(peer, sources, limit, 5)
        walks = peer.read(answer)
        equal, notes = None, [peer.note]
        if peer.exact:
            equal = bool((walks == distance).all())
        else:
            both = np.isfinite(walks) & np.isfinite(distance)
            beyond = int((np.isfinite(walks) & ~both).sum())
            notes.append(
                f"up to {np.abs(walks[both] - distance[both]).max() * 1e3:.1f} mm off, {beyond} nodes too many"
            )
        del answer
        notes.append(_height(peer, sources, limit))
        yield Row(task, peer.name, seconds, seconds / ours, equal, "; ".join(filter(None, notes)))


def _asked(peer: Peer, sources: Any, limit: float, repeats: int) -> tuple[float, Any]:
    """Time a peer, and keep its last answer."""
    last: list[Any] = []

    def ask() -> None:
        last.clear()  # so that memory can be used again, which favours who needs much of it
        last.append(peer.ask(sources, limit))

    return cpu(ask, repeats), last[0]


def absent(task: str, *names: str) -> Iterator[Row]:
    """Name the peers that are not installed."""
    there = installed(*names)
    for name in names:
        if name not in there:
            yield Row(task, name, None, note="not installed")
