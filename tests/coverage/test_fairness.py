"""Fairness on the pocket district by hand: spread, the worst off, gaps, scales, boundaries.

Walks to the nearest station, metres (residents): D1 65 (10), D2 185 (20), D3 390 (30), D4 50 (40); D5 (50)
and D6 (60) reach none. 100 residents walk 18,050 m together.
"""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pocket
from tests.depth import draws
from workbench.catalogue.terms import Mode, ServiceLevel
from workbench.coverage import FairnessResult, appraise, assess_coverage, assess_fairness
from workbench.coverage.fairness import Walkers
from workbench.ground.district import District
from workbench.results import Kpi, Result

ANY, FULL = ServiceLevel.ANY, ServiceLevel.FULL
METRES, MINUTES = Mode.COMPLIANCE, Mode.EXPERIENCE
OPEN = {"privacy.smallest_cell": 1}  # the pocket is so small that most of it would be withheld
PACES = {"infants": 0.9, "pupils": 1.2, "adults": 1.2, "older": 0.95, "oldest": 0.8}
METRES_OF = {"D1": 65, "D2": 185, "D3": 390, "D4": 50}


def looked_at(district: District | None = None, **scenario: object) -> FairnessResult:
    scenario.setdefault("standards", OPEN)
    return assess_fairness(assess_coverage(district or pocket.district(), pocket.scenario(**scenario)))


@pytest.fixture(scope="module")
def result() -> FairnessResult:
    return looked_at()


def kpi(result: FairnessResult, key: str, mode: Mode, level: ServiceLevel = ANY, group: str = "全体居民") -> Kpi:
    found = [k for k in result.kpis() if (k.key, k.mode, k.level, k.group) == (key, mode, level, group)]
    assert len(found) == 1
    return found[0]


def row(table: pd.DataFrame, **where: object) -> pd.Series:
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def bands() -> pd.DataFrame:
    """Residents who reach a station, by point and group."""
    demand = pocket.demand().set_index("id").loc[list(METRES_OF), pocket.BANDS]
    return demand.set_axis(list(PACES), axis=1)


# --- spread ----------------------------------------------------------------------------------


def test_the_spread_of_metres_by_hand(result: FairnessResult) -> None:
    people, total = result.lorenz(METRES)
    assert people == pytest.approx([0, 0.4, 0.5, 0.7, 1])
    assert total * 18_050 == pytest.approx([0, 2000, 2650, 6350, 18_050])
    # 1 − [.4 (2000) + .1 (4650) + .2 (9000) + .3 (24 400)] / 18 050
    assert kpi(result, "walk.distance.gini", METRES).value == pytest.approx(1 - 10_385 / 18_050)
    assert kpi(result, "walk.distance.mean", METRES).value == pytest.approx(180.5)
    assert kpi(result, "walk.distance.gini", METRES).of == 100
    left = kpi(result, "walk.distance.left_out", METRES)
    assert (left.value, left.of) == (110, 210)


def test_the_spread_of_minutes_is_of_each_at_their_own_pace(result: FairnessResult) -> None:
    minutes = bands() * 0.0
    for name, pace in PACES.items():
        minutes[name] = [METRES_OF[i] / pace / 60 for i in minutes.index]
    mean = float((minutes * bands()).to_numpy().sum() / 100)
    assert kpi(result, "walk.time.mean", MINUTES).value == pytest.approx(mean)
    gaps = np.abs(np.subtract.outer(minutes.to_numpy().ravel(), minutes.to_numpy().ravel()))
    pairs = np.multiply.outer(bands().to_numpy().ravel(), bands().to_numpy().ravel())
    # Gini as half the relative mean difference between any two residents
    assert kpi(result, "walk.time.gini", MINUTES).value == pytest.approx(
        float((gaps * pairs).sum()) / (2 * 100**2 * mean)
    )


def test_full_centres_apart(result: FairnessResult) -> None:
    # D4 walks 550 m to the centre: 10 at 65, 20 at 185, 30 at 390, 40 at 550
    assert kpi(result, "walk.distance.mean", METRES, FULL).value == pytest.approx((650 + 3700 + 11_700 + 22_000) / 100)
    assert row(result.by_level, mode="compliance", level="lite")["mean"] == pytest.approx(
        (10 * 565 + 20 * 485 + 30 * 690 + 40 * 50) / 100
    )


def test_the_worst_tenth_by_hand(result: FairnessResult) -> None:
    # 10 of the 30 of D3
    assert kpi(result, "walk.distance.worst.mean", METRES).value == 390
    assert kpi(result, "walk.distance.worst.share", METRES).value == pytest.approx(100 * 3900 / 18_050)
    assert "【推】" in kpi(result, "walk.distance.worst.mean", METRES).clause
    where = result.worst_by_area("community", METRES)
    assert where[["id", "residents", "all", "share", "mean"]].to_numpy().tolist() == [
        ["C1", 10, 150, 100 * 10 / 150, 390]
    ]
    assert result.worst_by_area("compound", METRES)["id"].tolist() == ["K1"]


