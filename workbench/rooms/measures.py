"""How a timetable uses its rooms: frequency × occupancy, the peak, and who gets the space.

Frequency is the share of a room's open hours in which it is used, occupancy the share of its seats that are then taken;
their product is utilisation (UK Higher Education Space Management Group 2006). Hours are those of sessions, without
setting up and clearing away. Rooms that nobody uses stay in the denominators; averages hide peaks, so the peak is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.rooms.problem import CELL_MIN, WEEK_CELLS, Centre, Ints, Timetable

HOUR_CELLS = 60 // CELL_MIN


@dataclass(frozen=True, eq=False)
class Use:
    """How a timetable uses the rooms of one centre.

    Parameters
    ----------
    open
        Shape (rooms,), open cells a week.
    used
        Shape (rooms,), cells in which a session takes place.
    people
        Shape (rooms,), people times cells; those of joined rooms by their capacity.
    seats
        Shape (rooms,), capacity times used cells.
    functions
        Functions that each room holds in the week, sorted.
    at_once
        Shape (672,), rooms in use at each cell.
    space
        Square-metre-hours by group; a room that two activities share counts for each of them.
    """

    open: Ints
    used: Ints
    people: np.ndarray
    seats: Ints
    functions: tuple[tuple[str, ...], ...]
    at_once: Ints
    space: Mapping[str, float]

    @property
    def frequency(self) -> np.ndarray:
        """Shape (rooms,), share of open hours that is used; NaN for rooms that are never open."""
        return _share(self.used, self.open)

    @property
    def occupancy(self) -> np.ndarray:
        """Shape (rooms,), share of seats taken while in use; NaN for rooms that are never used."""
        return _share(self.people, self.seats)

    @property
    def utilisation(self) -> np.ndarray:
        """Shape (rooms,), frequency × occupancy; 0 for open rooms that are never used."""
        return np.asarray(np.where(self.used == 0, 0.0, self.occupancy) * self.frequency)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=np.asarray(whole) > 0))


def use_of(centre: Centre, timetable: Timetable) -> Use:
    """Measure how a timetable uses the rooms of a centre.

    Parameters
    ----------
    centre
        The centre.
    timetable
        A timetable; its faults are not judged.

    Returns
    -------
    Use
    """
    count = len(centre.rooms)
    busy = np.zeros((count, WEEK_CELLS), bool)
    people = np.zeros(count)
    functions: list[set[str]] = [set() for _ in range(count)]
    space: Counter[str] = Counter()
    for session in timetable.sessions:
        activity, place = centre.activities[session.activity], centre.places[session.place]
        cells = slice(session.start, session.start + activity.length)
        seats = max(1, sum(centre.rooms[r].capacity for r in place))
        for r in place:
            busy[r, cells] = True
            people[r] += activity.attendance * activity.length * centre.rooms[r].capacity / seats
            functions[r].add(activity.function)
            space[activity.group] += centre.rooms[r].area_dm2 * activity.length
    used = busy.sum(axis=1)
    return Use(
        np.array([room.touched.sum() for room in centre.rooms], np.int64),
        used,
        people,
        used * np.array([room.capacity for room in centre.rooms], np.int64),
        tuple(tuple(sorted(found)) for found in functions),
        busy.sum(axis=0),
        {group: amount / 10 / HOUR_CELLS for group, amount in sorted(space.items())},
    )


def today_of(centre: Centre) -> Timetable:
    """Return what is published today as a timetable; no office is given over."""
    return Timetable(centre.today)
