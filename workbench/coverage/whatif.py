"""What if? Stations and gates edited one by one, with coverage that follows the hand.

The answers are those of :func:`workbench.coverage.assess_coverage` on the edited district, to the last bit, because
they come from the same search. What costs is joining doors to ways and building the network; both are kept, and an
edit joins one door, or opens one gate, and lets all stations spread anew (docs/decisions/0019).
"""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.arrays import Flags, Floats, Ints
from workbench.catalogue.scenes import service_problems
from workbench.catalogue.tables import TABLES, Table
from workbench.catalogue.terms import LEVEL_OF_KIND, Access, Mode, ServiceLevel
from workbench.catalogue.validation import (
    conform,
    dangling_reference,
    far_points,
    foreign_stations,
    homeless_station,
    impossible_area,
    problems_of,
)
from workbench.coverage.doors import LIMIT_TOLERANCE, SECONDS_A_MINUTE, Doors, place_doors, within
from workbench.coverage.gate_trials import GateLinks
from workbench.coverage.measure import CoverageResult, Reach, measured
from workbench.coverage.timetable import counts_at_clock
from workbench.errors import GeodataError, Problem
from workbench.ground.district import District, taken_identifier
from workbench.hours import EXAMPLE, hours_problems, parses
from workbench.network.streets import OPEN_GROUND, PUBLIC, Openings, Snap, Streets, access_under, snap
from workbench.network.walking import METRES, Audience, Entries, Manner, Walks

MOST_STEPS: Final = 200
"""Edits that can be taken back; each of them takes up to a megabyte on a district of 250,000 residents."""

# ----------------------------------------------------------------------------------------------------------------------
# What may go into a what-if.


