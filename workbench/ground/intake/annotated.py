"""What a checked ledger goes back as: a copy with the cells in question coloured and commented, and a clean CSV."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

import pandas as pd
from openpyxl import Workbook as Book
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from workbench.catalogue.intake import intake
from workbench.catalogue.tables import TABLES
from workbench.catalogue.terms import printable
from workbench.errors import OutputError, Problem
from workbench.folder import put_file, unwritable
from workbench.ground.intake.ledger import PLACES, Finding, Ledger
from workbench.ground.intake.workbook import letters, read_workbook
from workbench.ground.sources.foreign import MOST_UNPACKED
from workbench.ground.sources.table import LINE

RESULT: Final = "检查结果"
"""Name of the first sheet of the copy."""
_AUTHOR: Final = "驿家工作台"
_MOST_COMMENTS: Final = 2000  # a workbook of more opens slowly; the first sheet holds all
_HEAD_FILL: Final = "E7ECF1"


def write_checked(
    ledger: Ledger, folder: Path, *, sheet: str | None = None, encoding: str | None = None
) -> tuple[Path, Path]:
    """Write the annotated copy of a ledger, and its rows as a clean CSV.

    Parameters
    ----------
    ledger
        As read; its file must still be there.
    folder
        Where ``NAME-检查.xlsx`` and ``NAME.csv`` go; made when missing. Those of an earlier check are replaced.
    sheet
        Name of the sheet, where it was stated: it is part of the name of both then.
    encoding
        Encoding of a text file, where it was stated.

    Returns
    -------
    tuple of Path
        The copy and the CSV.

    Raises
    ------
    OutputError
        If the folder cannot be written, or the CSV would take the place of the ledger itself.
    """
    name = ledger.path.stem + (f"-{_title(sheet)}" if sheet else "")
    copy, clean = folder / f"{name}-检查.xlsx", folder / f"{name}.csv"
    for target in (copy, clean):
        if target.exists() and target.samefile(ledger.path):
            mend = "Choose another folder with --out."
            raise OutputError(Problem(str(target), "the output would take the place of the ledger itself", mend=mend))
    book = annotated(ledger, encoding=encoding)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        put_file(copy, book.save)
        rows = clean_rows(ledger)
        put_file(clean, lambda path: rows.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n"))
    except OSError as error:
        raise unwritable(folder, error) from error
    return copy, clean


def clean_rows(ledger: Ledger) -> pd.DataFrame:
    """Return the rows of a ledger for a CSV: whole numbers whole, without lines, and places that nobody filled in."""
    rows = ledger.rows.drop(columns=LINE)
    rows = rows.drop(columns=[name for name in PLACES if name in rows and not rows[name].notna().any()])
    for field in TABLES[ledger.table].fields:
        if field.name in rows and field.kind in ("number", "integer") and (rows[field.name].dropna() % 1 == 0).all():
            rows[field.name] = rows[field.name].astype("Int64")
    return rows


# ----------------------------------------------------------------------------------------------------------------------
# The annotated copy.


def annotated(ledger: Ledger, *, encoding: str | None = None) -> Book:
    """Return a copy of the workbook of a ledger with every cell in question coloured and commented.

    Parameters
    ----------
    ledger
        As read; findings of others, of its coordinates say, may have been added. Its file must still be there.
    encoding
        Encoding of a text file, where it was stated.

    Returns
    -------
    openpyxl.Workbook
        The first sheet lists what was understood of each column and every finding. A workbook that openpyxl cannot
        read, and a text file, come as cells without their looks.
    """
    book, sheet = _copied(ledger, encoding)
    _mark(sheet, ledger)
    name = RESULT
    while name in book.sheetnames:
        name += "1"
    _list(book.create_sheet(name, 0), ledger, sheet.title)
    book.active = 0
    for other in book.worksheets[1:]:
        other.sheet_view.tabSelected = False
    return book


def _copied(ledger: Ledger, encoding: str | None) -> tuple[Book, Worksheet]:
    """Return the workbook with its looks where openpyxl can read it, else the raw cells of the sheet."""
    if zipfile.is_zipfile(ledger.path):
        try:
            with zipfile.ZipFile(ledger.path) as box:
                small = sum(part.file_size for part in box.infolist()) <= MOST_UNPACKED
            if small:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    book = load_workbook(ledger.path, keep_links=False)
                if isinstance(sheet := book[ledger.sheet], Worksheet):
                    return book, sheet
        except Exception:  # noqa: BLE001, S110 - then the copy has no looks
            pass
    raw = next(s for s in read_workbook(ledger.path, encoding=encoding).sheets if s.name == ledger.sheet)
    book = Book()
    sheet = book[book.sheetnames[0]]
    assert isinstance(sheet, Worksheet)
    sheet.title = _title(ledger.sheet) or "台账"
    for line, row in zip(raw.lines, raw.rows, strict=True):
        for column, value in enumerate(row, 1):
            if value is not None:
                _write(sheet, line, column, value)
    for column in range(1, len(ledger.columns) + 1):
        sheet.column_dimensions[letters(column)].width = 16
    return book, sheet


def _title(name: str) -> str:
    return "".join(sign for sign in printable(name) if sign not in "[]:*?/\\")[:31].strip("'")


def _write(sheet: Worksheet, line: int, column: int, value: Any) -> Any:
    """Write a value as it is; text that looks like a formula stays text."""
    cell = sheet.cell(line, column)
    if isinstance(value, (int, float, dt.date)) and not isinstance(value, bool):
        cell.value = value
    else:
        text = printable(str(value), lines=True)[:32767]
        cell.value = text
        if text.startswith("="):
            cell.data_type = "s"
    return cell


def _mark(sheet: Worksheet, ledger: Ledger) -> None:
    """Colour and comment the cells in question; what is said of a whole line is said at its first cell."""
    places = {column.heading: n for n, column in enumerate(ledger.columns, 1)}
    gravest = {kind: n for n, kind in enumerate(intake().kinds)}
    said: dict[tuple[int, int], list[Finding]] = {}
    for finding in ledger.findings:
        if finding.line:
            said.setdefault((finding.line, places.get(finding.column, 0)), []).append(finding)
    comments = 0
    for (line, column), findings in sorted(said.items()):
        kind = min((finding.kind for finding in findings), key=gravest.__getitem__)
        fill = PatternFill("solid", fgColor=intake().kinds[kind].colour)
        for place in range(column or 1, (column or len(ledger.columns)) + 1):
            if kind != "read" and (column or (line, place) not in said):
                sheet.cell(line, place).fill = fill
        cell = _first_of_merged(sheet, line, column or 1)
        if comments < _MOST_COMMENTS:
            comments += 1
            _comment(cell, findings)


def _first_of_merged(sheet: Worksheet, line: int, column: int) -> Cell:
    cell = sheet.cell(line, column)
    if isinstance(cell, MergedCell):
        for area in sheet.merged_cells.ranges:
            if cell.coordinate in area:
                cell = sheet.cell(area.min_row, area.min_col)
    assert isinstance(cell, Cell)
    return cell


def _comment(cell: Cell, findings: Sequence[Finding]) -> None:
    lines = [cell.comment.text] if cell.comment is not None else []
    for finding in findings:
        took = f"（取 {finding.took}）" if finding.took else ""
        lines.append(f"【{intake().kinds[finding.kind].zh}】{finding.why}{took}")
    text = "\n".join(lines)
    cell.comment = Comment(text[:4000], _AUTHOR, height=30 + 22 * min(len(text) // 18 + len(lines), 12), width=260)


# ----------------------------------------------------------------------------------------------------------------------
# Its first sheet.


_WIDTHS: Final = (10, 20, 16, 30, 34, 56)
_LINE_HEIGHT: Final = 15.0


def _wide(text: str) -> int:
    """Return the width of a text in digits; a Chinese sign is two."""
    return sum(2 if sign > "\u2e7f" else 1 for sign in text) + 1


def _list(sheet: Worksheet, ledger: Ledger, title: str) -> None:
    """Write what was understood of each column, and every finding with a link to its cell."""
    for column, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[letters(column)].width = width
    lines = count(1)
    places = {column.heading: letters(n) for n, column in enumerate(ledger.columns, 1)}
    kinds = intake().kinds
    where = f"工作表“{ledger.sheet}”" if ledger.sheet else "文本表格"
    label = f"{intake().tables[ledger.table][0]}（{ledger.table}）"
    counted = "，".join(f"{kinds[kind].zh} {number} 处" for kind, number in ledger.counted().items())
    _row(sheet, next(lines), [f"检查结果：{ledger.path.name}"], bold=True)
    _row(sheet, next(lines), [f"{where}，读作{label}；有内容 {ledger.held} 行，采用 {len(ledger.rows)} 行"])
    _row(sheet, next(lines), [counted or "没有要说明的"])
    _row(sheet, next(lines) + 1, ["列", "标题", "读作", "怎么认的", "例（原样 → 读作）"], bold=True, fill=_HEAD_FILL)
    next(lines)
    for known in ledger.columns:
        took = known.column or "未采用"
        _row(sheet, next(lines), [places[known.heading], known.heading, took, known.how, "；".join(known.examples)])
    _row(sheet, next(lines) + 1, ["行", "列", "类别", "原样", "取值", "说明"], bold=True, fill=_HEAD_FILL)
    next(lines)
    quoted = title.replace("'", "''")
    for finding in sorted(ledger.findings, key=lambda f: (list(kinds).index(f.kind), f.line)):
        line, kind = next(lines), kinds[finding.kind]
        spot = f"第 {finding.line} 行" if finding.line else "全表"
        _row(sheet, line, [spot, finding.column, kind.zh, finding.found, finding.took, finding.why])
        sheet.cell(line, 3).fill = PatternFill("solid", fgColor=kind.colour)
        if finding.line:
            sheet.cell(line, 1).hyperlink = f"#'{quoted}'!{places.get(finding.column, 'A')}{finding.line}"
            sheet.cell(line, 1).font = Font(color="1F5FA8", underline="single")
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _row(sheet: Worksheet, line: int, cells: Sequence[str], *, bold: bool = False, fill: str = "") -> None:
    """Write a line of text."""
    if len(cells) > 1:  # not every program makes lines as high as their text
        high = max(-(-_wide(text) // width) for text, width in zip(cells, _WIDTHS, strict=False))
        sheet.row_dimensions[line].height = _LINE_HEIGHT * max(high, 1)
    for column, text in enumerate(cells, 1):
        cell = _write(sheet, line, column, text)
        cell.alignment = Alignment(wrap_text=len(cells) > 1, vertical="top")
        if bold:
            cell.font = Font(bold=True)
        if fill:
            cell.fill = PatternFill("solid", fgColor=fill)
