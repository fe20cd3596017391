"""Points and ledgers from CSV and Excel."""

from __future__ import annotations

from datetime import datetime, time

import openpyxl
import pytest
import shapely

from tests.ground.builders import demand_rows, points_csv
from workbench.errors import GeodataError, MissingCRSError, SourceError
from workbench.ground.sources.columns import read_points
from workbench.ground.sources.condition import Unread
from workbench.ground.sources.reading import Remark
from workbench.ground.sources.table import read_table


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
    assert read.lines == ["on line 3 of sheet '台账'", "on line 4 of sheet '台账'"]
    with pytest.raises(SourceError, match=r"the workbook has no such sheet; expected one of 台账, other; found 'nope'"):
        read_table(path, sheet="nope")


def test_no_workbook(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"no workbook")
    with pytest.raises(SourceError, match=r"the file is not a readable Excel workbook"):
        read_table(tmp_path / "a.xlsx")


def test_a_workbook_that_is_damaged_anywhere(tmp_path):
    book = openpyxl.Workbook()
    for row in (["id", "x"], ["a", 1], ["b", 2]):
        book.active.append(row)
    path = tmp_path / "a.xlsx"
    book.save(path)
    whole = path.read_bytes()
    refused = 0
    for begin in range(0, len(whole), 97):
        path.write_bytes(whole[:begin] + bytes(b ^ 0x5A for b in whole[begin : begin + 24]) + whole[begin + 24 :])
        try:
            rows = read_table(path).rows
        except SourceError:
            refused += 1
        else:
            assert rows.columns.tolist()[-1] == "_line"
    assert refused > 20
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        SourceError, match=r"not a readable Excel workbook; .* found File is not a zip file. Open it in Excel"
    ):
        read_table(path)


def test_an_old_workbook_is_no_text(tmp_path):
    (tmp_path / "a.xls").write_bytes(bytes([0xD0, 0xCF, 0x11, 0xE0]) + b"0" * 600)
    with pytest.raises(
        SourceError, match=r"of a kind that is not read; expected .xlsx, .csv, .tsv or .txt; found .xls. Save it as"
    ):
        read_table(tmp_path / "a.xls")


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
    assert "row on line 3, column lon: the value is missing or no number; expected a coordinate; found nan" in text
    assert "row on line 4, column lat: the value is missing or no number; expected a coordinate; found '北纬40'" in text
    assert "row on line 6, column lon" in text
    assert len(caught.value.problems) == 3


