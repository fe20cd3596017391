"""The checker finds every fault of works that is planted: one test a rule, each beside works that are right."""

from __future__ import annotations

from dataclasses import replace

from tests.rooms.cases import NINE, activity, centre, room
from tests.rooms.works.cases import KINDS
from workbench.rooms import Session, Timetable
from workbench.rooms.works.problem import Work, WorkLimits, budget_faults, possible_works, work_faults

LIMITS = WorkLimits(KINDS, 1000)
BARE = centre(
    [room("R1"), room("R2", water=False), room("R3")],
    [activity("A1", equipment=frozenset({"mirrors"})), activity("A2"), activity("A3", attendance=18)],
    walls=((0, 1), (1, 2)),
)
COULD = {(w.rooms, w.key): w for w in possible_works(BARE, KINDS)}
MIRRORS, WATER = COULD[(0,), "mirrors"], COULD[(1,), "water"]
LEFT, RIGHT = COULD[(0, 1), "join"], COULD[(1, 2), "join"]
PLAIN, DANCE = Session(1, NINE, 1), Session(0, NINE, 0)
TODAY, PLAN = Timetable((PLAIN,)), Timetable((DANCE, PLAIN))


def broken(*works: Work, limits: WorkLimits = LIMITS, today: Timetable | None = TODAY, plan: Timetable | None = PLAN):
    return [problem.key for problem in work_faults(BARE, works, limits, today, plan)]


def test_right_works_pass() -> None:
    assert broken(MIRRORS) == []
    assert broken(today=TODAY, plan=TODAY) == []


def test_a_work_that_is_not_possible() -> None:
    assert broken(replace(MIRRORS, key="insulation")) == ["possible"]
    assert broken(replace(WATER, rooms=(0,))) == ["possible"], "it has water"
    assert broken(MIRRORS, limits=replace(LIMITS, forbidden=frozenset({"R1"}))) == ["possible"]
    assert broken(MIRRORS, limits=replace(LIMITS, kinds={"water": KINDS["water"]})) == ["possible"]
    assert broken(MIRRORS, MIRRORS) == ["possible"], "twice"


def test_a_cost_that_is_wrong() -> None:
    assert broken(replace(MIRRORS, cost=MIRRORS.cost - 1)) == ["cost"]


def test_days_that_are_wrong_or_too_many() -> None:
    assert broken(replace(MIRRORS, days=2)) == ["days"]
    assert broken(MIRRORS, limits=replace(LIMITS, most_days=1)) == []
    assert broken(MIRRORS, WATER, limits=replace(LIMITS, most_days=3))[0] == "days"


def test_a_room_in_two_pairs() -> None:
    both = Timetable((DANCE, PLAIN, Session(2, NINE + 1, 3)))
    assert broken(MIRRORS, LEFT, plan=both) == []
    assert broken(MIRRORS, LEFT, RIGHT, plan=both) == ["pairs"]


def test_a_work_that_serves_nobody() -> None:
    assert broken(MIRRORS, WATER) == ["serves"]


def test_a_timetable_that_does_not_fit_the_worked_rooms() -> None:
    assert "equipment" in broken(WATER)
    assert broken(MIRRORS, plan=Timetable((DANCE, Session(1, NINE, 0)))) == ["one_use"]


def test_works_that_serve_no_more_need() -> None:
    assert broken(MIRRORS, today=PLAN) == ["need"]
    assert broken(MIRRORS, today=None) == []
    assert broken(MIRRORS, plan=None) == ["serves"]


def test_money_that_does_not_add_up_or_is_not_there() -> None:
    def told(spent: int, budget: int) -> list[str]:
        return [p.key for p in budget_faults("s", [MIRRORS, WATER], replace(LIMITS, budget=budget), spent)]

    total = MIRRORS.cost + WATER.cost
    assert total == 70 + 20 + 150
    assert told(total, total) == []
    assert told(total + 1, total) == ["cost"]
    assert told(total, total - 1) == ["budget"]
