"""The p-center: nobody farther than need be."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike
from ortools.sat.python import cp_model

from workbench.arrays import Floats, Ints
from workbench.errors import Problem
from workbench.locate.engine.median_search import Search, TwinSearch, whole_instance
from workbench.locate.median import conflict
from workbench.locate.median_problem import MedianProblem, NearestFirst, check_center, longest, median_problem
from workbench.locate.problem import INSTEAD, NO_SITES, PlanRules, SitingError
from workbench.locate.result import Certificate, Course, Plan, Progress, SitingPlan, read_limits
from workbench.solving import Limits, Status, heeded_interrupt, solve_cp

# ----------------------------------------------------------------------------------------------------------------------
# Whether a plan reaches everybody within a radius: the question that the p-center asks again and again.
#
# A radius is refuted by the relaxation of the p-median in which a walk within the radius costs nothing and going
# without costs one: a bound above nothing means that somebody always goes without. Rows that ask for more than
# another row asks, and sites that reach no more than another site reaches, change nothing and are dropped first.


WORK = 3e8
"""Products of pairs beyond which rows and sites are compared for equality only."""


@dataclass(frozen=True, eq=False)
class Reach:
    """Who reaches whom within a radius.

    Parameters
    ----------
    cover
        Shape (rows, sites): whether the site is near enough, for the demand rows that matter.
    rules
        Which sets of sites may be a plan; dropped sites are forbidden.
    """

    cover: sp.csr_array
    rules: PlanRules

    @property
    def hopeless(self) -> bool:
        """Whether a row is left with no site at all."""
        return bool((np.diff(self.cover.indptr) == 0).any())

    def shortfall(self) -> MedianProblem:
        """Return the p-median whose cost is how many rows go without: an extra site serves each of them at 1."""
        rows, sites = self.cover.shape
        start = np.asarray(self.cover.indptr, np.int64) + np.arange(rows + 1)
        last = start[1:] - 1
        site, cost = np.full(start[-1], sites, np.int64), np.zeros(start[-1])
        inner = np.ones(start[-1], np.bool_)
        inner[last] = False
        site[inner] = self.cover.indices
        cost[last] = 1.0
        side = self.rules.rules
        wider = replace(
            self.rules,
            sites=sites + 1,
            p=None if self.rules.p is None else self.rules.p + 1,
            spending=None if self.rules.spending is None else np.append(self.rules.spending, 0.0),
            rules=replace(side, required=np.append(side.required, sites), capacity=None),
        )
        ones: Floats = np.ones(rows)
        return MedianProblem("p_center", NearestFirst(start, site, cost), ones, np.zeros(sites + 1), wider, ones)


def reach_within(problem: MedianProblem, radius: float, *, every_site: bool = False) -> Reach:
    """Return who reaches whom, without what changes nothing."""
    nearest, rules = problem.nearest, problem.rules
    near = nearest.cost <= radius
    allowed = np.ones(problem.sites, np.bool_)
    allowed[rules.rules.forbidden] = False
    near &= allowed[nearest.site]
    shape = (problem.demand, problem.sites)
    cover = sp.csr_array((np.ones(int(near.sum())), (nearest.demand[near], nearest.site[near])), shape=shape)
    cover.sort_indices()
    cover = cover[_asking_least(cover)]
    if not (every_site or rules.rows()[1].size or len(rules.rules.required)):
        spare = np.setdiff1d(np.arange(problem.sites), _reaching_most(cover))
        if rules.p is None or problem.sites - len(spare) >= rules.p:
            rules = replace(rules, rules=replace(rules.rules, forbidden=spare))
            kept = np.ones(problem.sites)
            kept[spare] = 0.0
            cover = sp.csr_array(cover * kept[np.newaxis])
            cover.eliminate_zeros()
    return Reach(cover, rules)


def _asking_least(cover: sp.csr_array) -> Ints:
    """Return the rows of which no other is a part; of equal ones the first."""
    return _smallest(cover, larger=False)


def _reaching_most(cover: sp.csr_array) -> Ints:
    """Return the sites that are no part of another; of equal ones the first."""
    return _smallest(sp.csr_array(cover.T), larger=True)


def _smallest(sets: sp.csr_array, *, larger: bool) -> Ints:
    """Return the sets of which no other is a part or, if ``larger``, which are no part of another."""
    count = np.diff(sets.indptr)
    if not len(count):
        return NO_SITES
    work = float((np.bincount(sets.indices, minlength=sets.shape[1]).astype(np.float64) ** 2).sum())
    if work > WORK:
        return _first_of_equal(sets)
    shared = sp.coo_array(sets @ sets.T)
    part, whole = shared.row, shared.col
    inside = (shared.data == count[part]) & (part != whole)
    part, whole = part[inside], whole[inside]
    equal = count[part] == count[whole]
    loser = part if larger else whole
    winner = whole if larger else part
    gone = np.zeros(len(count), np.bool_)
    gone[loser[~equal | (winner < loser)]] = True
    if larger:
        gone |= count == 0
    return np.flatnonzero(~gone)


def _first_of_equal(sets: sp.csr_array) -> Ints:
    seen: dict[bytes, int] = {}
    for k in range(sets.shape[0]):
        seen.setdefault(sets.indices[sets.indptr[k] : sets.indptr[k + 1]].tobytes(), k)
    return np.array(sorted(seen.values()), np.int64)


# ----------------------------------------------------------------------------------------------------------------------
# The question of the p-center as a model for CP-SAT: does a plan reach every row? One function a rule.


FINE = 2.0**40
"""Units in which a budget is counted, rounded so that a plan within the budget is never lost."""


def _everybody_reached(model: cp_model.CpModel, opened: list[cp_model.IntVar], reach: Reach) -> None:
    """Open some site near enough for each row."""
    cover = reach.cover
    for j in range(cover.shape[0]):
        model.add_bool_or([opened[i] for i in cover.indices[cover.indptr[j] : cover.indptr[j + 1]]])


def plan_size(model: cp_model.CpModel, opened: list[cp_model.IntVar], reach: Reach) -> None:
    """Open as many sites as are asked."""
    fewest, most = reach.rules.size
    model.add_linear_constraint(sum(opened), fewest, most)


def _required_and_forbidden(model: cp_model.CpModel, opened: list[cp_model.IntVar], reach: Reach) -> None:
    """Open some sites in any case, some never."""
    for i in reach.rules.rules.required:
        model.add(opened[i] == 1)
    for i in reach.rules.rules.forbidden:
        model.add(opened[i] == 0)


def rules_on_sites(model: cp_model.CpModel, opened: list[cp_model.IntVar], reach: Reach) -> None:
    """Keep budget, groups and spacing."""
    matrix, limit = reach.rules.rows()
    rows = matrix.tocsr()
    for r in range(len(limit)):
        part = slice(rows.indptr[r], rows.indptr[r + 1])
        heaviest = float(rows.data[part].max(initial=0.0)) or 1.0
        amounts = np.floor(rows.data[part] / heaviest * FINE).astype(np.int64)
        most = min(math.floor(limit[r] / heaviest * FINE), int(amounts.sum()))
        model.add(sum(int(a) * opened[i] for a, i in zip(amounts, rows.indices[part], strict=True)) <= most)


def _plan_that_reaches(reach: Reach, limits: Limits) -> tuple[Status, Ints | None]:
    """Ask CP-SAT for a plan that reaches every row."""
    model = cp_model.CpModel()
    opened = [model.new_bool_var(f"open {i}") for i in range(reach.rules.sites)]
    for rule in (_everybody_reached, plan_size, _required_and_forbidden, rules_on_sites):
        rule(model, opened, reach)
    answer = solve_cp(model, opened, limits, linearization_level=2)
    return answer.status, None if answer.values is None else np.flatnonzero(answer.values > 0.5)


FEW, MANY = 20, 2000
"""Nodes of the tree before the solver is asked, and after it refuted a radius that needs a proof of our own."""


# ----------------------------------------------------------------------------------------------------------------------
# The p-center: nobody farther than need be.


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
        As :func:`workbench.locate.p_median` takes them.
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
            status, plan = _plan_that_reaches(reach_within(self.problem, float(self.radii[radius])), self._limits())
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
