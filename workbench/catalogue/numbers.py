"""What is known of every number before it is measured (``kpis.yaml``), and of every column (``columns.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from workbench.catalogue.terms import Quality
from workbench.documents import Frozen, build, read_yaml

YUAN_A_WAN: Final = 10_000
"""Yuan in one 万元."""

CASE: Final = "@"
"""Parts the key of a number or column from the case in which it is said otherwise: ``name@community``."""

_FIELD = re.compile(r"\{([a-z][a-z0-9_.]*)\}")


class DeclaredIndicator(Frozen):
    """A number that reviewers hold against a standard or an aim of the plan."""

    zh: str = "{zh}"
    """Its label; ``{zh}`` is that of the number."""
    unit: str = ""
    """That of the number when not given."""
    better: Literal["higher", "lower"] = "higher"
    axis: Annotated[Quality, Field(strict=False)] | None = None
    """Quality (四化) that it tells of; none keeps it off the radar."""
    standard: str = ""
    """Key of the scenario that names its standard; empty where none sets it and the scenario may set a target."""
    reading: str = ""
    """What of the comparison this workbench reads into the standard 【推】, in Chinese."""
    mode: str = ""
    level: str = ""
    """Which of the values of the number it is: the first of this mode and level, of any when not given."""
    as_share: bool = False
    """Whether it is the share, in percent, that the number is of its denominator."""
    missing: str = ""
    """What stands for the denominator where the number is not measured at all."""
    headline: bool = False
    """Whether it stands in the first answer."""


class Number(Frozen):
    """A number as a planner reads it; ``{name}`` in a text stands for a word that comes with the value."""

    zh: str
    unit: str = "%"
    of: str = "需求图层全体居民"
    """Of what it is a share, or over whom it is taken."""
    missing: str = ""
    """What is said instead where the size of the denominator is not known."""
    clause: str = "不涉及标准"
    """Standard and clause: ``{coverage.time}`` is the value of the standard that this key of the scenario names,
    ``{coverage.time.cite}`` its citation, ``{coverage.time.note}`` both; ``{limit}`` the five minutes of the mode."""
    mode: str = ""
    group: str = "全体居民"
    level: str = ""
    kpi: bool = True
    """Whether it is listed among the numbers, and not only as an indicator."""
    headline: bool = False
    """Whether it stands in the first answer, where it is no indicator."""
    standard: str = ""
    """Key of the scenario that names the standard that it is held against there; empty where none sets it."""
    proof: bool = False
    """Whether it says how sure a decision is: its bound, its gap, what of it is proven."""
    costs: bool = False
    """Whether it is money spent once on a plan, in 万元 or 元."""
    indicators: Mapping[str, DeclaredIndicator] = Field(default_factory=dict)


class Column(Frozen):
    """A column as a planner reads it: a number where it has a unit or decimals, else text."""

    zh: str
    unit: str = ""
    decimals: int | None = None
    """Those of its unit when not given."""
    given: bool = False
    """Whether its words are names out of ledgers, shown as they are: a compound called "lite" keeps its name."""

    def heading(self, words: Mapping[str, str]) -> str:
        """Return the heading, with its unit in brackets."""
        text = f"{self.zh}（{self.unit}）" if self.unit else self.zh
        return filled(text, words.__getitem__)

    def digits(self, words: Mapping[str, str]) -> int | None:
        """Return the decimals; None for text."""
        if self.decimals is not None or not self.unit:
            return self.decimals
        return decimals(filled(self.unit, words.__getitem__))


class _Section(Frozen):
    every: Mapping[str, Any] = Field(default_factory=dict)
    """What each number of the study says when it says nothing else."""
    numbers: Mapping[str, Mapping[str, Any]]


class _Numbers(Frozen):
    units: Mapping[str, int]
    studies: Mapping[str, _Section]


class _Study(Frozen):
    numbers: Mapping[str, Number]


class _Columns(Frozen):
    columns: Mapping[str, Column]


_KPIS, _COLUMNS = (Path(__file__).with_name(name) for name in ("kpis.yaml", "columns.yaml"))


@cache
def _declared() -> _Numbers:
    return build(_Numbers, read_yaml(_KPIS), str(_KPIS))


@cache
def declared_numbers(study: str) -> Mapping[str, Number]:
    """Return the numbers of a study by key; none where it declares none."""
    section = _declared().studies.get(study)
    if section is None:
        return MappingProxyType({})
    rows = {key: {**section.every, **row} for key, row in section.numbers.items()}
    return MappingProxyType(dict(build(_Study, {"numbers": rows}, f"{_KPIS}, {study}").numbers))


def declared_studies() -> tuple[str, ...]:
    """Return the studies whose numbers are declared, in order."""
    return tuple(_declared().studies)


@cache
def declared_indicators() -> Mapping[str, DeclaredIndicator]:
    """Return the indicators by key, in the order of their table."""
    numbers = (number for study in declared_studies() for number in declared_numbers(study).values())
    return MappingProxyType({key: said for number in numbers for key, said in number.indicators.items()})


@cache
def declared_columns() -> Mapping[str, Column]:
    """Return the columns by key."""
    said = {key: {"zh": one} if isinstance(one, str) else one for key, one in read_yaml(_COLUMNS).items()}
    return MappingProxyType(dict(build(_Columns, {"columns": said}, str(_COLUMNS)).columns))


def units() -> Mapping[str, int]:
    """Return the decimals by unit."""
    return _declared().units


def decimals(unit: str) -> int:
    """Return the decimals of a unit."""
    return units()[unit]


def filled(text: str, word: Callable[[str], str]) -> str:
    """Return a text with a word for each ``{name}`` in it."""
    return _FIELD.sub(lambda field: word(field[1]), text)


def fields(text: str) -> list[str]:
    """Return the names that stand in braces in a text."""
    return _FIELD.findall(text)