def _check_station(
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
    own = _column_problems(table, str(identifier), columns)
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


def _column_problems(table: Table, identifier: str, columns: Mapping[str, object]) -> list[Problem]:
    """List what is wrong with columns of a station by themselves; those that are missing are not looked at."""
    said = {
        name: value for name, value in columns.items() if value is not None and name not in ("compound", "community")
    }
    if not said:
        return []
    own = dataclasses.replace(table, fields=tuple(f for f in table.fields if f.name in said), references=(), shape=None)
    frame = conform(own, pd.DataFrame([{"id": identifier, "opening_hours": None, **said}]))
    found = [*hours_problems(table.name, frame), *problems_of(own, frame), *service_problems(frame)]
    kept = [problem for problem in found if problem.column in said]
    return list(dict.fromkeys(kept))


def _check_access(access: str, row: str, hours: str | None = None) -> None:
    """Refuse an access that nobody is called by, and hours that do not parse; GeodataError."""
    if hours is not None and not parses(hours):
        problem = Problem("gates", "the opening hours do not parse", row, "opening_hours", EXAMPLE, repr(hours))
        raise GeodataError(problem)
    if access not in tuple(Access):
        expected = "one of " + ", ".join(Access)
        raise GeodataError(Problem("gates", "the value is not known", row, "access", expected, repr(access)))


# ----------------------------------------------------------------------------------------------------------------------
# What is being tried out.


@dataclass(frozen=True)
class _Place:
    """A station as the network sees it: where its door opens, in which zone, and for whom."""

    level: ServiceLevel
    edge: int
    along_m: float
    leg_m: float
    zone: int
    public: bool
    compound: int

    @classmethod
    def of(cls, streets: Streets, level: ServiceLevel, door: Snap, at: int, public: bool, compound: int) -> _Place:
        """Take one of the doors of stations."""
        edge = int(door.edge[at])
        zone = int(streets.zone[edge]) if edge >= 0 else PUBLIC
        return cls(level, edge, float(door.along_m[at]), float(door.leg_m[at]), zone, public, compound)


def _zones_behind(before: Streets, after: Streets) -> set[int]:
    """Return the zones to which visitors come through openings that let them in before or after, but not both."""
    lets_in = [streets.openings.public & streets.openings.open for streets in (before, after)]
    changed = np.flatnonzero(lets_in[0] != lets_in[1])
    if not len(changed):
        return set()
    outer, inner = after.node_zone[after.openings.nodes].T
    found = set(inner[changed].tolist())
    while more := set(inner[np.isin(outer, list(found))].tolist()) - found:  # on through any others: private ways
        found |= more
    return found - {PUBLIC}


class _Search:
    """The search for the nearest station, in one manner of walking, with the gates as they are.

    How a station comes into it is found out once, and kept as long as no gate changes that has to do with it: visitors
    come to a station behind a wall through gates that let them in; members come home through any, but within the wall
    of their compound they walk through none.
    """

    def __init__(self, doors: Doors, walks: Walks, ends: tuple[Ints, Floats], entries: Entries | None = None) -> None:
        self._doors, self._walks, self._ends = doors, walks, ends
        self._place: dict[_Place, int] = {}
        self._entries = Entries.joined([]) if entries is None else entries

    def with_gates(self, streets: Streets) -> _Search:
        """Return the same search with other gates open."""
        behind = _zones_behind(self._walks.streets, streets)
        walled = range(len(streets.zone_of_compound))
        kept = [p for p in self._place if (p.zone not in behind if p.public else p.zone in walled)]
        entries = self._entries
        if len(kept) < len(self._place):
            entries = entries.take(np.array([self._place[place] for place in kept], np.int64))
        other = _Search(self._doors, self._walks.with_openings(streets), self._ends, entries)
        other._place.update(zip(kept, range(len(kept)), strict=True))
        return other

    def nearest(self, places: Sequence[_Place], limit: float) -> tuple[Floats, Ints]:
        """Return cost and position of the nearest station of every demand point; all stations spread anew."""
        doors = self._doors
        new = list(dict.fromkeys(place for place in places if place not in self._place))
        if new:
            stations = Snap(*(np.array([getattr(p, name) for p in new]) for name in ("edge", "along_m", "leg_m")))
            public, compound = np.array([p.public for p in new]), np.array([p.compound for p in new])
            found = self._walks.entries(doors.demand, stations, Audience(public, compound, doors.audience.home))
            self._place.update({place: len(self._entries) + n for n, place in enumerate(new)})
            self._entries = Entries.joined([self._entries, found])
        positions = np.array([self._place[place] for place in places], np.int64)
        return self._walks.spread(self._entries.take(positions), self._ends, limit)


@dataclass(frozen=True, eq=False)
class _State:
    """What stands after some edits; values of what is not edited are the ledger's.

    Attributes
    ----------
    places
        Every station that counts, by identifier.
    edited
        New or changed stations: columns of the stations layer, by identifier; None where it was closed down.
    gates
        Access and opening hours of changed gates, by identifier.
    new_gates
        Access of new gates, by link.
    streets
        The network with these gates.
    searches
        What is known of the search, by manner of walking; states with the same gates share it.
    reached
        Cost and position of the nearest station of every demand point, by manner, level and limit, as far as asked for.
    """

    places: Mapping[str, _Place]
    edited: Mapping[str, Mapping[str, object] | None]
    gates: Mapping[str, tuple[str, str | None]]
    new_gates: Mapping[int, str]
    streets: Streets
    searches: dict[Manner, _Search] = field(default_factory=dict)
    reached: dict[tuple[Manner, ServiceLevel, float], tuple[Floats, Ints]] = field(default_factory=dict)

    def of_level(self, level: ServiceLevel) -> list[str]:
        """List the stations of a level, in the order in which ties go: that of the stations layer."""
        return sorted(name for name, place in self.places.items() if level in (place.level, ServiceLevel.ANY))


def _with_links(streets: Streets, links: GateLinks | None) -> Streets:
    """Append a closed opening for each link."""
    if links is None or not len(links):
        return streets
    own, none = streets.openings, np.zeros(len(links), bool)
    openings = Openings(
        nodes=np.concatenate([own.nodes, links.nodes]),
        public=np.concatenate([own.public, none]),
        open=np.concatenate([own.open, none]),
        gate=np.concatenate([own.gate, np.full(len(links), -1)]),
        guarded=np.concatenate([own.guarded, none]),
        barred=np.concatenate([own.barred, none]),
        length_m=np.concatenate([own.length_m, links.length_m]),
    )
    return dataclasses.replace(streets, openings=openings)


# ----------------------------------------------------------------------------------------------------------------------
# What if? Stations and gates edited one by one, with coverage that follows the hand.


class WhatIf:
    """A measured district in which stations and gates can be tried out.

    Parameters
    ----------
    result
        The measurement to start from; it is not changed.
    links
        Places where a new gate may be tried, from :func:`workbench.coverage.gate_trials.gate_links`.

    Notes
    -----
    Nothing is searched before it is asked for: who only looks at compliance does not wait for the groups, and who
    only counts who is covered waits for walks up to the limit. What was found before an edit is there again at once
    when it is taken back.
    """

    def __init__(self, result: CoverageResult, links: GateLinks | None = None) -> None:
        self._result, self._links, self._doors = result, links, result.doors
        streets, district = _with_links(result.doors.streets, links), result.district
        self._first_link = len(result.doors.streets.openings.nodes)
        names = district.layer("stations")["id"].tolist()
        self._ledger_row = {name: row for row, name in enumerate(names)}
        rows = result.station_rows.tolist()
        doors, audience = self._doors, result.doors.audience
        places = {
            names[row]: _Place.of(
                doors.streets,
                doors.station_levels[n],
                doors.stations,
                n,
                bool(audience.public[n]),
                int(audience.compound[n]),
            )
            for n, row in enumerate(rows)
        }
        self._state = _State(places, {}, {}, {}, streets)
        self._past: deque[_State] = deque(maxlen=MOST_STEPS)
        self._counted: dict[tuple[str, ServiceLevel], bool] = {}
        walled_gates = district.gates["compound"].notna()
        self._gate_rows = {name: row for row, name in enumerate(district.gates["id"]) if walled_gates.iloc[row]}
        self._snap_limit = result.scenario.standard(result.scenario.walking.snap_limit)
        self._bounds = tuple(district.ways.total_bounds)
        self._numbers = {name: place for place, name in enumerate(sorted(district.compounds["id"]))}
        tables = ("communities", "compounds")
        self._ids = {name: frozenset(district.layer(name)["id"]) for name in tables if district.has(name)}
        walled = district.compounds[district.compounds["enclosed"].astype(bool)]
        self._walled = walled["id"].tolist(), shapely.STRtree(np.asarray(walled.geometry.array, dtype=object))

    # What there is now

    def walks(self, mode: Mode, group: str | None = None, level: ServiceLevel = ServiceLevel.ANY) -> Floats:
        """Return the walk from each demand point to its nearest station, shape (k,): metres or minutes.

        Parameters
        ----------
        mode
            Compliance or experience.
        group
            For experience the group that walks; the default pace when not given.
        level
            Which stations count.
        """
        cost, _ = self._reach(self._manner(mode, group), level)
        return cost / SECONDS_A_MINUTE if mode is Mode.EXPERIENCE else cost.copy()

    def covered_residents(self, mode: Mode, level: ServiceLevel = ServiceLevel.ANY) -> float:
        """Return how many residents are covered, each group of the population at its own pace in experience."""
        populace = self._result.populace
        if mode is not Mode.EXPERIENCE:
            return float(populace.residents @ self._within(mode, None, level))
        return sum(float(populace.weight[name] @ self._within(mode, name, level)) for name in populace.whole)

    def covered_at(self, mode: Mode, level: ServiceLevel = ServiceLevel.ANY) -> Floats:
        """Return how many residents of each demand point are covered, shape (k,); as a measurement says it."""
        populace = self._result.populace
        if mode is not Mode.EXPERIENCE:
            return np.where(self._within(mode, None, level), populace.residents, 0.0)
        parts = [np.where(self._within(mode, name, level), populace.weight[name], 0.0) for name in populace.whole]
        return np.asarray(np.sum(parts, axis=0), np.float64)

    def joined(self, identifier: str) -> bool:
        """Tell whether a station that counts now is on the network: one that is not serves nobody."""
        place = self._state.places.get(identifier)
        return place is None or place.edge >= 0

    def _within(self, mode: Mode, group: str | None, level: ServiceLevel) -> Flags:
        """Tell which demand points have a station within the limit; no walk is followed beyond it."""
        limit, manner = self._result.limit(mode), self._manner(mode, group)
        unit = SECONDS_A_MINUTE if mode is Mode.EXPERIENCE else 1.0
        bound = float(np.nextafter((limit + LIMIT_TOLERANCE) * unit, np.inf))  # the product may be rounded down
        known = self._state.reached.get((manner, level, np.inf))
        cost, _ = known or self._reach(manner, level, bound)
        return within(cost / unit, limit)

    def _reach(self, manner: Manner, level: ServiceLevel, limit: float = np.inf) -> tuple[Floats, Ints]:
        """Return cost and position of the nearest station of every demand point."""
        state, key = self._state, (manner, level, limit)
        if key not in state.reached:
            if manner not in state.searches:
                before = next((past.searches[manner] for past in reversed(self._past) if manner in past.searches), None)
                state.searches[manner] = before.with_gates(state.streets) if before else self._search(manner)
            places = [state.places[name] for name in state.of_level(level)]
            state.reached[key] = state.searches[manner].nearest(places, limit)
        return state.reached[key]

    def _search(self, manner: Manner) -> _Search:
        walks = Walks(self._state.streets, manner)
        return _Search(self._doors, walks, walks.ends(self._doors.demand))

    @property
    def district(self) -> District:
        """The edited district, checked as any other."""
        state, district = self._state, self._result.district
        rows = [row for _, row in sorted(state.edited.items()) if row is not None]
        if rows:
            added = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=district.crs)
            district = district.with_stations(added, replacing=True)
        gone = {name for name, row in state.edited.items() if row is None} & set(district.layer("stations")["id"])
        if gone:
            district = district.without_stations(sorted(gone))
        for name, (access, hours) in sorted(state.gates.items()):
            district = district.with_gate(name, access, hours)
        for number, access in sorted(state.new_gates.items()):
            compound, outside, inside = self._link(number)
            name = f"new-{compound}-{inside}"
            district = district.with_new_gate(name, compound, inside=inside, outside=outside, access=access)
        return district

    def result(self) -> CoverageResult:
        """Return a full measurement of the edited district, made of the answers at hand."""
        district, scenario = self.district, self._result.scenario
        row_of = {name: row for row, name in enumerate(district.layer("stations")["id"])}

        def reach_of(manner: Manner) -> dict[ServiceLevel, Reach]:
            found = {}
            for level in ServiceLevel:
                cost, nearest = self._reach(manner, level)
                rows = np.array([*(row_of[name] for name in self._state.of_level(level)), -1], np.int64)
                found[level] = Reach(cost.copy(), rows[nearest])
            return found

        return measured(district, scenario, place_doors(district, scenario), reach_of)

    # Edits

    def open_station(
        self,
        identifier: str,
        x: float,
        y: float,
        *,
        kind: str = "post",
        access: str = "public",
        replacing: bool = False,
        **columns: object,
    ) -> None:
        """Open a station, or put one that is there in another place or under other rules.

        Parameters
        ----------
        identifier
            Of a new station, or of one that is to change.
        x, y
            Where its door is, metres in the district's CRS.
        kind, access
            As in the stations layer.
        replacing
            Whether a station of this identifier may be there already, and changes.
        **columns
            Other columns of the stations layer, such as ``compound``, ``opening_hours`` or ``services``; those of
            a station that is there stay as they are where not given.

        Raises
        ------
        GeodataError
            If a value does not fit the layer, the place lies far off the district or the identifier is in use; all
            problems at once, and nothing has changed then.
        """
        known = self._known(identifier)
        _check_station(identifier, x, y, kind, access, columns, known, self._ids)
        self._check_place(identifier, shapely.Point(x, y), {**known, **columns}, taken=bool(known) and not replacing)
        point = shapely.Point(x, y)
        given = {"id": identifier, "kind": str(kind), "access": str(access), **columns, "geometry": point}
        row = {"name": identifier, "community": None, "opening_hours": None, **known, **given}
        places = {name: place for name, place in self._state.places.items() if name != identifier}
        if self._counts(str(kind), str(access), row.get("opening_hours")):
            places[identifier] = self._placed(point, str(kind), str(access), row.get("compound"))
        self._step(places=places, edited={**self._state.edited, identifier: row})

    def _check_place(self, identifier: str, point: shapely.Point, row: dict[str, object], *, taken: bool) -> None:
        """Refuse a station whose identifier is in use, or that stands where it cannot; GeodataError."""
        problems = [taken_identifier(identifier)] if taken else []
        west, south, east, north = self._bounds
        inside = west <= point.x <= east and south <= point.y <= north
        compound, community = row.get("compound"), row.get("community")
        if not inside or (isinstance(compound, str) and isinstance(community, str)):  # seldom, and a frame costs time
            one = pd.DataFrame([{"id": identifier, "compound": compound, "community": community, "geometry": point}])
            tables = self._result.district.tables
            problems += far_points("stations", one, self._bounds)
            problems += foreign_stations(one, tables.get("compounds"), tables.get("communities"))
        if problems:
            raise GeodataError(problems)

    def close_station(self, identifier: str) -> None:
        """Close a station down.

        Raises
        ------
        GeodataError
            If there is none of this identifier.
        """
        if identifier not in self._names() and not self._state.edited.get(identifier):
            raise GeodataError(Problem("stations", "there is no such station", identifier, "id"))
        places = {name: place for name, place in self._state.places.items() if name != identifier}
        self._step(places=places, edited={**self._state.edited, identifier: None})

    def set_gate(self, identifier: str, access: str, opening_hours: str | None = None) -> None:
        """Open a gate to others than now; see :meth:`workbench.ground.district.District.with_gate`.

        Raises
        ------
        GeodataError
            If there is no such gate in a wall, or nobody is called so.
        """
        if identifier not in self._gate_rows:
            raise GeodataError(
                Problem("gates", "there is no such gate in a wall", identifier, "id", "the id of a compound's gate")
            )
        _check_access(access, identifier, opening_hours)
        which = self._state.streets.openings.gate == self._gate_rows[identifier]
        streets = self._with_access(which, access_under(self._result.doors.streets.rule, access, opening_hours))
        gates = {**self._state.gates, identifier: (str(access), opening_hours)}
        self._step(gates=gates, streets=streets, searches={})

    def open_link(self, number: int, access: str = "members") -> None:
        """Break a new gate at one of the links.

        Raises
        ------
        GeodataError
            If there is no such link, or nobody is called so.
        """
        if self._links is None or not 0 <= number < len(self._links):
            raise GeodataError(Problem("links", "there is no such place for a gate", str(number)))
        _check_access(access, str(number))
        new = {**self._state.new_gates, number: str(access)}
        which = np.arange(len(self._state.streets.openings.nodes)) == self._first_link + number
        self._step(new_gates=new, streets=self._with_access(which, access), searches={})

    @property
    def now(self) -> object:
        """What stands now, with all that is known of it, for :meth:`back_to`."""
        return self._state

    def back_to(self, then: object) -> None:
        """Take up again what stood when :attr:`now` gave it; one edit more, that can be taken back."""
        assert isinstance(then, _State)
        self._past.append(self._state)
        self._state = then

    def undo(self) -> bool:
        """Take back the last edit, and tell whether there was one; the last :data:`MOST_STEPS` are remembered."""
        if not self._past:
            return False
        self._state = self._past.pop()
        return True

    def _step(self, **changes: Any) -> None:
        self._past.append(self._state)
        self._state = dataclasses.replace(self._state, reached={}, **changes)

    def _with_access(self, which: Flags, access: str) -> Streets:
        """Open some openings to others than now, unless a barrier at the same place keeps them out."""
        openings = self._state.streets.openings
        is_open = openings.open.copy()
        public = openings.public.copy()
        is_open[which] = (access != Access.CLOSED) & ~openings.barred[which]
        public[which] = (access == Access.PUBLIC) & ~openings.barred[which] & ~openings.guarded[which]
        return self._state.streets.with_openings(dataclasses.replace(openings, open=is_open, public=public))

    def _manner(self, mode: Mode, group: str | None) -> Manner:
        if mode is Mode.STRAIGHT_LINE:
            raise ValueError("a straight line is no walk: ask for compliance or experience")
        if mode is Mode.COMPLIANCE:
            return METRES
        return self._result.manners[group] if group else self._result.default_manner

    def _link(self, number: int) -> tuple[str, int, int]:
        """Compound, and nodes of the ways layer outside and inside, of one link."""
        assert self._links is not None
        outside, inside = self._doors.streets.node[self._links.nodes[number]]
        return str(self._links.compound[number]), int(outside), int(inside)

    def _placed(self, point: shapely.Point, kind: str, access: str, compound: object) -> _Place:
        """Join one station to the network."""
        streets = self._doors.streets
        if not isinstance(compound, str):
            names, tree = self._walled
            compound = min((names[i] for i in tree.query(point, predicate="within")), default=None)
        home = str(compound)
        zone = np.array([streets.zone_of_compound.get(home, OPEN_GROUND)])
        at = snap(streets, np.array([point], object), zone, self._snap_limit)
        return _Place.of(streets, LEVEL_OF_KIND[kind], at, 0, access == Access.PUBLIC, self._numbers.get(home, -1))

    def _counts(self, kind: str, access: str, hours: object) -> bool:
        """Tell whether such a station counts at the hour of the clock; one that says nothing of its hours does."""
        if access == Access.CLOSED or not isinstance(hours, str):
            return access != Access.CLOSED
        level = LEVEL_OF_KIND[kind]
        if (hours, level) not in self._counted:
            row = {"opening_hours": [hours], "access": [access], "level": [str(level)]}
            self._counted[hours, level] = bool(counts_at_clock(pd.DataFrame(row), self._result.scenario)[0])
        return self._counted[hours, level]

    def _names(self) -> set[str]:
        """Return the identifiers of the ledger's stations that no edit has changed."""
        return self._ledger_row.keys() - self._state.edited.keys()

    def _known(self, identifier: str) -> dict[str, object]:
        """Columns of a station as they stand."""
        if identifier in self._state.edited:
            return dict(self._state.edited[identifier] or {})
        if identifier not in self._names():
            return {}
        rows = self._result.district.tables["stations"]
        return {str(k): v for k, v in rows.iloc[self._ledger_row[identifier]].items() if v is not None}
