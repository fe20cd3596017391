"""One week as a calendar has it: ordinary, or dated with public holidays and make-up working days (调休)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Final, Literal

import numpy as np
from chinese_calendar.constants import Holiday, holidays, workdays

from workbench.arrays import Flags
from workbench.catalogue.terms import label
from workbench.errors import CalendarError, Problem
from workbench.hours import DAY_MINUTES, WEEKDAYS, day_minutes, names_holidays, same_every_week

MakeUpDays = Literal["as_workday", "as_weekend"]
HolidayRule = Literal["as_sunday", "closed"]

ORDINARY_MONDAY: Final = dt.date(2026, 9, 7)
"""Monday of the ordinary week: no holiday in it or beside it."""

_MONDAY, _FRIDAY, _SATURDAY, _SUNDAY = 0, 4, 5, 6


class DayKind(StrEnum):
    """What a day is to an office."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"


@dataclass(frozen=True)
class Day:
    """One day of a calendar.

    Attributes
    ----------
    date
        The day.
    kind
        What it is.
    occasion
        Chinese name of the holiday it belongs to, or for which it makes up; else empty.
    """

    date: dt.date
    kind: DayKind
    occasion: str = ""

    @property
    def label(self) -> str:
        """Its name on tables and figures, in Chinese: 周四, or 周四 10月1日 国庆节."""
        name = label(WEEKDAYS[self.date.weekday()])
        if not self.occasion:
            return name
        what = self.occasion if self.kind is DayKind.HOLIDAY else label(self.kind)
        return f"{name} {self.date.month}月{self.date.day}日 {what}"


@dataclass(frozen=True)
class Calendar:
    """A week, Monday to Sunday, in which opening hours are read.

    Make it with :meth:`ordinary` or :meth:`week_of`.

    Parameters
    ----------
    monday
        First day of the week.
    dated
        Whether holidays and make-up days are those of the date; else there are none.
    make_up_days
        ``as_workday``: a Saturday or Sunday worked in exchange for a holiday counts as the nearest working day (the
        Friday before, the Monday after); ``as_weekend``: it stays the weekend day that it is.
    holidays
        ``as_sunday``: a public holiday counts as a Sunday, and rules for ``PH`` hold; ``closed``: whatever does not
        say what holds on public holidays (``PH`` or 24/7) is closed.
    """

    monday: dt.date
    dated: bool
    make_up_days: MakeUpDays = "as_workday"
    holidays: HolidayRule = "as_sunday"

    @classmethod
    def ordinary(cls) -> Calendar:
        """Return a week without holidays."""
        return cls(ORDINARY_MONDAY, dated=False)

    @classmethod
    def week_of(
        cls, date: dt.date, *, make_up_days: MakeUpDays = "as_workday", holidays: HolidayRule = "as_sunday"
    ) -> Calendar:
        """Return the week that holds a date, with its public holidays and make-up days.

        Raises
        ------
        CalendarError
            If the calendar does not know the holidays of every day of that week.
        """
        week = cls(date - dt.timedelta(days=date.weekday()), True, make_up_days, holidays)
        refuse_unknown_years(
            week._dates, date, "hours.week", "Or leave the week empty, for an ordinary week without holidays."
        )
        return week

    @property
    def _dates(self) -> list[dt.date]:
        """The Sunday before, whose night runs into the week, and the seven days."""
        return [self.monday + dt.timedelta(days=step) for step in range(-1, 7)]

    @cached_property
    def days(self) -> tuple[Day, ...]:
        """The seven days, Monday first."""
        return tuple(self._day(date) for date in self._dates[1:])

    @property
    def title(self) -> str:
        """What week it is, in Chinese."""
        if not self.dated:
            return "普通周（无节假日）"
        sunday = self.monday + dt.timedelta(days=6)
        return f"{self.monday.year}年{self.monday.month}月{self.monday.day}日–{sunday.month}月{sunday.day}日"

    def _day(self, date: dt.date) -> Day:
        if self.dated and date in holidays:
            return Day(date, DayKind.HOLIDAY, label(Holiday(holidays[date]).name))
        if self.dated and date in workdays:
            return Day(date, DayKind.MAKE_UP, label(Holiday(workdays[date]).name))
        return Day(date, DayKind.WEEKEND if date.weekday() >= _SATURDAY else DayKind.WORKDAY)

    def counts_as(self, day: Day) -> int:
        """Return the weekday that a day of this week counts as, 0 = Monday."""
        own = day.date.weekday()
        if day.kind is DayKind.HOLIDAY:
            return _SUNDAY
        if day.kind is DayKind.MAKE_UP and self.make_up_days == "as_workday":
            return _FRIDAY if own == _SATURDAY else _MONDAY
        return own

    def open_minutes(self, text: str) -> Flags:
        """Return which minutes of the week are open.

        Parameters
        ----------
        text
            Opening hours that parse.

        Returns
        -------
        ndarray of bool, shape (7, 1440)
            Monday first. The night of the Sunday before runs into it; that of its own Sunday runs out of it.
        """
        week = np.zeros((len(WEEKDAYS) + 2, DAY_MINUTES), bool)
        for row, date in enumerate(self._dates):
            day = self._day(date)
            holiday = day.kind is DayKind.HOLIDAY
            if holiday and self.holidays == "closed" and not names_holidays(text):
                continue
            week[row : row + 2] |= day_minutes(text, date, self.counts_as(day), holiday=holiday)
        return week[1:-1]

    def open_grid(self, text: str, step_min: int) -> Flags:
        """Return which cells of the week are open throughout, shape (7, 1440 / step_min)."""
        cells = self.open_minutes(text).reshape(len(WEEKDAYS), -1, step_min)
        return np.asarray(cells.all(axis=2), bool)


