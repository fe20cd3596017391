"""A new district to fill: sheets for every ledger, a recipe that points at them, a scenario, a page that says how.

From an OSM file it takes what the file knows: ways with their gates, compounds, buildings, and places that look like
stations by their names and tags; these are a guess that somebody has to confirm.
"""

from __future__ import annotations

import json
import re
import shutil
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, Final

import geopandas as gpd
import numpy as np
import osmium
import pyproj

from workbench.catalogue.sheets import Cell, Found, found_in_osm, shown, title
from workbench.catalogue.terms import Access, printable
from workbench.errors import Problem, SourceError
from workbench.folder import staged_folder
from workbench.ground.intake.templates import fillable, write_template
from workbench.ground.soundness import CHINA
from workbench.ground.sources.osm import read_osm_features
from workbench.ground.sources.osm_file import OsmFile, in_order, said_by_osmium

RECIPE: Final = "recipe.yaml"
_SHEETS: Final = "台账"
_MAP: Final = "地图.osm.pbf"
"""Where the map is looked for, when none was given."""
_TEXTS: Final = Path(__file__).with_name("new")
_UNSAID: Final = "请填"
_ONE_PLACE_M: Final = 60.0
"""Of two places of one name so near to each other, an entrance and the building, one is left out."""
_ZONE_DEG, _FIRST_ZONE, _LAST_ZONE, _FIRST_EPSG = 3, 25, 45, 4534
"""CGCS2000 / 3-degree Gauss-Kruger by central meridian: EPSG:4534 is that of 75E, zone 25."""


@dataclass(frozen=True)
class Scaffold:
    """What was made for a new district.

    Attributes
    ----------
    folder
        The folder.
    sheets
        How many sheets it holds.
    guessed
        Places of the OSM file that look like stations: name, and why.
    compounds, buildings
        How many the OSM file knows.
    """

    folder: Path
    sheets: int
    guessed: tuple[tuple[str, str], ...] = ()
    compounds: int = 0
    buildings: int = 0


def new_district(folder: Path, *, osm: Path | None = None, name: str = "") -> Scaffold:
    """Make a folder in which a district is filled in.

    Parameters
    ----------
    folder
        Folder to make; it may be there, if it is empty.
    osm
        OSM file to begin with, PBF or XML; it is copied into the folder.
    name
        Name of the district; that of the folder when empty.

    Returns
    -------
    Scaffold
        What was made.

    Raises
    ------
    SourceError
        If the OSM file is none.
    OutputError
        If the folder holds something, or cannot be written.
    """
    known = None if osm is None else _known(osm)
    stations = () if known is None else known.stations
    known_rows = {"stations": [row for row, _ in stations], "compounds": [] if known is None else list(known.named)}
    words = _words(folder, printable(name or folder.resolve().name), known)
    with staged_folder(folder, marker=RECIPE, replace=False) as staging:
        (staging / _SHEETS).mkdir()
        for table in fillable():
            rows = known_rows.get(table, [])
            notes = ["按 OSM 的名称和标签推断，未经核对：逐行核对，不对的删掉，漏掉的补上。"] if rows else []
            write_template(staging / _sheet(table), table, rows, notes)
        for text in sorted(_TEXTS.iterdir()):
            filled = Template(text.read_text(encoding="utf-8")).substitute(words)
            (staging / text.stem).write_text(filled, encoding="utf-8")
        if osm is not None and known is not None:
            shutil.copyfile(osm, staging / known.file)
    told = tuple((str(row["name"]), why) for row, why in stations)
    counts = (known.compounds, known.buildings) if known is not None else (0, 0)
    return Scaffold(folder, len(fillable()), told, *counts)


def _sheet(table: str) -> str:
    return f"{_SHEETS}/{title(table)}.xlsx"


# ----------------------------------------------------------------------------------------------------------------------
# What an OSM file knows.


@dataclass(frozen=True)
class _Known:
    """What is taken from an OSM file: its box in degrees, if it states one; rows of stations, and why."""

    file: str
    box: tuple[float, float, float, float] | None
    crs: pyproj.CRS
    date: str
    compounds: int
    buildings: int
    named: tuple[dict[str, Cell], ...]
    stations: tuple[tuple[dict[str, Cell], str], ...]


