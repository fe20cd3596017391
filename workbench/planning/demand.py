"""Who is behind each demand row of a siting problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage import CoverageResult
from workbench.coverage.measure import area_of_points
from workbench.errors import Problem, ScenarioError
from workbench.planning.candidates import unknown_names
from workbench.scenario.siting import Division, Siting
from workbench.terms import Mode, ServiceLevel

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DemandRows:
    """The demand rows: demand points, once or once for each group.

    Attributes
    ----------
    point
        Row of the demand layer, shape (rows,).
    blocks
        Groups, one block of all demand points each; empty where there is one block for everybody.
    people
        How many live behind each row, shape (rows,): residents, or households.
    weight
        What they count in the objective, shape (rows,).
    unit
        人 or 户.
    """

    point: Ints
    blocks: tuple[str, ...]
    people: Floats
    weight: Floats
    unit: str

    def __len__(self) -> int:
        return len(self.point)

    @property
    def points(self) -> int:
        """How many demand points there are."""
        return len(self.point) // max(1, len(self.blocks))

    @property
    def who(self) -> str:
        """Who counts, in Chinese."""
        return "住户" if self.unit == "户" else "居民"

    @property
    def total(self) -> float:
        """All people."""
        return float(self.people.sum())


def demand_problems(coverage: CoverageResult, wish: Siting) -> list[Problem]:
    """Return what a wish asks of the people that is not known: a group, or how many households there are."""
    populace = coverage.populace
    problems = unknown_names(wish.group_weights, populace.whole, "siting.group_weights", "group of the population")
    if wish.who == "households" and not np.isfinite(populace.households).all():
        missing = int((~np.isfinite(populace.households)).sum())
        problems.append(
            Problem(
                "demand", "households are not known everywhere", column="households", key="siting.who",
                found=f"missing at {missing} of {len(populace.households)} demand points",
                mend="Fill them in, or take who: residents.",
            )
        )  # fmt: skip
    return problems


def demand_rows(coverage: CoverageResult, wish: Siting) -> DemandRows:
    """Return the demand rows of a wish that has no :func:`demand_problems`."""
    populace = coverage.populace
    k = len(populace.residents)
    every = np.arange(k, dtype=np.int64)
    counts = {name: wish.group_weights.get(name, 1.0) for name in populace.whole}
    if wish.who == "households":
        return DemandRows(every, (), populace.households, populace.households, "户")
    if Mode(wish.mode) is Mode.EXPERIENCE:
        people = np.concatenate([populace.weight[name] for name in populace.whole])
        factor = np.repeat([counts[name] for name in populace.whole], k)
        return DemandRows(np.tile(every, len(populace.whole)), populace.whole, people, people * factor, "人")
    weight = populace.residents
    if wish.group_weights:
        weight = np.asarray(sum(populace.weight[name] * counts[name] for name in populace.whole), np.float64)
    return DemandRows(every, (), populace.residents, weight, "人")


def walk_to_nearest(coverage: CoverageResult, rows: DemandRows, mode: Mode, level: ServiceLevel) -> Floats:
    """Return the walk of each row to the nearest station that counts, as coverage measured it, shape (rows,)."""
    if mode is Mode.COMPLIANCE:
        return coverage.distance[level].walk
    if not rows.blocks:
        return coverage.default_minutes[level].walk
    return np.concatenate([coverage.minutes[name][level].walk for name in rows.blocks])


def members(coverage: CoverageResult, rows: DemandRows, each: Division) -> pd.Series:
    """Return which community, subdistrict, compound or group each row belongs to, shape (rows,).

    Raises
    ------
    ScenarioError
        If groups are asked for where rows do not tell them apart.
    """
    if each == "group":
        if not rows.blocks:
            mend = "Take mode: experience and who: residents, by which each group walks at its own pace."
            raise ScenarioError(Problem("siting", "groups are not told apart here", key="siting.floors", mend=mend))
        return pd.Series(np.repeat(np.array(rows.blocks, object), rows.points))
    return pd.Series(area_of_points(coverage, each).to_numpy(object)[rows.point])
