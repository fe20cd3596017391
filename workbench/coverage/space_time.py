"""When somebody is there: residents with an open station within reach, for every hour of a week."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from workbench.arrays import Flags, Floats, Ints
from workbench.calendars import Calendar, DayKind, Moment
from workbench.catalogue.numbers import YUAN_A_WAN, decimals
from workbench.catalogue.terms import Mode, ServiceLevel, label
from workbench.coverage.doors import quantile, share
from workbench.coverage.measure import CoverageResult, CoverageStudy, Walker, pairs
from workbench.coverage.timetable import (
    NOT_KNOWN,
    SHUT,
    WEEK_MINUTES,
    LongerHours,
    Presence,
    States,
    Timetable,
    declared_timetable,
    keeping_longer,
    longer_hours,
    widening,
)
from workbench.errors import GeodataError, Problem, ScenarioError
from workbench.hours import DAY_MINUTES, EXAMPLE, parses
from workbench.privacy import WITHHELD, stand_in, withheld
from workbench.results import MISSING, Value, kpi_table, number, present
from workbench.scenario import Scenario

# ----------------------------------------------------------------------------------------------------------------------
# Numbers, tables and layers of a week of opening hours.


_MODES = (Mode.COMPLIANCE, Mode.EXPERIENCE)
_OF_THE_MISSING = ("hours.not_known", "hours.stations.missing")
_WEEK_HOURS = WEEK_MINUTES / 60


def week_title(result: SpaceTimeResult) -> str:
    """Return which week was measured, with what longer hours and without which stations, in Chinese."""
    missing = result.timetable.missing
    note = [f"{missing} 处阵地开放时间缺数据，不计入"] if missing else []
    return "；".join([result.calendar.title, *(label(longer) for longer in result.longer), *note])


def _service(result: SpaceTimeResult, mode: Mode) -> Iterator[Value]:
    total, onsite = result.residents(mode), result.person_hours(mode)
    for level in (ServiceLevel.ANY, ServiceLevel.FULL, ServiceLevel.LITE):
        yield Value("hours.onsite", result.person_hours(mode, level=level), total, mode=mode, level=level)
    available = total * _WEEK_HOURS
    online = float(result.online_only(mode).sum()) * result.scenario.hours.step / 60
    yield Value("hours.onsite.share", share(onsite, available), available, mode=mode)
    only = None if result.online is None else share(online, available)
    yield Value("hours.online.share", only, available, mode=mode)
    rest = share(available - onsite - online, available)
    yield Value("hours.unserved.share", rest, available, mode=mode, rest=label(rest_of(result)))
    served = total - result.without_service(mode)
    for q in (10, 50):
        of_all, of_served = (result.hours_quantile(q / 100, mode, served=part) for part in (False, True))
        yield Value("hours.p{q}", of_all, total, mode=mode, q=q)
        yield Value("hours.served.p{q}", of_served, served, mode=mode, q=q)


def rest_of(result: SpaceTimeResult) -> str:
    """Return the term for residents with nothing on site or online; what is not declared is not said to be absent."""
    return "unserved" if result.online is not None else "off_site"


def _moments(result: SpaceTimeResult, mode: Mode) -> Iterator[Value]:
    """Measure the mean share served on site in the parts of the week that are argued about."""
    total, hours = result.residents(mode), result.scenario.hours
    working = np.array([day.kind in (DayKind.WORKDAY, DayKind.MAKE_UP) for day in result.calendar.days])[:, None]
    noon, day = (result.calendar.open_minutes(f"Mo-Su,PH {span}") for span in (hours.lunch, hours.day_hours))
    windows = {
        "day": day & working,
        "lunch": noon & working,
        "evening": result.calendar.open_minutes(hours.evening),
        "weekend": day & ~working,
    }
    by_minute = result.by_minute(mode)
    moment, fewest = result.worst(mode)
    yield Value("hours.worst.share", share(fewest, total), total, mode=mode, moment=moment.title)
    for key, minutes in windows.items():
        mean = share(float(by_minute[minutes].mean()), total) if minutes.any() else None
        yield Value(f"hours.share.{key}", mean, total, mode=mode)


def _access(result: SpaceTimeResult, mode: Mode) -> Iterator[Value]:
    """Measure who can come while something is open, and what is not known."""
    populace, total = result.coverage.populace, result.residents(mode)
    note = "；未声明空闲时间的人群按全周计" if set(populace.whole) - set(result.free) else ""
    smallest, small, few = _withheld(result, mode)
    yield Value("hours.accessible.share", share(result.accessible(mode), total), total, mode=mode, note=note)
    for group in (name for name in populace.groups if name in result.free):
        who, size = populace.label(group), result.residents(mode, group)
        hidden, value = (group in small | few, group in small, smallest), share(result.accessible(mode, group), size)
        yield Value("hours.accessible.share@group", value, size, mode=mode, group=who, withheld=hidden, who=who)
    yield Value("hours.none", result.without_service(mode), total, mode=mode)
    yield Value("hours.not_known", result.not_known(mode), total, mode=mode)
    if mode is Mode.COMPLIANCE:
        missing, serving = result.timetable.missing, (result.timetable.of_station != SHUT).sum()
        yield Value("hours.stations.missing", missing, serving, mode=mode)


def _withheld(result: SpaceTimeResult, mode: Mode) -> tuple[float, frozenset[str], frozenset[str]]:
    """Return the smallest count published, groups whose size is withheld, and groups whose access in time is."""
    smallest = result.scenario.standard(result.scenario.coverage.smallest_cell)
    makeup = {
        name: {str(band): part for band, part in group.ages.items()}
        for name, group in result.coverage.populace.groups.items()
        if group.ages  # a group without age bands is counted without regard to age
    }
    sizes = {name: result.residents(mode, name) for name in makeup}
    reached = {name: result.accessible(mode, name) for name in makeup}
    return smallest, withheld(sizes, smallest, makeup), withheld(reached, smallest, makeup, wholes=sizes)


def by_group(result: SpaceTimeResult) -> pd.DataFrame:
    """Hours and access in time of each group, experience mode; exact, not for publication.

    Groups that do not say when they can come can come at any time.
    """
    rows = []
    for name in result.coverage.populace.groups:
        mode, total = Mode.EXPERIENCE, result.residents(Mode.EXPERIENCE, name)
        reached = result.accessible(mode, name)
        rows.append(
            {
                "group": name,
                "label": result.coverage.populace.label(name),
                "residents": total,
                "person_hours": result.person_hours(mode, name),
                "p10_h": result.hours_quantile(0.1, mode, name),
                "p50_h": result.hours_quantile(0.5, mode, name),
                "free": "declared" if name in result.free else "any_time",
                "accessible": reached,
                "accessible_share": share(reached, total),
            }
        )
    numbers = dict.fromkeys(("person_hours", "p10_h", "p50_h", "accessible", "accessible_share"), "float64")
    table = pd.DataFrame(rows).astype(numbers)
    if result.timetable.silent:
        table[list(numbers)] = np.nan
    return table


def by_hour(result: SpaceTimeResult, mode: Mode) -> pd.DataFrame:
    """Share of residents served on site, percent: one row an hour of the day, one column a day of the week."""
    shares = result.by_minute(mode).reshape(7, 24, DAY_MINUTES // 24).mean(axis=2)
    total = result.residents(mode)
    table = pd.DataFrame(100 * shares.T / (total if total > 0 and not result.timetable.silent else np.nan))
    table.columns = pd.Index([day.label for day in result.calendar.days])
    table.insert(0, "hour", [f"{hour:02d}:00" for hour in range(24)])
    return table


def by_station(result: SpaceTimeResult) -> pd.DataFrame:
    """Hours that each station is open in the week; missing where they are not known."""
    table = pd.DataFrame(result.coverage.district.stations[["id", "name", "kind", "level", "opening_hours"]])
    table["open_h"] = result.timetable.open_hours
    return table


def for_reading(table: pd.DataFrame) -> pd.DataFrame:
    """Return all columns of a table as they are read."""
    return present(table, [str(column) for column in table if column != "group"], blank=MISSING)


def _published_groups(result: SpaceTimeResult) -> pd.DataFrame:
    """Return the table by group for reading; what is too small to publish is withheld."""
    exact = by_group(result)
    table = exact.astype(object)
    smallest, small, few = _withheld(result, Mode.EXPERIENCE)
    of_size = ("residents", "person_hours", "p10_h", "p50_h")
    for column in (*of_size, "accessible", "accessible_share"):
        hidden = small if column in of_size else small | few
        counts = column in ("residents", "accessible")
        table[column] = [
            value if group not in hidden else stand_in(value, smallest) if counts else WITHHELD
            for group, value in zip(exact["group"], exact[column], strict=True)
        ]
    return for_reading(table).infer_objects()


def _by_hour(result: SpaceTimeResult, mode: Mode) -> pd.DataFrame:
    """Share served on site by hour for reading; a column a day, headed as the calendar has it."""
    table = by_hour(result, mode)
    days = {day: [number(value, decimals("%")) for value in table[day]] for day in table.columns.drop("hour")}
    return pd.concat([present(table, ["hour"]), pd.DataFrame(days, dtype=object)], axis=1)


def reading_tables(result: SpaceTimeResult) -> dict[str, pd.DataFrame]:
    """All tables by title."""
    found = {
        "时空指标": kpi_table(result.kpis(), as_text=False),
        "逐时现场覆盖率·合规": _by_hour(result, Mode.COMPLIANCE),
        "逐时现场覆盖率·体验": _by_hour(result, Mode.EXPERIENCE),
        "时空分人群": _published_groups(result),
        "阵地开放时长": for_reading(by_station(result)),
    }
    return {title: table for title, table in found.items() if len(table)}


def map_layers(result: SpaceTimeResult) -> dict[str, gpd.GeoDataFrame]:
    """Demand points with their hours of on-site service a week, compliance mode."""
    demand = result.coverage.district.demand
    ((_, presence, _),) = result.crowds(Mode.COMPLIANCE)
    hours = presence.minutes(result.states.minutes()) / 60
    known = np.full(len(hours), np.nan) if result.timetable.silent else np.round(hours, 2)
    columns = {"id": demand["id"], "residents": demand["residents"], "onsite_h_week": known}
    return {"space_time_points": gpd.GeoDataFrame(columns, geometry=demand.geometry, crs=demand.crs)}


# ----------------------------------------------------------------------------------------------------------------------
# What a week of opening hours gives to whom.


_OVERLAP_TOLERANCE_MIN = 1e-6
"""Minutes by which an overlap may fall short of its limit: the rounding of sums, no more."""

_ANY = ServiceLevel.ANY


@dataclass(frozen=True, eq=False, repr=False)
class SpaceTimeResult(CoverageStudy):
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

    calendar: Calendar
    timetable: Timetable
    states: States
    walks: Mapping[Walker, tuple[csr_array, ...]]
    free: Mapping[str, Flags]
    longer: tuple[LongerHours, ...]
    presence: Mapping[tuple[Walker, ServiceLevel], Presence]
    study: ClassVar[str] = "space_time"

    def __repr__(self) -> str:
        share = float(self.share(Mode.COMPLIANCE).mean())
        ground = self.coverage.district.manifest.key
        return f"<SpaceTimeResult {self.scenario.name} on {ground}: {share:.1f} % of residents served, mean of a week>"

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
            found += float(weight[overlap >= 60 * self.least_overlap_h - _OVERLAP_TOLERANCE_MIN].sum())
        return found

    def words(self) -> Mapping[str, str]:
        """Return which week was measured."""
        return {"week": week_title(self)}

    def values(self) -> Iterator[Value]:
        """Measure the numbers of each mode: the service, when it is there, and who can come to it."""
        for mode in _MODES:
            for value in (*_service(self, mode), *_moments(self, mode), *_access(self, mode)):
                if self.timetable.silent and value.key not in _OF_THE_MISSING:
                    value.value = None
                yield value

    def summary(self, mode: Mode | None = None) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese; of one mode only when it is given."""
        return kpi_table(kpi for kpi in self.kpis() if mode is None or kpi.mode == mode)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese."""
        return reading_tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the demand points with their hours of on-site service a week."""
        return map_layers(self)


