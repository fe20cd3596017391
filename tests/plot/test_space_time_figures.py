"""Figures of a week: what they say, and how its three states differ without colour."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from matplotlib.axes import Axes

from tests import pocket
from tests.plot.test_figures import texts
from workbench import plot
from workbench.catalogue.terms import FICTIONAL_NOTE, Mode
from workbench.coverage import SpaceTimeResult, assess_coverage, assess_space_time

FIGURES = ["week_grid", "week_bands", "longer_hours_bars", "station_gain_bars"]


def week(district=None, **hours: object) -> SpaceTimeResult:
    coverage = assess_coverage(district or pocket.district(), pocket.scenario(hours=hours))
    return assess_space_time(coverage, free={"adults": "Sa,Su 09:00-17:00"})


@pytest.fixture(scope="module")
def plain() -> SpaceTimeResult:
    return week()


def figure_of(name: str, result: SpaceTimeResult) -> Axes:
    draw: Callable[[SpaceTimeResult], Axes] = getattr(plot, name)
    return draw(result)


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_says_week_and_ground(name: str, plain: SpaceTimeResult) -> None:
    said = texts(figure_of(name, plain))
    assert FICTIONAL_NOTE in said
    assert "普通周（无节假日）" in said


def test_the_grid_says_shares_denominator_and_mode(plain: SpaceTimeResult) -> None:
    ax = plot.week_grid(plain)
    said = texts(ax)
    assert "分母：全体居民 210 人" in said
    assert "合规口径：沿路网 ≤ 300 m" in said
    shares = [t.get_text() for t in ax.texts[: 7 * 24]]
    assert shares[:24] == ["19"] * 8 + ["26"] + ["33"] * 8 + ["26"] + ["19"] * 6  # 40, half an hour of 70, 70 of 210
    assert "体验口径：各人群本人步速 ≤ 5 min" in texts(plot.week_grid(plain, mode=Mode.EXPERIENCE))


def test_the_grid_tells_online_from_closed_by_hatch() -> None:
    stations = pocket.stations().assign(opening_hours=["Mo-Fr 08:30-17:30", "off"])
    ax = plot.week_grid(week(pocket.district(stations=stations), online="Mo-Fr 18:00-20:00"))
    hatches = {patch.get_hatch() for patch in ax.patches}
    assert hatches == {"....", "xxxx"}
    legend = ax.get_legend()
    assert legend is not None
    assert [t.get_text() for t in legend.get_texts()] == [
        "其余居民有线上值守", "现场线上均无", "时点 周三 10:00：14.3%", "最低 周六 09:00：0.0%",
    ]  # fmt: skip


def test_the_bands_add_up_and_differ_by_hatch() -> None:
    ax = plot.week_bands(week(online="Mo-Fr 17:30-08:30; Sa,Su 08:30-08:30", week="2026-10-05"))
    assert len({band.get_hatch() for band in ax.collections}) == 3
    legend = ax.get_legend()
    assert legend is not None
    said = [t.get_text() for t in legend.get_texts()]
    assert [s.split("（")[0] for s in said] == ["现场开放", "仅线上值守", "现场线上均无"]
    shares = [float(s.split("周均 ")[1].rstrip("%）")) for s in said]
    assert sum(shares) == pytest.approx(100, abs=0.2)
    assert "10月5日\n国庆节" in texts(ax)


def test_an_online_service_that_is_not_declared_is_not_in_the_legend(plain: SpaceTimeResult) -> None:
    legend = plot.week_bands(plain).get_legend()
    assert legend is not None
    assert [t.get_text().split("（")[0] for t in legend.get_texts()] == ["现场开放", "无现场开放"]


def test_the_bars_say_hours_added_and_who_gains(plain: SpaceTimeResult) -> None:
    said = texts(plot.longer_hours_bars(plain))
    assert "六日不打烊（周六、周日）\n1 处，共增开 16 h/周" in said
    assert "万人时 · 新增时间可达 16 人" in said
    assert "新增时间可达 0 人" not in said  # where nobody newly has access, the bar says its person-hours alone
    assert "全体居民 210 人" in said
    assert "成人 117 人" in texts(plot.longer_hours_bars(plain, group="adults"))


def test_the_stations_that_would_add_most(plain: SpaceTimeResult) -> None:
    said = texts(plot.station_gain_bars(plain, longer="evening"))
    assert "晚间延时：单独延时新增最多的 1 处阵地" in said
    assert "东中心（S1）\n增开 15.0 h/周" in said


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_open_still_makes_a_figure(name: str) -> None:
    assert texts(figure_of(name, week(pocket.district(stations=pocket.stations().iloc[:0]))))
