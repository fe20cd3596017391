"""Weeks: holidays, make-up working days, years that nobody knows yet."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from tests.test_hours import spells
from workbench.calendars import Calendar, DayKind, known_years
from workbench.errors import CalendarError, ScenarioError

OFFICE = "Mo-Fr 08:30-17:30"

NATIONAL = dt.date(
    2026, 10, 1
)  # Thursday; holiday until Wednesday 7 October; made up on Sunday 20 September and Saturday 10 October


def week(date: dt.date, text: str, **rules: str) -> list[list[str]]:
    return [spells(row) for row in Calendar.week_of(date, **rules).open_minutes(text)]  # type: ignore[arg-type]


DAY, NONE = ["08:30-17:30"], []


def test_a_holiday_closes_offices_and_a_make_up_saturday_opens_them() -> None:
    assert week(NATIONAL, OFFICE) == [DAY, DAY, DAY, NONE, NONE, NONE, NONE]
    assert week(dt.date(2026, 10, 10), OFFICE) == [NONE, NONE, NONE, DAY, DAY, DAY, NONE]
    assert week(dt.date(2026, 10, 10), OFFICE, make_up_days="as_weekend") == [NONE, NONE, NONE, DAY, DAY, NONE, NONE]


def test_a_make_up_day_counts_as_the_nearest_working_day() -> None:
    text = "Mo 09:00-10:00; Fr 11:00-12:00; Sa 13:00-14:00; Su 15:00-16:00"
    saturday = week(dt.date(2026, 10, 10), text)
    assert saturday[5] == ["11:00-12:00"]
    assert saturday[6] == ["15:00-16:00"]
    assert week(dt.date(2026, 9, 20), text)[6] == ["09:00-10:00"]
    assert week(dt.date(2026, 9, 20), text, make_up_days="as_weekend")[6] == ["15:00-16:00"]


def test_a_holiday_is_a_sunday_unless_the_rules_name_it() -> None:
    assert week(NATIONAL, "Mo-Fr 08:30-17:30; Sa,Su 09:00-16:00")[3] == ["09:00-16:00"]
    assert week(NATIONAL, "Mo-Su 07:00-21:00")[3] == ["07:00-21:00"]
    assert week(NATIONAL, "Mo-Su 07:00-21:00; PH off")[2:4] == [["07:00-21:00"], NONE]
    assert week(NATIONAL, "Mo-Fr 08:30-17:30; PH 10:00-12:00")[2:4] == [DAY, ["10:00-12:00"]]
    assert week(NATIONAL, "Sa,PH 10:00-12:00; Su off")[3] == NONE  # as written: the later rule for Sundays decides
    assert week(NATIONAL, "24/7")[3] == ["00:00-24:00"]


def test_holidays_closed_unless_the_rules_name_them() -> None:
    rule = {"holidays": "closed"}
    assert week(NATIONAL, "Mo-Su 07:00-21:00", **rule)[2:4] == [["07:00-21:00"], NONE]
    assert week(NATIONAL, "Mo-Su 07:00-21:00; PH 09:00-12:00", **rule)[3] == ["09:00-12:00"]
    assert week(NATIONAL, "24/7", **rule)[3] == ["00:00-24:00"]


def test_dates_and_months_stay_what_they_are() -> None:
    assert week(NATIONAL, "Mo-Su 09:00-10:00; Oct 01 12:00-13:00")[3] == ["12:00-13:00"]
    assert week(NATIONAL, "Sep Mo-Su 09:00-10:00")[2:4] == [["09:00-10:00"], NONE]


def test_the_night_before_a_holiday_runs_into_it() -> None:
    """Wednesday's night ends on Thursday at two, and what a Saturday would leave to a Sunday does not come in."""
    found = week(NATIONAL, "We 20:00-02:00; Sa 20:00-04:00")
    assert found[2:5] == [["20:00-24:00"], ["00:00-02:00"], NONE]


def test_sunday_night_runs_into_monday() -> None:
    minutes = Calendar.ordinary().open_minutes("Su 22:00-02:00")
    assert spells(minutes[0]) == ["00:00-02:00"]
    assert spells(minutes[6]) == ["22:00-24:00"]


def test_an_ordinary_week_has_no_holidays() -> None:
    calendar = Calendar.ordinary()
    assert [day.kind for day in calendar.days] == [DayKind.WORKDAY] * 5 + [DayKind.WEEKEND] * 2
    assert calendar.title == "普通周（无节假日）"
    assert [day.label for day in calendar.days][:2] == ["周一", "周二"]


def test_days_say_what_they_are() -> None:
    calendar = Calendar.week_of(dt.date(2026, 10, 10))
    assert [day.kind for day in calendar.days] == [
        DayKind.HOLIDAY, DayKind.HOLIDAY, DayKind.HOLIDAY, DayKind.WORKDAY, DayKind.WORKDAY, DayKind.MAKE_UP, DayKind.WEEKEND,
    ]  # fmt: skip
    assert calendar.days[0].label == "周一 10月5日 国庆节"
    assert calendar.days[5].label == "周六 10月10日 调休上班"
    assert calendar.title == "2026年10月5日–10月11日"


@pytest.mark.parametrize("year", [1999, 2099])
def test_a_year_that_the_calendar_does_not_know(year: int) -> None:
    with pytest.raises(CalendarError) as caught:
        Calendar.week_of(dt.date(year, 6, 2))
    (problem,) = caught.value.problems
    years = known_years()
    assert f"the public holidays of {year} are not known" in problem.what
    assert problem.expected == f"a week in the years {years[0]} to {years[-1]}"
    assert "Update the package chinesecalendar" in problem.mend
    assert isinstance(caught.value, ScenarioError)


def test_a_week_that_reaches_into_an_unknown_year() -> None:
    last = known_years()[-1]
    with pytest.raises(CalendarError, match=f"the public holidays of {last + 1} are not known"):
        new_year = dt.date(last + 1, 1, 1)
        Calendar.week_of(new_year - dt.timedelta(days=1 if new_year.weekday() else 0))


def test_the_grid_counts_only_cells_that_are_open_throughout() -> None:
    grid = Calendar.ordinary().open_grid("Mo 08:15-10:00", 30)
    assert grid.shape == (7, 48)
    assert np.flatnonzero(grid[0]).tolist() == [17, 18, 19]
    assert not grid[1:].any()
