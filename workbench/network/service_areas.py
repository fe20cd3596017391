"""Service areas: what lies beside the ways that can be walked to from a station, as polygons.

**Polygons are for looking.** Who is covered is decided by the walk from door to door
(:func:`workbench.coverage.assess_coverage`), never by whether a point lies in one of these.

A service area is everything within ``buffer_m`` of a piece of way that is reached
(:mod:`workbench.network.pieces`). The buffer is the depth of ground that is drawn as belonging to a way. It is
the same everywhere: it does not shrink towards the limit, and it is not cut at walls. Ways behind a wall are
reached only through its gates, but along the outside of a wall the area reaches in by the buffer.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import shapely

from workbench.network.compiled import Flags, Floats, Ints
from workbench.network.distance_field import NOTHING, Lattice, Shapes, many
from workbench.network.inputs import Inputs
from workbench.network.pieces import Pieces, reached_pieces, traced
from workbench.network.snap import Snap
from workbench.network.walking import Walks

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
