"""The walkable ways of a district as a graph with walls, gates and doors.

Residents walk out of their zone through any gate open to them; visitors may end inside a zone but
never walk through it (see :mod:`workbench.network.zones`). Seen from a station outwards this is a
graph in which gates let the search in and never out again, so that one bounded search answers for
everybody.
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
from workbench.network.barriers import Barriers
from workbench.network.gates import GateRule, OpenGates
from workbench.network.graph import WalkNetwork
from workbench.network.zones import PUBLIC, Openings, Zones, find_openings, split_nodes
from workbench.tables import line_ends
from workbench.terms import GATEWAY, LENT, Access

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_NO_DOORS = ("crossing", "steps", "bridge", "underpass", "tunnel", LENT, GATEWAY)
"""Kinds of ways onto which no door opens: nothing is snapped to them."""


@dataclass(frozen=True)
class IslandRule:
    """Which pieces of the drawing lead nowhere: those of few nodes, or of hardly any length, but never the largest.

    Parameters
    ----------
    share
        Share of all nodes below which a piece is an island.
    length_m
        Length of all its ways together below which it is one.
    """

    share: float = 0.0
    length_m: float = 0.0


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
    steps, door
        Whether an edge is a flight of steps, or one onto which doors open; shape (m,).
    crossing_share
        Share of one crossing that an edge is, shape (m,): 0 where it is none, less than 1 where a
        crossing is drawn in several pieces, by length.
    openings
        Gates, mouths of private ways and barriers, from the outer to the inner side.
    zone_of_compound
        Zone of each enclosed compound, by identifier.
    piece
        Piece of the drawing to which each edge belongs, shape (m,); the largest is 0. What meets at one place hangs
        together, walls and gates or not, unless a barrier that is closed for good stands there: a compound whose gates
        are shut at this hour is no island.
    leads
        Whether the piece of each edge leads somewhere, shape (m,).
    barriers
        What lies between ways and cannot be crossed.
    rule
        Which gates are open, and at what time.
    """

    xy: Floats
    node: Ints
    edges: Ints
    length_m: Floats
    lines: npt.NDArray[np.object_]
    zone: Ints
    steps: Flags
    door: Flags
    crossing_share: Floats
    openings: Openings
    zone_of_compound: dict[str, int]
    piece: Ints
    leads: Flags
    barriers: Barriers
    rule: GateRule

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.xy)

    @cached_property
    def graph(self) -> WalkNetwork:
        """The bare graph that all manners of walking share: edges both ways, openings in, openings out."""
        pairs = self.openings.nodes
        edges = np.concatenate([self.edges, pairs, pairs[:, ::-1]])
        oneway = np.arange(len(edges)) >= len(self.edges)
        return WalkNetwork.from_edges(self.xy, edges, np.zeros(len(edges)), oneway=oneway)

    @cached_property
    def door_tree(self) -> tuple[shapely.STRtree, Ints]:
        """Spatial index over the edges onto which doors open, and their edge numbers."""
        which = np.flatnonzero(self.door)
        return shapely.STRtree(self.lines[which]), which

    @cached_property
    def open_tree(self) -> shapely.STRtree:
        """Spatial index over the edges behind no wall onto which doors open."""
        free = (self.zone == PUBLIC) | (self.zone >= len(self.zone_of_compound))
        return shapely.STRtree(self.lines[self.door & free])

    @property
    def components(self) -> Ints:
        """Piece of the drawing to which each node belongs; the largest is 0."""
        found = np.zeros(self.n_nodes, np.int64)
        found[self.edges] = self.piece[:, None]
        return found


