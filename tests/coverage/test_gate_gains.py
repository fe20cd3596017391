"""The best gate of each compound: by hand on pocket districts, and against new measurements on a town."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pocket
from tests.depth import draws
from workbench.catalogue.terms import GateMeasure, Mode
from workbench.coverage import CoverageResult, GateGains, assess_coverage, best_gates
from workbench.coverage.gate_trials import gate_links
from workbench.errors import GeodataError
from workbench.ground import synthetic
from workbench.ground.district import District
from workbench.results import Result
from workbench.scenario import Scenario

METRES, MINUTES = Mode.COMPLIANCE, Mode.EXPERIENCE
OPEN, LONGER, VISITORS, NEW = GateMeasure.OPEN, GateMeasure.LONGER, GateMeasure.VISITORS, GateMeasure.NEW


def tried(district: District | None = None, *measures: GateMeasure, **scenario: object) -> GateGains:
    coverage = assess_coverage(district or pocket.district(), pocket.scenario(**scenario))
    return best_gates(coverage, measures or tuple(GateMeasure))


def gain(result: GateGains, gate: str) -> pd.Series:
    found = result.gains[result.gains["gate"] == gate]
    assert len(found) == 1
    return found.iloc[0]


def best(result: GateGains, compound: str) -> pd.Series:
    return result.by_compound.set_index("id").loc[compound]


def assert_true(result: GateGains, gate: str) -> None:
    """A new measurement of the district with this gate says what was claimed."""
    before, claim = result.coverage, gain(result, gate)
    after = assess_coverage(result.with_gate(gate), before.scenario)
    for mode in (METRES, MINUTES):
        more = after.covered_residents(mode).sum() - before.covered_residents(mode).sum()
        assert claim[str(mode)] == pytest.approx(more, abs=1e-6)
    old, new = (r.distance["any"].walk for r in (before, after))
    people, linked = before.populace.residents, np.isfinite(before.distance["any"].walk)
    shorter = linked & (new < old)
    assert (new <= old).all()  # a gate more makes no walk longer
    assert claim["shortened"] == people[shorter].sum()
    assert claim["saved"] == pytest.approx((people[shorter] * (old[shorter] - new[shorter])).sum(), abs=0.06)
    assert claim["connected"] == people[~linked & np.isfinite(new)].sum()


# --- by hand -------------------------------------------------------------------------------------


def test_opening_a_closed_gate_by_hand() -> None:
    result = tried()
    row = gain(result, "G2")  # D3 walks 270 m instead of 390; D2 keeps its 185
    assert row[["compliance", "own", "shortened", "saved", "mean_saved", "connected"]].tolist() == [
        30, 30, 30, 30 * 120.0, 120, 0,
    ]  # fmt: skip
    # 390 m take 5.4 min at 1.2 m/s, 270 m 3.75; at .95 6.8 and 4.7; at .9 5 exactly; the 2 oldest stay out
    assert row["experience"] == 28
    top = best(result, "K1")
    assert (top["measure"], top["gate"], top["x"], top["y"]) == (OPEN, "G2", 300, 20)
    assert (top["residents"], top["gap_compliance"], top["gates"], top["open_gates"]) == (50, 30, 2, 1)
    assert top["reason"] is None
    assert_true(result, "G2")


def test_a_new_gate_by_hand() -> None:
    """A straight way of 100 m from the stub of G2 to node 9: farther than 30 m, so not tried by default."""
    assert best(tried(), "K1")["tried"] == 1
    far = tried(None, NEW, standards={"gate.link_limit": 150})
    row = gain(far, "new-K1-9")
    # from S1 to node 10 10 + 200 + 20, then 100 + 60 to D3
    assert (row["compliance"], row["way_m"], row["shortened"]) == (0, 100, 0)
    assert_true(far, "new-K1-9")
    ways = pocket.ways()
    near = tried(pocket.district(ways=ways[ways["id"] != "g2"], gates=pocket.gates().iloc[:1]))
    top = best(near, "K1")  # 10 + 200 to node 4, 20 to node 10, 40 to D3
    assert (top["measure"], top["gate"], top["way_m"], top["compliance"]) == (NEW, "new-K1-10", 20, 30)
    assert (top["mean_saved"], top["tried"]) == (390 - 270, 1)
    assert_true(near, "new-K1-10")
    layers = near.layers()
    assert layers["best_gates"].geometry.iloc[0].equals(shapely.Point(300, 20))
    assert layers["new_gate_ways"].geometry.iloc[0].equals(shapely.LineString([(300, 0), (300, 20)]))
    assert layers["new_gate_ways"]["length_m"].tolist() == [20]


def test_hours_are_lengthened_only_when_they_shut_the_gate() -> None:
    always = pocket.stations().assign(opening_hours="24/7")
    district = pocket.district(gates=pocket.gates().assign(opening_hours=["06:00-22:00", None]), stations=always)
    assert LONGER not in set(tried(district).gains["measure"])
    night = tried(district, clock={"at": "22:30"})
    row = gain(night, "G1")
    # by night nobody in K1 reaches a station: G1 brings D2 within 185 m, and D3 within 390
    assert (row["measure"], row["compliance"], row["connected"], row["shortened"]) == (LONGER, 20, 50, 0)
    assert np.isnan(row["mean_saved"])
    assert gain(night, "G2")["compliance"] == 30  # D2 walks 10 + 200 + 20 + 100 + 100 + 50 + 5 = 485
    assert best(night, "K1")["gate"] == "G2"
    for gate in ("G1", "G2"):
        assert_true(night, gate)


def test_opening_to_visitors_by_hand() -> None:
    stations = pd.concat([pocket.stations(), pocket.station("S3", 200, 100, compound="K1")], ignore_index=True)
    stations = stations[stations["id"] != "S1"]
    result = tried(pocket.district(stations=stations))
    row = gain(result, "G1")  # D1 walks 80 + 20 + 150 + 5 instead of 565 to S2; D2 and D3 had S3 before
    assert (row["measure"], row["compliance"], row["own"], row["saved"]) == (VISITORS, 10, 0, 10 * (565 - 255))
    assert_true(result, "G1")
    assert_true(result, "G2")
    assert best(result, "K1")["gate"] == "G1"
    members = stations.assign(access=["public", "members"])
    assert set(tried(pocket.district(stations=members)).gains["measure"]) == {OPEN}


def test_a_gate_that_hours_shut_serves_visitors_again() -> None:
    """A public gate with hours, a public station behind it: residents and visitors both gain."""
    stations = pd.concat([pocket.stations(), pocket.station("S3", 200, 100, compound="K1")], ignore_index=True)
    gates = pocket.gates().assign(access=["public", "closed"], opening_hours=["06:00-22:00", None])
    result = tried(pocket.district(stations=stations[stations["id"] != "S1"], gates=gates), clock={"at": "22:30"})
    assert (gain(result, "G1")["compliance"], gain(result, "G1")["own"]) == (10, 0)
    assert_true(result, "G1")


def test_the_synthetic_pocket_by_hand() -> None:
    """Opening g4 to the street: d4 and d5 have their own post already. x1 has no place within 30 m of a street."""
    result = best_gates(assess_coverage(synthetic.pocket(), pocket.scenario()))
    assert result.gains["gate"].tolist() == ["g4"]
    assert gain(result, "g4")["compliance"] == 0
    assert best(result, "x1")[["tried", "reason"]].tolist() == [0, "no_place"]
    assert best(result, "x2")[["tried", "reason"]].tolist() == [1, "all_covered"]
    wide = best_gates(assess_coverage(synthetic.pocket(), pocket.scenario(standards={"gate.link_limit": 60})))
    # from node 25 to the street at node 8 a house is in the way; from node 22 to node 21 it is 40 m, as through g1
    assert wide.gains["gate"].tolist() == ["new-x1-22", "g4", "new-x2-34", "new-x2-35"]
    assert best(wide, "x1")[["tried", "reason"]].tolist() == [1, "too_far"]
    assert gain(wide, "new-x1-22")[["way_m", "shortened", "compliance"]].tolist() == [40, 0, 0]
    for gate in wide.gains["gate"]:
        assert_true(wide, gate)


# --- why no gate helps -----------------------------------------------------------------------------


def reason(**tables: object) -> str:
    return str(best(tried(pocket.district(**tables)), "K1")["reason"])


def test_each_reason_is_named() -> None:
    demand, gates, stations = pocket.demand(), pocket.gates(), pocket.stations()
    inside = demand["compound"] == "K1"
    none = demand.copy()
    none.loc[inside, ["residents", "households", *pocket.BANDS]] = 0.0
    assert reason(demand=none) == "no_residents"
    near = pd.concat([stations, pocket.station("S3", 300, 100, compound="K1")], ignore_index=True)
    assert reason(stations=near, demand=demand[demand["id"].isin(["D2", "D3"])]) == "all_covered"
    assert reason(gates=gates.iloc[:1]) == "no_place"
    assert reason(stations=stations[stations["id"] == "S2"]) == "too_far"
    lost = demand.copy()
    lost.loc[lost["id"] == "D3", "geometry"] = shapely.Point(340, 200)
    assert reason(demand=lost) == "off_network"


def test_a_compound_without_any_gate_is_a_stated_case() -> None:
    result = tried(pocket.district(gates=pocket.gates().iloc[:0]))
    row = best(result, "K1")
    assert (row["gates"], row["open_gates"], row["gap_compliance"], row["reason"]) == (0, 0, 50, "no_place")
    assert [k.value for k in result.kpis() if k.key == "gates.walled_in"] == [1]
    assert "无门可开、无处可开" in result.tables()["无门可增加覆盖的小区"].to_string()
    new = tried(pocket.district(gates=pocket.gates().iloc[:0]), standards={"gate.link_limit": 120})
    for gate in new.gains["gate"]:  # the wall's first gate
        assert gain(new, gate)["connected"] == 50
        assert_true(new, gate)


def test_without_compounds_everything_is_missing_and_nothing_is_zero() -> None:
    ways = pocket.ways()
    demand = pocket.demand().assign(compound=None)
    tables = {
        "demand": demand,
        "ways": ways[ways["compound"].isna()],
        "stations": pocket.stations().assign(compound=None, community=None),
    }
    district = District.from_tables(pocket.MANIFEST, {**tables, "demand": demand.assign(community=None)})
    result = tried(district)
    assert (len(result.gains), len(result.by_compound)) == (0, 0)
    assert result.tables() == {}
    assert result.layers() == {}
    assert [(k.value, k.denominator) for k in result.kpis()] == [(None, "缺小区图层")]


def test_an_open_compound_has_no_wall_to_open() -> None:
    ways = pocket.ways().assign(access="public", compound=None)
    opened = pocket.compounds().assign(enclosed=False)
    assert len(tried(pocket.district(ways=ways, compounds=opened)).by_compound) == 0


# --- the result ------------------------------------------------------------------------------------


def test_a_gate_that_was_not_tried_is_refused() -> None:
    with pytest.raises(GeodataError, match="gates, row G9, column id: no such gate was tried"):
        tried().with_gate("G9")


def test_hours_that_do_not_parse_are_refused_before_anything_is_tried() -> None:
    gates = pocket.gates().assign(opening_hours=["6 to 10", None])
    with pytest.raises(GeodataError, match="row G1, column opening_hours: the opening hours do not parse"):
        tried(pocket.district(gates=gates))


def test_numbers_and_tables() -> None:
    result = tried()
    assert isinstance(result, Result)
    assert repr(result) == "<GateGains pocket: one gate helps 1 of 1 walled compounds>"
    found = {(k.key, k.mode): k for k in result.kpis()}
    assert (found["gates.helped", METRES].value, found["gates.helped", METRES].of) == (1, 1)
    assert (found["gates.best.sum", METRES].value, found["gates.best.sum", METRES].of) == (30, 140)
    assert found["gates.best.open", METRES].value == 1
    assert "【推】" in found["gates.helped", METRES].clause
    table = result.tables()["各小区最佳一门"]
    assert table.loc[0, ["小区", "最佳措施", "大门编号", "新增覆盖·合规（人）", "人均缩短（m）"]].tolist() == [
        "甲小区", "开启既有大门", "G2", 30, 120,
    ]  # fmt: skip
    assert result.best["id"].tolist() == ["K1"]


def test_existing_gates_go_before_new_ones_that_gain_as_much() -> None:
    order = list(GateMeasure)
    assert order.index(OPEN) < order.index(LONGER) < order.index(VISITORS) < order.index(NEW)


# --- on a town: claims against new measurements -----------------------------------------------------


@pytest.fixture(scope="module")
def town() -> District:
    made = synthetic.district(7, communities=2)
    return made.with_stations(
        made.layer("stations").assign(opening_hours="24/7"), replacing=True
    )  # the gates alone tell day from night


@pytest.fixture(scope="module", params=["18:00", "22:30"])
def results(request: pytest.FixtureRequest, town: District) -> GateGains:
    return best_gates(assess_coverage(town, pocket.scenario(clock={"at": request.param})))


def test_every_measure_is_tried_on_the_town(results: GateGains) -> None:
    measures = set(results.gains["measure"])
    assert {OPEN, NEW} <= measures
    assert (LONGER in measures) == (results.scenario.clock.at == "22:30")


def test_the_best_gates_gain_what_is_claimed(results: GateGains) -> None:
    assert len(results.best) > 1
    for gate in results.best["gate"]:
        assert_true(results, gate)


def test_any_gates_gain_what_is_claimed(results: GateGains) -> None:
    sample = results.gains.groupby("measure", group_keys=False).sample(5, random_state=3, replace=True)
    for gate in sample["gate"].unique():
        assert_true(results, gate)


def test_no_gate_gains_more_than_the_best(results: GateGains) -> None:
    most = results.gains.groupby("compound")["compliance"].max()
    table = results.by_compound.set_index("id")
    for compound, gained in most.items():
        assert (table.loc[compound, "compliance"] if gained else 0) == gained
        if isinstance(table.loc[compound, "gate"], str):
            rivals = results.gains[(results.gains["compound"] == compound) & (results.gains["compliance"] == gained)]
            assert table.loc[compound, "experience"] == rivals["experience"].max()


def test_row_order_changes_nothing(town: District) -> None:
    tables = {name: frame.sample(frac=1, random_state=5) for name, frame in town.tables.items()}
    shuffled = District.from_tables(town.manifest, tables)
    first, second = (best_gates(assess_coverage(d, pocket.scenario())) for d in (town, shuffled))
    pd.testing.assert_frame_equal(first.gains, second.gains)
    pd.testing.assert_frame_equal(first.by_compound, second.by_compound)


@pytest.fixture(scope="module")
def bare() -> tuple[District, Scenario, CoverageResult]:
    district, scenario = synthetic.district(11, communities=1), pocket.scenario()
    return district, scenario, assess_coverage(district, scenario)


@given(data=st.data())
@settings(max_examples=draws(8))
def test_opening_a_gate_lengthens_no_walk(bare: tuple[District, Scenario, CoverageResult], data: st.DataObject) -> None:
    district, scenario, before = bare
    gates = district.gates.dropna(subset="compound")["id"].tolist()
    gate = data.draw(st.sampled_from(gates))
    after = assess_coverage(district.with_gate(gate, "public"), scenario)
    assert (after.distance["any"].walk <= before.distance["any"].walk).all()
    for mode in (METRES, MINUTES):
        assert after.covered_residents(mode).sum() >= before.covered_residents(mode).sum()


def test_places_share_no_node_with_another_way_or_barrier() -> None:
    """A new gate at such a node would open more than its own way."""
    gates = pocket.gates()
    barrier = gates.iloc[[0]].assign(id="B1", compound=None, node=9, access="members")
    barrier.geometry = [shapely.Point(pocket.NODES[9])]
    plain, barred = (
        assess_coverage(pocket.district(gates=g), pocket.scenario())
        for g in (gates, pd.concat([gates, barrier], ignore_index=True))
    )
    inside = [
        {int(c.doors.streets.node[n]) for _, n in gate_links(c.district, c.doors, 150).nodes} for c in (plain, barred)
    ]
    assert 9 in inside[0]
    assert 9 not in inside[1]
