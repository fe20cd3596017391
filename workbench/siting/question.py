"""A scenario's wish for new stations, put into the arrays of a siting problem."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from scipy.spatial import cKDTree

from workbench.arrays import Flags, Floats, Ints
from workbench.catalogue.terms import LEVEL_OF_KIND, Access, Mode, ServiceLevel
from workbench.coverage import CoverageResult
from workbench.coverage.doors import SECONDS_A_MINUTE, Doors, doors_on, walks_within, within
from workbench.coverage.measure import area_of_points
from workbench.errors import Problem, ScenarioError
from workbench.ground.places import name_with_code, where_is
from workbench.locate import AtLeast, AtMost, CoverProblem, Floor, cover_problem
from workbench.locate.rules import ROUNDING
from workbench.network.walking import METRES
from workbench.scenario.siting import Division, Siting
from workbench.siting.candidates import CandidateSites, candidate_sites, unknown_names
from workbench.solving import Limits

# ----------------------------------------------------------------------------------------------------------------------
# Who is behind each demand row of a siting problem.


@dataclass(frozen=True, eq=False)
class _DemandRows:
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


def _demand_problems(coverage: CoverageResult, wish: Siting) -> list[Problem]:
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


def demand_rows(coverage: CoverageResult, wish: Siting) -> _DemandRows:
    """Return the demand rows of a wish that has no :func:`_demand_problems`."""
    populace = coverage.populace
    k = len(populace.residents)
    every = np.arange(k, dtype=np.int64)
    counts = {name: wish.group_weights.get(name, 1.0) for name in populace.whole}
    if wish.who == "households":
        return _DemandRows(every, (), populace.households, populace.households, "户")
    if Mode(wish.mode) is Mode.EXPERIENCE:
        people = np.concatenate([populace.weight[name] for name in populace.whole])
        factor = np.repeat([counts[name] for name in populace.whole], k)
        return _DemandRows(np.tile(every, len(populace.whole)), populace.whole, people, people * factor, "人")
    weight = populace.residents
    if wish.group_weights:
        weight = np.asarray(sum(populace.weight[name] * counts[name] for name in populace.whole), np.float64)
    return _DemandRows(every, (), populace.residents, weight, "人")


def walk_to_nearest(coverage: CoverageResult, rows: _DemandRows, mode: Mode, level: ServiceLevel) -> Floats:
    """Return the walk of each row to the nearest station that counts, as coverage measured it, shape (rows,)."""
    if mode is Mode.COMPLIANCE:
        return coverage.distance[level].walk
    if not rows.blocks:
        return coverage.default_minutes[level].walk
    return np.concatenate([coverage.minutes[name][level].walk for name in rows.blocks])


def members(coverage: CoverageResult, rows: _DemandRows, each: Division) -> pd.Series:
    """Return which community, subdistrict, compound or group each row belongs to, shape (rows,)."""
    if each == "group":
        if not rows.blocks:
            mend = "Take mode: experience and who: residents, by which each group walks at its own pace."
            raise ScenarioError(Problem("siting", "groups are not told apart here", key="siting.floors", mend=mend))
        return pd.Series(np.repeat(np.array(rows.blocks, object), rows.points))
    return pd.Series(area_of_points(coverage, each).to_numpy(object)[rows.point])


# ----------------------------------------------------------------------------------------------------------------------
# Side rules of a wish: from the words of a scenario to positions and numbers.


_HUNDRED = 100.0  # area standards are for 100 households
MOVED = "moves"
"""Name of the rule on how many stations may move."""
NEAR, UNPRICED = "距既有阵地不足", "造价不详，无法列入预算"
"""Why a candidate is barred, besides its veto."""
NEW = "new"
"""Name of the rule on how many stations are new, where the goal is to have few."""


@dataclass(frozen=True)
class _Lowered:
    """A floor that all sites together cannot reach.

    Parameters
    ----------
    name
        Of what, as :func:`_floor_name` writes it.
    wanted, possible
        Least share as wished, and as all sites together reach it.
    """

    name: str
    wanted: float
    possible: float


@dataclass(frozen=True, eq=False)
class _SideRules:
    """Side rules in words of :mod:`workbench.locate`.

    Attributes
    ----------
    verb
        As :func:`workbench.locate.cover_problem` takes them.
    barred
        Why each candidate cannot be chosen, shape (candidates,); empty where it can.
    lowered
        Floors that were lowered to what is possible.
    """

    verb: dict[str, Any]
    barred: npt.NDArray[np.object_]
    lowered: tuple[_Lowered, ...]


def _side_rules(
    coverage: CoverageResult,
    wish: Siting,
    sites: gpd.GeoDataFrame,
    standing: Flags,
    movable: Flags,
    found: CandidateSites,
    rows: _DemandRows,
    walks: sp.csr_array,
) -> _SideRules:
    """Put the side rules of a wish into positions and numbers."""
    near, pairs = _spacing(wish, sites, standing, movable)
    barred = _barred(wish, found, near[~standing])
    stays = np.flatnonzero(standing & ~movable)
    first = len(sites) - len(found)
    required = np.flatnonzero(found.ledger["id"].isin(wish.candidates.required)) + first
    forbidden = np.flatnonzero(barred != "") + first
    _check_required(found, required - first, barred)
    floors, lowered = _floors(coverage, wish, rows, walks, forbidden)
    verb: dict[str, Any] = {"required": np.union1d(stays, required), "forbidden": forbidden}
    if floors:
        verb["floors"] = floors
    caps = _at_most(wish, found, first)
    new = np.arange(first, len(sites))
    if wish.standing.moves and wish.most_stations is not None:
        caps.append(AtMost(MOVED, new, wish.most_stations + min(wish.standing.moves, int(movable.sum()))))
    elif wish.goal == "set_cover" and wish.stations is not None:
        caps.append(AtMost(NEW, new, wish.stations))
    if caps:
        verb["at_most"] = caps
    if len(pairs):
        verb["spacing"] = pairs
        staying = _staying(wish, pairs, movable)
        if staying:
            verb["at_least"] = staying
    if wish.backup > 1:
        verb["cover_at_least"] = wish.backup
    if wish.capacity is not None:
        verb["capacity"] = _capacity(coverage, wish.capacity, sites, np.setdiff1d(np.arange(len(sites)), forbidden))
    return _SideRules(verb, barred, lowered)


def _barred(wish: Siting, found: CandidateSites, near: Flags) -> npt.NDArray[np.object_]:
    """Return why each candidate cannot be chosen: its veto, a neighbour, a cost that is not known."""
    unpriced = found.ledger["capex"].isna().to_numpy()
    asks_price = (
        wish.most_cost is not None
        or wish.count_cost == "capex"
        or any(term.budget is not None for term in wish.phases.terms)
        or wish.frontiers.cost_points > 0
    )
    reasons = []
    for veto, close, dear in zip(found.ledger["veto"], near, unpriced & asks_price, strict=True):
        parts = [veto] if veto else []
        parts += [f"{NEAR} {wish.spacing_m:g} m"] if close else []
        parts += [UNPRICED] if dear else []
        reasons.append("；".join(parts))
    return np.array(reasons, object)


def _check_required(found: CandidateSites, required: Ints, barred: npt.NDArray[np.object_]) -> None:
    problems = [
        Problem(
            "siting", "a required site cannot be chosen", key="siting.candidates.required",
            found=f"{found.ledger['id'].iloc[place]}: {barred[place]}",
            mend="Drop it from the required ones, or drop the rule.",
        )
        for place in required
        if barred[place]
    ]  # fmt: skip
    if problems:
        raise ScenarioError(problems)


def _spacing(wish: Siting, sites: gpd.GeoDataFrame, standing: Flags, movable: Flags) -> tuple[Flags, Ints]:
    """Return which sites are too near to a station that stays, and the other pairs too near to open together."""
    near, none = np.zeros(len(sites), bool), np.empty((0, 2), np.int64)
    if wish.spacing_m is None:
        return near, none
    xy = sites.geometry.get_coordinates().to_numpy()
    reach = np.nextafter(wish.spacing_m, 0.0)  # exactly as far apart is far enough
    pairs = cKDTree(xy).query_pairs(reach, output_type="ndarray").astype(np.int64)
    stays = standing & ~movable
    pairs = pairs[~standing[pairs].all(axis=1)]  # those of today stand as they stand
    with_staying = stays[pairs].any(axis=1)
    near[pairs[with_staying].ravel()] = True
    near[standing] = False
    left = pairs[~with_staying]
    left = left[~near[left].any(axis=1)]
    return near, left[np.lexsort((left[:, 1], left[:, 0]))]


def _staying(wish: Siting, pairs: Ints, movable: Flags) -> list[AtLeast]:
    """Keep as many stations that may move as do not, where the spacing of new ones could drive out more."""
    driven = np.unique(pairs[movable[pairs]])
    if len(driven) <= wish.standing.moves:
        return []
    if wish.goal in ("p_median", "p_center"):
        raise ScenarioError(
            Problem(
                "siting", f"with {wish.goal}, candidates within the spacing may drive out more stations than may move",
                key="siting.standing.may_move", expected=f"at most {wish.standing.moves} such stations",
                found=str(len(driven)), mend="Name fewer under 'may_move', or raise 'moves', or take max_cover.",
            )
        )  # fmt: skip
    movers = np.flatnonzero(movable)
    return [AtLeast(MOVED, movers, len(movers) - wish.standing.moves)]


def _at_most(wish: Siting, found: CandidateSites, first: int) -> list[AtMost]:
    ledger = found.ledger
    return [
        AtMost(_floor_name(rule.each, name), np.flatnonzero(ledger[rule.each] == name) + first, rule.stations)
        for rule in wish.at_most
        for name in sorted(ledger[rule.each].dropna().unique())
    ]


def _floor_name(each: Division, name: str) -> str:
    """Return the name of a rule on one community, subdistrict, compound or group."""
    return f"{each} {name}"


def _floors(
    coverage: CoverageResult, wish: Siting, rows: _DemandRows, walks: sp.csr_array, forbidden: Ints
) -> tuple[list[Floor], tuple[_Lowered, ...]]:
    floors: list[Floor] = []
    lowered: list[_Lowered] = []
    if not wish.floors:
        return floors, ()
    allowed = np.setdiff1d(np.arange(walks.shape[0]), forbidden)
    can = _can_be_covered(walks[allowed], coverage.limit(Mode(wish.mode)), wish.backup)
    for rule in wish.floors:
        share = coverage.scenario.standard(rule.share) if isinstance(rule.share, str) else rule.share
        for name, people in people_of_each(coverage, rule.each, rows, "siting.floors"):
            total, possible = float(people.sum()), float(people[can].sum())
            least = share
            if rule.impossible == "lower" and possible < share * total:
                least = possible / total
                lowered.append(_Lowered(_floor_name(rule.each, name), share, least))
            floors.append(Floor(_floor_name(rule.each, name), people, least))
    return floors, tuple(lowered)


def _can_be_covered(walks: sp.csr_array, limit: float, backup: int) -> Flags:
    table = walks.tocoo()
    count = np.bincount(table.col[within(table.data, limit)], minlength=walks.shape[1])
    return np.asarray(count >= backup, bool)


def people_of_each(coverage: CoverageResult, each: Division, rows: _DemandRows, key: str) -> list[tuple[str, Floats]]:
    """Return the people of each community, … in every row; those without people are left out.

    Raises
    ------
    ScenarioError
        If the district does not tell to which its people belong; names the key of the scenario that asks.
    """
    member = members(coverage, rows, each)
    if member.isna().all():
        mend = "Import that layer, or ask for another division."
        raise ScenarioError(Problem("siting", f"the demand points tell no {each}", key=key, mend=mend))
    codes, names = pd.factorize(member, sort=True)
    people = [(str(name), np.where(codes == code, rows.people, 0.0)) for code, name in enumerate(names)]
    return [(name, weight) for name, weight in people if weight.any()]


def _capacity(coverage: CoverageResult, standard: str, sites: gpd.GeoDataFrame, usable: Ints) -> Floats:
    """Return how many households each site has room for, shape (s,)."""
    each = coverage.scenario.standard(standard)
    area = sites["floor_area_m2"].to_numpy(np.float64)
    unknown = usable[~np.isfinite(area[usable])]
    if len(unknown):
        names = ", ".join(sites["id"].iloc[unknown[:5]])
        problem = Problem(
            "siting", "the floor area of some sites is not known", key="siting.capacity",
            found=f"{names}{' …' if len(unknown) > 5 else ''}, {len(unknown)} in all",
            mend="Fill in floor_area_m2, or drop the capacity.",
        )  # fmt: skip
        raise ScenarioError(problem)
    return np.asarray(np.nan_to_num(area) / each * _HUNDRED, np.float64)


# ----------------------------------------------------------------------------------------------------------------------
# A scenario's wish for new stations, put into the arrays of a siting problem.


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
        Side rules in words of :mod:`workbench.locate`, and what became of each candidate.
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
    demand: _DemandRows
    rules: _SideRules

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

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Name of each site with its identifier in brackets, by identifier."""
        named = name_with_code(self.stations)
        return {identifier: str(named(identifier)) for identifier in self.ids}

    @cached_property
    def places(self) -> Mapping[str, str]:
        """Where each site is, in words, by identifier."""
        return dict(zip(self.ids, where_is(self.coverage.district, self.stations.geometry), strict=True))

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """Landmark, name and identifier of each site, by identifier: what stands for it in a list."""
        return {i: f"{self.places[i].partition('，')[0]} {name}" for i, name in self.names.items()}

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
    def p(self) -> int | None:
        """Most stations that may be open in the end, those of today included; None for as many as the budget pays."""
        if self.wish.most_stations is None:
            return None
        return len(self.today) + min(self.wish.most_stations, int((self.rules.barred == "").sum()))

    @property
    def limits(self) -> Limits:
        """When to stop."""
        return Limits(self.wish.time_limit_s, self.wish.gap, self.wish.seed)

    @cached_property
    def problem(self) -> CoverProblem:
        """The question of ``max_cover``, and of every study of its plan: the most weight, under all rules."""
        return cover_problem(
            "max_cover", self.cover, self.demand.weight, self.p, budget=self.wish.most_cost, site_cost=self.site_cost,
            **self.rules.verb,
        )  # fmt: skip

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
    """Turn walks into cover."""
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
    problems = [*_misnamed(coverage, wish), *_demand_problems(coverage, wish)]
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
    rules = _side_rules(coverage, wish, sites, standing, movable, found, rows, walks)
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
    ground = doors_on(coverage.doors.streets, trial, scenario)
    place = {name: row for row, name in enumerate(trial.stations["id"])}
    return ground, np.array([place[name] for name in ids], np.int64)


