"""A district small enough to check on paper.

::

    y                K1 (walled)
    120          8 ---i2--- 9
                 |i1        |i3
     20          7 G1       10 G2 (closed)
      0  1 --w1-- 2 --w2-- 3 --w3-- 4 --w4-- 5 ----w5---- 6
         0       100      200      300      400          600      and far off: 20 --z1-- 21

Stubs g1 (3–7) and g2 (4–10) lead from the street to the gates, 20 m each; x of nodes 7 and 8 is 200,
of 9 and 10 it is 300. S1, a centre, stands 10 m above node 2; S2, a post, 10 m above node 6.

Walks to S1 and S2, metres: D1 65 / 565 · D2 185 / 485 · D3 390 / 690 (270 / 370 with G2 open) ·
D4 550 / 50 · D5 is 100 m from any way open to it · D6 is on the far piece.
"""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import pandas as pd
import shapely

from workbench.ground.district import District
from workbench.ground.manifest import Manifest
from workbench.scenario import Group, Scenario

CRS = "EPSG:4545"

MANIFEST = Manifest(
    name="袖珍区（虚构）",
    key="pocket",
    crs=CRS,
    ground="fictional",
    date="2026-11-01",
    source="made by hand for tests",
    licence="CC0-1.0",
)

NODES = {
    1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (300, 0), 5: (400, 0), 6: (600, 0),
    7: (200, 20), 8: (200, 120), 9: (300, 120), 10: (300, 20), 20: (1000, 500), 21: (1100, 500),
}  # fmt: skip

_WAYS = [
    ("w1", 1, 2, "street", "public", None),
    ("w2", 2, 3, "street", "public", None),
    ("w3", 3, 4, "street", "public", None),
    ("w4", 4, 5, "street", "public", None),
    ("w5", 5, 6, "street", "public", None),
    ("g1", 3, 7, "footway", "public", None),
    ("g2", 4, 10, "footway", "public", None),
    ("i1", 7, 8, "interior", "members", "K1"),
    ("i2", 8, 9, "interior", "members", "K1"),
    ("i3", 10, 9, "interior", "members", "K1"),
    ("z1", 20, 21, "street", "public", None),
]

_DEMAND = [  # id, compound, x, y, households, bands
    ("D1", None, 50, 5, 5, (1, 1, 6, 1, 1)),
    ("D2", "K1", 205, 70, 10, (2, 3, 10, 4, 1)),
    ("D3", "K1", 300, 60, 15, (3, 4, 15, 6, 2)),
    ("D4", None, 600, 40, 20, (4, 6, 20, 7, 3)),
    ("D5", None, 400, 100, 25, (5, 5, 30, 6, 4)),
    ("D6", None, 1050, 500, 30, (6, 6, 36, 7, 5)),
]

BANDS = ["age_0_6", "age_7_17", "age_18_59", "age_60_79", "age_80_plus"]


def _layer(columns: list[str], rows: list[tuple[object, ...]], shapes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=shapes, crs=CRS)


def ways() -> gpd.GeoDataFrame:
    rows = [(i, u, v, kind, access, 0.0, kind == "steps", compound) for i, u, v, kind, access, compound in _WAYS]
    columns = ["id", "u", "v", "kind", "access", "level", "steps", "compound"]
    return _layer(columns, rows, [shapely.LineString([NODES[row[1]], NODES[row[2]]]) for row in rows])


def gates() -> gpd.GeoDataFrame:
    rows = [("G1", "K1", "members", None, 7), ("G2", "K1", "closed", None, 10)]
    columns = ["id", "compound", "access", "opening_hours", "node"]
    return _layer(columns, rows, [shapely.Point(NODES[7]), shapely.Point(NODES[10])])


def compounds() -> gpd.GeoDataFrame:
    columns = ["id", "name", "community", "enclosed", "households"]
    return _layer(columns, [("K1", "甲小区", "C1", True, 25.0)], [shapely.box(150, 20, 350, 220)])


