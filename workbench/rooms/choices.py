"""What is left to decide once everything impossible is taken out: which session could be where, and when.

The reductions are exact. A session is left out if its place is unfit, its hours do not allow it, its place holds an
office that can never be given over, or its rooms would be joined without need. A joined pair is never better than the
part that would do, except where it is published today.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.rooms.fitness import FITNESS, NO_RULES, may_join, rooms_of, starts
from workbench.rooms.problem import DAY_CELLS, Centre, Ints, Rule, Session, Timetable


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


def choices(centre: Centre, relaxed: Collection[Rule] = NO_RULES, only: int | None = None) -> Choices:
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
        loose = relaxed if only is None or only == activity else NO_RULES
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
    if not fit or (len(rooms) > 1 and Rule.JOINING not in relaxed and not may_join(centre, activity, place, relaxed)):
        return np.empty(0, np.int64)
    if Rule.OFFICE not in relaxed and Rule.OFFICES_KEPT not in relaxed:
        taken = sum(room.office for room in rooms)
        if taken > len(centre.offices) - centre.fewest_offices:
            return np.empty(0, np.int64)
    return np.flatnonzero(starts(centre, activity, place, relaxed))
