"""Options side by side: their numbers are those of assess_coverage, and plans differ as they should."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from tests import pocket
from tests.siting.grounds import Stopper, candidates, district, sited
from workbench.catalogue.terms import Mode
from workbench.coverage import assess_coverage, assess_space_time
from workbench.siting import OptionsResult, SitingResult, compare_options
from workbench.solving import Status

NOTHING = [
    "不新建（现状）",
    "不新建，只改时段：六日不打烊（周六、周日）",
    "不新建，只改时段：午间不打烊",
    "不新建，只改时段：晚间延时",
]


@pytest.fixture(scope="module")
def siting() -> SitingResult:
    """Without v1's veto there are twins: v1 for z1."""
    ground = district(candidates=candidates(veto=[None] * 5, capex=[20.0, 25.0, None, 5.0, 40.0]))
    return sited(ground, stations=2, alternatives={"count": 2, "apart": 1}, candidates={"opening_hours": "24/7"})


@pytest.fixture(scope="module")
def options(siting: SitingResult) -> OptionsResult:
    return compare_options(siting)


@pytest.fixture(scope="module")
def matrix(options: OptionsResult) -> pd.DataFrame:
    return options.matrix()


def test_the_options_by_hand(options: OptionsResult, matrix: pd.DataFrame) -> None:
    assert matrix["name"].tolist() == [*NOTHING, "方案A（最优）", "方案B（备选）", "方案C（备选）"]
    named = [[str(options.siting.question.ids[site]) for site in option.sites] for option in options.options]
    assert named == [[], [], [], [], ["a1", "v1"], ["a1", "z1"], ["v1"]]
    assert matrix["objective"].tolist()[4:] == [160, 160, 130]
    assert matrix["objective"].isna().tolist()[:4] == [True] * 4
    assert matrix["new"].tolist() == [0, 0, 0, 0, 2, 2, 1]  # a third that gives up one of each adds least with v1 alone
    assert matrix["capex"].tolist() == [0, 0, 0, 0, 25, 60, 5]
    assert options.status == "OPTIMAL"


def test_the_numbers_are_those_of_a_measurement(
    siting: SitingResult, options: OptionsResult, matrix: pd.DataFrame
) -> None:
    question = siting.question
    for place, option in enumerate(options.options):
        ground = question.coverage.district
        if len(option.sites):
            ground = ground.with_stations(question.stations.iloc[option.sites])
        anew = assess_coverage(ground, siting.scenario)
        row = matrix.iloc[place]
        for mode in (Mode.COMPLIANCE, Mode.EXPERIENCE):
            people = float(anew.covered_residents(mode).sum())
            assert row[f"covered_{mode}"] == people
            assert row[f"share_{mode}"] == pytest.approx(100 * people / 210)
        reached = (anew.cost_matrix(Mode.COMPLIANCE).toarray() > 0).sum(axis=0)
        assert row["twice"] == pytest.approx(100 * anew.populace.residents[reached > 1].sum() / 210)
        if option.plan is not None:
            week = assess_space_time(anew)
            assert row["person_hours"] == week.person_hours(Mode.COMPLIANCE)
            assert row["accessible"] == pytest.approx(100 * week.accessible(Mode.COMPLIANCE) / 210)


def test_longer_hours_alone_serve_longer_and_nobody_else(matrix: pd.DataFrame) -> None:
    today, hours = matrix.iloc[0], matrix.iloc[1:4]
    assert (hours["covered_compliance"] == today["covered_compliance"]).all()
    assert (hours["person_hours"] >= today["person_hours"]).all()
    assert hours["person_hours"].iloc[0] == today["person_hours"] + 2 * 8 * 30  # S1 on two more days, by the standard


def test_any_two_plans_differ_as_asked(siting: SitingResult) -> None:
    two_apart = compare_options(replace(siting, question=replace(siting.question, wish=siting.question.wish.model_copy(
        update={"alternatives": siting.question.wish.alternatives.model_copy(update={"apart": 2, "count": 5})}
    ))))  # fmt: skip
    for found, apart in ((compare_options(siting), 1), (two_apart, 2)):
        sets = [set(option.sites.tolist()) for option in found.options if option.plan is not None]
        assert len(sets) >= 2
        for earlier, later in combinations(sets, 2):
            assert len(earlier - later) >= apart


def test_one_station_differs_by_one(siting: SitingResult) -> None:
    """The usual two cannot be asked of a plan with one."""
    found = compare_options(sited(stations=1))
    assert [option.sites.tolist() for option in found.options][4:] == [[6], [2]]  # nothing else adds anybody


def test_required_sites_are_in_every_plan() -> None:
    found = compare_options(sited(stations=2, candidates={"required": ["a3"]}))
    assert [option.sites.tolist() for option in found.options][4:] == [[4, 6], [2, 4]]
    alone = compare_options(sited(stations=1, candidates={"required": ["a3"]}))
    assert [option.sites.tolist() for option in alone.options][4:] == [
        [4]
    ]  # nothing was chosen that could be otherwise


