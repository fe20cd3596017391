"""The week of all rooms of a district, as published today and as planned: what takes place where and when.

Block by block for figures, printed timetables and calendars; measured, as frequency × occupancy; and as exact tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.arrays import Ints
from workbench.calendars import Day
from workbench.catalogue.functions import Catalogue, parts_of
from workbench.catalogue.scenes import Scene
from workbench.catalogue.scenes import catalogue as scenes
from workbench.errors import NoSolutionError, Problem
from workbench.ground.district import District
from workbench.hours import WEEKDAYS, hhmm
from workbench.results import Result
from workbench.rooms.check import faults, load_bound, opened, unserved
from workbench.rooms.dates import Dates
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, WEEK_CELLS, Activity, Centre, Rule, Session, Timetable, run
from workbench.rooms.reasons import what_brings_back, why_unserved
from workbench.rooms.stages import CentrePlan
from workbench.scenario import Scenario
from workbench.solving import Status

# ----------------------------------------------------------------------------------------------------------------------
# ----------------------------------------------------------------------------------------------------------------------
# The week of each room, block by block: what figures, printed timetables and calendars show.


When = Literal["before", "after"]
"""The timetable that is published today, or the plan."""


def _standing_of(centre: Centre, session: Session, booked: Collection[str]) -> str:
    """Return how a session stands to today: ``kept``, ``moved`` (its activity is among the booked) or ``new``."""
    if session in centre.today:
        return "kept"
    return "moved" if centre.activities[session.activity].id in booked else "new"


@dataclass(frozen=True)
class Block:
    """One session in one room; a session in joined rooms is a block in each of them.

    Parameters
    ----------
    station, room
        Where.
    activity, name, function, group, attendance
        What, for whom and how many.
    day
        0 = Monday.
    begin, end
        When, minutes of the day.
    held_from, held_to
        From setting up to clearing away, minutes of the day, rounded outward to quarter hours.
    around
        Minutes to set up and to clear away.
    joined
        The other room that is joined for it; empty when none is.
    standing
        ``kept``, ``moved`` or ``new`` against today's timetable.
    lane, lanes
        Which of how many activities that share the room at that time.
    out
        Public holidays and make-up days on which it does not take place.
    """

    station: str
    room: str
    activity: str
    name: str
    function: str
    group: str
    attendance: int
    day: int
    begin: int
    end: int
    held_from: int
    held_to: int
    around: tuple[int, int] = (0, 0)
    joined: str = ""
    standing: str = "kept"
    lane: int = 0
    lanes: int = 1
    out: tuple[Day, ...] = ()

    @property
    def span(self) -> str:
        """When, such as "09:00–10:30"."""
        return f"{hhmm(self.begin)}–{hhmm(self.end)}"

    @property
    def clear_from(self) -> int:
        """When clearing away begins, minutes of the day: the end, rounded outward to a quarter hour."""
        return -(-self.end // CELL_MIN) * CELL_MIN

    @property
    def audience(self) -> str:
        """For whom, in Chinese."""
        known = scenes().audiences
        return known[self.group].label if self.group in known else self.group


def week_of(result: DistrictWeek, station: str, when: When = "after") -> tuple[Block, ...]:
    """Return the blocks of a centre, by room, day and begin.

    Parameters
    ----------
    result
        The rooms as timetabled.
    station
        Identifier of the centre.
    when
        Which timetable. Sessions published off the quarter hours are in no timetable, and in no block.

    Returns
    -------
    tuple of Block
        Empty when the centre has no timetable.

    Raises
    ------
    KeyError
        If the station has no rooms.
    """
    plan = result.plan(station)
    centre, timetable = result.today(station) if when == "before" else (plan.centre, plan.timetable)
    if timetable is None:
        return ()
    names = dict(zip(result.activities["id"], result.activities["name"], strict=True))
    found = [
        replace(block, out=result.dates.out(centre, session))
        for session in timetable.sessions
        for block in _blocks(centre, session, names, result.booked)
    ]
    rooms = sorted({block.room for block in found})
    return tuple(block for room in rooms for block in _in_lanes(b for b in found if b.room == room))


def _blocks(centre: Centre, session: Session, names: dict[str, str], booked: Collection[str]) -> Iterable[Block]:
    activity, place = centre.activities[session.activity], centre.places[session.place]
    midnight = session.start // DAY_CELLS * DAY_CELLS
    held, begin = activity.occupied(session.start), CELL_MIN * (session.start - midnight)
    for r in place:
        yield Block(
            station=centre.id,
            room=centre.rooms[r].id,
            activity=activity.id,
            name=names[activity.id],
            function=activity.function,
            group=activity.group,
            attendance=activity.attendance,
            day=session.start // DAY_CELLS,
            begin=begin,
            end=begin + activity.minutes,
            held_from=CELL_MIN * (held.start - midnight),
            held_to=CELL_MIN * (held.stop - midnight),
            around=activity.around,
            joined="+".join(centre.rooms[other].id for other in place if other != r),
            standing=_standing_of(centre, session, booked),
        )


def _in_lanes(blocks: Iterable[Block]) -> list[Block]:
    """Set blocks of one room that overlap beside each other, each cluster in as few lanes as it needs."""
    out: list[Block] = []
    cluster: list[Block] = []
    until = (-1, 0)
    for block in sorted(blocks, key=lambda b: (b.day, b.held_from, b.activity)):
        if (block.day, block.held_from) >= until:
            out += _spread(cluster)
            cluster = []
        cluster.append(block)
        until = max(until, (block.day, block.held_to))
    return out + _spread(cluster)


def _spread(cluster: list[Block]) -> list[Block]:
    ends: list[int] = []
    placed = []
    for block in cluster:
        lane = next((n for n, end in enumerate(ends) if end <= block.held_from), len(ends))
        ends[lane : lane + 1] = [block.held_to]
        placed.append(replace(block, lane=lane))
    return [replace(block, lanes=len(ends)) for block in placed]


# ----------------------------------------------------------------------------------------------------------------------
# How a timetable uses its rooms: frequency × occupancy, the peak, and who gets the space.
#
# Frequency is the share of a room's open hours in which it is used, occupancy the share of its seats that are then
# taken; their product is utilisation (UK Higher Education Space Management Group 2006). Hours are those of sessions,
# without setting up and clearing away. Rooms that nobody uses stay in the denominators; averages hide peaks, so the
# peak is told.


HOUR_CELLS = 60 // CELL_MIN


@dataclass(frozen=True, eq=False)
class Use:
    """How a timetable uses the rooms of one centre.

    Parameters
    ----------
    open
        Shape (rooms,), open cells a week.
    used
        Shape (rooms,), cells in which a session takes place.
    people
        Shape (rooms,), people times cells; those of joined rooms by their capacity.
    seats
        Shape (rooms,), capacity times used cells.
    functions
        Functions that each room holds in the week, sorted.
    at_once
        Shape (672,), rooms in use at each cell.
    space
        Square-metre-hours by group; a room that two activities share counts for each of them.
    """

    open: Ints
    used: Ints
    people: np.ndarray
    seats: Ints
    functions: tuple[tuple[str, ...], ...]
    at_once: Ints
    space: Mapping[str, float]

    @property
    def frequency(self) -> np.ndarray:
        """Shape (rooms,), share of open hours that is used; NaN for rooms that are never open."""
        return _share(self.used, self.open)

    @property
    def occupancy(self) -> np.ndarray:
        """Shape (rooms,), share of seats taken while in use; NaN for rooms that are never used."""
        return _share(self.people, self.seats)

    @property
    def utilisation(self) -> np.ndarray:
        """Shape (rooms,), frequency × occupancy; 0 for open rooms that are never used."""
        return np.asarray(np.where(self.used == 0, 0.0, self.occupancy) * self.frequency)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=np.asarray(whole) > 0))


def use_of(centre: Centre, timetable: Timetable) -> Use:
    """Measure how a timetable uses the rooms of a centre.

    Parameters
    ----------
    centre
        The centre.
    timetable
        A timetable; its faults are not judged.

    Returns
    -------
    Use
    """
    count = len(centre.rooms)
    busy = np.zeros((count, WEEK_CELLS), bool)
    people = np.zeros(count)
    functions: list[set[str]] = [set() for _ in range(count)]
    space: Counter[str] = Counter()
    for session in timetable.sessions:
        activity, place = centre.activities[session.activity], centre.places[session.place]
        cells = slice(session.start, session.start + activity.length)
        seats = max(1, sum(centre.rooms[r].capacity for r in place))
        for r in place:
            busy[r, cells] = True
            people[r] += activity.attendance * activity.length * centre.rooms[r].capacity / seats
            functions[r].add(activity.function)
            space[activity.group] += centre.rooms[r].area_dm2 * activity.length
    used = busy.sum(axis=1)
    return Use(
        np.array([room.touched.sum() for room in centre.rooms], np.int64),
        used,
        people,
        used * np.array([room.capacity for room in centre.rooms], np.int64),
        tuple(tuple(sorted(found)) for found in functions),
        busy.sum(axis=0),
        {group: amount / 10 / HOUR_CELLS for group, amount in sorted(space.items())},
    )


def today_of(centre: Centre) -> Timetable:
    """Return what is published today as a timetable; no office is given over."""
    return Timetable(centre.today)


# ----------------------------------------------------------------------------------------------------------------------
# The result as exact tables: one row a session, a room, a centre, an activity that is not served, a released room.


_FATES = ("kept", "added", "released", "idle", "office", "given", "given_idle")
"""What becomes of a room."""


def clock(cell: int) -> str:
    """Return the hour of the day at which a cell of the week begins, "HH:MM"."""
    return hhmm(CELL_MIN * (cell % DAY_CELLS))


def sessions(result: DistrictWeek) -> pd.DataFrame:
    """Return one row a session of the plan: where, what, for whom, when, and how it stands to today's timetable.

    ``standing`` is ``kept`` (as published), ``moved`` (the activity was published otherwise) or ``new``.
    """
    names = dict(zip(result.activities["id"], result.activities["name"], strict=True))
    rows = []
    for centre, timetable in result.planned:
        for session in timetable.sessions:
            activity = centre.activities[session.activity]
            rows.append(
                {
                    "station": centre.id,
                    "room": centre.name(session.place),
                    "activity": activity.id,
                    "name": names[activity.id],
                    "function": activity.function,
                    "group": activity.group,
                    "attendance": activity.attendance,
                    "day": WEEKDAYS[session.start // DAY_CELLS],
                    "start": clock(session.start),
                    "end": _end(centre, session),
                    "standing": _standing_of(centre, session, result.booked),
                }
            )
    columns = [
        "station",
        "room",
        "activity",
        "name",
        "function",
        "group",
        "attendance",
        "day",
        "start",
        "end",
        "standing",
    ]
    return pd.DataFrame(rows, columns=columns)


def days_out(result: DistrictWeek) -> pd.DataFrame:
    """Return one row a session of the plan and public holiday or make-up day on which it does not take place."""
    names = dict(zip(result.activities["id"], result.activities["name"], strict=True))
    columns = ["station", "date", "label", "room", "activity", "name", "start"]
    rows = [
        (centre.id, day.date, day.label, centre.name(session.place), activity, names[activity], clock(session.start))
        for centre, timetable in result.planned
        for session in timetable.sessions
        for activity in [centre.activities[session.activity].id]
        for day in result.dates.out(centre, session)
    ]
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["station", "date", "room", "start"], ignore_index=True, kind="stable"
    )


def _end(centre: Centre, session: Session) -> str:
    return hhmm(CELL_MIN * (session.start % DAY_CELLS) + centre.activities[session.activity].minutes)


def rooms(result: DistrictWeek) -> pd.DataFrame:
    """Return one row a room, before and after: functions, hours, frequency, occupancy, utilisation, and its fate."""
    parts = [_rooms_of(centre, timetable, result.today(centre.id)) for centre, timetable in result.planned]
    ledger = result.district.ledger("rooms")[["id", "station", "sign", "function", "storey", "area_m2", "capacity"]]
    measured = pd.DataFrame([row for part in parts for row in part], columns=["id", *_ROOM_COLUMNS])
    return ledger.merge(measured, on="id", how="left").sort_values("id", ignore_index=True)


_ROOM_COLUMNS = (
    "functions_before", "functions_after", "hours_before", "hours_after", "frequency_before", "frequency_after",
    "occupancy_before", "occupancy_after", "utilisation_before", "utilisation_after", "open_hours", "fate",
)  # fmt: skip


def _rooms_of(centre: Centre, timetable: Timetable, today: tuple[Centre, Timetable]) -> list[dict[str, object]]:
    uses = {"before": use_of(*today), "after": use_of(centre, timetable)}
    before, after = set(opened(*today)), set(opened(centre, timetable))
    rows: list[dict[str, object]] = []
    for r, room in enumerate(centre.rooms):
        row: dict[str, object] = {"id": room.id, "open_hours": float(room.touched.sum()) / HOUR_CELLS}
        for when, use in uses.items():
            row[f"functions_{when}"] = ";".join(use.functions[r])
            row[f"hours_{when}"] = float(use.used[r]) / HOUR_CELLS
            row[f"frequency_{when}"] = float(use.frequency[r])
            row[f"occupancy_{when}"] = float(use.occupancy[r])
            row[f"utilisation_{when}"] = float(use.utilisation[r])
        row["fate"] = _fate(centre, timetable, r, r in before, r in after)
        rows.append(row)
    return rows


def _fate(centre: Centre, timetable: Timetable, room: int, before: bool, after: bool) -> str:
    if centre.rooms[room].office:
        return "office" if room not in timetable.given else "given" if after else "given_idle"
    if after:
        return "kept" if before else "added"
    return "released" if before else "idle"


def centres(result: DistrictWeek) -> pd.DataFrame:
    """Return one row a centre: rooms and sessions before and after, the load bound, proof, and what contradicts."""
    rows = []
    for plan in result.plans:
        centre, timetable = plan.centre, plan.timetable
        before, today = result.today(centre.id)
        asked = sum(a.sessions for a in centre.activities)
        row: dict[str, object] = {
            "station": centre.id,
            "rooms": len(centre.rooms),
            "rooms_before": len(opened(before, today)),
            "sessions": asked,
            "sessions_before": len(today.sessions) + before.lost,
            "status": str(plan.status),
            "canonical": plan.canonical,
            "conflict": ";".join(plan.conflict),
        }
        if timetable is not None:
            row["rooms_after"] = len(opened(centre, timetable))
            row["load_bound"] = load_bound(centre, timetable.sessions)
            row["sessions_after"] = len(timetable.sessions)
            row["changes"] = next(stage.value for stage in plan.stages if stage.name == "changes")
        rows.append(row)
    columns = [
        "station", "rooms", "rooms_before", "rooms_after", "load_bound", "sessions", "sessions_before",
        "sessions_after", "changes", "status", "canonical", "conflict",
    ]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=columns)


def stages(result: DistrictWeek) -> pd.DataFrame:
    """Return one row a centre and stage: value, bound, gap, status."""
    rows = [
        (plan.centre.id, stage.name, stage.value, stage.bound, stage.gap, str(stage.status), stage.seconds)
        for plan in result.plans
        for stage in plan.stages
    ]
    return pd.DataFrame(rows, columns=["station", "stage", "value", "bound", "gap", "status", "seconds"])


def _unserved_activities(result: DistrictWeek) -> pd.DataFrame:
    """Return one row an activity that is not served in full: sessions missing, and the rules that stand in the way."""
    names = dict(zip(result.activities["id"], result.activities["name"], strict=True))
    rows = []
    for centre, timetable in result.planned:
        for reason in why_unserved(centre, timetable):
            activity = centre.activities[reason.activity]
            rows.append(
                {
                    "station": centre.id,
                    "activity": activity.id,
                    "name": names[activity.id],
                    "group": activity.group,
                    "priority": activity.priority,
                    "attendance": activity.attendance,
                    "sessions": activity.sessions,
                    "today": result.booked[activity.id],
                    "missing": reason.missing,
                    "hopeless": reason.hopeless,
                    "rules": ";".join(reason.rules),
                    "together": ";".join(reason.together),
                }
            )
    columns = [
        "station", "activity", "name", "group", "priority", "attendance", "sessions", "today", "missing", "hopeless",
        "rules", "together",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def losses(result: DistrictWeek) -> pd.DataFrame:
    """Return one row a function and group that loses sessions published today, the largest loss first.

    ``before`` and ``after`` are all its sessions; ``lost`` those of its activities that are held less often than today,
    what others gain not being set against them. ``barred`` of these break rules wherever they are put; the rest,
    ``outbid``, could be held, but only instead of need that counts more. ``rules``: as in
    :func:`_unserved_activities`, of all these activities.
    """
    held = Counter(c.activities[s.activity].id for c, timetable in result.planned for s in timetable.sessions)
    short = result.unserved.set_index("activity")
    hopeless = dict(zip(result.unserved["activity"], result.unserved["hopeless"], strict=True))
    columns = ["function", "group", "before", "after", "lost", "person_hours", "barred", "outbid", "rules"]
    table: dict[tuple[str, str], dict[str, Any]] = {}
    for centre, _ in result.planned:
        for activity in centre.activities:
            today, after = result.booked[activity.id], held[activity.id]
            first = dict.fromkeys(columns[2:-1], 0)
            row = table.setdefault((activity.function, activity.group), {**first, "rules": set()})
            row["before"] += today
            row["after"] += after
            lost = max(0, today - after)
            if lost:
                why = short.loc[activity.id]
                barred = min(lost, max(0, today - (activity.sessions - int(hopeless[activity.id]))))
                row["lost"] += lost
                row["person_hours"] += lost * activity.weight / 60
                row["barred"] += barred
                row["outbid"] += lost - barred
                row["rules"] |= {*parts_of(why["rules"]), *parts_of(why["together"])}
    rows = [
        (*key, *(row[name] for name in columns[2:-1]), ";".join(rule for rule in Rule if rule in row["rules"]))
        for key, row in table.items()
        if row["lost"]
    ]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values(["lost", "function", "group"], ascending=[False, True, True], ignore_index=True)


def breaches_today(result: DistrictWeek) -> pd.DataFrame:
    """Return one row a centre and rule that the published timetable breaks: how often, and which activities."""
    names = dict(zip(result.activities["id"], result.activities["name"], strict=True))
    rows = []
    for plan in result.plans:
        centre, today = result.today(plan.centre.id)
        for rule, problems in groupby(sorted(faults(centre, today), key=_rule_of), key=_rule_of):
            told = [problem.row for problem in problems]
            who = sorted({names[name] for row in told for name in _activities_in(row, names)})
            rows.append({"station": centre.id, "rule": rule, "breaches": len(told), "activities": ";".join(who)})
    return pd.DataFrame(rows, columns=["station", "rule", "breaches", "activities"])


def _rule_of(problem: Problem) -> str:
    return problem.key


def _activities_in(row: str, names: Collection[str]) -> list[str]:
    """Return the activities that a row of a fault speaks of; it begins each with its identifier."""
    return [part.split(" in ")[0] for part in row.split("; ") if part.split(" in ")[0] in names]


def _released_rooms(result: DistrictWeek) -> pd.DataFrame:
    """Return one row a room that is used today and no more in the plan, and what would bring it back."""
    names = dict(zip(result.activities["id"], result.activities["name"], strict=True))
    rows = []
    for centre, timetable in result.planned:
        for back in what_brings_back(centre, timetable, opened(*result.today(centre.id))):
            activity = centre.activities[back.activity] if back.activity >= 0 else None
            rows.append(
                {
                    "station": centre.id,
                    "room": centre.rooms[back.room].id,
                    "area_m2": centre.rooms[back.room].area_dm2 / 10,
                    "seats": back.seats,
                    "equipment": ";".join(back.equipment),
                    "offers": ";".join(back.offers),
                    "activity": names[activity.id] if activity else None,
                    "minutes": activity.minutes if activity else np.nan,
                    "spare": back.spare,
                }
            )
    columns = ["station", "room", "area_m2", "seats", "equipment", "offers", "activity", "minutes", "spare"]
    return pd.DataFrame(rows, columns=columns)


def groups(result: DistrictWeek) -> pd.DataFrame:
    """Return one row a group: person-hours asked and served, and square-metre-hours, before and after."""
    table: dict[str, dict[str, float]] = {}
    for centre, timetable in result.planned:
        for when, (there, held) in (("before", result.today(centre.id)), ("after", (centre, timetable))):
            missing = unserved(there, held)
            space = use_of(there, held).space
            for activity, absent in zip(there.activities, missing, strict=True):
                row = table.setdefault(activity.group, {})
                if when == "after":
                    row["asked"] = row.get("asked", 0.0) + activity.sessions * activity.weight / 60
                served = (activity.sessions - absent) * activity.weight / 60
                row[f"served_{when}"] = row.get(f"served_{when}", 0.0) + served
            for group, amount in space.items():
                row = table.setdefault(group, {})
                row[f"space_{when}"] = row.get(f"space_{when}", 0.0) + amount
    columns = ["asked", "served_before", "served_after", "space_before", "space_after"]
    frame = pd.DataFrame.from_dict(table, orient="index", columns=columns).fillna(0.0)
    return frame.rename_axis("group").reset_index().sort_values("group", ignore_index=True)


def signs(result: DistrictWeek, functions: Catalogue) -> pd.DataFrame:
    """Return one row a room: whether its sign names its actual function, and which sign would name the plan's.

    ``suits``: the sign hosts every function that the plan gives the room; missing where the plan gives it none.
    """
    table = rooms(result)[["id", "station", "sign", "function", "functions_after"]]
    table["true"] = table["sign"] == table["function"]
    planned = [_split(text) for text in table["functions_after"]]
    table["suits"] = [
        None if not own else set(own) <= set(functions.hosts(str(sign)))
        for own, sign in zip(planned, table["sign"], strict=True)
    ]
    table["advice"] = [_sign_for(own, functions) if own else None for own in planned]
    return table


def _split(text: object) -> list[str]:
    return [part for part in text.split(";") if part] if isinstance(text, str) else []


def _sign_for(own: Iterable[str], functions: Catalogue) -> str:
    """Return the first word for a room that hosts all these functions; else the word for a room of many uses."""
    wanted = set(own)
    fits = [word for word, room in functions.rooms.items() if wanted <= set(room.hosts)]
    return fits[0] if fits else _MANY_USES


_MANY_USES = "多功能室"
"""Sign of a room with functions that no single word covers."""


# ----------------------------------------------------------------------------------------------------------------------
# What rooms do for the service scenes: the sessions that are each scene, by function, group and hour.


_COLUMNS = (
    "scene", "functions", "stations_before", "stations_after", "sessions_asked", "sessions_before", "sessions_after",
    "person_hours_before", "person_hours_after",
)  # fmt: skip


def _scene_use(result: DistrictWeek) -> pd.DataFrame:
    """Return one row a scene, in the order of the catalogue: what is asked for it and held of it, before and after.

    A session is a scene by its function, its group and its hour (:meth:`Scene.held_by`); asked are the
    sessions of activities that could be held at such an hour. A scene that needs no room takes place in the hall,
    outdoors or in a post; its numbers are missing, not zero.
    """
    rows = []
    for key, scene in scenes().items():
        row: dict[str, object] = {"scene": key, "functions": ";".join(scene.sessions.functions)}
        if scene.sessions.functions:
            count: Counter[str] = Counter()
            for centre, timetable in result.planned:
                count["sessions_asked"] += sum(a.sessions for a in centre.activities if _could_be(scene, a))
                count.update(_held(scene, *result.today(centre.id), "before"))
                count.update(_held(scene, centre, timetable, "after"))
            row |= {column: float(count[column]) for column in _COLUMNS[2:-2]}
            row |= {f"person_hours_{when}": count[f"person_minutes_{when}"] / 60 for when in ("before", "after")}
        rows.append(row)
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _could_be(scene: Scene, activity: Activity) -> bool:
    """Tell whether an activity may be held, as far as its windows go, so that it is the scene."""
    starts = CELL_MIN * np.flatnonzero(run(activity.windows, activity.length))
    return bool(scene.held_by(activity.function, activity.group, starts, activity.minutes).any())


def _held(scene: Scene, centre: Centre, timetable: Timetable, when: str) -> dict[str, int]:
    """Return the counts of one centre."""
    asked = (centre.activities[session.activity] for session in timetable.sessions)
    weights = [
        activity.weight
        for session, activity in zip(timetable.sessions, asked, strict=True)
        if scene.held_by(activity.function, activity.group, np.array([CELL_MIN * session.start]), activity.minutes)[0]
    ]
    return {
        f"stations_{when}": int(bool(weights)),
        f"sessions_{when}": len(weights),
        f"person_minutes_{when}": sum(weights),
    }


# ----------------------------------------------------------------------------------------------------------------------
# The week of all rooms of a district, as published today and as planned.


@dataclass(frozen=True, eq=False, repr=False)
class DistrictWeek(Result):
    """The rooms of a district, each centre with its plan and with what is published today.

    Attributes
    ----------
    district, scenario
        What was planned; the district holds what the scenario adds.
    functions
        The catalogue of functions that was used.
    plans
        The plan of each centre, by identifier of its station.
    asked
        Centres as they are today, by station, where works or moves between centres have changed what the plans are
        made for; others are today as their plans have them.
    """

    district: District
    scenario: Scenario
    functions: Catalogue
    plans: tuple[CentrePlan, ...]
    asked: Mapping[str, Centre] = field(default_factory=dict, repr=False)

    @property
    def status(self) -> str:
        """The least that is true of every centre: INFEASIBLE, UNKNOWN, FEASIBLE or OPTIMAL."""
        found = {plan.status for plan in self.plans}
        order = (Status.INFEASIBLE, Status.UNKNOWN, Status.FEASIBLE, Status.OPTIMAL)
        return str(next(status for status in order if status in found))

    def plan(self, station: str) -> CentrePlan:
        """Return the plan of one centre; KeyError if the station has no rooms."""
        for plan in self.plans:
            if plan.centre.id == station:
                return plan
        raise KeyError(station)

    def planned_at(self, station: str) -> tuple[Centre, Timetable]:
        """Return one centre with its timetable.

        Raises
        ------
        KeyError
            If the station has no rooms.
        NoSolutionError
            If it has no timetable.
        """
        plan = self.plan(station)
        if plan.timetable is None:
            rules = ", ".join(plan.conflict) or "none found"
            raise NoSolutionError(f"{station} has no timetable: {plan.status}; rules in conflict: {rules}")
        return plan.centre, plan.timetable

    def today(self, station: str) -> tuple[Centre, Timetable]:
        """Return one centre as it is today, and its published timetable; KeyError if the station has no rooms."""
        centre = self.asked[station] if station in self.asked else self.plan(station).centre
        return centre, today_of(centre)

    @cached_property
    def booked(self) -> Counter[str]:
        """How many sessions of each activity are published, wherever it takes place in the plan."""
        today = [self.today(plan.centre.id)[0] for plan in self.plans]
        return Counter(centre.activities[session.activity].id for centre in today for session in centre.today)

    @property
    def solved(self) -> bool:
        """Whether any centre has a timetable."""
        return any(plan.timetable is not None for plan in self.plans)

    @property
    def planned(self) -> Iterator[tuple[Centre, Timetable]]:
        """The centres that have a timetable, with it.

        Raises
        ------
        NoSolutionError
            If no centre has one.
        """
        found = [(plan.centre, plan.timetable) for plan in self.plans if plan.timetable is not None]
        if not found:
            rules = ", ".join(sorted({str(rule) for plan in self.plans for rule in plan.conflict})) or "none found"
            raise NoSolutionError(f"no centre has a timetable; its status is {self.status}; rules in conflict: {rules}")
        return iter(found)

    @cached_property
    def dates(self) -> Dates:
        """The weeks that the timetable runs through, and the dates on which a session does not take place."""
        return Dates.of(self.district, self.scenario)

    @cached_property
    def activities(self) -> pd.DataFrame:
        """The ledger of activities."""
        return self.district.ledger("activities")

    @cached_property
    def sessions(self) -> pd.DataFrame:
        """One row a session of the plan; see :func:`workbench.rooms.week.sessions`."""
        return sessions(self)

    @cached_property
    def days_out(self) -> pd.DataFrame:
        """One row a session and date of it on which it does not take place, its room being closed."""
        return days_out(self)

    @cached_property
    def by_room(self) -> pd.DataFrame:
        """One row a room, before and after; see :func:`workbench.rooms.week.rooms`."""
        return rooms(self)

    @cached_property
    def by_centre(self) -> pd.DataFrame:
        """One row a centre, with load bound and proof; see :func:`workbench.rooms.week.centres`."""
        return centres(self)

    @cached_property
    def by_stage(self) -> pd.DataFrame:
        """One row a centre and stage, with bound and gap; see :func:`workbench.rooms.week.stages`."""
        return stages(self)

    @cached_property
    def by_group(self) -> pd.DataFrame:
        """One row a group: person-hours and ㎡·h, before and after; see :func:`workbench.rooms.week.groups`."""
        return groups(self)

    @cached_property
    def by_scene(self) -> pd.DataFrame:
        """One row a service scene: what its functions ask and get; see :mod:`workbench.rooms.week`."""
        return _scene_use(self)

    @cached_property
    def unserved(self) -> pd.DataFrame:
        """One row an activity that is not served in full, with reasons."""
        return _unserved_activities(self)

    @cached_property
    def losses(self) -> pd.DataFrame:
        """One row a function and group that loses what it has today; see :func:`workbench.rooms.week.losses`."""
        return losses(self)

    @cached_property
    def breaches_today(self) -> pd.DataFrame:
        """One row a centre and rule that the published timetable breaks."""
        return breaches_today(self)

    @cached_property
    def released(self) -> pd.DataFrame:
        """One row a released room, and what would bring it back."""
        return _released_rooms(self)

    @cached_property
    def signs(self) -> pd.DataFrame:
        """One row a room: its sign against its actual function and against the plan."""
        return signs(self, self.functions)
