"""A p-median problem in whole numbers, as the compiled search takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.siting.median_kernel import FREE, IN, OUT, Ground, Lists
from workbench.siting.median_problem import MedianProblem
from workbench.siting.whole_numbers import Unit, unit_for

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COSTS, MULTIPLIERS, TOLLS = 2.0**46, 2.0**50, 2.0**49
"""Ceilings of all costs together, of all multipliers, and of the tolls of all rules at their multipliers."""

UNSERVED = 2.0**52
"""Ceiling of what local search pays if nobody is served: more than any walk or site, where that leaves sums exact."""

TOLL = 2.0**16
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
    """Count the costs of a problem in whole units and lay them out for the search.

    Parameters
    ----------
    problem
        Its capacities, which the relaxation does not know, are passed over.

    Returns
    -------
    Instance
    """
    nearest = problem.nearest
    counts = problem.weight > 0
    kept = counts[nearest.demand]
    start = np.concatenate(([0], np.cumsum(np.diff(nearest.start)[counts])))
    worth = (problem.weight[nearest.demand] * nearest.cost)[kept]
    farthest = worth[start[1:] - 1]
    unit = unit_for(np.concatenate((worth, problem.price)), float(farthest.sum() + problem.price.sum()), COSTS)
    lists = Lists(start.astype(np.int64), nearest.site[kept].astype(np.uint32), unit.count(worth))
    price, dearest = unit.count(problem.price), unit.count(farthest)
    fixed = np.full(problem.sites, FREE, np.int64)
    fixed[problem.rules.rules.forbidden] = OUT
    fixed[problem.rules.rules.required] = IN
    worst = float(dearest.sum() + price.sum())
    return Instance(lists, _ground(problem, price, dearest), fixed, unit, worst)


def _ground(problem: MedianProblem, price: Floats, dearest: Floats) -> Ground:
    matrix, limit = problem.rules.rows()
    heaviest = np.maximum(matrix.max(axis=1).toarray().ravel() if matrix.shape[0] else np.empty(0), 1e-300)
    plain = (heaviest <= TOLL) & (np.bincount(matrix.indices, matrix.data % 1 != 0, minlength=len(limit)) == 0)
    scale = np.where(plain, 1.0, TOLL / heaviest)
    toll, toll_limit = np.floor(matrix.data * scale[matrix.indices]), np.floor(limit * scale)
    total = np.bincount(matrix.indices, toll, minlength=len(limit))
    toll_limit = np.minimum(toll_limit, total)
    demand, rows = len(dearest), len(limit)
    cap = np.concatenate((np.full(demand, MULTIPLIERS / max(demand, 1)), TOLLS / np.maximum(total, 1.0) / max(rows, 1)))
    shunned = 2.0 * (dearest + np.floor(dearest.sum() / max(demand, 1))) + price.max(initial=0.0) + 1.0
    metric = 1.0 / np.maximum(np.bincount(matrix.indices, toll, minlength=rows), 1.0) ** 2
    return Ground(
        price=price,
        size=np.array(problem.rules.size, np.int64),
        unserved=np.minimum(shunned, np.floor(UNSERVED / max(demand, 1))),
        row_start=matrix.indptr.astype(np.int64),
        row=matrix.indices.astype(np.int64),
        amount=matrix.data.astype(np.float64),
        limit=limit,
        toll=toll,
        toll_limit=toll_limit,
        metric=metric,
        cap=np.floor(cap),
    )
