"""The figure of service areas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from matplotlib.figure import Figure

from tests import pocket
from tests.plot.test_figures import texts
from workbench import plot
from workbench.catalogue.terms import FICTIONAL_NOTE, Mode, ServiceLevel
from workbench.coverage import CoverageResult, assess_coverage
from workbench.coverage.service_areas import service_areas
from workbench.plot.coverage import BANDS, half_a_pixel, outline, rings_between


@pytest.fixture(scope="module")
def result() -> CoverageResult:
    return assess_coverage(pocket.district(), pocket.scenario())


def test_the_legend_counts_residents_by_their_walk(result: CoverageResult) -> None:
    said = texts(plot.service_area_map(result))
    # D1, D2 and D4, 70 of 210, within 300 m; D3 within 500 m; D5 and D6 not at all
    for part in ("≤ 300 m：", "居民 33.3%", "居民 47.6%", "≤ 1,000 m：", "分母：全体居民 210 人", "党群驿家（1）"):
        assert part in said
    for part in (
        "合规口径：沿路网",
        "范围仅供查看，覆盖率按门到门步行计算，不由面得出",
        "道路两侧各计 25 m",
        "北",
        pocket.CRS,
    ):
        assert part in said
    assert "封闭小区围墙（1）" in said
    assert FICTIONAL_NOTE in said


def test_minutes_of_a_group_to_full_stations() -> None:
    district = pocket.district(
        demand=pocket.demand().assign(**{name: pocket.demand()[name] * 20 for name in [*pocket.BANDS, "residents"]})
    )
    many = assess_coverage(district, pocket.scenario())
    said = texts(plot.service_area_map(many, mode=Mode.EXPERIENCE, group="oldest", level=ServiceLevel.FULL))
    # 1 + 1 of 16 walk at most 240 m to S1, D3's 2 at most 480 m, D4's 3 at most 720 m; twenty times as many
    for part in ("5／10／15 min", "居民 12.5%", "居民 25.0%", "居民 43.8%", "分母：高龄 320 人", "步速 0.8 m/s"):
        assert part in said
    assert "党群驿家" not in said


def test_a_group_too_small_to_publish_keeps_its_numbers(result: CoverageResult) -> None:
    said = texts(plot.service_area_map(result, mode=Mode.EXPERIENCE, group="oldest"))
    # 1 and 3 of the oldest live at D1 and D4: shares would tell so
    assert "居民占比不公布" in said
    assert "居民 12.5%" not in said


def test_the_foot_cites_limits_pace_and_depth(result: CoverageResult) -> None:
    said = texts(plot.service_area_map(result, mode=Mode.EXPERIENCE, group="older")).replace("\n", "")
    for key in ("gb50180.fifteen_minute.walk_time", "pace.older", "walk.crossing_delay", "service_area.buffer"):
        assert result.scenario.register[key].footnote in said


def test_compliance_knows_no_group(result: CoverageResult) -> None:
    assert "分母：全体居民 210 人" in texts(plot.service_area_map(result, group="oldest"))


def test_bands_also_differ_by_hatch() -> None:
    assert len({style.hatch for style in BANDS}) == len({style.colour for style in BANDS}) == len(BANDS)


def test_poor_data_still_make_an_honest_figure() -> None:
    district = pocket.district(stations=pocket.stations().iloc[:0])
    said = texts(plot.service_area_map(assess_coverage(district, pocket.scenario())))
    assert "≤ 300 m：0 ha，居民 0.0%" in said


def test_it_draws_on_given_axes_and_the_same_bytes(result: CoverageResult, tmp_path: Path) -> None:
    ax = Figure().add_subplot()
    assert plot.service_area_map(result, ax) is ax
    for name in ("a", "b"):
        plot.save_figure(plot.service_area_map(result), tmp_path, name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize("detail", [0.0, 2.0])
def test_rings_go_once_round_what_lies_between_two_bands(result: CoverageResult, detail: float) -> None:
    near, _, far = service_areas(result, together=True).geometry
    band = near.union(far).difference(near)
    x, y = np.random.default_rng(1).uniform(*np.reshape(far.bounds, (2, 2)), size=(4000, 2)).T
    points = shapely.points(x, y)
    clear = shapely.distance(points, shapely.union(near.boundary, far.boundary)) > detail
    rings = rings_between(outline(near, detail), outline(far, detail))
    turns = sum(np.where(ring.is_ccw, 1, -1) * shapely.contains_xy(shapely.Polygon(ring), x, y) for ring in rings)
    assert (turns == shapely.contains_xy(band, x, y))[clear].all()
    assert 0 < (turns != 0).sum() < clear.sum()


def test_rings_of_both_bands_are_not_drawn_at_all() -> None:
    court = shapely.box(4, 4, 6, 6).exterior
    near, far = (shapely.Polygon(shapely.box(a, a, 10 - a, 10 - a).exterior, [court]) for a in (2, 0))
    rings = rings_between(outline(near, 0.0), outline(far, 0.0))
    assert [(ring.is_ccw, ring.bounds) for ring in rings] == [(True, (0, 0, 10, 10)), (False, (2, 2, 8, 8))]


def test_what_is_smaller_than_half_a_pixel_is_not_drawn(result: CoverageResult) -> None:
    ax = Figure(figsize=(10, 5)).add_subplot()
    ax.update_datalim([(0, 0), (5500, 1100)])
    assert half_a_pixel(ax) == pytest.approx(2.5)  # 5500 m on 10 in at 110 dpi
    speck = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(100, 0, 200, 100)])
    assert [ring.bounds for ring in outline(speck, 2.5)] == [(100, 0, 200, 100)]
