"""What each amount of money can do: equal to brute force over all works and all timetables of small centres."""

from __future__ import annotations

import pytest

from tests.rooms import works_oracle
from tests.rooms.works_cases import lacking
from workbench.rooms.stages import plan_centre
from workbench.rooms.works_frontier import TraceLimits, trace


@pytest.mark.parametrize("seed", range(300))
def test_brute_force_over_all_works_agrees(seed: int) -> None:
    centre, works = lacking(seed)
    days = (None, 4)[seed % 2]
    money = (10_000, 300)[seed % 3 == 2]
    found = trace(plan_centre(centre), works, TraceLimits(money, days))
    assert [(p.cost, p.worth) for p in found.points] == works_oracle.frontier(centre, works, money, days)
    assert found.proven
