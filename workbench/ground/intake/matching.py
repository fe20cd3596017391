"""Rows without coordinates: which known place their names and addresses speak of.

Names are compared without what they say of the kind of a place, such as 居委会, then with it, so that of places with
one name the one of the same kind comes first. What is like enough is taken and said with its score; what is as like as
another place far away is a tie and left open; the rest is a list for whoever places rows by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rapidfuzz import fuzz
from rapidfuzz.process import cdist

from workbench.arrays import Flags, Floats
from workbench.catalogue.places import place_words, plain
from workbench.ground.sources.reading import Remark, Shapes

_LEAST_IN_ADDRESS: Final = 3  # letters of a name that is looked for in an address
_OFFERED: Final = 3  # places that are offered to who places a row by hand


@dataclass(frozen=True)
class Places:
    """Known places: names, what they are, and where.

    Attributes
    ----------
    names
        As maps and ledgers have them.
    kinds
        What each is, in Chinese: 小区, 社区, 地图地名 …
    points
        A point of each in the CRS of the district, shape (m,).
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    points: Shapes

    @staticmethod
    def of(parts: Sequence[tuple[str, pd.Series, Shapes]]) -> Places:
        """Put places together.

        Parameters
        ----------
        parts
            Kind, names and shapes; those without a name are left out, of areas a point within is taken.
        """
        names: list[str] = []
        kinds: list[str] = []
        points: list[Shapes] = []
        for kind, column, shapes in parts:
            named = (column.notna() & (column.astype("str").str.strip() != "")).to_numpy(bool)
            names += [str(name).strip() for name in column[named]]
            kinds += [kind] * int(named.sum())
            points.append(np.asarray(shapely.point_on_surface(shapes[named]), dtype=object))
        return Places(tuple(names), tuple(kinds), np.concatenate([np.empty(0, object), *points]))

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Match:
    """What a row without coordinates may mean.

    Attributes
    ----------
    row
        Its position.
    place
        Position of the place that is taken; −1 where none is, or several are as like.
    score
        How like the best is, of 100.
    offered
        Positions of the best places, the best first; those of a tie all, else up to three.
    tie
        Whether several are as like and lie apart.
    """

    row: int
    place: int
    score: float
    offered: tuple[int, ...] = ()
    tie: bool = False


def core(name: str) -> str:
    """Return a name without what it says of the kind of a place; the whole where nothing would be left."""
    text = plain(name)
    for word in sorted(map(plain, place_words().shared_words), key=len, reverse=True):
        text = text.removesuffix(word) or text
    return text


def matched(names: Sequence[str], addresses: Sequence[str], places: Places) -> list[Match]:
    """Find the place that each row speaks of.

    Parameters
    ----------
    names, addresses
        Of the rows, shape (n,); empty where a row has none.
    places
        Known places.

    Returns
    -------
    list of Match
        One a row.
    """
    if not len(places):
        return [Match(row, -1, 0.0) for row in range(len(names))]
    scores = np.maximum(_by_name(names, places), _by_address(addresses, places))
    xy = shapely.get_coordinates(places.points)
    return [_best(row, scores[row], xy) for row in range(len(names))]


def _by_name(names: Sequence[str], places: Places) -> Floats:
    """Score names against names, of 100, shape (n, m)."""
    whole = cdist([plain(name) for name in names], [plain(name) for name in places.names], scorer=fuzz.ratio)
    cores = cdist([core(name) for name in names], [core(name) for name in places.names], scorer=fuzz.ratio)
    weight = place_words().core_weight
    scores = np.asarray(weight * cores + (1.0 - weight) * whole, np.float64)
    scores[[not name for name in names]] = 0.0
    return scores


def _by_address(addresses: Sequence[str], places: Places) -> Floats:
    """Score names in an address, of 100, shape (n, m): it goes from the large to the small, so the last one counts."""
    words, scores = place_words(), np.zeros((len(addresses), len(places)))
    whole, cores = [plain(name) for name in places.names], [core(name) for name in places.names]
    for row, address in enumerate(map(plain, addresses)):
        if not address:
            continue
        for score, texts in ((words.core_in_address_score, cores), (words.in_address_score, whole)):
            inside = [text if len(text) >= _LEAST_IN_ADDRESS and text in address else "" for text in texts]
            ends = np.array([address.rfind(text) + len(text) if text else 0 for text in inside])
            last = (ends == ends.max()) & (ends > 0)
            scores[row] = np.maximum(
                scores[row], np.select([last, ends > 0], [score, score - words.not_last_score], 0.0)
            )
    return scores


