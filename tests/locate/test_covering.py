"""Covering plans beside the trial of every choice, and beside published optima."""

from __future__ import annotations

import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings

from tests.depth import draws
from tests.locate.cases import cases
from tests.locate.oracle import Case, asked, best, value
from workbench.locate import SitingPlan, max_cover, set_cover
from workbench.solving import Status

SLOW = settings(max_examples=draws(80), derandomize=True, suppress_health_check=list(HealthCheck))


def solved(case: Case) -> SitingPlan:
    cover = sp.csr_array(case.cover)
    if case.maximise:
        return max_cover(cover, case.weight, case.p, budget=case.budget, site_cost=case.cost, **asked(case))
    return set_cover(
        cover, cost=case.cost, weight=case.weight, share=case.share, p=case.p, budget=case.budget, **asked(case)
    )


def agrees(case: Case) -> None:
    truth, plan = best(case), solved(case)
    if truth is None:
        assert plan.status is Status.INFEASIBLE
        assert plan.conflict
        return
    assert plan.status is Status.OPTIMAL
    assert plan.gap == 0.0
    assert plan.objective == pytest.approx(truth[0], rel=1e-6, abs=1e-6)
    own = value(case, tuple(plan.sites.tolist()))
    assert own == pytest.approx(truth[0], rel=1e-6, abs=1e-6)
    if plan.canonical:
        assert tuple(plan.sites.tolist()) == truth[1]
    else:
        assert case.capacity is not None


@SLOW
@given(cases(maximise=True))
def test_max_cover_finds_what_trying_all_finds(case: Case) -> None:
    agrees(case)


@SLOW
@given(cases(maximise=False))
def test_set_cover_finds_what_trying_all_finds(case: Case) -> None:
    agrees(case)
