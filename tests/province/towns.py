"""Random towns with everything that makes a part hard to cut out; and what is compared between a whole and its parts."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tests import pocket
from workbench.catalogue.terms import Mode, ServiceLevel
from workbench.coverage.measure import CoverageResult
from workbench.ground.district import District

_SIDE, _STEP = 19, 100.0  # nodes a side, metres between them


def town(seed: int) -> District:
    """A grid of 1.8 km with gaps: barriers for members and for nobody, private ways, crossings in pieces, islands."""
    rng = np.random.default_rng(seed)
    place = [(i % _SIDE * _STEP, i // _SIDE * _STEP) for i in range(_SIDE * _SIDE)]
    pairs = [(i, i + 1) for i in range(_SIDE**2) if (i + 1) % _SIDE]
    pairs += [(i, i + _SIDE) for i in range(_SIDE * (_SIDE - 1))]
    pairs = [pair for pair in pairs if rng.uniform() < 0.58]
    kinds = rng.choice(["street", "crossing", "steps"], len(pairs), p=[0.65, 0.3, 0.05])
    ways = gpd.GeoDataFrame(
        {
            "id": [f"w{k:04d}" for k in range(len(pairs))],
            "u": [u for u, _ in pairs],
            "v": [v for _, v in pairs],
            "kind": kinds,
            "access": rng.choice(["public", "members", "closed"], len(pairs), p=[0.8, 0.17, 0.03]),
            "level": 0.0,
            "steps": kinds == "steps",
            "compound": None,
        },
        geometry=[shapely.LineString([place[u], place[v]]) for u, v in pairs],
        crs=pocket.CRS,
    )
    stand = rng.choice(np.unique(pairs), 45, replace=False)
    gates = gpd.GeoDataFrame(
        {
            "id": [f"g{k}" for k in range(len(stand))],
            "compound": None,
            "access": rng.choice(["members", "closed", "public"], len(stand), p=[0.7, 0.2, 0.1]),
            "opening_hours": None,
            "node": stand,
        },
        geometry=[shapely.Point(place[node]) for node in stand],
        crs=pocket.CRS,
    )
    bands = rng.integers(0, 9, (160, len(pocket.BANDS))).astype(float)
    demand = gpd.GeoDataFrame(
        {"id": [f"d{k:03d}" for k in range(160)], "compound": None, "community": None, "households": bands[:, 2],
         "residents": bands.sum(axis=1)} | dict(zip(pocket.BANDS, bands.T, strict=True)),
        geometry=shapely.points(rng.uniform(0, _STEP * (_SIDE - 1), (160, 2))),
        crs=pocket.CRS,
    )  # fmt: skip
    stations = gpd.GeoDataFrame(
        {"id": [f"s{k:02d}" for k in range(14)], "name": "站", "kind": rng.choice(["community_centre", "post"], 14),
         "community": None, "access": "public", "opening_hours": None},
        geometry=shapely.points(rng.uniform(0, _STEP * (_SIDE - 1), (14, 2))),
        crs=pocket.CRS,
    )  # fmt: skip
    tables = {"demand": demand, "ways": ways, "gates": gates, "stations": stations}
    return District.from_tables(pocket.MANIFEST, tables)


def boxes(district: District, rng: np.random.Generator, across: int = 3, up: int = 2) -> gpd.GeoDataFrame:
    """Cut the ground of a district by random lines, into rectangles."""
    west, south, east, north = district.demand.total_bounds
    x = np.sort(np.concatenate([[west - 1, east + 1], rng.uniform(west, east, across - 1)]))
    y = np.sort(np.concatenate([[south - 1, north + 1], rng.uniform(south, north, up - 1)]))
    shapes = [shapely.box(a, c, b, d) for a, b in pairwise(x) for c, d in pairwise(y)]
    ids = [str(k) for k in range(len(shapes))]
    return gpd.GeoDataFrame({"id": ids, "name": ids}, geometry=shapes, crs=district.crs)


def by_point(results: Iterable[CoverageResult]) -> pd.DataFrame:
    """All that is said of each demand point, ordered by it: who is covered how, and who is on no way or an island."""
    frames = []
    for result in results:
        said = {"id": result.district.demand["id"], "unsnapped": result.unsnapped, "island": result.on_island}
        said |= {"colour": result.colour, "households": result.covered(Mode.EXPERIENCE)}
        for mode in Mode:
            said |= {f"{mode} {level}": result.covered_residents(mode, level) for level in ServiceLevel}
        frames.append(pd.DataFrame(said))
    return pd.concat(frames).sort_values("id", ignore_index=True)
