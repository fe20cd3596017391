"""The week of one centre's rooms, free of any solver: rooms, activities, what is booked today, and the rules.

Time is cut into cells of a quarter of an hour, Monday first; a session begins with a cell and occupies its room from
setting up to clearing away, rounded outward to cells, within one day. Hours are held against it to the minute. Sessions
of one activity are alike: a timetable is a set of (activity, place, start), so that nothing tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from workbench.errors import SolveError
from workbench.tables.room_ledgers import NOISE

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

CELL_MIN: Final = 15
"""Minutes of one cell."""
DAYS: Final = 7
DAY_CELLS: Final = 24 * 60 // CELL_MIN
WEEK_CELLS: Final = DAYS * DAY_CELLS
PRIORITIES: Final = (1, 2, 3)
"""Priorities, the first served first."""
MILLE: Final = 1000
LOUD: Final = NOISE.index("loud")
"""What disturbs whoever wants quiet behind the wall."""


def _added_up(cells: Flags, minutes: Flags | None) -> Ints:
    every = np.repeat(cells, CELL_MIN) if minutes is None else minutes
    return np.concatenate(([0], np.cumsum(every, dtype=np.int64)))


def days_between(one: int, other: int) -> int:
    """Return how many days lie between two days of a week that repeats, the shorter way round."""
    way = abs(one - other) % DAYS
    return min(way, DAYS - way)


class RoomsError(SolveError, ValueError):
    """Rooms and activities of which no timetable can be asked."""

    headline = "the timetable cannot be asked for"


class Rule(StrEnum):
    """The rules of a timetable; each is named in reasons, conflicts and faults by this word."""

    CAPACITY = "capacity"
    EQUIPMENT = "equipment"
    SUPPLY = "supply"
    PRIVACY = "privacy"
    STOREY = "storey"
    WALLS = "walls"
    OPENING = "opening"
    WINDOWS = "windows"
    OFFICE = "office"
    JOINING = "joining"
    SESSIONS = "sessions"
    ONE_USE = "one_use"
    ORGANISER = "organiser"
    DAYS_APART = "days_apart"
    NEIGHBOURS = "neighbours"
    FIRE = "fire"
    FIXED = "fixed"
    RESIDENT_SHARE = "resident_share"
    OFFICES_KEPT = "offices_kept"


@dataclass(frozen=True, eq=False)
class Room:
    """A room.

    Parameters
    ----------
    id
        Its identifier.
    area_dm2
        Floor area, whole tenths of a square metre, so that areas add up exactly.
    capacity
        People it may hold.
    storey
        1 = ground floor.
    equipment
        What it holds.
    water, strong_power, private
        What it offers.
    sound
        What its walls bear: 0 quiet, 1 ordinary, 2 loud.
    office
        Whether it is an office or store today.
    open
        Shape (672,), cells in which it is open throughout.
    hours
        Shape (10080,), minutes in which it is open; None where they are those of the cells.
    """

    id: str
    area_dm2: int
    capacity: int
    storey: int
    equipment: frozenset[str]
    water: bool
    strong_power: bool
    private: bool
    sound: int
    office: bool
    open: Flags
    hours: Flags | None = None

    @cached_property
    def open_until(self) -> Ints:
        """Shape (10081,), open minutes before each minute of the week."""
        return _added_up(self.open, self.hours)

    @cached_property
    def touched(self) -> Flags:
        """Shape (672,), cells in which it is open for any part of them: what rounded sessions may lie in."""
        return self.open if self.hours is None else np.asarray(self.hours.reshape(WEEK_CELLS, CELL_MIN).any(axis=1))


@dataclass(frozen=True, eq=False)
class Activity:
    """An activity.

    Parameters
    ----------
    id, function, group
        Its identifier, what it is and for whom.
    attendance
        People who come.
    minutes
        Length of a session.
    length, setup, clear
        Cells of the session itself, before it and after it.
    sessions
        Sessions asked a week.
    priority
        1 is served first.
    windows
        Shape (672,), cells in which the session itself may lie.
    preferred
        Shape (672,), cells in which it had best lie.
    days_apart
        Least days from one session to the next, from the last of a week to the first of the next as well; 0 = several a
        day, at different times.
    equipment
        What it takes.
    water, strong_power, private
        What it needs.
    noise
        What it makes: 0 quiet, 1 ordinary, 2 loud.
    wants_quiet
        Whether nothing loud may take place behind the wall.
    shares
        Activities of one such word may use a room at once; empty = alone.
    highest_storey
        Highest storey that will do.
    organiser
        Who holds it; empty = nobody who is needed elsewhere.
    cooks
        Whether it works with fire or strong heat.
    no_fire_beside
        Whether nothing that cooks may take place behind the wall.
    hours
        Shape (10080,), minutes in which it may lie; None where they are those of the cells.
    turnover
        Minutes to set up and to clear away; None where they are those of the cells.
    """

    id: str
    function: str
    group: str
    attendance: int
    minutes: int
    length: int
    setup: int
    clear: int
    sessions: int
    priority: int
    windows: Flags
    preferred: Flags
    days_apart: int
    equipment: frozenset[str]
    water: bool
    strong_power: bool
    private: bool
    noise: int
    wants_quiet: bool
    shares: str
    highest_storey: int
    organiser: str
    cooks: bool = False
    no_fire_beside: bool = False
    hours: Flags | None = None
    turnover: tuple[int, int] | None = None

    @cached_property
    def window_until(self) -> Ints:
        """Shape (10081,), minutes of its windows before each minute of the week."""
        return _added_up(self.windows, self.hours)

    @property
    def around(self) -> tuple[int, int]:
        """Minutes to set up and to clear away."""
        return (CELL_MIN * self.setup, CELL_MIN * self.clear) if self.turnover is None else self.turnover

    @property
    def weight(self) -> int:
        """What one session serves, person-minutes."""
        return self.attendance * self.minutes

    def occupied(self, start: int) -> range:
        """Return the cells that a session holds its room, set-up and clearing away included."""
        return range(start - self.setup, start + self.length + self.clear)


@dataclass(frozen=True, order=True)
class Session:
    """One session: positions of activity and place, and the cell at which it begins."""

    activity: int
    start: int
    place: int


@dataclass(frozen=True)
class Rules:
    """What the scenario decides; see :class:`workbench.scenario.rooms.RoomRules`."""

    step: int = 30
    turnover: Literal["inside", "outside"] = "inside"
    join: bool = True
    resident_share: float = 0.6
    offices_kept: int = 0
    release: Literal["rooms", "area"] = "rooms"


@dataclass(frozen=True, eq=False)
class Centre:
    """The rooms of one station and what is asked of them.

    Parameters
    ----------
    id
        Identifier of the station.
    rooms, activities
        By identifier, ascending.
    joins
        Pairs of positions of rooms that can be joined, lower first.
    walls
        Pairs of positions of rooms that share a wall, lower first.
    today
        Sessions as they are published today.
    fixed
        Those of them that may not be moved.
    rules
        What the scenario decides.
    lost
        Published sessions that cannot stand in ``today`` because their start is off the grid of cells, by activity.
    """

    id: str
    rooms: tuple[Room, ...]
    activities: tuple[Activity, ...]
    joins: tuple[tuple[int, int], ...] = ()
    walls: tuple[tuple[int, int], ...] = ()
    today: tuple[Session, ...] = ()
    fixed: tuple[Session, ...] = ()
    rules: Rules = field(default_factory=Rules)
    lost: int = 0

    @cached_property
    def places(self) -> tuple[tuple[int, ...], ...]:
        """Where a session may take place: each room, then each pair that can be joined; positions of rooms."""
        return (*((r,) for r in range(len(self.rooms))), *self.joins)

    @cached_property
    def offices(self) -> tuple[int, ...]:
        """Positions of the rooms that are offices today."""
        return tuple(r for r, room in enumerate(self.rooms) if room.office)

    @property
    def area_dm2(self) -> int:
        """Area of all rooms."""
        return sum(room.area_dm2 for room in self.rooms)

    @property
    def most_office_dm2(self) -> int:
        """Most area that may be kept as offices."""
        return int((1 - self.rules.resident_share) * self.area_dm2 + 1e-6)

    @property
    def fewest_offices(self) -> int:
        """Fewest offices that must be kept."""
        return min(self.rules.offices_kept, len(self.offices))

    def name(self, place: int) -> str:
        """Return the rooms of a place by identifier, joined by ``+``."""
        return "+".join(self.rooms[r].id for r in self.places[place])


@dataclass(frozen=True, eq=False)
class Timetable:
    """A timetable of one centre.

    Parameters
    ----------
    sessions
        Ascending; no two alike.
    given
        Positions of offices that are given over to residents, ascending.
    """

    sessions: tuple[Session, ...]
    given: tuple[int, ...] = ()
