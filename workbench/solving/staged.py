"""Lexicographic stages over one program of whole numbers, each with its bound; then one solution of many.

What comes first counts before everything after it: a stage is minimised, and what it reaches binds all later ones,
exactly, in whole numbers (preemptive goals: Charnes and Cooper 1961). Each stage has a bound that is proven, whether it
is met or not: known without search, by CP-SAT, by HiGHS, or by the multipliers of the linear relaxation, whose reduced
costs also take out variables that no solution within the bound could have (Dantzig, Fulkerson and Johnson 1954). A
stage whose incumbent meets a bound that is known needs no search. Among the solutions that are alike in every stage the
last step chooses the one with the least sum of fixed weights; two different ones with one least sum are as good as
impossible (isolation lemma: Mulmuley, Vazirani and Vazirani 1987), so that a plan depends neither on the machine nor on
the version of a solver.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import scipy.sparse as sp

from workbench.arrays import Flags, Floats, Ints
from workbench.errors import SolveError
from workbench.progress import SILENT, Progress
from workbench.solving.answer import Answer, Status
from workbench.solving.highs import solve_lp, solve_mip
from workbench.solving.integers import IntegerModel
from workbench.solving.interrupt import Interrupt
from workbench.solving.programs import LinearProgram, Rows, at_most, costs_at_most, slim, stacked, with_rows, without

_SURE = 1e-3
"""How far beyond the best a solution has to be before it is excluded; objectives are whole."""
_ROUNDING = 1e-3
"""How far a bound of HiGHS may be off; what is bounded is whole."""
_NOTHING = 1 << 62
"""A bound that says nothing."""
_LONGER = 2.5
"""How much longer HiGHS may look where a side is near the bound: what it is asked there is a proof, mostly."""
_CALLBACKS, _USUAL, _FEWEST = 400, 20_000, 20
"""Times that HiGHS may look up for each unit of effort in a program with so many numbers in its rows; in a larger one
each look takes longer. With fewer than the fewest it does not get past its first linear programs, and is not asked."""
_FEW, _WEEK = 5, 7
"""People, or days in a row, that may change at a time: what a search can go through soon."""
_METHODS: Final = ("simplex", "ipm")
"""How linear relaxations are solved: the multipliers of both take out more than those of one."""
MOST_WEIGHT: Final = 1 << 20
"""Weights that choose among equals are below this."""
SETTINGS: Final[Mapping[str, Any]] = {  # most of the time is presolve: one round is enough for tight models
    "cp_model_probing_level": 0,
    "find_big_linear_overlap": False,
    "linearization_level": 2,
    "max_presolve_iterations": 1,
    "symmetry_level": 0,
}
"""How CP-SAT is asked."""

Worth = Callable[[Floats], Mapping[str, int]]
"""Returns what a solution is worth, stage by stage, recomputed without a solver."""
Way = Callable[[Floats, int], int]
"""Looks for what costs less than the incumbent, a bound being known; takes in what it finds and returns a bound."""


@dataclass(frozen=True)
class Stage:
    """One stage of a plan.

    Parameters
    ----------
    name
        What is minimised.
    value
        What the plan is worth.
    bound
        No plan that is as good in the earlier stages is worth less.
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
        return 0.0 if self.bound >= self.value else (self.value - self.bound) / max(1, abs(self.value))


# ----------------------------------------------------------------------------------------------------------------------
# Bounds: multipliers of the linear relaxation, and what costs of whole numbers can come to.


@dataclass(frozen=True, eq=False)
class Prices:
    """What multipliers of the linear relaxation say (Dantzig, Fulkerson and Johnson 1954).

    Parameters
    ----------
    bound
        No solution costs less; recomputed from the multipliers.
    reduced
        Shape (n,), what a unit of a variable adds to the bound.
    """

    bound: float
    reduced: Floats

    @classmethod
    def of(cls, program: LinearProgram, method: str = "simplex") -> Prices | None:
        """Return the prices of a program; None where its relaxation was not solved."""
        answer = solve_lp(program, method=method)
        if answer.status is not Status.OPTIMAL or answer.duals is None:
            return None
        duals = np.minimum(answer.duals, 0.0)
        reduced = program.cost - program.rows.T @ duals
        bound = float(duals @ program.row_upper + np.minimum(reduced, 0.0) @ program.upper)
        return cls(bound, np.asarray(reduced))

    def beyond(self, most: float) -> Flags:
        """Return which variables, 0 at least, are 0 in every whole solution that costs no more than so much."""
        return np.asarray(self.bound + self.reduced > most + _SURE)


def priced_out(program: LinearProgram, most: float) -> Flags:
    """Return which variables are 0 in every whole solution that costs no more than so much."""
    prices = Prices.of(program)
    if prices is None:
        return np.zeros(len(program.cost), np.bool_)
    return np.asarray((program.upper > 0) & prices.beyond(most))


