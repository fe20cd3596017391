"""The numbers and tables of a robustness result, each with its denominator and clause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from workbench.coverage.choice import AT_LEAST
from workbench.coverage.draws import QUANTILES
from workbench.coverage.quantities import share
from workbench.coverage.reading import Column, for_reading
from workbench.coverage.walkers import MODES
from workbench.privacy import WITHHELD
from workbench.results import Kpi
from workbench.standards import Standard
from workbench.terms import Mode, ServiceLevel, label

if TYPE_CHECKING:
    from workbench.coverage.robustness import RobustnessResult

_ANY = ServiceLevel.ANY
_ALL = "全体居民"
_OF = "需求图层全体居民"
_UNIT = {Mode.COMPLIANCE: "m", Mode.EXPERIENCE: "min"}
_PERCENTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

SHAPES: Final = {"triangular": "三角分布", "uniform": "均匀分布", "normal": "截断正态分布"}
NOT_KNOWN: Final = "不适用"


def kpis(result: RobustnessResult) -> list[Kpi]:
    """Return the numbers, compliance first: backup, closures, the widest bar, draws."""
    found: list[Kpi] = []
    for mode in MODES:
        found += [*_backup(result, mode), *_closures(result, mode), *_widest(result, mode), *_draws(result, mode)]
    return found


def _standard(result: RobustnessResult, mode: Mode) -> Standard:
    rules = result.scenario.coverage
    return result.scenario.register[rules.time if mode is Mode.EXPERIENCE else rules.distance]


def _basis(result: RobustnessResult, mode: Mode) -> str:
    standard = _standard(result, mode)
    return f"{standard.value:g} {standard.unit}；{standard.citation}"


def total_residents(result: RobustnessResult) -> float:
    """Return how many residents there are."""
    return float(result.coverage.populace.residents.sum())


def _backup(result: RobustnessResult, mode: Mode) -> list[Kpi]:
    total, basis = total_residents(result), _basis(result, mode)
    table = result.by_depth
    table = table[table["mode"] == mode]
    people = {int(n): float(x) for n, x in zip(table["stations"], table["residents"], strict=True)}
    found = []
    for stations in AT_LEAST[1:]:
        words = f"至少 {stations} 处阵地可及的居民"
        percent = share(people[stations], total)
        found += [
            Kpi(f"backup.{stations}", words, people[stations], "人", _OF, total, mode, _ALL, _ANY, basis),
            Kpi(f"backup.{stations}.share", f"{words}占比", percent, "%", _OF, total, mode, _ALL, _ANY, basis),
        ]
    single = share(people[1] - people[2], total)
    words = "只有 1 处阵地可及的居民占比"
    return [*found, Kpi("backup.single.share", words, single, "%", _OF, total, mode, _ALL, _ANY, basis)]


def _closures(result: RobustnessResult, mode: Mode) -> list[Kpi]:
    total, table = total_residents(result), result.by_closure
    table = table[table["mode"] == mode]
    number = float(len(table))
    standard = result.scenario.register[result.scenario.robustness.critical_loss]
    basis = f"{_basis(result, mode)}；失去覆盖 ≥ {standard.value:.1%} 的居民为关键 {standard.citation}"
    worst = float(table["lost"].max()) if number else None
    words = "单处阵地停用最多失去覆盖的居民"
    percent = None if worst is None else share(worst, total)
    critical = float(table["critical"].sum())
    return [
        Kpi("closures.worst", words, worst, "人", _OF, total, mode, _ALL, _ANY, _basis(result, mode)),
        Kpi("closures.worst.share", f"{words}占比", percent, "%", _OF, total, mode, _ALL, _ANY, _basis(result, mode)),
        Kpi("closures.critical", "关键阵地", critical, "处", "开放的阵地", number, mode, _ALL, _ANY, basis),
    ]


def _widest(result: RobustnessResult, mode: Mode) -> list[Kpi]:
    table = result.by_parameter
    table = table[(table["mode"] == mode) & table["swing"].notna()]
    swing = float(table["swing"].iloc[0]) if len(table) else None
    of = f"参数：{table['label'].iloc[0]}" if len(table) else "无居民"
    words = "单参数敏感性：覆盖率最大摆幅"
    return [Kpi("tornado.swing", words, swing, "百分点", of, None, mode, _ALL, _ANY, _basis(result, mode))]


def draw_words(result: RobustnessResult) -> str:
    """Say how the draws were made."""
    rules = result.scenario.robustness
    return f"抽样 {rules.draws:,} 次，种子 {rules.seed}，{SHAPES[rules.shape]}"


def _draws(result: RobustnessResult, mode: Mode) -> list[Kpi]:
    band, total, number = result.band, total_residents(result), float(len(result.band.drawn))
    basis = f"{_basis(result, mode)}；{draw_words(result)}"
    found = []
    for q in QUANTILES:
        name, words = f"band.p{100 * q:.0f}", f"居民覆盖率 P{100 * q:.0f}（抽样）"
        found.append(Kpi(name, words, band.quantile(mode, q), "%", _OF, total, mode, _ALL, _ANY, basis))
    if result.target is not None:
        words = f"居民覆盖率达到目标 {result.target:g}% 的抽样占比"
        if mode is Mode.EXPERIENCE:
            words += "（目标为合规口径而设，仅作对照）"
        chance = band.probability(mode, result.target)
        found.append(Kpi("band.target", words, chance, "%", "抽样次数", number, mode, _ALL, _ANY, basis))
    sure = result.scenario.register[result.scenario.robustness.critical_draws]
    surely = float((band.critical[mode][result.coverage.station_rows] >= sure.value).sum())
    words, stations = f"稳定的关键阵地（≥ {sure.value:.0%} 的抽样）", float(len(result.coverage.station_rows))
    cited = f"{basis}；{sure.citation}"
    return [*found, Kpi("band.critical", words, surely, "处", "开放的阵地", stations, mode, _ALL, _ANY, cited)]


_DEPTH: Final[dict[str, Column]] = {
    "mode": ("口径", None),
    "stations": ("至少可及阵地（处）", 0),
    "residents": ("居民（人）", 0),
    "share": ("占全体居民（%）", 1),
}
_AREA: Final[dict[str, Column]] = {
    "id": ("编号", None),
    "name": ("社区", None),
    "residents": ("居民（人）", 0),
    **{
        f"within{n}_{mode}": (f"≥ {n} 处·{short}（人）", 0)
        for mode, short in ((Mode.COMPLIANCE, "合规"), (Mode.EXPERIENCE, "体验"))
        for n in AT_LEAST
    },
    "share2_compliance": ("≥ 2 处·合规（%）", 1),
    "share2_experience": ("≥ 2 处·体验（%）", 1),
}


def _closure_columns(unit: str) -> dict[str, Column]:
    digits = 0 if unit == "m" else 1
    return {
        "rank": ("序", 0),
        "id": ("编号", None),
        "name": ("阵地", None),
        "kind": ("类别", None),
        "community": ("社区", None),
        "lost": ("停用即失去覆盖（人）", 0),
        "lost_share": ("占全体居民（%）", 2),
        "kept": ("仍被覆盖（人）", 0),
        "nearest": ("以其为最近（人）", 0),
        "extra_lost": (f"失去覆盖者多走（{unit}）", digits),
        "extra_kept": (f"仍被覆盖者多走（{unit}）", digits),
        "extra_all": (f"全部平均多走（{unit}）", digits),
        "cut_off": ("此后无阵地可达（人）", 0),
        "critical": ("关键", None),
        "often": ("抽样中为关键（%）", 0),
    }


_BAR: Final[dict[str, Column]] = {
    "label": ("参数", None),
    "range": ("低—现值—高", None),
    "mode": ("口径", None),
    "share_low": ("低时覆盖率（%）", 1),
    "share_base": ("现值覆盖率（%）", 1),
    "share_high": ("高时覆盖率（%）", 1),
    "effect_low": ("低时变化（百分点）", 2),
    "effect_high": ("高时变化（百分点）", 2),
    "swing": ("摆幅（百分点）", 2),
}


def tables(result: RobustnessResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    names = community_names(result)
    areas = result.by_area("community")
    found = {
        "备份覆盖": for_reading(result.by_depth, _DEPTH),
        "备份覆盖·分社区": for_reading(areas.assign(name=areas["id"].map(names)), _AREA),
        "停用影响·合规": _closure_table(result, Mode.COMPLIANCE),
        "停用影响·体验": _closure_table(result, Mode.EXPERIENCE),
        "单参数敏感性": _bar_table(result),
        "覆盖率抽样分布": _band_table(result),
        "抽样参数": _range_table(result),
    }
    return {title: table for title, table in found.items() if len(table)}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def community_names(result: RobustnessResult) -> dict[str, str]:
    """Return the names of communities by identifier."""
    return dict(result.coverage.district.communities.set_index("id")["name"])


def _closure_table(result: RobustnessResult, mode: Mode) -> pd.DataFrame:
    """Closures of one mode; where nobody walks on, how much farther is no question."""
    table = result.by_closure
    table = table[table["mode"] == mode].reset_index(drop=True)
    table["community"] = table["community"].map(community_names(result))
    row_of = {name: row for row, name in enumerate(result.coverage.district.stations["id"])}
    table["often"] = [100 * result.band.critical[mode][row_of[name]] for name in table["id"]]
    table["critical"] = ["是" if critical else "" for critical in table["critical"]]
    for column in ("extra_lost", "extra_kept", "extra_all"):
        table[column] = table[column].astype(object).where(table[column].notna(), "—")
    return for_reading(table, _closure_columns(_UNIT[mode]))


def range_words(row: Mapping[str, Any]) -> str:
    """Write a range: low, the scenario's own value, high; or its value apart where it lies outside."""
    factor = row["unit"] == "×"
    low, base, high = (f"×{row[end]:g}" if factor else f"{row[end]:g}" for end in ("low", "base", "high"))
    inside = row["low"] <= row["base"] <= row["high"]
    words = f"{low}—{base}—{high}" if inside else f"{low}—{high}，现值 {base}"
    return words if factor else f"{words} {row['unit']}"


