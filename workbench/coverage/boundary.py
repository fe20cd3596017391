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
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

Rule = Literal["subdistrict", "community"]

RULES: Final[tuple[Rule, ...]] = ("subdistrict", "community")
"""Administrative readings: residents use stations of their own subdistrict, or community, only."""

_UNKNOWN, _EVERYWHERE = -1, -2
_MULTIPLES = (4.0, 16.0, np.inf)  # of the limit, searched in turn until all are served; speed, never the answer

Areas = Mapping[Rule, tuple[Ints, Ints]]
Bounded = Mapping[tuple[Mode, Rule], Walkers]


def bounded(coverage: CoverageResult) -> Bounded:
    """Return the residents whose area is known, with the walk to the nearest station of their own area.

    The district centre serves the whole district; a station whose community is not known serves
    nobody under these readings. Empty where no community is known.
    """
    if not coverage.district.demand["community"].notna().any():
        return {}
    populace = coverage.populace
    areas = {rule: _areas(coverage, rule) for rule in RULES}
    found: dict[tuple[Mode, Rule], Walkers] = {}
    for mode in MODES:
        names = populace.whole if mode is Mode.EXPERIENCE else (None,)
        people = [populace.residents if name is None else populace.weight[name] for name in names]
        walks = [_own_walks(coverage, mode, name, areas) for name in names]
        for rule, (here, _) in areas.items():
            everybody = stacked([walk[rule] for walk in walks], people, coverage.limit(mode))
            found[mode, rule] = everybody.only(here[everybody.point] != _UNKNOWN)
    return found


def _areas(coverage: CoverageResult, rule: Rule) -> tuple[Ints, Ints]:
    """Return the number of the area of each demand point and of each station."""
    stations = coverage.district.stations
    home, own = area_of_points(coverage, rule), stations["community"]
    if rule == "subdistrict":
        own = own.map(coverage.district.communities.set_index("id")["subdistrict"].to_dict())
    names = {name: number for number, name in enumerate(sorted(set(home.dropna()) | set(own.dropna())))}
    here, there = (np.asarray(part.map(names).fillna(_UNKNOWN), np.int64) for part in (home, own))
    central = (stations["kind"] == StationKind.DISTRICT_CENTRE).to_numpy()
    return here, np.where(central, _EVERYWHERE, there)


def _own_walks(coverage: CoverageResult, mode: Mode, group: str | None, areas: Areas) -> dict[Rule, Floats]:
    """Return, by rule, the walk from each demand point to the nearest station of its own area; infinite where none."""
    walks = {rule: np.full(len(here), np.inf) for rule, (here, _) in areas.items()}
    for multiple in _MULTIPLES:
        cost = coverage.cost_matrix(mode, group, limit=multiple * coverage.limit(mode)).tocoo()
        for rule, (here, there) in areas.items():
            kept = (there[cost.row] == here[cost.col]) | (there[cost.row] == _EVERYWHERE)
            np.minimum.at(walks[rule], cost.col[kept], cost.data[kept])
        if all(np.isfinite(walks[rule][_servable(coverage, *areas[rule])]).all() for rule in areas):
            break
    return walks


def _servable(coverage: CoverageResult, here: Ints, there: Ints) -> Flags:
    """Tell which demand points are on the network and have a station of their own area, reachable or not."""
    own = np.isin(here, there) | (there == _EVERYWHERE).any()
    return np.asarray(coverage.doors.joined & (here != _UNKNOWN) & own, bool)


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
