"""Sums, shares and quantiles over residents."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LIMIT_TOLERANCE = 1e-6
"""Metres or seconds by which a walk may exceed its limit: the rounding of sums, no more."""


def within(walk: Floats, limit: float) -> Flags:
    """Tell which walks are not longer than the limit (≤, with :data:`LIMIT_TOLERANCE`)."""
    return walk <= limit + LIMIT_TOLERANCE


def share(part: float, whole: float) -> float | None:
    """Return ``part`` of ``whole`` in percent; None when there is no whole."""
    return 100 * part / whole if whole > 0 else None


def quantile(walk: Floats, weight: Floats, q: float) -> float | None:
    """Return the shortest walk that a share ``q`` of the weight does not exceed.

    Walks that are infinite are left out, they are reported apart; None when nothing is left.

    Parameters
    ----------
    walk
        Walks, shape (k,).
    weight
        Residents that take them, shape (k,).
    q
        Share, 0 < q ≤ 1.
    """
    used = np.isfinite(walk) & (weight > 0)
    if not used.any():
        return None
    order = np.argsort(walk[used], kind="stable")
    walks, total = walk[used][order], np.cumsum(weight[used][order])
    place = np.searchsorted(total, q * total[-1] * (1 - 1e-12))
    return float(walks[min(int(place), len(walks) - 1)])
