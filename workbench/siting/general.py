"""The general way: any covering problem with any rule, as a mixed-integer program."""

from __future__ import annotations

import numpy as np

from workbench.siting import model
from workbench.siting.canonical import EQUAL, Optimum, canonical
from workbench.siting.certificate import certified_bound, rounded_up
from workbench.siting.check import worth
from workbench.siting.course import Course
from workbench.siting.merging import Merged, merge, unmerged
from workbench.siting.problem import CoverProblem
from workbench.siting.result import SitingPlan
from workbench.siting.rules import Floats, Ints
from workbench.siting.sealing import sealed, unplanned
from workbench.solving import Answer, LinearProgram, Status, solve_lp, solve_mip


def merged_demand(problem: CoverProblem) -> Merged:
    """Merge demand rows as far as the rules allow.

    Where room is limited and a group has a floor, it matters whom of a merged row a site serves: then rows stay.
    """
    weights = np.stack([problem.weight, *(np.asarray(floor.weight) for floor in problem.rules.floors)])
    return (unmerged if problem.rules.capped and problem.rules.floors else merge)(problem.cover, weights)


def whole_objective(problem: CoverProblem) -> bool:
    """Whether every objective is a whole number."""
    if not problem.maximise:
        return bool((problem.cost == np.rint(problem.cost)).all())
    room = problem.rules.capacity
    whole_room = room is None or bool((room == np.rint(room)).all())
    return problem.whole and not problem.decays and whole_room


def solve_general(problem: CoverProblem, course: Course) -> SitingPlan:
    """Solve a covering problem as a mixed-integer program.

    Parameters
    ----------
    problem
        The problem.
    course
        Where it is told, and when to stop.

    Returns
    -------
    SitingPlan

    Raises
    ------
    CheckError
        If the plan does not survive its check.
    """
    merged = merged_demand(problem)
    course.close("merge", note=f"{merged.rows:,} rows of {problem.demand:,}")
    program = model.build(problem, merged, frozenset(model.rule_names(problem)))
    sign, whole = (-1.0 if problem.maximise else 1.0), whole_objective(problem)
    relaxed = solve_lp(program, course.left)
    if relaxed.duals is not None:
        course.close("relaxation", bound=sign * rounded_up(certified_bound(program, relaxed.duals), whole))
    own_bound = course.bound
    answer = solve_mip(program, course.left, news=course.news("branch and bound", problem.maximise))
    if answer.status is Status.INFEASIBLE:
        return unplanned(problem, course, answer.status, own_bound, conflicting_rules(problem, merged, course))
    if answer.values is None:
        course.close("branch and bound")
        return unplanned(problem, course, Status.UNKNOWN, own_bound)
    proven = answer.status is Status.OPTIMAL and course.left.gap == 0.0
    values, first = answer.values, False
    bound = sign * rounded_up(answer.bound - EQUAL * max(1.0, abs(answer.bound)), whole)
    course.close("branch and bound", _worth(problem, merged, values), bound)
    if proven and not problem.rules.capped:
        values, first = _first_of_equals(problem, merged, program, answer, relaxed.duals, course)
    split = model.served(problem, merged, values)
    return sealed(
        problem,
        course,
        _sites(problem, values),
        split,
        claimed=answer.objective * sign,
        own_bound=own_bound,
        proven=proven,
        canonical=first,
    )


def conflicting_rules(problem: CoverProblem, merged: Merged, course: Course) -> tuple[str, ...]:
    """Return rules that contradict each other, none of which could be left out of the contradiction.

    Each rule is dropped in turn; if the others still have no plan, it is dropped for good.

    Parameters
    ----------
    problem, merged
        An infeasible problem.
    course
        When to stop; what could not be tried by then stays.

    Returns
    -------
    tuple of str
        Names of rules, as :func:`workbench.siting.model.rule_names` gives them.
    """
    kept = list(model.rule_names(problem))
    for name in tuple(kept):
        if course.over:
            break
        others = frozenset(kept) - {name}
        program = model.build(problem, merged, others, aim=False)
        if solve_mip(program, course.left).status is Status.INFEASIBLE:
            kept.remove(name)
    course.close("conflict", note=f"{len(kept)} rules")
    return tuple(kept)


def _sites(problem: CoverProblem, values: Floats) -> Ints:
    return np.flatnonzero(values[: problem.sites] > 0.5)


def _worth(problem: CoverProblem, merged: Merged, values: Floats) -> float:
    return worth(problem, _sites(problem, values), model.served(problem, merged, values))


def _first_of_equals(
    problem: CoverProblem,
    merged: Merged,
    program: LinearProgram,
    answer: Answer,
    duals: Floats | None,
    course: Course,
) -> tuple[Floats, bool]:
    """Look for the first among equals; keep what there was if rounding made the other worse."""
    assert answer.values is not None
    optimum = Optimum(program, problem.sites, answer.values, answer.objective, whole_objective(problem), duals)
    values, first = canonical(optimum, course)
    course.close("ties", note="first among equals" if first else "too many to look at all equals")
    before, after = _worth(problem, merged, answer.values), _worth(problem, merged, values)
    worse = after < before if problem.maximise else after > before
    return (answer.values, False) if worse else (values, first)
