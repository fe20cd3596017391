"""How exact tables become tables that a planner reads: a heading for each column, and how its values are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.functions import parts_of
from workbench.hours import WEEKDAYS
from workbench.terms import label

Shown = Callable[[Any], object]
"""Returns what is shown of a value."""
Columns = Mapping[str, tuple[str, Shown]]
"""Heading of each column, in Chinese, and how its values are shown."""
MISSING: Final = "缺数据"
NOTHING: Final = "—"


def for_reading(table: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Return these columns of a table as they are read."""
    return pd.DataFrame({name: table[key].map(shown).tolist() for key, (name, shown) in columns.items()})


def same(value: object) -> object:
    """Show a value as it is; say so where it is missing."""
    return MISSING if value is None or (isinstance(value, float) and np.isnan(value)) else value


def number(digits: int, scale: float = 1.0, otherwise: str = MISSING) -> Shown:
    """Show a number, times a scale, with so many digits; something else where it is missing."""

    def shown(value: object) -> object:
        if not isinstance(value, (int, float, np.integer, np.floating)) or np.isnan(value):
            return otherwise
        rounded = round(scale * float(value), digits)
        return int(rounded) if digits == 0 else rounded

    return shown


def rules(text: object) -> str:
    """Show rules, separated by ``;``, by their names."""
    return "、".join(label(f"rule.{rule}") for rule in parts_of(text)) or NOTHING


def in_order(sessions: pd.DataFrame, *by: str) -> pd.DataFrame:
    """Return sessions in the order of some columns; ``place`` is that of the day in the week."""
    day = sessions["day"].map({name: place for place, name in enumerate(WEEKDAYS)})
    return sessions.assign(place=day).sort_values(list(by), kind="stable")
