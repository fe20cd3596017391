"""Covering problems, free of any solver: checked once, trusted afterwards.

Location set covering (LSCP; Toregas et al. 1971) asks for the cheapest sites that cover everybody, or a
given share; maximal covering (MCLP; Church and ReVelle 1974) for the most weight that p sites, or a budget,
can cover. A demand row counts in every denominator, covered or not.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from workbench.arrays import Floats, Ints
from workbench.errors import CheckError, Problem, SolveError
from workbench.locate.engine.branch_kernel import groups, summed
from workbench.locate.rules import (
    ROUNDING,
    Budget,
    InputCheck,
    Number,
    Rules,
    SiteRows,
    SiteRule,
    as_array,
    read_rules,
    stacked,
)

# ----------------------------------------------------------------------------------------------------------------------
# Covering problems, free of any solver: checked once, trusted afterwards.


_MOST_DENSE_BYTES = 1 << 30
"""Dense matrices above this are refused: most of their cells are empty, and sparse ones hold only the others."""

LOST, _LOST_TO_SOLVERS = 1e12, 1e9
"""How much larger than the middle one a weight may be, where bounds are our own and where a solver is asked."""


class SitingError(SolveError, ValueError):
    """A siting problem that is wrong as it was asked."""

    headline = "the siting problem is not valid"


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteProblem:
    """Which sets of sites may be a plan, whoever they serve: what every siting problem has.

    Parameters
    ----------
    name
        Of the verb that asks.
    cost
        Shape (sites,), what each site takes of the budget.
    p
        How many sites open, required ones included; None for any number.
    exactly
        Whether it must be so many; else that is the most.
    budget
        Most that the sites may cost, required ones included; None for no budget.
    rules
        The side rules.
    """

    name: str
    cost: Floats
    p: int | None
    exactly: bool = False
    budget: float | None
    rules: Rules

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return len(self.cost)

    @property
    def count_range(self) -> tuple[int, int]:
        """Fewest and most sites of a plan."""
        if self.p is None:
            return 0, self.sites
        return (self.p if self.exactly else 0), self.p

    @property
    def allowed(self) -> Ints:
        """Positions of the sites that are not forbidden, ascending."""
        return np.setdiff1d(np.arange(self.sites), self.rules.forbidden)

    @cached_property
    def site_rules(self) -> tuple[SiteRule, ...]:
        """The rules in force on which sites open."""
        found: list[SiteRule] = [] if self.p is None else [Number(self.p, self.exactly)]
        found += [] if self.budget is None else [Budget(self.cost, self.budget)]
        return (*found, *self.rules.on_sites)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of all rules in force, in the order in which a conflict tries to do without."""
        return (*(rule.key for rule in self.site_rules), *(("capacity",) if self.rules.capped else ()))

    def keeping(self, keys: Collection[str]) -> Self:
        """Return the problem without the rules that are not among some keys."""
        p, budget = self.p if "p" in keys else None, self.budget if "budget" in keys else None
        return replace(self, p=p, budget=budget, rules=self.rules.keeping(keys))

    def rows(self) -> SiteRows:
        """Return all rules on sites as rows, but for the number of sites and for sites that are settled."""
        return stacked((rule.rows(self.sites) for rule in self.site_rules if rule.key != "p"), self.sites)

    def settled(self, keys: Collection[str] | None = None) -> tuple[Floats, Floats]:
        """Return the least and the most that each site may open, (sites,), under all rules or those of some keys."""
        lower, upper = np.zeros(self.sites), np.ones(self.sites)
        for rule in self.site_rules:
            if keys is None or rule.key in keys:
                lower[rule.opens] = 1.0
                upper[rule.shuts] = 0.0
        return lower, upper

    def broken_on_sites(self, sites: Ints) -> list[Problem]:
        """Return which rules on sites a plan breaks, from the rules as they were given."""
        opened = np.zeros(self.sites, bool)
        opened[sites] = True
        found = (rule.broken(self.name, opened) for rule in self.site_rules)
        return [problem for problem in found if problem is not None]


