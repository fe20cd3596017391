"""The rooms of a district as timetabled: numbers, tables and proof as a planner reads them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
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
from workbench.results import Result, Value, rounded
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


_WHENS = (("before", "现状"), ("after", "规划"))


def _ratio(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def _dropped(result: TimetableResult) -> Iterator[Value]:
    """Measure what is held no more of what is published today, all of it and by function and group."""
    table, known = result.losses, scenes().audiences
    yield Value("plan.dropped", table["lost"].sum(), _published(result))
    for row in table.to_dict("records"):
        function, group = row["function"], row["group"]
        what, who = result.functions[function].label, known[group].label if group in known else group
        words = {"function": function, "group_key": group, "what": what, "who": who, "left": row["after"]}
        yield Value("plan.dropped.{function}.{group_key}", row["lost"], row["before"], **words)


def _published(result: TimetableResult) -> float:
    """Count the sessions of today at the centres that have a plan."""
    centres = result.by_centre
    return float(centres.loc[centres["changes"].notna(), "sessions_before"].sum())


def _rooms(result: TimetableResult) -> Iterator[Value]:
    table = result.by_room[result.by_room["fate"].notna()]
    used = {when: table[f"hours_{when}"] > 0 for when, _ in _WHENS}
    for when, name in _WHENS:
        yield Value("rooms.used_{when}", used[when].sum(), len(table), when=when, name=name)
    released = table[table["fate"] == "released"]
    yield Value("rooms.released", len(released), len(table))
    yield Value("rooms.released_area", released["area_m2"].sum(), table["area_m2"].sum())
    yield Value("rooms.load_bound", result.by_centre["load_bound"].sum(), len(table))
    for when, name in _WHENS:
        busy = table.loc[used[when], f"functions_{when}"].map(lambda text: len(parts_of(text)))
        yield Value("rooms.functions_{when}", busy.mean(), len(busy), when=when, name=name)


def _need(result: TimetableResult) -> Iterator[Value]:
    table, groups = result.by_centre[result.by_centre["sessions_after"].notna()], result.by_group
    asked, hours = float(table["sessions"].sum()), float(groups["asked"].sum())
    for when, name in _WHENS:
        held = _ratio(float(table[f"sessions_{when}"].sum()), asked)
        yield Value("need.sessions_{when}", held, asked, when=when, name=name)
        served = _ratio(float(groups[f"served_{when}"].sum()), hours)
        yield Value("need.person_hours_{when}", served, hours, when=when, name=name)


def _held(result: TimetableResult) -> Iterator[Value]:
    table = result.by_scene
    for when, name in _WHENS:
        held = (table[f"sessions_{when}"] > 0).sum()
        yield Value("scenes.held_{when}", held, table["sessions_after"].notna().sum(), when=when, name=name)


def _use(result: TimetableResult) -> Iterator[Value]:
    """Measure frequency, occupancy and utilisation over all rooms for residents, used or not."""
    table = result.by_room[result.by_room["fate"].notna()]
    for when, name in _WHENS:
        rooms = table[~table["fate"].isin(_OFFICES[when])]
        open_h, used = float(rooms["open_hours"].sum()), rooms[f"hours_{when}"]
        seats = float((used * rooms["capacity"]).sum())
        taken = float((used * rooms["capacity"] * rooms[f"occupancy_{when}"].fillna(0.0)).sum())
        frequency, occupancy = _ratio(float(used.sum()), open_h), _ratio(taken, seats)
        both = None if frequency is None else frequency * (occupancy or 0.0) / 100
        busy = float(rooms.loc[used > 0, "open_hours"].sum())
        for key, value, of in (
            ("open_hours", open_h, float(table["open_hours"].sum())),
            ("frequency", frequency, open_h),
            ("occupancy", occupancy, seats),
            ("utilisation", both, open_h),
            ("frequency_used", _ratio(float(used.sum()), busy), busy),
        ):
            yield Value(f"use.{key}_{{when}}", value, of, when=when, name=name)


_OFFICES: Final = {"before": ["office", "given", "given_idle"], "after": ["office"]}
"""Fates of rooms that are offices today, and that stay offices."""


def _peaks(result: TimetableResult) -> Iterator[Value]:
    """Measure the most rooms in use at once, over the whole district."""
    rooms = result.by_room["fate"].notna().sum()
    for when, name in _WHENS:
        uses = [use_of(*(result.today(c.id) if when == "before" else (c, t))).at_once for c, t in result.planned]
        total = np.sum(uses, axis=0)
        cell = int(total.argmax())
        hour = f"{label(WEEKDAYS[cell // DAY_CELLS])} {hhmm(CELL_MIN * (cell % DAY_CELLS))}"
        yield Value("use.peak_{when}", total[cell], rooms, when=when, name=name, hour=hour)


def _plan(result: TimetableResult) -> Iterator[Value]:
    centres = result.by_centre
    yield Value("plan.changes", centres["changes"].sum(), _published(result))
    yield Value("plan.breaches_today", result.breaches_today["breaches"].sum(), centres["sessions_before"].sum())
    yield _proven(result)


def _proven(result: TimetableResult) -> Value:
    return Value("plan.proven", sum(plan.status is Status.OPTIMAL for plan in result.plans), len(result.plans))


def _offices(result: TimetableResult) -> Iterator[Value]:
    """Measure the share of the ledger's rooms that are no offices, and how much floor area the ledger leaves out."""
    table = result.by_room[result.by_room["fate"].notna()]
    whole = float(table["area_m2"].sum())
    for when, name in _WHENS:
        kept = float(table.loc[table["fate"].isin(_OFFICES[when]), "area_m2"].sum())
        yield Value("offices.resident_share_{when}", _ratio(whole - kept, whole), whole, when=when, name=name)
    stations = result.district.stations
    floor = float(stations.loc[stations["id"].isin(table["station"]), "floor_area_m2"].sum(skipna=False))
    yield Value("offices.outside_ledger", floor - whole, floor)


def _signs(result: TimetableResult) -> Iterator[Value]:
    table = result.signs
    planned = table[table["suits"].notna()]
    yield Value("signs.true", _ratio(float(table["true"].sum()), len(table)), len(table))
    suits = _ratio(float(planned["suits"].astype(bool).sum()), len(planned))
    yield Value("signs.suits", suits, len(planned))


# ----------------------------------------------------------------------------------------------------------------------
# The rooms of a district as timetabled: plans of all centres, before and after, with proof and reasons.


WORKERS = 2
"""Centres that are solved at once; the plans do not depend on it."""


@dataclass(frozen=True, eq=False, repr=False)
class TimetableResult(DistrictWeek):
    """The rooms of a district as timetabled; made by :func:`timetable_rooms`."""

    study: ClassVar[str] = "rooms"
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

    def values(self) -> Iterator[Value]:
        """Measure rooms, need, use, changes, proof; where no centre has a timetable, only how many are proven."""
        if not self.solved:
            yield _proven(self)
            return
        for part in (_dropped, _rooms, _need, _held, _use, _peaks, _plan, _offices, _signs):
            yield from part(self)

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
