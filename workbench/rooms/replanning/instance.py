"""The centres that events touch: as they are published, and as the events leave them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.arrays import Flags
from workbench.calendars import Weeks
from workbench.errors import Problem, ScenarioError, did_you_mean
from workbench.ground.district import District
from workbench.rooms.check import objectives, refuse_faults
from workbench.rooms.dates import weeks_of
from workbench.rooms.instance import centres_of, hosting, minutes, whole_cells
from workbench.rooms.problem import CELL_MIN, PRIORITIES, WEEK_CELLS, Activity, Centre, Room, Timetable
from workbench.rooms.result import TimetableResult
from workbench.rooms.stages import CentrePlan
from workbench.scenario import Scenario
from workbench.scenario.rooms import Closure, Events
from workbench.solving import Stage, Status

_KEY, _STATION = "rooms.events", "station with rooms"
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
    """Return the district with the added activities in its ledger, and the centres that events touch, by station."""
    centres = [plan.centre for plan in base.plans]
    problems = event_problems(events, base.scenario, centres, base.activities["id"]) + _unpublished(base, events)
    if problems:
        raise ScenarioError(problems)
    ground, added = _with_added(base, events)
    station_of, room_of = _activities(centres), _rooms(centres)
    weeks = weeks_of(ground, base.scenario)
    names = {*events.station_hours, *(each.station for each in events.added)}
    names |= {station_of[name] for name in events.called_off} | {room_of[each.room] for each in events.rooms_closed}
    found = {}
    for name in sorted(names):
        published = published_centre(base.plan(name))
        gone = tuple(sorted(a for a in set(events.called_off) if station_of[a] == name))
        new = [added[each.id] for each in events.added if each.station == name]
        rooms = tuple(_as_it_is(room, events, events.station_hours.get(name), weeks) for room in published.rooms)
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


def _as_it_is(room: Room, events: Events, hours: str | None, weeks: Weeks) -> Room:
    """Return a room with the hours that the events leave it."""
    open_ = np.diff(room.open_until).astype(bool) if hours is None else minutes(hours, weeks)
    for closure in events.rooms_closed:
        if closure.room == room.id:
            open_ = open_ & ~_closed(closure, weeks)
    return replace(room, open=whole_cells(open_), hours=open_)


def _closed(closure: Closure, weeks: Weeks) -> Flags:
    """Return the minutes in which a room is out of use in any week, shape (10080,)."""
    if closure.hours is None:
        return np.ones(CELL_MIN * WEEK_CELLS, bool)
    return weeks.open_ever(closure.hours).ravel()


def event_problems(
    events: Events, scenario: Scenario, centres: Iterable[Centre], identifiers: Iterable[str]
) -> list[Problem]:
    """Return what events name and is not there, and identifiers of added activities that are in use."""
    every = list(centres)
    rooms, activities = _rooms(every), _activities(every)
    stations = {centre.id for centre in every}
    known = {"room": set(rooms), "activity": set(activities), _STATION: stations}
    found = [
        Problem(
            scenario.name,
            f"there is no such {what}",
            expected=f"a {what}",
            found=name,
            mend=did_you_mean(name, sorted(known[what])),
            key=f"{_KEY}.{key}",
        )
        for key, what, name in _named(events)
        if name not in known[what]
    ]
    taken = Counter([*{*activities, *identifiers}, *(each.id for each in events.added)])
    found += [
        Problem(
            scenario.name,
            "the identifier is in use",
            found=each.id,
            mend="Choose another one.",
            key=f"{_KEY}.added.{n}.id",
        )
        for n, each in enumerate(events.added)
        if taken[each.id] > 1
    ]
    return found


def _named(events: Events) -> list[tuple[str, str, str]]:
    """Return what events name: its key in the scenario, its kind, its identifier."""
    named = [(f"rooms_closed.{n}.room", "room", each.room) for n, each in enumerate(events.rooms_closed)]
    named += [(f"called_off.{n}", "activity", name) for n, name in enumerate(events.called_off)]
    named += [(f"station_hours.{name}", _STATION, name) for name in events.station_hours]
    return named + [(f"added.{n}.station", _STATION, each.station) for n, each in enumerate(events.added)]


def _rooms(centres: Iterable[Centre]) -> dict[str, str]:
    """Return the station of each room."""
    return {room.id: centre.id for centre in centres for room in centre.rooms}


def _activities(centres: Iterable[Centre]) -> dict[str, str]:
    """Return the station at which each activity takes place."""
    return {activity.id: centre.id for centre in centres for activity in centre.activities}


def _unpublished(base: TimetableResult, events: Events) -> list[Problem]:
    """Return what events name, all of it known, in a centre without a timetable."""
    centres = [plan.centre for plan in base.plans]
    where = {"room": _rooms(centres), "activity": _activities(centres), _STATION: {c.id: c.id for c in centres}}
    found = []
    for key, what, name in _named(events):
        station = where[what].get(name)
        if station is not None and base.plan(station).timetable is None:
            said, mend = "its centre has no published timetable", "Mend what contradicts itself there first."
            expected = "a centre with a timetable"
            found.append(Problem(base.scenario.name, said, "", "", expected, name, mend, f"{_KEY}.{key}"))
    return found


def eventful_district(district: District, events: Events) -> District:
    """Return the district with the activities that events add in its ledger."""
    if not events.added:
        return district
    ledger = district.ledger("activities")
    more = pd.DataFrame([each.row for each in events.added]).reindex(columns=ledger.columns).astype(ledger.dtypes)
    return district.with_ledgers(activities=pd.concat([ledger, more], ignore_index=True))


def _with_added(base: TimetableResult, events: Events) -> tuple[District, dict[str, Activity]]:
    """Return the district with the added activities, and these, by identifier."""
    ground = eventful_district(base.district, events)
    if not events.added:
        return ground, {}
    asked = base.scenario.model_copy(update={"rooms": base.scenario.rooms.model_copy(update={"need": "asked"})})
    new = {each.id for each in events.added}
    every = (a for centre in centres_of(ground, asked, base.functions) for a in centre.activities)
    return ground, {a.id: a for a in every if a.id in new}
