"""Coverage on the pocket district, by hand; invariants on random edits."""

from __future__ import annotations

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
from workbench.coverage import CoverageResult, assess_coverage
from workbench.coverage.doors import quantile, share, within
from workbench.coverage.measure import EVERYONE
from workbench.errors import GeodataError, StandardWarning
from workbench.ground.district import District
from workbench.results import Kpi, Result

ANY, FULL, LITE = ServiceLevel.ANY, ServiceLevel.FULL, ServiceLevel.LITE


@pytest.fixture(scope="module")
def result() -> CoverageResult:
    return assess_coverage(pocket.district(), pocket.scenario())


def kpi(result: CoverageResult, key: str, mode: Mode, level: ServiceLevel = ANY, group: str = "全体居民") -> Kpi:
    found = [k for k in result.kpis() if (k.key, k.mode, k.level, k.group) == (key, mode, level, group)]
    assert len(found) == 1
    return found[0]


def test_residents_covered_by_hand(result: CoverageResult) -> None:
    # D1 10, D2 20 within 300 m of the centre, D4 40 within 300 m of the post; 210 residents in all
    assert [kpi(result, "residents.covered", Mode.COMPLIANCE, level).value for level in (ANY, FULL, LITE)] == [
        70,
        30,
        40,
    ]
    headline = kpi(result, "residents.covered.share", Mode.COMPLIANCE)
    assert (headline.rounded, headline.of, headline.unit) == (33.3, 210, "%")
    assert "GB 50180-2018" in headline.clause


def test_households_and_compounds_by_hand(result: CoverageResult) -> None:
    assert kpi(result, "households.covered.share", Mode.COMPLIANCE).value == pytest.approx(100 * 35 / 105)
    # K1: 20 of 50 residents within 300 m, less than half
    assert kpi(result, "compounds.covered", Mode.COMPLIANCE).value == 0
    # at 1.2 m/s D3's 390 m take 5.4 min; D2's 185 m are within everybody's five minutes
    assert kpi(result, "compounds.covered", Mode.EXPERIENCE).value == 0
    assert kpi(result, "compounds.covered", Mode.COMPLIANCE).of == 1


def test_experience_is_each_group_at_its_own_pace(result: CoverageResult) -> None:
    minutes = result.minutes["oldest"][ANY].walk
    assert minutes[:4] == pytest.approx(np.array([65, 185, 390, 50]) / 0.8 / 60)
    assert result.minutes["adults"][ANY].walk[2] == pytest.approx(390 / 1.2 / 60)
    assert kpi(result, "residents.covered", Mode.EXPERIENCE).value == 70
    slow = kpi(result, "walk.time.p50", Mode.EXPERIENCE, group="高龄")
    # oldest: 1, 1, 2, 3 people at 65, 185, 390, 50 m: half of the seven walk at most 65 m
    assert slow.value == pytest.approx(65 / 0.8 / 60)
    assert "0.8 m/s" in slow.clause


def test_the_unreached_are_reported_apart(result: CoverageResult) -> None:
    assert kpi(result, "residents.unsnapped", Mode.COMPLIANCE).value == 50
    assert kpi(result, "residents.unreachable", Mode.COMPLIANCE).value == 60
    lost = result.lost.set_index("id")
    assert lost.loc["D5", "reason"] == "too far from any way open to it"
    assert lost.loc["D5", "nearest_way_m"] == 100
    assert lost.loc["D6", "reason"] == "no way leads to a station"


def test_quantiles_leave_the_unreached_out(result: CoverageResult) -> None:
    # reached: 10 at 65, 20 at 185, 30 at 390, 40 at 50 m
    assert kpi(result, "walk.distance.p50", Mode.COMPLIANCE).value == 65
    assert kpi(result, "walk.distance.p90", Mode.COMPLIANCE).value == 390
    assert kpi(result, "walk.distance.p50", Mode.COMPLIANCE).of == 100


