"""Building in phases, free of any solver: what each may add, and what its plan has to keep."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from workbench.errors import Problem
from workbench.siting.problem import CoverProblem, SitingError, cover_problem, read_cover
from workbench.siting.rules import NO_SITES, ROUNDING, Floats, Floor, Gate, Ints, read_floors

WHERE = "phased_cover"


@dataclass(frozen=True, eq=False)
class Phase:
    """One phase of building.

    Parameters
    ----------
    name
        What it is called, such as near, mid or far term.
    p
        Most sites that it may add; given for every phase or for none.
    budget
        Most that the sites it adds may cost; given for every phase or for none.
    years
        How long its plan stands before the next one is complete.
    floors
        Least shares of groups at its end.
    """

    name: str
    p: int | None = None
    budget: float | None = None
    years: float = 1.0
    floors: Sequence[Floor] = ()


@dataclass(frozen=True, eq=False)
class PhaseProblem:
    """A covering problem in phases.

    Parameters
    ----------
    phases
        The phases, in their order.
    steps
        For each what holds at its end, taken alone: ``p`` and ``budget`` are those of all phases so far, with what
        stands counted in; floors are named ``phase.floor``, those of the whole hold at the end of the last one.
    carry
        Whether what a phase does not use is there for the next.
    stands
        Positions of the sites that stand from the beginning, ascending.
    """

    phases: tuple[Phase, ...]
    steps: tuple[CoverProblem, ...]
    carry: bool
    stands: Ints

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return self.steps[0].sites

    @property
    def years(self) -> Floats:
        """How long each phase stands, (phases,)."""
        return np.array([phase.years for phase in self.phases], np.float64)

    def may_add(self, step: int) -> tuple[float, float]:
        """Return how many sites a phase may add by itself, and at what cost; infinite where nothing limits it."""
        phase = self.phases[step]
        return (
            math.inf if phase.p is None else float(phase.p),
            math.inf if phase.budget is None else float(phase.budget),
        )


def phase_problem(
    cover: Any,
    weight: ArrayLike | None,
    phases: Sequence[Phase],
    *,
    site_cost: ArrayLike | None,
    carry: bool,
    required_counts: bool,
    rules: dict[str, Any],
) -> PhaseProblem:
    """Check a problem in phases and bring it into one shape.

    Parameters
    ----------
    cover, weight, phases, site_cost, carry, required_counts, rules
        As :func:`workbench.siting.phased_cover` takes them.

    Returns
    -------
    PhaseProblem

    Raises
    ------
    SitingError
        With everything that is wrong.
    """
    matrix = read_cover(WHERE, cover)
    gate = Gate(WHERE, *matrix.shape)
    phases = gate.records("phases", phases, Phase)
    floors = _read_phases(gate, phases)
    for name in sorted({"p", "budget"} & set(rules)):
        gate.wrong(name, "a phase has this, not the whole", mend="Give it to each Phase.")
    others = {name: value for name, value in rules.items() if name not in ("p", "budget")}
    try:
        base = cover_problem("max_cover", matrix, weight=weight, cost=site_cost, p=gate.sites, rules=others)
    except SitingError as error:
        raise SitingError((*gate.problems, *_renamed(error))) from None
    if not gate.problems:
        _check_means(gate, base, phases, carry, required_counts)
    if gate.problems:
        raise SitingError(gate.problems)
    if not required_counts:
        free = base.cost.copy()
        free[base.rules.required] = 0.0
        base = replace(base, cost=free)
    stands = 0 if required_counts else len(base.rules.required)
    steps: list[CoverProblem] = []
    for step, own in enumerate(floors):
        so_far, last = phases[: step + 1], step == len(phases) - 1
        steps.append(
            replace(
                base,
                p=None if phases[0].p is None else stands + sum(phase.p or 0 for phase in so_far),
                budget=None if phases[0].budget is None else math.fsum(phase.budget or 0.0 for phase in so_far),
                rules=replace(base.rules, floors=(*own, *(base.rules.floors if last else ()))),
            )
        )
    return PhaseProblem(tuple(phases), tuple(steps), carry, NO_SITES if required_counts else base.rules.required)


def _renamed(error: SitingError) -> list[Problem]:
    return [replace(one, where=WHERE, what=one.what.replace(one.where, WHERE)) for one in error.problems]


def _read_phases(gate: Gate, phases: Sequence[Phase]) -> list[tuple[Floor, ...]]:
    """Look at each phase by itself; return its floors."""
    if not phases:
        gate.wrong("phases", "there are none", mend="Give at least one Phase.")
    names = [phase.name for phase in phases]
    for name in sorted({name for name in names if names.count(name) > 1}):
        gate.wrong("phases", "a name stands twice", found=name, mend="Names tell the rules of a conflict apart.")
    for key in ("p", "budget"):
        missing = [phase.name for phase in phases if getattr(phase, key) is None]
        if missing and len(missing) < len(phases):
            mend = "Give it for every phase or for none; 0 is a number too."
            gate.wrong(f"phases.{missing[0]}.{key}", "only other phases have this", mend=mend)
    floors: list[tuple[Floor, ...]] = []
    for phase in phases:
        key = f"phases.{phase.name}"
        if phase.p is None and phase.budget is None:
            gate.wrong(key, "neither a number of sites nor a budget is given", mend="Give p, budget, or both.")
        if phase.p is not None:
            gate.count(f"{key}.p", phase.p, 0)
        for what, value in (("budget", phase.budget), ("years", phase.years)):
            if value is not None:
                gate.number(f"{key}.{what}", value, "this is no amount", "a finite number ≥ 0")
        asked = gate.records(f"{key}.floors", phase.floors, Floor)
        named = [Floor(f"{phase.name}.{floor.name}", floor.weight, floor.share) for floor in asked]
        floors.append(read_floors(gate, named))
    return floors


def _check_means(gate: Gate, base: CoverProblem, phases: Sequence[Phase], carry: bool, required_counts: bool) -> None:
    """Look at what the phases may add together."""
    required, first = base.rules.required, phases[0]
    allowed = np.setdiff1d(np.arange(base.sites), base.rules.forbidden)
    new = allowed if required_counts else np.setdiff1d(allowed, required)
    if first.p is not None:
        total = sum(phase.p or 0 for phase in phases)
        if total < 1:
            gate.wrong("phases", "no phase may add a site", "a p of at least 1 together", total)
        if total > base.sites - (0 if required_counts else len(required)):
            most = base.sites - (0 if required_counts else len(required))
            gate.wrong("phases", "there are not so many sites to add", f"at most {most} together", total)
        if required_counts and first.p < len(required):
            gate.wrong(f"phases.{first.name}.p", "more sites are required", f"at least {len(required)}", first.p)
    if first.budget is not None:
        budgets = [phase.budget or 0.0 for phase in phases]
        most_spent = math.fsum(budgets) if carry else max(budgets)
        cheapest = float(base.cost[new].min()) if len(new) else 0.0
        if most_spent < cheapest * (1 - ROUNDING):
            what = "the budgets do not pay for the cheapest site"
            gate.wrong("phases", what, f"at least {cheapest:g} {'together' if carry else 'in one phase'}", most_spent)
        bound = math.fsum(base.cost[required])
        if required_counts and bound > first.budget * (1 + ROUNDING):
            what = "the budget does not pay for the required sites"
            gate.wrong(f"phases.{first.name}.budget", what, f"at least {bound:g}", first.budget)
