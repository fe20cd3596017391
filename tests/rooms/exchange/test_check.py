"""The checker finds every fault that is planted in an exchange: one test a rule, each beside a matching that is right."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rooms.cases import NINE, activity, hours, room
from tests.rooms.exchange.cases import MONDAY, TUESDAY, exchange, operator, station
from workbench.errors import CheckError
from workbench.rooms import Session, Timetable
from workbench.rooms.exchange.problem import ExchangeProblem, ExchangeRule, Stay
from workbench.rooms.exchange.stages import faults, refuse_faults
from workbench.rooms.problem import DAY_CELLS

Stays = tuple[Stay, ...]


def stay(start: int = MONDAY, *, o: int = 0, c: int = 0, place: int = 0, service: bool = True) -> Stay:
    return Stay(o, start, c, place, service)


RIGHT = (stay(), stay(MONDAY + 1, service=False))


def broken(problem: ExchangeProblem, *stays: Stay) -> list[str]:
    return [fault.key for fault in faults(problem, tuple(sorted(stays)))]


def test_a_matching_that_is_right() -> None:
    assert broken(exchange([station()], [operator()]), *RIGHT) == []


@pytest.mark.parametrize(
    ("rule", "rooms", "asked"),
    [
        (ExchangeRule.AREA, {}, {"least_area_dm2": 201}),
        (ExchangeRule.SUPPLY, {"water": False}, {"water": True}),
        (ExchangeRule.SUPPLY, {"strong_power": False}, {"strong_power": True}),
        (ExchangeRule.PRIVACY, {"private": False}, {"private": True}),
        (ExchangeRule.STOREY, {"storey": 3}, {"highest_storey": 2}),
        (ExchangeRule.WALLS, {"sound": 1}, {"noise": 2}),
        (ExchangeRule.OPENING, {"open": hours(NINE + 1)}, {}),
        (ExchangeRule.OFFICE, {"office": True}, {}),
        (ExchangeRule.WINDOWS, {}, {"windows": hours(NINE + 1)}),
        (ExchangeRule.STATION, {}, {"station": "S2"}),
    ],
)
def test_a_block_that_breaks_a_rule_by_itself(rule: ExchangeRule, rooms: dict[str, Any], asked: dict[str, Any]) -> None:
    other = station(room("R9"), name="S2")
    wrong = exchange([station(room(**rooms), room("R8")), other], [operator(owed=15, asked=30, **asked)])
    assert broken(wrong, stay(), stay(MONDAY + 1, service=False), stay(MONDAY + 2, service=False)).count(str(rule)) in (
        1,
        3,
    )
    assert set(broken(wrong, *RIGHT)) == {str(rule)}


def test_an_office_that_is_given_over_is_no_office() -> None:
    hall = station(room(office=True))
    assert broken(exchange([hall], [operator()], held={0: Timetable((), (0,))}), *RIGHT) == []


@pytest.mark.parametrize(("setup", "clear", "start"), [(0, 0, 1), (1, 0, 2), (0, 1, 0)])
def test_the_timetable_comes_first_with_setting_up_and_clearing_away(setup: int, clear: int, start: int) -> None:
    hall = station(room(), activities=(activity(setup=setup, clear=clear),))
    held = {0: Timetable((Session(0, NINE + start, 0),))}
    assert set(broken(exchange([hall], [operator()], held=held), *RIGHT)) == {"plan"}
    held = {0: Timetable((Session(0, NINE + 3 - clear, 0),))}
    assert broken(exchange([hall], [operator()], held=held), *RIGHT) == []


def test_rooms_that_are_joined_in_the_timetable_block_their_parts() -> None:
    hall = station(room("R1"), room("R2"), joins=((0, 1),), activities=(activity(attendance=18),))
    held = {0: Timetable((Session(0, NINE + 1, 2),))}
    for place in (0, 1):
        stays = (stay(place=place), stay(MONDAY + 1, place=place, service=False))
        assert broken(exchange([hall], [operator()], held=held), *stays) == ["plan"]


def test_rooms_are_joined_for_whom_none_of_them_would_do() -> None:
    hall = station(room("R1"), room("R2"), joins=((0, 1),))
    both = (stay(place=2), stay(MONDAY + 1, place=2, service=False))
    assert broken(exchange([hall], [operator()]), *both) == ["joining", "joining"]
    assert broken(exchange([hall], [operator(least_area_dm2=400)]), *both) == []


def test_noise_behind_the_wall_of_the_timetable() -> None:
    rooms, wall = (room("R1"), room("R2")), ((0, 1),)
    for own, there in (({"noise": 2}, {"wants_quiet": True}), ({"wants_quiet": True}, {"noise": 2})):
        hall = station(*rooms, walls=wall, activities=(activity(**there),))
        held = {0: Timetable((Session(0, NINE + 1, 1),))}
        assert broken(exchange([hall], [operator(**own)], held=held), *RIGHT) == ["neighbours"]
        apart = station(*rooms, activities=(activity(**there),))
        assert broken(exchange([apart], [operator(**own)], held=held), *RIGHT) == []


def test_noise_behind_the_wall_of_another_operator() -> None:
    hall = station(room("R1"), room("R2"), walls=((0, 1),))
    pair = exchange([hall], [operator("O1", noise=2, asked=0), operator("O2", wants_quiet=True, asked=0)])
    assert broken(pair, stay(), stay(o=1, place=1)) == ["neighbours"]
    assert broken(pair, stay(), stay(MONDAY + 1, o=1, place=1)) == []


def test_blocks_off_the_grid_and_past_midnight() -> None:
    late = station(room(open=hours(0, 2 * DAY_CELLS)))
    coarse = exchange([late], [operator(owed=30, asked=0)], block=30, step=30)
    assert broken(coarse, stay(MONDAY + 1)) == ["blocks"]
    assert broken(coarse, stay(MONDAY + 2)) == []
    assert broken(coarse, stay(DAY_CELLS - 1)) == ["opening"]


def test_service_when_residents_cannot_come() -> None:
    early = exchange([station()], [operator()], residents=hours(NINE + 1))
    assert broken(early, *RIGHT) == ["service_hours"]
    assert broken(early, stay(service=False), stay(MONDAY + 1)) == []


def test_too_little_service_and_too_much_or_too_little_of_its_own() -> None:
    one = exchange([station()], [operator(owed=30, asked=30)], least_share=0.5)
    own = [stay(MONDAY + n, service=False) for n in range(1, 4)]
    assert broken(one, stay(), own[0]) == ["owed"]
    assert broken(one, stay(), stay(MONDAY + 3), own[0]) == []
    assert broken(one, stay(), stay(MONDAY + 3)) == ["least_share"]
    assert broken(exchange([station()], [operator()]), stay(), *own[:2]) == ["asked"]


def test_one_operator_in_two_places() -> None:
    pair = exchange([station(room("R1"), room("R2")), station(room("R3"), name="S2")], [operator()])
    assert broken(pair, stay(), stay(place=1, service=False)) == ["one_place"]
    assert broken(pair, stay(), stay(TUESDAY, c=1, service=False)) == ["opening", "one_station"]
    assert broken(pair, stay(), stay(MONDAY + 1, c=1, service=False)) == ["one_station"]


def test_two_operators_in_one_room() -> None:
    hall = station(room("R1"), room("R2"), joins=((0, 1),))
    pair = exchange([hall], [operator("O1", asked=0), operator("O2", asked=0, least_area_dm2=400)])
    assert broken(pair, stay(), stay(o=1, place=2)) == ["one_use"]
    assert broken(pair, stay(), stay(MONDAY + 1, o=1, place=2)) == []


def test_too_much_of_a_room_and_of_a_station() -> None:
    halls = [station(room("R1"), room("R2"))]
    own = (*RIGHT, stay(MONDAY + 2, service=False))
    assert broken(exchange(halls, [operator(asked=30)], room_share=0.75), *own) == []
    assert broken(exchange(halls, [operator(asked=30)], room_share=0.7), *own) == ["room_share"]
    assert broken(exchange(halls, [operator(asked=30)], operator_share=0.375), *own) == []
    assert broken(exchange(halls, [operator(asked=30)], operator_share=0.37), *own) == ["operator_share"]


def test_operators_that_may_not_ask() -> None:
    poor = exchange([station()], [operator(owed=15, fulfilled=11)])
    assert broken(poor, *RIGHT) == ["fulfilment"]
    assert broken(exchange([station()], [operator(owed=15, fulfilled=12)]), *RIGHT) == []
    assert broken(exchange([station()], [operator(owed=0)]), stay(service=False)) == ["gives"]
    lost = exchange([station()], [operator(station="S9")])
    assert broken(lost, *RIGHT) == ["station", "station", "timetabled"]


def test_a_matching_of_ours_with_a_fault_is_refused() -> None:
    one = exchange([station()], [operator()])
    refuse_faults(one, RIGHT)
    with pytest.raises(CheckError, match="row O1, key owed: what an operator is given breaks a rule"):
        refuse_faults(one, (stay(service=False),))
