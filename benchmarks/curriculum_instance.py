"""Curriculum timetabling of ITC-2007, track 3: the instance, and the reader of its files (``.ctt``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from workbench.errors import GeodataError, Problem

COUNTED = {"Courses": "COURSES", "Rooms": "ROOMS", "Curricula": "CURRICULA",
           "Constraints": "UNAVAILABILITY_CONSTRAINTS"}  # fmt: skip
"""Numbers of the head that tell how many lines a block has."""
WIDTHS = {"COURSES": 5, "ROOMS": 2, "CURRICULA": 3, "UNAVAILABILITY_CONSTRAINTS": 3}
"""Words that a line of a block has at least."""
SIZES = ("Days", "Periods_per_day")


class Course(NamedTuple):
    """A course.

    Parameters
    ----------
    id, teacher
        Its identifier, and who gives it.
    lectures
        How many there are a week.
    fewest_days
        Days over which they had best be spread.
    students
        How many attend.
    """

    id: str
    teacher: str
    lectures: int
    fewest_days: int
    students: int


class Lecture(NamedTuple):
    """One lecture of a timetable: positions of its course, its period in the week and its room."""

    course: int
    period: int
    room: int


@dataclass(frozen=True, eq=False)
class Curricula:
    """An instance of curriculum timetabling.

    Parameters
    ----------
    name
        Its name.
    days, daily
        Days of the week, and periods of a day; period ``d * daily + t`` is the t-th of day d.
    courses
        The courses.
    rooms, seats
        Identifiers of the rooms, and how many each seats.
    curricula
        Positions of the courses of each curriculum.
    closed
        Shape (courses, periods), periods in which a course cannot be held.
    """

    name: str
    days: int
    daily: int
    courses: tuple[Course, ...]
    rooms: tuple[str, ...]
    seats: tuple[int, ...]
    curricula: tuple[tuple[int, ...], ...]
    closed: np.ndarray

    @property
    def periods(self) -> int:
        """Periods of the week."""
        return self.days * self.daily

    @property
    def lectures(self) -> int:
        """Lectures of all courses."""
        return sum(course.lectures for course in self.courses)

    @cached_property
    def conflicts(self) -> np.ndarray:
        """Shape (courses, courses), which cannot be at once: the same teacher, or a curriculum in common."""
        teacher = np.array([course.teacher for course in self.courses])
        apart = teacher[:, None] == teacher[None, :]
        for members in self.curricula:
            apart[np.ix_(members, members)] = True
        np.fill_diagonal(apart, True)
        return apart


def read_curricula(path: Path) -> Curricula:
    """Read an instance.

    Parameters
    ----------
    path
        A file in the format of the competition.

    Returns
    -------
    Curricula

    Raises
    ------
    GeodataError
        With every line that is wrong.

    References
    ----------
    .. [1] Di Gaspero, L., McCollum, B., Schaerf, A. (2007). The second international timetabling competition:
       curriculum-based course timetabling (track 3). Technical report, Queen's University Belfast.
    """
    return _Reader(path).instance()


class _Reader:
    """A file cut into its head and blocks; keeps what is wrong until the end."""

    def __init__(self, path: Path) -> None:
        self.where, self.problems = path.name, list[Problem]()
        self.head: dict[str, str] = {}
        self.blocks: dict[str, list[tuple[int, list[str]]]] = {name: [] for name in WIDTHS}
        block = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            words = line.split()
            key, colon, value = line.partition(":")
            if not words or words[0] == "END.":
                continue
            if colon and not value.strip():
                block = key.strip()
                self._refuse(block not in WIDTHS, number, "unknown block", ", ".join(WIDTHS), block)
            elif block in WIDTHS:
                least = WIDTHS[block]
                if not self._refuse(len(words) < least, number, "line too short", f"{least} words", str(len(words))):
                    self.blocks[block].append((number, words))
            elif colon and not block:
                self.head[key.strip()] = value.strip()

    def instance(self) -> Curricula:
        sizes = {key: self._size(key) for key in (*SIZES, *COUNTED)}
        for key, block in COUNTED.items():
            found = len(self.blocks[block])
            self._refuse(sizes[key] not in (found, None), 0, f"{block} has another length", str(sizes[key]), str(found))
        courses = tuple(self._courses())
        rooms = [(words[0], self._number(line, words[1])) for line, words in self.blocks["ROOMS"]]
        place = {course.id: position for position, course in enumerate(courses)}
        curricula = tuple(self._curricula(place))
        days, daily = (sizes[key] or 1 for key in SIZES)
        closed = self._closed(place, days, daily)
        if self.problems:
            raise GeodataError(self.problems)
        names, seats = zip(*rooms, strict=True) if rooms else ((), ())
        return Curricula(self.head.get("Name", ""), days, daily, courses, names, seats, curricula, closed)

    def _courses(self) -> Iterator[Course]:
        for line, (name, teacher, *numbers) in self.blocks["COURSES"]:
            yield Course(name, teacher, *(self._number(line, word) for word in numbers[:3]))

    def _curricula(self, place: dict[str, int]) -> Iterator[tuple[int, ...]]:
        for line, (_, count, *names) in self.blocks["CURRICULA"]:
            self._refuse(
                self._number(line, count) != len(names), line, "other courses than said", count, f"{len(names)}"
            )
            yield tuple(place[name] for name in names if not self._unknown(line, name, place))

    def _closed(self, place: dict[str, int], days: int, daily: int) -> np.ndarray:
        closed = np.zeros((len(place), days * daily), bool)
        for line, (name, *when) in self.blocks["UNAVAILABILITY_CONSTRAINTS"]:
            day, slot = (self._number(line, word) for word in when[:2])
            outside = not (0 <= day < days and 0 <= slot < daily)
            outside = self._refuse(outside, line, "outside the week", f"{days} × {daily}", f"{day} {slot}")
            if not self._unknown(line, name, place) and not outside:
                closed[place[name], day * daily + slot] = True
        return closed

    def _size(self, key: str) -> int | None:
        said = self.head.get(key, "")
        missing = self._refuse(not said.isdigit(), 0, f"the head lacks {key}", "a whole number", said or "nothing")
        return None if missing else int(said)

    def _number(self, line: int, word: str) -> int:
        wrong = self._refuse(not word.isdigit(), line, "not a whole number", "a whole number", word)
        return 0 if wrong else int(word)

    def _unknown(self, line: int, name: str, place: dict[str, Any]) -> bool:
        return self._refuse(name not in place, line, "unknown course", "a course of the block COURSES", name)

    def _refuse(self, wrong: bool, line: int, what: str, expected: str, found: str) -> bool:
        if wrong:
            row = f"{line}" if line else ""
            self.problems.append(Problem(self.where, what, row, "", expected, found, "Mend the file."))
        return wrong
