"""The verbs of covering: the fewest or cheapest sites for everybody, or the most people for some sites."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from workbench.arrays import Floats, Ints
from workbench.locate.engine.maximal import MaximalSearch, Rest, whole_rest
from workbench.locate.problem import (
    NO_SITES,
    ROUNDING,
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
    Progress,
    SitingPlan,
    canonical,
    certified_bound,
    in_real_numbers,
    in_units,
    read_limits,
    rounded_up,
    sealed,
    unplanned,
)
from workbench.solving import Answer, Limits, LinearProgram, Status, heeded_interrupt, solve_lp, solve_mip

# ----------------------------------------------------------------------------------------------------------------------
# The covering problems as mixed-integer programs: one function per rule.
#
# Variables are `x` (a site opens; 0 or 1) and `z` (to what share a row is covered). Where it matters who serves whom,
# because cover decays or room is limited, `z` stands for pairs of site and row instead.


@dataclass(eq=False)
class Rows:
    """Gathers constraints, many at a time."""

    columns: int
    parts: list[sp.csr_array] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)

    def add(self, matrix: sp.csr_array, lower: float | Floats = -math.inf, upper: float | Floats = math.inf) -> None:
        """Add rows of the shape (m, columns) between two sides."""
        self.parts.append(matrix)
        self.lower.append(np.broadcast_to(np.asarray(lower, np.float64), matrix.shape[:1]))
        self.upper.append(np.broadcast_to(np.asarray(upper, np.float64), matrix.shape[:1]))

    def line(self, at: Ints, values: Floats, lower: float = -math.inf, upper: float = math.inf) -> None:
        """Add one row."""
        matrix = sp.csr_array((values, (np.zeros(len(at), np.int64), at)), shape=(1, self.columns))
        self.add(matrix, lower, upper)


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


def rule_names(problem: CoverProblem) -> tuple[str, ...]:
    """Return the names of all rules that a problem holds, as a conflict would name them."""
    rules = problem.rules
    have = {
        "cover": problem.covers_all,
        "share": not problem.maximise and not problem.covers_all,
        "p": problem.p is not None,
        "budget": problem.budget is not None,
        "required": len(rules.required) > 0,
        "forbidden": len(rules.forbidden) > 0,
        "capacity": rules.capped,
        "cover_at_least": rules.cover_at_least > 1,
        "spacing": rules.spacing is not None and len(rules.spacing) > 0,
    }
    named = [f"floors.{floor.name}" for floor in rules.floors] + [f"at_most.{cap.name}" for cap in rules.at_most]
    named += [f"at_least.{group.name}" for group in rules.at_least]
    return (*(name for name, there in have.items() if there), *named)


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
    for rule in (_capacity, _share, _floors, _sites_and_budget, _at_most, _spacing):
        rule(shape, rows)
    lower, upper = _bounds(shape)
    integer = np.zeros(shape.columns, bool)
    integer[: problem.sites] = True
    integer[problem.sites :] = shape.site.size > 0 and _backup(shape) > 1
    return LinearProgram(
        cost=_objective(shape) if aim else np.zeros(shape.columns),
        rows=sp.csr_array(sp.vstack(rows.parts)) if rows.parts else sp.csr_array((0, shape.columns)),
        row_lower=np.concatenate([*rows.lower, np.empty(0)]),
        row_upper=np.concatenate([*rows.upper, np.empty(0)]),
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
    shape = _shape(problem, merged, frozenset(rule_names(problem)))
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
    if "required" in shape.rules:
        lower[shape.problem.rules.required] = 1.0
    if "forbidden" in shape.rules:
        upper[shape.problem.rules.forbidden] = 0.0
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


def _sites_and_budget(shape: Shape, rows: Rows) -> None:
    problem, sites = shape.problem, np.arange(shape.problem.sites)
    if problem.p is not None and "p" in shape.rules:
        rows.line(sites, np.ones(problem.sites), upper=float(problem.p))
    if problem.budget is not None and "budget" in shape.rules:
        amount, most = spending(problem.cost, problem.budget)
        rows.line(sites, amount, upper=most)


def spending(cost: Floats, budget: float) -> tuple[Floats, float]:
    """Return what sites take of a budget and how much there is, in budgets; 2 for a site that alone costs too much."""
    return np.where(cost > budget * (1 + ROUNDING), 2.0, cost / (budget or 1.0)), 1.0 if budget else 0.0


def _at_most(shape: Shape, rows: Rows) -> None:
    """Open no more than so many of a group of sites, and no fewer."""
    for cap in shape.problem.rules.at_most:
        if f"at_most.{cap.name}" in shape.rules:
            at: NDArray[np.int64] = np.asarray(cap.sites)
            rows.line(at, np.ones(len(at)), upper=float(cap.most))
    for group in shape.problem.rules.at_least:
        if f"at_least.{group.name}" in shape.rules:
            among: NDArray[np.int64] = np.asarray(group.sites)
            rows.line(among, np.ones(len(among)), lower=float(group.least))


def _spacing(shape: Shape, rows: Rows) -> None:
    """Open one of two sites that are too near each other."""
    pairs = shape.problem.rules.spacing
    if pairs is not None and len(pairs) and "spacing" in shape.rules:
        number = np.repeat(np.arange(len(pairs)), 2)
        rows.add(
            sp.csr_array((np.ones(2 * len(pairs)), (number, pairs.ravel())), shape=(len(pairs), shape.columns)),
            upper=1.0,
        )


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
    program = build(problem, merged, frozenset(rule_names(problem)))
    sign, whole = (-1.0 if problem.maximise else 1.0), whole_objective(problem)
    relaxed = solve_lp(program, course.left)
    if relaxed.duals is not None:
        course.close("relaxation", bound=sign * rounded_up(certified_bound(program, relaxed.duals), whole))
    own_bound = course.bound
    answer = solve_mip(program, course.left, news=course.news("branch and bound", problem.maximise))
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
        Names of rules, as :func:`workbench.locate.covering.rule_names` gives them.
    """
    kept = list(rule_names(problem))
    for name in tuple(kept):
        if course.over:
            break
        others = frozenset(kept) - {name}
        program = build(problem, merged, others, aim=False)
        if solve_mip(program, course.left).status is Status.INFEASIBLE:
            kept.remove(name)
    course.close("conflict", note=f"{len(kept)} rules")
    return tuple(kept)


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


