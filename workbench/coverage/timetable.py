"""When the stations of a district are open: a week of minutes for each, and longer hours laid over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from workbench.arrays import Flags, Floats, Ints
from workbench.calendars import Calendar
from workbench.catalogue.terms import Access, ServiceLevel
from workbench.hours import DAY_MINUTES, names_holidays, names_unknown
from workbench.scenario import Scenario
from workbench.scenario.hours import Hours

WEEK_MINUTES = 7 * DAY_MINUTES
"""Minutes of a week."""

NOT_KNOWN = -1
"""Place of a station whose opening hours are missing or only "unknown": it is never counted as open, and reported."""
SHUT = -2
"""Place of a station that serves nobody (access ``closed``)."""

_Widening = Callable[[Flags], Flags]
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

    def widened(self, widen: _Widening, keeping: Flags) -> Timetable:
        """Return the timetable in which some stations keep longer hours."""
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
    """Find the distinct rows of a table of bytes, shape (n, b)."""
    rows, width = packed.shape
    if not rows or not width:
        return np.zeros(min(rows, 1), np.int64), np.zeros(rows, np.int64)
    whole = np.ascontiguousarray(packed).view(np.dtype((np.void, width))).ravel()
    _, first, kind = np.unique(whole, return_index=True, return_inverse=True)
    return first.astype(np.int64), kind.astype(np.int64)


# ----------------------------------------------------------------------------------------------------------------------
# Who has an open station within reach, state by state of the week; exact, and small.
#
# Demand points that reach stations of the same weeks through the same gates are one choice, and minutes in which the
# same weeks and gates are open are one state (States): a district of thousands of points and 10,080 minutes comes
# down to a few hundred choices and a few dozen states.


@dataclass(frozen=True, eq=False)
class Presence:
    """On-site service as one manner of walking meets it.

    Attributes
    ----------
    served
        Whether some station of a choice is open in a state, shape (p, u).
    of_point
        Choice of each demand point, shape (k,).
    """

    served: Flags
    of_point: Ints

    @classmethod
    def of(cls, walks: Sequence[csr_array], of_station: Ints, states: States) -> Presence:
        """Find the choices of the demand points."""
        weeks, size = len(states.open), walks[0].shape[1]
        width = (weeks + 7) // 8
        packed = np.zeros((size, len(walks) * width), np.uint8)
        for gates, matrix in enumerate(walks):
            station, point = entries(matrix)
            week = of_station[station]
            counts = week >= 0
            bit = np.uint8(128) >> (week[counts] % 8).astype(np.uint8)
            np.bitwise_or.at(packed, (point[counts], gates * width + week[counts] // 8), bit)
        first, choice = distinct_rows(packed)
        served = np.zeros((len(first), states.open.shape[1]), bool)
        for gates in range(len(walks)):
            then = states.gates == gates
            reach = np.unpackbits(packed[first, gates * width : (gates + 1) * width], axis=1, count=weeks)
            served[:, then] = reach.astype(np.float32) @ states.open[:, then].astype(np.float32) > 0
        return cls(served, choice)

    def residents(self, weight: Floats) -> Floats:
        """Return the residents with an open station within reach in each state, shape (u,)."""
        return np.asarray(self._by_choice(weight) @ self.served, np.float64)

    def minutes(self, lasting: Floats) -> Floats:
        """Return for how many minutes each demand point is served, shape (k,), when states last so long."""
        return np.asarray((self.served @ lasting)[self.of_point], np.float64)

    def _by_choice(self, weight: Floats) -> Floats:
        return np.bincount(self.of_point, weight, minlength=len(self.served)).astype(np.float64)


def entries(walks: csr_array) -> tuple[Ints, Ints]:
    """Return station and demand point of every stored walk, those of 0 m included."""
    station = np.repeat(np.arange(walks.shape[0]), np.diff(walks.indptr))
    return station.astype(np.int64), walks.indices.astype(np.int64)


# ----------------------------------------------------------------------------------------------------------------------
# Longer opening hours to try: 六日不打烊 in both readings, 午间不打烊, an evening shift.
#
# Each takes the week a station keeps and gives one in which no minute less is open. None of them promises public
# holidays: what stations keep then is left as it is.


class LongerHours(StrEnum):
    """What is tried; its Chinese name is in the glossary."""

    SAT_SUN = "sat_sun"
    SIX_DAYS = "six_days"
    LUNCH = "lunch"
    EVENING = "evening"


def widening(longer: LongerHours, hours: Hours, calendar: Calendar) -> _Widening:
    """Return what turns the weeks that stations keep into longer ones."""
    if longer is LongerHours.LUNCH:
        noon = calendar.open_minutes(hours.lunch)
        return (
            (lambda weeks: _gaps_filled(weeks, noon))
            if hours.lunch_fill == "gap"
            else (lambda weeks: weeks | (noon & weeks.any(axis=2, keepdims=True)))
        )
    if longer is LongerHours.SIX_DAYS:
        saturday = _ordinary(f"Sa {hours.day_hours}", calendar)
        workdays = _ordinary(f"Mo-Fr {hours.day_hours}", calendar)
        return lambda weeks: weeks | saturday | (workdays & ~weeks.any(axis=2, keepdims=True))
    text = hours.evening if longer is LongerHours.EVENING else f"Sa,Su {hours.day_hours}"
    added = _ordinary(text, calendar)
    return lambda weeks: weeks | added


def longer_hours(hours: Hours) -> tuple[LongerHours, ...]:
    """Return the longer opening hours that a scenario takes as given, in their order."""
    trials = {"lunch": LongerHours.LUNCH, "evening": LongerHours.EVENING}
    return tuple(trials.get(trial, LongerHours(hours.six_days)) for trial in hours.extend)


def keeping_longer(stations: pd.DataFrame, hours: Hours) -> Flags:
    """Return which rows of the stations layer keep the longer hours of a scenario, shape (s,)."""
    return np.asarray((stations["level"] == ServiceLevel.FULL) | (hours.stations == "all"), bool)


def declared_timetable(stations: pd.DataFrame, hours: Hours) -> Timetable:
    """Return when stations are open in the week of a scenario, with the longer hours that it takes as given."""
    timetable = Timetable.of(stations, hours.calendar)
    for longer in longer_hours(hours):
        timetable = timetable.widened(widening(longer, hours, hours.calendar), keeping_longer(stations, hours))
    return timetable


def counts_at_clock(stations: pd.DataFrame, scenario: Scenario) -> Flags:
    """Return which stations count at the hour of the scenario's clock, shape (s,): open then, or of unknown hours."""
    timetable = declared_timetable(stations, scenario.hours)
    open_then = np.append(timetable.weeks[:, scenario.moment.minute], [False, True])  # shut, not known
    return np.asarray(open_then[timetable.of_station], bool)


def _ordinary(text: str, calendar: Calendar) -> Flags:
    """Open minutes of a text that says nothing of public holidays, none on them."""
    return calendar.open_minutes(text if names_holidays(text) else f"{text}; PH off")


def _gaps_filled(weeks: Flags, noon: Flags) -> Flags:
    """Fill every closing between two openings of one day that touches midday."""
    before = np.logical_or.accumulate(weeks, axis=2)
    after = np.logical_or.accumulate(weeks[:, :, ::-1], axis=2)[:, :, ::-1]
    gap = ~weeks & before & after
    filled = weeks.copy()
    for week, day in zip(*np.nonzero((gap & noon).any(axis=2)), strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], gap[week, day], [0]]).astype(np.int8)))
        for begin, end in edges.reshape(-1, 2):
            if noon[day, begin:end].any():
                filled[week, day, begin:end] = True
    return filled
