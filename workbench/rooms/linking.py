"""Activities that go to another centre within a walk of their group, so that more is served or more is released.

Centres between which something may go are planned as one, on the model of a single centre: the sessions of an activity
may be in the places of all centres that it may go to, and a flag says to which it goes. What that comes to in need and
rooms is the bound; where its activities go, each centre is planned anew by itself, and that stands only if the district
is strictly better in the order of the stages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.arrays import Ints
from workbench.catalogue.functions import Catalogue
from workbench.catalogue.scenes import catalogue as scenes
from workbench.catalogue.terms import label, unit
from workbench.errors import CheckError, Problem, ScenarioError, unknown
from workbench.progress import SILENT, Progress
from workbench.results import Value, rounded
from workbench.rooms.check import faults, objectives, opened, possible_sessions, unserved
from workbench.rooms.instance import guest_choices, hosting, published_sessions
from workbench.rooms.model import Columns, columns, never_at_once, program
from workbench.rooms.problem import (
    DAYS,
    PRIORITIES,
    Activity,
    Centre,
    Choices,
    RoomsError,
    Rule,
    Session,
    Timetable,
    choices,
)
from workbench.rooms.result import RoomStudy, Shown, TimetableResult, named, read, stations_of
from workbench.rooms.search import Search
from workbench.rooms.stages import CentrePlan, changes, need, plan_centre, release
from workbench.scenario import Scenario
from workbench.scenario.rooms import Linking
from workbench.solving import Interrupt, LinearProgram, Row, Status, at_most, heeded_interrupt, stacked, with_rows
from workbench.solving.staged import Way

# ----------------------------------------------------------------------------------------------------------------------
# What may move between centres, and where to.


_COLUMNS = ("from", "to", "group", "minutes")
"""Columns of a table of walks that are needed."""
_ROUNDING_MIN = 1e-6
"""Minutes by which a walk may exceed its limit: the rounding of sums, no more."""
MOST_CHOICES: Final = 20_000
"""Sessions that could be in linked centres together; where there are more, fewer centres are planned as one."""
Walk = tuple[str, str, str]
"""From, to, group."""
Goals = Mapping[int, str]
"""Station to which units go, by number; those that are not named stay."""
Plans = Mapping[str, CentrePlan]
"""Plans by station."""


@dataclass(frozen=True, eq=False)
class Unit:
    """Activities of one centre that move together or not at all."""

    activities: tuple[str, ...]
    home: str
    reach: Mapping[str, float]
    """Stations to which they may go, the nearest first, and the longest walk of one of their groups, minutes."""


@dataclass(frozen=True, eq=False)
class Links:
    """The centres with a timetable, by station, and what may move between them."""

    centres: Mapping[str, Centre]
    units: tuple[Unit, ...]
    options: Mapping[tuple[str, str], Choices]
    """Sessions that each activity could have at each station where it may take place, as if it were alone."""
    organisers: str

    def hosting(self, station: str, goals: Goals) -> Centre:
        """Return what a centre is asked for when units go where they go."""
        gone = [n for n in goals if self.units[n].home == station]
        come = [self.units[n] for n in sorted(goals) if goals[n] == station]
        asked = [(self.centres[u.home], name) for u in come for name in u.activities]
        return hosting(
            self.centres[station],
            without={name for n in gone for name in self.units[n].activities},
            more=[_guest(a, self.organisers) for centre, name in asked for a in centre.activities if a.id == name],
            published=sum(published_sessions(centre, name) for centre, name in asked),
        )

    def parts(self) -> list[tuple[str, ...]]:
        """Return the sets of stations between which something may move, each in order."""
        whole = {name: {name} for name in self.centres}
        for each in self.units:
            joined = set().union(*(whole[name] for name in (each.home, *each.reach)))
            whole |= dict.fromkeys(joined, joined)
        return sorted({tuple(sorted(names)) for names in whole.values()})

    def moves(self, part: Sequence[str]) -> list[tuple[int, str]]:
        """Return the moves that there may be in a part: unit and station."""
        return [(n, to) for n, each in enumerate(self.units) if each.home in part for to in each.reach]

    def options_of(self, activity: str, home: str) -> dict[str, Choices]:
        """Return the sessions that an activity could have at home, and wherever it may go."""
        return {to: self.options[activity, to] for to in (home, *self._reach.get(activity, ()))}

    @cached_property
    def _reach(self) -> dict[str, Mapping[str, float]]:
        return {name: each.reach for each in self.units for name in each.activities}

    def cut(self, lacking: Set[str]) -> Links:
        """Return links of which no part is too large.

        Centres are joined as long as they are not: first where an activity that goes without sessions may walk, then
        the nearest.
        """
        pairs: dict[tuple[str, str], tuple[bool, float]] = {}
        for each in self.units:
            for to, minutes in each.reach.items():
                key = (lacking.isdisjoint(each.activities), minutes)
                pairs[each.home, to] = min(key, pairs.get((each.home, to), key))
        group = {name: frozenset({name}) for name in self.centres}
        for one, other in sorted(pairs, key=lambda pair: (pairs[pair], pair)):
            joined = group[one] | group[other]
            if self._size(joined) <= MOST_CHOICES:
                group |= dict.fromkeys(joined, joined)
        left = (
            replace(each, reach={to: minutes for to, minutes in each.reach.items() if to in group[each.home]})
            for each in self.units
        )
        return replace(self, units=tuple(each for each in left if each.reach))

    def _size(self, part: Set[str]) -> int:
        """Return how many sessions there could be in some centres, if nothing leaves them."""
        asked = [(a.id, name) for name in part for a in self.centres[name].activities]
        return sum(sessions.count for each in asked for to, sessions in self.options_of(*each).items() if to in part)


def unknown_functions(scenario: Scenario, functions: Catalogue) -> list[Problem]:
    """Return the words of ``rooms.linking.functions`` that no activity could be: they would let nothing move."""
    rules = scenario.rooms.linking
    words = () if rules is None else rules.functions or ()
    key = "rooms.linking.functions"
    return [unknown(scenario.name, "function", word, functions, key=key) for word in words if word not in functions]


def walks_by_pair(walks: pd.DataFrame, limit_min: float) -> dict[Walk, float]:
    """Return the walks within a limit: minutes by from, to and group; refuse what is no table of walks."""
    missing = [name for name in _COLUMNS if name not in walks.columns]
    if missing:
        expected, found = ", ".join(_COLUMNS), ", ".join(map(str, walks.columns))
        raise RoomsError([Problem("walks", "the column is missing", "", name, expected, found) for name in missing])
    rows: list[dict[Any, Any]] = walks.to_dict("records")
    lengths = pd.to_numeric(walks["minutes"], errors="coerce").tolist()
    wrong = [n for n, minutes in enumerate(lengths) if not minutes >= 0]
    if wrong:
        what, expected = "the walk is no length", "minutes, 0 or more"
        raise RoomsError([Problem("walks", what, str(n), "minutes", expected, str(rows[n]["minutes"])) for n in wrong])
    return {
        (str(row["from"]), str(row["to"]), str(row["group"])): float(row["minutes"])
        for row in rows
        if row["from"] != row["to"] and float(row["minutes"]) <= limit_min + _ROUNDING_MIN
    }


def links_between(centres: Sequence[Centre], rules: Linking, walks: Mapping[Walk, float]) -> Links:
    """Return what may move between some centres.

    An activity may go where each session that could be held at home could be held too, were it alone: it never goes
    where it can be held less.
    """
    known = {centre.id: centre for centre in centres}
    pairs = {(start, to) for start, to, _ in walks}
    near = {name: [to for to in known if (name, to) in pairs] for name in known}
    options: dict[tuple[str, str], Choices] = {}
    units = []
    for centre in centres:
        sessions = choices(centre)
        for a, activity in enumerate(centre.activities):
            options[activity.id, centre.id] = _only(sessions, a)
        for names in _bundles(centre, rules):
            own = [a for a in centre.activities if a.id in names]
            reach: dict[str, float] = {}
            for to in near[centre.id]:
                minutes = [walks.get((centre.id, to, a.group), np.inf) for a in own]
                there = {(a.id, to): guest_choices(known[to], _guest(a, rules.organisers)) for a in own}
                if max(minutes) < np.inf and all(_as_often(options[a.id, centre.id], there[a.id, to]) for a in own):
                    reach[to] = max(minutes)
                    options |= there
            if reach:
                units.append(Unit(names, centre.id, dict(sorted(reach.items(), key=lambda item: (item[1], item[0])))))
    return Links(known, tuple(units), options, rules.organisers)


def _guest(activity: Activity, organisers: str) -> Activity:
    """Return an activity as another centre has it."""
    return replace(activity, organiser="") if organisers == "local" else activity


def _only(choices: Choices, activity: int) -> Choices:
    """Return the choices of one activity as those of a centre that has no other."""
    own = choices.activity == activity
    alone = replace(choices.centre, activities=(choices.centre.activities[activity],), today=(), fixed=())
    return Choices(alone, np.zeros(int(own.sum()), np.int64), choices.start[own], choices.place[own])


def _as_often(home: Choices, there: Choices) -> bool:
    most = possible_sessions(there)[0]
    return most > 0 and most >= possible_sessions(home)[0]


def may_move(centre: Centre, activity: int, rules: Linking) -> bool:
    """Tell whether an activity may move at all, whoever holds it."""
    asked = centre.activities[activity]
    fixed = any(session.activity == activity for session in centre.fixed)
    wanted = rules.functions is None or asked.function in rules.functions
    held = bool(asked.organiser) and rules.organisers == "stay"
    return asked.priority in rules.priorities and wanted and not fixed and not held


def _bundles(centre: Centre, rules: Linking) -> list[tuple[str, ...]]:
    """Return the activities that move together: those of one organiser where she goes along, else each by itself."""
    groups: dict[str, list[int]] = {}
    for a, activity in enumerate(centre.activities):
        along = rules.organisers == "along" and activity.organiser
        groups.setdefault(f"held {activity.organiser}" if along else f"single {a}", []).append(a)
    free = [group for group in groups.values() if all(may_move(centre, a, rules) for a in group)]
    return sorted(tuple(centre.activities[a].id for a in group) for group in free)


# ----------------------------------------------------------------------------------------------------------------------
# Linked centres as one: the model of a single centre over the places of all, with a flag for each move.


class OneCentre(Search):
    """The search of linked centres as one: need, rooms, few changes. It starts from their plans by themselves."""

    def __init__(
        self, links: Links, part: Sequence[str], plans: Plans, rooms_kept: int, effort: float, interrupt: Interrupt
    ) -> None:
        own = [links.centres[name] for name in part]
        self._links, self._own, self._moves = links, own, links.moves(part)
        self._room = dict(zip(part, np.cumsum([0, *(len(c.rooms) for c in own)]).tolist(), strict=False))
        self._activity = {a.id: n for n, a in enumerate(a for c in own for a in c.activities)}
        whole = self._whole()
        self._place = {place: n for n, place in enumerate(whole.places)}
        today, fixed = (
            tuple(self._session(c, s) for c in own for s in getattr(c, what)) for what in ("today", "fixed")
        )
        whole = replace(whole, today=today, fixed=fixed)
        variables = replace(columns(self._choices(whole)), flags=len(self._moves))
        super().__init__(whole, effort, interrupt, (variables, self._week_of(variables, plans, rooms_kept)))
        pairs = [(plans[name].centre, plans[name].timetable) for name in part]
        self.begin_with(Timetable(tuple(sorted(self._session(c, s) for c, t in pairs if t for s in t.sessions))))

    def _whole(self) -> Centre:
        """Return the rooms of all side by side, with all their activities."""
        joins, walls = (
            tuple((self._room[c.id] + r, self._room[c.id] + q) for c in self._own for r, q in getattr(c, what))
            for what in ("joins", "walls")
        )
        rooms = tuple(room for c in self._own for room in c.rooms)
        asked = tuple(a for c in self._own for a in c.activities)
        return Centre("+".join(c.id for c in self._own), rooms, asked, joins, walls, rules=self._own[0].rules)

    def _where(self, centre: Centre, place: int) -> int:
        return self._place[tuple(self._room[centre.id] + r for r in centre.places[place])]

    def _session(self, centre: Centre, session: Session) -> Session:
        activity, place = centre.activities[session.activity].id, self._where(centre, session.place)
        return Session(self._activity[activity], session.start, place)

    def _choices(self, whole: Centre) -> Choices:
        """List what each activity could have at home and wherever it may go."""
        parts = []
        places = {c.id: np.array([self._where(c, p) for p in range(len(c.places))], np.int64) for c in self._own}
        for home in self._own:
            for asked in home.activities:
                for to, sessions in self._links.options_of(asked.id, home.id).items():
                    number = np.full(sessions.count, self._activity[asked.id])
                    parts.append(np.stack([number, sessions.start, places[to][sessions.place]]))
        table = np.concatenate(parts, axis=1) if parts else np.empty((3, 0), np.int64)
        return Choices(whole, *table[:, np.lexsort((table[2], table[1], table[0]))])

    def _week_of(self, columns: Columns, plans: Plans, rooms_kept: int) -> LinearProgram:
        """Return the rules of one centre; those that each centre has for itself are kept by each."""
        first = np.array([place[0] for place in columns.centre.places], np.int64)[columns.choices.place]
        at = np.searchsorted(list(self._room.values()), first, side="right") - 1
        rows = [*self._moving(columns, at), *self._never_twice(columns, at)]
        for number, centre in enumerate(self._own):
            rows += _offices(columns, centre, self._room[centre.id])
            rows += self._in_use(columns, number, min(rooms_kept, in_use(plans[centre.id])))
        week = program(columns, (Rule.ORGANISER, Rule.RESIDENT_SHARE, Rule.OFFICES_KEPT))
        return with_rows(week, *stacked(rows, columns.count))

    def _moving(self, columns: Columns, at: Ints) -> Iterator[Row]:
        """Hold an activity where its unit is, on each day and in the week."""
        stations = [c.id for c in self._own]
        for n in dict.fromkeys(n for n, _ in self._moves):
            each = self._links.units[n]
            flags = {to: columns.flag(number) for number, (m, to) in enumerate(self._moves) if m == n}
            yield at_most(list(flags.values()), 1.0, 1.0)
            for name in each.activities:
                asked = columns.centre.activities[self._activity[name]]
                mine = columns.choices.activity == self._activity[name]
                days = [columns.choices.day == day for day in range(DAYS)] if asked.days_apart else []
                for held, most in [(mine, float(asked.sessions)), *((mine & day, 1.0) for day in days)]:
                    for to in (each.home, *each.reach):
                        here = np.flatnonzero(held & (at == stations.index(to)))
                        go = [flags[to]] if to in flags else list(flags.values())
                        amounts = [1.0] * len(here) + [-most if to in flags else most] * len(go)
                        if len(here):
                            yield at_most([*here, *go], amounts, 0.0 if to in flags else most)

    def _never_twice(self, columns: Columns, at: Ints) -> Iterator[Row]:
        """Let no organiser be twice at once in a centre, nor an activity with several sessions a day."""
        asked = columns.centre.activities
        held = np.array([a.organiser for a in asked], object)[columns.choices.activity]
        home = np.repeat(np.arange(len(self._own)), [len(c.activities) for c in self._own])[columns.choices.activity]
        stays = home == at if self._links.organisers == "local" else np.ones(len(at), bool)
        for station in range(len(self._own)):
            for name in sorted({a.organiser for a in asked if a.organiser}):
                yield from never_at_once(columns, np.flatnonzero((held == name) & (at == station) & stays))
        for n, a in enumerate(asked):
            if a.days_apart == 0 and a.sessions > 1:
                yield from never_at_once(columns, np.flatnonzero(columns.choices.activity == n))

    def _in_use(self, columns: Columns, number: int, least: int) -> list[Row]:
        """Keep so many rooms of a centre in use; one is in use where something takes place."""
        if not least:
            return []
        first = self._room[self._own[number].id]
        rooms = range(first, first + len(self._own[number].rooms))
        held = [(columns.choices.in_room(room), columns.open(room)) for room in rooms]
        rows = [at_most([*at, flag], [-1.0] * len(at) + [1.0], 0.0) for at, flag in held]
        return [*rows, at_most([flag for _, flag in held], -1.0, -float(least))]

    def ways(self) -> Sequence[Way]:
        """Return what is tried: where the plans apart are good, days by themselves better nothing."""
        return self._folds, self.prove

    def run(self) -> Goals:
        """Go through need and rooms, look for few changes and then few moves; return where units go."""
        need(self)
        release(self)
        cost = (len(self._moves) + 1.0) * changes(self)[0]
        cost[self.columns.flag(0) :] = 1.0
        self.ask(cost)
        values = np.zeros(self.columns.count) if self.values is None else self.values
        return dict(goal for number, goal in enumerate(self._moves) if values[self.columns.flag(number)] > 0.5)


def _offices(columns: Columns, centre: Centre, first: int) -> list[Row]:
    """Keep the office rules of one of the centres."""
    whole = columns.centre
    own = [n for n, r in enumerate(whole.offices) if first <= r < first + len(centre.rooms)]
    area = np.array([whole.rooms[whole.offices[n]].area_dm2 for n in own], np.float64)
    give = [columns.give(n) for n in own]
    share = at_most(give, -area, centre.most_office_dm2 - float(area.sum()))
    return [share, at_most(give, 1.0, len(own) - centre.fewest_offices)] if own else []


def in_use(plan: CentrePlan) -> int:
    """Return how many rooms a centre uses."""
    return 0 if plan.timetable is None else len(opened(plan.centre, plan.timetable))


def worth(plans: Iterable[CentrePlan], *, anew: bool = False) -> dict[str, int]:
    """Return what centres are worth together, stage by stage: the largest shortfall of a group, else the sum.

    As their stages say, or recomputed from their timetables.
    """
    found: dict[str, int] = {}
    for plan in plans:
        stages = {stage.name: stage.value for stage in plan.stages}
        if anew and plan.timetable is not None:
            stages = objectives(plan.centre, plan.timetable)
        for name, value in stages.items():
            before = found.get(name, 0)
            found[name] = max(before, value) if name == "floors" else before + value
    return found


# ----------------------------------------------------------------------------------------------------------------------
# The plans of all centres: part by part as one, or apart.


@dataclass(frozen=True, eq=False)
class Linked:
    """The plans of linked centres by station, and what is proven of them."""

    plans: Plans
    bounds: Mapping[str, int]
    """Stages of need and rooms, and what no best assignment within the walks is worth less than."""
    apart: tuple[str, ...] = ()
    """Stations of which too many are linked to be planned as one."""


def plan_linked(
    links: Links,
    plans: Plans,
    rules: Linking,
    effort: float,
    interrupt: Interrupt | None = None,
    progress: Progress = SILENT,
) -> Linked:
    """Plan linked centres as one wherever that is better for the district.

    Where too many centres are linked, fewer of them are planned as one; their bound is what is known without a search.
    """
    interrupt, found = interrupt or Interrupt(), plans
    bounds: Counter[str] = Counter()
    cut = links.cut(_lacking_in(plans.values()))
    proven: dict[tuple[str, ...], dict[str, int]] = {}
    parts = [part for part in cut.parts() if len(part) > 1]
    for number, part in enumerate(parts):
        progress.step("links", number + 1, len(parts))
        whole = OneCentre(cut, part, plans, rules.rooms_kept, effort, interrupt)
        if whole.values is not None:
            found = _better(found, cut, part, whole.run(), rules, effort, interrupt)
            proven[part] = {stage.name: stage.bound for stage in whole.stages}
    for part in links.parts():
        bounds.update(proven.get(part) or _known(links, part, plans, rules.rooms_kept))
    value = worth(found.values())
    apart = tuple(name for part in links.parts() if part not in cut.parts() for name in part)
    return Linked(found, {name: min(bound, value[name]) for name, bound in bounds.items()}, apart)


def _known(links: Links, part: Sequence[str], plans: Plans, rooms_kept: int) -> dict[str, int]:
    """Return bounds of a part: a centre by itself has those of its plan, for others there is what needs no search."""
    stages = [f"need_{priority}" for priority in PRIORITIES] + ["release"]
    if len(part) == 1:
        return {stage.name: stage.bound for stage in plans[part[0]].stages if stage.name in stages}
    least = dict.fromkeys(stages, 0)
    for name in part:
        for activity in links.centres[name].activities:
            most = max(possible_sessions(sessions)[0] for sessions in links.options_of(activity.id, name).values())
            least[f"need_{activity.priority}"] += (activity.sessions - most) * activity.weight
    if all(links.centres[name].rules.release == "rooms" for name in part):
        least["release"] = sum(min(rooms_kept, in_use(plans[name])) for name in part)
    return least


def _better(
    plans: Plans, links: Links, part: Sequence[str], goals: Goals, rules: Linking, effort: float, interrupt: Interrupt
) -> Plans:
    """Plan the centres of a part anew when units go; return the plans as they were unless the district is better."""
    touched = {name for n, to in goals.items() for name in (links.units[n].home, to)}
    new = {name: plan_centre(links.hosting(name, goals), effort, interrupt) for name in part if name in touched}
    if any(p.timetable is None or in_use(p) < min(rules.rooms_kept, in_use(plans[name])) for name, p in new.items()):
        return plans
    both = {**plans, **new}
    return both if list(worth(both.values()).values()) < list(worth(plans.values()).values()) else plans


def _lacking_in(plans: Iterable[CentrePlan]) -> set[str]:
    """Return the activities that go without some of their sessions."""
    pairs = ((p.centre, unserved(p.centre, p.timetable)) for p in plans if p.timetable is not None)
    return {a.id for centre, missing in pairs for a, absent in zip(centre.activities, missing, strict=True) if absent}


# ----------------------------------------------------------------------------------------------------------------------
# The numbers and tables of linked centres as a planner reads them: rounded, in Chinese.


_WHY: Final = {
    "served": "原中心排不下，调剂后排上",
    "along": "随同一组织者",
    "released": "腾出房间",
    "room": "为其他活动让出时段",
}
"""Why an activity moves, in words."""


def _lacking(result: TimetableResult) -> tuple[float, float]:
    """Return the sessions, and the person-hours, that do not take place."""
    sessions, hours = 0, 0.0
    for centre, timetable in result.planned:
        for activity, absent in zip(centre.activities, unserved(centre, timetable), strict=True):
            sessions += absent
            hours += absent * activity.weight / 60
    return float(sessions), hours


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
    base: Sequence[CentrePlan], linked: Sequence[CentrePlan], rules: Linking, walks: Mapping[Walk, float]
) -> list[Problem]:
    """Return every rule that a move of activities between centres breaks, and every fault of the timetables.

    The key names what is broken: ``once`` (each activity in one centre), ``walk``, ``movable``, ``along``, ``same``
    (nothing but the place changes), ``published`` (no published session is forgotten), ``worse``, ``kept`` (rooms in
    use), or a rule of the timetable.
    """
    found = [*_broken_moves(base, linked, rules, walks), *_emptied(base, linked, rules), *_broken_counts(base, linked)]
    for plan in linked:
        if plan.timetable is not None:
            found += faults(plan.centre, plan.timetable)
    return found


def where_asked(plans: Sequence[CentrePlan]) -> dict[str, tuple[Centre, int]]:
    """Return the centre and the position of each activity, by identifier."""
    return {a.id: (plan.centre, n) for plan in plans for n, a in enumerate(plan.centre.activities)}


def _broken_moves(
    base: Sequence[CentrePlan], linked: Sequence[CentrePlan], rules: Linking, walks: Mapping[Walk, float]
) -> Iterator[Problem]:
    before, after = where_asked(base), where_asked(linked)
    count = Counter(a.id for plan in linked for a in plan.centre.activities)
    for name in sorted({*before, *count}):
        if count[name] != 1 or name not in before:
            yield Problem("links", "an activity is not in one centre", name, "", "1", str(count[name]), key="once")
            continue
        (home, a), (there, b) = before[name], after[name]
        asked, held = home.activities[a], there.activities[b]
        if not _same(asked, held, rules.organisers == "local" and home.id != there.id):
            yield Problem("links", "an activity has changed besides its place", name, key="same")
        if home.id == there.id:
            continue
        if (home.id, there.id, asked.group) not in walks:
            what = "there is no walk within the limit for its group"
            yield Problem("links", what, name, found=f"{home.id} → {there.id}, {asked.group}", key="walk")
        if not may_move(home, a, rules):
            yield Problem("links", "the activity may not move", name, found=f"{home.id} → {there.id}", key="movable")
        yield from _left_behind(home, asked, after, rules)


def _left_behind(
    home: Centre, asked: Activity, after: Mapping[str, tuple[Centre, int]], rules: Linking
) -> Iterator[Problem]:
    """Look for activities of one organiser, who goes along, in different centres."""
    if rules.organisers != "along" or not asked.organiser:
        return
    goals = {after[a.id][0].id for a in home.activities if a.organiser == asked.organiser and a.id in after}
    if len(goals) > 1:
        what = "the activities of an organiser are in different centres"
        yield Problem("links", what, asked.id, found=", ".join(sorted(goals)), key="along")


def _same(one: Activity, other: Activity, local: bool) -> bool:
    """Tell whether two activities are alike in every field; somebody else may hold one that moves."""
    wanted = replace(one, organiser="") if local else one
    return all(np.array_equal(value, getattr(other, name)) for name, value in vars(wanted).items())


def _emptied(base: Sequence[CentrePlan], linked: Sequence[CentrePlan], rules: Linking) -> Iterator[Problem]:
    """Look for centres that use fewer rooms than they have to keep."""
    for before, after in zip(base, linked, strict=True):
        used, least = in_use(after), min(rules.rooms_kept, in_use(before))
        if used < least:
            what = "the centre keeps too few rooms in use"
            yield Problem("links", what, after.centre.id, "", f"at least {least}", str(used), key="kept")


def _broken_counts(base: Sequence[CentrePlan], linked: Sequence[CentrePlan]) -> Iterator[Problem]:
    """Look at what is published, and whether the district is worse than with everything at home."""
    published = [sum(len(p.centre.today) + p.centre.lost for p in plans) for plans in (base, linked)]
    if published[0] != published[1]:
        what, expected, seen = "published sessions are forgotten", str(published[0]), str(published[1])
        yield Problem("links", what, expected=expected, found=seen, key="published")
    before, after = (list(worth(plans, anew=True).items()) for plans in (base, linked))
    if [value for _, value in after] > [value for _, value in before]:
        stage = next(name for (name, old), (_, new) in zip(before, after, strict=True) if new != old)
        what = "the district is worse than with everything at home"
        values = str(dict(before)[stage]), str(dict(after)[stage])
        yield Problem("links", what, stage, "", f"at most {values[0]}", values[1], key="worse")


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
        Stages of need and release, and what no best assignment within the walks is worth less than.
    apart
        Stations of which too many are linked to be planned as one: there the bounds are far off.
    """

    timetable: TimetableResult
    links: Links
    walks: Mapping[Walk, float]
    bounds: Mapping[str, int]
    apart: tuple[str, ...] = ()
    study: ClassVar[str] = "links"
    answer: ClassVar[str] = "moves"
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
        before, after = where_asked(self.base.plans), where_asked(self.timetable.plans)
        held = {"before": _held(self.base.plans), "after": _held(self.timetable.plans)}
        more = {name for name in before if held["after"][name] > held["before"][name]}
        mates = {name: set(unit.activities) for unit in self.links.units for name in unit.activities}
        rooms = {
            name: len(opened(*self.base.planned_at(name))) - len(opened(*self.timetable.planned_at(name)))
            for name in self.links.centres
        }
        names = dict(zip(self.base.activities["id"], self.base.activities["name"], strict=True))
        rows = []
        for name, (home, a) in sorted(before.items()):
            there = after[name][0].id
            if there == home.id:
                continue
            along = bool(mates[name] & more)
            why = "served" if name in more else "along" if along else "released" if rooms[home.id] > 0 else "room"
            group = home.activities[a].group
            counts = held["before"][name], held["after"][name]
            rows.append((name, names[name], group, home.id, there, self.walks[home.id, there, group], *counts, why))
        columns = ["activity", "name", "group", "from", "to", "minutes", "sessions_before", "sessions_after", "why"]
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def by_stage(self) -> pd.DataFrame:
        """One row a stage: ``stage``, ``before``, ``after``, ``bound``, ``gap``, ``status``; no bound is missing."""
        before, after = (worth(result.plans) for result in (self.base, self.timetable))
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

    def values(self) -> Iterator[Value]:
        """Measure what moves, what that serves and releases, and how far from the bounds it is."""
        before, after = _lacking(self.base), _lacking(self.timetable)
        rooms, now = (sum(len(opened(*each)) for each in one.planned) for one in (self.base, self.timetable))
        asked = sum(len(centre.activities) for centre in self.links.centres.values())
        centres, moves = len(self.links.centres), self.moves
        pairs = {frozenset(pair) for pair in zip(self.by_pair["from"], self.by_pair["to"], strict=True)}
        weight = moves["sessions_after"].to_numpy(np.float64)
        walk = float(moves["minutes"].to_numpy(np.float64) @ weight / weight.sum()) if weight.sum() else None
        yield Value("links.pairs", len(pairs), centres * (centres - 1) / 2)
        yield Value("links.movable", sum(len(each.activities) for each in self.links.units), asked)
        yield Value("links.moved", len(moves), asked)
        yield Value("links.walk", walk, weight.sum())
        yield Value("links.sessions_gained", before[0] - after[0], before[0])
        yield Value("links.person_hours_gained", before[1] - after[1], before[1])
        yield Value("links.rooms_released", rooms - now, rooms)
        yield Value("links.rooms_used", now, rooms)
        bounded = self.by_stage[self.by_stage["bound"].notna()]
        yield Value("links.proven", (bounded["status"] == Status.OPTIMAL).sum(), len(bounded))
        if self.scenario.rooms.release == "rooms":
            yield Value("links.rooms_bound", self.bounds["release"], rooms)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title; empty ones are left out."""
        station = stations_of(self.district)
        shown: dict[str, Shown] = {
            "group": named({key: word.label for key, word in scenes().audiences.items()}),
            **dict.fromkeys(("from", "to@moved"), station),
            "why@move": _WHY.__getitem__,
        }
        moved = (
            "name@activity", "group", "from", "to@moved", "minutes", "sessions_before@alone", "sessions_after@linked",
            "why@move",
        )  # fmt: skip
        found = {
            "中心间调剂": read(self.moves, moved, shown),
            "调剂前后": _before_after(self),
            "可调剂的中心": read(self.by_pair, ("from", "to@moved", "minutes@quickest", "activities"), shown),
            "未整体排期的中心": pd.DataFrame(
                {"中心": [station(name) for name in self.apart], "原因": "可调剂的中心过多，仅分组排期，下界较松"}
            ),
        }
        return {title: table for title, table in found.items() if len(table)}

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: a line for each pair of centres between which activities move."""
        used = self.by_pair[self.by_pair["activities"] > 0].reset_index(drop=True)
        places = self.district.stations.set_index("id").geometry
        lines = [shapely.LineString([places[a], places[b]]) for a, b in zip(used["from"], used["to"], strict=True)]
        return {"room_links": gpd.GeoDataFrame(used, geometry=gpd.GeoSeries(lines, crs=self.district.crs))}


