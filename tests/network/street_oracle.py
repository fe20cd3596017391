"""Walls, gates, private ways and barriers by brute force: a plain search over (way end, phase), rule by rule.

Outward phase: from home one leaves, cell by cell, through whatever is open to residents. Inward phase: one goes
to the station, cell by cell, through whatever is open to visitors, and never comes out again. Cells are what hangs
together inside one zone; every passage between two cells has an outer and an inner side.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass

INF = float("inf")

End = tuple[int, int]  # way, and 0 for its first node or 1 for its last


@dataclass(frozen=True)
class Way:
    u: int
    v: int
    length: float
    compound: str | None
    private: bool = False


@dataclass(frozen=True)
class Gate:
    compound: str | None  # None is a barrier across a way
    node: int
    access: str


@dataclass(frozen=True)
class Door:
    """A point on a way, some metres from its first node."""

    way: int
    along: float


@dataclass(frozen=True)
class Passage:
    outer: End
    inner: End
    visitors: bool


class World:
    """The rules, applied to one little town. ``walled`` are the compounds that have a wall."""

    def __init__(self, ways: list[Way], gates: list[Gate], walled: tuple[str, ...]) -> None:
        self.ways, self.gates, self.walled = ways, gates, walled
        self.ends: list[End] = [(w, side) for w in range(len(ways)) for side in (0, 1)]
        self.members = {g.node for g in gates if g.compound is None and g.access == "members"}
        self.closed = {g.node for g in gates if g.compound is None and g.access == "closed"}
        self.cell = self._cells()
        self.passages = self._passages()

    def node(self, end: End) -> int:
        return (self.ways[end[0]].u, self.ways[end[0]].v)[end[1]]

    def kind(self, end: End) -> str:
        """The compound, "private", or "street"."""
        way = self.ways[end[0]]
        if way.compound in self.walled:
            return str(way.compound)
        return "private" if way.private else "street"

    def joined(self, a: End, b: End) -> bool:
        """Whether two way ends are one place."""
        here = self.node(a)
        if here != self.node(b) or self.kind(a) != self.kind(b) or here in self.closed:
            return False
        return not (here in self.members and self.kind(a) == "street")

    def _cells(self) -> dict[End, int]:
        cell: dict[End, int] = {}
        for start in self.ends:
            if start in cell:
                continue
            number, queue = len(set(cell.values())), deque([start])
            while queue:
                end = queue.popleft()
                if end in cell:
                    continue
                cell[end] = number
                queue.append((end[0], 1 - end[1]))
                queue.extend(other for other in self.ends if self.joined(end, other))
        return cell

    def _size(self, cell: int) -> int:
        """Number of places in a cell."""
        places: list[End] = []
        for end in self.ends:
            if self.cell[end] == cell and not any(self.joined(end, other) for other in places):
                places.append(end)
        return len(places)

    def _depths(self) -> dict[int, int]:
        """Barriers between each piece of street and the largest one it is barred from."""
        pairs = {
            (self.cell[a], self.cell[b])
            for a in self.ends
            for b in self.ends
            if a != b and self.node(a) == self.node(b) and self.node(a) in self.members
            if self.kind(a) == self.kind(b) == "street"
        }
        beside = {c: {b for a, b in pairs if a == c} for c in set(self.cell.values())}
        depth: dict[int, int] = {}
        for cell in sorted(beside):
            group, queue = {cell}, deque([cell])
            while queue:
                for other in beside[queue.popleft()] - group:
                    group.add(other)
                    queue.append(other)
            first = {c: min(e for e in self.ends if self.cell[e] == c) for c in group}
            order = sorted(group, key=lambda c: (-self._size(c), self._rank(c), first[c]))
            steps, queue = {order[0]: 0}, deque([order[0]])
            while queue:
                here = queue.popleft()
                for other in beside[here]:
                    if other not in steps:
                        steps[other] = steps[here] + 1
                        queue.append(other)
            depth[cell] = steps[cell]
        return depth

    def _rank(self, cell: int) -> tuple[int, int]:
        """Lowest place of a cell: by node, then by way end."""
        return min((self.node(e), 2 * e[0] + e[1]) for e in self.ends if self.cell[e] == cell)

    def _passages(self) -> list[Passage]:
        found: list[tuple[End, End, bool]] = []
        for a in self.ends:
            for b in self.ends:
                here = self.node(a)
                if here != self.node(b) or here in self.closed:
                    continue
                if self.kind(a) == "street" and self.kind(b) == "private":
                    found.append((a, b, True))
                if self.kind(a) in ("street", "private") and self.kind(b) in self.walled:
                    found += [
                        (a, b, g.access == "public")
                        for g in self.gates
                        if g.compound == self.kind(b) and g.node == here and g.access != "closed"
                    ]
        mouthed = {
            self.cell[b]
            for a in self.ends
            for b in self.ends
            if self.node(a) == self.node(b) and self.kind(a) == "street" and self.kind(b) == "private"
        }
        turned = []
        for outer, inner, visitors in found:
            hung = self.kind(outer) == "private" and self.cell[outer] not in mouthed
            a, b = (inner, outer) if hung else (outer, inner)
            turned.append(Passage(a, b, visitors and self.node(a) not in self.members))
        depth = self._depths()
        turned += [
            Passage(a, b, False)
            for a in self.ends
            for b in self.ends
            if self.node(a) == self.node(b) and self.node(a) in self.members - self.closed
            if self.kind(a) == self.kind(b) == "street" and depth[self.cell[a]] < depth[self.cell[b]]
        ]
        return turned

    def walk(self, home: Door, station: Door, *, public: bool) -> float:
        """Shortest walk from a home to a station, metres; phases 0 outward, 1 inward."""
        best = abs(home.along - station.along) if home.way == station.way else INF
        start, goal = self.ways[home.way], self.ways[station.way]
        queue: list[tuple[float, End, int]] = [
            (home.along, (home.way, 0), 0),
            (start.length - home.along, (home.way, 1), 0),
        ]
        heapq.heapify(queue)
        settled: set[tuple[End, int]] = set()
        while queue:
            cost, end, phase = heapq.heappop(queue)
            if (end, phase) in settled:
                continue
            settled.add((end, phase))
            if end[0] == station.way:
                rest = station.along if end[1] == 0 else goal.length - station.along
                best = min(best, cost + rest)
            heapq.heappush(queue, (cost + self.ways[end[0]].length, (end[0], 1 - end[1]), phase))
            for other in self.ends:
                if self.joined(end, other):
                    heapq.heappush(queue, (cost, other, phase))
            for passage in self.passages:
                if phase == 0 and passage.inner == end:
                    heapq.heappush(queue, (cost, passage.outer, 0))
                if public and passage.visitors and passage.outer == end:
                    heapq.heappush(queue, (cost, passage.inner, 1))
        return best
