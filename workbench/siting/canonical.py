"""One of many: among plans that are worth the same, the one with the fewest sites, then the lowest positions.

Without a rule for ties a plan could change with the version of a solver, and two runs could not be compared. The
rule costs further solves, so it is kept as far as they are few and small; the answer says whether it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from workbench.siting.certificate import certified_bound, reduced_costs
from workbench.siting.course import Course
from workbench.siting.rules import Floats, Ints
from workbench.solving import Limits, LinearProgram, Status, solve_mip

EQUAL = 1e-9
"""Objectives that differ by less than this share are the same, where weights or costs are real numbers."""

MOST_ASKED = 300
"""Most sites whose turn is decided by solves."""

AT_ONCE = 20
"""Sites whose turn one solve decides."""

MOST_NODES = 500
"""Most branches of one such solve; a count, because a time would make plans depend on the machine."""


@dataclass(frozen=True, eq=False)
class Optimum:
    """An optimum whose equals are looked for.

    Parameters
    ----------
    program
        The program that it solves; its first ``sites`` variables are the sites.
    sites
        How many they are.
    values
        Values of all variables.
    objective
        Of the program, to be minimised.
    whole
        Whether all objectives are whole numbers.
    duals
        Multipliers of the rows, if there are any: they tell without a solve which sites no equal plan can have.
    """

    program: LinearProgram
    sites: int
    values: Floats
    objective: float
    whole: bool
    duals: Floats | None = None

    @property
    def slack(self) -> float:
        """How far an objective may be off and still be the same."""
        return 0.5 if self.whole else EQUAL * max(1.0, abs(self.objective))


def canonical(optimum: Optimum, course: Course) -> tuple[Floats, bool]:
    """Return the values of the canonical plan, and whether it is proven to be that.

    Parameters
    ----------
    optimum
        A proven optimum.
    course
        When to stop.

    Returns
    -------
    tuple of numpy.ndarray and bool
        Values of all variables; those of the optimum as it came when the question is too large.
    """
    lower, upper = settled(optimum)
    asked = int((lower[: optimum.sites] < upper[: optimum.sites]).sum())
    if asked == 0:
        return optimum.values, True
    if asked > MOST_ASKED:
        return optimum.values, False
    base = replace(_no_worse(optimum), lower=lower, upper=upper)
    counts = np.zeros(len(base.cost))
    counts[: optimum.sites] = 1.0
    fewest = _ask(replace(base, cost=counts), course, optimum.values)
    if fewest is None or fewest is _UNKNOWN:
        return optimum.values, False
    few = round(float(counts @ fewest))
    base = with_row(base, counts, few + 0.5)
    return _in_turn(base, fewest, optimum.sites, few, course)


_UNKNOWN: Floats = np.empty(0)


def _in_turn(program: LinearProgram, values: Floats, sites: int, few: int, course: Course) -> tuple[Floats, bool]:
    """Give the sites their turn, from the lowest, some at a time: each opens if some equal plan has it.

    Of some sites each counts twice as much as the next, so that the best plan for them all opens each in its turn.
    """
    lower, upper = program.lower.copy(), program.upper.copy()
    asked = np.flatnonzero(lower[:sites] < upper[:sites])
    for turn in np.split(asked, range(AT_ONCE, len(asked), AT_ONCE)):
        if lower[:sites].sum() == few:
            break
        cost = np.zeros(len(lower))
        cost[turn] = -np.exp2(np.arange(len(turn))[::-1])
        found = _ask(replace(program, cost=cost, lower=lower, upper=upper), course, values)
        if found is None or found is _UNKNOWN:
            return values, False
        values = found
        lower[turn] = upper[turn] = np.rint(found[turn])
    return values, True


def _ask(program: LinearProgram, course: Course, start: Floats) -> Floats | None:
    """Solve, starting from a plan; None says that there is no such plan, and ``_UNKNOWN`` that nobody knows."""
    if course.over:
        return _UNKNOWN
    answer = solve_mip(program, Limits(course.left.seconds), start=start, options={"mip_max_nodes": MOST_NODES})
    if answer.status is Status.OPTIMAL and answer.values is not None:
        return answer.values
    return None if answer.status is Status.INFEASIBLE else _UNKNOWN


def settled(optimum: Optimum) -> tuple[Floats, Floats]:
    """Return the sides of the variables, with sites settled that the multipliers decide for every equal plan.

    Parameters
    ----------
    optimum
        A proven optimum.

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper sides of all variables.
    """
    program = optimum.program
    lower, upper = program.lower.copy(), program.upper.copy()
    if optimum.duals is None:
        return lower, upper
    room = optimum.objective + optimum.slack - certified_bound(program, optimum.duals)
    reduced = reduced_costs(program, optimum.duals)[: optimum.sites]
    never: NDArray[np.bool_] = (reduced > room) & (lower[: optimum.sites] < 1.0)
    always: NDArray[np.bool_] = (-reduced > room) & (upper[: optimum.sites] > 0.0)
    upper[: optimum.sites][never] = 0.0
    lower[: optimum.sites][always] = 1.0
    return lower, upper


def _no_worse(optimum: Optimum) -> LinearProgram:
    """Return the program without its objective, which becomes a row."""
    scale = max(1.0, float(np.abs(optimum.program.cost).max()))
    harder = with_row(optimum.program, optimum.program.cost / scale, (optimum.objective + optimum.slack) / scale)
    return replace(harder, cost=np.zeros(len(optimum.program.cost)))


def with_row(program: LinearProgram, coefficients: Floats, most: float) -> LinearProgram:
    """Return a program with one row more, at its end: ``coefficients @ x <= most``."""
    at: Ints = np.flatnonzero(coefficients)
    row = sp.csr_array((coefficients[at], (np.zeros(len(at), np.int64), at)), shape=(1, len(coefficients)))
    return replace(
        program,
        rows=sp.csr_array(sp.vstack([program.rows, row])),
        row_lower=np.append(program.row_lower, -np.inf),
        row_upper=np.append(program.row_upper, most),
    )
