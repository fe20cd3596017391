"""The search of one centre: an incumbent, the rows that bind it, and bounds from the week and from its folded days."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from workbench.arrays import Floats
from workbench.rooms.check import objectives, possible_sessions
from workbench.rooms.model import (
    Columns,
    Folding,
    Prices,
    columns,
    costs_at_most,
    priced_out,
    program,
    slim,
    stacked,
    timetable,
    with_rows,
    without,
)
from workbench.rooms.problem import Centre, Timetable, choices
from workbench.solving import Answer, IntegerModel, Interrupt, LinearProgram, Status, solve_mip

_QUICK = 0.5
"""Share of the effort on a stage that CP-SAT has before HiGHS takes over."""
_FIRST = 0.25
"""Share that CP-SAT has where days differ, to find the easy."""
_LONGER = 2.5
"""How much longer HiGHS may look where a side is near the bound: what it is asked there is a proof, mostly."""
_LAYING = 0.25
"""Share of the effort for each try to lay a folded plan out over the days."""
_FREED, _ROUNDS = 2, 3
"""Days that may change at a time when a timetable is mended, and most rounds of the week."""
_CALLBACKS, _USUAL, _FEWEST = 400, 20_000, 20
"""Times that HiGHS may look up for each unit of effort in a program with so many numbers in its rows; in a larger one
each look takes longer. With fewer than the fewest it does not get past its first linear programs, and is not asked."""
_ROUNDING = 1e-3
"""How far a bound of HiGHS may be off; what is bounded is whole."""
_METHODS: Final = ("simplex", "ipm")
"""How linear relaxations are solved: the multipliers of both take out more than those of one."""
_NOTHING = 1 << 62
"""A bound that says nothing."""
SETTINGS: Final[dict[str, Any]] = {  # most of the time is presolve: one round is enough for models as tight as these
    "cp_model_probing_level": 0,
    "find_big_linear_overlap": False,
    "linearization_level": 2,
    "max_presolve_iterations": 1,
    "symmetry_level": 0,
}


@dataclass(frozen=True)
class Stage:
    """One stage of a plan.

    Parameters
    ----------
    name
        As :func:`workbench.rooms.check.objectives` calls it.
    value
        What the timetable is worth, recomputed without the solver.
    bound
        No timetable that is as good in the earlier stages is worth less.
    seconds
        Wall time.
    """

    name: str
    value: int
    bound: int
    seconds: float

    @property
    def status(self) -> Status:
        """OPTIMAL when the bound meets the value."""
        return Status.OPTIMAL if self.bound >= self.value else Status.FEASIBLE

    @property
    def gap(self) -> float:
        """How far the bound is from the value, as a share of the value."""
        return 0.0 if self.bound >= self.value else (self.value - self.bound) / self.value


class Search:
    """The incumbent, and the rows that earlier stages have added.

    Parameters
    ----------
    centre
        The centre.
    effort
        Most work of CP-SAT on one search, deterministic seconds.
    interrupt
        Whether Ctrl-C was pressed; then no further search is begun.
    week
        Variables and rows, where they are not those of the centre by itself.
    """

    def __init__(
        self, centre: Centre, effort: float, interrupt: Interrupt, week: tuple[Columns, LinearProgram] | None = None
    ) -> None:
        self.centre, self._effort, self.interrupt = centre, effort, interrupt
        self.made: Columns = columns(choices(centre)) if week is None else week[0]
        self._week: LinearProgram = program(self.made) if week is None else week[1]
        self.possible = possible_sessions(self.made.choices)
        self._folding = Folding.of(self.made)
        self._folded = None if self._folding is None else self._folding.fold(self._week)
        self._plan: Floats | None = None
        self.values: Floats | None = None
        self.stages: list[Stage] = []

    def ask(self, cost: Floats, share: float = 1.0) -> Answer:
        """Minimise with CP-SAT, starting from the incumbent, with a share of the effort; take in what is found."""
        answer = self._asked(replace(self._week, cost=cost), share, self.values)
        if answer.values is not None:
            self.values = answer.values
        return answer

    def begin_with(self, known: Timetable) -> None:
        """Take in a timetable that is known, with whatever flags go with it."""
        at = self.made.choices.values(known)
        if at is None:
            raise AssertionError("a timetable that is known cannot be")
        others, cost = np.arange(self.made.count) < self.made.choices.count, np.zeros(self.made.count)
        others[at], cost[at] = False, -1.0
        answer = self._asked(without(replace(self._week, cost=cost), others), 1.0, None)
        if answer.values is not None and round(-answer.objective) == len(at):
            self.values = answer.values

    def _asked(self, whole: LinearProgram, share: float, start: Floats | None) -> Answer:
        """Minimise a program with CP-SAT, made smaller first."""
        if self.interrupt.asked:
            return Answer(Status.UNKNOWN, None, math.inf, -math.inf, None, 0.0, interrupted=True)
        small, kept = slim(whole)
        settings = {**SETTINGS, "max_deterministic_time": share * self._effort}
        hint = None if start is None else start[kept]
        return _spread(IntegerModel(small).minimise(small.cost, start=hint, **settings), kept, len(whole.cost))

    def _proven(self, whole: LinearProgram, start: Floats | None) -> tuple[Floats | None, float]:
        """Minimise a program; return the best that is known and a bound.

        CP-SAT answers the easy and finds, HiGHS proves what is left, as was measured.
        """
        quick = self._asked(whole, _QUICK, start)
        best = start if quick.values is None else quick.values
        if quick.status is Status.INFEASIBLE:
            raise AssertionError("a solver finds no timetable where there is one")
        if quick.status is Status.OPTIMAL or self.interrupt.asked:
            return best, quick.bound
        small, kept = slim(whole)
        callbacks = callback_limit(small, self._effort)
        if not callbacks:
            return best, quick.bound
        hint = None if best is None else best[kept]
        slow = _spread(solve_mip(small, start=hint, callbacks=callbacks), kept, len(whole.cost))
        if slow.values is not None and (best is None or slow.objective < whole.cost @ best - 0.5):
            best = np.rint(slow.values)
        return best, max(quick.bound, slow.bound)

    def _narrow(self, cost: Floats, bound: int) -> int:
        """Ask HiGHS for a timetable that costs no more than the bound; then for one that is better than the incumbent.

        A side near the bound takes out sessions by their reduced costs. Whether there is such a timetable is told
        soon, and the best that is found is best of all.
        """
        week, step = replace(self._week, cost=cost), _step(cost)
        if self.values is None or self.interrupt.asked or cost @ self.values <= bound:
            return bound
        prices = [found for method in _METHODS if (found := Prices.of(week, method)) is not None]
        low = max([bound, *(_whole(found.bound, cost) for found in prices)])
        for last in (False, True):
            better = round(float(cost @ self.values)) - step
            if better < low or self.interrupt.asked:
                break
            most = better if last else low
            answer = self._held(week, prices, most)
            if answer.values is not None and cost @ answer.values < cost @ self.values - 0.5:
                self.values = np.rint(answer.values)
            proven = most + step if answer.status is Status.INFEASIBLE else min(most + step, _whole(answer.bound, cost))
            low = max(low, proven)
        return low

    def _held(self, week: LinearProgram, prices: list[Prices], most: int) -> Answer:
        """Ask HiGHS for the best timetable that costs no more than so much."""
        gone = np.zeros(len(week.cost), np.bool_)
        for found in prices:
            gone |= found.beyond(most)
        side = stacked([costs_at_most(week.cost, most)], len(week.cost))
        small, kept = slim(with_rows(without(week, gone), *side))
        callbacks = callback_limit(small, _LONGER * self._effort)
        if not callbacks:
            return Answer(Status.UNKNOWN, None, math.inf, -math.inf, None, 0.0)
        return _spread(solve_mip(small, callbacks=callbacks), kept, len(week.cost))

    def worth(self) -> dict[str, int]:
        """Return what the incumbent is worth, recomputed."""
        if self.values is None:
            raise AssertionError("a stage was asked before there was a timetable")
        return objectives(self.centre, timetable(self.made, self.values), self.possible)

    def minimise(
        self, name: str, cost: Floats, offset: int, least: int = 0, *, alike: bool = True, tried: bool = False
    ) -> None:
        """Go through one stage: search unless the incumbent meets a bound, then bind the later stages."""
        began, bound = time.perf_counter(), least
        if alike and self.worth()[name] > bound:
            bound = max(bound, _whole(self.foreseen(cost), cost) + offset)
        if alike and self.worth()[name] > bound:
            self._mend(cost, bound - offset)
        if self.worth()[name] > bound:
            bound = self._searched(cost, bound - offset, alike=alike, tried=tried) + offset
        value = self.worth()[name]
        self.record(name, value, bound, began)
        self._bind(cost, value - offset, alike)

    def _searched(self, cost: Floats, bound: int, *, alike: bool, tried: bool) -> int:
        """Search the week for what costs least; return the bound."""
        if alike:
            return self._whole_week(cost, bound)
        cost = np.where(self._week.upper > 0, cost, 0.0)  # what is taken out says nothing of the steps of the cost
        if not tried:
            answer = self.ask(cost, _FIRST)
            if answer.status is Status.INFEASIBLE:
                raise AssertionError("a solver finds no timetable where there is one")
            bound = max(bound, _whole(answer.bound, cost))
        self._mend(cost, bound)
        bound = self._narrow(cost, bound)
        if self.values is not None and cost @ self.values > bound:  # without sides the week is proven at times
            bound = self._whole_week(cost, bound)
        return bound

    def _whole_week(self, cost: Floats, bound: int) -> int:
        """Search the week as it stands for what costs least; return the bound."""
        at_least = stacked([costs_at_most(-cost, -bound)], len(cost))
        self.values, proven = self._proven(with_rows(replace(self._week, cost=cost), *at_least), self.values)
        return max(bound, _whole(proven, cost))

    def record(self, name: str, value: int, bound: int, began: float) -> None:
        """Keep what a stage came to; after one that stays open, all later searches have half the effort.

        Their proofs are worth less then, and a centre that is hard in one stage is mostly so in the next.
        """
        stage = Stage(name, value, min(bound, value), time.perf_counter() - began)
        self.stages.append(stage)
        if stage.status is not Status.OPTIMAL:
            self._effort /= 2

    def foreseen(self, cost: Floats) -> float:
        """Return a bound from the folded week; take in its plan as far as it can be laid out over the days."""
        folding, folded = self._folding, self._folded
        if folding is None or folded is None or self.interrupt.asked:
            return -math.inf
        self._plan, bound = self._proven(replace(folded, cost=folding.cost(cost)), self._plan)
        if self._plan is not None:
            self._lay_out(cost, self._plan[folding.orbit] > 0.5, bound)
        return bound

    def _lay_out(self, cost: Floats, used: npt.NDArray[np.bool_], bound: float) -> None:
        """Look for a timetable among the sessions of a folded plan; then among all in the places that it gives each."""
        made = self.made.choices
        place = made.activity * len(self.centre.places) + made.place
        wider = used.copy()
        wider[: made.count] = np.isin(place, place[used[: made.count]])
        wider[made.count :] = True
        for allowed in (used, wider):
            laid = without(replace(self._week, cost=cost), ~allowed)
            answer = self._asked(laid, _LAYING, None)
            if answer.values is not None and (self.values is None or cost @ answer.values < cost @ self.values - 0.5):
                self.values = answer.values
            if self.values is not None and cost @ self.values <= bound + _ROUNDING:
                return

    def _mend(self, cost: Floats, bound: int) -> None:
        """Better the incumbent by letting only some days change at a time, as long as a round of the week helps."""
        days = np.unique(self.made.choices.day).tolist()
        for _ in range(_ROUNDS):
            before = cost @ self.values if self.values is not None else math.inf
            for first in range(len(days)):
                if self.values is None or cost @ self.values <= bound:
                    return
                freed = [days[(first + step) % len(days)] for step in range(_FREED)]
                still = self.values < 0.5
                still[self.made.choices.count :] = False
                still[: self.made.choices.count] &= ~np.isin(self.made.choices.day, freed)
                answer = self._asked(without(replace(self._week, cost=cost), still), _LAYING, self.values)
                if answer.values is not None and cost @ answer.values < cost @ self.values - 0.5:
                    self.values = answer.values
            if self.values is None or cost @ self.values > before - 0.5:
                return

    def _bind(self, cost: Floats, most: int, alike: bool) -> None:
        """Let no later stage be worse, and take out what costs too much for that."""
        if not cost.any():
            return
        plan = self._plan
        self.add(*stacked([costs_at_most(cost, most)], self.made.count))
        self._plan = plan
        if self.interrupt.asked:
            return
        if alike and self._folding is not None and self._folded is not None:
            gone = priced_out(replace(self._folded, cost=self._folding.cost(cost)), most)[self._folding.orbit]
        else:
            gone = priced_out(replace(self._week, cost=cost), most)
        self._week = without(self._week, gone)
        if self._folding is not None and self._folded is not None:
            left = np.bincount(self._folding.orbit, self._week.upper, self._folding.count).astype(np.float64)
            self._folded = replace(self._folded, upper=left)

    def add(self, rows: sp.csr_array, most: Floats) -> None:
        """Add rows that bind from now on."""
        self._week = with_rows(self._week, rows, most)
        if self._folding is not None and self._folded is not None:
            least = [self._folding.cost(row) for row in rows.toarray()]
            self._folded = with_rows(self._folded, sp.csr_array(np.array(least)), most)
            self._plan = None


def callback_limit(program: LinearProgram, effort: float) -> int:
    """Return how many times HiGHS may look up for some effort; 0 where it had better not be asked."""
    callbacks = round(_CALLBACKS * effort * (_USUAL / max(1, program.rows.nnz)) ** 1.5)
    return callbacks if callbacks >= _FEWEST else 0


def _step(cost: Floats) -> int:
    """Return what costs of whole sessions are multiples of."""
    return int(np.gcd.reduce(cost[cost != 0].astype(np.int64))) or 1


def _whole(bound: float, cost: Floats) -> int:
    """Return a bound rounded up to what whole sessions can be worth."""
    if not math.isfinite(bound):
        return -_NOTHING
    step = _step(cost)
    return step * math.ceil((bound - _ROUNDING) / step)


def _spread(answer: Answer, kept: npt.NDArray[np.int64], width: int) -> Answer:
    """Return an answer over all variables; those that were taken out are 0."""
    if answer.values is None:
        return answer
    values = np.zeros(width)
    values[kept] = answer.values
    return replace(answer, values=values)
