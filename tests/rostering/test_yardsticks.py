"""Published rosters: read, checked without a solver, and proven where that is quick."""

from __future__ import annotations

import pytest

from benchmarks.rosters import OPTIMA, ShiftModel, published_races, shift_cost, shift_instance
from tests.shared_data import shared
from workbench.solving import Status, solve_mip


@pytest.mark.parametrize("name", ["Instance1", "Instance2"])
def test_optima_are_proven_and_recomputed(name: str) -> None:
    instance = shift_instance(shared(f"benchmarks/shift/{name}.txt"))
    model = ShiftModel(instance)
    program, fixed = model.program()
    answer = solve_mip(program)
    assert answer.status is Status.OPTIMAL
    assert round(answer.objective) + fixed == OPTIMA[name]
    assert answer.values is not None
    roster = model.roster(answer.values)
    assert shift_cost(instance, roster) == OPTIMA[name]
    (who, day), *_ = roster
    alone = {cell: kind for cell, kind in roster.items() if cell != (who, day)}
    assert shift_cost(instance, alone) != OPTIMA[name]


def test_the_race_runs() -> None:
    shared("benchmarks/shift/Instance1.txt")
    rows = list(published_races([("Instance1", OPTIMA["Instance1"])]))
    assert len(rows) == 3
    assert all("cost 607, bound 607, 0.0 % gap" in row.note for row in rows)
