"""The fast way to maximal covering: the same plans as trying all, and bounds that hold whatever the multipliers."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.depth import draws
from tests.locate.cases import plain_cases
from tests.locate.oracle import Case, asked, best, value
from workbench.locate import CoverProblem, max_cover
from workbench.locate.engine import maximal
from workbench.locate.engine.maximal import Equals, LocalSearch, Tree, lagrangian_bound, weight_bits, whole_weights
from workbench.locate.problem import merge
from workbench.locate.result import Certificate
from workbench.solving import Status

SLOW = settings(max_examples=draws(60), derandomize=True, suppress_health_check=list(HealthCheck))


def agrees(case: Case) -> None:
    truth = best(case)
    assert truth is not None
    plan = max_cover(sp.csr_array(case.cover), case.weight, case.p, **asked(case))
    assert plan.status is Status.OPTIMAL
    assert plan.bound == plan.objective == pytest.approx(truth[0], rel=1e-9)
    assert plan.canonical
    assert tuple(plan.sites.tolist()) == truth[1]


@SLOW
@given(plain_cases())
def test_the_fast_way_finds_what_trying_all_finds(case: Case) -> None:
    agrees(case)


@SLOW
@given(plain_cases())
def test_it_needs_no_luck_in_the_search(case: Case) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("QUICK_ROUNDS", "ROUNDS", "LONG_ROUNDS"):
            patch.setattr(maximal, name, 0)
        patch.setattr(LocalSearch, "start", lambda self, ranking=None: 0.0)
        agrees(case)


@SLOW
@given(plain_cases())
def test_inequalities_lead_to_the_same_plans(case: Case) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("QUICK_ROUNDS", "ROUNDS", "LONG_ROUNDS", "MANY", "WORK", "WORTHWHILE"):
            patch.setattr(maximal, name, 0)
        patch.setattr(LocalSearch, "start", lambda self, ranking=None: 0.0)
        agrees(case)


@SLOW
@given(plain_cases())
def test_both_ways_agree(case: Case) -> None:
    cover = sp.csr_array(case.cover)
    fast = max_cover(cover, case.weight, case.p, **asked(case))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CoverProblem, "plain", False)
        general = max_cover(cover, case.weight, case.p, **asked(case))
    assert fast.sites.tolist() == general.sites.tolist()
    assert fast.objective == general.objective
    assert fast.allocation.tolist() == general.allocation.tolist()


@SLOW
@given(plain_cases(), st.integers(0, 2**32 - 1))
def test_any_multipliers_make_a_bound_and_settle_no_good_plan_away(case: Case, seed: int) -> None:
    assert case.p is not None
    case.required = case.forbidden = ()
    truth = best(case)
    assert truth is not None
    bits = weight_bits(case.weight)
    merged = merge(sp.csr_array(case.cover), whole_weights(case.weight, bits)[None])
    prices = np.random.default_rng(seed).normal(0.5, 1.0, merged.rows) * merged.weights[0]
    bound = lagrangian_bound(merged, case.p, prices)
    assert np.ldexp(float(bound.value), -bits) >= truth[0] * (1 - 1e-12)
    units = int(np.floor(np.ldexp(truth[0], bits) * (1 - 1e-12)))
    for sites in combinations(range(len(case.cover)), min(case.p, len(case.cover))):
        won = value(case, sites)
        if won is not None and won >= truth[0]:
            assert not bound.never(units)[list(sites)].any()
            opened = np.zeros(len(case.cover), bool)
            opened[list(sites)] = True
            assert not bound.always(units)[~opened].any()


@SLOW
@given(plain_cases(), st.integers(0, 1000))
def test_the_search_knows_what_its_plan_is_worth(case: Case, seed: int) -> None:
    assert case.p is not None
    weight = np.rint(case.weight)
    merged = merge(sp.csr_array(case.cover), weight[None])
    search = LocalSearch(merged, case.p, seed)
    first = search.start()
    later = search.improve(30)
    assert first <= later == search.value
    covered = case.cover[search.sites].max(axis=0, initial=0.0)
    assert search.value == weight @ covered
    assert len(search.sites) <= case.p


@SLOW
@given(plain_cases(), st.integers(0, 2**32 - 1))
def test_a_tree_closes_on_the_optimum_whatever_it_starts_from(case: Case, seed: int) -> None:
    assert case.p is not None
    case.required = case.forbidden = ()
    case.weight = np.rint(case.weight)
    truth = best(case)
    assert truth is not None
    merged = merge(sp.csr_array(case.cover), case.weight[None])
    prices = np.random.default_rng(seed).normal(0.5, 1.0, merged.rows) * merged.weights[0]
    tree = Tree(merged, case.p, prices, -1)
    while not tree.grow(1):
        assert tree.nodes < 10_000
    assert tree.value == truth[0]
    assert tree.found is not None
    assert value(case, tuple(tree.found.tolist())) == truth[0]
    beaten = Tree(merged, case.p, prices, int(truth[0]))
    assert beaten.grow(10_000)
    assert beaten.found is None
    equals = Equals(merged, prices, int(truth[0]), (np.empty(0, np.int64), np.empty(0, np.int64)))
    sites, first = equals.first(tree.found, lambda: False)
    assert first
    assert tuple(sites.tolist()) == truth[1]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=draws(60), derandomize=True)
def test_merging_is_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sites, demand = int(rng.integers(1, 5)), int(rng.integers(1, 60))
    share = (rng.random((sites, demand)) < 0.4) * rng.choice([0.5, 1.0], (sites, demand))
    weights = rng.integers(0, 9, (2, demand)).astype(float)
    merged = merge(sp.csr_array(share), weights)
    seen: dict[bytes, int] = {}
    for i in range(demand):
        column = share[:, i].tobytes()
        if not share[:, i].any():
            assert merged.group[i] == -1
            continue
        assert merged.group[i] == seen.setdefault(column, len(seen))
        assert (merged.cover[:, [merged.group[i]]].toarray().ravel() == share[:, i]).all()
    assert merged.rows == len(seen)
    assert (merged.cover.toarray() == merged.by_row.toarray().T).all()
    for row in range(merged.rows):
        assert (merged.weights[:, row] == weights[:, merged.group == row].sum(axis=1)).all()


def scattered(demand: int, sites: int, share: float, seed: int = 0) -> tuple[sp.csr_array, np.ndarray]:
    """Demand and sites at random in a square, each site covering a share of it."""
    rng = np.random.default_rng(seed)
    people, places = rng.random((demand, 2)), rng.random((sites, 2))
    near = ((people[None] - places[:, None]) ** 2).sum(axis=2) <= share / np.pi
    return sp.csr_array(near), rng.integers(1, 101, demand).astype(float)


def test_a_middling_case_is_proven_alike_by_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    cover, weight = scattered(2_000, 60, 0.05)
    fast = max_cover(cover, weight, 10)
    monkeypatch.setattr(CoverProblem, "plain", False)
    general = max_cover(cover, weight, 10)
    assert fast.objective == general.objective
    assert fast.status is general.status is Status.OPTIMAL
    assert weight[fast.allocation >= 0].sum() == fast.objective


def test_real_weights_are_as_safe_as_whole_ones() -> None:
    cover, weight = scattered(2_000, 60, 0.05)
    whole, real = max_cover(cover, weight, 10), max_cover(cover, weight * np.pi, 10)
    assert whole.sites.tolist() == real.sites.tolist()
    assert real.objective == pytest.approx(np.pi * whole.objective, rel=1e-12)
    assert real.status is Status.OPTIMAL


def test_two_runs_agree_and_the_seed_only_moves_the_way() -> None:
    cover, weight = scattered(3_000, 80, 0.04, seed=1)
    first, second, other = (max_cover(cover, weight, 12, seed=seed) for seed in (0, 0, 7))
    assert first.sites.tolist() == second.sites.tolist()
    assert other.objective == first.objective


def test_a_bound_that_was_recomputed_says_so() -> None:
    plan = max_cover(sp.csr_array(np.eye(4)), [4.0, 3.0, 2.0, 1.0], 2)
    assert plan.sites.tolist() == [0, 1]
    assert plan.objective == plan.bound == 7.0
    assert plan.certificate is Certificate.RECOMPUTED
    assert plan.allocation.tolist() == [0, 1, -1, -1]