def rounded_up(bound: float, cost: Floats) -> int:
    """Return a bound rounded up to what a cost of whole numbers can come to."""
    if not math.isfinite(bound):
        return -_NOTHING
    step = _step(cost)
    return step * math.ceil((bound - _ROUNDING) / step)


def _step(cost: Floats) -> int:
    """Return what costs of whole numbers are multiples of."""
    return int(np.gcd.reduce(cost[cost != 0].astype(np.int64))) or 1


def callback_limit(program: LinearProgram, effort: float) -> int:
    """Return how many times HiGHS may look up for some effort; 0 where it had better not be asked."""
    callbacks = round(_CALLBACKS * effort * (_USUAL / max(1, program.rows.nnz)) ** 1.5)
    return callbacks if callbacks >= _FEWEST else 0


def neighbourhoods(who: Ints, when: Ints, rounds: int) -> Iterator[Flags]:
    """Yield what may change of a roster at a time: the days of a week, then a few people, in turn.

    Parameters
    ----------
    who, when
        Shape (n,), whose variable it is and of which day, from 0 on; below 0 what goes along with all others.
    rounds
        How many; always the same ones.
    """
    rng = np.random.Generator(np.random.PCG64(rounds))
    people, days = int(who.max()) + 1, int(when.max()) + 1
    some, span = min(people, _FEW), min(days, _WEEK)
    for round_ in range(rounds):
        first = int(rng.integers(0, days - span + 1))
        own = np.isin(who, rng.choice(people, some, replace=False))
        yield (who < 0) | (own if round_ % 2 else (when >= first) & (when < first + span))


def isolating_weights(seed: int, count: int) -> Floats:
    """Return fixed weights, shape (n,), by which one of many solutions is chosen; the same on every machine."""
    draw = np.random.Generator(np.random.PCG64(seed))
    return draw.integers(1, MOST_WEIGHT, count).astype(np.float64)


# ----------------------------------------------------------------------------------------------------------------------
# The search: an incumbent, the rows that bind it, and the stages that it has gone through.


