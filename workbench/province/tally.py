"""What of a measurement adds up over districts: counts, each exact, and what they are shares of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import shapely

from workbench.catalogue.terms import Mode, ServiceLevel
from workbench.coverage import CoverageResult
from workbench.coverage.measure import compounds_enough
from workbench.ground.district import District
from workbench.siting import CurveResult, FrontiersResult
from workbench.study import Study

_SIMPLER_M = 5.0  # how far an outline may be from the edge


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


def counted(study: Study) -> dict[str, Any]:
    """Count what adds up of a study, as JSON.

    Parameters
    ----------
    study
        One district, studied.

    Returns
    -------
    dict
        What the district is, its outline, its counts today and with what is planned, and the curves of its best plans
        where the scenario draws them: by new stations (and whether that curve ends for want of sites), by money.
    """
    before, after = study.before_after or (study.coverage, None)
    said: dict[str, Any] = {
        "manifest": study.district.manifest.model_dump(mode="json", exclude={"checksums", "sources"})
    }
    said |= {"outline": shapely.to_wkb(_outline(study.district), hex=True), "today": tally(before)}
    said["limit_m"] = before.distance_limit_m
    if after is not None:
        said["planned"] = tally(after)
    curve, frontiers = study.parts.get("siting_curve"), study.parts.get("siting_frontiers")
    if isinstance(curve, CurveResult) and curve.maximises and np.isfinite(curve.objective).all():
        first = [(0.0, 0.0, 0.0)] if len(curve.new) and curve.new[0] > 0 else []
        rows = zip(curve.new.tolist(), curve.objective.tolist(), curve.bound.tolist(), strict=True)
        said["stations"] = [*first, *rows]
        said["stations_end"] = bool(curve.new[-1] < curve.siting.question.wish.curve)
    if isinstance(frontiers, FrontiersResult) and frontiers.cost is not None and frontiers.cost.points:
        points = frontiers.cost.points
        # between two points that are not all there are, a plan may cover as much as the next, and no more
        above = points if frontiers.cost.complete else (*points[1:], points[-1])
        said["money"] = [(p.cost, p.covered, q.most_covered) for p, q in zip(points, above, strict=True)]
    return said


def _outline(district: District) -> shapely.Geometry:
    backdrop, communities = district.layer("backdrop"), district.communities
    extent = backdrop[backdrop["kind"] == "extent"]
    shapes = next((frame for frame in (extent, communities) if len(frame)), None)
    found = shapely.union_all(
        np.asarray((district.demand if shapes is None else shapes).geometry.array, dtype=object), grid_size=0.01
    )
    return shapely.simplify(shapely.convex_hull(found) if shapes is None else found, _SIMPLER_M)
