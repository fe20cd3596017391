"""Which session could be where once works are done, and which works it takes.

A session takes all of some lots of works, one work of each lot: a joined pair may get its projector in either room. The
reductions are exact: a pair is left out for what fits a part of it with no more works.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from workbench.rooms.choices import Choices, choices
from workbench.rooms.fitness import holds, low_enough, rooms_of
from workbench.rooms.problem import Activity, Centre, Ints, Rule
from workbench.rooms.works.problem import Work
from workbench.tables.room_ledgers import NOISE

Lot: TypeAlias = frozenset[int]
"""Works, by position, of which one is enough."""
Lots: TypeAlias = frozenset[Lot]
"""Lots that are all needed."""

WORKABLE = (Rule.EQUIPMENT, Rule.SUPPLY, Rule.PRIVACY, Rule.WALLS, Rule.JOINING)
"""Rules that works can mend."""


@dataclass(frozen=True, eq=False)
class WorkedChoices:
    """All sessions that could be, with the works they take.

    Parameters
    ----------
    choices
        The sessions, of the centre with every pair that could be joined.
    works
        Works that some session takes.
    lots
        Each lot of works with the positions of the choices that take it; all of them are in one room.
    """

    choices: Choices
    works: tuple[Work, ...]
    lots: tuple[tuple[Lot, Ints], ...]

    @property
    def takers(self) -> list[set[int]]:
        """The activities that could take each work, by position."""
        found: list[set[int]] = [set() for _ in self.works]
        for lot, at in self.lots:
            for work in lot:
                found[work].update(np.unique(self.choices.activity[at]).tolist())
        return found


def worked_choices(
    centre: Centre, works: Sequence[Work], most_cost: int | None = None, most_days: int | None = None
) -> WorkedChoices:
    """List every session that could be with some of these works done.

    Parameters
    ----------
    centre
        The centre as it is.
    works
        Works that are possible there.
    most_cost, most_days
        Yuan and days that works may take; None for as many as it takes. What takes more by itself is left out.

    Returns
    -------
    WorkedChoices
    """
    more = tuple((w.rooms[0], w.rooms[1]) for w in works if w.gives == "join")
    wide = replace(centre, joins=(*centre.joins, *more))
    needed = {
        key: lots
        for key, lots in _needed(centre, wide, works)
        if _within(most_cost, [min(works[n].cost for n in lot) for lot in lots])
        and _within(most_days, [min(works[n].days for n in lot) for lot in lots])
    }
    every = choices(wide, WORKABLE)
    keys = list(zip(every.activity.tolist(), every.place.tolist(), strict=True))
    kept = np.array([key in needed for key in keys], bool)
    made = Choices(wide, every.activity[kept], every.start[kept], every.place[kept])
    taken = sorted({lot for key in set(keys) & set(needed) for lot in needed[key]}, key=sorted)
    used = sorted({work for lot in taken for work in lot})
    place = {work: number for number, work in enumerate(used)}
    of_choice = [needed[key] for key in keys if key in needed]
    lots = tuple(
        (frozenset(place[w] for w in lot), np.flatnonzero([lot in lots for lots in of_choice])) for lot in taken
    )
    return WorkedChoices(made, tuple(works[w] for w in used), lots)


def _within(most: int | None, amounts: list[int]) -> bool:
    """Tell whether the least of each lot, no two of which have a work in common, is not too much together."""
    return most is None or sum(amounts) <= most


def _needed(centre: Centre, wide: Centre, works: Sequence[Work]) -> Iterator[tuple[tuple[int, int], Lots]]:
    """Go through activities and places that will do, with the lots they take."""
    offers = _Offers(works)
    published = {(s.activity, s.place) for s in centre.today}
    for a, asked in enumerate(centre.activities):
        found = [offers.lots(wide, asked, place) for place in range(len(wide.places))]
        for place, lots in enumerate(found):
            if lots is None or (len(wide.places[place]) > 1 and not wide.rules.join):
                continue
            parts = wide.places[place] if len(wide.places[place]) > 1 else ()
            better = any(_implied(found[r], lots) for r in parts)
            if not better or (a, place) in published:
                yield (a, place), lots


def _implied(part: Lots | None, whole: Lots) -> bool:
    """Tell whether a part will do whenever the whole does."""
    return part is not None and all(any(lot <= own for lot in whole) for own in part)


class _Offers:
    """What works offer, by room."""

    def __init__(self, works: Sequence[Work]) -> None:
        self._works = works
        self._joins = {w.rooms: n for n, w in enumerate(works) if w.gives == "join"}

    def _of(self, rooms: Sequence[int], gives: str, item: str = "") -> Lot:
        """Return the works in some rooms that give this, or walls that bear as much."""
        return frozenset(
            n
            for n, w in enumerate(self._works)
            if w.gives == gives
            and w.rooms[0] in rooms
            and (NOISE.index(w.item) >= NOISE.index(item) if gives == "sound" else w.item == item)
        )

    def lots(self, centre: Centre, asked: Activity, place: int) -> Lots | None:
        """Return the lots that an activity takes in a place; None if no works make it fit."""
        at, rooms = centre.places[place], rooms_of(centre, place)
        if not (holds(asked, rooms) and low_enough(asked, rooms)):
            return None
        lots = [frozenset({self._joins[at]})] if at in self._joins else []
        held = frozenset().union(*(room.equipment for room in rooms))
        lots += [self._of(at, "equipment", item) for item in asked.equipment - held]
        if asked.water and not any(room.water for room in rooms):
            lots.append(self._of(at, "water"))
        if asked.strong_power and not any(room.strong_power for room in rooms):
            lots.append(self._of(at, "power"))
        for r, room in zip(at, rooms, strict=True):
            if asked.private and not room.private:
                lots.append(self._of((r,), "private"))
            if asked.noise > room.sound:
                lots.append(self._of((r,), "sound", NOISE[asked.noise]))
        return frozenset(lots) if all(lots) else None
