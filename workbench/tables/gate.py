"""The gate: one table in, all its problems out.

Columns and values are checked by pandera, geometry by shapely; both report through
:class:`~workbench.errors.Problem`, one a value, so that nothing has to be mended twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa
import shapely
from pandera.errors import SchemaErrors

from workbench.errors import Problem
from workbench.hours import hours_problems
from workbench.tables.fields import Field, Table
from workbench.terms import BREAKS, UNPRINTABLE

MOST_ROWS_NAMED = 20
"""Problems of one kind in one column that are listed singly; the rest are counted."""

_WORD = {
    "text": "text",
    "integer": "a whole number",
    "number": "a finite number",
    "flag": "true or false",
}
_MEND = {
    "unique": "Give every row an identifier of its own.",
    "null": "Fill in the value, or remove the row.",
}


def conform(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Bring a freshly read table to the dtypes of the house, without judging it.

    Optional columns that are absent are added as missing, whole numbers read as floats and flags
    read as 0/1 become what they are. A value that does not fit is left for :func:`problems_of`.

    Parameters
    ----------
    table
        The specification.
    frame
        The table as read; not changed.

    Returns
    -------
    pandas.DataFrame
        A frame of the same class, with the columns of the specification first.
    """
    out = frame.copy(deep=False)
    for field in table.fields:
        if field.name not in out.columns:
            if not field.required:
                out[field.name] = _missing(field, len(out))
        else:
            out[field.name] = _as_kind(out[field.name], field)
    named = [f.name for f in table.fields if f.name in out.columns]
    tail = [c for c in out.columns if c not in named and c != "geometry"]
    last = ["geometry"] if "geometry" in out.columns else []
    return out[named + tail + last]


def _missing(field: Field, rows: int) -> pd.Series:
    if field.kind in ("number", "integer"):
        return pd.Series(np.full(rows, np.nan))
    return pd.Series([None] * rows, dtype=object if rows else "str").astype("str")


def _as_kind(values: pd.Series, field: Field) -> pd.Series:
    """Convert where nothing is lost; otherwise give the values back as they are."""
    if field.kind == "text":
        return _as_text(values)
    if field.kind == "flag":
        return _as_flag(values)
    numbers = pd.to_numeric(values, errors="coerce")
    if bool((numbers.isna() & values.notna()).any()):
        return values
    if field.kind == "number" or field.nullable:
        return numbers.astype("float64")
    whole = np.isfinite(numbers) & (numbers == np.floor(numbers))
    return numbers.astype("int64") if bool(whole.all()) else numbers.astype("float64")


def _as_text(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values.dtype):
        whole = values.dropna()
        if bool((whole == np.floor(whole)).all()):  # ids that a reader took for numbers
            values = values.astype("Int64")
    text = values.astype("str").where(values.notna(), None)
    if _holds(text, BREAKS):
        text = text.str.replace(BREAKS.pattern, " ", regex=True)
    stripped: pd.Series = text.str.strip()
    return stripped.where(stripped != "", None)


def _holds(values: pd.Series, signs: re.Pattern[str]) -> bool:
    """Tell whether any text of a column holds such a sign: one look at all of it, for most hold none."""
    return signs.search(" ".join([value for value in values if isinstance(value, str)])) is not None


_YES, _NO = frozenset({"true", "yes", "1", "是", "√"}), frozenset({"false", "no", "0", "否", "×"})


def flag(value: object) -> bool | None:
    """Return whether a cell says yes or no; None when it says neither."""
    if isinstance(value, (int, float, np.integer, np.floating)) and value in (0, 1):
        return bool(value)
    word = str(value).strip().lower()
    return True if word in _YES else False if word in _NO else None


def _as_flag(values: pd.Series) -> pd.Series:
    """Read flags cell by cell: one that is missing or odd accuses its own row and no other."""
    if values.dtype == np.bool_:
        return values
    flags = values.map(flag)
    if bool(flags.notna().all()):
        return flags.astype("bool")
    return values.astype(object).where(flags.isna(), flags)


