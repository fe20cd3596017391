"""Make this example anew: ``.venv/bin/python geodata/own-example/make.py``.

The place is invented and lies on open sea (22.02° N, 134.95° E). The map is a grid of streets with three communities;
the ledgers are such as offices really send, with every kind of mess in them: a test reads each and compares what comes.
"""

# ruff: noqa: RUF005  (a row takes two lines)

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyproj
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from workbench.ground.sources.placement import wgs84_to_bd09, wgs84_to_gcj02
from workbench.office import save_workbook

LON, LAT = 134.95, 22.02
EAST_M, NORTH_M = 111_320 * math.cos(math.radians(LAT)), 110_740.0  # a degree
STREET_M, COLUMNS, ROWS, GATE_M = 200, 7, 5, 120
GRID = "EPSG:4554"  # CGCS2000 / 3-degree Gauss-Kruger CM 135E


def lonlat(x: float, y: float) -> tuple[float, float]:
    """Return where a place lies, from metres east and north of the south-west corner."""
    return round(LON + x / EAST_M, 7), round(LAT + y / NORTH_M, 7)


# ----------------------------------------------------------------------------------------------------------------------
# The map.

COMPOUNDS = (  # column and row of its block, name, walled, storeys
    (0, 1, "枫林苑", True, 18),
    (1, 1, "红枫家园", True, 11),
    (0, 2, "清枫里", False, 6),
    (1, 3, "机械厂家属院", True, 6),
    (2, 1, "柳溪花园", True, 18),
    (3, 1, "溪畔人家", False, 11),
    (2, 3, "柳溪新村", False, 6),
    (3, 3, "教师公寓", True, 6),
    (4, 1, "望湖公馆", True, 26),
    (5, 1, "湖光里", False, 6),
    (4, 3, "望湖新苑", True, 18),
    (5, 3, None, False, 6),
)
PLACES = (  # name, tags, metres east and north
    ("清枫社区党群服务中心", {"amenity": "community_centre"}, 195, 410),
    ("柳溪社区居委会", {"office": "government"}, 590, 205),
    ("望湖社区服务中心", {"amenity": "social_facility"}, 1010, 395),
    ("枫林苑党群驿家", {}, 205, 275),
    ("党群服务中心", {"highway": "bus_stop"}, 180, 405),
    ("望湖小学", {"amenity": "school"}, 930, 510),
)


class Map:
    """An OSM file under way: every object gets the next number."""

    def __init__(self) -> None:
        self.nodes: list[str] = []
        self.ways: list[str] = []
        self.at: dict[tuple[float, float], int] = {}

    def node(self, x: float, y: float, **tags: str) -> int:
        """Return the node at a place; there is one only."""
        if (x, y) not in self.at or tags:
            number = self.at.setdefault((x, y), len(self.at) + 1)
            lon, lat = lonlat(x, y)
            self.nodes[number - 1 : number] = [_element("node", number, tags, f' lat="{lat:.7f}" lon="{lon:.7f}"')]
        return self.at[x, y]

    def way(self, places: Iterable[tuple[float, float]], **tags: str) -> None:
        """Add a way through places."""
        refs = "".join(f'\n    <nd ref="{self.node(*place)}"/>' for place in places)
        self.ways.append(_element("way", 1000 + len(self.ways), tags, "", refs))

    def text(self) -> str:
        """Return the file."""
        west, south, east, north = *lonlat(-50, -50), *lonlat(1250, 850)
        head = f'<bounds minlat="{south}" minlon="{west}" maxlat="{north}" maxlon="{east}"/>'
        parts = ["<?xml version='1.0' encoding='UTF-8'?>", '<osm version="0.6" generator="own-example">', f"  {head}"]
        return "\n".join([*parts, *self.nodes, *self.ways, "</osm>", ""])


def _element(kind: str, number: int, tags: dict[str, str], more: str, inner: str = "") -> str:
    said = "".join(f'\n    <tag k="{key}" v="{value}"/>' for key, value in tags.items())
    body = f"{inner}{said}\n  " if inner or said else ""
    return f'  <{kind} id="{number}" version="1" timestamp="2026-11-01T00:00:00Z"{more}>{body}</{kind}>'


def draw_map() -> str:
    """Draw streets, compounds with their walls and gates, buildings and places."""
    drawn = Map()
    paths = {(STREET_M * column + GATE_M, STREET_M * row) for column, row, *_ in COMPOUNDS}
    for row in range(ROWS):
        stops = {(STREET_M * column, STREET_M * row) for column in range(COLUMNS)}
        stops |= {place for place in paths if place[1] == STREET_M * row}
        name = ["滨河路", "清枫路", "柳溪路", "学府路", "望山路"][row]
        drawn.way(sorted(stops), highway="residential", name=name)
    for column in range(COLUMNS):
        places = [(STREET_M * column, STREET_M * row) for row in range(ROWS)]
        drawn.way(
            places, highway="tertiary" if column in (2, 4) else "residential", name=f"经{'一二三四五六七'[column]}路"
        )
    for column, row, name, walled, storeys in COMPOUNDS:
        _draw_compound(drawn, STREET_M * column, STREET_M * row, name, storeys if walled else -storeys)
    for name, tags, x, y in PLACES:
        drawn.node(x, y, name=name, **tags)
    drawn.way([(30, 620), (170, 620), (170, 780), (30, 780), (30, 620)], leisure="park", name="清枫公园")
    drawn.way([(1230, -40), (1230, 840)], waterway="river", name="清水河")
    return drawn.text()


