"""How each table of a district is handed out as a sheet (``sheets.yaml``), and what its values are called there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

import pandas as pd
from pydantic import Field

from workbench.catalogue import functions, scenes
from workbench.catalogue.intake import intake
from workbench.catalogue.tables import TABLES
from workbench.catalogue.terms import TERMS, label
from workbench.documents import Frozen, build, read_yaml
from workbench.hours import WEEKDAYS

Cell = str | int | float | None
"""What stands in a cell of a sheet that is handed out."""

SEVERAL: Final = "；"
"""What parts several values of one cell, as we write them."""

_Value = str | int | float | bool | None
_Said = Annotated[tuple[str, _Value], Field(strict=False)]


class Sheet(Frozen):
    """A table as its keeper meets it."""

    row: str
    """What one row is."""
    drawn: bool = False
    """Whether it comes from a map: no empty sheet of it is handed out."""
    columns: Mapping[str, _Said]
    """Of each column that is handed out the note on it, and what stands in the example row."""


class Found(Frozen):
    """A way to tell a station in an OSM file."""

    kind: str
    """What it is taken for."""
    named: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Words of its name, one of which is enough."""
    tagged: Mapping[str, str] = Field(default_factory=dict)
    """Tags that it carries, all of them."""


class _File(Frozen):
    example: str
    found: Annotated[tuple[Found, ...], Field(strict=False)]
    passed_over: Annotated[tuple[str, ...], Field(strict=False)]
    places: Mapping[str, _Said]
    tables: Mapping[str, Sheet]


@cache
def _file() -> _File:
    path = Path(__file__).with_name("sheets.yaml")
    return build(_File, read_yaml(path), str(path))


def sheets() -> Mapping[str, Sheet]:
    """Return the sheets by the name of their table."""
    return _file().tables


def place_columns() -> Mapping[str, tuple[str, _Value]]:
    """Return note and example of the columns that say where a row lies, by what the reader of ledgers calls them."""
    return _file().places


def example_mark() -> str:
    """Return what an example row is called in its first column."""
    return _file().example


def found_in_osm() -> tuple[tuple[Found, ...], tuple[str, ...]]:
    """Return the ways to tell a station in an OSM file, and the tags of what is only called after one."""
    return _file().found, _file().passed_over


def title(table: str) -> str:
    """Return what the sheet of a table is called, and its file."""
    return intake().tables[table][0]


def heading(table: str, column: str) -> str:
    """Return the heading of a column, or of a column that says where a row lies."""
    return intake().places[column][0] if column in place_columns() else intake().heading(table, column)


@cache
def called(table: str, column: str) -> Mapping[str, str]:
    """Return what the values of a column are called, by their key; nothing where they are free, or no words."""
    if (table, column) in _VOCABULARIES:
        return MappingProxyType(_VOCABULARIES[table, column]())
    words = intake().words_of(table, column)
    keys = TABLES[table].field(column).one_of or tuple(words)
    return MappingProxyType({key: _term(table, key) or words.get(key, (key,))[0] for key in keys})


def _term(table: str, key: str) -> str:
    """Return the label of a key, that of its table first; empty where the glossary has none."""
    return next((label(term) for term in (f"{table.removesuffix('s')}.{key}", key) if term in TERMS), "")


_Vocabulary = Callable[[], dict[str, str]]


def _weekdays() -> dict[str, str]:
    return {day: label(day) for day in WEEKDAYS}


def _functions() -> dict[str, str]:
    return {key: one.label for key, one in functions.catalogue().items()}


def _equipment() -> dict[str, str]:
    return {key: one.label for key, one in functions.catalogue().equipment.items()}


def _services() -> dict[str, str]:
    return {key: one.label for key, one in scenes.catalogue().services.items()}


def _audiences() -> dict[str, str]:
    return {key: one.label for key, one in scenes.catalogue().audiences.items()}


_VOCABULARIES: Final[Mapping[tuple[str, str], _Vocabulary]] = MappingProxyType(
    {
        ("stations", "services"): _services,
        ("rooms", "equipment"): _equipment,
        ("activities", "equipment"): _equipment,
        ("activities", "function"): _functions,
        ("operators", "function"): _functions,
        ("event_types", "function"): _functions,
        ("activities", "group"): _audiences,
        ("event_types", "audience"): _audiences,
        ("trades", "days"): _weekdays,
        ("crews", "days"): _weekdays,
        ("stops", "days"): _weekdays,
    }
)
"""Columns whose words are those of a catalogue."""


def holds_several(column: str) -> bool:
    """Tell whether a cell of a column holds several values."""
    return column in intake().lists or column == "days"


def shown(table: str, column: str, value: Any) -> Cell:
    """Return what stands in a sheet for a value of a column.

    Parameters
    ----------
    table, column
        Where the value stands.
    value
        A value that has passed the gate; missing in any of pandas' ways.

    Returns
    -------
    str, int, float or None
        Words for keys, 是 and 否 for flags, whole numbers without decimals, None where it is missing.
    """
    if value is None or pd.isna(value):
        return None
    kind = TABLES[table].field(column).kind
    if kind == "flag":
        return intake().yes[0] if value else intake().no[0]
    if kind in ("integer", "number"):
        number = float(value)
        return int(number) if number.is_integer() else number
    words, text = called(table, column), str(value)
    if words and holds_several(column):
        return SEVERAL.join(words.get(part, part) for part in functions.parts_of(text))
    return words.get(text, text)
