"""Covering problems, free of any solver: checked once, trusted afterwards.

Location set covering (LSCP; Toregas et al. 1971) asks for the cheapest sites that cover everybody, or a
given share; maximal covering (MCLP; Church and ReVelle 1974) for the most weight that p sites, or a budget,
can cover. A demand row counts in every denominator, covered or not.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from workbench.arrays import Floats, Ints
from workbench.errors import CheckError, Problem, SolveError
from workbench.locate.engine.branch_kernel import groups, summed

# ----------------------------------------------------------------------------------------------------------------------
# Side rules of a siting problem, as a planner states them: records, free of any solver.


T = TypeVar("T")

NO_SITES: Ints = np.empty(0, np.int64)
INSTEAD = {
    "cost": "What a site costs is site_cost.",
    "site_cost": "What a site costs is cost here, and it is the objective.",
    "share": "Only set_cover covers a share; to cover a share of a group is a floor.",
    "load": "Only p_median tells load from weight.",
    "weight": "Every row counts here, whatever lives there: leave out rows that nobody needs to reach.",
}
"""What to do where an argument of one verb is given to another."""

ROUNDING = 1e-8
"""Relative tolerance of sums of floats that are held against a limit."""


@dataclass(frozen=True, eq=False)
class Floor:
    """A share of a group that must be covered.

    Parameters
    ----------
    name
        What the group is called, such as a community or an age band.
    weight
        Shape (demand,), how much of the group lives where.
    share
        Share of the whole group, in [0, 1].
    """

    name: str
    weight: ArrayLike
    share: float


@dataclass(frozen=True, eq=False)
class AtMost:
    """At most so many of these sites may open.

    Parameters
    ----------
    name
        What they have in common, such as a subdistrict.
    sites
        Their positions.
    most
        How many may open; required ones count.
    """

    name: str
    sites: ArrayLike
    most: int


@dataclass(frozen=True, eq=False)
class AtLeast:
    """At least so many of these sites open.

    Parameters
    ----------
    name
        What they have in common, such as that only some of them may move.
    sites
        Their positions.
    least
        How many open; required ones count.
    """

    name: str
    sites: ArrayLike
    least: int


@dataclass(frozen=True, eq=False)
class Rules:
    """Side rules, checked and in one shape.

    Parameters
    ----------
    required
        Positions of sites that open in any case (existing stations, say), ascending. Every rule on sites takes
        positions, or one true or false a site; 0 and 1 in the place of these are refused.
    forbidden
        Positions of sites that must not open (closed, vetoed), ascending.
    capacity
        Shape (sites,), how much weight a site can serve, infinite where its room is no question; None where no room is.
        Demand may be split.
    floors
        Least shares of groups.
    cover_at_least
        How many open sites must cover a demand for it to count.
    at_most, at_least
        Caps on groups of sites, and how many of a group open.
    spacing
        Shape (k, 2), pairs of sites that are too near to open together, lower position first; None for no rule.
    """

    required: Ints = field(default_factory=lambda: NO_SITES)
    forbidden: Ints = field(default_factory=lambda: NO_SITES)
    capacity: Floats | None = None
    floors: tuple[Floor, ...] = ()
    cover_at_least: int = 1
    at_most: tuple[AtMost, ...] = ()
    at_least: tuple[AtLeast, ...] = ()
    spacing: Ints | None = None

    @property
    def plain(self) -> bool:
        """Whether nothing but required and forbidden sites is asked."""
        asks = self.floors or self.at_most or self.at_least or self.cover_at_least > 1 or len(self._pairs)
        return not asks and not self.capped

    @property
    def capped(self) -> bool:
        """Whether room is limited."""
        return self.capacity is not None

    @property
    def _pairs(self) -> Ints:
        return np.empty((0, 2), np.int64) if self.spacing is None else self.spacing


class InputCheck:
    """Reads the arguments of a siting verb and gathers everything that is wrong with them.

    Parameters
    ----------
    where
        Name of the verb.
    sites, demand
        Shape of the matrix that the arguments have to fit.
    """

    def __init__(self, where: str, sites: int, demand: int) -> None:
        self.where, self.sites, self.demand = where, sites, demand
        self.problems: list[Problem] = []

    def wrong(self, key: str, what: str, expected: str = "", found: object = "", mend: str = "") -> None:
        """Note a problem."""
        self.problems.append(Problem(self.where, what, expected=expected, found=str(found), mend=mend, key=key))

    def vector(self, key: str, values: ArrayLike, length: int, of: str, *, endless: bool = False) -> Floats:
        """Read numbers that are not negative, one for each site or demand; infinite only where that means something."""
        read = self.numbers(key, values)
        if read is None:
            return np.zeros(length)
        if read.shape != (length,):
            self.wrong(key, f"there is not one number for each {of}", f"shape ({length},)", read.shape)
            return np.zeros(length)
        bad = np.flatnonzero(~((np.isfinite(read) | endless) & (read >= 0)))
        if len(bad):
            mend = "What is missing is not zero: leave the row out, or estimate it."
            found = f"{read[bad[0]]} at position {bad[0]}, {len(bad)} in all"
            expected = "numbers ≥ 0" if endless else "finite numbers ≥ 0"
            self.wrong(key, "some numbers are missing, infinite or negative", expected, found, mend)
            return np.zeros(length)
        return read

    def even(self, key: str, values: Floats, ratio: float) -> None:
        """Look for numbers so large that sums lose most of the others beside them."""
        there = values[values > 0]
        with np.errstate(over="ignore"):
            total = float(values.sum())
        if not math.isfinite(total):
            self.wrong(key, "the sum of these numbers is beyond all counting", "a finite sum", values.max())
        elif len(there):
            middle, top = float(np.partition(there, (len(there) - 1) // 2)[(len(there) - 1) // 2]), float(there.max())
            if top > ratio * middle:
                what = "some numbers are so large that most of the others are lost beside them"
                mend = "What must be is a rule (required, floors), what cannot be is left out; no number stands for it."
                self.wrong(key, what, f"at most {ratio:.0e} times the middle one", f"{top:g} beside {middle:g}", mend)

    def numbers(self, key: str, values: ArrayLike) -> Floats | None:
        """Read an array of numbers; None if it is none. What only looks like a number, such as "3", is none."""
        read = as_array(values)
        texts = [one for one in read.flat if isinstance(one, (str, bytes))] if read.dtype.kind in "OUS" else []
        if read.dtype.kind in "biufO" and not texts:
            try:
                return read.astype(np.float64)
            except (TypeError, ValueError, OverflowError):
                pass
        found = repr(str(texts[0]) if texts else (read.flat[0] if read.size else values))
        self.wrong(key, "these are no numbers", "an array of numbers", found)
        return None

    def positions(self, key: str, values: ArrayLike) -> Ints:
        """Read positions of sites, or one true or false a site; give them ascending and once."""
        read = as_array(values)
        if read.dtype == bool and read.shape == (self.sites,):
            return np.flatnonzero(read)
        if read.size == 0:
            return NO_SITES
        if read.ndim != 1 or read.dtype.kind not in "iu":
            found = f"{read.dtype}, shape {read.shape}"
            self.wrong(key, "these are no positions of sites", "whole numbers, or one true or false a site", found)
            return NO_SITES
        if read.max() <= 1 and read.min() >= 0 and len(read) > len(np.unique(read)):
            mend = "Hand over flags as true and false (dtype bool), or each position once, ascending."
            what = "these may be positions of sites, or flags of 0 and 1"
            self.wrong(key, what, "positions, or one true or false a site", read[:9].tolist(), mend)
            return NO_SITES
        outside = read[(read < 0) | (read >= self.sites)]
        if len(outside):
            self.wrong(key, "there is no such site", f"positions 0 to {self.sites - 1}", outside[0])
            return NO_SITES
        return np.unique(read).astype(np.int64)

    def number(
        self, key: str, value: Any, what: str, expected: str, *, least: float = 0.0, most: float = math.inf
    ) -> float:
        """Read one finite number between two sides."""
        single = isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))
        if not (single and least <= value <= most and abs(value) < math.inf):
            self.wrong(key, what, expected, repr(value) if isinstance(value, str) else value)
            return least
        return float(value)

    def share(self, key: str, value: Any) -> float:
        """Read a share."""
        return self.number(key, value, "this is no share", "a number between 0 and 1", most=1.0)

    def budget(self, value: Any) -> float:
        """Read a budget."""
        return self.number("budget", value, "this is no budget", "a finite number ≥ 0")

    def count(self, key: str, value: Any, least: int) -> int:
        """Read a whole number."""
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < least:
            self.wrong(key, "this is no such number", f"a whole number of at least {least}", value)
            return least
        return int(value)

    def records(self, key: str, given: Any, kind: type[T]) -> list[T]:
        """Read records of one kind; what is none is noted and left out."""
        listed: list[Any] = [] if given is None else list(given) if isinstance(given, Iterable) else [given]
        for one in listed:
            if not isinstance(one, kind):
                self.wrong(key, f"this is no {kind.__name__}", f"a sequence of {kind.__name__}", repr(one)[:60])
        return [one for one in listed if isinstance(one, kind)]


def as_array(values: Any) -> NDArray[Any]:
    """Return values as an array; of objects where they have no one shape."""
    try:
        return np.asarray(values)
    except (TypeError, ValueError):
        return np.array([values, None], object)[:1]


def read_rules(check: InputCheck, given: dict[str, Any]) -> Rules:
    """Read side rules as the verbs take them; problems go to the check."""
    known = [rule.name for rule in fields(Rules)]
    for name in sorted(set(given) - set(known)):
        check.wrong(name, f"{check.where} knows no such rule", "one of " + ", ".join(known), mend=INSTEAD.get(name, ""))
    required = check.positions("required", given.get("required", ()))
    forbidden = check.positions("forbidden", given.get("forbidden", ()))
    both = np.intersect1d(required, forbidden)
    if len(both):
        mend = "Drop it from one of the two."
        check.wrong("required", "a required site is also forbidden or vetoed", found=f"site {both[0]}", mend=mend)
    capacity = given.get("capacity")
    return Rules(
        required=required,
        forbidden=forbidden,
        capacity=None if capacity is None else check.vector("capacity", capacity, check.sites, "site", endless=True),
        floors=read_floors(check, given.get("floors")),
        cover_at_least=check.count("cover_at_least", given.get("cover_at_least", 1), 1),
        at_most=_counted(check, "at_most", given.get("at_most"), AtMost, "most"),
        at_least=_counted(check, "at_least", given.get("at_least"), AtLeast, "least"),
        spacing=_pairs(check, given.get("spacing")),
    )


def read_floors(check: InputCheck, given: Any) -> tuple[Floor, ...]:
    """Read floors; problems go to the check."""
    read, floors = [], check.records("floors", given, Floor)
    for floor in floors:
        key = f"floors.{floor.name}"
        weight = check.vector(key, floor.weight, check.demand, "demand row")
        read.append(Floor(floor.name, weight, check.share(key, floor.share)))
    _names_differ(check, "floors", [floor.name for floor in floors])
    return tuple(read)


_Counted = TypeVar("_Counted", AtMost, AtLeast)


def _counted(check: InputCheck, name: str, given: Any, kind: type[_Counted], number: str) -> tuple[_Counted, ...]:
    """Read rules that count the open sites of a set."""
    read, groups = [], check.records(name, given, kind)
    for group in groups:
        key = f"{name}.{group.name}"
        read.append(kind(group.name, check.positions(key, group.sites), check.count(key, getattr(group, number), 0)))
    _names_differ(check, name, [group.name for group in groups])
    return tuple(read)


def _names_differ(check: InputCheck, key: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        check.wrong(key, "a name stands twice", found=twice[0], mend="Names tell the rules of a conflict apart.")


def _pairs(check: InputCheck, spacing: Any) -> Ints | None:
    if spacing is None:
        return None
    pairs = _near(check, spacing) if sp.issparse(spacing) else as_array(spacing)
    if pairs is None or pairs.size == 0:
        return None
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        check.wrong("spacing", "these are no pairs of sites", "shape (k, 2), whole numbers", pairs.shape)
        return None
    if pairs.size and (pairs.min() < 0 or pairs.max() >= check.sites):
        check.wrong("spacing", "there is no such site", f"positions 0 to {check.sites - 1}")
        return None
    pairs = np.sort(pairs.astype(np.int64), axis=1)
    return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


def _near(check: InputCheck, spacing: Any) -> Ints | None:
    """Read the pairs of a sparse matrix."""
    if spacing.shape != (check.sites, check.sites):
        check.wrong(
            "spacing", "the matrix does not fit the sites", f"shape ({check.sites}, {check.sites})", spacing.shape
        )
        return None
    table = sp.coo_array(spacing)
    return np.stack([table.row, table.col], axis=1).astype(np.int64)


# ----------------------------------------------------------------------------------------------------------------------
# Which sets of sites may be a plan, whoever they serve: the rules on sites, as rows of one matrix.


NAMES = ("p", "required", "forbidden", "budget", "at_most", "spacing", "capacity")
"""Rules that a conflict can name."""

_ELSEWHERE = {
    "floors": "Everybody is served here; max_cover holds the share of a group within a walk.",
    "at_least": "Require the sites themselves; max_cover and set_cover know it.",
    "cover_at_least": "The nearest site counts here; max_cover and set_cover know backup cover within a walk.",
}
"""Rules of covering problems that mean nothing where everybody goes to the nearest site, and what to do instead."""


@dataclass(frozen=True, eq=False)
class PlanRules:
    """Which sets of sites may be a plan.

    Parameters
    ----------
    sites
        How many sites there are.
    p
        How many open; None if any number may.
    up_to
        Whether fewer than ``p`` may open: where opening costs, or a rule may leave no room for more.
    spending
        What each site takes of the budget, (sites,); None without a budget.
    budget
        Largest sum of ``spending``.
    rules
        The side rules.
    """

    sites: int
    p: int | None
    up_to: bool
    spending: Floats | None
    budget: float
    rules: Rules

    @property
    def size(self) -> tuple[int, int]:
        """Fewest and most sites of a plan."""
        if self.p is None:
            return 0, self.sites
        return (0 if self.up_to else self.p), self.p

    @property
    def allowed(self) -> Ints:
        """Positions of the sites that are not forbidden, ascending."""
        return np.setdiff1d(np.arange(self.sites), self.rules.forbidden)

    @property
    def pairs(self) -> Ints:
        """Pairs of sites that may not both open, (pairs, 2)."""
        return np.empty((0, 2), np.int64) if self.rules.spacing is None else self.rules.spacing

    @property
    def on(self) -> tuple[str, ...]:
        """Names of the rules in force."""
        given = (
            self.p is not None, len(self.rules.required), len(self.rules.forbidden), self.spending is not None,
            len(self.rules.at_most), len(self.pairs), self.rules.capacity is not None,
        )  # fmt: skip
        return tuple(name for name, force in zip(NAMES, given, strict=True) if force)

    def without(self, name: str) -> PlanRules:
        """Return the rules without one of them."""
        if name == "p":
            return replace(self, p=None)
        if name == "budget":
            return replace(self, spending=None, budget=np.inf)
        gone: dict[str, Any] = {
            "required": NO_SITES, "forbidden": NO_SITES, "at_most": (), "spacing": None, "capacity": None,
        }  # fmt: skip
        return replace(self, rules=replace(self.rules, **{name: gone[name]}))

    def rows(self) -> tuple[sp.csc_array, Floats]:
        """Return matrix and limits of budget, groups and spacing: ``matrix @ plan <= limits``."""
        parts: list[tuple[Ints, Floats, float]] = []
        if self.spending is not None:
            most = self.budget * (1 + ROUNDING)  # twice the budget is as much too dear as any cost above it
            amounts = np.where(self.spending > most, 2.0 * most or 1.0, self.spending)
            parts.append((np.arange(self.sites), amounts, most))
        for cap in self.rules.at_most:
            members = np.asarray(cap.sites, np.int64)
            parts.append((members, np.ones(len(members)), float(cap.most)))
        parts += [(pair, np.ones(2), 1.0) for pair in self.pairs]
        if not parts:
            return sp.csc_array((0, self.sites), dtype=np.float64), np.empty(0)
        row = np.repeat(np.arange(len(parts)), [len(members) for members, _, _ in parts])
        column, amount = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        matrix = sp.csc_array((amount, (row, column)), shape=(len(parts), self.sites))
        matrix.eliminate_zeros()
        return matrix, np.array([limit for _, _, limit in parts])

    def broken(self, plan: Ints) -> tuple[str, ...]:
        """Return the names of the rules on sites that a plan breaks, from the rules as they were given."""
        chosen = {int(i) for i in plan}
        fewest, most = self.size
        spent = 0.0 if self.spending is None else float(self.spending[sorted(chosen)].sum())
        wrong = {
            "p": not fewest <= len(chosen) <= most,
            "required": not chosen.issuperset(self.rules.required.tolist()),
            "forbidden": not chosen.isdisjoint(self.rules.forbidden.tolist()),
            "budget": spent > self.budget * (1 + 2 * ROUNDING),
            "at_most": any(len(chosen.intersection(np.asarray(c.sites).tolist())) > c.most for c in self.rules.at_most),
            "spacing": any(chosen.issuperset(pair) for pair in self.pairs.tolist()),
        }
        return tuple(name for name in NAMES if wrong.get(name))


def plan_rules(
    check: InputCheck,
    p: int | None,
    rules: Rules,
    given: dict[str, Any],
    site_cost: Floats | None,
    budget: float | None,
) -> PlanRules:
    """Put the rules on sites together; what is wrong with them goes to the check."""
    for name, mend in _ELSEWHERE.items():
        value = given.get(name)
        if not (value is None or as_array(value).size == 0 or (name == "cover_at_least" and value == 1)):
            check.wrong(name, f"this rule is not for {check.where}", mend=mend)
    p = None if p is None else check.count("p", p, 1)
    budget = None if budget is None else check.budget(budget)
    up_to = site_cost is not None or bool(rules.at_most) or rules.spacing is not None
    made = PlanRules(
        sites=check.sites, p=min(p, check.sites) if p is not None and up_to else p, up_to=up_to,
        spending=None if budget is None else site_cost, budget=np.inf if budget is None else budget, rules=rules,
    )  # fmt: skip
    if p is not None:
        _check_number(check, made, p)
    if budget is not None:
        _check_budget(check, made, budget, site_cost)
    return made


def _check_number(check: InputCheck, rules: PlanRules, p: int) -> None:
    required, allowed = len(rules.rules.required), len(rules.allowed)
    if p > check.sites and not rules.up_to:
        check.wrong("p", "there are not so many sites", f"at most {check.sites}", p)
    elif p > allowed and not rules.up_to:
        check.wrong("p", "not so many sites are allowed", f"at most {allowed}", p, "Lower p, or forbid fewer sites.")
    if required > p:
        check.wrong("p", "more sites are required than may open", f"at least {required}", p)


def _check_budget(check: InputCheck, rules: PlanRules, budget: float, cost: Floats | None) -> None:
    if cost is None:
        check.wrong("budget", "a budget without costs", mend="Give site_cost too.")
        return
    cheapest = cost[rules.allowed].min() if len(rules.allowed) else 0.0
    bound = cost[rules.rules.required].sum()
    if budget < cheapest * (1 - ROUNDING):
        check.wrong("budget", "the budget does not pay for the cheapest site", f"at least {cheapest:g}", budget)
    elif bound > budget * (1 + ROUNDING):
        check.wrong("budget", "the budget does not pay for the required sites", f"at least {bound:g}", budget)


# ----------------------------------------------------------------------------------------------------------------------
# Covering problems, free of any solver: checked once, trusted afterwards.


_MOST_DENSE_BYTES = 1 << 30
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
        By name, as :func:`workbench.locate.problem.read_rules` takes them.

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
    p = None if p is None else min(check.count("p", p, 1), sites)  # "at most": where there are fewer, all may open
    budget = None if budget is None else check.budget(budget)
    weights = read_weights(check, weight)
    cost_key = "site_cost" if name == "max_cover" else "cost"
    costs = np.ones(sites) if cost is None else check.vector(cost_key, cost, sites, "site")
    problem = CoverProblem(
        name, matrix, weights, costs, check.share("share", share), p, budget, read_rules(check, dict(rules or {}))
    )
    check.even("weight", weights, LOST if problem.plain else LOST_TO_SOLVERS)
    _check_means(check, problem)
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


def _check_means(check: InputCheck, problem: CoverProblem) -> None:
    """Look at p and the budget."""
    required = problem.rules.required
    if problem.maximise and problem.p is None and problem.budget is None:
        check.wrong("p", "neither a number of sites nor a budget is given", mend="Give p, budget, or both.")
    if problem.p is not None and len(required) > problem.p:
        check.wrong("p", "more sites are required than may open", f"at least {len(required)}", problem.p)
    bound = problem.cost[required].sum()
    if problem.budget is not None and bound > problem.budget * (1 + ROUNDING):
        check.wrong("budget", "the budget does not pay for the required sites", f"at least {bound:g}", problem.budget)


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
