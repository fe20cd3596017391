"""From a recipe to a district: what is read, what is made, and what every bad input is told."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyproj
import pytest
import shapely
from shapely import LineString, MultiLineString, Point, Polygon, box

from tests.ground.builders import (
    CRS,
    DEMAND,
    WAYS,
    at,
    demand_rows,
    grid_osm,
    osm_xml,
    pocket,
    points_csv,
    recipe_file,
    shapefile,
)
from tests.listeners import Steps
from workbench.catalogue.standards import register
from workbench.coverage import assess_coverage
from workbench.errors import (
    GeodataError,
    MissingCRSError,
    RecipeError,
    SourceEncodingWarning,
    SourceError,
)
from workbench.ground.sources import import_district, importer, read_district, read_recipe, write_district
from workbench.ground.sources.columns import read_points
from workbench.ground.sources.placement import wgs84_to_bd09, wgs84_to_gcj02
from workbench.scenario import load_scenario

TO_METRES = pyproj.Transformer.from_crs("EPSG:4326", CRS, always_xy=True)


def metres(column, row):
    return TO_METRES.transform(*at(column, row))


def layer(path, columns, shapes, crs=CRS):
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs).to_file(path)
    return path


def refused(path, kind=GeodataError):
    with pytest.raises(kind) as caught:
        import_district(path)
    assert type(caught.value) is kind
    return str(caught.value)


# what is made


def test_a_pocket(tmp_path):
    told = []
    district = import_district(pocket(tmp_path), progress=Steps(lambda *step: told.append(step)))
    assert len(district.ways) == 60
    assert district.demand["residents"].sum() == sum(10 * i for i in range(10))
    assert district.demand["households"].isna().all()
    assert district.crs == pyproj.CRS.from_user_input(CRS)
    ways, demand = district.manifest.sources
    assert (ways.layer, ways.source, ways.licence, ways.date) == (
        "ways",
        "a test; © OpenStreetMap contributors",
        "none; ODbL 1.0",
        "2024-01-01",
    )
    assert (demand.rows, demand.crs, demand.datum) == (10, "EPSG:4326", "wgs84")
    assert re.search(r"demand\.csv sha256 [0-9a-f]{16}", demand.note)
    assert (ways.held, demand.held) == (60, 10)
    assert told[0] == ("read", 0, 2)
    assert told[-1] == ("check", 1, 1)


def test_it_survives_being_written_and_read(tmp_path):
    district = import_district(pocket(tmp_path))
    again = read_district(write_district(district, tmp_path / "out"))
    assert again.fingerprint == district.fingerprint
    assert again.manifest.sources == district.manifest.sources


def test_the_same_files_give_the_same_district(tmp_path):
    path = pocket(tmp_path)
    assert import_district(path).fingerprint == import_district(read_recipe(path)).fingerprint


def test_every_source_adds_up(tmp_path):
    """Held = came + left out, and each part of it says what it was and why."""
    rows = demand_rows(10)
    rows[5]["residents"], rows[6]["residents"] = "", "１００"
    points_csv(tmp_path / "demand.csv", [{k: v for k, v in row.items() if k != "id"} for row in rows])
    grid = {"format": "grid", "empty_cells": "drop", "where": "lat > 40.6215"}
    district = import_district(pocket(tmp_path, demand=grid))
    note = district.manifest.sources[-1]
    assert (note.held, note.rows, len(district.demand)) == (10, 5, 5)
    assert note.left_out == (
        "4 rows: they do not satisfy lat > 40.6215",
        "1 rows: empty cells without a number of residents",
    )
    assert note.changed == ("1 numbers in residents mended (full-width, separators)",)
    assert note.guessed == ("5 ids made, the source has no column 'id'",)
    assert note.told().splitlines()[0] == "demand: 5 rows came of 10 held · a test, 2024-01-01, none"
    assert "\n  guessed   5 ids made, the source has no column 'id'\n  left out  4 rows" in note.told()


def test_a_comma_that_can_be_either_is_asked_about(tmp_path):
    rows = [{k: str(v) for k, v in row.items()} for row in demand_rows(3)]
    for row, text in zip(rows, ("3,125", "12,250", "7"), strict=True):
        row["residents"] = text
    path = tmp_path / "demand.csv"
    path.write_text("\n".join([";".join(rows[0]), *(";".join(row.values()) for row in rows)]), encoding="utf-8")
    said = refused(pocket(tmp_path, demand={"separator": ";"}), SourceError)
    assert "row on line 2, column residents: the comma may part thousands or decimals" in said
    assert "found '3,125', 3125 or 3.125. Say what stands before the decimals with 'decimal: \".\"'" in said
    for sign, values in ((".", [3125, 12250, 7]), (",", [3.125, 12.25, 7])):
        made = import_district(pocket(tmp_path, demand={"separator": ";", "decimal": sign}))
        assert made.demand["residents"].tolist() == values


def test_a_workbook_is_refused_by_cell_only_where_it_is_used(tmp_path):
    book = openpyxl.Workbook()
    for row in (
        ["编号", "经度", "纬度", "常住\n人口", "户数", "备注"],
        ["k1", *at(1, 1), 30, "#REF!", "#N/A"],
        ["k2", *at(2, 2), "=E2*3", 5, None],
        [datetime(2026, 1, 2), *at(3, 3), datetime(2026, 1, 3), 5, None],
        ["合计", None, None, None, "#REF!", None],
    ):
        book.active.append(row)
    for cell in ("E2", "F2", "E5"):  # a column of nothing but errors is no text
        book.active[cell].data_type = "e"
    book.save(tmp_path / "d.xlsx")
    columns = {"id": "编号", "residents": "常住人口", "households": "户数"}
    ledger = {"path": "d.xlsx", "x": "经度", "y": "纬度", "columns": columns, "where": "编号 != '合计'"}
    said = refused(pocket(tmp_path, demand=ledger), SourceError)
    lines = [line.split("d.xlsx, ")[1].split("; expected")[0] for line in said.splitlines()[1:]]
    assert sorted(lines) == [
        "row on line 2 of sheet 'Sheet', column 户数: the cell holds no value",
        "row on line 3 of sheet 'Sheet', column 常住人口: the cell holds no value",
        "row on line 4 of sheet 'Sheet', column 常住人口: the value is no number",
        "row on line 4 of sheet 'Sheet', column 编号: the cell holds a date",
    ]
    named = {**ledger, "where": "编号 == 'k1'", "columns": {"id": "备注", "residents": "常住人口"}}
    assert "column 备注: the cell holds no value" in refused(pocket(tmp_path, demand=named), SourceError)
    kept = {**ledger, "where": "编号 == 'k1'", "columns": {"id": "编号", "residents": "常住\n人口"}}
    assert import_district(pocket(tmp_path, demand=kept)).demand["residents"].tolist() == [30]


def test_rows_with_longitude_and_latitude_exchanged_are_named(tmp_path):
    rows = demand_rows(8)
    rows[2]["lon"], rows[2]["lat"] = rows[2]["lat"], rows[2]["lon"]
    points_csv(tmp_path / "demand.csv", rows)
    said = refused(pocket(tmp_path))
    assert "demand.csv, row on line 4: longitude and latitude are swapped in this row" in said
    assert "found 40.621, 109.971. Exchange the two cells" in said


def test_what_the_gate_refuses_is_named_by_file_and_line(tmp_path):
    rows = demand_rows(4)
    rows[1]["residents"], rows[3]["id"] = -5, rows[2]["id"]
    points_csv(tmp_path / "demand.csv", rows)
    said = refused(pocket(tmp_path))
    assert "demand, row d1 (demand.csv on line 3), column residents: the value is too small" in said
    assert "demand, row d2 (demand.csv on line 4, demand.csv on line 5), column id: the identifier stands more" in said


def test_a_loss_that_nobody_asked_for_stops_the_import(tmp_path, monkeypatch):
    def careless(*_, **__):
        found = read_points(tmp_path / "demand.csv", "lon", "lat", crs="EPSG:4326")
        return replace(found, rows=found.rows.iloc[1:], shapes=found.shapes[1:], lines=found.lines[1:])

    path = pocket(tmp_path)
    monkeypatch.setattr(importer, "read_points", careless)
    said = refused(path, SourceError)
    assert "demand.csv: rows for demand were lost that nobody asked to leave out" in said
    assert "found 9 that came, 1 unaccounted for" in said


def test_where_columns_values_and_set(tmp_path):
    rows = demand_rows(10, 类别=1)
    for i, row in enumerate(rows):
        row["类别"] = "中心" if i == 2 else "驿家"
    points_csv(tmp_path / "stations.csv", rows, "gbk")
    station = {
        **DEMAND,
        "path": "stations.csv",
        "where": "residents < 40",
        "columns": {"kind": "类别"},
        "values": {"kind": {"中心": "community_centre", "驿家": "post"}},
        "set": {"name": "驿家 {id} ({residents})", "access": "public", "floor_area_m2": 80},
    }
    district = import_district(pocket(tmp_path, layers={"stations": station}))
    stations = district.stations
    assert stations["kind"].tolist() == ["post", "post", "community_centre", "post"]
    assert stations["name"].tolist()[1] == "驿家 d1 (10)"
    assert stations["level"].tolist() == ["lite", "lite", "full", "lite"]
    assert stations["floor_area_m2"].tolist() == [80.0] * 4
    note = district.manifest.sources[-1].told()
    assert "read as gb18030 (no encoding declared, not UTF-8, every byte fits GBK)" in note
    assert "left out  6 rows: they do not satisfy residents < 40" in note


def test_identifiers_are_made_in_the_order_of_the_source(tmp_path):
    rows = [{k: v for k, v in row.items() if k != "id"} for row in demand_rows(3)]
    points_csv(tmp_path / "demand.csv", rows)
    grid_osm(tmp_path / "grid.osm")
    path = recipe_file(
        tmp_path / "recipe.yaml", {"ways": WAYS, "demand": [DEMAND, {**DEMAND, "where": "residents > 0"}]}
    )
    assert import_district(path).demand["id"].tolist() == [f"d0000{i}" for i in range(1, 6)]


def test_two_sources_of_one_layer(tmp_path):
    rows = demand_rows(10)
    points_csv(tmp_path / "a.csv", rows[:4])
    points_csv(tmp_path / "b.csv", rows[4:])
    layers = {"ways": WAYS, "demand": [{**DEMAND, "path": "a.csv"}, {**DEMAND, "path": "b.csv", "licence": "other"}]}
    grid_osm(tmp_path / "grid.osm")
    district = import_district(recipe_file(tmp_path / "recipe.yaml", layers))
    assert len(district.demand) == 10
    assert [note.licence for note in district.manifest.sources] == ["none; ODbL 1.0", "none", "other"]


def test_communities_and_compounds_by_place(tmp_path):
    x0, y0 = metres(-0.5, -0.5)
    x1, y1 = metres(2.1, 5.5)
    x2, _ = metres(5.5, 5.5)
    names = {"id": ["c1", "c2"], "name": ["东", "西"], "subdistrict": ["街道"] * 2}
    layer(tmp_path / "communities.gpkg", names, [box(x0, y0, x1, y1), box(x1, y0, x2, y1)])
    layer(tmp_path / "compounds.gpkg", {"id": ["k1"], "name": ["园"], "enclosed": [False]}, [box(x0, y0, x1, y1)])
    layers = {name: {"format": "vector", "path": f"{name}.gpkg"} for name in ("communities", "compounds")}
    district = import_district(pocket(tmp_path, layers=layers))
    assert set(district.demand["community"]) == {"c1", "c2"}
    inside = district.demand["compound"].eq("k1")
    assert (inside == district.demand["community"].eq("c1")).all()
    assert district.compounds["community"].tolist() == ["c1"]
    assert district.ways["compound"].notna().any()
    notes = {note.layer: note.told() for note in district.manifest.sources}
    assert "10 行没有写社区，10 行按位置补上" in notes["demand"]


def test_a_compound_of_which_only_a_point_is_known_is_a_compound(tmp_path):
    rows = [{**row, "name": f"小区{i}", "enclosed": "是"} for i, row in enumerate(demand_rows(6))]
    points_csv(tmp_path / "demand.csv", rows)
    grid_osm(tmp_path / "grid.osm")
    stations = {**DEMAND, "where": "id == 'd2'", "set": {"kind": "post", "access": "public", "floor_area_m2": 80}}
    layers = {"compounds": {**DEMAND, "where": "id != 'd5'"}, "stations": stations}
    district = import_district(pocket(tmp_path, layers=layers))
    assert district.compounds.geometry.geom_type.unique().tolist() == ["Point"]
    assert district.demand["compound"].fillna("").tolist() == ["d0", "d1", "d2", "d3", "d4", ""]
    assert not district.compounds["enclosed"].any()  # where its wall would stand is not known
    said = next(note for note in district.manifest.sources if note.layer == "compounds")
    assert said.guessed[0].startswith("5 个小区只是一个点：当作不封闭，门就在那里；")
    back = read_district(write_district(district, tmp_path / "made"))
    assert back.checksums == district.checksums
    (tmp_path / "a.yaml").write_text("name: a\n", encoding="utf-8")
    table = assess_coverage(back, load_scenario(tmp_path / "a.yaml")).by_compound
    assert table["id"].tolist() == [f"d{i}" for i in range(5)]


@pytest.mark.parametrize(("word", "gates"), [("否", 0), ("false", 0), ("是", 1)])
def test_a_wall_is_there_only_when_the_word_says_so(tmp_path, word, gates):
    square = Polygon([metres(1.5, 1.5), metres(3.5, 1.5), metres(3.5, 3.5), metres(1.5, 3.5)])
    layer(tmp_path / "c.gpkg", {"id": ["k"], "name": ["甲"], "enclosed": [word]}, [square])
    district = import_district(pocket(tmp_path, layers={"compounds": {"format": "vector", "path": "c.gpkg"}}))
    assert bool(district.has("gates") and len(district.gates)) == bool(gates)


def test_walls_are_passed_at_gates_and_where_ways_pass_them(tmp_path):
    # column 0 … 5, row 0 … 5: the compound holds the crossings (1, 1) to (2, 2), with a gate on one of eight ways
    west, south = metres(0.5, 0.5)
    east, north = metres(2.5, 2.5)
    gate = {900: at(0.5, 1.0)}
    ways = {
        100: ([1, 2, 3, 4, 5, 6], {"highway": "residential"}),
        101: ([7, 900, 8, 9, 10, 11, 12], {"highway": "residential"}),
    }
    grid_osm(tmp_path / "grid.osm", nodes=gate, ways=ways, node_tags={900: {"barrier": "gate", "access": "private"}})
    layer(
        tmp_path / "compounds.gpkg", {"id": ["k1"], "name": ["园"], "enclosed": [True]}, [box(west, south, east, north)]
    )
    district = import_district(pocket(tmp_path, layers={"compounds": {"format": "vector", "path": "compounds.gpkg"}}))
    gates = district.gates.set_index("id")
    assert gates.loc["n900", ["compound", "access"]].tolist() == ["k1", "members"]
    assert len(gates) == 8
    assert (gates.drop("n900")["access"] == "public").all()
    assert (gates["compound"] == "k1").all()
    inner = district.ways[district.ways["compound"] == "k1"]
    assert inner.length.sum() == pytest.approx(4 * (2 * 0.001 * 84_500 + 2 * 0.001 * 111_000) / 2, rel=0.02)
    assert "7 ways pass the edge of an enclosed compound where no gate is mapped" in district.manifest.sources[0].told()
    ends = set(inner["u"]) | set(inner["v"])
    assert set(gates["node"]) <= ends


def test_gates_without_nodes_stand_on_the_nearest_way(tmp_path):
    spots = [{"id": f"g{i}", "lon": at(i + 0.5, 0)[0], "lat": at(0, 0.05)[1], "access": "members"} for i in range(3)]
    points_csv(tmp_path / "gates.csv", spots)
    gates = {**DEMAND, "path": "gates.csv"}
    district = import_district(pocket(tmp_path, layers={"gates": gates}))
    assert district.gates["access"].tolist() == ["members"] * 3
    assert len(district.ways) == 63
    assert set(district.gates["node"]) == {-1, -2, -3}
    assert "put onto their ways, moved by 5.6 m at most" in district.manifest.sources[-1].told()
    spots[1]["lat"] = at(0, 0.5)[1]
    points_csv(tmp_path / "gates.csv", spots)
    text = refused(pocket(tmp_path, layers={"gates": gates}))
    assert "row g1: the gate stands on no way; expected a way within 15 m; found none at (" in text
    assert "allow more with gate_within_m in the recipe" in text


def test_osm_gates_by_a_source_of_their_own(tmp_path):
    tags = {2: {"barrier": "gate", "access": "private"}, 3: {"barrier": "lift_gate"}}
    grid_osm(tmp_path / "grid.osm", node_tags=tags)
    district = import_district(pocket(tmp_path, layers={"gates": {**WAYS, "where": "barrier == 'gate'"}}))
    assert district.gates["id"].tolist() == ["n2"]
    assert import_district(pocket(tmp_path)).gates["id"].tolist() == ["n2", "n3"]


def test_a_river_ends_where_no_leg_to_a_way_crosses_it(tmp_path):
    nodes = {1100: at(-1, 0.5), 1101: at(900, 0.5), 1102: at(0.2, 0.2), 1103: at(0.3, 0.3)}
    ways = {
        300: ([1100, 1101], {"waterway": "river", "name": "河"}),
        301: ([1102, 1103], {"barrier": "wall"}),
        302: ([1100, 1101], {"waterway": "stream", "tunnel": "culvert"}),
    }
    grid_osm(tmp_path / "grid.osm", nodes=nodes, ways=ways)
    (west, south), (east, north) = at(-0.5, -0.5), at(4, 4)
    made = import_district(pocket(tmp_path, layers={"backdrop": WAYS}, extent=[west, south, east, north]))
    edge = gpd.GeoSeries([shapely.box(west, south, east, north)], crs="EPSG:4326").to_crs(made.crs).iloc[0]
    river, wall = made.layer("backdrop").set_index("id").geometry[["w300", "w301"]]
    limit = register()["walk.snap_limit_grid"].used()
    assert shapely.hausdorff_distance(river.intersection(edge), river) == pytest.approx(limit, rel=0.02)
    assert wall.within(edge)
    notes = {note.layer: note.told() for note in made.manifest.sources}
    assert "1 of 2 cut at the extent, and what lies just beyond kept" in notes["backdrop"]
    assert "cut at the extent, and" not in notes["ways"]


def test_buildings_backdrop_and_points_of_interest(tmp_path):
    corner = {1000 + i: place for i, place in enumerate([at(0.1, 0.1), at(0.4, 0.1), at(0.4, 0.4), at(0.1, 0.4)])}
    extra = {1100: at(1.5, 1.5), 1101: at(0, 0.5), 1102: at(5, 0.5)}
    ring = [1000, 1001, 1002, 1003, 1000]
    ways = {
        300: (ring, {"building": "apartments", "building:levels": "18", "name": "1#楼"}),
        301: ([1000, 1001, 1002, 1000], {"building": "yes", "building:levels": "many"}),
        302: ([1101, 1102], {"waterway": "river", "name": "河"}),
        303: ([1101, 9999], {"railway": "rail"}),
        304: (ring, {"leisure": "park"}),
        305: (ring, {"barrier": "wall"}),
        306: ([1101, 1102], {"waterway": "stream", "tunnel": "culvert"}),
        307: (ring, {"building": "no"}),
    }
    nodes = {**corner, **extra}
    grid_osm(
        tmp_path / "grid.osm", nodes=nodes, ways=ways, node_tags={1100: {"amenity": "community_centre", "name": "驿家"}}
    )
    poi = {**WAYS, "where": "amenity == 'community_centre'", "set": {"kind": "post", "access": "public"}}
    district = import_district(pocket(tmp_path, layers={"buildings": WAYS, "backdrop": WAYS, "stations": poi}))
    buildings = district.layer("buildings").set_index("id")
    assert buildings.loc["w300", ["kind", "levels", "name"]].tolist() == ["residential", 18.0, "1#楼"]
    assert buildings.loc["w301", "kind"] == "unknown"
    assert np.isnan(buildings.loc["w301", "levels"])
    assert district.layer("backdrop").set_index("id")["kind"].to_dict() == {
        "w302": "water",
        "w304": "green",
        "w305": "wall",
    }
    assert district.stations[["id", "name", "kind"]].to_numpy().tolist() == [["n1100", "驿家", "post"]]
    notes = {note.layer: note.told() for note in district.manifest.sources}
    assert "1 features without a whole geometry (w303)" in notes["backdrop"]


def test_compounds_from_osm(tmp_path):
    corner = {1000 + i: place for i, place in enumerate([at(0.1, 0.1), at(0.4, 0.1), at(0.4, 0.4), at(0.1, 0.4)])}
    ring = [1000, 1001, 1002, 1003, 1000]
    ways = {
        300: (ring, {"landuse": "residential", "name": "园"}),
        301: (ring, {"landuse": "residential", "barrier": "fence"}),
        302: (ring, {"landuse": "residential"}),
    }
    grid_osm(tmp_path / "grid.osm", nodes=corner, ways=ways)
    path = pocket(tmp_path, layers={"compounds": {**WAYS, "where": "not missing(name)"}})
    compounds = import_district(path).compounds
    assert compounds[["id", "name", "enclosed"]].to_numpy().tolist() == [["w300", "园", False]]


def test_drawn_ways_become_a_network(tmp_path):
    lines = [
        MultiLineString([[metres(0, 0), metres(5, 0)], [metres(0, 5), metres(5, 5)]]),
        LineString([metres(2, 0), metres(2, 5)]),
        LineString([metres(2, 2), metres(4, 2)]),
    ]
    columns = {"路名": ["环路", "中路", "支路"], "梯": ["否", "是", "否"]}
    layer(tmp_path / "ways.gpkg", columns, lines)
    points_csv(tmp_path / "demand.csv", demand_rows())
    ways = {"format": "vector", "path": "ways.gpkg", "columns": {"name": "路名", "steps": "梯"}}
    district = import_district(recipe_file(tmp_path / "recipe.yaml", {"ways": ways, "demand": DEMAND}))
    made = district.ways
    assert len(made) == 7
    assert made.length.sum() == pytest.approx(sum(line.length for line in lines), abs=0.1)
    assert made.groupby("name")["steps"].all().to_dict() == {"中路": True, "支路": False, "环路": False}
    assert set(made["kind"]) == {"street"}
    assert "kind, access, level assumed, the source does not say" in district.manifest.sources[0].told()
    assert "4 lines cut into 7 where they meet within 0.02 m" in district.manifest.sources[0].told()


def test_ways_with_node_numbers_are_taken_as_they_are(tmp_path):
    first = import_district(pocket(tmp_path))
    write_district(first, tmp_path / "out")
    again = {"format": "vector", "path": "out/ground.gpkg", "layer": "ways"}
    path = recipe_file(tmp_path / "again.yaml", {"ways": again, "demand": DEMAND})
    second = import_district(path)
    assert second.ways[["id", "u", "v"]].equals(first.ways[["id", "u", "v"]])


def test_drawn_ways_join_those_of_osm(tmp_path):
    layer(
        tmp_path / "path.gpkg", {"id": ["short cut"], "kind": ["footway"]}, [LineString([metres(0, 0), metres(2.5, 2)])]
    )
    grid_osm(tmp_path / "grid.osm", node_tags={2: {"barrier": "gate"}})
    points_csv(tmp_path / "demand.csv", demand_rows())
    layers = {"ways": [WAYS, {"format": "vector", "path": "path.gpkg"}], "demand": DEMAND}
    district = import_district(recipe_file(tmp_path / "recipe.yaml", layers))
    ways = district.ways.set_index("id")
    assert len(ways) == 62  # the new path, and the street it ends on, cut in two
    short = ways.loc["short cut"]
    assert short["u"] == 1
    assert short["v"] < 0
    meets = ways[(ways["u"] == short["v"]) | (ways["v"] == short["v"])]
    assert len(meets) == 3
    assert district.gates["node"].tolist() == [2]


def test_the_extent_cuts_and_checks(tmp_path):
    west, south = at(-0.5, -0.5)
    east, north = at(2.5, 5.5)
    district = import_district(pocket(tmp_path, demand={"where": "lon < 109.9722"}, extent=[west, south, east, north]))
    assert len(district.ways) == 18 + 15
    clipped = import_district(pocket(tmp_path, extent=[west, south, east, north]))
    assert list(clipped.demand["id"]) == [f"d{i}" for i in range(5)]
    note = next(note for note in clipped.manifest.sources if note.layer == "demand")
    assert (note.held, note.rows, note.left_out) == (10, 5, ("5 rows: outside the extent",))
    west, east = at(20, 0)[0], at(30, 0)[0]
    grid_osm(
        tmp_path / "grid.osm", nodes={900: at(25, 0), 901: at(26, 0)}, ways={900: ([900, 901], {"highway": "path"})}
    )
    text = refused(pocket(tmp_path, extent=[west, south, east, north]))
    assert "demand: nothing lies inside the extent; expected points of the same place; found 0.0% of 10 inside" in text
    text = refused(pocket(tmp_path, extent=[100, 30, 101, 31]))
    assert "no way lies inside the extent; expected ways within" in text


def test_the_extent_cuts_every_layer_and_what_belongs_to_it(tmp_path):
    west, south, east, north = (*at(-0.5, -0.5), *at(2.5, 5.5))
    places = [{"id": f"s{i}", "lon": at(k, 1.1)[0], "lat": at(k, 1.1)[1]} for i, k in enumerate([1, 2, 4])]
    points_csv(tmp_path / "stations.csv", places)
    areas = [box(*metres(k, -1), *metres(k + 2, 6)) for k in (-1, 1, 6)]
    layer(tmp_path / "communities.gpkg", {"id": ["c0", "c2", "c4"], "name": list("甲乙丙")}, areas)
    layer(tmp_path / "buildings.gpkg", {"id": ["b0", "b2", "b4"], "kind": ["house"] * 3, "levels": [1, 2, 3]}, areas)
    fixed = {"sign": "r", "function": "meeting", "storey": 1, "area_m2": 50, "capacity": 9, "water": 1, "private": 0}
    rooms = [{"id": f"r{i}", "station": f"s{i}", "sound": "quiet", **fixed} for i in range(3)]
    points_csv(tmp_path / "rooms.csv", rooms)
    house = {"kind": "facility", "access": "public", "name": "S", "community": "c4"}
    layers = {
        "stations": {**DEMAND, "path": "stations.csv", "set": house},
        "communities": {"format": "vector", "path": "communities.gpkg", "set": {"subdistrict": "街道"}},
        "buildings": {"format": "vector", "path": "buildings.gpkg"},
        "rooms": {"format": "table", "path": "rooms.csv"},
    }
    made = import_district(pocket(tmp_path, extent=[west, south, east, north], layers=layers))
    assert [
        list(frame["id"]) for frame in (made.stations, made.communities, made.layer("buildings"), made.ledger("rooms"))
    ] == [
        ["s0", "s1"],
        ["c0", "c2"],
        ["b0", "b2"],
        ["r0", "r1"],
    ]
    assert made.stations["community"].isna().all() or set(made.stations["community"].dropna()) <= {"c0", "c2"}
    said = {note.layer: note.left_out for note in made.manifest.sources}
    assert said["stations"] == said["buildings"] == said["communities"] == ("1 rows: outside the extent",)
    assert said["rooms"] == ("1 rows: of stations outside the extent",)


def poi_recipe(folder, tags, **stations):
    """Import points of interest of an OSM file as stations."""
    tags = {900 + i: {"amenity": "library", **more} for i, more in enumerate(tags)}
    grid_osm(folder / "grid.osm", nodes={number: at(1.1, 1.1) for number in tags}, node_tags=tags)
    source = {"format": "osm", "path": "grid.osm", "where": "amenity == 'library'", "set": {"kind": "facility"}}
    return pocket(folder, layers={"stations": {**source, **stations}})


def test_odd_tags_do_not_stop_an_import(tmp_path):
    tags = [
        {"name": "L", "opening_hours": "Lunes a Viernes de 8:00 a 16:00", "access": "Customers", "area": "large"},
        {"name": "M", "opening_hours": "Mo-Fr 09:00-17:00", "access": "yes", "area": "120"},
        {"opening_hours": 'Mo-Fr 09:00-17:00 || "by appointment"', "area": "-5", "access": "private"},
        {"name": " ", "access": "ask inside"},
    ]
    columns = {"opening_hours": "opening_hours", "access": "access", "floor_area_m2": "area"}
    made = import_district(poi_recipe(tmp_path, tags, columns=columns))
    rows = made.stations.set_index("id").astype(object).fillna("-")
    assert list(rows["opening_hours"]) == ["-", "Mo-Fr 09:00-17:00", 'Mo-Fr 09:00-17:00 || "by appointment"', "-"]
    assert list(rows["access"]) == ["public", "public", "closed", "public"]
    assert list(rows["floor_area_m2"]) == ["-", 120, "-", "-"]
    assert list(rows["name"]) == ["L", "M", "library n902", "library n903"]
    note = next(note for note in made.manifest.sources if note.layer == "stations")
    assert set(note.guessed) == {
        "1 values of opening_hours that cannot be read, as 'Lunes a Viernes de 8:00 a 16:00', taken as missing",
        "1 values of area that cannot be read, as 'large', taken as missing",
        "1 values of floor_area_m2 that cannot be read, as '-5.0', taken as missing",
        "1 taken as public, their access is not said",
        "1 private, it is not said to whom: taken as closed",
        "2 without a name got one, as 'library n902'",
    }
    assert note.warning == ("1 行的开放时间有 unknown 或只是说明的，那时按不开放计（n902）",)


def test_a_planners_own_table_is_still_held_to_its_words(tmp_path):
    row = {"id": "s1", "name": "S", "lon": at(1, 1)[0], "lat": at(1, 1)[1], "opening_hours": "8点到5点"}
    points_csv(tmp_path / "stations.csv", [row])
    source = {**DEMAND, "path": "stations.csv", "set": {"kind": "facility", "access": "public"}}
    assert "the opening hours do not parse" in refused(pocket(tmp_path, layers={"stations": source}))


def test_the_extent_from_a_file(tmp_path):
    layer(tmp_path / "edge.gpkg", {"n": [1]}, [box(*metres(-0.5, -0.5), *metres(9, 9))])
    assert len(import_district(pocket(tmp_path, extent={"path": "edge.gpkg"})).ways) == 60
    shapefile(tmp_path / "edge.shp", {"n": [1]}, [box(*metres(-0.5, -0.5), *metres(9, 9))], None, "UTF-8")
    assert "the file has no CRS" in refused(pocket(tmp_path, extent={"path": "edge.shp"}), MissingCRSError)


def test_grids_become_centroids(tmp_path):
    cells = [box(*metres(i, i), *metres(i + 0.5, i + 0.5)) for i in range(4)]
    layer(tmp_path / "cells.gpkg", {"pop": [10.0, None, 0.0, 5.0]}, cells)
    grid = {"format": "grid", "path": "cells.gpkg", "columns": {"residents": "pop"}, "empty_cells": "drop"}
    grid_osm(tmp_path / "grid.osm")

    def district(policy, **more):
        return recipe_file(tmp_path / "recipe.yaml", {"ways": WAYS, "demand": {**grid, "empty_cells": policy, **more}})

    dropped = import_district(district("drop"))
    assert dropped.demand["residents"].tolist() == [10.0, 0.0, 5.0]
    assert dropped.demand.geometry.iloc[0].distance(cells[0].centroid) < 1e-6
    assert "1 rows: empty cells without a number of residents" in dropped.manifest.sources[-1].told()
    zero = import_district(district("zero"))
    assert zero.demand["residents"].tolist() == [10.0, 0.0, 0.0, 5.0]
    assert "1 empty cells taken as nobody" in zero.manifest.sources[-1].told()
    text = refused(district("error"), SourceError)
    assert (
        "row #2: the cell has no number of residents; expected a number; found nothing. Say what an empty cell is"
        in text
    )
    text = refused(district("error", columns={}), SourceError)
    assert "key columns.residents: the source has no such column; expected one of fid, pop" in text


def test_districts_without_people(tmp_path):
    grid_osm(tmp_path / "grid.osm")
    district = import_district(recipe_file(tmp_path / "recipe.yaml", {"ways": WAYS}, network_only=True))
    assert not district.has("demand")
    assert district.demand.empty
    again = read_district(write_district(district, tmp_path / "out"))
    assert again.manifest.network_only


def test_rooms_from_a_workbook(tmp_path):
    book = openpyxl.Workbook()
    head = ["编号", "station", "sign", "function", "storey", "area_m2", "capacity", "water", "sound", "private"]
    book.active.append(head)
    book.active.append(["1-2", "d1", "多功能室", "会议", 1, "１２０", 40, "是", "ordinary", "否"])
    book.save(tmp_path / "rooms.xlsx")
    station = {**DEMAND, "set": {"name": "S {id}", "kind": "post", "access": "public"}}
    rooms = {"format": "table", "path": "rooms.xlsx", "columns": {"id": "编号"}}
    district = import_district(pocket(tmp_path, layers={"stations": station, "rooms": rooms}))
    ledger = district.ledger("rooms")
    assert ledger[["id", "area_m2", "water", "private"]].to_numpy().tolist() == [["1-2", 120.0, True, False]]
    assert "1 numbers in area_m2 mended" in district.manifest.sources[-1].told()


def test_shapefiles_with_names_cut_after_ten_bytes(tmp_path):
    spots = [Point(metres(i, i)) for i in range(3)]
    path = shapefile(tmp_path / "d.shp", {"常住人口总数": [1, 2, 3]}, spots, CRS, "GBK")
    assert path.exists()
    layers = {"ways": WAYS, "demand": {"format": "vector", "path": "d.shp", "columns": {"residents": "常住人口总数"}}}
    grid_osm(tmp_path / "grid.osm")
    text = refused(recipe_file(tmp_path / "recipe.yaml", layers), SourceError)
    assert "found '常住人口总数'. Did you mean 常住人口总? (Shapefiles cut names after 10 bytes.)" in text
    layers["demand"]["columns"]["residents"] = "常住人口总"
    assert import_district(recipe_file(tmp_path / "recipe.yaml", layers)).demand["residents"].sum() == 6


# bad input, each with its own words


@pytest.mark.parametrize("layer", ["communities", "ways", "backdrop"])
def test_shapes_that_no_projection_holds(tmp_path, layer):
    """A CRS whose degrees are twenty times too wide puts places beyond the globe."""
    drawn = [shapely.box(x, 40.62, x + 0.0009, 40.6209) for x in (109.97, 109.98)]
    drawn[1] = shapely.Polygon([(109.98, 40.62), (109.981, 40.621), (109.981, 40.62), (109.98, 40.621)])
    shapes = drawn if layer == "communities" else [shapely.LineString(shape.exterior.coords) for shape in drawn]
    columns = {"id": ["a", "b"], "name": ["甲", "乙"]}
    path = shapefile(tmp_path / "s.shp", columns, shapes, "EPSG:4326", "UTF-8")
    prj = path.with_suffix(".prj")
    prj.write_text(re.sub(r"0\.0174\d*", "0.2925", prj.read_text()))
    source = {"format": "vector", "path": "s.shp", "datum": "wgs84"}
    if layer == "communities":
        text = refused(pocket(tmp_path, layers={layer: {**source, "set": {"subdistrict": "x"}}}))
        assert text.count("a coordinate is not a finite number") == 2
    else:
        more = {} if layer == "ways" else {"set": {"kind": "water"}}
        text = refused(pocket(tmp_path, layers={layer: {**source, **more}}))
        assert "not a finite number" in text or "leaves the map" in text


def test_missing_file(tmp_path):
    path = pocket(tmp_path)
    (tmp_path / "demand.csv").unlink()
    text = refused(path, SourceError)
    assert re.search(
        r"recipe\.yaml, key layers\.demand\.path: the file is missing; found .*demand\.csv\. Check the path", text
    )


@pytest.mark.parametrize("content", [b"this is no map", b""])
def test_not_a_pbf(tmp_path, content):
    path = pocket(tmp_path)
    (tmp_path / "grid.osm").write_bytes(content)
    assert re.search(r"grid\.osm: the file is (not an OSM file|empty)", refused(path, SourceError))


def test_missing_crs(tmp_path):
    text = refused(pocket(tmp_path, demand={"crs": None}), MissingCRSError)
    assert "demand.csv, key crs: a table does not tell the CRS of its coordinates. State 'crs'" in text


def test_swapped_axes(tmp_path):
    text = refused(pocket(tmp_path, demand={"x": "lat", "y": "lon"}))
    assert "longitude and latitude are swapped" in text


def test_duplicate_identifiers(tmp_path):
    points_csv(tmp_path / "demand.csv", demand_rows(8) + demand_rows(1))
    text = refused(pocket(tmp_path))
    assert (
        "demand, row d0 (demand.csv on line 2, demand.csv on line 10), column id: the identifier stands more than once; found 'd0'"
        in text
    )


def test_population_that_is_negative_or_no_number(tmp_path):
    rows = demand_rows()
    rows[3]["residents"] = -5
    points_csv(tmp_path / "demand.csv", rows)
    assert (
        "demand, row d3 (demand.csv on line 5), column residents: the value is too small; expected residents, at least 0; found -5"
        in refused(pocket(tmp_path))
    )
    rows[4]["residents"] = "约120"
    points_csv(tmp_path / "demand.csv", rows)
    text = refused(pocket(tmp_path), SourceError)
    assert (
        "row on line 6, column residents: the value is no number; expected a number: residents; found '约120'" in text
    )


def test_unknown_column_of_the_source(tmp_path):
    text = refused(pocket(tmp_path, demand={"columns": {"residents": "resident"}}), SourceError)
    assert "key columns.residents: the source has no such column" in text
    assert "Did you mean residents?" in text
    station = {**DEMAND, "set": {"name": "{nmae}", "kind": "post", "access": "public"}}
    text = refused(pocket(tmp_path, layers={"stations": station}), SourceError)
    assert "key set.name: the source has no such column; expected one of id, lon, lat, residents; found 'nmae'" in text


def test_station_kind_that_is_unknown(tmp_path):
    points_csv(tmp_path / "stations.csv", demand_rows(2, kind="shop", name="x", access="public"))
    text = refused(pocket(tmp_path, layers={"stations": {**DEMAND, "path": "stations.csv"}}))
    assert (
        "stations, row d0 (stations.csv on line 2), column kind: the value is not known; expected one of district_centre"
        in text
    )


def test_a_column_that_the_layer_needs(tmp_path):
    text = refused(pocket(tmp_path, layers={"stations": DEMAND}))
    assert "stations, column name: the column is missing" in text
    assert "stations, column kind: the column is missing" in text


def test_conditions_that_cannot_be_answered(tmp_path):
    text = refused(pocket(tmp_path, demand={"where": "age > 3"}), SourceError)
    assert (
        "key where: the condition cannot be answered; expected age > 3; found the column 'age' is not in the source"
        in text
    )
    text = refused(pocket(tmp_path, demand={"where": "residents > 1000"}), SourceError)
    assert "the condition keeps no row; expected residents > 1000; found 0 of 10 rows" in text


def test_gbk_declared_utf8(tmp_path):
    points_csv(tmp_path / "demand.csv", demand_rows(name="黄金"), "gbk")
    text = refused(pocket(tmp_path, demand={"encoding": "utf-8"}), SourceError)
    assert "the text is not in the encoding it should be in; expected utf-8; found bytes that only fit gbk" in text
    path = shapefile(tmp_path / "d.shp", {"residents": [1], "name": ["黄金"]}, [Point(metres(1, 1))], CRS, "GBK")
    path.with_suffix(".cpg").write_text("UTF-8")
    layers = {"ways": WAYS, "demand": {"format": "vector", "path": "d.shp"}}
    with pytest.warns(SourceEncodingWarning, match=r"declares utf-8, but the text is gbk"):
        import_district(recipe_file(tmp_path / "recipe.yaml", layers))


def test_lines_that_are_none(tmp_path):
    here = metres(1, 1)
    shapes = [LineString([here, here]), Point(here), LineString([here, metres(2, 2)])]
    layer(tmp_path / "ways.gpkg", {"n": range(3)}, shapes)
    points_csv(tmp_path / "demand.csv", demand_rows())
    layers = {"ways": {"format": "vector", "path": "ways.gpkg"}, "demand": DEMAND}
    text = refused(recipe_file(tmp_path / "recipe.yaml", layers))
    assert "row #1, column geometry: the line has no length; expected a line longer than zero" in text
    assert "row #2, column geometry: the geometry is of the wrong type; expected a line; found Point" in text


def test_points_that_are_several(tmp_path):
    shapes = [shapely.MultiPoint([metres(1, 1), metres(2, 2)]), shapely.MultiPoint([metres(1, 1)])]
    layer(tmp_path / "d.gpkg", {"residents": [1, 2]}, shapes)
    grid_osm(tmp_path / "grid.osm")
    path = recipe_file(tmp_path / "recipe.yaml", {"ways": WAYS, "demand": {"format": "vector", "path": "d.gpkg"}})
    assert "row #1, column geometry: the feature has several points; expected one point; found 2 points" in refused(
        path
    )


def test_areas_that_cross_themselves_are_repaired(tmp_path):
    bow = Polygon([metres(0, 0), metres(2, 2), metres(2, 0), metres(0, 2)])
    layer(tmp_path / "k.gpkg", {"id": ["k1"], "name": ["园"], "enclosed": ["否"]}, [bow])
    district = import_district(pocket(tmp_path, layers={"compounds": {"format": "vector", "path": "k.gpkg"}}))
    notes = {note.layer: note.told() for note in district.manifest.sources}
    assert "1 areas that crossed themselves repaired" in notes["compounds"]
    assert district.compounds.is_valid.all()


def test_a_layer_that_osm_does_not_have(tmp_path):
    text = refused(pocket(tmp_path, layers={"buildings": WAYS}), SourceError)
    assert "grid.osm: the file holds no buildings; found 0 features with the tags asked for" in text


def test_problems_of_several_sources_come_together(tmp_path):
    rows = demand_rows()
    rows[2]["residents"] = "many"
    points_csv(tmp_path / "stations.csv", rows)
    station = {**DEMAND, "path": "stations.csv", "columns": {"floor_area_m2": "residents"}, "crs": None}
    with pytest.raises(GeodataError) as caught:
        import_district(pocket(tmp_path, demand={"where": "age > 3"}, layers={"stations": station}))
    assert type(caught.value) is GeodataError
    assert len(caught.value.problems) == 2


def test_problems_of_ways_do_not_hide_those_of_the_rest(tmp_path):
    path = pocket(tmp_path, demand={"columns": {"residents": "people"}})
    (tmp_path / "grid.osm").write_bytes(b"no map")
    text = refused(path, SourceError)
    assert "1. " in text
    assert "the file is not an OSM file" in text
    assert "2. " in text
    assert "the source has no such column" in text


def test_formats_that_are_unknown(tmp_path):
    text = refused(pocket(tmp_path, demand={"format": "shp"}), RecipeError)
    assert "key layers.demand.format: the format is not known; expected one of osm, graphml, vector" in text


# datum mistakes


def dense(tmp_path, shift=None):
    """Write streets at uneven distances, and houses that stand beside them."""
    size = 14
    rng = np.random.default_rng(7)
    columns, rows = np.cumsum(rng.uniform(1.2, 3.4, size)), np.cumsum(rng.uniform(0.9, 2.6, size))
    nodes = {1 + r * size + c: at(columns[c], rows[r]) for r in range(size) for c in range(size)}
    ways = {}
    for k in range(size):
        ways[100 + k] = ([1 + k * size + c for c in range(size)], {"highway": "residential"})
        ways[200 + k] = ([1 + r * size + k for r in range(size)], {"highway": "residential"})
    osm_xml(tmp_path / "grid.osm", nodes, ways)
    spots = []
    for _ in range(300):
        k, t = rng.integers(1, size - 1), rng.uniform(0.1, 0.9)
        side = rng.choice([-1, 1]) * rng.uniform(0.12, 0.3)
        along = rng.random() < 0.5
        spots.append(at(t * columns[-1], rows[k] + side) if along else at(columns[k] + side, t * rows[-1]))
    lonlat = np.array(spots)
    lonlat = lonlat if shift is None else shift(lonlat)
    table = [{"id": f"d{i}", "lon": x, "lat": y, "residents": 10} for i, (x, y) in enumerate(lonlat)]
    points_csv(tmp_path / "demand.csv", table)


def test_a_datum_stated_by_mistake_is_noticed(tmp_path):
    dense(tmp_path)
    said = refused(pocket(tmp_path, demand={"datum": "gcj02"}))
    assert "the layer looks like WGS 84: moved by" in said
    assert "State 'datum: wgs84'" in said


def test_degrees_inside_china_must_say_their_datum_and_no_others(tmp_path):
    bare = {key: value for key, value in DEMAND.items() if key != "datum"}
    grid_osm(tmp_path / "grid.osm")
    points_csv(tmp_path / "demand.csv", demand_rows())
    said = refused(recipe_file(tmp_path / "r.yaml", {"ways": WAYS, "demand": bare}))
    assert "demand.csv, key datum: the datum of the degrees is not stated; expected cgcs2000 (survey" in said
    rows = [
        {**row, "lon": metres(0.3 + 0.45 * i, 0)[0], "lat": metres(0, 0.2)[1]} for i, row in enumerate(demand_rows())
    ]
    points_csv(tmp_path / "demand.csv", rows)
    projected = import_district(recipe_file(tmp_path / "r.yaml", {"ways": WAYS, "demand": {**bare, "crs": CRS}}))
    assert projected.manifest.sources[-1].datum == ""
    # in Porto Alegre nobody has heard of a datum
    west, south = -51.22, -30.03
    nodes = {1: (west, south), 2: (west + 0.003, south), 3: (west + 0.003, south + 0.003)}
    osm_xml(tmp_path / "grid.osm", nodes, {9: ([1, 2, 3], {"highway": "residential"})})
    points_csv(tmp_path / "demand.csv", [{"id": "d", "lon": west, "lat": south, "residents": 1}])
    away = recipe_file(tmp_path / "r.yaml", {"ways": WAYS, "demand": bare}, crs="EPSG:31982")
    assert "datum" not in " ".join(note.told() for note in import_district(away).manifest.sources)


def test_right_places_raise_no_doubt(tmp_path):
    dense(tmp_path)
    assert "look" not in import_district(pocket(tmp_path)).manifest.sources[-1].told()


@pytest.mark.parametrize(
    ("shift", "name", "code"), [(wgs84_to_gcj02, "GCJ-02", "gcj02"), (wgs84_to_bd09, "BD-09", "bd09")]
)
def test_shifted_layers_are_noticed_and_mended(tmp_path, shift, name, code):
    dense(tmp_path, shift)
    wide = {"extent": [LON_WEST, 40.5, 110.2, 40.8]}
    said = refused(pocket(tmp_path, **wide))
    assert f"demand.csv, key layers.demand.datum: the layer looks like {name}: moved by" in said
    assert f"State 'datum: {code}' for this source in the recipe. If you have seen" in said
    sure = import_district(pocket(tmp_path, demand={"datum_confirmed": True}, **wide))
    assert "confirmed in the recipe" in sure.manifest.sources[-1].warning[0]
    mended = import_district(pocket(tmp_path, demand={"datum": code}, **wide))
    assert mended.manifest.sources[-1].datum == code


LON_WEST = 109.8


def test_frames_keep_their_types(tmp_path):
    district = import_district(pocket(tmp_path))
    assert isinstance(district.ways, gpd.GeoDataFrame)
    assert pd.api.types.is_integer_dtype(district.ways["u"].dtype)
    assert pd.api.types.is_bool_dtype(district.ways["steps"].dtype)


def test_a_file_geodatabase_is_a_folder(tmp_path):
    frame = gpd.GeoDataFrame({"residents": [1.0, 2.0]}, geometry=[Point(metres(i, i)) for i in (1, 2)], crs=CRS)
    frame.to_file(tmp_path / "d.gdb", driver="OpenFileGDB", layer="people")
    grid_osm(tmp_path / "grid.osm")
    layers = {"ways": WAYS, "demand": {"format": "vector", "path": "d.gdb", "layer": "people"}}
    district = import_district(recipe_file(tmp_path / "recipe.yaml", layers))
    assert district.demand["residents"].tolist() == [1.0, 2.0]
    assert re.search(r"d\.gdb sha256 [0-9a-f]{16}", district.manifest.sources[-1].told())


def test_conditions_on_ways(tmp_path):
    path = pocket(tmp_path)
    layers = {"ways": {**WAYS, "where": "not missing(name)"}, "demand": DEMAND}
    district = import_district(recipe_file(path, layers))
    assert len(district.ways) == 30
    assert "30 rows: they do not satisfy not missing(name)" in district.manifest.sources[0].told()


def test_drawn_ways_outside_the_extent_are_left_out(tmp_path):
    lines = [LineString([metres(0, 0), metres(5, 0)]), LineString([metres(50, 0), metres(55, 0)])]
    layer(tmp_path / "ways.gpkg", {"id": ["near", "far"]}, lines)
    points_csv(tmp_path / "demand.csv", demand_rows(2))
    west, south = at(-1, -1)
    east, north = at(6, 6)
    layers = {"ways": {"format": "vector", "path": "ways.gpkg"}, "demand": DEMAND}
    district = import_district(recipe_file(tmp_path / "recipe.yaml", layers, extent=[west, south, east, north]))
    assert district.ways["id"].tolist() == ["near"]
    assert "1 ways outside the extent" in district.manifest.sources[0].told()


def test_gates_dropped_with_their_ways_are_no_dangling_rows(tmp_path):
    grid_osm(tmp_path / "grid.osm", node_tags={8: {"barrier": "gate"}})
    points_csv(tmp_path / "demand.csv", demand_rows())
    layers = {"ways": {**WAYS, "where": "id == 'w100.1' or id == 'w100.2'"}, "demand": DEMAND}
    west, south = at(-1, -1)
    east, north = at(9, 9)
    district = import_district(recipe_file(tmp_path / "recipe.yaml", layers, extent=[west, south, east, north]))
    assert len(district.ways) == 2
    assert district.gates.empty
    assert "1 gates on ways that were left out" in district.manifest.sources[0].told()


def test_a_place_that_is_node_and_area_is_told_and_so_are_values_beside_others(tmp_path):
    corners = {900 + i: at(2 + 0.2 * (i in (1, 2)), 2 + 0.2 * (i in (2, 3))) for i in range(4)}
    nodes = corners | {910: at(2.1, 2.1), 911: at(2.1, 2.05), 912: at(3.1, 3.1)}
    tags = {
        910: {"amenity": "hospital", "name": "H", "opening_hours": "24/7"},
        911: {"amenity": "hospital", "name": "another in the same house"},
        912: {"amenity": "clinic;hospital", "name": "K"},
    }
    ring = {920: ([900, 901, 902, 903, 900], {"amenity": "hospital", "name": "H"})}
    grid_osm(tmp_path / "grid.osm", nodes=nodes, node_tags=tags, ways=ring)
    source = {"format": "osm", "path": "grid.osm", "where": "amenity == 'hospital'", "set": {"kind": "facility"}}
    made = import_district(
        pocket(tmp_path, layers={"stations": source | {"set": {"kind": "facility", "access": "public"}}})
    )
    (note,) = (note for note in made.manifest.sources if note.layer == "stations")
    assert "1 places stand twice, as a node and as the area round it (n910 in w920): both count" in note.told()
    assert "1 rows hold 'hospital' beside other values in amenity: contains(amenity, \"hospital\")" in note.told()


def test_one_swapped_row_of_many_is_refused(tmp_path):
    rows = [dict(row, id=f"{row['id']}-{i}") for i in range(20) for row in demand_rows()]
    rows[7]["lon"], rows[7]["lat"] = rows[7]["lat"], rows[7]["lon"]
    for row in rows:  # a place whose degrees are on earth either way
        row["lon"], row["lat"] = (row["lon"] - 40, row["lat"]) if row is not rows[7] else (row["lon"], row["lat"] - 40)
    points_csv(tmp_path / "demand.csv", rows)
    nodes = {number: (lon - 40, lat) for number, (lon, lat) in ((1, at(0, 0)), (2, at(6, 6)))}
    osm_xml(tmp_path / "grid.osm", nodes, {100: ([1, 2], {"highway": "residential"})})
    with pytest.raises(
        GeodataError, match="row on line 9: longitude and latitude, or easting and northing, are swapped"
    ):
        import_district(pocket(tmp_path, crs="EPSG:32639"))


def test_hours_of_a_way_that_meets_no_other_are_told(tmp_path):
    nodes = {1: at(0, 0), 2: at(6, 6)}
    osm_xml(tmp_path / "grid.osm", nodes, {100: ([1, 2], {"highway": "footway", "opening_hours": "06:00-20:00"})})
    told = import_district(pocket(tmp_path)).manifest.sources[0].told()
    assert "hours of ways hold nothing: these ways meet no other way" in told


def test_ways_that_close_for_a_season_are_told(tmp_path):
    nodes = {1: at(0, 0), 2: at(6, 0), 3: at(6, 6)}
    ways = {
        100: ([1, 2], {"highway": "footway", "opening_hours": "Apr-Oct 06:00-20:00"}),
        101: ([2, 3], {"highway": "footway", "opening_hours": "06:00-20:00"}),
    }
    osm_xml(tmp_path / "grid.osm", nodes, ways)
    told = import_district(pocket(tmp_path)).manifest.sources[0].told()
    assert "1 ways are not open alike in all weeks, as 'Apr-Oct 06:00-20:00': the week looked at decides" in told
