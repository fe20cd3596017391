"""What every study gives back: numbers that name their denominator, tables, and where they go."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import geopandas as gpd
import pandas as pd
from markupsafe import Markup

from workbench.cache import Cache
from workbench.catalogue.numbers import (
    CASE,
    DeclaredIndicator,
    Number,
    decimals,
    declared_columns,
    declared_numbers,
    filled,
)
from workbench.catalogue.standards import Standard
from workbench.catalogue.terms import Mode, Quality, label, printable
from workbench.errors import NoSolutionError, NothingToShowError, Problem, StandardError, unknown
from workbench.ground.district import District
from workbench.privacy import WITHHELD, stand_in
from workbench.progress import Progress
from workbench.scenario import Scenario

if TYPE_CHECKING:  # the one floor above that results look up to, and only when asked to draw
    from matplotlib.axes import Axes

    from workbench.plot.district_map import MapPage

MISSING: Final = "缺数据"
"""What stands for a number whose data are missing; that is not zero."""


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


@dataclass(frozen=True)
class Headline:
    """One row of the first answer: what is, what would be, what should be, how far apart, the verdict.

    Parameters
    ----------
    key, label
        What it is, dotted, and in Chinese.
    unit
        Its unit.
    today, planned
        The number as it is and as it would be with the plan; None where there is none, or its data are missing.
    target
        What it is held against; None where nothing is set.
    better
        Whether a higher or a lower number is better.
    verdict
        In Chinese: met or missed, or how sure a decision is.
    denominator
        Of what it is a share, with its size.
    basis
        Standard and clause, or whose aim.
    gap
        What is, or with a plan would be, less what should be; None where either is missing.
    """

    key: str
    label: str
    unit: str
    today: float | None
    planned: float | None
    target: float | None
    better: Literal["higher", "lower"]
    verdict: str
    denominator: str
    basis: str
    gap: float | None = None

    def as_record(self) -> dict[str, Any]:
        """Return the row as a JSON record, rounded."""
        record = asdict(self)
        for name in ("today", "planned", "target"):
            record[name] = None if record[name] is None else rounded(record[name], self.unit)
        return record


@dataclass(frozen=True)
class DrawnFigure:
    """A figure of a run as it lies in a folder.

    Parameters
    ----------
    name
        Name of its file, without ending.
    study
        The study that it is a figure of.
    title
        What it shows, in Chinese.
    path
        The file.
    """

    name: str
    study: str
    title: str
    path: Path


UNAIMED, MET, MISSED = "未设目标", "达标", "未达标"


def amount(value: float | None, unit: str, *, missing: str = MISSING) -> str:
    """Return a number rounded as its unit asks, with thousands and its unit; what stands for it where it is missing."""
    if value is None or not math.isfinite(value):
        return missing
    said = f"{rounded(value, unit):,}"
    return said if unit == "1" else f"{said}{unit}" if unit == "%" else f"{said} {unit}"


PLANNED_ROW: Final = "plan-"
"""Identifiers of rows that a plan writes into a ledger begin so."""
PROOF: Final = MappingProxyType(
    {
        "OPTIMAL": "已证最优",
        "FEASIBLE": "未证最优",
        "SIMULATED": "仿真估计",
        "INFEASIBLE": "无解",
        "UNKNOWN": "时限内无方案",
        "MEASURED": "",
    }
)
"""How sure a decision is, by status."""


def rounded(value: float, unit: str) -> float:
    """Round a value as its unit asks; whole numbers come back as int."""
    digits = decimals(unit)
    return round(value) if digits == 0 else round(float(value), digits)


_TOLERANCE = 1e-9  # of a value that equals its target but for the rounding of sums
_PERCENT = 100.0


def score_of(value: float, target: float, better: Literal["higher", "lower"]) -> float:
    """Return how far a value meets its target, 0 to 1.

    Higher is better: value ÷ target. Lower is better: target ÷ value. Both capped at 1: to exceed
    one target does not make up for missing another.
    """
    if better == "higher":
        return min(1.0, value / target)
    return 1.0 if value <= target else target / value


@dataclass(frozen=True)
class IndicatorLine:
    """One indicator held against its standard or target.

    Parameters
    ----------
    indicator
        The number.
    target
        What it is held against, in its unit; None when nothing is set.
    aim_of
        File that set the target, where it is an aim of the plan and no standard.
    axis, weight
        Where it stands on the radar; an axis of None keeps it off.
    """

    indicator: Indicator
    target: float | None
    aim_of: str
    axis: Quality | None
    weight: float

    @property
    def met(self) -> bool | None:
        """Whether the value, unrounded, meets the target; None when either is missing."""
        value, target = self.indicator.value, self.target
        if value is None or target is None:
            return None
        slack = _TOLERANCE * max(1.0, abs(target))
        return value >= target - slack if self.indicator.better == "higher" else value <= target + slack

    @property
    def verdict(self) -> str:
        """是, 否, 缺数据, or — when nothing is set."""
        if self.target is None:
            return "—"
        return {True: "是", False: "否", None: MISSING}[self.met]

    @property
    def said(self) -> str:
        """The verdict in a word that stands alone: 达标, 未达标, 缺数据 or 未设目标."""
        if self.target is None:
            return UNAIMED
        return {True: MET, False: MISSED, None: MISSING}[self.met]

    @property
    def gap(self) -> float | None:
        """Value less target, as the rounded numbers give it; finer where rounding would hide a miss."""
        value, target, unit = self.indicator.value, self.target, self.indicator.unit
        if value is None or target is None:
            return None
        shown = rounded(rounded(value, unit) - rounded(target, unit), unit)
        return float(f"{value - target:.1g}") if shown == 0 and self.met is False else shown

    @property
    def score(self) -> float | None:
        """How far the target is met, 0 to 1; None when value or target is missing."""
        value = self.indicator.value
        if value is None or self.target is None:
            return None
        return score_of(value, self.target, self.indicator.better)

    @property
    def basis(self) -> str:
        """Document, clause, wording and certainty; or whose aim it is."""
        standard = self.indicator.standard
        if standard is not None:
            return f"{standard.citation}{f'；{self.indicator.reading}' if self.indicator.reading else ''}"
        return f"规划目标（{self.aim_of}），非标准" if self.aim_of else "无标准，未设目标"

    def headline(self, today: float | None, planned: float | None) -> Headline:
        """Return the row of the first answer."""
        item = self.indicator
        of = item.denominator if item.of is None else f"{item.denominator} {item.of:,.0f}"
        return Headline(
            item.key, item.label, item.unit, today, planned, self.target, item.better, self.said, of, self.basis,
            self.gap,
        )  # fmt: skip


def held_against(scenario: Scenario, indicator: Indicator) -> IndicatorLine:
    """Return an indicator held against its standard, or the aim that the scenario sets.

    Raises
    ------
    StandardError
        If it is not in the unit of its standard.
    """
    place = scenario.axes.indicators.get(indicator.key)
    axis = place.axis if place is not None and place.axis is not None else indicator.axis
    weight = 1.0 if place is None else place.weight
    if indicator.standard is not None:
        return IndicatorLine(indicator, _in_unit(indicator.standard, indicator), "", axis, weight)
    target = scenario.targets.get(indicator.key)
    aim_of = "" if target is None else scenario.origins.get(f"targets.{indicator.key}", scenario.name)
    return IndicatorLine(indicator, target, aim_of, axis, weight)


def _in_unit(standard: Standard, indicator: Indicator) -> float:
    value = standard.used()
    if standard.unit == indicator.unit:
        return value
    if (standard.unit, indicator.unit) == ("1", "%"):
        return _PERCENT * value
    what = f"the indicator {indicator.key} is not in the unit of its standard"
    problem = Problem("standards", what, key=standard.key, expected=standard.unit, found=indicator.unit)
    raise StandardError(problem)


_KINDS = {"达标": "met", "未达标": "missed", "缺数据": "lack", "未证最优": "lack", "无解": "missed"}
"""How a verdict is coloured."""


@dataclass(frozen=True, eq=False)
class Card:
    """A headline as a report shows it: everything text, rounded, with its unit.

    Attributes
    ----------
    key, label
        What it is, dotted, and in Chinese.
    kind
        How it is coloured: ``met``, ``missed``, ``lack``, or not at all.
    verdict
        The verdict in a word.
    value
        The number with the plan where there is one, else today's.
    before
        Today's number where ``value`` is that of the plan; else empty.
    goal, gap
        What it is held against and how far it is from it; empty where nothing is set.
    denominator, basis
        Of what it is a share; standard and clause, or whose aim.
    """

    key: str
    label: str
    kind: str
    verdict: str
    value: str
    before: str
    goal: str
    gap: str
    denominator: str
    basis: str

    @property
    def facts(self) -> str:
        """What the number is held against: today's, what it should be, and the verdict."""
        said = (f"现状 {self.before}" if self.before else "", f"应为 {self.goal}" if self.goal else "", self.verdict)
        return "；".join(fact for fact in said if fact)


