"""Figures of the service halls: what stands on them, and what they show where halls have enough or not."""

from __future__ import annotations

import pytest
from matplotlib.patches import Rectangle

from tests.counters import halls
from tests.counters.test_result import enough, short, sized
from tests.plot.said import said
from workbench.plot.counters import busy_week, share_in_time, what_two_windows_bear
from workbench.plot.style import close


def test_shares_are_told_apart_by_state_and_name_their_standards() -> None:
    ax = share_in_time(enough())
    words = said(ax)
    assert "合并窗口够用的 1 个，不够的 0 个" in words
    assert "分母：到厅的人" in words
    assert "窗口等候目标 15 min" in words
    assert [label.get_text() for label in ax.get_yticklabels()] == ["东中心"]
    assert len(ax.collections) == 4  # the line between, and three states
    close(ax)


def test_a_state_that_is_not_known_is_left_out() -> None:
    ax = share_in_time(sized({"tries": []}, windows=halls.windows()))
    assert "分设窗口（现状）" not in said(ax)
    close(ax)


@pytest.mark.parametrize("tidal", [False, True])
def test_the_bars_end_where_two_windows_break(tidal: bool) -> None:
    result = short(tidal)
    ax = what_two_windows_bear(result)
    widths = [patch.get_width() for patch in ax.patches if isinstance(patch, Rectangle)]
    assert widths == pytest.approx(result.by_hall["times"].tolist())
    assert "已不够（< 1）" in said(ax)
    close(ax)


def test_the_week_shows_where_the_tide_is_and_what_is_shut() -> None:
    result = short(True)
    ax = busy_week(result)
    hatched = [patch for patch in ax.patches if patch.get_hatch()]
    assert len(hatched) == len(result.answers[0].tide.tidal["year"])
    assert "潮汐窗口开放" in said(ax)
    shown = ax.images[0].get_array()
    assert shown.mask[5:].all()
    assert not shown.mask[0, 2:38].any()
    close(ax)
    ax = busy_week(enough())
    assert "潮汐窗口开放" not in said(ax)
    close(ax)


def test_assumed_arrivals_are_named_at_the_foot() -> None:
    ax = busy_week(sized({"tries": []}, halls=halls.halls({"cases": 4000.0, "profile": None})))
    assert "到达时刻为假设【推】" in said(ax)
    close(ax)
