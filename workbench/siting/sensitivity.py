"""Whether a plan stands when pace, limit or population move, and which sites are in every good plan."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import scipy.sparse as sp

from workbench.arrays import Floats
from workbench.catalogue.terms import Mode
from workbench.locate import Membership, PlanUnder, SiteRegrets, plan_under, site_regret
from workbench.progress import SILENT, Progress
from workbench.results import Value, number, rounded
from workbench.siting.answer import covered_by
from workbench.siting.question import StationQuestion, cover_of, members, site_walks
from workbench.siting.result import PlanStudy, SitingResult, worst_status
from workbench.solving import Status, heeded_interrupt

_MEMBERSHIP = {
    Membership.ALL: "必选：每个近似最优方案都有",
    Membership.SOME: "可换：有的近似最优方案没有",
    Membership.NONE: "不入选：任何近似最优方案都没有",
    Membership.UNKNOWN: "未知：时限内未查明",
}
_SPARE = "可替补：有的近似最优方案选它"
"""Of a site that the plan has not, where ``SOME`` says of one that it has that others do without."""


@dataclass(frozen=True, eq=False, repr=False)
class SensitivityResult(PlanStudy):
    """How a plan fares when assumptions move; made by :func:`try_assumptions`.

    Attributes
    ----------
    under
        The plan against the best one of each variant.
    regrets
        What is lost without each chosen site, and with each other.
    asked
        How many variants there are; Ctrl-C may have come before all were tried.
    """

    under: PlanUnder
    regrets: SiteRegrets
    asked: int
    study: ClassVar[str] = "siting_sensitivity"

    @property
    def status(self) -> str:
        """OPTIMAL if every variant was tried and its best plan is proven; else the least sure.

        A variant whose rules leave no plan at all is no doubt about this one.
        """
        tried = [outcome.optimum.status for outcome in self.under.variants]
        known = [str(status) for status in tried if status is not Status.INFEASIBLE]
        return worst_status([*known, "UNKNOWN"] if len(tried) < self.asked else known)

    @property
    def regret_shares(self) -> Floats:
        """Loss of the plan against the best of each variant, %, shape (variants,); not a number where unknown."""
        return np.array([_regret_share(outcome) for outcome in self.under.variants], np.float64)

    @property
    def worst_regret(self) -> float | None:
        """Largest loss of the plan against the best of a variant, %."""
        known = self.regret_shares[np.isfinite(self.regret_shares)]
        return float(known.max()) if len(known) else None

    def values(self) -> Iterator[Value]:
        """Measure the worst regret, and how many sites are in every good plan."""
        count = len(self.under.variants)
        tried = f"（只试了 {count}/{self.asked} 种假设）" if count < self.asked else ""
        yield self.of_plan("siting.regret", self.worst_regret, None, tried=tried)
        certain = np.isin(self.regrets.members(Membership.ALL), self.siting.new_sites).sum()
        yield self.of_plan("siting.certain", certain, len(self.siting.opened))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the variants and the sites, rounded, in Chinese."""
        found = {"假设变动下的方案": self._variants(), "站点的去留余地": self._sites()}
        return {title: table for title, table in found.items() if not table.empty}

    def _variants(self) -> pd.DataFrame:
        question, base = self.siting.question, set(self.siting.opened)
        rows = []
        for outcome in self.under.variants:
            best = outcome.optimum
            row: dict[str, Any] = {"假设": outcome.name, f"本方案（{question.demand.unit}）": round(outcome.value)}
            if best.plan is None:
                rows.append(row | {"该假设下最优": str(best.status)})
                continue
            chosen = {str(question.ids[site]) for site in best.sites if site >= question.first_candidate}
            row |= {"该假设下最优": round(best.objective), "后悔（%）": rounded(_regret_share(outcome), "%")}
            row |= {
                "仍入选的站": f"{len(base & chosen)}/{len(base)}",
                "换入": "、".join(question.titles[name] for name in sorted(chosen - base)),
            }
            rows.append(row | {"状态": str(best.status)})
        return pd.DataFrame(rows)

    def _sites(self) -> pd.DataFrame:
        question, ledger = self.siting.question, self.siting.question.candidates.ledger
        rows = []
        for item in self.regrets.sites:
            if item.site < question.first_candidate:
                continue
            if item.membership is Membership.NONE and not item.chosen:
                continue
            place = ledger.iloc[item.site - question.first_candidate]
            spare = item.membership is Membership.SOME and not item.chosen
            rows.append(
                {
                    "编号": place["id"],
                    "场所": place["name"],
                    "位置": question.places[place["id"]],
                    "本方案": "入选" if item.chosen else "",
                    f"改变去留的损失（{question.demand.unit}）": number(item.regret, 0),
                    "假设变动时入选（%）": number(100 * self.under.frequency[item.site], 0),
                    "结论": _SPARE if spare else _MEMBERSHIP[item.membership],
                }
            )
        return pd.DataFrame(rows)


