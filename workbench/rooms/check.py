"""The truth about a timetable, without a solver: which rules it breaks, and what each stage is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

from workbench.errors import CheckError, Problem
from workbench.rooms.bounds import possible_sessions
from workbench.rooms.choices import choices
from workbench.rooms.fitness import hours_broken, unfit
from workbench.rooms.problem import (
    CELL_MIN,
    DAY_CELLS,
    LOUD,
    MILLE,
    PRIORITIES,
    Activity,
    Centre,
    Rule,
    Session,
    Timetable,
    days_between,
)


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
            broken(rule, "a session breaks a rule", told(centre, session))
        if any(r in centre.offices and r not in timetable.given for r in centre.places[session.place]):
            broken(Rule.OFFICE, "a session is in a room that is kept as an office", told(centre, session))
    for session in centre.fixed:
        if session not in timetable.sessions:
            broken(Rule.FIXED, "a fixed session is not kept", told(centre, session))
    found += _broken_counts(centre, timetable)
    found += _broken_together(centre, timetable)
    found += _broken_offices(centre, timetable)
    return found


def told(centre: Centre, session: Session) -> str:
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


def may_share(one: Activity, other: Activity) -> bool:
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
            row = f"{told(centre, one)}; {told(centre, other)}"
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
    if set(here) & set(there) and not (here == there and len(here) == 1 and may_share(a, b)):
        yield Rule.ONE_USE
    if one.activity == other.activity or (a.organiser and a.organiser == b.organiser):
        yield Rule.ORGANISER
    touching = any((min(r, q), max(r, q)) in centre.walls for r in here for q in there)
    if touching and ((a.noise == LOUD and b.wants_quiet) or (b.noise == LOUD and a.wants_quiet)):
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
    """Raise when a timetable of ours breaks a rule.

    Raises
    ------
    CheckError
        With every breach.
    """
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
    worth["floors"] = largest_shortfall(centre, missing, possible)
    used = opened(centre, timetable)
    by_area = centre.rules.release == "area"
    worth["release"] = sum(centre.rooms[r].area_dm2 for r in used) if by_area else len(used)
    kept = set(timetable.sessions)
    worth["changes"] = sum(session not in kept for session in centre.today) + centre.lost + len(timetable.given)
    worth["preferences"] = sum(outside(centre, session) for session in timetable.sessions)
    return worth


def largest_shortfall(centre: Centre, missing: Sequence[int], possible: Sequence[int] | None = None) -> int:
    """Return the largest share of a group's person-minutes that is not served though it could be, ‰, rounded up.

    Parameters
    ----------
    centre
        The centre.
    missing
        Sessions of each activity that do not take place.
    possible
        Sessions of each activity that could take place if it were alone, where they are known already.
    """
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
