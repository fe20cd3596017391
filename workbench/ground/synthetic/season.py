"""A fictional season: kinds of events, who brings them, which community asks for what, yards, visits, and likes.

Visitors are random numbers; nobody stands behind one.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.catalogue.terms import StationKind

Row = dict[str, Any]

_ORGANISERS: Final = (("区卫健委", 2), ("某银行支行", 1), ("某职业培训学校", 2), ("区文化馆", 2), ("某市场运营公司", 2))
_COLUMNS: Final = (
    "name", "place", "function", "hours", "duration_min", "noise", "audience", "organiser", "attendance", "big",
    "training", "orders", "festival", "cost_yuan",
)  # fmt: skip
_TYPES: Final = (  # a row has _COLUMNS; the organiser is a place among those above
    ("中医夜市", "yard", None,
     "Jun-Sep Th-Sa 18:30-21:00", 150, "ordinary", "everyone", 0, 150, True, False, None, None, 3500),
    ("开元夜校", "room", "night_school",
     "Mo-Th 19:00-21:00", 90, "ordinary", "youth", 3, 20, False, False, None, None, 800),
    ("便民集市", "yard", None,
     "Sa,Su 08:30-11:30", 180, "ordinary", "everyone", 4, 200, True, False, None, None, 2500),
    ("纳凉晚会", "yard", None,
     "Jul-Sep Fr-Su 19:00-21:00", 120, "loud", "everyone", 3, 180, True, False, None, None, 4000),
    ("助农直播", "room", "livestream",
     "Mo-Fr 14:00-20:00", 120, "quiet", "gig_workers", None, 8, False, False, None, None, 600),
    ("订单式技能培训", "room", "training",
     "Mo-Fr 08:00-11:30,14:00-17:30", 120, "ordinary", "gig_workers", 2, 24, False, True, 960, None, 1500),
    ("反诈与理财课", "room", "lecture",
     "Mo-Fr 09:00-11:00", 90, "ordinary", "elders", 1, 25, False, False, None, None, 300),
    ("中秋游园", "yard", None,
     "Mo-Su 18:00-21:00", 150, "loud", "children", 3, 160, True, False, None, "中秋节", 4500),
)  # fmt: skip
_WANTED: Final = (0.5, 0.75, 0.6, 0.35, 0.3, 0.6, 0.7, 0.25)
"""Chance that a community asks for each kind."""
_YARDS: Final = {True: (0.8, (120, 260)), False: (0.35, (60, 200))}
"""Of centres and of posts: chance of a yard, and the people that it holds."""
_VISITORS: Final = 520
_DAYS: Final = 105
_BACK: Final = 0.42
"""Chance that somebody comes again after a visit."""
_PAUSE: Final = 16.0
"""Mean days until then."""
_BELONGS, _NEAR = 0.78, 0.7
"""Share of visitors whose compound is told; of these, share of its own community."""
_CHANNELS: Final = 0.12
"""Chance that a station has a channel."""
_SILENCE: Final = 12.0
"""Mean days from one of its broadcasts to the next."""
_OPENED, _TAPS, _UNCOUNTED = (6.0, 0.8), (0.5, 6.0), 0.1
"""Mean and deviation of the logarithm of views; likes a view; chance that views were not counted."""


def write_season(
    stations: pd.DataFrame, demand: pd.DataFrame, date: dt.date, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Return the ledgers ``organisers``, ``event_types``, ``event_requests``, ``yards``, ``visits`` and ``likes``.

    Parameters
    ----------
    stations, demand
        Of the district.
    date
        Visits and likes lie in the weeks before it.
    rng
        Source of all chance.
    """
    organisers = [{"id": f"g{n:02d}", "name": name, "teams": teams} for n, (name, teams) in enumerate(_ORGANISERS, 1)]
    types = pd.DataFrame([dict(zip(_COLUMNS, row, strict=True)) for row in _TYPES])
    brings = [None if pd.isna(place) else organisers[int(place)]["id"] for place in types["organiser"]]
    types["organiser"] = pd.Series(brings, dtype=object)
    types["orders"] = types["orders"].astype("Int64")
    types.insert(0, "id", [f"e{number:02d}" for number in range(1, len(types) + 1)])
    return {
        "organisers": pd.DataFrame(organisers),
        "event_types": types,
        "event_requests": _requests(stations, types, rng),
        "yards": _yards(stations, rng),
        "visits": _visits(stations, demand, types, date, rng),
        "likes": _likes(stations, types, date, rng),  # last, so that what was drawn before it existed stays as it was
    }


