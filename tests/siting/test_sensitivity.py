"""Whether a plan stands: every variant's optimum is that of a scenario which says so, and sites are what they are."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests import pocket
from tests.siting.grounds import OPEN, Stopper, candidates, district, planned, sited
from workbench.ground.district import District
from workbench.locate import Membership
from workbench.siting import SensitivityResult, SitingResult, try_assumptions

DISTANCE, TIME = "gb50180.five_minute.walk_distance", "gb50180.five_minute.walk_time"
PACES = {"pace.adult": 1.2, "pace.older": 0.95, "pace.oldest": 0.8, "pace.with_child": 0.9}


@pytest.fixture(scope="module")
def siting() -> SitingResult:
    return sited(stations=2)


@pytest.fixture(scope="module")
def result(siting: SitingResult) -> SensitivityResult:
    return try_assumptions(siting)


def under(**standards: float) -> dict[str, Any]:
    return {"standards": {**OPEN, **standards}}


def optima(result: SensitivityResult) -> dict[str, float]:
    return {outcome.name: outcome.optimum.objective for outcome in result.under.variants}


def test_the_variants_by_hand(result: SensitivityResult) -> None:
    """With 270 m a1 no longer reaches D3 (290 m); a tenth more people is a tenth more covered."""
    named = optima(result)
    assert named == {
        "现行假设": 160, "限值 −10%": 130, "限值 +10%": 160,
        "北街道人口 −10%": pytest.approx(144), "北街道人口 +10%": pytest.approx(176),
    }  # fmt: skip
    assert [outcome.value for outcome in result.under.variants] == pytest.approx([160, 130, 160, 144, 176])
    assert result.worst_regret == 0
    assert result.status == "OPTIMAL"


@pytest.mark.parametrize(
    "wish", [{}, {"goal": "max_cover", "backup": 2}, {"spacing_m": 150}, {"budget": 60, "stations": 2}], ids=str
)
def test_a_variant_of_the_limit_is_a_scenario_with_that_limit(wish: dict[str, Any]) -> None:
    """The second district has its door a tenth farther away: there the plan is not the best of every variant."""
    wish = {"stations": 2, **wish}
    named = optima(try_assumptions(sited(**wish)))
    for word, metres in (("限值 −10%", 270.0), ("限值 +10%", 330.0)):
        assert named[word] == planned(rest=under(**{DISTANCE: metres}), **wish)[1]


def test_a_variant_of_the_pace_is_a_scenario_with_those_paces() -> None:
    named = optima(try_assumptions(sited(stations=2, mode="experience")))
    for word, factor in (("步速 −10%", 0.9), ("步速 +10%", 1.1)):
        paces = {name: pace * factor for name, pace in PACES.items()}
        assert named[word] == planned(rest=under(**paces), stations=2, mode="experience")[1]
    for word, minutes in (("限值 −10%", 4.5), ("限值 +10%", 5.5)):
        assert named[word] == planned(rest=under(**{TIME: minutes}), stations=2, mode="experience")[1]


def test_a_variant_of_fading_cover() -> None:
    """Fading ends at 500 m whatever the limit."""
    named = optima(try_assumptions(sited(stations=1, decay="linear")))
    assert named["现行假设"] == pytest.approx(146.5)
    for word, metres in (("限值 −10%", 270.0), ("限值 +10%", 330.0)):
        assert named[word] == pytest.approx(planned(rest=under(**{DISTANCE: metres}), stations=1, decay="linear")[1])
    minutes = try_assumptions(sited(stations=1, decay="linear", mode="experience"))
    assert {"步速 −10%", "步速 +10%"} <= set(optima(minutes))


def rivals() -> District:
    """Two subdistricts: D6 (60) is in the far one, D3 (57) in the near one, and one station is to open."""
    communities = pocket.communities().assign(subdistrict=["近街道", "远街道"])
    demand = pocket.demand()
    demand.loc[2, ["age_18_59", "residents"]] = [42.0, 57.0]
    return district(communities=communities, demand=demand)


def test_a_plan_that_other_people_would_turn() -> None:
    """A tenth more people near by: D3 and a1 with 62.7 beat D6 and z1 with 60."""
    result = try_assumptions(sited(rivals(), stations=1))
    table = result.tables()["假设变动下的方案"].set_index("假设")
    assert table.loc["近街道人口 +10%", ["仍入选的站", "换入"]].tolist() == ["0/1", "甲小区 南 30 m 街角铺（a1）"]
    assert table.loc["远街道人口 +10%", ["仍入选的站", "换入"]].tolist() == ["1/1", ""]
    regret = {outcome.name: outcome.regret for outcome in result.under.variants}
    assert regret["近街道人口 +10%"] == pytest.approx(62.7 - 60)
    assert regret["远街道人口 −10%"] == pytest.approx(57 - 54)
    assert result.worst_regret == pytest.approx(max(100 * 2.7 / (77 + 62.7), 100 * 3 / (70 + 57)))
    kpis = {kpi.key: kpi for kpi in result.kpis()}
    assert kpis["siting.regret"].value == result.worst_regret
    assert (kpis["siting.certain"].value, kpis["siting.certain"].of) == (1, 1)
    assert result.under.frequency[[2, 6]].tolist() == pytest.approx([2 / 7, 5 / 7])


def test_what_each_site_is_worth(result: SensitivityResult) -> None:
    table = result.tables()["站点的去留余地"]
    assert table.to_numpy().tolist() == [
        ["a1", "街角铺", "甲小区 南 30 m", "入选", 30, 80, "必选：每个近似最优方案都有"],
        ["z1", "远铺", "甲小区 东北 760 m", "入选", 60, 100, "必选：每个近似最优方案都有"],
    ]
    certain = {kpi.key: kpi for kpi in result.kpis()}["siting.certain"]
    assert (certain.value, certain.of, certain.unit) == (2, 2, "处")


def test_twins_stand_in_for_one_another() -> None:
    lifted = district(candidates=candidates(veto=[None] * 5))
    result = try_assumptions(sited(lifted, stations=1))
    table = result.tables()["站点的去留余地"]
    assert table[["编号", "本方案", "改变去留的损失（人）", "结论"]].to_numpy().tolist() == [
        ["v1", "入选", 0, "可换：有的近似最优方案没有"],
        ["z1", "", 0, "可替补：有的近似最优方案选它"],
    ]
    assert result.regrets.members(Membership.ALL).tolist() == []


def test_stations_that_may_move_are_no_sites_of_the_table() -> None:
    result = try_assumptions(sited(stations=1, standing={"may_move": ["S1"], "moves": 1}))
    assert not {"S1", "S2"} & set(result.tables()["站点的去留余地"]["编号"])


def test_where_nobody_is_covered_nothing_is_lost() -> None:
    lonely = district(demand=pocket.demand().iloc[4:5], stations=pocket.stations().iloc[:0])
    result = try_assumptions(sited(lonely, stations=1))
    assert result.worst_regret is None
    assert math.isnan(result.under.frequency[0]) or result.under.frequency[0] == 0
    assert {kpi.key: kpi.value for kpi in result.kpis()} == {"siting.regret": None, "siting.certain": 0}


def test_floors_are_of_the_people_of_today() -> None:
    """K1 wants a1; under other assumptions z1 would be better, and the floor does not hold it back."""
    result = try_assumptions(sited(stations=1, floors=[{"each": "compound", "share": 1.0}]))
    first = result.under.variants[0]
    assert (first.value, first.optimum.objective) == (100, 130)


def test_ctrl_c_ends_it_and_it_says_so(siting: SitingResult) -> None:
    stopper = Stopper()
    result = try_assumptions(siting, progress=stopper)
    assert stopper.steps[-1] == ("siting_sensitivity", 2, 2)
    assert (len(result.under.variants), result.asked, result.status) == (1, 5, "UNKNOWN")
    assert {kpi.key: kpi.denominator for kpi in result.kpis()}[
        "siting.regret"
    ] == "该假设下的最优目标值（只试了 1/5 种假设）"
    assert all(
        math.isnan(site.objective) for site in result.regrets.sites
    )  # what bounds tell is told, nothing searched


def test_two_trials_are_equal(siting: SitingResult, result: SensitivityResult) -> None:
    again = try_assumptions(siting)
    assert {title: table.to_csv() for title, table in again.tables().items()} == {
        title: table.to_csv() for title, table in result.tables().items()
    }
    assert again.fingerprint == result.fingerprint != siting.fingerprint
