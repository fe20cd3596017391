"""Long work says where it is: on a terminal, in a notebook, or into a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Tell = Callable[[str, int, int], None]
"""Called with a stage, how many of its steps are done, and how many there are."""


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
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars: dict[str, TaskID] = {}
    with Progress(*columns, console=console, transient=False) as progress:

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in bars:
                bars[stage] = progress.add_task(stage, total=total)
            progress.update(bars[stage], completed=done, total=total)

        yield tell