def test_the_straight_line_overestimates(result: CoverageResult) -> None:
    # D3 is 206 m from S1 as the crow flies, D5 219 m from S2
    assert kpi(result, "residents.covered.share", Mode.STRAIGHT_LINE).value == pytest.approx(100 * 150 / 210)
    assert kpi(result, "straight.overestimate", Mode.STRAIGHT_LINE).value == pytest.approx(100 * 80 / 210)
    # ratios 1.29 (10 residents), 1.53 (20), 1.89 (30) and, for D4, 50 m of walk to 30 m of line (40)
    assert kpi(result, "detour.p50", Mode.STRAIGHT_LINE).value == pytest.approx(50 / 30)


def test_three_colours(result: CoverageResult) -> None:
    assert result.colour.tolist() == ["within", "within", "near", "within", "unsnapped", "beyond"]


def test_tables_by_area_by_hand(result: CoverageResult) -> None:
    compound = result.by_compound.set_index("id").loc["K1"]
    assert (compound["residents"], compound["covered_compliance"], compound["share_compliance"]) == (50, 20, 40)
    assert (compound["p50_m"], compound["p90_m"], compound["station"]) == (390, 390, "S1")
    community = result.by_community.set_index("id")
    assert community.loc["C1", "covered_compliance"] == 70
    assert community.loc["C1", "covered_compliance_full"] == 30
    assert community.loc["C2", "unreachable"] == 60
    assert np.isnan(community.loc["C2", "p50_m"])
    subdistrict = result.by_subdistrict.set_index("id")
    assert subdistrict.loc["北街道", "residents"] == 210
    assert result.worst_compounds()["gap"].tolist() == [30]


def test_stations_and_points(result: CoverageResult) -> None:
    stations = result.by_station.set_index("id")
    assert stations["residents_within"].to_dict() == {"S1": 30, "S2": 40}
    assert stations["residents_nearest"].to_dict() == {"S1": 60, "S2": 40}
    points = result.points.set_index("id")
    assert points["distance_m_any"].iloc[:4].tolist() == [65, 185, 390, 50]
    assert points["station_any"].iloc[:4].tolist() == ["S1", "S1", "S1", "S2"]
    assert np.isnan(points.loc["D6", "distance_m_any"])
    assert not [c for c in points.columns if c.startswith("age_")]


def test_groups_sum_to_the_whole(result: CoverageResult) -> None:
    total = sum(result.populace.weight[name] for name in result.populace.whole)
    assert total == pytest.approx(result.populace.residents)
    table = result.by_group
    assert table[table["level"] == "any"]["residents"].sum() == pytest.approx(210)


def test_the_result_speaks(result: CoverageResult) -> None:
    assert isinstance(result, Result)
    assert "33.3 %" in repr(result)
    assert result.status == "MEASURED"
    assert set(result.tables()) >= {"指标", "分人群", "分社区", "分小区", "最差小区", "分阵地", "未连通需求点"}
    assert set(result.layers()) == {"coverage_points", "coverage_community", "coverage_compound", "stations"}
    summary = result.summary()
    assert summary["数值"].iloc[0] == "33.3"
    assert "210" in summary["分母"].iloc[0]


def test_no_stations_is_an_answer() -> None:
    empty = assess_coverage(pocket.district(stations=pocket.stations().iloc[:0]), pocket.scenario())
    assert kpi(empty, "residents.covered.share", Mode.COMPLIANCE).value == 0
    assert kpi(empty, "residents.unreachable", Mode.COMPLIANCE).value == 160
    assert kpi(empty, "walk.distance.p50", Mode.COMPLIANCE).value is None
    assert empty.summary()["数值"].str.contains("缺数据").any()
    assert empty.tables()


def test_only_posts_is_no_full_service() -> None:
    posts = assess_coverage(pocket.district(stations=pocket.stations().iloc[1:]), pocket.scenario())
    assert kpi(posts, "residents.covered.share", Mode.COMPLIANCE, FULL).value == 0
    assert kpi(posts, "residents.covered", Mode.COMPLIANCE, LITE).value == 40


def test_a_closed_station_serves_nobody() -> None:
    closed = pocket.stations().assign(access=["closed", "public"])
    result = assess_coverage(pocket.district(stations=closed), pocket.scenario())
    assert kpi(result, "residents.covered", Mode.COMPLIANCE).value == 40
    assert result.by_station.set_index("id").loc["S1", "residents_nearest"] == 0
    assert result.points["station_any"].dropna().unique().tolist() == ["S2"]


