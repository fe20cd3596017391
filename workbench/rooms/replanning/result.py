"""A published timetable after something has come up: need first, then the fewest changes, then the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Final

import numpy as np
import pandas as pd

from workbench.arrays import Flags, Ints
from workbench.catalogue.scenes import catalogue as scenes
from workbench.catalogue.terms import label
from workbench.hours import WEEKDAYS
from workbench.progress import SILENT, Progress
from workbench.results import Value
from workbench.rooms.check import clashes, unserved
from workbench.rooms.instance import guest_choices
from workbench.rooms.linking import Walk, may_move, walks_by_pair
from workbench.rooms.problem import (
    DAY_CELLS,
    LOUD,
    WEEK_CELLS,
    Activity,
    Centre,
    Choices,
    Rule,
    Session,
    Timetable,
    days_between,
    hours_broken,
    unfit,
)
from workbench.rooms.replanning.instance import Touched, as_published, event_ground
from workbench.rooms.result import (
    NOTHING,
    WORKERS,
    RoomStudy,
    Shown,
    TimetableResult,
    named,
    read,
    rules,
    stations_of,
)
from workbench.rooms.stages import plan_centre
from workbench.rooms.week import HOUR_CELLS, clock
from workbench.scenario import Scenario
from workbench.scenario.rooms import Events, Linking
from workbench.solving import Status, heeded_interrupt

# ----------------------------------------------------------------------------------------------------------------------
# What of a centre's week is free beside its timetable: a quick test before anything is planned anew.
#
# Who fits into the gaps surely finds a place; who does not may still find one when the centre is planned anew. Rooms
# that are shared count as taken.


class Gaps:
    """The free cells of a centre's rooms, into which activities are put one after the other.

    Parameters
    ----------
    centre
        The centre.
    timetable
        What takes place.
    rooms
        Positions of the rooms that may be used.
    """

    def __init__(self, centre: Centre, timetable: Timetable, rooms: Collection[int]) -> None:
        self.centre, self._rooms = centre, frozenset(rooms)
        shape = len(centre.rooms), WEEK_CELLS
        self._taken, self._loud, self._still = (np.zeros(shape, np.int64) for _ in range(3))
        self._held: dict[str, Ints] = {}
        self._beside: dict[int, list[int]] = {}
        for one, other in centre.walls:
            self._beside.setdefault(one, []).append(other)
            self._beside.setdefault(other, []).append(one)
        for session in timetable.sessions:
            self._mark(centre.activities[session.activity], session, 1)

    def _mark(self, asked: Activity, session: Session, by: int) -> None:
        cells = list(asked.occupied(session.start))
        rooms = list(self.centre.places[session.place])
        at = np.ix_(rooms, [cell for cell in cells if 0 <= cell < WEEK_CELLS])
        self._taken[at] += by
        self._loud[at] += by if asked.noise == LOUD else 0
        self._still[at] += by if asked.wants_quiet else 0
        if asked.organiser:
            self._held.setdefault(asked.organiser, np.zeros(WEEK_CELLS, np.int64))[at[1][0]] += by

    def take_out(self, asked: Activity, sessions: Iterable[Session]) -> None:
        """Free the cells of some sessions of an activity."""
        for session in sessions:
            self._mark(asked, session, -1)

    def put_in(self, asked: Activity, choices: Choices, wanted: int) -> list[Session]:
        """Put sessions of an activity into the gaps, the earliest first, and take their cells.

        Parameters
        ----------
        asked
            The activity.
        choices
            All its sessions that could be, as those of a centre that has no other activity.
        wanted
            How many are wanted.

        Returns
        -------
        list of Session
            Those that found a place; their activity is 0.
        """
        found: list[Session] = []
        for i in np.lexsort((choices.place, choices.begins, choices.ends)).tolist():
            if len(found) == wanted:
                break
            session = Session(0, int(choices.start[i]), int(choices.place[i]))
            if _apart(asked, session, found) and self._free(asked, session):
                found.append(session)
                self._mark(asked, session, 1)
        return found

    def _free(self, asked: Activity, session: Session) -> bool:
        rooms = self.centre.places[session.place]
        span = asked.occupied(session.start)
        cells = slice(max(span.start, 0), min(span.stop, WEEK_CELLS))
        if not self._rooms.issuperset(rooms) or self._taken[list(rooms), cells].any():
            return False
        if asked.organiser in self._held and self._held[asked.organiser][cells].any():
            return False
        beside = [q for r in rooms for q in self._beside.get(r, ())]
        noisy = asked.wants_quiet and self._loud[beside, cells].any()
        return not (noisy or (asked.noise == LOUD and self._still[beside, cells].any()))


def _apart(asked: Activity, session: Session, others: Iterable[Session]) -> bool:
    """Tell whether a session keeps its distance from others of its activity."""
    day, span = session.start // DAY_CELLS, asked.occupied(session.start)
    for other in others:
        held = asked.occupied(other.start)
        if days_between(day, other.start // DAY_CELLS) < asked.days_apart:
            return False
        if span.start < held.stop and held.start < span.stop:
            return False
    return True


def _usable_rooms(centre: Centre, timetable: Timetable) -> Flags:
    """Return which rooms are no offices, or are given over; shape (rooms,)."""
    return np.array([not room.office or r in timetable.given for r, room in enumerate(centre.rooms)], bool)


# ----------------------------------------------------------------------------------------------------------------------
# What a re-plan changes, as exact tables: each session, why it is not kept, and where else it would find a place.


KINDS: Final = ("time", "room", "both", "cancelled", "new", "called_off")
"""What becomes of a session: it moves in time, to another room, both; it does not take place; it is new; its activity
is called off."""
_Pair = tuple[Session | None, Session | None]


def pairs(centre: Centre, timetable: Timetable) -> list[_Pair]:
    """Return each session that changes with what becomes of it, by activity and time.

    Sessions of one activity are alike, so that one that keeps its hour is paired first, then the others in their order.
    """
    found: list[_Pair] = []
    for a in range(len(centre.activities)):
        old = [s for s in centre.today if s.activity == a and s not in timetable.sessions]
        new = [s for s in timetable.sessions if s.activity == a and s not in centre.today]
        for one in list(old):
            same = next((other for other in new if other.start == one.start), None)
            if same is not None:
                found.append((one, same))
                old.remove(one)
                new.remove(same)
        found += list(zip(old, new, strict=False))
        found += [(one, None) for one in old[len(new) :]] + [(None, one) for one in new[len(old) :]]
    return sorted(found, key=lambda pair: pair[0] or pair[1] or Session(0, 0, 0))


def kind_of(pair: _Pair) -> str:
    """Return what becomes of a session, one of :data:`KINDS`."""
    old, new = pair
    if old is None or new is None:
        return "new" if old is None else "cancelled"
    if old.start == new.start:
        return "room"
    return "time" if old.place == new.place else "both"


def _told(centre: Centre, session: Session | None, when: str) -> dict[str, object]:
    if session is None:
        return {f"{when}_{part}": None for part in ("day", "start", "room")}
    return {
        f"{when}_day": WEEKDAYS[session.start // DAY_CELLS],
        f"{when}_start": clock(session.start),
        f"{when}_room": centre.name(session.place),
    }


def _mended(result: ReplanResult) -> Iterator[tuple[Touched, Timetable]]:
    for name, touched in result.touched.items():
        timetable = result.timetable.plan(name).timetable
        if timetable is not None:
            yield touched, timetable


def _names(result: ReplanResult) -> dict[str, str]:
    return dict(zip(result.timetable.activities["id"], result.timetable.activities["name"], strict=True))


def notices(result: ReplanResult) -> pd.DataFrame:
    """Return one row a session that changes: what was, what is, and of which kind (:data:`KINDS`) that is."""
    names = _names(result)
    rows = []
    for touched, timetable in _mended(result):
        centre, published = touched.centre, touched.published
        changed = [(centre, centre.activities, pair, kind_of(pair)) for pair in pairs(centre, timetable)]
        off = [s for s in published.today if published.activities[s.activity].id in touched.called_off]
        changed += [(published, published.activities, (s, None), "called_off") for s in off]
        for place, asked, (old, new), kind in changed:
            session = old or new
            if session is not None:
                name = asked[session.activity].id
                row = {"station": centre.id, "activity": name, "name": names[name], "kind": kind}
                rows.append({**row, **_told(place, old, "old"), **_told(place, new, "new")})
    columns = ["station", "activity", "name", "kind"]
    columns += [f"{when}_{part}" for when in ("old", "new") for part in ("day", "start", "room")]
    return pd.DataFrame(rows, columns=columns).astype(object)


def not_kept(result: ReplanResult) -> pd.DataFrame:
    """Return one row a published session that is not kept, with its kind and the rules that keep it out.

    ``rules`` are those that it breaks by itself in the week with the events; where there are none, those that it would
    break beside the rest of the new timetable.
    """
    names = _names(result)
    rows = []
    for touched, timetable in _mended(result):
        centre = touched.centre
        for pair in pairs(centre, timetable):
            old, new = pair
            if old is None:
                continue
            rest = Timetable(tuple(s for s in timetable.sessions if s != new), timetable.given)
            rules = _alone(centre, old) or _in_order(clashes(centre, rest, old))
            activity = centre.activities[old.activity].id
            row = {"station": centre.id, "activity": activity, "name": names[activity], "kind": kind_of(pair)}
            rows.append({**row, **_told(centre, old, "old"), "rules": ";".join(rules)})
    columns = ["station", "activity", "name", "kind", "old_day", "old_start", "old_room", "rules"]
    return pd.DataFrame(rows, columns=columns).astype(object)


def _alone(centre: Centre, session: Session) -> list[Rule]:
    """Return the rules that a session breaks by itself."""
    return [*unfit(centre, session.activity, session.place), *hours_broken(centre, session)]


def _in_order(rules: Collection[Rule]) -> list[Rule]:
    return [rule for rule in Rule if rule in rules]


def conflicts(result: ReplanResult) -> pd.DataFrame:
    """Return one row a touched centre without a timetable: the rules in conflict, and the fixed sessions that are hit.

    ``rules`` names the rules that contradict each other and, for each fixed session that cannot be held, those that it
    breaks.
    """
    rows = []
    for name, touched in result.touched.items():
        plan = result.timetable.plan(name)
        if plan.timetable is None:
            centre = touched.centre
            broken = {session: _alone(centre, session) for session in centre.fixed}
            hit = [session for session, rules in broken.items() if rules]
            rules = {*plan.conflict, *(rule for own in broken.values() for rule in own)}
            told = [f"{centre.activities[s.activity].id} {_when(s)} {centre.name(s.place)}" for s in hit]
            rows.append((name, str(plan.status), ";".join(_in_order(rules)), ";".join(told)))
    return pd.DataFrame(rows, columns=["station", "status", "rules", "fixed"])


def _when(session: Session) -> str:
    return f"{WEEKDAYS[session.start // DAY_CELLS]} {clock(session.start)}"


def nearby(result: ReplanResult) -> pd.DataFrame:
    """Return where else what is not held would find a place: one row an activity and station within a walk.

    ``fit`` sessions of the ``missing`` ones would fit into the gaps of the timetable there, each activity by itself.
    Activities that the scenario does not let move are left out. Empty where no walks were given.
    """
    columns = ["station", "activity", "name", "group", "missing", "to", "minutes", "fit"]
    names, linking = _names(result), result.scenario.rooms.linking or Linking()
    others = {p.centre.id: (p.centre, p.timetable) for p in result.timetable.plans if p.timetable is not None}
    rows = []
    for touched, timetable in _mended(result) if result.walks else ():
        centre = touched.centre
        for a, missing in enumerate(unserved(centre, timetable)):
            asked = centre.activities[a]
            if not missing or not may_move(centre, a, linking):
                continue
            guest = replace(asked, organiser="") if linking.organisers == "local" else asked
            for to, (there, held) in others.items():
                minutes = (result.walks or {}).get((centre.id, to, asked.group))
                fit = 0 if minutes is None else _gaps_for(there, held, guest, missing)
                if fit:
                    rows.append((centre.id, asked.id, names[asked.id], asked.group, missing, to, minutes, fit))
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["station", "activity", "minutes", "to"], ignore_index=True, kind="stable")


def _gaps_for(centre: Centre, timetable: Timetable, guest: Activity, missing: int) -> int:
    """Return how many sessions of an activity from elsewhere would fit beside a timetable."""
    rooms = np.flatnonzero(_usable_rooms(centre, timetable)).tolist()
    return len(Gaps(centre, timetable, rooms).put_in(guest, guest_choices(centre, guest), missing))


# ----------------------------------------------------------------------------------------------------------------------
# The numbers and tables of a re-plan as a planner reads them: rounded, in Chinese.


_KIND_LABELS: Final = {
    "time": "改期",
    "room": "换室",
    "both": "改期并换室",
    "cancelled": "未能安排",
    "new": "新增",
    "called_off": "活动停办",
}
"""What becomes of a session, in words."""


def _measured(result: ReplanResult) -> Iterator[Value]:
    """Measure sessions changed and lost, what is added, room-hours lost, proof."""
    kinds = result.notices["kind"].value_counts()
    stuck = {name for name in result.touched if result.timetable.plan(name).timetable is None}
    published = {p.centre.id: (p.centre, p.timetable) for p in result.base.plans if p.timetable is not None}
    sessions = sum(len(timetable.sessions) for name, (_, timetable) in published.items() if name not in stuck)
    moved, lost = sum(kinds.get(kind, 0) for kind in ("time", "room", "both")), kinds.get("cancelled", 0)
    hours = sum(int(room.open.sum()) for centre, _ in published.values() for room in centre.rooms) / HOUR_CELLS
    gone = sum(t.lost_cells for t in result.touched.values()) / HOUR_CELLS
    asked = [a for t in result.touched.values() for a in t.centre.activities if a.id in t.added]
    came = (result.notices["kind"] == "new") & result.notices["activity"].isin([a.id for a in asked])
    plans = [result.timetable.plan(name) for name in result.touched]
    yield Value("replan.centres", len(plans), len(result.base.plans))
    yield Value("replan.changed", moved + lost, sessions)
    yield Value("replan.lost", lost, sessions)
    yield Value("replan.called_off", kinds.get("called_off", 0), sessions)
    yield Value("replan.added", came.sum(), sum(a.sessions for a in asked))
    yield Value("replan.room_hours_lost", gone, hours)
    yield Value("replan.proven", sum(plan.status is Status.OPTIMAL for plan in plans), len(plans))


_OLD, _NEW = (tuple(f"{when}_{part}" for part in ("day", "start", "room")) for when in ("old", "new"))


def tables(result: ReplanResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    station = stations_of(result.district)
    shown: dict[str, Shown] = {
        "station@rooms": station,
        "to": station,
        "group": named({key: word.label for key, word in scenes().audiences.items()}),
        **dict.fromkeys(("kind@change", "kind@result"), _KIND_LABELS.__getitem__),
        **dict.fromkeys(("rules@why", "rules@conflict"), rules),
        **dict.fromkeys((*_OLD, *_NEW), lambda word: label(word) if isinstance(word, str) and word else NOTHING),
        "fixed": lambda text: text or NOTHING,
    }
    near = ("station@rooms", "name@activity", "group", "missing", "to", "minutes", "fit")
    found = {
        "变更通知": read(result.notices, ("station@rooms", "name@activity", "kind@change", *_OLD, *_NEW), shown),
        "未能保持的场次及原因": read(
            result.not_kept, ("station@rooms", "name@activity", *_OLD, "kind@result", "rules@why"), shown
        ),
        "无法排出的中心": read(result.conflicts, ("station@rooms", "status@solved", "rules@conflict", "fixed"), shown),
        "邻近可调剂": read(result.nearby, near, shown),
    }
    return {title: table for title, table in found.items() if len(table)}


# ----------------------------------------------------------------------------------------------------------------------
# A published timetable after something has come up: need first, then the fewest changes, then the rest.


@dataclass(frozen=True, eq=False, repr=False)
class ReplanResult(RoomStudy):
    """A published timetable after something has come up; made by :func:`replan`.

    Attributes
    ----------
    base
        The timetable that is published.
    events
        What has come up.
    timetable
        The timetable of the week with the events. In every centre, touched or not, today (现状) is what is published
        by ``base``, not what was booked before it, and offices that are given over are rooms for residents. Centres
        that the events do not touch keep all their sessions.
    touched
        The centres that they touch, by station.
    walks
        Minutes by from, to and group, within the limit of ``rooms.linking``; None where no walks were given.
    """

    events: Events
    timetable: TimetableResult
    touched: Mapping[str, Touched]
    walks: Mapping[Walk, float] | None
    study: ClassVar[str] = "replan"
    answer: ClassVar[str] = "notices"
    on_terminal: ClassVar[tuple[str, ...]] = (
        "变更通知",
        "无法排出的中心",
    )

    @property
    def status(self) -> str:
        """The least that is true of every centre: INFEASIBLE, UNKNOWN, FEASIBLE or OPTIMAL."""
        return self.timetable.status

    @cached_property
    def notices(self) -> pd.DataFrame:
        """One row a session that changes; see :func:`workbench.rooms.replanning.result.notices`."""
        return notices(self)

    @cached_property
    def not_kept(self) -> pd.DataFrame:
        """One row a session that is not kept, and why; see :func:`workbench.rooms.replanning.result.not_kept`."""
        return not_kept(self)

    @cached_property
    def conflicts(self) -> pd.DataFrame:
        """One row a centre without a timetable; see :func:`workbench.rooms.replanning.result.conflicts`."""
        return conflicts(self)

    @cached_property
    def nearby(self) -> pd.DataFrame:
        """Where else what is not held would find a place; see :func:`workbench.rooms.replanning.result.nearby`."""
        return nearby(self)

    def values(self) -> Iterator[Value]:
        """Measure the numbers."""
        yield from _measured(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return tables(self)


def replan(
    base: TimetableResult, events: Events, *, walks: pd.DataFrame | None = None, progress: Progress = SILENT
) -> ReplanResult:
    """Mend a published timetable when something has come up.

    Only the centres that are touched are planned anew: need by priority first, then the fewest published sessions that
    are not kept, then the floors of groups, rooms and preferences (``plan_centre(..., course="replan")``), proven. A
    session is kept if it takes place at its hour in its room. Sessions of activities that are called off are not to be
    kept.

    Parameters
    ----------
    base
        The timetable that is published.
    events
        What has come up, such as ``scenario.rooms.events``.
    walks
        Walks between centres, as for :func:`workbench.rooms.linking.link_centres`; then the result says where else what
        is not held would find a place.
    progress
        Told of each centre that is done.

    Returns
    -------
    ReplanResult
        A centre in which the events contradict fixed sessions has no timetable, but the names of the rules.

    Raises
    ------
    ScenarioError
        If an event names a room, activity or station that is not known; with all problems.
    GeodataError
        If an added activity does not fit the ledgers.
    RoomsError
        If the table of walks cannot be read.
    """
    linking = base.scenario.rooms.linking or Linking()
    near = None if walks is None else walks_by_pair(walks, base.scenario.standard(linking.limit))
    ground, touched = event_ground(base, events)
    effort, done = base.scenario.rooms.effort, {}
    progress.step("replan", 0, len(touched))
    with heeded_interrupt() as interrupt, ThreadPoolExecutor(WORKERS) as pool:
        centres = [each.centre for each in touched.values()]
        plans = pool.map(lambda centre: plan_centre(centre, effort, interrupt, course="replan"), centres)
        for number, plan in enumerate(plans, 1):
            done[plan.centre.id] = plan
            progress.step("replan", number, len(touched))
    mended = tuple(done.get(plan.centre.id) or as_published(plan) for plan in base.plans)
    timetable = replace(base, district=ground, scenario=_next_edition(base.scenario), plans=mended, asked={})
    return ReplanResult(base, events, timetable, touched, near)


def _next_edition(scenario: Scenario) -> Scenario:
    """Return the scenario of a timetable that replaces the published one."""
    rooms = scenario.rooms.model_copy(update={"edition": scenario.rooms.edition + 1})
    return scenario.model_copy(update={"rooms": rooms})
