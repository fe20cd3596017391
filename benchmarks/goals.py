"""What was promised of the speed, held against the rows of the same section."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks.clock import Row

ANEW = "anew"
"""How the name of a contender ends that does without what is being measured."""


def ratio(row: Row) -> float | None:
    """How many times our time the contender took."""
    return row.ratio


def behind(row: Row) -> float | None:
    """How many times its time we took."""
    return None if row.ratio is None else 1 / row.ratio


def seconds(row: Row) -> float | None:
    """Processor time, of what was promised: measuring anew is only there for contrast."""
    return None if row.contender.endswith(ANEW) else row.seconds


def noted(words: str) -> Callable[[Row], float | None]:
    """Read the number that stands before, or after, some words of the note."""
    pattern = re.compile(rf"([\d.]+) {words}|{words} ([\d.]+)")

    def read(row: Row) -> float | None:
        found = pattern.search(row.note)
        return float(found[1] or found[2]) if found else None

    return read


def proven(row: Row) -> float | None:
    """Processor time until the proof; without end where a gap is left."""
    return math.inf if noted("% gap")(row) else seconds(row)


@dataclass(frozen=True)
class Goal:
    """One promise.

    Parameters
    ----------
    words
        What was promised, as a reader would say it.
    source
        Who promised: ``findings``, or an issue.
    task, contender
        How the rows begin that it is about, the worst of them counts.
    bound
        What must be reached, in the unit of ``measure``.
    measure
        Reads it from a row.
    at_most
        Whether less is better.
    """

    words: str
    source: str
    task: str
    contender: str
    bound: float
    measure: Callable[[Row], float | None] = ratio
    at_most: bool = False

    def reached(self, rows: Iterable[Row]) -> float | None:
        """Return the worst of the rows; None if there is none."""
        about = [row for row in rows if row.task.startswith(self.task) and row.contender.startswith(self.contender)]
        values = [value for row in about if (value := self.measure(row)) is not None]
        if not values:
            return None
        return max(values) if self.at_most else min(values)


def judged(goals: Iterable[Goal], rows: list[Row]) -> str:
    """Lay goals out as a Markdown table, with what was reached."""
    lines = ["| goal | from | reached | |", "|---|---|--:|---|"]
    for goal in goals:
        value = goal.reached(rows)
        if value is None:
            verdict, shown = "not measured", ""
        else:
            met = value <= goal.bound if goal.at_most else value >= goal.bound
            verdict, shown = "met" if met else "**missed**", _shown(goal, value)
        lines.append(f"| {goal.words} | {goal.source} | {shown} | {verdict} |")
    return "\n".join(lines) + "\n" if len(lines) > 2 else ""


def _shown(goal: Goal, value: float) -> str:
    if math.isinf(value):
        return "not proven"
    if goal.measure not in (seconds, proven):
        return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:,.3g} {unit}"
    return f"{value * 1e6:,.3g} µs"
