"""Works on the rooms of one centre, free of any solver: what could be done, what a centre is then, what a work serves.

A work belongs to one room, or to two that share a wall and can be joined afterwards. The centre with some works done is
an ordinary centre.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from workbench.arrays import Ints
from workbench.catalogue.functions import Catalogue, WorkKind, parts_of
from workbench.catalogue.tables import NOISE
from workbench.errors import Problem, ScenarioError, unknown
from workbench.ground.district import District
from workbench.rooms.check import faults, objectives
from workbench.rooms.problem import (
    FITNESS,
    PRIORITIES,
    Activity,
    Centre,
    Choices,
    Room,
    Rule,
    Session,
    Timetable,
    choices,
    holds,
    low_enough,
    rooms_of,
)
from workbench.rooms.result import TimetableResult
from workbench.scenario import Scenario
from workbench.scenario.rooms import RoomWorks

Worth: TypeAlias = tuple[int, int, int, int]
"""1 where there is no timetable, else 0; then person-minutes that are not served, by priority. Less is better."""
_Gives = Literal["equipment", "water", "power", "private", "sound", "join"]


@dataclass(frozen=True, order=True)
class Work:
    """A work that could be done in a centre.

    Parameters
    ----------
    rooms
        Positions of its room, or of the two that are joined, lower first.
    key
        Its kind, by key of the catalogue.
    gives, item
        What the rooms have afterwards; see :class:`workbench.catalogue.functions.WorkKind`.
    cost
        Yuan.
    days
        Days of work on the spot.
    """

    rooms: tuple[int, ...]
    key: str
    gives: _Gives
    item: str
    cost: int
    days: int


def cost_of(kind: WorkKind, rooms: Iterable[Room]) -> int:
    """Return what a work costs in some rooms, whole yuan, rounded up."""
    area_dm2 = sum(room.area_dm2 for room in rooms)
    return kind.per_room - (-kind.per_m2 * area_dm2 // 10)


def possible_works(centre: Centre, kinds: Mapping[str, WorkKind], forbidden: Iterable[str] = ()) -> tuple[Work, ...]:
    """List every work that would give rooms something they lack."""
    barred = set(forbidden)
    open_ = [r for r, room in enumerate(centre.rooms) if room.id not in barred]
    paired = {r for pair in centre.joins for r in pair}
    walls = [
        (a, b)
        for a, b in centre.walls
        if centre.rooms[a].storey == centre.rooms[b].storey and {a, b} <= set(open_) and not {a, b} & paired
    ]
    found = []
    for key, kind in kinds.items():
        places: list[tuple[int, ...]] = [(r,) for r in open_ if _lacks(centre.rooms[r], kind.gives, kind.item)]
        if kind.gives == "join":
            places = [*walls] if centre.rules.join else []
        for place in places:
            cost = cost_of(kind, (centre.rooms[r] for r in place))
            found.append(Work(place, key, kind.gives, kind.item, cost, kind.days))
    return tuple(sorted(found))


def _lacks(room: Room, gives: _Gives, item: str) -> bool:
    if gives == "equipment":
        return item not in room.equipment
    if gives == "sound":
        return room.sound < NOISE.index(item)
    has = {"water": room.water, "power": room.strong_power, "private": room.private, "join": True}
    return not has[gives]


def still_lacking(centre: Centre, work: Work) -> bool:
    """Tell whether a centre lacks what a work gives; two rooms lack a joint as long as they are not a pair."""
    if work.gives == "join":
        return work.rooms not in centre.joins
    return _lacks(centre.rooms[work.rooms[0]], work.gives, work.item)


def worked(centre: Centre, works: Iterable[Work]) -> Centre:
    """Return the centre with some works done."""
    rooms, joins = list(centre.rooms), set(centre.joins)
    for work in works:
        if work.gives == "join":
            joins.add((work.rooms[0], work.rooms[1]))
        else:
            rooms[work.rooms[0]] = _bettered(rooms[work.rooms[0]], work)
    after = replace(centre, rooms=tuple(rooms), joins=tuple(sorted(joins)))
    place = {rooms_: number for number, rooms_ in enumerate(after.places)}

    def moved(sessions: tuple[Session, ...]) -> tuple[Session, ...]:
        return tuple(sorted(replace(s, place=place[centre.places[s.place]]) for s in sessions))

    return replace(after, today=moved(centre.today), fixed=moved(centre.fixed))


def _bettered(room: Room, work: Work) -> Room:
    if work.gives == "equipment":
        return replace(room, equipment=room.equipment | {work.item})
    if work.gives == "sound":
        return replace(room, sound=max(room.sound, NOISE.index(work.item)))
    return replace(
        room,
        water=room.water or work.gives == "water",
        strong_power=room.strong_power or work.gives == "power",
        private=room.private or work.gives == "private",
    )


def serves(centre: Centre, works: tuple[Work, ...], timetable: Timetable) -> list[tuple[Session, ...]]:
    """Return for each work the sessions of a timetable that would not fit without it, all other works being done."""
    after, found = worked(centre, works), []
    for number in range(len(works)):
        without = worked(centre, works[:number] + works[number + 1 :])
        found.append(tuple(s for s in timetable.sessions if not _fits(without, after, s)))
    return found


def _fits(without: Centre, after: Centre, session: Session) -> bool:
    """Tell whether a session of one centre fits the same rooms of another."""
    rooms = after.places[session.place]
    if len(rooms) > 1 and rooms not in without.joins:
        return False
    asked = after.activities[session.activity]
    return all(kept(asked, [without.rooms[r] for r in rooms]) for kept in FITNESS.values())


# ----------------------------------------------------------------------------------------------------------------------
# Which session could be where once works are done, and which works it takes.
#
# A session takes all of some lots of works, one work of each lot: a joined pair may get its projector in either room.
# The reductions are exact: a pair is left out for what fits a part of it with no more works.


Lot: TypeAlias = frozenset[int]
"""Works, by position, of which one is enough."""
_Lots: TypeAlias = frozenset[Lot]
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
    """List every session that could be with some of these works done."""
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
    possible = Choices(wide, every.activity[kept], every.start[kept], every.place[kept])
    taken = sorted({lot for key in set(keys) & set(needed) for lot in needed[key]}, key=sorted)
    used = sorted({work for lot in taken for work in lot})
    place = {work: number for number, work in enumerate(used)}
    of_choice = [needed[key] for key in keys if key in needed]
    lots = tuple(
        (frozenset(place[w] for w in lot), np.flatnonzero([lot in lots for lots in of_choice])) for lot in taken
    )
    return WorkedChoices(possible, tuple(works[w] for w in used), lots)


def _within(most: int | None, amounts: list[int]) -> bool:
    """Tell whether the least of each lot, no two of which have a work in common, is not too much together."""
    return most is None or sum(amounts) <= most


def _needed(centre: Centre, wide: Centre, works: Sequence[Work]) -> Iterator[tuple[tuple[int, int], _Lots]]:
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


def _implied(part: _Lots | None, whole: _Lots) -> bool:
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

    def lots(self, centre: Centre, asked: Activity, place: int) -> _Lots | None:
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


# ----------------------------------------------------------------------------------------------------------------------
# The truth about works, without a solver: what they cost, whether they may be done, and whether each is needed.


@dataclass(frozen=True)
class WorkLimits:
    """What works may be done, and how much.

    Parameters
    ----------
    kinds
        What may be done, by key, with its costs.
    budget
        Most that all works may cost, yuan.
    most_days
        Most days of work in one centre; None for as many as it takes.
    forbidden
        Identifiers of rooms in which nothing may be done.
    """

    kinds: Mapping[str, WorkKind]
    budget: int
    most_days: int | None = None
    forbidden: frozenset[str] = frozenset()


def work_faults(
    centre: Centre, works: Sequence[Work], limits: WorkLimits, today: Timetable | None, plan: Timetable | None
) -> list[Problem]:
    """Return everything that is wrong with the works of one centre."""
    found = [*_impossible(centre, works, limits), *_too_much(centre, works, limits)]
    if found or not works:
        return found
    if plan is None:
        return [Problem(centre.id, "works are done and there is no timetable", key="serves")]
    after = worked(centre, works)
    found += faults(after, plan)
    for work, sessions in zip(works, serves(centre, tuple(works), plan), strict=True):
        if not sessions:
            what = "a work is done and every session would fit without it"
            found.append(Problem(centre.id, what, _told(centre, work), key="serves"))
    if today is not None and _need(after, plan) >= _need(centre, today):
        found.append(Problem(centre.id, "works are done and no more need is served", key="need"))
    return found


def _told(centre: Centre, work: Work) -> str:
    return f"{work.key} in {'+'.join(centre.rooms[r].id for r in work.rooms)}"


def _need(centre: Centre, timetable: Timetable) -> tuple[int, ...]:
    worth = objectives(centre, timetable)
    return tuple(worth[f"need_{priority}"] for priority in PRIORITIES)


def _impossible(centre: Centre, works: Sequence[Work], limits: WorkLimits) -> list[Problem]:
    """Look at each work by itself: whether it may be done there, its cost and its days, from the rooms' areas."""
    could = {(w.rooms, w.key) for w in possible_works(centre, limits.kinds, limits.forbidden)}
    found: list[Problem] = []
    for work in works:
        told = _told(centre, work)
        if (work.rooms, work.key) not in could:
            found.append(Problem(centre.id, "a work is not possible there", told, key="possible"))
            continue
        kind = limits.kinds[work.key]
        area = Fraction(sum(centre.rooms[r].area_dm2 for r in work.rooms), 10)
        cost = ceil(kind.per_room + kind.per_m2 * area)
        for what, right, seen in (("cost", cost, work.cost), ("days", kind.days, work.days)):
            if right != seen:
                words = f"the {what} of a work {'is' if what == 'cost' else 'are'} wrong"
                found.append(Problem(centre.id, words, told, "", str(right), str(seen), key=what))
    return found