def check_means(check: InputCheck, problem: SiteProblem) -> None:
    """Look whether p and the budget have room for what is required."""
    required = problem.rules.required
    if problem.p is not None and len(required) > problem.p:
        check.wrong("p", "more sites are required than may open", f"at least {len(required)}", problem.p)
    bound = problem.cost[required].sum()
    if problem.budget is not None and bound > problem.budget * (1 + ROUNDING):
        check.wrong("budget", "the budget does not pay for the required sites", f"at least {bound:g}", problem.budget)


@dataclass(frozen=True, eq=False, kw_only=True)
class CoverProblem(SiteProblem):
    """A covering problem; :func:`cover_problem` makes it.

    Parameters
    ----------
    name
        ``set_cover``, or what asks for the most weight.
    cover
        Shape (sites, demand); an entry is the share to which the site covers that demand, 1 unless cover decays.
    weight
        Shape (demand,), how much lives where.
    cost
        Shape (sites,), what each site costs; the objective of ``set_cover``, the price under a budget.
    share
        Share of the weight that ``set_cover`` has to cover; 1 covers every row, whatever its weight.
    p, budget, rules
        As :class:`SiteProblem` has them.
    """

    cover: sp.csr_array
    weight: Floats
    share: float = 1.0

    @property
    def maximise(self) -> bool:
        """Whether weight is to be won; else cost is to be saved."""
        return self.name != "set_cover"

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

    def under(self, cover: Any, weight: ArrayLike | None = None) -> CoverProblem:
        """Return the problem of the same sites under another cover, and with other people, as they are read."""
        matrix = read_cover(self.name, cover)
        check = InputCheck(self.name, *matrix.shape)
        shares_only(check, matrix)
        problem = replace(self, cover=matrix, weight=read_weights(check, weight))
        _check_together(check, problem)
        if check.problems:
            raise SitingError(check.problems)
        return problem

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of all rules in force, in the order in which a conflict tries to do without."""
        rules = self.rules
        found = ["cover"] if self.covers_all else ["share"] if not self.maximise else []
        found += [*super().keys, *(["cover_at_least"] if rules.cover_at_least > 1 else [])]
        found += [f"floors.{floor.name}" for floor in rules.floors]
        return tuple(sorted(found, key=lambda key: _TRIED.index(key.partition(".")[0])))


_TRIED = (
    "cover", "share", "p", "budget", "required", "forbidden", "capacity", "cover_at_least", "spacing", "floors",
    "at_most", "at_least",
)  # fmt: skip
"""Kinds of rules in the order in which a conflict tries to do without; it names the last of those that will not go."""


def cover_problem(
    name: str,
    cover: Any,
    weight: ArrayLike | None = None,
    p: int | None = None,
    *,
    budget: float | None = None,
    **given: Any,
) -> CoverProblem:
    """Check a covering problem and bring it into one shape.

    Parameters
    ----------
    name
        The verb that asks: ``set_cover`` saves cost, every other wins weight.
    cover
        Shape (sites, demand), sparse: an entry says that the site covers that demand, or to what share. A small dense
        one is taken.
    weight
        Shape (demand,) or (demand, groups), summed over groups, whole or real; None counts rows.
    p
        Most sites to open, required ones included.
    budget
        Most that the sites may cost, required ones included; ``max_cover`` asks for p, a budget, or both.
    **given
        ``site_cost`` (of ``set_cover``: ``cost``, the objective), shape (sites,), what each costs, None for 1 each;
        of ``set_cover`` ``share``, the share of the weight to cover, 1 for every row whatever its weight; and the side
        rules of :class:`workbench.locate.rules.Rules`.

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
    check = InputCheck(name, sites, demand)
    shares_only(check, matrix)
    saves = name == "set_cover"
    cost_key = "cost" if saves else "site_cost"
    cost, share = given.pop(cost_key, None), given.pop("share", 1.0) if saves else 1.0
    problem = CoverProblem(
        name=name,
        cover=matrix,
        weight=read_weights(check, weight),
        cost=np.ones(sites) if cost is None else check.vector(cost_key, cost, sites, "site"),
        share=check.share("share", share),
        p=None if p is None else check.count("p", p, 1),
        budget=None if budget is None else check.budget(budget),
        rules=read_rules(check, given),
    )
    check.even("weight", problem.weight, LOST if problem.plain else _LOST_TO_SOLVERS)
    if name == "max_cover" and problem.p is None and problem.budget is None:
        check.wrong("p", "neither a number of sites nor a budget is given", mend="Give p, budget, or both.")
    check_means(check, problem)
    _check_together(check, problem)
    if check.problems:
        raise SitingError(check.problems)
    return problem


