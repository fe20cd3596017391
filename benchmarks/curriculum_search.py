"""Annealing of curriculum timetables: flat arrays of an instance, a first timetable, several dice side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.curriculum_check import costs, refuse_faults
from benchmarks.curriculum_instance import Curricula, Lecture
from benchmarks.curriculum_kernel import ALONE, DAY, Ground, State, put, walk
from workbench.errors import CheckError, SolveError
from workbench.processes import side_by_side

LEVELS = 1000
"""Temperatures."""
PENALTY = 100
"""Of a conflict: more than a move can save as a rule, so that conflicts are rare and yet a way through."""
TURN = 3
"""Moves of which one is a chain; measured on comp05."""
WARM, COLD = 30.0, 0.15
"""First and last temperature: a chain may cost some dozens at first, and nothing but 0 in the end."""


@dataclass(frozen=True)
class Found:
    """What an annealing found.

    Parameters
    ----------
    timetable
        The lectures, ascending.
    cost
        What it costs.
    moves
        Moves that were tried.
    seconds
        Processor time.
    seed
        Seed of the dice.
    """

    timetable: tuple[Lecture, ...]
    cost: int
    moves: int
    seconds: float
    seed: int


def annealed(
    instance: Curricula, moves: int, seeds: Sequence[int] = (1, 2), least: int = 0, *, rounds: int = 1
) -> list[Found]:
    """Anneal with several dice side by side.

    Parameters
    ----------
    instance
        The instance.
    moves
        Moves of one round; a count and not a time, so that two runs are alike.
    seeds
        Seeds of the dice.
    least
        Cost below which there is nothing: who reaches it stops.
    rounds
        How often each anneals, from another first timetable: what is decided while it is hot is not mended later, so
        that several rounds do better than a long one.

    Returns
    -------
    list of Found
        The best first; of those that cost the same, the one that comes first in order.

    Raises
    ------
    SolveError
        If no timetable without conflicts was found.
    CheckError
        If one does not survive its check.
    """
    tasks = [lambda seed=seed: _best(instance, moves, seed, least, rounds) for seed in seeds]
    found = [one for one in side_by_side(tasks) if one is not None]
    if not found:
        raise SolveError(f"{instance.name}: no timetable without conflicts in {moves:,} moves")
    return sorted(found, key=lambda one: (one.cost, one.timetable))


def _best(instance: Curricula, moves: int, seed: int, least: int, rounds: int) -> Found | None:
    """Anneal round by round; return the best, with the moves and the time of all."""
    ground, best = ground_of(instance), np.zeros((2, instance.lectures), np.int64)
    dice = np.random.Generator(np.random.PCG64(seed))
    heat, settings = np.geomspace(WARM, COLD, LEVELS), np.array([max(1, moves // LEVELS), PENALTY, TURN, least])
    found: tuple[int, tuple[Lecture, ...]] | None = None
    tried, began = 0, time.process_time()
    for _ in range(rounds):
        state, chance = first_state(instance, ground, dice), dice.integers(1, 1 << 62, 1)
        cost, more = walk(ground, state, best, chance, heat, settings)
        tried += more
        if cost >= 0:
            one = cost, _checked(instance, ground, best, cost)
            found = one if found is None else min(found, one)
        if found and found[0] <= least:
            break
    seconds = time.process_time() - began
    return Found(found[1], found[0], tried, seconds, seed) if found else None


def _checked(instance: Curricula, ground: Ground, best: np.ndarray, cost: int) -> tuple[Lecture, ...]:
    """Return the timetable of periods and rooms; refuse one that breaks a rule or costs something else."""
    rows = zip(ground.course.tolist(), *best.tolist(), strict=True)
    timetable = tuple(sorted(Lecture(*row) for row in rows))
    refuse_faults(instance, timetable)
    total = costs(instance, timetable).total
    if total != cost:
        raise CheckError(f"{instance.name}: the search counts {cost}, the check {total}")
    return timetable


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
        most=DAY + 3 * ALONE * np.diff(part_start),  # one lecture alone less where it leaves, two where it comes
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


def first_state(instance: Curricula, ground: Ground, draw: np.random.Generator) -> State:
    """Hold every lecture, the least free first, where it meets the fewest conflicts, then in the room that fits best.

    Raises
    ------
    SolveError
        If no room is free in any period in which a lecture can be held.
    """
    state = empty_state(instance)
    spread = np.diff(ground.open_start)[ground.course]
    for lecture in np.lexsort((draw.random(len(spread)), spread)).tolist():
        course = ground.course[lecture]
        periods = ground.open_period[ground.open_start[course] : ground.open_start[course + 1]]
        at, room = np.nonzero(state.holder[periods] < 0)
        if not len(at):
            raise SolveError(f"{instance.name}: {instance.courses[course].id} finds no room in its periods")
        period = periods[at]
        chosen = np.lexsort((draw.random(len(at)), ground.over[course, room], state.foes[course, period]))[0]
        put(lecture, int(period[chosen]), int(room[chosen]), ground, state)
    return state
