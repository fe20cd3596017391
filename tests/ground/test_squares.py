"""Squares are walked across: from entry to entry in a straight line where one sees the other, else round the corners."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Hashable, Iterable

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.ground.builders import as_pbf, at, osm_xml
from workbench.ground.sources.osm import MOST_ENTRIES, OsmWays, across, read_osm_ways

STREET = {"highway": "residential"}
SQUARE = {"highway": "pedestrian", "area": "yes"}
CORNERS = {1: at(0, 0), 2: at(1, 0), 3: at(1, 1), 4: at(0, 1)}
RING = [1, 2, 3, 4, 1]
FLAT = np.array([math.cos(math.radians(at(0, 0)[1])), 1.0]) / 0.001  # one step north is one


def shortest(edges: Iterable[tuple[Hashable, Hashable, float]], start: Hashable, goal: Hashable) -> float:
    beside: dict[Hashable, list[tuple[Hashable, float]]] = {}
    for u, v, length in edges:
        beside.setdefault(u, []).append((v, length))
        beside.setdefault(v, []).append((u, length))
    heap, turn, done = [(0.0, 0, start)], itertools.count(1), set()
    while heap:
        so_far, _, here = heapq.heappop(heap)
        if here == goal:
            return so_far
        if here not in done:
            done.add(here)
            for other, length in beside.get(here, []):
                heapq.heappush(heap, (so_far + length, next(turn), other))
    return math.inf


def walk(read: OsmWays, start: int, goal: int) -> float:
    """Shortest walk between two nodes, in steps of the grid."""
    steps = [float(np.hypot(*np.diff(shapely.get_coordinates(g) * FLAT, axis=0).T).sum()) for g in read.ways.geometry]
    return shortest(zip(read.ways["u"], read.ways["v"], steps, strict=True), start, goal)


def town(tmp_path, nodes, ways, **more) -> OsmWays:
    return read_osm_ways(osm_xml(tmp_path / "a.osm", {**CORNERS, **nodes}, ways, **more))


WEST, EAST = {5: at(-1, 0), 6: at(2, 1)}, {11: ([5, 1], STREET), 12: ([3, 6], STREET)}
EAST_M = FLAT[0] * 0.001


@pytest.mark.parametrize("tags", [SQUARE, {"highway": "footway", "area": "yes"}, {**SQUARE, "access": "private"}])
def test_a_square_is_walked_corner_to_corner(tmp_path, tags):
    read = town(tmp_path, WEST, {10: (RING, tags), **EAST})
    assert walk(read, 1, 3) == pytest.approx(math.hypot(1, EAST_M), rel=1e-4)
    link = read.ways[read.ways["kind"] == "square"]
    assert (link["access"] == ("members" if "access" in tags else "public")).all()
    assert len(link) == 1
    assert read.ways["id"].is_unique
    assert "1 squares walked across, by 1 straight ways" in [remark.words for remark in read.remarks]


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "pedestrian"},  # a ring, not an area
        {"highway": "steps", "area": "yes"},
        {**SQUARE, "opening_hours": "08:00-20:00"},  # its gates stand on the rim
    ],
)
def test_what_is_no_open_square_is_walked_round(tmp_path, tags):
    assert "square" not in set(town(tmp_path, WEST, {10: (RING, tags), **EAST}).ways["kind"])


def test_a_way_that_ends_inside_is_joined_to_what_it_sees(tmp_path):
    nodes = {5: at(-1, 0), 7: at(0.5, 0.5), 8: at(0.5, 3)}
    read = town(tmp_path, nodes, {10: (RING, SQUARE), 11: ([5, 1], STREET), 12: ([8, 7], {"highway": "footway"})})
    assert walk(read, 5, 8) == pytest.approx(EAST_M + math.hypot(0.5, 0.5 * EAST_M) + 2.5, rel=1e-4)


def test_a_bridge_that_ends_above_is_not(tmp_path):
    nodes = {5: at(-1, 0), 7: at(0.5, 0.5), 8: at(0.5, 3)}
    bridge = {"highway": "footway", "bridge": "yes", "layer": "1"}
    read = town(tmp_path, nodes, {10: (RING, SQUARE), 11: ([5, 1], STREET), 12: ([8, 7], bridge)})
    assert walk(read, 5, 8) == math.inf


def test_holes_stay_holes_and_are_walked_round(tmp_path):
    hole = {20: at(0.25, 0.25), 21: at(0.75, 0.25), 22: at(0.75, 0.75), 23: at(0.25, 0.75)}
    ways = {10: ([1, 2, 3], {}), 13: ([3, 4, 1], {}), 14: ([20, 21, 22, 23, 20], {}), **EAST}
    members = [(10, "outer"), (13, "outer"), (14, "inner")]
    relation = {9: (members, {"type": "multipolygon", "highway": "pedestrian", "name": "广场"})}
    path = osm_xml(tmp_path / "a.osm", {**CORNERS, **WEST, **hole}, ways, relations=relation)
    for file in (path, as_pbf(path)):
        read = read_osm_ways(file)
        legs = math.hypot(0.25 * EAST_M, 0.75), math.hypot(0.75 * EAST_M, 0.25)
        assert walk(read, 1, 3) == pytest.approx(sum(legs), rel=1e-4)
        links = read.ways[read.ways["kind"] == "square"]
        block = shapely.box(*at(0.26, 0.26), *at(0.74, 0.74))
        assert not shapely.intersects(links.geometry.to_numpy(), block).any()


def test_a_crowded_square_is_left_to_its_rim(tmp_path):
    size = MOST_ENTRIES // 2 + 1
    south = {100 + i: at(i, 0) for i in range(size)} | {200 + i: at(i, 1) for i in range(size)}
    out = {300 + i: at(i, -1) for i in range(size)} | {400 + i: at(i, 2) for i in range(size)}
    ring = [*range(100, 100 + size), *reversed(range(200, 200 + size)), 100]
    ways = {10: (ring, SQUARE)} | {1000 + n: ([n, n + 200], STREET) for n in ring[:-1]}
    read = town(tmp_path, {**south, **out}, ways)
    assert "square" not in set(read.ways["kind"])
    words = f"1 squares with more than {MOST_ENTRIES} entries walked round their rim only"
    assert words in [remark.words for remark in read.remarks]


def test_a_square_cut_at_the_extent_keeps_what_is_inside(tmp_path):
    path = osm_xml(tmp_path / "a.osm", {**CORNERS, **WEST}, {10: (RING, SQUARE), **EAST})
    read = read_osm_ways(path, shapely.box(*at(-2, -1), *at(-0.5, 3)))
    assert "square" not in set(read.ways["kind"])


# --- brute force ---------------------------------------------------------------------------------------------


def seen(area: shapely.Geometry, a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Whether a straight line stays on the area, by looking at two hundred places of it."""
    steps = np.linspace(0, 1, 201)[:, None]
    places = shapely.points(np.array(a) * (1 - steps) + np.array(b) * steps)
    return bool((shapely.distance(area, places) < 1e-9).all())


