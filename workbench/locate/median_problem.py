"""The p-median and facility location problem as values: who may go where, at what cost, under which rules.

The p-median (ReVelle and Swain 1970) serves everybody from the nearest of p sites at the least weight times cost; with
costs of opening and no p it is uncapacitated facility location; with capacities each demand point goes to one site.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from workbench.arrays import Floats, Ints
from workbench.errors import CheckError, Problem
from workbench.locate.problem import (
    LOST,
    ROUNDING,
    InputCheck,
    PlanRules,
    SitingError,
    Walks,
    as_array,
    plan_rules,
    read_rules,
    read_walks,
    read_weights,
)
from workbench.locate.result import MOST_WHOLE, Course, objective_unit
from workbench.solving import LinearProgram, Status, solve_mip


@dataclass(frozen=True, eq=False)
class NearestFirst:
    """For each demand point the sites it may go to, from near to far, ties by position.

    Parameters
    ----------
    start
        Where each demand point's sites begin, (demand + 1,).
    site
        Positions of sites, (entries,).
    cost
        Cost of each entry, a unit of weight, (entries,).
    """

    start: Ints
    site: Ints
    cost: Floats

    @property
    def size(self) -> int:
        """How many demand points there are."""
        return len(self.start) - 1

    @property
    def demand(self) -> Ints:
        """Position of the demand point of each entry, (entries,)."""
        return np.repeat(np.arange(self.size), np.diff(self.start))

    def among(self, plan: Ints, sites: int) -> tuple[Ints, Floats]:
        """Return everybody's nearest site of a plan (-1 if none) and its cost (infinite if none)."""
        opened = np.zeros(sites, np.bool_)
        opened[plan] = True
        entry = np.flatnonzero(opened[self.site])
        who, first = np.unique(self.demand[entry], return_index=True)
        host, cost = np.full(self.size, -1, np.int64), np.full(self.size, np.inf)
        host[who], cost[who] = self.site[entry[first]], self.cost[entry[first]]
        return host, cost


@dataclass(frozen=True, eq=False)
class MedianProblem:
    """Open sites so that weight times cost of the nearest open one, and the costs of opening, are least.

    Parameters
    ----------
    name
        ``p_median``, or ``p_center`` whose objective is the largest cost instead.
    nearest
        Sites of each demand point.
    weight
        Weight of each demand point, (demand,).
    price
        Cost of opening as part of the objective, (sites,).
    rules
        Which sets of sites may be a plan.
    load
        What each demand point takes of the capacity of its site, (demand,).
    """

    name: str
    nearest: NearestFirst
    weight: Floats
    price: Floats
    rules: PlanRules
    load: Floats

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return len(self.price)

    @property
    def demand(self) -> int:
        """How many demand points there are."""
        return self.nearest.size

    @property
    def size(self) -> int:
        """How many ways, and sites that are not forbidden, there are."""
        return len(self.nearest.cost) + len(self.rules.allowed)

    def within(self, total: float) -> MedianProblem:
        """Return the problem without ways, and sites, that alone cost more than a total."""
        near = self.nearest
        kept = self.weight[near.demand] * near.cost <= total
        count = np.bincount(near.demand[kept], minlength=near.size)
        start = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
        nearer = NearestFirst(start, near.site[kept], near.cost[kept])
        dear = np.setdiff1d(np.flatnonzero(self.price > total), self.rules.rules.required)
        rules = replace(self.rules.rules, forbidden=np.union1d(self.rules.rules.forbidden, dear))
        return replace(
            self, nearest=nearer, rules=replace(self.rules, rules=rules), price=np.minimum(self.price, total)
        )

    def without(self, name: str) -> MedianProblem:
        """Return the problem without one of its rules."""
        return replace(self, rules=self.rules.without(name))


def median_problem(
    name: str, cost: Any, weight: ArrayLike | None, p: int | None = None, *, site_cost: ArrayLike | None = None,
    budget: float | None = None, load: ArrayLike | None = None, no_way: float | None = None, **rules: Any,
) -> MedianProblem:  # fmt: skip
    """Check a p-median problem and bring it into one shape."""
    check, walks = read_walks(name, "cost", cost, no_way)
    nearest = _nearest_first(check, walks)
    weights = read_weights(check, weight)
    price = (
        None if site_cost is None else check.vector("site_cost", spread(site_cost, check.sites), check.sites, "site")
    )
    check.even("weight", weights, LOST)
    loads = weights if load is None else check.vector("load", load, check.demand, "demand row")
    if p is None and site_cost is None:
        check.wrong("p", "nothing limits how many sites open", mend="Give p, site_cost, or site_cost and a budget.")
    which = plan_rules(check, p, read_rules(check, dict(rules)), rules, price, budget)
    if not check.problems:
        _reach_all(check, nearest, which, weights > 0)
    if check.problems:
        raise SitingError(check.problems)
    priced = price if price is not None and budget is None else np.zeros(check.sites)
    return MedianProblem(name, nearest, weights, priced, which, loads)


