"""The web of walking lines of one community, while it is being drawn.

A line is straight and carries marks: nodes at places along it. Where two lines share a node one can turn from one
into the other; where they only cross, one cannot. Read out, each pair of neighbouring marks becomes one way.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.synthetic.tracts import Point

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
        """Draw a straight line through nodes that lie on it in this order.

        Parameters
        ----------
        nodes
            At least two; a repeated neighbour is left out.
        kind, access, level, compound, name, half_m
            What the line is.

        Returns
        -------
        int
            Number of the line.
        """
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
        """Put a node on a line at the foot of a place, or take one that is there already.

        Parameters
        ----------
        line
            Number of the line.
        place
            Any place; its foot is kept within the line.
        snap_m
            A mark so near to the foot is taken instead of a new one.

        Returns
        -------
        int
            The node.
        """
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
