"""What no timetable of curricula can cost less than: where lectures are, and when they are, each asked apart.

Seats and further rooms depend on rooms alone, missing days and lectures alone on periods alone. Each part is solved
with the other left out, and both bounds add up. The first part is small; the second falls into one small program for
each curriculum. (A linear relaxation of the second is worth next to nothing: half a lecture beside another half is
not alone.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from benchmarks.curriculum_check import ALONE_COST, DAY_COST
from benchmarks.curriculum_instance import Curricula
from workbench.solving import LinearProgram, solve_integers

ROUNDING = 1e-4
"""How far a bound may be off; what is bounded is whole."""
UNIT = 60
"""Parts into which a unit of cost is cut, so that shares of it are whole."""
WHOLE = UNIT * DAY_COST
EFFORT = 5.0
"""Most deterministic work of CP-SAT on one curriculum; what is left open then counts with its bound."""
ROUNDS = 4


@dataclass(frozen=True)
class Bound:
    """What no timetable costs less than.

    Parameters
    ----------
    rooms
        Of seats and further rooms.
    times
        Of missing days and lectures alone.
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


def times_bound(instance: Curricula, rounds: int = ROUNDS) -> int:
    """Return what missing days and lectures alone cost at least, curriculum by curriculum.

    Each curriculum is timetabled as if it were alone. What a missing day of a course costs is shared out among its
    curricula, so that the costs of all add up to no more than a timetable's; where a share would do more is learnt
    round by round (a Lagrangian decomposition, Guignard and Kim 1987). Each is proven by CP-SAT.

    Parameters
    ----------
    instance
        The instance.
    rounds
        How often the shares are mended.
    """
    blocks = _blocks(instance)
    homes: dict[int, list[int]] = {}
    for n, (members, _) in enumerate(blocks):
        for c in members:
            homes.setdefault(c, []).append(n)
    share = {(n, c): float(WHOLE // len(own)) for c, own in homes.items() for n in own}
    best = 0
    for turn in range(rounds):
        total, missing = 0, dict[tuple[int, int], float]()
        for n, (members, times) in enumerate(blocks):
            least, lacks = _block(instance, members, times, [int(share[n, c]) for c in members])
            total += least
            missing.update({(n, c): lack for c, lack in zip(members, lacks, strict=True)})
        best = max(best, total)
        for c, own in homes.items():
            _mend(share, {(n, c): missing[n, c] for n in own}, WHOLE / (turn + 2))
    return -(-best // UNIT)


def _blocks(instance: Curricula) -> list[tuple[tuple[int, ...], int]]:
    """Return curricula with the same courses once, with how often there is each; then courses of none, each alone."""
    sets = [tuple(sorted(set(members))) for members in instance.curricula]
    rest = set(range(len(instance.courses))).difference(*sets)
    return [*((members, sets.count(members)) for members in sorted(set(sets))), *(((c,), 0) for c in sorted(rest))]


def _mend(share: dict[tuple[int, int], float], missing: dict[tuple[int, int], float], step: float) -> None:
    """Shift shares of one course to the curricula in which its days are missing; together they stay the whole."""
    mean = sum(missing.values()) / len(missing)
    raised = {at: max(0.0, share[at] + step * (lack - mean)) for at, lack in missing.items()}
    total = sum(raised.values())
    share.update({at: amount * WHOLE / total for at, amount in raised.items()} if total else {})


def _block(instance: Curricula, members: tuple[int, ...], times: int, shares: list[int]) -> tuple[int, list[float]]:
    """Timetable one curriculum alone; return what it costs at least, and the days that each course lacks."""
    made = _Program()
    held = {(c, p): made.column(0.0) for c in members for p in np.flatnonzero(~instance.closed[c]).tolist()}
    lacking = [_spread(instance, made, held, c, share) for c, share in zip(members, shares, strict=True)]
    taught = [[(held[c, p], 1.0) for c in members if (c, p) in held] for p in range(instance.periods)]
    for p, here in enumerate(taught):
        made.row(-np.inf, 1.0, *here)
        slot = p % instance.daily
        beside = (taught[p - 1] if slot else []) + (taught[p + 1] if slot + 1 < instance.daily else [])
        if times:
            alone = made.column(UNIT * ALONE_COST * times)
            made.row(-np.inf, 0.0, *here, *((at, -1.0) for at, _ in beside), (alone, -1.0))
    answer = solve_integers(made.whole(), max_deterministic_time=EFFORT)
    lacks = [0.0 if answer.values is None else float(answer.values[at]) for at in lacking]
    return max(0, math.floor(answer.bound + ROUNDING)) if math.isfinite(answer.bound) else 0, lacks


def _spread(instance: Curricula, made: _Program, held: dict[tuple[int, int], int], c: int, share: int) -> int:
    """Hold all lectures of a course, and count the days that it lacks; return the column that does."""
    course = instance.courses[c]
    own = {p: at for (who, p), at in held.items() if who == c}
    made.row(course.lectures, course.lectures, *((at, 1.0) for at in own.values()))
    lacking = made.column(share, course.fewest_days)
    days = []
    for day in range(instance.days):
        there = [(at, -1.0) for p, at in own.items() if p // instance.daily == day]
        if there:
            days.append(made.column(0.0))
            made.row(-np.inf, 0.0, (days[-1], 1.0), *there)
    made.row(course.fewest_days, np.inf, (lacking, 1.0), *((at, 1.0) for at in days))
    return lacking


def bound_of(instance: Curricula) -> Bound:
    """Return what no timetable of an instance costs less than."""
    return Bound(rooms_bound(instance), times_bound(instance))