def spread(values: ArrayLike, length: int) -> ArrayLike:
    """Return one number as a vector; leave a vector alone."""
    return np.full(length, values) if as_array(values).ndim == 0 else values


def _nearest_first(check: InputCheck, walks: Walks) -> NearestFirst:
    """Sort the costs of each demand point."""
    order = np.lexsort((walks.site, walks.walk, walks.demand))
    start = np.concatenate(([0], np.cumsum(np.bincount(walks.demand, minlength=check.demand))))
    return NearestFirst(start.astype(np.int64), walks.site[order].astype(np.int64), walks.walk[order])


def _reach_all(check: InputCheck, nearest: NearestFirst, rules: PlanRules, counts: NDArray[np.bool_]) -> None:
    """Look for demand points that no allowed site can serve."""
    allowed = np.zeros(rules.sites, np.bool_)
    allowed[rules.allowed] = True
    reached = np.bincount(nearest.demand, weights=allowed[nearest.site], minlength=nearest.size) > 0
    lonely = np.flatnonzero(~reached & counts)
    if len(lonely):
        rows = f"row {lonely[0]}" + (f" and {len(lonely) - 1} more" if len(lonely) > 1 else "")
        mend = "Add candidates near them, allow a longer walk, or leave them out and report them apart."
        check.wrong("cost", "no allowed site may serve some demand rows", "at least one site for each row", rows, mend)


# ----------------------------------------------------------------------------------------------------------------------
# The truth about a p-median or p-center plan, without a solver: whether it is allowed, and what it costs.


def total_cost(problem: MedianProblem, sites: Ints, allocation: Ints) -> float:
    """Return weight times cost of an allocation plus the costs of opening, summed without rounding in between."""
    counts = problem.weight > 0
    paid = _paid(problem, allocation)[counts]
    if not np.isfinite(paid).all():
        return math.inf
    return math.fsum((*(problem.weight[counts] * paid), *problem.price[sites]))


def longest(problem: MedianProblem, sites: Ints) -> float:
    """Return the largest cost of the nearest site; infinite if anybody is left without."""
    return float(problem.nearest.among(sites, problem.sites)[1].max())


def check_median(problem: MedianProblem, sites: Ints, allocation: Ints, objective: float) -> None:
    """Hold a plan against its problem."""
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
    """Hold a p-center plan against its problem."""
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


# ----------------------------------------------------------------------------------------------------------------------
# The p-median with capacities as a mixed-integer program, one function a rule.


_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False)
class _Capacitated:
    """What the solver found.

    Parameters
    ----------
    status
        As the solver calls it.
    bound
        No plan costs less, the solver says.
    sites
        Positions of the open sites, ascending; None without a plan.
    allocation
        Shape (demand,), the site that serves each demand row, or -1; None without a plan.
    """

    status: Status
    bound: float
    sites: Ints | None
    allocation: Ints | None


@dataclass(frozen=True, eq=False)
class Columns:
    """The variables: whether each site opens, then whether each entry (site serves demand row) is used."""

    problem: MedianProblem
    entry: Ints
    demand: Ints
    site: Ints

    @property
    def count(self) -> int:
        """How many variables there are."""
        return self.problem.sites + len(self.entry)

    def rows(self, row: Ints, column: Ints, amount: Floats, count: int) -> sp.csr_array:
        """Return ``count`` rows over all variables."""
        return sp.csr_array((amount, (row, column)), shape=(count, self.count))

    @property
    def use(self) -> Ints:
        """Column of each entry."""
        return self.problem.sites + np.arange(len(self.entry))


Block = tuple[sp.csr_array, Floats, Floats]
"""Rows, and their lower and upper sides."""


def columns(problem: MedianProblem) -> Columns:
    """Return the variables: entries of demand rows that weigh or load anything."""
    counts = (problem.weight > 0) | (problem.load > 0)
    entry = np.flatnonzero(counts[problem.nearest.demand])
    return Columns(problem, entry, problem.nearest.demand[entry], problem.nearest.site[entry])


