"""Small seasons, made by hand: ledgers for the pocket district, and instances for brute force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp

from workbench.programme import Candidate, EventType, ProgrammeProblem, Request
from workbench.scenario.programme import Programme

MONDAY = "2026-07-06"
_TYPE = {
    "name": "夜校", "place": "room", "function": "night_school", "hours": "Mo-Su 19:00-21:00", "duration_min": 90,
    "noise": "ordinary", "audience": "youth", "organiser": None, "attendance": 10, "big": False, "training": False,
    "orders": None, "festival": None, "cost_yuan": 100.0,
}  # fmt: skip
_REQUEST = {"community": "C1", "type": "E1", "sessions": 1, "priority": 1}
_LIKE = {"station": "S1", "date": "2026-07-06", "type": None, "views": 10, "likes": 20}
_VISIT = {"visitor": "a", "station": "S1", "date": "2026-07-06", "compound": None, "type": None}


def _frame(prefix: str, base: Mapping[str, object], rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    full = [{"id": f"{prefix}{place}", **base, **row} for place, row in enumerate(rows, 1)]
    return pd.DataFrame(full, columns=["id", *base])


def types(*rows: Mapping[str, object]) -> pd.DataFrame:
    """E1, E2 …"""
    table = _frame("E", _TYPE, rows)
    return table.astype({"orders": "Int64"})


def requests(*rows: Mapping[str, object]) -> pd.DataFrame:
    """Q1, Q2 …"""
    return _frame("Q", _REQUEST, rows)


def visits(*rows: Mapping[str, object]) -> pd.DataFrame:
    """V1, V2 …"""
    return _frame("V", _VISIT, rows)


def likes(*rows: Mapping[str, object]) -> pd.DataFrame:
    """L1, L2 …"""
    return _frame("L", _LIKE, rows).astype({"views": "Int64"})


def kind(**said: object) -> EventType:
    """An evening in a room for 10 young people."""
    base = {"id": "E1", "name": "夜校", "yard": False, "function": "night_school", "hours": "24/7", "minutes": 90}
    base |= {"noise": "ordinary", "audience": "youth", "organiser": "", "attendance": 10, "big": False}
    base |= {"training": False, "orders": 0, "festival": "", "cost": 100.0, **said}
    return EventType(**base)  # type: ignore[arg-type]


def instance(
    asked: Sequence[tuple[str, EventType, int, int]],
    places: Sequence[tuple[int, int, int]],
    *,
    days: int = 14,
    stations: int = 2,
    near: Sequence[tuple[int, int]] = (),
    gap: int = 3,
    rain: int = 7,
    teams: Mapping[str, int] | None = None,
) -> ProgrammeProblem:
    """An instance: what is asked (community, kind, sessions, priority), and candidates (request, station, day).

    Each station is reached by a group of people of its own, 10 and 20 and so on, and by one of 5 that reaches all.
    """
    wanted = tuple(Request(f"Q{n}", c, k, many, rank) for n, (c, k, many, rank) in enumerate(asked))
    audiences = tuple(sorted({request.type.audience for request in wanted}))
    groups = [*range(stations), *([stations] * stations)]
    reach = sp.csr_array(
        (np.ones(2 * stations, bool), ([*range(stations)] * 2, groups)), shape=(stations, stations + 1)
    )
    people = np.array([[*(10 * (n + 1) for n in range(stations)), 5]] * len(audiences), np.int64)
    monday = dt.date.fromisoformat(MONDAY)
    return ProgrammeProblem(
        said=Programme(monday=MONDAY),
        requests=wanted,
        stations=tuple(f"S{n}" for n in range(stations)),
        days=tuple(monday + dt.timedelta(n) for n in range(days)),
        candidates=tuple(Candidate(*place, 1140) for place in places),
        barred=tuple({} for _ in wanted),
        teams=teams or {},
        near=frozenset(near),
        reach=reach,
        people=people,
        audiences=audiences,
        gap=gap,
        rain=rain,
    )
