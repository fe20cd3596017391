"""Numbers, tables and layers of a week of opening hours."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.calendars import DayKind
from workbench.coverage.quantities import share
from workbench.coverage.timetable import SHUT, WEEK_MINUTES
from workbench.hours import DAY_MINUTES
from workbench.privacy import WITHHELD, stand_in, withheld
from workbench.results import Kpi, kpi_table, rounded
from workbench.terms import Mode, ServiceLevel, label

if TYPE_CHECKING:
    from workbench.coverage.space_time_result import SpaceTimeResult

_MODES = (Mode.COMPLIANCE, Mode.EXPERIENCE)
_ALL = "全体居民"
_WHOLE = "需求图层全体居民"
_OF_THE_MISSING = ("hours.not_known", "hours.stations.missing")
_WEEK_HOURS = WEEK_MINUTES / 60


def kpis(result: SpaceTimeResult) -> list[Kpi]:
    """Return all numbers: of each mode the service, when it is there, and who can come to it."""
    found = [
        kpi for mode in _MODES for kpi in [*_service(result, mode), *_moments(result, mode), *_access(result, mode)]
    ]
    if not result.timetable.silent:
        return found
    return [kpi if kpi.key in _OF_THE_MISSING else replace(kpi, value=None) for kpi in found]


def clause(result: SpaceTimeResult, mode: Mode) -> str:
    """Return what a mode is measured against, and in which week."""
    rules = result.scenario.coverage
    standard = result.scenario.register[rules.time if mode is Mode.EXPERIENCE else rules.distance]
    return f"{standard.value:g} {standard.unit}；{standard.citation}；{week_title(result)}"


def week_title(result: SpaceTimeResult) -> str:
    """Return which week was measured, with what longer hours and without which stations, in Chinese."""
    missing = result.timetable.missing
    note = [f"{missing} 处阵地开放时间缺数据，不计入"] if missing else []
    return "；".join([result.calendar.title, *(label(longer) for longer in result.longer), *note])


def _service(result: SpaceTimeResult, mode: Mode) -> list[Kpi]:
    total = result.residents(mode)
    kpi = partial(Kpi, mode=mode, group=_ALL, clause=clause(result, mode))
    found = [
        kpi(
            "hours.onsite",
            "每周现场可及人时",
            result.person_hours(mode, level=level),
            "人时",
            _WHOLE,
            total,
            level=level,
        )
        for level in (ServiceLevel.ANY, ServiceLevel.FULL, ServiceLevel.LITE)
    ]
    available = total * _WEEK_HOURS
    online = float(result.online_only(mode).sum()) * result.scenario.hours.step / 60
    onsite = result.person_hours(mode)
    parts: list[tuple[str, float | None]] = [
        ("onsite", onsite),
        ("online", None if result.online is None else online),
        ("unserved", available - onsite - online),
    ]
    of = f"全体居民 × {_WEEK_HOURS:g} h（人时）"
    for key, hours in parts:
        value = None if hours is None else share(hours, available)
        words = f"{label(rest_of(result) if key == 'unserved' else key)}时间占比（居民加权）"
        found.append(kpi(f"hours.{key}.share", words, value, "%", of, available, level=ServiceLevel.ANY))
    served = total - result.without_service(mode)
    for q in (10, 50):
        words = f"每人每周现场可及时长 P{q}"
        of_all, of_served = (result.hours_quantile(q / 100, mode, served=part) for part in (False, True))
        found += [
            kpi(f"hours.p{q}", words, of_all, "h", _WHOLE, total, level=ServiceLevel.ANY),
            kpi(f"hours.served.p{q}", words, of_served, "h", "有现场服务可及的居民", served, level=ServiceLevel.ANY),
        ]
    return found


def rest_of(result: SpaceTimeResult) -> str:
    """Return the term for residents with nothing on site or online; what is not declared is not said to be absent."""
    return "unserved" if result.online is not None else "off_site"


def _moments(result: SpaceTimeResult, mode: Mode) -> list[Kpi]:
    """Return the mean share served on site in the parts of the week that are argued about."""
    total, hours = result.residents(mode), result.scenario.hours
    kpi = partial(Kpi, mode=mode, group=_ALL, level=ServiceLevel.ANY, clause=clause(result, mode))
    working = np.array([day.kind in (DayKind.WORKDAY, DayKind.MAKE_UP) for day in result.calendar.days])[:, None]
    noon, day = (result.calendar.open_minutes(f"Mo-Su,PH {span}") for span in (hours.lunch, hours.day_hours))
    windows = [
        ("day", f"工作日 {hours.day_hours}", day & working),
        ("lunch", f"工作日午间 {hours.lunch}", noon & working),
        ("evening", f"晚间（{hours.evening}）", result.calendar.open_minutes(hours.evening)),
        ("weekend", f"周末及节假日 {hours.day_hours}", day & ~working),
    ]
    by_minute = result.by_minute(mode)
    moment, fewest = result.worst(mode)
    worst = f"一周最低时刻的现场覆盖率（每日 {hours.day_hours}）"
    basis = f"{clause(result, mode)}；最低于{moment.title}"
    lowest = replace(kpi("hours.worst.share", worst, share(fewest, total), "%", _WHOLE, total), clause=basis)
    parts = [
        kpi(
            f"hours.share.{key}",
            f"{name} 现场覆盖率（时均）",
            share(float(by_minute[minutes].mean()), total) if minutes.any() else None,
            "%",
            _WHOLE,
            total,
        )
        for key, name, minutes in windows
    ]
    return [lowest, *parts]


def _access(result: SpaceTimeResult, mode: Mode) -> list[Kpi]:
    """Return who can come while something is open, and what is not known."""
    standard = result.scenario.register[result.scenario.hours.accessible]
    basis = clause(result, mode)
    rule = f"{basis}；每周空闲与开放重合 ≥ {standard.value:g} {standard.unit} {standard.citation}"
    undeclared = set(result.coverage.populace.whole) - set(result.free)
    note = "；未声明空闲时间的人群按全周计" if undeclared else ""
    kpi = partial(Kpi, mode=mode, level=ServiceLevel.ANY)
    populace = result.coverage.populace
    smallest, small, few = _withheld(result, mode)
    found = []
    for group in (None, *(name for name in populace.groups if name in result.free)):
        who = _ALL if group is None else populace.label(group)
        of = _WHOLE if group is None else f"人群：{who}"
        size, reached = result.residents(mode, group), result.accessible(mode, group)
        words = rule + (note if group is None else "")
        record = kpi(
            "hours.accessible.share",
            "时间可达覆盖率",
            share(reached, size),
            "%",
            of,
            size,
            group=who,
            clause=words,
        )
        found.append(record.without(group in small | few, group in small, smallest))
    total = result.residents(mode)
    for key, words, people in (
        ("hours.none", "全周无现场服务可及的居民", result.without_service(mode)),
        ("hours.not_known", "仅能到达开放时间缺数据的阵地的居民", result.not_known(mode)),
    ):
        found.append(kpi(key, words, people, "人", _WHOLE, total, group=_ALL, clause=basis))
    if mode is Mode.COMPLIANCE:
        missing, serving = float(result.timetable.missing), float((result.timetable.of_station != SHUT).sum())
        key, words = "hours.stations.missing", "开放时间缺数据的阵地"
        found.append(kpi(key, words, missing, "处", "服务居民的阵地", serving, group=_ALL, clause=basis))
    return found


def _withheld(result: SpaceTimeResult, mode: Mode) -> tuple[float, frozenset[str], frozenset[str]]:
    """Return the smallest count published, groups whose size is withheld, and groups whose access in time is."""
    smallest = result.scenario.standard(result.scenario.coverage.smallest_cell)
    makeup = {
        name: {str(band): part for band, part in group.ages.items()}
        for name, group in result.coverage.populace.groups.items()
        if group.ages  # a group without age bands is counted without regard to age
    }
    sizes = {name: result.residents(mode, name) for name in makeup}
    reached = {name: result.accessible(mode, name) for name in makeup}
    return smallest, withheld(sizes, smallest, makeup), withheld(reached, smallest, makeup, wholes=sizes)


def by_group(result: SpaceTimeResult) -> pd.DataFrame:
    """Hours and access in time of each group, experience mode; exact, not for publication.

    Groups that do not say when they can come can come at any time.
    """
    rows = []
    for name in result.coverage.populace.groups:
        mode, total = Mode.EXPERIENCE, result.residents(Mode.EXPERIENCE, name)
        reached = result.accessible(mode, name)
        rows.append(
            {
                "group": name,
                "label": result.coverage.populace.label(name),
                "residents": total,
                "person_hours": result.person_hours(mode, name),
                "p10_h": result.hours_quantile(0.1, mode, name),
                "p50_h": result.hours_quantile(0.5, mode, name),
                "free": "declared" if name in result.free else "any_time",
                "accessible": reached,
                "accessible_share": share(reached, total),
            }
        )
    numbers = dict.fromkeys(("person_hours", "p10_h", "p50_h", "accessible", "accessible_share"), "float64")
    table = pd.DataFrame(rows).astype(numbers)
    if result.timetable.silent:
        table[list(numbers)] = np.nan
    return table


def by_hour(result: SpaceTimeResult, mode: Mode) -> pd.DataFrame:
    """Share of residents served on site, percent: one row an hour of the day, one column a day of the week."""
    shares = result.by_minute(mode).reshape(7, 24, DAY_MINUTES // 24).mean(axis=2)
    total = result.residents(mode)
    table = pd.DataFrame(100 * shares.T / (total if total > 0 and not result.timetable.silent else np.nan))
    table.columns = pd.Index([day.label for day in result.calendar.days])
    table.insert(0, "hour", [f"{hour:02d}:00" for hour in range(24)])
    return table


def by_station(result: SpaceTimeResult) -> pd.DataFrame:
    """Hours that each station is open in the week; missing where they are not known."""
    table = pd.DataFrame(result.coverage.district.stations[["id", "name", "kind", "level", "opening_hours"]])
    table["open_h"] = result.timetable.open_hours
    return table


_HEADINGS = {
    "id": "编号",
    "name": "名称",
    "kind": "类别",
    "level": "阵地",
    "opening_hours": "开放时间（台账）",
    "open_h": "本周开放（h）",
    "hour": "时刻",
    "label": "人群",
    "residents": "居民（人）",
    "person_hours": "每周现场可及（人时）",
    "free": "空闲时间",
    "p10_h": "每人每周 P10（h）",
    "p50_h": "每人每周 P50（h）",
    "accessible": "时间可达居民（人）",
    "accessible_share": "时间可达覆盖率（%）",
    "longer": "举措",
    "stations": "延时阵地（处）",
    "station_h": "每周增开（阵地·h）",
    "person_hours_compliance": "新增可及·合规（人时/周）",
    "person_hours_experience": "新增可及·体验（人时/周）",
    "accessible_compliance": "新增时间可达·合规（人）",
    "accessible_experience": "新增时间可达·体验（人）",
    "per_hour": "每增开 1 h 新增可及·合规（人时）",
}
_MISSING = "缺数据"


def for_reading(table: pd.DataFrame) -> pd.DataFrame:
    """Round a table as its units ask, write missing numbers out and give it Chinese headings."""
    out = table.drop(columns=[c for c in ("group",) if c in table]).copy()
    for column in out.select_dtypes("number").columns:
        unit = "%" if "share" in str(column) or column not in _HEADINGS else "h" if str(column).endswith("_h") else "人"
        out[column] = pd.Series(
            [rounded(float(v), unit) if np.isfinite(v) else _MISSING for v in out[column]],
            index=out.index,
            dtype=object,
        )
    for column in ("level", "kind", "longer", "free"):
        if column in out:
            out[column] = out[column].map(label)
    if "opening_hours" in out:
        out["opening_hours"] = out["opening_hours"].fillna(_MISSING)
    return out.rename(columns=_HEADINGS)


def _published_groups(result: SpaceTimeResult) -> pd.DataFrame:
    """Return the table by group for reading; what is too small to publish is withheld."""
    exact = by_group(result)
    table = for_reading(exact)
    smallest, small, few = _withheld(result, Mode.EXPERIENCE)
    of_size = ("residents", "person_hours", "p10_h", "p50_h")
    for column in (*of_size, "accessible", "accessible_share"):
        hidden = small if column in of_size else small | few
        counts = column in ("residents", "accessible")
        table[_HEADINGS[column]] = [
            shown if group not in hidden else stand_in(value, smallest) if counts else WITHHELD
            for group, shown, value in zip(exact["group"], table[_HEADINGS[column]], exact[column], strict=True)
        ]
    return table


def reading_tables(result: SpaceTimeResult) -> dict[str, pd.DataFrame]:
    """All tables by title."""
    found = {
        "时空指标": kpi_table(kpis(result), as_text=False),
        "逐时现场覆盖率·合规": for_reading(by_hour(result, Mode.COMPLIANCE)),
        "逐时现场覆盖率·体验": for_reading(by_hour(result, Mode.EXPERIENCE)),
        "时空分人群": _published_groups(result),
        "阵地开放时长": for_reading(by_station(result)),
    }
    return {title: table for title, table in found.items() if len(table)}


def map_layers(result: SpaceTimeResult) -> dict[str, gpd.GeoDataFrame]:
    """Demand points with their hours of on-site service a week, compliance mode."""
    demand = result.coverage.district.demand
    ((_, presence, _),) = result.crowds(Mode.COMPLIANCE)
    hours = presence.minutes(result.states.minutes()) / 60
    known = np.full(len(hours), np.nan) if result.timetable.silent else np.round(hours, 2)
    columns = {"id": demand["id"], "residents": demand["residents"], "onsite_h_week": known}
    return {"space_time_points": gpd.GeoDataFrame(columns, geometry=demand.geometry, crs=demand.crs)}
