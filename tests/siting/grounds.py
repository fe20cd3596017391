"""The pocket district with places that could become stations, and what is wished for there.

Walks, metres (residents; households)::

    site          where            D1 (10; 5)  D2 (20; 10)  D3 (30; 15)  D4 (40; 20)  D6 (60; 30)
    S1 centre     above node 2         65         185          390          550
    S2 post       above node 6        565         485          690           50
    a1            below node 3        165          85          290          450
    a2            below node 5        365         285          490          250
    a3            above x = 110        75         175          380          540
    v1 vetoed     node 20                                                              50
    z1            above z1                                                             10

D5 (50; 25) is too far from any way. Within 300 m live today D1, D2 and D4: 70 of 210 residents, 35 of 105 households.
"""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from tests import pocket
from workbench.coverage import CoverageResult, assess_coverage
from workbench.ground.district import District
from workbench.progress import Progress
from workbench.scenario import Scenario
from workbench.siting import SitingResult, StationQuestion, site_stations, station_question
from workbench.siting.answer import solved

OPEN = {"privacy.smallest_cell": 1}  # the pocket is so small that most of it would be withheld
RESIDENTS, HOUSEHOLDS = 210, 105
PLACES = {"a1": (200, -10), "a2": (400, -10), "a3": (110, 10), "v1": (1000, 500), "z1": (1050, 510)}


def candidates(**changes: list[Any]) -> gpd.GeoDataFrame:
    """The five candidates, some columns replaced."""
    columns = {
        "id": list(PLACES),
        "name": ["街角铺", "菜场旁", "中心隔壁", "仓库", "远铺"],
        "community": ["C1", "C1", "C1", "C2", "C2"],
        "floor_area_m2": [100.0, 120.0, 60.0, 200.0, 80.0],
        "capex": [20.0, 25.0, 10.0, 5.0, 40.0],
        "opex": [4.0, 5.0, 3.0, 1.0, 6.0],
        "veto": [None, None, None, "产权不清", None],
        "storey": [1, 1, 1, 1, 1],
        **changes,
    }
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapely.points(list(PLACES.values())), crs=pocket.CRS)


def district(**replaced: pd.DataFrame) -> District:
    """The pocket district with its candidates, some tables replaced."""
    return pocket.district(**{"candidates": candidates(), **replaced}) if replaced else _as_it_is()


@cache
def _as_it_is() -> District:
    return pocket.district(candidates=candidates())


def scenario(*, rest: dict[str, Any] | None = None, **siting: Any) -> Scenario:
    """A scenario with a wish; the rest of it goes by name."""
    return pocket.scenario(**{"standards": OPEN, "siting": siting, **(rest or {})})


def sited(ground: District | None = None, *, rest: dict[str, Any] | None = None, **siting: Any) -> SitingResult:
    """Answer a wish; one on the usual ground is answered once only."""
    if ground is None and rest is None:
        return _answered(json.dumps(siting, sort_keys=True))
    return site_stations(ground or district(), scenario(rest=rest, **siting))


@cache
def _answered(siting: str) -> SitingResult:
    return site_stations(district(), scenario(**json.loads(siting)))


def asked(ground: District | None = None, *, rest: dict[str, Any] | None = None, **siting: Any) -> StationQuestion:
    """Put a wish into arrays."""
    wish = scenario(rest=rest, **siting)
    place = ground or district()
    return station_question(assess_coverage(place, wish) if rest else replace(_circle(place), scenario=wish))


@lru_cache(maxsize=4)
def _circle(ground: District) -> CoverageResult:
    """The five-minute circle of today, which no wish changes."""
    return assess_coverage(ground, scenario(stations=1))


def planned(
    ground: District | None = None, *, rest: dict[str, Any] | None = None, **siting: Any
) -> tuple[list[str], float]:
    """Answer a wish without measuring the plan again: the new stations, and the objective."""
    question = asked(ground, rest=rest, **siting)
    plan = solved(question)
    assert plan.status == "OPTIMAL"
    return [str(name) for name in question.ids[plan.sites[plan.sites >= question.first_candidate]]], plan.objective


class Stopper(Progress):
    """Takes progress, and presses Ctrl-C the first time that a search says how it stands."""

    def __init__(self) -> None:
        self.bounds: list[tuple[str, float, float]] = []
        self.steps: list[tuple[str, int, int]] = []

    def step(self, stage: str, done: int, total: int) -> None:
        self.steps.append((stage, done, total))

    def bound(self, stage: str, incumbent: float, bound: float) -> None:
        self.bounds.append((stage, incumbent, bound))
        if len(self.bounds) == 1:
            signal.raise_signal(signal.SIGINT)
