"""A messy sheet as a source of a recipe: placed, matched, spread; what is assumed is said wherever the district goes."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from typer.testing import CliRunner

from tests.ground.builders import at, demand_rows, grid_osm, points_csv, recipe_file
from tests.intake.test_coordinates import mixed_sheet
from workbench.cli import app
from workbench.errors import GeodataError, RecipeError
from workbench.ground.sources import import_district, read_district, read_recipe, write_district
from workbench.ground.sources.placement import wgs84_to_gcj02

OSM = {"format": "osm", "path": "grid.osm"}
DEMAND = {"format": "points", "path": "demand.csv", "crs": "EPSG:4326", "datum": "wgs84", "x": "lon", "y": "lat"}
STATIONS = {
    "format": "ledger",
    "path": "stations.csv",
    "datum": "wgs84",
    "set": {"kind": "community_centre", "access": "public"},
}


def house(nodes, ways, number, column, row, name="", levels="", building="apartments"):
    """Draw a house of 17 by 22 m into an OSM file that is being made."""
    corners = [at(column, row), at(column + 0.2, row), at(column + 0.2, row + 0.2), at(column, row + 0.2)]
    first = 1000 + 10 * number
    nodes |= {first + k: place for k, place in enumerate(corners)}
    tags = {"building": building} | ({"name": name} if name else {}) | ({"building:levels": levels} if levels else {})
    ways[first] = ([*range(first, first + 4), first], tags)


@pytest.fixture
def town(tmp_path):
    """Six streets each way; houses of 6, 6 and 3 storeys in the west, one of unknown use in the east, a school."""
    nodes, ways = {}, {}
    house(nodes, ways, 1, 0.3, 0.3, levels="6")
    house(nodes, ways, 2, 0.3, 1.3, levels="6")
    house(nodes, ways, 3, 0.3, 2.3, levels="3")
    house(nodes, ways, 4, 4.3, 2.3, building="yes")
    house(nodes, ways, 5, 1.5, 4.3, name="第一小学", building="school")
    grid_osm(tmp_path / "grid.osm", nodes=nodes, ways=ways)
    points_csv(tmp_path / "demand.csv", demand_rows())
    return tmp_path


def sheet(folder, name, rows):
    return points_csv(folder / name, rows)


def stations(folder, **more):
    west, east = at(1.0, 2.5), at(4.0, 2.5)
    rows = [
        {"编号": "s1", "名称": "锦绣社区党群服务中心", "所属社区": "锦绣社区", "经度": west[0], "纬度": west[1]},
        {"编号": "s2", "名称": "鸿翔社区党群服务中心", "所属社区": "鸿翔社区", "经度": east[0], "纬度": east[1]},
    ]
    for row, (key, values) in ((row, item) for item in more.items() for row in rows):
        row[key] = values[rows.index(row)]
    return sheet(folder, "stations.csv", rows)


def whole(folder, **more):
    """Write a recipe with communities of which only names are known and people of whom only totals are."""
    stations(folder)
    sheet(
        folder,
        "communities.csv",
        [{"编号": f"c{k}", "名称": name, "街道": "青山街道"} for k, name in enumerate(("锦绣社区", "鸿翔社区"), 1)],
    )
    sheet(folder, "people.csv", [{"社区": "锦绣社区", "常住人口": 1501}, {"社区": "鸿翔社区", "常住人口": 400}])
    layers = {
        "ways": OSM,
        "buildings": OSM,
        "stations": STATIONS,
        "communities": {"format": "ledger", "path": "communities.csv", "areas": "voronoi"},
        "demand": {"format": "ledger", "path": "people.csv", "spread": "buildings"},
    }
    return recipe_file(folder / "recipe.yaml", {**layers, **more.pop("layers", {})}, **more)


def refused(path, kind=GeodataError):
    with pytest.raises(kind) as caught:
        import_district(path)
    return str(caught.value)


def notes(district):
    return {note.layer: note for note in district.manifest.sources}


# from names and totals alone to a district


def test_a_district_of_names_and_totals(town):
    district = import_district(whole(town, totals={"residents": 1901, "stations": 3}))
    communities, demand = district.communities, district.demand
    assert communities["name"].tolist() == ["锦绣社区", "鸿翔社区"]
    middle = shapely.Point(*shapely.get_coordinates(shapely.union_all(district.stations.geometry.array)).mean(axis=0))
    assert shapely.distance(communities.geometry.iloc[0], middle) < 0.01
    assert communities.geometry.iloc[0].intersection(communities.geometry.iloc[1]).area < 1e-6
    assert demand.groupby("community")["residents"].sum().to_dict() == {"c1": 1501, "c2": 400}
    assert demand.sort_values("id")["residents"].tolist() == [601, 600, 300, 400]  # 6 : 6 : 3 storeys
    assert district.stations["community"].tolist() == ["c1", "c2"]


def test_each_assumption_is_said_everywhere(town):
    district = import_district(whole(town))
    said = notes(district)
    (areas,), (people,) = said["communities"].assumed, said["demand"].assumed
    assert areas == "社区边界：2 个社区按离中心点最近划分（泰森多边形，裁到路网外沿），不是法定边界"
    assert people == (
        "居民分布：2 个社区的总数；按住宅建筑面积（底面积×层数）分摊；1 栋没有层数，按 6 层计；1 片没有注明的住宅，用了用途不明的全部建筑；"
        "合计 1,901 人，落在 4 处"
    )
    manifest = district.manifest
    assert manifest.notice.endswith(" · 含推定【推】：社区、需求点") or "含推定【推】" in manifest.notice
    assert f"推定【推】{areas}" in manifest.credit_notes
    again = read_district(write_district(district, town / "out"))
    assert again.manifest == district.sealed.manifest
    shown = CliRunner().invoke(app, ["validate", str(town / "out")]).output
    assert f"  assumed   {areas}" in shown
    assert f"  assumed   {people}" in shown


def test_the_figure_of_such_a_district_says_it(town):
    from tests.plot.said import drawn
    from workbench.plot import ground_map

    figure = drawn(ground_map(import_district(whole(town))))
    foot = figure.get_supxlabel().replace("\n", "")
    assert "推定【推】社区边界：2 个社区按离中心点最近划分" in foot
    assert any("含推定【推】" in text.get_text() for text in figure.axes[0].texts)


def test_a_measured_district_says_nothing_of_it(town):
    district = import_district(recipe_file(town / "r.yaml", {"ways": OSM, "demand": DEMAND}))
    assert "推定" not in district.manifest.notice
    assert not any("推定" in note for note in district.manifest.credit_notes)


def test_control_totals_are_held_against_what_came(town):
    write_district(import_district(whole(town, totals={"residents": 2000, "stations": 2})), town / "out")
    again = read_district(town / "out")
    assert again.control_totals().to_dict("records") == [
        {"项目": "居民", "控制数": 2000, "底数": 1901, "相差": -99, "相差比例": "-5.0%"},
        {"项目": "党群服务阵地", "控制数": 2, "底数": 2, "相差": 0, "相差比例": "+0.0%"},
    ]
    shown = CliRunner().invoke(app, ["validate", str(town / "out")]).output
    assert "控制数 居民：2,000，底数 1,901，相差 -99 -5.0%" in shown


def test_a_total_of_what_nobody_counted_is_no_zero(town):
    district = import_district(whole(town, totals={"age_0_6": 50, "residents": 1901.5}))
    bands, people = district.control_totals().to_dict("records")
    assert np.isnan(bands["底数"])
    assert bands["相差比例"] == ""
    shown = CliRunner().invoke(app, ["validate", str(write_district(district, town / "out"))]).output
    assert "控制数 0–6岁：50，底数没有这一项" in shown
    assert "控制数 居民：1,901.5，底数 1,901，相差 -0.5 -0.0%" in shown
    assert (people["底数"], people["相差"]) == (1901, -0.5)


def test_people_are_scaled_to_a_total(town):
    layer = {"demand": {"format": "ledger", "path": "people.csv", "spread": "buildings", "scale_to": 3802}}
    district = import_district(whole(town, layers=layer))
    assert district.demand.groupby("community")["residents"].sum().to_dict() == {"c1": 3002, "c2": 800}
    assert "按控制数 3,802 人整体乘以 2.000" in notes(district)["demand"].assumed[0]


def test_a_community_that_nobody_knows_stops_the_spread(town):
    path = whole(town)
    sheet(town, "people.csv", [{"社区": "锦绣社区", "常住人口": 1501}, {"社区": "外地社区", "常住人口": 400}])
    assert "不知道这一行说的是哪个社区，或一个社区有两行; found 外地社区" in refused(path)


def test_people_of_a_community_without_a_centre_are_refused_with_what_to_do(town):
    """No station names 和平社区 and no map has it: there is no area for its people."""
    path = whole(town)
    names = ("锦绣社区", "鸿翔社区", "和平社区")
    sheet(town, "communities.csv", [{"编号": f"c{k}", "名称": n, "街道": "青山街道"} for k, n in enumerate(names)])
    sheet(town, "people.csv", [{"社区": n, "常住人口": 100} for n in names])
    said = refused(path)
    assert "这个社区没有中心点，或中心点在区外，划不出范围; found 和平社区" in said
    assert "不知道这一行说的是哪个社区" not in said


def test_what_is_wrong_with_a_ledger_is_said_in_chinese(town):
    """And a condition offers the columns of the sheet, not those that are kept beside it."""
    stations(town, 编号=["s1", "s1"], 建筑面积=[80, 90], 居民活动面积=[100, 60], 开放时间=["", ""])
    path = town / "r.yaml"
    said = refused(recipe_file(path, {"ways": OSM, "demand": DEMAND, "stations": STATIONS}))
    assert (
        "row s1 (stations.csv 第 2 行, stations.csv 第 3 行), column 编号: 编号重复; found 's1'. 给每一行各自的编号"
        in said
    )
    stations(town, 建筑面积=[80, 90], 居民活动面积=[100, 60])
    said = refused(recipe_file(path, {"ways": OSM, "demand": DEMAND, "stations": STATIONS}))
    assert "row s1 (stations.csv 第 2 行), column 居民活动面积（㎡）: 居民活动面积大于建筑面积; found 100" in said
    layers = {"ways": OSM, "demand": DEMAND, "stations": {**STATIONS, "where": "nothing == 1"}}
    said = refused(recipe_file(path, layers))
    assert "resident_area_m2" in said
    assert "_line" not in said


# grids


def test_a_grid_is_spread_by_overlap(town):
    """Two cells of 200 m; the border of the communities runs through the second."""
    stations(town)
    path = whole(town)
    cells = [
        {"id": f"g{k}", "lon": at(c, 2.5)[0], "lat": at(0, 2.5)[1], "residents": 100} for k, c in enumerate((1.0, 2.5))
    ]
    points_csv(town / "grid.csv", cells)
    grid = {
        **DEMAND,
        "format": "grid",
        "path": "grid.csv",
        "empty_cells": "error",
        "cell_m": 200,
        "spread": "communities",
    }
    district = import_district(whole(town, layers={"demand": grid}))
    assert district.demand["residents"].sum() == 200
    of_second = district.demand[district.demand["id"].str.startswith("g1")]
    assert of_second["residents"].tolist() == [50, 50]
    assert set(of_second["community"]) == {"c1", "c2"}
    assert path.exists()


def test_points_have_no_area_to_spread_over(town):
    grid = {**DEMAND, "format": "grid", "empty_cells": "error", "spread": "communities"}
    said = refused(whole(town, layers={"demand": grid}))
    assert "a point has no area to spread people over" in said
    assert "State cell_m" in said


# rows without coordinates


def test_rows_without_coordinates_are_matched_or_listed(town):
    rows = [
        {"编号": "s1", "名称": "党群驿家", "地址": "青山路1号第一小学旁", "经度": "", "纬度": ""},
        {"编号": "s2", "名称": "某某驿站", "地址": "", "经度": "", "纬度": ""},
        {"编号": "s3", "名称": "和平驿站", "地址": "", "经度": at(2, 2)[0], "纬度": at(2, 2)[1]},
    ]
    sheet(town, "stations.csv", rows)
    sheet(
        town,
        "rooms.csv",
        [{"编号": f"r{k}", "所属阵地": name, "门牌名称": "活动室"} for k, name in enumerate(("党群驿家", "某某驿站"))],
    )
    district = import_district(recipe_file(town / "r.yaml", {"ways": OSM, "demand": DEMAND, "stations": STATIONS}))
    note = notes(district)["stations"]
    assert district.stations["id"].tolist() == ["s1", "s3"]
    school = shapely.Point(district.stations.geometry.iloc[0])
    assert note.unplaced == ("第 3 行“某某驿站”：没有相像的地名",)
    assert note.waiting == ("某某驿站",)
    assert note.left_out == ("1 行：没有落点，须补坐标或改正名称、地址",)
    assert any("放在“第一小学”（地图地名），相似 95 分" in words for words in note.guessed)
    assert school.distance(shapely.Point(*district.stations.geometry.iloc[1].coords[0])) > 100


def test_what_a_refused_cell_holds_is_not_told_on(town):
    stations(town, 建筑面积=["张三 13800001111", 300])
    layers = {"ways": OSM, "demand": DEMAND, "stations": {**STATIONS, "refused": "leave_out"}}
    note = notes(import_district(recipe_file(town / "r.yaml", layers)))["stations"]
    assert "建筑面积：读不出数字（第 2 行）" in repr(note)
    assert "张三" not in repr(note)


def test_another_city_is_refused_unless_it_may_be_left_out(town):
    stations(town, 经度=[116.4, at(4, 2)[0]], 名称=["远方", "鸿翔社区党群服务中心"])
    layers = {"ways": OSM, "demand": DEMAND, "stations": STATIONS}
    said = refused(recipe_file(town / "r.yaml", layers))
    assert "第 2 行" in said
    assert "不在本区：离本区约" in said
    assert "refused: leave_out" in said
    layers["stations"] = {**STATIONS, "refused": "leave_out"}
    district = import_district(recipe_file(town / "r.yaml", layers))
    assert district.stations["id"].tolist() == ["s2"]
    assert len(notes(district)["stations"].unplaced) == 1


def test_rows_that_say_their_datum_land_where_they_should(town):
    lon, lat = wgs84_to_gcj02(np.array([at(1.0, 2.5)]))[0]
    plainly = import_district(
        recipe_file(stations(town).parent / "r.yaml", {"ways": OSM, "demand": DEMAND, "stations": STATIONS})
    )
    stations(town, 经度=[lon, at(4, 2.5)[0]], 纬度=[lat, at(4, 2.5)[1]], 坐标系=["高德", ""])
    shifted = import_district(recipe_file(town / "r.yaml", {"ways": OSM, "demand": DEMAND, "stations": STATIONS}))
    assert shapely.distance(*(d.stations.geometry.iloc[0] for d in (plainly, shifted))) < 0.01


# the recipe


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ({"communities": {"format": "ledger", "path": "c.csv"}}, "layers.communities.areas: a ledger has no borders"),
        ({"stations": {**STATIONS, "areas": "voronoi"}}, "layers.stations.areas: only communities can be assumed so"),
        ({"stations": {**STATIONS, "spread": "buildings"}}, "layers.stations.spread: only demand can be assumed so"),
        ({"demand": {"format": "ledger", "path": "demand.csv", "scale_to": 5}}, "only what is spread is scaled"),
        ({"demand": {"format": "ledger", "path": "demand.csv", "spread": "communities"}}, "are spread over buildings"),
        (
            {"buildings": {"format": "ledger", "path": "demand.csv"}},
            "the format ledger cannot make the layer buildings",
        ),
    ],
)
def test_assumptions_that_do_not_fit(town, layers, words):
    stations(town)
    points_csv(town / "c.csv", [{"名称": "锦绣社区"}])
    with pytest.raises(RecipeError) as caught:
        read_recipe(recipe_file(town / "r.yaml", {"ways": OSM, "demand": DEMAND, **layers}))
    assert words in str(caught.value)


def test_totals_of_what_is_not_counted(town):
    with pytest.raises(RecipeError, match="totals.residence: nothing of that name is counted"):
        read_recipe(recipe_file(town / "r.yaml", {"ways": OSM, "demand": DEMAND}, totals={"residence": 5}))


def test_rooms_follow_their_station_by_name(town):
    """Those of a station that could not be placed cannot come either; the others get its identifier."""
    rows = [
        {"编号": "s1", "名称": "学校驿家", "地址": "第一小学旁", "经度": "", "纬度": ""},
        {"编号": "s2", "名称": "某某驿站", "地址": "", "经度": "", "纬度": ""},
    ]
    sheet(town, "stations.csv", rows)
    sheet(town, "rooms.csv", [
        {"编号": f"r{k}", "所属阵地": name, "门牌名称": "活动室", "用途": "活动", "楼层": 1, "面积": 40, "容纳人数": 20, "上下水": "是"}
        for k, name in enumerate(("学校驿家", "某某驿站", "学校党群驿站"), 1)
    ])  # fmt: skip
    given = {"sound": "ordinary", "private": False, "function": "event"}
    rooms = {"format": "ledger", "path": "rooms.csv", "set": given}
    layers = {"ways": OSM, "demand": DEMAND, "stations": STATIONS, "rooms": rooms}
    district = import_district(recipe_file(town / "r.yaml", layers))
    assert district.ledger("rooms")[["id", "station"]].to_numpy().tolist() == [["r1", "s1"], ["r3", "s1"]]
    note = notes(district)["rooms"]
    assert "1 rows: of stations outside the extent" in note.left_out
    assert any("“学校党群驿站”按名称认作“学校驿家”" in words for words in note.guessed)


def test_gates_of_a_ledger_land_on_their_ways(town):
    place = at(1.0, 2.5)
    sheet(town, "gates.csv", [{"编号": "g1", "小区": "", "通行对象": "公众", "经纬度": f"{place[0]} {place[1]}"}])
    gates = {"format": "ledger", "path": "gates.csv", "datum": "wgs84"}
    district = import_district(recipe_file(town / "r.yaml", {"ways": OSM, "demand": DEMAND, "gates": gates}))
    (gate,) = district.gates.itertuples()
    assert (gate.id, gate.access) == ("g1", "public")
    assert gate.node in set(district.ways["u"]) | set(district.ways["v"])


def test_a_sheet_that_mixes_datums_stops_the_import_until_it_is_confirmed(town):
    rows, ways, odd = mixed_sheet(3, 0.3, "gcj02")
    lines = gpd.GeoDataFrame({"id": [f"w{k}" for k in range(len(ways))]}, geometry=list(ways), crs="EPSG:4546")
    lines.to_file(town / "ways.gpkg")
    sheet(
        town, "people.csv", [{"编号": f"d{k}", "人数": 5, "经度": r["_x"], "纬度": r["_y"]} for k, r in enumerate(rows)]
    )
    demand = {"format": "ledger", "path": "people.csv", "datum": "wgs84"}
    layers = {"ways": {"format": "vector", "path": "ways.gpkg"}, "demand": demand}
    said = refused(recipe_file(town / "r.yaml", layers))
    listed = {int(line) for line in re.findall(r"第 (\d+) 行", said)}
    assert len(listed & set(np.flatnonzero(odd) + 2)) >= 0.7 * odd.sum()
    assert "与同表其他行像是不同坐标系：按 WGS 84 不合，按 GCJ-02 离最近道路" in said
    assert "在表里加一列“坐标系”" in said
    layers["demand"] = {**demand, "datum_confirmed": True}
    district = import_district(recipe_file(town / "r.yaml", layers))
    assert len(district.demand) == len(rows)
    assert any("像是不同坐标系" in words for words in notes(district)["demand"].warning)


def test_a_ledger_of_compounds_tells_of_those_that_are_drawn(town):
    """By name, even without coordinates: the drawing keeps its shape, the ledger gives the rest; others stay points."""
    corners = [at(1.2, 1.2), at(1.8, 1.2), at(1.8, 1.8), at(1.2, 1.8)]
    nodes, ways = dict(enumerate(corners, 700)), {}
    ways[700] = ([700, 701, 702, 703, 700], {"landuse": "residential", "name": "锦绣苑"})
    grid_osm(town / "grid.osm", nodes=nodes, ways=ways)
    there = at(3.5, 3.5)
    rows = [
        {"编号": "k01", "小区名称": "锦绣苑小区", "户数": 320, "是否封闭": "是", "经度": "", "纬度": ""},
        {"编号": "k02", "小区名称": "鸿翔家园", "户数": 80, "是否封闭": "否", "经度": there[0], "纬度": there[1]},
    ]
    sheet(town, "compounds.csv", rows)
    both = [OSM, {"format": "ledger", "path": "compounds.csv", "datum": "wgs84"}]
    district = import_district(recipe_file(town / "r.yaml", {"ways": OSM, "demand": DEMAND, "compounds": both}))
    told = district.compounds.set_index("id")
    assert told["households"].to_dict() == {"k01": 320, "k02": 80}
    assert told["enclosed"].to_dict() == {"k01": True, "k02": False}
    assert told["name"].to_dict() == {"k01": "锦绣苑", "k02": "鸿翔家园"}
    assert told.geometry.geom_type.to_dict() == {"k01": "MultiPolygon", "k02": "Point"}
    note = notes(district)["compounds"]
    assert (note.held, note.rows) == (2, 2)
    assert "1 个小区按名称并入图上已有的小区，编号、户数等以台账为准" in note.changed


def test_a_ledger_of_compounds_without_names_is_refused_beside_drawn_ones(town):
    """Alone it needs none."""
    there = at(3.5, 3.5)
    sheet(town, "compounds.csv", [{"编号": "k02", "户数": 80, "是否封闭": "否", "经度": there[0], "纬度": there[1]}])
    ledger = {"format": "ledger", "path": "compounds.csv", "datum": "wgs84"}
    said = refused(recipe_file(town / "r.yaml", {"ways": OSM, "demand": DEMAND, "compounds": [ledger, ledger]}))
    assert "没有小区名称，无从与图上的小区对上" in said


def test_without_an_extent_communities_end_where_the_ways_do(town):
    """A hull of ways grown by 50 m; with an extent they fill that."""
    district = import_district(whole(town))
    west, south, east, north = district.ways.total_bounds
    bounds = district.communities.total_bounds - np.array([west, south, east, north])
    assert np.abs(bounds - [-50, -50, 50, 50]).max() < 1
    box = [*at(-1, -1), *at(6, 6)]
    filled = import_district(whole(town, extent=box)).communities
    assert shapely.union_all(filled.geometry.array).area == pytest.approx(7 * 84.7 * 7 * 111.1, rel=0.01)


def test_where_rows_say_they_live_and_what_is_left_of_them(town):
    """Drawn communities: names become identifiers, a name that nobody knows is missing; conditions come first."""
    west, east = at(1.0, 2.5), at(4.0, 2.5)
    areas = [shapely.box(*at(-1, -1), *at(2.5, 6)), shapely.box(*at(2.5, -1), *at(6, 6))]
    names = {"id": ["c1", "c2"], "name": ["锦绣社区", "鸿翔社区"], "subdistrict": ["一街道"] * 2}
    gpd.GeoDataFrame(names, geometry=areas, crs="EPSG:4326").to_file(town / "communities.gpkg")
    rows = [
        ("s1", "一号驿家", "锦绣社区", *west),
        ("s2", "二号驿家", "无人知晓", *east),
        ("s3", "旧驿家", "锦绣社区", 0, 0),
    ]
    heads = ("编号", "名称", "所属社区", "经度", "纬度")
    sheet(town, "stations.csv", [dict(zip(heads, row, strict=True)) for row in rows])
    layers = {
        "ways": OSM,
        "demand": DEMAND,
        "communities": {"format": "vector", "path": "communities.gpkg", "datum": "wgs84"},
        "stations": {**STATIONS, "where": "name != '旧驿家'"},
    }
    district = import_district(recipe_file(town / "r.yaml", layers))
    assert district.stations[["id", "community"]].to_numpy().tolist() == [["s1", "c1"], ["s2", "c2"]]
    note = notes(district)["stations"]
    assert (note.held, note.rows) == (3, 2)
    assert "1 rows: they do not satisfy name != '旧驿家'" in note.left_out
    assert "1 个社区名称找不到，按未注明处理：无人知晓" in note.warning


def test_age_bands_that_are_not_all_given_are_not_taken(town):
    path = whole(town)
    sheet(town, "people.csv", [{"社区": n, "常住人口": 400, "80岁以上": 30} for n in ("锦绣社区", "鸿翔社区")])
    district = import_district(path)
    assert district.demand["age_80_plus"].isna().all()
    assert (
        "2 行只给了部分年龄段（80岁及以上），年龄段未采用；要按人群测算须五段都有" in notes(district)["demand"].warning
    )


def test_age_bands_do_not_overrule_the_stated_residents(town):
    path = whole(town)
    bands = dict(zip(("0-6岁", "7-17岁", "18-59岁", "60-79岁", "80岁以上"), (200, 300, 1009, 400, 100), strict=True))
    sheet(town, "people.csv", [{"社区": n, "常住人口": 2000, **bands} for n in ("锦绣社区", "鸿翔社区")])
    district = import_district(path)
    assert district.demand["residents"].sum() == 4000
    assert "2 行各年龄段之和与居民数略有出入，以居民数为准，年龄段按比例调整" in notes(district)["demand"].changed


def test_nobody_cannot_be_scaled(town):
    path = whole(
        town, layers={"demand": {"format": "ledger", "path": "people.csv", "spread": "buildings", "scale_to": 9}}
    )
    sheet(town, "people.csv", [{"社区": n, "常住人口": 0} for n in ("锦绣社区", "鸿翔社区")])
    assert "没有一个居民，无从按控制数放大" in refused(path)


def test_a_spread_needs_what_it_spreads_over(town):
    path = whole(town)
    layers = {"ways": OSM, "demand": {"format": "ledger", "path": "people.csv", "spread": "buildings"}}
    said = refused(recipe_file(path, layers))
    assert "没有社区，无从分摊居民" in said
    grid = {**DEMAND, "format": "grid", "empty_cells": "error", "cell_m": 100, "spread": "buildings", "scale_to": 1000}
    assert "没有建筑，无从分摊居民" in refused(recipe_file(path, {"ways": OSM, "demand": grid}))
    box = [*at(-1, -1), *at(6, 1.5)]
    district = import_district(recipe_file(path, {"ways": OSM, "demand": grid, "buildings": OSM}, extent=box))
    assert district.demand["residents"].sum() == 1000
    assert "扣除区外" in notes(district)["demand"].assumed[0]
