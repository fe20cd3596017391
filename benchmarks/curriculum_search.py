"""Annealing of curriculum timetables: flat arrays of an instance, a first timetable, several dice side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.curriculum_instance import Curricula, Lecture
from benchmarks.curriculum_kernel import Ground, State, anneal, exchange, put
from workbench.processes import side_by_side


def ground_of(instance: Curricula) -> Ground:
    """Lay an instance out in flat arrays."""
    courses = len(instance.courses)
    inside = np.zeros((len(instance.curricula), courses), np.int64)
    for q, members in enumerate(instance.curricula):
        inside[q, list(members)] = 1
    words = np.arange(1 << instance.daily)
    alone = words & ~(words << 1) & ~(words >> 1)
    period = np.arange(instance.periods)
    students = np.array([course.students for course in instance.courses])
    open_start, open_period = _lists(~instance.closed)
    part_start, part = _lists(inside.T > 0)
    enemy_start, enemy = _lists(instance.conflicts)
    return Ground(
        course=np.repeat(np.arange(courses), [course.lectures for course in instance.courses]),
        apart=instance.conflicts.astype(np.int64),
        open_start=open_start,
        open_period=open_period,
        open=(~instance.closed).astype(np.int64),
        over=np.maximum(0, students[:, None] - np.array(instance.seats)[None, :]),
        fewest=np.array([course.fewest_days for course in instance.courses]),
        part_start=part_start,
        part=part,
        inside=inside,
        enemy_start=enemy_start,
        enemy=enemy,
        alone=np.array([int(word).bit_count() for word in alone]),
        day=period // instance.daily,
        bit=np.int64(1) << (period % instance.daily),
    )


def _lists(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    start = np.concatenate(([0], np.cumsum(table.sum(axis=1)))).astype(np.int64)
    return start, np.nonzero(table)[1].astype(np.int64)


def empty_state(instance: Curricula) -> State:
    """Return a state that holds nothing yet."""
    courses, rooms, days = len(instance.courses), len(instance.rooms), instance.days

    def zeros(*shape: int) -> np.ndarray:
        return np.zeros(shape, np.int64)

    lectures, periods, curricula = instance.lectures, instance.periods, len(instance.curricula)
    return State(
        zeros(lectures), zeros(lectures), np.full((periods, rooms), -1), zeros(courses, periods),
        zeros(curricula, periods), zeros(curricula, days), zeros(courses, days), zeros(courses),
        zeros(courses, rooms), zeros(courses),
    )  # fmt: skip
