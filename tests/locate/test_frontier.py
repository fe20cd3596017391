"""Frontiers beside the trial of every plan."""

from __future__ import annotations

import signal
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.depth import draws
from tests.listeners import Bounds
from tests.locate.cases import cases
from tests.locate.oracle import Case, asked, covered_share, value
from workbench.locate import AtMost, Floor, Group, cover_cost_frontier, cover_equity_frontier
from workbench.locate.problem import SitingError
from workbench.solving import Status

SLOW = settings(max_examples=draws(40), derandomize=True, suppress_health_check=list(HealthCheck))
EYE = sp.csr_array(np.eye(4, dtype=bool))
WEIGHT = np.array([4.0, 3.0, 2.0, 1.0])


def plans(case: Case) -> list[tuple[int, ...]]:
    return [plan for k in range(len(case.cover) + 1) for plan in combinations(range(len(case.cover)), k)]


def undominated(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Those that no other beats, where the first number is to be low and the second high."""
    kept: list[tuple[float, float]] = []
    for low, high in sorted(points, key=lambda point: (round(point[0], 6), -point[1])):
        if not kept or high > kept[-1][1] + 1e-6:
            kept.append((low, high))
    return kept


@SLOW
@given(cases(maximise=True))
def test_the_cost_frontier_is_that_of_trying_all(case: Case) -> None:
    case.budget = None
    worths = [(float(case.cost[list(plan)].sum()), value(case, plan)) for plan in plans(case)]
    truth = undominated([(cost, worth) for cost, worth in worths if worth is not None])
    found = cover_cost_frontier(sp.csr_array(case.cover), case.weight, site_cost=case.cost, p=case.p, **asked(case))
    if not truth:
        assert found.status is Status.INFEASIBLE
        assert found.conflict
        assert found.points == ()
        return
    assert [(point.cost, point.covered) for point in found.points] == [pytest.approx(one, abs=1e-5) for one in truth]
    assert found.complete
    assert found.status is Status.OPTIMAL
    assert found.total == pytest.approx(case.weight.sum())
    for point in found.points:
        assert point.most_covered == pytest.approx(point.covered, abs=1e-5)
        assert point.least_cost == pytest.approx(point.cost, abs=1e-5)
        if case.capacity is None:
            assert value(case, tuple(point.sites.tolist())) == pytest.approx(point.covered)


def test_costs_by_hand() -> None:
    found = cover_cost_frontier(EYE, WEIGHT, site_cost=[4.0, 1.0, 1.0, 2.0], required=[3])
    assert [(point.cost, point.covered) for point in found.points] == [
        (2.0, 1.0),
        (3.0, 4.0),
        (4.0, 6.0),
        (7.0, 8.0),
        (8.0, 10.0),
    ]
    assert [point.sites.tolist() for point in found.points][:2] == [[3], [1, 3]]


def test_a_few_points_are_points_of_the_whole() -> None:
    rng = np.random.default_rng(2)
    cover, weight = sp.csr_array(rng.random((10, 40)) < 0.15), rng.integers(1, 30, 40)
    cost = rng.integers(1, 20, 10).astype(float)
    whole = cover_cost_frontier(cover, weight, site_cost=cost)
    few = cover_cost_frontier(cover, weight, site_cost=cost, most=5)
    every = {(point.cost, point.covered) for point in whole.points}
    assert whole.complete
    assert not few.complete
    assert len(few.points) <= 5 < len(whole.points)
    assert {(point.cost, point.covered) for point in few.points} <= every
    ends = (whole.points[0], whole.points[-1])
    assert [few.points[0].cost, few.points[-1].cost] == [point.cost for point in ends]
    for frontier in (whole, few):
        assert all(a.cost < b.cost and a.covered < b.covered for a, b in pairwise(frontier.points))


def test_nothing_to_win_is_one_point() -> None:
    found = cover_cost_frontier(sp.csr_array((2, 2), dtype=bool), [1.0, 1.0], site_cost=[3.0, 5.0])
    assert [(point.cost, point.covered, point.sites.tolist()) for point in found.points] == [(0.0, 0.0, [])]
    assert cover_cost_frontier(EYE, np.zeros(4), site_cost=np.ones(4)).points[0].cost == 0.0


def test_ctrl_c_gives_what_is_there() -> None:
    def press(stage: str, incumbent: float, bound: float) -> None:
        signal.raise_signal(signal.SIGINT)

    found = cover_cost_frontier(EYE, WEIGHT, site_cost=np.ones(4), progress=Bounds(press))
    assert not found.complete
    assert [(point.cost, point.covered) for point in found.points] == [(4.0, 10.0)]


def test_no_time_says_so() -> None:
    found = cover_cost_frontier(EYE, WEIGHT, site_cost=np.ones(4), time_limit_s=1e-9)
    assert (found.points, found.complete, found.status) == ((), False, Status.UNKNOWN)


def test_an_impossible_request_names_the_rules_in_conflict() -> None:
    floors, caps = [Floor("old", [1, 1, 0, 0], 1.0)], [AtMost("north", [0, 1], 1)]
    found = cover_cost_frontier(EYE, WEIGHT, site_cost=np.ones(4), floors=floors, at_most=caps)
    assert (found.status, set(found.conflict)) == (Status.INFEASIBLE, {"floors.old", "at_most.north"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"most": 1}, "cover_cost_frontier, key most: .*at least 2; found 1"),
        ({"site_cost": [1, 2, np.nan, 3]}, "some numbers are missing, infinite or negative"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SitingError, match=said):
        cover_cost_frontier(EYE, WEIGHT, site_cost=given.pop("site_cost", np.ones(4)), **given)


@st.composite
def grouped(draw: st.DrawFn) -> tuple[Case, list[Group]]:
    case = draw(cases(maximise=True))
    case.capacity = None
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    demand, whole = case.cover.shape[1], draw(st.booleans())
    groups = []
    for k in range(draw(st.integers(1, 3))):
        weight = rng.integers(0, 9, demand).astype(float) if whole else rng.random(demand)
        weight[rng.integers(0, demand)] += 1.0
        groups.append(Group(f"g{k}", weight))
    return case, groups


@SLOW
@given(grouped())
def test_the_equity_frontier_is_that_of_trying_all(given: tuple[Case, list[Group]]) -> None:
    case, groups = given
    tried = []
    for plan in plans(case):
        worth = value(case, plan)
        if worth is not None:
            share = covered_share(case, plan)
            tried.append((-worth, min(float(g.weight @ share / g.weight.sum()) for g in groups)))
    truth = undominated(tried)
    found = cover_equity_frontier(
        sp.csr_array(case.cover),
        case.weight,
        case.p,
        groups=groups,
        budget=case.budget,
        site_cost=case.cost,
        **asked(case),
    )
    if not truth:
        assert (found.status, found.points) == (Status.INFEASIBLE, ())
        return
    assert [(-point.covered, point.least_share) for point in found.points] == [pytest.approx(one) for one in truth]
    assert found.complete
    assert found.status is Status.OPTIMAL
    for point in found.points:
        plan = tuple(point.sites.tolist())
        share = covered_share(case, plan)
        assert value(case, plan) == pytest.approx(point.covered)
        assert point.shares == pytest.approx([g.weight @ share / g.weight.sum() for g in groups])
        assert point.worst == found.groups[int(np.argmin(point.shares))]
        assert point.most_covered == pytest.approx(point.covered)
        assert point.most_share == pytest.approx(point.least_share)


def test_equity_by_hand() -> None:
    """Two districts of two houses; most people live in the west."""
    west, east = Group("west", [4, 3, 0, 0]), Group("east", [0, 0, 2, 1])
    found = cover_equity_frontier(EYE, WEIGHT, 2, groups=[west, east])
    assert [(point.covered, point.sites.tolist(), point.worst) for point in found.points] == [
        (7.0, [0, 1], "east"),
        (6.0, [0, 2], "west"),
    ]
    assert [point.least_share for point in found.points] == pytest.approx([0.0, 4 / 7])
    assert found.points[1].shares.tolist() == pytest.approx([4 / 7, 2 / 3])
    assert (found.groups, found.total) == (("west", "east"), 10.0)


def test_equity_with_capacities() -> None:
    west, east = Group("west", [4, 3, 0, 0]), Group("east", [0, 0, 2, 1])
    found = cover_equity_frontier(EYE, WEIGHT, 2, groups=[west, east], capacity=[1.0, 3.0, 2.0, 1.0])
    assert [(point.covered, point.sites.tolist()) for point in found.points] == [(pytest.approx(5.0), [1, 2])]
    assert found.points[0].least_share == pytest.approx(3 / 7)


def test_a_few_shares_are_points_of_the_whole() -> None:
    rng = np.random.default_rng(5)
    cover, weight = sp.csr_array(rng.random((12, 40)) < 0.15), rng.integers(1, 30, 40)
    groups = [Group(f"g{k}", np.where(np.arange(40) % 5 == k, weight, 0)) for k in range(5)]
    whole = cover_equity_frontier(cover, weight, 4, groups=groups)
    few = cover_equity_frontier(cover, weight, 4, groups=groups, most=3)
    assert whole.complete
    assert not few.complete
    assert 3 == len(few.points) < len(whole.points)
    every = {(point.covered, round(point.least_share, 9)) for point in whole.points}
    assert {(point.covered, round(point.least_share, 9)) for point in few.points} <= every
    assert few.points[0].covered == whole.points[0].covered
    assert few.points[-1].least_share == pytest.approx(whole.points[-1].least_share)
    for frontier in (whole, few):
        assert all(a.covered > b.covered and a.least_share < b.least_share for a, b in pairwise(frontier.points))


def test_an_interrupted_equity_frontier_keeps_its_points() -> None:
    def press(stage: str, incumbent: float, bound: float) -> None:
        signal.raise_signal(signal.SIGINT)

    groups = [Group("east", [0, 0, 2, 1])]
    found = cover_equity_frontier(EYE, WEIGHT, 2, groups=groups, progress=Bounds(press))
    assert not found.complete
    assert [point.covered for point in found.points] == [7.0]
    late = cover_equity_frontier(EYE, WEIGHT, 2, groups=groups, at_most=[AtMost("n", [0], 1)], time_limit_s=1e-9)
    assert (late.points, late.complete, late.status) == ((), False, Status.UNKNOWN)


@pytest.mark.parametrize(
    ("groups", "more", "said"),
    [
        ([], {}, "cover_equity_frontier, key groups: there are none"),
        ([Group("a", [0, 0, 0, 0])], {}, "key groups.a: nobody is in this group, so it has no share. Leave it out"),
        ([Group("a", [1, 1])], {}, "key groups.a: there is not one number for each demand row"),
        ([Group("a", [1, 1, 1, 1])] * 2, {}, "key groups: a name stands twice; found a"),
        ([Group("a", [1, 1, 1, 1])], {"most": 0}, "key most: .*at least 2; found 0"),
    ],
)
def test_what_is_wrong_with_groups_is_said(groups: list[Group], more: dict[str, Any], said: str) -> None:
    with pytest.raises(SitingError, match=said):
        cover_equity_frontier(EYE, WEIGHT, 2, groups=groups, **more)
