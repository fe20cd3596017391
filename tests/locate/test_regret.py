"""What each site matters, and what a plan is worth when assumptions move, beside the trial of every choice."""

from __future__ import annotations

import signal
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.depth import draws
from tests.listeners import Bounds
from tests.locate.cases import cases
from tests.locate.oracle import Case, asked, best, value
from workbench.locate import Floor, Membership, PlanUnder, cover_problem, max_cover, plan_under, site_regret
from workbench.locate.problem import SitingError
from workbench.locate.regret import narrowed, site_bounds
from workbench.solving import Limits, Status

SLOW = settings(max_examples=draws(50), derandomize=True, suppress_health_check=list(HealthCheck))
EYE = sp.csr_array(np.eye(4, dtype=bool))
WEIGHT = np.array([4.0, 3.0, 2.0, 1.0])


def all_values(case: Case) -> dict[tuple[int, ...], float]:
    """Every plan that keeps the rules, and what it is worth."""
    sites = range(len(case.cover))
    tried = {plan: value(case, plan) for k in range(len(case.cover) + 1) for plan in combinations(sites, k)}
    return {plan: worth for plan, worth in tried.items() if worth is not None}


def arguments(case: Case) -> dict[str, Any]:
    return {"p": case.p, "budget": case.budget, "site_cost": case.cost, **asked(case)}


def under(variants: dict[str, tuple[Any, Any]], plan: Any, **given: Any) -> PlanUnder:
    problems = {name: cover_problem("max_cover", cover, weight, **given) for name, (cover, weight) in variants.items()}
    return plan_under(problems, plan)


@SLOW
@given(cases(maximise=True), st.sampled_from([0.0, 0.1, 0.4]))
def test_a_site_stands_where_trying_all_says(case: Case, tolerance: float) -> None:
    case.capacity = None
    truth = all_values(case)
    found = site_regret(sp.csr_array(case.cover), case.weight, tolerance=tolerance, **arguments(case))
    if not truth:
        assert found.base.status is Status.INFEASIBLE
        assert found.sites == ()
        return
    least = max(truth.values()) * (1 - tolerance) - 1e-7
    near = [set(plan) for plan, worth in truth.items() if worth >= least]
    assert [one.site for one in found.sites] == sorted(
        set(range(len(case.cover))) - set(case.required) - set(case.forbidden)
    )
    for one in found.sites:
        having = [one.site in plan for plan in near]
        expected = Membership.ALL if all(having) else Membership.SOME if any(having) else Membership.NONE
        assert one.membership is expected
        otherwise = [worth for plan, worth in truth.items() if (one.site in plan) is not one.chosen]
        assert one.bound >= max(otherwise, default=-np.inf) - 1e-9
        if one.status is not None:
            assert one.objective == pytest.approx(max(otherwise, default=np.nan), nan_ok=True)
            assert one.regret == pytest.approx(found.base.objective - one.objective, nan_ok=True)
        else:
            assert one.membership is Membership.NONE


@SLOW
@given(cases(maximise=True))
def test_no_plan_beats_the_bounds(case: Case) -> None:
    problem = cover_problem("max_cover", sp.csr_array(case.cover), case.weight, **arguments(case))
    bounds = site_bounds(problem, Limits())
    for plan, worth in all_values(case).items():
        opened = np.isin(np.arange(len(case.cover)), plan)
        assert (np.where(opened, bounds.having, bounds.lacking) >= worth - 1e-6).all()


@SLOW
@given(cases(maximise=True), st.integers(0, 2**32 - 1))
def test_what_is_settled_loses_no_plan_as_good(case: Case, seed: int) -> None:
    problem = cover_problem("max_cover", sp.csr_array(case.cover), case.weight, **arguments(case))
    truth = all_values(case)
    if not truth:
        return
    least = list(truth.values())[seed % len(truth)]
    rules = narrowed(problem, site_bounds(problem, Limits()), least).rules
    for plan, worth in truth.items():
        if worth >= least:
            assert set(rules.required.tolist()) <= set(plan)
            assert not set(rules.forbidden.tolist()) & set(plan)


