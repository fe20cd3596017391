"""Loader of how ledgers say where something is (``places.yaml``)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from workbench.documents import Frozen, build, read_yaml

_FILE = Path(__file__).with_name("places.yaml")
_Words = Annotated[tuple[str, ...], Field(strict=False)]
_NO_LETTER = re.compile(r"[\s_\-－—]")


def plain(text: str) -> str:
    """Return a word as words are compared: capitals, no blanks, no hyphens."""
    return _NO_LETTER.sub("", text).upper()


class PlaceWords(Frozen):
    """Words of datums and axes, and those that names of places share."""

    datums: Mapping[str, _Words]
    """Datum: what a row says that is in it."""
    other_datums: _Words
    """What a row says that is in a datum which only a surveyor can convert."""
    converted: _Words
    """What stands between a datum that was left and the one that holds now."""
    east: _Words
    """What stands beside a longitude or easting."""
    north: _Words
    """What stands beside a latitude or northing."""
    west: _Words
    """What stands beside a longitude west of Greenwich."""
    south: _Words
    """What stands beside a latitude south of the equator."""
    wrapping: _Words
    """What stands round two numbers in one cell and says nothing."""
    shared_words: _Words
    """What names say of the kind of a place: taken off before they are compared."""
    core_weight: float
    """Weight of a name without the words of its kind, of 1; the rest is that of the whole name."""
    in_address_score: float
    """Likeness, of 100, of a whole name that stands in an address."""
    core_in_address_score: float
    """Likeness of one that stands there without the words of its kind."""
    not_last_score: float
    """How much less it is where another name comes after it."""
    taken_score: float
    """Likeness of names, of 100, from which a place is taken for the one that is meant."""
    offered_score: float
    """Likeness from which it is offered to whoever places the row by hand."""
    tie_score: float
    """Scores that differ by less than this are a tie."""
    tie_m: float
    """Places nearer to each other than this are one, metres."""


@cache
def place_words() -> PlaceWords:
    """Return the words of this workbench."""
    return build(PlaceWords, read_yaml(_FILE), str(_FILE))


def datum_in(text: str) -> str | None:
    """Return the datum that a text names; None where it names none, or several and not which of them holds.

    Parameters
    ----------
    text
        A cell, heading or title. Of a conversion, the datum after it counts.

    Returns
    -------
    str or None
        A key of ``datums``; ``other`` for one that cannot be converted here.
    """
    words = place_words()
    last = plain(unicodedata.normalize("NFKC", text))
    for word in words.converted:
        last = last.rpartition(plain(word))[2]
    names = (("other", words.other_datums), *words.datums.items())
    found = [datum for datum, called in names if any(plain(name) in last for name in called)]
    return found[0] if len(found) == 1 or "other" in found else None
