"""A district small enough to be checked on paper."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.catalogue.terms import AGE_BANDS
from workbench.ground.district import District
from workbench.ground.manifest import Manifest
from workbench.ground.synthetic.character import CRS, DATE, SOUTH_M, WEST_EAST_M

_NODES: dict[int, tuple[float, float]] = {
    1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (300, 0), 5: (400, 0),
    6: (0, 100), 7: (0, 200), 8: (100, 200), 9: (200, 200), 10: (300, 200), 11: (400, 200), 12: (400, 100),
    13: (200, 100), 14: (200, 150),
    21: (100, 10), 22: (100, 50), 23: (50, 50), 24: (150, 50), 25: (100, 150), 26: (190, 150),
    31: (300, 190), 32: (300, 100), 33: (300, 10), 34: (250, 100), 35: (350, 100),
}  # fmt: skip

_ORIGIN = np.array([WEST_EAST_M, SOUTH_M])

_STREETS = (
    (1, 2), (2, 3), (3, 4), (4, 5), (1, 6), (6, 7), (7, 8), (8, 9), (9, 10), (10, 11), (11, 12), (12, 5),
    (3, 13), (13, 14), (14, 9),
)  # fmt: skip
_STUBS = ((2, 21), (14, 26), (10, 31), (4, 33))
_INSIDE = {
    "x1": ((21, 22), (22, 23), (22, 24), (22, 25), (25, 26)),
    "x2": ((31, 32), (32, 33), (32, 34), (32, 35)),
}
_WALLS = {"x1": (10.0, 10.0, 190.0, 190.0), "x2": (210.0, 10.0, 390.0, 190.0)}

_HOMES = (
    # place, compound, households, residents by age band
    ((50, 60), "x1", 50, (8, 12, 55, 20, 5)),
    ((150, 60), "x1", 45, (5, 10, 60, 20, 5)),
    ((100, 150), "x1", 30, (3, 7, 30, 15, 5)),
    ((250, 110), "x2", 55, (15, 20, 75, 8, 2)),
    ((350, 110), "x2", 35, (10, 10, 52, 7, 1)),
    ((100, -20), None, 20, (0, 4, 16, 14, 6)),
)


def pocket() -> District:
    """Return a district of two compounds that anyone can check on paper.

    Coordinates in the sketch are metres from (500 000, 20 000); every distance along the network is a whole number.

    ::

        200   7---------8---------9--------10--------11
              |  +-----------------+ +------31------+ |      wall of x1: 10..190 x 10..190
        150   |  |      25........26-14     :       | |      wall of x2: 210..390 x 10..190
              |  |       :  x1     | |      :   x2  | |
        100   6  |       :         |13  34..32..35  |12      -  street      .  path inside
              |  |       :         | |      :       | |
         50   |  |  23..22..24     | |      :       | |      gates: 21 (g1) and 26 (g2) of x1,
              |  +------21---------+ +------33------+ |             31 (g3) and 33 (g4) of x2
          0   1---------2---------3---------4---------5
              0        100       200       300       400

    ==== ============= ============================= ==================================================
    gate access        hours                         joins
    ==== ============= ============================= ==================================================
    g1   members       always                        node 2
    g2   members       06:00-22:00                   node 14
    g3   public        always                        node 10
    g4   closed                                      node 4
    ==== ============= ============================= ==================================================

    Station s1, the community centre, stands at (-10, 100), 10 m from node 6, open to all. Station s2, a post, stands
    in x2 on node 32 and serves its residents only.

    ====== ============ ========= ============================================ =================== =================
    demand place        residents way to s1 (m)                                straight to s1 (m)  way to s2 (m)
    ====== ============ ========= ============================================ =================== =================
    d1     (50, 60)     100       10 + 50 + 40 + 10 + 100 + 100 + 10 = 320     72.1                not served
    d2     (150, 60)    100       10 + 50 + 40 + 10 + 100 + 100 + 10 = 320     164.9               not served
    d3     (100, 150)   60        0 + 100 + 40 + 10 + 100 + 100 + 10 = 360     120.8               not served
    d4     (250, 110)   120       10 + 50 + 90 + 10 + 400 + 10 = 570           260.2               10 + 50 = 60
    d5     (350, 110)   80        10 + 50 + 90 + 10 + 400 + 10 = 570           360.1               10 + 50 = 60
    d6     (100, -20)   40        20 + 100 + 100 + 10 = 230                    162.8               not served
    ====== ============ ========= ============================================ =================== =================

    Within 300 m of any station live d4, d5 and d6: 240 of 500 residents; of the centre d6 alone: 40. In a straight
    line it would be all 500 of any station, and 420 of the centre.

    Returns
    -------
    District
        1 community, 2 compounds, 4 gates, 6 demand points, 25 nodes, 2 stations, 3 candidate sites, 2 rooms.
    """
    manifest = Manifest(
        name="袖珍区（虚构）",
        key="pocket",
        crs=CRS,
        ground="fictional",
        date=DATE,
        source="Drawn by hand in workbench.synthetic.pocket; no survey, no real place (open sea at the equator).",
        licence="CC0-1.0",
    )
    return District.from_tables(manifest, {**_land(), **_homes(), "ways": _ways(), **_services()}).sealed


def _points(places: Sequence[tuple[float, float]]) -> gpd.GeoSeries:
    xy = np.array(places, np.float64) + _ORIGIN
    return gpd.GeoSeries(shapely.points(xy), crs=CRS)


def _boxes(bounds: Sequence[tuple[float, float, float, float]]) -> gpd.GeoSeries:
    west, south, east, north = np.array(bounds, np.float64).T
    shapes = shapely.box(west + WEST_EAST_M, south + SOUTH_M, east + WEST_EAST_M, north + SOUTH_M)
    return gpd.GeoSeries(shapes, crs=CRS)


def _layer(columns: dict[str, object], shapes: gpd.GeoSeries) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def _land() -> dict[str, pd.DataFrame]:
    extent = (-30.0, -40.0, 430.0, 230.0)
    communities = _layer({"id": ["c1"], "name": ["云庭社区"], "subdistrict": ["澄湾街道"]}, _boxes([extent]))
    compounds = _layer(
        {
            "id": list(_WALLS),
            "name": ["松屿家园", "柳浦名苑"],
            "community": ["c1", "c1"],
            "enclosed": [True, True],
            "households": [sum(h[2] for h in _HOMES if h[1] == x) for x in _WALLS],
        },
        _boxes(list(_WALLS.values())),
    )
    gates = _layer(
        {
            "id": ["g1", "g2", "g3", "g4"],
            "compound": ["x1", "x1", "x2", "x2"],
            "access": ["members", "members", "public", "closed"],
            "opening_hours": [None, "06:00-22:00", None, None],
            "node": [21, 26, 31, 33],
        },
        _points([_NODES[n] for n in (21, 26, 31, 33)]),
    )
    backdrop = _layer({"id": ["f1"], "kind": ["extent"], "name": ["袖珍区（虚构）"]}, _boxes([extent]))
    return {
        "communities": communities,
        "compounds": compounds,
        "gates": gates,
        "backdrop": backdrop,
    }


def _homes() -> dict[str, pd.DataFrame]:
    bands = {band: [home[3][k] for home in _HOMES] for k, band in enumerate(AGE_BANDS)}
    demand = _layer(
        {
            "id": [f"d{k}" for k in range(1, len(_HOMES) + 1)],
            "compound": [home[1] for home in _HOMES],
            "community": ["c1"] * len(_HOMES),
            "households": [home[2] for home in _HOMES],
            "residents": [sum(home[3]) for home in _HOMES],
            **bands,
        },
        _points([home[0] for home in _HOMES]),
    )
    houses = [(x - 15.0, y - 6.0, x + 15.0, y + 6.0) for (x, y), *_ in _HOMES]
    buildings = _layer(
        {
            "id": [f"b{k}" for k in range(1, len(_HOMES) + 1)],
            "kind": ["residential"] * len(_HOMES),
            "levels": [6] * len(_HOMES),
            "compound": [home[1] for home in _HOMES],
        },
        _boxes(houses),
    )
    return {"demand": demand, "buildings": buildings}


def _ways() -> gpd.GeoDataFrame:
    rows: list[tuple[int, int, str, str, str | None]] = [(u, v, "street", "public", None) for u, v in _STREETS]
    rows += [(u, v, "footway", "public", None) for u, v in _STUBS]
    rows += [(u, v, "interior", "members", x) for x, pairs in _INSIDE.items() for u, v in pairs]
    u, v, kind, access, compound = zip(*rows, strict=True)
    ends = np.array([[_NODES[a], _NODES[b]] for a, b in zip(u, v, strict=True)], np.float64) + _ORIGIN
    return _layer(
        {
            "id": [f"w{k:02d}" for k in range(1, len(rows) + 1)],
            "u": u,
            "v": v,
            "kind": kind,
            "access": access,
            "level": np.zeros(len(rows)),
            "steps": np.zeros(len(rows), bool),
            "compound": compound,
        },
        gpd.GeoSeries(shapely.linestrings(ends), crs=CRS),
    )


def _services() -> dict[str, pd.DataFrame]:
    stations = _layer(
        {
            "id": ["s1", "s2"],
            "name": ["云庭社区党群服务中心", "柳浦名苑党群驿家"],
            "kind": ["community_centre", "post"],
            "community": ["c1", "c1"],
            "access": ["public", "members"],
            "opening_hours": ["Mo-Fr 08:30-12:00,14:30-17:30", "Mo-Su 07:00-21:00"],
            "compound": [None, "x2"],
            "floor_area_m2": [800.0, 120.0],
            "resident_area_m2": [480.0, 80.0],
            "services": ["counter;agency;reading", "rest;water;charging"],
        },
        _points([(-10, 100), (300, 100)]),
    )
    candidates = _layer(
        {
            "id": ["p1", "p2", "p3"],
            "name": ["沿街商铺", "物业用房", "闲置门卫室"],
            "community": ["c1", "c1", "c1"],
            "floor_area_m2": [100.0, 80.0, 20.0],
            "capex": [20.0, 15.0, 6.0],
            "opex": [10.0, 8.0, 6.0],
            "veto": [None, None, "面积不足"],
            "compound": [None, "x1", "x2"],
            "storey": [1, 1, 1],
        },
        _points([(205, 150), (100, 50), (300, 190)]),
    )
    rooms = pd.DataFrame(
        {
            "id": ["r1", "r2"],
            "station": ["s1", "s1"],
            "sign": ["多功能厅", "图书阅览室"],
            "function": ["多功能厅", "储物间"],
            "storey": [1, 1],
            "area_m2": [90.0, 60.0],
            "capacity": [56, 23],
            "equipment": ["projector;audio;stacking_chairs", "bookshelves;tables"],
            "water": [False, False],
            "sound": ["loud", "quiet"],
            "private": [False, False],
            "merges_with": ["r2", "r1"],
            "opening_hours": [None, None],
        }
    )
    return {"stations": stations, "candidates": candidates, "rooms": rooms}
