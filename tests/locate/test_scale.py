"""The best plan is the best in every unit: people or millions of them, yuan or 万元, and "no way" as a large number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.depth import DEEP, draws
from tests.locate.cases import cases
from tests.locate.oracle import Case, asked, best
from workbench.errors import SolveError
from workbench.locate import (
    Floor,
    Group,
    Phase,
    SitingPlan,
    alternatives,
    cover_cost_frontier,
    cover_equity_frontier,
    cover_problem,
    max_cover,
    max_cover_curve,
    p_center,
    p_median,
    p_median_curve,
    phased_cover,
    plan_under,
    set_cover,
    site_regret,
)
from workbench.locate.problem import SitingError
from workbench.locate.result import objective_unit
from workbench.solving import LinearProgram, Status, solve_integers

SITES, DEMAND = 8, 30
DRAW = np.random.default_rng(0)
COVER = (DRAW.random((SITES, DEMAND)) < 0.3).astype(float)
ALL = np.vstack([COVER[1:], np.ones((1, DEMAND))])
PEOPLE = DRAW.integers(1, 100, DEMAND).astype(float)
OLD = np.floor(PEOPLE * DRAW.random(DEMAND))
PRICE = DRAW.integers(1, 9, SITES).astype(float)
ROOM = DRAW.integers(50, 400, SITES).astype(float)
WALK = DRAW.integers(0, 1000, (SITES, DEMAND)).astype(float)
PARTS = PEOPLE + DRAW.random(DEMAND)  # no decimals

Answer = tuple[float, float, list[list[int]], bool]
"""Objective and bound, every chosen set of sites, and whether all is proven."""


def told(plan: SitingPlan) -> Answer:
    return plan.objective, plan.bound, [plan.sites.tolist()], plan.status is Status.OPTIMAL


def most(plans: tuple[SitingPlan, ...]) -> Answer:
    proven = all(plan.status is Status.OPTIMAL for plan in plans)
    return plans[-1].objective, plans[-1].bound, [plan.sites.tolist() for plan in plans], proven


def phased(w: float, c: float) -> Answer:
    phases = [Phase("near", budget=6 * c), Phase("far", budget=8 * c, floors=[Floor("old", OLD * w, 0.3)])]
    plan = phased_cover(COVER, PEOPLE * w, phases=phases, site_cost=PRICE * c)
    return plan.objective, plan.bound, [s.plan.sites.tolist() for s in plan.steps], plan.status is Status.OPTIMAL


def frontier(w: float, c: float) -> Answer:
    found = cover_cost_frontier(COVER, PEOPLE * w, site_cost=PRICE * c, p=3)
    end = found.points[-1]
    return end.covered, end.most_covered, [point.sites.tolist() for point in found.points], found.complete


def equity(w: float, c: float) -> Answer:
    groups = [Group("old", OLD * w), Group("young", (PEOPLE - OLD) * w)]
    found = cover_equity_frontier(COVER, PEOPLE * w, 3, groups=groups)
    start = found.points[0]
    return start.covered, start.most_covered, [point.sites.tolist() for point in found.points], found.complete


def regret(w: float, c: float) -> Answer:
    found = site_regret(COVER, PEOPLE * w, budget=10 * c, site_cost=PRICE * c, tolerance=0.05)
    standing = [[one.site, list(type(one.membership)).index(one.membership)] for one in found.sites]
    return found.base.objective, found.base.bound, [found.base.sites.tolist(), *standing], True


def under(w: float, c: float) -> Answer:
    people = {"now": PEOPLE * w, "old": OLD * w}
    means = {"budget": 10 * c, "site_cost": PRICE * c}
    variants = {name: cover_problem("max_cover", COVER, weight, **means) for name, weight in people.items()}
    found = plan_under(variants, [0, 1])
    optima = [one.optimum for one in found.variants]
    return optima[0].objective, optima[0].bound, [one.sites.tolist() for one in optima], found.choice is not None


def others(w: float, c: float) -> Answer:
    return most(alternatives(COVER, PEOPLE * w, 3, count=3, apart=1).plans[:1])


VERBS: dict[str, tuple[Callable[[float, float], Answer], str]] = {
    "p sites": (lambda w, c: told(max_cover(COVER, PEOPLE * w, 3)), "w"),
    "p sites, parts of people": (lambda w, c: told(max_cover(COVER, PARTS * w, 3)), "w"),
    "budget": (lambda w, c: told(max_cover(COVER, PEOPLE * w, budget=10 * c, site_cost=PRICE * c)), "w"),
    "budget, parts of people": (lambda w, c: told(max_cover(COVER, PARTS * w, budget=10 * c, site_cost=PRICE * c)), "w"),
    "split rooms": (lambda w, c: told(max_cover(COVER, PEOPLE * w, 3, capacity=ROOM * w)), "w"),
    "decay": (lambda w, c: told(max_cover(COVER * (0.5 + WALK / 2000), PEOPLE * w, 3)), "w"),
    "floors": (lambda w, c: told(max_cover(COVER, PEOPLE * w, 3, floors=[Floor("old", OLD * w, 0.3)])), "w"),
    "curve": (lambda w, c: most(max_cover_curve(COVER, PEOPLE * w, 5)), "w"),
    "all": (lambda w, c: told(set_cover(ALL, cost=(PRICE + 20 * (np.arange(SITES) == 7)) * c)), "c"),
    "share": (lambda w, c: told(set_cover(COVER, cost=PRICE * c, weight=PEOPLE * w, share=0.6)), "c"),
    "share, split rooms": (
        lambda w, c: told(set_cover(COVER, cost=PRICE * c, weight=PEOPLE * w, share=0.5, capacity=ROOM * w)), "c",
    ),
    "median": (lambda w, c: told(p_median(WALK * c, PEOPLE * w, 3)), "wc"),
    "median, parts of people": (lambda w, c: told(p_median(WALK * c, PARTS * w, 3)), "wc"),
    "median curve": (lambda w, c: most(p_median_curve(WALK * c, PEOPLE * w, 4)), "wc"),
    "facilities": (lambda w, c: told(p_median(WALK * c, PEOPLE * w, site_cost=PRICE * 3000 * w * c)), "wc"),
    "whole rooms": (lambda w, c: told(p_median(WALK * c, PEOPLE * w, 3, capacity=np.full(SITES, 550.0) * w)), "wc"),
    "median, budget": (lambda w, c: told(p_median(WALK, PEOPLE * w, 3, site_cost=PRICE * c, budget=10 * c)), "w"),
    "centre": (lambda w, c: told(p_center(WALK * c, 3)), "c"),
    "centre, budget": (lambda w, c: told(p_center(WALK, 3, site_cost=PRICE * c, budget=10 * c)), ""),
    "phases": (phased, "w"),
    "frontier": (frontier, "w"),
    "equity": (equity, "w"),
    "regret": (regret, "w"),
    "variants": (under, "w"),
    "alternatives": (others, "w"),
}  # fmt: skip
SCALES = [
    (1e-12, 1.0),
    (1e-9, 1e18),
    (1e-6, 1e-12),
    (1e6, 1e-6),
    (1e12, 1e-9),
    (1e18, 1.0),
    (1e18, 1e18),
    (1e-12, 1e-12),
]


@pytest.mark.parametrize("name", list(VERBS))
def test_the_unit_changes_no_plan(name: str) -> None:
    verb, unit = VERBS[name]
    objective, bound, sites, proven = verb(1.0, 1.0)
    assert proven
    assert bound == pytest.approx(objective, rel=1e-9)
    for w, c in SCALES if DEEP else SCALES[list(VERBS).index(name) % 4 :: 4]:
        factor = (w if "w" in unit else 1.0) * (c if "c" in unit else 1.0)
        there = verb(w, c)
        assert there[0] == pytest.approx(objective * factor, rel=1e-9), (w, c)
        assert there[1] == pytest.approx(objective * factor, rel=1e-9), (w, c)
        assert there[2:] == (sites, True), (w, c)


@settings(max_examples=draws(60), derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.booleans().flatmap(cases), st.sampled_from([-12, -9, -6, -3, 6, 12, 18]), st.sampled_from([-12, -6, 9, 18]))
def test_every_rule_holds_in_every_unit(case: Case, people: int, money: int) -> None:
    truth = best(case)
    w, c = 10.0**people, 10.0**money
    scaled = replace(
        case,
        weight=case.weight * w,
        cost=case.cost * c,
        budget=None if case.budget is None else case.budget * c,
        capacity=None if case.capacity is None else case.capacity * w,
        floors=tuple((name, weight * c, share) for name, weight, share in case.floors),
    )
    given: dict[str, Any] = {"weight": scaled.weight, "p": case.p, "budget": scaled.budget, **asked(scaled)}
    if case.maximise:
        plan = max_cover(case.cover, site_cost=scaled.cost, **given)
    else:
        plan = set_cover(case.cover, cost=scaled.cost, share=case.share, **given)
    if truth is None:
        assert plan.status is Status.INFEASIBLE
        return
    assert (plan.status, plan.gap) == (Status.OPTIMAL, 0.0)
    assert plan.objective / (w if case.maximise else c) == pytest.approx(truth[0], rel=1e-6, abs=1e-6)
    if plan.canonical:
        assert tuple(plan.sites.tolist()) == truth[1]


def least_walked(walk: np.ndarray, people: np.ndarray, p: int) -> float:
    """Every plan tried."""
    plans = combinations(range(len(walk)), p)
    return min(float((people * walk[list(plan)].min(axis=0)).sum()) for plan in plans)


def no_ways() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Walks, and which of them are none; everybody has one."""
    for seed in range(4):
        draw = np.random.default_rng(seed)
        walk = draw.integers(1, 1000, (7, 12)).astype(float) if seed % 2 else draw.random((7, 12)) * 1000
        none = draw.random((7, 12)) < 0.4
        none[draw.integers(0, 7, 12), np.arange(12)] = False
        yield walk, none