def read_cover(name: str, cover: Any) -> sp.csr_array:
    """Read a (sites, demand) matrix; refuse dense ones that are too large to be meant."""
    cover = cover if sp.issparse(cover) else _read_dense(name, "cover", cover)
    if 0 in cover.shape:
        raise SitingError(Problem(name, "there are no sites or no demand", found=f"shape {cover.shape}", key="cover"))
    matrix = sp.csr_array(cover, dtype=np.float64)
    if matrix is cover or np.shares_memory(matrix.data, getattr(cover, "data", matrix.data)):
        matrix = matrix.copy()
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def _read_dense(where: str, key: str, values: Any) -> NDArray[Any]:
    """Read a dense (sites, demand) matrix."""
    dense = as_array(values)
    if dense.nbytes > _MOST_DENSE_BYTES:
        size = f"{dense.nbytes / 2**30:,.1f} GiB for {dense.shape}"
        mend = "Hand over a scipy.sparse.csr_array with an entry for each pair that is near enough."
        raise SitingError(Problem(where, "the matrix is dense and too large", found=size, mend=mend, key=key))
    if dense.ndim != 2 or dense.dtype.kind not in "biuf":
        found = f"{dense.ndim} dimensions of {dense.dtype}"
        raise SitingError(Problem(where, "this is no matrix of sites × demand", found=found, key=key))
    return dense


def read_walks(where: str, key: str, walks: Any, no_way: float | None = None) -> tuple[InputCheck, Walks]:
    """Read walks, or other costs, from sites to demand: the one place where a zero is told from nothing."""
    if sp.issparse(walks):
        matrix: Any = walks
        if matrix.format in ("bsr", "dia"):
            what = "this sparse format does not tell a walk of 0 from none"
            mend = "Build a scipy.sparse.coo_array of (walks, (sites, demand)); it keeps what is stored."
            raise SitingError(Problem(where, what, expected="csr, csc or coo", found=matrix.format, mend=mend, key=key))
        table = matrix.tocsr().tocoo()
        site, demand, walk, shape = table.row, table.col, table.data.astype(np.float64), table.shape
    else:
        dense = _read_dense(where, key, walks)
        shape = dense.shape
        site, demand = np.indices(shape, dtype=np.int32).reshape(2, -1)
        walk = dense.astype(np.float64).ravel()
    if 0 in shape:
        raise SitingError(Problem(where, "there are no sites or no demand", found=f"shape {shape}", key=key))
    check = InputCheck(where, *shape)
    bad = np.flatnonzero(~(walk >= 0))
    if len(bad):
        found = f"{walk[bad[0]]:g} at site {site[bad[0]]}, demand {demand[bad[0]]}, {len(bad)} in all"
        mend = "Leave out what is no way, or make it infinite."
        check.wrong(key, f"some {key}s are missing or negative", "numbers ≥ 0", found, mend)
    what, expected = "this is no longest way", "a number above 0, or None"
    farthest = math.inf if no_way is None else check.number("no_way", no_way, what, expected, least=math.ulp(0.0))
    kept = walk < farthest
    return check, Walks(site[kept], demand[kept], walk[kept])


@dataclass(frozen=True, eq=False)
class Walks:
    """Every walk that there is, (entries,) each: from which site, to which demand, and how long."""

    site: NDArray[Any]
    demand: NDArray[Any]
    walk: Floats


def shares_only(check: InputCheck, matrix: sp.csr_array) -> None:
    """Look for entries of a cover that are no shares, such as walks."""
    if matrix.nnz and not (np.isfinite(matrix.data).all() and matrix.data.min() > 0 and matrix.data.max() <= 1):
        mend = "Walks become cover by workbench.locate.covered_within(cost, limit)."
        bad = ~((matrix.data > 0) & (matrix.data <= 1))
        check.wrong("cover", "some entries are no shares", "entries in (0, 1]", matrix.data[bad][0], mend)


