from __future__ import annotations

import math
import os
import signal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from scipy.optimize import Bounds, LinearConstraint, milp

from benchmarks.yardsticks import CENTERS, optima, p_median_instance, warehouses
from tests import listeners
from tests.depth import draws
from tests.locate.median_oracle import MedianCase, best, best_within_capacity, cases, center_value, median_value
from tests.shared_data import shared
from workbench.errors import CheckError, NoSolutionError
from workbench.locate import AtMost, median_problem, p_center, p_median, p_median_curve
from workbench.locate.median_problem import check_median
from workbench.locate.problem import SitingError
from workbench.locate.result import Certificate
from workbench.solving import Status

FEW = settings(max_examples=draws(120), suppress_health_check=[HealthCheck.too_slow])

LINE = np.abs(np.arange(6)[:, None] - np.array([0, 1, 2, 3, 4, 5])).astype(float)
"""Six sites and six rows at the same kilometres of one street."""


def asked(case: MedianCase) -> dict[str, Any]:
    rules: dict[str, Any] = {"required": case.required, "forbidden": case.forbidden}
    if case.at_most is not None:
        rules["at_most"] = [AtMost("subdistrict", *case.at_most)]
    if case.spacing:
        rules["spacing"] = np.array(case.spacing)
    if case.site_cost is not None:
        rules |= {"site_cost": case.site_cost, "budget": case.budget}
    return rules


def sparse(cost: np.ndarray) -> sp.csr_array:
    """The same costs, what is infinite left out, what is 0 stored."""
    site, row = np.nonzero(np.isfinite(cost))
    return sp.csr_array((cost[site, row], (site, row)), shape=cost.shape)


def test_two_sites_on_a_street() -> None:
    plan = p_median(LINE, None, 2)
    assert plan.sites.tolist() == [1, 4]
    assert plan.allocation.tolist() == [1, 1, 1, 4, 4, 4]
    assert (plan.objective, plan.bound, plan.gap, plan.status) == (4.0, 4.0, 0.0, Status.OPTIMAL)
    assert plan.certificate is Certificate.RECOMPUTED
    assert plan.canonical


def test_weights_draw_the_site() -> None:
    assert p_median(LINE, [9, 0, 0, 0, 0, 1], 1).sites.tolist() == [0]
    assert p_median(LINE, np.array([[4, 5], *[[0, 0]] * 4, [0, 1]]), 1).sites.tolist() == [0]


def test_a_row_without_weight_may_be_out_of_reach() -> None:
    cost = LINE.copy()
    cost[:, 5] = np.inf
    plan = p_median(cost, [1, 1, 1, 1, 1, 0], 1)
    assert (plan.sites.tolist(), plan.allocation.tolist()) == ([2], [2, 2, 2, 2, 2, -1])


def test_facility_location_by_hand() -> None:
    plan = p_median(LINE, None, site_cost=3.0)
    assert plan.objective == 10.0  # two sites for 6 and 4 km of walks; three would cost 9 + 3
    assert plan.sites.tolist() == [1, 4]


def agrees(case: MedianCase, verb: Any, value: Any, *arguments: Any) -> None:
    least, twin = best(case, value)
    try:
        plan = verb(sparse(case.cost), *arguments, case.p, **asked(case))
    except SitingError:
        plan = None
    if plan is None:
        assert twin is None
        return
    if twin is None:
        assert plan.status is Status.INFEASIBLE
        assert plan.conflict
        return
    assert plan.status is Status.OPTIMAL
    assert plan.objective == pytest.approx(least, rel=1e-9, abs=1e-9)
    assert plan.bound <= plan.objective <= plan.bound * (1 + 1e-9) + 1e-9
    if plan.canonical:
        assert plan.sites.tolist() == list(twin) or value(case, tuple(plan.sites)) != least


@FEW
@given(cases())
def test_the_plan_is_the_best_of_all(case: MedianCase) -> None:
    agrees(case, p_median, median_value, case.weight)


@FEW
@given(cases(rules=False))
def test_without_side_rules_the_plan_is_the_best_of_all(case: MedianCase) -> None:
    agrees(case, p_median, median_value, case.weight)


