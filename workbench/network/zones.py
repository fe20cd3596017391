"""Who may pass where: the zones behind walls and barriers, and the openings between them.

Outside is zone −1. Behind every wall lies a zone of its own: the interior of an enclosed compound, or a
cluster of private ways, which has no wall but may not be walked through either. A barrier across a
way cuts it. What hangs together inside one zone is a *cell*; where two cells meet there may be a
*passage*: a gate in a wall, the mouth of a private way, a barrier for members.

Residents walk out of their cell through any passage open to them, and on through the cells that lie
between them and the street; visitors may end inside but never walk through. So every passage has an
outer and an inner side. A wall is within the private way that leads to it, that within the street,
and a piece of street behind a barrier within the larger piece before it, barrier by barrier. Only where
private ways hang on compounds alone are they the inner side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from workbench.network.gates import OpenGates
from workbench.terms import Access

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

PUBLIC = -1
"""Zone of everything outside walls."""

_PRIVATE_LEVEL, _WALLED_LEVEL = 2**40, 2**41
"""Levels of private ways and of compounds; those of streets count the barriers before them."""


@dataclass(frozen=True, eq=False)
class Zones:
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
    def of(cls, ways: pd.DataFrame, compounds: pd.DataFrame) -> Zones:
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
    """

    nodes: Ints
    public: Flags
    open: Flags
    gate: Ints
    guarded: Flags
    barred: Flags


def split_nodes(ways: pd.DataFrame, zone: Ints, gates: OpenGates) -> tuple[pd.DataFrame, Ints]:
    """Give a number to each place in each zone, and to each way end at a barrier.

    Barriers for members cut public ways only: behind a wall everybody is a member.

    Returns
    -------
    keys : pandas.DataFrame
        One row a node: ``node`` (number in the ways layer), ``zone``.
    edges : ndarray of int64, shape (m, 2)
        Nodes at the ends of each way.
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


def find_openings(
    keys: pd.DataFrame, edges: Ints, zones: Zones, gates: OpenGates, counted: Flags | None = None
) -> Openings:
    """Find all passages and turn them from the outer to the inner side.

    Parameters
    ----------
    keys, edges
        As :func:`split_nodes` made them.
    zones
        The zone of every way.
    gates
        The gates as one rule sees them.
    counted
        Ways whose nodes count where pieces of street are compared by size, shape (m,); all when not given. The way of
        a new gate does not: a gate more must not turn a barrier round.

    Returns
    -------
    Openings
        Sorted by outer and inner node.
    """
    table = pd.concat([_in_walls(keys, zones, gates), _mouths(keys, zones), _barriers(keys, gates)])
    shut = table["node"].isin(gates.closed_barriers).to_numpy()
    guarded = table["node"].isin(gates.member_barriers).to_numpy()
    table["open"] &= ~shut
    table["public"] &= ~shut & ~guarded
    cell = _pieces(edges, len(keys))
    members = np.unique(edges if counted is None else edges[counted])
    outer, inner = _outer_and_inner(table, cell, keys["zone"].to_numpy(np.int64), zones, members)
    known = outer >= 0
    nodes = np.column_stack([outer, inner])[known]
    gate = table["gate"].to_numpy(np.int64)[known]
    order = np.lexsort((gate, nodes[:, 1], nodes[:, 0]))
    public, is_open = (table[name].to_numpy(bool)[known][order] for name in ("public", "open"))
    return Openings(nodes[order], public, is_open, gate[order], guarded[known][order], shut[known][order])


def _passages(
    a: pd.Series, b: pd.Series, node: pd.Series, public: object, is_open: object, gate: object
) -> pd.DataFrame:
    table = pd.DataFrame({"a": a, "b": b, "node": node, "public": public, "open": is_open, "gate": gate})
    return table.astype({"a": np.int64, "b": np.int64, "public": bool, "open": bool, "gate": np.int64})


def _in_walls(keys: pd.DataFrame, zones: Zones, gates: OpenGates) -> pd.DataFrame:
    """Gates join the inside of their wall with every street and private way at the same node."""
    table = keys.assign(key=np.arange(len(keys)))
    free = table[(table["zone"] == PUBLIC) | (table["zone"] >= len(zones.of_compound))]
    walls = gates.in_walls.assign(zone=gates.in_walls["compound"].map(zones.of_compound))
    walls = walls.dropna(subset="zone").astype({"zone": np.int64})
    inside = walls.merge(table, on=["node", "zone"]).drop(columns="zone")
    both = inside.merge(free[["node", "key"]], on="node", suffixes=("_in", "_out"))
    return _passages(both["key_out"], both["key_in"], both["node"], both["public"], both["open"], both["gate"])


def _mouths(keys: pd.DataFrame, zones: Zones) -> pd.DataFrame:
    """Private ways without a wall open wherever they meet a street."""
    table = keys.assign(key=np.arange(len(keys)))
    private = table[table["zone"] >= len(zones.of_compound)]
    both = private.merge(table[table["zone"] == PUBLIC], on="node", suffixes=("_in", "_out"))
    return _passages(both["key_out"], both["key_in"], both["node"], True, True, -1)


def _barriers(keys: pd.DataFrame, gates: OpenGates) -> pd.DataFrame:
    """Barriers for members join the ends of the street that they cut, for members."""
    table = keys.assign(key=np.arange(len(keys)))
    ends = table[(table["zone"] == PUBLIC) & table["node"].isin(gates.member_barriers)][["node", "key"]]
    both = ends.merge(ends, on="node", suffixes=("_a", "_b"))
    both = both[both["key_a"] < both["key_b"]]
    return _passages(both["key_a"], both["key_b"], both["node"], False, True, -1)


def _outer_and_inner(table: pd.DataFrame, cell: Ints, zone: Ints, zones: Zones, members: Ints) -> tuple[Ints, Ints]:
    """Tell the two sides of each passage apart; −1 where neither lies within the other."""
    a, b = table["a"].to_numpy(np.int64), table["b"].to_numpy(np.int64)
    cells = int(cell.max(initial=-1)) + 1
    zone_of_cell = np.full(cells, PUBLIC, np.int64)
    zone_of_cell[cell] = zone
    level = _barrier_depth(np.column_stack([cell[a], cell[b]]), zone_of_cell, cell[members])
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
