"""Why an operator is not admitted: each rule by itself, others in the way, rules that only help together."""

from __future__ import annotations

from typing import Any

import pytest

from tests.depth import draws
from tests.rooms.cases import NINE, activity, hours, room
from tests.rooms.exchange.cases import drawn, exchange, operator, station
from workbench.rooms import Session, Timetable
from workbench.rooms.exchange.problem import ExchangeRule
from workbench.rooms.exchange.stages import RELAXABLE, Refused, admissible, match_operators, why_refused
from workbench.solving import Interrupt

SPARE = {"open": hours(NINE, NINE + 4)}


@pytest.mark.parametrize(
    ("rule", "rooms", "asked", "terms"),
    [
        (ExchangeRule.AREA, {}, {"least_area_dm2": 201}, {}),
        (ExchangeRule.SUPPLY, {"water": False}, {"water": True}, {}),
        (ExchangeRule.PRIVACY, {"private": False}, {"private": True}, {}),
        (ExchangeRule.STOREY, {"storey": 3}, {"highest_storey": 2}, {}),
        (ExchangeRule.WALLS, {"sound": 1}, {"noise": 2}, {}),
        (ExchangeRule.OFFICE, {"office": True}, {}, {}),
        (ExchangeRule.SERVICE_HOURS, {}, {}, {"residents": hours(NINE + 9, NINE + 10)}),
        (ExchangeRule.ROOM_SHARE, {}, {}, {"room_share": 0.25}),
        (ExchangeRule.OPERATOR_SHARE, {}, {}, {"operator_share": 0.25}),
    ],
)
def test_the_one_rule_in_the_way_is_named(
    rule: ExchangeRule, rooms: dict[str, Any], asked: dict[str, Any], terms: dict[str, Any]
) -> None:
    one = exchange([station(room(**rooms))], [operator(**asked)], least_share=1.0, **terms)
    (reason,) = why_refused(one, ())
    longer = {ExchangeRule.OPENING} if terms else set()  # what is a share of longer hours is more
    less = {ExchangeRule.LEAST_SHARE} if rule in (ExchangeRule.ROOM_SHARE, ExchangeRule.OPERATOR_SHARE) else set()
    assert set(reason.rules) == {rule} | longer | less
    assert reason == Refused(0, None, reason.rules, ())


def test_hours_that_are_too_short() -> None:
    one = exchange([station(room(open=hours(NINE, NINE + 1)))], [operator(asked=15)], least_share=1.0)
    assert why_refused(one, ())[0].rules == (ExchangeRule.OPENING, ExchangeRule.LEAST_SHARE)
    tight = exchange([station()], [operator(windows=hours(NINE, NINE + 1))], least_share=1.0)
    assert why_refused(tight, ())[0].rules == (ExchangeRule.WINDOWS, ExchangeRule.LEAST_SHARE)


def test_blocks_that_fit_no_gap() -> None:
    """Between two sessions half an hour is left, and a block is an hour."""
    hall = station(room(open=hours(NINE, NINE + 4)), activities=(activity(),))
    held = {0: Timetable((Session(0, NINE, 0), Session(0, NINE + 3, 0)))}
    one = exchange([hall], [operator(owed=30, asked=0)], held=held, block=60, step=15)
    assert why_refused(one, ())[0].rules == (ExchangeRule.OPENING, ExchangeRule.PLAN, ExchangeRule.BLOCKS)


def test_a_quiet_session_next_door() -> None:
    hall = station(
        room("R1"), room("R2", office=True), walls=((0, 1),), activities=(activity(wants_quiet=True, length=4),)
    )
    held = {0: Timetable((Session(0, NINE, 1),))}
    one = exchange([hall], [operator(noise=2)], held=held)
    assert ExchangeRule.NEIGHBOURS in why_refused(one, ())[0].rules


def test_two_stations_would_do_together_or_another_one() -> None:
    """An hour is asked and owed in all; each of the halls is open for half an hour, at different times."""
    halls = [
        station(room("R1", open=hours(NINE, NINE + 2)), name="S1"),
        station(room("R2", open=hours(NINE + 4, NINE + 6)), name="S2"),
    ]
    one = exchange(halls, [operator(asked=30, owed=30)], least_share=1.0)
    assert ExchangeRule.ONE_STATION in why_refused(one, ())[0].rules
    full = [station(room("R1", open=hours(NINE, NINE + 1))), station(room("R2"), name="S2")]
    bound = exchange(full, [operator(station="S1")], least_share=1.0)
    assert ExchangeRule.STATION in why_refused(bound, ())[0].rules


def test_others_in_the_way() -> None:
    """Three quarters are open: O1, who owes two of them, leaves one, and O2 needs two."""
    hall = station(room(open=hours(NINE, NINE + 3)))
    pair = exchange([hall], [operator("O1", owed=30, asked=0), operator("O2", asked=15)], least_share=1.0)
    plan = match_operators(pair)
    assert {s.operator for s in plan.stays} == {0}
    (reason,) = why_refused(pair, plan.stays)
    assert reason.operator == 1
    assert ExchangeRule.OTHERS in reason.rules


def test_rules_that_only_help_together() -> None:
    hall = station(room(water=False, storey=3))
    one = exchange([hall], [operator(water=True, highest_storey=1)])
    assert why_refused(one, ()) == (Refused(0, None, (), (ExchangeRule.SUPPLY, ExchangeRule.STOREY)),)
    hopeless = exchange(
        [station(room(water=False, storey=3, private=False))], [operator(water=True, highest_storey=1, private=True)]
    )
    assert why_refused(hopeless, ()) == (Refused(0, None, (), ()),)


def test_who_would_fit_as_it_is_has_no_rule_in_the_way() -> None:
    """A matching that was stopped leaves out operators for no reason at all."""
    stop = Interrupt()
    stop.asked = True
    one = exchange([station()], [operator()])
    plan = match_operators(one, interrupt=stop)
    assert why_refused(one, plan.stays) == (Refused(0, None, (), (), fits=True),)


def test_who_may_not_ask_needs_no_search() -> None:
    one = exchange([station()], [operator(fulfilled=0)])
    assert why_refused(one, ()) == (Refused(0, ExchangeRule.FULFILMENT, (), ()),)


@pytest.mark.parametrize("seed", range(draws(30)))
def test_nobody_is_left_out_who_would_fit_beside_the_others(seed: int) -> None:
    """Whoever is not admitted, and nothing relaxed, does not fit; and what is named really helps."""
    small = drawn(seed)
    plan = match_operators(small)
    for reason in why_refused(small, plan.stays):
        if reason.barred is None:
            assert not admissible(small, reason.operator, plan.stays)
            assert not reason.fits
        for rule in reason.rules:
            assert rule in RELAXABLE
