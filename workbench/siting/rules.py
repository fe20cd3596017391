"""Side rules of a siting problem, as a planner states them: records, free of any solver."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from workbench.errors import Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

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


class Gate:
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


def read_rules(gate: Gate, given: dict[str, Any]) -> Rules:
    """Read side rules as the verbs take them; problems go to the gate.

    Parameters
    ----------
    gate
        Gathers the problems.
    given
        Rules by name, as :class:`Rules` names them; ``spacing`` may also be a sparse (sites, sites) matrix with an
        entry for each pair that is too near.

    Returns
    -------
    Rules
    """
    known = [rule.name for rule in fields(Rules)]
    for name in sorted(set(given) - set(known)):
        gate.wrong(name, f"{gate.where} knows no such rule", "one of " + ", ".join(known), mend=INSTEAD.get(name, ""))
    required = gate.positions("required", given.get("required", ()))
    forbidden = gate.positions("forbidden", given.get("forbidden", ()))
    both = np.intersect1d(required, forbidden)
    if len(both):
        mend = "Drop it from one of the two."
        gate.wrong("required", "a required site is also forbidden or vetoed", found=f"site {both[0]}", mend=mend)
    capacity = given.get("capacity")
    return Rules(
        required=required,
        forbidden=forbidden,
        capacity=None if capacity is None else gate.vector("capacity", capacity, gate.sites, "site", endless=True),
        floors=read_floors(gate, given.get("floors")),
        cover_at_least=gate.count("cover_at_least", given.get("cover_at_least", 1), 1),
        at_most=_counted(gate, "at_most", given.get("at_most"), AtMost, "most"),
        at_least=_counted(gate, "at_least", given.get("at_least"), AtLeast, "least"),
        spacing=_pairs(gate, given.get("spacing")),
    )


def read_floors(gate: Gate, given: Any) -> tuple[Floor, ...]:
    """Read floors; problems go to the gate."""
    read, floors = [], gate.records("floors", given, Floor)
    for floor in floors:
        key = f"floors.{floor.name}"
        weight = gate.vector(key, floor.weight, gate.demand, "demand row")
        read.append(Floor(floor.name, weight, gate.share(key, floor.share)))
    _names_differ(gate, "floors", [floor.name for floor in floors])
    return tuple(read)


_Counted = TypeVar("_Counted", AtMost, AtLeast)


def _counted(gate: Gate, name: str, given: Any, kind: type[_Counted], number: str) -> tuple[_Counted, ...]:
    """Read rules that count the open sites of a set."""
    read, groups = [], gate.records(name, given, kind)
    for group in groups:
        key = f"{name}.{group.name}"
        read.append(kind(group.name, gate.positions(key, group.sites), gate.count(key, getattr(group, number), 0)))
    _names_differ(gate, name, [group.name for group in groups])
    return tuple(read)


def _names_differ(gate: Gate, key: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        gate.wrong(key, "a name stands twice", found=twice[0], mend="Names tell the rules of a conflict apart.")


def _pairs(gate: Gate, spacing: Any) -> Ints | None:
    if spacing is None:
        return None
    pairs = _near(gate, spacing) if sp.issparse(spacing) else as_array(spacing)
    if pairs is None or pairs.size == 0:
        return None
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        gate.wrong("spacing", "these are no pairs of sites", "shape (k, 2), whole numbers", pairs.shape)
        return None
    if pairs.size and (pairs.min() < 0 or pairs.max() >= gate.sites):
        gate.wrong("spacing", "there is no such site", f"positions 0 to {gate.sites - 1}")
        return None
    pairs = np.sort(pairs.astype(np.int64), axis=1)
    return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


def _near(gate: Gate, spacing: Any) -> Ints | None:
    """Read the pairs of a sparse matrix."""
    if spacing.shape != (gate.sites, gate.sites):
        gate.wrong("spacing", "the matrix does not fit the sites", f"shape ({gate.sites}, {gate.sites})", spacing.shape)
        return None
    table = sp.coo_array(spacing)
    return np.stack([table.row, table.col], axis=1).astype(np.int64)
