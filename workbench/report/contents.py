"""What a report holds, whatever it is written as: the cards, and of each study its sentences, figures and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pandas as pd

from workbench.catalogue.standards import Certainty
from workbench.catalogue.terms import TERMS, label, printable
from workbench.results import Card, DrawnFigure, Headline, Result, card
from workbench.study import Study, study_kinds

MARKS: Final[Mapping[Certainty, str]] = {
    Certainty.CORROBORATED: "已在公开材料中核对",
    Certainty.KNOWN: "业内通行，手边无原文",
    Certainty.DOUBTFUL: "须核对原文后再用",
    Certainty.COMPUTED: "由其他取值算得",
    Certainty.INFERRED: "工作台口径，不是标准",
}
"""What the mark behind a standard means."""

RADAR: Final = "qualities"
"""The figure of the four qualities, which is of no study but of all."""

WORKBOOK: Final = "tables.xlsx"
"""The file that holds all tables of what is asked for."""

_ON_DEMAND = f"{WORKBOOK}（运行时加 --tables all 才写入）"
MAPS: Final = ("siting", "coverage_map_planned", "coverage_map")
"""Maps of a run, the one that answers most first."""
_CLAUSE = "依据"  # column of the numbers of a study
_TOLD = 3  # that a leader is told
_ONLY_MEASURED = "本情景只评估现状，没有要求选址或整合方案，不提建议；差距见正文。"
_NO_CHANGE = "按本情景所设的开放时间与大门安排："


class Shown:
    """A table as a report shows it, and where its other rows are if it is cut."""

    def __init__(self, title: str, frame: pd.DataFrame, rest: str = WORKBOOK) -> None:
        self.title, self.frame, self.count, self.rest = printable(title), frame, len(frame), rest

    def cut(self, rows: int) -> str:
        """Say that it is cut to so many rows, and where the others are; nothing where it is not."""
        return f"共 {self.count:,} 行，此处列前 {rows} 行，其余见 {self.rest}。" if rows < self.count else ""


@dataclass(frozen=True, eq=False)
class Part:
    """What a report shows of a study.

    Attributes
    ----------
    key, title
        Its name, and the same in Chinese.
    proof
        How sure a decision is; empty for a measurement.
    conclusion
        Its sentences.
    figures
        Those that were drawn of it.
    tables
        Those that answer.
    numbers
        All its numbers.
    more
        All other tables.
    rest
        Where all rows of its tables are, in words.
    clauses
        Standards and clauses that its numbers name, each with its certainty.
    """

    key: str
    title: str
    proof: str
    conclusion: list[str]
    figures: list[DrawnFigure]
    tables: list[Shown]
    numbers: Shown
    more: list[Shown]
    rest: str
    clauses: list[str]


@dataclass(frozen=True, eq=False)
class Chapter:
    """One study that decides, with what stands on it."""

    title: str
    parts: list[str]


@dataclass(frozen=True, eq=False)
class Contents:
    """What a run gives to its reports, whatever they are written as.

    Attributes
    ----------
    study
        What was studied.
    drawn
        The figures that were drawn.
    notes
        Lines that stand on every output: ground, fingerprint, sources.
    standards
        The standards that the scenario rests on.
    every_table
        Whether the workbook holds the tables of all studies, and not only of those that are asked for.
    atlas
        Name of the file of the atlas, beside the page; empty where there is none.
    """

    study: Study
    drawn: Sequence[DrawnFigure]
    notes: Sequence[str]
    standards: pd.DataFrame
    every_table: bool = False
    atlas: str = ""

    @property
    def title(self) -> str:
        """Ground and scenario."""
        return self.study.title

    @cached_property
    def pictures(self) -> dict[str, DrawnFigure]:
        """The figures that a report can show, by name."""
        return {figure.name: figure for figure in self.drawn if figure.path.suffix == ".png"}

    @property
    def map(self) -> DrawnFigure | None:
        """The one map that answers; None where none was drawn."""
        return next((self.pictures[name] for name in MAPS if name in self.pictures), None)

    @cached_property
    def parts(self) -> dict[str, Part]:
        """What each study gives of itself, in the order of a reader in a hurry: what is decided, the circle, others."""
        parts = self.study.parts
        decided = {name: part for name, part in parts.items() if part.decides}
        found: dict[str, Result] = {**decided, "coverage": self.study.coverage, **parts}
        left_out = bool(decided) and not self.every_table
        return {
            name: _part(name, part, self.pictures, _ON_DEMAND if left_out and not part.decides else WORKBOOK)
            for name, part in found.items()
        }


def chapters(study: Study) -> tuple[list[str], list[Chapter]]:
    """Return the names of studies as an argument goes: those that measure, then a chapter for each that decides.

    A part that is no study by itself stands under the one that made it.
    """
    decides = {kind.name: kind.decides for kind in study_kinds()}
    measured = ["coverage"]
    planned: list[Chapter] = []
    own = measured
    for name in study.parts:
        if decides.get(name, False):
            title = f"chapter.{name}"
            planned.append(Chapter(label(title if title in TERMS else name), own := []))
        elif name in decides:
            own = measured
        own.append(name)
    return measured, planned


def _part(name: str, result: Result, figures: Mapping[str, DrawnFigure], rest: str) -> Part:
    tables = {title: table for title, table in result.known_tables.items() if len(table)}
    first = [title for title in tables if result.on_terminal and title.startswith(result.on_terminal)]
    numbers = result.summary()
    return Part(
        key=name,
        title=label(name),
        proof=result.proof,
        conclusion=[printable(sentence) for sentence in result.conclusion()],
        figures=[one for one in figures.values() if one.study == name and one.name != RADAR],
        tables=[Shown(title, tables[title], rest) for title in first],
        numbers=Shown("全部数字", numbers),
        more=[Shown(title, table, rest) for title, table in tables.items() if title not in first],
        rest=rest,
        clauses=_clauses(numbers[_CLAUSE]) if len(numbers) else [],
    )


def _clauses(said: Iterable[str]) -> list[str]:
    """Return what of the clauses of numbers carries a certainty, each once."""
    pieces = (piece.strip() for clause in said for piece in clause.split("；"))
    return list(dict.fromkeys(piece for piece in pieces if piece.endswith("】")))


def cell_text(value: object) -> tuple[str, bool]:
    """Return what stands in a cell of a table, and whether it is a number."""
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return "", False
    if isinstance(value, bool):
        return ("是" if value else "否"), False
    if isinstance(value, (int, float)) or hasattr(value, "dtype"):
        return f"{value:,}", True
    return printable(str(value)), False


# ----------------------------------------------------------------------------------------------------------------------
# The brief for leaders: findings, three numbers, one map, advice.


@dataclass(frozen=True, eq=False)
class Brief:
    """What a leader reads: one page, or three slides.

    Attributes
    ----------
    findings, advice
        What is, and what is proposed, in sentences.
    cards
        Three numbers.
    picture
        One map; None where none was drawn.
    """

    findings: Sequence[str]
    advice: Sequence[str]
    cards: Sequence[Card]
    picture: DrawnFigure | None


def brief_of(contents: Contents) -> Brief:
    """Return the brief of a study: what it proposes is told apart from what it finds."""
    study = contents.study
    advice = [sentence for part in study.decided for sentence in part.conclusion()[:1]]
    said = study.conclusion()
    if not advice:
        moved = study.before_after is not None and study.appraisal.changes in said
        advice = [study.appraisal.changes] if moved else []
    findings = [sentence for sentence in said if sentence not in (*advice, study.proposal)]
    if not study.decided:
        advice = [f"{_NO_CHANGE}{sentence}" for sentence in advice] or [_ONLY_MEASURED]
    return Brief(
        [printable(sentence) for sentence in findings],
        [printable(sentence) for sentence in advice],
        [card(row) for row in _told(study)],
        contents.map,
    )


def _told(study: Study) -> list[Headline]:
    """Return the rows that a leader is told: the first and the last of what is decided, then what has an aim."""
    rows = study.headlines()
    decided = [row for part in study.decided for row in part.headlines()]
    aimed = [row for row in rows if row.target is not None]
    wanted = [*decided[:1], *decided[-1:], *aimed, *rows]
    return list({row.key: row for row in wanted}.values())[:_TOLD]