def _known(path: Path) -> _Known:
    file = in_order(path)
    try:
        stated, around, date = _extent_and_date(path, file)
    except (RuntimeError, ValueError) as error:
        raise said_by_osmium(path, error) from error
    west, south, east, north = around
    crs = projection((west + east) / 2, (south + north) / 2)
    compounds, buildings = (read_osm_features(file, layer)[0] for layer in ("compounds", "buildings"))
    box, counts = around if stated else None, (len(compounds), len(buildings))
    return _Known(path.name, box, crs, date, *counts, tuple(_compounds(compounds)), tuple(_stations(file, crs)))


def _extent_and_date(path: Path, file: OsmFile) -> tuple[bool, tuple[float, float, float, float], str]:
    """Return whether a file states its box, the box, else that of its nodes, and the day of its newest object.

    The day is empty where no object says when it was made.
    """
    places, newest = array("d"), ""
    for thing in file.processor():
        if thing.is_node() and thing.location.valid():
            places.extend((thing.lon, thing.lat))
        if thing.timestamp.timestamp():  # 1970 where none is given
            newest = max(newest, f"{thing.timestamp:%Y-%m-%d}")
    if not places:
        raise SourceError(Problem(str(path), "the file holds no nodes", mend="Export it again with its nodes."))
    stated = osmium.io.Reader(str(path)).header().box()
    if stated.valid():
        low, high = stated.bottom_left, stated.top_right
        return True, (low.lon, low.lat, high.lon, high.lat), newest
    lonlat = np.reshape(places, (-1, 2))
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    return False, (float(west), float(south), float(east), float(north)), newest


def projection(lon: float, lat: float) -> pyproj.CRS:
    """Return the projected CRS for a place: in China CGCS2000 in three-degree zones, elsewhere UTM.

    Parameters
    ----------
    lon, lat
        Degrees.
    """
    zone, (west, south, east, north) = round(lon / _ZONE_DEG), CHINA
    if west <= lon <= east and south <= lat <= north and _FIRST_ZONE <= zone <= _LAST_ZONE:
        return pyproj.CRS.from_epsg(_FIRST_EPSG + zone - _FIRST_ZONE)
    utm = int((lon + 180) // 6) % 60 + 1
    return pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + utm)


def _stations(file: OsmFile, crs: pyproj.CRS) -> Iterator[tuple[dict[str, Cell], str]]:
    """Yield places that look like stations, as rows of the sheet, each with the reason."""
    ways_to_tell, passed_over = found_in_osm()
    asked = dict.fromkeys(("name", *(key for one in ways_to_tell for key in one.tagged)))
    places, _ = read_osm_features(file, "stations", (*asked, *passed_over))
    places = places[places["name"].notna() & places[list(passed_over)].isna().all(axis=1)]
    points = places.geometry.representative_point()
    metres = points.to_crs(crs)
    taken: list[tuple[str, Any]] = []
    rows = places.drop(columns="geometry").to_dict("records")
    for tags, point, place in zip(rows, points, metres, strict=True):
        found = next(((one, why) for one in ways_to_tell if (why := _told(one, tags))), None)
        twice = any(name == tags["name"] and place.distance(other) < _ONE_PLACE_M for name, other in taken)
        if found is None or twice:
            continue
        taken.append((tags["name"], place))
        yield _row(tags, found[0], point), found[1]


def _told(one: Found, tags: Mapping[Any, Any]) -> str:
    """Say why a place looks like a station; nothing where it does not."""
    word = next((word for word in one.named if word in tags["name"]), "")
    if word:
        return f"名称含“{word}”"
    fits = one.tagged and all(tags[key] == value for key, value in one.tagged.items())
    return f"标签 {'、'.join(f'{key}={value}' for key, value in one.tagged.items())}" if fits else ""


def _row(tags: Mapping[Any, Any], one: Found, point: Any) -> dict[str, Cell]:
    return {
        "id": str(tags["id"]),
        "name": printable(str(tags["name"])),
        "kind": shown("stations", "kind", one.kind),
        "access": shown("stations", "access", str(Access.PUBLIC)),
        **_at(point),
    }


