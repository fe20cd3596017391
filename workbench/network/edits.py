"""One source more, or one less, in an answer that is already there.

For what-if: a planner drags a station, and the map must follow the hand. The answer is not computed
anew; the one source claims what it should own, or gives up what it owned to those who can walk there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.network.compiled import Floats, Ints
from workbench.network.search import Search
from workbench.network.seeds import Seeds


@dataclass(frozen=True, eq=False)
class Change:
    """What one edit did to an answer of ``nearest``.

    Attributes
    ----------
    node
        Nodes whose answer changed, shape (t,), int64, in no particular order.
    distance_before, distance_after
        Metres to the nearest source of each, shape (t,); infinite for none.
    index_before, index_after
        Position of that source, shape (t,); −1 for none.
    """

    node: Ints
    distance_before: Floats
    index_before: Ints
    distance_after: Floats
    index_after: Ints

    def undo(self, distance: Floats, index: Ints) -> None:
        """Take the edit back, in place. Edits are taken back in the opposite order.

        Parameters
        ----------
        distance, index
            The answer, as the edit left it.
        """
        distance[self.node] = self.distance_before
        index[self.node] = self.index_before

    def redo(self, distance: Floats, index: Ints) -> None:
        """Make the edit again, in place.

        Parameters
        ----------
        distance, index
            The answer, as it was before the edit.
        """
        distance[self.node] = self.distance_after
        index[self.node] = self.index_after


def add_source(search: Search, distance: Floats, index: Ints, position: int, seeds: Seeds, limit: float) -> Change:
    """Open the one source of ``seeds``; see :meth:`workbench.network.graph.WalkNetwork.add_source`."""
    slack = search.slack(seeds, limit)
    [(node, distance_before, index_before)] = search.claim(seeds, (position,), limit, slack, distance, index)
    return Change(node, distance_before, index_before, distance[node], index[node])


def remove_source(search: Search, distance: Floats, index: Ints, position: int, seeds: Seeds, limit: float) -> Change:
    """Close one source; see :meth:`workbench.network.graph.WalkNetwork.remove_source`.

    What the source owned lies within its reach. Whoever may own it now can walk there, so a search
    against the direction of the arcs, from all of it at once, meets one of its start nodes. That search
    adds lengths in the other order, hence the slack. Those sources claim anew; elsewhere they hold what
    they should already, so nothing else changes.
    """
    slack = search.slack(seeds, limit)
    _, column, _ = search.reach(seeds.take([position]), limit)
    node = column[index[column] == position].astype(np.int64)
    distance_before, index_before = distance[node], index[node]
    distance[node] = math.inf
    index[node] = -1

    given_up = Seeds(np.array([0, len(node)]), node, np.zeros(len(node)))
    _, column, walk = search.reversed.reach(given_up, limit + slack)
    near = np.full(search.topology.n_nodes, math.inf)
    near[column] = walk
    able = near[seeds.node] + seeds.offset_m <= limit + slack
    source = np.repeat(np.arange(len(seeds)), np.diff(seeds.ptr))[able]
    rivals = np.unique(source[source != position])
    search.claim(seeds.take(rivals), rivals, limit, slack, distance, index)
    return Change(node, distance_before, index_before, distance[node], index[node])
