"""Alternatives beside the trial of every choice of sites."""

from __future__ import annotations

import signal
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
from tests.locate.oracle import TOLERANCE, Case, asked, value
from workbench.locate import AtMost, End, alternatives
from workbench.locate.problem import SitingError
from workbench.solving import Status

SLOW = settings(max_examples=draws(60), derandomize=True, suppress_health_check=list(HealthCheck))
EYE = sp.csr_array(np.eye(4, dtype=bool))
WEIGHT = np.array([4.0, 3.0, 2.0, 1.0])


def series(case: Case, count: int, apart: int) -> list[tuple[float, tuple[int, ...]]]:
    """Every choice tried, again after each plan: the best, then fewest sites, then lowest positions."""
    found: list[tuple[float, tuple[int, ...]]] = []
    sites = range(len(case.cover))
    worth = {plan: value(case, plan) for k in range(len(case.cover) + 1) for plan in combinations(sites, k)}
    while len(found) < count:
        best: tuple[float, tuple[int, ...]] | None = None
        for plan, won in worth.items():
            differs = all(len(set(other) - set(case.required) - set(plan)) >= apart for _, other in found)
            if won is not None and differs and (best is None or won > best[0] + TOLERANCE):
                best = (won, plan)
        if best is None or (found and not set(best[1]) - set(case.required)):
            break
        found.append(best)
    return found


@SLOW
@given(cases(maximise=True), st.integers(1, 2))
def test_the_series_is_that_of_trying_all(case: Case, apart: int) -> None:
    case.capacity = None
    if case.p is not None and case.p - len(case.required) < apart:
        return
    truth = series(case, 3, apart)
    found = alternatives(
        sp.csr_array(case.cover),
        case.weight,
        case.p,
        budget=case.budget,
        site_cost=case.cost,
        apart=apart,
        **asked(case),
    )
    if not truth:
        assert [plan.status for plan in found.plans] == [Status.INFEASIBLE]
        assert found.end is End.NO_OTHER
        return
    assert [tuple(plan.sites.tolist()) for plan in found.plans] == [plan for _, plan in truth]
    assert [plan.objective for plan in found.plans] == pytest.approx([worth for worth, _ in truth])
    assert all(plan.status is Status.OPTIMAL and plan.canonical for plan in found.plans)
    assert found.end is (End.COUNT if len(truth) == 3 else End.NO_OTHER)


def test_by_hand() -> None:
    found = alternatives(EYE, WEIGHT, 2, count=9)
    assert [plan.sites.tolist() for plan in found.plans] == [[0, 1], [2, 3]]
    assert found.end is End.NO_OTHER
    found = alternatives(EYE, WEIGHT, 2, count=5, apart=1)
    assert [plan.objective for plan in found.plans] == [7.0, 6.0, 5.0, 5.0, 4.0]
    assert found.end is End.COUNT
    assert found.plans[2].sites.tolist() == [0, 3]  # of equals the one with the lowest positions


def test_required_sites_stand_in_all_and_rules_hold() -> None:
    found = alternatives(EYE, WEIGHT, 3, required=[3], at_most=[AtMost("north", [0, 1], 1)], count=3, apart=1)
    assert [plan.sites.tolist() for plan in found.plans] == [[0, 2, 3], [1, 2, 3], [0, 3]]


def test_only_those_that_lose_little() -> None:
    found = alternatives(EYE, WEIGHT, 2, count=9, apart=1, within=0.2)
    assert [plan.objective for plan in found.plans] == [7.0, 6.0]
    assert found.end is End.WORSE
    found = alternatives(EYE, WEIGHT, 2, count=9, apart=1, within=2 / 7)
    assert [plan.objective for plan in found.plans] == [7.0, 6.0, 5.0, 5.0]


def test_what_cannot_be_is_the_only_answer() -> None:
    found = alternatives(EYE, WEIGHT, 3, required=[0, 1], spacing=[[0, 1]], apart=1)
    assert [plan.status for plan in found.plans] == [Status.INFEASIBLE]
    assert set(found.plans[0].conflict) == {"required", "spacing"}


def test_ctrl_c_ends_the_series() -> None:
    def press(stage: str, incumbent: float, bound: float) -> None:
        signal.raise_signal(signal.SIGINT)

    found = alternatives(EYE, WEIGHT, 2, progress=Bounds(press))
    assert len(found.plans) == 1
    assert found.plans[0].sites.tolist() == [0, 1]
    assert found.end is End.STOPPED
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_no_time_says_so() -> None:
    found = alternatives(EYE, WEIGHT, 2, time_limit_s=1e-9, at_most=[AtMost("north", [0, 1], 1)])
    assert found.end is End.STOPPED
    assert [plan.status for plan in found.plans] == [Status.UNKNOWN]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"count": 0}, "alternatives, key count: .*at least 1; found 0"),
        ({"apart": 0}, "alternatives, key apart: .*at least 1; found 0"),
        ({"apart": 3}, "differ by more sites than they choose; expected at most 2; found 3. Required sites stand"),
        ({"required": [0]}, "expected at most 1; found 2"),
        ({"within": 1.5}, "key within: this is no share; expected a number between 0 and 1; found 1.5"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SitingError, match=said):
        alternatives(EYE, WEIGHT, given.pop("p", 2), **given)


def test_sites_aside_tell_no_plans_apart() -> None:
    weight = np.array([4.0, 3.0, 2.5, 1.0])
    found = alternatives(EYE, weight, 2, count=3, apart=1, aside=[0])
    assert [plan.sites.tolist() for plan in found.plans] == [[0, 1], [0, 2], [0, 3]]
    plain = alternatives(EYE, weight, 2, count=3, apart=1)
    assert [plan.sites.tolist() for plan in plain.plans] == [[0, 1], [0, 2], [1, 2]]


def test_a_best_plan_that_is_known_is_not_sought_again() -> None:
    best = alternatives(EYE, WEIGHT, 2, count=1, apart=1).plans[0]
    found = alternatives(EYE, WEIGHT, 2, count=2, apart=1, best=best)
    assert found.plans[0] is best
    assert found.plans[1].sites.tolist() == [0, 2]


def test_sites_aside_have_to_be_sites() -> None:
    with pytest.raises(SitingError, match="aside"):
        alternatives(EYE, WEIGHT, 2, aside=[9])
