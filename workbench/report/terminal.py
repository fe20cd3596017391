"""KPI tables for a terminal: narrow, with the clauses as numbered notes below."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workbench.catalogue.terms import label, printable
from workbench.coverage.appraisal import Appraisal
from workbench.fonts import display_width, wrapped
from workbench.results import PROOF, Headline, Kpi, Result, amount, kpi_denominator, kpi_value
from workbench.study import Study

_PLAN = "方案"


def print_kpis(console: Console, kpis: Iterable[Kpi], title: str) -> None:
    """Print KPIs in tables, one for each mode, headline numbers before those of single groups.

    Parameters
    ----------
    console
        Where to.
    kpis
        The numbers, in order.
    title
        Title of the first table.
    """
    rows = list(kpis)
    notes = list(dict.fromkeys(kpi.clause for kpi in rows))
    for mode in dict.fromkeys(kpi.mode for kpi in rows):
        console.print(_table([kpi for kpi in rows if kpi.mode == mode], f"{title} · {label(mode) or _PLAN}", notes))
    for number, note in enumerate(notes, 1):
        console.print(f"[{number}] {note}", highlight=False, markup=False, style="dim")


def plain(value: object) -> Text:
    """Return a value as the terminal shows it: words as they are, no markup, no links, no signs that it would obey."""
    return Text(printable(str(value)))


def _table(kpis: Sequence[Kpi], title: str, notes: Sequence[str]) -> Table:
    table = Table(title=plain(title), title_justify="left", pad_edge=False)
    table.add_column("指标", overflow="fold")
    table.add_column("数值", justify="right", no_wrap=True)
    table.add_column("阵地 / 人群", overflow="fold")
    table.add_column("分母", overflow="fold")
    table.add_column("注", justify="right")
    for kpi in kpis:
        whole = "全体" in kpi.group or "全部" in kpi.group
        unit = "" if kpi.unit == "1" or kpi.rounded is None else f" {kpi.unit}"
        who = label(kpi.level) if whole else kpi.group
        cells = (kpi.label, f"{kpi_value(kpi)}{unit}", who, kpi_denominator(kpi), str(notes.index(kpi.clause) + 1))
        table.add_row(*(plain(cell) for cell in cells))
    return table


def print_indicators(console: Console, appraisal: Appraisal, title: str) -> None:
    """Print the indicator table and the four qualities, with bases as numbered notes below.

    Parameters
    ----------
    console
        Where to.
    appraisal
        The indicators held against standards and targets.
    title
        Title of the table.
    """
    table = appraisal.table()
    notes = list(dict.fromkeys(table["依据"]))
    table["注"] = [str(notes.index(basis) + 1) for basis in table["依据"]]
    print_frame(
        console,
        table.drop(columns="依据"),
        f"{title} · 指标达标",
        _RIGHT,
    )
    for number, note in enumerate(notes, 1):
        console.print(f"[{number}] {note}", highlight=False, markup=False, style="dim")
    print_frame(
        console,
        appraisal.axis_table(),
        f"{title} · 四化",
        _RIGHT,
    )


def print_answer(console: Console, study: Study, title: str) -> None:
    """Print the first answer: at most a dozen numbers, each with its denominator, and what follows from them.

    Parameters
    ----------
    console
        Where to; 80 columns are enough.
    study
        What was studied.
    title
        Title of the table.
    """
    rows = study.headlines()
    planned = any(row.planned is not None for row in rows)
    headings = ("现状", *(("方案",) if planned else ()), "目标", "差距")
    cells = [_answer_row(row, planned) for row in rows]
    taken = [max(map(display_width, (heading, *column))) for heading, *column in zip(headings, *cells, strict=True)]
    verdict = max(display_width(row.verdict) for row in rows) if rows else 0
    width = min(console.width, _WIDEST)
    room = max(width - sum(taken) - verdict - 2 * len(taken) - 5, _LEAST_ROOM)
    table = Table(title=plain(title), title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("指标（分母）", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("结论", no_wrap=True)
    for row, numbers in zip(rows, cells, strict=True):
        name = Text(wrapped(printable(_with_unit(row)), room))
        if row.denominator:
            name.append(f"\n{wrapped(printable(row.denominator), room)}", style="dim")
        table.add_row(name, *map(plain, numbers), Text(row.verdict or "—", _VERDICTS.get(row.verdict, "")))
    console.print(table)
    for sentence in study.conclusion():
        first, *rest = wrapped(printable(sentence), width - 2).split("\n")
        console.print(Text("\n".join([f"• {first}", *(f"  {line}" for line in rest)])), soft_wrap=True)


def _answer_row(row: Headline, planned: bool) -> list[str]:
    """Return the numbers of a row of the first answer; a line where another one says it all."""
    both = [row.today, row.planned] if planned else [row.today]
    known = any(value is not None for value in both) or row.verdict in PROOF.values()
    shown = ["—" if value is None and known else _bare(value, row.unit) for value in both]
    sign = "≥" if row.better == "higher" else "≤"
    goal = "—" if row.target is None else f"{sign} {row.target:g}{'%' if row.unit == '%' else ''}"
    gap = "—" if row.gap is None else f"{row.gap:+,}" if row.gap else "0"
    return [*shown, goal, gap]


def _bare(value: float | None, unit: str) -> str:
    """Return a number without its unit, which stands in the name; percent keeps its sign."""
    return amount(value, unit).removesuffix(f" {unit}")


def _with_unit(row: Headline) -> str:
    return row.label if row.unit in ("%", "1") else f"{row.label}（{row.unit}）"


_WIDEST = 110  # a wider table is harder to read along its rows
_LEAST_ROOM = 16
_VERDICTS = {"达标": "green", "未达标": "red", "缺数据": "yellow", "无解": "red", "未证最优": "yellow"}
_RIGHT = {
    "现状",
    "方案",
    "增减",
    "标准",
    "规划目标",
    "差距",
    "注",
    "得分",
    "现状得分",
    "方案得分",
    "指标数",
    "有得分",
    "权重合计",
}
_PROVEN = "求解状态"
"""The column by which rows that are proven are told, and left to the workbook."""


def print_results(console: Console, parts: Mapping[str, Result], title: str) -> None:
    """Print the tables that results name for the terminal; all others are in the workbook.

    Parameters
    ----------
    console
        Where to.
    parts
        Studies by name.
    title
        Title of each table.
    """
    for part in parts.values():
        for heading, table in part.known_tables.items() if part.on_terminal else ():
            if not heading.startswith(part.on_terminal):
                continue
            shown = table.drop(columns=[column for column in part.workbook_only if column in table])
            shown = shown[shown[_PROVEN] != "OPTIMAL"] if _PROVEN in shown else shown
            right = {
                column
                for column in shown.columns
                if "（" in column or column.endswith(("损失", "人时")) or pd.api.types.is_numeric_dtype(shown[column])
            }
            if len(shown):
                print_frame(console, shown, f"{title} · {heading}", right)


def planned_kpis(parts: Mapping[str, Result]) -> list[Kpi]:
    """Return the numbers of all plans: of what is decided, not measured."""
    return [kpi for part in parts.values() if part.status != "MEASURED" and part.answered for kpi in part.kpis()]


def print_frame(console: Console, frame: pd.DataFrame, title: str, right: Collection[str]) -> None:
    """Print a table, some columns to the right."""
    table = Table(title=plain(title), title_justify="left", pad_edge=False)
    for column in frame.columns:
        table.add_column(plain(column), justify="right" if column in right else "left", overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(*(plain(cell) for cell in row))
    console.print(table)
