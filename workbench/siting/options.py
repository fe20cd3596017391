"""Options to compare: build nothing, change the hours, the best plan, and others nearly as good."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd

from workbench.arrays import Ints
from workbench.catalogue.terms import Mode, label
from workbench.coverage import CoverageResult, SpaceTimeResult, assess_space_time
from workbench.coverage.doors import share
from workbench.coverage.space_time import staff_cost, staff_hours_added, with_longer_hours
from workbench.coverage.timetable import LongerHours
from workbench.locate import SitingPlan
from workbench.progress import SILENT, Progress
from workbench.results import Value, present
from workbench.siting.answer import others, remeasured
from workbench.siting.result import PlanStudy, SitingResult, money_range, walk_quantile, worst_community, worst_status
from workbench.solving import Status

_NAME = "siting_options"
_NAMES = "ABCDEFGHIJK"
_HOURS = (LongerHours.SAT_SUN, LongerHours.LUNCH, LongerHours.EVENING)


@dataclass(frozen=True, eq=False)
class Option:
    """One option, measured.

    Attributes
    ----------
    name
        What it is called on tables, in Chinese.
    sites
        Positions of its new stations; none where nothing is built.
    coverage
        The five-minute circle with it.
    week
        Its week of opening hours.
    plan
        Its plan, where it is one.
    """

    name: str
    sites: Ints
    coverage: CoverageResult
    week: SpaceTimeResult
    plan: SitingPlan | None = None


@dataclass(frozen=True, eq=False, repr=False)
class OptionsResult(PlanStudy):
    """Options side by side; made by :func:`compare_options`.

    Attributes
    ----------
    options
        Build nothing first, then longer hours, then plans from the best on.
    """

    options: tuple[Option, ...]
    study: ClassVar[str] = _NAME
    answer: ClassVar[str] = "matrix"
    on_terminal: ClassVar[tuple[str, ...]] = ("方案比选矩阵",)

    @property
    def status(self) -> str:
        """OPTIMAL if every plan is proven; else the least sure."""
        plans = [option.plan for option in self.options if option.plan is not None]
        return worst_status([self.siting.status, *(str(plan.status) for plan in plans)])

    def matrix(self) -> pd.DataFrame:
        """Return the numbers of every option, one row each, not rounded."""
        return pd.DataFrame([_numbers(self.siting, option, self.options[0]) for option in self.options])

    def values(self) -> Iterator[Value]:
        """Measure how many options there are that build something."""
        yield self.of_plan("siting.options", sum(o.plan is not None for o in self.options), len(self.options))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the comparison matrix and the sites of each plan."""
        found = {"方案比选矩阵": _reading(self), "各方案站点": self.sites_table()}
        return {title: table for title, table in found.items() if not table.empty}

    def sites_table(self) -> pd.DataFrame:
        """Return which candidates are in which plan."""
        question = self.siting.question
        plans = [option for option in self.options if option.plan is not None]
        every = sorted({int(site) for option in plans for site in option.sites})
        ledger = question.candidates.ledger.iloc[np.array(every, np.int64) - question.first_candidate]
        where = ledger["id"].map(question.places)
        table = pd.DataFrame({"编号": ledger["id"], "场所": ledger["name"], "位置": where}).reset_index(drop=True)
        for option in plans:
            table[option.name] = ["●" if site in set(option.sites.tolist()) else "" for site in every]
        table["入选次数"] = (table[[option.name for option in plans]] == "●").sum(axis=1) if plans else 0
        return table


