"""The peer of location models, spopt, on random cases: another model, another solver, the same objective."""

from __future__ import annotations

import warnings
from types import ModuleType

import numpy as np
import pytest
import scipy.sparse as sp

from workbench.locate import max_cover, p_center, p_median, set_cover

RADIUS = 35.0

pytestmark = pytest.mark.filterwarnings("ignore")  # what the peer and its modeller warn of is theirs to mend


@pytest.fixture(scope="module")
def peers() -> tuple[ModuleType, ModuleType]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pulp
        from spopt import locate
    return locate, pulp


def ground(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Walks from 12 sites to 40 demand points in a square, and whole weights."""
    dice = np.random.default_rng(seed)
    sites, demand = dice.uniform(0, 100, (12, 2)), dice.uniform(0, 100, (40, 2))
    walks = np.hypot(*(sites[:, None] - demand[None]).transpose(2, 0, 1))
    return walks, dice.integers(1, 100, 40).astype(np.float64)


def objective(model: object, pulp: ModuleType) -> float:
    return float(model.solve(pulp.PULP_CBC_CMD(msg=False)).problem.objective.value())  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(4))
def test_all_four_problems_have_the_peer_s_objective(peers: tuple[ModuleType, ModuleType], seed: int) -> None:
    locate, pulp = peers
    walks, weight = ground(seed)
    cover = sp.csr_array(walks <= RADIUS)
    reached = np.flatnonzero((walks <= RADIUS).any(axis=0))  # the peer refuses what nobody covers
    lscp = locate.LSCP.from_cost_matrix(walks[:, reached].T, RADIUS)
    assert set_cover(cover[:, reached]).objective == objective(lscp, pulp)
    for p in (1, 3, 6):
        mclp = locate.MCLP.from_cost_matrix(walks.T, weight, RADIUS, p)
        assert max_cover(cover, weight, p).objective == objective(mclp, pulp)
        median = locate.PMedian.from_cost_matrix(walks.T, weight, p)
        assert p_median(walks, weight, p).objective == pytest.approx(objective(median, pulp), rel=1e-9)
        centre = locate.PCenter.from_cost_matrix(walks.T, p)
        assert p_center(walks, p).objective == pytest.approx(objective(centre, pulp), rel=1e-6)
