"""Bad ledgers of rooms: one test each, and all problems at once."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.ledgers import activities, bookings, district, operators, rooms
from workbench.errors import GeodataError


def said(**tables: pd.DataFrame) -> str:
    with pytest.raises(GeodataError) as caught:
        district(**tables)
    return str(caught.value)


PAIR = ({"merges_with": "R2", "capacity": 20}, {"merges_with": "R1", "capacity": 15})


def test_a_good_week_is_taken() -> None:
    made = district(
        rooms=rooms(*PAIR),
        activities=activities({"attendance": 35, "duration_min": 540, "windows": "Mo-Fr 08:00-18:00"}),
        bookings=bookings({"joined_with": "R2", "fixed": True}),
        operators=operators({"owed_hours": 45.0}),
    )
    assert made.ledger("activities").loc[0, "attendance"] == 35


def test_attendance_above_every_room() -> None:
    text = said(rooms=rooms(*PAIR), activities=activities({"attendance": 36}))
    assert text.startswith(
        "activities, row A1, column attendance: more people come than any room holds; expected at most 35"
    )


def test_attendance_that_two_rooms_could_hold_if_works_joined_them() -> None:
    row = [{"neighbours": "R2"}, {"neighbours": "R1;R3", "capacity": 15}, {"neighbours": "R2", "capacity": 25}]
    assert len(district(rooms=rooms(*row), activities=activities({"attendance": 40})).ledger("rooms")) == 3
    assert "expected at most 40, rooms joined" in said(rooms=rooms(*row), activities=activities({"attendance": 41}))
    apart = [*row[:2], {**row[2], "storey": 2}]
    assert "expected at most 35, rooms joined" in said(rooms=rooms(*apart), activities=activities({"attendance": 36}))
    paired = [{**PAIR[0], "neighbours": "R2"}, {**PAIR[1], "neighbours": "R1;R3"}, {"neighbours": "R2", "capacity": 25}]
    assert "expected at most 35, rooms joined" in said(rooms=rooms(*paired), activities=activities({"attendance": 36}))


def test_a_session_longer_than_the_opening_hours() -> None:
    text = said(rooms=rooms({}), activities=activities({"duration_min": 541}))
    assert "row A1, column duration_min: a session is longer than the rooms are open; expected at most 540 min" in text


def test_windows_outside_the_opening_hours() -> None:
    text = said(rooms=rooms({}), activities=activities({"windows": "Mo-Fr 17:00-21:00"}))
    assert (
        "row A1, column windows: the windows lie outside the opening hours; expected 60 min while a room is open"
        in text
    )
    open_late = rooms({"opening_hours": "Mo-Su 09:00-21:00"})
    assert district(rooms=open_late, activities=activities({"windows": "Mo-Fr 17:00-21:00"})).has("activities")


def test_merge_partners_on_different_floors() -> None:
    text = said(rooms=rooms({"merges_with": "R2"}, {"merges_with": "R1", "storey": 2}))
    assert (
        "row R1, column merges_with: the rooms that merge are on different storeys; expected one storey; found 1 and 2"
        in text
    )


def test_merge_partners_in_different_stations() -> None:
    text = said(rooms=rooms({"merges_with": "R2"}, {"merges_with": "R1", "station": "S2"}))
    assert "the rooms that merge are on different stations" in text


def test_a_merge_cycle() -> None:
    text = said(rooms=rooms({"merges_with": "R2"}, {"merges_with": "R3"}, {"merges_with": "R1"}))
    assert text.count("the rooms merge in a circle") == 1
    assert "R1 → R2 → R3 → R1" in text


def test_a_room_that_merges_with_itself_or_is_not_named_back() -> None:
    text = said(rooms=rooms({"merges_with": "R1"}, {"merges_with": "R3"}, {}))
    assert "row R1, column merges_with: the room merges with itself" in text
    assert (
        "row R2, column merges_with: the room it merges with does not name it back; expected R2; found nothing" in text
    )


def test_zero_rooms() -> None:
    text = said(rooms=rooms({}), activities=activities({"station": "S2"}))
    assert "row A1, column station: the station has no rooms; expected a station with rooms; found S2" in text
    assert "the station has no rooms" in said(activities=activities({}))


def test_an_operator_that_owes_more_than_the_week_holds() -> None:
    text = said(rooms=rooms({}), operators=operators({"owed_hours": 46.0}))
    assert (
        "row O1, column owed_hours: the operator asks for, or owes, more hours than the week holds; expected at most 45 h"
        in text
    )


def test_operators_that_cannot_come() -> None:
    """S1 is open Mo-Fr 08:30-17:30; S2 has no rooms."""
    ask = operators(
        {"windows": "Mo-Fr 20:00-22:00"},
        {"windows": "Mo 16:00-20:00"},
        {"station": "S2"},
        {"windows": "Mo 16:00-20:00", "owed_hours": 1.5},
        {"windows": "Sa", "station": "S1"},
    )
    text = said(rooms=rooms({}), operators=ask)
    outside = "column windows: the windows lie outside the opening hours; expected hours in which a room is open; found"
    assert f"row O1, {outside} 'Mo-Fr 20:00-22:00'. Move the windows" in text
    assert (
        "row O2, column owed_hours: the operator owes more hours than its windows hold; expected at most 1.5 h while "
        "rooms are open; found 2 h. Widen the windows" in text
    )
    assert "row O3, column station: the station has no rooms; expected a station with rooms; found S2" in text
    assert "row O4" not in text
    assert f"row O5, {outside} 'Sa'" in text
    late = rooms({}, {"opening_hours": "Mo 17:30-20:00"})
    assert district(rooms=late, operators=operators({"windows": "Mo 16:00-20:00", "owed_hours": 3.0})).has("operators")


def test_an_operator_may_go_from_room_to_room() -> None:
    late = rooms({}, {"opening_hours": "Mo 17:30-20:00"})
    assert district(rooms=late, operators=operators({"hours": 47.5, "owed_hours": 1.0})).has("operators")
    assert "expected at most 47.5 h; found 48 h" in said(rooms=late, operators=operators({"hours": 48.0}))


def test_overlapping_fixed_bookings() -> None:
    held = ({"fixed": True}, {"activity": "A2", "start": "09:30", "fixed": True})
    text = said(rooms=rooms({}), activities=activities({}, {}), bookings=bookings(*held))
    assert "row B2, column start: two fixed bookings overlap; expected R1 free; found B1 in it" in text
    apart = ({"fixed": True}, {"activity": "A2", "start": "10:00", "fixed": True})
    assert district(rooms=rooms({}), activities=activities({}, {}), bookings=bookings(*apart)).has("bookings")


def test_setting_up_and_clearing_away_hold_the_room_of_a_fixed_booking() -> None:
    held = bookings({"fixed": True}, {"activity": "A2", "start": "10:00", "fixed": True})
    for columns in ({"setup_min": 15}, {}), ({}, {"clear_min": 15}):
        second, first = columns
        text = said(rooms=rooms({}), activities=activities(first, second), bookings=held)
        assert "row B2, column start: two fixed bookings overlap" in text


def test_fixed_bookings_that_go_together_do_not_overlap() -> None:
    both = bookings({"fixed": True}, {"activity": "A2", "fixed": True})
    readers = activities({"function": "reading"}, {"function": "study"})
    assert district(rooms=rooms({}), activities=readers, bookings=both).has("bookings")
    for other in ("volunteering", "meeting"):
        mixed = activities({"function": "reading"}, {"function": other})
        assert "two fixed bookings overlap" in said(rooms=rooms({}), activities=mixed, bookings=both)
    twice = bookings({"fixed": True}, {"fixed": True})
    assert "two fixed bookings overlap" in said(
        rooms=rooms({}), activities=activities({"function": "reading", "sessions": 2}), bookings=twice
    )


def test_fixed_bookings_overlap_in_the_room_that_is_joined() -> None:
    held = ({"fixed": True, "joined_with": "R2"}, {"activity": "A2", "room": "R2", "fixed": True})
    text = said(rooms=rooms(*PAIR), activities=activities({}, {}), bookings=bookings(*held))
    assert "expected R2 free; found B1 in it" in text


def test_unknown_equipment() -> None:
    text = said(rooms=rooms({"equipment": "projectr"}), activities=activities({"equipment": "tables;mirror"}))
    assert "rooms, row R1, column equipment: the equipment is not known" in text
    assert "activities, row A1, column equipment: the equipment is not known" in text
    assert "Did you mean mirrors?" in text


def test_words_that_are_not_known() -> None:
    wrong = activities(
        {"function": "meting", "group": "elder", "needs": "gas", "windows": "Mo-Fr 25:00", "priority": 4}
    )
    text = said(rooms=rooms({}), activities=wrong, operators=operators({"function": "x", "windows": "never"}))
    for column in ("function", "group", "needs", "windows", "priority"):
        assert f"activities, row A1, column {column}:" in text
    assert "operators, row O1, column function:" in text
    assert "operators, row O1, column windows:" in text


def test_bookings_that_fit_nothing() -> None:
    made = {
        "rooms": rooms({}, {"station": "S2"}),
        "activities": activities({"sessions": 1}),
        "bookings": bookings({"start": "9:00"}, {"room": "R2"}, {"joined_with": "R2"}),
    }
    text = said(**made)
    assert 'row B1, column start: the start is no time; expected "HH:MM"' in text
    assert "row B2, column room: the room is in another station than the activity; expected S1; found S2" in text
    assert "row B3, column joined_with: the rooms cannot be joined" in text
    assert "row 3" not in text
    assert "bookings, row A1, column activity: more sessions are booked than asked; expected at most 1; found 3" in text


def test_a_neighbour_in_another_station() -> None:
    text = said(rooms=rooms({"neighbours": "R2;R9;R1"}, {"station": "S2"}))
    assert text.count("the neighbour is no such room") == 3


def test_all_problems_at_once() -> None:
    text = said(rooms=rooms({}), activities=activities({"attendance": 99}, {"duration_min": 600}, {"station": "S2"}))
    assert "3 problems" in text


def test_what_is_wrong_with_rooms_does_not_hide_what_is_wrong_with_activities() -> None:
    text = said(
        rooms=rooms({"merges_with": "R2", "equipment": "beamer"}, {"merges_with": "R1", "storey": 2}),
        activities=activities(
            {"attendance": 99}, {"duration_min": 700}, {"windows": "Sa 09:00-12:00"}, {"windows": "?"}
        ),
        bookings=bookings({"fixed": True}, {"fixed": True, "start": "09:30"}),
        operators=operators({"owed_hours": 300.0}),
    )
    for part in (
        "rooms, row R1, column merges_with: the rooms that merge are on different storeys",
        "rooms, row R1, column equipment: the equipment is not known",
        "activities, row A1, column attendance: more people come than any room holds",
        "activities, row A2, column duration_min: a session is longer than the rooms are open",
        "activities, row A3, column windows: the windows lie outside the opening hours",
        "activities, row A4, column windows: the windows do not parse",
        "operators, row O1, column owed_hours: the operator asks for, or owes, more hours than the week holds",
        "bookings, row B2, column start: two fixed bookings overlap",
    ):
        assert part in text


def test_words_that_mean_nothing_do_not_stop_the_rest_from_being_told() -> None:
    text = said(
        rooms=rooms({"neighbours": "R9"}, {"neighbours": "R3"}, {"station": "S2"}),
        activities=activities({"attendance": 99}),
        operators=operators({"windows": "never o'clock"}, {"owed_hours": 300.0}),
    )
    assert "5 problems" in text
    for part in (
        "rooms, row R1, column neighbours: the neighbour is no such room",
        "rooms, row R2, column neighbours: the neighbour is no such room",
        "activities, row A1, column attendance: more people come than any room holds",
        "operators, row O1, column windows: the windows do not parse",
        "operators, row O2, column owed_hours: the operator asks for, or owes, more hours than the week holds",
    ):
        assert part in text


def test_many_problems_of_one_kind_are_counted() -> None:
    text = said(rooms=rooms({}), activities=activities(*({"attendance": 99} for _ in range(25))))
    assert "and 5 more rows with the same problem" in text


def test_a_station_that_closes_takes_its_week_with_it() -> None:
    made = district(
        rooms=rooms({}), activities=activities({}), bookings=bookings({}), operators=operators({}, {"station": "S1"})
    ).without_stations(["S1"])
    assert [len(made.ledger(name)) for name in ("rooms", "activities", "bookings", "operators")] == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("hours", "windows", "minutes", "most"),
    [
        ("24/7", "Fr 23:00-02:00", 150, 120),
        ("24/7", "Fr 22:30-00:30", 120, 90),
        ("24/7", "Su 23:00-01:30", 120, 90),
        ("Fr 20:00-02:00", None, 300, 240),
    ],
)
def test_a_session_does_not_cross_midnight(hours: str, windows: str | None, minutes: int, most: int) -> None:
    """The station is open long enough; what has to give is the session."""
    text = said(
        rooms=rooms({"opening_hours": hours}), activities=activities({"windows": windows, "duration_min": minutes})
    )
    assert (
        "row A1, column duration_min: the session would run across midnight; "
        f"expected at most {most} min, before midnight or after it; found {minutes} min. Let it end by midnight"
    ) in text
    fits = activities({"windows": windows, "duration_min": most})
    assert district(rooms=rooms({"opening_hours": hours}), activities=fits).has("activities")


def test_a_booking_does_not_cross_midnight() -> None:
    text = said(
        rooms=rooms({"opening_hours": "24/7"}), activities=activities({}), bookings=bookings({"start": "23:30"})
    )
    assert (
        "row B1, column start: the session runs across midnight; expected an end by 24:00; found 23:30 and 60 min"
        in text
    )
