"""The walkable ways of a district as a graph with walls, gates and doors.

Residents walk out of their zone through any gate open to them; visitors may end inside a zone but
never walk through it (see :mod:`workbench.network.streets`). Seen from a station outwards this is a
graph in which gates let the search in and never out again, so that one bounded search answers for
everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Literal, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from workbench.arrays import Flags, Floats, Ints
from workbench.calendars import Moment
from workbench.catalogue.terms import GATEWAY, LENT, Access
from workbench.catalogue.validation import line_ends
from workbench.errors import GeodataError, NetworkError, Problem
from workbench.hours import hours_problems
from workbench.network.graph import WalkNetwork

# ----------------------------------------------------------------------------------------------------------------------
# Which gates are open, to whom, and when.


@dataclass(frozen=True)
class GateRule:
    """Which gates count as open.

    Parameters
    ----------
    policy
        ``as_is``: as the ledger has them; ``all_open``: every gate open to residents and visitors.
    moment
        Minute of the week at which opening hours are read; None = all hours hold.
    """

    policy: Literal["as_is", "all_open"] = "as_is"
    moment: Moment | None = None


def _is_open(text: object, moment: Moment | None) -> bool:
    """Tell whether a gate is open; one without hours always is."""
    return moment is None or not isinstance(text, str) or moment.holds(text)


@dataclass(frozen=True, eq=False)
class _OpenGates:
    """The gates as one rule sees them.

    Attributes
    ----------
    in_walls
        Gates of compounds: columns ``compound``, ``node``, ``public`` (visitors may enter), ``open``
        (residents may pass) and ``gate`` (row of the layer).
    member_barriers, closed_barriers
        Nodes of barriers across ways that only members, or nobody, may pass.
    """

    in_walls: pd.DataFrame
    member_barriers: Ints
    closed_barriers: Ints

    @classmethod
    def of(cls, gates: pd.DataFrame, rule: GateRule) -> _OpenGates:
        """Judge every gate of the ledger by the rule."""
        problems = hours_problems("gates", gates)
        if problems:
            raise GeodataError(problems)
        judged = [
            access_under(rule, a, hours) for a, hours in zip(gates["access"], gates["opening_hours"], strict=True)
        ]
        access = np.array(judged, object)
        walls = gates["compound"].notna().to_numpy()
        node = gates["node"].to_numpy(np.int64)
        in_walls = pd.DataFrame(
            {
                "compound": gates["compound"].to_numpy(object)[walls],
                "node": node[walls],
                "public": access[walls] == Access.PUBLIC,
                "open": access[walls] != Access.CLOSED,
                "gate": np.flatnonzero(walls),
            }
        )
        members = node[~walls & (access == Access.MEMBERS)]
        return cls(in_walls, members, node[~walls & (access == Access.CLOSED)])


def access_under(rule: GateRule, access: str, hours: object) -> str:
    """Return who may pass one gate under a rule: its access in the ledger, unless its hours or the rule say otherwise.

    Parameters
    ----------
    rule
        The rule.
    access
        ``public``, ``members`` or ``closed``, as in the ledger.
    hours
        Its opening hours; missing where it has none.
    """
    if rule.policy == "all_open":
        return str(Access.PUBLIC)
    return str(access) if _is_open(hours, rule.moment) else str(Access.CLOSED)


# ----------------------------------------------------------------------------------------------------------------------
# Who may pass where: the zones behind walls and barriers, and the openings between them.
#
# Outside is zone −1. Behind every wall lies a zone of its own: the interior of an enclosed compound, or a cluster of
# private ways, which has no wall but may not be walked through either. A barrier across a way cuts it. What hangs
# together inside one zone is a *cell*; where two cells meet there may be a *passage*: a gate in a wall, the mouth of
# a private way, a barrier for members.
#
# Residents walk out of their cell through any passage open to them, and on through the cells that lie between them
# and the street; visitors may end inside but never walk through. So every passage has an outer and an inner side. A
# wall is within the private way that leads to it, that within the street, and a piece of street behind a barrier
# within the larger piece before it, barrier by barrier. Only where private ways hang on compounds alone are they the
# inner side.


PUBLIC = -1
"""Zone of everything outside walls."""

_PRIVATE_LEVEL, _WALLED_LEVEL = 2**40, 2**41
"""Levels of private ways and of compounds; those of streets count the barriers before them."""


@dataclass(frozen=True, eq=False)
class _Zones:
    """The zone of every way.

    Attributes
    ----------
    of_way
        Zone of each way, shape (m,).
    of_compound
        Zone of each enclosed compound, by identifier; numbered from 0.
    """

    of_way: Ints
    of_compound: dict[str, int]

    @classmethod
    def of(cls, ways: pd.DataFrame, compounds: pd.DataFrame) -> _Zones:
        """Give every way its zone: that of its compound, of its cluster of private ways, or outside."""
        enclosed = sorted(compounds.loc[compounds["enclosed"].astype(bool), "id"]) if len(compounds) else []
        of_compound = {name: number for number, name in enumerate(enclosed)}
        zone = ways["compound"].map(of_compound).fillna(PUBLIC).to_numpy(np.int64)
        private = (ways["access"] == Access.MEMBERS).to_numpy() & (zone == PUBLIC)
        if private.any():
            ends = ways.loc[private, ["u", "v"]].to_numpy(np.int64)
            names, compact = np.unique(ends, return_inverse=True)
            compact = compact.reshape(ends.shape)
            cluster = _pieces(compact, len(names))
            zone[private] = len(enclosed) + cluster[compact[:, 0]]
        return cls(zone, of_compound)


@dataclass(frozen=True, eq=False)
class Openings:
    """Passages between cells, as pairs of nodes at one place.

    Attributes
    ----------
    nodes
        Outer and inner node, shape (g, 2).
    public
        Whether visitors may pass too, shape (g,).
    open
        Whether residents may pass, shape (g,). Closed gates are kept, to be opened in a what-if.
    gate
        Row of the gates layer each belongs to, shape (g,); −1 for the mouth of a private way.
    guarded, barred
        Whether a barrier at the same place keeps visitors, or everybody, out whatever the gate; shape (g,).
    length_m
        Way through each, shape (g,): 0 but for new gates that are tried out some way from the street.
    """

    nodes: Ints
    public: Flags
    open: Flags
    gate: Ints
    guarded: Flags
    barred: Flags
    length_m: Floats


def _split_nodes(ways: pd.DataFrame, zone: Ints, gates: _OpenGates) -> tuple[pd.DataFrame, Ints]:
    """Give a number to each place in each zone, and to each way end at a barrier.

    Barriers for members cut public ways only: behind a wall everybody is a member.
    """
    m = len(ways)
    ends = ways[["u", "v"]].to_numpy(np.int64).ravel()
    zones = np.repeat(zone, 2)
    cut = np.isin(ends, gates.closed_barriers) | (np.isin(ends, gates.member_barriers) & (zones == PUBLIC))
    copy = np.where(cut, np.arange(2 * m), -1)
    table = pd.DataFrame({"node": ends, "zone": zones, "copy": copy})
    index = table.groupby(["node", "zone", "copy"], sort=True).ngroup().to_numpy(np.int64)
    keys = table.iloc[np.unique(index, return_index=True)[1]][["node", "zone"]].reset_index(drop=True)
    return keys, np.asarray(index.reshape(m, 2), np.int64)


def _find_openings(
    keys: pd.DataFrame,
    edges: Ints,
    zones: _Zones,
    gates: _OpenGates,
    counted: Flags | None = None,
    barred: Floats | None = None,
) -> Openings:
    """Find all passages and turn them from the outer to the inner side."""
    table = pd.concat([_in_walls(keys, zones, gates), _mouths(keys, zones), _barriers(keys, gates)])
    shut = table["node"].isin(gates.closed_barriers).to_numpy()
    guarded = table["node"].isin(gates.member_barriers).to_numpy()
    table["open"] &= ~shut
    table["public"] &= ~shut & ~guarded
    cell = _pieces(edges, len(keys))
    members = np.unique(edges if counted is None else edges[counted])
    depth = None
    if barred is not None:  # a part cannot tell by itself which side of a barrier is the larger
        depth = np.zeros(int(cell.max(initial=-1)) + 1, np.int64)
        np.maximum.at(depth, cell[edges[:, 0]], np.nan_to_num(barred).astype(np.int64))
    outer, inner = _outer_and_inner(table, cell, keys["zone"].to_numpy(np.int64), zones, members, depth)
    known = outer >= 0
    nodes = np.column_stack([outer, inner])[known]
    gate = table["gate"].to_numpy(np.int64)[known]
    order = np.lexsort((gate, nodes[:, 1], nodes[:, 0]))
    public, is_open = (table[name].to_numpy(bool)[known][order] for name in ("public", "open"))
    none = np.zeros(len(order))
    return Openings(nodes[order], public, is_open, gate[order], guarded[known][order], shut[known][order], none)


def _passages(
    a: pd.Series, b: pd.Series, node: pd.Series, public: object, is_open: object, gate: object
) -> pd.DataFrame:
    columns = {"a": a, "b": b, "node": node, "public": public, "open": is_open, "gate": gate}
    kinds = {"public": np.bool_, "open": np.bool_}
    return pd.DataFrame(
        {name: np.broadcast_to(np.asarray(value, kinds.get(name, np.int64)), len(a)) for name, value in columns.items()}
    )


def _in_walls(keys: pd.DataFrame, zones: _Zones, gates: _OpenGates) -> pd.DataFrame:
    """Gates join the inside of their wall with every street and private way at the same node."""
    table = keys.assign(key=np.arange(len(keys)))
    free = table[(table["zone"] == PUBLIC) | (table["zone"] >= len(zones.of_compound))]
    walls = gates.in_walls.assign(zone=gates.in_walls["compound"].map(zones.of_compound))
    walls = walls.dropna(subset="zone").astype({"zone": np.int64})
    inside = walls.merge(table, on=["node", "zone"]).drop(columns="zone")
    both = inside.merge(free[["node", "key"]], on="node", suffixes=("_in", "_out"))
    return _passages(both["key_out"], both["key_in"], both["node"], both["public"], both["open"], both["gate"])


def _mouths(keys: pd.DataFrame, zones: _Zones) -> pd.DataFrame:
    """Private ways without a wall open wherever they meet a street."""
    table = keys.assign(key=np.arange(len(keys)))
    private = table[table["zone"] >= len(zones.of_compound)]
    if private.empty:
        return _passages(private["key"], private["key"], private["node"], True, True, -1)
    both = private.merge(table[table["zone"] == PUBLIC], on="node", suffixes=("_in", "_out"))
    return _passages(both["key_out"], both["key_in"], both["node"], True, True, -1)


def _barriers(keys: pd.DataFrame, gates: _OpenGates) -> pd.DataFrame:
    """Barriers for members join the ends of the street that they cut, for members."""
    table = keys.assign(key=np.arange(len(keys)))
    ends = table[(table["zone"] == PUBLIC) & table["node"].isin(gates.member_barriers)][["node", "key"]]
    if ends.empty:
        return _passages(ends["key"], ends["key"], ends["node"], False, True, -1)
    both = ends.merge(ends, on="node", suffixes=("_a", "_b"))
    both = both[both["key_a"] < both["key_b"]]
    return _passages(both["key_a"], both["key_b"], both["node"], False, True, -1)


def _outer_and_inner(
    table: pd.DataFrame, cell: Ints, zone: Ints, zones: _Zones, members: Ints, depth: Ints | None
) -> tuple[Ints, Ints]:
    """Tell the two sides of each passage apart; −1 where neither lies within the other."""
    a, b = table["a"].to_numpy(np.int64), table["b"].to_numpy(np.int64)
    cells = int(cell.max(initial=-1)) + 1
    zone_of_cell = np.full(cells, PUBLIC, np.int64)
    zone_of_cell[cell] = zone
    level = _barrier_depth(np.column_stack([cell[a], cell[b]]), zone_of_cell, cell[members]) if depth is None else depth
    level = np.where(zone_of_cell == PUBLIC, level, _WALLED_LEVEL)
    level[zone_of_cell >= len(zones.of_compound)] = _PRIVATE_LEVEL
    inverted = level[cell[a]] > level[cell[b]]
    outer, inner = np.where(inverted, b, a), np.where(inverted, a, b)
    level_known = level[cell[outer]] < level[cell[inner]]
    hung = level_known & _hangs_on_walls(cell[outer], cell[inner], zone_of_cell)
    outer, inner = np.where(hung, inner, outer), np.where(hung, outer, inner)
    return np.where(level_known, outer, -1), np.where(level_known, inner, -1)


def _barrier_depth(passages: Ints, zone_of_cell: Ints, cell_of_member: Ints) -> Ints:
    """Count the barriers between each piece of street and the largest piece it is barred from.

    Of pieces of one size the largest is the one whose first node comes first.
    """
    cells = len(zone_of_cell)
    size = np.bincount(cell_of_member, minlength=cells)
    first_member = np.full(cells, len(cell_of_member))
    np.minimum.at(first_member, cell_of_member, np.arange(len(cell_of_member)))
    streets = passages[(zone_of_cell[passages] == PUBLIC).all(axis=1)]
    depth = np.zeros(cells, np.int64)
    if not len(streets):
        return depth
    group = _pieces(streets, cells)
    barred = np.unique(streets)
    barred = barred[np.lexsort((first_member[barred], -size[barred], group[barred]))]
    first = np.ones(len(barred), bool)
    first[1:] = group[barred][1:] != group[barred][:-1]
    steps = dijkstra(_graph(streets, cells), directed=False, indices=barred[first], unweighted=True, min_only=True)
    depth[barred] = steps[barred]
    return depth


def _hangs_on_walls(outer: Ints, inner: Ints, zone_of_cell: Ints) -> Flags:
    """Find the passages whose outer side is a private cell that no street leads to."""
    mouthed = np.zeros(len(zone_of_cell), bool)
    mouthed[inner[zone_of_cell[outer] == PUBLIC]] = True
    return np.asarray((zone_of_cell[outer] != PUBLIC) & ~mouthed[outer], np.bool_)


def _graph(pairs: Ints, size: int) -> csr_array:
    return csr_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(size, size))


def _pieces(pairs: Ints, size: int) -> Ints:
    """Give the number of its piece to everything; what hangs together is one."""
    _, piece = connected_components(_graph(pairs, size), directed=False)
    return np.asarray(piece, np.int64)


# ----------------------------------------------------------------------------------------------------------------------
# What nobody walks across between a door and its way: water, railways, motorways, walls.
#
# A leg is a straight line of a few metres that no map shows. It may leave a barrier in which the door itself stands,
# or enter one in which the way lies (a pier, a compound's own ground); what it may not do is cross.


Shapes = npt.NDArray[np.object_]

UNCROSSED: Final = ("water", "rail", "motorway")
"""Features of the backdrop that no leg and no new gate's way crosses."""
_WALL: Final = "wall"
_TOUCH_M: Final = 0.02
"""A leg that ends this near to a barrier has not crossed it: above the rounding of files."""


