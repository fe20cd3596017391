"""The three recipes on real data; skipped where the shared data are absent."""

from __future__ import annotations

import itertools
import warnings
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pyproj
import pytest
import scipy.sparse as sparse
import shapely
from scipy.sparse.csgraph import connected_components

from tests.ground.builders import shared_data
from workbench.errors import SourceError
from workbench.ground.sources import import_district, read_district, write_district
from workbench.ground.sources.osm import read_osm_features, read_osm_ways
from workbench.ground.sources.osm_tags import classify
from workbench.ground.sources.placement import bd09_to_wgs84, gcj02_to_wgs84, suspicion, wgs84_to_bd09, wgs84_to_gcj02

RECIPES = Path(__file__).resolve().parents[2] / "scenarios" / "recipes"
POA = ("real", "porto-alegre", "poa_osm.pbf")
BEIJING = ("real", "beijing-tsinghua-osm", "tsinghua_map.osm")
SHENZHEN = ("real", "shenzhen-futian-walk", "futian_osmnx.graphml")


@pytest.fixture(scope="module")
def poa():
    shared_data(*POA)
    return import_district(RECIPES / "porto-alegre.yaml")


@pytest.fixture(scope="module")
def beijing():
    shared_data(*BEIJING)
    return import_district(RECIPES / "beijing-tsinghua.yaml")


@pytest.fixture(scope="module")
def shenzhen():
    shared_data(*SHENZHEN)
    return import_district(RECIPES / "shenzhen-futian.yaml")


def largest_share(ends, count):
    ones = np.ones(len(ends), np.int8)
    _, piece = connected_components(
        sparse.coo_array((ones, (ends[:, 0], ends[:, 1])), shape=(count, count)), directed=False
    )
    return np.bincount(piece).max() / count, piece.max() + 1


def vertex_graph(ways: gpd.GeoDataFrame):
    """Count nodes and edges as a plain graph has them, in which every vertex of a way is a node."""
    xy, owner = shapely.get_coordinates(np.asarray(ways.geometry.array), return_index=True)
    _, node = np.unique(np.round(xy, 3), axis=0, return_inverse=True)
    node = node.reshape(-1)
    step = owner[1:] == owner[:-1]
    ends = np.sort(np.column_stack([node[:-1], node[1:]])[step], axis=1)
    edges, first = np.unique(ends, axis=0, return_index=True)
    km = np.hypot(*np.diff(xy, axis=0)[step][first].T).sum() / 1000
    share, pieces = largest_share(edges, node.max() + 1)
    return {"nodes": int(node.max() + 1), "edges": len(edges), "km": km, "share": share, "pieces": pieces}


# Porto Alegre


def test_nobody_is_lost(poa):
    assert len(poa.demand) == 1227
    assert poa.demand["residents"].sum() == 812_935
    assert (poa.demand["residents"] == 0).sum() == 103
    assert poa.demand["households"].isna().all()
    assert len(poa.stations) == 117
    assert set(poa.stations["kind"]) == {"facility"}


SIMPLE_NEVER = {
    "abandoned", "bus_guideway", "construction", "corridor", "elevator", "escalator", "no", "planned", "platform",
    "proposed", "raceway", "razed", "rest_area", "services", "trunk", "trunk_link", "motorway", "motorway_link",
}  # fmt: skip


def simple_rule(tags):
    """The simple rules behind the published figures: 37,756 nodes, 44,807 edges, 1,834 km, 64 pieces, 98.5 %."""
    return not (
        tags["highway"] in SIMPLE_NEVER
        or tags.get("area") == "yes"
        or tags.get("foot") == "no"
        or tags.get("access") in ("private", "no")
    )


def highways(path):
    ways = osmium.FileProcessor(str(path)).with_filter(osmium.filter.KeyFilter("highway"))
    return {way.id: (dict(way.tags), [n.ref for n in way.nodes]) for way in ways if way.is_way()}


@pytest.mark.parametrize(("source", "published"), [(POA, (37_756, 44_807, 64)), (BEIJING, (2_101, 2_489, 13))])
def test_the_simple_rules_give_the_published_graphs(source, published):
    """The published figures count every vertex of a way as a node; so do ours when they are compared."""
    edges = set()
    for tags, refs in highways(shared_data(*source)).values():
        if simple_rule(tags):
            edges |= {(min(a, b), max(a, b)) for a, b in itertools.pairwise(refs) if a != b}
    nodes, ends = np.unique(np.array(sorted(edges)), return_inverse=True)
    _, pieces = largest_share(ends.reshape(-1, 2), len(nodes))
    assert (len(nodes), len(edges), pieces) == published


