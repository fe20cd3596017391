"""The truth about a roster, without a solver: which rules it breaks, and what each stage is worth."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np

from workbench.errors import CheckError, Problem
from workbench.rostering.problem import PRIORITIES, Duties, Duty, Hall, Need, RosterRule


def faults(hall: Hall, duties: Duties) -> list[Problem]:
    """Return every rule that a roster breaks, once for each breach; ``key`` is the rule.

    Parameters
    ----------
    hall
        The centre.
    duties
        Who is on duty when.
    """
    found = [
        Problem("roster", "a duty breaks a rule", in_words(hall, duty), key=str(rule))
        for duty in sorted(duties)
        for rule in hall.refused(*duty)
        if duty.day >= hall.fixed
    ]
    for p in range(len(hall.people)):
        own = sorted(duty for duty in duties if duty.person == p)
        found += [
            Problem("roster", "the duties of one person break a rule", f"{hall.people[p].id}, {where}", key=str(rule))
            for rule, where in _of_person(hall, p, own)
            if hall.keeps(rule)
        ]
    return found


def _of_person(hall: Hall, person: int, own: list[Duty]) -> Iterator[tuple[RosterRule, str]]:
    """Go through the rules that the duties of one person break, with the day or week."""
    who = hall.people[person]
    for before, after in itertools.pairwise(own):
        if before.day == after.day:
            yield RosterRule.ONE_SHIFT, f"day {after.day + 1}"
        if after.day == before.day + 1 and hall.clash(before.shift, after.shift):
            yield RosterRule.REST, f"day {after.day + 1}"
    worked = {duty.day for duty in own}
    run = who.run
    for day in range(len(hall.days)):
        run = run + 1 if day in worked else 0
        if run > hall.terms.consecutive and day >= hall.fixed:
            yield RosterRule.CONSECUTIVE, f"day {day + 1}"
    minutes = np.zeros(hall.weeks, np.int64)
    for duty in own:
        minutes[duty.day // 7] += hall.shifts[duty.shift].minutes
    for week in range(hall.weeks):
        if minutes[week] > hall.weekly_most(person, week) and 7 * week + 6 >= hall.fixed:
            yield RosterRule.WEEKLY_HOURS, f"week {week + 1}"
    if minutes.sum() < hall.least(person):
        yield RosterRule.LEAST_HOURS, "all weeks"


def refuse_faults(hall: Hall, duties: Duties) -> None:
    """Raise when a roster of ours breaks a rule."""
    found = faults(hall, duties)
    if found:
        raise CheckError(found)


def in_words(hall: Hall, duty: Duty) -> str:
    """Return a duty in words: who, when, which shift."""
    return f"{hall.people[duty.person].id} on {hall.date(duty.day)}, {hall.shifts[duty.shift].name}"


def unmet(hall: Hall, duties: Duties) -> dict[Need, int]:
    """Return the needs that are not met, with how many people are lacking."""
    there = Counter((duty.day, duty.shift) for duty in duties)
    lacking = {need: need.staff - sum(there[pair] for pair in hall.covers(need)) for need in hall.needs}
    return {need: count for need, count in lacking.items() if count > 0}


def minutes_of(lacking: Mapping[Need, int]) -> int:
    """Return the person-minutes that needs lack."""
    return sum(count * (need.end - need.begin) for need, count in lacking.items())


def both_away(hall: Hall, duties: Duties) -> list[tuple[str, int]]:
    """Return the pairs of which neither A nor B is on site, with the day."""
    on_site = {(duty.person, duty.day) for duty in duties if not hall.shifts[duty.shift].online}
    return [
        (pair, day)
        for pair, two in hall.pairs.items()
        for day in sorted(hall.pair_days)
        if not any((p, day) in on_site for p in two)
    ]


def burdens(hall: Hall, duties: Duties) -> dict[int, tuple[int, ...]]:
    """Return the burdens of each person at the end, those of the quarter so far among them."""
    found = {p: list(person.carried) for p, person in enumerate(hall.people)}
    for duty in duties:
        for kind, count in enumerate(hall.burdens(duty.day, duty.shift)):
            found[duty.person][kind] += count
    return {p: tuple(own) for p, own in found.items()}


def spreads(hall: Hall, duties: Duties) -> tuple[int, ...]:
    """Return the most less the least of each burden that anybody has who shares it."""
    shared = burdens(hall, duties)
    own = [[shared[p][kind] for p in sharing] or [0] for kind, sharing in enumerate(hall.sharing)]
    return tuple(max(counts) - min(counts) for counts in own)


def broken_wishes(hall: Hall, duties: Duties) -> list[tuple[int, int, str | None]]:
    """Return the wishes that are not kept: person, day, shift wished for or None for the day free."""
    held = {(duty.person, duty.day): hall.shifts[duty.shift].name for duty in duties}
    return [
        (p, day, shift)
        for p, person in enumerate(hall.people)
        for day, shift in person.wishes
        if held.get((p, day)) != shift
    ]


def changes(hall: Hall, duties: Duties) -> list[tuple[int, int]]:
    """Return the people and days whose duty is another than the published one; none where nothing is published."""
    if hall.published is None:
        return []
    differ = duties ^ hall.published
    return sorted({(duty.person, duty.day) for duty in differ})


def objectives(hall: Hall, duties: Duties) -> dict[str, int]:
    """Return what each stage is worth; less is better. Which counts first is said in ``solve``."""
    lacking = unmet(hall, duties)
    return {
        **{
            f"unmet_{priority}": minutes_of({n: count for n, count in lacking.items() if n.priority == priority})
            for priority in PRIORITIES
        },
        "pairs": len(both_away(hall, duties)),
        "burdens": sum(sum(hall.burdens(duty.day, duty.shift)) for duty in duties),
        "fairness": sum(spreads(hall, duties)),
        "wishes": len(broken_wishes(hall, duties)),
        "changes": len(changes(hall, duties)),
    }
