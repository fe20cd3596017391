"""Models of integers, solved by CP-SAT."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from workbench.errors import SolveError
from workbench.solving.answer import UNLIMITED, Answer, BoundListener, Limits, Status


def solve_cp(
    model: cp_model.CpModel,
    variables: list[cp_model.IntVar],
    limits: Limits = UNLIMITED,
    *,
    on_bound: BoundListener | None = None,
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
    on_bound
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
    with _own_interrupt(solver):
        code = solver.solve(model, _Teller(on_bound) if on_bound else None)
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
        bound=solver.best_objective_bound if found or solver.best_objective_bound else -math.inf,  # 0 before it has one
        duals=None,
        seconds=seconds,
        interrupted=early and "max_deterministic_time" not in parameters,
    )


@contextmanager
def _own_interrupt(solver: cp_model.CpSolver) -> Iterator[None]:
    """Let CP-SAT listen to Ctrl-C by itself, and give it back to Python afterwards.

    Python's own handler would not be called before the search ends. CP-SAT leaves none behind, so that the next Ctrl-C
    would kill the process; in a thread of its own, where handlers cannot be given back, it does not listen.
    """
    before = signal.getsignal(signal.SIGINT)
    listens = threading.current_thread() is threading.main_thread() and before is not None
    solver.parameters.catch_sigint_signal = listens
    try:
        yield
    finally:
        if listens:
            signal.signal(signal.SIGINT, before)


class _Teller(cp_model.CpSolverSolutionCallback):
    """Hands the on_bound of CP-SAT on."""

    def __init__(self, on_bound: BoundListener) -> None:
        super().__init__()
        self._news = on_bound

    def on_solution_callback(self) -> None:
        self._news(self.objective_value, self.best_objective_bound)
