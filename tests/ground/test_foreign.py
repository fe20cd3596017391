"""Files of others: what they are not, what they hide, and what their readers raise."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from shapely import Point

from tests import ledgers, pocket
from tests.ground.builders import CRS, shapefile
from workbench.errors import ManifestWarning, SourceEncodingWarning, SourceError
from workbench.ground.sources import foreign as doors
from workbench.ground.sources import read_district, write_district
from workbench.ground.sources.package import folder_problems, seal_district
from workbench.ground.sources.table import read_delimited, read_table
from workbench.ground.sources.vector import read_vector

NINE = [Point(412000 + i, 4498000) for i in range(9)]
VRT = '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'

ENDLESS = "with recursive r(fid) as (select 1 union all select fid + 1 from r) select fid, null as geom from r"


def points() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"id": [f"p{i}" for i in range(9)]}, geometry=NINE, crs=CRS)


def asked(path: Path, *statements: str) -> None:
    """Change a GeoPackage behind the back of GDAL, whose triggers would keep its lists in order."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        for (name,) in file.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            file.execute(f'drop trigger "{name}"')
        for statement in statements:
            file.execute(statement)


@pytest.fixture
def gpkg(tmp_path: Path) -> Path:
    points().to_file(tmp_path / "a.gpkg", layer="a", driver="GPKG")
    return tmp_path / "a.gpkg"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = ledgers.district(
        rooms=ledgers.rooms({}), activities=ledgers.activities({}), bookings=ledgers.bookings({})
    )  # fmt: skip
    return write_district(made, tmp_path / "ground")


# the guard


def test_whatever_a_foreign_reader_raises_names_the_file(tmp_path: Path) -> None:
    for error in (RecursionError("deep"), MemoryError(), LookupError("no\x1b[31m\ncodec"), AttributeError("None")):
        with (
            pytest.raises(SourceError, match=r"a\.x: no y; found .*\. Mend\.") as caught,
            doors.foreign(tmp_path / "a.x", "no y", mend="Mend."),
        ):
            raise error
        assert caught.value.__cause__ is error
        assert str(caught.value).isprintable()


def test_our_own_refusals_pass_the_guard(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="^own words$"), doors.foreign(tmp_path, "other words"):
        raise SourceError("own words")


# what a file says it is


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.kml", "a.gml", "a.shp", "a.fgb", "a.tab"])
def test_a_link_to_another_file_is_not_followed(tmp_path: Path, name: str) -> None:
    points().to_file(tmp_path / "secret.geojson", driver="GeoJSON")
    (tmp_path / name).write_text(VRT.format(tmp_path / "secret.geojson"))
    with pytest.raises(SourceError, match="not a readable vector file"):
        read_vector(tmp_path / name)


def test_a_link_dressed_up_as_kml_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.kml").write_text("<!-- <kml> -->" + VRT.format("b.geojson"))
    with pytest.raises(SourceError, match="expected KML or LIBKML, as its name says"):
        read_vector(tmp_path / "a.kml")


def test_ground_that_is_a_link_is_not_followed(folder: Path) -> None:
    shutil.move(folder / "ground.gpkg", folder / "other.gpkg")
    (folder / "ground.gpkg").write_text(VRT.format("other.gpkg"))
    assert [p.what for p in folder_problems(folder)] == ["the file is not a readable GeoPackage"]


def test_kinds_that_are_not_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.vrt").write_text(VRT.format("b.shp"))
    with pytest.raises(SourceError):
        read_vector(tmp_path / "a.vrt")
    (tmp_path / "a.topojson").write_text("{}")
    with pytest.raises(SourceError, match=r"of a kind that is not read; expected one of \.shp, .*found \.topojson"):
        read_vector(tmp_path / "a.topojson")
    (tmp_path / "a.gpkg").mkdir()
    with pytest.raises(SourceError, match="found a folder"):
        read_vector(tmp_path / "a.gpkg")


def test_a_driver_that_gdal_guesses_is_refused(tmp_path: Path) -> None:
    arcs = {"type": "Topology", "arcs": [], "objects": {"a": {"type": "Point", "coordinates": [0, 0]}}}
    (tmp_path / "a.geojson").write_text(json.dumps(arcs))
    with pytest.raises(SourceError):
        read_vector(tmp_path / "a.geojson")


# what a file holds


