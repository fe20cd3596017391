"""What became of whom, judged without the simulation: every rule of the windows on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import numpy as np

from workbench.catalogue.halls import CELLS, QUARTER
from workbench.errors import CheckError, Problem
from workbench.queueing.windows import Staffing, Trace

_TOLERANCE = 1e-9


class WindowRule(StrEnum):
    """The rules; each is named in faults by this word."""

    PATIENCE = "patience"
    SKILL = "skill"
    OPEN = "open"
    ONE = "one_at_a_time"
    ORDER = "order"
    IDLE = "idle"


_People = Iterator[int]


def _served(found: Trace) -> list[int]:
    return np.flatnonzero(np.isfinite(found.began)).tolist()


def _ends(found: Trace, windows: Staffing, j: int) -> float:
    return float(found.began[j] + found.work[j] * windows.factor[found.window[j]])


def _opens(windows: Staffing, s: int, when: float) -> float:
    """Return the first moment from then on at which a window may begin."""
    return max(when, float(windows.opens[s, min(int(when // QUARTER), CELLS)]))


def _patience(found: Trace, windows: Staffing) -> _People:
    """Nobody is served before coming, nor after leaving."""
    return (j for j in _served(found) if not found.at[j] <= found.began[j] <= found.leaves[j])


def _skill(found: Trace, windows: Staffing) -> _People:
    """Nobody is served by a window that does not serve the matter."""
    return (j for j in _served(found) if windows.rank[found.window[j], found.kind[j]] < 0)


def _open(found: Trace, windows: Staffing) -> _People:
    """No window begins while it is shut."""
    return (j for j in _served(found) if _opens(windows, found.window[j], found.began[j]) > found.began[j])


def _one(found: Trace, windows: Staffing) -> _People:
    """Serve one at a time."""
    for s in range(len(windows.rank)):
        own = sorted((found.began[j], j) for j in _served(found) if found.window[j] == s)
        for (_, before), (begins, j) in pairwise(own):
            if begins < _ends(found, windows, before) - _TOLERANCE:
                yield j


def _order(found: Trace, windows: Staffing) -> _People:
    """Nobody whom a window would rather have served was waiting when it began: own matters, then elders, then first."""

    def key(s: int, j: int) -> tuple[int, bool, int]:
        return int(windows.rank[s, found.kind[j]]), not found.elder[j], j

    for j in _served(found):
        s, now = found.window[j], found.began[j]
        for k in range(len(found.at)):
            waits = found.at[k] <= now <= found.leaves[k] and not found.began[k] <= now
            if waits and windows.rank[s, found.kind[k]] >= 0 and key(s, k) < key(s, j):
                yield j


def _idle(found: Trace, windows: Staffing) -> _People:
    """Nobody waits while a window is free and open that serves the matter."""
    for j in range(len(found.at)):
        until = found.began[j] if np.isfinite(found.began[j]) else found.leaves[j]
        for s in np.flatnonzero(windows.rank[:, found.kind[j]] >= 0).tolist():
            own = sorted((found.began[k], _ends(found, windows, k)) for k in _served(found) if found.window[k] == s)
            free = found.at[j]
            for begins, ends in [*own, (np.inf, np.inf)]:
                if _opens(windows, s, free) < min(begins, until) - _TOLERANCE:
                    yield j
                free = max(free, ends)
                if free >= until:
                    break


_RULES: Final[Mapping[WindowRule, Callable[[Trace, Staffing], _People]]] = MappingProxyType(
    {
        WindowRule.PATIENCE: _patience,
        WindowRule.SKILL: _skill,
        WindowRule.OPEN: _open,
        WindowRule.ONE: _one,
        WindowRule.ORDER: _order,
        WindowRule.IDLE: _idle,
    }
)


def faults(found: Trace, windows: Staffing, week: int = 0) -> list[tuple[WindowRule, int]]:
    """List the rules that a week of a trace breaks, each with whom it breaks them for, by place in the week."""
    rows = slice(found.first[week], found.first[week + 1])
    parts = (getattr(found, name)[rows] for name in ("at", "kind", "work", "leaves", "elder", "began", "window"))
    own = Trace(np.array([0, rows.stop - rows.start]), *parts)
    return [(rule, j) for rule, broken in _RULES.items() for j in dict.fromkeys(broken(own, windows))]


def refuse_faults(found: Trace, windows: Staffing, hall: str) -> None:
    """Raise where the first week of a trace breaks a rule."""
    if wrong := faults(found, windows):
        raise CheckError([Problem(f"hall {hall}", f"the rule {rule} is broken", f"person {j}") for rule, j in wrong])
