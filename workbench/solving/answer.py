"""What a solver is told, and what it answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from workbench.arrays import Floats

BoundListener = Callable[[float, float], None]
"""Called with the incumbent's objective and the bound; either may be infinite or not a number."""


class Status(StrEnum):
    """What is known when a solver stops."""

    OPTIMAL = "OPTIMAL"
    FEASIBLE = "FEASIBLE"
    INFEASIBLE = "INFEASIBLE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Limits:
    """When a solver may stop.

    Parameters
    ----------
    seconds
        Wall time; None for no limit.
    gap
        Relative gap between incumbent and bound that is good enough; 0 asks for a proof.
    seed
        Seed of everything random.
    """

    seconds: float | None = None
    gap: float = 0.0
    seed: int = 0

    def left(self, since: float) -> Limits:
        """Return the limits that remain of these, ``since`` being a reading of ``time.perf_counter``."""
        if self.seconds is None:
            return self
        return Limits(max(0.0, self.seconds - (time.perf_counter() - since)), self.gap, self.seed)

    @property
    def spent(self) -> bool:
        """Whether no time is left."""
        return self.seconds is not None and self.seconds <= 0


UNLIMITED = Limits()
"""Until it is proven."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What a solver found.

    Parameters
    ----------
    status
        OPTIMAL means: within the tolerances of the engine, and within the gap that was asked.
    values
        Shape (n,), the incumbent; None when there is none.
    objective
        Objective of the incumbent; infinite (as the worst) when there is none.
    bound
        No solution is better than this, the engine says.
    duals
        Shape (m,), multipliers of the rows, signed so that the reduced cost is ``cost - duals @ rows``; None for
        programs with integers.
    seconds
        Wall time.
    interrupted
        Whether Ctrl-C ended it.
    """

    status: Status
    values: Floats | None
    objective: float
    bound: float
    duals: Floats | None
    seconds: float
    interrupted: bool = False