def _draw_compound(drawn: Map, x: int, y: int, name: str | None, storeys: int) -> None:
    """Draw a compound in a block: its edge, a path from its gate or the street, two rows of three buildings."""
    left, right, low, high, middle = x + 20, x + 180, y + 20, y + 180, x + GATE_M
    tags = {"landuse": "residential"} | ({"name": name} if name else {})
    gate = (middle, low)
    if storeys > 0:
        tags["barrier"] = "wall"
        drawn.node(*gate, barrier="gate", access="private" if name != "教师公寓" else "yes")
    edge = [(left, low), gate, (right, low), (right, high), (left, high), (left, low)]
    drawn.way(edge, **tags)
    way, meet = "service" if storeys > 0 else "footway", (middle, y + 85)
    drawn.way([(middle, y), gate, meet], highway=way)
    drawn.way([(left + 15, y + 85), meet, (right - 15, y + 85)], highway="footway")
    for place in range(6):
        west, south = left + 10 + 50 * (place % 3), low + 25 + 70 * (place // 3)
        corners = [(west, south), (west + 30, south), (west + 30, south + 14), (west, south + 14), (west, south)]
        drawn.way(corners, building="apartments", **{"building:levels": str(abs(storeys)), "name": f"{place + 1}号楼"})


# ----------------------------------------------------------------------------------------------------------------------
# The ledgers.


def degrees(x: float, y: float, *, shift: str = "") -> tuple[float, float]:
    """Return a place as a phone map gives it: shifted as GCJ-02 or BD-09 shift, six decimals."""
    place = np.array([lonlat(x, y)])
    found = {"": place, "gcj02": wgs84_to_gcj02(place), "bd09": wgs84_to_bd09(place)}[shift]
    return round(float(found[0, 0]), 6), round(float(found[0, 1]), 6)


def in_minutes(value: float) -> str:
    """Write degrees as degrees, minutes and seconds."""
    seconds = round(value * 36_000) / 10
    return f"{int(seconds // 3600)}°{int(seconds % 3600 // 60)}′{seconds % 60:.1f}″"


def surveyed(x: float, y: float) -> tuple[float, float]:
    """Return a place in the grid of the surveying institute, metres."""
    to_grid = pyproj.Transformer.from_crs("EPSG:4326", GRID, always_xy=True)
    east, north = to_grid.transform(*lonlat(x, y))
    return round(east, 2), round(north, 2)


def stations_book() -> Workbook:
    """Return the ledger of stations as three offices filled it in: titles, two header rows, merged cells, totals."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "阵地"
    sheet.append(["清枫片区党群服务阵地台账（2026年第四季度）"])
    sheet.append(["填报单位：学府街道办事处", *[None] * 8, "填报日期：2026.11.3"])
    sheet.append(["序号", "街道", "社区", "阵地情况", None, None, "面积", None, "坐标", None, None, "开放时间", "备注"])
    sheet.append([None, None, None, "名称", "类型", "地址", "建筑面积", "居民活动面积", "经度", "纬度", "坐标来源"])
    for row in _station_rows():
        sheet.append(row)
    for area in ("A1:M1", "A3:A4", "B3:B4", "C3:C4", "D3:F3", "G3:H3", "I3:K3", "L3:L4", "M3:M4", "B5:B11", "C5:C7"):
        sheet.merge_cells(area)
    sheet.row_dimensions[15].hidden = True
    _dress(sheet, 4)
    old = book.create_sheet("2025年（作废）")
    old.append(["名称", "经度", "纬度"])
    old.append(["清枫社区服务站", 134.95, 22.02])
    old.sheet_state = "hidden"
    return book


def _station_rows() -> list[list[object]]:
    """Return the rows: number, office, community, name, kind, address, areas, place, source of it, hours, note."""
    first, second, fifth, tenth = (
        degrees(*place, shift="gcj02") for place in ((195, 408), (205, 275), (700, 205), (1092, 205))
    )
    third, fourth, eighth = degrees(330, 625, shift="bd09"), degrees(590, 210), degrees(890, 207)
    seventh, ninth = surveyed(1010, 398), surveyed(1090, 207)
    centre, post, empty = "社区党群服务中心", "驿家", [None] * 6
    weekdays = "周一至周五 9:00-12:00，13:30-17:30"
    return [
        [1, "学府街道", "清枫社区", f"清枫{centre}", centre, "清枫路2号", "850㎡", "五百二十"]
        + [*first, "高德", "周一至周五8：30—17：30，周六9:00-12:00", None],
        [2, None, None, "枫林苑党群驿家", post, "枫林苑东门", "约120", 80]
        + [second[1], second[0], "高德", "每天 8:00-20:00", "经纬度可能填反"],
        [3, None, None, "机械厂党群驿家", "驿站", "机械厂家属院", "９０平方米", None]
        + [f"{third[0]},{third[1]}", None, "百度", "24小时", None],
        [4, None, "柳溪社区", f"柳溪{centre}", "社区中心", "柳溪路9号", "1,120", "0.07公顷"]
        + [*fourth, "GPS", "周一至周日 9:00-21:00", None],
        [5, None, "同上", "溪畔人家党群驿家", post, "溪畔人家", "六十多", None]
        + [*fifth, "高德地图", "工作日9:00-17:00", None],
        [6, None, "〃", "教师公寓驿家", post, "教师公寓内", 75, 40]
        + [None, None, None, "周二、四、六 14:00-17:30", "没有坐标"],
        [None, None, None, "小计", None, None, 2300, *empty],
        [7, "望湖街道", "望湖社区", f"望湖{centre}", "中心", "望湖路1号", "1.2亩", 400]
        + [45_000_000 + seventh[0], seventh[1], "测绘院", weekdays, None],
        [8, "望湖街道", "望湖社区", "望湖公馆党群驿家", post, "望湖公馆", 110, 60]
        + [in_minutes(eighth[0]), in_minutes(eighth[1]), "GPS", "8:00-22:00", None],
        [9, "望湖街道", "望湖社区", "湖光里驿站", post, "湖光里", "85", "50"]
        + [round(ninth[0] / 1000, 5), round(ninth[1] / 1000, 5), "测绘院（公里）", "待定", None],
        [10, "望湖街道", "望湖社区", "湖光里驿站（旧）", post, "湖光里", 60, None]
        + [*tenth, "高德", "已关闭", "隐藏行"],
        [None, None, None, "合计", None, None, 4500, *empty],
        ["注：面积以房产证为准；坐标请注明来自哪种地图。"],
        [*[None] * 12, "填报人：王某  审核：李某"],
    ]


def rooms_book() -> Workbook:
    """Return the ledger of rooms: numbers for ids, storeys in words, days that are none, ticks."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "🏠功能室"
    sheet.append(["功能室台账"])
    sheet.append(
        [
            "房号",
            "所属中心",
            "功能室名称",
            "现用途",
            "楼层",
            "使用面积（㎡）",
            "可容纳人数",
            "设备",
            "有无上下水",
            "隔声",
            "私密",
            "联系电话",
            "备注",
        ]
    )
    first, second, third = (f"{name}社区党群服务中心" for name in ("清枫", "柳溪", "望湖"))
    rows = [
        [101, first, "多功能厅", "多功能厅", "一楼", "120㎡", "约60", "投影、音响", "有", "一般", "否", None, None],
        [102, first, "图书阅览室", "图书阅览室", 1, 80, 30, "书架", "无", "好", "否", None, None],
        [201, first, "棋牌室", "闲置", "二层", "四十", "十多个", None, "√", "差", "×", None, "拟改造"],
        [202, first, "主任办公室", "办公室", "2F", "２５", 4, "办公桌", "无", "一般", "是", "13900000000", None],
        [301, second, "儿童活动室", "儿童活动室", "一层", 60, 20, "地垫；玩具", "有", "一般", "否", None, None],
        [302, second, "会议室", "会议室", 2, "55平", 25, "投影", "无", "一般", "否", None, None],
        [401, third, "健身室", "健身室", "负一层", "0.02公顷", 15, "健身器械", "无", "差", "否", None, None],
        [None, "小计", None, None, None, 405, None, None, None, None, None, None, None],
    ]
    for row in rows:
        sheet.append(row)
    sheet.merge_cells("A1:M1")
    _dress(sheet, 2)
    return book


def people_text() -> bytes:
    """Return the people of communities and compounds as an old system gives them out: GBK, semicolons."""
    rows = [
        "社区人口统计表（2026年10月）;;;;",
        "序号;社区名称;所属街道;总户数;常住人口",
        "1;清枫社区;学府街道;1,480;约3600人",
        "2;柳溪社区;学府街道;１２００;0.29万",
        "3;望湖社区居委会;望湖街道;1650户;4100",
        ";合计;;4330;10600",
    ]
    return ("\r\n".join(rows) + "\r\n").encode("gbk")


def _dress(sheet: Worksheet, head: int) -> None:
    for row in sheet.iter_rows(1, head):
        for cell in row:
            cell.font, cell.alignment = Font(bold=True), Alignment(horizontal="center", wrap_text=True)
    for letter in "DEFGHIJKL":
        sheet.column_dimensions[letter].width = 18


def make(folder: Path) -> None:
    """Write every file of the example that is not written by hand."""
    (folder / "地图.osm").write_text(draw_map(), encoding="utf-8")
    (folder / "社区人口.csv").write_bytes(people_text())
    save_workbook(stations_book(), folder / "阵地台账.xlsx")
    save_workbook(rooms_book(), folder / "功能室台账.xlsx")


if __name__ == "__main__":
    make(Path(__file__).parent)