def site_walks(
    coverage: CoverageResult,
    rows: _DemandRows,
    mode: Mode,
    ground: Doors,
    order: Ints,
    farthest: float,
    pace: float = 1.0,
) -> sp.csr_array:
    """Return every walk from a row to a site."""
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


# ----------------------------------------------------------------------------------------------------------------------
# Why a question makes no sense at all, before anything is solved.


def unsolvable(question: StationQuestion) -> ScenarioError | None:
    """Return why a question makes no sense at all, such as stations where no candidate may open; None when it does."""
    wish, free = question.wish, int((question.rules.barred == "").sum())
    required = question.row_of(list(wish.candidates.required))
    room = math.inf if wish.most_stations is None else wish.most_stations + wish.standing.moves
    paid, money = math.fsum(question.site_cost[required]), math.inf if wish.most_cost is None else wish.most_cost
    problems = []
    asks = wish.most_stations is not None or any(UNPRICED in reason for reason in question.rules.barred)
    if len(question.rules.barred) and not free and asks and wish.goal != "set_cover":
        problems += _all_barred(question)
    if len(required) > room:
        problems.append(
            Problem(
                "siting", "more sites are required than stations may open", key="siting.candidates.required",
                expected=f"at most {room}", found=str(len(required)), mend="Require fewer, or raise 'stations'.",
            )
        )  # fmt: skip
    if paid > money * (1 + ROUNDING):
        problems.append(
            Problem(
                "siting", "the budget does not pay for the required sites", key="siting.budget",
                expected=f"at least {paid:g} 万元", found=f"{money:g}", mend="Require fewer, or raise the budget.",
            )
        )  # fmt: skip
    if wish.goal == "p_center" and not (reachable_rows(question) & (question.demand.people > 0)).any():
        mend = "Take more candidates, or a longer 'farthest_m'."
        problems.append(Problem("siting", "no site reaches anybody", key="siting.candidates", mend=mend))
    return ScenarioError(problems) if problems else None


