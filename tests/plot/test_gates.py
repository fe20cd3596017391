"""Figures of posts and gates: what they say, their denominators, and poor data."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests import pocket
from tests.plot.said import said
from workbench import plot
from workbench.catalogue.terms import FICTIONAL_NOTE, Mode, ServiceLevel
from workbench.coverage import assess_coverage, assess_posts, best_gates, compare_gates
from workbench.ground.district import District

POSTS = ["posts_map", "posts_by_subdistrict"]
STATES = ["gate_states", "gate_state_maps"]
GAINS = ["best_gate_map", "best_gate_bars"]
FIGURES = [*POSTS, *STATES, *GAINS]


def drawn(name: str, district: District | None = None, ax: Axes | None = None, **options: object) -> Axes:
    question = "states" if name in STATES else "posts" if name in POSTS else "best"
    return getattr(plot, name)(answered(question, district or pocket.district()), ax, **options)


@cache
def answered(question: str, district: District) -> object:
    """Ask once what several figures show."""
    if question == "states":
        return compare_gates(district, pocket.scenario())
    coverage = assess_coverage(district, pocket.scenario())
    return assess_posts(coverage) if question == "posts" else best_gates(coverage)


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_says_that_its_ground_is_fictional_and_cites_its_limit(name: str) -> None:
    words = said(drawn(name))
    assert FICTIONAL_NOTE in words
    assert "GB 50180-2018" in words


def test_the_posts_map_names_its_denominator() -> None:
    words = said(drawn("posts_map"))
    assert "自有或共享 0.0%（有居民的小区 1 个）" in words
    assert "无阵地\n1 个，居民 50 人" in words
    assert "共享＝≥ 50% 居民步行 300 m 内有可用阵地" in words
    full = said(drawn("posts_map", level=ServiceLevel.FULL, mode=Mode.EXPERIENCE))
    assert "小区的阵地（体验口径；中心（全功能））" in full
    assert "党群驿家（1）" in words
    assert "党群驿家（1）" not in full


def test_three_colours_differ_by_hatch_too() -> None:
    looks = [(style.colour, style.hatch) for style in plot.gates.POSTS.values()]
    assert len({colour for colour, _ in looks}) == len({hatch for _, hatch in looks}) == len(looks)


def test_subdistricts_with_their_counts() -> None:
    words = said(drawn("posts_by_subdistrict"))
    assert "北街道（1）" in words
    assert "全区（1）" in words


def test_three_states_say_their_shares() -> None:
    district = pocket.district(gates=pocket.gates().assign(opening_hours=["06:00-22:00", None]))
    for name in STATES:
        words = said(drawn(name, district))
        for state, percent in (("大门现状 周三 10:00", 70), ("大门夜间 周三 22:30", 50), ("大门全部开放", 100)):
            assert state in words
            assert f"{100 * percent / 210:.1f}%" in words
    assert "现状覆盖、夜间不覆盖" in said(drawn("gate_state_maps", district))
    assert "全部开放后新覆盖" in said(drawn("gate_state_maps", district))


def test_the_best_gates_say_what_is_to_be_done() -> None:
    words = said(drawn("best_gate_bars"))
    assert "1  甲小区 东南侧（G2）" in words
    assert "30 人（本小区未覆盖 30）" in words
    assert "开启既有大门" in words
    assert "1 个可增加覆盖（封闭小区 1 个）" in said(drawn("best_gate_map"))


def test_residents_of_elsewhere_are_told_apart() -> None:
    stations = pd.concat([pocket.stations(), pocket.station("S3", 200, 100, compound="K1")], ignore_index=True)
    words = said(drawn("best_gate_bars", pocket.district(stations=stations[stations["id"] != "S1"])))
    assert "10 人（本小区未覆盖 0，新增中外院 10）" in words
    assert "大门向访客开放" in words


@pytest.mark.parametrize("case", pocket.POOR)
@pytest.mark.parametrize("name", FIGURES)
def test_poor_data_still_make_honest_figures(name: str, case: str) -> None:
    district = pocket.poor(case)
    words = said(drawn(name, district))
    assert FICTIONAL_NOTE in words
    if case == "nobody" and name in STATES:
        assert "无居民" in words


def test_figures_draw_on_given_axes() -> None:
    for name in FIGURES:
        ax = Figure().add_subplot()
        assert drawn(name, ax=ax) is ax
