"""The pocket district with a cobbler on foot and a hairdresser by car, wanted at S1 and S2, and two advisers."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd

from tests import pocket
from workbench.circuits import CircuitsResult, plan_circuits
from workbench.coverage import assess_coverage
from workbench.ground.district import District
from workbench.scenario import Scenario


def trades(**changes: Any) -> pd.DataFrame:
    rows = {
        "id": ["cobbler", "barber"],
        "name": ["修鞋", "义剪"],
        "travel": ["walk", "drive"],
        "days": ["Mo;Tu;We;Th;Fr"] * 2,
        "start": ["09:00", "08:30"],
        "end": ["17:00", "12:30"],
        "people": ["residents", "age_80_plus"],
        "cases_per_1000": [100.0, 1000.0],
        "service_min": [10.0, 20.0],
        "setup_min": [15.0, 10.0],
        "longest_min": [60.0, 100.0],
    }
    return pd.DataFrame(rows | changes)


def crews(**changes: Any) -> pd.DataFrame:
    rows = {"id": ["a", "b"], "trade": ["cobbler", "barber"], "station": ["S1", "S2"], "days": [None, "Tu;Th"]}
    return pd.DataFrame(rows | changes)


def stops(**changes: Any) -> pd.DataFrame:
    rows = {
        "id": ["p1", "p2", "p3"],
        "trade": ["cobbler", "cobbler", "barber"],
        "station": ["S1", "S2", "S1"],
        "cases": [None, 30.0, None],
        "visits": [None, None, 2],
        "days": [None, "We", None],
    }
    return pd.DataFrame(rows | changes)


def blackouts(*rows: tuple[str | None, str, str]) -> pd.DataFrame:
    made = pd.DataFrame(list(rows), columns=["trade", "first", "last"])
    return made.assign(id=[f"x{n}" for n in range(len(made))])


def advisers(**changes: Any) -> pd.DataFrame:
    rows = {"id": ["v1", "v2"], "station": ["S1", "S2"], "most": [1, 2], "last_year": ["C1", None]}
    return pd.DataFrame(rows | changes)


def ground(**ledgers: pd.DataFrame) -> District:
    return pocket.district(
        **{"trades": trades(), "crews": crews(), "stops": stops(), "advisers": advisers(), **ledgers}
    )


def scenario(**changes: Any) -> Scenario:
    return pocket.scenario(circuits={"effort": 300, "starts": 1, "steps": 20, "tries": [2], **changes})


@cache
def planned() -> CircuitsResult:
    return plan_circuits(assess_coverage(ground(), scenario()))
