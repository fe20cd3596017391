"""What fairness puts into the indicator table."""

from __future__ import annotations

from typing import Literal

from workbench.coverage.fairness import FairnessResult
from workbench.results import Indicator
from workbench.terms import Mode, Quality, ServiceLevel

_TIME, _METRES = Mode.EXPERIENCE, Mode.COMPLIANCE


def fairness_indicators(result: FairnessResult) -> tuple[Indicator, ...]:
    """Return the indicators of fairness, all of them on every district; None where its data are missing."""
    return (
        _of(result, "gini", "walk.time.gini", _TIME, "体验，各人群步速", "lower", Quality.DIVERSE),
        _of(result, "worst", "walk.time.worst.mean", _TIME, "体验，各人群步速", "lower", Quality.DIVERSE),
        _of(result, "own_community", "boundary.community.share", _METRES, "合规", "higher", None),
    )


def _of(
    result: FairnessResult,
    key: str,
    name: str,
    mode: Mode,
    basis: str,
    better: Literal["higher", "lower"],
    axis: Quality | None,
) -> Indicator:
    kpi = next(k for k in result.kpis() if (k.key, k.mode, k.level) == (name, mode, ServiceLevel.ANY))
    text = f"{kpi.label}（{basis}）"
    return Indicator(f"fairness.{key}", text, kpi.value, kpi.unit, better, kpi.denominator, kpi.of, axis=axis)
