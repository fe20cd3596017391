"""Whether a plan reaches everybody within a radius: the question that the p-center asks again and again.

A radius is refuted by the relaxation of the p-median in which a walk within the radius costs nothing and going without
costs one: a bound above nothing means that somebody always goes without. Rows that ask for more than another row asks,
and sites that reach no more than another site reaches, change nothing and are dropped first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from workbench.siting.median_problem import MedianProblem, NearestFirst
from workbench.siting.plan_rules import PlanRules
from workbench.siting.rules import NO_SITES, Floats, Ints

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
    """Return who reaches whom, without what changes nothing.

    Parameters
    ----------
    problem
        The p-center problem.
    radius
        Largest cost.
    every_site
        Whether to keep sites that reach no more than another, for the sake of plans that are equally good.

    Returns
    -------
    Reach
    """
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
