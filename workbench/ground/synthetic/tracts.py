"""Convex pieces of land and the arithmetic of dividing them.

All coordinates come from the few formulas in this module and not from a geometry library, so that a new version
of that library cannot move a single corner of the embedded district.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Point = tuple[float, float]

_SAME_M = 0.6  # corners nearer to each other are one corner


@dataclass(frozen=True, slots=True)
class Tract:
    """A convex piece of land.

    Attributes
    ----------
    corners
        Corners, counter-clockwise, metres.
    sides
        For each side, from corner ``i`` to the next, the number of the line that bounds it.
    """

    corners: tuple[Point, ...]
    sides: tuple[int, ...]

    @property
    def area(self) -> float:
        """Area in m²."""
        total = 0.0
        for i, (x, y) in enumerate(self.corners):
            x2, y2 = self.corners[(i + 1) % len(self.corners)]
            total += x * y2 - x2 * y
        return total / 2.0

    @property
    def middle(self) -> Point:
        """Mean of the corners; always inside."""
        n = len(self.corners)
        return sum(x for x, _ in self.corners) / n, sum(y for _, y in self.corners) / n

    def side(self, i: int) -> tuple[Point, Point]:
        """Return both ends of a side."""
        return self.corners[i], self.corners[(i + 1) % len(self.corners)]

    def side_length(self, i: int) -> float:
        """Return the length of a side, m."""
        a, b = self.side(i)
        return math.hypot(b[0] - a[0], b[1] - a[1])

    def along(self, i: int, fraction: float) -> Point:
        """Return the point at a fraction of a side."""
        return between(*self.side(i), fraction)


def between(a: Point, b: Point, fraction: float) -> Point:
    """Return the point at a fraction of the way from ``a`` to ``b``."""
    return a[0] + (b[0] - a[0]) * fraction, a[1] + (b[1] - a[1]) * fraction


def tract_of(corners: list[Point], sides: list[int]) -> Tract | None:
    """Make a tract, dropping corners that coincide; None if nothing remains."""
    kept = [
        (p, s)
        for i, (p, s) in enumerate(zip(corners, sides, strict=True))
        if math.dist(p, corners[(i + 1) % len(corners)]) > _SAME_M
    ]
    if len(kept) < 3:
        return None
    return Tract(tuple(p for p, _ in kept), tuple(s for _, s in kept))


def clipped(tract: Tract, through: Point, inward: Point, line: int) -> Tract | None:
    """Keep what lies on the inward side of a straight line."""
    depth = [(x - through[0]) * inward[0] + (y - through[1]) * inward[1] for x, y in tract.corners]
    corners: list[Point] = []
    sides: list[int] = []
    for i, (here, side) in enumerate(zip(tract.corners, tract.sides, strict=True)):
        there = tract.corners[(i + 1) % len(tract.corners)]
        d, e = depth[i], depth[(i + 1) % len(depth)]
        if d >= 0.0:
            corners.append(here)
            sides.append(side)
        if (d >= 0.0) != (e >= 0.0):
            corners.append(between(here, there, d / (d - e)))
            sides.append(line if d >= 0.0 else side)
    return tract_of(corners, sides) if len(corners) >= 3 else None


def inset(tract: Tract, width: Callable[[int], float]) -> Tract | None:
    """Return the land that is left when a strip is taken along every side."""
    left: Tract | None = tract
    for i, line in enumerate(tract.sides):
        if left is None:
            return None
        (ax, ay), (bx, by) = tract.side(i)
        length = math.hypot(bx - ax, by - ay)
        inward = (-(by - ay) / length, (bx - ax) / length)
        w = width(line)
        left = clipped(left, (ax + inward[0] * w, ay + inward[1] * w), inward, line)
    return left


def divided(tract: Tract, i: int, p: Point, j: int, q: Point, line: int) -> tuple[Tract | None, Tract | None]:
    """Divide land by a new line from ``p`` on side ``i`` to ``q`` on side ``j``."""
    n = len(tract.corners)
    ahead = [(i + k) % n for k in range(1, (j - i) % n + 1)]  # corners passed from p to q
    behind = [(j + k) % n for k in range(1, (i - j) % n + 1)]
    first = tract_of(
        [p] + [tract.corners[k] for k in ahead] + [q], [tract.sides[i]] + [tract.sides[k] for k in ahead] + [line]
    )
    second = tract_of(
        [q] + [tract.corners[k] for k in behind] + [p], [tract.sides[j]] + [tract.sides[k] for k in behind] + [line]
    )
    return second, first


def opposite(tract: Tract, i: int, p: Point, direction: Point) -> tuple[int, Point] | None:
    """Return side and point where a ray from ``p`` on side ``i`` leaves the land."""
    best: tuple[float, int, Point] | None = None
    for k in range(len(tract.corners)):
        if k == i:
            continue
        a, b = tract.side(k)
        ex, ey = b[0] - a[0], b[1] - a[1]
        cross = direction[0] * ey - direction[1] * ex
        if abs(cross) < 1e-9:
            continue
        reach = ((a[0] - p[0]) * ey - (a[1] - p[1]) * ex) / cross
        share = ((a[0] - p[0]) * direction[1] - (a[1] - p[1]) * direction[0]) / cross
        if reach > 1.0 and -1e-9 <= share <= 1.0 + 1e-9 and (best is None or reach > best[0]):
            best = (reach, k, between(a, b, min(max(share, 0.0), 1.0)))
    return None if best is None else (best[1], best[2])


@dataclass(frozen=True, slots=True)
class Frame:
    """Axes turned by an angle about a point: ``s`` runs along the rows of buildings, ``t`` to their north."""

    origin: Point
    cos: float
    sin: float

    def inside(self, p: Point) -> Point:
        """Return (s, t) of a point of the district."""
        x, y = p[0] - self.origin[0], p[1] - self.origin[1]
        return x * self.cos + y * self.sin, y * self.cos - x * self.sin

    def outside(self, s: float, t: float) -> Point:
        """Return the point of the district at (s, t)."""
        return self.origin[0] + s * self.cos - t * self.sin, self.origin[1] + s * self.sin + t * self.cos


def span(corners: list[Point], t: float) -> tuple[float, float, int, int] | None:
    """Return where the horizontal at ``t`` enters and leaves a convex polygon, and by which sides."""
    low = high = None
    left = right = -1
    n = len(corners)
    for i, (s1, t1) in enumerate(corners):
        s2, t2 = corners[(i + 1) % n]
        if (t1 <= t) == (t2 <= t):
            continue
        s = s1 + (s2 - s1) * (t - t1) / (t2 - t1)
        if low is None or s < low:
            low, left = s, i
        if high is None or s > high:
            high, right = s, i
    if low is None or high is None or high - low < _SAME_M:
        return None
    return low, high, left, right


# ----------------------------------------------------------------------------------------------------------------------
# The web of walking lines of one community, while it is being drawn.
#
# A line is straight and carries marks: nodes at places along it. Where two lines share a node one can turn from one
# into the other; where they only cross, one cannot. Read out, each pair of neighbouring marks becomes one way.


KINDS = ("street", "lane", "footway", "crossing", "steps", "bridge", "underpass", "path", "interior")
"""Kinds of way; a line stores the position in this tuple."""
PUBLIC, MEMBERS, CLOSED = 0, 1, 2
"""Access of a way or gate; positions in ``terms.Access``."""

_LEAST_M = 1.5  # marks of one line stand at least so far apart, or are the same


@dataclass(frozen=True)
class Segments:
    """Ways as arrays, one element a way; nodes and compounds are numbered within the community."""

    u: npt.NDArray[np.int64]
    v: npt.NDArray[np.int64]
    line: npt.NDArray[np.int64]


class Web:
    """Nodes, lines and the marks on them.

    Attributes
    ----------
    nodes
        Places of the nodes, rounded to the centimetre.
    kind, access, level, compound, name
        One entry a line; ``compound`` is -1 outside, ``name`` empty where there is none.
    half
        Half the width of the street that the line stands for, m.
    """

    def __init__(self) -> None:
        self.nodes: list[Point] = []
        self.kind: list[int] = []
        self.access: list[int] = []
        self.level: list[int] = []
        self.compound: list[int] = []
        self.name: list[str] = []
        self.half: list[float] = []
        self._ends: list[tuple[Point, Point]] = []
        self._marks: list[list[tuple[float, int]]] = []  # metres from the start, node

    def node(self, place: Point) -> int:
        """Put down a node."""
        self.nodes.append((round(place[0], 2), round(place[1], 2)))
        return len(self.nodes) - 1

    def line(
        self,
        nodes: Sequence[int],
        kind: str,
        *,
        access: int = PUBLIC,
        level: int = 0,
        compound: int = -1,
        name: str = "",
        half_m: float = 0.0,
    ) -> int:
        """Draw a straight line through nodes that lie on it in this order."""
        start, end = self.nodes[nodes[0]], self.nodes[nodes[-1]]
        marks: list[tuple[float, int]] = []
        for node in nodes:
            if not marks or marks[-1][1] != node:
                marks.append((math.dist(start, self.nodes[node]), node))
        self._ends.append((start, end))
        self._marks.append(marks)
        self.kind.append(KINDS.index(kind))
        self.access.append(access)
        self.level.append(level)
        self.compound.append(compound)
        self.name.append(name)
        self.half.append(half_m)
        return len(self._marks) - 1

    def mark(self, line: int, place: Point, snap_m: float = 2.5) -> int:
        """Put a node on a line at the foot of a place, or take one that is there already."""
        (ax, ay), (bx, by) = self._ends[line]
        length = math.hypot(bx - ax, by - ay)
        along = ((place[0] - ax) * (bx - ax) + (place[1] - ay) * (by - ay)) / length
        along = min(max(along, 0.0), length)
        marks = self._marks[line]
        at = bisect.bisect_left(marks, (along, -1))
        near = [marks[k] for k in (at - 1, at) if 0 <= k < len(marks)]
        gap, node = min((abs(m - along), n) for m, n in near)
        if gap <= max(snap_m, _LEAST_M):
            return node
        share = along / length
        node = self.node((ax + (bx - ax) * share, ay + (by - ay) * share))
        marks.insert(at, (along, node))
        return node

    def ends(self, line: int) -> tuple[Point, Point]:
        """Return start and end of a line."""
        return self._ends[line]

    def segments(self) -> Segments:
        """Read out the ways."""
        u: list[int] = []
        v: list[int] = []
        owner: list[int] = []
        for line, marks in enumerate(self._marks):
            for (_, a), (_, b) in itertools.pairwise(marks):
                u.append(a)
                v.append(b)
                owner.append(line)
        return Segments(np.array(u, np.int64), np.array(v, np.int64), np.array(owner, np.int64))