@dataclass(frozen=True)
class Weeks:
    """Weeks in a row through which one weekly plan runs.

    Hours that change with the season, or hold in some weeks of a month only, are no weekly hours: what repeats every
    week can rely only on those that all weeks have. Public holidays are left aside here; they take out single dates
    (:attr:`special_days`, :meth:`open_on`).

    Parameters
    ----------
    monday
        First day of the first week.
    count
        How many weeks, at least one.
    dated
        Whether public holidays and make-up days are known; else every day is ordinary.
    make_up_days, holidays
        As for :class:`Calendar`.
    """

    monday: dt.date
    count: int
    dated: bool = True
    make_up_days: MakeUpDays = "as_workday"
    holidays: HolidayRule = "as_sunday"

    @property
    def last(self) -> dt.date:
        """The last day."""
        return self.monday + dt.timedelta(days=len(WEEKDAYS) * self.count - 1)

    @property
    def mondays(self) -> list[dt.date]:
        """First day of each week."""
        return [self.monday + dt.timedelta(weeks=week) for week in range(self.count)]

    def open_always(self, text: str) -> Flags:
        """Return which minutes are open in every week, holidays aside, shape (7, 1440), Monday first; not writable."""
        return _over_weeks(text, self.monday, self.count)[0]

    def open_ever(self, text: str) -> Flags:
        """Return which minutes are open in some week, holidays aside, shape (7, 1440), Monday first; not writable."""
        return _over_weeks(text, self.monday, self.count)[1]

    @cached_property
    def days(self) -> tuple[Day, ...]:
        """All days of all weeks, in order."""
        return tuple(day for monday in self.mondays for day in self._week(monday).days)

    @property
    def special_days(self) -> tuple[Day, ...]:
        """The public holidays and make-up days of all weeks, in order."""
        return tuple(day for day in self.days if day.occasion)

    def open_on(self, text: str, date: dt.date) -> Flags:
        """Return which minutes of a date are open, as the holiday or make-up day that it is, shape (1440,)."""
        monday = date - dt.timedelta(days=date.weekday())
        return np.asarray(_dated(text, self._week(monday))[date.weekday()])

    def _week(self, monday: dt.date) -> Calendar:
        return Calendar(monday, self.dated, self.make_up_days, self.holidays)


@lru_cache(maxsize=4096)
def _dated(text: str, week: Calendar) -> Flags:
    return week.open_minutes(text)


@lru_cache(maxsize=4096)
def _over_weeks(text: str, monday: dt.date, count: int) -> tuple[Flags, Flags]:
    """Return which minutes are open in all of some weeks without their holidays, and in any of them."""
    weeks = 1 if same_every_week(text) else count
    mondays = [monday + dt.timedelta(weeks=week) for week in range(weeks)]
    read = np.stack([Calendar(first, dated=False).open_minutes(text) for first in mondays])
    always, ever = np.asarray(read.all(axis=0)), np.asarray(read.any(axis=0))
    always.setflags(write=False)
    ever.setflags(write=False)
    return always, ever


def known_years() -> range:
    """Return the years whose public holidays the calendar knows."""
    return range(min(holidays).year, max(holidays).year + 1)


def refuse_unknown_years(dates: Iterable[dt.date], found: dt.date, key: str, otherwise: str) -> None:
    """Raise where the public holidays of some dates are not known.

    Parameters
    ----------
    dates
        The days.
    found
        The date that was asked for.
    key
        Key of the scenario that asked.
    otherwise
        What else may mend it.

    Raises
    ------
    CalendarError
        Naming the years.
    """
    years = known_years()
    strange = sorted({day.year for day in dates if day.year not in years})
    if strange:
        raise CalendarError(
            Problem(
                "calendar",
                f"the public holidays of {', '.join(map(str, strange))} are not known",
                key=key,
                expected=f"a week in the years {years[0]} to {years[-1]}",
                found=found.isoformat(),
                mend="Update the package chinesecalendar: each year is announced in the November before it. "
                + otherwise,
            )
        )


@dataclass(frozen=True)
class Moment:
    """One minute of a week, at which gates, stations and the online service are open or not.

    Parameters
    ----------
    calendar
        The week.
    minute
        Minutes since the beginning of its Monday.
    """

    calendar: Calendar
    minute: int

    @classmethod
    def at(cls, weekday: str, time: str, calendar: Calendar | None = None) -> Moment:
        """Return a time of day, "HH:MM", on a day of a week, "Mo" to "Su"; of the ordinary week when none is given."""
        hour, _, minute = time.partition(":")
        of_week = DAY_MINUTES * WEEKDAYS.index(weekday) + 60 * int(hour) + int(minute)
        return cls(calendar or Calendar.ordinary(), of_week)

    @property
    def title(self) -> str:
        """Its name on tables and figures, in Chinese: 周三 10:00."""
        day, minute = divmod(self.minute, DAY_MINUTES)
        return f"{self.calendar.days[day].label} {minute // 60:02d}:{minute % 60:02d}"

    def holds(self, text: str) -> bool:
        """Tell whether opening hours hold then."""
        return _holds(self, text)


@lru_cache(maxsize=4096)
def _holds(moment: Moment, text: str) -> bool:
    return bool(moment.calendar.open_minutes(text).flat[moment.minute])
