"""The marginal curve: what each further station is worth, and where it bends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Final

import numpy as np
import pandas as pd

from workbench.arrays import Floats, Ints
from workbench.locate import SitingPlan, max_cover_curve, p_median_curve
from workbench.progress import SILENT, Progress
from workbench.results import Value, present
from workbench.siting.answer import solved, walking_problem, without_beyond
from workbench.siting.question import MOVED, StationQuestion
from workbench.siting.result import PlanStudy, SitingResult, objective_unit, worst_status
from workbench.solving import heeded_interrupt

WITH_CURVE: Final = ("max_cover", "p_median")
"""Goals that are asked for a number of stations; the others find the number, or the farthest walk."""


@dataclass(frozen=True, eq=False, repr=False)
class CurveResult(PlanStudy):
    """The best plan for every number of new stations; made by :func:`marginal_curve`.

    It has no point where nothing stands and nothing can be built, or where the goal is none of :data:`WITH_CURVE`.

    Attributes
    ----------
    new
        Numbers of new stations, ascending.
    plans
        The best plan for each, with its own bound.
    """

    new: Ints
    plans: tuple[SitingPlan, ...]
    study: ClassVar[str] = "siting_curve"
    answer: ClassVar[str] = "table"

    @property
    def status(self) -> str:
        """OPTIMAL if every plan is proven; else the least sure."""
        return worst_status([str(plan.status) for plan in self.plans])

    @cached_property
    def objective(self) -> Floats:
        """Objective for each number, not a number where there is no plan."""
        return np.array([plan.objective if plan.plan is not None else np.nan for plan in self.plans])

    @cached_property
    def bound(self) -> Floats:
        """Bound for each number."""
        return np.array([plan.bound for plan in self.plans])

    @property
    def maximises(self) -> bool:
        """Whether more is better."""
        return self.siting.question.wish.goal == "max_cover"

    @cached_property
    def marginal(self) -> Floats:
        """What each station adds to, or saves from, the plan with one fewer; not a number for the first."""
        steps = np.diff(self.objective)
        return np.concatenate([[np.nan], steps if self.maximises else -steps])[: len(self.new)]

    @cached_property
    def knee(self) -> int | None:
        """The number from which on stations add clearly less: the farthest from the chord of the curve.

        Satopää et al. (2011), *Finding a "Kneedle" in a haystack*; None for fewer than three points, or a straight
        line. It is where the curve bends, not how many stations are enough.
        """
        known = np.isfinite(self.objective)
        if known.sum() < _FEWEST_TO_BEND:
            return None
        x, y = self.new[known].astype(np.float64), self.objective[known]
        run, rise = x[-1] - x[0], y[-1] - y[0]
        if run == 0 or rise == 0:
            return None
        lift = (y - y[0]) / rise - (x - x[0]) / run
        place = int(np.argmax(lift))
        return int(x[place]) if lift[place] > _STRAIGHT else None

    def table(self) -> pd.DataFrame:
        """Return the curve: number, objective, share, marginal value, bound, gap, status."""
        total = float(self.siting.question.demand.weight.sum())
        rows = []
        for new, plan, gain in zip(self.new.tolist(), self.plans, self.marginal, strict=True):
            found = plan.plan is not None
            worth = plan.objective if found else np.nan
            row = {"new": new, "objective": worth, "per_head": worth / total if total else np.nan}
            row |= {"marginal": gain, "bound": plan.bound, "gap": plan.gap if found else np.nan}
            rows.append(row | {"status": str(plan.status)})
        return pd.DataFrame(rows, columns=["new", "objective", "per_head", "marginal", "bound", "gap", "status"])

    @property
    def none(self) -> str:
        """Why there is no curve, in a sentence; empty where there is one."""
        if len(self.new):
            return ""
        if self.siting.question.wish.goal in WITH_CURVE:
            return "没有阵地，也没有可用候选，没有边际曲线。"
        return "本情景的选址目标不按新增处数求解，没有边际曲线。"

    def values(self) -> Iterator[Value]:
        """Measure where the curve bends."""
        yield self.of_plan("siting.knee", self.knee, self.new.max() if len(self.new) else None)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the curve, rounded, in Chinese; nothing where there is none."""
        if not len(self.new):
            return {}
        unit, table = objective_unit(self.siting.question), self.table()
        table["marginal"] = table["marginal"].astype(object).where(table["marginal"].notna(), "")
        table["gap"] *= 100
        table["knee"] = ["◀" if new == self.knee else "" for new in table["new"]]
        case = "@people" if unit in ("人", "户") else ""
        columns = (f"objective{case}", f"marginal{case}", f"bound{case}")
        return {
            "边际曲线": present(table, ("new", *columns, "gap@percent", "status", "knee"), unit=unit).infer_objects()
        }


_FEWEST_TO_BEND = 3
_STRAIGHT = 1e-9


def marginal_curve(siting: SitingResult, most: int | None = None, *, progress: Progress = SILENT) -> CurveResult:
    """Draw the curve of the best plans from no new station, or the first where none stands, to the most.

    Parameters
    ----------
    siting
        The plan whose question is asked for every number; budgets are left out, all other rules hold.
    most
        Most new stations; the scenario's ``siting.curve`` when not given. Never more than there are candidates, nor
        fewer than are required.
    progress
        Told of each plan.

    Returns
    -------
    CurveResult
        Ctrl-C ends it early. Without points where the goal is none of :data:`WITH_CURVE`: ``none`` says so.
    """
    question = siting.question
    free = int((question.rules.barred == "").sum())
    wanted = question.wish.curve if most is None else most
    stood, last = len(question.today), max(min(wanted, free), len(question.wish.candidates.required))
    if question.wish.goal not in WITH_CURVE or not stood + last:
        return CurveResult(siting, np.empty(0, np.int64), ())
    course, required = progress.within("siting_curve"), len(question.rules.verb["required"])
    progress.step("siting_curve", 0, 1)
    if question.movable.any():
        first = stood + len(question.wish.candidates.required)
        plans = _one_by_one(question, range(first - stood, last + 1), course)
    elif question.wish.goal == "p_median":
        walking = walking_problem(question, stood + last, None)
        found = p_median_curve(walking, question.limits, course)
        plans, first = tuple(without_beyond(question, plan) for plan in found), required
    else:
        problem = replace(question.problem, p=stood + last, budget=None)
        plans, first = max_cover_curve(problem, question.limits, course), max(1, required)
    progress.step("siting_curve", 1, 1)
    return CurveResult(siting, np.arange(first, first + len(plans)) - stood, tuple(plans))


def _one_by_one(question: StationQuestion, numbers: range, course: Progress) -> tuple[SitingPlan, ...]:
    """Return the plan for every number of new stations where some may move besides, which is a rule on each number."""
    plans: list[SitingPlan] = []
    movers = min(question.wish.standing.moves, int(question.movable.sum()))
    with heeded_interrupt() as interrupt:
        for new in numbers:
            wish = question.wish.model_copy(update={"stations": new, "budget": None})
            verb = question.rules.verb
            caps = [replace(cap, most=new + movers) if cap.name == MOVED else cap for cap in verb["at_most"]]
            rules = replace(question.rules, verb={**verb, "at_most": caps})
            plans.append(solved(replace(question, wish=wish, rules=rules), course))
            if interrupt.asked:
                break
    return tuple(plans)