def link_centres(base: TimetableResult, walks: pd.DataFrame, *, progress: Progress = SILENT) -> LinkedResult:
    """Let activities go to other centres within a walk, where more is then served or released.

    Centres between which something may go are planned as one (:class:`OneCentre`), from the plan of each by itself;
    where activities then go elsewhere, each is planned anew, and that stands only if the district is strictly better in
    the order of the stages: need by priority, the largest shortfall of a group, release, changes, preferences. So it is
    never worse than ``base``. An activity moves with all its sessions; those that are published count as changed.

    Parameters
    ----------
    base
        The timetable of each centre by itself.
    walks
        ``from``, ``to``, ``group``, ``minutes`` and whatever else; made by ``workbench.coverage.station_walks``. Walks
        beyond ``rooms.linking.limit`` are passed over.
    progress
        Told of each set of linked centres.

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
    rules = base.scenario.rooms.linking or Linking()
    near = walks_by_pair(walks, base.scenario.standard(rules.limit))
    links = links_between([centre for centre, _ in base.planned], rules, near)
    plans = {plan.centre.id: plan for plan in base.plans if plan.timetable is not None}
    with heeded_interrupt() as interrupt:
        found = plan_linked(links, plans, rules, base.scenario.rooms.effort, interrupt, progress)
    linked = tuple(found.plans.get(plan.centre.id, plan) for plan in base.plans)
    broken = linked_faults(base.plans, linked, rules, near)
    if broken:
        raise CheckError(broken)
    today = {plan.centre.id: base.today(plan.centre.id)[0] for plan in base.plans}
    return LinkedResult(base, replace(base, plans=linked, asked=today), links, near, found.bounds, found.apart)


def _held(plans: tuple[CentrePlan, ...]) -> Counter[str]:
    return Counter(
        plan.centre.activities[session.activity].id
        for plan in plans
        if plan.timetable is not None
        for session in plan.timetable.sessions
    )
