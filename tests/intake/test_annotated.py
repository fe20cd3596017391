"""The annotated copy and the clean CSV."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from tests.intake.sheets import HEAD, ROWS, book, stations, text
from workbench.catalogue.intake import intake
from workbench.errors import OutputError
from workbench.ground.intake.annotated import annotated, clean_rows, write_checked
from workbench.ground.intake.ledger import Finding, read_ledger

MESSY = (
    ("s1", "甲", "a", 116.3, 40.0, "约300", "看情况"),
    ("s2", "乙", "a", None, None, 80, "全天"),
    ("合计", None, None, None, None, 380),
)


def test_cells_in_question_are_coloured_and_commented(tmp_path: Path) -> None:
    ledger = stations(tmp_path, *MESSY, merged=("C2:C3",))
    copy, clean = write_checked(ledger, tmp_path / "out")
    made = load_workbook(copy)
    assert made.sheetnames == ["检查结果", "阵地"]
    sheet = made["阵地"]
    colours = {kind: known.colour for kind, known in intake().kinds.items()}
    assert sheet["F2"].fill.fgColor.rgb == f"00{colours['guessed']}"
    assert sheet["F2"].comment.text == "【推测】“约”表示约数，取 300（取 300）"
    assert sheet["G2"].fill.fgColor.rgb == f"00{colours['refused']}"
    assert sheet["A4"].fill.fgColor.rgb == f"00{colours['left_out']}"
    assert sheet["D3"].fill.fill_type is None
    assert sheet["F2"].value == "约300"
    cells = [cell.value for row in made["检查结果"].iter_rows() for cell in row if cell.value]
    assert cells[0] == "检查结果：阵地台账.xlsx"
    assert "读不出开放时间；请写成 周一至周五 8:30-17:30；周六 9:00-12:00" in cells
    rows = pd.read_csv(clean, encoding="utf-8-sig")
    head = ["id", "name", "community", "access", "opening_hours", "floor_area_m2", "_x", "_y"]
    assert rows.columns.tolist() == head
    assert rows["floor_area_m2"].tolist() == [300, 80]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["阵地台账-检查.xlsx", "阵地台账.csv"]


def test_findings_of_others_are_shown_too(tmp_path: Path) -> None:
    ledger = stations(tmp_path, *ROWS)
    more = Finding(ledger.sheet, 3, "经度", "doubtful", "116.32", "", "在区外")
    made = annotated(replace(ledger, findings=(*ledger.findings, more)))
    assert made["阵地"]["D3"].comment.text == "【存疑】在区外"


def test_a_text_file_becomes_a_workbook_in_which_nothing_is_a_formula(tmp_path: Path) -> None:
    path = text(tmp_path / "阵地.csv", [HEAD, ("s1", "=cmd|x!A1", "a", 1, 2, "约3", None)], encoding="gbk")
    ledger = read_ledger(path)
    copy, _ = write_checked(ledger, tmp_path / "out")
    cell = load_workbook(copy)["台账"]["B2"]
    assert (cell.value, cell.data_type) == ("=cmd|x!A1", "s")
    with pytest.raises(OutputError, match="would take the place of the ledger itself"):
        write_checked(ledger, tmp_path)
    assert path.read_bytes().startswith("编号".encode("gbk"))


def test_two_sheets_of_a_workbook_do_not_take_each_others_place(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [HEAD, *ROWS], name="甲")
    whole = load_workbook(path)
    whole.copy_worksheet(whole["甲"]).title = "乙"
    whole.save(path)
    made = [write_checked(read_ledger(path, sheet=name), tmp_path / "out", sheet=name) for name in ("甲", "乙")]
    assert [one.name for pair in made for one in pair] == ["a-甲-检查.xlsx", "a-甲.csv", "a-乙-检查.xlsx", "a-乙.csv"]
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="a part of the path is a file"):
        write_checked(stations(tmp_path, *ROWS), tmp_path / "file" / "out")


def test_a_sheet_that_is_called_as_the_result(tmp_path: Path) -> None:
    ledger = read_ledger(book(tmp_path / "a.xlsx", [HEAD, *ROWS], name="检查结果"))
    assert annotated(ledger).sheetnames == ["检查结果1", "检查结果"]


def test_whole_numbers_are_whole_in_the_csv(tmp_path: Path) -> None:
    rows = clean_rows(stations(tmp_path, *ROWS, ("s3", "丙")))
    assert rows["floor_area_m2"].tolist()[:2] == [120, 80]
    assert str(rows["floor_area_m2"].dtype) == "Int64"
