"""The numbers of the rooms, each with its denominator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.functions import parts_of
from workbench.hours import WEEKDAYS
from workbench.results import Kpi
from workbench.rooms.measures import use_of
from workbench.rooms.problem import CELL_MIN, DAY_CELLS
from workbench.rooms.week import hhmm
from workbench.scenes.catalogue import catalogue as scenes
from workbench.solving import Status
from workbench.terms import label

if TYPE_CHECKING:
    from workbench.rooms.result import TimetableResult

_NO_CLAUSE = "不涉及标准"
_WHENS = (("before", "现状"), ("after", "规划"))


def kpis(result: TimetableResult) -> list[Kpi]:
    """Return the numbers: rooms, need, use, changes, proof; before and after where both are known."""
    if not result.solved:
        return [_proven(result)]
    found = [
        *_losses(result),
        *_rooms(result),
        *_need(result),
        *_scenes(result),
        *_use(result),
        *_peaks(result),
        *_plan(result),
    ]
    return [*found, *_offices(result), *_signs(result)]


def _kpi(key: str, name: str, value: float | None, unit: str, of: tuple[str, float | None]) -> Kpi:
    known = value if value is not None and np.isfinite(value) else None
    return Kpi(key, name, known, unit, of[0], of[1], "", "全体居民", "", _NO_CLAUSE)


def _share(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def _losses(result: TimetableResult) -> list[Kpi]:
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
        held = _share(float(table[f"sessions_{when}"].sum()), asked)
        found.append(_kpi(f"need.sessions_{when}", f"{name}安排的活动场次占比", held, "%", ("每周需求场次", asked)))
        served = _share(float(groups[f"served_{when}"].sum()), hours)
        found.append(_kpi(f"need.person_hours_{when}", f"{name}满足的人时占比", served, "%", ("每周需求人时", hours)))
    return found


def _scenes(result: TimetableResult) -> list[Kpi]:
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
        frequency, occupancy = _share(float(used.sum()), open_h), _share(taken, seats)
        both = None if frequency is None else frequency * (occupancy or 0.0) / 100
        of = (f"{name}居民用房的周开放小时", open_h)
        found += [
            _kpi(f"use.open_hours_{when}", f"{name}向居民开放的房间小时", open_h, "h", whole),
            _kpi(f"use.frequency_{when}", f"{name}使用频率", frequency, "%", of),
            _kpi(f"use.occupancy_{when}", f"{name}上座率", occupancy, "%", (f"{name}使用中的座位小时", seats)),
            _kpi(f"use.utilisation_{when}", f"{name}利用率（频率 × 上座率）", both, "%", of),
        ]
        busy = rooms[used > 0]
        inner = _share(float(used.sum()), float(busy["open_hours"].sum()))
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
        value = _share(whole - float(table.loc[kept, "area_m2"].sum()), whole)
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
        _kpi("signs.true", "门牌与实际功能一致的房间占比", _share(true, judged), "%", ("台账房间", judged)),
        _kpi(
            "signs.suits", "门牌与规划功能一致的房间占比", _share(suits, float(len(planned))), "%",
            ("规划使用的房间", float(len(planned))),
        ),
    ]  # fmt: skip
