"""What else an OSM file holds: buildings, water, railways, green, walls, compounds, points of interest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from osmium.filter import KeyFilter
from osmium.geom import WKBFactory

from workbench.sources.osm import LONLAT
from workbench.sources.osm_file import OsmFile, in_order, osm_number, said_by_osmium
from workbench.sources.osm_tags import WALLS, classify
from workbench.sources.reading import Reading, Remark

_RESIDENTIAL: Final = frozenset(
    {"residential", "apartments", "house", "detached", "semidetached_house", "terrace", "dormitory", "bungalow"}
)
_COMMERCIAL: Final = frozenset({"commercial", "retail", "office", "supermarket", "hotel", "kiosk", "warehouse"})
_PUBLIC: Final = frozenset(
    {"public", "civic", "government", "school", "kindergarten", "university", "college", "hospital", "train_station"}
)
_WATERWAYS: Final = frozenset({"river", "stream", "canal", "riverbank", "drain", "ditch", "dock"})
_MOTORWAYS: Final = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})
_RAILWAYS: Final = frozenset({"rail", "light_rail", "narrow_gauge", "tram", "monorail"})
_GREEN: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "leisure": frozenset({"park", "garden", "nature_reserve", "golf_course"}),
        "landuse": frozenset({"grass", "forest", "meadow", "recreation_ground", "village_green", "cemetery"}),
        "natural": frozenset({"wood", "scrub", "grassland", "heath"}),
    }
)


@dataclass(frozen=True)
class Preset:
    """How tags become rows of one layer.

    Attributes
    ----------
    keys
        A feature is looked at when it carries one of these tags.
    row
        From tags and geometry type to house columns, or None when the feature is not wanted.
    shapes
        Geometry types that are wanted.
    """

    keys: tuple[str, ...]
    row: Callable[[Mapping[str, str], str], dict[str, Any] | None]
    shapes: frozenset[str]


def building_row(tags: Mapping[str, str], shape: str) -> dict[str, Any] | None:
    """Read a building: kind, storeys, name."""
    value = tags.get("building", "no")
    if value in ("no", "demolished", "ruins"):
        return None
    kind = value
    for word, group in (("residential", _RESIDENTIAL), ("commercial", _COMMERCIAL), ("public", _PUBLIC)):
        kind = word if value in group else kind
    return {"kind": "unknown" if kind == "yes" else kind, "levels": _number(tags.get("building:levels"))}


def backdrop_kind(tags: Mapping[str, str], shape: str) -> str | None:
    """Say what a feature is on the map beneath: water, rail, motorway, green, square, wall …; None when nothing."""
    underground = tags.get("tunnel", "no") not in ("no", "building_passage")
    if tags.get("natural") == "water" or tags.get("landuse") in ("reservoir", "basin"):
        return "water"
    if tags.get("waterway") in _WATERWAYS and not underground:
        return "water"
    if not underground and (line := _line_kind(tags, shape)):
        return line
    if shape == "Polygon" and (tags.get("place") == "square" or tags.get("highway") == "pedestrian"):
        return "square"
    if shape == "Polygon" and any(tags.get(key) in values for key, values in _GREEN.items()):
        return "green"
    return "wall" if shape == "LineString" and tags.get("barrier") in WALLS else None


def _line_kind(tags: Mapping[str, str], shape: str) -> str | None:
    """Say whether a feature is a railway or a road for cars only, and whether people walk over or beneath it."""
    railway = tags.get("railway")
    raised = tags.get("bridge", "no") != "no" or railway == "monorail"
    if railway in _RAILWAYS:
        return "viaduct" if raised else "tram" if railway == "tram" else "rail"
    fast = tags.get("highway") in _MOTORWAYS or ("highway" in tags and tags.get("motorroad") == "yes")
    if shape != "LineString" or not fast or classify(tags) is not None:
        return None
    return "viaduct" if raised else "motorway"


def backdrop_row(tags: Mapping[str, str], shape: str) -> dict[str, Any] | None:
    """Read a feature of the backdrop."""
    kind = backdrop_kind(tags, shape)
    return None if kind is None else {"kind": kind}


def compound_row(tags: Mapping[str, str], shape: str) -> dict[str, Any] | None:
    """Read a residential compound: an area of ``landuse=residential`` that has a name or a wall."""
    walled = tags.get("barrier") in WALLS or tags.get("fenced") == "yes"
    if tags.get("landuse") != "residential" or not ("name" in tags or walled):
        return None
    return {"enclosed": walled, "households": np.nan, "community": None}


PRESETS: Final[Mapping[str, Preset]] = MappingProxyType(
    {
        "buildings": Preset(("building",), building_row, frozenset({"Polygon"})),
        "backdrop": Preset(
            ("natural", "landuse", "waterway", "railway", "leisure", "place", "highway", "barrier"),
            backdrop_row,
            frozenset({"Polygon", "LineString"}),
        ),
        "compounds": Preset(("landuse",), compound_row, frozenset({"Polygon"})),
    }
)
"""Layers for which the house knows what to look for; for others the recipe says it with ``where``."""


def _number(text: str | None) -> float:
    try:
        return float(text) if text else np.nan
    except ValueError:
        return np.nan


def read_osm_features(
    path: Path | OsmFile, layer: str, keys: Iterable[str] = ()
) -> tuple[gpd.GeoDataFrame, tuple[Remark, ...]]:
    """Read features other than ways.

    Parameters
    ----------
    path
        PBF or XML file, or several in order.
    layer
        Layer for which they are meant. Buildings, backdrop and compounds come with the columns of the
        house; for any other layer all features that carry one of ``keys`` are given.
    keys
        Tags to give as columns, besides ``name``.

    Returns
    -------
    features : geopandas.GeoDataFrame
        EPSG:4326; ``id`` is n, w or r and the OSM number. Closed ways and multipolygons are polygons.
    remarks : tuple of Remark
        How many features could not be drawn, and what was passed over.

    Raises
    ------
    SourceError
        If the file is missing, is no OSM file, or ends too early.
    """
    file = path if isinstance(path, OsmFile) else in_order(path)
    preset = PRESETS.get(layer)
    asked = tuple(dict.fromkeys(keys))
    looked_at = preset.keys if preset else asked
    rows: list[dict[str, Any]] = []
    shapes: list[str] = []
    broken: list[str] = []
    try:
        rims = preset is not None and "LineString" in preset.shapes
        for thing, shape, wkb in _features(file, looked_at, broken, rims=rims):
            tags = dict(thing.tags)
            row = preset.row(tags, shape) if preset and shape in preset.shapes else None if preset else {}
            if row is None:
                continue
            rows.append({"id": _name(thing), "name": tags.get("name"), **row, **{k: tags.get(k) for k in asked}})
            shapes.append(wkb)
    except (RuntimeError, ValueError) as error:
        raise said_by_osmium(file.path, error) from error
    _tell_apart(rows, shapes)
    columns = list(rows[0]) if rows else ["id", "name", *asked]
    geometry = shapely.from_wkb(np.array(shapes, object)) if rows else np.empty(0, object)
    remarks = list(file.remarks)
    if broken:
        words = f"{len(broken):,} features without a whole geometry ({', '.join(broken[:3])})"
        remarks.append(Remark("left_out", words, len(broken)))
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=geometry, crs=LONLAT), tuple(remarks)


def _tell_apart(rows: list[dict[str, Any]], shapes: list[str]) -> None:
    """Give the rim of an area an identifier of its own where both are rows: a garden and the fence round it."""
    count = Counter(row["id"] for row in rows)
    for row, shape in zip(rows, shapes, strict=True):
        if count[row["id"]] > 1 and shapely.from_wkb(shape).geom_type == "LineString":
            row["id"] += "-line"


def _features(file: OsmFile, keys: tuple[str, ...], broken: list[str], *, rims: bool) -> Iterable[tuple[Any, str, str]]:
    """Yield tagged nodes, lines and areas with their geometry; name those that have none.

    With ``rims``, barriers round an area come as lines too.
    """
    factory = WKBFactory()
    wanted = KeyFilter(*keys)
    things: Any = file.processor().with_areas(wanted).with_filter(wanted)
    for thing in things:
        try:
            if thing.is_node():
                yield thing, "Point", factory.create_point(thing)
            elif thing.is_area():
                yield thing, "Polygon", factory.create_multipolygon(thing)
            elif thing.is_way() and (not thing.is_closed() or (rims and "barrier" in thing.tags)):
                yield thing, "LineString", factory.create_linestring(thing)
        except (RuntimeError, osmium.InvalidLocationError):  # nodes that are not in the file
            broken.append(_name(thing))


def counted_twice(reading: Reading, keys: Sequence[str]) -> tuple[Remark, ...]:
    """Tell of places that stand in OpenStreetMap as a node and as the area round it, and would count twice.

    Parameters
    ----------
    reading
        Features of one layer.
    keys
        Tags the recipe asks for; a node is the same place as an area when they share one, and neither one of these
        nor the name differs.
    """
    shapes = np.asarray(reading.shapes, dtype=object)
    flat = np.isin(shapely.get_type_id(shapes), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    areas, nodes = np.flatnonzero(flat), np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POINT)
    node, area = shapely.STRtree(shapes[areas]).query(shapes[nodes], predicate="intersects")
    one, other = reading.rows.iloc[nodes[node]], reading.rows.iloc[areas[area]]
    alike, unlike = np.zeros(len(node), bool), np.zeros(len(node), bool)
    for key in (key for key in (*keys, "name") if key in reading.rows):
        left, right = one[key].to_numpy(object), other[key].to_numpy(object)
        known = ~pd.isna(left) & ~pd.isna(right)
        alike |= known & (left == right) & (key != "name")
        unlike |= known & (left != right)
    same = alike & ~unlike
    pairs = [f"{a} in {b}" for a, b in zip(one["id"][same], other["id"][same], strict=True)]
    words = (
        f"{len(pairs):,} places stand twice, as a node and as the area round it ({', '.join(pairs[:3])}): both count"
    )
    return (Remark("warning", words),) if pairs else ()


def _name(thing: Any) -> str:
    if thing.is_area():
        return f"{'w' if thing.from_way() else 'r'}{osm_number(thing.orig_id())}"
    return f"{'n' if thing.is_node() else 'w'}{osm_number(thing.id)}"
