"""Small sound files of every format, ways to spoil them, and readers that count what they plainly hold."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import random
import re
import shutil
import sqlite3
import struct
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import shapely

from tests import ledgers
from tests.ground.builders import as_pbf, at, grid_osm, points_csv, recipe_file, shapefile
from workbench.errors import GeodataError
from workbench.ground.district import District
from workbench.ground.sources import Recipe, import_district, read_district, read_recipe, write_district
from workbench.ground.sources.importer import _Import
from workbench.ground.sources.package import folder_problems
from workbench.progress import SILENT
from workbench.scenario import load_scenario
from workbench.scenario.load import explain

ROWS = 9
_POINTS = {"crs": "EPSG:4326", "datum": "wgs84", "x": "lon", "y": "lat"}

TOKENS = (
    "\0", "\ud800", "\udcff", "\u2028", "\x85", "\x0b", "\x1c", "\ufeff", "\x1b[31m", "\x7f", "\r", "\n", "\r\n", "\t",
    '"', '""', "'", "<", ">", "&", "&amp;", "&bomb;", "&#0;", "<![CDATA[", "{", "}", "[", "]", ",", ",,", ";", ":",
    "- ", "? ", "#", "%", "|", "*a", "&a ", "&a {b: *a}", "<<: *a", "!!int x", "!!float x", "!!bool x", "!!null x",
    "!!binary x", "!!timestamp x", "!!set {a}", "!!omap [a]", "!!python/object:os.system x", "!x y", "%YAML 9.9\n---\n",
    "1e400", "-1e400", "1e308", "nan", ".nan", "NaN", "inf", "-inf", ".inf", "Infinity", "9" * 400, "9" * 5000, "-0",
    "0x7fffffffffffffff", "99999999999999999999", "1_000", "1,000", "0,5", "١٢", "½", "𝟙", "１２", "", " ", "\u3000",
    "null", "true", "是", "[]", "{}", "[" * 3000, "{a: " * 1500, "(" * 500, "not " * 1500, '{"a":' * 2000, "<a>" * 3000,
    "a" * 20000, "2024-99-99", "24:61", "Mo-Fr 99:00-17:00", "=1+1", "#REF!", "\ufffd", "\uffff", "$\\frac$", "[/]",
    "${HOME}", "${WORKBENCH_SHARED_DATA}", "../../../etc/passwd", "/dev/zero", "/dev/stdin", "/vsicurl/http://[::1]:9/x",
    "/vsizip/a.zip", "https://[::1]:9/x", ".", "..", "\\\\host\\x", "EPSG:0", "EPSG:4326", "EPSG:4979", "31", "urn:x",
    "POINT (1 1)", "POLYGON EMPTY", "utf-16", "hex", "zlib", "idna", "utf-x", "utf-7", "unicode_escape", "undefined",
)  # fmt: skip
"""Words that readers stumble over."""

_RAW = (
    b"\0" * 4,
    b"\xff" * 4,
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x80",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\0" * 999,
)
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e400, float("nan"), -0.0, 10**400, 2**63, 1e308, "", "\0", "\ud800", "\u2028", [], {},
    [[]], [None], {"": 0}, {"a": {"b": 1}}, "x" * 5000, "2024-01-01",
)  # fmt: skip


def spoiled(data: bytes, chance: random.Random) -> bytes:
    """Change bytes in one to three places: bits, slices, lines, words."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice((_bits, _slices, _lines, _words, _words, _words))(data, chance)
    return data


def _token(chance: random.Random) -> bytes:
    if chance.random() < 0.1:
        return chance.choice(_RAW)
    return chance.choice(TOKENS).encode("utf-8", "surrogatepass")


def _bits(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data or b"\0")
    for _ in range(chance.randint(1, 8)):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _slices(data: bytes, chance: random.Random) -> bytes:
    one, two = sorted(chance.randint(0, len(data)) for _ in range(2))
    two = min(two, one + chance.choice((1, 4, 40, len(data))))
    cut = data[one:two]
    return chance.choice(
        (data[:one], data[:one] + data[two:], data[:two] + cut + data[two:], data[:one] + _token(chance) + data[one:],
         data[:one] + _token(chance) + data[two:], data[:one] + cut[::-1] + data[two:], data + cut)
    )  # fmt: skip


