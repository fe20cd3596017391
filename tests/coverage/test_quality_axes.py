"""Scores and axes of the radar, by hand and under random weights."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.catalogue.terms import Quality
from workbench.coverage.appraisal import AxisPart, AxisScore, axis_scores
from workbench.results import score_of

STANDARDISED, DIVERSE = Quality.STANDARDISED, Quality.DIVERSE
SCORES = st.floats(0, 1)
WEIGHTS = st.floats(0.1, 10)


def part(key: str, score: float | None, weight: float = 1.0, *, aimed: bool = True) -> AxisPart:
    return AxisPart(key, key.upper(), score, weight, aimed)


def axis(*parts: AxisPart, step: float = 0.5) -> AxisScore:
    return axis_scores([(STANDARDISED, item) for item in parts], step)[0]


@pytest.mark.parametrize(
    ("value", "target", "better", "score"),
    [
        (40, 80, "higher", 0.5),
        (80, 80, "higher", 1),
        (95, 80, "higher", 1),
        (0, 80, "higher", 0),
        (600, 300, "lower", 0.5),
        (300, 300, "lower", 1),
        (0, 300, "lower", 1),
    ],
)
def test_a_score_is_the_ratio_to_the_target_capped_at_one(
    value: float, target: float, better: str, score: float
) -> None:
    assert score_of(value, target, better) == score  # type: ignore[arg-type]


def test_an_axis_is_the_weighted_mean() -> None:
    found = axis(part("a", 0.2), part("b", 0.8, 3))
    assert found.score == pytest.approx((0.2 + 3 * 0.8) / 4)
    assert (found.scored, found.weight, found.said) == (2, 4, "0.65")


def test_the_range_moves_one_weight_at_a_time() -> None:
    found = axis(part("a", 0.2), part("b", 0.8, 3))
    # a at 0.5 or 1.5, then b at 1.5 or 4.5
    moved = [(0.1 + 2.4) / 3.5, (0.3 + 2.4) / 4.5, (0.2 + 1.2) / 2.5, (0.2 + 3.6) / 5.5]
    assert (found.low, found.high) == (pytest.approx(min(moved)), pytest.approx(max(moved)))
    assert found.swayed_by == "B"


def test_equal_scores_follow_no_weight_and_ties_name_the_first() -> None:
    same = axis(part("a", 0.4), part("b", 0.4))
    assert (same.low, same.high, same.swayed_by) == (pytest.approx(0.4), pytest.approx(0.4), "")
    assert axis(part("a", 0.0), part("b", 1.0)).swayed_by == "A"


def test_what_has_no_score_is_missing_and_not_zero() -> None:
    found = axis(part("a", 0.6), part("b", None), part("c", None, aimed=False))
    assert (found.score, found.scored, len(found.parts)) == (0.6, 1, 3)
    assert [item.said for item in found.parts] == ["0.60", "缺数据", "未设目标"]
    nothing = axis(part("b", None), part("c", None, aimed=False))
    assert (nothing.score, nothing.low, nothing.said) == (None, None, "缺数据")
    assert axis(part("c", None, aimed=False)).said == "未设目标"
    assert axis().said == "无指标"


def test_weight_zero_takes_an_indicator_off_its_axis() -> None:
    assert [item.key for item in axis(part("a", 0.6), part("b", 0.1, 0)).parts] == ["a"]


def test_a_step_of_one_or_more_drops_an_indicator_and_no_weight_turns_negative() -> None:
    for step in (1.0, 3.0):
        alone = axis(part("a", 0.6), step=step)
        assert (alone.low, alone.high) == (0.6, 0.6)
        both = axis(part("a", 0.2), part("b", 0.8), step=step)
        assert (both.low, both.high) == (pytest.approx(0.2), pytest.approx(0.8))


def test_the_four_axes_come_in_their_order() -> None:
    found = axis_scores([(DIVERSE, part("a", 0.5))], 0.5)
    assert [item.axis for item in found] == list(Quality)
    assert [item.score for item in found] == [None, None, 0.5, None]


@given(st.lists(st.tuples(SCORES, WEIGHTS), min_size=1, max_size=6), st.floats(0, 1))
def test_a_score_lies_among_its_parts_and_inside_its_range(items: list[tuple[float, float]], step: float) -> None:
    found = axis(*(part(f"i{k}", score, weight) for k, (score, weight) in enumerate(items)), step=step)
    assert found.score is not None
    assert found.low is not None
    assert found.high is not None
    scores = [score for score, _ in items]
    assert min(scores) - 1e-9 <= found.low <= found.score <= found.high <= max(scores) + 1e-9


@given(st.floats(0, 1e6), st.floats(0.01, 1e6), st.floats(1, 10))
def test_doing_better_never_lowers_a_score(value: float, target: float, factor: float) -> None:
    assert score_of(value * factor, target, "higher") >= score_of(value, target, "higher")
    assert score_of(value * factor, target, "lower") <= score_of(value, target, "lower")
    assert 0 <= score_of(value, target, "lower") <= 1
