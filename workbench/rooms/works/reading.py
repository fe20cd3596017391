"""The numbers and tables of works as a planner reads them: rounded, in Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.results import Kpi
from workbench.rooms.shown import Columns, for_reading, number, same
from workbench.rooms.works.frames import HOUR_MINUTES
from workbench.terms import label

if TYPE_CHECKING:
    from workbench.rooms.works.result import WorksResult

_STEPS = 10
"""Into how many amounts the budget is cut for the table of the budget curve."""


def kpis(result: WorksResult) -> list[Kpi]:
    """Return the numbers: money, works, days, what they serve, and proof; each with its denominator."""
    table, done, kpi = result.by_centre, result.works, result.kpi
    gained = float((table["unserved_before"] - table["unserved_after"]).sum())
    before = float(table["unserved_before"].sum())
    asked = sum(a.weight * a.sessions for own in result.centres for a in own.before.centre.activities) / HOUR_MINUTES
    sessions = float((table["sessions_after"].fillna(0) - table["sessions_before"].fillna(0)).sum())
    missing = float((table["sessions"] - table["sessions_before"].fillna(0)).sum())
    busy = table[table["works"] > 0]
    works = ("改造项目", float(len(done)))
    hours = ("不改造时每周未满足人时", before)
    after = 100 * (asked - before + gained) / asked if asked else None
    longest = float(busy["days"].max()) if len(busy) else None
    each = result.spent / gained if gained > 0 else None
    return [
        kpi("spent", "改造费用", float(result.spent), "元", ("改造预算（元）", float(result.limits.budget))),
        kpi("count", "改造项目", works[1], "项", ("有活动可用的改造", float(table["possible"].sum()))),
        kpi("centres", "改造的中心", float(len(busy)), "个", ("有房间的中心", float(len(table)))),
        kpi("days", "工期合计", float(table["days"].sum()), "天", works),
        kpi("longest", "单个中心最长工期（逐项施工）", longest, "天", ("改造的中心", float(len(busy)))),
        kpi("sessions", "因改造多安排的场次", sessions, "场", ("不改造时每周未安排场次", missing)),
        kpi("person_hours", "因改造多满足的人时", gained, "人时", hours),
        kpi("person_hours_after", "改造后满足的人时占比", after, "%", ("每周需求人时", asked)),
        kpi("cost_per_hour", "每增一人时（每周）的改造费用", each, "元/人时", ("因改造多满足的人时", gained)),
        kpi(
            "proven",
            "各档费用均已证最优的中心",
            float(table["proven"].sum()),
            "个",
            ("有房间的中心", float(len(table))),
        ),
    ]


def tables(result: WorksResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title, in Chinese; empty ones are left out."""
    stations = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    station = ("阵地", lambda key: stations.get(key, key))
    names = dict(zip(result.base.activities["id"], result.base.activities["name"], strict=True))
    kinds = {key: kind.label for key, kind in result.base.functions.works.items()}

    def listed(text: str) -> str:
        return "、".join(dict.fromkeys(names[one] for one in text.split(";") if one)) or "—"

    work: Columns = {
        "station": station,
        "room": ("房间", same),
        "work": ("改造", lambda key: kinds[key]),
        "cost": ("费用（元）", number(0)),
        "days": ("工期（天）", number(0)),
    }
    served: Columns = {
        "activities": ("缺它即无处安排的活动", listed),
        "sessions": ("每周场次", number(0)),
        "person_hours": ("每周人时", number(1)),
    }
    lacking: Columns = {
        "activities": ("可用它而仍未排足的活动", listed),
        "standing": ("未选原因", lambda key: label(f"work.{key}")),
    }
    outbid = result.unused[result.unused["standing"] == "outbid"]
    found = {
        "改造清单": for_reading(result.works, {**work, **served}),
        "改造预算曲线": for_reading(_amounts(result), _CURVE),
        "逐中心改造": for_reading(result.by_centre, {"station": station, **_CENTRES}),
        "未选改造": for_reading(outbid, {**work, **lacking}),
    }
    return {title: table for title, table in found.items() if len(table)}


def _amounts(result: WorksResult) -> pd.DataFrame:
    """Return the frontier at round amounts of money, the budget among them."""
    curve, budget = result.frontier, result.limits.budget
    most = max(budget, int(curve["cost"].max()))
    amounts = sorted({top * n // _STEPS for top in (budget, most) for n in range(_STEPS + 1)})
    rows: list[dict[str, Any]] = [
        {**dict(curve[curve["cost"] <= money].iloc[-1]), "money": money, "chosen": money == budget} for money in amounts
    ]
    return pd.DataFrame(rows)


_CURVE: Columns = {
    "money": ("预算（元）", number(0)),
    "cost": ("实际费用（元）", number(0)),
    "served": ("每周满足人时", number(1)),
    "gained": ("因改造多满足人时", number(1)),
    "need_1": ("未满足：优先级 1", number(1)),
    "need_2": ("未满足：优先级 2", number(1)),
    "need_3": ("未满足：优先级 3", number(1)),
    "chosen": ("本情景预算", lambda chosen: "是" if chosen else "—"),
}

_CENTRES: Columns = {
    "works": ("改造项目", number(0)),
    "cost": ("费用（元）", number(0)),
    "days": ("工期（天）", number(0)),
    "sessions": ("需求场次", number(0)),
    "sessions_before": ("不改造安排场次", number(0)),
    "sessions_after": ("改造后安排场次", number(0)),
    "unserved_before": ("不改造未满足人时", number(1)),
    "unserved_after": ("改造后未满足人时", number(1)),
    "possible": ("有活动可用的改造", number(0)),
    "proven": ("各档费用已证最优", lambda proven: "是" if proven else "否"),
}
