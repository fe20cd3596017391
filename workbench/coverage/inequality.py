"""How unevenly something is spread over people: Lorenz curve, Gini, Theil and the worst-off tail.

Every function takes values and the number of people who have them. Only people whose value is
finite and whose number is positive are looked at: who has none is reported apart, by the caller.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def lorenz(value: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the Lorenz curve (Lorenz 1905): what share of the total the lowest share of people has.

    Parameters
    ----------
    value
        What each has, ≥ 0, shape (n,).
    weight
        How many people have it, shape (n,).

    Returns
    -------
    people, total : ndarray of float64, shape (m + 1,)
        Cumulated shares from 0 to 1, m the number of entries with people and a finite value. Where
        nobody has anything the curve is the diagonal; where there is nobody it is the origin alone.
    """
    value, weight = _counted(value, weight)
    order = np.lexsort((weight, value))  # equal values by weight: the order of rows changes no bit
    people = np.concatenate([[0.0], np.cumsum(weight[order])])
    total = np.concatenate([[0.0], np.cumsum((weight * value)[order])])
    people = people / people[-1] if len(value) else people
    return people, total / total[-1] if total[-1] > 0 else people


def gini(value: Floats, weight: Floats) -> float | None:
    """Return the Gini coefficient: twice the area between the diagonal and the Lorenz curve.

    Of weighted values it is what the unweighted formula gives for a list in which each value stands
    once for each person. None when there is nobody.
    """
    people, total = lorenz(value, weight)
    if len(people) == 1:
        return None
    area = float(np.sum(np.diff(people) * (total[1:] + total[:-1])))
    return max(0.0, 1 - area)


def theil(value: Floats, weight: Floats) -> float | None:
    """Return Theil's T (Theil 1967); None when there is nobody, 0 when nobody has anything."""
    value, weight = _counted(value, weight)
    if not len(value):
        return None
    mean = float(np.average(value, weights=weight))
    if mean == 0:
        return 0.0
    ratio = value / mean
    logs = np.log(ratio, out=np.zeros_like(ratio), where=ratio > 0)  # 0 ln 0 = 0
    return max(0.0, float(np.average(ratio * logs, weights=weight)))


def means(value: Floats, weight: Floats, area: Ints) -> tuple[Floats, Floats]:
    """Return the mean value and the number of people of each area.

    Parameters
    ----------
    value, weight
        As everywhere here, shape (n,).
    area
        Number of the area, 0 … a − 1, of each entry; −1 for none.

    Returns
    -------
    mean, people : ndarray of float64, shape (a,)
        NaN and 0 for areas in which nobody is counted.
    """
    used = np.isfinite(value) & (weight > 0) & (area >= 0)
    size = int(area.max(initial=-1)) + 1
    people = _sums(area[used], weight[used], size)
    total = _sums(area[used], weight[used] * value[used], size)
    return np.divide(total, people, out=np.full(size, np.nan), where=people > 0), people


def tail(value: Floats, weight: Floats, share: float) -> Floats:
    """Return how many of each entry's people belong to the share that has most.

    Where the tail ends among people of one value, each entry of this value gives the same fraction
    of its people, so that the answer does not depend on the order of rows.

    Parameters
    ----------
    value, weight
        As everywhere here, shape (n,).
    share
        Share of the people, 0 < share ≤ 1.

    Returns
    -------
    ndarray of float64, shape (n,)
        Sums to ``share`` of the people counted.
    """
    used = np.isfinite(value) & (weight > 0)
    found = np.zeros(len(value))
    if not used.any():
        return found
    levels, place = np.unique(value[used], return_inverse=True)
    at = _sums(place, weight[used], len(levels))
    above = at[::-1].cumsum()[::-1] - at
    wanted = share * float(at.sum())
    fraction = np.clip((wanted - above) / at, 0.0, 1.0)
    found[used] = weight[used] * fraction[place]
    return found


def _sums(place: Ints, what: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(place, what, minlength=size), np.float64)


def _counted(value: Floats, weight: Floats) -> tuple[Floats, Floats]:
    used = np.isfinite(value) & (weight > 0)
    return value[used], weight[used]