def test_open_gates_cover_more() -> None:
    opened = assess_coverage(pocket.district(), pocket.scenario(gates={"policy": "all_open"}))
    assert kpi(opened, "residents.covered", Mode.COMPLIANCE).value == 100  # D3 now walks 270 m


def test_a_longer_standard_covers_more_and_keeps_its_origin() -> None:
    scenario = pocket.scenario(standards={"gb50180.five_minute.walk_distance": 400})
    result = assess_coverage(pocket.district(), scenario)
    headline = kpi(result, "residents.covered.share", Mode.COMPLIANCE)
    assert headline.value == pytest.approx(100 * 100 / 210)
    assert "改定" in headline.clause


def test_ages_unknown_walk_at_the_default_pace() -> None:
    demand = pocket.demand().drop(columns=pocket.BANDS)
    result = assess_coverage(pocket.district(demand=demand), pocket.scenario())
    assert result.populace.whole == (EVERYONE,)
    assert kpi(result, "residents.covered", Mode.EXPERIENCE).value == 70
    assert set(result.by_group["group"]) == {EVERYONE}


def test_ages_known_in_part() -> None:
    demand = pocket.demand()
    demand.loc[0, pocket.BANDS] = np.nan
    result = assess_coverage(pocket.district(demand=demand), pocket.scenario())
    assert result.populace.weight[EVERYONE].tolist() == [10, 0, 0, 0, 0, 0]
    assert kpi(result, "residents.covered", Mode.EXPERIENCE).value == 70


def test_without_groups_everybody_walks_alike() -> None:
    result = assess_coverage(pocket.district(), pocket.scenario(groups={}))
    assert result.populace.whole == (EVERYONE,)
    assert result.populace.weight[EVERYONE].sum() == 210


def test_missing_is_not_zero() -> None:
    tables = pocket.tables()
    ways = pocket.ways()
    ways = ways[ways["compound"].isna()]
    demand = pocket.demand().assign(compound=None, community=None, households=np.nan)
    stations = pocket.stations().assign(community=None)
    bare = District.from_tables(pocket.MANIFEST, {"demand": demand, "ways": ways, "stations": stations})
    assert set(tables) > set(bare.tables)
    result = assess_coverage(bare, pocket.scenario())
    assert kpi(result, "households.covered.share", Mode.COMPLIANCE).value is None
    assert kpi(result, "compounds.covered.share", Mode.COMPLIANCE).value is None
    assert kpi(result, "compounds.covered.share", Mode.COMPLIANCE).denominator == "缺小区图层"
    assert result.by_community.empty
    assert "分社区" not in result.tables()


def test_a_district_without_residents_cannot_be_covered() -> None:
    manifest = pocket.MANIFEST.model_copy(update={"network_only": True})
    compounds = pocket.compounds().assign(community=None)
    bare = District.from_tables(manifest, {"ways": pocket.ways(), "compounds": compounds})
    with pytest.raises(GeodataError, match="has no demand layer"):
        assess_coverage(bare, pocket.scenario())


def test_a_doubtful_standard_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.catalogue.standards import Certainty, Register, register

    item = register()["gb50180.five_minute.walk_distance"].model_copy(update={"certainty": Certainty.DOUBTFUL})
    book = Register({**register(), item.key: item})
    monkeypatch.setattr("workbench.scenario.schema.register", lambda: book)
    with pytest.warns(StandardWarning, match="marked 【疑】"):
        assess_coverage(pocket.district(), pocket.scenario()).covered(Mode.COMPLIANCE)


def test_exactly_at_the_limit_is_within() -> None:
    assert within(np.array([299.9, 300.0, 300.0 + 1e-9, 300.001]), 300).tolist() == [True, True, True, False]


def test_quantile_and_share_at_their_edges() -> None:
    walk, people = np.array([1.0, 2.0, 3.0, np.inf]), np.array([1.0, 1.0, 2.0, 9.0])
    assert [quantile(walk, people, q) for q in (0.25, 0.5, 0.51, 1.0)] == [1, 2, 3, 3]
    assert quantile(walk[3:], people[3:], 0.5) is None
    assert share(1, 0) is None


