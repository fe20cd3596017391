"""Where a point is, in words: the compound it lies in or near, how far and in which direction, and the street.

A code in a table says nothing to who walks the district. Names are those of its layers, taken as data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from workbench.arrays import Floats, Ints
from workbench.ground.district import District

_Shapes = npt.NDArray[np.object_]

_DIRECTIONS: Final = ("东", "东北", "北", "西北", "西", "西南", "南", "东南")
_STEP_M: Final = 10  # distances are said in steps of this, and nothing of what is nearer than half of it
_STREET_M: Final = 100.0  # a street farther away tells nothing of a place
_TOUCHES_M: Final = 0.01


def where_is(district: District, points: gpd.GeoSeries) -> list[str]:
    """Say where points are, such as ``锦绣苑 东北 120 m，近人民路``.

    The landmark is the nearest compound; where the district has none the nearest station, the nearest
    community, or coordinates at last. Of equally near ones it is the first by identifier. The street is the nearest
    one with a name, up to 100 m away, and both where two cross at the point.

    Parameters
    ----------
    district
        The ground.
    points
        Points in its CRS.

    Returns
    -------
    list of str
        One text a point.
    """
    shapes: _Shapes = np.asarray(points.array, dtype=object)
    if not len(shapes):
        return []
    marks, streets = _landmarks(district, shapes), _streets(district, shapes)
    return [f"{mark}，{street}" if street else mark for mark, street in zip(marks, streets, strict=True)]


def gate_sides(district: District, compounds: Iterable[object], points: gpd.GeoSeries) -> list[str]:
    """Say on which side of its compound each gate is, such as ``东北侧，近人民路``.

    Parameters
    ----------
    district
        The ground.
    compounds
        Identifier of the compound of each gate.
    points
        The gates, in the district's CRS.
    """
    shapes: _Shapes = np.asarray(points.array, dtype=object)
    if not len(shapes):
        return []
    layer = district.compounds
    rows = pd.Index(layer["id"]).get_indexer(pd.Index(list(compounds)))
    own: _Shapes = np.asarray(layer.geometry.array, dtype=object)[rows]
    seen = shapely.get_coordinates(shapes) - shapely.get_coordinates(shapely.centroid(own))
    sides = zip(_directions(seen), _streets(district, shapes), strict=True)
    return [f"{side}侧，{street}" if street else f"{side}侧" for side, street in sides]


def area_at(layer: gpd.GeoDataFrame, points: gpd.GeoSeries) -> pd.Series:
    """Return the row in which each point lies, by identifier; on a border the first, None outside all.

    Parameters
    ----------
    layer
        Areas with ``id``, such as communities.
    points
        Points in the same CRS.
    """
    areas = layer.sort_values("id", kind="stable")
    found = np.full(len(points), None, object)
    if len(areas):
        shapes: _Shapes = np.asarray(areas.geometry.array, dtype=object)
        inside, area = shapely.STRtree(shapes).query(np.asarray(points.array, object), predicate="intersects")
        first = pd.Series(area).groupby(inside).min()
        found[first.index.to_numpy()] = areas["id"].to_numpy(object)[first.to_numpy()]
    return pd.Series(found, index=points.index)


def name_with_code(layer: pd.DataFrame, *, blank: str | None = "") -> Callable[[object], str | None]:
    """Return what puts the name of a row beside its identifier: ``鸿翔社区（c01）``.

    Parameters
    ----------
    layer
        Rows with ``id`` and ``name``.
    blank
        What stands for an identifier that is missing.

    Returns
    -------
    callable
        Gives an identifier back as it is where no row has it.
    """
    names = dict(zip(layer["id"], layer["name"], strict=True))

    def said(identifier: object) -> str | None:
        if not isinstance(identifier, str) or not identifier:
            return blank
        return f"{names[identifier]}（{identifier}）" if identifier in names else identifier

    return said


def _landmarks(district: District, points: _Shapes) -> list[str]:
    for name in ("compounds", "stations", "communities"):
        layer = district.layer(name)
        if len(layer):
            return _beside(layer, points)
    return [f"X {x:.0f} Y {y:.0f}" for x, y in shapely.get_coordinates(points).tolist()]


def _beside(layer: gpd.GeoDataFrame, points: _Shapes) -> list[str]:
    """Say of each point how it lies to the nearest row of a layer."""
    shapes: _Shapes = np.asarray(layer.geometry.array, dtype=object)
    point, row, away = _nearest(shapes, points)
    first = np.unique(point, return_index=True)[1]
    row, away = row[first], away[first]
    ends = shapely.get_coordinates(shapely.shortest_line(shapes[row], points)).reshape(-1, 2, 2)
    inside = (away == 0) & (shapely.get_dimensions(shapes[row]) > 0)
    steps = np.floor(away / _STEP_M + 0.5).astype(np.int64) * _STEP_M
    sides = _directions(ends[:, 1] - ends[:, 0])
    near = [f" {side} {metres:,} m" if metres else "旁" for side, metres in zip(sides, steps.tolist(), strict=True)]
    rows = zip(layer["name"].to_numpy(object)[row], inside, near, strict=True)
    return [f"{name}内" if within else f"{name}{beside}" for name, within, beside in rows]


def _streets(district: District, points: _Shapes) -> list[str]:
    """Say of each point which street with a name is near; nothing where none is."""
    ways, said = district.ways, [""] * len(points)
    if "name" not in ways or not (named := ways["name"].notna()).any():
        return said
    ways = ways[named]
    names = ways["name"].to_numpy(object)
    point, way, away = _nearest(np.asarray(ways.geometry.array, dtype=object), points, _STREET_M)
    for place, rows in pd.Series(way).groupby(point, sort=False):
        both = list(dict.fromkeys(names[rows]))[:2]
        cross = len(both) > 1 and away[rows.index[0]] < _TOUCHES_M
        said[int(str(place))] = f"{'与'.join(both)}路口" if cross else f"近{both[0]}"
    return said


def _nearest(shapes: _Shapes, points: _Shapes, most: float | None = None) -> tuple[Ints, Ints, Floats]:
    """Return for each point all equally near shapes, ascending, and how far they are."""
    pairs, away = shapely.STRtree(shapes).query_nearest(points, max_distance=most, return_distance=True)
    order = np.lexsort((pairs[1], pairs[0]))
    return pairs[0][order], pairs[1][order], away[order]


def _directions(seen: Floats) -> list[str]:
    """Return the nearest of eight directions of each vector, shape (k, 2)."""
    eighths = np.floor(np.arctan2(seen[:, 1], seen[:, 0]) / (math.pi / 4) + 0.5).astype(np.int64)
    return [_DIRECTIONS[eighth % len(_DIRECTIONS)] for eighth in eighths.tolist()]
