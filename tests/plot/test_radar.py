"""The radar: values, weights and numbers of indicators; what is missing is drawn as missing."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from tests import pocket
from tests.plot.said import drawn
from workbench import plot
from workbench.catalogue.terms import FICTIONAL_NOTE
from workbench.coverage import Appraisal, appraise, assess_coverage
from workbench.plot.style import ACCENT, house_style

TARGETS = {"coverage.residents": 80, "coverage.compounds": 50, "groups.gap": 10}


@pytest.fixture(scope="module")
def appraisal() -> Appraisal:
    axes = {"indicators": {"walk.distance.p90": {"weight": 2}}}
    return appraise(assess_coverage(pocket.district(), pocket.scenario(targets=TARGETS, axes=axes)))


def texts(ax: Axes) -> str:
    return "\n".join(t.get_text() for t in drawn(ax).findobj(Text))


def outline(ax: Axes) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Edges of the outline: lines of two points in the accent colour, neither of them at the centre."""
    edges = []
    for line in ax.lines:
        x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        if line.get_color() == ACCENT and len(x) == 2 and line.get_linewidth() < 2:
            edges.append(((x[0], y[0]), (x[1], y[1])))
    return edges


def test_it_states_scores_weights_and_numbers(appraisal: Appraisal) -> None:
    said = texts(plot.quality_radar(appraisal))
    assert "标准化  0.21\n2/5 项有得分" in said
    assert "高效化  0.82（有得分的权重合计 4）" in said
    assert "权重 2 · 0.77 · 到最近阵地步行距离 P90（合规）" in said
    assert "6/12 项指标有得分" in said
    assert FICTIONAL_NOTE in said


def test_an_axis_without_score_is_missing_and_leaves_the_outline_open(appraisal: Appraisal) -> None:
    ax = plot.quality_radar(appraisal)
    assert "规范化  未设目标\n0/2 项有得分" in texts(ax)
    edges = outline(ax)
    assert len(edges) == 2  # diverse to efficient, efficient to standardised
    assert not [point for edge in edges for point in edge if point == (0, 0)]
    assert [line.get_linestyle() for line in ax.lines if list(np.asarray(line.get_xdata(), float)) == [0, 1]] == [":"]


def test_a_full_radar_is_closed() -> None:
    targets = {**TARGETS, "access.stations": 100}
    full = appraise(assess_coverage(pocket.district(), pocket.scenario(targets=targets)))
    assert len(outline(plot.quality_radar(full))) == 4


def test_it_draws_on_given_axes_and_cites_what_it_used(appraisal: Appraisal) -> None:
    with house_style():
        ax = Figure().add_subplot()
    assert plot.quality_radar(appraisal, ax) is ax
    said = texts(ax).replace("\n", "")
    assert "五分钟生活圈居住区步行距离 300 m：GB 50180-2018 2.0.4 【证】" in said
    assert "单项权重上下浮动 50%" in said
