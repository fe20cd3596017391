"""What each amount of money can do for one centre: all combinations of works of which none is better for less.

The trace goes down from the most money: the best need within it, by priority, then the least cost of that need; then
the same for one yuan less than that cost, until today's need is reached. What is left untried, or unproven, is told by
bounds: no works that cost as much as a step, and less than the one before it, come to better than its bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.rooms.problem import PRIORITIES
from workbench.rooms.stages import CentrePlan
from workbench.rooms.works.choices import worked_choices
from workbench.rooms.works.problem import Work, Worth
from workbench.rooms.works.search import Found, Point, WorkSearch, worth_of
from workbench.solving import Interrupt, Status

_MOST_HARD = 2
"""Searches of one centre that may go on once they are found to be hard; then works are only tried and bounded."""


@dataclass(frozen=True)
class Frontier:
    """What each amount of money can do for one centre.

    Parameters
    ----------
    points
        By cost, ascending; each dearer one is worth more. The first is the centre as it is.
    bounds
        Cost and worth, ascending: works that cost at least as much are never better, as far as they cost less than the
        next.
    works
        Works that some session could take, whatever they cost.
    """

    points: tuple[Point, ...]
    bounds: tuple[tuple[int, Worth], ...]
    works: tuple[Work, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether no other works could be better for the same money."""
        return all(any(p.cost <= cost and p.worth <= worth for p in self.points) for cost, worth in self.bounds)


@dataclass(frozen=True)
class TraceLimits:
    """How far a trace goes.

    Parameters
    ----------
    money
        Most money, yuan.
    most_days
        Most days of work in the centre; None for as many as it takes.
    points
        Most amounts of money that are tried.
    effort
        Most work on one stage of one of them, in CP-SAT's deterministic seconds.
    """

    money: int
    most_days: int | None = None
    points: int = 40
    effort: float = 20.0


def trace(plan: CentrePlan, works: Sequence[Work], limits: TraceLimits, interrupt: Interrupt | None = None) -> Frontier:
    """Trace what each amount of money can do for one centre.

    Parameters
    ----------
    plan
        The centre and its plan as it is.
    works
        Works that are possible there.
    limits
        How far to go.
    interrupt
        Whether Ctrl-C was pressed; then no further amount is tried.

    Returns
    -------
    Frontier
    """
    stop = interrupt or Interrupt()
    today = Point(0, worth_of(plan.centre, plan.timetable))
    found: list[Point] = []
    search = WorkSearch(plan.centre, works, limits.money, limits.most_days, limits.effort, stop)
    bounds = [(0, _floor_of(plan, search.floor))]
    cheapest = min((work.cost for work in search.could.works), default=limits.money + 1)
    money, hard = limits.money, 0
    for _ in range(limits.points):
        if today.worth <= search.floor or money < cheapest:
            break
        answer = Found(None, search.floor) if stop.asked else _answered(search, today, hard < _MOST_HARD)
        hard += search.hard
        if answer.point is None or (answer.settled and answer.point.worth >= today.worth):
            bounds.append((cheapest, answer.floor))
            break
        bounds.append((answer.point.cost, answer.floor))
        found.append(answer.point)
        money = answer.point.cost - 1
        search = WorkSearch(plan.centre, works, money, limits.most_days, limits.effort, stop)
    else:
        bounds.append((cheapest, search.floor))
    better = [p for p in found if p.works and all(q.worth > p.worth for q in (today, *found) if _before(q, p))]
    return Frontier((today, *reversed(better)), tuple(sorted(bounds)), worked_choices(plan.centre, works).works)


def _before(one: Point, other: Point) -> bool:
    """Tell whether a point stands before another one on a frontier: it costs less, or is what nothing is done for."""
    return one.cost < other.cost or (not one.works and bool(other.works))


def _answered(search: WorkSearch, today: Point, thorough: bool) -> Found:
    """Ask for the best works: those that would do if each activity were alone, else by a search."""
    quick = search.uncrowded()
    if quick is not None and quick.settled:
        return quick
    if not thorough:
        return Found(None, search.floor) if quick is None else quick
    found = search.best(today.worth)
    if quick is None or quick.point is None or (found.point is not None and found.point.worth <= quick.point.worth):
        return found
    return Found(quick.point, found.floor)


def _floor_of(plan: CentrePlan, floor: Worth) -> Worth:
    """Return what a plan without works is worth at best, by its stages."""
    if plan.status is Status.INFEASIBLE:
        return worth_of(plan.centre, None)
    bound = [0]
    for stage in plan.stages[: len(PRIORITIES)]:
        bound.append(stage.bound)
        if stage.status is not Status.OPTIMAL:
            break
    whole = (*bound, *floor[len(bound) :])
    return 0, whole[1], whole[2], whole[3]