@dataclass(frozen=True, eq=False)
class Barriers:
    """What legs are held against.

    Attributes
    ----------
    firm
        Lines and areas that are never crossed.
    walls
        Walls, and the ground of walled compounds: crossed only where nothing else is left, for a wall may have a door
        that nobody drew.
    """

    firm: Shapes
    walls: Shapes

    @classmethod
    def none(cls) -> Self:
        """Return open ground."""
        return cls(np.empty(0, object), np.empty(0, object))

    @classmethod
    def of(cls, backdrop: pd.DataFrame, compounds: pd.DataFrame) -> Self:
        """Take the barriers of a district from its backdrop and its walled compounds."""
        shapes, kind = _shapes(backdrop), backdrop["kind"]
        walled = _shapes(compounds)[compounds["enclosed"].to_numpy(bool)]
        return cls(shapes[kind.isin(UNCROSSED).to_numpy(bool)], np.concatenate([shapes[(kind == _WALL)], walled]))

    @cached_property
    def _trees(self) -> tuple[shapely.STRtree, shapely.STRtree]:
        return _outlines(self.firm), _outlines(self.walls)

    def crossed(self, doors: Shapes, lines: Shapes) -> Ints:
        """Say what lies between doors and ways.

        Parameters
        ----------
        doors, lines
            Points and the way each would be joined to, shape (k,).

        Returns
        -------
        ndarray of int64, shape (k,)
            0 for nothing, 1 for a wall, 2 for what is never crossed.
        """
        found = np.zeros(len(doors), np.int64)
        if not len(doors) or not len(self.firm) + len(self.walls):
            return found
        ends = shapely.get_coordinates(shapely.shortest_line(doors, lines)).reshape(-1, 2, 2)
        length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        long = np.flatnonzero(length > 2 * _TOUCH_M)
        inward = (ends[long, 1] - ends[long, 0]) * (_TOUCH_M / length[long])[:, None]
        legs = shapely.linestrings(np.stack([ends[long, 0] + inward, ends[long, 1] - inward], axis=1))
        for grade, tree, every in ((1, self._trees[1], self.walls), (2, self._trees[0], self.firm)):
            leg, barrier = tree.query(legs, predicate="intersects")
            shapes = every[barrier]
            crosses = np.ones(len(leg), bool)
            for end in (0, 1):
                crosses &= ~shapely.intersects(shapes, shapely.points(ends[long[leg], end])) | (
                    shapely.get_dimensions(shapes) < _AREA
                )
            found[long[leg[crosses]]] = grade
        return found


