"""The exchange stage by stage: brute force agrees, small cases by hand, and what must hold of every matching."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.depth import draws
from tests.rooms.cases import NINE, activity, hours, room
from tests.rooms.exchange import oracle
from tests.rooms.exchange.cases import MONDAY, drawn, exchange, operator, station
from workbench.rooms import Rule, Session, Timetable
from workbench.rooms.check import faults as timetable_faults
from workbench.rooms.exchange.problem import ExchangeProblem, Stay, choices
from workbench.rooms.exchange.stages import ExchangePlan, faults, granted, match_operators, objectives, touched
from workbench.solving import Answer, IntegerModel, Interrupt, Status


def values(plan: ExchangePlan) -> dict[str, int]:
    return {stage.name: stage.value for stage in plan.stages}


@cache
def planned(seed: int) -> ExchangePlan:
    return match_operators(drawn(seed))


@pytest.mark.parametrize("seed", range(draws(90)))
def test_brute_force_agrees_on_every_stage(seed: int) -> None:
    small = drawn(seed)
    plan = planned(seed)
    assert values(plan) == oracle.best(small)
    assert plan.status is Status.OPTIMAL
    assert plan.canonical
    assert all(stage.bound == stage.value for stage in plan.stages)
    assert faults(small, plan.stays) == []


def test_the_cases_are_not_all_trivial() -> None:
    """Some operators are admitted, some are crowded out, some get less than they ask for, some rooms are joined."""
    plans = [planned(seed) for seed in range(draws(90))]
    assert sum(bool(plan.stays) for plan in plans) > len(plans) // 3
    assert sum(values(plan)["fairness"] > 0 for plan in plans) > len(plans) // 9
    crowded = [p for p in plans if {o for o, _ in choices(p.problem).pairs} - {s.operator for s in p.stays}]
    assert len(crowded) > len(plans) // 18
    assert any(s.place >= len(p.problem.centres[s.centre].rooms) for p in plans for s in p.stays)


def test_two_runs_are_alike() -> None:
    for seed in range(20):
        assert planned(seed).stays == match_operators(drawn(seed)).stays


def test_service_comes_before_everything_and_first_in_the_week() -> None:
    """Four quarters are left: whoever owes two is admitted before whoever owes one and asks for more."""
    hall = station(room(open=hours(NINE, NINE + 4)))
    plan = match_operators(exchange([hall], [operator("O1", asked=60), operator("O2", asked=30, owed=30)]))
    assert values(plan)["service"] == 0
    kinds = {(s.operator, s.start - NINE, s.service) for s in plan.stays}
    assert sum(service for _, _, service in kinds) == 3
    assert len(kinds) == 4
    own = [s for s in plan.stays if s.operator == 1]
    assert [s.service for s in own] == sorted((s.service for s in own), reverse=True)


def test_shares_are_fair_before_hours_are_many() -> None:
    """Both ask for an hour; the one large room holds four quarters beside their service: two each, not four and none."""
    hall = station(room(open=hours(NINE, NINE + 6)))
    pair = exchange([hall], [operator("O1", asked=60), operator("O2", asked=60)])
    plan = match_operators(pair)
    assert granted(pair, plan.stays) == [30, 30]
    assert values(plan)["fairness"] == 500


def test_free_rooms_are_given_before_busy_ones_where_that_is_wanted() -> None:
    """R1 is in use and would do for both operators at different times; R2 and R3 are free and do for one each."""
    rooms = [
        room("R1", open=hours(NINE, NINE + 6)),
        room("R2", open=hours(NINE, NINE + 6), area_dm2=300, water=False),
        room("R3", open=hours(NINE, NINE + 6), area_dm2=100),
    ]
    hall = station(*rooms, activities=(activity(),))
    held = {0: Timetable((Session(0, NINE, 0),))}
    two = [operator("O1", water=True, least_area_dm2=100), operator("O2", least_area_dm2=200)]
    plan = match_operators(exchange([hall], two, held=held, released_first=True))
    assert touched(plan.problem, plan.stays) == [(0, 1), (0, 2)]
    plan = match_operators(exchange([hall], two, held=held, released_first=False))
    assert touched(plan.problem, plan.stays) == [(0, 0)]


def test_an_operator_stays_in_one_room_where_it_can() -> None:
    """Both rooms are touched in any case, by those who ask for one of them each; the third needs neither both."""
    hall = station(room("R1", area_dm2=300), room("R2", water=False))
    three = [
        operator("O1", least_area_dm2=300, asked=0),
        operator("O2", asked=0, least_area_dm2=0, station="S1"),
        operator("O3"),
    ]
    plan = match_operators(exchange([hall], three))
    assert values(plan)["places"] == 0
    assert values(plan)["shared_rooms"] == 1


def test_after_an_interrupt_there_is_still_a_matching() -> None:
    stop = Interrupt()
    stop.asked = True
    plan = match_operators(exchange([station()], [operator()]), interrupt=stop)
    assert plan.stays == ()
    assert plan.status is Status.FEASIBLE
    assert not plan.canonical
    assert plan.stages[0].gap == 1.0


def test_with_next_to_no_effort_bounds_stay_true() -> None:
    """CP-SAT has no time to find anything; what HiGHS finds in the few callbacks it has is proven or has its gap."""
    proven = 0
    for seed in range(12):
        small = drawn(seed)
        plan, best = match_operators(small, effort=1e-4), oracle.best(small)
        first = plan.stages[0]
        assert first.bound <= best["service"] <= first.value
        proven += plan.status is Status.OPTIMAL
        assert plan.status is not Status.OPTIMAL or values(plan) == best
    assert proven > 3


def test_once_a_stage_stays_open_later_ones_have_half_the_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three operators want the one quarter that is left, so that service and rooms have to be proven."""
    spent: list[float] = []
    minimise = IntegerModel.minimise

    def unproven(self: IntegerModel, cost: np.ndarray, **said: Any) -> Answer:
        spent.append(said["max_deterministic_time"])
        return replace(minimise(self, cost, **said), status=Status.FEASIBLE, bound=-math.inf)

    monkeypatch.setattr(IntegerModel, "minimise", unproven)
    monkeypatch.setattr("workbench.solving.staged.callback_limit", lambda *_: 0)
    hall = station(room(open=hours(NINE, NINE + 1)))
    plan = match_operators(exchange([hall], [operator(f"O{n}", asked=0) for n in range(3)]), effort=8.0)
    still_open = [stage.name for stage in plan.stages if stage.status is not Status.OPTIMAL]
    assert still_open == ["service", "shared_rooms"]
    assert spent[:3] == [16.0, 16.0, 8.0]
    assert spent[-1] == 10 * 8.0 / 4


