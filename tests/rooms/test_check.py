"""The checker finds every fault that is planted: one test a rule, each beside a timetable that is right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.rooms.cases import NINE, activity, centre, hours, room
from workbench.errors import CheckError
from workbench.rooms import Centre, Rule, Session, Timetable
from workbench.rooms.check import faults, objectives, refuse_faults
from workbench.rooms.problem import DAY_CELLS


def broken(place: Centre, *sessions: Session, given: tuple[int, ...] = ()) -> list[str]:
    return [problem.key for problem in faults(place, Timetable(tuple(sorted(sessions)), given))]


@pytest.mark.parametrize(
    ("rule", "rooms", "asked"),
    [
        (Rule.CAPACITY, {"capacity": 4}, {}),
        (Rule.EQUIPMENT, {}, {"equipment": frozenset({"mirrors"})}),
        (Rule.SUPPLY, {"water": False}, {"water": True}),
        (Rule.SUPPLY, {"strong_power": False}, {"strong_power": True}),
        (Rule.PRIVACY, {"private": False}, {"private": True}),
        (Rule.STOREY, {"storey": 3}, {"highest_storey": 2}),
        (Rule.WALLS, {"sound": 1}, {"noise": 2}),
        (Rule.OPENING, {"open": hours(NINE + 1)}, {}),
        (Rule.WINDOWS, {}, {"windows": hours(NINE + 1)}),
        (Rule.OFFICE, {"office": True}, {}),
    ],
)
def test_a_session_that_breaks_a_rule_by_itself(rule: Rule, rooms: dict[str, Any], asked: dict[str, Any]) -> None:
    spare = [room("R9", area_dm2=900)]
    wrong = centre([room(**rooms), *spare], [activity(**asked)])
    assert broken(wrong, Session(0, NINE, 0)) == [str(rule)]
    assert broken(centre([room(), *spare], [activity()]), Session(0, NINE, 0)) == []


def test_setting_up_lies_inside_the_opening_hours_unless_it_may_spill() -> None:
    inside = centre([room()], [activity(setup=1)])
    assert broken(inside, Session(0, NINE, 0)) == ["opening"]
    assert broken(inside, Session(0, NINE + 1, 0)) == []
    assert broken(centre([room()], [activity(setup=1)], rules={"turnover": "outside"}), Session(0, NINE, 0)) == []


def test_a_session_past_midnight() -> None:
    late = centre([room(open=hours(0, 2 * DAY_CELLS))], [activity(length=2)])
    assert broken(late, Session(0, DAY_CELLS - 1, 0)) == ["opening"]
    assert broken(late, Session(0, DAY_CELLS - 2, 0)) == []


def test_rooms_that_are_joined_without_need() -> None:
    pair = centre([room("R1"), room("R2")], [activity(), activity("A2", attendance=18)], joins=((0, 1),))
    assert broken(pair, Session(0, NINE, 2)) == ["joining"]
    assert broken(pair, Session(1, NINE, 2)) == []
    assert broken(replace(pair, today=(Session(0, NINE, 2),)), Session(0, NINE, 2)) == []


def test_too_many_sessions_and_days_too_near() -> None:
    days = centre([room(open=hours(days=(0, 1, 2)))], [activity(sessions=2, days_apart=2)])
    far, near = (Session(0, NINE, 0), Session(0, NINE + 2 * DAY_CELLS, 0)), Session(0, NINE + DAY_CELLS, 0)
    assert broken(days, *far) == []
    assert broken(days, far[0], near) == ["days_apart"]
    assert set(broken(days, *far, near)) == {"sessions", "days_apart"}


def test_two_uses_of_one_room() -> None:
    twice = centre([room()], [activity("A1", length=2, clear=1), activity("A2")])
    assert broken(twice, Session(0, NINE, 0), Session(1, NINE + 2, 0)) == ["one_use"]
    assert broken(twice, Session(0, NINE, 0), Session(1, NINE + 3, 0)) == []


def test_a_joined_room_blocks_its_parts() -> None:
    pair = centre([room("R1"), room("R2")], [activity("A1", attendance=18), activity("A2")], joins=((0, 1),))
    assert broken(pair, Session(0, NINE, 2), Session(1, NINE, 1)) == ["one_use"]
    assert broken(pair, Session(0, NINE, 2), Session(1, NINE + 1, 1)) == []


def test_a_shared_room_that_is_too_full() -> None:
    readers = [activity("A1", shares="desks"), activity("A2", shares="desks", attendance=6)]
    assert broken(centre([room()], readers), Session(0, NINE, 0), Session(1, NINE, 0)) == ["capacity"]
    roomy = centre([room(capacity=11)], readers)
    assert broken(roomy, Session(0, NINE, 0), Session(1, NINE, 0)) == []
    helper = centre([room(capacity=11)], [readers[0], activity("A2", shares="helpers")])
    assert broken(helper, Session(0, NINE, 0), Session(1, NINE, 0)) == ["one_use"]


def test_an_organiser_in_two_places() -> None:
    rooms = [room("R1"), room("R2")]
    same = centre(rooms, [activity("A1", organiser="O1"), activity("A2", organiser="O1")])
    assert broken(same, Session(0, NINE, 0), Session(1, NINE, 1)) == ["organiser"]
    assert broken(same, Session(0, NINE, 0), Session(1, NINE + 1, 1)) == []
    nobody = centre(rooms, [activity("A1"), activity("A2")])
    assert broken(nobody, Session(0, NINE, 0), Session(1, NINE, 1)) == []


def test_an_activity_beside_itself() -> None:
    twice = centre([room("R1"), room("R2")], [activity(sessions=2, days_apart=0)])
    assert broken(twice, Session(0, NINE, 0), Session(0, NINE, 1)) == ["organiser"]
    assert broken(twice, Session(0, NINE, 0), Session(0, NINE + 1, 1)) == []


def test_fire_behind_the_wall_of_small_children() -> None:
    beside = centre(
        [room("R1"), room("R2")], [activity("A1", cooks=True), activity("A2", no_fire_beside=True)], walls=((0, 1),)
    )
    assert broken(beside, Session(0, NINE, 0), Session(1, NINE, 1)) == ["fire"]
    assert broken(beside, Session(0, NINE, 1), Session(1, NINE, 0)) == ["fire"]
    assert broken(beside, Session(0, NINE, 0), Session(1, NINE + 1, 1)) == []


def test_noise_behind_the_wall_of_what_wants_quiet() -> None:
    beside = centre(
        [room("R1"), room("R2")], [activity("A1", noise=2), activity("A2", wants_quiet=True)], walls=((0, 1),)
    )
    assert broken(beside, Session(0, NINE, 0), Session(1, NINE, 1)) == ["neighbours"]
    assert broken(beside, Session(0, NINE, 1), Session(1, NINE, 0)) == ["neighbours"]
    assert broken(beside, Session(0, NINE, 0), Session(1, NINE + 1, 1)) == []
    assert broken(replace(beside, walls=()), Session(0, NINE, 0), Session(1, NINE, 1)) == []


def test_a_fixed_session_that_is_not_kept() -> None:
    held = Session(0, NINE, 0)
    kept = centre([room()], [activity()], today=(held,), fixed=(held,))
    assert broken(kept, Session(0, NINE + 1, 0)) == ["fixed"]
    assert broken(kept, held) == []


def test_too_much_and_too_few_offices() -> None:
    rooms = [room("R1"), room("R2", office=True), room("R3", office=True)]
    halls = centre(rooms, [], rules={"offices_kept": 1})
    assert broken(halls) == ["resident_share"]
    assert broken(halls, given=(1,)) == []
    assert broken(halls, given=(1, 2)) == ["offices_kept"]


def test_our_own_faults_are_raised() -> None:
    with pytest.raises(CheckError, match="A1 in R1, day 1 08:45"):
        refuse_faults(centre([room()], [activity()]), Timetable((Session(0, NINE - 1, 0),)))


def test_what_a_timetable_is_worth_by_hand() -> None:
    """Two of three sessions held; 5 people × 15 min and 8 × 30 min, priorities 1 and 3; elders lack a half."""
    asked = [
        activity("A1", sessions=2, group="elders", preferred=hours(NINE + 1)),
        activity("A2", length=2, attendance=8, priority=3),
    ]
    rooms = [room("R1", open=hours(days=(0, 1))), room("R2", area_dm2=305), room("R3", office=True, area_dm2=100)]
    today = (Session(1, NINE + 2, 0),)
    small = centre(rooms, asked, today=today)
    held = Timetable((Session(0, NINE, 0), Session(1, NINE + 1, 1)), (2,))
    assert objectives(small, held) == {
        "need_1": 75, "need_2": 0, "need_3": 0, "floors": 500, "release": 2, "changes": 2, "preferences": 15,
    }  # fmt: skip
    assert objectives(replace(small, rules=replace(small.rules, release="area")), held)["release"] == 505
