"""The page on the quality of the ground: a small town with one of every trouble, each counted by hand."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from tests import pocket
from tests.ground.builders import at, grid_osm, points_csv, recipe_file
from tests.plot.said import drawn
from workbench.cli import app
from workbench.coverage.ground_quality import ground_quality
from workbench.ground.sources import read_district
from workbench.plot.quality import quality_map

OSM = {"format": "osm", "path": "town.osm"}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Import it once: a path of two nodes that meets nothing, a wall without a gate, a house and a station far off."""
    folder = tmp_path_factory.mktemp("town")
    nodes = {900: at(6.5, 1), 901: at(6.5, 1.5)}
    nodes |= {910 + k: at(*corner) for k, corner in enumerate(((2.2, 2.2), (2.8, 2.2), (2.8, 2.8), (2.2, 2.8)))}
    walled = {"landuse": "residential", "barrier": "wall", "name": "无门苑"}
    ways = {900: ([900, 901], {"highway": "footway"}), 910: ([910, 911, 912, 913, 910], walled)}
    grid_osm(folder / "town.osm", nodes=nodes, ways=ways)
    people = {"d1": (1.1, 1.5, 100), "d2": (2.5, 2.5, 40), "d3": (6.51, 1.2, 7), "d4": (5, 9, 3)}
    rows = [{"编号": k, "经度": at(c, r)[0], "纬度": at(c, r)[1], "人数": n} for k, (c, r, n) in people.items()]
    points_csv(folder / "people.csv", rows)
    places = {"s1": ("清枫社区党群服务中心", 1.1, 2.5), "s2": ("远处驿家", 3, 10.1)}
    rows = [{"编号": k, "名称": n, "经度": at(c, r)[0], "纬度": at(c, r)[1]} for k, (n, c, r) in places.items()]
    points_csv(folder / "stations.csv", [*rows, {"编号": "s3", "名称": "无处驿家", "经度": "", "纬度": ""}])
    points_csv(folder / "communities.csv", [{"编号": "c1", "名称": "清枫社区", "街道": "一街道"}])
    ledger = {"format": "ledger", "datum": "wgs84"}
    layers = {
        "ways": OSM,
        "compounds": OSM,
        "stations": {**ledger, "path": "stations.csv", "set": {"kind": "post", "access": "public"}},
        "communities": {**ledger, "path": "communities.csv", "areas": "voronoi"},
        "demand": {**ledger, "path": "people.csv"},
    }
    extent = [*at(-0.5, -0.5), *at(7, 10)]
    recipe = recipe_file(
        folder / "recipe.yaml", layers, extent=extent, totals={"residents": 160, "stations": 1, "age_0_6": 9.5}
    )
    done = CliRunner().invoke(app, ["import", str(recipe), "--out", str(folder / "out"), "--report"])
    assert done.exit_code == 0, done.output
    return folder / "out", done.output


@pytest.fixture(scope="module")
def quality(page):
    return ground_quality(read_district(page[0]))


def test_pieces_doors_walls_and_places_outside(quality):
    assert quality.pieces["ways"].tolist() == [60, 1]
    assert quality.pieces["leads"].tolist() == [True, False]
    assert quality.pieces["metres"].iloc[1] == pytest.approx(55.6, abs=1)
    off = {row.id: (row.layer, row.reason) for row in quality.off.itertuples()}
    assert off["d3"] == ("需求点", "只接在孤立路段上")
    assert off["d4"] == ("需求点", "离可走的路过远")
    assert set(off) == {"d2", "d3", "d4"}  # behind its wall, d2 has no way
    assert quality.shut["name"].tolist() == ["无门苑"]
    assert quality.shut["residents"].tolist() == [40]


def test_the_page_says_it_and_needs_nothing_else(page):
    folder, told = page
    text = (folder / "ground.html").read_text(encoding="utf-8")
    for words in (
        "控制数 3 项，居民相差 -10（-6.2%）、0–6岁底数没有这一项。",
        "1 行没有落点，没有采用，见“待补坐标”；阵地也可用 workbench app 在地图上点。",
        "第 4 行“无处驿家”：没有相像的地名",
        "路网 2 片，最大一片占总长",
        "1 片孤立，共 56 m。",
        "接不上路网：居民 50 人（33.3%），阵地 0 处；无门的封闭小区 1 个；",
        "含推定【推】：社区",
        "data:image/png",
    ):
        assert words in text, words
    assert 'src="http' not in text
    assert str(folder / "ground.html") in told


def test_the_map_marks_it(quality):
    figure = drawn(quality_map(quality))
    words = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert "孤立路段（1 片）" in words
    assert "没有可开大门的小区（1）" in words
    assert "接不上路网（需求点 3）" in words
    assert any("含推定【推】：社区" in text.get_text() for text in figure.axes[0].texts)


def test_a_district_without_communities_has_nothing_outside():
    outside = ground_quality(pocket.poor("bare")).outside
    assert outside.empty
    assert outside.crs == pocket.CRS
