"""Published rounds: read, checked without a solver, and planned near the best that is known."""

from __future__ import annotations

import pytest

from benchmarks.rounds import BEST, length, periodic_instance
from tests.shared_data import shared
from workbench.routing.periodic import plan_round
from workbench.routing.rounds import Option, faults


def test_patterns_are_read_from_the_left() -> None:
    of, exact = periodic_instance(shared("benchmarks/pvrp/p02.txt"))
    assert (of.stops, of.horizon, len(of.crew_days)) == (50, 5, 5)
    assert of.options[1] == (Option(0, (0, 1, 2, 3, 4)),)
    assert of.options[2] == (Option(0, (2, 4)), Option(0, (1, 3)), Option(0, (0, 2)))
    assert exact[50, 0] == pytest.approx(((30 - 37) ** 2 + (40 - 52) ** 2) ** 0.5)


@pytest.mark.parametrize("name", ["p01", "p02"])
def test_a_short_search_comes_near_the_best_known(name: str) -> None:
    of, exact = periodic_instance(shared(f"benchmarks/pvrp/{name}.txt"))
    found = plan_round(of, rounds=40_000, starts=2, steps=0)
    assert not faults(of, found.plan)
    assert BEST[name] - 0.01 < length(of, found.plan, exact) < 1.05 * BEST[name]
