"""The truth about a covering plan, without a solver: whether it is allowed, and what it is worth."""

from __future__ import annotations

import math

import numpy as np
import scipy.sparse as sp

from workbench.errors import CheckError, Problem
from workbench.siting.problem import CoverProblem
from workbench.siting.rules import ROUNDING, Floats, Ints

SPLITTING = 1e-6
"""How far, relative to the weight at hand, a split of demand among sites may be off."""


def covered(problem: CoverProblem, sites: Ints, served: sp.csr_array | None = None) -> Floats:
    """Return to what share each demand row is covered.

    Parameters
    ----------
    problem
        The problem.
    sites
        Positions of the open sites.
    served
        Shape (sites, demand), which share of a demand each site serves; needed where room is limited.

    Returns
    -------
    numpy.ndarray
        Shape (demand,), in [0, 1].
    """
    opened = problem.cover[sites]
    if served is not None:
        return np.asarray((problem.cover * served).sum(axis=0)).ravel()
    if problem.decays:
        return np.asarray(opened.max(axis=0).toarray()).ravel() if len(sites) else np.zeros(problem.demand)
    count = np.bincount(opened.indices, minlength=problem.demand)
    return (count >= problem.rules.cover_at_least).astype(np.float64)


def worth(problem: CoverProblem, sites: Ints, served: sp.csr_array | None = None) -> float:
    """Return the objective of a plan, summed without rounding in between.

    Parameters
    ----------
    problem, sites, served
        As :func:`covered` takes them.

    Returns
    -------
    float
        Weight covered, or cost.
    """
    if not problem.maximise:
        return math.fsum(problem.cost[sites])
    return weight_covered(problem.weight, covered(problem, sites, served))


def weight_covered(weight: Floats, share: Floats) -> float:
    """Return how much weight is covered, summed without rounding in between."""
    if (weight == np.rint(weight)).all() and (share == np.rint(share)).all():
        return float((weight * share).sum())  # whole numbers add up exactly
    return math.fsum(weight * share)


def broken_rules(problem: CoverProblem, sites: Ints, served: sp.csr_array | None = None) -> list[Problem]:
    """Return which rules a choice of sites breaks.

    Parameters
    ----------
    problem, sites, served
        As :func:`covered` takes them.

    Returns
    -------
    list of Problem
        Empty when it breaks none.
    """
    rules, found = problem.rules, []

    def broken(key: str, what: str, expected: object, seen: object) -> None:
        found.append(Problem(problem.name, what, expected=str(expected), found=str(seen), key=key))

    opened = np.zeros(problem.sites, bool)
    opened[sites] = True
    if not opened[rules.required].all():
        broken("required", "a required site is shut", rules.required.tolist(), sites.tolist())
    if opened[rules.forbidden].any():
        broken("forbidden", "a forbidden site is open", "none", rules.forbidden[opened[rules.forbidden]].tolist())
    if problem.p is not None and len(sites) > problem.p:
        broken("p", "too many sites are open", problem.p, len(sites))
    cost = math.fsum(problem.cost[sites])
    if problem.budget is not None and cost > problem.budget * (1 + ROUNDING):
        broken("budget", "the sites cost more than the budget", problem.budget, cost)
    for cap in rules.at_most:
        count = int(opened[np.asarray(cap.sites)].sum())
        if count > cap.most:
            broken(f"at_most.{cap.name}", "too many of these sites are open", cap.most, count)
    for group in rules.at_least:
        count = int(opened[np.asarray(group.sites)].sum())
        if count < group.least:
            broken(f"at_least.{group.name}", "too few of these sites are open", group.least, count)
    if rules.spacing is not None:
        near = rules.spacing[opened[rules.spacing].all(axis=1)]
        if len(near):
            broken("spacing", "two open sites are too near each other", "none", near[0].tolist())
    found += _broken_split(problem, opened, served)
    return found + _broken_cover(problem, covered(problem, sites, served))


