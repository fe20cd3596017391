"""Doors: where demand points and stations stand on the network.

A point is joined to the nearest way that is open to it, somewhere along the way and not at its
nearest end; the leg from door to way counts as walked. Who lives behind a wall is joined to ways
behind that wall only: the nearest street may be on the other side. No leg crosses water, a railway or a motorway, and
none a wall where there is another way; a way that leads somewhere is taken before one that hangs together with nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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

_NONE_NEAR, _ALL_ACROSS = -1, -2
_UNCROSSED = 2


@dataclass(frozen=True, eq=False)
class Snap:
    """Points on edges, or beside the network.

    Attributes
    ----------
    edge
        Edge each point is joined to, shape (k,); −1 where none is near enough, −2 where all that are near enough lie
        across water, a railway or a motorway.
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

    @property
    def across(self) -> Flags:
        """Whether all ways near each point lie across something that nobody crosses."""
        return np.asarray(self.edge == _ALL_ACROSS, np.bool_)

    def __len__(self) -> int:
        return len(self.edge)

    def take(self, positions: npt.ArrayLike) -> Snap:
        """Pick some of the points, by position or by flag, in the order asked for."""
        which = np.asarray(positions)
        return Snap(self.edge[which], self.along_m[which], self.leg_m[which])

    def only(self, kept: Flags) -> Snap:
        """Take the other points off the network; all keep their positions."""
        return Snap(np.where(kept, self.edge, _NONE_NEAR), self.along_m, self.leg_m)


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
        Of the ways that are open to a point and near enough: those whose leg crosses nothing before those behind a
        wall, those that lead somewhere before islands, then the nearest. Ties go to the way that comes first.
    """
    k = len(points)
    tree, which = streets.door_tree
    pairs = tree.query(points, predicate="dwithin", distance=limit_m)
    edge, leg = _best(streets, points, _near(streets, points, zone, pairs[0], which[pairs[1]]), k)
    lost = np.flatnonzero(edge == _NONE_NEAR)
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


def _near(
    streets: Streets, points: npt.NDArray[np.object_], zone: Ints, point: Ints, edge: Ints
) -> tuple[Ints, Ints, Floats]:
    """Return points in order, edges open to them and the gaps between."""
    allowed = _allowed(streets, zone[point], edge)
    point, edge = point[allowed], edge[allowed]
    order = np.argsort(point, kind="stable")
    point, edge = point[order], edge[order]
    return point, edge, shapely.distance(streets.lines[edge], points[point])


def _best(
    streets: Streets, points: npt.NDArray[np.object_], near: tuple[Ints, Ints, Floats], k: int
) -> tuple[Ints, Floats]:
    """Choose the best edge of each point; only where a leg crosses something are the others looked at."""
    point, edge, gap = near
    best, leg = np.full(k, _NONE_NEAR), np.full(k, np.inf)
    if not len(point):
        return best, leg
    first = _least(point, ~streets.leads[edge], gap, edge)
    best[point[first]], leg[point[first]] = edge[first], gap[first]
    crossed = streets.barriers.crossed(points[point[first]], streets.lines[edge[first]])
    if not crossed.any():
        return best, leg
    again = np.flatnonzero(np.isin(point, point[first[crossed > 0]]))
    point, edge, gap = point[again], edge[again], gap[again]
    barred = streets.barriers.crossed(points[point], streets.lines[edge])
    first = _least(point, barred, ~streets.leads[edge], gap, edge)
    best[point[first]] = np.where(barred[first] < _UNCROSSED, edge[first], _ALL_ACROSS)
    leg[point[first]] = gap[first]
    return best, leg


def _least(point: Ints, *keys: npt.NDArray[Any]) -> Ints:
    """Return the position of each point's least row, compared key by key; rows of a point are beside one another."""
    rows = np.arange(len(point))
    for key in keys:
        begin = np.flatnonzero(np.diff(point[rows], prepend=-1))
        least = np.minimum.reduceat(key[rows], begin)
        rows = rows[key[rows] == np.repeat(least, np.diff(begin, append=len(rows)))]
    return rows


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
