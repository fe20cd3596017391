"""How good the ground of a district is, before anything is measured on it: pieces, doors, walls, places outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.catalogue.terms import label
from workbench.coverage.doors import Doors, place_doors
from workbench.ground.district import District
from workbench.network.streets import Snap
from workbench.scenario import Scenario

_FAR = "离可走的路过远"
_ACROSS = "附近的路都在水面、铁路或快速路对面"
_ISLAND = "只接在孤立路段上"
_STAND = ("stations", "candidates", "demand")


@dataclass(frozen=True, eq=False)
class GroundQuality:
    """What a planner should look at before believing a number.

    Attributes
    ----------
    district
        The ground.
    pieces
        Pieces of the walking network, the largest first: ``rank``, ``ways``, ``metres``, ``share`` of all metres,
        ``leads`` whether doors are joined to it before others.
    off
        Doors of demand points and stations that are on no way, or on one that leads nowhere: ``layer``, ``id``,
        ``name``, ``residents``, ``reason``, ``leg_m`` and where they are.
    shut
        Enclosed compounds without a gate that is not closed.
    outside
        Stations, candidates and demand points outside all communities, or outside the mapped extent where there
        are no communities: ``layer``, ``id``, ``name``, ``away_m``.
    way_piece
        Ways with their ``piece`` and whether it ``leads`` somewhere, for a map.
    """

    district: District
    pieces: pd.DataFrame
    off: gpd.GeoDataFrame
    shut: gpd.GeoDataFrame
    outside: gpd.GeoDataFrame
    way_piece: gpd.GeoDataFrame


def ground_quality(district: District, scenario: Scenario | None = None) -> GroundQuality:
    """Look a district over.

    Parameters
    ----------
    district
        The ground.
    scenario
        Says how far a door may lie from its way, and which pieces lead nowhere; that of the defaults when not given.

    Raises
    ------
    NetworkError
        If no way can be walked.
    """
    doors = place_doors(district, scenario or Scenario(name="ground"))
    streets = doors.streets
    metres = np.bincount(streets.piece, streets.length_m)
    pieces = pd.DataFrame(
        {
            "rank": np.arange(1, len(metres) + 1),
            "ways": np.bincount(streets.piece),
            "metres": np.round(metres),
            "share": metres / metres.sum(),
            "leads": np.bincount(streets.piece, streets.leads) > 0,
        }
    )
    ways = gpd.GeoDataFrame({"piece": streets.piece, "leads": streets.leads}, geometry=streets.lines, crs=district.crs)
    return GroundQuality(district, pieces, _off(district, doors), _shut(district), _outside(district), ways)


def _off(district: District, doors: Doors) -> gpd.GeoDataFrame:
    whole = doors.at_any_hour
    parts = [
        _of_layer("stations", district.stations.iloc[whole.station_rows], whole.stations, doors),
        _of_layer("demand", district.demand, doors.demand, doors),
    ]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=district.crs)


def _of_layer(name: str, frame: gpd.GeoDataFrame, snap: Snap, doors: Doors) -> gpd.GeoDataFrame:
    """Return the doors of a layer that are on no way, or on an island: most people first."""
    island = doors.on_island(snap)
    rows = np.flatnonzero(~snap.joined | island)
    part = _named(name, frame.iloc[rows])
    part["reason"] = np.select([snap.across[rows], island[rows]], [_ACROSS, _ISLAND], _FAR)
    part["leg_m"] = np.where(np.isfinite(snap.leg_m[rows]), np.round(snap.leg_m[rows]), np.nan)
    return part.sort_values(["residents", "id"], ascending=[False, True], kind="stable")


def _named(layer: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return rows of a layer with what tells of them."""
    none = pd.Series(np.nan, index=frame.index)
    columns = {
        "layer": label(layer),
        "id": frame["id"],
        "name": frame["name"] if "name" in frame else frame["id"],
        "residents": frame.get("residents", none),
    }
    return gpd.GeoDataFrame(columns, geometry=frame.geometry, index=frame.index)


def _shut(district: District) -> gpd.GeoDataFrame:
    compounds, gates = district.compounds, district.gates
    opened = set(gates.loc[gates["access"] != "closed", "compound"].dropna())
    walled = compounds["enclosed"].astype(bool) & ~compounds["id"].isin(opened)
    found = compounds[walled].copy()
    lived = district.demand.groupby("compound")["residents"].sum()
    found["residents"] = found["id"].map(lived).fillna(0.0)
    return found.sort_values(["residents", "id"], ascending=[False, True], kind="stable", ignore_index=True)


def _outside(district: District) -> gpd.GeoDataFrame:
    area = _land(district)
    parts = list(_beyond(district, area)) if area is not None else []
    none = gpd.GeoDataFrame(columns=["layer", "id", "name", "residents", "away_m"], geometry=[], crs=district.crs)
    return gpd.GeoDataFrame(pd.concat(parts or [none], ignore_index=True))


def _beyond(district: District, area: shapely.Geometry) -> Iterator[gpd.GeoDataFrame]:
    for name in _STAND:
        frame = district.layer(name)
        away = np.asarray(shapely.distance(np.asarray(frame.geometry.array, dtype=object), area), np.float64)
        rows = np.flatnonzero(away > 0)
        part = _named(name, frame.iloc[rows])
        part["away_m"] = np.round(away[rows])
        yield part.sort_values("away_m", ascending=False, kind="stable")


def _land(district: District) -> shapely.Geometry | None:
    """Return what the district is: its communities, else the extent of its backdrop; None where nobody drew either."""
    if len(district.communities):
        return shapely.union_all(np.asarray(district.communities.geometry.array, dtype=object))
    backdrop = district.layer("backdrop")
    extent = backdrop[backdrop["kind"] == "extent"]
    return shapely.union_all(np.asarray(extent.geometry.array, dtype=object)) if len(extent) else None
