"""Real costs as whole numbers, so that sums are exact and a bound is a bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DECIMALS, FAR, SOME = 6, 60, 64
"""Decimals that are tried first, beyond how many none are tried, and how many numbers are looked at first."""

MOST_WHOLE = 2.0**52
"""Largest sum of whole numbers that a float holds."""

ORDINARY = (1.0, 2.0**30)
"""Between these the largest of real numbers may stay as it is: solvers take it."""

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
    places = _places(values, total, ceiling / 2)
    if places is not None:
        quantum = 2.0 ** np.floor(np.log2(ceiling / max(1.0, total * 10.0**places)))
        return Unit(10.0**places * quantum, quantum, exact=True)
    finest = np.floor(np.log2(ceiling) - np.log2(total))
    return Unit(float(2.0 ** min(finest, MOST_DOUBLINGS)), 1.0, exact=False)


def _places(values: Floats, total: float, most: float) -> int | None:
    """Return by how many decimal places numbers become whole, their sum within the most; None where none will do.

    Whatever unit people, metres or money come in, the same problem has the same whole numbers.
    """
    least = -1.0
    order: tuple[int, ...] = (*range(DECIMALS + 1), *range(-1, -FAR, -1), *range(DECIMALS + 1, FAR))
    for places in order:
        tens = float(10.0**places)
        if places < 0 and least < 0.0:
            least = float(np.min(values, where=values > 0, initial=np.inf))
        fits = total * tens <= most and (places >= 0 or least * tens >= 0.5)
        if fits and _whole(values[:SOME], tens) and _whole(values, tens):
            return places
    return None


def _whole(values: Floats, tens: float) -> bool:
    scaled = values * tens
    return bool(np.all(np.abs(scaled - np.rint(scaled)) <= NOISE * np.spacing(scaled)))


def objective_unit(values: Floats, largest: float) -> Unit | None:
    """Choose the unit in which the objective of a covering problem is counted.

    Parameters
    ----------
    values
        Weights or costs, 0 or more.
    largest
        Largest whole number that the way to the answer takes.

    Returns
    -------
    Unit or None
        Exact: the numbers are whole in it, and have no common factor. Otherwise a power of two by which real numbers
        come near 1. None where the numbers may stay as they are.
    """
    total, top = float(values.sum()), float(values.max(initial=0.0))
    places = _places(values, total, MOST_WHOLE) if top > 0.0 else None
    if places is not None:
        tens = 10.0**places
        common = float(_common(np.rint(values[:SOME] * tens)))
        common = common if common == 1.0 else float(_common(np.rint(values * tens)))
        if top * tens / common <= largest:
            return None if tens == common else Unit(tens / common, 1.0, exact=True)
    if top == 0.0 or ORDINARY[0] <= top <= ORDINARY[1]:
        return None
    return Unit(2.0 ** -np.floor(np.log2(top)), 1.0, exact=False)


def _common(values: Floats) -> int:
    return int(np.gcd.reduce(values.astype(np.int64))) or 1
