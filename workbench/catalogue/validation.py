"""The gate: one table in, all its problems out.

Columns, values and geometry report through :class:`~workbench.errors.Problem`, one a value, so that nothing has to be
mended twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from workbench.arrays import Flags, Floats, Ints
from workbench.catalogue.tables import TABLES, Field, Reference, Table
from workbench.catalogue.terms import AGE_BANDS, BREAKS, UNPRINTABLE, Access
from workbench.errors import Problem
from workbench.hours import hours_problems

# ----------------------------------------------------------------------------------------------------------------------
# Where lines begin and end.


def line_ends(ways: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    """Return the first and the last vertex of each line, in one pass over all vertices.

    Parameters
    ----------
    ways
        n rows whose geometries are lines, none of them missing or empty.

    Returns
    -------
    first, last : ndarray
        Coordinates, shape (n, 2) each, metres.
    """
    lines = np.asarray(ways.geometry.array, dtype=object)
    points, owner = shapely.get_coordinates(lines, return_index=True)
    begins = np.searchsorted(owner, np.arange(len(lines) + 1))
    return points[begins[:-1]], points[begins[1:] - 1]


# ----------------------------------------------------------------------------------------------------------------------
# The gate: one table in, all its problems out.


MOST_ROWS_NAMED = 20
"""Problems of one kind in one column that are listed singly; the rest are counted."""

_WORD = {
    "text": "text",
    "integer": "a whole number",
    "number": "a finite number",
    "flag": "true or false",
    "date": "a date, YYYY-MM-DD",
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
    plain = pd.DataFrame(frame)  # geopandas looks for a geometry at each column taken out or put in
    columns: dict[Hashable, pd.Series] = {}
    for field in table.fields:
        if field.name in plain.columns:
            columns[field.name] = _as_kind(plain[field.name], field)
        elif not field.required:
            columns[field.name] = _missing(field, plain.index)
    last = ["geometry"] if "geometry" in plain.columns else []
    columns |= {name: plain[name] for name in plain.columns if name not in columns and name not in last}
    columns |= {name: plain[name] for name in last}
    out = pd.DataFrame(columns, index=plain.index)
    return gpd.GeoDataFrame(out, geometry="geometry") if isinstance(frame, gpd.GeoDataFrame) and last else out


def _missing(field: Field, index: pd.Index) -> pd.Series:
    if field.kind in ("number", "integer"):
        return pd.Series(np.nan, index=index)
    return pd.Series(None, index=index, dtype="str")


def _as_kind(values: pd.Series, field: Field) -> pd.Series:
    """Convert where nothing is lost; otherwise give the values back as they are."""
    if field.kind == "text":
        return _as_text(values)
    if field.kind == "date":  # a workbook's own dates are as good
        return _as_text(values.map(lambda cell: f"{cell:%Y-%m-%d}" if isinstance(cell, dt.date) else cell))
    if field.kind == "flag":
        return _as_flag(values)
    floats = field.kind == "number" or field.nullable
    if values.dtype == (np.float64 if floats else np.int64):
        return values
    numbers = pd.to_numeric(values, errors="coerce")
    if bool((numbers.isna() & values.notna()).any()):
        return values
    if floats:
        return numbers.astype("float64")
    whole = np.isfinite(numbers) & (numbers == np.floor(numbers))
    return numbers.astype("int64") if bool(whole.all()) else numbers.astype("float64")


def _as_text(values: pd.Series) -> pd.Series:
    given = values.notna().to_numpy()
    if not given.any():
        return pd.Series(None, index=values.index, dtype="str")
    if pd.api.types.is_float_dtype(values.dtype):
        whole = values.dropna()
        if bool((whole == np.floor(whole)).all()):  # ids that a reader took for numbers
            values = values.astype("Int64")
    text = values.astype("str")
    cells = [cell if there else "" for cell, there in zip(text.tolist(), given.tolist(), strict=True)]
    broken = BREAKS.search(" ".join(cells)) is not None
    tidy = [(BREAKS.sub(" ", cell) if broken else cell).strip() for cell in cells]
    if tidy == cells and tidy.count("") == np.count_nonzero(~given):
        return text  # as most columns are, and most districts are small: what is built anew costs more than it holds
    return pd.Series([cell or None for cell in tidy], index=values.index, dtype="str")


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


_Cells = npt.NDArray[Any]
_Judge = Callable[[_Cells], Flags]
"""Tells of each value of a column, shape (n,), whether it keeps a rule; of missing values it may say anything."""


def _rules(field: Field) -> Iterator[tuple[str, _Judge]]:
    """Yield the rules on the values of a column by name."""
    yield "kind", _fits(field)
    if field.at_least is not None:
        low = field.at_least
        yield "at_least", lambda values: ~(_numbers(values) < low)
    if field.at_most is not None:
        high = field.at_most
        yield "at_most", lambda values: ~(_numbers(values) > high)
    if field.kind == "text":
        yield "signs", _printable
    if field.one_of:
        yield "one_of", lambda values: _each(values, lambda value: str(value) in field.one_of)


def _broken(field: Field, values: _Cells) -> Iterator[tuple[str, Ints]]:
    """Yield the rules that a column breaks, with the positions of the rows that break them."""
    given = pd.notna(values)
    bad = {"null": ~given & (not field.nullable)}
    if given.any():  # most columns that a table may have are not there
        if field.unique and len(set(values.tolist())) < len(values):
            bad["unique"] = given & pd.Series(values).duplicated(keep=False).to_numpy()
        bad |= {rule: given & ~keeps(values) for rule, keeps in _rules(field)}
    for rule, rows in bad.items():
        if rows.any():
            yield rule, np.flatnonzero(rows)


def _fits(field: Field) -> _Judge:
    """Return what tells, value by value, whether a column holds what it should."""

    def text(values: _Cells) -> Flags:
        return _each(values, lambda value: isinstance(value, str) and value != "")

    def flag(values: _Cells) -> Flags:
        return _each(values, lambda value: isinstance(value, (bool, np.bool_)))

    def number(values: _Cells) -> Flags:
        return np.isfinite(_numbers(values))

    def integer(values: _Cells) -> Flags:
        numbers = _numbers(values)
        return np.asarray(np.isfinite(numbers) & (numbers == np.floor(numbers)), bool)

    def date(values: _Cells) -> Flags:
        return _each(values, lambda value: isinstance(value, str) and _is_date(value))

    return {"text": text, "flag": flag, "number": number, "integer": integer, "date": date}[field.kind]


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _each(values: _Cells, keeps: Callable[[object], bool]) -> Flags:
    return np.fromiter(map(keeps, values.tolist()), bool, len(values))


def _printable(values: _Cells) -> Flags:
    """Tell which texts hold no sign that is none; other values are judged elsewhere."""
    texts = [value if isinstance(value, str) else "" for value in values.tolist()]
    if UNPRINTABLE.search(" ".join(texts)) is None:  # one look at all of it, for most hold none
        return np.ones(len(values), bool)
    return np.array([UNPRINTABLE.search(text) is None for text in texts], bool)


def _numbers(values: _Cells) -> Floats:
    """Return the numbers of a column, NaN where a value is none; text that looks like one is none."""
    if values.dtype.kind in "iuf":
        return values.astype(np.float64)
    return np.array([float(value) if _is_number(value) else np.nan for value in values.tolist()], np.float64)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, (bool, np.bool_))


def _row_name(frame: pd.DataFrame, position: int) -> str:
    if "id" in frame.columns:
        value = frame["id"].iloc[position]
        if isinstance(value, str) and value:
            return value
    return f"#{position + 1}"


def _value_problems(table: Table, frame: pd.DataFrame) -> list[Problem]:
    found: list[Problem] = []
    plain = pd.DataFrame(frame).reset_index(drop=True)
    for field in table.fields:
        if field.name not in plain.columns:
            continue
        values = plain[field.name]
        problems: list[tuple[int, Problem]] = []
        for rule, rows in _broken(field, values.to_numpy()):
            for row in rows[:MOST_ROWS_NAMED].tolist():
                name = _row_name(plain, row)
                problems.append((row, _value_problem(table, field, rule, name, values.iloc[row])))
            if len(rows) > MOST_ROWS_NAMED:
                rest = len(rows) - MOST_ROWS_NAMED
                more = Problem(table.name, f"and {rest} more rows with the same problem", column=field.name)
                problems.append((len(values), more))
        found += [problem for _, problem in sorted(problems, key=lambda item: item[0])]
    return found


def _value_problem(table: Table, field: Field, rule: str, row: str, value: object) -> Problem:
    if rule == "null":
        return Problem(table.name, "the value is missing", row, field.name, field.means, mend=_MEND["null"])
    if rule == "unique":
        return Problem(
            table.name, "the identifier stands more than once", row, field.name, found=repr(value), mend=_MEND["unique"]
        )
    if rule == "at_least":
        return Problem(
            table.name,
            "the value is too small",
            row,
            field.name,
            f"{field.means}, at least {field.at_least:g}",
            f"{value}",
            "Correct the value; leave it empty where it is not known, if the column allows that.",
        )
    if rule == "at_most":
        return Problem(
            table.name,
            "the value is too large",
            row,
            field.name,
            f"{field.means}, at most {field.at_most:,.0f}",
            f"{value}",
            "Correct the value; a mark for 'no data', as rasters hold it, is left out with 'where'.",
        )
    if rule == "signs":
        what, mend = "the text holds control characters or other signs that are no text", "Write it anew without them."
        return Problem(table.name, what, row, field.name, "signs that can be printed", ascii(value), mend)
    if rule == "one_of":
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


# ----------------------------------------------------------------------------------------------------------------------
# What tables owe each other: identifiers that exist, bands that add up, nodes in one place.


_NODE_TOLERANCE_M = 0.05
"""Ends of ways that carry one node number may differ by at most this much: the rounding of a file."""

_BAND_TOLERANCE = 1e-6
_FAR_M = 10_000  # a door nearer than this is a door beside the network, which is listed and not refused
_DEGREES = 180  # no longitude or latitude is larger


def relation_problems(
    tables: Mapping[str, pd.DataFrame], *, changed: Collection[str] | None = None, grown: Collection[str] = ()
) -> list[Problem]:
    """List everything wrong between tables that are right when taken singly.

    Parameters
    ----------
    tables
        Tables by name, each free of problems of its own.
    changed
        The tables that are new where all else is known to be sound; all when not given.
    grown
        Those among them to which rows were only added: they still hold whatever others point to.

    Returns
    -------
    list of Problem
        Dangling references, age bands that do not add up to the residents, stations for members of no compound
        or with more area for residents than floor, or in a compound of another community than they name, stations and
        candidates far off the ways, way ends that share a node number but not a place, gates off
        their node.
    """
    found: list[Problem] = []
    new = set(tables) if changed is None else set(changed)
    for name, frame in tables.items():
        if name in TABLES:
            owed = None if name in new else new - set(grown)
            found += _dangling(name, frame, tables, owed)
    if "demand" in tables and "demand" in new:
        found += _band_problems(tables["demand"])
    if "stations" in tables and "stations" in new:
        found += _station_problems(tables["stations"])
    if "stations" in tables and new & {"stations", "compounds", "communities"}:
        found += foreign_stations(tables["stations"], tables.get("compounds"), tables.get("communities"))
    for name in ("stations", "candidates"):
        if name in tables and "ways" in tables and new & {name, "ways"}:
            bounds = np.asarray(tables["ways"].total_bounds, np.float64)
            found += _listed(far_points(name, tables[name], bounds), name, "geometry")
    if "ways" in tables and new & {"ways", "gates"}:
        found += _node_problems(tables["ways"], tables.get("gates"))
    return found


def _listed(problems: list[Problem], name: str, column: str) -> list[Problem]:
    if len(problems) <= MOST_ROWS_NAMED:
        return problems
    rest = len(problems) - MOST_ROWS_NAMED
    more = Problem(name, f"and {rest} more rows with the same problem", column=column)
    return [*problems[:MOST_ROWS_NAMED], more]


def _dangling(
    name: str, frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame], owed: Collection[str] | None
) -> list[Problem]:
    """List the references of a table that are not there; only those to some tables where these are given."""
    found: list[Problem] = []
    for reference in TABLES[name].references:
        if reference.table not in tables or reference.column not in frame.columns:
            continue
        if owed is not None and reference.table not in owed:
            continue
        values = frame[reference.column].to_numpy()
        given = np.flatnonzero(pd.notna(values)).tolist()
        known = set(tables[reference.table]["id"].tolist()) if given else set()
        lost = [row for row in given if values[row] not in known]
        problems = [dangling_reference(name, str(frame["id"].iloc[row]), reference, values[row]) for row in lost]
        found += _listed(problems, name, reference.column)
    return found


def dangling_reference(name: str, row: str, reference: Reference, value: object) -> Problem:
    """Say that a row of a table points to a row of another that is not there."""
    return Problem(
        name,
        f"the {reference.column} is not in the {reference.table} table",
        row,
        reference.column,
        f"an id of {reference.table}",
        repr(value),
        "Correct the identifier, or add the row it points to.",
    )


def _band_problems(demand: pd.DataFrame) -> list[Problem]:
    residents = demand["residents"].to_numpy(np.float64)
    nobody = np.full(len(demand), np.nan)
    bands = np.column_stack([demand[name].to_numpy(np.float64) if name in demand else nobody for name in AGE_BANDS])
    given = ~np.isnan(bands)
    some, every, total = given.any(axis=1), given.all(axis=1), np.nansum(bands, axis=1)
    unequal = every & (np.abs(total - residents) > _BAND_TOLERANCE * np.maximum(1.0, residents))
    ids = demand["id"]
    problems = [
        Problem("demand", "only some age bands are given", str(ids.iloc[row]), "age_*", "all five bands, or none")
        for row in np.flatnonzero(some & ~every)
    ]
    problems += [
        Problem(
            "demand",
            "the age bands do not add up to the residents",
            str(ids.iloc[row]),
            "age_*",
            f"{residents[row]:g} residents",
            f"{total[row]:g} in the bands",
        )
        for row in np.flatnonzero(unequal)
    ]
    return _listed(problems, "demand", "age_*")


def _station_problems(stations: pd.DataFrame) -> list[Problem]:
    names = ("id", "access", "compound", "resident_area_m2", "floor_area_m2")
    rows = list(zip(*(stations[name].tolist() for name in names), strict=True))
    members = [homeless_station(str(i)) for i, access, home, *_ in rows if access == Access.MEMBERS and pd.isna(home)]
    areas = [impossible_area(str(i), used, floor) for i, _, _, used, floor in rows if used > floor]
    return _listed(members, "stations", "compound") + _listed(areas, "stations", "resident_area_m2")


def foreign_stations(
    stations: pd.DataFrame, compounds: pd.DataFrame | None, communities: pd.DataFrame | None
) -> list[Problem]:
    """List the stations in a compound of one community that name another, and do not stand in that either."""
    if compounds is None or communities is None or "community" not in compounds:
        return []
    community = dict(zip(compounds["id"].tolist(), compounds["community"].tolist(), strict=True))
    own = zip(stations["compound"].tolist(), stations["community"].tolist(), strict=True)
    odd = [pd.notna(said) and pd.notna(home := community.get(at)) and home != said for at, said in own]
    if not any(odd):
        return []
    ground = dict(zip(communities["id"], communities.geometry, strict=True))
    problems = [
        Problem(
            "stations",
            "the station stands in a compound of another community",
            str(row.id),
            "community",
            f"{community[row.compound]!r}, the community of compound {row.compound}",
            repr(row.community),
            "Correct one of the two.",
        )
        for row in stations[odd].itertuples()
        if row.community not in ground or not ground[row.community].intersects(row.geometry)
    ]
    return _listed(problems, "stations", "community")


def far_points(name: str, points: pd.DataFrame, bounds: npt.NDArray[np.float64] | tuple[float, ...]) -> list[Problem]:
    """List the points farther from the ways' bounding box than it is long, and than 10 km: no walk comes near them.

    Parameters
    ----------
    name
        The layer.
    points
        Its rows.
    bounds
        West, south, east and north of the ways, metres.
    """
    west, south, east, north = bounds
    xy = shapely.get_coordinates(np.asarray(points.geometry.array, dtype=object))
    off = np.hypot(*(xy - np.clip(xy, (west, south), (east, north))).T)
    far = np.flatnonzero(~(off <= max(_FAR_M, np.hypot(east - west, north - south))))
    return [
        Problem(
            name,
            "the point lies far off the district",
            str(points["id"].iloc[row]),
            "geometry",
            f"metres in the district's CRS, near x {west:.0f} to {east:.0f}, y {south:.0f} to {north:.0f}",
            f"{xy[row, 0]:.12g}, {xy[row, 1]:.12g}",
            "Longitude and latitude have to be projected first." if np.abs(xy[row]).max() <= _DEGREES else "",
        )
        for row in far
    ]


def homeless_station(row: str) -> Problem:
    """Say that nobody is a member of what a station is for."""
    return Problem(
        "stations",
        "a station for members only names no compound",
        row,
        "compound",
        "the compound whose members it serves",
        "nothing",
        "Name the compound, or make its access public.",
    )


def impossible_area(row: str, resident_area_m2: float, floor_area_m2: float) -> Problem:
    """Say that a station has more area for residents than floor."""
    return Problem(
        "stations",
        "a station has more area for residents than floor",
        row,
        "resident_area_m2",
        f"at most floor_area_m2, {floor_area_m2:g}",
        f"{resident_area_m2:g}",
        "Correct one of the two; both are ㎡.",
    )


def _node_problems(ways: pd.DataFrame, gates: pd.DataFrame | None) -> list[Problem]:
    if not isinstance(ways, gpd.GeoDataFrame) or ways.empty:
        return []
    ends = np.concatenate(line_ends(ways))
    nodes = np.concatenate([ways["u"].to_numpy(np.int64), ways["v"].to_numpy(np.int64)])
    owner = np.concatenate([ways["id"].to_numpy(object)] * 2)
    unique, start, inverse = np.unique(nodes, return_index=True, return_inverse=True)
    gap = np.hypot(*(ends - ends[start[inverse]]).T)
    apart = np.flatnonzero(gap > _NODE_TOLERANCE_M)
    found = [
        Problem(
            "ways",
            "the ways that meet at a node do not end in one place",
            str(owner[i]),
            "u/v",
            f"all ends of node {nodes[i]} within {_NODE_TOLERANCE_M:g} m",
            f"{gap[i]:.2f} m apart",
            "Move the end of the line, or give it a node number of its own.",
        )
        for i in apart
    ]
    found = _listed(found, "ways", "u/v")
    if gates is None or gates.empty:
        return found
    return found + _gate_problems(gates, unique, ends[start])


def _gate_problems(gates: pd.DataFrame, nodes: np.ndarray, places: np.ndarray) -> list[Problem]:
    asked = gates["node"].to_numpy(np.int64)
    position = np.searchsorted(nodes, asked).clip(0, len(nodes) - 1)
    known = nodes[position] == asked
    here = shapely.get_coordinates(np.asarray(gates.geometry.array, dtype=object))
    gap = np.hypot(*(here - places[position]).T)
    found: list[Problem] = []
    for i, name in enumerate(gates["id"]):
        if not known[i]:
            found.append(
                Problem("gates", "the node is on no way", str(name), "node", "a node of the ways", str(asked[i]))
            )
        elif gap[i] > _NODE_TOLERANCE_M:
            found.append(
                Problem("gates", "the gate does not stand on its node", str(name), "node", "0 m", f"{gap[i]:.2f} m")
            )
    return _listed(found, "gates", "node")
