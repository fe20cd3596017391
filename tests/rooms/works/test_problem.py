"""What could be done in a centre, what a centre is then, and what a work serves; by hand."""

from __future__ import annotations

from dataclasses import replace

from tests.rooms.cases import NINE, activity, centre, room
from tests.rooms.works.cases import KINDS, kind
from workbench.rooms import Session, Timetable
from workbench.rooms.works.problem import Work, cost_of, possible_works, serves, worked

BARE = {"water": False, "strong_power": False, "private": False, "sound": 0}


def keys(works: tuple[Work, ...]) -> list[tuple[tuple[int, ...], str]]:
    return [(w.rooms, w.key) for w in works]


def test_only_what_a_room_lacks_can_be_given() -> None:
    rooms = [room("R1", equipment=frozenset({"mirrors"}), sound=1), room("R2", **BARE)]
    found = keys(possible_works(centre(rooms, []), KINDS))
    assert found == [
        ((0,), "soundproofing"),
        ((1,), "insulation"), ((1,), "mirrors"), ((1,), "power"), ((1,), "privacy"), ((1,), "soundproofing"),
        ((1,), "water"),
    ]  # fmt: skip


def test_rooms_can_be_joined_through_one_wall_on_one_storey_unless_either_is_in_a_pair() -> None:
    rooms = [room(f"R{n}", storey=2 if n == 5 else 1) for n in range(6)]
    walls = ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5))
    row = centre(rooms, [], walls=walls, joins=((0, 1),))
    only = {"join": KINDS["join"]}
    assert keys(possible_works(row, only)) == [((2, 3), "join"), ((3, 4), "join")]
    assert keys(possible_works(row, only, ["R4"])) == [((2, 3), "join")]
    assert possible_works(replace(row, rules=replace(row.rules, join=False)), only) == ()


def test_costs_are_whole_and_rounded_up() -> None:
    rooms = [room("R1", area_dm2=405), room("R2", area_dm2=101)]
    assert cost_of(kind("water", per_room=100), rooms[:1]) == 100
    assert cost_of(kind("sound", "loud", per_room=100, per_m2=3), rooms[:1]) == 222, "100 + 121.5"
    assert cost_of(kind("join", per_room=100, per_m2=10), rooms) == 606


def test_a_worked_centre_has_what_was_done_and_keeps_its_bookings_in_their_rooms() -> None:
    rooms = [room(f"R{n}", **BARE) for n in range(4)]
    held = Session(0, NINE, 4)
    bare = centre(rooms, [activity(attendance=18)], joins=((2, 3),), walls=((0, 1),), today=(held,), fixed=(held,))
    after = worked(bare, possible_works(bare, KINDS))
    assert after.joins == ((0, 1), (2, 3))
    assert [after.name(s.place) for s in (*after.today, *after.fixed)] == ["R2+R3", "R2+R3"]
    first = after.rooms[0]
    assert (first.water, first.strong_power, first.private, first.sound) == (True, True, True, 2)
    assert first.equipment == {"mirrors"}
    assert worked(bare, ()).rooms == bare.rooms
    assert bare.joins == ((2, 3),)


def test_a_work_serves_the_sessions_that_would_not_fit_without_it() -> None:
    asked = [
        activity("A1", water=True),
        activity("A2", attendance=18, equipment=frozenset({"mirrors"})),
        activity("A3"),
    ]
    bare = centre([room("R1", **BARE, capacity=10), room("R2", **BARE)], asked, walls=((0, 1),))
    bare = replace(bare, rooms=tuple(replace(r, sound=1) for r in bare.rooms))
    could = {(w.rooms, w.key): w for w in possible_works(bare, KINDS)}
    works = tuple(could[key] for key in [((0,), "mirrors"), ((0,), "water"), ((0, 1), "join"), ((1,), "privacy")])
    wet, joined, plain = Session(0, NINE, 0), Session(1, NINE + 1, 2), Session(2, NINE + 2, 1)
    assert serves(bare, works, Timetable((wet, joined, plain))) == [(joined,), (wet,), (joined,), ()]
    twice = (*works[:1], could[(1,), "mirrors"], works[2])
    assert serves(bare, twice, Timetable((joined,))) == [(), (), (joined,)], "either mirror would do"
