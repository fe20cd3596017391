"""The little language of ``where``: it filters rows and does nothing else."""

from __future__ import annotations

import contextlib

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ground.sources.condition import ConditionError, read_condition

TABLE = pd.DataFrame(
    {
        "population": ["0", "12", None, "１，０００", "7.5"],
        "kind": ["school", "shop", "shop", None, "school"],
        "名称": ["甲", "乙", "丙", "丁", None],
        "building:levels": [1.0, 2.0, None, 6.0, 30.0],
        "open": [True, False, True, True, False],
    }
)


def kept(text):
    return TABLE.index[read_condition(text).holds(TABLE)].tolist()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("population > 0", [1, 3, 4]),
        ("population >= 7.5 and population < 100", [1, 4]),
        ("0 < population <= 12", [1, 4]),
        ("population != 0", [1, 3, 4]),
        ("population == 1000", [3]),
        ("not population > 0", [0, 2]),
        ("population > -1", [0, 1, 3, 4]),
        ("missing(population)", [2]),
        ("kind == 'shop'", [1, 2]),
        ("kind != 'shop'", [0, 4]),
        ("kind in ('shop', 'bank')", [1, 2]),
        ("kind not in ['shop']", [0, 4]),
        ("`building:levels` >= 6 or kind == 'shop'", [1, 2, 3, 4]),
        ("`building:levels` < population", [1, 3]),
        ("名称 == '乙'", [1]),
        ("open == True and not missing(kind)", [0, 2]),
        ("'school' == kind", [0, 4]),
        ("1 < 2", [0, 1, 2, 3, 4]),
    ],
)
def test_what_it_keeps(text, rows):
    if "building:levels` < population" in text:
        table = TABLE.assign(population=[0.0, 12.0, None, 1000.0, 7.5])
        assert table.index[read_condition(text).holds(table)].tolist() == rows
        return
    assert kept(text) == rows


def test_it_names_its_columns():
    assert read_condition("`a b` > 1 and kind == 'x' and missing(`a b`)").columns == ("a b", "kind")


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "open('x')",
        "population.real > 0",
        "population[0] > 0",
        "population + 1 > 0",
        "(lambda: 1)() > 0",
        "[x for x in (1,)] == 1",
        "population > f'{kind}'",
        "population is None",
        "kind in other",
        "kind in (open,)",
        "population if kind else kind",
        "missing('kind')",
        "missing(kind, kind)",
        "population",
        "kind == None",
        "kind == b'x'",
        "-population > 0",
        "(a := 1) > 0",
        "*kind",
        "",
        "import os",
        "population > ",
        "kind == '\0'",
    ],
)
def test_everything_else_is_refused(text):
    with pytest.raises(ConditionError, match=r"expected a comparison of columns"):
        read_condition(text)


def test_a_column_that_is_not_there():
    with pytest.raises(ConditionError, match=r"the column 'age' is not in the source; it has population, kind"):
        read_condition("age > 3").holds(TABLE)


def test_text_where_a_number_is_asked_for():
    with pytest.raises(ConditionError, match=r"the column 'kind' holds 'school', which is no number"):
        read_condition("kind > 3").holds(TABLE)
    with pytest.raises(ConditionError, match=r"the column 'kind' holds 'school', which is neither true nor false"):
        read_condition("kind == True").holds(TABLE)
    with pytest.raises(ConditionError, match=r"'9' is text; a number .* stands without quotes"):
        read_condition("population > '9'").holds(TABLE)
    with pytest.raises(ConditionError, match=r"1 and 'x' cannot be compared"):
        read_condition("1 < 'x'").holds(TABLE)
    with pytest.raises(ConditionError, match=r"holds '3,125', which is no number that can be told"):
        read_condition("n > 3").holds(pd.DataFrame({"n": ["3,125", "2,000"]}))


def test_cells_are_compared_as_they_are_meant():
    """Trimmed text, ids that a reader took for numbers, flags in words, columns of text that are numbers."""
    table = pd.DataFrame(
        {
            "type": ["医院", "医院 ", "医院\u3000", " 医院", "\u00a0医院", "医院部", " "],
            "amenity": ["library;community_centre", "community_centre", "library", None, "", "a", "b"],
            "code": [1.0, 2.0, 10.0, None, 1.0, 1.0, 1.0],
            "open": ["是", "否", "yes", "no", "√", 1, 0],
            "low": ["9", "10", "3", "1", "1", "1", "1"],
            "high": ["10", "9", "3.5", "", "1", "1", "2"],
        }
    )

    def rows(text):
        return table.index[read_condition(text).holds(table)].tolist()

    assert rows("type == '医院'") == [0, 1, 2, 3, 4]
    assert rows("type != ' 医院 '") == [5]
    assert rows("missing(type)") == [6]
    assert rows("contains(amenity, 'community_centre')") == [0, 1]
    assert rows("not contains(amenity, 'library') and not missing(amenity)") == [1, 5, 6]
    assert rows("code == '1' or code in ('10',)") == [0, 2, 4, 5, 6]
    assert rows("open == True") == [0, 2, 4, 5]
    assert rows("low < high") == [0, 2, 6]
    assert rows("low == high") == [4, 5]


def test_a_name_with_brackets_is_told_to_stand_in_backticks():
    with pytest.raises(ConditionError, match="stands in backticks"):
        read_condition("人口（人） > 0")
    assert read_condition("`人口（人）` > 0").columns == ("人口（人）",)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(ConditionError):
        read_condition(text)


def test_values_beside_others_are_told():
    table = pd.DataFrame({"amenity": ["library;community_centre", "cafe；library", "bar", None, "my library"]})
    assert read_condition('amenity == "library"').among_others(table) == [("amenity", "library", 2)]
    assert read_condition('amenity in ("library", "community_centre")').among_others(table) == [
        ("amenity", "library", 2),
        ("amenity", "community_centre", 1),
    ]
    for silent in ('amenity != "library"', 'contains(amenity, "library")', 'amenity == "school"'):
        assert read_condition(silent).among_others(table) == []
