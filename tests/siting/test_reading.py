"""What a planner reads of a siting plan: every table and number on the pocket district by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from tests import pocket
from tests.siting.grounds import HOUSEHOLDS, RESIDENTS, candidates, district, sited
from workbench.catalogue.terms import Mode
from workbench.locate import SitingPlan
from workbench.locate.result import Certificate, Plan
from workbench.results import Kpi, Result
from workbench.siting import SitingResult
from workbench.siting.result import conflict_words, left_behind, proof_words, worst_community
from workbench.solving import Status

TITLES = ["选址结论", "推荐站点（人）", "选址前后对比", "仍未覆盖的社区与原因", "投资估算", "候选场所取舍"]


@pytest.fixture(scope="module")
def two() -> SitingResult:
    return sited(stations=2)


@pytest.fixture(scope="module")
def tables(two: SitingResult) -> dict[str, pd.DataFrame]:
    return two.tables()


def kpi(result: Result, key: str, mode: str = "compliance") -> Kpi:
    found = [one for one in result.kpis() if (one.key, one.mode) == (key, mode)]
    assert len(found) == 1
    return found[0]


def test_the_titles(tables: dict[str, pd.DataFrame]) -> None:
    assert list(tables) == TITLES


def test_the_conclusion(tables: dict[str, pd.DataFrame]) -> None:
    assert dict(tables["选址结论"].to_numpy().tolist()) == {
        "目标": "覆盖的居民最多（合规口径，300 m，中心＋驿家）；新增至多 2 处",
        "证明": "已证最优（界值由本工作台复算）；同优方案取编号最小者",
        "新增": "2 处：甲小区 南 30 m 街角铺（a1）、甲小区 东北 760 m 远铺（z1）",
        "停用或迁出": "无",
        "目标值": "160 人",
        "复核": "已在新地块上重新测算覆盖，与模型逐点一致",
    }


def test_what_each_new_station_is_for(two: SitingResult) -> None:
    """a1 reaches 60: D3 alone is new, D1 and D2 have S1; nobody else reaches D3 or D6, so that nothing replaces them."""
    frame = two.to_frame().set_index("id")
    assert frame[["adds_alone", "lost_without", "overlap"]].to_numpy().tolist() == [[30, 30, 30], [60, 60, 0]]
    assert frame["replacement"].tolist() == ["", ""]
    assert frame["replacement_loss"].isna().all()
    assert frame[["source", "capex", "opex", "subdistrict"]].loc["z1"].tolist() == ["ledger", 40, 6, "北街道"]


def test_a_replacement_that_helps_is_named() -> None:
    """Without a veto v1 stands in for z1 at no loss; beside S2 only a1 and a3 reach D1, and a1 serves more."""
    lifted = sited(district(candidates=candidates(veto=[None] * 5)), stations=2, candidates={"required": ["z1"]})
    assert lifted.to_frame().set_index("id").loc["z1", ["replacement", "replacement_loss"]].tolist() == ["v1", 0]
    closed = sited(stations=1, standing={"close": ["S1"]}, candidates={"forbidden": ["z1"]})
    assert closed.to_frame().loc[0, ["id", "adds_alone", "replacement", "replacement_loss"]].tolist() == [
        "a1",
        60,
        "a3",
        30,
    ]
    shown = closed.tables()["推荐站点（人）"].iloc[0]
    assert (shown["同批居民的最佳替代"], shown["替代损失"]) == ("中心隔壁（a3）：甲小区 西 40 m", 30)


def test_rules_keep_a_replacement_out() -> None:
    """A budget of 25 万元 pays for a3 in the place of a1, not for z1; a3, 10 m from S1, is barred by a spacing."""
    spaced = sited(stations=2, spacing_m=100)
    assert spaced.to_frame()["replacement"].tolist() == ["", ""]
    paid = sited(budget=25, standing={"close": ["S1"]})
    assert paid.to_frame().loc[0, ["id", "replacement", "replacement_loss"]].tolist() == ["a1", "a3", 30]


def test_recommended(tables: dict[str, pd.DataFrame]) -> None:
    assert tables["推荐站点（人）"].to_numpy().tolist() == [
        [
            "a1",
            "街角铺",
            "甲小区 南 30 m",
            "东社区（C1）",
            "北街道",
            100,
            "16–24",
            30,
            30,
            30,
            "无",
            "",
        ],
        [
            "z1",
            "远铺",
            "甲小区 东北 760 m",
            "远社区（C2）",
            "北街道",
            80,
            "32–48",
            60,
            60,
            0,
            "无",
            "",
        ],
    ]


def test_before_and_after(tables: dict[str, pd.DataFrame]) -> None:
    """Walks before, of the 100 who reach a station: 50 ×40, 65 ×10, 185 ×20, 390 ×30; after, of 160: 10 ×60, 50 ×40 …"""
    table = tables["选址前后对比"].set_index(["指标", "口径"])
    assert table.loc[("覆盖居民", "合规口径"), ["现状", "方案", "变化"]].tolist() == ["70", "160", "+90"]
    assert table.loc[("居民覆盖率", "合规口径"), ["现状", "方案", "变化"]].tolist() == ["33.3", "76.2", "+42.9"]
    assert table.loc[("居民覆盖率（只计中心）", "合规口径"), "变化"] == "+0.0"
    assert table.loc[("最低社区覆盖率", "合规口径"), ["现状", "方案"]].tolist() == ["0.0", "66.7"]
    assert table.loc[("步行距离中位数（可达居民）", "合规口径"), ["现状", "方案", "变化"]].tolist() == [
        "65",
        "50",
        "-15",
    ]
    assert table.loc[("步行距离 P90（可达居民）", "合规口径"), ["现状", "方案"]].tolist() == ["390", "290"]
    assert table.loc[("覆盖居民", "体验口径"), ["现状", "方案", "变化"]].tolist() == ["70", "149", "+79"]


def test_who_is_left_behind_and_why(two: SitingResult) -> None:
    table = left_behind(two)
    assert table[["community", "people", "why", "best"]].to_numpy().tolist() == [
        ["C1", 50, "步行限值内没有候选场所（100%）", ""]
    ]
    assert table.loc[0, "share"] == pytest.approx(100 * 100 / 150)
    capped = left_behind(
        sited(stations=3, at_most=[{"each": "community", "stations": 0}], candidates={"forbidden": ["z1"]})
    )
    assert capped[["community", "people", "why", "best"]].to_numpy().tolist() == [
        ["C1", 80, "步行限值内没有候选场所（62%）", "a1"],
        ["C2", 60, "只有被否决或排除的候选（100%）", ""],
    ]
    assert capped.loc[0, "best_adds"] == 30
    paid = left_behind(sited(budget=39))
    assert paid[["community", "why", "best", "best_adds"]].iloc[0].tolist() == [
        "C2",
        "最可取的候选受规则限制：投资至多 39 万元（100%）",
        "z1",
        60,
    ]
    beaten = left_behind(sited(district(demand=pocket.demand().query("id != 'D5'")), stations=1))
    assert beaten[["why", "best"]].to_numpy().tolist() == [["候选可达，但新增人数少于入选各站（100%）", "a1"]]


def test_people_outside_of_all_communities_are_left_behind_by_name() -> None:
    demand = pocket.demand().assign(community=["C1", "C1", "C1", "C1", None, None])
    table = sited(district(demand=demand), stations=1, candidates={"forbidden": ["z1"]}).tables()[
        "仍未覆盖的社区与原因"
    ]
    assert table[["社区", "未覆盖", "覆盖率（%）"]].to_numpy().tolist() == [["社区不详", 110, 0.0]]


def test_whom_a_cover_of_all_leaves_out_is_listed() -> None:
    """D5 no site reaches: it is not asked for, and stands in the table."""
    result = sited(goal="set_cover")
    assert result.status == "OPTIMAL"
    assert left_behind(result)[["community", "people", "why"]].to_numpy().tolist() == [
        ["C1", 50, "步行限值内没有候选场所（100%）"]
    ]
    floors = sited(goal="set_cover", share=0, floors=[{"each": "compound", "share": 1.0}])
    assert left_behind(floors)["why"].tolist()[0] == "候选可达，但目标只求最少，未要求覆盖（100%）"


def test_the_money(two: SitingResult, tables: dict[str, pd.DataFrame]) -> None:
    assert two.investment == (60, pytest.approx(48), pytest.approx(72))
    assert tables["投资估算"].to_numpy().tolist() == [
        ["a1", "街角铺", "甲小区 南 30 m", "100", "16–24", "4.0"],
        ["z1", "远铺", "甲小区 东北 760 m", "80", "32–48", "6.0"],
        ["合计", "2 处", "", "180", "48–72", "10.0"],
    ]
    wider = sited(stations=2, rest={"standards": {"privacy.smallest_cell": 1, "siting.cost_spread": 0.5}})
    assert wider.investment == (60, 30, 90)


def test_what_became_of_each_candidate(tables: dict[str, pd.DataFrame]) -> None:
    assert tables["候选场所取舍"][["编号", "结论", "否决原因"]].to_numpy().tolist() == [
        ["a1", "推荐", ""], ["a2", "未选", ""], ["a3", "未选", ""], ["v1", "不可用", "产权不清"], ["z1", "推荐", ""]
    ]  # fmt: skip


def test_of_very_many_candidates_only_those_that_matter_are_listed(
    two: SitingResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.siting.result._MOST_LISTED", 4)
    monkeypatch.setattr("workbench.siting.result._MOST_NAMED", 1)
    tables = two.tables()
    assert tables["候选场所取舍"]["编号"].tolist() == ["a1", "v1", "z1"]
    assert dict(tables["选址结论"].to_numpy().tolist())["新增"] == "2 处：甲小区 南 30 m 街角铺（a1） 等 2 处"


def test_the_map_layer(two: SitingResult) -> None:
    layer = two.layers()["siting_sites"]
    assert layer[["id", "part", "barred"]].to_numpy().tolist() == [
        ["S1", "standing", ""], ["S2", "standing", ""], ["a1", "new", ""], ["a2", "candidate", ""],
        ["a3", "candidate", ""], ["v1", "barred", "产权不清"], ["z1", "new", ""],
    ]  # fmt: skip
    assert layer.crs == pocket.CRS
    moved = sited(stations=1, standing={"may_move": ["S1"], "moves": 1}).layers()["siting_sites"]
    assert moved.set_index("id").loc[["S1", "S2"], "part"].tolist() == ["gone", "standing"]
    none = sited(stations=2, floors=[{"each": "community", "share": 0.9}]).layers()["siting_sites"]
    assert set(none["part"]) == {"standing", "candidate", "barred"}


@pytest.mark.parametrize(
    ("key", "value", "unit", "of"),
    [
        ("siting.new", 2, "处", 4),
        ("siting.closed", 0, "处", 2),
        ("siting.objective", 160, "人", RESIDENTS),
        ("siting.bound", 160, "人", RESIDENTS),
        ("siting.gap", 0, "%", 160),
        ("siting.capex", 60, "万元", 2),
        ("siting.covered.before", 70, "人", RESIDENTS),
        ("siting.covered.after", 160, "人", RESIDENTS),
        ("siting.covered.gain", 90, "人", RESIDENTS),
        ("siting.share.before", 100 * 70 / 210, "%", RESIDENTS),
        ("siting.share.after", 100 * 160 / 210, "%", RESIDENTS),
        ("siting.worst.before", 0, "%", 2),
        ("siting.worst.after", 100 * 100 / 150, "%", 2),
    ],
)
def test_numbers_and_their_denominators(two: SitingResult, key: str, value: float, unit: str, of: float) -> None:
    found = kpi(two, key)
    assert (found.value, found.unit, found.of) == (pytest.approx(value), unit, of)
    assert found.denominator
    assert found.clause


def test_what_the_objective_is_a_part_of_depends_on_the_goal() -> None:
    said = {
        "set_cover": (sited(goal="set_cover"), 2, "处", "可用候选场所", 4),
        "p_median": (sited(goal="p_median", stations=2), 63_650, "人·m", "需求图层全体居民", 210),
        "p_center": (sited(goal="p_center", stations=2), 290, "m", "候选可达的居民", 160),
        "weights": (
            sited(stations=1, group_weights={"older": 3.0}),
            130 + 2 * 19,
            "人",
            "需求图层全体居民（加权）",
            210 + 2 * 31,
        ),
        "households": (sited(stations=1, who="households"), 65, "户", "需求图层全体住户", HOUSEHOLDS),
    }
    for result, value, unit, denominator, of in said.values():
        found = kpi(result, "siting.objective")
        assert (found.value, found.unit, found.denominator, found.of) == (value, unit, denominator, of)


def test_goals_in_words() -> None:
    wishes = [
        ({"goal": "p_median", "stations": 1, "mode": "experience"}, "步行总时间最小（体验口径，5 min，中心＋驿家）；新增 1 处"),
        ({"goal": "p_center", "budget": 60}, "最远距离最小（合规口径，300 m，中心＋驿家）；投资至多 60 万元"),
        ({"goal": "set_cover", "share": 0.9, "count_cost": "capex"}, "以最少投资覆盖可达居民的 90%（合规口径，300 m，中心＋驿家）"),
        ({"stations": 1, "who": "households", "standing": {"may_move": "post", "moves": 1}}, "覆盖的住户最多（合规口径，300 m，中心＋驿家）；新增至多 1 处；可迁址 1 处"),
    ]  # fmt: skip
    for wish, words in wishes:
        assert sited(**wish).tables()["选址结论"]["内容"].iloc[0] == words


def test_proofs_in_words() -> None:
    plan = Plan(np.array([0]), 100.0, np.array([0]))
    said = {
        "已证最优（由求解器证明）；或有同优方案": SitingPlan(
            "x", Status.OPTIMAL, plan, 100.0, 0.0, certificate=Certificate.SOLVER
        ),
        "未证最优：界值 125，差距 25.00%": SitingPlan("x", Status.FEASIBLE, plan, 125.0, 0.0),
        "未证最优：尚无界值": SitingPlan("x", Status.FEASIBLE, plan, math.nan, 0.0),
        "时限内未得到方案": SitingPlan("x", Status.UNKNOWN, None, math.nan, 0.0),
        "无解：所列规则互相矛盾": SitingPlan("x", Status.INFEASIBLE, None, math.nan, 0.0, conflict=("p",)),
    }
    assert [proof_words(one) for one in said.values()] == list(said)


def test_rules_in_words(two: SitingResult) -> None:
    question = sited(
        stations=2, backup=2, spacing_m=30.5, floors=[{"each": "subdistrict", "share": 0.1}],
        at_most=[{"each": "subdistrict", "stations": 2}], standing={"may_move": "post", "moves": 1},
    ).question  # fmt: skip
    said = {
        "p": "新增至多 2 处",
        "required": "既有阵地与必选场所保留",
        "forbidden": "否决、排除、距既有阵地不足 30.5 m 的场所不得启用",
        "cover_at_least": "至少 2 处可达才算覆盖",
        "spacing": "新站与其他阵地相距至少 30.5 m",
        "floors.subdistrict 北街道": "北街道至少覆盖 10.0%",
        "at_most.subdistrict 北街道": "北街道新增至多 2 处",
        "at_most.moves": "迁址至多 1 处",
        "something.else": "something.else",
    }
    assert {rule: conflict_words(question, rule) for rule in said} == said


def test_the_worst_community_where_none_is_known() -> None:
    bare = district(demand=pocket.demand().assign(community=None))
    result = sited(bare, stations=1)
    assert worst_community(result.before, Mode.COMPLIANCE) is None
    assert kpi(result, "siting.worst.after").value is None
    table = result.tables()["选址前后对比"].set_index(["指标", "口径"])
    assert table.loc[("最低社区覆盖率", "合规口径"), ["现状", "方案", "变化"]].tolist() == ["缺数据"] * 3
