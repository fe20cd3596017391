"""What capacity puts into the indicator table."""

from __future__ import annotations

from typing import Literal

from workbench.coverage.capacity import CapacityResult
from workbench.coverage.quantities import share
from workbench.results import Indicator, Kpi
from workbench.standards import Standard
from workbench.terms import Quality, ServiceLevel

_ANY, _FULL = ServiceLevel.ANY, ServiceLevel.FULL
_EMBEDDED = "条文管社区嵌入式服务设施，以中心建筑面积相比为工作台口径【推】"


def capacity_indicators(result: CapacityResult) -> tuple[Indicator, ...]:
    """Return the indicators of capacity, all of them on every district; None where its data are missing.

    Area is held against the standards in full centres only: with posts (驿家) it is shown, not judged.
    """
    found = {(kpi.key, kpi.level): kpi for kpi in result.kpis()}
    rules, register = result.scenario.capacity, result.scenario.register
    full, both = (found["area.per_100_households", level] for level in (_FULL, _ANY))
    centres, nothing = found["centres.area.met.share", _FULL], found["access.2sfca.none.share", _ANY]
    standards = {key: register[key] for key in (rules.area, rules.area_target, rules.resident_share)}
    size, axis = register[rules.centre_area], Quality.STANDARDISED
    return (
        _of("area_full", "每百户设施建筑面积（只计中心）", full, standards[rules.area], axis),
        _of(
            "area_full_target", "每百户设施建筑面积（只计中心，有条件的目标）", full, standards[rules.area_target],
            reading=_EMBEDDED,
        ),
        _of("area_any", "每百户设施建筑面积（中心＋驿家，不判达标）", both),
        _of(
            "resident_share", "居民活动面积占比（只计中心）", found["area.resident.share", _FULL],
            standards[rules.resident_share], Quality.REGULATED,
        ),
        _of("centres", f"建筑面积 ≥ {size.value:g} {size.unit} 的中心占比", centres, axis=axis),
        _overloaded(found["stations.overloaded", _ANY]),
        _of("none", nothing.label, nothing, axis=Quality.EFFICIENT, better="lower"),
    )  # fmt: skip


def _of(
    key: str,
    label: str,
    kpi: Kpi,
    standard: Standard | None = None,
    axis: Quality | None = None,
    better: Literal["higher", "lower"] = "higher",
    reading: str = "",
) -> Indicator:
    found = (kpi.value, kpi.unit, better, kpi.denominator, kpi.of, standard, axis, reading)
    return Indicator(f"capacity.{key}", label, *found)


def _overloaded(kpi: Kpi) -> Indicator:
    value = None if kpi.value is None else share(kpi.value, kpi.of or 0.0)
    key, label = "capacity.overloaded", f"{kpi.label}占比"
    return Indicator(key, label, value, "%", "lower", kpi.denominator, kpi.of, axis=Quality.EFFICIENT)
