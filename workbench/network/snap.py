"""Doors: where demand points and stations stand on the network.

A point is joined to the nearest way that is open to it, somewhere along the way and not at its
nearest end; the leg from door to way counts as walked. Who lives behind a wall is joined to ways
behind that wall only: the nearest street may be on the other side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from workbench.network.streets import Streets
from workbench.network.zones import PUBLIC

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

OPEN_GROUND = -2
"""Asks for the nearest way outside walls, be it public or a private way without a wall."""


@dataclass(frozen=True, eq=False)
class Snap:
    """Points on edges, or beside the network.

    Attributes
    ----------
    edge
        Edge each point is joined to, shape (k,); −1 where none is near enough.
    along_m
        Metres from the edge's first node, shape (k,).
    leg_m
        Metres from the door to the way, shape (k,); for points that are not joined the distance to
        the nearest way that would be open to them, infinite if there is none.
    """

    edge: Ints
    along_m: Floats
    leg_m: Floats

    @property
    def joined(self) -> Flags:
        """Whether each point is on the network."""
        return self.edge >= 0

    def __len__(self) -> int:
        return len(self.edge)

    def take(self, positions: npt.ArrayLike) -> Snap:
        """Pick some of the points, by position or by flag, in the order asked for."""
        which = np.asarray(positions)
        return Snap(self.edge[which], self.along_m[which], self.leg_m[which])

    def only(self, kept: Flags) -> Snap:
        """Take the other points off the network; all keep their positions."""
        return Snap(np.where(kept, self.edge, -1), self.along_m, self.leg_m)


def home_zones(frame: gpd.GeoDataFrame, zone_of_compound: Mapping[str, int]) -> Ints:
    """Return the zone in which each row's door opens: its compound's, or open ground.

    Parameters
    ----------
    frame
        Rows with a ``compound`` column.
    zone_of_compound
        Zones of enclosed compounds.
    """
    zones = frame["compound"].map(dict(zone_of_compound)).fillna(OPEN_GROUND)
    return np.asarray(zones, np.int64)


def snap(streets: Streets, points: npt.NDArray[np.object_], zone: Ints, limit_m: float) -> Snap:
    """Join points to the network.

    Parameters
    ----------
    streets
        The network.
    points
        Shapely points, shape (k,), in the CRS of the network.
    zone
        Zone in which each point's door opens, or :data:`OPEN_GROUND`; shape (k,).
    limit_m
        Farthest a point may lie from its way, metres.

    Returns
    -------
    Snap
        Ties go to the way that comes first.
    """
    k = len(points)
    tree, which = streets.door_tree
    pairs = tree.query(points, predicate="dwithin", distance=limit_m)
    edge, leg = _nearest_open(streets, points, zone, pairs[0], which[pairs[1]], k)
    lost = np.flatnonzero(edge < 0)
    leg[lost] = _distance_of_lost(streets, points, zone, lost)
    along = np.zeros(k)
    on = edge >= 0
    along[on] = shapely.line_locate_point(streets.lines[edge[on]], points[on])
    return Snap(edge, along, leg)


def _allowed(streets: Streets, zone: Ints, edge: Ints) -> Flags:
    behind_walls = len(streets.zone_of_compound)
    there = streets.zone[edge]
    free = (there == PUBLIC) | (there >= behind_walls)
    return np.asarray(np.where(zone == OPEN_GROUND, free, there == zone), np.bool_)


def _nearest_open(
    streets: Streets, points: npt.NDArray[np.object_], zone: Ints, point: Ints, edge: Ints, k: int
) -> tuple[Ints, Floats]:
    allowed = _allowed(streets, zone[point], edge)
    point, edge = point[allowed], edge[allowed]
    gap = shapely.distance(streets.lines[edge], points[point])
    order = np.lexsort((edge, gap, point))
    point, edge, gap = point[order], edge[order], gap[order]
    first = np.ones(len(point), bool)
    first[1:] = point[1:] != point[:-1]
    best, leg = np.full(k, -1, np.int64), np.full(k, np.inf)
    best[point[first]], leg[point[first]] = edge[first], gap[first]
    return best, leg


def _distance_of_lost(streets: Streets, points: npt.NDArray[np.object_], zone: Ints, lost: Ints) -> Floats:
    """Say how far the nearest open way is for points that are not joined; few, so zone by zone."""
    gap = np.full(len(lost), np.inf)
    doors = np.flatnonzero(streets.door)
    for here in np.unique(zone[lost]):
        rows = np.flatnonzero(zone[lost] == here)
        if here == OPEN_GROUND:
            tree = streets.open_tree
        else:
            tree = shapely.STRtree(streets.lines[doors[_allowed(streets, np.full(len(doors), here), doors)]])
        if len(tree):
            (at, _), distance = tree.query_nearest(points[lost[rows]], return_distance=True, all_matches=False)
            gap[rows[at]] = distance
    return gap


def compound_at(points: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame) -> pd.Series:
    """Return the compound of each point: the one it names, else the one whose polygon holds it."""
    named = points["compound"]
    if compounds.empty:
        return named
    tree = shapely.STRtree(np.asarray(compounds.geometry.array, dtype=object))
    at, inside = tree.query(np.asarray(points.geometry.array, dtype=object), predicate="within")
    ids = compounds["id"].to_numpy(object)
    first = pd.Series(ids[inside], index=points.index[at]).groupby(level=0).min()
    return named.where(named.notna(), first.reindex(points.index))
