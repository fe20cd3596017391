"""The four qualities (四化): scores of indicators, their weighted mean by axis, and how far it follows the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.terms import Quality

MISSING, UNAIMED = "缺数据", "未设目标"


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


def score_of(value: float, target: float, better: Literal["higher", "lower"]) -> float:
    """Return how far a value meets its target, 0 to 1.

    Higher is better: value ÷ target. Lower is better: target ÷ value. Both capped at 1: to exceed
    one target does not make up for missing another.

    Parameters
    ----------
    value
        Not negative.
    target
        Positive, in the unit of the value.
    better
        Direction.
    """
    if better == "higher":
        return min(1.0, value / target)
    return 1.0 if value <= target else target / value


def axis_scores(parts: Sequence[tuple[Quality, AxisPart]], step: float) -> tuple[AxisScore, ...]:
    """Return the four axes in their order, with the range of each score under moved weights.

    Parameters
    ----------
    parts
        Indicators with the axis each is on; those of weight 0 are left out.
    step
        Share by which the weight of one indicator at a time is raised and lowered.
    """
    return tuple(_axis(axis, tuple(p for a, p in parts if a is axis and p.weight > 0), step) for axis in Quality)


def _axis(axis: Quality, parts: tuple[AxisPart, ...], step: float) -> AxisScore:
    scored = [(part.score, part.weight, part.label) for part in parts if part.score is not None]
    if not scored:
        return AxisScore(axis, None, parts, None, None, "")
    scores, weights = [item[0] for item in scored], [item[1] for item in scored]
    middle = _mean(scores, weights)
    low = high = middle
    most, swayed_by = 0.0, ""
    for place, (_, weight, label) in enumerate(scored):
        for factor in (max(0.0, 1 - step), 1 + step):
            moved = _mean(scores, [*weights[:place], weight * factor, *weights[place + 1 :]])
            low, high = min(low, moved), max(high, moved)
            if abs(moved - middle) > most + _TIE:
                most, swayed_by = abs(moved - middle), label
    return AxisScore(axis, middle, parts, low, high, swayed_by)


_TIE = 1e-12  # of equal sways the first indicator is named


def _mean(scores: Sequence[float], weights: Sequence[float]) -> float:
    total = sum(weights)
    if total <= 0:  # the only weight was moved to nothing
        return sum(scores) / len(scores)
    return sum(score * weight for score, weight in zip(scores, weights, strict=True)) / total
