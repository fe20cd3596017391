"""Longer opening hours to try: 六日不打烊 in both readings, 午间不打烊, an evening shift.

Each takes the week a station keeps and gives one in which no minute less is open. None of them promises public
holidays: what stations keep then is left as it is.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.calendars import Calendar
from workbench.coverage.timetable import Timetable, Widening
from workbench.hours import names_holidays
from workbench.scenario import Scenario
from workbench.scenario.hours import Hours
from workbench.terms import ServiceLevel

Flags = npt.NDArray[np.bool_]


class LongerHours(StrEnum):
    """What is tried; its Chinese name is in the glossary."""

    SAT_SUN = "sat_sun"
    SIX_DAYS = "six_days"
    LUNCH = "lunch"
    EVENING = "evening"


def widening(longer: LongerHours, hours: Hours, calendar: Calendar) -> Widening:
    """Return what turns the weeks that stations keep into longer ones.

    Parameters
    ----------
    longer
        ``sat_sun``: open on Saturday and Sunday during the day; ``six_days``: open on six days a week, Monday to
        Saturday, so on Saturdays and on working days without any opening; ``lunch``: the closing at midday is
        filled, or midday is added on days with an opening; ``evening``: an evening shift.
    hours
        The scenario's hours.
    calendar
        The week that is measured.
    """
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
    """Return when stations are open in the week of a scenario, with the longer hours that it takes as given.

    Parameters
    ----------
    stations
        The stations layer with its service ``level``.
    hours
        The scenario's hours.
    """
    timetable = Timetable.of(stations, hours.calendar)
    for longer in longer_hours(hours):
        timetable = timetable.widened(widening(longer, hours, hours.calendar), keeping_longer(stations, hours))
    return timetable


def counts_at_clock(stations: pd.DataFrame, scenario: Scenario) -> Flags:
    """Return which stations count at the hour of the scenario's clock, shape (s,): open then, or of unknown hours.

    Parameters
    ----------
    stations
        Rows of the stations layer with their service ``level``; longer hours that the scenario takes as given hold.
    scenario
        The intent.
    """
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
