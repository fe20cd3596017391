"""The p-center: nobody farther than need be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from workbench.errors import Problem
from workbench.siting.center_cover import reach_within
from workbench.siting.center_model import plan_that_reaches
from workbench.siting.course import Course, read_limits
from workbench.siting.median_check import check_center, longest
from workbench.siting.median_conflict import conflict
from workbench.siting.median_instance import whole_instance
from workbench.siting.median_problem import MedianProblem, median_problem
from workbench.siting.median_search import Search
from workbench.siting.median_twins import TwinSearch
from workbench.siting.problem import SitingError
from workbench.siting.result import Certificate, Plan, Progress, SitingPlan
from workbench.siting.rules import INSTEAD, Floats, Ints
from workbench.solving import Limits, Status, heeded_interrupt

FEW, MANY = 20, 2000
"""Nodes of the tree before the solver is asked, and after it refuted a radius that needs a proof of our own."""


def p_center(
    cost: Any, p: int | None = None, *, site_cost: ArrayLike | None = None, budget: float | None = None,
    no_way: float | None = None, time_limit_s: float | None = None, gap: float = 0.0, seed: int = 0,
    progress: Progress | None = None, **rules: Any,
) -> SitingPlan:  # fmt: skip
    """Open sites so that the largest cost to the nearest open one is least.

    The answer is one of the costs. Bisection over them asks for each whether a plan reaches everybody (Minieka 1970):
    plans come from local search or CP-SAT and are checked; a radius is refuted by a recomputed bound or, where that
    does not suffice, by the solver, which the certificate then names.

    Parameters
    ----------
    cost
        Shape (sites, demand), dense or sparse. What is not stored, or infinite, is not allowed. Every demand row
        counts, whatever lives there: leave out rows that nobody needs to reach.
    p
        How many sites open, required ones included: exactly so many, or up to so many where a rule on sites may leave
        no room. None with a budget.
    site_cost
        Shape (sites,), or one number; takes a ``budget``.
    budget
        Most that the sites may cost.
    no_way
        Costs of so much or more are not allowed; None for infinite ones alone.
    time_limit_s, gap, seed, progress
        As :func:`workbench.siting.p_median` takes them.
    **rules
        ``required``, ``forbidden``, ``at_most``, ``spacing``.

    Returns
    -------
    SitingPlan
        Its bound is the smallest cost that is not refuted.

    Raises
    ------
    SitingError
        If anything is wrong with the arguments.

    References
    ----------
    .. [1] Minieka, E. (1970). The m-center problem. *SIAM Review* 12(1), 138-139.
    .. [2] Elloumi, S., Labbé, M., Pochet, Y. (2004). A new formulation and resolution method for the p-center problem.
       *INFORMS Journal on Computing* 16(1), 84-94.
    """
    limits = read_limits("p_center", time_limit_s, gap, seed)
    if site_cost is not None and budget is None:
        mend = "Give a budget too, or leave the costs out."
        raise SitingError(
            Problem("p_center", "costs of opening are no part of this objective", key="site_cost", mend=mend)
        )
    if rules.get("capacity") is not None or rules.get("load") is not None:
        mend = "How far matters here, not how many; p_median and max_cover know it."
        raise SitingError(Problem("p_center", "this rule is not for p_center", key="capacity", mend=mend))
    if "weight" in rules:
        what = "p_center knows no such rule"
        raise SitingError(Problem("p_center", what, key="weight", mend=INSTEAD["weight"]))
    problem = median_problem("p_center", cost, None, p, site_cost=site_cost, budget=budget, no_way=no_way, **rules)
    with heeded_interrupt() as interrupt:
        return _Bisection(problem, Course(False, limits, interrupt, progress), limits).run()


class _Bisection:
    """The radii between the smallest that is not refuted and the longest way of the best plan."""

    def __init__(self, problem: MedianProblem, course: Course, limits: Limits) -> None:
        self.problem, self.course, self.limits = problem, course, limits
        allowed = np.ones(problem.sites, np.bool_)
        allowed[problem.rules.rules.forbidden] = False
        usable = allowed[problem.nearest.site]
        self.radii: Floats = np.unique(problem.nearest.cost[usable])
        nearest = np.full(problem.demand, np.inf)
        np.minimum.at(nearest, problem.nearest.demand[usable], problem.nearest.cost[usable])
        self.low = int(np.searchsorted(self.radii, nearest.max()))
        self.high = len(self.radii)
        self.plan: Ints | None = None
        self.by_solver: set[int] = set()
        self.canonical = False

    def run(self) -> SitingPlan:
        """Narrow the radii down to one, or until told to stop."""
        radius = len(self.radii) - 1
        while not self.course.over:
            answer = self._ask(radius)
            if answer is None:
                break
            self.course.learn(self._radius(self.high), self._radius(self.low))
            self.course.tell("radius")
            if self.low >= self.high or self._good_enough():
                break
            radius = (self.low + self.high) // 2
        self.course.close("radius")
        if self.low >= self.high and self.low - 1 in self.by_solver:
            self._prove_again()
        if self.low >= self.high and self.plan is not None and not self.course.over:
            self._settle_twins(self.plan)
        return self._answer()

    def _ask(self, radius: int) -> bool | None:
        """Ask whether a plan keeps to a radius; None if that stays open."""
        refuted, plan = self._relax(radius, FEW)
        if not refuted and plan is None:
            status, plan = plan_that_reaches(reach_within(self.problem, float(self.radii[radius])), self._limits())
            if status is Status.INFEASIBLE:
                refuted = True
                self.by_solver.add(radius)
            elif plan is None:
                return None
        if refuted:
            self.low = max(self.low, radius + 1)
            return False
        assert plan is not None
        self.plan = plan
        self.high = int(np.searchsorted(self.radii, longest(self.problem, plan)))
        return True

    def _relax(self, radius: int, nodes: int) -> tuple[bool, Ints | None]:
        """Look for a plan, or for a bound that refutes the radius, in a small tree."""
        reach = reach_within(self.problem, float(self.radii[radius]))
        if reach.hopeless:
            return True, None
        instance = whole_instance(reach.shortfall())
        search = Search(instance, 0.0, self.limits.seed, lambda: self.course.over, lambda *_: None, enough=0.0)
        search.most_nodes = nodes
        search.run()
        if search.satisfied and search.plan is not None:
            return False, np.flatnonzero(search.plan[:-1])
        return search.bound >= search.target, None

    def _prove_again(self) -> None:
        """Refute, without the solver, the radius below the answer."""
        if self._relax(self.low - 1, MANY)[0]:
            self.by_solver.discard(self.low - 1)
        self.course.close("certificate")

    def _settle_twins(self, plan: Ints) -> None:
        """Look for the plan that comes first among those with the same longest way."""
        reach = reach_within(self.problem, self._radius(self.high), every_site=True)
        instance = whole_instance(reach.shortfall())
        search = Search(instance, 0.0, self.limits.seed, lambda: self.course.over, lambda *_: None, enough=0.0)
        search.offer(np.isin(np.arange(self.problem.sites + 1), np.append(plan, self.problem.sites)))
        twins = TwinSearch(search)
        self.canonical = twins.settle_twins()
        if twins.plan is not None:
            self.plan = np.flatnonzero(twins.plan[:-1])
        self.course.close("canonical")

    def _limits(self) -> Limits:
        return Limits(self.course.left.seconds, 0.0, self.limits.seed)

    def _radius(self, index: int) -> float:
        return float(self.radii[index]) if index < len(self.radii) else math.nan

    def _good_enough(self) -> bool:
        gap = self.limits.gap
        return self.plan is not None and gap > 0.0 and self._radius(self.low) >= self._radius(self.high) * (1.0 - gap)

    def _answer(self) -> SitingPlan:
        problem = self.problem
        proven = self.low >= self.high
        certificate = Certificate.SOLVER if self.low - 1 in self.by_solver else Certificate.RECOMPUTED
        if self.plan is None:
            status = Status.INFEASIBLE if proven else Status.UNKNOWN
            plan, bound = None, math.nan
        else:
            allocation, cost = problem.nearest.among(self.plan, problem.sites)
            plan, bound = Plan(self.plan, float(cost.max()), allocation), self._radius(self.low)
            check_center(problem, plan.sites, plan.objective)
            status = Status.OPTIMAL if proven else Status.FEASIBLE
        return SitingPlan(
            problem=problem.name,
            status=status,
            plan=plan,
            bound=bound,
            seconds=self.course.seconds,
            stages=tuple(self.course.stages),
            canonical=self.canonical,
            certificate=certificate if status is not Status.UNKNOWN else Certificate.NONE,
            conflict=conflict(problem, lambda: self.course.over) if status is Status.INFEASIBLE else (),
        )