class StagedSearch:
    """The incumbent of a program of whole numbers, and the rows that earlier stages have added.

    It knows no more of its subject than the program and what a solution is worth. Ask for a first solution
    (:meth:`begin`), go through the stages in their order (:meth:`minimise`), then choose among equals
    (:meth:`choose`). Whoever knows more of the subject derives from it: :meth:`ways` are what is tried in a stage, one
    after the other, until the incumbent meets the bound.

    Parameters
    ----------
    program
        Variables are whole numbers from 0 to a finite side; numbers of rows and sides are whole. Its cost is passed
        over.
    effort
        Most work of CP-SAT on one search, deterministic seconds; HiGHS has callbacks accordingly. So the same is found
        on every machine.
    interrupt
        Whether Ctrl-C was pressed; then no further search is begun, and what is known stands with its bounds.
    worth
        What a solution is worth; where it is left out, the value of a stage is its cost.
    start
        Shape (n,), a solution that is known.
    quick
        Share of the effort that CP-SAT has for a stage before HiGHS takes over.
    progress
        Told of each stage.

    Attributes
    ----------
    program
        With all rows that bind by now.
    values
        The incumbent, shape (n,); None before there is one.
    stages
        What is gone through.
    effort
        What a search may take by now: half as much after each stage that stayed open.

    Raises
    ------
    SolveError
        If a variable may be below 0.
    """

    def __init__(
        self,
        program: LinearProgram,
        *,
        effort: float = 20.0,
        interrupt: Interrupt | None = None,
        worth: Worth | None = None,
        start: Floats | None = None,
        quick: float = 0.5,
        progress: Progress = SILENT,
    ) -> None:
        if (program.lower != 0).any():
            raise SolveError("a staged search wants variables that may be 0 and never less")
        self.program = _one_sided(program)
        self.values, self.effort, self.interrupt = start, effort, interrupt or Interrupt()
        self.stages: list[Stage] = []
        self._quick, self._worth, self._progress = quick, worth, progress

    # --- asking ---

    @property
    def found(self) -> Floats:
        """The incumbent; AssertionError before there is one."""
        if self.values is None:
            raise AssertionError("a stage was asked before there was a solution")
        return self.values

    def begin(self) -> Status:
        """Look for a first solution, whatever it costs; INFEASIBLE is an answer."""
        return self.ask(np.zeros(len(self.program.cost))).status

    def ask(self, cost: Floats, share: float = 1.0) -> Answer:
        """Minimise with CP-SAT, starting from the incumbent, with a share of the effort; take in what is no worse."""
        answer = self.solve(replace(self.program, cost=cost), share, self.values)
        self.values = _better(cost, answer.values, self.values)
        return answer

    def solve(self, program: LinearProgram, share: float, start: Floats | None) -> Answer:
        """Minimise a program with CP-SAT, made smaller first."""
        if self.interrupt.asked:
            return _unasked(interrupted=True)
        small, kept = slim(program)
        settings = {**SETTINGS, "max_deterministic_time": share * self.effort}
        hint = None if start is None else start[kept]
        return _spread(IntegerModel(small).minimise(small.cost, start=hint, **settings), kept, len(program.cost))

    def settle(self, program: LinearProgram, start: Floats | None) -> tuple[Floats | None, float]:
        """Minimise a program; return the best that is known and a bound.

        CP-SAT answers the easy and finds, HiGHS proves what is left as far as it comes, as was measured.
        """
        quick = self.solve(program, self._quick, start)
        if quick.status is Status.INFEASIBLE:
            raise AssertionError("a solver finds no solution where there is one")
        best = _better(program.cost, quick.values, start)
        if quick.status is Status.OPTIMAL or self.interrupt.asked:
            return best, quick.bound
        slow = self._branched(program, 1.0, best)
        if slow.values is not None and (best is None or slow.objective < program.cost @ best - 0.5):
            best = np.rint(slow.values)
        return best, max(quick.bound, slow.bound)

    def _branched(self, program: LinearProgram, share: float, start: Floats | None) -> Answer:
        """Minimise a program with HiGHS, made smaller first; it is not asked where it could not get far."""
        small, kept = slim(program)
        callbacks = callback_limit(small, share * self.effort)
        if not callbacks:
            return _unasked()
        hint = None if start is None else start[kept]
        return _spread(solve_mip(small, start=hint, callbacks=callbacks), kept, len(program.cost))

    # --- the stages ---

    def worth(self) -> Mapping[str, int]:
        """Return what the incumbent is worth, recomputed."""
        if self._worth is None:
            raise AssertionError("nobody has said what a solution is worth")
        return self._worth(self.found)

    def minimise(self, name: str, cost: Floats, offset: int = 0, least: int = 0) -> Stage:
        """Go through one stage: search unless the incumbent meets a bound, then bind the later stages.

        Parameters
        ----------
        name
            The stage, as ``worth`` calls it.
        cost
            Shape (n,), whole numbers.
        offset
            What the stage is worth beyond its cost.
        least
            No solution is worth less, as is known without search.

        Returns
        -------
        Stage
            Kept in ``stages`` too.

        Raises
        ------
        AssertionError
            If there is no solution yet.
        """

        def value() -> int:
            return round(float(cost @ self.found)) + offset if self._worth is None else self.worth()[name]

        began, bound = time.perf_counter(), least
        for way in self.ways():
            if value() <= bound:
                break
            self._progress.bound(name, value(), bound)
            bound = max(bound, way(cost, bound - offset) + offset)
        stage = self.record(name, value(), bound, began)
        self.bind(cost, stage.value - offset)
        return stage

    def ways(self) -> Sequence[Way]:
        """Return what is tried in a stage, one after the other, until the incumbent meets the bound."""
        return (self.prove,)

    def prove(self, cost: Floats, bound: int) -> int:
        """Search for what costs least, both engines one after the other."""
        at_least = stacked([costs_at_most(-cost, -bound)], len(cost))
        self.values, proven = self.settle(with_rows(replace(self.program, cost=cost), *at_least), self.values)
        return max(bound, rounded_up(proven, cost))

    def narrow(self, cost: Floats, bound: int) -> int:
        """Ask HiGHS for a solution that costs no more than the bound; then for one that is better than the incumbent.

        A side near the bound takes out variables by their reduced costs. Whether there is such a solution is told
        soon, and the best that is found is best of all.
        """
        program, step = replace(self.program, cost=cost), _step(cost)
        if self.values is None or self.interrupt.asked or cost @ self.values <= bound:
            return bound
        prices = [found for method in _METHODS if (found := Prices.of(program, method)) is not None]
        low = max([bound, *(rounded_up(found.bound, cost) for found in prices)])
        for last in (False, True):
            better = round(float(cost @ self.values)) - step
            if better < low or self.interrupt.asked:
                break
            most = better if last else low
            answer = self._held(program, prices, most)
            if answer.values is not None and cost @ answer.values < cost @ self.values - 0.5:
                self.values = np.rint(answer.values)
            none = answer.status is Status.INFEASIBLE
            low = max(low, most + step if none else min(most + step, rounded_up(answer.bound, cost)))
        return low

    def _held(self, program: LinearProgram, prices: list[Prices], most: int) -> Answer:
        """Ask HiGHS for the best solution that costs no more than so much."""
        gone = np.zeros(len(program.cost), np.bool_)
        for found in prices:
            gone |= found.beyond(most)
        side = stacked([costs_at_most(program.cost, most)], len(program.cost))
        return self._branched(with_rows(without(program, gone), *side), _LONGER, None)

    def improve(self, cost: Floats, bound: int, loose: Iterable[Flags], share: float) -> None:
        """Look near the incumbent for what costs less (large neighbourhood search: Shaw 1998), until it meets a bound.

        Parameters
        ----------
        cost
            Shape (n,), whole numbers.
        bound
            Nothing costs less.
        loose
            Neighbourhoods, shape (n,) each: which variables may change; all others stay as they are.
        share
            Of the effort, for each.
        """
        for free in loose:
            if self.interrupt.asked or cost @ self.found <= bound:
                return
            stay, program = np.where(free, 0.0, self.found), self.program
            sides = program.row_upper - program.rows @ stay
            upper = np.where(free, program.upper, 0.0)
            near = replace(program, cost=cost, upper=upper, row_upper=sides)
            found = self.solve(near, share, self.found - stay).values
            self.values = _better(cost, None if found is None else found + stay, self.values)

    def record(self, name: str, value: int, bound: int, began: float) -> Stage:
        """Keep what a stage came to; after one that stays open, all later searches have half the effort.

        Their proofs are worth less then, and what is hard in one stage is mostly so in the next.
        """
        stage = Stage(name, value, min(bound, value), time.perf_counter() - began)
        self.stages.append(stage)
        self._progress.bound(name, value, stage.bound)
        if stage.status is not Status.OPTIMAL:
            self.effort /= 2
        return stage

    def choose(self, weights: Floats, share: float = 1.0) -> bool:
        """Choose one of many, by weights that are all different in effect; tell whether the choice is proven."""
        return self.ask(weights, share).status is Status.OPTIMAL

    def choose_in_steps(self, weights: Floats, steps: Ints, share: float = 1.0) -> bool:
        """Choose one of many, some flags after the other; tell whether each choice is proven.

        The weights of all flags at once are a hard program; those of a few, the ones before being settled, are easy.

        Parameters
        ----------
        weights
            Shape (n,), whole numbers.
        steps
            Shape (n,), when each variable is chosen; below 0 for what is no flag, or not to be chosen.
        share
            Of the effort, for each step.
        """
        proven = True
        for step in np.unique(steps[steps >= 0]).tolist():
            now = steps == step
            proven = self.choose(np.where(now, weights, 0.0), share) and proven
            held = np.flatnonzero(now & (self.found > 0.5))
            self.take_out(now & (self.found < 0.5))
            self.add(*stacked([at_most(held, -1.0, -float(len(held)))], len(weights)))
        return proven

    # --- what binds ---

    def bind(self, cost: Floats, most: int) -> None:
        """Let no later stage be worse, and take out what costs too much for that."""
        if not cost.any():
            return
        self.add(*stacked([costs_at_most(cost, most)], len(cost)))
        if not self.interrupt.asked:
            self.take_out(self.priced(cost, most))

    def add(self, rows: sp.csr_array, most: Floats) -> None:
        """Add rows that bind from now on."""
        self.program = with_rows(self.program, rows, most)

    def priced(self, cost: Floats, most: int) -> Flags:
        """Return which variables no solution has that costs no more than so much, as far as that is told soon."""
        return priced_out(replace(self.program, cost=cost), most)

    def take_out(self, gone: Flags) -> None:
        """Let some variables be 0 from now on."""
        self.program = without(self.program, gone)


