"""Inner loops of the p-median: the Lagrangian relaxation, the climb of its multipliers, shorter lists.

Every cost, toll and multiplier is a float that holds a whole number, and every sum of them stays below 2**53, so
the arithmetic here is exact: a bound that these loops return is a bound, not a bound up to rounding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.arrays import Flags, Floats, Ints
from workbench.network.kernel import Positions, compiled

OUT, FREE, IN = -1, 0, 1
"""What is settled about a site."""

STEP, STALLED = 0, 1
BOUND, CHEAPEST = 0, 1

_EXACT = 2.0**52
"""Sums beyond this might not be exact."""

MEMORY = 0.4
"""Share of the last direction that is kept in the next."""

_SMOOTHING = 0.1
"""Weight of the latest plan in the running mean of the sites opened."""


class Lists(NamedTuple):
    """Sites of each demand point from near to far, ties by position: ``start`` (demand + 1,), ``site``, ``cost``."""

    start: Ints
    site: Positions
    cost: Floats


class Ground(NamedTuple):
    """What a plan is made of.

    ``price`` of opening (sites,); ``size``, fewest and most sites; ``unserved``, what local search pays for a demand
    point without a site (demand,); the rules on sites as rows ``sum(amount) <= limit``, listed by site in
    ``row_start``, ``row``, ``amount``; ``toll`` and ``toll_limit``, the same in whole numbers and no tighter, which
    the relaxation prices; ``metric``, the inverse squared size of each row; ``cap``, the largest multipliers that keep
    the sums exact (demand + rows,).
    """

    price: Floats
    size: Ints
    unserved: Floats
    row_start: Ints
    row: Ints
    amount: Floats
    limit: Floats
    toll: Floats
    toll_limit: Floats
    metric: Floats
    cap: Floats


@compiled
def _kth(values: Floats, k: int) -> float:
    """Give the value at position ``k`` if ``values`` were sorted; they are left in another order."""
    low, high = 0, len(values) - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            break
    return float(values[k])


@compiled
def _choose(reduced: Floats, fixed: Ints, fewest: int, most: int, opened: Flags) -> float:
    """Open the sites that lower the value most, within the numbers allowed, and give the sum; ties by position.

    Minus infinity, which is no bound, where a sum would leave the whole numbers that floats hold.
    """
    total, chosen, count, worth = 0.0, 0, 0, 0
    values = np.empty(len(reduced))
    for i in range(len(reduced)):
        opened[i] = fixed[i] == IN
        if opened[i]:
            total += reduced[i]
            chosen += 1
            if abs(total) > _EXACT:
                return -np.inf
        elif fixed[i] == FREE:
            values[count] = reduced[i]
            count += 1
            worth += reduced[i] < 0.0
    wanted = min(max(worth, fewest - chosen), most - chosen, count)
    if wanted <= 0:
        return total
    border = _kth(values[:count], wanted - 1)
    for strict in (True, False):
        for i in range(len(reduced)):
            if wanted and fixed[i] == FREE and (reduced[i] < border if strict else reduced[i] == border):
                opened[i] = True
                total += reduced[i]
                wanted -= 1
                if abs(total) > _EXACT:
                    return -np.inf
    return total


@compiled
def relaxed(lists: Lists, ground: Ground, fixed: Ints, u: Floats, reduced: Floats, opened: Flags) -> float:
    """Give the Lagrangian value: nobody *must* be served and no rule *must* hold, but either has its price."""
    demand = len(ground.unserved)
    value = 0.0
    for r in range(len(ground.limit)):
        value -= u[demand + r] * ground.toll_limit[r]
    for i in range(len(reduced)):
        reduced[i] = ground.price[i]
        for e in range(ground.row_start[i], ground.row_start[i + 1]):
            reduced[i] += u[demand + ground.row[e]] * ground.toll[e]
    for j in range(demand):
        value += u[j]
        for e in range(lists.start[j], lists.start[j + 1]):
            if lists.cost[e] >= u[j]:
                break
            reduced[lists.site[e]] += lists.cost[e] - u[j]
    return value + _choose(reduced, fixed, ground.size[0], ground.size[1], opened)


@compiled
def served(lists: Lists, ground: Ground, opened: Flags) -> float:
    """Give what a plan costs: its sites, and everybody's nearest one; infinite if that leaves anybody without."""
    total = 0.0
    for i in range(len(opened)):
        if opened[i]:
            total += ground.price[i]
    for j in range(len(ground.unserved)):
        paid = np.inf
        for e in range(lists.start[j], lists.start[j + 1]):
            if opened[lists.site[e]]:
                paid = lists.cost[e]
                break
        total += paid
    return total


