"""The truth about a timetable, without a solver: which rules it breaks, and what each stage is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import or_

import numpy as np

from workbench.arrays import Ints
from workbench.errors import CheckError, Problem
from workbench.rooms.problem import (
    CELL_MIN,
    DAY_CELLS,
    DAYS,
    MILLE,
    PRIORITIES,
    Activity,
    Centre,
    Choices,
    Rule,
    Session,
    Timetable,
    choices,
    days_between,
    disturb,
    hours_broken,
    unfit,
)

# ----------------------------------------------------------------------------------------------------------------------
# Bounds that need no search: need that no timetable can serve, and the load that rooms must bear at least.


_MOST_PARTS = 8


def possible_sessions(choices: Choices) -> list[int]:
    """Return how many sessions of each activity could take place if it were alone."""
    most = []
    for a, activity in enumerate(choices.centre.activities):
        own = choices.activity == a
        if activity.days_apart:
            most.append(min(activity.sessions, _days(np.unique(choices.day[own]).tolist(), activity.days_apart)))
        else:
            most.append(min(activity.sessions, _apart(choices.begins[own].tolist(), choices.ends[own].tolist())))
    return most


def _days(days: Sequence[int], apart: int) -> int:
    """Return the most days of these, ascending, that are so far apart in a week that repeats."""
    most = 0
    for first in days:
        count, last = 1, first
        for day in days:
            if day - last >= apart and first + DAYS - day >= apart:
                count, last = count + 1, day
        most = max(most, count)
    return most


def _apart(begins: Sequence[int], ends: Sequence[int]) -> int:
    """Return the most of these intervals that do not overlap."""
    count, last = 0, -1
    for end, begin in sorted(zip(ends, begins, strict=True)):
        if begin >= last:
            count, last = count + 1, end
    return count


def least_unserved(centre: Centre, possible: Sequence[int]) -> dict[int, int]:
    """Return the person-minutes that cannot be served by priority, whatever else takes place."""
    least = dict.fromkeys(PRIORITIES, 0)
    for activity, most in zip(centre.activities, possible, strict=True):
        least[activity.priority] += (activity.sessions - most) * activity.weight
    return least


def load_bound(centre: Centre, sessions: Sequence[Session], *, possible: Choices | None = None) -> int:
    """Return how many rooms some sessions take at least, by their load alone.

    Hall's condition on rooms and spans of the day: whatever set of rooms is open, each session needs a place in it, and
    the sessions that fit only into some of these rooms and have to lie within a span of the day, on any day, must not
    take more cells there than these rooms have open. The smallest set of rooms that passes gives the bound. Sessions
    that may share a room need a place, but count for no load.
    """
    load = _Load.of(centre, sessions, choices(centre) if possible is None else possible)
    rooms = range(len(centre.rooms))
    for size in range(len(centre.rooms) + 1):
        if any(load.passes(opened) for opened in combinations(rooms, size)):
            return size
    return len(centre.rooms)


@dataclass(frozen=True, eq=False)
class _Load:
    """The load of some sessions: their places as bits of rooms, cells, and first and last cell of the day."""

    places: list[list[int]]
    cells: Ints
    first: Ints
    last: Ints
    open: Ints

    @classmethod
    def of(cls, centre: Centre, sessions: Sequence[Session], choices: Choices) -> _Load:
        fit: list[list[int]] = []
        span: dict[int, tuple[int, int]] = {}
        for a in range(len(centre.activities)):
            own = choices.activity == a
            fit.append([sum(1 << r for r in centre.places[p]) for p in np.unique(choices.place[own])])
            if own.any():
                day = DAY_CELLS * choices.day[own]
                span[a] = int((choices.begins[own] - day).min()), int((choices.ends[own] - day).max())
        asked = [s.activity for s in sessions]
        cells = [0 if centre.activities[a].shares else len(centre.activities[a].occupied(0)) for a in asked]
        open_ = np.array([room.touched.reshape(DAYS, DAY_CELLS).sum(axis=0) for room in centre.rooms], np.int64)
        return cls(
            [fit[a] for a in asked],
            np.array(cells, np.int64),
            np.array([span[a][0] for a in asked], np.int64),
            np.array([span[a][1] for a in asked], np.int64),
            np.concatenate((np.zeros((len(open_), 1), np.int64), np.cumsum(open_, axis=1)), axis=1),
        )

    def passes(self, opened: Sequence[int]) -> bool:
        """Tell whether a set of rooms passes the condition."""
        whole = sum(1 << r for r in opened)
        inside = [[place for place in places if place & ~whole == 0] for places in self.places]
        if not all(inside):
            return False
        reach = np.array([reduce(or_, places) for places in inside], np.int64)
        cells = self.cells * np.array([min(place.bit_count() for place in places) for places in inside], np.int64)
        parts = range(1, len(opened) + 1) if len(opened) <= _MOST_PARTS else [len(opened)]
        return all(self._bears(part, reach, cells) for size in parts for part in combinations(opened, size))

    def _bears(self, part: Sequence[int], reach: Ints, cells: Ints) -> bool:
        """Tell whether some rooms bear the load that must lie in them, span by span."""
        own = (reach & ~sum(1 << r for r in part)) == 0
        if not own.any():
            return True
        firsts, lasts = np.unique(self.first[own]), np.unique(self.last[own])
        starts = (self.first[own] >= firsts[:, None]).astype(np.int64)
        ends = (self.last[own] <= lasts[:, None]).astype(np.int64)
        load = (starts * cells[own]) @ ends.T
        total = self.open[list(part)].sum(axis=0)
        room = np.maximum(0, total[lasts][None, :] - total[firsts.clip(0)][:, None])
        return bool((load <= room).all())


# ----------------------------------------------------------------------------------------------------------------------
# The truth about a timetable, without a solver: which rules it breaks, and what each stage is worth.


def faults(centre: Centre, timetable: Timetable) -> list[Problem]:
    """Return every rule that a timetable breaks, once for each breach.

    Parameters
    ----------
    centre
        The centre.
    timetable
        The timetable.

    Returns
    -------
    list of Problem
        ``key`` is the rule; empty when it breaks none.
    """
    found: list[Problem] = []

    def broken(rule: Rule, what: str, row: str) -> None:
        found.append(Problem(centre.id, what, row, key=str(rule)))

    for session in timetable.sessions:
        for rule in (*unfit(centre, session.activity, session.place), *hours_broken(centre, session)):
            broken(rule, "a session breaks a rule", _in_words(centre, session))
        if any(r in centre.offices and r not in timetable.given for r in centre.places[session.place]):
            broken(Rule.OFFICE, "a session is in a room that is kept as an office", _in_words(centre, session))
    for session in centre.fixed:
        if session not in timetable.sessions:
            broken(Rule.FIXED, "a fixed session is not kept", _in_words(centre, session))
    found += _broken_counts(centre, timetable)
    found += _broken_together(centre, timetable)
    found += _broken_offices(centre, timetable)
    return found


def _in_words(centre: Centre, session: Session) -> str:
    """Return a session in words: activity, place, day and hour."""
    day, cell = divmod(session.start, DAY_CELLS)
    hour, minute = divmod(cell * CELL_MIN, 60)
    when = f"day {day + 1} {hour:02d}:{minute:02d}"
    return f"{centre.activities[session.activity].id} in {centre.name(session.place)}, {when}"


def _broken_counts(centre: Centre, timetable: Timetable) -> list[Problem]:
    """Look at how often and on which days each activity takes place."""
    found: list[Problem] = []
    for position, activity in enumerate(centre.activities):
        own = sorted(s.start for s in timetable.sessions if s.activity == position)
        if len(own) > activity.sessions:
            what, seen = "an activity takes place too often", str(len(own))
            expected = f"at most {activity.sessions}"
            found.append(Problem(centre.id, what, activity.id, "", expected, seen, key=str(Rule.SESSIONS)))
        days = [start // DAY_CELLS for start in own]
        if any(days_between(*pair) < activity.days_apart for pair in combinations(days, 2)):
            what = "two sessions of an activity are too near each other"
            found.append(Problem(centre.id, what, activity.id, key=str(Rule.DAYS_APART)))
    return found


def _may_share(one: Activity, other: Activity) -> bool:
    """Tell whether two activities may use one room at once."""
    return bool(one.shares) and one.shares == other.shares and one.id != other.id


def _broken_together(centre: Centre, timetable: Timetable) -> list[Problem]:
    """Look at every pair of sessions that overlap, and at the seats of rooms that are shared."""
    found: list[Problem] = []
    sessions = sorted(timetable.sessions, key=lambda s: centre.activities[s.activity].occupied(s.start).start)
    for number, one in enumerate(sessions):
        for other in sessions[number + 1 :]:
            if not _overlap(centre, one, other):
                continue
            row = f"{_in_words(centre, one)}; {_in_words(centre, other)}"
            what = "two sessions break a rule together"
            found += [Problem(centre.id, what, row, key=str(rule)) for rule in _pair_breaks(centre, one, other)]
    seats: Counter[tuple[int, int]] = Counter()
    for session in timetable.sessions:
        activity = centre.activities[session.activity]
        if activity.shares and len(centre.places[session.place]) == 1:
            seats.update({(session.place, cell): activity.attendance for cell in activity.occupied(session.start)})
    crowded = sorted({place for (place, _), people in seats.items() if people > centre.rooms[place].capacity})
    what = "a shared room is too full"
    return found + [Problem(centre.id, what, centre.name(place), key=str(Rule.CAPACITY)) for place in crowded]


def _overlap(centre: Centre, one: Session, other: Session) -> bool:
    a = centre.activities[one.activity].occupied(one.start)
    b = centre.activities[other.activity].occupied(other.start)
    return a.start < b.stop and b.start < a.stop


def _pair_breaks(centre: Centre, one: Session, other: Session) -> Iterable[Rule]:
    """Return the rules that two sessions break which overlap in time."""
    a, b = centre.activities[one.activity], centre.activities[other.activity]
    here, there = centre.places[one.place], centre.places[other.place]
    if set(here) & set(there) and not (here == there and len(here) == 1 and _may_share(a, b)):
        yield Rule.ONE_USE
    if one.activity == other.activity or (a.organiser and a.organiser == b.organiser):
        yield Rule.ORGANISER
    touching = centre.touching(one.place, other.place)
    if touching and disturb(a, b):
        yield Rule.NEIGHBOURS
    if touching and ((a.cooks and b.no_fire_beside) or (b.cooks and a.no_fire_beside)):
        yield Rule.FIRE


def clashes(
    centre: Centre, timetable: Timetable, session: Session, before: Sequence[Problem] | None = None
) -> set[Rule]:
    """Return the rules that one more session would break, the rest of a timetable staying as it is.

    ``before`` are the faults of the timetable, where they are known already.
    """
    before = faults(centre, timetable) if before is None else before
    after = faults(centre, _with(timetable, session))
    more = Counter(problem.key for problem in after)
    more.subtract(problem.key for problem in before)
    return {Rule(key) for key, count in more.items() if count > 0}


def _with(timetable: Timetable, session: Session) -> Timetable:
    return Timetable(tuple(sorted((*timetable.sessions, session))), timetable.given)


def _broken_offices(centre: Centre, timetable: Timetable) -> list[Problem]:
    kept = [r for r in centre.offices if r not in timetable.given]
    found: list[Problem] = []
    area = sum(centre.rooms[r].area_dm2 for r in kept)
    if area > centre.most_office_dm2:
        what, expected = "too much area is kept as offices", f"at most {centre.most_office_dm2 / 10:g} ㎡"
        rule = str(Rule.RESIDENT_SHARE)
        found.append(Problem(centre.id, what, expected=expected, found=f"{area / 10:g} ㎡", key=rule))
    if len(kept) < centre.fewest_offices:
        what, expected = "too few offices are kept", str(centre.fewest_offices)
        found.append(Problem(centre.id, what, expected=expected, found=str(len(kept)), key=str(Rule.OFFICES_KEPT)))
    return found


def refuse_faults(centre: Centre, timetable: Timetable) -> None:
    """Raise when a timetable of ours breaks a rule."""
    found = faults(centre, timetable)
    if found:
        raise CheckError(found)


def unserved(centre: Centre, timetable: Timetable) -> list[int]:
    """Return how many sessions of each activity do not take place."""
    count = Counter(session.activity for session in timetable.sessions)
    return [activity.sessions - count[a] for a, activity in enumerate(centre.activities)]


def opened(centre: Centre, timetable: Timetable) -> list[int]:
    """Return the positions of the rooms in which anything takes place."""
    return sorted({r for session in timetable.sessions for r in centre.places[session.place]})


def objectives(centre: Centre, timetable: Timetable, possible: Sequence[int] | None = None) -> dict[str, int]:
    """Return what each stage of the plan is worth; less is better, the first counts most.

    Parameters
    ----------
    centre
        The centre.
    timetable
        The timetable.
    possible
        Sessions of each activity that could take place if it were alone, where they are known already.

    Returns
    -------
    dict
        ``need_1`` … ``need_3``: person-minutes not served, by priority; ``floors``: of what could be served at all,
        the largest share of a group's person-minutes that is not, ‰, rounded up; ``release``: rooms in use, or their
        area in tenths of a square metre; ``changes``: published sessions that are not kept, and offices given over;
        ``preferences``: minutes outside preferred hours.
    """
    missing = unserved(centre, timetable)
    worth: dict[str, int] = {}
    for priority in PRIORITIES:
        worth[f"need_{priority}"] = sum(
            n * a.weight for n, a in zip(missing, centre.activities, strict=True) if a.priority == priority
        )
    worth["floors"] = _largest_shortfall(centre, missing, possible)
    used = opened(centre, timetable)
    by_area = centre.rules.release == "area"
    worth["release"] = sum(centre.rooms[r].area_dm2 for r in used) if by_area else len(used)
    kept = set(timetable.sessions)
    worth["changes"] = sum(session not in kept for session in centre.today) + centre.lost + len(timetable.given)
    worth["preferences"] = sum(outside(centre, session) for session in timetable.sessions)
    return worth


def _largest_shortfall(centre: Centre, missing: Sequence[int], possible: Sequence[int] | None = None) -> int:
    """Return the largest share of a group's person-minutes that is not served though it could be, ‰, rounded up."""
    could = possible_sessions(choices(centre)) if possible is None else possible
    asked: Counter[str] = Counter()
    lacking: Counter[str] = Counter()
    for activity, absent, most in zip(centre.activities, missing, could, strict=True):
        asked[activity.group] += most * activity.weight
        lacking[activity.group] += (absent - (activity.sessions - most)) * activity.weight
    return max((-(-MILLE * lacking[group] // total) for group, total in asked.items() if total), default=0)


def outside(centre: Centre, session: Session) -> int:
    """Return how many minutes of a session lie outside its preferred hours."""
    activity = centre.activities[session.activity]
    cells = activity.preferred[session.start : session.start + activity.length]
    return int((~cells).sum()) * CELL_MIN
