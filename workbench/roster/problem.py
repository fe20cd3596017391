"""The centres of a district and what is asked of them, from its ledgers and the section of a scenario.

Everything that is wrong with them is said at once. What a centre is, see :mod:`workbench.rostering.problem`.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.arrays import Ints
from workbench.calendars import ORDINARY_MONDAY, Calendar, Day, DayKind, refuse_unknown_years
from workbench.catalogue.functions import parts_of
from workbench.coverage.timetable import declared_timetable
from workbench.errors import Problem, SolveError, unknown
from workbench.ground.district import District
from workbench.ground.manifest import CHINA_ZONE
from workbench.hours import DAY_MINUTES, WEEKDAYS, hhmm
from workbench.rostering.problem import KINDS, SATURDAY, Duty, Hall, Need, Person, Shift, Terms
from workbench.scenario import Scenario
from workbench.scenario.roster import Roster, spans_of


class RosterError(SolveError, ValueError):
    """People, shifts and requirements of which no roster can be asked."""

    headline = "the roster cannot be asked for"


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
            return weekday >= SATURDAY
        return self.said.opens == "six_days" and (weekday == SATURDAY or (weekday < SATURDAY and not open_already))


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
