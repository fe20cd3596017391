"""Doors, walls and gates: by hand on the pocket district, by brute force on random ones."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from scipy.sparse import csr_array

from tests import pocket
from tests.depth import draws
from tests.network.street_oracle import Door, Gate, Way, World
from tests.network.towns import NUMBER, WALLED, snap_of, streets_of, towns
from workbench.calendars import Moment
from workbench.errors import GeodataError, NetworkError
from workbench.network.streets import OPEN_GROUND, GateRule, Snap, Streets, build_streets, compound_at, home_zones, snap
from workbench.network.walking import METRES, Audience, Entries, Manner, Walks

AS_IS, ALL_OPEN = GateRule(), GateRule("all_open")


def streets(rule: GateRule = AS_IS, **replaced: gpd.GeoDataFrame) -> Streets:
    tables = {**pocket.tables(), **replaced}
    return build_streets(tables["ways"], tables["compounds"], tables["gates"], rule)  # type: ignore[arg-type]


def doors(on: Streets, frame: gpd.GeoDataFrame, limit: float = 50) -> Snap:
    points = np.asarray(frame.geometry.array, dtype=object)
    return snap(on, points, home_zones(frame, on.zone_of_compound), limit)


def walks_to(on: Streets, stations: gpd.GeoDataFrame, manner: Manner = METRES) -> tuple[list[float], list[int]]:
    demand = pocket.demand()
    audience = Audience(
        (stations["access"] == "public").to_numpy(), _code(stations["compound"]), _code(demand["compound"])
    )
    walks, at, to = Walks(on, manner), doors(on, demand), doors(on, stations)
    found, who = walks.nearest(at, to, audience)
    matrix = walks.costs(at, to, audience, np.inf)
    assert least_of(matrix) == (found.tolist(), who.tolist())
    return found.tolist(), who.tolist()


def _code(compound: pd.Series) -> np.ndarray:
    return np.where(compound == "K1", 0, np.where(compound.isna(), -1, 9))


def least_of(matrix: csr_array) -> tuple[list[float], list[int]]:
    """The least of each column of a cost matrix, and the first row that has it."""
    dense = np.full(matrix.shape, INF)
    rows = matrix.tocoo()
    dense[rows.row, rows.col] = rows.data
    best = dense.min(axis=0, initial=INF)
    who = [int(np.flatnonzero(dense[:, k] == best[k])[0]) if np.isfinite(best[k]) else -1 for k in range(len(best))]
    return best.tolist(), who


S1, S2 = pocket.stations().iloc[[0]], pocket.stations().iloc[[1]]
INF = float("inf")


def test_walks_to_the_centre_by_hand() -> None:
    assert walks_to(streets(), S1) == ([65, 185, 390, 550, INF, INF], [0, 0, 0, 0, -1, -1])


def test_walks_to_the_post_by_hand() -> None:
    assert walks_to(streets(), S2) == ([565, 485, 690, 50, INF, INF], [0, 0, 0, 0, -1, -1])


def test_the_nearest_of_both_by_hand() -> None:
    assert walks_to(streets(), pocket.stations()) == ([65, 185, 390, 50, INF, INF], [0, 0, 0, 1, -1, -1])


def test_opening_the_closed_gate_shortens_the_walk() -> None:
    assert walks_to(streets(ALL_OPEN), S1)[0][2] == 270
    assert walks_to(streets(ALL_OPEN), S2)[0][2] == 370


def test_open_gates_let_nobody_walk_through() -> None:
    on = streets(ALL_OPEN)
    cut = on.length_m.copy()
    keep = np.array([line.wkt != shapely.LineString([(200, 0), (300, 0)]).wkt for line in on.lines])
    without_w3 = pocket.ways()
    without_w3 = without_w3[without_w3["id"] != "w3"]
    found, _ = walks_to(streets(ALL_OPEN, ways=without_w3), S2)
    assert found[0] == INF  # the only way on would lead through the compound
    assert found[2] == 370  # its residents may leave on that side
    assert keep.sum() == len(cut) - 1


def test_a_station_inside_serves_outsiders_through_visitor_gates_only() -> None:
    inside = pocket.station("S3", 200, 100, access="public", compound="K1")
    assert walks_to(streets(), inside)[0] == [INF, 35, 180, INF, INF, INF]  # the gate is for members
    public = pocket.gates().assign(access=["public", "closed"])
    # 80 m inside to the gate, 20 m of stub, then along the street
    assert walks_to(streets(gates=public), inside)[0] == [80 + 20 + 155, 35, 180, 80 + 20 + 440, INF, INF]
    members = inside.assign(access="members")
    assert walks_to(streets(gates=public), members)[0] == [INF, 35, 180, INF, INF, INF]


def test_a_wall_without_gate_is_a_cut() -> None:
    none = pocket.gates().iloc[:0]
    assert walks_to(streets(gates=none), S1)[0] == [65, INF, INF, 550, INF, INF]


def test_without_a_wall_the_interior_is_open() -> None:
    open_compound = pocket.compounds().assign(enclosed=False)
    ways = pocket.ways().assign(access="public")
    assert walks_to(streets(compounds=open_compound, ways=ways), S1)[0][2] == 270


def test_private_ways_without_a_wall_are_entered_and_not_crossed() -> None:
    ways = pocket.ways()
    ways.loc[ways["id"] == "w3", "access"] = "members"
    found, _ = walks_to(streets(ways=ways), S2)
    assert found[0] == INF
    assert found[3] == 50
    on_private = pocket.station("S4", 250, 0)
    assert walks_to(streets(ways=ways), on_private)[0][0] == 5 + 150 + 50


def test_a_barrier_across_a_way() -> None:
    barrier = pocket.gates().iloc[:1].assign(id="B", compound=None, node=4)
    barrier = barrier.set_geometry(gpd.GeoSeries([shapely.Point(300, 0)], crs=pocket.CRS))
    gates = pd.concat([pocket.gates(), barrier.assign(access="closed")], ignore_index=True)
    assert walks_to(streets(gates=gates), S2)[0][:4] == [INF, INF, INF, 50]
    members = gates.assign(access=["members", "closed", "members"])
    # the smaller piece, nodes 4–5–6, is behind the barrier: who lives there walks out, nobody walks in
    assert walks_to(streets(gates=members), S1)[0] == [65, 185, 390, 550, INF, INF]
    assert walks_to(streets(gates=members), S2)[0][:4] == [INF, INF, INF, 50]
    public = gates.assign(access=["members", "closed", "public"])
    assert walks_to(streets(gates=public), S2)[0] == [565, 485, 690, 50, INF, INF]


def test_a_private_gate_before_an_estate_lets_its_residents_out() -> None:
    """Who lives behind a barrier passes it; outsiders' walks do not lead through."""
    gates = pocket.gates()
    barrier = gates.iloc[:1].assign(id="B", compound=None, node=2, access="members")
    barrier = barrier.set_geometry(gpd.GeoSeries([shapely.Point(100, 0)], crs=pocket.CRS))
    on = streets(gates=pd.concat([gates, barrier], ignore_index=True))
    # D1 lives on w1, the smaller side of node 2: it passes; the station stands on w1's side
    found, _ = walks_to(on, S2)
    assert found[0] == 565


