"""Figures of rooms: what they say, and that what is drawn is what was planned."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tests import pocket
from tests.ledgers import activities, district, rooms
from tests.plot.said import said
from tests.rooms import shown
from workbench import plot
from workbench.catalogue.terms import FICTIONAL_NOTE
from workbench.errors import NoSolutionError
from workbench.plot.rooms import flows_of
from workbench.rooms import TimetableResult, timetable_rooms

DRAWINGS: dict[str, dict[str, Any]] = {
    "week_timetable": {"station": "S1"},
    "use_grid": {},
    "function_flow": {},
    "before_after_rooms": {},
    "proof_bars": {},
}


@pytest.fixture(scope="module")
def result() -> TimetableResult:
    return shown.planned()


@pytest.fixture(scope="module")
def impossible() -> TimetableResult:
    ground = district(rooms=rooms({}, {"use": "office", "area_m2": 400.0}), activities=activities({}))
    return timetable_rooms(ground, pocket.scenario(rooms={"offices_kept": 1}))


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_figure_says_that_its_ground_is_fictional(name: str, result: TimetableResult) -> None:
    assert FICTIONAL_NOTE in said(getattr(plot, name)(result, **DRAWINGS[name]))


@pytest.mark.parametrize("name", DRAWINGS)
def test_figures_draw_on_given_axes(name: str, result: TimetableResult) -> None:
    ax = Figure().add_subplot()
    assert getattr(plot, name)(result, ax, **DRAWINGS[name]) is ax


def blocks(ax: Axes, result: TimetableResult) -> list[tuple[float, ...]]:
    """Return column, begin, width and length of every block on a panel; blocks have the colour of a function."""
    colours = {result.functions.colour_of(key) for key in result.functions}
    found = [patch for patch in ax.patches if isinstance(patch, Rectangle) and to_hex(patch.get_facecolor()) in colours]
    return sorted((int(p.get_x()), p.get_y(), round(p.get_width(), 2), p.get_height()) for p in found)


def test_a_week_draws_each_session_at_its_time(result: TimetableResult) -> None:
    ax = plot.week_timetable(result, room="R1")
    (panel,) = ax.child_axes
    assert blocks(panel, result) == [(1, 540, 0.96, 90), (2, 840, 0.96, 50)]
    words = said(ax)
    for part in ("东中心 · R1（规划）", "合R2 大讲堂", "09:00–10:30", "议事", "14:00–14:50", "周五"):
        assert part in words
    assert "周六" not in words
    strips = [(p.get_y(), p.get_height()) for p in panel.patches if p.get_hatch() == "xxxx"]
    assert sorted(strips) == [(510, 30), (630, 15)]  # setting up and clearing away, not what is rounded


def test_activities_that_share_a_room_are_drawn_beside_each_other(result: TimetableResult) -> None:
    (panel,) = plot.week_timetable(result, room="R3").child_axes
    assert blocks(panel, result) == [(0, 540, 0.48, 60), (0, 540, 0.48, 60)]


def test_before_and_after_are_two_panels(result: TimetableResult) -> None:
    ax = plot.week_timetable(result, room="R4", when="both")
    before, after = ax.child_axes
    assert blocks(before, result) == [(2, 840, 0.96, 50)]
    assert blocks(after, result) == []
    assert "释放" in said(ax)
    assert "R4 会议室（现状）" in said(ax)


def test_a_centre_shows_the_rooms_in_use_and_names_the_others(result: TimetableResult) -> None:
    ax = plot.week_timetable(result, station="S1")
    assert len(ax.child_axes) == 3
    assert "未用的房间不画：R4" in said(ax).replace("\n", "")


def test_either_a_room_or_a_station(result: TimetableResult) -> None:
    for wrong in ({}, {"room": "R1", "station": "S1"}):
        with pytest.raises(ValueError, match="either a room or a station"):
            plot.week_timetable(result, **wrong)
    for unknown in ({"room": "R9"}, {"station": "S2"}):
        with pytest.raises(KeyError):
            plot.week_timetable(result, **unknown)


def test_the_grid_counts_rooms_hour_by_hour_and_frames_the_peak(result: TimetableResult) -> None:
    ax = plot.use_grid(result)
    words = said(ax)
    assert "现状：高峰 周三 14:00 1 个（占 25%）；全周合计 1 室·h" in words
    assert "规划：高峰 周二 09:00 2 个（占 50%）；全周合计 5 室·h" in words
    frames = [p.get_xy() for panel in ax.child_axes for p in panel.patches if isinstance(p, Rectangle)]
    assert frames == [(14, 1.5), (9, 0.5)]


def test_flows_are_square_metre_hours_by_room_kind_and_function(result: TimetableResult) -> None:
    assert flows_of(result, "before") == {("闲置", "meeting"): pytest.approx(40 * 50 / 60)}
    after = flows_of(result, "after", "hours")
    assert after == {
        ("会议室", "lecture"): 1.5, ("书画室", "lecture"): 1.5, ("图书阅览室", "reading"): 1.0,
        ("图书阅览室", "study"): 1.0, ("会议室", "meeting"): pytest.approx(50 / 60),
    }  # fmt: skip
    words = said(plot.function_flow(result, measure="hours"))
    for part in ("每周 1 → 6 室·h", "宣讲与讲座 0 → 3", "会议室 2（40%）", "闲置 1（100%）"):
        assert part in words


def test_utilisation_is_drawn_as_measured_and_releases_are_marked(result: TimetableResult) -> None:
    ax = plot.before_after_rooms(result, station="S1")
    table = result.by_room
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == pytest.approx([*(100 * table["utilisation_before"]), *(100 * table["utilisation_after"])])
    assert "R4 会议室" in said(ax)
    whole = plot.before_after_rooms(result)
    kpis = {kpi.key: kpi.value for kpi in result.kpis()}
    assert [bar.get_width() for bar in whole.patches] == pytest.approx(
        [kpis["use.utilisation_before"], kpis["use.utilisation_after"]]
    )
    assert "释放 1 间 40 ㎡" in said(whole)
    with pytest.raises(KeyError):
        plot.before_after_rooms(result, station="S2")


def test_the_proof_shows_rooms_before_after_and_the_bound(result: TimetableResult) -> None:
    words = said(plot.proof_bars(result))
    for part in ("现状 1 → 规划 3（下界 3）", "1/1 个中心已证最优", "4/5"):
        assert part in words


def test_rules_in_conflict_are_drawn_where_there_is_no_plan(impossible: TimetableResult) -> None:
    assert "无解：居民用房面积下限、保留办公" in said(plot.proof_bars(impossible))
    for name in ("use_grid", "function_flow", "before_after_rooms"):
        with pytest.raises(NoSolutionError):
            getattr(plot, name)(impossible)


def test_a_centre_without_a_plan_is_no_empty_plan(impossible: TimetableResult) -> None:
    """A figure of nought would say that nothing takes place, which nobody has planned."""
    for draw in (plot.week_timetable, plot.function_flow, plot.before_after_rooms):
        with pytest.raises(NoSolutionError, match="S1 has no timetable: INFEASIBLE; rules in conflict: "):
            draw(impossible, station="S1")  # type: ignore[operator]
    with pytest.raises(NoSolutionError):
        plot.week_timetable(impossible, room="R1", when="both")
    assert "周课表 · 东中心 · R1（现状）" in said(plot.week_timetable(impossible, room="R1", when="before"))


def test_what_is_not_proven_is_said() -> None:
    stopped = shown.planned(effort=1e-9)
    words = said(plot.proof_bars(stopped))
    assert ("未证最优" in words) == (stopped.status == "FEASIBLE")
    assert "未" in words
