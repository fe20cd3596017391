"""What if? Stations and gates edited one by one, with coverage that follows the hand.

The answers are those of :func:`workbench.coverage.assess_coverage` on the edited district, to the last bit, and cost
microseconds where that costs half a second: one station claims what it should own, or gives it up.
"""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from workbench.coverage.costs import SECONDS_A_MINUTE
from workbench.coverage.doors import place_doors
from workbench.coverage.gate_links import GateLinks
from workbench.coverage.longer_hours import counts_at_clock
from workbench.coverage.measure import measured
from workbench.coverage.quantities import within
from workbench.coverage.result import CoverageResult, Reach
from workbench.coverage.standing import NOBODY, Place, Points, Standing
from workbench.coverage.trial import (
    GAP,
    Difference,
    State,
    check_access,
    check_station,
    new_key,
    place_of,
    with_links,
    zones_behind,
)
from workbench.district import District, taken_identifier
from workbench.errors import GeodataError, Problem
from workbench.network.streets import OPEN_GROUND, PUBLIC, access_under, snap
from workbench.network.walking import METRES, Manner
from workbench.tables.relations import far_points, foreign_stations
from workbench.terms import LEVEL_OF_KIND, Access, Mode, ServiceLevel

Floats = npt.NDArray[np.float64]


class WhatIf:
    """A measured district in which stations and gates can be tried out.

    Parameters
    ----------
    result
        The measurement to start from; it is not changed.
    links
        Places where a new gate may be tried, from :func:`workbench.coverage.gate_links.gate_links`.

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
        """Open a gate to others than now; see :meth:`workbench.district.District.with_gate`.

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