def test_another_share_of_the_worst_off() -> None:
    half = looked_at(standards={**OPEN, "fairness.worst_share": 0.5})
    # the 30 of D3 and the 20 of D2
    assert kpi(half, "walk.distance.worst.mean", METRES).value == pytest.approx((11_700 + 3700) / 50)
    assert "50% 居民" in kpi(half, "walk.distance.worst.mean", METRES).label


def test_who_the_worst_off_are(result: FairnessResult) -> None:
    # slowest first, all from D3: the 2 oldest take 8.1 min, the 3 infants 7.2, 5 of the 6 older 6.8
    table = result.worst_by_group.set_index("group")
    assert table["residents"].to_dict() == {
        "infants": 3,
        "pupils": 0,
        "adults": 0,
        "older": pytest.approx(5),
        "oldest": 2,
    }
    assert table["share"].sum() == pytest.approx(100)
    assert table.loc["older", "share_of_all"] == pytest.approx(18)
    assert table.loc["older", "over"] == pytest.approx(50 / 18)
    points = result.layers()["fairness_points"].set_index("id")
    assert points["worst_off"].to_dict() == {"D1": 0, "D2": 0, "D3": 10, "D4": 0, "D5": 0, "D6": 0}


# --- groups ----------------------------------------------------------------------------------


def test_gaps_between_groups_by_hand(result: FairnessResult) -> None:
    everybody = kpi(result, "walk.time.mean", MINUTES).value
    assert everybody is not None
    infants = row(result.by_group, group="infants")
    metres = (1 * 65 + 2 * 185 + 3 * 390 + 4 * 50) / 10
    assert infants["mean"] == pytest.approx(metres / 0.9 / 60)
    assert infants["gap"] == pytest.approx(metres / 0.9 / 60 - everybody)
    assert infants["ratio"] == pytest.approx(metres / 0.9 / 60 / everybody)
    assert infants["ratio_m"] == pytest.approx(metres / 180.5)
    assert kpi(result, "groups.gap", MINUTES, group="婴幼儿").value == pytest.approx(infants["gap"])
    # within five minutes: D1, D2, D4 for all; D3, 390 m, for nobody
    assert infants["share"] == pytest.approx(100 * 7 / 21)
    assert infants["gap_share"] == pytest.approx(100 * 7 / 21 - 100 * 70 / 210)


def test_small_groups_are_not_published() -> None:
    strict = looked_at(standards={})
    oldest = row(strict.by_group, group="oldest")  # 7 of the 16 reach a station: fewer than 10
    assert oldest.drop(["group", "label"]).isna().all()
    shown = kpi(strict, "groups.gap", MINUTES, group="高龄")
    assert (shown.value, shown.of) == (None, None)
    assert shown.withheld == "<10"
    table = strict.tables()["人群差距"].set_index("人群")
    assert set(table.loc["高龄"]) == {"不公布"}
    assert set(strict.tables()["步行最远的 10% 居民·人群"].set_index("人群").loc["婴幼儿"]) == {"不公布"}


def test_few_unreached_of_a_group_are_not_published() -> None:
    demand = pocket.demand().iloc[:5]  # without D6: of 15 infants 5 reach nothing
    strict = looked_at(pocket.district(demand=demand), standards={})
    infants = row(strict.by_group, group="infants")
    assert infants[["reached", "unreachable"]].isna().all()
    assert infants["residents"] == 15


# --- scales ----------------------------------------------------------------------------------


def test_scales_by_hand(result: FairnessResult) -> None:
    gini = kpi(result, "walk.distance.gini", METRES).value
    points = row(result.by_scale, mode="compliance", scale="demand")
    assert points[["units", "residents", "left_out", "units_within"]].tolist() == [4, 100, 0, 3]
    assert (points["gini"], points["between"]) == (pytest.approx(gini), pytest.approx(100))
    # the only compound holds D2 and D3: 20 at 185, 30 at 390; their mean is 308 m, beyond the limit
    compound = row(result.by_scale, mode="compliance", scale="compound")
    assert compound[["units", "residents", "left_out", "share_within"]].tolist() == [1, 50, 50, 0]
    assert (compound["gini"], compound["between"]) == (0, 0)
    assert compound["gini_residents"] == pytest.approx(1 - (0.4 * 3700 + 0.6 * (3700 + 15_400)) / 15_400)
    assert compound["worst_mean"] == pytest.approx(308)
    # the community's mean is 180.5 m: everybody in it counts as near, D3 too
    community = row(result.by_scale, mode="compliance", scale="community")
    assert community[["units", "residents", "share_within", "gini"]].tolist() == [1, 100, 100, 0]
    assert kpi(result, "walk.distance.within.share.demand", METRES).value == pytest.approx(70)
    assert kpi(result, "walk.distance.within.share.community", METRES).value == 100


