"""Why these sites, and why not here: what a plan says of itself when it is read row by row, without any solver."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from workbench.arrays import Floats, Ints
from workbench.locate.problem import SitingError, read_cover, read_weights, shares_only, weight_covered
from workbench.locate.rules import ROUNDING, AtMost, Forbidden, InputCheck, Rules, read_rules

# ----------------------------------------------------------------------------------------------------------------------
# What is covered how often, and what a site more, a site less, or a swap would change: sparse sums, no solver.


@dataclass(frozen=True, eq=False)
class Layers:
    """Who covers whom, with weights.

    Parameters
    ----------
    cover
        Shape (sites, demand), shares.
    weight
        Shape (demand,).
    needed
        How many sites must cover a demand for it to count.
    """

    cover: sp.csr_array
    weight: Floats
    needed: int

    @cached_property
    def site(self) -> Ints:
        """Site of each entry of the cover."""
        return np.repeat(np.arange(self.cover.shape[0]), np.diff(self.cover.indptr))

    @property
    def decays(self) -> bool:
        """Whether some site covers some demand in part only."""
        return bool((self.cover.data != 1.0).any())

    def by_site(self, worth: Floats) -> Floats:
        """Sum a worth of each entry over sites, (sites,)."""
        return np.asarray(np.bincount(self.site, worth, minlength=self.cover.shape[0]), np.float64)

    def reach(self) -> Floats:
        """Weight that each site reaches, as far as it covers it, (sites,)."""
        return self.by_site(self.weight[self.cover.indices] * self.cover.data)

    def under(self, plan: Ints) -> Counts | Shares:
        """Return what holds when these sites are open."""
        opened = self.cover[plan]
        if self.decays:
            return _shares(self, plan, opened)
        return Counts(self, np.bincount(opened.indices, minlength=self.cover.shape[1]).astype(np.int64))


@dataclass(frozen=True, eq=False)
class Counts:
    """A plan where a demand counts once enough sites cover it.

    Parameters
    ----------
    layers
        Who covers whom.
    count
        Shape (demand,), how many open sites cover it.
    """

    layers: Layers
    count: Ints

    @property
    def share(self) -> Floats:
        """To what share each demand is covered."""
        return (self.count >= self.layers.needed).astype(np.float64)

    @property
    def covered(self) -> float:
        """Weight that is covered."""
        return weight_covered(self.layers.weight, self.share)

    @property
    def _on_edge(self) -> tuple[Floats, Floats]:
        """Weight that one site more would win, and that one site less could lose, (demand,) each."""
        weight, needed = self.layers.weight, self.layers.needed
        return weight * (self.count == needed - 1), weight * (self.count == needed)

    def gains(self) -> Floats:
        """Return what each site that is not open would add, (sites,)."""
        return np.asarray(self.layers.cover @ self._on_edge[0])

    def losses(self, chosen: Ints) -> Floats:
        """Return what is lost without each of these open sites, (chosen,)."""
        return np.asarray(self.layers.cover[chosen] @ self._on_edge[1])

    def swaps(self, others: Ints, chosen: Ints) -> tuple[Floats, Floats]:
        """Return what each of the others would add once a chosen site is shut, and keep of what that one loses.

        Shapes are (others, chosen).
        """
        win, lose = self._on_edge  # what would be lost is won again; what could have been won is farther away
        kept, farther = (self._common(others, chosen, worth) for worth in (lose, win))
        return self.gains()[others][:, None] + kept - farther, kept

    def _common(self, others: Ints, chosen: Ints, worth: Floats) -> Floats:
        """Return the worth of the demand that a site and another both cover, (others, chosen)."""
        seen, cover = np.flatnonzero(worth), self.layers.cover
        both = cover[others][:, seen] @ sp.csr_array(cover[chosen][:, seen] * worth[seen]).T
        return np.asarray(both.toarray())


@dataclass(frozen=True, eq=False)
class Shares:
    """A plan where a demand is covered to the largest share of an open site.

    Parameters
    ----------
    layers
        Who covers whom.
    best, second
        Shape (demand,), the two largest shares of open sites; 0 where there is none.
    owner
        Shape (demand,), the site with the largest share, the lowest of equals; -1 where there is none.
    """

    layers: Layers
    best: Floats
    second: Floats
    owner: Ints

    @property
    def share(self) -> Floats:
        """To what share each demand is covered."""
        return self.best

    @property
    def covered(self) -> float:
        """Weight that is covered."""
        return weight_covered(self.layers.weight, self.best)

    def gains(self) -> Floats:
        """Return what each site that is not open would add, (sites,)."""
        return self.layers.by_site(self._beyond(self.best))

    def losses(self, chosen: Ints) -> Floats:
        """Return what is lost without each of these open sites, (chosen,)."""
        owned = self.owner >= 0
        worth = self.layers.weight * (self.best - self.second)
        sites = self.layers.cover.shape[0]
        return np.asarray(np.bincount(self.owner[owned], worth[owned], minlength=sites)[chosen])

    def swaps(self, others: Ints, chosen: Ints) -> tuple[Floats, Floats]:
        """Return what each of the others would add once a chosen site is shut, and keep of what that one loses.

        Shapes are (others, chosen).
        """
        layers, sites = self.layers, self.layers.cover.shape[0]
        owner = self.owner[layers.cover.indices]
        more = self._beyond(self.second) - self._beyond(self.best)
        seen = np.flatnonzero((owner >= 0) & (more > 0.0))
        table = sp.csr_array((more[seen], (layers.site[seen], owner[seen])), shape=(sites, sites))
        kept = np.asarray(table[others][:, chosen].toarray())
        return self.gains()[others][:, None] + kept, kept

    def _beyond(self, share: Floats) -> Floats:
        """Weight that each entry of the cover is worth beyond a share that is there, (entries,)."""
        column = self.layers.cover.indices
        return self.layers.weight[column] * np.maximum(self.layers.cover.data - share[column], 0.0)


def _shares(layers: Layers, plan: Ints, opened: sp.csr_array) -> Shares:
    demand = layers.cover.shape[1]
    table = sp.coo_array(opened)
    order = np.lexsort((table.row, -table.data, table.col))
    column, data, site = table.col[order], table.data[order], plan[table.row[order]]
    first = np.diff(column, prepend=-1) > 0
    runner_up = np.flatnonzero(~first & np.concatenate(([False], first[:-1])))
    best, second = np.zeros(demand), np.zeros(demand)
    owner = np.full(demand, -1, np.int64)
    best[column[first]], owner[column[first]] = data[first], site[first]
    second[column[runner_up]] = data[runner_up]
    return Shares(layers, best, second, owner)


def _read_layers(where: str, cover: Any, weight: ArrayLike | None, cover_at_least: int) -> tuple[InputCheck, Layers]:
    """Read who covers whom; problems but those of the matrix itself go to the check."""
    matrix = read_cover(where, cover)
    check = InputCheck(where, *matrix.shape)
    shares_only(check, matrix)
    needed = check.count("cover_at_least", cover_at_least, 1)
    layers = Layers(matrix, read_weights(check, weight), needed)
    if needed > 1 and layers.decays:
        check.wrong("cover_at_least", "backup cover and decaying cover cannot be asked together")
    return check, layers


# ----------------------------------------------------------------------------------------------------------------------
# Why these sites, and why not here: what a plan says of itself when it is read row by row, without any solver.


@dataclass(frozen=True, eq=False)
class SiteReasons:
    """What each chosen site does for a plan; all shapes are (chosen,), all numbers weight, unless said otherwise.

    Parameters
    ----------
    site
        Positions of the chosen sites that did not stand before, ascending.
    total
        Weight of all demand: the denominator.
    covered
        Weight that the plan covers, standing sites included.
    reach
        What the site would cover if it were alone; with backup cover what lives within its reach.
    alone
        What it alone adds to the standing sites.
    lost
        What is lost if the plan does without it.
    overlap
        ``reach`` less ``lost``: what others of the plan cover as well.
    replacement
        Position of the allowed site outside of the plan that would replace it best: of those that keep covered some of
        the demand that would be lost, the one after which the plan covers most, the lowest of equals; -1 when there is
        none. A site that serves others elsewhere replaces nothing, however much it adds.
    swapped
        What the plan covers after that swap; not a number without a replacement.
    loss
        ``covered`` less ``swapped``; below 0 where a swap would be better, which other rules may forbid.
    """

    site: Ints
    total: float
    covered: float
    reach: Floats
    alone: Floats
    lost: Floats
    overlap: Floats
    replacement: Ints
    swapped: Floats
    loss: Floats


class Reason(IntEnum):
    """Why a demand row is not covered."""

    COVERED = 0
    """It is, if only in part where cover decays."""
    NO_CANDIDATE = 1
    """Nobody reaches it; with backup cover, fewer sites than it needs."""
    ONLY_FORBIDDEN = 2
    """Some do, but not without those that are forbidden or vetoed."""
    BARRED = 3
    """The best candidate that reaches it cannot open beside the plan: spacing, a cap, or the budget."""
    BEATEN = 4
    """The best candidate that reaches it adds no more than the least of the chosen ones."""
    OTHER_AIM = 5
    """It would add more than the least of the chosen ones: that one stands for another rule, a floor say, or costs
    less, or the plan is not the best."""


@dataclass(frozen=True, eq=False)
class DemandReasons:
    """Why demand is left out; shapes are (demand,), ready to be grouped by community.

    Parameters
    ----------
    reason
        Values of :class:`Reason`.
    weight
        Weight of each row.
    candidate
        Position of the candidate that reaches the row and would add the most to the plan, the lowest of equals; -1 for
        rows that are covered, or that no allowed one reaches.
    adds
        What that candidate would add to the plan; not a number without one.
    barrier
        Place in ``barriers`` of the rule that bars it; -1 where none does.
    barriers
        Names of rules, as a conflict would name them.
    least_site, least
        The chosen site that adds least, and what is lost without it; -1 and 0 when none was chosen.
    """

    reason: NDArray[np.int8]
    weight: Floats
    candidate: Ints
    adds: Floats
    barrier: Ints
    barriers: tuple[str, ...]
    least_site: int
    least: float


def site_reasons(
    cover: Any,
    weight: ArrayLike | None,
    sites: ArrayLike,
    *,
    standing: ArrayLike = (),
    allowed: ArrayLike | None = None,
    cover_at_least: int = 1,
    keeps: Callable[[Ints], bool] | None = None,
) -> SiteReasons:
    """Say of each chosen site what it adds, what is lost without it, and what would replace it best.

    Parameters
    ----------
    cover
        Shape (sites, demand), sparse; an entry says that the site covers that demand, or to what share.
    weight
        Shape (demand,) or (demand, groups); None counts rows.
    sites
        Positions of all sites of the plan.
    standing
        Positions of those of them that stood before.
    allowed
        Positions of sites that may replace another; None for all.
    cover_at_least
        How many sites must cover a demand for it to count; 1 where cover decays.
    keeps
        Whether a set of sites, ascending, keeps the rules of the plan; a replacement has to. None where every set does.

    Returns
    -------
    SiteReasons

    Raises
    ------
    SitingError
        With everything that is wrong.
    """
    check, layers = _read_layers("site_reasons", cover, weight, cover_at_least)
    plan, stood = check.positions("sites", sites), check.positions("standing", standing)
    may = np.arange(check.sites) if allowed is None else check.positions("allowed", allowed)
    if check.problems:
        raise SitingError(check.problems)
    plan = np.union1d(plan, stood)
    chosen = np.setdiff1d(plan, stood)
    before, state = layers.under(stood), layers.under(plan)
    lost = state.losses(chosen)
    reach = layers.reach()[chosen]
    others = np.setdiff1d(may, plan)
    replacement, swapped = np.full(len(chosen), -1, np.int64), np.full(len(chosen), np.nan)
    if len(others) and len(chosen):
        after, kept = state.swaps(others, chosen)
        after = np.where(kept > 0.0, after, -np.inf)
        for place, site in enumerate(chosen):
            left = plan[plan != site]
            best = _first_kept(others, after[:, place], left, keeps)
            if best >= 0:
                replacement[place], swapped[place] = others[best], state.covered - lost[place] + after[best, place]
    return SiteReasons(
        site=chosen,
        total=math.fsum(layers.weight),
        covered=state.covered,
        reach=reach,
        alone=before.gains()[chosen],
        lost=lost,
        overlap=reach - lost,
        replacement=replacement,
        swapped=swapped,
        loss=state.covered - swapped,
    )


def _first_kept(others: Ints, worth: Floats, left: Ints, keeps: Callable[[Ints], bool] | None) -> int:
    """Return the place of the best that keeps the rules beside those left, the lowest of equals; -1 if none does.

    What is worth minus infinity is no candidate.
    """
    for place in np.lexsort((others, -worth)):
        if worth[place] == -np.inf:
            break
        if keeps is None or keeps(np.sort(np.append(left, others[place]))):
            return int(place)
    return -1


def demand_reasons(
    cover: Any,
    weight: ArrayLike | None,
    sites: ArrayLike,
    *,
    standing: ArrayLike = (),
    forbidden: ArrayLike = (),
    at_most: Sequence[AtMost] = (),
    spacing: Any = None,
    budget: float | None = None,
    site_cost: ArrayLike | None = None,
    cover_at_least: int = 1,
) -> DemandReasons:
    """Say of each demand row that a plan leaves out why it does.

    One candidate speaks for a row: of the allowed ones outside of the plan that reach it the one that would add the
    most to the plan, of equals the lowest. It is barred where it breaks spacing or a cap beside the open sites, or
    where the budget could not pay for it even in the place of the least of the chosen sites.

    Parameters
    ----------
    cover, weight, sites, standing, cover_at_least
        As :func:`site_reasons` takes them.
    forbidden, at_most, spacing
        The side rules of the plan, as :class:`workbench.locate.problem.Rules` has them; a vetoed site is forbidden.
    budget, site_cost
        Most that the chosen sites may cost, and shape (sites,) what each costs; standing sites cost nothing.

    Returns
    -------
    DemandReasons

    Raises
    ------
    SitingError
        With everything that is wrong.
    """
    check, layers = _read_layers("demand_reasons", cover, weight, cover_at_least)
    plan, stood = check.positions("sites", sites), check.positions("standing", standing)
    rules = read_rules(check, {"forbidden": forbidden, "at_most": at_most, "spacing": spacing})
    cost = np.ones(check.sites) if site_cost is None else check.vector("site_cost", site_cost, check.sites, "site")
    money = None if budget is None else check.budget(budget)
    if check.problems:
        raise SitingError(check.problems)
    plan = np.union1d(plan, stood)
    chosen = np.setdiff1d(plan, stood)
    state = layers.under(plan)
    lost, gains = state.losses(chosen), state.gains()
    least_site = int(chosen[np.argmin(lost)]) if len(chosen) else -1
    barriers, barrier = _barriers(rules, plan, check.sites)
    if money is not None:
        left = money - math.fsum(cost[chosen]) + (cost[least_site] if len(chosen) else 0.0)
        barrier[(barrier < 0) & (cost > left + ROUNDING * money)] = len(barriers)
        barriers = (*barriers, "budget")
    speaker = _speakers(layers, gains, np.union1d(plan, rules.forbidden), state.share > 0.0)
    spoken = speaker >= 0
    adds = np.where(spoken, gains[speaker], np.nan)
    least = float(lost.min()) if len(chosen) else 0.0
    reason = np.where(adds > least * (1.0 + ROUNDING), Reason.OTHER_AIM, Reason.BEATEN)
    reason[spoken & (barrier[speaker] >= 0)] = Reason.BARRED
    allowed = np.setdiff1d(np.arange(check.sites), rules.forbidden)
    reason[_reaching(layers, allowed) < layers.needed] = Reason.ONLY_FORBIDDEN
    reason[_reaching(layers, np.arange(check.sites)) < layers.needed] = Reason.NO_CANDIDATE
    reason[state.share > 0.0] = Reason.COVERED
    named = spoken & np.isin(reason, (Reason.BARRED, Reason.BEATEN, Reason.OTHER_AIM))
    return DemandReasons(
        reason=reason.astype(np.int8),
        weight=layers.weight,
        candidate=np.where(named, speaker, -1),
        adds=np.where(named, adds, np.nan),
        barrier=np.where(named, barrier[speaker], -1),
        barriers=barriers,
        least_site=least_site,
        least=least,
    )


def _barriers(rules: Rules, plan: Ints, sites: int) -> tuple[tuple[str, ...], Ints]:
    """Return keys of rules, and the place of the first that bars each site beside the plan, -1 where none does."""
    opened = np.isin(np.arange(sites), plan)
    asked = [rule for rule in rules.on_sites if not isinstance(rule, Forbidden)]
    barrier = np.full(sites, -1, np.int64)
    for place, rule in reversed(list(enumerate(asked))):
        barrier[rule.bars(opened)] = place
    return tuple(rule.key for rule in asked), barrier


def _speakers(layers: Layers, gains: Floats, out: Ints, covered: NDArray[np.bool_]) -> Ints:
    """Return the site that speaks for each demand row, (demand,): of those not out the one that would add the most."""
    sites, demand = layers.cover.shape
    order = np.lexsort((np.arange(sites), -gains))
    rank = np.empty(sites + 1, np.int64)
    rank[order] = np.arange(sites)
    rank[out] = sites
    rows = np.flatnonzero(~covered)
    table = layers.cover[:, rows].tocsc()
    some = np.flatnonzero(np.diff(table.indptr))
    first = np.full(len(rows), sites, np.int64)
    if len(some):
        first[some] = np.minimum.reduceat(rank[table.indices], table.indptr[some])
    speaker = np.full(demand, -1, np.int64)
    speaker[rows] = np.append(order, -1)[first]
    return speaker


def _reaching(layers: Layers, sites: Ints) -> Ints:
    """Return how many of these sites reach each demand row."""
    return np.bincount(layers.cover[sites].indices, minlength=layers.cover.shape[1])
