"""Which place is fit for which activity, and when: one function a rule, true where the rule is kept.

A place is a room or a pair of rooms that are joined. A joined pair holds as many as both together, with the equipment
of both; its walls bear what the weaker one's bear, and it is private only if both are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

import numpy as np

from workbench.hours import DAY_MINUTES
from workbench.rooms.problem import (
    CELL_MIN,
    DAY_CELLS,
    DAYS,
    WEEK_CELLS,
    Activity,
    Centre,
    Flags,
    Ints,
    Room,
    Rule,
    Session,
)

Rooms = list[Room]


def holds(activity: Activity, rooms: Rooms) -> bool:
    """Tell whether everybody has a place."""
    return activity.attendance <= sum(room.capacity for room in rooms)


def equipped(activity: Activity, rooms: Rooms) -> bool:
    """Tell whether all equipment is there."""
    return activity.equipment <= frozenset().union(*(room.equipment for room in rooms))


def supplied(activity: Activity, rooms: Rooms) -> bool:
    """Tell whether water and strong power are there as far as they are needed."""
    water = not activity.water or any(room.water for room in rooms)
    return water and (not activity.strong_power or any(room.strong_power for room in rooms))


def confidential(activity: Activity, rooms: Rooms) -> bool:
    """Tell whether one can speak in confidence, where that is needed."""
    return not activity.private or all(room.private for room in rooms)


def low_enough(activity: Activity, rooms: Rooms) -> bool:
    """Tell whether the storey is low enough for those who come."""
    return all(room.storey <= activity.highest_storey for room in rooms)


def walls_bear(activity: Activity, rooms: Rooms) -> bool:
    """Tell whether the walls bear the noise."""
    return all(activity.noise <= room.sound for room in rooms)


FITNESS: Mapping[Rule, Callable[[Activity, Rooms], bool]] = MappingProxyType(
    {
        Rule.CAPACITY: holds,
        Rule.EQUIPMENT: equipped,
        Rule.SUPPLY: supplied,
        Rule.PRIVACY: confidential,
        Rule.STOREY: low_enough,
        Rule.WALLS: walls_bear,
    }
)
"""Rules on an activity and the rooms of its place, whatever the hour."""

NO_RULES: frozenset[Rule] = frozenset()


def rooms_of(centre: Centre, place: int) -> Rooms:
    """Return the rooms of a place."""
    return [centre.rooms[r] for r in centre.places[place]]


def unfit(centre: Centre, activity: int, place: int) -> list[Rule]:
    """Return the rules that keep an activity out of a place at any hour."""
    rooms, asked = rooms_of(centre, place), centre.activities[activity]
    broken = [rule for rule, kept in FITNESS.items() if not kept(asked, rooms)]
    if len(rooms) > 1 and not may_join(centre, activity, place):
        broken.append(Rule.JOINING)
    return broken


def may_join(centre: Centre, activity: int, place: int, relaxed: Collection[Rule] = NO_RULES) -> bool:
    """Tell whether rooms may be joined: only for what fits neither alone, or as it is published today."""
    if not centre.rules.join:
        return False
    if any((s.activity, s.place) == (activity, place) for s in centre.today):
        return True
    asked = centre.activities[activity]
    alone = ([centre.rooms[r]] for r in centre.places[place])
    return not any(all(kept(asked, room) for rule, kept in FITNESS.items() if rule not in relaxed) for room in alone)


def run(cells: Flags, length: int) -> Flags:
    """Return at which cells ``length`` true ones begin on the same day, shape (672,)."""
    week = cells.reshape(DAYS, DAY_CELLS)
    total = np.zeros((DAYS, DAY_CELLS + 1), np.int64)
    np.cumsum(week, axis=1, out=total[:, 1:])
    out = np.zeros_like(week)
    if length <= DAY_CELLS:
        out[:, : DAY_CELLS - length + 1] = total[:, length:] - total[:, : DAY_CELLS + 1 - length] == length
    return out.ravel()


def starts(centre: Centre, activity: int, place: int, relaxed: Collection[Rule] = NO_RULES) -> Flags:
    """Return at which cells a session may begin as far as hours are concerned, shape (672,).

    Parameters
    ----------
    centre
        The centre.
    activity, place
        Positions.
    relaxed
        Rules that do not hold, of ``opening`` and ``windows``.

    Returns
    -------
    numpy.ndarray of bool
        On the grid of the scenario, and at the starts of its own published sessions; where hours leave a stretch that
        holds none of these, at the first quarter hour of it.
    """
    asked = centre.activities[activity]
    itself, held = _spans(asked)
    fits = _inside(None, held)
    if Rule.WINDOWS not in relaxed:
        fits &= _inside(asked.window_until, itself)
    if Rule.OPENING not in relaxed:
        needed = itself if centre.rules.turnover == "outside" else held
        for room in rooms_of(centre, place):
            fits &= _inside(room.open_until, needed)
    grid = _grid(centre, activity)
    return np.asarray(fits & (grid | _first_of_stretches(fits, grid)))


_Span = tuple[int, int]
_MOMENTS = CELL_MIN * np.arange(WEEK_CELLS)
_MIDNIGHTS = _MOMENTS // DAY_MINUTES * DAY_MINUTES


def _spans(asked: Activity) -> tuple[_Span, _Span]:
    """Return the minutes before and after its start that a session lasts, and that it holds its room."""
    before, after = asked.around
    return (0, asked.minutes), (before, asked.minutes + after)


def _inside(until: Ints | None, span: _Span) -> Flags:
    """Return the cells with whose begin a span lies within its day, and in open minutes throughout, shape (672,)."""
    first, last = _MOMENTS - span[0], _MOMENTS + span[1]
    fits = (first >= _MIDNIGHTS) & (last <= _MIDNIGHTS + DAY_MINUTES)
    if until is not None:
        fits &= until[np.minimum(last, len(until) - 1)] - until[np.maximum(first, 0)] == span[0] + span[1]
    return np.asarray(fits)


def _grid(centre: Centre, activity: int) -> Flags:
    """Return the cells at which a session of an activity begins by the scenario, or is published."""
    grid: Flags = np.arange(WEEK_CELLS) % (centre.rules.step // CELL_MIN) == 0
    grid[[s.start for s in centre.today if s.activity == activity]] = True
    return grid


def _first_of_stretches(fits: Flags, grid: Flags) -> Flags:
    """Return the first cell of each stretch of possible starts that holds none of the grid: its hours are not lost."""
    stretch = np.cumsum(fits & ~np.concatenate(([False], fits[:-1])))
    served = np.zeros(int(stretch[-1]) + 1, bool)
    served[stretch[fits & grid]] = True
    return np.asarray(fits & ~np.concatenate(([False], fits[:-1])) & ~served[stretch])


def hours_broken(centre: Centre, session: Session) -> list[Rule]:
    """Return the rules on hours that a session breaks, minute by minute."""
    asked, begin = centre.activities[session.activity], CELL_MIN * session.start
    before, after = asked.around
    itself = range(begin, begin + asked.minutes)
    held = range(begin - before, itself.stop + after)
    broken = []
    midnight = begin // DAY_MINUTES * DAY_MINUTES
    one_day = midnight <= held.start and held.stop <= midnight + DAY_MINUTES
    needed = itself if centre.rules.turnover == "outside" else held
    if not one_day or any(_shut(room.open_until, needed) for room in rooms_of(centre, session.place)):
        broken.append(Rule.OPENING)
    if one_day and _shut(asked.window_until, itself):
        broken.append(Rule.WINDOWS)
    return broken


def _shut(until: Ints, minutes: range) -> bool:
    """Tell whether any of some minutes of the week is not among the open ones."""
    return bool(until[minutes.stop] - until[minutes.start] < len(minutes))
