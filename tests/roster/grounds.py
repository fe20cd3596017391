"""The pocket district with four people at its centre, S1, and the scenario that rosters them for a week."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tests import pocket
from tests.rostering.cases import AGENCY, ONLINE, WINDOW
from workbench.ground.district import District
from workbench.scenario import Scenario

SHIFTS: dict[str, Any] = {
    "综合班": {"posts": {WINDOW: "08:30-11:30,12:30-17:30"}},
    "帮办班": {"posts": {AGENCY: "08:30-11:30,13:30-17:30", WINDOW: "11:30-12:30"}},
    "夜班": {"posts": {ONLINE: "17:30-08:30"}},
}
POSTS: dict[str, Any] = {AGENCY: {"priority": 2}, ONLINE: {"priority": 3, "online": True}}
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


def staff(**changes: Any) -> pd.DataFrame:
    rows = {
        "id": ["a", "b", "c", "d"],
        "station": ["S1"] * 4,
        "skills": [f"{WINDOW};{AGENCY}", f"{WINDOW};{AGENCY};{ONLINE}", f"{WINDOW};{ONLINE}", f"{ONLINE};{AGENCY};{WINDOW}"],
        "pair": ["p1", "p1", "p2", "p2"],
        "weekly_hours": [40.0] * 4,
        "least_hours": [None] * 4,
        "last_days": [None] * 4,
        "weekends": [0] * 4,
        "nights": [0] * 4,
        "holidays": [0] * 4,
    }  # fmt: skip
    return pd.DataFrame(rows | changes)


def requirements(extra: tuple[tuple[str, str, int, int, int], ...] = ()) -> pd.DataFrame:
    """Both windows on working days, one of them at midday; online at night."""
    rows = [(WINDOW, day, 510, 1050, 1) for day in DAYS[:5]]
    rows += [(AGENCY, day, a, b, 1) for day in DAYS[:5] for a, b in ((510, 690), (810, 1050))]
    rows += [(ONLINE, day, a, b, 1) for day in DAYS for a, b in ((0, 510), (1050, 1440))]
    rows += list(extra)
    table = pd.DataFrame(rows, columns=["post", "weekday", "start", "end", "staff"]).assign(station="S1")
    return table.assign(id=[f"q{n:02d}" for n in range(len(table))])


def table(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    """A ledger of some rows, with identifiers."""
    made = pd.DataFrame(list(rows), columns=columns.split())
    return made.assign(id=[f"i{n}" for n in range(len(made))])


def ground(**ledgers: pd.DataFrame) -> District:
    return pocket.district(**{"staff": staff(), "requirements": requirements(), **ledgers})


def scenario(**changes: Any) -> Scenario:
    said = {"shifts": SHIFTS, "posts": POSTS, "weeks": 1, "draws": 50, **changes.pop("roster", {})}
    return pocket.scenario(roster=said, **changes)
