"""Tables without a map: CSV in any usual encoding, and Excel ledgers."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import openpyxl
import pandas as pd

from workbench.errors import Problem, SourceError
from workbench.sources.cells import Unread, heading
from workbench.sources.delimited import Grid, framed, read_delimited
from workbench.sources.encoding import text_encoding
from workbench.sources.files import missing, raster_problems
from workbench.sources.foreign import foreign, refuse_odd_sheets
from workbench.sources.reading import Remark

LINE: Final = "_line"
"""Column added to every table: the line of the file on which a row stands, for messages."""

_EXCEL: Final = (".xlsx", ".xlsm")
_OTHER: Final = (".xls", ".xlsb", ".et", ".ods", ".numbers")


@dataclass(frozen=True)
class TextTable:
    """A table as read: cells of CSV are text, empty cells are missing.

    Attributes
    ----------
    rows
        The table, with the line of the file in column :data:`LINE`.
    remarks
        How it was read, and what was left out.
    sheet
        Name of the sheet; empty for CSV.
    """

    rows: pd.DataFrame
    remarks: tuple[Remark, ...]
    sheet: str = ""


def read_table(
    path: Path,
    *,
    encoding: str | None = None,
    separator: str | None = None,
    sheet: str | None = None,
    header: int = 1,
) -> TextTable:
    """Read a CSV or Excel table.

    Parameters
    ----------
    path
        ``.csv``, ``.txt``, ``.tsv`` or ``.xlsx``.
    encoding
        Encoding of a CSV file; found out when None.
    separator
        What parts the cells of a CSV file; tab for ``.tsv`` and comma otherwise when None.
    sheet
        Sheet of an Excel file; the first when None.
    header
        Line of the column names, counted from 1.

    Raises
    ------
    SourceError
        If the file is missing, unreadable, empty, or not in the encoding it should be in.
    """
    if not path.is_file():
        raise missing(path)
    if rasters := raster_problems(str(path), path):
        raise SourceError(rasters)
    if path.suffix.lower() in _OTHER:
        mend = "Save it as .xlsx or .csv."
        raise SourceError(
            Problem(
                str(path),
                "the table is of a kind that is not read",
                expected=".xlsx, .csv, .tsv or .txt",
                found=path.suffix,
                mend=mend,
            )
        )
    if path.suffix.lower() in _EXCEL:
        grid, how, name = _read_excel(path, sheet, header)
    else:
        chosen = text_encoding(path, encoding)
        usual = "\t" if path.suffix.lower() == ".tsv" else ","
        grid = read_delimited(path, chosen.name, separator=separator or usual, header=header)
        how, name = (chosen.remark,), ""
    rows, nameless = framed(path, grid)
    if rows.empty:
        raise SourceError(Problem(str(path), "the table is empty", expected="at least one row below the column names"))
    rows.columns = pd.Index([heading(column) for column in rows.columns])
    rows[LINE] = grid.lines
    return TextTable(rows, (*how, *nameless), name)


def _read_excel(path: Path, sheet: str | None, header: int) -> tuple[Grid, tuple[Remark, ...], str]:
    mend = "Open it in Excel and save it again."
    with foreign(path, "the file is not a readable Excel workbook", expected=".xlsx", mend=mend):
        refuse_odd_sheets(path)
        with warnings.catch_warnings(), path.open("rb") as stream:
            warnings.simplefilter("ignore", UserWarning)  # openpyxl on styles it does not know
            book = openpyxl.load_workbook(stream, data_only=True, keep_links=False)
            names = [str(name) for name in book.sheetnames]
            wanted = names[0] if sheet is None else sheet
            formulas = _formulas(path, wanted) if wanted in names else {}
    if wanted not in names:
        what, expected = "the workbook has no such sheet", "one of " + ", ".join(names)
        raise SourceError(Problem(str(path), what, key="sheet", expected=expected, found=repr(sheet)))
    cells = _Cells.of(book[wanted], formulas, header)
    others = [f"{name} (hidden)" if book[name].sheet_state != "visible" else name for name in names if name != wanted]
    words = f"sheet {wanted!r} of the workbook" + (f", not {', '.join(others)}" if others else "")
    how = [Remark("read", words), *cells.remarks]
    if book[wanted].sheet_state != "visible":
        how.append(Remark("warning", f"the sheet {wanted!r} is hidden"))
    return _grid(path, cells.rows, header), tuple(how), wanted


def _formulas(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Return the formulas of a sheet by line and column; a second look, only at workbooks that hold any."""
    with zipfile.ZipFile(path) as package:
        sheets = [name for name in package.namelist() if name.startswith("xl/worksheets/")]
        if not any(b"<f" in package.read(name) for name in sheets):
            return {}
    rows = openpyxl.load_workbook(path, keep_links=False)[sheet].iter_rows()
    numbered = ((line, n, cell) for line, row in enumerate(rows, 1) for n, cell in enumerate(row, 1))
    return {(line, n): str(cell.value) for line, n, cell in numbered if cell.data_type == "f"}


@dataclass(frozen=True)
class _Cells:
    """The cells of a sheet, line by line, and what is said of them."""

    rows: list[list[Any]]
    remarks: list[Remark]

    @classmethod
    def of(cls, sheet: Any, formulas: Mapping[tuple[int, int], str], header: int) -> _Cells:
        """Take values; what is no value is marked, so that whoever uses the cell can refuse it."""
        rows = [[_value(cell) for cell in row] for row in sheet.iter_rows()]
        for (line, column), formula in formulas.items():
            if rows[line - 1][column - 1] is None:
                rows[line - 1][column - 1] = Unread(f"{formula}, never computed")
        filled = [str(area) for area in sheet.merged_cells.ranges if _unmerge(rows, area, header)]
        remarks = []
        if filled:
            words = f"{len(filled):,} merged ranges filled with their text ({', '.join(sorted(filled)[:3])} …)"
            remarks.append(Remark("changed", words))
        hidden = [n for n, line in sheet.row_dimensions.items() if line.hidden and header < n <= len(rows)]
        if hidden:
            words = f"{len(hidden):,} hidden rows were read like the others, the first on line {min(hidden)}"
            remarks.append(Remark("warning", words))
        return cls(rows, remarks)


def _value(cell: Any) -> Any:
    value = cell.value
    if cell.data_type == "e":
        return Unread(value)
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    if isinstance(value, str):
        return value.strip() or None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _unmerge(rows: list[list[Any]], area: Any, header: int) -> bool:
    """Fill a merged range with its text; a number that stands for several rows at once is marked instead."""
    left, top, right, bottom = area.bounds
    if bottom <= header:
        right = left  # a title over several columns names none of them
    value = rows[top - 1][left - 1]
    if value is None or isinstance(value, Unread):
        return False
    mark = value if isinstance(value, str) else Unread(f"{value} in the merged range {area}")
    for line in rows[top - 1 : bottom]:
        line[left - 1 : right] = [mark] * (right - left + 1)
    return isinstance(value, str)


def _grid(path: Path, rows: list[list[Any]], header: int) -> Grid:
    """Take the column names from their line; lines without anything are left out."""
    if len(rows) < header:
        found = f"{len(rows)} lines"
        raise SourceError(
            Problem(str(path), "the table has no line of column names", row=f"on line {header}", found=found)
        )
    below = [(line, row) for line, row in enumerate(rows[header:], header + 1) if any(c is not None for c in row)]
    named = ["" if cell is None else str(cell) for cell in rows[header - 1]]
    return Grid(named, [row for _, row in below], [line for line, _ in below])
