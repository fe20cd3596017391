"""When the stations of a district are open: a week of minutes for each, and longer hours laid over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.calendars import Calendar
from workbench.hours import DAY_MINUTES, names_unknown
from workbench.terms import Access

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

WEEK_MINUTES = 7 * DAY_MINUTES
"""Minutes of a week."""

NOT_KNOWN = -1
"""Place of a station whose opening hours are missing or only "unknown": it is never counted as open, and reported."""
SHUT = -2
"""Place of a station that serves nobody (access ``closed``)."""

Widening = Callable[[Flags], Flags]
"""From weeks of open minutes, shape (t, 7, 1440), to weeks in which no minute less is open."""


@dataclass(frozen=True, eq=False)
class Timetable:
    """Opening of every station, minute by minute; stations that keep the same hours share a week.

    Two people on one post (AB岗) change nothing here: a station is open or it is not.

    Attributes
    ----------
    weeks
        The distinct weeks, Monday first, shape (t, 10080).
    of_station
        Row of ``weeks`` for each row of the stations layer, shape (s,); :data:`NOT_KNOWN` or :data:`SHUT`.
    """

    weeks: Flags
    of_station: Ints

    @classmethod
    def of(cls, stations: pd.DataFrame, calendar: Calendar) -> Timetable:
        """Read the opening hours of a stations layer in a week."""
        texts = stations["opening_hours"]
        distinct = sorted(texts.dropna().unique())
        place = {text: row for row, text in enumerate(distinct)}
        rows = np.array([place.get(text, NOT_KNOWN) for text in texts], np.int64)
        weeks = [calendar.open_minutes(text).ravel() for text in distinct]
        vague = [row for row, text in enumerate(distinct) if names_unknown(text) and not weeks[row].any()]
        rows[np.isin(rows, vague)] = NOT_KNOWN  # nothing but "by appointment" is not known either
        rows[(stations["access"] == Access.CLOSED).to_numpy()] = SHUT
        return cls(np.array(weeks, bool).reshape(-1, WEEK_MINUTES), rows).tidy

    @property
    def tidy(self) -> Timetable:
        """The same opening with every week once, and none that no station keeps."""
        used = self.of_station >= 0
        kept, place = np.unique(self.of_station[used], return_inverse=True)
        first, merged = distinct_rows(np.packbits(self.weeks[kept], axis=1))
        rows = self.of_station.copy()
        rows[used] = merged[place]
        return Timetable(self.weeks[kept[first]], rows)

    @property
    def known(self) -> Flags:
        """Stations whose hours are known and that serve somebody, shape (s,)."""
        return self.of_station >= 0

    @property
    def missing(self) -> int:
        """Number of stations that serve somebody at hours that are not known."""
        return int((self.of_station == NOT_KNOWN).sum())

    @property
    def silent(self) -> bool:
        """Whether there are stations and the hours of none are known: then nothing can be said of the week."""
        return self.missing > 0 and not self.known.any()

    def widened(self, widen: Widening, keeping: Flags) -> Timetable:
        """Return the timetable in which some stations keep longer hours.

        Parameters
        ----------
        widen
            What the longer hours are.
        keeping
            Which stations keep them, shape (s,); those whose hours are not known are left as they are.
        """
        longer = widen(self.weeks.reshape(-1, 7, DAY_MINUTES)).reshape(-1, WEEK_MINUTES)
        moved = keeping & self.known
        rows = np.where(moved, self.of_station + len(self.weeks), self.of_station)
        return Timetable(np.concatenate([self.weeks, longer]), rows).tidy

    @cached_property
    def open_hours(self) -> Floats:
        """Hours a week for which each station is open, shape (s,); NaN where not known or shut."""
        hours = np.append(self.weeks.sum(axis=1) / 60, np.nan)
        return np.asarray(hours[np.where(self.known, self.of_station, -1)], np.float64)


@dataclass(frozen=True, eq=False)
class States:
    """The minutes of a week by what is open in them: minutes with the same weeks and the same gates open are one state.

    Attributes
    ----------
    open
        Which week is open in which state, shape (t, u).
    of_minute
        State of each minute of the week, shape (10080,).
    gates
        State of the gates in each state, shape (u,).
    """

    open: Flags
    of_minute: Ints
    gates: Ints

    @classmethod
    def of(cls, weeks: Flags, gates: Ints) -> States:
        """Find the states of these weeks, shape (t, 10080), and of the gates in each minute, shape (10080,)."""
        of_gates = gates.astype(">u2").view(np.uint8).reshape(-1, 2)
        first, state = distinct_rows(np.hstack([np.packbits(weeks, axis=0).T, of_gates]))
        return cls(weeks[:, first], state, gates[first])

    def minutes(self, within: Flags | None = None) -> Floats:
        """Return how many minutes each state lasts, shape (u,); of these minutes of the week only when given."""
        chosen = self.of_minute if within is None else self.of_minute[within.ravel()]
        return np.bincount(chosen, minlength=self.open.shape[1]).astype(np.float64)


def distinct_rows(packed: npt.NDArray[np.uint8]) -> tuple[Ints, Ints]:
    """Find the distinct rows of a table of bytes, shape (n, b).

    Returns
    -------
    first : ndarray of int64
        A row of each kind, the first one; kinds are ordered by their bytes.
    kind : ndarray of int64, shape (n,)
        Kind of each row.
    """
    rows, width = packed.shape
    if not rows or not width:
        return np.zeros(min(rows, 1), np.int64), np.zeros(rows, np.int64)
    whole = np.ascontiguousarray(packed).view(np.dtype((np.void, width))).ravel()
    _, first, kind = np.unique(whole, return_index=True, return_inverse=True)
    return first.astype(np.int64), kind.astype(np.int64)
