"""Activities that go to another centre within a walk of their group, so that more is served or more is released."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import geopandas as gpd
import pandas as pd
import shapely

from workbench.errors import ScenarioError
from workbench.progress import Tell, silent
from workbench.results import Kpi
from workbench.rooms.check import opened
from workbench.rooms.linking import reading
from workbench.rooms.linking.bounds import district_bounds
from workbench.rooms.linking.check import refuse_linked_faults, where_asked
from workbench.rooms.linking.search import Search, district_vector
from workbench.rooms.linking.units import Links, Walk, links_between, unknown_functions, walks_by_pair
from workbench.rooms.part import RoomStudy
from workbench.rooms.result import TimetableResult
from workbench.rooms.stages import CentrePlan
from workbench.scenario.room_linking import Linking
from workbench.solving import Status, heeded_interrupt


@dataclass(frozen=True, eq=False, repr=False)
class LinkedResult(RoomStudy):
    """The rooms of a district whose centres help each other out; made by :func:`link_centres`.

    Attributes
    ----------
    base
        The timetable with everything where it is asked for.
    timetable
        The timetable after the moves, with all its tables; its ledgers are those of ``base``: an activity is asked
        for where it was, and held where its plan says. Today (现状) is as in ``base``.
    links
        What may move.
    walks
        Minutes by from, to and group, within the limit.
    bounds
        Stages of need and release, and what no assignment within the walks is worth less than, each centre being
        planned in its stages; see :func:`workbench.rooms.linking.bounds.district_bounds`.
    tried
        Steps that were tried by planning centres anew.
    """

    timetable: TimetableResult
    links: Links
    walks: Mapping[Walk, float]
    bounds: Mapping[str, int]
    tried: int
    part: ClassVar[str] = "links"

    @property
    def status(self) -> str:
        """As of the timetable, but never OPTIMAL where anything may move: the search proves its bounds only."""
        found = self.timetable.status
        return str(Status.FEASIBLE) if found == Status.OPTIMAL and self.links.units else found

    @cached_property
    def moves(self) -> pd.DataFrame:
        """One row an activity that moves.

        Returns
        -------
        pandas.DataFrame
            ``activity``, ``name``, ``group``, ``from``, ``to``, ``minutes`` (of its group), ``sessions_before``,
            ``sessions_after``, and ``why``: ``served`` (more of it takes place), ``along`` (its organiser holds such a
            one), ``released`` (its centre has fewer rooms open) or ``room`` (it makes room for others).
        """
        return _moves(self)

    @cached_property
    def by_stage(self) -> pd.DataFrame:
        """One row a stage: ``stage``, ``before``, ``after``, ``bound``, ``gap``, ``status``; no bound is missing."""
        before, after = (_vector(result) for result in (self.base, self.timetable))
        rows = []
        for name, value in after.items():
            bound = self.bounds.get(name)
            gap = None if bound is None else (value - bound) / value if value else 0.0
            proven = str(Status.OPTIMAL if bound is not None and bound >= value else Status.FEASIBLE)
            rows.append((name, before[name], value, bound, gap, proven))
        table = pd.DataFrame(rows, columns=["stage", "before", "after", "bound", "gap", "status"])
        return table.astype({"bound": "float64", "gap": "float64"})

    @cached_property
    def by_pair(self) -> pd.DataFrame:
        """One row a pair of centres with a walk: ``from``, ``to``, ``minutes`` of the quickest, ``activities``."""
        quickest: dict[tuple[str, str], float] = {}
        for (start, to, _), minutes in self.walks.items():
            if start in self.links.centres and to in self.links.centres:
                quickest[start, to] = min(minutes, quickest.get((start, to), minutes))
        count = Counter(zip(self.moves["from"], self.moves["to"], strict=True))
        rows = [(*pair, minutes, count[pair]) for pair, minutes in sorted(quickest.items())]
        return pd.DataFrame(rows, columns=["from", "to", "minutes", "activities"])

    def kpis(self) -> list[Kpi]:
        """Return the numbers."""
        return reading.kpis(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return reading.tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: a line for each pair of centres between which activities move."""
        used = self.by_pair[self.by_pair["activities"] > 0].reset_index(drop=True)
        places = self.district.stations.set_index("id").geometry
        lines = [shapely.LineString([places[a], places[b]]) for a, b in zip(used["from"], used["to"], strict=True)]
        return {"room_links": gpd.GeoDataFrame(used, geometry=gpd.GeoSeries(lines, crs=self.district.crs))}