def _at(point: Any) -> dict[str, Cell]:
    """Return where a row lies, and that it is a guess."""
    return {"_x": f"{point.x:.7f}", "_y": f"{point.y:.7f}", "_datum": "WGS84", "核对": "待核对：按 OSM 推断"}


def _compounds(drawn: gpd.GeoDataFrame) -> Iterator[dict[str, Cell]]:
    """Yield compounds as rows of the sheet, which tells by name of those that are drawn; names that stand twice go."""
    named = drawn[drawn["name"].notna() & ~drawn["name"].duplicated(keep=False)]
    for row, point in zip(named.to_dict("records"), named.geometry.representative_point(), strict=True):
        walled = shown("compounds", "enclosed", row["enclosed"])
        yield {"id": str(row["id"]), "name": printable(row["name"]), "enclosed": walled, **_at(point)}


# ----------------------------------------------------------------------------------------------------------------------
# The texts.


def _words(folder: Path, name: str, known: _Known | None) -> dict[str, str]:
    """Return what stands in the texts for each word with a $."""
    key = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "own-district"
    box = None if known is None or known.box is None else [round(value, 5) for value in known.box]
    osm = "OpenStreetMap"
    return {
        "title": name,
        "title_yaml": json.dumps(name, ensure_ascii=False),
        "key": key,
        "crs": f"{known.crs.to_string()} # {known.crs.name}" if known else f"{_UNSAID} # 按中央经线：{_ZONES}",
        "date": (known.date if known else "") or _UNSAID,
        "source": f"{osm}；本区各单位台账" if known else "本区各单位台账",
        "licence": "内部使用；地图部分 ODbL 1.0" if known else "内部使用",
        "extent": f"extent: {box} # OSM 文件注明的范围，界外的不要\n" if box else "",
        "layers": "\n".join(_layers(known)),
        "map": known.file if known else _MAP,
        "map_note": "从 OSM 取路、门、小区、建筑" if known else "还没有：放一份 OSM 文件，就叫这个名字",
        "guessed": _guessed(known),
    }


_ZONES: Final = "、".join(f"{lon}°E 为 EPSG:{4534 + lon // 3 - 25}" for lon in range(105, 130, 3))


def _layers(known: _Known | None) -> Iterator[str]:
    """Yield the lines of the recipe that say where each layer and ledger comes from."""
    path = json.dumps(known.file if known else _MAP, ensure_ascii=False)
    from_map = ["ways", "backdrop", "buildings", "compounds"]
    if known is not None:
        from_map = from_map[:2] + ["buildings"] * bool(known.buildings) + ["compounds"] * bool(known.compounds)
    for layer in from_map:
        source, note = f"{{format: osm, path: {path}}}", " # 连同大门和卡口" if layer == "ways" else ""
        if layer != "compounds" or known is None:
            yield f"  {layer}: {source}{note}"
            continue
        yield f"  {layer}:"
        yield f"    - {source} # landuse=residential，围墙按 barrier 推断，请核对"
        yield f"    - {{format: ledger, path: {_sheet(layer)}}} # 按名称给图上的小区补户数、所属社区"
    for table in fillable():
        if table in from_map or table == "gates":
            continue
        more = {"communities": ", areas: voronoi", "demand": ", spread: buildings"}.get(table, "")
        note = {
            "communities": " # 没有边界：按中心划分【推】；有边界图层就换成 format: vector",
            "demand": " # 每个社区一行，按住宅建筑面积摊到楼【推】；有楼栋人口就去掉 spread",
        }.get(table, "")
        yield f"  {table}: {{format: ledger, path: {_sheet(table)}{more}}}{note}"


def _guessed(known: _Known | None) -> str:
    if known is None:
        return "没有给 OSM 文件，没有推断。"
    said: Sequence[str] = [
        f"小区 {known.compounds} 处",
        f"建筑 {known.buildings} 座",
        f"像阵地的地方 {len(known.stations)} 处",
    ]
    sheets = f"像阵地的写进了 `{_sheet('stations')}`，有名称的小区写进了 `{_sheet('compounds')}`"
    return f"OSM 里有{'、'.join(said)}。{sheets}，都注明待核对：不对的删掉，漏掉的补上，缺的填上。"
