"""Tables without a map: CSV in any usual encoding, and Excel ledgers."""

from __future__ import annotations

import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from workbench.errors import Problem, SourceError
from workbench.sources.encoding import text_encoding
from workbench.sources.files import missing

LINE: Final = "_line"
"""Column added to every table: the line of the file on which a row stands, for messages."""

_EXCEL: Final = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class TextTable:
    """A table as read: cells of CSV are text, empty cells are missing.

    Attributes
    ----------
    rows
        The table, with the line of the file in column :data:`LINE`.
    remark
        How it was read, in words.
    """

    rows: pd.DataFrame
    remark: str


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
    if path.suffix.lower() in _EXCEL:
        rows, remark = _read_excel(path, sheet, header), "Excel"
    else:
        rows, remark = _read_csv(path, encoding, separator, header)
    rows.columns = pd.Index([str(name).strip() for name in rows.columns])
    rows[LINE] = range(header + 1, header + 1 + len(rows))
    rows = rows[rows.drop(columns=LINE).notna().any(axis=1)].reset_index(drop=True)
    twice = sorted(set(rows.columns[rows.columns.duplicated()]))
    if twice:
        raise SourceError(Problem(str(path), "two columns have one name", column=", ".join(twice)))
    if rows.empty:
        raise SourceError(Problem(str(path), "the table is empty", expected="at least one row below the column names"))
    return TextTable(rows, remark)


def _read_csv(path: Path, encoding: str | None, separator: str | None, header: int) -> tuple[pd.DataFrame, str]:
    chosen = text_encoding(path, encoding)
    try:
        rows = pd.read_csv(
            path,
            dtype="str",
            encoding=chosen.name,
            sep=separator or ("\t" if path.suffix.lower() == ".tsv" else ","),
            header=header - 1,
            keep_default_na=False,
            na_values=[""],
            skipinitialspace=True,
            skip_blank_lines=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeError) as error:
        raise SourceError(
            Problem(
                str(path),
                "the table cannot be read",
                expected="CSV with column names in one line",
                found=str(error).strip(),
                mend="Are cells that hold a comma in quotes? Is 'separator' or 'header' right?",
            )
        ) from error
    return rows, f"read as {chosen.name} ({chosen.reason})"


def _read_excel(path: Path, sheet: str | None, header: int) -> pd.DataFrame:
    try:
        with warnings.catch_warnings(), path.open("rb") as stream, pd.ExcelFile(stream, engine="openpyxl") as book:
            warnings.simplefilter("ignore", UserWarning)  # openpyxl on styles it does not know
            names = [str(name) for name in book.sheet_names]
            if sheet is not None and sheet not in names:
                raise SourceError(
                    Problem(
                        str(path),
                        "the workbook has no such sheet",
                        key="sheet",
                        expected="one of " + ", ".join(names),
                        found=repr(sheet),
                    )
                )
            rows: pd.DataFrame = pd.read_excel(book, sheet_name=sheet or names[0], header=header - 1, dtype=object)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(
            Problem(str(path), "the file is not a readable Excel workbook", expected=".xlsx", found=str(error))
        ) from error
    return rows.map(lambda cell: cell.strip() or None if isinstance(cell, str) else cell)
