"""Where candidates come from, by hand on two pocket districts."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from tests import pocket
from tests.siting.grounds import candidates, district, scenario
from workbench.coverage import assess_coverage
from workbench.errors import ScenarioError
from workbench.ground.district import District
from workbench.ground.synthetic import pocket as walled_pocket
from workbench.scenario.siting import Candidates
from workbench.siting import CandidateSites, candidate_sites, station_question


def found(ground: District | None = None, **rules: object) -> CandidateSites:
    return candidate_sites(ground or district(), scenario(stations=1), Candidates.model_validate(rules))


def rooms(**changes: list[object]) -> pd.DataFrame:
    columns = {
        "id": ["r1", "r2", "r3", "r4"],
        "station": ["S1", "S1", "S1", "S2"],
        "sign": ["甲", "乙", "丙", "丁"],
        "function": ["闲置", "闲置", "图书阅览室", "储物间"],
        "storey": [1, 1, 2, 1],
        "area_m2": [30.0, 25.0, 90.0, 12.0],
        "capacity": [10, 10, 30, 5],
        "equipment": ["", "", "", ""],
        "water": [False] * 4,
        "sound": ["quiet"] * 4,
        "private": [False] * 4,
        "merges_with": [None] * 4,
        "opening_hours": [None] * 4,
        **changes,
    }
    return pd.DataFrame(columns)


def buildings() -> gpd.GeoDataFrame:
    columns = {"id": ["b1", "b2", "b3"], "kind": ["retail", "residential", "commercial"], "name": ["菜店", None, None]}
    return gpd.GeoDataFrame(
        columns, geometry=[shapely.box(x, -20, x + 10, -10) for x in (90, 200, 890)], crs=pocket.CRS
    )


def test_the_ledger_by_hand() -> None:
    sites = found(opening_hours="Mo-Su 08:00-20:00", services="rest;water")
    assert len(sites) == 5
    assert sites.ledger["id"].tolist() == ["a1", "a2", "a3", "v1", "z1"]
    assert sites.ledger["source"].unique().tolist() == ["ledger"]
    assert sites.ledger["subdistrict"].unique().tolist() == ["北街道"]
    assert sites.ledger["veto"].tolist() == ["", "", "", "产权不清", ""]
    assert sites.ledger["capex"].tolist() == [20, 25, 10, 5, 40]
    station = sites.stations.iloc[0]
    assert station[["kind", "access", "opening_hours", "services", "community"]].tolist() == [
        "post", "public", "Mo-Su 08:00-20:00", "rest;water", "C1"
    ]  # fmt: skip
    assert found(opens="community_centre").stations["kind"].unique().tolist() == ["community_centre"]


def test_vetoes_keep_all_their_reasons() -> None:
    area = {"least_area": "whole_community.parcel_station.floor_area_min"}
    least = scenario(stations=1).standard(area["least_area"])
    ground = district(candidates=candidates(floor_area_m2=[least, least - 1, None, 1.0, least + 1]))
    vetoes = found(ground, forbidden=["a3", "v1"], **area).ledger["veto"].tolist()
    assert vetoes == [
        "", f"面积不足 {least:g} ㎡", f"情景排除；面积不详（须 ≥{least:g} ㎡）", f"产权不清；情景排除；面积不足 {least:g} ㎡", ""
    ]  # fmt: skip


def test_vacant_rooms_of_stations() -> None:
    ground = district(rooms=rooms())
    sites = found(ground, sources=["rooms"])
    assert sites.ledger[["id", "name", "floor_area_m2", "community"]].to_numpy().tolist() == [
        ["S1-rooms", "东中心闲置房间", 55.0, "C1"]
    ]
    assert sites.ledger["capex"].isna().all()
    assert sites.stations.geometry.iloc[0].equals(shapely.Point(100, 10))
    named = found(ground, sources=["rooms"], vacant=["储物间"])
    assert named.ledger["id"].tolist() == ["S2-rooms"]


def test_shopfronts() -> None:
    ground = district(buildings=buildings())
    sites = found(ground, sources=["shopfronts"])
    assert sites.ledger[["id", "name", "community"]].fillna("").to_numpy().tolist() == [
        ["b1", "菜店", "C1"],
        ["b3", "沿街商铺 b3", ""],
    ]
    assert sites.stations.geometry.iloc[0].equals(shapely.Point(95, -15))
    assert found(ground, sources=["shopfronts"], shopfront_kinds=["residential"]).ledger["id"].tolist() == ["b2"]


def test_corners_are_nodes_of_ways_open_to_the_public() -> None:
    """Nodes 8 and 9 are inside K1."""
    sites = found(sources=["corners"])
    assert sites.ledger["id"].tolist() == [f"node-{n:02d}" for n in (1, 2, 3, 4, 5, 6, 7, 10, 20, 21)]
    assert sites.ledger["name"].iloc[0] == "路口 1"
    assert [tuple(p.coords[0]) for p in sites.stations.geometry] == [
        pocket.NODES[n] for n in (1, 2, 3, 4, 5, 6, 7, 10, 20, 21)
    ]
    assert sites.ledger["community"].tolist() == ["C1"] * 8 + ["C2"] * 2


def test_bends_are_vertices_once_each() -> None:
    """w5 is bent at (500, −40) here; ends that ways share count once."""
    ways = pocket.ways()
    ways.loc[ways["id"] == "w5", "geometry"] = shapely.LineString([(400, 0), (500, -40), (600, 0)])
    sites = found(district(ways=ways), sources=["bends"])
    xy = [tuple(p.coords[0]) for p in sites.stations.geometry]
    assert (500, -40) in xy
    assert len(xy) == len(set(xy)) == 11
    assert xy == sorted(xy)
    assert sites.ledger["id"].tolist()[0] == "bend-01"


def test_a_corner_on_a_border_belongs_to_the_first_community() -> None:
    """Node 3 at x = 200 lies on the border of B2 and A1, node 20 outside of both."""
    halves = gpd.GeoDataFrame(
        {"id": ["B2", "A1"], "name": ["西", "东"], "subdistrict": ["南街道", "北街道"]},
        geometry=[shapely.box(-50, -50, 200, 300), shapely.box(200, -50, 700, 300)], crs=pocket.CRS,
    )  # fmt: skip
    tables = {
        "communities": halves, "compounds": pocket.compounds().assign(community="A1"),
        "demand": pocket.demand().iloc[:5].assign(community="A1"), "stations": pocket.stations().assign(community="A1"),
    }  # fmt: skip
    sites = found(district(**tables, candidates=candidates(community=["A1"] * 5)), sources=["corners"])
    community = dict(zip(sites.ledger["id"], sites.ledger["community"].fillna(""), strict=True))
    assert community == {
        "node-01": "B2", "node-02": "B2", "node-03": "A1", "node-04": "A1", "node-05": "A1", "node-06": "A1",
        "node-07": "A1", "node-10": "A1", "node-20": "", "node-21": "",
    }  # fmt: skip
    part = dict(zip(sites.ledger["id"], sites.ledger["subdistrict"], strict=True))
    assert (part["node-02"], part["node-03"]) == ("南街道", "北街道")


def test_a_district_without_communities() -> None:
    ways = pocket.ways()
    tables = {
        "demand": pocket.demand().assign(compound=None, community=None),
        "ways": ways[ways["compound"].isna()],
        "stations": pocket.stations().assign(community=None),
    }
    ground = District.from_tables(pocket.MANIFEST, tables)
    assert found(ground, sources=["corners"]).ledger["community"].isna().all()


def test_several_sources_by_identifier() -> None:
    ground = district(rooms=rooms(), buildings=buildings())
    sites = found(ground, sources=["shopfronts", "ledger", "rooms"])
    assert sites.ledger["id"].tolist() == ["S1-rooms", "a1", "a2", "a3", "b1", "b3", "v1", "z1"]
    assert sites.ledger["source"].tolist() == [
        "rooms",
        "ledger",
        "ledger",
        "ledger",
        "shopfronts",
        "shopfronts",
        "ledger",
        "ledger",
    ]
    assert sites.stations["id"].tolist() == sites.ledger["id"].tolist()


def test_two_sources_with_one_identifier() -> None:
    shops = buildings().assign(id=["a1", "b2", "b3"])
    with pytest.raises(ScenarioError) as refused:
        found(district(buildings=shops), sources=["ledger", "shopfronts"])
    assert str(refused.value).startswith("candidates, row a1, column id: two candidates have one identifier")


@pytest.mark.parametrize("source", ["corners", "bends"])
def test_a_district_whose_ways_are_closed(source: str) -> None:
    ways = pocket.ways().assign(access="members")
    with pytest.raises(
        ScenarioError, match=f"no candidate from {source}. The ways of the district are all closed to the public"
    ):
        found(district(ways=ways), sources=[source])


def test_all_sources_that_give_nothing_at_once() -> None:
    with pytest.raises(ScenarioError) as refused:
        found(pocket.district(), sources=["ledger", "rooms", "shopfronts"])
    assert len(refused.value.problems) == 3


def test_a_candidate_inside_a_wall_serves_those_outside_through_a_public_gate_only() -> None:
    """p2 stands in x1, whose gates are for members: as a public post it would serve its own residents only."""
    ground = walled_pocket()
    question = station_question(assess_coverage(ground, scenario(stations=1)))
    served = dict(zip(question.ids, question.cover.toarray().astype(int).tolist(), strict=True))
    assert served["p2"] == [1, 1, 1, 0, 0, 0]
    assert question.rules.barred.tolist() == ["", "", "面积不足"]
