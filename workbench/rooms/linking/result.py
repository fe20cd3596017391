"""Activities that go to another centre within a walk of their group, so that more is served or more is released."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.catalogue.scenes import catalogue as scenes
from workbench.catalogue.terms import label, unit
from workbench.errors import CheckError, Problem, ScenarioError
from workbench.progress import Tell, silent
from workbench.results import Kpi, rounded
from workbench.rooms.check import faults, objectives, opened, unserved
from workbench.rooms.linking.search import (
    Links,
    Search,
    Walk,
    district_bounds,
    district_vector,
    links_between,
    unknown_functions,
    walks_by_pair,
)
from workbench.rooms.problem import Activity, Centre
from workbench.rooms.result import RoomStudy, TimetableResult
from workbench.rooms.stages import CentrePlan
from workbench.scenario.rooms import Linking
from workbench.solving import Status, heeded_interrupt

# ----------------------------------------------------------------------------------------------------------------------
# The numbers and tables of linked centres as a planner reads them: rounded, in Chinese.


WHY: Final = {
    "served": "原中心排不下，调剂后排上",
    "along": "随同一组织者",
    "released": "腾出房间",
    "room": "为其他活动让出时段",
}
"""Why an activity moves, in words."""


def kpis(result: LinkedResult) -> list[Kpi]:
    """Return the numbers: what moves, what that serves and releases, and how far from the bounds it is."""
    before, after = _lacking(result.base), _lacking(result.timetable)
    rooms = {when: _rooms_open(each) for when, each in (("before", result.base), ("after", result.timetable))}
    asked = float(sum(len(centre.activities) for centre in result.links.centres.values()))
    centres = float(len(result.links.centres))
    moves = result.moves
    weight = moves["sessions_after"].to_numpy(np.float64)
    walk = float(moves["minutes"].to_numpy(np.float64) @ weight / weight.sum()) if weight.sum() else None
    of_rooms = ("各中心自排时使用的房间", float(rooms["before"]))
    found = [
        result.kpi(
            "pairs", "步行可达的中心对", float(len(_pairs(result))), "对", ("中心对", centres * (centres - 1) / 2)
        ),
        result.kpi("movable", "可调剂的活动", _movable(result), "项", ("有方案的中心的活动", asked)),
        result.kpi("moved", "调剂的活动", float(len(moves)), "项", ("有方案的中心的活动", asked)),
        result.kpi("walk", "调剂活动的步行时间", walk, "min", ("调剂后的场次", float(weight.sum()))),
        result.kpi("sessions_gained", "调剂后增排的场次", before[0] - after[0], "场", ("自排未安排的场次", before[0])),
        result.kpi(
            "person_hours_gained", "调剂后增加的人时", before[1] - after[1], "人时", ("自排未满足的人时", before[1])
        ),
        result.kpi("rooms_released", "调剂后再释放的房间", float(rooms["before"] - rooms["after"]), "个", of_rooms),
        result.kpi("rooms_used", "调剂后使用的房间", float(rooms["after"]), "个", of_rooms),
    ]
    bounded = result.by_stage[result.by_stage["bound"].notna()]
    proven = float((bounded["status"] == Status.OPTIMAL).sum())
    found.append(result.kpi("proven", "达到下界的阶段", proven, "个", ("有下界的阶段", float(len(bounded)))))
    if result.scenario.rooms.release == "rooms":
        least = float(result.bounds["release"])
        found.append(result.kpi("rooms_bound", "需求满足不减时任何调剂下使用房间的下界", least, "个", of_rooms))
    return found


def _pairs(result: LinkedResult) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in zip(result.by_pair["from"], result.by_pair["to"], strict=True)}


def _movable(result: LinkedResult) -> float:
    return float(sum(len(each.activities) for each in result.links.units))


def _rooms_open(result: TimetableResult) -> int:
    return sum(len(opened(centre, timetable)) for centre, timetable in result.planned)


def _lacking(result: TimetableResult) -> tuple[float, float]:
    """Return the sessions, and the person-hours, that do not take place."""
    sessions, hours = 0, 0.0
    for centre, timetable in result.planned:
        for activity, absent in zip(centre.activities, unserved(centre, timetable), strict=True):
            sessions += absent
            hours += absent * activity.weight / 60
    return float(sessions), hours


def tables(result: LinkedResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    stations = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    groups = {key: word.label for key, word in scenes().audiences.items()}
    moves, pairs = result.moves, result.by_pair
    found = {
        "中心间调剂": pd.DataFrame(
            {
                "活动": moves["name"],
                "人群": moves["group"].map(groups),
                "原中心": moves["from"].map(stations),
                "调剂到": moves["to"].map(stations),
                "步行（min）": moves["minutes"].round(1),
                "自排场次": moves["sessions_before"],
                "调剂后场次": moves["sessions_after"],
                "原因": moves["why"].map(WHY),
            }
        ),
        "调剂前后": _before_after(result),
        "可调剂的中心": pd.DataFrame(
            {
                "原中心": pairs["from"].map(stations),
                "调剂到": pairs["to"].map(stations),
                "最快人群步行（min）": pairs["minutes"].round(1),
                "调剂的活动": pairs["activities"],
            }
        ),
    }
    return {title: table for title, table in found.items() if len(table)}


def _before_after(result: LinkedResult) -> pd.DataFrame:
    """Return one row a stage: each centre by itself, linked, and the bound on any assignment."""
    by_area = result.scenario.rooms.release == "area"
    rows = []
    for row in result.by_stage.to_dict("records"):
        stage, proven = str(row["stage"]), row["status"] == Status.OPTIMAL
        area = stage == "release" and by_area
        scale = 10.0 if area else 1.0
        before, after, bound = (float(value) / scale for value in (row["before"], row["after"], row["bound"]))
        rows.append(
            {
                "阶段（依次优先）": label(f"stage.{stage}"),
                "单位": "㎡" if area else "个" if stage == "release" else unit(f"stage.{stage}"),
                "各中心自排": rounded(before, "个"),
                "调剂后": rounded(after, "个"),
                "下界": "—" if np.isnan(bound) else rounded(bound, "个"),
                "差距（%）": "—" if np.isnan(bound) else round(100 * float(row["gap"]), 1),
                "证明": "未设下界" if np.isnan(bound) else "已证最优" if proven else "有差距",
            }
        )
    return pd.DataFrame(rows)


# ----------------------------------------------------------------------------------------------------------------------
# The truth about linked centres, without a solver: who may be where, and whether the district is no worse.


def linked_faults(
    base: Sequence[CentrePlan], linked: Sequence[CentrePlan], said: Linking, walks: Mapping[Walk, float]
) -> list[Problem]:
    """Return every rule that a move of activities between centres breaks, and every fault of the timetables.

    Parameters
    ----------
    base
        The plans with everything at home.
    linked
        The plans after the moves.
    said
        What may move.
    walks
        Minutes by from, to and group, within the limit.

    Returns
    -------
    list of Problem
        ``key`` names what is broken: ``once`` (each activity in one centre), ``walk``, ``movable``, ``along``,
        ``same`` (nothing but the place changes), ``published`` (no published session is forgotten), ``worse``,
        ``kept`` (rooms in use), or a rule of the timetable.
    """
    found = [*_broken_moves(base, linked, said, walks), *_emptied(base, linked, said), *_broken_counts(base, linked)]
    for plan in linked:
        if plan.timetable is not None:
            found += faults(plan.centre, plan.timetable)
    return found


def refuse_linked_faults(
    base: Sequence[CentrePlan], linked: Sequence[CentrePlan], said: Linking, walks: Mapping[Walk, float]
) -> None:
    """Raise when our own moves break a rule.

    Raises
    ------
    CheckError
        With every breach.
    """
    found = linked_faults(base, linked, said, walks)
    if found:
        raise CheckError(found)


def where_asked(plans: Sequence[CentrePlan]) -> dict[str, tuple[Centre, int]]:
    """Return the centre and the position of each activity, by identifier."""
    return {a.id: (plan.centre, n) for plan in plans for n, a in enumerate(plan.centre.activities)}


def _broken_moves(
    base: Sequence[CentrePlan], linked: Sequence[CentrePlan], said: Linking, walks: Mapping[Walk, float]
) -> Iterator[Problem]:
    before, after = where_asked(base), where_asked(linked)
    count = Counter(a.id for plan in linked for a in plan.centre.activities)
    for name in sorted({*before, *count}):
        if count[name] != 1 or name not in before:
            yield Problem("links", "an activity is not in one centre", name, "", "1", str(count[name]), key="once")
            continue
        (home, a), (there, b) = before[name], after[name]
        asked, held = home.activities[a], there.activities[b]
        if not _same(asked, held, said.organisers == "local" and home.id != there.id):
            yield Problem("links", "an activity has changed besides its place", name, key="same")
        if home.id == there.id:
            continue
        if (home.id, there.id, asked.group) not in walks:
            what = "there is no walk within the limit for its group"
            yield Problem("links", what, name, found=f"{home.id} → {there.id}, {asked.group}", key="walk")
        if not _may_move(home, a, said):
            yield Problem("links", "the activity may not move", name, found=f"{home.id} → {there.id}", key="movable")
        yield from _left_behind(home, asked, after, said)


def _left_behind(
    home: Centre, asked: Activity, after: Mapping[str, tuple[Centre, int]], said: Linking
) -> Iterator[Problem]:
    """Look for activities of one organiser, who goes along, in different centres."""
    if said.organisers != "along" or not asked.organiser:
        return
    goals = {after[a.id][0].id for a in home.activities if a.organiser == asked.organiser and a.id in after}
    if len(goals) > 1:
        what = "the activities of an organiser are in different centres"
        yield Problem("links", what, asked.id, found=", ".join(sorted(goals)), key="along")


def _may_move(home: Centre, activity: int, said: Linking) -> bool:
    asked = home.activities[activity]
    return (
        asked.priority in said.priorities
        and (said.functions is None or asked.function in said.functions)
        and not (said.organisers == "stay" and asked.organiser)
        and all(session.activity != activity for session in home.fixed)
    )


def _same(one: Activity, other: Activity, local: bool) -> bool:
    """Tell whether two activities are alike in every field; somebody else may hold one that moves."""
    wanted = replace(one, organiser="") if local else one
    return all(np.array_equal(value, getattr(other, name)) for name, value in vars(wanted).items())


def _emptied(base: Sequence[CentrePlan], linked: Sequence[CentrePlan], said: Linking) -> Iterator[Problem]:
    """Look for centres that use fewer rooms than they have to keep."""
    for before, after in zip(base, linked, strict=True):
        used, least = (0 if p.timetable is None else len(opened(p.centre, p.timetable)) for p in (after, before))
        least = min(said.rooms_kept, least)
        if used < least:
            what = "the centre keeps too few rooms in use"
            yield Problem("links", what, after.centre.id, "", f"at least {least}", str(used), key="kept")


def _broken_counts(base: Sequence[CentrePlan], linked: Sequence[CentrePlan]) -> Iterator[Problem]:
    """Look at what is published, and whether the district is worse than with everything at home."""
    published = [sum(len(p.centre.today) + p.centre.lost for p in plans) for plans in (base, linked)]
    if published[0] != published[1]:
        what, expected, seen = "published sessions are forgotten", str(published[0]), str(published[1])
        yield Problem("links", what, expected=expected, found=seen, key="published")
    before, after = (list(_worth(plans).items()) for plans in (base, linked))
    if [value for _, value in after] > [value for _, value in before]:
        stage = next(name for (name, old), (_, new) in zip(before, after, strict=True) if new != old)
        what = "the district is worse than with everything at home"
        values = str(dict(before)[stage]), str(dict(after)[stage])
        yield Problem("links", what, stage, "", f"at most {values[0]}", values[1], key="worse")


def _worth(plans: Sequence[CentrePlan]) -> dict[str, int]:
    """Return what the plans are worth together, recomputed."""
    found: dict[str, int] = {}
    for plan in plans:
        if plan.timetable is not None:
            for name, value in objectives(plan.centre, plan.timetable).items():
                old = found.get(name, 0)
                found[name] = max(old, value) if name == "floors" else old + value
    return found


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
        planned in its stages; see :func:`workbench.rooms.linking.search.district_bounds`.
    tried
        Steps that were tried by planning centres anew.
    """

    timetable: TimetableResult
    links: Links
    walks: Mapping[Walk, float]
    bounds: Mapping[str, int]
    tried: int
    study: ClassVar[str] = "links"
    on_terminal: ClassVar[tuple[str, ...]] = (
        "中心间调剂",
        "调剂前后",
    )

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
        return kpis(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return tables(self)

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
