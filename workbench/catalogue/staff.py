"""The ledgers of people on duty: what is wrong with and between them, whatever shifts there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import pandas as pd

from workbench.errors import Problem
from workbench.hours import DAY_MINUTES

OFF, DUTY, NIGHT = "-", "D", "N"
"""A day before the roster, in ``last_days``."""
_PAIR: Final = 2

_Row = Mapping[Any, Any]


def staff_problems(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """List everything wrong with and between the ledgers of people; those that are absent are not judged."""
    staff, leave, asked = (
        tables[name].to_dict("records") if name in tables else [] for name in ("staff", "leave", "requirements")
    )
    return [*_last_days(staff), *_pairs(staff), *_leave(leave), *_spans(asked)]


def _last_days(staff: Iterable[_Row]) -> Iterator[Problem]:
    for row in staff:
        last = row["last_days"] if isinstance(row["last_days"], str) else ""
        if set(last) - {OFF, DUTY, NIGHT}:
            what, mend = "the last days are not known", "Write one sign a day, yesterday's last."
            yield Problem("staff", what, row["id"], "last_days", "D (duty), N (night), - (off)", repr(last), mend)


def _pairs(staff: Iterable[_Row]) -> Iterator[Problem]:
    """Yield A/B pairs that are not two people of one centre."""
    pairs: dict[str, list[_Row]] = defaultdict(list)
    for row in staff:
        if isinstance(row["pair"], str):
            pairs[row["pair"]].append(row)
    for pair, two in sorted(pairs.items()):
        names, stations = ", ".join(row["id"] for row in two), [row["station"] for row in two]
        if len(two) != _PAIR:
            mend = "Name the other one, or leave the pair empty."
            yield Problem("staff", "an A/B pair is not of two", names, "pair", "two people", f"{pair!r}", mend)
        elif len(set(stations)) > 1:
            what, mend = "an A/B pair is of two centres", "Pair each of them with somebody of her or his own centre."
            yield Problem("staff", what, names, "pair", "two people of one centre", " and ".join(stations), mend)


def _leave(leave: Iterable[_Row]) -> Iterator[Problem]:
    for row in leave:
        if row["last"] < row["first"]:
            what, mend = "the leave ends before it begins", "Correct one of the two."
            yield Problem("leave", what, row["id"], "last", f"{row['first']} or later", row["last"], mend)


def _spans(asked: Iterable[_Row]) -> Iterator[Problem]:
    for row in asked:
        if row["end"] <= row["start"]:
            what, limits = "the span ends before it begins", f"{row['start'] + 1} to {DAY_MINUTES}"
            mend = "Midnight ends a span as 1440 and begins one as 0; what runs through it is two rows."
            yield Problem("requirements", what, row["id"], "end", limits, f"{row['end']}", mend)