def communities() -> gpd.GeoDataFrame:
    rows = [("C1", "东社区", "北街道"), ("C2", "远社区", "北街道")]
    shapes = [shapely.box(-50, -50, 700, 300), shapely.box(900, 400, 1200, 600)]
    return _layer(["id", "name", "subdistrict"], rows, shapes)


def demand() -> gpd.GeoDataFrame:
    rows = [
        (i, compound, "C2" if i == "D6" else "C1", float(households), float(sum(bands)), *map(float, bands))
        for i, compound, _, _, households, bands in _DEMAND
    ]
    columns = ["id", "compound", "community", "households", "residents", *BANDS]
    return _layer(columns, rows, [shapely.Point(x, y) for _, _, x, y, _, _ in _DEMAND])


def stations() -> gpd.GeoDataFrame:
    rows = [
        ("S1", "东中心", "community_centre", "C1", "public", "Mo-Fr 08:30-17:30", None),
        ("S2", "西驿家", "post", "C1", "public", "24/7", None),
    ]
    columns = ["id", "name", "kind", "community", "access", "opening_hours", "compound"]
    return _layer(columns, rows, [shapely.Point(100, 10), shapely.Point(600, 10)])


def station(identifier: str, x: float, y: float, **changes: object) -> gpd.GeoDataFrame:
    """One more station, of the stations layer."""
    row = {**stations().drop(columns="geometry").iloc[1].to_dict(), "id": identifier, **changes}
    return gpd.GeoDataFrame(pd.DataFrame([row]), geometry=[shapely.Point(x, y)], crs=CRS)


def tables() -> dict[str, pd.DataFrame]:
    return {
        "communities": communities(),
        "compounds": compounds(),
        "gates": gates(),
        "demand": demand(),
        "ways": ways(),
        "stations": stations(),
    }


def district(**replaced: pd.DataFrame) -> District:
    """The pocket district, some tables replaced: the gate judges these, and what all owe each other."""
    return _as_it_is()._with(replaced) if replaced else _as_it_is()


@cache
def _as_it_is() -> District:
    """The pocket district; made once, since a district does not change."""
    return District.from_tables(MANIFEST, tables())


GROUPS = {
    "infants": Group(label="婴幼儿", ages={"age_0_6": 1.0}, pace="pace.with_child"),
    "pupils": Group(label="学生", ages={"age_7_17": 1.0}, pace="pace.adult", steps="walk"),
    "adults": Group(label="成人", ages={"age_18_59": 1.0}, pace="pace.adult", steps="walk"),
    "older": Group(label="老人", ages={"age_60_79": 1.0}, pace="pace.older"),
    "oldest": Group(label="高龄", ages={"age_80_plus": 1.0}, pace="pace.oldest"),
}


TEXT = """\
name: pocket
title: 袖珍情景
district: ground
groups:
  all: {label: 全体, ages: {age_0_6: 1, age_7_17: 1, age_18_59: 1, age_60_79: 1, age_80_plus: 1}, steps: walk}
robustness: {draws: 20}
"""
"""A scenario of it as a file, its district in the folder ``ground`` beside."""


def scenario(**changes: object) -> Scenario:
    """A scenario for the pocket district."""
    return Scenario.model_validate({"name": "pocket", "groups": GROUPS, **changes})


POOR = ("no stations", "nobody", "bare")
"""What a district may lack: stations, residents, or all layers and columns that are not needed."""


@cache
def poor(case: str) -> District:
    """The pocket district without something."""
    if case == "no stations":
        return district(stations=stations().iloc[:0])
    if case == "nobody":
        return district(demand=demand().assign(**dict.fromkeys(["residents", "households", *BANDS], 0.0)))
    streets = ways()
    tables = {
        "demand": demand().assign(compound=None, community=None).drop(columns=BANDS),
        "ways": streets[streets["compound"].isna()],
        "stations": stations().assign(community=None),
    }
    return District.from_tables(MANIFEST, tables)
