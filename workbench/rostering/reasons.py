"""Why a need is not met, and what would mend it: rules that stand in the way, one more person, a neighbour's staff."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np

from workbench.rostering.check import minutes_of, unmet
from workbench.rostering.problem import Duties, Duty, Hall, Need, Person, RosterRule
from workbench.rostering.solve import HallPlan, RosterSearch
from workbench.rostering.standins import StandIns
from workbench.solving import Interrupt, Status

NO_SHIFT, NO_SKILL, BUSY, FREE = "no_shift", "no_skill", "busy", "free"
"""Reasons that are no rule: no shift holds the post then, nobody has the skill, who has it holds another post that is
needed, or somebody could after all, at the price of what counts more."""
_MOST_WAIVED = 2
_EASED = (
    RosterRule.SKILL, RosterRule.LEAVE, RosterRule.REST, RosterRule.CONSECUTIVE, RosterRule.WEEKLY_HOURS,
)  # fmt: skip


class Lack(NamedTuple):
    """A need that is not met.

    Parameters
    ----------
    need
        What is asked for.
    people
        How many are lacking.
    why
        How many people each reason keeps away.
    """

    need: Need
    people: int
    why: tuple[tuple[str, int], ...]

    @property
    def minutes(self) -> int:
        """Person-minutes that are lacking."""
        return minutes_of({self.need: self.people})


def lacks(standins: StandIns) -> tuple[Lack, ...]:
    """Return every need that is not met, with what keeps each person away who is not there."""
    hall, found = standins.hall, []
    for need, people in unmet(hall, standins.duties).items():
        pairs = hall.covers(need)
        if not pairs:
            found.append(Lack(need, people, ((NO_SHIFT, 0),)))
            continue
        why = Counter(
            min((_reason(standins, p, *pair) for pair in pairs), key=_ORDER.index)
            for p in range(len(hall.people))
            if not any(standins.held.get((p, day)) == s for day, s in pairs)
        )
        if set(why) == {str(RosterRule.SKILL)}:
            why = Counter({NO_SKILL: 0})
        found.append(Lack(need, people, tuple(sorted(why.items()))))
    return tuple(found)


_ORDER = (
    FREE, BUSY, *map(str, (RosterRule.WEEKLY_HOURS, RosterRule.CONSECUTIVE, RosterRule.REST, RosterRule.LEAVE)),
    *map(str, (RosterRule.SHIFT_DAYS, RosterRule.SKILL)),
)  # fmt: skip


def _reason(standins: StandIns, person: int, day: int, shift: int) -> str:
    """Return the first reason why somebody does not hold a shift."""
    hall, own = standins.hall, standins.held
    broken = hall.refused(person, day, shift)
    for rule in (RosterRule.SKILL, RosterRule.SHIFT_DAYS, RosterRule.LEAVE, RosterRule.REST):
        if rule in broken:
            return str(rule)
    before, after = own.get((person, day - 1)), own.get((person, day + 1))
    if (before is not None and hall.clash(before, shift)) or (after is not None and hall.clash(shift, after)):
        return str(RosterRule.REST)
    if standins.can(person, day, shift):
        held = own.get((person, day))
        return FREE if held is None or (day, held) in standins.spared else BUSY
    return str(RosterRule.WEEKLY_HOURS if standins.may_work(person, day) else RosterRule.CONSECUTIVE)


def lacking_minutes(hall: Hall, effort: float) -> int | None:
    """Return the fewest person-minutes that needs lack in all; None where that is not proven."""
    search = RosterSearch(hall, effort, Interrupt())
    if search.begin() is Status.INFEASIBLE or search.values is None:
        return None
    cost = np.zeros(search.columns.count)
    for n, need in enumerate(hall.needs):
        cost[search.columns.lacking(n)] = need.end - need.begin
    bound = search.prove(cost, 0)
    value = round(float(cost @ search.found))
    return value if bound >= value else None


def in_the_way(plan: HallPlan, effort: float) -> tuple[RosterRule, ...]:
    """Return the fewest rules without which every need would be met that any shift could meet; empty where none would.

    Rules that keep somebody away are tried one by one, then with another one each.
    """
    hall = replace(plan.hall, needs=tuple(need for need in plan.hall.needs if plan.hall.covers(need)))
    told = {reason for lack in lacks(StandIns(plan.hall, plan.duties or frozenset())) for reason, _ in lack.why}
    away = {rule for rule in _EASED if rule in told or (rule is RosterRule.SKILL and NO_SKILL in told)}
    for size in range(1, _MOST_WAIVED + 1):
        for rules in combinations(_EASED, size):
            if away & set(rules) and lacking_minutes(replace(hall, waived=frozenset(rules)), effort) == 0:
                return rules
    return ()


def one_more(plan: HallPlan, weekly: int, effort: float) -> tuple[tuple[str, ...], int] | None:
    """Return the fewest skills of one more person with which needs lack least, and the minutes they lack then.

    Parameters
    ----------
    plan
        A roster in which something is lacking.
    weekly
        Minutes a week of her or his contract.
    effort
        Most work of one search.

    Returns
    -------
    tuple or None
        None where one person more changes nothing.
    """
    hall, duties = plan.hall, plan.duties or frozenset()
    lacking = unmet(hall, duties)
    shifts = {s for need in lacking for _, s in hall.covers(need)}
    sets = sorted({tuple(sorted(hall.shifts[s].posts)) for s in shifts}, key=lambda posts: (len(posts), posts))
    best = minutes_of(lacking)
    found = None
    for posts in [*sets, tuple(sorted({post for own in sets for post in own}))]:
        new = Person("+", frozenset(posts), weekly=weekly)
        left = lacking_minutes(replace(hall, people=(*hall.people, new), published=None, fixed=0), effort)
        if left is not None and left < best:
            found, best = (posts, left), left
        if best == 0:
            break
    return found


@dataclass(frozen=True)
class Loan:
    """Somebody of one centre who could hold a shift of another on a day on which she or he is off or can be spared."""

    lender: str
    person: str
    borrower: str
    day: int
    shift: int
    minutes: int


def loans(plans: Mapping[str, HallPlan], near: Iterable[tuple[str, str]]) -> tuple[Loan, ...]:
    """Return who could help out at a neighbouring centre, no rule broken at home; at least so much is possible.

    Needs are gone through in the order of time; nobody is lent twice, so that each loan stands by itself.

    Parameters
    ----------
    plans
        By station, all of one district and with the same shifts.
    near
        Pairs of lender and borrower.
    """
    found: list[Loan] = []
    home: dict[str, Duties] = {key: plan.duties or frozenset() for key, plan in plans.items()}
    lent, lenders = set[tuple[str, int]](), defaultdict[str, list[str]](list)
    for lender, borrower in sorted(near):
        if lender in plans and borrower in plans and plans[lender].duties is not None:
            lenders[borrower].append(lender)
    for borrower, others in sorted(lenders.items()):
        hall, there = plans[borrower].hall, plans[borrower].duties or frozenset()
        while lacking := unmet(hall, there):
            standins = {key: StandIns(plans[key].hall, home[key]) for key in others}
            offers = (
                (lender, person, day, shift)
                for need in sorted(lacking)
                for day, shift in hall.covers(need)
                for lender, own in standins.items()
                for person in own.to_spare(day)
                if (lender, person) not in lent and own.can(person, day, shift)
            )
            offer = next(offers, None)
            if offer is None:
                break
            lender, person, day, shift = offer
            home[lender] = frozenset(duty for duty in home[lender] if duty[:2] != (person, day))
            lent.add((lender, person))
            there |= {Duty(len(hall.people) + len(found), day, shift)}  # whoever comes
            gained = minutes_of(lacking) - minutes_of(unmet(hall, there))
            found.append(Loan(lender, plans[lender].hall.people[person].id, borrower, day, shift, gained))
    return tuple(found)
