"""Plans side by side in one folder: tables, numbers, maps and a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
from rich.console import Console
from rich.text import Text

from workbench.catalogue.terms import printable
from workbench.comparison import Comparison
from workbench.folder import staged_folder
from workbench.fonts import wrapped
from workbench.report.contents import WORKBOOK, Part, Shown
from workbench.report.page import PAGE, write_pages_of
from workbench.report.terminal import print_frame
from workbench.report.word import write_word_of
from workbench.report.workbook import write_workbook
from workbench.results import DrawnFigure
from workbench.version import __version__

COMPARISON: Final = "comparison.json"
"""The file that every folder of a comparison holds."""

COMPARISON_WORD: Final = "comparison.docx"

_WHERE_ELSE = "全部数字见同一文件夹的 comparison.json 与 tables.xlsx；同样的情景、底数与版本得到同样的数字。"
_SHORT = (
    "方案",
    "覆盖居民（人）",
    "新覆盖（人）",
    "失去覆盖（人）",
    "达标项数",
    "一次性投入（万元）",
    "新增在岗成本（万元/年）",
    "求解",
)


def write_comparison(
    folder: Path, compared: Comparison, *, draw: Callable[[Path], list[DrawnFigure]] | None = None
) -> Path:
    """Write a comparison, complete or not at all.

    Parameters
    ----------
    folder
        Where to. A folder of an earlier comparison is replaced; anything else is refused.
    compared
        The plans.
    draw
        Draws the maps into a folder.

    Returns
    -------
    pathlib.Path
        The folder, with ``report.html``, ``comparison.docx``, ``comparison.json``, ``tables.xlsx`` and ``figures/``.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    with staged_folder(folder, marker=COMPARISON) as staging:
        (staging / COMPARISON).write_text(_record(compared), encoding="utf-8")
        write_workbook(staging / "tables.xlsx", compared.tables(), _notes(compared), compared.conclusion())
        figures: list[DrawnFigure] = []
        if draw is not None:
            (staging / "figures").mkdir()
            figures = draw(staging / "figures")
        manifest = compared.studies[0].district.manifest
        said, notes, parts = [*compared.conclusion(), *_unlike(compared)], _notes(compared), _parts(compared, figures)
        write_pages_of(staging / PAGE, f"{manifest.name} · 方案对比", manifest.notice, said, parts, notes)
        write_word_of(staging / COMPARISON_WORD, "方案比选报告", manifest, said, parts, notes, _WHERE_ELSE)
    return folder


def _parts(compared: Comparison, figures: Sequence[DrawnFigure]) -> list[Part]:
    """Return what page and Word show: the plans beside each other and their maps, then who gains and who loses."""
    tables = compared.tables()
    tables["方案对比"] = _standing(tables["方案对比"])
    shown = {title: Shown(title, table) for title, table in tables.items()}
    first = [shown.pop(title) for title in _FIRST if title in shown]
    none = Shown("", pd.DataFrame())
    scenario = compared.circles[0].scenario
    clauses = [scenario.register[scenario.coverage.distance].citation]
    return [
        Part("plans", "方案", "", [], list(figures), first, none, [], WORKBOOK, clauses),
        Part(
            "effects", "得失与指标", "", list(compared.effects()), [], list(shown.values()), none, [], WORKBOOK, clauses
        ),
    ]


def _standing(plans: pd.DataFrame) -> pd.DataFrame:
    """Return plans as columns, so that they stand beside each other on a page; numbers with thousands."""
    table = plans.set_index("方案").map(lambda value: value if isinstance(value, str) else f"{value:,}").T
    return table.rename_axis(index="项", columns=None).reset_index()


_FIRST = ("方案对比", "权重与排序")


def _record(compared: Comparison) -> str:
    plans: list[dict[Any, Any]] = []
    for study, row in zip(compared.studies, compared.summary().to_dict("records"), strict=True):
        indicators = [one.as_record() for one in study.appraisal.rows()]
        plans.append({"name": study.scenario.name, "fingerprint": study.fingerprint, **row, "indicators": indicators})
    content = {
        "fingerprint": compared.fingerprint,
        "workbench": __version__,
        "conclusion": list(compared.conclusion()),
        "plans": plans,
        "turning_weights": compared.turning_weights().to_dict("records"),
        "unlike": {key: list(values) for key, values in compared.unlike.items()},
    }
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False, default=float) + "\n"


def _notes(compared: Comparison) -> list[str]:
    district = compared.studies[0].district
    manifest = district.manifest
    return [
        manifest.notice,
        f"底数：{manifest.name}；数据日期 {manifest.date}；坐标系 {manifest.crs}",
        f"指纹：{compared.fingerprint[:16]}；工作台 {__version__}",
        "分社区、分小区的得失按合规口径计，分人群按体验口径、各自步速计。",
        "在岗成本按登记的人数与时薪计，不含租金、水电与运营费；一次性投入为各研究已知的造价。",
        *manifest.credit_notes,
    ]


def print_comparison(console: Console, compared: Comparison) -> None:
    """Print the plans and what follows.

    Parameters
    ----------
    console
        Where to.
    compared
        The plans.
    """
    table = compared.summary()[list(_SHORT)].map(lambda value: value if isinstance(value, str) else f"{value:,}")
    print_frame(console, table, "方案对比", set(_SHORT[1:-1]))
    for sentence in (*compared.conclusion(), *_unlike(compared)):
        first, *rest = wrapped(printable(sentence), console.width - 2).split("\n")
        console.print(Text("\n".join([f"• {first}", *(f"  {line}" for line in rest)])), soft_wrap=True)


def _unlike(compared: Comparison) -> Sequence[str]:
    return [f"口径不同，比较时须留意：{'、'.join(compared.unlike)}。"] if compared.unlike else []
