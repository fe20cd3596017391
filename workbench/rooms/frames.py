"""The result as exact tables: one row a session, a room, a centre, an activity that is not served, a released room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.district import District
from workbench.errors import Problem
from workbench.functions import Catalogue, parts_of
from workbench.hours import WEEKDAYS
from workbench.rooms.bounds import load_bound
from workbench.rooms.check import faults, opened, unserved
from workbench.rooms.measures import HOUR_CELLS, use_of
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, Centre, Rule, Session, Timetable
from workbench.rooms.reasons import what_brings_back, why_unserved
from workbench.rooms.week import hhmm, standing_of

if TYPE_CHECKING:
    from workbench.rooms.result import TimetableResult

FATES = ("kept", "added", "released", "idle", "office", "given", "given_idle")
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
                    "standing": standing_of(centre, session, result.booked),
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


def unserved_activities(result: TimetableResult) -> pd.DataFrame:
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
    :func:`unserved_activities`, of all these activities.
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


def released_rooms(result: TimetableResult) -> pd.DataFrame:
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
    return fits[0] if fits else MANY_USES


MANY_USES = "多功能室"
"""Sign of a room with functions that no single word covers."""


def station_layer(district: District, table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a table of one row a station, by its column ``station``, as a map layer of these stations."""
    stations = district.stations[["id", "name", "kind", "geometry"]]
    merged = stations.merge(table.rename(columns={"station": "id"}), on="id", how="inner", validate="one_to_one")
    return gpd.GeoDataFrame(merged, geometry="geometry", crs=district.crs)
