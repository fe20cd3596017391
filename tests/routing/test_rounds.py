"""Rounds without a solver: regular days, waits, and a checker that finds every planted fault."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.routing.cases import FREE, round_of
from workbench.errors import CheckError
from workbench.routing.rounds import (
    CrewDay,
    Option,
    Round,
    RoundPlan,
    RoundRule,
    Route,
    carried_by,
    faults,
    gaps,
    mean_wait,
    refuse_faults,
    regular_days,
)


def test_weekly_visits_are_on_one_weekday() -> None:
    weekdays = [day for day in range(28) if day % 7 < 5]
    found = regular_days(28, weekdays, 4)
    assert found == tuple(tuple(range(day, 28, 7)) for day in range(5))


def test_a_day_off_moves_as_few_visits_as_it_must() -> None:
    allowed = [day for day in range(28) if day % 7 == 0 and day != 14] + [15]
    assert regular_days(28, sorted(allowed), 4) == ((0, 7, 15, 21),)


def test_two_visits_a_week_keep_three_or_four_days_apart() -> None:
    found = regular_days(28, [day for day in range(28) if day % 7 < 5], 8)
    assert found
    assert all(set(gaps(28, days)) == {3, 4} for days in found)


def test_many_visits_lie_about_even_days() -> None:
    workdays = [day for day in range(28) if day % 7 < 5]
    assert regular_days(28, workdays, 20) == (tuple(workdays),)
    found = regular_days(28, workdays, 14)
    assert all(len(set(days)) == 14 and set(days) <= set(workdays) for days in found)
    assert max(max(gaps(28, days)) for days in found) <= 4


def test_slack_lets_gaps_differ() -> None:
    assert regular_days(14, [0, 6, 7], 2) == ((0, 7),)
    assert regular_days(14, [0, 6, 7], 2, slack=1) == ((0, 6), (0, 7))


@pytest.mark.parametrize(("allowed", "visits"), [([1], 2), ([1], 0), ([], 1)])
def test_too_few_days_give_no_pattern(allowed: list[int], visits: int) -> None:
    assert regular_days(28, allowed, visits) == ()


def test_a_wait_is_half_the_gap_weighed_by_the_gap() -> None:
    assert mean_wait(28, (3,)) == 14
    assert mean_wait(28, (0, 7, 14, 21)) == 3.5
    assert mean_wait(28, (0, 1)) == pytest.approx((1 + 27**2) / 56)


@pytest.fixture
def of() -> Round:
    """Two stops east of a depot at 10 and 20, each visited on one of two days; 10 s of service."""
    days = [CrewDay(0, day, 2, 1, 2, 80) for day in (0, 1)]
    return round_of([(10, 0), (20, 0), (0, 0)], options=[[Option(0, (0,)), Option(0, (1,))]] * 2, crew_days=days)


@pytest.fixture
def plan() -> RoundPlan:
    return RoundPlan((Option(0, (0,)),) * 2, (Route(0, (0, 1)),))


def test_a_plan_is_worth_its_road_its_days_and_what_it_misses(of: Round, plan: RoundPlan) -> None:
    dear = replace(of, day_cost=5)
    assert (of.road(plan), dear.worth(plan), of.arrivals(plan.routes[0])) == (40, 45, (10, 30))
    assert dear.worth(RoundPlan((None, Option(0, (1,))), (Route(1, (1,)),))) == 10_000 + 40 + 5
    assert carried_by(of, plan) == (20,)
    refuse_faults(of, plan)


def _rules(of: Round, plan: RoundPlan) -> set[str]:
    return {problem.key for problem in faults(of, plan)}


def test_every_planted_fault_is_found(of: Round, plan: RoundPlan) -> None:
    other = RoundPlan((Option(0, (0, 1)), plan.choice[1]), (Route(0, (0, 1)), Route(1, (0,))))
    assert _rules(of, other) == {RoundRule.OPTION}
    assert _rules(of, replace(plan, routes=(Route(0, (0,)),))) == {RoundRule.CREW_DAY}
    assert _rules(of, replace(plan, routes=(Route(0, (0, 1)), Route(1, (1,))))) == {RoundRule.CREW_DAY}
    assert _rules(of, replace(plan, routes=(Route(0, (0,)), Route(0, (1,))))) == {RoundRule.ROUTES}
    light = replace(of, crew_days=tuple(day._replace(capacity=1) for day in of.crew_days))
    assert _rules(light, plan) == {RoundRule.CAPACITY}
    short = replace(of, crew_days=tuple(day._replace(longest=59) for day in of.crew_days))
    assert _rules(short, plan) == {RoundRule.HOURS}
    assert _rules(replace(of, most=(19,)), plan) == {RoundRule.BALANCE}
    with pytest.raises(CheckError, match="balance"):
        refuse_faults(replace(of, most=(19,)), plan)
    assert of.most == (FREE,)
