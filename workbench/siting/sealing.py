"""The end of a search: the plan is checked, and says no more than was proven."""

from __future__ import annotations

import math

import scipy.sparse as sp

from workbench.siting.canonical import EQUAL
from workbench.siting.check import allocate, check_plan
from workbench.siting.course import Course
from workbench.siting.problem import CoverProblem
from workbench.siting.result import Certificate, Plan, SitingPlan
from workbench.siting.rules import Ints
from workbench.solving import Status


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
    own = math.isfinite(own_bound) and abs(own_bound - objective) <= EQUAL * max(1.0, abs(objective))
    proven = proven or own
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
