"""What every study of a plan shares: its question, its scenario, its fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from workbench.planning.result import SitingResult
from workbench.results import Kpi, StudySurface
from workbench.scenario import Scenario


@dataclass(frozen=True, eq=False, repr=False)
class PlanStudy(StudySurface):
    """A study of a siting plan.

    Attributes
    ----------
    siting
        The plan that it starts from.
    """

    siting: SitingResult
    part: ClassVar[str] = ""

    @property
    def scenario(self) -> Scenario:
        """The intent."""
        return self.siting.scenario

    @property
    def status(self) -> str:
        """The worst status among the plans of the study."""
        return self.siting.status

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground, package version and the name of the study."""
        return hashlib.sha256(f"{self.part}\n{self.siting.question.coverage.fingerprint}".encode()).hexdigest()

    def kpi(self, key: str, words: str, value: float | None, unit: str, of: str, total: float | None) -> Kpi:
        """Return a number about all residents, in the mode and at the level of the plan; no standard sets it."""
        question = self.siting.question
        return Kpi(
            key, words, value, unit, of, total, str(question.mode), "全体居民", str(question.level), "不涉及标准"
        )  # fmt: skip


_WORST = ("INFEASIBLE", "UNKNOWN", "FEASIBLE", "OPTIMAL")


def worst_status(statuses: list[str]) -> str:
    """Return the least sure of some statuses; OPTIMAL when there are none."""
    return next((status for status in _WORST if status in statuses), "OPTIMAL")
