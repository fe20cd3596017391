"""Programs of whole numbers, built once and solved by CP-SAT for one objective after another."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp
from ortools.sat.python import cp_model

from workbench.arrays import Floats
from workbench.errors import SolveError
from workbench.solving.answer import UNLIMITED, Answer, BoundListener, Limits
from workbench.solving.cp_sat import solve_cp
from workbench.solving.programs import LinearProgram

_LARGEST = 2.0**62
"""Largest sum that CP-SAT can count."""


class IntegerModel:
    """A program whose variables, rows and sides are whole numbers, kept for several solves.

    Rows may be added between solves; a lexicographic course builds its model once.

    Parameters
    ----------
    program
        The program; its cost and its kinds of variables are passed over, every variable has finite sides.

    Raises
    ------
    SolveError
        If a number is not whole, or a variable has no finite side.
    """

    def __init__(self, program: LinearProgram) -> None:
        _refuse_fractions(program.lower, program.upper)
        self._flags = (program.lower >= 0) & (program.upper <= 1)
        self._model = cp_model.CpModel()
        low, high = program.lower.astype(np.int64).tolist(), program.upper.astype(np.int64).tolist()
        self._variables = [self._model.new_int_var(a, b, "") for a, b in zip(low, high, strict=True)]
        self.add(program.rows, program.row_upper, program.row_lower)

    def add(self, rows: sp.csr_array, most: Floats, least: Floats | None = None) -> None:
        """Add rows.

        Parameters
        ----------
        rows
            Shape (m, n), sparse.
        most, least
            Shape (m,), sides; infinite where there is none. None for no lower sides.
        """
        lower = np.full(len(most), -np.inf) if least is None else least
        _refuse_fractions(rows.data, *(side[np.isfinite(side)] for side in (lower, most)))
        model, variables = self._model, self._variables
        for columns, amounts, low, high, one_at_most in _rows(sp.csr_array(rows), lower, most, self._flags):
            if one_at_most:
                signed = zip(columns, amounts, strict=True)
                model.add_at_most_one(variables[i] if a > 0 else variables[i].negated() for i, a in signed)
            else:
                expression = cp_model.LinearExpr.weighted_sum([variables[i] for i in columns], amounts)
                model.add_linear_constraint(expression, low, high)

    def minimise(
        self,
        cost: Floats,
        limits: Limits = UNLIMITED,
        *,
        start: Floats | None = None,
        on_bound: BoundListener | None = None,
        **parameters: Any,
    ) -> Answer:
        """Minimise one objective.

        Parameters
        ----------
        cost
            Shape (n,), whole numbers.
        limits
            When to stop.
        start
            Shape (n,), a solution to start from.
        on_bound
            Told of better incumbents.
        **parameters
            Further parameters of CP-SAT.
        """
        _refuse_fractions(cost)
        paid = np.flatnonzero(cost)
        terms = [self._variables[i] for i in paid]
        self._model.minimize(cp_model.LinearExpr.weighted_sum(terms, cost[paid].astype(np.int64).tolist()))
        self._model.clear_hints()  # type: ignore[no-untyped-call]
        if start is not None:
            for variable, value in zip(self._variables, start.tolist(), strict=True):
                self._model.add_hint(variable, round(value))
        return solve_cp(self._model, self._variables, limits, on_bound=on_bound, **parameters)


def solve_integers(
    program: LinearProgram,
    limits: Limits = UNLIMITED,
    *,
    start: Floats | None = None,
    on_bound: BoundListener | None = None,
    **parameters: Any,
) -> Answer:
    """Solve a program of whole numbers with CP-SAT; see :class:`IntegerModel`.

    Returns
    -------
    Answer

    Raises
    ------
    SolveError
        If a number is not whole, or a variable has no finite side.
    """
    return IntegerModel(program).minimise(program.cost, limits, start=start, on_bound=on_bound, **parameters)


def _refuse_fractions(*parts: Floats) -> None:
    for part in parts:
        if not (np.isfinite(part).all() and (part == np.rint(part)).all()):
            raise SolveError("the model has a number that is not whole, or a variable without a side")
        if np.abs(part).sum() > _LARGEST:
            raise SolveError(f"the model has whole numbers whose sum is beyond {_LARGEST:.0e}: more than it can count")


def _rows(
    rows: sp.csr_array, least: Floats, most: Floats, flags: np.ndarray
) -> Iterator[tuple[list[int], list[int], int, int, bool]]:
    """Go through rows: columns, amounts, two sides, and whether that means that at most one of some literals is true.

    ``flags`` tells which variables are 0 or 1.
    """
    owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    odd = ~flags[rows.indices] | (np.abs(rows.data) != 1)
    plain = np.bincount(owner[odd], minlength=rows.shape[0]) == 0
    negative = np.bincount(owner[rows.data < 0], minlength=rows.shape[0])
    one = plain & np.isneginf(least) & (most == 1 - negative)
    ends, columns, amounts = rows.indptr.tolist(), rows.indices.tolist(), rows.data.astype(np.int64).tolist()
    for row, (low, high) in enumerate(zip(least.tolist(), most.tolist(), strict=True)):
        here = slice(ends[row], ends[row + 1])
        lower = round(low) if math.isfinite(low) else cp_model.INT_MIN
        upper = round(high) if math.isfinite(high) else cp_model.INT_MAX
        yield columns[here], amounts[here], lower, upper, bool(one[row])
