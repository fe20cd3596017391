"""A new district to fill: what stands in the folder, and what an OSM file fills in."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.shared_data import shared
from workbench.catalogue.sheets import title
from workbench.documents import read_yaml
from workbench.errors import OutputError, SourceError
from workbench.ground.intake.scaffold import Scaffold, new_district, projection
from workbench.ground.intake.templates import fillable
from workbench.scenario import load_scenario

OSM = """<?xml version='1.0' encoding='UTF-8'?>
<osm version="0.6">
  {bounds}
  <node id="1" version="1" timestamp="2026-03-04T00:00:00Z" lat="22.0200" lon="134.9500"/>
  <node id="2" version="1" timestamp="2026-03-04T00:00:00Z" lat="22.0200" lon="134.9600"/>
  <node id="3" version="1" timestamp="2026-05-06T00:00:00Z" lat="22.0201" lon="134.9510">{named}</node>
  <node id="4" version="1" timestamp="2026-03-04T00:00:00Z" lat="22.0202" lon="134.9511">{named}</node>
  <node id="5" version="1" timestamp="2026-03-04T00:00:00Z" lat="22.0300" lon="134.9511">
    <tag k="name" v="望湖驿家站"/><tag k="highway" v="bus_stop"/></node>
  <node id="6" version="1" timestamp="2026-03-04T00:00:00Z" lat="22.0220" lon="134.9540">
    <tag k="name" v="清枫之家"/><tag k="amenity" v="community_centre"/></node>
  <node id="7" version="1" timestamp="2026-03-04T00:00:00Z" lat="22.0220" lon="134.9560">
    <tag k="name" v="望湖党群驿家"/></node>
  <node id="8" version="1" timestamp="2026-03-04T00:00:00Z" lat="22.0220" lon="134.9570">
    <tag k="name" v="快递服务中心"/><tag k="amenity" v="post_office"/></node>
  <way id="10" version="1" timestamp="2026-03-04T00:00:00Z">
    <nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/><tag k="name" v="党群服务中心路"/></way>
  <way id="11" version="1" timestamp="2026-03-04T00:00:00Z">
    <nd ref="3"/><nd ref="6"/><nd ref="7"/><nd ref="3"/>
    <tag k="landuse" v="residential"/><tag k="name" v="枫林苑"/><tag k="barrier" v="wall"/></way>
  <way id="12" version="1" timestamp="2026-03-04T00:00:00Z">
    <nd ref="4"/><nd ref="7"/><nd ref="8"/><nd ref="4"/><tag k="landuse" v="residential"/><tag k="name" v="同名里"/></way>
  <way id="13" version="1" timestamp="2026-03-04T00:00:00Z">
    <nd ref="5"/><nd ref="7"/><nd ref="8"/><nd ref="5"/><tag k="landuse" v="residential"/><tag k="name" v="同名里"/></way>
