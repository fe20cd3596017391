"""The search for a better assignment of activities to centres, from everything at home, never to a worse one.

Each step moves what is not served to where it would be, or what keeps a room open to where rooms are open anyway
(:mod:`workbench.rooms.linking.search`). The centres that a step touches are planned anew, each in its stages, and the
step stands only if the district is strictly better in the order of the stages.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.arrays import Flags, Floats, Ints
from workbench.catalogue.functions import Catalogue
from workbench.errors import Problem, unknown
from workbench.progress import Tell, silent
from workbench.rooms.check import opened, possible_sessions, unserved
from workbench.rooms.ground import guest_choices, hosting, published_sessions
from workbench.rooms.model import Row, stacked
from workbench.rooms.problem import (
    DAY_CELLS,
    DAYS,
    LOUD,
    PRIORITIES,
    WEEK_CELLS,
    Activity,
    Centre,
    Choices,
    RoomsError,
    Session,
    Timetable,
    choices,
    days_between,
)
from workbench.rooms.stages import CentrePlan, plan_centre
from workbench.scenario import Scenario
from workbench.scenario.rooms import Linking
from workbench.solving import Interrupt, LinearProgram, solve_mip

# ----------------------------------------------------------------------------------------------------------------------
# What of a centre's week is free beside its timetable: a quick test before anything is planned anew.
#
# Who fits into the gaps surely finds a place; who does not may still find one when the centre is planned anew. Rooms
# that are shared count as taken.


class Gaps:
    """The free cells of a centre's rooms, into which activities are put one after the other.

    Parameters
    ----------
    centre
        The centre.
    timetable
        What takes place.
    rooms
        Positions of the rooms that may be used.
    """

    def __init__(self, centre: Centre, timetable: Timetable, rooms: Collection[int]) -> None:
        self.centre, self._rooms = centre, frozenset(rooms)
        shape = len(centre.rooms), WEEK_CELLS
        self._taken, self._loud, self._still = (np.zeros(shape, np.int64) for _ in range(3))
        self._held: dict[str, Ints] = {}
        self._beside: dict[int, list[int]] = {}
        for one, other in centre.walls:
            self._beside.setdefault(one, []).append(other)
            self._beside.setdefault(other, []).append(one)
        for session in timetable.sessions:
            self._mark(centre.activities[session.activity], session, 1)

    def _mark(self, asked: Activity, session: Session, by: int) -> None:
        cells = list(asked.occupied(session.start))
        rooms = list(self.centre.places[session.place])
        at = np.ix_(rooms, [cell for cell in cells if 0 <= cell < WEEK_CELLS])
        self._taken[at] += by
        self._loud[at] += by if asked.noise == LOUD else 0
        self._still[at] += by if asked.wants_quiet else 0
        if asked.organiser:
            self._held.setdefault(asked.organiser, np.zeros(WEEK_CELLS, np.int64))[at[1][0]] += by

    def take_out(self, asked: Activity, sessions: Iterable[Session]) -> None:
        """Free the cells of some sessions of an activity."""
        for session in sessions:
            self._mark(asked, session, -1)

    def put_in(self, asked: Activity, made: Choices, wanted: int) -> list[Session]:
        """Put sessions of an activity into the gaps, the earliest first, and take their cells.

        Parameters
        ----------
        asked
            The activity.
        made
            All its sessions that could be, as those of a centre that has no other activity.
        wanted
            How many are wanted.

        Returns
        -------
        list of Session
            Those that found a place; their activity is 0.
        """
        found: list[Session] = []
        for i in np.lexsort((made.place, made.begins, made.ends)).tolist():
            if len(found) == wanted:
                break
            session = Session(0, int(made.start[i]), int(made.place[i]))
            if _apart(asked, session, found) and self._free(asked, session):
                found.append(session)
                self._mark(asked, session, 1)
        return found

    def _free(self, asked: Activity, session: Session) -> bool:
        rooms = self.centre.places[session.place]
        span = asked.occupied(session.start)
        cells = slice(max(span.start, 0), min(span.stop, WEEK_CELLS))
        if not self._rooms.issuperset(rooms) or self._taken[list(rooms), cells].any():
            return False
        if asked.organiser in self._held and self._held[asked.organiser][cells].any():
            return False
        beside = [q for r in rooms for q in self._beside.get(r, ())]
        noisy = asked.wants_quiet and self._loud[beside, cells].any()
        return not (noisy or (asked.noise == LOUD and self._still[beside, cells].any()))


def _apart(asked: Activity, session: Session, others: Iterable[Session]) -> bool:
    """Tell whether a session keeps its distance from others of its activity."""
    day, span = session.start // DAY_CELLS, asked.occupied(session.start)
    for other in others:
        held = asked.occupied(other.start)
        if days_between(day, other.start // DAY_CELLS) < asked.days_apart:
            return False
        if span.start < held.stop and held.start < span.stop:
            return False
    return True


def usable_rooms(centre: Centre, timetable: Timetable) -> Flags:
    """Return which rooms are no offices, or are given over; shape (rooms,)."""
    return np.array([not room.office or r in timetable.given for r, room in enumerate(centre.rooms)], bool)


# ----------------------------------------------------------------------------------------------------------------------
# What may move between centres, where to, and what each centre is then asked for.


COLUMNS = ("from", "to", "group", "minutes")
"""Columns of a table of walks that are needed."""
ROUNDING_MIN = 1e-6
"""Minutes by which a walk may exceed its limit: the rounding of sums, no more."""
Assignment = tuple[str, ...]
"""Station of each unit."""
Walk = tuple[str, str, str]
"""From, to, group."""


@dataclass(frozen=True, eq=False)
class Unit:
    """Activities of one centre that move together or not at all.

    Parameters
    ----------
    activities
        Their identifiers, ascending.
    home
        Station at which they are asked for.
    reach
        Stations to which they may go, the nearest first, and the longest walk of one of their groups, minutes.
    """

    activities: tuple[str, ...]
    home: str
    reach: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Links:
    """The centres, and what may move between them.

    Parameters
    ----------
    centres
        By identifier of the station; those without a timetable take no part and are not among them.
    units
        Those that may move somewhere.
    options
        Sessions that each activity could have at each station where it may take place, as if it were alone.
    organisers
        What becomes of organisers, as in the scenario.
    """

    centres: Mapping[str, Centre]
    units: tuple[Unit, ...]
    options: Mapping[tuple[str, str], Choices]
    organisers: str
    _possible: dict[tuple[str, str], int] = field(init=False, repr=False)
    _made: dict[tuple[str, frozenset[int]], Centre] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        most = {key: possible_sessions(made)[0] for key, made in self.options.items()}
        object.__setattr__(self, "_possible", most)

    @property
    def home(self) -> Assignment:
        """Everything where it is asked for."""
        return tuple(unit.home for unit in self.units)

    def activity(self, station: str, identifier: str) -> Activity:
        """Return an activity of a centre as it is asked for there."""
        return next(a for a in self.centres[station].activities if a.id == identifier)

    def guests(self, unit: Unit) -> list[Activity]:
        """Return the activities of a unit as another centre has them."""
        own = [self.activity(unit.home, name) for name in unit.activities]
        return [replace(a, organiser="") for a in own] if self.organisers == "local" else own

    def there(self, station: str, assignment: Assignment) -> frozenset[int]:
        """Return which units of its own a station has given up, and which of others it has taken in."""
        pairs = enumerate(zip(self.units, assignment, strict=True))
        return frozenset(n for n, (unit, at) in pairs if (at == station) != (unit.home == station))

    def centre(self, station: str, assignment: Assignment) -> Centre:
        """Return what a centre is asked for under an assignment."""
        key = station, self.there(station, assignment)
        if key not in self._made:
            gone = [self.units[n] for n in key[1] if self.units[n].home == station]
            come = [self.units[n] for n in sorted(key[1]) if self.units[n].home != station]
            own = self.centres[station]
            published = sum(published_sessions(self.centres[u.home], a) for u in come for a in u.activities)
            without = {name for unit in gone for name in unit.activities}
            more = [guest for unit in come for guest in self.guests(unit)]
            made = hosting(own, without=without, more=more, published=published) if key[1] else own
            self._made[key] = made
        return self._made[key]

    def possible(self, activity: str, station: str) -> int:
        """Return how many sessions an activity could have at a station if it were alone there."""
        return self._possible[activity, station]

    def parts(self) -> list[tuple[str, ...]]:
        """Return the sets of stations between which something may move, each in order."""
        whole = {name: {name} for name in self.centres}
        for unit in self.units:
            joined = set().union(*(whole[name] for name in (unit.home, *unit.reach)))
            for name in joined:
                whole[name] = joined
        return sorted({tuple(sorted(names)) for names in whole.values()})


def unknown_functions(scenario: Scenario, functions: Catalogue) -> list[Problem]:
    """Return the words of ``rooms.linking.functions`` that no activity could be: they would let nothing move."""
    said = scenario.rooms.linking
    words = () if said is None else said.functions or ()
    key = "rooms.linking.functions"
    return [unknown(scenario.name, "function", word, functions, key=key) for word in words if word not in functions]


def walks_by_pair(walks: pd.DataFrame, limit_min: float) -> dict[Walk, float]:
    """Return the walks within a limit: minutes by from, to and group.

    Raises
    ------
    RoomsError
        If a column is missing, or a walk is no length; with all problems.
    """
    missing = [name for name in COLUMNS if name not in walks.columns]
    if missing:
        expected, found = ", ".join(COLUMNS), ", ".join(map(str, walks.columns))
        raise RoomsError([Problem("walks", "the column is missing", "", name, expected, found) for name in missing])
    rows: list[dict[Any, Any]] = walks.to_dict("records")
    lengths = pd.to_numeric(walks["minutes"], errors="coerce").tolist()
    wrong = [n for n, minutes in enumerate(lengths) if not minutes >= 0]
    if wrong:
        what, expected = "the walk is no length", "minutes, 0 or more"
        raise RoomsError([Problem("walks", what, str(n), "minutes", expected, str(rows[n]["minutes"])) for n in wrong])
    return {
        (str(row["from"]), str(row["to"]), str(row["group"])): float(row["minutes"])
        for row in rows
        if row["from"] != row["to"] and float(row["minutes"]) <= limit_min + ROUNDING_MIN
    }


def links_between(centres: Sequence[Centre], said: Linking, walks: Mapping[Walk, float]) -> Links:
    """Return what may move between some centres.

    An activity may go where each session that could be held at home could be held too, were it alone: it never goes
    where it can be held less.

    Parameters
    ----------
    centres
        The centres.
    said
        What may move, as the scenario has it.
    walks
        Minutes by from, to and group, within the limit.
    """
    known = {centre.id: centre for centre in centres}
    pairs = {(start, to) for start, to, _ in walks}
    near = {name: [to for to in known if (name, to) in pairs] for name in known}
    options: dict[tuple[str, str], Choices] = {}
    units = []
    for centre in centres:
        made = choices(centre)
        for a, activity in enumerate(centre.activities):
            options[activity.id, centre.id] = _only(made, a)
        for names in _bundles(centre, said):
            own = [a for a in centre.activities if a.id in names]
            reach: dict[str, float] = {}
            for to in near[centre.id]:
                minutes = [walks.get((centre.id, to, a.group), np.inf) for a in own]
                there = {(a.id, to): guest_choices(known[to], _guest(a, said)) for a in own}
                if max(minutes) < np.inf and all(_as_often(options[a.id, centre.id], there[a.id, to]) for a in own):
                    reach[to] = max(minutes)
                    options |= there
            if reach:
                units.append(Unit(names, centre.id, dict(sorted(reach.items(), key=lambda item: (item[1], item[0])))))
    return Links(known, tuple(units), options, said.organisers)


def _guest(activity: Activity, said: Linking) -> Activity:
    return replace(activity, organiser="") if said.organisers == "local" else activity


def _only(made: Choices, activity: int) -> Choices:
    """Return the choices of one activity as those of a centre that has no other."""
    own = made.activity == activity
    alone = replace(made.centre, activities=(made.centre.activities[activity],), today=(), fixed=())
    return Choices(alone, np.zeros(int(own.sum()), np.int64), made.start[own], made.place[own])


def _as_often(home: Choices, there: Choices) -> bool:
    most = possible_sessions(there)[0]
    return most > 0 and most >= possible_sessions(home)[0]


def may_move(centre: Centre, activity: int, said: Linking) -> bool:
    """Tell whether an activity may move at all, whoever holds it."""
    asked = centre.activities[activity]
    fixed = any(session.activity == activity for session in centre.fixed)
    wanted = said.functions is None or asked.function in said.functions
    held = bool(asked.organiser) and said.organisers == "stay"
    return asked.priority in said.priorities and wanted and not fixed and not held


def _bundles(centre: Centre, said: Linking) -> list[tuple[str, ...]]:
    """Return the activities that move together: those of one organiser where she goes along, else each by itself."""
    groups: dict[str, list[int]] = {}
    for a, activity in enumerate(centre.activities):
        along = said.organisers == "along" and activity.organiser
        groups.setdefault(f"held {activity.organiser}" if along else f"single {a}", []).append(a)
    free = [group for group in groups.values() if all(may_move(centre, a, said) for a in group)]
    return sorted(tuple(centre.activities[a].id for a in group) for group in free)


# ----------------------------------------------------------------------------------------------------------------------
# What rooms of linked centres could hold at best: a small program of loads, without a timetable.
#
# The program knows which room could hold which activity how often, and how many cells a room has open, in the whole
# week and in spans of the day; it does not know which sessions overlap. So it allows whatever timetables do: its
# optimum is a bound for every assignment within the walks. Its numbers are how often each activity is in each place.


Place = tuple[str, int]
"""A station, and the position of one of its rooms."""


@dataclass(frozen=True)
class Stay:
    """An activity in a place.

    Parameters
    ----------
    activity
        The activity, as it is asked for at home.
    unit
        Number of the unit that brings it along; −1 if it stays at home in any case.
    station, place
        Where.
    most
        Sessions it could have there, were it alone.
    first, last
        Cells of the day between which all of them lie.
    """

    activity: Activity
    unit: int
    station: str
    place: int
    most: int
    first: int
    last: int


class Loads:
    """The program of one set of linked centres.

    Parameters
    ----------
    links
        What may move.
    part
        Identifiers of the stations.
    share
        Share of a room's open cells that may be filled; 1 for a bound.
    """

    def __init__(self, links: Links, part: Sequence[str], share: float = 1.0) -> None:
        self._links, self._part, self._share = links, part, share
        self.units = [n for n, unit in enumerate(links.units) if unit.home in part]
        self._stays = _stays(links, part)
        rooms = [(name, r) for name in part for r in range(len(links.centres[name].rooms))]
        goals = [(n, to) for n in self.units for to in (links.units[n].home, *links.units[n].reach)]
        self._goal = {goal: len(self._stays) + g for g, goal in enumerate(goals)}
        self._open = {room: len(self._stays) + len(goals) + r for r, room in enumerate(rooms)}
        self._count = len(self._stays) + len(goals) + len(rooms)
        self._rows = [*self._one_goal(), *self._only_there(), *self._in_open_rooms(), *self._bearable()]

    def _one_goal(self) -> list[Row]:
        """Send each unit to one station, not more and not less."""
        found: list[Row] = []
        for n in self.units:
            at = np.array([column for (unit, _), column in self._goal.items() if unit == n], np.int64)
            found += [(at, np.ones(len(at)), 1.0), (at, -np.ones(len(at)), -1.0)]
        return found

    def _only_there(self) -> list[Row]:
        """Hold an activity no more often than it could be held alone, and only where its unit goes."""
        groups: dict[tuple[str, str], list[int]] = {}
        for u, stay in enumerate(self._stays):
            groups.setdefault((stay.activity.id, stay.station), []).append(u)
        found: list[Row] = []
        for (activity, station), own in groups.items():
            most, unit = float(self._links.possible(activity, station)), self._stays[own[0]].unit
            goal = [self._goal[unit, station]] if unit >= 0 else []
            amounts = np.array([1.0] * len(own) + [-most] * len(goal))
            found.append((np.array([*own, *goal], np.int64), amounts, 0.0 if goal else most))
        return found

    def _in_open_rooms(self) -> list[Row]:
        """Hold sessions only in open rooms."""
        found: list[Row] = []
        for u, stay in enumerate(self._stays):
            for r in self._links.centres[stay.station].places[stay.place]:
                at = np.array([u, self._open[stay.station, r]], np.int64)
                found.append((at, np.array([1.0, -float(stay.most)]), 0.0))
        return found

    def _bearable(self) -> list[Row]:
        """Let an open room bear its load, in the week and in every span of the day to which an activity is bound.

        Activities that may share a room take of its cells the share that they take of its seats: together they never
        take more than all, and with others they are never there at once.
        """
        inside: dict[Place, list[int]] = {}
        for u, stay in enumerate(self._stays):
            for r in self._links.centres[stay.station].places[stay.place]:
                inside.setdefault((stay.station, r), []).append(u)
        found: list[Row] = []
        for (name, r), own in inside.items():
            centre = self._links.centres[name]
            open_ = centre.rooms[r].touched.reshape(DAYS, DAY_CELLS).sum(axis=0)
            spans = {(self._stays[u].first, self._stays[u].last) for u in own} | {(0, DAY_CELLS)}
            for first, last in sorted(spans):
                bound = [u for u in own if first <= self._stays[u].first and self._stays[u].last <= last]
                cells = [_cells(centre, self._stays[u]) for u in bound]
                borne = self._share * float(open_[max(first, 0) : last].sum())
                at = np.array([*bound, self._open[name, r]], np.int64)
                found.append((at, np.array([*cells, -borne]), 0.0))
        return found

    def served(self, priority: int) -> Floats:
        """Return the person-minutes of a priority that each number serves, shape (n,)."""
        found = np.zeros(self._count)
        found[: len(self._stays)] = [
            stay.activity.weight if stay.activity.priority == priority else 0 for stay in self._stays
        ]
        return found

    def asked(self, priority: int) -> int:
        """Return the person-minutes of a priority that are asked for."""
        asked = [a for name in self._part for a in self._links.centres[name].activities]
        return sum(a.sessions * a.weight for a in asked if a.priority == priority)

    def need_at_most(self, priority: int, most: int) -> Row:
        """Return the row that leaves at most so many person-minutes of a priority unserved."""
        served = self.served(priority)
        at = np.flatnonzero(served)
        return at, -served[at], float(most - self.asked(priority))

    def only_rooms(self, rooms: Collection[Place]) -> Row:
        """Return the row that closes all other rooms."""
        at = np.array([column for room, column in self._open.items() if room not in rooms], np.int64)
        return at, np.ones(len(at)), 0.0

    def rooms_open(self) -> Floats:
        """Return what each open room is worth in the stage of release, shape (n,)."""
        found = np.zeros(self._count)
        for (name, r), column in self._open.items():
            centre = self._links.centres[name]
            found[column] = centre.rooms[r].area_dm2 if centre.rules.release == "area" else 1.0
        return found

    def changed_from(self, assignment: Assignment) -> Floats:
        """Return how much changes against an assignment, shape (n,): units that go, and their published sessions."""
        found = np.zeros(self._count)
        for (n, to), column in self._goal.items():
            unit = self._links.units[n]
            published = sum(published_sessions(self._links.centres[unit.home], name) for name in unit.activities)
            found[column] = 1.0 + published if to != assignment[n] else 0.0
        return found

    def program(self, cost: Floats, more: Sequence[Row] = ()) -> LinearProgram:
        """Return the program with an objective and further rows."""
        matrix, most = stacked([*self._rows, *more], self._count)
        upper = np.ones(self._count)
        upper[: len(self._stays)] = [stay.most for stay in self._stays]
        lowest, every = np.full(len(most), -np.inf), np.ones(self._count, np.bool_)
        return LinearProgram(cost, matrix, lowest, most, np.zeros(self._count), upper, every)

    def goals_of(self, values: Floats) -> dict[int, str]:
        """Return where each unit goes in a solution."""
        return {n: to for (n, to), column in self._goal.items() if values[column] > 0.5}


def _cells(centre: Centre, stay: Stay) -> float:
    """Return how many open cells of its room a session takes at least; joined rooms are not shared."""
    asked, rooms = stay.activity, centre.places[stay.place]
    cells = asked.length if centre.rules.turnover == "outside" else len(asked.occupied(0))
    shared = bool(asked.shares) and len(rooms) == 1
    return cells * (asked.attendance / centre.rooms[rooms[0]].capacity if shared else 1.0)


def _stays(links: Links, part: Sequence[str]) -> list[Stay]:
    """List every activity in every place of every station to which it may go."""
    unit_of = {a: n for n, unit in enumerate(links.units) for a in unit.activities}
    found = []
    for name in part:
        for activity in links.centres[name].activities:
            n = unit_of.get(activity.id, -1)
            for station in (name, *(links.units[n].reach if n >= 0 else ())):
                made = links.options[activity.id, station]
                found += [_stay(activity, n, station, place, made) for place in np.unique(made.place).tolist()]
    return found


def _stay(activity: Activity, unit: int, station: str, place: int, made: Choices) -> Stay:
    own = made.place == place
    there = Choices(made.centre, made.activity[own], made.start[own], made.place[own])
    midnight = DAY_CELLS * there.day
    first, last = int((there.begins - midnight).min()), int((there.ends - midnight).max())
    return Stay(activity, unit, station, place, possible_sessions(there)[0], first, last)


# ----------------------------------------------------------------------------------------------------------------------
# Steps that are worth trying between centres, by quick tests: gaps in the timetables, and loads of the rooms.


Moves = dict[int, str]
"""Units by number, and the stations to which they go."""
_SHARES = (0.85, 1.0)
"""Shares of a room's open hours that may be filled when a room is to be emptied: tight weeks seldom work out."""
_NODES = 200
"""Branches that HiGHS may search for one step: a count, because a time would depend on the machine."""


