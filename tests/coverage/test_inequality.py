"""Lorenz, Gini, Theil and the tail: by hand, against PySAL, and their invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inequality.gini import Gini
from inequality.theil import Theil, TheilD

from tests.depth import draws
from workbench.coverage.fairness import gini, lorenz, means, tail, theil

INF = np.inf


def spread(value: list[float], weight: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(value, float), np.array(weight, float)


def test_lorenz_and_gini_by_hand() -> None:
    # one walks 0, one 1, two walk 2: half the people walk a fifth of the way
    people, total = lorenz(*spread([2, 0, 1], [2, 1, 1]))
    assert people.tolist() == [0, 0.25, 0.5, 1]
    assert total == pytest.approx([0, 0, 0.2, 1])
    # 1 − [¼·0 + ¼·0.2 + ½·1.2]
    assert gini(*spread([2, 0, 1], [2, 1, 1])) == pytest.approx(0.35)


def test_everybody_alike_is_no_inequality() -> None:
    for value in (0.0, 7.0):
        assert gini(*spread([value] * 3, [1, 2, 3])) == pytest.approx(0, abs=1e-15)
        assert theil(*spread([value] * 3, [1, 2, 3])) == pytest.approx(0, abs=1e-15)
    people, total = lorenz(*spread([0, 0], [1, 3]))
    assert total.tolist() == people.tolist()


def test_one_walks_for_all() -> None:
    value, weight = spread([1, 0], [1, 99])
    assert gini(value, weight) == pytest.approx(0.99)
    assert theil(value, weight) == pytest.approx(np.log(100))


def test_nobody_has_no_gini() -> None:
    for value, weight in (([], []), ([1.0], [0.0]), ([INF], [5.0])):
        assert gini(*spread(value, weight)) is None
        assert theil(*spread(value, weight)) is None
        assert [part.tolist() for part in lorenz(*spread(value, weight))] == [[0], [0]]
        assert tail(*spread(value, weight), 0.1).sum() == 0


def test_the_unreached_are_left_out() -> None:
    assert gini(*spread([1, 3, INF], [1, 1, 50])) == gini(*spread([1, 3], [1, 1]))


def test_means_by_area() -> None:
    value, weight = spread([1, 3, INF, 5, 9], [1, 3, 7, 2, 4])
    mean, people = means(value, weight, np.array([0, 0, 0, 2, -1]))
    assert mean.tolist()[::2] == [2.5, 5]
    assert np.isnan(mean[1])
    assert people.tolist() == [4, 0, 2]


def test_the_tail_is_shared_among_equals() -> None:
    # 10 people, the worst 3: one at 9, and two of the four at 5, wherever they stand
    assert tail(*spread([5, 1, 9, 5], [3, 5, 1, 1]), 0.3).tolist() == [1.5, 0, 1, 0.5]
    assert tail(*spread([5, 1], [3, 5]), 1.0).tolist() == [3, 5]


# --- a library, on random data ---------------------------------------------------------------

_CENTIMETRES = st.integers(0, 10**6).map(lambda n: n / 100)
_PEOPLE = st.lists(st.tuples(_CENTIMETRES, st.integers(1, 9)), min_size=2, max_size=30).filter(
    lambda rows: sum(v for v, _ in rows) > 1
)


@given(_PEOPLE)
@settings(max_examples=draws(60))
def test_gini_and_theil_agree_with_pysal(rows: list[tuple[float, int]]) -> None:
    value, weight = np.array([v for v, _ in rows]), np.array([float(w) for _, w in rows])
    singly = np.repeat(value, weight.astype(int))
    assert gini(value, weight) == pytest.approx(Gini(singly).g, abs=1e-9)
    assert theil(value, weight) == pytest.approx(float(Theil(singly).T), abs=1e-9)


@given(_PEOPLE, st.randoms(use_true_random=False))
@settings(max_examples=draws(60))
def test_the_part_between_areas_agrees_with_pysal(rows: list[tuple[float, int]], chance: object) -> None:
    value, weight = np.array([v for v, _ in rows]), np.array([float(w) for _, w in rows])
    area = np.array([chance.randrange(3) for _ in rows])  # type: ignore[attr-defined]
    singly, places = (np.repeat(part, weight.astype(int)) for part in (value, area))
    between = theil(*means(value, weight, area))
    assert between == pytest.approx(float(np.squeeze(TheilD(singly, places).bg)), abs=1e-9)


# --- invariants ------------------------------------------------------------------------------

_WALKS = st.lists(st.tuples(_CENTIMETRES, st.floats(0.5, 100)), min_size=1, max_size=30)


@given(_WALKS, st.floats(0.01, 100))
@settings(max_examples=draws(60))
def test_scaling_all_walks_changes_nothing(rows: list[tuple[float, float]], factor: float) -> None:
    value, weight = np.array(rows).T
    assert gini(factor * value, weight) == pytest.approx(gini(value, weight), abs=1e-9)
    assert theil(factor * value, weight) == pytest.approx(theil(value, weight), abs=1e-9)
    assert gini(value, factor * weight) == pytest.approx(gini(value, weight), abs=1e-9)


@given(_WALKS, st.data())
@settings(max_examples=draws(60))
def test_row_order_changes_no_bit(rows: list[tuple[float, float]], data: st.DataObject) -> None:
    value, weight = np.array(rows).T
    order = np.array(data.draw(st.permutations(range(len(rows)))))
    assert gini(value[order], weight[order]) == gini(value, weight)
    assert tail(value[order], weight[order], 0.1) == pytest.approx(tail(value, weight, 0.1)[order])


@given(st.lists(st.floats(1, 1e3), min_size=3, max_size=20), st.floats(0.05, 0.95))
@settings(max_examples=draws(60))
def test_a_transfer_from_long_to_short_lowers_it(walks: list[float], part: float) -> None:
    value, weight = np.array(walks), np.ones(len(walks))
    long, short = int(np.argmax(value)), int(np.argmin(value))
    given_up = part * (value[long] - value[short]) / 2
    fairer = value.copy()
    fairer[long] -= given_up
    fairer[short] += given_up
    for measure in (gini, theil):
        after, before = measure(fairer, weight), measure(value, weight)
        assert after is not None
        assert before is not None
        assert after <= before + 1e-12
        if given_up > 1e-3 * value.max():
            assert after < before


@given(_WALKS, st.lists(st.integers(0, 4), min_size=30, max_size=30))
@settings(max_examples=draws(60))
def test_means_of_areas_hide_inequality(rows: list[tuple[float, float]], areas: list[int]) -> None:
    value, weight = np.array(rows).T
    small = np.array(areas[: len(rows)])
    singly, fine, coarse = ((value, weight), means(value, weight, small), means(value, weight, small // 2))
    for measure in (gini, theil):
        found = [measure(*spread) for spread in (singly, fine, coarse)]
        assert found[0] is not None
        assert found[1] is not None
        assert found[2] is not None
        assert found[0] >= found[1] - 1e-9 >= found[2] - 2e-9


@given(_WALKS, st.floats(0.01, 1))
@settings(max_examples=draws(60))
def test_the_tail_holds_its_share_and_the_longest(rows: list[tuple[float, float]], part: float) -> None:
    value, weight = np.array(rows).T
    last = tail(value, weight, part)
    assert last.sum() == pytest.approx(part * weight.sum())
    assert (last <= weight + 1e-9).all()
    inside, outside = value[last > 1e-9 * weight], value[last < weight * (1 - 1e-9)]
    assert not len(inside) or not len(outside) or inside.min() >= outside.max()
