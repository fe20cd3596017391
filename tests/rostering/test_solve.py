"""The roster stage by stage: brute force agrees, small cases by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from tests.depth import draws
from tests.rostering.cases import WINDOW, best, drawn, duties, hall, need, person, week
from workbench.rostering.check import faults, objectives
from workbench.rostering.problem import RosterRule
from workbench.rostering.solve import REPAIR, STAGES, plan_hall
from workbench.solving import Interrupt, Status

SEEDS = range(0, 90, 90 // draws(90))
"""A third of them holds halls without any roster too; the first thirty hold none."""


@cache
def known_of(seed: int, stages: tuple[str, ...]) -> dict[str, int] | None:
    return best(drawn(seed), stages)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("stages", [STAGES, REPAIR])
def test_brute_force_agrees_on_every_stage(seed: int, stages: tuple[str, ...]) -> None:
    small = drawn(seed)
    plan, known = plan_hall(small, stages=stages), known_of(seed, stages)
    if known is None:
        assert plan.status is Status.INFEASIBLE
        assert plan.conflict
        return
    assert plan.duties is not None
    assert {stage.name: stage.value for stage in plan.stages} == {name: known[name] for name in stages}
    assert all(stage.bound == stage.value for stage in plan.stages)
    assert plan.canonical
    assert faults(small, plan.duties) == []


def test_the_cases_are_not_all_trivial() -> None:
    found = [known_of(seed, STAGES) for seed in SEEDS]
    solved = [one for one in found if one is not None]
    few = len(found) // 30
    assert few < len(found) - len(solved) < len(found) // 2
    for stage in STAGES:
        assert sum(one[stage] > 0 for one in solved) > few, stage


def test_two_runs_are_alike_and_there_is_one_of_many() -> None:
    made = hall(tuple(person(name) for name in "ABCD"), tuple(need(day) for day in range(5)))
    plan = plan_hall(made)
    assert plan.duties == plan_hall(made).duties
    assert plan.canonical
    assert plan.status is Status.OPTIMAL


def test_nobody_works_at_the_weekend_in_vain_so_that_all_are_alike() -> None:
    """A had two weekends more; B and C are not made to come for nothing."""
    made = hall((person("A", carried=(2, 0, 0)), person("B"), person("C")), (need(5), need(6)))
    plan = plan_hall(made)
    assert plan.duties is not None
    assert sorted(duty.person for duty in plan.duties) == [1, 2]
    assert {stage.name: stage.value for stage in plan.stages}["burdens"] == 2


def test_rules_that_contradict_each_other_are_named_by_person() -> None:
    """B has to work 40 hours, may do 30, and has no leave to count: two rules, and nothing else, stand against it."""
    clash = person("B", weekly=1800, least=2400)
    plan = plan_hall(hall((person("A"), clash), (need(0),)))
    assert plan.status is Status.INFEASIBLE
    assert plan.duties is None
    assert plan.conflict == {"B": (RosterRule.WEEKLY_HOURS, RosterRule.LEAST_HOURS)}


def test_a_roster_is_mended_with_the_fewest_changes() -> None:
    """A falls ill on Tuesday: somebody takes that day, all other days stay; Monday cannot be changed any more."""
    made = hall(tuple(person(name, WINDOW) for name in "ABC"), tuple(need(day) for day in range(5)))
    out = duties(*((day % 2, day, 0) for day in range(5)))
    ill = replace(made.people[1], leave=frozenset({1}))
    asked = replace(made, people=(made.people[0], ill, made.people[2]), published=out, fixed=1)
    plan = plan_hall(asked, stages=REPAIR, near=out)
    assert plan.duties is not None
    assert {stage.name: stage.value for stage in plan.stages}["changes"] == 2
    assert objectives(asked, plan.duties)["unmet_1"] == 0
    assert {duty for duty in plan.duties if duty.day == 0} == duties((0, 0, 0))


def test_what_one_stretch_leaves_goes_into_the_next() -> None:
    first = hall((person("A"), person("B")), (need(5),))
    later = first.followed(duties((0, 5, 0), (0, 6, 2)), first)
    assert later.people[0].last == "-----DN"
    assert later.people[0].carried == (2, 1, 0)
    assert later.people[1].last == "-------"
    again = later.followed(duties((1, 6, 0)), replace(first, days=week()))
    assert again.people[0].last.startswith("-----DN")
    assert again.people[1].carried == (1, 0, 0)


def test_after_an_interrupt_there_is_no_roster_but_no_error() -> None:
    stop = Interrupt()
    stop.asked = True
    plan = plan_hall(hall((person(),), (need(0),)), interrupt=stop)
    assert plan.status is Status.UNKNOWN