def _bar_table(result: RobustnessResult) -> pd.DataFrame:
    table = result.by_parameter.copy()
    table["range"] = [range_words(row) for row in _records(table)]
    for column in ("share_low", "share_high", "effect_low", "effect_high", "swing"):
        values = table[column].astype(object).where(table["known"], NOT_KNOWN)
        table[column] = values.where(~table["hidden"], WITHHELD)
    return for_reading(table, _BAR)


def _band_table(result: RobustnessResult) -> pd.DataFrame:
    rows = []
    for mode in MODES:
        values = {f"P{100 * q:.0f}": result.band.quantile(mode, q) for q in _PERCENTILES}
        base = result.headline[mode]
        rows.append({"mode": str(mode), "base": np.nan if base is None else base, **values})
    columns: dict[str, Column] = {"mode": ("口径", None), "base": ("现值（%）", 1)}
    columns |= {f"P{100 * q:.0f}": (f"P{100 * q:.0f}（%）", 1) for q in _PERCENTILES}
    table = pd.DataFrame(rows)
    return for_reading(table.astype(dict.fromkeys(table.columns.drop("mode"), "float64")), columns)


def _range_table(result: RobustnessResult) -> pd.DataFrame:
    ranges, register = result.ranges, result.scenario.register
    shape = SHAPES[result.scenario.robustness.shape]
    drawn = [
        *((register[key].label, "m/s", each) for key, each in sorted(ranges.pace.items())),
        ("步行限值", "×", ranges.limit),
        (register[result.scenario.walking.crossing_delay].label, "s", ranges.crossing_delay),
    ]
    if result.band.drawn.communities:
        drawn.append((f"{label('community')}人口（每个社区各抽一次）", "×", ranges.population))
    rows = [
        {"参数": name, "单位": unit, "低": f"{x.low:g}", "现值": f"{x.base:g}", "高": f"{x.high:g}", "分布": shape}
        for name, unit, x in drawn
    ]
    return pd.DataFrame(rows)
