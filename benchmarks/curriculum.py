"""Curriculum timetabling of ITC-2007: annealing, and the program of the rooms engine, against the best known.

Every timetable is checked without a solver. Both dice run side by side in processes of their own; what is told is
the processor time of the slower one, so that a busy machine does not count.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.clock import Row
from benchmarks.curriculum_bounds import Bound, bound_of
from benchmarks.curriculum_check import costs, refuse_faults
from benchmarks.curriculum_instance import Curricula, read_curricula
from benchmarks.curriculum_model import model_of
from benchmarks.curriculum_search import annealed
from workbench.solving import solve_integers

SHARED = Path(os.environ.get("WORKBENCH_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data") / "benchmarks"
BEST_KNOWN = {"comp01": 5, "comp11": 0, "comp02": 24, "comp06": 27, "comp05": 284}
"""As the literature has them."""
ROUNDS = {"comp01": 3, "comp11": 3, "comp02": 6, "comp06": 6, "comp05": 8}
MOVES = 12_000_000
"""Rounds of each of the dice, and moves of a round; counts, so that two runs are alike."""
QUICK = ("comp01", "comp11")
QUICK_MOVES = 2_000_000
SEEDS = (1, 2)
EFFORT = 20.0
"""Most deterministic work of CP-SAT."""
ENGINE = ("comp01", "comp11")
OURS, SOLVER = "**annealing**, two dice", "CP-SAT on the rooms model, one thread"


def curriculum_races(quick: bool = False) -> Iterator[Row]:
    """Anneal the published instances; ask CP-SAT for those that the findings have of it."""
    folder = SHARED / "itc2007"
    if not folder.exists():
        yield Row("curricula", OURS, None, note=f"no {folder}: set WORKBENCH_SHARED_DATA")
        return
    annealed(read_curricula(folder / "comp11.ctt"), 1000, SEEDS[:1])  # compile first
    for name in QUICK if quick else BEST_KNOWN:
        instance = read_curricula(folder / f"{name}.ctt")
        began = time.process_time()
        bound = bound_of(instance)
        bounding = time.process_time() - began
        yield anneal_row(name, instance, bound, bounding, *((QUICK_MOVES, 1) if quick else (MOVES, ROUNDS[name])))
        if name in ENGINE and not quick:
            yield engine_row(name, instance)


def anneal_row(name: str, instance: Curricula, bound: Bound, bounding: float, moves: int, rounds: int) -> Row:
    """Anneal one instance with both dice.

    Parameters
    ----------
    name
        Its name.
    instance
        The instance.
    bound, bounding
        What it costs at least, and the processor time that took.
    moves, rounds
        Moves of a round, and rounds of each of the dice.
    """
    found = annealed(instance, moves, SEEDS, bound.total, rounds=rounds)
    seconds = max(one.seconds for one in found)
    best = found[0]
    parts = costs(instance, best.timetable)
    speed = sum(one.moves for one in found) / sum(one.seconds for one in found) / 1e6
    others = "/".join(f"{one.cost}" for one in sorted(found, key=lambda one: one.seed))
    proof = "optimal" if best.cost == bound.total else "not proven"
    note = (
        f"{_told(name, best.cost)}: seats {parts.seats}, days {parts.days}, alone {parts.alone}, rooms {parts.rooms}; "
        f"bound {bound.total} in {bounding:.1f} s, {proof}; by seed {others}; {speed:.1f} M moves/s"
    )
    return Row(_task(name, instance), OURS, seconds, 1.0, best.cost == BEST_KNOWN[name], note)


def engine_row(name: str, instance: Curricula) -> Row:
    """Ask CP-SAT for the whole program, from nothing."""
    began = time.process_time()
    model = model_of(instance)
    answer = solve_integers(model.program, max_deterministic_time=EFFORT)
    seconds = time.process_time() - began
    if answer.values is None:
        return Row(_task(name, instance), SOLVER, seconds, note=f"nothing found, {answer.status}")
    timetable = model.lectures(answer.values)
    refuse_faults(instance, timetable)
    cost = costs(instance, timetable).total
    note = f"{_told(name, cost)}; bound {math.ceil(answer.bound - 1e-6) + model.offset}, {answer.status}"
    return Row(_task(name, instance), SOLVER, seconds, equal=cost == BEST_KNOWN[name], note=note)


def _told(name: str, cost: int) -> str:
    least = BEST_KNOWN[name]
    above = f", {100 * (cost - least) / least:.1f} % above" if cost > least > 0 else ""
    return f"costs {cost}, {cost - least} over the best known {least}{above}"


def _task(name: str, instance: Curricula) -> str:
    return f"curricula, {name}, {instance.lectures} lectures, {len(instance.rooms)} rooms × {instance.periods} periods"
