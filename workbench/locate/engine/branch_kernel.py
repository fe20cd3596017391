"""Maximal covering by branch and bound on Lagrangian bounds, in whole numbers throughout.

Each node of the tree has some sites open and some shut. Its bound comes from multipliers (see
:mod:`workbench.locate.engine.maximal`) that start from those of its parent and are improved by a few steps along the
subgradient (Held, Wolfe and Crowder 1974). Every step also tries the sites that earn most as a plan, and settles
sites by their reduced cost. Branching is on the site that the steps agree on least. Sums are of int64, so that a
closed tree is a proof that leans on no solver and on no rounding.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.arrays import Flags, Floats, Ints
from workbench.network.kernel import Counts, compiled, inlined

# ----------------------------------------------------------------------------------------------------------------------
# Maximal covering by local search: greedy, then swaps, then kicks (iterated local search).
#
# Two arrays carry the search. `gain[j]` is the weight that opening j would add, `loss[j]` the weight that only the
# open site j covers. Opening or shutting a site changes them only through rows whose number of open sites passes 0, 1
# or 2, so a swap is priced without being made: drop i and add j is worth `gain[j] - loss[i]` plus the rows that only
# i covers and j covers too (Resende and Werneck 2004 do the same for p-median).
#
# Weights are whole numbers with a sum below 2**53, so all sums are exact.


class Instance(NamedTuple):
    """Sites and rows, both ways."""

    site_start: Ints
    site_row: Ints
    row_start: Ints
    row_site: Ints
    weight: Floats


class State(NamedTuple):
    """Which sites are open, and what follows from it."""

    opened: Flags
    depth: Ints
    only: Ints  # xor of the open sites of a row; the site itself where there is one
    gain: Floats
    loss: Floats


class SwapDesk(NamedTuple):
    """Room to work in: overlaps by site, a stack of sites to look at, and the state of the dice.

    A weight of 0 would let :func:`_partner_of` meet a site twice, so rows without weight are left out.
    """

    overlap: Floats
    met: Ints
    queue: Ints
    dirty: Flags
    kept: Flags
    tail: Ints
    chance: Ints


@inlined
def drawn(chance: Ints, below: int) -> Any:
    """Draw a number below a limit (xorshift, Marsaglia 2003)."""
    word = np.uint64(chance[0])
    word ^= word << np.uint64(13)
    word ^= word >> np.uint64(7)
    word ^= word << np.uint64(17)
    chance[0] = np.int64(word)
    return np.int64((word >> np.uint64(11)) % np.uint64(below))


@compiled
def open_site(site: int, instance: Instance, state: State) -> None:
    """Open a site."""
    state.opened[site] = True
    own = 0.0
    for k in range(instance.site_start[site], instance.site_start[site + 1]):
        row = instance.site_row[k]
        if state.depth[row] == 0:
            own += instance.weight[row]
            for m in range(instance.row_start[row], instance.row_start[row + 1]):
                state.gain[instance.row_site[m]] -= instance.weight[row]
        elif state.depth[row] == 1:
            state.loss[state.only[row]] -= instance.weight[row]
        state.depth[row] += 1
        state.only[row] ^= site
    state.loss[site] = own


@compiled
def _shut_site(site: int, instance: Instance, state: State) -> None:
    """Shut a site."""
    state.opened[site] = False
    state.loss[site] = 0.0
    for k in range(instance.site_start[site], instance.site_start[site + 1]):
        row = instance.site_row[k]
        state.depth[row] -= 1
        state.only[row] ^= site
        if state.depth[row] == 0:
            for m in range(instance.row_start[row], instance.row_start[row + 1]):
                state.gain[instance.row_site[m]] += instance.weight[row]
        elif state.depth[row] == 1:
            state.loss[state.only[row]] += instance.weight[row]


@compiled
def greedy(instance: Instance, state: State, more: int) -> float:
    """Open sites one by one, each the one that adds the most; return what they add."""
    added = 0.0
    for _ in range(more):
        best, site = 0.0, -1
        for j in range(state.opened.size):
            if not state.opened[j] and state.gain[j] > best:
                best, site = state.gain[j], j
        if site < 0:
            break
        added += best
        open_site(site, instance, state)
    return added


@inlined
def _soil(site: int, instance: Instance, desk: SwapDesk) -> None:
    """Mark the sites that share a row with a site that changed: their swaps have to be priced anew."""
    for k in range(instance.site_start[site], instance.site_start[site + 1]):
        row = instance.site_row[k]
        for m in range(instance.row_start[row], instance.row_start[row + 1]):
            other = instance.row_site[m]
            if not desk.dirty[other]:
                desk.dirty[other] = True
                desk.queue[desk.tail[0]] = other
                desk.tail[0] += 1


@compiled
def _far_swap(instance: Instance, state: State, desk: SwapDesk, least: float) -> float:
    """Swap the open site that would be missed least for the shut one that adds most, if that wins."""
    low, leaves = np.inf, -1
    high, comes = 0.0, -1
    for j in range(state.opened.size):
        if state.opened[j]:
            if state.loss[j] < low:
                low, leaves = state.loss[j], j
        elif state.gain[j] > high:
            high, comes = state.gain[j], j
    if leaves < 0 or comes < 0 or high <= low + least:
        return 0.0
    won = -state.loss[leaves]
    _shut_site(leaves, instance, state)
    won += state.gain[comes]
    open_site(comes, instance, state)
    _soil(leaves, instance, desk)
    _soil(comes, instance, desk)
    return float(won)


@compiled
def _partner_of(site: int, instance: Instance, state: State, desk: SwapDesk, least: float) -> tuple[int, float]:
    """Return the shut site that best takes over the rows of an open one, or -1, and what that wins."""
    touched = 0
    for k in range(instance.site_start[site], instance.site_start[site + 1]):
        row = instance.site_row[k]
        if state.depth[row] == 1:
            for m in range(instance.row_start[row], instance.row_start[row + 1]):
                other = instance.row_site[m]
                if desk.overlap[other] == 0.0:
                    desk.met[touched] = other
                    touched += 1
                desk.overlap[other] += instance.weight[row]
    best, partner = state.loss[site] + least, -1
    for t in range(touched):
        other = desk.met[t]
        worth = state.gain[other] + desk.overlap[other]
        desk.overlap[other] = 0.0
        if worth > best and not state.opened[other]:
            best, partner = worth, other
    return partner, best - state.loss[site]


@compiled
def swaps(instance: Instance, state: State, desk: SwapDesk, least: float) -> float:
    """Swap an open site for a shut one as long as that wins; return what was won."""
    won = 0.0
    while True:
        step = _far_swap(instance, state, desk, least)
        won += step
        if step > 0.0:
            continue
        if desk.tail[0] == 0:
            break
        desk.tail[0] -= 1
        site = desk.queue[desk.tail[0]]
        desk.dirty[site] = False
        if not state.opened[site]:
            continue
        partner, step = _partner_of(site, instance, state, desk, least)
        if partner >= 0:
            won += step
            _shut_site(site, instance, state)
            open_site(partner, instance, state)
            _soil(site, instance, desk)
            _soil(partner, instance, desk)
    return won


@compiled
def kick(instance: Instance, state: State, desk: SwapDesk, strength: int) -> float:
    """Open some sites at random that lie together, and shut those that are missed least; return what that wins."""
    sites = state.opened.size
    won = 0.0
    centre = drawn(desk.chance, sites)
    while instance.site_start[centre] == instance.site_start[centre + 1]:
        centre = drawn(desk.chance, sites)
    came = 0
    for _ in range(8 * strength):
        if came == strength:
            break
        span = instance.site_start[centre + 1] - instance.site_start[centre]
        row = instance.site_row[instance.site_start[centre] + drawn(desk.chance, span)]
        span = instance.row_start[row + 1] - instance.row_start[row]
        near = instance.row_site[instance.row_start[row] + drawn(desk.chance, span)]
        if not state.opened[near]:
            won += state.gain[near]
            open_site(near, instance, state)
            _soil(near, instance, desk)
            desk.kept[near] = True
            desk.met[came] = near
            came += 1
        centre = near
    for _ in range(came):
        low, leaves = np.inf, -1
        for j in range(sites):
            if state.opened[j] and not desk.kept[j] and state.loss[j] < low:
                low, leaves = state.loss[j], j
        won -= low
        _shut_site(leaves, instance, state)
        _soil(leaves, instance, desk)
    for k in range(came):
        desk.kept[desk.met[k]] = False
    return won


@compiled
def iterated(
    instance: Instance, state: State, best: State, desk: SwapDesk, rounds: int, strongest: int, least: float
) -> float:
    """Kick and swap again and again; keep the better. Return what the best state wins over the first."""
    won = 0.0
    for _ in range(rounds):
        step = kick(instance, state, desk, 1 + drawn(desk.chance, strongest))
        step += swaps(instance, state, desk, least)
        if step >= -least:
            won += step
            copy(state, best)
        else:
            copy(best, state)
    return won


@compiled
def copy(source: State, target: State) -> None:
    """Make a state equal to another."""
    target.opened[:] = source.opened
    target.depth[:] = source.depth
    target.only[:] = source.only
    target.gain[:] = source.gain
    target.loss[:] = source.loss


# ----------------------------------------------------------------------------------------------------------------------
# Demand rows with equal cover sets, found in one pass: a hash tells where to look, and the sets are compared.


_ODD = np.uint64(0x9E3779B97F4A7C15)


@inlined
def mixed(word: np.uint64) -> np.uint64:
    """Spread the bits of a word (the finaliser of splitmix64, Steele et al. 2014, shortened)."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@inlined
