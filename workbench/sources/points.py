"""Points from CSV and Excel, by two named columns."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import shapely

from workbench.errors import MissingCRSError, Problem, SourceError
from workbench.sources.cells import Decimal, number_in
from workbench.sources.condition import listing
from workbench.sources.reading import Reading, as_numbers, refuse
from workbench.sources.table import LINE, TextTable, read_table


def read_points(
    path: Path,
    x: str,
    y: str,
    *,
    crs: str | None,
    encoding: str | None = None,
    separator: str | None = None,
    sheet: str | None = None,
    header: int = 1,
    where: str | None = None,
    decimal: Decimal | None = None,
) -> Reading:
    """Read points from a table.

    Parameters
    ----------
    path
        CSV or Excel file.
    x, y
        Columns of easting or longitude, and of northing or latitude.
    crs
        CRS of the coordinates; a table cannot tell it.
    encoding, separator, sheet, header
        As in :func:`workbench.sources.table.read_table`.
    where
        Condition on the columns; only the coordinates of rows that satisfy it are looked at.
    decimal
        What stands before the decimals of coordinates that are text; told by their column when None.

    Raises
    ------
    MissingCRSError
        If ``crs`` is None.
    SourceError
        If the file is missing or unreadable, or a column is not there.
    GeodataError
        If coordinates are missing or no numbers, row by row.
    """
    table = read_table(path, encoding=encoding, separator=separator, sheet=sheet, header=header)
    if crs is None:
        raise MissingCRSError(
            Problem(
                str(path),
                "a table does not tell the CRS of its coordinates",
                key="crs",
                mend="State 'crs' for this source in the recipe, such as crs: EPSG:4326; it is never guessed.",
            )
        )
    ledger = as_reading(path, table)
    lost = [column for column in (x, y) if column not in ledger.rows.columns]
    if lost:
        raise SourceError([no_column_problem(path, column, list(ledger.rows.columns)) for column in lost])
    ledger = ledger.filtered(where)
    problems, coordinates = [], []
    for column in (x, y):
        values, wrong, said = as_numbers(ledger, column, ledger.rows[column], decimal, "a coordinate", needed=True)
        problems += [replace(problem, mend=_in_degrees(problem)) for problem in wrong]
        coordinates.append(values.to_numpy(np.float64))
        ledger = replace(ledger, remarks=(*ledger.remarks, *said))
    refuse(problems)
    shapes = np.asarray(shapely.points(np.column_stack(coordinates)), dtype=object)
    return replace(ledger, shapes=shapes, crs=crs)


_DEGREES: Final = re.compile(r"[^\d]*?(\d{1,3})\s*[°º度]\s*(?:(\d[\d.]*)\s*['′’分]\s*)?(?:(\d[\d.]*)\s*)?[^\d]*")
"""Degrees, minutes and seconds in one cell."""


def _in_degrees(problem: Problem) -> str:
    """Return how to mend a cell that is no number; for degrees, minutes and seconds, what they are in degrees."""
    cell = problem.found[1:-1].replace("\\'", "'")
    if (found := _DEGREES.fullmatch(cell)) is None:
        return problem.mend
    degrees, minutes, seconds = (number_in(part or "0") or 0.0 for part in found.groups())
    value = degrees + minutes / 60 + seconds / 3600
    west = re.search(r"[-SsWw南西]", cell) is not None
    return f"Write degrees with decimals, {-value if west else value:.6f} for this cell."


def as_reading(path: Path, table: TextTable) -> Reading:
    """Turn a table into a reading without shapes."""
    of = f" of sheet {table.sheet!r}" if table.sheet else ""
    lines = [f"on line {line}{of}" for line in table.rows[LINE]]
    return Reading(path, table.rows.drop(columns=LINE), None, "", lines, table.remarks)


def no_column_problem(path: Path, column: str, names: list[str], key: str = "") -> Problem:
    """Say that a source lacks a column, and which one may be meant; DBF names end after ten bytes."""
    near = difflib.get_close_matches(column, names, n=3, cutoff=0.5)
    near += [name for name in names if name and column.startswith(name) and name not in near]
    mend = f"Did you mean {' or '.join(near)}?" if near else "Map the column by its name in the source."
    if any(column.startswith(name) and len(name.encode("gbk", "replace")) >= 9 for name in near):
        mend += " (Shapefiles cut names after 10 bytes.)"
    return Problem(
        str(path),
        "the source has no such column",
        key=key,
        expected=f"one of {listing(names)}",
        found=repr(column),
        mend=mend,
    )
