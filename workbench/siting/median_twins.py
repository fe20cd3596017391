"""Of all plans that cost the same, the one that every run and every machine finds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.siting.median_fixing import priced_out, settled
from workbench.siting.median_kernel import FREE, IN, OUT, keeps, served, shortened
from workbench.siting.median_search import Node, Search

TWIN_NODES = 400
"""Nodes after which the search for an earlier twin is given up."""

AIM = 1e-3
"""How far above the plan the multipliers aim, as a share of its cost."""


class TwinSearch(Search):
    """Looks for plans that cost no more than a proven one and come before it in lexicographic order.

    Of two plans the one comes first that holds the lowest site in which they differ.

    Parameters
    ----------
    proven
        A search that has proven its plan.
    """

    def __init__(self, proven: Search) -> None:
        super().__init__(proven.instance, 0.0, 0, proven.ask, lambda *_: None)
        self.upper, self.plan, self.root_u = proven.upper, proven.plan, proven.root_u

    @property
    def target(self) -> float:
        """Parts with nothing as cheap as the plan are not worth searching."""
        return self.upper + 1.0

    @property
    def aim(self) -> float:
        """A little above the plan, because a part is only closed by a bound above it."""
        return self.upper + max(self.instance.unit.quantum, AIM * self.upper)

    def offer(self, plan: NDArray[np.bool_]) -> bool:
        """Take a plan that is as cheap and comes before."""
        instance = self.instance
        if not precedes(plan, self.plan) or not keeps(instance.ground, plan):
            return False
        if served(instance.lists, instance.ground, plan) > self.upper:
            return False
        self.plan = plan.copy()
        return True

    def settle_twins(self) -> bool:
        """Search in lexicographic order; return whether no plan that comes earlier is left."""
        instance = self.instance
        fixed = instance.fixed
        if self.root_u is not None:
            fixed = priced_out(instance, instance.lists, fixed, self.root_u, self.target)
        after = settled(instance, instance.lists, fixed)
        if after is None or self.closed(after):
            return True
        u = np.zeros(len(instance.ground.cap)) if self.root_u is None else self.root_u
        root = Node(-np.inf, 0, after, u, np.zeros(len(after)), shortened(instance.lists, after))
        tasks: list[tuple[Node, int]] = [(root, OUT), (root, IN)]
        while tasks:
            if self.nodes >= TWIN_NODES or self.ask():
                return False
            node, state = tasks.pop()
            site = int(np.flatnonzero(node.fixed == FREE)[0])
            tried = node.fixed.copy()
            tried[site] = state
            child = self.visit(node, site, state) if may_precede(tried, self.plan) else None
            if child is not None and may_precede(child.fixed, self.plan):
                tasks += [(child, OUT), (child, IN)]
        return True


def precedes(plan: NDArray[np.bool_], other: NDArray[np.bool_] | None) -> bool:
    """Whether a plan comes before another: it holds the lowest site in which they differ."""
    if other is None:
        return True
    apart = np.flatnonzero(plan != other)
    return bool(len(apart) and plan[apart[0]])


def may_precede(fixed: NDArray[np.int64], plan: NDArray[np.bool_] | None) -> bool:
    """Whether a plan that obeys what is settled can come before another."""
    if plan is None:
        return True
    earlier = np.flatnonzero(~plan & (fixed != OUT))  # a site that could be held here and is not there
    later = np.flatnonzero(plan & (fixed == OUT))
    return bool(len(earlier) and (not len(later) or earlier[0] < later[0]))
