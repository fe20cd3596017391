"""Bounds that need no search: need that no timetable can serve, and the load that rooms must bear at least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import or_

import numpy as np

from workbench.rooms.choices import Choices, choices
from workbench.rooms.problem import DAY_CELLS, DAYS, PRIORITIES, Centre, Ints, Session

_MOST_PARTS = 8


def possible_sessions(made: Choices) -> list[int]:
    """Return how many sessions of each activity could take place if it were alone."""
    most = []
    for a, activity in enumerate(made.centre.activities):
        own = made.activity == a
        if activity.days_apart:
            most.append(min(activity.sessions, _days(np.unique(made.day[own]).tolist(), activity.days_apart)))
        else:
            most.append(min(activity.sessions, _apart(made.begins[own].tolist(), made.ends[own].tolist())))
    return most


def _days(days: Sequence[int], apart: int) -> int:
    """Return the most days of these, ascending, that are so far apart in a week that repeats."""
    most = 0
    for first in days:
        count, last = 1, first
        for day in days:
            if day - last >= apart and first + DAYS - day >= apart:
                count, last = count + 1, day
        most = max(most, count)
    return most


def _apart(begins: Sequence[int], ends: Sequence[int]) -> int:
    """Return the most of these intervals that do not overlap."""
    count, last = 0, -1
    for end, begin in sorted(zip(ends, begins, strict=True)):
        if begin >= last:
            count, last = count + 1, end
    return count


def least_unserved(centre: Centre, possible: Sequence[int]) -> dict[int, int]:
    """Return the person-minutes that cannot be served by priority, whatever else takes place."""
    least = dict.fromkeys(PRIORITIES, 0)
    for activity, most in zip(centre.activities, possible, strict=True):
        least[activity.priority] += (activity.sessions - most) * activity.weight
    return least


def load_bound(centre: Centre, sessions: Sequence[Session], *, made: Choices | None = None) -> int:
    """Return how many rooms some sessions take at least, by their load alone.

    Hall's condition on rooms and spans of the day: whatever set of rooms is open, each session needs a place in it, and
    the sessions that fit only into some of these rooms and have to lie within a span of the day, on any day, must not
    take more cells there than these rooms have open. The smallest set of rooms that passes gives the bound. Sessions
    that may share a room need a place, but count for no load.

    Parameters
    ----------
    centre
        The centre.
    sessions
        What takes place.
    made
        What could take place; found anew when not given.

    Returns
    -------
    int
        A lower bound on the rooms in use, whatever the timetable of these sessions. Conditions on parts of a set of
        more than eight rooms are passed over.
    """
    load = _Load.of(centre, sessions, choices(centre) if made is None else made)
    rooms = range(len(centre.rooms))
    for size in range(len(centre.rooms) + 1):
        if any(load.passes(opened) for opened in combinations(rooms, size)):
            return size
    return len(centre.rooms)


@dataclass(frozen=True, eq=False)
class _Load:
    """The load of some sessions: their places as bits of rooms, cells, and first and last cell of the day."""

    places: list[list[int]]
    cells: Ints
    first: Ints
    last: Ints
    open: Ints

    @classmethod
    def of(cls, centre: Centre, sessions: Sequence[Session], made: Choices) -> _Load:
        fit: list[list[int]] = []
        span: dict[int, tuple[int, int]] = {}
        for a in range(len(centre.activities)):
            own = made.activity == a
            fit.append([sum(1 << r for r in centre.places[p]) for p in np.unique(made.place[own])])
            if own.any():
                day = DAY_CELLS * made.day[own]
                span[a] = int((made.begins[own] - day).min()), int((made.ends[own] - day).max())
        asked = [s.activity for s in sessions]
        cells = [0 if centre.activities[a].shares else len(centre.activities[a].occupied(0)) for a in asked]
        open_ = np.array([room.touched.reshape(DAYS, DAY_CELLS).sum(axis=0) for room in centre.rooms], np.int64)
        return cls(
            [fit[a] for a in asked],
            np.array(cells, np.int64),
            np.array([span[a][0] for a in asked], np.int64),
            np.array([span[a][1] for a in asked], np.int64),
            np.concatenate((np.zeros((len(open_), 1), np.int64), np.cumsum(open_, axis=1)), axis=1),
        )

    def passes(self, opened: Sequence[int]) -> bool:
        """Tell whether a set of rooms passes the condition."""
        whole = sum(1 << r for r in opened)
        inside = [[place for place in places if place & ~whole == 0] for places in self.places]
        if not all(inside):
            return False
        reach = np.array([reduce(or_, places) for places in inside], np.int64)
        cells = self.cells * np.array([min(place.bit_count() for place in places) for places in inside], np.int64)
        parts = range(1, len(opened) + 1) if len(opened) <= _MOST_PARTS else [len(opened)]
        return all(self._bears(part, reach, cells) for size in parts for part in combinations(opened, size))

    def _bears(self, part: Sequence[int], reach: Ints, cells: Ints) -> bool:
        """Tell whether some rooms bear the load that must lie in them, span by span."""
        own = (reach & ~sum(1 << r for r in part)) == 0
        if not own.any():
            return True
        firsts, lasts = np.unique(self.first[own]), np.unique(self.last[own])
        starts = (self.first[own] >= firsts[:, None]).astype(np.int64)
        ends = (self.last[own] <= lasts[:, None]).astype(np.int64)
        load = (starts * cells[own]) @ ends.T
        total = self.open[list(part)].sum(axis=0)
        room = np.maximum(0, total[lasts][None, :] - total[firsts.clip(0)][:, None])
        return bool((load <= room).all())
