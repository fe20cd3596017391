"""Floor area against the standards: ㎡ for 100 households, the residents' share, the load of each station.

Missing is not zero anywhere here: an area or a number of households that is not known makes the
number that needs it missing, and the stations to blame are named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage.quantities import within
from workbench.terms import Mode, ServiceLevel, StationKind

if TYPE_CHECKING:
    from workbench.coverage.result import CoverageResult

Floats = npt.NDArray[np.float64]

PER: Final = 100
"""Households, or residents, to which areas are related: ㎡ for 100 of them."""

TARGET, STANDARD, SHORT, NOBODY, UNKNOWN = "area_target", "area_standard", "area_short", "no_households", "no_data"
"""Answers of a community: 80 ㎡, 30 ㎡, less, no households at all, or data missing."""

ROUNDING: Final = 1e-9
"""By how much a number may miss a limit for the rounding of sums alone."""


def local_stations(coverage: CoverageResult) -> pd.DataFrame:
    """Return the open stations that count as facilities of a community, with ``full`` told apart.

    The district centre is left out: a facility of a higher level does not replace one of a lower
    level (GB 50180-2018, notes on chapter 5).
    """
    stations = coverage.district.stations.iloc[coverage.ground.at_any_hour.station_rows]
    local = stations[stations["kind"] != StationKind.DISTRICT_CENTRE]
    return pd.DataFrame(local.assign(full=local["level"] == ServiceLevel.FULL))


def households_of(coverage: CoverageResult) -> Floats:
    """Return the households at each demand point, shape (k,); NaN where people live and nobody counted."""
    residents, households = coverage.populace.residents, coverage.populace.households
    return np.where(np.isnan(households) & (residents == 0), 0.0, households)


def by_community(coverage: CoverageResult) -> pd.DataFrame:
    """Return floor area for 100 households of each community, full centres and all stations apart.

    Returns
    -------
    pandas.DataFrame
        One row a community: ``households`` (NaN if not known for every inhabited point), ``m2_full``,
        ``m2_any``, ``per_100_full``, ``per_100_any``, ``answer_full``, ``answer_any`` and ``unknown``,
        the stations whose floor area is missing. Empty without a communities layer.
    """
    communities = coverage.district.communities
    table = pd.DataFrame(communities[["id", "name", "subdistrict"]])
    demand, stations = coverage.district.demand, local_stations(coverage)
    table["households"] = _sums(pd.Series(households_of(coverage)), demand["community"], table["id"])
    full = stations["full"]
    for level, part in (("full", stations[full]), ("any", stations)):
        table[f"m2_{level}"] = _sums(part["floor_area_m2"], part["community"], table["id"])
    blank = stations[stations["floor_area_m2"].isna() & stations["community"].notna()]
    names = {area: "、".join(part) for area, part in blank.groupby("community")["name"]}
    table["unknown"] = [names.get(i, "") for i in table["id"]]
    for level in ("full", "any"):
        area, households = table[f"m2_{level}"], table["households"]
        table[f"per_100_{level}"] = PER * area / households.where(households > 0)
        table[f"answer_{level}"] = answers(coverage, area, households)
    return table


def _sums(values: pd.Series, area: pd.Series, ids: pd.Series) -> pd.Series:
    """Sum by area; NaN where any part is missing, 0 where there is no part."""
    total = values.groupby(area).agg(lambda part: part.sum(skipna=False))
    return ids.map(total).where(ids.isin(total.index), 0.0).astype("float64")


def answers(coverage: CoverageResult, area: pd.Series, households: pd.Series) -> pd.Series:
    """Return the answer of each community (:data:`TARGET` …) to its floor area, ㎡, and its households."""
    rules, scenario = coverage.scenario.capacity, coverage.scenario
    ratio = PER * area / households.where(households > 0)
    found = np.select(
        [
            households.isna(),
            households == 0,
            area.isna(),
            ratio >= scenario.standard(rules.area_target) - ROUNDING,
            ratio >= scenario.standard(rules.area) - ROUNDING,
        ],
        [UNKNOWN, NOBODY, UNKNOWN, TARGET, STANDARD],
        SHORT,
    )
    return pd.Series(found, index=area.index).astype("str")


def by_station(coverage: CoverageResult) -> pd.DataFrame:
    """Return area, residents' share and load of each open station.

    A station serves the residents for whom it is the nearest and within the limit of the mode that
    the scenario measures capacity in.

    Returns
    -------
    pandas.DataFrame
        ``resident_share`` (percent), ``residents``, ``households`` (NaN where not known),
        ``residents_per_m2``, ``households_per_m2``, ``to_mean`` (its residents for one ㎡ ÷ those of all
        stations with a known area), ``over_standard`` (more households for one ㎡ than the standard
        leaves) and ``rank``, 1 = most residents for one ㎡; NaN where not known. Sorted by rank.
    """
    stations = coverage.district.stations.iloc[coverage.station_rows]
    table = pd.DataFrame(stations[["id", "name", "kind", "level", "community", "floor_area_m2", "resident_area_m2"]])
    area = table["floor_area_m2"].where(table["floor_area_m2"] > 0)
    table["resident_share"] = 100 * table["resident_area_m2"] / area
    table["residents"], table["households"] = served(coverage)
    table["residents_per_m2"] = table["residents"] / area
    table["households_per_m2"] = table["households"] / area
    mean = table["residents"].where(area.notna()).sum() / area.sum() if area.notna().any() else np.nan
    table["to_mean"] = table["residents_per_m2"] / mean if mean > 0 else np.nan
    most = PER / coverage.scenario.standard(coverage.scenario.capacity.area)
    over = (table["households_per_m2"] > most + ROUNDING).astype("boolean")
    table["over_standard"] = over.mask(table["households_per_m2"].isna())
    table["rank"] = table["residents_per_m2"].rank(method="min", ascending=False)
    return table.sort_values(["rank", "id"], na_position="last", kind="stable", ignore_index=True)


def served(coverage: CoverageResult) -> tuple[Floats, Floats]:
    """Return residents and households for whom each open station is the nearest, within the limit."""
    mode, size = Mode(coverage.scenario.capacity.mode), len(coverage.district.stations)
    reach = (coverage.default_minutes if mode is Mode.EXPERIENCE else coverage.distance)[ServiceLevel.ANY]
    on = (reach.station >= 0) & within(reach.walk, coverage.limit(mode))
    counts = [
        np.asarray(np.bincount(reach.station[on], what[on], minlength=size)[coverage.station_rows], np.float64)
        for what in (coverage.populace.residents, households_of(coverage))
    ]
    return counts[0], counts[1]
