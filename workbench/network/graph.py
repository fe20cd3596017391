"""The walking network: nodes, ways between them, and how far it is from here to there."""

from __future__ import annotations

import dataclasses
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from workbench.arrays import Floats, Ints
from workbench.network.search import Desk, Search, Tuning
from workbench.network.topology import MOST_NODES, Inputs, Seeds, Topology


class WalkNetwork:
    """A network of ways with lengths, built once and asked many times.

    Node numbers are the caller's wherever they go in or come out. Inside, nodes are kept along a
    Z-curve, so that any numbering is as fast as the best. A network does not change; it may be asked
    from several threads at once.

    Build one with :meth:`from_edges`.

    Notes
    -----
    Lengths may be in any unit that adds up: metres, or seconds at some pace. Walks are measured outward
    from the sources, summed in float64 in the order walked, and the answers are those of Dijkstra's
    algorithm to the last bit. The method is described in :mod:`workbench.network.kernel`.

    Examples
    --------
    >>> net = WalkNetwork.from_edges([[0, 0], [100, 0], [200, 0]], [[0, 1], [1, 2]], [100.0, 100.0])
    >>> net.reach([0], 150.0).toarray().tolist()
    [[0.0, 100.0, 0.0]]
    >>> distance, index = net.nearest([2, 0], 100.0)
    >>> distance.tolist(), index.tolist()
    ([0.0, 100.0, 0.0], [1, 0, 0])
    """

    def __init__(self, xy: Floats, search: Search) -> None:
        self._xy = xy
        self._search = search

    @classmethod
    def from_edges(
        cls,
        xy: npt.ArrayLike,
        edges: npt.ArrayLike,
        length_m: npt.ArrayLike,
        *,
        oneway: npt.ArrayLike | None = None,
    ) -> Self:
        """Build a network.

        Parameters
        ----------
        xy
            Shape (n, 2), float, finite: where the nodes are, in metres. It only decides the order in
            which they are kept, and so the speed.
        edges
            Shape (m, 2), integer, 0..n-1: the two ends of each way. Loops are dropped; of parallel
            ways the shortest counts.
        length_m
            Shape (m,), float, finite, not negative: length of each way. Zero is a length.
        oneway
            Shape (m,), bool: True for a way that is walked from ``edges[:, 0]`` to ``edges[:, 1]``
            only. None: all are walked both ways.

        Returns
        -------
        WalkNetwork
            The network.

        Raises
        ------
        NetworkError
            If the arguments are wrong; all problems at once.
        """
        inputs = Inputs("WalkNetwork.from_edges")
        points = inputs.points("xy", xy)
        pairs = inputs.pairs("edges", edges, len(points))
        lengths = inputs.lengths("length_m", length_m, len(pairs))
        flags = inputs.flags("oneway", oneway, len(pairs))
        inputs.check()
        points = points.copy() if points is xy else points
        points.flags.writeable = False
        topology = Topology.of_edges(points, pairs, flags)
        return cls(points, Search.over(topology, lengths, Desk(len(points)), Tuning()))

    def with_lengths(self, length_m: npt.ArrayLike) -> Self:
        """Lay other lengths on the same ways: metres become seconds, steps become slow or closed.

        Parameters
        ----------
        length_m
            Shape (m,), float, not negative, one per edge given to :meth:`from_edges`. Infinite closes
            the way. Of parallel ways the one that is now shortest counts.

        Returns
        -------
        WalkNetwork
            Another network over the same nodes, sharing all but the lengths.

        Raises
        ------
        NetworkError
            If there are too many, too few, negative ones or NaN.
        """
        inputs = Inputs("WalkNetwork.with_lengths")
        topology = self._search.topology
        lengths = inputs.lengths("length_m", length_m, len(topology.outward), closed=True)
        inputs.check()
        return type(self)(self._xy, Search.over(topology, lengths, self._search.desk, self._search.tuning))

    def tuned(self, tuning: Tuning) -> Self:
        """Search the same network under other assumptions, with the same answers.

        Parameters
        ----------
        tuning
            Sizes to start from, and the patience with searches that wander.

        Returns
        -------
        WalkNetwork
            Another network that shares everything.
        """
        return type(self)(self._xy, dataclasses.replace(self._search, tuning=tuning))

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return self._search.topology.n_nodes

    @property
    def n_arcs(self) -> int:
        """Number of arcs: two for a way walked both ways, parallel ways counted once."""
        return len(self._search.topology.head)

    @property
    def xy(self) -> Floats:
        """Coordinates, shape (n, 2), metres, read-only."""
        return self._xy

    @property
    def nbytes(self) -> int:
        """Memory that the network holds, in bytes, without workspaces (30 bytes a node and thread at most)."""
        return self._xy.nbytes + self._search.topology.nbytes + self._search.arcs.length.nbytes

    def components(self) -> Ints:
        """Find the pieces of the network, whatever the direction of its arcs.

        Returns
        -------
        numpy.ndarray
            Shape (n,), int64, read-only: piece of each node. Pieces are numbered by their lowest node,
            so node 0 is in piece 0. A way that :meth:`with_lengths` closed still holds its piece together.
        """
        return self._search.topology.components

    def reach(self, sources: npt.ArrayLike, limit_m: float) -> csr_array:
        """Find every node within a walk of each source.

        Parameters
        ----------
        sources
            Shape (k,), integer: node of each source; repeats allowed.
        limit_m
            Longest walk, metres, included; may be infinite.

        Returns
        -------
        scipy.sparse.csr_array
            Shape (k, n), float64. The stored entries are exactly the nodes within the limit, their
            values the metres walked; the source itself is stored as 0.0. Columns rise within each row.
            Twelve bytes a pair, and as many again while it is being put in order.

        Raises
        ------
        NetworkError
            If a source is no node, or the limit is negative or NaN.
        """
        return self._rows(*self._at_nodes("WalkNetwork.reach", sources, limit_m))

    def reach_from(self, seeds: Seeds, limit_m: float) -> csr_array:
        """Find every node within a walk of each source, as :meth:`reach` does, from any start.

        Parameters
        ----------
        seeds
            k sources.
        limit_m
            Longest walk, metres, offset included.

        Returns
        -------
        scipy.sparse.csr_array
            As of :meth:`reach`. Start nodes are stored at their offset, or less if there is a shorter
            way round; those beyond the limit are not stored.

        Raises
        ------
        NetworkError
            If a start node is no node, or the limit is negative or NaN.
        """
        return self._rows(*self._anywhere("WalkNetwork.reach_from", seeds, limit_m))

    def nearest(self, sources: npt.ArrayLike, limit_m: float) -> tuple[Floats, Ints]:
        """Find the nearest source of every node.

        Parameters
        ----------
        sources
            Shape (k,), integer: node of each source; repeats allowed; none is an answer too.
        limit_m
            Longest walk, metres, included; may be infinite.

        Returns
        -------
        distance : numpy.ndarray
            Shape (n,), float64: metres from the nearest source, infinite beyond the limit.
        index : numpy.ndarray
            Shape (n,), int64: position of that source in ``sources``, −1 beyond the limit. Of several
            at exactly the same distance it is the lowest position: both arrays are the minimum, and the
            first place of the minimum, over the rows of :meth:`reach`.

        Raises
        ------
        NetworkError
            If a source is no node, or the limit is negative or NaN.
        """
        return self._search.nearest(*self._at_nodes("WalkNetwork.nearest", sources, limit_m))

    def nearest_from(self, seeds: Seeds, limit_m: float) -> tuple[Floats, Ints]:
        """Find the nearest source of every node, as :meth:`nearest` does, from any start.

        Parameters
        ----------
        seeds
            k sources. One without start nodes keeps its position and is nearest to nobody.
        limit_m
            Longest walk, metres, offset included.

        Returns
        -------
        distance, index : numpy.ndarray
            As of :meth:`nearest`.

        Raises
        ------
        NetworkError
            If a start node is no node, or the limit is negative or NaN.
        """
        return self._search.nearest(*self._anywhere("WalkNetwork.nearest_from", seeds, limit_m))

    def _at_nodes(self, call: str, sources: npt.ArrayLike, limit_m: float) -> tuple[Seeds, float]:
        inputs = Inputs(call)
        node = inputs.whole("sources", sources)
        inputs.within("sources", node, self.n_nodes, "network")
        limit = inputs.limit(limit_m)
        inputs.check()
        return Seeds.at_nodes(node), limit

    def _anywhere(self, call: str, seeds: Seeds, limit_m: float) -> tuple[Seeds, float]:
        inputs = Inputs(call)
        inputs.within("sources", seeds.node, self.n_nodes, "network")
        limit = inputs.limit(limit_m)
        inputs.check()
        return seeds, limit

    def _rows(self, seeds: Seeds, limit: float) -> csr_array:
        start, column, distance = self._search.reach(seeds, limit)
        narrow = np.int32 if len(column) < MOST_NODES else np.int64
        rows = csr_array((distance, column.view(np.int32), start.astype(narrow)), shape=(len(seeds), self.n_nodes))
        rows.has_canonical_format = True  # sorted, and no column twice: scipy need not look
        return rows


def load_kernels() -> None:
    """Load what the searches are compiled to, which the first of them would wait for; compile it after installing."""
    net = WalkNetwork.from_edges([[0, 0], [1, 0]], [[0, 1]], [1.0]).with_lengths([1.0])
    net.reach([0], 1.0)
    net.nearest([0], 1.0)