def same(one: int, two: int, start: Ints, site: Ints, share: Counts) -> bool:
    """Whether two rows have equal sets, shares included."""
    if start[one + 1] - start[one] != start[two + 1] - start[two]:
        return False
    for k in range(start[one + 1] - start[one]):
        if site[start[one] + k] != site[start[two] + k] or share[start[one] + k] != share[start[two] + k]:
            return False
    return True


@compiled
def groups(start: Ints, site: Ints, share: Counts, table: Ints, first: Ints, group: Ints) -> int:
    """Give numbers to the different cover sets in the order in which they appear.

    Parameters
    ----------
    start, site, share
        Rows of demand: those of row i are ``start[i]:start[i + 1]``, sites ascending; shares as raw bits.
    table
        Shape of a power of two, at least twice the rows, filled with -1.
    first
        Room for the first row of each set.
    group
        Room for the set of each row; -1 where nothing covers it.

    Returns
    -------
    int
        How many sets there are.
    """
    mask = np.uint64(table.size - 1)
    count = 0
    for row in range(start.size - 1):
        if start[row] == start[row + 1]:
            group[row] = -1
            continue
        key = _ODD
        for k in range(start[row], start[row + 1]):
            key = mixed(key + np.uint64(site[k]) * _ODD + share[k])
        place = key & mask
        while table[place] >= 0 and not same(first[table[place]], row, start, site, share):
            place = (place + np.uint64(1)) & mask
        if table[place] < 0:
            table[place] = count
            first[count] = row
            count += 1
        group[row] = table[place]
    return count


