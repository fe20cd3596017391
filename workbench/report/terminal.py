"""KPI tables for a terminal: narrow, with the clauses as numbered notes below."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workbench.catalogue.terms import label, printable
from workbench.coverage.indicator_table import Appraisal
from workbench.results import Kpi, Result, kpi_denominator, kpi_table, kpi_value
from workbench.rooms.result import LOSSES


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
        console.print(_table([kpi for kpi in rows if kpi.mode == mode], f"{title} · {label(mode)}", notes))
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
    _print_frame(console, table.drop(columns="依据"), f"{title} · 指标达标", {"现状", "标准", "规划目标", "差距", "注"})
    for number, note in enumerate(notes, 1):
        console.print(f"[{number}] {note}", highlight=False, markup=False, style="dim")
    _print_frame(console, appraisal.axis_table(), f"{title} · 四化", {"得分", "指标数", "有得分", "权重合计"})


_SITING = ("siting", "siting_options", "siting_phases")
_SHOWN = (
    "选址结论",
    "规则冲突",
    "推荐站点",
    "方案比选矩阵",
    "分期建设计划",
    "分期规则冲突",
)  # as titles of tables begin
_LEFT_OUT = ("街道", "单独新增", "与其他站重叠", "覆盖居民（合规）", "两站以上可及（%）", "时间可达覆盖率（%）")
"""Columns that are in the workbook only."""


def print_siting(console: Console, parts: Mapping[str, Result], title: str) -> None:
    """Print what siting concludes: the answer and its proof, the stations with their reasons, options and terms.

    Where the wish is impossible the rules that contradict each other are printed instead; where nothing is sited,
    nothing is.

    Parameters
    ----------
    console
        Where to.
    parts
        Studies by name.
    title
        Title of each table.
    """
    for name in _SITING:
        tables = parts[name].tables() if name in parts else {}
        for heading, table in tables.items():
            if heading.startswith(_SHOWN):
                shown = table.drop(columns=[column for column in _LEFT_OUT if column in table])
                right = {column for column in shown.columns if "（" in column or column.endswith(("损失", "人时"))}
                _print_frame(console, shown, f"{title} · {heading}", right)


_ROOM_TABLES = (
    LOSSES, "逐中心结果", "逐阶段证明", "未满足需求及原因", "改造清单", "中心间调剂", "调剂前后", "场地置换匹配表",
    "未匹配的运营方及原因", "变更通知", "无法排出的中心",
)  # fmt: skip
"""Tables of the rooms that are printed; all others are in the workbook."""


def print_rooms(console: Console, parts: Mapping[str, Result], title: str) -> None:
    """Print what a timetable of rooms comes to: its numbers, the proof of each stage, and why something is not served.

    Of the centres only those are printed that are not proven, with their rules in conflict; where no rooms are planned,
    nothing is.

    Parameters
    ----------
    console
        Where to.
    parts
        Studies by name.
    title
        Title of each table.
    """
    planned = [part for name, part in parts.items() if name.startswith("room")]
    if not planned:
        return
    numbers = kpi_table([kpi for part in planned for kpi in part.kpis()])
    _print_frame(console, numbers[["指标", "数值", "单位", "分母", "依据"]], f"{title} · 房间", {"数值"})
    for part in planned:
        for heading, table in part.tables().items():
            if heading not in _ROOM_TABLES:
                continue
            shown = table[table["求解状态"] != "OPTIMAL"] if "求解状态" in table else table
            right = {column for column in shown.columns if pd.api.types.is_numeric_dtype(shown[column])}
            if len(shown):
                _print_frame(console, shown, f"{title} · {heading}", right)


def planned_kpis(parts: Mapping[str, Result]) -> list[Kpi]:
    """Return the numbers of siting, where there is a plan."""
    if "siting" not in parts or parts["siting"].status in _NO_PLAN:
        return []
    return [kpi for name, part in parts.items() if name.startswith("siting") for kpi in part.kpis()]


_NO_PLAN = ("INFEASIBLE", "UNKNOWN")


def _print_frame(console: Console, frame: pd.DataFrame, title: str, right: Collection[str]) -> None:
    table = Table(title=plain(title), title_justify="left", pad_edge=False)
    for column in frame.columns:
        table.add_column(plain(column), justify="right" if column in right else "left", overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(*(plain(cell) for cell in row))
    console.print(table)
