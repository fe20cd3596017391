"""One question at several scales: what means of larger units hide (the modifiable areal unit problem)."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage.areas import area_of_points
from workbench.coverage.inequality import gini, means, theil
from workbench.coverage.quantities import quantile, share, within
from workbench.coverage.result import CoverageResult
from workbench.coverage.walkers import MODES, Walkers, all_numbers, walkers
from workbench.terms import Mode

Ints = npt.NDArray[np.int64]
Names = npt.NDArray[np.object_]

SCALES: Final = ("residents", "demand", "compound", "community", "subdistrict")
"""Units from the single resident up; at each the question is asked of the units' mean walks."""


def by_scale(coverage: CoverageResult, worst: float) -> pd.DataFrame:
    """Ask how unevenly walks are spread between residents, demand points, compounds, communities, subdistricts.

    Every unit has the mean walk of its residents who can reach a station, and weighs as many as they
    are; residents who live in no such unit are left out of that row, and counted.

    Parameters
    ----------
    coverage
        The five-minute circle.
    worst
        Share of residents that counts as the worst off.

    Returns
    -------
    pandas.DataFrame
        By mode and scale: ``units``, ``residents``, ``left_out``; ``gini`` between units and
        ``gini_residents`` between the same residents singly; ``between``, the percentage of Theil's T
        of these residents that lies between units; ``worst_mean`` and ``p90`` of the units' means;
        ``units_within`` and ``share_within``, units whose mean is within the limit and the percentage
        of residents who live in them.
    """
    rows = [
        {"mode": str(mode), "scale": scale, **_row(coverage, mode, scale, worst)} for mode in MODES for scale in SCALES
    ]
    return all_numbers(pd.DataFrame(rows))


def units(coverage: CoverageResult, mode: Mode, scale: str) -> pd.DataFrame:
    """Return ``id``, ``mean`` walk and ``residents`` who can reach a station, of each unit of a scale."""
    walk = walkers(coverage, mode)
    number, names = _units_of(coverage, walk, scale)
    mean, people = means(walk.walk, walk.people, number)
    table = pd.DataFrame({"id": names[: len(mean)], "mean": mean, "residents": people})
    return table[table["residents"] > 0].reset_index(drop=True)


def _units_of(coverage: CoverageResult, walk: Walkers, scale: str) -> tuple[Ints, Names]:
    """Return the number of each walker's unit, −1 for none, and the names of the units."""
    ids = coverage.district.demand["id"].to_numpy(object)
    if scale == "residents":
        return np.arange(len(walk.walk)), ids[walk.point]
    if scale == "demand":
        return walk.point, ids
    codes, names = pd.factorize(area_of_points(coverage, scale), sort=True)  # type: ignore[arg-type]
    return np.asarray(codes, np.int64)[walk.point], np.asarray(names, object)


def _row(coverage: CoverageResult, mode: Mode, scale: str, worst: float) -> dict[str, float | None]:
    walk = walkers(coverage, mode)
    number, _ = _units_of(coverage, walk, scale)
    mean, people = means(walk.walk, walk.people, number)
    everybody = float(walk.people[walk.reached].sum())
    total = float(people.sum())
    inside = walk.only((number >= 0) & walk.reached)
    near = (people > 0) & within(np.where(people > 0, mean, np.inf), walk.limit)
    place = np.arange(len(mean))
    spread = Walkers(place, np.zeros_like(place), mean, people, walk.limit).figures(worst)
    single = scale == "residents"
    return {
        "units": total if single else int((people > 0).sum()),
        "residents": total,
        "left_out": everybody - total,
        "gini": gini(mean, people),
        "gini_residents": gini(inside.walk, inside.people),
        "between": share(theil(mean, people) or 0.0, theil(inside.walk, inside.people) or 0.0),
        "worst_mean": spread["worst_mean"],
        "p90": quantile(mean, people, 0.9),
        "units_within": float(people[near].sum()) if single else int(near.sum()),
        "share_within": share(float(people[near].sum()), total),
    }
