"""Published instances and optima that nobody here made."""

from __future__ import annotations

import ctypes
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import LinearConstraint, milp

from benchmarks.yardsticks import GlibcRand, cordeau, optima, set_covering
from tests.shared_data import shared
from workbench.locate import max_cover, set_cover
from workbench.solving import Status

SCP = ("scp42", "scp44", "scp46", "scp51", "scp53", "scp61", "scp63")


@pytest.mark.parametrize("name", SCP)
def test_set_covering_of_the_or_library(name: str) -> None:
    folder = shared("benchmarks/scp")
    cover, cost = set_covering(folder / f"{name}.txt")
    plan = set_cover(cover, cost=cost)
    assert plan.status is Status.OPTIMAL
    assert plan.objective == optima(folder)[name]
    assert np.asarray(cover[plan.sites].sum(axis=0)).min() >= 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="compares with the C library of GNU")
def test_the_dice_are_those_of_glibc() -> None:
    library = ctypes.CDLL(None)
    library.srand(7)
    expected = [library.rand() for _ in range(200)]
    dice = GlibcRand(7)
    assert [*dice.draw(45), *dice.draw(155)] == expected


def independent(cover: sp.csr_array, demand: np.ndarray, p: int) -> float:
    """The optimum as SciPy's solver finds it, on rows that NumPy merged."""
    patterns, row = np.unique(np.packbits(cover.toarray(), axis=0), axis=1, return_inverse=True)
    rows = np.unpackbits(patterns, axis=0, count=cover.shape[0]).T
    weight = np.bincount(row.ravel(), demand)
    sites, count = cover.shape[0], len(weight)
    table = sp.vstack(
        [
            sp.hstack([sp.csr_array(-rows.astype(float)), sp.eye_array(count)]),
            np.r_[np.ones(sites), np.zeros(count)][None],
        ]
    )
    sides = LinearConstraint(table, -np.inf, np.r_[np.zeros(count), p])
    answer = milp(
        np.r_[np.zeros(sites), -weight],
        constraints=sides,
        integrality=np.r_[np.ones(sites), np.zeros(count)],
        bounds=(0, 1),
        options={"mip_rel_gap": 0},
    )
    return float(-answer.fun)


@pytest.mark.parametrize("seed", [1, 2])
def test_instances_of_cordeau_furini_and_ljubic(seed: int) -> None:
    cover, demand = cordeau(10_000, 100, 4.0, seed)
    plan = max_cover(cover, demand, 10)
    assert plan.status is Status.OPTIMAL
    assert demand[plan.allocation >= 0].sum() == plan.objective
    assert plan.objective == pytest.approx(independent(cover, demand, 10), abs=0.1)
