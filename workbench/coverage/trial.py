"""What is being tried out: the state of a what-if, and what may go into it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from numbers import Real

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.coverage.doors import Doors
from workbench.coverage.gate_links import GateLinks
from workbench.coverage.standing import Place
from workbench.errors import GeodataError, Problem
from workbench.hours import EXAMPLE, hours_problems, parses
from workbench.network.streets import PUBLIC, Openings
from workbench.scenes import service_problems
from workbench.tables import TABLES, Table, conform, problems_of
from workbench.tables.relations import dangling_reference, homeless_station, impossible_area
from workbench.terms import Access

GAP = 2**32
"""Keys between two stations of the ledger: room for newcomers between them, as identifiers sort."""


@dataclass(frozen=True, eq=False)
class State:
    """What edits change; values of the others are the ledger's.

    Attributes
    ----------
    places
        Every station that is not closed, by identifier.
    edited
        New or changed stations: columns of the stations layer, by identifier; None where it was closed down.
    gates
        Access and opening hours of changed gates, by identifier.
    new_gates
        Access of new gates, by link.
    """

    places: Mapping[str, Place]
    edited: Mapping[str, Mapping[str, object] | None]
    gates: Mapping[str, tuple[str, str | None]]
    new_gates: Mapping[int, str]


@dataclass(frozen=True, eq=False)
class Difference:
    """What has to be done to get from one state to another."""

    gates: list[int]
    leaving: list[Place]
    coming: list[Place]
    restarting: list[Place]
    members: list[Place]


def check_station(
    identifier: str,
    x: float,
    y: float,
    kind: str,
    access: str,
    columns: Mapping[str, object],
    known: Mapping[str, object],
    ids: Mapping[str, Collection[str]],
) -> None:
    """Refuse a station that does not fit its layer, with everything that is wrong with it.

    Parameters
    ----------
    identifier, x, y, kind, access, columns
        The station.
    known
        Columns of the station as it stands, where it is there already.
    ids
        Identifiers of the communities and compounds, by table, where the district has the table.

    Raises
    ------
    GeodataError
        If anything is wrong.
    """
    table = TABLES["stations"]
    names = [field.name for field in table.fields]
    wrong = [
        Problem("stations", "the column is not known", identifier, name, "one of " + ", ".join(names))
        for name in columns
        if name not in names
    ]
    for name, value in (("kind", kind), ("access", access)):
        allowed = table.field(name).one_of
        if value not in allowed:
            expected = "one of " + ", ".join(allowed)
            wrong.append(Problem("stations", "the value is not known", identifier, name, expected, repr(value)))
    if not (math.isfinite(x) and math.isfinite(y)):
        wrong.append(Problem("stations", "a coordinate is not finite", identifier, "geometry", "metres", f"{x}, {y}"))
    if not identifier:
        wrong.append(
            Problem("stations", "the station has no identifier", column="id", expected="text", found="nothing")
        )
    own = _column_problems(table, {"id": str(identifier), "kind": kind, "access": access}, columns)
    wrong += own + _reference_problems(table, identifier, columns, ids)
    if not own:
        wrong += _row_problems(identifier, access, {**known, **columns})
    if wrong:
        raise GeodataError(wrong)


def _reference_problems(
    table: Table, identifier: str, columns: Mapping[str, object], ids: Mapping[str, Collection[str]]
) -> list[Problem]:
    """List what is wrong with the compound and the community; those that are missing are not looked at."""
    found = []
    for reference in table.references:
        value = columns.get(reference.column)
        if value is not None and not isinstance(value, str):
            expected = f"text: {table.field(reference.column).means}"
            what = "the value is of the wrong kind"
            found.append(Problem(table.name, what, identifier, reference.column, expected, repr(value)))
        elif value is not None and reference.table in ids and value not in ids[reference.table]:
            found.append(dangling_reference(table.name, identifier, reference, value))
    return found


def _row_problems(identifier: str, access: str, row: Mapping[str, object]) -> list[Problem]:
    """List what does not go together within the station."""
    found = []
    if access == Access.MEMBERS and not isinstance(row.get("compound"), str):
        found.append(homeless_station(identifier))
    used, floor = (row.get(name) for name in ("resident_area_m2", "floor_area_m2"))
    if isinstance(used, Real) and isinstance(floor, Real) and float(used) > float(floor):
        found.append(impossible_area(identifier, float(used), float(floor)))
    return found


def _column_problems(table: Table, given: Mapping[str, object], columns: Mapping[str, object]) -> list[Problem]:
    """List what is wrong with columns of a station by themselves; those that are missing are not looked at."""
    said = {
        name: value for name, value in columns.items() if value is not None and name not in ("compound", "community")
    }
    if not said:
        return []
    row = {"name": given["id"], "community": None, "opening_hours": None, **given, **said}
    frame = conform(table, gpd.GeoDataFrame(pd.DataFrame([row]), geometry=[shapely.Point(0, 0)]))
    found = [*hours_problems(table.name, frame), *problems_of(table, frame), *service_problems(frame)]
    kept = [problem for problem in found if problem.column in said]
    return list(dict.fromkeys(kept))


def new_key(places: Mapping[str, Place], identifier: str) -> int:
    """Return a key between those of the neighbours, as identifiers sort: ties go the way they would."""
    low, high = 0, 0
    for name, place in places.items():
        if name < identifier:
            low = max(low, place.key)
        elif not high or place.key < high:
            high = place.key
    high = high or low + 2 * GAP
    if high - low < 2:
        mend = "Begin anew from the result()."
        raise GeodataError(Problem("stations", "too many were tried beside one another", identifier, mend=mend))
    return (low + high) // 2


def with_links(doors: Doors, links: GateLinks | None) -> tuple[Doors, int]:
    """Append closed openings for the links, and say which is the first."""
    own = doors.streets.openings
    count = len(own.nodes)
    if links is None or not len(links):
        return doors, count
    none = np.zeros(len(links), bool)
    openings = Openings(
        np.concatenate([own.nodes, links.nodes]),
        np.concatenate([own.public, none]),
        np.concatenate([own.open, none]),
        np.concatenate([own.gate, np.full(len(links), -1)]),
        np.concatenate([own.guarded, none]),
        np.concatenate([own.barred, none]),
    )
    return dataclasses.replace(doors, streets=dataclasses.replace(doors.streets, openings=openings)), count


def place_of(doors: Doors, position: int, key: int) -> Place:
    """Return an open station of a district as the network sees it."""
    snapped, audience = doors.stations, doors.audience
    return Place(
        key,
        doors.station_levels[position],
        int(snapped.edge[position]),
        float(snapped.along_m[position]),
        float(snapped.leg_m[position]),
        bool(audience.public[position]),
        int(audience.compound[position]),
    )


def check_access(access: str, row: str, hours: str | None = None) -> None:
    """Refuse an access that nobody is called by, and hours that do not parse; GeodataError."""
    if hours is not None and not parses(hours):
        problem = Problem("gates", "the opening hours do not parse", row, "opening_hours", EXAMPLE, repr(hours))
        raise GeodataError(problem)
    if access not in tuple(Access):
        expected = "one of " + ", ".join(Access)
        raise GeodataError(Problem("gates", "the value is not known", row, "access", expected, repr(access)))


def zones_behind(doors: Doors, openings: Collection[int]) -> set[int]:
    """Return the zones that one comes to through some openings, and on through any others: compounds, private ways."""
    if not openings:
        return set()
    streets = doors.streets
    zone = np.full(streets.n_nodes, PUBLIC, np.int64)
    zone[streets.edges.ravel()] = np.repeat(streets.zone, 2)
    outer, inner = zone[streets.openings.nodes].T
    found = {int(inner[opening]) for opening in openings}
    while more := {int(z) for z in inner[np.isin(outer, list(found))]} - found:
        found |= more
    return found - {PUBLIC}
