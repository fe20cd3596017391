"""Long work says where it is: on a terminal, in a notebook, or into a log."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Tell = Callable[[str, int, int], None]
"""Called with a stage, how many of its steps are done, and how many there are."""


Note = Callable[[str, str], None]
"""Called with a stage and what there is to say of it now."""


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


class Stopwatch:
    """Hands progress on and remembers how long each stage took.

    Parameters
    ----------
    tell
        Who else is told.
    """

    def __init__(self, tell: Tell = silent) -> None:
        self._tell = tell
        self._began: dict[str, float] = {}
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Note the hour, and hand on."""
        now = time.perf_counter()
        began = self._began.setdefault(stage, now)
        self.seconds[stage] = now - began
        self._tell(stage, done, total)

    def note(self, stage: str, text: str) -> None:
        """Hand on what there is to say of a stage, to whoever can show it."""
        _note_of(self._tell)(stage, text)


def _unnoted(stage: str, text: str) -> None:
    """Say nothing."""


def _note_of(tell: Tell) -> Note:
    return getattr(tell, "note", _unnoted)


def solver_course(tell: Tell, stage: str) -> Callable[[str, float, float, float], None]:
    """Return what a solver tells of its course: step, incumbent, bound and gap, shown beside a stage.

    Parameters
    ----------
    tell
        Who is told; it shows the course if it has a method ``note``.
    stage
        The stage that the solver is a part of.
    """
    note = _note_of(tell)

    def told(step: str, incumbent: float, bound: float, gap: float) -> None:
        parts = [step]
        parts += [f"incumbent {incumbent:,.6g}"] if math.isfinite(incumbent) else []
        parts += [f"bound {bound:,.6g}"] if math.isfinite(bound) else []
        parts += [f"gap {gap:.2%}"] if math.isfinite(gap) else []
        note(stage, " · ".join(parts))

    return told


class _Bars:
    """One bar a stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self._bars:
            self._bars[stage] = self._progress.add_task(stage, total=total, note="")
        self._progress.update(self._bars[stage], completed=done, total=total)

    def note(self, stage: str, text: str) -> None:
        if stage in self._bars:
            self._progress.update(self._bars[stage], note=text)


@contextmanager
def shown_progress(console: Console) -> Iterator[Tell]:
    """Show one bar a stage on a console; rich knows terminals, notebooks and plain files.

    Parameters
    ----------
    console
        Where to.

    Yields
    ------
    Tell
        To be called with stage, steps done and steps in all.
    """
    named, noted = TextColumn("{task.description:<10}"), TextColumn("{task.fields[note]}")
    columns = (named, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), noted)
    with Progress(*columns, console=console, transient=False) as progress:
        yield _Bars(progress)
