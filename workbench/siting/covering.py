"""The verbs of covering: the fewest or cheapest sites for everybody, or the most people for some sites."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from workbench.siting.course import Course
from workbench.siting.general import solve_general
from workbench.siting.maximal import MaximalSearch, fits
from workbench.siting.problem import CoverProblem, cover_problem
from workbench.siting.result import Progress, SitingPlan
from workbench.solving import Limits, heeded_interrupt


def covered_within(cost: Any, limit: float) -> sp.csr_array:
    """Turn walks into cover.

    Parameters
    ----------
    cost
        Shape (sites, demand), sparse; a walk of 0 is an entry, a missing entry is no walk.
    limit
        The longest walk that covers.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (sites, demand), True where the walk is within the limit.
    """
    table = sp.coo_array(cost)
    near = table.data <= limit
    return sp.csr_array((np.ones(int(near.sum()), bool), (table.row[near], table.col[near])), shape=table.shape)


def set_cover(
    cover: Any,
    *,
    cost: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    share: float = 1.0,
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
    time_limit_s
        Wall time; the best plan so far is returned with its bound. None for no limit.
    gap
        Relative gap that is good enough; such a plan is FEASIBLE.
    seed
        Seed of everything random.
    progress
        Told of stage, incumbent, bound and gap.
    **rules
        ``required``, ``forbidden``, ``capacity``, ``floors``, ``cover_at_least``, ``at_most``, ``spacing``: see
        :class:`workbench.siting.rules.Rules`.

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
    problem = cover_problem("set_cover", cover, weight=weight, cost=cost, share=share, **rules)
    return _solve(problem, Limits(time_limit_s, gap, seed), progress)


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
    problem = cover_problem("max_cover", cover, weight=weight, cost=site_cost, p=p, budget=budget, **rules)
    return _solve(problem, Limits(time_limit_s, gap, seed), progress)


def _solve(problem: CoverProblem, limits: Limits, progress: Progress | None) -> SitingPlan:
    with heeded_interrupt() as interrupt:
        course = Course(problem.maximise, limits, interrupt, progress)
        return MaximalSearch(problem, course).run() if fits(problem) else solve_general(problem, course)
