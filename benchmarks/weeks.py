"""Weeks to timetable: the rooms of the embedded district, and more or other activities in them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from workbench.ground.district import District
from workbench.ground.sources import read_district
from workbench.ground.synthetic.week import write_week
from workbench.rooms.instance import centres_of
from workbench.rooms.problem import Centre
from workbench.scenario import Scenario, load_scenario

ROOT = Path(__file__).parents[1]
EMBEDDED = ROOT / "geodata" / "x-district"
SCENARIO = ROOT / "scenarios" / "baseline.yaml"


@cache
def embedded() -> District:
    """Return the embedded district."""
    return read_district(EMBEDDED)


@cache
def said() -> Scenario:
    """Return the scenario of the benchmark: all defaults of the rooms."""
    return load_scenario(SCENARIO)


def district_of(seed: int | None = None, fold: int = 1) -> District:
    """Return the embedded district with a week of its own.

    Parameters
    ----------
    seed
        Seed of the week; None for the ledgers as they are.
    fold
        How many times as many activities as usual are asked for.
    """
    ground = embedded()
    if seed is None:
        return ground
    week = write_week(ground.stations, ground.ledger("rooms"), np.random.default_rng(seed), fold=fold)
    return ground.with_ledgers(activities=week["activities"], bookings=week["bookings"])


def centres(seed: int | None = None, fold: int = 1) -> tuple[Centre, ...]:
    """Return the centres of such a district."""
    return centres_of(district_of(seed, fold), said())