# ----------------------------------------------------------------------------------------------------------------------
# When somebody is there: residents with an open station within reach, for every hour of a week.


_Keeping = Literal["full", "all"] | Sequence[str]
"""Stations that keep longer hours: centres only, all, or those with these identifiers."""


def assess_space_time(coverage: CoverageResult, *, free: Mapping[str, str] | None = None) -> SpaceTimeResult:
    """Measure on-site service over a week, in both modes, as the scenario's ``hours`` say.

    In every minute one walks through the gates that are open then, to the stations that are open then: each is what
    the coverage would be with the clock set to it. A station is open or not, however many people are on its posts; one
    whose hours are missing is not known, never open; the online service is counted beside, never as on site.

    Parameters
    ----------
    coverage
        The five-minute circle.
    free
        When each group can come, OSM opening hours by name of the group; what its declaration in the scenario says
        where it is not given.

    Returns
    -------
    SpaceTimeResult
        With the longer hours that the scenario takes as given.

    Raises
    ------
    ScenarioError
        If hours in ``free`` do not parse, or belong to no group.
    """
    scenario = coverage.scenario
    hours, calendar = scenario.hours, scenario.hours.calendar
    return measured(
        coverage,
        calendar,
        declared_timetable(coverage.district.stations, hours),
        _free_time(coverage, free or {}, calendar),
        longer_hours(hours),
    )


