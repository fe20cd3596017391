"""Programmes of small seasons against all that there could be; a planted fault for every rule."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.depth import draws
from tests.programme import season
from workbench.programme import STAGES, Candidate, ProgrammeProblem, broken_rules, schedule, worth


def _best(problem: ProgrammeProblem) -> tuple[int, ...]:
    """The best that any set of candidates comes to, stage by stage."""
    every = problem.candidates
    sets = itertools.chain.from_iterable(itertools.combinations(every, size) for size in range(len(every) + 1))
    sound = (worth(problem, plan) for plan in sets if not broken_rules(problem, plan))
    return min(tuple(found[stage] for stage in STAGES) for found in sound)


_KINDS = (
    season.kind(),
    season.kind(id="E2", yard=True, big=True, audience="everyone", organiser="G1"),
    season.kind(id="E3", organiser="G1", audience="elders"),
    season.kind(id="E4", training=True, orders=15, audience="youth"),
)


@st.composite
def _instances(draw: st.DrawFn) -> ProgrammeProblem:
    asked = [
        (
            draw(st.sampled_from(["C1", "C2"])),
            draw(st.sampled_from(_KINDS)),
            draw(st.integers(1, 2)),
            draw(st.integers(1, 3)),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    place = st.tuples(st.integers(0, len(asked) - 1), st.integers(0, 1), st.integers(0, 9))
    places = sorted(draw(st.sets(place, max_size=9)))
    near = draw(st.sampled_from([(), ((0, 1),)]))
    return season.instance(
        asked, places, near=near, rain=draw(st.integers(1, 7)), teams={"G1": draw(st.integers(1, 2))}
    )


@given(_instances())
@settings(max_examples=draws(40))
def test_no_programme_is_better_in_any_stage(problem: ProgrammeProblem) -> None:
    plan = schedule(problem)
    assert not broken_rules(problem, plan.events)
    assert tuple(worth(problem, plan.events)[stage] for stage in STAGES) == _best(problem)
    assert all(stage.bound == stage.value for stage in plan.stages)
    assert plan.canonical
    assert schedule(problem).events == plan.events


_YARD = season.kind(id="E2", yard=True, big=True, organiser="G1", audience="everyone")
_FAULTY = {
    "candidate": ([("C1", season.kind(), 1, 1)], [(0, 0, 0)], [(0, 0, 5)]),
    "sessions": ([("C1", season.kind(), 1, 1)], [(0, 0, 0), (0, 0, 5)], [(0, 0, 0), (0, 0, 5)]),
    "organiser": ([("C1", season.kind(organiser="G1"), 1, 1)] * 2, [(0, 0, 0), (1, 1, 0)], [(0, 0, 0), (1, 1, 0)]),
    "place": ([("C1", season.kind(), 1, 1)] * 2, [(0, 0, 0), (1, 0, 0)], [(0, 0, 0), (1, 0, 0)]),
    "near": ([("C1", season.kind(big=True), 1, 1)] * 2, [(0, 0, 0), (1, 1, 0)], [(0, 0, 0), (1, 1, 0)]),
    "gap": ([("C1", season.kind(), 2, 1)], [(0, 0, 0), (0, 0, 2)], [(0, 0, 0), (0, 0, 2)]),
    "rain": ([("C1", _YARD, 1, 1), ("C1", season.kind(), 1, 1)], [(0, 0, 0), (1, 0, 7)], [(0, 0, 0), (1, 0, 7)]),
    "orders": ([("C1", season.kind(orders=10), 2, 1)], [(0, 0, 0), (0, 0, 5)], [(0, 0, 0), (0, 0, 5)]),
}


@pytest.mark.parametrize("rule", _FAULTY)
def test_the_checker_names_a_planted_fault_and_the_programme_avoids_it(rule: str) -> None:
    asked, places, plan = _FAULTY[rule]
    problem = season.instance(asked, places, near=[(0, 1)], teams={"G1": 1})
    assert broken_rules(problem, [Candidate(*place, 1140) for place in plan]) == [rule]
    assert not broken_rules(problem, schedule(problem).events)


def test_events_are_spread_over_the_weeks_of_a_season() -> None:
    asked = [("C1", season.kind(), 1, 1)] * 3
    places = [(request, 0, day) for request in range(3) for day in (0, 2, 4, 7, 14)]
    plan = schedule(season.instance(asked, places, days=21))
    assert sorted(one.day // 7 for one in plan.events) == [0, 1, 2]


def test_a_season_with_nothing_to_choose_from_is_empty_and_proven() -> None:
    plan = schedule(season.instance([("C1", season.kind(), 2, 1)], []))
    assert plan.events == ()
    assert [stage.value for stage in plan.stages] == [2, 0, 0, 2, 35, 0]
