"""Cells as people write them: numbers in full-width digits, with thousands or decimal commas; a dash for nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

Decimal = Literal[".", ","]
"""What stands before the decimals of a number; the other sign parts thousands."""

NOTHING: Final = frozenset({"", "/", "-", "—", "――", "–", "na", "n/a", "nan", "null", "none", "无", "不详"})
"""What a cell says when nothing is known; compared in lower case, after trimming."""

# only forms of a sign that are the same sign: ①, ² and † are marks of notes and stay what they are
_NARROW: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | dict.fromkeys((0x3000, 0xA0, 0x202F), 0x20)
_PLAIN: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WRITTEN: Final[dict[str, re.Pattern[str]]] = {
    ".": re.compile(r"[+-]?([1-9][0-9]{0,2}((,[0-9]{3})+|( [0-9]{3})+)(\.[0-9]*)?)"),
    ",": re.compile(r"[+-]?([0-9]+|[1-9][0-9]{0,2}((\.[0-9]{3})+|( [0-9]{3})+))(,[0-9]*)?"),
}
"""Numbers that need a reading, by their decimal sign."""


@dataclass(frozen=True)
class Unread:
    """A cell of a workbook that holds no value: an error, a formula never computed, a number merged over rows.

    It is no text, so that no column takes it for any.
    """

    words: str

    def __str__(self) -> str:
        return self.words

    __repr__ = __str__


def heading(text: str) -> str:
    """Return the name of a column on one line; a break between signs that need no blank goes without a trace."""
    return re.sub(r"\s*[\r\n]+\s*", " ", re.sub(r"(?<=[^\x00-\x7f])\s*[\r\n]+\s*(?=[^\x00-\x7f])", "", text.strip()))


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers.

    Attributes
    ----------
    values
        Float column; NaN where a cell is empty or odd.
    odd
        Index of the cells that hold something that is no number.
    mended
        Number of cells whose writing was put right (full-width digits, thousands separators, decimal commas).
    unsure
        Index of the cells whose comma may part thousands or decimals, when no other cell tells which; not read.
    decimal
        What was taken to stand before the decimals of text; None when that is open.
    """

    values: pd.Series
    odd: list[Any]
    mended: int
    unsure: list[Any]
    decimal: Decimal | None = "."


def numbers(column: pd.Series, decimal: Decimal | None = None) -> Numbers:
    """Read a column as numbers, however people wrote them.

    Parameters
    ----------
    column
        Any column; numbers are taken as they are, text is read.
    decimal
        The decimal sign of numbers that hold a comma, where it is known. None: all cells together tell.
        A cell such as 0,45 or 1.234,5 can only hold a decimal comma, 1,234.5 or 1.25 only thousands;
        3,125 holds either.

    Returns
    -------
    Numbers
        The values, the cells that are no numbers, and how many were mended.
    """
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype):
        return Numbers(column.astype("float64"), [], 0, [])
    plain = column
    if column.dtype == object:  # a date is no number, whatever pandas makes of it
        plain = column.mask(column.map(lambda cell: isinstance(cell, (dt.date, dt.time, dt.timedelta))).astype(bool))
    quick = pd.to_numeric(plain, errors="coerce").astype("float64")
    quick = quick.where(np.isfinite(quick))  # the word "inf" is no quantity
    hard = column.index[(quick.isna() & column.notna()).to_numpy()]
    words = {place: tidy(column.loc[place]) for place in hard}
    sign: Decimal | None = decimal or "."
    commas = any("," in word for word in words.values())
    if decimal == "," or (commas and decimal is None):
        dotted = {p: cell.strip() for p, cell in column[quick.notna()].items() if isinstance(cell, str) and "." in cell}
        told = _decimal([*words.values(), *dotted.values()])
        # a column without a comma may well be written with points though others of its file are not
        sign = told if decimal is None or (told == "." and not commas) else decimal
        words |= dotted if sign == "," else {}  # a point that parts thousands is no decimal point
    odd: list[Any] = []
    unsure: list[Any] = []
    mended = 0
    for place, word in words.items():
        value = _value(word, sign or ".")
        if sign is None and "," in word and _value(word, ",") is not None:
            unsure.append(place)
            value = None
        elif value is None:
            odd.append(place)
        quick.loc[place] = np.nan if value is None else value
        mended += value is not None and not np.isnan(value)
    return Numbers(quick, odd, mended, unsure, sign if words else ".")


def tidy(cell: Any) -> str:
    """Return the text of a cell in plain signs, trimmed; 1.0 is 1, an id that a reader took for a number."""
    whole = isinstance(cell, float) and cell.is_integer()
    return str(int(cell) if whole else cell).translate(_NARROW).strip()


def _decimal(words: Sequence[str]) -> Decimal | None:
    """Tell the decimal sign of a column from all its cells together; None when they leave it open."""
    told = [{sign for sign in _WRITTEN if _value(word, sign) is not None} for word in words]
    for_point, for_comma = told.count({"."}), told.count({","})
    if for_point == for_comma:
        return None
    return "." if for_point > for_comma else ","


def _value(word: str, decimal: str) -> float | None:
    if word.lower() in NOTHING:
        return float("nan")
    if _WRITTEN[decimal].fullmatch(word):
        group = "," if decimal == "." else "."
        word = word.replace(group, "").replace(" ", "").replace(",", ".")
    elif decimal == "," and "." in word:
        return None
    return float(word) if _PLAIN.fullmatch(word) else None


def number_in(text: str, decimal: Decimal = ".") -> float | None:
    """Return the number a single cell holds, NaN when it says "nothing", None when it is neither.

    Examples
    --------
    >>> number_in("１，２３４．５")
    1234.5
    >>> number_in("约120") is None and number_in("356①") is None
    True
    """
    return _value(tidy(text), decimal)
