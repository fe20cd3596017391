"""The numbers and tables of what gates do, each with its denominator and clause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from workbench.coverage import indicators
from workbench.coverage.posts_reading import MODES
from workbench.coverage.quantities import share
from workbench.coverage.reading import Column, for_reading
from workbench.results import Kpi, rounded
from workbench.scenario import Scenario
from workbench.terms import GateMeasure, GateState, Mode, NoGate, ServiceLevel, label

if TYPE_CHECKING:
    from workbench.coverage.gate_comparison import GateComparison
    from workbench.coverage.gate_gains import GateGains

_ALL, _ANY = "全体居民", ServiceLevel.ANY
_STATED = ("residents.covered", "residents.covered.share", "compounds.covered", "compounds.covered.share")


def clause(scenario: Scenario, mode: Mode) -> str:
    """Return what five minutes are in a mode: value, document and clause."""
    rules = scenario.coverage
    limit = scenario.register[rules.time if mode is Mode.EXPERIENCE else rules.distance]
    return f"{limit.value:g} {limit.unit}；{limit.citation}"


def state_label(result: GateComparison, state: GateState) -> str:
    """Name a state of the gates, with its hour at night."""
    return result.coverages[state].scenario.title


# --- three states side by side -----------------------------------------------------------------


def comparison_kpis(result: GateComparison) -> list[Kpi]:
    """Return the numbers, compliance first: residents and compounds under each state, then the differences."""
    total = float(result.coverages[GateState.DAY].populace.residents.sum())
    found = []
    for mode in MODES:
        basis = f"{clause(result.scenario, mode)}；阵地按{result.scenario.moment.title}"
        for state in GateState:
            for kpi in _of_state(result, mode, state):
                words = f"{kpi.label} · {state_label(result, state)}"
                found.append(replace(kpi, key=f"gates.{state}.{kpi.key}", label=words))
        covered = {state: result.covered(state, mode) for state in GateState}
        for key, words, residents in (
            ("gates.night.lost", "大门夜间关闭少覆盖的居民", covered[GateState.DAY] - covered[GateState.NIGHT]),
            ("gates.all_open.won", "大门全部开放多覆盖的居民", covered[GateState.OPEN] - covered[GateState.DAY]),
        ):
            of = "需求图层全体居民"
            found.append(Kpi(key, words, residents, "人", of, total, mode, _ALL, _ANY, basis))
            points = share(residents, total)
            found.append(Kpi(f"{key}.share", f"{words}占比", points, "百分点", of, total, mode, _ALL, _ANY, basis))
    return found


def _of_state(result: GateComparison, mode: Mode, state: GateState) -> list[Kpi]:
    """Return residents and compounds covered under one state, as its own coverage has them."""
    which = (mode, _ALL, _ANY)
    kpis = indicators.covered(result.coverages[state], mode)
    return [kpi for kpi in kpis if kpi.key in _STATED and (kpi.mode, kpi.group, kpi.level) == which]


def comparison_tables(result: GateComparison) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    communities, compounds = result.district.communities, result.district.compounds
    columns = _comparison_columns(result)
    found = {"三种大门状态": state_table(result)}
    for title, table, layer in (
        ("分社区", result.by_community, communities),
        ("分小区", result.by_compound, compounds),
    ):
        names = layer.set_index("id")["name"].to_dict()
        found[title] = for_reading(table.assign(name=table["id"].map(names)), columns)
    return {title: table for title, table in found.items() if len(table)}


def state_table(result: GateComparison) -> pd.DataFrame:
    """Return one row a number and mode, one column a state of the gates, and the differences from how they are."""
    rows: dict[tuple[str, str], dict[GateState, Kpi]] = {}
    for mode in MODES:
        for state in GateState:
            for kpi in _of_state(result, mode, state):
                rows.setdefault((kpi.key, mode), {})[state] = kpi
    return pd.DataFrame([_state_row(result, by_state) for by_state in rows.values()], dtype=object)


def _state_row(result: GateComparison, found: Mapping[GateState, Kpi]) -> dict[str, object]:
    day = found[GateState.DAY]
    row: dict[str, object] = {
        "指标": day.label,
        "单位": day.unit,
        "口径": label(day.mode),
        "分母": day.denominator if day.of is None else f"{day.denominator} {day.of:,.0f}",
    }
    row |= {state_label(result, state): _shown(kpi.rounded) for state, kpi in found.items()}
    for state in (GateState.NIGHT, GateState.OPEN):
        then, now = found[state].rounded, day.rounded
        gain = "—" if then is None or now is None else f"{rounded(then - now, day.unit):+,}"
        row[f"{label(state)}－现状"] = gain
    return row


def _shown(value: float | None) -> float | str:
    return "缺数据" if value is None else value


def _comparison_columns(result: GateComparison) -> dict[str, Column]:
    columns: dict[str, Column] = {"id": ("编号", None), "name": ("名称", None), "residents": ("居民（人）", 0)}
    for mode, word in ((Mode.COMPLIANCE, "合规"), (Mode.EXPERIENCE, "体验")):
        for state in GateState:
            columns[f"{mode}_{state}"] = (f"覆盖·{word}·{state_label(result, state)}（人）", 0)
        columns[f"{mode}_lost"] = (f"大门夜间少覆盖·{word}（人）", 0)
        columns[f"{mode}_won"] = (f"全部开放多覆盖·{word}（人）", 0)
    return columns


# --- the best gate of each compound --------------------------------------------------------------


def gain_kpis(result: GateGains) -> list[Kpi]:
    """Return the numbers: compounds that one gate helps, by measure; residents gained; why others gain nothing."""
    table, mode = result.by_compound, Mode.COMPLIANCE
    walled, basis = float(len(table)), _gain_clause(result)
    if not result.coverage.district.has("compounds"):
        return [
            Kpi("gates.helped", "开一处门可增加覆盖的小区", None, "个", "缺小区图层", None, mode, _ALL, _ANY, basis)
        ]

    def count(key: str, words: str, number: float) -> Kpi:
        return Kpi(key, words, number, "个", "封闭小区", walled, mode, _ALL, _ANY, basis)

    helped = float(table["gate"].notna().sum())
    found = [
        count("gates.helped", "开一处门可增加覆盖的小区", helped),
        *_gained(result),
        *(
            count(f"gates.best.{measure.name.lower()}", f"最佳措施为“{label(measure)}”的小区", float(number))
            for measure, number in ((m, (table["measure"] == m).sum()) for m in GateMeasure)
        ),
        *(
            count(f"gates.none.{reason.name.lower()}", f"无门可增加覆盖：{label(reason)}", float(number))
            for reason, number in ((r, (table["reason"] == r).sum()) for r in NoGate)
        ),
        count("gates.walled_in", "台账无大门的封闭小区", float((table["gates"] == 0).sum())),
    ]
    tried = float(len(result.trials))
    found.append(Kpi("gates.tried", "试算的门", tried, "处", "封闭小区", walled, mode, _ALL, _ANY, basis))
    return found


def _gain_clause(result: GateGains) -> str:
    link = result.scenario.register[result.scenario.gate_study.link]
    limit = clause(result.scenario, Mode.COMPLIANCE)
    return f"{limit}；新开门至街道 ≤ {link.value:g} {link.unit} {link.citation}"


def _gained(result: GateGains) -> list[Kpi]:
    """Return what the best gates gain, each by itself, summed up, and the greatest of them."""
    coverage, table, found = result.coverage, result.by_compound, []
    everybody = float(coverage.populace.residents.sum())
    for mode in MODES:
        gap = everybody - float(coverage.covered_residents(mode).sum())
        basis = clause(result.scenario, mode)
        for key, words, value in (
            ("sum", "各小区最佳一门新增覆盖居民（逐处单独计算后相加）", table[f"{mode}"].sum()),
            ("most", "单处门新增覆盖居民的最大值", table[f"{mode}"].max()),
        ):
            number = float(np.nan_to_num(value))
            found.append(Kpi(f"gates.best.{key}", words, number, "人", "未覆盖的居民", gap, mode, _ALL, _ANY, basis))
    return found


_BEST: Final[dict[str, Column]] = {
    "id": ("编号", None),
    "name": ("小区", None),
    "community": ("社区", None),
    "residents": ("居民（人）", 0),
    "gap_compliance": ("未覆盖·合规（人）", 0),
    "gates": ("大门（处）", 0),
    "open_gates": ("居民可通行（处）", 0),
    "tried": ("试算的门（处）", 0),
    "measure": ("最佳措施", None),
    "gate": ("大门编号", None),
    "x": ("X（m）", 0),
    "y": ("Y（m）", 0),
    "way_m": ("通道长（m）", 0),
    "compliance": ("新增覆盖·合规（人）", 0),
    "own": ("其中本小区（人）", 0),
    "experience": ("新增覆盖·体验（人）", 0),
    "shortened": ("步行缩短的居民（人）", 0),
    "mean_saved": ("人均缩短（m）", 0),
    "connected": ("新可达居民（人）", 0),
    "reason": ("无门可增加覆盖的原因", None),
}


def gain_tables(result: GateGains) -> dict[str, pd.DataFrame]:
    """Return all tables by title: the best gates, most gained first, and the compounds that none helps."""
    helped = [name for name in _BEST if name != "reason"]
    rest = ["id", "name", "community", "residents", "gap_compliance", "gates", "open_gates", "tried", "reason"]
    unhelped = result.by_compound[result.by_compound["gate"].isna()]
    walk_saved = result.best.assign(mean_saved=result.best["mean_saved"].astype(object).fillna("—"))
    found = {
        "各小区最佳一门": for_reading(walk_saved, {name: _BEST[name] for name in helped}),
        "无门可增加覆盖的小区": for_reading(unhelped, {name: _BEST[name] for name in rest}),
    }
    return {title: table for title, table in found.items() if len(table)}
