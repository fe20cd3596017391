"""The workbook of a run: what prints of it can be read."""

from __future__ import annotations

import math
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from workbench.report.workbook import write_workbook

A4 = 96 * (297 / 25.4 - 0.8)
"""Pixels between the margins of a landscape page."""


@pytest.mark.parametrize(("columns", "words", "pages"), [(4, 10, 1), (9, 40, 1), (15, 60, 2), (40, 12, 4)])
def test_letters_print_at_eight_points_or_more(columns: int, words: int, pages: int, tmp_path: Path) -> None:
    table = pd.DataFrame({f"第{n}列": ["字" * words, "一", 3] for n in range(columns)})
    write_workbook(tmp_path / "tables.xlsx", {"表": table}, ["注"])
    sheet = openpyxl.load_workbook(tmp_path / "tables.xlsx")["表"]
    widths = [sheet.column_dimensions[openpyxl.utils.get_column_letter(n + 1)].width for n in range(columns)]
    pixels = sum(7 * width + 5 for width in widths)
    assert sheet.page_setup.fitToWidth == pages
    assert 11 * min(1.0, pages * A4 / pixels) >= 7.9
    long = next(row for row in sheet.iter_rows() if row[0].value == "字" * words)
    if 2 * words > widths[0]:
        assert long[0].alignment.wrap_text
        assert sheet.row_dimensions[long[0].row].height >= 14 * math.ceil(2 * words / widths[0])
