"""Every problem of every table, at once, each with row, column, expected, found and mend."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from tests import pocket
from tests.ground.grounds import small
from workbench.catalogue.tables import TABLES
from workbench.catalogue.validation import conform, problems_of, relation_problems
from workbench.errors import GeodataError, MissingCRSError, Problem
from workbench.ground.district import District


def refused(**replaced: pd.DataFrame) -> tuple[Problem, ...]:
    with pytest.raises(GeodataError) as caught:
        pocket.district(**replaced)
    return caught.value.problems


def test_the_pocket_district_passes() -> None:
    assert len(pocket.district().demand) == 6


def test_all_problems_of_all_tables_are_named_at_once() -> None:
    demand = pocket.demand().astype({"residents": object})
    demand["residents"] = [-1, "many", 30, np.nan, 60, 60]
    ways = pocket.ways().assign(access="somebody")
    problems = refused(demand=demand, ways=ways, communities=pocket.communities().drop(columns="name"))
    texts = [str(p) for p in problems]
    assert any("demand, row D1, column residents: the value is too small" in t and "found -1" in t for t in texts)
    assert any("demand, row D2, column residents: the value is of the wrong kind" in t and "'many'" in t for t in texts)
    assert any("demand, row D4, column residents: the value is missing" in t for t in texts)
    assert any("communities, column name: the column is missing" in t for t in texts)
    assert sum("column access: the value is not known" in t and "public, members, closed" in t for t in texts) == 11


def test_duplicate_ids_are_listed() -> None:
    demand = pocket.demand()
    demand["id"] = ["D1", "D1", *demand["id"][2:]]
    problems = refused(demand=demand)
    assert [p.what for p in problems] == ["the identifier stands more than once"] * 2
    assert "identifier of its own" in problems[0].mend


def test_unknown_station_kind_names_the_kinds() -> None:
    problem = refused(stations=pocket.stations().assign(kind=["centre", "post"]))[0]
    assert (problem.row, problem.column, problem.found) == ("S1", "kind", "'centre'")
    assert "community_centre" in problem.expected


@pytest.mark.parametrize(
    ("shape", "what"),
    [
        (shapely.Point(np.nan, 0), "not a finite"),
        (shapely.Point(), "missing or empty"),
        (None, "missing"),
        (shapely.Point(np.inf, 1), "not a finite"),
        (shapely.LineString([(0, 0), (1, 1)]), "wrong type"),
    ],
)
def test_bad_points_are_named(shape: shapely.Geometry | None, what: str) -> None:
    demand = pocket.demand()
    demand.loc[0, "geometry"] = shape
    problem = refused(demand=demand)[0]
    assert problem.row == "D1"
    assert what in problem.what
    assert problem.found == ("nothing" if shape is None else "an empty Point" if shape.is_empty else shape.geom_type)


def test_a_line_without_length_is_named() -> None:
    ways = pocket.ways()
    ways.loc[0, "geometry"] = shapely.LineString([(0, 0), (0, 0)])
    assert "no length" in refused(ways=ways)[0].what


def test_a_bow_tie_is_no_compound() -> None:
    compounds = pocket.compounds()
    compounds.loc[0, "geometry"] = shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])
    assert "not valid" in refused(compounds=compounds)[0].what


def test_many_equal_problems_are_counted() -> None:
    rows = 50
    demand = gpd.GeoDataFrame(
        {
            "id": [f"d{i}" for i in range(rows)],
            "compound": None,
            "community": None,
            "households": 1.0,
            "residents": -1.0,
        },
        geometry=[shapely.Point(1, 1)] * rows,
        crs=pocket.CRS,
    )
    problems = refused(demand=demand)
    assert len(problems) == 21
    assert "30 more rows" in problems[-1].what


def test_empty_and_missing_layers() -> None:
    assert "the layer is empty" in refused(demand=pocket.demand().iloc[:0])[0].what
    tables = pocket.tables()
    del tables["ways"]
    with pytest.raises(GeodataError, match="ways: the layer is missing"):
        District.from_tables(pocket.MANIFEST, tables)
    with pytest.raises(GeodataError, match="column weather: the table is not known|weather"):
        pocket.district(weather=pd.DataFrame({"id": ["a"]}))


def test_layers_without_crs_or_in_another_are_refused() -> None:
    bare = pocket.demand()
    bare = gpd.GeoDataFrame(bare.drop(columns="geometry"), geometry=list(bare.geometry), crs=None)
    assert "has no CRS" in refused(demand=bare)[0].what
    assert "another CRS" in refused(demand=pocket.demand().to_crs("EPSG:4490"))[0].what


@pytest.mark.parametrize(("crs", "what"), [("EPSG:4490", "not a projected"), ("EPSG:0", "not known")])
def test_the_district_needs_a_projected_crs(crs: str, what: str) -> None:
    manifest = pocket.MANIFEST.model_copy(update={"crs": crs})
    with pytest.raises(GeodataError, match=what):
        District.from_tables(manifest, pocket.tables())


def test_dangling_references_are_named() -> None:
    demand = pocket.demand()
    demand.loc[1, "compound"] = "K9"
    problem = refused(demand=demand)[0]
    assert (problem.row, problem.column, problem.found) == ("D2", "compound", "'K9'")


def test_of_a_changed_table_all_relations_are_asked_that_it_can_break() -> None:
    sound = dict(small(3, 2).tables)
    assert not relation_problems(sound)
    for name, own in sound.items():
        fewer, twice = own.iloc[: len(own) // 2], pd.concat([own, own.iloc[:1].assign(id="twice")], ignore_index=True)
        changes = [fewer, twice, *(own.assign(**{one.column: "nobody"}) for one in TABLES[name].references)]
        if isinstance(own, gpd.GeoDataFrame):
            changes.append(own.set_geometry(own.translate(1e6)))
        whole = [relation_problems({**sound, name: new}) for new in changes]
        assert [relation_problems({**sound, name: new}, changed={name}) for new in changes] == whole
        assert relation_problems({**sound, name: twice}, changed={name}, grown={name}) == whole[1]
        pointed = any(one.table == name for table in TABLES.values() for one in table.references if table.name in sound)
        assert bool(whole[0]) >= pointed, name


def test_bands_must_add_up_and_be_whole() -> None:
    demand = pocket.demand()
    demand.loc[0, "age_0_6"] = 3.0
    demand.loc[1, "age_0_6"] = np.nan
    found = {p.row: p.what for p in refused(demand=demand)}
    assert "do not add up" in found["D1"]
    assert "only some age bands" in found["D2"]


def test_ways_that_share_a_node_end_in_one_place() -> None:
    ways = pocket.ways()
    ways.loc[ways["id"] == "w2", "geometry"] = shapely.LineString([(100, 3), (200, 0)])
    problem = refused(ways=ways)[0]
    assert "do not end in one place" in problem.what
    assert "3.00 m apart" in problem.found


def test_gates_stand_on_their_nodes() -> None:
    gates = pocket.gates()
    gates.loc[0, "geometry"] = shapely.Point(201, 20)
    gates.loc[1, "node"] = 99
    found = {p.row: p.what for p in refused(gates=gates)}
    assert found == {"G1": "the gate does not stand on its node", "G2": "the node is on no way"}


def test_a_members_only_station_names_its_compound() -> None:
    problem = refused(stations=pocket.stations().assign(access=["public", "members"]))[0]
    assert (problem.row, problem.column) == ("S2", "compound")


def test_more_area_for_residents_than_floor_is_refused() -> None:
    areas = {"floor_area_m2": [60.0, 5.0], "resident_area_m2": [61.0, 6.0]}
    first, second = refused(stations=pocket.stations().assign(**areas))
    assert str(first) == (
        "stations, row S1, column resident_area_m2: a station has more area for residents than floor; "
        "expected at most floor_area_m2, 60; found 61. Correct one of the two; both are ㎡."
    )
    assert (second.row, second.found) == ("S2", "6")
    for floor, used in ((60.0, 60.0), (np.nan, 61.0), (60.0, np.nan)):
        pocket.district(stations=pocket.stations().assign(floor_area_m2=floor, resident_area_m2=used))


def test_points_outside_the_communities_are_refused() -> None:
    demand = pocket.demand()
    demand["geometry"] = demand.geometry.translate(502, 0)
    problem = refused(demand=demand)[0]
    assert "outside the communities" in problem.what
    assert problem.mend == "Check CRS, and the order of x and y."  # nothing shifts outside China


def test_conform_mends_what_a_file_does_to_types() -> None:
    raw = pocket.ways().assign(steps=["0"] * 11, u=pocket.ways()["u"].astype("float64"), id=np.arange(11.0))
    tidy = conform(TABLES["ways"], raw)
    assert tidy["steps"].dtype == bool
    assert tidy["u"].dtype == "int64"
    assert list(tidy["id"][:2]) == ["0", "1"]
    assert "name" in tidy.columns
    assert problems_of(TABLES["ways"], tidy) == []


def test_one_flag_that_is_missing_accuses_its_own_row() -> None:
    """QGIS leaves an untouched flag NULL; the rows beside it are right."""
    for wrong in (None, "vielleicht", 2):
        ways = pocket.ways()
        ways["steps"] = pd.Series([wrong, *[1.0] * (len(ways) - 1)], dtype=object, index=ways.index)
        found = [p for p in problems_of(TABLES["ways"], conform(TABLES["ways"], ways)) if p.column == "steps"]
        assert [problem.row for problem in found] == [ways["id"].iloc[0]]


def test_with_stations_asks_for_the_crs() -> None:
    more = pocket.station("S9", 0, 0).to_crs("EPSG:4490")
    with pytest.raises(MissingCRSError, match="not in the district's CRS"):
        pocket.district().with_stations(more)


@pytest.mark.parametrize("mark", [3.4028235e38, 1e20, 2147483647.0])
def test_marks_for_no_data_are_no_residents(mark: float) -> None:
    (problem,) = refused(demand=pocket.demand().assign(residents=[mark, 20.0, 30.0, 40.0, 50.0, 60.0]))
    assert (problem.row, problem.column, problem.what) == ("D1", "residents", "the value is too large")
    assert "at most 10,000,000" in problem.expected