@pytest.mark.parametrize("large", [1e9, 1e12, 1e15, 1e18, 1e20, 1e300])
def test_no_way_as_a_large_number_blurs_nothing(large: float) -> None:
    people = np.arange(1.0, 13.0)
    for walk, none in no_ways():
        truth = least_walked(np.where(none, np.inf, walk), people, 4)
        assert np.isfinite(truth)
        written = np.where(none, large, walk)
        for rule in ({}, {"no_way": large}, {"capacity": np.full(7, 1e12)}, {"capacity": np.full(7, np.inf)}):
            plan = p_median(written, people, 4, **rule)
            assert plan.status is Status.OPTIMAL
            assert plan.objective == pytest.approx(truth, rel=1e-12)
            assert plan.gap <= 1e-9
        full = {"capacity": np.full(7, 40.0)}
        assert p_median(written, people, 4, **full).objective == pytest.approx(
            p_median(np.where(none, np.inf, walk), people, 4, **full).objective, rel=1e-9
        )


def test_where_every_plan_goes_no_way_it_is_said() -> None:
    walk = np.array([[1.0, 2.0, 1e15], [5.0, 1e15, 3.0]])
    with pytest.raises(SitingError, match=r"a way so long that the others are lost.*found 1e\+15.*no_way"):
        p_median(walk, [1, 1, 1], 1)
    with pytest.raises(SitingError, match="no allowed site may serve some demand rows; .*row 1"):
        p_median(walk[1:], [1, 1, 1], 1, no_way=1e15)
    assert p_median(walk, [1, 1, 1], 2).objective == 6.0