def _all_barred(question: StationQuestion) -> list[Problem]:
    """Name the rules without which there would be a candidate, as few as possible."""
    wish, reasons = question.wish, [_kinds(reason) for reason in question.rules.barred]
    unpriced = sum(UNPRICED in kinds for kinds in reasons)
    said = {
        UNPRICED: Problem(
            "siting", "no candidate that is left has a known cost, so that none can be paid for",
            key="siting.count_cost" if wish.most_cost is None else "siting.budget", expected="a capex in the ledger",
            found=f"{unpriced} of {len(reasons)} candidates without",
            mend="Fill in capex, or ask for a number of stations and for no costs.",
        ),
        NEAR: Problem(
            "siting", "every candidate that is left is within the spacing of a station that stays",
            key="siting.spacing_m", expected=f"at most {math.floor(_widest_spacing(question)):g} m",
            found=f"{wish.spacing_m or 0.0:g} m", mend="Lower it, or take candidates farther away.",
        ),
        _VETO: Problem(
            "siting", "every candidate that is left is vetoed or forbidden", key="siting.candidates",
            found="; ".join(sorted({reason.split("；")[0] for reason in question.rules.barred})[:3]),
            mend="Take more sources of candidates, such as corners, or lift a veto.",
        ),
    }  # fmt: skip
    fewest = min(reasons, key=len)
    return [problem for kind, problem in said.items() if kind in fewest]


_VETO = "veto"
"""What bars a candidate besides spacing and costs."""


def _kinds(reason: str) -> set[str]:
    parts = reason.split("；")
    return {UNPRICED if part == UNPRICED else NEAR if part.startswith(NEAR) else _VETO for part in parts}


def _widest_spacing(question: StationQuestion) -> float:
    """Return the largest spacing that leaves a candidate, of those that are not vetoed if there are any."""
    kinds = [_kinds(reason) for reason in question.rules.barred]
    usable = np.array([_VETO not in one for one in kinds])
    xy = question.stations.geometry.get_coordinates().to_numpy()
    stays = xy[np.flatnonzero(question.standing & ~question.movable)]
    if not len(stays):
        return 0.0
    those = xy[question.first_candidate :][usable if usable.any() else slice(None)]
    return float(np.hypot(*(those[:, None] - stays[None]).transpose(2, 0, 1)).min(axis=1).max())
