"""Which way a door takes: what leads somewhere first, and nothing across water, rail, motorways or, if it can be, walls."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from tests import pocket
from workbench.catalogue.terms import Mode
from workbench.coverage import WhatIf, assess_coverage
from workbench.errors import SnapWarning
from workbench.network.streets import OPEN_GROUND, Barriers, IslandRule, Snap, Streets, build_streets, snap
from workbench.study import _warn_of_far_stations

Segment = tuple[tuple[float, float], tuple[float, float]]


def ground(lines: list[Segment], barriers: Barriers | None = None, rule: IslandRule | None = None) -> Streets:
    """Public streets, end to end; where two ends are one place, they meet."""
    places = {xy: number for number, xy in enumerate(sorted({end for line in lines for end in line}))}
    frame = gpd.GeoDataFrame(
        {
            "id": [f"{i:03d}" for i in range(len(lines))],
            "u": [places[a] for a, _ in lines],
            "v": [places[b] for _, b in lines],
            "kind": "street",
            "access": "public",
            "level": 0.0,
            "steps": False,
            "compound": pd.Series([None] * len(lines), dtype=object),
        },
        geometry=[shapely.LineString(line) for line in lines],
        crs=pocket.CRS,
    )
    return build_streets(frame, pocket.compounds().iloc[:0], pocket.gates().iloc[:0], None, rule, barriers)


def joined(on: Streets, *doors: tuple[float, float], limit: float = 50.0) -> Snap:
    points = np.array([shapely.Point(door) for door in doors], object)
    return snap(on, points, np.full(len(doors), OPEN_GROUND), limit)


def shapes(*made: shapely.Geometry) -> np.ndarray:
    return np.array(made, object)


NONE = np.empty(0, object)
STREETS = [((0.0, 0.0), (300.0, 0.0))]
PATH = ((140.0, 20.0), (160.0, 20.0))  # hangs together with nothing
RULE = IslandRule(0.01, 100.0)


@pytest.mark.parametrize(("rule", "edge"), [(RULE, 0), (None, 1)])
def test_a_door_takes_the_street_and_not_the_path_that_leads_nowhere(rule: IslandRule | None, edge: int) -> None:
    on = ground([*STREETS, PATH], rule=rule)
    found = joined(on, (150, 12))  # 8 m from the path, 12 m from the street
    assert (found.edge.tolist(), found.leg_m.tolist()) == ([edge], [12.0 if edge == 0 else 8.0])
    assert on.components[on.edges].tolist() == [[0, 0], [1, 1]]


def test_who_has_nothing_but_an_island_stays_on_it() -> None:
    on = ground([*STREETS, PATH], rule=RULE)
    assert joined(on, (150, 70), limit=60).edge.tolist() == [1]
    assert on.leads.tolist() == [True, False]


def test_two_banks_without_their_bridge_both_lead_somewhere() -> None:
    on = ground([*STREETS, ((0.0, 40.0), (250.0, 40.0))], rule=RULE)
    assert joined(on, (150, 25), (150, 12)).edge.tolist() == [1, 0]


def test_an_island_is_what_has_few_of_the_nodes() -> None:
    chain = [((float(x), 0.0), (float(x + 1), 0.0)) for x in range(250)]
    two = [((100.0, 9.0), (100.0, 300.0))]  # long, but 2 of 253 nodes
    assert ground([*chain, *two], rule=RULE).leads[-1] == np.False_
    assert ground([*chain, *two], rule=IslandRule(0.005, 100.0)).leads[-1]


RIVER = shapely.box(-50, 15, 400, 35)


@pytest.mark.parametrize(
    "firm",
    [RIVER, shapely.LineString([(-50, 25), (400, 25)]), RIVER.union(shapely.box(0, 100, 9, 109))],
    ids=["area", "line", "areas"],
)
def test_a_leg_does_not_cross_water(firm: shapely.Geometry) -> None:
    on = ground([*STREETS, ((0.0, 80.0), (300.0, 80.0))], Barriers(shapes(firm), NONE))
    found = joined(on, (150, 38))  # the street over the water is 38 m away, that on its own bank 42 m
    assert (found.edge.tolist(), found.leg_m.tolist()) == ([1], [pytest.approx(42)])
    lost = joined(on, (150, 38), limit=40)
    assert (lost.edge.tolist(), lost.leg_m.tolist(), lost.across.tolist()) == ([-2], [38.0], [True])
    assert not lost.joined.any()


def test_a_door_in_an_area_leaves_it_and_a_way_in_one_is_reached() -> None:
    on = ground(STREETS, Barriers(shapes(shapely.box(-50, 10, 400, 60)), NONE))
    assert joined(on, (150, 40)).edge.tolist() == [0]  # a boat house
    on = ground(STREETS, Barriers(shapes(shapely.box(-50, -10, 400, 10)), NONE))
    assert joined(on, (150, 40)).edge.tolist() == [0]  # a pier


def test_a_barrier_that_is_only_touched_is_not_crossed() -> None:
    along = shapely.LineString([(-50, 0), (400, 0)])  # the way runs along the wall
    at_door = shapely.LineString([(-50, 40), (400, 40)])  # the door is in it
    on = ground(STREETS, Barriers(shapes(along, at_door), NONE))
    assert joined(on, (150, 40)).edge.tolist() == [0]


def test_a_wall_is_crossed_only_where_nothing_else_is_left() -> None:
    wall = Barriers(NONE, shapes(shapely.LineString([(-50, 25), (400, 25)])))
    on = ground([*STREETS, ((0.0, 80.0), (300.0, 80.0))], wall)
    assert joined(on, (150, 38)).edge.tolist() == [1]
    assert joined(on, (150, 38), limit=40).edge.tolist() == [0]


# --- brute force: every way, every barrier, in plain numbers -----------------------------------------------


def foot(door: tuple[float, float], line: Segment) -> tuple[float, float]:
    (x, y), ((ax, ay), (bx, by)) = door, line
    t = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
    t = min(1.0, max(0.0, t))
    return ax + t * (bx - ax), ay + t * (by - ay)


def side(a: tuple[float, float], b: tuple[float, float], p: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def meet(one: Segment, other: Segment) -> bool:
    turns = (side(*one, other[0]), side(*one, other[1]), side(*other, one[0]), side(*other, one[1]))
    assume(all(abs(turn) > 0.5 for turn in turns))  # no touching: that is another test
    return turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0


def expected(door: tuple[float, float], ways: list[Segment], firm: list[Segment], walls: list[Segment]) -> int:
    """Rank every way within 30 m by what lies between, whether it leads anywhere, how far it is, and its place."""
    whole = {line: pieces_of(ways)[number] for number, line in enumerate(ways)}
    ranked = []
    for number, line in enumerate(ways):
        leg = (door, foot(door, line))
        gap = math.dist(*leg)
        assume(abs(gap - 30) > 1e-6 and gap > 1)
        if gap <= 30:
            grade = 2 if any(meet(leg, b) for b in firm) else int(any(meet(leg, b) for b in walls))
            ranked.append((grade, not whole[line], gap, number))
    for (*_, a, _), (*_, b, _) in itertools.combinations(ranked, 2):
        assume(a == b or abs(a - b) > 1e-6)
    best = min(ranked, default=None)
    return -1 if best is None else -2 if best[0] == 2 else best[3]


def pieces_of(ways: list[Segment]) -> list[bool]:
    """Whether each way hangs on a piece of at least half of all places, or on the largest."""
    group = list(range(len(ways)))
    for _ in ways:
        for a, b in itertools.combinations(range(len(ways)), 2):
            if set(ways[a]) & set(ways[b]):
                group[a] = group[b] = min(group[a], group[b])
    places = {g: {end for way, mine in zip(ways, group, strict=True) if mine == g for end in way} for g in group}
    metres = {g: sum(math.dist(*way) for way, mine in zip(ways, group, strict=True) if mine == g) for g in group}
    largest = min(places, key=lambda g: (-len(places[g]), -metres[g]))
    whole = len({end for way in ways for end in way})
    tied = [g for g in places if (len(places[g]), metres[g]) == (len(places[largest]), metres[largest])]
    assume(len(tied) == 1)
    return [g == largest or len(places[g]) >= 0.5 * whole for g in group]


spots = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(lambda p: (p[0] * 7.0, p[1] * 7.0))
segments = st.tuples(spots, spots).filter(lambda s: s[0] != s[1])


def off(segment: Segment) -> Segment:
    (ax, ay), (bx, by) = segment
    return (ax + 1.37, ay + 2.61), (bx + 2.13, by + 1.19)


@given(
    st.lists(segments, min_size=1, max_size=6, unique=True),
    st.lists(segments.map(off), max_size=3),
    st.lists(segments.map(off), max_size=2),
    spots.map(lambda p: (p[0] + 3.1, p[1] + 3.7)),
)
def test_doors_equal_brute_force(
    ways: list[Segment], firm: list[Segment], walls: list[Segment], door: tuple[float, float]
) -> None:
    assume(len({frozenset(way) for way in ways}) == len(ways))
    right = expected(door, ways, firm, walls)
    made = Barriers(*(shapes(*map(shapely.LineString, each)) if each else NONE for each in (firm, walls)))
    found = joined(ground(ways, made, IslandRule(0.5, 0.0)), door, limit=30)
    assert found.edge.tolist() == [right]


# --- what is said of it ------------------------------------------------------------------------------------


def with_island() -> gpd.GeoDataFrame:
    path = pocket.ways().iloc[[0]].assign(id="p1", u=30, v=31, kind="footway")
    path = path.set_geometry([shapely.LineString([(590, 30), (610, 30)])], crs=pocket.CRS)
    far = path.assign(id="p2", u=32, v=33).set_geometry([shapely.LineString([(380, 100), (420, 100)])], crs=pocket.CRS)
    return gpd.GeoDataFrame(pd.concat([pocket.ways(), path, far], ignore_index=True), crs=pocket.CRS)


def backdrop(kind: str, shape: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"id": ["f1"], "kind": [kind], "name": [None]}, geometry=[shape], crs=pocket.CRS)


def test_doors_on_islands_are_counted_and_listed() -> None:
    stations = pd.concat([pocket.stations(), pocket.station("S3", 400, 95)], ignore_index=True)
    ground = pocket.district(ways=with_island(), stations=gpd.GeoDataFrame(stations, crs=pocket.CRS))
    result = assess_coverage(ground, pocket.scenario())
    assert result.distance["any"].walk[3] == 50  # D4 goes to the street 40 m away, not to the path 10 m away
    assert result.on_island.tolist() == [False] * 4 + [True, False]
    assert result.stations_on_island.tolist() == [False, False, True]
    kpis = {kpi.key: kpi.value for kpi in result.kpis() if kpi.mode == Mode.COMPLIANCE}
    assert (kpis["residents.island"], kpis["stations.island"], kpis["stations.unsnapped"]) == (50, 1, 0)
    line = next(line for line in result.indicators() if line.key == "access.stations")
    assert (round(line.value or 0, 1), line.denominator) == (66.7, "未关闭的阵地（另有 1 处只接在孤立路段上）")
    listed = result.doubtful_doors.set_index("id")
    assert listed.loc["S3", ["layer", "leg_m", "ways", "metres"]].tolist() == ["stations", 5, 1, 40]
    assert listed.loc["D5", ["layer", "residents", "leg_m", "ways", "metres"]].tolist() == ["demand", 50, 0, 1, 40]
    assert not result.by_station.set_index("id").loc["S3", "on_network"]
    with pytest.warns(SnapWarning, match=r"1 of 3 open stations stand on ways .*: S3 \(5 m\)"):
        _warn_of_far_stations(result)


def test_shut_gates_make_no_island() -> None:
    shut = assess_coverage(
        pocket.district(gates=pocket.gates().assign(access="closed")),
        pocket.scenario(walking={"island_share": "compound.covered_share"}),
    )
    assert not shut.on_island[:4].any()
    assert shut.unreachable[1:3].all()


@pytest.mark.parametrize("kind", ["water", "rail", "motorway"])
def test_residents_cut_off_by_what_nobody_crosses_are_said_to_be(kind: str) -> None:
    line = shapely.LineString([(-50, 25), (140, 25), (140, 3), (800, 3), (800, 36), (500, 36)])
    ground = pocket.district(backdrop=backdrop(kind, line))
    result = assess_coverage(ground, pocket.scenario())
    lost = result.lost.set_index("id")
    assert lost.loc["D4", ["reason", "nearest_way_m"]].tolist() == [
        "all ways near it lie across water, a railway or a motorway",
        40,
    ]
    assert result.unsnapped.tolist() == [False, False, False, True, True, False]
    assert result.tables()["未连通需求点"]["原因"].notna().all()
    with pytest.warns(SnapWarning, match="1 of 2 open stations have all ways within 50 m across water"):
        _warn_of_far_stations(result)


@pytest.mark.parametrize("kind", ["viaduct", "tram", "green"])
def test_what_one_walks_beneath_or_over_is_no_barrier(kind: str) -> None:
    ground = pocket.district(backdrop=backdrop(kind, shapely.box(-50, 3, 800, 36)))
    result = assess_coverage(ground, pocket.scenario())
    assert result.distance["any"].walk[3] == 50
    assert result.doubtful_doors.empty


def test_what_is_tried_out_stands_where_a_recompute_puts_it() -> None:
    wall = shapely.LineString([(550, 4), (650, 4)])
    ground = pocket.district(ways=with_island(), backdrop=backdrop("rail", wall))
    live = WhatIf(assess_coverage(ground, pocket.scenario()))
    for identifier, x, y in (("N1", 600, 25), ("N2", 595, 33), ("N3", 590, 8), ("N4", 380, 60)):
        live.open_station(identifier, x, y)
        again = assess_coverage(live.district, pocket.scenario())
        assert live.walks(Mode.COMPLIANCE).tolist() == again.distance["any"].walk.tolist()


def test_a_door_that_everything_lies_across_is_on_no_island() -> None:
    one_way = ground([((0, 0), (400, 0))], Barriers(NONE, NONE), IslandRule(0.5, 0.0))
    doors = replace(assess_coverage(pocket.district(), pocket.scenario()).doors, streets=one_way)
    edge = np.array([-2, -1, 0])  # all across, too far, joined
    assert doors.on_island(Snap(edge, np.zeros(3), np.zeros(3))).tolist() == [False] * 3
