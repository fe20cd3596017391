"""How much each site matters: what is lost by doing without it, or by insisting on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from workbench.arrays import Floats, Ints
from workbench.locate import covering as model
from workbench.locate.covering import merged_demand, solve_cover, whole_objective
from workbench.locate.problem import (
    CoverProblem,
    SitingError,
    broken_rules,
    cover_problem,
    worth,
)
from workbench.locate.reasons import Layers
from workbench.locate.result import (
    EQUAL,
    SitingPlan,
    certified_bound,
    from_arrays,
    in_units,
    reduced_costs,
    with_row,
)
from workbench.locate.rules import ROUNDING, AtMost, InputCheck
from workbench.progress import SILENT, Progress
from workbench.solving import UNLIMITED, Limits, LinearProgram, Status, heeded_interrupt, solve_lp

# ----------------------------------------------------------------------------------------------------------------------
# What a plan with, or without, a given site is worth at the most: bounds for all sites from one relaxation.


@dataclass(frozen=True, eq=False)
class _SiteBounds:
    """Bounds on the weight that a plan covers.

    Parameters
    ----------
    having
        Shape (sites,): no plan that has the site open covers more; infinite when nothing is known.
    lacking
        Shape (sites,): no plan without the site covers more.
    """

    having: Floats
    lacking: Floats


def site_bounds(problem: CoverProblem, limits: Limits) -> _SiteBounds:
    """Bound what plans with and without each site are worth.

    The multipliers of the linear relaxation give a bound by weak duality; a site that leaves the side it has in that
    bound makes it worse by its reduced cost. Both are recomputed without a solver.
    """
    problem, unit = in_units(problem, solver=True)
    program = model.build(problem, merged_demand(problem), frozenset(problem.keys) - {"p"})
    if problem.p is not None:
        program = with_row(program, (np.arange(len(program.cost)) < problem.sites).astype(np.float64), float(problem.p))
    duals = solve_lp(program, limits).duals
    having, lacking = np.full(problem.sites, np.inf), np.full(problem.sites, np.inf)
    if duals is None:
        return _SiteBounds(having, lacking)
    duals = _no_dearer_than_needed(program, duals, problem.sites)
    for one in [duals] if problem.p is None else _prices_of_a_site(program, duals, problem):
        base = certified_bound(program, one)
        most = EQUAL * max(1.0, abs(base)) - base
        free = program.lower[: problem.sites] < program.upper[: problem.sites]
        reduced = np.where(free, reduced_costs(program, one)[: problem.sites], 0.0)
        having = np.minimum(having, most - np.maximum(reduced, 0.0))
        lacking = np.minimum(lacking, most - np.maximum(-reduced, 0.0))
    if whole_objective(problem):
        having, lacking = np.floor(having), np.floor(lacking)
    factor = 1.0 if unit is None else unit.factor
    return _SiteBounds(having / factor, lacking / factor)


def narrowed(problem: CoverProblem, bounds: _SiteBounds, least: float) -> CoverProblem:
    """Settle the sites on which every plan that covers enough agrees."""
    rules = problem.rules
    enough = least - EQUAL * abs(least) if np.isfinite(least) else -np.inf
    free = np.ones(problem.sites, bool)
    free[rules.required] = free[rules.forbidden] = False
    forbidden = np.union1d(rules.forbidden, np.flatnonzero(free & (bounds.having < enough)))
    required = np.union1d(rules.required, np.flatnonzero(free & (bounds.lacking < enough)))
    return replace(problem, rules=replace(rules, forbidden=forbidden, required=required))


def _prices_of_a_site(program: LinearProgram, duals: Floats, problem: CoverProblem) -> list[Floats]:
    """Return the multipliers with the two ends of what the last row, on the number of sites, may cost.

    The one is the loss of the last site that is let in, which those pay that have to be let in; the other the gain of
    the first that is left out, which may come in for one that has to leave.
    """
    prices: list[Floats] = []
    free = program.lower[: problem.sites] < program.upper[: problem.sites]
    without = duals.copy()
    without[-1] = 0.0
    earns = np.sort(-reduced_costs(program, without)[: problem.sites][free])[::-1]
    places = int(program.row_upper[-1] - program.lower[: problem.sites].sum())
    for place in (places - 1, places):
        price = without.copy()
        price[-1] = -max(0.0, float(earns[place])) if 0 <= place < len(earns) else 0.0
        prices.append(price)
    return prices


def _no_dearer_than_needed(program: LinearProgram, duals: Floats, sites: int) -> Floats:
    """Lower the multipliers of cover to what cover is worth; the bounds only get better.

    An interior point leaves them anywhere between that and what keeps a site shut. The first rows of the program are
    one for each variable that is no site, and hold it below the sites that cover it.
    """
    covers = np.arange(len(program.cost) - sites)
    beyond = np.maximum(reduced_costs(program, duals)[sites:], 0.0)
    own = program.rows[covers][:, covers + sites].diagonal()
    lower = duals.copy()
    lower[covers] = np.where(own * duals[covers] < 0.0, duals[covers] + beyond / own, duals[covers])
    lower[covers] = np.where(lower[covers] * duals[covers] > 0.0, lower[covers], 0.0)
    return lower


# ----------------------------------------------------------------------------------------------------------------------
# Whether a plan stands if the assumptions move: its worth, the best plan, and the regret in each variant.


@dataclass(frozen=True, eq=False)
class VariantOutcome:
    """What a plan is worth under one variant.

    Parameters
    ----------
    name
        Of the variant.
    total
        Weight of all demand: the denominator.
    value
        Weight that the base plan covers.
    broken
        Keys of the rules that the base plan breaks here, such as a floor that it no longer reaches.
    optimum
        The best plan of this variant, with its bound.
    regret
        Weight of that plan less ``value``; not a number when there is none.
    regret_at_most
        Its bound less ``value``: more cannot be lost; not a number when there is none.
    """

    name: str
    total: float
    value: float
    broken: tuple[str, ...]
    optimum: SitingPlan
    regret: float
    regret_at_most: float


@dataclass(frozen=True, eq=False)
class PlanUnder:
    """A plan, and the best plans of all variants, under every variant.

    Parameters
    ----------
    variants
        In the order in which they were given.
    frequency
        Shape (sites,), share of the variants' best plans that have each site; not a number when there is none.
    candidates
        Sites of the base plan, then of the best plans that are different, in the order of the variants.
    regret
        Shape (candidates, variants), at most so much is lost by each candidate under each variant: the bound less its
        weight, infinite where it breaks a rule, not a number where the variant has no bound.
    worst
        Shape (candidates,), the largest regret over the variants that have one.
    choice
        Place among ``candidates`` of the one whose worst regret is least; the first of equals. None if there is none
        that is finite.
    """

    variants: tuple[VariantOutcome, ...]
    frequency: Floats
    candidates: tuple[Ints, ...]
    regret: Floats
    worst: Floats
    choice: int | None


def plan_under(
    problems: Mapping[str, CoverProblem],
    plan: ArrayLike,
    limits: Limits = UNLIMITED,
    progress: Progress = SILENT,
) -> PlanUnder:
    """Hold a plan against the best plan of each variant of the assumptions.

    The choice among the plans found is by minimax regret (Savage 1951); a plan that is nobody's best could do better
    still, and is not looked for.

    Parameters
    ----------
    problems
        The variants by name: other assumptions, at another pace or with 10 % more residents, say, about the same sites
        and demand rows; without capacities.
    plan
        Positions of the sites of the base plan, required ones included.
    limits
        When to stop; the wall time is for each variant.
    progress
        Told of stage, incumbent, bound and gap.

    Returns
    -------
    PlanUnder
        After Ctrl-C, of the variants that were looked at.

    Raises
    ------
    SitingError
        With everything that is wrong with the variants.
    CheckError
        If a plan does not survive its check.
    """
    base = _read_plan(problems, plan)
    optima: dict[str, SitingPlan] = {}
    with heeded_interrupt() as interrupt:
        for name, problem in problems.items():
            optima[name] = solve_cover(problem, limits, progress, base)
            if interrupt.asked:
                break
    outcomes = tuple(_outcome(name, problems[name], base, optimum) for name, optimum in optima.items())
    found = [one.optimum.sites for one in outcomes if one.optimum.plan is not None]
    sites = next(iter(problems.values())).sites
    opened = np.array([np.isin(np.arange(sites), one) for one in found], np.float64)
    candidates = _different([base, *found])
    regret = np.array(
        [[_regret(problems[one.name], plan, one.optimum.bound) for one in outcomes] for plan in candidates]
    )
    known = ~np.isnan(regret).all(axis=0)
    worst = regret[:, known].max(axis=1, initial=-np.inf) if known.any() else np.full(len(candidates), np.nan)
    return PlanUnder(
        variants=outcomes,
        frequency=opened.mean(axis=0) if found else np.full(sites, np.nan),
        candidates=candidates,
        regret=regret,
        worst=worst,
        choice=int(np.argmin(worst)) if np.isfinite(worst).any() else None,
    )


def _read_plan(problems: Mapping[str, CoverProblem], plan: ArrayLike) -> Ints:
    """Read the base plan; look whether the variants are of one shape and without capacities."""
    check = InputCheck("plan_under", 0, 0)
    if not problems:
        check.wrong("variants", "there are none", mend="Name at least one.")
    check.records("variants", problems.values(), CoverProblem)
    if check.problems:
        raise SitingError(check.problems)
    first = next(iter(problems.values()))
    check = InputCheck("plan_under", first.sites, first.demand)
    for name, problem in problems.items():
        if problem.cover.shape != first.cover.shape:
            expected, found = f"shape {first.cover.shape}", problem.cover.shape
            check.wrong(f"variants.{name}", "it has other sites or demand rows than the first", expected, found)
    if first.rules.capped:
        mend = "Leave the capacities out, or ask max_cover for each variant."
        check.wrong("capacity", "a plan with capacities is not told by its sites alone", mend=mend)
    base = check.positions("plan", plan)
    if check.problems:
        raise SitingError(check.problems)
    return base


def _outcome(name: str, problem: CoverProblem, base: Ints, optimum: SitingPlan) -> VariantOutcome:
    value = worth(problem, base)
    broken = tuple(one.key for one in broken_rules(problem, base))
    best = math.nan if optimum.plan is None else optimum.objective
    total = math.fsum(problem.weight)
    return VariantOutcome(name, total, value, broken, optimum, best - value, optimum.bound - value)


def _regret(problem: CoverProblem, plan: Ints, bound: float) -> float:
    if math.isnan(bound):
        return math.nan
    return math.inf if broken_rules(problem, plan) else bound - worth(problem, plan)


def _different(plans: list[Ints]) -> tuple[Ints, ...]:
    seen: dict[bytes, Ints] = {}
    for plan in plans:
        seen.setdefault(plan.astype(np.int64).tobytes(), plan)
    return tuple(seen.values())


# ----------------------------------------------------------------------------------------------------------------------
# Plans that differ: the best one, and the best of those that give up some sites of every earlier one.


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


@from_arrays("max_cover", cover_problem)
def alternatives(
    problem: CoverProblem,
    limits: Limits = UNLIMITED,
    progress: Progress = SILENT,
    *,
    count: int = 3,
    apart: int = 2,
    within: float | None = None,
    aside: ArrayLike = (),
    best: SitingPlan | None = None,
) -> Alternatives:
    """Find the plan that covers the most weight, and the best plans that differ from it and from one another.

    A plan differs from an earlier one when it does without at least ``apart`` of the sites that the earlier one newly
    chose, required ones and those of ``aside`` left out: the rule ``at_most.alternative.k`` on the choice of plan k.
    Plans of equally many sites then also have as many that the other has not. Nothing is sampled: no plan that differs
    enough from those before is better than the next one. A further plan that chooses nothing new is none.

    Parameters
    ----------
    problem, limits, progress
        As :func:`workbench.locate.max_cover` takes them, or arrays; the wall time is for each plan.
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

    Returns
    -------
    Alternatives

    Raises
    ------
    SitingError
        With everything that is wrong.
    CheckError
        If a plan does not survive its check.
    """
    series = _series(problem, count, apart, within, aside)
    plans: list[SitingPlan] = []
    end = End.COUNT
    bounds: _SiteBounds | None = None
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
    check = InputCheck("alternatives", problem.sites, problem.demand)
    check.count("count", count, 1)
    check.count("apart", apart, 1)
    left = np.union1d(problem.rules.required, check.positions("aside", aside))
    if within is not None:
        check.share("within", within)
    new = None if problem.p is None else problem.p - len(problem.rules.required)
    if new is not None and not check.problems and apart > new and count > 1:
        mend = "Required sites stand in every plan."
        check.wrong("apart", "plans cannot differ by more sites than they choose", f"at most {new}", apart, mend)
    if check.problems:
        raise SitingError(check.problems)
    return _Series(problem, left, apart)


class Membership(StrEnum):
    """In which near-optimal plans a site stands."""

    ALL = "all"
    """In every one: no plan without it is good enough."""
    SOME = "some"
    """In some, and some do without it."""
    NONE = "none"
    """In none: no plan that has it is good enough."""
    UNKNOWN = "unknown"
    """Nobody knows: the search ended before."""


# ----------------------------------------------------------------------------------------------------------------------
# How much each site matters: what is lost by doing without it, or by insisting on it.


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
    membership
        In which near-optimal plans the site stands.
    regret
        The base plan's weight less ``objective``; below 0 only if the base plan is not proven to be the best.
    """

    site: int
    chosen: bool
    objective: float
    bound: float
    status: Status | None
    membership: Membership
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

    def members(self, membership: Membership) -> Ints:
        """Return the positions of the sites that are in all near-optimal plans, in some, or in none."""
        return np.array([one.site for one in self.sites if one.membership is membership], np.int64)


