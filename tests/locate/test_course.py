"""What a search says on its way, when it stops early, and when there is no plan."""

from __future__ import annotations

import signal
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from tests.listeners import Bounds
from tests.locate.test_maximal import scattered
from workbench.errors import CheckError, NoSolutionError
from workbench.locate import AtMost, Floor, SitingPlan, cover_problem, max_cover, max_cover_curve, set_cover
from workbench.locate.engine import maximal
from workbench.locate.problem import SitingError, broken_rules, check_plan
from workbench.locate.result import Certificate
from workbench.progress import relative_gap
from workbench.solving import Status

EYE = sp.csr_array(np.eye(4, dtype=bool))
WEIGHT = np.array([4.0, 3.0, 2.0, 1.0])


def hard(**more: object) -> SitingPlan:
    """A case whose bound leaves a gap."""
    cover, weight = scattered(4_000, 150, 0.03, seed=3)
    return max_cover(cover, weight, 20, **more)  # type: ignore[arg-type]


@cache
def heard() -> tuple[SitingPlan, list[tuple[str, float, float]]]:
    """The same to its end, and what it says on its way; searched once."""
    told: list[tuple[str, float, float]] = []
    return hard(progress=Bounds(lambda *news: told.append(news))), told


def test_no_time_still_gives_a_plan_with_a_bound() -> None:
    plan = hard(time_limit_s=1e-9)
    assert plan.status is Status.FEASIBLE
    assert len(plan.sites) == 20
    assert plan.objective < plan.bound
    assert plan.gap == pytest.approx((plan.bound - plan.objective) / plan.objective)
    assert plan.certificate is Certificate.RECOMPUTED
    assert "gap" in repr(plan)


def test_a_gap_that_is_good_enough_is_not_called_a_proof() -> None:
    plan = hard(gap=0.05)
    assert plan.status is Status.FEASIBLE
    assert 0.0 < plan.gap <= 0.05
    assert not plan.canonical


def test_ctrl_c_gives_the_incumbent_with_its_bound() -> None:
    def press(stage: str, incumbent: float, bound: float) -> None:
        if stage == "relaxation":
            signal.raise_signal(signal.SIGINT)

    plan = hard(progress=Bounds(press))
    full, _ = heard()
    assert plan.status is Status.FEASIBLE
    assert plan.objective <= full.objective <= plan.bound
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_progress_only_gets_better() -> None:
    plan, told = heard()
    incumbents = [incumbent for _, incumbent, _ in told if np.isfinite(incumbent)]
    bounds = [bound for _, _, bound in told if np.isfinite(bound)]
    assert all(a <= b for a, b in pairwise(incumbents))
    assert all(a >= b for a, b in pairwise(bounds))
    assert {stage.name for stage in plan.stages} <= {stage for stage, _, _ in told}
    assert [told[0][0], told[1][0], told[2][0]] == ["merge", "search", "relaxation"]
    assert plan.stages[-1].gap == 0.0


def test_a_wrong_claim_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    found = maximal.MaximalSearch._found

    def boast(self: maximal.MaximalSearch, rest: maximal.Rest, places: np.ndarray, units: float) -> None:
        found(self, rest, places, units + 5.0)

    monkeypatch.setattr(maximal.MaximalSearch, "_found", boast)
    with pytest.raises(CheckError, match="objective is not what was claimed; expected 7; found 12"):
        max_cover(EYE, WEIGHT, 2)


