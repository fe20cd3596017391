"""Plans of one centre: equal to brute force in every stage, canonical, and honest when they cannot be."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.depth import draws
from tests.rooms import oracle
from tests.rooms.cases import NINE, activity, centre, drawn, hours, room
from workbench.rooms import Centre, Rule, Session, plan_centre
from workbench.rooms.check import faults, objectives
from workbench.rooms.problem import DAY_CELLS
from workbench.rooms.search import Search
from workbench.solving import Answer, Interrupt, LinearProgram, Status

STAGES = ["need_1", "need_2", "need_3", "floors", "release", "changes", "preferences"]


def with_today(small: Centre, seed: int) -> Centre:
    """The same centre with a published timetable that its own rules allow, part of it fixed."""
    draw = np.random.default_rng(seed)
    today: list[Session] = []
    for a, asked in enumerate(small.activities):
        options = [s for s in oracle.single(small, a) if not any(small.rooms[r].office for r in small.places[s.place])]
        draw.shuffle(options)
        for session in options[: asked.sessions]:
            if oracle.together(small, (*today, session)):
                today.append(session)
    return replace(small, today=tuple(sorted(today)), fixed=tuple(sorted(today[:1])))


def one_of(seed: int) -> Centre:
    """Every other one has a published timetable."""
    return with_today(drawn(seed), seed) if seed % 2 else drawn(seed)


@cache
def wanted_of(seed: int) -> tuple[int, ...] | None:
    return oracle.best(one_of(seed))


@pytest.mark.parametrize("seed", range(draws(60)))
def test_every_stage_equals_brute_force(seed: int) -> None:
    small, wanted = one_of(seed), wanted_of(seed)
    plan = plan_centre(small)
    if wanted is None:
        assert plan.status is Status.INFEASIBLE
        assert plan.conflict
        return
    assert plan.status is Status.OPTIMAL
    assert [stage.name for stage in plan.stages] == STAGES
    assert tuple(stage.value for stage in plan.stages) == wanted
    assert all(stage.bound == stage.value for stage in plan.stages)
    assert plan.timetable is not None
    assert faults(small, plan.timetable) == []


@pytest.mark.parametrize("seed", range(draws(24)))
def test_what_cp_sat_leaves_open_highs_proves_alike(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """CP-SAT finds the first timetable and the one of many; all between is HiGHS's."""
    small = with_today(drawn(seed), seed)
    wanted = oracle.best(small)
    asked = Search.solve

    def unwilling(own: Search, whole: LinearProgram, share: float, start: np.ndarray | None) -> Answer:
        if share == own._quick:
            return Answer(Status.UNKNOWN, None, np.inf, -np.inf, None, 0.0)
        own._quick = 0.125  # a share that nothing else has
        return asked(own, whole, share, start)

    monkeypatch.setattr(Search, "solve", unwilling)
    plan = plan_centre(small)
    if wanted is None:
        assert plan.status is Status.INFEASIBLE
    else:
        assert plan.status is Status.OPTIMAL
        assert tuple(stage.value for stage in plan.stages) == wanted


def test_the_seeds_cover_what_matters() -> None:
    """So that the comparison above cannot pass by drawing nothing of interest."""
    wanted = [wanted_of(seed) for seed in range(draws(60))]
    solved = [worth for worth in wanted if worth is not None]
    few = len(wanted) // 12
    assert 0 < len(wanted) - len(solved) < len(wanted) // 6
    assert sum(0 < worth[3] < 1000 for worth in solved) > few
    assert all(sum(worth[stage] > 0 for worth in solved) > few for stage in range(7))


def test_priorities_come_one_after_the_other() -> None:
    """One seat: five people of priority 1 go before nine of priority 2."""
    one = centre([room(open=hours(NINE, NINE + 1))], [activity("A1"), activity("A2", attendance=9, priority=2)])
    plan = plan_centre(one)
    assert plan.timetable is not None
    assert [s.activity for s in plan.timetable.sessions] == [0]
    assert [stage.value for stage in plan.stages[:3]] == [0, 9 * 15, 0]


def test_rooms_are_released_where_the_week_has_room() -> None:
    three = centre([room("R1"), room("R2"), room("R3")], [activity(f"A{n}") for n in range(4)])
    plan = plan_centre(three)
    assert plan.stages[4].value == 1
    five = centre([room("R1"), room("R2"), room("R3")], [activity(f"A{n}") for n in range(5)])
    assert plan_centre(five).stages[4].value == 2


def test_area_may_count_instead_of_rooms() -> None:
    """Two small rooms weigh less than a large one that would do alone."""
    rooms = [room("R1", area_dm2=900), room("R2", area_dm2=200), room("R3", area_dm2=200)]
    asked = [activity(f"A{n}", windows=hours(NINE, NINE + 2), length=2, attendance=5) for n in range(2)]
    by_rooms = plan_centre(centre(rooms, asked[:1], rules={"release": "area"}))
    assert by_rooms.stages[4].value == 200
    assert plan_centre(centre(rooms, asked, rules={"release": "area"})).stages[4].value == 400


