"""Service areas: what lies beside the ways that can be walked to from a station, as polygons.

**Polygons are for looking.** Who is covered is decided by the walk from door to door
(:func:`workbench.coverage.assess_coverage`), never by whether a point lies in one of these.

A service area is everything within ``buffer_m`` of a piece of way that is reached
(:mod:`workbench.network.service_areas`). The buffer is the depth of ground that is drawn as belonging to a way. It is
the same everywhere: it does not shrink towards the limit, and it is not cut at walls. Ways behind a wall are
reached only through its gates, but along the outside of a wall the area reaches in by the buffer.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import contourpy
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array

from workbench.arrays import Flags, Floats, Ints
from workbench.network import kernel as area_kernel
from workbench.network.kernel import INFINITE
from workbench.network.streets import Snap, Streets
from workbench.network.topology import Inputs, Seeds
from workbench.network.walking import Walks

# ----------------------------------------------------------------------------------------------------------------------
# Pieces of ways that a walk from a station reaches, within one limit after another.
#
# Along an edge the cost of a walk rises evenly from each of its ends, and from each door that opens onto it, until
# two walks meet. Cut at a limit this leaves the edge whole, or pieces at its ends and around its doors: partial edges
# are exact, to the metre at which the limit runs out. An edge is reached from its own end nodes only, and these are
# numbered by zone, so no piece lies behind a wall that nobody passes.


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


# ----------------------------------------------------------------------------------------------------------------------
# Outlines of what lies near lines: the distance to them on a grid, contoured.
#
# A union of buffers costs more than it is worth for a figure. Here the squared distance to the nearest line is drawn
# on a grid, segment by segment, and the outline at the buffer distance is traced by marching squares (W. E. Lorensen
# and H. E. Cline, *Marching cubes*, 1987; contourpy's `serial` algorithm).
#
# Four habits make the outlines exactly nested, simple and the same everywhere:
#
# * Grids of all calls share one lattice, whose corners are whole multiples of the cell.
# * Bands of one call are drawn into one field that only falls, so a later outline holds an earlier one.
# * Before contouring, the field is rounded down to 1/1024 m and lifted by half of that. So no corner lies on the
#   outline, and no outline touches itself.
# * Vertices are rounded to 2⁻²⁰ of a cell. Crossings of one edge of the lattice, being fractions of such whole
#   numbers, never lie so near the middle of a step that the noise of floats could decide, so that neighbouring tiles
#   agree to the last bit.


Shapes = npt.NDArray[np.object_]

_Offsets = npt.NDArray[np.unsignedinteger[Any]]
_Filled = tuple[list[Floats | None], list[_Offsets | None], list[_Offsets | None]]
"""What contourpy gives in one chunk: vertices, offsets of rings, offsets of polygons; None for nothing."""

NOTHING = shapely.MultiPolygon()

_STEPS_A_METRE = 1024
_STEPS_A_CELL = 2.0**20
_MOST_CORNERS = 1024
"""Corners along one side of a tile: 8 MiB of field. Larger fields are contoured in tiles, and joined."""


@dataclass(frozen=True)
class Lattice:
    """The grid on which distance is drawn.

    Parameters
    ----------
    cell_m
        Side of a cell, metres.
    buffer_m
        Distance at which outlines run, metres.
    """

    cell_m: float
    buffer_m: float

    @property
    def reach_m(self) -> float:
        """Distance beyond which a corner has no part in an outline, metres."""
        return self.buffer_m + self.cell_m

    def outlines(self, xy: Floats, start: Ints, band_end: Sequence[int]) -> Shapes:
        """Outline what lies within the buffer distance of lines, band after band."""
        shapes = np.full(len(band_end), NOTHING, object)
        if not len(xy):
            return shapes
        margin = self.reach_m + self.cell_m
        low = np.floor((xy.min(axis=0) - margin) / self.cell_m).astype(np.int64)
        high = np.ceil((xy.max(axis=0) + margin) / self.cell_m).astype(np.int64)
        tiles = [
            self._tile(
                xy,
                start,
                band_end,
                (column, row),
                (min(column + _MOST_CORNERS, high[0]), min(row + _MOST_CORNERS, high[1])),
            )
            for row in range(low[1], high[1], _MOST_CORNERS)
            for column in range(low[0], high[0], _MOST_CORNERS)
        ]
        for band in range(len(band_end)):
            parts = [tile[band] for tile in tiles]
            shapes[band] = parts[0] if len(parts) == 1 else many(shapely.coverage_union_all(parts))
        return shapes

    def _tile(
        self, xy: Floats, start: Ints, band_end: Sequence[int], low: tuple[int, int], high: tuple[int, int]
    ) -> list[shapely.MultiPolygon]:
        """Outline what lies between two corners of the lattice, both included."""
        field = np.full((high[1] - low[1] + 1, high[0] - low[0] + 1), self.reach_m**2)
        shapes, done = [], 0
        for end in band_end:
            area_kernel.draw(xy, start, done, end, self.cell_m, self.reach_m, low[0], low[1], field)
            shapes.append(self._contour(field, low))
            done = end
        return shapes

    def _contour(self, field: Floats, low: tuple[int, int]) -> shapely.MultiPolygon:
        z = np.floor((np.sqrt(field) - self.buffer_m) * _STEPS_A_METRE) + 0.5
        tracer = contourpy.contour_generator(z=z, name="serial", fill_type="ChunkCombinedOffsetOffset")
        traced = cast("_Filled", tracer.filled(-math.inf, 0.0))
        [points], [rings], [polygons] = traced
        if points is None or rings is None or polygons is None:
            return NOTHING
        xy = (np.round(points * _STEPS_A_CELL) / _STEPS_A_CELL + low) * self.cell_m
        offsets = (rings.astype(np.int64), polygons.astype(np.int64), np.array([0, len(polygons) - 1]))
        shapes: Shapes = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, xy, offsets)
        return cast("shapely.MultiPolygon", shapes[0])


def many(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Return a Polygon or MultiPolygon as a MultiPolygon."""
    return shape if isinstance(shape, shapely.MultiPolygon) else shapely.MultiPolygon(list(shapely.get_parts(shape)))