@pytest.mark.parametrize(
    ("odd", "row"), [({"properties": {}, "geometry": None}, "#4"), ("x", "#4"), (None, "#4"), ({"type": "Fear"}, "#4")]
)
def test_a_member_that_gdal_would_skip(tmp_path: Path, odd: object, row: str) -> None:
    whole = json.loads(points().to_json())
    whole["features"].insert(3, odd)
    (tmp_path / "a.geojson").write_text(json.dumps(whole))
    with pytest.raises(SourceError, match=f"row {row}: members of the collection are no features.* found 1 of 10"):
        read_vector(tmp_path / "a.geojson", crs=CRS)


@pytest.mark.parametrize(
    "text", ["[" * 3000, '{"features": [}', '{"type": "FeatureCollection", "features": [{"type": ']
)
def test_json_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.geojson").write_text("{" + text)
    with pytest.raises(SourceError, match="not valid JSON"):
        read_vector(tmp_path / "a.geojson")


def test_a_short_index_a_short_table_and_a_torn_shape(tmp_path: Path) -> None:
    whole = dict.fromkeys(("shp", "shx", "dbf"), b"")
    path = shapefile(tmp_path / "a.shp", {"id": [f"p{i}" for i in range(9)]}, NINE, CRS, "UTF-8")
    whole = {name: path.with_suffix(f".{name}").read_bytes() for name in whole}

    def refused(**changed: bytes) -> str:
        for name, content in (whole | changed).items():
            path.with_suffix(f".{name}").write_bytes(content)
        with pytest.raises(SourceError) as caught:
            read_vector(path)
        return str(caught.value)

    assert len(read_vector(path).rows) == 9
    assert "expected 9 in the .shp; found 3 in the .shx" in refused(shx=whole["shx"][: 100 + 3 * 8])
    assert "found 2 in the .dbf" in refused(dbf=whole["dbf"][:4] + b"\2\0\0\0" + whole["dbf"][8:])
    assert "its table (.dbf) is cut short" in refused(dbf=whole["dbf"][:-40])
    assert "the last shape is not complete" in refused(shp=whole["shp"][:-10])
    deleted = whole["dbf"].index(b" p4")
    path.with_suffix(".dbf").write_bytes(whole["dbf"][:deleted] + b"*" + whole["dbf"][deleted + 1 :])
    path.with_suffix(".shp").write_bytes(whole["shp"])
    assert len(read_vector(path).rows) == 8  # deleted where it was drawn


@pytest.mark.parametrize(
    "word", [b"hex", b"zlib", b"a\0", b"utf-16", b"idna", b"rot13", b"undefined", b"utf-7", b"\xff"]
)
def test_a_cpg_that_names_no_encoding_of_letters(tmp_path: Path, word: bytes) -> None:
    path = shapefile(tmp_path / "a.shp", {"id": [f"楼{i}" for i in range(9)]}, NINE, CRS, "UTF-8")
    path.with_suffix(".cpg").write_bytes(word)
    warnings.simplefilter("ignore", SourceEncodingWarning)  # of the encodings that could have been meant
    assert read_vector(path).rows["id"].tolist() == [f"楼{i}" for i in range(9)]


def test_an_old_count_of_rows_is_not_believed(gpkg: Path) -> None:
    asked(gpkg, "update gpkg_ogr_contents set feature_count = 3")
    assert len(read_vector(gpkg).rows) == 9


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("drop table a", "the file lists a layer that it does not hold"),
        ("delete from gpkg_geometry_columns", "no column is named for it"),
        ("alter table a rename to b; create view a as select * from b", "is a query"),
        (f"drop table a; create view a as {ENDLESS}", "is a query"),
        ("drop table a; create virtual table a using fts4(id)", "is a query"),
        ("drop table gpkg_contents", "not a readable GeoPackage"),
    ],
)
def test_a_geopackage_that_does_not_hold_what_it_lists(gpkg: Path, statement: str, words: str) -> None:
    asked(gpkg, "insert into gpkg_contents (table_name, data_type, srs_id) values ('other', 'features', 0)")
    asked(gpkg, "delete from gpkg_contents where table_name = 'other'", *statement.split("; "))
    with pytest.raises(SourceError, match=words):
        read_vector(gpkg, layer="a")


def test_columns_that_become_one_name(gpkg: Path) -> None:
    asked(gpkg, 'alter table a add column " id" text')
    with pytest.raises(SourceError, match="two columns have one name"):
        read_vector(gpkg)


# a district folder against its manifest


def test_a_ledger_that_the_manifest_lists_is_missed(folder: Path) -> None:
    (folder / "bookings.csv").unlink()
    (problem,) = folder_problems(folder)
    assert (problem.what, problem.row) == ("a table that the manifest lists is missing", "bookings")
    with pytest.raises(SourceError, match="row bookings: a table that the manifest lists is missing"):
        read_district(folder)
    assert seal_district(folder) == ["bookings"]
    assert folder_problems(folder) == []