def with_longer_hours(
    result: SpaceTimeResult, longer: LongerHours | str, keeping: _Keeping | None = None
) -> SpaceTimeResult:
    """Return the same week, measured anew, in which some stations keep longer hours.

    Parameters
    ----------
    result
        The week as it is.
    longer
        ``sat_sun``, ``six_days``, ``lunch`` or ``evening``; what they mean is in the scenario's ``hours``.
    keeping
        Stations that keep them; when not given, those of the scenario's ``hours.stations``.

    Raises
    ------
    GeodataError
        If a station named in ``keeping`` does not exist.
    """
    longer = LongerHours(longer)
    widen = widening(longer, result.scenario.hours, result.calendar)
    timetable = result.timetable.widened(widen, _kept_by(result, keeping))
    return measured(result.coverage, result.calendar, timetable, result.free, (*result.longer, longer))


def _kept_by(result: SpaceTimeResult, keeping: _Keeping | None) -> Flags:
    """Return which rows of the stations layer keep longer hours, shape (s,)."""
    hours, stations = result.scenario.hours, result.coverage.district.stations
    if keeping is None or isinstance(keeping, str):
        return keeping_longer(stations, hours if keeping is None else hours.model_copy(update={"stations": keeping}))
    unknown = sorted(set(keeping) - set(stations["id"]))
    if unknown:
        raise GeodataError(
            [Problem("stations", "there is no such station", i, "id", "an id of stations", repr(i)) for i in unknown]
        )
    return np.asarray(stations["id"].isin(list(keeping)), bool)