_AREA: Final = 2


def _outlines(shapes: Shapes) -> shapely.STRtree:
    """Index the lines over which one comes into areas, for most legs lie within one; and lines as they are."""
    area = shapely.get_dimensions(shapes) == _AREA
    return shapely.STRtree(np.where(area, shapely.boundary(shapes), shapes))


def _shapes(frame: pd.DataFrame) -> Shapes:
    return np.asarray(frame["geometry"].array, dtype=object)


# ----------------------------------------------------------------------------------------------------------------------
# The walkable ways of a district as a graph with walls, gates and doors.


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

    def with_openings(self, openings: Openings) -> Streets:
        """Return the same streets with other openings open, between the same nodes; they share the bare graph."""
        other = replace(self, openings=openings)
        other.__dict__.update(graph=self.graph, node_zone=self.node_zone)
        return other

    @cached_property
    def node_zone(self) -> Ints:
        """Zone of each node, shape (n,)."""
        zone = np.full(self.n_nodes, PUBLIC, np.int64)
        zone[self.edges] = self.zone[:, None]
        return zone

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
    open_gates = _OpenGates.of(gates, rule)
    zones = _Zones.of(walked, compounds)
    keys, edges = _split_nodes(walked, zones.of_way, open_gates)
    lines = np.asarray(walked.geometry.array, dtype=object)
    xy = np.empty((len(keys), 2))
    xy[edges[:, 0]], xy[edges[:, 1]] = line_ends(walked)
    length_m = shapely.length(lines)
    kind = walked["kind"].to_numpy(object)
    steps = walked["steps"].to_numpy(bool)
    ground = walked["level"].fillna(0).to_numpy(np.float64) == 0
    piece, leads = _pieces_of_drawing(walked, gates, length_m, islands or IslandRule())
    barred = walked["barred"].to_numpy(np.float64) if _of_part(walked) else None
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
        openings=_find_openings(keys, edges, zones, open_gates, kind != GATEWAY, barred),
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
    piece, nodes, metres = _measured_pieces(ways, gates, length_m)
    if _of_part(ways):
        return _pieces_as_said(ways, piece, rule)
    leads = (nodes / max(nodes.sum(), 1) >= rule.share) & (metres >= rule.length_m)
    leads[:1] = True
    return piece, np.asarray(leads[piece], np.bool_)


