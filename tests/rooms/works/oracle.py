"""Brute force over all sets of works of a tiny centre, each with brute force over its timetables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, combinations

from tests.rooms import oracle
from workbench.rooms import Centre, Session
from workbench.rooms.works.problem import Work


def done(centre: Centre, works: Sequence[Work]) -> Centre | None:
    """The centre with these works done; None if a room would be in two pairs."""
    joined = [w.rooms for w in works if w.gives == "join"]
    if len({r for pair in joined for r in pair}) < 2 * len(joined):
        return None
    rooms = list(centre.rooms)
    for work in works:
        at = work.rooms[0]
        if work.gives == "equipment":
            rooms[at] = replace(rooms[at], equipment=rooms[at].equipment | {work.item})
        elif work.gives == "water":
            rooms[at] = replace(rooms[at], water=True)
        elif work.gives == "power":
            rooms[at] = replace(rooms[at], strong_power=True)
        elif work.gives == "private":
            rooms[at] = replace(rooms[at], private=True)
        elif work.gives == "sound":
            rooms[at] = replace(rooms[at], sound=max(rooms[at].sound, {"ordinary": 1, "loud": 2}[work.item]))
    return replace(centre, rooms=tuple(rooms), joins=(*centre.joins, *joined))  # new pairs come last: places stay


def frontier(centre: Centre, works: Sequence[Work], money: int, days: int | None) -> list[tuple[int, tuple[int, ...]]]:
    """Cost and need of all sets of works of which none is better for less, by cost; 1 first where there is nothing."""
    asked = [sum(a.sessions * a.weight for a in centre.activities if a.priority == p) for p in (1, 2, 3)]
    found = []
    for some in chain.from_iterable(combinations(works, n) for n in range(len(works) + 1)):
        cost, took = sum(w.cost for w in some), sum(w.days for w in some)
        after = done(centre, some) if cost <= money and (days is None or took <= days) else None
        if after is not None:
            best = oracle.best(after)
            found.append((cost, (1, *asked) if best is None else (0, *best[:3])))
    found.sort()
    return [one for n, one in enumerate(found) if all(one[1] < other[1] for other in found[:n])]


def needless(centre: Centre, works: Sequence[Work], sessions: Sequence[Session]) -> list[Work]:
    """Works without which every session would still fit its rooms."""
    after = done(centre, works)
    assert after is not None
    found = []
    for work in works:
        before = done(centre, [w for w in works if w is not work])
        assert before is not None
        pairs = set(before.joins)
        fits = [
            (len(after.places[s.place]) == 1 or after.places[s.place] in pairs)
            and oracle.suits(before.activities[s.activity], [before.rooms[r] for r in after.places[s.place]])
            for s in sessions
        ]
        if all(fits):
            found.append(work)
    return found
