"""Service areas of the stations of a district, as a layer.

Polygons are for looking: coverage is never computed from them. A resident is covered when the walk from door
to door is short enough, wherever a polygon runs; and an area says how far one can walk, not whom a station
serves.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.catalogue.terms import Mode, ServiceLevel
from workbench.coverage.doors import SECONDS_A_MINUTE
from workbench.coverage.measure import CoverageResult
from workbench.errors import Problem, ScenarioError
from workbench.network.service_areas import Method
from workbench.network.service_areas import service_areas as areas_of
from workbench.network.walking import METRES, Manner
from workbench.results import rounded

_SQUARE_METRES_A_HECTARE = 10_000

UNIT = {Mode.COMPLIANCE: "m", Mode.EXPERIENCE: "min"}
"""Unit of the limits of each mode."""


def service_areas(
    result: CoverageResult,
    mode: Mode = Mode.COMPLIANCE,
    group: str | None = None,
    *,
    level: ServiceLevel = ServiceLevel.ANY,
    limits: Sequence[float] | None = None,
    together: bool = False,
    method: Method = "field",
) -> gpd.GeoDataFrame:
    """Draw what can be walked to from the open stations of a district.

    Parameters
    ----------
    result
        A measured district.
    mode
        Compliance (metres along the network) or experience (minutes at the pace of ``group``).
    group
        For experience the group that walks; the default pace when not given.
    level
        Which stations count.
    limits
        Longest walks, rising, in the unit of the mode; those of the scenario when not given: 5, 10 and 15
        minutes, or the distances that GB 50180 puts in their place.
    together
        One area for all stations, and not one for each.
    method
        ``field`` for figures, ``exact`` for reports; see :func:`workbench.network.service_areas.service_areas`.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a station and limit, by identifier and limit: ``station`` (missing where all are taken
        together), ``mode``, ``group`` (missing for compliance and the default pace), ``level``, ``limit``, ``unit``,
        ``on_network``, ``area_ha`` (rounded to 0.01 ha), ``geometry``. Larger limits hold smaller ones. A
        station that is not on the network is listed with an empty area; closed stations are not listed.

    Raises
    ------
    ValueError
        If the mode is the straight line, which is no walk.
    ScenarioError
        If the scenario has no such group.
    NetworkError
        If the limits do not rise.
    """
    group = group if mode is Mode.EXPERIENCE else None
    manner, a_unit = _manner(result, mode, group)
    scenario, ground = result.scenario, result.doors
    rules = scenario.service_areas
    longest = service_area_limits(result, mode) if limits is None else [float(limit) for limit in limits]
    chosen = ground.of_level(level)
    doors, public = ground.stations.take(chosen), ground.audience.public[chosen]
    found = areas_of(
        ground.walks(manner), doors, public, [limit * a_unit for limit in longest], method=method, together=together,
        cell_m=scenario.standard(rules.cell), buffer_m=scenario.standard(rules.buffer),
    )  # fmt: skip
    ids = result.district.stations["id"].to_numpy(object)[ground.station_rows[chosen]]
    at = found.station
    hectares = shapely.area(found.shape) / _SQUARE_METRES_A_HECTARE
    columns = {
        "station": pd.Series(None if together else ids[at], index=range(len(at)), dtype="str"),
        "mode": str(mode),
        "group": pd.Series(group, index=range(len(at)), dtype="str"),
        "level": str(level),
        "limit": np.tile(np.asarray(longest), len(at) // len(longest)),
        "unit": UNIT[mode],
        "on_network": bool(doors.joined.any()) if together else doors.joined[at],
        "area_ha": [rounded(float(area), "ha") for area in hectares],
    }
    return gpd.GeoDataFrame(columns, geometry=found.shape, crs=result.district.crs)


def service_area_limits(result: CoverageResult, mode: Mode) -> list[float]:
    """Return the walks up to which a scenario draws service areas: metres, or minutes for experience."""
    rules = result.scenario.service_areas
    keys = rules.times if mode is Mode.EXPERIENCE else rules.distances
    return [result.scenario.standard(key) for key in keys]


def _manner(result: CoverageResult, mode: Mode, group: str | None) -> tuple[Manner, float]:
    """Return how one walks, and what one unit of the mode is in what the walk counts."""
    if mode is Mode.STRAIGHT_LINE:
        raise ValueError("a straight line is no walk: ask for compliance or experience")
    if mode is Mode.COMPLIANCE:
        return METRES, 1.0
    if group is None:
        return result.default_manner, SECONDS_A_MINUTE
    if group not in result.manners:
        expected = "one of " + ", ".join(result.manners)
        raise ScenarioError(
            Problem("service_areas", "the scenario has no such group", expected=expected, found=repr(group))
        )
    return result.manners[group], SECONDS_A_MINUTE