def _regret_share(outcome: Any) -> float:
    best = outcome.optimum
    if best.plan is None or not best.objective:
        return float("nan")
    return float(100 * max(0.0, outcome.regret) / best.objective)


def try_assumptions(siting: SitingResult, *, progress: Progress = SILENT) -> SensitivityResult:
    """Try a plan under other paces, limits and populations, and each of its sites for what it is worth.

    Parameters
    ----------
    siting
        A plan of the goal ``max_cover``.
    progress
        Told of each step.

    Returns
    -------
    SensitivityResult
        Ctrl-C ends it early. The spreads are those of the scenario's ``robustness``; that everybody is a tenth more or
        fewer changes no plan, so that the people of one subdistrict after the other are.
    """
    question, wish = siting.question, siting.question.wish
    course, problem = progress.within("siting_sensitivity"), question.problem
    progress.step("siting_sensitivity", 0, 2)
    free = replace(problem, rules=replace(problem.rules, floors=()))  # a floor of today's people is no rule on others
    variants = {name: free.under(cover, weight) for name, cover, weight in _variants(question)}
    won = math.fsum(
        question.demand.weight * (covered_by(question, siting.plan.sites) - covered_by(question, question.today))
    )
    worth = siting.plan.objective
    tolerance = question.coverage.scenario.standard(wish.near_optimal) * max(won, 0.0) / worth if worth else 0.0
    with heeded_interrupt():  # one Ctrl-C ends both
        under = plan_under(variants, siting.plan.sites, question.limits, course)
        progress.step("siting_sensitivity", 1, 2)
        regrets = site_regret(problem, question.limits, course, tolerance=tolerance, most=_MOST_TRIED)
    progress.step("siting_sensitivity", 2, 2)
    return SensitivityResult(siting, under, regrets, len(variants))


_MOST_TRIED = 30  # sites outside of the plan that are tried by a search


def _variants(question: StationQuestion) -> Iterator[tuple[str, sp.csr_array, Floats]]:
    """Give each variant a name, its cover and its weights."""
    scenario = question.coverage.scenario
    rules = scenario.robustness
    spread = {name: scenario.standard(getattr(rules, name)) for name in ("pace", "limit", "population")}
    weight = question.demand.weight
    yield "现行假设", question.cover, weight
    widest = question.limit * (1 + spread["limit"]) if question.fades_at is None else question.fades_at
    walks = _walks(question, max(widest, question.limit * (1 + spread["limit"])))
    for word, factor in (("−", 1 - spread["limit"]), ("+", 1 + spread["limit"])):
        cover = cover_of(walks, question.limit * factor, question.fades_at)
        yield f"限值 {word}{spread['limit']:.0%}", cover, weight
    if question.mode is Mode.EXPERIENCE:
        far = question.limit if question.fades_at is None else question.fades_at
        for word, factor in (("−", 1 - spread["pace"]), ("+", 1 + spread["pace"])):
            cover = cover_of(_walks(question, far, factor), question.limit, question.fades_at)
            yield f"步速 {word}{spread['pace']:.0%}", cover, weight
    area = members(question.coverage, question.demand, "subdistrict")
    for name in sorted(area.dropna().unique()):
        here = (area == name).to_numpy()
        for word, factor in (("−", 1 - spread["population"]), ("+", 1 + spread["population"])):
            moved = np.where(here, weight * factor, weight)
            yield f"{name}人口 {word}{spread['population']:.0%}", question.cover, moved


def _walks(question: StationQuestion, farthest: float, pace: float = 1.0) -> Any:
    return site_walks(
        question.coverage, question.demand, question.mode, question.ground, question.order, farthest, pace
    )
