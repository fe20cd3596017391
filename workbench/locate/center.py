"""The p-center: nobody farther than need be."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from ortools.sat.python import cp_model

from workbench.arrays import Floats, Ints
from workbench.locate.engine.median_search import Search, TwinSearch, whole_instance
from workbench.locate.median import conflict
from workbench.locate.median_problem import MedianProblem, NearestFirst, check_center, longest, median_problem
from workbench.locate.result import Certificate, Course, Plan, SitingPlan, from_arrays
from workbench.locate.rules import NO_SITES
from workbench.progress import SILENT, Progress
from workbench.solving import UNLIMITED, Limits, Status, heeded_interrupt, solve_cp

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
    problem
        Which sets of sites may be a plan; dropped sites are forbidden.
    """

    cover: sp.csr_array
    problem: MedianProblem

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
        problem, ones = self.problem, np.ones(rows)
        return replace(
            problem,
            nearest=NearestFirst(start, site, cost),
            weight=ones,
            load=ones,
            price=np.zeros(sites + 1),
            cost=np.append(problem.cost, 0.0),
            p=None if problem.p is None else problem.p + 1,
            rules=replace(problem.rules, required=np.append(problem.rules.required, sites), capacity=None),
        )


def reach_within(problem: MedianProblem, radius: float, *, every_site: bool = False) -> Reach:
    """Return who reaches whom, without what changes nothing."""
    nearest = problem.nearest
    near = nearest.cost <= radius
    allowed = np.ones(problem.sites, np.bool_)
    allowed[problem.rules.forbidden] = False
    near &= allowed[nearest.site]
    shape = (problem.demand, problem.sites)
    cover = sp.csr_array((np.ones(int(near.sum())), (nearest.demand[near], nearest.site[near])), shape=shape)
    cover.sort_indices()
    cover = cover[_asking_least(cover)]
    if not every_site and {"p", "forbidden"}.issuperset(problem.keys):
        spare = np.setdiff1d(np.arange(problem.sites), _reaching_most(cover))
        if problem.p is None or problem.sites - len(spare) >= problem.p:
            problem = replace(problem, rules=replace(problem.rules, forbidden=spare))
            kept = np.ones(problem.sites)
            kept[spare] = 0.0
            cover = sp.csr_array(cover * kept[np.newaxis])
            cover.eliminate_zeros()
    return Reach(cover, problem)


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


def _rules_on_sites(model: cp_model.CpModel, opened: list[cp_model.IntVar], reach: Reach) -> None:
    """Keep the rules on which sites open."""
    problem = reach.problem
    model.add_linear_constraint(sum(opened), *problem.count_range)
    lower, upper = problem.settled()
    for i in np.flatnonzero(lower == upper):
        model.add(opened[i] == int(lower[i]))
    rows = problem.rows()
    matrix, limit = rows.matrix, rows.most
    for r in range(len(limit)):
        part = slice(matrix.indptr[r], matrix.indptr[r + 1])
        heaviest = float(matrix.data[part].max(initial=0.0)) or 1.0
        amounts = np.floor(matrix.data[part] / heaviest * FINE).astype(np.int64)
        most = min(math.floor(limit[r] / heaviest * FINE), int(amounts.sum()))
        model.add(sum(int(a) * opened[i] for a, i in zip(amounts, matrix.indices[part], strict=True)) <= most)


def _plan_that_reaches(reach: Reach, limits: Limits) -> tuple[Status, Ints | None]:
    """Ask CP-SAT for a plan that reaches every row."""
    model = cp_model.CpModel()
    opened = [model.new_bool_var(f"open {i}") for i in range(reach.problem.sites)]
    for rule in (_everybody_reached, _rules_on_sites):
        rule(model, opened, reach)
    answer = solve_cp(model, opened, limits, linearization_level=2)
    return answer.status, None if answer.values is None else np.flatnonzero(answer.values > 0.5)


FEW, MANY = 20, 2000
"""Nodes of the tree before the solver is asked, and after it refuted a radius that needs a proof of our own."""


# ----------------------------------------------------------------------------------------------------------------------
# The p-center: nobody farther than need be.


def _center_problem(name: str, cost: Any, p: int | None = None, **given: Any) -> MedianProblem:
    """Read a p-center problem, which has no weights."""
    return median_problem(name, cost, given.pop("weight", None), p, **given)


@from_arrays("p_center", _center_problem)
def p_center(problem: MedianProblem, limits: Limits = UNLIMITED, progress: Progress = SILENT) -> SitingPlan:
    """Open sites so that the largest cost to the nearest open one is least.

    The answer is one of the costs. Bisection over them asks for each whether a plan reaches everybody (Minieka 1970):
    plans come from local search or CP-SAT and are checked; a radius is refuted by a recomputed bound or, where that
    does not suffice, by the solver, which the certificate then names.

    Parameters
    ----------
    problem
        The problem; or cost and p, without weights, as :func:`workbench.locate.median_problem` takes them for
        ``p_center``. Every demand row counts, whatever lives there: leave out rows that nobody needs to reach. Costs
        of opening take a budget.
    limits, progress
        As :func:`workbench.locate.p_median` takes them.

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
    with heeded_interrupt() as interrupt:
        return _Bisection(problem, Course(False, limits, interrupt, progress), limits).run()


class _Bisection:
    """The radii between the smallest that is not refuted and the longest way of the best plan."""

    def __init__(self, problem: MedianProblem, course: Course, limits: Limits) -> None:
        self.problem, self.course, self.limits = problem, course, limits
        allowed = np.ones(problem.sites, np.bool_)
        allowed[problem.rules.forbidden] = False
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
        search = Search(instance, self.course, Limits(seed=self.limits.seed), enough=0.0)
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
        search = Search(instance, self.course, Limits(seed=self.limits.seed), enough=0.0)
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
            conflict=conflict(problem, self.course) if status is Status.INFEASIBLE else (),
        )
