"""The proof of a p-median plan: a tree of relaxations, each settled by its own multipliers.

At every node the multipliers climb, sites that no better plan can open (or leave) are fixed by their reduced cost, and
what remains is split on the site about which the relaxation is least sure. Nothing here asks a solver: every bound is
a sum of whole numbers that :func:`workbench.locate.engine.median_kernel.relaxed` computes exactly.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from workbench.arrays import Flags, Floats, Ints
from workbench.locate.engine.median_kernel import (
    FREE,
    IN,
    OUT,
    Ground,
    Lists,
    ascend,
    interchange,
    keeps,
    relaxed,
    served,
    shortened,
)
from workbench.locate.median_problem import MedianProblem
from workbench.locate.result import Course, Unit, unit_for
from workbench.solving import UNLIMITED, Limits

# ----------------------------------------------------------------------------------------------------------------------
# A p-median problem in whole numbers, as the compiled search takes it.


_COSTS, _MULTIPLIERS, _TOLLS = 2.0**46, 2.0**50, 2.0**49
"""Ceilings of all costs together, of all multipliers, and of the tolls of all rules at their multipliers."""

_UNSERVED = 2.0**52
"""Ceiling of what local search pays if nobody is served: more than any walk or site, where that leaves sums exact."""

_TOLL = 2.0**16
"""Largest toll of a rule on sites."""


@dataclass(frozen=True, eq=False)
class Instance:
    """The problem in whole numbers.

    Parameters
    ----------
    lists
        Costs, weights included, of the demand points that have a weight.
    ground
        Sites and rules.
    fixed
        What the rules settle about each site, (sites,).
    unit
        What a whole number stands for.
    worst
        No plan costs more, in units.
    """

    lists: Lists
    ground: Ground
    fixed: Ints
    unit: Unit
    worst: float


def whole_instance(problem: MedianProblem) -> Instance:
    """Count the costs of a problem in whole units and lay them out for the search."""
    nearest = problem.nearest
    counts = problem.weight > 0
    kept = counts[nearest.demand]
    start = np.concatenate(([0], np.cumsum(np.diff(nearest.start)[counts])))
    worth = (problem.weight[nearest.demand] * nearest.cost)[kept]
    farthest = worth[start[1:] - 1]
    unit = unit_for(np.concatenate((worth, problem.price)), float(farthest.sum() + problem.price.sum()), _COSTS)
    lists = Lists(start.astype(np.int64), nearest.site[kept].astype(np.uint32), unit.count(worth))
    price, dearest = unit.count(problem.price), unit.count(farthest)
    fixed = np.full(problem.sites, FREE, np.int64)
    lower, upper = problem.settled()
    fixed[upper == 0.0], fixed[lower == 1.0] = OUT, IN
    worst = float(dearest.sum() + price.sum())
    return Instance(lists, _ground(problem, price, dearest), fixed, unit, worst)


def _ground(problem: MedianProblem, price: Floats, dearest: Floats) -> Ground:
    rows = problem.rows()
    matrix, limit = sp.csc_array(rows.matrix), rows.most
    matrix.eliminate_zeros()
    heaviest = np.maximum(matrix.max(axis=1).toarray().ravel() if matrix.shape[0] else np.empty(0), 1e-300)
    plain = (heaviest <= _TOLL) & (np.bincount(matrix.indices, matrix.data % 1 != 0, minlength=len(limit)) == 0)
    scale = np.where(plain, 1.0, _TOLL / heaviest)
    toll, toll_limit = np.floor(matrix.data * scale[matrix.indices]), np.floor(limit * scale)
    total = np.bincount(matrix.indices, toll, minlength=len(limit))
    toll_limit = np.minimum(toll_limit, total)
    demand, count = len(dearest), len(limit)
    cap = np.concatenate(
        (np.full(demand, _MULTIPLIERS / max(demand, 1)), _TOLLS / np.maximum(total, 1.0) / max(count, 1))
    )
    shunned = 2.0 * (dearest + np.floor(dearest.sum() / max(demand, 1))) + price.max(initial=0.0) + 1.0
    metric = 1.0 / np.maximum(np.bincount(matrix.indices, toll, minlength=count), 1.0) ** 2
    return Ground(
        price=price,
        size=np.array(problem.count_range, np.int64),
        unserved=np.minimum(shunned, np.floor(_UNSERVED / max(demand, 1))),
        row_start=matrix.indptr.astype(np.int64),
        row=matrix.indices.astype(np.int64),
        amount=matrix.data.astype(np.float64),
        limit=limit,
        toll=toll,
        toll_limit=toll_limit,
        metric=metric,
        cap=np.floor(cap),
    )


# ----------------------------------------------------------------------------------------------------------------------
# What a p-median plan must hold already: sites settled by rules, by lone demand points, and by reduced cost.


def settled(instance: Instance, lists: Lists, fixed: Ints) -> Ints | None:
    """Draw the conclusions of what is settled: numbers, rules, and demand points with one site left."""
    ground, fixed = instance.ground, fixed.copy()
    fewest, most = int(ground.size[0]), int(ground.size[1])
    for _ in range(len(fixed) + 1):
        before = int(np.abs(fixed).sum())
        held, open_ = int((fixed == IN).sum()), int((fixed != OUT).sum())
        if held > most or open_ < fewest:
            return None
        if held == most:
            fixed[fixed == FREE] = OUT
        elif open_ == fewest:
            fixed[fixed == FREE] = IN
        if len(ground.limit) and not _settle_rules(instance, fixed):
            return None
        if not _settle_lone(lists, fixed):
            return None
        if int(np.abs(fixed).sum()) == before:
            return fixed
    return fixed


def _settle_rules(instance: Instance, fixed: Ints) -> bool:
    """Fix out what no longer fits the rules on sites; False if they are broken already."""
    ground = instance.ground
    owner = np.repeat(np.arange(len(fixed)), np.diff(ground.row_start))
    used = np.bincount(ground.row, ground.amount * (fixed[owner] == IN), minlength=len(ground.limit))
    if (used > ground.limit).any():
        return False
    tight = (ground.amount > (ground.limit - used)[ground.row]) & (fixed[owner] == FREE)
    fixed[owner[tight]] = OUT
    return True


def _settle_lone(lists: Lists, fixed: Ints) -> bool:
    """Fix in whoever alone can serve a demand point; False if nobody can."""
    if len(lists.start) == 1:
        return True
    usable = (fixed[lists.site] != OUT).astype(np.int64)
    ends = np.concatenate(([0], np.cumsum(usable)))
    left = ends[lists.start[1:]] - ends[lists.start[:-1]]
    if (left == 0).any():
        return False
    lone = np.flatnonzero(left == 1)
    if len(lone):
        entries = np.flatnonzero(usable)
        fixed[lists.site[entries[ends[lists.start[lone]]]]] = IN
    return True


def priced_out(instance: Instance, lists: Lists, fixed: Ints, u: Floats, target: float) -> Ints:
    """Fix the sites whose opening, or closing, would lift the bound to the target."""
    ground = instance.ground
    reduced, opened = np.empty(len(fixed)), np.empty(len(fixed), np.bool_)
    value = relaxed(lists, ground, fixed, u, reduced, opened)
    if not np.isfinite(value):
        return fixed
    free = fixed == FREE
    chosen, spare = free & opened, free & ~opened
    count = int(opened.sum())
    dearest = float(reduced[chosen].max()) if chosen.any() else -np.inf
    leaves = dearest if count == ground.size[1] else max(dearest, 0.0)
    cheapest = float(reduced[spare].min()) if spare.any() else np.inf
    enters = cheapest if count == ground.size[0] else min(cheapest, 0.0)
    after = fixed.copy()
    after[spare & (value + reduced - leaves >= target)] = OUT
    after[chosen & (value - reduced + enters >= target)] = IN
    return after


# ----------------------------------------------------------------------------------------------------------------------
# Where the search for a p-median plan begins: multipliers and random plans.


def _first_multipliers(instance: Instance, lists: Lists) -> Floats:
    """Return multipliers to start from: everybody's cost at the rank of an average catchment."""
    demand, rows = len(instance.ground.unserved), len(instance.ground.limit)
    u = np.zeros(demand + rows)
    counts = np.diff(lists.start)
    rank = max(1, len(instance.fixed) // max(1, int(instance.ground.size[1])))
    if demand:
        u[:demand] = lists.cost[lists.start[:-1] + np.minimum(rank, counts - 1)]
    return np.asarray(np.minimum(u, instance.ground.cap))


def filled(instance: Instance, fixed: Ints, draw: np.random.Generator) -> Flags:
    """Draw a plan that keeps the rules on sites, as far as random order finds one."""
    ground = instance.ground
    plan: Flags = fixed == IN
    most = int(ground.size[1]) if ground.size[0] or not ground.price.any() else 1
    room = ground.limit.copy()
    for i in np.flatnonzero(plan):
        part = slice(ground.row_start[i], ground.row_start[i + 1])
        room[ground.row[part]] -= ground.amount[part]
    left = most - int(plan.sum())
    for i in draw.permutation(np.flatnonzero(fixed == FREE)):
        if left <= 0:
            break
        part = slice(ground.row_start[i], ground.row_start[i + 1])
        if (room[ground.row[part]] >= ground.amount[part]).all():
            room[ground.row[part]] -= ground.amount[part]
            plan[i] = True
            left -= 1
    return plan


# ----------------------------------------------------------------------------------------------------------------------
# The proof of a p-median plan: a tree of relaxations, each settled by its own multipliers.


_ROUNDS, _ROUND, _ROOT_PATIENCE = 100, 50, 30
"""Climb at the root: rounds of so many steps, the step halved after so many without a better bound."""
_BRANCH, _BRANCH_PATIENCE = 60, 8
"""Steps of the climb at a node of the tree."""
_FIRST_STEP, _LATER_STEP, _LAST_STEP = 1.5, 0.5, 1e-3
"""Factor of the step at the root, at a node, and when the root has climbed enough."""
_MOVES = 1_000_000
"""Most moves of a local search: as good as no limit."""
_TRIES = 2
"""Random plans that are improved before the climb."""
_KICKED, _KICKS, _TIRED = 3, 600, 150
"""Iterated local search after the climb: sites exchanged in a kick, most kicks, and most in a row without a gain."""
_LIKELY = 0.01
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
    course
        When to stop.
    limits
        The gap that is good enough, and the seed of the first plans.
    enough
        A plan that costs no more than this, in units, is good enough; None asks for the best.
    tells
        Whether the course learns of stages, plans and bounds.
    """

    def __init__(
        self,
        instance: Instance,
        course: Course,
        limits: Limits = UNLIMITED,
        *,
        enough: float | None = None,
        tells: bool = False,
    ) -> None:
        self.instance = instance
        self.plan: Flags | None = None
        self.upper = instance.worst + instance.unit.quantum
        self.bound = -np.inf
        self.nodes = 0
        self.most_nodes: float = np.inf
        self.start_u: Floats | None = None
        self.root_u: Floats | None = None
        self._gap, self._seed = limits.gap, limits.seed
        self.course, self._tells, self._enough = course, tells, enough

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
        """Search until the proof, or until told to stop."""
        fixed = settled(self.instance, self.instance.lists, self.instance.fixed)
        if fixed is None:
            self.bound = self.upper
            return
        self._first_plans(start, fixed)
        self._close("plan")
        root = self._climb(self._root(fixed), _FIRST_STEP)
        self._close("bound")
        if root is not None and not self.proven:
            before = self.upper
            self._refine(root)
            root = self._climb(root, _LATER_STEP) if self.upper < before else root
            self._close("kicks")
        if root is not None and not self.proven:
            self._grow(root)
            self._close("tree")

    def _learn(self, stage: str) -> None:
        """Let the course know the best plan and the bound, and tell of them."""
        if self._tells:
            self.course.learn(*self._known())
            self.course.tell(stage)

    def _close(self, stage: str) -> None:
        """End a stage."""
        if self._tells:
            self.course.close(stage, *self._known())

    def _known(self) -> tuple[float, float]:
        """Return the cost of the best plan and the bound as real numbers; what is not known is none."""
        unit = self.instance.unit
        return (unit.real(self.upper) if self.upper <= self.instance.worst else np.nan), unit.real(self.bound)

    def _stop(self) -> bool:
        return self.satisfied or self.nodes > self.most_nodes or self.course.over

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
        interchange(self.instance.lists, self.instance.ground, fixed, plan, _MOVES)
        self.offer(plan)

    def _first_plans(self, start: Flags | None, fixed: Ints) -> None:
        if start is not None:
            self.improve(start, fixed)
        draw = np.random.default_rng(self._seed)
        for attempt in range(_TRIES):
            if self._stop() or (attempt and start is not None and self.plan is not None):
                return
            plan = filled(self.instance, fixed, draw)
            if keeps(self.instance.ground, plan):
                self.improve(plan, fixed)

    def _root(self, fixed: Ints) -> Node:
        lists = shortened(self.instance.lists, fixed)
        u = _first_multipliers(self.instance, lists) if self.start_u is None else self.start_u
        return Node(-np.inf, 0, fixed, u, np.zeros(len(fixed)), lists)

    def _climb(self, root: Node, step: float) -> Node | None:
        """Climb at the root until it hardly helps, fixing sites on the way; None if nothing is left to search."""
        climb = Climb(root, step)
        for _ in range(_ROUNDS):
            known = self.upper
            climb.steps(self, root, _ROUND, _ROOT_PATIENCE)
            if climb.values[1] < known:
                self.improve(climb.plan, self.instance.fixed)
            self.bound = max(self.bound, min(self.upper, float(climb.values[0])))
            root.bound, root.u = float(climb.values[0]), climb.best_u
            if self.proven or climb.state[0] < _LAST_STEP or self._stop():
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
        for _ in range(_KICKS if self.plan is not None else 0):
            if idle >= _TIRED or self._stop():
                break
            idle = 0 if self._kick(root.share, draw) else idle + 1

    def _kick(self, share: Floats, draw: np.random.Generator) -> bool:
        """Exchange a few sites of the best plan at random and improve what comes of it; return whether it is better."""
        assert self.plan is not None
        plan, fixed, before = self.plan.copy(), self.instance.fixed, self.upper
        leaves = draw.permutation(np.flatnonzero(plan & (fixed == FREE)))[:_KICKED]
        enters = draw.permutation(np.flatnonzero(~plan & (fixed == FREE) & (share > _LIKELY)))[: len(leaves)]
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
            self._learn("tree")
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
        climb = Climb(child, _LATER_STEP)
        climb.steps(self, child, _BRANCH, _BRANCH_PATIENCE)
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


# ----------------------------------------------------------------------------------------------------------------------
# Of all plans that cost the same, the one that every run and every machine finds.


_TWIN_NODES = 400
"""Nodes after which the search for an earlier twin is given up."""

_AIM = 1e-3
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
        super().__init__(proven.instance, proven.course)
        self.upper, self.plan, self.root_u = proven.upper, proven.plan, proven.root_u

    @property
    def target(self) -> float:
        """Parts with nothing as cheap as the plan are not worth searching."""
        return self.upper + 1.0

    @property
    def aim(self) -> float:
        """A little above the plan, because a part is only closed by a bound above it."""
        return self.upper + max(self.instance.unit.quantum, _AIM * self.upper)

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
            if self.nodes >= _TWIN_NODES or self.course.over:
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
