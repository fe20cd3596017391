"""Tables without a map: CSV in any usual encoding, and Excel ledgers."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from workbench.errors import Problem, SourceError
from workbench.sources.delimited import Grid, framed, read_delimited
from workbench.sources.encoding import text_encoding
from workbench.sources.files import missing, raster_problems
from workbench.sources.reading import Remark

LINE: Final = "_line"
"""Column added to every table: the line of the file on which a row stands, for messages."""

_EXCEL: Final = (".xlsx", ".xlsm")
_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,  # of XML
    TypeError,
    ValueError,
)
"""What openpyxl raises, or lets through, on a workbook that is damaged."""
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
    """

    rows: pd.DataFrame
    remarks: tuple[Remark, ...]


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
        grid, how = _read_excel(path, sheet, header), Remark("read", "Excel")
    else:
        chosen = text_encoding(path, encoding)
        usual = "\t" if path.suffix.lower() == ".tsv" else ","
        grid = read_delimited(path, chosen.name, separator=separator or usual, header=header)
        how = chosen.remark
    rows, nameless = framed(path, grid)
    if rows.empty:
        raise SourceError(Problem(str(path), "the table is empty", expected="at least one row below the column names"))
    rows[LINE] = grid.lines
    return TextTable(rows, (how, *nameless))


def _read_excel(path: Path, sheet: str | None, header: int) -> Grid:
    try:
        with warnings.catch_warnings(), path.open("rb") as stream, pd.ExcelFile(stream, engine="openpyxl") as book:
            warnings.simplefilter("ignore", UserWarning)  # openpyxl on styles it does not know
            names = [str(name) for name in book.sheet_names]
            wanted = names[0] if sheet is None else sheet
            cells = pd.read_excel(book, sheet_name=wanted, header=None, dtype=object) if wanted in names else None
    except _DAMAGED as error:
        raise SourceError(
            Problem(
                str(path),
                "the file is not a readable Excel workbook",
                expected=".xlsx",
                found=str(error),
                mend="Open it in Excel and save it again.",
            )
        ) from error
    if cells is None:
        what, expected = "the workbook has no such sheet", "one of " + ", ".join(names)
        raise SourceError(Problem(str(path), what, key="sheet", expected=expected, found=repr(sheet)))
    return _grid(path, cells, header)


def _grid(path: Path, cells: pd.DataFrame, header: int) -> Grid:
    """Take the column names from their line; cells without anything but blanks are missing."""
    if len(cells) < header:
        found = f"{len(cells)} lines"
        raise SourceError(
            Problem(str(path), "the table has no line of column names", row=f"on line {header}", found=found)
        )
    tidy = cells.map(lambda cell: cell.strip() or None if isinstance(cell, str) else cell)
    whole = tidy.astype(object).where(tidy.notna(), None).to_numpy(object).tolist()
    below = [(line, row) for line, row in enumerate(whole[header:], header + 1) if any(c is not None for c in row)]
    named = ["" if cell is None else str(cell) for cell in whole[header - 1]]
    return Grid(named, [row for _, row in below], [line for line, _ in below])
