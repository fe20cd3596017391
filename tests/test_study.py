"""One scenario walked through the studies, and several side by side."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from tests import pocket
from tests.listeners import Steps
from tests.siting import grounds
from workbench.cache import Cache
from workbench.catalogue.numbers import declared_indicators
from workbench.catalogue.terms import Mode, label
from workbench.coverage import CoverageResult, assess_coverage
from workbench.coverage.posts import assess_posts
from workbench.errors import ScenarioError, SnapWarning, WorkbenchWarning
from workbench.ground.sources import write_district
from workbench.report import write_run
from workbench.results import Result
from workbench.scenario.keys import named_standards
from workbench.study import compare, ground_of, run_study, study_kinds

FEW_DRAWS = {"draws": 20}


def test_a_study_reads_its_ground_and_times_its_stages(tmp_path: Path) -> None:
    folder = write_district(pocket.district(), tmp_path / "ground")
    told: list[str] = []
    study = run_study(
        pocket.scenario(district=str(folder), robustness=FEW_DRAWS),
        progress=Steps(lambda stage, *_: told.append(stage)),
    )
    assert list(dict.fromkeys(told)) == ["ground", "network", "walks", *study.parts]
    assert set(study.seconds) == set(told)
    assert study.coverage.covered_residents(Mode.COMPLIANCE).sum() == 70
    assert run_study(pocket.scenario(robustness=FEW_DRAWS), folder).coverage.fingerprint == study.coverage.fingerprint
    with pytest.raises(ScenarioError, match="names no district"):
        ground_of(pocket.scenario())


def test_side_by_side_studies_say_the_same_and_warn_of_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, cache = write_district(grounds.district(), tmp_path / "ground"), Cache(tmp_path / "cache")
    wish = {"stations": 1, "sensitivity": False, "alternatives": {"count": 0}}
    scenario = pocket.scenario(standards=grounds.OPEN, robustness=FEW_DRAWS, siting=wish)

    def posts(coverage: CoverageResult, *_: object) -> dict[str, Result]:
        warnings.warn("the posts say something", WorkbenchWarning, stacklevel=1)
        return {"posts": assess_posts(coverage)}

    kinds = tuple(replace(kind, run=posts) if kind.name == "posts" else kind for kind in study_kinds())
    monkeypatch.setattr("workbench.study.study_kinds", lambda: kinds)
    found = []
    for workers, kept in ((1, None), (2, None), (2, cache), (2, cache)):
        with pytest.warns(WorkbenchWarning, match="the posts say something"):
            study = run_study(scenario, folder, cache=kept, workers=workers)
        assert study.planned is not None
        found.append(
            [study.kpis(), study.headlines(), study.conclusion(), list(study.parts), study.planned.appraisal.rows()]
        )
    assert found[1:] == found[:1] * 3


def test_a_study_is_a_result_made_of_results(tmp_path: Path) -> None:
    folder = write_district(pocket.district(), tmp_path / "ground")
    study = run_study(pocket.scenario(targets={"coverage.residents": 80}, robustness=FEW_DRAWS), folder)
    assert isinstance(study, Result)
    assert study.fingerprint == study.coverage.fingerprint
    assert study.summary().equals(study.appraisal.table())
    kpis = study.kpis()
    assert len(kpis) == len(study.coverage.kpis()) + sum(len(part.kpis()) for part in study.parts.values())
    kinds = study_kinds()
    assert len({kind.name for kind in kinds}) == len(kinds)
    assert list(study.parts) == [kind.name for kind in kinds if kind.wanted(study.scenario)]
    titles = list(study.tables())
    assert titles[:3] == ["指标达标", "四化", "全部指标"]
    every = study.tables()["全部指标"]
    assert list(zip(every["指标"], every["口径"], strict=True)) == [(kpi.label, label(kpi.mode)) for kpi in kpis]
    assert set(every["研究"]) == {label(name) for name in ("coverage", *study.parts)}
    assert {"分社区", "一小区一阵地·分社区"} <= set(titles)
    assert len(titles) == 3 + sum(len(part.tables()) for part in (study.coverage, *study.parts.values()))
    layers = study.layers()
    assert {"service_areas", "coverage_points"} <= set(layers)
    assert all(layer.crs == study.district.crs for layer in layers.values())
    folder = write_run(tmp_path / "out", study.district, study.scenario, study, seconds=study.seconds)
    assert len(kpis) == len(json.loads((folder / "kpi.json").read_text(encoding="utf-8")))


def test_the_indicators_of_a_study_are_those_a_scenario_may_aim_at(tmp_path: Path) -> None:
    folder = write_district(pocket.district(), tmp_path / "ground")
    capacity = {"area_target": "guobanfa_2021_56.area_per_100_households"}
    scenario = pocket.scenario(capacity=capacity, robustness=FEW_DRAWS)
    named = {"": "", **{item.key: item.standard for item in named_standards(scenario)}}
    found = [line.indicator for line in run_study(scenario, folder).appraisal.lines]
    assert {item.key: item.standard.key if item.standard else "" for item in found} == {
        key: named[said.standard] for key, said in declared_indicators().items()
    }


def test_targets_that_go_nowhere_stop_a_study_before_it_begins() -> None:
    told: list[str] = []
    scenario = pocket.scenario(targets={"posts.shares": 80})
    with pytest.raises(ScenarioError, match=r"key targets\.posts\.shares: no study .* Did you mean posts\.share"):
        run_study(scenario, Path("nowhere"), progress=Steps(lambda stage, *_: told.append(stage)))
    assert told == []


def test_stations_that_no_way_comes_near_are_named(tmp_path: Path) -> None:
    far = pd.concat([pocket.stations(), pocket.station("S9", 5600, 0)], ignore_index=True)
    shut = pocket.station("S8", 9000, 0, access="closed")
    stations = gpd.GeoDataFrame(pd.concat([far, shut], ignore_index=True), crs=pocket.CRS)
    folder = write_district(pocket.district(stations=stations), tmp_path / "ground")
    with pytest.warns(SnapWarning) as caught:
        study = run_study(pocket.scenario(robustness=FEW_DRAWS), folder)
    # the nearest end of a way is that of z1 at (1100, 500)
    (told,) = [str(warning.message) for warning in caught if warning.category is SnapWarning]
    assert told.startswith(
        "stations: 1 of 3 open stations are farther than 50 m from any way that is open to them and serve nobody: S9 (4,528 m). Check"
    )
    assert study.coverage.covered_residents(Mode.COMPLIANCE).sum() == 70
    many = pd.concat([pocket.station(f"F{i:02}", 5600 + i, 0) for i in range(12)], ignore_index=True)
    folder = write_district(pocket.district(stations=gpd.GeoDataFrame(many, crs=pocket.CRS)), tmp_path / "ground")
    with pytest.warns(SnapWarning, match=r"12 of 12 open stations .* F09 \([0-9,]+ m\) and 2 more\. Check"):
        run_study(pocket.scenario(robustness=FEW_DRAWS), folder)


def test_results_side_by_side() -> None:
    district = pocket.district()
    base = assess_coverage(district, pocket.scenario(title="现状"))
    opened = assess_coverage(district, pocket.scenario(title="开门", gates={"policy": "all_open"}))
    table = compare(base, opened)
    first = table.iloc[0]
    assert (first["指标"], first["现状"], first["开门"], first["开门－现状"]) == ("居民覆盖率", "33.3", "47.6", "+14.3")
    assert list(compare(base).columns)[-1] == "现状"
    with pytest.raises(ScenarioError, match="two scenarios have one title"):
        compare(base, base)


def test_a_number_that_only_one_result_has_is_missing_in_the_other() -> None:
    base = assess_coverage(pocket.district(), pocket.scenario(title="现状"))
    ages = pocket.district(demand=pocket.demand().drop(columns=pocket.BANDS))
    other = assess_coverage(ages, pocket.scenario(title="无年龄"))
    table = compare(base, other)
    oldest = table[(table["人群"] == "高龄") & (table["指标"] == "居民覆盖率")]
    assert oldest["无年龄"].tolist() == ["缺数据"]
    assert oldest["无年龄－现状"].tolist() == ["—"]