def card(row: Headline) -> Card:
    """Return a headline as a card."""
    planned = row.planned is not None
    value = None if row.verdict == MISSING else row.planned if planned else row.today
    sign = "≥" if row.better == "higher" else "≤"
    return Card(
        key=row.key,
        label=printable(row.label),
        kind=_KINDS.get(row.verdict, ""),
        verdict=row.verdict,
        value=row.verdict if value is None and row.verdict in _KINDS else amount(value, row.unit),
        before=amount(row.today, row.unit) if planned and row.today is not None else "",
        goal="" if row.target is None else f"{sign} {amount(row.target, row.unit)}",
        gap="" if row.gap is None else f"{row.gap:+,}" if row.gap else "0",
        denominator=printable(row.denominator),
        basis=printable(row.basis),
    )


_HEADS: Final = ("指标（分母）", "现状", "数值", "应为", "差距", "结论")
_COLOURS: Final = {"met": "#1f7a52", "missed": "#b03a2e", "lack": "#8a6100"}
_CARD: Final = Markup(
    '<div style="max-width:60em"><b>{}</b>（{}）<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>{}'
    "<small>{}</small></div>"
)


def card_html(title: str, state: str, notice: str, cards: Iterable[Card], said: Iterable[str]) -> str:
    """Return what a notebook shows of a result: its numbers in a table, what follows, and what ground it stands on.

    Whatever stands in the data is text and never markup.

    Parameters
    ----------
    title, state
        Ground, scenario and study; how sure it is, in words.
    notice
        What stands on every output of this ground.
    cards
        The rows; columns that none of them fills are left out.
    said
        Sentences.
    """
    shown = list(cards)
    rows = [(one.label, one.before, one.value, one.goal, one.gap, one.verdict) for one in shown]
    used = [place for place in range(len(_HEADS)) if any(row[place] for row in rows)]
    heads = Markup("").join(Markup("<th>{}</th>").format(_HEADS[place]) for place in used)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(_card_cell(one, row[place], place) for place in used))
        for one, row in zip(shown, rows, strict=True)
    )
    follows = Markup("").join(Markup("<p>{}</p>").format(printable(sentence)) for sentence in said)
    return str(_CARD.format(printable(title), state, heads, body, follows, printable(notice)))


