"""Which rules of a p-median or p-center problem contradict each other."""

from __future__ import annotations

import math
from collections.abc import Callable

from workbench.siting.capacity_model import solve_capacitated
from workbench.siting.course import Course
from workbench.siting.median_instance import whole_instance
from workbench.siting.median_problem import MedianProblem
from workbench.siting.median_search import Search
from workbench.solving import Interrupt, Limits, Status


def conflict(problem: MedianProblem, stop: Callable[[], bool]) -> tuple[str, ...]:
    """Return rules that contradict each other, none of which can be spared.

    Rules are let go one by one, in the order of :data:`workbench.siting.plan_rules.NAMES`; one whose absence leaves the
    rest contradictory is not part of the answer. If time runs out, a rule not yet tried stays in.

    Parameters
    ----------
    problem
        A problem without a plan.
    stop
        Asked between the steps.

    Returns
    -------
    tuple of str
        Names of rules.
    """
    for name in problem.rules.on:
        less = problem.without(name)
        if contradictory(less, stop):
            problem = less
    return problem.rules.on


def contradictory(problem: MedianProblem, stop: Callable[[], bool]) -> bool:
    """Whether it is proven that no plan keeps the rules."""
    if problem.rules.rules.capacity is not None:
        course = Course(False, Limits(seconds=CONFLICT_SECONDS), Interrupt(), None)
        return solve_capacitated(problem, course, feasible=True).status is Status.INFEASIBLE
    search = Search(whole_instance(problem), 0.0, 0, stop, lambda *_: None, enough=math.inf)
    search.run()
    return search.plan is None and search.bound >= search.upper


CONFLICT_SECONDS = 30.0
"""Wall time for each question whether rules with capacities contradict each other."""