@FEW
@given(cases(rules=False))
def test_the_order_of_rows_changes_nothing(case: MedianCase) -> None:
    least, twin = best(case, median_value)
    if twin is None:
        return
    turned = np.random.default_rng(0).permutation(len(case.weight))
    one = p_median(case.cost, case.weight, case.p)
    other = p_median(case.cost[:, turned], case.weight[turned], case.p)
    assert one.sites.tolist() == other.sites.tolist()
    assert one.objective == pytest.approx(least)
    assert one.allocation[turned].tolist() == other.allocation.tolist()


@FEW
@given(cases(rules=False))
def test_more_sites_never_cost_more_and_each_plan_of_the_curve_is_the_best(case: MedianCase) -> None:
    if not np.isfinite(case.cost).all():
        return
    curve = p_median_curve(case.cost, case.weight, len(case.cost))
    for p, plan in enumerate(curve, 1):
        assert len(plan.sites) == p
        least, _ = best(MedianCase(case.cost, case.weight, p), median_value)
        assert plan.objective == pytest.approx(least, abs=1e-9)
    worth = [plan.objective for plan in curve]
    assert all(later <= earlier * (1 + 1e-9) for earlier, later in pairwise(worth))


def test_capacities_against_every_way_to_send_people() -> None:
    draw = np.random.default_rng(5)
    seen = set()
    for _ in range(12):
        cost, load = draw.integers(0, 20, (4, 5)).astype(float), draw.integers(1, 9, 5).astype(float)
        capacity = draw.integers(6, 18, 4).astype(float)
        least = best_within_capacity(cost, load, capacity, 2)
        plan = p_median(cost, load, 2, capacity=capacity)
        seen.add(plan.status)
        if math.isinf(least):
            assert plan.status is Status.INFEASIBLE
            assert "capacity" in plan.conflict
            continue
        assert plan.objective == pytest.approx(least)
        assert (np.bincount(plan.allocation, load, minlength=4) <= capacity).all()
    assert seen == {Status.OPTIMAL, Status.INFEASIBLE}


@pytest.mark.parametrize(
    ("rules", "conflict"),
    [
        ({"p": 2, "required": [0, 1], "at_most": [AtMost("south", [0, 1, 2], 1)]}, ("required", "at_most.south")),
        ({"p": 3, "required": [0, 1], "spacing": [[0, 1]]}, ("required", "spacing")),
        ({"p": 1, "cost": sparse(np.where(LINE <= 1, LINE, np.inf))}, ("p",)),
        ({"budget": 2.0, "site_cost": 1.0, "cost": sparse(np.where(LINE <= 0, LINE, np.inf))}, ("budget",)),
    ],
)
def test_an_impossible_request_names_the_rules_in_conflict(rules: dict[str, Any], conflict: tuple[str, ...]) -> None:
    cost = rules.pop("cost", LINE)
    plan = p_median(cost, None, rules.pop("p", None), **rules)
    assert plan.status is Status.INFEASIBLE
    assert plan.conflict == conflict
    with pytest.raises(NoSolutionError, match=conflict[0]):
        _ = plan.sites


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"p": 0}, "a whole number of at least 1"),
        ({"p": 7}, "there are not so many sites"),
        ({"p": None}, "nothing limits how many sites open"),
        ({"weight": [1, 1, math.nan, 1, 1, 1]}, "missing, infinite or negative"),
        ({"weight": [1, -1, 1, 1, 1, 1]}, "missing, infinite or negative"),
        ({"weight": [1, 1]}, "not one number for each demand row"),
        ({"cost": -LINE}, "some costs are missing or negative"),
        ({"cost": np.where(LINE == 3, np.nan, LINE)}, "some costs are missing or negative"),
        ({"cost": LINE[0]}, "no matrix of sites × demand"),
        ({"cost": np.empty((0, 6))}, "no sites or no demand"),
        ({"cost": np.broadcast_to(np.float64(1), (40_000, 40_000))}, "dense and too large"),
        ({"cost": np.where(np.arange(6) == 4, np.inf, LINE)}, "no allowed site may serve some demand rows"),
        ({"required": [2], "forbidden": [2]}, "also forbidden"),
        ({"required": [0, 1, 2]}, "more sites are required than may open"),
        ({"required": [6]}, "there is no such site"),
        ({"forbidden": [0, 1, 2, 3, 4]}, "not so many sites are allowed"),
        ({"budget": 3.0}, "a budget without costs"),
        ({"budget": 3.0, "site_cost": 5.0}, "does not pay for the cheapest site"),
        ({"budget": 3.0, "site_cost": [1, 1, 1, 1, 4, 1], "required": [4]}, "does not pay for the required sites"),
        ({"floors": [1]}, "this rule is not for p_median"),
        ({"cover_at_least": 2}, "this rule is not for p_median"),
        ({"nearest": True}, "key nearest: p_median knows no such rule"),
        ({"time_limit_s": 0.0}, "no time to search"),
        ({"gap": 1.0}, "this is no gap"),
        ({"seed": -1}, "key seed: .*at least 0; found -1"),
    ],
)
def test_what_is_wrong_is_said(arguments: dict[str, Any], said: str) -> None:
    given_ = {"cost": LINE, "weight": None, "p": 2, **arguments}
    if "floors" in arguments:
        from workbench.locate import Floor

        given_["floors"] = [Floor("north", np.ones(6), 0.5)]
    with pytest.raises(SitingError, match=said):
        p_median(given_.pop("cost"), given_.pop("weight"), given_.pop("p"), **given_)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(SitingError) as refused:
        p_median(-LINE, [1], 9, required=[8])
    assert {problem.key for problem in refused.value.problems} == {"cost", "weight", "p", "required"}


