"""The week of each room, block by block."""

from __future__ import annotations

import pytest

from tests import pocket
from tests.ledgers import activities, bookings, district, rooms
from tests.rooms import shown
from workbench.rooms import TimetableResult, timetable_rooms
from workbench.rooms.week import Block, week_of


@pytest.fixture(scope="module")
def result() -> TimetableResult:
    return shown.planned()


def test_joined_rooms_hold_one_block_each_from_setting_up_to_clearing_away(result: TimetableResult) -> None:
    found = [block for block in week_of(result, "S1") if block.name == "大讲堂"]
    assert [(b.room, b.joined) for b in found] == [("R1", "R2"), ("R2", "R1")]
    assert {(b.day, b.begin, b.end, b.held_from, b.held_to) for b in found} == {(1, 540, 630, 510, 645)}
    assert {(b.span, b.audience, b.standing) for b in found} == {("09:00–10:30", "全体居民", "new")}


def test_activities_that_share_a_room_stand_beside_each_other(result: TimetableResult) -> None:
    found = [block for block in week_of(result, "S1") if block.room == "R3"]
    assert [(b.activity, b.begin, b.lane, b.lanes) for b in found] == [("A2", 540, 0, 2), ("A3", 540, 1, 2)]


def test_today_is_what_is_published(result: TimetableResult) -> None:
    (block,) = week_of(result, "S1", "before")
    assert (block.room, block.day, block.begin, block.end, block.standing) == ("R4", 2, 840, 890, "kept")
    assert (block.held_from, block.held_to) == (840, 900), "fifty minutes hold an hour of quarters"


def test_a_centre_without_a_timetable_has_only_today() -> None:
    ground = district(
        rooms=rooms({}, {"use": "office", "area_m2": 400.0}), activities=activities({}), bookings=bookings({})
    )
    result = timetable_rooms(ground, pocket.scenario(rooms={"offices_kept": 1}))
    assert week_of(result, "S1") == ()
    assert len(week_of(result, "S1", "before")) == 1
    with pytest.raises(KeyError):
        week_of(result, "S2")


def test_sessions_that_touch_stand_in_one_lane_and_three_that_overlap_in_as_few_as_they_need() -> None:
    """A reads 9–10, B 9–11, C 10–11: C takes the place of A."""
    ground = district(
        rooms=rooms({"equipment": "bookshelves", "opening_hours": "Mo 09:00-12:00"}),
        activities=activities(
            {"function": "reading", "windows": "Mo 09:00-10:00", "attendance": 5},
            {"function": "reading", "windows": "Mo 09:00-11:00", "duration_min": 120, "attendance": 5},
            {"function": "reading", "windows": "Mo 10:00-11:00", "attendance": 5},
            {"function": "meeting", "windows": "Mo 11:00-12:00"},
        ),
    )
    found = week_of(timetable_rooms(ground, pocket.scenario()), "S1")
    assert [(b.activity, b.lane, b.lanes) for b in found] == [("A1", 0, 2), ("A2", 1, 2), ("A3", 0, 2), ("A4", 0, 1)]


def test_every_session_of_the_plan_is_a_block(result: TimetableResult) -> None:
    blocks: tuple[Block, ...] = week_of(result, "S1")
    plan = result.plan("S1")
    assert plan.timetable is not None
    assert len(blocks) == sum(len(plan.centre.places[s.place]) for s in plan.timetable.sessions) == 5