def _lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(5):
        case 0:
            lines[one], lines[two] = lines[two], lines[one]
        case 1:
            lines.insert(two, lines[one])
        case 2:
            del lines[one]
        case 3:
            lines[one] = b""
        case _:
            lines.insert(one, _token(chance))
    return b"\n".join(lines)


def _words(data: bytes, chance: random.Random) -> bytes:
    words = list(re.finditer(rb"[^\s,;:\"'<>{}\[\]()=/]+", data))
    if not words:
        return _token(chance)
    word = chance.choice(words)
    other = chance.choice(words).group()
    new = chance.choice((_token(chance), _token(chance), other, b"", word.group() + _token(chance), word.group() * 2))
    return data[: word.start()] + new + data[word.end() :]


def _tree(document: Any, chance: random.Random) -> Any:
    """Change one place of a document of mappings and lists."""
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], (dict, list)):
                walk(node[key])

    document = json.loads(json.dumps(document))
    walk(document)
    node, key = chance.choice(places)
    other, at_other = chance.choice(places)
    match chance.randrange(6):
        case 0:
            del node[key]
        case 1 if isinstance(node, list):
            node.insert(key, node[key])
        case 1:
            node[chance.choice(TOKENS)] = node[key]
        case 2:
            node[key] = json.loads(json.dumps(other[at_other]))
        case 3:
            node[key] = chance.choice(TOKENS)
        case 4:
            node[key] = [node[key]]
        case _:
            node[key] = chance.choice(_VALUES)
    return document


def _as_json(path: Path, chance: random.Random) -> None:
    """Spoil a JSON document (which YAML is as well) as a tree, or as text."""
    if chance.random() < 0.5:
        text = json.dumps(
            _tree(json.loads(path.read_text("utf-8")), chance), indent=1, ensure_ascii=chance.random() < 0.5
        )
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    else:
        path.write_bytes(spoiled(path.read_bytes(), chance))


def _zipped(path: Path, chance: random.Random) -> None:
    """Spoil a member of a zip file; now and then the file itself."""
    if chance.random() < 0.1:
        path.write_bytes(spoiled(path.read_bytes(), chance))
        return
    with zipfile.ZipFile(path) as book:
        members = {name: book.read(name) for name in book.namelist()}
    name = chance.choice([n for n in members for _ in range(8 if "sheet1" in n or "sharedS" in n else 1)])
    match chance.randrange(12):
        case 0:
            del members[name]
        case 1:
            wide = chance.choice((b"XFD1048576", b"XFD9", b"A1048576", b"ZZZ1", b"A0"))
            members[name] = re.sub(rb'"[A-Z]+[0-9]+"', b'"' + wide + b'"', members[name], count=chance.randint(1, 3))
        case 2:
            sheet = next(n for n in members if "sheet1" in n)
            rows = re.findall(rb"<row .*?</row>", members[sheet], re.DOTALL)
            many = b"".join(rows[1:]) * chance.choice((2, 50, 20000))
            members[sheet] = members[sheet].replace(b"</sheetData>", many + b"</sheetData>")
        case _:
            members[name] = spoiled(members[name], chance)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for member, content in members.items():
            book.writestr(member, content)


