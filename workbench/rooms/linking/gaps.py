"""What of a centre's week is free beside its timetable: a quick test before anything is planned anew.

Who fits into the gaps surely finds a place; who does not may still find one when the centre is planned anew. Rooms that
are shared count as taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from workbench.rooms.choices import Choices
from workbench.rooms.problem import (
    DAY_CELLS,
    LOUD,
    WEEK_CELLS,
    Activity,
    Centre,
    Flags,
    Ints,
    Session,
    Timetable,
    days_between,
)


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
