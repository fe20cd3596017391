"""Whether a plan stands if the assumptions move: its worth, the best plan, and the regret in each variant."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from workbench.siting.check import broken_rules, worth
from workbench.siting.course import read_limits
from workbench.siting.covering import solve_cover
from workbench.siting.problem import CoverProblem, SitingError, cover_problem
from workbench.siting.result import Progress, SitingPlan
from workbench.siting.rules import Floats, Gate, Ints
from workbench.solving import heeded_interrupt


@dataclass(frozen=True, eq=False)
class Variant:
    """Other assumptions about the same sites and the same demand rows.

    Parameters
    ----------
    cover
        Shape (sites, demand), at another pace or limit, say.
    weight
        Shape (demand,) or (demand, groups), such as 10 % more residents; None counts rows.
    """

    cover: Any
    weight: ArrayLike | None = None


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
    variants: Mapping[str, Variant],
    p: int | None,
    plan: ArrayLike,
    *,
    budget: float | None = None,
    site_cost: ArrayLike | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    **rules: Any,
) -> PlanUnder:
    """Hold a plan against the best plan of each variant of the assumptions.

    The choice among the plans found is by minimax regret (Savage 1951); a plan that is nobody's best could do better
    still, and is not looked for.

    Parameters
    ----------
    variants
        By name; all have the same sites and demand rows.
    p, budget, site_cost, gap, seed, progress, **rules
        As :func:`workbench.siting.max_cover` takes them, for every variant alike; no ``capacity``.
    plan
        Positions of the sites of the base plan, required ones included.
    time_limit_s
        Wall time for each variant.

    Returns
    -------
    PlanUnder
        After Ctrl-C, of the variants that were looked at.

    Raises
    ------
    SitingError
        With everything that is wrong with the first variant that is wrong.
    CheckError
        If a plan does not survive its check.
    """
    limits = read_limits("plan_under", time_limit_s, gap, seed)
    given: dict[str, Any] = {"p": p, "budget": budget, "cost": site_cost, "rules": rules}
    gate = Gate("plan_under", 0, 0)
    gate.records("variants", variants.values(), Variant)
    if gate.problems:
        raise SitingError(gate.problems)
    problems = {
        name: cover_problem("max_cover", one.cover, weight=one.weight, **given) for name, one in variants.items()
    }
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
    if not problems:
        gate = Gate("plan_under", 0, 0)
        gate.wrong("variants", "there are none", mend="Name at least one.")
        raise SitingError(gate.problems)
    first = next(iter(problems.values()))
    gate = Gate("plan_under", first.sites, first.demand)
    for name, problem in problems.items():
        if problem.cover.shape != first.cover.shape:
            expected, found = f"shape {first.cover.shape}", problem.cover.shape
            gate.wrong(f"variants.{name}", "it has other sites or demand rows than the first", expected, found)
    if first.rules.capped:
        mend = "Leave the capacities out, or ask max_cover for each variant."
        gate.wrong("capacity", "a plan with capacities is not told by its sites alone", mend=mend)
    base = gate.positions("plan", plan)
    if gate.problems:
        raise SitingError(gate.problems)
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