@dataclass(frozen=True, eq=False)
class Standing:
    """Where everything is now.

    Parameters
    ----------
    links
        What may move.
    assignment
        Where each unit is.
    plans
        The plan of each centre.
    """

    links: Links
    assignment: Assignment
    plans: Mapping[str, CentrePlan]

    def where(self, name: str) -> tuple[Centre, Timetable]:
        """Return a centre as it is asked now, and its timetable."""
        plan = self.plans[name]
        if plan.timetable is None:
            raise AssertionError("a centre without a timetable takes no part")
        return plan.centre, plan.timetable

    @cached_property
    def lacking(self) -> dict[str, int]:
        """Sessions that do not take place, by activity; those that are served in full are left out."""
        found: dict[str, int] = {}
        for name in self.links.centres:
            centre, timetable = self.where(name)
            pairs = zip(centre.activities, unserved(centre, timetable), strict=True)
            found |= {activity.id: absent for activity, absent in pairs if absent}
        return found

    @cached_property
    def urgent(self) -> list[int]:
        """Units with sessions that do not take place, the most urgent first."""
        found = []
        for n, unit in enumerate(self.links.units):
            own = [a for a in self.links.guests(unit) if a.id in self.lacking]
            if own:
                first = min(a.priority for a in own)
                found.append((first, -sum(self.lacking[a.id] * a.weight for a in own if a.priority == first), n))
        return [n for _, _, n in sorted(found)]

    def goals(self, n: int) -> list[str]:
        """Return the stations to which a unit could go from where it is, the nearest first, home last."""
        unit = self.links.units[n]
        return [to for to in (*unit.reach, unit.home) if to != self.assignment[n]]

    def could_gain(self, n: int, to: str) -> bool:
        """Tell whether an activity of a unit that lacks sessions could have more of them at a station."""
        own = [a for a in self.links.guests(self.links.units[n]) if a.id in self.lacking]
        return any(self.links.possible(a.id, to) > a.sessions - self.lacking[a.id] for a in own)

    def gaps(self, name: str, rooms: Sequence[int] | None = None) -> Gaps:
        """Return the gaps of a centre, in some rooms or in all that are no offices."""
        centre, timetable = self.where(name)
        usable = np.flatnonzero(usable_rooms(centre, timetable)).tolist() if rooms is None else rooms
        return Gaps(centre, timetable, usable)

    def sessions(self, name: str, identifier: str) -> list[Session]:
        """Return the sessions of an activity at a station."""
        centre, timetable = self.where(name)
        return [s for s in timetable.sessions if centre.activities[s.activity].id == identifier]

    def asked(self, unit: Unit, to: str) -> list[Activity]:
        """Return the activities of a unit as a station has them."""
        at_home = [self.links.activity(unit.home, name) for name in unit.activities]
        return at_home if to == unit.home else self.links.guests(unit)

    def fits(self, n: int, gaps: Gaps, to: str) -> bool:
        """Tell whether all possible sessions of a unit fit into gaps; those that do are put in."""
        done = True
        for asked in self.asked(self.links.units[n], to):
            wanted = self.links.possible(asked.id, to)
            done &= len(gaps.put_in(asked, self.links.options[asked.id, to], wanted)) == wanted
        return done


