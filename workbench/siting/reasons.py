"""Why these sites, and why not here: what a plan says of itself when it is read row by row, without any solver."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.siting.cover_counts import Layers, read_layers
from workbench.siting.problem import SitingError
from workbench.siting.rules import NO_SITES, ROUNDING, AtMost, Floats, Ints, Rules, read_rules


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
        Position of the allowed site outside of the plan that would replace it best, the lowest of equals; -1 when
        there is none.
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
    gate, layers = read_layers("site_reasons", cover, weight, cover_at_least)
    plan, stood = gate.positions("sites", sites), gate.positions("standing", standing)
    may = np.arange(gate.sites) if allowed is None else gate.positions("allowed", allowed)
    if gate.problems:
        raise SitingError(gate.problems)
    plan = np.union1d(plan, stood)
    chosen = np.setdiff1d(plan, stood)
    before, state = layers.under(stood), layers.under(plan)
    lost = state.losses(chosen)
    reach = layers.reach()[chosen]
    others = np.setdiff1d(may, plan)
    replacement, swapped = np.full(len(chosen), -1, np.int64), np.full(len(chosen), np.nan)
    if len(others) and len(chosen):
        after = state.swaps(others, chosen)
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
    """Return the place of the best that keeps the rules beside those left, the lowest of equals; -1 if none does."""
    if keeps is None:
        return int(np.argmax(worth))
    for place in np.lexsort((others, -worth)):
        if keeps(np.sort(np.append(left, others[place]))):
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
        The side rules of the plan, as :class:`workbench.siting.rules.Rules` has them; a vetoed site is forbidden.
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
    gate, layers = read_layers("demand_reasons", cover, weight, cover_at_least)
    plan, stood = gate.positions("sites", sites), gate.positions("standing", standing)
    rules = read_rules(gate, {"forbidden": forbidden, "at_most": at_most, "spacing": spacing})
    cost = np.ones(gate.sites) if site_cost is None else gate.vector("site_cost", site_cost, gate.sites, "site")
    money = None if budget is None else gate.budget(budget)
    if gate.problems:
        raise SitingError(gate.problems)
    plan = np.union1d(plan, stood)
    chosen = np.setdiff1d(plan, stood)
    state = layers.under(plan)
    lost, gains = state.losses(chosen), state.gains()
    least_site = int(chosen[np.argmin(lost)]) if len(chosen) else -1
    barriers, barrier = _barriers(rules, plan, gate.sites)
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
    allowed = np.setdiff1d(np.arange(gate.sites), rules.forbidden)
    reason[_reaching(layers, allowed) < layers.needed] = Reason.ONLY_FORBIDDEN
    reason[_reaching(layers, np.arange(gate.sites)) < layers.needed] = Reason.NO_CANDIDATE
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
    """Return names of rules, and the place of the first that bars each site beside the plan, -1 where none does."""
    opened = np.isin(np.arange(sites), plan)
    named: list[tuple[str, Ints]] = []
    if rules.spacing is not None:
        pairs = np.concatenate([rules.spacing, rules.spacing[:, ::-1]])
        named.append(("spacing", pairs[opened[pairs[:, 0]], 1]))
    for cap in rules.at_most:
        members = np.asarray(cap.sites, np.int64)
        full = opened[members].sum() >= cap.most
        named.append((f"at_most.{cap.name}", members if full else NO_SITES))
    barrier = np.full(sites, -1, np.int64)
    for place, (_, barred) in reversed(list(enumerate(named))):
        barrier[barred] = place
    return tuple(name for name, _ in named), barrier


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