def _measured_pieces(ways: gpd.GeoDataFrame, gates: gpd.GeoDataFrame, length_m: Floats) -> tuple[Ints, Ints, Floats]:
    """Return the piece of each way, the largest first, and the nodes and the metres of each piece."""
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
    return rank[of_way], nodes[order].astype(np.int64), metres[order].astype(np.float64)


def _of_part(ways: pd.DataFrame) -> bool:
    """Tell whether ways were cut out of a larger drawing, and say what they were there (:func:`in_the_whole`)."""
    return "piece" in ways and bool(ways["piece"].notna().any())


def _pieces_as_said(ways: pd.DataFrame, of_way: Ints, rule: IslandRule) -> tuple[Ints, Flags]:
    """Take from the ways of a part which piece of the whole drawing they are of; a new way is of what it joins."""
    said = ways[["piece", "piece_share", "piece_m"]].groupby(of_way).transform("max")
    piece = said["piece"].fillna(said["piece"].max() + 1).to_numpy(np.int64)
    leads = (said["piece_share"] >= rule.share) & (said["piece_m"] >= rule.length_m) | (piece == 0)
    return piece, leads.to_numpy(np.bool_)


def in_the_whole(ways: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame, gates: gpd.GeoDataFrame) -> pd.DataFrame:
    """Say of each way what only the whole drawing shows, for a part to know it.

    Parameters
    ----------
    ways, compounds, gates
        Layers of the whole district.

    Returns
    -------
    DataFrame
        Columns ``piece``, ``piece_share``, ``piece_m`` and ``barred`` of the ways layer, in its order; not a number
        where nobody walks.

    Raises
    ------
    GeodataError
        If opening hours of barriers across ways change which side of a barrier for members lies behind it.
    """
    if _of_part(ways):
        return pd.DataFrame(ways[["piece", "piece_share", "piece_m", "barred"]])
    walked = ways[ways["access"] != Access.CLOSED].sort_values("id", kind="stable")
    zones = _Zones.of(walked, compounds)
    depth = _barred(walked, zones, gates)
    _refuse_turning(walked, zones, gates, depth)
    length = shapely.length(np.asarray(walked.geometry.array, dtype=object))
    piece, nodes, metres = _measured_pieces(walked, gates, length)
    said = {"piece": piece, "piece_share": nodes[piece] / max(nodes.sum(), 1), "piece_m": metres[piece]}
    said["barred"] = depth[:, 0]
    return pd.DataFrame(said, index=walked.index).astype(np.float64).reindex(ways.index)


