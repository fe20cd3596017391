"""一社区一法律顾问: who advises which community, and when she or he sits there half a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp

from workbench.arrays import Flags, Floats, Ints
from workbench.calendars import Weeks
from workbench.catalogue.functions import parts_of
from workbench.catalogue.terms import StationKind
from workbench.circuits.problem import FOUR, Reader, circuits_of, horizon_of, wrong_weekdays
from workbench.errors import CheckError, GeodataError, Problem, unknown
from workbench.ground.district import District
from workbench.hours import WEEKDAYS
from workbench.progress import SILENT, Progress
from workbench.routing.presences import HalfDays, PresenceProblem, plan_presences, presence_faults
from workbench.scenario import Scenario
from workbench.scenario.roster import spans_of
from workbench.solving import LinearProgram, Stage, StagedSearch, isolating_weights

_WORKDAYS: Final = ";".join(WEEKDAYS[:5])
_TENTHS: Final = 10
"""Cases are counted in tenths."""


@dataclass(frozen=True)
class Adviser:
    """A legal adviser: station nearest to the office, most communities, those of last year by place."""

    id: str
    station: str
    most: int
    last: frozenset[int]


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
    halves
        Begin and end of each half day, minutes from midnight.
    free
        Days of the horizon on which each adviser may come, shape (a, d).
    open
        Whether a community's station is open throughout a half day, shape (c, h, d); so it is where hours are unknown.
    wanted, slack
        Half days of each community in the horizon, and by how much gaps between them may differ more than needed, days.
    """

    advisers: tuple[Adviser, ...]
    communities: tuple[str, ...]
    stations: tuple[str, ...]
    cases: Ints
    seconds: Ints
    limit: int
    halves: tuple[tuple[int, int], ...]
    free: Flags
    open: Flags
    wanted: int
    slack: float = 0.0

    def presences(self, adviser_of: Sequence[int | None]) -> PresenceProblem:
        """Return the half days to be planned where communities have these advisers."""
        who = np.array([-1 if a is None else a for a in adviser_of], np.int64)
        may = self.open & self.free[who][:, None] & (who >= 0)[:, None, None]
        return PresenceProblem(who, may, self.wanted, self.slack)


@dataclass(frozen=True)
class AdvicePlan:
    """The adviser and the half days of each community (None = nobody, none), and what each stage is worth."""

    adviser_of: tuple[int | None, ...]
    half_days: tuple[HalfDays | None, ...]
    stages: tuple[Stage, ...]


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
        If an adviser had a community last year that there is not, or that another had too, or has no day.
    """
    said, ledger = circuits_of(scenario), district.ledger("advisers")
    if ledger.empty:
        return None
    names, stations = district.communities["id"].tolist(), district.stations
    claimed: dict[str, str] = {}
    problems, advisers = list(wrong_weekdays(district, "advisers")), []
    lost, weeks = {problem.row for problem in problems}, horizon_of(district, scenario)
    reader, free = Reader(district, said, weeks.days), np.zeros((len(ledger), len(weeks.days)), np.bool_)
    for a, row in enumerate(ledger.to_dict("records")):
        if row["id"] not in lost:
            free[a, list(reader.allowed(row["days"] if isinstance(row["days"], str) else _WORKDAYS))] = True
            if not free[a].any():
                what, mend = "the adviser has no day on which she or he comes", "Name days that are not all off."
                problems.append(Problem("advisers", what, row["id"], "days", "a day in these weeks", "none", mend))
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
    halves = spans_of(said.half_days)
    texts: dict[str, object] = dict(zip(stations["id"], stations["opening_hours"], strict=True))
    open_ = np.array([_open(weeks, texts[one] if one else "off", halves) for one in where])
    wanted = round(scenario.standard(said.presences) * len(weeks.days) / FOUR)
    return AdviceProblem(
        tuple(advisers), tuple(names), where, cases, way, limit, halves, free, open_, wanted, said.slack
    )


def _open(weeks: Weeks, text: object, halves: tuple[tuple[int, int], ...]) -> Flags:
    """Return in which half days a station is open throughout, shape (h, d)."""
    if not isinstance(text, str):
        return np.ones((len(halves), len(weeks.days)), np.bool_)
    minutes = np.array([weeks.open_on(text, day.date) for day in weeks.days])
    return np.array([minutes[:, begin:end].all(axis=1) for begin, end in halves])


def assign_advisers(of: AdviceProblem, *, seed: int = 0, progress: Progress = SILENT) -> AdvicePlan:
    """Give every community one adviser: none left out, no overload, few changes, short ways, in this order; then days.

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
    seated = plan_presences(of.presences(adviser_of), seed=seed, progress=progress)
    plan = AdvicePlan(adviser_of, seated.choice, (*search.stages, *seated.stages))
    found = advice_faults(of, plan)
    if found:
        raise CheckError(found)
    return plan


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
    return found + presence_faults(of.presences(plan.adviser_of), plan.half_days)
