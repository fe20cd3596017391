"""What the ledgers of a season allow, by hand; and what is said of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import icalendar
import pandas as pd
import pytest

from tests import ledgers, pocket
from tests.programme import season
from workbench.coverage import assess_coverage
from workbench.coverage.measure import CoverageResult
from workbench.errors import CalendarError, GeodataError, ScenarioError
from workbench.programme import (
    ProgrammeProblem,
    ProgrammeResult,
    festival_day,
    plan_programme,
    programme_problem,
)
from workbench.report.timetables import write_season_calendars
from workbench.rooms import timetable_rooms

_ORGANISERS = pd.DataFrame({"id": ["G1"], "name": ["某校"], "teams": [1]})
_YARDS = pd.DataFrame({"id": ["Y1"], "station": ["S1"], "capacity": [50]})


def _coverage(
    *types: Mapping[str, object], asked: tuple[Mapping[str, object], ...] = ({},), weeks: int = 2, **said: object
) -> CoverageResult:
    own = {key: said.pop(key) for key in list(said) if isinstance(said[key], pd.DataFrame)}
    standards = {"privacy.smallest_cell": said.pop("smallest", 10)}
    tables = {"rooms": ledgers.rooms({"opening_hours": "24/7"}), "yards": _YARDS, "organisers": _ORGANISERS, **own}
    district = ledgers.district(event_types=season.types(*types), event_requests=season.requests(*asked), **tables)
    monday = said.pop("monday", season.MONDAY)
    scenario = pocket.scenario(programme={"monday": monday, "weeks": weeks, **said}, standards=standards)
    return assess_coverage(district, scenario)


def _problem(*types: Mapping[str, object], **said: object) -> ProgrammeProblem:
    return programme_problem(_coverage(*types, **said))  # type: ignore[arg-type]


def _days(problem: ProgrammeProblem) -> list[str]:
    return [f"{problem.days[one.day]:%m-%d}" for one in problem.candidates]


def test_an_event_is_on_where_a_room_is_large_enough_and_free() -> None:
    activities = ledgers.activities({"windows": None})
    bookings = ledgers.bookings({"day": "Tu", "start": "20:00"})
    rooms = ledgers.rooms({"opening_hours": "24/7"}, {"capacity": 9, "opening_hours": "24/7"})
    problem = _problem({"hours": "Mo,Tu 19:00-21:00"}, rooms=rooms, activities=activities, bookings=bookings)
    assert _days(problem) == ["07-06", "07-13"], "on Tuesdays the room is booked from eight on"
    assert {one.room for one in problem.candidates} == {"R1"}
    assert {one.start for one in problem.candidates} == {19 * 60}
    # the post has no room
    assert problem.barred[0] == {"season": 20, "booked": 2, "no_room": 4}


def test_an_event_in_a_room_asks_for_open_doors() -> None:
    problem = _problem({"hours": "Mo 17:00-18:30"}, rooms=ledgers.rooms({}))
    assert problem.barred[0] == {"season": 24, "shut": 2, "no_room": 2}, "the centre shuts at half past five"
    longer = ledgers.rooms({"opening_hours": "Mo-Fr 08:30-18:30"})
    assert len(_problem({"hours": "Mo 17:00-18:30"}, rooms=longer).candidates) == 2


def test_a_loud_event_is_over_early_before_a_school_day() -> None:
    loud: dict[str, object] = {"noise": "loud", "hours": "Mo-Su 19:30-21:00", "place": "yard", "function": None}
    assert len(_days(_problem(loud))) == 14, "there is no school in July"
    september = _problem(loud, monday="2026-09-07")
    assert _days(september) == ["09-11", "09-12", "09-18"], "on the 20th, a Sunday, there is school"
    assert september.barred[0]["school_night"] == 22


def test_training_keeps_out_of_the_school_run() -> None:
    training: dict[str, object] = {"training": True, "hours": "Mo-Fr 08:00-11:00", "duration_min": 120}
    starts = {one.start for one in _problem(training, monday="2026-09-07").candidates}
    assert starts == {510}
    assert {one.start for one in _problem(training).candidates} == {480}
    too_long = _problem({**training, "duration_min": 180}, monday="2026-09-07")
    assert too_long.barred[0]["school_run"] == 22


def test_festivals_are_on_their_days() -> None:
    assert festival_day("中秋节", 2026) == dt.date(2026, 9, 25)
    assert festival_day("端午节", 2026) == dt.date(2026, 6, 19)
    assert festival_day("国庆节", 2026) == dt.date(2026, 10, 1)
    assert festival_day("元宵节", 2027) == dt.date(2027, 2, 20)
    days = _days(_problem({"festival": "中秋节"}, monday="2026-09-14"))
    assert days == ["09-22", "09-23", "09-24", "09-25", "09-26", "09-27"]


def test_a_festival_may_be_that_of_another_year() -> None:
    assert festival_day("腊八节", 2025) == dt.date(2026, 1, 26), "of the lunar year that begins in 2025"
    assert _days(_problem({"festival": "腊八节"}, monday="2026-01-19"))[:2] == ["01-23", "01-24"]
    assert _days(_problem({"festival": "元旦"}, monday="2025-12-22"))[0] == "12-29"


def test_a_season_in_a_year_whose_holidays_are_not_known_is_refused() -> None:
    with pytest.raises(CalendarError, match="2027"):
        _problem({}, monday="2026-11-02", weeks=13)


def test_where_ages_are_not_known_nobody_is_counted_but_everyone() -> None:
    demand = pocket.demand().drop(columns=pocket.BANDS)
    asked = ({}, {"type": "E2"})
    result = plan_programme(_coverage({}, {"audience": "everyone"}, asked=asked, demand=demand, relief_places=7))
    assert result.relief.empty
    table = result.by_audience.set_index("audience")
    assert table["residents"].to_dict() == {"everyone": 70, "youth": 0}
    assert pd.isna(table["share"]["youth"])


def test_training_is_sized_to_orders() -> None:
    result = plan_programme(_coverage({"orders": 15, "training": True}, asked=({"sessions": 3},), weeks=8))
    assert len(result.plan.events) == 2, "two sessions of ten places fill fifteen"
    assert {kpi.key: kpi.value for kpi in result.kpis()}["programme.orders"] == 100
    assert result.unmet["reason"].tolist() == ["taken"]


_BAD: dict[str, tuple[dict[str, object], str]] = {
    "longer than its evening": ({"duration_min": 150}, "hours"),
    "unknown festival": ({"festival": "端五节"}, "festival"),
    "unknown audience": ({"audience": "yuoth"}, "audience"),
    "no function": ({"function": None}, "function"),
}


@pytest.mark.parametrize("case", _BAD)
def test_kinds_of_events_that_cannot_be_are_refused(case: str) -> None:
    row, column = _BAD[case]
    with pytest.raises(GeodataError) as told:
        _problem(row)
    assert [(problem.where, problem.row, problem.column) for problem in told.value.problems] == [
        ("event_types", "E1", column)
    ]


def test_a_season_without_ledgers_or_wish_is_refused() -> None:
    with pytest.raises(ScenarioError, match="no programme"):
        programme_problem(assess_coverage(pocket.district(), pocket.scenario()))
    with pytest.raises(GeodataError, match="no rows"):
        programme_problem(assess_coverage(pocket.district(), pocket.scenario(programme={"monday": season.MONDAY})))
    with pytest.raises(ValueError, match="a Monday"):
        pocket.scenario(programme={"monday": "2026-07-07"})


@pytest.fixture(scope="module")
def planned() -> ProgrammeResult:
    return _planned()


def _planned() -> ProgrammeResult:
    yard: dict[str, object] = {
        "name": "集市",
        "place": "yard",
        "function": None,
        "audience": "everyone",
        "big": True,
        "organiser": "G1",
    }
    asked = ({"sessions": 2}, {"type": "E2"}, {"community": "C2", "priority": 2})
    return plan_programme(_coverage({}, yard, asked=asked, weeks=4, relief_places=7))


def test_what_is_on_is_told_with_place_and_rain_date(planned: ProgrammeResult) -> None:
    table = planned.by_event
    assert sorted(table["event"]) == ["夜校", "夜校", "集市"]
    market = table[table["event"] == "集市"].iloc[0]
    assert dt.date.fromisoformat(market["rain"]) - dt.date.fromisoformat(market["date"]) == dt.timedelta(7)
    assert planned.unmet[["community", "lacks", "reason"]].values.tolist() == [["C2", 1, "no_place"]]
    assert "4 周申请 4 场，排上 3 场；未排上的多因无够大的室外场地 1 场。" in planned.conclusion()
    assert planned.by_audience.set_index("audience")["events"].to_dict() == {"everyone": 1, "youth": 2}


def test_what_it_asks_of_rooms_is_a_ledger_that_rooms_can_serve(planned: ProgrammeResult) -> None:
    rows = planned.activities()
    assert rows[["station", "function", "sessions"]].values.tolist() == [["S1", "night_school", 1]]
    asked = planned.district.with_ledgers(activities=rows)
    timetable = timetable_rooms(asked, pocket.scenario())
    assert timetable.status == "OPTIMAL"
    [(centre, plan)] = timetable.planned
    assert (centre.id, len(plan.sessions)) == ("S1", 1)
    assert {kpi.key: kpi.value for kpi in timetable.kpis()}["need.sessions_after"] == 100.0


def test_identical_runs_give_identical_answers(planned: ProgrammeResult) -> None:
    again = _planned()
    assert again.kpis() == planned.kpis()
    assert {name: table.to_csv() for name, table in again.tables().items()} == {
        name: table.to_csv() for name, table in planned.tables().items()
    }


def test_work_relief_is_shared_out_by_residents_of_working_age(planned: ProgrammeResult) -> None:
    # 81 and 36 of them
    assert planned.relief.set_index("community")["places"].to_dict() == {"C1": 5, "C2": 2}


def test_calendars_hold_every_event(planned: ProgrammeResult, tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    [path] = write_season_calendars(folder, planned)
    events = [str(part["summary"]) for part in icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")]
    assert sorted(events) == ["夜校", "夜校", "集市"]
