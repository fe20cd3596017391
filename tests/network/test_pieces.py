"""Pieces of ways within a walk: by hand on the pocket district, against the search on random streets."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pocket
from tests.depth import draws
from tests.network.test_walking import AS_IS, doors, streets
from workbench.network.service_areas import Pieces, reached_pieces, traced
from workbench.network.streets import GateRule, Snap, Streets, build_streets
from workbench.network.walking import METRES, Manner, Walks

S1 = pocket.stations().iloc[[0]]
PUBLIC = np.array([True])


def held(on: Streets, pieces: Pieces, bands: int = 99) -> dict[str, list[tuple[float, float]]]:
    """Pieces of the first bands by way of the pocket district."""
    names = {line.wkt: name for name, line in zip(pocket.ways()["id"], pocket.ways().geometry, strict=True)}
    found: dict[str, list[tuple[float, float]]] = {}
    for edge, band, begin, end in zip(pieces.edge, pieces.band, pieces.begin_m, pieces.end_m, strict=True):
        if band < bands:
            found.setdefault(names[on.lines[edge].wkt], []).append((float(begin), float(end)))
    return found


def pieces_of(
    station: gpd.GeoDataFrame,
    limits: list[float],
    *,
    manner: Manner = METRES,
    rule: GateRule = AS_IS,
    **replaced: gpd.GeoDataFrame,
) -> tuple[Streets, Pieces]:
    on = streets(rule, **replaced)
    public = (station["access"] == "public").to_numpy()
    return on, reached_pieces(Walks(on, manner), doors(on, station), public, limits)


def test_partial_edges_by_hand() -> None:
    # the leg is 10 m: 55 m are left at node 2, on either side
    assert held(*pieces_of(S1, [65])) == {"w1": [(45, 100)], "w2": [(0, 55)]}


def test_the_walk_goes_on_behind_a_gate_open_to_residents() -> None:
    # 110 m to node 3, 130 m to gate G1 and into K1, whose other gate is closed
    assert held(*pieces_of(S1, [200])) == {
        "w1": [(0, 100)], "w2": [(0, 100)], "w3": [(0, 90)], "g1": [(0, 20)], "i1": [(0, 70)],
    }  # fmt: skip


def test_a_piece_is_listed_once_in_the_band_that_first_holds_it() -> None:
    on, pieces = pieces_of(S1, [65, 200])
    assert held(on, pieces, 1) == {"w1": [(45, 100)], "w2": [(0, 55)]}
    later = held(on, pieces.take(pieces.band == 1))
    assert later["w1"] == [(0, 45)]
    assert later["w2"] == [(55, 100)]
    assert later["w3"] == [(0, 90)]


def test_two_walks_meet_on_an_edge() -> None:
    # both gates open: K1 is entered at 130 m (G1) and 230 m (G2); i1 is 100 m, i2 100 m, i3 100 m long
    on, pieces = pieces_of(S1, [260, 300], rule=GateRule("all_open"))
    assert held(on, pieces, 1)["i2"] == [(0, 30)]
    assert held(on, pieces, 1)["i3"] == [(0, 30)]
    later = held(on, pieces.take(pieces.band == 1))
    assert later["i2"] == [(30, 70)]  # from node 8; from node 9, at 330 m, nothing
    assert later["i3"] == [(30, 70)]
    assert held(*pieces_of(S1, [331], rule=GateRule("all_open")))["i2"] == [(0, 100)]


def test_the_own_edge_is_reached_from_the_door_without_its_ends() -> None:
    middle = pocket.station("S3", 500, 5)
    assert held(*pieces_of(middle, [45])) == {"w5": [(60, 100), (100, 140)]}


def test_a_station_behind_a_wall_is_left_through_visitor_gates_only() -> None:
    inside = pocket.station("S3", 200, 100, access="public", compound="K1")
    within = {"i1": [(0, 80), (80, 100)], "i2": [(0, 100)], "i3": [(70, 100)]}  # split at the door
    assert held(*pieces_of(inside, [150])) == within
    public = pocket.gates().assign(access=["public", "closed"])
    outside = held(*pieces_of(inside, [150], gates=public))
    assert outside["g1"] == [(0, 20)]  # 80 m to the gate, 20 m of stub, 50 m left
    assert outside["w2"] == [(50, 100)]
    assert outside["w3"] == [(0, 50)]
    assert held(*pieces_of(inside.assign(access="members"), [150], gates=public)) == within


def test_seconds_at_a_pace_with_steps_and_closed_steps() -> None:
    ways = pocket.ways()
    ways.loc[ways["id"] == "w2", ["kind", "steps"]] = ["steps", True]
    slow = Manner(pace_m_s=0.5, steps="slow", steps_factor=2.0)
    # 20 s for the leg leave 60 s: 30 m of street, 15 m of steps
    assert held(*pieces_of(S1, [80], manner=slow, ways=ways)) == {"w1": [(70, 100)], "w2": [(0, 15)]}
    closed = Manner(pace_m_s=0.5, steps="closed")
    assert held(*pieces_of(S1, [80], manner=closed, ways=ways)) == {"w1": [(70, 100)]}


@pytest.mark.parametrize("case", ["off the network", "leg longer than the limit", "no stations"])
def test_nothing_is_reached(case: str) -> None:
    station = pocket.station("S3", 400, 100) if case == "off the network" else S1
    _, pieces = pieces_of(station if case != "no stations" else S1.iloc[:0], [9.0, 9.5])
    assert len(pieces) == 0


def test_together_is_what_any_reaches() -> None:
    on = streets()
    both = pd.concat([pocket.station("A", 110, 5), pocket.station("B", 150, 5)], ignore_index=True)
    placed = doors(on, gpd.GeoDataFrame(both, crs=pocket.CRS))
    found = reached_pieces(Walks(on), placed, np.array([True, True]), [15, 30], together=True)
    assert set(found.source) == {0}
    # 10 m either side of 10 and 50 on w2, then 25 m: the two meet at 30
    whole = sorted(held(on, found)["w2"])
    assert sum(end - begin for begin, end in whole) == 75
    assert (whole[0][0], whole[-1][1]) == (0, 75)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(whole))
    assert sum(end - begin for begin, end in held(on, found, 1)["w2"]) == 40


def test_a_door_far_from_its_way_may_be_nearer_to_another() -> None:
    on = streets()
    both = pd.concat([pocket.station("A", 130, 0), pocket.station("B", 150, 45)], ignore_index=True)
    placed = doors(on, gpd.GeoDataFrame(both, crs=pocket.CRS))
    found = held(on, reached_pieces(Walks(on), placed, np.array([True, True]), [60], together=True))
    assert (min(found["w2"])[0], max(found["w2"])[1]) == (0, 90)  # A walks past B's door, whose leg is 45 m


def test_lines_are_cut_to_the_metre_along_bends() -> None:
    bend = shapely.LineString([(0, 0), (30, 40), (30, 40), (30, 140)])
    on = streets()
    on = Streets(
        **{
            **on.__dict__,
            "lines": np.array([bend, *on.lines[1:]], object),
            "length_m": np.array([300.0, *on.length_m[1:]]),
        }
    )
    one = np.zeros(2, np.int64)
    # lengths are twice those of the line: 60 m is 30 m along it
    xy, start = traced(Pieces(one, one, one, np.array([60.0, 250.0]), np.array([120.0, 300.0])), on)
    assert start.tolist() == [0, 3, 5]
    assert xy[0] == pytest.approx([18, 24])
    assert xy[start[1] - 1] == pytest.approx([30, 50])
    assert xy[start[1] :] == pytest.approx(np.array([[30, 115], [30, 140]]))


# --- random streets against the search itself -------------------------------------------------


@st.composite
def random_walks(draw: st.DrawFn) -> tuple[Walks, Snap, list[float]]:
    nodes = draw(st.integers(2, 7))
    ends = st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1))
    ways = draw(st.lists(ends, min_size=1, max_size=10))
    length = np.array([float(draw(st.integers(1, 9))) for _ in ways])
    circle = [(10 * np.cos(n), 10 * np.sin(n)) for n in range(nodes)]
    lines = [shapely.LineString([circle[u], (0, 0), circle[v]]) for u, v in ways]
    frame = pocket.ways().iloc[[0] * len(ways)].reset_index(drop=True)
    frame = frame.assign(id=[f"{i:03d}" for i in range(len(ways))], u=[u for u, _ in ways], v=[v for _, v in ways])
    frame["compound"] = draw(st.lists(st.sampled_from([None, "K1"]), min_size=len(ways), max_size=len(ways)))
    frame = frame.set_geometry(gpd.GeoSeries(lines, crs=pocket.CRS))
    gates = pocket.gates().assign(access="public", node=draw(st.tuples(*[st.integers(0, nodes - 1)] * 2)))
    made = build_streets(frame, pocket.compounds(), gates)
    on = Streets(**{**made.__dict__, "length_m": length})
    edge = np.array(draw(st.lists(st.integers(-1, len(ways) - 1), min_size=1, max_size=3)))
    along = np.array([draw(st.integers(0, int(length[e]))) if e >= 0 else 0 for e in edge], float)
    leg = np.array([float(draw(st.integers(0, 3))) for _ in edge])
    limits = draw(st.lists(st.integers(1, 20), min_size=1, max_size=3, unique=True))
    return Walks(on), Snap(edge, along, leg), [limit + 0.1 for limit in sorted(limits)]


def costs_at(walks: Walks, station: Snap, edge: np.ndarray, along: np.ndarray) -> np.ndarray:
    """The walks to points of edges, by the search to both ends of each."""
    reach = walks.network.reach_from(walks.seeds(station, PUBLIC), np.inf)
    label = np.full(walks.network.n_nodes, np.inf)
    label[reach.indices] = reach.data
    node, leg = walks.ends(Snap(edge, along, np.zeros(len(edge))))
    direct = station.leg_m[0] + np.abs(along - station.along_m[0])
    own = (station.edge[0] == edge) & station.joined[0]
    return np.minimum((label[node] + leg).min(axis=1), np.where(own, direct, np.inf))


@given(random_walks())
@settings(max_examples=draws(80))
def test_every_metre_lies_in_the_band_of_its_walk(case: tuple[Walks, Snap, list[float]]) -> None:
    walks, stations, limits = case
    public = np.full(len(stations), True)
    each = reached_pieces(walks, stations, public, limits)
    union = reached_pieces(walks, stations, public, limits, together=True)
    points = [(e, along) for e, length in enumerate(walks.streets.length_m) for along in np.arange(0.25, length, 0.5)]
    edge, along = np.array([e for e, _ in points]), np.array([a for _, a in points])
    walk = []
    for source in range(len(stations)):
        one = Snap(*(part[[source]] for part in (stations.edge, stations.along_m, stations.leg_m)))
        walk.append(costs_at(walks, one, edge, along))
        found = each.take(each.source == source)
        assert bands_at(found, edge, along) == bands_of(walk[-1], limits)
    assert bands_at(union, edge, along) == bands_of(np.min(walk, axis=0), limits)


def bands_at(pieces: Pieces, edge: np.ndarray, along: np.ndarray) -> list[list[int]]:
    """Bands of the pieces on which each point lies: one, or none."""
    on = (pieces.edge == edge[:, None]) & (pieces.begin_m < along[:, None]) & (along[:, None] < pieces.end_m)
    return [pieces.band[row].tolist() for row in on]


def bands_of(walk: np.ndarray, limits: list[float]) -> list[list[int]]:
    return [[int(band)] if band < len(limits) else [] for band in np.searchsorted(limits, walk)]
