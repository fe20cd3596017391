"""Pieces of ways that a walk from a station reaches, within one limit after another.

Along an edge the cost of a walk rises evenly from each of its ends, and from each door that opens onto
it, until two walks meet. Cut at a limit this leaves the edge whole, or pieces at its ends and around its
doors: partial edges are exact, to the metre at which the limit runs out. An edge is reached from its own
end nodes only, and these are numbered by zone, so no piece lies behind a wall that nobody passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import csr_array

from workbench.network import area_kernel
from workbench.network.area_kernel import INFINITE
from workbench.network.compiled import Flags, Floats, Ints
from workbench.network.seeds import Seeds
from workbench.network.snap import Snap
from workbench.network.streets import Streets
from workbench.network.walking import Walks

_SHORTEST_M = 1e-6
"""Pieces shorter than this are rounding."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """What is newly reached in each band, sorted by source and band; no two pieces of a source overlap.

    The pieces of bands 0..b together are what lies within limit b.

    Attributes
    ----------
    source
        Station from which each piece is reached, shape (p,); 0 where all are taken together.
    band
        Position of the first limit that holds the piece, shape (p,).
    edge
        Edge of the streets on which it lies, shape (p,).
    begin_m, end_m
        Metres from the edge's first node, ``begin_m < end_m``; shape (p,).
    """

    source: Ints
    band: Ints
    edge: Ints
    begin_m: Floats
    end_m: Floats

    def __len__(self) -> int:
        return len(self.edge)

    def take(self, chosen: slice | Flags | Ints) -> Pieces:
        """Pick some of the pieces."""
        parts = (self.source, self.band, self.edge, self.begin_m, self.end_m)
        return Pieces(*(part[chosen] for part in parts))  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class _Spans:
    """Parts of edges with nothing but two ends from which they can be reached, at a cost each."""

    source: Ints
    edge: Ints
    begin_m: Floats
    end_m: Floats
    cost_begin: Floats
    cost_end: Floats


@dataclass(frozen=True, eq=False)
class _Doors:
    """Doors of the stations, sorted by source, edge and place; those of source i are ``ptr[i]:ptr[i + 1]``."""

    ptr: Ints
    source: Ints
    edge: Ints
    along_m: Floats
    cost: Floats

    @classmethod
    def of(cls, walks: Walks, stations: Snap, together: bool) -> _Doors:
        rows = np.flatnonzero(stations.joined & walks.usable[np.maximum(stations.edge, 0)])
        edge, along = stations.edge[rows], stations.along_m[rows]
        cost = stations.leg_m[rows] / walks.manner.pace_m_s
        source = np.zeros(len(rows), np.int64) if together else rows
        order = np.lexsort((along, edge, source))
        ptr = np.searchsorted(source[order], np.arange((1 if together else len(stations)) + 1))
        return cls(ptr.astype(np.int64), source[order], edge[order], along[order], cost[order])


def reached_pieces(
    walks: Walks, stations: Snap, serves_public: Flags, limits: Sequence[float], *, together: bool = False
) -> Pieces:
    """Find the pieces of ways within a walk of stations.

    Parameters
    ----------
    walks
        The streets and the manner of walking.
    stations
        Doors of k stations; one that is not on the network reaches nothing.
    serves_public
        Whether each serves people from outside its own zone, shape (k,).
    limits
        Longest walks, rising, in what ``walks`` counts: metres, or seconds.
    together
        Whether to ask what is reached from any of the stations, as one source, and not from each.

    Returns
    -------
    Pieces
        The leg from a station's door to its way counts as walked and is no piece.
    """
    seeds = walks.seeds(stations, serves_public)
    reach = _from_any(walks, seeds, limits[-1]) if together else walks.network.reach_from(seeds, limits[-1])
    doors = _Doors.of(walks, stations, together)
    spans = _spans_between_nodes(walks, reach, doors)
    split = _spans_at_doors(walks, reach, doors)
    both = _Spans(*(np.concatenate(part) for part in zip(vars(spans).values(), vars(split).values(), strict=True)))
    return _cut(both, walks.cost / np.where(walks.streets.length_m > 0, walks.streets.length_m, 1.0), limits)


def traced(pieces: Pieces, streets: Streets) -> tuple[Floats, Ints]:
    """Return the lines of pieces.

    Parameters
    ----------
    pieces
        p pieces.
    streets
        The streets on whose edges they lie.

    Returns
    -------
    xy : ndarray of float64, shape (v, 2)
        Vertices of all lines.
    start : ndarray of int64, shape (p + 1,)
        Line i has the vertices ``start[i]:start[i + 1]``, two at least.
    """
    used, place = np.unique(pieces.edge, return_inverse=True)
    xy, owner = shapely.get_coordinates(streets.lines[used], return_index=True)
    first = np.searchsorted(owner, np.arange(len(used) + 1)).astype(np.int64)
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    step[first[:-1]] = 0.0
    so_far = np.cumsum(step)
    at = so_far - np.repeat(so_far[first[:-1]], np.diff(first))
    at *= np.repeat(streets.length_m[used] / np.maximum(at[first[1:] - 1], np.finfo(float).tiny), np.diff(first))
    return area_kernel.trace(place.astype(np.int64), pieces.begin_m, pieces.end_m, first, xy, at)


def _from_any(walks: Walks, seeds: Seeds, limit: float) -> csr_array:
    """Reach of all sources together, as one row."""
    distance, _ = walks.network.nearest_from(seeds, limit)
    node = np.flatnonzero(np.isfinite(distance))
    return csr_array((distance[node], node, np.array([0, len(node)])), shape=(1, len(distance)))


def _spans_between_nodes(walks: Walks, reach: csr_array, doors: _Doors) -> _Spans:
    """Edges with a reached end, but for those that a door of the same source splits."""
    streets = walks.streets
    kept = np.flatnonzero(walks.usable & (streets.length_m > 0))
    slot = np.concatenate([2 * kept, 2 * kept + 1])
    node = np.concatenate([streets.edges[kept, 0], streets.edges[kept, 1]])
    slot = slot[np.argsort(node, kind="stable")]
    slot_start = np.zeros(streets.n_nodes + 1, np.int64)
    np.cumsum(np.bincount(node, minlength=streets.n_nodes), out=slot_start[1:])
    rows = (reach.indptr.astype(np.int64), reach.indices.astype(np.int64), reach.data)
    source, edge, cost_begin, cost_end = area_kernel.edges_met(
        *rows, slot_start, slot, streets.edges, doors.ptr, doors.edge, len(streets.edges)
    )
    return _Spans(source, edge, np.zeros(len(edge)), streets.length_m[edge], cost_begin, cost_end)


def _spans_at_doors(walks: Walks, reach: csr_array, doors: _Doors) -> _Spans:
    """Edges with a door of the source, split there."""
    streets = walks.streets
    key = np.repeat(np.arange(reach.shape[0]), np.diff(reach.indptr)) * streets.n_nodes + reach.indices
    wanted = doors.source[:, None] * streets.n_nodes + streets.edges[doors.edge]
    if len(key):
        place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        ends = np.where(key[place] == wanted, reach.data[place], INFINITE)
    else:
        ends = np.full(wanted.shape, INFINITE)
    length = streets.length_m[doors.edge]
    rate = walks.cost[doors.edge] / length
    return _Spans(
        *area_kernel.split_at_doors(doors.source, doors.edge, doors.along_m, doors.cost.copy(), ends, length, rate)
    )


def _cut(spans: _Spans, rate: Floats, limits: Sequence[float]) -> Pieces:
    """Cut spans at each limit, and keep what the limit before did not hold."""
    size, per_metre = spans.end_m - spans.begin_m, rate[spans.edge]
    ahead, back = np.zeros(len(size)), np.zeros(len(size))  # metres held so far from either end
    found: list[tuple[Ints, Ints, Ints, Floats, Floats]] = []
    for band, limit in enumerate(limits):
        further = np.clip((limit - spans.cost_begin) / per_metre, 0.0, size)
        backer = np.clip((limit - spans.cost_end) / per_metre, 0.0, size)
        met = further + backer >= size
        further, backer = np.where(met, size - back, further), np.where(met, back, backer)
        for low, high in ((ahead, further), (size - backer, size - back)):
            new = np.flatnonzero(high - low > _SHORTEST_M)
            begin = spans.begin_m[new]
            found.append(
                (spans.source[new], np.full(len(new), band), spans.edge[new], begin + low[new], begin + high[new])
            )
        ahead, back = np.where(met, size, further), np.where(met, 0.0, backer)
    pieces = Pieces(*(np.concatenate(part) for part in zip(*found, strict=True)))
    return pieces.take(np.lexsort((pieces.begin_m, pieces.edge, pieces.band, pieces.source)))
