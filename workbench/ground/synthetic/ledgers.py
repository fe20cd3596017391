"""Fictional ledgers of order: signs, law-literate volunteers, tools that are lent, study bases and their classes.

After the speech: 38 signs that have to be mended, 435 volunteers in 33 communities. Nobody is named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.arrays import apportioned
from workbench.catalogue.terms import StationKind

_FAULTY: Final = 38
"""Signs that have to be mended, of 33 communities (the speech)."""
_UNTRUE: Final = 0.55
"""Share of these that are doors that say something else than the room is used as."""
_VOLUNTEERS: Final = 435
"""Law-literate volunteers of 33 communities (the speech)."""
_COMMUNITIES: Final = 33
_UNLIKE: Final = 0.45
"""How unevenly volunteers are spread: spread of the logarithm."""
_GRID_PEOPLE: Final = 900
"""Residents of a grid."""
_TOPICS: Final = ("六句话", "惠民账", "发展账")
_UNSHOWN: Final = 0.08
"""Chance that a wall lacks a topic."""
_SHOWN: Final = 30
"""Days for which the content of a wall holds at least."""
_TOOLS: Final = {"老虎钳": 0.75, "螺丝刀": 0.8, "冲击钻": 0.45, "人字梯": 0.4, "疏通器": 0.35, "万用表": 0.25}
"""Tools, each with the chance that a station lends it."""
_LENT: Final = 0.7
"""Share of the stations that lend tools at all."""
_LOANS: Final = 14.0
_BASES: Final = 0.3
"""Share of the centres that are study bases."""
_CLASSES: Final = (2, 6)

Row = dict[str, Any]


def write_ledgers(
    stations: pd.DataFrame, rooms: pd.DataFrame, demand: pd.DataFrame, date: dt.date, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Return the ledgers ``signs``, ``volunteers``, ``tools``, ``study_bases`` and ``study_classes``.

    Parameters
    ----------
    stations, rooms, demand
        Of the district.
    date
        Day of its data.
    rng
        Source of all chance.
    """
    bases, classes = _learning(stations, demand, rng)
    return {
        "signs": _signs(stations, rooms, date, rng),
        "volunteers": _volunteers(demand, rng),
        "tools": _tools(stations, rng),
        "study_bases": bases,
        "study_classes": classes,
    }


def _signs(stations: pd.DataFrame, rooms: pd.DataFrame, date: dt.date, rng: np.random.Generator) -> pd.DataFrame:
    """Write a board for each station, the signs of doors as rooms have them, and the walls of centres.

    Of the doors that do not tell the truth, as the ledger of rooms has it, the rest has no sign; of the others so many
    are worn, improper or out of date that the share of the speech is met.
    """
    rows: list[Row] = []
    for station in stations.to_dict("records"):
        rows.append(_sign(station["id"], None, "board", station["name"], date, rng))
        if station["kind"] != StationKind.POST:
            shown = [topic for topic in _TOPICS if rng.random() >= _UNSHOWN]
            rows += [_sign(station["id"], None, "wall", topic, date, rng) for topic in shown]
    faulty = round(_FAULTY * stations["community"].nunique() / _COMMUNITIES)
    false = rooms.loc[rooms["sign"] != rooms["function"], "id"].to_numpy()
    bare = set(rng.permutation(false)[round(_UNTRUE * faulty) :].tolist())
    doors = [room for room in rooms.to_dict("records") if room["id"] not in bare]
    rows += [_sign(room["station"], room["id"], "door", room["sign"], date, rng) for room in doors]
    asked = max(faulty - min(round(_UNTRUE * faulty), len(false)), 0)
    true = set(rooms.loc[rooms["sign"] == rooms["function"], "id"])
    sound = [place for place, row in enumerate(rows) if row["room"] is None or row["room"] in true]
    for place in rng.choice(sound, size=min(asked, len(sound)), replace=False).tolist():
        row = rows[place]
        if row["kind"] == "wall":
            until = date - dt.timedelta(int(rng.integers(1, 200)))
            row |= {"valid_until": str(until), "made": min(row["made"], str(until - dt.timedelta(_SHOWN)))}
        elif row["kind"] == "board" and rng.random() < 0.5:
            row["text"] = f"{row['text']}活动点"
        elif rng.random() < 0.5:
            row["worn"] = True
        else:
            row["made"] = str(date - dt.timedelta(int(rng.integers(3100, 4200))))
    numbered = [{"id": f"b{number:04d}", **row} for number, row in enumerate(rows, 1)]
    return pd.DataFrame(numbered)


def _sign(station: str, room: str | None, kind: str, text: str, date: dt.date, rng: np.random.Generator) -> Row:
    made = date - dt.timedelta(int(rng.integers(60, 2200)))
    until = date + dt.timedelta(int(rng.integers(5, 360))) if kind == "wall" else None
    row = {"station": station, "room": room, "kind": kind, "text": text, "worn": False}
    return {**row, "made": str(made), "valid_until": None if until is None else str(until)}


def _volunteers(demand: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    people = demand.groupby("community")["residents"].sum()
    weight = people.to_numpy(np.float64) * np.exp(_UNLIKE * rng.standard_normal(len(people)))
    total = round(_VOLUNTEERS * len(people) / _COMMUNITIES)
    counts = apportioned(total, weight)
    grids = np.maximum(np.rint(people.to_numpy() / _GRID_PEOPLE), 1).astype(np.int64)
    names = [f"v{number:03d}" for number in range(1, len(people) + 1)]
    return pd.DataFrame({"id": names, "community": people.index, "volunteers": counts, "grids": grids})


def _tools(stations: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    rows: list[Row] = []
    for station in stations["id"]:
        lends = rng.random() < _LENT
        for tool, chance in _TOOLS.items():
            if rng.random() < chance and lends:
                stock = int(rng.integers(1, 4))
                rows.append(
                    {"station": station, "tool": tool, "stock": stock, "loans": float(rng.poisson(_LOANS * stock))}
                )
    return pd.DataFrame(
        [{"id": f"l{number:04d}", **row} for number, row in enumerate(rows, 1)],
        columns=["id", "station", "tool", "stock", "loans"],
    )


def _learning(
    stations: pd.DataFrame, demand: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make some centres study bases; classes come from compounds of their community, and now and then from another."""
    centres = stations[stations["kind"] != StationKind.POST]
    count = max(round(_BASES * len(centres)), 1)
    chosen = centres.iloc[np.sort(rng.choice(len(centres), size=count, replace=False))]
    bases: list[Row] = []
    classes: list[Row] = []
    lived = demand.dropna(subset=["compound"])
    everywhere: Sequence[str] = sorted(lived["compound"].unique())
    for number, centre in enumerate(chosen.to_dict("records"), 1):
        base = {"id": f"j{number:03d}", "name": f"{centre['name']}学习教育阵地", "station": centre["id"]}
        base |= {"capacity": int(rng.choice([30, 40, 60])), "sessions": float(rng.choice([8, 12, 20]))}
        bases.append(base)
        own = sorted(lived.loc[lived["community"] == centre["community"], "compound"].unique()) or everywhere
        for _ in range(int(rng.integers(*_CLASSES))):
            place = rng.choice(everywhere if rng.random() < 0.15 else own)
            classes.append(
                {"id": f"k{len(classes) + 1:04d}", "base": base["id"], "compound": str(place)}
                | {"people": int(rng.integers(12, 46)), "sessions": float(rng.integers(1, 5))}
            )
    return pd.DataFrame(bases), pd.DataFrame(classes, columns=["id", "base", "compound", "people", "sessions"])
