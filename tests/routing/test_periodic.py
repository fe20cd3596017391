"""Plans of rounds: as good as the best of all plans, above their bound, and the same in every run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.depth import draws
from tests.routing.cases import FREE, drawn, every_plan, round_of
from workbench.routing.periodic import plan_round, routed_anew
from workbench.routing.rounds import CrewDay, Option, Round, RoundPlan, Route, faults
from workbench.solving import Interrupt, Status, shortest_routes


@pytest.mark.parametrize("seed", range(draws(9)))
def test_small_rounds_are_planned_as_well_as_can_be(seed: int) -> None:
    of = drawn(seed)
    found = plan_round(of, rounds=400, starts=2, steps=30)
    assert not faults(of, found.plan)
    assert found.worth == of.worth(found.plan) == min(map(of.worth, every_plan(of)))
    assert found.bound <= found.worth


def _ring(stops: int, days: int = 2, routes: int = 1, longest: int = FREE) -> Round:
    xy = [(int(30 * np.cos(a)), int(30 * np.sin(a))) for a in np.linspace(0, 6, stops)]
    crew_days = [CrewDay(0, day, stops, routes, FREE, longest) for day in range(days)]
    options = [[Option(0, (day,)) for day in range(days)]] * stops
    return round_of([*xy, (0, 0)], options=options, crew_days=crew_days, day_cost=5)


def test_who_stops_a_search_has_the_first_plan_found_and_no_bound() -> None:
    of, stop = drawn(1), Interrupt()
    stop.asked = True
    found = plan_round(of, rounds=400, starts=5, steps=30, interrupt=stop)
    once = plan_round(of, rounds=400, starts=1, steps=0)
    assert not faults(of, found.plan)
    assert (found.bound, found.status) == (0, Status.FEASIBLE)
    assert once.worth <= found.worth < of.worth(RoundPlan((None,) * of.stops, ()))


def test_the_bound_meets_a_plan_that_is_best() -> None:
    of = round_of(
        [(10, 0), (0, 10), (0, 0)], options=[[Option(0, (0,))], [Option(0, (1,))]],
        crew_days=[CrewDay(0, day, 2, 1, 1, 60) for day in (0, 1)],
    )  # fmt: skip
    found = plan_round(of, rounds=50, starts=1, steps=20)
    assert (found.worth, found.bound, found.status, found.gap) == (40, 40, Status.OPTIMAL, 0.0)


def test_without_steps_nothing_is_proven() -> None:
    found = plan_round(_ring(6), rounds=200, starts=1, steps=0)
    assert (found.bound, found.status, found.gap) == (0, Status.FEASIBLE, 1.0)


def test_a_round_without_stops_costs_nothing() -> None:
    assert plan_round(_ring(0)).worth == 0


def test_a_stop_beyond_the_hours_is_left_out() -> None:
    of = round_of([(5, 0), (90, 0), (0, 0)], options=[[Option(0, (0,))]] * 2, crew_days=[CrewDay(0, 0, 2, 1, 9, 60)])
    assert plan_round(of, rounds=100, steps=5).plan.choice == (Option(0, (0,)), None)


def test_the_same_input_gives_the_same_plan() -> None:
    of = _ring(9, longest=160)
    first, second = (plan_round(of, rounds=300, starts=2, steps=8) for _ in range(2))
    assert first == second


def test_days_are_routed_anew_where_that_is_shorter() -> None:
    of = _ring(7, days=1)
    bad = RoundPlan((Option(0, (0,)),) * 7, (Route(0, (0, 3, 1, 5, 2, 6, 4)),))
    better = routed_anew(of, bad)
    assert of.worth(better) < of.worth(bad)
    assert not faults(of, better)
    assert routed_anew(of, better) == better


def test_routes_of_a_day_keep_to_their_limits() -> None:
    of = _ring(6, days=1)
    ask = {"routes": 3, "capacity": 2, "longest": FREE, "route_cost": 0, "rounds": 50}
    stops = np.arange(6)
    found = shortest_routes(of.travel, 6, stops, of.service, of.load, **ask)
    assert found is not None
    assert sorted(stop for route in found for stop in route) == list(range(6))
    assert max(map(len, found)) <= 2
    assert shortest_routes(of.travel, 6, stops, of.service, of.load, **{**ask, "routes": 2}) is None


def test_a_crew_carries_no_more_than_its_share() -> None:
    options = [[Option(crew, (0,)) for crew in (0, 1)]] * 4
    of = round_of(
        [(1, 0), (2, 0), (3, 0), (4, 0), (0, 0), (50, 0)], options=options,
        crew_days=[CrewDay(crew, 0, 4 + crew, 1, FREE, FREE) for crew in (0, 1)], most=(20, 20),
    )  # fmt: skip
    plan = plan_round(of, rounds=200, steps=5).plan
    assert sorted(option.crew for option in plan.choice if option) == [0, 0, 1, 1]
    assert all(
        option.crew == 0
        for option in plan_round(replace(of, most=(FREE, FREE)), rounds=200, steps=0).plan.choice
        if option
    )
