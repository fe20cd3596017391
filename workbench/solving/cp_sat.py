"""Models of integers, solved by CP-SAT."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from workbench.errors import SolveError
from workbench.solving.answer import UNLIMITED, Answer, Floats, Limits, News, Status
from workbench.solving.highs import LinearProgram


def solve_cp(
    model: cp_model.CpModel,
    variables: list[cp_model.IntVar],
    limits: Limits = UNLIMITED,
    *,
    news: News | None = None,
    **parameters: Any,
) -> Answer:
    """Solve a model of integers with CP-SAT, with one worker.

    Parameters
    ----------
    model
        What to solve; hints are taken from it.
    variables
        Whose values to return, in this order.
    limits
        When to stop.
    news
        Told of better incumbents.
    **parameters
        Further parameters of CP-SAT, such as ``linearization_level=2``.

    Returns
    -------
    Answer

    Raises
    ------
    SolveError
        If CP-SAT refuses the model.
    """
    began = time.perf_counter()
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = limits.seed
    solver.parameters.relative_gap_limit = limits.gap
    if limits.seconds is not None:
        solver.parameters.max_time_in_seconds = limits.seconds
    for name, value in parameters.items():
        setattr(solver.parameters, name, value)
    # CP-SAT listens to Ctrl-C by itself: Python's own handler would not be called before the search ends.
    code = solver.solve(model, _Teller(news) if news else None)
    if code == cp_model.MODEL_INVALID:
        raise SolveError(f"CP-SAT refuses the model: {model.validate()}")
    found = code in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    seconds = time.perf_counter() - began
    statuses = {cp_model.OPTIMAL: Status.OPTIMAL, cp_model.INFEASIBLE: Status.INFEASIBLE}
    early = code not in statuses and (limits.seconds is None or solver.wall_time < limits.seconds)
    return Answer(
        status=statuses.get(code, Status.FEASIBLE if found else Status.UNKNOWN),
        values=np.array([solver.value(variable) for variable in variables], np.float64) if found else None,
        objective=solver.objective_value if found else math.inf,
        bound=solver.best_objective_bound,
        duals=None,
        seconds=seconds,
        interrupted=early and "max_deterministic_time" not in parameters,
    )


def solve_integers(
    program: LinearProgram,
    limits: Limits = UNLIMITED,
    *,
    start: Floats | None = None,
    news: News | None = None,
    **parameters: Any,
) -> Answer:
    """Solve a program whose variables, costs, rows and sides are all whole numbers, with CP-SAT.

    Parameters
    ----------
    program
        What to minimise; every variable has finite sides and is taken for an integer.
    limits
        When to stop.
    start
        Shape (n,), a solution to start from.
    news
        Told of better incumbents.
    **parameters
        Further parameters of CP-SAT.

    Returns
    -------
    Answer

    Raises
    ------
    SolveError
        If a number is not whole, or a variable has no finite side.
    """
    rows = program.rows.tocsr()
    sides = (program.row_lower, program.row_upper)
    finite = [side[np.isfinite(side)] for side in sides]
    for part in (program.cost, rows.data, *finite, program.lower, program.upper):
        if not (np.isfinite(part).all() and (part == np.rint(part)).all()):
            raise SolveError("the model has a number that is not whole, or a variable without a side")
    model = cp_model.CpModel()
    low, high = program.lower.astype(np.int64).tolist(), program.upper.astype(np.int64).tolist()
    variables = [model.new_int_var(a, b, "") for a, b in zip(low, high, strict=True)]
    for row in _rows(program):
        if row.one_at_most:
            signed = zip(row.columns, row.amounts, strict=True)
            model.add_at_most_one(variables[i] if a > 0 else variables[i].negated() for i, a in signed)
        else:
            expression = cp_model.LinearExpr.weighted_sum([variables[i] for i in row.columns], row.amounts)
            model.add_linear_constraint(expression, row.lower, row.upper)
    paid = np.flatnonzero(program.cost)
    costs = program.cost[paid].astype(np.int64).tolist()
    if len(paid):
        model.minimize(cp_model.LinearExpr.weighted_sum([variables[i] for i in paid], costs))
    if start is not None:
        for variable, value in zip(variables, start.tolist(), strict=True):
            model.add_hint(variable, round(value))
    return solve_cp(model, variables, limits, news=news, **parameters)


@dataclass(frozen=True)
class _Row:
    """One row: its columns and amounts, its sides, and whether it means that at most one of some literals is true."""

    columns: list[int]
    amounts: list[int]
    lower: int
    upper: int
    one_at_most: bool


def _rows(program: LinearProgram) -> Iterator[_Row]:
    """Go through the rows of a program of whole numbers."""
    rows = program.rows.tocsr()
    flags = (program.lower >= 0) & (program.upper <= 1)
    owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    odd = ~flags[rows.indices] | (np.abs(rows.data) != 1)
    plain = np.bincount(owner[odd], minlength=rows.shape[0]) == 0
    negative = np.bincount(owner[rows.data < 0], minlength=rows.shape[0])
    one = plain & np.isneginf(program.row_lower) & (program.row_upper == 1 - negative)
    ends, columns, amounts = rows.indptr.tolist(), rows.indices.tolist(), rows.data.astype(np.int64).tolist()
    for row, (low, high) in enumerate(zip(program.row_lower.tolist(), program.row_upper.tolist(), strict=True)):
        here = slice(ends[row], ends[row + 1])
        lower = round(low) if math.isfinite(low) else cp_model.INT_MIN
        upper = round(high) if math.isfinite(high) else cp_model.INT_MAX
        yield _Row(columns[here], amounts[here], lower, upper, bool(one[row]))


class _Teller(cp_model.CpSolverSolutionCallback):
    """Hands the news of CP-SAT on."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self._news = news

    def on_solution_callback(self) -> None:
        self._news(self.objective_value, self.best_objective_bound)
