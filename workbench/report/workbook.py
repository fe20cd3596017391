"""Tables as an Excel workbook that prints on A4."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from workbench.catalogue.terms import printable
from workbench.fonts import display_width
from workbench.office import save_workbook

_HEAD = PatternFill("solid", fgColor="DCE6E4")
_WIDEST = 46
_NARROWEST = 7
_LEAST_WRAPPED = 14  # letters to which a column is narrowed so that a page prints at 8 pt or more
_LETTER_PIXELS, _COLUMN_PIXELS = 7, 5  # of the workbook's own letters, 11 pt; of the edges of a column
_PRINTED_PIXELS = 1_045 * 11 / 8  # that a landscape page of A4 holds at 8 pt
_LINE_HEIGHT, _HIGHEST = 14.5, 409.0  # points
_HEAD_HEIGHT = 30
_LONGEST_TITLE = 31


def write_workbook(
    path: Path, tables: Mapping[str, pd.DataFrame], notes: Sequence[str], conclusion: Sequence[str] = ()
) -> None:
    """Write a cover with an index, then one sheet a table, each with its notes above.

    Parameters
    ----------
    path
        Where to.
    tables
        Tables by title, in the order of the sheets.
    notes
        Lines that stand on every sheet.
    conclusion
        Sentences that stand on the cover.
    """
    book = Workbook()
    cover = book.worksheets[0]
    cover.title = COVER
    lines = [printable(note) for note in notes]
    sheets = []
    for title, table in tables.items():
        sheet = book.create_sheet(sheet_title(title))
        _fill(sheet, printable(title), table, lines)
        sheets.append((sheet.title, printable(title), len(table)))
    _cover(cover, lines, [printable(sentence) for sentence in conclusion], sheets)
    save_workbook(book, path)


COVER: Final = "目录"
"""Title of the first sheet."""


def _cover(
    sheet: Worksheet, notes: Sequence[str], conclusion: Sequence[str], sheets: Sequence[tuple[str, str, int]]
) -> None:
    """Write what follows from the numbers, and where each table stands."""
    for number, text in enumerate([*conclusion, *notes], 1):
        cell = sheet.cell(number, 1, text)
        cell.font = Font(size=12, bold=True) if number <= len(conclusion) else Font(size=9, color="666666")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.merge_cells(start_row=number, end_row=number, start_column=1, end_column=2)
        sheet.row_dimensions[number].height = 16 * (1 + display_width(text) // _COVER_WIDTH)
    head = sheet.max_row + 2
    for column, text in ((1, "表"), (2, "行数")):
        cell = sheet.cell(head, column, text)
        cell.font, cell.fill = Font(bold=True), _HEAD
    for number, (name, title, rows) in enumerate(sheets, head + 1):
        cell = sheet.cell(number, 1, title)
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location="'{}'!A1".format(name.replace("'", "''")))
        cell.font = Font(color="1F3F8F", underline="single")
        sheet.cell(number, 2, rows)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = _COVER_WIDTH - 12, 10
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


_COVER_WIDTH = 88
_VERDICTS = {
    "是": PatternFill("solid", fgColor="D5EBDD"), "达标": PatternFill("solid", fgColor="D5EBDD"),
    "否": PatternFill("solid", fgColor="F6D5D2"), "未达标": PatternFill("solid", fgColor="F6D5D2"),
    "缺数据": PatternFill("solid", fgColor="FBF0CC"),
}  # fmt: skip


def sheet_title(title: str) -> str:
    """Return a title that a sheet may bear: 31 signs at most, none that Excel refuses."""
    clean = "".join("·" if sign in "[]:*?/\\" else sign for sign in printable(title))
    return clean[:_LONGEST_TITLE].strip("'") or "·"


def _fill(sheet: Worksheet, title: str, table: pd.DataFrame, notes: Sequence[str]) -> None:
    sheet.append([title])
    sheet["A1"].font = Font(bold=True, size=14)
    for note in notes:
        sheet.append([note])
        sheet.cell(sheet.max_row, 1).font = Font(size=9, color="666666")
    head = sheet.max_row + 1
    sheet.append([_cell(column) for column in table.columns])
    for number in range(1, len(table.columns) + 1):
        heading = sheet.cell(head, number)
        heading.font = Font(bold=True)
        heading.fill = _HEAD
        heading.alignment = Alignment(wrap_text=True, vertical="center")
    sheet.row_dimensions[head].height = _HEAD_HEIGHT
    for row in table.itertuples(index=False):
        sheet.append([_cell(value) for value in row])
    sheet.freeze_panes = f"A{head + 1}"
    if len(table):
        last = get_column_letter(len(table.columns))
        sheet.auto_filter.ref = f"A{head}:{last}{head + len(table)}"
    _dress(sheet, head)
    widths, pages = _widths(table)
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    _wrap(sheet, head, widths)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = pages, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{head}:{head}"
    if pages > 1:
        sheet.print_title_cols = "A:A"
    if sheet.oddFooter is not None:
        sheet.oddFooter.center.text = "&P / &N"


def _dress(sheet: Worksheet, head: int) -> None:
    """Colour verdicts, and give numbers their thousands."""
    for cells in sheet.iter_rows(min_row=head + 1):
        for cell in cells:
            if isinstance(cell.value, str):
                if cell.value in _VERDICTS:
                    cell.fill = _VERDICTS[cell.value]
            elif isinstance(cell.value, (int, float)):
                cell.number_format = "#,##0" if float(cell.value).is_integer() else "#,##0.0#"


def _widths(table: pd.DataFrame) -> tuple[list[float], int]:
    """Return the widths of columns, and how many pages they take beside each other at the least size of letters."""
    widths = []
    for place, column in enumerate(table.columns):
        heading_width = display_width(str(column)) / 2  # headings wrap onto two lines
        longest = max([heading_width, *(display_width(str(v)) for v in table.iloc[:200, place])])
        widths.append(float(min(max(longest + 2, _NARROWEST), _WIDEST)))
    room = (_PRINTED_PIXELS - _COLUMN_PIXELS * len(widths)) / _LETTER_PIXELS
    for most in range(_WIDEST, _LEAST_WRAPPED - 1, -1):
        fitted = [min(width, most) for width in widths]
        if sum(fitted) <= room:
            return fitted, 1
    return fitted, math.ceil(sum(fitted) / room)


_WRAPPED, _AT_TOP = (Alignment(wrap_text=wrapped, vertical="top") for wrapped in (True, False))


def _wrap(sheet: Worksheet, head: int, widths: Sequence[float]) -> None:
    """Break what is longer than its column, and make its row as high as it asks."""
    for cells in sheet.iter_rows(min_row=head + 1):
        lines = [math.ceil((display_width(cell.value) + 1) / width) if isinstance(cell.value, str) else 1
                 for cell, width in zip(cells, widths, strict=True)]  # fmt: skip
        if max(lines, default=1) > 1:
            sheet.row_dimensions[cells[0].row or head].height = min(_LINE_HEIGHT * max(lines), _HIGHEST)
            for cell, count in zip(cells, lines, strict=True):
                cell.alignment = _WRAPPED if count > 1 else _AT_TOP


def _cell(value: Any) -> Any:
    """Return what stands in a cell for a value: nothing where it is missing, text that a workbook takes."""
    if isinstance(value, str):
        return printable(value, lines=True)
    return None if pd.isna(value) else value
