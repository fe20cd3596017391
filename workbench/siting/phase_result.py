"""What a problem in phases gives back: a plan for each phase, its bound, and what phasing costs it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from workbench.errors import NoSolutionError
from workbench.siting.phase_problem import WHERE, Phase
from workbench.siting.result import Certificate, Plan, SitingPlan, Stage, relative_gap
from workbench.siting.rules import Ints
from workbench.solving import Status


class Priority(StrEnum):
    """What comes first in phases."""

    HORIZON = "horizon"
    """The plan at the end; given that, the first phase, then the second, and so on."""
    YEARS = "years"
    """The sum over phases of weight covered times years."""


@dataclass(frozen=True, eq=False)
class PhaseStep:
    """One phase of a plan.

    Parameters
    ----------
    phase
        The phase.
    plan
        What is open at its end, and whom it serves; its objective is the weight covered.
    added
        Positions of the sites that it adds, ascending.
    cost
        What those cost.
    bound
        No plan that keeps to what ranks before this phase covers more at its end; where years decide, no plan at all.
    alone
        The best plan with what all phases so far may add, if neither those before nor those after mattered; None if
        Ctrl-C came first.
    """

    phase: Phase
    plan: Plan
    added: Ints
    cost: float
    bound: float
    alone: SitingPlan | None

    @property
    def price(self) -> float:
        """Weight that phasing costs here: what the plan alone covers, less this; not a number when nobody knows."""
        known = self.alone is not None and self.alone.plan is not None
        return self.alone.objective - self.plan.objective if known and self.alone else math.nan

    @property
    def price_at_most(self) -> float:
        """More than that it does not cost: the bound of the plan alone, less this."""
        return math.nan if self.alone is None else self.alone.bound - self.plan.objective

    @property
    def gap(self) -> float:
        """Relative gap of what is covered and the bound."""
        return relative_gap(self.plan.objective, self.bound)


@dataclass(frozen=True, eq=False)
class PhasedPlan:
    """Answer to a problem in phases.

    Parameters
    ----------
    priority
        What came first.
    status
        OPTIMAL: proven for every phase that ranks. FEASIBLE: stopped before; mind the gaps. INFEASIBLE: the rules
        contradict each other. UNKNOWN: stopped before any plan was found.
    found
        The phases in their order; empty when there is no plan. Read them as ``steps``, which then says why.
    objective
        Weight covered at the end, or the sum of weight times years; not a number when there is no plan.
    bound
        No plan is better than this.
    seconds
        Wall time.
    stages
        How it came about.
    certificate
        Who vouches for the bounds.
    canonical
        Whether it is proven to be the first among equals: fewest sites summed over phases, then the lowest positions of
        the first phase, of the second, and so on.
    conflict
        Names of the rules that contradict each other, as few as possible; empty unless INFEASIBLE.
    """

    priority: Priority
    status: Status
    found: tuple[PhaseStep, ...]
    objective: float
    bound: float
    seconds: float
    stages: tuple[Stage, ...] = ()
    certificate: Certificate = Certificate.NONE
    canonical: bool = False
    conflict: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[PhaseStep, ...]:
        """The phases in their order."""
        if not self.found:
            why = f": these rules contradict each other: {', '.join(self.conflict)}" if self.conflict else ""
            raise NoSolutionError(f"the problem {WHERE} has no plan; its status is {self.status}{why}")
        return self.found

    @property
    def gap(self) -> float:
        """Relative gap of objective and bound, computed from the two; 0 only where they agree."""
        return relative_gap(self.objective, self.bound)