def _barred(ways: gpd.GeoDataFrame, zones: _Zones, gates: gpd.GeoDataFrame) -> Ints:
    """Count the barriers before both ends of each way, shape (m, 2)."""
    judged = _OpenGates.of(gates, GateRule())
    keys, edges = _split_nodes(ways, zones.of_way, judged)
    cell = _pieces(edges, len(keys))
    zone_of_cell = np.full(int(cell.max(initial=-1)) + 1, PUBLIC, np.int64)
    zone_of_cell[cell] = keys["zone"].to_numpy(np.int64)
    passages = cell[_barriers(keys, judged)[["a", "b"]].to_numpy(np.int64)].reshape(-1, 2)
    members = np.unique(edges[(ways["kind"] != GATEWAY).to_numpy()])
    return np.asarray(_barrier_depth(passages, zone_of_cell, cell[members])[cell[edges]], np.int64)


_MOST_HOURS = 8
"""Different opening hours of barriers across ways, of which every combination is looked at."""


def _refuse_turning(ways: gpd.GeoDataFrame, zones: _Zones, gates: gpd.GeoDataFrame, depth: Ints) -> None:
    """Refuse barriers for members that turn round when others shut; the depth is that with all open."""
    across = gates["compound"].isna() & (gates["access"] != Access.CLOSED)
    hours = gates["opening_hours"].where(across)
    texts = sorted(set(hours.dropna()))
    kept = gates[across & (gates["access"] == Access.MEMBERS)]
    ends = ways[["u", "v"]].to_numpy(np.int64).ravel()
    ours = np.flatnonzero(np.isin(ends, kept["node"]) & (np.repeat(zones.of_way, 2) == PUBLIC))
    if not texts or not len(ours):
        return
    table = pd.DataFrame({"node": ends[ours], "end": ours})
    both = table.merge(table, on="node", suffixes=("_a", "_b"))
    a, b = both["end_a"].to_numpy(np.int64), both["end_b"].to_numpy(np.int64)
    mend, turned = "Leave the hours of barriers across ways out of the ledger, or do not cut the district.", set[int]()
    if len(texts) > _MOST_HOURS:
        what = "barriers across ways have too many different hours to tell what lies behind one for members"
        found = f"{len(texts)}: {'; '.join(texts)}"
        raise GeodataError(Problem("gates", what, "", "opening_hours", f"at most {_MOST_HOURS}", found, mend))
    for number in range(1, 2 ** len(texts)):
        shut = hours.isin([text for place, text in enumerate(texts) if number >> place & 1])
        then = _barred(ways, zones, gates.assign(access=gates["access"].where(~shut, str(Access.CLOSED)))).ravel()
        passed = ~np.isin(both["node"], gates.loc[shut, "node"])
        other = np.sign(then[a] - then[b]) != np.sign(depth.ravel()[a] - depth.ravel()[b])
        turned |= set(both["node"][passed & other])
    what = "what lies behind a barrier for members changes when others shut, and a part cannot tell"
    problems = [
        Problem("gates", what, name, "opening_hours", mend=mend) for name in kept["id"][kept["node"].isin(turned)]
    ]
    if problems:
        raise GeodataError(problems)


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


# ----------------------------------------------------------------------------------------------------------------------
# Doors: where demand points and stations stand on the network.
#
# A point is joined to the nearest way that is open to it, somewhere along the way and not at its nearest end; the leg
# from door to way counts as walked. Who lives behind a wall is joined to ways behind that wall only: the nearest
# street may be on the other side. No leg crosses water, a railway or a motorway, and none a wall where there is
# another way; a way that leads somewhere is taken before one that hangs together with nothing.


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
