"""Which verb takes which rule: it is kept, or refused by name with what to do instead; never passed over."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from workbench.locate import (
    AtLeast,
    AtMost,
    Floor,
    SitingPlan,
    max_cover,
    max_cover_curve,
    p_center,
    p_median,
    set_cover,
)
from workbench.locate.problem import SitingError
from workbench.solving import Status

STREET = np.abs(np.arange(5)[:, None] - np.arange(5)[None]).astype(float)
NEAR = sp.csr_array(STREET <= 1)
COST = np.array([1.0, 9.0, 1.0, 9.0, 1.0])
OLD = [0, 0, 0, 0, 1]
ROOM = np.array([1.0, 3.0, 1.0, 3.0, 2.0])

RULES: dict[str, dict[str, Any]] = {
    "required": {"required": [2]},
    "forbidden": {"forbidden": [0, 3]},
    "budget": {"budget": 3.0, "site_cost": COST},
    "capacity": {"capacity": ROOM},
    "cover_at_least": {"cover_at_least": 2},
    "floors": {"floors": [Floor("old", OLD, 1.0)]},
    "spacing": {"spacing": [[0, 3], [1, 3]]},
    "at_most": {"at_most": [AtMost("north", [0, 1, 3], 1)]},
}
REFUSED = {
    ("p_median", "floors"): "key floors: this rule is not for p_median. Everybody is served here; max_cover holds",
    ("p_center", "floors"): "key floors: this rule is not for p_center. Everybody is served here; max_cover holds",
    (
        "p_median",
        "cover_at_least",
    ): "key cover_at_least: this rule is not for p_median. The nearest site counts here; max",
    (
        "p_center",
        "cover_at_least",
    ): "key cover_at_least: this rule is not for p_center. The nearest site counts here; max",
    (
        "p_center",
        "capacity",
    ): "key capacity: this rule is not for p_center. How far matters here, not how many; p_median",
}


def asked(verb: str, rule: dict[str, Any]) -> SitingPlan:
    if verb == "set_cover":
        means = {"cost": rule["site_cost"], "budget": rule["budget"]} if "budget" in rule else rule
        return set_cover(NEAR, weight=np.ones(5), **means)
    p = 3 if "budget" in rule else 2
    if verb == "max_cover":
        return max_cover(NEAR, None, 2, **rule)
    return p_median(STREET, None, p, **rule) if verb == "p_median" else p_center(STREET, p, **rule)


def kept(name: str, plan: SitingPlan) -> bool:
    """Whether a plan keeps a rule, read literally."""
    sites = set(plan.sites.tolist())
    split = None if plan.plan is None else plan.plan.served
    alone = np.bincount(plan.allocation[plan.allocation >= 0], minlength=5)
    served = alone if split is None else np.asarray(split.sum(axis=1)).ravel() - 1e-6
    rules = {
        "required": 2 in sites,
        "forbidden": not sites & {0, 3},
        "budget": sum(COST[site] for site in sites) <= 3.0,
        "capacity": (served <= ROOM).all(),
        "cover_at_least": (NEAR.toarray()[sorted(sites)].sum(axis=0) >= 2)[plan.allocation >= 0].all(),
        "floors": plan.allocation[4] >= 0,
        "spacing": not ({0, 3} <= sites or {1, 3} <= sites),
        "at_most": len(sites & {0, 1, 3}) <= 1,
    }
    return bool(rules[name])


@pytest.mark.parametrize("verb", ["set_cover", "max_cover", "p_median", "p_center"])
@pytest.mark.parametrize("name", list(RULES))
def test_a_rule_is_kept_or_refused(verb: str, name: str) -> None:
    if (verb, name) in REFUSED:
        with pytest.raises(SitingError, match=REFUSED[verb, name]):
            asked(verb, RULES[name])
        return
    plan = asked(verb, RULES[name])
    assert plan.status is Status.OPTIMAL
    assert kept(name, plan)


@pytest.mark.parametrize("verb", ["set_cover", "max_cover", "p_median", "p_center"])
def test_without_rules_the_plan_is_another(verb: str) -> None:
    """So that most of the rules above have something to do."""
    assert asked(verb, {}).sites.tolist() == [0, 3]


def test_a_rule_at_its_default_is_no_rule() -> None:
    given = {"cover_at_least": 1, "floors": (), "at_most": (), "spacing": None, "capacity": None, "required": ()}
    assert p_median(STREET, None, 2, **given).sites.tolist() == p_median(STREET, None, 2).sites.tolist()
    assert p_center(STREET, 2, **given).sites.tolist() == p_center(STREET, 2).sites.tolist()


def test_set_cover_within_a_number_or_a_budget() -> None:
    assert set_cover(NEAR, cost=COST, budget=3.0).sites.tolist() == [0, 2, 4]
    assert set_cover(NEAR, cost=COST, p=2).sites.tolist() == [0, 3]
    both = set_cover(NEAR, cost=COST, p=2, budget=3.0)
    assert (both.status, set(both.conflict)) == (Status.INFEASIBLE, {"cover", "p", "budget"})


def test_the_center_is_the_first_among_equals() -> None:
    """Of a street of 5, {0, 3}, {1, 3}, {1, 4} and others leave nobody farther than 1: the lowest comes first."""
    plan = p_center(STREET, 2)
    assert (plan.objective, plan.sites.tolist(), plan.canonical) == (1.0, [0, 3], True)
    again = p_center(STREET[::-1], 2)  # the same street, its sites numbered from the other end
    assert (again.sites.tolist(), again.canonical) == ([0, 3], True)


@pytest.mark.parametrize(
    ("verb", "given", "said"),
    [
        (set_cover, {"site_cost": COST}, "set_cover, key site_cost: set_cover knows no such rule.*cost here"),
        (set_cover, {"load": [1]}, "set_cover, key load: .*Only p_median tells load from weight"),
        (
            p_center,
            {"p": 2, "weight": np.ones(5)},
            "p_center, key weight: p_center knows no such rule. Every row counts",
        ),
        (p_median, {"weight": None, "p": 2, "share": 0.5}, "p_median, key share: .*Only set_cover covers a share"),
        (p_median, {"weight": ["many"] * 5, "p": 2}, "p_median, key weight: these are no numbers"),
        (p_median, {"weight": None, "budget": np.nan, "site_cost": COST}, "p_median, key budget: this is no budget"),
        (p_center, {"budget": -2.0, "site_cost": COST}, "p_center, key budget: this is no budget; .*found -2"),
    ],
)
def test_what_belongs_to_another_verb_is_said(verb: Any, given: dict[str, Any], said: str) -> None:
    with pytest.raises(SitingError, match=said):
        verb(STREET if verb in (p_median, p_center) else NEAR, **given)


VERBS: dict[str, Any] = {"set_cover": set_cover, "max_cover": max_cover, "p_median": p_median, "p_center": p_center}
HUGE = np.broadcast_to(np.zeros(1), (50_000, 27_000))  # 10 GB if it were real
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "p of nothing": ({"p": 0}, "key p: this is no such number; expected a whole number of at least 1; found 0"),
    "p below nothing": ({"p": -2}, "key p: .*found -2"),
    "p in parts": ({"p": 1.5}, "key p: .*found 1.5"),
    "p below what is required": ({"p": 1, "required": [0, 1]}, "key p: more sites are required than may open"),
    "required and vetoed": (
        {"required": [1], "forbidden": [1]},
        "a required site is also forbidden or vetoed; found site 1",
    ),
    "no such site": ({"required": [7]}, "key required: there is no such site; expected positions 0 to 4; found 7"),
    "weights that are missing": (
        {"weight": [1, 1, np.nan, 1, 1]},
        "key weight: .*nan at position 2.*What is missing is not",
    ),
    "weights below nothing": ({"weight": [1, -1, 1, 1, 1]}, "key weight: .*found -1.0 at position 1"),
    "weights of another shape": ({"weight": [1, 1]}, r"key weight: .*expected shape \(5,\); found \(2,\)"),
    "costs of another shape": ({"site_cost": [1, 1], "budget": 9.0}, r"cost: there is not one number for each site"),
    "a budget below the required": (
        {"site_cost": COST, "budget": 5.0, "required": [1]},
        "key budget: .*required sites; expected at least 9; found 5",
    ),
    "dense and huge": ({"matrix": HUGE}, "dense and too large; found 10.1 GiB .*csr_array"),
}


@pytest.mark.parametrize("verb", list(VERBS))
@pytest.mark.parametrize("name", list(BAD))
def test_bad_input_is_told_by_every_verb(verb: str, name: str) -> None:
    given, said = BAD[name]
    asked_for = {"p": 2, **given}
    matrix = asked_for.pop("matrix", STREET if verb in ("p_median", "p_center") else NEAR)
    if verb == "set_cover" and "site_cost" in asked_for:
        asked_for["cost"] = asked_for.pop("site_cost")
    if verb == "p_center" and "weight" in given:
        said = "key weight: p_center knows no such rule"
    if verb in ("p_median", "max_cover"):
        asked_for.setdefault("weight", None)
    with pytest.raises(SitingError, match=said):
        VERBS[verb](matrix, **asked_for)


@pytest.mark.parametrize("verb", ["p_median", "p_center"])
def test_exactly_so_many_sites_are_not_there(verb: str) -> None:
    with pytest.raises(SitingError, match="key p: there are not so many sites; expected at most 5; found 9"):
        VERBS[verb](STREET, weight=None, p=9) if verb == "p_median" else VERBS[verb](STREET, p=9)
    with pytest.raises(SitingError, match="key budget: .*cheapest site; expected at least 1"):
        given = {"weight": None} if verb == "p_median" else {}
        VERBS[verb](STREET, p=2, site_cost=COST, budget=0.5, **given)


def test_at_most_so_many_sites_may_be_more_than_there_are() -> None:
    assert max_cover(NEAR, None, 9).sites.tolist() == [0, 3]
    assert set_cover(NEAR, p=9).sites.tolist() == [0, 3]
    assert [len(plan.sites) for plan in max_cover_curve(NEAR, None, 7)] == [1, 2, 2, 2, 2, 2, 2]
    for p in (5, 9):  # up to so many, as the last two stand too near
        assert p_median(STREET, None, p, spacing=[[3, 4]]).objective == 1.0
        assert p_center(STREET, p, spacing=[[3, 4]]).objective == 1.0


def test_a_budget_below_the_cheapest_site_opens_nothing() -> None:
    plan = max_cover(NEAR, None, budget=0.5, site_cost=COST)
    assert (plan.status, plan.sites.tolist(), plan.objective, plan.gap) == (Status.OPTIMAL, [], 0.0, 0.0)
    least = set_cover(NEAR, cost=COST, budget=0.5)
    assert (least.status, set(least.conflict)) == (Status.INFEASIBLE, {"cover", "budget"})


@pytest.mark.parametrize("verb", ["set_cover", "p_median", "p_center"])
def test_a_row_that_nobody_reaches_is_told(verb: str) -> None:
    lonely = np.where(np.arange(5) == 3, np.inf, STREET)
    matrix = sp.csr_array(lonely <= 1) if verb == "set_cover" else lonely
    given = {"p": 2, "weight": None} if verb == "p_median" else {"p": 2}
    with pytest.raises(
        SitingError, match="some demand rows; expected at least (one site|1 sites) for each row; found row 3"
    ):
        VERBS[verb](matrix, **given)


def test_in_max_cover_a_row_that_nobody_reaches_stays_in_the_denominator() -> None:
    plan = max_cover(sp.csr_array(np.where(np.arange(5) == 3, 0.0, NEAR.toarray())), None, 5)
    assert (plan.objective, plan.allocation[3]) == (4.0, -1)


def test_floors_that_cannot_be_met_are_named() -> None:
    floors = [Floor("old", OLD, 1.0), Floor("young", [1, 0, 0, 0, 0], 1.0)]
    for plan in (
        max_cover(NEAR, None, 1, floors=floors),
        set_cover(NEAR, weight=np.ones(5), share=0.1, p=1, floors=floors),
    ):
        assert (plan.status, set(plan.conflict)) == (Status.INFEASIBLE, {"p", "floors.old", "floors.young"})


@pytest.mark.parametrize("least", [0, 1, 2])
def test_at_least_so_many_of_a_group_open(least: int) -> None:
    group = [AtLeast("ends", [0, 2, 4], least)]
    most = max(
        NEAR.toarray()[list(plan)].any(axis=0).sum()
        for plan in combinations(range(5), 2)
        if len({0, 2, 4} & set(plan)) >= least
    )
    plan = max_cover(NEAR, None, 2, at_least=group)
    assert (plan.status, plan.objective) == (Status.OPTIMAL, most)
    assert len({0, 2, 4} & set(plan.sites.tolist())) >= least
    assert len(set_cover(NEAR, at_least=[AtLeast("ends", [0, 2, 4], 3)]).sites) == 3
    told = max_cover(NEAR, None, 1, at_least=[AtLeast("ends", [0, 2, 4], 2)])
    assert (told.status, set(told.conflict)) == (Status.INFEASIBLE, {"p", "at_least.ends"})
    for refused in (lambda: p_median(STREET, None, 2, at_least=group), lambda: p_center(STREET, 2, at_least=group)):
        with pytest.raises(SitingError, match="key at_least: this rule is not for p_"):
            refused()
