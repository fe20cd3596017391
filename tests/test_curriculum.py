"""Curriculum timetables: the reader, the check, the moves of the annealing against it, the program of the engine."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest

from benchmarks.curriculum import BEST_KNOWN, anneal_row, engine_row
from benchmarks.curriculum_bounds import bound_of, rooms_bound, times_bound
from benchmarks.curriculum_check import Costs, costs, faults, refuse_faults
from benchmarks.curriculum_instance import Course, Curricula, Lecture, read_curricula
from benchmarks.curriculum_kernel import State, step, swing, value
from benchmarks.curriculum_model import lectures_of, model_of, sessions_of
from benchmarks.curriculum_search import annealed, empty_state, first_state, ground_of, put
from tests.shared_data import shared
from workbench.errors import CheckError, GeodataError, SolveError
from workbench.rooms.check import faults as engine_faults
from workbench.solving import Status, solve_integers

TEXT = """Name: pocket
Courses: 3
Rooms: 2
Days: 2
Periods_per_day: 3
Curricula: 2
Constraints: 2

COURSES:
a ann 3 2 30
b bob 2 2 12
c ann 1 1 8

ROOMS:
big 20
small 10

CURRICULA:
q1 2 a b
q2 1 c

UNAVAILABILITY_CONSTRAINTS:
b 0 2
c 1 0

