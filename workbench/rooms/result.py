"""The rooms of a district as timetabled: plans of all centres, before and after, with proof and reasons."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import Any, ClassVar, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.arrays import Ints
from workbench.calendars import Day
from workbench.catalogue.functions import Catalogue, catalogue, parts_of
from workbench.catalogue.scenes import Scene
from workbench.catalogue.scenes import catalogue as scenes
from workbench.catalogue.terms import label, unit
from workbench.errors import NoSolutionError, Problem
from workbench.ground.district import District
from workbench.hours import WEEKDAYS
from workbench.progress import Tell, silent
from workbench.results import Kpi, Result, rounded
from workbench.rooms.check import faults, load_bound, opened, unserved
from workbench.rooms.dates import Dates
from workbench.rooms.ground import asked_district, centres_of
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, WEEK_CELLS, Activity, Centre, Rule, Session, Timetable, run
from workbench.rooms.reasons import what_brings_back, why_unserved
from workbench.rooms.stages import CentrePlan, plan_centre
from workbench.scenario import Scenario
from workbench.solving import Status, heeded_interrupt
from workbench.version import __version__

# ----------------------------------------------------------------------------------------------------------------------
# The week of each room, block by block: what figures, printed timetables and calendars show.


When = Literal["before", "after"]
"""The timetable that is published today, or the plan."""


def hhmm(minute: int) -> str:
    """Return a minute of the day as "HH:MM"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


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


def week_of(result: TimetableResult, station: str, when: When = "after") -> tuple[Block, ...]:
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


def sessions(result: TimetableResult) -> pd.DataFrame:
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


def days_out(result: TimetableResult) -> pd.DataFrame:
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


def rooms(result: TimetableResult) -> pd.DataFrame:
    """Return one row a room, before and after: functions, hours, frequency, occupancy, utilisation, and its fate."""
    parts = [_rooms_of(centre, timetable, result.today(centre.id)) for centre, timetable in result.planned]
    ledger = result.district.ledger("rooms")[["id", "station", "sign", "function", "storey", "area_m2", "capacity"]]
    made = pd.DataFrame([row for part in parts for row in part], columns=["id", *_ROOM_COLUMNS])
    return ledger.merge(made, on="id", how="left").sort_values("id", ignore_index=True)


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


def centres(result: TimetableResult) -> pd.DataFrame:
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


def stages(result: TimetableResult) -> pd.DataFrame:
    """Return one row a centre and stage: value, bound, gap, status."""
    rows = [
        (plan.centre.id, stage.name, stage.value, stage.bound, stage.gap, str(stage.status), stage.seconds)
        for plan in result.plans
        for stage in plan.stages
    ]
    return pd.DataFrame(rows, columns=["station", "stage", "value", "bound", "gap", "status", "seconds"])


def _unserved_activities(result: TimetableResult) -> pd.DataFrame:
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


def losses(result: TimetableResult) -> pd.DataFrame:
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


def breaches_today(result: TimetableResult) -> pd.DataFrame:
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


def _released_rooms(result: TimetableResult) -> pd.DataFrame:
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


def groups(result: TimetableResult) -> pd.DataFrame:
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


def signs(result: TimetableResult, functions: Catalogue) -> pd.DataFrame:
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


