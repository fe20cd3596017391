"""What no timetable of curricula can cost less than: where lectures are, and when they are, each asked apart.

Seats and further rooms depend on rooms alone, missing days and lectures alone on periods alone. Each part is solved
with the other left out, and both bounds add up. The first part is small and proven. The second is a linear program
over patterns of days (Bagger, Sørensen and Stidsen 2018 have the like): for each curriculum and day one of all sets
of periods is taught, which is tighter than a flag for each lecture alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from benchmarks.curriculum_check import ALONE_COST, DAY_COST
from benchmarks.curriculum_instance import Curricula
from workbench.solving import LinearProgram, solve_integers, solve_lp

ROUNDING = 1e-4
"""How far the optimum of a linear program may be off."""


@dataclass(frozen=True)
class Bound:
    """What no timetable costs less than.

    Parameters
    ----------
    rooms
        Of seats and further rooms; proven by CP-SAT.
    times
        Of missing days and lectures alone; a linear program, to the tolerance of HiGHS.
    """

    rooms: int
    times: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.rooms + self.times


class _Program:
    """A program that is put together column by column and row by row."""

    def __init__(self) -> None:
        self.cost, self.upper = list[float](), list[float]()
        self.amounts, self.rows, self.columns = list[float](), list[int](), list[int]()
        self.least, self.most = list[float](), list[float]()

    def column(self, cost: float, upper: float = 1.0) -> int:
        self.cost.append(cost)
        self.upper.append(upper)
        return len(self.cost) - 1

    def row(self, least: float, most: float, *terms: tuple[int, float]) -> None:
        for column, amount in terms:
            self.rows.append(len(self.most))
            self.columns.append(column)
            self.amounts.append(amount)
        self.least.append(least)
        self.most.append(most)

    def whole(self) -> LinearProgram:
        size = (len(self.most), len(self.cost))
        matrix = sp.csr_array((self.amounts, (self.rows, self.columns)), shape=size)
        sides = np.array(self.least, np.float64), np.array(self.most, np.float64)
        return LinearProgram(np.array(self.cost, np.float64), matrix, *sides, np.zeros(size[1]), np.array(self.upper))


def rooms_bound(instance: Curricula) -> int:
    """Return what seats and further rooms cost at least: lectures to rooms, each room once a period.

    Proven by CP-SAT; lectures keep to the periods that are open, in number only.
    """
    made = _Program()
    rooms = range(len(instance.rooms))
    held = {}
    for c, course in enumerate(instance.courses):
        for r in rooms:
            held[c, r] = made.column(max(0, course.students - instance.seats[r]), course.lectures)
            used = made.column(1.0)
            made.row(-np.inf, 0.0, (held[c, r], 1.0), (used, -float(course.lectures)))
        made.row(course.lectures, course.lectures, *((held[c, r], 1.0) for r in rooms))
    for r in rooms:
        made.row(-np.inf, instance.periods, *((held[c, r], 1.0) for c in range(len(instance.courses))))
    answer = solve_integers(made.whole(), max_deterministic_time=10.0)
    return max(0, math.ceil(answer.bound - ROUNDING) - len(instance.courses))


def times_bound(instance: Curricula) -> int:
    """Return what missing days and lectures alone cost at least, by a linear program over patterns of days."""
    made = _Program()
    held = {
        (c, p): made.column(0.0)
        for c in range(len(instance.courses))
        for p in np.flatnonzero(~instance.closed[c]).tolist()
    }
    for c, course in enumerate(instance.courses):
        own = [(at, 1.0) for (who, _), at in held.items() if who == c]
        made.row(course.lectures, course.lectures, *own)
    for p in range(instance.periods):
        now = [(at, 1.0) for (_, when), at in held.items() if when == p]
        made.row(-np.inf, len(instance.rooms), *now)
    _teachers(instance, made, held)
    _spread(instance, made, held)
    _patterns(instance, made, held)
    answer = solve_lp(made.whole())
    return max(0, math.ceil(answer.bound - ROUNDING)) if math.isfinite(answer.bound) else 0


Held = dict[tuple[int, int], int]


def _teachers(instance: Curricula, made: _Program, held: Held) -> None:
    for teacher in sorted({course.teacher for course in instance.courses}):
        own = [c for c, course in enumerate(instance.courses) if course.teacher == teacher]
        if len(own) > 1:
            for p in range(instance.periods):
                made.row(-np.inf, 1.0, *((held[c, p], 1.0) for c in own if (c, p) in held))


def _spread(instance: Curricula, made: _Program, held: Held) -> None:
    for c, course in enumerate(instance.courses):
        terms = [(made.column(DAY_COST, course.fewest_days), 1.0)]
        for day in range(instance.days):
            hours = range(day * instance.daily, (day + 1) * instance.daily)
            own = [held[c, p] for p in hours if (c, p) in held]
            if own:
                terms.append((made.column(0.0), 1.0))
                made.row(-np.inf, 0.0, (terms[-1][0], 1.0), *((at, -1.0) for at in own))
        made.row(course.fewest_days, np.inf, *terms)


def _patterns(instance: Curricula, made: _Program, held: Held) -> None:
    sets = [tuple(sorted(set(members))) for members in instance.curricula]
    words = np.arange(1 << instance.daily)
    alone = [int(word).bit_count() for word in words & ~(words << 1) & ~(words >> 1)]
    for members in sorted(set(sets)):
        times = sets.count(members)
        for day in range(instance.days):
            first = day * instance.daily
            own = [[held[c, first + t] for c in members if (c, first + t) in held] for t in range(instance.daily)]
            can = sum(bool(part) << t for t, part in enumerate(own))
            taught = {w: made.column(ALONE_COST * times * alone[w]) for w in words.tolist() if w & can == w}
            made.row(1.0, 1.0, *((at, 1.0) for at in taught.values()))
            for t, part in enumerate(own):
                if part:
                    shown = [(at, -1.0) for w, at in taught.items() if w >> t & 1]
                    made.row(0.0, 0.0, *((at, 1.0) for at in part), *shown)


def bound_of(instance: Curricula) -> Bound:
    """Return what no timetable of an instance costs less than."""
    return Bound(rooms_bound(instance), times_bound(instance))
