"""What of a measurement adds up over districts: counts, each exact, and what they are shares of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from workbench.catalogue.terms import Mode, ServiceLevel
from workbench.coverage import CoverageResult
from workbench.coverage.measure import compounds_enough


def tally(coverage: CoverageResult) -> dict[str, float]:
    """Count what adds up over the districts of a province, or the parts of one that was cut.

    Parameters
    ----------
    coverage
        A district, measured.

    Returns
    -------
    dict
        Counts by name: residents, households, compounds, land and stations of the district's own, and how many of them
        are covered, ``covered·MODE·LEVEL``.
    """
    populace, ground = coverage.populace, coverage.district
    residents, households = populace.residents, populace.households
    known = ~np.isnan(households)
    found = {"residents": residents, "residents.unsnapped": residents[coverage.unsnapped]}
    found |= {"residents.island": residents[coverage.on_island], "households": households[known]}
    for mode in Mode:
        for level in ServiceLevel:
            found[f"covered·{mode}·{level}"] = coverage.covered_residents(mode, level)
    for mode in (Mode.COMPLIANCE, Mode.EXPERIENCE):
        found[f"households.covered·{mode}"] = households[known & coverage.covered(mode)]
    counts = {name: math.fsum(numbers) for name, numbers in found.items()}
    if ground.has("compounds"):
        counts["compounds"] = float(len(compounds_enough(coverage, Mode.COMPLIANCE)))
        for mode in (Mode.COMPLIANCE, Mode.EXPERIENCE):
            counts[f"compounds.covered·{mode}"] = float(compounds_enough(coverage, mode).sum())
    own = coverage.own_stations
    counts["stations"] = float(own.sum())
    counts["stations.counted"] = float(own[coverage.station_rows].sum())
    return counts


def added(tallies: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Add up the counts of districts, each to the last bit that floating point has."""
    rows = list(tallies)
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: math.fsum(row.get(name, 0.0) for row in rows) for name in names}
