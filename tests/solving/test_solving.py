"""The solvers behind their one door: answers, proofs, silence, Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from ortools.sat.python import cp_model

from workbench.errors import SolveError
from workbench.processes import begun_side_by_side, can_fork, side_by_side
from workbench.solving import (
    Answer,
    Interrupt,
    Limits,
    LinearProgram,
    Status,
    heeded_interrupt,
    solve_cp,
    solve_integers,
    solve_lp,
    solve_mip,
    stopped_by,
)
from workbench.solving.highs import _highs


def covering(rows: int, columns: int, seed: int, density: float = 0.3) -> LinearProgram:
    rng = np.random.default_rng(seed)
    dense = (rng.random((rows, columns)) < density).astype(float)
    dense[np.arange(rows), rng.integers(0, columns, rows)] = 1.0
    return LinearProgram(
        cost=rng.integers(1, 20, columns).astype(float),
        rows=sp.csr_array(dense),
        row_lower=np.ones(rows),
        row_upper=np.full(rows, np.inf),
        lower=np.zeros(columns),
        upper=np.ones(columns),
        integer=np.ones(columns, bool),
    )


def cheapest(program: LinearProgram) -> float:
    choices = (np.array(choice) for choice in product((0, 1), repeat=len(program.cost)))
    return min(float(program.cost @ x) for x in choices if (program.rows @ x >= program.row_lower).all())


@pytest.mark.parametrize("seed", range(5))
def test_both_engines_find_what_trying_all_finds(seed: int) -> None:
    program = covering(8, 10, seed)
    best = cheapest(program)
    mip = solve_mip(program)
    assert (mip.status, mip.objective, mip.bound) == (Status.OPTIMAL, best, best)
    assert mip.values is not None
    assert program.cost @ mip.values == best

    model = cp_model.CpModel()
    chosen = [model.new_bool_var(f"x{j}") for j in range(len(program.cost))]
    for row in program.rows.toarray():
        model.add_bool_or([chosen[j] for j in np.flatnonzero(row)])
    model.minimize(sum(int(c) * x for c, x in zip(program.cost, chosen, strict=True)))
    cp = solve_cp(model, chosen)
    assert (cp.status, cp.objective, cp.bound, cp.interrupted) == (Status.OPTIMAL, best, best, False)


def partial_covering(seed: int) -> LinearProgram:
    """Nine tenths of a weight, covered by the fewest columns."""
    rng = np.random.default_rng(seed)
    columns, rows = 10, 22
    reach = (rng.random((rows, columns)) < 0.35).astype(float)
    reach[np.arange(rows), rng.integers(0, columns, rows)] = 1.0
    weight = rng.integers(0, 4, rows).astype(float)
    return LinearProgram(
        cost=np.r_[np.ones(columns), np.zeros(rows)],
        rows=sp.csr_array(np.block([[reach, -np.eye(rows)], [np.zeros((1, columns)), weight[None]]])),
        row_lower=np.r_[np.zeros(rows), np.ceil(0.9 * weight.sum())],
        row_upper=np.full(rows + 1, np.inf),
        lower=np.zeros(columns + rows),
        upper=np.ones(columns + rows),
        integer=np.arange(columns + rows) < columns,
    )


@pytest.mark.parametrize("seed", [36, 63, 74])
def test_the_values_are_those_of_the_objective_whatever_the_start(seed: int) -> None:
    """HiGHS 1.16 gives a start back that is worse than what it claims to have found."""
    program = partial_covering(seed)
    alone = solve_mip(program)
    assert alone.values is not None
    start = alone.values.copy()
    start[np.flatnonzero(alone.values[:10] < 0.5)[0]] = 1.0
    start[10:] = np.minimum(1.0, program.rows[:22, :10] @ start[:10])
    again = solve_mip(program, start=start)
    assert again.values is not None
    assert program.cost @ again.values == pytest.approx(again.objective)
    assert again.objective == pytest.approx(alone.objective)


def test_the_duals_of_the_interior_point_make_a_bound() -> None:
    program = covering(30, 40, 1)
    answer = solve_lp(program)
    assert answer.duals is not None
    multipliers = np.maximum(answer.duals, 0.0)
    reduced = program.cost - multipliers @ program.rows
    lagrangian = multipliers @ program.row_lower + np.minimum(reduced, 0.0).sum()
    assert lagrangian == pytest.approx(answer.objective, rel=1e-6)
    assert lagrangian <= solve_mip(program).objective


def test_simplex_gives_the_same_relaxation() -> None:
    program = covering(30, 40, 2)
    assert solve_lp(program, method="simplex").objective == pytest.approx(solve_lp(program).objective, rel=1e-6)


def test_a_contradiction_is_an_answer() -> None:
    program = replace(covering(8, 10, 0), upper=np.zeros(10))
    assert solve_mip(program).status is Status.INFEASIBLE
    assert solve_lp(program).status is Status.INFEASIBLE
    assert solve_mip(program).values is None


@pytest.mark.parametrize("solve", [solve_mip, solve_lp, solve_integers])
def test_where_nothing_is_left_to_choose_that_is_an_answer(solve: Callable[[LinearProgram], Answer]) -> None:
    none = np.empty(0)
    program = LinearProgram(none, sp.csr_array((1, 0)), np.array([-np.inf]), np.array([2.0]), none, none)
    answer = solve(program)
    assert (answer.status, answer.objective, answer.bound) == (Status.OPTIMAL, 0.0, 0.0)
    assert answer.values is not None
    assert answer.values.shape == (0,)
    relaxed = solve_lp(replace(program, integer=np.empty(0, np.bool_)))
    assert relaxed.duals is not None
    assert relaxed.duals.tolist() == [0.0]
    for broken in (replace(program, row_upper=np.array([-1.0])), replace(program, row_lower=np.array([1.0]))):
        answer = solve(broken)
        assert (answer.status, answer.values) == (Status.INFEASIBLE, None)


def test_an_unbounded_model_is_refused() -> None:
    program = replace(covering(8, 10, 0), cost=-np.ones(10), upper=np.full(10, np.inf))
    with pytest.raises(SolveError, match="unbounded"):
        solve_lp(program, method="simplex")


def test_a_cost_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(SolveError, match="not a number"):
        solve_mip(replace(covering(8, 10, 0), cost=np.full(10, np.nan)))


def test_an_option_that_nobody_knows_is_refused() -> None:
    with pytest.raises(SolveError, match="option speed = 11"):
        solve_mip(covering(8, 10, 0), options={"speed": 11})


def test_a_start_is_kept_when_no_time_is_left() -> None:
    program = covering(200, 300, 3, 0.03)
    answer = solve_mip(program, Limits(seconds=0.0), start=np.ones(300))
    assert answer.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert answer.values is not None
    assert (program.rows @ answer.values >= 1 - 1e-9).all()


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    solve_mip(covering(30, 40, 0))
    solve_lp(covering(30, 40, 0))
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_stops_with_the_incumbent_and_the_bound() -> None:
    heard: list[tuple[float, float]] = []

    def press(incumbent: float, bound: float) -> None:
        heard.append((incumbent, bound))
        signal.raise_signal(signal.SIGINT)

    answer = solve_mip(covering(200, 300, 3, 0.03), on_bound=press)
    assert heard
    assert answer.interrupted
    assert answer.status is Status.FEASIBLE
    assert answer.bound < answer.objective
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_inner_step_shares_the_ear_of_the_outer_one() -> None:
    with heeded_interrupt() as outer:
        with heeded_interrupt() as inner:
            signal.raise_signal(signal.SIGINT)
        assert inner is outer
        assert outer.asked
    with heeded_interrupt() as later:
        assert not later.asked


def test_in_another_thread_nobody_touches_the_handler() -> None:
    seen = []

    def work() -> None:
        with heeded_interrupt() as interrupt:
            seen.append((interrupt.asked, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, signal.getsignal(signal.SIGINT))]


def test_two_runs_agree() -> None:
    program = covering(60, 80, 5, 0.1)
    first, second = solve_mip(program), solve_mip(program)
    assert first.values is not None
    assert second.values is not None
    assert (first.values == second.values).all()


def test_a_count_of_looks_stops_a_search_at_the_same_place() -> None:
    program = covering(200, 300, 3, 0.03)
    first, second = (solve_mip(program, start=np.ones(300), callbacks=5) for _ in range(2))
    assert first.status is Status.FEASIBLE
    assert first.bound == second.bound < first.objective
    assert np.array_equal(first.values, second.values)
    assert not first.interrupted


def test_a_search_that_may_not_look_up_at_all_knows_no_bound() -> None:
    answer = solve_mip(covering(60, 90, 3, 0.08), callbacks=0)
    assert answer.status is Status.UNKNOWN
    assert answer.bound == -np.inf


def test_what_is_left_of_the_limits() -> None:
    assert Limits().left(0.0) == Limits()
    left = Limits(seconds=10.0, gap=0.1, seed=3).left(time.perf_counter() - 4.0)
    assert left.seconds == pytest.approx(6.0, abs=1.0)
    assert (left.gap, left.seed, left.spent) == (0.1, 3, False)
    assert Limits(seconds=1.0).left(time.perf_counter() - 4.0).spent


def test_a_model_that_cp_sat_refuses() -> None:
    model = cp_model.CpModel()
    wide = model.new_int_var(0, 2**62, "wide")
    model.add(4 * wide <= 3)
    with pytest.raises(SolveError, match="CP-SAT refuses"):
        solve_cp(model, [wide])


@pytest.mark.parametrize("seed", range(5))
def test_whole_numbers_go_to_cp_sat_as_they_are(seed: int) -> None:
    program = covering(8, 10, seed)
    found = solve_integers(program)
    assert found.status is Status.OPTIMAL
    assert found.objective == found.bound == cheapest(program)


def test_at_most_one_with_turned_literals_is_still_the_same_row() -> None:
    """x + y <= z, with flags, and a number between 0 and 7 beside them."""
    program = LinearProgram(
        cost=np.array([-2.0, -3.0, 1.0, -1.0]),
        rows=sp.csr_array(np.array([[1.0, 1.0, -1.0, 0.0], [0.0, 1.0, 0.0, 1.0]])),
        row_lower=np.array([-np.inf, -np.inf]),
        row_upper=np.array([0.0, 7.0]),
        lower=np.zeros(4),
        upper=np.array([1.0, 1.0, 1.0, 7.0]),
    )
    found = solve_integers(program, start=np.zeros(4))
    assert found.values is not None
    assert found.values.tolist() == [1.0, 0.0, 1.0, 7.0]
    assert found.objective == -8.0


def test_what_is_not_whole_is_refused() -> None:
    program = covering(3, 3, 1)
    for wrong in (replace(program, cost=program.cost + 0.5), replace(program, upper=np.full(3, np.inf))):
        with pytest.raises(SolveError, match="not whole, or a variable without a side"):
            solve_integers(wrong)


def pigeons(holes: int) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    """Seats for one too many, with one that may stay away: found at once, proven never."""
    model = cp_model.CpModel()
    seats = [[model.new_bool_var("") for _ in range(holes)] for _ in range(2 * holes)]
    for one in seats:
        model.add(sum(one) <= 1)
    for hole in range(holes):
        for first in range(2 * holes):
            for second in range(first):
                model.add(seats[first][hole] + seats[second][hole] <= 1)
    everybody = [variable for one in seats for variable in one]
    model.maximize(sum((place % 7 + 5) * variable for place, variable in enumerate(everybody)))
    return model, everybody


_PLAIN: dict[str, Any] = {"symmetry_level": 0, "linearization_level": 0, "cp_model_presolve": False}


def test_ctrl_c_reaches_cp_sat_and_whoever_called_it() -> None:
    model, chosen = pigeons(40)
    heard, press = Interrupt.heard, lambda *_: signal.raise_signal(signal.SIGINT)
    with heeded_interrupt() as outer:
        answer = solve_cp(model, chosen, Limits(seconds=60.0), on_bound=press, **_PLAIN)
        assert outer.asked
    assert (answer.status, answer.interrupted) == (Status.FEASIBLE, True)
    assert answer.values is not None
    assert Interrupt.heard > heard
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_stop_reaches_cp_sat_in_another_thread() -> None:
    (model, chosen), stop, found = pigeons(40), Interrupt(), []

    def work() -> None:
        with stopped_by(stop):
            press = partial(setattr, stop, "asked", True)
            found.append(solve_cp(model, chosen, Limits(seconds=60.0), on_bound=lambda *_: press(), **_PLAIN))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert [(answer.status, answer.interrupted) for answer in found] == [(Status.FEASIBLE, True)]


def test_ctrl_c_that_nobody_heeds_ends_cp_sat_too() -> None:
    (model, chosen), press = pigeons(40), lambda *_: signal.raise_signal(signal.SIGINT)
    before = threading.active_count()
    with stopped_by(Interrupt()), pytest.raises(KeyboardInterrupt):
        solve_cp(model, chosen, on_bound=press, **_PLAIN)
    assert threading.active_count() == before


def test_ctrl_c_is_python_s_again_after_cp_sat() -> None:
    model = cp_model.CpModel()
    solve_cp(model, [model.new_bool_var("x")])
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_solvers_survive_a_fork() -> None:
    """HiGHS with threads of its own would wait for them in the child forever."""
    program = covering(8, 10, 0)
    assert _highs(program, Limits(), {}).getOptionValue("threads")[1] == 1
    best = solve_mip(program).objective
    tasks = [lambda: solve_mip(program).objective, lambda: solve_mip(program, Limits(seed=2)).objective]
    assert side_by_side(tasks, workers=2) == [best, best]


@pytest.mark.skipif(not can_fork(), reason="processes are not forked here")
def test_a_wish_to_stop_is_seen_by_forked_processes() -> None:
    stop, before = Interrupt(), []

    def waits() -> bool:
        until = time.monotonic() + 20
        while not stop.asked and time.monotonic() < until:
            time.sleep(0.01)
        return stop.asked

    with begun_side_by_side([waits, waits], 2) as finish:
        before.append(stop.asked)
        stop.asked = True
        assert finish() == [True, True]
    assert before == [False]
