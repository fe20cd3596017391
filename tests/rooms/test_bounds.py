"""Bounds without search, and the reductions behind them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.depth import draws
from tests.rooms import oracle
from tests.rooms.cases import NINE, activity, centre, drawn, hours, room
from workbench.rooms import Rule, Session, Timetable, plan_centre
from workbench.rooms.check import least_unserved, load_bound, opened, possible_sessions
from workbench.rooms.model import peaks
from workbench.rooms.problem import choices


@pytest.mark.parametrize("seed", range(draws(40)))
def test_choices_are_those_of_the_oracle(seed: int) -> None:
    small = drawn(seed)
    made = choices(small)
    wanted = [s for a in range(len(small.activities)) for s in oracle.usable(small, oracle.single(small, a))]
    assert list(made.sessions(np.arange(made.count))) == sorted(wanted)
    assert possible_sessions(made) == [oracle.alone(small, a) for a in range(len(small.activities))]


@pytest.mark.parametrize("seed", range(draws(40)))
def test_no_plan_takes_fewer_rooms_than_the_load_bound(seed: int) -> None:
    small = drawn(seed)
    plan = plan_centre(small)
    if plan.timetable is not None:
        assert load_bound(small, plan.timetable.sessions) <= len(opened(small, plan.timetable))


def test_the_load_bound_counts_cells_spans_and_fitness() -> None:
    rooms = [room("R1"), room("R2"), room("R3", capacity=30)]
    early = {"windows": hours(NINE, NINE + 2)}
    four = centre(rooms, [activity(f"A{n}", **early) for n in range(4)])
    assert load_bound(four, tuple(Session(n, NINE, 0) for n in range(4))) == 2
    assert load_bound(four, tuple(Session(n, NINE, 0) for n in range(2))) == 1
    large = centre(rooms, [activity(f"A{n}", attendance=25, length=2) for n in range(2)] + [activity("A3")])
    assert load_bound(large, (Session(0, NINE, 2), Session(1, NINE + 2, 2), Session(2, NINE, 0))) == 2
    assert load_bound(large, ()) == 0


def test_what_shares_a_room_is_no_load() -> None:
    desks = centre([room(), room("R2")], [activity(f"A{n}", shares="desks", length=4) for n in range(3)])
    assert load_bound(desks, tuple(Session(n, NINE, 0) for n in range(3))) == 1


def test_need_that_nothing_can_serve() -> None:
    hopeless = centre([room()], [activity("A1", attendance=99, priority=2), activity("A2", sessions=3)])
    assert least_unserved(hopeless, possible_sessions(choices(hopeless))) == {1: 2 * 75, 2: 99 * 15, 3: 0}


def test_relaxed_rules_open_choices_for_one_activity_only() -> None:
    tight = centre([room(capacity=4)], [activity("A1"), activity("A2")])
    assert choices(tight).count == 0
    assert set(choices(tight, {Rule.CAPACITY}, only=1).activity.tolist()) == {1}
    assert choices(tight, {Rule.CAPACITY}).count == 8


def test_peaks_hold_every_set_of_overlapping_intervals() -> None:
    draw = np.random.default_rng(5)
    for _ in range(200):
        begins = draw.integers(0, 12, draw.integers(1, 8))
        ends = begins + draw.integers(1, 5, len(begins))
        found = [frozenset(np.flatnonzero((begins <= c) & (c < ends)).tolist()) for c in peaks(begins, ends)]
        every = {frozenset(np.flatnonzero((begins <= c) & (c < ends)).tolist()) for c in range(20)}
        assert all(any(some <= peak for peak in found) for some in every)
        assert len(set(found)) == len(found)
        assert not any(a < b for a in found for b in found)


def test_a_published_session_keeps_its_own_start_off_the_grid() -> None:
    half_hours = centre([room()], [activity(), activity("A2")], today=(Session(0, NINE + 1, 0),), rules={"step": 30})
    made = choices(half_hours)
    assert made.start[made.activity == 0].tolist() == [NINE, NINE + 1, NINE + 2]
    assert made.start[made.activity == 1].tolist() == [NINE, NINE + 2]
    assert made.values(Timetable((Session(1, NINE + 1, 0),))) is None