def serving(standing: Standing) -> Iterator[Moves]:
    """Yield single moves of what is not served to where it could be held more often, into gaps first."""
    for n in standing.urgent:
        targets = [to for to in standing.goals(n) if standing.could_gain(n, to)]
        fits = {to: standing.fits(n, standing.gaps(to), to) for to in targets}
        yield from ({n: to} for to in sorted(targets, key=lambda to: not fits[to]))


def making_room(standing: Standing) -> Iterator[Moves]:
    """Yield pairs of moves: a unit goes where another one leaves, which fits into the gaps of some other centre."""
    for n in standing.urgent:
        for to in standing.goals(n):
            if not standing.could_gain(n, to):
                continue
            for other, unit in enumerate(standing.links.units):
                if standing.assignment[other] != to or other == n:
                    continue
                gaps = standing.gaps(to)
                for asked in standing.asked(unit, to):
                    gaps.take_out(asked, standing.sessions(to, asked.id))
                if standing.fits(n, gaps, to):
                    goals = standing.goals(other)
                    yield from ({n: to, other: at} for at in goals if standing.fits(other, standing.gaps(at), at))


def emptying(standing: Standing) -> Iterator[Moves]:
    """Yield moves after which the gaps of other open rooms hold all that one room holds.

    Rooms in which the fewest sessions take place as published come first, of these the least used.
    """
    rooms = []
    linked = {name for unit in standing.links.units for name in (unit.home, *unit.reach)}
    for name in sorted(linked):
        centre, timetable = standing.where(name)
        for room in opened(centre, timetable):
            inside = [s for s in timetable.sessions if room in centre.places[s.place]]
            load = sum(len(centre.activities[s.activity].occupied(s.start)) for s in inside)
            rooms.append((sum(s in centre.today for s in inside), load, name, room))
    for *_, name, room in sorted(rooms):
        moves = _emptied(standing, name, room)
        if moves:
            yield moves