# ----------------------------------------------------------------------------------------------------------------------
# Service areas: what lies beside the ways that can be walked to from a station, as polygons.


Method = Literal["field", "exact"]

_BATCH = 256
"""Stations taken at a time, so that memory is that of their pieces only."""

_QUADRANT = 8
"""Segments of a quarter circle in an exact outline."""


@dataclass(frozen=True, eq=False)
class ServiceAreas:
    """Polygons, one a station and limit: sorted by station, then by limit.

    Attributes
    ----------
    station
        Position of the station, shape (a,); −1 where all stations are taken together.
    limit
        Longest walk, shape (a,), in what the walks count.
    shape
        MultiPolygons, shape (a,), empty where nothing is reached. Those of one station are nested: exactly
        with ``method="field"``, to within rounding with ``"exact"``.
    """

    station: Ints
    limit: Floats
    shape: Shapes

    def __len__(self) -> int:
        return len(self.station)


def service_areas(
    walks: Walks,
    stations: Snap,
    serves_public: npt.ArrayLike,
    limits: Sequence[float],
    *,
    method: Method = "field",
    together: bool = False,
    cell_m: float,
    buffer_m: float,
) -> ServiceAreas:
    """Draw what can be walked to from stations, within one limit after another.

    Parameters
    ----------
    walks
        The streets and the manner of walking.
    stations
        Doors of k stations. One that is not on the network has an empty area.
    serves_public
        Whether each serves people from outside its own zone, shape (k,).
    limits
        Longest walks, rising, in what ``walks`` counts: metres, or seconds.
    method
        ``field``: contours of a distance field, for figures. ``exact``: union of the buffers of all pieces,
        for reports; arcs in 8 segments a quarter.
    together
        One area for all stations, and not one for each.
    cell_m
        Side of a cell of the distance field, metres.
    buffer_m
        Depth of ground on either side of a way, metres.

    Returns
    -------
    ServiceAreas
        k × limits of them, or one a limit.

    Raises
    ------
    NetworkError
        If the arguments are wrong; all problems at once.
    """
    _check(stations, serves_public, limits, method, cell_m, buffer_m)
    lattice = Lattice(float(cell_m), float(buffer_m))
    serving = np.asarray(serves_public, np.bool_)
    shapes: list[Shapes] = [np.empty(0, object)]
    for chosen in _batches(len(stations), len(stations) if together else _BATCH):
        some = stations.take(chosen)
        pieces = reached_pieces(walks, some, serving[chosen], limits, together=together)
        xy, start = traced(pieces, walks.streets)
        for ends in _band_ends(pieces, 1 if together else len(some), len(limits)):
            lines = start[ends[0] : ends[-1] + 1]
            drawn = (xy[lines[0] : lines[-1]], lines - lines[0], (ends[1:] - ends[0]).tolist())
            shapes.append(lattice.outlines(*drawn) if method == "field" else _unions(*drawn, buffer_m))
    sources = np.array([-1]) if together else np.arange(len(stations))
    return ServiceAreas(
        np.repeat(sources, len(limits)),
        np.tile(np.asarray(limits, np.float64), len(sources)),
        np.concatenate(shapes),
    )


