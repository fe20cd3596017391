"""The p-median and facility location problem as values: who may go where, at what cost, under which rules.

The p-median (ReVelle and Swain 1970) serves everybody from the nearest of p sites at the least weight times cost; with
costs of opening and no p it is uncapacitated facility location; with capacities each demand point goes to one site.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.siting.plan_rules import PlanRules, plan_rules
from workbench.siting.problem import LOST, SitingError, Walks, read_walks, read_weights
from workbench.siting.rules import Floats, Gate, Ints, as_array, read_rules


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
    """Check a p-median problem and bring it into one shape.

    Parameters
    ----------
    name
        ``p_median`` or ``p_center``.
    cost
        Shape (sites, demand), dense or sparse: cost of a unit of weight. What is not stored, or infinite, is not
        allowed; a stored 0 is a cost of 0.
    weight
        Shape (demand,) or (demand, groups), summed over groups; None counts rows.
    p
        How many sites open; None with ``site_cost`` alone.
    site_cost
        Shape (sites,) or one number: part of the objective, or of the budget if there is one.
    budget
        Most that the sites may cost.
    load
        Shape (demand,): what a demand point takes of a capacity; None for its weight.
    no_way
        Costs of so much or more are not allowed either; None where only infinite ones are.
    **rules
        As :func:`workbench.siting.rules.read_rules` takes them.

    Returns
    -------
    MedianProblem

    Raises
    ------
    SitingError
        With everything that is wrong.
    """
    gate, walks = read_walks(name, "cost", cost, no_way)
    nearest = nearest_first(gate, walks)
    weights = read_weights(gate, weight)
    price = None if site_cost is None else gate.vector("site_cost", spread(site_cost, gate.sites), gate.sites, "site")
    gate.even("weight", weights, LOST)
    loads = weights if load is None else gate.vector("load", load, gate.demand, "demand row")
    if p is None and site_cost is None:
        gate.wrong("p", "nothing limits how many sites open", mend="Give p, site_cost, or site_cost and a budget.")
    which = plan_rules(gate, p, read_rules(gate, dict(rules)), rules, price, budget)
    if not gate.problems:
        reach_all(gate, nearest, which, weights > 0)
    if gate.problems:
        raise SitingError(gate.problems)
    priced = price if price is not None and budget is None else np.zeros(gate.sites)
    return MedianProblem(name, nearest, weights, priced, which, loads)


def spread(values: ArrayLike, length: int) -> ArrayLike:
    """Return one number as a vector; leave a vector alone."""
    return np.full(length, values) if as_array(values).ndim == 0 else values


def nearest_first(gate: Gate, walks: Walks) -> NearestFirst:
    """Sort the costs of each demand point."""
    order = np.lexsort((walks.site, walks.walk, walks.demand))
    start = np.concatenate(([0], np.cumsum(np.bincount(walks.demand, minlength=gate.demand))))
    return NearestFirst(start.astype(np.int64), walks.site[order].astype(np.int64), walks.walk[order])


def reach_all(gate: Gate, nearest: NearestFirst, rules: PlanRules, counts: NDArray[np.bool_]) -> None:
    """Look for demand points that no allowed site can serve.

    Parameters
    ----------
    gate
        Gathers the problems.
    nearest
        Sites of each demand point.
    rules
        Which sites are forbidden.
    counts
        Which demand points have to be served, (demand,).
    """
    allowed = np.zeros(rules.sites, np.bool_)
    allowed[rules.allowed] = True
    reached = np.bincount(nearest.demand, weights=allowed[nearest.site], minlength=nearest.size) > 0
    lonely = np.flatnonzero(~reached & counts)
    if len(lonely):
        rows = f"row {lonely[0]}" + (f" and {len(lonely) - 1} more" if len(lonely) > 1 else "")
        mend = "Add candidates near them, allow a longer walk, or leave them out and report them apart."
        gate.wrong("cost", "no allowed site may serve some demand rows", "at least one site for each row", rows, mend)
