"""The truth about works, without a solver: what they cost, whether they may be done, and whether each is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from workbench.errors import Problem
from workbench.functions.works import WorkKind
from workbench.rooms.check import faults, objectives
from workbench.rooms.problem import PRIORITIES, Centre, Timetable
from workbench.rooms.works.problem import Work, possible_works, serves, worked


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
    """Return everything that is wrong with the works of one centre.

    Parameters
    ----------
    centre
        The centre as it is.
    works
        Works that are said to be done.
    limits
        What may be done.
    today, plan
        Timetable without and with the works; None where there is none.

    Returns
    -------
    list of Problem
        ``key`` is ``possible``, ``cost``, ``days``, ``pairs``, ``serves``, ``need``, or a rule that the timetable of
        the worked centre breaks.
    """
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
    """Return what is wrong with the money of all works together.

    Parameters
    ----------
    where
        What to name.
    works
        Works of all centres.
    limits
        What may be spent.
    spent
        What is said to be spent, yuan.
    """
    total, found = sum(work.cost for work in works), []
    if total != spent:
        found.append(Problem(where, "the sum of the costs is wrong", "", "", str(total), str(spent), key="cost"))
    if total > limits.budget:
        what, expected = "the works cost more than there is", f"at most {limits.budget}"
        found.append(Problem(where, what, "", "", expected, str(total), key="budget"))
    return found
