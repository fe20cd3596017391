"""A question put to the array verbs, and what the plan becomes on the ground."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from workbench.arrays import Floats, Ints
from workbench.coverage import CoverageResult, assess_coverage
from workbench.errors import CheckError, Problem
from workbench.ground.district import District
from workbench.locate import (
    Floor,
    MedianProblem,
    SitingPlan,
    alternatives,
    cover_problem,
    max_cover,
    median_problem,
    p_center,
    p_median,
    set_cover,
)
from workbench.locate.reasons import Layers
from workbench.locate.rules import ROUNDING
from workbench.progress import SILENT, Progress
from workbench.siting.question import StationQuestion, cover_share, farthest_walk, reachable_rows, walk_to_nearest
from workbench.solving import Status


def solved(question: StationQuestion, progress: Progress = SILENT) -> SitingPlan:
    """Answer a question by the verb of its goal."""
    return _with_kept(question, _VERBS[question.wish.goal](question, progress))


def others(
    question: StationQuestion, best: SitingPlan, count: int, apart: int, progress: Progress = SILENT
) -> list[SitingPlan]:
    """Return the best plans that differ from the best of all and from one another."""
    aside = np.flatnonzero(question.standing)
    found = alternatives(
        question.problem, question.limits, progress, count=1 + count, apart=apart, aside=aside, best=best
    )
    return [_with_kept(question, plan) for plan in found.plans[1:]]


def _with_kept(question: StationQuestion, plan: SitingPlan) -> SitingPlan:
    """Return a plan with the stations of today that it drops for nothing; they may even add to one not proven."""
    if plan.plan is None:
        return plan
    sites, worth = stations_of(question, plan.sites), plan.objective
    if len(sites) == len(plan.sites):
        return plan
    if question.wish.capacity is None:  # else nobody is sent there
        worth = _objective(question, sites, covered_by(question, sites), nearest_walk(question, sites))
    return replace(plan, plan=replace(plan.plan, sites=sites, objective=worth))


def _max_cover(question: StationQuestion, progress: Progress) -> SitingPlan:
    return max_cover(question.problem, question.limits, progress)


def _set_cover(question: StationQuestion, progress: Progress) -> SitingPlan:
    reachable, cost, rules = reachable_rows(question), question.site_cost, dict(question.rules.verb)
    if question.wish.count_cost == "stations":
        cost = (~question.standing).astype(np.float64)
    weight = np.where(reachable, question.demand.people, 0.0)
    cover = sp.csr_array(question.cover.multiply(reachable[None, :]))
    asked = np.flatnonzero(weight > 0)
    if question.wish.share >= 1 and len(asked):  # every row that can be reached and where somebody lives
        unmet = [floor.name for floor in rules.pop("floors", []) if _share_on(floor, asked) < floor.share - ROUNDING]
        if unmet:  # all rows that can be reached are covered, and these floors ask for more
            return SitingPlan("set_cover", Status.INFEASIBLE, None, math.nan, 0.0, conflict=(f"floors.{unmet[0]}",))
        problem = cover_problem("set_cover", cover[:, asked], weight[asked], cost=cost, **rules)
        return _spread(set_cover(problem, question.limits, progress), asked, len(weight))
    share = question.wish.share if len(asked) else 0.0
    problem = cover_problem("set_cover", cover, weight, cost=cost, share=share, **rules)
    return set_cover(problem, question.limits, progress)


def _share_on(floor: Floor, rows: Ints) -> float:
    """Return which share of the people of a floor is on some rows."""
    people = np.asarray(floor.weight, np.float64)
    return math.fsum(people[rows]) / math.fsum(people)


def _spread(plan: SitingPlan, asked: Ints, rows: int) -> SitingPlan:
    """Return a plan whose allocation is for all rows, those not asked for with −1."""
    if plan.plan is None:
        return plan
    allocation = np.full(rows, -1, np.int64)
    allocation[asked] = plan.allocation
    return replace(plan, plan=replace(plan.plan, allocation=allocation, served=None))


def _p_median(question: StationQuestion, progress: Progress) -> SitingPlan:
    problem = walking_problem(question, question.p, question.wish.most_cost)
    return without_beyond(question, p_median(problem, question.limits, progress))


def walking_problem(question: StationQuestion, p: int | None, budget: float | None) -> MedianProblem:
    """Return the problem of the least walking in all, with one site more, the last, which serves everybody.

    It stands for no site: whoever has none nearer counts with the farthest walk that matters.
    """
    far, own = farthest_walk(question.coverage, question.wish), len(question.stations)
    beyond = sp.csr_array(np.full((1, question.walks.shape[1]), far))
    cost = sp.csr_array(sp.vstack([question.walks, beyond], format="csr"))
    rules = {**question.rules.verb, "required": np.append(question.rules.verb["required"], own).astype(np.int64)}
    if budget is not None:
        rules |= {"budget": budget, "site_cost": np.append(question.site_cost, 0.0)}
    return median_problem("p_median", cost, question.demand.weight, None if p is None else p + 1, **rules)


def without_beyond(question: StationQuestion, plan: SitingPlan) -> SitingPlan:
    """Return a plan of a :func:`walking_problem` without the site that stands for no site."""
    if plan.plan is None:
        return plan
    inner, last = plan.plan, len(question.stations)
    allocation = np.where(inner.allocation == last, -1, inner.allocation)
    return replace(plan, plan=replace(inner, sites=inner.sites[inner.sites != last], allocation=allocation))


def _p_center(question: StationQuestion, progress: Progress) -> SitingPlan:
    asked = np.flatnonzero(reachable_rows(question) & (question.demand.people > 0))
    rules = dict(question.rules.verb)
    if question.wish.most_cost is not None:
        rules |= {"budget": question.wish.most_cost, "site_cost": question.site_cost}
    problem = median_problem("p_center", sp.csr_array(question.walks[:, asked]), None, question.p, **rules)
    return _spread(p_center(problem, question.limits, progress), asked, len(question.demand))


_VERBS: dict[str, Callable[[StationQuestion, Progress], SitingPlan]] = {
    "max_cover": _max_cover,
    "set_cover": _set_cover,
    "p_median": _p_median,
    "p_center": _p_center,
}


def stations_of(question: StationQuestion, sites: Ints) -> Ints:
    """Return the sites of a plan with those of today that it dropped for nothing.

    A plan may leave out a station that might move although nobody moves there: it stays, as long as the rules let it.
    """
    kept = set(sites.tolist())
    dropped = [site for site in np.flatnonzero(question.movable).tolist() if site not in kept]
    room = math.inf if question.p is None else question.p - len(kept)
    pairs = question.rules.verb.get("spacing", np.empty((0, 2), np.int64))
    for site in dropped:
        foes = set(pairs[(pairs == site).any(axis=1)].ravel().tolist()) - {site}
        if room > 0 and not foes & kept:
            kept.add(site)
            room -= 1
    return np.array(sorted(kept), np.int64)


def district_with(question: StationQuestion, sites: Ints, district: District) -> District:
    """Return a district as a plan would have it: new stations opened, those that close or move gone."""
    gone = [*question.wish.standing.close, *question.ids[np.setdiff1d(question.today, sites)]]
    new = question.stations.iloc[sites[sites >= question.first_candidate]]
    district = district.without_stations(gone) if gone else district
    return district.with_stations(new) if len(new) else district


@dataclass(frozen=True, eq=False)
class Remeasured:
    """A plan measured on the ground.

    Attributes
    ----------
    coverage
        The five-minute circle with the plan in it.
    covered
        To what share each row is covered, shape (rows,).
    objective
        The objective of the goal, from these walks alone.
    """

    coverage: CoverageResult
    covered: Floats
    objective: float


def remeasured(question: StationQuestion, sites: Ints) -> Remeasured:
    """Measure a plan through :func:`workbench.coverage.assess_coverage`, and hold it against the model."""
    coverage = assess_coverage(district_with(question, sites, question.coverage.district), question.coverage.scenario)
    walk = walk_to_nearest(coverage, question.demand, question.mode, question.level)
    wish = question.wish
    if wish.backup > 1:
        measured = (_reached_by(coverage, question) >= wish.backup).astype(np.float64)
    else:
        measured = cover_share(walk, question.limit, question.fades_at)
    claimed = covered_by(question, sites)
    apart = np.flatnonzero(np.abs(measured - claimed) > 0)
    if len(apart):
        point = question.coverage.district.demand["id"].iloc[question.demand.point[apart[0]]]
        raise CheckError(
            Problem(
                "siting", "the plan as measured covers other people than the model claims", str(point),
                expected=f"{claimed[apart[0]]:g}", found=f"{measured[apart[0]]:g}, {len(apart)} rows in all",
            )
        )  # fmt: skip
    return Remeasured(coverage, measured, _objective(question, sites, measured, walk))


def covered_by(question: StationQuestion, sites: Ints) -> Floats:
    """Return to what share the model says each row is covered by some sites, shape (rows,)."""
    return Layers(question.cover, question.demand.people, question.wish.backup).under(sites).share


def nearest_walk(question: StationQuestion, sites: Ints) -> Floats:
    """Return how far the model says each row walks to the nearest of some sites, shape (rows,)."""
    table = question.walks[sites].tocoo()
    walk = np.full(len(question.demand), np.inf)
    np.minimum.at(walk, table.col, table.data)
    return walk


def _reached_by(coverage: CoverageResult, question: StationQuestion) -> Ints:
    """Return how many stations that count each row has within the limit."""
    level = coverage.district.stations["level"].to_numpy(object)
    counts = (level == question.level) | (question.wish.level == "any")
    names: tuple[str | None, ...] = question.demand.blocks or (None,)
    found = [coverage.cost_matrix(question.mode, name)[np.flatnonzero(counts)] for name in names]
    return np.concatenate([np.bincount(table.indices, minlength=table.shape[1]) for table in found])


def _objective(question: StationQuestion, sites: Ints, covered: Floats, walk: Floats) -> float:
    wish, weight = question.wish, question.demand.weight
    if wish.goal == "max_cover":
        return math.fsum(weight * covered)
    if wish.goal == "set_cover":
        new = sites[sites >= question.first_candidate]
        return float(len(new)) if wish.count_cost == "stations" else math.fsum(question.site_cost[new])
    far = farthest_walk(question.coverage, wish)
    if wish.goal == "p_median":
        return math.fsum(weight * np.minimum(walk, far))
    asked = reachable_rows(question) & (question.demand.people > 0)
    return float(walk[asked].max()) if asked.any() else 0.0


def check_objective(question: StationQuestion, plan: SitingPlan, measured: Remeasured) -> None:
    """Hold the objective of a plan against what was measured."""
    if question.wish.capacity is not None:
        return  # who is served is less than who is within reach
    check_worth(plan.objective, measured.objective, question.wish.goal)


def check_worth(claimed: float, measured: float, what: str) -> None:
    """Hold what a model claims against what was measured."""
    if not math.isclose(claimed, measured, rel_tol=1e-9, abs_tol=1e-6):
        raise CheckError(
            Problem(
                "siting", "the plan as measured is not worth what the model claims", key=what,
                expected=f"{claimed!r}", found=f"{measured!r}",
            )
        )  # fmt: skip
