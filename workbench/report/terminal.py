"""KPI tables for a terminal: narrow, with the clauses as numbered notes below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workbench.results import Kpi, kpi_denominator, kpi_value
from workbench.terms import label


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


def _table(kpis: Sequence[Kpi], title: str, notes: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", pad_edge=False)
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
        table.add_row(*(escape(cell) for cell in cells))
    return table
