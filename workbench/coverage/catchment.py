"""Floating catchments: how much supply there is within a walk, for as many as share it.

The two-step method (2SFCA: Radke and Mu 2000; Luo and Wang 2003) first divides the supply of each
station by everybody in its catchment, then adds up for each resident what the stations in reach
offer. The enhanced method (E2SFCA: Luo and Qi 2009) lets a longer walk count less in both steps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from workbench.coverage.quantities import LIMIT_TOLERANCE
from workbench.scenario.capacity import Decay

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def decayed(decay: Decay, walk: Floats, catchment: float) -> Floats:
    """Return what walks count under a decay, 0 … 1.

    Parameters
    ----------
    decay
        As the scenario declares it.
    walk
        Walks within the catchment, metres or minutes, shape (n,).
    catchment
        Longest walk, in the same unit.
    """
    x = walk / catchment
    if decay.shape == "gaussian":
        return np.exp(-0.5 * (x / decay.bandwidth) ** 2)
    if decay.shape == "exponential":
        return np.exp(-x / decay.bandwidth)
    if decay.shape == "linear":
        return np.clip(1.0 - x, 0.0, 1.0)
    edges = np.array([step.upto for step in decay.steps]) + LIMIT_TOLERANCE / catchment
    weights = np.array([*(step.weight for step in decay.steps), 0.0])
    return np.asarray(weights[np.searchsorted(edges, x, side="left")], np.float64)


def catchment_weights(cost: sparse.csr_array, catchment: float, decay: Decay | None = None) -> sparse.csr_array:
    """Return what each resident counts in the catchment of each station.

    Parameters
    ----------
    cost
        Walks within the catchment, shape (s, k), as
        :meth:`workbench.coverage.CoverageResult.cost_matrix` gives them.
    catchment
        Longest walk, in the same unit.
    decay
        How a longer walk counts less; without it every walk within the catchment counts 1.

    Returns
    -------
    scipy.sparse.csr_array, shape (s, k)
        Entries that count nothing are left out.
    """
    data = np.ones(cost.nnz) if decay is None else decayed(decay, cost.data, catchment)
    weights = sparse.csr_array((data, cost.indices.copy(), cost.indptr.copy()), shape=cost.shape)
    weights.eliminate_zeros()
    return weights


def supply_ratios(weights: sparse.csr_array, supply: Floats, demand: Floats) -> Floats:
    """Return the first step: the supply of each station for one unit of demand in its catchment.

    Parameters
    ----------
    weights
        What each resident counts, shape (s, k).
    supply
        Supply of each station, shape (s,); NaN where it is not known.
    demand
        Demand at each point, shape (k,); NaN where it is not known.

    Returns
    -------
    ndarray of float64, shape (s,)
        0 for a station that nobody can use; NaN where its supply, or the demand of somebody in its
        catchment, is not known.
    """
    asked = np.asarray(weights @ demand, np.float64)
    return np.divide(supply, asked, out=np.zeros(len(supply)), where=asked != 0)


def accessibility(weights: sparse.csr_array, ratio: Floats, counted: Flags) -> Floats:
    """Return the second step: what the stations within reach of each point offer one resident.

    Parameters
    ----------
    weights
        What each resident counts, shape (s, k).
    ratio
        Supply of each station for one unit of demand, shape (s,).
    counted
        Which stations count, shape (s,).

    Returns
    -------
    ndarray of float64, shape (k,)
        Supply for one unit of demand; 0 where nothing is within reach, NaN where a station within
        reach has an unknown ratio. Over all points, its product with the demand sums to the supply
        of the stations that anybody can use.
    """
    rows = np.flatnonzero(counted)
    return np.asarray(weights[rows].T @ ratio[rows], np.float64)
