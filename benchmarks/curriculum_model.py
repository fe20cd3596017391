"""Curriculum timetabling through the engine of rooms: what it has rules for is asked of it, the rest is added as rows.

A course is an activity of one cell that must take place so often, a teacher an organiser, a period a cell, a room a
room that seats everybody (seats cost, they do not bind). The engine lists what can be, and keeps rooms, teachers and
numbers of sessions. Added are: all lectures are held, curricula, and what a timetable costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from benchmarks.curriculum_check import ALONE_COST, DAY_COST
from benchmarks.curriculum_instance import Curricula, Lecture
from workbench.rooms.model import Columns, Row, columns, program, stacked, timetable
from workbench.rooms.problem import (
    CELL_MIN,
    DAY_CELLS,
    WEEK_CELLS,
    Activity,
    Centre,
    Room,
    Rules,
    Session,
    Timetable,
    choices,
)
from workbench.solving import LinearProgram


def centre_of(instance: Curricula) -> Centre:
    """Say an instance in the words of rooms and activities.

    Parameters
    ----------
    instance
        Of at most seven days.
    """
    week = np.zeros(WEEK_CELLS, bool)
    week[_cells(instance)] = True
    rooms = tuple(
        Room(name, 1, seats, 1, frozenset(), False, False, False, 0, False, week)
        for name, seats in zip(instance.rooms, instance.seats, strict=True)
    )
    return Centre(
        instance.name, rooms, tuple(_activities(instance)), rules=Rules(step=CELL_MIN, join=False, resident_share=0.0)
    )


def _cells(instance: Curricula) -> np.ndarray:
    period = np.arange(instance.periods)
    return np.asarray(period // instance.daily * DAY_CELLS + period % instance.daily)


def _activities(instance: Curricula) -> Iterable[Activity]:
    cells = _cells(instance)
    for position, course in enumerate(instance.courses):
        windows = np.zeros(WEEK_CELLS, bool)
        windows[cells[~instance.closed[position]]] = True
        yield Activity(
            id=course.id, function="", group="", attendance=0, minutes=CELL_MIN, length=1, setup=0, clear=0,
            sessions=course.lectures, priority=1, windows=windows, preferred=windows, days_apart=0,
            equipment=frozenset(), water=False, strong_power=False, private=False, noise=0, wants_quiet=False,
            shares="", highest_storey=1, organiser=course.teacher,
        )  # fmt: skip


def sessions_of(instance: Curricula, lectures: Iterable[Lecture]) -> Timetable:
    """Say a timetable in the words of the engine."""
    cells = _cells(instance).tolist()
    return Timetable(tuple(sorted(Session(x.course, cells[x.period], x.room) for x in lectures)))


def lectures_of(instance: Curricula, found: Timetable) -> tuple[Lecture, ...]:
    """Say a timetable of the engine in the words of the instance, ascending."""
    period = {cell: number for number, cell in enumerate(_cells(instance).tolist())}
    return tuple(sorted(Lecture(s.activity, period[s.start], s.place) for s in found.sessions))


@dataclass(frozen=True, eq=False)
class Model:
    """An instance as a program of whole numbers.

    Parameters
    ----------
    instance
        The instance.
    made
        The columns of the engine.
    program
        Its rows, and those that are added; the columns of the engine come first.
    offset
        What is to be added to the objective: the first room of each course costs nothing.
    """

    instance: Curricula
    made: Columns
    program: LinearProgram
    offset: int

    def lectures(self, values: np.ndarray) -> tuple[Lecture, ...]:
        """Return the timetable that values of the columns stand for."""
        return lectures_of(self.instance, timetable(self.made, values))


def model_of(instance: Curricula) -> Model:
    """Build the program of an instance: the rows of the engine, then those of curricula and costs."""
    made = columns(choices(centre_of(instance)))
    base = program(made)
    sheet = _Sheet(instance, made)
    for rule in (_all_held, _curricula_apart, _rooms_used, _days_missing, _lectures_alone):
        rule(sheet)
    more = len(sheet.cost)
    rows, most = stacked(sheet.rows, made.count + more)
    wide = sp.hstack([base.rows, sp.csr_array((base.rows.shape[0], more))])
    students = np.array([course.students for course in instance.courses])
    over = np.maximum(0, students[made.choices.activity] - np.array(instance.seats)[made.choices.place])
    cost = np.concatenate((over, np.zeros(made.count - made.choices.count), sheet.cost)).astype(np.float64)
    whole = replace(
        base,
        cost=cost,
        rows=sp.csr_array(sp.vstack([wide, rows])),
        row_lower=np.full(base.rows.shape[0] + len(most), -np.inf),
        row_upper=np.concatenate((base.row_upper, most)),
        lower=np.zeros(made.count + more),
        upper=np.concatenate((base.upper, sheet.upper)),
        integer=np.ones(made.count + more, np.bool_),
    )
    return Model(instance, made, whole, -len(instance.courses))


class _Sheet:
    """Columns and rows that are added."""

    def __init__(self, instance: Curricula, made: Columns) -> None:
        self.instance, self.first = instance, made.count
        self.rows, self.cost, self.upper = list[Row](), list[float](), list[float]()
        self.course, self.room = made.choices.activity, made.choices.place
        self.period = np.searchsorted(_cells(instance), made.choices.start)

    def column(self, cost: float, upper: float = 1.0) -> int:
        """Add a column of whole numbers from 0 on."""
        self.cost.append(cost)
        self.upper.append(upper)
        return self.first + len(self.cost) - 1

    def row(self, most: float, *parts: tuple[Sequence[int] | np.ndarray, float]) -> None:
        """Add a row: positions of columns with the amount of each, and the most they may add up to."""
        at = np.concatenate([np.asarray(part, np.int64) for part, _ in parts])
        amounts = np.concatenate([np.full(len(part), amount) for part, amount in parts])
        self.rows.append((at, amounts, most))

    def of(self, courses: Sequence[int], periods: Sequence[int] | range) -> np.ndarray:
        """Return the choices of some courses in some periods."""
        return np.flatnonzero(np.isin(self.course, courses) & np.isin(self.period, periods))


def _all_held(sheet: _Sheet) -> None:
    for position, course in enumerate(sheet.instance.courses):
        sheet.row(-course.lectures, (np.flatnonzero(sheet.course == position), -1.0))


def _curricula_apart(sheet: _Sheet) -> None:
    for members in _widest(sheet.instance.curricula):
        for period in range(sheet.instance.periods):
            sheet.row(1.0, (sheet.of(members, [period]), 1.0))


def _widest(curricula: Iterable[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Leave out curricula that are part of another."""
    sets = sorted({frozenset(members) for members in curricula}, key=lambda s: (-len(s), sorted(s)))
    return [tuple(sorted(s)) for n, s in enumerate(sets) if not any(s < other for other in sets[:n])]


