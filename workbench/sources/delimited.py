"""CSV as rows of cells: every row as long as the line of column names, or the file is refused.

A row with a cell too many would shift or lose its cells without a word. Only empty cells at its end
are forgiven: spreadsheets write them.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.errors import Problem, SourceError
from workbench.sources.reading import Remark, listed, refuse_twice

SEPARATOR: Final = 'one sign, such as "," or ";" or "\\t"'
"""What parts cells, in words."""


def parts_cells(word: str) -> bool:
    """Whether a word can part cells: one sign that does not end lines or quote cells."""
    return len(word) == 1 and word not in '\n\r"'


@dataclass(frozen=True)
class Grid:
    """Cells of a table in their written order, not yet a frame.

    Attributes
    ----------
    names
        Column names, trimmed; empty where a column has none.
    rows
        Cells of each row below the names; missing ones are None. Rows without any cell are left out.
    lines
        Line of the file on which each row begins, counted from 1.
    """

    names: list[str]
    rows: list[list[Any]]
    lines: list[int]


def read_delimited(path: Path, encoding: str, *, separator: str = ",", header: int = 1) -> Grid:
    """Read a CSV file whose encoding is known.

    Parameters
    ----------
    path
        The file.
    encoding
        Its encoding; UnicodeDecodeError if it is another.
    separator
        What parts the cells.
    header
        Line of the column names, counted from 1.

    Raises
    ------
    SourceError
        If quotes do not close, there is no line of column names, or rows have too few or too many
        cells, each with its line.
    """
    if not parts_cells(separator):
        what = "the separator cannot part cells"
        raise SourceError(Problem(str(path), what, key="separator", expected=SEPARATOR, found=repr(separator)))
    names: list[str] | None = None
    rows: list[list[str | None]] = []
    lines: list[int] = []
    try:
        for line, cells in _records(path, encoding, separator):
            if names is None and line >= header:
                names = [cell.strip() for cell in cells]
            elif names is not None and any(cells):
                rows.append([cell or None for cell in cells])
                lines.append(line)
    except csv.Error as error:
        raise SourceError(
            Problem(
                str(path),
                "the table cannot be read",
                expected="CSV with column names in one line",
                found=str(error),
                mend="Close every quote; is 'separator' right?",
            )
        ) from error
    if not names or not any(names):
        found = "nothing" if names is None else "an empty line"
        raise SourceError(
            Problem(str(path), "the table has no line of column names", row=f"on line {header}", found=found)
        )
    while not names[-1]:
        names.pop()  # cells below it are judged like those of any row that is too long
    return Grid(names, _even(path, names, rows, lines), lines)


def _records(path: Path, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line on which it begins."""
    with path.open(encoding=encoding, newline="") as stream, _long_cells():
        reader = csv.reader(stream, delimiter=separator, skipinitialspace=True, strict=True)
        begins = 1
        try:
            for cells in reader:
                yield begins, cells
                begins = reader.line_num + 1
        except csv.Error as error:
            raise csv.Error(f"{error} (in the row that begins on line {begins})") from error


@contextmanager
def _long_cells() -> Iterator[None]:
    """Allow cells longer than 128 KiB: shapes written as text are."""
    usual = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _even(path: Path, names: list[str], rows: list[list[str | None]], lines: list[int]) -> list[list[str | None]]:
    """Cut empty cells off the end of rows that are too long; refuse what is uneven then."""
    width = len(names)
    even = [row[:width] if not any(row[width:]) else row for row in rows]
    size = np.array([len(row) for row in even], np.int64)
    where = [f"on line {line}" for line in lines]
    problems = [
        *listed(
            path,
            where,
            size > width,
            "the row has more cells than there are column names",
            found=[f"{len(row)}: {_shown(row)}" for row in even],
            expected=f"{width} cells",
            mend="Put a cell that holds the separator in quotes; remove what is too much.",
        ),
        *listed(
            path,
            where,
            size < width,
            "the row has fewer cells than there are column names",
            found=[f"{len(row)}: {_shown(row)}" for row in even],
            expected=f"{width} cells",
            mend="Is the file complete, and 'separator' right? A cell that is not known is left empty, not left out.",
        ),
    ]
    if problems:
        raise SourceError(problems)
    return even


def _shown(row: Sequence[str | None]) -> str:
    text = ", ".join(cell or "" for cell in row)
    return text if len(text) <= 60 else f"{text[:59]}…"


def framed(path: Path, grid: Grid) -> tuple[pd.DataFrame, tuple[Remark, ...]]:
    """Make a frame of cells, and say what was left out: columns that have no name.

    Raises
    ------
    SourceError
        If two columns have one name.
    """
    refuse_twice(path, grid.names)
    columns = {name: [row[i] for row in grid.rows] for i, name in enumerate(grid.names) if name}
    nameless = [i for i, name in enumerate(grid.names) if not name and any(row[i] is not None for row in grid.rows)]
    words = f"{len(nameless)} columns without a name"
    return pd.DataFrame(columns), (Remark("left_out", words),) if nameless else ()