@compiled
def summed(group: Ints, weight: Floats, total: Floats) -> None:
    """Add the weight of each row to that of its set; weights are (kinds, rows), totals (kinds, sets)."""
    for kind in range(weight.shape[0]):
        for row in range(group.size):
            if group[row] >= 0:
                total[kind, group[row]] += weight[kind, row]


FREE, OPEN, SHUT = 0, 1, -1
WON, LEFT = 0, 1
DEPTH, TRAIL, NODES = 0, 1, 2
# ----------------------------------------------------------------------------------------------------------------------
# Maximal covering by branch and bound on Lagrangian bounds, in whole numbers throughout.


_HALVES = 3
"""Steps without a better bound after which steps get shorter."""
_SHORTER = 0.6
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
def _earned(ground: Ground, node: Node, price: Ints, desk: Desk) -> Any:
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
def _undecided(node: Node, desk: Desk, total: float) -> int:
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
        ranked = _earned(ground, node, price, desk)
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
            if since == _HALVES:
                pace, since = pace * _SHORTER, 0
        reduced(ranked, few, bound, target, ground, node, stack, desk)
        desk.average[:] *= 1.0 - MEMORY
        for site in ranked[:few]:
            desk.average[site] += MEMORY
        total = total * (1.0 - MEMORY) + MEMORY
        if not stepped(ground, node, price, pace * (bound - best.value[0]), desk):
            break
    price[:] = lasting
    chosen = _undecided(node, desk, total)
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
