"""The course of a search: what is known so far, who is told, and when to stop."""

from __future__ import annotations

import math
import time

from workbench.siting.problem import SitingError
from workbench.siting.result import Progress, Stage, relative_gap
from workbench.siting.rules import Gate
from workbench.siting.whole_numbers import Unit
from workbench.solving import Interrupt, Limits, News


class Course:
    """Keeps the best incumbent and bound of one search.

    Parameters
    ----------
    maximise
        Whether a larger objective is better.
    limits
        When to stop.
    interrupt
        Whether Ctrl-C was pressed.
    progress
        Who is told of stage, incumbent, bound and gap.
    unit
        What the objective of the search is counted in; others are told real numbers.
    """

    def __init__(
        self,
        maximise: bool,
        limits: Limits,
        interrupt: Interrupt,
        progress: Progress | None,
        unit: Unit | None = None,
    ) -> None:
        self.sign = 1.0 if maximise else -1.0
        self._limits, self._interrupt, self._progress = limits, interrupt, progress
        self._unit = unit
        self.began = time.perf_counter()
        self.incumbent = self.bound = math.nan
        self.stages: list[Stage] = []

    @property
    def seconds(self) -> float:
        """Wall time so far."""
        return time.perf_counter() - self.began

    @property
    def left(self) -> Limits:
        """Limits that remain."""
        return self._limits.left(self.began)

    @property
    def over(self) -> bool:
        """Whether to stop, because of the limits or of Ctrl-C."""
        return self._interrupt.asked or self.left.spent

    @property
    def good_enough(self) -> bool:
        """Whether the gap is as small as was asked."""
        gap = relative_gap(self.incumbent, self.bound)
        return gap <= self._limits.gap

    def learn(self, incumbent: float = math.nan, bound: float = math.nan) -> None:
        """Take an incumbent or a bound in, if it is better than what was known."""
        if math.isfinite(incumbent) and not self.sign * incumbent <= self.sign * self.incumbent:
            self.incumbent = incumbent
        if math.isfinite(bound) and not self.sign * bound >= self.sign * self.bound:
            self.bound = bound

    def close(self, stage: str, incumbent: float = math.nan, bound: float = math.nan, note: str = "") -> None:
        """End a stage: take in what it found, note it, and tell."""
        self.learn(incumbent, bound)
        self.stages.append(Stage(stage, self.seconds, self._real(self.incumbent), self._real(self.bound), note))
        self.tell(stage)

    def tell(self, stage: str) -> None:
        """Tell where the search stands."""
        if self._progress is not None:
            known = self._real(self.incumbent), self._real(self.bound)
            self._progress(stage, *known, relative_gap(self.incumbent, self.bound))

    def _real(self, value: float) -> float:
        return value if self._unit is None else self._unit.real(value)

    def news(self, stage: str, flip: bool, offset: float = 0.0) -> News:
        """Return a listener for a solver that minimises, with the sign turned where ``flip`` says so."""
        sign = -1.0 if flip else 1.0

        def hear(incumbent: float, bound: float) -> None:
            self.learn(sign * incumbent + offset, sign * bound + offset)
            self.tell(stage)

        return hear


def read_limits(where: str, time_limit_s: float | None, gap: float, seed: int) -> Limits:
    """Read when to stop.

    Raises
    ------
    SitingError
        If a limit means nothing.
    """
    gate = Gate(where, 0, 0)
    if time_limit_s is not None and time_limit_s != math.inf:
        gate.number("time_limit_s", time_limit_s, "no time to search", "> 0", least=math.ulp(0.0))
    gate.number("gap", gap, "this is no gap", "0 or more, below 1", most=math.nextafter(1.0, 0.0))
    gate.count("seed", seed, 0)
    if gate.problems:
        raise SitingError(gate.problems)
    return Limits(time_limit_s, float(gap), int(seed))
