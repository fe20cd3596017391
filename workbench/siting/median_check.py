"""The truth about a p-median or p-center plan, without a solver: whether it is allowed, and what it costs."""

from __future__ import annotations

import math

import numpy as np

from workbench.errors import CheckError, Problem
from workbench.siting.median_problem import MedianProblem
from workbench.siting.rules import ROUNDING, Ints


def total_cost(problem: MedianProblem, sites: Ints, allocation: Ints) -> float:
    """Return weight times cost of an allocation plus the costs of opening, summed without rounding in between.

    Parameters
    ----------
    problem
        The problem.
    sites
        Positions of the open sites.
    allocation
        Shape (demand,), the site that serves each demand row, or -1.

    Returns
    -------
    float
        Infinite if a row with weight goes unserved, or goes where it may not.
    """
    counts = problem.weight > 0
    paid = _paid(problem, allocation)[counts]
    if not np.isfinite(paid).all():
        return math.inf
    return math.fsum((*(problem.weight[counts] * paid), *problem.price[sites]))


def longest(problem: MedianProblem, sites: Ints) -> float:
    """Return the largest cost of the nearest site; infinite if anybody is left without."""
    return float(problem.nearest.among(sites, problem.sites)[1].max())


def check_median(problem: MedianProblem, sites: Ints, allocation: Ints, objective: float) -> None:
    """Hold a plan against its problem.

    Raises
    ------
    CheckError
        If it breaks a rule, sends anybody where nobody serves, or costs something else.
    """
    where = "p_median"
    wrong = [Problem(where, f"the plan breaks the rule {name}") for name in problem.rules.broken(sites)]
    served = allocation[allocation >= 0]
    if not np.isin(served, sites).all():
        wrong.append(Problem(where, "somebody is sent to a site that is not open"))
    capacity = problem.rules.rules.capacity
    if capacity is not None:
        used = np.bincount(served, problem.load[allocation >= 0], minlength=problem.sites)
        over = np.flatnonzero(used > capacity * (1 + ROUNDING))
        wrong += [Problem(where, "a site takes more than its capacity", f"site {i}") for i in over]
    else:
        nearest = problem.nearest.among(sites, problem.sites)[0]
        if not np.array_equal(nearest, allocation):
            wrong.append(Problem(where, "somebody is not sent to the nearest open site"))
    found = total_cost(problem, sites, allocation)
    if not math.isclose(found, objective, rel_tol=ROUNDING):
        wrong.append(Problem(where, "the plan costs something else", expected=repr(objective), found=repr(found)))
    if wrong:
        raise CheckError(wrong)


def check_center(problem: MedianProblem, sites: Ints, objective: float) -> None:
    """Hold a p-center plan against its problem.

    Raises
    ------
    CheckError
        If it breaks a rule, or its longest way is another.
    """
    wrong = [Problem("p_center", f"the plan breaks the rule {name}") for name in problem.rules.broken(sites)]
    found = longest(problem, sites)
    if found != objective:
        wrong.append(Problem("p_center", "the longest way is another", expected=repr(objective), found=repr(found)))
    if wrong:
        raise CheckError(wrong)


def _paid(problem: MedianProblem, allocation: Ints) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the cost of each row at the site it is sent to; infinite where it may not go there."""
    nearest = problem.nearest
    paid = np.full(nearest.size, np.inf)
    hit = np.flatnonzero(allocation[nearest.demand] == nearest.site)
    paid[nearest.demand[hit]] = nearest.cost[hit]
    return paid
