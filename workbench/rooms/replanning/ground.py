"""The centres that events touch: as they are published, and as the events leave them."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.district import District
from workbench.errors import Problem, ScenarioError
from workbench.functions.session_limits import week_minutes
from workbench.rooms.check import objectives, refuse_faults
from workbench.rooms.ground import cells, centres_of
from workbench.rooms.hosting import hosting
from workbench.rooms.problem import CELL_MIN, PRIORITIES, WEEK_CELLS, Activity, Centre, Flags, Room, Timetable
from workbench.rooms.result import TimetableResult
from workbench.rooms.search import Stage
from workbench.rooms.stages import CentrePlan
from workbench.scenario.room_events import Closure, Events
from workbench.solving import Status

_KEY = "rooms.events"
_NEEDS = tuple(f"need_{priority}" for priority in PRIORITIES)
_LATER = ("changes", "floors", "release", "preferences")
"""Stages of a re-plan after those of need, in their order."""


@dataclass(frozen=True, eq=False)
class Touched:
    """A centre that events touch.

    Parameters
    ----------
    published
        As it is published: its sessions of today are those of the plan.
    centre
        As the events leave it.
    called_off
        Identifiers of its activities that are called off.
    added
        Identifiers of the activities that are added to it.
    """

    published: Centre
    centre: Centre
    called_off: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def lost_cells(self) -> int:
        """Cells in which its rooms are open as published and no more, all rooms together."""
        pairs = zip(self.published.rooms, self.centre.rooms, strict=True)
        return sum(int((before.open & ~after.open).sum()) for before, after in pairs)


def event_ground(base: TimetableResult, events: Events) -> tuple[District, dict[str, Touched]]:
    """Return the district with the added activities in its ledger, and the centres that events touch, by station.

    Parameters
    ----------
    base
        The timetable that is published.
    events
        What has come up.

    Raises
    ------
    ScenarioError
        If an event names a room, activity or station that is not known or has no published timetable, or an added
        activity has the identifier of another; with all problems.
    GeodataError
        If an added activity does not fit the ledgers.
    """
    problems = list(_problems(base, events))
    if problems:
        raise ScenarioError(problems)
    ground, added = _with_added(base, events)
    station_of = {a.id: plan.centre.id for plan in base.plans for a in plan.centre.activities}
    room_of = {room.id: plan.centre.id for plan in base.plans for room in plan.centre.rooms}
    names = {*events.station_hours, *(each.station for each in events.added)}
    names |= {station_of[name] for name in events.called_off} | {room_of[each.room] for each in events.rooms_closed}
    found = {}
    for name in sorted(names):
        published = published_centre(base.plan(name))
        gone = tuple(sorted(a for a in set(events.called_off) if station_of[a] == name))
        new = [added[each.id] for each in events.added if each.station == name]
        rooms = tuple(_as_it_is(room, events, events.station_hours.get(name)) for room in published.rooms)
        centre = replace(hosting(published, without=gone, more=new), rooms=rooms)
        found[name] = Touched(published, centre, gone, tuple(a.id for a in new))
    return ground, found


def published_centre(plan: CentrePlan) -> Centre:
    """Return a centre whose plan is published: offices that are given over are rooms for residents from now on."""
    if plan.timetable is None:
        raise AssertionError("a centre without a timetable is not published")
    given = plan.timetable.given
    rooms = tuple(replace(room, office=room.office and r not in given) for r, room in enumerate(plan.centre.rooms))
    return replace(plan.centre, rooms=rooms, today=plan.timetable.sessions, lost=0)


def as_published(plan: CentrePlan) -> CentrePlan:
    """Return the plan of a centre that nothing happens to: what is published is today, and all of it is kept.

    No search is needed. A timetable that keeps every published session can differ from it only by more sessions, which
    serve more; so where need is proven it is the only one, and all later stages are proven with it.
    """
    if plan.timetable is None:
        return plan
    centre, timetable = published_centre(plan), Timetable(plan.timetable.sessions)
    refuse_faults(centre, timetable)
    worth = objectives(centre, timetable)
    needs = [stage for stage in plan.stages if stage.name in _NEEDS]
    proven = all(stage.status is Status.OPTIMAL for stage in needs)
    later = (Stage(name, worth[name], worth[name] if proven else 0, 0.0) for name in _LATER)
    stages = (*needs, *later)
    done = all(stage.status is Status.OPTIMAL for stage in stages)
    return CentrePlan(centre, Status.OPTIMAL if done else Status.FEASIBLE, timetable, stages, proven)


def _as_it_is(room: Room, events: Events, hours: str | None) -> Room:
    """Return a room with the hours that the events leave it."""
    open_ = room.open if hours is None else cells(hours)
    for closure in events.rooms_closed:
        if closure.room == room.id:
            open_ = open_ & ~_closed(closure)
    return replace(room, open=open_)


def _closed(closure: Closure) -> Flags:
    """Return the cells in which a room is out of use for any part of them, shape (672,)."""
    if closure.hours is None:
        return np.ones(WEEK_CELLS, bool)
    return np.asarray(week_minutes(closure.hours).reshape(WEEK_CELLS, CELL_MIN).any(axis=1))


def _problems(base: TimetableResult, events: Events) -> Iterator[Problem]:
    rooms = {room.id: plan for plan in base.plans for room in plan.centre.rooms}
    activities = {a.id: plan for plan in base.plans for a in plan.centre.activities}
    stations = {plan.centre.id: plan for plan in base.plans}
    where = base.scenario.name
    named = [(f"rooms_closed.{n}.room", "room", rooms, each.room) for n, each in enumerate(events.rooms_closed)]
    named += [(f"called_off.{n}", "activity", activities, name) for n, name in enumerate(events.called_off)]
    named += [(f"station_hours.{name}", "station with rooms", stations, name) for name in events.station_hours]
    named += [(f"added.{n}.station", "station with rooms", stations, a.station) for n, a in enumerate(events.added)]
    for key, what, known, name in named:
        if name not in known:
            mend = _nearest(name, known)
            yield Problem(where, f"there is no such {what}", "", "", f"a {what}", name, mend, f"{_KEY}.{key}")
        elif known[name].timetable is None:
            said, mend = "its centre has no published timetable", "Mend what contradicts itself there first."
            yield Problem(where, said, "", "", "a centre with a timetable", name, mend, f"{_KEY}.{key}")
    taken = Counter([*{*activities, *base.activities["id"]}, *(each.id for each in events.added)])
    for n, each in enumerate(events.added):
        if taken[each.id] > 1:
            mend = "Choose another one."
            yield Problem(where, "the identifier is in use", "", "", "", each.id, mend, f"{_KEY}.added.{n}.id")


def _nearest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=2)
    return f"Did you mean {' or '.join(near)}?" if near else ""


def _with_added(base: TimetableResult, events: Events) -> tuple[District, dict[str, Activity]]:
    """Return the district with the added activities, and these, by identifier."""
    if not events.added:
        return base.district, {}
    ledger = base.activities
    more = pd.DataFrame([each.row for each in events.added]).reindex(columns=ledger.columns).astype(ledger.dtypes)
    ground = base.district.with_ledgers(activities=pd.concat([ledger, more], ignore_index=True))
    asked = base.scenario.model_copy(update={"rooms": base.scenario.rooms.model_copy(update={"need": "asked"})})
    new = {each.id for each in events.added}
    every = (a for centre in centres_of(ground, asked, base.functions) for a in centre.activities)
    return ground, {a.id: a for a in every if a.id in new}
