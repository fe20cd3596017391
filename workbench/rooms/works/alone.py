"""What works could do if no activity stood in another's way: a small program, whose answer bounds every timetable.

Each place lets an activity take place so many times, if it is alone and the works of one lot after the other are done;
no timetable holds more of it than all its places together. Where rooms are not crowded, the bound is met.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from workbench.rooms.bounds import least_unserved, possible_sessions
from workbench.rooms.choices import Choices
from workbench.rooms.model import Row, at_most, costs_at_most, stacked
from workbench.rooms.problem import PRIORITIES, Flags
from workbench.rooms.works.choices import Lot, WorkedChoices
from workbench.rooms.works.problem import Work, Worth
from workbench.solving import IntegerModel, LinearProgram, Status

Floats = npt.NDArray[np.float64]

_MOST_WEIGHT = 1 << 20


@dataclass(frozen=True)
class Alone:
    """The bound, and works that meet it if any do.

    Parameters
    ----------
    least
        Person-minutes that no works can serve, each priority by itself.
    floor
        No works within the limits are worth more.
    works
        Works that come to it at the least cost, were each activity alone, and one set of them among its equals; none
        where that is not known.
    """

    least: Worth
    floor: Worth
    works: tuple[Work, ...] = ()


@dataclass(frozen=True, eq=False)
class _Way:
    """A place that works open to an activity: how often it may take place there, and the lots it takes."""

    activity: int
    times: int
    lots: tuple[Lot, ...]


def alone(made: WorkedChoices, money: int, most_days: int | None, effort: float) -> Alone:
    """Bound what works can do.

    Parameters
    ----------
    made
        What could be.
    money, most_days
        Yuan and days that works may take; None for as many as it takes.
    effort
        Most work on one stage, in CP-SAT's deterministic seconds.

    Returns
    -------
    Alone
    """
    centre = made.choices.centre
    most = possible_sessions(made.choices)
    least = least_unserved(centre, most)
    floor: Worth = (0, least[1], least[2], least[3])
    taken = np.zeros(made.choices.count, bool)
    for _, at in made.lots:
        taken[at] = True
    today = possible_sessions(_only(made.choices, ~taken))
    short = [a for a, (now, then) in enumerate(zip(today, most, strict=True)) if now < then]
    if not short:
        return Alone(floor, floor)
    program = _Program(made, [way for a in short for way in _ways(made, a, taken)], short, today, most)
    answer = program.solved(money, most_days, effort)
    return Alone(floor, floor) if answer is None else Alone(floor, *answer)


def choosing(works: Sequence[Work]) -> list[int]:
    """Return what to minimise so as to choose one set of works among its equals: days first, then fixed weights.

    Every weight is positive, so that nothing is done in vain, and a work's own, whatever else could be done.
    """
    weights = [1 + crc32(f"{work.rooms} {work.key}".encode()) % _MOST_WEIGHT for work in works]
    unit = len(works) * _MOST_WEIGHT + 1
    return [unit * work.days + weight for work, weight in zip(works, weights, strict=True)]


def _only(made: Choices, kept: Flags) -> Choices:
    return Choices(made.centre, made.activity[kept], made.start[kept], made.place[kept])


def _ways(made: WorkedChoices, activity: int, taken: Flags) -> Iterator[_Way]:
    """Go through the places that works open to an activity."""
    every = made.choices
    own = (every.activity == activity) & taken
    for place in np.unique(every.place[own]).tolist():
        here = own & (every.place == place)
        first = int(np.flatnonzero(here)[0])
        lots = tuple(lot for lot, at in made.lots if bool((at == first).any()))
        yield _Way(activity, possible_sessions(_only(every, here))[activity], lots)


class _Program:
    """Flags for works and ways, then how often each activity takes place that works would let take place more often."""

    def __init__(
        self, made: WorkedChoices, ways: list[_Way], short: list[int], today: list[int], most: list[int]
    ) -> None:
        self._works, self._activities, self._short = made.works, made.choices.centre.activities, short
        self._first = len(made.works) + len(ways)
        self._most, self._asked = most, [a.sessions for a in self._activities]
        rows: list[Row] = []
        for number, way in enumerate(ways, len(made.works)):
            rows += [at_most([number, *lot], [1.0, *[-1.0] * len(lot)], 0.0) for lot in way.lots]
        for number, a in enumerate(short, self._first):
            own = [(n, way.times) for n, way in enumerate(ways, len(made.works)) if way.activity == a]
            rows.append(at_most([number, *(n for n, _ in own)], [1.0, *(-float(t) for _, t in own)], float(today[a])))
        joins = [(n, w.rooms) for n, w in enumerate(made.works) if w.gives == "join"]
        for room in sorted({r for _, rooms in joins for r in rooms}):
            at = [n for n, rooms in joins if room in rooms]
            rows.append(at_most(at, 1.0, 1.0))
        self._rows = rows

    @property
    def _count(self) -> int:
        return self._first + len(self._short)

    def solved(self, money: int, most_days: int | None, effort: float) -> tuple[Worth, tuple[Work, ...]] | None:
        """Return the bound and the works, stage by stage; None where a stage is not proven."""
        price = np.zeros(self._count)
        price[: len(self._works)] = [work.cost for work in self._works]
        days = np.zeros(self._count)
        days[: len(self._works)] = [work.days for work in self._works]
        rows = [*self._rows, costs_at_most(price, money)]
        if most_days is not None:
            rows.append(costs_at_most(days, most_days))
        upper = np.ones(self._count)
        upper[self._first :] = [self._most[a] for a in self._short]
        matrix, most = stacked(rows, self._count)
        none = np.full(len(most), -np.inf)
        model = IntegerModel(LinearProgram(np.zeros(self._count), matrix, none, most, np.zeros(self._count), upper))
        worth, values = [0], np.zeros(self._count)
        one = np.zeros(self._count)
        one[: len(self._works)] = choosing(self._works)
        for stage, cost in [*((p, self._served(p)) for p in PRIORITIES), (0, price), (0, one)]:
            answer = model.minimise(cost, max_deterministic_time=effort)
            if answer.values is None or answer.status is not Status.OPTIMAL:
                return None
            values = answer.values
            if stage:
                worth.append(self._unserved(stage, values))
            model.add(*stacked([costs_at_most(cost, round(float(cost @ values)))], self._count))
        done = tuple(work for n, work in enumerate(self._works) if values[n] > 0.5)
        return (0, worth[1], worth[2], worth[3]), done

    def _served(self, priority: int) -> Floats:
        """Return the cost that counts what a priority is served, negative."""
        cost = np.zeros(self._count)
        for number, a in enumerate(self._short, self._first):
            cost[number] = -self._activities[a].weight * (self._activities[a].priority == priority)
        return cost

    def _unserved(self, priority: int, values: Floats) -> int:
        """Return the person-minutes of a priority that are not served."""
        held = list(self._most)
        for number, a in enumerate(self._short, self._first):
            held[a] = round(values[number])
        rows = zip(self._activities, self._asked, held, strict=True)
        return sum((asked - times) * a.weight for a, asked, times in rows if a.priority == priority)