@from_arrays("max_cover", cover_problem)
def site_regret(
    problem: CoverProblem,
    limits: Limits = UNLIMITED,
    progress: Progress = SILENT,
    *,
    tolerance: float = 0.01,
    most: int | None = None,
) -> SiteRegrets:
    """Find what is lost without each chosen site, and with each of the others.

    Each chosen site is forbidden in turn, each other one required, and the best plan found anew. This is exact: if the
    regret of a chosen site exceeds the tolerance, it stands in every plan within the tolerance of the base plan; if the
    best plan with another site falls short by more, that site stands in none. Bounds decide where a search was cut
    short, or what they leave open is unknown. Other sites whose bound from one relaxation falls short are told without
    a search.

    Parameters
    ----------
    problem, limits, progress
        As :func:`workbench.locate.max_cover` takes them, or arrays; the wall time is for each plan.
    tolerance
        Share of the base plan's weight that a near-optimal plan may lose.
    most
        Most sites outside of the plan that are looked at by a search, those with the largest bounds; None for all.

    Returns
    -------
    SiteRegrets
        After Ctrl-C, with those sites unknown that were not looked at.

    Raises
    ------
    SitingError
        With everything that is wrong.
    CheckError
        If a plan does not survive its check.
    """
    check = InputCheck("site_regret", problem.sites, problem.demand)
    check.share("tolerance", tolerance)
    if most is not None:
        check.count("most", most, 0)
    if check.problems:
        raise SitingError(check.problems)
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
                found.append(turns.judged(site, math.nan, bound, None))
    return SiteRegrets(base, tolerance, turns.threshold, tuple(found))


