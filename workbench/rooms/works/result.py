"""Which works on rooms, in which of them, for how much, and whom each serves (多室合一).

Each centre is traced for what each amount of money can do; the money is shared out among the centres exactly; then each
centre is timetabled as worked, by the ordinary stages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Final, TypeVar

import geopandas as gpd
import pandas as pd

from workbench.catalogue.terms import label
from workbench.errors import CheckError
from workbench.progress import SILENT, Progress
from workbench.results import Value
from workbench.rooms.check import unserved
from workbench.rooms.problem import PRIORITIES, Centre
from workbench.rooms.result import (
    NOTHING,
    WORKERS,
    RoomStudy,
    Shown,
    TimetableResult,
    named,
    read,
    station_layer,
    stations_of,
)
from workbench.rooms.stages import CentrePlan, plan_centre
from workbench.rooms.works.problem import (
    Work,
    WorkLimits,
    Worth,
    budget_faults,
    possible_works,
    rules_of_works,
    serves,
    still_lacking,
    work_faults,
    work_limits,
    worked,
    worked_choices,
    worked_rooms,
)
from workbench.rooms.works.search import (
    Frontier,
    Point,
    Step,
    TraceLimits,
    WorkSearch,
    added,
    best_within,
    steps,
    trace,
    worth_of,
)
from workbench.solving import Interrupt, Status, heeded_interrupt

# ----------------------------------------------------------------------------------------------------------------------
# Works as exact tables: one row a work that is done, a work that is not, a centre, an amount of money.


_HOUR_MINUTES = 60


def works(result: WorksResult) -> pd.DataFrame:
    """Return one row a work that is done: where, what, cost, days, and the sessions that would not fit without it.

    A session that takes two works stands with both, so that rows are not to be added up.
    """
    rows = []
    for own in result.centres:
        centre, plan = own.after.centre, own.after.timetable
        if plan is None:
            continue
        for work, sessions in zip(own.works, serves(own.before.centre, own.works, plan), strict=True):
            activities = sorted({s.activity for s in sessions})
            rows.append(
                {
                    **_of(own.before.centre, work),
                    "activities": ";".join(centre.activities[a].id for a in activities),
                    "sessions": len(sessions),
                    "person_hours": sum(centre.activities[s.activity].weight for s in sessions) / _HOUR_MINUTES,
                }
            )
    return pd.DataFrame(rows, columns=[*_WORK_COLUMNS, "activities", "sessions", "person_hours"])


_WORK_COLUMNS = ("station", "room", "work", "gives", "item", "cost", "days")


def _of(centre: Centre, work: Work) -> dict[str, object]:
    room = "+".join(centre.rooms[r].id for r in work.rooms)
    values = (centre.id, room, work.key, work.gives, work.item, work.cost, work.days)
    return dict(zip(_WORK_COLUMNS, values, strict=True))


def unused(result: WorksResult) -> pd.DataFrame:
    """Return one row a work that some activity could take, whatever it costs, and that is not done.

    ``activities`` are those of them that are not served in full, unless what is done gives the room as much;
    ``standing`` is ``outbid`` where there are any, though the work need not be enough for them by itself, else
    ``needless``.
    """
    rows = []
    for own in result.centres:
        could = worked_choices(own.before.centre, own.frontier.works)
        missing = _missing(own)
        for work, takers in zip(could.works, could.takers, strict=True):
            if work in own.works:
                continue
            after = own.after.centre
            lacking = [after.activities[a].id for a in sorted(takers) if missing[a] and still_lacking(after, work)]
            standing = "outbid" if lacking else "needless"
            rows.append({**_of(own.before.centre, work), "activities": ";".join(lacking), "standing": standing})
    return pd.DataFrame(rows, columns=[*_WORK_COLUMNS, "activities", "standing"])


def _missing(own: CentreWorks) -> list[int]:
    centre, plan = own.after.centre, own.after.timetable
    return [a.sessions for a in centre.activities] if plan is None else unserved(centre, plan)


def centres(result: WorksResult) -> pd.DataFrame:
    """Return one row a centre: works, cost, days, sessions and person-hours that are not served before and after."""
    rows = []
    for own in result.centres:
        held = {
            when: None if plan.timetable is None else float(len(plan.timetable.sessions))
            for when, plan in (("before", own.before), ("after", own.after))
        }
        rows.append(
            {
                "station": own.before.centre.id,
                "possible": len(own.frontier.works),
                "works": len(own.works),
                "cost": own.cost,
                "days": own.days,
                "sessions": sum(a.sessions for a in own.before.centre.activities),
                "sessions_before": held["before"],
                "sessions_after": held["after"],
                "unserved_before": sum(own.frontier.points[0].worth[1:]) / _HOUR_MINUTES,
                "unserved_after": sum(own.worth[1:]) / _HOUR_MINUTES,
                "points": len(own.frontier.points),
                "proven": own.frontier.proven,
            }
        )
    return pd.DataFrame(rows)


def frontier(result: WorksResult) -> pd.DataFrame:
    """Return one row an amount of money that does more than any smaller one, district-wide.

    Person-hours served, and those that are not, by priority; the chosen amount is marked. More money serves more of the
    first priority that it changes, so that the sum over priorities may fall.
    """
    asked = sum(a.weight * a.sessions for own in result.centres for a in own.before.centre.activities)
    chosen = best_within(result.chain, result.limits.budget)
    first = result.chain[0]
    rows = [
        {
            "cost": step.cost,
            "served": (asked - sum(step.worth[1:])) / _HOUR_MINUTES,
            "gained": (sum(first.worth[1:]) - sum(step.worth[1:])) / _HOUR_MINUTES,
            **{f"need_{p}": step.worth[p] / _HOUR_MINUTES for p in PRIORITIES},
            "chosen": step is chosen,
        }
        for step in result.chain
    ]
    return pd.DataFrame(rows)


# ----------------------------------------------------------------------------------------------------------------------
# The numbers and tables of works as a planner reads them: rounded, in Chinese.


_STEPS = 10
"""Into how many amounts the budget is cut for the table of the budget curve."""


def _measured(result: WorksResult) -> Iterator[Value]:
    """Measure money, works, days, what they serve, and proof."""
    table, done = result.by_centre, len(result.works)
    before = float(table["unserved_before"].sum())
    gained = float((table["unserved_before"] - table["unserved_after"]).sum())
    asked = sum(a.weight * a.sessions for own in result.centres for a in own.before.centre.activities) / _HOUR_MINUTES
    sessions = (table["sessions_after"].fillna(0) - table["sessions_before"].fillna(0)).sum()
    missing = (table["sessions"] - table["sessions_before"].fillna(0)).sum()
    busy = table[table["works"] > 0]
    yield Value("works.spent", result.spent, result.limits.budget)
    yield Value("works.count", done, table["possible"].sum())
    yield Value("works.centres", len(busy), len(table))
    yield Value("works.days", table["days"].sum(), done)
    yield Value("works.longest", busy["days"].max() if len(busy) else None, len(busy))
    yield Value("works.sessions", sessions, missing)
    yield Value("works.person_hours", gained, before)
    yield Value("works.person_hours_after", 100 * (asked - before + gained) / asked if asked else None, asked)
    yield Value("works.cost_per_hour", result.spent / gained if gained > 0 else None, gained)
    yield Value("works.proven", table["proven"].sum(), len(table))


def tables(result: WorksResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title, in Chinese; empty ones are left out."""
    names = dict(zip(result.base.activities["id"], result.base.activities["name"], strict=True))

    def activities(text: str) -> str:
        return "、".join(dict.fromkeys(names[one] for one in text.split(";") if one)) or NOTHING

    shown: dict[str, Shown] = {
        "station@rooms": stations_of(result.district),
        "work": named({key: kind.label for key, kind in result.base.functions.works.items()}),
        "activities@work": activities,
        "activities@lacking": activities,
        "standing@work": lambda key: label(f"work.{key}"),
        "chosen": lambda chosen: "是" if chosen else NOTHING,
        "proven@works": lambda proven: "是" if proven else "否",
    }
    outbid = result.unused[result.unused["standing"] == "outbid"]
    found = {
        "改造清单": read(result.works, (*_WORK, "activities@work", "sessions@week", "person_hours@week"), shown),
        "改造预算曲线": read(_amounts(result), _CURVE, shown),
        "逐中心改造": read(result.by_centre, _CENTRES, shown),
        "未选改造": read(outbid, (*_WORK, "activities@lacking", "standing@work"), shown),
    }
    return {title: table for title, table in found.items() if len(table)}