def link_centres(base: TimetableResult, walks: pd.DataFrame, *, progress: Tell = silent) -> LinkedResult:
    """Let activities go to other centres within a walk, where more is then served or released.

    A neighbourhood search from the plan of each centre by itself: it moves what is not served to where it can be held,
    and what keeps a room open to rooms that are open anyway, plans the touched centres anew, and keeps a step only if
    the district is strictly better in the order of the stages: need by priority, the largest shortfall of a group,
    release, changes, preferences. So it is never worse than ``base``. An activity moves with all its sessions; those
    that are published count as changed.

    Parameters
    ----------
    base
        The timetable of each centre by itself.
    walks
        ``from``, ``to``, ``group``, ``minutes`` and whatever else; made by ``workbench.coverage.station_walks``. Walks
        beyond ``rooms.linking.limit`` are passed over.
    progress
        Told of each step that is tried.

    Returns
    -------
    LinkedResult
        Centres without a timetable take no part. After Ctrl-C, what is found so far.

    Raises
    ------
    ScenarioError
        If the scenario lets functions move that are not known.
    RoomsError
        If the table of walks lacks a column, or a walk is no length.
    NoSolutionError
        If no centre has a timetable.
    CheckError
        If the moves do not survive their own check.
    """
    problems = unknown_functions(base.scenario, base.functions)
    if problems:
        raise ScenarioError(problems)
    said = base.scenario.rooms.linking or Linking()
    near = walks_by_pair(walks, base.scenario.standard(said.limit))
    links = links_between([centre for centre, _ in base.planned], said, near)
    plans = {plan.centre.id: plan for plan in base.plans}
    with heeded_interrupt() as interrupt:
        search = Search(links, plans, base.scenario.rooms.effort, said.trials, said.rooms_kept, interrupt, progress)
        search.run()
    linked = tuple(search.plans.get(plan.centre.id, plan) for plan in base.plans)
    refuse_linked_faults(base.plans, linked, said, near)
    bounds = district_bounds(links, search.plans)
    today = {plan.centre.id: base.today(plan.centre.id)[0] for plan in base.plans}
    return LinkedResult(base, replace(base, plans=linked, asked=today), links, near, bounds, search.tried)


def _vector(result: TimetableResult) -> dict[str, int]:
    return district_vector({plan.centre.id: plan for plan in result.plans if plan.timetable is not None})


def _moves(result: LinkedResult) -> pd.DataFrame:
    before, after = where_asked(result.base.plans), where_asked(result.timetable.plans)
    held = {"before": _held(result.base.plans), "after": _held(result.timetable.plans)}
    more = {name for name in before if held["after"][name] > held["before"][name]}
    mates = {name: set(unit.activities) for unit in result.links.units for name in unit.activities}
    rooms = {
        name: len(opened(*result.base.planned_at(name))) - len(opened(*result.timetable.planned_at(name)))
        for name in result.links.centres
    }
    names = dict(zip(result.base.activities["id"], result.base.activities["name"], strict=True))
    rows = []
    for name, (home, a) in sorted(before.items()):
        there = after[name][0].id
        if there == home.id:
            continue
        along = bool(mates[name] & more)
        why = "served" if name in more else "along" if along else "released" if rooms[home.id] > 0 else "room"
        group = home.activities[a].group
        counts = held["before"][name], held["after"][name]
        rows.append((name, names[name], group, home.id, there, result.walks[home.id, there, group], *counts, why))
    columns = ["activity", "name", "group", "from", "to", "minutes", "sessions_before", "sessions_after", "why"]
    return pd.DataFrame(rows, columns=columns)


def _held(plans: tuple[CentrePlan, ...]) -> Counter[str]:
    return Counter(
        plan.centre.activities[session.activity].id
        for plan in plans
        if plan.timetable is not None
        for session in plan.timetable.sessions
    )