_ENDLESS = (
    "with recursive r(fid) as (select 1 union all select fid + 1 from r) select fid, null as geom, fid as id from r"
)
_SQL = (
    "update gpkg_ogr_contents set feature_count = {n}", "delete from gpkg_ogr_contents", "drop table gpkg_ogr_contents",
    "delete from gpkg_contents where table_name = '{t}'", "delete from gpkg_geometry_columns where table_name = '{t}'",
    "delete from gpkg_geometry_columns", "drop table gpkg_geometry_columns", "drop table gpkg_contents",
    "update gpkg_contents set {g} = {v} where table_name = '{t}'", "update gpkg_contents set data_type = 'attributes'",
    "update gpkg_geometry_columns set geometry_type_name = {v}", "update gpkg_geometry_columns set srs_id = {n}",
    "update gpkg_geometry_columns set column_name = {v}", "update gpkg_spatial_ref_sys set definition = {v}",
    "drop table \"{t}\"", "alter table \"{t}\" rename to {v}", "alter table \"{t}\" rename column \"{c}\" to {v}",
    "alter table \"{t}\" add column {v}", "alter table \"{t}\" drop column \"{c}\"", "delete from \"{t}\"",
    "delete from \"{t}\" where rowid = {n}", "update \"{t}\" set \"{c}\" = {v}", "update \"{t}\" set \"{c}\" = {v} where rowid = {n}",
    "update \"{t}\" set geom = randomblob({n})", "update \"{t}\" set geom = substr(geom, 1, {n}) where rowid % 3 = 1",
    "update \"{t}\" set geom = null where rowid = {n}", "insert into \"{t}\" select * from \"{t}\" where 0",
    "insert into \"{t}\" (\"{c}\") values ({v})", "create table {v} as select * from \"{t}\"",
    "create view x{n} as select * from \"{t}\"", "create trigger x{n} after insert on \"{t}\" begin delete from \"{t}\"; end",
    "drop table \"{t}\"; create view \"{t}\" as " + _ENDLESS,
    "alter table \"{t}\" rename to y; create view \"{t}\" as select * from y",
    "drop table \"{t}\"; create virtual table \"{t}\" using fts4(id)", "pragma application_id = {n}", "pragma user_version = {n}",
    "create table u{n} (fid integer primary key, id text)", "insert into gpkg_contents (table_name, data_type) values ({v}, 'features')",
    "pragma writable_schema = 1; update sqlite_master set sql = {v} where name = '{t}'",
)  # fmt: skip
_SQL_VALUES = ("null", "0", "-1", "1e999", "''", "'x'", "' '", "x'00'", "zeroblob(3000)", "9223372036854775807", "char(0)", "'a' || char(8232)", "'é'", "char(27) || '[31m'", "char(55296)")  # fmt: skip


def _by_sql(path: Path, chance: random.Random) -> None:
    """Change a GeoPackage by a statement or three; now and then its bytes."""
    if chance.random() < 0.15:
        path.write_bytes(spoiled(path.read_bytes(), chance))
        return
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("pragma journal_mode = off")
        file.create_function("ST_IsEmpty", 1, lambda blob: blob is None)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            with contextlib.suppress(sqlite3.Error, sqlite3.Warning, UnicodeError):
                tables = [name for (name,) in file.execute("select table_name from gpkg_contents order by 1")] or ["d"]
                table = chance.choice(tables)
                columns = [row[1] for row in file.execute(f'pragma table_info("{table}")')] or ["id"]
                of_contents = chance.choice(("table_name", "data_type", "identifier", "srs_id", "min_x"))
                words = {
                    "t": table, "c": chance.choice(columns), "g": of_contents,
                    "v": chance.choice(_SQL_VALUES), "n": chance.choice((0, 1, 2, 3, 7, 100, 4326, -1)),
                }  # fmt: skip
                if chance.random() < 0.5:
                    for (trigger,) in file.execute("select name from sqlite_master where type = 'trigger'").fetchall():
                        file.execute(f'drop trigger "{trigger}"')
                file.executescript(chance.choice(_SQL).format(**words))


def _shapes(folder: Path, chance: random.Random) -> None:
    """Spoil one of the files of a Shapefile, or drop one, or exchange two."""
    parts = sorted(folder.glob("s.*"))
    part = chance.choice(parts)
    match chance.randrange(10):
        case 0:
            part.unlink()
        case 1:
            part.write_bytes(chance.choice(parts).read_bytes())
        case 2:
            (folder / "s.cpg").write_bytes(_token(chance))
        case 3:
            whole = folder / f"s.{chance.choice(('shx', 'dbf', 'shp'))}"
            whole.write_bytes(whole.read_bytes()[: chance.choice((0, 32, 99, 100, 108, 124, 140, 172, 200, 300))])
        case 4:
            table = folder / "s.dbf"
            table.write_bytes(
                table.read_bytes()[:4] + struct.pack("<I", chance.choice((0, 3, 2**31, 12))) + table.read_bytes()[8:]
            )
        case _:
            part.write_bytes(spoiled(part.read_bytes(), chance))


_VRT = '<OGRVRTDataSource><OGRVRTLayer name="{}"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


def _district(folder: Path, chance: random.Random) -> None:
    """Spoil one file of a district folder, or drop one, or exchange two, or put something else in its place."""
    parts = sorted(p for p in folder.iterdir() if p.is_file())
    part = chance.choice([*parts, folder / "ground.gpkg", folder / "ground.gpkg"])
    match chance.randrange(12):
        case 0:
            part.unlink()
        case 1:
            part.write_bytes(chance.choice(parts).read_bytes())
        case 2:
            part.unlink()
            part.mkdir()
        case 3 if part.suffix == ".gpkg":
            shutil.move(part, folder / "other.gpkg")
            part.write_text(_VRT.format("ways", "other.gpkg"))
        case _ if part.suffix == ".gpkg":
            _by_sql(part, chance)
        case _:
            part.write_bytes(spoiled(part.read_bytes(), chance))


