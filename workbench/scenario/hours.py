"""When stations are open, in which week that is asked, and what would be tried."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from workbench.calendars import Calendar, HolidayRule, MakeUpDays
from workbench.documents import Frozen
from workbench.errors import CalendarError
from workbench.hours import EXAMPLE, parses
from workbench.scenario.keys import People, StandardKey, Unit

Reading = Literal["sat_sun", "six_days"]
Trial = Literal["weekend", "lunch", "evening"]


def _hours(text: str) -> str:
    if not parses(text):
        raise ValueError(EXAMPLE)
    return text


def _week(text: str) -> str:
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError('a date, "YYYY-MM-DD"') from None
    try:
        Calendar.week_of(date)
    except CalendarError as error:
        problem = error.problems[0]
        raise ValueError(f"{problem.expected}: {problem.what}. {problem.mend}") from None
    return text


def _monday(text: str) -> str:
    try:
        monday = dt.date.fromisoformat(text).weekday() == 0
    except ValueError:
        raise ValueError('a date, "YYYY-MM-DD"') from None
    if not monday:
        raise ValueError("a Monday")
    return text


def _span(text: str) -> str:
    begin, _, end = text.partition("-")
    try:
        fits = begin < end and all(dt.time.fromisoformat(t).strftime("%H:%M") == t for t in (begin, end))
    except ValueError:
        fits = False
    if not fits:
        raise ValueError('a span of one day, "HH:MM-HH:MM"')
    return text


HoursText = Annotated[str, AfterValidator(_hours)]
"""Opening hours in the OSM syntax."""


def _as_text(given: object) -> object:
    """Write out a date that YAML has read as one."""
    return given.isoformat() if isinstance(given, dt.date) and not isinstance(given, dt.datetime) else given


_WeekText = Annotated[str, BeforeValidator(_as_text), AfterValidator(_week)]
"""A date, "YYYY-MM-DD", of a week whose public holidays are known."""
MondayText = Annotated[str, BeforeValidator(_as_text), AfterValidator(_monday)]
"""The date of a Monday, "YYYY-MM-DD"."""
_DaySpan = Annotated[str, AfterValidator(_span)]
"""A span of one day, "HH:MM-HH:MM"."""


class Hours(Frozen):
    """The week that is looked at, the online service, and longer opening hours to try."""

    week: _WeekText | None = None
    """A date: the week that holds it is measured, with its public holidays; null = an ordinary week without any."""
    make_up_days: MakeUpDays = "as_workday"
    """Weekend days worked in exchange for a holiday (调休): as the nearest working day, or as what they are."""
    holidays: HolidayRule = "as_sunday"
    """Public holidays: as a Sunday, or closed wherever opening hours do not name ``PH``."""
    step: Literal[5, 10, 15, 20, 30, 60] = 30
    """Minutes of one cell of the week grid; sums do not depend on it."""
    online: HoursText | None = None
    """When the online service answers (班后在线); null = not declared. It never counts as on site."""
    accessible: Annotated[StandardKey, Unit("h")] = "time.accessible_hours"
    """Standard: hours a week for which a resident must be free while a station within reach is open."""
    staff_full: People = "staff.full"
    """Standard: people on duty at a centre while it is open."""
    staff_lite: People = "staff.lite"
    """Standard: people on duty at a post while it is open."""
    staff_cost: Annotated[StandardKey, Unit("元/h")] = "staff.hourly_cost"
    """Standard: what an hour on duty costs for each of them."""
    extend: tuple[Trial, ...] = Field(default=(), strict=False)
    """Longer opening hours that this scenario takes as given."""
    stations: Literal["full", "all"] = "full"
    """Stations that keep the longer hours: centres only, or all."""
    six_days: Reading = "sat_sun"
    """What 六日不打烊 means: open on Saturday and Sunday, or on six days a week, Monday to Saturday."""
    day_hours: _DaySpan = "09:00-17:00"
    """Hours kept on the days that 六日不打烊 opens."""
    lunch: _DaySpan = "11:30-13:30"
    """Midday, for 午间不打烊."""
    lunch_fill: Literal["gap", "window"] = "gap"
    """午间不打烊: fill the closing between morning and afternoon that touches midday, or add midday itself."""
    evening: HoursText = "Mo-Fr 17:30-20:30"
    """Hours of an evening shift."""

    @property
    def calendar(self) -> Calendar:
        """The week that is measured."""
        if self.week is None:
            return Calendar.ordinary()
        date = dt.date.fromisoformat(self.week)
        return Calendar.week_of(date, make_up_days=self.make_up_days, holidays=self.holidays)
