"""Who could be on duty when: people, shifts, requirements and rules of one centre, free of any solver.

A shift is a day's work: at which posts, when. Somebody holds one shift a day at most, and only one all of whose posts
she or he can hold. Requirements are people at a post for a span of a day; online posts ask for somebody only while
nobody is asked for on site (班时在岗、班后在线).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from workbench.arrays import Ints
from workbench.calendars import Day, DayKind
from workbench.catalogue.staff import DUTY, NIGHT, OFF
from workbench.hours import DAY_MINUTES

PRIORITIES: Final = (1, 2, 3)
"""Whose requirement counts first."""
KINDS: Final = ("weekends", "nights", "holidays")
"""Burdens that are shared fairly over a quarter."""
SATURDAY: Final = 5
"""Position of the first weekday that is no working day."""


class RosterRule(StrEnum):
    """The rules that no roster breaks; each is named in reasons and faults by this word."""

    ONE_SHIFT = "one_shift"
    SKILL = "skill"
    LEAVE = "leave"
    SHIFT_DAYS = "shift_days"
    REST = "rest"
    CONSECUTIVE = "consecutive"
    WEEKLY_HOURS = "weekly_hours"
    LEAST_HOURS = "least_hours"


@dataclass(frozen=True)
class Shift:
    """A day's work of one person.

    Parameters
    ----------
    name
        Its name.
    parts
        Posts with begin and end, minutes from the midnight before; in order.
    minutes
        Minutes of work that it counts: online duty in part.
    weekdays
        Days of the week on which there is this shift, 0 = Monday.
    online
        Whether none of its posts is on site.
    """

    name: str
    parts: tuple[tuple[str, int, int], ...]
    minutes: int
    weekdays: frozenset[int] = frozenset(range(7))
    online: bool = False

    @property
    def begin(self) -> int:
        """When it begins."""
        return min(part[1] for part in self.parts)

    @property
    def end(self) -> int:
        """When it ends; past 1440 in the night after."""
        return max(part[2] for part in self.parts)

    @property
    def night(self) -> bool:
        """Whether it runs through midnight."""
        return self.end > DAY_MINUTES

    @property
    def posts(self) -> frozenset[str]:
        """The posts that it is at."""
        return frozenset(post for post, _, _ in self.parts)

    def holds(self, post: str, begin: int, end: int) -> bool:
        """Tell whether it is at a post throughout a span."""
        return any(own == post and a <= begin and end <= b for own, a, b in self.parts)


@dataclass(frozen=True)
class Person:
    """Somebody who can be on duty.

    Parameters
    ----------
    id
        Pseudonym.
    skills
        Posts that she or he can hold.
    pair
        A/B pair; empty = none.
    weekly, least
        Most minutes in a week, and fewest on average.
    leave
        Days away, by position.
    wishes
        Days with the shift that is wished for, or None for the day free.
    last
        The days before, yesterday last: D, N or -.
    carried
        Burdens of the quarter so far, in the order of ``KINDS``.
    """

    id: str
    skills: frozenset[str]
    pair: str = ""
    weekly: int = 2400
    least: int = 0
    leave: frozenset[int] = frozenset()
    wishes: tuple[tuple[int, str | None], ...] = ()
    last: str = ""
    carried: tuple[int, int, int] = (0, 0, 0)

    @property
    def run(self) -> int:
        """Days of duty in a row just before the roster."""
        return len(self.last) - len(self.last.rstrip(DUTY + NIGHT))


class Need(NamedTuple):
    """People that a post asks for in a span of a day, throughout which the same shifts are there."""

    day: int
    post: str
    begin: int
    end: int
    staff: int
    priority: int


class Duty(NamedTuple):
    """A person, a day and a shift, by position."""

    person: int
    day: int
    shift: int


Duties = frozenset[Duty]


@dataclass(frozen=True)
class Terms:
    """The rules of working hours, minutes and days."""

    rest: int = 660
    rest_after_night: int = 720
    consecutive: int = 6
    leave_day: int = 480


@dataclass(frozen=True, eq=False)
class Hall:
    """The people of one centre, and what is asked of them.

    Parameters
    ----------
    id
        Identifier of the station.
    people, shifts, needs
        Who, in which shifts, for what.
    days
        The days that are rostered, in whole weeks from a Monday on.
    counts_as
        Weekday that each day counts as, 0 = Monday.
    terms
        The rules of working hours.
    pair_days
        Days on which A or B of each pair is on site.
    published
        The roster that is out; None where there is none.
    fixed
        Days, from the first on, that stay as published.
    waived
        Rules that are not kept, when it is asked what stands in the way.
    """

    id: str
    people: tuple[Person, ...]
    shifts: tuple[Shift, ...]
    needs: tuple[Need, ...]
    days: tuple[Day, ...]
    counts_as: tuple[int, ...]
    terms: Terms = field(default_factory=Terms)
    pair_days: frozenset[int] = frozenset()
    published: Duties | None = None
    fixed: int = 0
    waived: frozenset[RosterRule] = frozenset()

    @property
    def weeks(self) -> int:
        """How many weeks are rostered."""
        return len(self.days) // 7

    @cached_property
    def pairs(self) -> dict[str, tuple[int, ...]]:
        """The people of each A/B pair."""
        found: dict[str, list[int]] = defaultdict(list)
        for p, person in enumerate(self.people):
            if person.pair:
                found[person.pair].append(p)
        return {pair: tuple(two) for pair, two in sorted(found.items())}

    def date(self, day: int) -> str:
        """Return the date of a day, YYYY-MM-DD."""
        return self.days[day].date.isoformat()

    def keeps(self, rule: RosterRule) -> bool:
        """Tell whether a rule is kept."""
        return rule not in self.waived

    def refused(self, person: int, day: int, shift: int) -> list[RosterRule]:
        """Return the rules that a duty breaks by itself."""
        who, what = self.people[person], self.shifts[shift]
        broken = []
        if not what.posts <= who.skills:
            broken.append(RosterRule.SKILL)
        if day in who.leave:
            broken.append(RosterRule.LEAVE)
        if self.counts_as[day] not in what.weekdays:
            broken.append(RosterRule.SHIFT_DAYS)
        if day == 0 and who.last.endswith(NIGHT) and any(self.clash(s, shift) for s in self.nights):
            broken.append(RosterRule.REST)
        return [rule for rule in broken if self.keeps(rule)]

    @cached_property
    def nights(self) -> tuple[int, ...]:
        """Shifts that run through midnight."""
        return tuple(s for s, shift in enumerate(self.shifts) if shift.night)

    @cached_property
    def _clashes(self) -> Ints:
        gaps = np.array([[t.begin + DAY_MINUTES - s.end for t in self.shifts] for s in self.shifts])
        rest = np.array([self.terms.rest_after_night if s.night else self.terms.rest for s in self.shifts])
        return np.asarray(gaps < rest[:, None], np.int64)

    def clash(self, before: int, after: int) -> bool:
        """Tell whether there is too little rest between a shift and one on the next day."""
        return bool(self._clashes[before, after])

    @cached_property
    def possible(self) -> tuple[Duty, ...]:
        """Every duty that breaks no rule by itself, in order."""
        spans = (range(len(self.people)), range(len(self.days)), range(len(self.shifts)))
        every = (Duty(p, d, s) for p in spans[0] for d in spans[1] for s in spans[2])
        held = self.published or frozenset()
        return tuple(duty for duty in every if (duty in held if duty.day < self.fixed else not self.refused(*duty)))

    def weekly_most(self, person: int, week: int) -> int:
        """Return the most minutes of work in a week; a working day of leave counts as worked, what is fixed stays."""
        days = range(7 * week, 7 * week + 7)
        left = self.people[person].weekly - self.terms.leave_day * self._leave(person, days)
        fixed = [d for d in self.published or () if d.person == person and d.day in days and d.day < self.fixed]
        return max(0, left, sum(self.shifts[duty.shift].minutes for duty in fixed))

    def least(self, person: int) -> int:
        """Return the fewest minutes of work over all weeks."""
        who = self.people[person]
        return max(0, who.least * self.weeks - self.terms.leave_day * self._leave(person, range(len(self.days))))

    def _leave(self, person: int, days: Iterable[int]) -> int:
        return sum(day in self.people[person].leave and self.counts_as[day] < SATURDAY for day in days)

    def covers(self, need: Need) -> tuple[tuple[int, int], ...]:
        """Return the shifts that hold the post of a need throughout, with the day on which they begin."""
        return self._covers[need]

    @cached_property
    def _covers(self) -> dict[Need, tuple[tuple[int, int], ...]]:
        found = {}
        for need in self.needs:
            night = (need.post, need.begin + DAY_MINUTES, need.end + DAY_MINUTES)
            spans = ((need.day, need[1:4]), (need.day - 1, night))
            found[need] = tuple(
                (day, s)
                for day, span in spans
                for s, shift in enumerate(self.shifts)
                if day >= 0 and shift.holds(*span) and self.counts_as[day] in shift.weekdays
            )
        return found

    def burdens(self, day: int, shift: int) -> tuple[int, int, int]:
        """Return what a duty adds to the burdens of a quarter."""
        kind = self.days[day].kind
        return int(kind is DayKind.WEEKEND), int(self.shifts[shift].night), int(kind is DayKind.HOLIDAY)

    @cached_property
    def sharing(self) -> tuple[tuple[int, ...], ...]:
        """Who shares each burden: those who could have a duty of the kind at some time, leave aside."""
        found: list[tuple[int, ...]] = []
        for kind in range(len(KINDS)):
            burdened = {
                (d, s) for d in range(len(self.days)) for s in range(len(self.shifts)) if self.burdens(d, s)[kind]
            }
            able = {duty.person for duty in self.possible if (duty.day, duty.shift) in burdened}
            found.append(tuple(sorted(able)) if len(able) > 1 else ())
        return tuple(found)

    def followed(self, duties: Duties, others: Hall) -> Hall:
        """Return the same centre in the weeks after some duties, ``others`` being what is asked then."""
        people = []
        for p, (person, later) in enumerate(zip(self.people, others.people, strict=True)):
            own = {duty.day: duty.shift for duty in duties if duty.person == p}
            signs = [
                OFF if day not in own else NIGHT if self.shifts[own[day]].night else DUTY
                for day in range(len(self.days))
            ]
            added = np.sum([self.burdens(d, s) for d, s in own.items()], axis=0) if own else np.zeros(3, int)
            carried = tuple(int(a + b) for a, b in zip(person.carried, added, strict=True))
            people.append(replace(later, last=person.last + "".join(signs), carried=carried))  # type: ignore[arg-type]
        return replace(others, people=tuple(people))
