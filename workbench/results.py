"""What every study gives back: numbers that name their denominator, tables, and where they go."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import geopandas as gpd
import pandas as pd

from workbench.catalogue.indicators import declared_indicators
from workbench.catalogue.standards import Standard
from workbench.catalogue.terms import Quality, label
from workbench.ground.district import District
from workbench.privacy import WITHHELD, stand_in
from workbench.progress import Tell
from workbench.scenario import Scenario

DIGITS: Mapping[str, int] = {
    "%": 1,
    "百分点": 1,
    "m": 0,
    "min": 1,
    "人": 0,
    "户": 0,
    "个": 0,
    "处": 0,
    "场": 0,
    "项": 0,
    "对": 0,
    "人时": 0,
    "h": 1,
    "元": 0,
    "天": 0,
    "㎡·h": 0,
    "1": 2,
}
"""Decimals by unit; everything that is shown is rounded once, here."""


@dataclass(frozen=True)
class Kpi:
    """One number of a result, with everything needed to defend it.

    Parameters
    ----------
    key
        What it is, dotted.
    label
        The same in Chinese.
    value
        The number; None when the data it needs are missing, which is not zero.
    unit
        Its unit.
    denominator
        Of what it is a share, or over whom it is taken, in words.
    of
        Size of the denominator; None where there is none.
    mode
        ``compliance``, ``experience`` or ``straight_line``; never mixed.
    group
        Group of residents.
    level
        ``any``, ``full`` or ``lite`` stations.
    clause
        Standard and clause it is measured against.
    withheld
        What stands for a number too small to publish, such as "<10"; ``value``, ``of`` or both are
        then None although they are known. Empty when nothing is withheld.
    """

    key: str
    label: str
    value: float | None
    unit: str
    denominator: str
    of: float | None
    mode: str
    group: str
    level: str
    clause: str
    withheld: str = ""

    def without(self, value: bool, of: bool, smallest: float) -> Kpi:
        """Return the KPI with its value, the size of its denominator, or both withheld."""
        if not value and not of:
            return self
        stands = stand_in(self.of or 0.0, smallest) if of else WITHHELD
        return replace(self, value=None if value else self.value, of=None if of else self.of, withheld=stands)

    @property
    def rounded(self) -> float | None:
        """The value with the decimals of its unit; None when missing or not a number."""
        if self.value is None or not math.isfinite(self.value):
            return None
        return rounded(self.value, self.unit)

    def as_record(self) -> dict[str, Any]:
        """Return the KPI as a JSON record, rounded."""
        record = asdict(self)
        record["value"] = self.rounded
        if self.of is not None:
            record["of"] = rounded(self.of, "人")
        return record


@dataclass(frozen=True)
class Indicator:
    """One number that a reviewer holds against a standard or an aim of the plan.

    Parameters
    ----------
    key
        What it is, dotted; targets and weights of a scenario name it.
    label
        The same in Chinese, with its mode where it has one.
    value
        The number; None when the data it needs are missing, which is not zero.
    unit
        Its unit.
    better
        Whether a higher or a lower number is better.
    denominator
        Of what it is a share, or over whom it is taken, in words.
    of
        Size of the denominator; None where there is none.
    standard
        Standard that sets it; None where none does and the scenario may set a target.
    axis
        Quality it tells of, as its study proposes; None keeps it off the radar.
    reading
        What of the comparison the standard does not say itself but this workbench reads into it 【推】, in Chinese;
        empty where the standard sets just this number.
    """

    key: str
    label: str
    value: float | None
    unit: str
    better: Literal["higher", "lower"]
    denominator: str
    of: float | None = None
    standard: Standard | None = None
    axis: Quality | None = None
    reading: str = ""


def rounded(value: float, unit: str) -> float:
    """Round a value as its unit asks; whole numbers come back as int."""
    digits = DIGITS.get(unit, 2)
    return round(value) if digits == 0 else round(float(value), digits)


def kpi_table(kpis: Iterable[Kpi], *, as_text: bool = True) -> pd.DataFrame:
    """Return KPIs as the table that a planner reads, one row each.

    Parameters
    ----------
    kpis
        The numbers.
    as_text
        Write values with thousands, for reading; else leave them numbers, for a workbook.
    """
    rows = [
        {
            "指标": kpi.label,
            "数值": kpi_value(kpi) if as_text or kpi.rounded is None else kpi.rounded,
            "单位": kpi.unit,
            "分母": kpi_denominator(kpi),
            "口径": label(kpi.mode),
            "人群": kpi.group,
            "阵地": label(kpi.level),
            "依据": kpi.clause,
        }
        for kpi in kpis
    ]
    return pd.DataFrame(rows)


def kpi_value(kpi: Kpi) -> str:
    """Return the rounded value as text, with thousands; 缺数据 when it is missing, 不公布 when withheld."""
    if kpi.rounded is None:
        return WITHHELD if kpi.withheld else "缺数据"
    return f"{kpi.rounded:,}"


def kpi_denominator(kpi: Kpi) -> str:
    """Return the denominator in words, with its size where there is one."""
    if kpi.of is None:
        return f"{kpi.denominator} {kpi.withheld}".rstrip()
    return f"{kpi.denominator} {kpi.of:,.0f}"


class Result:
    """What every study gives back: numbers, indicators, tables and map layers; none where a study says nothing else."""

    on_terminal: ClassVar[tuple[str, ...]] = ()
    """How the titles of those tables begin that the command line prints; all are in the workbook."""
    workbook_only: ClassVar[tuple[str, ...]] = ()
    """Columns of these tables that are in the workbook alone."""

    if TYPE_CHECKING:  # fields of some results, properties of others

        @property
        def district(self) -> District:
            """The ground."""

        @property
        def scenario(self) -> Scenario:
            """The intent that was measured or solved."""

        @property
        def fingerprint(self) -> str:
            """Hash of scenario, ground and version: same fingerprint, same numbers."""

    @property
    def status(self) -> str:
        """MEASURED for a measurement; OPTIMAL, FEASIBLE or INFEASIBLE for a decision."""
        return "MEASURED"

    @property
    def answered(self) -> bool:
        """Whether there is a measurement or a plan, and not only the reason why there is none."""
        return self.status not in ("INFEASIBLE", "UNKNOWN")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.scenario.name}: {self.status}>"

    def kpis(self) -> list[Kpi]:
        """Return the numbers."""
        return []

    def indicators(self) -> tuple[Indicator, ...]:
        """Return what reviewers hold against standards and aims, the same keys on every district."""
        return ()

    def indicator(
        self, key: str, label: str, value: float | None, denominator: str, of: float | None = None
    ) -> Indicator:
        """Return a number of this result as an indicator; what else is known of it stands in its catalogue."""
        said, register = declared_indicators()[key], self.scenario.register
        named = functools.reduce(getattr, said.standard.split("."), self.scenario) if said.standard else None
        standard = register[str(named)] if named is not None else None
        return Indicator(
            key, label, value, said.unit, said.better, denominator, of, standard, said.axis, said.reading
        )  # fmt: skip

    def indicator_of(self, key: str, kpi: Kpi, label: str = "", *, basis: str = "") -> Indicator:
        """Return a KPI as an indicator, under a label of its own or with how it is measured behind its label."""
        words = label or (f"{kpi.label}（{basis}）" if basis else kpi.label)
        return self.indicator(key, words, kpi.value, kpi.denominator, kpi.of)

    def summary(self) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese."""
        return kpi_table(self.kpis())

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese."""
        return {}

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name."""
        return {}


def _always(scenario: Scenario) -> bool:
    return True


def _nothing_wrong(district: District, scenario: Scenario) -> None:
    """Find nothing wrong."""


@dataclass(frozen=True)
class StudyKind:
    """A study as a run meets it: declared in ``studies.py`` of its package, and listed nowhere else.

    Attributes
    ----------
    name
        What its result is called, wherever results go by name.
    run
        Makes that result, and what stands on it, by name, from the measured circle
        (:class:`workbench.coverage.CoverageResult`); told of progress.
    wanted
        Whether a scenario asks for it; all do when not given.
    check
        Raises before long work what is wrong with what the scenario asks for.
    order
        Its place among the studies: they run, and are shown, in this order.
    """

    name: str
    run: Callable[[Any, Tell], Mapping[str, Result]]
    wanted: Callable[[Scenario], bool] = _always
    check: Callable[[District, Scenario], None] = _nothing_wrong
    order: int = 0
