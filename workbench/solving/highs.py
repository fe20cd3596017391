"""Linear and mixed-integer programs, solved by HiGHS."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from workbench.arrays import Floats
from workbench.errors import SolveError
from workbench.solving.answer import UNLIMITED, Answer, BoundListener, Limits, Status
from workbench.solving.interrupt import Interrupt, heeded_interrupt
from workbench.solving.programs import LinearProgram

_FEASIBILITY = 1e-9
"""How far a row may be off, per unit of its coefficients, in programs that HiGHS solves (its strictest is 1e-10)."""

_MISLAID = 1e-6
"""How far, relatively, values may be off the objective that is claimed for them."""


def solve_mip(
    program: LinearProgram,
    limits: Limits = UNLIMITED,
    *,
    start: Floats | None = None,
    on_bound: BoundListener | None = None,
    options: dict[str, Any] | None = None,
    callbacks: int | None = None,
) -> Answer:
    """Solve a mixed-integer program with HiGHS.

    Parameters
    ----------
    program
        What to minimise.
    limits
        When to stop.
    start
        Shape (n,), a solution to start from.
    on_bound
        Told of better incumbents and bounds.
    options
        Further options of HiGHS.
    callbacks
        How many times HiGHS may look up from its work before it has to stop; unlike a time, the same on every machine.
        None for no limit.

    Returns
    -------
    Answer

    Raises
    ------
    SolveError
        If HiGHS refuses the model.
    """
    if not len(program.cost):
        return _without_variables(program)
    began = time.perf_counter()
    answer = _branch_and_bound(program, limits, start, on_bound, options or {}, callbacks)
    if start is not None and answer.values is not None and _mislaid(program, answer.values, answer.objective):
        again = _branch_and_bound(program, limits.left(began), None, on_bound, options or {}, callbacks)
        kept = replace(answer, status=Status.FEASIBLE, objective=float(program.cost @ answer.values))
        answer = kept if again.values is None else again
    return replace(answer, seconds=time.perf_counter() - began)


def _without_variables(program: LinearProgram) -> Answer:
    """Answer a program in which nothing is left to choose: HiGHS calls it empty, and says no more."""
    if (program.row_lower > 0).any() or (program.row_upper < 0).any():
        return Answer(Status.INFEASIBLE, None, math.inf, -math.inf, None, 0.0)
    duals = np.zeros(len(program.row_upper)) if program.integer is None else None
    return Answer(Status.OPTIMAL, np.empty(0), 0.0, 0.0, duals, 0.0)


def _mislaid(program: LinearProgram, values: Floats, objective: float) -> bool:
    """Whether the values are not those that the objective is claimed for.

    HiGHS 1.16 gives the start back in the place of what it found, now and then, when presolve settles the rest.
    """
    return bool(abs(program.cost @ values - objective) > _MISLAID * max(1.0, abs(objective)))


def _branch_and_bound(
    program: LinearProgram,
    limits: Limits,
    start: Floats | None,
    on_bound: BoundListener | None,
    options: dict[str, Any],
    callbacks: int | None,
) -> Answer:
    began = time.perf_counter()
    integral = {"mip_rel_gap": limits.gap, "mip_abs_gap": 0.0, "mip_feasibility_tolerance": _FEASIBILITY}
    highs = _highs(program, limits, {**integral, **options})
    if start is not None:
        given = highspy.HighsSolution()
        given.col_value = list(start)
        highs.setSolution(given)
    with heeded_interrupt() as interrupt:
        _listen(highs, interrupt, on_bound)
        if callbacks is not None:
            _count(highs, callbacks)
        highs.run()
    info = highs.getInfo()
    state = highs.getModelStatus()
    found = math.isfinite(info.objective_function_value) and info.primal_solution_status == 2
    values = np.array(highs.getSolution().col_value) if found else None
    return Answer(
        status=_status(state, found),
        values=values,
        objective=float(info.objective_function_value) if found else math.inf,
        bound=float(info.mip_dual_bound) if info.valid else -math.inf,  # it is 0 before there is one
        duals=None,
        seconds=time.perf_counter() - began,
        interrupted=interrupt.asked,
    )


def solve_lp(program: LinearProgram, limits: Limits = UNLIMITED, *, method: str = "ipm") -> Answer:
    """Solve the linear relaxation of a program with HiGHS, by interior point without crossover unless asked.

    The duals of an interior point are spread over the face of optimal ones, which makes good multipliers; they
    are optimal to a tolerance only, so a bound is to be recomputed from them.

    Parameters
    ----------
    program
        What to minimise; ``integer`` is passed over.
    limits
        When to stop.
    method
        ``ipm``, ``ipx``, ``simplex`` or ``pdlp``, as HiGHS calls them.

    Returns
    -------
    Answer
        With duals.

    Raises
    ------
    SolveError
        If HiGHS refuses the model.
    """
    began = time.perf_counter()
    relaxed = LinearProgram(
        program.cost, program.rows, program.row_lower, program.row_upper, program.lower, program.upper
    )
    if not len(program.cost):
        return _without_variables(relaxed)
    highs = _highs(relaxed, limits, {"solver": method, "run_crossover": "off"})
    with heeded_interrupt() as interrupt:
        _listen(highs, interrupt, None)
        highs.run()
    solution, state = highs.getSolution(), highs.getModelStatus()
    usable = bool(solution.value_valid and solution.dual_valid)
    objective = float(highs.getInfo().objective_function_value) if usable else math.inf
    status = _status(state, usable)
    return Answer(
        status=status,
        values=np.array(solution.col_value) if usable else None,
        objective=objective,
        bound=objective if status is Status.OPTIMAL else -math.inf,
        duals=np.array(solution.row_dual) if usable else None,
        seconds=time.perf_counter() - began,
        interrupted=interrupt.asked,
    )


class _Silent(highspy.Highs):
    """HiGHS without its banner, which it prints as soon as a callback is set."""

    def enableCallbacks(self) -> None:  # noqa: N802
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def _highs(program: LinearProgram, limits: Limits, options: dict[str, Any]) -> highspy.Highs:
    """Fill HiGHS with a program and its options; HiGHS itself takes NaN for a cost without a word."""
    numbers = (program.cost, program.rows.data, program.row_lower, program.row_upper, program.lower, program.upper)
    if any(np.isnan(part).any() for part in numbers):
        raise SolveError("the model has a bound, a cost or a coefficient that is not a number")
    highs = _Silent()  # type: ignore[no-untyped-call]
    # more threads would be kept from run to run, and a forked process (as figures are drawn in) waits for them forever
    common: dict[str, Any] = {"threads": 1, "random_seed": limits.seed}
    if limits.seconds is not None:
        common["time_limit"] = limits.seconds
    for name, value in {**common, **options}.items():
        if highs.setOptionValue(name, value) == highspy.HighsStatus.kError:
            raise SolveError(f"HiGHS does not take the option {name} = {value!r}")
    lp = highspy.HighsLp()
    rows = sp.csr_array(program.rows)
    lp.num_row_, lp.num_col_ = rows.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.cost, program.lower, program.upper
    lp.row_lower_, lp.row_upper_ = program.row_lower, program.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = rows.indptr.astype(np.int32), rows.indices.astype(np.int32)
    lp.a_matrix_.value_ = rows.data.astype(np.float64)
    if program.integer is not None:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(whole)] for whole in program.integer]
    if highs.passModel(lp) == highspy.HighsStatus.kError:
        raise SolveError("HiGHS refuses the model")
    return highs


def _listen(highs: highspy.Highs, interrupt: Interrupt, on_bound: BoundListener | None) -> None:
    """Let HiGHS ask about Ctrl-C, and tell how far it is."""
    asks = (highs.cbMipInterrupt, highs.cbIpmInterrupt, highs.cbSimplexInterrupt)

    def stop(event: highspy.HighsCallbackEvent) -> None:
        if interrupt.asked:
            event.interrupt()

    def tell(event: highspy.HighsCallbackEvent) -> None:
        if on_bound is not None:
            on_bound(float(event.data_out.mip_primal_bound), float(event.data_out.mip_dual_bound))

    for ask in asks:
        ask.subscribe(stop)
    if on_bound is not None:
        highs.cbMipImprovingSolution.subscribe(tell)
        highs.cbMipLogging.subscribe(tell)


def _count(highs: highspy.Highs, most: int) -> None:
    """Let HiGHS stop a search when it has looked up so often: between linear programs, and rounds of cuts."""
    left = iter(range(most))

    def stop(event: highspy.HighsCallbackEvent) -> None:
        if next(left, None) is None:
            event.interrupt()

    highs.cbMipInterrupt.subscribe(stop)


def _status(state: highspy.HighsModelStatus, found: bool) -> Status:
    if state == highspy.HighsModelStatus.kOptimal:
        return Status.OPTIMAL
    if state in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return Status.INFEASIBLE
    if state == highspy.HighsModelStatus.kUnbounded:
        raise SolveError("the model is unbounded: its objective can be made as good as one likes")
    return Status.FEASIBLE if found else Status.UNKNOWN
