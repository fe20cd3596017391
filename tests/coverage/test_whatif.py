"""Edits one by one: the answer equals the measurement of the edited district, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from tests import pocket
from tests.depth import draws
from workbench.catalogue.terms import Mode, ServiceLevel
from workbench.coverage import CoverageResult, WhatIf, assess_coverage
from workbench.coverage.gate_trials import gate_links
from workbench.errors import GeodataError
from workbench.ground import synthetic
from workbench.ground.district import District
from workbench.scenario import Scenario

ANY, FULL, LITE = ServiceLevel.ANY, ServiceLevel.FULL, ServiceLevel.LITE


def assert_same(found: CoverageResult, district: District, scenario: Scenario) -> None:
    """Every walk and every nearest station is that of a new measurement."""
    anew = assess_coverage(district, scenario)
    for level in ServiceLevel:
        pairs = [
            (found.distance[level], anew.distance[level]),
            (found.default_minutes[level], anew.default_minutes[level]),
        ]
        pairs += [(found.minutes[name][level], anew.minutes[name][level]) for name in anew.minutes]
        for got, want in pairs:
            assert got.walk.tolist() == want.walk.tolist()
            assert got.station.tolist() == want.station.tolist()
    assert found.summary().equals(anew.summary())


@pytest.fixture
def result() -> CoverageResult:
    return assess_coverage(pocket.district(), pocket.scenario())


def test_a_station_more_by_hand(result: CoverageResult) -> None:
    what = WhatIf(result)
    assert what.covered_residents(Mode.COMPLIANCE) == 70
    what.open_station("S3", 200, 0)
    assert what.walks(Mode.COMPLIANCE)[:4].tolist() == [65, 20 + 50 + 5, 20 + 100 + 100 + 60, 50]
    assert what.covered_residents(Mode.COMPLIANCE) == 100  # D3's 30 residents gained
    assert what.covered_residents(Mode.COMPLIANCE, LITE) == 10 + 20 + 30 + 40
    assert what.covered_residents(Mode.COMPLIANCE, FULL) == 30
    assert_same(what.result(), what.district, result.scenario)
    assert what.undo()
    assert what.covered_residents(Mode.COMPLIANCE) == 70
    assert not what.undo()
    assert_same(what.result(), result.district, result.scenario)


def test_a_station_less_and_one_moved_by_hand(result: CoverageResult) -> None:
    what = WhatIf(result)
    what.close_station("S1")
    assert what.walks(Mode.COMPLIANCE)[:4].tolist() == [565, 485, 690, 50]
    assert what.covered_residents(Mode.COMPLIANCE, FULL) == 0
    what.open_station("S2", 300, 0, kind="community_centre", replacing=True)
    assert what.walks(Mode.COMPLIANCE)[:4].tolist() == [255, 175, 380, 340]
    assert what.covered_residents(Mode.COMPLIANCE, LITE) == 0
    assert_same(what.result(), what.district, result.scenario)
    assert what.district.stations.set_index("id").loc["S2", "name"] == "西驿家"


def test_gates_by_hand(result: CoverageResult) -> None:
    what = WhatIf(result)
    what.set_gate("G2", "members")
    assert what.walks(Mode.COMPLIANCE)[2] == 270
    assert_same(what.result(), what.district, result.scenario)
    what.set_gate("G1", "closed")
    assert what.walks(Mode.COMPLIANCE)[1:3].tolist() == [100 + 100 + 20 + 100 + 100 + 50 + 5 + 10, 270]
    what.undo()
    assert what.walks(Mode.COMPLIANCE)[1:3].tolist() == [185, 270]
    assert_same(what.result(), what.district, result.scenario)


def test_a_station_inside_when_its_gate_opens_to_visitors(result: CoverageResult) -> None:
    what = WhatIf(result)
    what.open_station("S3", 200, 100)  # stands in K1
    assert what.walks(Mode.COMPLIANCE)[:4].tolist() == [65, 35, 180, 50]
    what.set_gate("G1", "public")
    what.close_station("S1")
    assert what.walks(Mode.COMPLIANCE)[:4].tolist() == [80 + 20 + 155, 35, 180, 50]
    assert_same(what.result(), what.district, result.scenario)
    what.open_station("S3", 200, 100, access="members", compound="K1", replacing=True)
    assert what.walks(Mode.COMPLIANCE)[:4].tolist() == [565, 35, 180, 50]
    assert_same(what.result(), what.district, result.scenario)


def test_a_new_gate(result: CoverageResult) -> None:
    links = gate_links(result.district, result.doors, 150)
    by_nodes = {tuple(result.doors.streets.node[pair]): n for n, pair in enumerate(links.nodes.tolist())}
    what = WhatIf(result, links)
    what.open_link(by_nodes[10, 9])  # 100 m from the end of the stub g2 to node 9
    assert what.walks(Mode.COMPLIANCE)[2] == 10 + 200 + 120 + 60
    what.set_gate("G1", "closed")
    assert what.walks(Mode.COMPLIANCE)[1] == 10 + 200 + 120 + 100 + 50 + 5
    assert_same(what.result(), what.district, result.scenario)
    what.undo()
    what.undo()
    assert_same(what.result(), result.district, result.scenario)


def test_what_does_not_fit_changes_nothing(result: CoverageResult) -> None:
    what = WhatIf(result)
    with pytest.raises(GeodataError) as error:
        what.open_station("S9", float("nan"), 0, kind="kiosk", access="all", colour="red")
    text = str(error.value)
    assert "4 problems" in text
    assert "column kind: the value is not known; expected one of district_centre" in text
    assert "column colour: the column is not known" in text
    with pytest.raises(GeodataError, match="serves|members only names no compound"):
        what.open_station("S9", 0, 0, access="members")
    with pytest.raises(GeodataError) as error:
        what.open_station("S9", 0, 0, compound="K9", community="A9")
    assert [str(p) for p in error.value.problems] == [
        f"stations, row S9, column {one}: the {one} is not in the {table} table; expected an id of {table}; "
        f"found '{name}'. Correct the identifier, or add the row it points to."
        for one, table, name in (("community", "communities", "A9"), ("compound", "compounds", "K9"))
    ]
    with pytest.raises(GeodataError, match="column community: the value is of the wrong kind; expected text: .* 9"):
        what.open_station("S9", 0, 0, community=9)
    with pytest.raises(GeodataError, match="expected at most floor_area_m2, 60; found 61"):
        what.open_station("S9", 0, 0, floor_area_m2=60, resident_area_m2=61)
    with pytest.raises(GeodataError, match="row S7, column id: there is no such station"):
        what.close_station("S7")
    with pytest.raises(GeodataError) as error:
        what.open_station("S9", 0, 0, opening_hours="garbage", floor_area_m2=-5, services="karaoke")
    assert [p.column for p in error.value.problems] == ["opening_hours", "floor_area_m2", "services"]
    with pytest.raises(GeodataError, match="the station has no identifier"):
        what.open_station("", 0, 0)
    with pytest.raises(GeodataError, match="row G1, column opening_hours: the opening hours do not parse"):
        what.set_gate("G1", "public", "garbage")
    with pytest.raises(GeodataError, match="there is no such gate in a wall"):
        what.set_gate("G7", "public")
    with pytest.raises(GeodataError, match="column access: the value is not known"):
        what.set_gate("G1", "everybody")
    with pytest.raises(GeodataError, match="there is no such place for a gate"):
        what.open_link(0)
    with pytest.raises(ValueError, match="a straight line is no walk"):
        what.walks(Mode.STRAIGHT_LINE)
    assert what.covered_residents(Mode.COMPLIANCE) == 70
    assert not what.undo()


def test_edits_pass_the_gate_of_files(result: CoverageResult) -> None:
    """A compound of C1 in community C2, degrees for metres, an identifier that is in use: as with_stations says it."""
    what, district = WhatIf(result), result.district
    for row, words in (
        (
            {"id": "S9", "x": 250, "y": 60, "compound": "K1", "community": "C2"},
            "expected 'C1', the community of compound K1",
        ),
        ({"id": "S9", "x": 112.5, "y": 1e5}, "row S9, column geometry: the point lies far off the district"),
        ({"id": "S9", "x": -25112.5, "y": 37.8}, "expected metres in the district's CRS, near x 0 to 1100"),
        ({"id": "S1", "x": 0, "y": 0}, "row S1, column id: the identifier is in use"),
    ):
        columns = {name: value for name, value in row.items() if name not in ("id", "x", "y")}
        more = pocket.station(str(row["id"]), float(row["x"]), float(row["y"])).assign(**columns)
        with pytest.raises(GeodataError, match=words):
            district.with_stations(more)
        with pytest.raises(GeodataError, match=words):
            what.open_station(str(row["id"]), float(row["x"]), float(row["y"]), **columns)
    assert not what.undo()
    what.open_station("S9", 250, 60, compound="K1", community="C1")
    with pytest.raises(GeodataError, match="column id: the column is missing"):
        district.with_stations(pocket.station("S9", 0, 0).drop(columns="id"))


def test_what_is_known_of_a_station_counts_with_what_is_new() -> None:
    stations = pocket.stations().assign(floor_area_m2=[60.0, 12.0], resident_area_m2=[45.0, 6.0])
    what = WhatIf(assess_coverage(pocket.district(stations=stations), pocket.scenario()))
    with pytest.raises(GeodataError, match="row S1, .* expected at most floor_area_m2, 60; found 61"):
        what.open_station("S1", 0, 0, resident_area_m2=61, replacing=True)
    what.open_station("S1", 0, 0, floor_area_m2=61, resident_area_m2=61, replacing=True)
    assert what.district.stations.set_index("id").loc["S1", "resident_area_m2"] == 61


def test_what_a_district_does_not_list_is_not_asked_for() -> None:
    tables = {name: table for name, table in pocket.tables().items() if name != "communities"}
    tables["stations"] = tables["stations"].assign(community=None)
    what = WhatIf(assess_coverage(District.from_tables(pocket.MANIFEST, tables), pocket.scenario()))
    what.open_station("S9", 0, 0, community="A9")
    assert what.district.stations.set_index("id").loc["S9", "community"] == "A9"


HOURS = "24/7", "Mo-Fr 09:00-17:00", "Sa-Su 18:00-22:00"


@pytest.fixture(scope="module")
def town() -> CoverageResult:
    return assess_coverage(synthetic.district(7, communities=2), pocket.scenario())


@pytest.mark.parametrize("seed", range(draws(12)))
def test_any_edits_equal_a_new_measurement(town: CoverageResult, seed: int) -> None:
    """On a town of two communities, with everything a district has."""
    rng = np.random.default_rng(seed)
    links = gate_links(town.district, town.doors, 30)
    what = WhatIf(town, links)
    west, south, east, north = town.district.demand.total_bounds
    names = town.district.layer("stations")["id"].tolist()
    walls = town.district.gates.dropna(subset="compound")["id"].tolist()
    compounds = town.district.compounds
    for kind in rng.choice(["open", "open", "inside", "close", "hours", "gate", "gate", "shifts", "link", "undo"], 6):
        if seed % 2:  # answers that are there already, or made after the edits
            what.covered_residents(Mode.COMPLIANCE)
            what.walks(Mode.EXPERIENCE)
        access = str(rng.choice(["public", "members"]))
        if kind == "open":
            name = str(rng.choice(["a1", "s015", "zz", *names]))
            what.open_station(name, rng.uniform(west, east), rng.uniform(south, north), kind="post", replacing=True)
        elif kind == "inside":
            row = compounds.iloc[int(rng.integers(len(compounds)))]
            spot = shapely.point_on_surface(row.geometry)
            what.open_station("m1", spot.x, spot.y, access=access, compound=row["id"], replacing=True)
        elif kind == "close":
            there = what.district.layer("stations")["id"].tolist()
            what.close_station(str(rng.choice(there)))
        elif kind == "hours":
            row = what.district.stations.iloc[int(rng.integers(len(what.district.stations)))]
            kept, hours = {"kind": row["kind"], "access": row["access"]}, str(rng.choice([*HOURS]))
            what.open_station(row["id"], row.geometry.x, row.geometry.y, opening_hours=hours, replacing=True, **kept)
        elif kind == "gate":
            what.set_gate(str(rng.choice(walls)), str(rng.choice(["public", "members", "closed"])))
        elif kind == "shifts":
            what.set_gate(str(rng.choice(walls)), access, str(rng.choice([*HOURS])))
        elif kind == "link":
            what.open_link(int(rng.integers(len(links))), access)
        else:
            what.undo()
    assert_same(what.result(), what.district, town.scenario)
    anew = assess_coverage(what.district, town.scenario)
    for mode in (Mode.COMPLIANCE, Mode.EXPERIENCE):
        assert what.covered_residents(mode) == pytest.approx(anew.covered_residents(mode).sum(), rel=1e-12)
