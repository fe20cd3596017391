"""When somebody is there: residents with an open station within reach, for every hour of a week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from workbench.calendars import Calendar
from workbench.coverage.longer_hours import LongerHours, declared_timetable, keeping_longer, longer_hours, widening
from workbench.coverage.presence import Presence
from workbench.coverage.result import CoverageResult
from workbench.coverage.space_time_result import SpaceTimeResult
from workbench.coverage.timetable import NOT_KNOWN, States, Timetable
from workbench.errors import GeodataError, Problem, ScenarioError
from workbench.hours import EXAMPLE, parses
from workbench.terms import ServiceLevel

Flags = npt.NDArray[np.bool_]

Keeping = Literal["full", "all"] | Sequence[str]
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
    result: SpaceTimeResult, longer: LongerHours | str, keeping: Keeping | None = None
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
    timetable = result.timetable.widened(widen, kept_by(result, keeping))
    return measured(result.coverage, result.calendar, timetable, result.free, (*result.longer, longer))


def kept_by(result: SpaceTimeResult, keeping: Keeping | None) -> Flags:
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