def _card_cell(one: Card, text: str, place: int) -> Markup:
    if place == 0:
        of = Markup("<br><small>{}</small>").format(one.denominator) if one.denominator else ""
        return Markup('<td style="text-align:left">{}{}</td>').format(text, of)
    if place < len(_HEADS) - 1:
        return Markup("<td>{}</td>").format(text)
    colour = f";color:{_COLOURS[one.kind]}" if one.kind else ""
    return Markup('<td style="white-space:nowrap{}">{}</td>').format(colour, text)


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
        return WITHHELD if kpi.withheld else MISSING
    return f"{kpi.rounded:,}"


def kpi_denominator(kpi: Kpi) -> str:
    """Return the denominator in words, with its size where there is one."""
    if kpi.of is None:
        return f"{kpi.denominator} {kpi.withheld}".rstrip()
    return f"{kpi.denominator} {kpi.of:,.0f}"


class Value:
    """A measured number; what it is called, its unit, denominator and clause are declared in ``kpis.yaml``.

    Parameters
    ----------
    key
        Key of its declaration.
    value
        The number; None or NaN when the data it needs are missing.
    of
        Size of its denominator; None or NaN where there is none.
    mode, group, level
        How, over whom and for which stations it is measured; as declared when not given.
    withheld
        Whether the value, whether the size of its denominator is too small to publish, and the smallest that is.
    words
        What stands for the ``{name}`` in its texts; those in ``key`` as well.
    """

    def __init__(
        self,
        key: str,
        value: float | None,
        of: float | None = None,
        *,
        mode: str = "",
        group: str = "",
        level: str = "",
        withheld: tuple[bool, bool, float] | None = None,
        **words: object,
    ) -> None:
        self.key, self.value, self.of = key, _known(value), _known(of)
        self.mode, self.group, self.level, self.withheld = mode, group, level, withheld
        self.words = {name: str(word) for name, word in words.items()}


