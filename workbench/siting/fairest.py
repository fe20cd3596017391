"""The largest least share: of all plans that cover enough, one that leaves the worst-off group best off."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from workbench.errors import CheckError
from workbench.siting import model
from workbench.siting.canonical import EQUAL, Optimum, canonical, with_row
from workbench.siting.check import broken_rules, covered, weight_covered
from workbench.siting.course import Course
from workbench.siting.general import merged_demand
from workbench.siting.problem import CoverProblem
from workbench.siting.rules import Floats, Floor, Ints
from workbench.solving import LinearProgram, Status, solve_lp, solve_mip


@dataclass(frozen=True, eq=False)
class Fairest:
    """A plan whose least share of a group is largest.

    Parameters
    ----------
    status
        OPTIMAL, FEASIBLE, INFEASIBLE or UNKNOWN.
    sites
        Positions of its sites; None when there is no plan.
    served
        Shape (sites, demand), who serves whom, where room is limited.
    bound
        No plan has a larger least share.
    """

    status: Status
    sites: Ints | None
    served: sp.csr_array | None
    bound: float


def fairest(problem: CoverProblem, groups: tuple[Floor, ...], course: Course) -> Fairest:
    """Find the plan.

    Parameters
    ----------
    problem
        Maximal covering; its weight only matters for floors on it.
    groups
        Whose least share counts; their own shares are passed over.
    course
        Where it is told, and when to stop.

    Returns
    -------
    Fairest

    Raises
    ------
    CheckError
        If the plan does not survive its check.
    """
    own = len(problem.rules.floors)
    asked = replace(problem, rules=replace(problem.rules, floors=(*problem.rules.floors, *groups)))
    merged = merged_demand(asked)
    names = frozenset(model.rule_names(problem))
    program = model.build(asked, merged, names, aim=False)
    program = _with_least(program)
    for kind, group in enumerate(groups, own + 1):
        weight = model.covered_weight(asked, merged, kind) / math.fsum(np.asarray(group.weight))
        program = with_row(program, np.append(-weight, 1.0), 0.0)
    answer = solve_mip(program, course.left, news=course.news("least share", True))
    course.close("least share", -answer.objective, -answer.bound)
    if answer.values is None:
        return Fairest(answer.status, None, None, min(1.0, -answer.bound))
    proven = answer.status is Status.OPTIMAL and course.left.gap == 0.0
    values = answer.values
    if proven and not problem.rules.capped:
        duals = solve_lp(program, course.left).duals
        values, _ = canonical(Optimum(program, problem.sites, values, answer.objective, False, duals), course)
    sites = np.flatnonzero(values[: problem.sites] > 0.5)
    served = model.served(asked, merged, values[:-1])
    found = broken_rules(problem, sites, served)
    if found:
        raise CheckError(found)
    bound = -answer.objective if proven else min(1.0, -answer.bound + EQUAL)
    return Fairest(Status.OPTIMAL if proven else Status.FEASIBLE, sites, served, bound)


def shares(problem: CoverProblem, groups: tuple[Floor, ...], sites: Ints, served: sp.csr_array | None) -> Floats:
    """Return which share of each group a plan covers, (groups,).

    Parameters
    ----------
    problem, groups
        As :func:`fairest` takes them.
    sites, served
        The plan.
    """
    share = covered(problem, sites, served)
    return np.array(
        [weight_covered(np.asarray(group.weight), share) / math.fsum(np.asarray(group.weight)) for group in groups]
    )


def _with_least(program: LinearProgram) -> LinearProgram:
    """Return a program with one variable more, a share that is to be as large as can be."""
    columns = len(program.cost)
    return replace(
        program,
        cost=np.append(np.zeros(columns), -1.0),
        rows=sp.csr_array(sp.hstack([program.rows, sp.csr_array((program.rows.shape[0], 1))])),
        lower=np.append(program.lower, 0.0),
        upper=np.append(program.upper, 1.0),
        integer=None if program.integer is None else np.append(program.integer, False),
    )
