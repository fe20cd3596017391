"""What a week of opening hours gives to whom."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from workbench.calendars import Calendar, Moment
from workbench.coverage import space_time_tables
from workbench.coverage.gate_hours import Walker, pairs
from workbench.coverage.longer_hours import LongerHours
from workbench.coverage.presence import Presence
from workbench.coverage.quantities import quantile
from workbench.coverage.result import CoverageResult
from workbench.coverage.timetable import NOT_KNOWN, States, Timetable
from workbench.hours import DAY_MINUTES
from workbench.results import Kpi, kpi_table
from workbench.scenario import Scenario
from workbench.terms import Mode, ServiceLevel

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

OVERLAP_TOLERANCE_MIN = 1e-6
"""Minutes by which an overlap may fall short of its limit: the rounding of sums, no more."""

_ANY = ServiceLevel.ANY


@dataclass(frozen=True, eq=False, repr=False)
class SpaceTimeResult:
    """On-site service over a week; made by :func:`workbench.coverage.assess_space_time`.

    A mode without a group is the whole population: in metres, or each group at its own pace.

    Attributes
    ----------
    coverage
        The walks.
    calendar
        The week.
    timetable, states
        When stations and gates are open.
    walks
        Walks within the limit by manner of walking, under each state of the gates, shape (s, k) each.
    free
        Minutes of the week in which a group can come, shape (7, 1440); groups that do not say when are not in it,
        they can come at any time.
    longer
        Longer hours taken as given.
    presence
        Who is served when, by manner of walking and level of service.
    """

    coverage: CoverageResult
    calendar: Calendar
    timetable: Timetable
    states: States
    walks: Mapping[Walker, tuple[csr_array, ...]]
    free: Mapping[str, Flags]
    longer: tuple[LongerHours, ...]
    presence: Mapping[tuple[Walker, ServiceLevel], Presence]
    status: str = field(default="MEASURED", init=False)

    def __repr__(self) -> str:
        share = float(self.share(Mode.COMPLIANCE).mean())
        ground = self.coverage.district.manifest.key
        return f"<SpaceTimeResult {self.scenario.name} on {ground}: {share:.1f} % of residents served, mean of a week>"

    @property
    def scenario(self) -> Scenario:
        """The intent that was measured."""
        return self.coverage.scenario

    @property
    def fingerprint(self) -> str:
        """Hash of the coverage's fingerprint, the longer hours and the free time."""
        parts = [self.coverage.fingerprint, *self.longer]
        parts += [f"{name}={np.packbits(self.free[name]).tobytes().hex()}" for name in sorted(self.free)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @cached_property
    def online(self) -> Flags | None:
        """Minutes in which the online service answers, shape (7, 1440); None when it is not declared."""
        text = self.scenario.hours.online
        return None if text is None else self.calendar.open_minutes(text)

    def crowds(self, mode: Mode, group: str | None = None) -> list[tuple[str, Presence, Floats]]:
        """Return the parts of a population that walk alike: name, presence by any station, residents (k,)."""
        return self._crowds(mode, group, _ANY)

    def _crowds(self, mode: Mode, group: str | None, level: ServiceLevel) -> list[tuple[str, Presence, Floats]]:
        populace = self.coverage.populace
        names = populace.whole if group is None else (group,)
        if mode is not Mode.EXPERIENCE:
            presence = self.presence[(Mode.COMPLIANCE, None), level]
            if group is None:
                return [("", presence, populace.residents)]
            return [(group, presence, populace.weight[group])]
        return [(name, self.presence[(Mode.EXPERIENCE, name), level], populace.weight[name]) for name in names]

    def residents(self, mode: Mode, group: str | None = None) -> float:
        """Return how many residents there are, served or not: the denominator."""
        return float(sum(weight.sum() for _, _, weight in self._crowds(mode, group, _ANY)))

    def _by_state(self, mode: Mode, group: str | None, level: ServiceLevel) -> Floats:
        parts = [presence.residents(weight) for _, presence, weight in self._crowds(mode, group, level)]
        return np.asarray(np.sum(parts, axis=0), np.float64)

    def by_minute(self, mode: Mode, group: str | None = None, level: ServiceLevel = _ANY) -> Floats:
        """Return the residents with an open station within reach in each minute of the week, shape (7, 1440)."""
        return self._by_state(mode, group, level)[self.states.of_minute].reshape(7, DAY_MINUTES)

    def worst(self, mode: Mode, group: str | None = None) -> tuple[Moment, float]:
        """Return the minute of the week in which fewest residents have an open station within reach, and how many.

        Asked for are the scenario's ``hours.day_hours`` on all seven days, and the minute of its clock; the first such
        minute of the week is named.
        """
        served = self.by_minute(mode, group).ravel()
        asked = self.calendar.open_minutes(f"Mo-Su,PH {self.scenario.hours.day_hours}").ravel()
        asked = np.append(np.flatnonzero(asked), self.scenario.moment.minute)
        minute = int(np.sort(asked)[np.argmin(served[np.sort(asked)])])
        return Moment(self.calendar, minute), float(served[minute])

    def _in_cells(self, minutes: Floats) -> Floats:
        return np.asarray(minutes.reshape(7, -1, self.scenario.hours.step).mean(axis=2), np.float64)

    def onsite(self, mode: Mode, group: str | None = None, level: ServiceLevel = _ANY) -> Floats:
        """Return the residents with an open station within reach, mean over each cell, shape (7, cells a day)."""
        return self._in_cells(self.by_minute(mode, group, level))

    def online_only(self, mode: Mode, group: str | None = None) -> Floats:
        """Return the residents whom only the online service answers, mean over each cell, shape (7, cells a day)."""
        if self.online is None:
            return np.zeros_like(self.onsite(mode, group))
        return self._in_cells((self.residents(mode, group) - self.by_minute(mode, group)) * self.online)

    def unserved(self, mode: Mode, group: str | None = None) -> Floats:
        """Return the residents with nothing open, neither on site nor online, shape (7, cells a day)."""
        return self.residents(mode, group) - self.onsite(mode, group) - self.online_only(mode, group)

    def share(self, mode: Mode, group: str | None = None, level: ServiceLevel = _ANY) -> Floats:
        """Return the share of residents served on site in each cell, percent; NaN where there are none."""
        total = self.residents(mode, group)
        return 100 * self.onsite(mode, group, level) / (total if total > 0 else np.nan)

    def person_hours(self, mode: Mode, group: str | None = None, level: ServiceLevel = _ANY) -> float:
        """Return the hours a week for which residents have an open station within reach, summed over residents."""
        return float(self._by_state(mode, group, level) @ self.states.minutes()) / 60

    def hours_quantile(self, q: float, mode: Mode, group: str | None = None, *, served: bool = False) -> float | None:
        """Return the hours a week of on-site service that a share ``q`` of residents does not exceed.

        Of all residents, those without any service included; or of those ``served`` at some time only.
        """
        parts = self._crowds(mode, group, _ANY)
        hours = np.concatenate([presence.minutes(self.states.minutes()) / 60 for _, presence, _ in parts])
        weight = np.concatenate([weight for _, _, weight in parts])
        return quantile(hours, np.where(hours > 0, weight, 0.0) if served else weight, q)

    def without_service(self, mode: Mode, group: str | None = None) -> float:
        """Return the residents who have no open station within reach at any time of the week."""
        parts = self._crowds(mode, group, _ANY)
        return float(sum(w[presence.minutes(self.states.minutes()) == 0].sum() for _, presence, w in parts))

    def not_known(self, mode: Mode, group: str | None = None) -> float:
        """Return the residents without known service who do reach a station whose hours are missing."""
        missing = self.timetable.of_station == NOT_KNOWN
        found = 0.0
        for name, presence, weight in self._crowds(mode, group, _ANY):
            station, point, _ = pairs(self.walks[(mode, name) if mode is Mode.EXPERIENCE else (mode, None)])
            near = np.bincount(point[missing[station]], minlength=len(weight)) > 0
            found += float(weight[near & (presence.minutes(self.states.minutes()) == 0)].sum())
        return found

    @cached_property
    def least_overlap_h(self) -> float:
        """Hours a week for which one must be free while a station is open, to count as having access in time."""
        return self.scenario.standard(self.scenario.hours.accessible)

    def free_time(self, group: str) -> Flags:
        """Return the minutes of the week in which a group can come, shape (7, 1440); all where it does not say."""
        return self.free[group] if group in self.free else np.ones((7, DAY_MINUTES), bool)

    def accessible(self, mode: Mode, group: str | None = None, level: ServiceLevel = _ANY) -> float:
        """Return the residents who are free for long enough while a station within reach is open."""
        found = 0.0
        for name in self.coverage.populace.whole if group is None else (group,):
            ((_, presence, weight),) = self._crowds(mode, name, level)
            overlap = presence.minutes(self.states.minutes(self.free_time(name)))
            found += float(weight[overlap >= 60 * self.least_overlap_h - OVERLAP_TOLERANCE_MIN].sum())
        return found

    def kpis(self) -> list[Kpi]:
        """Return the numbers, compliance first."""
        return space_time_tables.kpis(self)

    def summary(self, mode: Mode | None = None) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese; of one mode only when it is given."""
        return kpi_table(kpi for kpi in self.kpis() if mode is None or kpi.mode == mode)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese."""
        return space_time_tables.reading_tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the demand points with their hours of on-site service a week."""
        return space_time_tables.map_layers(self)
