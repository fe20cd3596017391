"""一社区一法律顾问: who advises which community, and when she or he sits there half a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import scipy.sparse as sp

from workbench.arrays import Floats, Ints
from workbench.catalogue.functions import parts_of
from workbench.catalogue.terms import StationKind
from workbench.circuits.problem import circuits_of
from workbench.errors import CheckError, GeodataError, Problem, unknown
from workbench.ground.district import District
from workbench.progress import SILENT, Progress
from workbench.scenario import Scenario
from workbench.solving import LinearProgram, Stage, StagedSearch, isolating_weights

_WORKDAYS: Final = ("Mo", "Tu", "We", "Th", "Fr")
_HALVES: Final = ("morning", "afternoon")
_TENTHS: Final = 10
"""Cases are counted in tenths."""


@dataclass(frozen=True)
class Adviser:
    """A legal adviser: station nearest to the office, most communities, those of last year by place."""

    id: str
    station: str
    most: int
    last: frozenset[int]


class Presence(NamedTuple):
    """Half a day of an adviser in a community: both by place, every so many weeks."""

    adviser: int
    community: int
    weekday: str
    half: str
    every: int


@dataclass(frozen=True, eq=False)
class AdviceProblem:
    """Advisers and communities.

    Attributes
    ----------
    advisers
        In the order of the ledger.
    communities, stations
        Communities by identifier, and the station of each at which advice is given; empty = it has none.
    cases
        Cases a month of each community, shape (c,), tenths.
    seconds
        From each office to each community's station and back, shape (a, c); -1 where there is no way.
    limit
        Most tenths of cases of an adviser that are not too many.
    """

    advisers: tuple[Adviser, ...]
    communities: tuple[str, ...]
    stations: tuple[str, ...]
    cases: Ints
    seconds: Ints
    limit: int


@dataclass(frozen=True)
class AdvicePlan:
    """The adviser of each community by place (None = nobody), what each stage is worth, and the half days."""

    adviser_of: tuple[int | None, ...]
    stages: tuple[Stage, ...]
    presences: tuple[Presence, ...]


def advice_problem(
    district: District, scenario: Scenario, seconds: Floats | None = None, place: Mapping[str, int] | None = None
) -> AdviceProblem | None:
    """Read the advisers of a district; None where it has none.

    Parameters
    ----------
    district, scenario
        The ground and the intent.
    seconds, place
        Table of travel from station to station and the row of each in it; all ways are as long when not given.

    Raises
    ------
    GeodataError
        If an adviser had a community last year that there is not, or that another had too.
    """
    said, ledger = circuits_of(scenario), district.ledger("advisers")
    if ledger.empty:
        return None
    names, stations = district.communities["id"].tolist(), district.stations
    claimed: dict[str, str] = {}
    problems, advisers = [], []
    for row in ledger.to_dict("records"):
        last = parts_of(row["last_year"]) if isinstance(row["last_year"], str) else ()
        for one in last:
            if one not in names:
                problems.append(unknown("advisers", "community", one, names, row=row["id"], column="last_year"))
            elif claimed.setdefault(one, row["id"]) != row["id"]:
                what, mend = "a community had two advisers last year", "Leave it with one of them."
                found = f"{one}, of {claimed[one]} too"
                problems.append(Problem("advisers", what, row["id"], "last_year", "one adviser each", found, mend))
        own = frozenset(names.index(one) for one in last if one in names)
        advisers.append(Adviser(str(row["id"]), str(row["station"]), int(row["most"]), own))
    if problems:
        raise GeodataError(problems)
    centres = stations.assign(post=stations["kind"] != StationKind.COMMUNITY_CENTRE).sort_values("post", kind="stable")
    home = centres.drop_duplicates("community").set_index("community")["id"]
    people = district.demand.groupby("community")["residents"].sum()
    monthly = scenario.standard(said.advice) * np.array([float(people.get(one, 0.0)) for one in names]) / 1000
    cases = np.rint(_TENTHS * monthly).astype(np.int64)
    where = tuple(str(home.get(one, "")) for one in names)
    way = np.zeros((len(advisers), len(names)), np.int64)
    for a, adviser in enumerate(advisers):
        for c, station in enumerate(where):
            time = seconds[place[adviser.station], place[station]] if seconds is not None and place and station else 0.0
            way[a, c] = round(2 * time) if station and np.isfinite(time) else -1
    limit = int((1 + scenario.standard(said.advice_balance)) * cases.sum() / len(advisers))
    return AdviceProblem(tuple(advisers), tuple(names), where, cases, way, limit)


def assign_advisers(of: AdviceProblem, *, seed: int = 0, progress: Progress = SILENT) -> AdvicePlan:
    """Give every community one adviser: none left out, no overload, few changes, short ways, in this order.

    Parameters
    ----------
    of
        Advisers and communities.
    seed
        Seed of the weights that choose among plans that are alike.
    progress
        Told of each stage.

    Returns
    -------
    AdvicePlan
        Communities are left out only where advisers, or ways, do not suffice for more.

    Raises
    ------
    CheckError
        If the plan breaks a rule after all, which would be a fault of this package.
    """
    a, c = len(of.advisers), len(of.communities)
    x, width = a * c, a * c + c + a
    spare = int(of.cases.sum()) + 1
    each = sp.csr_array(sp.hstack([sp.kron(np.ones((1, a)), sp.eye(c)), sp.eye(c), sp.csr_array((c, a))]))
    own = sp.kron(sp.eye(a), np.ones((1, c)))
    load = sp.kron(sp.eye(a), of.cases[None, :].astype(np.float64))
    rows = sp.vstack(
        [each, sp.hstack([own, sp.csr_array((a, c + a))]), sp.hstack([load, sp.csr_array((a, c)), -sp.eye(a)])]
    )
    high = np.concatenate([np.ones(c), [one.most for one in of.advisers], np.full(a, of.limit)])
    low = np.concatenate([np.ones(c), np.full(2 * a, -np.inf)])
    upper = np.concatenate([(of.seconds >= 0).ravel().astype(np.float64), np.ones(c), np.full(a, spare)])
    program = LinearProgram(
        np.zeros(width), sp.csr_array(rows), low, high, np.zeros(width), upper, np.ones(width, np.bool_)
    )
    costs = {name: np.zeros(width) for name in ("uncovered", "overload", "changes", "travel")}
    costs["uncovered"][x : x + c] = 1
    costs["overload"][x + c :] = 1
    before = {place: k for k, one in enumerate(of.advisers) for place in one.last}
    changed = [[place in before and before[place] != k for place in range(c)] for k in range(a)]
    costs["changes"][:x] = np.array(changed).ravel()
    costs["travel"][:x] = np.maximum(of.seconds, 0).ravel()
    search = StagedSearch(program, progress=progress)
    search.begin()
    for name, cost in costs.items():
        search.minimise(name, cost)
    search.choose(isolating_weights(seed, width))
    chosen = np.rint(search.found[:x]).reshape(a, c) > 0
    adviser_of = tuple(int(chosen[:, k].argmax()) if chosen[:, k].any() else None for k in range(c))
    plan = AdvicePlan(adviser_of, tuple(search.stages), tuple(_presences(of, adviser_of)))
    found = advice_faults(of, plan)
    if found:
        raise CheckError(found)
    return plan


def _presences(of: AdviceProblem, adviser_of: tuple[int | None, ...]) -> list[Presence]:
    """Give each community a half day, two that lie alike far from the office on one day; weekly where there is room."""
    found = []
    for a in range(len(of.advisers)):
        own = [c for c, who in enumerate(adviser_of) if who == a]
        own.sort(key=lambda c: (int(of.seconds[a, c]), c))
        halves = len(_WORKDAYS) * len(_HALVES)
        every = max(1, -(-len(own) // halves))
        for k, c in enumerate(own):
            day, half = divmod(k % halves, len(_HALVES))
            found.append(Presence(a, c, _WORKDAYS[day], _HALVES[half], every))
    return found


def advice_faults(of: AdviceProblem, plan: AdvicePlan) -> list[Problem]:
    """Return every rule that an assignment breaks, without a solver; ``key`` is the rule."""
    found = []

    def broken(rule: str, what: str) -> None:
        found.append(Problem("advisers", "an assignment breaks a rule", what, key=rule))

    for a, adviser in enumerate(of.advisers):
        own = [c for c, who in enumerate(plan.adviser_of) if who == a]
        if len(own) > adviser.most:
            broken("most", f"{adviser.id}: {len(own)} communities")
        for c in own:
            if of.seconds[a, c] < 0:
                broken("way", f"{adviser.id}: {of.communities[c]}")
    seated = sorted((one.community, one.adviser) for one in plan.presences)
    if seated != [(c, who) for c, who in enumerate(plan.adviser_of) if who is not None]:
        broken("presence", "a community has not just the half day of its adviser")
    at_once = [(one.adviser, one.weekday, one.half) for one in plan.presences if one.every == 1]
    for slot in sorted({slot for slot in at_once if at_once.count(slot) > 1}):
        broken("at_once", f"{of.advisers[slot[0]].id}: {slot[1]} {slot[2]}")
    return found
