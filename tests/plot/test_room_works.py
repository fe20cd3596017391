"""Figures of works on rooms: what they draw, what they say, and what they say of nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tests import pocket
from tests.ledgers import activities, district, rooms
from tests.plot.said import said
from workbench.catalogue.terms import FICTIONAL_NOTE
from workbench.plot import room_exchange, works_bars, works_curve
from workbench.rooms import WorksResult, plan_works, timetable_rooms

MIRRORS, WATER = 8000, 15_000


def planned(budget: int) -> WorksResult:
    """A dance without mirrors (30 person-hours a week, priority 1) and a craft without water (10, priority 2)."""
    ground = district(
        rooms=rooms({}),
        activities=activities(
            {"name": "舞蹈", "function": "dance", "equipment": "mirrors", "sessions": 2, "attendance": 15},
            {"name": "手工", "function": "craft", "priority": 2},
        ),
    )
    said = pocket.scenario(rooms={"works": {"budget": budget, "curve_to": 50_000}})
    return plan_works(timetable_rooms(ground, said))


@pytest.fixture(scope="module")
def works() -> WorksResult:
    return planned(20_000)


@pytest.fixture(scope="module")
def more() -> WorksResult:
    return planned(50_000)


def points(ax: Axes) -> list[list[list[float]]]:
    found = [one for one in ax.collections if isinstance(one, PathCollection)]
    return [np.asarray(one.get_offsets()).tolist() for one in found]


def test_the_curve_draws_every_amount_and_marks_the_works(works: WorksResult) -> None:
    ax = works_curve(works)
    words, (upper, lower) = said(ax), ax.child_axes
    assert points(upper) == [[[0, 0], [MIRRORS, 30], [MIRRORS + WATER, 40]], [[MIRRORS, 30]]]
    for part in (
        FICTIONAL_NOTE,
        "分母：每周需求 40 人时",
        "1 项，8,000 元，多满足 30 人时（已证最优）",
        "预算 20,000 元",
        "【推】",
    ):
        assert part in words
    heights = [one.get_paths()[0].get_extents().ymax for one in lower.collections]
    assert heights == [30, 40, 40], "need that is not served, stacked by priority"


def test_what_is_not_proven_is_a_hollow_ring(works: WorksResult) -> None:
    lower = replace(works, bounds=tuple(replace(step, worth=(0, 0, 0, 0)) for step in works.bounds))
    ax = works_curve(lower)
    assert "未证最优" in said(ax)
    assert len(ax.child_axes[0].collections[-1].get_facecolor()) == 0
    assert len(works_curve(works).child_axes[0].collections[-1].get_facecolor()) == 1


def test_the_bars_list_the_dearest_first(works: WorksResult, more: WorksResult) -> None:
    ax = works_bars(more)
    words = said(ax)
    widths = [bar.get_width() for bar in ax.patches if isinstance(bar, Rectangle)]
    assert widths == [WATER, MIRRORS]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["接上下水  R1  东中心", "装镜墙  R1  东中心"]
    for part in ("15,000 元 · 10 天 · 手工 10 人时/周", "改造清单：2 项，23,000 元（预算 50,000 元）", FICTIONAL_NOTE):
        assert part in words
    assert "8,000 元 · 3 天 · 舞蹈 30 人时/周" in said(works_bars(works))


def test_a_long_list_shows_the_dearest(more: WorksResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_exchange, "_MOST_BARS", 1)
    ax = works_bars(more)
    assert len(ax.patches) == 1
    assert "示最贵的 1 项" in said(ax)


def test_nothing_worth_doing_is_said() -> None:
    nothing = planned(0)
    assert "预算内没有值得做的改造" in said(works_bars(nothing))
    assert "0 项，0 元，多满足 0 人时" in said(works_curve(nothing))


@pytest.mark.parametrize("draw", [works_curve, works_bars])
def test_figures_draw_on_given_axes(draw: type, works: WorksResult) -> None:
    ax = Figure().add_subplot()
    assert draw(works, ax) is ax
