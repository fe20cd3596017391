"""Ledgers of rooms for the pocket district, row by row: what a row does not say is ordinary."""

from __future__ import annotations

import pandas as pd

from tests import pocket
from workbench.ground.district import District

_ROOM = {
    "station": "S1", "sign": "会议室", "function": "会议室", "storey": 1, "area_m2": 40.0, "capacity": 20,
    "equipment": None, "water": False, "sound": "loud", "private": True, "merges_with": None, "opening_hours": None,
    "power": "ordinary", "use": None, "neighbours": None,
}  # fmt: skip
_ACTIVITY = {
    "station": "S1", "name": "议事", "function": "meeting", "group": "everyone", "attendance": 10, "duration_min": 60,
    "sessions": 1, "priority": 1, "windows": None, "prefers": None, "days_apart": None, "equipment": None,
    "needs": None, "noise": None, "highest_storey": None, "setup_min": None, "clear_min": None, "organiser": None,
}  # fmt: skip
_BOOKING = {"activity": "A1", "room": "R1", "day": "Mo", "start": "09:00", "fixed": False, "joined_with": None}
_OPERATOR = {
    "name": "某家政公司", "function": "housekeeping", "hours": 4.0, "owed_hours": 2.0, "least_area_m2": 20.0,
    "station": None, "windows": None, "fulfilled_hours": None,
}  # fmt: skip


def _frame(prefix: str, base: dict[str, object], rows: tuple[dict[str, object], ...]) -> pd.DataFrame:
    full = [{"id": f"{prefix}{place}", **base, **row} for place, row in enumerate(rows, 1)]
    return pd.DataFrame(full, columns=["id", *base])


def rooms(*rows: dict[str, object]) -> pd.DataFrame:
    """R1, R2 …"""
    return _frame("R", _ROOM, rows)


def activities(*rows: dict[str, object]) -> pd.DataFrame:
    """A1, A2 …"""
    return _frame("A", _ACTIVITY, rows)


def bookings(*rows: dict[str, object]) -> pd.DataFrame:
    """B1, B2 …"""
    return _frame("B", _BOOKING, rows)


def operators(*rows: dict[str, object]) -> pd.DataFrame:
    """O1, O2 …"""
    return _frame("O", _OPERATOR, rows)


def district(**tables: pd.DataFrame) -> District:
    """The pocket district with these ledgers; its centre S1 is open Mo-Fr 08:30-17:30."""
    return pocket.district(**tables)