@pytest.mark.parametrize(
    ("rules", "sites", "key"),
    [
        ({"required": [3]}, [0, 1], "required"),
        ({"forbidden": [0]}, [0, 1], "forbidden"),
        ({}, [0, 1, 2], "p"),
        ({"budget": 3.0, "site_cost": [2.0, 2.0, 1.0, 1.0]}, [0, 1], "budget"),
        ({"at_most": [AtMost("north", [0, 1], 1)]}, [0, 1], "at_most.north"),
        ({"spacing": [[1, 0]]}, [0, 1], "spacing"),
        ({"floors": [Floor("old", [0, 0, 0, 1], 0.5)]}, [0, 1], "floors.old"),
        ({"capacity": [9, 9, 9, 9]}, [0, 1], "capacity"),
    ],
)
def test_the_checker_sees_each_broken_rule(rules: dict[str, Any], sites: list[int], key: str) -> None:
    problem = cover_problem("max_cover", EYE, weight=WEIGHT, p=2, **rules)
    assert [found.key for found in broken_rules(problem, np.array(sites))] == [key]
    with pytest.raises(CheckError):
        check_plan(problem, np.array(sites), 7.0)


def test_the_checker_sees_a_bad_split() -> None:
    problem = cover_problem("max_cover", EYE, weight=WEIGHT, p=2, capacity=[3, 3, 3, 3])
    too_full = sp.csr_array(([1.0], ([0], [0])), shape=(4, 4))
    assert "serves more than it can" in broken_rules(problem, np.array([0]), too_full)[0].what
    shut = sp.csr_array(([0.5], ([1], [1])), shape=(4, 4))
    assert "serves more than it can" in broken_rules(problem, np.array([0]), shut)[0].what
    elsewhere = sp.csr_array(([0.5], ([0], [1])), shape=(4, 4))
    assert "does not cover" in broken_rules(problem, np.array([0]), elsewhere)[0].what
    twice = sp.csr_array(([0.7, 0.7], ([0, 1], [3, 3])), shape=(4, 4))
    assert "more than once" in broken_rules(problem, np.array([0, 1]), twice)[0].what


def test_the_checker_sees_who_is_left_out() -> None:
    everybody = cover_problem("set_cover", EYE)
    assert broken_rules(everybody, np.array([0, 1, 2]))[0].row == "3"
    most = cover_problem("set_cover", EYE, weight=WEIGHT, share=0.8)
    assert broken_rules(most, np.array([0, 1]))[0].key == "share"
    assert broken_rules(most, np.array([0, 1, 3])) == []


@pytest.mark.parametrize(
    ("rules", "conflict"),
    [
        (
            {"p": 1, "floors": [Floor("old", [1, 0, 0, 0], 1.0), Floor("young", [0, 1, 0, 0], 1.0)]},
            {"p", "floors.old", "floors.young"},
        ),
        ({"p": 2, "floors": [Floor("old", [1, 0, 0, 0], 1.0)], "forbidden": [0]}, {"floors.old", "forbidden"}),
        ({"p": 3, "required": [0, 1], "spacing": [[0, 1]]}, {"required", "spacing"}),
        (
            {"p": 3, "required": [0, 1], "at_most": [AtMost("north", [0, 1], 1)], "capacity": [1, 1, 1, 1]},
            {"required", "at_most.north"},
        ),
        ({"budget": 2.0, "floors": [Floor("all", WEIGHT, 0.9)]}, {"budget", "floors.all"}),
    ],
)
def test_an_impossible_request_names_the_rules_in_conflict(rules: dict[str, object], conflict: set[str]) -> None:
    plan = max_cover(EYE, WEIGHT, **rules)  # type: ignore[arg-type]
    assert plan.status is Status.INFEASIBLE
    assert set(plan.conflict) == conflict
    with pytest.raises(NoSolutionError, match="contradict each other: "):
        _ = plan.sites
    assert repr(plan) == "SitingPlan(max_cover, INFEASIBLE)"


def test_covering_everybody_may_be_impossible() -> None:
    plan = set_cover(EYE, forbidden=[2])
    assert set(plan.conflict) == {"cover", "forbidden"}
    assert set(set_cover(EYE, weight=WEIGHT, capacity=[1, 9, 9, 9]).conflict) == {"cover", "capacity"}


def test_a_split_is_told_and_adds_up() -> None:
    cover = sp.csr_array(np.array([[1, 1, 0], [0, 1, 1]], bool))
    plan = max_cover(cover, [4.0, 6.0, 4.0], 2, capacity=[5.0, 7.0])
    assert plan.objective == pytest.approx(12.0)
    assert plan.plan is not None
    assert plan.plan.served is not None
    assert (plan.plan.served @ np.array([4.0, 6.0, 4.0])).tolist() == pytest.approx([5.0, 7.0])