def test_an_interrupted_search_returns_its_plan_with_its_bound() -> None:
    draw = np.random.default_rng(3)
    cost = np.hypot(*(draw.random((2, 300, 1)) - draw.random((2, 1, 300))))
    told: list[tuple[str, float, float]] = []

    def progress(*news: Any) -> None:
        told.append(news)
        if news[0] == "bound":
            os.kill(os.getpid(), signal.SIGINT)

    plan = p_median(cost, None, 6, progress=listeners.Bounds(progress))
    full = p_median(cost, None, 6)
    assert [stage.name for stage in plan.stages] == [news[0] for news in told if news[0] != "tree"] + ["tree"]
    assert plan.status is Status.FEASIBLE
    assert plan.bound <= full.objective <= plan.objective
    assert plan.gap > 0
    assert not plan.canonical


def test_a_gap_that_is_good_enough_is_not_called_optimal() -> None:
    draw = np.random.default_rng(3)
    cost = np.hypot(*(draw.random((2, 300, 1)) - draw.random((2, 1, 300))))
    plan = p_median(cost, None, 6, gap=0.2)
    assert plan.status is Status.FEASIBLE
    assert 0 < plan.gap <= 0.2


def test_two_runs_give_one_plan() -> None:
    draw = np.random.default_rng(8)
    cost = draw.integers(1, 6, (40, 60)).astype(float)
    one, other = (p_median(cost, None, 5, seed=seed) for seed in (0, 0))
    assert one.sites.tolist() == other.sites.tolist()


@pytest.mark.parametrize(
    ("sites", "allocation", "objective", "said"),
    [
        ([1], [1] * 6, 9.0, "too few sites are open; expected exactly 2; found 1"),
        ([1, 4], [1, 1, 1, 1, 4, 4], 5.0, "not sent to the nearest"),
        ([1, 4], [1, 1, 1, 3, 4, 4], 3.0, "a site that is not open"),
        ([1, 4], [1, 1, 1, 4, 4, 4], 3.0, "costs something else"),
    ],
)
def test_the_check_sees_through_wrong_plans(
    sites: list[int], allocation: list[int], objective: float, said: str
) -> None:
    problem = median_problem("p_median", LINE, None, 2)
    with pytest.raises(CheckError, match=said):
        check_median(problem, np.array(sites), np.array(allocation), objective)


