"""Edges turned into arcs by tail node, along the Z-curve."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from workbench.network.compiled import Flags, Floats, Ints, Positions, compiled
from workbench.network.kernel import Arcs
from workbench.network.ordering import morton_order, ranks

_NO_ARC = np.uint32(2**32 - 1)


@compiled
def _stable_order(key: Positions, keys: int) -> Positions:
    """Positions that sort ``key``, equal keys in given order (counting sort)."""
    place = np.zeros(keys + 1, np.uint32)
    for value in key:
        place[value + np.uint32(1)] += np.uint32(1)
    for value in range(keys):
        place[value + 1] += place[value]
    order = np.empty(key.size, np.uint32)
    for i in range(key.size):
        value = key[i]
        order[place[value]] = i
        place[value] += np.uint32(1)
    return order


@compiled
def _shortest(arcs: int, outward: Positions, backward: Positions, length: Floats) -> Floats:
    """Length of each arc: that of the shortest edge that lies on it."""
    shortest = np.full(arcs, np.inf)
    for edge in range(length.size):
        arc = outward[edge]
        if arc != _NO_ARC:
            shortest[arc] = min(shortest[arc], length[edge])
        arc = backward[edge]
        if arc != _NO_ARC:
            shortest[arc] = min(shortest[arc], length[edge])
    return shortest


@dataclass(frozen=True, eq=False)
class Topology:
    """Which arcs there are, whatever their lengths; node numbers are internal.

    Attributes
    ----------
    caller_id
        The caller's id of each node, shape (n,).
    internal_id
        The other way round, shape (n,).
    start, head
        Arcs by tail node, as in :class:`~workbench.network.kernel.Arcs`.
    outward, backward
        Arc of each given edge, there and back, shape (m,); ``_NO_ARC`` where there is none.
    symmetric
        Whether every arc has one back, of the same length.
    """

    caller_id: Positions
    internal_id: Positions
    start: Positions
    head: Positions
    outward: Positions
    backward: Positions
    symmetric: bool

    @classmethod
    def of_edges(cls, xy: Floats, edges: Ints, oneway: Flags) -> Self:
        """Build from checked arrays.

        Parameters
        ----------
        xy
            Shape (n, 2), finite.
        edges
            Shape (m, 2), each 0..n-1. Loops are dropped; parallel edges share their arcs.
        oneway
            Shape (m,): no arc back.

        Returns
        -------
        Topology
            Arcs sorted by tail, then head.
        """
        caller_id = morton_order(xy)
        internal_id = ranks(caller_id)
        end = internal_id[edges]
        loop = end[:, 0] == end[:, 1]
        there, back = np.flatnonzero(~loop), np.flatnonzero(~loop & ~oneway)
        tail = np.concatenate([end[there, 0], end[back, 1]])
        head = np.concatenate([end[there, 1], end[back, 0]])

        order = _stable_order(head, len(xy))
        order = order[_stable_order(tail[order], len(xy))]
        tail, head = tail[order], head[order]
        first = np.ones(len(order), np.bool_)  # of its parallels
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        arc = np.empty(len(order), np.uint32)
        arc[order] = np.cumsum(first) - 1

        outward, backward = np.full(len(edges), _NO_ARC), np.full(len(edges), _NO_ARC)
        outward[there], backward[back] = arc[: len(there)], arc[len(there) :]
        start = np.zeros(len(xy) + 1, np.uint32)
        np.cumsum(np.bincount(tail[first], minlength=len(xy)), out=start[1:])
        return cls(caller_id, internal_id, start, head[first], outward, backward, not oneway.any())

    @property
    def n_nodes(self) -> int:
        """Count the nodes."""
        return len(self.caller_id)

    @cached_property
    def most_arcs(self) -> int:
        """Arcs of the node that has most."""
        return int(np.diff(self.start).max(initial=0))

    @property
    def nbytes(self) -> int:
        """Memory of the arrays, in bytes."""
        arrays = (self.caller_id, self.internal_id, self.start, self.head, self.outward, self.backward)
        return sum(array.nbytes for array in arrays)

    def arcs(self, length: Floats) -> Arcs:
        """Lay lengths of edges on the arcs; parallel edges keep the shortest."""
        return Arcs(self.start, self.head, _shortest(len(self.head), self.outward, self.backward, length))

    @cached_property
    def components(self) -> Ints:
        """Piece of each node in the caller's numbering, pieces numbered by their lowest node."""
        n = self.n_nodes
        if not n:
            return np.empty(0, np.int64)
        ways = csr_array(
            (np.ones(len(self.head), np.int8), self.head.view(np.int32), self.start.astype(np.int32)), (n, n)
        )
        _, piece = connected_components(ways, directed=False)
        piece = piece[self.internal_id]
        _, lowest, number = np.unique(piece, return_index=True, return_inverse=True)
        label: Ints = np.argsort(np.argsort(lowest))[number]
        label.flags.writeable = False
        return label


def against(arcs: Arcs) -> tuple[Arcs, Ints]:
    """Exchange tail and head of every arc.

    Parameters
    ----------
    arcs
        Arcs of n nodes.

    Returns
    -------
    Arcs
        As many, of the same lengths: a search along them finds who can come here.
    numpy.ndarray
        Where each given arc stands among them, shape (arcs,).
    """
    nodes = len(arcs.start) - 1
    tail = np.repeat(np.arange(nodes, dtype=np.uint32), np.diff(arcs.start))
    order = _stable_order(arcs.head, nodes)
    start = np.zeros(nodes + 1, np.uint32)
    np.cumsum(np.bincount(arcs.head, minlength=nodes), out=start[1:])
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return Arcs(start, tail[order], arcs.length[order]), place
