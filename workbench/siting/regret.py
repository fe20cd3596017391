"""How much each site matters: what is lost by doing without it, or by insisting on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from workbench.siting.check import broken_rules, worth
from workbench.siting.course import read_limits
from workbench.siting.cover_counts import Layers
from workbench.siting.covering import solve_cover
from workbench.siting.problem import CoverProblem, SitingError, cover_problem
from workbench.siting.result import Progress, SitingPlan
from workbench.siting.rules import ROUNDING, Gate, Ints
from workbench.siting.site_bounds import SiteBounds, narrowed, site_bounds
from workbench.solving import Limits, Status, heeded_interrupt


class Standing(StrEnum):
    """In which near-optimal plans a site stands."""

    ALL = "all"
    """In every one: no plan without it is good enough."""
    SOME = "some"
    """In some, and some do without it."""
    NONE = "none"
    """In none: no plan that has it is good enough."""
    UNKNOWN = "unknown"
    """Nobody knows: the search ended before."""


@dataclass(frozen=True)
class SiteRegret:
    """What a plan is worth that decides otherwise on one site.

    Parameters
    ----------
    site
        Position of the site.
    chosen
        Whether the base plan has it; the other plan then lacks it, and has it otherwise.
    objective
        Weight that the best plan found covers that decides otherwise; not a number when none was looked for, or found.
    bound
        No such plan covers more; minus infinity when there is none; infinite when nothing is known.
    status
        Of that plan; None when the bound alone told enough, or nobody looked.
    standing
        In which near-optimal plans the site stands.
    regret
        The base plan's weight less ``objective``; below 0 only if the base plan is not proven to be the best.
    """

    site: int
    chosen: bool
    objective: float
    bound: float
    status: Status | None
    standing: Standing
    regret: float


@dataclass(frozen=True, eq=False)
class SiteRegrets:
    """How much each site matters to a plan.

    Parameters
    ----------
    base
        The best plan; when it has no plan, nothing else is known.
    tolerance
        Share of the base plan's weight that a near-optimal plan may lose.
    threshold
        Weight from which on a plan is near-optimal.
    sites
        By position; required and forbidden sites are left out.
    """

    base: SitingPlan
    tolerance: float
    threshold: float
    sites: tuple[SiteRegret, ...]

    def standing(self, standing: Standing) -> Ints:
        """Return the positions of the sites that stand so."""
        return np.array([one.site for one in self.sites if one.standing is standing], np.int64)


def site_regret(
    cover: Any,
    weight: ArrayLike | None = None,
    p: int | None = None,
    *,
    budget: float | None = None,
    site_cost: ArrayLike | None = None,
    tolerance: float = 0.01,
    most: int | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    **rules: Any,
) -> SiteRegrets:
    """Find what is lost without each chosen site, and with each of the others.

    Each chosen site is forbidden in turn, each other one required, and the best plan found anew. This is exact: if the
    regret of a chosen site exceeds the tolerance, it stands in every plan within the tolerance of the base plan; if the
    best plan with another site falls short by more, that site stands in none. Bounds decide where a search was cut
    short, or what they leave open is unknown. Other sites whose bound from one relaxation falls short are told without
    a search.

    Parameters
    ----------
    cover, weight, p, budget, site_cost, gap, seed, progress, **rules
        As :func:`workbench.siting.max_cover` takes them.
    tolerance
        Share of the base plan's weight that a near-optimal plan may lose.
    most
        Most sites outside of the plan that are looked at by a search, those with the largest bounds; None for all.
    time_limit_s
        Wall time for each plan.

    Returns
    -------
    SiteRegrets
        After Ctrl-C, with those sites unknown that were not looked at.

    Raises
    ------
    SitingError
        With everything that is wrong with the problem.
    CheckError
        If a plan does not survive its check.
    """
    problem = cover_problem("max_cover", cover, weight=weight, cost=site_cost, p=p, budget=budget, rules=rules)
    limits = read_limits("site_regret", time_limit_s, gap, seed)
    gate = Gate("site_regret", problem.sites, problem.demand)
    gate.share("tolerance", tolerance)
    if most is not None:
        gate.count("most", most, 0)
    if gate.problems:
        raise SitingError(gate.problems)
    with heeded_interrupt() as interrupt:
        base = solve_cover(problem, limits, progress)
        if base.plan is None:
            return SiteRegrets(base, tolerance, math.nan, ())
        bounds = site_bounds(problem, limits)
        turns = _Turns(problem, base, bounds, base.objective * (1.0 - tolerance) * (1.0 - ROUNDING))
        free = np.setdiff1d(np.arange(problem.sites), [*problem.rules.required, *problem.rules.forbidden])
        inside = np.isin(free, base.sites)
        near = free[~inside & (bounds.having[free] >= turns.threshold)]
        ranked = near[np.argsort(-bounds.having[near], kind="stable")]
        asked = {int(site) for site in (*free[inside], *ranked[:most])}
        found: list[SiteRegret] = []
        for site in (int(one) for one in free):
            bound = float((bounds.lacking if site in base.sites else bounds.having)[site])
            if site in asked and not interrupt.asked:
                found.append(turns.searched(site, bound, limits, progress))
            else:
                found.append(turns.told(site, math.nan, bound, None))
    return SiteRegrets(base, tolerance, turns.threshold, tuple(found))


@dataclass(frozen=True, eq=False)
class _Turns:
    """Decides otherwise on one site after the other."""

    problem: CoverProblem
    base: SitingPlan
    bounds: SiteBounds
    threshold: float

    def searched(self, site: int, bound: float, limits: Limits, progress: Progress | None) -> SiteRegret:
        """Find the best plan that decides otherwise on a site."""
        rules, one = self.problem.rules, np.array([site])
        if site in self.base.sites:
            rules = replace(rules, forbidden=np.union1d(rules.forbidden, one))
        elif len(rules.required) == self.problem.p:  # there is no room beside the required ones
            return self.told(site, math.nan, -math.inf, Status.INFEASIBLE)
        else:
            rules = replace(rules, required=np.union1d(rules.required, one))
        asked = replace(self.problem, rules=rules)
        plan = solve_cover(narrowed(asked, self.bounds, self._swapped(asked, site)), limits, progress, self.base.sites)
        if plan.status is Status.INFEASIBLE:
            return self.told(site, math.nan, -math.inf, plan.status)
        objective = math.nan if plan.plan is None else plan.objective
        return self.told(site, objective, bound if math.isnan(plan.bound) else min(bound, plan.bound), plan.status)

    def _swapped(self, asked: CoverProblem, site: int) -> float:
        """Return what the best swap in the base plan is worth that decides otherwise; minus infinity without one."""
        rules, plan = self.problem.rules, self.base.sites
        if rules.capped:
            return -math.inf
        state = Layers(asked.cover, asked.weight, rules.cover_at_least).under(plan)
        one, chosen = np.array([site]), np.setdiff1d(plan, rules.required)
        others = np.setdiff1d(np.arange(asked.sites), [*plan, *rules.forbidden])
        if site in plan:
            gone, come = site, others[np.argmax(state.swaps(others, one))] if len(others) else site
        elif len(chosen):
            gone, come = chosen[np.argmax(state.swaps(one, chosen)[0] - state.losses(chosen))], site
        else:
            return -math.inf
        swapped = np.union1d(np.setdiff1d(plan, [gone]), [come])
        return -math.inf if broken_rules(asked, swapped) else worth(asked, swapped)

    def told(self, site: int, objective: float, bound: float, status: Status | None) -> SiteRegret:
        """Say what the best plan that decides otherwise, as far as it is known, tells of a site."""
        chosen = site in self.base.sites
        standing = Standing.UNKNOWN
        if objective >= self.threshold:
            standing = Standing.SOME
        elif bound < self.threshold:
            standing = Standing.ALL if chosen else Standing.NONE
        return SiteRegret(site, chosen, objective, bound, status, standing, self.base.objective - objective)
