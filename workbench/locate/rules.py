"""Rules on which sites open: each is one object that gives its rows, its check and the key by which it is named.

A rule more is a class here, a field of :class:`Rules`, and a line in :func:`read_rules` and in :meth:`Rules.on_sites`:
every program, the search of the p-median, the p-center, the checkers and the reasons read it from there.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from workbench.arrays import Flags, Floats, Ints
from workbench.errors import Problem

T = TypeVar("T")

NO_SITES: Ints = np.empty(0, np.int64)
_NO_PAIRS: Ints = np.empty((0, 2), np.int64)

ROUNDING = 1e-8
"""Relative tolerance of sums of floats that are held against a limit."""

# ----------------------------------------------------------------------------------------------------------------------
# A rule on sites: rows between two sides, sites that it settles, and whether a plan breaks it.


@dataclass(frozen=True, eq=False)
class SiteRows:
    """Rows ``lower <= matrix @ plan <= upper`` over the sites.

    Parameters
    ----------
    matrix
        Shape (rows, sites), not negative.
    lower, upper
        The sides, (rows,).
    unit
        What a solver with tolerances counts a row in, (rows,): a budget, or 1.
    """

    matrix: sp.csr_array
    lower: Floats
    upper: Floats
    unit: Floats

    @property
    def most(self) -> Floats:
        """Upper sides for who adds up exactly, with room for the rounding of what is added."""
        return np.asarray(self.upper * (1.0 + ROUNDING / 2.0))

    def in_units(self) -> SiteRows:
        """Return the rows counted in their units."""
        scaled = self.matrix.copy()
        scaled.data = scaled.data / np.repeat(self.unit, np.diff(scaled.indptr))
        return SiteRows(scaled, self.lower / self.unit, self.upper / self.unit, np.ones_like(self.unit))


def _rows(
    at: Ints, amount: Floats, sites: int, lower: float = -math.inf, upper: float = math.inf, unit: float = 1.0
) -> SiteRows:
    """Return rows between the same sides, shape (k, n) positions and amounts."""
    start = np.arange(0, at.size + 1, max(1, at.shape[1])) if at.shape[1] else np.zeros(len(at) + 1, np.int64)
    matrix = sp.csr_array((amount.ravel(), at.ravel(), start), shape=(len(at), sites))
    low, high, units = (np.full(len(at), side) for side in (lower, upper, unit))
    return SiteRows(matrix, low, high, units)


def stacked(parts: Iterable[SiteRows], sites: int) -> SiteRows:
    """Return the rows of several rules together."""
    every = list(parts) or [_rows(_NO_PAIRS, np.empty((0, 2)), sites)]
    matrix = sp.csr_array(sp.vstack([part.matrix for part in every], format="csr"))
    return SiteRows(
        matrix, *(np.concatenate([getattr(one, side) for one in every]) for side in ("lower", "upper", "unit"))
    )


class SiteRule:
    """A rule on which sites open."""

    kind: ClassVar[str]

    @property
    def key(self) -> str:
        """What a conflict, and a problem, call it: ``kind``, or ``kind.name`` where there may be several."""
        return self.kind

    @property
    def opens(self) -> Ints:
        """Sites that it opens in any case."""
        return NO_SITES

    @property
    def shuts(self) -> Ints:
        """Sites that it shuts in any case."""
        return NO_SITES

    def rows(self, sites: int) -> SiteRows:
        """Return it as rows; none where it does no more than settle sites."""
        return stacked((), sites)

    def breach(self, opened: Flags) -> tuple[str, object, object] | None:
        """Return what is wrong with a plan, what was expected and what is found, from the rule as it was given."""
        raise NotImplementedError

    def broken(self, where: str, opened: Flags) -> Problem | None:
        """Return how a plan, shape (sites,), breaks it; None if it keeps it."""
        breach = self.breach(opened)
        if breach is None:
            return None
        what, expected, found = breach
        return Problem(where, what, expected=str(expected), found=str(found), key=self.key)

    def bars(self, opened: Flags) -> Ints:
        """Return the sites that cannot open beside a plan, (sites,)."""
        rows = self.rows(len(opened))
        used = rows.matrix @ opened.astype(np.float64)
        entry = sp.coo_array(rows.matrix)
        return np.unique(entry.col[entry.data + used[entry.row] > rows.upper[entry.row]]).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Number(SiteRule):
    """At most, or exactly, so many sites open."""

    kind: ClassVar[str] = "p"
    p: int
    exactly: bool = False

    def rows(self, sites: int) -> SiteRows:
        """Return one row over all sites."""
        every = np.arange(sites)[None]
        return _rows(every, np.ones((1, sites)), sites, float(self.p) if self.exactly else -math.inf, float(self.p))

    def breach(self, opened: Flags) -> tuple[str, object, object] | None:
        """Count."""
        count = int(opened.sum())
        if count > self.p:
            return "too many sites are open", f"at most {self.p}", count
        return ("too few sites are open", f"exactly {self.p}", count) if self.exactly and count < self.p else None


@dataclass(frozen=True, eq=False)
class Budget(SiteRule):
    """The open sites cost no more than that."""

    kind: ClassVar[str] = "budget"
    cost: Floats
    budget: float

    def rows(self, sites: int) -> SiteRows:
        """Return one row; a site that alone costs too much takes the budget twice, however dear it is."""
        one = self.budget or 1.0
        amount = np.where(self.cost > self.budget * (1 + ROUNDING), 2.0 * one, self.cost)
        return _rows(np.arange(sites)[None], amount[None], sites, upper=self.budget, unit=one)

    def breach(self, opened: Flags) -> tuple[str, object, object] | None:
        """Add up."""
        spent = math.fsum(self.cost[opened])
        over = spent > self.budget * (1 + ROUNDING)
        return ("the sites cost more than the budget", f"at most {self.budget:g}", f"{spent:g}") if over else None


@dataclass(frozen=True, eq=False)
class Required(SiteRule):
    """These sites open in any case."""

    kind: ClassVar[str] = "required"
    sites: Ints

    @property
    def opens(self) -> Ints:
        """The sites."""
        return self.sites

    def breach(self, opened: Flags) -> tuple[str, object, object] | None:
        """Look for one that is shut."""
        shut = not opened[self.sites].all()
        return ("a required site is shut", self.sites.tolist(), np.flatnonzero(opened).tolist()) if shut else None


@dataclass(frozen=True, eq=False)
class Forbidden(SiteRule):
    """These sites do not open."""

    kind: ClassVar[str] = "forbidden"
    sites: Ints

    @property
    def shuts(self) -> Ints:
        """The sites."""
        return self.sites

    def breach(self, opened: Flags) -> tuple[str, object, object] | None:
        """Look for one that is open."""
        wrong = self.sites[opened[self.sites]]
        return ("a forbidden site is open", "none", wrong.tolist()) if len(wrong) else None


@dataclass(frozen=True, eq=False)
class Spacing(SiteRule):
    """Of two sites that are too near each other one opens; pairs of shape (k, 2)."""

    kind: ClassVar[str] = "spacing"
    pairs: Ints

    def rows(self, sites: int) -> SiteRows:
        """Return one row a pair."""
        return _rows(self.pairs, np.ones(self.pairs.shape), sites, upper=1.0)

    def breach(self, opened: Flags) -> tuple[str, object, object] | None:
        """Look for a pair."""
        near = self.pairs[opened[self.pairs].all(axis=1)]
        return ("two open sites are too near each other", "none", near[0].tolist()) if len(near) else None


class _OnGroup(SiteRule):
    """A rule on how many of a group of sites open."""

    name: str
    sites: ArrayLike

    @property
    def key(self) -> str:
        """Its kind and the name of the group."""
        return f"{self.kind}.{self.name}"

    def _count(self, opened: Flags) -> int:
        return int(opened[np.asarray(self.sites, np.int64)].sum())

    def _row(self, sites: int, lower: float = -math.inf, upper: float = math.inf) -> SiteRows:
        at = np.asarray(self.sites, np.int64)[None]
        return _rows(at, np.ones(at.shape), sites, lower, upper)


@dataclass(frozen=True, eq=False)
class AtMost(_OnGroup):
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

    kind: ClassVar[str] = "at_most"
    name: str
    sites: ArrayLike
    most: int

    def rows(self, sites: int) -> SiteRows:
        """Return one row."""
        return self._row(sites, upper=float(self.most))

    def breach(self, opened: Flags) -> tuple[str, object, object] | None:
        """Count."""
        count = self._count(opened)
        return ("too many of these sites are open", self.most, count) if count > self.most else None


@dataclass(frozen=True, eq=False)
class AtLeast(_OnGroup):
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

    kind: ClassVar[str] = "at_least"
    name: str
    sites: ArrayLike
    least: int

    def rows(self, sites: int) -> SiteRows:
        """Return one row."""
        return self._row(sites, lower=float(self.least))

    def breach(self, opened: Flags) -> tuple[str, object, object] | None:
        """Count."""
        count = self._count(opened)
        return ("too few of these sites are open", self.least, count) if count < self.least else None


# ----------------------------------------------------------------------------------------------------------------------
# All side rules of a problem, those on who is covered among them.


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
        more = [rule for rule in self.on_sites if not isinstance(rule, (Required, Forbidden))]
        return not (more or self.floors or self.cover_at_least > 1 or self.capped)

    @property
    def capped(self) -> bool:
        """Whether room is limited."""
        return self.capacity is not None

    @cached_property
    def on_sites(self) -> tuple[SiteRule, ...]:
        """The rules in force on which sites open, whoever they serve."""
        found: list[SiteRule] = [Required(self.required)] if len(self.required) else []
        found += [Forbidden(self.forbidden)] if len(self.forbidden) else []
        found += [] if self.spacing is None or not len(self.spacing) else [Spacing(self.spacing)]
        return (*found, *self.at_most, *self.at_least)

    def keeping(self, keys: Collection[str]) -> Rules:
        """Return the rules without those that are not among some keys."""
        none = Rules()
        kept: dict[str, Any] = {}
        for one in fields(self):
            given = getattr(self, one.name)
            if isinstance(given, tuple):
                kept[one.name] = tuple(rule for rule in given if f"{one.name}.{rule.name}" in keys)
            else:
                kept[one.name] = given if one.name in keys else getattr(none, one.name)
        return Rules(**kept)


# ----------------------------------------------------------------------------------------------------------------------
# What a verb is given, read: everything that is wrong with it is told at once.


INSTEAD = {
    "cost": "What a site costs is site_cost.",
    "site_cost": "What a site costs is cost here, and it is the objective.",
    "share": "Only set_cover covers a share; to cover a share of a group is a floor.",
    "load": "Only p_median tells load from weight.",
    "weight": "Every row counts here, whatever lives there: leave out rows that nobody needs to reach.",
}
"""What to do where an argument of one verb is given to another."""


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
