"""Calendars of rooms: read again, they hold the sessions of the plan, and twice the same bytes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import icalendar
import pytest

from tests import pocket
from tests.ledgers import activities, bookings, district, rooms
from tests.rooms import shown
from workbench.catalogue.terms import FICTIONAL_NOTE
from workbench.errors import ScenarioError
from workbench.report.timetables import write_calendars
from workbench.rooms import TimetableResult, replan, timetable_rooms
from workbench.rooms.week import week_of
from workbench.scenario import load_scenario
from workbench.scenario.rooms import Events

MONDAY = dt.date(2026, 11, 2)
"""The first one after the date of the pocket district, 2026-11-01."""


@pytest.fixture(scope="module")
def result() -> TimetableResult:
    return shown.planned(weeks=8)


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
    assert read.pop("S1.all.ics") == set().union(*wanted.values())
    assert read == wanted
    assert len(read["S1_R3.ics"]) == 2


def test_a_session_has_one_identifier_in_the_calendars_of_its_room_and_its_centre(paths: list[Path]) -> None:
    whole = next(path for path in paths if path.name == "S1.all.ics")
    rooms_of = [path for path in paths if path != whole]
    one_by_one = [str(e["UID"]) for path in rooms_of for e in events(path)]
    assert sorted(str(e["UID"]) for e in events(whole)) == sorted(one_by_one)
    assert len(set(one_by_one)) == len(one_by_one)
    assert str(icalendar.Calendar.from_ical(whole.read_bytes())["X-WR-CALNAME"]).endswith("· 全部房间")


def test_events_repeat_weekly_in_the_zone_of_the_district(paths: list[Path]) -> None:
    for path in paths:
        calendar = icalendar.Calendar.from_ical(path.read_bytes())
        (zone,) = calendar.timezones
        assert str(zone["TZID"]) == str(calendar["X-WR-TIMEZONE"]) == "Asia/Shanghai"
        assert FICTIONAL_NOTE in str(calendar["X-WR-CALDESC"])
        assert "2026年11月2日至2026年12月27日每周重复" in str(calendar["X-WR-CALDESC"])
        for event in calendar.events:
            assert event["RRULE"]["FREQ"] == ["WEEKLY"]
            assert event["RRULE"]["UNTIL"] == [dt.datetime(2026, 12, 27, 15, 59, tzinfo=dt.UTC)]
            assert event["DTSTART"].params["TZID"] == "Asia/Shanghai"
            assert event.decoded("DTSTART").utcoffset() == dt.timedelta(hours=8)
            assert event.decoded("DTSTAMP") == dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
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
    found = [str(event["UID"]) for path in paths if not path.name.endswith(".all.ics") for event in events(path)]
    assert len(set(found)) == len(found) == 5  # A1 twice, A2, A3, A4
    assert [p.read_bytes() for p in write_calendars(tmp_path, result)] == [p.read_bytes() for p in paths]


def test_the_scenario_may_set_the_first_week(tmp_path: Path) -> None:
    for text, message in (("2027-01-05", "a Monday"), ("soon", "YYYY-MM-DD")):
        (tmp_path / "s.yaml").write_text(f"name: s\nrooms: {{first_week: {text}}}\n", encoding="utf-8")
        with pytest.raises(ScenarioError, match=f"key rooms.first_week: .*{message}"):
            load_scenario(tmp_path / "s.yaml")


def held(event: icalendar.Event, *, between: tuple[str, str]) -> list[str]:
    """Return the dates of an event as a phone expands them."""
    until = event["RRULE"]["UNTIL"][0]
    start = event.decoded("DTSTART")
    entries = event.get("EXDATE", [])
    out = {each.dt for entry in (entries if isinstance(entries, list) else [entries]) for each in entry.dts}
    moments = [start + dt.timedelta(weeks=week) for week in range(60)]
    first, last = (dt.date.fromisoformat(date) for date in between)
    return [m.date().isoformat() for m in moments if m <= until and m not in out and first <= m.date() <= last]


@pytest.mark.parametrize(
    ("hours", "windows", "missing"),
    [
        ("Mo-Fr 09:00-17:00; PH off", "Th 10:00-11:00", ["2026-10-01"]),
        ("Mo-Fr 09:00-17:00", "Th 10:00-11:00", ["2026-10-01"]),  # a public holiday counts as a Sunday
        ("24/7", "Th 10:00-11:00", ["2026-10-01"]),  # the activity keeps its days
        ("24/7", "10:00-11:00", []),
        ("Mo-Su 09:00-17:00; PH 14:00-17:00", "10:00-11:00", ["2026-10-01"]),
        ("Mo-Su 09:00-17:00; PH 09:00-11:00", "10:00-11:00", []),
        ("Mo-Su 09:00-17:00; PH 10:00-12:00", "10:00-11:00", ["2026-10-01"]),  # no time to set up
    ],
)
def test_no_event_on_a_date_that_is_closed(hours: str, windows: str, missing: list[str], tmp_path: Path) -> None:
    ground = district(
        rooms=rooms({"opening_hours": hours}),
        activities=activities({"windows": windows, "setup_min": 30}),
        bookings=bookings({"day": "Th", "start": "10:00", "fixed": True}),
    )
    said = pocket.scenario(rooms={"plan": True, "first_week": "2026-09-21", "weeks": 4})
    result = timetable_rooms(ground, said)
    path, whole = write_calendars(tmp_path, result)
    assert events(whole) == events(path)
    (event,) = events(path)
    every = ["2026-09-24", "2026-10-01", "2026-10-08", "2026-10-15"]
    assert held(event, between=("2026-01-01", "2027-12-31")) == [date for date in every if date not in missing]
    assert [date.isoformat() for date in result.days_out["date"]] == missing
    assert ("停课日期" in result.tables()) == bool(missing)


def test_a_made_up_saturday_is_a_working_day(tmp_path: Path) -> None:
    """10 October 2026 is worked for the National Day: a Friday, when the room closes at noon. The 3rd is a holiday."""
    ground = district(
        rooms=rooms({"opening_hours": "Mo-Fr 09:00-12:00; Sa 09:00-17:00"}),
        activities=activities({"windows": "14:00-15:00"}),
    )
    for rule, missing in (("as_workday", ["2026-10-03", "2026-10-10"]), ("as_weekend", ["2026-10-03"])):
        said = {"rooms": {"first_week": "2026-09-28", "weeks": 3}, "hours": {"make_up_days": rule}}
        found = timetable_rooms(ground, pocket.scenario(**said)).days_out
        assert [date.isoformat() for date in found["date"]] == missing


@pytest.mark.parametrize(("crs_zone", "offset"), [("America/Sao_Paulo", -3), ("Europe/Madrid", 2), (None, None)])
def test_the_zone_is_that_of_the_district(
    result: TimetableResult, tmp_path: Path, crs_zone: str | None, offset: int | None
) -> None:
    changed = {"time_zone": crs_zone, "crs": "EPSG:4545" if crs_zone else "EPSG:31982"}
    ground = replace(result.district, manifest=result.district.manifest.model_copy(update=changed))
    said = pocket.scenario(rooms={"plan": True, "first_week": "2026-09-07"})
    calendar = icalendar.Calendar.from_ical(
        write_calendars(tmp_path, replace(result, district=ground, scenario=said))[0].read_bytes()
    )
    event = calendar.events[0]
    since = event.decoded("DTSTART").utcoffset()
    assert since == (None if offset is None else dt.timedelta(hours=offset))
    assert [str(zone["TZID"]) for zone in calendar.timezones] == ([crs_zone] if crs_zone else [])
    assert event["RRULE"]["UNTIL"][0].utcoffset() == (None if crs_zone is None else dt.timedelta(0))
    assert "未除去当地公共假日" in str(calendar["X-WR-CALDESC"])


def test_a_timetable_that_replaces_another_is_the_next_edition(tmp_path: Path) -> None:
    """The room is closed on Tuesday: the session moves, keeps its identifier, and a phone takes the new hour."""
    ground = district(
        rooms=rooms({}), activities=activities({"windows": "Tu,We 09:00-10:00"}), bookings=bookings({"day": "Tu"})
    )
    base = timetable_rooms(ground, pocket.scenario(rooms={"plan": True}))
    mended = replan(base, Events.model_validate({"rooms_closed": [{"room": "R1", "hours": "Tu"}]})).timetable
    (old, again), (new, _) = ([e for p in write_calendars(tmp_path, one) for e in events(p)] for one in (base, mended))
    assert again == old, "in the calendar of the centre as in that of the room"
    assert (old["UID"], int(old["SEQUENCE"])) == (new["UID"], 0)
    assert int(new["SEQUENCE"]) == 1
    assert new.decoded("DTSTART") - old.decoded("DTSTART") == dt.timedelta(days=1)
    assert old.decoded("DTSTAMP") == new.decoded("DTSTAMP") == dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def test_names_of_rooms_that_no_file_system_takes(result: TimetableResult, tmp_path: Path) -> None:
    from workbench.report.timetables import safe_name

    assert safe_name("r/1") != safe_name("r:1") != safe_name("r%2f1")
    assert {sign for name in ("r/1", "a\\b", "..", "甲 1") for sign in safe_name(name)} <= set(
        "r1ab甲%0123456789abcdef-_"
    )
