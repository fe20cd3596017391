"""From the ledgers of a district to its centres."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests import pocket
from tests.ledgers import activities, bookings, district, rooms
from workbench.calendars import known_years
from workbench.errors import CalendarError
from workbench.rooms import RoomsError, Session, replan, timetable_rooms
from workbench.rooms.dates import weeks_of
from workbench.rooms.instance import centres_of
from workbench.rooms.problem import DAY_CELLS, Rules
from workbench.scenario.rooms import Events


def test_a_centre_by_hand() -> None:
    ground = district(
        rooms=rooms(
            {
                "area_m2": 40.5,
                "equipment": "tables;projector",
                "merges_with": "R2",
                "neighbours": "R2",
                "sound": "quiet",
            },
            {"use": "office", "merges_with": "R1", "opening_hours": "Mo 09:10-11:00", "power": "strong"},
            {"function": "档案室", "power": None},
        ),
        activities=activities(
            {"function": "canteen", "duration_min": 50, "setup_min": 10, "days_apart": 2, "organiser": "O1"},
            {
                "function": "study",
                "noise": "loud",
                "needs": "private",
                "highest_storey": 3,
                "prefers": "Mo 09:00-10:00",
            },
        ),
        bookings=bookings(
            {"day": "Tu", "start": "10:15", "fixed": True, "joined_with": "R2"}, {"activity": "A2", "start": "09:05"}
        ),
    )
    (made,) = centres_of(ground, pocket.scenario(rooms={"step": 15, "release": "area"}))
    assert made.id == "S1"
    assert made.rules == Rules(15, "inside", True, 0.6, 0, "area")
    first, second, third = made.rooms
    assert (first.area_dm2, first.sound, first.equipment) == (405, 0, {"tables", "projector"})
    assert [r.office for r in made.rooms] == [False, True, True]
    assert (second.strong_power, third.strong_power) == (True, False)
    assert first.open.sum() == 5 * 9 * 4
    assert second.open.sum() == 7, "a quarter that is open in part is not open"
    assert (made.joins, made.walls) == (((0, 1),), ((0, 1),))
    canteen, study = made.activities
    assert (canteen.length, canteen.setup, canteen.clear, canteen.minutes) == (4, 1, 0, 50)
    assert (canteen.water, canteen.strong_power, canteen.highest_storey, canteen.days_apart) == (True, True, 1, 2)
    assert (study.noise, study.wants_quiet, study.shares, study.private, study.highest_storey) == (
        2,
        True,
        "desks",
        True,
        3,
    )
    assert study.days_apart == 1
    assert study.preferred.sum() == 4
    assert made.today == made.fixed == (Session(0, DAY_CELLS + 41, 3),)
    assert made.lost == 1


def test_joining_may_be_forbidden() -> None:
    ground = district(rooms=rooms({"merges_with": "R2"}, {"merges_with": "R1"}), activities=activities({}))
    (made,) = centres_of(ground, pocket.scenario(rooms={"join": False}))
    assert made.joins == ()
    assert made.walls == ((0, 1),)


def test_stations_are_independent_and_in_order() -> None:
    ground = district(rooms=rooms({"station": "S2"}, {}, {}), activities=activities({"station": "S2"}, {}))
    made = centres_of(ground, pocket.scenario())
    assert [(c.id, len(c.rooms), len(c.activities)) for c in made] == [("S1", 2, 1), ("S2", 1, 1)]


def test_no_rooms() -> None:
    with pytest.raises(RoomsError, match="there are no rooms"):
        centres_of(pocket.district(), pocket.scenario())


def test_a_fixed_booking_off_the_grid() -> None:
    ground = district(rooms=rooms({}), activities=activities({}), bookings=bookings({"start": "09:05", "fixed": True}))
    with pytest.raises(RoomsError, match="bookings, row B1, column start: a fixed booking begins off the grid"):
        centres_of(ground, pocket.scenario())


def test_hours_that_are_not_known_are_no_hours() -> None:
    stations = pocket.stations().assign(opening_hours=[None, "24/7"])
    (made,) = centres_of(pocket.district(stations=stations, rooms=rooms({})), pocket.scenario())
    assert made.rooms[0].open.sum() == 0


SEASONS = "Nov-Mar Mo-Su 09:00-16:00; Apr-Oct Mo-Su 09:00-20:00"


@pytest.mark.parametrize(
    ("hours", "windows", "first", "weeks", "held"),
    [
        (SEASONS, "Mo-Fr 18:00-19:00", "2026-11-02", 4, 0),
        (SEASONS, "Mo-Fr 18:00-19:00", "2026-09-07", 4, 1),
        (SEASONS, "Mo-Fr 18:00-19:00", "2026-10-05", 8, 0),  # the evening is there until October ends
        ("Mo[1] 09:00-17:00", None, "2026-09-07", 4, 0),
        ("Mo[1] 09:00-17:00", None, "2026-09-14", 1, 0),
        ("Mo[1] 09:00-17:00", None, "2026-10-05", 1, 1),
        ("Mo-Fr 09:00-17:00; Sep 18 off", "Fr", "2026-09-07", 4, 0),
        ("Mo-Fr 09:00-17:00; Sep 18 off", "Fr", "2026-09-21", 4, 1),
        ("Mo-Fr 09:00-17:00; PH off", "Th", "2026-09-07", 6, 1),  # 1 October takes out a date, not the hour
        ("Mo-Su 09:00-20:00", "Nov-Mar 18:00-19:00", "2026-10-05", 8, 0),
    ],
)
def test_what_repeats_weekly_stands_in_the_hours_of_every_week(
    hours: str, windows: str | None, first: str, weeks: int, held: int
) -> None:
    ground = district(rooms=rooms({"opening_hours": hours}), activities=activities({"windows": windows}))
    said = pocket.scenario(rooms={"plan": True, "first_week": first, "weeks": weeks})
    assert len(timetable_rooms(ground, said).sessions) == held


def test_a_room_closed_for_a_week_of_the_run_is_closed_for_what_repeats() -> None:
    ground = district(rooms=rooms({}), activities=activities({"windows": "Tu"}), bookings=bookings({"day": "Tu"}))
    base = timetable_rooms(ground, pocket.scenario(rooms={"first_week": "2026-09-07", "weeks": 4}))
    for hours, held in (("2026 Sep 15", 0), ("2026 Oct 20", 1)):
        events = Events.model_validate({"rooms_closed": [{"room": "R1", "hours": hours}]})
        assert len(replan(base, events).timetable.sessions) == held


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
def test_the_first_week_follows_the_date_of_the_ground(date: str, monday: dt.date) -> None:
    ground = district()
    dated = replace(ground, manifest=ground.manifest.model_copy(update={"date": date}))
    assert weeks_of(dated, pocket.scenario()).monday == monday


def test_the_weeks_end_with_the_holidays_that_are_known() -> None:
    ground, last = district(), known_years()[-1]
    said = pocket.scenario(rooms={"first_week": "2026-10-05", "weeks": 4})
    assert weeks_of(ground, said).last == dt.date(2026, 11, 1)
    late = weeks_of(ground, pocket.scenario(rooms={"first_week": monday_in(last, 12, 14).isoformat()}))
    assert late.count < 13
    assert late.last.year == last
    beyond = pocket.scenario(rooms={"first_week": monday_in(last + 1, 2, 1).isoformat()})
    with pytest.raises(CalendarError, match=f"key rooms.first_week: the public holidays of {last + 1} are not known"):
        weeks_of(ground, beyond)
    abroad = replace(ground, manifest=ground.manifest.model_copy(update={"time_zone": "America/Sao_Paulo"}))
    assert (weeks_of(abroad, beyond).count, weeks_of(abroad, beyond).special_days) == (13, ())


def monday_in(year: int, month: int, day: int) -> dt.date:
    date = dt.date(year, month, day)
    return date - dt.timedelta(days=date.weekday())


@pytest.mark.parametrize(
    ("windows", "sessions", "apart", "held"),
    [
        ("Su,Mo", 2, 2, 1),
        ("Su,Tu", 2, 2, 2),
        ("Mo,We,Fr,Su", 4, 2, 3),
        ("Mo-Su", 7, 3, 2),
        ("Mo-Su", 2, 4, 1),
    ],
)
def test_the_week_is_a_circle(windows: str, sessions: int, apart: int, held: int) -> None:
    """Sunday and Monday are one day apart, for the week repeats."""
    ground = district(
        rooms=rooms({"opening_hours": "Mo-Su 09:00-10:00"}),
        activities=activities({"windows": windows, "sessions": sessions, "days_apart": apart}),
    )
    result = timetable_rooms(ground, pocket.scenario())
    assert len(result.sessions) == held
    assert result.unserved["rules"].str.contains("days_apart").all()
    assert result.status == "OPTIMAL"


def test_a_published_sunday_and_monday_break_the_rule() -> None:
    ground = district(
        rooms=rooms({"opening_hours": "24/7"}),
        activities=activities({"sessions": 2, "days_apart": 2}),
        bookings=bookings({"day": "Su"}, {"day": "Mo"}),
    )
    assert list(timetable_rooms(ground, pocket.scenario()).breaches_today["rule"]) == ["days_apart"]


@pytest.mark.parametrize(
    ("hours", "asked", "found"),
    [
        ("24/7", {"windows": "Mo 14:00-14:50", "duration_min": 50}, "14:00–14:50"),
        ("Mo 09:00-09:50", {"duration_min": 50}, "09:00–09:50"),
        ("24/7", {"windows": "Mo 19:00-20:50", "duration_min": 110}, "19:00–20:50"),
        ("Mo 19:00-20:50", {"duration_min": 105, "clear_min": 5}, "19:00–20:45"),
        ("Mo 19:00-20:50", {"duration_min": 105, "clear_min": 6}, None),
        ("Mo 08:50-10:00", {"duration_min": 60, "setup_min": 10}, "09:00–10:00"),
        ("Mo 08:51-10:00", {"duration_min": 60, "setup_min": 10}, None),
        ("Mo 09:00-10:00", {"duration_min": 50, "clear_min": 10}, "09:00–09:50"),
        ("24/7", {"windows": "Mo 18:15-19:05", "duration_min": 50}, "18:15–19:05"),  # off the half hours of the grid
        ("24/7", {"windows": "Mo 18:10-19:05", "duration_min": 50}, "18:15–19:05"),
        ("Fr 23:00-24:30", {"duration_min": 60}, "23:00–24:00"),
        ("Fr 22:30-26:00", {"duration_min": 120}, "00:00–02:00"),
        ("24/7", {"windows": "Fr 23:00-02:00", "duration_min": 120}, "00:00–02:00"),
    ],
)
def test_hours_are_held_against_a_session_to_the_minute(hours: str, asked: dict[str, object], found: str) -> None:
    ground = district(rooms=rooms({"opening_hours": hours}), activities=activities(asked))
    sessions = timetable_rooms(ground, pocket.scenario()).sessions
    spans = [f"{row.start}–{row.end}" for row in sessions.itertuples()]
    assert spans == ([found] if found else [])


def test_a_class_of_fifty_minutes_and_ten_to_clear_away_hold_an_hour() -> None:
    ground = district(
        rooms=rooms({"opening_hours": "Mo 09:00-12:00"}),
        activities=activities({"sessions": 3, "days_apart": 0, "duration_min": 50, "clear_min": 10}),
    )
    result = timetable_rooms(ground, pocket.scenario())
    assert list(result.sessions["start"]) == ["09:00", "10:00", "11:00"]
    assert result.status == "OPTIMAL"
    assert result.by_centre.loc[0, "load_bound"] == 1