def test_decaying_cover_counts_by_the_best_open_site() -> None:
    cover = sp.csr_array(np.array([[1.0, 0.5, 0.0], [0.25, 0.75, 0.75], [0.0, 0.0, 1.0]]))
    plan = max_cover(cover, [2.0, 4.0, 4.0], 2)
    assert plan.sites.tolist() == [0, 1]
    assert plan.objective == pytest.approx(2.0 + 3.0 + 3.0)
    assert plan.allocation.tolist() == [0, 1, 1]


def test_gaps() -> None:
    assert relative_gap(10.0, 11.0) == pytest.approx(0.1)
    assert relative_gap(0.0, 0.0) == 0.0
    assert relative_gap(0.0, 1.0) == np.inf
    assert np.isnan(relative_gap(np.nan, 1.0))


def test_nothing_to_win_is_a_plan_too() -> None:
    plan = max_cover(sp.csr_array((3, 4), dtype=bool), WEIGHT, 2)
    assert (plan.status, plan.objective, len(plan.sites)) == (Status.OPTIMAL, 0.0, 0)
    assert plan.allocation.tolist() == [-1, -1, -1, -1]


def test_groups_add_up() -> None:
    groups = np.stack([WEIGHT, WEIGHT[::-1]], axis=1)
    assert max_cover(EYE, groups, 1).objective == 5.0


@pytest.mark.parametrize(
    ("limit", "key"), [({"time_limit_s": -1.0}, "time_limit_s"), ({"gap": 1.0}, "gap"), ({"seed": -1}, "seed")]
)
def test_limits_that_mean_nothing_are_refused(limit: dict[str, float], key: str) -> None:
    with pytest.raises(SitingError, match=f"key {key}"):
        max_cover(EYE, WEIGHT, 2, **limit)  # type: ignore[arg-type]


def test_the_curve_is_the_plans_one_by_one() -> None:
    cover, weight = scattered(2_000, 40, 0.05, seed=5)
    plans = max_cover_curve(cover, weight, 9, required=[3, 7])
    assert [len(plan.sites) for plan in plans] == list(range(2, 10))
    for p, plan in enumerate(plans, 2):
        alone = max_cover(cover, weight, p, required=[3, 7])
        assert plan.status is Status.OPTIMAL
        assert plan.sites.tolist() == alone.sites.tolist()
        assert plan.objective == alone.objective
    gains = np.diff([plan.objective for plan in plans])
    assert (gains > 0).all()


def test_the_curve_takes_every_rule() -> None:
    plans = max_cover_curve(EYE, WEIGHT, 3, at_most=[AtMost("north", [0, 1], 1)])
    assert [plan.objective for plan in plans] == [4.0, 6.0, 7.0]
    floors = [Floor("old", [0, 0, 1, 1], 1.0)]
    assert [plan.status for plan in max_cover_curve(EYE, WEIGHT, 3, floors=floors)] == [
        "INFEASIBLE",
        "OPTIMAL",
        "OPTIMAL",
    ]


def test_ctrl_c_ends_the_curve() -> None:
    def press(stage: str, incumbent: float, bound: float) -> None:
        signal.raise_signal(signal.SIGINT)

    plans = max_cover_curve(EYE, WEIGHT, 3, progress=Bounds(press))
    assert len(plans) == 1


def test_the_curve_is_flat_once_all_is_covered() -> None:
    plans = max_cover_curve(EYE, [1.0, 1.0, 0.0, 0.0], 4)
    assert [plan.objective for plan in plans] == [1.0, 2.0, 2.0, 2.0]
    assert [plan.sites.tolist() for plan in plans] == [[0], [0, 1], [0, 1], [0, 1]]
    assert all(plan.status is Status.OPTIMAL and plan.canonical for plan in plans)