def _emptied(standing: Standing, name: str, room: int) -> Moves | None:
    """Return the moves after which the gaps of other open rooms hold all that a room holds; None if they do not."""
    centre, timetable = standing.where(name)
    unit_of = {a: n for n, unit in enumerate(standing.links.units) for a in unit.activities}
    inside = {s.activity for s in timetable.sessions if room in centre.places[s.place]}
    gaps = {name: standing.gaps(name, [r for r in opened(centre, timetable) if r != room])}
    moves: Moves = {}
    for a in sorted(inside, key=lambda a: (-len(centre.activities[a].occupied(0)), a)):
        asked = centre.activities[a]
        n, own = unit_of.get(asked.id), standing.sessions(name, asked.id)
        if n in moves:
            continue
        gaps[name].take_out(asked, own)
        if len(gaps[name].put_in(asked, standing.links.options[asked.id, name], len(own))) == len(own):
            continue
        to = None if n is None else _taken_in(standing, n, gaps)
        if n is None or to is None:
            return None
        moves[n] = to
    return moves


def _taken_in(standing: Standing, n: int, gaps: dict[str, Gaps]) -> str | None:
    """Return the nearest station whose open rooms take a unit in, and let its gaps be taken."""
    for to in standing.goals(n):
        fresh = to not in gaps
        if fresh:
            gaps[to] = standing.gaps(to, opened(*standing.where(to)))
        if standing.fits(n, gaps[to], to):
            return to
        if fresh:
            del gaps[to]
        else:
            return None
    return None


