"""Local search for the p-median: open, close, or exchange one site for another while that helps."""

from __future__ import annotations

import numpy as np

from workbench.network.kernel import Flags, Floats, Ints, compiled
from workbench.siting.median_kernel import Ground, Lists

OUT, FREE, IN = -1, 0, 1


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

    Parameters
    ----------
    lists, ground, fixed
        As in :func:`workbench.siting.median_kernel.relaxed`.
    opened
        A plan that keeps the rules; improved in place, and still keeping them.
    moves
        Most moves.

    Returns
    -------
    bool
        Whether the plan is now one that no move improves.

    References
    ----------
    .. [1] Whitaker, R. A. (1983). A fast algorithm for the greedy interchange for large-scale clustering and median
       location problems. *INFOR* 21(2), 95-108.
    .. [2] Resende, M. G. C., Werneck, R. F. (2007). A fast swap-based local search procedure for location problems.
       *Annals of Operations Research* 150, 205-230.
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
