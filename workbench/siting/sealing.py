"""The end of a search: the plan is checked, and says no more than was proven."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from workbench.siting.canonical import EQUAL
from workbench.siting.check import allocate, check_plan
from workbench.siting.course import Course
from workbench.siting.problem import CoverProblem
from workbench.siting.result import Certificate, Plan, SitingPlan, close
from workbench.siting.rules import Floats, Ints
from workbench.siting.whole_numbers import MOST_WHOLE, Unit, objective_unit
from workbench.solving import Status

CLEARLY = 4e-9
"""Share by which a plan may miss what its solver claims; whole numbers up to the inverse are told apart."""


def in_units(problem: CoverProblem, *, solver: bool = False) -> tuple[CoverProblem, Unit | None]:
    """Count the objective of a problem, and the room that goes with weights, in units that solvers tell apart.

    Parameters
    ----------
    problem
        With weights, or costs, of any size.
    solver
        Whether a solver is asked, even where our own way is open to the problem.

    Returns
    -------
    tuple of CoverProblem and Unit
        The same problem and None where the numbers may stay as they are.
    """
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
    """Return a plan of a problem in units as one of the problem itself, recomputed.

    Raises
    ------
    CheckError
        If the plan does not survive its check in real numbers.
    """
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
    """Check a plan and say how sure it is.

    Parameters
    ----------
    problem
        The problem.
    course
        What the search learned.
    sites
        Positions of the open sites.
    served
        Shape (sites, demand), who serves whom, where room is limited.
    claimed
        What the search says the plan is worth.
    own_bound
        The bound as far as it was computed without a solver.
    proven
        Whether a solver says that nothing is better.
    canonical
        Whether the plan is the first among equals.

    Returns
    -------
    SitingPlan

    Raises
    ------
    CheckError
        If the plan breaks a rule, or is not worth what was claimed.
    """
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
        certificate=Certificate.RECOMPUTED if own else voucher(bound, own_bound),
        canonical=bool(canonical and proven),
    )


def voucher(bound: float, own_bound: float) -> Certificate:
    """Return who vouches for a bound."""
    if not math.isfinite(bound):
        return Certificate.NONE
    return Certificate.RECOMPUTED if bound == own_bound else Certificate.SOLVER


def unplanned(
    problem: CoverProblem, course: Course, status: Status, own_bound: float, conflict: tuple[str, ...] = ()
) -> SitingPlan:
    """Return the answer when there is no plan, or none was found."""
    bound = math.nan if status is Status.INFEASIBLE else course.bound
    certificate = voucher(bound, own_bound)
    stages = tuple(course.stages)
    return SitingPlan(problem.name, status, None, bound, course.seconds, stages, certificate, conflict=conflict)