def _of(*victims: str) -> Callable[[Path, random.Random], None]:
    def mutate(folder: Path, chance: random.Random) -> None:
        victim = folder / chance.choice(victims)
        victim.write_bytes(spoiled(victim.read_bytes(), chance))

    return mutate


# what a file plainly holds


def _csv_rows(path: Path) -> int:
    """Count the lines below the first that hold a cell, outside of quotes."""
    data = path.read_bytes()
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    return len([row for row in csv.reader(io.StringIO(text, newline="")) if any(cell.strip() for cell in row)]) - 1


def _xlsx_rows(path: Path) -> int:
    """Count the rows below the first with a cell that holds text or a number."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(path) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
        shared = "xl/sharedStrings.xml" in book.namelist()
        texts = ["".join(t.itertext()) for t in ET.fromstring(book.read("xl/sharedStrings.xml"))] if shared else []

    def holds(cell: ET.Element) -> bool:
        parts = [part for name in ("v", "is") if (part := cell.find(f"{space}{name}")) is not None]
        text = "".join("".join(part.itertext()) for part in parts).strip()
        return bool((texts[int(text)] if text and cell.get("t") == "s" else text).strip())

    return sum(any(holds(cell) for cell in row) for row in sheet.iter(f"{space}row")) - 1


def _shape_rows(folder: Path) -> int:
    shapes, table = (folder / "s.shp").read_bytes(), (folder / "s.dbf").read_bytes()
    at_byte = count = 0
    at_byte = 100
    while at_byte + 8 < len(shapes):
        at_byte += 8 + 2 * int.from_bytes(shapes[at_byte + 4 : at_byte + 8], "big")
        count += 1
    begin, width = struct.unpack("<HH", table[8:12])
    deleted = sum(table[begin + i * width : begin + i * width + 1] == b"*" for i in range(count))
    return count - deleted if at_byte == len(shapes) else 0


def _gpkg_rows(path: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        names = [name for (name,) in file.execute("select name from sqlite_master where type = 'table'")]
        plain = [name for name in names if not name.startswith(("gpkg_", "sqlite_", "rtree_"))]
        return {name: file.execute(f'select count(*) from "{name}"').fetchone()[0] for name in plain}


def _xml_count(path: Path, tag: str, **attributes: str) -> int:
    root = ET.fromstring(path.read_bytes())
    return sum(e.tag.rsplit("}")[-1] == tag and all(e.get(k) == v for k, v in attributes.items()) for e in root.iter())


def _district_rows(folder: Path) -> dict[str, int]:
    rows = _gpkg_rows(folder / "ground.gpkg")
    rows |= {path.stem: _csv_rows(path) for path in folder.glob("*.csv")}
    listed = re.findall(r"^  (\w+): [0-9a-f]{64}$", (folder / "manifest.yaml").read_text("utf-8"), re.MULTILINE)
    return dict.fromkeys(listed, 0) | rows


# sound files


def _points() -> list[dict[str, Any]]:
    return [
        {"id": f"d{i}", "lon": at(i % 3, 0)[0], "lat": at(0, i // 3)[1], "residents": 10 * i, "name": f"楼{i}"}
        for i in range(ROWS)
    ]


def _areas() -> gpd.GeoDataFrame:
    boxes = [shapely.box(*at(i, i), *at(i + 0.9, i + 0.9)) for i in range(ROWS)]
    return gpd.GeoDataFrame(
        {"id": [f"c{i}" for i in range(ROWS)], "name": [f"社区{i}" for i in range(ROWS)], "n": range(ROWS)},
        geometry=boxes, crs="EPSG:4326",
    )  # fmt: skip


def _build_csv(folder: Path) -> None:
    points_csv(folder / "d.csv", _points())
    _recipe(folder, "demand", {"format": "points", "path": "d.csv", "where": "residents >= 0", **_POINTS})


def _build_xlsx(folder: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(_points()[0]))
    for row in _points():
        sheet.append(list(row.values()))
    book.save(folder / "d.xlsx")
    _recipe(folder, "demand", {"format": "points", "path": "d.xlsx", **_POINTS})


def _build_osm(folder: Path) -> None:
    tags = {9: {"barrier": "gate", "access": "private", "opening_hours": "Mo-Fr 08:00-18:00"}}
    house = {300: ([1, 2, 8, 7, 1], {"building": "yes", "building:levels": "6"})}
    grid_osm(folder / "g.osm", node_tags=tags | {14: {"amenity": "community_centre", "name": "中心"}}, ways=house)
    osm = {"format": "osm", "path": "g.osm"}
    wanted = {"set": {"kind": "community_centre", "access": "public"}, "where": 'amenity == "community_centre"'}
    layers = {"ways": osm, "stations": {**osm, **wanted}, "buildings": osm}
    recipe_file(folder / "recipe.yaml", layers, network_only=True)


def _build_pbf(folder: Path) -> None:
    _build_osm(folder)
    as_pbf(folder / "g.osm").rename(folder / "g.osm.pbf")
    recipe = folder / "recipe.yaml"
    recipe.write_text(recipe.read_text("utf-8").replace("g.osm", "g.osm.pbf"), "utf-8")


def _build_graphml(folder: Path) -> None:
    keys = [
        ("graph", "crs"),
        ("node", "y"),
        ("node", "x"),
        ("edge", "osmid"),
        ("edge", "highway"),
        ("edge", "name"),
        ("edge", "geometry"),
    ]
    number = {name: f"d{i}" for i, (_, name) in enumerate(keys)}

    def data(**values: object) -> str:
        return "".join(f'<data key="{number[key]}">{value}</data>' for key, value in values.items())

    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">']
    lines += [f'<key id="{number[n]}" for="{of}" attr.name="{n}" attr.type="string"/>' for of, n in keys]
    lines += [f'<graph edgedefault="directed">{data(crs="epsg:4326")}']
    lines += [f'<node id="{i}">{data(y=at(0, i // 3)[1], x=at(i % 3, 0)[0])}</node>' for i in range(ROWS)]
    for i, (u, v) in enumerate([(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5), (5, 8), (4, 7), (7, 8)]):
        line = shapely.LineString([at(u % 3, u // 3), at(v % 3, v // 3)]).wkt
        lines += [
            f'<edge source="{u}" target="{v}">{data(osmid=i, highway="residential", name=f"路{i}", geometry=line)}</edge>'
        ]
        lines += [f'<edge source="{v}" target="{u}">{data(osmid=i, highway="residential")}</edge>']
    (folder / "g.graphml").write_text("\n".join([*lines, "</graph>", "</graphml>"]), "utf-8")
    recipe_file(folder / "recipe.yaml", {"ways": {"format": "graphml", "path": "g.graphml"}}, network_only=True)


def _build_geojson(folder: Path) -> None:
    (folder / "c.geojson").write_text(_areas().to_json(drop_id=True), "utf-8")
    _recipe(
        folder, "communities", {"format": "vector", "path": "c.geojson", "datum": "wgs84", "set": {"subdistrict": "x"}}
    )


def _build_shapefile(folder: Path) -> None:
    areas = _areas()
    columns = {name: areas[name].tolist() for name in ("id", "name", "n")}
    shapefile(folder / "s.shp", columns, areas.geometry.tolist(), "EPSG:4326", "GBK")
    (folder / "s.cpg").write_text("936")
    _recipe(folder, "communities", {"format": "vector", "path": "s.shp", "datum": "wgs84", "set": {"subdistrict": "x"}})


def _build_gpkg(folder: Path) -> None:
    _areas().to_file(folder / "c.gpkg", layer="communities", driver="GPKG")
    _areas().to_file(folder / "c.gpkg", layer="others", driver="GPKG")
    source = {
        "format": "vector",
        "path": "c.gpkg",
        "layer": "communities",
        "datum": "wgs84",
        "set": {"subdistrict": "x"},
    }
    _recipe(folder, "communities", source)


def _recipe(folder: Path, layer: str, source: Mapping[str, Any]) -> None:
    """Write the recipe of a district that has the layer on top of a few streets."""
    grid_osm(folder / "grid.osm", size=3)
    ways = {"format": "osm", "path": "grid.osm"}
    recipe_file(folder / "recipe.yaml", {"ways": ways, layer: source}, network_only=True)


def _build_recipe(folder: Path) -> None:
    _build_csv(folder)
    document = json.loads((folder / "recipe.yaml").read_text("utf-8"))
    document["extent"] = [*at(-2, -2), *at(5, 5)]
    document["layers"]["demand"] |= {"columns": {"residents": "residents"}, "separator": ",", "encoding": "utf-8"}
    document["layers"]["demand"] |= {"values": {"compound": {"a": "b"}}, "set": {"households": 1}, "datum": "wgs84"}
    (folder / "recipe.yaml").write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")


def _build_scenario(folder: Path) -> None:
    (folder / "overlays").mkdir(parents=True)
    base = {
        "name": "base", "title": "底", "district": "../x",
        "groups": {
            "young": {"label": "少年", "ages": {"age_0_6": 1.0, "age_7_17": 1.0}, "pace": "pace.with_child"},
            "adults": {"label": "成人", "ages": {"age_18_59": 1.0}, "pace": "pace.adult", "steps": "walk"},
            "older": {"label": "老人", "ages": {"age_60_79": 1.0, "age_80_plus": 1.0}, "pace": "pace.older"},
        },
        "gates": {"policy": "as_is"}, "clock": {"at": "10:00"}, "standards": {"pace.adult": 1.2},
    }  # fmt: skip
    night = {"clock": {"at": "22:30"}}
    own = {
        "extends": "base.yaml",
        "overlays": ["night"],
        "name": "own",
        "note": "n",
        "walking": {"snap_limit": "walk.snap_limit_grid"},
    }
    for name, document in {"base": base, "overlays/night": night, "own": own}.items():
        (folder / f"{name}.yaml").write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")


def _build_district(folder: Path) -> None:
    made = ledgers.district(
        rooms=ledgers.rooms({}, {"sign": "第二会议室"}),
        activities=ledgers.activities({}, {}),
        bookings=ledgers.bookings({}),
    )
    write_district(made, folder)


def _build_ledger(folder: Path) -> None:
    """Write one ledger as a workbook and as text."""
    from tests.intake.sheets import HEAD, book, text
    from tests.intake.sheets import ROWS as ENTRIES

    rows = [HEAD, *(tuple(f"{cell}{n}" if at < 3 else cell for at, cell in enumerate(ENTRIES[0])) for n in range(ROWS))]
    book(folder / "d.xlsx", rows)
    text(folder / "d.csv", rows)


def _build_kept(folder: Path) -> None:
    """Write the sheets of a whole district as people keep them, and the recipe that spreads and places them."""
    corners = {10: at(0.2, 0.2), 11: at(0.8, 0.2), 12: at(0.8, 0.8), 13: at(0.2, 0.8)}
    ring = [10, 11, 12, 13, 10]
    ways = {10: (ring, {"landuse": "residential", "name": "锦绣苑"}), 11: (ring, {"building": "apartments"})}
    grid_osm(folder / "grid.osm", size=3, nodes=corners, ways=ways)
    names = ("锦绣社区", "鸿翔社区")
    bands = dict(zip(("0-6岁", "7-17岁", "18-59岁", "60-79岁", "80岁以上"), (2, 3, 11, 3, 1), strict=True))
    places = [dict(zip(("经度", "纬度"), at(1.6 * k, 1), strict=True)) for k in range(2)]
    rows = [{"编号": f"s{k}", "名称": f"{n}驿家", "所属社区": n, **places[k]} for k, n in enumerate(names)]
    points_csv(folder / "stations.csv", rows)
    points_csv(folder / "people.csv", [{"名称": n, "社区": n, "常住人口": 20, "户数": 9, **bands} for n in names])
    homes = [{"编号": f"k{k}", "小区名称": n, "户数": 80, **places[k]} for k, n in enumerate(("锦绣苑", "远处家园"))]
    points_csv(folder / "compounds.csv", homes)
    osm, ledger = {"format": "osm", "path": "grid.osm"}, {"format": "ledger", "refused": "leave_out"}
    sheet = {**ledger, "datum": "wgs84"}
    layers = {
        "ways": osm,
        "buildings": osm,
        "compounds": [osm, {**sheet, "path": "compounds.csv"}],
        "stations": {**sheet, "path": "stations.csv", "set": {"kind": "post", "access": "public"}},
        "communities": {**ledger, "path": "people.csv", "areas": "voronoi", "set": {"subdistrict": "x"}},
        "demand": {**ledger, "path": "people.csv", "spread": "buildings", "scale_to": 50},
    }
    recipe_file(folder / "recipe.yaml", layers, totals={"residents": 50, "age_0_6": 5})


def _spoil_kept(folder: Path, chance: random.Random) -> None:
    """Spoil one of the sheets: its bytes, or leave a column out, or write one word all down it."""
    path = folder / chance.choice(("stations.csv", "people.csv", "compounds.csv"))
    if chance.random() < 0.3:
        _of(path.name)(folder, chance)
        return
    rows = [line.split(",") for line in path.read_text("utf-8").splitlines()]
    column = chance.randrange(len(rows[0]))
    if chance.random() < 0.5:
        rows = [row[:column] + row[column + 1 :] for row in rows]
    else:
        word = chance.choice(("", "0", "-1", "无", "锦绣社区", "约30", "1e9"))
        for row in rows[1 + chance.randrange(2) :]:
            row[column] = word
    path.write_text("\n".join(map(",".join, rows)) + "\n", "utf-8")


def _spoil_ledger(folder: Path, chance: random.Random) -> None:
    """Leave one ledger in the folder: in a mess as people make it, or with its bytes spoiled."""
    from tests.intake import messes

    book, table = folder / "d.xlsx", folder / "d.csv"
    if chance.random() < 0.6:
        made = messes.mess(folder, chance, kinds=("csv", "xlsx"))
        (folder / "mess.json").write_text(json.dumps([made.path.name, made.table, sorted(made.lines)]))
        book.unlink()
        table.unlink()
    elif chance.random() < 0.5:
        _zipped(book, chance)
        table.unlink()
    else:
        _of("d.csv")(folder, chance)
        book.unlink()


def _checked(folder: Path, *, whole: bool) -> dict[str, int]:
    """Read a ledger that somebody keeps; write what it goes back as, when asked."""
    from tests.intake import messes
    from workbench.ground.intake.annotated import write_checked
    from workbench.ground.intake.ledger import told

    known = folder / "mess.json"
    name, table, lines = json.loads(known.read_text()) if known.exists() else ("", "stations", [])
    path = folder / name if name else next(p for p in (folder / "d.xlsx", folder / "d.csv") if p.exists())
    ledger = messes.read(messes.Mess(path, table, set(lines)))
    told(ledger)
    if whole:
        write_checked(ledger, folder / "written")
    listed = [f.line for f in ledger.findings if not f.column and f.line and f.kind in ("left_out", "refused")]
    above = [finding.line for finding in ledger.findings if finding.kind == "read" and finding.line]
    first = min([*ledger.rows["_line"], *listed], default=max(above, default=0) + 2)  # the header is before it
    return {"ledger": ledger.held + max(first - 2, len(above))}


def _ledger_rows(folder: Path) -> dict[str, int]:
    if (folder / "mess.json").exists():
        return {}  # whose lines are known, and looked for when it is read
    book, table = folder / "d.xlsx", folder / "d.csv"
    return {"ledger": _xlsx_rows(book) if book.exists() else _csv_rows(table)}


# how the workbench reads them


def _imported(folder: Path, *, whole: bool) -> dict[str, int]:
    """Read the one layer as an import does; the whole way through the gate, to disk and back, when asked."""
    recipe = _sound_recipe((folder / "recipe.yaml").read_text("utf-8"))
    only = {name: sources for name, sources in recipe.layers.items() if name != "ways"} or recipe.layers
    importing = _Import(recipe.model_copy(update={"folder": folder, "layers": only}), SILENT)
    importing._read_everything()
    importing._stop_on_problems()
    told = {note.layer: note.held or 0 for note in importing.notes}
    if whole:
        made = import_district(folder / "recipe.yaml")
        _there_and_back(made, folder)
    return told


@cache
def _sound_recipe(text: str) -> Recipe:
    """Read a recipe that is not spoiled; YAML takes longer than the layer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recipe.yaml"
        document = json.loads(text)
        for source in document["layers"].values():
            source["path"] = "recipe.yaml"  # which is there
        path.write_text(json.dumps(document), "utf-8")
        read = read_recipe(path).layers
    paths = {name: source["path"] for name, source in json.loads(text)["layers"].items()}
    layers = {name: (read[name][0].model_copy(update={"path": paths[name]}),) for name in read}
    return Recipe.model_validate({**json.loads(text), "layers": layers})


