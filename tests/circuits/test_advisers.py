"""One adviser a community: as good as the best of all assignments, and a checker that finds every planted fault."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tests.circuits.grounds import advisers, ground, scenario
from tests.depth import draws
from workbench.circuits import AdviceProblem, advice_problem, assign_advisers
from workbench.circuits.advisers import Adviser, advice_faults
from workbench.errors import GeodataError


def _drawn(seed: int) -> AdviceProblem:
    draw = np.random.default_rng(seed)
    people = tuple(
        Adviser(f"v{a}", "S", int(draw.integers(1, 4)), frozenset(c for c in range(4) if c % 2 == a)) for a in range(2)
    )
    seconds = draw.integers(0, 900, (2, 4))
    seconds[0, int(draw.integers(4))] = -1
    cases = draw.integers(10, 60, 4)
    return AdviceProblem(people, tuple("abcd"), tuple("abcd"), cases, seconds, int(1.2 * cases.sum() / 2))


def _worth(of: AdviceProblem, adviser_of: tuple[int | None, ...]) -> tuple[int, int, int, int] | None:
    """Return what the stages come to, straight from their words; None where a rule is broken."""
    own = [[c for c, who in enumerate(adviser_of) if who == a] for a in range(2)]
    if any(len(own[a]) > of.advisers[a].most or any(of.seconds[a, c] < 0 for c in own[a]) for a in range(2)):
        return None
    before = {c: a for a, one in enumerate(of.advisers) for c in one.last}
    overload = sum(max(0, int(of.cases[one].sum()) - of.limit) for one in own)
    changes = sum(before.get(c, who) != who for c, who in enumerate(adviser_of) if who is not None)
    return adviser_of.count(None), overload, changes, sum(int(of.seconds[a, own[a]].sum()) for a in range(2))


@pytest.mark.parametrize("seed", range(draws(12)))
def test_assignments_are_as_good_as_can_be(seed: int) -> None:
    of = _drawn(seed)
    plan = assign_advisers(of)
    every = (_worth(of, who) for who in itertools.product((0, 1, None), repeat=4))
    assert _worth(of, plan.adviser_of) == min(worth for worth in every if worth is not None)
    assert tuple(stage.value for stage in plan.stages) == _worth(of, plan.adviser_of)
    assert not advice_faults(of, plan)


def test_every_planted_fault_is_found() -> None:
    of = replace(_drawn(1), seconds=np.zeros((2, 4), np.int64))
    of = replace(of, advisers=tuple(replace(one, most=2) for one in of.advisers))
    plan = assign_advisers(of)
    rules = lambda problem, bad: {fault.key for fault in advice_faults(problem, bad)}  # noqa: E731
    assert rules(replace(of, advisers=tuple(replace(one, most=1) for one in of.advisers)), plan) == {"most"}
    assert rules(replace(of, seconds=np.full((2, 4), -1)), plan) == {"way"}
    assert rules(of, replace(plan, presences=plan.presences[1:])) == {"presence"}
    first, second = plan.presences[:2]
    same = (first, second._replace(weekday=first.weekday, half=first.half), *plan.presences[2:])
    assert rules(of, replace(plan, presences=same)) == {"at_once"}


def test_more_communities_than_half_days_are_seen_every_other_week() -> None:
    of = AdviceProblem(
        (Adviser("v", "S", 12, frozenset()),), tuple("abcdefghijkl"), ("S",) * 12, np.ones(12, np.int64),
        np.zeros((1, 12), np.int64), 99,
    )  # fmt: skip
    assert {one.every for one in assign_advisers(of).presences} == {2}


def test_a_district_is_read() -> None:
    of = advice_problem(ground(), scenario())
    assert of is not None
    assert of.stations == ("S1", "")
    assert of.seconds.tolist() == [[0, -1], [0, -1]]
    assert assign_advisers(of).adviser_of == (0, None)
    assert advice_problem(ground(advisers=advisers().iloc[:0]), scenario()) is None


def test_bad_advisers_are_named() -> None:
    with pytest.raises(GeodataError) as caught:
        advice_problem(ground(advisers=advisers(last_year=["C1;C9", "C1"])), scenario())
    assert all(part in str(caught.value) for part in ("advisers, row v1", "C9", "row v2", "two advisers last year"))
