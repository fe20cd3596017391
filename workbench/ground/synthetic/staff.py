"""Fictional people on duty: how many a centre has, what they can do, their A/B pairs, leave and wishes, what posts ask.

Pseudonyms stand for nobody. Some centres have only one person for a post, so that there are single points of failure.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.calendars import Calendar
from workbench.hours import WEEKDAYS

COUNTER, AGENCY, ONLINE, GRID = "综合窗口", "帮办代办", "线上值守", "网格走访"
"""Posts: the two windows, online duty, rounds through the grids of a community."""

_PER_RESIDENT: Final = 18 / 10_000
"""Community workers for a resident (国办发〔2021〕56号)."""
_FEWEST, _MOST = 6, 16
_CONTRACTS, _LEAST = (40.0, 40.0, 40.0, 24.0), 0.6
_CAN: Final = {COUNTER: 0.55, AGENCY: 0.55, ONLINE: 0.75}
_THIN = 0.15
"""Chance that a centre has a single person for one of its windows."""
_LEAVES, _LONG, _WISHES = 0.15, 0.02, 0.4
_WEEKS = 4
_LUNCH, _LATE_LUNCH = (690, 810), (720, 840)
"""Midday, on working days and at weekends."""
_WORKDAY: Final = (510, 1050)

Row = dict[str, Any]


def write_staff(
    stations: pd.DataFrame, demand: pd.DataFrame, date: dt.date, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Return the ledgers ``staff``, ``leave``, ``wishes`` and ``requirements``.

    Parameters
    ----------
    stations
        Centres with ``id``, ``community`` and ``opening_hours``.
    demand
        Residents by community.
    date
        Leave and wishes lie in the weeks after it.
    rng
        Source of all chance.
    """
    residents = demand.groupby("community")["residents"].sum()
    monday = date + dt.timedelta(7 - date.weekday())
    staff: list[Row] = []
    for station, community in zip(stations["id"], stations["community"], strict=True):
        people = int(np.clip(round(_PER_RESIDENT * float(residents.get(community, 0.0))), _FEWEST, _MOST))
        staff += _people(str(station), people, len(staff), rng)
    leave, wishes = _away(staff, monday, rng)
    asked = [
        {"id": f"q{number:04d}", **row}
        for number, row in enumerate(
            (
                row
                for station, text in zip(stations["id"], stations["opening_hours"], strict=True)
                for row in _asked(str(station), str(text))
            ),
            1,
        )
    ]
    columns = {"leave": ["id", "staff", "first", "last"], "wishes": ["id", "staff", "date", "shift"]}
    return {
        "staff": pd.DataFrame(staff),
        "leave": pd.DataFrame(leave, columns=columns["leave"]),
        "wishes": pd.DataFrame(wishes, columns=columns["wishes"]),
        "requirements": pd.DataFrame(asked),
    }


def _people(station: str, count: int, before: int, rng: np.random.Generator) -> list[Row]:
    can = {post: rng.uniform(size=count) < share for post, share in _CAN.items()}
    if rng.uniform() < _THIN:
        thin = (COUNTER, AGENCY)[int(rng.integers(2))]
        can[thin] = np.arange(count) == rng.integers(count)
    rows = []
    for place in range(count):
        number = before + place + 1
        hours = float(rng.choice(_CONTRACTS))
        skills = [post for post, who in can.items() if who[place]]
        rows.append(
            {
                "id": f"e{number:04d}",
                "station": station,
                "skills": ";".join([*skills, GRID]),
                "pair": f"{station}-{place // 2 + 1}" if place < count // 2 * 2 else None,
                "weekly_hours": hours,
                "least_hours": round(_LEAST * hours),
                "last_days": str(rng.choice(["DDDDD--", "DDDD-D-", "DD-DDD-", "N-DDD--", "-DDDDD-"])),
                "weekends": int(rng.integers(0, 5)),
                "nights": int(rng.integers(0, 4)),
                "holidays": int(rng.integers(0, 3)),
            }
        )
    return rows


def _away(staff: list[Row], monday: dt.date, rng: np.random.Generator) -> tuple[list[Row], list[Row]]:
    """Return leave, a few days or all of a month, and days that people would have free."""
    leave: list[Row] = []
    wishes: list[Row] = []
    for person in staff:
        days = 7 * _WEEKS if rng.uniform() < _LONG else int(rng.integers(1, 6))
        if rng.uniform() < _LEAVES or days == 7 * _WEEKS:
            first = monday + dt.timedelta(int(rng.integers(0, 7 * _WEEKS - days + 1)))
            last = first + dt.timedelta(days - 1)
            leave.append(
                {"id": f"l{len(leave) + 1:03d}", "staff": person["id"], "first": str(first), "last": str(last)}
            )
        if rng.uniform() < _WISHES:
            wished = rng.choice(7 * _WEEKS, int(rng.integers(1, 4)), replace=False)
            for day in sorted(wished.tolist()):
                date = str(monday + dt.timedelta(int(day)))
                wishes.append({"id": f"w{len(wishes) + 1:03d}", "staff": person["id"], "date": date, "shift": None})
    return leave, wishes


def _asked(station: str, text: str) -> list[Row]:
    """Return what the posts of a centre ask for: both windows while it is open, one at midday; online at night."""
    rows: list[Row] = []
    week = Calendar.ordinary().open_minutes(text)

    def ask(post: str, weekday: str, begin: int, end: int) -> None:
        if begin < end:
            own = {"station": station, "post": post, "weekday": weekday, "start": begin, "end": end, "staff": 1}
            rows.append(own)

    for weekday, minutes in zip(WEEKDAYS, week, strict=True):
        turns = np.flatnonzero(np.diff(minutes, prepend=False, append=False)).reshape(-1, 2).tolist()
        noon = _LATE_LUNCH if weekday in ("Sa", "Su") and turns[:1] != [list(_WORKDAY)] else _LUNCH
        for begin, end in turns:
            ask(COUNTER, weekday, begin, end)
            ask(AGENCY, weekday, begin, min(end, noon[0]) if end > noon[1] else end)
            if end > noon[1]:
                ask(AGENCY, weekday, max(begin, noon[1]), min(end, _WORKDAY[1]))
        ask(ONLINE, weekday, 0, _WORKDAY[0])
        if not turns:
            ask(ONLINE, weekday, *_WORKDAY)
        ask(ONLINE, weekday, _WORKDAY[1], 1440)
    return rows
