"""Where a wall could be opened: closed gates, and places where a path inside comes near a street outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from workbench.coverage.doors import Doors
from workbench.district import District
from workbench.network.streets import PUBLIC, UNCROSSED

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class GateLinks:
    """Places for new gates.

    Attributes
    ----------
    compound
        Identifier of the compound of each, shape (c,).
    nodes
        Nodes of the streets graph outside and inside, shape (c, 2).
    length_m
        Straight way between them, shape (c,).
    """

    compound: npt.NDArray[np.object_]
    nodes: Ints
    length_m: Floats

    def __len__(self) -> int:
        return len(self.length_m)


def gate_links(district: District, doors: Doors, longest_m: float) -> GateLinks:
    """Find where a wall could get a new gate.

    A place is a node of a path inside an enclosed compound together with the nearest node of a street outside, if
    the straight way between them is short enough and crosses nothing but the compound's own wall: no building, no
    other compound, no water, no railway, no motorway. A node that has a gate or barrier already, or where ways of two
    zones end, is none.

    Parameters
    ----------
    district, doors
        The ground, and its network.
    longest_m
        Longest way from a new gate to the street, metres.

    Returns
    -------
    GateLinks
        Sorted by compound, then by inside node. Ties go to the street node of the lowest number.
    """
    streets = doors.streets
    names = np.array(sorted(streets.zone_of_compound, key=streets.zone_of_compound.__getitem__), object)
    inside, zone = _inside_nodes(district, doors)
    outside = _street_nodes(doors)
    if not len(inside) or not len(outside):
        return GateLinks(np.empty(0, object), np.empty((0, 2), np.int64), np.empty(0))
    points = np.asarray(shapely.points(streets.xy), object)
    tree = shapely.STRtree(points[outside])
    at, near = tree.query(points[inside], predicate="dwithin", distance=longest_m)
    gap = np.asarray(shapely.distance(points[inside[at]], points[outside[near]]), np.float64)
    ends = np.stack([streets.xy[outside[near]], streets.xy[inside[at]]], axis=1)
    lines = np.asarray(shapely.linestrings(ends), object)
    free = (gap > 0) & _crosses_own_wall_only(district, lines, names[zone[at]])
    at, near, gap = at[free], near[free], gap[free]
    order = np.lexsort((streets.node[outside[near]], gap, at))
    first = np.ones(len(order), bool)
    first[1:] = at[order][1:] != at[order][:-1]
    chosen = order[first]
    inner, outer = inside[at[chosen]], outside[near[chosen]]
    rank = np.lexsort((streets.node[inner], names[zone[at[chosen]]].astype(str)))
    return GateLinks(names[zone[at[chosen]]][rank], np.column_stack([outer, inner])[rank], gap[chosen][rank])


def _inside_nodes(district: District, doors: Doors) -> tuple[Ints, Ints]:
    """Nodes of paths in walled compounds at which nothing else is, no gate and no other way, and the zone of each."""
    streets = doors.streets
    walled = (streets.zone >= 0) & (streets.zone < len(streets.zone_of_compound))
    node, first = np.unique(streets.edges[walled].ravel(), return_index=True)
    zone = np.repeat(streets.zone[walled], 2)[first]
    number, count = np.unique(streets.node, return_counts=True)
    taken = np.concatenate([number[count > 1], district.gates["node"].to_numpy(np.int64)])
    free = ~np.isin(streets.node[node], taken)
    return node[free], zone[free]


def _street_nodes(doors: Doors) -> Ints:
    """Nodes on the ground outside walls at which a way could begin: where doors open, and at no crossing."""
    streets = doors.streets
    street = streets.door & (streets.zone == PUBLIC)
    crossed = np.unique(streets.edges[streets.crossing_share > 0])
    return np.setdiff1d(np.unique(streets.edges[street]), crossed)


def _crosses_own_wall_only(district: District, lines: npt.NDArray[np.object_], own: npt.NDArray[np.object_]) -> Flags:
    compounds, backdrop = district.compounds, district.layer("backdrop")
    free = np.ones(len(lines), bool)
    tree = shapely.STRtree(np.asarray(compounds.geometry.array, dtype=object))
    line, polygon = tree.query(lines, predicate="intersects")
    foreign = compounds["id"].to_numpy(object)[polygon] != own[line]
    free[line[foreign]] = False
    barred = np.asarray(backdrop[backdrop["kind"].isin(UNCROSSED)].geometry.array, dtype=object)
    for shapes in (np.asarray(district.layer("buildings").geometry.array, dtype=object), barred):
        if len(shapes):
            hit, _ = shapely.STRtree(shapes).query(lines, predicate="intersects")
            free[hit] = False
    return free