def _broken_cover(problem: CoverProblem, share: Floats) -> list[Problem]:
    """Look at the floors, and at what has to be covered."""
    found = []
    slack = SPLITTING if problem.allots else ROUNDING
    if problem.covers_all and (share < 1 - slack).any():
        row = int(np.argmax(share < 1 - slack))
        found.append(Problem(problem.name, "a demand row is not covered", row=str(row), key="cover"))
    if not problem.maximise and not problem.covers_all:
        asked, got = problem.share * math.fsum(problem.weight), weight_covered(problem.weight, share)
        if got < asked * (1 - slack):
            found.append(
                Problem(problem.name, "too little is covered", expected=f"{asked:g}", found=f"{got:g}", key="share")
            )
    for floor in problem.rules.floors:
        rows = np.flatnonzero(floor.weight)  # of many floors each has few
        weight = np.asarray(floor.weight)[rows]
        asked, got = floor.share * math.fsum(weight), weight_covered(weight, share[rows])
        if got < asked * (1 - slack):
            key = f"floors.{floor.name}"
            found.append(
                Problem(
                    problem.name, "too little of a group is covered", expected=f"{asked:g}", found=f"{got:g}", key=key
                )
            )
    return found


def _broken_split(problem: CoverProblem, opened: np.ndarray, served: sp.csr_array | None) -> list[Problem]:
    """Look at who serves whom, where that matters."""
    capacity = problem.rules.capacity
    if capacity is None:
        return []
    if served is None:
        return [Problem(problem.name, "room is limited, but nobody says who serves whom", key="capacity")]
    found = []
    load = np.asarray(served @ problem.weight)
    room = np.where(opened, capacity, 0.0)
    scale = float(problem.weight.max(initial=0.0))
    if (load > room + SPLITTING * np.maximum(room, scale)).any():
        worst = int(np.argmax(load - room))
        found.append(
            Problem(
                problem.name,
                "a site serves more than it can",
                row=str(worst),
                expected=f"{room[worst]:g}",
                found=f"{load[worst]:g}",
                key="capacity",
            )
        )
    total = np.asarray(served.sum(axis=0)).ravel()
    if (served.data < -SPLITTING).any() or (total > 1 + SPLITTING).any():
        found.append(
            Problem(problem.name, "a demand is served more than once, or less than not at all", key="capacity")
        )
    if (served - served * (problem.cover > 0)).count_nonzero():
        found.append(Problem(problem.name, "a site serves what it does not cover", key="cover"))
    return found


def check_plan(problem: CoverProblem, sites: Ints, objective: float, served: sp.csr_array | None = None) -> float:
    """Recompute a plan; trust no solver.

    Parameters
    ----------
    problem, sites, served
        As :func:`covered` takes them.
    objective
        What somebody claims the plan is worth.

    Returns
    -------
    float
        What it is worth.

    Raises
    ------
    CheckError
        If it breaks a rule, or the claim is off by more than a millionth.
    """
    found = broken_rules(problem, sites, served)
    value = worth(problem, sites, served)
    one = problem.weight if problem.maximise else problem.cost
    if abs(value - objective) > SPLITTING * max(abs(value), float(one.max(initial=0.0))):
        found.append(
            Problem(
                problem.name, "the objective is not what was claimed", expected=f"{value:g}", found=f"{objective:g}"
            )
        )
    if found:
        raise CheckError(found)
    return value


def allocate(problem: CoverProblem, sites: Ints, served: sp.csr_array | None = None) -> Ints:
    """Return which open site serves each demand row: the largest share, then the lowest position.

    Parameters
    ----------
    problem, sites, served
        As :func:`covered` takes them.

    Returns
    -------
    numpy.ndarray
        Shape (demand,), positions of sites; -1 where the demand is not covered.
    """
    pull = (problem.cover if served is None else served)[sites]
    order = sp.coo_array(pull)
    seen = order.data > (0.0 if served is None else SPLITTING)
    rows, columns, data = order.row[seen], order.col[seen], order.data[seen]
    ranked = np.lexsort((rows, -data, columns))
    first = np.unique(columns[ranked], return_index=True)
    allocation = np.full(problem.demand, -1, np.int64)
    allocation[first[0]] = sites[rows[ranked][first[1]]]
    if problem.rules.cover_at_least > 1:
        allocation[covered(problem, sites) == 0.0] = -1
    return allocation
