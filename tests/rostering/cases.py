"""Centres small enough to look at: two or three people, a few days."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from workbench.calendars import Day, DayKind
from workbench.rostering.check import faults, objectives
from workbench.rostering.problem import Duties, Duty, Hall, Need, Person, Shift, Terms

WINDOW, AGENCY, ONLINE = "综合窗口", "帮办代办", "线上值守"
MONDAY = dt.date(2026, 11, 2)
DAY = Shift("综合班", ((WINDOW, 510, 1050),), 480)
AGENT = Shift("帮办班", ((AGENCY, 510, 690), (WINDOW, 690, 750), (AGENCY, 810, 1050)), 480)
NIGHT = Shift("夜班", ((ONLINE, 1050, 1950),), 225, online=True)


def week(count: int = 1, holiday: int | None = None) -> tuple[Day, ...]:
    """Days from a Monday on; one of them may be a holiday."""
    days = []
    for place in range(7 * count):
        kind = DayKind.WEEKEND if place % 7 > 4 else DayKind.WORKDAY
        days.append(Day(MONDAY + dt.timedelta(place), DayKind.HOLIDAY if place == holiday else kind))
    return tuple(days)


def person(name: str = "A", *skills: str, **changes: Any) -> Person:
    return Person(name, frozenset(skills or (WINDOW, AGENCY, ONLINE)), **changes)


def need(day: int, post: str = WINDOW, begin: int = 510, end: int = 1050, staff: int = 1, priority: int = 1) -> Need:
    return Need(day, post, begin, end, staff, priority)


def hall(people: tuple[Person, ...], needs: tuple[Need, ...] = (), **changes: Any) -> Hall:
    days = changes.pop("days", week())
    made = Hall("S1", people, (DAY, AGENT, NIGHT), needs, days, tuple(k % 7 for k in range(len(days))))
    return replace(made, **changes)


def drawn(seed: int) -> Hall:
    """A centre of two or three people in one week; only on its first days there is anything to do."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 4))
    days = 3 if size == 2 else 2
    shifts = (replace(DAY, minutes=int(rng.choice([300, 480]))), NIGHT, AGENT)[: 3 if size == 2 else 2]
    first = int(rng.integers(0, 6 - days + 2))
    shifts = tuple(replace(shift, weekdays=frozenset(range(first, first + days))) for shift in shifts)
    posts = sorted({post for shift in shifts for post in shift.posts})
    people = []
    for number in range(size):
        skills = frozenset(post for post in posts if rng.uniform() < 0.8)
        leave = frozenset(d for d in range(7) if rng.uniform() < 0.15)
        wishes = tuple(
            (d, None if rng.uniform() < 0.6 else DAY.name) for d in range(first, first + days) if rng.uniform() < 0.3
        )
        people.append(
            Person(
                f"P{number}", skills, "pair" if size - number <= 2 else "", int(rng.choice([500, 960, 2400])),
                int(rng.choice([0, 0, 0, 250])), leave, wishes, str(rng.choice(["", "D", "N", "DDD"])),
                tuple(int(k) for k in rng.integers(0, 3, 3)),  # type: ignore[arg-type]
            )
        )  # fmt: skip
    needs = []
    for day in range(first, first + days):
        if rng.uniform() < 0.9:
            needs.append(need(day, WINDOW, 690, 750, int(rng.integers(1, 3)), int(rng.integers(1, 4))))
        if rng.uniform() < 0.5:
            needs.append(need(day, ONLINE, 1050, 1440, 1, 3))
        if rng.uniform() < 0.5 and day > first:
            needs.append(need(day, ONLINE, 0, 510, 1, 2))
    holiday = int(rng.integers(0, 14))
    made = Hall(
        "S1", tuple(people), shifts, tuple(needs), week(holiday=holiday if holiday < 7 else None), tuple(range(7)),
        Terms(consecutive=int(rng.integers(1, 4))), frozenset(d for d in range(first, first + days) if rng.uniform() < 0.6),
    )  # fmt: skip
    if rng.uniform() < 0.4:
        every = [d for d in made.possible if rng.uniform() < 0.3]
        made = replace(made, published=frozenset({(d.person, d.day): d for d in every}.values()) or None)
    return made


def every_roster(small: Hall) -> list[Duties]:
    """All rosters that break no rule."""
    cells = sorted({duty[:2] for duty in small.possible})
    choices = [[None, *(d for d in small.possible if d[:2] == cell)] for cell in cells]
    found = []
    for chosen in product(*choices):
        duties = frozenset(duty for duty in chosen if duty is not None)
        if not faults(small, duties):
            found.append(duties)
    return found


def best(small: Hall, stages: tuple[str, ...]) -> dict[str, int] | None:
    """The least of each stage, the first first; None where no roster breaks no rule."""
    worth = [objectives(small, duties) for duties in every_roster(small)]
    return min(worth, key=lambda one: [one[stage] for stage in stages]) if worth else None


def duties(*rows: tuple[int, int, int]) -> Duties:
    return frozenset(Duty(*row) for row in rows)