def test_units_of_a_scale(result: FairnessResult) -> None:
    units = result.units(METRES, "demand")
    assert units["id"].tolist() == ["D1", "D2", "D3", "D4"]
    assert units["mean"].tolist() == [65, 185, 390, 50]
    assert result.units(METRES, "compound").to_numpy().tolist() == [["K1", 308, 50]]
    assert len(result.units(MINUTES, "residents")) == 20  # five groups at four points


def test_larger_units_never_show_more_inequality(result: FairnessResult) -> None:
    for mode in (METRES, MINUTES):
        ginis = [
            row(result.by_scale, mode=str(mode), scale=s)["gini"]
            for s in ("residents", "demand", "community", "subdistrict")
        ]
        assert (np.diff(ginis) <= 1e-12).all()


# --- boundaries ------------------------------------------------------------------------------


def divided(kind: str = "post", community: str | None = "C3") -> District:
    """The post's end of the district is a community of its own, in which nobody lives, in another subdistrict."""
    own = pocket.communities()
    own.loc[0, "geometry"] = shapely.box(-50, -50, 605, 300)
    third = gpd.GeoDataFrame(
        {"id": ["C3"], "name": ["西社区"], "subdistrict": ["南街道"]},
        geometry=[shapely.box(605, -50, 700, 300)],
        crs=pocket.CRS,
    )
    stations = pocket.stations().assign(community=["C1", community], kind=["community_centre", kind])
    return pocket.district(communities=pd.concat([own, third], ignore_index=True), stations=stations)


def test_stations_across_the_boundary_by_hand() -> None:
    result = looked_at(divided())
    both, own = (row(result.by_boundary, mode="compliance", rule=rule) for rule in ("any", "community"))
    # D4's 40 residents have the post at 50 m; the centre of their own community is 550 m away
    assert (both["covered"], own["covered"]) == (70, 30)
    assert (both["mean"], own["mean"]) == (pytest.approx(180.5), pytest.approx(380.5))
    assert own["residents"] == 210
    assert row(result.by_boundary, mode="compliance", rule="subdistrict")["covered"] == 30
    assert kpi(result, "boundary.community.share", METRES).value == pytest.approx(100 * 30 / 210)
    assert kpi(result, "boundary.any.share", METRES).value == pytest.approx(100 * 70 / 210)
    across = result.across.set_index("id")
    assert across.loc["C1", ["residents", "compliance_any", "compliance_own", "compliance_across"]].tolist() == [
        150,
        70,
        30,
        40,
    ]
    assert across["experience_across"].to_dict() == {"C1": 40, "C2": 0, "C3": 0}


def test_nothing_changes_where_nobody_crosses(result: FairnessResult) -> None:
    for mode in ("compliance", "experience"):
        rows = result.by_boundary[result.by_boundary["mode"] == mode].drop(columns="rule")
        assert (rows.nunique(dropna=False) == 1).all()


def test_the_district_centre_serves_across_boundaries() -> None:
    result = looked_at(divided("district_centre"))
    assert row(result.by_boundary, mode="compliance", rule="community")["covered"] == 70


def test_a_station_of_no_community_serves_nobody_by_boundary() -> None:
    result = looked_at(divided(community=None))
    assert row(result.by_boundary, mode="compliance", rule="any")["covered"] == 70
    assert row(result.by_boundary, mode="compliance", rule="community")["covered"] == 30


def test_residents_of_no_community_are_left_out_of_boundaries() -> None:
    demand = pocket.demand()
    demand.loc[demand["id"] == "D1", "community"] = None
    result = looked_at(pocket.district(demand=demand))
    assert set(result.by_boundary["residents"]) == {200}
    assert kpi(result, "boundary.any.share", METRES).of == 200


def test_boundary_walks_agree_with_brute_force() -> None:
    """All walks at once, unbounded, against the search in widening rings."""
    result = looked_at(divided())
    cost = result.coverage.cost_matrix(METRES, limit=np.inf).toarray()
    stations, demand = result.coverage.district.stations, result.coverage.district.demand
    allowed = stations["community"].to_numpy()[:, None] == demand["community"].to_numpy()[None, :]
    expected = np.where(allowed & (cost > 0), cost, np.inf).min(axis=0)
    assert result.bounded[METRES, "community"].walk.tolist() == expected.tolist()


# --- the indicator table ---------------------------------------------------------------------


