"""The windows of a hall in plain Python, event by event: slow, and written apart from the compiled loop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

QUARTER = 15


@dataclass
class Person:
    at: float
    kind: int
    work: float
    leaves: float
    elder: bool
    began: float = math.nan
    window: int = -1


def week(
    people: Sequence[Person], rank: Sequence[Sequence[int]], factor: Sequence[float], open_: Sequence[Sequence[bool]]
) -> None:
    """Fill in who begins when and where. open_: windows × 673 cells, the last for all time after the week."""
    windows = range(len(rank))
    free = [0.0] * len(rank)

    def may_begin(s: int, when: float) -> bool:
        return free[s] <= when and open_[s][min(int(when // QUARTER), 672)]

    moments = sorted({p.at for p in people} | {float(QUARTER * q) for q in range(673)})
    while moments:
        now = moments.pop(0)
        while True:
            there = [p for p in people if p.at <= now <= p.leaves and math.isnan(p.began)]
            pairs = [
                (rank[s][p.kind], not p.elder, people.index(p), s)
                for s in windows
                for p in there
                if may_begin(s, now) and rank[s][p.kind] >= 0
            ]
            if not pairs:
                break
            _, _, who, s = min(pairs)
            people[who].began, people[who].window = now, s
            free[s] = now + people[who].work * factor[s]
            moments = sorted({*moments, free[s]})
