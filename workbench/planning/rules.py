"""Side rules of a wish: from the words of a scenario to positions and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from scipy.spatial import cKDTree

from workbench.coverage import CoverageResult
from workbench.coverage.doors import within
from workbench.errors import Problem, ScenarioError
from workbench.planning.candidates import CandidateSites
from workbench.planning.demand import DemandRows, members
from workbench.scenario.siting import Division, Siting
from workbench.siting import AtLeast, AtMost, Floor
from workbench.terms import Mode

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_HUNDRED = 100.0  # area standards are for 100 households
MOVED = "moves"
"""Name of the rule on how many stations may move."""
NEAR, UNPRICED = "距既有阵地不足", "造价不详，无法列入预算"
"""Why a candidate is barred, besides its veto."""
NEW = "new"
"""Name of the rule on how many stations are new, where the goal is to have few."""


@dataclass(frozen=True)
class Lowered:
    """A floor that all sites together cannot reach.

    Parameters
    ----------
    name
        Of what, as :func:`floor_name` writes it.
    wanted, possible
        Least share as wished, and as all sites together reach it.
    """

    name: str
    wanted: float
    possible: float


@dataclass(frozen=True, eq=False)
class SideRules:
    """Side rules in words of the array verbs.

    Attributes
    ----------
    verb
        Keyword arguments of the array verbs.
    barred
        Why each candidate cannot be chosen, shape (candidates,); empty where it can.
    lowered
        Floors that were lowered to what is possible.
    """

    verb: dict[str, Any]
    barred: npt.NDArray[np.object_]
    lowered: tuple[Lowered, ...]


def side_rules(
    coverage: CoverageResult,
    wish: Siting,
    sites: gpd.GeoDataFrame,
    standing: Flags,
    movable: Flags,
    found: CandidateSites,
    rows: DemandRows,
    walks: sp.csr_array,
) -> SideRules:
    """Put the side rules of a wish into positions and numbers.

    Raises
    ------
    ScenarioError
        If a floor names a kind of area that the district does not know, a capacity is asked for where floor areas
        are missing, a required candidate is barred by the spacing, or stations that may move are driven out by it where
        the goal cannot count them.
    """
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
    return SideRules(verb, barred, lowered)


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
    """Keep as many stations that may move as do not, where the spacing of new ones could drive out more.

    Raises
    ------
    ScenarioError
        If the goal knows no such rule.
    """
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
        AtMost(floor_name(rule.each, name), np.flatnonzero(ledger[rule.each] == name) + first, rule.stations)
        for rule in wish.at_most
        for name in sorted(ledger[rule.each].dropna().unique())
    ]


def floor_name(each: Division, name: str) -> str:
    """Return the name of a rule on one community, subdistrict, compound or group."""
    return f"{each} {name}"


def _floors(
    coverage: CoverageResult, wish: Siting, rows: DemandRows, walks: sp.csr_array, forbidden: Ints
) -> tuple[list[Floor], tuple[Lowered, ...]]:
    floors: list[Floor] = []
    lowered: list[Lowered] = []
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
                lowered.append(Lowered(floor_name(rule.each, name), share, least))
            floors.append(Floor(floor_name(rule.each, name), people, least))
    return floors, tuple(lowered)


def _can_be_covered(walks: sp.csr_array, limit: float, backup: int) -> Flags:
    table = walks.tocoo()
    count = np.bincount(table.col[within(table.data, limit)], minlength=walks.shape[1])
    return np.asarray(count >= backup, bool)


def people_of_each(coverage: CoverageResult, each: Division, rows: DemandRows, key: str) -> list[tuple[str, Floats]]:
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
