"""How coverage trades against money, and against the worst-off: Pareto frontiers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pandas as pd

from workbench.coverage.doors import share
from workbench.locate import CostFrontier, EquityFrontier, Group, cover_cost_frontier, cover_equity_frontier
from workbench.progress import SILENT, Progress
from workbench.results import Value, present
from workbench.siting.question import StationQuestion, people_of_each
from workbench.siting.result import PlanStudy, SitingResult, money_range, who_is, worst_status


@dataclass(frozen=True, eq=False, repr=False)
class FrontiersResult(PlanStudy):
    """Frontiers of coverage; made by :func:`trace_frontiers`.

    Attributes
    ----------
    cost
        Coverage against capex; None where it was not asked for.
    equity
        Coverage against the least share covered; None where it was not asked for.
    """

    cost: CostFrontier | None
    equity: EquityFrontier | None
    study: ClassVar[str] = "siting_frontiers"
    answer: ClassVar[str] = "cost_table"

    @property
    def status(self) -> str:
        """OPTIMAL if every point is proven; else the least sure."""
        return worst_status([str(one.status) for one in (self.cost, self.equity) if one is not None])

    def cost_table(self) -> pd.DataFrame:
        """Return the plans that nothing beats in coverage and cost, the cheapest first."""
        question = self.siting.question
        points = () if self.cost is None else self.cost.points
        return pd.DataFrame(
            {
                "new": _new(question, point.sites),
                "capex": point.cost,
                "covered": point.covered,
                "share": share(point.covered, question.demand.total),
                "bound": point.most_covered,
                "status": str(point.status),
            }
            for point in points
        )

    def equity_table(self) -> pd.DataFrame:
        """Return the plans that nothing beats in coverage and the least share, those that cover most first."""
        question = self.siting.question
        points = () if self.equity is None else self.equity.points
        return pd.DataFrame(
            {
                "new": _new(question, point.sites),
                "covered": point.covered,
                "share": share(point.covered, question.demand.total),
                "least": 100 * point.least_share,
                "worst": point.worst,
                "status": str(point.status),
            }
            for point in points
        )

    def values(self) -> Iterator[Value]:
        """Measure what the best least share costs in people covered."""
        table, demand = self.equity_table(), self.siting.question.demand
        if len(table):
            price = table["covered"].iloc[0] - table["covered"].iloc[-1]
            yield self.of_plan("siting.equity.price", price, demand.total, in_unit=demand.unit, who=demand.who)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the frontiers, rounded, in Chinese."""
        question = self.siting.question
        unit, each = question.demand.unit, question.wish.frontiers.each
        found: dict[str, pd.DataFrame] = {}
        cost, equity = self.cost_table(), self.equity_table()
        if len(cost):
            cost["capex_range"] = [money_range(self.siting, value) for value in cost["capex"]]
            shown = present(cost, ("new", "capex_range", "covered@plan", "share", "status"), unit=unit)
            found["覆盖与投资的取舍"] = shown.infer_objects()
        if len(equity):
            equity["worst"] = [who_is(question, each, name) for name in equity["worst"]]
            shown = present(equity, ("new", "covered@plan", "share", "least", "worst@least", "status"), unit=unit)
            found["覆盖与最弱者的取舍"] = shown.infer_objects()
        return found


def _new(question: StationQuestion, sites: Any) -> int:
    return int((sites >= question.first_candidate).sum())


def trace_frontiers(siting: SitingResult, *, progress: Progress = SILENT) -> FrontiersResult:
    """Trace how coverage trades against money, and against the worst-off.

    Parameters
    ----------
    siting
        A plan of the goal ``max_cover``, whose other rules hold on both frontiers.
    progress
        Told of each frontier.

    Returns
    -------
    FrontiersResult
        People are counted as they are, not by the weights of groups. Floors hold on the first frontier only: the second
        shows what they could be.
    """
    question, wish = siting.question, siting.question.wish
    course = progress.within("siting_frontiers")
    problem = replace(question.problem, weight=question.demand.people)
    cost = equity = None
    progress.step("siting_frontiers", 0, 2)
    if wish.frontiers.cost_points:
        cost = cover_cost_frontier(
            replace(problem, budget=None), question.limits, course, most=wish.frontiers.cost_points
        )
    progress.step("siting_frontiers", 1, 2)
    if wish.frontiers.equity_points:
        people = people_of_each(siting.before, wish.frontiers.each, question.demand, "siting.frontiers.each")
        equity = cover_equity_frontier(
            replace(problem, rules=replace(problem.rules, floors=())), question.limits, course,
            groups=[Group(*one) for one in people], most=wish.frontiers.equity_points,
        )  # fmt: skip
    progress.step("siting_frontiers", 2, 2)
    return FrontiersResult(siting, cost, equity)
