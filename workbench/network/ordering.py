"""Numbering nodes so that neighbours on the ground are neighbours in memory.

A five-minute walk touches a few dozen nodes, so the price of a search is the price of fetching them.
Along a Z-curve they lie in a few cache lines; in the order of the file they may lie anywhere. On a
million nodes this alone is worth a factor of three to four.

Source of the curve: G. M. Morton, *A computer oriented geodetic data base*, IBM, 1966.
"""

from __future__ import annotations

import numpy as np

from workbench.network.compiled import Counts, Floats, Positions

_CURVE_BITS = 16
"""Bits per axis: 65,536 columns and rows, a metre apart in a city of 65 km."""

_SPREAD = (
    (8, 0x00FF00FF),
    (4, 0x0F0F0F0F),
    (2, 0x33333333),
    (1, 0x55555555),
)


def morton_order(xy: Floats) -> Positions:
    """Order points along a Z-curve.

    Parameters
    ----------
    xy
        Coordinates, shape (n, 2), finite, metres or any other unit.

    Returns
    -------
    numpy.ndarray
        Shape (n,): the point that comes first, second, and so on. Points in one cell of the curve
        keep their given order.
    """
    if not len(xy):
        return np.empty(0, np.uint32)
    low = xy.min(axis=0)
    # Halved before subtracting, so that coordinates near the largest float do not overflow.
    span = float((xy.max(axis=0) / 2 - low / 2).max())
    if span == 0.0:
        return np.arange(len(xy), dtype=np.uint32)
    cell = ((xy / 2 - low / 2) / span * (2**_CURVE_BITS - 1)).astype(np.uint32)
    code = _interleaved(cell[:, 0]) | (_interleaved(cell[:, 1]) << np.uint32(1))
    return sorting_order(code)


def _interleaved(cell: Positions) -> Positions:
    """Spread 16 bits over the even bits of 32."""
    for shift, mask in _SPREAD:
        cell = (cell | (cell << np.uint32(shift))) & np.uint32(mask)
    return cell


def sorting_order(key: Positions) -> Positions:
    """Positions that sort 32-bit keys, equal keys in given order.

    Key and position are packed into one 64-bit word and sorted as plain numbers, which NumPy does
    several times faster than a stable ``argsort``.

    Parameters
    ----------
    key
        Shape (n,), n below 2**32.

    Returns
    -------
    numpy.ndarray
        Shape (n,).
    """
    packed: Counts = key.astype(np.uint64) << np.uint64(32)
    packed |= np.arange(len(key), dtype=np.uint64)
    packed.sort()
    return packed.astype(np.uint32)


def ranks(order: Positions) -> Positions:
    """Turn an order around: where each point went.

    Parameters
    ----------
    order
        Shape (n,), a permutation of 0..n-1.

    Returns
    -------
    numpy.ndarray
        Shape (n,) such that ``ranks(order)[order[i]] == i``.
    """
    rank = np.empty(len(order), np.uint32)
    rank[order] = np.arange(len(order), dtype=np.uint32)
    return rank