def problems_of(table: Table, frame: pd.DataFrame) -> list[Problem]:
    """List everything wrong with one table taken by itself.

    Parameters
    ----------
    table
        The specification.
    frame
        The table, after :func:`conform`.

    Returns
    -------
    list of Problem
        Missing columns, wrong types and values, duplicate identifiers, opening hours that do not
        parse, bad geometry; in the order of the columns, then of the rows.
    """
    found = [
        Problem(
            table.name,
            "the column is missing",
            column=field.name,
            expected=f"{_WORD[field.kind]}: {field.means}",
            found=f"columns {', '.join(map(str, frame.columns))}",
            mend="Add the column, or map one of yours to it in the recipe.",
        )
        for field in table.fields
        if field.required and field.name not in frame.columns
    ]
    if len(frame):
        found += _value_problems(table, frame)
        if {"id", "opening_hours"} <= set(frame.columns):
            found += hours_problems(table.name, frame)
    if table.shape is not None:
        found += _geometry_problems(table, frame)
    return found


@cache
def _schema(table: Table) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(
        {field.name: _column(field) for field in table.fields}, strict=False, ordered=False, coerce=False
    )


def _column(field: Field) -> pa.Column:
    checks = [pa.Check(_fits(field), name="kind")]
    if field.at_least is not None:
        low = field.at_least
        checks.append(pa.Check(lambda values: ~(_numbers(values) < low), name="at_least"))
    if field.at_most is not None:
        high = field.at_most
        checks.append(pa.Check(lambda values: ~(_numbers(values) > high), name="at_most"))
    if field.kind == "text":
        checks.append(pa.Check(_printable, name="signs"))
    if field.one_of:
        allowed = list(field.one_of)
        checks.append(pa.Check(lambda values: values.isin(allowed), name="one_of"))
    return pa.Column(None, checks=checks, nullable=field.nullable, unique=field.unique, required=False, name=field.name)


def _fits(field: Field) -> Callable[[pd.Series], pd.Series]:
    """Return what tells, value by value, whether a column holds what it should.

    A column of the right dtype is judged as a whole; only one that holds mixed values is walked.
    """

    def text(values: pd.Series) -> pd.Series:
        if isinstance(values.dtype, pd.StringDtype):
            return values != ""
        return values.map(lambda value: isinstance(value, str) and value != "").astype("bool")

    def flag(values: pd.Series) -> pd.Series:
        return values.map(lambda value: isinstance(value, (bool, np.bool_))).astype("bool")

    def number(values: pd.Series) -> pd.Series:
        return pd.Series(np.isfinite(_numbers(values)), index=values.index)

    def integer(values: pd.Series) -> pd.Series:
        numbers = _numbers(values)
        whole = np.isfinite(numbers) & (numbers == np.floor(numbers))
        return pd.Series(whole, index=values.index)

    return {"text": text, "flag": flag, "number": number, "integer": integer}[field.kind]


def _printable(values: pd.Series) -> pd.Series:
    """Tell which texts hold no sign that is none; other values are judged elsewhere."""
    if not _holds(values, UNPRINTABLE):
        return pd.Series(True, index=values.index)
    if isinstance(values.dtype, pd.StringDtype):
        return ~values.str.contains(UNPRINTABLE.pattern, regex=True)
    return ~values.map(lambda value: isinstance(value, str) and UNPRINTABLE.search(value) is not None).astype("bool")


def _numbers(values: pd.Series) -> pd.Series:
    """Return the numbers of a column, NaN where a value is none; text that looks like one is none."""
    if pd.api.types.is_bool_dtype(values.dtype) or not pd.api.types.is_numeric_dtype(values.dtype):
        return values.map(lambda value: float(value) if _is_number(value) else np.nan).astype("float64")
    return values.astype("float64")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, (bool, np.bool_))


def _row_name(frame: pd.DataFrame, position: int) -> str:
    if "id" in frame.columns:
        value = frame["id"].iloc[position]
        if isinstance(value, str) and value:
            return value
    return f"#{position + 1}"


