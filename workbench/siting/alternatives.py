"""Plans that differ: the best one, and the best of those that give up some sites of every earlier one."""

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
from workbench.siting.rules import ROUNDING, AtMost, Gate, Ints
from workbench.siting.site_bounds import SiteBounds, narrowed, site_bounds
from workbench.solving import Status, heeded_interrupt


class End(StrEnum):
    """Why a series of alternatives ends."""

    COUNT = "count"
    """There are as many as were asked."""
    NO_OTHER = "no other"
    """No further plan that wins anything differs enough: that is proven."""
    WORSE = "worse"
    """Every further plan falls short of the share of the optimum that was asked: that is proven."""
    STOPPED = "stopped"
    """The limit or Ctrl-C came first: there may be more."""


@dataclass(frozen=True, eq=False)
class Alternatives:
    """The best plan, and further ones that differ from all before them.

    Parameters
    ----------
    plans
        By their order; the first is the best of all, each next the best of those that differ. Mind each one's status:
        after a plan that is not proven the next may be better. The first may have no plan, and is then alone.
    end
        Why there are no more.
    apart
        How many of the newly chosen sites of each earlier plan every plan does without.
    """

    plans: tuple[SitingPlan, ...]
    end: End
    apart: int


def alternatives(
    cover: Any,
    weight: ArrayLike | None = None,
    p: int | None = None,
    *,
    budget: float | None = None,
    site_cost: ArrayLike | None = None,
    count: int = 3,
    apart: int = 2,
    within: float | None = None,
    aside: ArrayLike = (),
    best: SitingPlan | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    **rules: Any,
) -> Alternatives:
    """Find the plan that covers the most weight, and the best plans that differ from it and from one another.

    A plan differs from an earlier one when it does without at least ``apart`` of the sites that the earlier one newly
    chose, required ones and those of ``aside`` left out: the rule ``at_most.alternative.k`` on the choice of plan k.
    Plans of equally many sites then also have as many that the other has not. Nothing is sampled: no plan that differs
    enough from those before is better than the next one. A further plan that chooses nothing new is none.

    Parameters
    ----------
    cover, weight, p, budget, site_cost, gap, seed, progress, **rules
        As :func:`workbench.siting.max_cover` takes them.
    count
        Most plans, the best one included.
    apart
        By how many newly chosen sites plans differ at the least.
    within
        Largest share of the best plan's weight that another may lose; None for no matter how much.
    aside
        Sites that do not tell plans apart, such as stations of today that may stay or go.
    best
        The best plan, where it is known already.
    time_limit_s
        Wall time for each plan.

    Returns
    -------
    Alternatives

    Raises
    ------
    SitingError
        With everything that is wrong with the problem.
    CheckError
        If a plan does not survive its check.
    """
    problem = cover_problem("max_cover", cover, weight=weight, cost=site_cost, p=p, budget=budget, rules=rules)
    limits = read_limits("alternatives", time_limit_s, gap, seed)
    series = _series(problem, count, apart, within, aside)
    plans: list[SitingPlan] = []
    end = End.COUNT
    bounds: SiteBounds | None = None
    with heeded_interrupt() as interrupt:
        while len(plans) < count:
            if plans and series.fewest_chosen(plans) < apart:
                end = End.NO_OTHER
                break
            asked = series.other_than(plans)
            if len(plans) == 1:
                bounds = site_bounds(problem, limits)
            if bounds is not None:
                asked = narrowed(asked, bounds, series.known(asked, plans))
            plan = solve_cover(asked, limits, progress) if plans or best is None else best
            over = series.ending(plan, plans[0], within) if plans else None
            if over is not None:
                end = over
                break
            plans.append(plan)
            if plan.plan is None:
                end = End.NO_OTHER if plan.status is Status.INFEASIBLE else End.STOPPED
                break
            if interrupt.asked and len(plans) < count:
                end = End.STOPPED
                break
    return Alternatives(tuple(plans), end, apart)


@dataclass(frozen=True)
class _Series:
    """What is asked of every further plan.

    Parameters
    ----------
    problem
        The problem of the best plan.
    left
        Sites that do not tell plans apart, ascending.
    apart
        By how many others they differ at the least.
    """

    problem: CoverProblem
    left: Ints
    apart: int

    def chosen(self, plan: SitingPlan) -> Ints:
        """Return the sites of a plan that tell it from others."""
        return np.setdiff1d(plan.sites, self.left)

    def fewest_chosen(self, plans: list[SitingPlan]) -> int:
        """Return by how many sites a plan could differ from each of these at the most."""
        return min(len(self.chosen(plan)) for plan in plans)

    def other_than(self, plans: list[SitingPlan]) -> CoverProblem:
        """Ask for a plan that differs from all of these."""
        caps = list(self.problem.rules.at_most)
        for number, plan in enumerate(plans, 1):
            chosen = self.chosen(plan)
            caps.append(AtMost(f"alternative.{number}", chosen, len(chosen) - self.apart))
        return replace(self.problem, rules=replace(self.problem.rules, at_most=tuple(caps)))

    def known(self, asked: CoverProblem, plans: list[SitingPlan]) -> float:
        """Return what some plan is worth that differs from all of these; minus infinity when none is at hand.

        Each plan in turn gives up its sites that matter least, and takes sites of no plan so far for them.
        """
        known, problem = -math.inf, self.problem
        if problem.rules.capped:
            return known
        layers = Layers(problem.cover, problem.weight, problem.rules.cover_at_least)
        taken = np.unique(np.concatenate([plan.sites for plan in plans]))
        fresh = np.setdiff1d(np.arange(problem.sites), [*taken, *problem.rules.forbidden])
        for plan in plans:
            sites = plan.sites
            for _ in range(self.apart):
                chosen = np.setdiff1d(np.intersect1d(sites, plan.sites), self.left)
                sites = np.setdiff1d(sites, chosen[np.argmin(layers.under(sites).losses(chosen))])
            for _ in range(min(self.apart, len(fresh))):
                left = np.setdiff1d(fresh, sites)
                sites = np.union1d(sites, left[np.argmax(layers.under(sites).gains()[left])])
            if not broken_rules(asked, sites):
                known = max(known, worth(asked, sites))
        return known

    def ending(self, plan: SitingPlan, best: SitingPlan, within: float | None) -> End | None:
        """Return why the series ends before this plan; None if it does not."""
        if plan.status is Status.INFEASIBLE:
            return End.NO_OTHER
        if plan.status is Status.OPTIMAL and not len(self.chosen(plan)):
            return End.NO_OTHER
        least = -np.inf if within is None else best.objective * (1.0 - within) * (1.0 - ROUNDING)
        if plan.bound < least:
            return End.WORSE
        return End.STOPPED if plan.plan is None or plan.objective < least else None


def _series(problem: CoverProblem, count: int, apart: int, within: float | None, aside: ArrayLike) -> _Series:
    """Read what is asked of the series."""
    gate = Gate("alternatives", problem.sites, problem.demand)
    gate.count("count", count, 1)
    gate.count("apart", apart, 1)
    left = np.union1d(problem.rules.required, gate.positions("aside", aside))
    if within is not None:
        gate.share("within", within)
    new = None if problem.p is None else problem.p - len(problem.rules.required)
    if new is not None and not gate.problems and apart > new and count > 1:
        mend = "Required sites stand in every plan."
        gate.wrong("apart", "plans cannot differ by more sites than they choose", f"at most {new}", apart, mend)
    if gate.problems:
        raise SitingError(gate.problems)
    return _Series(problem, left, apart)
