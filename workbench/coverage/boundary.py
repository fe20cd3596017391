"""行政口径: what the answer would be if nobody crossed a boundary to the neighbours' station."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage.areas import area_of_points
from workbench.coverage.quantities import within
from workbench.coverage.result import CoverageResult
from workbench.coverage.walkers import MODES, Walkers, all_numbers, stacked, walkers
from workbench.terms import Mode, StationKind

Ints = npt.NDArray[np.int64]

Rule = Literal["subdistrict", "community"]

RULES: Final[tuple[Rule, ...]] = ("subdistrict", "community")
"""Administrative readings: residents use stations of their own subdistrict, or community, only."""

Bounded = Mapping[tuple[Mode, Rule], Walkers]


def bounded(coverage: CoverageResult) -> Bounded:
    """Return the walkers under every administrative reading; none where no community is known."""
    if not coverage.district.demand["community"].notna().any():
        return {}
    return {(mode, rule): bounded_walkers(coverage, mode, rule) for mode in MODES for rule in RULES}


def bounded_walkers(coverage: CoverageResult, mode: Mode, rule: Rule) -> Walkers:
    """Return the residents whose area is known, with the walk to the nearest station of their own area.

    The district centre serves the whole district; a station whose community is not known serves
    nobody under this reading.

    Parameters
    ----------
    coverage
        The five-minute circle.
    mode
        Compliance or experience.
    rule
        ``community`` or ``subdistrict``.
    """
    stations, populace = coverage.district.stations, coverage.populace
    home = area_of_points(coverage, rule)
    own = stations["community"]
    if rule == "subdistrict":
        own = own.map(coverage.district.communities.set_index("id")["subdistrict"].to_dict())
    areas = {name: number for number, name in enumerate(sorted(set(home.dropna()) | set(own.dropna())))}
    here, there = _numbers(home, areas), _numbers(own, areas)
    anywhere = (stations["kind"] == StationKind.DISTRICT_CENTRE).to_numpy()
    walks, people = [], []
    for name in populace.whole if mode is Mode.EXPERIENCE else (None,):
        cost = coverage.cost_matrix(mode, name, limit=np.inf).tocoo()
        kept = anywhere[cost.row] | (there[cost.row] == here[cost.col])
        walk = np.full(len(home), np.inf)
        np.minimum.at(walk, cost.col[kept], cost.data[kept])
        walks.append(walk)
        people.append(populace.residents if name is None else populace.weight[name])
    everybody = stacked(walks, people, coverage.limit(mode))
    return everybody.only(here[everybody.point] >= 0)


def _numbers(names: pd.Series, areas: Mapping[str, int]) -> Ints:
    return np.asarray(names.map(dict(areas)).fillna(-1), np.int64)


def by_boundary(coverage: CoverageResult, worst: float, found: Bounded) -> pd.DataFrame:
    """Sum up the walks with stations across the boundary and without, over the same residents.

    Parameters
    ----------
    coverage
        The five-minute circle.
    worst
        Share of residents that counts as the worst off.
    found
        What :func:`bounded` gave.

    Returns
    -------
    pandas.DataFrame
        By mode and ``rule`` (``any``, ``subdistrict``, ``community``), as :meth:`Walkers.figures` names
        them; empty where no community is known.
    """
    known = coverage.district.demand["community"].notna().to_numpy()
    rows = []
    for mode in MODES if found else ():
        everybody = walkers(coverage, mode)
        readings: dict[str, Walkers] = {"any": everybody.only(known[everybody.point])}
        readings.update({rule: found[mode, rule] for rule in RULES})
        rows += [{"mode": str(mode), "rule": rule, **walk.figures(worst)} for rule, walk in readings.items()]
    return all_numbers(pd.DataFrame(rows))


def across(coverage: CoverageResult, found: Bounded) -> pd.DataFrame:
    """Count the residents of each community who are covered across the boundary only.

    Returns
    -------
    pandas.DataFrame
        By community and mode: covered by ``any`` station, by its ``own``, and their difference
        ``across``; most across first. Empty where no community is known.
    """
    communities, demand = coverage.district.communities, coverage.district.demand
    table = pd.DataFrame(communities[["id", "name", "subdistrict"]])
    if not found:
        return table.iloc[:0]
    home = demand["community"].to_numpy(object)
    table["residents"] = table["id"].map(demand.groupby("community")["residents"].sum()).fillna(0.0)
    for mode in MODES:
        for name, walk in (("any", walkers(coverage, mode)), ("own", found[mode, "community"])):
            covered = np.where(within(walk.walk, walk.limit), walk.people, 0.0)
            total = pd.Series(covered).groupby(home[walk.point]).sum()
            table[f"{mode}_{name}"] = table["id"].map(total).fillna(0.0)
        table[f"{mode}_across"] = table[f"{mode}_any"] - table[f"{mode}_own"]
    order = ["experience_across", "id"]
    return table.sort_values(order, ascending=[False, True], kind="stable", ignore_index=True)