def _requests(stations: pd.DataFrame, types: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    rows: list[Row] = []
    for community in sorted(stations["community"].dropna().unique()):
        for kind, chance in zip(types["id"], _WANTED, strict=True):
            if rng.random() < chance:
                rows.append(
                    {
                        "community": community,
                        "type": kind,
                        "sessions": int(rng.integers(1, 4)),
                        "priority": int(rng.integers(1, 4)),
                    }
                )
    rows = [
        row | ({"sessions": 1} if row["type"] == types["id"].iloc[-1] else {}) for row in rows
    ]  # a festival is once
    return pd.DataFrame(
        [{"id": f"a{number:04d}", **row} for number, row in enumerate(rows, 1)],
        columns=["id", "community", "type", "sessions", "priority"],
    )


def _yards(stations: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    rows: list[Row] = []
    for station, kind in zip(stations["id"], stations["kind"], strict=True):
        chance, (low, high) = _YARDS[kind != StationKind.POST]
        if rng.random() < chance:
            rows.append({"station": station, "capacity": 10 * int(rng.integers(low // 10, high // 10))})
    return pd.DataFrame(
        [{"id": f"y{number:03d}", **row} for number, row in enumerate(rows, 1)], columns=["id", "station", "capacity"]
    )


def _visits(
    stations: pd.DataFrame, demand: pd.DataFrame, types: pd.DataFrame, date: dt.date, rng: np.random.Generator
) -> pd.DataFrame:
    """Let visitors come to a station, and some of them again after a while, there or at the next of its community."""
    lived = demand.dropna(subset=["compound"])
    of_community = {name: sorted(own["compound"].unique()) for name, own in lived.groupby("community")}
    everywhere = sorted(lived["compound"].unique())
    places = stations.loc[stations["community"].notna(), ["id", "community"]].to_dict("records")
    rows: list[Row] = []
    for name in rng.permutation(max(round(_VISITORS * len(of_community) / 33), 1)).tolist():
        home = places[int(rng.integers(len(places)))]
        own = of_community.get(home["community"]) or everywhere
        told = rng.random() < _BELONGS and everywhere
        compound = str(rng.choice(own if rng.random() < _NEAR else everywhere)) if told else None
        visitor = f"p{int(rng.integers(16**9)):09x}{name:03x}"
        day = float(rng.integers(_DAYS))
        while day < _DAYS:
            kind = str(rng.choice(types["id"])) if rng.random() < 0.6 else None
            when = str(date - dt.timedelta(_DAYS - int(day)))
            rows.append({"visitor": visitor, "station": home["id"], "date": when, "compound": compound, "type": kind})
            day += _DAYS if rng.random() >= _BACK else 1 + rng.exponential(_PAUSE)
    table = pd.DataFrame(rows).sort_values(["date", "visitor"], ignore_index=True)
    table.insert(0, "id", [f"n{number:05d}" for number in range(1, len(table) + 1)])
    return table


def _likes(stations: pd.DataFrame, types: pd.DataFrame, date: dt.date, rng: np.random.Generator) -> pd.DataFrame:
    """Let some stations broadcast now and then; viewers tap as often as they please, whoever comes."""
    rows: list[Row] = []
    for station in stations.loc[stations["community"].notna(), "id"]:
        day = rng.exponential(_SILENCE) if rng.random() < _CHANNELS else np.inf
        while day < _DAYS:
            views = round(rng.lognormal(*_OPENED))
            row = {"station": station, "date": str(date - dt.timedelta(_DAYS - int(day)))}
            row |= {"type": str(rng.choice(types["id"])) if rng.random() < 0.6 else None}
            row |= {"likes": round(views * rng.uniform(*_TAPS)), "views": None if rng.random() < _UNCOUNTED else views}
            rows.append(row)
            day += 1 + rng.exponential(_SILENCE)
    columns = ["station", "date", "type", "views", "likes"]
    table = pd.DataFrame(rows, columns=columns).sort_values(["date", "station"], ignore_index=True)
    table.insert(0, "id", [f"z{number:03d}" for number in range(1, len(table) + 1)])
    return table.astype({"views": "Int64", "likes": "Int64"})
