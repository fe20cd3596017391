"""The proof of a p-median plan: a tree of relaxations, each settled by its own multipliers.

At every node the multipliers climb, sites that no better plan can open (or leave) are fixed by their reduced cost, and
what remains is split on the site about which the relaxation is least sure. Nothing here asks a solver: every bound is
a sum of whole numbers that :func:`workbench.siting.median_kernel.relaxed` computes exactly.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench.siting.interchange import interchange
from workbench.siting.median_fixing import priced_out, settled
from workbench.siting.median_instance import Instance
from workbench.siting.median_kernel import FREE, IN, OUT, Lists, ascend, keeps, served, shortened
from workbench.siting.median_start import filled, first_multipliers

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

Ask = Callable[[], bool]
"""Whether to stop now: the time is over, or somebody pressed Ctrl-C."""
Tell = Callable[[str, float, float, bool], None]
"""Told the stage, the cost of the best plan and the bound, in units, and whether the stage is over."""

ROUNDS, ROUND, ROOT_PATIENCE = 100, 50, 30
"""Climb at the root: rounds of so many steps, the step halved after so many without a better bound."""
BRANCH, BRANCH_PATIENCE = 60, 8
"""Steps of the climb at a node of the tree."""
FIRST_STEP, LATER_STEP, LAST_STEP = 1.5, 0.5, 1e-3
"""Factor of the step at the root, at a node, and when the root has climbed enough."""
MOVES = 1_000_000
"""Most moves of a local search: as good as no limit."""
TRIES = 2
"""Random plans that are improved before the climb."""
KICKED, KICKS, TIRED = 3, 600, 150
"""Iterated local search after the climb: sites exchanged in a kick, most kicks, and most in a row without a gain."""
LIKELY = 0.01
"""Share above which a site is worth a kick."""


@dataclass(order=True)
class Node:
    """A part of all plans: those that obey ``fixed``.

    Parameters
    ----------
    bound
        No plan among them costs less, in units.
    number
        Order of making, which breaks ties.
    fixed
        What is settled about each site, (sites,).
    u
        Multipliers of the bound, (demand + rows,).
    share
        How often the relaxation opened each site, (sites,).
    lists
        The lists without what is settled.
    """

    bound: float
    number: int
    fixed: Ints = field(compare=False)
    u: Floats = field(compare=False)
    share: Floats = field(compare=False)
    lists: Lists = field(compare=False)


class Search:
    """The tree over one instance.

    Parameters
    ----------
    instance
        The problem in whole numbers.
    gap
        Relative gap that is good enough; 0 asks for a proof.
    seed
        Seed of the first plans.
    stop
        Asked between the steps.
    tell
        Told of stage, best plan and bound.
    enough
        A plan that costs no more than this, in units, is good enough; None asks for the best.
    """

    def __init__(
        self, instance: Instance, gap: float, seed: int, stop: Ask, tell: Tell, enough: float | None = None
    ) -> None:
        self.instance = instance
        self.plan: Flags | None = None
        self.upper = instance.worst + instance.unit.quantum
        self.bound = -np.inf
        self.nodes = 0
        self.most_nodes: float = np.inf
        self.start_u: Floats | None = None
        self.root_u: Floats | None = None
        self._gap, self._seed, self.ask, self._tell, self._enough = gap, seed, stop, tell, enough

    @property
    def target(self) -> float:
        """A bound that ends the search for better plans: they differ by a quantum, or the gap is good enough."""
        if self._enough is not None:
            return self._enough + 1.0
        proof = self.upper - self.instance.unit.quantum + 1.0
        if self._gap == 0.0 or self.plan is None:
            return proof
        return min(proof, float(np.ceil(self.upper * (1.0 - self._gap))))

    @property
    def aim(self) -> float:
        """Where the multipliers climb to, in units."""
        return self.upper

    @property
    def satisfied(self) -> bool:
        """Whether the best plan is good enough."""
        return self._enough is not None and self.plan is not None and self.upper <= self._enough

    @property
    def proven(self) -> bool:
        """Whether no plan is better, or the gap is as small as was asked."""
        return self.bound >= self.target

    def run(self, start: Flags | None = None) -> None:
        """Search until the proof, or until told to stop.

        Parameters
        ----------
        start
            A plan to begin with, (sites,).
        """
        fixed = settled(self.instance, self.instance.lists, self.instance.fixed)
        if fixed is None:
            self.bound = self.upper
            return
        self._first_plans(start, fixed)
        self._tell("plan", self.upper, self.bound, True)
        root = self._climb(self._root(fixed), FIRST_STEP)
        self._tell("bound", self.upper, self.bound, True)
        if root is not None and not self.proven:
            before = self.upper
            self._refine(root)
            root = self._climb(root, LATER_STEP) if self.upper < before else root
            self._tell("kicks", self.upper, self.bound, True)
        if root is not None and not self.proven:
            self._grow(root)
            self._tell("tree", self.upper, self.bound, True)

    def _stop(self) -> bool:
        return self.satisfied or self.nodes > self.most_nodes or self.ask()

    def offer(self, plan: Flags) -> bool:
        """Take a plan if it keeps the rules and is cheaper than the best one."""
        if not keeps(self.instance.ground, plan):
            return False
        total = served(self.instance.lists, self.instance.ground, plan)
        if total >= self.upper:
            return False
        self.upper, self.plan = total, plan.copy()
        return True

    def improve(self, plan: Flags, fixed: Ints) -> None:
        """Improve a plan by local search, and offer it."""
        plan = plan.copy()
        interchange(self.instance.lists, self.instance.ground, fixed, plan, MOVES)
        self.offer(plan)

    def _first_plans(self, start: Flags | None, fixed: Ints) -> None:
        if start is not None:
            self.improve(start, fixed)
        draw = np.random.default_rng(self._seed)
        for attempt in range(TRIES):
            if self._stop() or (attempt and start is not None and self.plan is not None):
                return
            plan = filled(self.instance, fixed, draw)
            if keeps(self.instance.ground, plan):
                self.improve(plan, fixed)

    def _root(self, fixed: Ints) -> Node:
        lists = shortened(self.instance.lists, fixed)
        u = first_multipliers(self.instance, lists) if self.start_u is None else self.start_u
        return Node(-np.inf, 0, fixed, u, np.zeros(len(fixed)), lists)

    def _climb(self, root: Node, step: float) -> Node | None:
        """Climb at the root until it hardly helps, fixing sites on the way; None if nothing is left to search."""
        climb = Climb(root, step)
        for _ in range(ROUNDS):
            known = self.upper
            climb.steps(self, root, ROUND, ROOT_PATIENCE)
            if climb.values[1] < known:
                self.improve(climb.plan, self.instance.fixed)
            self.bound = max(self.bound, min(self.upper, float(climb.values[0])))
            root.bound, root.u = float(climb.values[0]), climb.best_u
            if self.proven or climb.state[0] < LAST_STEP or self._stop():
                return root
            self.root_u = climb.best_u
            fixed = priced_out(self.instance, root.lists, root.fixed, climb.best_u, self.target)
            after = settled(self.instance, root.lists, fixed)
            if after is None or self.closed(after):
                self.bound = self.upper
                return None
            root.fixed, root.lists = after, shortened(root.lists, after)
        return root

    def _refine(self, root: Node) -> None:
        """Kick the best plan towards sites that the relaxation likes."""
        instance, most = self.instance, int(self.instance.ground.size[1])
        liked = np.zeros(len(root.share), np.bool_)
        liked[np.argsort(-root.share, kind="stable")[: min(most, int(np.rint(root.share.sum())))]] = True
        if keeps(instance.ground, liked):
            self.improve(liked, instance.fixed)
        draw, idle = np.random.default_rng(self._seed), 0
        for _ in range(KICKS if self.plan is not None else 0):
            if idle >= TIRED or self._stop():
                break
            idle = 0 if self._kick(root.share, draw) else idle + 1

    def _kick(self, share: Floats, draw: np.random.Generator) -> bool:
        """Exchange a few sites of the best plan at random and improve what comes of it; return whether it is better."""
        assert self.plan is not None
        plan, fixed, before = self.plan.copy(), self.instance.fixed, self.upper
        leaves = draw.permutation(np.flatnonzero(plan & (fixed == FREE)))[:KICKED]
        enters = draw.permutation(np.flatnonzero(~plan & (fixed == FREE) & (share > LIKELY)))[: len(leaves)]
        plan[leaves[: len(enters)]] = False
        plan[enters] = True
        if keeps(self.instance.ground, plan):
            self.improve(plan, fixed)
        return self.upper < before

    def _grow(self, root: Node) -> None:
        """Split the node with the lowest bound until no bound is below the target."""
        heap, made = [root], 0
        while heap and not self._stop():
            node = heapq.heappop(heap)
            self.bound = max(self.bound, min(node.bound, self.upper))
            if node.bound >= self.target:
                break
            for child in self._split(node):
                made += 1
                child.number = made
                heapq.heappush(heap, child)
            self._tell("tree", self.upper, self.bound, False)
        else:
            if not heap:
                self.bound = self.upper

    def _split(self, node: Node) -> list[Node]:
        """Settle one more site both ways, and return what is still worth searching."""
        children = []
        free = np.flatnonzero(node.fixed == FREE)
        site = free[np.argmin(np.abs(node.share[free] - 0.5))]
        for state in (IN, OUT):
            child = self.visit(node, int(site), state)
            if child is not None:
                children.append(child)
        return children

    def visit(self, node: Node, site: int, state: int) -> Node | None:
        """Settle a site, climb, fix what follows; None if no better plan is left in this part."""
        self.nodes += 1
        fixed = node.fixed.copy()
        fixed[site] = state
        after = settled(self.instance, node.lists, fixed)
        if after is None or self.closed(after):
            return None
        child = Node(node.bound, 0, after, node.u.copy(), node.share.copy(), shortened(node.lists, after))
        climb = Climb(child, LATER_STEP)
        climb.steps(self, child, BRANCH, BRANCH_PATIENCE)
        child.bound, child.u = max(node.bound, climb.values[0]), climb.best_u
        if child.bound >= self.target:
            return None
        fixed = priced_out(self.instance, child.lists, after, child.u, self.target)
        last = settled(self.instance, child.lists, fixed)
        if last is None or self.closed(last):
            return None
        child.fixed, child.lists = last, shortened(child.lists, last)
        return child

    def closed(self, fixed: Ints) -> bool:
        """Whether everything is settled; then the one plan left is offered."""
        if (fixed == FREE).any():
            return False
        self.offer(fixed == IN)
        return True


class Climb:
    """The state of one climb of the multipliers.

    Parameters
    ----------
    node
        Where it starts.
    step
        Factor of the first step.
    """

    def __init__(self, node: Node, step: float) -> None:
        self.u, self.best_u = node.u.copy(), node.u.copy()
        self.direction = np.zeros(len(node.u))
        self.state = np.array([step, 0.0])
        self.values = np.array([-np.inf, np.inf])
        self.plan = np.zeros(len(node.share), np.bool_)

    def steps(self, search: Search, node: Node, steps: int, patience: int) -> None:
        """Climb on; a cheaper plan met on the way is offered to the search."""
        ground, target = search.instance.ground, search.target
        aim = search.aim
        if search.plan is None:  # the worst plan is too far away to aim at
            aim = min(aim, float(1.1 * np.abs(self.values[0]) if np.isfinite(self.values[0]) else aim))
        ascend(
            node.lists, ground, node.fixed, target, aim, steps, patience, self.state, self.u, self.direction,
            self.best_u, node.share, self.plan, self.values,
        )  # fmt: skip
        if self.values[1] < search.upper:
            search.offer(self.plan)
