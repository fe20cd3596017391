"""Why an activity is not served, and what would bring a released room back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from workbench.rooms.check import clashes, faults, opened, possible_sessions, unserved
from workbench.rooms.problem import Centre, Rule, Timetable, choices

_SINGLE = (
    Rule.CAPACITY, Rule.EQUIPMENT, Rule.SUPPLY, Rule.PRIVACY, Rule.STOREY, Rule.WALLS, Rule.JOINING, Rule.OPENING,
    Rule.WINDOWS, Rule.OFFICE, Rule.DAYS_APART,
)  # fmt: skip
"""Rules that can keep an activity out even if it were alone, in the order in which they are tried."""


@dataclass(frozen=True)
class Unserved:
    """Why sessions of an activity do not take place.

    Parameters
    ----------
    activity
        Its position.
    missing
        Sessions that do not take place.
    hopeless
        Sessions of them that could not take place even if the activity were alone.
    rules
        Rules each of which, relaxed by itself for this activity, would let more of its sessions take place; for what is
        crowded out, the rest of the timetable staying as it is. Empty when no single rule would help.
    together
        Rules that would help only together, as few as possible; empty when a single one helps.
    """

    activity: int
    missing: int
    hopeless: int
    rules: tuple[Rule, ...]
    together: tuple[Rule, ...]


def why_unserved(centre: Centre, timetable: Timetable) -> tuple[Unserved, ...]:
    """Say why activities are not served in full, by relaxing one rule at a time."""
    missing = unserved(centre, timetable)
    possible = possible_sessions(choices(centre))
    found = []
    for a, activity in enumerate(centre.activities):
        if not missing[a]:
            continue
        hopeless = activity.sessions - possible[a]
        rules = _alone(centre, a, possible[a]) if hopeless else []
        crowded = _crowded(centre, timetable, a) if missing[a] > hopeless else []
        rules += [broken[0] for broken in crowded if len(broken) == 1 and broken[0] not in rules]
        together: tuple[Rule, ...] = ()
        if not rules:
            together = tuple(crowded[0]) if crowded else _jointly(centre, a, possible[a])
        found.append(Unserved(a, missing[a], hopeless, tuple(rules), together))
    return tuple(found)


def _alone(centre: Centre, activity: int, possible: int) -> list[Rule]:
    """Return the rules that would let an activity take place more often if it were alone."""
    return [rule for rule in _SINGLE if _helps(centre, activity, possible, {rule})]


def _helps(centre: Centre, activity: int, possible: int, relaxed: set[Rule]) -> bool:
    """Tell whether an activity that were alone could take place more often if these rules did not hold for it."""
    if Rule.DAYS_APART in relaxed:
        asked = list(centre.activities)
        asked[activity] = replace(asked[activity], days_apart=0)
        centre = replace(centre, activities=tuple(asked))
    return possible_sessions(choices(centre, relaxed, only=activity))[activity] > possible


def _jointly(centre: Centre, activity: int, possible: int) -> tuple[Rule, ...]:
    """Return the first of the smallest sets of rules that would help together."""
    for size in range(2, len(_SINGLE) + 1):
        for rules in combinations(_SINGLE, size):
            if _helps(centre, activity, possible, set(rules)):
                return rules
    return ()


def _crowded(centre: Centre, timetable: Timetable, activity: int) -> list[list[Rule]]:
    """Return the sets of rules that one more session of an activity would break, the smallest first, each once."""
    possible = choices(centre)
    own = possible.sessions(np.flatnonzero(possible.activity == activity))
    before, free = faults(centre, timetable), [session for session in own if session not in timetable.sessions]
    broken = {frozenset(clashes(centre, timetable, session, before)) for session in free}
    place = {rule: number for number, rule in enumerate(Rule)}
    sets = [sorted(rules, key=place.__getitem__) for rules in broken]
    return sorted(sets, key=lambda rules: (len(rules), [place[rule] for rule in rules]))


@dataclass(frozen=True)
class Released:
    """What would bring a released room back.

    Parameters
    ----------
    room
        Its position.
    seats
        People from which on no room in use would do; 0 when one of them holds as many.
    equipment
        What no room in use holds.
    offers
        Rules that no room in use meets as well: supply, privacy, storey, walls.
    activity
        Activity of those held in it today of which the rooms in use have least space left; -1 if it held none.
    spare
        Further sessions of that activity that still fit into the rooms in use, the timetable staying as it is.
    """

    room: int
    seats: int
    equipment: tuple[str, ...]
    offers: tuple[Rule, ...]
    activity: int
    spare: int


def what_brings_back(centre: Centre, timetable: Timetable, before: Sequence[int] | None = None) -> tuple[Released, ...]:
    """Say for each room that is used today and no more in the plan what would bring it back."""
    used = opened(centre, timetable)
    old = opened(centre, Timetable(centre.today)) if before is None else before
    return tuple(_released(centre, timetable, room, used) for room in old if room not in used)


def _released(centre: Centre, timetable: Timetable, room: int, used: list[int]) -> Released:
    own, others = centre.rooms[room], [centre.rooms[r] for r in used]
    most = max((r.capacity for r in others), default=0)
    held = frozenset().union(*(r.equipment for r in others))
    offers = {
        Rule.SUPPLY: (own.water and not any(r.water for r in others))
        or (own.strong_power and not any(r.strong_power for r in others)),
        Rule.PRIVACY: own.private and not any(r.private for r in others),
        Rule.STOREY: all(own.storey < r.storey for r in others),
        Rule.WALLS: all(own.sound > r.sound for r in others),
    }
    spare = sorted(
        (_spare(centre, timetable, a), a) for a in {s.activity for s in centre.today if room in centre.places[s.place]}
    )
    count, activity = spare[0] if spare else (0, -1)
    return Released(
        room,
        most + 1 if own.capacity > most else 0,
        tuple(sorted(own.equipment - held)),
        tuple(rule for rule, only in offers.items() if only),
        activity,
        count,
    )


def _spare(centre: Centre, timetable: Timetable, activity: int) -> int:
    """Count the further sessions of an activity that fit into the gaps of rooms in use, room by room, day by day."""
    asked, used = centre.activities[activity], set(opened(centre, timetable))
    possible = choices(centre)
    taken: dict[int, set[int]] = {r: set() for r in used}
    for session in timetable.sessions:
        for r in centre.places[session.place]:
            taken[r].update(centre.activities[session.activity].occupied(session.start))
    count = 0
    for place in sorted(r for r in used if r < len(centre.rooms)):
        free_from = -1
        for start in possible.start[(possible.activity == activity) & (possible.place == place)].tolist():
            cells = asked.occupied(start)
            if cells.start >= free_from and not taken[place] & set(cells):
                count, free_from = count + 1, cells.stop
    return count
