"""How far it is on foot from one station with rooms to another, for everybody for whom activities are held."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from workbench.catalogue.scenes import catalogue
from workbench.coverage.doors import LIMIT_TOLERANCE, SECONDS_A_MINUTE, Doors
from workbench.coverage.measure import CoverageResult
from workbench.errors import Problem, ScenarioError
from workbench.network.streets import Streets
from workbench.network.walking import METRES, Audience, Manner, Walks
from workbench.scenario import Scenario
from workbench.scenario.rooms import Linking

COLUMNS = ("from", "to", "group", "minutes", "metres")
_WALKERS = "rooms.linking.walkers"


def station_walks(coverage: CoverageResult) -> pd.DataFrame:
    """Measure the walks between stations with rooms, each audience at its own pace.

    A walk leads from door to door. It leaves and enters walled compounds through gates that visitors may pass, on both
    sides: who comes to an activity need not live there. Stations that are closed have no walks; one for members only
    is reached from its own compound only.

    Parameters
    ----------
    coverage
        A measurement; its scenario's ``rooms.linking`` holds the limit and says which group walks for which audience.

    Returns
    -------
    pandas.DataFrame
        One row a pair of different stations and an audience of the catalogue of scenes: ``from``, ``to``, ``group``,
        ``minutes`` at that pace, with steps and crossings (experience), and ``metres`` of the shortest way
        (compliance), which may be another. Pairs within the limit only; sorted.

    Raises
    ------
    ScenarioError
        If ``rooms.linking.walkers`` names an audience or a group that is not known; with all problems.
    """
    scenario, ground = coverage.scenario, coverage.doors.at_any_hour
    said = scenario.rooms.linking or Linking()
    names = coverage.district.stations["id"].to_numpy(object)[ground.station_rows]
    which = np.flatnonzero(np.isin(names, coverage.district.ledger("rooms")["station"].unique()))
    streets, limit = _for_visitors(ground.streets), scenario.standard(said.limit)
    manners = _manners(coverage, said)
    metres = _between(ground, which, Walks(streets, METRES), np.inf).toarray()
    seconds = {m: _between(ground, which, Walks(streets, m), _longest(limit)) for m in dict.fromkeys(manners.values())}
    parts = []
    for audience, manner in manners.items():
        found = seconds[manner].tocoo()
        minutes = found.data / SECONDS_A_MINUTE
        kept = (found.row != found.col) & (minutes <= limit + LIMIT_TOLERANCE)
        to, start = found.row[kept], found.col[kept]
        part = pd.DataFrame({"from": names[which[start]], "to": names[which[to]], "group": audience})
        parts.append(part.assign(minutes=minutes[kept], metres=metres[to, start]))
    table = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
    return table.sort_values(["from", "to", "group"], ignore_index=True)


def _longest(limit: float) -> float:
    """Return the limit in seconds; the product may be rounded down."""
    return float(np.nextafter((limit + LIMIT_TOLERANCE) * SECONDS_A_MINUTE, np.inf))


def _for_visitors(streets: Streets) -> Streets:
    """Return the streets as visitors see them: only gates open to the public are open."""
    openings = streets.openings
    return replace(streets, openings=replace(openings, open=openings.open & openings.public))


def _between(ground: Doors, which: npt.NDArray[np.int64], walks: Walks, limit: float) -> csr_array:
    """Return the walks between some stations, shape (to, from)."""
    doors, whom = ground.stations.take(which), ground.audience
    audience = Audience(whom.public[which], whom.compound[which], whom.compound[which])
    return walks.costs(doors, doors, audience, limit)


def _manners(coverage: CoverageResult, said: Linking) -> dict[str, Manner]:
    """Return how each audience walks."""
    problems = walker_problems(coverage.scenario, coverage.manners)
    if problems:
        raise ScenarioError(problems)
    audiences = catalogue().audiences
    groups = {audience: said.walkers.get(audience, audience) for audience in audiences}
    return {audience: coverage.manners.get(group, coverage.default_manner) for audience, group in groups.items()}


def walker_problems(scenario: Scenario, groups: Collection[str]) -> list[Problem]:
    """Return what ``rooms.linking.walkers`` names and is neither an audience of the scenes nor one of the groups."""
    problems = []
    audiences = catalogue().audiences
    for audience, group in (scenario.rooms.linking or Linking()).walkers.items():
        for name, known, what in ((audience, audiences, "audience"), (group, groups, "group")):
            if name not in known:
                expected = ", ".join(known)
                key = f"{_WALKERS}.{audience}"
                problems.append(Problem(scenario.name, f"there is no such {what}", "", "", expected, name, key=key))
    return problems
