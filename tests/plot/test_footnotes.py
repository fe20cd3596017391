"""Footnotes of figures: every standard that a figure used, wrapped to its width, each once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests import pocket
from workbench import plot
from workbench.catalogue.standards import register
from workbench.coverage import CoverageResult, assess_coverage
from workbench.errors import StandardError
from workbench.fonts import display_width, wrapped
from workbench.plot.style import add_foot, axes_for, cite_standards

LOCAL = {"gb50180.five_minute.walk_distance": 350}


@pytest.fixture(scope="module")
def result() -> CoverageResult:
    return assess_coverage(
        pocket.district(), pocket.scenario(standards=LOCAL, walking={"pace_factor": "pace.winter_factor"})
    )


def foot(ax: Axes) -> str:
    figure = ax.get_figure()
    assert isinstance(figure, Figure)
    return figure.get_supxlabel().replace("\n", "")


@pytest.mark.parametrize(
    "name", ["coverage_map", "community_map", "distance_distribution", "straight_versus_network", "worst_compounds"]
)
def test_figures_by_distance_cite_the_clause_and_who_changed_it(name: str, result: CoverageResult) -> None:
    said = foot(getattr(plot, name)(result))
    assert "五分钟生活圈居住区步行距离 350 m：GB 50180-2018 2.0.4 【证】（取值由 call 改定）" in said
    assert "步行时间" not in said


@pytest.mark.parametrize("name", ["time_distribution", "group_bars"])
def test_figures_by_time_cite_every_pace(name: str, result: CoverageResult) -> None:
    said = foot(getattr(plot, name)(result))
    for part in (
        "步行时间 5 min",
        "带幼童步速 0.9 m/s",
        "健康成人步速 1.2 m/s",
        "60–79 岁步速 0.95 m/s",
        "冬季步速系数 0.85",
        "【推】",
    ):
        assert said.count(part) >= 1
    assert said.count("健康成人步速 1.2 m/s") == 1  # two groups walk at it


def test_a_footnote_stands_once_where_axes_share_a_figure() -> None:
    figure = Figure(figsize=(8, 4))
    for ax in (figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)):
        cite_standards(ax, register(), "pace.adult", None)
    cite_standards(ax, register(), "pace.older")
    said = foot(ax).split("　")
    assert said == [register()["pace.adult"].footnote, register()["pace.older"].footnote]


def test_an_unknown_standard_is_an_error_and_leaves_no_foot() -> None:
    ax = axes_for(None, (4, 3))
    with pytest.raises(StandardError, match="Did you mean pace.adult"):
        cite_standards(ax, register(), "pace.older", "pace.adlt")
    assert foot(ax) == ""
    add_foot(ax, [])
    assert foot(ax) == ""


def test_wrapping_keeps_words_and_closing_signs_together() -> None:
    assert wrapped("步行 300 m：GB 50180-2018 【证】", 14).split("\n") == ["步行 300 m：GB ", "50180-2018 ", "【证】"]


@given(st.text(alphabet="步行距离（）。，：ab1 2-～　", max_size=60), st.integers(8, 40))
def test_wrapping_changes_nothing_but_the_breaks(text: str, room: int) -> None:
    lines = wrapped(text, room).split("\n")
    assert "".join(lines) == text
    assert not [line for line in lines[1:] if line[:1] in tuple("，。：）")]


@given(st.text(alphabet="步行距离", max_size=60), st.integers(2, 40))
def test_lines_of_plain_signs_fit(text: str, room: int) -> None:
    assert max(display_width(line) for line in wrapped(text, room).split("\n")) <= room