def test_nobody_may_ask() -> None:
    plan = match_operators(exchange([station()], [operator(owed=0)]))
    assert plan.stays == ()
    assert plan.status is Status.OPTIMAL


@settings(max_examples=draws(25))
@given(seed=st.integers(0, 10_000))
def test_more_operators_never_lower_the_service(seed: int) -> None:
    many = drawn(seed)
    few = replace(many, operators=many.operators[:-1])
    served = [sum(o.owed for o in p.operators) - values(match_operators(p))["service"] for p in (few, many)]
    assert served[0] <= served[1]


def extended(problem: ExchangeProblem, stays: tuple[Stay, ...], c: int) -> list[str]:
    """Faults of the timetable of a centre once the blocks of operators stand in it as sessions."""
    centre, held = problem.centres[c], problem.timetables[c]
    first, length = len(centre.activities), problem.length
    uses = [
        replace(o.use, length=length, minutes=15 * length, sessions=99, days_apart=0, organiser=o.id)
        for o in problem.operators
    ]
    more = [Session(first + s.operator, s.start, s.place) for s in stays if s.centre == c]
    both = replace(centre, activities=(*centre.activities, *uses))
    return [
        problem.key for problem in timetable_faults(both, Timetable(tuple(sorted((*held.sessions, *more))), held.given))
    ]


@settings(max_examples=draws(25))
@given(seed=st.integers(0, 10_000))
def test_the_timetable_is_never_touched(seed: int) -> None:
    """With the blocks of operators in it, a timetable breaks no rule that it did not break before."""
    small = drawn(seed)
    plan = match_operators(small)
    about_areas = {str(Rule.JOINING)}  # an operator may join rooms for their area, which timetables do not know
    for c in range(len(small.centres)):
        before = extended(small, (), c)
        assert [key for key in extended(small, plan.stays, c) if key not in about_areas] == before
        left = small.left[c].free
        for stay in plan.stays:
            if stay.centre == c:
                cells = slice(stay.start, stay.start + small.length)
                assert all(left[r, cells].all() for r in small.centres[c].places[stay.place])


def test_objectives_by_hand() -> None:
    hall = station(room("R1"), room("R2"), activities=(activity(),))
    three = [operator("O1", asked=30), operator("O2", owed=30), operator("O3", owed=45)]
    made = exchange([hall], three, held={0: Timetable((Session(0, NINE + 3, 0),))})
    stays = (
        Stay(0, MONDAY, 0, 0, True), Stay(0, MONDAY + 1, 0, 1, False), Stay(1, MONDAY, 0, 1, True),
        Stay(1, MONDAY + 2, 0, 1, True), Stay(1, MONDAY + 3, 0, 1, False),
    )  # fmt: skip
    assert faults(made, stays) == []
    assert objectives(made, stays) == {
        "service": 45, "fairness": 500, "own": 30, "busy_rooms": 1, "shared_rooms": 2, "places": 1,
        "early": 5 * NINE + 6,
    }  # fmt: skip
    assert [left.space for left in made.left] == [200 * 7]
