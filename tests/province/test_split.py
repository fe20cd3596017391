"""Sums shared out over districts, against every split there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import SolveError
from workbench.province.split import Curve, split_sum


def curve(cost: list[float], worth: list[float], bound: list[float] | None = None, name: str = "t") -> Curve:
    return Curve(name, np.array(cost, float), np.array(worth, float), np.array(bound or worth, float))


points = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30), st.integers(0, 3)), min_size=1, max_size=5)


@given(st.lists(points, min_size=1, max_size=5), st.integers(0, 30), st.sampled_from([1.0, 0.3, 12.5]))
def test_no_split_wins_more(drawn: list[list[tuple[int, int, int]]], most: int, unit: float) -> None:
    curves = [
        curve([c * unit for c, _, _ in one], [w for _, w, _ in one], [w + more for _, w, more in one]) for one in drawn
    ]
    every = [
        (sum(one[k][0] for one, k in zip(drawn, plan, strict=True)), plan)
        for plan in product(*(range(len(one)) for one in drawn))
    ]
    able = [(cost, plan) for cost, plan in every if cost <= most]
    if not able:
        with pytest.raises(SolveError, match="the cheapest plans together cost more than is given"):
            split_sum(curves, most * unit)
        return
    found = split_sum(curves, most * unit)

    def won(plan: tuple[int, ...], *, hope: bool = False) -> int:
        return sum(one[k][1] + hope * one[k][2] for one, k in zip(drawn, plan, strict=True))

    best = max(won(plan) for _, plan in able)
    assert found.worth == best == won(tuple(found.plan))
    assert found.cost == pytest.approx(min(cost for cost, plan in able if won(plan) == best) * unit)
    assert found.bound == max(won(plan, hope=True) for _, plan in able)
    assert found.envelope >= found.bound - 1e-9


def test_a_split_on_paper_that_climbing_the_steepest_misses() -> None:
    """With 4 to give: 10 for 3 is steeper than 12 for 4, and leaves one that nobody can use."""
    curves = [curve([0, 3], [0, 10]), curve([0, 4], [0, 12])]
    found = split_sum(curves, 4.0)
    assert (found.plan.tolist(), found.cost, found.worth, found.bound) == ([0, 1], 4.0, 12.0, 12.0)
    assert found.envelope == pytest.approx(10 + 12 / 4)
    assert split_sum(curves, 2.0).worth == 0
    assert split_sum([], 0.0).worth == 0


def test_many_districts_are_split_soon() -> None:
    """A hundred curves of stations that bend both ways: the worth stands between the greedy one and the envelope."""
    rng = np.random.default_rng(0)
    curves = [
        curve(list(range(13)), np.cumsum(rng.integers(0, 900, 13)).astype(float).tolist(), name=str(k))
        for k in range(100)
    ]
    found = split_sum(curves, 300.0)
    assert found.cost == 300
    assert 0.999 * found.envelope < found.worth <= found.envelope


def test_what_is_no_curve_is_said_at_once() -> None:
    bad = [curve([], [], name="a"), curve([-1], [0], name="b"), curve([0.00001], [1], name="c")]
    with pytest.raises(SolveError) as error:
        split_sum(bad, float("nan"))
    said = [str(problem) for problem in error.value.problems]
    assert [words.split(":")[0] for words in said] == ["split, row a", "split, row b", "split, row c", "split"]
