"""Points and ledgers from CSV and Excel."""

from __future__ import annotations

import openpyxl
import pytest

from tests.sources.builders import demand_rows, points_csv
from workbench.errors import GeodataError, MissingCRSError, SourceError
from workbench.sources.points import read_points
from workbench.sources.table import read_table


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_csv_in_any_encoding(tmp_path, encoding):
    path = points_csv(tmp_path / "a.csv", demand_rows(3, name="黄金小区"), encoding)
    read = read_points(path, "lon", "lat", crs="EPSG:4326")
    assert read.rows["name"].tolist() == ["黄金小区"] * 3
    assert read.lines == ["on line 2", "on line 3", "on line 4"]


def test_excel_below_a_title(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "台账"
    for row in (
        ["小区台账"],
        ["编号", "经度", "纬度", "人口"],
        ["a", 110.1, 40.6, 120],
        ["b", "１１０．２", "40.7", None],
        [None] * 4,
    ):
        sheet.append(row)
    book.create_sheet("other").append(["x"])
    path = tmp_path / "a.xlsx"
    book.save(path)
    read = read_points(path, "经度", "纬度", crs="EPSG:4326", sheet="台账", header=2)
    assert [(p.x, p.y) for p in read.shapes] == [(110.1, 40.6), (110.2, 40.7)]
    assert read.lines == ["on line 3", "on line 4"]
    with pytest.raises(SourceError, match=r"the workbook has no such sheet; expected one of 台账, other; found 'nope'"):
        read_table(path, sheet="nope")


def test_no_workbook(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"no workbook")
    with pytest.raises(SourceError, match=r"the file is not a readable Excel workbook"):
        read_table(tmp_path / "a.xlsx")


def test_missing_crs(tmp_path):
    path = points_csv(tmp_path / "a.csv", demand_rows(2))
    with pytest.raises(MissingCRSError, match=r"a table does not tell the CRS of its coordinates. State 'crs'"):
        read_points(path, "lon", "lat", crs=None)


def test_missing_file(tmp_path):
    with pytest.raises(SourceError, match=r"no\.csv: the file is missing"):
        read_points(tmp_path / "no.csv", "x", "y", crs="EPSG:4326")


def test_columns_that_are_not_there(tmp_path):
    path = points_csv(tmp_path / "a.csv", demand_rows(2))
    with pytest.raises(
        SourceError, match=r"no such column; expected one of id, lon, lat, residents; found 'lng'. Did you mean lon"
    ):
        read_points(path, "lng", "lat", crs="EPSG:4326")


def test_coordinates_that_are_no_numbers_are_listed(tmp_path):
    rows = demand_rows(5)
    rows[1]["lon"], rows[2]["lat"], rows[4]["lon"] = "", "北纬40", "NaN"
    with pytest.raises(GeodataError) as caught:
        read_points(points_csv(tmp_path / "a.csv", rows), "lon", "lat", crs="EPSG:4326")
    text = str(caught.value)
    assert "row on line 3, column lon: the coordinate is missing or no number; expected a number; found nan" in text
    assert (
        "row on line 4, column lat: the coordinate is missing or no number; expected a number; found '北纬40'" in text
    )
    assert "row on line 6, column lon" in text
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the table cannot be read; expected CSV with column names"),
        ("id,x,y\n", "the table is empty; expected at least one row"),
        ("id,x,y\n,,\n", "the table is empty"),
        ("id,x,y\n1,2,3\n1,2,3,4,5\n", "the table cannot be read; .* Are cells that hold a comma in quotes"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, content, words):
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(SourceError, match=words):
        read_table(path)


def test_blank_lines_keep_the_count(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,x\n1,2\n\n3,4\n")
    assert read_table(path).rows["_line"].tolist() == [2, 4]


def test_tabs_and_semicolons(tmp_path):
    (tmp_path / "a.tsv").write_text("id\tx\n1\t2\n")
    assert read_table(tmp_path / "a.tsv").rows["x"].tolist() == ["2"]
    (tmp_path / "a.csv").write_text("id;x\n1;2\n")
    assert read_table(tmp_path / "a.csv", separator=";").rows["x"].tolist() == ["2"]
