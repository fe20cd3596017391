"""Numbers as people write them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.sources.cells import number_in, numbers


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


@pytest.mark.parametrize("text", ["约120", "十多个", "12人", "1,23", "1-2", "3#", "inf", "1.2.3", "0x10", "١٢x"])
def test_what_is_no_number(text):
    assert number_in(text) is None


def test_a_column():
    read = numbers(pd.Series(["1", None, "２", "约3", "1,000", "/", "inf"]))
    assert read.values.fillna(-1).tolist() == [1, -1, 2, -1, 1000, -1, -1]
    assert read.odd == [3, 6]
    assert read.mended == 1 + 1


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
