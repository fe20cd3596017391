"""Sheets that are handed out: complete, explained, with lists to choose from, and read back as they were."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tests import ledgers, pocket
from tests.depth import draws
from workbench.catalogue.sheets import called, heading, sheets, shown, title
from workbench.catalogue.tables import TABLES
from workbench.catalogue.validation import conform, problems_of
from workbench.errors import OutputError
from workbench.ground.district import District
from workbench.ground.intake.ledger import read_ledger
from workbench.ground.intake.templates import BASE, NOTES, fillable, write_ledgers, write_sheet, write_template
from workbench.ground.sources import read_district

X_DISTRICT = Path(__file__).parents[2] / "geodata" / "x-district"


def test_every_table_has_a_sheet_with_every_column_that_must_be_there() -> None:
    assert set(sheets()) == set(TABLES)
    for name, table in TABLES.items():
        known = {field.name for field in table.fields}
        needed = {field.name for field in table.fields if field.required} - {"node"}  # gates are put on ways by place
        assert needed <= set(sheets()[name].columns) <= known, name
        assert next(iter(sheets()[name].columns)) == "id"
        heads = [heading(name, column) for column in sheets()[name].columns]
        assert len(set(heads)) == len(heads), name


@pytest.mark.parametrize("name", sheets())
def test_the_example_row_would_pass_the_gate(name: str) -> None:
    row = {column: said[1] for column, said in sheets()[name].columns.items()}
    table = TABLES[name]
    found = problems_of(table, conform(table, pd.DataFrame([row])))
    assert [problem for problem in found if "geometry" not in problem.what and problem.column != "node"] == []


@pytest.mark.parametrize("name", sheets())
def test_words_of_a_column_differ_and_are_chinese(name: str) -> None:
    for column in sheets()[name].columns:
        words = list(called(name, column).values())
        assert len(set(words)) == len(words), column
        assert [word for word in words if word.isascii()] == [], column


def test_an_empty_sheet_explains_itself(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_template(tmp_path / "s.xlsx", "stations"))
    sheet = book[title("stations")]
    head = [cell.value for cell in sheet[1]]
    assert head[:3] == [heading("stations", column) for column in ("id", "name", "kind")]
    assert head[-4:] == ["经度", "纬度", "坐标系", "地址"]
    assert "必填" in sheet["B1"].comment.text
    offered = {str(rule.sqref).split(":")[0][0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert offered["C"] == '"区级党群服务中心,社区党群服务中心,党群驿家,代用公共服务设施"'
    assert sheet["A2"].value == "示例（请删除此行）"
    assert sheet["C2"].value == "社区党群服务中心"
    explained = [row[0] for row in book[NOTES].iter_rows(values_only=True)]
    assert set(head) <= set(explained)


def test_the_same_sheet_twice_is_the_same_bytes(tmp_path: Path) -> None:
    one, other = (write_template(tmp_path / name, "rooms").read_bytes() for name in ("1.xlsx", "2.xlsx"))
    assert one == other


@pytest.mark.parametrize("name", fillable())
def test_an_example_row_left_in_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    read = read_ledger(write_template(tmp_path / f"{title(name)}.xlsx", name), name)
    assert read.rows.empty
    assert [(f.line, f.why) for f in read.findings if f.kind == "refused"][-1] == (2, "模板的示例行，不是数据；请删去")
    assert {column.heading: column.column for column in read.columns}.items() >= {
        heading(name, column): column for column in sheets()[name].columns
    }.items()


def test_shown_values() -> None:
    assert shown("rooms", "water", True) == "是"
    assert shown("rooms", "area_m2", 40.0) == 40
    assert shown("rooms", "area_m2", 40.5) == 40.5
    assert shown("rooms", "opening_hours", None) is None
    assert shown("rooms", "area_m2", float("nan")) is None
    assert shown("stations", "services", "counter;agency;x") == "综合服务窗口；帮办代办；x"
    assert shown("bookings", "day", "Mo") == "周一"


def test_rows_of_a_district_come_with_a_copy_that_nobody_sees(tmp_path: Path) -> None:
    district = ledgers.district(rooms=ledgers.rooms({}, {"opening_hours": "Mo 08:00-12:00"}))
    paths = write_ledgers(district, tmp_path / "out")
    assert [path.stem for path in paths] == [title(name) for name in district.tables if name != "ways"]
    book = openpyxl.load_workbook(tmp_path / "out" / f"{title('rooms')}.xlsx")
    assert book[BASE].sheet_state == "veryHidden"
    assert [cell.value for cell in book[title("rooms")]["A"]] == [heading("rooms", "id"), "R1", "R2"]


def test_a_sheet_that_somebody_fills_in_is_not_replaced(tmp_path: Path) -> None:
    district = ledgers.district(rooms=ledgers.rooms({}))
    path = write_ledgers(district, tmp_path, ["rooms"])[0]
    assert write_ledgers(district, tmp_path, ["rooms"]) == [path]  # the same bytes
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["B2"].value = "改过"
    book.save(path)
    before = path.read_bytes()
    with pytest.raises(OutputError, match=rf"{path.name}: 已有同名的表，内容不同"):
        write_ledgers(district, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="--table: the table is not known; .*found 'room'. Did you mean rooms"):
        write_ledgers(ledgers.district(rooms=ledgers.rooms({})), tmp_path, ["room"])


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="a part of the path is a file"):
        write_ledgers(pocket.district(), tmp_path / "file")
    with pytest.raises(OutputError, match=r"none/s\.xlsx"):
        write_template(tmp_path / "none" / "s.xlsx", "stations")


@pytest.fixture(scope="module")
def embedded() -> District:
    return read_district(X_DISTRICT)


@pytest.mark.parametrize("name", [name for name in sheets() if name != "duties"])  # none are published there
def test_the_tables_of_the_embedded_district_read_back_to_the_byte(
    embedded: District, name: str, tmp_path: Path
) -> None:
    whole = pd.DataFrame(embedded.tables[name])
    sent = whole.iloc[:: -(-len(whole) // draws(180))].reset_index(drop=True)
    read = read_ledger(write_sheet(tmp_path / "sheet.xlsx", name, sent, "x-district"), name).rows
    back = conform(TABLES[name], read)[list(sheets()[name].columns)]
    assert back.to_csv(index=False) == sent[back.columns].to_csv(index=False)