def areas_within(
    walks: Walks, stations: Snap, serves_public: Flags, limit: float, shapes: Shapes, *, buffer_m: float
) -> Floats:
    """Measure how much of each polygon lies in the exact service area of all stations together.

    The same as its intersection with :func:`service_areas`, but that nothing is united where no polygon lies, and
    that ways are put together before they are buffered (the arcs at their joints then differ by millimetres).

    Parameters
    ----------
    walks, stations, serves_public, buffer_m
        As in :func:`service_areas`.
    limit
        Longest walk, in what ``walks`` counts.
    shapes
        Polygons, shape (n,).

    Returns
    -------
    ndarray of float64, shape (n,)
        Square metres.
    """
    lines = _lines(*traced(reached_pieces(walks, stations, serves_public, [limit], together=True), walks.streets))
    whole = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    buffers: Shapes = np.asarray(shapely.buffer(whole, buffer_m, quad_segs=_QUADRANT), object)
    which, near = shapely.STRtree(buffers).query(shapes, predicate="intersects")
    first = np.searchsorted(which, np.arange(len(shapes) + 1))
    united = [shapely.union_all(buffers[near[a:b]]) for a, b in itertools.pairwise(first.tolist())]
    return np.asarray(shapely.area(shapely.intersection(shapes, np.asarray(united, object))), np.float64)


def _lines(xy: Floats, start: Ints) -> Shapes:
    """Draw lines; arguments as of :meth:`Lattice.outlines`."""
    return np.asarray(shapely.linestrings(xy, indices=np.repeat(np.arange(len(start) - 1), np.diff(start))), object)


def _batches(stations: int, size: int) -> list[Ints]:
    """Positions of the stations, so many at a time; at least once, though there be none."""
    return [np.arange(first, min(first + size, stations)) for first in range(0, max(stations, 1), max(size, 1))]


def _band_ends(pieces: Pieces, sources: int, bands: int) -> Ints:
    """Say where the pieces of each source begin, and where each of its bands ends; shape (sources, bands + 1)."""
    key = pieces.source * bands + pieces.band
    ends = np.searchsorted(key, np.arange(sources * bands + 1))
    return np.column_stack([ends[:-1:bands], ends[1:].reshape(sources, bands)]).astype(np.int64)


def _unions(xy: Floats, start: Ints, band_end: Sequence[int], buffer_m: float) -> Shapes:
    """Unite the buffers of lines, band after band; arguments and answer as of :meth:`Lattice.outlines`."""
    buffers: Shapes = shapely.buffer(_lines(xy, start), buffer_m, quad_segs=_QUADRANT)
    shapes, whole, done = np.full(len(band_end), NOTHING, object), NOTHING, 0
    for band, end in enumerate(band_end):
        if end > done:
            whole = many(shapely.union_all([whole, *buffers[done:end]]))
        shapes[band], done = whole, end
    return shapes


def _check(
    stations: Snap, serves_public: npt.ArrayLike, limits: Sequence[float], method: str, cell_m: float, buffer_m: float
) -> None:
    inputs = Inputs("service_areas")
    inputs.flags("serves_public", serves_public, len(stations))
    steps = np.asarray(limits, np.float64)
    if steps.ndim != 1 or not len(steps) or not np.isfinite(steps).all() or (np.diff(steps, prepend=0.0) <= 0).any():
        inputs.wrong("limits", "no limits", expected="finite numbers above 0, rising", found=repr(list(limits)))
    if method not in ("field", "exact"):
        inputs.wrong("method", "no such method", expected='"field" or "exact"', found=repr(method))
    for name, size in (("cell_m", cell_m), ("buffer_m", buffer_m)):
        if not (np.isfinite(size) and size > 0):
            inputs.wrong(name, "no length", expected="metres above 0", found=repr(size))
    inputs.check()
