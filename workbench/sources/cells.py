"""Numbers as people write them in ledgers: full-width digits, thousands separators, a dash for nothing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

NOTHING: Final = frozenset({"", "/", "-", "—", "――", "–", "na", "n/a", "nan", "null", "none", "无", "不详"})
"""What a cell says when nothing is known; compared in lower case, after trimming."""

_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_PLAIN: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


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
        Number of cells whose writing was put right (full-width digits, thousands separators).
    """

    values: pd.Series
    odd: list[Any]
    mended: int


def numbers(column: pd.Series) -> Numbers:
    """Read a column as numbers, however people wrote them.

    Parameters
    ----------
    column
        Any column; numbers are taken as they are, text is read.

    Returns
    -------
    Numbers
        The values, the cells that are no numbers, and how many were mended.
    """
    if pd.api.types.is_bool_dtype(column.dtype):
        return Numbers(column.astype("float64"), [], 0)
    if pd.api.types.is_numeric_dtype(column.dtype):
        return Numbers(column.astype("float64"), [], 0)
    quick = pd.to_numeric(column, errors="coerce").astype("float64")
    quick = quick.where(np.isfinite(quick))  # the word "inf" is no quantity
    odd: list[Any] = []
    mended = 0
    for place in column.index[(quick.isna() & column.notna()).to_numpy()]:
        value = number_in(str(column.loc[place]))
        if value is None:
            odd.append(place)
        elif not np.isnan(value):
            quick.loc[place] = value
            mended += 1
    return Numbers(quick, odd, mended)


def number_in(text: str) -> float | None:
    """Return the number a cell holds, NaN when it says "nothing", None when it is neither.

    Examples
    --------
    >>> number_in("１，２３４．５")
    1234.5
    >>> number_in("约120") is None
    True
    """
    word = unicodedata.normalize("NFKC", text).strip()
    if word.lower() in NOTHING:
        return float("nan")
    if _GROUPED.fullmatch(word):
        word = word.replace(",", "")
    word = word.replace(" ", "") if re.fullmatch(r"\d{1,3}( \d{3})+", word) else word
    return float(word) if _PLAIN.fullmatch(word) else None
