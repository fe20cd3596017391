"""Walks from doors to stations, for one way of walking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from workbench.arrays import Flags, Floats, Ints
from workbench.network.graph import WalkNetwork
from workbench.network.streets import PUBLIC, Snap, Streets
from workbench.network.topology import Seeds


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
class Audience:
    """Whom stations serve: everybody, or the members of one compound.

    Attributes
    ----------
    public
        Whether each station serves everybody, shape (s,).
    compound
        Number of the compound each station stands in, shape (s,); −1 for none.
    home
        Number of the compound each demand point belongs to, shape (k,); −1 for none.
    """

    public: Flags
    compound: Ints
    home: Ints

    def take(self, stations: npt.ArrayLike) -> Audience:
        """Pick some of the stations."""
        which = np.asarray(stations)
        return Audience(self.public[which], self.compound[which], self.home)

    def serves(self, station: Ints, demand: Ints) -> Flags:
        """Tell for pairs of positions whether the station serves the demand point."""
        member = (self.compound[station] >= 0) & (self.compound[station] == self.home[demand])
        return np.asarray(self.public[station] | member, np.bool_)


@dataclass(frozen=True, eq=False)
class Entries:
    """How s stations come into the search for the nearest, in one manner of walking.

    Attributes
    ----------
    seeds
        Where the search starts from each; nowhere from one that serves members only.
    station, point, cost
        Walks that the search does not see, shape (p,): along one edge, or to members.
    """

    seeds: Seeds
    station: Ints
    point: Ints
    cost: Floats

    def __len__(self) -> int:
        return len(self.seeds)

    @classmethod
    def joined(cls, parts: Sequence[Entries]) -> Entries:
        """Put stations one after another."""
        first = np.cumsum([0, *(len(part) for part in parts)])
        ptr = np.cumsum(np.concatenate([[0], *(np.diff(part.seeds.ptr) for part in parts)]), dtype=np.int64)
        node = np.concatenate([np.empty(0, np.int64), *(part.seeds.node for part in parts)])
        offset = np.concatenate([np.empty(0), *(part.seeds.offset_m for part in parts)])
        station = [part.station + at for at, part in zip(first, parts, strict=False)]
        return cls(
            Seeds(ptr, node, offset),
            np.concatenate([np.empty(0, np.int64), *station]),
            np.concatenate([np.empty(0, np.int64), *(part.point for part in parts)]),
            np.concatenate([np.empty(0), *(part.cost for part in parts)]),
        )

    def take(self, positions: Ints) -> Entries:
        """Pick some of the stations, in the order asked for."""
        place = np.full(len(self), -1, np.int64)
        place[positions] = np.arange(len(positions))
        kept = place[self.station] >= 0
        return Entries(self.seeds.take(positions), place[self.station[kept]], self.point[kept], self.cost[kept])


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

    def with_openings(self, streets: Streets) -> Walks:
        """Walk in the same manner on the same ways with other openings open; the cost of edges is not asked anew."""
        other = replace(self, streets=streets)
        other.__dict__.update({name: getattr(self, name) for name in ("usable", "cost", "_open_cost")})
        return other

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
        return cost + streets.crossing_share * manner.crossing_delay_s

    @cached_property
    def lengths(self) -> Floats:
        """Cost of every edge of :attr:`Streets.graph`: edges both ways, open gates inwards."""
        openings = self.streets.openings
        inward = np.where(openings.open, openings.length_m / self.manner.pace_m_s, np.inf)
        return np.concatenate([self._open_cost, inward, np.full(len(inward), np.inf)])

    @cached_property
    def lengths_out(self) -> Floats:
        """The same from behind walls out to the street, through what visitors may pass."""
        openings = self.streets.openings
        behind = np.where(self.streets.zone == PUBLIC, np.inf, self._open_cost)
        outward = np.where(openings.public & openings.open, openings.length_m / self.manner.pace_m_s, np.inf)
        return np.concatenate([behind, np.full(len(outward), np.inf), outward])

    @cached_property
    def network(self) -> WalkNetwork:
        """The graph as it is searched from stations outwards."""
        return self.streets.graph.with_lengths(self.lengths)

    @cached_property
    def way_out(self) -> WalkNetwork:
        """The graph as visitors leave a station behind walls."""
        return self.streets.graph.with_lengths(self.lengths_out)

    @cached_property
    def _open_cost(self) -> Floats:
        return np.where(self.usable, self.cost, np.inf)

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
        the public, before every gate through which visitors come to it, at the cost of the walk there.

        Parameters
        ----------
        stations
            Doors of the stations, s of them.
        serves_public
            Whether each serves people from outside its own zone, shape (s,).
        """
        node, cost = self.ends(stations)
        k = len(stations)
        starts = [(np.repeat(np.arange(k), 2), node.ravel(), cost.ravel())]
        zone = np.where(stations.joined, self.streets.zone[np.maximum(stations.edge, 0)], PUBLIC)
        inner = np.flatnonzero((zone != PUBLIC) & serves_public)
        if len(inner):
            starts.append(self._exits(inner, node[inner], cost[inner]))
        source, nodes, offset = (np.concatenate(part) for part in zip(*starts, strict=True))
        return Seeds.gathered(source, nodes, offset, k)

    def _exits(self, inner: Ints, node: Ints, cost: Floats) -> tuple[Ints, Ints, Floats]:
        """Walk from stations behind walls to the outer side of what lets visitors in."""
        openings = self.streets.openings
        doors = openings.nodes[openings.public & openings.open]
        finite = np.isfinite(cost).ravel()
        ptr = np.concatenate([[0], np.cumsum(finite.reshape(-1, 2).sum(axis=1))])
        inside = self.way_out.reach_from(Seeds(ptr, node.ravel()[finite], cost.ravel()[finite]), np.inf)
        row, walk, place = columns(inside, doors[:, 1])
        return inner[row], doors[place, 0], walk

    def nearest(self, demand: Snap, stations: Snap, audience: Audience) -> tuple[Floats, Ints]:
        """Return the cheapest walk from each demand point to a station that serves it, and which.

        Parameters
        ----------
        demand
            Doors of k demand points.
        stations
            Doors of s stations.
        audience
            Whom each station serves.

        Returns
        -------
        cost : ndarray of float64, shape (k,)
            Metres or seconds from door to door; infinite where no station can be reached.
        station : ndarray of int64, shape (k,)
            Position of the station, −1 where none; a tie goes to the lowest position.
        """
        return self.spread(self.entries(demand, stations, audience), self.ends(demand))

    def entries(self, demand: Snap, stations: Snap, audience: Audience) -> Entries:
        """Return how stations come into the search for the nearest; arguments as of :meth:`nearest`."""
        to_all = stations.only(audience.public)
        station, point, cost = self._same_edge(demand, to_all)
        reserved = np.flatnonzero(~audience.public)
        members = np.flatnonzero(np.isin(audience.home, audience.compound[reserved]) & (audience.home >= 0))
        if len(members):
            own = Audience(audience.public[reserved], audience.compound[reserved], audience.home[members])
            rows = self.costs(demand.take(members), stations.take(reserved), own, np.inf).tocoo()
            station = np.concatenate([station, reserved[rows.row]])
            point, cost = np.concatenate([point, members[rows.col]]), np.concatenate([cost, rows.data])
        return Entries(self.seeds(to_all, audience.public), station, point, cost)

    def spread(self, entries: Entries, ends: tuple[Ints, Floats], limit: float = np.inf) -> tuple[Floats, Ints]:
        """Let stations spread, and return the nearest of every demand point.

        Parameters
        ----------
        entries
            How the stations come into the search.
        ends
            Where the doors of the demand points open, from :meth:`ends`.
        limit
            Longest walk looked for, included; metres or seconds.

        Returns
        -------
        cost, station
            As of :meth:`nearest`; infinite and −1 where there is no station within the limit.
        """
        reached, owner = self.network.nearest_from(entries.seeds, limit)
        node, leg = ends
        cost, nobody = reached[node] + leg, len(entries)
        who = np.where(np.isfinite(cost), owner[node], nobody)
        unseen = _least(len(node), nobody, entries.station, entries.point, entries.cost)
        best, station = _better(*_better(cost[:, 0], who[:, 0], cost[:, 1], who[:, 1]), *unseen)
        near = np.isfinite(best) & (best <= limit)
        return np.where(near, best, np.inf), np.where(near, station, -1)

    def costs(self, demand: Snap, stations: Snap, audience: Audience, limit: float) -> csr_array:
        """Return the cost matrix: every walk from a demand point to a station that serves it.

        Parameters
        ----------
        demand, stations, audience
            As of :meth:`nearest`.
        limit
            Longest walk kept, included; metres or seconds, may be infinite.

        Returns
        -------
        scipy.sparse.csr_array
            Shape (s, k), float64, columns rising: the stored entries are exactly the walks within the limit,
            walks of zero among them. Their least by column is what :meth:`nearest` returns, to the last bit.
        """
        near = self.network.reach_from(self.seeds(stations, audience.public), limit)
        parts = [self._same_edge(demand, stations), self.to_doors(near, demand)]
        row, column, cost = (np.concatenate(part) for part in zip(*parts, strict=True))
        kept = (cost <= limit) & np.isfinite(cost) & audience.serves(row, column)
        row, column, cost = row[kept], column[kept], cost[kept]
        order = np.lexsort((cost, column, row))
        row, column, cost = row[order], column[order], cost[order]
        first = np.ones(len(row), bool)
        first[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
        ptr = np.zeros(len(stations) + 1, np.int64)
        np.cumsum(np.bincount(row[first], minlength=len(stations)), out=ptr[1:])
        return csr_array((cost[first], column[first], ptr), shape=(len(stations), len(demand)))

    def to_doors(self, near: csr_array, demand: Snap) -> tuple[Ints, Ints, Floats]:
        """Walk on from the nodes that a search has reached to the doors on their edges.

        Parameters
        ----------
        near
            What :meth:`WalkNetwork.reach_from` found for r sources, shape (r, n).
        demand
            Doors of k demand points.

        Returns
        -------
        row, column : ndarray of int64, shape (p,)
            Source and demand point of each walk; a pair comes twice where both ends of its edge were reached.
        cost : ndarray of float64, shape (p,)
            Metres or seconds from source to door; infinite where the door is not on the network.
        """
        node, leg = self.ends(demand)
        row, walk, place = columns(near, node.ravel())
        return row, place // 2, walk + leg.ravel()[place]

    def _same_edge(self, demand: Snap, stations: Snap) -> tuple[Ints, Ints, Floats]:
        """Walk along one edge, without passing either end: station, demand point and cost of each pair."""
        on = np.flatnonzero(stations.joined)
        order = on[np.argsort(stations.edge[on], kind="stable")]
        edges = stations.edge[order]
        low, high = np.searchsorted(edges, demand.edge, "left"), np.searchsorted(edges, demand.edge, "right")
        count = np.where(demand.joined, high - low, 0)
        point = np.repeat(np.arange(len(demand)), count)
        place = np.arange(len(point)) - np.repeat(np.cumsum(count) - count, count) + low[point]
        station, edge = order[place], demand.edge[point]
        rate = self.cost[edge] / self.streets.length_m[edge]
        legs = (demand.leg_m[point] + stations.leg_m[station]) / self.manner.pace_m_s
        cost = legs + np.abs(demand.along_m[point] - stations.along_m[station]) * rate
        return station, point, np.where(self.usable[edge], cost, np.inf)


def columns(rows: csr_array, wanted: Ints) -> tuple[Ints, Floats, Ints]:
    """Look up columns, which may repeat.

    Returns
    -------
    row, value, place
        Row and value of each stored entry whose column is wanted, and where in ``wanted`` it stands; shape (p,).
    """
    order = np.argsort(wanted, kind="stable")
    asked = wanted[order]
    low, high = np.searchsorted(asked, rows.indices, "left"), np.searchsorted(asked, rows.indices, "right")
    count = high - low
    entry = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(entry)) - np.repeat(np.cumsum(count) - count, count) + low[entry]
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))[entry]
    return row, rows.data[entry], order[place]


def _least(points: int, nobody: int, station: Ints, demand: Ints, cost: Floats) -> tuple[Floats, Ints]:
    """Return the cheapest pair of each demand point; of equal ones the lowest station."""
    best, who = np.full(points, np.inf), np.full(points, nobody, np.int64)
    order = np.lexsort((station, cost, demand))[::-1]  # the first of each demand point is written last
    best[demand[order]], who[demand[order]] = cost[order], station[order]
    return best, who


def _better(cost: Floats, station: Ints, other_cost: Floats, other: Ints) -> tuple[Floats, Ints]:
    """Take the cheaper of two answers, point by point; of equal ones the lower station."""
    second = (other_cost < cost) | ((other_cost == cost) & (other < station))
    return np.where(second, other_cost, cost), np.where(second, other, station)
