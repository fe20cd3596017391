"""The verbs of covering: the fewest or cheapest sites for everybody, or the most people for some sites."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from workbench.siting.check import worth
from workbench.siting.course import Course, read_limits
from workbench.siting.general import solve_general
from workbench.siting.maximal import MaximalSearch
from workbench.siting.problem import CoverProblem, SitingError, cover_problem, read_walks
from workbench.siting.rest import Rest, whole_rest
from workbench.siting.result import Progress, SitingPlan
from workbench.siting.rules import NO_SITES, Ints
from workbench.siting.sealing import in_real_numbers, in_units
from workbench.solving import Limits, Status, heeded_interrupt

BLURS = 1e6
"""How much more than a whole plan a site may cost before the problem is solved again without it."""


def covered_within(cost: Any, limit: float) -> sp.csr_array:
    """Turn walks into cover.

    Parameters
    ----------
    cost
        Shape (sites, demand). Dense (an array, a table of pandas, lists): every cell is a walk, and 0 is one. Sparse: a
        stored entry is a walk, a stored 0 too; what is not stored is no way. Infinite is no way.
    limit
        The longest walk that covers, 0 or more.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (sites, demand), True where the walk is within the limit.

    Raises
    ------
    SitingError
        If walks are missing or negative, the limit is none, or a sparse format does not tell a 0 from nothing.
    """
    gate, walks = read_walks("covered_within", "cost", cost)
    if limit != math.inf:
        limit = gate.number("limit", limit, "this is no limit", "a number ≥ 0")
    if gate.problems:
        raise SitingError(gate.problems)
    near = walks.walk <= limit
    shape = (gate.sites, gate.demand)
    return sp.csr_array((np.ones(int(near.sum()), bool), (walks.site[near], walks.demand[near])), shape=shape)


def set_cover(
    cover: Any,
    *,
    cost: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    share: float = 1.0,
    p: int | None = None,
    budget: float | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    **rules: Any,
) -> SitingPlan:
    """Find the cheapest sites that cover everybody, or a share of the weight (LSCP).

    Parameters
    ----------
    cover
        Shape (sites, demand), sparse; an entry says that the site covers that demand.
    cost
        Shape (sites,), not negative; None for 1 each, which asks for the fewest sites.
    weight
        Shape (demand,) or (demand, groups); needed for a share, for capacities, and nowhere else.
    share
        Share of the weight to cover; 1 covers every row, whatever its weight.
    p, budget
        Most sites, and most that they may cost, required ones included; None for no limit.
    time_limit_s
        Wall time; the best plan so far is returned with its bound. None for no limit.
    gap
        Relative gap that is good enough; such a plan is FEASIBLE.
    seed
        Seed of everything random.
    progress
        Told of stage, incumbent, bound and gap.
    **rules
        ``required``, ``forbidden``, ``capacity``, ``floors``, ``cover_at_least``, ``at_most``, ``at_least``,
        ``spacing``: see :class:`workbench.siting.rules.Rules`.

    Returns
    -------
    SitingPlan

    Raises
    ------
    SitingError
        With everything that is wrong with the problem.
    CheckError
        If the plan does not survive its check.
    """
    problem = cover_problem("set_cover", cover, weight=weight, cost=cost, share=share, p=p, budget=budget, rules=rules)
    return solve_cover(problem, read_limits(problem.name, time_limit_s, gap, seed), progress)


def max_cover(
    cover: Any,
    weight: ArrayLike | None = None,
    p: int | None = None,
    *,
    budget: float | None = None,
    site_cost: ArrayLike | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    **rules: Any,
) -> SitingPlan:
    """Find the sites that cover the most weight (MCLP).

    Parameters
    ----------
    cover
        Shape (sites, demand), sparse; an entry says that the site covers that demand, or to what share.
    weight
        Shape (demand,) or (demand, groups), not negative, whole or real; None counts rows.
    p
        Most sites to open, required ones included.
    budget
        Most that the sites may cost, required ones included.
    site_cost
        Shape (sites,), what each costs; None for 1 each.
    time_limit_s, gap, seed, progress, **rules
        As :func:`set_cover` takes them.

    Returns
    -------
    SitingPlan
        Its objective is the weight that is covered.

    Raises
    ------
    SitingError
        With everything that is wrong with the problem.
    CheckError
        If the plan does not survive its check.
    """
    problem = cover_problem("max_cover", cover, weight=weight, cost=site_cost, p=p, budget=budget, rules=rules)
    return solve_cover(problem, read_limits(problem.name, time_limit_s, gap, seed), progress)


def max_cover_curve(
    cover: Any,
    weight: ArrayLike | None,
    most: int,
    *,
    budget: float | None = None,
    site_cost: ArrayLike | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    **rules: Any,
) -> tuple[SitingPlan, ...]:
    """Find the best plan for every number of sites up to the most, each starting from the one before.

    Parameters
    ----------
    cover, weight, budget, site_cost, gap, seed, progress, **rules
        As :func:`max_cover` takes them.
    most
        Largest number of sites; the smallest is 1, or the number of required sites.
    time_limit_s
        Wall time for each number.

    Returns
    -------
    tuple of SitingPlan
        By number of sites, ascending, each with its own bound; where no site can add anything any more, the same
        plan again. Ctrl-C ends the curve early.

    Raises
    ------
    SitingError
        With everything that is wrong with the problem.
    CheckError
        If a plan does not survive its check.
    """
    problem = cover_problem("max_cover", cover, weight=weight, cost=site_cost, p=most, budget=budget, rules=rules)
    limits = read_limits("max_cover", time_limit_s, gap, seed)
    counted, unit = in_units(problem)
    first = max(1, len(problem.rules.required))
    base = whole_rest(counted) if counted.plain else None
    allowed = np.setdiff1d(np.arange(problem.sites), problem.rules.forbidden)
    all_of_it = worth(counted, allowed) if base is not None else np.inf
    plans: list[SitingPlan] = []
    with heeded_interrupt() as interrupt:
        for p in range(first, most + 1):
            if base is not None and plans and plans[-1].status is Status.OPTIMAL and plans[-1].objective >= all_of_it:
                plans.append(plans[-1])  # all that can be covered is: one more site changes nothing
                continue
            before = plans[-1].sites if plans and plans[-1].plan is not None else None
            course = Course(True, limits, interrupt, progress, unit)
            plans.append(_solved(replace(counted, p=min(p, problem.sites)), course, base, before))
            if interrupt.asked:
                break
    return tuple(in_real_numbers(replace(problem, p=p), plan, unit) for p, plan in enumerate(plans, first))


def solve_cover(
    problem: CoverProblem, limits: Limits, progress: Progress | None = None, before: Ints | None = None
) -> SitingPlan:
    """Solve a checked problem.

    Parameters
    ----------
    problem
        The problem.
    limits
        When to stop.
    progress
        Told of stage, incumbent, bound and gap.
    before
        Sites of a plan to start from, where the way to the answer can make use of one.

    Returns
    -------
    SitingPlan

    Raises
    ------
    CheckError
        If the plan does not survive its check.
    """
    counted, unit = in_units(problem)
    with heeded_interrupt() as interrupt:
        course = Course(problem.maximise, limits, interrupt, progress, unit)
        plan = in_real_numbers(problem, _solved(counted, course, before=before), unit)
        dear = _too_dear(problem, plan)
        if len(dear) and not course.over:
            return solve_cover(_without(problem, dear), course.left, progress, plan.sites)
    return plan


def _too_dear(problem: CoverProblem, plan: SitingPlan) -> Ints:
    """Return sites that cost far more than a whole plan: no better plan has them, and they blur the others."""
    if problem.maximise or plan.plan is None:
        return NO_SITES
    free = np.setdiff1d(np.arange(problem.sites), problem.rules.forbidden)
    return free[problem.cost[free] > BLURS * plan.objective]


def _without(problem: CoverProblem, sites: Ints) -> CoverProblem:
    rules = problem.rules
    return replace(problem, rules=replace(rules, forbidden=np.union1d(rules.forbidden, sites)))


def _solved(problem: CoverProblem, course: Course, base: Rest | None = None, before: Ints | None = None) -> SitingPlan:
    if problem.plain:
        return MaximalSearch(problem, course, base, before).run()
    return solve_general(problem, course)