</osm>
"""
NAMED = '<tag k="name" v="清枫社区党群服务中心"/>'
BOUNDS = '<bounds minlat="22.01" minlon="134.94" maxlat="22.03" maxlon="134.97"/>'


@pytest.fixture(scope="module")
def osm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.osm"
    path.write_text(OSM.format(bounds=BOUNDS, named=NAMED), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def filled(osm: Path) -> Scaffold:
    return new_district(osm.parent / "qf", osm=osm)


def test_a_new_folder_holds_a_sheet_for_every_ledger_and_texts_that_are_read(tmp_path: Path) -> None:
    made = new_district(tmp_path / "New Town", name="新城区")
    folder = tmp_path / "New Town"
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "recipe.yaml", "scenario.yaml", "台账"]
    assert {path.stem for path in (folder / "台账").iterdir()} == {title(name) for name in fillable()}
    recipe = read_yaml(folder / "recipe.yaml")
    assert (recipe["name"], recipe["key"], recipe["crs"]) == ("新城区", "new-town", "请填")
    layers = recipe["layers"]
    assert set(layers) == {*fillable(), "ways", "backdrop", "buildings"} - {"gates"}
    ledgers = [source["path"] for source in layers.values() if source["format"] == "ledger"]
    assert all((folder / path).is_file() for path in ledgers)
    assert load_scenario(folder / "scenario.yaml").title == "新城区"
    assert (made.sheets, made.guessed) == (len(fillable()), ())
    assert "$" not in (folder / "README.md").read_text(encoding="utf-8")


def test_what_an_osm_file_knows_is_filled_in_as_a_guess(osm: Path, filled: Scaffold) -> None:
    assert filled.guessed == (
        ("清枫社区党群服务中心", "名称含“社区党群服务中心”"),
        ("清枫之家", "标签 amenity=community_centre"),
        ("望湖党群驿家", "名称含“党群驿家”"),
    )
    recipe = read_yaml(filled.folder / "recipe.yaml")
    assert recipe["crs"] == "EPSG:4554"
    assert recipe["extent"] == [134.94, 22.01, 134.97, 22.03]
    assert recipe["date"] == "2026-05-06"
    drawn, told = recipe["layers"]["compounds"]
    assert (drawn["format"], told["path"]) == ("osm", "台账/小区台账.xlsx")
    assert "buildings" not in recipe["layers"]  # the file has none
    assert (filled.folder / "map.osm").read_bytes() == osm.read_bytes()
    (kept,) = rows_of(filled.folder / "台账" / "小区台账.xlsx")
    assert (kept["编号"], kept["小区名称"], kept["是否封闭"], kept["户数"]) == ("w11", "枫林苑", "是", None)
    rows = rows_of(filled.folder / "台账" / "阵地台账.xlsx")
    assert [(row["编号"], row["阵地类型"], row["经度"], row["坐标系"]) for row in rows] == [
        ("n3", "社区党群服务中心", "134.9510000", "WGS84"),
        ("n6", "代用公共服务设施", "134.9540000", "WGS84"),
        ("n7", "党群驿家", "134.9560000", "WGS84"),
    ]
    assert {row["核对"] for row in rows} == {"待核对：按 OSM 推断"}


def rows_of(path: Path) -> list[dict[str, object]]:
    head, *rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def test_without_a_stated_box_the_nodes_tell_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "map.osm"
    path.write_text(OSM.format(bounds="", named=""), encoding="utf-8")
    new_district(tmp_path / "qf", osm=path)
    recipe = read_yaml(tmp_path / "qf" / "recipe.yaml")
    assert (recipe["crs"], "extent" in recipe) == ("EPSG:4554", False)


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [(116.3, 40.0, 4548), (109.9, 40.6, 4546), (114.0, 22.5, 4547), (-51.2, -30.0, 32722), (2.3, 48.9, 32631), (179.9, 60, 32660)],
)  # fmt: skip
def test_the_projection_is_that_of_the_place(lon: float, lat: float, code: int) -> None:
    assert projection(lon, lat).to_epsg() == code


def test_the_same_folder_twice_is_the_same_bytes(osm: Path, filled: Scaffold, tmp_path: Path) -> None:
    again = new_district(tmp_path / "qf", osm=osm)
    one, other = (sorted(made.folder.rglob("*.*")) for made in (filled, again))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_a_folder_that_holds_something_stays_as_it_is(filled: Scaffold, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="the folder holds something else"):
        new_district(tmp_path / "full")
    with pytest.raises(OutputError, match="the folder exists already"):
        new_district(filled.folder)


@pytest.mark.parametrize("content", ["no map", "<osm version='0.6'></osm>", "<osm version='0.6'><node id='1'"])
def test_what_is_no_map_is_refused_and_nothing_is_made(content: str, tmp_path: Path) -> None:
    path = tmp_path / "map.osm"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=r"map\.osm"):
        new_district(tmp_path / "qf", osm=path)
    assert not (tmp_path / "qf").exists()


def test_a_file_of_nodes_without_days_asks_for_the_day(tmp_path: Path) -> None:
    path = tmp_path / "map.osm"
    path.write_text('<osm version="0.6"><node id="1" version="1" lat="22.02" lon="134.95"/></osm>', encoding="utf-8")
    made = new_district(tmp_path / "qf", osm=path)
    assert (made.guessed, made.compounds, made.buildings) == ((), 0, 0)
    assert read_yaml(tmp_path / "qf" / "recipe.yaml")["date"] == "请填"


def test_a_real_place(tmp_path: Path) -> None:
    made = new_district(tmp_path / "thu", osm=shared("real/beijing-tsinghua-osm/tsinghua_map.osm"), name="清华园")
    assert (made.compounds, made.guessed) == (6, (("社区服务中心", "名称含“社区服务中心”"),))