def _amounts(result: WorksResult) -> pd.DataFrame:
    """Return the frontier at round amounts of money, the budget among them."""
    curve, budget = result.frontier, result.limits.budget
    most = max(budget, int(curve["cost"].max()))
    amounts = sorted({top * n // _STEPS for top in (budget, most) for n in range(_STEPS + 1)})
    rows: list[dict[str, Any]] = [
        {**dict(curve[curve["cost"] <= money].iloc[-1]), "money": money, "chosen": money == budget} for money in amounts
    ]
    return pd.DataFrame(rows)


_WORK: Final = ("station@rooms", "room", "work", "cost", "days")
_CURVE: Final = ("money", "cost@spent", "served", "gained", "need_1", "need_2", "need_3", "chosen")
_CENTRES: Final = (
    "station@rooms", "works", "cost", "days", "sessions", "sessions_before@works", "sessions_after@works",
    "unserved_before", "unserved_after", "possible", "proven@works",
)  # fmt: skip


# ----------------------------------------------------------------------------------------------------------------------
# Which works on rooms, in which of them, for how much, and whom each serves (多室合一).


_One = TypeVar("_One")
_Other = TypeVar("_Other")


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

    study: ClassVar[str] = "works"
    answer: ClassVar[str] = "works"
    on_terminal: ClassVar[tuple[str, ...]] = ("改造清单",)
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
        """One row a work that is done; see :func:`workbench.rooms.works.result.works`."""
        return works(self)

    @cached_property
    def by_centre(self) -> pd.DataFrame:
        """One row a centre; see :func:`workbench.rooms.works.result.centres`."""
        return centres(self)

    @cached_property
    def frontier(self) -> pd.DataFrame:
        """One row an amount of money that does more; see :func:`workbench.rooms.works.result.frontier`."""
        return frontier(self)

    @cached_property
    def unused(self) -> pd.DataFrame:
        """One row a work that some activity could take and that is not done, and why not."""
        return unused(self)

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

    def values(self) -> Iterator[Value]:
        """Measure the numbers."""
        yield from _measured(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: the stations with rooms, and what is done there."""
        return {"works_by_station": station_layer(self.district, self.by_centre)}


def plan_works(base: TimetableResult, *, progress: Progress = SILENT) -> WorksResult:
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
    limits, rules = work_limits(base), rules_of_works(base.scenario)
    reach = TraceLimits(rules.most_money, rules.most_days, rules.points, base.scenario.rooms.effort)
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


def _side_by_side(stage: str, ask: Callable[[_One], _Other], items: Sequence[_One], progress: Progress) -> list[_Other]:
    found: list[_Other] = []
    progress.step(stage, 0, len(items))
    with ThreadPoolExecutor(WORKERS) as pool:
        for number, one in enumerate(pool.map(ask, items), 1):
            found.append(one)
            progress.step(stage, number, len(items))
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
    """Raise when works of ours break a rule."""
    every = [work for centre in result.centres for work in centre.works]
    found = budget_faults(result.scenario.name, every, result.limits, result.spent)
    for own in result.centres:
        today, plan = own.before.timetable, own.after.timetable
        found += work_faults(own.before.centre, own.works, result.limits, today, plan)
    if found:
        raise CheckError(found)
