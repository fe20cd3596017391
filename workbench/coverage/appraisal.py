"""The indicator table that a reviewer expects: 现状, 标准, 规划目标, 差距, 达标, with denominator and clause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from workbench.catalogue.numbers import declared_indicators
from workbench.catalogue.standards import Standard
from workbench.catalogue.terms import Quality, label
from workbench.coverage.measure import CoverageResult
from workbench.errors import Problem, ScenarioError
from workbench.ground.district import District
from workbench.results import (
    MISSING,
    UNAIMED,
    Headline,
    Indicator,
    IndicatorLine,
    amount,
    held_against,
    rounded,
)
from workbench.scenario import Scenario
from workbench.scenario.load import misplaced_aims

# ----------------------------------------------------------------------------------------------------------------------
# The four qualities (四化): scores of indicators, their weighted mean by axis, and how far it follows the weights.


@dataclass(frozen=True)
class AxisPart:
    """One indicator on its axis.

    Parameters
    ----------
    key, label
        The indicator.
    score
        Between 0 and 1; None when it has no value or nothing to be held against.
    weight
        Its weight on the axis.
    aimed
        Whether it has a standard or target to be held against.
    """

    key: str
    label: str
    score: float | None
    weight: float
    aimed: bool = True

    @property
    def said(self) -> str:
        """The score with two decimals, or why there is none."""
        return f"{self.score:.2f}" if self.score is not None else MISSING if self.aimed else UNAIMED


@dataclass(frozen=True)
class AxisScore:
    """One axis of the radar.

    Attributes
    ----------
    axis
        The quality.
    score
        Weighted mean of the scores, 0 to 1; None when no indicator of the axis has one.
    parts
        The indicators of the axis, those without a score among them.
    low, high
        Lowest and highest score when the weight of any one indicator is moved by the step.
    swayed_by
        Label of the indicator whose weight moves the score most; empty when none moves it.
    """

    axis: Quality
    score: float | None
    parts: tuple[AxisPart, ...]
    low: float | None
    high: float | None
    swayed_by: str

    @property
    def said(self) -> str:
        """The score with two decimals, or why there is none."""
        if self.score is not None:
            return f"{self.score:.2f}"
        if not self.parts:
            return "无指标"
        return MISSING if any(part.aimed for part in self.parts) else UNAIMED

    @property
    def scored(self) -> int:
        """Number of indicators of the axis that have a score."""
        return sum(part.score is not None for part in self.parts)

    @property
    def weight(self) -> float:
        """Sum of the weights of the indicators that have a score."""
        return sum(part.weight for part in self.parts if part.score is not None)


def axis_scores(parts: Sequence[tuple[Quality, AxisPart]], step: float) -> tuple[AxisScore, ...]:
    """Return the four axes in their order, with the range of each score under moved weights."""
    return tuple(_axis(axis, tuple(p for a, p in parts if a is axis and p.weight > 0), step) for axis in Quality)


def _axis(axis: Quality, parts: tuple[AxisPart, ...], step: float) -> AxisScore:
    scored = [(part.score, part.weight, part.label) for part in parts if part.score is not None]
    if not scored:
        return AxisScore(axis, None, parts, None, None, "")
    scores, weights = [item[0] for item in scored], [item[1] for item in scored]
    middle = _mean(scores, weights)
    low = high = middle
    most, swayed_by = 0.0, ""
    for place, (_, weight, name) in enumerate(scored):
        for factor in (max(0.0, 1 - step), 1 + step):
            moved = _mean(scores, [*weights[:place], weight * factor, *weights[place + 1 :]])
            low, high = min(low, moved), max(high, moved)
            if abs(moved - middle) > most + _TIE:
                most, swayed_by = abs(moved - middle), name
    return AxisScore(axis, middle, parts, low, high, swayed_by)


_TIE = 1e-12  # of equal sways the first indicator is named


def _mean(scores: Sequence[float], weights: Sequence[float]) -> float:
    total = sum(weights)
    if total <= 0:  # the only weight was moved to nothing
        return sum(scores) / len(scores)
    return sum(score * weight for score, weight in zip(scores, weights, strict=True)) / total


# ----------------------------------------------------------------------------------------------------------------------
# The indicator table that a reviewer expects: 现状, 标准, 规划目标, 差距, 达标, with denominator and clause.


_NONE = "—"
_MOST_MOVED = 3  # indicators of the first answer that are there because a plan moves them


@dataclass(frozen=True, eq=False)
class Appraisal:
    """The indicators of a district against standards and aims; made by :func:`appraise`.

    Attributes
    ----------
    district, scenario
        What was appraised.
    lines
        The indicators in the order they were given.
    today
        The indicators as they are, where these are those with a plan in place.
    """

    district: District
    scenario: Scenario
    lines: tuple[IndicatorLine, ...]
    today: Appraisal | None = None

    @cached_property
    def _today(self) -> dict[str, IndicatorLine]:
        return {line.indicator.key: line for line in (self.today.lines if self.today else ())}

    def today_of(self, line: IndicatorLine) -> IndicatorLine | None:
        """Return how an indicator is today; None where these are those of today."""
        return self._today.get(line.indicator.key)

    def headlines(self) -> tuple[Headline, ...]:
        """Return the indicators of the first answer: as ``kpis.yaml`` names them, and those that a plan moves most."""
        asked = {key for key, said in declared_indicators().items() if said.headline}
        asked |= {line.indicator.key for line in self.moved[:_MOST_MOVED]}
        return tuple(row for row in self.rows() if row.key in asked)

    def rows(self) -> tuple[Headline, ...]:
        """Return every indicator as a row of the first answer would have it."""
        return tuple(self._headline(line) for line in self.lines)

    def _headline(self, line: IndicatorLine) -> Headline:
        if self.today is None:
            return line.headline(line.indicator.value, None)
        before = self.today_of(line)
        return line.headline(before.indicator.value if before else None, line.indicator.value)

    @cached_property
    def moved(self) -> tuple[IndicatorLine, ...]:
        """The indicators that are not what they are today, those first that move most on the way to their targets."""
        found = []
        for line in self.lines:
            before = self.today_of(line)
            if before is None or before.indicator.value is None or line.indicator.value is None:
                continue
            now, was, unit = line.indicator.value, before.indicator.value, line.indicator.unit
            if rounded(now, unit) != rounded(was, unit):
                scores = (line.score, before.score)
                none = scores[0] is None or scores[1] is None
                found.append((none, 0.0 if none else -abs((scores[0] or 0.0) - (scores[1] or 0.0)), line))
        return tuple(line for *_, line in sorted(found, key=lambda item: item[:2]))

    @property
    def changes(self) -> str:
        """What a plan moves most, in one sentence; that it moves nothing, where that is so."""
        if not self.moved:
            return "各项指标与现状相同。"
        said = []
        for line in self.moved[:_MOST_MOVED]:
            before, item = self.today_of(line), line.indicator
            was = None if before is None else before.indicator.value
            said.append(f"{item.label} {amount(was, item.unit)} → {amount(item.value, item.unit)}")
        return f"变化最大的指标：{'；'.join(said)}。"

    @property
    def verdict(self) -> str:
        """How many standards and aims are met, and which is missed farthest, in one sentence."""
        held = [line for line in self.lines if line.target is not None]
        judged = [line for line in held if line.met is not None]
        if not judged:
            return "没有一项指标既有数值又有标准或目标，尚不能判断是否达标。"
        met = sum(bool(line.met) for line in judged)
        lacking = f"，另有 {len(held) - len(judged)} 项缺数据" if len(judged) < len(held) else ""
        if self.today is None:
            count = f"{met} 项达标"
        else:
            was = sum(bool(line.met) for line in self.today.lines if line.target is not None)
            count = f"达标的由 {was} 项变为 {met} 项" if was != met else f"{met} 项达标，与现状相同"
        said = f"有标准或规划目标的 {len(judged)} 项指标中，{count}{lacking}"
        missed = [line for line in judged if not line.met]
        if not missed:
            return f"{said}，{'有数据的' if lacking else ''}全部达标。"
        far = min(missed, key=lambda line: line.score or 0.0)
        unit, sign = far.indicator.unit, "≥" if far.indicator.better == "higher" else "≤"
        goal = f"{sign} {amount(far.target, unit)}"
        return f"{said}；离目标最远的是{far.indicator.label}：{amount(far.indicator.value, unit)}，应 {goal}。"

    @cached_property
    def axes(self) -> tuple[AxisScore, ...]:
        """The four qualities with their scores."""
        parts = [
            (line.axis, AxisPart(item.key, item.label, line.score, line.weight, line.target is not None))
            for line, item in ((line, line.indicator) for line in self.lines)
            if line.axis is not None
        ]
        return axis_scores(parts, self.weight_step.used())

    @property
    def weight_step(self) -> Standard:
        """Share by which weights are moved to see how far the scores follow."""
        return self.scenario.register[self.scenario.axes.weight_step]

    def table(self, *, as_text: bool = True) -> pd.DataFrame:
        """Return the indicator table, one row each.

        Parameters
        ----------
        as_text
            Write numbers with thousands, for reading; else leave them numbers, for a workbook.
        """
        return pd.DataFrame([_row(line, self.today_of(line), as_text=as_text) for line in self.lines])

    def axis_table(self) -> pd.DataFrame:
        """Return the four qualities: score, indicators with and without one, and the range under moved weights."""
        step = f"{self.weight_step.value:.0%}"
        before = {} if self.today is None else {axis.axis: axis for axis in self.today.axes}
        rows = [
            {
                "四化": label(axis.axis),
                **({"现状得分": before[axis.axis].said} if before else {}),
                ("方案得分" if before else "得分"): axis.said,
                "指标数": len(axis.parts),
                "有得分": axis.scored,
                "权重合计": f"{axis.weight:g}",
                f"权重±{step}：最低": _NONE if axis.low is None else f"{axis.low:.2f}",
                f"权重±{step}：最高": _NONE if axis.high is None else f"{axis.high:.2f}",
                "最敏感的指标": axis.swayed_by or _NONE,
            }
            for axis in self.axes
        ]
        return pd.DataFrame(rows)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return both tables by title, for a workbook."""
        return {"指标达标": self.table(as_text=False), "四化": self.axis_table()}