def measured(
    coverage: CoverageResult,
    calendar: Calendar,
    timetable: Timetable,
    free: Mapping[str, Flags],
    longer: tuple[LongerHours, ...] = (),
) -> SpaceTimeResult:
    """Measure one timetable."""
    week = coverage.week
    states = States.of(timetable.weeks, week.gates.of_minute)
    level = coverage.district.stations["level"].to_numpy(object)
    presence = {}
    for walker, walks in week.walks.items():
        for served_by in ServiceLevel:
            counts = (level == served_by) | (served_by is ServiceLevel.ANY)
            kept = np.where(counts, timetable.of_station, NOT_KNOWN)
            presence[walker, served_by] = Presence.of(walks, kept, states)
    return SpaceTimeResult(coverage, calendar, timetable, states, week.walks, free, longer, presence)


def _free_time(coverage: CoverageResult, given: Mapping[str, str], calendar: Calendar) -> dict[str, Flags]:
    """Return the free minutes of the week of each group that declares them, shape (7, 1440)."""
    groups = coverage.populace.groups
    declared = {name: text for name, group in groups.items() if (text := getattr(group, "free", None))}
    texts = {**declared, **given}
    problems = [
        Problem("free", "there is no such group", key=name, expected="one of " + ", ".join(groups))
        for name in texts
        if name not in groups
    ]
    problems += [
        Problem("free", "the hours do not parse", key=name, expected=EXAMPLE, found=repr(text))
        for name, text in texts.items()
        if not parses(text)
    ]
    if problems:
        raise ScenarioError(problems)
    return {name: calendar.open_minutes(text) for name, text in texts.items()}


