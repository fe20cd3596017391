"""The parts that a proof stands on, each against the trial of every plan."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.depth import draws
from tests.locate.median_oracle import MedianCase, cases, center_value, median_value, plans
from tests.locate.test_median import asked, sparse
from workbench.locate import MedianProblem, median_problem
from workbench.locate.center import reach_within
from workbench.locate.engine.median_kernel import FREE, IN, OUT, interchange, keeps, relaxed, served, shortened
from workbench.locate.engine.median_search import may_precede, precedes, priced_out, settled, whole_instance
from workbench.locate.problem import SitingError
from workbench.locate.result import unit_for

FEW = settings(max_examples=draws(150))


def read(case: MedianCase, name: str = "p_median") -> MedianProblem | None:
    weight = None if name == "p_center" else case.weight
    try:
        return median_problem(name, sparse(case.cost), weight, case.p, **asked(case))
    except SitingError:
        return None


def flags(plan: tuple[int, ...], sites: int) -> np.ndarray:
    return np.isin(np.arange(sites), plan)


def obeys(plan: np.ndarray, fixed: np.ndarray) -> bool:
    return bool(plan[fixed == IN].all() and not plan[fixed == OUT].any())


@FEW
@given(cases(), st.integers(0, 2**32 - 1))
def test_no_plan_costs_less_than_the_relaxation_at_any_multipliers(case: MedianCase, seed: int) -> None:
    problem = read(case)
    if problem is None:
        return
    instance, draw = whole_instance(problem), np.random.default_rng(seed)
    cap, count = instance.ground.cap, problem.sites
    fixed = np.where(instance.fixed == FREE, draw.choice([FREE, FREE, FREE, IN, OUT], count), instance.fixed)
    u = np.floor(draw.random(len(cap)) ** 4 * np.minimum(cap, 2 * instance.worst + 1))
    value = relaxed(instance.lists, instance.ground, fixed, u, np.empty(count), np.empty(count, np.bool_))
    for plan in plans(case):
        chosen = flags(plan, count)
        assert keeps(instance.ground, chosen)
        if obeys(chosen, fixed):
            total = served(instance.lists, instance.ground, chosen)
            assert value <= total
            assert math.isinf(total) == math.isinf(median_value(case, plan))
            if math.isfinite(total):
                assert instance.unit.real(total) == pytest.approx(median_value(case, plan), rel=1e-9, abs=1e-9)


@FEW
@given(cases(), st.integers(0, 2**32 - 1))
def test_what_is_fixed_loses_no_better_plan(case: MedianCase, seed: int) -> None:
    problem = read(case)
    if problem is None:
        return
    instance, draw = whole_instance(problem), np.random.default_rng(seed)
    totals = {plan: served(instance.lists, instance.ground, flags(plan, problem.sites)) for plan in plans(case)}
    finite = [total for total in totals.values() if math.isfinite(total)]
    target = draw.choice(finite) if finite else instance.worst
    u = np.floor(draw.random(len(instance.ground.cap)) * np.minimum(instance.ground.cap, instance.worst / 2 + 1))
    fixed = priced_out(instance, instance.lists, instance.fixed, u, target)
    after = settled(instance, instance.lists, fixed)
    better = [flags(plan, problem.sites) for plan, total in totals.items() if total < target]
    assert after is not None or not better
    if after is not None:
        assert all(obeys(plan, after) for plan in better)
        short = shortened(instance.lists, after)
        assert all(served(short, instance.ground, p) == served(instance.lists, instance.ground, p) for p in better)


@FEW
@given(cases(), st.integers(0, 2**32 - 1))
def test_local_search_ends_where_no_exchange_helps(case: MedianCase, seed: int) -> None:
    problem = read(case)
    if problem is None:
        return
    instance = whole_instance(problem)
    served_by = {plan: served(instance.lists, instance.ground, flags(plan, problem.sites)) for plan in plans(case)}
    known = [plan for plan, total in served_by.items() if math.isfinite(total)]
    if not known:
        return
    start = known[seed % len(known)]
    plan = flags(start, problem.sites)
    assert interchange(instance.lists, instance.ground, instance.fixed, plan, 1000)
    reached = tuple(int(i) for i in np.flatnonzero(plan))
    assert reached in served_by
    found = priced(
        instance, reached
    )  # going without has a price: the search may end there, and then no plan is taken from it
    assert found == served_by[reached] or math.isinf(served_by[reached])
    assert found <= served_by[start]
    for other in known:
        if len(set(other) - set(reached)) <= 1 and len(set(reached) - set(other)) <= 1:
            assert served_by[other] >= found


def priced(instance: Any, plan: tuple[int, ...]) -> float:
    """What a plan costs when whoever cannot be served pays the price of going without."""
    lists, ground = instance.lists, instance.ground
    total = float(ground.price[list(plan)].sum())
    for row, without in enumerate(ground.unserved):
        part = slice(lists.start[row], lists.start[row + 1])
        near = lists.cost[part][np.isin(lists.site[part], plan)]
        total += float(near[0]) if len(near) else float(without)
    return total


@FEW
@given(cases(), st.integers(0, 40))
def test_what_a_radius_drops_changes_no_answer(case: MedianCase, radius: int) -> None:
    problem = read(case, "p_center") if case.budget is not None or case.site_cost is None else None
    if problem is None:
        return
    possible = any(center_value(case, plan) <= radius / 4 for plan in plans(case))
    reach = reach_within(problem, radius / 4)
    cover, dropped = reach.cover.toarray() > 0, set(reach.problem.rules.forbidden.tolist())
    reached = any(cover[:, list(plan)].any(axis=1).all() for plan in plans(case) if not dropped & set(plan))
    assert reached == possible


@FEW
@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=20), st.integers(0, 6))
def test_decimals_are_counted_exactly(units: list[int], places: int) -> None:
    values = np.array([float(Fraction(unit, 10**places)) for unit in units])
    unit = unit_for(values, float(values.sum()), 2.0**46)
    assert unit.exact
    counted = unit.count(values)
    assert counted.sum() <= 2.0**46
    assert [unit.real(k) for k in counted] == values.tolist()


@FEW
@given(st.lists(st.floats(0, 1e9, allow_subnormal=False), min_size=2, max_size=20))
def test_real_numbers_are_counted_from_below(values: list[float]) -> None:
    array = np.array([*values, math.pi])
    unit = unit_for(array, float(array.sum()), 2.0**46)
    counted = unit.count(array)
    assert (counted == np.rint(counted)).all()
    assert not unit.exact
    for value, units in zip(array, counted, strict=True):
        assert unit.real(units) <= value <= unit.real(units + 1)


def test_which_plan_comes_first() -> None:
    first, second = np.array([True, False, True]), np.array([False, True, True])
    assert precedes(first, second)
    assert not precedes(second, first)
    assert not precedes(first, first)
    assert may_precede(np.array([FREE, FREE, FREE]), second)
    assert not may_precede(np.array([OUT, FREE, FREE]), first)
    assert not may_precede(np.array([IN, OUT, FREE]), first)
    assert may_precede(np.array([IN, IN, FREE]), first)


def test_a_stored_zero_is_a_cost_and_a_missing_one_is_not() -> None:
    cost = sp.csr_array((np.array([0.0, 5.0]), (np.array([0, 1]), np.array([0, 0]))), shape=(3, 1))
    problem = median_problem("p_median", cost, [2.0], 1)
    assert problem.nearest.site.tolist() == [0, 1]
    assert problem.nearest.cost.tolist() == [0.0, 5.0]


@pytest.mark.parametrize("value", [1e-303, 2.3e-308, 1e-200, 1e-20])
def test_numbers_next_to_nothing_have_a_unit(value: float) -> None:
    values = np.array([value, 0.0])
    unit = unit_for(values, 3 * value, 2.0**52)
    counted = unit.count(values)
    assert np.isfinite(counted).all()
    assert unit.real(float(counted[0])) <= value
