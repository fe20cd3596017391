"""一小区一阵地 on the pocket district by hand: own, shared, none, and what stands apart.

K1 holds D2 (20 residents, 10 households, 185 m to S1) and D3 (30, 15, 390 m). More compounds are drawn around the
other demand points where a test needs them.
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pocket
from tests.depth import draws
from workbench.catalogue.terms import Mode, Post, ServiceLevel
from workbench.coverage import PostsResult, appraise, assess_coverage, assess_posts
from workbench.coverage.posts import MODES, status_column
from workbench.ground import synthetic
from workbench.ground.district import District
from workbench.results import Kpi, Result

ANY, FULL, LITE = ServiceLevel.ANY, ServiceLevel.FULL, ServiceLevel.LITE
METRES, MINUTES = Mode.COMPLIANCE, Mode.EXPERIENCE


def asked(district: District | None = None, **scenario: object) -> PostsResult:
    return assess_posts(assess_coverage(district or pocket.district(), pocket.scenario(**scenario)))


def compound(identifier: str, x: float, y: float, *, enclosed: bool = False) -> gpd.GeoDataFrame:
    row = pd.DataFrame(
        [(identifier, f"{identifier}小区", "C1", enclosed, 7.0)],
        columns=["id", "name", "community", "enclosed", "households"],
    )
    return gpd.GeoDataFrame(row, geometry=[shapely.box(x - 10, y - 10, x + 10, y + 10)], crs=pocket.CRS)


def compounds(*more: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    both = pd.concat([pocket.compounds(), *more], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=pocket.CRS)


def stations(*more: gpd.GeoDataFrame, without: str = "") -> gpd.GeoDataFrame:
    both = pd.concat([pocket.stations(), *more], ignore_index=True)
    return gpd.GeoDataFrame(both[both["id"] != without], geometry="geometry", crs=pocket.CRS)


def row(result: PostsResult, identifier: str = "K1") -> pd.Series:
    return result.by_compound.set_index("id").loc[identifier]


def answer(result: PostsResult, mode: Mode = METRES, level: ServiceLevel = ANY, identifier: str = "K1") -> str:
    return str(row(result, identifier)[status_column(mode, level)])


def kpi(result: PostsResult, key: str, mode: Mode = METRES, level: ServiceLevel = ANY) -> Kpi:
    found = [k for k in result.kpis() if (k.key, k.mode, k.level) == (key, mode, level)]
    assert len(found) == 1
    return found[0]


# --- own, shared, none ---------------------------------------------------------------------------


def test_the_share_that_counts_is_half_and_includes_it() -> None:
    result = asked()  # 20 of 50 within 300 m
    assert answer(result) == Post.NONE
    assert row(result)[["households", "residents", "covered_compliance", "gap_compliance", "station"]].tolist() == [
        25,
        50,
        20,
        30,
        "S1",
    ]
    assert row(result)[["p50_m", "p90_m"]].tolist() == pytest.approx([390, 390])
    assert answer(asked(standards={"compound.covered_share": 0.4})) == Post.SHARED
    assert answer(asked(standards={"compound.covered_share": 0.41})) == Post.NONE


def test_experience_is_another_answer() -> None:
    # within five minutes of S1: all of D2 but none slower than 185 / 300 m/s, so all; D3 walks 390 m: none at 1.2 m/s
    assert row(asked())["covered_experience"] == 20
    easy = asked(standards={"gb50180.five_minute.walk_distance": 400})
    assert (answer(easy), answer(easy, MINUTES)) == (Post.SHARED, Post.NONE)


def test_a_station_of_ones_own() -> None:
    named = asked(pocket.district(stations=stations(pocket.station("S3", 250, 120, compound="K1"))))
    placed = asked(pocket.district(stations=stations(pocket.station("S3", 250, 120))))
    for result in (named, placed):
        assert {answer(result, mode) for mode in MODES} == {Post.OWN}
        assert row(result)["own"] == "S3"
        assert (answer(result, level=LITE), answer(result, level=FULL)) == (Post.OWN, Post.NONE)
    members = asked(pocket.district(stations=stations(pocket.station("S3", 250, 120, compound="K1", access="members"))))
    assert answer(members) == Post.OWN
    closed = asked(pocket.district(stations=stations(pocket.station("S3", 250, 120, compound="K1", access="closed"))))
    assert (answer(closed), row(closed)["own"]) == (Post.NONE, None)


def test_a_named_compound_goes_before_the_polygon() -> None:
    other = compound("K2", 250, 120)  # drawn over the station's place, inside K1's wall
    result = asked(
        pocket.district(compounds=compounds(other), stations=stations(pocket.station("S3", 250, 120, compound="K1")))
    )
    assert (row(result, "K1")["own"], row(result, "K2")["own"]) == ("S3", None)


def test_a_station_behind_members_gates_is_shared_with_nobody() -> None:
    """K2 stands around D4: 550 m from S1, no S2; a post in K1 serves it through a public gate only."""
    demand = pocket.demand()
    demand.loc[demand["id"] == "D1", "compound"] = "K2"
    tables = {
        "compounds": compounds(compound("K2", 50, 5)),
        "demand": demand,
        "stations": stations(pocket.station("S3", 200, 100, compound="K1"), without="S1"),
    }
    shut = asked(pocket.district(**tables))
    assert (answer(shut, identifier="K2"), row(shut, "K2")["station"]) == (Post.NONE, "S2")
    opened = asked(pocket.district(**tables, gates=pocket.gates().assign(access=["public", "closed"])))
    assert (answer(opened, identifier="K2"), row(opened, "K2")["station"]) == (Post.SHARED, "S3")
    assert row(opened, "K2")["p50_m"] == 5 + 50 + 100 + 20 + 80
    reserved = tables["stations"].assign(access=["public", "members"])
    kept = asked(
        pocket.district(**{**tables, "stations": reserved}, gates=pocket.gates().assign(access=["public", "closed"]))
    )
    assert answer(kept, identifier="K2") == Post.NONE


def test_compounds_without_a_wall_count_too() -> None:
    demand = pocket.demand()
    demand.loc[demand["id"] == "D4", "compound"] = "K2"
    result = asked(pocket.district(compounds=compounds(compound("K2", 600, 40)), demand=demand))
    assert row(result, "K2")[["enclosed", "residents", "gap_compliance"]].tolist() == [False, 40, 0]
    assert (answer(result, identifier="K2"), answer(result, level=FULL, identifier="K2")) == (Post.SHARED, Post.NONE)
    assert result.counts(METRES) == {Post.OWN: 0, Post.SHARED: 1, Post.NONE: 1, Post.EMPTY: 0}


# --- what stands apart ---------------------------------------------------------------------------


def test_a_compound_without_residents_is_no_gap() -> None:
    result = asked(pocket.district(compounds=compounds(compound("K2", 100, 10))))  # around S1
    assert (answer(result, identifier="K2"), row(result, "K2")["own"]) == (Post.EMPTY, "S1")
    assert row(result, "K2")[["residents", "households", "gap_compliance"]].tolist() == [0, 7, 0]
    assert (kpi(result, "posts.empty").value, kpi(result, "posts.empty").of) == (1, 2)
    assert (kpi(result, "posts.none").value, kpi(result, "posts.none").of) == (1, 1)
    assert kpi(result, "posts.share").value == 0
    assert result.gaps["id"].tolist() == ["K1"]
    table = result.tables()["一小区一阵地"].set_index("编号")
    assert table.loc["K2", ["阵地·合规", "最近阵地", "步行 P50（m）"]].tolist() == ["无居民"] * 3


def test_a_compound_without_gates_reaches_nothing() -> None:
    result = asked(pocket.district(gates=pocket.gates().iloc[:0]))
    assert row(result)[["gates", "open_gates", "unreachable", "gap_compliance"]].tolist() == [0, 0, 50, 50]
    assert kpi(result, "posts.no_gate").value == 1
    table = result.tables()["缺口清单（无阵地小区）"]
    assert table.loc[0, ["围墙", "最近阵地", "步行 P50（m）", "其中无路可达（人）"]].tolist() == [
        "无大门",
        "不可达",
        "不可达",
        50,
    ]
    own = asked(pocket.district(gates=pocket.gates().iloc[:0], stations=stations(pocket.station("S3", 250, 120))))
    assert answer(own) == Post.OWN


def test_residents_off_the_network_are_told_apart() -> None:
    demand = pocket.demand()
    demand.loc[demand["id"] == "D3", "geometry"] = shapely.Point(340, 200)
    result = asked(pocket.district(demand=demand))
    assert row(result)[["gap_compliance", "unsnapped", "unreachable"]].tolist() == [30, 30, 0]


def test_no_stations_at_all() -> None:
    result = asked(pocket.district(stations=pocket.stations().iloc[:0]))
    assert answer(result) == Post.NONE
    assert row(result)["station"] is None or pd.isna(row(result)["station"])


def test_without_compounds_everything_is_missing() -> None:
    ways = pocket.ways()
    demand = pocket.demand().assign(compound=None, community=None)
    tables = {
        "demand": demand,
        "ways": ways[ways["compound"].isna()],
        "stations": pocket.stations().assign(community=None),
    }
    result = asked(District.from_tables(pocket.MANIFEST, tables))
    assert [(k.value, k.denominator) for k in result.kpis()] == [(None, "缺小区图层")] * 2
    assert (result.tables(), result.layers(), len(result.gaps)) == ({}, {}, 0)
    assert {i.value for i in result.indicators()} == {None}


def test_compounds_in_which_nobody_is_known_to_live() -> None:
    result = asked(pocket.district(demand=pocket.demand().assign(compound=None)))
    assert answer(result) == Post.EMPTY
    assert kpi(result, "posts.share").value is None
    assert kpi(result, "posts.outside.residents").value == 210


def test_households_that_are_not_known_come_from_the_ledger_of_compounds() -> None:
    demand = pocket.demand().assign(households=float("nan"))
    assert row(asked(pocket.district(demand=demand)))["households"] == 25
    neither = asked(pocket.district(demand=demand, compounds=pocket.compounds().assign(households=float("nan"))))
    assert (kpi(neither, "posts.households.share").value, kpi(neither, "posts.households.share").denominator) == (
        None,
        "缺户数",
    )
    assert neither.tables()["一小区一阵地"].loc[0, "户数（户）"] == "缺数据"


# --- numbers -------------------------------------------------------------------------------------


def test_numbers_name_their_denominator() -> None:
    result = asked(standards={"compound.covered_share": 0.4})
    assert isinstance(result, Result)
    assert repr(result) == "<PostsResult pocket: 0 own, 1 shared, 0 none, 0 empty>"
    share, households = kpi(result, "posts.share"), kpi(result, "posts.households.share")
    assert (share.value, share.denominator, share.of) == (100, "有居民的小区", 1)
    assert (households.value, households.denominator, households.of) == (100, "小区内的户", 25)
    assert "居民 ≥ 40% 被覆盖计为共享" in share.clause
    assert kpi(result, "posts.share", level=LITE).value == 0  # a lite post stands in for no centre, nor the other way
    assert (kpi(result, "posts.gap.residents").value, kpi(result, "posts.gap.residents").of) == (30, 50)
    assert kpi(result, "posts.outside.residents").value == 160


def test_gaps_are_sorted_by_residents_and_areas_add_up() -> None:
    town = synthetic.district(7, communities=2)
    result = asked(town)
    gaps = result.gaps
    assert gaps["gap_compliance"].is_monotonic_decreasing
    assert len(gaps) > 1
    counts = result.counts(METRES)
    for area in ("community", "subdistrict"):
        table = result.by_area(area)
        assert {str(post): int(table[str(post)].sum()) for post in Post} == {str(post): n for post, n in counts.items()}
        assert table["residents_none"].sum() == gaps["residents"].sum()
    assert len(result.layers()["posts"]) == len(town.compounds)


def test_indicators() -> None:
    coverage = assess_coverage(pocket.district(), pocket.scenario(targets={"posts.share": 100}))
    lines = appraise(coverage, assess_posts(coverage).indicators()).lines
    found = {line.indicator.key: line for line in lines}
    assert (found["posts.share"].indicator.value, found["posts.share"].verdict) == (0, "否")
    assert {"posts.full_share", "posts.households"} <= set(found)


@pytest.fixture(scope="module")
def town() -> District:
    return synthetic.district(11, communities=1)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2))
@settings(max_examples=draws(6))
def test_one_station_more_takes_nothing_away(town: District, where: list[float]) -> None:
    west, south, east, north = town.compounds.total_bounds
    point = shapely.Point(west + where[0] * (east - west), south + where[1] * (north - south))
    new = town.layer("stations").iloc[[0]].assign(id="zz", kind="post", access="public", compound=None)
    new.geometry = [point]
    rank = {Post.NONE: 0, Post.SHARED: 1, Post.OWN: 2, Post.EMPTY: 3}
    before, after = (asked(d).by_compound for d in (town, town.with_stations(new)))
    for mode in MODES:
        for level in ServiceLevel:
            old, now = (table[status_column(mode, level)].map(rank) for table in (before, after))
            assert (now >= old).all()
