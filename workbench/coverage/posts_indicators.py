"""What 一小区一阵地 puts into the indicator table."""

from __future__ import annotations

from workbench.coverage.posts import PostsResult
from workbench.results import Indicator
from workbench.terms import Mode, Quality, ServiceLevel

_ANY, _FULL = ServiceLevel.ANY, ServiceLevel.FULL


def posts_indicators(result: PostsResult) -> tuple[Indicator, ...]:
    """Return the indicators of posts, all of them on every district; None where its data are missing."""
    return (
        _of(result, "share", "有阵地（自有或共享）的小区占比（合规）", "posts.share", _ANY, Quality.STANDARDISED),
        _of(result, "full_share", "有中心（自有或共享）的小区占比（合规）", "posts.share", _FULL, None),
        _of(
            result, "households", "有阵地的小区的住户占比（合规）", "posts.households.share", _ANY, None
        ),
    )  # fmt: skip


def _of(
    result: PostsResult, key: str, words: str, name: str, level: ServiceLevel, axis: Quality | None
) -> Indicator:  # fmt: skip
    found = (k for k in result.kpis() if (k.key, k.level, k.mode) == (name, level, Mode.COMPLIANCE))
    kpi = next(found, None)
    if kpi is None:
        return Indicator(f"posts.{key}", words, None, "%", "higher", "缺小区图层", axis=axis)
    return Indicator(f"posts.{key}", words, kpi.value, "%", "higher", kpi.denominator, kpi.of, axis=axis)
