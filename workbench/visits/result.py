"""流量与留量: who came and who came again, from where, at what cost; and likes beside them, as what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd

from workbench.catalogue.terms import label
from workbench.coverage.measure import CoverageResult, CoverageStudy
from workbench.errors import GeodataError, Problem, ScenarioError
from workbench.ground.district import District
from workbench.privacy import WITHHELD, below
from workbench.results import MISSING, Value, amount, present
from workbench.scenario import Scenario
from workbench.scenario.visits import Visits
from workbench.visits.measure import (
    BEYOND,
    WITHIN,
    VisitSums,
    like_problems,
    measure_likes,
    measure_visits,
    visit_problems,
)


def _said(scenario: Scenario) -> Visits:
    if scenario.visits is None:
        what, mend = "the scenario asks nothing of visits", "Say 'visits: {}' for the defaults."
        raise ScenarioError(Problem(scenario.name, what, key="visits", mend=mend))
    return scenario.visits


@dataclass(frozen=True, eq=False, repr=False)
class VisitsResult(CoverageStudy):
    """Counted visits and likes; made by :func:`assess_visits`.

    Attributes
    ----------
    sums
        What counted visits come to; None where the ledger is absent.
    likes
        Likes beside visits by month, as :func:`measure_likes` returns them; None where that ledger is absent.
    """

    coverage: CoverageResult
    sums: VisitSums | None
    likes: pd.DataFrame | None
    study: ClassVar[str] = "visits"
    on_terminal: ClassVar[tuple[str, ...]] = ("流量与留量",)

    @property
    def said(self) -> Visits:
        """What the scenario says."""
        return _said(self.scenario)

    @property
    def status(self) -> str:
        """OPTIMAL: what is counted is exact."""
        return "OPTIMAL"

    @property
    def proposes(self) -> bool:
        """What is counted proposes nothing."""
        return False

    @property
    def proof(self) -> str:
        """Nothing is solved."""
        return "无须求解"

    def values(self) -> Iterator[Value]:
        """Measure who came, who came again, from where and at what cost; and count likes."""
        if self.likes is not None:
            yield Value("visits.likes", self.likes["likes"].sum(), self.likes["shown"].sum())
        sums = self.sums
        if sums is None:
            yield Value("visits.visitors", None)
            return
        yield Value("visits.visitors", sums.visitors, sums.visits)
        yield Value("visits.again", 100 * sums.again[0], sums.visitors, days=f"{sums.horizon}")
        yield Value("visits.again_low", 100 * sums.again[1], sums.visitors, days=f"{sums.horizon}")
        yield Value("visits.again_high", 100 * sums.again[2], sums.visitors, days=f"{sums.horizon}")
        near, told = self._near
        yield Value("visits.within", 100 * near / told if told else None, told)
        reach = float(sums.by_station["reach"].sum())
        yield Value("visits.of_reach", 100 * sums.visitors / reach if reach else None, reach)
        yield Value("visits.cost", sums.cost / sums.returned if sums.returned else None, sums.returned)

    @cached_property
    def _near(self) -> tuple[float, float]:
        """Visits from within five minutes, and all that tell where from; not a number where too few do."""
        assert self.sums is not None
        by = self.sums.by_origin.set_index("origin")["visits"].reindex([WITHIN, BEYOND])
        absent = ~by.index.isin(self.sums.by_origin["origin"])
        within, beyond = by.mask(absent, 0.0)
        return float(within), float(within + beyond)

    def conclusion(self) -> tuple[str, ...]:
        """Return whether those who came came back, and what likes are."""
        return tuple(filter(None, (self._visits_said(), self._likes_said())))

    def _visits_said(self) -> str:
        sums = self.sums
        if sums is None:
            return "到访台账缺数据，不说流量与留量。"
        if np.isnan(sums.visitors):
            return "到访的人太少，不公布流量与留量。"
        share, low, high = (amount(100 * value, "%") for value in sums.again)
        within, told = self._near
        near = f"，{amount(100 * within / told, '%')} 的到访来自 5 分钟内" if told > 0 else ""
        return (
            f"流量：{sums.visits:,} 人次、{sums.visitors:,} 人；留量：{sums.horizon} 天内再来的占 {share}"
            f"（95% 区间 {low}–{high}）{near}。"
        )

    def _likes_said(self) -> str:
        if self.likes is None:
            return ""
        shown, likes = (int(self.likes[name].sum()) for name in ("shown", "likes"))
        return (
            f"点赞：{shown} 场直播与推送 {likes:,} 次，是点按的次数，一人可点多次，不是人数，更不是到访。"
            "与到访逐月并列，不相加、不相除；同升同降也说明不了点赞带来到访：点赞的是谁、来没来过，没有数据对得上。"
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        found: dict[str, tuple[pd.DataFrame, tuple[str, ...]]] = {}
        if self.sums is not None:
            found["流量与留量"] = (self._visit_table(), ("what@visits", "count@visits"))
            found["按首次到访月份的再访"] = (_in_percent(self.sums.cohorts), _COHORTS)
            found["到访的来处"] = (self.sums.by_origin, _OF_ORIGINS)
            found["到访的活动"] = (self.sums.by_type.astype({"type": object}).fillna({"type": "—"}), _OF_TYPES)
            found["各阵地的到访"] = (self.sums.by_station, _OF_STATIONS)
        if self.likes is not None:
            found["点赞与到访"] = (self.likes, _LIKES)
        small = below(self.scenario.standard(self.scenario.coverage.smallest_cell))
        shown = {**_SHOWN, "station@season": self._station_name, "type@visits": self._type_name}
        return {
            title: present(_withheld(table, small), columns, shown, blank="—", missing=MISSING).infer_objects()
            for title, (table, columns) in found.items()
            if len(table)
        }

    def _visit_table(self) -> pd.DataFrame:
        sums = self.sums
        assert sums is not None
        rows = [
            ("到访（人次，同人同日同地计一次）", sums.visits),
            ("到访的人", sums.visitors),
            ("再次到访的人", sums.returned),
        ]
        table = pd.DataFrame(rows, columns=["what", "count"])
        return table.assign(count=table["count"].astype(object).where(table["count"].notna(), WITHHELD))

    def _station_name(self, key: str) -> object:
        stations = self.district.stations
        return dict(zip(stations["id"], stations["name"], strict=True)).get(key, key)

    def _type_name(self, key: str) -> object:
        types = self.district.ledger("event_types")
        return dict(zip(types["id"], types["name"], strict=True)).get(key, "平日到访")


def refuse_visits(district: District, scenario: Scenario) -> None:
    """Raise what is wrong with counted visits and likes, before long work."""
    problems = visit_problems(district, _said(scenario)) if district.has("visits") else []
    problems += like_problems(district) if district.has("likes") else []
    if problems:
        raise GeodataError(problems)


def assess_visits(coverage: CoverageResult) -> VisitsResult:
    """Say what counted visits come to, and lay likes beside them.

    Parameters
    ----------
    coverage
        The five-minute circle; its scenario has the section ``visits``, its district the ledgers ``visits`` and
        ``likes``, as far as they are kept.

    Raises
    ------
    ScenarioError
        If the scenario does not ask for them.
    GeodataError
        With everything that is wrong with the ledgers.
    """
    said, sums = _said(coverage.scenario), None
    if coverage.district.has("visits"):
        sums = measure_visits(coverage, said, round(coverage.scenario.standard(said.horizon)))
    likes = measure_likes(coverage) if coverage.district.has("likes") else None
    return VisitsResult(coverage, sums, likes)


# ----------------------------------------------------------------------------------------------------------------------
# How the answers are read.


_COHORTS: Final = ("month", "visitors", "again", "low@again", "high@again")
_OF_TYPES: Final = ("type@visits", "visits@counted", "visitors", "returned")
_OF_ORIGINS: Final = ("origin", "visits@counted", "visitors", "returned")
_OF_STATIONS: Final = ("station@season", "reach", "visits@counted", "visitors", "returned")
_LIKES: Final = (
    "month@likes", "shown@likes", "views@likes", "likes", "visits@counted", "visitors@likes", "returned@likes",
)  # fmt: skip


def _in_percent(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{name: 100 * table[name] for name in ("again", "low", "high")})


def _withheld(table: pd.DataFrame, small: str) -> pd.DataFrame:
    """Say of counts of too few people that they are, instead of nothing."""
    if "few" not in table:
        return table
    columns = {name: table[name].astype(object) for name in ("visits", "visitors", "returned") if name in table}
    known = table["few"].isna()  # nothing was counted there
    words = np.where(table["few"].eq(True), small, WITHHELD)
    told = {name: own.where(own.notna() | known, words) for name, own in columns.items()}
    return table.assign(**told)


_SHOWN: Final[Mapping[str, Callable[[Any], object]]] = {"origin": lambda name: label(f"origin.{name}")}
