"""What a scenario adds to the ledgers before rooms are timetabled: activities, and other hours of rooms."""

from __future__ import annotations

from typing import Any

import pytest

from tests import pocket
from tests.ledgers import activities, bookings, district, rooms
from workbench.errors import GeodataError, ScenarioError
from workbench.rooms import timetable_rooms
from workbench.rooms.instance import asked_district, centres_of

CLASS: dict[str, Any] = {
    "id": "N1",
    "station": "S1",
    "name": "青年夜校",
    "function": "night_school",
    "group": "youth",
    "attendance": 5,
    "duration_min": 60,
    "windows": "Mo-Fr 19:00-20:00",
}


def ground() -> Any:
    return district(
        rooms=rooms({}, {"opening_hours": "Mo 09:00-10:00"}), activities=activities({}), bookings=bookings()
    )


def test_nothing_added_is_the_same_district() -> None:
    place = ground()
    assert asked_district(place, pocket.scenario()) is place


def test_an_added_activity_is_planned_in_the_hours_given() -> None:
    place = ground()
    intent = pocket.scenario(rooms={"added": [CLASS], "opening_hours": {"S1": "Mo-Fr 09:00-21:00"}})
    made = asked_district(place, intent)
    assert made.ledger("activities")["id"].tolist() == ["A1", "N1"]
    assert made.ledger("rooms")["opening_hours"].tolist() == ["Mo-Fr 09:00-21:00"] * 2
    assert place.ledger("activities")["id"].tolist() == ["A1"], "the district itself stays as it is"
    result = timetable_rooms(place, intent)
    evening = result.sessions[result.sessions["activity"] == "N1"]
    assert evening[["name", "start"]].to_numpy().tolist() == [["青年夜校", "19:00"]]


def test_hours_for_all_leave_a_named_station_its_own() -> None:
    place = district(rooms=rooms({}, {"station": "S2"}), activities=activities({}))
    hours = {"all": "Mo 09:00-10:00", "S2": "Mo 09:00-12:00"}
    made = centres_of(asked_district(place, pocket.scenario(rooms={"opening_hours": hours})), pocket.scenario())
    assert [int(centre.rooms[0].open.sum()) for centre in made] == [4, 12]


def test_everything_wrong_with_what_is_added_is_told_at_once() -> None:
    intent = pocket.scenario(rooms={"added": [{**CLASS, "id": "A1"}], "opening_hours": {"S9": "Mo 09:00-10:00"}})
    with pytest.raises(ScenarioError) as refused:
        asked_district(ground(), intent)
    assert [(p.key, p.found) for p in refused.value.problems] == [
        ("rooms.opening_hours.S9", "S9"),
        ("rooms.added", "A1"),
    ]


def test_an_added_activity_passes_the_gate_of_the_ledger() -> None:
    intent = pocket.scenario(rooms={"added": [{**CLASS, "function": "juggling", "group": "martians"}]})
    with pytest.raises(GeodataError) as refused:
        asked_district(ground(), intent)
    assert {(p.where, p.row, p.column) for p in refused.value.problems} == {
        ("activities", "N1", "function"),
        ("activities", "N1", "group"),
        ("activities", "N1", "windows"),
    }


def test_only_ledgers_can_take_the_place_of_ledgers() -> None:
    place = ground()
    with pytest.raises(GeodataError, match="no such ledger"):
        place.with_ledgers(stations=place.stations)
