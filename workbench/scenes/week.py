"""Opening hours as a grid of one ordinary week."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import opening_hours

STEP_MIN: Final = 15
"""Length of one step of the grid, minutes."""

_MONDAY = dt.datetime(2026, 9, 7)  # a week without holidays
_DAYS, _STEPS = 7, 24 * 60 // STEP_MIN


@cache
def week_grid(text: str) -> npt.NDArray[np.bool_]:
    """Return the steps of an ordinary week, Monday first, that are open from start to end.

    Parameters
    ----------
    text
        OSM opening_hours that parse.

    Returns
    -------
    ndarray of bool, shape (7, steps a day); read-only
    """
    open_min = np.zeros(_DAYS * 24 * 60, bool)
    end = _MONDAY + dt.timedelta(days=_DAYS)
    for start, stop, state, _ in opening_hours.OpeningHours(text).intervals(_MONDAY, end):
        if str(state) == "open":
            first, last = ((moment - _MONDAY) // dt.timedelta(minutes=1) for moment in (start, stop))
            open_min[max(first, 0) : last] = True
    grid = np.asarray(open_min.reshape(_DAYS, _STEPS, STEP_MIN).all(axis=2))
    grid.setflags(write=False)
    return grid


def hours_fault(text: str) -> str:
    """Say what is wrong with opening hours: they do not parse, or are never open; else nothing."""
    if not opening_hours.validate(text):
        return "does not parse"
    return "" if week_grid(text).any() else "is never open"
