"""Stages one after the other: equal to trying everything, bounded where they stop, chosen alike among equals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.depth import draws
from tests.listeners import Bounds
from workbench.errors import SolveError
from workbench.solving import (
    Interrupt,
    LinearProgram,
    Rows,
    Stage,
    StagedSearch,
    Status,
    at_most,
    isolating_weights,
    neighbourhoods,
    only_if,
    stacked,
)
from workbench.solving.programs import slim
from workbench.solving.staged import Way


@dataclass(frozen=True)
class Tiny:
    """A program that is small enough to try everything, and its stages."""

    program: LinearProgram
    costs: tuple[np.ndarray, ...]

    def solutions(self) -> np.ndarray:
        """Every solution, shape (s, n)."""
        sides = [range(int(side) + 1) for side in self.program.upper]
        every = np.array(list(product(*sides)), np.float64)
        sums = every @ self.program.rows.toarray().T
        held = (sums <= self.program.row_upper) & (sums >= self.program.row_lower)
        return np.asarray(every[held.all(axis=1)])

    def best(self) -> tuple[list[int], np.ndarray] | None:
        """What each stage comes to, and the solutions that do; None where there is none."""
        left = self.solutions()
        if not len(left):
            return None
        values = []
        for cost in self.costs:
            worth = left @ cost
            values.append(round(float(worth.min())))
            left = left[worth == worth.min()]
        return values, left


def tiny(seed: int) -> Tiny:
    """Four to seven variables, packing rows and some with a lower side; now and then without a solution."""
    draw = np.random.default_rng(seed)
    columns, rows = int(draw.integers(4, 8)), int(draw.integers(2, 6))
    amounts = draw.integers(-1, 4, (rows, columns)).astype(float)
    lower = np.where(draw.random(rows) < 0.3, draw.integers(1, 6, rows), -np.inf)
    upper = np.maximum(draw.integers(2, 8, rows), np.where(np.isfinite(lower), lower, 0)).astype(float)
    program = LinearProgram(
        np.zeros(columns),
        sp.csr_array(amounts),
        lower,
        upper,
        np.zeros(columns),
        draw.integers(1, 3, columns).astype(float),
        np.ones(columns, bool),
    )
    paid = draw.random(columns) < 0.5  # the others are alike to every stage
    return Tiny(program, tuple(paid * draw.integers(-4, 5, columns).astype(float) for _ in range(3)))


def gone_through(small: Tiny, search: StagedSearch) -> list[Stage]:
    least = [round(float(np.minimum(cost, 0) @ small.program.upper)) for cost in small.costs]
    return [search.minimise(f"s{n}", cost, 0, least[n]) for n, cost in enumerate(small.costs)]


class Narrowing(StagedSearch):
    """Proves by sides near the bound only."""

    def ways(self) -> Sequence[Way]:
        return (self.narrow,)


class ByHighs(StagedSearch):
    """CP-SAT finds the first solution and the one of many; all between is of HiGHS."""

    def solve(self, program: LinearProgram, share: float, start: np.ndarray | None):  # type: ignore[no-untyped-def]
        answer = super().solve(program, share, start)
        return replace(answer, status=Status.UNKNOWN, values=None, bound=-math.inf) if share == 0.5 else answer


@settings(max_examples=draws(60))
@given(seed=st.integers(0, 100_000), kind=st.sampled_from([StagedSearch, Narrowing, ByHighs]))
@example(seed=235, kind=ByHighs)  # the third stage leaves nothing to choose
def test_every_stage_equals_trying_everything(seed: int, kind: type[StagedSearch]) -> None:
    small = tiny(seed)
    wanted, search = small.best(), kind(small.program)
    first = search.begin()
    if wanted is None:
        assert (first, search.values, search.stages) == (Status.INFEASIBLE, None, [])
        return
    values, left = wanted
    stages = gone_through(small, search)
    assert [stage.bound for stage in stages] == [stage.value for stage in stages] == values
    assert {stage.status for stage in stages} == {Status.OPTIMAL}
    assert {stage.gap for stage in stages} == {0.0}
    weights = isolating_weights(seed, len(small.program.cost))
    assert search.choose(weights)
    assert search.values is not None
    assert search.values.tolist() == left[(left @ weights).argmin()].tolist()


def test_the_seeds_cover_what_matters() -> None:
    """So that the comparison above cannot pass by drawing nothing of interest."""
    found = [tiny(seed).best() for seed in range(60)]
    solved = [one for one in found if one is not None]
    assert 3 < len(found) - len(solved) < 40
    assert sum(len(left) > 1 for _, left in solved) > 3


@settings(max_examples=draws(25))
@given(seed=st.integers(0, 100_000), effort=st.sampled_from([1e-9, 1e-4]))
def test_with_next_to_no_effort_bounds_stay_true(seed: int, effort: float) -> None:
    small = tiny(seed)
    left = small.solutions()
    if not len(left):
        return
    search = StagedSearch(small.program, effort=effort, start=left[0])
    for stage, cost in zip(gone_through(small, search), small.costs, strict=True):
        assert stage.bound <= round(float((left @ cost).min())) <= stage.value
        assert search.values is not None
        assert search.values.tolist() in left.tolist()
        left = left[left @ cost <= stage.value]  # what a stage reached binds the later ones


def test_after_ctrl_c_nothing_more_is_asked() -> None:
    interrupt = Interrupt()
    program = Tiny(packing(), (-np.ones(4),))
    search = StagedSearch(program.program, interrupt=interrupt, start=np.zeros(4))
    interrupt.asked = True
    (stage,) = gone_through(program, search)
    assert (stage.value, stage.bound, stage.status) == (0, -4, Status.FEASIBLE)
    assert not search.choose(np.ones(4))
    assert search.ask(np.ones(4)).interrupted
    assert StagedSearch(packing(), interrupt=interrupt).begin() is Status.UNKNOWN


def packing() -> LinearProgram:
    """At most two of four."""
    matrix, most = stacked([at_most([0, 1, 2, 3], 1.0, 2.0)], 4)
    return LinearProgram(np.zeros(4), matrix, np.full(1, -np.inf), most, np.zeros(4), np.ones(4), np.ones(4, bool))


def test_a_bound_that_is_known_needs_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    search = StagedSearch(packing(), start=np.array([1.0, 1.0, 0.0, 0.0]))
    monkeypatch.setattr(StagedSearch, "solve", lambda *_: pytest.fail("searched"))
    stage = search.minimise("served", -np.ones(4), 4, 2)
    assert (stage.name, stage.value, stage.bound) == ("served", 2, 2)


def test_a_stage_that_stays_open_halves_the_effort_and_is_told() -> None:
    told: list[tuple[str, float, float]] = []
    heard = Bounds(lambda *known: told.append(known))
    search = StagedSearch(packing(), effort=8.0, start=np.zeros(4), progress=heard)
    assert search.record("open", 4, 1, 0.0).gap == 0.75
    assert search.effort == 4.0
    assert search.record("closed", 3, 3, 0.0).gap == 0.0
    assert search.effort == 4.0
    assert told == [("open", 4, 1), ("closed", 3, 3)]


def test_what_a_solution_is_worth_may_be_said_by_somebody_else() -> None:
    search = StagedSearch(packing(), worth=lambda values: {"absent": 4 - round(values.sum())})
    search.begin()
    assert search.minimise("absent", -np.ones(4), 4).value == 2
    assert search.worth() == {"absent": 2}


def test_what_is_asked_too_early_or_cannot_be_is_refused() -> None:
    with pytest.raises(AssertionError, match="before there was a solution"):
        StagedSearch(packing()).minimise("served", -np.ones(4))
    with pytest.raises(AssertionError, match="nobody has said"):
        StagedSearch(packing(), start=np.zeros(4)).worth()
    with pytest.raises(SolveError, match="never less"):
        StagedSearch(replace(packing(), lower=np.full(4, -1.0)))
    impossible = replace(packing(), row_upper=np.array([-1.0]))
    with pytest.raises(AssertionError, match="finds no solution where there is one"):
        StagedSearch(impossible, start=np.zeros(4)).minimise("served", -np.ones(4), 0, -4)


def test_rows_are_gathered_one_or_many_at_a_time() -> None:
    rows = Rows(3, [at_most([0, 2], [1.0, 2.0], 3.0)])
    rows.line(np.array([1]), np.array([5.0]), lower=1.0)
    rows.add(sp.csr_array(np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])), lower=-1.0, upper=np.array([4.0, 5.0]))
    at, amounts, most = only_if(np.array([0, 1]), 1.0, 2, 7.0)
    rows.line(at, amounts, upper=most)
    assert rows.matrix.toarray().tolist() == [[1, 0, 2], [0, 5, 0], [0, 1, 1], [1, 0, 0], [1, 1, -7]]
    assert rows.lower.tolist() == [-math.inf, 1.0, -1.0, -1.0, -math.inf]
    assert rows.upper.tolist() == [3.0, math.inf, 4.0, 5.0, 0.0]
    assert Rows(3).matrix.shape == (0, 3)


@settings(max_examples=draws(40))
@given(seed=st.integers(0, 100_000))
def test_what_is_slim_has_the_same_solutions(seed: int) -> None:
    """Some variables are 0; rows that always hold, or are there twice, say nothing."""
    whole = replace(tiny(seed).program, row_lower=np.full(tiny(seed).program.rows.shape[0], -np.inf))
    upper = whole.upper.copy()
    upper[0] = 0.0
    twice = LinearProgram(
        whole.cost,
        sp.csr_array(sp.vstack([whole.rows, whole.rows])),
        np.append(whole.row_lower, whole.row_lower),
        np.append(whole.row_upper, whole.row_upper + 1),
        whole.lower,
        upper,
        whole.integer,
    )
    small, kept = slim(twice)
    assert 0 not in kept
    assert small.rows.shape[0] <= whole.rows.shape[0]
    assert Tiny(small, ()).solutions().tolist() == Tiny(twice, ()).solutions()[:, kept].tolist()


@pytest.mark.parametrize("seed", range(draws(30)))
def test_what_is_looked_at_near_the_incumbent_is_never_worse_and_breaks_no_row(seed: int) -> None:
    """With everything free in the last neighbourhood the best there is is found; before it nothing gets worse."""
    small = tiny(seed)
    search, cost, known = StagedSearch(small.program), small.costs[0], small.solutions()
    if search.begin() is Status.INFEASIBLE:
        return
    before, best = search.found, float((known @ cost).min())
    half = np.arange(len(cost)) % 2 == 0
    search.improve(cost, round(best), [half], 1.0)
    assert cost @ search.found <= cost @ before
    assert np.array_equal(search.found[~half], before[~half])
    assert (known == search.found).all(axis=1).any()
    within = known[(known[:, ~half] == before[~half]).all(axis=1)]
    assert cost @ search.found == (within @ cost).min()
    search.improve(cost, round(best), [np.ones(len(cost), bool)], 1.0)
    assert cost @ search.found == best


def test_neighbourhoods_are_of_days_and_of_people_in_turn() -> None:
    """Eight people, eight days and one thing that goes along: a week, then five people."""
    who, when = (np.append(part.ravel(), -1) for part in np.indices((8, 8)))
    days, people, *rest = neighbourhoods(who, when, 6)
    assert len(rest) == 4
    assert all(one[-1] for one in (days, people, *rest))
    free = sorted(set(when[:-1][days[:-1]].tolist()))
    assert (len(free), free[-1] - free[0], days.sum()) == (7, 6, 7 * 8 + 1)
    assert (len(set(who[:-1][people[:-1]].tolist())), people.sum()) == (5, 5 * 8 + 1)
    assert all(np.array_equal(a, b) for a, b in zip(neighbourhoods(who, when, 6), (days, people, *rest), strict=True))


def test_flags_are_chosen_in_steps_and_stay_chosen() -> None:
    """Two of four are set: the first two would weigh less, but their step comes first, and is lightest without them."""
    search = StagedSearch(packing())
    assert search.begin() is Status.OPTIMAL
    search.minimise("most", -np.ones(4), least=-4)
    assert search.choose_in_steps(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1]))
    assert search.found.tolist() == [0, 0, 1, 1]
    assert search.choose(np.array([0.0, 0.0, 1.0, 1.0]))
    assert search.found.tolist() == [0, 0, 1, 1]


def test_what_has_no_step_is_not_chosen() -> None:
    search = StagedSearch(packing(), start=np.array([1.0, 1.0, 0.0, 0.0]))
    assert search.choose_in_steps(np.ones(4), np.full(4, -1))
    assert search.found.tolist() == [1, 1, 0, 0]
