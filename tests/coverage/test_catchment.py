"""Floating catchments: by hand, by brute force, against PySAL, and what they conserve."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from access.fca import two_stage_fca
from access.weights import gaussian, step_fn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from tests.depth import draws
from workbench.coverage.capacity import accessibility, catchment_weights, decayed, supply_ratios
from workbench.scenario.sections import Decay, Step

STEPS = Decay()
GAUSSIAN = Decay(shape="gaussian", bandwidth=0.4)
DECAYS = [None, STEPS, GAUSSIAN, Decay(shape="linear"), Decay(shape="exponential", bandwidth=0.5)]

LIMIT = 300.0


def walks(cost: np.ndarray) -> sparse.csr_array:
    """Stored entries are the walks within the limit, walks of 0 among them, as of ``cost_matrix``."""
    row, col = np.nonzero(cost <= LIMIT)
    ptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(cost)))])
    return sparse.csr_array((cost[row, col], col, ptr), shape=cost.shape)


def two_step(cost: sparse.csr_array, supply: np.ndarray, demand: np.ndarray, decay: Decay | None) -> np.ndarray:
    weights = catchment_weights(cost, LIMIT, decay)
    return accessibility(weights, supply_ratios(weights, supply, demand), np.ones(len(supply), bool))


def oracle(cost: np.ndarray, supply: np.ndarray, demand: np.ndarray, decay: Decay | None) -> list[float]:
    """Both steps as they are written in the papers, one pair at a time."""

    def weight(walk: float) -> float:
        if walk > LIMIT:
            return 0.0
        return 1.0 if decay is None else float(decayed(decay, np.array([walk]), LIMIT)[0])

    found = []
    for i in range(cost.shape[1]):
        total = 0.0
        for j in range(cost.shape[0]):
            asked = sum(weight(cost[j, k]) * demand[k] for k in range(cost.shape[1]))
            if asked > 0:
                total += weight(cost[j, i]) * supply[j] / asked
        found.append(total)
    return found


def test_two_stations_by_hand() -> None:
    cost = np.array([[100.0, 300.0, 301.0], [400.0, 0.0, 50.0]])
    supply, demand = np.array([40.0, 90.0]), np.array([10.0, 10.0, 20.0])
    # 40 ㎡ for 20 people, 90 ㎡ for 30; the second point has both
    assert two_step(walks(cost), supply, demand, None).tolist() == [2, 5, 3]
    # steps: 100 m counts 1, 300 m 0.22, 0 and 50 m 1
    first, second = 40 / (10 + 2.2), 90 / 30
    assert two_step(walks(cost), supply, demand, STEPS) == pytest.approx([first, 0.22 * first + second, second])


def test_a_walk_of_zero_counts_and_the_costs_stay_as_they_were() -> None:
    cost = walks(np.array([[0.0, 300.0]]))
    before = (cost.data.copy(), cost.indices.copy(), cost.indptr.copy())
    linear = Decay(shape="linear")
    # at the very edge a linear decay leaves nothing
    assert two_step(cost, np.array([6.0]), np.array([3.0, 5.0]), linear).tolist() == [2, 0]
    for old, new in zip(before, (cost.data, cost.indices, cost.indptr), strict=True):
        assert old.tolist() == new.tolist()


def test_the_shapes_of_decay() -> None:
    walk = np.array([0.0, 100.0, 100.0 + 1e-7, 101.0, 200.0, 300.0])
    assert decayed(STEPS, walk, LIMIT).tolist() == [1, 1, 1, 0.68, 0.68, 0.22]
    assert decayed(Decay(shape="linear"), walk, LIMIT)[[0, 4, 5]] == pytest.approx([1, 1 / 3, 0])
    assert decayed(GAUSSIAN, walk, LIMIT)[[0, 5]] == pytest.approx([1, np.exp(-0.5 / 0.16)])
    assert decayed(Decay(shape="exponential", bandwidth=0.5), walk, LIMIT)[[0, 5]] == pytest.approx([1, np.exp(-2)])


def test_what_is_not_known_stays_unknown_where_it_reaches() -> None:
    cost = np.array([[100.0, 100.0, 999.0], [999.0, 100.0, 100.0], [999.0, 999.0, 999.0]])
    demand = np.array([1.0, 1.0, 1.0])
    found = two_step(walks(cost), np.array([np.nan, 8.0, np.nan]), demand, None)
    assert np.isnan(found).tolist() == [True, True, False]  # the third station reaches nobody
    assert found[2] == 4
    unknown = two_step(walks(cost), np.array([2.0, 8.0, 9.0]), np.array([np.nan, 1.0, 1.0]), None)
    assert np.isnan(unknown).tolist() == [True, True, False]


def test_a_station_that_nobody_can_use_adds_nothing() -> None:
    cost = np.array([[100.0, 999.0], [999.0, 100.0]])
    assert two_step(walks(cost), np.array([5.0, 7.0]), np.array([0.0, 7.0]), None).tolist() == [0, 1]


def test_levels_add_up() -> None:
    rng = np.random.default_rng(3)
    cost, supply, demand = rng.uniform(0, 600, (6, 9)), rng.uniform(1, 9, 6), rng.uniform(1, 9, 9)
    full = np.arange(6) % 2 == 0
    weights = catchment_weights(walks(cost), LIMIT, STEPS)
    ratio = supply_ratios(weights, supply, demand)
    parts = [accessibility(weights, ratio, mask) for mask in (full, ~full)]
    assert sum(parts) == pytest.approx(accessibility(weights, ratio, np.ones(6, bool)))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("decay", [None, STEPS, GAUSSIAN], ids=["none", "steps", "gaussian"])
def test_agrees_with_pysal_access(seed: int, decay: Decay | None) -> None:
    rng = np.random.default_rng(seed)
    stations, points = 12, 60
    cost = rng.uniform(0, 700, (stations, points))
    supply, demand = rng.uniform(10, 900, stations), rng.integers(1, 300, points).astype(float)
    j, i = np.nonzero(cost <= LIMIT)
    pairs = pd.DataFrame({"origin": i, "dest": j, "cost": cost[j, i]})
    theirs = {None: None, STEPS: step_fn({100: 1, 200: 0.68, 300: 0.22}), GAUSSIAN: gaussian(0.4 * LIMIT)}[decay]
    peer = two_stage_fca(
        demand_df=pd.DataFrame({"geoid": range(points), "demand": demand}),
        supply_df=pd.DataFrame({"supply": supply}),
        cost_df=pairs,
        max_cost=LIMIT,
        weight_fn=theirs,
    ).reindex(range(points), fill_value=0.0)
    assert two_step(walks(cost), supply, demand, decay) == pytest.approx(peer.to_numpy(), rel=1e-12)


# --- invariants ------------------------------------------------------------------------------

_CASES = st.tuples(st.integers(1, 5), st.integers(1, 7), st.integers(0, 10_000), st.sampled_from(DECAYS))


def made(case: tuple[int, int, int, Decay | None]) -> tuple[np.ndarray, np.ndarray, np.ndarray, Decay | None]:
    stations, points, seed, decay = case
    rng = np.random.default_rng(seed)
    demand = rng.integers(0, 4, points).astype(float)  # some points have nobody
    return rng.uniform(0, 500, (stations, points)), rng.uniform(0, 50, stations), demand, decay


@given(_CASES)
@settings(max_examples=draws(80))
def test_agrees_with_brute_force(case: tuple[int, int, int, Decay | None]) -> None:
    cost, supply, demand, decay = made(case)
    assert two_step(walks(cost), supply, demand, decay) == pytest.approx(oracle(cost, supply, demand, decay))


@given(_CASES)
@settings(max_examples=draws(80))
def test_all_supply_that_reaches_anybody_is_shared_out(case: tuple[int, int, int, Decay | None]) -> None:
    cost, supply, demand, decay = made(case)
    weights = catchment_weights(walks(cost), LIMIT, decay).toarray()
    used = (weights @ demand) > 0
    assert two_step(walks(cost), supply, demand, decay) @ demand == pytest.approx(supply[used].sum())


@given(_CASES, st.integers(0, 4), st.floats(0, 100))
@settings(max_examples=draws(80))
def test_more_supply_lowers_nobody(case: tuple[int, int, int, Decay | None], which: int, more: float) -> None:
    cost, supply, demand, decay = made(case)
    richer = supply.copy()
    richer[which % len(supply)] += more
    before, after = (two_step(walks(cost), s, demand, decay) for s in (supply, richer))
    assert (after >= before - 1e-12).all()
    extra = np.vstack([cost, np.full(cost.shape[1], 10.0)])  # and one more station, for everybody
    assert (two_step(walks(extra), np.append(supply, more), demand, decay) >= before - 1e-12).all()


@given(st.floats(0.2, 2.0), st.sampled_from(["gaussian", "exponential", "linear", "steps"]))
@settings(max_examples=draws(40))
def test_a_longer_walk_never_counts_more(bandwidth: float, shape: str) -> None:
    weight = decayed(Decay(shape=shape, bandwidth=bandwidth), np.linspace(0, LIMIT, 50), LIMIT)  # type: ignore[arg-type]
    assert (np.diff(weight) <= 0).all()
    assert weight[0] == 1
    assert (weight >= 0).all()


def test_rings_of_ones_are_no_decay() -> None:
    flat = Decay(steps=(Step(upto=1, weight=1),))
    cost = np.array([[10.0, 290.0]])
    args = walks(cost), np.array([4.0]), np.array([1.0, 3.0])
    assert two_step(*args, flat).tolist() == two_step(*args, None).tolist()
