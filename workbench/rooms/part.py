"""What every study of a timetable shares: its scenario, its ground, its fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from workbench.district import District
from workbench.results import Kpi, StudySurface
from workbench.rooms.result import TimetableResult
from workbench.scenario import Scenario

NO_CLAUSE = "不涉及标准"


@dataclass(frozen=True, eq=False, repr=False)
class RoomStudy(StudySurface):
    """A study of a timetable.

    Attributes
    ----------
    base
        The timetable that it starts from.
    """

    base: TimetableResult
    part: ClassVar[str] = ""

    @property
    def scenario(self) -> Scenario:
        """The intent."""
        return self.base.scenario

    @property
    def district(self) -> District:
        """The ground."""
        return self.base.district

    @property
    def status(self) -> str:
        """MEASURED for a measurement; OPTIMAL, FEASIBLE or INFEASIBLE for a decision."""
        return self.base.status

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground, package version, catalogue of functions and the name of the study."""
        return hashlib.sha256(f"{self.base.fingerprint}\n{self.part}".encode()).hexdigest()

    def kpi(self, key: str, name: str, value: float | None, unit: str, of: tuple[str, float | None]) -> Kpi:
        """Return a number of this study; ``of`` is its denominator in words and size."""
        return Kpi(f"{self.part}.{key}", name, value, unit, *of, "", "全体居民", "", NO_CLAUSE)
