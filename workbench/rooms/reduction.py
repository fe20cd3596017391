"""Programs made smaller without losing anything: what cannot be is taken out, and what says nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from workbench.rooms.problem import Ints
from workbench.solving import LinearProgram, Status, solve_lp

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_SURE = 1e-3
"""How far beyond the best a solution has to be before it is excluded; objectives are whole."""


def slim(program: LinearProgram) -> tuple[LinearProgram, Ints]:
    """Take out variables that are 0 and rows that always hold; rows that are there twice stay once.

    Parameters
    ----------
    program
        Variables from 0 on, rows with an upper side only.

    Returns
    -------
    LinearProgram, numpy.ndarray
        What is left, with its costs, and the positions of its variables.
    """
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


@dataclass(frozen=True, eq=False)
class Prices:
    """What multipliers of the linear relaxation say (Dantzig, Fulkerson and Johnson 1954).

    Parameters
    ----------
    bound
        No solution costs less; recomputed from the multipliers.
    reduced
        Shape (n,), what a unit of a variable adds to the bound.
    """

    bound: float
    reduced: Floats

    @classmethod
    def of(cls, program: LinearProgram, method: str = "simplex") -> Prices | None:
        """Return the prices of a program; None where its relaxation was not solved.

        Parameters
        ----------
        program
            Variables from 0 on, rows with an upper side only.
        method
            How the relaxation is solved, see :func:`workbench.solving.solve_lp`; others give other multipliers.
        """
        answer = solve_lp(program, method=method)
        if answer.status is not Status.OPTIMAL or answer.duals is None:
            return None
        duals = np.minimum(answer.duals, 0.0)
        reduced = program.cost - program.rows.T @ duals
        bound = float(duals @ program.row_upper + np.minimum(reduced, 0.0) @ program.upper)
        return cls(bound, np.asarray(reduced))

    def beyond(self, most: float) -> Flags:
        """Return which variables, 0 at least, are 0 in every whole solution that costs no more than so much."""
        return np.asarray(self.bound + self.reduced > most + _SURE)


def priced_out(program: LinearProgram, most: float) -> Flags:
    """Return which variables are 0 in every whole solution that costs no more than so much.

    Parameters
    ----------
    program
        Variables from 0 on, rows with an upper side only; its cost is whole.
    most
        Cost that may not be exceeded.

    Returns
    -------
    numpy.ndarray of bool
        Shape (n,); nothing where the relaxation was not solved.
    """
    prices = Prices.of(program)
    if prices is None:
        return np.zeros(len(program.cost), np.bool_)
    return np.asarray((program.upper > 0) & prices.beyond(most))


def without(program: LinearProgram, gone: Flags | Ints) -> LinearProgram:
    """Return a program in which some variables are 0."""
    upper = program.upper.copy()
    upper[gone] = 0.0
    return replace(program, upper=upper)


def with_rows(program: LinearProgram, rows: sp.csr_array, most: Floats) -> LinearProgram:
    """Return a program with further rows."""
    return replace(
        program,
        rows=sp.csr_array(sp.vstack([program.rows, rows])),
        row_lower=np.append(program.row_lower, np.full(len(most), -np.inf)),
        row_upper=np.append(program.row_upper, most),
    )
