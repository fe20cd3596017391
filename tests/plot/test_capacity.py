"""Figures of capacity: what they say, their denominators, and poor data."""

from __future__ import annotations

from typing import Literal

import matplotlib.patches as mpatches
import numpy as np
import pytest
from matplotlib.figure import Figure

from tests import pocket
from tests.plot.said import said
from workbench import plot
from workbench.catalogue.terms import FICTIONAL_NOTE, ServiceLevel
from workbench.coverage import CapacityResult, assess_capacity, assess_coverage
from workbench.ground.district import District
from workbench.plot import capacity as figures


def measured(floor: list[float], residents: list[float], **replaced: object) -> CapacityResult:
    stations = pocket.stations().assign(floor_area_m2=floor, resident_area_m2=residents)
    district = pocket.district(**{"stations": stations, **replaced})  # type: ignore[arg-type]
    return assess_capacity(assess_coverage(district, pocket.scenario()))


@pytest.fixture(scope="module")
def result() -> CapacityResult:
    return measured([60.0, 12.0], [45.0, 6.0])


def test_the_area_of_communities(result: CapacityResult) -> None:
    ax = plot.area_by_community(result)
    words = said(ax)
    for part in (
        "东社区",
        "80.0 + 16.0",
        "0.0 + 0.0",
        "中心：达到较高目标（1 个社区）",
        "中心：不足（1 个社区）",
        FICTIONAL_NOTE,
    ):
        assert part in words
    for part in ("国办发〔2021〕56号 【证】", "30 ㎡/百户", "80 ㎡/百户", "分母：本社区全部户；不含区级中心"):
        assert part in words
    bars = [p for p in ax.patches if isinstance(p, mpatches.Rectangle) and p.get_width() > 0]
    assert [bar.get_width() for bar in bars] == [80, 16]  # the centre, and the post beside it
    assert bars[1].get_x() == 80
    lines = [line.get_xdata()[0] for line in ax.lines]  # type: ignore[index]
    assert lines == [30, 80]


def test_communities_without_data_or_households_say_so() -> None:
    assert "80.0（驿家面积缺数据）" in said(plot.area_by_community(measured([60.0, np.nan], [45.0, np.nan])))
    assert "缺数据" in said(plot.area_by_community(measured([np.nan, 12.0], [np.nan, 6.0])))
    demand = pocket.demand()
    demand.loc[demand["id"] == "D6", ["residents", "households", *pocket.BANDS]] = 0.0
    assert "无户" in said(plot.area_by_community(measured([60.0, 12.0], [45.0, 6.0], demand=demand)))


def test_the_map_of_room_within_reach(result: CapacityResult) -> None:
    ax = plot.access_map(result)
    words = said(ax)
    # 51 ㎡ for 210 residents: 24.3 for 100
    for part in (
        "2SFCA 可达面积：均值 24.3 ㎡/百人（分母：居民 210）",
        "0（无）：居民 140",
        "12.1–24.3：居民 40",
        "≥ 48.6：居民 30",
    ):
        assert part in words
    for part in ("北", pocket.CRS, "2026-11-01", "搜寻半径 300 m", FICTIONAL_NOTE):
        assert part in words
    assert [artist for artist in ax.artists if type(artist).__name__ == "ScaleBar"]


@pytest.mark.parametrize(
    ("method", "level", "part"),
    [("e2sfca", ServiceLevel.ANY, "衰减：分段"), ("2sfca", ServiceLevel.LITE, "驿家（微站）")],
)
def test_the_map_names_method_and_level(
    result: CapacityResult, method: Literal["2sfca", "e2sfca"], level: ServiceLevel, part: str
) -> None:
    words = said(plot.access_map(result, method=method, level=level))
    assert method.upper() in words
    assert part in words


def test_room_that_is_not_known_is_not_mapped_as_none() -> None:
    assert "缺数据：居民 40" in said(plot.access_map(measured([60.0, np.nan], [45.0, np.nan])))
    words = said(plot.access_map(measured([np.nan] * 2, [np.nan] * 2)))
    assert "2SFCA 可达面积：缺数据" in words
    assert "缺数据：居民 70" in words
    assert "0（无）：居民 140" in words


def test_bare_ground_still_makes_honest_figures() -> None:
    ways = pocket.ways()
    tables = {
        "demand": pocket.demand().assign(compound=None, community=None, households=np.nan).drop(columns=pocket.BANDS),
        "ways": ways[ways["compound"].isna()],
        "stations": pocket.stations().assign(community=None),
    }
    poor = assess_capacity(assess_coverage(District.from_tables(pocket.MANIFEST, tables), pocket.scenario()))
    assert "缺数据" in said(plot.access_map(poor))
    assert "中心：达标（0 个社区）" in said(plot.area_by_community(poor))


def test_figures_draw_on_given_axes(result: CapacityResult) -> None:
    for draw in (plot.area_by_community, plot.access_map):
        ax = Figure().add_subplot()
        assert draw(result, ax) is ax


def test_classes_also_differ_by_hatch_and_marker() -> None:
    for styles in (figures._REACH, figures._ANSWERS):
        assert len({style.hatch for style in styles.values()}) == len(styles)
    assert len({style.marker for style in figures._REACH.values()}) == len(figures._REACH)
