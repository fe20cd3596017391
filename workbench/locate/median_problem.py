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
from numpy.typing import ArrayLike

from workbench.arrays import Floats, Ints
from workbench.errors import CheckError, Problem
from workbench.locate.problem import LOST, SiteProblem, SitingError, Walks, check_means, read_walks, read_weights
from workbench.locate.result import MOST_WHOLE, Course, objective_unit
from workbench.locate.rules import INSTEAD, ROUNDING, InputCheck, as_array, read_rules, stacked
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


@dataclass(frozen=True, eq=False, kw_only=True)
class MedianProblem(SiteProblem):
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
    load
        What each demand point takes of the capacity of its site, (demand,).
    cost, p, exactly, budget, rules
        As :class:`workbench.locate.problem.SiteProblem` has them.
    """

    nearest: NearestFirst
    weight: Floats
    price: Floats
    load: Floats

    @property
    def demand(self) -> int:
        """How many demand points there are."""
        return self.nearest.size

    @property
    def size(self) -> int:
        """How many ways, and sites that are not forbidden, there are."""
        return len(self.nearest.cost) + len(self.allowed)

    def within(self, total: float) -> MedianProblem:
        """Return the problem without ways, and sites, that alone cost more than a total."""
        near = self.nearest
        kept = self.weight[near.demand] * near.cost <= total
        count = np.bincount(near.demand[kept], minlength=near.size)
        start = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
        nearer = NearestFirst(start, near.site[kept], near.cost[kept])
        dear = np.setdiff1d(np.flatnonzero(self.price > total), self.rules.required)
        rules = replace(self.rules, forbidden=np.union1d(self.rules.forbidden, dear))
        return replace(self, nearest=nearer, rules=rules, price=np.minimum(self.price, total))


def median_problem(
    name: str, cost: Any, weight: ArrayLike | None, p: int | None = None, *, site_cost: ArrayLike | None = None,
    budget: float | None = None, load: ArrayLike | None = None, no_way: float | None = None, **given: Any,
) -> MedianProblem:  # fmt: skip
    """Check a p-median or p-center problem and bring it into one shape.

    Parameters
    ----------
    name
        ``p_median`` or ``p_center``.
    cost
        Shape (sites, demand), dense or sparse: cost of a unit of weight, such as metres. What is not stored, or
        infinite, is not allowed.
    weight
        Shape (demand,) or (demand, groups), such as residents; None counts rows.
    p
        How many sites open, required ones included.
    site_cost
        Shape (sites,), or one number.
    budget
        Most that the sites may cost.
    load
        Shape (demand,): what a demand row takes of a capacity; None for its weight.
    no_way
        Costs of so much or more are not allowed, where a table writes 1e15, say, for no way; None for infinite ones.
    **given
        ``required``, ``forbidden``, ``capacity``, ``at_most``, ``spacing``: see
        :class:`workbench.locate.rules.Rules`.

    Raises
    ------
    SitingError
        With everything that is wrong.
    """
    check, walks = read_walks(name, "cost", cost, no_way)
    nearest = _nearest_first(check, walks)
    weights = read_weights(check, weight)
    price = (
        None if site_cost is None else check.vector("site_cost", spread(site_cost, check.sites), check.sites, "site")
    )
    check.even("weight", weights, LOST)
    if p is None and site_cost is None:
        check.wrong("p", "nothing limits how many sites open", mend="Give p, site_cost, or site_cost and a budget.")
    if name == "p_center":
        _refuse_for_center(check, weight, site_cost if budget is None else None, load, given)
    _refuse_elsewhere(check, given)
    rules = read_rules(check, given)
    exactly = site_cost is None and not rules.at_most and rules.spacing is None
    p = None if p is None else check.count("p", p, 1)
    problem = MedianProblem(
        name=name,
        nearest=nearest,
        weight=weights,
        price=price if price is not None and budget is None else np.zeros(check.sites),
        load=weights if load is None else check.vector("load", load, check.demand, "demand row"),
        cost=np.zeros(check.sites) if price is None or budget is None else price,
        p=p if p is None or exactly else min(p, check.sites),
        exactly=exactly,
        budget=None if budget is None else check.budget(budget),
        rules=rules,
    )
    _check_median_means(check, problem, priced=price is not None)
    if not check.problems:
        _reach_all(check, problem)
    if check.problems:
        raise SitingError(check.problems)
    return problem


_ELSEWHERE = {
    "floors": "Everybody is served here; max_cover holds the share of a group within a walk.",
    "at_least": "Require the sites themselves; max_cover and set_cover know it.",
    "cover_at_least": "The nearest site counts here; max_cover and set_cover know backup cover within a walk.",
}
"""Rules of covering problems that mean nothing where everybody goes to the nearest site, and what to do instead."""


def _refuse_for_center(
    check: InputCheck, weight: ArrayLike | None, price: ArrayLike | None, load: ArrayLike | None, given: dict[str, Any]
) -> None:
    if weight is not None:
        check.wrong("weight", "p_center knows no such rule", mend=INSTEAD["weight"])
    if price is not None:
        mend = "Give a budget too, or leave the costs out."
        check.wrong("site_cost", "costs of opening are no part of this objective", mend=mend)
    if given.get("capacity") is not None or load is not None:
        mend = "How far matters here, not how many; p_median and max_cover know it."
        check.wrong("capacity", "this rule is not for p_center", mend=mend)


def _refuse_elsewhere(check: InputCheck, given: dict[str, Any]) -> None:
    for name, mend in _ELSEWHERE.items():
        value = given.get(name)
        if not (value is None or as_array(value).size == 0 or (name == "cover_at_least" and value == 1)):
            check.wrong(name, f"this rule is not for {check.where}", mend=mend)


def _check_median_means(check: InputCheck, problem: MedianProblem, *, priced: bool) -> None:
    """Look whether so many sites can open, and whether the budget pays for one."""
    p, allowed = problem.p, len(problem.allowed)
    if p is not None and problem.exactly and p > check.sites:
        check.wrong("p", "there are not so many sites", f"at most {check.sites}", p)
    elif p is not None and problem.exactly and p > allowed:
        check.wrong("p", "not so many sites are allowed", f"at most {allowed}", p, "Lower p, or forbid fewer sites.")
    if problem.budget is not None and not priced:
        check.wrong("budget", "a budget without costs", mend="Give site_cost too.")
    elif problem.budget is not None and allowed:
        cheapest = problem.cost[problem.allowed].min()
        if problem.budget < cheapest * (1 - ROUNDING):
            what = "the budget does not pay for the cheapest site"
            check.wrong("budget", what, f"at least {cheapest:g}", problem.budget)
    check_means(check, problem)


def spread(values: ArrayLike, length: int) -> ArrayLike:
    """Return one number as a vector; leave a vector alone."""
    return np.full(length, values) if as_array(values).ndim == 0 else values


def _nearest_first(check: InputCheck, walks: Walks) -> NearestFirst:
    """Sort the costs of each demand point."""
    order = np.lexsort((walks.site, walks.walk, walks.demand))
    start = np.concatenate(([0], np.cumsum(np.bincount(walks.demand, minlength=check.demand))))
    return NearestFirst(start.astype(np.int64), walks.site[order].astype(np.int64), walks.walk[order])


def _reach_all(check: InputCheck, problem: MedianProblem) -> None:
    """Look for demand points that no allowed site can serve."""
    nearest, allowed = problem.nearest, np.zeros(problem.sites, np.bool_)
    allowed[problem.allowed] = True
    reached = np.bincount(nearest.demand, weights=allowed[nearest.site], minlength=nearest.size) > 0
    lonely = np.flatnonzero(~reached & (problem.weight > 0))
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
    wrong = problem.broken_on_sites(sites)
    served = allocation[allocation >= 0]
    if not np.isin(served, sites).all():
        wrong.append(Problem(where, "somebody is sent to a site that is not open"))
    capacity = problem.rules.capacity
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
    wrong = problem.broken_on_sites(sites)
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
    capacity = problem.rules.capacity
    load, site = problem.load[made.demand], np.arange(problem.sites)
    room = np.bincount(made.site, load, minlength=problem.sites)  # no site takes more than all that may go there
    room = room if capacity is None else np.minimum(capacity, room)
    heaviest = np.zeros(problem.sites)
    np.maximum.at(heaviest, made.site, load)
    scale = np.maximum(np.maximum(room, heaviest), _TINY)
    row, column = np.concatenate((made.site, site)), np.concatenate((made.use, site))
    amount = np.concatenate((load / scale[made.site], -room / scale))
    return made.rows(row, column, amount, problem.sites), np.full(problem.sites, -np.inf), np.zeros(problem.sites)


def _rules_on_sites(made: Columns) -> Block:
    """Keep the number of sites, budget, groups and spacing."""
    problem = made.problem
    rows = stacked((rule.rows(problem.sites) for rule in problem.site_rules), problem.sites).in_units()
    wide = sp.hstack([rows.matrix, sp.csr_array((len(rows.upper), len(made.entry)))])
    return sp.csr_array(wide), rows.lower, rows.upper


def _capacitated_program(made: Columns, feasible: bool, factor: float = 1.0) -> LinearProgram:
    """Put the rules together."""
    problem = made.problem
    blocks = [rule(made) for rule in (_served_once, _open_to_serve, _within_capacity, _rules_on_sites)]
    paid = problem.weight[made.demand] * problem.nearest.cost[made.entry] * factor
    lower, upper = np.zeros(made.count), np.ones(made.count)
    lower[: problem.sites], upper[: problem.sites] = problem.settled()
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

    def heard(incumbent: float, bound: float) -> None:
        course.learn(incumbent / factor, bound / factor)
        course.tell("capacity")

    answer = solve_mip(_capacitated_program(made, feasible, factor), course.left, on_bound=None if feasible else heard)
    if answer.values is None:
        return _Capacitated(answer.status, math.nan, None, None)
    sites = np.flatnonzero(answer.values[: problem.sites] > 0.5)
    allocation = problem.nearest.among(sites, problem.sites)[0]
    used = answer.values[problem.sites :] > 0.5
    allocation[made.demand[used]] = made.site[used]
    return _Capacitated(answer.status, answer.bound / factor, sites, allocation)
