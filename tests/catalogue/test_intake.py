"""How ledgers are read, as data: complete, and without two meanings for one word."""

from __future__ import annotations

from fractions import Fraction

import pytest

from workbench.catalogue.intake import age_band, ages, intake, plain
from workbench.catalogue.tables import LAYERS, TABLES


def test_every_table_and_column_has_its_heading() -> None:
    assert set(intake().tables) == set(TABLES)
    assert set(intake().headings) - {"every"} <= set(TABLES)
    for name, table in TABLES.items():
        words = intake().headings_of(name)
        assert set(words) == {field.name for field in table.fields}
        assert all(words.values()), name
        assert set(intake().headings[name]) <= set(words), name


@pytest.mark.parametrize("table", TABLES)
def test_the_headings_of_a_template_mean_one_column_each(table: str) -> None:
    first = [plain(words[0])[0] for words in intake().headings_of(table).values()]
    places = [plain(words[0])[0] for words in intake().places.values()] if table in LAYERS else []
    assert len(set(first + places)) == len(first) + len(places)


def test_units_words_and_columns_are_known() -> None:
    known = intake()
    assert all(Fraction(worth) > 0 for units in known.units.values() for worth in units.values())
    assert set(known.measures.values()) <= set(known.units)
    columns = {field.name for table in TABLES.values() for field in table.fields}
    both = columns | {f"{name}.{field.name}" for name, table in TABLES.items() for field in table.fields}
    listed = (
        *known.hours,
        *known.clocks,
        *known.minutes,
        *known.dates,
        *known.weekdays,
        *known.lists,
        *known.words,
        *known.flags,
    )
    assert set(listed) <= both
    for where, words in known.words.items():
        fields = [f for t in TABLES.values() for f in t.fields if where in (f.name, f"{t.name}.{f.name}")]
        assert any(not field.one_of or set(words) <= set(map(str, field.one_of)) for field in fields), where
    assert (known.measure("floor_area_m2"), known.measure("capex"), known.measure("households")) == (
        "m2",
        "万元",
        "count",
    )
    assert known.worth("m2", "亩") == Fraction(2000, 3)
    assert known.worth("m2", "斤") is None
    assert known.heading("stations", "name") == "阵地名称"


@pytest.mark.parametrize(
    ("text", "base", "notes"),
    [("建筑面积（㎡）", "建筑面积", ("平方米",)), (" 经　度 ", "经度", ()), ("*名称：", "名称", ()), ("（备注）", "备注", ()), ("ＩＤ", "id", ()),
     ("0～6岁", "0-6岁", ())],
)  # fmt: skip
def test_plain_headings(text: str, base: str, notes: tuple[str, ...]) -> None:
    assert plain(text) == (base, notes)


@pytest.mark.parametrize(
    ("text", "span", "band"),
    [("0-6岁", (0, 6), "age_0_6"), ("7至17周岁", (7, 17), "age_7_17"), ("18—59", (18, 59), "age_18_59"), ("80岁及以上", (80, None), "age_80_plus"),
     ("80+", (80, None), "age_80_plus"), ("60岁以上", (60, None), None), ("6岁以下", (0, 5), None), ("6岁及以下", (0, 6), "age_0_6"),
     ("不满7周岁", (0, 6), "age_0_6"), ("0-14岁", (0, 14), None), ("老人", None, None)],
)  # fmt: skip
def test_ages_in_figures(text: str, span: tuple[int, int | None] | None, band: str | None) -> None:
    assert (ages(text), age_band(text)) == (span, band)
