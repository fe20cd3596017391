"""The course of a search: what is known so far, who is told, and when to stop."""

from __future__ import annotations

import math
import time

from workbench.errors import Problem
from workbench.siting.problem import SitingError
from workbench.siting.result import Progress, Stage, relative_gap
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
    """

    def __init__(self, maximise: bool, limits: Limits, interrupt: Interrupt, progress: Progress | None) -> None:
        self.sign = 1.0 if maximise else -1.0
        self._limits, self._interrupt, self._progress = limits, interrupt, progress
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
        self.stages.append(Stage(stage, self.seconds, self.incumbent, self.bound, note))
        self.tell(stage)

    def tell(self, stage: str) -> None:
        """Tell where the search stands."""
        if self._progress is not None:
            self._progress(stage, self.incumbent, self.bound, relative_gap(self.incumbent, self.bound))

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
    wrong: list[Problem] = []
    if time_limit_s is not None and not time_limit_s > 0:
        wrong.append(Problem(where, "no time to search", key="time_limit_s", expected="> 0", found=str(time_limit_s)))
    if not 0.0 <= gap < 1.0:
        wrong.append(Problem(where, "this is no gap", key="gap", expected="0 or more, below 1", found=str(gap)))
    if seed < 0:
        wrong.append(Problem(where, "this is no seed", key="seed", expected="a whole number ≥ 0", found=repr(seed)))
    if wrong:
        raise SitingError(wrong)
    return Limits(time_limit_s, gap, int(seed))
