"""Bounds that anybody may recompute: from multipliers, by sums alone.

Whatever the multipliers ``y`` of the rows of a program are, and whoever made them up,

    sum of y · (the side of the row that y leans on)  +  sum over variables of the best (c - y A) x within its sides

is a bound on the objective (weak duality). So a solver may be as careless as it likes with them: the bound is
computed here, with an allowance for rounding that is added on the safe side.
"""

from __future__ import annotations

import math

import numpy as np

from workbench.siting.rules import Floats
from workbench.solving import LinearProgram

UNIT = 2.0**-52
"""Rounding of one operation on float64."""


def certified_bound(program: LinearProgram, duals: Floats) -> float:
    """Return a lower bound on the objective of a program, whole variables or not.

    Parameters
    ----------
    program
        To be minimised.
    duals
        Shape (m,), multipliers of its rows; any will do.

    Returns
    -------
    float
        Never above the true optimum.
    """
    usable, leans = _leaning(program, duals)
    rows = program.rows
    reduced = program.cost - usable @ rows
    sides = np.where(reduced > 0, program.lower, program.upper)
    value = math.fsum(usable * leans) + math.fsum(reduced * sides)
    depth = np.bincount(rows.indices, minlength=rows.shape[1]).max(initial=0) + 4
    carried = np.abs(program.cost) + np.abs(usable) @ abs(rows)
    error = UNIT * (float(np.abs(usable * leans).sum()) + depth * float((carried * np.abs(sides)).sum()))
    return float(value - 2.0 * error)


def reduced_costs(program: LinearProgram, duals: Floats) -> Floats:
    """Return what each variable costs beyond its part in the rows, at the multipliers that make the bound.

    A variable that leaves the side it has in the bound for the other one makes the bound worse by that much.

    Parameters
    ----------
    program, duals
        As :func:`certified_bound` takes them.

    Returns
    -------
    numpy.ndarray
        Shape (n,).
    """
    return np.asarray(program.cost - _leaning(program, duals)[0] @ program.rows)


def _leaning(program: LinearProgram, duals: Floats) -> tuple[Floats, Floats]:
    """Return multipliers and the sides they lean on; a multiplier without a side is taken as none."""
    leans = np.where(duals > 0, program.row_lower, program.row_upper)
    there = np.isfinite(leans)
    return np.where(there, duals, 0.0), np.where(there, leans, 0.0)


def rounded_up(bound: float, whole: bool) -> float:
    """Return the least objective that a lower bound allows, when objectives are whole numbers.

    Parameters
    ----------
    bound
        A safe lower bound.
    whole
        Whether objectives are whole.
    """
    return float(math.ceil(bound)) if whole and math.isfinite(bound) else bound
