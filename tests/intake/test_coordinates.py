"""Coordinates as ledgers hold them: every way to write a place comes out within a metre, or says why not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.depth import draws
from workbench.catalogue.places import datum_in
from workbench.errors import GeodataError
from workbench.ground.intake.coordinates import numbers_in, odd_ones, placed_rows
from workbench.ground.intake.ledger import Ledger
from workbench.ground.sources.placement import FROM_WGS84, wgs84_to_bd09, wgs84_to_gcj02

CRS = pyproj.CRS.from_epsg(4546)  # CGCS2000, central meridian 111°, no zone number
LON, LAT = 109.97, 40.62
DEGREES_TO = {code: pyproj.Transformer.from_crs("EPSG:4326", code, always_xy=True) for code in (4546, 4545, 4525, 4497)}
X, Y = DEGREES_TO[4546].transform(LON, LAT)
EXTENT = shapely.box(X - 3000, Y - 3000, X + 3000, Y + 3000)


def sheet(rows):
    """Return a ledger of rows, each a mapping of _x, _y, _xy, _datum; the first stands on line 2."""
    columns = ("_x", "_y", "_xy", "_datum")
    frame = pd.DataFrame([{c: row.get(c) for c in columns} for row in rows], dtype=object)
    frame["_line"] = range(2, len(rows) + 2)
    return Ledger(
        path="阵地.xlsx", sheet="Sheet1", table="stations", rows=frame, columns=(), findings=(), held=len(rows)
    )


def placed(*rows, datum="cgcs2000", **more):
    return placed_rows(sheet(rows), crs=CRS, datum=datum, extent=EXTENT, **more)


def off(found, row=0, x=X, y=Y):
    """Return how many metres a row is off its place."""
    return float(np.hypot(found.shapes[row].x - x, found.shapes[row].y - y))


def only(found, kind):
    (finding,) = found.findings
    assert (finding.kind, finding.line, finding.column) == (kind, 2, "坐标")
    return finding.why


def zone(code):
    return DEGREES_TO[code].transform(LON, LAT)


# cells


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("", []),
        ("109.97", [109.97]),
        (" １０９．９７ ", [109.97]),
        ("109.97°", [109.97]),
        ("东经109.97度", [109.97]),
        ("109,97", [109.97]),
        ("1.0997E+02", [109.97]),
        ("-46.63", [-46.63]),
        ("46.63W", [-46.63]),
        ("109°58′12″", [109.97]),
        ("109º58'12.0''", [109.97]),
        ("东经109度58分12秒", [109.97]),
        ("E109°58.2′", [109.97]),
        ("109 58 12", [109.97]),
        ("109-58-12", [109.97]),
        ("109：58：12", [109.97]),
        ("109.97,40.62", [109.97, 40.62]),
        ("（109.97，40.62）", [109.97, 40.62]),
        ("109.97、40.62", [109.97, 40.62]),
        ("109.97 40.62", [109.97, 40.62]),
        ("POINT (109.97 40.62)", [109.97, 40.62]),
        ("经度:109.97 纬度:40.62", [109.97, 40.62]),
        ("lng=109.97&lat=40.62", None),
        ("109°58′12″E 40°37′12″N", [109.97, 40.62]),
        ("北纬40度37分12秒，东经109度58分12秒", [40.62, 109.97]),
        ("X:4498000.5 Y:497000.25", [4498000.5, 497000.25]),
        ("109.97° 40.62°", [109.97, 40.62]),
        ("109°70′", None),
        ("109.97,40.62,1050", None),
        ("待定", None),
        ("109.97米", None),
        ("1-2号楼", None),
    ],
)
def test_what_a_cell_holds(cell, values):
    found = numbers_in(cell, single="," not in cell or cell == "109,97")
    assert found == values if values is None else [n.value for n in found] == pytest.approx(values, abs=1e-9)


@pytest.mark.parametrize(
    ("cell", "datum"),
    [("高德地图", "gcj02"), ("gcj-02", "gcj02"), ("百度", "bd09"), ("WGS 84", "wgs84"), ("手机GPS", "wgs84"),
     ("国家2000坐标系", "cgcs2000"), ("西安80", "other"), ("听说的", None), ("", None),
     ("GPS（WGS-84）", "wgs84"), ("GCJ02转WGS84", "wgs84"), ("由高德转为国家2000", "cgcs2000"), ("百度→高德", "gcj02"),
     ("高德、百度", None), ("高德转换后", None), ("西安80（测绘局）", "other"), ("西安80转CGCS2000", "cgcs2000")],
)  # fmt: skip
def test_what_a_row_says_of_its_datum(cell, datum):
    assert datum_in(cell) == datum


# rows


DEGREES = [
    ({"_x": "109.97", "_y": "40.62"}, None, ""),
    ({"_x": "109°58′12″", "_y": "40°37′12″"}, "changed", "度分秒化为度"),
    ({"_x": "40.62", "_y": "109.97"}, "guessed", "经纬度填反，对调后落在本区内"),
    ({"_x": "北纬40.62", "_y": "东经109.97"}, "changed", "按格内所写的方向对调"),
    ({"_xy": "109.97，40.62"}, None, ""),
    ({"_xy": "40.62,109.97"}, "guessed", "经纬度填反，对调后落在本区内"),
    ({"_x": "109.97,40.62"}, "changed", "两个数写在一格，已拆开"),
    (
        {"_x": "109.5812", "_y": "40.3712"},
        "guessed",
        "小数是分和秒（度.分秒），换算成度后落在本区内；若是度.分，请改写成度",
    ),
    ({"_x": "10958.2", "_y": "4037.2"}, "guessed", "度和分连写，换算成度后落在本区内"),
]


@pytest.mark.parametrize(("row", "kind", "why"), DEGREES)
def test_degrees_however_written(row, kind, why):
    found = placed(row)
    assert off(found) < 1
    assert not len(found.unplaced)
    assert found.findings == () if kind is None else only(found, kind) == why


def test_more_than_sixty_seconds_are_decimals_of_minutes():
    """58.77′ and 37.2′: what would be 77 seconds tells it for the other row of the sheet too."""
    found = placed({"_x": "109.5877", "_y": "40.372"}, {"_x": "109.5820", "_y": "40.3720"})
    assert off(found, 0, *DEGREES_TO[4546].transform(109 + 58.77 / 60, LAT)) < 1
    assert off(found, 1) < 1
    assert {finding.why for finding in found.findings} == {"小数是分（度.分），换算成度后落在本区内"}


METRES = [
    (4546, 1, False, None, ""),
    (4546, 1, True, "guessed", "纵横坐标次序相反（测量习惯以 X 为北），已对调"),
    (4546, 1000, False, "guessed", "单位是公里，已乘以 1000"),
    (4525, 1, False, "changed", "东坐标前两位 37 是带号，按 CGCS2000 三度带第 37 带换算"),
    (4525, 1, True, "changed", "纵横坐标次序相反（测量习惯以 X 为北），已对调；东坐标前两位 37 是带号"),
    (4525, 1000, False, "changed", "单位是公里，已乘以 1000；东坐标前两位 37 是带号"),
    (4497, 1, False, "changed", "东坐标前两位 19 是带号，按 CGCS2000 六度带第 19 带换算"),
    (4545, 1, False, "guessed", "没有带号，按 CGCS2000 中央经线 108° 换算后落在本区内"),
]


@pytest.mark.parametrize(("code", "unit", "turned", "kind", "why"), METRES)
def test_metres_of_a_zone(code, unit, turned, kind, why):
    east, north = (f"{number / unit:.4f}" for number in zone(code))
    found = placed({"_x": north, "_y": east} if turned else {"_x": east, "_y": north}, datum=None)
    assert off(found) < 1
    assert found.findings == () if kind is None else only(found, kind).startswith(why)


def test_metres_in_the_crs_that_the_recipe_states():
    east, north = zone(4545)
    found = placed({"_x": f"{east:.2f}", "_y": f"{north:.2f}"}, own=pyproj.CRS.from_epsg(4545))
    assert off(found) < 1
    assert found.findings == ()


@settings(max_examples=draws(100))
@given(
    st.floats(-2900, 2900),
    st.floats(-2900, 2900),
    st.sampled_from(["wgs84", "cgcs2000", "gcj02", "bd09"]),
    st.sampled_from(["decimal", "sexagesimal", "one cell", "turned"]),
    st.booleans(),
)
def test_degrees_there_and_back(dx, dy, datum, form, by_row):
    """Any point of the district, shifted into any datum and written in any way, comes back to its place."""
    lonlat = np.column_stack(DEGREES_TO[4546].transform([X + dx], [Y + dy], direction="INVERSE"))
    lon, lat = FROM_WGS84[datum](lonlat)[0].tolist()
    row = {
        "decimal": {"_x": f"{lon:.8f}", "_y": f"{lat:.8f}"},
        "sexagesimal": {"_x": sexagesimal(lon), "_y": sexagesimal(lat)},
        "one cell": {"_xy": f"{lon:.8f}，{lat:.8f}"},
        "turned": {"_x": f"{lat:.8f}", "_y": f"{lon:.8f}"},
    }[form]
    if by_row:
        row["_datum"] = {"gcj02": "高德", "bd09": "百度", "wgs84": "GPS", "cgcs2000": "国家2000"}[datum]
    found = placed(row, datum=None if by_row else datum)
    assert off(found, x=X + dx, y=Y + dy) < 0.1


@settings(max_examples=draws(60))
@given(
    st.floats(-2900, 2900),
    st.floats(-2900, 2900),
    st.sampled_from([4546, 4545, 4525, 4497]),
    st.sampled_from([1, 1000]),
    st.booleans(),
)
def test_zones_there_and_back(dx, dy, code, unit, turned):
    lonlat = DEGREES_TO[4546].transform(X + dx, Y + dy, direction="INVERSE")
    east, north = (f"{number / unit:.6f}" for number in DEGREES_TO[code].transform(*lonlat))
    found = placed({"_x": north, "_y": east} if turned else {"_x": east, "_y": north}, datum=None)
    assert off(found, x=X + dx, y=Y + dy) < 0.1


def sexagesimal(degrees):
    whole, rest = divmod(degrees, 1)
    minutes, rest = divmod(rest * 60, 1)
    return f"{int(whole)}°{int(minutes)}′{rest * 60:.5f}″"


# datums


def test_rows_say_their_own_datum():
    here = np.array([[LON, LAT]])
    rows = []
    for shifted, word in ((wgs84_to_gcj02(here), "高德"), (wgs84_to_bd09(here), "百度地图"), (here, "GPS"), (here, "")):
        lon, lat = shifted[0]
        rows.append({"_x": f"{lon:.7f}", "_y": f"{lat:.7f}", "_datum": word})
    found = placed(*rows)
    assert max(off(found, row) for row in range(4)) < 1
    assert [(f.line, f.kind) for f in found.findings] == [(2, "changed"), (3, "changed")]
    assert found.findings[0].why == "注明来自“高德”，按 GCJ-02 还原为国家 2000 坐标"


def test_a_datum_that_nobody_says_stops_the_import():
    with pytest.raises(GeodataError, match=r"没有写明坐标是哪种坐标系\. 在表里加一列“坐标来源”"):
        placed({"_x": "109.97", "_y": "40.62"}, datum=None)
    assert off(placed({"_x": "109.97", "_y": "40.62", "_datum": "GPS"}, datum=None)) < 1


def test_a_datum_that_only_a_surveyor_converts():
    found = placed({"_x": "109.97", "_y": "40.62", "_datum": "西安80"})
    assert only(found, "refused") == "“西安80”的坐标要由测绘部门转换成 CGCS2000，不能直接用"
    assert found.unplaced.tolist() == [0]


def test_a_datum_that_nobody_knows_is_said():
    found = placed({"_x": "109.97", "_y": "40.62", "_datum": "甲方给的"})
    assert only(found, "doubtful") == "看不出“甲方给的”是哪种坐标系，按整张表的坐标系读"
    assert off(found) < 1


# what is no place of the district


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"_x": "116.404", "_y": "39.915"}, "不在本区：离本区约 55"),
        ({"_x": "待定", "_y": ""}, "看不懂的坐标"),
        ({"_x": "109.97", "_y": ""}, "只有一个数，缺另一个"),
        ({"_x": "东经109.97", "_y": "东经40.62"}, "两个数都写成同一方向"),
        ({"_x": "12", "_y": "4000000000"}, "两个数既不像经纬度，也不像国家 2000 平面坐标"),
    ],
)
def test_what_cannot_be_placed_says_why(row, why):
    found = placed(row)
    assert only(found, "refused").startswith(why)
    assert found.unplaced.tolist() == [0]
    assert found.shapes[0] is None


def test_a_row_without_coordinates_is_no_mistake():
    found = placed({"_x": None, "_y": float("nan")}, {"_x": "109.97", "_y": "40.62"})
    assert found.findings == ()
    assert found.unplaced.tolist() == [0]


def test_a_row_just_outside_is_placed_and_doubted():
    found = placed({"_x": "109.97", "_y": f"{LAT + 0.036}"})
    assert only(found, "doubtful") == "在本区界外 998 米"
    assert found.unplaced.tolist() == []


def test_most_rows_tell_how_the_decimals_are_meant():
    """109.59 lies in a large district as it is; its sheet writes minutes and seconds, and so does it."""
    wide = shapely.box(X - 40_000, Y - 30_000, X + 20_000, Y + 30_000)
    rows = [{"_x": f"109.{m:02d}30", "_y": "40.3712"} for m in (35, 40, 45, 50, 55, 59)]
    found = placed_rows(sheet(rows), crs=CRS, datum="cgcs2000", extent=wide)
    assert {f.why for f in found.findings} == {"小数是分和秒（度.分秒），换算成度后落在本区内；若是度.分，请改写成度"}
    plainly = placed_rows(sheet([{"_x": "109.5930", "_y": "40.3712"}]), crs=CRS, datum="cgcs2000", extent=wide)
    assert plainly.findings == ()


# a mix of datums in one sheet


def mixed_sheet(seed, share, code, count=60, spacing=400.0):
    """Return rows whose doors stand 8 to 20 m beside a grid of streets, some of them in another datum."""
    rng = np.random.default_rng(seed)
    lines = np.arange(-3000, 3001, spacing)
    ways = [shapely.LineString([(X + k, Y - 3000), (X + k, Y + 3000)]) for k in lines]
    ways += [shapely.LineString([(X - 3000, Y + k), (X + 3000, Y + k)]) for k in lines]
    beside = rng.choice(lines, count) + rng.choice([-1, 1], count) * rng.uniform(8, 20, count)
    along = rng.uniform(-2800, 2800, count)
    upright = rng.random(count) < 0.5
    xy = np.column_stack([X + np.where(upright, beside, along), Y + np.where(upright, along, beside)])
    lonlat = np.column_stack(DEGREES_TO[4546].transform(*xy.T, direction="INVERSE"))
    odd = np.zeros(count, bool)
    odd[rng.choice(count, round(share * count), replace=False)] = True
    lonlat[odd] = FROM_WGS84[code](lonlat[odd])
    return [{"_x": f"{lon:.7f}", "_y": f"{lat:.7f}"} for lon, lat in lonlat], np.array(ways), odd


@pytest.mark.parametrize("code", ["gcj02", "bd09"])
@pytest.mark.parametrize("share", [0.3, 0.5])
def test_a_mix_of_datums_is_found_and_its_rows_listed(code, share):
    rows, ways, odd = mixed_sheet(3, share, code)
    found = placed(*rows, ways=ways)
    listed = np.isin(np.arange(len(rows)) + 2, [finding.line for finding in found.mixed])
    assert (listed & odd).sum() >= 0.7 * odd.sum()
    assert (listed & ~odd).sum() <= 0.1 * len(rows)
    name = {"gcj02": "GCJ-02", "bd09": "BD-09"}[code]
    assert sum(f"按 {name}" in finding.why for finding in found.mixed) >= 0.8 * listed.sum()


def test_a_sheet_of_one_datum_accuses_no_row():
    for seed in range(draws(12)):
        rows, ways, _ = mixed_sheet(seed, 0.0, "gcj02")
        assert placed(*rows, ways=ways).mixed == ()


def test_walls_tell_where_ways_do_not():
    """The same rows beside the same lines, but these are walls, and the ways lie anywhere; points have no walls."""
    rows, walls, odd = mixed_sheet(3, 0.4, "gcj02")
    rng = np.random.default_rng(1)
    ends = np.array([X, Y]) + rng.uniform(-3000, 3000, (40, 2, 2))
    ways = shapely.linestrings(ends)
    assert placed(*rows, ways=ways).mixed == ()
    found = placed(*rows, ways=ways, walls=np.append(walls, shapely.LineString()))
    listed = np.isin(np.arange(len(rows)) + 2, [finding.line for finding in found.mixed])
    assert (listed & odd).sum() >= 0.7 * odd.sum()
    assert (listed & ~odd).sum() <= 0.1 * len(rows)


def test_rows_that_say_their_datum_are_not_accused():
    rows, ways, odd = mixed_sheet(7, 0.4, "gcj02")
    for row, other in zip(rows, odd, strict=True):
        row["_datum"] = "高德" if other else ""
    assert placed(*rows, ways=ways).mixed == ()


def test_the_community_that_a_row_names_tells_too():
    """Without any way: squares of 400 m, each row in the middle of its own, and some moved out of it."""
    rng = np.random.default_rng(3)
    xy = np.array([(X - 2800 + 400 * a, Y - 2800 + 400 * b) for a in range(8) for b in range(8)])
    lonlat = np.column_stack(DEGREES_TO[4546].transform(*xy.T, direction="INVERSE"))
    odd = rng.random(len(xy)) < 0.3
    lonlat[odd] = wgs84_to_gcj02(lonlat[odd])
    homes = shapely.buffer(shapely.points(xy), 200, cap_style="square")
    found = odd_ones(lonlat, "wgs84", CRS, homes)
    assert [one.row for one in found] == np.flatnonzero(odd).tolist()
    assert {one.datum for one in found} == {"gcj02"}
    assert found[0].why == "与同表其他行像是不同坐标系：按 WGS 84 不合，按 GCJ-02 才落在所属范围内"


# whatever stands in the cells

CELLS = st.one_of(
    st.none(),
    st.text(alphabet="0123456789.-+,，°′″'\"度分秒东西南北经纬EWNS ()eX", max_size=24),
    st.text(max_size=12),
    st.floats(allow_nan=False).map(repr),
)


@settings(max_examples=draws(150))
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS, st.sampled_from([None, "高德", "百度", "GPS", "西安80", "?"])), max_size=4)
)
def test_no_cell_brings_it_down_and_no_row_is_lost(cells):
    """Each row has a point near the district, or is among those without one; what was not empty then says why."""
    rows = [dict(zip(("_x", "_y", "_xy", "_datum"), row, strict=True)) for row in cells]
    found = placed(*rows)
    stands = [shape is not None for shape in found.shapes]
    assert found.unplaced.tolist() == [row for row, there in enumerate(stands) if not there]
    assert all(shapely.distance(EXTENT, shape) <= 5000 for shape in found.shapes[stands])
    said = {finding.line for finding in found.findings if finding.kind == "refused"}
    filled = {n + 2 for n, row in enumerate(cells) if any((cell or "").strip() for cell in row[:3])}
    assert {row + 2 for row in found.unplaced.tolist()} & filled == said
