"""Models of integers, solved by CP-SAT."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from workbench.errors import SolveError
from workbench.solving.answer import UNLIMITED, Answer, BoundListener, Limits, Status
from workbench.solving.interrupt import Interrupt, heeded_interrupt


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
    with heeded_interrupt() as interrupt:
        code = _solved(solver, model, _Teller(on_bound) if on_bound else None, interrupt)
    if code == cp_model.MODEL_INVALID:
        raise SolveError(f"CP-SAT refuses the model: {model.validate()}")
    found = code in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    seconds = time.perf_counter() - began
    statuses = {cp_model.OPTIMAL: Status.OPTIMAL, cp_model.INFEASIBLE: Status.INFEASIBLE}
    return Answer(
        status=statuses.get(code, Status.FEASIBLE if found else Status.UNKNOWN),
        values=np.array([solver.value(variable) for variable in variables], np.float64) if found else None,
        objective=solver.objective_value if found else math.inf,
        bound=solver.best_objective_bound if found or solver.best_objective_bound else -math.inf,  # 0 before it has one
        duals=None,
        seconds=seconds,
        interrupted=interrupt.asked,
    )


def _solved(
    solver: cp_model.CpSolver, model: cp_model.CpModel, teller: _Teller | None, interrupt: Interrupt
) -> cp_model.CpSolverStatus:
    """Solve in a thread of its own, and stop it when somebody asks for that.

    Here Python hears Ctrl-C meanwhile, which it would not from within the search, and so does who waits for others.
    """
    solver.parameters.catch_sigint_signal = False
    with ThreadPoolExecutor(1) as pool:
        search = pool.submit(solver.solve, model, teller)
        try:
            while not wait([search], _HEARING_S).done:
                if interrupt.asked:
                    solver.stop_search()
        except BaseException:
            while not wait([search], _HEARING_S).done:  # it may not have begun when it is told
                solver.stop_search()
            raise
    return search.result()


_HEARING_S = 0.05
"""Seconds between two looks whether somebody asks for a stop."""


class _Teller(cp_model.CpSolverSolutionCallback):
    """Hands what CP-SAT finds on."""

    def __init__(self, on_bound: BoundListener) -> None:
        super().__init__()
        self._on_bound = on_bound

    def on_solution_callback(self) -> None:
        self._on_bound(self.objective_value, self.best_objective_bound)