def test_the_walk_graph_agrees_within_five_per_cent(poa):
    found = vertex_graph(poa.ways[poa.ways["access"] == "public"])
    assert found["nodes"] == pytest.approx(37_756, rel=0.05)
    assert found["edges"] == pytest.approx(44_807, rel=0.05)
    assert found["km"] == pytest.approx(1834, rel=0.05)
    assert found["share"] == pytest.approx(0.985, rel=0.05)


def reason(tags, *, public):
    """Say why we walk a way that the simple rules do not, or the other way round."""
    if public:
        if "yes @" in tags.get("foot:conditional", tags.get("access:conditional", "")):
            return "let in at stated hours"
        if tags.get("access") in ("private", "no") and tags.get("foot") in (
            "yes",
            "designated",
            "permissive",
            "destination",
        ):
            return "foot overrides access"
        if tags.get("area") == "yes":
            return "the rim of an area is walked"
        return "platforms are walked" if tags["highway"] == "platform" else "?"
    if tags["highway"] == "cycleway":
        return "a cycleway is walked when it invites"
    return (
        "customers are members"
        if "customers" in (tags.get("access"), tags.get("foot")) or tags.get("foot") == "private"
        else "?"
    )


@pytest.mark.parametrize("source", [POA, BEIJING])
def test_every_difference_has_its_rule(source):
    """Way by way, ours against the simple rules."""
    reasons = Counter()
    for tags, _ in highways(shared_data(*source)).values():
        ours = classify(tags)
        public = ours is not None and ours.access == "public"
        if public != simple_rule(tags):
            reasons[reason(tags, public=public)] += 1
    assert "?" not in reasons
    assert reasons["platforms are walked"] > 0
    assert reasons["the rim of an area is walked"] > 0
    assert reasons["a cycleway is walked when it invites"] > 0


def test_gates_and_barriers(poa):
    gates = poa.gates
    assert len(gates) > 400
    assert set(gates["access"]) == {"public", "members", "closed"}
    made = gates["node"] < 0  # on ways with hours, and off junctions
    assert gates.loc[made, "opening_hours"].notna().any()
    assert 0 < made.sum() < 0.3 * len(gates)


def test_truncation_is_noticed(tmp_path):
    content = shared_data(*POA).read_bytes()
    cut = tmp_path / "cut.osm.pbf"
    for length in (100, 132, 5_000, 386_351, 500_000, 898_259, len(content) - 1):
        cut.write_bytes(content[:length])
        with pytest.raises(SourceError, match=r"ends too early|holds no way that is walked"):
            read_osm_ways(cut)


def test_a_round_trip(poa, tmp_path):
    again = read_district(write_district(poa, tmp_path / "out"))
    assert again.fingerprint == poa.fingerprint


# Shenzhen


def test_shenzhen_is_a_network(shenzhen):
    ways = shenzhen.ways
    assert shenzhen.manifest.network_only
    assert not shenzhen.has("demand")
    assert len(ways) == 2518
    assert ways.length.sum() / 1000 == pytest.approx(213.3, abs=0.5)
    assert ways["name"].isin(["景田路"]).any()
    assert ways["steps"].sum() >= (ways["kind"] == "steps").sum() > 20  # a merged edge may hold stairs
    nodes, ends = np.unique(ways[["u", "v"]].to_numpy(), return_inverse=True)
    share, _ = largest_share(ends.reshape(-1, 2), len(nodes))
    assert share > 0.95


# Beijing


def test_beijing_is_cut_at_its_box(beijing):
    to_degrees = pyproj.Transformer.from_crs(beijing.crs, "EPSG:4326", always_xy=True)
    lon, _ = to_degrees.transform(*shapely.get_coordinates(np.asarray(beijing.ways.geometry.array)).T)
    assert lon.min() > 116.30
    assert lon.max() < 116.34
    assert "32 ways cut at the extent" in beijing.manifest.sources[0].told()
    assert beijing.ways["name"].notna().sum() > 200


def test_beijing_has_buildings_gates_and_backdrop(beijing):
    assert len(beijing.layer("buildings")) == 521
    assert len(beijing.gates) == 27
    assert {"water", "green", "rail"} <= set(beijing.layer("backdrop")["kind"])
    assert "荷清苑教师住宅区" in set(beijing.compounds["name"])
    assert beijing.layer("buildings")["compound"].notna().sum() > 50