def _best(row: int, scores: Floats, xy: Floats) -> Match:
    words = place_words()
    order = np.argsort(-scores, kind="stable")
    best = int(order[0])
    score = float(scores[best])
    if score < words.offered_score:
        return Match(row, -1, score)
    like = order[scores[order] > score - words.tie_score]
    apart = np.hypot(*(xy[like] - xy[best]).T) > words.tie_m
    if score >= words.taken_score and apart.any():
        return Match(row, -1, score, tuple(int(place) for place in like), tie=True)
    offered = tuple(int(place) for place in order[:_OFFERED] if scores[place] >= words.offered_score)
    return Match(row, best if score >= words.taken_score else -1, score, offered)


# ----------------------------------------------------------------------------------------------------------------------
# Columns that name a row of another table where the house wants its identifier.


@dataclass(frozen=True)
class Named:
    """A column of references, as identifiers.

    Attributes
    ----------
    values
        Identifiers; a text that is neither identifier nor name stays, or becomes missing where that is allowed.
    guessed
        Text, and name that was taken for it, with their score.
    unknown
        Texts that nothing is like.
    """

    values: pd.Series
    guessed: tuple[tuple[str, str, float], ...]
    unknown: tuple[str, ...]


def by_name(values: pd.Series, names: Mapping[str, str]) -> Named:
    """Turn names into identifiers.

    Parameters
    ----------
    values
        Identifiers or names, some missing.
    names
        Identifier and name of the rows of the other table. A name that several have is none.
    """
    count = pd.Series(list(names.values())).value_counts()
    ids = {plain(name): key for key, name in names.items() if count[name] == 1}
    cores = [core(name) for name in names.values()]
    keys, texts = list(names), list(names.values())
    found: dict[str, str | None] = {}
    guessed, unknown = [], []
    for text in dict.fromkeys(str(value) for value in values.dropna()):
        if text in names or plain(text) in ids:
            found[text] = text if text in names else ids[plain(text)]
            continue
        scores = np.asarray(cdist([core(text)], cores, scorer=fuzz.ratio), np.float64)[0] if cores else np.zeros(1)
        order = np.argsort(-scores, kind="stable")
        words = place_words()
        clear = len(order) < 2 or scores[order[0]] - scores[order[1]] >= words.tie_score
        if cores and scores[order[0]] >= words.taken_score and clear:
            found[text] = keys[order[0]]
            guessed.append((text, texts[order[0]], float(scores[order[0]])))
        else:
            found[text] = None
            unknown.append(text)
    told = [None if pd.isna(value) else found[str(value)] for value in values]
    return Named(pd.Series(told, index=values.index, dtype=object), tuple(guessed), tuple(unknown))


def joined_by_name(parts: list[Any], frame: gpd.GeoDataFrame) -> tuple[Flags, tuple[Remark, ...]]:
    """Give compounds that earlier sources drew what a ledger tells of them by name, and its identifiers, in place.

    Parameters
    ----------
    parts
        Compounds of the earlier sources; their rows are changed.
    frame
        Those of the ledger, with ``name`` where there are earlier ones.

    Returns
    -------
    tuple
        Which rows of the ledger tell of none and stand by themselves, and what is to be said.
    """
    if not parts:
        return np.ones(len(frame), np.bool_), ()
    drawn = [(part, row) for part in parts if "name" in part for row in part.index[part["name"].notna()]]
    names = {f"#{k}": str(part.at[row, "name"]) for k, (part, row) in enumerate(drawn)}
    told = by_name(frame["name"], names)
    meant = told.values.where(~told.values.duplicated())
    for row, place in meant.dropna().items():
        part, own = drawn[int(place[1:])]
        for column in frame.columns.drop(["geometry", "name"]):
            value: Any = frame.at[row, column]
            if pd.notna(value):
                if column not in part:
                    part[column] = None
                part[column] = part[column].astype(object)
                part.at[own, column] = value
    guesses = [
        Remark("guessed", f"台账中的“{text}”按名称认作图上的“{name}”（相似 {score:.0f} 分）")
        for text, name, score in told.guessed
    ]
    apart = meant.isna().to_numpy(bool)
    words = f"{int((~apart).sum()):,} 个小区按名称并入图上已有的小区，编号、户数等以台账为准"
    return apart, (*([Remark("changed", words)] if not apart.all() else []), *guesses)


def communities_named(stations: gpd.GeoDataFrame) -> tuple[str, pd.Series, Shapes]:
    """Return the communities that stations name, each where its centre stands, else in the middle of its stations.

    Parameters
    ----------
    stations
        Stations with ``community``, a name or an identifier.

    Returns
    -------
    tuple
        Kind, names and points, as :meth:`Places.of` takes them.
    """
    named = stations[stations["community"].notna()]
    centre = named["kind"] == "community_centre" if "kind" in named else pd.Series(False, index=named.index)
    has = named["community"].isin(named.loc[centre, "community"])
    used = named[centre | ~has]
    middle = used.geometry.get_coordinates().groupby(used["community"].astype("str")).mean()
    return "阵地所在社区", pd.Series(middle.index, dtype=object), np.asarray(shapely.points(middle.to_numpy()), object)
