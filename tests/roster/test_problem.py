"""From ledgers and a scenario to centres; and everything that may be wrong with them, at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests import pocket
from tests.roster.grounds import SHIFTS, ground, requirements, scenario, staff, table
from tests.rostering.cases import AGENCY, ONLINE, WINDOW
from workbench.calendars import DayKind
from workbench.errors import CalendarError
from workbench.roster.problem import RosterError, added_minutes, halls_of
from workbench.scenario.roster import Roster

LEAVE, WISHES = "staff first last", "staff date shift"


def problems(district: Any = None, said: Any = None) -> list[str]:
    with pytest.raises(RosterError) as caught:
        halls_of(district or ground(), said or scenario())
    return [str(problem) for problem in caught.value.problems]


def test_a_centre_as_it_is_read() -> None:
    ledgers = {
        "leave": table(LEAVE, ("a", "2026-11-01", "2026-11-03")),
        "wishes": table(WISHES, ("b", "2026-11-04", None), ("b", "2026-12-24", None), ("c", "2026-11-05", "综合班")),
        "duties": table(WISHES, ("a", "2026-11-05", "综合班"), ("a", "2027-01-05", "综合班")),
    }
    (((hall),),) = halls_of(ground(**ledgers), scenario())
    assert [person.id for person in hall.people] == ["a", "b", "c", "d"]
    assert hall.people[0].leave == {0, 1}
    assert hall.people[1].wishes == ((2, None),)
    assert hall.people[2].wishes == ((3, "综合班"),)
    assert hall.published == {(0, 3, 0)}
    assert hall.days[0].date.isoformat() == "2026-11-02"
    assert hall.pair_days == {0, 1, 2, 3, 4}
    assert [shift.minutes for shift in hall.shifts] == [480, 480, 225]
    window = sorted((need.begin, need.end) for need in hall.needs if need.day == 0 and need.post == WINDOW)
    assert window == [(510, 690), (690, 750), (750, 810), (810, 1050)]
    assert all(hall.covers(need) for need in hall.needs)
    assert not [need for need in hall.needs if need.day == 0 and need.post == ONLINE and need.end <= 510]
    assert [need for need in hall.needs if need.day == 1 and need.post == ONLINE and need.end <= 510]


def test_stretches_are_decided_one_after_the_other() -> None:
    ((first, second, third),) = halls_of(ground(), scenario(roster={"weeks": 5, "at_once": 2}))
    assert [hall.weeks for hall in (first, second, third)] == [2, 2, 1]
    assert second.days[0].date.isoformat() == "2026-11-16"


def test_online_is_asked_for_only_while_nobody_is_asked_for_on_site() -> None:
    rows = requirements()
    rows.loc[rows["post"] == ONLINE, ["start", "end"]] = [0, 1440]
    ((hall,),) = halls_of(ground(requirements=rows.drop_duplicates(["post", "weekday", "start"])), scenario())
    monday = [need for need in hall.needs if need.day == 0 and need.post == ONLINE]
    assert all(need.end <= 510 or need.begin >= 1050 for need in monday)
    saturday = sum(need.end - need.begin for need in hall.needs if need.day == 5 and need.post == ONLINE)
    assert saturday == 1440


def test_rows_of_one_post_add_up() -> None:
    asked = requirements(((WINDOW, "Mo", 600, 660, 2),))
    ((hall,),) = halls_of(ground(requirements=asked), scenario())
    assert max(need.staff for need in hall.needs if need.post == WINDOW) == 3


@pytest.mark.parametrize(("opens", "days"), [("sat_sun", {5, 6}), ("six_days", {5}), (None, set())])
def test_both_readings_of_six_days(opens: str | None, days: set[int]) -> None:
    said = scenario(roster={"opens": opens, "opens_with": {WINDOW: "09:00-12:00"}})
    ((hall,),) = halls_of(ground(), said)
    assert {need.day for need in hall.needs if need.post == WINDOW and need.day > 4} == days
    assert added_minutes(ground(), said) == {"S1": 180 * len(days)}


def test_six_days_opens_a_working_day_that_has_none() -> None:
    rows = requirements()
    rows = rows[~((rows["weekday"] == "We") & (rows["post"] != ONLINE))]
    said = scenario(roster={"opens": "six_days", "opens_with": {WINDOW: "09:00-12:00"}})
    assert added_minutes(ground(requirements=rows), said) == {"S1": 360}


def test_holidays_and_make_up_days() -> None:
    """In the first week of October 2026 Thursday is a holiday, which counts as a Sunday; it asks for no pair."""
    ((hall,),) = halls_of(ground(), scenario(roster={"first_week": "2026-09-28", "weeks": 2}))
    thursday = 3
    assert hall.days[thursday].kind is DayKind.HOLIDAY
    assert not [need for need in hall.needs if need.day == thursday and need.post == WINDOW]
    assert thursday not in hall.pair_days
    make_up = [d for d, day in enumerate(hall.days) if day.kind is DayKind.MAKE_UP]
    assert make_up
    assert all([need for need in hall.needs if need.day == d and need.post == WINDOW] for d in make_up)


def test_outside_china_all_days_are_ordinary() -> None:
    district = ground()
    manifest = district.manifest.model_copy(update={"time_zone": "America/Sao_Paulo"})
    other = type(district)(manifest, district.tables)
    ((hall,),) = halls_of(other, scenario(roster={"first_week": "2031-09-29"}))
    assert {day.kind for day in hall.days} == {DayKind.WORKDAY, DayKind.WEEKEND}


def test_an_unknown_holiday_year() -> None:
    with pytest.raises(CalendarError, match="2027"):
        halls_of(ground(), scenario(roster={"first_week": "2026-12-28"}))


def test_contracts_and_skills() -> None:
    found = problems(ground(staff=staff(weekly_hours=[1.0, 40, 40, 30], least_hours=[None, 45, None, 31])))
    assert len(found) == 3
    assert sum("the contract holds no shift" in one for one in found) == 1
    assert sum("the fewest hours are more than the most" in one for one in found) == 2
    assert any("Did you mean 综合窗口" in one for one in problems(ground(staff=staff(skills=["综合窗"] * 4))))


def test_shifts_that_are_not_known() -> None:
    wished, out = (table(WISHES, ("c", "2026-11-05", name)) for name in ("晚班", "早班"))
    found = problems(ground(wishes=wished, duties=out))
    assert [one.partition(":")[0] for one in found] == [
        "wishes, row i0, column shift",
        "duties, row i0, column shift",
    ]


def test_leave_for_all_weeks_is_an_answer() -> None:
    ((hall,),) = halls_of(ground(leave=table(LEAVE, ("a", "2026-10-01", "2026-12-31"))), scenario())
    assert len(hall.people[0].leave) == 7
    assert all(0 not in own for own in hall.sharing)


def test_requirements_at_a_closed_hour_unknown_posts_and_clocks() -> None:
    rows = requirements(
        (
            (WINDOW, "Sa", 540, 600, 1),
            (WINDOW, "Mo", 0, 60, 1),
            ("咨询台", "Mo", 600, 660, 1),
        )
    )
    found = problems(ground(requirements=rows))
    assert sum("while the centre is shut" in one for one in found) == 2
    assert sum("the post is not known" in one for one in found) == 1


def test_midnight_ends_a_span_as_1440() -> None:
    ((hall,),) = halls_of(ground(requirements=requirements(((ONLINE, "Mo", 1380, 1440, 1),))), scenario())
    assert max(need.staff for need in hall.needs if need.day == 0 and need.end == 1440) == 2


@pytest.mark.parametrize("text", ["24:00-08:00", "8:30-11:30", "08:30-24:30", "08:30-11:30,11:00-12:00", "now"])
def test_spans_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="spans"):
        Roster(shifts={"x": {"posts": {WINDOW: text}}})


def test_midnight_in_a_shift() -> None:
    said = Roster(shifts={"x": {"posts": {WINDOW: "00:00-04:00,20:00-24:00"}}})
    assert said.shifts["x"].posts[WINDOW].endswith("24:00")


def test_shifts_that_no_rule_allows() -> None:
    wrong = {
        **SHIFTS,
        "长班": {"posts": {WINDOW: "08:00-18:30"}},
        "两处": {"posts": {WINDOW: "08:30-10:00", AGENCY: "09:00-11:00"}},
        "昼夜": {"posts": {ONLINE: "20:00-19:00"}},
    }
    found = problems(said=scenario(roster={"shifts": wrong}))
    words = ("longer than a day's work", "no break at midday", "two posts at once", "more than two days")
    assert [sum(one in each for each in found) for one in words] == [1, 1, 1, 1]


def test_absences_and_sections_and_ledgers_that_are_not_there() -> None:
    away = [{"staff": "z", "first": "2026-11-05", "last": "2026-11-03"}]
    found = problems(said=scenario(roster={"absences": away}))
    assert len(found) == 2
    empty = ground(staff=staff().iloc[:0], requirements=requirements().iloc[:0])
    assert len(problems(empty)) == 2
    with pytest.raises(ValueError, match="a date"):
        scenario(roster={"absences": [{"staff": "a", "first": "soon", "last": "later"}]})
    with pytest.raises(RosterError, match="no section 'roster'"):
        halls_of(ground(), scenario().model_copy(update={"roster": None}))


def test_a_shared_midday() -> None:
    """Half of the window's midday is held by who has the agency: exactly the hour in which the window is at lunch."""
    ((hall,),) = halls_of(ground(), scenario())
    noon = next(need for need in hall.needs if need.day == 0 and need[1:4] == (WINDOW, 690, 750))
    assert hall.covers(noon) == ((0, 1),)
    assert np.all([need.staff == 1 for need in hall.needs])


def test_a_section_that_is_not_there_is_no_part_of_the_fingerprint() -> None:
    assert "roster" not in pocket.scenario().model_dump()
    assert "roster" in scenario().model_dump()