def _served_once(made: Columns) -> Block:
    """Send each demand row to one site."""
    who, row = np.unique(made.demand, return_inverse=True)
    ones = np.ones(len(who))
    return made.rows(row, made.use, np.ones(len(row)), len(who)), ones, ones


def _open_to_serve(made: Columns) -> Block:
    """Let a site serve only if it opens."""
    n = len(made.entry)
    row = np.arange(n)
    matrix = made.rows(np.tile(row, 2), np.concatenate((made.use, made.site)), np.repeat([1.0, -1.0], n), n)
    return matrix, np.full(n, -np.inf), np.zeros(n)


def _within_capacity(made: Columns) -> Block:
    """Give no site more load than its capacity."""
    problem = made.problem
    capacity = problem.rules.rules.capacity
    load, site = problem.load[made.demand], np.arange(problem.sites)
    room = np.bincount(made.site, load, minlength=problem.sites)  # no site takes more than all that may go there
    room = room if capacity is None else np.minimum(capacity, room)
    heaviest = np.zeros(problem.sites)
    np.maximum.at(heaviest, made.site, load)
    scale = np.maximum(np.maximum(room, heaviest), _TINY)
    row, column = np.concatenate((made.site, site)), np.concatenate((made.use, site))
    amount = np.concatenate((load / scale[made.site], -room / scale))
    return made.rows(row, column, amount, problem.sites), np.full(problem.sites, -np.inf), np.zeros(problem.sites)


def plan_size(made: Columns) -> Block:
    """Open as many sites as are asked."""
    fewest, most = made.problem.rules.size
    site = np.arange(made.problem.sites)
    return made.rows(np.zeros_like(site), site, np.ones(len(site)), 1), np.array([fewest + 0.0]), np.array([most + 0.0])


def rules_on_sites(made: Columns) -> Block:
    """Keep budget, groups and spacing."""
    matrix, limit = made.problem.rules.rows()
    scale = np.maximum(np.maximum(matrix.max(axis=1).toarray().ravel() if len(limit) else limit, limit), _TINY)
    matrix, limit = sp.csc_array(matrix.multiply(1.0 / scale[:, None])), limit / scale
    wide = sp.hstack([matrix, sp.csc_array((len(limit), len(made.entry)))])
    return sp.csr_array(wide), np.full(len(limit), -np.inf), limit


def _capacitated_program(made: Columns, feasible: bool, factor: float = 1.0) -> LinearProgram:
    """Put the rules together."""
    problem = made.problem
    blocks = [rule(made) for rule in (_served_once, _open_to_serve, _within_capacity, plan_size, rules_on_sites)]
    paid = problem.weight[made.demand] * problem.nearest.cost[made.entry] * factor
    lower, upper = np.zeros(made.count), np.ones(made.count)
    lower[problem.rules.rules.required] = 1.0
    upper[problem.rules.rules.forbidden] = 0.0
    return LinearProgram(
        cost=np.zeros(made.count) if feasible else np.concatenate((problem.price * factor, paid)),
        rows=sp.csr_array(sp.vstack([rows for rows, _, _ in blocks])),
        row_lower=np.concatenate([low for _, low, _ in blocks]),
        row_upper=np.concatenate([high for _, _, high in blocks]),
        lower=lower,
        upper=upper,
        integer=np.ones(made.count, np.bool_),
    )


def solve_capacitated(problem: MedianProblem, course: Course, *, feasible: bool = False) -> _Capacitated:
    """Ask HiGHS."""
    made = columns(problem)
    paid = problem.weight[made.demand] * problem.nearest.cost[made.entry]
    unit = objective_unit(np.concatenate((problem.price, paid)), MOST_WHOLE)
    factor = 1.0 if unit is None else unit.factor

    def news(incumbent: float, bound: float) -> None:
        course.learn(incumbent / factor, bound / factor)
        course.tell("capacity")

    answer = solve_mip(_capacitated_program(made, feasible, factor), course.left, news=None if feasible else news)
    if answer.values is None:
        return _Capacitated(answer.status, math.nan, None, None)
    sites = np.flatnonzero(answer.values[: problem.sites] > 0.5)
    allocation = problem.nearest.among(sites, problem.sites)[0]
    used = answer.values[problem.sites :] > 0.5
    allocation[made.demand[used]] = made.site[used]
    return _Capacitated(answer.status, answer.bound / factor, sites, allocation)