def appraise(result: CoverageResult, more: Iterable[Indicator] = ()) -> Appraisal:
    """Hold the indicators of coverage, and of other studies, against standards and aims.

    Parameters
    ----------
    result
        Coverage; its indicators come first.
    more
        Indicators of other studies on the same ground, in the order of the table.

    Raises
    ------
    ScenarioError
        If the scenario sets a target or weight for an indicator that nobody measures, or a target
        where a standard stands; or if two indicators have one key. All of these together.
    StandardError
        If an indicator is not in the unit of its standard.
    """
    indicators = (*result.indicators(), *more)
    scenario = result.scenario
    known = {item.key: item.standard.key if item.standard else "" for item in indicators}
    problems = [*_repeated(indicators), *misplaced_aims(scenario, known)]
    if problems:
        raise ScenarioError(problems)
    return Appraisal(result.district, scenario, tuple(held_against(scenario, item) for item in indicators))


def _repeated(indicators: Iterable[Indicator]) -> list[Problem]:
    counts: dict[str, int] = {}
    for indicator in indicators:
        counts[indicator.key] = counts.get(indicator.key, 0) + 1
    return [Problem("indicators", "two indicators have one key", key=key) for key, n in counts.items() if n > 1]


def _row(line: IndicatorLine, before: IndicatorLine | None, *, as_text: bool) -> dict[str, object]:
    indicator, target = line.indicator, line.target
    sign = "≥" if indicator.better == "higher" else "≤"
    shown = _shown(indicator, as_text=as_text)
    gap = (f"{line.gap:+,}" if line.gap else "0") if as_text and line.gap is not None else line.gap
    absent = _NONE if target is None else MISSING
    bound = _NONE if target is None else f"{sign} {rounded(target, indicator.unit):,}"
    return {
        "指标": indicator.label,
        **({"现状": shown} if before is None else _both(before.indicator, indicator, as_text=as_text)),
        "标准": _NONE if indicator.standard is None else bound,
        "规划目标": bound if indicator.standard is None else _NONE,
        "差距": absent if line.gap is None else gap,
        "单位": indicator.unit,
        "达标": line.verdict,
        "分母": indicator.denominator if indicator.of is None else f"{indicator.denominator} {indicator.of:,.0f}",
        "依据": line.basis,
        "四化": _NONE if line.axis is None or line.weight == 0 else label(line.axis),
    }


def _shown(indicator: Indicator, *, as_text: bool) -> object:
    """Return a value as the table has it."""
    if indicator.value is None:
        return MISSING
    value = rounded(indicator.value, indicator.unit)
    return f"{value:,}" if as_text else value


def _both(before: Indicator, after: Indicator, *, as_text: bool) -> dict[str, object]:
    """Return a value as it is, as it would be, and the gain."""
    gain: object = MISSING
    if before.value is not None and after.value is not None:
        unit = after.unit
        gain = rounded(rounded(after.value, unit) - rounded(before.value, unit), unit)
        gain = (f"{gain:+,}" if gain else "0") if as_text else gain
    return {"现状": _shown(before, as_text=as_text), "方案": _shown(after, as_text=as_text), "增减": gain}
