"""Long work says where it is: on a terminal, in a notebook, or into a log."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

import rich.progress
from rich.console import Console


class Progress:
    """Is told how far long work is. This one tells nobody; others override what they show."""

    def step(self, stage: str, done: int, total: int) -> None:
        """Hear that so many of the steps of a stage are done."""

    def bound(self, stage: str, incumbent: float, bound: float) -> None:
        """Hear how the search of a stage stands; either number may be infinite or none."""

    def note(self, stage: str, words: str) -> None:
        """Hear what of a stage is done, by name."""

    def within(self, outer: str) -> Progress:
        """Return what hears of a search whose stages are parts of one stage of this work."""
        return _Within(self, outer)


SILENT = Progress()
"""Tells nobody."""


class _Within(Progress):
    """Hands on how a search stands, under the name of the stage that it is a part of."""

    def __init__(self, progress: Progress, outer: str) -> None:
        self._progress, self._outer = progress, outer

    def bound(self, stage: str, incumbent: float, bound: float) -> None:
        self._progress.bound(f"{self._outer}/{stage}", incumbent, bound)


class Stopwatch(Progress):
    """Hands progress on and remembers how long each stage took.

    Parameters
    ----------
    progress
        Who else is told.
    """

    def __init__(self, progress: Progress = SILENT) -> None:
        self._progress = progress
        self._began: dict[str, float] = {}
        self.seconds: dict[str, float] = {}

    def step(self, stage: str, done: int, total: int) -> None:
        """Note the hour, and hand on."""
        now = time.perf_counter()
        began = self._began.setdefault(stage, now)
        self.seconds[stage] = now - began
        self._progress.step(stage, done, total)

    def bound(self, stage: str, incumbent: float, bound: float) -> None:
        """Hand on."""
        self._progress.bound(stage, incumbent, bound)

    def note(self, stage: str, words: str) -> None:
        """Hand on."""
        self._progress.note(stage, words)


def relative_gap(incumbent: float, bound: float) -> float:
    """Return how far the bound is from the incumbent, as a share of the incumbent."""
    if not (math.isfinite(incumbent) and math.isfinite(bound)):
        return math.nan
    apart = abs(bound - incumbent)
    if apart == 0.0:
        return 0.0
    return apart / abs(incumbent) if incumbent else math.inf


class _Bars(Progress):
    """One bar a stage."""

    def __init__(self, progress: rich.progress.Progress) -> None:
        self._progress = progress
        self._bars: dict[str, rich.progress.TaskID] = {}

    def step(self, stage: str, done: int, total: int) -> None:
        if stage not in self._bars:
            self._bars[stage] = self._progress.add_task(stage, total=total, note="")
        self._progress.update(self._bars[stage], completed=done, total=total)

    def note(self, stage: str, words: str) -> None:
        if stage in self._bars:
            self._progress.update(self._bars[stage], note=words)

    def bound(self, stage: str, incumbent: float, bound: float) -> None:
        outer, _, inner = stage.partition("/")
        if outer in self._bars:
            gap = relative_gap(incumbent, bound)
            parts = [inner] if inner else []
            parts += [f"incumbent {incumbent:,.6g}"] if math.isfinite(incumbent) else []
            parts += [f"bound {bound:,.6g}"] if math.isfinite(bound) else []
            parts += [f"gap {gap:.2%}"] if math.isfinite(gap) else []
            self._progress.update(self._bars[outer], note=" · ".join(parts))


@contextmanager
def shown_progress(console: Console) -> Iterator[Progress]:
    """Show one bar a stage on a console; rich knows terminals, notebooks and plain files.

    Parameters
    ----------
    console
        Where to.
    """
    named, noted = rich.progress.TextColumn("{task.description:<10}"), rich.progress.TextColumn("{task.fields[note]}")
    bar, count, elapsed = (
        rich.progress.BarColumn(), rich.progress.MofNCompleteColumn(), rich.progress.TimeElapsedColumn()
    )  # fmt: skip
    with rich.progress.Progress(named, bar, count, elapsed, noted, console=console, transient=False) as progress:
        yield _Bars(progress)
