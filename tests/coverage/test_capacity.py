"""Capacity on the pocket district with areas, by hand; missing areas, nobody at home, bad input.

S1, the centre, has 60 ㎡, 45 of them for residents; S2, the post, 12 and 6. Households: 75 in C1 (D1 5,
D2 10, D3 15, D4 20, D5 25) and 30 in C2 (D6). Within 300 m S1 serves D1 and D2 (30 residents, 15
households), S2 serves D4 (40 and 20).
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pocket
from tests.depth import draws
from workbench.catalogue.terms import Mode, ServiceLevel
from workbench.coverage import CapacityResult, appraise, assess_capacity, assess_coverage
from workbench.errors import StandardError
from workbench.ground.district import District
from workbench.results import Kpi, Result

ANY, FULL, LITE = ServiceLevel.ANY, ServiceLevel.FULL, ServiceLevel.LITE
NAN = np.nan


def roomy(floor: object = (60.0, 12.0), residents: object = (45.0, 6.0), **changes: object) -> pd.DataFrame:
    return pocket.stations().assign(floor_area_m2=floor, resident_area_m2=residents, **changes)


def measured(
    stations: pd.DataFrame | None = None, *, demand: pd.DataFrame | None = None, **scenario: object
) -> CapacityResult:
    replaced = {"stations": roomy() if stations is None else stations}
    if demand is not None:
        replaced["demand"] = demand
    return assess_capacity(assess_coverage(pocket.district(**replaced), pocket.scenario(**scenario)))


@pytest.fixture(scope="module")
def result() -> CapacityResult:
    return measured()


def kpi(result: CapacityResult, key: str, level: ServiceLevel = ANY) -> Kpi:
    found = [k for k in result.kpis() if (k.key, k.level) == (key, level)]
    assert len(found) == 1
    return found[0]


# --- area for households ---------------------------------------------------------------------


def test_area_per_100_households_by_hand(result: CapacityResult) -> None:
    table = result.by_community.set_index("id")
    assert table.loc["C1", ["households", "m2_full", "m2_any"]].tolist() == [75, 60, 72]
    assert table.loc["C1", ["per_100_full", "per_100_any"]].tolist() == [80, 96]
    assert table.loc["C2", ["households", "m2_full", "per_100_any"]].tolist() == [30, 0, 0]
    assert table["answer_full"].to_dict() == {"C1": "area_target", "C2": "area_short"}


def test_a_post_never_stands_in_for_a_centre() -> None:
    posts = measured(roomy(kind="post"))
    table = posts.by_community.set_index("id")
    assert table.loc["C1", ["per_100_full", "per_100_any"]].tolist() == [0, 96]
    assert table.loc["C1", ["answer_full", "answer_any"]].tolist() == ["area_short", "area_target"]
    centres = kpi(posts, "centres.area.met.share", FULL)
    assert (centres.value, centres.denominator, centres.of) == (None, "缺面积", None)


def test_the_district_centre_is_no_community_facility() -> None:
    central = measured(roomy(kind=["district_centre", "post"]))
    assert central.by_community.set_index("id").loc["C1", "m2_full"] == 0
    assert central.by_community.set_index("id").loc["C1", "m2_any"] == 12
    assert "不含区级中心" in kpi(central, "area.per_100_households", FULL).clause


def test_the_district_in_all(result: CapacityResult) -> None:
    full, both = (kpi(result, "area.per_100_households", level) for level in (FULL, ANY))
    assert (full.value, both.value) == (pytest.approx(100 * 60 / 105), pytest.approx(100 * 72 / 105))
    assert (full.of, full.unit, full.denominator) == (105, "㎡/百户", "需求图层全部户")
    assert "国办发〔2021〕56号" in full.clause
    assert "80 ㎡/百户" in full.clause


def test_communities_that_meet_the_standard(result: CapacityResult) -> None:
    met = kpi(result, "communities.area_standard.share", FULL)
    assert (met.value, met.of) == (50, 2)
    assert kpi(result, "communities.area_target.share", FULL).value == 50
    smaller = measured(roomy(floor=[22.5, 12.0], residents=[20.0, 6.0]))  # exactly 30 ㎡ for 100 households
    assert smaller.by_community["answer_full"].tolist() == ["area_standard", "area_short"]
    assert kpi(smaller, "communities.area_target.share", FULL).value == 0


def test_a_local_standard_keeps_its_origin() -> None:
    local = measured(
        standards={"guobanfa_2021_56.area_per_100_households": 90, "embedded_services.area_per_100_households": 99}
    )
    assert local.by_community["answer_full"].tolist() == ["area_short", "area_short"]
    assert "改定" in kpi(local, "area.per_100_households", FULL).clause


def test_nobody_at_home_is_an_answer() -> None:
    demand = pocket.demand()
    demand.loc[demand["id"] == "D6", ["residents", "households", *pocket.BANDS]] = 0.0
    empty = measured(demand=demand)
    row = empty.by_community.set_index("id").loc["C2"]
    assert (row["households"], row["answer_full"]) == (0, "no_households")
    assert np.isnan(row["per_100_full"])
    assert kpi(empty, "communities.area.nobody", FULL).value == 1
    assert kpi(empty, "communities.area_standard.share", FULL).of == 1
    reading = empty.tables()["社区设施面积"].set_index("编号")
    assert reading.loc["C2", ["中心每百户（㎡）", "中心判定"]].tolist() == ["无户", "无户"]


def test_nobody_anywhere() -> None:
    zero = dict.fromkeys(["residents", "households", *pocket.BANDS], 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        empty = measured(demand=pocket.demand().assign(**zero))
        assert kpi(empty, "area.per_100_households", FULL).value is None
        assert kpi(empty, "access.2sfca.mean").value is None
        assert kpi(empty, "access.2sfca.gini").value is None
        assert empty.tables()


def test_missing_households_are_not_none() -> None:
    demand = pocket.demand()
    demand.loc[demand["id"] == "D3", "households"] = NAN
    partly = measured(demand=demand)
    row = partly.by_community.set_index("id").loc["C1"]
    assert np.isnan(row["households"])
    assert row["answer_full"] == "no_data"
    assert kpi(partly, "area.per_100_households", FULL).value is None
    assert kpi(partly, "area.per_100_households", FULL).denominator == "缺户数"
    demand.loc[demand["id"] == "D3", ["residents", *pocket.BANDS]] = 0.0  # nobody there: nothing is missing
    assert measured(demand=demand).by_community.set_index("id").loc["C1", "households"] == 60


def test_a_missing_floor_area_is_named_and_not_zero() -> None:
    partly = measured(roomy(floor=[60.0, NAN], residents=[45.0, NAN]))
    row = partly.by_community.set_index("id").loc["C1"]
    assert row["per_100_full"] == 80  # the centre's own is known
    assert np.isnan(row["per_100_any"])
    assert (row["answer_full"], row["answer_any"], row["unknown"]) == ("area_target", "no_data", "西驿家")
    assert kpi(partly, "area.per_100_households", ANY).value is None
    assert "1 处阵地缺面积" in kpi(partly, "area.per_100_households", ANY).denominator
    assert kpi(partly, "communities.area.unknown", ANY).value == 1
    assert kpi(partly, "stations.area.unknown").value == 1
    assert partly.missing["id"].tolist() == ["S2"]
    tables = partly.tables()
    assert tables["缺面积的阵地"]["建筑面积（㎡）"].tolist() == ["缺数据"]
    assert tables["社区设施面积"].loc[0, "中心＋驿家每百户（㎡）"] == "缺数据"


# --- residents' share, centres, load ---------------------------------------------------------


def test_the_residents_share_by_hand(result: CapacityResult) -> None:
    assert result.by_station.set_index("id")["resident_share"].to_dict() == {"S1": 75, "S2": 50}
    share = kpi(
        result, "area.resident.share", FULL
    )  # the clause asks it of the centre, S1; the post is shown, not judged
    assert (share.value, share.of) == (pytest.approx(75), 60)
    met = kpi(result, "centres.resident_share.met.share", FULL)
    assert (met.value, met.of) == (100, 1)
    assert "≥ 60%" in met.clause


def test_exactly_sixty_percent_complies() -> None:
    exact = measured(roomy(floor=[100.0, 35.0], residents=[60.0, 21.0]))
    assert kpi(exact, "centres.resident_share.met.share", FULL).value == 100


def test_only_centres_are_judged_by_600_square_metres() -> None:
    large = measured(roomy(floor=[600.0, 12.0]))
    met = kpi(large, "centres.area.met.share", FULL)
    assert (met.value, met.of) == (100, 1)
    assert "600 ㎡" in met.clause
    assert kpi(measured(roomy(floor=[599.0, 700.0])), "centres.area.met.share", FULL).value == 0


def test_loads_by_hand(result: CapacityResult) -> None:
    table = result.by_station.set_index("id")
    assert table[["residents", "households"]].to_numpy().tolist() == [[40, 20], [30, 15]]
    assert table["residents_per_m2"].to_dict() == {"S2": pytest.approx(40 / 12), "S1": 0.5}
    assert table["rank"].tolist() == [1, 2]
    assert table["to_mean"].to_dict() == {
        "S2": pytest.approx(40 / 12 / (70 / 72)),
        "S1": pytest.approx(0.5 / (70 / 72)),
    }
    assert kpi(result, "stations.load.mean").value == pytest.approx(70 / 72)
    assert kpi(result, "stations.overloaded").value == 0
    # 20 households on 5 ㎡ are more than 100 households on 30
    crowded = measured(roomy(floor=[60.0, 5.0], residents=[45.0, 5.0]))
    assert crowded.by_station.set_index("id")["over_standard"].to_dict() == {"S2": True, "S1": False}
    overloaded = kpi(crowded, "stations.overloaded")
    assert (overloaded.value, overloaded.of) == (1, 2)
    assert "每㎡ 3.33 户" in overloaded.clause


def test_loads_in_minutes() -> None:
    # at 1.2 m/s five minutes are 360 m: D3, 390 m away, stays out; at 1.4 m/s, 420 m, it comes in
    slow = measured(capacity={"mode": "experience"})
    fast = measured(capacity={"mode": "experience"}, standards={"pace.adult": 1.4})
    assert [r.by_station.set_index("id").loc["S1", "residents"] for r in (slow, fast)] == [30, 60]
    assert kpi(fast, "stations.load.mean").mode == Mode.EXPERIENCE


def test_a_station_without_floor_has_no_load() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = measured(roomy(floor=[60.0, 0.0], residents=[45.0, 0.0])).by_station
    assert table["id"].tolist() == ["S1", "S2"]
    assert table[["resident_share", "residents_per_m2", "rank"]].isna().iloc[1].all()
    assert table["over_standard"].isna().tolist() == [False, True]


# --- floating catchments ---------------------------------------------------------------------


def test_2sfca_by_hand(result: CapacityResult) -> None:
    # 45 ㎡ for the 30 of D1 and D2; 6 ㎡ for the 40 of D4; nothing within 300 m of D3, D5, D6
    assert result.access["2sfca"][ANY] == pytest.approx([1.5, 1.5, 0, 0.15, 0, 0])
    assert result.access["2sfca"][FULL] == pytest.approx([1.5, 1.5, 0, 0, 0, 0])
    assert result.access["2sfca"][LITE] == pytest.approx([0, 0, 0, 0.15, 0, 0])
    mean = kpi(result, "access.2sfca.mean")
    assert (mean.value, mean.of, mean.unit) == (pytest.approx(100 * 51 / 210), 210, "㎡/百人")
    none = kpi(result, "access.2sfca.none.share")
    assert none.value == pytest.approx(100 * 140 / 210)
    assert kpi(result, "access.2sfca.p50").value == 0
    # the 140 without, the 40 with 6 ㎡, the 30 with 45 ㎡: 1 − [(4/21)(6/51) + (3/21)(57/51)]
    assert kpi(result, "access.2sfca.gini").value == pytest.approx(1 - (40 * 6 + 30 * 57) / (210 * 51))


def test_e2sfca_by_hand(result: CapacityResult) -> None:
    # rings of 100 m: D1 at 65 m counts 1, D2 at 185 m 0.68, D4 at 50 m 1
    ratio = 45 / (10 + 0.68 * 20)
    assert result.access["e2sfca"][ANY] == pytest.approx([ratio, 0.68 * ratio, 0, 0.15, 0, 0])
    assert "≤0.33 计 1、≤0.67 计 0.68、≤1 计 0.22" in kpi(result, "access.e2sfca.mean").clause
    assert kpi(result, "access.e2sfca.mean").value == pytest.approx(100 * 51 / 210)


def test_another_catchment_and_decay() -> None:
    wide = measured(capacity={"catchment": "gb50180.ten_minute.walk_distance", "decay": {"shape": "linear"}})
    # within 500 m: S1 has D1, D2 and D3 (390 m), S2 has D4 and D2 (485 m)
    assert wide.access["2sfca"][ANY] == pytest.approx([0.75, 0.85, 0.75, 0.1, 0, 0])
    counted = 10 * (1 - 65 / 500) + 20 * (1 - 185 / 500) + 30 * (1 - 390 / 500)
    assert wide.access["e2sfca"][FULL][0] == pytest.approx((1 - 65 / 500) * 45 / counted)
    assert "搜寻半径 500 m" in kpi(wide, "access.2sfca.mean").clause
    assert "线性" in kpi(wide, "access.e2sfca.mean").clause
    bell = measured(capacity={"decay": {"shape": "gaussian", "bandwidth": 0.4}})
    assert "高斯，带宽 0.4" in kpi(bell, "access.e2sfca.mean").clause


def test_households_and_floor_area_instead() -> None:
    other = measured(capacity={"demand": "households", "supply": "floor_area_m2"})
    assert other.access["2sfca"][ANY] == pytest.approx([4, 4, 0, 0.6, 0, 0])  # 60 ㎡ ÷ 15, 12 ㎡ ÷ 20
    assert kpi(other, "access.2sfca.mean").unit == "㎡/百户"
    assert "供给＝建筑面积" in kpi(other, "access.2sfca.mean").clause


def test_an_unknown_supply_spoils_only_what_it_reaches() -> None:
    partly = measured(roomy(residents=[45.0, NAN]))
    assert np.isnan(partly.access["2sfca"][ANY]).tolist() == [False, False, False, True, False, False]
    assert partly.access["2sfca"][FULL] == pytest.approx([1.5, 1.5, 0, 0, 0, 0])
    mean = kpi(partly, "access.2sfca.mean")
    assert (mean.of, mean.denominator) == (170, "可达面积已知的居民")
    assert partly.missing["id"].tolist() == ["S2"]
    assert np.isnan(partly.by_community.set_index("id").loc["C1", "2sfca_any"])
    assert partly.by_community.set_index("id").loc["C1", "2sfca_full"] == pytest.approx(100 * 45 / 150)


def test_floor_area_stands_in_only_when_declared() -> None:
    stood = measured(roomy(residents=[45.0, NAN]), capacity={"fallback": "floor_area_m2"})
    assert stood.access["2sfca"][ANY][3] == pytest.approx(12 / 40)
    assert stood.stood_in.tolist() == [False, True]
    assert "1 处以建筑面积代" in kpi(stood, "access.2sfca.mean").clause
    assert stood.missing.empty


def test_room_by_area(result: CapacityResult) -> None:
    table = result.by_community.set_index("id")
    assert table["2sfca_any"].to_dict() == {"C1": pytest.approx(100 * 51 / 150), "C2": 0}
    compound = result.by_compound.set_index("id")
    assert compound.loc["K1", "2sfca_any"] == pytest.approx(100 * 1.5 * 20 / 50)
    points = result.points.set_index("id")
    assert points["2sfca_any"].tolist() == [150, 150, 0, 15, 0, 0]
    assert not [c for c in points.columns if c.startswith("age_")]


def test_a_closed_station_has_no_room() -> None:
    closed = measured(roomy(access=["closed", "public"]))
    assert closed.access["2sfca"][ANY] == pytest.approx([0, 0, 0, 0.15, 0, 0])
    assert closed.by_station["id"].tolist() == ["S2"]
    assert closed.by_community.set_index("id").loc["C1", "m2_full"] == 0


# --- the indicator table ---------------------------------------------------------------------


def test_what_goes_into_the_indicator_table(result: CapacityResult) -> None:
    lines = {line.indicator.key: line for line in appraise(result.coverage, result.indicators()).lines}
    assert lines["capacity.area_full"].indicator.value == pytest.approx(100 * 60 / 105)
    assert [lines[f"capacity.{key}"].verdict for key in ("area_full", "area_full_target", "area_any")] == [
        "是",
        "否",
        "—",
    ]
    assert lines["capacity.area_full"].basis.endswith("【证】")
    assert lines["capacity.area_full_target"].basis.endswith("工作台口径【推】")  # the paper's facilities are others
    share = lines["capacity.resident_share"]
    assert (share.target, share.verdict) == (60, "是")
    assert lines["capacity.overloaded"].indicator.value == 0
    assert lines["capacity.none"].indicator.value == pytest.approx(100 * 140 / 210)


def test_what_is_missing_stays_missing_in_the_indicator_table() -> None:
    blank = measured(roomy(floor=[NAN, NAN], residents=[NAN, NAN]))
    lines = {line.indicator.key: line for line in appraise(blank.coverage, blank.indicators()).lines}
    for key in ("area_full", "area_full_target", "resident_share"):
        assert lines[f"capacity.{key}"].verdict == "缺数据"
    for key in ("centres", "overloaded"):
        assert lines[f"capacity.{key}"].indicator.value is None


# --- what others rely on ---------------------------------------------------------------------


def test_the_result_speaks(result: CapacityResult) -> None:
    assert isinstance(result, Result)
    assert result.status == "MEASURED"
    assert repr(result) == "<CapacityResult pocket: 57.1 ㎡/百户 in full centres>"
    assert set(result.tables()) == {"社区设施面积", "小区可达面积", "阵地负荷"}
    assert set(result.layers()) == {"capacity_points"}
    assert result.fingerprint == result.coverage.fingerprint
    assert result.to_frame().equals(result.by_community)
    for number in result.kpis():
        assert number.denominator
        assert number.clause


def test_no_stations_is_an_answer() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        none = measured(roomy().iloc[:0])
        assert kpi(none, "area.per_100_households", FULL).value == 0
        assert kpi(none, "access.2sfca.none.share").value == 100
        assert kpi(none, "area.resident.share", FULL).value is None
        assert none.tables()


def test_ground_without_areas_households_and_communities_reports_them_missing() -> None:
    ways = pocket.ways()
    bare = District.from_tables(
        pocket.MANIFEST,
        {
            "demand": pocket.demand().assign(compound=None, community=None, households=NAN).drop(columns=pocket.BANDS),
            "ways": ways[ways["compound"].isna()],
            "stations": pocket.stations().assign(community=None, kind="facility"),
        },
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        poor = assess_capacity(assess_coverage(bare, pocket.scenario()))
        summary = poor.summary().set_index("指标")["数值"]
        tables = poor.tables()
    for name in (
        "每百户设施建筑面积",
        "每百户面积达标社区占比",
        "居民活动面积占比",
        "可达面积均值（2SFCA）",
        "每㎡服务居民",
    ):
        assert set(np.atleast_1d(summary[name])) == {"缺数据"}
    assert kpi(poor, "communities.area_standard.share", FULL).denominator == "缺社区图层"
    assert kpi(poor, "stations.area.unknown").value == 2
    assert "社区设施面积" not in tables
    assert len(tables["缺面积的阵地"]) == 2
    assert set(tables["阵地负荷"]["超标准"]) == {"缺数据"}


def test_a_catchment_in_the_unit_of_the_other_mode_is_refused() -> None:
    with pytest.raises(StandardError) as refused:
        measured(capacity={"catchment": "gb50180.ten_minute.walk_time"})
    message = str(refused.value)
    assert "key capacity.catchment: the catchment is not in the unit of the mode" in message
    assert "expected a standard in m, for capacity.mode is compliance" in message
    assert "found gb50180.ten_minute.walk_time, in min" in message


@given(st.permutations(range(6)), st.permutations(range(2)))
@settings(max_examples=draws(5))
def test_row_order_changes_nothing(demand: list[int], stations: list[int]) -> None:
    usual = measured()
    same = measured(roomy().iloc[stations], demand=pocket.demand().iloc[demand])
    assert same.summary().equals(usual.summary())
    pd.testing.assert_frame_equal(same.by_station, usual.by_station)
    pd.testing.assert_frame_equal(same.by_community, usual.by_community)


@pytest.mark.parametrize(("area", "x"), [(0.0, 50), (80.0, 50), (80.0, 300), (500.0, 610)])
def test_one_more_station_lowers_nobody(result: CapacityResult, area: float, x: int) -> None:
    more = pocket.station("S3", x, 5, floor_area_m2=area, resident_area_m2=area)
    after = measured(pd.concat([roomy(), more], ignore_index=True))
    for method in ("2sfca", "e2sfca"):
        assert (after.access[method][ANY] >= result.access[method][ANY] - 1e-12).all()
        assert (after.access[method][ANY] > result.access[method][ANY] + 1e-12).any() == (area > 0)
