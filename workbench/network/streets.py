"""The walkable ways of a district as a graph with walls, gates and doors.

Outside is zone −1. Behind every wall lies a zone of its own: the interior of an enclosed compound,
a cluster of private ways, or what a barrier across a way cuts off. Residents walk out of their
zone through any gate open to them; visitors may end inside a zone but never walk through it. Seen
from a station outwards this is a graph in which gates let the search in and never out again, so
that one bounded search answers for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from workbench.errors import NetworkError, Problem
from workbench.network.gates import GateRule, OpenGates
from workbench.terms import Access

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

PUBLIC = -1
"""Zone of everything outside walls."""

_NO_DOORS = ("crossing", "steps", "bridge", "underpass", "tunnel")
"""Kinds of ways onto which no door opens: nothing is snapped to them."""


@dataclass(frozen=True, eq=False)
class Streets:
    """Ways as a graph; nodes are numbered from 0 and belong to one zone each.

    Attributes
    ----------
    xy
        Coordinates of nodes, shape (n, 2), metres in the district's CRS.
    node
        Node number in the ways layer, shape (n,).
    edges
        Ends of edges, shape (m, 2).
    length_m
        Length along the line, shape (m,).
    lines
        Geometry of edges, shape (m,), from ``edges[:, 0]`` to ``edges[:, 1]``.
    zone
        Zone of each edge, shape (m,); −1 outside.
    steps, crossing, door
        Whether an edge is a flight of steps, a crossing, or one onto which doors open; shape (m,).
    openings
        Gates: node outside, node inside; shape (g, 2). Open to residents of the inner side.
    opening_public
        Whether visitors may pass too, shape (g,).
    zone_of_compound
        Zone of each enclosed compound, by identifier.
    """

    xy: Floats
    node: Ints
    edges: Ints
    length_m: Floats
    lines: npt.NDArray[np.object_]
    zone: Ints
    steps: Flags
    crossing: Flags
    door: Flags
    openings: Ints
    opening_public: Flags
    zone_of_compound: dict[str, int]

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.xy)

    @cached_property
    def node_zone(self) -> Ints:
        """Zone of each node, shape (n,)."""
        zone = np.full(self.n_nodes, PUBLIC, np.int64)
        zone[self.edges.ravel()] = np.repeat(self.zone, 2)
        return zone

    @cached_property
    def door_tree(self) -> tuple[shapely.STRtree, Ints]:
        """Spatial index over the edges onto which doors open, and their edge numbers."""
        which = np.flatnonzero(self.door)
        return shapely.STRtree(self.lines[which]), which

    @cached_property
    def components(self) -> Ints:
        """Weakly connected piece of each node, gates counted as connections; the largest is 0."""
        ends = np.concatenate([self.edges, self.openings])
        ones = np.ones(len(ends), bool)
        graph = coo_array((ones, (ends[:, 0], ends[:, 1])), shape=(self.n_nodes, self.n_nodes))
        _, piece = connected_components(graph, directed=False)
        size = np.bincount(piece)
        rank = np.empty(len(size), np.int64)
        rank[np.lexsort((np.arange(len(size)), -size))] = np.arange(len(size))
        return rank[piece]


def build_streets(
    ways: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame,
    rule: GateRule | None = None,
) -> Streets:
    """Turn the ways, compounds and gates of a district into a graph.

    Parameters
    ----------
    ways, compounds, gates
        Layers of the district; the last two may be empty.
    rule
        Which gates are open; by day and as the ledger has them when not given.

    Returns
    -------
    Streets
        Closed ways are not in it.

    Raises
    ------
    NetworkError
        If no way is left to walk on.
    """
    walked = ways[ways["access"] != Access.CLOSED].sort_values("id", kind="stable", ignore_index=True)
    if walked.empty:
        raise NetworkError(
            Problem(
                "ways", "no way can be walked", expected="ways with access public or members", found=f"{len(ways)} ways"
            )
        )
    open_gates = OpenGates.of(gates, rule or GateRule())
    zone, zone_of_compound, free_zones = _zones(walked, compounds)
    barred = open_gates.cut_nodes(private=False), open_gates.cut_nodes(private=True)
    keys, edges = _nodes(walked, zone, *barred)
    lines = np.asarray(walked.geometry.array, dtype=object)
    xy = np.empty((len(keys), 2))
    xy[edges[:, 0]] = shapely.get_coordinates(shapely.get_point(lines, 0))
    xy[edges[:, 1]] = shapely.get_coordinates(shapely.get_point(lines, -1))
    openings, public = _openings(keys, zone_of_compound, free_zones, open_gates)
    behind = _barrier_openings(keys, edges, open_gates)
    kind = walked["kind"].to_numpy(object)
    steps = walked["steps"].to_numpy(bool)
    ground = walked["level"].fillna(0).to_numpy(np.float64) == 0
    return Streets(
        xy=xy,
        node=keys["node"].to_numpy(np.int64),
        edges=edges,
        length_m=shapely.length(lines),
        lines=lines,
        zone=zone,
        steps=steps,
        crossing=kind == "crossing",
        door=~np.isin(kind, _NO_DOORS) & ~steps & ground,
        openings=np.concatenate([openings, behind]),
        opening_public=np.concatenate([public, np.zeros(len(behind), bool)]),
        zone_of_compound=zone_of_compound,
    )


def _zones(ways: pd.DataFrame, compounds: pd.DataFrame) -> tuple[Ints, dict[str, int], int]:
    """Give every way its zone.

    Returns the zone of each way, the zone of each enclosed compound, and the first zone of the
    clusters of private ways, which have no wall: they open wherever they meet a public way.
    """
    enclosed = sorted(compounds.loc[compounds["enclosed"].astype(bool), "id"]) if len(compounds) else []
    zone_of_compound = {name: number for number, name in enumerate(enclosed)}
    zone = ways["compound"].map(zone_of_compound).fillna(PUBLIC).to_numpy(np.int64)
    private = (ways["access"] == Access.MEMBERS).to_numpy() & (zone == PUBLIC)
    if private.any():
        ends = ways.loc[private, ["u", "v"]].to_numpy(np.int64)
        names, compact = np.unique(ends, return_inverse=True)
        compact = compact.reshape(ends.shape)
        ones = np.ones(len(ends), bool)
        graph = coo_array((ones, (compact[:, 0], compact[:, 1])), shape=(len(names), len(names)))
        _, cluster = connected_components(graph, directed=False)
        zone[private] = len(enclosed) + cluster[compact[:, 0]]
    return zone, zone_of_compound, len(enclosed)


def _nodes(ways: pd.DataFrame, zone: Ints, barred: Ints, closed: Ints) -> tuple[pd.DataFrame, Ints]:
    """Give a number to each place in each zone, and to each way end at a barrier.

    ``barred`` are nodes that the public may not pass, ``closed`` nodes that nobody may pass.
    """
    m = len(ways)
    ends = ways[["u", "v"]].to_numpy(np.int64).ravel()
    zones = np.repeat(zone, 2)
    cut = np.isin(ends, closed) | (np.isin(ends, barred) & (zones == PUBLIC))
    copy = np.where(cut, np.arange(2 * m), -1)
    table = pd.DataFrame({"node": ends, "zone": zones, "copy": copy})
    index = table.groupby(["node", "zone", "copy"], sort=True).ngroup().to_numpy(np.int64)
    keys = table.iloc[np.unique(index, return_index=True)[1]].reset_index(drop=True)
    return keys, np.asarray(index.reshape(m, 2), np.int64)


def _openings(
    keys: pd.DataFrame, zone_of_compound: dict[str, int], free_zones: int, gates: OpenGates
) -> tuple[Ints, Flags]:
    """Return (outside, inside) node pairs of gates in walls and mouths of private ways."""
    table = keys.assign(index=np.arange(len(keys)))
    outside = table[table["zone"] == PUBLIC][["node", "index"]]
    inside = table[table["zone"] >= 0][["node", "zone", "index"]]
    walls = gates.in_walls.assign(zone=gates.in_walls["compound"].map(zone_of_compound))
    walls = walls.dropna(subset="zone").astype({"zone": np.int64})
    gated = walls.merge(outside, on="node").merge(inside, on=["node", "zone"], suffixes=("_out", "_in"))
    mouths = inside[inside["zone"] >= free_zones].merge(outside, on="node", suffixes=("_in", "_out"))
    mouths = mouths.assign(public=True)
    both = pd.concat([gated, mouths])[["index_out", "index_in", "public"]]
    merged = both.groupby(["index_out", "index_in"])["public"].any().reset_index()
    pairs = merged[["index_out", "index_in"]].to_numpy(np.int64).reshape(-1, 2)
    return pairs, merged["public"].to_numpy(bool)


def _barrier_openings(keys: pd.DataFrame, edges: Ints, gates: OpenGates) -> Ints:
    """Let residents in through barriers across public ways.

    A barrier for members cuts a way. Where that leaves a piece of its own behind the barrier, those
    who live there pass it; seen from outside it lets in and not through, like a gate in a wall. Of
    the two sides the smaller piece is the inner one; two ends of one piece stay cut.
    """
    node = keys["node"].to_numpy(np.int64)
    copies = np.flatnonzero((keys["copy"].to_numpy() >= 0) & np.isin(node, gates.member_barriers))
    if not len(copies):
        return np.empty((0, 2), np.int64)
    n = len(keys)
    ones = np.ones(len(edges), bool)
    _, piece = connected_components(coo_array((ones, (edges[:, 0], edges[:, 1])), shape=(n, n)), directed=False)
    size = np.bincount(piece)
    pairs: list[tuple[int, int]] = []
    for _, group in pd.Series(copies).groupby(node[copies]):
        ends = group.to_numpy(np.int64)
        outer = ends[np.lexsort((ends, -size[piece[ends]]))[0]]
        pairs += [(int(outer), int(inner)) for inner in ends if piece[inner] != piece[outer]]
    return np.asarray(sorted(pairs), np.int64).reshape(-1, 2)
