"""Odd-cycle inequalities: no plan breaks one, fractional solutions do, and bounds with them are bounds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.depth import draws
from workbench.locate.engine.maximal import cuts_of, followed, lagrangian_bound, violated
from workbench.locate.problem import merge

TRIANGLE = sp.csr_array(np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]], bool))
"""Three rows, each covered by two of three sites."""


def by_rows(table: np.ndarray) -> sp.csr_array:
    return sp.csr_array(table.astype(bool))


@st.composite
def grounds(draw: st.DrawFn) -> np.ndarray:
    rows, sites = draw(st.integers(3, 7)), draw(st.integers(2, 6))
    flags = draw(st.lists(st.booleans(), min_size=rows * sites, max_size=rows * sites))
    return np.array(flags).reshape(rows, sites)


def test_a_triangle_at_halves_is_found_and_written_down() -> None:
    found = violated(TRIANGLE, np.ones(3), np.full(3, 0.5))
    assert found == [(0, 1, 2)]
    cuts = cuts_of(TRIANGLE, found)
    assert cuts.rows.toarray().tolist() == [[1, 1, 1]]
    assert cuts.sites.toarray().tolist() == [[1, 1, 1]]
    assert cuts.half.tolist() == [1]


def test_a_cycle_of_five_is_found_and_one_of_four_is_not() -> None:
    def cycle(size: int) -> sp.csr_array:
        table = np.zeros((size, size), bool)
        table[np.arange(size), np.arange(size)] = table[np.arange(size), (np.arange(size) + 1) % size] = True
        return sp.csr_array(table)

    assert violated(cycle(5), np.ones(5), np.full(5, 0.5)) == [(0, 1, 2, 3, 4)]
    assert violated(cycle(4), np.ones(4), np.full(4, 0.5)) == []


def test_a_whole_solution_violates_nothing() -> None:
    assert violated(TRIANGLE, np.ones(3), np.array([1.0, 0.0, 1.0])) == []


def test_of_rows_that_cost_as_much_the_heaviest_is_taken() -> None:
    table = np.vstack([TRIANGLE.toarray(), TRIANGLE.toarray()[:1]])
    assert violated(by_rows(table), np.array([1.0, 1, 1, 9]), np.full(3, 0.5)) == [(1, 2, 3)]


def test_a_site_in_three_rows_counts_twice() -> None:
    table = by_rows(np.array([[1, 1], [1, 0], [1, 1]]))
    assert cuts_of(table, [(0, 1, 2)]).sites.toarray().tolist() == [[2, 1]]


@settings(max_examples=draws(80))
@given(grounds(), st.data())
def test_no_plan_breaks_an_inequality(ground: np.ndarray, data: st.DataObject) -> None:
    rows, sites = ground.shape
    size = data.draw(st.sampled_from([k for k in (3, 5, 7) if k <= rows]))
    cut = tuple(sorted(data.draw(st.permutations(range(rows)))[:size]))
    cuts = cuts_of(by_rows(ground), [cut])
    for chosen in (np.array(bits) for bits in np.ndindex(*(2,) * sites)):
        covered = (ground @ chosen > 0).astype(int)
        assert (cuts.rows @ covered <= cuts.half + cuts.sites @ chosen).all()


@settings(max_examples=draws(80))
@given(grounds(), st.data())
def test_what_is_found_is_violated(ground: np.ndarray, data: st.DataObject) -> None:
    opened = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=ground.shape[1],
                                         max_size=ground.shape[1])))  # fmt: skip
    table = by_rows(ground)
    covered = np.minimum(1.0, ground @ opened)
    found = violated(table, np.ones(len(ground)), opened)
    if found:
        cuts = cuts_of(table, found)
        assert (cuts.rows @ covered > cuts.half + cuts.sites @ opened + 1e-9).all()


@settings(max_examples=draws(80))
@given(grounds(), st.data())
def test_a_bound_with_inequalities_is_a_bound(ground: np.ndarray, data: st.DataObject) -> None:
    rows, sites = ground.shape
    weight = np.array(data.draw(st.lists(st.integers(0, 9), min_size=rows, max_size=rows)), np.float64)
    merged = merge(sp.csr_array(ground.T.astype(np.float64)), weight[None])
    if merged.rows < 3:
        return
    p = data.draw(st.integers(1, sites))
    best = max(
        float(merged.weights[0][(merged.by_row.toarray()[:, list(chosen)] > 0).any(axis=1)].sum())
        for k in range(p + 1)
        for chosen in combinations(range(sites), k)
    )
    triples = list(combinations(range(merged.rows), 3))
    chosen = data.draw(st.lists(st.sampled_from(triples), min_size=1, max_size=4, unique=True))
    worth = np.array(data.draw(st.lists(st.floats(0, 20), min_size=len(chosen), max_size=len(chosen))))
    prices = np.array(data.draw(st.lists(st.floats(0, 10), min_size=merged.rows, max_size=merged.rows)))
    bound = lagrangian_bound(merged, p, prices, cuts_of(merged.by_row, chosen), worth)
    assert bound.total >= best * 2**bound.fine


def test_inequalities_follow_their_rows() -> None:
    row_of = np.array([0, 1, 2, 2, -1, 3])
    assert followed([(0, 1, 2)], row_of) == [(0, 1, 2)]
    assert followed([(0, 1, 4)], row_of) == []
    assert followed([(0, 1, 2, 3, 5)], row_of) == [(0, 1, 3)]
    assert followed([(0, 2, 3)], row_of) == []
