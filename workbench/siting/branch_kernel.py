"""Maximal covering by branch and bound on Lagrangian bounds, in whole numbers throughout.

Each node of the tree has some sites open and some shut. Its bound comes from multipliers (see
:mod:`workbench.siting.lagrangian`) that start from those of its parent and are improved by a few steps along the
subgradient (Held, Wolfe and Crowder 1974). Every step also tries the sites that earn most as a plan, and settles
sites by their reduced cost. Branching is on the site that the steps agree on least. Sums are of int64, so that a
closed tree is a proof that leans on no solver and on no rounding.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.network.kernel import Flags, Floats, Ints, compiled, inlined

FREE, OPEN, SHUT = 0, 1, -1
WON, LEFT = 0, 1
DEPTH, TRAIL, NODES = 0, 1, 2
HALVES = 3
"""Steps without a better bound after which steps get shorter."""
SHORTER = 0.6
MEMORY = 0.15
"""Weight of the latest step in the average that branching looks at."""


class Ground(NamedTuple):
    """What is to be covered, by what: rows of site j are ``site_row[start[j]:start[j + 1]]``."""

    start: Ints
    site_row: Ints
    weight: Ints  # in fine units
    coarse: int  # fine units in a unit of weight


class Node(NamedTuple):
    """What is settled: a state a site; open sites and free sites of each row; weight won, sites left."""

    state: NDArray[np.int8]
    opened: Ints
    free: Ints
    score: Ints


class Best(NamedTuple):
    """The incumbent: its value in fine units, and its sites."""

    value: Ints
    sites: Flags


class Stack(NamedTuple):
    """The path from the root: for each depth its multipliers, its site, sides tried, and where its trail begins."""

    price: NDArray[np.int64]
    site: Ints
    sides: Ints
    mark: Ints
    trail: Ints
    cursor: Ints


class Desk(NamedTuple):
    """Room to work in."""

    reward: Ints
    times: Ints
    average: Floats


@compiled
def settle(site: int, state: int, ground: Ground, node: Node, stack: Stack) -> None:
    """Open or shut a site, and write it on the trail."""
    node.state[site] = state
    stack.trail[stack.cursor[TRAIL]] = site
    stack.cursor[TRAIL] += 1
    for k in range(ground.start[site], ground.start[site + 1]):
        row = ground.site_row[k]
        node.free[row] -= 1
        if state == OPEN:
            if node.opened[row] == 0:
                node.score[WON] += ground.weight[row]
            node.opened[row] += 1
    if state == OPEN:
        node.score[LEFT] -= 1


@compiled
def release(mark: int, ground: Ground, node: Node, stack: Stack) -> None:
    """Take back what is on the trail beyond a mark."""
    while stack.cursor[TRAIL] > mark:
        stack.cursor[TRAIL] -= 1
        site = stack.trail[stack.cursor[TRAIL]]
        for k in range(ground.start[site], ground.start[site + 1]):
            row = ground.site_row[k]
            node.free[row] += 1
            if node.state[site] == OPEN:
                node.opened[row] -= 1
                if node.opened[row] == 0:
                    node.score[WON] -= ground.weight[row]
        if node.state[site] == OPEN:
            node.score[LEFT] += 1
        node.state[site] = FREE


@inlined
def priced(ground: Ground, node: Node, price: Ints) -> Any:
    """Price rows that at most one free site covers at their weight; return what rows keep beyond their prices."""
    kept = np.int64(0)
    for row in range(ground.weight.size):
        if node.opened[row] == 0:
            if node.free[row] <= 1:
                price[row] = ground.weight[row]
            kept += ground.weight[row] - price[row]
    return kept


@inlined
def earned(ground: Ground, node: Node, price: Ints, desk: Desk) -> Any:
    """Let free sites earn the prices of their rows; return them, those that earn most first."""
    free = np.empty(node.state.size, np.int64)
    count = 0
    for site in range(node.state.size):
        if node.state[site] == FREE:
            earns = np.int64(0)
            for k in range(ground.start[site], ground.start[site + 1]):
                row = ground.site_row[k]
                if node.opened[row] == 0:
                    earns += price[row]
            desk.reward[site] = -earns
            free[count] = site
            count += 1
    order = np.argsort(desk.reward[free[:count]], kind="mergesort")
    for site in range(node.state.size):
        desk.reward[site] = -desk.reward[site]
    return free[order]


@inlined
def tried(ground: Ground, node: Node, chosen: Ints, desk: Desk, best: Best) -> None:
    """Count how often each row is covered by the chosen sites; keep them as a plan if it is better."""
    desk.times[:] = 0
    for site in chosen:
        for k in range(ground.start[site], ground.start[site + 1]):
            desk.times[ground.site_row[k]] += 1
    value = node.score[WON]
    for row in range(ground.weight.size):
        if node.opened[row] == 0 and desk.times[row] > 0:
            value += ground.weight[row]
    if value > best.value[0]:
        best.value[0] = value
        for site in range(node.state.size):
            best.sites[site] = node.state[site] == OPEN
        for site in chosen:
            best.sites[site] = True


@inlined
def reduced(
    ranked: Ints, few: int, bound: Any, target: Any, ground: Ground, node: Node, stack: Stack, desk: Desk
) -> None:
    """Settle every free site that no plan worth the target can have, or can lack."""
    weakest = desk.reward[ranked[few - 1]]
    strongest = desk.reward[ranked[few]] if few < ranked.size else np.int64(0)
    for place in range(ranked.size):
        site = ranked[place]
        if place < few:
            if bound - desk.reward[site] + strongest < target:
                settle(site, OPEN, ground, node, stack)
        elif bound - weakest + desk.reward[site] < target:
            settle(site, SHUT, ground, node, stack)


@inlined
def stepped(ground: Ground, node: Node, price: Ints, length: float, desk: Desk) -> bool:
    """Move prices along the subgradient; say whether there was anywhere to go."""
    norm = 0.0
    for row in range(ground.weight.size):
        if node.opened[row] == 0:
            over = desk.times[row] - 1
            if (over > 0 and price[row] > 0) or (over < 0 and price[row] < ground.weight[row]):
                norm += over * over
    if norm == 0.0:
        return False
    for row in range(ground.weight.size):
        if node.opened[row] == 0 and desk.times[row] != 1:
            price[row] -= np.int64(length / norm * (desk.times[row] - 1))
            price[row] = min(max(price[row], np.int64(0)), ground.weight[row])
    return True


@inlined
def undecided(node: Node, desk: Desk, total: float) -> int:
    """Return the free site that was in about half of the plans that were tried, or -1."""
    chosen, near = -1, 2.0
    for site in range(node.state.size):
        if node.state[site] == FREE:
            apart = abs(desk.average[site] / total - 0.5)
            if apart < near:
                near, chosen = apart, site
    return chosen


@compiled
def explored(ground: Ground, node: Node, price: Ints, best: Best, stack: Stack, desk: Desk, steps: int) -> int:
    """Bound a node, improve the incumbent, and settle sites.

    Returns
    -------
    int
        The site to branch on; -1 where no plan below is better than the incumbent.
    """
    pace, since = 1.0, 0
    lowest, lasting = np.int64(2**62), price.copy()
    desk.average[:] = 0.0
    total = 0.0
    for _ in range(steps):
        kept = priced(ground, node, price)
        ranked = earned(ground, node, price, desk)
        few = min(node.score[LEFT], ranked.size)
        tried(ground, node, ranked[:few], desk, best)
        target = best.value[0] + ground.coarse
        if few == 0:
            return -1
        bound = node.score[WON] + kept
        for site in ranked[:few]:
            bound += desk.reward[site]
        if bound < target:
            return -1
        if bound < lowest:
            lowest, since = bound, 0
            lasting[:] = price
        else:
            since += 1
            if since == HALVES:
                pace, since = pace * SHORTER, 0
        reduced(ranked, few, bound, target, ground, node, stack, desk)
        desk.average[:] *= 1.0 - MEMORY
        for site in ranked[:few]:
            desk.average[site] += MEMORY
        total = total * (1.0 - MEMORY) + MEMORY
        if not stepped(ground, node, price, pace * (bound - best.value[0]), desk):
            break
    price[:] = lasting
    chosen = undecided(node, desk, total)
    if chosen < 0:  # all is settled: the plan that is left is the only one
        tried(ground, node, np.empty(0, np.int64), desk, best)
    return chosen


@compiled
def search(
    ground: Ground, node: Node, best: Best, stack: Stack, desk: Desk, steps: int, quota: int, enough: int
) -> bool:
    """Go on through the tree for some nodes; say whether it is closed.

    Parameters
    ----------
    ground, node, best, stack, desk
        The tree as it was left; the root has been explored.
    steps
        Steps of the subgradient at each node.
    quota
        How many nodes to explore.
    enough
        Value, in fine units, of an incumbent that need not be improved.
    """
    cursor = stack.cursor
    while cursor[DEPTH] >= 0:
        if best.value[0] >= enough:
            return True
        if quota == 0:
            return False
        depth = cursor[DEPTH]
        release(stack.mark[depth], ground, node, stack)
        if stack.sides[depth] == 2:
            cursor[DEPTH] -= 1
            continue
        side = OPEN if stack.sides[depth] == 0 else SHUT
        stack.sides[depth] += 1
        if side == OPEN and node.score[LEFT] == 0:
            continue
        stack.price[depth + 1] = stack.price[depth]
        settle(stack.site[depth], side, ground, node, stack)
        branch = explored(ground, node, stack.price[depth + 1], best, stack, desk, steps)
        cursor[NODES] += 1
        quota -= 1
        if branch >= 0:
            cursor[DEPTH] += 1
            stack.site[depth + 1], stack.sides[depth + 1] = branch, 0
            stack.mark[depth + 1] = cursor[TRAIL]
    return True