def _imported_whole(folder: Path, *, whole: bool) -> dict[str, int]:
    made = import_district(folder / "recipe.yaml")
    if whole:
        _there_and_back(made, folder)
    return {note.layer: note.held or 0 for note in made.manifest.sources}


def _there_and_back(made: District, folder: Path) -> None:
    back = read_district(write_district(made, folder / "written"))
    lost = {name: (len(t), len(back.tables.get(name, ()))) for name, t in made.tables.items()}
    assert all(before == after for before, after in lost.values()), f"rows lost on disk: {lost}"
    assert back.fingerprint == made.fingerprint, "another fingerprint after a round trip"


def _loaded(folder: Path, *, whole: bool) -> dict[str, int]:
    scenario = load_scenario(folder / "own.yaml")
    assert scenario.fingerprint
    if whole:
        explain(folder / "own.yaml")
    return {}


def _district_read(folder: Path, *, whole: bool) -> dict[str, int]:
    if whole and (problems := folder_problems(folder)):
        raise GeodataError(problems)
    return {name: len(table) for name, table in read_district(folder).tables.items()}


def _layer_rows(layer: str, count: Callable[[Path], int]) -> Callable[[Path], dict[str, int]]:
    return lambda folder: {layer: count(folder)}


@dataclass(frozen=True)
class Case:
    """A format: its sound files, how they are spoiled, read, and read plainly."""

    name: str
    folder: Path
    mutate: Callable[[Path, random.Random], None]
    read: Callable[..., dict[str, int]]
    plain: Callable[[Path], dict[str, int]]


