"""What maps draw beneath everything: extent, rivers, railways, parks and squares."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import shapely

from workbench.synthetic.character import CRS, LATTICE
from workbench.synthetic.community import Bank, Community
from workbench.synthetic.plan import Plan
from workbench.synthetic.tracts import Point

_STEPS = 12  # points of a curve for each cell it passes


def draw_backdrop(plan: Plan, communities: list[Community]) -> gpd.GeoDataFrame:
    """Return the backdrop layer."""
    shapes: list[shapely.Geometry] = [_extent(plan)]
    kinds, names = ["extent"], ["x区（虚构）"]
    for k, (column, river) in enumerate(plan.rivers):
        west, east = _shores(river)
        shapes.append(shapely.Polygon([*east, *reversed(west)]))
        kinds.append("water")
        names.append("澄溪河" if k == 0 else f"澄溪{k + 1}河")
        for bank in (b for c in communities for b in c.banks if b.column == column):
            park = _bank_park(bank, [*west, *reversed(east)])
            if park is not None:
                shapes.append(park)
                kinds.append("green")
                names.append("滨河公园")
    for k, railway in enumerate(plan.railways):
        line = [_rounded(p) for p in curve(railway)]
        shapes.append(shapely.LineString(line))
        kinds.append("rail")
        names.append("云渚铁路" if k == 0 else f"云渚{k + 1}线")
    for community in communities:
        for patch in community.ground.patches:
            shapes.append(shapely.Polygon(patch.corners))
            kinds.append(patch.kind)
            names.append(patch.name)
    width = len(str(len(shapes)))
    return gpd.GeoDataFrame(
        {
            "id": [f"f{k:0{width}d}" for k in range(1, len(shapes) + 1)],
            "kind": kinds,
            "name": [name or None for name in names],
        },
        geometry=np.array(shapes, dtype=object),
        crs=CRS,
    )


def _rounded(p: Point) -> Point:
    return round(p[0], 2), round(p[1], 2)


def _extent(plan: Plan) -> shapely.Geometry:
    """Return the outline of all cells; they share their corners, so that no corner is new."""
    return shapely.normalize(shapely.union_all([shapely.Polygon(cell.corners) for cell in plan.cells]))


def curve(through: tuple[Point, ...]) -> list[Point]:
    """Return a smooth line through points (Catmull-Rom)."""
    points = [_mirrored(through[1], through[0]), *through, _mirrored(through[-2], through[-1])]
    out: list[Point] = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False):
        for k in range(_STEPS):
            u = k / _STEPS
            wa, wb = -u + 2 * u**2 - u**3, 2 - 5 * u**2 + 3 * u**3
            wc, wd = u + 4 * u**2 - 3 * u**3, -(u**2) + u**3
            out.append(
                (
                    (wa * a[0] + wb * b[0] + wc * c[0] + wd * d[0]) / 2.0,
                    (wa * a[1] + wb * b[1] + wc * c[1] + wd * d[1]) / 2.0,
                )
            )
    return [*out, through[-1]]


def _mirrored(p: Point, about: Point) -> Point:
    return 2.0 * about[0] - p[0], 2.0 * about[1] - p[1]


def _shores(river: tuple[Point, ...]) -> tuple[list[Point], list[Point]]:
    """Return the western and the eastern edge of the water, whose distance swells and shrinks a little."""
    line = curve(river)
    west: list[Point] = []
    east: list[Point] = []
    for k, (x, y) in enumerate(line):
        (ax, ay), (bx, by) = line[max(k - 1, 0)], line[min(k + 1, len(line) - 1)]
        length = math.hypot(bx - ax, by - ay)
        nx, ny = -(by - ay) / length, (bx - ax) / length
        half = LATTICE.water_half_m * (1.0 + 0.14 * math.sin(k * 0.37) + 0.06 * math.sin(k * 1.1))
        west.append(_rounded((x + nx * half, y + ny * half)))
        east.append(_rounded((x - nx * half, y - ny * half)))
    return west, east


def _bank_park(bank: Bank, shore: list[Point]) -> shapely.Geometry | None:
    """Return the land between a footway and the water.

    ``shore`` is the whole edge of the river as a ring, western edge first; of it the points opposite the footway
    and on its side of the river are taken.
    """
    (ax, ay), (bx, by) = bank.begin, bank.end
    length = math.hypot(bx - ax, by - ay)
    ux, uy = (bx - ax) / length, (by - ay) / length
    opposite: list[tuple[float, Point]] = []
    for x, y in shore:
        along, off = (x - ax) * ux + (y - ay) * uy, (x - ax) * uy - (y - ay) * ux
        if 0.0 <= along <= length and 0.0 < off < LATTICE.river_half_m:
            opposite.append((along, (x, y)))
    if len(opposite) < 2:
        return None
    water = [p for _, p in sorted(opposite)]
    off = 4.0
    near = [_rounded((ax + uy * off, ay - ux * off)), _rounded((bx + uy * off, by - ux * off))]
    return shapely.Polygon([*near, *reversed(water)])