# ----------------------------------------------------------------------------------------------------------------------
# What longer opening hours would add: measured, option by option and station by station.


def staff_hours_added(before: SpaceTimeResult, after: SpaceTimeResult) -> float:
    """Return the hours a week on duty that one week of opening asks for beyond another.

    Parameters
    ----------
    before, after
        Two weeks of the same scenario's standards: stations, or their hours, may differ.

    Returns
    -------
    float
        Hours a week; NaN where the hours of a station that only the second has are not known.
    """
    hours = after.scenario.hours
    full, lite = (after.scenario.standard(key) for key in (hours.staff_full, hours.staff_lite))
    duty = []
    for each in (before, after):
        stations = each.coverage.district.stations
        people = np.where(stations["level"] == ServiceLevel.FULL, full, lite)
        duty.append(pd.Series(people * each.timetable.open_hours, stations["id"]))
    unknown = duty[1][~duty[1].index.isin(duty[0].index)].isna().any()
    return np.nan if unknown else float(duty[1].sum() - duty[0].sum())


def staff_cost(hours_a_week: float, scenario: Scenario) -> float:
    """Return what so many hours a week on duty cost a year, 万元."""
    return hours_a_week * _WEEKS_A_YEAR * scenario.standard(scenario.hours.staff_cost) / YUAN_A_WAN


_WEEKS_A_YEAR: Final = 365.25 / 7


def longer_hours_gains(
    result: SpaceTimeResult,
    options: Iterable[LongerHours | str] = tuple(LongerHours),
    *,
    group: str | None = None,
    keeping: _Keeping | None = None,
) -> pd.DataFrame:
    """Measure the week anew with each option by itself, and take the difference.

    Parameters
    ----------
    result
        The week as it is.
    options
        What is tried; all when not given.
    group
        Residents that are counted; the whole population when not given.
    keeping
        Stations that keep the longer hours; when not given, those of the scenario's ``hours.stations``.

    Returns
    -------
    pandas.DataFrame
        One row an option: ``longer``, ``stations`` whose week it lengthens, ``station_h`` (hours a week added, summed
        over stations), ``person_hours_*`` and residents with access in time (``accessible_*``) gained in each mode,
        and ``per_hour``, person-hours of the compliance mode for one hour added (NaN where none is).
    """
    return pd.DataFrame([_row(result, LongerHours(option), group, keeping) for option in options])


def _row(
    result: SpaceTimeResult, longer: LongerHours, group: str | None, keeping: _Keeping | None
) -> dict[str, object]:
    after = with_longer_hours(result, longer, keeping)
    added = np.nan_to_num(after.timetable.open_hours - result.timetable.open_hours)
    total = float(added.sum())
    hours = {mode: after.person_hours(mode, group) - result.person_hours(mode, group) for mode in _MODES}
    access = {mode: after.accessible(mode, group) - result.accessible(mode, group) for mode in _MODES}
    return {
        "longer": str(longer),
        "stations": int(np.count_nonzero(added)),
        "station_h": total,
        **{f"person_hours_{mode}": gained for mode, gained in hours.items()},
        **{f"accessible_{mode}": gained for mode, gained in access.items()},
        "per_hour": hours[Mode.COMPLIANCE] / total if total else np.nan,
    }


