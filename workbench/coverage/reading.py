"""Tables for reading: columns chosen, rounded and headed in one place."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.terms import label

Column = tuple[str, int | None]
"""Heading of a column, and its decimals; None for text."""

MISSING = "缺数据"


def for_reading(table: pd.DataFrame, columns: Mapping[str, Column]) -> pd.DataFrame:
    """Return the columns of a table that a planner reads, rounded, under Chinese headings.

    Parameters
    ----------
    table
        Any table.
    columns
        Heading and decimals by column, in order; columns that the table lacks are skipped.

    Returns
    -------
    pandas.DataFrame
        Numbers stay numbers; a number that is missing reads 缺数据, and words of the glossary are
        put in Chinese.
    """
    out: dict[str, pd.Series] = {}
    for name, (heading, digits) in columns.items():
        if name in table:
            column = table[name]
            values = [_word(v) if digits is None else number(v, digits) for v in column]
            out[heading] = pd.Series(values, index=column.index, dtype=object)
    return pd.DataFrame(out)


def _word(value: object) -> str:
    return label(value) if isinstance(value, str) else ""


def number(value: float | str, digits: int) -> float | str:
    """Return a number for reading, rounded; 缺数据 where it is missing. Words stay as they are."""
    if isinstance(value, str):
        return value  # an answer in words, such as 无户
    if not np.isfinite(value):
        return MISSING
    return round(value) if digits == 0 else round(float(value), digits)