def _features(path: Path) -> int:
    return len(json.loads(path.read_bytes())["features"])


_KINDS: dict[str, tuple[Any, Any, Any, Any]] = {
    "recipe": (_build_recipe, lambda f, c: _as_json(f / "recipe.yaml", c), _imported_whole, lambda _: {}),
    "scenario": (
        _build_scenario,
        lambda f, c: _as_json(f / c.choice(("base.yaml", "own.yaml", "own.yaml", "overlays/night.yaml")), c),
        _loaded,
        lambda _: {},
    ),
    "csv": (_build_csv, _of("d.csv"), _imported, _layer_rows("demand", lambda f: _csv_rows(f / "d.csv"))),
    "xlsx": (
        _build_xlsx,
        lambda f, c: _zipped(f / "d.xlsx", c),
        _imported,
        _layer_rows("demand", lambda f: _xlsx_rows(f / "d.xlsx")),
    ),
    "ledger": (_build_ledger, _spoil_ledger, _checked, _ledger_rows),
    "kept": (_build_kept, _spoil_kept, _imported_whole, lambda _: {}),
    "osm": (_build_osm, _of("g.osm"), _imported, _layer_rows("stations", lambda f: _centres(f / "g.osm"))),
    "pbf": (_build_pbf, _of("g.osm.pbf"), _imported, lambda _: {}),
    "graphml": (
        _build_graphml,
        _of("g.graphml"),
        _imported,
        _layer_rows("ways", lambda f: _xml_count(f / "g.graphml", "edge")),
    ),
    "geojson": (
        _build_geojson,
        lambda f, c: _as_json(f / "c.geojson", c),
        _imported,
        _layer_rows("communities", lambda f: _features(f / "c.geojson")),
    ),
    "shapefile": (_build_shapefile, _shapes, _imported, _layer_rows("communities", _shape_rows)),
    "geopackage": (
        _build_gpkg,
        lambda f, c: _by_sql(f / "c.gpkg", c),
        _imported,
        _layer_rows("communities", lambda f: _gpkg_rows(f / "c.gpkg").get("communities", 0)),
    ),
    "district": (_build_district, _district, _district_read, _district_rows),
}
FORMATS = tuple(_KINDS)


def _centres(path: Path) -> int:
    """Count nodes that are centres, a node that stands twice once."""
    root = ET.fromstring(path.read_bytes())
    wanted = ("amenity", "community_centre")
    return len(
        {n.get("id") for n in root.findall("node") if wanted in [(t.get("k"), t.get("v")) for t in n.findall("tag")]}
    )


def case(name: str, folder: Path) -> Case:
    """Write the sound files of a format into a folder."""
    build, mutate, read, plain = _KINDS[name]
    folder.mkdir(parents=True)
    build(folder)
    return Case(name, folder, mutate, read, plain)
