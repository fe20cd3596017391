"""Walks from doors to stations, for one way of walking."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from workbench.network.graph import Seeds, WalkNetwork
from workbench.network.snap import Snap
from workbench.network.streets import PUBLIC, Streets

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Manner:
    """How somebody walks, and in what the walk is counted.

    Parameters
    ----------
    pace_m_s
        Metres a second; 1 when the walk is counted in metres.
    steps
        ``walk`` like a street, ``slow`` by ``steps_factor``, or ``closed``.
    steps_factor
        Factor on the time a flight of steps takes.
    crossing_delay_s
        Seconds lost at each crossing.

    Notes
    -----
    ``Manner()`` counts metres: pace 1, no delays. Any other counts seconds.
    """

    pace_m_s: float = 1.0
    steps: Literal["walk", "slow", "closed"] = "walk"
    steps_factor: float = 1.0
    crossing_delay_s: float = 0.0


METRES = Manner()
"""The compliance mode: metres along the network, steps like any way, no waiting."""


@dataclass(frozen=True, eq=False)
class Walks:
    """A street network as one manner of walking sees it: every edge has a cost.

    Attributes
    ----------
    streets
        The network.
    manner
        How one walks; costs are metres for :data:`METRES`, seconds otherwise.
    """

    streets: Streets
    manner: Manner = METRES

    @cached_property
    def usable(self) -> Flags:
        """Whether each edge can be walked at all in this manner, shape (m,)."""
        return ~self.streets.steps if self.manner.steps == "closed" else np.ones(len(self.streets.edges), bool)

    @cached_property
    def cost(self) -> Floats:
        """Cost of each edge, shape (m,)."""
        streets, manner = self.streets, self.manner
        cost = streets.length_m / manner.pace_m_s
        if manner.steps == "slow":
            cost = np.where(streets.steps, cost * manner.steps_factor, cost)
        return cost + np.where(streets.crossing, manner.crossing_delay_s, 0.0)

    @cached_property
    def network(self) -> WalkNetwork:
        """The graph: edges both ways, gates from outside to inside at no cost."""
        streets = self.streets
        kept = self.usable
        edges = np.concatenate([streets.edges[kept], streets.openings])
        cost = np.concatenate([self.cost[kept], np.zeros(len(streets.openings))])
        oneway = np.zeros(len(edges), bool)
        oneway[int(kept.sum()) :] = True
        return WalkNetwork.from_edges(streets.xy, edges, cost, oneway=oneway)

    def ends(self, doors: Snap) -> tuple[Ints, Floats]:
        """Return the nodes at both ends of each door's edge and the cost from the door to them.

        Returns
        -------
        node : ndarray of int64, shape (k, 2)
            0 where the door is not on the network.
        cost : ndarray of float64, shape (k, 2)
            Infinite where the door is not on the network.
        """
        streets = self.streets
        on = doors.joined
        edge = np.where(on, doors.edge, 0)
        rate = self.cost[edge] / streets.length_m[edge]
        leg = doors.leg_m / self.manner.pace_m_s
        back = leg + doors.along_m * rate
        ahead = leg + (streets.length_m[edge] - doors.along_m) * rate
        cost = np.stack([back, ahead], axis=1)
        cost[~on | ~self.usable[edge]] = np.inf
        return streets.edges[edge], cost

    def seeds(self, stations: Snap, serves_public: Flags) -> Seeds:
        """Return where the search from each station starts, outwards.

        A station behind a wall starts on both sides: inside, for the residents, and, if it serves
        the public, outside every gate that lets visitors in, at the cost of the walk to that gate.

        Parameters
        ----------
        stations
            Doors of the stations, k of them.
        serves_public
            Whether each serves people from outside its own zone, shape (k,).
        """
        node, cost = self.ends(stations)
        k = len(stations)
        starts = [(np.repeat(np.arange(k), 2), node.ravel(), cost.ravel())]
        zone = np.where(stations.joined, self.streets.zone[np.maximum(stations.edge, 0)], PUBLIC)
        inner = np.flatnonzero((zone != PUBLIC) & serves_public)
        if len(inner):
            starts.append(self._exits(inner, node[inner], cost[inner], zone[inner]))
        source, nodes, offset = (np.concatenate(part) for part in zip(*starts, strict=True))
        finite = np.isfinite(offset)
        source, nodes, offset = source[finite], nodes[finite], offset[finite]
        order = np.lexsort((offset, nodes, source))
        ptr = np.searchsorted(source[order], np.arange(k + 1))
        return Seeds(ptr.astype(np.int64), nodes[order].astype(np.int64), offset[order])

    def _exits(self, inner: Ints, node: Ints, cost: Floats, zone: Ints) -> tuple[Ints, Ints, Floats]:
        """Walk from stations behind walls to the gates that let visitors in."""
        streets = self.streets
        gates = streets.openings[streets.opening_public]
        gate_zone = streets.node_zone[gates[:, 1]]
        ends = np.arange(0, 2 * len(inner) + 1, 2, dtype=np.int64)
        own = Seeds(ends, node.ravel(), cost.ravel())
        inside = self.network.reach_from(own, np.inf).tocsr()
        source, nodes, offset = [], [], []
        for row in range(len(inner)):
            distance = np.full(streets.n_nodes, np.inf)
            part = slice(inside.indptr[row], inside.indptr[row + 1])
            distance[inside.indices[part]] = inside.data[part]
            mine = gates[gate_zone == zone[row]]
            source.append(np.full(len(mine), inner[row]))
            nodes.append(mine[:, 0])
            offset.append(distance[mine[:, 1]])
        return np.concatenate(source), np.concatenate(nodes), np.concatenate(offset)

    def nearest(self, demand: Snap, stations: Snap, serves_public: Flags) -> tuple[Floats, Ints]:
        """Return the cheapest walk from each demand point to a station, and which station.

        Parameters
        ----------
        demand
            Doors of k demand points.
        stations
            Doors of the stations.
        serves_public
            Whether each station serves people from outside its own zone.

        Returns
        -------
        cost : ndarray of float64, shape (k,)
            Metres or seconds from door to door; infinite where no station can be reached.
        station : ndarray of int64, shape (k,)
            Position of the station, −1 where none; a tie goes to the lowest position.
        """
        reached, owner = self.network.nearest_from(self.seeds(stations, serves_public), np.inf)
        node, leg = self.ends(demand)
        cost = reached[node] + leg
        who = np.where(np.isfinite(cost), owner[node], len(stations))
        direct, neighbour = self._same_edge(demand, stations)
        cost = np.column_stack([cost, direct])
        who = np.column_stack([who, neighbour])
        best = cost.min(axis=1)
        station = np.where(cost == best[:, None], who, len(stations)).min(axis=1)
        return best, np.where(np.isfinite(best), station, -1)

    def _same_edge(self, demand: Snap, stations: Snap) -> tuple[Floats, Ints]:
        """Walk along one edge, without passing either end."""
        cost = np.full(len(demand), np.inf)
        station = np.full(len(demand), len(stations), np.int64)
        on = np.flatnonzero(stations.joined)
        order = on[np.argsort(stations.edge[on], kind="stable")]
        edges = stations.edge[order]
        low, high = np.searchsorted(edges, demand.edge, "left"), np.searchsorted(edges, demand.edge, "right")
        for i in np.flatnonzero((low < high) & demand.joined):
            edge = demand.edge[i]
            if not self.usable[edge]:
                continue
            near = order[low[i] : high[i]]
            rate = self.cost[edge] / self.streets.length_m[edge]
            legs = (demand.leg_m[i] + stations.leg_m[near]) / self.manner.pace_m_s
            walks = legs + np.abs(demand.along_m[i] - stations.along_m[near]) * rate
            station[i] = near[np.lexsort((near, walks))[0]]
            cost[i] = walks.min()
        return cost, station
