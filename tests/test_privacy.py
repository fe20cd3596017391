"""Small counts are withheld, and cannot be had by subtraction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import pocket
from workbench.catalogue.terms import AGE_BANDS
from workbench.privacy import is_small, stand_in, withheld

SINGLE = {band: {band: 1.0} for band in AGE_BANDS}


def sizes(*counts: float) -> dict[str, float]:
    return dict(zip(AGE_BANDS, map(float, counts), strict=True))


@pytest.mark.parametrize(
    ("count", "small"), [(0, False), (0.4, True), (9, True), (9.99, True), (10, False), (500, False)]
)
def test_small_is_of_somebody_but_too_few(count: float, small: bool) -> None:
    assert is_small(count, 10) is small


def test_what_stands_in_tells_small_from_merely_withheld() -> None:
    assert stand_in(3, 10) == "<10"
    assert stand_in(12, 10) == "不公布"
    assert stand_in(3, 5.0) == "<5"


def test_nothing_is_withheld_where_all_are_many() -> None:
    assert withheld(sizes(10, 20, 30, 40, 0), 10, SINGLE) == frozenset()
    assert withheld({}, 10, {}) == frozenset()


def test_one_small_count_takes_the_next_smallest_with_it() -> None:
    # all five and their sum would give the sixth away
    assert withheld(sizes(3, 50, 40, 60, 70), 10, SINGLE) == {"age_0_6", "age_18_59"}
    assert withheld(sizes(3, 50, 4, 60, 70), 10, SINGLE) == {"age_0_6", "age_18_59"}


def test_overlapping_groups_do_not_give_a_small_one_away() -> None:
    makeup = {**SINGLE, "elders": {"age_60_79": 1.0, "age_80_plus": 1.0}}
    counts = {**sizes(100, 200, 300, 50, 4), "elders": 54.0}
    # without the 50, "elders" less nobody is known; with it, 54 − 50 = 4
    assert withheld(counts, 10, makeup) == {"age_80_plus", "age_60_79"}
    # two bands that nobody else counts hide each other
    assert withheld(sizes(100, 200, 300, 5, 4), 10, SINGLE) == {"age_60_79", "age_80_plus"}
    both = {**sizes(100, 200, 300, 5, 4), "elders": 9.0}
    assert withheld(both, 10, makeup) == {"age_60_79", "age_80_plus", "elders", "age_0_6"}


def test_the_rest_of_a_part_must_not_be_small_either() -> None:
    counts, wholes = sizes(97, 50, 60, 70, 80), sizes(100, 100, 100, 100, 100)
    assert withheld(counts, 10, SINGLE, wholes=wholes) == {"age_0_6", "age_7_17"}
    assert withheld(sizes(100, 50, 60, 70, 0), 10, SINGLE, wholes=wholes) == frozenset()


@given(st.lists(st.integers(0, 40), min_size=5, max_size=5))
def test_no_small_count_is_a_combination_of_published_ones(counts: list[int]) -> None:
    makeup = {**SINGLE, "elders": {"age_60_79": 1.0, "age_80_plus": 1.0}, "half": {"age_0_6": 0.5, "age_18_59": 1.0}}
    rows = {name: np.array([shares.get(band, 0.0) for band in AGE_BANDS]) for name, shares in makeup.items()}
    people = {name: float(row @ np.array(counts)) for name, row in rows.items()}
    hidden = withheld(people, 10, makeup)
    known = np.array([np.ones(5), *(row for name, row in rows.items() if name not in hidden)])
    for name, row in rows.items():
        if is_small(people[name], 10):
            assert name in hidden
            rest = row - np.linalg.lstsq(known.T, row, rcond=None)[0] @ known
            assert np.abs(rest).max() > 1e-9


def test_the_population_of_a_district_withholds_small_bands() -> None:
    # 21, 25, 117, 31 and 16 people in the five bands; six of the youngest less leave 9 beside nobody
    demand = pocket.demand()
    demand["residents"] -= demand["age_0_6"] - 1.5
    demand["age_0_6"] = 1.5
    table = pocket.district(demand=demand).population().set_index("人群")
    assert table.loc["0–6岁"].tolist() == ["<10", "不公布"]
    assert table.loc["80岁及以上"].tolist() == ["不公布", "不公布"]
    assert table.loc["7–17岁", "人数"] == "25"
    assert pocket.district().population()["人数"].tolist() == ["21", "25", "117", "31", "16", "210"]
