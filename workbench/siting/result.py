"""What a siting problem gives back: a plan with its bound, and never more certainty than was proven."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from workbench.errors import NoSolutionError
from workbench.solving import Status

Ints = NDArray[np.int64]
Progress = Callable[[str, float, float, float], None]
"""Called with stage, incumbent, bound and relative gap; what is not known yet is not a number."""


class Certificate(StrEnum):
    """Who vouches for the bound."""

    RECOMPUTED = "recomputed"
    """This package: the bound was computed without a solver, from multipliers that anybody may check."""
    SOLVER = "solver"
    """The solver: its branch and bound closed what the recomputed bound left open, within its tolerances."""
    NONE = "none"
    """Nobody: there is no bound."""


@dataclass(frozen=True)
class Stage:
    """One step of the way to a plan.

    Parameters
    ----------
    name
        What was done.
    seconds
        Wall time since the start.
    incumbent
        Best objective so far; not a number when there is none.
    bound
        Best bound so far; not a number when there is none.
    note
        What else is worth saying, such as the size of what is left.
    """

    name: str
    seconds: float
    incumbent: float
    bound: float
    note: str = ""

    @property
    def gap(self) -> float:
        """Relative gap of incumbent and bound; not a number when either is missing."""
        return relative_gap(self.incumbent, self.bound)


@dataclass(frozen=True, eq=False)
class Plan:
    """A choice of sites.

    Parameters
    ----------
    sites
        Positions of the chosen sites, ascending.
    objective
        Recomputed from the sites by the checker.
    allocation
        Shape (demand,), the site that serves each demand row, or -1.
    served
        Shape (sites, demand), to what share each site serves each demand, where demand may be split; else None.
    """

    sites: Ints
    objective: float
    allocation: Ints
    served: sp.csr_array | None = None


@dataclass(frozen=True, eq=False)
class SitingPlan:
    """Answer to a siting problem.

    Parameters
    ----------
    problem
        Name of the problem.
    status
        OPTIMAL: proven, within the tolerance of the certificate. FEASIBLE: stopped before a proof; mind the gap.
        INFEASIBLE: the rules contradict each other. UNKNOWN: stopped before any plan was found.
    plan
        The plan; None when there is none.
    bound
        No plan is better than this; not a number when nothing is known.
    seconds
        Wall time.
    stages
        How it came about.
    certificate
        Who vouches for the bound.
    canonical
        Whether this is proven to be the lexicographically smallest site set among equal optima.
    conflict
        Names of the rules that contradict each other, as few as possible; empty unless INFEASIBLE.
    """

    problem: str
    status: Status
    plan: Plan | None
    bound: float
    seconds: float
    stages: tuple[Stage, ...] = ()
    certificate: Certificate = Certificate.NONE
    canonical: bool = False
    conflict: tuple[str, ...] = ()

    @property
    def sites(self) -> Ints:
        """Positions of the chosen sites, ascending."""
        return self._planned().sites

    @property
    def objective(self) -> float:
        """Objective of the plan, recomputed without a solver."""
        return self._planned().objective

    @property
    def allocation(self) -> Ints:
        """Shape (demand,), the site that serves each demand row, or -1."""
        return self._planned().allocation

    @property
    def gap(self) -> float:
        """Relative gap of objective and bound, computed from the two; 0 only where they agree."""
        return relative_gap(self.objective, self.bound)

    def _planned(self) -> Plan:
        if self.plan is None:
            why = f": these rules contradict each other: {', '.join(self.conflict)}" if self.conflict else ""
            raise NoSolutionError(f"the problem {self.problem} has no plan; its status is {self.status}{why}")
        return self.plan

    def __repr__(self) -> str:
        if self.plan is None:
            return f"SitingPlan({self.problem}, {self.status})"
        size, worth = len(self.sites), f"{self.objective:,.6g}"
        proof = "" if self.status is Status.OPTIMAL else f", bound {self.bound:,.6g}, gap {self.gap:.2%}"
        return f"SitingPlan({self.problem}, {self.status}, {size} sites, objective {worth}{proof})"


def close(one: float, other: float, share: float) -> bool:
    """Whether two objectives differ by no more than a share of them."""
    return abs(one - other) <= share * max(abs(one), abs(other))


def relative_gap(incumbent: float, bound: float) -> float:
    """Return how far the bound is from the incumbent, as a share of the incumbent.

    Parameters
    ----------
    incumbent, bound
        Either may be infinite or not a number.

    Returns
    -------
    float
        0 when they agree; infinite when the incumbent is 0 and they do not; not a number when either is missing.
    """
    if not (math.isfinite(incumbent) and math.isfinite(bound)):
        return math.nan
    apart = abs(bound - incumbent)
    if apart == 0.0:
        return 0.0
    return apart / abs(incumbent) if incumbent else math.inf