def test_plans_with_stations_that_move_differ_in_new_ones() -> None:
    found = compare_options(
        sited(stations=1, standing={"may_move": ["S1", "S2"], "moves": 1}, alternatives={"count": 3, "apart": 1})
    )
    sets = [tuple(option.sites.tolist()) for option in found.options if option.plan is not None]
    assert sets[0] == (2, 6)
    assert len(set(sets)) == len(sets) > 1


def test_rules_hold_for_alternatives() -> None:
    found = compare_options(
        sited(budget=60, at_most=[{"each": "community", "stations": 1}], alternatives={"count": 4, "apart": 1})
    )
    capex = found.matrix()["capex"].tolist()[4:]
    assert max(capex) <= 60
    assert len(capex) > 1


def test_the_matrix_in_words(options: OptionsResult) -> None:
    tables = options.tables()
    shown = tables["方案比选矩阵"].set_index("方案")
    assert shown["投资（万元，区间）"].tolist() == ["0", "0", "0", "0", "20–30", "48–72", "4–6"]
    # S1, the centre, has two people on duty: 2 × 16 h at weekends, 2 × 15 h on evenings, at 40 yuan; new posts have one at all hours
    assert shown["每周增加在岗人时【推】"].tolist() == [0, 32, 0, 30, 336, 336, 168]
    assert shown["每年增加人员成本（万元）【推】"].tolist() == [0.0, 6.68, 0.0, 6.26, 70.13, 70.13, 35.06]
    assert shown["覆盖居民（合规）"].tolist() == [70, 70, 70, 70, 160, 160, 130]
    assert shown["与最优相差（%）"].tolist() == ["", "", "", "", 0.0, 0.0, 18.8]
    sites = tables["各方案站点"]
    assert sites.to_numpy().tolist() == [
        ["a1", "街角铺", "甲小区 南 30 m", "●", "●", "", 2],
        ["v1", "仓库", "甲小区 东北 710 m", "●", "", "●", 2],
        ["z1", "远铺", "甲小区 东北 760 m", "", "●", "", 1],
    ]
    count = options.kpis()[0]
    assert (count.value, count.denominator, count.of) == (3, "全部比选方案", 7)


def test_what_costs_an_unknown_sum_is_missing() -> None:
    unpriced = district(candidates=candidates(capex=[None, 25.0, 10.0, 5.0, 40.0]))
    shown = compare_options(sited(unpriced, stations=2)).tables()["方案比选矩阵"]
    assert shown["投资（万元，区间）"].tolist()[-1] == "缺数据"
    assert shown["每周增加在岗人时【推】"].tolist()[-1] == "缺数据"  # nobody said when it opens


def test_where_nothing_can_be_built_there_is_still_what_there_is() -> None:
    found = compare_options(sited(budget=9))
    assert [option.name for option in found.options] == NOTHING
    assert list(found.tables()) == ["方案比选矩阵"]
    assert (found.status, found.kpis()[0].value) == ("OPTIMAL", 0)
    impossible = compare_options(sited(stations=1, floors=[{"each": "community", "share": 0.9}]))
    assert (len(impossible.options), impossible.status) == (4, "INFEASIBLE")


def test_no_alternatives_asked_or_no_goal_that_has_them() -> None:
    assert len(compare_options(sited(stations=2, alternatives={"count": 0})).options) == 5
    assert len(compare_options(sited(goal="p_center", stations=2)).options) == 5


def test_a_plan_that_is_not_proven_is_not_called_the_best(siting: SitingResult) -> None:
    unproven = replace(siting, plan=replace(siting.plan, status=Status.FEASIBLE, bound=170.0))
    found = compare_options(unproven)
    assert found.options[4].name == "方案A（目前最好）"
    assert found.status == "FEASIBLE"


def test_ctrl_c_ends_the_series(siting: SitingResult) -> None:
    stopper = Stopper()
    found = compare_options(siting, progress=stopper)
    assert len(found.options) <= 6
    assert stopper.steps[-1][1:] == (1 + len(found.options) - 4,) * 2


def test_a_station_that_moved_is_not_there() -> None:
    found = compare_options(sited(stations=1, standing={"may_move": ["S1"], "moves": 1}))
    best = found.options[4].coverage.district.stations["id"]
    assert set(best) == {"S2", "a1", "z1"}
    assert set(found.options[0].coverage.district.stations["id"]) == set(pocket.stations()["id"])


def test_two_comparisons_are_equal(siting: SitingResult, options: OptionsResult) -> None:
    again = compare_options(siting)
    assert again.matrix().equals(options.matrix())
    assert again.fingerprint == options.fingerprint
    assert np.array_equal(again.options[-1].sites, options.options[-1].sites)