def returning(standing: Standing) -> Iterator[Moves]:
    """Yield moves home of what fits into the gaps of rooms that are open there anyway."""
    for n, unit in enumerate(standing.links.units):
        if standing.assignment[n] != unit.home:
            rooms = opened(*standing.where(unit.home))
            if standing.fits(n, standing.gaps(unit.home, rooms), unit.home):
                yield {n: unit.home}


class Clearance:
    """Ways to empty a room of some linked centres that the loads of their rooms allow.

    Parameters
    ----------
    links
        What may move.
    part
        Identifiers of the stations.
    """

    def __init__(self, links: Links, part: Sequence[str]) -> None:
        self._part = part
        self._loads = {share: Loads(links, part, share) for share in _SHARES}
        self._barred: dict[tuple[float, Place], frozenset[Place]] = {}

    def closing(self, standing: Standing, interrupt: Interrupt) -> list[Moves]:
        """Return for each open room the moves after which its load could be borne, the least change first.

        The rooms that are closed now stay closed, and no need is served less.
        """
        if not self._loads[1.0].units:
            return []
        open_ = frozenset((name, r) for name in self._part for r in opened(*standing.where(name)))
        found: list[tuple[int, Place, float, Moves]] = []
        for room in [] if interrupt.asked else sorted(open_):
            for share, loads in self._loads.items():
                moves = self._closed(standing, loads, open_ - {room}, (share, room))
                if moves:
                    found.append((len(moves), room, share, moves))
        ordered = [moves for *_, moves in sorted(found, key=lambda item: item[:3])]
        return [moves for place, moves in enumerate(ordered) if moves not in ordered[:place]]

    def _closed(
        self, standing: Standing, loads: Loads, left: frozenset[Place], key: tuple[float, Place]
    ) -> Moves | None:
        """Return the moves of least change with which some rooms could bear all loads; None if they could not."""
        if left <= self._barred.get(key, frozenset()):
            return None  # fewer rooms bear no more
        need = {
            priority: sum(s.value for n in self._part for s in standing.plans[n].stages if s.name == f"need_{priority}")
            for priority in PRIORITIES
        }
        rows: list[Row] = [loads.need_at_most(priority, most) for priority, most in need.items()]
        rows.append(loads.only_rooms(left))
        answer = solve_mip(
            loads.program(loads.changed_from(standing.assignment), rows), options={"mip_max_nodes": _NODES}
        )
        if answer.values is None:
            self._barred[key] = left
            return None
        return {n: to for n, to in loads.goals_of(answer.values).items() if standing.assignment[n] != to}


