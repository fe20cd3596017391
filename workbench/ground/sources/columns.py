"""From the columns of a source to the columns of the house."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from workbench.catalogue.tables import Field, Table
from workbench.catalogue.terms import Access
from workbench.errors import MissingCRSError, Problem, SourceError, did_you_mean
from workbench.ground.sources.condition import Decimal, Unread, listing, number_in
from workbench.ground.sources.osm_tags import access_word
from workbench.ground.sources.reading import Reading, Remark, as_numbers, listed, refuse
from workbench.ground.sources.recipe import OsmSource, Scalar, _Source
from workbench.ground.sources.table import LINE, TextTable, read_table
from workbench.hours import DAY_MINUTES, parses

# ----------------------------------------------------------------------------------------------------------------------
# Points from CSV and Excel, by two named columns.


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
    """Read points from a table."""
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
        raise SourceError([_no_column_problem(path, column, list(ledger.rows.columns)) for column in lost])
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


def _no_column_problem(path: Path, column: str, names: list[str], key: str = "") -> Problem:
    """Say that a source lacks a column, and which one may be meant; DBF names end after ten bytes."""
    cut = [name for name in names if name and column.startswith(name)]
    mend = did_you_mean(column, names, "Map the column by its name in the source.", also=cut)
    if any(len(name.encode("gbk", "replace")) >= 9 for name in cut):
        mend += " (Shapefiles cut names after 10 bytes.)"
    return Problem(
        str(path),
        "the source has no such column",
        key=key,
        expected=f"one of {listing(names)}",
        found=repr(column),
        mend=mend,
    )


# ----------------------------------------------------------------------------------------------------------------------
# From the columns of a source to the columns of the house.


_BRACES = re.compile(r"\{([^{}]+)\}")


def house_columns(
    reading: Reading, source: _Source, table: Table
) -> tuple[pd.DataFrame, list[Problem], tuple[Remark, ...]]:
    """Rename, translate and fill in columns, and read numbers."""
    problems = _absent(reading, source)
    if problems:
        return pd.DataFrame(), problems, ()
    rows: dict[str, Any] = {}
    remarks: list[Remark] = []
    for field in table.fields:
        column = source.columns.get(field.name, field.name if field.name in reading.rows.columns else None)
        if field.name in source.set:
            rows[field.name] = _constant(source.set[field.name], reading.rows)
        elif column is not None:
            values, wrong = _valued(reading, column, field)
            problems += wrong
            if field.name in source.values:
                values = _translated(values, source.values[field.name])
            if field.kind in ("number", "integer"):
                if isinstance(source, OsmSource):
                    number = pd.to_numeric(values, errors="coerce")  # OSM writes a decimal point
                    remarks += _not_read(column, values[values.notna() & number.isna()])
                    rows[field.name] = number
                    continue
                # whole numbers have no decimals: their comma parts thousands
                sign = "." if field.kind == "integer" else source.decimal
                values, wrong, said = as_numbers(reading, column, values, sign, f"a number: {field.means}")
                problems += wrong
                remarks += said
            rows[field.name] = values
    return pd.DataFrame(rows, index=reading.rows.index), problems, tuple(remarks)


def _absent(reading: Reading, source: _Source) -> list[Problem]:
    """List the columns that the recipe names and the source lacks."""
    names = [str(name) for name in reading.rows.columns]
    asked = [(f"columns.{name}", column) for name, column in source.columns.items()]
    for name, text in source.set.items():
        asked += [(f"set.{name}", column) for column in (_BRACES.findall(text) if isinstance(text, str) else ())]
    return [_no_column_problem(reading.path, column, names, key) for key, column in asked if column not in names]


def _not_read(column: str, values: pd.Series) -> list[Remark]:
    """Tell of values that became missing; an example is one of the first."""
    if values.empty:
        return []
    words = f"{len(values):,} values of {column} that cannot be read, as {str(values.iloc[0])!r}, taken as missing"
    return [Remark("guessed", words)]


def without_odd_tags(rows: pd.DataFrame, table: Table, kinds: pd.Series) -> tuple[pd.DataFrame, tuple[Remark, ...]]:
    """Make what people typed into OSM fit a table: a stranger's tag must not stop an import."""
    remarks: list[Remark] = []
    for field in table.fields:
        if field.name not in rows or field.name == "id":
            continue
        values, said = _fitting(rows[field.name], field)
        remarks += said
        if table.name == "stations" and field.name == "access" and (closed := values == Access.MEMBERS).any():
            values = values.mask(closed, str(Access.CLOSED))
            remarks.append(Remark("guessed", f"{closed.sum():,} private, it is not said to whom: taken as closed"))
        nameless = (values.isna() | (values.astype("str").str.strip() == "")).to_numpy(bool)
        if field.name == "name" and not field.nullable and nameless.any():
            values = values.mask(nameless, kinds.astype("str") + " " + rows["id"].astype("str"))
            example = values[nameless].iloc[0]
            remarks.append(Remark("guessed", f"{nameless.sum():,} without a name got one, as {example!r}"))
        rows[field.name] = values
    return rows, tuple(remarks)