def _line(towns_ways: str, gates: list[Gate], station: Door, home: Door, *, public: bool = True) -> float:
    """Ways in a row, ten metres each: s a street, p private, 1 or 2 the inside of K1 or K2."""
    ways = [Way(n, n + 1, 10.0, f"K{kind}" if kind in "12" else None, kind == "p") for n, kind in enumerate(towns_ways)]
    on, zero = streets_of(ways, gates), np.array([-1])
    found, _ = Walks(on).nearest(snap_of([home]), snap_of([station]), Audience(np.array([public]), zero, zero))
    assert found[0] == World(ways, gates, WALLED).walk(home, station, public=public)
    return float(found[0])


def test_a_compound_behind_a_private_way() -> None:
    """Its residents leave through the gate and along the private way; visitors come in the same way, if let in."""
    for access, inward in (("members", INF), ("public", 30)):
        gate = [Gate("K1", 2, access)]
        assert _line("sp1", gate, Door(0, 0.0), Door(2, 10.0)) == 30
        assert _line("sp1", gate, Door(2, 10.0), Door(0, 0.0)) == inward
    assert _line("sp1", [Gate("K1", 2, "closed")], Door(0, 0.0), Door(2, 10.0)) == INF


def test_a_barrier_at_the_mouth_of_a_private_way() -> None:
    for access, outward, inward in (("members", 20, INF), ("closed", INF, INF), ("public", 20, 20)):
        gate = [Gate(None, 1, access)]
        assert _line("spp", gate, Door(0, 0.0), Door(1, 10.0)) == outward
        assert _line("spp", gate, Door(1, 10.0), Door(0, 0.0)) == inward


