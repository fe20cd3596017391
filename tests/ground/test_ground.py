"""What the network builder relies on, and what makes a map believable."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely

from tests.ground.grounds import Walks, embedded, small
from workbench.ground.district import District

DISTRICTS = {
    "embedded": embedded,
    "one": lambda: small(5, 1),
    "three": lambda: small(6, 3),
    "twelve": lambda: small(7, 12),
}


@pytest.fixture(params=list(DISTRICTS))
def district(request: pytest.FixtureRequest) -> District:
    return DISTRICTS[request.param]()


def shapes(layer: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    return np.asarray(layer.geometry.array, dtype=object)


def meetings(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame, predicate: str) -> npt.NDArray[np.int64]:
    return shapely.STRtree(shapes(b)).query(shapes(a), predicate=predicate)


def test_public_ways_are_of_one_piece(district: District) -> None:
    walks = Walks(district)
    assert len(walks.pieces(walks.outside)) == 1
    assert len(walks.pieces(np.ones(len(walks.u), bool))) == 1


def test_inside_meets_outside_at_gates_and_nowhere_else(district: District) -> None:
    walks = Walks(district)
    shared = np.intersect1d(walks.nodes(walks.outside), walks.nodes(~walks.outside))
    assert set(shared) == set(district.gates["node"])
    assert district.gates["node"].is_unique


def test_every_way_inside_belongs_to_the_compound_of_its_gate(district: District) -> None:
    ways, gates = district.ways, district.gates
    inside = ways[ways["kind"] == "interior"]
    assert (inside["compound"].notna()).all()
    assert ways[ways["kind"] != "interior"]["compound"].isna().all()
    owner = dict(zip(inside["u"], inside["compound"], strict=True)) | dict(
        zip(inside["v"], inside["compound"], strict=True)
    )
    assert [owner[node] for node in gates["node"]] == list(gates["compound"])
    enclosed = district.compounds.set_index("id")["enclosed"]
    expected = np.where(enclosed.loc[inside["compound"]].to_numpy(), "members", "public")
    assert (inside["access"].to_numpy() == expected).all()


def test_compounds_have_one_to_four_gates_and_one_is_open(district: District) -> None:
    gates = district.gates
    counts = gates.groupby("compound").size()
    assert set(counts.index) == set(district.compounds["id"])
    assert counts.between(1, 4).all()
    always = gates[(gates["access"] != "closed") & gates["opening_hours"].isna()]
    assert set(always["compound"]) == set(district.compounds["id"])


def test_gates_stand_on_the_wall(district: District) -> None:
    wall = shapely.boundary(district.compounds.set_index("id").geometry.loc[district.gates["compound"]].to_numpy())
    assert shapely.distance(shapes(district.gates), wall).max() < 0.02


def test_everybody_has_a_way_to_the_door_and_to_a_gate(district: District) -> None:
    ways, demand = district.ways, district.demand
    for outside in (True, False):
        people = demand[demand["compound"].isna() == outside]
        if people.empty:
            continue
        own = ways[ways["compound"].isna() == outside]
        pairs, away = shapely.STRtree(shapes(own)).query_nearest(
            shapes(people), return_distance=True, all_matches=False
        )
        assert away.max() <= 50.0
        if not outside:
            assert (own["compound"].to_numpy()[pairs[1]] == people["compound"].to_numpy()).all()


def test_stations_stand_beside_public_ways_or_inside_their_compound(district: District) -> None:
    stations, ways = district.stations, district.ways
    outside = stations[stations["compound"].isna()]
    public = ways[ways["compound"].isna()]
    _, away = shapely.STRtree(shapes(public)).query_nearest(shapes(outside), return_distance=True, all_matches=False)
    assert away.max() <= 20.0
    assert (outside["access"] == "public").all()
    for layer in (stations, district.candidates):
        within = meetings(layer, district.compounds, "within")
        found = dict(
            zip(layer["id"].to_numpy()[within[0]], district.compounds["id"].to_numpy()[within[1]], strict=True)
        )
        said = layer[layer["compound"].notna()]
        assert found == dict(zip(said["id"], said["compound"], strict=True))


def test_buildings_stand_apart_in_their_compounds_and_off_all_ways(district: District) -> None:
    buildings = district.layer("buildings")
    pairs = meetings(buildings, buildings, "intersects")
    assert (pairs[0] == pairs[1]).all()
    assert meetings(buildings, district.ways, "intersects").size == 0
    homes = buildings[buildings["compound"].notna()]
    land = district.compounds.set_index("id").geometry.loc[homes["compound"]].to_numpy()
    assert shapely.covers(land, shapes(homes)).all()
    assert meetings(buildings[buildings["compound"].isna()], district.compounds, "intersects").size == 0
    residential = buildings[buildings["kind"] == "residential"]
    assert shapely.contains(shapes(residential), shapes(district.demand)).all()


def test_nothing_but_bridges_is_in_the_water(district: District) -> None:
    backdrop = district.layer("backdrop")
    water = backdrop[backdrop["kind"] == "water"]
    for name in ("buildings", "compounds", "stations", "candidates", "demand"):
        assert meetings(district.layer(name), water, "intersects").size == 0
    ways = district.ways
    wet = meetings(ways, water, "intersects")[0]
    assert set(ways["kind"].to_numpy()[wet]) <= {"bridge"}
    green = backdrop[backdrop["name"] == "滨河公园"]
    river = water[water["name"].notna()]
    assert shapely.area(shapely.intersection(shapes(green)[:, None], shapes(river)[None, :])).sum() < 1.0
    assert shapely.is_valid(shapes(backdrop)).all()


def test_compounds_do_not_overlap_and_no_street_runs_through(district: District) -> None:
    compounds, ways = district.compounds, district.ways
    assert meetings(compounds, compounds, "overlaps").size == 0
    streets = ways[ways["compound"].isna()]
    pairs = meetings(compounds, streets, "intersects")
    inside = shapely.length(shapely.intersection(shapes(compounds)[pairs[0]], shapes(streets)[pairs[1]]))
    assert inside.max(initial=0.0) < 0.05  # a stub ends on the wall; a coordinate is rounded to the centimetre


def test_communities_tile_the_district_and_hold_what_names_them(district: District) -> None:
    communities = district.communities
    assert meetings(communities, communities, "overlaps").size == 0
    extent = district.layer("backdrop").query("kind == 'extent'").geometry.iloc[0]
    assert communities.area.sum() == pytest.approx(extent.area, abs=1.0)
    land = communities.set_index("id").geometry
    for name in ("demand", "stations", "candidates", "compounds"):
        layer = district.layer(name)
        assert shapely.covers(land.loc[layer["community"]].to_numpy(), shapes(layer)).all()


def test_coordinates_are_on_a_grid_of_a_centimetre(district: District) -> None:
    for name in ("ways", "buildings", "demand", "stations", "gates", "compounds"):
        points = shapely.get_coordinates(shapes(district.layer(name)))
        assert np.abs(points * 100.0 - np.round(points * 100.0)).max() < 1e-3


def test_ways_are_neither_very_short_nor_twice_there(district: District) -> None:
    ways = district.ways
    assert ways.length.min() > 0.5
    ends = np.sort(ways[["u", "v"]].to_numpy(), axis=1)
    assert len(np.unique(ends, axis=0)) == len(ways)
