"""Ledgers of service halls for the pocket district, row by row: what a row does not say is ordinary."""

from __future__ import annotations

import pandas as pd

from tests import pocket
from workbench.hours import WEEKDAYS

_MATTER = {
    "name": "证明", "department": "民政", "mean_min": 10.0, "spread_min": 5.0, "weight": 1.0, "online_share": 0.0,
    "assist": False, "package": None,
}  # fmt: skip
_HALL = {"station": "S1", "cases": None, "profile": "P", "patience_min": None, "elder_share": 0.0}
_WINDOW = {"hall": "H1", "name": "窗口", "departments": None}
_CLERK = {"hall": "H1", "skills": None}
_ARRIVAL = {"profile": "P", "season": "year", "weeks": 52.0, "day": "Mo", "start": "09:00", "cases": 1.0}


def _frame(prefix: str, base: dict[str, object], rows: tuple[dict[str, object], ...]) -> pd.DataFrame:
    full = [{"id": f"{prefix}{place}", **base, **row} for place, row in enumerate(rows, 1)]
    return pd.DataFrame(full, columns=["id", *base])


def matters(*rows: dict[str, object]) -> pd.DataFrame:
    """M1, M2 …"""
    return _frame("M", _MATTER, rows)


def halls(*rows: dict[str, object]) -> pd.DataFrame:
    """H1, H2 …"""
    return _frame("H", _HALL, rows)


def windows(*rows: dict[str, object]) -> pd.DataFrame:
    """W1, W2 …"""
    return _frame("W", _WINDOW, rows)


def clerks(*rows: dict[str, object]) -> pd.DataFrame:
    """K1, K2 …"""
    return _frame("K", _CLERK, rows)


def arrivals(*rows: dict[str, object]) -> pd.DataFrame:
    """N1, N2 …"""
    return _frame("N", _ARRIVAL, rows)


def week(hours: dict[int, float], weekend: float = 0.0, **said: object) -> list[dict[str, object]]:
    """Every quarter-hour of the hours of all days, with the cases of a quarter-hour; a part of them on the weekend."""
    return [
        {
            "day": day,
            "start": f"{hour:02d}:{15 * quarter:02d}",
            "cases": cases * (weekend if place > 4 else 1.0),
            **said,
        }
        for place, day in enumerate(WEEKDAYS)
        for hour, cases in hours.items()
        for quarter in range(4)
    ]


def ledgers(**replaced: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A hall at S1 (Mo-Fr 08:30-17:30), two departments, one matter that needs help, four people an hour."""
    found = {
        "matters": matters({}, {"name": "补贴", "department": "社保"}, {"name": "上门", "assist": True, "weight": 0.5}),
        "halls": halls({}),
        "arrivals": arrivals(*week(dict.fromkeys(range(8, 20), 1.0))),
        "windows": windows({"departments": "民政"}, {"departments": "社保"}),
    }
    return {**found, **replaced}


def district(**replaced: pd.DataFrame):  # type: ignore[no-untyped-def]
    return pocket.district(**ledgers(**replaced))


def scenario(**said: object):  # type: ignore[no-untyped-def]
    return pocket.scenario(counters={"weeks": 64, **said})
