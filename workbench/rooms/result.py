"""The rooms of a district as timetabled: numbers, tables and proof as a planner reads them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.catalogue.functions import Catalogue, catalogue, parts_of
from workbench.catalogue.scenes import catalogue as scenes
from workbench.catalogue.terms import label, unit
from workbench.ground.district import District
from workbench.hours import WEEKDAYS
from workbench.progress import Tell, silent
from workbench.results import Kpi, Result, rounded
from workbench.rooms.instance import asked_district, centres_of
from workbench.rooms.problem import CELL_MIN, DAY_CELLS
from workbench.rooms.stages import CentrePlan, plan_centre
from workbench.rooms.week import DistrictWeek, hhmm, use_of
from workbench.scenario import Scenario
from workbench.solving import Status, heeded_interrupt
from workbench.version import __version__


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
# The rooms of a district as timetabled: plans of all centres, before and after, with proof and reasons.


WORKERS = 2
"""Centres that are solved at once; the plans do not depend on it."""


@dataclass(frozen=True, eq=False, repr=False)
class TimetableResult(DistrictWeek):
    """The rooms of a district as timetabled; made by :func:`timetable_rooms`."""

    on_terminal: ClassVar[tuple[str, ...]] = (
        _LOSSES,
        "逐中心结果",
        "逐阶段证明",
        "未满足需求及原因",
    )

    def __repr__(self) -> str:
        proven = sum(plan.status is Status.OPTIMAL for plan in self.plans)
        return f"<TimetableResult {self.scenario.name}: {proven} of {len(self.plans)} centres proven, {self.status}>"

    @cached_property
    def fingerprint(self) -> str:
        """Hash of scenario, ground, package version and catalogue of functions."""
        listed = json.dumps(self.functions.document, sort_keys=True, ensure_ascii=False)
        parts = (self.scenario.fingerprint, self.district.fingerprint, __version__, listed)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def answered(self) -> bool:
        """Whether any centre has a timetable."""
        return self.solved

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
        If what the scenario adds does not fit (:func:`workbench.rooms.instance.asked_district`).
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
