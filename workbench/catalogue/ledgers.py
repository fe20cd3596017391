"""What must hold between the ledgers of order: days that are days, doors with a room, tools listed once a station."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from workbench.errors import Problem

_Row = Mapping[Any, Any]


def ledger_problems(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """List everything wrong with and between the ledgers of order; those that are absent are not judged."""
    rows = {name: tables[name].to_dict("records") for name in ("signs", "tools") if name in tables}
    rooms = dict(zip(tables["rooms"]["id"], tables["rooms"]["station"], strict=True)) if "rooms" in tables else {}
    return [*_signs(rows.get("signs", []), rooms), *_tools(rows.get("tools", []))]


def _signs(rows: Iterable[_Row], rooms: Mapping[str, str]) -> Iterator[Problem]:
    for row in rows:
        days = {name: _day(row[name]) for name in ("made", "valid_until")}
        for name, day in days.items():
            if day is None:
                mend = "Write the day of the calendar, or nothing where it is not known."
                yield Problem("signs", "the day is none", row["id"], name, 'a day, "YYYY-MM-DD"', repr(row[name]), mend)
        made, until = (day or dt.date.min for day in days.values())
        if dt.date.min < until < made:
            what, mend = "it is out of date before it is put up", "Look whether the two days are swapped."
            yield Problem("signs", what, row["id"], "valid_until", f"{made} or later", str(until), mend)
        room, door = row["room"], row["kind"] == "door"
        if door and not isinstance(room, str):
            mend = "Name the room, or call it a board or a wall."
            yield Problem(
                "signs", "the sign of a door has no room", row["id"], "room", "a room of the station", "", mend
            )
        elif isinstance(room, str) and rooms.get(room, row["station"]) != row["station"]:
            what, mend = "the room is at another station", "Mend the room or the station."
            yield Problem(
                "signs", what, row["id"], "room", f"a room of {row['station']}", f"{room}, of {rooms[room]}", mend
            )


def _day(text: object) -> dt.date | None:
    """Return the day; the first of all days where nothing is said, None where it is no day."""
    if not isinstance(text, str):
        return dt.date.min
    try:
        return dt.date.fromisoformat(text) if len(text) == len("2026-01-01") else None
    except ValueError:
        return None


def _tools(rows: Iterable[_Row]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for row in rows:
        key = (row["station"], row["tool"])
        if key in seen:
            what, mend = "the tool is listed twice for one station", "Put both into one row; add the stock up."
            found = f"{row['tool']} in {seen[key]} too"
            yield Problem("tools", what, row["id"], "tool", "one row a station and tool", found, mend)
        seen.setdefault(key, row["id"])