BLURS = 1e6
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


def set_cover(
    cover: Any,
    *,
    cost: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    share: float = 1.0,
    p: int | None = None,
    budget: float | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    **rules: Any,
) -> SitingPlan:
    """Find the cheapest sites that cover everybody, or a share of the weight (LSCP).

    Parameters
    ----------
    cover
        Shape (sites, demand), sparse; an entry says that the site covers that demand.
    cost
        Shape (sites,), not negative; None for 1 each, which asks for the fewest sites.
    weight
        Shape (demand,) or (demand, groups); needed for a share, for capacities, and nowhere else.
    share
        Share of the weight to cover; 1 covers every row, whatever its weight.
    p, budget
        Most sites, and most that they may cost, required ones included; None for no limit.
    time_limit_s
        Wall time; the best plan so far is returned with its bound. None for no limit.
    gap
        Relative gap that is good enough; such a plan is FEASIBLE.
    seed
        Seed of everything random.
    progress
        Told of stage, incumbent, bound and gap.
    **rules
        ``required``, ``forbidden``, ``capacity``, ``floors``, ``cover_at_least``, ``at_most``, ``at_least``,
        ``spacing``: see :class:`workbench.locate.problem.Rules`.

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
    problem = cover_problem("set_cover", cover, weight=weight, cost=cost, share=share, p=p, budget=budget, rules=rules)
    return solve_cover(problem, read_limits(problem.name, time_limit_s, gap, seed), progress)


def max_cover(
    cover: Any,
    weight: ArrayLike | None = None,
    p: int | None = None,
    *,
    budget: float | None = None,
    site_cost: ArrayLike | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    **rules: Any,
) -> SitingPlan:
    """Find the sites that cover the most weight (MCLP).

    Parameters
    ----------
    cover
        Shape (sites, demand), sparse; an entry says that the site covers that demand, or to what share.
    weight
        Shape (demand,) or (demand, groups), not negative, whole or real; None counts rows.
    p
        Most sites to open, required ones included.
    budget
        Most that the sites may cost, required ones included.
    site_cost
        Shape (sites,), what each costs; None for 1 each.
    time_limit_s, gap, seed, progress, **rules
        As :func:`set_cover` takes them.

    Returns
    -------
    SitingPlan
        Its objective is the weight that is covered.

    Raises
    ------
    SitingError
        With everything that is wrong with the problem.
    CheckError
        If the plan does not survive its check.
    """
    problem = cover_problem("max_cover", cover, weight=weight, cost=site_cost, p=p, budget=budget, rules=rules)
    return solve_cover(problem, read_limits(problem.name, time_limit_s, gap, seed), progress)


def max_cover_curve(
    cover: Any,
    weight: ArrayLike | None,
    most: int,
    *,
    budget: float | None = None,
    site_cost: ArrayLike | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    **rules: Any,
) -> tuple[SitingPlan, ...]:
    """Find the best plan for every number of sites up to the most, each starting from the one before.

    Parameters
    ----------
    cover, weight, budget, site_cost, gap, seed, progress, **rules
        As :func:`max_cover` takes them.
    most
        Largest number of sites; the smallest is 1, or the number of required sites.
    time_limit_s
        Wall time for each number.

    Returns
    -------
    tuple of SitingPlan
        By number of sites, ascending, each with its own bound; where no site can add anything any more, the same
        plan again. Ctrl-C ends the curve early.

    Raises
    ------
    SitingError
        With everything that is wrong with the problem.
    CheckError
        If a plan does not survive its check.
    """
    problem = cover_problem("max_cover", cover, weight=weight, cost=site_cost, p=most, budget=budget, rules=rules)
    limits = read_limits("max_cover", time_limit_s, gap, seed)
    counted, unit = in_units(problem)
    first = max(1, len(problem.rules.required))
    base = whole_rest(counted) if counted.plain else None
    allowed = np.setdiff1d(np.arange(problem.sites), problem.rules.forbidden)
    all_of_it = worth(counted, allowed) if base is not None else np.inf
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
    problem: CoverProblem, limits: Limits, progress: Progress | None = None, before: Ints | None = None
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
    free = np.setdiff1d(np.arange(problem.sites), problem.rules.forbidden)
    return free[problem.cost[free] > BLURS * plan.objective]


def _without(problem: CoverProblem, sites: Ints) -> CoverProblem:
    rules = problem.rules
    return replace(problem, rules=replace(rules, forbidden=np.union1d(rules.forbidden, sites)))


def _solved(problem: CoverProblem, course: Course, base: Rest | None = None, before: Ints | None = None) -> SitingPlan:
    if problem.plain:
        return MaximalSearch(problem, course, base, before).run()
    return _solve_general(problem, course)
