"""What is declared of numbers and columns: units, words and clauses that exist, indicators that stand once."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from tests import pocket
from workbench.catalogue import numbers as catalogue
from workbench.catalogue.numbers import (
    Number,
    declared_columns,
    declared_indicators,
    declared_numbers,
    declared_studies,
    fields,
)
from workbench.catalogue.terms import label
from workbench.errors import UnknownKeyError
from workbench.results import MISSING, present
from workbench.scenario import Scenario

NUMBERS = [(f"{study}: {key}", said) for study in declared_studies() for key, said in declared_numbers(study).items()]
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in Path(catalogue.__file__).parents[1].rglob("*.py"))


WORDS = {"limit", "clock", *re.findall(r"\b\w+(?==)", SOURCES), *re.findall(r'"(\w+)(?=")', SOURCES)}
ASKED = {
    "roster": {"shifts": {"day": {"posts": {"window": "09:00-12:00"}}}},
    "circuits": {},
    "counters": {},
    "ledgers": {},
    "programme": {"monday": "2026-07-06"},
    "visits": {},
}


@functools.cache
def everything_asked() -> Scenario:
    return pocket.scenario(**ASKED)


@pytest.mark.parametrize("said", [said for _, said in NUMBERS], ids=[key for key, _ in NUMBERS])
def test_every_name_in_a_text_is_a_word_of_the_code_or_a_key_of_the_scenario(said: Number) -> None:
    for name in fields(f"{said.zh} {said.unit} {said.of} {said.missing} {said.clause} {said.group}"):
        key = re.sub(r"\.(cite|note|label)$", "", name)
        if "." in key:
            assert isinstance(functools.reduce(getattr, key.split("."), everything_asked()), str)
        else:
            assert key in WORDS


@pytest.mark.parametrize("name", ["kpis.yaml", "columns.yaml"])
def test_nothing_is_declared_twice(name: str) -> None:
    """A second heading would stand over the tables of another study."""
    nodes = [yaml.compose(Path(catalogue.__file__).with_name(name).read_text(encoding="utf-8"))]
    for node in nodes:
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys)), sorted(keys)
            nodes += [value for _, value in node.value]


def test_units_and_indicators_are_declared() -> None:
    units = {said.unit for _, said in NUMBERS} | {
        said.unit for said in declared_columns().values() if said.decimals is None
    }
    assert {unit for unit in units if unit and "{" not in unit} <= catalogue.units().keys()
    keys = [key for _, said in NUMBERS for key in said.indicators]
    assert sorted(keys) == sorted(declared_indicators())


def test_every_declared_study_is_one_of_the_house() -> None:
    for study in declared_studies():
        assert f'"{study}"' in SOURCES


def test_a_key_that_is_not_known_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kpis.yaml"
    file.write_text("units: {}\nstudies:\n  x: {numbers: {a.b: {zh: 甲, uint: 人}}}\n", encoding="utf-8")
    monkeypatch.setattr(catalogue, "_KPIS", file)
    monkeypatch.setattr(catalogue, "_declared", catalogue._declared.__wrapped__)
    with pytest.raises(UnknownKeyError, match="uint"):
        declared_numbers.__wrapped__("x")


def test_a_table_is_presented_as_its_columns_say() -> None:
    table = pd.DataFrame({"name": ["甲", None], "residents": [12.6, np.nan], "extra_all": [1.26, 2.0]})
    shown = present(table, ("name@compound", "residents", "extra_all"), {"extra_all": "{:.2f}".format}, unit="min")
    assert shown.columns.tolist() == ["小区", "居民（人）", "全部平均多走（min）"]
    assert shown.to_numpy().tolist() == [["甲", 13, "1.26"], ["", MISSING, "2.00"]]
    assert present(table, ("extra_all",), unit="m").to_numpy().tolist() == [[1], [2]]


def test_names_are_no_words_of_the_glossary() -> None:
    table = pd.DataFrame({"name": ["lite", None], "community": ["own_post", "甲"], "level": ["lite", None]})
    columns = ("name", "name@compound", "name@site", "community", "level")
    said = present(table, columns).to_numpy().tolist()
    assert said == [["lite", "lite", "lite", "own_post", label("lite")], ["", "", "", "甲", ""]]
    assert label("lite") != "lite"
