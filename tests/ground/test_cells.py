"""Numbers as people write them."""

from __future__ import annotations

import math
from datetime import datetime, time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ground.sources.condition import number_in, numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        (" 12.50 ", 12.5),
        ("１２３", 123),
        ("１，２３４．５", 1234.5),
        ("1,234,567", 1234567),
        ("1 234", 1234),
        ("-3", -3),
        ("1e3", 1000),
        (".5", 0.5),
    ],
)
def test_what_is_a_number(text, value):
    assert number_in(text) == value


@pytest.mark.parametrize("text", ["", " ", "/", "—", "-", "无", "NaN", "N/A", "不详"])
def test_what_says_nothing(text):
    assert math.isnan(number_in(text))


@pytest.mark.parametrize(
    "text",
    ["约120", "十多个", "12人", "1,23", "1-2", "3#", "inf", "1.2.3", "0x10", "١٢", "356①", "3²", "10†", "5*", "1_0"],
)
def test_what_is_no_number(text):
    assert number_in(text) is None


def test_a_column():
    read = numbers(pd.Series(["1", None, "２", "约3", "1,000,000", "/", "inf", "356①"]))
    assert read.values.fillna(-1).tolist() == [1, -1, 2, -1, 1_000_000, -1, -1, -1]
    assert read.odd == [3, 6, 7]
    assert read.mended == 1 + 1


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["0,457", "3,125", "12,250"], [0.457, 3.125, 12.25]),  # nobody writes 457 as 0,457
        (["0,45", "3,125", "12,25"], [0.45, 3.125, 12.25]),
        (["116,297679963", "116,298851390"], [116.297679963, 116.298851390]),
        (["1.234,5", "12.250"], [1234.5, 12250]),  # then a point parts thousands
        (["1 234,5"], [1234.5]),
        (["3,125", "1,234.5"], [3125, 1234.5]),
        (["3,125", "1,234,567"], [3125, 1_234_567]),
        (["3,125", "1.25"], [3125, 1.25]),
    ],
)
def test_all_cells_together_tell_what_the_comma_is(cells, values):
    read = numbers(pd.Series(cells))
    assert read.values.tolist() == values
    assert (read.odd, read.unsure) == ([], [])


def test_a_comma_that_can_be_either_is_not_read():
    read = numbers(pd.Series(["3,125", "12,250", "7"]))
    assert (read.values.tolist()[2], read.unsure, read.mended) == (7, [0, 1], 0)
    assert numbers(pd.Series(["3,125", "7"]), ".").values.tolist() == [3125, 7]
    assert numbers(pd.Series(["3,125", "7"]), ",").values.tolist() == [3.125, 7]


def test_a_date_is_no_number():
    day = datetime(2024, 3, 1)
    read = numbers(pd.Series([5, day, time(9), "7"], dtype=object))
    assert (read.values.fillna(-1).tolist(), read.odd) == ([5, -1, -1, 7], [1, 2])


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1), st.sampled_from([".", ","]))
def test_whatever_is_written_comes_back(values, sign):
    """With the sign stated always; without a word never another number: the right one, or none."""
    swap = str.maketrans(",.", ".,")
    texts = [f"{value:,.2f}" if sign == "." else f"{value:,.2f}".translate(swap) for value in values]
    want = [round(value, 2) for value in values]
    assert numbers(pd.Series(texts), sign).values.tolist() == pytest.approx(want)
    assert numbers(pd.Series(texts)).values.tolist() == pytest.approx(want)


def test_columns_that_are_numbers_already():
    assert numbers(pd.Series([1, 2])).values.tolist() == [1.0, 2.0]
    assert numbers(pd.Series([True, False])).values.tolist() == [1.0, 0.0]
    assert numbers(pd.Series([1, "2", None], dtype=object)).values.fillna(0).tolist() == [1.0, 2.0, 0.0]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_comes_back(value):
    assert number_in(repr(value)) == value or np.isclose(number_in(repr(value)), value)


@given(st.integers(0, 10**12))
def test_every_grouped_integer_comes_back(value):
    assert number_in(f"{value:,}") == value
