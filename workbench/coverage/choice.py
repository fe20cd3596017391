"""Which stations residents can choose from within the limit, and what hangs on each single one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage.areas import Area, area_of_points
from workbench.coverage.quantities import share
from workbench.coverage.result import CoverageResult
from workbench.coverage.walkers import MODES
from workbench.network.walking import Manner
from workbench.terms import Mode

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

AT_LEAST = (1, 2, 3)
"""Numbers of stations within reach that are told of."""


@dataclass(frozen=True, eq=False)
class Choice:
    """The stations within the limit of people who walk alike.

    Attributes
    ----------
    people
        How many of them live at each demand point, shape (k,).
    station, point
        Row of the station and of the demand point of each walk within the limit, shape (p,).
    """

    people: Floats
    station: Ints
    point: Ints

    @cached_property
    def count(self) -> Ints:
        """Stations within the limit of each demand point, shape (k,)."""
        return np.bincount(self.point, minlength=len(self.people))

    def with_at_least(self, stations: int) -> Floats:
        """Return the people of each demand point who have so many stations within the limit, shape (k,)."""
        return np.where(self.count >= stations, self.people, 0.0)

    def lost(self, stations: int) -> Floats:
        """Return the people who lose coverage if a station alone is shut, for each row of the stations, shape (s,)."""
        alone = self.count[self.point] == 1
        people = np.bincount(self.station[alone], self.people[self.point[alone]], minlength=stations)
        return np.asarray(people, np.float64)


def choices(coverage: CoverageResult, mode: Mode) -> list[Choice]:
    """Return what each group of the population can choose from, at its own pace; in compliance all as one."""
    populace = coverage.populace
    if mode is Mode.COMPLIANCE:
        return [Choice(populace.residents, *_pairs(coverage, mode, None))]
    pairs: dict[Manner, tuple[Ints, Ints]] = {}
    for name in populace.whole:
        manner = coverage.manners[name]
        pairs[manner] = pairs.get(manner) or _pairs(coverage, mode, name)
    return [Choice(populace.weight[name], *pairs[coverage.manners[name]]) for name in populace.whole]


def _pairs(coverage: CoverageResult, mode: Mode, group: str | None) -> tuple[Ints, Ints]:
    walks = coverage.cost_matrix(mode, group)
    station = np.repeat(np.arange(walks.shape[0]), np.diff(walks.indptr))
    return station, walks.indices.astype(np.int64)


def residents_with(found: Sequence[Choice], stations: int) -> Floats:
    """Return the residents of each demand point with at least so many stations within the limit, shape (k,)."""
    return np.asarray(np.sum([choice.with_at_least(stations) for choice in found], axis=0), np.float64)


def residents_lost(found: Sequence[Choice], stations: int) -> Floats:
    """Return the residents who lose coverage with each station, shape (s,)."""
    return np.asarray(np.sum([choice.lost(stations) for choice in found], axis=0), np.float64)


def by_depth(coverage: CoverageResult, found: dict[Mode, list[Choice]]) -> pd.DataFrame:
    """Count the residents with at least one, two, three stations within the limit, both modes."""
    total = float(coverage.populace.residents.sum())
    rows = []
    for mode in MODES:
        for stations in AT_LEAST:
            people = float(residents_with(found[mode], stations).sum())
            rows.append({"mode": str(mode), "stations": stations, "residents": people, "share": share(people, total)})
    return pd.DataFrame(rows).astype({"share": "float64"})


def depth_by_area(coverage: CoverageResult, found: dict[Mode, list[Choice]], area: Area) -> pd.DataFrame:
    """Count the residents with at least one, two, three stations within the limit in each area, both modes.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``residents``; for each mode ``within1_…``, ``within2_…``, ``within3_…`` and ``share2_…``, percent of
        the residents there, missing where nobody lives. Points that belong to no area are left out.
    """
    frame = pd.DataFrame({"id": area_of_points(coverage, area), "residents": coverage.populace.residents})
    for mode in MODES:
        for stations in AT_LEAST:
            frame[f"within{stations}_{mode}"] = residents_with(found[mode], stations)
    table = frame[frame["id"].notna()].groupby("id", sort=True).sum().reset_index()
    inhabited = table["residents"].where(table["residents"] > 0)
    for mode in MODES:
        table[f"share2_{mode}"] = 100 * table[f"within2_{mode}"] / inhabited
    return table
