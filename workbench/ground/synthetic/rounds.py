"""Fictional trades that go round: what they do, their crews, where they are wanted, days off, and legal advisers."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.catalogue.terms import StationKind

# name, travel, days, start, end, people, cases of 1,000, service, setup, longest; residents a crew; share of posts
_TRADES: Final = (
    (
        "cobbler",
        "修鞋配钥匙",
        "walk",
        "Mo;Tu;We;Th;Fr;Sa",
        "09:00",
        "17:00",
        "residents",
        6.0,
        12,
        15,
        180,
        60_000,
        0.3,
    ),
    ("grinder", "磨刀", "walk", "Mo;Tu;We;Th;Fr", "09:00", "16:30", "residents", 3.0, 8, 10, 150, 130_000, 0.0),
    ("barber", "爱心义剪", "drive", "Mo;Tu;We;Th;Fr", "08:30", "16:30", "age_80_plus", 120.0, 15, 20, 210, 90_000, 0.2),
    ("visits", "帮办上门", "drive", "Mo;Tu;We;Th;Fr", "08:30", "17:00", "age_80_plus", 90.0, 30, 10, 240, 60_000, 0.0),
)
_COLUMNS: Final = (
    "id", "name", "travel", "days", "start", "end", "people", "cases_per_1000", "service_min", "setup_min",
    "longest_min",
)  # fmt: skip
_COMMUNITIES_EACH: Final = 3
"""Communities of a legal adviser."""
_SPARE: Final = 2
"""How many more than that she or he could take on."""
_MOVED: Final = 0.2
"""Chance that a community had no adviser last year that stays."""
_MARKET_DAY: Final = 0.15
"""Chance that a stop takes a trade on some days only."""

Row = dict[str, Any]


def write_rounds(
    stations: pd.DataFrame, demand: pd.DataFrame, date: dt.date, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Return the ledgers ``trades``, ``crews``, ``stops``, ``blackouts`` and ``advisers``.

    Parameters
    ----------
    stations
        With ``id``, ``kind``, ``access`` and ``community``.
    demand
        Residents by community.
    date
        Days off lie in the weeks after it.
    rng
        Source of all chance.
    """
    people = float(demand["residents"].sum())
    centres = stations[stations["kind"] == StationKind.COMMUNITY_CENTRE]
    posts = stations[(stations["kind"] == StationKind.POST) & (stations["access"] == "public")]
    crews: list[Row] = []
    stops: list[Row] = []
    for key, _, _, days, *_, each, share in _TRADES:
        bases = [str(rng.choice(centres["id"])) for _ in range(max(1, round(people / each)))]
        crews += [{"trade": key, "station": base, "days": None} for base in bases]
        added = posts["id"][rng.uniform(size=len(posts)) < share]
        for station in [*centres["id"], *added]:
            some = rng.uniform() < _MARKET_DAY
            own = sorted(rng.choice(len(days.split(";")), 3, replace=False).tolist())
            kept = ";".join(days.split(";")[place] for place in own) if some else None
            stops.append({"trade": key, "station": station, "cases": None, "visits": None, "days": kept})
    monday = date + dt.timedelta(7 - date.weekday())
    contest, drill = 7 + int(rng.integers(4)), 14 + int(rng.integers(5))
    off = [("barber", contest, contest + 1, "区义剪技能比武"), (None, drill, drill, "社区消防演练日")]
    blackouts = [
        {"trade": key, "first": _day(monday, first), "last": _day(monday, last), "occasion": why}
        for key, first, last, why in off
    ]
    trades = pd.DataFrame([row[: len(_COLUMNS)] for row in _TRADES], columns=_COLUMNS)
    often = (trades["cases_per_1000"] * rng.uniform(0.85, 1.15, len(trades))).round(1)
    return {
        "trades": trades.assign(cases_per_1000=often),
        "crews": _numbered("g", pd.DataFrame(crews)),
        "stops": _numbered("p", pd.DataFrame(stops)),
        "blackouts": _numbered("b", pd.DataFrame(blackouts)),
        "advisers": _advisers(centres, rng),
    }


def _day(monday: dt.date, after: int) -> str:
    return (monday + dt.timedelta(after)).isoformat()


def _advisers(centres: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return advisers who had neighbouring communities last year; some of those have changed hands since."""
    communities = centres["community"].tolist()
    count = max(1, round(len(communities) / _COMMUNITIES_EACH))
    rows = []
    for number, own in enumerate(np.array_split(np.array(communities, object), count), 1):
        kept = [str(one) for one in own if rng.uniform() >= _MOVED]
        home = centres["id"][centres["community"].isin(list(own))].tolist()
        station = str(home[int(rng.integers(len(home)))])
        most = _COMMUNITIES_EACH + int(rng.integers(_SPARE + 1))
        rows.append({"id": f"v{number:02d}", "station": station, "most": most, "last_year": ";".join(kept) or None})
    return pd.DataFrame(rows)


def _numbered(letter: str, frame: pd.DataFrame) -> pd.DataFrame:
    width = max(2, len(str(len(frame))))
    frame.insert(0, "id", [f"{letter}{n:0{width}d}" for n in range(1, len(frame) + 1)])
    return frame
