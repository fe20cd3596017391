"""The plan in terms: what is built first, what later, and what the order costs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np
import pandas as pd

from workbench.arrays import Ints
from workbench.coverage.doors import share
from workbench.locate import Phase, PhasedPlan, PhaseStep, phased_cover
from workbench.progress import SILENT, Progress
from workbench.results import Value, present
from workbench.siting.answer import Remeasured, check_worth, remeasured
from workbench.siting.question import StationQuestion
from workbench.siting.result import PlanStudy, SitingResult, conflict_words, money_range, worst_community


@dataclass(frozen=True, eq=False)
class Term:
    """One term of the plan, measured.

    Attributes
    ----------
    step
        What it adds, with its bound.
    new
        Positions of the new stations that it adds, ascending.
    years
        When it begins and ends, counted from the beginning of the plan.
    measured
        The five-minute circle at its end.
    """

    step: PhaseStep
    new: Ints
    years: tuple[float, float]
    measured: Remeasured

    @property
    def name(self) -> str:
        """Its name, in Chinese."""
        return self.step.phase.name


@dataclass(frozen=True, eq=False, repr=False)
class PhasesResult(PlanStudy):
    """The plan in terms; made by :func:`site_in_phases`.

    Attributes
    ----------
    plan
        What the solver found.
    terms
        The terms in order; empty where there is no plan.
    """

    plan: PhasedPlan
    terms: tuple[Term, ...]
    study: ClassVar[str] = "siting_phases"
    answer: ClassVar[str] = "table"
    on_terminal: ClassVar[tuple[str, ...]] = (
        "分期建设计划",
        "分期规则冲突",
    )

    @property
    def status(self) -> str:
        """OPTIMAL, FEASIBLE, INFEASIBLE or UNKNOWN."""
        return str(self.plan.status)

    @property
    def conflict(self) -> list[str]:
        """The rules that contradict each other, in words; empty where there is a plan."""
        return [conflict_words(self.siting.question, rule) for rule in self.plan.conflict]

    def opened(self, term: Term) -> list[str]:
        """Return the identifiers of the stations that a term adds, in order."""
        return [str(name) for name in self.siting.question.ids[term.new]]

    def cost(self, term: Term) -> float:
        """Return the capex of a term, 万元; not a number where one is not known."""
        question = self.siting.question
        return float(
            question.candidates.ledger["capex"].to_numpy(np.float64)[term.new - question.first_candidate].sum()
        )

    def table(self) -> pd.DataFrame:
        """Return the terms, one row each, not rounded."""
        question = self.siting.question
        everybody = question.demand.total
        rows = []
        for term in self.terms:
            covered = math.fsum(question.demand.people * term.measured.covered)
            rows.append(
                {
                    "name": term.name,
                    "begins": term.years[0],
                    "ends": term.years[1],
                    "new": len(term.new),
                    "sites": "、".join(self.opened(term)),
                    "capex": self.cost(term),
                    "covered": covered,
                    "share": share(covered, everybody),
                    "worst": worst_community(term.measured.coverage, question.mode, question.level),
                    "price": term.step.price,
                    "gap": term.step.gap,
                }
            )
        return pd.DataFrame(rows)

    def values(self) -> Iterator[Value]:
        """Measure what the order costs in each term."""
        demand = self.siting.question.demand
        for t in self.terms:
            words = {"term": t.name, "in_unit": demand.unit, "who": demand.who}
            yield self.of_plan("siting.phases.price", t.step.price, demand.total, **words)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the terms, rounded, in Chinese; or the rules in conflict."""
        if not self.terms:
            return {"分期规则冲突": pd.DataFrame({"互相矛盾的规则": self.conflict})} if self.conflict else {}
        table = self.table()
        table["years"] = [f"第 {a:g}–{b:g} 年" for a, b in zip(table["begins"], table["ends"], strict=True)]
        table["capex_range"] = [money_range(self.siting, value) for value in table["capex"]]
        table["worst"] = ["" if value is None else value for value in table["worst"]]
        table["gap"] *= 100
        named = self.siting.question.titles
        table["sites"] = ["、".join(map(named.__getitem__, self.opened(term))) for term in self.terms]
        return {"分期建设计划": present(table, _TERM, unit=self.siting.question.demand.unit).infer_objects()}


_TERM: Final = (
    "name@term", "years", "new", "sites", "capex_range", "covered@term", "share@term", "worst@term", "price@term",
    "gap@bound",
)  # fmt: skip


def site_in_phases(siting: SitingResult, *, progress: Progress = SILENT) -> PhasesResult:
    """Say what to build in which term, so that what one term builds stands in every later one.

    Parameters
    ----------
    siting
        The plan without terms, whose question is asked.
    progress
        Told of each term.

    Returns
    -------
    PhasesResult
        Every term measured again on the district as it would be then. Required candidates are built in the first.

    Raises
    ------
    CheckError
        If a measurement does not confirm what the plan claims.
    """
    question, wish = siting.question, siting.question.wish
    progress.step("siting_phases", 0, 2)
    plan = phased_cover(
        replace(question.problem, p=None, budget=None), question.limits, progress.within("siting_phases"),
        phases=_phases(question), priority=wish.phases.priority, carry=wish.phases.carry, required_counts=True,
    )  # fmt: skip
    progress.step("siting_phases", 1, 2)
    terms, begins = [], 0.0
    for step in plan.found:
        measured = remeasured(question, step.plan.sites)
        check_worth(step.plan.objective, math.fsum(question.demand.weight * measured.covered), step.phase.name)
        new = step.added[step.added >= question.first_candidate]
        ends = begins + step.phase.years
        terms.append(Term(step, new, (begins, ends), measured))
        begins = ends
    progress.step("siting_phases", 2, 2)
    return PhasesResult(siting, plan, tuple(terms))


def _phases(question: StationQuestion) -> list[Phase]:
    """Return the terms as phases: the stations of today count in the first, and cost nothing."""
    stood = len(question.today)
    return [
        Phase(
            term.name,
            p=None if term.stations is None else term.stations + (stood if place == 0 else 0),
            budget=term.budget,
            years=term.years,
        )
        for place, term in enumerate(question.wish.phases.terms)
    ]
