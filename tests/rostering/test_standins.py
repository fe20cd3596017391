"""替换芯: who can stand in, worked out by hand, and against brute force over all ways to fill a day."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import pytest

from tests.depth import draws
from tests.rostering.cases import AGENCY, ONLINE, WINDOW, drawn, duties, hall, need, person
from workbench.rostering.check import faults, unmet
from workbench.rostering.problem import Duties, Duty, Hall
from workbench.rostering.reasons import (
    BUSY,
    FREE,
    NO_SHIFT,
    NO_SKILL,
    in_the_way,
    lacking_minutes,
    lacks,
    loans,
    one_more,
)
from workbench.rostering.solve import HallPlan, plan_hall
from workbench.rostering.standins import StandIns

D, B, N = 0, 1, 2


def empty_by_force(made: Hall, roster: Duties, day: int, absent: frozenset[int]) -> bool:
    """Whether no way to give the shifts of a day to those who are there leaves every need as it was or better."""
    others = frozenset(duty for duty in roster if duty.day != day)
    before = unmet(made, roster)
    people = [p for p in range(len(made.people)) if p not in absent]
    for chosen in product([None, *range(len(made.shifts))], repeat=len(people)):
        today = frozenset(Duty(p, day, s) for p, s in zip(people, chosen, strict=True) if s is not None)
        own = [one for one in faults(made, others | today) if one.key != "least_hours"]
        if not own and all(count <= before.get(need, 0) for need, count in unmet(made, others | today).items()):
            return False
    return True


@pytest.mark.parametrize("seed", range(draws(60)))
def test_brute_force_agrees_on_one_and_on_two_ill(seed: int) -> None:
    made = replace(drawn(seed), published=None)
    plan = plan_hall(made)
    if plan.duties is None:
        return
    standins = StandIns(made, plan.duties)
    critical = {duty for duty, _ in standins.critical}
    for duty in plan.duties:
        assert (duty in critical) == empty_by_force(made, plan.duties, duty.day, frozenset({duty.person}))
    for day in range(7):
        who = sorted({duty.person for duty in plan.duties if duty.day == day})
        for two in combinations(who, 2):
            assert bool(standins.empties(day, frozenset(two))) == empty_by_force(made, plan.duties, day, frozenset(two))


def test_somebody_off_stands_in_unless_a_rule_forbids() -> None:
    made = hall((person("A"), person("B")), (need(0), need(1)))
    assert StandIns(made, duties((0, 0, D), (0, 1, D))).critical == ()
    night = StandIns(made, duties((0, 0, D), (0, 1, D), (1, 0, N)))  # B comes from a night on day 1, holds one on day 0
    assert [duty for duty, _ in night.critical] == [Duty(0, 1, D)]


def test_a_chain_of_two_stands_in() -> None:
    """A holds the window and is ill. C, who is off, knows the agency only; B leaves it to C and takes the window."""
    people = (person("A", WINDOW), person("B", WINDOW, AGENCY), person("C", AGENCY, WINDOW))
    asked = (need(0, WINDOW, 510, 690), need(0, AGENCY, 510, 690))
    made = hall(people, asked)
    roster = duties((0, 0, D), (1, 0, B))
    assert StandIns(made, roster).critical == ()
    alone = StandIns(replace(made, people=people[:2]), roster)
    assert alone.critical == ((Duty(0, 0, D), ("综合窗口",)), (Duty(1, 0, B), ("帮办代办",)))
    assert alone.two_ill(100, 1) == (1.0, 0.0, 1)
    assert alone.expected_days(0.1, 1.0) == pytest.approx(2 * 0.1 * 0.9 + 0.01)


def test_cheapest_training_mends_every_single_point() -> None:
    """Three people, one of whom alone holds the window on both days; one course for one of the others is enough."""
    people = (person("A", WINDOW), person("B", ONLINE), person("C", ONLINE))
    made = hall(people, (need(0), need(1)))
    roster = duties((0, 0, D), (0, 1, D))
    standins = StandIns(made, roster)
    learn, hopeless = standins.cheapest_training()
    assert len(standins.critical) == 2
    assert len(learn) == 1
    assert hopeless == ()
    ((who, post),) = learn
    taught = replace(people[who], skills=people[who].skills | {post})
    better = replace(made, people=tuple(taught if p == who else one for p, one in enumerate(people)))
    assert StandIns(better, roster).critical == ()
    nobody = StandIns(replace(made, people=people[:1]), roster)
    assert nobody.cheapest_training() == ((), (Duty(0, 0, D), Duty(0, 1, D)))


def test_drawn_cases_come_with_their_error() -> None:
    made = hall(tuple(person(name, WINDOW) for name in "ABCDE"), tuple(need(day, staff=3) for day in range(5)))
    plan = plan_hall(made)
    assert plan.duties is not None
    standins = StandIns(made, plan.duties)
    exact, none, cases = standins.two_ill(10_000, 1)
    share, error, count = standins.two_ill(8, 1)
    assert (none, count) == (0.0, 8)
    assert cases > 8
    assert abs(share - exact) <= 4 * max(error, 0.1)
    assert standins.two_ill(8, 1) == (share, error, count)


# ----------------------------------------------------------------------------------------------------------------------
# Reasons.


def planned(made: Hall) -> HallPlan:
    plan = plan_hall(made)
    assert plan.duties is not None
    return plan


def why(made: Hall) -> dict[str, int]:
    plan = planned(made)
    (lack,) = lacks(StandIns(made, plan.duties or frozenset()))
    return dict(lack.why)


def test_every_reason_by_hand() -> None:
    assert why(hall((person("A"),), (need(0, "午间", 700, 710),))) == {NO_SHIFT: 0}
    assert why(hall((person("A", ONLINE),), (need(0),))) == {NO_SKILL: 0}
    assert why(hall((person("A", leave=frozenset({0})), person("B", ONLINE)), (need(0),))) == {"leave": 1, "skill": 1}
    assert why(hall((person("A", last="N"),), (need(0),))) == {"rest": 1}
    assert why(hall((person("A", weekly=100),), (need(0),))) == {"weekly_hours": 1}
    assert why(hall((person("A", last="DDDDDD"),), (need(0),))) == {"consecutive": 1}
    two = hall((person("A"), person("B", WINDOW)), (need(0, WINDOW, staff=2), need(0, ONLINE, 1050, 1440, priority=2)))
    assert why(two) == {BUSY: 1, "skill": 1}
    assert FREE not in why(two)


def test_what_is_in_the_way_and_who_would_mend_it() -> None:
    made = hall((person("A", leave=frozenset({0})), person("B", ONLINE)), (need(0),))
    plan = planned(made)
    assert in_the_way(plan, 1.0) == ("skill",)
    assert one_more(plan, 2400, 1.0) == ((WINDOW,), 0)
    assert lacking_minutes(made, 1.0) == 540
    asleep = planned(hall((person("A", last="N", weekly=100),), (need(0),)))
    assert in_the_way(asleep, 1.0) == ("rest", "weekly_hours")
    busy = planned(hall((person("A", WINDOW),), (need(0, WINDOW, staff=3),)))
    assert in_the_way(busy, 1.0) == ()
    assert one_more(busy, 2400, 1.0) == ((WINDOW,), 540)


def test_a_neighbour_helps_out_without_harm_at_home() -> None:
    """S2 lacks somebody on two days. At home A is needed on Monday; B is off and is lent once."""
    home = planned(hall((person("A"), person("B", WINDOW)), (need(0),)))
    short = planned(replace(hall((), (need(0), need(2))), id="S2"))
    found = loans({"S1": home, "S2": short}, [("S1", "S2"), ("S9", "S2")])
    assert [(one.day, one.minutes) for one in found] == [(0, 540), (2, 540)]
    assert len({one.person for one in found}) == 2
    assert loans({"S1": home, "S2": short}, []) == ()