boxes = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 4), st.integers(1, 4))


@given(st.lists(boxes, min_size=1, max_size=4), boxes, st.data())
def test_walks_across_equal_brute_force(parts, hole, data):
    whole = shapely.union_all([shapely.box(x, y, x + w, y + h) for x, y, w, h in parts])
    x, y, w, h = hole
    area = whole.difference(shapely.box(x + 0.3, y + 0.4, x + w - 0.2, y + h - 0.1))
    assume(isinstance(area, shapely.Polygon) and area.is_valid)
    corners = sorted({tuple(xy) for xy in shapely.get_coordinates(area).tolist()})
    entries = data.draw(st.lists(st.sampled_from(corners), min_size=2, max_size=4, unique=True))
    points, pairs = across(area, np.array(entries))
    made = [(tuple(points[a].tolist()), tuple(points[b].tolist())) for a, b in pairs.tolist()]
    for ring in (area.exterior, *area.interiors):
        made += itertools.pairwise(tuple(xy) for xy in shapely.get_coordinates(ring).tolist())
    right = [(one, other) for one, other in itertools.combinations(corners, 2) if seen(area, one, other)]
    ours, theirs = ([(a, b, math.dist(a, b)) for a, b in each] for each in (made, right))
    for one, other in itertools.combinations(entries, 2):
        assert shortest(ours, one, other) == pytest.approx(shortest(theirs, one, other), abs=1e-9)
