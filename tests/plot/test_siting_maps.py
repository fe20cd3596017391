"""Maps of siting: whom they count, what they name, what a run draws; poor ground, and no plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from tests import pocket
from tests.plot.plans import FIGURES, WISH, studied
from tests.plot.said import said
from tests.siting import grounds
from workbench import plot
from workbench.catalogue.terms import FICTIONAL_NOTE
from workbench.coverage import appraise
from workbench.ground.district import District
from workbench.plot import figures
from workbench.plot.ground import apart
from workbench.study import Study


@pytest.fixture(scope="module")
def parts() -> dict[str, Any]:
    return studied(**WISH)


def test_the_map_counts_who_is_newly_covered_and_names_the_stations(parts: dict[str, Any]) -> None:
    words = said(plot.before_after_map(parts["siting"]))
    for part in (
        "新增 2 处：居民覆盖 33.3% → 76.2%（分母：210 人）",
        "仍未覆盖（50 人）",
        "现状已覆盖（70 人）",
        "新覆盖（90 人）",
        "不可用的候选（1）",
        "新增党群驿家（2）",
        "1  街角铺（a1）：缺它损失 30 人\n     甲小区 南 30 m",
        "2  远铺（z1）：缺它损失 60 人\n     甲小区 东北 760 m",
        "北街道",
        "东社区",
        "合规口径：沿路网 ≤ 300 m",
        "已证最优",
    ):
        assert part in words
    assert "不再覆盖" not in words


def test_the_map_shows_who_loses_and_what_closes() -> None:
    words = said(plot.before_after_map(studied(stations=1, standing={"close": ["S2"]}, sensitivity=False)["siting"]))
    for part in ("停用或迁出：西驿家（S2）", "不再覆盖（40 人）", "居民覆盖 33.3% → 42.9%"):
        assert part in words


def test_the_map_of_a_mode_by_time_counts_each_resident() -> None:
    siting = studied(stations=1, mode="experience", sensitivity=False)["siting"]
    words = said(plot.before_after_map(siting))
    before, after = (float(at.covered_residents("experience").sum()) for at in (siting.before, siting.after))
    assert f"新覆盖（{after - before:,.0f} 人）" in words
    assert "各点按多数居民归类" in words


def test_many_new_stations_are_listed_several_in_a_line(monkeypatch: pytest.MonkeyPatch, parts: dict[str, Any]) -> None:
    monkeypatch.setattr("workbench.plot.siting._MOST_NAMED", 1)
    assert "1 甲小区 南 30 m（a1）　2 甲小区 东北 760 m（z1）" in said(plot.before_after_map(parts["siting"]))
    monkeypatch.setattr("workbench.plot.siting._MOST_LISTED", 1)
    assert "……共 2 处，见推荐站点表" in said(plot.before_after_map(parts["siting"]))


def test_candidates_are_counted_by_part_and_by_reason(parts: dict[str, Any]) -> None:
    words = said(plot.candidate_map(parts["siting"]))
    for part in ("候选场所：5 处，可用 4 处", "不可用（1 处）", "产权不清：1", "可用，未选（2 处）", "推荐（2 处）"):
        assert part in words
    assert "产权、消防、面积与造价未核" not in words


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=9), st.integers(8, 12))
def test_labels_keep_apart(places: list[tuple[int, int]], size: int) -> None:
    ax = Figure(figsize=(8, 8)).add_subplot()
    ax.set(xlim=(0, 30), ylim=(0, 30))
    shifts = apart(ax, np.array(places, float), size=size)
    assert shifts.shape == (len(places), 2)
    assert np.array_equal(shifts, apart(ax, np.array(places, float), size=size))
    unit = 30 / (0.75 * 8 * 72)
    spots = np.array(places) / unit + shifts
    gap = np.linalg.norm(spots[:, None] - spots[None, :], axis=2)[np.triu_indices(len(places), 1)]
    assert (gap >= size - 1e-9).all()


@pytest.mark.parametrize("name", ["before_after_map", "site_reasons", "investment_ranges"])
def test_a_plan_that_builds_nothing_is_drawn_honestly(name: str) -> None:
    nobody = pocket.demand().assign(**dict.fromkeys(["residents", "households", *pocket.BANDS], 0.0))
    siting = studied(grounds.district(demand=nobody), stations=1, alternatives={"count": 0}, sensitivity=False)[
        "siting"
    ]
    words = said(getattr(plot, name)(siting))
    assert FICTIONAL_NOTE in words
    if name == "before_after_map":
        assert "无居民" in words


def test_ground_without_communities_and_candidates_at_corners() -> None:
    ways = pocket.ways()
    tables = {
        "demand": pocket.demand().assign(compound=None, community=None).drop(columns=pocket.BANDS),
        "ways": ways[ways["compound"].isna()],
        "stations": pocket.stations().assign(community=None),
    }
    bare = District.from_tables(pocket.MANIFEST, tables)
    found = studied(bare, stations=1, candidates={"sources": ["corners"]}, curve=2)
    words = {name: said(getattr(plot, name)(found[part])) for name, part in FIGURES.items() if part in found}
    assert "路口" in words["site_reasons"]
    assert "产权、消防、面积与造价未核" in words["candidate_map"]
    assert "缺数据" in words["option_matrix"]


def drawn(monkeypatch: pytest.MonkeyPatch, parts: dict[str, Any]) -> set[str]:
    """Return the names of the figures of siting that a run would draw."""
    monkeypatch.setattr(figures, "_drawer", lambda drawings, workers, **_: {one.name for one in drawings})
    coverage = parts["siting"].before
    study = Study(coverage.district, coverage.scenario, coverage, parts, appraise(coverage), {})
    drawings: Any = figures.study_figures(study)
    return {name for name in drawings if name.startswith("siting")}


def test_a_run_draws_what_there_is(monkeypatch: pytest.MonkeyPatch, parts: dict[str, Any]) -> None:
    every = {name for name in figures.FIGURES if name.startswith("siting")}
    assert len(every) == len(FIGURES)
    few = parts["siting_frontiers"]
    assert len(few.equity.points) < 3  # no curve, and no figure
    assert drawn(monkeypatch, parts) == every - {"siting_equity_frontier"}
    three = replace(few, equity=replace(few.equity, points=few.equity.points[:1] * 3))
    assert drawn(monkeypatch, {**parts, "siting_frontiers": three}) == every
    without = replace(three, cost=None)
    assert drawn(monkeypatch, {**parts, "siting_frontiers": without}) == every - {"siting_cost_frontier"}


def test_no_plan_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    none = studied(stations=1, floors=[{"each": "community", "share": 0.99}])
    assert none["siting"].status == "INFEASIBLE"
    assert drawn(monkeypatch, none) == set()