def test_two_barriers_in_a_row() -> None:
    """The piece behind the second is larger than that between them, and still the inner one."""
    gates = [Gate(None, 5, "members"), Gate(None, 6, "members")]
    assert _line("sssssssss", gates, Door(0, 0.0), Door(8, 10.0)) == 90
    assert _line("sssssssss", gates, Door(8, 10.0), Door(0, 0.0)) == INF


def test_a_private_way_that_hangs_on_a_compound() -> None:
    """No street leads to it, so those who live along it go out through the compound."""
    gates = [Gate("K1", 1, "members"), Gate("K1", 2, "members")]
    assert _line("s1p", gates, Door(0, 0.0), Door(2, 10.0)) == 30
    assert _line("s1p", gates, Door(2, 10.0), Door(0, 0.0)) == INF


def test_a_members_station_without_a_wall_serves_its_own_compound_only() -> None:
    open_compound = pocket.compounds().assign(enclosed=False)
    on = streets(compounds=open_compound, ways=pocket.ways().assign(access="public"))
    inside = pocket.station("S3", 200, 100, access="members", compound="K1")
    assert walks_to(on, inside)[0] == [INF, 35, 180, INF, INF, INF]


def test_a_crossing_drawn_in_pieces_is_waited_at_once() -> None:
    ways = pocket.ways()
    ways.loc[ways["id"].isin(["w4", "w5"]), "kind"] = "crossing"  # one crossing, 100 and 200 m of it
    on = streets(ways=ways)
    assert sorted(on.crossing_share)[-2:] == pytest.approx([1 / 3, 2 / 3])
    slow = Manner(pace_m_s=1.0, crossing_delay_s=30)
    assert Walks(on, slow).network.nearest([list(on.node).index(6)], np.inf)[0][list(on.node).index(4)] == 330
    ways.loc[ways["id"] == "g1", "kind"] = "crossing"  # another one: it meets a street
    assert streets(ways=ways).crossing_share.sum() == pytest.approx(2)


def test_gates_with_hours_close_at_night() -> None:
    gates = pocket.gates().assign(opening_hours=["06:00-22:00", None])
    assert walks_to(streets(GateRule(moment=Moment.at("We", "21:30")), gates=gates), S1)[0][1] == 185
    assert walks_to(streets(GateRule(moment=Moment.at("We", "22:30")), gates=gates), S1)[0][1] == INF
    assert walks_to(streets(GateRule("all_open", Moment.at("We", "22:30")), gates=gates), S1)[0][1] == 185


def test_hours_that_do_not_parse_name_the_gate() -> None:
    gates = pocket.gates().assign(opening_hours=["dawn till dusk-ish", None])
    with pytest.raises(GeodataError, match="gates, row G1, column opening_hours: the opening hours do not parse"):
        streets(gates=gates)


def test_no_way_to_walk_on() -> None:
    with pytest.raises(NetworkError, match="no way can be walked"):
        streets(ways=pocket.ways().assign(access="closed"))


def test_steps_and_crossings_cost_time_not_metres() -> None:
    ways = pocket.ways()
    ways.loc[ways["id"] == "w2", ["kind", "steps"]] = ["steps", True]
    ways.loc[ways["id"] == "g1", "kind"] = "crossing"
    on = streets(ways=ways)
    assert walks_to(on, S1)[0][1] == 185
    slow = Manner(pace_m_s=1.0, steps="slow", steps_factor=1.5, crossing_delay_s=30)
    assert walks_to(on, S1, slow)[0][1] == 185 + 50 + 30
    assert walks_to(on, S1, Manner(pace_m_s=2.0))[0][1] == 92.5
    closed = Manner(pace_m_s=1.0, steps="closed")
    assert walks_to(on, S1, closed)[0] == [65, INF, INF, INF, INF, INF]


def test_doors_do_not_open_onto_crossings_or_steps() -> None:
    ways = pocket.ways()
    ways.loc[ways["id"] == "w1", "kind"] = "crossing"
    placed = doors(streets(ways=ways), pocket.demand())
    assert placed.edge[0] == -1  # D1 is 50.2 m from w2
    assert placed.leg_m[0] == pytest.approx(np.hypot(50, 5))


