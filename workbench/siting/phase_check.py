"""The truth about a plan in phases, without a solver: each phase by itself, what it adds, and what stays open."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from workbench.errors import CheckError, Problem
from workbench.siting.check import SPLITTING, broken_rules, worth
from workbench.siting.phase_problem import WHERE, PhaseProblem
from workbench.siting.rules import ROUNDING, Floats, Ints


def broken_phases(
    problem: PhaseProblem, plans: Sequence[Ints], served: Sequence[sp.csr_array | None] | None = None
) -> list[Problem]:
    """Return which rules a plan in phases breaks.

    Parameters
    ----------
    problem
        The problem.
    plans
        For each phase the positions of the sites that are open at its end.
    served
        For each phase who serves whom, shape (sites, demand), where room is limited.

    Returns
    -------
    list of Problem
        Empty when it breaks none.
    """
    found: list[Problem] = []
    spent, built = 0.0, 0
    for number, (phase, step, plan) in enumerate(zip(problem.phases, problem.steps, plans, strict=True)):
        key = f"phases.{phase.name}"
        found += broken_rules(step, plan, None if served is None else served[number])
        new = added(problem, plans, number)
        if number and not np.isin(plans[number - 1], plan).all():
            shut = np.setdiff1d(plans[number - 1], plan)
            found.append(Problem(WHERE, "a site of the phase before is shut", found=str(shut.tolist()), key=key))
        spent, built = (spent, built) if problem.carry else (0.0, 0)
        spent, built = spent + math.fsum(step.cost[new]), built + len(new)
        so_far = range(number + 1) if problem.carry else (number,)
        count, budget = (sum(problem.may_add(one)[kind] for one in so_far) for kind in (0, 1))
        if built > count:
            expected = f"at most {count:g}"
            found.append(Problem(WHERE, "the phase adds too many sites", expected=expected, found=str(built), key=key))
        if spent > budget * (1 + ROUNDING):
            expected = f"at most {budget:g}"
            what = "the phase adds sites that cost too much"
            found.append(Problem(WHERE, what, expected=expected, found=f"{spent:g}", key=key))
    return found


def check_phases(
    problem: PhaseProblem,
    plans: Sequence[Ints],
    claims: Sequence[tuple[Floats, float]],
    served: Sequence[sp.csr_array | None] | None = None,
) -> tuple[float, ...]:
    """Recompute a plan in phases; trust no solver.

    Parameters
    ----------
    problem, plans, served
        As :func:`broken_phases` takes them.
    claims
        What somebody claims: how much each phase counts, (phases,), and the sum over phases of that times the weight
        covered.

    Returns
    -------
    tuple of float
        What each phase covers.

    Raises
    ------
    CheckError
        If it breaks a rule, or a claim is off.
    """
    found = broken_phases(problem, plans, served)
    parts = served if served is not None else [None] * len(plans)
    values = tuple(worth(step, plan, part) for step, plan, part in zip(problem.steps, plans, parts, strict=True))
    for counts, claim in claims:
        value = math.fsum(counts * np.array(values))
        if abs(value - claim) > SPLITTING * max(abs(value), float(problem.steps[0].weight.max(initial=0.0))):
            what = "the objective is not what was claimed"
            found.append(Problem(WHERE, what, expected=f"{value:g}", found=f"{claim:g}"))
    if found:
        raise CheckError(found)
    return values


def added(problem: PhaseProblem, plans: Sequence[Ints], step: int) -> Ints:
    """Return the positions of the sites that a phase adds; what stands from the beginning is added by none."""
    before = problem.stands if step == 0 else plans[step - 1]
    return np.setdiff1d(plans[step], before)
