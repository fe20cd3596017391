"""Who walks how far: the one list of people from which every question of fairness is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage.inequality import gini, tail
from workbench.coverage.quantities import quantile, share, within
from workbench.coverage.result import CoverageResult
from workbench.terms import Mode, ServiceLevel

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MODES: Final = (Mode.COMPLIANCE, Mode.EXPERIENCE)
"""The two ways to measure a walk; never mixed."""


@dataclass(frozen=True, eq=False)
class Walkers:
    """The residents of a district with their walks.

    In the compliance mode one entry is the residents of a demand point; in the experience mode it is
    those of one group at one demand point, at the group's own pace.

    Attributes
    ----------
    point
        Row of the demand layer, shape (n,).
    group
        Position of the group in ``Populace.whole``, shape (n,); 0 in the compliance mode.
    walk
        Metres or minutes to the nearest station, shape (n,); infinite where none can be reached.
    people
        Residents, shape (n,).
    limit
        Longest walk that is covered.
    """

    point: Ints
    group: Ints
    walk: Floats
    people: Floats
    limit: float

    def only(self, mask: Flags) -> Walkers:
        """Return some of them."""
        return Walkers(self.point[mask], self.group[mask], self.walk[mask], self.people[mask], self.limit)

    @property
    def reached(self) -> Flags:
        """Entries with people who can reach a station, shape (n,)."""
        return np.isfinite(self.walk) & (self.people > 0)

    def in_tail(self, worst: float) -> Floats:
        """Return how many people of each entry belong to the share with the longest walks, shape (n,)."""
        return tail(self.walk, self.people, worst)

    def figures(self, worst: float) -> dict[str, float | None]:
        """Return the numbers that sum these walks up; None where nobody can reach a station.

        Parameters
        ----------
        worst
            Share of the residents with the longest walks, for ``worst_mean`` and ``worst_share``.
        """
        reached = self.reached
        walk, people = self.walk[reached], self.people[reached]
        total, everybody = float(people.sum()), float(self.people.sum())
        last = tail(walk, people, worst)
        walked = float(walk @ people)
        return {
            "residents": everybody,
            "reached": total,
            "unreachable": everybody - total,
            "covered": float(people[within(walk, self.limit)].sum()),
            "share": share(float(people[within(walk, self.limit)].sum()), everybody),
            "mean": walked / total if total else None,
            "p50": quantile(walk, people, 0.5),
            "p90": quantile(walk, people, 0.9),
            "gini": gini(walk, people),
            "worst_mean": float(walk @ last) / float(last.sum()) if total else None,
            "worst_share": share(float(walk @ last), walked) if total else None,
        }


def walkers(coverage: CoverageResult, mode: Mode, level: ServiceLevel = ServiceLevel.ANY) -> Walkers:
    """Return everybody with the walk to the nearest station of a level."""
    limit, populace = coverage.limit(mode), coverage.populace
    if mode is Mode.COMPLIANCE:
        return stacked([coverage.distance[level].walk], [populace.residents], limit)
    walks = [coverage.minutes[name][level].walk for name in populace.whole]
    return stacked(walks, [populace.weight[name] for name in populace.whole], limit)


def stacked(walks: Sequence[Floats], people: Sequence[Floats], limit: float) -> Walkers:
    """Make one list of the walks of several groups, each given for every demand point."""
    points = len(walks[0])
    return Walkers(
        np.tile(np.arange(points), len(walks)),
        np.repeat(np.arange(len(walks)), points),
        np.concatenate(walks),
        np.concatenate(people),
        limit,
    )


def all_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Make None a NaN in the columns that hold numbers."""
    text = {"mode", "level", "scale", "rule", "group", "label"}
    return table.astype({column: "float64" for column in table.columns if column not in text})
