"""Frontiers on the pocket district, by hand and against every set of sites."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests import pocket
from tests.siting.grounds import district, sited
from workbench.errors import ScenarioError
from workbench.ground.district import District
from workbench.siting import FrontiersResult, trace_frontiers
from workbench.siting.answer import covered_by

NAMES = ("a1", "a2", "a3", "z1")


def traced(ground: District | None = None, **wish: Any) -> FrontiersResult:
    return trace_frontiers(sited(ground, **wish))


def every_set(result: FrontiersResult) -> list[tuple[int, float, np.ndarray]]:
    """Return number, cost and who is covered, of every set of candidates."""
    question = result.siting.question
    found = []
    for size in range(len(NAMES) + 1):
        for new in combinations(NAMES, size):
            sites = question.row_of(["S1", "S2", *new])
            found.append((size, float(question.site_cost[sites].sum()), covered_by(question, sites)))
    return found


def test_coverage_against_money() -> None:
    """20 万元 win D3, 40 win D6, 60 both; 25 or 10 win nobody."""
    result = traced(stations=3, frontiers={"cost_points": 10})
    assert result.cost_table()[["new", "capex", "covered", "bound", "status"]].to_numpy().tolist() == [
        [0, 0, 70, 70, "OPTIMAL"], [1, 20, 100, 100, "OPTIMAL"], [1, 40, 130, 130, "OPTIMAL"], [2, 60, 160, 160, "OPTIMAL"]
    ]  # fmt: skip
    shown = result.tables()["覆盖与投资的取舍"]
    assert shown["投资（万元，区间）"].tolist() == ["0–0", "16–24", "32–48", "48–72"]
    assert (result.equity, result.kpis(), result.status) == (None, [], "OPTIMAL")


@pytest.mark.parametrize("mode", ["compliance", "experience"])
def test_nothing_beats_a_point_in_both(mode: str) -> None:
    result = traced(stations=4, mode=mode, frontiers={"cost_points": 50})
    people = result.siting.question.demand.people
    options = [(cost, float((people * covered).sum())) for _, cost, covered in every_set(result)]
    best = sorted(
        {
            (cost, won)
            for cost, won in options
            if not any(c <= cost and w >= won and (c, w) != (cost, won) for c, w in options)
        }
    )
    assert [tuple(row) for row in result.cost_table()[["capex", "covered"]].to_numpy()] == best


def uneven() -> District:
    """D3 is a community of its own, small beside D6; one station may open."""
    communities = pocket.communities()
    third = communities.iloc[[0]].assign(id="C3", name="中社区")
    return district(
        communities=pd.concat([communities, third], ignore_index=True),
        demand=pocket.demand().assign(community=["C1", "C1", "C3", "C1", "C1", "C2"]),
    )


def test_coverage_against_the_least_covered() -> None:
    """With one station either C3 or C2 is left at none: z1 covers most, and no plan does better by the least of the two."""
    one = traced(uneven(), stations=1, frontiers={"equity_points": 10})
    assert one.equity_table()[["new", "covered", "least"]].to_numpy().tolist() == [[1, 130, 0]]
    both = traced(uneven(), stations=2, frontiers={"equity_points": 10})
    assert both.equity_table()[["new", "covered", "worst"]].to_numpy().tolist() == [[2, 160, "C1"]]
    assert both.equity_table()["least"].tolist() == pytest.approx([100 * 70 / 120])
    shown = both.tables()["覆盖与最弱者的取舍"]
    assert shown[["最低覆盖率（%）", "最低者"]].to_numpy().tolist() == [[58.3, "东社区（C1）"]]
    price = both.kpis()[0]
    assert (price.value, price.unit, price.of) == (0, "人", 210)


def test_what_the_least_covered_cost() -> None:
    """K1 alone is looked at: its D3 is worth 30, the 60 of D6 are given up for it."""
    result = traced(stations=1, frontiers={"equity_points": 10, "each": "compound"})
    assert result.equity_table()[["covered", "least"]].to_numpy().tolist() == [[130, 40], [100, 100]]
    assert result.kpis()[0].value == 30


def test_a_budget_holds_on_the_frontier_of_the_least_covered() -> None:
    result = traced(budget=39, frontiers={"equity_points": 10, "each": "compound"})
    assert result.equity_table()["covered"].tolist() == [100]


def test_a_division_that_people_do_not_tell() -> None:
    demand = pocket.demand().assign(compound=None)
    with pytest.raises(ScenarioError, match="key siting.frontiers.each: the demand points tell no compound"):
        traced(district(demand=demand), stations=1, frontiers={"equity_points": 3, "each": "compound"})


def test_nothing_asked_nothing_traced() -> None:
    result = traced(stations=1)
    assert (result.tables(), result.kpis(), result.status) == ({}, [], "OPTIMAL")
