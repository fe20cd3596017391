"""The covering problems as mixed-integer programs: one function per rule.

Variables are ``x`` (a site opens; 0 or 1) and ``z`` (to what share a row is covered). Where it matters who
serves whom, because cover decays or room is limited, ``z`` stands for pairs of site and row instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from workbench.siting.merging import Merged
from workbench.siting.problem import CoverProblem
from workbench.siting.rules import ROUNDING, Floats, Ints
from workbench.solving import LinearProgram


@dataclass(eq=False)
class Rows:
    """Gathers constraints, many at a time."""

    columns: int
    parts: list[sp.csr_array] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)

    def add(self, matrix: sp.csr_array, lower: float | Floats = -math.inf, upper: float | Floats = math.inf) -> None:
        """Add rows of the shape (m, columns) between two sides."""
        self.parts.append(matrix)
        self.lower.append(np.broadcast_to(np.asarray(lower, np.float64), matrix.shape[:1]))
        self.upper.append(np.broadcast_to(np.asarray(upper, np.float64), matrix.shape[:1]))

    def line(self, at: Ints, values: Floats, lower: float = -math.inf, upper: float = math.inf) -> None:
        """Add one row."""
        matrix = sp.csr_array((values, (np.zeros(len(at), np.int64), at)), shape=(1, self.columns))
        self.add(matrix, lower, upper)


@dataclass(frozen=True, eq=False)
class Shape:
    """What the columns of the program mean.

    Parameters
    ----------
    problem, merged
        What is modelled; ``merged.weights`` holds the weight first, then one row per floor.
    rules
        Names of the rules that hold.
    row, site
        Row and site of each ``z``; the site is -1 where ``z`` stands for a whole row.
    pull
        To what share a ``z`` of 1 covers its row.
    """

    problem: CoverProblem
    merged: Merged
    rules: frozenset[str]
    row: Ints
    site: Ints
    pull: Floats

    @property
    def columns(self) -> int:
        """How many variables there are."""
        return self.problem.sites + len(self.row)

    @property
    def z(self) -> Ints:
        """Columns of the ``z``."""
        return np.arange(self.problem.sites, self.columns)


def rule_names(problem: CoverProblem) -> tuple[str, ...]:
    """Return the names of all rules that a problem holds, as a conflict would name them."""
    rules = problem.rules
    have = {
        "cover": problem.covers_all,
        "share": not problem.maximise and not problem.covers_all,
        "p": problem.p is not None,
        "budget": problem.budget is not None,
        "required": len(rules.required) > 0,
        "forbidden": len(rules.forbidden) > 0,
        "capacity": rules.capped,
        "cover_at_least": rules.cover_at_least > 1,
        "spacing": rules.spacing is not None and len(rules.spacing) > 0,
    }
    named = [f"floors.{floor.name}" for floor in rules.floors] + [f"at_most.{cap.name}" for cap in rules.at_most]
    named += [f"at_least.{group.name}" for group in rules.at_least]
    return (*(name for name, there in have.items() if there), *named)


def build(problem: CoverProblem, merged: Merged, rules: frozenset[str], *, aim: bool = True) -> LinearProgram:
    """Build the program.

    Parameters
    ----------
    problem, merged
        What to model.
    rules
        Names of the rules that are to hold; the others are left out.
    aim
        Whether to have an objective; without one any allowed plan will do.

    Returns
    -------
    LinearProgram
        To be minimised; the first ``problem.sites`` variables are the sites.
    """
    shape = _shape(problem, merged, rules)
    rows = Rows(shape.columns)
    _cover_needs_sites(shape, rows)
    for rule in (_capacity, _share, _floors, _sites_and_budget, _at_most, _spacing):
        rule(shape, rows)
    lower, upper = _bounds(shape)
    integer = np.zeros(shape.columns, bool)
    integer[: problem.sites] = True
    integer[problem.sites :] = shape.site.size > 0 and _backup(shape) > 1
    return LinearProgram(
        cost=_objective(shape) if aim else np.zeros(shape.columns),
        rows=sp.csr_array(sp.vstack(rows.parts)) if rows.parts else sp.csr_array((0, shape.columns)),
        row_lower=np.concatenate([*rows.lower, np.empty(0)]),
        row_upper=np.concatenate([*rows.upper, np.empty(0)]),
        lower=lower,
        upper=upper,
        integer=integer,
    )


def served(problem: CoverProblem, merged: Merged, values: Floats) -> sp.csr_array | None:
    """Read who serves whom out of a solution, for every demand; None where it does not matter.

    Parameters
    ----------
    problem, merged
        What was modelled.
    values
        Values of all variables.

    Returns
    -------
    scipy.sparse.csr_array or None
        Shape (sites, demand), shares.
    """
    if not problem.rules.capped:
        return None
    shape = _shape(problem, merged, frozenset(rule_names(problem)))
    share = np.clip(values[problem.sites :], 0.0, 1.0)
    split = sp.csr_array((share, (shape.site, shape.row)), shape=merged.cover.shape)
    seen = np.flatnonzero(merged.group >= 0)
    spread = sp.csr_array((np.ones(len(seen)), (merged.group[seen], seen)), shape=(merged.rows, len(merged.group)))
    every = sp.csr_array(split @ spread)
    every.eliminate_zeros()
    return every


def covered_weight(problem: CoverProblem, merged: Merged, kind: int) -> Floats:
    """Return how much each variable counts in the weight covered of one kind.

    Parameters
    ----------
    problem, merged
        What is modelled.
    kind
        0 for the weight itself, k for that of the k-th floor.

    Returns
    -------
    numpy.ndarray
        Shape (columns,).
    """
    shape = _shape(problem, merged, frozenset())
    return np.concatenate([np.zeros(problem.sites), merged.weights[kind][shape.row] * shape.pull])


def _shape(problem: CoverProblem, merged: Merged, rules: frozenset[str]) -> Shape:
    if problem.allots:
        pairs = sp.coo_array(merged.cover)
        return Shape(problem, merged, rules, pairs.col.astype(np.int64), pairs.row.astype(np.int64), pairs.data)
    rows = np.arange(merged.rows, dtype=np.int64)
    return Shape(problem, merged, rules, rows, np.full(merged.rows, -1, np.int64), np.ones(merged.rows))


def _backup(shape: Shape) -> int:
    return shape.problem.rules.cover_at_least if "cover_at_least" in shape.rules else 1


def _objective(shape: Shape) -> Floats:
    if shape.problem.maximise:
        return np.concatenate([np.zeros(shape.problem.sites), -shape.merged.weights[0][shape.row] * shape.pull])
    return np.concatenate([shape.problem.cost, np.zeros(len(shape.row))])


def _bounds(shape: Shape) -> tuple[Floats, Floats]:
    """Open what is required, shut what is forbidden, and cover every row where everybody is to be covered."""
    lower, upper = np.zeros(shape.columns), np.ones(shape.columns)
    if "required" in shape.rules:
        lower[shape.problem.rules.required] = 1.0
    if "forbidden" in shape.rules:
        upper[shape.problem.rules.forbidden] = 0.0
    if "cover" in shape.rules and not shape.problem.allots:
        lower[shape.z] = 1.0
    return lower, upper


def _cover_needs_sites(shape: Shape, rows: Rows) -> None:
    """Let only open sites cover a row, or serve a pair."""
    if shape.problem.allots:
        pairs = np.arange(len(shape.row))
        size = (len(pairs), shape.columns)
        rows.add(
            sp.csr_array((np.ones(len(pairs)), (pairs, shape.z)), shape=size)
            - sp.csr_array((np.ones(len(pairs)), (pairs, shape.site)), shape=size),
            upper=0.0,
        )
        once = sp.csr_array((np.ones(len(pairs)), (shape.row, shape.z)), shape=(shape.merged.rows, shape.columns))
        rows.add(once, lower=1.0 if "cover" in shape.rules else -math.inf, upper=1.0)
        return
    need = -float(_backup(shape)) * sp.eye_array(shape.merged.rows, format="csr")
    rows.add(sp.csr_array(sp.hstack([shape.merged.by_row, need])), lower=0.0)


def _capacity(shape: Shape, rows: Rows) -> None:
    """Let a site serve no more than it has room for."""
    capacity = shape.problem.rules.capacity
    if capacity is None or "capacity" not in shape.rules:
        return
    weight, sites = shape.merged.weights[0][shape.row], shape.problem.sites
    room = np.minimum(capacity, np.bincount(shape.site, weight, minlength=sites))  # no site serves more than it reaches
    heaviest = np.zeros(sites)
    np.maximum.at(heaviest, shape.site, weight)
    scale = np.maximum(np.maximum(room, heaviest), np.finfo(float).tiny)
    size, site = (sites, shape.columns), np.arange(sites)
    share = sp.csr_array((weight / scale[shape.site], (shape.site, shape.z)), shape=size)
    rows.add(share - sp.csr_array((room / scale, (site, site)), shape=size), upper=0.0)


def _share(shape: Shape, rows: Rows) -> None:
    """Cover the share of the weight that set covering asks for."""
    if "share" in shape.rules:
        total = math.fsum(shape.problem.weight)
        _least(shape, rows, shape.merged.weights[0], total, shape.problem.share)


def _floors(shape: Shape, rows: Rows) -> None:
    """Cover the least share of each group."""
    for number, floor in enumerate(shape.problem.rules.floors, 1):
        if f"floors.{floor.name}" in shape.rules:
            total = math.fsum(np.asarray(floor.weight))
            _least(shape, rows, shape.merged.weights[number], total, floor.share)


def _least(shape: Shape, rows: Rows, weight: Floats, total: float, share: float) -> None:
    if total > 0 and share > 0:
        rows.line(shape.z, weight[shape.row] * shape.pull / total, lower=share)


def _sites_and_budget(shape: Shape, rows: Rows) -> None:
    problem, sites = shape.problem, np.arange(shape.problem.sites)
    if problem.p is not None and "p" in shape.rules:
        rows.line(sites, np.ones(problem.sites), upper=float(problem.p))
    if problem.budget is not None and "budget" in shape.rules:
        amount, most = spending(problem.cost, problem.budget)
        rows.line(sites, amount, upper=most)


def spending(cost: Floats, budget: float) -> tuple[Floats, float]:
    """Return what sites take of a budget and how much there is, in budgets; 2 for a site that alone costs too much."""
    return np.where(cost > budget * (1 + ROUNDING), 2.0, cost / (budget or 1.0)), 1.0 if budget else 0.0


def _at_most(shape: Shape, rows: Rows) -> None:
    """Open no more than so many of a group of sites, and no fewer."""
    for cap in shape.problem.rules.at_most:
        if f"at_most.{cap.name}" in shape.rules:
            at: NDArray[np.int64] = np.asarray(cap.sites)
            rows.line(at, np.ones(len(at)), upper=float(cap.most))
    for group in shape.problem.rules.at_least:
        if f"at_least.{group.name}" in shape.rules:
            among: NDArray[np.int64] = np.asarray(group.sites)
            rows.line(among, np.ones(len(among)), lower=float(group.least))


def _spacing(shape: Shape, rows: Rows) -> None:
    """Open one of two sites that are too near each other."""
    pairs = shape.problem.rules.spacing
    if pairs is not None and len(pairs) and "spacing" in shape.rules:
        number = np.repeat(np.arange(len(pairs)), 2)
        rows.add(
            sp.csr_array((np.ones(2 * len(pairs)), (number, pairs.ravel())), shape=(len(pairs), shape.columns)),
            upper=1.0,
        )