# ----------------------------------------------------------------------------------------------------------------------
# How good any assignment of activities to centres could be.


NEEDS: Final = tuple(f"need_{priority}" for priority in PRIORITIES)
_NODES_BOUNDS: Final = 2000
"""Branches that HiGHS may search for one bound: a count, because a time would depend on the machine."""
_ROUNDING: Final = 1e-3
Part = tuple[str, ...]


def district_bounds(links: Links, plans: Mapping[str, CentrePlan]) -> dict[str, int]:
    """Return bounds on need and release for any assignment within the walks, each centre being planned in its stages.

    No assignment is worth less in a stage than its bound, if it is as good as these plans in the stages of need before
    it. Need: what no reachable centre could hold, were it alone, or what their rooms together cannot bear. Release: the
    rooms, or the area, that bear the loads of as much need. Sets of centres between which nothing may move are bounded
    one by one; a centre that nothing can leave or enter is as its plan has proven it.

    Parameters
    ----------
    links
        What may move.
    plans
        The plans found, by station.

    Returns
    -------
    dict
        ``need_1``, ``need_2``, ``need_3``, ``release``.
    """
    parts = links.parts()
    loads = {part: Loads(links, part) for part in parts if any(unit.home in part for unit in links.units)}
    least: dict[str, dict[Part, int]] = {}
    rows: dict[Part, list[Row]] = {part: [] for part in loads}
    for name in (*NEEDS, "release"):
        worth = {part: [_worth(plans, part, name), _worth(plans, part, name, "bound")] for part in parts}
        for part, program in loads.items():
            worth[part][1] = _bound(links, program, part, name, worth[part][0], rows[part])
        least[name] = {part: bound for part, (_, bound) in worth.items()}
        if name in NEEDS:
            spare = sum(value - bound for value, bound in worth.values())
            for part, program in loads.items():
                # what this part may leave unserved, if all others are as good as they can be
                most = least[name][part] + spare
                rows[part].append(program.need_at_most(PRIORITIES[NEEDS.index(name)], most))
    return {name: sum(found.values()) for name, found in least.items()}


