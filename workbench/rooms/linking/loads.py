"""What rooms of linked centres could hold at best: a small program of loads, without a timetable.

The program knows which room could hold which activity how often, and how many cells a room has open, in the whole week
and in spans of the day; it does not know which sessions overlap. So it allows whatever timetables do: its optimum is a
bound for every assignment within the walks. Its numbers are how often each activity is in each place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.rooms.bounds import possible_sessions
from workbench.rooms.choices import Choices
from workbench.rooms.hosting import published_sessions
from workbench.rooms.linking.units import Assignment, Links
from workbench.rooms.model import Row, stacked
from workbench.rooms.problem import DAY_CELLS, DAYS, Activity, Centre
from workbench.solving import LinearProgram

Floats = npt.NDArray[np.float64]
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
