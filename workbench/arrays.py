"""The arrays that pass between modules, by what they hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

# Text in tables is the same whether pyarrow is installed or not: its strings refuse signs that our gate is to name.
pd.options.mode.string_storage = "python"

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def apportioned(total: int, weights: Floats, least: int = 0) -> Ints:
    """Share a whole number out by weight, so that the shares add up to it exactly (largest remainder).

    Parameters
    ----------
    total
        What is shared out.
    weights
        Non-negative weights, at least one of them positive.
    least
        What everyone gets in any case; ``total`` must be enough for that.

    Returns
    -------
    ndarray of int64
        One share for each weight; of equal remainders the first goes before.
    """
    exact = (total - least * len(weights)) * weights / weights.sum()
    shares = np.floor(exact).astype(np.int64)
    missing = total - least * len(weights) - int(shares.sum())
    order = np.argsort(-(exact - shares), kind="stable")
    shares[order[:missing]] += 1
    return np.asarray(shares + least, np.int64)
