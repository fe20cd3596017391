"""Which community and compound things belong to, where the sources do not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.sources.reading import Remark
from workbench.sources.topology import NOWHERE, Ints, Pieces, Shapes, land
from workbench.tables import line_ends
from workbench.tables.gate import flag

GATE_ON_WALL_M: Final = 5.0
"""A gate this near to the edge of an enclosed compound is a gate of that compound."""

Tables = dict[str, gpd.GeoDataFrame]
Told = tuple[str, Remark]
"""A layer, and what to say of it."""


def assign(tables: Tables, fresh_node: Callable[[], int]) -> list[Told]:
    """Fill in missing communities and compounds by place, in place.

    Parameters
    ----------
    tables
        Layers by name, in one CRS. Ways and gates change too where a way passes the edge of an
        enclosed compound without a gate: it is cut there, and the passage becomes an open gate.
    fresh_node
        Gives the next number for a node that must be made.

    Returns
    -------
    list of (str, Remark)
        Layer, and what was filled in.
    """
    remarks: list[Told] = []
    communities, compounds = tables.get("communities"), tables.get("compounds")
    if communities is not None:
        for name in ("compounds", "demand", "stations", "candidates"):
            remarks += _fill(tables, name, "community", communities)
    if compounds is None:
        return remarks
    cells = compounds["enclosed"] if "enclosed" in compounds else [False] * len(compounds)
    enclosed = compounds[[flag(cell) is True for cell in cells]]
    if len(enclosed) and "ways" in tables:
        remarks += _gates_on_walls(tables, enclosed)
        remarks += _passages(tables, enclosed, fresh_node)
    for name in ("demand", "stations", "candidates", "buildings"):
        remarks += _fill(tables, name, "compound", compounds)
    if "ways" in tables:
        remarks += _fill(
            tables,
            "ways",
            "compound",
            compounds,
            _halfway,
        )
    return remarks


def _halfway(lines: Shapes) -> Shapes:
    points: Shapes = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    return points


def _fill(
    tables: Mapping[str, gpd.GeoDataFrame],
    name: str,
    column: str,
    areas: gpd.GeoDataFrame,
    middle: Callable[[Shapes], Shapes] = shapely.point_on_surface,
) -> list[Told]:
    frame = tables.get(name)
    if frame is None or frame.empty:
        return []
    if column not in frame.columns:
        frame[column] = pd.Series([None] * len(frame), dtype=object, index=frame.index)
    open_rows = frame[column].isna().to_numpy()
    if not open_rows.any():
        return []
    points = middle(np.asarray(frame.geometry.array, dtype=object)[open_rows])
    asking, area = shapely.STRtree(np.asarray(areas.geometry.array, dtype=object)).query(points, predicate="intersects")
    # a point on a common border goes to the area that comes first by identifier
    order = np.lexsort((areas["id"].to_numpy(str)[area], asking))
    asking, first = np.unique(asking[order], return_index=True)
    rows = np.flatnonzero(open_rows)[asking]
    values = frame[column].to_numpy(object, copy=True)
    values[rows] = areas["id"].to_numpy(object)[area[order][first]]
    frame[column] = pd.Series(values, index=frame.index, dtype=object)
    words = f"{len(rows):,} of {int(open_rows.sum()):,} {name} given their {column} by place"
    return [(name, Remark("guessed", words))] if len(rows) else []


def _edges(areas: gpd.GeoDataFrame) -> Shapes:
    return shapely.boundary(np.asarray(areas.geometry.array, dtype=object))


def _gates_on_walls(tables: Tables, enclosed: gpd.GeoDataFrame) -> list[Told]:
    gates = tables.get("gates")
    if gates is None or gates.empty:
        return []
    free = np.flatnonzero(gates["compound"].isna().to_numpy())
    points = np.asarray(gates.geometry.array, dtype=object)[free]
    asking, wall = shapely.STRtree(_edges(enclosed)).query_nearest(
        points, max_distance=GATE_ON_WALL_M, all_matches=False
    )
    values = gates["compound"].to_numpy(object, copy=True)
    values[free[asking]] = enclosed["id"].to_numpy(object)[wall]
    gates["compound"] = pd.Series(values, index=gates.index, dtype=object)
    words = f"{len(asking):,} gates given to the compound on whose edge they stand"
    return [("ways", Remark("guessed", words))] if len(asking) else []


def _passages(tables: Tables, enclosed: gpd.GeoDataFrame, fresh_node: Callable[[], int]) -> list[Told]:
    """Cut ways where they pass the edge of an enclosed compound and no gate stands near."""
    ways = tables["ways"]
    edges = _edges(enclosed)
    way, wall = shapely.STRtree(edges).query(np.asarray(ways.geometry.array, dtype=object), predicate="crosses")
    meets = shapely.intersection(np.asarray(ways.geometry.array, dtype=object)[way], edges[wall])
    points, pair = shapely.get_parts(meets, return_index=True)
    points = shapely.centroid(points)  # a stretch along the edge is passed in its middle
    owner = enclosed["id"].to_numpy(object)[wall[pair]]
    points, owner = _without_gate(points, owner, tables.get("gates"))
    if not len(points):
        return []
    pieces = Pieces(
        np.asarray(ways.geometry.array, dtype=object),
        ways["u"].to_numpy(np.int64),
        ways["v"].to_numpy(np.int64),
        np.arange(len(ways)),
    )
    landing = land(pieces, points, within_m=0.1, fresh_node=fresh_node)
    tables["ways"] = cut_ways(ways, landing.pieces)
    on = landing.node != NOWHERE
    made = gpd.GeoDataFrame(
        {
            "id": [f"p{abs(int(node))}.{name}" for node, name in zip(landing.node[on], owner[on], strict=True)],
            "compound": owner[on],
            "access": "public",
            "opening_hours": pd.Series([None] * int(on.sum()), dtype=object),
            "node": landing.node[on],
        },
        geometry=node_points(tables["ways"], landing.node[on]),
        crs=ways.crs,
    ).drop_duplicates("id")
    old = tables.get("gates")
    tables["gates"] = made if old is None or old.empty else gpd.GeoDataFrame(pd.concat([old, made], ignore_index=True))
    words = f"{len(made):,} ways pass the edge of an enclosed compound where no gate is mapped; taken as open gates"
    return [("ways", Remark("guessed", words))]


def _without_gate(points: Shapes, owner: Shapes, gates: gpd.GeoDataFrame | None) -> tuple[Shapes, Shapes]:
    if gates is None or gates.empty or not len(points):
        return points, owner
    tree = shapely.STRtree(np.asarray(gates.geometry.array, dtype=object))
    asking, gate = tree.query(points, predicate="dwithin", distance=2 * GATE_ON_WALL_M)
    same = gates["compound"].to_numpy(object)[gate] == owner[asking]
    bare = np.ones(len(points), bool)
    bare[asking[same]] = False
    return points[bare], owner[bare]


def cut_ways(ways: gpd.GeoDataFrame, pieces: Pieces) -> gpd.GeoDataFrame:
    """Return the ways after some were cut: the further pieces of a way are named ``id+1`` and so on."""
    cut = ways.iloc[pieces.owner].reset_index(drop=True)
    rank = cut.groupby(pieces.owner).cumcount().to_numpy()
    cut["id"] = [f"{name}+{k}" if k else name for name, k in zip(cut["id"], rank, strict=True)]
    cut["u"], cut["v"] = pieces.u, pieces.v
    return cut.set_geometry(pieces.lines, crs=ways.crs)


def node_points(ways: gpd.GeoDataFrame, nodes: Ints) -> Shapes:
    """Return the points at which nodes of the ways lie."""
    known, first = np.unique(
        np.concatenate([ways["u"].to_numpy(np.int64), ways["v"].to_numpy(np.int64)]), return_index=True
    )
    places = np.concatenate(line_ends(ways))[first[np.searchsorted(known, nodes)]]
    return np.asarray(shapely.points(places), dtype=object)
