"""What a scenario may say of who is on duty: shifts, posts, the rules of working hours, and what is tried beside."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from workbench.documents import Frozen
from workbench.scenario.hours import MondayText, Reading
from workbench.scenario.keys import Minutes, Ratio, StandardKey, Unit
from workbench.scenario.sections import Seed

Days = Annotated[StandardKey, Unit("天")]
"""Key of a standard that is a number of days."""
WorkHours = Annotated[StandardKey, Unit("h")]
"""Key of a standard that is a number of hours."""
_Weekday = Literal["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
_SPAN = r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)"
_SPANS = re.compile(f"{_SPAN}(,{_SPAN})*")


def spans_of(text: str) -> tuple[tuple[int, int], ...]:
    """Return the spans of a text "08:30-11:30,17:30-08:30" in minutes; what ends in the night after ends past 1440."""
    found = []
    for span in text.split(","):
        begin, end = (60 * int(clock[:2]) + int(clock[3:]) for clock in span.split("-"))
        found.append((begin, end if end > begin else end + 24 * 60))
    return tuple(found)


def _spans(text: str) -> str:
    if not _SPANS.fullmatch(text):
        raise ValueError(
            'spans of a day, "HH:MM-HH:MM,HH:MM-HH:MM"; midnight begins a span as 00:00 and ends it as 24:00'
        )
    spans = sorted(spans_of(text))
    if any(after[0] < before[1] for before, after in itertools.pairwise(spans)):
        raise ValueError("spans that do not overlap")
    return text


def _date(text: object) -> object:
    if isinstance(text, dt.date):
        return text.isoformat()
    try:
        dt.date.fromisoformat(str(text))
    except ValueError:
        raise ValueError('a date, "YYYY-MM-DD"') from None
    return text


SpansText = Annotated[str, AfterValidator(_spans)]
"""Spans of one day, "08:30-11:30,12:30-17:30"; one that ends before it begins runs into the night."""
DateText = Annotated[str, BeforeValidator(_date)]
"""A date, "YYYY-MM-DD"."""
_Name = Annotated[str, Field(min_length=1)]


class ShiftRule(Frozen):
    """A day's work of one person: at which posts, when. Whoever holds it has the skill of each of these posts."""

    posts: Annotated[dict[_Name, SpansText], Field(min_length=1)]
    """Spans by post, such as {综合窗口: "08:30-11:30,12:30-17:30"}; at midday one may relieve another post."""
    days: Annotated[tuple[_Weekday, ...], Field(strict=False, min_length=1)] = (
        "Mo",
        "Tu",
        "We",
        "Th",
        "Fr",
        "Sa",
        "Su",
    )
    """Days of the week on which there is this shift; holidays and make-up days count as they do in ``hours``."""


class PostRule(Frozen):
    """What a post is."""

    priority: Annotated[int, Field(ge=1, le=3)] = 1
    """Whose requirement counts first: 1 to 3."""
    online: bool = False
    """Whether it is held online, from anywhere (班后在线): it never counts as on site, and its hours count in part."""


class Absence(Frozen):
    """Somebody who is away although the roster is out: it is mended with the fewest changes."""

    staff: str
    """Identifier in the ledger of staff."""
    first: DateText
    """First day away."""
    last: DateText
    """Last day away."""


class Roster(Frozen):
    """Who is on duty when: AB岗, 替换芯, 六日不打烊, 班时在岗、班后在线."""

    shifts: Annotated[dict[_Name, ShiftRule], Field(min_length=1)]
    """Shifts by name."""
    posts: dict[_Name, PostRule] = Field(default_factory=dict)
    """Posts by name; one that is not named is on site, of priority 1."""
    opens: Reading | None = None
    """六日不打烊: days on which centres open besides, Saturday and Sunday, or all of Monday to Saturday; null = as the
    requirements have it."""
    opens_with: dict[_Name, SpansText] = Field(default_factory=dict)
    """When which posts are held by one person each on these days."""
    pair_days: Annotated[tuple[_Weekday, ...], Field(strict=False)] = ("Mo", "Tu", "We", "Th", "Fr")
    """Days on which A or B of each pair is on site (AB岗)."""
    first_week: MondayText | None = None
    """Monday of the first week; null = the first one after the date of the ground."""
    weeks: Annotated[int, Field(ge=1, le=26)] = 4
    """Weeks that are rostered."""
    at_once: Annotated[int, Field(ge=1, le=6)] = 4
    """Weeks that are decided together; what they leave (last days, weekends, nights) goes into the next ones."""
    absences: Annotated[tuple[Absence, ...], Field(strict=False)] = ()
    """Who is away after all."""
    daily_hours: WorkHours = "labour.daily_hours"
    """Longest shift, hours that count."""
    weekly_hours: WorkHours = "labour.weekly_hours"
    """Most hours a week, where a contract does not say fewer."""
    consecutive_days: Days = "labour.consecutive_days"
    """Most days of duty in a row."""
    rest: WorkHours = "roster.rest"
    """Least rest from the end of one shift to the begin of the next."""
    rest_after_night: WorkHours = "roster.rest_after_night"
    """The same after online duty that ran through midnight."""
    lunch_break: Minutes = "roster.lunch_break"
    """Least break within ``hours.lunch`` in a shift on site that lasts from before it until after it."""
    leave_day: WorkHours = "roster.leave_day"
    """Hours that a working day of leave counts."""
    online_share: Ratio = "roster.online_share"
    """Share of the hours of online duty that counts as hours of work."""
    absence: Ratio = "roster.absence"
    """Chance that somebody who is on duty falls ill that day."""
    training: WorkHours = "roster.training"
    """Hours that it takes to learn the skill of one post."""
    cases: Annotated[StandardKey, Unit("件")] = "roster.cases"
    """Cases a year of a centre, for the cost of one at weekends."""
    draws: Annotated[int, Field(ge=1, le=100_000)] = 2000
    """How often two people falling ill at once are drawn."""
    seed: Seed = 20261101
    """Seed of the draws."""
    effort: Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)] = 12.0
    """Most work of one search in a stage, in CP-SAT's deterministic seconds; HiGHS may look up in proportion."""
