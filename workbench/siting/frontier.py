"""What more money buys: the plans that nothing beats in both weight covered and cost."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from workbench.siting.check import covered, weight_covered
from workbench.siting.course import read_limits
from workbench.siting.covering import solve_cover
from workbench.siting.problem import CoverProblem, SitingError, cover_problem
from workbench.siting.result import Progress, SitingPlan
from workbench.siting.rules import ROUNDING, Floor, Gate, Ints
from workbench.siting.whole_numbers import objective_unit
from workbench.solving import Limits, Status, heeded_interrupt

LESS = 4.0 * ROUNDING
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


def cover_cost_frontier(
    cover: Any,
    weight: ArrayLike | None,
    site_cost: ArrayLike,
    *,
    p: int | None = None,
    most: int | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    **rules: Any,
) -> CostFrontier:
    """Trace which plans are worth their money.

    From the dear end down (Haimes, Lasdon and Wismer 1971): the most weight that a budget can cover, the least cost of
    covering that much, and then a budget that is just too small for it.

    Parameters
    ----------
    cover, weight, gap, seed, progress, **rules
        As :func:`workbench.siting.max_cover` takes them.
    site_cost
        Shape (sites,), what each costs, required ones included. Costs that are no whole numbers count as equal within
        a share of 4e-8.
    p
        Most sites to open; None for any number.
    most
        Most budgets to look at, evenly spread from the cheapest plan to the dearest; None for every point there is.
    time_limit_s
        Wall time for each of two programs a point.

    Returns
    -------
    CostFrontier
        After Ctrl-C, the points found so far, from the dear end.

    Raises
    ------
    SitingError
        With everything that is wrong with the problem.
    CheckError
        If a plan does not survive its check.
    """
    limits = read_limits("cover_cost_frontier", time_limit_s, gap, seed)
    given: dict[str, Any] = {"weight": weight, "cost": site_cost, "p": p, "budget": sys.float_info.max, "rules": rules}
    problem = cover_problem("max_cover", cover, **given)
    total = math.fsum(problem.cost)
    check_most("cover_cost_frontier", problem, most)
    least = math.fsum(problem.cost[problem.rules.required])
    unit = objective_unit(problem.cost, 1.0 / LESS)
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
            below = min(reached - step, reached * (1.0 - LESS))
            budget = max((level for level in levels if level <= below), default=-1.0) if most is not None else below
            if reached <= 0.0:
                break
    ended = failed is not None and failed.status is Status.INFEASIBLE
    best = _undominated(points)
    proven = all(point.status is Status.OPTIMAL for point in best)
    stopped = interrupt.asked or (failed is not None and not ended)
    return CostFrontier(
        points=best,
        total=math.fsum(problem.weight),
        complete=most is None and proven and not stopped,
        status=frontier_status(proven, len(best), failed),
        conflict=failed.conflict if failed is not None and not best else (),
    )


def check_most(where: str, problem: CoverProblem, most: int | None) -> None:
    """Look at how many points are asked.

    Raises
    ------
    SitingError
        If they are fewer than the two ends.
    """
    gate = Gate(where, problem.sites, problem.demand)
    if most is not None:
        gate.count("most", most, 2)
    if gate.problems:
        raise SitingError(gate.problems)


def frontier_status(proven: bool, points: int, failed: SitingPlan | None) -> Status:
    """Return how sure a frontier is; ``failed`` is the answer without a plan that ended it, if one did."""
    if points:
        return Status.OPTIMAL if proven else Status.FEASIBLE
    return Status.UNKNOWN if failed is None else failed.status


def _cheapest(problem: CoverProblem, plan: SitingPlan, limits: Limits, progress: Progress | None) -> CostPoint:
    """Find the least cost of covering as much as a plan does."""
    cheap = solve_cover(at_least_covered(problem, plan.objective), limits, progress)
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


def at_least_covered(problem: CoverProblem, least: float) -> CoverProblem:
    """Return the problem of the cheapest plan that covers at least so much weight."""
    total = math.fsum(problem.weight)
    rules = problem.rules
    if total > 0.0:
        floor = Floor("weight covered", problem.weight, min(1.0, least / total))
        rules = replace(rules, floors=(*rules.floors, floor))
    return replace(problem, name="set_cover", share=0.0, budget=None, rules=rules)


def _undominated(points: list[CostPoint]) -> tuple[CostPoint, ...]:
    """Return the points, the cheapest first, without those that another one beats."""
    kept: list[CostPoint] = []
    for point in sorted(points, key=lambda one: (one.cost, -one.covered)):
        if not kept or point.covered > kept[-1].covered:
            kept.append(point)
    return tuple(kept)
