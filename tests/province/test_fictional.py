"""Provinces made a few communities at a time are the same provinces, however many at a time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.command import called
from tests.province.towns import by_point
from workbench.catalogue.terms import Mode, ServiceLevel
from workbench.coverage import assess_coverage
from workbench.coverage.measure import halo_needed
from workbench.errors import GeodataError
from workbench.ground.district import District
from workbench.ground.sources import read_district
from workbench.ground.synthetic import windows
from workbench.province.cut import cut_windows
from workbench.province.tally import added, tally
from workbench.scenario import load_scenario

SCENARIO = load_scenario(Path(__file__).parents[2] / "scenarios" / "baseline.yaml")


@pytest.fixture(scope="module")
def tiles() -> list[District]:
    """Six communities in two districts: 2 by 2, and 1 by 2."""
    return list(cut_windows(windows(5, 6, side=2), halo_m=halo_needed(SCENARIO)))


def test_districts_of_a_province_add_up_to_the_province_made_at_once(tiles: list[District]) -> None:
    """Ways join across their edges, and a station beyond serves this side."""
    whole = next(windows(5, 6, side=3)).ground
    parts = [assess_coverage(tile, SCENARIO) for tile in tiles]
    undivided = assess_coverage(whole, SCENARIO)
    pd.testing.assert_frame_equal(by_point(parts), by_point([undivided]))
    sums, counts = added([tally(part) for part in parts]), tally(undivided)
    assert sums == pytest.approx(counts, rel=1e-12)
    served = undivided.distance[ServiceLevel.ANY].station
    near = undivided.covered(Mode.EXPERIENCE)
    across = whole.stations["community"].to_numpy()[served[near]] != whole.demand["community"].to_numpy()[near]
    assert across.any()
    assert len(set(whole.demand["community"])) == 6
    assert 6 * 5_000 < sums["residents"] < 6 * 10_000


def test_each_is_a_district_with_ledgers_of_its_own(tiles: list[District]) -> None:
    assert [len(set(tile.demand["community"])) for tile in tiles] == [4, 2]
    for tile in tiles:
        own = set(tile.stations.loc[tile.stations["beyond"] != 1, "id"])
        assert set(tile.ledger("rooms")["station"]) <= own
        assert set(tile.ledger("staff")["station"]) <= own
        assert tile.manifest.fictional
        assert not tile.manifest.sources
    assert len({tile.fingerprint for tile in tiles}) == 2


def test_the_same_seed_gives_the_same_and_the_command_line_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ("synthesize", "--tiles", "--communities", "2", "--seed", "3", "--out", "y")
    code, out, _ = called(monkeypatch, capsys, *asked)
    assert (code, "1 districts, halo 550 m" in out) == (0, True)
    (again,) = cut_windows(windows(3, 2), halo_m=550.0)
    assert read_district(tmp_path / "y" / "province-3-2-001").fingerprint == again.fingerprint
    with pytest.raises(GeodataError, match="the number of communities is not valid"):
        next(windows(3, 0))
