"""Works on the rooms of one centre, free of any solver: what could be done, what a centre is then, what a work serves.

A work belongs to one room, or to two that share a wall and can be joined afterwards. The centre with some works done is
an ordinary centre.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from workbench.functions.works import WorkKind
from workbench.rooms.fitness import FITNESS
from workbench.rooms.problem import Centre, Room, Session, Timetable
from workbench.tables.room_ledgers import NOISE

Worth: TypeAlias = tuple[int, int, int, int]
"""1 where there is no timetable, else 0; then person-minutes that are not served, by priority. Less is better."""
Gives = Literal["equipment", "water", "power", "private", "sound", "join"]


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
        What the rooms have afterwards; see :class:`workbench.functions.works.WorkKind`.
    cost
        Yuan.
    days
        Days of work on the spot.
    """

    rooms: tuple[int, ...]
    key: str
    gives: Gives
    item: str
    cost: int
    days: int


def cost_of(kind: WorkKind, rooms: Iterable[Room]) -> int:
    """Return what a work costs in some rooms, whole yuan, rounded up."""
    area_dm2 = sum(room.area_dm2 for room in rooms)
    return kind.per_room - (-kind.per_m2 * area_dm2 // 10)


def possible_works(centre: Centre, kinds: Mapping[str, WorkKind], forbidden: Iterable[str] = ()) -> tuple[Work, ...]:
    """List every work that would give rooms something they lack.

    Parameters
    ----------
    centre
        The centre.
    kinds
        What may be done, by key.
    forbidden
        Identifiers of rooms in which nothing may be done.

    Returns
    -------
    tuple of Work
        By rooms and key. Two rooms can be joined if they share a wall on one storey, and neither is in a pair already.
    """
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


def _lacks(room: Room, gives: Gives, item: str) -> bool:
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
    """Return the centre with some works done.

    Parameters
    ----------
    centre
        The centre as it is.
    works
        Works that are possible there.

    Returns
    -------
    Centre
        Published sessions stay in their rooms.
    """
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
    """Return for each work the sessions of a timetable that would not fit without it, all other works being done.

    Parameters
    ----------
    centre
        The centre as it is.
    works
        The works that are done.
    timetable
        A timetable of the centre with these works done.

    Returns
    -------
    list of tuple of Session
        In the order of the works. A session that takes two works stands with both.
    """
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
