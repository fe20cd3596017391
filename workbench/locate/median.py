"""The p-median and facility location: the plan, its proof, and the plans for every number of sites."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from workbench.arrays import Ints
from workbench.errors import Problem
from workbench.locate.engine.median_search import Search, TwinSearch, whole_instance
from workbench.locate.median_problem import MedianProblem, check_median, median_problem, solve_capacitated, total_cost
from workbench.locate.problem import SitingError
from workbench.locate.result import (
    CLEARLY,
    EQUAL,
    Certificate,
    Course,
    Plan,
    SitingPlan,
    close,
    conflicting,
    from_arrays,
)
from workbench.locate.rules import ROUNDING
from workbench.progress import SILENT, Progress
from workbench.solving import UNLIMITED, Interrupt, Limits, Status, heeded_interrupt

# ----------------------------------------------------------------------------------------------------------------------
# Which rules of a p-median or p-center problem contradict each other.


def conflict(problem: MedianProblem, course: Course) -> tuple[str, ...]:
    """Return rules of a problem without a plan that contradict each other."""
    return conflicting(problem.keys, lambda keys: _contradictory(problem.keeping(keys), course), course)


def _contradictory(problem: MedianProblem, course: Course) -> bool:
    """Whether it is proven that no plan keeps the rules."""
    if problem.rules.capped:
        alone = Course(False, Limits(seconds=_CONFLICT_SECONDS), Interrupt(), SILENT)
        return solve_capacitated(problem, alone, feasible=True).status is Status.INFEASIBLE
    search = Search(whole_instance(problem), course, enough=math.inf)
    search.run()
    return search.plan is None and search.bound >= search.upper


_CONFLICT_SECONDS = 30.0
"""Wall time for each question whether rules with capacities contradict each other."""


# ----------------------------------------------------------------------------------------------------------------------
# The p-median and facility location: the plan, its proof, and the plans for every number of sites.


_FREE_NODES = 200
"""Nodes spent on the problem without capacities, which bounds that with them, before the solver is asked."""

_FARTHEST = 1e9
"""A cost that is no way any more, in itself and beside the usual cost: a thousand thousand kilometres in metres."""

_BLURS = 1e6
"""How much more than a whole plan one way may cost before the problem is solved again without it."""


@from_arrays("p_median", median_problem)
def p_median(problem: MedianProblem, limits: Limits = UNLIMITED, progress: Progress = SILENT) -> SitingPlan:
    """Open sites so that weight times cost of the nearest open one is least.

    Exactly ``p`` sites open where nothing else limits them; up to ``p`` where opening costs, or a rule on sites may
    leave no room. With ``site_cost`` and no ``budget`` the costs of opening are part of the objective, and ``p`` may be
    missing: uncapacitated facility location. With ``capacity`` each demand row goes to one site as a whole.

    Parameters
    ----------
    problem
        The problem; or what :func:`workbench.locate.median_problem` makes it of, every limit by its name.
    limits
        When to stop: the best plan so far is returned with its bound; one cut short by time is not repeatable.
    progress
        Told of stage, incumbent, bound and gap.

    Returns
    -------
    SitingPlan
        Its bound is recomputed from multipliers in whole numbers, except where capacities bind.

    Raises
    ------
    SitingError
        If anything is wrong with the arguments.

    Notes
    -----
    Costs that are decimals, in whatever unit, are counted exactly. Others are counted in units of about 2**-46 of
    everybody's largest cost together, rounded down; the bound is then a bound on the real costs, and OPTIMAL means that
    it is within 1e-9 of the plan. A way that costs more than a whole plan does not blur this: it is dropped.
    """
    return _solve_median(problem, limits, progress)


@from_arrays("p_median", median_problem)
def p_median_curve(
    problem: MedianProblem, limits: Limits = UNLIMITED, progress: Progress = SILENT
) -> tuple[SitingPlan, ...]:
    """Solve the p-median for every number of sites up to that of a problem, each from the plan before.

    Called as :func:`workbench.locate.p_median` is; the wall time is for each number.

    Returns
    -------
    tuple of SitingPlan
        By number of sites, from 1, or the number of required sites, on.
    """
    plans: list[SitingPlan] = []
    for p in range(max(1, len(problem.rules.required)), problem.count_range[1] + 1):
        before = plans[-1].sites if plans and plans[-1].plan is not None else None
        plans.append(_solve_median(replace(problem, p=p), limits, progress, before))
        if plans[-1].stages and plans[-1].status is Status.UNKNOWN:
            break
    return tuple(plans)


def _solve_median(
    problem: MedianProblem, limits: Limits, progress: Progress = SILENT, before: Ints | None = None
) -> SitingPlan:
    """Solve a checked problem."""
    with heeded_interrupt() as interrupt:
        course = Course(False, limits, interrupt, progress)
        if problem.rules.capacity is None:
            return _solve(problem, course, limits, before)
        free = _solve(problem.keeping(set(problem.keys) - {"capacity"}), course, limits, before, _FREE_NODES)
        return _capacitated(problem, free, course)


def _solve(
    problem: MedianProblem, course: Course, limits: Limits, before: Ints | None, nodes: float = math.inf
) -> SitingPlan:
    """Solve the problem without capacities.

    Costs that a plan as good as the one that is found cannot have ("no way", written as a large number) may have made
    the unit so coarse that the others are lost in it: then it is solved again without them.
    """
    plan = _counted(problem, course, limits, before, nodes)
    while plan.plan is not None and not close(plan.objective, plan.bound, EQUAL):
        less = problem.within(plan.objective * (1 + ROUNDING))
        if course.over or less.size == problem.size:
            break
        problem = less
        plan = _counted(problem, course, limits, plan.sites, nodes)
    if not course.over:
        _refuse_blur(problem, plan)
    return plan


def _refuse_blur(problem: MedianProblem, plan: SitingPlan) -> None:
    """Refuse what is paid for a way that is none: beside it nothing else counts."""
    near = problem.nearest.cost[(problem.nearest.cost > 0.0) & (problem.nearest.cost < _FARTHEST)]
    if plan.plan is None or not near.size:
        return
    hit = plan.allocation[problem.nearest.demand] == problem.nearest.site
    paid = problem.nearest.cost[hit & (problem.weight[problem.nearest.demand] > 0)]
    if paid.max(initial=0.0) >= _FARTHEST * max(1.0, float(np.median(near))):
        raise SitingError(
            Problem(
                problem.name, "every plan sends somebody a way so long that the others are lost beside it", key="cost",
                expected=f"costs below {_FARTHEST:.0e} times the usual", found=f"{paid.max():g}",
                mend="If that means no way, make it infinite, or say from which cost on by no_way.",
            )
        )  # fmt: skip


def _counted(
    problem: MedianProblem, course: Course, limits: Limits, before: Ints | None, nodes: float = math.inf
) -> SitingPlan:
    """Solve the problem in whole numbers of one unit."""
    instance = whole_instance(problem)
    unit = instance.unit
    search = Search(instance, course, limits, tells=True)
    search.most_nodes = nodes
    search.run(None if before is None else np.isin(np.arange(problem.sites), before))
    if search.plan is None:
        return _without_plan(problem, search, course)
    exact = search.bound >= search.upper - unit.quantum + 1.0
    chosen, canonical = search.plan, False
    if exact and not course.over:
        twins = TwinSearch(search)
        canonical = twins.settle_twins()
        chosen = chosen if twins.plan is None else twins.plan
        course.close("canonical")
    sites = np.flatnonzero(chosen)
    allocation = problem.nearest.among(sites, problem.sites)[0]
    objective = total_cost(problem, sites, allocation)
    check_median(problem, sites, allocation, objective)
    bound = search.bound if not exact else search.upper
    if unit.exact and math.isfinite(bound):
        bound = math.ceil(bound / unit.quantum) * unit.quantum
    real = min(objective, unit.real(bound)) if math.isfinite(bound) else math.nan
    proven = exact and close(real, objective, EQUAL)
    return SitingPlan(
        problem=problem.name,
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        plan=Plan(sites, objective, allocation),
        bound=objective if proven and unit.exact else real,
        seconds=course.seconds,
        stages=tuple(course.stages),
        certificate=Certificate.RECOMPUTED if math.isfinite(bound) else Certificate.NONE,
        canonical=canonical and proven,
    )


def _without_plan(problem: MedianProblem, search: Search, course: Course) -> SitingPlan:
    """Say that there is no plan, or that none was found."""
    proven = search.bound >= search.target
    return SitingPlan(
        problem=problem.name,
        status=Status.INFEASIBLE if proven else Status.UNKNOWN,
        plan=None,
        bound=math.nan,
        seconds=course.seconds,
        stages=tuple(course.stages),
        certificate=Certificate.RECOMPUTED if proven else Certificate.NONE,
        conflict=conflict(problem, course) if proven else (),
    )


def _capacitated(problem: MedianProblem, free: SitingPlan, course: Course) -> SitingPlan:
    """Keep the plan without capacities if it keeps them all the same; else ask the solver."""
    if free.status is Status.INFEASIBLE:
        return free
    if free.status is Status.OPTIMAL and _fits(problem, free.allocation):
        check_median(problem, free.sites, free.allocation, free.objective)
        return free
    bound = free.bound if free.plan is not None else math.nan
    answer = solve_capacitated(problem, course)
    course.close("capacity", bound=answer.bound)
    if answer.sites is not None and answer.allocation is not None and not course.over:
        less = problem.within(_BLURS * total_cost(problem, answer.sites, answer.allocation))
        if less.size < problem.size:  # what a solver tells apart was blurred by ways that no good plan takes
            return _capacitated(less, free, course)
    plan = None
    if answer.sites is not None and answer.allocation is not None:
        objective = total_cost(problem, answer.sites, answer.allocation)
        check_median(problem, answer.sites, answer.allocation, objective)
        plan = Plan(answer.sites, objective, answer.allocation)
    best = float(np.nanmax([answer.bound if math.isfinite(answer.bound) else math.nan, bound, -math.inf]))
    status = answer.status
    if plan is not None:
        proven = status is Status.OPTIMAL and close(best, plan.objective, CLEARLY)
        status = Status.OPTIMAL if proven else Status.FEASIBLE
        best = plan.objective if proven else min(plan.objective, best)
    return SitingPlan(
        problem=problem.name,
        status=status,
        plan=plan,
        bound=math.nan if plan is None or not math.isfinite(best) else best,
        seconds=course.seconds,
        stages=tuple(course.stages),
        certificate=Certificate.SOLVER,
        conflict=conflict(problem, course) if answer.status is Status.INFEASIBLE else (),
    )


def _fits(problem: MedianProblem, allocation: Ints) -> bool:
    served = allocation >= 0
    used = np.bincount(allocation[served], problem.load[served], minlength=problem.sites)
    capacity = problem.rules.capacity
    return capacity is None or bool((used <= capacity * (1 + ROUNDING)).all())
