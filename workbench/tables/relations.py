"""What tables owe each other: identifiers that exist, bands that add up, nodes in one place."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from workbench.errors import Problem
from workbench.tables.catalogue import TABLES
from workbench.tables.ends import line_ends
from workbench.tables.fields import Reference
from workbench.tables.gate import MOST_ROWS_NAMED
from workbench.terms import AGE_BANDS, Access

NODE_TOLERANCE_M = 0.05
"""Ends of ways that carry one node number may differ by at most this much: the rounding of a file."""

_BAND_TOLERANCE = 1e-6
_FAR_M = 10_000  # a door nearer than this is a door beside the network, which is listed and not refused
_DEGREES = 180  # no longitude or latitude is larger


def relation_problems(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """List everything wrong between tables that are right when taken singly.

    Parameters
    ----------
    tables
        Tables by name, each free of problems of its own.

    Returns
    -------
    list of Problem
        Dangling references, age bands that do not add up to the residents, stations for members of no compound
        or with more area for residents than floor, or in a compound of another community than they name, stations and
        candidates far off the ways, way ends that share a node number but not a place, gates off
        their node.
    """
    found: list[Problem] = []
    for name, frame in tables.items():
        if name in TABLES:
            found += _dangling(name, frame, tables)
    if "demand" in tables:
        found += _band_problems(tables["demand"])
    if "stations" in tables:
        found += _station_problems(tables["stations"])
        found += foreign_stations(tables["stations"], tables.get("compounds"), tables.get("communities"))
    for name in ("stations", "candidates"):
        if name in tables and "ways" in tables:
            bounds = np.asarray(tables["ways"].total_bounds, np.float64)
            found += _listed(far_points(name, tables[name], bounds), name, "geometry")
    if "ways" in tables:
        found += _node_problems(tables["ways"], tables.get("gates"))
    return found


def _listed(problems: list[Problem], name: str, column: str) -> list[Problem]:
    if len(problems) <= MOST_ROWS_NAMED:
        return problems
    rest = len(problems) - MOST_ROWS_NAMED
    more = Problem(name, f"and {rest} more rows with the same problem", column=column)
    return [*problems[:MOST_ROWS_NAMED], more]


def _dangling(name: str, frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    found: list[Problem] = []
    for reference in TABLES[name].references:
        if reference.table not in tables or reference.column not in frame.columns:
            continue
        known = set(tables[reference.table]["id"])
        values = frame[reference.column]
        lost = frame[values.notna() & ~values.isin(known)]
        problems = [
            dangling_reference(name, str(row.id), reference, getattr(row, reference.column))
            for row in lost.itertuples()
        ]
        found += _listed(problems, name, reference.column)
    return found


def dangling_reference(name: str, row: str, reference: Reference, value: object) -> Problem:
    """Say that a row of a table points to a row of another that is not there."""
    return Problem(
        name,
        f"the {reference.column} is not in the {reference.table} table",
        row,
        reference.column,
        f"an id of {reference.table}",
        repr(value),
        "Correct the identifier, or add the row it points to.",
    )


def _band_problems(demand: pd.DataFrame) -> list[Problem]:
    bands = demand.reindex(columns=list(AGE_BANDS))
    given = bands.notna()
    some = given.any(axis=1)
    partial = some & ~given.all(axis=1)
    total = bands.sum(axis=1)
    slack = _BAND_TOLERANCE * np.maximum(1.0, demand["residents"])
    unequal = some & ~partial & ((total - demand["residents"]).abs() > slack)
    problems = [
        Problem("demand", "only some age bands are given", str(i), "age_*", "all five bands, or none")
        for i in demand.loc[partial, "id"]
    ]
    problems += [
        Problem(
            "demand",
            "the age bands do not add up to the residents",
            str(i),
            "age_*",
            f"{residents:g} residents",
            f"{summed:g} in the bands",
        )
        for i, residents, summed in zip(
            demand.loc[unequal, "id"], demand.loc[unequal, "residents"], total[unequal], strict=True
        )
    ]
    return _listed(problems, "demand", "age_*")


def _station_problems(stations: pd.DataFrame) -> list[Problem]:
    homeless = (stations["access"] == Access.MEMBERS) & stations["compound"].isna()
    members = [homeless_station(str(i)) for i in stations.loc[homeless, "id"]]
    crowded = stations[stations["resident_area_m2"] > stations["floor_area_m2"]]
    columns = (crowded[name] for name in ("id", "resident_area_m2", "floor_area_m2"))
    areas = [impossible_area(str(i), used, floor) for i, used, floor in zip(*columns, strict=True)]
    return _listed(members, "stations", "compound") + _listed(areas, "stations", "resident_area_m2")


def foreign_stations(
    stations: pd.DataFrame, compounds: pd.DataFrame | None, communities: pd.DataFrame | None
) -> list[Problem]:
    """List the stations in a compound of one community that name another, and do not stand in that either."""
    if compounds is None or communities is None or "community" not in compounds:
        return []
    named = stations[stations["compound"].notna() & stations["community"].notna()]
    community = dict(zip(compounds["id"], compounds["community"], strict=True))
    home = named["compound"].map(community)
    ground = dict(zip(communities["id"], communities.geometry, strict=True))
    odd = named[home.notna() & (home != named["community"])]
    problems = [
        Problem(
            "stations",
            "the station stands in a compound of another community",
            str(row.id),
            "community",
            f"{community[row.compound]!r}, the community of compound {row.compound}",
            repr(row.community),
            "Correct one of the two.",
        )
        for row in odd.itertuples()
        if row.community not in ground or not ground[row.community].intersects(row.geometry)
    ]
    return _listed(problems, "stations", "community")


def far_points(name: str, points: pd.DataFrame, bounds: npt.NDArray[np.float64] | tuple[float, ...]) -> list[Problem]:
    """List the points farther from the ways' bounding box than it is long, and than 10 km: no walk comes near them.

    Parameters
    ----------
    name
        The layer.
    points
        Its rows.
    bounds
        West, south, east and north of the ways, metres.
    """
    west, south, east, north = bounds
    xy = shapely.get_coordinates(np.asarray(points.geometry.array, dtype=object))
    off = np.hypot(*(xy - np.clip(xy, (west, south), (east, north))).T)
    far = np.flatnonzero(~(off <= max(_FAR_M, np.hypot(east - west, north - south))))
    return [
        Problem(
            name,
            "the point lies far off the district",
            str(points["id"].iloc[row]),
            "geometry",
            f"metres in the district's CRS, near x {west:.0f} to {east:.0f}, y {south:.0f} to {north:.0f}",
            f"{xy[row, 0]:.12g}, {xy[row, 1]:.12g}",
            "Longitude and latitude have to be projected first." if np.abs(xy[row]).max() <= _DEGREES else "",
        )
        for row in far
    ]


def homeless_station(row: str) -> Problem:
    """Say that nobody is a member of what a station is for."""
    return Problem(
        "stations",
        "a station for members only names no compound",
        row,
        "compound",
        "the compound whose members it serves",
        "nothing",
        "Name the compound, or make its access public.",
    )


def impossible_area(row: str, resident_area_m2: float, floor_area_m2: float) -> Problem:
    """Say that a station has more area for residents than floor."""
    return Problem(
        "stations",
        "a station has more area for residents than floor",
        row,
        "resident_area_m2",
        f"at most floor_area_m2, {floor_area_m2:g}",
        f"{resident_area_m2:g}",
        "Correct one of the two; both are ㎡.",
    )


def _node_problems(ways: pd.DataFrame, gates: pd.DataFrame | None) -> list[Problem]:
    if not isinstance(ways, gpd.GeoDataFrame) or ways.empty:
        return []
    ends = np.concatenate(line_ends(ways))
    nodes = np.concatenate([ways["u"].to_numpy(np.int64), ways["v"].to_numpy(np.int64)])
    owner = np.concatenate([ways["id"].to_numpy(object)] * 2)
    unique, start, inverse = np.unique(nodes, return_index=True, return_inverse=True)
    gap = np.hypot(*(ends - ends[start[inverse]]).T)
    apart = np.flatnonzero(gap > NODE_TOLERANCE_M)
    found = [
        Problem(
            "ways",
            "the ways that meet at a node do not end in one place",
            str(owner[i]),
            "u/v",
            f"all ends of node {nodes[i]} within {NODE_TOLERANCE_M:g} m",
            f"{gap[i]:.2f} m apart",
            "Move the end of the line, or give it a node number of its own.",
        )
        for i in apart
    ]
    found = _listed(found, "ways", "u/v")
    if gates is None or gates.empty:
        return found
    return found + _gate_problems(gates, unique, ends[start])


def _gate_problems(gates: pd.DataFrame, nodes: np.ndarray, places: np.ndarray) -> list[Problem]:
    asked = gates["node"].to_numpy(np.int64)
    position = np.searchsorted(nodes, asked).clip(0, len(nodes) - 1)
    known = nodes[position] == asked
    here = shapely.get_coordinates(np.asarray(gates.geometry.array, dtype=object))
    gap = np.hypot(*(here - places[position]).T)
    found: list[Problem] = []
    for i, name in enumerate(gates["id"]):
        if not known[i]:
            found.append(
                Problem("gates", "the node is on no way", str(name), "node", "a node of the ways", str(asked[i]))
            )
        elif gap[i] > NODE_TOLERANCE_M:
            found.append(
                Problem("gates", "the gate does not stand on its node", str(name), "node", "0 m", f"{gap[i]:.2f} m")
            )
    return _listed(found, "gates", "node")
