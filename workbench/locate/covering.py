"""The verbs of covering: the fewest or cheapest sites for everybody, or the most people for some sites."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from workbench.arrays import Floats, Ints
from workbench.errors import Problem
from workbench.locate.engine.maximal import MaximalSearch, Rest, whole_rest
from workbench.locate.problem import (
    CoverProblem,
    Merged,
    SitingError,
    cover_problem,
    merge,
    read_walks,
    unmerged,
    worth,
)
from workbench.locate.result import (
    EQUAL,
    Course,
    Optimum,
    SitingPlan,
    canonical,
    certified_bound,
    conflicting,
    from_arrays,
    in_real_numbers,
    in_units,
    rounded_up,
    sealed,
    unplanned,
)
from workbench.locate.rules import NO_SITES
from workbench.progress import SILENT, Progress
from workbench.solving import (
    UNLIMITED,
    Answer,
    Limits,
    LinearProgram,
    Rows,
    Status,
    heeded_interrupt,
    solve_lp,
    solve_mip,
)

# ----------------------------------------------------------------------------------------------------------------------
# The covering problems as mixed-integer programs: one function per rule.
#
# Variables are `x` (a site opens; 0 or 1) and `z` (to what share a row is covered). Where it matters who serves whom,
# because cover decays or room is limited, `z` stands for pairs of site and row instead.


@dataclass(frozen=True, eq=False)
class Shape:
    """What the columns of the program mean.

    Parameters
    ----------
    problem, merged
        What is modelled; ``merged.weights`` holds the weight first, then one row per floor.
    rules
        Names of the rules that hold.
    row, site
        Row and site of each ``z``; the site is -1 where ``z`` stands for a whole row.
    pull
        To what share a ``z`` of 1 covers its row.
    """

    problem: CoverProblem
    merged: Merged
    rules: frozenset[str]
    row: Ints
    site: Ints
    pull: Floats

    @property
    def columns(self) -> int:
        """How many variables there are."""
        return self.problem.sites + len(self.row)

    @property
    def z(self) -> Ints:
        """Columns of the ``z``."""
        return np.arange(self.problem.sites, self.columns)


def build(problem: CoverProblem, merged: Merged, rules: frozenset[str], *, aim: bool = True) -> LinearProgram:
    """Build the program.

    Parameters
    ----------
    problem, merged
        What to model.
    rules
        Names of the rules that are to hold; the others are left out.
    aim
        Whether to have an objective; without one any allowed plan will do.

    Returns
    -------
    LinearProgram
        To be minimised; the first ``problem.sites`` variables are the sites.
    """
    shape = _shape(problem, merged, rules)
    rows = Rows(shape.columns)
    _cover_needs_sites(shape, rows)
    for rule in (_capacity, _share, _floors, _on_sites):
        rule(shape, rows)
    lower, upper = _bounds(shape)
    integer = np.zeros(shape.columns, bool)
    integer[: problem.sites] = True
    integer[problem.sites :] = shape.site.size > 0 and _backup(shape) > 1
    return LinearProgram(
        cost=_objective(shape) if aim else np.zeros(shape.columns),
        rows=rows.matrix,
        row_lower=rows.lower,
        row_upper=rows.upper,
        lower=lower,
        upper=upper,
        integer=integer,
    )


def served(problem: CoverProblem, merged: Merged, values: Floats) -> sp.csr_array | None:
    """Read who serves whom out of a solution, for every demand; None where it does not matter.

    Parameters
    ----------
    problem, merged
        What was modelled.
    values
        Values of all variables.

    Returns
    -------
    scipy.sparse.csr_array or None
        Shape (sites, demand), shares.
    """
    if not problem.rules.capped:
        return None
    shape = _shape(problem, merged, frozenset(problem.keys))
    share = np.clip(values[problem.sites :], 0.0, 1.0)
    split = sp.csr_array((share, (shape.site, shape.row)), shape=merged.cover.shape)
    seen = np.flatnonzero(merged.group >= 0)
    spread = sp.csr_array((np.ones(len(seen)), (merged.group[seen], seen)), shape=(merged.rows, len(merged.group)))
    every = sp.csr_array(split @ spread)
    every.eliminate_zeros()
    return every


def covered_weight(problem: CoverProblem, merged: Merged, kind: int) -> Floats:
    """Return how much each variable counts in the weight covered of one kind.

    Parameters
    ----------
    problem, merged
        What is modelled.
    kind
        0 for the weight itself, k for that of the k-th floor.

    Returns
    -------
    numpy.ndarray
        Shape (columns,).
    """
    shape = _shape(problem, merged, frozenset())
    return np.concatenate([np.zeros(problem.sites), merged.weights[kind][shape.row] * shape.pull])


def _shape(problem: CoverProblem, merged: Merged, rules: frozenset[str]) -> Shape:
    if problem.allots:
        pairs = sp.coo_array(merged.cover)
        return Shape(problem, merged, rules, pairs.col.astype(np.int64), pairs.row.astype(np.int64), pairs.data)
    rows = np.arange(merged.rows, dtype=np.int64)
    return Shape(problem, merged, rules, rows, np.full(merged.rows, -1, np.int64), np.ones(merged.rows))


def _backup(shape: Shape) -> int:
    return shape.problem.rules.cover_at_least if "cover_at_least" in shape.rules else 1


def _objective(shape: Shape) -> Floats:
    if shape.problem.maximise:
        return np.concatenate([np.zeros(shape.problem.sites), -shape.merged.weights[0][shape.row] * shape.pull])
    return np.concatenate([shape.problem.cost, np.zeros(len(shape.row))])


def _bounds(shape: Shape) -> tuple[Floats, Floats]:
    """Open what is required, shut what is forbidden, and cover every row where everybody is to be covered."""
    lower, upper = np.zeros(shape.columns), np.ones(shape.columns)
    lower[: shape.problem.sites], upper[: shape.problem.sites] = shape.problem.settled(shape.rules)
    if "cover" in shape.rules and not shape.problem.allots:
        lower[shape.z] = 1.0
    return lower, upper


def _cover_needs_sites(shape: Shape, rows: Rows) -> None:
    """Let only open sites cover a row, or serve a pair."""
    if shape.problem.allots:
        pairs = np.arange(len(shape.row))
        size = (len(pairs), shape.columns)
        rows.add(
            sp.csr_array((np.ones(len(pairs)), (pairs, shape.z)), shape=size)
            - sp.csr_array((np.ones(len(pairs)), (pairs, shape.site)), shape=size),
            upper=0.0,
        )
        once = sp.csr_array((np.ones(len(pairs)), (shape.row, shape.z)), shape=(shape.merged.rows, shape.columns))
        rows.add(once, lower=1.0 if "cover" in shape.rules else -math.inf, upper=1.0)
        return
    need = -float(_backup(shape)) * sp.eye_array(shape.merged.rows, format="csr")
    rows.add(sp.csr_array(sp.hstack([shape.merged.by_row, need])), lower=0.0)


def _capacity(shape: Shape, rows: Rows) -> None:
    """Let a site serve no more than it has room for."""
    capacity = shape.problem.rules.capacity
    if capacity is None or "capacity" not in shape.rules:
        return
    weight, sites = shape.merged.weights[0][shape.row], shape.problem.sites
    room = np.minimum(capacity, np.bincount(shape.site, weight, minlength=sites))  # no site serves more than it reaches
    heaviest = np.zeros(sites)
    np.maximum.at(heaviest, shape.site, weight)
    scale = np.maximum(np.maximum(room, heaviest), np.finfo(float).tiny)
    size, site = (sites, shape.columns), np.arange(sites)
    share = sp.csr_array((weight / scale[shape.site], (shape.site, shape.z)), shape=size)
    rows.add(share - sp.csr_array((room / scale, (site, site)), shape=size), upper=0.0)


def _share(shape: Shape, rows: Rows) -> None:
    """Cover the share of the weight that set covering asks for."""
    if "share" in shape.rules:
        total = math.fsum(shape.problem.weight)
        _least(shape, rows, shape.merged.weights[0], total, shape.problem.share)


def _floors(shape: Shape, rows: Rows) -> None:
    """Cover the least share of each group."""
    for number, floor in enumerate(shape.problem.rules.floors, 1):
        if f"floors.{floor.name}" in shape.rules:
            total = math.fsum(np.asarray(floor.weight))
            _least(shape, rows, shape.merged.weights[number], total, floor.share)


def _least(shape: Shape, rows: Rows, weight: Floats, total: float, share: float) -> None:
    if total > 0 and share > 0:
        rows.line(shape.z, weight[shape.row] * shape.pull / total, lower=share)


def _on_sites(shape: Shape, rows: Rows) -> None:
    """Keep the rules on which sites open."""
    for rule in shape.problem.site_rules:
        if rule.key in shape.rules:
            own = rule.rows(shape.problem.sites).in_units()
            rows.add(own.matrix, own.lower, own.upper)


# ----------------------------------------------------------------------------------------------------------------------
# The general way: any covering problem with any rule, as a mixed-integer program.


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


def _solve_general(problem: CoverProblem, course: Course) -> SitingPlan:
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
    program = build(problem, merged, frozenset(problem.keys))
    sign, whole = (-1.0 if problem.maximise else 1.0), whole_objective(problem)
    relaxed = solve_lp(program, course.left)
    if relaxed.duals is not None:
        course.close("relaxation", bound=sign * rounded_up(certified_bound(program, relaxed.duals), whole))
    own_bound = course.bound
    answer = solve_mip(program, course.left, on_bound=course.listener("branch and bound", problem.maximise))
    if answer.status is Status.INFEASIBLE:
        return unplanned(problem, course, answer.status, own_bound, _conflicting_rules(problem, merged, course))
    if answer.values is None:
        course.close("branch and bound")
        return unplanned(problem, course, Status.UNKNOWN, own_bound)
    proven = answer.status is Status.OPTIMAL and course.left.gap == 0.0
    values, first = answer.values, False
    bound = sign * rounded_up(answer.bound - EQUAL * max(1.0, abs(answer.bound)), whole)
    course.close("branch and bound", _worth(problem, merged, values), bound)
    if proven and not problem.rules.capped:
        values, first = _first_of_equals(problem, merged, program, answer, relaxed.duals, course)
    split = served(problem, merged, values)
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


def _conflicting_rules(problem: CoverProblem, merged: Merged, course: Course) -> tuple[str, ...]:
    """Return rules of an infeasible problem that contradict each other."""

    def contradict(keys: frozenset[str]) -> bool:
        return solve_mip(build(problem, merged, keys, aim=False), course.left).status is Status.INFEASIBLE

    found = conflicting(problem.keys, contradict, course)
    course.close("conflict", note=f"{len(found)} rules")
    return found


def _sites(problem: CoverProblem, values: Floats) -> Ints:
    return np.flatnonzero(values[: problem.sites] > 0.5)


def _worth(problem: CoverProblem, merged: Merged, values: Floats) -> float:
    return worth(problem, _sites(problem, values), served(problem, merged, values))


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


# ----------------------------------------------------------------------------------------------------------------------
# The verbs of covering: the fewest or cheapest sites for everybody, or the most people for some sites.


_BLURS = 1e6
"""How much more than a whole plan a site may cost before the problem is solved again without it."""


def covered_within(cost: Any, limit: float) -> sp.csr_array:
    """Turn walks into cover.

    Parameters
    ----------
    cost
        Shape (sites, demand). Dense (an array, a table of pandas, lists): every cell is a walk, and 0 is one. Sparse: a
        stored entry is a walk, a stored 0 too; what is not stored is no way. Infinite is no way.
    limit
        The longest walk that covers, 0 or more.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (sites, demand), True where the walk is within the limit.

    Raises
    ------
    SitingError
        If walks are missing or negative, the limit is none, or a sparse format does not tell a 0 from nothing.
    """
    check, walks = read_walks("covered_within", "cost", cost)
    if limit != math.inf:
        limit = check.number("limit", limit, "this is no limit", "a number ≥ 0")
    if check.problems:
        raise SitingError(check.problems)
    near = walks.walk <= limit
    shape = (check.sites, check.demand)
    return sp.csr_array((np.ones(int(near.sum()), bool), (walks.site[near], walks.demand[near])), shape=shape)


@from_arrays("set_cover", cover_problem)
def set_cover(problem: CoverProblem, limits: Limits = UNLIMITED, progress: Progress = SILENT) -> SitingPlan:
    """Find the cheapest sites that cover everybody, or a share of the weight (LSCP).

    Parameters
    ----------
    problem
        The problem; or what :func:`workbench.locate.cover_problem` makes it of, every limit by its name.
    limits
        When to stop: the best plan so far is returned with its bound, FEASIBLE.
    progress
        Told of stage, incumbent, bound and gap.

    Returns
    -------
    SitingPlan

    Raises
    ------
    SitingError
        With everything that is wrong with the problem.
    CheckError
        If the plan does not survive its check.
    """
    return solve_cover(problem, limits, progress)


@from_arrays("max_cover", cover_problem)
def max_cover(problem: CoverProblem, limits: Limits = UNLIMITED, progress: Progress = SILENT) -> SitingPlan:
    """Find the sites that cover the most weight (MCLP); its objective is the weight that is covered.

    Called as :func:`workbench.locate.set_cover` is.
    """
    return solve_cover(problem, limits, progress)


@from_arrays("max_cover", cover_problem)
def max_cover_curve(
    problem: CoverProblem, limits: Limits = UNLIMITED, progress: Progress = SILENT
) -> tuple[SitingPlan, ...]:
    """Find the best plan for every number of sites up to that of a problem, each starting from the one before.

    Called as :func:`workbench.locate.set_cover` is; the wall time is for each number.

    Returns
    -------
    tuple of SitingPlan
        By number of sites, from 1, or the number of required sites, on, each with its own bound; where no site can add
        anything any more, the same plan again. Ctrl-C ends the curve early.
    """
    if problem.p is None:
        what = "no number of sites is given"
        raise SitingError(Problem(problem.name, what, key="p", mend="Give p, the largest number of the curve."))
    counted, unit = in_units(problem)
    first, most = max(1, len(problem.rules.required)), problem.p
    base = whole_rest(counted) if counted.plain else None
    all_of_it = worth(counted, problem.allowed) if base is not None else np.inf
    plans: list[SitingPlan] = []
    with heeded_interrupt() as interrupt:
        for p in range(first, most + 1):
            if base is not None and plans and plans[-1].status is Status.OPTIMAL and plans[-1].objective >= all_of_it:
                plans.append(plans[-1])  # all that can be covered is: one more site changes nothing
                continue
            before = plans[-1].sites if plans and plans[-1].plan is not None else None
            course = Course(True, limits, interrupt, progress, unit)
            plans.append(_solved(replace(counted, p=min(p, problem.sites)), course, base, before))
            if interrupt.asked:
                break
    return tuple(in_real_numbers(replace(problem, p=p), plan, unit) for p, plan in enumerate(plans, first))


def solve_cover(
    problem: CoverProblem, limits: Limits, progress: Progress = SILENT, before: Ints | None = None
) -> SitingPlan:
    """Solve a checked problem.

    Parameters
    ----------
    problem
        The problem.
    limits
        When to stop.
    progress
        Told of stage, incumbent, bound and gap.
    before
        Sites of a plan to start from, where the way to the answer can make use of one.

    Returns
    -------
    SitingPlan

    Raises
    ------
    CheckError
        If the plan does not survive its check.
    """
    if problem.p is not None and problem.p > problem.sites:  # at most so many: all may open
        problem = replace(problem, p=problem.sites)
    counted, unit = in_units(problem)
    with heeded_interrupt() as interrupt:
        course = Course(problem.maximise, limits, interrupt, progress, unit)
        plan = in_real_numbers(problem, _solved(counted, course, before=before), unit)
        dear = _too_dear(problem, plan)
        if len(dear) and not course.over:
            return solve_cover(_without(problem, dear), course.left, progress, plan.sites)
    return plan


def _too_dear(problem: CoverProblem, plan: SitingPlan) -> Ints:
    """Return sites that cost far more than a whole plan: no better plan has them, and they blur the others."""
    if problem.maximise or plan.plan is None:
        return NO_SITES
    free = problem.allowed
    return free[problem.cost[free] > _BLURS * plan.objective]


def _without(problem: CoverProblem, sites: Ints) -> CoverProblem:
    rules = problem.rules
    return replace(problem, rules=replace(rules, forbidden=np.union1d(rules.forbidden, sites)))


def _solved(problem: CoverProblem, course: Course, base: Rest | None = None, before: Ints | None = None) -> SitingPlan:
    if problem.plain:
        return MaximalSearch(problem, course, base, before).run()
    return _solve_general(problem, course)
