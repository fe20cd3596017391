"""Where walks start: at nodes, or between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.network.compiled import Floats, Ints
from workbench.network.inputs import Inputs


@dataclass(frozen=True, eq=False)
class Seeds:
    """Sources of a search, each with any number of start nodes.

    A station in mid-edge starts at both ends of its edge, with the metres it takes to get there. A
    source without start nodes reaches nothing.

    Parameters
    ----------
    ptr
        Shape (k + 1,), integer: source i starts at ``node[ptr[i]:ptr[i + 1]]``. Rises from 0 to s.
    node
        Shape (s,), integer: start nodes, in the caller's numbering.
    offset_m
        Shape (s,), float: metres (or whatever the network's lengths are in) already walked when the
        start node is reached; finite, not negative.

    Raises
    ------
    NetworkError
        If the three do not fit together; all problems at once.
    """

    ptr: Ints
    node: Ints
    offset_m: Floats

    def __post_init__(self) -> None:
        inputs = Inputs("Seeds")
        ptr = inputs.whole("ptr", self.ptr)
        node = inputs.whole("node", self.node)
        offset = inputs.lengths("offset_m", self.offset_m, len(node))
        inputs.rising("ptr", ptr, len(node))
        inputs.check()
        for name, array in (("ptr", ptr), ("node", node), ("offset_m", offset)):
            own = array.copy()
            own.flags.writeable = False  # the search trusts what was checked here
            object.__setattr__(self, name, own)

    @classmethod
    def at_nodes(cls, sources: npt.ArrayLike) -> Seeds:
        """Stand each source exactly on a node.

        Parameters
        ----------
        sources
            Shape (k,), integer: node of each source. The same node may come more than once.

        Returns
        -------
        Seeds
            k sources with one start node each, at 0 metres.

        Raises
        ------
        NetworkError
            If the nodes are not a row of whole numbers.
        """
        inputs = Inputs("sources")
        node = inputs.whole("sources", sources)
        inputs.check()
        return cls(np.arange(len(node) + 1), node, np.zeros(len(node)))

    @classmethod
    def gathered(cls, source: npt.ArrayLike, node: npt.ArrayLike, offset_m: npt.ArrayLike, count: int) -> Seeds:
        """Gather start nodes by source, in order of node; those at infinite offset are left out.

        Parameters
        ----------
        source
            Shape (s,), integer: source of each start node, 0..count-1.
        node, offset_m
            Shape (s,): start nodes, and what has been walked when they are reached.
        count
            Number of sources.

        Returns
        -------
        Seeds
            ``count`` sources.

        Raises
        ------
        NetworkError
            If the three do not fit together.
        """
        sources, nodes = np.asarray(source, np.int64), np.asarray(node, np.int64)
        offset = np.asarray(offset_m, np.float64)
        kept = np.flatnonzero(np.isfinite(offset))
        kept = kept[np.lexsort((nodes[kept], sources[kept]))]
        ptr = np.concatenate([[0], np.cumsum(np.bincount(sources[kept], minlength=count))])
        return cls(ptr, nodes[kept], offset[kept])

    def __len__(self) -> int:
        """Count the sources."""
        return len(self.ptr) - 1

    def take(self, positions: npt.ArrayLike) -> Seeds:
        """Pick some of the sources, in the order asked for.

        Parameters
        ----------
        positions
            Shape (j,), integer: sources to take, 0..k-1, repeats allowed.

        Returns
        -------
        Seeds
            j sources.

        Raises
        ------
        NetworkError
            If a position does not exist.
        """
        inputs = Inputs("Seeds.take")
        chosen = inputs.whole("positions", positions)
        inputs.within("positions", chosen, len(self), "sources")
        inputs.check()
        count = np.diff(self.ptr)[chosen]
        ptr = np.concatenate([[0], np.cumsum(count)])
        entry = np.arange(ptr[-1]) + np.repeat(self.ptr[chosen] - ptr[:-1], count)
        return Seeds(ptr, self.node[entry], self.offset_m[entry])

    def without(self, position: int) -> Seeds:
        """Close one source: it keeps its place and starts nowhere.

        Parameters
        ----------
        position
            Source to close, 0..k-1.

        Returns
        -------
        Seeds
            k sources.

        Raises
        ------
        NetworkError
            If the position does not exist.
        """
        inputs = Inputs("Seeds.without")
        inputs.within("position", inputs.whole("position", [position]), len(self), "sources")
        inputs.check()
        begin, end = self.ptr[position], self.ptr[position + 1]
        ptr = self.ptr.copy()
        ptr[position + 1 :] -= end - begin
        kept = np.r_[0:begin, end : len(self.node)]
        return Seeds(ptr, self.node[kept], self.offset_m[kept])
