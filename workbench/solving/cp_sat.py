"""Models of integers, solved by CP-SAT."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from workbench.errors import SolveError
from workbench.solving.answer import UNLIMITED, Answer, Limits, News, Status


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


class _Teller(cp_model.CpSolverSolutionCallback):
    """Hands the news of CP-SAT on."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self._news = news

    def on_solution_callback(self) -> None:
        self._news(self.objective_value, self.best_objective_bound)
