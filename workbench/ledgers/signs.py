"""Signs and walls: which are worn, improper, untrue or out of date, and what walls lack.

A name board says the name of its station; the sign at a door says a word for rooms of the catalogue, and the one that
the room is actually used as; what a wall shows holds until the day that its row names.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.catalogue.functions import Catalogue, RoomWord, catalogue
from workbench.catalogue.terms import StationKind
from workbench.ground.district import District

FAULTS: Final = ("worn", "improper", "untrue", "outdated")
"""陈旧、不规范、名不符实、内容超期: what can be wrong with a sign."""
_YEAR_DAYS: Final = 365.25


def sign_faults(
    district: District, day: dt.date, most_years: float, functions: Catalogue | None = None
) -> pd.DataFrame:
    """Judge every sign of the ledger.

    Parameters
    ----------
    district
        With the ledger ``signs``; of ``rooms`` it takes the actual function.
    day
        The day on which they are judged.
    most_years
        Age after which a sign counts as worn.
    functions
        Catalogue with the words for rooms; that of the workbench when not given.

    Returns
    -------
    pandas.DataFrame
        One row a sign, by station and identifier: ``id``, ``station``, ``room``, ``kind``, ``text``, ``years`` (missing
        = not known), a flag for each of :data:`FAULTS`, ``faulty``, ``should`` (what it ought to say, missing where
        that is not known) and ``days`` (left until its last day, missing where there is none).
    """
    signs, words = district.ledger("signs"), (functions or catalogue()).rooms
    actual = dict(zip(*(district.ledger("rooms")[name] for name in ("id", "function")), strict=True))
    names = dict(zip(*(district.stations[name] for name in ("id", "name")), strict=True))
    rows = []
    for row in signs.to_dict("records"):
        made, until = (_days(row[name], day) for name in ("made", "valid_until"))
        years, left = -made / _YEAR_DAYS, until
        should = names[row["station"]] if row["kind"] == "board" else actual.get(row["room"], np.nan)
        door = row["kind"] == "door"
        known = isinstance(should, str) and (not door or (should in words and _used(words[should])))
        faults = {
            "worn": bool(row["worn"]) or years > most_years,
            "improper": row["text"] not in words if door else row["kind"] == "board" and row["text"] != should,
            "untrue": door and isinstance(should, str) and row["text"] in words and row["text"] != should,
            "outdated": left < 0,
        }
        kept = {name: row[name] for name in ("id", "station", "room", "kind", "text")}
        rows.append(
            {**kept, "years": years, **faults, "faulty": any(faults.values())}
            | {"should": should if known and row["text"] != should else np.nan, "days": left}
        )
    columns = ["id", "station", "room", "kind", "text", "years", *FAULTS, "faulty", "should", "days"]
    return pd.DataFrame(rows, columns=columns).sort_values(["station", "id"], ignore_index=True)


def _used(word: RoomWord) -> bool:
    """Whether a room of this word is used at all: an idle one has nothing to say."""
    return bool(word.hosts) or word.use == "office"


def _days(text: Any, day: dt.date) -> float:
    return float((dt.date.fromisoformat(text) - day).days) if isinstance(text, str) else np.nan


def missing_walls(district: District, topics: Iterable[str]) -> pd.DataFrame:
    """Return one row a centre and topic that none of its walls shows: ``station``, ``topic``."""
    stations, signs = district.stations, district.ledger("signs")
    walls = signs[signs["kind"] == "wall"]
    shown: Collection[tuple[str, str]] = set(zip(walls["station"], walls["text"], strict=True))
    centres = stations.loc[stations["kind"] != StationKind.POST, "id"]
    rows = [(name, topic) for name in centres for topic in topics if (name, topic) not in shown]
    return pd.DataFrame(rows, columns=["station", "topic"])
