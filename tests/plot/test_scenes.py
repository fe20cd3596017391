"""Figures of scenes: every number of the table, every empty cell with its reason, no missing glyph."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from tests import pocket
from tests.plot.said import drawn
from workbench import plot
from workbench.catalogue.scenes import catalogue
from workbench.catalogue.terms import FICTIONAL_NOTE
from workbench.coverage import SceneMatrix, assess_coverage, scene_matrix
from workbench.ground.district import District
from workbench.scenario import Group

FOCUS = {
    "workers": Group(
        label="上班族",
        ages={"age_18_59": 0.5},
        steps="walk",
        free="Mo-Fr 18:00-22:00",
        needs=("study_bar", "riders_post"),
    ),
    "mothers": Group(label="宝妈", ages={"age_18_59": 0.2}, needs=("craft_orders",)),
}


def measured(services: list[str | None], **changes: object) -> SceneMatrix:
    district = pocket.district(stations=pocket.stations().assign(services=services))
    return scene_matrix(assess_coverage(district, pocket.scenario(**{"focus": FOCUS, **changes})))


@pytest.fixture(scope="module")
def matrix() -> SceneMatrix:
    return measured(["reading;counter", "rest;water;charging"], standards={"privacy.smallest_cell": 1})


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in drawn(ax).findobj(Text) if text.get_text()]


def test_the_grid_shows_groups_with_needs_and_all_residents(matrix: SceneMatrix) -> None:
    ax = plot.scene_grid(matrix)
    said = texts(ax)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["上班族", "宝妈", "全体居民"]
    headings = [label.get_text().replace("\n", "") for label in ax.get_xticklabels()]
    assert headings == [scene.short for scene in catalogue().values()]
    assert "17.1" in said  # 10 of 58.5 workers at the post
    assert "时段\n不合" in said  # the reading room is shut when workers are free
    assert "无阵地" in said
    assert FICTIONAL_NOTE in said
    assert any("整理建议，非官方清单" in text for text in said)
    assert any("60 min" in text and "【推】" in text for text in said)


def test_few_people_are_drawn_without_their_number() -> None:
    said = texts(plot.scene_grid(measured(["reading;counter", "rest;water;charging"])))
    assert "17.1" not in said
    assert "不公布" in said


def test_only_needed_cells_are_hatched(matrix: SceneMatrix) -> None:
    patches = [patch for patch in plot.scene_grid(matrix).patches if isinstance(patch, Rectangle)]
    hatched = {(int(patch.get_y()), int(patch.get_x())) for patch in patches if patch.get_hatch()}
    place = {key: column for column, key in enumerate(catalogue())}
    of_groups = {(row, column) for row, column in hatched if row < 2}
    assert of_groups == {(0, place["study_bar"]), (1, place["craft_orders"])}
    offered = {"lunch_counter", "study_bar", "riders_post"}  # the counter alone is no weekend counter
    assert {column for row, column in hatched if row == 2} == {place[key] for key in place if key not in offered}


def test_without_needs_all_groups_are_shown() -> None:
    ax = plot.scene_grid(measured(["reading", None], focus={}))
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "婴幼儿", "学生", "成人", "老人", "高龄", "全体居民",
    ]  # fmt: skip
    assert "缺数据" in texts(ax)


def test_unknown_services_make_an_honest_figure() -> None:
    blank = measured([None, None])
    assert texts(plot.scene_grid(blank)).count("缺数据") == 3 * 16 + 1  # every cell, and the legend
    assert texts(plot.scene_gaps(blank)).count("缺") == 2 * 17


def test_the_gaps_put_the_poorest_community_first(matrix: SceneMatrix) -> None:
    ax = plot.scene_gaps(matrix)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["远社区", "东社区"]
    said = texts(ax)
    assert "27" in said  # 40 of 150 residents of C1 at the post
    assert "20" in said  # 30 of 150 at the centre
    assert said.count("无") == 17 + 13  # and the mean of the first
    assert FICTIONAL_NOTE in said
    one = plot.scene_gaps(matrix, most=1)
    assert [label.get_text() for label in one.get_yticklabels()] == ["远社区"]


def test_communities_unknown_leave_an_empty_figure() -> None:
    demand = pocket.demand().assign(community=None)
    coverage = assess_coverage(pocket.district(demand=demand), pocket.scenario())
    assert plot.scene_gaps(scene_matrix(coverage)).get_yticklabels() == []


def test_surveyed_ground_names_its_licence() -> None:
    manifest = pocket.MANIFEST.model_copy(update={"ground": "surveyed", "licence": "ODbL"})
    district = District.from_tables(manifest, pocket.tables())
    real = scene_matrix(assess_coverage(district, pocket.scenario()))
    for ax in (plot.scene_grid(real), plot.scene_gaps(real)):
        assert any("ODbL" in text for text in texts(ax))
        assert FICTIONAL_NOTE not in texts(ax)


def test_figures_draw_on_given_axes_and_give_the_same_bytes(matrix: SceneMatrix, tmp_path: Path) -> None:
    ax = Figure().add_subplot()
    assert plot.scene_grid(matrix, ax) is ax
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        plot.save_figure(plot.scene_grid(matrix), tmp_path / name, "grid")
    for suffix in ("png", "svg"):
        assert (tmp_path / "a" / f"grid.{suffix}").read_bytes() == (tmp_path / "b" / f"grid.{suffix}").read_bytes()


def test_the_font_holds_every_word_of_the_catalogue() -> None:
    from fontTools.ttLib import TTFont

    from workbench.fonts import font_path

    with TTFont(font_path()) as font:
        known = set(font.getBestCmap())
    words = [
        word for group in (catalogue().services, catalogue().spaces, catalogue().audiences) for word in group.values()
    ]
    signs = {sign for word in [*words, *catalogue().values()] for sign in word.label}
    assert not {sign for sign in signs if ord(sign) not in known}
