"""From the ledgers of a district to its centres."""

from __future__ import annotations

import pytest

from tests import pocket
from tests.ledgers import activities, bookings, district, rooms
from workbench.rooms.ground import centres_of
from workbench.rooms.problem import DAY_CELLS, RoomsError, Rules, Session


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
