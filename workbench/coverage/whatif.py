"""What if? Stations and gates edited one by one, with coverage that follows the hand.

The answers are those of :func:`workbench.coverage.assess_coverage` on the edited district, to the last bit, and cost
microseconds where that costs half a second: one station claims what it should own, or gives it up.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from numbers import Real

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.arrays import Floats, Ints
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
from workbench.coverage.doors import SECONDS_A_MINUTE, Doors, place_doors, within
from workbench.coverage.gate_trials import GateLinks
from workbench.coverage.measure import CoverageResult, Reach, measured
from workbench.coverage.timetable import counts_at_clock
from workbench.errors import GeodataError, Problem
from workbench.ground.district import District, taken_identifier
from workbench.hours import EXAMPLE, hours_problems, parses
from workbench.network.kernel import compiled
from workbench.network.live import LiveNearest
from workbench.network.streets import OPEN_GROUND, PUBLIC, Openings, access_under, snap
from workbench.network.walking import METRES, Manner, Walks

# ----------------------------------------------------------------------------------------------------------------------
# The nearest station of every demand point in one manner of walking, kept true under edits.


NOBODY = np.iinfo(np.int64).max
"""Stands for no station while stations are compared by key."""

Pairs = tuple[Ints, Floats]
"""Demand points and costs of walks that the network search does not see."""


@dataclass(frozen=True)
class Place:
    """A station as the network sees it.

    Attributes
    ----------
    key
        Decides ties, the lowest first.
    level
        Full or lite.
    edge, along_m, leg_m
        Where its door opens; an edge of −1 is off the network.
    public
        Whether it serves everybody.
    compound
        Number of the compound it stands in, −1 for none.
    """

    key: int
    level: ServiceLevel
    edge: int
    along_m: float
    leg_m: float
    public: bool
    compound: int


@dataclass(frozen=True, eq=False)
class Points:
    """Demand points by the nodes and edges at which their doors open.

    Attributes
    ----------
    node
        Nodes at both ends of each point's edge, shape (k, 2).
    first, point
        Points by node: those of node n are ``point[first[n]:first[n + 1]]``.
    on_edge
        Points by edge.
    """

    node: Ints
    first: Ints
    point: Ints
    on_edge: Mapping[int, Ints]

    @classmethod
    def of(cls, doors: Doors) -> Points:
        """Index the demand points of a district."""
        snap, n = doors.demand, doors.streets.n_nodes
        joined = np.flatnonzero(snap.joined)
        node = doors.streets.edges[np.where(snap.joined, snap.edge, 0)]
        ends, owner = node[joined].ravel(), np.repeat(joined, 2)
        order = np.argsort(ends, kind="stable")
        first = np.zeros(n + 1, np.int64)
        np.cumsum(np.bincount(ends, minlength=n), out=first[1:])
        by_edge = joined[np.argsort(snap.edge[joined], kind="stable")]
        edges, begin = np.unique(snap.edge[by_edge], return_index=True)
        parts = np.split(by_edge, begin[1:]) if len(edges) else []
        return cls(node, first, owner[order], {int(e): part for e, part in zip(edges, parts, strict=True)})


@compiled
def _settle(
    touched: Ints,
    first: Ints,
    point: Ints,
    node: Ints,
    leg: Floats,
    distance: Floats,
    index: Ints,
    extra: Floats,
    extra_key: Ints,
    cost: Floats,
    key: Ints,
) -> None:
    """Compute anew the answer of every point at a touched node: cheapest walk, of equal ones the lowest key."""
    for here in touched:
        for place in range(first[here], first[here + 1]):
            p = point[place]
            best, who = extra[p], extra_key[p]
            for end in range(2):
                at = node[p, end]
                walk = distance[at] + leg[p, end]
                if walk < best or (walk == best and np.isfinite(walk) and index[at] < who):
                    best, who = walk, index[at]
            cost[p] = best
            key[p] = who


@dataclass(eq=False)
class _Frame:
    """How things stood before one edit: what :meth:`Standing.undo` goes back to."""

    marks: dict[ServiceLevel, int]
    starts: dict[tuple[ServiceLevel, int], tuple[Ints, Floats] | None] = field(default_factory=dict)
    pairs: dict[tuple[ServiceLevel, int], Pairs | None] = field(default_factory=dict)
    passages: dict[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(eq=False)
class Answer:
    """Cost and key of the nearest station of every demand point, for one level of service."""

    live: LiveNearest
    points: Points
    leg: Floats
    pairs: dict[int, Pairs] = field(default_factory=dict)
    _at: dict[int, dict[int, float]] = field(default_factory=dict, init=False)
    extra: Floats = field(init=False)
    extra_key: Ints = field(init=False)
    cost: Floats = field(init=False)
    key: Ints = field(init=False)

    def __post_init__(self) -> None:
        k = len(self.leg)
        self.extra, self.extra_key = np.full(k, np.inf), np.full(k, NOBODY)
        self.cost, self.key = np.full(k, np.inf), np.full(k, NOBODY)

    def settle_all(self) -> None:
        """Compute every point's answer."""
        for key, (point, cost) in self.pairs.items():
            for p, walk in zip(point.tolist(), cost.tolist(), strict=True):
                self._at.setdefault(p, {})[key] = walk
        self._weigh(np.array(sorted(self._at), np.int64))
        self.settle(np.unique(self.points.node))

    def exchange(self, key: int, pairs: Pairs | None) -> None:
        """Replace the walks that the search does not see of one station; None if it is to have none."""
        old = self.pairs.pop(key, None)
        changed = []
        if old is not None:
            changed.append(old[0])
            for p in old[0].tolist():
                del self._at[p][key]
        if pairs is not None and len(pairs[0]):
            self.pairs[key] = pairs
            changed.append(pairs[0])
            for p, walk in zip(pairs[0].tolist(), pairs[1].tolist(), strict=True):
                self._at.setdefault(p, {})[key] = walk
        if changed:
            points = np.concatenate(changed)
            self._weigh(points)
            self.settle(self.points.node[points].ravel())

    def _weigh(self, points: Ints) -> None:
        """Compute anew the cheapest walk that the search does not see, of equal ones that of the lowest key."""
        for p in points.tolist():
            known = self._at.get(p)
            self.extra[p], self.extra_key[p] = min(
                ((walk, key) for key, walk in known.items()) if known else (), default=(np.inf, NOBODY)
            )

    def settle(self, touched: Ints) -> None:
        """Compute anew the answers of the points at these nodes."""
        if len(touched):
            points, live = self.points, self.live
            _settle(
                touched, points.first, points.point, points.node, self.leg, live.distance, live.index,
                self.extra, self.extra_key, self.cost, self.key,
            )  # fmt: skip