def test_rows_are_chosen_before_their_coordinates_are_judged(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,x,y,n\nc0,116.2,40.0,10\n合计,,,30\n", encoding="utf-8")
    found = read_points(path, "x", "y", crs="EPSG:4326", where="id != '合计'")
    assert (len(found.rows), found.held) == (1, 2)
    with pytest.raises(GeodataError, match="row on line 3, column x: the value is missing or no number"):
        read_points(path, "x", "y", crs="EPSG:4326")


def test_coordinates_with_a_decimal_comma(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id;x;y\nc0;116,297679963;40,000104482\n", encoding="utf-8")
    found = read_points(path, "x", "y", crs="EPSG:4326", separator=";")
    assert shapely.get_coordinates(found.shapes).tolist() == [[116.297679963, 40.000104482]]
    assert Remark("guessed", "x has a decimal comma, as all its cells together tell") in found.remarks


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "row on line 1: the table has no line of column names; found nothing"),
        (",,\n1,2,3\n", "row on line 1: the table has no line of column names; found an empty line"),
        ("id,id,x\n1,2,3\n", "column id: two columns have one name. Give each column a name of its own"),
        ('id,x\n1,"2\n3,4\n', r"the table cannot be read; .*\(in the row that begins on line 2\). Close every quote"),
        ("id,x,y\n", "the table is empty; expected at least one row"),
        ("id,x,y\n,,\n", "the table is empty"),
        (
            "id,x,y\n1,2,3\n1,2,3,4,5\n",
            "row on line 3: the row has more cells than there are column names; expected 3 cells; found 5: 1, 2, 3, 4, 5. Put a cell that holds the separator in quotes",
        ),
        (
            "id,x,y\n1,2,3\n1,2\n",
            "row on line 3: the row has fewer cells than there are column names; expected 3 cells; found 2: 1, 2. Is the file",
        ),
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


def test_commas_at_the_end_shift_nothing(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,x,y\na,1,2,\nb,3,4,,\n")
    table = read_table(path).rows
    assert table.columns.tolist() == ["id", "x", "y", "_line"]
    assert table["id"].tolist() == ["a", "b"]
    assert table["y"].tolist() == ["2", "4"]


def test_every_uneven_row_is_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,name,residents\na,黄金小区,12\nb,富力城,一期,20\n\n,,\nc,5\n", encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        read_table(path)
    assert [p.row for p in caught.value.problems] == ["on line 3", "on line 6"]
    assert "found 4: b, 富力城, 一期, 20" in str(caught.value)


def workbook(path, rows, **sheets):
    """Write a workbook; what is done to its sheet is done by the caller, who saves it."""
    book = openpyxl.Workbook()
    book.active.title = "台账"
    for row in rows:
        book.active.append(row)
    for name, state in sheets.items():
        book.create_sheet(name).sheet_state = state
    return book, book.active


def test_merged_ranges_are_filled_with_text_and_numbers_in_them_are_not_doubled(tmp_path):
    rows = [["id", "社区", "户数"], ["k0", "东社区", 40], ["k1", None, None], ["k2", "西社区", 7]]
    book, sheet = workbook(tmp_path / "d.xlsx", rows)
    sheet.merge_cells("B2:B3")
    sheet.merge_cells("C2:C3")
    book.save(tmp_path / "d.xlsx")
    table = read_table(tmp_path / "d.xlsx")
    assert table.rows["社区"].tolist() == ["东社区", "东社区", "西社区"]
    assert [isinstance(cell, Unread) for cell in table.rows["户数"]] == [True, True, False]
    assert str(table.rows["户数"][0]) == "40 in the merged range C2:C3"
    assert Remark("changed", "1 merged ranges filled with their text (B2:B3 …)") in table.remarks


def test_two_lines_of_merged_names(tmp_path):
    rows = [["台账", None, None], ["编号", "人口", None], [None, "常住\n人口", "户籍"], ["k0", 3, 4]]
    book, sheet = workbook(tmp_path / "d.xlsx", rows)
    for area in ("A1:C1", "A2:A3", "B2:C2"):
        sheet.merge_cells(area)
    book.save(tmp_path / "d.xlsx")
    assert read_table(tmp_path / "d.xlsx", header=3).rows.columns.tolist() == ["编号", "常住人口", "户籍", "_line"]


def test_cells_that_hold_no_value_are_marked_and_times_are_times(tmp_path):
    rows = [
        ["id", "n", "start"],
        ["#REF!", 1, time(9, 30)],
        ["k1", "=B2*3", 0.375],
        [datetime(2024, 1, 2), 2.0, "9:00"],
    ]
    book, sheet = workbook(tmp_path / "d.xlsx", rows)
    sheet["A2"].data_type = "e"
    book.save(tmp_path / "d.xlsx")
    table = read_table(tmp_path / "d.xlsx").rows
    assert [isinstance(cell, Unread) for cell in (table["id"][0], table["n"][1], table["n"][0])] == [True, True, False]
    assert (str(table["id"][0]), str(table["n"][1])) == ("#REF!", "=B2*3, never computed")
    assert (table["start"][0], table["n"][2]) == ("09:30", 2)


def test_what_is_hidden_is_said(tmp_path):
    book, sheet = workbook(tmp_path / "d.xlsx", [["id"], ["a"], ["b"], ["c"]], 旧账="hidden", 附表="visible")
    sheet.row_dimensions[3].hidden = True
    book.save(tmp_path / "d.xlsx")
    table = read_table(tmp_path / "d.xlsx")
    assert table.rows["id"].tolist() == ["a", "b", "c"]
    assert [(remark.kind, remark.words) for remark in table.remarks] == [
        ("read", "sheet '台账' of the workbook, not 旧账 (hidden), 附表"),
        ("warning", "1 hidden rows were read like the others, the first on line 3"),
    ]


def test_columns_without_a_name_are_left_out_and_counted(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,,x,\na,note,1,\n")
    table = read_table(path)
    assert table.rows.columns.tolist() == ["id", "x", "_line"]
    assert table.remarks[-1] == Remark("left_out", "1 columns without a name")
    book = openpyxl.Workbook()
    for row in (["id", None, "x"], ["a", "note", 1]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert read_table(tmp_path / "a.xlsx").rows.columns.tolist() == ["id", "x", "_line"]


def test_a_workbook_with_one_name_twice_or_none(tmp_path):
    book = openpyxl.Workbook()
    for row in (["编号", "人口", "人口"], ["a", 1, 2]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(SourceError, match="column 人口: two columns have one name"):
        read_table(tmp_path / "a.xlsx")
    with pytest.raises(SourceError, match="row on line 9: the table has no line of column names; found 2 lines"):
        read_table(tmp_path / "a.xlsx", header=9)


def test_a_quoted_cell_may_hold_anything(tmp_path):
    path = tmp_path / "a.csv"
    long = "x" * 200_000
    path.write_text(f'id,note\na,"one, two\nthree ""四"""\nb,{long}\n', encoding="utf-8")
    table = read_table(path).rows
    assert table["note"].tolist() == ['one, two\nthree "四"', long]
    assert table["_line"].tolist() == [2, 4]


@pytest.mark.parametrize(
    ("cell", "degrees"),
    [
        ("116°17'52.6\"E", "116.297944"),
        ("40°00′00.4″N", "40.000111"),
        ("西经116度17分30秒", "-116.291667"),
        ("北纬40度", "40.000000"),
        ("S 12° 30.5'", "-12.508333"),
    ],
)
def test_degrees_minutes_and_seconds_are_refused_with_their_degrees(tmp_path, cell, degrees):
    path = tmp_path / "a.csv"
    path.write_text(f"id\tx\ty\nc0\t{cell}\t40\n", encoding="utf-8")
    with pytest.raises(GeodataError, match=f"Write degrees with decimals, {degrees} for this cell"):
        read_points(path, "x", "y", crs="EPSG:4326", separator="\t")


def test_a_comma_that_some_cells_read_one_way_and_some_the_other(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id;x;y\na;1,5;2\nb;1,234.5;2\nc;1,234;2\n", encoding="utf-8")
    with pytest.raises(GeodataError) as caught:
        read_points(path, "x", "y", crs="EPSG:4546", separator=";")
    assert [p.found for p in caught.value.problems] == ["'1,5', 1.5", "'1,234', 1234 or 1.234"]


def test_a_mark_of_utf8_before_other_bytes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + "id,x\n东社区,1\n".encode("gbk"))
    with pytest.raises(SourceError, match="not in the encoding that its byte order mark says; expected utf-8"):
        read_table(path)