@pytest.mark.parametrize("name", ["pmed1", "pmed5", "pmed11", "pmed17", "pmed25", "pmed31", "pmed38"])
def test_published_medians(name: str) -> None:
    cost, p = p_median_instance(shared(f"benchmarks/pmed/{name}.txt"))
    plan = p_median(cost, None, p)
    assert plan.objective == plan.bound == optima(shared("benchmarks/pmed"))[name]
    assert (plan.status, plan.certificate) == (Status.OPTIMAL, Certificate.RECOMPUTED)


def test_published_warehouses() -> None:
    published = optima(shared("benchmarks/cap"))
    for name, least in published.items():
        cost, fixed, _ = warehouses(shared(f"benchmarks/cap/{name}.txt"))
        plan = p_median(cost, None, site_cost=fixed)
        assert plan.objective == pytest.approx(least, abs=6e-4), name  # published to three decimals, cut off
        assert (plan.status, plan.certificate) == (Status.OPTIMAL, Certificate.RECOMPUTED)


@FEW
@given(cases())
def test_the_center_is_the_best_of_all(case: MedianCase) -> None:
    if case.site_cost is not None and case.budget is None:
        return
    agrees(case, p_center, center_value)


def test_the_center_of_a_street() -> None:
    plan = p_center(LINE, 2)
    assert (plan.objective, plan.bound, plan.status) == (1.0, 1.0, Status.OPTIMAL)
    assert plan.sites.tolist() == [1, 4]


@pytest.mark.parametrize("name", ["pmed1", "pmed5", "pmed13", "pmed19"])
def test_published_centers(name: str) -> None:
    radius = CENTERS[name]
    cost, p = p_median_instance(shared(f"benchmarks/pmed/{name}.txt"))
    plan = p_center(cost, p)
    assert (plan.objective, plan.bound, plan.status) == (radius, radius, Status.OPTIMAL)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"site_cost": 1.0}, "no part of this objective"),
        ({"capacity": np.ones(6)}, "not for p_center"),
        ({"p": 9}, "not so many sites"),
    ],
)
def test_what_a_center_does_not_take(rules: dict[str, Any], said: str) -> None:
    with pytest.raises(SitingError, match=said):
        p_center(LINE, rules.pop("p", 2), **rules)


def test_a_center_that_nobody_can_have() -> None:
    plan = p_center(sparse(np.where(LINE <= 1, LINE, np.inf)), 1)
    assert (plan.status, plan.conflict) == (Status.INFEASIBLE, ("p",))


@pytest.mark.parametrize("name", ["cap73", "cap74"])
def test_capacitated_warehouses_against_a_model_of_their_own(name: str) -> None:
    """HiGHS as scipy has it, on a model written anew: each customer whole to one warehouse of 15,000."""
    cost, fixed, load = warehouses(shared(f"benchmarks/cap/{name}.txt"))
    sites, rows = cost.shape
    capacity = np.full(sites, 15_000.0)
    once = sp.hstack([sp.csr_array((rows, sites)), sp.csr_array(np.tile(np.eye(rows), sites))])
    room = sp.hstack([sp.diags_array(-capacity), sp.csr_array(np.kron(np.eye(sites), load))])
    open_ = sp.hstack([sp.csr_array(-np.kron(np.eye(sites), np.ones((rows, 1)))), sp.eye_array(sites * rows)])
    limits = [LinearConstraint(once, 1, 1), LinearConstraint(room, -np.inf, 0), LinearConstraint(open_, -np.inf, 0)]
    other = milp(
        np.r_[fixed, cost.ravel()], constraints=limits, integrality=np.ones(sites + sites * rows), bounds=Bounds(0, 1)
    )
    plan = p_median(cost, None, site_cost=fixed, capacity=capacity, load=load)
    assert plan.objective == pytest.approx(other.fun, rel=1e-6)
    assert (plan.status, plan.certificate) == (Status.OPTIMAL, Certificate.SOLVER)
    assert (np.bincount(plan.allocation, load, minlength=sites) <= capacity).all()
