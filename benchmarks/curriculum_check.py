"""The truth about a timetable of curricula, without a solver: which rules it breaks, and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

from benchmarks.curriculum_instance import Curricula, Lecture
from workbench.errors import CheckError, Problem

DAY_COST, ALONE_COST = 5, 2
"""Of a working day that is missing, and of a lecture alone; a student without a seat and a further room cost 1."""


class Costs(NamedTuple):
    """What a timetable costs, by part."""

    seats: int
    days: int
    alone: int
    rooms: int

    @property
    def total(self) -> int:
        """All parts together."""
        return sum(self)


def faults(instance: Curricula, timetable: Iterable[Lecture]) -> list[Problem]:
    """Return every hard rule that a timetable breaks, once for each breach; ``key`` is the rule.

    Parameters
    ----------
    instance
        The instance.
    timetable
        The lectures, in any order.
    """
    lectures, found = list(timetable), list[Problem]()

    def broken(rule: str, what: str, *about: Lecture) -> None:
        rows = [f"{instance.courses[x.course].id}, period {x.period}, {instance.rooms[x.room]}" for x in about]
        found.append(Problem(instance.name, what, "; ".join(rows), key=rule))

    held = Counter(lecture.course for lecture in lectures)
    for position, course in enumerate(instance.courses):
        if held[position] != course.lectures:
            counts = f"{course.lectures}", f"{held[position]}"
            found.append(Problem(instance.name, "other lectures than asked", course.id, "", *counts, key="lectures"))
    for lecture in lectures:
        if instance.closed[lecture.course, lecture.period]:
            broken("availability", "a course is held when it cannot be", lecture)
    for one, other in combinations(lectures, 2):
        if one.period != other.period:
            continue
        if one.room == other.room:
            broken("occupancy", "two lectures in one room", one, other)
        if one.course == other.course:
            broken("lectures", "two lectures of a course at once", one, other)
        elif instance.courses[one.course].teacher == instance.courses[other.course].teacher:
            broken("teacher", "a teacher in two places", one, other)
        elif any(one.course in members and other.course in members for members in instance.curricula):
            broken("curriculum", "two courses of a curriculum at once", one, other)
    return found


def costs(instance: Curricula, timetable: Iterable[Lecture]) -> Costs:
    """Return what a timetable costs, by part.

    Parameters
    ----------
    instance
        The instance.
    timetable
        The lectures, in any order; it may break rules.

    Returns
    -------
    Costs
        Students over the seats; five for each day that a course lacks; two for each period in which a curriculum
        is taught and neither in the one before nor in the one after on the same day; rooms of a course beyond one.
    """
    lectures = list(timetable)
    seats = sum(max(0, instance.courses[x.course].students - instance.seats[x.room]) for x in lectures)
    days = rooms = alone = 0
    for position, course in enumerate(instance.courses):
        own = [x for x in lectures if x.course == position]
        days += max(0, course.fewest_days - len({x.period // instance.daily for x in own}))
        rooms += max(0, len({x.room for x in own}) - 1)
    for members in instance.curricula:
        taught = {divmod(x.period, instance.daily) for x in lectures if x.course in members}
        alone += sum((day, t - 1) not in taught and (day, t + 1) not in taught for day, t in taught)
    return Costs(seats, DAY_COST * days, ALONE_COST * alone, rooms)


def refuse_faults(instance: Curricula, timetable: Iterable[Lecture]) -> None:
    """Raise when a timetable of ours breaks a hard rule.

    Raises
    ------
    CheckError
        With every breach.
    """
    found = faults(instance, timetable)
    if found:
        raise CheckError(found)
