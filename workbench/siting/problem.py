"""Covering problems, free of any solver: checked once, trusted afterwards.

Location set covering (LSCP; Toregas et al. 1971) asks for the cheapest sites that cover everybody, or a
given share; maximal covering (MCLP; Church and ReVelle 1974) for the most weight that p sites, or a budget,
can cover. A demand row counts in every denominator, covered or not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from workbench.errors import Problem, SolveError
from workbench.siting.rules import ROUNDING, Floats, Gate, Rules, as_array, read_rules

MOST_DENSE_BYTES = 1 << 30
"""Dense matrices above this are refused: most of their cells are empty, and sparse ones hold only the others."""

LOST, LOST_TO_SOLVERS = 1e12, 1e9
"""How much larger than the middle one a weight may be, where bounds are our own and where a solver is asked."""


class SitingError(SolveError, ValueError):
    """A siting problem that is wrong as it was asked."""

    headline = "the siting problem is not valid"


@dataclass(frozen=True, eq=False)
class CoverProblem:
    """A covering problem.

    Parameters
    ----------
    name
        ``set_cover`` or ``max_cover``.
    cover
        Shape (sites, demand); an entry is the share to which the site covers that demand, 1 unless cover decays.
    weight
        Shape (demand,), how much lives where.
    cost
        Shape (sites,), what each site costs; the objective of ``set_cover``, the price under a budget.
    share
        Share of the weight that ``set_cover`` has to cover; 1 covers every row, whatever its weight.
    p
        Most sites that ``max_cover`` may open, required ones included; None for as many as the budget pays.
    budget
        Most that the sites may cost, required ones included; None for no budget.
    rules
        The side rules.
    """

    name: str
    cover: sp.csr_array
    weight: Floats
    cost: Floats
    share: float
    p: int | None
    budget: float | None
    rules: Rules

    @property
    def maximise(self) -> bool:
        """Whether weight is to be won; else cost is to be saved."""
        return self.name == "max_cover"

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return int(self.cover.shape[0])

    @property
    def demand(self) -> int:
        """How many demand rows there are."""
        return int(self.cover.shape[1])

    @property
    def decays(self) -> bool:
        """Whether some site covers some demand in part only."""
        return bool((self.cover.data != 1.0).any())

    @property
    def allots(self) -> bool:
        """Whether it matters which site serves a demand, because cover decays or room is limited."""
        return self.decays or self.rules.capped

    @property
    def covers_all(self) -> bool:
        """Whether every demand row has to be covered."""
        return not self.maximise and self.share >= 1.0

    @property
    def plain(self) -> bool:
        """Whether this is maximal covering by p sites, with nothing but required and forbidden ones."""
        asks = self.maximise and self.p is not None and self.budget is None
        return asks and self.rules.plain and not self.decays

    @property
    def whole(self) -> bool:
        """Whether all weights are whole numbers, so that bounds may be rounded to them."""
        return bool((self.weight == np.rint(self.weight)).all())


def cover_problem(
    name: str,
    cover: Any,
    *,
    weight: ArrayLike | None = None,
    cost: ArrayLike | None = None,
    share: float = 1.0,
    p: int | None = None,
    budget: float | None = None,
    rules: Mapping[str, Any] | None = None,
) -> CoverProblem:
    """Check a covering problem and bring it into one shape.

    Parameters
    ----------
    name
        ``set_cover`` or ``max_cover``.
    cover
        Shape (sites, demand), sparse: an entry says that the site covers that demand. A small dense one is taken.
    weight
        Shape (demand,) or (demand, groups), summed over groups; None counts rows.
    cost
        Shape (sites,); None for 1 each.
    share, p, budget
        As :class:`CoverProblem` has them.
    rules
        By name, as :func:`workbench.siting.rules.read_rules` takes them.

    Returns
    -------
    CoverProblem

    Raises
    ------
    SitingError
        With everything that is wrong.
    """
    matrix = read_cover(name, cover)
    sites, demand = matrix.shape
    gate = Gate(name, sites, demand)
    shares_only(gate, matrix)
    p = None if p is None else min(gate.count("p", p, 1), sites)  # "at most": where there are fewer, all may open
    budget = None if budget is None else gate.budget(budget)
    weights = read_weights(gate, weight)
    cost_key = "site_cost" if name == "max_cover" else "cost"
    costs = np.ones(sites) if cost is None else gate.vector(cost_key, cost, sites, "site")
    problem = CoverProblem(
        name, matrix, weights, costs, gate.share("share", share), p, budget, read_rules(gate, dict(rules or {}))
    )
    gate.even("weight", weights, LOST if problem.plain else LOST_TO_SOLVERS)
    _check_means(gate, problem)
    _check_together(gate, problem)
    if gate.problems:
        raise SitingError(gate.problems)
    return problem


def read_cover(name: str, cover: Any) -> sp.csr_array:
    """Read a (sites, demand) matrix; refuse dense ones that are too large to be meant.

    Raises
    ------
    SitingError
        If it is no matrix, has no sites or no demand, or is dense and huge.
    """
    cover = cover if sp.issparse(cover) else read_dense(name, "cover", cover)
    if 0 in cover.shape:
        raise SitingError(Problem(name, "there are no sites or no demand", found=f"shape {cover.shape}", key="cover"))
    matrix = sp.csr_array(cover, dtype=np.float64)
    if matrix is cover or np.shares_memory(matrix.data, getattr(cover, "data", matrix.data)):
        matrix = matrix.copy()
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def read_dense(where: str, key: str, values: Any) -> NDArray[Any]:
    """Read a dense (sites, demand) matrix.

    Raises
    ------
    SitingError
        If it is no matrix of numbers, or huge.
    """
    dense = as_array(values)
    if dense.nbytes > MOST_DENSE_BYTES:
        size = f"{dense.nbytes / 2**30:,.1f} GiB for {dense.shape}"
        mend = "Hand over a scipy.sparse.csr_array with an entry for each pair that is near enough."
        raise SitingError(Problem(where, "the matrix is dense and too large", found=size, mend=mend, key=key))
    if dense.ndim != 2 or dense.dtype.kind not in "biuf":
        found = f"{dense.ndim} dimensions of {dense.dtype}"
        raise SitingError(Problem(where, "this is no matrix of sites × demand", found=found, key=key))
    return dense


def read_walks(where: str, key: str, walks: Any, no_way: float | None = None) -> tuple[Gate, Walks]:
    """Read walks, or other costs, from sites to demand: the one place where a zero is told from nothing.

    Parameters
    ----------
    where, key
        Name of the verb and of the argument.
    walks
        Shape (sites, demand). Dense (an array, a table of pandas, lists): every cell is a walk, and 0 is one. Sparse: a
        stored entry is a walk, a stored 0 too; what is not stored is no way. Infinite is no way.
    no_way
        Walks of so much or more are no way either; None where only infinite ones are.

    Returns
    -------
    tuple
        The gate, with what is wrong, and every walk that there is.

    Raises
    ------
    SitingError
        If it is no matrix, has no sites or no demand, is dense and huge, or of a sparse format that does not tell a 0
        from nothing.
    """
    if sp.issparse(walks):
        matrix: Any = walks
        if matrix.format in ("bsr", "dia"):
            what = "this sparse format does not tell a walk of 0 from none"
            mend = "Build a scipy.sparse.coo_array of (walks, (sites, demand)); it keeps what is stored."
            raise SitingError(Problem(where, what, expected="csr, csc or coo", found=matrix.format, mend=mend, key=key))
        table = matrix.tocsr().tocoo()
        site, demand, walk, shape = table.row, table.col, table.data.astype(np.float64), table.shape
    else:
        dense = read_dense(where, key, walks)
        shape = dense.shape
        site, demand = np.indices(shape, dtype=np.int32).reshape(2, -1)
        walk = dense.astype(np.float64).ravel()
    if 0 in shape:
        raise SitingError(Problem(where, "there are no sites or no demand", found=f"shape {shape}", key=key))
    gate = Gate(where, *shape)
    bad = np.flatnonzero(~(walk >= 0))
    if len(bad):
        found = f"{walk[bad[0]]:g} at site {site[bad[0]]}, demand {demand[bad[0]]}, {len(bad)} in all"
        mend = "Leave out what is no way, or make it infinite."
        gate.wrong(key, f"some {key}s are missing or negative", "numbers ≥ 0", found, mend)
    what, expected = "this is no longest way", "a number above 0, or None"
    farthest = math.inf if no_way is None else gate.number("no_way", no_way, what, expected, least=math.ulp(0.0))
    kept = walk < farthest
    return gate, Walks(site[kept], demand[kept], walk[kept])


@dataclass(frozen=True, eq=False)
class Walks:
    """Every walk that there is, (entries,) each: from which site, to which demand, and how long."""

    site: NDArray[Any]
    demand: NDArray[Any]
    walk: Floats


def shares_only(gate: Gate, matrix: sp.csr_array) -> None:
    """Look for entries of a cover that are no shares, such as walks."""
    if matrix.nnz and not (np.isfinite(matrix.data).all() and matrix.data.min() > 0 and matrix.data.max() <= 1):
        mend = "Walks become cover by workbench.siting.covered_within(cost, limit)."
        bad = ~((matrix.data > 0) & (matrix.data <= 1))
        gate.wrong("cover", "some entries are no shares", "entries in (0, 1]", matrix.data[bad][0], mend)


def read_weights(gate: Gate, weight: ArrayLike | None) -> Floats:
    """Read weights, (demand,) or (demand, groups), and sum them over groups; None counts rows."""
    if weight is None:
        return np.ones(gate.demand)
    read = gate.numbers("weight", weight)
    if read is None:
        return np.zeros(gate.demand)
    if read.ndim == 2 and read.shape[0] == gate.demand:
        return np.asarray(gate.vector("weight", read.ravel(), read.size, "demand row").reshape(read.shape).sum(axis=1))
    return gate.vector("weight", read, gate.demand, "demand row")


def _check_means(gate: Gate, problem: CoverProblem) -> None:
    """Look at p and the budget."""
    required = problem.rules.required
    if problem.maximise and problem.p is None and problem.budget is None:
        gate.wrong("p", "neither a number of sites nor a budget is given", mend="Give p, budget, or both.")
    if problem.p is not None and len(required) > problem.p:
        gate.wrong("p", "more sites are required than may open", f"at least {len(required)}", problem.p)
    bound = problem.cost[required].sum()
    if problem.budget is not None and bound > problem.budget * (1 + ROUNDING):
        gate.wrong("budget", "the budget does not pay for the required sites", f"at least {bound:g}", problem.budget)


def _check_together(gate: Gate, problem: CoverProblem) -> None:
    """Look at what does not go together, and at rows that nothing covers."""
    rules = problem.rules
    if problem.allots and rules.cover_at_least > 1:
        gate.wrong("cover_at_least", "backup cover and decaying cover or capacities cannot be asked together")
    if problem.decays and problem.covers_all:
        mend = "Ask for a share below 1, or for floors."
        gate.wrong("cover", "set_cover takes no decaying cover where all is to be covered", "entries of 1", mend=mend)
    if problem.covers_all:
        near = np.bincount(problem.cover.indices, minlength=problem.demand)
        lonely = np.flatnonzero(near < rules.cover_at_least)
        if len(lonely):
            rows = f"row {lonely[0]}" + (f" and {len(lonely) - 1} more" if len(lonely) > 1 else "")
            mend = "Add candidates near them, leave them out, or ask for a share below 1."
            few = f"at least {rules.cover_at_least} sites for each row"
            gate.wrong("cover", "no choice of sites covers some demand rows", few, rows, mend)
