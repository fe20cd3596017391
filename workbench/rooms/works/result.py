"""Which works on rooms, in which of them, for how much, and whom each serves (多室合一).

Each centre is traced for what each amount of money can do; the money is shared out among the centres exactly; then each
centre is timetabled as worked, by the ordinary stages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, TypeVar

import geopandas as gpd
import pandas as pd

from workbench.errors import CheckError
from workbench.progress import Tell, silent
from workbench.results import Kpi
from workbench.rooms.frames import station_layer
from workbench.rooms.part import RoomStudy
from workbench.rooms.result import WORKERS, TimetableResult
from workbench.rooms.stages import CentrePlan, plan_centre
from workbench.rooms.works import frames, reading
from workbench.rooms.works.budget import Step, added, best_within, steps
from workbench.rooms.works.check import WorkLimits, budget_faults, work_faults
from workbench.rooms.works.frontier import Frontier, TraceLimits, trace
from workbench.rooms.works.ground import said_of_works, work_limits, worked_rooms
from workbench.rooms.works.problem import Work, Worth, possible_works, serves, worked
from workbench.rooms.works.search import Point, WorkSearch, worth_of
from workbench.solving import Interrupt, Status, heeded_interrupt

One = TypeVar("One")
Other = TypeVar("Other")


@dataclass(frozen=True, eq=False)
class CentreWorks:
    """The works of one centre.

    Parameters
    ----------
    before, after
        The plan of the centre as it is, and as worked; one and the same where nothing is done.
    works
        What is done.
    frontier
        What each amount of money could do.
    """

    before: CentrePlan
    after: CentrePlan
    works: tuple[Work, ...]
    frontier: Frontier

    @property
    def cost(self) -> int:
        """Yuan."""
        return sum(work.cost for work in self.works)

    @property
    def days(self) -> int:
        """Days of work, one work after the other."""
        return sum(work.days for work in self.works)

    @property
    def worth(self) -> Worth:
        """What the plan does not serve, with the works."""
        return worth_of(self.after.centre, self.after.timetable)


@dataclass(frozen=True, eq=False, repr=False)
class WorksResult(RoomStudy):
    """Works on the rooms of a district; made by :func:`plan_works`.

    Attributes
    ----------
    timetable
        The timetable of the rooms as worked; its district has the ledger of these rooms.
    centres
        Works of each centre, by identifier of its station.
    limits
        What may be done, at what cost, and how much.
    chain
        Every amount of money that does more than any smaller one, up to the most that is tried.
    bounds
        No works for so much money come to better than this.
    """

    part: ClassVar[str] = "works"
    timetable: TimetableResult
    centres: tuple[CentreWorks, ...]
    limits: WorkLimits
    chain: tuple[Step, ...] = field(default=())
    bounds: tuple[Step, ...] = field(default=())

    @property
    def status(self) -> str:
        """OPTIMAL, or what is less true.

        OPTIMAL: no works within the budget serve more need, none that serve as much cost less, and the timetable of the
        rooms as worked is proven. Else what is true of that timetable, or FEASIBLE.
        """
        if self.timetable.status != Status.OPTIMAL:
            return self.timetable.status
        met = self.worth <= self.bound and self.spent <= self.least_cost
        return str(Status.OPTIMAL if met else Status.FEASIBLE)

    @cached_property
    def works(self) -> pd.DataFrame:
        """One row a work that is done; see :func:`workbench.rooms.works.frames.works`."""
        return frames.works(self)

    @cached_property
    def by_centre(self) -> pd.DataFrame:
        """One row a centre; see :func:`workbench.rooms.works.frames.centres`."""
        return frames.centres(self)

    @cached_property
    def frontier(self) -> pd.DataFrame:
        """One row an amount of money that does more; see :func:`workbench.rooms.works.frames.frontier`."""
        return frames.frontier(self)

    @cached_property
    def unused(self) -> pd.DataFrame:
        """One row a work that some activity could take and that is not done, and why not."""
        return frames.unused(self)

    @property
    def spent(self) -> int:
        """What all works cost, yuan."""
        return sum(centre.cost for centre in self.centres)

    @property
    def worth(self) -> Worth:
        """Centres without a timetable, and person-minutes that are not served, by priority."""
        return added(centre.worth for centre in self.centres)

    @property
    def bound(self) -> Worth:
        """No works within the budget are worth more; compared by priority."""
        return best_within(self.bounds, self.limits.budget).worth

    @property
    def least_cost(self) -> int:
        """Nothing that is worth as much costs less, yuan."""
        return next((step.cost for step in self.bounds if step.worth <= self.worth), self.spent)

    def kpis(self) -> list[Kpi]:
        """Return the numbers."""
        return reading.kpis(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return reading.tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: the stations with rooms, and what is done there."""
        return {"works_by_station": station_layer(self.district, self.by_centre)}


