"""Programs of numbers: how their rows are gathered, and how they are made smaller without losing anything."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from workbench.arrays import Flags, Floats, Ints


@dataclass(frozen=True, eq=False)
class LinearProgram:
    """Minimise ``cost @ x`` subject to ``row_lower <= rows @ x <= row_upper`` and ``lower <= x <= upper``.

    Parameters
    ----------
    cost
        Shape (n,).
    rows
        Shape (m, n), sparse.
    row_lower, row_upper
        Shape (m,); infinite where there is no side.
    lower, upper
        Shape (n,).
    integer
        Shape (n,), which variables are integers; None when none is.
    """

    cost: Floats
    rows: sp.csr_array
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_] | None = None


# ----------------------------------------------------------------------------------------------------------------------
# Rows, gathered one or many at a time.


Row = tuple[Ints, Floats, float]
"""Columns, their amounts, and the most they may add up to."""


def at_most(columns: Ints | list[int], amounts: float | Floats | list[float], most: float) -> Row:
    """Let some columns, each with its amount or all with one, add up to at most so much."""
    at = np.asarray(columns, np.int64)
    return at, np.broadcast_to(np.asarray(amounts, np.float64), at.shape).astype(np.float64), most


def only_if(columns: Ints, amounts: float | Floats, flag: int, most: float = 1.0) -> Row:
    """Let some columns add up to at most so much if a flag is set, else to nothing."""
    at, own, _ = at_most(columns, amounts, 0.0)
    return np.append(at, flag), np.append(own, -most), 0.0


def costs_at_most(cost: Floats, most: float) -> Row:
    """Let a cost of all columns come to at most so much."""
    at = np.flatnonzero(cost)
    return at_most(at, cost[at], most)


class Rows:
    """Rows over so many columns, gathered one or many at a time.

    Parameters
    ----------
    columns
        How many columns there are.
    rows
        What to begin with.
    """

    def __init__(self, columns: int, rows: Iterable[Row] = ()) -> None:
        self.columns = columns
        self._at: list[Ints] = [np.empty(0, np.int64)]
        self._amounts: list[Floats] = [np.empty(0)]
        self._sizes: list[Ints] = [np.zeros(1, np.int64)]
        self._lower: list[Floats] = [np.empty(0)]
        self._upper: list[Floats] = [np.empty(0)]
        for at, amounts, most in rows:
            self.line(at, amounts, upper=most)

    def line(self, at: Ints, amounts: Floats, lower: float = -math.inf, upper: float = math.inf) -> None:
        """Add one row between two sides."""
        self._take(at, amounts, np.array([len(at)]), np.array([lower]), np.array([upper]))

    def add(self, matrix: sp.csr_array, lower: float | Floats = -math.inf, upper: float | Floats = math.inf) -> None:
        """Add rows of shape (m, columns) between two sides; of fewer columns, where they are the first."""
        low, high = (np.broadcast_to(np.asarray(side, np.float64), matrix.shape[0]) for side in (lower, upper))
        self._take(matrix.indices.astype(np.int64), matrix.data, np.diff(matrix.indptr), low, high)

    def _take(self, at: Ints, amounts: Floats, sizes: Ints, lower: Floats, upper: Floats) -> None:
        self._at.append(at)
        self._amounts.append(amounts)
        self._sizes.append(sizes)
        self._lower.append(lower)
        self._upper.append(upper)

    @property
    def matrix(self) -> sp.csr_array:
        """The amounts, shape (m, columns)."""
        ends = np.cumsum(np.concatenate(self._sizes), dtype=np.int64)
        parts = (np.concatenate(self._amounts), np.concatenate(self._at), ends)
        return sp.csr_array(parts, shape=(len(ends) - 1, self.columns))

    @property
    def lower(self) -> Floats:
        """The least that each row adds up to, shape (m,)."""
        return np.concatenate(self._lower)

    @property
    def upper(self) -> Floats:
        """The most that each row adds up to, shape (m,)."""
        return np.concatenate(self._upper)


def stacked(rows: Iterable[Row], columns: int) -> tuple[sp.csr_array, Floats]:
    """Return rows as one matrix, and the most each may add up to."""
    found = Rows(columns, rows)
    return found.matrix, found.upper


def with_rows(program: LinearProgram, rows: sp.csr_array, most: Floats) -> LinearProgram:
    """Return a program with further rows."""
    return replace(
        program,
        rows=sp.csr_array(sp.vstack([program.rows, rows])),
        row_lower=np.append(program.row_lower, np.full(len(most), -np.inf)),
        row_upper=np.append(program.row_upper, most),
    )


# ----------------------------------------------------------------------------------------------------------------------
# Programs made smaller without losing anything: what cannot be is taken out, and what says nothing.


def without(program: LinearProgram, gone: Flags | Ints) -> LinearProgram:
    """Return a program in which some variables are 0."""
    upper = program.upper.copy()
    upper[gone] = 0.0
    return replace(program, upper=upper)


def slim(program: LinearProgram) -> tuple[LinearProgram, Ints]:
    """Take out variables that are 0 and rows that always hold; rows that are there twice stay once."""
    kept = np.flatnonzero(program.upper > 0)
    rows = sp.csr_array(sp.csc_array(program.rows)[:, kept])
    rows.eliminate_zeros()
    rows.sort_indices()
    upper = program.upper[kept]
    highest = sp.csr_array(rows.maximum(0)) @ upper
    ends = rows.indptr.tolist()
    seen: dict[tuple[bytes, bytes], int] = {}
    for row in np.flatnonzero(highest > program.row_upper).tolist():
        here = slice(ends[row], ends[row + 1])
        key = (rows.indices[here].tobytes(), rows.data[here].tobytes())
        other = seen.setdefault(key, row)
        if program.row_upper[row] < program.row_upper[other]:
            seen[key] = row
    own = np.array(sorted(seen.values()), np.int64)
    whole = None if program.integer is None else program.integer[kept]
    lower, most = program.row_lower[own], program.row_upper[own]
    left = LinearProgram(program.cost[kept], rows[own], lower, most, program.lower[kept], upper, whole)
    return left, kept
