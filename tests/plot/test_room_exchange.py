"""Figures of the exchange: what they say, and that what is drawn is what was found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tests.plot.said import said
from tests.rooms.exchange.grounds import exchanged
from workbench import plot
from workbench.catalogue.terms import FICTIONAL_NOTE
from workbench.rooms import ExchangeResult


@pytest.fixture(scope="module")
def result() -> ExchangeResult:
    return exchanged()


@pytest.mark.parametrize("name", ["exchange_bars", "leftover_grid"])
def test_figures_draw_on_given_axes_and_say_that_the_ground_is_fictional(name: str, result: ExchangeResult) -> None:
    ax = Figure().add_subplot()
    assert getattr(plot, name)(result, ax) is ax
    words = said(getattr(plot, name)(result))
    assert FICTIONAL_NOTE in words
    assert "各阶段均已证最优" in words
    assert "【推】" in words


def test_the_bars_are_what_is_asked_given_and_owed(result: ExchangeResult) -> None:
    ax = plot.exchange_bars(result)
    groups = {bars.get_label(): [bar.get_width() for bar in bars] for bars in ax.containers}
    assert list(groups.values()) == [
        [4.0, 3.0, 2.0, 4.0],
        [4.0, 3.0, 0.0, 0.0],
        [2.0, 1.0, 2.0, 2.0],
    ]
    words = said(ax)
    assert "以场地换服务：2/4 家运营方获准，公益足额排入 3/7 h" in words
    for part in ("100%", "50%", "无记录", "未匹配", "某书画社（O4）\n东中心 R2"):
        assert part in words


def test_the_grid_is_what_is_left_and_hatches_what_is_given(result: ExchangeResult) -> None:
    ax = plot.leftover_grid(result)
    (mesh,) = [one for one in ax.collections if isinstance(one, QuadMesh)]
    assert np.asarray(mesh.get_array()).sum() == 90 * 45 - 40
    strips = [one for one in ax.patches if isinstance(one, Rectangle) and one.get_hatch()]
    assert len(strips) == (result.by_hour["given_m2"] > 0).sum() > 0
    words = said(ax)
    assert "一周剩余场地 4,010 ㎡·h，给予运营方 12.5%" in words
    assert "房间 2 间" in words


def test_what_is_not_proven_is_said(result: ExchangeResult) -> None:
    first = replace(result.plan.stages[0], bound=120)
    plan = replace(result.plan, stages=(first, *result.plan.stages[1:]))
    words = said(plot.exchange_bars(replace(result, plan=plan)))
    assert "未证完的阶段：公益服务（差距 50.0%）" in words
