"""Figures: no missing glyph, everything a map must carry, fictional ground says so, same bytes."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from tests import pocket
from tests.plot.said import drawn
from workbench import plot
from workbench.catalogue.intake import intake
from workbench.catalogue.terms import FICTIONAL_NOTE, SURVEYED_NOTE, TERMS
from workbench.coverage import CoverageResult, assess_coverage
from workbench.errors import OutputError
from workbench.fonts import FAMILY, font_path
from workbench.ground.district import District
from workbench.ground.manifest import SourceNote
from workbench.plot.ground import name_areas
from workbench.plot.style import CLASSES, axes_for, house_style

MAPS = ["coverage_map", "community_map"]
CHARTS = ["distance_distribution", "time_distribution", "straight_versus_network", "group_bars", "worst_compounds"]


@pytest.fixture(scope="module")
def result() -> CoverageResult:
    return assess_coverage(pocket.district(), pocket.scenario())


def texts(ax: Axes) -> str:
    return " ".join(t.get_text() for t in drawn(ax).findobj(Text))


def figure_of(name: str, result: CoverageResult) -> Axes:
    draw: Callable[[CoverageResult], Axes] = getattr(plot, name)
    return draw(result)


@pytest.mark.parametrize("name", [*MAPS, *CHARTS])
def test_every_figure_says_that_its_ground_is_fictional(name: str, result: CoverageResult) -> None:
    assert FICTIONAL_NOTE in texts(figure_of(name, result))


@pytest.mark.parametrize("name", MAPS)
def test_every_map_has_its_furniture(name: str, result: CoverageResult) -> None:
    ax = figure_of(name, result)
    said = texts(ax)
    for part in ("北", pocket.CRS, "2026-11-01"):
        assert part in said
    assert [artist for artist in ax.artists if type(artist).__name__ == "ScaleBar"]
    assert ax.get_legend() is not None


def test_the_ground_map() -> None:
    said = texts(plot.ground_map(pocket.district()))
    assert "封闭小区围墙（1）" in said
    assert "大门：仅本院居民（1）" in said
    assert "党群驿家（1）" in said
    assert FICTIONAL_NOTE in said


def test_the_coverage_map_names_denominator_and_classes(result: CoverageResult) -> None:
    said = texts(plot.coverage_map(result))
    assert "居民 33.3%（分母：全体居民 210 人）" in said
    for part in ("≤ 300 m（70 人）", "300–500 m（30 人）", "> 500 m 或不可达（60 人）", "接不上道路（50 人）"):
        assert part in said


@pytest.mark.parametrize("name", MAPS)
def test_maps_name_subdistricts_and_communities(name: str, result: CoverageResult) -> None:
    said = texts(figure_of(name, result))
    for part in ("北街道", "东社区", "远社区"):
        assert part in said


def named_grid(mark: tuple[float, float] | None = None) -> tuple[dict[str, Bbox], Axes]:
    """Nine communities of 600 m in two subdistricts, with their names as they come to lie on the page."""
    cells = [shapely.box(x, y, x + 600, y + 600) for y in (0, 600, 1200) for x in (0, 600, 1200)]
    rows = [(f"c{number}", f"第{number}社区", "东街道" if number % 3 else "西街道") for number in range(9)]
    frame = pd.DataFrame(rows, columns=["id", "name", "subdistrict"])
    communities = gpd.GeoDataFrame(frame, geometry=cells, crs=pocket.CRS)
    free = pocket.demand().assign(compound=None, community=None)
    tables = {"ways": pocket.ways().assign(compound=None), "demand": free, "communities": communities}
    with house_style():
        ax = axes_for(None, (5, 4))
        ax.set(xlim=(0, 1800), ylim=(0, 1800), aspect="equal")
        if mark:
            ax.scatter(*mark, zorder=10)
        name_areas(ax, District.from_tables(pocket.MANIFEST, tables))
        drawn(ax)
        boxes = {text.get_text(): text.get_window_extent() for text in ax.texts}
    return boxes, ax


def test_names_of_areas_keep_apart_and_hide_no_mark() -> None:
    boxes, _ = named_grid()
    assert sorted(boxes) == sorted(["东街道", "西街道", *(f"第{number}社区" for number in range(9))])
    pairs = combinations(boxes, 2)
    assert [pair for pair in pairs if Bbox.intersection(boxes[pair[0]], boxes[pair[1]])] == []
    middle = (300.0, 900.0)  # of the third community
    hidden, ax = named_grid(middle)
    assert not any(box.contains(*ax.transData.transform(middle)) for box in hidden.values())


def test_a_subdistrict_that_nobody_named_is_not_written_on_the_map() -> None:
    supposed = intake().supposed["communities"]["subdistrict"]
    communities = pocket.communities().assign(subdistrict=["东街道", supposed])
    with house_style():
        ax = axes_for(None, (5, 4))
        ax.set(xlim=(-500, 1500), ylim=(-500, 1500), aspect="equal")
        name_areas(ax, District.from_tables(pocket.MANIFEST, {**pocket.tables(), "communities": communities}))
    assert {text.get_text() for text in ax.texts} == {"东街道", *communities["name"]}


def test_without_communities_no_name_is_drawn() -> None:
    ax = axes_for(None, (5, 4))
    tables = pocket.tables()
    bare = {
        "ways": tables["ways"].assign(compound=None),
        "demand": tables["demand"].assign(compound=None, community=None),
    }
    name_areas(ax, District.from_tables(pocket.MANIFEST, bare))
    assert (len(ax.texts), len(ax.collections)) == (0, 0)


def test_three_colours_also_differ_by_hatch_and_marker() -> None:
    assert len({style.hatch for style in CLASSES.values()}) == len(CLASSES)
    assert len({style.marker for style in CLASSES.values()}) == len(CLASSES)


def test_the_straight_line_figure_counts_whom_the_circle_wrongly_claims(result: CoverageResult) -> None:
    assert "圆内而步行超限（80 人）" in texts(plot.straight_versus_network(result))


def test_surveyed_ground_is_not_public_and_names_all_who_made_its_data() -> None:
    osm = SourceNote(layer="ways", source="© OpenStreetMap contributors", licence="ODbL 1.0", date="2024")
    manifest = pocket.MANIFEST.model_copy(update={"ground": "surveyed", "source": "own survey", "sources": (osm, osm)})
    said = texts(plot.ground_map(District.from_tables(manifest, pocket.tables())))
    assert FICTIONAL_NOTE not in said
    assert SURVEYED_NOTE in said
    said = said.replace("\n", "")
    assert "数据：own survey" in said
    assert said.count("数据：© OpenStreetMap contributors · ODbL 1.0") == 1


def test_invented_ground_still_names_openstreetmap() -> None:
    osm = SourceNote(layer="ways", source="© OpenStreetMap contributors", licence="ODbL 1.0", date="2024")
    manifest = pocket.MANIFEST.model_copy(update={"sources": (osm, osm.model_copy(update={"source": "a colleague"}))})
    said = texts(plot.ground_map(District.from_tables(manifest, pocket.tables())))
    assert FICTIONAL_NOTE in said
    assert "OpenStreetMap" in said
    assert "a colleague" not in said


@pytest.mark.parametrize("case", ["no stations", "nobody"])
def test_poor_data_still_make_honest_figures(case: str) -> None:
    if case == "no stations":
        district = pocket.district(stations=pocket.stations().iloc[:0])
    else:
        zero = dict.fromkeys(["residents", "households", *pocket.BANDS], 0.0)
        district = pocket.district(demand=pocket.demand().assign(**zero))
    poor = assess_coverage(district, pocket.scenario())
    for ax in [plot.ground_map(district), *(figure_of(name, poor) for name in [*MAPS, *CHARTS])]:
        drawn(ax)


def test_what_the_data_lack_is_left_out(tmp_path: Path) -> None:
    ways = pocket.ways()
    tables = {
        "demand": pocket.demand().assign(compound=None, community=None).drop(columns=pocket.BANDS),
        "ways": ways[ways["compound"].isna()],
        "stations": pocket.stations().assign(community=None),
    }
    bare = assess_coverage(District.from_tables(pocket.MANIFEST, tables), pocket.scenario())
    with plot.coverage_figures(bare, workers=1)(tmp_path) as finished:
        paths = [figure.path for figure in finished()]
    assert {p.suffix for p in paths} == {".png", ".svg"}
    assert not {"communities", "worst_compounds"} & {p.stem for p in paths}
    assert [p.stem for p in paths[::2]] == [p.stem for p in paths[1::2]]
    assert {"ground", "coverage_map", "service_areas"} <= {p.stem for p in paths}


def test_figures_draw_on_given_axes(result: CoverageResult) -> None:
    figure = Figure()
    ax = figure.add_subplot()
    assert plot.group_bars(result, ax) is ax


def test_nothing_global_is_left_behind(result: CoverageResult) -> None:
    before = dict(mpl.rcParams)
    figure_of("coverage_map", result)
    assert dict(mpl.rcParams) == before


def test_the_same_figure_gives_the_same_bytes(result: CoverageResult, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        plot.save_figure(plot.coverage_map(result), tmp_path / name, "map")
    for suffix in ("png", "svg"):
        assert (tmp_path / "a" / f"map.{suffix}").read_bytes() == (tmp_path / "b" / f"map.{suffix}").read_bytes()


def test_a_figure_is_not_empty(result: CoverageResult, tmp_path: Path) -> None:
    plot.save_figure(plot.coverage_map(result), tmp_path, "map")
    colours = Image.open(tmp_path / "map.png").getcolors(maxcolors=2**24)
    assert colours is not None
    assert len(colours) > 50


def test_the_font_comes_with_the_environment_and_holds_every_label() -> None:
    from fontTools.ttLib import TTFont

    with TTFont(font_path()) as font:
        known = set(font.getBestCmap())
    signs = {sign for term in TERMS.values() for sign in term.zh} | set(FICTIONAL_NOTE + SURVEYED_NOTE) | set("≤≥λ–㎡")
    assert not {sign for sign in signs if ord(sign) not in known}
    assert FAMILY


def test_a_glyph_that_is_missing_is_an_error() -> None:
    """Proves that the other tests of this file could fail: the default font has no Chinese."""
    figure = Figure()
    figure.add_subplot().set_title("驿家")
    with warnings.catch_warnings(), pytest.raises(UserWarning, match="Glyph"):
        warnings.simplefilter("error")
        figure.draw_without_rendering()


def test_without_the_font_no_figure_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    font_path.cache_clear()
    monkeypatch.setattr("workbench.fonts._FILE", "nothing.otf")
    with pytest.raises(OutputError, match="the CJK font is missing"):
        font_path()
    monkeypatch.setattr("workbench.fonts._PACKAGE", "no_such_package")
    with pytest.raises(OutputError, match="pip install"):
        font_path()
    font_path.cache_clear()


def test_pictures_of_notebooks_are_small_and_speak(result: CoverageResult) -> None:
    made = plot.picture(plot.coverage_map(result))
    assert repr(made) == "图：周三 10:00 步行 300 m 覆盖：居民 33.3%（分母：全体居民 210 人）"
    assert made._repr_png_().startswith(b"\x89PNG")
    assert len(made.png) < 60_000


def test_pictures_of_notebooks_keep_the_colours_of_areas() -> None:
    ax = axes_for(None, (6, 4))
    levels = np.linspace(0, 1, 60).reshape(6, 10)
    ax.pcolormesh(levels, cmap="viridis")
    ax.text(1, 1, "sixty levels of one scale")
    full = io.BytesIO()
    with house_style():
        ax.get_figure().savefig(full, format="png", dpi=72, bbox_inches="tight")
    true = np.asarray(Image.open(full).convert("RGB")).reshape(-1, 3)
    shown = np.asarray(Image.open(io.BytesIO(plot.picture(ax).png)).convert("RGB")).reshape(-1, 3)
    colour, count = np.unique(true, axis=0, return_counts=True)
    areas = colour[count > len(true) / 1000]
    assert len(areas) >= 60  # every level of the scale, and the ground
    assert all((shown[(true == area).all(axis=1)] == area).all() for area in areas)
    assert np.abs(shown.astype(int) - true).max() < 32  # edges of letters
