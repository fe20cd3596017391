"""Walls and gates by brute force: a plain search over (node, phase), rule by rule.

Phase 0: still behind the wall of one's home. Phase 1: outside. Phase 2: behind the wall of the
station. One leaves home through any gate open to residents, enters the station's compound only
through a gate open to visitors, and never comes out again.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

INF = float("inf")


@dataclass(frozen=True)
class Way:
    u: int
    v: int
    length: float
    compound: str | None


@dataclass(frozen=True)
class Gate:
    compound: str
    node: int
    access: str


@dataclass(frozen=True)
class Door:
    """A point on a way, some metres from its first node."""

    way: int
    along: float


def walk(ways: list[Way], gates: Iterable[Gate], home: Door, station: Door, *, public: bool) -> float:
    """Shortest walk from a home to a station, metres."""
    start, goal = ways[home.way], ways[station.way]
    direct = abs(home.along - station.along) if home.way == station.way else INF
    queue: list[tuple[float, int, int]] = []
    first = 0 if start.compound is not None else 1
    for node, cost in ((start.u, home.along), (start.v, start.length - home.along)):
        heapq.heappush(queue, (cost, node, first))
    settled: dict[tuple[int, int], float] = {}
    while queue:
        cost, node, phase = heapq.heappop(queue)
        if (node, phase) in settled:
            continue
        settled[node, phase] = cost
        zone = {0: start.compound, 1: None, 2: goal.compound}[phase]
        for way in ways:
            if way.compound == zone and node in (way.u, way.v):
                heapq.heappush(queue, (cost + way.length, way.v if node == way.u else way.u, phase))
        outside = any(way.compound is None and node in (way.u, way.v) for way in ways)
        for gate in gates:
            if gate.node != node or not outside:
                continue
            if phase == 0 and gate.compound == start.compound and gate.access in ("public", "members"):
                heapq.heappush(queue, (cost, node, 1))
            if phase == 1 and gate.compound == goal.compound and gate.access == "public" and public:
                heapq.heappush(queue, (cost, node, 2))
    best = direct
    for phase in (0, 1, 2):
        if {0: start.compound, 1: None, 2: goal.compound}[phase] != goal.compound:
            continue
        if phase == 1 and goal.compound is not None:
            continue
        for node, rest in ((goal.u, station.along), (goal.v, goal.length - station.along)):
            best = min(best, settled.get((node, phase), INF) + rest)
    return best
