"""Figures of fairness: what they say, their denominators, and poor data."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests import pocket
from tests.plot.said import said
from workbench import plot
from workbench.catalogue.terms import FICTIONAL_NOTE, Mode
from workbench.coverage import FairnessResult, assess_coverage, assess_fairness
from workbench.ground.district import District

FIGURES = ["lorenz_curve", "scale_comparison", "group_gaps"]


def looked_at(district: District | None = None, **scenario: object) -> FairnessResult:
    return assess_fairness(assess_coverage(district or pocket.district(), pocket.scenario(**scenario)))


@pytest.fixture(scope="module")
def result() -> FairnessResult:
    return looked_at(standards={"privacy.smallest_cell": 1})


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_says_that_its_ground_is_fictional(name: str, result: FairnessResult) -> None:
    assert FICTIONAL_NOTE in said(getattr(plot, name)(result))


def test_the_lorenz_curve(result: FairnessResult) -> None:
    ax = plot.lorenz_curve(result, mode=Mode.COMPLIANCE)
    words = said(ax)
    gini = 1 - 10_385 / 18_050
    for part in (
        f"中心＋驿家：基尼系数 {gini:.3f}，均值 180 m",
        "人人走得一样远",
        "步行最远的 10% 居民\n承担全部步行距离的 21.6%\n平均 390 m",
    ):
        assert part in words
    assert "能到达阵地的居民 100 人，另 110 人无法到达" in words
    curve = np.asarray(ax.lines[1].get_xydata())
    assert curve[:, 0] == pytest.approx([0, 40, 50, 70, 100])
    assert "体验口径" in said(plot.lorenz_curve(result))


def test_scales_side_by_side(result: FairnessResult) -> None:
    words = said(plot.scale_comparison(result, mode=Mode.COMPLIANCE))
    for part in ("居民\n（100 人）", "需求点\n（4 个）", "小区\n（1 个）", "社区\n（1 个）", "街道\n（1 个）"):
        assert part in words
    assert f"基尼 {1 - 10_385 / 18_050:.3f} · 限内 70.0%" in words
    assert words.count("基尼 0.000 · 限内 100.0%") == 2  # the means of community and subdistrict hide D3
    assert "基尼 0.000 · 限内 0.0%" in words


def test_gaps_between_groups(result: FairnessResult) -> None:
    ax = plot.group_gaps(result)
    words = said(ax)
    row = result.by_group.set_index("group").loc["infants"]
    assert f"{row['gap']:+.1f} min · {row['ratio']:.2f} 倍（距离 1.00 倍）" in words
    assert (
        f"全体居民均值 {result.by_level.set_index(['mode', 'level']).loc[('experience', 'any'), 'mean']:.1f} min"
        in words
    )
    assert "婴幼儿" in words


def test_small_groups_are_drawn_as_withheld() -> None:
    assert "人数过少不公布，或无法到达" in said(plot.group_gaps(looked_at()))


@cache
def lacking(case: str) -> FairnessResult:
    return looked_at(pocket.poor(case))


@pytest.mark.parametrize("case", pocket.POOR)
@pytest.mark.parametrize("name", FIGURES)
def test_poor_data_still_make_honest_figures(name: str, case: str) -> None:
    words = said(getattr(plot, name)(lacking(case)))
    assert FICTIONAL_NOTE in words
    if case == "bare" and name == "scale_comparison":
        assert "需求点" in words
        assert "小区" not in words
    if case != "bare" and name == "lorenz_curve":
        assert "中心＋驿家：缺数据" in words


def test_figures_draw_on_given_axes(result: FairnessResult) -> None:
    for name in FIGURES:
        ax = Figure().add_subplot()
        assert getattr(plot, name)(result, ax) is ax
