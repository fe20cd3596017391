"""What opening hours and scenes put into the indicator table."""

from __future__ import annotations

from workbench.coverage.quantities import share
from workbench.coverage.scenes import SceneMatrix
from workbench.coverage.space_time_result import SpaceTimeResult
from workbench.results import Indicator, Kpi
from workbench.terms import Mode, Quality, ServiceLevel


def space_time_indicators(result: SpaceTimeResult) -> tuple[Indicator, ...]:
    """Return the indicators of the week, all of them on every district; None where opening hours are missing."""
    kpis = [k for k in result.kpis() if k.mode == Mode.COMPLIANCE and k.level == ServiceLevel.ANY]
    found: dict[str, Kpi] = {}
    for kpi in kpis:
        found.setdefault(kpi.key, kpi)  # the whole population comes before its groups
    return (
        _of(
            "hours.worst",
            found["hours.worst.share"],
            Quality.DIVERSE,
            f"合规，{result.worst(Mode.COMPLIANCE)[0].title}",
        ),
        _of("hours.accessible", found["hours.accessible.share"], Quality.DIVERSE, "合规"),
        _of("hours.onsite", found["hours.onsite.share"], Quality.EFFICIENT, "合规"),
        _of("hours.evening", found["hours.share.evening"], Quality.DIVERSE, "合规"),
        _of("hours.weekend", found["hours.share.weekend"], Quality.DIVERSE, "合规"),
    )


def scene_indicators(matrix: SceneMatrix) -> tuple[Indicator, ...]:
    """Return the indicators of scenes, all of them on every district; None where services are missing."""
    found = {kpi.key: kpi for kpi in matrix.kpis()}
    offered = found["scenes.offered"]
    value = None if offered.value is None else share(offered.value, offered.of or 0.0)
    label = f"{offered.label}占比"
    return (
        Indicator("scenes.offered", label, value, "%", "higher", offered.denominator, offered.of, axis=Quality.DIVERSE),
        _of("scenes.share", found["scenes.share"], Quality.DIVERSE, "体验"),
        _of("scenes.timely", found["scenes.share.timely"], Quality.DIVERSE, "体验"),
    )


def _of(key: str, kpi: Kpi, axis: Quality, mode: str) -> Indicator:
    return Indicator(key, f"{kpi.label}（{mode}）", kpi.value, kpi.unit, "higher", kpi.denominator, kpi.of, axis=axis)