class Standing:
    """All answers of one manner of walking.

    Parameters
    ----------
    doors
        Demand points and stations; its openings may include closed ones to be opened.
    walks
        The network in this manner.
    points
        The demand points, indexed.
    """

    def __init__(self, doors: Doors, walks: Walks, points: Points) -> None:
        self._doors, self._points, self.walks = doors, points, walks
        streets = doors.streets
        edges, gates = len(streets.edges), len(streets.openings.nodes)
        self._inward = edges
        self._outward = edges + gates
        demand = doors.demand
        _, leg = walks.ends(demand)
        network, way_out = walks.network, walks.way_out
        ways_in = np.arange(gates) + self._inward
        self._out = LiveNearest(way_out, np.arange(gates) + self._outward, walks.lengths_out)
        self._through = walks.lengths_out[self._outward :].copy()
        self._frames: list[_Frame] = []
        self.answers: dict[ServiceLevel, Answer] = {}
        for level in ServiceLevel:
            self.answers[level] = Answer(LiveNearest(network, ways_in, walks.lengths), points, leg)

    def admit_all(self, stations: Collection[Place]) -> None:
        """Let all stations in at once, before any other."""
        starts = {s.key: self.starts(s) for s in stations if s.public}
        pairs = {s.key: self.pairs(s) for s in stations}
        for level, answer in self.answers.items():
            chosen = [s for s in stations if level in (s.level, ServiceLevel.ANY)]
            answer.live.begin({s.key: starts[s.key] for s in chosen if s.public})
            answer.pairs = {s.key: pairs[s.key] for s in chosen if len(pairs[s.key][0])}
            answer.settle_all()

    def starts(self, station: Place) -> tuple[Ints, Floats]:
        """Return where the search from a station starts: nodes and costs."""
        if station.edge < 0 or not self.walks.usable[station.edge]:
            return np.empty(0, np.int64), np.empty(0)
        streets, pace = self.walks.streets, self.walks.manner.pace_m_s
        length, along = float(streets.length_m[station.edge]), station.along_m
        rate = float(self.walks.cost[station.edge]) / length
        leg = station.leg_m / pace
        node = streets.edges[station.edge]
        cost = np.array([leg + along * rate, leg + (length - along) * rate])
        if not station.public or streets.zone[station.edge] == PUBLIC:
            return node, cost
        reached, walk = self._out.reach(node, cost)
        inside = np.full(streets.n_nodes, np.inf)
        inside[reached] = walk
        openings = streets.openings.nodes
        exit_cost = inside[openings[:, 1]] + self._through
        out = np.flatnonzero(np.isfinite(exit_cost))
        return np.concatenate([node, openings[out, 0]]), np.concatenate([cost, exit_cost[out]])

    def pairs(self, station: Place) -> Pairs:
        """Return the walks that the search does not see: along one edge, or to members only."""
        own = self._points.on_edge.get(station.edge, np.empty(0, np.int64))
        demand, walks = self._doors.demand, self.walks
        if station.edge < 0 or not walks.usable[station.edge]:
            return np.empty(0, np.int64), np.empty(0)
        rate = walks.cost[station.edge] / walks.streets.length_m[station.edge]
        legs = (demand.leg_m[own] + station.leg_m) / walks.manner.pace_m_s
        direct = legs + np.abs(demand.along_m[own] - station.along_m) * rate
        if station.public:
            return own, direct
        return self._members(station, own, direct)

    def _members(self, station: Place, own: Ints, direct: Floats) -> Pairs:
        """Return the walks to a station that serves the members of its compound only."""
        answer = self.answers[ServiceLevel.ANY]
        reached, walk = answer.live.reach(*self.starts(station))
        cost = np.full(self.walks.streets.n_nodes, np.inf)
        cost[reached] = walk
        member = np.flatnonzero((self._doors.audience.home == station.compound) & (station.compound >= 0))
        best = (cost[self._points.node[member]] + answer.leg[member]).min(axis=1, initial=np.inf)
        whole = np.full(len(self._doors.demand), np.inf)
        whole[member] = best
        whole[own] = np.minimum(whole[own], np.where(np.isin(own, member), direct, np.inf))
        point = np.flatnonzero(np.isfinite(whole))
        return point, whole[point]

    def begin(self) -> None:
        """Begin an edit, that can be undone as a whole."""
        self._frames.append(_Frame({level: answer.live.mark for level, answer in self.answers.items()}))

    @property
    def edits(self) -> int:
        """How many edits can be undone."""
        return len(self._frames)

    def undo(self) -> None:
        """Go back to before the last edit."""
        frame = self._frames.pop()
        for gate, (inward, outward) in frame.passages.items():
            self._out.restore(openings={self._outward + gate: outward})
            self._through[gate] = outward
            for answer in self.answers.values():
                answer.live.restore(openings={self._inward + gate: inward})
        for level, answer in self.answers.items():
            touched = answer.live.undo(frame.marks[level])
            answer.live.restore({key: old for (of, key), old in frame.starts.items() if of is level})
            for (of, key), old in frame.pairs.items():
                if of is level:
                    answer.exchange(key, old)
            answer.settle(touched)

    def lay(self, gate: int, inward: float, outward: float) -> None:
        """Open or close one opening: seconds or metres it takes residents out and visitors in."""
        edge = self._inward + gate
        was = self.answers[ServiceLevel.ANY].live.length(edge)
        if self._frames:
            self._frames[-1].passages.setdefault(gate, (was, float(self._through[gate])))
        self._out.restore(openings={self._outward + gate: outward})
        self._through[gate] = outward
        if was == inward:
            return
        for answer in self.answers.values():
            if np.isfinite(was):
                answer.settle(answer.live.shut(edge))
            if np.isfinite(inward):
                answer.settle(answer.live.open(edge, inward))

    def restart(self, station: Place) -> None:
        """Let a station begin anew where its way out has changed."""
        starts = self.starts(station)
        before = self.answers[station.level].live.starts(station.key)
        if all(np.array_equal(old, new) for old, new in zip(before, starts, strict=True)):
            return
        for level in (station.level, ServiceLevel.ANY):
            self._leave(level, station.key)
            self._enter(level, station.key, starts)

    def revise(self, station: Place) -> None:
        """Compute anew the walks to a station for members only, after gates have changed."""
        pairs = self.pairs(station)
        for level in (station.level, ServiceLevel.ANY):
            self._lay_pairs(level, station.key, pairs)

    def dismiss(self, station: Place) -> None:
        """Take a station out."""
        for level in (station.level, ServiceLevel.ANY):
            if station.public:
                self._leave(level, station.key)
            self._lay_pairs(level, station.key, None)

    def admit(self, station: Place) -> None:
        """Let a station in."""
        starts, pairs = self.starts(station), self.pairs(station)
        for level in (station.level, ServiceLevel.ANY):
            if station.public:
                self._enter(level, station.key, starts)
            self._lay_pairs(level, station.key, pairs)

    def _enter(self, level: ServiceLevel, key: int, starts: tuple[Ints, Floats]) -> None:
        answer = self.answers[level]
        if self._frames:
            self._frames[-1].starts.setdefault((level, key), None)
        answer.settle(answer.live.add(key, *starts))

    def _leave(self, level: ServiceLevel, key: int) -> None:
        answer = self.answers[level]
        if self._frames:
            self._frames[-1].starts.setdefault((level, key), answer.live.starts(key))
        answer.settle(answer.live.remove(key))

    def _lay_pairs(self, level: ServiceLevel, key: int, pairs: Pairs | None) -> None:
        answer = self.answers[level]
        if self._frames:
            self._frames[-1].pairs.setdefault((level, key), answer.pairs.get(key))
        answer.exchange(key, pairs)


