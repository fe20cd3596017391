"""Folded days bound the week, and what is taken out of a program is not missed."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import scipy.sparse as sp

from tests.depth import draws
from tests.rooms import oracle
from tests.rooms.cases import NINE, activity, centre, drawn, hours, room
from workbench.rooms import Centre
from workbench.rooms.model import Folding, alike, columns, crowds, fullest, program
from workbench.rooms.problem import choices
from workbench.rooms.search import Search
from workbench.solving import Interrupt, LinearProgram, Status, solve_integers, without
from workbench.solving.programs import slim
from workbench.solving.staged import Prices, priced_out

WEEK = (0, 1, 2, 3, 4)


def least(whole: LinearProgram, cost: np.ndarray) -> float:
    answer = solve_integers(replace(whole, cost=cost))
    assert answer.status is Status.OPTIMAL
    return answer.objective


def served(small: Centre) -> tuple[LinearProgram, np.ndarray, Folding | None]:
    """The program of a centre, the cost that serves most, and how it folds."""
    made = columns(choices(small))
    cost = np.zeros(made.count)
    cost[: made.choices.count] = [-small.activities[a].weight for a in made.choices.activity]
    return program(made), cost, Folding.of(made)


def test_days_are_alike_where_the_same_could_be_at_the_same_hours() -> None:
    rooms = [room(open=hours(days=WEEK) | hours(NINE, NINE + 2, (5,)))]
    assert alike(choices(centre(rooms, [activity()]))).tolist() == [0, 0, 0, 0, 0, 5, 6]
    only_friday = activity(windows=hours(days=(4,)))
    assert alike(choices(centre(rooms, [activity("A0"), only_friday]))).tolist() == [0, 0, 0, 0, 4, 5, 6]


def test_a_week_without_days_alike_does_not_fold() -> None:
    assert Folding.of(columns(choices(centre([room()], [activity()])))) is None


def test_alike_days_become_one_with_as_many_rooms() -> None:
    """Five days of one hour hold ten half hours; eleven are asked for, and one stays out."""
    rooms = [room(open=hours(days=WEEK))]
    whole, cost, folding = served(centre(rooms, [activity(f"A{n:02d}", length=2) for n in range(11)]))
    assert folding is not None
    folded = folding.fold(whole)
    assert set(folded.upper.tolist()) == {1, len(WEEK), 1000}
    assert folded.rows.shape[0] < whole.rows.shape[0]
    assert least(folded, folding.cost(cost)) == least(whole, cost) == -10 * 5 * 30


FOLDING = [s for s in range(80) if served(drawn(s))[2] is not None and oracle.best(drawn(s)) is not None]
SOLVED = [s for s in range(20) if oracle.best(drawn(s)) is not None]


@pytest.mark.parametrize("seed", FOLDING)
def test_the_folded_week_is_a_bound(seed: int) -> None:
    whole, cost, folding = served(drawn(seed))
    assert folding is not None
    folded = folding.fold(whole)
    assert least(folded, folding.cost(cost)) <= least(whole, cost)
    uneven = np.random.default_rng(seed).integers(-5, 6, len(cost)).astype(float)
    assert least(folded, folding.cost(uneven)) <= least(whole, uneven)


def test_enough_seeds_fold() -> None:
    assert len(FOLDING) > 15


def test_a_row_that_tells_alike_days_apart_stays_a_relaxation() -> None:
    """A session fixed on one of two days alike has to take place on one of them."""
    days = [room(open=hours(days=(0, 1)))]
    whole, cost, folding = served(centre(days, [activity()]))
    assert folding is not None
    fixed = sp.csr_array((np.array([-1.0]), (np.array([0]), np.array([0]))), shape=(1, len(cost)))
    more = replace(
        whole,
        rows=sp.csr_array(sp.vstack([whole.rows, fixed])),
        row_lower=np.append(whole.row_lower, -np.inf),
        row_upper=np.append(whole.row_upper, -1.0),
    )
    folded = folding.fold(more)
    assert least(folded, -folding.cost(cost)) == 75  # the fixed one takes place even where serving costs
    assert least(folding.fold(whole), -folding.cost(cost)) == 0


@pytest.mark.parametrize("seed", range(draws(30)))
def test_slim_programs_have_the_same_optimum(seed: int) -> None:
    whole, cost, _ = served(drawn(seed))
    draw = np.random.default_rng(seed)
    gone = draw.random(len(cost)) < 0.3
    gone[-1] = False
    fewer = replace(without(whole, gone), cost=cost)
    small, kept = slim(fewer)
    assert small.rows.shape[0] <= whole.rows.shape[0]
    assert not gone[kept].any()
    wanted = solve_integers(fewer)
    found = solve_integers(small)
    assert found.status is wanted.status
    assert found.objective == wanted.objective


def test_rows_that_say_the_same_stay_once_with_the_tighter_side() -> None:
    rows = sp.csr_array(np.array([[1.0, 1, 1], [1, 1, 0], [1, 1, 0], [0, 0, 1]]))
    sides = np.array([2.0, 1, 0, 1])
    nothing = np.full(4, -np.inf)
    small, kept = slim(LinearProgram(np.ones(3), rows, nothing, sides, np.zeros(3), np.ones(3)))
    assert kept.tolist() == [0, 1, 2]
    assert small.rows.toarray().tolist() == [[1, 1, 1], [1, 1, 0]]
    assert small.row_upper.tolist() == [2, 0]


@pytest.mark.parametrize("seed", SOLVED)
def test_what_is_priced_out_is_in_no_best_timetable(seed: int) -> None:
    whole, cost, _ = served(drawn(seed))
    asked = replace(whole, cost=cost)
    value = least(whole, cost)
    gone = priced_out(asked, value)
    for column in np.flatnonzero(gone):
        forced = whole.lower.copy()
        forced[column] = 1.0
        answer = solve_integers(replace(asked, lower=forced))
        assert answer.status is Status.INFEASIBLE or answer.objective > value


def test_something_is_priced_out() -> None:
    """One hour, three that want it: who serves five is in no timetable that serves nine."""
    asked = [activity(f"A{n}", length=4, attendance=people) for n, people in enumerate((5, 9, 9))]
    whole, cost, _ = served(centre([room()], asked))
    assert priced_out(replace(whole, cost=cost), -9 * 60).tolist()[:3] == [True, False, False]


@pytest.mark.parametrize("seed", SOLVED)
def test_a_narrow_side_finds_and_proves_the_least(seed: int) -> None:
    """Costs that tell days apart, as those of changes do; the first timetable is any."""
    search = Search(drawn(seed), 1.0, Interrupt())
    whole = program(search.columns)
    search.ask(np.zeros(search.columns.count))
    cost = np.zeros(search.columns.count)
    cost[: search.columns.choices.count] = np.random.default_rng(seed).integers(-3, 3, search.columns.choices.count)
    wanted = least(whole, cost)
    assert search.narrow(cost, -(10**6)) == wanted
    assert search.values is not None
    assert cost @ search.values == wanted
    assert (whole.rows @ search.values <= whole.row_upper + 1e-9).all()


@pytest.mark.parametrize("method", ["simplex", "ipm"])
@pytest.mark.parametrize("seed", SOLVED)
def test_prices_bound_what_is_whole(seed: int, method: str) -> None:
    whole, cost, _ = served(drawn(seed))
    found = Prices.of(replace(whole, cost=cost), method)
    assert found is not None
    assert found.bound <= least(whole, cost) + 1e-6


def test_without_looks_a_narrow_side_proves_what_the_relaxation_does() -> None:
    """Three want the one hour; the relaxation knows that one gets it, and the bound is kept where nothing is asked."""
    search = Search(centre([room()], [activity(f"A{n}", length=4) for n in range(3)]), 1e-9, Interrupt())
    search.values = np.zeros(search.columns.count)
    cost = np.zeros(search.columns.count)
    cost[: search.columns.choices.count] = -1.0
    assert search.narrow(cost, -3) == -1
    search.interrupt.asked = True
    assert search.narrow(cost, -3) == -3


@pytest.mark.parametrize("seed", range(draws(20)))
def test_crowds_hold_for_all_that_find_a_seat(seed: int) -> None:
    draw = np.random.default_rng(seed)
    people, capacity = draw.integers(1, 12, 7), int(draw.integers(8, 20))
    seated = [
        set(some) for size in range(8) for some in combinations(range(7), size) if sum(people[list(some)]) <= capacity
    ]
    found = crowds(people, np.arange(7), capacity)
    for few, most in found:
        assert max(len(some & set(few.tolist())) for some in seated) <= most < len(few)
    assert fullest(people.tolist(), capacity) == max(int(sum(people[list(some)])) for some in seated)


def test_two_that_do_not_fit_together_are_a_crowd() -> None:
    found = crowds(np.array([9, 6, 5]), np.arange(3), 12)
    assert [(sorted(few.tolist()), most) for few, most in found] == [([0, 1, 2], 2), ([0, 1], 1), ([0, 2], 1)]