# --- invariants ------------------------------------------------------------------------------

_SOMEWHERE = st.tuples(st.integers(0, 600), st.integers(-40, 40))


def covered(district: District, **changes: object) -> dict[Mode, np.ndarray]:
    result = assess_coverage(district, pocket.scenario(**changes))
    return {mode: result.covered_residents(mode) for mode in Mode}


@given(st.lists(_SOMEWHERE, min_size=1, max_size=4))
@settings(max_examples=draws(12))
def test_more_stations_never_cover_less(places: list[tuple[int, int]]) -> None:
    more = pd.concat([pocket.station(f"N{i}", x, y) for i, (x, y) in enumerate(places)], ignore_index=True)
    before = covered(pocket.district())
    after = covered(pocket.district().with_stations(gpd.GeoDataFrame(more, crs=pocket.CRS)))
    for mode in Mode:
        assert (after[mode] >= before[mode]).all()


@given(st.floats(50, 900), st.floats(1.0, 3.0))
@settings(max_examples=draws(12))
def test_a_longer_limit_never_covers_less(limit: float, factor: float) -> None:
    key = "gb50180.five_minute.walk_distance"
    short, long = (covered(pocket.district(), standards={key: value}) for value in (limit, limit * factor))
    assert (long[Mode.COMPLIANCE] >= short[Mode.COMPLIANCE]).all()


@given(st.permutations(range(6)), st.permutations(range(11)), st.permutations(range(2)))
@settings(max_examples=draws(12))
def test_row_order_changes_nothing(demand: list[int], ways: list[int], stations: list[int]) -> None:
    shuffled = pocket.district(
        demand=pocket.demand().iloc[demand], ways=pocket.ways().iloc[ways], stations=pocket.stations().iloc[stations]
    )
    same = assess_coverage(shuffled, pocket.scenario())
    usual = assess_coverage(pocket.district(), pocket.scenario())
    assert same.fingerprint == usual.fingerprint
    assert same.summary().equals(usual.summary())
    pd.testing.assert_frame_equal(
        pd.DataFrame(same.points.drop(columns="geometry")), pd.DataFrame(usual.points.drop(columns="geometry"))
    )


def test_residential_land_is_what_lies_within_the_exact_area() -> None:
    """A strip along the street: 290 m on from S1's door at x = 100, and the round end of the 25 m buffer."""
    strip = pocket.compounds().assign(id="K2", enclosed=False, geometry=[shapely.box(0, -10, 600, 10)])
    stations = pocket.stations().iloc[[0]]
    without = assess_coverage(pocket.district(stations=stations), pocket.scenario())
    more = pd.concat([pocket.compounds(), strip], ignore_index=True)
    result = assess_coverage(pocket.district(stations=stations, compounds=more), pocket.scenario())
    within, land = (a - b for a, b in zip(result.land, without.land, strict=True))
    assert land == pytest.approx(12_000)
    assert within == pytest.approx(20 * 414, abs=20)  # the end is round: 412.9 m at the edge, 415 m in the middle
    share = next(kpi for kpi in result.kpis() if kpi.key == "land.covered.share")
    assert share.value == pytest.approx(100 * result.land[0] / result.land[1])
    assert "TD/T 1063-2021 覆盖率＝覆盖的居住用地面积 ÷ 全部居住用地面积，分母不是人口 【知】" in share.clause
    assert (share.denominator, share.of) == ("小区用地（ha）", pytest.approx(result.land[1] / 10_000))


def test_residential_land_is_missing_without_compounds() -> None:
    ways = pocket.ways()
    tables = {
        "demand": pocket.demand().assign(compound=None),
        "ways": ways[ways["compound"].isna()],
        "stations": pocket.stations().assign(community=None),
    }
    tables["demand"] = tables["demand"].assign(community=None)
    kpis = assess_coverage(District.from_tables(pocket.MANIFEST, tables), pocket.scenario()).kpis()
    share = next(kpi for kpi in kpis if kpi.key == "land.covered.share")
    assert (share.value, share.denominator) == (None, "缺小区图层（面）")
