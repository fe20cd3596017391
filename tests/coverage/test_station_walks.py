"""Walks between stations with rooms, by hand on the pocket district: S1 and S2 are 520 m from door to door."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tests import pocket
from tests.ground.grounds import small
from tests.ledgers import rooms
from workbench.catalogue.scenes import catalogue
from workbench.coverage import assess_coverage, station_walks
from workbench.errors import ScenarioError

BOTH = rooms({}, {"station": "S2"})


def walks(linking: dict[str, Any] | None = None, **tables: pd.DataFrame) -> pd.DataFrame:
    said = {} if linking is None else {"rooms": {"linking": linking}}
    coverage = assess_coverage(pocket.district(**{"rooms": BOTH, **tables}), pocket.scenario(**said))
    return station_walks(coverage)


def with_s3(gate: str, **said: Any) -> dict[str, pd.DataFrame]:
    """S3 stands behind the wall of K1, 50 m from the gate G1, which is of this kind."""
    both = pd.concat([pocket.stations(), pocket.station("S3", 205, 70, **said)], ignore_index=True)
    gates = pocket.gates()
    gates.loc[gates["id"] == "G1", "access"] = gate
    ledger = rooms({}, {"station": "S3"})
    return {"stations": gpd.GeoDataFrame(both, crs=pocket.CRS), "gates": gates, "rooms": ledger}


def test_by_hand() -> None:
    table = walks()
    assert list(table.columns) == ["from", "to", "group", "minutes", "metres"]
    assert set(table["group"]) == set(catalogue().audiences)
    assert set(zip(table["from"], table["to"], strict=True)) == {("S1", "S2"), ("S2", "S1")}
    assert table["metres"].to_numpy() == pytest.approx(520)
    assert table["minutes"].to_numpy() == pytest.approx(520 / 1.2 / 60)


def test_each_audience_walks_as_its_own_group() -> None:
    """At 0.8 m/s the walk takes 10.8 minutes: beyond ten, within fifteen."""
    slow = {"walkers": {"elders": "oldest"}}
    assert "elders" not in set(walks(slow)["group"])
    far = walks({**slow, "limit": "gb50180.fifteen_minute.walk_time"}).set_index(["from", "to", "group"])
    assert far.loc[("S1", "S2", "elders"), "minutes"] == pytest.approx(520 / 0.8 / 60)
    assert far.loc[("S1", "S2", "everyone"), "minutes"] == pytest.approx(520 / 1.2 / 60)


def test_a_group_of_the_audiences_name_walks_for_it() -> None:
    focus = {"elders": {"label": "一老", "ages": {"age_80_plus": 1}, "pace": "pace.oldest"}}
    said = {"focus": focus, "rooms": {"linking": {"limit": "gb50180.fifteen_minute.walk_time"}}}
    found = station_walks(assess_coverage(pocket.district(rooms=BOTH), pocket.scenario(**said)))
    assert found.set_index("group").loc["elders", "minutes"].to_numpy() == pytest.approx(520 / 0.8 / 60)


def test_stations_without_rooms_and_closed_ones_have_no_walks() -> None:
    assert walks(rooms=rooms({})).empty
    assert walks(stations=pocket.stations().assign(access=["public", "closed"])).empty


def test_walls_are_left_and_entered_through_public_gates_only() -> None:
    """Residents may pass a gate for members, who comes to an activity may not; both ways alike."""
    assert walks(**with_s3("members")).empty
    table = walks(**with_s3("public"))
    assert set(zip(table["from"], table["to"], strict=True)) == {("S1", "S3"), ("S3", "S1")}
    assert table["metres"].to_numpy() == pytest.approx(185)


def test_a_station_for_members_is_no_goal_from_outside() -> None:
    table = walks(**with_s3("public", access="members", compound="K1"))
    assert set(zip(table["from"], table["to"], strict=True)) == {("S3", "S1")}


def test_walks_are_as_long_to_as_fro() -> None:
    ground = small(7, 3)
    said = {"rooms": {"linking": {"limit": "gb50180.fifteen_minute.walk_time"}}}
    table = station_walks(assess_coverage(ground, pocket.scenario(**said)))
    forth = table.set_index(["from", "to", "group"])[["minutes", "metres"]]
    back = table.rename(columns={"from": "to", "to": "from"}).set_index(["from", "to", "group"])[["minutes", "metres"]]
    assert len(forth) > 0
    assert np.allclose(forth.sort_index(), back.sort_index()[forth.columns])
    assert (table["minutes"] * 60 * 1.3 > table["metres"] * 0.6).all()


def test_what_is_not_known_is_refused_at_once() -> None:
    with pytest.raises(ScenarioError) as refused:
        walks({"walkers": {"youths": "adults", "elders": "aged"}})
    assert [(p.key, p.found) for p in refused.value.problems] == [
        ("rooms.linking.walkers.youths", "youths"),
        ("rooms.linking.walkers.elders", "aged"),
    ]
