"""Edges turned into arcs by tail node, along the Z-curve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from workbench.arrays import Flags, Floats, Ints
from workbench.errors import NetworkError, Problem
from workbench.network import kernel
from workbench.network.kernel import Arcs, Counts, Positions

# ----------------------------------------------------------------------------------------------------------------------
# What callers hand in, checked once and turned into plain arrays.
#
# All problems of one call are gathered and raised together. Each names the argument, the first bad row and how many
# there are, not every one of a million.


MOST_NODES = 2**31 - 1
"""Node numbers are kept in 32 bits, and so are the columns of a sparse answer."""

MOST_EDGES = 2**31 - 1
"""Two arcs each, and these are numbered in 32 bits too."""


class Inputs:
    """The arguments of one call, and what is wrong with them.

    Each method returns the argument as a clean array, or an empty stand-in if it is beyond use, so
    that the others can still be looked at; :meth:`check` raises if there was anything wrong.

    Parameters
    ----------
    call
        Name of the call, shown in messages.
    """

    def __init__(self, call: str) -> None:
        self.call = call
        self.problems: list[Problem] = []

    def wrong(self, column: str, what: str, **parts: str) -> None:
        """Note one problem with one argument."""
        self.problems.append(Problem(self.call, what, column=column, **parts))

    def check(self) -> None:
        """Raise all problems found so far, if any."""
        if self.problems:
            raise NetworkError(self.problems)

    def points(self, column: str, given: npt.ArrayLike) -> Floats:
        """Coordinates: shape (n, 2), finite."""
        array = self._numbers(column, given, "f")
        if array.size == 0:
            return np.empty((0, 2))
        if array.ndim != 2 or array.shape[1] != 2:
            self.wrong(column, "wrong shape", expected="(n, 2)", found=str(array.shape))
            return np.empty((0, 2))
        if len(array) > MOST_NODES:
            self.wrong(column, "too many nodes", expected=f"at most {MOST_NODES:,}", found=f"{len(array):,}")
            return np.empty((0, 2))
        finite = np.isfinite(array[:, 0]) & np.isfinite(array[:, 1])
        self._all(column, finite, array, "a coordinate that is not finite", "finite metres")
        return np.ascontiguousarray(array, np.float64)

    def pairs(self, column: str, given: npt.ArrayLike, nodes: int) -> Ints:
        """Edges: shape (m, 2), whole numbers, each one of ``nodes``."""
        array = self._numbers(column, given, "i")
        if array.size == 0:
            return np.empty((0, 2), np.int64)
        if array.ndim != 2 or array.shape[1] != 2:
            self.wrong(column, "wrong shape", expected="(m, 2)", found=str(array.shape))
            return np.empty((0, 2), np.int64)
        if len(array) > MOST_EDGES:
            self.wrong(column, "too many edges", expected=f"at most {MOST_EDGES:,}", found=f"{len(array):,}")
            return np.empty((0, 2), np.int64)
        good = ((array >= 0) & (array < nodes)).all(axis=1)
        self._all(column, good, array, "a node that does not exist", _range(nodes))
        return np.ascontiguousarray(array, np.int64)

    def lengths(self, column: str, given: npt.ArrayLike, count: int, *, closed: bool = False) -> Floats:
        """Lengths: shape (count,), not negative, finite unless infinite means closed."""
        array = self._numbers(column, given, "f")
        if array.shape != (count,) and not array.size == count == 0:
            self.wrong(column, "wrong shape", expected=str((count,)), found=str(array.shape))
            return np.empty(0)
        good = array >= 0.0 if closed else (array >= 0.0) & np.isfinite(array)
        expected = "not negative, infinite where closed" if closed else "finite and not negative"
        self._all(column, good, array, "a length that is no length", expected)
        return np.ascontiguousarray(array, np.float64)

    def flags(self, column: str, given: npt.ArrayLike | None, count: int) -> Flags:
        """Yes or no: shape (count,); None is all no."""
        if given is None:
            return np.zeros(count, np.bool_)
        array = np.asarray(given)
        if array.size == count == 0:
            return np.zeros(0, np.bool_)
        if array.dtype.kind != "b":
            self.wrong(column, "wrong type", expected="true or false", found=str(array.dtype))
            return np.zeros(count, np.bool_)
        if array.shape != (count,):
            self.wrong(column, "wrong shape", expected=str((count,)), found=str(array.shape))
            return np.zeros(count, np.bool_)
        return array

    def whole(self, column: str, given: npt.ArrayLike) -> Ints:
        """Whole numbers: shape (k,)."""
        array = self._numbers(column, given, "i")
        if array.ndim != 1:
            self.wrong(column, "wrong shape", expected="(k,)", found=str(array.shape))
            return np.empty(0, np.int64)
        return np.ascontiguousarray(array, np.int64)

    def within(self, column: str, number: Ints, count: int, what: str) -> None:
        """Note numbers outside 0..count-1."""
        good = (number >= 0) & (number < count)
        self._all(column, good, number, f"a position outside the {what}", _range(count))

    def rising(self, column: str, ptr: Ints, last: int) -> None:
        """Note a pointer that does not rise from 0 to ``last``."""
        if not len(ptr) or ptr[0] != 0 or ptr[-1] != last or (np.diff(ptr) < 0).any():
            found = f"{ptr[0]} to {ptr[-1]}" if len(ptr) else "nothing"
            self.wrong(column, "not a pointer", expected=f"numbers that never fall, from 0 to {last}", found=found)

    def limit(self, given: float) -> float:
        """How far to walk: a number, not negative, may be infinite."""
        try:
            limit = math.nan if isinstance(given, (bool, np.bool_, str)) else float(given)
        except (TypeError, ValueError, OverflowError):
            limit = math.nan
        if not limit >= 0.0:
            mend = "Use math.inf to walk without a limit."
            self.wrong("limit_m", "no limit", expected="a number, not negative", found=repr(given), mend=mend)
        return limit

    def _numbers(self, column: str, given: npt.ArrayLike, kind: str) -> npt.NDArray[Any]:
        """Take an array of whole numbers ("i") or of numbers ("f"); an empty list is either."""
        try:
            array = np.asarray(given)
        except ValueError:  # rows of different length
            self.wrong(column, "not an array", expected="rows of one length", found="rows of different lengths")
            return np.empty(0)
        if array.size and array.dtype.kind not in {"i": "iu", "f": "iuf"}[kind]:
            expected = "whole numbers" if kind == "i" else "numbers"
            self.wrong(column, "wrong type", expected=expected, found=str(array.dtype))
            return np.empty(0, np.int64 if kind == "i" else np.float64)
        return array

    def _all(self, column: str, good: Flags | np.bool_, array: npt.NDArray[Any], what: str, expected: str) -> None:
        """Note the first row that is not good, and count the others."""
        if good.all():
            return
        bad = np.flatnonzero(~good)
        found = str(array[bad[0]]) + (f" and {len(bad) - 1:,} more" if len(bad) > 1 else "")
        self.wrong(column, what, row=str(bad[0]), expected=expected, found=found)


def _range(count: int) -> str:
    return f"0 to {count - 1}" if count else "none, as there are none"


# ----------------------------------------------------------------------------------------------------------------------
# Where walks start: at nodes, or between them.


@dataclass(frozen=True, eq=False)
class Seeds:
    """Sources of a search, each with any number of start nodes.

    A station in mid-edge starts at both ends of its edge, with the metres it takes to get there. A
    source without start nodes reaches nothing.

    Parameters
    ----------
    ptr
        Shape (k + 1,), integer: source i starts at ``node[ptr[i]:ptr[i + 1]]``. Rises from 0 to s.
    node
        Shape (s,), integer: start nodes, in the caller's numbering.
    offset_m
        Shape (s,), float: metres (or whatever the network's lengths are in) already walked when the
        start node is reached; finite, not negative.

    Raises
    ------
    NetworkError
        If the three do not fit together; all problems at once.
    """

    ptr: Ints
    node: Ints
    offset_m: Floats

    def __post_init__(self) -> None:
        inputs = Inputs("Seeds")
        ptr = inputs.whole("ptr", self.ptr)
        node = inputs.whole("node", self.node)
        offset = inputs.lengths("offset_m", self.offset_m, len(node))
        inputs.rising("ptr", ptr, len(node))
        inputs.check()
        for name, array in (("ptr", ptr), ("node", node), ("offset_m", offset)):
            own = array.copy()
            own.flags.writeable = False  # the search trusts what was checked here
            object.__setattr__(self, name, own)

    @classmethod
    def at_nodes(cls, sources: npt.ArrayLike) -> Seeds:
        """Stand each source exactly on a node.

        Parameters
        ----------
        sources
            Shape (k,), integer: node of each source. The same node may come more than once.

        Returns
        -------
        Seeds
            k sources with one start node each, at 0 metres.

        Raises
        ------
        NetworkError
            If the nodes are not a row of whole numbers.
        """
        inputs = Inputs("sources")
        node = inputs.whole("sources", sources)
        inputs.check()
        return cls(np.arange(len(node) + 1), node, np.zeros(len(node)))

    @classmethod
    def gathered(cls, source: npt.ArrayLike, node: npt.ArrayLike, offset_m: npt.ArrayLike, count: int) -> Seeds:
        """Gather start nodes by source, in order of node; those at infinite offset are left out.

        Parameters
        ----------
        source
            Shape (s,), integer: source of each start node, 0..count-1.
        node, offset_m
            Shape (s,): start nodes, and what has been walked when they are reached.
        count
            Number of sources.

        Returns
        -------
        Seeds
            ``count`` sources.

        Raises
        ------
        NetworkError
            If the three do not fit together.
        """
        sources, nodes = np.asarray(source, np.int64), np.asarray(node, np.int64)
        offset = np.asarray(offset_m, np.float64)
        kept = np.flatnonzero(np.isfinite(offset))
        kept = kept[np.lexsort((nodes[kept], sources[kept]))]
        ptr = np.concatenate([[0], np.cumsum(np.bincount(sources[kept], minlength=count))])
        return cls(ptr, nodes[kept], offset[kept])

    def __len__(self) -> int:
        """Count the sources."""
        return len(self.ptr) - 1

    def take(self, positions: npt.ArrayLike) -> Seeds:
        """Pick some of the sources, in the order asked for.

        Parameters
        ----------
        positions
            Shape (j,), integer: sources to take, 0..k-1, repeats allowed.

        Returns
        -------
        Seeds
            j sources.

        Raises
        ------
        NetworkError
            If a position does not exist.
        """
        inputs = Inputs("Seeds.take")
        chosen = inputs.whole("positions", positions)
        inputs.within("positions", chosen, len(self), "sources")
        inputs.check()
        count = np.diff(self.ptr)[chosen]
        ptr = np.concatenate([[0], np.cumsum(count)])
        entry = np.arange(ptr[-1]) + np.repeat(self.ptr[chosen] - ptr[:-1], count)
        return Seeds(ptr, self.node[entry], self.offset_m[entry])

    def without(self, position: int) -> Seeds:
        """Close one source: it keeps its place and starts nowhere.

        Parameters
        ----------
        position
            Source to close, 0..k-1.

        Returns
        -------
        Seeds
            k sources.

        Raises
        ------
        NetworkError
            If the position does not exist.
        """
        inputs = Inputs("Seeds.without")
        inputs.within("position", inputs.whole("position", [position]), len(self), "sources")
        inputs.check()
        begin, end = self.ptr[position], self.ptr[position + 1]
        ptr = self.ptr.copy()
        ptr[position + 1 :] -= end - begin
        kept = np.r_[0:begin, end : len(self.node)]
        return Seeds(ptr, self.node[kept], self.offset_m[kept])


# ----------------------------------------------------------------------------------------------------------------------
# Numbering nodes so that neighbours on the ground are neighbours in memory.
#
# A five-minute walk touches a few dozen nodes, so the price of a search is the price of fetching them. Along a
# Z-curve they lie in a few cache lines; in the order of the file they may lie anywhere. On a million nodes this alone
# is worth a factor of three to four.
#
# Source of the curve: G. M. Morton, *A computer oriented geodetic data base*, IBM, 1966.


_CURVE_BITS = 16
"""Bits per axis: 65,536 columns and rows, a metre apart in a city of 65 km."""

_SPREAD = (
    (8, 0x00FF00FF),
    (4, 0x0F0F0F0F),
    (2, 0x33333333),
    (1, 0x55555555),
)


def morton_order(xy: Floats) -> Positions:
    """Order points along a Z-curve."""
    if not len(xy):
        return np.empty(0, np.uint32)
    low = xy.min(axis=0)
    # Halved before subtracting, so that coordinates near the largest float do not overflow.
    span = float((xy.max(axis=0) / 2 - low / 2).max())
    if span == 0.0:
        return np.arange(len(xy), dtype=np.uint32)
    cell = ((xy / 2 - low / 2) / span * (2**_CURVE_BITS - 1)).astype(np.uint32)
    code = _interleaved(cell[:, 0]) | (_interleaved(cell[:, 1]) << np.uint32(1))
    return sorting_order(code)


def _interleaved(cell: Positions) -> Positions:
    """Spread 16 bits over the even bits of 32."""
    for shift, mask in _SPREAD:
        cell = (cell | (cell << np.uint32(shift))) & np.uint32(mask)
    return cell


def sorting_order(key: Positions) -> Positions:
    """Positions that sort 32-bit keys, equal keys in given order.

    Key and position are packed into one 64-bit word and sorted as plain numbers, which NumPy does
    several times faster than a stable ``argsort``.
    """
    packed: Counts = key.astype(np.uint64) << np.uint64(32)
    packed |= np.arange(len(key), dtype=np.uint64)
    packed.sort()
    return packed.astype(np.uint32)


def ranks(order: Positions) -> Positions:
    """Turn an order around: where each point went."""
    rank = np.empty(len(order), np.uint32)
    rank[order] = np.arange(len(order), dtype=np.uint32)
    return rank


# ----------------------------------------------------------------------------------------------------------------------
# Edges turned into arcs by tail node, along the Z-curve.


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
        Arc of each given edge, there and back, shape (m,); ``NO_ARC`` where there is none.
    """

    caller_id: Positions
    internal_id: Positions
    start: Positions
    head: Positions
    outward: Positions
    backward: Positions

    @classmethod
    def of_edges(cls, xy: Floats, edges: Ints, oneway: Flags) -> Self:
        """Build from checked arrays."""
        caller_id = morton_order(xy)
        internal_id = ranks(caller_id)
        end = internal_id[edges]
        loop = end[:, 0] == end[:, 1]
        there, back = np.flatnonzero(~loop), np.flatnonzero(~loop & ~oneway)
        tail = np.concatenate([end[there, 0], end[back, 1]])
        head = np.concatenate([end[there, 1], end[back, 0]])

        order = kernel.stable_order(head, len(xy))
        order = order[kernel.stable_order(tail[order], len(xy))]
        tail, head = tail[order], head[order]
        first = np.ones(len(order), np.bool_)  # of its parallels
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        arc = np.empty(len(order), np.uint32)
        arc[order] = np.cumsum(first) - 1

        outward, backward = np.full(len(edges), kernel.NO_ARC), np.full(len(edges), kernel.NO_ARC)
        outward[there], backward[back] = arc[: len(there)], arc[len(there) :]
        start = np.zeros(len(xy) + 1, np.uint32)
        np.cumsum(np.bincount(tail[first], minlength=len(xy)), out=start[1:])
        return cls(caller_id, internal_id, start, head[first], outward, backward)

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
        shortest = kernel.shortest_of_edges(len(self.head), self.outward, self.backward, length)
        return Arcs(self.start, self.head, shortest)

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
