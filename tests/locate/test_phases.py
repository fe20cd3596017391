"""Plans in phases beside the trial of every way to build every site in some phase, or never."""

from __future__ import annotations

import signal
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.depth import draws
from tests.listeners import Bounds
from tests.locate.cases import cases
from tests.locate.oracle import TOLERANCE, Case, asked, value
from workbench.errors import CheckError, NoSolutionError
from workbench.locate import AtMost, Floor, Phase, PhasedPlan, cover_problem, max_cover, phased_cover
from workbench.locate.phases import PhaseProblem, broken_phases, check_phases, phase_problem
from workbench.locate.problem import SitingError
from workbench.solving import Status

SLOW = settings(max_examples=draws(50), derandomize=True, suppress_health_check=list(HealthCheck))
EYE = sp.csr_array(np.eye(4, dtype=bool))
WEIGHT = np.array([4.0, 3.0, 2.0, 1.0])
Nested = tuple[tuple[int, ...], ...]


def phased(draw: st.DrawFn, case: Case) -> list[Phase]:
    """Two or three phases with numbers, budgets or both, and a floor now and then."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(2, 3))
    room = len(case.cover) - len(case.required)
    numbers = None
    if draw(st.booleans()) and room >= 1:
        numbers = rng.multinomial(int(rng.integers(1, room + 1)), np.full(count, 1 / count)).tolist()
    budgets = (
        np.round(rng.random(count) * case.cost.sum(), 2).tolist() if numbers is None or draw(st.booleans()) else None
    )
    if budgets is not None:
        budgets[0] = max(budgets[0], float(case.cost.max()))  # pays for the cheapest
    floors = rng.integers(0, 9, case.cover.shape[1]).astype(float)
    return [
        Phase(
            f"t{k}",
            None if numbers is None else numbers[k],
            None if budgets is None else budgets[k],
            float(rng.integers(1, 4)),
            [Floor("near", floors, 0.3)] if draw(st.integers(0, 5)) == 0 else [],
        )
        for k in range(count)
    ]


def all_nested(case: Case, phases: list[Phase], carry: bool) -> list[tuple[Nested, list[float]]]:
    """Every plan that keeps every rule, with what each phase covers."""
    found = []
    base = replace(case, p=None, budget=None)
    for when in product(range(len(phases) + 1), repeat=len(case.cover)):
        if any(when[site] for site in case.required):
            continue
        plans = tuple(tuple(site for site in range(len(when)) if when[site] <= k) for k in range(len(phases)))
        new = [[site for site in plan if when[site] == k and site not in case.required] for k, plan in enumerate(plans)]
        if not affordable(case, phases, new, carry):
            continue
        floors = [tuple((f.name, np.asarray(f.weight), f.share) for f in phase.floors) for phase in phases]
        floors[-1] += case.floors
        worths = [value(replace(base, floors=floors[k]), plan) for k, plan in enumerate(plans)]
        if all(worth is not None for worth in worths):
            found.append((plans, worths))
    return found


def affordable(case: Case, phases: list[Phase], new: list[list[int]], carry: bool) -> bool:
    for k in range(len(phases)):
        span = range(k + 1) if carry else range(k, k + 1)
        if phases[0].p is not None and sum(len(new[s]) for s in span) > sum(phases[s].p for s in span):
            return False
        spent = sum(case.cost[site] for s in span for site in new[s])
        if phases[0].budget is not None and spent > sum(phases[s].budget for s in span) * (1 + TOLERANCE):
            return False
    return True


def best_nested(tried: list[tuple[Nested, list[float]]], aims: list[np.ndarray]) -> tuple[list[float], Nested]:
    """The best by one aim after the other; of equals fewest sites over all phases, then the lowest positions."""
    values = []
    for aim in aims:
        most = max(float(aim @ worths) for _, worths in tried)
        tried = [one for one in tried if aim @ one[1] >= most - TOLERANCE * max(1.0, abs(most))]
        values.append(most)
    fewest = min(sum(map(len, plans)) for plans, _ in tried)
    equal = [plans for plans, _ in tried if sum(map(len, plans)) == fewest]
    return values, max(equal, key=lambda plans: [[site in plan for site in range(9)] for plan in plans])


@st.composite
def phased_cases(draw: st.DrawFn) -> tuple[Case, list[Phase], bool]:
    case = draw(cases(maximise=True).filter(lambda one: len(one.cover) <= 5 and one.capacity is None))
    return case, phased(draw, case), draw(st.booleans())


def solved(case: Case, phases: list[Phase], carry: bool, priority: str) -> PhasedPlan:
    return phased_cover(
        sp.csr_array(case.cover),
        case.weight,
        phases=phases,
        site_cost=case.cost,
        carry=carry,
        priority=priority,
        **asked(case),
    )


def agrees(case: Case, phases: list[Phase], carry: bool, priority: str) -> None:
    tried = all_nested(case, phases, carry)
    plan = solved(case, phases, carry, priority)
    if not tried:
        assert plan.status is Status.INFEASIBLE
        assert plan.conflict
        return
    last = len(phases) - 1
    unit = np.eye(len(phases))
    aims = [unit[last], *unit[:last]] if priority == "horizon" else [np.array([phase.years for phase in phases])]
    values, truth = best_nested(tried, aims)
    assert plan.status is Status.OPTIMAL
    assert plan.objective == pytest.approx(values[0], rel=1e-6, abs=1e-6)
    assert plan.bound == pytest.approx(plan.objective)
    covered = [step.plan.objective for step in plan.steps]
    assert [float(aim @ covered) for aim in aims] == pytest.approx(values, rel=1e-6, abs=1e-6)
    assert plan.canonical
    assert tuple(tuple(step.plan.sites.tolist()) for step in plan.steps) == truth
    for step in plan.steps:
        assert step.alone is not None
        assert step.alone.status is Status.OPTIMAL
        assert step.price >= -1e-6
        assert step.bound >= step.plan.objective
        assert step.cost == pytest.approx(case.cost[step.added].sum())


@SLOW
@given(phased_cases())
def test_the_horizon_is_that_of_trying_all(given: tuple[Case, list[Phase], bool]) -> None:
    agrees(*given, "horizon")


@SLOW
@given(phased_cases())
def test_the_years_are_those_of_trying_all(given: tuple[Case, list[Phase], bool]) -> None:
    agrees(*given, "years")


def test_capacities_hold_in_every_phase() -> None:
    """Two houses of 4 and 6; a small room first, a large one later."""
    cover = sp.csr_array(np.array([[1, 1], [1, 1]], bool))
    phases = [Phase("near", p=1), Phase("far", p=1)]
    plan = phased_cover(cover, [4.0, 6.0], phases=phases, capacity=[3.0, 5.0])
    assert [step.plan.objective for step in plan.steps] == pytest.approx([5.0, 8.0])
    assert plan.steps[0].plan.sites.tolist() == [1]
    served = plan.steps[1].plan.served
    assert served is not None
    assert (served @ np.array([4.0, 6.0])).tolist() == pytest.approx([3.0, 5.0])


def test_by_hand() -> None:
    """One big site is best alone, two small ones together: by horizon the first phase pays for the second."""
    cover = sp.csr_array(np.array([[1, 1, 1, 0, 0], [1, 1, 0, 1, 0], [0, 0, 1, 0, 1]], bool))
    weight = [4.0, 4.0, 4.0, 3.0, 3.0]
    phases = [Phase("near", p=1, years=2), Phase("far", p=1, years=1)]
    plan = phased_cover(cover, weight, phases=phases)
    assert [step.plan.sites.tolist() for step in plan.steps] == [[1], [1, 2]]
    assert [step.added.tolist() for step in plan.steps] == [[1], [2]]
    assert [step.plan.objective for step in plan.steps] == [11.0, 18.0]
    assert [step.price for step in plan.steps] == [1.0, 0.0]
    assert (plan.objective, plan.bound, plan.gap) == (18.0, 18.0, 0.0)
    longer = phased_cover(cover, weight, phases=phases, priority="years")
    assert [step.plan.sites.tolist() for step in longer.steps] == [[1], [1, 2]]
    assert longer.objective == 2 * 11 + 18
    phases[0] = Phase("near", p=1, years=9)
    assert phased_cover(cover, weight, phases=phases, priority="years").steps[0].plan.sites.tolist() == [0]


def test_what_is_not_used_is_carried_over_or_lost() -> None:
    phases = [Phase("near", budget=3.0), Phase("far", budget=3.0)]
    cost = [5.0, 2.0, 9.0, 9.0]
    kept = phased_cover(EYE, WEIGHT, phases=phases, site_cost=cost)
    assert [step.plan.sites.tolist() for step in kept.steps] == [[], [0]]
    assert [step.cost for step in kept.steps] == [0.0, 5.0]
    lost = phased_cover(EYE, WEIGHT, phases=phases, site_cost=cost, carry=False)
    assert [step.plan.sites.tolist() for step in lost.steps] == [[1], [1]]


def test_an_end_that_no_order_could_pay_for_is_not_chosen() -> None:
    """Together 6 pay for 0 (5) and nothing else; in two lots of 3 without carrying over they do not."""
    phases = [Phase("near", budget=3.0), Phase("far", budget=3.0)]
    plan = phased_cover(EYE, WEIGHT, phases=phases, site_cost=[5.0, 3.0, 3.0, 1.0], carry=False)
    assert plan.steps[-1].plan.objective == 5.0
    assert plan.steps[-1].alone is not None
    assert plan.steps[-1].alone.objective == 5.0
    assert plan.steps[-1].price == 0.0


def test_what_stands_costs_nothing_unless_told() -> None:
    phases = [Phase("near", p=1, budget=2.0), Phase("far", p=1, budget=2.0)]
    cost = [2.0, 2.0, 2.0, 2.0]
    stands = phased_cover(EYE, WEIGHT, phases=phases, site_cost=cost, required=[3])
    assert [step.plan.sites.tolist() for step in stands.steps] == [[0, 3], [0, 1, 3]]
    assert [step.added.tolist() for step in stands.steps] == [[0], [1]]
    counts = phased_cover(EYE, WEIGHT, phases=phases, site_cost=cost, required=[3], required_counts=True)
    assert [step.plan.sites.tolist() for step in counts.steps] == [[3], [0, 3]]
    assert [step.added.tolist() for step in counts.steps] == [[3], [0]]


def test_a_floor_holds_from_its_phase_on() -> None:
    floor = Floor("old", [0, 0, 0, 1.0], 1.0)
    near = phased_cover(EYE, WEIGHT, phases=[Phase("near", p=1, floors=[floor]), Phase("far", p=1)])
    assert [step.plan.sites.tolist() for step in near.steps] == [[3], [0, 3]]
    far = phased_cover(EYE, WEIGHT, phases=[Phase("near", p=1), Phase("far", p=1, floors=[floor])])
    assert [step.plan.sites.tolist() for step in far.steps] == [[0], [0, 3]]
    whole = phased_cover(EYE, WEIGHT, phases=[Phase("near", p=1), Phase("far", p=1)], floors=[floor])
    assert [step.plan.sites.tolist() for step in whole.steps] == [[0], [0, 3]]


@pytest.mark.parametrize(
    ("phases", "rules", "conflict"),
    [
        (
            [Phase("near", p=1, floors=[Floor("old", [1, 1, 0, 0], 1.0)]), Phase("far", p=3)],
            {},
            {"phases.near.p", "floors.near.old"},
        ),
        (
            [Phase("near", p=1), Phase("far", p=1)],
            {"required": [0, 1], "spacing": [[0, 1]]},
            {"required", "spacing"},
        ),
        (
            [Phase("near", p=0), Phase("far", p=1)],
            {"floors": [Floor("all", WEIGHT, 0.8)]},
            {"phases.far.p", "floors.all"},
        ),
        (
            [Phase("near", budget=2.0), Phase("far", budget=2.0, floors=[Floor("old", [1, 1, 1, 0], 1.0)])],
            {"at_most": [AtMost("north", [0, 1], 1)]},
            {"floors.far.old", "at_most.north"},
        ),
    ],
)
def test_an_impossible_request_names_the_rules_in_conflict(
    phases: list[Phase], rules: dict[str, Any], conflict: set[str]
) -> None:
    plan = phased_cover(EYE, WEIGHT, phases=phases, **rules)
    assert plan.status is Status.INFEASIBLE
    assert set(plan.conflict) == conflict
    with pytest.raises(NoSolutionError, match="phased_cover has no plan.*contradict each other: "):
        _ = plan.steps


def test_ctrl_c_gives_what_is_there() -> None:
    def press(stage: str, incumbent: float, bound: float) -> None:
        if stage == "branch and bound of far":
            signal.raise_signal(signal.SIGINT)

    plan = phased_cover(EYE, WEIGHT, phases=[Phase("near", p=1), Phase("far", p=1)], progress=Bounds(press))
    assert plan.status is Status.FEASIBLE
    assert plan.steps[-1].plan.objective == plan.bound == 7.0
    assert plan.steps[0].alone is None
    assert np.isnan(plan.steps[0].price)
    assert np.isnan(plan.steps[0].bound)
    assert not plan.canonical


def test_no_time_says_so() -> None:
    plan = phased_cover(EYE, WEIGHT, phases=[Phase("near", p=1), Phase("far", p=1)], time_limit_s=1e-9)
    assert plan.status is Status.UNKNOWN
    with pytest.raises(NoSolutionError, match="its status is UNKNOWN"):
        _ = plan.steps


def test_a_gap_that_is_good_enough_is_not_called_a_proof() -> None:
    plan = phased_cover(EYE, WEIGHT, phases=[Phase("near", p=1), Phase("far", p=1)], gap=0.5)
    assert plan.status is Status.FEASIBLE
    assert plan.gap <= 0.5
    assert all(step.plan.objective <= step.bound for step in plan.steps)


def test_one_phase_is_max_cover() -> None:
    rng = np.random.default_rng(4)
    cover, weight = sp.csr_array(rng.random((20, 300)) < 0.1), rng.integers(1, 50, 300)
    one = phased_cover(cover, weight, phases=[Phase("all", p=5)])
    assert one.steps[0].plan.sites.tolist() == max_cover(cover, weight, 5).sites.tolist()


def problem(**more: Any) -> PhaseProblem:
    given = {"carry": more.pop("carry", True), "required_counts": False}
    base = cover_problem("phased_cover", EYE, WEIGHT, **more)
    return phase_problem(base, [Phase("near", p=1, budget=1.0), Phase("far", p=2, budget=2.0)], **given)


@pytest.mark.parametrize(
    ("plans", "more", "said"),
    [
        ([[0], [1, 2]], {}, r"phases.far: a site of the phase before is shut; found \[0\]"),
        ([[0, 1], [0, 1, 2]], {}, "phases.near: the phase adds too many sites; expected at most 1; found 2"),
        (
            [[0], [0, 1, 2]],
            {"site_cost": [1.0, 2.0, 2.0, 2.0]},
            "phases.far: .*cost too much; expected at most 3; found 5",
        ),
        ([[], [0, 1, 2]], {"carry": False}, "phases.far: the phase adds too many sites; expected at most 2; found 3"),
        ([[0], [0, 3]], {"forbidden": [3]}, "a forbidden site is open"),
    ],
)
def test_the_checker_sees_each_broken_rule(plans: list[list[int]], more: dict[str, Any], said: str) -> None:
    opened = [np.array(plan, np.int64) for plan in plans]
    with pytest.raises(CheckError, match=said):
        check_phases(problem(**more), opened, [])


def test_the_checker_sees_a_wrong_claim() -> None:
    opened = [np.array([0]), np.array([0, 1])]
    assert broken_phases(problem(), opened) == []
    assert check_phases(problem(), opened, [(np.array([2.0, 1.0]), 15.0)]) == (4.0, 7.0)
    with pytest.raises(CheckError, match="not what was claimed; expected 15; found 16"):
        check_phases(problem(), opened, [(np.array([2.0, 1.0]), 16.0)])


@pytest.mark.parametrize(
    ("phases", "more", "said"),
    [
        ([], {}, "phased_cover, key phases: there are none"),
        ([Phase("a", p=1), Phase("a", p=1)], {}, "key phases: a name stands twice; found a"),
        ([Phase("a", p=1), Phase("b", budget=1.0)], {}, "key phases.b.p: only other phases have this"),
        ([Phase("a")], {}, "key phases.a: neither a number of sites nor a budget"),
        ([Phase("a", p=-1)], {}, "key phases.a.p: .*at least 0; found -1"),
        ([Phase("a", p=0)], {}, "no phase may add a site"),
        ([Phase("a", p=3), Phase("b", p=2)], {}, "not so many sites to add; expected at most 4 together; found 5"),
        ([Phase("a", p=4)], {"required": [0]}, "not so many sites to add; expected at most 3 together; found 4"),
        ([Phase("a", p=1)], {"required": [0, 1], "required_counts": True}, "key phases.a.p: more sites are required"),
        ([Phase("a", budget=1.0)], {"required": [0, 1], "required_counts": True}, "not pay for the required sites"),
        ([Phase("a", budget=np.nan)], {}, "key phases.a.budget: this is no amount"),
        ([Phase("a", p=1, years=-1.0)], {}, "key phases.a.years: this is no amount; .*found -1"),
        (
            [Phase("a", budget=0.25), Phase("b", budget=0.5)],
            {},
            "cheapest site; expected at least 1 together; found 0.75",
        ),
        ([Phase("a", budget=0.75), Phase("b", budget=0.5)], {"carry": False}, "at least 1 in one phase; found 0.75"),
        ([Phase("a", p=1, floors=[Floor("old", [1.0], 0.5)])], {}, "key floors.a.old: there is not one number"),
        ([Phase("a", p=1)], {"p": 3}, "key p: a phase has this, not the whole"),
        ([Phase("a", p=1)], {"colour": 3}, "phased_cover, key colour: phased_cover knows no such rule"),
        ([Phase("a", p=1)], {"priority": "luck"}, "no such priority; expected horizon or years; found luck"),
    ],
)
def test_what_is_wrong_is_said(phases: list[Phase], more: dict[str, Any], said: str) -> None:
    with pytest.raises(SitingError, match=said):
        phased_cover(EYE, WEIGHT, phases=phases, **more)


def test_all_problems_come_at_once() -> None:
    with pytest.raises(SitingError) as caught:
        phased_cover(EYE, [1.0, np.nan, 1.0, 1.0], phases=[Phase("a", p=-1)], required=[9])
    assert {problem.key for problem in caught.value.problems} == {"phases.a.p", "weight", "required"}
    with pytest.raises(SitingError) as caught:
        phased_cover(EYE, WEIGHT, phases=[Phase("a", p=-1), Phase("b", p=1, years=-1.0)], p=3)
    assert {problem.key for problem in caught.value.problems} == {"phases.a.p", "phases.b.years", "p"}