def station_layer(district: District, table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a table of one row a station, by its column ``station``, as a map layer of these stations."""
    stations = district.stations[["id", "name", "kind", "geometry"]]
    merged = stations.merge(table.rename(columns={"station": "id"}), on="id", how="inner", validate="one_to_one")
    return gpd.GeoDataFrame(merged, geometry="geometry", crs=district.crs)


# ----------------------------------------------------------------------------------------------------------------------
# How exact tables become tables that a planner reads: a heading for each column, and how its values are shown.


Shown = Callable[[Any], object]
"""Returns what is shown of a value."""
Columns = Mapping[str, tuple[str, Shown]]
"""Heading of each column, in Chinese, and how its values are shown."""
MISSING: Final = "缺数据"
NOTHING: Final = "—"


def for_reading(table: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Return these columns of a table as they are read."""
    return pd.DataFrame({name: table[key].map(shown).tolist() for key, (name, shown) in columns.items()})


def same(value: object) -> object:
    """Show a value as it is; say so where it is missing."""
    return MISSING if value is None or (isinstance(value, float) and np.isnan(value)) else value


def number(digits: int, scale: float = 1.0, otherwise: str = MISSING) -> Shown:
    """Show a number, times a scale, with so many digits; something else where it is missing."""

    def shown(value: object) -> object:
        if not isinstance(value, (int, float, np.integer, np.floating)) or np.isnan(value):
            return otherwise
        rounded = round(scale * float(value), digits)
        return int(rounded) if digits == 0 else rounded

    return shown


def rules(text: object) -> str:
    """Show rules, separated by ``;``, by their names."""
    return "、".join(label(f"rule.{rule}") for rule in parts_of(text)) or NOTHING


def in_order(sessions: pd.DataFrame, *by: str) -> pd.DataFrame:
    """Return sessions in the order of some columns; ``place`` is that of the day in the week."""
    day = sessions["day"].map({name: place for place, name in enumerate(WEEKDAYS)})
    return sessions.assign(place=day).sort_values(list(by), kind="stable")


# ----------------------------------------------------------------------------------------------------------------------
# The tables of the rooms as a planner reads them: rounded, in Chinese.


def tables(result: TimetableResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title, in Chinese; empty ones are left out."""
    stations = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    known = result.functions
    functions = _listed({key: function.label for key, function in known.items()})
    audiences = {key: word.label for key, word in scenes().audiences.items()}
    station = ("阵地", lambda key: stations.get(key, key))
    group = ("人群", lambda key: audiences.get(key, key))
    if not result.solved:
        return {"逐中心结果": for_reading(result.by_centre, _centres(station))}
    week = in_order(result.sessions, "station", "room", "place", "start", "activity")
    found = {
        _LOSSES: for_reading(result.losses, _losses(functions, group)),
        "房间整合前后对照表": for_reading(result.by_room, _before_after(station, functions)),
        "房间周课表": for_reading(week, _week(station, functions, group)),
        "停课日期": for_reading(result.days_out, _days_out(station)),
        "逐中心结果": for_reading(result.by_centre, _centres(station)),
        "逐阶段证明": for_reading(_stage_totals(result), _stages()),
        "未满足需求及原因": for_reading(result.unserved, _unserved(station, group)),
        "现行排期不合规之处": for_reading(result.breaches_today, _breaches(station)),
        "释放房间及恢复条件": for_reading(result.released, _released(station, known)),
        "人群用房": for_reading(result.by_group, _groups(group)),
        "场景用房": for_reading(result.by_scene, _scenes(functions)),
        "门牌核对": for_reading(result.signs, _sign_columns(station, functions)),
    }
    return {title: table for title, table in found.items() if len(table)}


_LOSSES: Final = "现有服务减少"
"""The first table: who loses what they have today. It is left out where nobody does."""


def _losses(functions: Callable[[Any], object], group: tuple[str, Callable[[Any], object]]) -> Columns:
    return {
        "function": ("功能", functions),
        "group": group,
        "before": ("现状场次", number(0)),
        "after": ("规划场次", number(0)),
        "lost": ("不再安排", number(0)),
        "person_hours": ("减少人时", number(0)),
        "barred": ("其中无论如何排不下", number(0)),
        "outbid": ("其中排得下、让位于更多需求", number(0)),
        "rules": ("放宽即可增排", rules),
    }


def _listed(words: Mapping[str, str]) -> Callable[[Any], object]:
    def shown(text: object) -> object:
        return MISSING if not isinstance(text, str) else "、".join(words.get(p, p) for p in parts_of(text)) or "—"

    return shown


def _percent(value: object) -> object:
    return "—" if isinstance(value, float) and np.isnan(value) else number(1, 100.0)(value)


def _before_after(station: tuple[str, Callable[[Any], object]], functions: Callable[[Any], object]) -> Columns:
    return {
        "id": ("房间", same),
        "station": station,
        "storey": ("楼层", number(0)),
        "area_m2": ("面积（㎡）", number(1)),
        "sign": ("门牌", same),
        "function": ("实际用途", same),
        "functions_before": ("现状功能", functions),
        "functions_after": ("规划功能", functions),
        "hours_before": ("现状周使用（h）", number(1)),
        "hours_after": ("规划周使用（h）", number(1)),
        "utilisation_before": ("现状利用率（%）", _percent),
        "utilisation_after": ("规划利用率（%）", _percent),
        "fate": ("处置", lambda fate: label(f"fate.{fate}") if isinstance(fate, str) else MISSING),
    }


def _week(
    station: tuple[str, Callable[[Any], object]],
    functions: Callable[[Any], object],
    group: tuple[str, Callable[[Any], object]],
) -> Columns:
    standing = {"kept": "不变", "moved": "调整", "new": "新增"}
    return {
        "station": station,
        "room": ("房间", same),
        "day": ("星期", label),
        "start": ("开始", same),
        "end": ("结束", same),
        "name": ("活动", same),
        "function": ("功能", functions),
        "group": group,
        "attendance": ("人数", number(0)),
        "standing": ("与现状", lambda key: standing[key]),
    }


def _days_out(station: tuple[str, Callable[[Any], object]]) -> Columns:
    return {
        "station": station,
        "date": ("日期", lambda date: date.isoformat()),
        "label": ("日子", same),
        "room": ("房间", same),
        "start": ("开始", same),
        "name": ("活动", same),
    }


def _centres(station: tuple[str, Callable[[Any], object]]) -> Columns:
    return {
        "station": station,
        "rooms": ("房间数", number(0)),
        "rooms_before": ("现状使用", number(0)),
        "rooms_after": ("规划使用", number(0)),
        "load_bound": ("负荷下界", number(0)),
        "sessions": ("需求场次", number(0)),
        "sessions_before": ("现状场次", number(0)),
        "sessions_after": ("规划场次", number(0)),
        "changes": ("变动", number(0)),
        "status": ("求解状态", same),
        "conflict": ("矛盾的规则", rules),
    }


def _stage_totals(result: TimetableResult) -> pd.DataFrame:
    """Return one row a stage: sums over the centres (the largest for the floors of groups), and how many are proven."""
    rows = []
    for name, part in result.by_stage.groupby("stage", sort=False):
        most = name == "floors"
        value, bound = ((part[key].max() if most else part[key].sum()) for key in ("value", "bound"))
        proven = int((part["status"] == Status.OPTIMAL).sum())
        by_area = name == "release" and result.scenario.rooms.release == "area"
        scale = 10.0 if by_area else 1.0
        of = "㎡" if by_area else "个" if name == "release" else unit(f"stage.{name}")
        rows.append((name, of, value / scale, bound / scale, proven, len(part)))
    return pd.DataFrame(rows, columns=["stage", "unit", "value", "bound", "proven", "centres"])


def _stages() -> Columns:
    return {
        "stage": ("阶段（依次优先）", lambda name: label(f"stage.{name}")),
        "unit": ("单位", same),
        "value": ("取值", lambda value: rounded(float(value), "个")),
        "bound": ("下界", lambda value: rounded(float(value), "个")),
        "proven": ("已证最优的中心", number(0)),
        "centres": ("中心", number(0)),
    }


def _unserved(station: tuple[str, Callable[[Any], object]], group: tuple[str, Callable[[Any], object]]) -> Columns:
    return {
        "station": station,
        "name": ("活动", same),
        "group": group,
        "priority": ("优先级", number(0)),
        "attendance": ("人数", number(0)),
        "sessions": ("需求场次", number(0)),
        "today": ("现状场次", number(0)),
        "missing": ("未安排", number(0)),
        "hopeless": ("其中无论如何排不下", number(0)),
        "rules": ("放宽任一即可增排", rules),
        "together": ("须同时放宽", rules),
    }


def _breaches(station: tuple[str, Callable[[Any], object]]) -> Columns:
    return {
        "station": station,
        "rule": ("不合的规则", rules),
        "breaches": ("处数", number(0)),
        "activities": ("涉及活动", lambda text: "、".join(parts_of(text)) or "—"),
    }


def _released(station: tuple[str, Callable[[Any], object]], known: Catalogue) -> Columns:
    equipment = _listed({key: word.label for key, word in known.equipment.items()})
    return {
        "station": station,
        "room": ("房间", same),
        "area_m2": ("面积（㎡）", number(1)),
        "seats": ("人数达到即须启用", lambda seats: int(seats) or "—"),
        "equipment": ("仅此室有的设备", equipment),
        "offers": ("仅此室满足", rules),
        "activity": ("余量最小的现有活动", same),
        "spare": ("该活动还可增排场次", number(0)),
    }


def _groups(group: tuple[str, Callable[[Any], object]]) -> Columns:
    return {
        "group": group,
        "asked": ("需求人时", number(0)),
        "served_before": ("现状满足人时", number(0)),
        "served_after": ("规划满足人时", number(0)),
        "space_before": ("现状用房（㎡·h）", number(0)),
        "space_after": ("规划用房（㎡·h）", number(0)),
    }


def _scenes(functions: Callable[[Any], object]) -> Columns:
    return {
        "scene": ("服务场景", lambda key: scenes()[key].label),
        "functions": ("承载功能", lambda text: functions(text) if text else "不用功能室（大厅、室外或驿家）"),
        "stations_before": ("现状开展的中心", number(0)),
        "stations_after": ("规划开展的中心", number(0)),
        "sessions_asked": ("需求场次", number(0)),
        "sessions_before": ("现状场次", number(0)),
        "sessions_after": ("规划场次", number(0)),
        "person_hours_before": ("现状人时", number(0)),
        "person_hours_after": ("规划人时", number(0)),
    }


def _sign_columns(station: tuple[str, Callable[[Any], object]], functions: Callable[[Any], object]) -> Columns:
    def verdict(value: object) -> str:
        return "—" if value is None else "相符" if value else "不符"

    return {
        "id": ("房间", same),
        "station": station,
        "sign": ("门牌", same),
        "function": ("实际用途", same),
        "true": ("门牌与实际", verdict),
        "functions_after": ("规划功能", functions),
        "suits": ("门牌与规划", verdict),
        "advice": ("建议门牌", lambda word: word if isinstance(word, str) else "—"),
    }


# ----------------------------------------------------------------------------------------------------------------------
# The numbers of the rooms, each with its denominator.


_NO_CLAUSE = "不涉及标准"
_WHENS = (("before", "现状"), ("after", "规划"))


def kpis(result: TimetableResult) -> list[Kpi]:
    """Return the numbers: rooms, need, use, changes, proof; before and after where both are known."""
    if not result.solved:
        return [_proven(result)]
    found = [
        *_losses_kpis(result),
        *_rooms(result),
        *_need(result),
        *_scenes_kpis(result),
        *_use(result),
        *_peaks(result),
        *_plan(result),
    ]
    return [*found, *_offices(result), *_signs(result)]


def _kpi(key: str, name: str, value: float | None, unit: str, of: tuple[str, float | None]) -> Kpi:
    known = value if value is not None and np.isfinite(value) else None
    return Kpi(key, name, known, unit, of[0], of[1], "", "全体居民", "", _NO_CLAUSE)


def _ratio(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def _losses_kpis(result: TimetableResult) -> list[Kpi]:
    """Return what is held no more of what is published today, all of it and by function and group."""
    table, centres = result.losses, result.by_centre
    planned = ("有方案的中心的现行排期场次", float(centres.loc[centres["changes"].notna(), "sessions_before"].sum()))
    found = [_kpi("plan.dropped", "现行排期中不再安排的场次", float(table["lost"].sum()), "场", planned)]
    for row in table.to_dict("records"):
        group = scenes().audiences[row["group"]].label if row["group"] in scenes().audiences else row["group"]
        name = f"现有服务减少：{result.functions[row['function']].label}（{group}），规划 {row['after']} 场"
        of = ("现状场次", float(row["before"]))
        found.append(_kpi(f"plan.dropped.{row['function']}.{row['group']}", name, float(row["lost"]), "场", of))
    return found


def _rooms(result: TimetableResult) -> list[Kpi]:
    table = result.by_room[result.by_room["fate"].notna()]
    of = ("有方案的中心的房间", float(len(table)))
    used = {when: table[f"hours_{when}"] > 0 for when, _ in _WHENS}
    found = [
        _kpi(f"rooms.used_{when}", f"{name}使用的房间", float(used[when].sum()), "个", of) for when, name in _WHENS
    ]
    released = table[table["fate"] == "released"]
    area = ("有方案的中心的房间面积（㎡）", float(table["area_m2"].sum()))
    found += [
        _kpi("rooms.released", "释放的房间", float(len(released)), "个", of),
        _kpi("rooms.released_area", "释放的面积", float(released["area_m2"].sum()), "㎡", area),
        _kpi("rooms.load_bound", "房间数的负荷下界（Hall）", float(result.by_centre["load_bound"].sum()), "个", of),
    ]
    counts = {when: table[f"functions_{when}"].map(lambda text: len(parts_of(text))) for when, _ in _WHENS}
    for when, name in _WHENS:
        busy = counts[when][used[when]]
        mean = float(busy.mean()) if len(busy) else None
        words = (f"{name}使用的房间", float(len(busy)))
        found.append(_kpi(f"rooms.functions_{when}", f"{name}每室功能数", mean, "种", words))
    return found


def _need(result: TimetableResult) -> list[Kpi]:
    table = result.by_centre[result.by_centre["sessions_after"].notna()]
    asked = float(table["sessions"].sum())
    groups = result.by_group
    hours = float(groups["asked"].sum())
    found = []
    for when, name in _WHENS:
        held = _ratio(float(table[f"sessions_{when}"].sum()), asked)
        found.append(_kpi(f"need.sessions_{when}", f"{name}安排的活动场次占比", held, "%", ("每周需求场次", asked)))
        served = _ratio(float(groups[f"served_{when}"].sum()), hours)
        found.append(_kpi(f"need.person_hours_{when}", f"{name}满足的人时占比", served, "%", ("每周需求人时", hours)))
    return found


def _scenes_kpis(result: TimetableResult) -> list[Kpi]:
    table = result.by_scene
    of = ("以功能室承载的服务场景", float(table["sessions_after"].notna().sum()))
    return [
        _kpi(
            f"scenes.held_{when}",
            f"{name}在功能室开展的服务场景",
            float((table[f"sessions_{when}"] > 0).sum()),
            "个",
            of,
        )
        for when, name in _WHENS
    ]


def _use(result: TimetableResult) -> list[Kpi]:
    """Return frequency, occupancy and utilisation over all rooms for residents, used or not."""
    table = result.by_room[result.by_room["fate"].notna()]
    whole = ("有方案的中心全部房间的周开放小时", float(table["open_hours"].sum()))
    found = []
    for when, name in _WHENS:
        own = ["office"] if when == "after" else ["office", "given", "given_idle"]
        rooms = table[~table["fate"].isin(own)]
        open_h, used = float(rooms["open_hours"].sum()), rooms[f"hours_{when}"]
        seats = float((used * rooms["capacity"]).sum())
        taken = float((used * rooms["capacity"] * rooms[f"occupancy_{when}"].fillna(0.0)).sum())
        frequency, occupancy = _ratio(float(used.sum()), open_h), _ratio(taken, seats)
        both = None if frequency is None else frequency * (occupancy or 0.0) / 100
        of = (f"{name}居民用房的周开放小时", open_h)
        found += [
            _kpi(f"use.open_hours_{when}", f"{name}向居民开放的房间小时", open_h, "h", whole),
            _kpi(f"use.frequency_{when}", f"{name}使用频率", frequency, "%", of),
            _kpi(f"use.occupancy_{when}", f"{name}上座率", occupancy, "%", (f"{name}使用中的座位小时", seats)),
            _kpi(f"use.utilisation_{when}", f"{name}利用率（频率 × 上座率）", both, "%", of),
        ]
        busy = rooms[used > 0]
        inner = _ratio(float(used.sum()), float(busy["open_hours"].sum()))
        words = (f"{name}使用的房间的周开放小时", float(busy["open_hours"].sum()))
        found.append(_kpi(f"use.frequency_used_{when}", f"{name}使用频率（仅使用的房间）", inner, "%", words))
    return found


def _peaks(result: TimetableResult) -> list[Kpi]:
    """Return the most rooms in use at once, over the whole district."""
    found = []
    for when, name in _WHENS:
        uses = [use_of(*(result.today(c.id) if when == "before" else (c, t))).at_once for c, t in result.planned]
        total = np.sum(uses, axis=0)
        cell = int(total.argmax())
        hour = f"{label(WEEKDAYS[cell // DAY_CELLS])} {hhmm(CELL_MIN * (cell % DAY_CELLS))}"
        rooms = float(result.by_room["fate"].notna().sum())
        of = ("有方案的中心的房间", rooms)
        found.append(_kpi(f"use.peak_{when}", f"{name}高峰同时使用的房间（{hour}）", float(total[cell]), "个", of))
    return found


def _plan(result: TimetableResult) -> list[Kpi]:
    breaches = result.breaches_today
    centres = result.by_centre
    booked = float(centres["sessions_before"].sum())
    planned = ("有方案的中心的现行排期场次", float(centres.loc[centres["changes"].notna(), "sessions_before"].sum()))
    moved = float(centres["changes"].sum())
    return [
        _kpi("plan.changes", "与现状的变动（改期、换室、办公转用）", moved, "处", planned),
        _kpi(
            "plan.breaches_today",
            "现行排期不合规之处",
            float(breaches["breaches"].sum()),
            "处",
            ("现行排期场次", booked),
        ),
        _proven(result),
    ]


def _proven(result: TimetableResult) -> Kpi:
    proven = float(sum(plan.status is Status.OPTIMAL for plan in result.plans))
    return _kpi("plan.proven", "已证最优的中心", proven, "个", ("有房间的中心", float(len(result.plans))))


def _offices(result: TimetableResult) -> list[Kpi]:
    """Return the share of the ledger's rooms that are no offices, and how much floor area the ledger leaves out.

    No clause is cited: 国办发〔2021〕56号 asks for a share of the centre's floor area, which capacity answers.
    """
    table = result.by_room[result.by_room["fate"].notna()]
    whole = float(table["area_m2"].sum())
    found = []
    for when, name in _WHENS:
        kept = table["fate"].isin(["office"] if when == "after" else ["office", "given", "given_idle"])
        value = _ratio(whole - float(table.loc[kept, "area_m2"].sum()), whole)
        of = ("房间台账面积（㎡）", whole)
        found.append(_kpi(f"offices.resident_share_{when}", f"{name}台账房间中的居民用房面积占比", value, "%", of))
    stations = result.district.stations
    floor = float(stations.loc[stations["id"].isin(table["station"]), "floor_area_m2"].sum(skipna=False))
    size = ("有方案的中心的建筑面积（㎡）", floor if np.isfinite(floor) else None)
    return [*found, _kpi("offices.outside_ledger", "未列入房间台账的建筑面积", floor - whole, "㎡", size)]


def _signs(result: TimetableResult) -> list[Kpi]:
    table = result.signs
    true, judged = float(table["true"].sum()), float(len(table))
    planned = table[table["suits"].notna()]
    suits = float(planned["suits"].astype(bool).sum())
    return [
        _kpi("signs.true", "门牌与实际功能一致的房间占比", _ratio(true, judged), "%", ("台账房间", judged)),
        _kpi(
            "signs.suits", "门牌与规划功能一致的房间占比", _ratio(suits, float(len(planned))), "%",
            ("规划使用的房间", float(len(planned))),
        ),
    ]  # fmt: skip


# ----------------------------------------------------------------------------------------------------------------------
# What rooms do for the service scenes: the sessions that are each scene, by function, group and hour.


_COLUMNS = (
    "scene", "functions", "stations_before", "stations_after", "sessions_asked", "sessions_before", "sessions_after",
    "person_hours_before", "person_hours_after",
)  # fmt: skip


def _scene_use(result: TimetableResult) -> pd.DataFrame:
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
# The rooms of a district as timetabled: plans of all centres, before and after, with proof and reasons.


WORKERS = 2
"""Centres that are solved at once; the plans do not depend on it."""


@dataclass(frozen=True, eq=False, repr=False)
class TimetableResult(Result):
    """The rooms of a district as timetabled; made by :func:`timetable_rooms`.

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

    on_terminal: ClassVar[tuple[str, ...]] = (
        _LOSSES,
        "逐中心结果",
        "逐阶段证明",
        "未满足需求及原因",
    )

    district: District
    scenario: Scenario
    functions: Catalogue
    plans: tuple[CentrePlan, ...]
    asked: Mapping[str, Centre] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        proven = sum(plan.status is Status.OPTIMAL for plan in self.plans)
        return f"<TimetableResult {self.scenario.name}: {proven} of {len(self.plans)} centres proven, {self.status}>"

    @property
    def status(self) -> str:
        """The least that is true of every centre: INFEASIBLE, UNKNOWN, FEASIBLE or OPTIMAL."""
        found = {plan.status for plan in self.plans}
        order = (Status.INFEASIBLE, Status.UNKNOWN, Status.FEASIBLE, Status.OPTIMAL)
        return str(next(status for status in order if status in found))

    @cached_property
    def fingerprint(self) -> str:
        """Hash of scenario, ground, package version and catalogue of functions."""
        listed = json.dumps(self.functions.document, sort_keys=True, ensure_ascii=False)
        parts = (self.scenario.fingerprint, self.district.fingerprint, __version__, listed)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

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
    def answered(self) -> bool:
        """Whether any centre has a timetable."""
        return self.solved

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
        """One row a session of the plan; see :func:`workbench.rooms.result.sessions`."""
        return sessions(self)

    @cached_property
    def days_out(self) -> pd.DataFrame:
        """One row a session and date of it on which it does not take place, its room being closed."""
        return days_out(self)

    @cached_property
    def by_room(self) -> pd.DataFrame:
        """One row a room, before and after; see :func:`workbench.rooms.result.rooms`."""
        return rooms(self)

    @cached_property
    def by_centre(self) -> pd.DataFrame:
        """One row a centre, with load bound and proof; see :func:`workbench.rooms.result.centres`."""
        return centres(self)

    @cached_property
    def by_stage(self) -> pd.DataFrame:
        """One row a centre and stage, with bound and gap; see :func:`workbench.rooms.result.stages`."""
        return stages(self)

    @cached_property
    def by_group(self) -> pd.DataFrame:
        """One row a group: person-hours and ㎡·h, before and after; see :func:`workbench.rooms.result.groups`."""
        return groups(self)

    @cached_property
    def by_scene(self) -> pd.DataFrame:
        """One row a service scene: what its functions ask and get; see :mod:`workbench.rooms.result`."""
        return _scene_use(self)

    @cached_property
    def unserved(self) -> pd.DataFrame:
        """One row an activity that is not served in full, with reasons."""
        return _unserved_activities(self)

    @cached_property
    def losses(self) -> pd.DataFrame:
        """One row a function and group that loses what it has today; see :func:`workbench.rooms.result.losses`."""
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

    def kpis(self) -> list[Kpi]:
        """Return the numbers; where no centre has a timetable, only how many are proven."""
        return kpis(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out.

        Where no centre has a timetable there is only what each centre came to, with its rules in conflict.
        """
        return tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: the stations with rooms, and what their plan gives."""
        return {"rooms_by_station": station_layer(self.district, self.by_centre)}


def timetable_rooms(
    district: District, scenario: Scenario, *, functions: Catalogue | None = None, progress: Tell = silent
) -> TimetableResult:
    """Timetable the rooms of all centres for an ordinary week.

    Each centre is a problem of its own: its rooms serve its activities, in lexicographic stages
    (:func:`workbench.rooms.stages.plan_centre`). Centres are solved side by side; every solve is deterministic, so the
    plans depend neither on the number of workers nor on the speed of the machine.

    Parameters
    ----------
    district
        With the ledgers ``rooms``, ``activities`` and, where there is a published timetable, ``bookings``.
    scenario
        The intent; its section ``rooms``.
    functions
        Catalogue of functions; the one that comes with the workbench by default.
    progress
        Told of each centre that is done.

    Returns
    -------
    TimetableResult
        A centre whose rules contradict each other has no timetable but the names of these rules. After Ctrl-C, what is
        found so far, with its bounds.

    Raises
    ------
    RoomsError
        If there are no rooms, or a fixed booking begins off the grid.
    ScenarioError, GeodataError
        If what the scenario adds does not fit (:func:`workbench.rooms.ground.asked_district`).
    """
    known = catalogue() if functions is None else functions
    ground = asked_district(district, scenario)
    centres = centres_of(ground, scenario, known)
    effort = scenario.rooms.effort
    plans: list[CentrePlan] = []
    progress("rooms", 0, len(centres))
    with heeded_interrupt() as interrupt, ThreadPoolExecutor(WORKERS) as pool:
        for done, plan in enumerate(pool.map(lambda centre: plan_centre(centre, effort, interrupt), centres), 1):
            plans.append(plan)
            progress("rooms", done, len(centres))
    return TimetableResult(ground, scenario, known, tuple(plans))


# ----------------------------------------------------------------------------------------------------------------------
# What every study of a timetable shares: its scenario, its ground, its fingerprint.


NO_CLAUSE = "不涉及标准"


@dataclass(frozen=True, eq=False, repr=False)
class RoomStudy(Result):
    """A study of a timetable.

    Attributes
    ----------
    base
        The timetable that it starts from.
    """

    base: TimetableResult
    study: ClassVar[str] = ""

    @property
    def scenario(self) -> Scenario:
        """The intent."""
        return self.base.scenario

    @property
    def district(self) -> District:
        """The ground."""
        return self.base.district

    @property
    def status(self) -> str:
        """MEASURED for a measurement; OPTIMAL, FEASIBLE or INFEASIBLE for a decision."""
        return self.base.status

    @property
    def answered(self) -> bool:
        """Whether any centre has a timetable."""
        return self.base.solved

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground, package version, catalogue of functions and the name of the study."""
        return hashlib.sha256(f"{self.base.fingerprint}\n{self.study}".encode()).hexdigest()

    def kpi(self, key: str, name: str, value: float | None, unit: str, of: tuple[str, float | None]) -> Kpi:
        """Return a number of this study; ``of`` is its denominator in words and size."""
        return Kpi(f"{self.study}.{key}", name, value, unit, *of, "", "全体居民", "", NO_CLAUSE)
