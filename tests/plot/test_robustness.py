"""Figures of robustness: what they say, their denominators, and poor data."""

from __future__ import annotations

from functools import cache

import pytest
from matplotlib.figure import Figure

from tests import pocket
from tests.plot.said import said
from workbench import plot
from workbench.catalogue.terms import FICTIONAL_NOTE, Mode
from workbench.coverage import RobustnessResult, assess_coverage, assess_robustness
from workbench.ground.district import District

FIGURES = ["backup_map", "tornado_bars", "draw_histogram"]
FAR = {
    "privacy.smallest_cell": 1,
    "gb50180.five_minute.walk_distance": 600,
    "gb50180.five_minute.walk_time": 8,
}


def looked_at(district: District | None = None, **scenario: object) -> RobustnessResult:
    scenario = {"robustness": {"draws": 30}, **scenario}
    return assess_robustness(assess_coverage(district or pocket.district(), pocket.scenario(**scenario)))


@pytest.fixture(scope="module")
def result() -> RobustnessResult:
    return looked_at(standards=FAR, targets={"coverage.residents": 40})


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_says_that_its_ground_is_fictional(name: str, result: RobustnessResult) -> None:
    assert FICTIONAL_NOTE in said(getattr(plot, name)(result))


def test_the_map_of_backup(result: RobustnessResult) -> None:
    words = said(plot.backup_map(result))
    for part in (
        "步行 600 m 内不止一处阵地：居民 33.3%（分母：210 人）",
        "无（110 人）",
        "1 处（30 人）",
        "2 处（70 人）",
        "3 处及以上（0 人）",
        "关键阵地 1 处：单独停用，\n全体居民的 1% 及以上失去覆盖",
        "东中心：30 人",
        "合规口径：沿路网 ≤ 600 m",
    ):
        assert part in words


def test_classes_differ_by_colour_and_by_marker(result: RobustnessResult) -> None:
    legend = plot.backup_map(result).get_legend()
    assert legend is not None
    looks = [(line.get_markerfacecolor(), line.get_marker()) for line in legend.get_lines()[:4]]
    assert len({colour for colour, _ in looks}) == len({marker for _, marker in looks}) == 4


def test_bars_of_both_modes(result: RobustnessResult) -> None:
    words = said(plot.tornado_bars(result))
    for part in (
        "步行限值\n×0.9—×1—×1.1",
        "冬季步速系数\n×0.8—×0.9，现值 ×1",
        "每处过街等待\n20—30—40 s",
        "合规口径（现值 47.6%）",
        "不适用",
    ):
        assert part in words
    # 540 m: D4 keeps S2, so nobody is lost; communities 100 of 150 and 0 of 60
    high = 100 * 110 / (1.1 * 150 + 0.9 * 60) - 100 * 100 / 210
    assert f"高 {high:+.1f}" in words


def test_withheld_bands_are_said_to_be_so() -> None:
    assert "不公布" in said(plot.tornado_bars(looked_at()))


def test_the_band_names_its_lines(result: RobustnessResult) -> None:
    ax = plot.draw_histogram(result, mode=Mode.COMPLIANCE)
    words = said(ax)
    low, middle, high = (result.band.quantile(Mode.COMPLIANCE, q) for q in (0.05, 0.5, 0.95))
    chance = result.band.probability(Mode.COMPLIANCE, 40)
    for part in (
        f"P5–P95：{low:.1f}–{high:.1f}%，中位 {middle:.1f}%",
        "现值 47.6%",
        f"目标 40%\n{chance:.1f}% 的抽样达到",
        "抽样 30 次\n种子 20261101\n三角分布",
        "全体居民 210 人",
    ):
        assert part in words
    assert sum(bar.get_height() for bar in ax.patches if hasattr(bar, "get_height")) >= 30
    words = said(plot.draw_histogram(result))
    assert "体验口径" in words
    assert "合规口径的目标（对照） 40%" in words


def test_no_target_no_line() -> None:
    assert "目标" not in said(plot.draw_histogram(looked_at()))


@cache
def lacking(case: str) -> RobustnessResult:
    return looked_at(pocket.poor(case))


@pytest.mark.parametrize("case", pocket.POOR)
@pytest.mark.parametrize("name", FIGURES)
def test_poor_data_still_make_honest_figures(name: str, case: str) -> None:
    words = said(getattr(plot, name)(lacking(case)))
    assert FICTIONAL_NOTE in words
    if case == "nobody":
        assert "无居民" in words


def test_figures_draw_on_given_axes(result: RobustnessResult) -> None:
    for name in FIGURES:
        ax = Figure().add_subplot()
        assert getattr(plot, name)(result, ax) is ax
