"""Which gates are open in which minutes of a week, and every walk through them.

Minutes in which the same gates are open are one state. A district has few of them: gates share a handful of opening
hours. The walks are found once for each state and manner of walking, those of the clock's own state on its network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from workbench.calendars import Calendar, Moment
from workbench.coverage.costs import SECONDS_A_MINUTE, walks_within
from workbench.coverage.doors import with_gates_at
from workbench.coverage.timetable import WEEK_MINUTES, distinct_rows
from workbench.network.walking import METRES
from workbench.terms import Access, Mode

if TYPE_CHECKING:
    from workbench.coverage.result import CoverageResult

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

Walker = tuple[Mode, str | None]
"""A manner of walking: compliance, or a group at its own pace."""


@dataclass(frozen=True, eq=False)
class GateHours:
    """The minutes of a week by the gates that are open in them.

    Attributes
    ----------
    moments
        One minute of each state, the first of the week.
    of_minute
        State of each minute of the week, shape (10080,).
    """

    moments: tuple[Moment, ...]
    of_minute: Ints

    @classmethod
    def of(cls, gates: pd.DataFrame, calendar: Calendar, policy: str) -> GateHours:
        """Read the opening hours of gates; one state where no gate that may be open has any, or all are open."""
        matters = (gates["access"] != Access.CLOSED) & (policy == "as_is")
        texts = sorted(set(gates.loc[matters, "opening_hours"].dropna()))
        weeks = np.array([calendar.open_minutes(text).ravel() for text in texts], bool)
        first, state = distinct_rows(np.packbits(weeks.reshape(-1, WEEK_MINUTES), axis=0).T)
        return cls(tuple(Moment(calendar, int(minute)) for minute in first), state)


@dataclass(frozen=True, eq=False)
class WeekWalks:
    """Every walk within the limit, hour by hour of a week; made by :func:`week_walks`.

    Attributes
    ----------
    gates
        When which gates are open.
    walks
        By manner of walking, the walks under each state of the gates: metres or minutes, shape (s, k), one row for each
        row of the stations layer, whatever its hours.
    """

    gates: GateHours
    walks: Mapping[Walker, tuple[csr_array, ...]]


def week_walks(coverage: CoverageResult) -> WeekWalks:
    """Find every walk within the limit under each state of the gates in the week of the scenario."""
    scenario, district = coverage.scenario, coverage.district
    rule = coverage.ground.streets.rule
    gates = GateHours.of(district.gates, scenario.hours.calendar, rule.policy)
    manners = {(Mode.EXPERIENCE, name): manner for name, manner in coverage.manners.items()}
    stations, own = len(district.stations), -1 if rule.moment is None else int(gates.of_minute[rule.moment.minute])
    found: dict[Walker, list[csr_array]] = {(Mode.COMPLIANCE, None): [], **{walker: [] for walker in manners}}
    for state, then in enumerate(gates.moments):
        whole = coverage.ground.at_any_hour
        whole = whole if state == own else with_gates_at(whole, district, scenario, then)
        limit = coverage.limit(Mode.COMPLIANCE)
        found[Mode.COMPLIANCE, None].append(walks_within(whole, METRES, limit, stations))
        limit = coverage.limit(Mode.EXPERIENCE)
        timed = {m: walks_within(whole, m, limit, stations, SECONDS_A_MINUTE) for m in dict.fromkeys(manners.values())}
        for walker, manner in manners.items():
            found[walker].append(timed[manner])
    return WeekWalks(gates, {walker: tuple(walks) for walker, walks in found.items()})


def pairs(walks: tuple[csr_array, ...]) -> tuple[Ints, Ints, Flags]:
    """Return every pair of a station and a demand point within reach of it at some time, and when.

    Parameters
    ----------
    walks
        The walks under each state of the gates, shape (s, k) each; what is stored counts, a walk of 0 included.

    Returns
    -------
    station, point : ndarray of int64, shape (n,)
        The pairs, each once, by station and point.
    state : ndarray of bool, shape (n, g)
        The states of the gates under which the walk is within the limit.
    """
    size = walks[0].shape[1]
    key = [np.repeat(np.arange(w.shape[0]), np.diff(w.indptr)) * size + w.indices for w in walks]
    found, place = np.unique(np.concatenate(key), return_inverse=True)
    state = np.zeros((len(found), len(walks)), bool)
    state[place, np.repeat(np.arange(len(walks)), [len(k) for k in key])] = True
    return (found // max(size, 1)).astype(np.int64), (found % max(size, 1)).astype(np.int64), state
