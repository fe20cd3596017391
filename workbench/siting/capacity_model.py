"""The p-median with capacities as a mixed-integer program, one function a rule."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from workbench.siting.course import Course
from workbench.siting.median_problem import MedianProblem
from workbench.siting.rules import Floats, Ints
from workbench.siting.whole_numbers import MOST_WHOLE, objective_unit
from workbench.solving import LinearProgram, Status, solve_mip

TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False)
class Capacitated:
    """What the solver found.

    Parameters
    ----------
    status
        As the solver calls it.
    bound
        No plan costs less, the solver says.
    sites
        Positions of the open sites, ascending; None without a plan.
    allocation
        Shape (demand,), the site that serves each demand row, or -1; None without a plan.
    """

    status: Status
    bound: float
    sites: Ints | None
    allocation: Ints | None


@dataclass(frozen=True, eq=False)
class Columns:
    """The variables: whether each site opens, then whether each entry (site serves demand row) is used."""

    problem: MedianProblem
    entry: Ints
    demand: Ints
    site: Ints

    @property
    def count(self) -> int:
        """How many variables there are."""
        return self.problem.sites + len(self.entry)

    def rows(self, row: Ints, column: Ints, amount: Floats, count: int) -> sp.csr_array:
        """Return ``count`` rows over all variables."""
        return sp.csr_array((amount, (row, column)), shape=(count, self.count))

    @property
    def use(self) -> Ints:
        """Column of each entry."""
        return self.problem.sites + np.arange(len(self.entry))


Block = tuple[sp.csr_array, Floats, Floats]
"""Rows, and their lower and upper sides."""


def columns(problem: MedianProblem) -> Columns:
    """Return the variables: entries of demand rows that weigh or load anything."""
    counts = (problem.weight > 0) | (problem.load > 0)
    entry = np.flatnonzero(counts[problem.nearest.demand])
    return Columns(problem, entry, problem.nearest.demand[entry], problem.nearest.site[entry])


def served_once(made: Columns) -> Block:
    """Send each demand row to one site."""
    who, row = np.unique(made.demand, return_inverse=True)
    ones = np.ones(len(who))
    return made.rows(row, made.use, np.ones(len(row)), len(who)), ones, ones


def open_to_serve(made: Columns) -> Block:
    """Let a site serve only if it opens."""
    n = len(made.entry)
    row = np.arange(n)
    matrix = made.rows(np.tile(row, 2), np.concatenate((made.use, made.site)), np.repeat([1.0, -1.0], n), n)
    return matrix, np.full(n, -np.inf), np.zeros(n)


def within_capacity(made: Columns) -> Block:
    """Give no site more load than its capacity."""
    problem = made.problem
    capacity = problem.rules.rules.capacity
    load, site = problem.load[made.demand], np.arange(problem.sites)
    room = np.bincount(made.site, load, minlength=problem.sites)  # no site takes more than all that may go there
    room = room if capacity is None else np.minimum(capacity, room)
    heaviest = np.zeros(problem.sites)
    np.maximum.at(heaviest, made.site, load)
    scale = np.maximum(np.maximum(room, heaviest), TINY)
    row, column = np.concatenate((made.site, site)), np.concatenate((made.use, site))
    amount = np.concatenate((load / scale[made.site], -room / scale))
    return made.rows(row, column, amount, problem.sites), np.full(problem.sites, -np.inf), np.zeros(problem.sites)


def plan_size(made: Columns) -> Block:
    """Open as many sites as are asked."""
    fewest, most = made.problem.rules.size
    site = np.arange(made.problem.sites)
    return made.rows(np.zeros_like(site), site, np.ones(len(site)), 1), np.array([fewest + 0.0]), np.array([most + 0.0])


def rules_on_sites(made: Columns) -> Block:
    """Keep budget, groups and spacing."""
    matrix, limit = made.problem.rules.rows()
    scale = np.maximum(np.maximum(matrix.max(axis=1).toarray().ravel() if len(limit) else limit, limit), TINY)
    matrix, limit = sp.csc_array(matrix.multiply(1.0 / scale[:, None])), limit / scale
    wide = sp.hstack([matrix, sp.csc_array((len(limit), len(made.entry)))])
    return sp.csr_array(wide), np.full(len(limit), -np.inf), limit


def capacitated_program(made: Columns, feasible: bool, factor: float = 1.0) -> LinearProgram:
    """Put the rules together.

    Parameters
    ----------
    made
        The variables.
    feasible
        Whether any plan will do, whatever it costs.
    factor
        On all costs.

    Returns
    -------
    LinearProgram
    """
    problem = made.problem
    blocks = [rule(made) for rule in (served_once, open_to_serve, within_capacity, plan_size, rules_on_sites)]
    paid = problem.weight[made.demand] * problem.nearest.cost[made.entry] * factor
    lower, upper = np.zeros(made.count), np.ones(made.count)
    lower[problem.rules.rules.required] = 1.0
    upper[problem.rules.rules.forbidden] = 0.0
    return LinearProgram(
        cost=np.zeros(made.count) if feasible else np.concatenate((problem.price * factor, paid)),
        rows=sp.csr_array(sp.vstack([rows for rows, _, _ in blocks])),
        row_lower=np.concatenate([low for _, low, _ in blocks]),
        row_upper=np.concatenate([high for _, _, high in blocks]),
        lower=lower,
        upper=upper,
        integer=np.ones(made.count, np.bool_),
    )


def solve_capacitated(problem: MedianProblem, course: Course, *, feasible: bool = False) -> Capacitated:
    """Ask HiGHS.

    Parameters
    ----------
    problem
        The problem.
    course
        Knows the limits, and is told of the way.
    feasible
        Whether any plan will do.

    Returns
    -------
    Capacitated
    """
    made = columns(problem)
    paid = problem.weight[made.demand] * problem.nearest.cost[made.entry]
    unit = objective_unit(np.concatenate((problem.price, paid)), MOST_WHOLE)
    factor = 1.0 if unit is None else unit.factor

    def news(incumbent: float, bound: float) -> None:
        course.learn(incumbent / factor, bound / factor)
        course.tell("capacity")

    answer = solve_mip(capacitated_program(made, feasible, factor), course.left, news=None if feasible else news)
    if answer.values is None:
        return Capacitated(answer.status, math.nan, None, None)
    sites = np.flatnonzero(answer.values[: problem.sites] > 0.5)
    allocation = problem.nearest.among(sites, problem.sites)[0]
    used = answer.values[problem.sites :] > 0.5
    allocation[made.demand[used]] = made.site[used]
    return Capacitated(answer.status, answer.bound / factor, sites, allocation)
