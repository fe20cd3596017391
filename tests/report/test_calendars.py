"""Calendars of rooms: read again, they hold the sessions of the plan, and twice the same bytes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import icalendar
import pytest

from tests import pocket
from tests.rooms import shown
from workbench.errors import ScenarioError
from workbench.report.calendars import ZONE, first_monday, write_calendars
from workbench.rooms import TimetableResult
from workbench.rooms.week import week_of
from workbench.scenario import load_scenario
from workbench.terms import FICTIONAL_NOTE

MONDAY = dt.date(2026, 11, 2)
"""The first one after the date of the pocket district, 2026-11-01."""


@pytest.fixture(scope="module")
def result() -> TimetableResult:
    return shown.planned()


@pytest.fixture(scope="module")
def paths(result: TimetableResult, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_calendars(tmp_path_factory.mktemp("calendars"), result)


def events(path: Path) -> list[icalendar.Event]:
    return icalendar.Calendar.from_ical(path.read_bytes()).events


def test_one_calendar_a_room_in_use_holds_its_sessions(result: TimetableResult, paths: list[Path]) -> None:
    wanted: dict[str, set[tuple[str, dt.datetime, dt.datetime]]] = {}
    for block in week_of(result, "S1"):
        midnight = dt.datetime.combine(MONDAY + dt.timedelta(block.day), dt.time())
        span = tuple(midnight + dt.timedelta(minutes=m) for m in (block.begin, block.end))
        wanted.setdefault(f"S1_{block.room}.ics", set()).add((block.name, *span))
    read = {
        path.name: {(str(e["SUMMARY"]), *(e.decoded(k).replace(tzinfo=None) for k in ("DTSTART", "DTEND"))) for e in events(path)}
        for path in paths
    }  # fmt: skip
    assert read == wanted
    assert len(read["S1_R3.ics"]) == 2


def test_events_repeat_weekly_in_the_zone_of_the_district(paths: list[Path]) -> None:
    for path in paths:
        calendar = icalendar.Calendar.from_ical(path.read_bytes())
        (zone,) = calendar.timezones
        assert str(zone["TZID"]) == ZONE
        assert FICTIONAL_NOTE in str(calendar["X-WR-CALDESC"])
        assert "普通周" in str(calendar["X-WR-CALDESC"])
        for event in calendar.events:
            assert event["RRULE"]["FREQ"] == ["WEEKLY"]
            assert event["DTSTART"].params["TZID"] == ZONE
            assert event.decoded("DTSTART").utcoffset() == dt.timedelta(hours=8)
            assert event.decoded("DTSTAMP") == dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
            assert not {"ORGANIZER", "ATTENDEE", "CONTACT"} & set(event)


def test_a_joined_session_stands_in_both_rooms_and_says_so(paths: list[Path]) -> None:
    one, other = (next(e for e in events(path) if e["SUMMARY"] == "大讲堂") for path in paths[:2])
    assert (str(one["SUMMARY"]), str(one["UID"])) == ("大讲堂", "A1-1-R1@pocket.yijia")
    assert str(other["UID"]) == "A1-1-R2@pocket.yijia"
    words = str(one["DESCRIPTION"])
    for part in ("宣讲与讲座；全体居民；30 人", "提前 30 分钟布置", "之后 15 分钟清场", "与 R2 合用", FICTIONAL_NOTE):
        assert part in words
    short = next(e for e in events(paths[0]) if e["SUMMARY"] == "议事")
    assert "清场" not in str(short["DESCRIPTION"]), "fifty minutes are rounded, not followed by clearing away"
    assert str(one["LOCATION"]) == "东中心 R1 会议室"


def test_identifiers_are_unique_and_stay(result: TimetableResult, paths: list[Path], tmp_path: Path) -> None:
    found = [str(event["UID"]) for path in paths for event in events(path)]
    assert len(set(found)) == len(found) == 5  # A1 twice, A2, A3, A4
    assert [p.read_bytes() for p in write_calendars(tmp_path, result)] == [p.read_bytes() for p in paths]


@pytest.mark.parametrize(
    ("date", "monday"),
    [
        ("2026-11-01", dt.date(2026, 11, 2)),
        ("2026-11-02", dt.date(2026, 11, 9)),
        ("2026-11", dt.date(2026, 11, 2)),
        ("2021", dt.date(2021, 1, 4)),
        ("2026-13", dt.date(2026, 9, 7)),
        ("autumn", dt.date(2026, 9, 7)),
    ],
)
def test_the_first_week_follows_the_date_of_the_ground(result: TimetableResult, date: str, monday: dt.date) -> None:
    manifest = result.district.manifest.model_copy(update={"date": date})
    assert first_monday(replace(result, district=replace(result.district, manifest=manifest))) == monday


def test_the_scenario_may_set_the_first_week(result: TimetableResult, tmp_path: Path) -> None:
    said = pocket.scenario(rooms={"plan": True, "first_week": "2027-01-04"})
    assert first_monday(replace(result, scenario=said)) == dt.date(2027, 1, 4)
    for text, message in (("2027-01-05", "a Monday"), ("soon", "YYYY-MM-DD")):
        (tmp_path / "s.yaml").write_text(f"name: s\nrooms: {{first_week: {text}}}\n", encoding="utf-8")
        with pytest.raises(ScenarioError, match=f"key rooms.first_week: .*{message}"):
            load_scenario(tmp_path / "s.yaml")


def test_names_of_rooms_that_no_file_system_takes(result: TimetableResult, tmp_path: Path) -> None:
    from workbench.report.calendars import safe_name

    assert safe_name("r/1") != safe_name("r:1") != safe_name("r%2f1")
    assert {sign for name in ("r/1", "a\\b", "..", "甲 1") for sign in safe_name(name)} <= set(
        "r1ab甲%0123456789abcdef-_"
    )