def test_the_leg_counts_and_the_limit_holds() -> None:
    on = streets()
    placed = doors(on, pocket.demand())
    assert placed.leg_m.tolist() == [5, 5, 0, 40, 100, 0]
    assert placed.along_m[:3].tolist() == [50, 50, 40]
    assert placed.joined.tolist() == [True, True, True, True, False, True]
    assert doors(on, pocket.demand(), limit=39.9).joined.tolist() == [True, True, True, False, False, True]


def test_residents_behind_a_wall_are_not_joined_to_the_street_beside_it() -> None:
    demand = pocket.demand()
    demand.loc[1, "geometry"] = shapely.Point(250, 21)  # 21 m from the street w3, 50 m from any path inside
    placed = doors(streets(), demand)
    assert streets().zone[placed.edge[1]] == 0
    assert placed.leg_m[1] == 50


def test_a_walled_compound_without_ways_is_reported_not_guessed() -> None:
    ways = pocket.ways()
    placed = doors(streets(ways=ways[ways["compound"].isna()]), pocket.demand())
    assert placed.edge[1] == -1
    assert placed.leg_m[1] == INF


def test_two_doors_on_one_way() -> None:
    near = pocket.station("S5", 70, 0)
    found, _ = walks_to(streets(), near)
    assert found[0] == 25
    same = pd.concat([near.assign(id="S6"), near], ignore_index=True)
    assert walks_to(streets(), gpd.GeoDataFrame(same, crs=pocket.CRS))[1][0] == 0


def test_stations_name_their_compound_or_stand_in_one() -> None:
    points = pd.concat(
        [pocket.station("A", 250, 100), pocket.station("B", 0, 0), pocket.station("C", 250, 100, compound="K7")],
        ignore_index=True,
    )
    named = compound_at(gpd.GeoDataFrame(points, crs=pocket.CRS), pocket.compounds())
    assert named[0] == "K1"
    assert pd.isna(named[1])
    assert named[2] == "K7"
    assert compound_at(pocket.stations(), pocket.compounds().iloc[:0]).isna().all()


def test_pieces_are_numbered_by_size() -> None:
    on = streets()
    by_node = dict(zip(on.node.tolist(), on.components.tolist(), strict=True))
    assert by_node[1] == by_node[8] == 0
    assert by_node[20] == 1


# --- random districts against the oracle -----------------------------------------------------


@given(towns())
@settings(max_examples=draws(100))
def test_walls_and_gates_agree_with_brute_force(
    case: tuple[list[Way], list[Gate], list[Door], list[Door], list[bool]],
) -> None:
    ways, gates, homes, stations, public = case
    on, world = streets_of(ways, gates), World(ways, gates, WALLED)
    compound = [[NUMBER[ways[door.way].compound] for door in some] for some in (stations, homes)]
    audience = Audience(np.array(public), *map(np.array, compound))
    found, who = Walks(on).nearest(snap_of(homes), snap_of(stations), audience)
    for i, home in enumerate(homes):
        each = [
            world.walk(home, s, public=p) if p or (own >= 0 and own == compound[1][i]) else np.inf
            for s, p, own in zip(stations, public, compound[0], strict=True)
        ]
        assert found[i] == min(each)
        assert who[i] == (each.index(min(each)) if np.isfinite(min(each)) else -1)
    matrix = Walks(on).costs(snap_of(homes), snap_of(stations), audience, np.inf)
    assert least_of(matrix) == (found.tolist(), who.tolist())
    near = Walks(on).costs(snap_of(homes), snap_of(stations), audience, 4.0)
    assert least_of(near)[0] == [walk if walk <= 4 else np.inf for walk in found]
    entries = Walks(on).entries(snap_of(homes), snap_of(stations), audience)
    apart = Entries.joined([entries.take(np.array([n])) for n in range(len(entries))])
    nearer = Walks(on).spread(apart, Walks(on).ends(snap_of(homes)), 4.0)
    assert [part.tolist() for part in nearer] == [
        np.where(found <= 4, found, np.inf).tolist(),
        np.where(found <= 4, who, -1).tolist(),
    ]


def test_open_ground_is_a_zone_of_its_own() -> None:
    assert home_zones(pocket.demand(), {"K1": 0}).tolist() == [OPEN_GROUND, 0, 0, *[OPEN_GROUND] * 3]
