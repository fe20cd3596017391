"""Ground to race on: a city of blocks that is nobody's, of any size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Ground:
    """Nodes and ways, numbered at random as in any file that was not made for speed.

    Parameters
    ----------
    xy
        Shape (n, 2), metres.
    edges
        Shape (m, 2).
    length_m
        Shape (m,), metres: up to a tenth longer than straight.
    place
        Where this is, if anywhere.
    """

    xy: NDArray[np.float64]
    edges: NDArray[np.int64]
    length_m: NDArray[np.float64]
    place: str = ""

    @property
    def label(self) -> str:
        """What the table calls it: where, and how many nodes."""
        return f"{self.place}, {self.n:,} nodes".removeprefix(", ")

    @property
    def simple(self) -> Ground:
        """The same without loops and with the shortest of parallel edges: what a matrix can hold."""
        ends = np.sort(self.edges, axis=1)
        order = np.lexsort((self.length_m, ends[:, 1], ends[:, 0]))
        order = order[ends[order, 0] != ends[order, 1]]
        first = np.r_[True, np.diff(ends[order], axis=0).any(axis=1)]
        kept = np.sort(order[first])
        return Ground(self.xy, self.edges[kept], self.length_m[kept], self.place)

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.xy)

    def sources(self, count: int, seed: int = 2) -> NDArray[np.int64]:
        """Distinct nodes, drawn at random."""
        return np.random.default_rng(seed).choice(self.n, count, replace=False)


def grid(nodes: int, seed: int = 1) -> Ground:
    """Blocks of about 100 m, corners moved by up to 25 m, some streets missing: degree 3.45."""
    random = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(nodes)))
    corner = np.arange(side * side).reshape(side, side)
    xy = np.c_[np.divmod(corner.ravel(), side)] * 100.0 + random.uniform(-25, 25, (side * side, 2))
    across = np.c_[corner[:, :-1].ravel(), corner[:, 1:].ravel()]
    along = np.c_[corner[:-1].ravel(), corner[1:].ravel()]
    edges = np.r_[across, along]
    edges = edges[random.random(len(edges)) < 3.45 / 4]
    straight = np.hypot(*(xy[edges[:, 0]] - xy[edges[:, 1]]).T)
    name = random.permutation(side * side)
    placed = np.empty_like(xy)
    placed[name] = xy
    return Ground(placed, name[edges], straight * random.uniform(1.0, 1.1, len(edges)))