def plan_works(base: TimetableResult, *, progress: Tell = silent) -> WorksResult:
    """Choose works on the rooms of a district within its budget, and timetable the rooms as worked.

    The need that is not served is to be least, by priority, over all centres together; then the cost; in a centre the
    days, and one set of works among its equals. A centre may take no more days than the scenario allows.

    Parameters
    ----------
    base
        The timetable without works; its scenario has ``rooms.works``.
    progress
        Told of each centre that is traced, then of each that is timetabled as worked.

    Returns
    -------
    WorksResult
        After Ctrl-C, what is found so far, with its bounds.

    Raises
    ------
    ScenarioError
        If the scenario says nothing of works, or names a work or a room that is not known; with all problems.
    CheckError
        If the works do not survive their own check.
    """
    limits, said = work_limits(base), said_of_works(base.scenario)
    reach = TraceLimits(said.most_money, said.most_days, said.points, base.scenario.rooms.effort)
    with heeded_interrupt() as interrupt:

        def traced(plan: CentrePlan) -> Frontier:
            return trace(plan, possible_works(plan.centre, limits.kinds, limits.forbidden), reach, interrupt)

        fronts = _side_by_side("works", traced, base.plans, progress)
        chain = steps([[(p.cost, p.worth) for p in front.points] for front in fronts], reach.money)
        bounds = steps([front.bounds for front in fronts], reach.money)
        chosen = best_within(chain, limits.budget).chosen

        def done(number: int) -> CentreWorks:
            plan, front = base.plans[number], fronts[number]
            after, works = _carried_out(plan, front, front.points[chosen[number]], reach, interrupt)
            return CentreWorks(plan, after, works, front)

        centres = tuple(_side_by_side("worked", done, range(len(base.plans)), progress))
    rooms = worked_rooms(base.district.ledger("rooms"), [(c.before.centre, c.works) for c in centres])
    ground = base.district.with_ledgers(rooms=rooms) if any(c.works for c in centres) else base.district
    today = {c.before.centre.id: base.today(c.before.centre.id)[0] for c in centres}
    after = TimetableResult(ground, base.scenario, base.functions, tuple(c.after for c in centres), today)
    result = WorksResult(base, after, centres, limits, chain, bounds)
    refuse_work_faults(result)
    return result


def _side_by_side(stage: str, ask: Callable[[One], Other], items: Sequence[One], progress: Tell) -> list[Other]:
    found: list[Other] = []
    progress(stage, 0, len(items))
    with ThreadPoolExecutor(WORKERS) as pool:
        for number, one in enumerate(pool.map(ask, items), 1):
            found.append(one)
            progress(stage, number, len(items))
    return found


def _carried_out(
    plan: CentrePlan, front: Frontier, point: Point, reach: TraceLimits, interrupt: Interrupt
) -> tuple[CentrePlan, tuple[Work, ...]]:
    """Timetable a centre with the works of a point; a plan that is not proven may need fewer of them, or none."""
    if not point.works:
        return plan, ()
    search = WorkSearch(plan.centre, front.works, point.cost, reach.most_days, reach.effort, interrupt)
    works = search.settle(point)
    while works:
        after = plan_centre(worked(plan.centre, works), reach.effort, interrupt)
        if after.timetable is None or worth_of(after.centre, after.timetable) >= front.points[0].worth:
            break
        served = serves(plan.centre, works, after.timetable)
        needed = tuple(work for work, sessions in zip(works, served, strict=True) if sessions)
        if needed == works:
            return after, works
        works = needed
    return plan, ()


def refuse_work_faults(result: WorksResult) -> None:
    """Raise when works of ours break a rule.

    Raises
    ------
    CheckError
        With every breach.
    """
    every = [work for centre in result.centres for work in centre.works]
    found = budget_faults(result.scenario.name, every, result.limits, result.spent)
    for own in result.centres:
        today, plan = own.before.timetable, own.after.timetable
        found += work_faults(own.before.centre, own.works, result.limits, today, plan)
    if found:
        raise CheckError(found)
