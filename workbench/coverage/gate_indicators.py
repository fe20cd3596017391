"""What gates put into the indicator table."""

from __future__ import annotations

from workbench.coverage.gate_comparison import GateComparison
from workbench.coverage.gate_gains import GateGains
from workbench.coverage.quantities import share
from workbench.results import Indicator
from workbench.terms import Mode, Quality, label


def gate_indicators(comparison: GateComparison, gains: GateGains) -> tuple[Indicator, ...]:
    """Return the indicators of gates, all of them on every district; None where its data are missing.

    Parameters
    ----------
    comparison
        Gates as they are, at night and all open.
    gains
        The best gate of each compound.
    """
    kpis = {kpi.key: kpi for kpi in comparison.kpis() if kpi.mode == Mode.COMPLIANCE}
    night, won = kpis["gates.night.lost.share"], kpis["gates.all_open.won.share"]
    helped = next(kpi for kpi in gains.kpis() if kpi.key == "gates.helped")
    study, clock = comparison.scenario.gate_study, comparison.scenario.moment.title
    words = f"大门夜间（{label(study.weekday)} {study.night}）关闭使居民覆盖率下降（合规，阵地按{clock}）"
    return (
        Indicator(
            "gates.night", words, night.value, "百分点", "lower", night.denominator,
            night.of, axis=Quality.EFFICIENT,
        ),
        Indicator(
            "gates.closed", "大门未全部开放使居民覆盖率下降（合规）", won.value, "百分点", "lower", won.denominator,
            won.of,
        ),
        Indicator(
            "gates.helped", "开一处门可增加覆盖的封闭小区占比（合规）",
            None if helped.value is None else share(helped.value, helped.of or 0.0), "%", "lower", helped.denominator,
            helped.of,
        ),
    )  # fmt: skip
