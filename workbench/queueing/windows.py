"""How long people wait: closed forms where they hold, weeks simulated with common random numbers where they do not.

Erlang-C and Erlang-A hold for a steady stream, exponential handling and windows that all do the same. Halls have peaks,
lunch, windows that differ, elders who go first, people who leave. There a week is simulated, and again, until the
confidence interval is narrow enough. A hall is empty every night, so that no warm-up has to be thrown away.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from scipy import special

from workbench.arrays import Flags, Floats, Ints
from workbench.catalogue.halls import CELLS, QUARTER
from workbench.queueing.kernel import serve

# ----------------------------------------------------------------------------------------------------------------------
# Closed forms (Erlang 1917; Palm 1957). Load = people an hour × hours of service each; windows that all do the same.


def erlang_b(load: float, windows: int) -> float:
    """Return the chance that all windows are busy where nobody waits."""
    blocked = 1.0
    for n in range(1, windows + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(load: float, windows: int) -> float | None:
    """Return the chance to wait where everybody waits; None where the load is no less than the windows bear."""
    if load >= windows:
        return None
    blocked = erlang_b(load, windows)
    return windows * blocked / (windows - load * (1 - blocked))


@dataclass(frozen=True)
class Steady:
    """A steady stream: mean wait until service or leaving, minutes; chances not to be served in time, and to leave."""

    wait: float
    late: float
    left: float


def steady(load: float, windows: int, service: float, target: float, patience: float = math.inf) -> Steady | None:
    """Return what a steady stream meets, by Erlang-C, or by Erlang-A where patience ends; times in minutes.

    ``load`` is how many windows it would keep busy; service and patience are exponential. None where nobody leaves and
    the windows cannot bear the load: there is no steady state, and nothing infinite is said.
    """
    if math.isinf(patience):
        waits = erlang_c(load, windows)
        if waits is None:
            return None
        drain = (windows - load) / service
        return Steady(waits / drain, waits * math.exp(-drain * target), 0.0)
    hurry = service / patience
    chance = _in_the_hall(load, windows, hurry)
    ahead = np.maximum(np.arange(1, len(chance) + 1) - windows, 0)  # of whoever comes next, with her own patience
    served = windows / (windows + hurry * ahead)
    left = float(chance @ (1 - served))
    begun = np.where(ahead > 0, special.betainc(ahead, windows / hurry + 1, -math.expm1(-target / patience)), 1.0)
    return Steady(patience * left, float(1 - chance @ (served * begun)), left)


def _in_the_hall(load: float, windows: int, hurry: float) -> Floats:
    """Return the chance that 0, 1, 2 … are in the hall where patience ends ``hurry`` times as fast as service."""
    size = windows + int(max(load - windows, 0.0) / hurry + 12 * math.sqrt(max(load, 1.0) / hurry)) + 200
    n = np.arange(1, size)
    down = np.minimum(n, windows) + hurry * np.maximum(n - windows, 0)
    logs = np.concatenate([[0.0], np.cumsum(np.log(max(load, _LEAST) / down))])
    chance = np.exp(logs - logs.max())
    return np.asarray(chance / chance.sum())


_LEAST = 1e-300


# ----------------------------------------------------------------------------------------------------------------------
# Who would come; the windows of a hall; what becomes of whom.


BATCH: Final = 32
"""Weeks that are drawn at a time; the next batch is another stream, so that more weeks change no earlier one."""


@dataclass(frozen=True, eq=False)
class Crowd:
    """People who would come in some weeks, shape (n,) each, by week and time.

    At which minute of the week, with which kind of matter, how long it takes a clerk of one department, how long they
    wait, whether they go first. Drawn from 0 to 1: whether they come back where the hall is shut, and when (``again``),
    and whether they come at all where fewer do (``lot``).
    """

    week: Ints
    at: Floats
    kind: Ints
    work: Floats
    patience: Floats
    elder: Flags
    returns: Floats
    again: Floats
    lot: Floats

    @cached_property
    def cell(self) -> Ints:
        """Cell of the week in which each would come, shape (n,)."""
        return (self.at // QUARTER).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Staffing:
    """The windows of a hall in a week.

    Cells in which the hall is open, shape (672,), and each window, shape (windows, 672); ``rank`` and ``factor`` as
    :func:`workbench.queueing.kernel.serve` has them. Windows that ``leave`` close by the clock, shape (windows,); the
    others stay until all who came in are served.
    """

    hall: Flags
    windows: Flags
    rank: Ints
    factor: Floats
    leaves: Flags

    @property
    def hours(self) -> float:
        """Hours a week that all windows are open together."""
        return float(self.windows.sum()) * QUARTER / 60

    @cached_property
    def opens(self) -> Floats:
        """First minute at or after a cell at which a window may begin a service, shape (windows, 673)."""
        may = self.windows | (~self.hall & ~self.leaves[:, None])
        minutes = np.where(may, QUARTER * np.arange(CELLS, dtype=np.float64), np.inf)
        last = np.where(self.leaves, np.inf, float(QUARTER * CELLS))[:, None]
        return np.minimum.accumulate(np.hstack([minutes, last])[:, ::-1], axis=1)[:, ::-1].copy()


_BINS, _BIN = 2400, 0.1  # minutes; the last bin holds all longer waits


@dataclass(frozen=True, eq=False)
class Outcome:
    """What some weeks of a season came to.

    By week, shape (weeks,): people who would come, came, were served, and were served within the target; minutes that
    windows served. Hours a week that all windows are open. People by wait, tenths of a minute, those who left included.
    Minutes that people waited in each cell of the week, mean of the weeks, shape (672,). ``expected`` are the people
    of a week who would come, and who come, by their rate.
    """

    wished: Floats
    came: Floats
    served: Floats
    prompt: Floats
    busy: Floats
    hours: float
    waits: Floats
    backlog: Floats
    expected: tuple[float, float] = (0.0, 0.0)

    @property
    def weeks(self) -> int:
        """How many were simulated."""
        return len(self.came)

    def share(self, *, wished: bool = False) -> float:
        """Return the share that is served within the target, of those who came, or of those who would come."""
        whole = float((self.wished if wished else self.came).sum())
        return float(self.prompt.sum()) / whole if whole else 1.0

    def half_width(self, confidence: float, *, wished: bool = False) -> float:
        """Return half the width of the confidence interval of that share, weeks being alike and independent."""
        whole = self.wished if wished else self.came
        if self.weeks < 2 or not whole.sum():
            return 0.0
        off = self.prompt - self.share(wished=wished) * whole
        deviation = math.sqrt(float(off @ off) / (self.weeks - 1) / self.weeks) / float(whole.mean())
        return float(special.stdtrit(self.weeks - 1, (1 + confidence) / 2)) * deviation

    def joined(self, more: Outcome) -> Outcome:
        """Return the outcome of these weeks and more of them."""
        backlog = (self.weeks * self.backlog + more.weeks * more.backlog) / (self.weeks + more.weeks)
        by_week = ("wished", "came", "served", "prompt", "busy")
        parts: dict[str, Any] = {n: np.concatenate([getattr(self, n), getattr(more, n)]) for n in by_week}
        return replace(self, **parts, waits=self.waits + more.waits, backlog=backlog)


@dataclass(frozen=True, eq=False)
class Trace:
    """Who came, in the order of coming, and what became of them; shape (n,) each, as the kernel has them."""

    first: Ints
    at: Floats
    kind: Ints
    work: Floats
    leaves: Floats
    elder: Flags
    began: Floats
    window: Ints


def trace(crowd: Crowd, rate: Floats, staffing: Staffing, returns: float, keep: float = 1.0) -> Trace:
    """Send a crowd to the windows; ``keep`` is the share of it that would come at all.

    Of those for whom the hall is shut a share comes back when it is open, then as the others at their ``rate``.
    """
    wanted = rate * staffing.hall
    shut = ~staffing.hall[crowd.cell]
    order = np.flatnonzero((crowd.lot < keep) & (~shut | ((crowd.returns < returns) & wanted.any())))
    at, back = crowd.at[order], shut[order]
    if back.any():
        expected = np.cumsum(wanted)
        when = crowd.again[order[back]] * expected[-1]
        place = np.searchsorted(expected, when, side="right").clip(max=CELLS - 1)
        into = (expected[place] - when) / np.maximum(wanted[place], _LEAST)
        at[back] = QUARTER * (place + 1 - np.clip(into, 0.0, 1.0))
        coming = np.lexsort((at, crowd.week[order]))
        order, at = order[coming], at[coming]
    first = np.searchsorted(crowd.week[order], np.arange(BATCH + 1))
    began, window = np.full(len(order), np.nan), np.full(len(order), -1)
    found = Trace(first, at, crowd.kind[order], crowd.work[order], at + crowd.patience[order], crowd.elder[order],
                  began, window)  # fmt: skip
    run(found, staffing)
    return found


def run(found: Trace, staffing: Staffing) -> None:
    """Fill in when and at which window everybody of a trace begins."""
    serve(found.first, found.at, found.kind, found.work, found.leaves, found.elder, staffing.rank, staffing.factor,
          staffing.opens, found.began, found.window)  # fmt: skip


def outcome(crowd: Crowd, found: Trace, staffing: Staffing, target: float, keep: float = 1.0) -> Outcome:
    """Sum a trace up."""
    served = np.isfinite(found.began)
    until = np.where(served, found.began, found.leaves)
    waited = until - found.at
    week = np.repeat(np.arange(BATCH), np.diff(found.first))

    def by_week(values: Flags | Floats) -> Floats:
        return np.bincount(week, values, minlength=BATCH).astype(np.float64)

    wished = np.bincount(crowd.week, crowd.lot < keep, minlength=BATCH).astype(np.float64)
    work = found.work * staffing.factor[found.window] * served
    prompt = served & (waited <= target + _TOLERANCE)
    bins = np.minimum((waited / _BIN).astype(np.int64), _BINS)
    waits = np.bincount(bins, minlength=_BINS + 1).astype(np.float64)
    return Outcome(wished, by_week(np.ones(len(week))), by_week(served), by_week(prompt), by_week(work), staffing.hours,
                   waits, _backlog(found.at, until) / BATCH)  # fmt: skip


_TOLERANCE = 1e-9


def _backlog(begin: Floats, end: Floats) -> Floats:
    """Return the minutes that people wait in each cell of the week, in all weeks together."""
    edges = QUARTER * np.arange(CELLS + 1, dtype=np.float64)
    sorted_begin, sorted_end = np.sort(begin), np.sort(end)
    waited = np.zeros(CELLS + 1)
    for edge, sign in ((sorted_begin, 1.0), (sorted_end, -1.0)):
        place = np.searchsorted(edge, edges, side="right")
        waited += sign * (place * edges - np.concatenate([[0.0], np.cumsum(edge)])[place])
    return np.asarray(np.diff(waited))


def quantile(outcomes: Iterable[tuple[float, Outcome]], share: float) -> float | None:
    """Return a quantile of the waits of outcomes, each with its weeks a year, minutes; None where nobody came."""
    waits = sum((weeks / one.weeks * one.waits for weeks, one in outcomes), np.zeros(_BINS + 1))
    reached = np.cumsum(waits)
    if not reached[-1]:
        return None
    return float(_BIN * np.searchsorted(reached, share * reached[-1] - _TOLERANCE))