@compiled
def keeps(ground: Ground, opened: Flags) -> bool:
    """Whether a plan keeps the rules on sites and has a size that is allowed."""
    room = ground.limit.copy()
    count = 0
    for i in range(len(opened)):
        if opened[i]:
            count += 1
            for e in range(ground.row_start[i], ground.row_start[i + 1]):
                room[ground.row[e]] -= ground.amount[e]
    for left in room:
        if left < 0.0:
            return False
    return bool(ground.size[0] <= count <= ground.size[1])


@compiled
def _slopes(lists: Lists, ground: Ground, u: Floats, opened: Flags, direction: Floats) -> float:
    """Turn the direction of the climb towards what the relaxed plan leaves unserved; give its squared length."""
    demand = len(ground.unserved)
    norm = 0.0
    for j in range(demand):
        slope = 1.0
        for e in range(lists.start[j], lists.start[j + 1]):
            if lists.cost[e] >= u[j]:
                break
            if opened[lists.site[e]]:
                slope -= 1.0
        direction[j] = slope + MEMORY * direction[j]
        norm += direction[j] * direction[j]
    rows = len(ground.limit)
    excess = np.zeros(rows)
    for r in range(rows):
        excess[r] = -ground.toll_limit[r]
    for i in range(len(opened)):
        if opened[i]:
            for e in range(ground.row_start[i], ground.row_start[i + 1]):
                excess[ground.row[e]] += ground.toll[e]
    for r in range(rows):
        if excess[r] < 0.0 and u[demand + r] == 0.0:
            direction[demand + r] = 0.0
        else:
            direction[demand + r] = excess[r] * ground.metric[r] + MEMORY * direction[demand + r]
            norm += direction[demand + r] * direction[demand + r] / ground.metric[r]
    return norm


@compiled
def ascend(
    lists: Lists, ground: Ground, fixed: Ints, target: float, aim: float, steps: int, patience: int, state: Floats,
    u: Floats, direction: Floats, best_u: Floats, share: Floats, plan: Flags, values: Floats,
) -> None:  # fmt: skip
    """Climb with the multipliers, remembering the best bound and the cheapest plan met on the way.

    A deflected subgradient with Polyak's step towards ``aim``; multipliers are rounded to whole numbers. [1]_
    """
    reduced = np.empty(len(share))
    opened = np.empty(len(share), np.bool_)
    for _ in range(steps):
        value = relaxed(lists, ground, fixed, u, reduced, opened)
        if value > values[BOUND]:
            values[BOUND] = value
            best_u[:] = u
            state[STALLED] = 0.0
            total = served(lists, ground, opened)
            if total < values[CHEAPEST] and keeps(ground, opened):
                values[CHEAPEST] = total
                plan[:] = opened
            if value >= target:
                return
        else:
            state[STALLED] += 1.0
            if state[STALLED] >= patience:
                state[STALLED] = 0.0
                state[STEP] *= 0.5
                u[:] = best_u
        for i in range(len(share)):
            share[i] += _SMOOTHING * ((1.0 if opened[i] else 0.0) - share[i])
        norm = _slopes(lists, ground, u, opened, direction)
        if norm == 0.0:
            return
        move = state[STEP] * max(aim - value, 1.0) / norm
        for j in range(len(u)):
            u[j] = min(max(np.floor(u[j] + move * direction[j]), 0.0), ground.cap[j])


@compiled
def shortened(lists: Lists, fixed: Ints) -> Lists:
    """Drop from the lists what no plan uses: sites fixed out, and whatever lies beyond a site fixed in."""
    demand = len(lists.start) - 1
    start = np.zeros(demand + 1, np.int64)
    for j in range(demand):
        count = 0
        for e in range(lists.start[j], lists.start[j + 1]):
            state = fixed[lists.site[e]]
            if state != OUT:
                count += 1
            if state == IN:
                break
        start[j + 1] = start[j] + count
    site = np.empty(start[demand], np.uint32)
    cost = np.empty(start[demand])
    for j in range(demand):
        n = start[j]
        e = lists.start[j]
        while n < start[j + 1]:
            if fixed[lists.site[e]] != OUT:
                site[n] = lists.site[e]
                cost[n] = lists.cost[e]
                n += 1
            e += 1
    return Lists(start, site, cost)


# ----------------------------------------------------------------------------------------------------------------------
# Local search for the p-median: open, close, or exchange one site for another while that helps.


