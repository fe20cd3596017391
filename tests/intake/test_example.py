"""The example that ships with the project: its files are those that its script makes, and each mess has its right value."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pyproj
import pytest

from tests.intake.sheets import stations
from workbench.catalogue.tables import TABLES
from workbench.errors import SourceError
from workbench.ground.district import District
from workbench.ground.intake.cells import read_cell
from workbench.ground.intake.ledger import is_unfilled, read_ledger
from workbench.ground.intake.scaffold import new_district
from workbench.ground.intake.templates import numbered_by_order, write_template
from workbench.ground.sources import import_district, read_recipe

EXAMPLE = Path(__file__).parents[2] / "geodata" / "own-example"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("own_example", EXAMPLE / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ground() -> District:
    return import_district(EXAMPLE / "recipe.yaml")


def test_the_committed_files_are_those_of_the_script(script: ModuleType, tmp_path: Path) -> None:
    script.make(tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(made) == {"地图.osm", "社区人口.csv", "阵地台账.xlsx", "功能室台账.xlsx"}
    for name, content in made.items():
        assert (EXAMPLE / name).read_bytes() == content, f"{name}: run geodata/own-example/make.py"


def test_every_station_has_its_right_values(ground: District) -> None:
    rows = ground.stations.set_index("name")
    assert len(rows) == 10
    assert rows["floor_area_m2"].tolist() == [850, 120, 90, 1120, 60, 75, 800, 110, 85, 60]
    assert rows["resident_area_m2"].fillna(-1).tolist() == [520, 80, -1, 700, -1, 40, 400, 60, 50, -1]
    assert rows["kind"].value_counts().to_dict() == {"post": 7, "community_centre": 3}
    assert rows["opening_hours"].fillna("").tolist() == [
        "Mo-Fr 08:30-17:30; Sa 09:00-12:00", "Mo-Su 08:00-20:00", "24/7", "Mo-Su 09:00-21:00", "Mo-Fr 09:00-17:00",
        "Tu,Th,Sa 14:00-17:30", "Mo-Fr 09:00-12:00,13:30-17:30", "8:00-22:00", "", "off",
    ]  # fmt: skip
    assert rows["access"].tolist() == ["public"] * 9 + ["closed"]
    names = dict(zip(ground.communities["id"], ground.communities["name"], strict=True))
    assert rows["community"].map(names).tolist() == ["清枫社区"] * 3 + ["柳溪社区"] * 3 + ["望湖社区居委会"] * 4


def test_every_station_stands_where_it_is_however_its_place_was_written(script: ModuleType, ground: District) -> None:
    meant = [(195, 408), (205, 275), (330, 625), (590, 210), (700, 205), None, (1010, 398), (890, 207), (1090, 207), (1092, 205)]  # fmt: skip
    to_grid = pyproj.Transformer.from_crs("EPSG:4326", ground.crs, always_xy=True)
    for row, place in zip(ground.stations.itertuples(), meant, strict=True):
        if place is None:  # no coordinates: put into the compound of its name
            assert row.compound == ground.compounds.set_index("name").loc["教师公寓", "id"]
            continue
        right = to_grid.transform(*script.lonlat(*place))
        off = float(np.hypot(row.geometry.x - right[0], row.geometry.y - right[1]))
        assert off < (2.0 if row.name == "望湖公馆党群驿家" else 0.7), row.name  # a tenth of a second is 3 m


def test_people_add_up_to_the_totals_of_each_community(ground: District) -> None:
    people = ground.demand.groupby("community")["residents"].sum()
    assert [round(float(value), 6) for value in people] == [3600, 2900, 4100]
    assert ground.demand["households"].sum() == pytest.approx(1480 + 1200 + 1650)
    assert ground.control_totals()["相差"].tolist() == [0, 0]


def test_the_compound_of_a_station_follows_it_where_borders_are_assumed(ground: District) -> None:
    compounds = ground.compounds.set_index("name")
    names = dict(zip(ground.communities["id"], ground.communities["name"], strict=True))
    assert names[compounds.loc["教师公寓", "community"]] == "柳溪社区"
    notes = [words for note in ground.manifest.sources if note.layer == "compounds" for words in note.guessed]
    assert any("个小区按其中阵地自报的社区归属" in words for words in notes)


def test_identifiers_of_ledgers_without_a_column_of_them_are_those_of_their_order(ground: District) -> None:
    assert [name for name in ground.tables if numbered_by_order(ground, name)] == ["communities", "demand", "stations"]


def test_rooms_belong_to_the_stations_that_they_name(ground: District) -> None:
    rooms = ground.tables["rooms"].set_index("id")
    assert rooms["area_m2"].tolist() == [120, 80, 40, 25, 60, 55, 200]
    assert rooms["storey"].tolist() == [1, 1, 2, 2, 1, 2, -1]
    assert rooms["capacity"].tolist() == [60, 30, 10, 4, 20, 25, 15]
    assert rooms["equipment"].fillna("").tolist()[:2] == ["projector;audio", "bookshelves"]
    stations = dict(zip(ground.stations["id"], ground.stations["name"], strict=True))
    assert rooms["station"].map(stations).tolist() == ["清枫社区党群服务中心"] * 4 + ["柳溪社区党群服务中心"] * 2 + ["望湖社区党群服务中心"]  # fmt: skip


def test_nothing_is_lost_unlisted_and_a_telephone_number_is_not_read(ground: District) -> None:
    said = "\n".join(note.told() for note in ground.manifest.sources)
    for words in (
        "小计行",
        "合计行",
        "备注或落款",
        "隐藏行",
        "经纬度填反",
        "单位是公里",
        "度分秒",
        "BD-09",
        "GCJ-02",
        "泰森多边形",
    ):
        assert words in said
    assert "13900000000" not in said
    assert "13900000000" not in str(read_ledger(EXAMPLE / "功能室台账.xlsx"))


# --- the page that tells how -----------------------------------------------------------------------


def rows_of_the_page() -> dict[str, str]:
    """What the page says that ledgers hold, and how it says that it is read."""
    text = (EXAMPLE.parents[1] / "docs" / "own-district.md").read_text(encoding="utf-8")
    table = text.partition("|---|---|\n")[2].partition("\n\n")[0]
    return dict(line.strip("| ").split(" | ") for line in table.splitlines())


def read_as(column: str, cell: str) -> object:
    table, _, name = column.partition(".")
    return read_cell(cell, TABLES[table].field(name), table).value


def test_every_row_of_the_page_is_read_as_it_says(ground: District, tmp_path: Path) -> None:
    layout, figures, hours, datums, degrees, nowhere, private = rows_of_the_page()
    said = "\n".join(note.told() for note in ground.manifest.sources)
    assert [word for word in ("小计", "合计", "备注", "隐藏行") if word not in layout or word not in said] == []
    area = "stations.floor_area_m2"
    columns = (area, area, "rooms.capacity", "event_types.cost_yuan", area, area)
    cells = figures.replace("全角数字", "１２０").split("、")
    read = [read_as(column, cell) for column, cell in zip(columns, cells, strict=True)]
    assert read == [120, 300, 10, 12_000, pytest.approx(0.8 * 2000 / 3), 120]
    assert read_as("stations.opening_hours", hours) == "Mo-Fr 08:30-17:30; Sa 09:00-12:00"
    assert read_as("stations.opening_hours", "周六上午") is None
    assert [word for word in ("高德", "百度") if word not in datums] == []
    assert [word for word in ("GCJ-02", "BD-09", "度分秒", "经纬度填反", "单位是公里") if word not in said] == []
    assert [word for word in ("度分秒", "经纬度填反", "公里") if word not in degrees] == []
    assert (nowhere, "教师公寓" in said) == ("没有坐标", True)
    secret = ("张三", "13900000000", "110101199003070011")
    heads = private.removesuffix("的列").split("、")
    cells = [secret[1] if head == "电话" else secret[2] if head == "证件号" else secret[0] for head in heads]
    ledger = stations(tmp_path, ("s1", "甲", *cells), head=("编号", "阵地名称", *heads))
    assert ledger.rows["name"].tolist() == ["甲"]
    assert [word for word in secret if word in str(ledger)] == []


# --- sheets that hold nothing yet ----------------------------------------------------------------


def test_a_sheet_with_its_example_alone_is_not_filled_in(tmp_path: Path) -> None:
    path = write_template(tmp_path / "rooms.xlsx", "rooms")
    assert is_unfilled(path, "rooms")
    assert not is_unfilled(EXAMPLE / "功能室台账.xlsx", "rooms")
    assert not is_unfilled(tmp_path / "none.xlsx", "rooms")
    path.write_bytes(b"x" * 200_000)
    assert not is_unfilled(path, "rooms")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_district(tmp_path_factory.mktemp("new") / "qf", osm=EXAMPLE / "地图.osm").folder


def test_untouched_sheets_are_named_in_one_message(untouched: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read_recipe(untouched / "recipe.yaml")
    (problem,) = caught.value.problems
    assert problem.what == "33 本台账还没有填（只有表头和示例行）"
    assert problem.found.startswith("社区名录、居民人口、候选场所、功能室台账")
    assert problem.mend == "先填社区名录、居民人口；其余没有的可以先空着。"


def test_what_is_not_filled_in_and_not_needed_is_passed_over_and_said(untouched: Path) -> None:
    text = (untouched / "recipe.yaml").read_text(encoding="utf-8")
    for name in ("社区名录", "居民人口"):
        text = text.replace(f"台账/{name}.xlsx", str(EXAMPLE / "社区人口.csv"))
    (untouched / "filled.yaml").write_text(text, encoding="utf-8")
    made = import_district(untouched / "filled.yaml")
    assert set(made.tables) == {"communities", "compounds", "gates", "demand", "ways", "stations", "buildings", "backdrop"}  # fmt: skip
    guesses = [words for note in made.manifest.sources if note.layer == "stations" for words in note.guessed]
    assert any(words.startswith("核对：4 行注明还没有核对，照常采用") for words in guesses)
    (said,) = (words for note in made.manifest.sources for words in note.left_out if "还没有填的台账" in words)
    assert said.startswith("还没有填的台账：候选场所、功能室台账")
    assert made.stations["name"].tolist() == [
        "清枫社区党群服务中心",
        "柳溪社区居委会",
        "望湖社区服务中心",
        "枫林苑党群驿家",
    ]