def test_the_whole_file_differs_from_the_published_graph_by_rule():
    """123 km, less 13.3 km of cycleways that invite nobody, plus 2.1 km of platforms and rims; without lines across squares."""
    read = read_osm_ways(shared_data(*BEIJING))
    ways = read.ways[read.ways["kind"] != "square"]
    found = vertex_graph(ways.to_crs("EPSG:32650"))
    assert found["km"] == pytest.approx(123 - 13.3 + 2.1, rel=0.005)
    assert found["share"] == pytest.approx(0.97, abs=0.03)


# datum mistakes on real ground

SHIFTS = [
    (None, None, None),
    (wgs84_to_gcj02, "gcj02", "the layer"),
    (wgs84_to_bd09, "bd09", "the layer"),
    (gcj02_to_wgs84, "gcj02", "the ways"),
    (bd09_to_wgs84, "bd09", "the ways"),
]


def shifted(points, crs, shift):
    if shift is None:
        return points
    there = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    lonlat = np.column_stack(there.transform(*shapely.get_coordinates(points).T))
    return shapely.points(np.column_stack(there.transform(*shift(lonlat).T, direction="INVERSE")))


def verdict(points, ways, crs, shift):
    doubt = suspicion(shifted(points, crs, shift), [ways], crs)
    return (None, None) if doubt is None else (doubt.datum, " ".join(doubt.words.split()[:2]))


@pytest.mark.parametrize(("shift", "code", "whose"), SHIFTS)
def test_datum_mistakes_in_beijing(beijing, shift, code, whose):
    ways = np.asarray(beijing.ways.geometry.array)
    buildings = shapely.centroid(np.asarray(beijing.layer("buildings").geometry.array))
    assert verdict(buildings, ways, beijing.crs, shift) == (code, whose)


@pytest.mark.parametrize(("shift", "code", "whose"), SHIFTS[:3])
def test_datum_mistakes_of_points_of_interest(beijing, shift, code, whose):
    shops, _ = read_osm_features(shared_data(*BEIJING), "stations", ("amenity", "shop"))
    points = shapely.centroid(np.asarray(shops.to_crs(beijing.crs).geometry.array))
    assert verdict(points, np.asarray(beijing.ways.geometry.array), beijing.crs, shift) == (code, whose)


@pytest.mark.parametrize("count", [5, 15, 38, 50])
def test_few_points_of_interest_where_they_are_raise_no_doubt(beijing, count):
    shops, _ = read_osm_features(shared_data(*BEIJING), "stations", ("amenity", "shop"))
    points = shapely.centroid(np.asarray(shops.to_crs(beijing.crs).geometry.array))
    ground = [np.asarray(beijing.ways.geometry.array), shapely.boundary(beijing.layer("buildings").geometry.to_numpy())]
    for seed in range(6):
        some = points[np.random.default_rng(seed).choice(len(points), count, replace=False)]
        assert suspicion(some, ground, beijing.crs) is None


@pytest.mark.parametrize(("shift", "code", "whose"), SHIFTS[:3])
def test_datum_mistakes_in_shenzhen(shenzhen, shift, code, whose):
    ways = np.asarray(shenzhen.ways.geometry.array)
    rng = np.random.default_rng(1)
    doors = shapely.get_coordinates(shapely.line_interpolate_point(ways[::8], 0.4, normalized=True))
    bearing, away = rng.uniform(0, 2 * np.pi, len(doors)), rng.uniform(8, 40, len(doors))
    points = shapely.points(doors + away[:, None] * np.column_stack([np.cos(bearing), np.sin(bearing)]))
    assert verdict(points, ways, shenzhen.crs, shift) == (code, whose)


def test_no_doubt_where_nothing_can_be_said(beijing, poa):
    ways = np.asarray(beijing.ways.geometry.array)
    few = shapely.centroid(np.asarray(beijing.layer("buildings").geometry.array))[:49]
    assert suspicion(few, [ways], beijing.crs) is None
    assert suspicion(few, [ways[:0]], beijing.crs) is None
    assert suspicion(np.asarray(poa.demand.geometry.array), [np.asarray(poa.ways.geometry.array)], poa.crs) is None
    rng = np.random.default_rng(0)
    scattered = shapely.points(rng.uniform(*np.array(beijing.ways.total_bounds).reshape(2, 2), (200, 2)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert suspicion(scattered, [ways], beijing.crs) is None