def build_streets(
    ways: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame,
    rule: GateRule | None = None,
    islands: IslandRule | None = None,
    barriers: Barriers | None = None,
) -> Streets:
    """Turn the ways, compounds and gates of a district into a graph.

    Parameters
    ----------
    ways, compounds, gates
        Layers of the district; the last two may be empty.
    rule
        Which gates are open; by day and as the ledger has them when not given.
    islands
        Which pieces lead nowhere; none when not given.
    barriers
        What no leg from a door to a way crosses; nothing when not given.

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
    rule = rule or GateRule()
    open_gates = OpenGates.of(gates, rule)
    zones = Zones.of(walked, compounds)
    keys, edges = split_nodes(walked, zones.of_way, open_gates)
    lines = np.asarray(walked.geometry.array, dtype=object)
    xy = np.empty((len(keys), 2))
    xy[edges[:, 0]], xy[edges[:, 1]] = line_ends(walked)
    length_m = shapely.length(lines)
    kind = walked["kind"].to_numpy(object)
    steps = walked["steps"].to_numpy(bool)
    ground = walked["level"].fillna(0).to_numpy(np.float64) == 0
    piece, leads = _pieces_of_drawing(walked, gates, length_m, islands or IslandRule())
    return Streets(
        xy=xy,
        node=keys["node"].to_numpy(np.int64),
        edges=edges,
        length_m=length_m,
        lines=lines,
        zone=zones.of_way,
        steps=steps,
        door=~np.isin(kind, _NO_DOORS) & ~steps & ground,
        crossing_share=_crossing_shares(edges, kind == "crossing", length_m, len(keys)),
        openings=find_openings(keys, edges, zones, open_gates, kind != GATEWAY),
        zone_of_compound=zones.of_compound,
        piece=piece,
        leads=leads,
        barriers=barriers or Barriers.none(),
        rule=rule,
    )


def _pieces_of_drawing(
    ways: gpd.GeoDataFrame, gates: gpd.GeoDataFrame, length_m: Floats, rule: IslandRule
) -> tuple[Ints, Flags]:
    """Tell what hangs together in the drawing, and which of it leads somewhere.

    Neither hours nor gates that are tried out change it, so that no door moves because a gate does.
    """
    ends = ways[["u", "v"]].to_numpy(np.int64).ravel()
    shut = gates[gates["compound"].isna() & (gates["access"] == Access.CLOSED)]["node"].to_numpy(np.int64)
    place = pd.factorize(ends)[0]
    if len(shut):
        cut = np.isin(ends, shut)
        place[cut] = place.max(initial=0) + 1 + np.arange(np.count_nonzero(cut))
    link = place.reshape(-1, 2)[(ways["kind"] != GATEWAY).to_numpy()]
    size = int(place.max(initial=-1)) + 1
    _, group = connected_components(
        coo_array((np.ones(len(link), bool), (link[:, 0], link[:, 1])), shape=(size, size)), directed=False
    )
    group = group.astype(np.int64)
    of_way = group[place[::2]]
    drawn = np.zeros(size, bool)
    drawn[link] = True
    nodes = np.bincount(group[drawn], minlength=group.max(initial=0) + 1)
    metres = np.bincount(of_way, length_m, minlength=len(nodes))
    order = np.lexsort((-metres, -nodes))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    leads = (nodes >= rule.share * nodes.sum()) & (metres >= rule.length_m)
    leads[order[:1]] = True
    return rank[of_way], np.asarray(leads[of_way], np.bool_)


def _crossing_shares(edges: Ints, crossing: Flags, length_m: Floats, nodes: int) -> Floats:
    """Divide each crossing over the pieces it is drawn in: they join where nothing else does."""
    shares = np.zeros(len(edges))
    which = np.flatnonzero(crossing)
    if not len(which):
        return shares
    degree = np.bincount(edges.ravel(), minlength=nodes)
    ends = edges[which]
    inside = (degree[ends] == 2) & (np.bincount(ends.ravel(), minlength=nodes)[ends] == 2)
    piece = np.repeat(np.arange(len(which)), 2)[inside.ravel()]
    joint = ends.ravel()[inside.ravel()]
    links = coo_array((np.ones(len(piece), bool), (piece, len(which) + joint)), shape=(len(which) + nodes,) * 2)
    _, run = connected_components(links, directed=False)
    run = run[: len(which)]
    whole = np.bincount(run, length_m[which])
    shares[which] = length_m[which] / whole[run]
    return shares
