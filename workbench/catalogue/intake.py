"""Loader of how ledgers that people keep are read (``intake.yaml``): headings, units, words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from workbench.catalogue.tables import TABLES
from workbench.documents import Frozen, build, read_yaml

Words = Annotated[tuple[str, ...], Field(strict=False)]


class FindingKind(Frozen):
    """A kind of finding, as a clerk reads it."""

    zh: str
    colour: str
    """Of the cell in the annotated copy, RRGGBB."""


class ClockWords(Frozen):
    """Words of opening hours."""

    days: Mapping[str, str]
    week: Words
    every: Words
    workdays: Words
    weekends: Words
    holidays: Words
    shut: Words
    open: Words
    all_day: Words
    morning: Words
    noon: Words
    afternoon: Words
    evening: Words
    next_day: Words
    to: Words
    noise: Words


class YesNo(Frozen):
    """What a column calls yes and no."""

    yes: Words
    no: Words


class Intake(Frozen):
    """What the words, units and headings of other people's ledgers mean; each entry is told in the file."""

    tables: Mapping[str, Words]
    headings: Mapping[str, Mapping[str, Words]]
    places: Mapping[str, Words]
    datums: Words
    serial: Words
    private: Words
    remarks: Words
    parts: Words
    wholes: Words
    asides: Words
    coded: Words
    surnames: str
    similar_at: int
    header_within: int
    header_lines: int
    totals: Words
    notes: Words
    examples: Words
    same_as_above: Words
    nothing: Words
    errors: Words
    units: Mapping[str, Mapping[str, str]]
    measures: Mapping[str, str]
    signs: Mapping[str, str]
    about: Words
    unsure: Words
    yes: Words
    no: Words
    flags: Mapping[str, YesNo]
    words: Mapping[str, Mapping[str, Words]]
    supposed: Mapping[str, Mapping[str, str]]
    unconfirmed: Words
    hours: Words
    clocks: Words
    minutes: Words
    dates: Words
    weekdays: Words
    lists: Words
    clock: ClockWords
    ages: Mapping[str, Words]
    kinds: Mapping[str, FindingKind]

    def headings_of(self, table: str) -> Mapping[str, tuple[str, ...]]:
        """Return what people call the columns of a table, those of our own templates first."""
        own, every = self.headings[table], self.headings["every"]
        names = (field.name for field in TABLES[table].fields)
        return {name: tuple(dict.fromkeys((*own.get(name, ()), *every.get(name, ())))) for name in names}

    def heading(self, table: str, column: str) -> str:
        """Return the heading of a column in our own templates."""
        return self.headings_of(table)[column][0]

    def words_of(self, table: str, column: str) -> Mapping[str, tuple[str, ...]]:
        """Return what people call the words that a column may hold."""
        return self.words.get(f"{table}.{column}") or self.words.get(column) or {}

    def measure(self, column: str) -> str:
        """Return what a column of numbers is measured in: a key of ``units``."""
        return next((unit for end, unit in self.measures.items() if column.endswith(end)), "count")

    def worth(self, measure: str, unit: str) -> Fraction | None:
        """Return what one of a unit is worth in a measure; None where it is no unit of it."""
        text = self.units[measure].get(unit)
        return None if text is None else Fraction(text)


@cache
def intake() -> Intake:
    """Return how ledgers are read."""
    return build(Intake, read_yaml(_FILE), str(_FILE))


_FILE: Final = Path(__file__).with_name("intake.yaml")

# ----------------------------------------------------------------------------------------------------------------------
# Headings and ages in plain signs.


_NARROW: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | dict.fromkeys((0x3000, 0xA0, 0x202F), 0x20)
_BRACKETED: Final = re.compile(r"[(\[{【〔<《]([^()\[\]{}【】〔〕<>《》]*)[)\]}】〕>》]")
_DASHES: Final = re.compile("[\u2010-\u2015\u2212\u30fc\ufe63~～至]+|-{2,}")
_ODD: Final = re.compile(r"[\s*★☆●:;,.、。'\"|_]+")


def narrow(text: str) -> str:
    """Return a text in plain signs: full-width digits and letters are the usual ones; ① and ² are marks, no digits."""
    for sign, words in intake().signs.items():
        text = text.replace(sign, words)
    return text.translate(_NARROW)


@lru_cache(maxsize=8192)
def plain(heading: str) -> tuple[str, tuple[str, ...]]:
    """Return a heading as it is compared, and what stood in brackets."""
    text = _DASHES.sub("-", narrow(heading)).casefold()
    notes = tuple(_ODD.sub("", note) for note in _BRACKETED.findall(text))
    base = _ODD.sub("", _BRACKETED.sub("", text))
    return (base, tuple(note for note in notes if note)) if base else ("".join(notes), ())


_YEARS: Final = re.compile(r"(\d{1,3})(?:周?岁)?(?:-|到)(\d{1,3})(?:周?岁|$)")
_UP: Final = re.compile(r"(\d{1,3})(?:周?岁)(?:及|\(含\)|含)?(?:以上|\+)|(\d{1,3})\+")
_DOWN: Final = re.compile(r"(\d{1,3})(?:周?岁)(及|含)?以下|(?:不满|未满)(\d{1,3})(?:周?岁)")


def ages(text: str) -> tuple[int, int | None] | None:
    """Return the first and last year of age that a text names, both included; the last is None for "and over"."""
    words = _DASHES.sub("-", narrow(text)).replace(" ", "")
    if (found := _YEARS.search(words)) is not None:
        return int(found[1]), int(found[2])
    if (found := _UP.search(words)) is not None:
        return int(found[1] or found[2]), None
    if (found := _DOWN.search(words)) is not None:
        return 0, int(found[1]) - (not found[2]) if found[1] else int(found[3]) - 1
    return None


def age_band(text: str) -> str | None:
    """Return the column of residents that a text in figures names; None where it names none, or other years."""
    return _BANDS.get(ages(text) or (-1, -1))


_BANDS: Final = {
    (0, 6): "age_0_6", (7, 17): "age_7_17", (18, 59): "age_18_59", (60, 79): "age_60_79", (80, None): "age_80_plus"
}  # fmt: skip
