"""The numbers and tables of a re-plan as a planner reads them: rounded, in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from workbench.results import Kpi
from workbench.rooms.measures import HOUR_CELLS
from workbench.rooms.shown import rules
from workbench.scenes.catalogue import catalogue as scenes
from workbench.solving import Status
from workbench.terms import label

if TYPE_CHECKING:
    from workbench.rooms.replanning.result import ReplanResult

KINDS: Final = {
    "time": "改期",
    "room": "换室",
    "both": "改期并换室",
    "cancelled": "未能安排",
    "new": "新增",
    "called_off": "活动停办",
}
"""What becomes of a session, in words."""


def kpis(result: ReplanResult) -> list[Kpi]:
    """Return the numbers: sessions changed and lost, what is added, room-hours lost, proof."""
    kinds = result.notices["kind"].value_counts()
    stuck = {name for name in result.touched if result.timetable.plan(name).timetable is None}
    published = {p.centre.id: (p.centre, p.timetable) for p in result.base.plans if p.timetable is not None}
    held = [timetable for name, (_, timetable) in published.items() if name not in stuck]
    sessions = ("有方案的中心已公布的场次", float(sum(len(t.sessions) for t in held)))
    moved = float(sum(kinds.get(kind, 0) for kind in ("time", "room", "both")))
    lost, off = float(kinds.get("cancelled", 0)), float(kinds.get("called_off", 0))
    hours = sum(int(room.open.sum()) for centre, _ in published.values() for room in centre.rooms) / HOUR_CELLS
    gone = sum(t.lost_cells for t in result.touched.values()) / HOUR_CELLS
    asked = [a for t in result.touched.values() for a in t.centre.activities if a.id in t.added]
    came = (result.notices["kind"] == "new") & result.notices["activity"].isin([a.id for a in asked])
    of_added = ("新增活动需求场次", float(sum(a.sessions for a in asked)))
    plans = [result.timetable.plan(name) for name in result.touched]
    proven = float(sum(plan.status is Status.OPTIMAL for plan in plans))
    centres = float(len(result.base.plans))
    return [
        result.kpi("centres", "受影响的中心", float(len(plans)), "个", ("有房间的中心", centres)),
        result.kpi("changed", "变更的场次（改期、换室、未能安排）", moved + lost, "场", sessions),
        result.kpi("lost", "未能安排的已公布场次", lost, "场", sessions),
        result.kpi("called_off", "停办活动的场次", off, "场", sessions),
        result.kpi("added", "新增活动排上的场次", float(came.sum()), "场", of_added),
        result.kpi("room_hours_lost", "停用的房间小时", gone, "h", ("各中心房间周开放小时", hours)),
        result.kpi("proven", "已证最优的受影响中心", proven, "个", ("受影响的中心", float(len(plans)))),
    ]


def tables(result: ReplanResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    station = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    groups = {key: word.label for key, word in scenes().audiences.items()}
    notices, kept, stuck, near = result.notices, result.not_kept, result.conflicts, result.nearby
    found = {
        "变更通知": _table(
            notices,
            station,
            {
                "name": ("活动", str),
                "kind": ("变更", KINDS.__getitem__),
                **_session("old", "原"),
                **_session("new", "现"),
            },
        ),
        "未能保持的场次及原因": _table(
            kept,
            station,
            {
                "name": ("活动", str),
                **_session("old", "原"),
                "kind": ("结果", KINDS.__getitem__),
                "rules": ("原因（规则）", rules),
            },
        ),
        "无法排出的中心": _table(
            stuck,
            station,
            {
                "status": ("求解状态", str),
                "rules": ("矛盾的规则", rules),
                "fixed": ("受影响的固定排期", lambda t: t or "—"),
            },
        ),
        "邻近可调剂": _table(
            near,
            station,
            {
                "name": ("活动", str),
                "group": ("人群", lambda key: groups.get(key, key)),
                "missing": ("未安排", int),
                "to": ("可调剂到", lambda key: station.get(key, key)),
                "minutes": ("步行（min）", lambda value: round(float(value), 1)),
                "fit": ("可排场次", int),
            },
        ),
    }
    return {title: table for title, table in found.items() if len(table)}


Shown = dict[str, tuple[str, Callable[[Any], object]]]


def _table(frame: pd.DataFrame, station: dict[str, str], shown: Shown) -> pd.DataFrame:
    return pd.DataFrame(_columns(frame, {"station": ("阵地", lambda key: station.get(key, key)), **shown}))


def _columns(frame: pd.DataFrame, shown: Shown) -> dict[str, list[object]]:
    return {name: [word(value) for value in frame[key]] for key, (name, word) in shown.items()}


def _known(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _session(when: str, word: str) -> Shown:
    """Return the columns of a session: day, hour, room; what does not take place has none."""
    return {
        f"{when}_day": (f"{word}星期", lambda day: label(day) if _known(day) else "—"),
        f"{when}_start": (f"{word}开始", lambda hour: hour if _known(hour) else "—"),
        f"{when}_room": (f"{word}房间", lambda room: room if _known(room) else "—"),
    }