def _rooms_used(sheet: _Sheet) -> None:
    for position, course in enumerate(sheet.instance.courses):
        for room in range(len(sheet.instance.rooms)):
            own = np.flatnonzero((sheet.course == position) & (sheet.room == room))
            used = sheet.column(1.0)
            sheet.row(0.0, (own, 1.0), ([used], -float(course.lectures)))


def _days_missing(sheet: _Sheet) -> None:
    daily = sheet.instance.daily
    for position, course in enumerate(sheet.instance.courses):
        days = []
        for day in range(sheet.instance.days):
            days.append(sheet.column(0.0))
            sheet.row(0.0, ([days[-1]], 1.0), (sheet.of([position], range(day * daily, (day + 1) * daily)), -1.0))
        missing = sheet.column(DAY_COST, course.fewest_days)
        sheet.row(-course.fewest_days, (days, -1.0), ([missing], -1.0))


def _lectures_alone(sheet: _Sheet) -> None:
    daily = sheet.instance.daily
    for members, times in _counted(sheet.instance.curricula):
        held = [sheet.of(members, [period]) for period in range(sheet.instance.periods)]
        for period, here in enumerate(held):
            slot = period % daily
            beside = ([held[period - 1]] if slot else []) + ([held[period + 1]] if slot + 1 < daily else [])
            alone = sheet.column(ALONE_COST * times)
            sheet.row(0.0, (here, 1.0), *((part, -1.0) for part in beside), ([alone], -1.0))


def _counted(curricula: Iterable[tuple[int, ...]]) -> list[tuple[tuple[int, ...], int]]:
    """Return curricula with the same courses once, and how often there is each."""
    sets = [tuple(sorted(set(members))) for members in curricula]
    return [(members, sets.count(members)) for members in sorted(set(sets))]