END.
"""
A, B, C = 0, 1, 2
BIG, SMALL = 0, 1
GOOD = (
    Lecture(A, 0, BIG), Lecture(A, 2, BIG), Lecture(A, 3, BIG), Lecture(B, 1, BIG), Lecture(B, 4, BIG),
    Lecture(C, 1, SMALL),
)  # fmt: skip


def written(folder: Path, text: str = TEXT) -> Path:
    path = folder / "pocket.ctt"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(name="pocket")
def the_pocket(tmp_path: Path) -> Curricula:
    return read_curricula(written(tmp_path))


def drawn(seed: int, courses: int = 6, days: int = 3, daily: int = 4) -> Curricula:
    """A random instance that has a timetable without conflicts as a rule."""
    draw = np.random.default_rng(seed)
    some = tuple(
        Course(f"c{n}", f"t{draw.integers(courses)}", int(draw.integers(1, 4)), int(draw.integers(1, 4)),
               int(draw.integers(5, 40)))
        for n in range(courses)
    )  # fmt: skip
    curricula = tuple(tuple(sorted(draw.choice(courses, 3, replace=False).tolist())) for _ in range(4))
    closed = draw.random((courses, days * daily)) < 0.15
    return Curricula(f"drawn {seed}", days, daily, some, ("r0", "r1", "r2"), (10, 20, 30), curricula, closed)


def test_an_instance_is_read_as_it_is_written(pocket: Curricula) -> None:
    assert (pocket.name, pocket.days, pocket.daily, pocket.periods, pocket.lectures) == ("pocket", 2, 3, 6, 6)
    assert pocket.courses[A] == Course("a", "ann", 3, 2, 30)
    assert (pocket.rooms, pocket.seats, pocket.curricula) == (("big", "small"), (20, 10), ((A, B), (C,)))
    assert np.argwhere(pocket.closed).tolist() == [[B, 2], [C, 3]]
    assert pocket.conflicts.astype(int).tolist() == [[1, 1, 1], [1, 1, 0], [1, 0, 1]]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Courses: 3", "Courses: 4", "COURSES has another length; expected 4; found 3"),
        ("Days: 2", "Days: two", "the head lacks Days; expected a whole number; found two"),
        ("b bob 2 2 12", "b bob 2", "line too short; expected 5 words; found 3"),
        ("c ann 1 1 8", "c ann 1 x 8", "row 12: not a whole number; expected a whole number; found x"),
        ("q1 2 a b", "q1 3 a b", "other courses than said; expected 3; found 2"),
        ("q2 1 c", "q2 1 d", "unknown course; expected a course of the block COURSES; found d"),
        ("b 0 2", "b 0 3", "outside the week; expected 2 × 3; found 0 3"),
        ("ROOMS:", "HALLS:", "unknown block"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(GeodataError) as caught:
        read_curricula(written(tmp_path, TEXT.replace(old, new, 1)))
    assert words in str(caught.value)


def test_a_timetable_costed_by_hand(pocket: Curricula) -> None:
    assert not faults(pocket, GOOD)
    # a: 30 in 20 seats, three times; the curriculum is taught 0, 1, 2 and 3, 4: nobody is alone, but c is
    assert costs(pocket, GOOD) == Costs(seats=30, days=0, alone=2, rooms=0)
    # a once in the small room: 20 too many instead of 10, a second room; b on one day alone, apart from a
    worse = (GOOD[0]._replace(room=SMALL), GOOD[1], GOOD[2], GOOD[3], Lecture(B, 5, BIG), GOOD[5])
    assert costs(pocket, worse) == Costs(seats=40, days=0, alone=2 * 3, rooms=1)
    # a and b on one day each, c not at all
    short = (Lecture(A, 0, BIG), Lecture(A, 1, BIG), Lecture(A, 2, BIG), Lecture(B, 3, BIG), Lecture(B, 4, BIG))
    assert costs(pocket, short) == Costs(seats=30, days=3 * 5, alone=0, rooms=0)


@pytest.mark.parametrize(
    ("position", "lecture", "rules"),
    [
        (4, Lecture(B, 3, SMALL), ["curriculum"]),
        (5, Lecture(C, 0, SMALL), ["teacher"]),
        (5, Lecture(C, 4, BIG), ["occupancy"]),
        (5, Lecture(C, 3, SMALL), ["availability", "teacher"]),
        (1, Lecture(A, 0, SMALL), ["lectures"]),
        (4, Lecture(A, 5, BIG), ["lectures", "lectures"]),
    ],
)
def test_the_check_finds_what_is_planted(pocket: Curricula, position: int, lecture: Lecture, rules: list[str]) -> None:
    planted = [lecture if n == position else other for n, other in enumerate(GOOD)]
    assert sorted(problem.key for problem in faults(pocket, planted)) == rules
    with pytest.raises(CheckError, match="pocket"):
        refuse_faults(pocket, planted)


def told(instance: Curricula, state: State) -> list[Lecture]:
    course = ground_of(instance).course.tolist()
    return [Lecture(*row) for row in zip(course, state.period.tolist(), state.room.tolist(), strict=True)]


def clashes(instance: Curricula, timetable: list[Lecture]) -> int:
    pairs = combinations(timetable, 2)
    return sum(a.period == b.period and bool(instance.conflicts[a.course, b.course]) for a, b in pairs)


def slots(instance: Curricula, course: int, draw: np.random.Generator) -> tuple[int, int]:
    return int(draw.choice(np.flatnonzero(~instance.closed[course]))), int(draw.integers(len(instance.rooms)))


@pytest.mark.parametrize("seed", range(4))
def test_every_move_is_priced_as_the_check_prices_it(seed: int) -> None:
    instance, draw = drawn(seed), np.random.default_rng(seed)
    ground = ground_of(instance)
    state = first_state(instance, ground, draw)
    links, marks = np.empty((4, instance.lectures), np.int64), np.zeros(instance.lectures, np.bool_)
    moved = 0
    for turn in range(150):
        before = told(instance, state)
        lecture = int(draw.integers(instance.lectures))
        period, room = slots(instance, ground.course[lecture], draw)
        bar = float(draw.choice([np.inf, 3.0]))
        if turn % 2:
            shift, change = step(lecture, period, room, bar, 10, ground, state)
        else:
            shift, change = swing(lecture, period, bar, 10, links, marks, ground, state)
        after = told(instance, state)
        moved += before != after
        assert shift == clashes(instance, after) - clashes(instance, before)
        assert change == costs(instance, after).total - costs(instance, before).total
        assert change + 10 * shift <= bar
        assert not {p.key for p in faults(instance, after)} & {"availability", "occupancy"}
        assert value(ground, state) == (clashes(instance, after), costs(instance, after).total)
    assert moved > 30
    anew = empty_state(instance)
    for lecture, (_, period, room) in enumerate(told(instance, state)):
        put(lecture, period, room, ground, anew)
    assert all(np.array_equal(kept, made) for kept, made in zip(state, anew, strict=True))


def test_a_move_that_is_too_dear_changes_nothing(pocket: Curricula) -> None:
    ground, state = ground_of(pocket), empty_state(pocket)
    for lecture, (_, period, room) in enumerate(GOOD):
        put(lecture, period, room, ground, state)
    before = told(pocket, state)
    assert step(0, 5, SMALL, 10.0, 100, ground, state) == (0, 0)  # 10 seats, a room, and lectures alone
    assert told(pocket, state) == before
    assert step(0, 5, SMALL, 20.0, 100, ground, state) != (0, 0)
    assert told(pocket, state)[0] == Lecture(A, 5, SMALL)


def test_a_chain_takes_along_what_would_be_in_conflict(pocket: Curricula) -> None:
    ground, state = ground_of(pocket), empty_state(pocket)
    for lecture, (_, period, room) in enumerate(GOOD):
        put(lecture, period, room, ground, state)
    links, marks = np.empty((4, 6), np.int64), np.zeros(6, np.bool_)
    swing(0, 1, np.inf, 100, links, marks, ground, state)  # a to 1: b, which is there, to 0, and c, of a's teacher
    assert [(x.course, x.period) for x in told(pocket, state)] == [(A, 1), (A, 2), (A, 3), (B, 0), (B, 4), (C, 0)]
    kept = told(pocket, state)
    assert swing(3, 2, np.inf, 100, links, marks, ground, state) == (0, 0)  # b cannot be in 2
    assert told(pocket, state) == kept


def test_annealing_is_the_same_again_and_not_worse_than_its_bound() -> None:
    instance = drawn(1)
    bound = bound_of(instance)
    first = annealed(instance, 20_000, (1, 2), bound.total, rounds=2)
    again = annealed(instance, 20_000, (1, 2), bound.total, rounds=2)
    assert [(x.seed, x.cost, x.timetable, x.moves) for x in first] == [
        (x.seed, x.cost, x.timetable, x.moves) for x in again
    ]
    assert first[0].cost == min(x.cost for x in first) >= bound.total
    assert first[0].cost == costs(instance, first[0].timetable).total
    assert not faults(instance, first[0].timetable)


def test_annealing_stops_at_the_bound_and_says_when_there_is_nothing(pocket: Curricula) -> None:
    least = least_of(pocket)
    assert annealed(pocket, 1_000_000, (1,), least)[0].moves < 1_000_000
    shut = replace(pocket, closed=np.ones_like(pocket.closed))
    with pytest.raises(SolveError, match="a finds no room in its periods|b finds|c finds"):
        annealed(shut, 1000, (1,))
    narrow = np.ones_like(pocket.closed)
    narrow[:, :3] = False  # six lectures of which a and the others are apart, in three periods
    with pytest.raises(SolveError, match="no timetable without conflicts in 1,000 moves"):
        annealed(replace(pocket, closed=narrow), 1000, (1,))


def least_of(instance: Curricula) -> int:
    """Go through all timetables of an instance of at most two rooms: the least that one without faults costs."""
    rooms = range(len(instance.rooms))
    ways = []
    for position, course in enumerate(instance.courses):
        periods = np.flatnonzero(~instance.closed[position]).tolist()
        ways.append([
            [Lecture(position, period, room) for period, room in zip(when, where, strict=True)]
            for when in combinations(periods, course.lectures)
            for where in product(rooms, repeat=course.lectures)
        ])  # fmt: skip
    found = []

    def hold(position: int, lectures: list[Lecture]) -> None:
        if position == len(ways):
            found.append(costs(instance, lectures).total)
            return
        for more in ways[position]:
            if not {p.key for p in faults(instance, lectures + more)} - {"lectures"}:
                hold(position + 1, lectures + more)

    hold(0, [])
    return min(found)


def little(seed: int) -> Curricula:
    draw = np.random.default_rng(seed)
    some = tuple(
        Course(f"c{n}", f"t{draw.integers(3)}", int(draw.integers(1, 3)), int(draw.integers(1, 3)),
               int(draw.integers(5, 14)))
        for n in range(3)
    )  # fmt: skip
    closed = np.zeros((3, 6), bool)
    closed[np.arange(3), draw.integers(6, size=3)] = True
    curricula = ((0, 1), (0, 1), (2,))
    return Curricula(f"little {seed}", 2, 3, some, ("r0", "r1"), (10, 8), curricula, closed)


@pytest.mark.parametrize("seed", range(5))
def test_engine_and_annealing_reach_what_all_timetables_reach(seed: int) -> None:
    instance = little(seed)
    least = least_of(instance)
    model = model_of(instance)
    answer = solve_integers(model.program)
    assert answer.status is Status.OPTIMAL
    found = model.lectures(answer.values)
    assert not faults(instance, found)
    assert answer.objective + model.offset == costs(instance, found).total == least
    assert annealed(instance, 10_000, (1,))[0].cost == least
    assert bound_of(instance).total <= least


def test_the_bounds_of_a_pocket(pocket: Curricula) -> None:
    assert rooms_bound(pocket) == 30  # a thrice in 20 seats; b in the big room, c anywhere
    assert times_bound(pocket) == 2  # c is alone whenever it is
    short = replace(pocket, closed=np.isin(np.arange(6), (3, 4, 5)) & np.array([[True], [False], [False]]))
    assert times_bound(short) == 2 + 5 + 5  # a has the first day only and fills it, so that b lacks it
    tight = replace(pocket, seats=(40, 5))
    assert rooms_bound(tight) == 0  # all six in the big one, which is there six times
    assert rooms_bound(replace(tight, days=1, closed=pocket.closed[:, :3])) == 3 + 7 + 7  # three must do with five


def test_the_engine_knows_the_rules_that_it_was_given(pocket: Curricula) -> None:
    model = model_of(pocket)
    assert lectures_of(pocket, sessions_of(pocket, GOOD)) == tuple(sorted(GOOD))
    assert not engine_faults(model.made.centre, sessions_of(pocket, GOOD))
    for lecture, rule in ((Lecture(C, 0, SMALL), "organiser"), (Lecture(C, 4, BIG), "one_use")):
        planted = sessions_of(pocket, (*GOOD[:5], lecture))
        assert rule in {problem.key for problem in engine_faults(model.made.centre, planted)}


@pytest.mark.parametrize("name", ["comp01", "comp11"])
def test_published_instances(name: str) -> None:
    instance = read_curricula(shared(f"benchmarks/itc2007/{name}.ctt"))
    bound = bound_of(instance)
    assert bound.total == BEST_KNOWN[name]
    row = anneal_row(name, instance, bound, 0.0, 60_000, 1)
    assert f"over the best known {BEST_KNOWN[name]}" in row.note
    assert row.task.startswith(f"curricula, {name}, ")


def test_the_engine_in_a_row_of_the_page(pocket: Curricula) -> None:
    row = engine_row("comp01", pocket)
    least = least_of(pocket)
    assert row.note == (
        f"costs {least}, {least - 5} over the best known 5, {20 * (least - 5):.1f} % above; bound {least}, OPTIMAL"
    )
    assert row.equal is False