def _worth(plans: Mapping[str, CentrePlan], part: Part, name: str, what: str = "value") -> int:
    return sum(getattr(stage, what) for station in part for stage in plans[station].stages if stage.name == name)


def _bound(links: Links, loads: Loads, part: Part, name: str, value: int, rows: Sequence[Row]) -> int:
    """Return the bound of one set of linked centres on one stage; no program is solved where it is met without."""
    if name == "release":
        return min(value, max(0, _least(loads, loads.rooms_open(), 0, rows)))
    priority = PRIORITIES[NEEDS.index(name)]
    hopeless = _hopeless(links, part, priority)
    if hopeless >= value:
        return value
    return min(value, max(hopeless, _least(loads, -loads.served(priority), loads.asked(priority), rows)))


def _least(loads: Loads, cost: Floats, offset: int, rows: Sequence[Row]) -> int:
    answer = solve_mip(loads.program(cost, rows), options={"mip_max_nodes": _NODES_BOUNDS})
    return math.ceil(answer.bound - _ROUNDING) + offset if math.isfinite(answer.bound) else 0


def _hopeless(links: Links, part: Part, priority: int) -> int:
    """Return the person-minutes of a priority that no reachable centre could hold, whatever else takes place."""
    reach = {a: (unit.home, *unit.reach) for unit in links.units for a in unit.activities}
    least = 0
    for name in part:
        for activity in links.centres[name].activities:
            if activity.priority == priority:
                most = max(links.possible(activity.id, to) for to in reach.get(activity.id, (name,)))
                least += (activity.sessions - most) * activity.weight
    return least


Vector = tuple[int, ...]


def in_use(plan: CentrePlan) -> int:
    """Return how many rooms a centre uses."""
    return 0 if plan.timetable is None else len(opened(plan.centre, plan.timetable))


def district_vector(plans: Mapping[str, CentrePlan]) -> dict[str, int]:
    """Return what the centres together are worth, stage by stage: the largest shortfall of a group, else the sum."""
    found: dict[str, int] = {}
    for plan in plans.values():
        for stage in plan.stages:
            before = found.get(stage.name, 0)
            found[stage.name] = max(before, stage.value) if stage.name == "floors" else before + stage.value
    return found


