"""Charts of siting: what they say, that what is drawn is what was found, and what is missing or not proven."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tests.plot.plans import FIGURES, WISH, studied
from tests.plot.said import said
from tests.siting import grounds
from workbench import plot
from workbench.catalogue.terms import FICTIONAL_NOTE
from workbench.siting import marginal_curve
from workbench.solving import Status


@pytest.fixture(scope="module")
def parts() -> dict[str, Any]:
    return studied(**WISH)


def offsets(ax: Axes, label: str) -> np.ndarray:
    """Return where the points of one entry of the legend are."""
    found = [
        one for one in ax.collections if isinstance(one, PathCollection) and str(one.get_label()).startswith(label)
    ]
    return np.concatenate([np.asarray(one.get_offsets()) for one in found]) if found else np.empty((0, 2))


def bars(ax: Axes, most: float = 0.7) -> list[Rectangle]:
    return [patch for patch in ax.patches if isinstance(patch, Rectangle) and 0 < patch.get_height() <= most]


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_says_that_its_ground_is_fictional(name: str, parts: dict[str, Any]) -> None:
    words = said(getattr(plot, name)(parts[FIGURES[name]]))
    assert FICTIONAL_NOTE in words
    if name not in ("candidate_map", "investment_ranges"):
        assert "GB 50180-2018" in words


@pytest.mark.parametrize("name", FIGURES)
def test_figures_draw_on_given_axes(name: str, parts: dict[str, Any]) -> None:
    ax = Figure().add_subplot()
    assert getattr(plot, name)(parts[FIGURES[name]], ax) is ax


def test_the_curve_draws_what_was_found_and_marks_today_wish_and_knee(parts: dict[str, Any]) -> None:
    curve = parts["siting_curve"]
    ax = plot.marginal_curve(curve)
    words, (upper, lower) = said(ax), ax.child_axes
    assert np.array_equal(offsets(upper, "已证最优"), np.column_stack([curve.new, curve.objective]))
    assert [bar.get_height() for bar in lower.patches] == curve.marginal[1:].tolist()
    for part in ("现状：0 处，70", "本情景：2 处，160", f"拐点：{curve.knee} 处", "已证最优（5 点）", "可用候选 4 处"):
        assert part in words
    assert "未证" not in words


def test_what_is_not_proven_is_drawn_hollow_with_a_line_to_its_bound(parts: dict[str, Any]) -> None:
    curve = parts["siting_curve"]
    open_ = replace(curve.plans[1], status=Status.FEASIBLE, bound=143.0)
    ax = plot.marginal_curve(replace(curve, plans=(curve.plans[0], open_, *curve.plans[2:])))
    words, upper = said(ax), ax.child_axes[0]
    assert "未证最优（1 点）：竖线到界，差距最大 10.00%" in words  # 130 covered
    assert "已证最优（4 点）" in words
    assert "未证：只是现有方案之差" in words
    assert offsets(upper, "未证最优").tolist() == [[1.0, 130.0]]


def test_the_curve_of_walking_saves() -> None:
    siting = studied(goal="p_median", stations=1, alternatives={"count": 0})["siting"]
    words = said(plot.marginal_curve(marginal_curve(siting, 2)))
    for part in ("步行总量（人·m）", "再增一处可省（人·m）"):
        assert part in words


def test_reasons_draw_each_part_of_each_station(parts: dict[str, Any]) -> None:
    ax = plot.site_reasons(parts["siting"])
    words = said(ax)
    assert [bar.get_width() for bar in bars(ax)] == [30.0, 60.0, 30.0, 0.0]  # lost of a1 and z1, then their overlap
    assert "缺它 30" in words
    assert "1  街角铺（a1）\n甲小区 南 30 m" in words


def test_investment_is_a_range_and_what_is_missing_is_said_to_be(parts: dict[str, Any]) -> None:
    ax = plot.investment_ranges(parts["siting"])
    assert "投资估算：2 处，合计 48–72 万元" in said(ax)
    assert [(bar.get_x(), bar.get_width()) for bar in bars(ax)] == [(16.0, pytest.approx(8.0)), (32.0, 16.0)]
    unpriced = grounds.district(candidates=grounds.candidates(capex=[None, 25.0, 10.0, 5.0, 40.0]))
    words = said(plot.investment_ranges(studied(unpriced, stations=2, sensitivity=False)["siting"]))
    assert "合计缺数据（有的场所造价不详）" in words
    assert "缺数据（100 ㎡）" in words
    assert "32–48（80 ㎡）" in words


def test_the_matrix_stars_the_best_of_each_column_and_no_money(parts: dict[str, Any]) -> None:
    options = parts["siting_options"]
    words = said(plot.option_matrix(options))
    matrix = options.matrix()
    assert f"★ {matrix['covered_compliance'].max():,.0f}" in words
    assert f"★ {round(matrix['p90'].min()):,}" in words
    assert "★ 48–72" not in words
    assert "48–72" in words
    assert "方案比选：6 个方案" in words


def test_regrets_and_standings_are_those_that_were_found(parts: dict[str, Any]) -> None:
    tried = parts["siting_sensitivity"]
    ax = plot.variant_regrets(tried)
    found = np.concatenate([np.asarray(one.get_offsets()) for one in ax.collections if isinstance(one, PathCollection)])
    assert np.array_equal(found[:, 0], tried.regret_shares)
    words = said(ax)
    assert f"最大后悔 {tried.worst_regret:.1f}%" in words
    assert "仍入选 2/2" in words
    words = said(plot.site_standings(tried))
    assert "线上为入选 2 处" in words
    assert f"分母：{len(tried.under.variants)} 种假设" in words
    assert "甲小区 东北 760 m 远铺（z1）" in words


def test_a_variant_without_a_plan_is_missing(parts: dict[str, Any]) -> None:
    tried = parts["siting_sensitivity"]
    first = tried.under.variants[0]
    lost = replace(first, optimum=replace(first.optimum, plan=None, status=Status.UNKNOWN), regret=float("nan"))
    under = replace(tried.under, variants=(lost, *tried.under.variants[1:]))
    assert "缺数据（UNKNOWN）" in said(plot.variant_regrets(replace(tried, under=under)))


def test_terms_show_what_is_built_when_and_how_coverage_grows(parts: dict[str, Any]) -> None:
    ax = plot.phase_gantt(parts["siting_phases"])
    words, (upper, _) = said(ax), ax.child_axes
    built = [(bar.get_x(), bar.get_width()) for bar in bars(upper)]
    assert built == [(0.0, 1.0), (1.0, 2.0)]  # z1 in the first year, a1 in the two after it
    for part in (
        "近期　新增 1 处　投资 32–48 万元",
        "远期　新增 1 处　投资 16–24 万元",
        "现状 33.3%",
        "61.9%",
        "76.2%",
    ):
        assert part in words


def test_frontiers_fill_what_is_proven_and_mark_the_plan(parts: dict[str, Any]) -> None:
    found = parts["siting_frontiers"]
    ax = plot.cost_frontier(found)
    assert offsets(ax, "已证最优")[:, 0].tolist() == found.cost_table()["capex"].tolist()
    assert offsets(ax, "本情景").tolist() == [[60.0, pytest.approx(100 * 160 / 210)]]
    assert "本情景的方案（76.2%）" in said(ax)
    ax = plot.equity_frontier(found)
    assert sorted(offsets(ax, "已证最优")[:, 0]) == pytest.approx(sorted(found.equity_table()["least"]))
    first = found.cost.points[0]
    points = (replace(first, status=Status.FEASIBLE, most_covered=first.covered + 1), *found.cost.points[1:])
    ax = plot.cost_frontier(replace(found, cost=replace(found.cost, points=points)))
    assert len(offsets(ax, "未证最优")) == 1
    assert "未证最优（1 点）" in said(ax)