def read_weights(check: InputCheck, weight: ArrayLike | None) -> Floats:
    """Read weights, (demand,) or (demand, groups), and sum them over groups; None counts rows."""
    if weight is None:
        return np.ones(check.demand)
    read = check.numbers("weight", weight)
    if read is None:
        return np.zeros(check.demand)
    if read.ndim == 2 and read.shape[0] == check.demand:
        return np.asarray(check.vector("weight", read.ravel(), read.size, "demand row").reshape(read.shape).sum(axis=1))
    return check.vector("weight", read, check.demand, "demand row")


def _check_together(check: InputCheck, problem: CoverProblem) -> None:
    """Look at what does not go together, and at rows that nothing covers."""
    rules = problem.rules
    if problem.allots and rules.cover_at_least > 1:
        check.wrong("cover_at_least", "backup cover and decaying cover or capacities cannot be asked together")
    if problem.decays and problem.covers_all:
        mend = "Ask for a share below 1, or for floors."
        check.wrong("cover", "set_cover takes no decaying cover where all is to be covered", "entries of 1", mend=mend)
    if problem.covers_all:
        near = np.bincount(problem.cover.indices, minlength=problem.demand)
        lonely = np.flatnonzero(near < rules.cover_at_least)
        if len(lonely):
            rows = f"row {lonely[0]}" + (f" and {len(lonely) - 1} more" if len(lonely) > 1 else "")
            mend = "Add candidates near them, leave them out, or ask for a share below 1."
            few = f"at least {rules.cover_at_least} sites for each row"
            check.wrong("cover", "no choice of sites covers some demand rows", few, rows, mend)


# ----------------------------------------------------------------------------------------------------------------------
# The truth about a covering plan, without a solver: whether it is allowed, and what it is worth.


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
    """Return the objective of a plan, summed without rounding in between."""
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
    found = problem.broken_on_sites(sites)
    opened = np.isin(np.arange(problem.sites), sites)
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
    """Recompute a plan; trust no solver."""
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
    """Return which open site serves each demand row: the largest share, then the lowest position."""
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


# ----------------------------------------------------------------------------------------------------------------------
# Exact merging: demand rows that the same sites cover are one row to every model.


@dataclass(frozen=True, eq=False)
class Merged:
    """Demand after merging.

    Parameters
    ----------
    cover
        Shape (sites, rows).
    by_row
        Shape (rows, sites), the same by rows.
    weights
        Shape (kinds, rows), summed.
    group
        Shape (demand,), which row a demand went into; -1 where no site covers it.
    """

    cover: sp.csr_array
    by_row: sp.csr_array
    weights: Floats
    group: Ints

    @property
    def rows(self) -> int:
        """How many rows are left."""
        return int(self.by_row.shape[0])


def merge(cover: sp.csr_array, weights: Floats) -> Merged:
    """Merge demand rows with equal cover sets, and drop those that nothing covers."""
    table = cover.tocsc()
    table.sort_indices()
    demand = cover.shape[1]
    slots = np.full(1 << max(3, (2 * demand - 1).bit_length()), -1, np.int64)
    first, group = np.empty(demand, np.int64), np.empty(demand, np.int64)
    start, site = table.indptr.astype(np.int64), table.indices.astype(np.int64)
    count = groups(start, site, table.data.view(np.uint64), slots, first, group)
    total = np.zeros((len(weights), count))
    summed(group, np.ascontiguousarray(weights), total)
    by_row = sp.csr_array(table.T)[first[:count]]
    return Merged(sp.csr_array(by_row.T), by_row, total, group)


def unmerged(cover: sp.csr_array, weights: Floats) -> Merged:
    """Give every demand a row of its own, where merging would lose who is served."""
    group = np.arange(cover.shape[1], dtype=np.int64)
    return Merged(cover, sp.csr_array(cover.T), np.ascontiguousarray(weights), group)