def _too_much(centre: Centre, works: Sequence[Work], limits: WorkLimits) -> list[Problem]:
    """Look at works together: each once, a room in one pair, days."""
    found: list[Problem] = []
    twice = [work for work, count in Counter((w.rooms, w.key) for w in works).items() if count > 1]
    found += [Problem(centre.id, "a work is done twice", f"{key}", key="possible") for _, key in twice]
    paired = Counter(r for work in works if work.gives == "join" for r in work.rooms)
    for r, count in sorted(paired.items()):
        if count > 1:
            found.append(Problem(centre.id, "a room is joined with two others", centre.rooms[r].id, key="pairs"))
    days = sum(work.days for work in works)
    if limits.most_days is not None and days > limits.most_days:
        what, expected = "the works take too many days", f"at most {limits.most_days}"
        found.append(Problem(centre.id, what, "", "", expected, str(days), key="days"))
    return found


def budget_faults(where: str, works: Sequence[Work], limits: WorkLimits, spent: int) -> list[Problem]:
    """Return what is wrong with the money of all works together."""
    total, found = sum(work.cost for work in works), []
    if total != spent:
        found.append(Problem(where, "the sum of the costs is wrong", "", "", str(total), str(spent), key="cost"))
    if total > limits.budget:
        what, expected = "the works cost more than there is", f"at most {limits.budget}"
        found.append(Problem(where, what, "", "", expected, str(total), key="budget"))
    return found