def test_sites_that_no_good_plan_has_are_settled() -> None:
    problem = cover_problem("max_cover", EYE, weight=WEIGHT, p=2)
    rules = narrowed(problem, site_bounds(problem, Limits()), 7.0).rules
    assert (rules.required.tolist(), rules.forbidden.tolist()) == ([0, 1], [2, 3])
    assert narrowed(problem, site_bounds(problem, Limits()), -np.inf).rules.forbidden.tolist() == []


def test_by_hand() -> None:
    found = site_regret(EYE, WEIGHT, 2, tolerance=0.2)
    assert [(one.site, one.chosen, one.objective, one.regret) for one in found.sites] == [
        (0, True, 5.0, 2.0),
        (1, True, 6.0, 1.0),
        (2, False, 6.0, 1.0),
        pytest.approx((3, False, np.nan, np.nan), nan_ok=True),
    ]
    assert found.threshold == pytest.approx(5.6)
    assert found.members(Membership.ALL).tolist() == [0]
    assert found.members(Membership.SOME).tolist() == [1, 2]
    assert found.sites[3].status is None  # its bound falls short
    assert found.sites[3].bound == 5.0


def test_only_the_most_promising_are_looked_at() -> None:
    found = site_regret(EYE, WEIGHT, 2, tolerance=0.5, most=1)
    assert [one.status for one in found.sites] == ["OPTIMAL", "OPTIMAL", "OPTIMAL", None]
    assert found.sites[3].membership is Membership.UNKNOWN
    assert found.sites[3].bound == 5.0


def test_no_room_beside_what_is_required() -> None:
    found = site_regret(EYE, WEIGHT, 2, required=[2, 3], tolerance=1.0)
    assert [(one.site, one.status, one.membership) for one in found.sites] == [
        (0, Status.INFEASIBLE, Membership.NONE),
        (1, Status.INFEASIBLE, Membership.NONE),
    ]


def test_ctrl_c_leaves_the_rest_unknown() -> None:
    def press(stage: str, incumbent: float, bound: float) -> None:
        signal.raise_signal(signal.SIGINT)

    found = site_regret(EYE, WEIGHT, 2, progress=Bounds(press), tolerance=0.5)
    assert found.base.sites.tolist() == [0, 1]
    assert {one.status for one in found.sites} == {None}
    assert found.sites[2].membership is Membership.UNKNOWN


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tolerance": -0.1}, "site_regret, key tolerance: this is no share"),
        ({"most": -1}, "site_regret, key most: .*at least 0; found -1"),
        ({"weight": [1, 2, 3]}, "not one number for each demand row"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SitingError, match=said):
        site_regret(EYE, given.pop("weight", WEIGHT), 2, **given)


@st.composite
def moved(draw: st.DrawFn) -> tuple[Case, list[Case]]:
    """A case, and the same with other covers and weights."""
    case = draw(cases(maximise=True))
    case.capacity = None
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    others = []
    for _ in range(draw(st.integers(1, 3))):
        keep = rng.random(case.cover.shape) < 0.8
        others.append(replace(case, cover=case.cover * keep, weight=np.round(case.weight * rng.uniform(0.5, 1.5))))
    return case, others


