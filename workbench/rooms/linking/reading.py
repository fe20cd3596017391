"""The numbers and tables of linked centres as a planner reads them: rounded, in Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from workbench.results import Kpi, rounded
from workbench.rooms.check import opened, unserved
from workbench.scenes.catalogue import catalogue as scenes
from workbench.solving import Status
from workbench.terms import label, unit

if TYPE_CHECKING:
    from workbench.rooms.linking.result import LinkedResult
    from workbench.rooms.result import TimetableResult

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
