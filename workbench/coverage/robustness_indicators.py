"""What robustness puts into the indicator table."""

from __future__ import annotations

from typing import Final, Literal

from workbench.coverage.robustness import RobustnessResult
from workbench.results import Indicator
from workbench.terms import Mode

_INDICATORS: Final[tuple[tuple[str, str, Literal["higher", "lower"]], ...]] = (  # key, KPI, what is better
    ("backup", "backup.2.share", "higher"),
    ("worst_closure", "closures.worst.share", "lower"),
    ("band_low", "band.p5", "higher"),
)


def robustness_indicators(result: RobustnessResult) -> tuple[Indicator, ...]:
    """Return the indicators of robustness, all of them on every district; None where its data are missing.

    All are of the compliance mode, and off the radar unless the scenario places them there.
    """
    found = {kpi.key: kpi for kpi in result.kpis() if kpi.mode == Mode.COMPLIANCE}
    mode = f"合规 {result.coverage.distance_limit_m:g} m"
    return tuple(
        Indicator(f"robustness.{key}", f"{kpi.label}（{mode}）", kpi.value, kpi.unit, better, kpi.denominator, kpi.of)
        for key, kpi, better in ((key, found[name], better) for key, name, better in _INDICATORS)
    )
