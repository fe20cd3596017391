"""Who could be on duty when: people, shifts, requirements and rules of one centre, free of any solver.

A shift is a day's work: at which posts, when. Somebody holds one shift a day at most, and only one all of whose posts
she or he can hold. Requirements are people at a post for a span of a day; online posts ask for somebody only while
nobody is asked for on site (班时在岗、班后在线).
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, partial
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from workbench.arrays import Ints
from workbench.calendars import ORDINARY_MONDAY, Calendar, Day, DayKind, refuse_unknown_years
from workbench.catalogue.functions import parts_of
from workbench.catalogue.staff import DUTY, NIGHT, OFF
from workbench.coverage.timetable import declared_timetable
from workbench.errors import Problem, SolveError, unknown
from workbench.ground.district import District
from workbench.ground.manifest import CHINA_ZONE
from workbench.hours import DAY_MINUTES, WEEKDAYS, hhmm
from workbench.scenario import Scenario
from workbench.scenario.roster import Roster, spans_of

PRIORITIES: Final = (1, 2, 3)
"""Whose requirement counts first."""
KINDS: Final = ("weekends", "nights", "holidays")
"""Burdens that are shared fairly over a quarter."""
_SATURDAY = 5


class RosterError(SolveError, ValueError):
    """People, shifts and requirements of which no roster can be asked."""

    headline = "the roster cannot be asked for"


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
        return sum(day in self.people[person].leave and self.counts_as[day] < _SATURDAY for day in days)

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


# ----------------------------------------------------------------------------------------------------------------------
# Read from the ledgers of a district and the section of a scenario; everything that is wrong with them at once.


def halls_of(district: District, scenario: Scenario, *, to_come: bool = False) -> tuple[tuple[Hall, ...], ...]:
    """Return the centres with staff, by identifier, once for each stretch of weeks that is decided together.

    Parameters
    ----------
    district
        With the ledgers ``staff`` and ``requirements``, and ``leave``, ``wishes``, ``duties`` where there are any.
    scenario
        With the section ``roster``.
    to_come
        Whether another study will say yet what is required; else there has to be something.

    Raises
    ------
    RosterError
        With everything that is wrong.
    CalendarError
        If the public holidays of the weeks are not known.
    """
    said, problems = roster_of(scenario), _problems(district, scenario, to_come=to_come)
    if problems:
        raise RosterError(problems)
    reader = _Reader(district, scenario)
    weeks = [range(first, min(first + said.at_once, said.weeks)) for first in range(0, said.weeks, said.at_once)]
    return tuple(tuple(reader.hall(station, span) for span in weeks) for station in reader.stations)


def roster_of(scenario: Scenario) -> Roster:
    """Return the section of a scenario."""
    if scenario.roster is None:
        mend = "Give it the section, with shifts at the least."
        raise RosterError(Problem(scenario.name, "the scenario has no section 'roster'", key="roster", mend=mend))
    return scenario.roster


def calendar_weeks(district: District, scenario: Scenario) -> tuple[Calendar, ...]:
    """Return the weeks that are rostered; outside China all days are ordinary, for no holidays are known there."""
    said, hours, date = roster_of(scenario), scenario.hours, district.manifest.day
    known = district.manifest.zone == CHINA_ZONE
    if said.first_week is not None:
        first = dt.date.fromisoformat(said.first_week)
    else:
        first = ORDINARY_MONDAY if date is None else date + dt.timedelta(len(WEEKDAYS) - date.weekday())
    if known:
        dates = [first + dt.timedelta(days) for days in range(len(WEEKDAYS) * said.weeks)]
        refuse_unknown_years(dates, first, "roster.first_week", "Or set another first week, or fewer weeks.")
    mondays = (first + dt.timedelta(weeks=week) for week in range(said.weeks))
    return tuple(Calendar(monday, known, hours.make_up_days, hours.holidays) for monday in mondays)


def shifts_of(scenario: Scenario) -> tuple[Shift, ...]:
    """Return the shifts of a scenario."""
    said = roster_of(scenario)
    share = scenario.standard(said.online_share)
    found = []
    for name, rule in said.shifts.items():
        parts = sorted((a, b, post) for post, text in rule.posts.items() for a, b in spans_of(text))
        counted = sum((b - a) * (share if _online(said, post) else 1.0) for a, b, post in parts)
        days = frozenset(WEEKDAYS.index(day) for day in rule.days)
        online = all(_online(said, post) for post in rule.posts)
        found.append(Shift(name, tuple((post, a, b) for a, b, post in parts), round(counted), days, online))
    return tuple(found)


def _online(said: Roster, post: str) -> bool:
    return post in said.posts and said.posts[post].online


_STANDARDS: Final = ("rest", "rest_after_night", "leave_day", "weekly_hours", "consecutive_days")


class _Reader:
    """The ledgers of a district while its centres are made of them."""

    def __init__(self, district: District, scenario: Scenario) -> None:
        self.said, self.scenario = roster_of(scenario), scenario
        self.shifts = shifts_of(scenario)
        weeks = calendar_weeks(district, scenario)
        self.days = tuple(day for week in weeks for day in week.days)
        self.counts_as = tuple(week.counts_as(day) for week in weeks for day in week.days)
        self.place = {day.date.isoformat(): place for place, day in enumerate(self.days)}
        names = ("staff", "leave", "wishes", "duties", "requirements")
        self.rows = {name: district.ledger(name).to_dict("records") for name in names}
        self.stations = sorted({str(row["station"]) for row in self.rows["staff"]})
        self.asked: dict[tuple[str, str], list[Mapping[Any, Any]]] = defaultdict(list)
        for row in self.rows["requirements"]:
            self.asked[row["station"], row["weekday"]].append(row)
        hours = {key: scenario.standard(getattr(self.said, key)) for key in _STANDARDS}
        rest, night, leave, self.most = (round(60 * hours[key]) for key in _STANDARDS[:4])
        self.terms = Terms(rest, night, round(hours["consecutive_days"]), leave)
        self.away: dict[str, set[int]] = defaultdict(set)
        for row in self.rows["leave"]:
            self.away[str(row["staff"])] |= set(_between(self.days, str(row["first"]), str(row["last"])))

    def hall(self, station: str, weeks: range) -> Hall:
        days = range(7 * weeks.start, 7 * weeks.stop)
        rows = sorted((row for row in self.rows["staff"] if row["station"] == station), key=lambda row: str(row["id"]))
        people = tuple(self._person(row, days) for row in rows)
        numbers = {person.id: p for p, person in enumerate(people)}
        names = {shift.name: s for s, shift in enumerate(self.shifts)}
        published = frozenset(
            Duty(numbers[row["staff"]], self.place[row["date"]] - days.start, names[row["shift"]])
            for row in self.rows["duties"]
            if row["staff"] in numbers and self.place.get(row["date"], -1) in days and row["shift"] in names
        )
        pair_days = {WEEKDAYS.index(day) for day in self.said.pair_days}
        paired = (d for d in days if self.counts_as[d] in pair_days and self.days[d].kind is not DayKind.HOLIDAY)
        return Hall(
            station, people, self.shifts, tuple(self._needs(station, days)), self.days[days.start : days.stop],
            self.counts_as[days.start : days.stop], self.terms, frozenset(d - days.start for d in paired),
            published or None,
        )  # fmt: skip

    def _person(self, row: Mapping[Any, Any], days: range) -> Person:
        name = str(row["id"])
        wished = (
            (self.place[wish["date"]] - days.start, wish["shift"] if isinstance(wish["shift"], str) else None)
            for wish in self.rows["wishes"]
            if wish["staff"] == name and self.place.get(wish["date"], -1) in days
        )
        carried = tuple(0 if pd.isna(row[kind]) else int(row[kind]) for kind in KINDS)
        return Person(
            name, frozenset(parts_of(row["skills"])), row["pair"] if isinstance(row["pair"], str) else "",
            min(self.most, round(60 * row["weekly_hours"])),
            0 if pd.isna(row["least_hours"]) else round(60 * row["least_hours"]),
            frozenset(day - days.start for day in self.away.get(name, ()) if day in days),
            tuple(sorted(wished, key=str)),
            row["last_days"] if isinstance(row["last_days"], str) and not days.start else "", carried,  # type: ignore[arg-type]
        )  # fmt: skip

    def _needs(self, station: str, days: range) -> Iterable[Need]:
        """Go through what each post asks for, cut where a shift begins or ends."""
        cuts = {m % DAY_MINUTES for shift in self.shifts for _, a, b in shift.parts for m in (a, b)}
        night = max((s.end - DAY_MINUTES for s in self.shifts if s.night), default=0)
        for place, day in enumerate(days):
            profile = self.profile(station, day)
            for post, people in sorted(profile.items()):
                online = _online(self.said, post)
                turns = set(np.flatnonzero(np.diff(people)) + 1) | cuts | {0, DAY_MINUTES}
                edges = sorted(int(m) for m in turns)
                priority = self.said.posts[post].priority if post in self.said.posts else 1
                for begin, end in itertools.pairwise(edges):
                    if people[begin] and not (online and day == 0 and end <= night):  # the night before is over
                        yield Need(place, post, begin, end, int(people[begin]), priority)

    def profile(self, station: str, day: int, *, opens: bool = True) -> dict[str, Ints]:
        """Return how many people each post asks for in each minute of a day, shape (1440,)."""
        weekday, kind = self.counts_as[day], self.days[day].kind
        shut = kind is DayKind.HOLIDAY and self.scenario.hours.holidays == "closed"
        found: dict[str, Ints] = {}
        for row in self.asked[station, WEEKDAYS[weekday]]:
            if _online(self.said, row["post"]) or not shut:
                own = found.setdefault(str(row["post"]), np.zeros(DAY_MINUTES, np.int64))
                own[int(row["start"]) : int(row["end"])] += int(row["staff"])
        on_site = [people for post, people in found.items() if not _online(self.said, post)]
        if opens and kind is not DayKind.HOLIDAY and self._opens(weekday, open_already=bool(on_site)):
            for post, text in self.said.opens_with.items():
                own = found.setdefault(post, np.zeros(DAY_MINUTES, np.int64))
                for begin, end in spans_of(text):
                    own[begin:end] = np.maximum(own[begin:end], 1)
        there = sum((p for post, p in found.items() if not _online(self.said, post)), np.zeros(DAY_MINUTES, np.int64))
        return {post: np.where(there > 0, 0, p) if _online(self.said, post) else p for post, p in found.items()}

    def _opens(self, weekday: int, *, open_already: bool) -> bool:
        if self.said.opens == "sat_sun":
            return weekday >= _SATURDAY
        return self.said.opens == "six_days" and (weekday == _SATURDAY or (weekday < _SATURDAY and not open_already))


def _between(days: Sequence[Day], first: str, last: str) -> list[int]:
    return [place for place, day in enumerate(days) if first <= day.date.isoformat() <= last]


def added_minutes(district: District, scenario: Scenario) -> dict[str, int]:
    """Return the person-minutes on site that opening on more days (六日不打烊) asks of each centre over all weeks."""
    reader, found = _Reader(district, scenario), {}
    for station in reader.stations:
        total = 0
        for day in range(len(reader.days)):
            for sign, opens in ((1, True), (-1, False)):
                posts = reader.profile(station, day, opens=opens)
                total += sign * sum(int(p.sum()) for post, p in posts.items() if not _online(reader.said, post))
        found[station] = total
    return found


# ----------------------------------------------------------------------------------------------------------------------
# What is wrong with them.


def _problems(district: District, scenario: Scenario, *, to_come: bool) -> list[Problem]:
    """Return everything of which no roster can be made: of the scenario, then of each ledger."""
    missing = [name for name in ("staff", "requirements")[: 1 if to_come else 2] if district.ledger(name).empty]
    if missing:
        mend = "Add the ledger to the district, or leave out the section 'roster'."
        return [Problem(name, "there are no rows to make a roster of", mend=mend) for name in missing]
    shifts = shifts_of(scenario)
    return [
        *_shift_problems(scenario, shifts),
        *_staff_problems(scenario, district.ledger("staff"), shifts),
        *_shift_names(district, sorted(shift.name for shift in shifts)),
        *_requirement_problems(district, scenario, shifts),
        *_absence_problems(district, scenario),
    ]


def _shift_problems(scenario: Scenario, shifts: Sequence[Shift]) -> list[Problem]:
    """Return shifts that are too long, have no break at midday, or overlap themselves."""
    said, found = roster_of(scenario), []
    longest = round(60 * scenario.standard(said.daily_hours))
    noon, pause = spans_of(scenario.hours.lunch)[0], round(scenario.standard(said.lunch_break))
    rest = round(60 * scenario.standard(said.rest_after_night))
    for shift in shifts:
        refused = partial(Problem, scenario.name, key=f"roster.shifts.{shift.name}")
        if shift.minutes > longest:
            what, limits = "the shift is longer than a day's work may be", f"at most {longest / 60:g} h that count"
            found.append(refused(what, expected=limits, found=f"{shift.minutes / 60:g} h", mend="Split it in two."))
        ordered = sorted(part[1:] for part in shift.parts)
        gaps = [(a[1], b[0]) for a, b in itertools.pairwise(ordered)]
        if at_once := [(a, b) for a, b in itertools.pairwise(ordered) if b[0] < a[1]]:
            told = " and ".join(f"{hhmm(begin)}-{hhmm(end)}" for begin, end in at_once[0])
            what, expected = "one person is at two posts at once", "spans that do not overlap"
            found.append(refused(what, expected=expected, found=told, mend="Shorten one, or make two shifts of them."))
        free = max([b - a for a, b in gaps if a < noon[1] and b > noon[0]], default=0)
        if not shift.online and shift.begin < noon[0] and shift.end > noon[1] and free < pause:
            what, mend = "the shift has no break at midday", "Let another post's shift relieve it."
            expected = f"{pause} min free that touch {scenario.hours.lunch}"
            found.append(refused(what, expected=expected, found=f"{free} min", mend=mend))
        if shift.end + rest > 2 * DAY_MINUTES:
            what, expected = "the shift and the rest after it take more than two days", f"at most {48 - rest / 60:g} h"
            told = f"{hhmm(shift.begin)} to {shift.end / 60:g} h after that midnight"
            found.append(
                refused(what, expected=f"an end {expected} after its day begins", found=told, mend="Shorten it.")
            )
    return found


def _staff_problems(scenario: Scenario, staff: pd.DataFrame, shifts: Sequence[Shift]) -> list[Problem]:
    """Return contracts that no shift fits in, and skills that no shift asks for."""
    found = []
    known = sorted({post for shift in shifts for post in shift.posts})
    for row in staff.to_dict("records"):
        name, weekly = str(row["id"]), float(row["weekly_hours"])
        skills = parts_of(row["skills"])
        found += [
            unknown("staff", "skill", each, known, row=name, column="skills") for each in skills if each not in known
        ]
        least = 0.0 if pd.isna(row["least_hours"]) else float(row["least_hours"])
        if least > (most := min(weekly, scenario.standard(roster_of(scenario).weekly_hours))):
            what, expected = "the fewest hours are more than the most", f"at most {most:g}"
            found.append(Problem("staff", what, name, "least_hours", expected, f"{least:g}", "Correct one of the two."))
        own = [shift.minutes / 60 for shift in shifts if shift.posts <= set(skills)]
        if own and weekly < min(own):
            what, expected = "the contract holds no shift", f"at least {min(own):g}, the shortest one"
            mend = "Correct the hours, or give the scenario a shorter shift."
            found.append(Problem("staff", what, name, "weekly_hours", expected, f"{weekly:g}", mend))
    return found


def _shift_names(district: District, known: Sequence[str]) -> Iterator[Problem]:
    """Yield the shifts of wishes and of the published roster that are not known."""
    for name in ("wishes", "duties"):
        for row in district.ledger(name).to_dict("records"):
            if isinstance(row["shift"], str) and row["shift"] not in known:
                yield unknown(name, "shift", row["shift"], known, row=row["id"], column="shift")


def _requirement_problems(district: District, scenario: Scenario, shifts: Sequence[Shift]) -> list[Problem]:
    """Return requirements of a post of no shift, or on site while the centre is shut."""
    said, found = roster_of(scenario), []
    posts = sorted({post for shift in shifts for post in shift.posts})
    timetable = declared_timetable(district.stations, scenario.hours)
    week_of = dict(zip(district.stations["id"], timetable.of_station.tolist(), strict=True))
    for row in district.ledger("requirements").to_dict("records"):
        name, begin, end = row["id"], row["start"], row["end"]
        if row["post"] not in posts:
            found.append(unknown("requirements", "post", row["post"], posts, row=name, column="post"))
        week = week_of[row["station"]]
        if week >= 0 and not _online(said, row["post"]):
            day = DAY_MINUTES * WEEKDAYS.index(row["weekday"])
            if not timetable.weeks[week, day + begin : day + end].all():
                what = "people are asked for while the centre is shut"
                asks = f"{row['weekday']} {hhmm(begin)}-{hhmm(end)}"
                mend = "Correct the hours, open the centre then (hours.extend), or let roster.opens ask for them."
                found.append(Problem("requirements", what, name, "start", "hours at which it is open", asks, mend))
    return found


def _absence_problems(district: District, scenario: Scenario) -> Iterator[Problem]:
    known = set(district.ledger("staff")["id"])
    for place, absence in enumerate(roster_of(scenario).absences):
        refused = partial(Problem, scenario.name, mend="Correct the absence, or leave it out.")
        key = f"roster.absences.{place}"
        if absence.staff not in known:
            what, found = "the person is not known", repr(absence.staff)
            yield refused(what, expected="an id of the ledger staff", found=found, key=f"{key}.staff")
        if absence.last < absence.first:
            what, least = "the absence ends before it begins", f"{absence.first} or later"
            yield refused(what, expected=least, found=absence.last, key=f"{key}.last")
