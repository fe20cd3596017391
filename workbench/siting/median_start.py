"""Where the search for a p-median plan begins: multipliers and random plans."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.siting.median_instance import Instance
from workbench.siting.median_kernel import FREE, IN, Lists

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


def first_multipliers(instance: Instance, lists: Lists) -> Floats:
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