def test_a_layer_that_the_manifest_lists_is_missed(folder: Path) -> None:
    asked(folder / "ground.gpkg", "drop table compounds", *(
        f"delete from {table} where table_name = 'compounds'"
        for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_ogr_contents")
    ))  # fmt: skip
    assert ("a table that the manifest lists is missing", "compounds") in [
        (p.what, p.row) for p in folder_problems(folder)
    ]


def test_rows_that_an_old_count_hides_come_and_are_told(folder: Path) -> None:
    asked(folder / "ground.gpkg", "update gpkg_ogr_contents set feature_count = 2 where table_name = 'demand'")
    assert len(read_district(folder).demand) == len(pocket.demand())
    asked(folder / "ground.gpkg", "delete from demand where id = 'D6'")
    with pytest.warns(ManifestWarning, match="the demand table differs"):
        read_district(folder)


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        (["drop table gates"], "the file lists a layer that it does not hold"),
        (["delete from gpkg_contents where table_name = 'gates'"], "not among the layers that the file lists"),
        (["delete from gpkg_geometry_columns where table_name = 'gates'"], "no column is named for it"),
        (["create view extra as select * from gates"], "not among the layers that the file lists"),
    ],
)
def test_ground_that_does_not_hold_what_it_lists(folder: Path, statements: list[str], what: str) -> None:
    asked(folder / "ground.gpkg", *statements)
    assert any(what in problem.what for problem in folder_problems(folder))


# small files that grow


def sheet(path: Path, change: object = None, extra: bytes = b"") -> Path:
    book = openpyxl.Workbook()
    rows = book.active
    assert rows is not None
    for row in (["id", "n"], ["a", 1], ["b", 2]):
        rows.append(row)
    if change:
        rows[str(change)] = "x"
    book.save(path)
    if extra:
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as box:
            box.writestr("xl/media/a.bin", extra)
    return path


def test_a_cell_at_the_end_of_the_world(tmp_path: Path) -> None:
    assert len(read_table(sheet(tmp_path / "a.xlsx", "Z20")).rows) == 3
    with pytest.raises(
        SourceError, match="the sheet is too large; expected at most 2,000,000 cells; found 1,048,576 rows"
    ):
        read_table(sheet(tmp_path / "b.xlsx", "XFD1048576"))


def test_a_workbook_that_unpacks_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(SourceError, match="too large unpacked; expected at most 1 MB; found 2 MB"):
        read_table(sheet(tmp_path / "a.xlsx", extra=b"\0" * 2_000_000))


def test_rows_of_a_sheet_that_a_reader_would_drop(tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.xlsx")
    with zipfile.ZipFile(path) as box:
        members = {name: box.read(name) for name in box.namelist()}
    name = "xl/worksheets/sheet1.xml"
    members[name] = members[name].replace(b'<row r="3"', b'<row r="2"')
    with zipfile.ZipFile(path, "w") as box:
        for member, content in members.items():
            box.writestr(member, content)
    with pytest.raises(SourceError, match="row on line 2: the rows of the sheet are out of order"):
        read_table(path)


# tables


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"])
def test_only_line_feeds_end_a_line(tmp_path: Path, sign: str) -> None:
    (tmp_path / "a.csv").write_bytes(f"id,name\na,x{sign}y\nb,z\n".encode())
    rows = read_table(tmp_path / "a.csv").rows
    assert rows["id"].tolist() == ["a", "b"]
    assert rows["name"].tolist() == [f"x{sign}y", "z"]


@pytest.mark.parametrize("separator", [",,", "", "\n", '"', "\r"])
def test_a_separator_is_one_sign(tmp_path: Path, separator: str) -> None:
    (tmp_path / "a.csv").write_text("id,name\na,x\n")
    with pytest.raises(SourceError, match="key separator: the separator cannot part cells"):
        read_delimited(tmp_path / "a.csv", "utf-8", separator=separator)


def test_a_round_trip_keeps_every_cell(tmp_path: Path) -> None:
    rooms = ledgers.rooms({"sign": 'a\r"b", c'}, {"sign": "d\u2028e"}, {"sign": "f\ng"})
    made = ledgers.district(rooms=rooms)
    read = read_district(write_district(made, tmp_path / "ground"))
    assert read.ledger("rooms")["sign"].tolist() == ['a "b", c', "d e", "f g"]  # breaks of lines are blanks in names
    assert read.fingerprint == made.fingerprint