class Search:
    """The best assignment so far, and the plans of all centres under it.

    Parameters
    ----------
    links
        What may move.
    plans
        The plans with everything at home, by station.
    effort
        Most work on one stage of one centre.
    trials
        Most steps that are tried by planning centres anew.
    rooms_kept
        Rooms that each centre keeps in use at the least, as far as it uses so many at home.
    interrupt
        Whether Ctrl-C was pressed; then nothing more is tried.
    progress
        Told of each step that is tried.
    """

    def __init__(
        self,
        links: Links,
        plans: Mapping[str, CentrePlan],
        effort: float,
        trials: int,
        rooms_kept: int = 0,
        interrupt: Interrupt | None = None,
        progress: Tell = silent,
    ) -> None:
        self.links, self._effort, self._interrupt, self._progress = links, effort, interrupt or Interrupt(), progress
        self._trials, self.tried = trials, 0
        self._known = {(name, frozenset[int]()): plans[name] for name in links.centres}
        self._least = {name: min(rooms_kept, in_use(plans[name])) for name in links.centres}
        self.assignment: Assignment = links.home
        self.plans: dict[str, CentrePlan] = {name: plans[name] for name in links.centres}
        self._clearances = [Clearance(links, part) for part in links.parts() if len(part) > 1]

    @property
    def vector(self) -> Vector:
        """What the best assignment is worth, in the order of the stages."""
        return tuple(district_vector(self.plans).values())

    def run(self) -> None:
        """Search until no step is an improvement, or the trials are used up."""
        while not self._spent and (self._serve() or self._release() or self._bring_home()):
            pass

    @property
    def _spent(self) -> bool:
        return self._interrupt.asked or self.tried >= self._trials

    def attempt(self, moves: Moves) -> bool:
        """Plan the touched centres anew; take the step if the district is strictly better, and tell whether it is.

        Of two that are equal in all stages, the one with fewer moves is better.
        """
        wanted = tuple(moves.get(n, at) for n, at in enumerate(self.assignment))
        keys = {name: self.links.there(name, wanted) for name in self.links.centres}
        new = [name for name, units in keys.items() if (name, units) not in self._known]
        if wanted == self.assignment or (new and self._spent):
            return False
        if new:
            self.tried += 1
            self._progress("links", self.tried, self._trials)
        plans = {name: self._known[name, keys[name]] for name in keys if name not in new}
        # who takes in most is planned first: most steps fail there, and then the others need no plan
        for name in sorted(new, key=lambda name: (-len(self._guests(name, keys[name])), name)):
            plans[name] = plan_centre(self.links.centre(name, wanted), self._effort, self._interrupt)
            self._known[name, keys[name]] = plans[name]
            if plans[name].timetable is None or self._at_best(plans, wanted) > self.vector[: len(PRIORITIES)]:
                return False
        if any(plan.timetable is None for plan in plans.values()) or any(map(self._emptied, plans.values())):
            return False
        if self._worth(plans, wanted) >= self._worth(self.plans, self.assignment):
            return False
        self.assignment, self.plans = wanted, {name: plans[name] for name in self.links.centres}
        return True

    def _emptied(self, plan: CentrePlan) -> bool:
        """Tell whether a centre would keep fewer rooms in use than it has to."""
        return in_use(plan) < self._least[plan.centre.id]

    def _guests(self, name: str, units: frozenset[int]) -> list[int]:
        return [n for n in units if self.links.units[n].home != name]

    def _worth(self, plans: Mapping[str, CentrePlan], assignment: Assignment) -> Vector:
        """Return what plans are worth in the order of the stages, and last how many activities are not at home."""
        pairs = zip(self.links.units, assignment, strict=True)
        away = sum(len(unit.activities) for unit, at in pairs if at != unit.home)
        return (*district_vector(plans).values(), away)

    def _at_best(self, plans: Mapping[str, CentrePlan], assignment: Assignment) -> Vector:
        """Return the least that the stages of need can come to with some plans made, and nothing after them."""
        least = dict.fromkeys(PRIORITIES, 0)
        for name in self.links.centres:
            if name in plans:
                for priority in PRIORITIES:
                    least[priority] += sum(s.value for s in plans[name].stages if s.name == f"need_{priority}")
                continue
            for asked in self.links.centre(name, assignment).activities:
                least[asked.priority] += (asked.sessions - self.links.possible(asked.id, name)) * asked.weight
        return tuple(least.values())

    def _standing(self) -> Standing:
        return Standing(self.links, self.assignment, self.plans)

    def _serve(self) -> bool:
        """Take what is not served to where it would be; as it stands, else after something there has made room."""
        standing = self._standing()
        return any(map(self.attempt, serving(standing))) or any(map(self.attempt, making_room(standing)))

    def _release(self) -> bool:
        """Empty one room: into the gaps of other open rooms, else by planning anew where their loads allow it."""
        standing = self._standing()
        if any(map(self.attempt, emptying(standing))):
            return True
        # a step that was found before another one was taken is seldom spoilt by it: go through all of them
        parts = [part for part in self._clearances if not self._spent]
        return sum(self.attempt(moves) for part in parts for moves in part.closing(standing, self._interrupt)) > 0

    def _bring_home(self) -> bool:
        """Take back what has moved for nothing."""
        return sum(map(self.attempt, returning(self._standing()))) > 0