def test_what_is_published_stays_where_nothing_speaks_against_it() -> None:
    today = (Session(0, NINE + 3, 0), Session(1, NINE + 1, 0))
    plan = plan_centre(centre([room()], [activity("A1"), activity("A2"), activity("A3")], today=today))
    assert plan.timetable is not None
    assert set(today) <= set(plan.timetable.sessions)
    assert plan.stages[5].value == 0


def test_sharing_a_room_is_worth_it() -> None:
    """Two groups of five read in a room for ten at once; one that may not share has to go elsewhere."""
    tight = [room(open=hours(NINE, NINE + 1))]
    readers = [activity("A1", shares="desks"), activity("A2", shares="desks")]
    assert plan_centre(centre(tight, readers)).stages[0].value == 0
    assert plan_centre(centre(tight, [*readers, activity("A3", shares="desks")])).stages[0].value == 75
    assert plan_centre(centre(tight, [readers[0], activity("A2", shares="helpers")])).stages[0].value == 75


def test_joined_rooms_block_both_parts() -> None:
    rooms = [room("R1", open=hours(NINE, NINE + 2)), room("R2", open=hours(NINE, NINE + 2))]
    asked = [activity("A1", attendance=18), activity("A2"), activity("A3"), activity("A4")]
    plan = plan_centre(centre(rooms, asked, joins=((0, 1),)))
    assert plan.timetable is not None
    assert [s.place for s in plan.timetable.sessions if s.activity == 0] == [2]
    assert plan.stages[0].value == 75
    assert plan.stages[4].value == 2


def test_offices_are_given_over_as_far_as_the_standard_asks() -> None:
    rooms = [room("R1", area_dm2=200), room("R2", area_dm2=300, office=True), room("R3", area_dm2=100, office=True)]
    plan = plan_centre(centre(rooms, [activity()]))
    assert plan.timetable is not None
    assert plan.timetable.given == (1,)
    assert plan.stages[5].value == 1


def test_rules_that_contradict_each_other_are_named() -> None:
    """One office of 80 %: it cannot be kept and be no more than 40 %."""
    rooms = [room("R1", area_dm2=100), room("R2", area_dm2=400, office=True)]
    plan = plan_centre(centre(rooms, [activity()], rules={"offices_kept": 1}))
    assert plan.status is Status.INFEASIBLE
    assert plan.timetable is None
    assert set(plan.conflict) == {Rule.RESIDENT_SHARE, Rule.OFFICES_KEPT}


def test_a_fixed_session_that_cannot_be_held_is_a_conflict() -> None:
    plan = plan_centre(
        centre([room()], [activity()], today=(Session(0, NINE + 9, 0),), fixed=(Session(0, NINE + 9, 0),))
    )
    assert plan.status is Status.INFEASIBLE
    assert plan.conflict == (Rule.FIXED, Rule.OPENING), "what the session breaks by itself is named too"


def test_nothing_asked_is_nothing_planned() -> None:
    plan = plan_centre(centre([room()], []))
    assert plan.status is Status.OPTIMAL
    assert plan.timetable is not None
    assert plan.timetable.sessions == ()
    assert [stage.value for stage in plan.stages] == [0] * 7


def test_rooms_without_known_hours_hold_nothing() -> None:
    plan = plan_centre(centre([room(open=np.zeros(7 * DAY_CELLS, bool))], [activity()]))
    assert plan.status is Status.OPTIMAL
    assert plan.stages[0].value == 75


def test_two_runs_are_identical_and_the_choice_among_equals_is_proven() -> None:
    small = with_today(drawn(11), 11)
    first, second = plan_centre(small), plan_centre(small)
    assert first.timetable is not None
    assert second.timetable is not None
    assert first.canonical
    assert first.timetable.sessions == second.timetable.sessions
    assert objectives(small, first.timetable) == {stage.name: stage.value for stage in first.stages}


def test_without_effort_nothing_is_called_proven() -> None:
    wide = [
        activity(f"A{n:02d}", length=1 + n % 2, sessions=2, priority=1 + n % 3, windows=hours(NINE, NINE + 4, (0, 1)))
        for n in range(12)
    ]
    rooms = [room(f"R{n}", open=hours(NINE, NINE + 4, (0, 1))) for n in range(4)]
    plan = plan_centre(centre(rooms, wide), effort=1e-9)
    assert plan.status in {Status.UNKNOWN, Status.FEASIBLE}


def test_after_a_stage_that_stays_open_later_ones_have_half_the_effort() -> None:
    search = Search(centre([room()], [activity()]), 8.0, Interrupt())
    for value, bound, left in ((5, 5, 8.0), (5, 4, 4.0), (3, 3, 4.0), (2, 0, 2.0)):
        search.record("need_1", value, bound, 0.0)
        assert search.effort == left
    assert [stage.gap for stage in search.stages] == [0.0, 0.2, 0.0, 1.0]


def test_ctrl_c_begins_no_further_search() -> None:
    interrupt = Interrupt()
    interrupt.asked = True
    assert plan_centre(drawn(3), interrupt=interrupt).status is Status.UNKNOWN
