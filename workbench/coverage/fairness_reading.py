"""The numbers and tables of a fairness result, each with its denominator and clause."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from workbench.coverage.gaps import reached_residents, unpublished
from workbench.coverage.reading import Column, for_reading
from workbench.privacy import WITHHELD
from workbench.results import Kpi
from workbench.terms import Mode, ServiceLevel

if TYPE_CHECKING:
    from workbench.coverage.fairness import FairnessResult

_ANY, _FULL = ServiceLevel.ANY, ServiceLevel.FULL
_ALL = "全体居民"
_WALK = {Mode.COMPLIANCE: ("distance", "步行距离", "m"), Mode.EXPERIENCE: ("time", "步行时间", "min")}

SCALE_LABELS: Final = {
    "residents": "居民",
    "demand": "需求点",
    "compound": "小区",
    "community": "社区",
    "subdistrict": "街道",
}
RULE_LABELS: Final = {"any": "可跨界", "subdistrict": "限本街道", "community": "限本社区"}


def kpis(result: FairnessResult) -> list[Kpi]:
    """Return the numbers, walk time first: Gini, the worst off, scales, boundaries; then gaps of groups."""
    found: list[Kpi] = []
    for mode in (Mode.EXPERIENCE, Mode.COMPLIANCE):
        found += [*_spread(result, mode), *_scales(result, mode), *_boundaries(result, mode)]
    return [*found, *_gaps(result)]


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _basis(result: FairnessResult, mode: Mode) -> str:
    rules = result.scenario.coverage
    standard = result.scenario.register[rules.time if mode is Mode.EXPERIENCE else rules.distance]
    return f"{standard.value:g} {standard.unit}；{standard.citation}"


def worst_words(result: FairnessResult) -> str:
    """Name the worst-off share in words: 步行最远的 10% 居民."""
    return f"步行最远的 {result.worst_share:.0%} 居民"


def _spread(result: FairnessResult, mode: Mode) -> list[Kpi]:
    key, noun, unit = _WALK[mode]
    table = result.by_level
    standard = result.scenario.register[result.scenario.fairness.worst_share]
    worst, cut = worst_words(result), f"{standard.value:.0%}；{standard.citation}"
    found = []
    for level in (_ANY, _FULL):
        row = _records(table[(table["mode"] == mode) & (table["level"] == level)])[0]
        of = "能到达阵地的居民"
        reached, total = float(row["reached"]), float(row["residents"])
        for name, label, value, in_unit, clause in (
            ("gini", f"{noun}基尼系数", row["gini"], "1", "不涉及标准"),
            ("mean", f"{noun}均值", row["mean"], unit, "不涉及标准"),
            ("worst.mean", f"{worst}的{noun}均值", row["worst_mean"], unit, cut),
            ("worst.share", f"{worst}所走{noun}占比", row["worst_share"], "%", cut),
        ):
            found.append(
                Kpi(f"walk.{key}.{name}", label, _known(value), in_unit, of, reached, mode, _ALL, level, clause)
            )
        lost = _known(row["unreachable"])
        label = "无法到达阵地、不计入分布的居民"
        found.append(
            Kpi(f"walk.{key}.left_out", label, lost, "人", "需求图层全体居民", total, mode, _ALL, level, "不涉及标准")
        )
    return found


def _scales(result: FairnessResult, mode: Mode) -> list[Kpi]:
    key, noun, _ = _WALK[mode]
    table = result.by_scale
    found = []
    for row in _records(table[table["mode"] == mode]):
        scale = str(row["scale"])
        if scale == "residents":
            continue
        name, size = SCALE_LABELS[scale], float(row["residents"])
        of, whole = (f"有{name}归属且能到达阵地的居民", size) if row["units"] else (f"缺{name}", None)
        for part, label, value, unit in (
            ("gini", f"{noun}基尼系数（按{name}均值）", row["gini"], "1"),
            ("within.share", f"所在{name}均值在限内的居民占比", row["share_within"], "%"),
        ):
            clause = _basis(result, mode) if part == "within.share" else "不涉及标准"
            found.append(
                Kpi(f"walk.{key}.{part}.{scale}", label, _known(value), unit, of, whole, mode, _ALL, _ANY, clause)
            )
    return found


def _boundaries(result: FairnessResult, mode: Mode) -> list[Kpi]:
    key, noun, _ = _WALK[mode]
    table = result.by_boundary
    if table.empty:
        label = "居民覆盖率（限本社区）"
        return [
            Kpi("boundary.community.share", label, None, "%", "缺社区", None, mode, _ALL, _ANY, _basis(result, mode))
        ]
    found = []
    for row in _records(table[table["mode"] == mode]):
        rule, words = str(row["rule"]), RULE_LABELS[str(row["rule"])]
        of, size = "社区已知的居民", float(row["residents"])
        basis = f"{_basis(result, mode)}；区级中心服务全区"
        for part, label, value, unit, over, whole in (
            ("share", f"居民覆盖率（{words}）", row["share"], "%", of, size),
            ("gini", f"{noun}基尼系数（{words}）", row["gini"], "1", f"{of}中能到达者", float(row["reached"])),
        ):
            name = f"boundary.{rule}.{key}.{part}" if part == "gini" else f"boundary.{rule}.share"
            found.append(Kpi(name, label, _known(value), unit, over, whole, mode, _ALL, _ANY, basis))
    return found


def _gaps(result: FairnessResult) -> list[Kpi]:
    mode, found = Mode.EXPERIENCE, []
    smallest = result.coverage.withheld.smallest
    for row in _records(result.by_group):
        hidden = unpublished(result.coverage, row["group"])
        for key, label, unit in (
            ("gap", "步行时间均值与全体之差", "min"),
            ("ratio", "步行时间均值与全体之比", "1"),
            ("ratio_m", "步行距离均值与全体之比（居住位置所致）", "1"),
        ):
            kpi = Kpi(
                f"groups.{key}", label, _known(row[key]), unit, f"能到达阵地的{row['label']}", _known(row["reached"]),
                mode, row["label"], _ANY, "不涉及标准",
            )  # fmt: skip
            if hidden:
                kpi = replace(kpi, of=reached_residents(result.coverage, row["group"])).without(
                    key in hidden, "reached" in hidden, smallest
                )
            found.append(kpi)
    return found


_SUMS: Final[dict[str, Column]] = {
    "residents": ("居民（人）", 0),
    "reached": ("能到达（人）", 0),
    "unreachable": ("无法到达（人）", 0),
    "share": ("覆盖率（%）", 1),
    "gini": ("基尼系数", 3),
    "mean": ("步行均值", 1),
    "p50": ("步行 P50", 1),
    "p90": ("步行 P90", 1),
}
_WORST: Final[dict[str, Column]] = {
    "worst_mean": ("最远者均值", 1),
    "worst_share": ("最远者所走占比（%）", 1),
}
_MODE: Final[dict[str, Column]] = {"mode": ("口径", None), "unit": ("步行单位", None)}
_GROUP: Final[dict[str, Column]] = {
    "label": ("人群", None),
    "residents": ("居民（人）", 0),
    "reached": ("能到达（人）", 0),
    "mean": ("步行均值（min）", 1),
    "gap": ("与全体之差（min）", 2),
    "ratio": ("与全体之比", 2),
    "ratio_m": ("其中距离之比", 2),
    "p90": ("步行 P90（min）", 1),
    "gap_p90": ("P90 之差（min）", 2),
    "share": ("覆盖率（%）", 1),
    "gap_share": ("覆盖率之差（百分点）", 1),
}
_SCALE: Final[dict[str, Column]] = {
    "scale": ("尺度", None),
    "units": ("单元数", 0),
    "residents": ("居民（人）", 0),
    "left_out": ("无归属（人）", 0),
    "gini": ("单元间基尼系数", 3),
    "gini_residents": ("同一批居民间基尼系数", 3),
    "between": ("单元间占比（泰尔，%）", 1),
    "p90": ("单元均值 P90", 1),
    "worst_mean": ("最远者均值", 1),
    "units_within": ("均值在限内单元", 0),
    "share_within": ("其居民占比（%）", 1),
}
_WHO: Final[dict[str, Column]] = {
    "label": ("人群", None),
    "residents": ("最远者（人）", 0),
    "share": ("占最远者（%）", 1),
    "share_of_all": ("占能到达者（%）", 1),
    "over": ("两者之比", 2),
}
_WHERE: Final[dict[str, Column]] = {
    "id": ("编号", None),
    "name": ("名称", None),
    "residents": ("最远者（人）", 0),
    "all": ("居民（人）", 0),
    "share": ("占本处居民（%）", 1),
    "mean": ("最远者步行均值（min）", 1),
}
_ACROSS: Final[dict[str, Column]] = {
    "id": ("编号", None),
    "name": ("社区", None),
    "subdistrict": ("街道", None),
    "residents": ("居民（人）", 0),
    "experience_any": ("覆盖·体验（人）", 0),
    "experience_own": ("本社区阵地覆盖·体验（人）", 0),
    "experience_across": ("仅跨界覆盖·体验（人）", 0),
    "compliance_any": ("覆盖·合规（人）", 0),
    "compliance_own": ("本社区阵地覆盖·合规（人）", 0),
    "compliance_across": ("仅跨界覆盖·合规（人）", 0),
}


def tables(result: FairnessResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    worst = worst_words(result)
    who = result.worst_by_group.copy()
    shown = who["residents"].notna()
    for column in ("residents", "share", "share_of_all", "over"):
        who[column] = who[column].astype(object).where(shown, WITHHELD)
    groups = result.by_group.astype(object)
    for place, name in enumerate(groups["group"]):
        groups.loc[place, list(unpublished(result.coverage, name))] = WITHHELD
    scales = _with_unit(result.by_scale)
    scales = scales.assign(scale=scales["scale"].map(SCALE_LABELS))
    found = {
        "步行分布": for_reading(_with_unit(result.by_level), {**_MODE, "level": ("阵地", None), **_SUMS, **_WORST}),
        "人群差距": for_reading(groups, _GROUP),
        "不同尺度": for_reading(scales, {**_MODE, **_SCALE}),
        f"{worst}·人群": for_reading(who, _WHO),
        f"{worst}·社区": for_reading(_where(result, "community"), _WHERE),
        f"{worst}·小区": for_reading(_where(result, "compound"), _WHERE),
        "跨界与行政口径": for_reading(_rules(result), {**_MODE, "rule": ("阵地范围", None), **_SUMS, **_WORST}),
        "社区跨界": for_reading(result.across, _ACROSS),
    }
    return {title: table for title, table in found.items() if len(table)}


def _with_unit(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(unit=table["mode"].map({str(mode): unit for mode, (_, _, unit) in _WALK.items()}))


def _rules(result: FairnessResult) -> pd.DataFrame:
    table = result.by_boundary
    return _with_unit(table.assign(rule=table["rule"].map(RULE_LABELS))) if len(table) else table


def _where(result: FairnessResult, area: str) -> pd.DataFrame:
    table = result.worst_by_area(area)  # type: ignore[arg-type]
    layer = result.coverage.district.layer("communities" if area == "community" else "compounds")
    return table.assign(name=table["id"].map(layer.set_index("id")["name"].to_dict()))