def compare_options(siting: SitingResult, *, progress: Progress = SILENT) -> OptionsResult:
    """Set a plan beside building nothing, beside longer hours alone, and beside plans that differ from it.

    Parameters
    ----------
    siting
        The plan.
    progress
        Told of each option.

    Returns
    -------
    OptionsResult
        Every option measured on its own district; alternatives are found for ``max_cover`` only, each the best that
        differs from all before it in as many stations as the scenario says.
    """
    question = siting.question
    plans = _plans(siting, progress)
    steps, none = 1 + len(plans), np.empty(0, np.int64)
    progress.step("siting_options", 0, steps)
    week = assess_space_time(siting.before)
    options = [Option("不新建（现状）", none, siting.before, week)]
    options += [
        Option(f"不新建，只改时段：{label(hours)}", none, siting.before, with_longer_hours(week, hours))
        for hours in _HOURS
    ]
    progress.step("siting_options", 1, steps)
    for place, plan in enumerate(plans):
        coverage = remeasured(question, plan.sites).coverage if place else siting.after
        new = plan.sites[plan.sites >= question.first_candidate]
        best = "最优" if plan.status is Status.OPTIMAL else "目前最好"
        name = f"方案{_NAMES[place]}（{'备选' if place else best}）"
        options.append(Option(name, new, coverage, assess_space_time(coverage), plan))
        progress.step("siting_options", 2 + place, steps)
    return OptionsResult(siting, tuple(options))


def _plans(siting: SitingResult, progress: Progress) -> list[SitingPlan]:
    """Return the plan and others that differ from it."""
    question, wish = siting.question, siting.question.wish
    if siting.measured is None or not (len(siting.new_sites) or siting.closed):
        return []
    chosen = np.setdiff1d(siting.plan.sites, question.row_of(list(wish.candidates.required)))
    apart = min(wish.alternatives.apart, int((~question.standing[chosen]).sum()))
    if wish.goal != "max_cover" or not apart or not wish.alternatives.count:
        return [siting.plan]
    return [siting.plan, *others(question, siting.plan, wish.alternatives.count, apart, progress.within(_NAME))]


def _numbers(siting: SitingResult, option: Option, today: Option) -> dict[str, float | str | None]:
    coverage, question = option.coverage, siting.question
    level, everybody = question.level, float(coverage.populace.residents.sum())
    capex = question.candidates.ledger["capex"].to_numpy(np.float64)[option.sites - question.first_candidate]
    reached = coverage.cost_matrix(Mode.COMPLIANCE)
    twice = np.bincount(reached.indices, minlength=reached.shape[1]) > 1
    row: dict[str, Any] = {"name": option.name, "new": len(option.sites), "capex": float(capex.sum())}
    for mode in (Mode.COMPLIANCE, Mode.EXPERIENCE):
        people = float(coverage.covered_residents(mode, level).sum())
        row[f"covered_{mode}"], row[f"share_{mode}"] = people, share(people, everybody)
    row["worst"] = worst_community(coverage, Mode.COMPLIANCE, level)
    row["p90"] = walk_quantile(coverage, 0.9)
    row["twice"] = share(float(coverage.populace.residents[twice].sum()), everybody)
    row["accessible"] = share(option.week.accessible(Mode.COMPLIANCE), everybody)
    row["person_hours"] = option.week.person_hours(Mode.COMPLIANCE)
    row["staff_hours"] = staff_hours_added(today.week, option.week)
    row["staff_cost"] = staff_cost(row["staff_hours"], coverage.scenario)
    row["objective"] = option.plan.objective if option.plan is not None else math.nan
    return row


_MATRIX: Final = (
    "name@option", "new", "capex_range", "covered_compliance@option", "share_compliance@option",
    "share_experience@option", "worst@option", "p90@option", "twice", "accessible@option", "person_hours@option",
    "staff_hours", "staff_cost", "behind",
)  # fmt: skip


def _reading(result: OptionsResult) -> pd.DataFrame:
    table = result.matrix()
    table["capex_range"] = [money_range(result.siting, value) if value else "0" for value in table["capex"]]
    top = table["objective"].max()
    behind = 100 * (top - table["objective"]) / top if top else table["objective"] - top
    table["behind"] = behind.astype(object).where(behind.notna(), "")
    return present(table, _MATRIX).infer_objects()