@compiled
def _nearest(lists: Lists, unserved: Floats, opened: Flags, first: Floats, second: Floats, host: Ints) -> None:
    """Fill what everybody pays at the nearest and second nearest open site, and which is the nearest (-1: none)."""
    for j in range(len(unserved)):
        first[j] = unserved[j]
        second[j] = unserved[j]
        host[j] = -1
        for e in range(lists.start[j], lists.start[j + 1]):
            if opened[lists.site[e]]:
                if host[j] >= 0:
                    second[j] = lists.cost[e]
                    break
                first[j] = lists.cost[e]
                host[j] = lists.site[e]


@compiled
def _fits(ground: Ground, room: Floats, enters: int, leaves: int) -> bool:
    """Whether the rules on sites hold after a move; -1 stands for nobody."""
    if enters < 0:
        return True
    for e in range(ground.row_start[enters], ground.row_start[enters + 1]):
        left = room[ground.row[e]] - ground.amount[e]
        if leaves >= 0:
            for f in range(ground.row_start[leaves], ground.row_start[leaves + 1]):
                if ground.row[f] == ground.row[e]:
                    left += ground.amount[f]
        if left < 0.0:
            return False
    return True


@compiled
def _move(ground: Ground, room: Floats, opened: Flags, i: int, opens: bool) -> None:
    opened[i] = opens
    for e in range(ground.row_start[i], ground.row_start[i + 1]):
        room[ground.row[e]] += -ground.amount[e] if opens else ground.amount[e]


@compiled
def _value(
    lists: Lists, first: Floats, second: Floats, host: Ints, slot: Ints, saves: Floats, loses: Floats, common: Floats
) -> None:
    """Value all moves in one pass: what opening saves, what closing loses, and what the two have in common."""
    for j in range(len(host)):
        k = slot[host[j]] if host[j] >= 0 else -1
        if k >= 0:
            loses[k] += second[j] - first[j]
        for e in range(lists.start[j], lists.start[j + 1]):
            cost = lists.cost[e]
            if cost >= second[j]:
                break
            i = lists.site[e]
            if cost < first[j]:
                saves[i] += first[j] - cost
            if k >= 0:
                common[i, k] += second[j] - max(cost, first[j])


@compiled
def _best_move(
    ground: Ground,
    fixed: Ints,
    room: Floats,
    opened: Flags,
    present: Ints,
    saves: Floats,
    loses: Floats,
    common: Floats,
) -> tuple[int, int]:
    """Return which site enters and which leaves; -1 stands for nobody; the first of equal moves."""
    n = len(present)
    best, enters, leaves = 0.0, -1, -1
    for k in range(n if n > ground.size[0] else 0):
        if fixed[present[k]] != IN and -loses[k] > best:
            best, enters, leaves = -loses[k], -1, present[k]
    for i in range(len(opened)):
        if opened[i] or fixed[i] == OUT:
            continue
        if saves[i] > best and n < ground.size[1] and _fits(ground, room, i, -1):
            best, enters, leaves = saves[i], i, -1
        for k in range(n):
            profit = saves[i] - loses[k] + common[i, k]
            if profit > best and fixed[present[k]] != IN and _fits(ground, room, i, present[k]):
                best, enters, leaves = profit, i, present[k]
    return enters, leaves


@compiled
def interchange(lists: Lists, ground: Ground, fixed: Ints, opened: Flags, moves: int) -> bool:
    """Improve a plan by its best single move until none helps.

    All moves are valued in one pass over the lists, as [1]_ and [2]_ do.
    """
    sites, demand = len(opened), len(ground.unserved)
    first, second = np.empty(demand), np.empty(demand)
    host, slot, present = np.empty(demand, np.int64), np.empty(sites, np.int64), np.empty(sites, np.int64)
    saves, loses = np.empty(sites), np.empty(sites)
    room = ground.limit.copy()
    for i in range(sites):
        if opened[i]:
            _move(ground, room, opened, i, True)
    for _ in range(moves):
        _nearest(lists, ground.unserved, opened, first, second, host)
        n = 0
        for i in range(sites):
            saves[i] = -ground.price[i]
            if opened[i]:
                slot[i] = n
                present[n] = i
                loses[n] = -ground.price[i]
                n += 1
        common = np.zeros((sites, n))
        _value(lists, first, second, host, slot, saves, loses, common)
        enters, leaves = _best_move(ground, fixed, room, opened, present[:n], saves, loses, common)
        if enters < 0 and leaves < 0:
            return True
        if leaves >= 0:
            _move(ground, room, opened, leaves, False)
        if enters >= 0:
            _move(ground, room, opened, enters, True)
    return False
