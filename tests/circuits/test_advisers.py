"""One adviser a community: as good as the best of all assignments, and a checker that finds every planted fault."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tests import pocket
from tests.circuits.grounds import advisers, blackouts, ground, scenario
from tests.depth import draws
from workbench.arrays import Ints
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
    return _problem(people, cases, seconds, int(1.2 * cases.sum() / 2))


def _problem(people: tuple[Adviser, ...], cases: Ints, seconds: Ints, limit: int) -> AdviceProblem:
    """One week of working days, mornings and afternoons, and a half day wanted in each community."""
    names = tuple("abcdefghijkl")[: len(cases)]
    week = np.arange(7) < 5
    free, open_ = np.tile(week, (len(people), 1)), np.tile(week, (len(cases), 2, 1))
    return AdviceProblem(people, names, names, cases, seconds, limit, ((540, 720), (870, 1050)), free, open_, 1)


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
    assert tuple(stage.value for stage in plan.stages[:4]) == _worth(of, plan.adviser_of)
    assert not advice_faults(of, plan)


def test_every_planted_fault_is_found() -> None:
    of = replace(_drawn(1), seconds=np.zeros((2, 4), np.int64))
    of = replace(of, advisers=tuple(replace(one, most=2) for one in of.advisers))
    plan = assign_advisers(of)
    rules = lambda problem, bad: {fault.key for fault in advice_faults(problem, bad)}  # noqa: E731
    assert rules(replace(of, advisers=tuple(replace(one, most=1) for one in of.advisers)), plan) == {"most"}
    assert rules(replace(of, seconds=np.full((2, 4), -1)), plan) == {"way"}
    first, second = (c for c, who in enumerate(plan.adviser_of) if who == plan.adviser_of[0])
    held = list(plan.half_days)
    held[first] = held[second]
    assert rules(of, replace(plan, half_days=tuple(held))) == {"at_once"}
    assert rules(replace(of, free=of.free & False), plan) == {"due"}
    assert rules(replace(of, open=of.open & False), plan) == {"due"}


def test_half_days_are_where_adviser_and_station_agree() -> None:
    """One adviser who comes on Tuesdays and Thursdays; a is open on Tuesdays, b in the afternoon, c at any time."""
    of = _problem((Adviser("v", "S", 3, frozenset()),), np.ones(3, np.int64), np.zeros((1, 3), np.int64), 9)
    free, open_ = of.free.copy(), of.open.copy()
    free[0, [0, 2, 4]] = False
    open_[0, :, 2:], open_[1, 0] = False, False
    plan = assign_advisers(replace(of, free=free, open=open_))
    a, b, c = (one for one in plan.half_days if one is not None)
    assert (a.days, b.half) == ((1,), 1)
    assert {a.days, b.days, c.days} == {(1,), (3,)}  # no more than two on one day
    assert [stage.value for stage in plan.stages[4:]] == [0, 21, 2, 1]


def test_more_communities_than_half_days_are_seen_less_often() -> None:
    """Twelve communities and ten half days a week: over two weeks one each instead of two."""
    of = _problem((Adviser("v", "S", 12, frozenset()),), np.ones(12, np.int64), np.zeros((1, 12), np.int64), 99)
    of = replace(of, free=np.tile(of.free, 2), open=np.tile(of.open, 2), wanted=2)
    assert {len(one.days) for one in assign_advisers(of).half_days if one} == {1}


def test_a_district_is_read() -> None:
    of = advice_problem(ground(), scenario())
    assert of is not None
    assert of.stations == ("S1", "")
    assert of.seconds.tolist() == [[0, -1], [0, -1]]
    plan = assign_advisers(of)
    assert (plan.adviser_of, plan.half_days[1]) == ((0, None), None)
    assert advice_problem(ground(advisers=advisers().iloc[:0]), scenario()) is None


def test_half_days_are_read_from_days_hours_holidays_and_days_off() -> None:
    """S1 is open on Mo-Fr until half past five; the first of two weeks is that of 国庆, 28 September the Monday before."""
    off = blackouts((None, "2026-10-12", "2026-10-12"), ("cobbler", "2026-10-13", "2026-10-13"))
    late = scenario(first_week="2026-09-28", half_days="09:00-12:00,15:00-18:00")
    of = advice_problem(ground(blackouts=off, advisers=advisers(days=[None, "Mo;Sa"])), late)
    assert of is not None
    assert of.wanted == 4
    assert of.halves == ((540, 720), (900, 1080))
    assert np.flatnonzero(of.free[0]).tolist() == [0, 1, 2, 10, 11, 15, 16, 17, 18, 21, 22, 23, 24, 25]
    assert np.flatnonzero(of.free[1]).tolist() == [0, 12, 19, 21, 26]
    assert of.open.any(axis=2).tolist() == [[True, False], [False, False]]  # it shuts too early, and C2 has no station
    assert np.flatnonzero(of.open[0, 0]).tolist() == [0, 1, 2, 10, 11, 12, 14, 15, 16, 17, 18, 21, 22, 23, 24, 25]
    hours = pocket.stations().assign(opening_hours=[None, "24/7"])
    unknown = advice_problem(ground(stations=hours), late)
    assert unknown is not None
    assert unknown.open[0].all()


def test_bad_advisers_are_named() -> None:
    with pytest.raises(GeodataError) as caught:
        advice_problem(ground(advisers=advisers(last_year=["C1;C9", "C1"], days=["Mo;Xx", None])), scenario())
    told = "advisers, row v1", "C9", "row v2", "two advisers last year", "Xx"
    assert all(part in str(caught.value) for part in told)
    with pytest.raises(GeodataError, match=r"advisers, row v1, column days: the adviser has no day"):
        advice_problem(ground(blackouts=blackouts((None, "2026-01-01", "2027-01-01"))), scenario())
