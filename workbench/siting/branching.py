"""Branch and bound of our own: what the compiled tree works on, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.siting import branch_kernel as kernel
from workbench.siting.lagrangian import FINEST, WORD
from workbench.siting.merging import Merged
from workbench.siting.rules import Floats, Ints

ROOT_STEPS, STEPS = 60, 20
"""Steps of the subgradient at the root, and at every other node."""
ENDLESS = 2**62
ASKED, EACH = 1_000_000_000, 200_000_000
"""What all questions about equals may cost together, and what each, in entries of the cover that are looked at."""


class Tree:
    """A tree that looks for a plan that is better than the incumbent.

    Parameters
    ----------
    merged
        Rows with whole weights.
    p
        Most sites that may open.
    multipliers
        Shape (rows,), where the root starts from.
    incumbent
        Weight of the plan that is to be beaten, in units.
    """

    def __init__(self, merged: Merged, p: int, multipliers: Floats, incumbent: int) -> None:
        weight, sites, rows = merged.weights[0], merged.cover.shape[0], merged.rows
        deepest = int(np.diff(merged.by_row.indptr).max(initial=1)) + 1
        bits = WORD - max(1, int(weight.sum()).bit_length()) - deepest.bit_length()
        self.fits = bits >= 0
        """Whether sums keep within a machine word."""
        fine = max(0, min(FINEST, bits))
        units = np.ldexp(weight, fine).astype(np.int64)
        cut = np.ldexp(np.clip(np.nan_to_num(multipliers), 0.0, weight), fine)
        self._fine, self._start = fine, incumbent << fine
        self._ground = kernel.Ground(
            start=merged.cover.indptr.astype(np.int64),
            site_row=merged.cover.indices.astype(np.int64),
            weight=units,
            coarse=1 << fine,
        )
        self._node = kernel.Node(
            state=np.zeros(sites, np.int8),
            opened=np.zeros(rows, np.int64),
            free=np.diff(merged.by_row.indptr).astype(np.int64),
            score=np.array([0, p], np.int64),
        )
        self._best = kernel.Best(np.array([self._start], np.int64), np.zeros(sites, bool))
        self._stack = kernel.Stack(
            price=np.empty((sites + 2, rows), np.int64),
            site=np.zeros(sites + 2, np.int64),
            sides=np.zeros(sites + 2, np.int64),
            mark=np.zeros(sites + 2, np.int64),
            trail=np.zeros(sites + 1, np.int64),
            cursor=np.array([-1, 0, 0], np.int64),
        )
        self._desk = kernel.Desk(
            reward=np.zeros(sites, np.int64),
            times=np.zeros(rows, np.int64),
            average=np.zeros(sites),
        )
        self._stack.price[0] = np.minimum(np.rint(cut).astype(np.int64), units)

    @property
    def value(self) -> int:
        """Weight of the best plan, in units; the incumbent's when none is better."""
        return int(self._best.value[0]) >> self._fine

    @property
    def found(self) -> Ints | None:
        """Places of the sites of a plan that beats the incumbent; None when there is none so far."""
        return np.flatnonzero(self._best.sites) if self._best.value[0] > self._start else None

    @property
    def nodes(self) -> int:
        """How many nodes were explored."""
        return int(self._stack.cursor[kernel.NODES])

    def affordable(self, work: int) -> int:
        """Return how many nodes some work pays for, in entries of the cover that are looked at; at least one."""
        return 1 + work // (STEPS * (1 + len(self._ground.site_row)))

    def settle(self, opened: Ints, shut: Ints) -> None:
        """Open and shut sites before the tree is begun."""
        for site in opened:
            kernel.settle(int(site), kernel.OPEN, self._ground, self._node, self._stack)
        for site in shut:
            kernel.settle(int(site), kernel.SHUT, self._ground, self._node, self._stack)

    def grow(self, quota: int, enough: int | None = None) -> bool:
        """Explore some nodes.

        Parameters
        ----------
        quota
            How many.
        enough
            Weight, in units, of a plan that need not be improved.

        Returns
        -------
        bool
            Whether nothing is left to explore: the best plan, or the incumbent, is proven to be the best.
        """
        stop = ENDLESS if enough is None else enough << self._fine
        stack, tree = self._stack, (self._ground, self._node, self._best, self._stack, self._desk)
        if self.nodes == 0:
            price = stack.price[0]
            branch = kernel.explored(self._ground, self._node, price, self._best, stack, self._desk, ROOT_STEPS)
            stack.cursor[kernel.NODES] = 1
            if branch < 0:
                return True
            stack.site[0], stack.mark[0], stack.cursor[kernel.DEPTH] = branch, stack.cursor[kernel.TRAIL], 0
        return bool(kernel.search(*tree, STEPS, quota, stop))


class Equals:
    """Looks for the first among plans that cover as much: the fewest sites, then the lowest positions.

    Parameters
    ----------
    merged
        Rows with whole weights.
    multipliers
        Shape (rows,), where trees start from.
    value
        Weight, in units, that is proven to be the most.
    settled
        Places of sites that are open, and that are shut, in every such plan.
    """

    def __init__(self, merged: Merged, multipliers: Floats, value: int, settled: tuple[Ints, Ints]) -> None:
        self._merged, self._multipliers, self._value = merged, multipliers, value
        self._opened, self._shut = ([int(site) for site in part] for part in settled)
        self._work = 0

    def first(self, plan: Ints, over: Callable[[], bool]) -> tuple[Ints, bool]:
        """Find it.

        Parameters
        ----------
        plan
            Places of the sites of one such plan.
        over
            Whether to stop.

        Returns
        -------
        tuple of numpy.ndarray and bool
            Places of the sites; whether they are proven to be the first.
        """
        while len(plan) > len(self._opened):
            fewer = self._ask(len(plan) - 1, over)
            if fewer is UNKNOWN:
                return plan, False
            if fewer is None:
                break
            plan = fewer
        few = len(plan)
        for site in range(self._merged.cover.shape[0]):
            if len(self._opened) == few:
                break
            if site in self._opened or site in self._shut:
                continue
            self._opened.append(site)
            if site in plan:
                continue
            found = self._ask(few, over)
            if found is UNKNOWN:
                return plan, False
            if found is None:
                self._shut.append(self._opened.pop())
            else:
                plan = found
        return plan, True

    def _ask(self, p: int, over: Callable[[], bool]) -> Ints | None:
        """Return such a plan of at most p sites, None if there is none, ``UNKNOWN`` if that is too much work."""
        if len(self._opened) > p:
            return None
        tree = Tree(self._merged, p, self._multipliers, self._value - 1)
        if over() or self._work > ASKED or not tree.fits:
            return UNKNOWN
        tree.settle(np.array(self._opened, np.int64), np.array(self._shut, np.int64))
        closed = tree.grow(tree.affordable(EACH), self._value)
        self._work += tree.nodes * EACH // tree.affordable(EACH)
        if tree.found is not None:
            return tree.found
        return None if closed else UNKNOWN


UNKNOWN: Ints = np.empty(0, np.int64)