@settings(SLOW, max_examples=draws(25))
@given(moved())
def test_variants_are_those_of_trying_all(given: tuple[Case, list[Case]]) -> None:
    case, others = given
    truth = best(case)
    if truth is None:
        return
    base = truth[1]
    decays = any((one.cover % 1 != 0).any() for one in (case, *others))
    if decays and case.cover_at_least > 1:
        return
    variants = {f"v{k}": (sp.csr_array(one.cover), one.weight) for k, one in enumerate(others)}
    found = under(variants, list(base), **arguments(case))
    for outcome, other in zip(found.variants, others, strict=True):
        best_here = best(other)
        assert (outcome.optimum.status is Status.INFEASIBLE) == (best_here is None)
        mine = value(other, base)
        assert (outcome.broken == ()) == (mine is not None)
        if mine is not None:
            assert outcome.value == pytest.approx(mine)
        if best_here is not None:
            assert outcome.regret == pytest.approx(best_here[0] - outcome.value)
            assert outcome.regret_at_most == pytest.approx(outcome.regret)
    optima = [plan for plan in (best(one) for one in others) if plan is not None]
    for site in range(len(case.cover)):
        share = np.mean([site in plan for _, plan in optima]) if optima else np.nan
        assert found.frequency[site] == pytest.approx(share, nan_ok=True)
    judged = [one for one in others if best(one) is not None]
    worst = {
        plan: max(best(one)[0] - (value(one, plan) if value(one, plan) is not None else -np.inf) for one in judged)
        for plan in [base, *(plan for _, plan in optima)]
        if judged
    }
    if worst and np.isfinite(min(worst.values())):
        assert found.choice is not None
        assert found.worst[found.choice] == pytest.approx(min(worst.values()), abs=1e-7)
    else:
        assert found.choice is None


def test_minimax_regret_by_hand() -> None:
    """The base plan is best for half the city, a compromise is never far off."""
    cover = sp.csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool))
    variants = {
        "west": (cover, [9, 9, 3, 0]),
        "east": (cover, [0, 3, 9, 9]),
        "even": (cover, [0, 9, 9, 0]),
    }
    found = under(variants, [0], p=1)
    assert [one.value for one in found.variants] == [18.0, 3.0, 9.0]
    assert [one.optimum.sites.tolist() for one in found.variants] == [[0], [2], [1]]
    assert found.frequency.tolist() == pytest.approx([1 / 3] * 3)
    assert [one.tolist() for one in found.candidates] == [[0], [2], [1]]
    assert found.regret.tolist() == [[0.0, 15.0, 9.0], [15.0, 0.0, 9.0], [6.0, 6.0, 0.0]]
    assert found.worst.tolist() == [15.0, 15.0, 6.0]
    assert found.choice == 2
    assert [one.total for one in found.variants] == [21.0, 21.0, 18.0]


def test_a_plan_that_breaks_a_floor_is_no_choice() -> None:
    floors = [Floor("old", [0, 0, 0, 1], 1.0)]
    found = under({"now": (EYE, WEIGHT)}, [0, 1], p=2, floors=floors)
    assert found.variants[0].broken == ("floors.old",)
    assert found.worst.tolist() == [np.inf, 0.0]
    assert found.choice == 1
    gone = EYE.copy()
    gone.data = np.array([True, True, True, False])
    none = under({"now": (gone, WEIGHT)}, [0, 1], p=2, floors=floors)
    assert none.variants[0].optimum.status is Status.INFEASIBLE
    assert none.choice is None
    assert np.isnan(none.worst).all()
    assert np.isnan(none.frequency).all()


@pytest.mark.parametrize(
    ("variants", "more", "said"),
    [
        ({}, {}, "plan_under, key variants: there are none"),
        ({"a": EYE, "b": EYE[:3]}, {}, r"key variants.b: it has other sites .*expected shape \(4, 4\); found \(3, 4\)"),
        ({"a": EYE}, {"capacity": [1, 1, 1, 1]}, "key capacity: a plan with capacities.*Leave the capacities out"),
        ({"a": EYE}, {"plan": [7]}, "key plan: there is no such site; expected positions 0 to 3; found 7"),
    ],
)
def test_what_is_wrong_with_variants_is_said(variants: dict[str, Any], more: dict[str, Any], said: str) -> None:
    with pytest.raises(SitingError, match=said):
        under({name: (cover, None) for name, cover in variants.items()}, more.pop("plan", [0]), p=2, **more)


def test_the_base_plan_of_max_cover_has_no_regret() -> None:
    plan = max_cover(EYE, WEIGHT, 2)
    found = under({"same": (EYE, WEIGHT), "more": (EYE, WEIGHT * 1.1)}, plan.sites, p=2)
    assert [one.regret for one in found.variants] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert found.choice == 0