def _value_problems(table: Table, frame: pd.DataFrame) -> list[Problem]:
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).reset_index(drop=True)
    try:
        _schema(table).validate(plain, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return []
    order = {field.name: place for place, field in enumerate(table.fields)}
    cases = cases[cases["column"].isin(order) & cases["index"].notna()]
    found: list[tuple[int, int, Problem]] = []
    for (column, check), group in cases.groupby(["column", "check"], sort=False):
        field = table.field(str(column))
        positions = sorted({int(i) for i in group["index"]})
        for position in positions[:MOST_ROWS_NAMED]:
            value = plain[field.name].iloc[position]
            row = _row_name(plain, position)
            found.append((order[field.name], position, _value_problem(table, field, str(check), row, value)))
        if len(positions) > MOST_ROWS_NAMED:
            rest = len(positions) - MOST_ROWS_NAMED
            more = Problem(table.name, f"and {rest} more rows with the same problem", column=field.name)
            found.append((order[field.name], len(plain), more))
    return [problem for _, _, problem in sorted(found, key=lambda item: item[:2])]


def _value_problem(table: Table, field: Field, check: str, row: str, value: object) -> Problem:
    if check == "not_nullable":
        return Problem(table.name, "the value is missing", row, field.name, field.means, mend=_MEND["null"])
    if check == "field_uniqueness":
        return Problem(
            table.name, "the identifier stands more than once", row, field.name, found=repr(value), mend=_MEND["unique"]
        )
    if check == "at_least":
        return Problem(
            table.name,
            "the value is too small",
            row,
            field.name,
            f"{field.means}, at least {field.at_least:g}",
            f"{value}",
            "Correct the value; leave it empty where it is not known, if the column allows that.",
        )
    if check == "at_most":
        return Problem(
            table.name,
            "the value is too large",
            row,
            field.name,
            f"{field.means}, at most {field.at_most:,.0f}",
            f"{value}",
            "Correct the value; a mark for 'no data', as rasters hold it, is left out with 'where'.",
        )
    if check == "signs":
        what, mend = "the text holds control characters or other signs that are no text", "Write it anew without them."
        return Problem(table.name, what, row, field.name, "signs that can be printed", ascii(value), mend)
    if check == "one_of":
        return Problem(
            table.name, "the value is not known", row, field.name, "one of " + ", ".join(field.one_of), repr(value)
        )
    return Problem(
        table.name,
        "the value is of the wrong kind",
        row,
        field.name,
        f"{_WORD[field.kind]}: {field.means}",
        repr(value),
    )


_SHAPES = {
    "Point": ("Point",),
    "LineString": ("LineString",),
    "Polygon": ("Polygon", "MultiPolygon"),
    "Polygon or Point": ("Polygon", "MultiPolygon", "Point"),
}


def _geometry_problems(table: Table, frame: pd.DataFrame) -> list[Problem]:
    if not isinstance(frame, gpd.GeoDataFrame):
        return [Problem(table.name, "the layer has no geometry", expected=f"{table.shape} geometry")]
    shapes = np.asarray(frame.geometry.array, dtype=object)
    kinds = np.asarray(frame.geometry.geom_type, dtype=object)
    allowed = _SHAPES.get(str(table.shape))
    found: list[Problem] = []

    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)

    def note(mask: np.ndarray, what: str, expected: str, mend: str) -> None:
        positions = np.flatnonzero(mask)
        for i in positions[:MOST_ROWS_NAMED]:
            kind = str(kinds[i]) if isinstance(kinds[i], str) else "nothing"
            kind = f"an empty {kind}" if empty[i] and kind != "nothing" else kind
            found.append(Problem(table.name, what, _row_name(frame, int(i)), "geometry", expected, kind, mend))
        if len(positions) > MOST_ROWS_NAMED:
            rest = len(positions) - MOST_ROWS_NAMED
            found.append(Problem(table.name, f"and {rest} more rows with the same problem", column="geometry"))

    note(empty, "the geometry is missing or empty", f"a {table.shape}", "Draw it, or remove the row.")
    wrong = ~empty & (~np.isin(kinds, allowed) if allowed else np.zeros(len(shapes), bool))
    note(wrong, "the geometry is of the wrong type", f"a {table.shape}", "Convert or split the features.")
    finite = np.ones(len(shapes), bool)
    finite[~empty] = np.isfinite(shapely.bounds(shapes[~empty])).all(axis=1)
    note(~empty & ~finite, "a coordinate is not a finite number", "finite metres", "Correct the coordinates.")
    sound = ~empty & ~wrong & finite
    if table.shape in ("Polygon", "Polygon or Point"):
        bad = sound & ~shapely.is_valid(shapes)
        note(bad, "the polygon is not valid", "a ring that does not cross itself", "Repair it (Fix geometries).")
    if table.shape == "LineString":
        flat = sound & (shapely.length(shapes) == 0)
        note(flat, "the line has no length", "a line longer than zero", "Remove it, or draw it again.")
    return found
