"""A scenario's wish for new stations, put into the arrays of a siting problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from workbench.coverage import CoverageResult
from workbench.coverage.doors import SECONDS_A_MINUTE, Doors, doors_on, walks_within, within
from workbench.errors import Problem, ScenarioError
from workbench.network.walking import METRES
from workbench.planning.candidates import CandidateSites, candidate_sites, unknown_names
from workbench.planning.demand import DemandRows, demand_problems, demand_rows
from workbench.planning.rules import SideRules, side_rules
from workbench.scenario.siting import Siting
from workbench.terms import LEVEL_OF_KIND, Access, Mode, ServiceLevel

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class StationQuestion:
    """Sites, demand and rules of one wish, solver-free.

    The sites are the stations that stand, by identifier, and after them the candidates, by identifier; the demand
    rows are demand points, or each group at each of them where groups walk at their own pace.

    Attributes
    ----------
    coverage
        The five-minute circle as it is today.
    wish
        The scenario's section ``siting``.
    stations
        Every site as a row of the stations layer, shape (s,).
    standing, movable
        Which sites are stations of today, and which of these may move, shape (s,).
    candidates
        The candidates, in the order of the sites after the standing ones.
    ground, order
        Stations and candidates on the network of today, and which of them each site is, shape (s,).
    walks
        Shape (s, rows): every walk up to the farthest that matters, metres or minutes.
    demand
        Who is behind each row.
    rules
        Side rules in words of the array verbs, and what became of each candidate.
    """

    coverage: CoverageResult
    wish: Siting
    stations: gpd.GeoDataFrame
    standing: Flags
    movable: Flags
    candidates: CandidateSites
    ground: Doors
    order: Ints
    walks: sp.csr_array
    demand: DemandRows
    rules: SideRules

    @property
    def mode(self) -> Mode:
        """Compliance or experience."""
        return Mode(self.wish.mode)

    @property
    def level(self) -> ServiceLevel:
        """Which stations count."""
        return ServiceLevel(self.wish.level)

    @property
    def limit(self) -> float:
        """Longest walk that covers, metres or minutes."""
        return self.coverage.limit(self.mode)

    @cached_property
    def ids(self) -> npt.NDArray[np.object_]:
        """Identifier of each site, shape (s,)."""
        return self.stations["id"].to_numpy(object)

    @property
    def first_candidate(self) -> int:
        """Position of the first candidate."""
        return len(self.stations) - len(self.candidates)

    @cached_property
    def cover(self) -> sp.csr_array:
        """Which site covers which row, or to what share where cover decays, shape (s, rows)."""
        return cover_of(self.walks, self.limit, self.fades_at)

    @property
    def fades_at(self) -> float | None:
        """Walk from which on nothing is covered, where cover decays."""
        if self.wish.decay == "none":
            return None
        rules = self.coverage.scenario.coverage
        return self.coverage.scenario.standard(rules.time_next if self.mode is Mode.EXPERIENCE else rules.distance_next)

    @cached_property
    def today(self) -> Ints:
        """Positions of the stations of today."""
        return np.flatnonzero(self.standing)

    @property
    def most(self) -> int | None:
        """Most stations that may be open in the end, those of today included; None for as many as the budget pays."""
        if self.wish.most_stations is None:
            return None
        return len(self.today) + min(self.wish.most_stations, int((self.rules.barred == "").sum()))

    @cached_property
    def site_cost(self) -> Floats:
        """Cost of each site, 万元, shape (s,): nothing for what stands or is not known (and then cannot be chosen)."""
        capex = self.candidates.ledger["capex"].to_numpy(np.float64)
        return np.concatenate([np.zeros(self.first_candidate), np.nan_to_num(capex)])

    def row_of(self, identifiers: Mapping[str, Any] | list[str]) -> Ints:
        """Return the positions of sites by identifier."""
        place = {name: position for position, name in enumerate(self.ids)}
        return np.array(sorted(place[name] for name in identifiers), np.int64)


def cover_of(walks: sp.csr_array, limit: float, fades_at: float | None = None) -> sp.csr_array:
    """Turn walks into cover.

    Parameters
    ----------
    walks
        Shape (s, rows), sparse; a walk of 0 is an entry.
    limit
        Longest walk that covers in full.
    fades_at
        Walk from which on nothing is covered, linear in between; None for none between.
    """
    table = walks.tocoo()
    share = cover_share(table.data, limit, fades_at)
    kept = share > 0
    values = share[kept] if fades_at is not None else np.ones(int(kept.sum()), bool)
    return sp.csr_array((values, (table.row[kept], table.col[kept])), shape=walks.shape)


def cover_share(walk: Floats, limit: float, fades_at: float | None = None) -> Floats:
    """Return to what share walks cover, as :func:`cover_of` says; nothing where the walk is infinite."""
    near = within(walk, limit)
    if fades_at is None:
        return near.astype(np.float64)
    return np.where(near, 1.0, np.clip((fades_at - walk) / (fades_at - limit), 0.0, 1.0))


def station_question(coverage: CoverageResult) -> StationQuestion:
    """Put the wish of a scenario into arrays.

    Parameters
    ----------
    coverage
        The five-minute circle as it is, with a scenario that has a section ``siting``.

    Raises
    ------
    ScenarioError
        If the scenario wishes for nothing, names what does not exist, or asks for what the district does not know.
    """
    wish = coverage.scenario.siting
    if wish is None:
        mend = "Add a section 'siting', such as siting: {stations: 12}."
        raise ScenarioError(Problem(coverage.scenario.name, "the scenario sites nothing", key="siting", mend=mend))
    problems = [*_misnamed(coverage, wish), *demand_problems(coverage, wish)]
    try:
        found = candidate_sites(coverage.district, coverage.scenario, wish.candidates)
    except ScenarioError as error:
        if problems:
            raise ScenarioError([*error.problems, *problems]) from error
        raise
    if problems:
        raise ScenarioError(problems)
    own = coverage.district.stations.sort_values("id", kind="stable", ignore_index=True)
    own = own[_stands(own, wish)]
    rows = demand_rows(coverage, wish)
    sites = gpd.GeoDataFrame(pd.concat([own, found.stations], ignore_index=True), geometry="geometry", crs=own.crs)
    standing = np.arange(len(sites)) < len(own)
    movable = standing & _may_move(sites, wish)
    ground, order = _joined(coverage, found, sites["id"].to_numpy(object))
    walks = site_walks(coverage, rows, Mode(wish.mode), ground, order, farthest_walk(coverage, wish))
    rules = side_rules(coverage, wish, sites, standing, movable, found, rows, walks)
    return StationQuestion(coverage, wish, sites, standing, movable, found, ground, order, walks, rows, rules)


def _misnamed(coverage: CoverageResult, wish: Siting) -> list[Problem]:
    """Return what is wrong with the names of stations."""
    layer = coverage.district.stations
    stations = list(layer["id"])
    problems = unknown_names(wish.standing.close, stations, "siting.standing.close", "station")
    if not isinstance(wish.standing.may_move, str):
        problems += unknown_names(wish.standing.may_move, stations, "siting.standing.may_move", "station")
        both = sorted(set(wish.standing.may_move) & set(wish.standing.close))
        problems += [
            Problem("siting", "a station that closes cannot move too", key="siting.standing.may_move", found=name)
            for name in both
        ]
        idle = sorted(set(layer.loc[~_stands(layer, wish), "id"]) & set(wish.standing.may_move) - set(both))
        problems += [_no_mover(name) for name in idle]
    elif not (_stands(layer, wish) & _may_move(layer, wish)).any():
        problems.append(_no_mover(wish.standing.may_move))
    return problems


def _no_mover(found: str) -> Problem:
    mend = "Only stations that are open and of the level that counts can move."
    return Problem("siting", "no such station counts today", key="siting.standing.may_move", found=found, mend=mend)


def _stands(stations: pd.DataFrame, wish: Siting) -> Flags:
    """Return which stations of today count: open, of the level that counts, and not closing."""
    level = stations["kind"].map(LEVEL_OF_KIND)
    counts = (level == wish.level) | (ServiceLevel(wish.level) is ServiceLevel.ANY)
    stays = ~stations["id"].isin(wish.standing.close) & (stations["access"] != Access.CLOSED)
    return np.asarray(counts & stays, bool)


def _may_move(stations: pd.DataFrame, wish: Siting) -> Flags:
    named = wish.standing.may_move
    chosen = stations["kind"] == named if isinstance(named, str) else stations["id"].isin(named)
    return np.asarray(chosen, bool)


def _joined(coverage: CoverageResult, found: CandidateSites, ids: npt.NDArray[np.object_]) -> tuple[Doors, Ints]:
    """Join the candidates to the network of today; return the doors, and the row of each site among them."""
    scenario, district = coverage.scenario, coverage.district
    both = pd.concat([layer for layer in (district.layer("stations"), found.stations) if len(layer)], ignore_index=True)
    tables = {**district.tables, "stations": gpd.GeoDataFrame(both, geometry="geometry", crs=district.crs)}
    trial = replace(district, tables=tables)  # not for measuring: the plan goes through the gate, candidates need not
    ground = doors_on(coverage.ground.streets, trial, scenario)
    place = {name: row for row, name in enumerate(trial.stations["id"])}
    return ground, np.array([place[name] for name in ids], np.int64)


def site_walks(
    coverage: CoverageResult,
    rows: DemandRows,
    mode: Mode,
    ground: Doors,
    order: Ints,
    farthest: float,
    pace: float = 1.0,
) -> sp.csr_array:
    """Return every walk from a row to a site.

    Parameters
    ----------
    coverage
        The five-minute circle of today.
    rows
        The demand rows.
    mode
        Compliance or experience.
    ground, order
        Stations and candidates on the network, and which of them each site is.
    farthest
        Longest walk kept, metres or minutes.
    pace
        Factor on every pace.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (s, rows), metres or minutes.
    """
    count = 1 + int(max(order.max(initial=-1), ground.station_rows.max(initial=-1)))
    if mode is Mode.COMPLIANCE:
        return sp.csr_array(walks_within(ground, METRES, farthest, count)[order])
    manners = [coverage.manners[name] for name in rows.blocks] if rows.blocks else [coverage.default_manner]
    paced = [replace(manner, pace_m_s=manner.pace_m_s * pace) for manner in manners]
    blocks = [walks_within(ground, manner, farthest, count, SECONDS_A_MINUTE)[order] for manner in paced]
    return sp.csr_array(sp.hstack(blocks, format="csr"))


def reachable_rows(question: StationQuestion) -> Flags:
    """Return which rows any site that may be open reaches: covers, or within the farthest walk; shape (rows,)."""
    allowed = np.setdiff1d(np.arange(len(question.stations)), question.rules.verb["forbidden"])
    table = question.walks if question.wish.goal in ("p_median", "p_center") else question.cover
    count = np.bincount(table[allowed].indices, minlength=table.shape[1])
    return np.asarray(count >= question.wish.backup, bool)


def farthest_walk(coverage: CoverageResult, wish: Siting) -> float:
    """Return the longest walk that can matter to a wish, metres or minutes."""
    scenario, timed = coverage.scenario, Mode(wish.mode) is Mode.EXPERIENCE
    if wish.goal in ("p_median", "p_center"):
        return scenario.standard(wish.farthest_min if timed else wish.farthest_m)
    if wish.decay == "linear":
        return scenario.standard(scenario.coverage.time_next if timed else scenario.coverage.distance_next)
    return coverage.limit(Mode(wish.mode))