def station_gains(
    result: SpaceTimeResult,
    longer: LongerHours | str,
    *,
    group: str | None = None,
    keeping: _Keeping | None = None,
) -> pd.DataFrame:
    """Rank stations by what each would add if it alone kept longer hours.

    Equal, station by station, to measuring the week anew with ``keeping=[station]``; all stations at once, because a
    station adds exactly the minutes in which nothing else within reach of a resident was open.

    Parameters
    ----------
    result
        The week as it is.
    longer
        What is tried.
    group
        Residents that are counted; the whole population when not given.
    keeping
        Stations that are ranked; when not given, those of the scenario's ``hours.stations``.

    Returns
    -------
    pandas.DataFrame
        One row a station whose week gets longer: ``id``, ``name``, ``level``, ``station_h``, and gains as in
        :func:`longer_hours_gains`. Most person-hours of the compliance mode first; ties by ``id``.
    """
    rows = np.flatnonzero(_kept_by(result, keeping) & result.timetable.known)
    weeks = result.timetable.weeks
    widen = widening(LongerHours(longer), result.scenario.hours, result.calendar)
    longer_weeks = widen(weeks.reshape(-1, 7, DAY_MINUTES)).reshape(weeks.shape)
    states = States.of(np.concatenate([weeks, longer_weeks]), result.coverage.week.gates.of_minute)
    before, after = np.split(states.open, 2)
    added = (after & ~before)[result.timetable.of_station[rows]]
    trial = _Trial(result, rows, added, replace(states, open=before))
    table = pd.DataFrame(result.coverage.district.stations.iloc[rows][["id", "name", "level"]]).reset_index(drop=True)
    table["station_h"] = added @ states.minutes() / 60
    found = {mode: trial.gains(mode, group) for mode in _MODES}
    for place, what in enumerate(("person_hours", "accessible")):
        for mode in _MODES:
            table[f"{what}_{mode}"] = found[mode][place]
    table["per_hour"] = table["person_hours_compliance"] / table["station_h"].replace(0.0, np.nan)
    order = table[table["station_h"] > 0].sort_values(
        ["person_hours_compliance", "id"], ascending=[False, True], kind="stable"
    )
    return order.reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class _Trial:
    """Some stations, and the states in which each alone would be open besides.

    ``rows`` are theirs in the stations layer, shape (r,); ``added`` has shape (r, u).
    """

    result: SpaceTimeResult
    rows: Ints
    added: Flags
    states: States

    def gains(self, mode: Mode, group: str | None) -> tuple[Floats, Floats]:
        """Return person-hours and residents with access in time that each station adds, both of shape (r,)."""
        result, states = self.result, self.states
        hours, access = np.zeros(len(self.rows)), np.zeros(len(self.rows))
        least = 60 * result.least_overlap_h - _OVERLAP_TOLERANCE_MIN
        presence: dict[Walker, Presence] = {}
        for name in result.coverage.populace.whole if group is None else (group,):
            walker: Walker = (mode, name if mode is Mode.EXPERIENCE else None)
            if walker not in presence:
                presence[walker] = Presence.of(result.walks[walker], result.timetable.of_station, states)
            weight = result.coverage.populace.weight[name]
            idle, lasting = ~presence[walker].served, states.minutes(result.free_time(name))
            before = ((~idle) @ lasting)[:, None]
            for here, then in self._residents(walker, presence[walker], weight):
                new = (self.added & then).T
                hours += (here * ((idle * states.minutes()) @ new)).sum(axis=0) / 60
                access += (here * ((before < least) & (before + (idle * lasting) @ new >= least))).sum(axis=0)
        return hours, access

    def _residents(self, walker: Walker, presence: Presence, weight: Floats) -> Iterator[tuple[Floats, Flags]]:
        """Yield the residents of each choice within reach of each station, shape (p, r), and in which states, (u,)."""
        size, number = len(presence.served), len(self.rows)
        place = np.full(len(self.result.timetable.of_station), -1)
        place[self.rows] = np.arange(number)
        station, point, gates = pairs(self.result.walks[walker])
        tried = place[station] >= 0
        station, point, gates = place[station[tried]], point[tried], gates[tried]
        for through in np.unique(gates, axis=0):
            same = (gates == through).all(axis=1)
            cell = presence.of_point[point[same]] * number + station[same]
            counts = np.bincount(cell, weight[point[same]], minlength=size * number)
            yield counts.astype(np.float64).reshape(size, number), through[self.states.gates]