def test_a_site_that_costs_more_than_a_plan_blurs_nothing() -> None:
    cost = [1e15, 3, 5, 7, 2, 9, 4, 8]
    near = np.vstack([np.ones(DEMAND), COVER[1:]])
    wanted = set_cover(near, weight=PEOPLE, share=0.6, cost=cost, forbidden=[0])
    for first in (1e9, 1e12, 1e15, 1e20, 1e300):
        plan = set_cover(near, weight=PEOPLE, share=0.6, cost=[first, *cost[1:]])
        assert (plan.status, plan.objective, plan.gap) == (Status.OPTIMAL, wanted.objective, 0.0)
        assert plan.sites.tolist() == wanted.sites.tolist()


@pytest.mark.parametrize("large", [400.0, 1e11, 1e15, np.inf])
def test_room_without_end_is_no_limit(large: float) -> None:
    cover = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]])
    for scale in (1e-9, 1.0, 1e9):
        plan = max_cover(cover, np.array([20, 20, 40, 60]) * scale, 3, capacity=np.array([large, 50, 25]) * scale)
        assert plan.status is Status.OPTIMAL
        assert plan.objective == pytest.approx(105 * scale, rel=1e-9)


def test_what_loses_the_others_is_refused() -> None:
    people = [1e20, *PEOPLE[1:]]
    for ask in (lambda: max_cover(COVER, people, 3), lambda: p_median(WALK, people, 3)):
        with pytest.raises(SitingError, match=r"most of the others are lost beside them; .*found 1e\+20 beside"):
            ask()
    with pytest.raises(SitingError, match=r"at most 1e\+09 times the middle one"):
        max_cover(COVER, [1e12, *PEOPLE[1:]], budget=10, site_cost=PRICE)
    with pytest.raises(SitingError, match="key weight: the sum of these numbers is beyond all counting"):
        max_cover(COVER, np.full(DEMAND, 1e308), 3)
    huge = LinearProgram(
        np.array([2.0**63, 2.0]), sp.csr_array((0, 2)), np.empty(0), np.empty(0), np.zeros(2), np.ones(2)
    )
    with pytest.raises(SolveError, match="more than it can count"):
        solve_integers(huge)


def test_a_gap_is_never_printed_as_nought_where_value_and_bound_differ() -> None:
    plan = max_cover(COVER, PEOPLE, 3)
    assert plan.gap == 0.0
    assert replace(plan, bound=plan.bound + 1).gap > 0.0


@given(st.lists(st.integers(0, 99), min_size=1, max_size=9), st.integers(-18, 18))
def test_numbers_are_counted_alike_in_every_unit(numbers: list[int], tens: int) -> None:
    values, many = np.array(numbers, float), 2.0**52
    plain, scaled = objective_unit(values, many), objective_unit(values * 10.0**tens, many)
    counted = values if plain is None else plain.count(values)
    again = values * 10.0**tens if scaled is None else scaled.count(values * 10.0**tens)
    assert again.tolist() == counted.tolist()
