"""What a siting problem gives back: a plan with its bound, and never more certainty than was proven."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, overload

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from workbench.arrays import Floats, Ints
from workbench.errors import NoSolutionError, Problem
from workbench.locate.problem import CoverProblem, SiteProblem, SitingError, allocate, check_plan
from workbench.locate.rules import InputCheck
from workbench.progress import SILENT, Progress, relative_gap
from workbench.solving import BoundListener, Interrupt, Limits, LinearProgram, Status, solve_mip

# ----------------------------------------------------------------------------------------------------------------------
# Real costs as whole numbers, so that sums are exact and a bound is a bound.


_DECIMALS, FAR, SOME = 6, 60, 64
"""Decimals that are tried first, beyond how many none are tried, and how many numbers are looked at first."""

MOST_WHOLE = 2.0**52
"""Largest sum of whole numbers that a float holds."""

ORDINARY = (1.0, 2.0**30)
"""Between these the largest of real numbers may stay as it is: solvers take it."""

NOISE = 4.0
"""Units in the last place by which a product of decimals may miss its decimal."""


_MOST_DOUBLINGS = 1000
"""Finest unit there is, as a power of two; beyond it the factor would overflow. What is smaller counts as nothing."""


@dataclass(frozen=True)
class Unit:
    """How real numbers are counted.

    Parameters
    ----------
    factor
        Whole units to one of the real numbers.
    quantum
        Units by which two plans can differ at least.
    exact
        Whether no number was changed: all were decimals. Otherwise each was rounded *down* to a unit, so that what
        bounds the whole numbers from below bounds the real ones too, and no sum of n of them is off by n units.
    """

    factor: float
    quantum: float
    exact: bool

    def count(self, values: Floats) -> Floats:
        """Return the numbers in units."""
        if self.exact:
            fine = self.factor / self.quantum
            return np.asarray(np.rint(values * fine) * self.quantum)
        return np.asarray(np.floor(values * self.factor))

    def real(self, units: float) -> float:
        """Return units as a real number."""
        if self.exact:
            return float(units / self.quantum / (self.factor / self.quantum))
        return float(units / self.factor)


def unit_for(values: Floats, total: float, ceiling: float) -> Unit:
    """Choose the finest unit in which a sum stays below a ceiling."""
    total = max(total, float(np.max(values, initial=0.0)))
    places = _places(values, total, ceiling / 2)
    if places is not None:
        quantum = 2.0 ** np.floor(np.log2(ceiling / max(1.0, total * 10.0**places)))
        return Unit(10.0**places * quantum, quantum, exact=True)
    finest = np.floor(np.log2(ceiling) - np.log2(total))
    return Unit(float(2.0 ** min(finest, _MOST_DOUBLINGS)), 1.0, exact=False)


def _places(values: Floats, total: float, most: float) -> int | None:
    """Return by how many decimal places numbers become whole, their sum within the most; None where none will do.

    Whatever unit people, metres or money come in, the same problem has the same whole numbers.
    """
    least = -1.0
    order: tuple[int, ...] = (*range(_DECIMALS + 1), *range(-1, -FAR, -1), *range(_DECIMALS + 1, FAR))
    for places in order:
        tens = float(10.0**places)
        if places < 0 and least < 0.0:
            least = float(np.min(values, where=values > 0, initial=np.inf))
        fits = total * tens <= most and (places >= 0 or least * tens >= 0.5)
        if fits and _whole(values[:SOME], tens) and _whole(values, tens):
            return places
    return None


def _whole(values: Floats, tens: float) -> bool:
    scaled = values * tens
    return bool(np.all(np.abs(scaled - np.rint(scaled)) <= NOISE * np.spacing(scaled)))


def objective_unit(values: Floats, largest: float) -> Unit | None:
    """Choose the unit in which the objective of a covering problem is counted."""
    total, top = float(values.sum()), float(values.max(initial=0.0))
    places = _places(values, total, MOST_WHOLE) if top > 0.0 else None
    if places is not None:
        tens = 10.0**places
        common = float(_common(np.rint(values[:SOME] * tens)))
        common = common if common == 1.0 else float(_common(np.rint(values * tens)))
        if top * tens / common <= largest:
            return None if tens == common else Unit(tens / common, 1.0, exact=True)
    if top == 0.0 or ORDINARY[0] <= top <= ORDINARY[1]:
        return None
    return Unit(2.0 ** -np.floor(np.log2(top)), 1.0, exact=False)


def _common(values: Floats) -> int:
    return int(np.gcd.reduce(values.astype(np.int64))) or 1


# ----------------------------------------------------------------------------------------------------------------------
# What a siting problem gives back: a plan with its bound, and never more certainty than was proven.


class Certificate(StrEnum):
    """Who vouches for the bound."""

    RECOMPUTED = "recomputed"
    """This package: the bound was computed without a solver, from multipliers that anybody may check."""
    SOLVER = "solver"
    """The solver: its branch and bound closed what the recomputed bound left open, within its tolerances."""
    NONE = "none"
    """Nobody: there is no bound."""


@dataclass(frozen=True)
class Stage:
    """One step of the way to a plan.

    Parameters
    ----------
    name
        What was done.
    seconds
        Wall time since the start.
    incumbent
        Best objective so far; not a number when there is none.
    bound
        Best bound so far; not a number when there is none.
    note
        What else is worth saying, such as the size of what is left.
    """

    name: str
    seconds: float
    incumbent: float
    bound: float
    note: str = ""

    @property
    def gap(self) -> float:
        """Relative gap of incumbent and bound; not a number when either is missing."""
        return relative_gap(self.incumbent, self.bound)


@dataclass(frozen=True, eq=False)
class Plan:
    """A choice of sites.

    Parameters
    ----------
    sites
        Positions of the chosen sites, ascending.
    objective
        Recomputed from the sites by the checker.
    allocation
        Shape (demand,), the site that serves each demand row, or -1.
    served
        Shape (sites, demand), to what share each site serves each demand, where demand may be split; else None.
    """

    sites: Ints
    objective: float
    allocation: Ints
    served: sp.csr_array | None = None


@dataclass(frozen=True, eq=False)
class SitingPlan:
    """Answer to a siting problem.

    Parameters
    ----------
    problem
        Name of the problem.
    status
        OPTIMAL: proven, within the tolerance of the certificate. FEASIBLE: stopped before a proof; mind the gap.
        INFEASIBLE: the rules contradict each other. UNKNOWN: stopped before any plan was found.
    plan
        The plan; None when there is none.
    bound
        No plan is better than this; not a number when nothing is known.
    seconds
        Wall time.
    stages
        How it came about.
    certificate
        Who vouches for the bound.
    canonical
        Whether this is proven to be the lexicographically smallest site set among equal optima.
    conflict
        Names of the rules that contradict each other, as few as possible; empty unless INFEASIBLE.
    """

    problem: str
    status: Status
    plan: Plan | None
    bound: float
    seconds: float
    stages: tuple[Stage, ...] = ()
    certificate: Certificate = Certificate.NONE
    canonical: bool = False
    conflict: tuple[str, ...] = ()

    @property
    def sites(self) -> Ints:
        """Positions of the chosen sites, ascending."""
        return self._planned().sites

    @property
    def objective(self) -> float:
        """Objective of the plan, recomputed without a solver."""
        return self._planned().objective

    @property
    def allocation(self) -> Ints:
        """Shape (demand,), the site that serves each demand row, or -1."""
        return self._planned().allocation

    @property
    def gap(self) -> float:
        """Relative gap of objective and bound, computed from the two; 0 only where they agree."""
        return relative_gap(self.objective, self.bound)

    def _planned(self) -> Plan:
        if self.plan is None:
            why = f": these rules contradict each other: {', '.join(self.conflict)}" if self.conflict else ""
            raise NoSolutionError(f"the problem {self.problem} has no plan; its status is {self.status}{why}")
        return self.plan

    def __repr__(self) -> str:
        if self.plan is None:
            return f"SitingPlan({self.problem}, {self.status})"
        size, worth = len(self.sites), f"{self.objective:,.6g}"
        proof = "" if self.status is Status.OPTIMAL else f", bound {self.bound:,.6g}, gap {self.gap:.2%}"
        return f"SitingPlan({self.problem}, {self.status}, {size} sites, objective {worth}{proof})"


def close(one: float, other: float, share: float) -> bool:
    """Whether two objectives differ by no more than a share of them."""
    return abs(one - other) <= share * max(abs(one), abs(other))


# ----------------------------------------------------------------------------------------------------------------------
# The course of a search: what is known so far, who is told, and when to stop.


class Course:
    """Keeps the best incumbent and bound of one search.

    Parameters
    ----------
    maximise
        Whether a larger objective is better.
    limits
        When to stop.
    interrupt
        Whether Ctrl-C was pressed.
    progress
        Who is told of stage, incumbent and bound.
    unit
        What the objective of the search is counted in; others are told real numbers.
    """

    def __init__(
        self,
        maximise: bool,
        limits: Limits,
        interrupt: Interrupt,
        progress: Progress,
        unit: Unit | None = None,
    ) -> None:
        self.sign = 1.0 if maximise else -1.0
        self._limits, self._interrupt, self._progress = limits, interrupt, progress
        self._unit = unit
        self.began = time.perf_counter()
        self.incumbent = self.bound = math.nan
        self.stages: list[Stage] = []

    @property
    def seconds(self) -> float:
        """Wall time so far."""
        return time.perf_counter() - self.began

    @property
    def left(self) -> Limits:
        """Limits that remain."""
        return self._limits.left(self.began)

    @property
    def over(self) -> bool:
        """Whether to stop, because of the limits or of Ctrl-C."""
        return self._interrupt.asked or self.left.spent

    @property
    def good_enough(self) -> bool:
        """Whether the gap is as small as was asked."""
        gap = relative_gap(self.incumbent, self.bound)
        return gap <= self._limits.gap

    def learn(self, incumbent: float = math.nan, bound: float = math.nan) -> None:
        """Take an incumbent or a bound in, if it is better than what was known."""
        if math.isfinite(incumbent) and not self.sign * incumbent <= self.sign * self.incumbent:
            self.incumbent = incumbent
        if math.isfinite(bound) and not self.sign * bound >= self.sign * self.bound:
            self.bound = bound

    def close(self, stage: str, incumbent: float = math.nan, bound: float = math.nan, note: str = "") -> None:
        """End a stage: take in what it found, note it, and tell."""
        self.learn(incumbent, bound)
        self.stages.append(Stage(stage, self.seconds, self._real(self.incumbent), self._real(self.bound), note))
        self.tell(stage)

    def tell(self, stage: str) -> None:
        """Tell where the search stands."""
        self._progress.bound(stage, self._real(self.incumbent), self._real(self.bound))

    def _real(self, value: float) -> float:
        return value if self._unit is None else self._unit.real(value)

    def listener(self, stage: str, flip: bool, offset: float = 0.0) -> BoundListener:
        """Return a listener for a solver that minimises, with the sign turned where ``flip`` says so."""
        sign = -1.0 if flip else 1.0

        def hear(incumbent: float, bound: float) -> None:
            self.learn(sign * incumbent + offset, sign * bound + offset)
            self.tell(stage)

        return hear


def _read_limits(where: str, time_limit_s: float | None = None, gap: float = 0.0, seed: int = 0) -> Limits:
    """Read when to stop."""
    check = InputCheck(where, 0, 0)
    if time_limit_s is not None and time_limit_s != math.inf:
        check.number("time_limit_s", time_limit_s, "no time to search", "> 0", least=math.ulp(0.0))
    check.number("gap", gap, "this is no gap", "0 or more, below 1", most=math.nextafter(1.0, 0.0))
    check.count("seed", seed, 0)
    if check.problems:
        raise SitingError(check.problems)
    return Limits(time_limit_s, float(gap), int(seed))


# ----------------------------------------------------------------------------------------------------------------------
# The two forms of a verb: of a problem and limits, or of arrays that it reads a problem from.


_P = ParamSpec("_P")
_Asked_contra = TypeVar("_Asked_contra", bound=SiteProblem, contravariant=True)
_R_co = TypeVar("_R_co", covariant=True)


class Verb(Protocol[_Asked_contra, _P, _R_co]):
    """A verb over a problem, which takes arrays too."""

    @overload
    def __call__(
        self,
        problem: _Asked_contra,
        limits: Limits = ...,
        progress: Progress = ...,
        /,
        *args: _P.args,
        **own: _P.kwargs,
    ) -> _R_co: ...
    @overload
    def __call__(self, array: Any, /, *args: Any, **given: Any) -> _R_co: ...


def from_arrays(
    name: str, read: Callable[..., _Asked_contra], own_problems: Callable[..., list[Problem]] | None = None
) -> Callable[[Callable[Concatenate[_Asked_contra, Limits, Progress, _P], _R_co]], Verb[_Asked_contra, _P, _R_co]]:
    """Let a verb of ``(problem, limits, progress, *, own)`` take arrays in place of the problem.

    Then every other argument has its name: ``time_limit_s``, ``gap`` and ``seed`` are the limits, ``progress`` and what
    the verb has of its own stay, and all the rest are of the problem.

    Parameters
    ----------
    name
        What the problem is called.
    read
        Makes the problem of its name, the array, and all the rest.
    own_problems
        What is wrong with what the verb has of its own, of the array and these: told together with what is wrong with
        the problem.
    """

    def both(
        verb: Callable[Concatenate[_Asked_contra, Limits, Progress, _P], _R_co],
    ) -> Verb[_Asked_contra, _P, _R_co]:
        known = inspect.signature(verb).parameters.values()
        own = [one.name for one in known if one.kind is inspect.Parameter.KEYWORD_ONLY]

        @wraps(verb)
        def called(first: Any, /, *args: Any, **given: Any) -> Any:
            if isinstance(first, SiteProblem):
                return cast("Any", verb)(first, *args, **given)
            kept = {key: given.pop(key) for key in own if key in given}
            limits = {key: given.pop(key) for key in ("time_limit_s", "gap", "seed") if key in given}
            progress = given.pop("progress", SILENT)
            try:
                problem = read(name, first, *args, **given)
            except SitingError as error:
                if own_problems is None:
                    raise
                raise SitingError([*own_problems(first, **kept), *error.problems]) from None
            return cast("Any", verb)(problem, _read_limits(name, **limits), progress, **kept)

        return called

    return both


# ----------------------------------------------------------------------------------------------------------------------
# Bounds that anybody may recompute: from multipliers, by sums alone.
#
# Whatever the multipliers `y` of the rows of a program are, and whoever made them up,
#
#     sum of y · (the side of the row that y leans on)  +  sum over variables of the best (c - y A) x within its sides
#
# is a bound on the objective (weak duality). So a solver may be as careless as it likes with them: the bound is
# computed here, with an allowance for rounding that is added on the safe side.


UNIT = 2.0**-52
"""Rounding of one operation on float64."""


def certified_bound(program: LinearProgram, duals: Floats) -> float:
    """Return a lower bound on the objective of a program, whole variables or not."""
    usable, leans = _leaning(program, duals)
    rows = program.rows
    reduced = program.cost - usable @ rows
    sides = np.where(reduced > 0, program.lower, program.upper)
    value = math.fsum(usable * leans) + math.fsum(reduced * sides)
    depth = np.bincount(rows.indices, minlength=rows.shape[1]).max(initial=0) + 4
    carried = np.abs(program.cost) + np.abs(usable) @ abs(rows)
    error = UNIT * (float(np.abs(usable * leans).sum()) + depth * float((carried * np.abs(sides)).sum()))
    return float(value - 2.0 * error)


def reduced_costs(program: LinearProgram, duals: Floats) -> Floats:
    """Return what each variable costs beyond its part in the rows, at the multipliers that make the bound.

    A variable that leaves the side it has in the bound for the other one makes the bound worse by that much.
    """
    return np.asarray(program.cost - _leaning(program, duals)[0] @ program.rows)


def _leaning(program: LinearProgram, duals: Floats) -> tuple[Floats, Floats]:
    """Return multipliers and the sides they lean on; a multiplier without a side is taken as none."""
    leans = np.where(duals > 0, program.row_lower, program.row_upper)
    there = np.isfinite(leans)
    return np.where(there, duals, 0.0), np.where(there, leans, 0.0)


def rounded_up(bound: float, whole: bool) -> float:
    """Return the least objective that a lower bound allows, when objectives are whole numbers."""
    return float(math.ceil(bound)) if whole and math.isfinite(bound) else bound


# ----------------------------------------------------------------------------------------------------------------------
# One of many: among plans that are worth the same, the one with the fewest sites, then the lowest positions.
#
# Without a rule for ties a plan could change with the version of a solver, and two runs could not be compared. The
# rule costs further solves, so it is kept as far as they are few and small; the answer says whether it was.


EQUAL = 1e-9
"""Objectives that differ by less than this share are the same, where weights or costs are real numbers."""

_MOST_ASKED = 300
"""Most sites whose turn is decided by solves."""

_AT_ONCE = 20
"""Sites whose turn one solve decides."""

MOST_NODES = 500
"""Most branches of one such solve; a count, because a time would make plans depend on the machine."""


@dataclass(frozen=True, eq=False)
class Optimum:
    """An optimum whose equals are looked for.

    Parameters
    ----------
    program
        The program that it solves; its first ``sites`` variables are the sites.
    sites
        How many they are.
    values
        Values of all variables.
    objective
        Of the program, to be minimised.
    whole
        Whether all objectives are whole numbers.
    duals
        Multipliers of the rows, if there are any: they tell without a solve which sites no equal plan can have.
    """

    program: LinearProgram
    sites: int
    values: Floats
    objective: float
    whole: bool
    duals: Floats | None = None

    @property
    def slack(self) -> float:
        """How far an objective may be off and still be the same."""
        return 0.5 if self.whole else EQUAL * max(1.0, abs(self.objective))


def canonical(optimum: Optimum, course: Course) -> tuple[Floats, bool]:
    """Return the values of the canonical plan, and whether it is proven to be that."""
    lower, upper = settled(optimum)
    asked = int((lower[: optimum.sites] < upper[: optimum.sites]).sum())
    if asked == 0:
        return optimum.values, True
    if asked > _MOST_ASKED:
        return optimum.values, False
    base = replace(_no_worse(optimum), lower=lower, upper=upper)
    counts = np.zeros(len(base.cost))
    counts[: optimum.sites] = 1.0
    fewest = _ask(replace(base, cost=counts), course, optimum.values)
    if fewest is None or fewest is _UNKNOWN:
        return optimum.values, False
    few = round(float(counts @ fewest))
    base = with_row(base, counts, few + 0.5)
    return _in_turn(base, fewest, optimum.sites, few, course)


_UNKNOWN: Floats = np.empty(0)


def _in_turn(program: LinearProgram, values: Floats, sites: int, few: int, course: Course) -> tuple[Floats, bool]:
    """Give the sites their turn, from the lowest, some at a time: each opens if some equal plan has it.

    Of some sites each counts twice as much as the next, so that the best plan for them all opens each in its turn.
    """
    lower, upper = program.lower.copy(), program.upper.copy()
    asked = np.flatnonzero(lower[:sites] < upper[:sites])
    for turn in np.split(asked, range(_AT_ONCE, len(asked), _AT_ONCE)):
        if lower[:sites].sum() == few:
            break
        cost = np.zeros(len(lower))
        cost[turn] = -np.exp2(np.arange(len(turn))[::-1])
        found = _ask(replace(program, cost=cost, lower=lower, upper=upper), course, values)
        if found is None or found is _UNKNOWN:
            return values, False
        values = found
        lower[turn] = upper[turn] = np.rint(found[turn])
    return values, True


def _ask(program: LinearProgram, course: Course, start: Floats) -> Floats | None:
    """Solve, starting from a plan; None says that there is no such plan, and ``_UNKNOWN`` that nobody knows."""
    if course.over:
        return _UNKNOWN
    answer = solve_mip(program, Limits(course.left.seconds), start=start, options={"mip_max_nodes": MOST_NODES})
    if answer.status is Status.OPTIMAL and answer.values is not None:
        return answer.values
    return None if answer.status is Status.INFEASIBLE else _UNKNOWN


def settled(optimum: Optimum) -> tuple[Floats, Floats]:
    """Return the sides of the variables, with sites settled that the multipliers decide for every equal plan."""
    program = optimum.program
    lower, upper = program.lower.copy(), program.upper.copy()
    if optimum.duals is None:
        return lower, upper
    room = optimum.objective + optimum.slack - certified_bound(program, optimum.duals)
    reduced = reduced_costs(program, optimum.duals)[: optimum.sites]
    never: NDArray[np.bool_] = (reduced > room) & (lower[: optimum.sites] < 1.0)
    always: NDArray[np.bool_] = (-reduced > room) & (upper[: optimum.sites] > 0.0)
    upper[: optimum.sites][never] = 0.0
    lower[: optimum.sites][always] = 1.0
    return lower, upper


def _no_worse(optimum: Optimum) -> LinearProgram:
    """Return the program without its objective, which becomes a row."""
    scale = max(1.0, float(np.abs(optimum.program.cost).max()))
    harder = with_row(optimum.program, optimum.program.cost / scale, (optimum.objective + optimum.slack) / scale)
    return replace(harder, cost=np.zeros(len(optimum.program.cost)))


def with_row(program: LinearProgram, coefficients: Floats, most: float) -> LinearProgram:
    """Return a program with one row more, at its end: ``coefficients @ x <= most``."""
    at: Ints = np.flatnonzero(coefficients)
    row = sp.csr_array((coefficients[at], (np.zeros(len(at), np.int64), at)), shape=(1, len(coefficients)))
    return replace(
        program,
        rows=sp.csr_array(sp.vstack([program.rows, row])),
        row_lower=np.append(program.row_lower, -np.inf),
        row_upper=np.append(program.row_upper, most),
    )


# ----------------------------------------------------------------------------------------------------------------------
# The end of a search: the plan is checked, and says no more than was proven.


CLEARLY = 4e-9
"""Share by which a plan may miss what its solver claims; whole numbers up to the inverse are told apart."""


def in_units(problem: CoverProblem, *, solver: bool = False) -> tuple[CoverProblem, Unit | None]:
    """Count the objective of a problem, and the room that goes with weights, in units that solvers tell apart."""
    largest = MOST_WHOLE if problem.plain and not solver else 1.0 / CLEARLY
    rules = problem.rules
    if not problem.maximise:
        cost = problem.cost.copy()
        cost[rules.forbidden] = 0.0  # nobody pays it, however much it is
        unit = objective_unit(cost, largest)
        if unit is None:
            return replace(problem, cost=cost), None
        budget = None if problem.budget is None else problem.budget * unit.factor
        return replace(problem, cost=_in(unit, cost), budget=budget), unit
    numbers, room = problem.weight, rules.capacity
    if room is not None:
        room = np.minimum(room, (problem.cover > 0) @ numbers)  # more is as good as no limit
        numbers = np.concatenate([numbers, room])
    unit = objective_unit(numbers, largest)
    if unit is not None:
        room = None if room is None else _in(unit, room)
        problem = replace(problem, weight=_in(unit, problem.weight))
    return (problem if room is None else replace(problem, rules=replace(rules, capacity=room))), unit


def _in(unit: Unit, values: Floats) -> Floats:
    return unit.count(values) if unit.exact else values * unit.factor


def in_real_numbers(problem: CoverProblem, plan: SitingPlan, unit: Unit | None) -> SitingPlan:
    """Return a plan of a problem in units as one of the problem itself, recomputed."""
    if unit is None:
        return plan
    bound = unit.real(plan.bound)
    if plan.plan is None:
        return replace(plan, bound=bound)
    found = plan.plan
    objective = check_plan(problem, found.sites, unit.real(found.objective), found.served)
    better = max if problem.maximise else min
    bound = objective if plan.bound == found.objective else better(objective, bound)
    return replace(plan, plan=replace(found, objective=objective), bound=bound)


def sealed(
    problem: CoverProblem,
    course: Course,
    sites: Ints,
    served: sp.csr_array | None = None,
    *,
    claimed: float,
    own_bound: float,
    proven: bool,
    canonical: bool,
) -> SitingPlan:
    """Check a plan and say how sure it is."""
    objective = check_plan(problem, sites, claimed, served)
    own = math.isfinite(own_bound) and close(own_bound, objective, EQUAL)
    proven = own or (proven and close(claimed, objective, CLEARLY))  # what a solver proves is of its claim, not of this
    bound = objective if proven else course.bound
    return SitingPlan(
        problem=problem.name,
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        plan=Plan(sites, objective, allocate(problem, sites, served), served),
        bound=bound,
        seconds=course.seconds,
        stages=tuple(course.stages),
        certificate=Certificate.RECOMPUTED if own else _voucher(bound, own_bound),
        canonical=bool(canonical and proven),
    )


def conflicting(keys: tuple[str, ...], contradict: Callable[[frozenset[str]], bool], course: Course) -> tuple[str, ...]:
    """Return rules that contradict each other, none of which could be left out of the contradiction.

    Each rule is dropped in turn; if the others still contradict each other, it is dropped for good. What could not be
    tried in time stays.
    """
    kept = list(keys)
    for key in keys:
        if course.over:
            break
        if contradict(frozenset(kept) - {key}):
            kept.remove(key)
    return tuple(kept)


def _voucher(bound: float, own_bound: float) -> Certificate:
    """Return who vouches for a bound."""
    if not math.isfinite(bound):
        return Certificate.NONE
    return Certificate.RECOMPUTED if bound == own_bound else Certificate.SOLVER


def unplanned(
    problem: CoverProblem, course: Course, status: Status, own_bound: float, conflict: tuple[str, ...] = ()
) -> SitingPlan:
    """Return the answer when there is no plan, or none was found."""
    bound = math.nan if status is Status.INFEASIBLE else course.bound
    certificate = _voucher(bound, own_bound)
    stages = tuple(course.stages)
    return SitingPlan(problem.name, status, None, bound, course.seconds, stages, certificate, conflict=conflict)