def _one_sided(program: LinearProgram) -> LinearProgram:
    """Return a program all of whose rows have an upper side only."""
    below = np.isfinite(program.row_lower)
    if not below.any():
        return program
    rows = Rows(len(program.cost))
    above = np.isfinite(program.row_upper)
    rows.add(sp.csr_array(program.rows[np.flatnonzero(above)]), upper=program.row_upper[above])
    rows.add(sp.csr_array(-program.rows[np.flatnonzero(below)]), upper=-program.row_lower[below])
    return replace(program, rows=rows.matrix, row_lower=rows.lower, row_upper=rows.upper)


def _better(cost: Floats, found: Floats | None, known: Floats | None) -> Floats | None:
    """Return what is found where it is no worse than what is known."""
    return found if found is not None and (known is None or cost @ found < cost @ known + 0.5) else known


def _unasked(*, interrupted: bool = False) -> Answer:
    """Return the answer to what was not asked."""
    return Answer(Status.UNKNOWN, None, math.inf, -math.inf, None, 0.0, interrupted=interrupted)


def _spread(answer: Answer, kept: np.ndarray, width: int) -> Answer:
    """Return an answer over all variables; those that were taken out are 0."""
    if answer.values is None:
        return answer
    values = np.zeros(width)
    values[kept] = answer.values
    return replace(answer, values=values)