# ----------------------------------------------------------------------------------------------------------------------
# From scenario and ledger to works, and back: what may be done at what cost, and the ledger of the rooms as worked.


_KEY = "rooms.works"


def rules_of_works(scenario: Scenario) -> RoomWorks:
    """Return what a scenario says of works."""
    rules = scenario.rooms.works
    if rules is None:
        mend = "Set the budget, such as 'works: {budget: 300000}' under 'rooms'."
        raise ScenarioError(Problem(scenario.name, "no works are asked for", key=_KEY, mend=mend))
    return rules


def unknown_in_works(scenario: Scenario, district: District, functions: Catalogue) -> list[Problem]:
    """List every work and every room of a scenario's section on works that is not known."""
    rules, known = rules_of_works(scenario), functions.works
    rooms = set(district.ledger("rooms")["id"])
    return [
        *_unknown(scenario.name, "work", rules.kinds or (), known, f"{_KEY}.kinds"),
        *_unknown(scenario.name, "work", rules.costs, known, f"{_KEY}.costs"),
        *_unknown(scenario.name, "room", rules.forbidden, rooms, f"{_KEY}.forbidden"),
    ]


def work_limits(base: TimetableResult) -> WorkLimits:
    """Return what works may be done, and how much, as the scenario has it."""
    rules, known = rules_of_works(base.scenario), base.functions.works
    problems = unknown_in_works(base.scenario, base.district, base.functions)
    if problems:
        raise ScenarioError(problems)
    kinds: dict[str, WorkKind] = {}
    for key in known if rules.kinds is None else sorted(set(rules.kinds)):
        other = rules.costs.get(key)
        changed = {} if other is None else {k: v for k, v in other.model_dump().items() if v is not None}
        kinds[key] = known[key].model_copy(update=changed)
    return WorkLimits(kinds, rules.budget, rules.most_days, frozenset(rules.forbidden))


def _unknown(where: str, kind: str, words: Iterable[str], known: Collection[str], key: str) -> list[Problem]:
    return [unknown(where, kind, word, sorted(known), key=key) for word in words if word not in known]


def worked_rooms(rooms: pd.DataFrame, done: Iterable[tuple[Centre, tuple[Work, ...]]]) -> pd.DataFrame:
    """Return a ledger of rooms in which works are done."""
    table = rooms.copy()
    row = {str(name): number for number, name in zip(table.index, table["id"], strict=True)}
    for centre, works in done:
        for work in works:
            names = [centre.rooms[r].id for r in work.rooms]
            at = row[names[0]]
            if work.gives == "join":
                table.loc[at, "merges_with"], table.loc[row[names[1]], "merges_with"] = names[1], names[0]
            elif work.gives == "equipment":
                table.loc[at, "equipment"] = ";".join((*parts_of(table.loc[at, "equipment"]), work.item))
            elif work.gives == "sound":
                table.loc[at, "sound"] = work.item
            elif work.gives == "power":
                table.loc[at, "power"] = "strong"
            else:
                table.loc[at, work.gives] = True
    return table
