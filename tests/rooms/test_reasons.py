"""Why something is not served, and what brings a released room back: cases that can be checked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.depth import draws
from tests.rooms.cases import NINE, activity, centre, drawn, hours, room
from workbench.rooms import Rule, Session, Timetable, plan_centre
from workbench.rooms.check import faults
from workbench.rooms.reasons import Released, Unserved, what_brings_back, why_unserved

NOTHING = Timetable(())


@pytest.mark.parametrize(
    ("rule", "rooms", "asked"),
    [
        (Rule.CAPACITY, {"capacity": 4}, {}),
        (Rule.EQUIPMENT, {}, {"equipment": frozenset({"mirrors"})}),
        (Rule.SUPPLY, {"water": False}, {"water": True}),
        (Rule.PRIVACY, {"private": False}, {"private": True}),
        (Rule.STOREY, {"storey": 3}, {"highest_storey": 2}),
        (Rule.WALLS, {"sound": 1}, {"noise": 2}),
        (Rule.OPENING, {"open": hours(NINE, NINE + 1)}, {"length": 2}),
        (Rule.WINDOWS, {"open": hours()}, {"windows": hours(NINE, NINE + 1), "length": 2}),
    ],
)
def test_the_one_rule_in_the_way_is_named(rule: Rule, rooms: dict[str, Any], asked: dict[str, Any]) -> None:
    assert why_unserved(centre([room(**rooms)], [activity(**asked)]), NOTHING) == (Unserved(0, 1, 1, (rule,), ()),)


def test_each_rule_that_helps_by_itself_is_named() -> None:
    """One room lacks seats, the other mirrors: giving way on either serves the class."""
    mirrors = frozenset({"mirrors"})
    halls = [room("R1", capacity=4, equipment=mirrors), room("R2")]
    (reason,) = why_unserved(centre(halls, [activity(equipment=mirrors)]), NOTHING)
    assert reason.rules == (Rule.CAPACITY, Rule.EQUIPMENT)


def test_rules_that_only_help_together() -> None:
    hall = centre([room(capacity=4, water=False)], [activity(water=True)])
    assert why_unserved(hall, NOTHING) == (Unserved(0, 1, 1, (), (Rule.CAPACITY, Rule.SUPPLY)),)


def test_days_that_are_too_few() -> None:
    hall = centre([room()], [activity(sessions=2)])
    assert why_unserved(hall, Timetable((Session(0, NINE, 0),))) == (
        Unserved(0, 1, 1, (Rule.OPENING, Rule.DAYS_APART), ()),
    )


def test_an_office_that_is_kept() -> None:
    hall = centre(
        [room("R1", area_dm2=900, capacity=2), room("R2", area_dm2=100, office=True)],
        [activity()],
        rules={"offices_kept": 1},
    )
    (reason,) = why_unserved(hall, NOTHING)
    assert reason.rules == (Rule.CAPACITY, Rule.OFFICE)


def test_what_is_crowded_out_says_by_which_rule() -> None:
    """Both rooms are taken, and the organiser is in one of them; in the second timetable only the room is taken."""
    tight = hours(NINE, NINE + 1)
    asked = [
        activity("A1", organiser="O"),
        activity("A2", organiser="O", attendance=9, priority=2),
        activity("A3", attendance=10, priority=2),
    ]
    hall = centre([room("R1", open=tight), room("R2", open=tight, capacity=9)], asked)
    plan = plan_centre(hall)
    assert plan.timetable is not None
    reasons = {reason.activity: reason for reason in why_unserved(hall, plan.timetable)}
    assert reasons[1] == Unserved(1, 1, 0, (), (Rule.ONE_USE, Rule.ORGANISER))
    held = Timetable((Session(0, NINE, 0), Session(1, NINE, 1)))
    assert {r.activity: r.rules for r in why_unserved(hall, held)}[2] == (Rule.ONE_USE,)


@pytest.mark.parametrize("seed", range(draws(40)))
def test_every_unserved_activity_says_why(seed: int) -> None:
    small = drawn(seed)
    plan = plan_centre(small)
    if plan.timetable is None:
        return
    for reason in why_unserved(small, plan.timetable):
        assert reason.rules or reason.together
        assert 0 <= reason.hopeless <= reason.missing
    assert faults(small, plan.timetable) == []


def test_a_released_room_says_what_would_bring_it_back() -> None:
    """Two spare quarters in R1 for the talk that R2 holds today; only R2 seats twelve, has mirrors, and is private."""
    rooms = [
        room("R1", private=False),
        room("R2", capacity=12, equipment=frozenset({"mirrors"}), storey=2),
        room("R3"),
    ]
    today = (Session(0, NINE, 0), Session(1, NINE, 1))
    small = centre(rooms, [activity("A1"), activity("A2")], today=today)
    plan = Timetable((Session(0, NINE, 0), Session(1, NINE + 1, 0)))
    assert what_brings_back(small, plan) == (Released(1, 11, ("mirrors",), (Rule.PRIVACY,), 1, 2),)


def test_a_room_that_was_never_used_is_not_released() -> None:
    small = centre([room("R1"), room("R2")], [activity()])
    assert what_brings_back(small, Timetable((Session(0, NINE, 0),))) == ()
