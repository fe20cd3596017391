"""The ground read beside this process is the ground read in it, its warnings and errors among it."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from tests import pocket
from workbench.cache import FOLDER, user_cache
from workbench.errors import ManifestWarning, SourceError
from workbench.ground.ahead import ground_ahead, ground_keys
from workbench.ground.sources import read_district, write_district
from workbench.network.graph import load_kernels
from workbench.study import run_study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_district(pocket.district(), tmp_path_factory.mktemp("ground") / "pocket")


def test_the_district_is_the_same(folder: Path) -> None:
    here = read_district(folder)
    with ground_ahead(folder, workers=2) as ahead:
        assert ahead is not None
        load_kernels()
        there = ahead()
        assert there is not None
        assert not multiprocessing.active_children()
    assert (there.manifest, list(there.tables), there.checksums) == (here.manifest, list(here.tables), here.checksums)
    assert all(there.tables[name].equals(table) for name, table in here.tables.items())


def test_a_run_measures_what_was_read_ahead(folder: Path) -> None:
    scenario = pocket.scenario(robustness={"draws": 20})
    with ground_ahead(folder, workers=2) as ahead:
        study = run_study(scenario, folder, ahead=ahead)
    assert study.kpis() == run_study(scenario, folder).kpis()


def test_who_cannot_read_ahead_reads_later(folder: Path) -> None:
    for where, workers in ((None, 2), (folder, 1)):
        with ground_ahead(where, workers=workers) as ahead:
            assert ahead is None


def test_what_the_cache_holds_is_not_read(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    cache = user_cache()
    assert cache is not None
    cache.put(ground_keys(cache, folder)[0], read_district(folder))
    for keep in (True, False):
        with ground_ahead(folder, keep=keep, workers=2) as ahead:
            assert ahead is not None
            assert (ahead() is None) == keep


def test_warnings_and_errors_come_over(tmp_path: Path) -> None:
    folder = write_district(pocket.district(), tmp_path / "pocket")
    pocket.stations().iloc[:1].to_file(folder / "ground.gpkg", layer="stations", driver="GPKG")
    with ground_ahead(folder, workers=2) as ahead:
        assert ahead is not None
        with pytest.warns(ManifestWarning, match="the stations table differs"):
            ahead()
    with ground_ahead(tmp_path / "nowhere", workers=2) as ahead:
        assert ahead is not None
        with pytest.raises(SourceError, match="there is no such folder") as refused:
            ahead()
    assert refused.value.problems[0].mend