def _fitting(values: pd.Series, field: Field) -> tuple[pd.Series, list[Remark]]:
    """Take what does not fit a column for missing; access that is not said is public."""
    remarks: list[Remark] = []
    who = field.one_of == tuple(Access)
    if who:
        # the customers of a place of service are whoever comes
        words = values.map(lambda word: "public" if access_word(word) and "customers" in word.lower() else word)
        values = values.astype(object).where(values.isin(field.one_of), words.map(access_word))
    said, number = values.notna(), field.kind in ("number", "integer")
    odd = said & False
    if field.name == "opening_hours":
        odd = said & ~values.map(lambda text: isinstance(text, str) and parses(text)).astype(bool)
    elif field.one_of:
        odd = said & ~values.isin(field.one_of)
    elif number:
        floor = -np.inf if field.at_least is None else field.at_least
        odd = said & ((values < floor) | ((values % 1 != 0) & (field.kind == "integer")))
    if odd.any():
        remarks += _not_read(field.name, values[odd])
        values = values.mask(odd, np.nan if number else None)
    unsaid = values.isna()
    if who and unsaid.any():
        values = values.mask(unsaid, str(Access.PUBLIC))
        remarks.append(Remark("guessed", f"{unsaid.sum():,} taken as public, their {field.name} is not said"))
    return values, remarks


def _valued(reading: Reading, column: str, field: Field) -> tuple[pd.Series, list[Problem]]:
    """Take a column; cells of a workbook that hold no value, and dates where text belongs, are listed."""
    values = reading.rows[column]
    if values.dtype != object:
        return values, []
    unread = values.map(lambda cell: isinstance(cell, Unread)).to_numpy(bool)
    dates = values.map(lambda cell: isinstance(cell, dt.date)).to_numpy(bool) & (field.kind == "text")
    words = [
        (unread, "the cell holds no value", "Compute and save the workbook in Excel; give each row a cell of its own."),
        (dates, "the cell holds a date", "Excel makes a date of 1-2 or 3/4: format the column as text, type it again."),
    ]
    problems = [
        problem
        for bad, what, mend in words
        for problem in listed(
            reading.path,
            reading.lines,
            bad,
            what,
            column=column,
            found=[str(cell) for cell in values],
            expected=field.means,
            mend=mend,
        )
    ]
    if field.name == "start":  # 9:00 in a cell that is not formatted as a time
        values = values.map(lambda cell: _clock(cell) if isinstance(cell, float) and 0 < cell < 1 else cell)
    return values.mask(unread | dates, None), problems


def _clock(share: float) -> str:
    minutes = round(share * DAY_MINUTES)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _constant(value: Scalar, rows: pd.DataFrame) -> Any:
    if not isinstance(value, str) or "{" not in value:
        return value
    parts = _BRACES.split(value)  # text, column, text, column, … text
    words = pd.Series(parts[0], index=rows.index, dtype=object)
    for column, tail in zip(parts[1::2], parts[2::2], strict=True):
        cells = rows[column].astype(object)
        words = words + cells.where(cells.notna(), "").astype("str").astype(object) + tail
    return words


def _translated(values: pd.Series, words: Mapping[str, Scalar]) -> pd.Series:
    out = values.astype(object)
    for word, meaning in words.items():
        out = out.mask(values.astype("str").str.strip() == word, meaning)
    return out.where(values.notna(), None)


def empty_cells(rows: pd.DataFrame, reading: Reading, policy: str) -> tuple[pd.DataFrame, Reading]:
    """Apply the recipe's word on cells without a number of residents."""
    if "residents" not in rows.columns:
        raise SourceError(
            _no_column_problem(reading.path, "residents", [str(n) for n in reading.rows.columns], "columns.residents")
        )
    empty = rows["residents"].isna().to_numpy()
    if not empty.any():
        return rows, reading
    if policy == "error":
        raise SourceError(
            listed(
                reading.path,
                reading.lines,
                empty,
                "the cell has no number of residents",
                found=["nothing"] * len(empty),
                expected="a number",
                mend="Say what an empty cell is with empty_cells: zero or drop.",
            )
        )
    if policy == "zero":
        remark = Remark("guessed", f"{int(empty.sum()):,} empty cells taken as nobody")
        told = replace(reading, remarks=(*reading.remarks, remark))
        return rows.assign(residents=rows["residents"].fillna(0.0)), told
    kept = reading.take(~empty, "empty cells without a number of residents")
    return rows[~empty].reset_index(drop=True), kept