def _known(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def present(
    table: pd.DataFrame,
    columns: Iterable[str],
    shown: Mapping[str, Callable[[Any], object]] = MappingProxyType({}),
    /,
    *,
    missing: object = MISSING,
    blank: object = "",
    **words: str,
) -> pd.DataFrame:
    """Return columns of an exact table as a planner reads them, rounded and headed as ``columns.yaml`` declares.

    Parameters
    ----------
    table
        Any table.
    columns
        Columns by key of their declaration, in order; what follows ``@`` tells cases apart and is no part of the
        column's name.
    shown
        By such keys: what is shown of a value, where that is neither a number nor a word of the glossary.
    missing, blank
        What stands for a number, and for a word, that is missing.
    **words
        What stands for the ``{name}`` in headings and units.

    Returns
    -------
    pandas.DataFrame
        Numbers stay numbers, words in a column of numbers stay as they are; words of the glossary are put in Chinese.
        Without columns where the table has no rows.
    """
    out: dict[str, pd.Series] = {}
    for key in columns if len(table) else ():
        said = declared_columns()[key]
        digits = said.digits(words)
        if key in shown:
            show = shown[key]
        elif digits is None:
            show = functools.partial(_given if said.given else _word, blank)
        else:
            show = functools.partial(number, digits=digits, missing=missing)
        values = [show(value) for value in table[key.partition(CASE)[0]]]
        out[said.heading(words)] = pd.Series(values, index=table.index, dtype=object)
    return pd.DataFrame(out)


def _given(blank: object, value: Any) -> object:
    return value if isinstance(value, str) or not pd.isna(value) else blank


def _word(blank: object, value: Any) -> object:
    return label(value) if isinstance(value, str) else blank if pd.isna(value) else value


def number(value: float | str | None, digits: int, missing: object = MISSING) -> object:
    """Return a number for reading, rounded; what stands for it where it is missing. Words stay as they are."""
    if isinstance(value, str):
        return value  # an answer in words, such as 无户
    if value is None or not math.isfinite(value):
        return missing
    return round(value) if digits == 0 else round(float(value), digits)


class Result:
    """What every study gives back: numbers, indicators, tables and map layers; none where a study says nothing else."""

    study: ClassVar[str] = ""
    """Name of the study, under which its numbers are declared."""
    on_terminal: ClassVar[tuple[str, ...]] = ()
    """How the titles of those tables begin that the command line prints; all are in the workbook."""
    workbook_only: ClassVar[tuple[str, ...]] = ()
    """Columns of these tables that are in the workbook alone."""
    answer: ClassVar[str] = ""
    """Name of the exact table that answers, which :meth:`to_frame` returns; its numbers do where there is none."""

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

    def __getstate__(self) -> dict[str, object]:
        """Leave out of a cache what is soon told again, and may be told of another scenario's words then."""
        return {name: value for name, value in self.__dict__.items() if name not in ("_kpis", "known_tables")}

    @property
    def status(self) -> str:
        """MEASURED for a measurement; OPTIMAL, FEASIBLE, SIMULATED or INFEASIBLE for a decision."""
        return "MEASURED"

    @property
    def answered(self) -> bool:
        """Whether there is a measurement or a plan, and not only the reason why there is none."""
        return self.status not in ("INFEASIBLE", "UNKNOWN")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.scenario.name}: {self.status}>"

    @property
    def title(self) -> str:
        """Ground and scenario."""
        return printable(f"{self.district.manifest.name} · {self.scenario.title or self.scenario.name}")

    def values(self) -> Iterable[Value]:
        """Measure the numbers, in order."""
        return ()

    @functools.cached_property
    def _measured(self) -> tuple[Value, ...]:
        return tuple(self.values())

    def kpis(self) -> list[Kpi]:
        """Return the numbers."""
        return list(self._kpis)

    @functools.cached_property
    def _kpis(self) -> tuple[Kpi, ...]:
        declared = declared_numbers(self.study)
        return tuple(self.as_kpi(value) for value in self._measured if declared[value.key].kpi)

    def as_kpi(self, value: Value) -> Kpi:
        """Return a measured number with what is declared of it."""
        said = declared_numbers(self.study)[value.key]
        say = self._teller(said, value)
        key, words, unit, clause = (
            say(text) for text in (value.key.partition(CASE)[0], said.zh, said.unit, said.clause)
        )
        of = said.missing if value.of is None and said.missing else said.of
        mode, group, level = (getattr(value, part) or getattr(said, part) for part in ("mode", "group", "level"))
        kpi = Kpi(key, words, value.value, unit, say(of), value.of, mode, say(group), level, clause)
        return kpi if value.withheld is None else kpi.without(*value.withheld)

    def words(self) -> Mapping[str, str]:
        """Return what stands for a ``{name}`` in the texts of all numbers."""
        return {}

    def _teller(self, said: Number, value: Value | None) -> Callable[[str], str]:
        """Return what puts words into the texts of a number: its own, those of the result, those of the scenario."""
        mode = (value.mode if value else "") or said.mode
        words = {**self.words(), **(value.words if value else {})}

        def word(name: str) -> str:
            if name in words:
                return words[name]
            return self.scenario.moment.title if name == "clock" else self._of_scenario(name, mode)

        return lambda text: filled(text, word)

    def _of_scenario(self, name: str, mode: str) -> str:
        """Return what ``{key of the scenario}`` stands for: its text, or what of the standard it names."""
        key, _, part = name.rpartition(".")
        key, part = (key, part) if part in ("cite", "note", "label") else (name, "")
        if key == "limit":
            key = "coverage.time" if mode == Mode.EXPERIENCE else "coverage.distance"
        named = self._named(key)
        if named not in self.scenario.register:
            return named
        standard = self.scenario.register[named]
        value = f"{standard.value:.0%}" if standard.unit == "1" else f"{standard.value:g} {standard.unit}"
        note = f"{value}；{standard.citation}"
        return {"": value, "cite": standard.citation, "note": note, "label": standard.label}[part]

    def _named(self, key: str) -> str:
        """Return what a key of the scenario says, such as the name of a standard."""
        return str(functools.reduce(getattr, key.split("."), self.scenario))

    def indicators(self) -> tuple[Indicator, ...]:
        """Return what reviewers hold against standards and aims, the same keys on every district."""
        return tuple(
            self._indicator(key, aim, name, said)
            for name, said in declared_numbers(self.study).items()
            for key, aim in said.indicators.items()
        )

    def _indicator(self, key: str, aim: DeclaredIndicator, name: str, said: Number) -> Indicator:
        found = (
            value
            for value in self._measured
            if value.key == name
            and aim.mode in ("", value.mode or said.mode)
            and aim.level in ("", value.level or said.level)
        )
        value = next(found, None)
        kpi = self.as_kpi(value or Value(name, None))
        say = self._teller(said, value)
        number, unit = kpi.value, say(aim.unit) or kpi.unit
        if aim.as_share:
            number, unit = None if number is None or not kpi.of else 100 * number / kpi.of, "%"
        standard = self.scenario.register[self._named(aim.standard)] if aim.standard else None
        words = say(aim.zh.replace("{zh}", kpi.label))
        denominator = aim.missing if value is None else kpi.denominator
        return Indicator(
            key, words, number, unit, aim.better, denominator, kpi.of, standard, aim.axis, aim.reading
        )  # fmt: skip

    def headlines(self) -> tuple[Headline, ...]:
        """Return what of its own numbers belongs in the first answer, as ``kpis.yaml`` says.

        A decision without a plan has one row, which says that there is none.
        """
        if not self.answered:
            return (Headline(self.study, label(self.study), "1", None, None, None, "higher", self.proof, "", ""),)
        declared = declared_numbers(self.study)
        found: dict[str, dict[str, Kpi]] = {}
        for value in self._measured:
            if declared[value.key].headline:
                when = value.words.get(_WHEN, "after" if self.decides else "before")
                found.setdefault(value.key, {}).setdefault(when, self.as_kpi(_untold(value)))
        rows = []
        for name, kpis in found.items():
            today, planned = (kpis[when].value if when in kpis else None for when in ("before", "after"))
            kpi, key = next(reversed(kpis.values())), declared[name].standard
            row = self._row_of(kpi, today, planned)
            rows.append(self._held(row, kpi, key) if key else row)
        return tuple(rows)

    def _row_of(self, kpi: Kpi, today: float | None, planned: float | None) -> Headline:
        of = kpi_denominator(kpi)
        return Headline(kpi.key, kpi.label, kpi.unit, today, planned, None, "higher", self.proof, of, kpi.clause)

    def _held(self, row: Headline, kpi: Kpi, key: str) -> Headline:
        """Return a row of the first answer held against the standard that a key of the scenario names."""
        now = row.today if row.planned is None else row.planned
        standard = self.scenario.register[self._named(key)]
        item = Indicator(row.key, row.label, now, row.unit, row.better, kpi.denominator, kpi.of, standard)
        return held_against(self.scenario, item).headline(row.today, row.planned)

    def _cards(self) -> Iterable[Card]:
        """Return the rows of its card: its first answer, else its indicators, else its numbers; and its proof."""
        cards = [card(row) for row in self.headlines()]
        if not cards:
            lines = [held_against(self.scenario, item) for item in self.indicators()]
            cards = [card(line.headline(line.indicator.value, None)) for line in lines]
        cards = (cards or [self._card_of(kpi) for kpi in self.kpis()])[:_MOST_TOLD]
        if self.decides and self.answered:
            declared, told = declared_numbers(self.study), {one.key for one in cards}
            proof = [self.as_kpi(value) for value in self._measured if declared[value.key].proof]
            cards += [self._card_of(kpi) for kpi in proof if kpi.key not in told]
        return cards

    def _card_of(self, kpi: Kpi) -> Card:
        shown = card(self._row_of(kpi, kpi.value, None))
        return replace(shown, value=WITHHELD) if kpi.withheld and kpi.value is None else shown

    def _repr_html_(self) -> str:
        title = f"{self.title} · {label(self.study)}" if self.study else self.title
        said = self.conclusion()[:_MOST_SAID]
        return card_html(title, self.proof or _MEASURED, self.district.manifest.notice, self._cards(), said)

    @property
    def decides(self) -> bool:
        """Whether something is decided here, and not only measured."""
        return self.status != "MEASURED"

    @property
    def proposes(self) -> bool:
        """Whether its first sentence says what is to be done; not where a study that is asked for only counts."""
        return self.decides

    @property
    def proof(self) -> str:
        """How sure a decision is, in a word; empty for a measurement."""
        return PROOF[self.status]

    def conclusion(self) -> tuple[str, ...]:
        """Return what follows from the numbers, in sentences; none where a study says nothing."""
        return ()

    def with_plan(self, district: District) -> District:
        """Return a district as it would be with what was decided here; the same where nothing changes it."""
        return district

    def handing_on(self, district: District) -> District:
        """Return a district with the plan in place, and what it asks of studies after this one in their ledgers."""
        return self.with_plan(district)

    def summary(self) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese."""
        return kpi_table(self.kpis())

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese."""
        return {}

    @functools.cached_property
    def known_tables(self) -> Mapping[str, pd.DataFrame]:
        """:meth:`tables`, worked out once for all that write them, and only read."""
        return MappingProxyType(self.tables())

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name."""
        return {}

    def to_frame(self) -> pd.DataFrame:
        """Return the exact table that answers: a copy, nothing rounded, plain English names for columns.

        ``columns.yaml`` says by these names what is published of it, with heading and unit. Where a study names no such
        table, its numbers: ``key``, ``value``, ``unit``, ``denominator``, ``of`` and how they are measured.

        Raises
        ------
        NoSolutionError
            If there is no plan.
        """
        self._need_answer()
        if not self.answer:
            return pd.DataFrame([asdict(kpi) for kpi in self.kpis()])
        found = getattr(self, self.answer)
        table: pd.DataFrame = found() if callable(found) else found
        return table.copy()

    def to_gdf(self, layer: str = "") -> gpd.GeoDataFrame:
        """Return a map layer, with its coordinate reference system; the first of :meth:`layers` when none is named.

        Raises
        ------
        NoSolutionError
            If there is no plan.
        NothingToShowError
            If there is no such layer.
        """
        self._need_answer()
        layers = self.layers()
        if not layers:
            raise NothingToShowError(Problem(repr(self), "there is no map layer of it", mend="Ask to_frame()."))
        if layer and layer not in layers:
            raise NothingToShowError(unknown(repr(self), "layer", layer, layers))
        return layers[layer or next(iter(layers))].copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the one figure that answers, and show nothing: ``workbench.plot.picture`` makes a picture of it.

        Parameters
        ----------
        ax
            Axes to draw on; new ones when not given.

        Raises
        ------
        NoSolutionError
            If there is no plan to draw.
        NothingToShowError
            If there is no figure of such a result, or the district lacks what it would show.
        """
        from workbench.plot.figures import answering_figure

        self._need_answer()
        return answering_figure(self, ax)

    def explore(self) -> MapPage:
        """Return the interactive map, which a notebook shows and ``save`` writes; it needs no network.

        Raises
        ------
        NoSolutionError
            If there is no plan to show.
        NothingToShowError
            If there is no such map of this result.
        """
        from workbench.plot.district_map import map_page

        self._need_answer()
        return map_page(self)

    def _need_answer(self) -> None:
        if not self.answered:
            why = "".join(f": {sentence}" for sentence in self.conclusion()[:1])
            raise NoSolutionError(f"{self.study} found no plan; its status is {self.status}{why}")


