"""The tables of the rooms as a planner reads them: rounded, in Chinese."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from workbench.functions import Catalogue, parts_of
from workbench.results import rounded
from workbench.rooms.shown import MISSING, Columns, for_reading, in_order, number, rules, same
from workbench.scenes.catalogue import catalogue as scenes
from workbench.solving import Status
from workbench.terms import label, unit

if TYPE_CHECKING:
    from workbench.rooms.result import TimetableResult


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
        LOSSES: for_reading(result.losses, _losses(functions, group)),
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


LOSSES: Final = "现有服务减少"
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
