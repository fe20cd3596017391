"""The week of one centre's rooms, free of any solver: rooms, activities, what is booked today, and the rules.

Time is cut into cells of a quarter of an hour, Monday first; a session begins with a cell and occupies its room from
setting up to clearing away, rounded outward to cells, within one day. Hours are held against it to the minute. Sessions
of one activity are alike: a timetable is a set of (activity, place, start), so that nothing tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from workbench.arrays import Flags, Ints
from workbench.catalogue.tables import NOISE
from workbench.errors import SolveError
from workbench.hours import DAY_MINUTES

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


def disturb(one: Activity, other: Activity) -> bool:
    """Tell whether two activities cannot take place behind one wall: one is loud, the other wants quiet."""
    return bool((one.noise == LOUD and other.wants_quiet) or (other.noise == LOUD and one.wants_quiet))


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

    def touching(self, place: int, other: int) -> bool:
        """Tell whether two places have a wall in common."""
        pairs = ((min(r, q), max(r, q)) for r in self.places[place] for q in self.places[other])
        return any(pair in self.walls for pair in pairs)


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


# ----------------------------------------------------------------------------------------------------------------------
# Which place is fit for which activity, and when: one function a rule, true where the rule is kept.
#
# A place is a room or a pair of rooms that are joined. A joined pair holds as many as both together, with the
# equipment of both; its walls bear what the weaker one's bear, and it is private only if both are.


Rooms = list[Room]


def holds(activity: Activity, rooms: Rooms) -> bool:
    """Tell whether everybody has a place."""
    return activity.attendance <= sum(room.capacity for room in rooms)


def _equipped(activity: Activity, rooms: Rooms) -> bool:
    """Tell whether all equipment is there."""
    return activity.equipment <= frozenset().union(*(room.equipment for room in rooms))


def supplied(activity: Activity, rooms: Rooms) -> bool:
    """Tell whether water and strong power are there as far as they are needed."""
    water = not activity.water or any(room.water for room in rooms)
    return water and (not activity.strong_power or any(room.strong_power for room in rooms))


def confidential(activity: Activity, rooms: Rooms) -> bool:
    """Tell whether one can speak in confidence, where that is needed."""
    return not activity.private or all(room.private for room in rooms)


def low_enough(activity: Activity, rooms: Rooms) -> bool:
    """Tell whether the storey is low enough for those who come."""
    return all(room.storey <= activity.highest_storey for room in rooms)


def walls_bear(activity: Activity, rooms: Rooms) -> bool:
    """Tell whether the walls bear the noise."""
    return all(activity.noise <= room.sound for room in rooms)


FITNESS: Mapping[Rule, Callable[[Activity, Rooms], bool]] = MappingProxyType(
    {
        Rule.CAPACITY: holds,
        Rule.EQUIPMENT: _equipped,
        Rule.SUPPLY: supplied,
        Rule.PRIVACY: confidential,
        Rule.STOREY: low_enough,
        Rule.WALLS: walls_bear,
    }
)
"""Rules on an activity and the rooms of its place, whatever the hour."""

_NO_RULES: frozenset[Rule] = frozenset()


def rooms_of(centre: Centre, place: int) -> Rooms:
    """Return the rooms of a place."""
    return [centre.rooms[r] for r in centre.places[place]]


def unfit(centre: Centre, activity: int, place: int) -> list[Rule]:
    """Return the rules that keep an activity out of a place at any hour."""
    rooms, asked = rooms_of(centre, place), centre.activities[activity]
    broken = [rule for rule, kept in FITNESS.items() if not kept(asked, rooms)]
    if len(rooms) > 1 and not _may_join(centre, activity, place):
        broken.append(Rule.JOINING)
    return broken


def _may_join(centre: Centre, activity: int, place: int, relaxed: Collection[Rule] = _NO_RULES) -> bool:
    """Tell whether rooms may be joined: only for what fits neither alone, or as it is published today."""
    if not centre.rules.join:
        return False
    if any((s.activity, s.place) == (activity, place) for s in centre.today):
        return True
    asked = centre.activities[activity]
    alone = ([centre.rooms[r]] for r in centre.places[place])
    return not any(all(kept(asked, room) for rule, kept in FITNESS.items() if rule not in relaxed) for room in alone)


def run(cells: Flags, length: int) -> Flags:
    """Return at which cells ``length`` true ones begin on the same day, shape (672,)."""
    week = cells.reshape(DAYS, DAY_CELLS)
    total = np.zeros((DAYS, DAY_CELLS + 1), np.int64)
    np.cumsum(week, axis=1, out=total[:, 1:])
    out = np.zeros_like(week)
    if length <= DAY_CELLS:
        out[:, : DAY_CELLS - length + 1] = total[:, length:] - total[:, : DAY_CELLS + 1 - length] == length
    return out.ravel()


def starts(centre: Centre, activity: int, place: int, relaxed: Collection[Rule] = _NO_RULES) -> Flags:
    """Return at which cells a session may begin as far as hours are concerned, shape (672,)."""
    asked = centre.activities[activity]
    itself, held = _spans(asked)
    fits = _inside(None, held)
    if Rule.WINDOWS not in relaxed:
        fits &= _inside(asked.window_until, itself)
    if Rule.OPENING not in relaxed:
        needed = itself if centre.rules.turnover == "outside" else held
        for room in rooms_of(centre, place):
            fits &= _inside(room.open_until, needed)
    grid = _grid(centre, activity)
    return np.asarray(fits & (grid | _first_of_stretches(fits, grid)))


_Span = tuple[int, int]
_MOMENTS = CELL_MIN * np.arange(WEEK_CELLS)
_MIDNIGHTS = _MOMENTS // DAY_MINUTES * DAY_MINUTES


def _spans(asked: Activity) -> tuple[_Span, _Span]:
    """Return the minutes before and after its start that a session lasts, and that it holds its room."""
    before, after = asked.around
    return (0, asked.minutes), (before, asked.minutes + after)


def _inside(until: Ints | None, span: _Span) -> Flags:
    """Return the cells with whose begin a span lies within its day, and in open minutes throughout, shape (672,)."""
    first, last = _MOMENTS - span[0], _MOMENTS + span[1]
    fits = (first >= _MIDNIGHTS) & (last <= _MIDNIGHTS + DAY_MINUTES)
    if until is not None:
        fits &= until[np.minimum(last, len(until) - 1)] - until[np.maximum(first, 0)] == span[0] + span[1]
    return np.asarray(fits)


def _grid(centre: Centre, activity: int) -> Flags:
    """Return the cells at which a session of an activity begins by the scenario, or is published."""
    grid: Flags = np.arange(WEEK_CELLS) % (centre.rules.step // CELL_MIN) == 0
    grid[[s.start for s in centre.today if s.activity == activity]] = True
    return grid


def _first_of_stretches(fits: Flags, grid: Flags) -> Flags:
    """Return the first cell of each stretch of possible starts that holds none of the grid: its hours are not lost."""
    stretch = np.cumsum(fits & ~np.concatenate(([False], fits[:-1])))
    served = np.zeros(int(stretch[-1]) + 1, bool)
    served[stretch[fits & grid]] = True
    return np.asarray(fits & ~np.concatenate(([False], fits[:-1])) & ~served[stretch])


def hours_broken(centre: Centre, session: Session) -> list[Rule]:
    """Return the rules on hours that a session breaks, minute by minute."""
    asked, begin = centre.activities[session.activity], CELL_MIN * session.start
    before, after = asked.around
    itself = range(begin, begin + asked.minutes)
    held = range(begin - before, itself.stop + after)
    broken = []
    midnight = begin // DAY_MINUTES * DAY_MINUTES
    one_day = midnight <= held.start and held.stop <= midnight + DAY_MINUTES
    needed = itself if centre.rules.turnover == "outside" else held
    if not one_day or any(_shut(room.open_until, needed) for room in rooms_of(centre, session.place)):
        broken.append(Rule.OPENING)
    if one_day and _shut(asked.window_until, itself):
        broken.append(Rule.WINDOWS)
    return broken


def _shut(until: Ints, minutes: range) -> bool:
    """Tell whether any of some minutes of the week is not among the open ones."""
    return bool(until[minutes.stop] - until[minutes.start] < len(minutes))


# ----------------------------------------------------------------------------------------------------------------------
# What is left to decide once everything impossible is taken out: which session could be where, and when.
#
# The reductions are exact. A session is left out if its place is unfit, its hours do not allow it, its place holds an
# office that can never be given over, or its rooms would be joined without need. A joined pair is never better than
# the part that would do, except where it is published today.


@dataclass(frozen=True, eq=False)
class Choices:
    """All sessions that could be, in the order of activity, start and place.

    Parameters
    ----------
    centre
        The centre.
    activity, start, place
        Shape (n,) each.
    """

    centre: Centre
    activity: Ints
    start: Ints
    place: Ints

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.activity)

    def _of_activity(self, values: list[int]) -> Ints:
        return np.array(values, np.int64)[self.activity] if values else np.empty(0, np.int64)

    @cached_property
    def begins(self) -> Ints:
        """First cell that each holds its room, shape (n,)."""
        return self.start - self._of_activity([a.setup for a in self.centre.activities])

    @cached_property
    def ends(self) -> Ints:
        """First cell after that, shape (n,)."""
        return self.start + self._of_activity([a.length + a.clear for a in self.centre.activities])

    @property
    def day(self) -> Ints:
        """Day of the week, shape (n,)."""
        return self.start // DAY_CELLS

    def in_room(self, room: int) -> Ints:
        """Return which of them take a room."""
        takes = np.array([room in place for place in self.centre.places], bool)
        return np.flatnonzero(takes[self.place])

    @cached_property
    def _order(self) -> dict[Session, int]:
        rows = zip(self.activity.tolist(), self.start.tolist(), self.place.tolist(), strict=True)
        return {Session(*row): number for number, row in enumerate(rows)}

    def find(self, session: Session) -> int | None:
        """Return the position of a session; None if it cannot be."""
        return self._order.get(session)

    def sessions(self, chosen: Ints) -> tuple[Session, ...]:
        """Return the sessions at positions, ascending."""
        return tuple(Session(int(self.activity[i]), int(self.start[i]), int(self.place[i])) for i in sorted(chosen))

    def values(self, timetable: Timetable) -> Ints | None:
        """Return the positions of the sessions of a timetable; None if one of them cannot be."""
        found = [self.find(session) for session in timetable.sessions]
        return None if None in found else np.array(found, np.int64)


def choices(centre: Centre, relaxed: Collection[Rule] = _NO_RULES, only: int | None = None) -> Choices:
    """List every session that could be.

    Parameters
    ----------
    centre
        The centre.
    relaxed
        Rules that do not hold.
    only
        Activity for which they do not hold; None for all.

    Returns
    -------
    Choices
    """
    parts: list[Ints] = []
    for activity in range(len(centre.activities)):
        loose = relaxed if only is None or only == activity else _NO_RULES
        found = [_starts(centre, activity, place, loose) for place in range(len(centre.places))]
        at = np.concatenate(found)
        place = np.repeat(np.arange(len(found)), [len(part) for part in found])
        order = np.lexsort((place, at))
        parts.append(np.stack([np.full(len(at), activity), at[order], place[order]]))
    table = np.concatenate(parts, axis=1) if parts else np.empty((3, 0), np.int64)
    return Choices(centre, *(np.asarray(row, np.int64) for row in table))


def _starts(centre: Centre, activity: int, place: int, relaxed: Collection[Rule]) -> Ints:
    """Return the cells at which an activity may begin in a place."""
    asked, rooms = centre.activities[activity], rooms_of(centre, place)
    fit = all(rule in relaxed or kept(asked, rooms) for rule, kept in FITNESS.items())
    if not fit or (len(rooms) > 1 and Rule.JOINING not in relaxed and not _may_join(centre, activity, place, relaxed)):
        return np.empty(0, np.int64)
    if Rule.OFFICE not in relaxed and Rule.OFFICES_KEPT not in relaxed:
        taken = sum(room.office for room in rooms)
        if taken > len(centre.offices) - centre.fewest_offices:
            return np.empty(0, np.int64)
    return np.flatnonzero(starts(centre, activity, place, relaxed))
