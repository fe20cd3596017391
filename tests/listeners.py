"""Who hears how far long work is: a function of steps, or of how a search stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.progress import Progress


class Steps(Progress):
    def __init__(self, hear: Callable[[str, int, int], Any]) -> None:
        self._hear = hear

    def step(self, stage: str, done: int, total: int) -> None:
        self._hear(stage, done, total)


class Bounds(Progress):
    def __init__(self, hear: Callable[[str, float, float], Any]) -> None:
        self._hear = hear

    def bound(self, stage: str, incumbent: float, bound: float) -> None:
        self._hear(stage, incumbent, bound)
