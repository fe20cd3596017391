"""What fairness costs: the plans that nothing beats in both weight covered and the share of the worst-off group."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from workbench.siting.check import covered, weight_covered
from workbench.siting.course import Course, read_limits
from workbench.siting.covering import solve_cover
from workbench.siting.fairest import Fairest, fairest, shares
from workbench.siting.frontier import at_least_covered, check_most, frontier_status
from workbench.siting.problem import CoverProblem, SitingError, cover_problem
from workbench.siting.result import Plan, Progress, SitingPlan
from workbench.siting.rules import Floats, Floor, Gate, Ints
from workbench.siting.whole_numbers import MOST_WHOLE, objective_unit
from workbench.solving import Interrupt, Limits, Status, heeded_interrupt

MORE = 1e-7
"""By how much a share has to be higher to count as higher, where people are not counted in whole numbers."""


@dataclass(frozen=True, eq=False)
class Group:
    """Whose share counts, such as a community or an age band.

    Parameters
    ----------
    name
        What it is called.
    weight
        Shape (demand,), how much of it lives where.
    """

    name: str
    weight: ArrayLike


@dataclass(frozen=True, eq=False)
class EquityPoint:
    """A plan of the frontier of weight covered against the least share of a group.

    Parameters
    ----------
    sites
        Positions of its sites, ascending.
    covered
        Weight that it covers.
    least_share
        Share of the worst-off group that it covers, of the whole group.
    worst
        Name of that group, the first of equals.
    shares
        Shape (groups,), share of each.
    most_covered
        No plan that leaves no group worse off covers more.
    most_share
        No plan that covers as much has a larger least share.
    status
        OPTIMAL: both are proven, nothing beats it. FEASIBLE: mind how far the bounds are.
    """

    sites: Ints
    covered: float
    least_share: float
    worst: str
    shares: Floats
    most_covered: float
    most_share: float
    status: Status


@dataclass(frozen=True, eq=False)
class EquityFrontier:
    """Plans that nothing beats in both weight covered and the least share of a group.

    Parameters
    ----------
    points
        From the most weight to the largest least share.
    groups
        Names of the groups, in the order of ``shares``.
    total
        Weight of all demand: the denominator of ``covered``.
    complete
        Whether it is proven that there are no others.
    status, conflict
        As :class:`workbench.siting.CostFrontier` has them.
    """

    points: tuple[EquityPoint, ...]
    groups: tuple[str, ...]
    total: float
    complete: bool
    status: Status
    conflict: tuple[str, ...] = ()


def cover_equity_frontier(
    cover: Any,
    weight: ArrayLike | None,
    p: int | None = None,
    *,
    groups: Sequence[Group],
    budget: float | None = None,
    site_cost: ArrayLike | None = None,
    most: int | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    **rules: Any,
) -> EquityFrontier:
    """Trace what it costs to leave no group behind.

    From the most weight on: the most weight that can be covered with every group above a share, the largest least share
    among the plans that cover that much, and then every group above that. Groups may overlap.

    Parameters
    ----------
    cover, weight, p, budget, site_cost, gap, seed, progress, **rules
        As :func:`workbench.siting.max_cover` takes them.
    groups
        Whose shares count; each with somebody in it. Where their weights are no whole numbers, or cover decays, or
        room is limited, shares within 1e-7 count as equal.
    most
        Most shares to look at, evenly spread between the two ends; None for every point there is.
    time_limit_s
        Wall time for each of two programs a point.

    Returns
    -------
    EquityFrontier
        After Ctrl-C, the points found so far, from the end of the most weight.

    Raises
    ------
    SitingError
        With everything that is wrong with the problem.
    CheckError
        If a plan does not survive its check.
    """
    limits = read_limits("cover_equity_frontier", time_limit_s, gap, seed)
    problem = cover_problem("max_cover", cover, weight=weight, cost=site_cost, p=p, budget=budget, rules=rules)
    check_most("cover_equity_frontier", problem, most)
    with heeded_interrupt() as interrupt:
        return _Trace(problem, _read_groups(problem, groups), limits, interrupt, progress).run(most)


def _read_groups(problem: CoverProblem, groups: Sequence[Group]) -> tuple[Floor, ...]:
    """Read the groups as floors of nothing."""
    gate = Gate("cover_equity_frontier", problem.sites, problem.demand)
    read: list[Floor] = []
    groups = gate.records("groups", groups, Group)
    if not (groups or gate.problems):
        gate.wrong("groups", "there are none", mend="Give at least one Group.")
    for group in groups:
        key = f"groups.{group.name}"
        before = len(gate.problems)
        weight = gate.vector(key, group.weight, problem.demand, "demand row")
        if len(gate.problems) == before and not weight.any():
            gate.wrong(key, "nobody is in this group, so it has no share", mend="Leave it out.")
        unit = objective_unit(weight, MOST_WHOLE)  # only shares of it matter
        if unit is not None:
            weight = unit.count(weight) if unit.exact else weight * unit.factor
        read.append(Floor(f"least share of {group.name}", weight, 0.0))
    names = [group.name for group in groups]
    for name in sorted({name for name in names if names.count(name) > 1}):
        gate.wrong("groups", "a name stands twice", found=name)
    if gate.problems:
        raise SitingError(gate.problems)
    return tuple(read)


class _Trace:
    """One run along the frontier."""

    def __init__(
        self,
        problem: CoverProblem,
        groups: tuple[Floor, ...],
        limits: Limits,
        interrupt: Interrupt,
        progress: Progress | None,
    ) -> None:
        self.problem, self.groups, self.limits = problem, groups, limits
        self.interrupt, self.progress = interrupt, progress
        self.names = tuple(group.name.removeprefix("least share of ") for group in groups)
        self.sizes = np.array([math.fsum(np.asarray(group.weight)) for group in groups])
        counted = all((np.asarray(group.weight) == np.rint(group.weight)).all() for group in groups)
        self.whole = counted and not problem.allots

    def run(self, most: int | None) -> EquityFrontier:
        """Go along."""
        points: list[EquityPoint] = []
        failed: SitingPlan | None = None
        levels: list[float] = []
        floors: Floats | None = np.zeros(len(self.groups))
        while floors is not None and not self.interrupt.asked:
            plan = solve_cover(self._above(floors), self.limits, self.progress)
            if plan.plan is None:
                failed = plan
                break
            points.append(self._fairest(plan))
            if most is not None and not levels:
                levels = self._levels(points[0], most)
            floors = self._next(points[-1], None if most is None else levels)
        best = _undominated(points)
        proven = all(point.status is Status.OPTIMAL for point in best)
        ended = failed is None or failed.status is Status.INFEASIBLE
        return EquityFrontier(
            points=best,
            groups=self.names,
            total=math.fsum(self.problem.weight),
            complete=most is None and proven and ended and not self.interrupt.asked,
            status=frontier_status(proven, len(best), failed),
            conflict=failed.conflict if failed is not None and not best else (),
        )

    def _above(self, floors: Floats) -> CoverProblem:
        """Ask for at least these shares of the groups."""
        asked = tuple(replace(group, share=float(share)) for group, share in zip(self.groups, floors, strict=True))
        rules = self.problem.rules
        return replace(self.problem, rules=replace(rules, floors=(*rules.floors, *asked)))

    def _course(self) -> Course:
        return Course(True, self.limits, self.interrupt, self.progress)

    def _fairest(self, plan: SitingPlan) -> EquityPoint:
        """Find the largest least share among plans that cover as much as one does."""
        at_least = replace(at_least_covered(self.problem, plan.objective), name="max_cover", budget=self.problem.budget)
        found = fairest(at_least, self.groups, self._course())
        best = plan.plan if found.sites is None else Plan(found.sites, math.nan, plan.allocation, found.served)
        assert best is not None
        own = shares(self.problem, self.groups, best.sites, best.served)
        won = weight_covered(self.problem.weight, covered(self.problem, best.sites, best.served))
        proven = plan.status is Status.OPTIMAL and found.status is Status.OPTIMAL
        return EquityPoint(
            sites=best.sites,
            covered=won,
            least_share=float(own.min()),
            worst=self.names[int(np.argmin(own))],
            shares=own,
            most_covered=max(won, plan.bound),
            most_share=max(float(own.min()), found.bound),
            status=Status.OPTIMAL if proven else Status.FEASIBLE,
        )

    def _levels(self, first: EquityPoint, most: int) -> list[float]:
        """Spread shares evenly from that of the first point to the largest that any plan has."""
        top: Fairest = fairest(self.problem, self.groups, self._course())
        if top.sites is None:
            return []
        reached = float(shares(self.problem, self.groups, top.sites, top.served).min())
        return [float(one) for one in np.linspace(first.least_share, reached, most)]

    def _next(self, point: EquityPoint, levels: list[float] | None) -> Floats | None:
        """Return the shares to ask for after a point; None after the last."""
        if levels is not None:
            level = min((one for one in levels if one > point.least_share + MORE), default=None)
            return None if level is None else np.full(len(self.groups), level)
        if not self.whole:
            level = point.least_share + MORE
            return None if level > 1.0 else np.full(len(self.groups), level)
        worst = int(np.argmin(point.shares))
        size = int(self.sizes[worst])
        count = round(point.least_share * size)
        more = np.array([count * int(own) // size + 1 for own in self.sizes], np.float64)
        return None if (more > self.sizes).any() else more / self.sizes


def _undominated(points: list[EquityPoint]) -> tuple[EquityPoint, ...]:
    """Return the points, the one that covers most first, without those that another one beats."""
    kept: list[EquityPoint] = []
    for point in sorted(points, key=lambda one: (-one.covered, -one.least_share)):
        if not kept or point.least_share > kept[-1].least_share:
            kept.append(point)
    return tuple(kept)
