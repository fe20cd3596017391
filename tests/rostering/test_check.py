"""The truth without a solver: every rule found where it is broken, stages as worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.rostering.cases import AGENCY, ONLINE, WINDOW, duties, hall, need, person, week
from workbench.errors import CheckError
from workbench.rostering.check import both_away, burdens, changes, faults, objectives, refuse_faults, unmet
from workbench.rostering.problem import RosterRule, Terms

D, B, N = 0, 1, 2
"""Shifts of a case: the window, the agency with relief at midday, the night."""
ALONE = hall((person(),))


def rules(made: object, *rows: tuple[int, int, int]) -> set[str]:
    return {problem.key for problem in faults(made, duties(*rows))}  # type: ignore[arg-type]


def test_a_roster_that_breaks_nothing() -> None:
    assert rules(ALONE, (0, 0, D), (0, 1, N), (0, 3, B)) == set()


def test_one_shift_a_day() -> None:
    assert rules(ALONE, (0, 0, D), (0, 0, B)) == {RosterRule.ONE_SHIFT}


@pytest.mark.parametrize("shift", [B, N])
def test_skills(shift: int) -> None:
    """The agency relieves the window at midday: who holds it needs both skills."""
    assert rules(hall((person("A", WINDOW),)), (0, 0, shift)) == {RosterRule.SKILL}
    assert rules(hall((person("A", AGENCY),)), (0, 0, B)) == {RosterRule.SKILL}
    assert rules(hall((person("A", AGENCY, WINDOW, ONLINE),)), (0, 0, shift)) == set()


def test_leave() -> None:
    assert rules(hall((person(leave=frozenset({2})),)), (0, 2, D), (0, 3, D)) == {RosterRule.LEAVE}


def test_days_of_a_shift() -> None:
    made = replace(ALONE, shifts=(replace(ALONE.shifts[D], weekdays=frozenset({0})), *ALONE.shifts[1:]))
    assert rules(made, (0, 0, D)) == set()
    assert rules(made, (0, 1, D)) == {RosterRule.SHIFT_DAYS}


def test_rest_after_a_night_and_before_it() -> None:
    """A night ends at 08:30; with 12 hours of rest neither the day nor the next night may follow."""
    assert rules(ALONE, (0, 0, N), (0, 1, D)) == {RosterRule.REST}
    assert rules(ALONE, (0, 0, N), (0, 1, N)) == {RosterRule.REST}
    assert rules(ALONE, (0, 0, D), (0, 1, N)) == set()
    assert rules(replace(ALONE, terms=Terms(rest_after_night=0)), (0, 0, N), (0, 1, D)) == set()
    assert rules(hall((person(last="N"),)), (0, 0, D)) == {RosterRule.REST}
    assert rules(hall((person(last="N-"),)), (0, 0, D)) == set()


def test_days_in_a_row_count_those_before_the_roster() -> None:
    terms = Terms(consecutive=3)
    four = [(0, day, D) for day in range(4)]
    assert rules(hall((person(),), terms=terms), *four[:3]) == set()
    assert rules(hall((person(),), terms=terms), *four) == {RosterRule.CONSECUTIVE}
    assert rules(hall((person(last="-DD"),), terms=terms), *four[:1]) == set()
    assert rules(hall((person(last="-DD"),), terms=terms), *four[:2]) == {RosterRule.CONSECUTIVE}


def test_hours_of_a_week_and_leave_that_counts() -> None:
    five = [(0, day, D) for day in range(5)]
    assert rules(hall((person(weekly=2400),)), *five) == set()
    assert rules(hall((person(weekly=2399),)), *five) == {RosterRule.WEEKLY_HOURS}
    away = hall((person(weekly=2400, leave=frozenset({6, 4})),))  # a Sunday of leave counts nothing, a Friday 8 h
    assert rules(away, *five[:4]) == set()
    assert rules(away, *five[:4], (0, 5, D)) == {RosterRule.WEEKLY_HOURS}


def test_fewest_hours() -> None:
    made = hall((person(least=960),))
    assert rules(made, (0, 0, D)) == {RosterRule.LEAST_HOURS}
    assert rules(made, (0, 0, D), (0, 1, D)) == set()
    assert rules(hall((person(least=960, leave=frozenset({3})),)), (0, 0, D)) == set()


def test_waived_rules_and_a_checker_that_raises() -> None:
    assert rules(replace(ALONE, waived=frozenset({RosterRule.REST})), (0, 0, N), (0, 1, D)) == set()
    with pytest.raises(CheckError, match="report this|breaks a rule|break a rule"):
        refuse_faults(ALONE, duties((0, 0, N), (0, 1, D)))


def test_needs_across_midnight_and_over_a_relief() -> None:
    """The night of Monday holds the online post until 08:30 on Tuesday; at midday the agency holds the window."""
    asked = (need(1, ONLINE, 0, 510), need(0, ONLINE, 1050, 1440), need(0, WINDOW, 690, 750, 2))
    made = hall((person("A"), person("B"), person("C")), asked)
    assert unmet(made, duties((0, 0, N))) == {asked[2]: 2}
    assert unmet(made, duties((0, 0, D), (1, 0, B))) == {asked[0]: 1, asked[1]: 1}
    worth = objectives(made, duties((0, 0, D), (2, 0, N)))
    assert (worth["unmet_1"], worth["unmet_2"]) == (60, 0)


def test_pairs_weekends_nights_holidays_wishes_changes_by_hand() -> None:
    people = (
        person("A", pair="p", carried=(2, 0, 0), wishes=((1, None), (2, "综合班"))),
        person("B", pair="p", wishes=((0, "夜班"),)),
    )
    made = hall(people, pair_days=frozenset({0, 1, 5}), days=week(holiday=3), published=duties((0, 0, D), (1, 3, D)))
    plan = duties((0, 0, D), (1, 1, N), (1, 3, D), (1, 5, D))
    assert both_away(made, plan) == [("p", 1)]  # a night at home is not on site
    assert burdens(made, plan) == {0: (2, 0, 0), 1: (1, 1, 1)}
    worth = objectives(made, plan)
    assert worth["pairs"] == 1
    assert worth["burdens"] == 3
    assert worth["fairness"] == 1 + 1 + 1
    assert worth["wishes"] == 2  # A has no window on day 2, B no night on day 0
    assert changes(made, plan) == [(1, 1), (1, 5)]