_MOST_TOLD, _MOST_SAID = 12, 2  # rows and sentences of a card
_MEASURED: Final = "已测算"
_WHEN: Final = "when"
"""The word of a number that is measured before and after."""


def _untold(value: Value) -> Value:
    """Return a number that does not say in its label whether it is measured before or after."""
    if _WHEN not in value.words:
        return value
    words = {**value.words, "name": ""}
    return Value(
        value.key, value.value, value.of, mode=value.mode, group=value.group, level=value.level,
        withheld=value.withheld, **words,
    )  # fmt: skip


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
        (:class:`workbench.coverage.CoverageResult`); told of progress, and where it may keep parts of its work.
    wanted
        Whether a scenario asks for it; all do when not given.
    check
        Raises before long work what is wrong with what the scenario asks for.
    order
        Its place among the studies: they run, and are shown, in this order.
    decides
        Whether it makes a plan; what only measures is asked again with the plan in place.
    on_plans
        Whether it is asked of the district that the plans of the studies before it hand on.
    """

    name: str
    run: Callable[[Any, Progress, Cache | None], Mapping[str, Result]]
    wanted: Callable[[Scenario], bool] = _always
    check: Callable[[District, Scenario], None] = _nothing_wrong
    order: int = 0
    decides: bool = False
    on_plans: bool = False
