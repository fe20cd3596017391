"""Real costs as whole numbers, so that sums are exact and a bound is a bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DECIMALS = 6
"""Costs of no more decimals than this are kept as they are."""

NOISE = 4.0
"""Units in the last place by which a product of decimals may miss its decimal."""


MOST_DOUBLINGS = 1000
"""Finest unit there is, as a power of two; beyond it the factor would overflow. What is smaller counts as nothing."""


@dataclass(frozen=True)
class Unit:
    """How real numbers are counted.

    Parameters
    ----------
    factor
        Whole units to one of the real numbers.
    quantum
        Units by which two plans can differ at least.
    exact
        Whether no number was changed: all were decimals. Otherwise each was rounded *down* to a unit, so that what
        bounds the whole numbers from below bounds the real ones too, and no sum of n of them is off by n units.
    """

    factor: float
    quantum: float
    exact: bool

    def count(self, values: Floats) -> Floats:
        """Return the numbers in units."""
        if self.exact:
            fine = self.factor / self.quantum
            return np.asarray(np.rint(values * fine) * self.quantum)
        return np.asarray(np.floor(values * self.factor))

    def real(self, units: float) -> float:
        """Return units as a real number."""
        if self.exact:
            return float(units / self.quantum / (self.factor / self.quantum))
        return float(units / self.factor)


def unit_for(values: Floats, total: float, ceiling: float) -> Unit:
    """Choose the finest unit in which a sum stays below a ceiling.

    Parameters
    ----------
    values
        All numbers that will be counted, 0 or more.
    total
        Largest sum of them that can occur.
    ceiling
        Largest whole number that the sum may become, a power of two.

    Returns
    -------
    Unit
    """
    total = max(total, float(np.max(values, initial=0.0)))
    for places in range(DECIMALS + 1):
        scaled = values * 10.0**places
        if total * 10.0**places > ceiling / 2:
            break
        if np.all(np.abs(scaled - np.rint(scaled)) <= NOISE * np.spacing(scaled)):
            quantum = 2.0 ** np.floor(np.log2(ceiling / max(1.0, total * 10.0**places)))
            return Unit(10.0**places * quantum, quantum, exact=True)
    finest = np.floor(np.log2(ceiling) - np.log2(total))
    return Unit(float(2.0 ** min(finest, MOST_DOUBLINGS)), 1.0, exact=False)
