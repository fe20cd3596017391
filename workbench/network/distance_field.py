"""Outlines of what lies near lines: the distance to them on a grid, contoured.

A union of buffers costs more than it is worth for a figure. Here the squared distance to the nearest line
is drawn on a grid, segment by segment, and the outline at the buffer distance is traced by marching
squares (W. E. Lorensen and H. E. Cline, *Marching cubes*, 1987; contourpy's ``serial`` algorithm).

Four habits make the outlines exactly nested, simple and the same everywhere:

* Grids of all calls share one lattice, whose corners are whole multiples of the cell.
* Bands of one call are drawn into one field that only falls, so a later outline holds an earlier one.
* Before contouring, the field is rounded down to 1/1024 m and lifted by half of that. So no corner lies on
  the outline, and no outline touches itself.
* Vertices are rounded to 2⁻²⁰ of a cell. Crossings of one edge of the lattice, being fractions of such whole
  numbers, never lie so near the middle of a step that the noise of floats could decide, so that neighbouring
  tiles agree to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import contourpy
import numpy as np
import numpy.typing as npt
import shapely

from workbench.network import area_kernel
from workbench.network.compiled import Floats, Ints

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
        """Outline what lies within the buffer distance of lines, band after band.

        Parameters
        ----------
        xy
            Vertices, shape (v, 2), metres.
        start
            Line i has the vertices ``start[i]:start[i + 1]``; shape (p + 1,).
        band_end
            Lines ``0:band_end[b]`` are those of bands 0..b; b of them, not falling.

        Returns
        -------
        ndarray of MultiPolygon, shape (b,)
            Valid, with their holes; each holds the one before. Empty where there are no lines.
        """
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