def test_what_goes_into_the_indicator_table(result: FairnessResult) -> None:
    aims = {"fairness.gini": 0.3, "fairness.own_community": 20.0}
    planned = looked_at(targets=aims)
    lines = {line.indicator.key: line for line in appraise(planned.coverage, planned.indicators()).lines}
    assert lines["fairness.gini"].indicator.value == kpi(result, "walk.time.gini", MINUTES).value
    assert [lines[key].verdict for key in aims] == ["否", "是"]
    assert lines["fairness.own_community"].indicator.value == pytest.approx(100 * 70 / 210)
    assert lines["fairness.worst"].indicator.unit == "min"


# --- what others rely on ---------------------------------------------------------------------


def test_the_result_speaks(result: FairnessResult) -> None:
    assert isinstance(result, Result)
    assert result.status == "MEASURED"
    assert repr(result) == "<FairnessResult pocket: Gini of walk time 0.45>"
    assert set(result.tables()) == {
        "步行分布", "人群差距", "不同尺度", "步行最远的 10% 居民·人群", "步行最远的 10% 居民·社区",
        "步行最远的 10% 居民·小区", "跨界与行政口径", "社区跨界",
    }  # fmt: skip
    assert result.to_frame().equals(result.by_scale)
    assert result.fingerprint == result.coverage.fingerprint
    keys = [(k.label, k.mode, k.group, k.level) for k in result.kpis()]
    assert len(keys) == len(set(keys))  # compare() tells them apart by these
    for number in result.kpis():
        assert number.denominator
        assert number.clause


@pytest.mark.parametrize("case", ["no stations", "nobody"])
def test_nothing_to_spread_is_an_answer(case: str) -> None:
    zero = dict.fromkeys(["residents", "households", *pocket.BANDS], 0.0)
    district = (
        pocket.district(stations=pocket.stations().iloc[:0])
        if case == "no stations"
        else pocket.district(demand=pocket.demand().assign(**zero))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        empty = looked_at(district)
        assert kpi(empty, "walk.time.gini", MINUTES).value is None
        assert kpi(empty, "walk.distance.worst.mean", METRES).value is None
        assert kpi(empty, "walk.distance.left_out", METRES).value == (210 if case == "no stations" else 0)
        assert row(empty.by_scale, mode="compliance", scale="community")["units"] == 0
        assert empty.summary()["数值"].str.contains("缺数据").any()
        assert empty.tables()
        assert empty.worst_by_area("community").empty


def test_ground_without_areas_and_ages_reports_them_missing() -> None:
    ways = pocket.ways()
    demand = pocket.demand().assign(compound=None, community=None, households=np.nan).drop(columns=pocket.BANDS)
    bare = District.from_tables(
        pocket.MANIFEST,
        {"demand": demand, "ways": ways[ways["compound"].isna()], "stations": pocket.stations().assign(community=None)},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        poor = looked_at(bare)
        tables = poor.tables()
    assert kpi(poor, "walk.time.gini", MINUTES).value is not None
    for scale in ("compound", "community", "subdistrict"):
        assert kpi(poor, f"walk.time.gini.{scale}", MINUTES).value is None
        assert kpi(poor, f"walk.time.gini.{scale}", MINUTES).denominator.startswith("缺")
    assert kpi(poor, "boundary.community.share", METRES).value is None
    assert poor.by_boundary.empty
    assert poor.across.empty
    assert "社区跨界" not in tables
    assert next(k for k in poor.kpis() if k.key == "groups.gap").group == "全体居民（不分年龄）"


@given(st.permutations(range(6)), st.permutations(range(2)))
@settings(max_examples=4)
def test_row_order_changes_nothing(demand: list[int], stations: list[int]) -> None:
    shuffled = pocket.district(demand=pocket.demand().iloc[demand], stations=pocket.stations().iloc[stations])
    usual, same = looked_at(), looked_at(shuffled)
    assert same.summary().equals(usual.summary())
    pd.testing.assert_frame_equal(same.by_scale, usual.by_scale)
    pd.testing.assert_frame_equal(same.by_boundary, usual.by_boundary)


_WALKS = st.lists(st.tuples(st.floats(1, 1e3), st.floats(0.5, 50)), min_size=1, max_size=20)


@given(_WALKS, st.floats(0.1, 10))
@settings(max_examples=draws(40))
def test_walking_slower_by_one_factor_moves_means_and_no_shares(rows: list[tuple[float, float]], factor: float) -> None:
    walk, people = np.array(rows).T
    places = np.arange(len(walk))
    before, after = (Walkers(places, 0 * places, f * walk, people, 300 * f).figures(0.1) for f in (1.0, factor))
    for name in ("gini", "worst_share"):
        assert after[name] == pytest.approx(before[name], abs=1e-9)
    for name in ("mean", "p50", "p90", "worst_mean"):
        expected = before[name]
        assert expected is not None
        assert after[name] == pytest.approx(factor * expected)