# ----------------------------------------------------------------------------------------------------------------------
# What is being tried out: the state of a what-if, and what may go into it.


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
    Every manner of walking is kept alive from the first time it is asked for, and brought up to date when it is
    asked for again: who only looks at compliance does not wait for the groups.
    """

    def __init__(self, result: CoverageResult, links: GateLinks | None = None) -> None:
        self._result, self._links = result, links
        self._doors, self._first_link = with_links(result.ground, links)
        self._points = Points.of(self._doors)
        self._standings: dict[Manner, tuple[Standing, list[tuple[Difference, State]]]] = {}
        names = result.district.layer("stations")["id"]
        self._ledger_names = frozenset(names)
        self._ledger_row = {name: row for row, name in enumerate(names)}
        places = {
            str(names.iloc[row]): place_of(self._doors, position, GAP * (int(row) + 1))
            for position, row in enumerate(result.station_rows)
        }
        self._state = State(places, {}, {}, {})
        self._past: list[State] = []
        gates = result.district.gates
        self._ledger = {
            name: (row, access, hours)
            for row, (name, compound, access, hours) in enumerate(
                zip(gates["id"], gates["compound"], gates["access"], gates["opening_hours"], strict=True)
            )
            if isinstance(compound, str)
        }
        self._gate_of_row = {row: name for name, (row, _, _) in self._ledger.items()}
        self._rule = result.ground.streets.rule
        self._snap_limit = result.scenario.standard(result.scenario.walking.snap_limit)
        self._bounds = tuple(result.district.ways.total_bounds)
        compounds = result.district.compounds
        self._numbers = {name: place for place, name in enumerate(sorted(compounds["id"]))}
        tables = ("communities", "compounds")
        self._ids = {name: frozenset(result.district.layer(name)["id"]) for name in tables if result.district.has(name)}
        walled = compounds[compounds["enclosed"].astype(bool)]
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
        cost = self._standing(self._manner(mode, group)).answers[level].cost
        return cost / SECONDS_A_MINUTE if mode is Mode.EXPERIENCE else cost.copy()

    def covered_residents(self, mode: Mode, level: ServiceLevel = ServiceLevel.ANY) -> float:
        """Return how many residents are covered, each group of the population at its own pace in experience."""
        limit, populace = self._result.limit(mode), self._result.populace
        if mode is not Mode.EXPERIENCE:
            return float(populace.residents @ within(self.walks(mode, level=level), limit))
        return sum(
            float(populace.weight[name] @ within(self.walks(mode, name, level), limit)) for name in populace.whole
        )

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
        by_key = sorted((place.key, row_of[name]) for name, place in self._state.places.items())
        keys, rows = (np.array([pair[part] for pair in by_key], np.int64) for part in (0, 1))

        def reach_of(manner: Manner) -> dict[ServiceLevel, Reach]:
            found = {}
            for level, answer in self._standing(manner).answers.items():
                near = answer.key != NOBODY
                station = np.full(len(near), -1, np.int64)
                station[near] = rows[np.searchsorted(keys, answer.key[near])]
                found[level] = Reach(answer.cost.copy(), station)
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
        check_station(identifier, x, y, kind, access, columns, known, self._ids)
        self._check_place(identifier, shapely.Point(x, y), {**known, **columns}, taken=bool(known) and not replacing)
        point = shapely.Point(x, y)
        given = {"id": identifier, "kind": str(kind), "access": str(access), **columns, "geometry": point}
        row = {"name": identifier, "community": None, "opening_hours": None, **known, **given}
        before = self._state.places.get(identifier)
        places = {name: place for name, place in self._state.places.items() if name != identifier}
        if self._counts(str(kind), str(access), row.get("opening_hours")):
            key = before.key if before else new_key(self._state.places, identifier)
            places[identifier] = self._placed(point, str(kind), str(access), row.get("compound"), key)
        self._step(dataclasses.replace(self._state, places=places, edited={**self._state.edited, identifier: row}))

    def _check_place(self, identifier: str, point: shapely.Point, row: dict[str, object], *, taken: bool) -> None:
        """Refuse a station whose identifier is in use, or that stands where it cannot; GeodataError."""
        named = {"id": [identifier], "compound": [row.get("compound")], "community": [row.get("community")]}
        one, tables = gpd.GeoDataFrame(named, geometry=[point]), self._result.district.tables
        problems = [taken_identifier(identifier)] if taken else []
        problems += far_points("stations", one, self._bounds)
        if isinstance(row.get("compound"), str):
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
        self._step(dataclasses.replace(self._state, places=places, edited={**self._state.edited, identifier: None}))

    def set_gate(self, identifier: str, access: str, opening_hours: str | None = None) -> None:
        """Open a gate to others than now; see :meth:`workbench.ground.district.District.with_gate`.

        Raises
        ------
        GeodataError
            If there is no such gate in a wall, or nobody is called so.
        """
        if identifier not in self._ledger:
            raise GeodataError(
                Problem("gates", "there is no such gate in a wall", identifier, "id", "the id of a compound's gate")
            )
        check_access(access, identifier, opening_hours)
        gates = {**self._state.gates, identifier: (str(access), opening_hours)}
        self._step(dataclasses.replace(self._state, gates=gates))

    def open_link(self, number: int, access: str = "members") -> None:
        """Break a new gate at one of the links.

        Raises
        ------
        GeodataError
            If there is no such link, or nobody is called so.
        """
        if self._links is None or not 0 <= number < len(self._links):
            raise GeodataError(Problem("links", "there is no such place for a gate", str(number)))
        check_access(access, str(number))
        new = {**self._state.new_gates, number: str(access)}
        self._step(dataclasses.replace(self._state, new_gates=new))

    def undo(self) -> bool:
        """Take back the last edit, and tell whether there was one."""
        if not self._past:
            return False
        before = self._past.pop()
        for standing, waiting in self._standings.values():
            if waiting:
                waiting.pop()
            elif standing.edits:
                standing.undo()
            else:  # made after the edit: it goes back step by step
                self._transfer(standing, self._difference(self._state, before), before)
        self._state = before
        return True

    # How edits travel

    def _step(self, state: State) -> None:
        difference = self._difference(self._state, state)
        for _, waiting in self._standings.values():
            waiting.append((difference, state))
        self._past.append(self._state)
        self._state = state

    def _difference(self, before: State, after: State) -> Difference:
        gates = self._changed_gates(before, after)
        names = {name for name, place in before.places.items() if after.places.get(name) is not place}
        names |= {name for name, place in after.places.items() if before.places.get(name) is not place}
        changed = sorted(names)
        stay = [after.places[name] for name in sorted(after.places) if name not in names] if gates else []
        lets_in = [g for g in gates if self._passage(g, before, METRES)[1] != self._passage(g, after, METRES)[1]]
        zones = zones_behind(self._doors, lets_in)
        return Difference(
            gates,
            [before.places[name] for name in changed if name in before.places],
            [after.places[name] for name in changed if name in after.places],
            [place for place in stay if place.public and self._zone(place) in zones],
            [place for place in stay if not place.public and not self._inside_wall(place)],
        )

    def _transfer(self, standing: Standing, difference: Difference, after: State) -> None:
        """Bring the answers of one manner from one state to another."""
        for place in difference.leaving:
            standing.dismiss(place)
        for gate in difference.gates:
            standing.lay(gate, *self._passage(gate, after, standing.walks.manner))
        for place in difference.restarting:
            standing.restart(place)
        for place in difference.coming:
            standing.admit(place)
        for place in difference.members:
            standing.revise(place)

    def _standing(self, manner: Manner) -> Standing:
        """Return the answers of one manner, with all edits in them that were waiting for it to be asked."""
        if manner not in self._standings:
            made = Standing(self._doors, self._doors.walks(manner), self._points)
            for gate in self._changed_gates(State({}, {}, {}, {}), self._state):
                made.lay(gate, *self._passage(gate, self._state, manner))
            made.admit_all(self._state.places.values())
            self._standings[manner] = made, []
        standing, waiting = self._standings[manner]
        for difference, state in waiting:
            standing.begin()
            self._transfer(standing, difference, state)
        waiting.clear()
        return standing

    def _manner(self, mode: Mode, group: str | None) -> Manner:
        if mode is Mode.STRAIGHT_LINE:
            raise ValueError("a straight line is no walk: ask for compliance or experience")
        if mode is Mode.COMPLIANCE:
            return METRES
        return self._result.manners[group] if group else self._result.default_manner

    def _zone(self, place: Place) -> int:
        return int(self._doors.streets.zone[place.edge]) if place.edge >= 0 else PUBLIC

    def _inside_wall(self, place: Place) -> bool:
        return 0 <= self._zone(place) < len(self._doors.streets.zone_of_compound)

    def _changed_gates(self, before: State, after: State) -> list[int]:
        """Return the openings whose passage differs between two states."""
        names = sorted(set(before.gates) | set(after.gates))
        rows = [self._ledger[name][0] for name in names if before.gates.get(name) != after.gates.get(name)]
        own = self._doors.streets.openings.gate[: self._first_link]
        found = [int(gate) for row in rows for gate in np.flatnonzero(own == row)]
        links = sorted(set(before.new_gates) | set(after.new_gates))
        return found + [self._first_link + n for n in links if before.new_gates.get(n) != after.new_gates.get(n)]

    def _passage(self, gate: int, state: State, manner: Manner) -> tuple[float, float]:
        """Return what it costs residents to come out through an opening, and visitors to come in."""
        openings = self._doors.streets.openings
        if gate >= self._first_link and self._links is not None:
            access = state.new_gates.get(gate - self._first_link, str(Access.CLOSED))
            length = float(self._links.length_m[gate - self._first_link]) / manner.pace_m_s
        else:
            name = self._gate_of_row[int(openings.gate[gate])]
            _, *ledger = self._ledger[name]
            access, length = access_under(self._rule, *state.gates.get(name, ledger)), 0.0
        inward = length if access != Access.CLOSED and not openings.barred[gate] else np.inf
        to_all = access == Access.PUBLIC and not openings.barred[gate] and not openings.guarded[gate]
        return inward, length if to_all else np.inf

    def _link(self, number: int) -> tuple[str, int, int]:
        """Compound, and nodes of the ways layer outside and inside, of one link."""
        assert self._links is not None
        outside, inside = self._doors.streets.node[self._links.nodes[number]]
        return str(self._links.compound[number]), int(outside), int(inside)

    def _placed(self, point: shapely.Point, kind: str, access: str, compound: object, key: int) -> Place:
        """Join one station to the network."""
        streets = self._doors.streets
        if not isinstance(compound, str):
            names, tree = self._walled
            compound = min((names[i] for i in tree.query(point, predicate="within")), default=None)
        zone = streets.zone_of_compound.get(compound, OPEN_GROUND) if isinstance(compound, str) else OPEN_GROUND
        found = snap(streets, np.array([point], object), np.array([zone]), self._snap_limit)
        number = self._numbers.get(compound, -1) if isinstance(compound, str) else -1
        at = int(found.edge[0]), float(found.along_m[0]), float(found.leg_m[0])
        return Place(key, LEVEL_OF_KIND[kind], *at, access == Access.PUBLIC, number)

    def _counts(self, kind: str, access: str, hours: object) -> bool:
        """Tell whether such a station counts at the hour of the clock; one that says nothing of its hours does."""
        if access == Access.CLOSED or not isinstance(hours, str):
            return access != Access.CLOSED
        row = {"opening_hours": [hours], "access": [access], "level": [str(LEVEL_OF_KIND[kind])]}
        return bool(counts_at_clock(pd.DataFrame(row), self._result.scenario)[0])

    def _names(self) -> frozenset[str]:
        """Return the identifiers of the ledger's stations that no edit has changed."""
        return self._ledger_names - self._state.edited.keys()

    def _known(self, identifier: str) -> dict[str, object]:
        """Columns of a station as they stand."""
        if identifier in self._state.edited:
            return dict(self._state.edited[identifier] or {})
        if identifier not in self._names():
            return {}
        rows = self._result.district.tables["stations"]
        return {str(k): v for k, v in rows.iloc[self._ledger_row[identifier]].items() if v is not None}
