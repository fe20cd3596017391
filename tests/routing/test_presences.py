"""Half days of people at places: as good as the best of all plans, and a checker that finds every planted fault."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tests.depth import draws
from workbench.routing import HalfDays, PresenceProblem, plan_presences, presence_faults
from workbench.routing.presences import PresenceRule
from workbench.routing.rounds import gaps


def _free(who: list[int], *, halves: int = 2, horizon: int = 14, wanted: int = 2) -> PresenceProblem:
    """Everybody may be everywhere on working days."""
    may = np.zeros((len(who), halves, horizon), bool)
    may[:, :, [day for day in range(horizon) if day % 7 < 5]] = True
    return PresenceProblem(np.array(who), may, wanted)


def _drawn(seed: int) -> PresenceProblem:
    draw = np.random.default_rng(seed)
    who = draw.integers(0, 2, 4)
    return PresenceProblem(who, draw.random((4, 2, 6)) < 0.7, int(draw.integers(1, 4)), float(draw.integers(2)))


def _worth(of: PresenceProblem, choice: tuple[HalfDays | None, ...]) -> tuple[int, ...] | None:
    """Return what the stages come to, straight from their words; None where somebody is at two places at once."""
    at = [(int(of.who[i]), one.half, day) for i, one in enumerate(choice) if one for day in one.days]
    if len(set(at)) < len(at):
        return None
    missed = sum(int(of.due[i]) for i, one in enumerate(choice) if one is None)
    longest = sum(max(gaps(of.may.shape[2], one.days)) if one else of.may.shape[2] for one in choice)
    by_day, by_half = Counter(day for *_, day in at), Counter((half, day) for _, half, day in at)
    return missed, longest, max(by_day.values(), default=0), max(by_half.values(), default=0)


@pytest.mark.parametrize("seed", range(draws(24)))
def test_half_days_are_as_good_as_can_be(seed: int) -> None:
    of = _drawn(seed)
    plan = plan_presences(of)
    every = (_worth(of, choice) for choice in itertools.product(*((*own, None) for own in of.options)))
    assert _worth(of, plan.choice) == min(worth for worth in every if worth is not None)
    assert tuple(stage.value for stage in plan.stages) == _worth(of, plan.choice)
    assert all(stage.gap == 0 for stage in plan.stages)
    assert not presence_faults(of, plan.choice)


def test_presences_are_spread_over_days_and_halves() -> None:
    """Ten places twice in two weeks: on each of five weekdays two, one in the morning and one in the afternoon."""
    plan = plan_presences(_free([*range(5), *range(5)]))
    assert [stage.value for stage in plan.stages] == [0, 70, 2, 1]
    held = [one for one in plan.choice if one]
    assert all(second - first == 7 for first, second in (one.days for one in held))
    assert len({(one.half, one.days) for one in held}) == 10


def test_one_person_with_many_places_is_there_less_often() -> None:
    """Six places, one half day each working day: ten half days, so one for each place; the other person has two."""
    of = _free([0] * 6 + [1], halves=1)
    assert of.due.tolist() == [1] * 6 + [2]
    assert plan_presences(of).stages[0].value == 0


def test_a_place_that_is_never_open_has_no_half_day() -> None:
    of = _free([0, 0])
    of = replace(of, may=of.may & np.array([True, False])[:, None, None])
    assert of.due.tolist() == [2, 0]
    plan = plan_presences(of)
    assert (plan.choice[0] is None, plan.choice[1]) == (False, None)
    nowhere = PresenceProblem(np.zeros(0, np.int64), np.zeros((0, 2, 7), bool), 1)
    assert plan_presences(nowhere).choice == ()


def test_where_days_do_not_suffice_half_days_are_left_out() -> None:
    """Two places of one person that are open in the same half days alone."""
    may = np.zeros((2, 1, 7), bool)
    may[:, :, 2] = True
    of = PresenceProblem(np.array([0, 0]), may, 1)
    plan = plan_presences(of)
    assert [stage.value for stage in plan.stages] == [1, 14, 1, 1]
    assert sorted(map(str, plan.choice)) == sorted([str(HalfDays(0, (2,))), "None"])


@pytest.mark.parametrize(
    ("rule", "choice"),
    [
        (PresenceRule.DUE, HalfDays(0, (0,))),
        (PresenceRule.MAY, HalfDays(0, (5, 12))),
        (PresenceRule.REGULAR, HalfDays(0, (0, 9))),
        (PresenceRule.AT_ONCE, HalfDays(0, (1, 8))),
    ],
)
def test_every_planted_fault_is_found(rule: PresenceRule, choice: HalfDays) -> None:
    of, other = _free([0, 0]), HalfDays(0, (1, 8))
    assert not presence_faults(of, (HalfDays(1, (1, 8)), other))
    assert {fault.key for fault in presence_faults(of, (choice, other))} == {rule}
