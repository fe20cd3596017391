"""Labels that keep apart on a map."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

_POINTS_PER_INCH = 72
_TURNS: Final = 12  # directions that are tried around a place
_RINGS: Final = (12.0, 20.0, 29.0, 39.0, 50.0)  # distances from it, points
_FILL = 0.75  # share of a figure's width that a map takes up beside its legend


def apart(ax: Axes, places: Floats, *, size: float = 13.0) -> Floats:
    """Return where to put a round label beside each place so that labels cover neither places nor one another.

    Greedy, in order: the first spot that is free, near before far, from the upper right on anticlockwise (Imhof 1975
    prefers the upper right); where none is free, the one that is least crowded.

    Parameters
    ----------
    ax
        A map whose limits are set, in data units of equal aspect.
    places
        Shape (n, 2), in data units.
    size
        Diameter of a label, points.

    Returns
    -------
    numpy.ndarray
        Shape (n, 2), offsets in points.
    """
    here = np.asarray(places, np.float64).reshape(-1, 2) / _unit(ax)
    spots = _spots()
    taken = np.empty((0, 2))
    shifts = np.zeros_like(here)
    for number, place in enumerate(here):
        tried = place + spots
        room = np.minimum(_nearest(tried, taken) - size, _nearest(tried, np.delete(here, number, 0)) - 0.8 * size)
        free = np.flatnonzero(room >= 0)
        best = int(free[0]) if len(free) else int(np.argmax(room))
        shifts[number] = spots[best]
        taken = np.vstack([taken, tried[best]])
    return shifts


def _spots() -> Floats:
    """Return the offsets that are tried, in order of preference, shape (t, 2)."""
    turns = math.pi / 4 + 2 * math.pi * np.arange(_TURNS) / _TURNS
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return np.vstack([radius * circle for radius in _RINGS])


def _nearest(spots: Floats, others: Floats) -> Floats:
    if not len(others):
        return np.full(len(spots), np.inf)
    return np.asarray(np.linalg.norm(spots[:, None, :] - others[None, :, :], axis=2).min(axis=1), np.float64)


def _unit(ax: Axes) -> float:
    """Return how many data units a point of the page is, if the map fills its share of the figure."""
    figure = ax.get_figure(root=True)
    if figure is None:
        return 1.0
    width, height = figure.get_size_inches() * _POINTS_PER_INCH
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    return float(max((right - left) / (_FILL * width), (high - low) / (_FILL * height)))