@dataclass(frozen=True, eq=False)
class _Turns:
    """Decides otherwise on one site after the other."""

    problem: CoverProblem
    base: SitingPlan
    bounds: _SiteBounds
    threshold: float

    def searched(self, site: int, bound: float, limits: Limits, progress: Progress) -> SiteRegret:
        """Find the best plan that decides otherwise on a site."""
        rules, one = self.problem.rules, np.array([site])
        if site in self.base.sites:
            rules = replace(rules, forbidden=np.union1d(rules.forbidden, one))
        elif len(rules.required) == self.problem.p:  # there is no room beside the required ones
            return self.judged(site, math.nan, -math.inf, Status.INFEASIBLE)
        else:
            rules = replace(rules, required=np.union1d(rules.required, one))
        asked = replace(self.problem, rules=rules)
        plan = solve_cover(narrowed(asked, self.bounds, self._swapped(asked, site)), limits, progress, self.base.sites)
        if plan.status is Status.INFEASIBLE:
            return self.judged(site, math.nan, -math.inf, plan.status)
        objective = math.nan if plan.plan is None else plan.objective
        return self.judged(site, objective, bound if math.isnan(plan.bound) else min(bound, plan.bound), plan.status)

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

    def judged(self, site: int, objective: float, bound: float, status: Status | None) -> SiteRegret:
        """Say what the best plan that decides otherwise, as far as it is known, tells of a site."""
        chosen = site in self.base.sites
        membership = Membership.UNKNOWN
        if objective >= self.threshold:
            membership = Membership.SOME
        elif bound < self.threshold:
            membership = Membership.ALL if chosen else Membership.NONE
        return SiteRegret(site, chosen, objective, bound, status, membership, self.base.objective - objective)
