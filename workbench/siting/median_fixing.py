"""What a p-median plan must hold already: sites settled by rules, by lone demand points, and by reduced cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.siting.median_instance import Instance
from workbench.siting.median_kernel import FREE, IN, OUT, Lists, relaxed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def settled(instance: Instance, lists: Lists, fixed: Ints) -> Ints | None:
    """Draw the conclusions of what is settled: numbers, rules, and demand points with one site left.

    Parameters
    ----------
    instance
        The problem.
    lists
        Lists that hold at least the sites not fixed out.
    fixed
        What is settled, (sites,); left alone.

    Returns
    -------
    NDArray or None
        What is settled now; None if no plan is left.
    """
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
    """Fix the sites whose opening, or closing, would lift the bound to the target.

    Parameters
    ----------
    instance, lists, fixed
        The problem and what is settled of it.
    u
        Multipliers, (demand + rows,).
    target
        A bound at which no plan is worth looking for.

    Returns
    -------
    NDArray
        What is settled now, (sites,).
    """
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
