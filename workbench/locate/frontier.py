"""What more money buys: the plans that nothing beats in both weight covered and cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from workbench.arrays import Floats, Ints
from workbench.errors import CheckError, Problem
from workbench.locate import covering as model
from workbench.locate.covering import merged_demand, solve_cover
from workbench.locate.problem import (
    CoverProblem,
    SitingError,
    broken_rules,
    cover_problem,
    covered,
    weight_covered,
)
from workbench.locate.result import (
    EQUAL,
    MOST_WHOLE,
    Course,
    Optimum,
    Plan,
    SitingPlan,
    canonical,
    from_arrays,
    objective_unit,
    with_row,
)
from workbench.locate.rules import ROUNDING, Floor, InputCheck
from workbench.progress import SILENT, Progress
from workbench.solving import UNLIMITED, Interrupt, Limits, LinearProgram, Status, heeded_interrupt, solve_lp, solve_mip

# ----------------------------------------------------------------------------------------------------------------------
# The largest least share: of all plans that cover enough, one that leaves the worst-off group best off.


@dataclass(frozen=True, eq=False)
class _Fairest:
    """A plan whose least share of a group is largest.

    Parameters
    ----------
    status
        OPTIMAL, FEASIBLE, INFEASIBLE or UNKNOWN.
    sites
        Positions of its sites; None when there is no plan.
    served
        Shape (sites, demand), who serves whom, where room is limited.
    bound
        No plan has a larger least share.
    """

    status: Status
    sites: Ints | None
    served: sp.csr_array | None
    bound: float


def _fairest(problem: CoverProblem, groups: tuple[Floor, ...], course: Course) -> _Fairest:
    """Find the plan."""
    own = len(problem.rules.floors)
    asked = replace(problem, rules=replace(problem.rules, floors=(*problem.rules.floors, *groups)))
    merged = merged_demand(asked)
    names = frozenset(problem.keys)
    program = model.build(asked, merged, names, aim=False)
    program = _with_least(program)
    for kind, group in enumerate(groups, own + 1):
        weight = model.covered_weight(asked, merged, kind) / math.fsum(np.asarray(group.weight))
        program = with_row(program, np.append(-weight, 1.0), 0.0)
    answer = solve_mip(program, course.left, on_bound=course.listener("least share", True))
    course.close("least share", -answer.objective, -answer.bound)
    if answer.values is None:
        return _Fairest(answer.status, None, None, min(1.0, -answer.bound))
    proven = answer.status is Status.OPTIMAL and course.left.gap == 0.0
    values = answer.values
    if proven and not problem.rules.capped:
        duals = solve_lp(program, course.left).duals
        values, _ = canonical(Optimum(program, problem.sites, values, answer.objective, False, duals), course)
    sites = np.flatnonzero(values[: problem.sites] > 0.5)
    served = model.served(asked, merged, values[:-1])
    found = broken_rules(problem, sites, served)
    if found:
        raise CheckError(found)
    bound = -answer.objective if proven else min(1.0, -answer.bound + EQUAL)
    return _Fairest(Status.OPTIMAL if proven else Status.FEASIBLE, sites, served, bound)


def shares(problem: CoverProblem, groups: tuple[Floor, ...], sites: Ints, served: sp.csr_array | None) -> Floats:
    """Return which share of each group a plan covers, (groups,)."""
    share = covered(problem, sites, served)
    return np.array(
        [weight_covered(np.asarray(group.weight), share) / math.fsum(np.asarray(group.weight)) for group in groups]
    )


def _with_least(program: LinearProgram) -> LinearProgram:
    """Return a program with one variable more, a share that is to be as large as can be."""
    columns = len(program.cost)
    return replace(
        program,
        cost=np.append(np.zeros(columns), -1.0),
        rows=sp.csr_array(sp.hstack([program.rows, sp.csr_array((program.rows.shape[0], 1))])),
        lower=np.append(program.lower, 0.0),
        upper=np.append(program.upper, 1.0),
        integer=None if program.integer is None else np.append(program.integer, False),
    )


# ----------------------------------------------------------------------------------------------------------------------
# What more money buys: the plans that nothing beats in both weight covered and cost.


_LESS = 4.0 * ROUNDING
"""By what share a cost has to be lower to count as lower, where costs are real numbers."""


@dataclass(frozen=True, eq=False)
class CostPoint:
    """A plan of the frontier of weight covered against cost.

    Parameters
    ----------
    sites
        Positions of its sites, ascending; of equals the fewest, then the lowest positions, as far as that was proven.
    covered
        Weight that it covers.
    cost
        What its sites cost, required ones included.
    most_covered
        No plan that costs no more covers more than that.
    least_cost
        No plan that covers as much costs less than that.
    status
        OPTIMAL: both are proven, nothing beats it. FEASIBLE: mind how far the bounds are.
    """

    sites: Ints
    covered: float
    cost: float
    most_covered: float
    least_cost: float
    status: Status


@dataclass(frozen=True, eq=False)
class CostFrontier:
    """Plans that nothing beats in both weight covered and cost.

    Parameters
    ----------
    points
        From the cheapest to the dearest; ever more is covered.
    total
        Weight of all demand: the denominator.
    complete
        Whether it is proven that there are no others.
    status
        OPTIMAL: every point is proven. FEASIBLE: some are not. INFEASIBLE: the rules contradict each other. UNKNOWN:
        stopped before any plan was found.
    conflict
        Names of the rules that contradict each other; empty unless INFEASIBLE.
    """

    points: tuple[CostPoint, ...]
    total: float
    complete: bool
    status: Status
    conflict: tuple[str, ...] = ()


@from_arrays("cover_cost_frontier", cover_problem)
def cover_cost_frontier(
    problem: CoverProblem, limits: Limits = UNLIMITED, progress: Progress = SILENT, *, most: int | None = None
) -> CostFrontier:
    """Trace which plans are worth their money.

    From the dear end down (Haimes, Lasdon and Wismer 1971): the most weight that a budget can cover, the least cost of
    covering that much, and then a budget that is just too small for it.

    Parameters
    ----------
    problem
        As :func:`workbench.locate.max_cover` takes it, or arrays; without a budget. Costs that are no whole numbers
        count as equal within a share of 4e-8.
    limits, progress
        As :func:`workbench.locate.max_cover` takes them; the wall time is for each of two programs a point.
    most
        Most budgets to look at, evenly spread from the cheapest plan to the dearest; None for every point there is.

    Returns
    -------
    CostFrontier
        After Ctrl-C, the points found so far, from the dear end.

    Raises
    ------
    SitingError
        With everything that is wrong.
    CheckError
        If a plan does not survive its check.
    """
    if problem.budget is not None:
        what = "every budget is looked at"
        raise SitingError(Problem("cover_cost_frontier", what, key="budget", mend="Leave it out."))
    total = math.fsum(problem.cost)
    _check_most("cover_cost_frontier", problem, most)
    least = math.fsum(problem.cost[problem.rules.required])
    unit = objective_unit(problem.cost, 1.0 / _LESS)
    if unit is None:
        step = 1.0 if bool((problem.cost == np.rint(problem.cost)).all()) else 0.0
    else:
        step = 0.5 / unit.factor if unit.exact else 0.0
    points: list[CostPoint] = []
    levels: list[float] = []
    budget, last, failed = total, None, None
    with heeded_interrupt() as interrupt:
        while budget >= least and not interrupt.asked:
            last = solve_cover(replace(problem, budget=budget), limits, progress)
            if last.plan is None:
                failed = last
                break
            points.append(_cheapest(problem, last, limits, progress))
            reached = points[-1].cost
            if most is not None and not levels:
                levels = np.linspace(reached, least, most).tolist()
            below = min(reached - step, reached * (1.0 - _LESS))
            budget = max((level for level in levels if level <= below), default=-1.0) if most is not None else below
            if reached <= 0.0:
                break
    ended = failed is not None and failed.status is Status.INFEASIBLE
    best = _undominated(points, lambda one: one.cost, lambda one: one.covered)
    proven = all(point.status is Status.OPTIMAL for point in best)
    stopped = interrupt.asked or (failed is not None and not ended)
    return CostFrontier(
        points=best,
        total=math.fsum(problem.weight),
        complete=most is None and proven and not stopped,
        status=_frontier_status(proven, len(best), failed),
        conflict=failed.conflict if failed is not None and not best else (),
    )


def _check_most(where: str, problem: CoverProblem, most: int | None) -> None:
    """Look at how many points are asked."""
    check = InputCheck(where, problem.sites, problem.demand)
    if most is not None:
        check.count("most", most, 2)
    if check.problems:
        raise SitingError(check.problems)


def _frontier_status(proven: bool, points: int, failed: SitingPlan | None) -> Status:
    """Return how sure a frontier is; ``failed`` is the answer without a plan that ended it, if one did."""
    if points:
        return Status.OPTIMAL if proven else Status.FEASIBLE
    return Status.UNKNOWN if failed is None else failed.status


def _cheapest(problem: CoverProblem, plan: SitingPlan, limits: Limits, progress: Progress) -> CostPoint:
    """Find the least cost of covering as much as a plan does."""
    cheap = solve_cover(_at_least_covered(problem, plan.objective), limits, progress)
    best = plan.plan if cheap.plan is None else cheap.plan
    assert best is not None
    won = weight_covered(problem.weight, covered(problem, best.sites, best.served))
    proven = plan.status is Status.OPTIMAL and cheap.status is Status.OPTIMAL
    return CostPoint(
        sites=best.sites,
        covered=won,
        cost=math.fsum(problem.cost[best.sites]),
        most_covered=max(won, plan.bound),
        least_cost=cheap.bound,
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
    )


def _at_least_covered(problem: CoverProblem, least: float) -> CoverProblem:
    """Return the problem of the cheapest plan that covers at least so much weight."""
    total = math.fsum(problem.weight)
    rules = problem.rules
    if total > 0.0:
        floor = Floor("weight covered", problem.weight, min(1.0, least / total))
        rules = replace(rules, floors=(*rules.floors, floor))
    return replace(problem, name="set_cover", share=0.0, budget=None, rules=rules)


_Point = TypeVar("_Point", "CostPoint", "EquityPoint")


def _undominated(
    points: list[_Point], least: Callable[[_Point], float], most: Callable[[_Point], float]
) -> tuple[_Point, ...]:
    """Return the points by what is to be least, without those that another one beats in that and in the other."""
    kept: list[_Point] = []
    for point in sorted(points, key=lambda one: (least(one), -most(one))):
        if not kept or most(point) > most(kept[-1]):
            kept.append(point)
    return tuple(kept)


# ----------------------------------------------------------------------------------------------------------------------
# What fairness costs: the plans that nothing beats in both weight covered and the share of the worst-off group.


_MORE = 1e-7
"""By how much a share has to be higher to count as higher, where people are not counted in whole numbers."""


@dataclass(frozen=True, eq=False)
class Group:
    """Whose share counts, such as a community or an age band.

    Parameters
    ----------
    name
        What it is called.
    weight
        Shape (demand,), how much of it lives where.
    """

    name: str
    weight: ArrayLike


@dataclass(frozen=True, eq=False)
class EquityPoint:
    """A plan of the frontier of weight covered against the least share of a group.

    Parameters
    ----------
    sites
        Positions of its sites, ascending.
    covered
        Weight that it covers.
    least_share
        Share of the worst-off group that it covers, of the whole group.
    worst
        Name of that group, the first of equals.
    shares
        Shape (groups,), share of each.
    most_covered
        No plan that leaves no group worse off covers more.
    most_share
        No plan that covers as much has a larger least share.
    status
        OPTIMAL: both are proven, nothing beats it. FEASIBLE: mind how far the bounds are.
    """

    sites: Ints
    covered: float
    least_share: float
    worst: str
    shares: Floats
    most_covered: float
    most_share: float
    status: Status


@dataclass(frozen=True, eq=False)
class EquityFrontier:
    """Plans that nothing beats in both weight covered and the least share of a group.

    Parameters
    ----------
    points
        From the most weight to the largest least share.
    groups
        Names of the groups, in the order of ``shares``.
    total
        Weight of all demand: the denominator of ``covered``.
    complete
        Whether it is proven that there are no others.
    status, conflict
        As :class:`workbench.locate.CostFrontier` has them.
    """

    points: tuple[EquityPoint, ...]
    groups: tuple[str, ...]
    total: float
    complete: bool
    status: Status
    conflict: tuple[str, ...] = ()


@from_arrays("max_cover", cover_problem)
def cover_equity_frontier(
    problem: CoverProblem,
    limits: Limits = UNLIMITED,
    progress: Progress = SILENT,
    *,
    groups: Sequence[Group],
    most: int | None = None,
) -> EquityFrontier:
    """Trace what it costs to leave no group behind.

    From the most weight on: the most weight that can be covered with every group above a share, the largest least share
    among the plans that cover that much, and then every group above that. Groups may overlap.

    Parameters
    ----------
    problem, limits, progress
        As :func:`workbench.locate.max_cover` takes them, or arrays; the wall time is for each of two programs a point.
    groups
        Whose shares count; each with somebody in it. Where their weights are no whole numbers, or cover decays, or
        room is limited, shares within 1e-7 count as equal.
    most
        Most shares to look at, evenly spread between the two ends; None for every point there is.

    Returns
    -------
    EquityFrontier
        After Ctrl-C, the points found so far, from the end of the most weight.

    Raises
    ------
    SitingError
        With everything that is wrong.
    CheckError
        If a plan does not survive its check.
    """
    _check_most("cover_equity_frontier", problem, most)
    with heeded_interrupt() as interrupt:
        return _Trace(problem, _read_groups(problem, groups), limits, interrupt, progress).run(most)


def _read_groups(problem: CoverProblem, groups: Sequence[Group]) -> tuple[Floor, ...]:
    """Read the groups as floors of nothing."""
    check = InputCheck("cover_equity_frontier", problem.sites, problem.demand)
    read: list[Floor] = []
    groups = check.records("groups", groups, Group)
    if not (groups or check.problems):
        check.wrong("groups", "there are none", mend="Give at least one Group.")
    for group in groups:
        key = f"groups.{group.name}"
        before = len(check.problems)
        weight = check.vector(key, group.weight, problem.demand, "demand row")
        if len(check.problems) == before and not weight.any():
            check.wrong(key, "nobody is in this group, so it has no share", mend="Leave it out.")
        unit = objective_unit(weight, MOST_WHOLE)  # only shares of it matter
        if unit is not None:
            weight = unit.count(weight) if unit.exact else weight * unit.factor
        read.append(Floor(f"least share of {group.name}", weight, 0.0))
    names = [group.name for group in groups]
    for name in sorted({name for name in names if names.count(name) > 1}):
        check.wrong("groups", "a name stands twice", found=name)
    if check.problems:
        raise SitingError(check.problems)
    return tuple(read)


class _Trace:
    """One run along the frontier."""

    def __init__(
        self,
        problem: CoverProblem,
        groups: tuple[Floor, ...],
        limits: Limits,
        interrupt: Interrupt,
        progress: Progress,
    ) -> None:
        self.problem, self.groups, self.limits = problem, groups, limits
        self.interrupt, self.progress = interrupt, progress
        self.names = tuple(group.name.removeprefix("least share of ") for group in groups)
        self.sizes = np.array([math.fsum(np.asarray(group.weight)) for group in groups])
        counted = all((np.asarray(group.weight) == np.rint(group.weight)).all() for group in groups)
        self.whole = counted and not problem.allots

    def run(self, most: int | None) -> EquityFrontier:
        """Go along."""
        points: list[EquityPoint] = []
        failed: SitingPlan | None = None
        levels: list[float] = []
        floors: Floats | None = np.zeros(len(self.groups))
        while floors is not None and not self.interrupt.asked:
            plan = solve_cover(self._above(floors), self.limits, self.progress)
            if plan.plan is None:
                failed = plan
                break
            points.append(self._fairest(plan))
            if most is not None and not levels:
                levels = self._levels(points[0], most)
            floors = self._next(points[-1], None if most is None else levels)
        best = _undominated(points, lambda one: -one.covered, lambda one: one.least_share)
        proven = all(point.status is Status.OPTIMAL for point in best)
        ended = failed is None or failed.status is Status.INFEASIBLE
        return EquityFrontier(
            points=best,
            groups=self.names,
            total=math.fsum(self.problem.weight),
            complete=most is None and proven and ended and not self.interrupt.asked,
            status=_frontier_status(proven, len(best), failed),
            conflict=failed.conflict if failed is not None and not best else (),
        )

    def _above(self, floors: Floats) -> CoverProblem:
        """Ask for at least these shares of the groups."""
        asked = tuple(replace(group, share=float(share)) for group, share in zip(self.groups, floors, strict=True))
        rules = self.problem.rules
        return replace(self.problem, rules=replace(rules, floors=(*rules.floors, *asked)))

    def _course(self) -> Course:
        return Course(True, self.limits, self.interrupt, self.progress)

    def _fairest(self, plan: SitingPlan) -> EquityPoint:
        """Find the largest least share among plans that cover as much as one does."""
        at_least = replace(
            _at_least_covered(self.problem, plan.objective), name="max_cover", budget=self.problem.budget
        )
        found = _fairest(at_least, self.groups, self._course())
        best = plan.plan if found.sites is None else Plan(found.sites, math.nan, plan.allocation, found.served)
        assert best is not None
        own = shares(self.problem, self.groups, best.sites, best.served)
        won = weight_covered(self.problem.weight, covered(self.problem, best.sites, best.served))
        proven = plan.status is Status.OPTIMAL and found.status is Status.OPTIMAL
        return EquityPoint(
            sites=best.sites,
            covered=won,
            least_share=float(own.min()),
            worst=self.names[int(np.argmin(own))],
            shares=own,
            most_covered=max(won, plan.bound),
            most_share=max(float(own.min()), found.bound),
            status=Status.OPTIMAL if proven else Status.FEASIBLE,
        )

    def _levels(self, first: EquityPoint, most: int) -> list[float]:
        """Spread shares evenly from that of the first point to the largest that any plan has."""
        top: _Fairest = _fairest(self.problem, self.groups, self._course())
        if top.sites is None:
            return []
        reached = float(shares(self.problem, self.groups, top.sites, top.served).min())
        return [float(one) for one in np.linspace(first.least_share, reached, most)]

    def _next(self, point: EquityPoint, levels: list[float] | None) -> Floats | None:
        """Return the shares to ask for after a point; None after the last."""
        if levels is not None:
            level = min((one for one in levels if one > point.least_share + _MORE), default=None)
            return None if level is None else np.full(len(self.groups), level)
        if not self.whole:
            level = point.least_share + _MORE
            return None if level > 1.0 else np.full(len(self.groups), level)
        worst = int(np.argmin(point.shares))
        size = int(self.sizes[worst])
        count = round(point.least_share * size)
        more = np.array([count * int(own) // size + 1 for own in self.sizes], np.float64)
        return None if (more > self.sizes).any() else more / self.sizes
