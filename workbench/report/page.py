"""The page of a run: conclusion, cards, map, arguments, method; one file that needs nothing else."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
from bokeh.resources import Resources
from jinja2 import Environment
from markupsafe import Markup, escape

from workbench.catalogue.standards import Certainty
from workbench.catalogue.terms import label, printable
from workbench.results import DrawnFigure, Headline, Result, amount
from workbench.study import Study

PAGE: Final = "report.html"

_TEMPLATE = Path(__file__).with_suffix(".html")
_MOST_ROWS = 200  # of a table on the page; the workbook has them all
_FILTERED_FROM = 12  # rows from which a table can be filtered
_SHORT = 20  # rows that the page shows unfolded
_KINDS = {"达标": "met", "未达标": "missed", "缺数据": "lack", "未证最优": "lack", "无解": "missed"}
_MARKS = {
    Certainty.CORROBORATED: "已在公开材料中核对",
    Certainty.KNOWN: "业内通行，手边无原文",
    Certainty.DOUBTFUL: "须核对原文后再用",
    Certainty.COMPUTED: "由其他取值算得",
    Certainty.INFERRED: "工作台口径，不是标准",
}
_MAP_NOTE = "滚轮缩放，拖动平移，指向小区、阵地、大门与站点可看说明；按钮切换现状与方案、测算口径与图层。"
_IN_CELLS = "居民点过多，按方格合并显示，颜色取格内多数居民的类别。"


def write_page(
    path: Path,
    study: Study,
    figures: Sequence[DrawnFigure],
    notes: Sequence[str],
    standards: pd.DataFrame,
    district_map: Callable[[], Mapping[str, Any]] | None = None,
) -> None:
    """Write the page of a run: one file, nothing loaded from anywhere.

    Every study appears by what it gives of itself: sentences, tables, and the figures that were drawn of it.

    Parameters
    ----------
    path
        Where to.
    study
        What was studied.
    figures
        The figures that were drawn.
    notes
        Lines that stand on every output: ground, fingerprint, sources.
    standards
        The standards that the scenario rests on.
    district_map
        Makes the interactive map (:func:`workbench.plot.map_item`); no map when not given.
    """
    environment = Environment(autoescape=True, trim_blocks=False)
    environment.globals |= {"picture": _picture, "table": _table}
    scenario, manifest = study.scenario, study.district.manifest
    title = f"{manifest.name} · {scenario.title or scenario.name}"
    of = {figure.name: figure for figure in figures if figure.path.suffix == ".png"}
    radar = next((of[name] for name in ("qualities",) if name in of), None)
    static = next((of[name] for name in ("siting", "coverage_map_planned", "coverage_map") if name in of), None)
    appraisal = study.appraisal.tables()
    ground = f"{manifest.notice}；坐标系 {manifest.crs}；数据日期 {manifest.date}。"
    drawn = {} if district_map is None else district_map()
    text = environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        title=printable(title),
        running=_css_string(f"{printable(title)}　{manifest.notice}"),
        notice=manifest.notice,
        conclusion=[printable(sentence) for sentence in study.conclusion()],
        cards=[_card(row) for row in study.headlines()],
        map=_script(json.dumps(drawn["item"], ensure_ascii=False, allow_nan=False)) if drawn else None,
        map_note=_MAP_NOTE + (_IN_CELLS if drawn.get("merged") else "") + ground,
        scripts=_bokeh_scripts() if drawn else [],
        legend=drawn.get("legend", ()),
        static=static,
        radar=radar,
        indicators=_Shown("指标达标", appraisal["指标达标"]),
        qualities=_Shown("四化", appraisal["四化"]),
        parts=[_part(name, part, of) for name, part in _in_order(study)],
        notes=[printable(note) for note in notes],
        marks=[(str(mark), words) for mark, words in _MARKS.items()],
        standards=_Shown("标准", standards),
    )
    path.write_text(text, encoding="utf-8")


def _in_order(study: Study) -> list[tuple[str, Result]]:
    """Return the studies as a reader wants them: what is decided, the circle, then all others."""
    decided = [(name, part) for name, part in study.parts.items() if part.decides]
    measured = [(name, part) for name, part in study.parts.items() if not part.decides]
    return [*decided, ("coverage", study.coverage), *measured]


class _Shown:
    """A table as the page shows it."""

    def __init__(self, title: str, frame: pd.DataFrame) -> None:
        self.title, self.frame, self.count = printable(title), frame, len(frame)


def _part(name: str, result: Result, figures: Mapping[str, DrawnFigure]) -> dict[str, Any]:
    """Return what the page shows of a study."""
    tables = {title: table for title, table in result.tables().items() if len(table)}
    first = [title for title in tables if result.on_terminal and title.startswith(result.on_terminal)]
    numbers = result.summary()
    more = {"全部数字": numbers, **{title: table for title, table in tables.items() if title not in first}}
    return {
        "key": name,
        "title": label(name),
        "proof": result.proof,
        "conclusion": [printable(sentence) for sentence in result.conclusion()],
        "figures": [one for one in figures.values() if one.study == name and one.name != "qualities"],
        "tables": [_Shown(title, tables[title]) for title in first],
        "more": [_Shown(title, table) for title, table in more.items() if len(table)],
    }


def _card(row: Headline) -> dict[str, str]:
    """Return a headline as a card."""
    planned = row.planned is not None
    value = row.planned if planned else row.today
    gap = "" if row.gap is None else f"{row.gap:+,}" if row.gap else "0"
    sign = "≥" if row.better == "higher" else "≤"
    return {
        "key": row.key,
        "label": printable(row.label),
        "kind": _KINDS.get(row.verdict, ""),
        "verdict": row.verdict,
        "value": row.verdict if value is None and row.verdict in _KINDS else amount(value, row.unit),
        "before": amount(row.today, row.unit) if planned and row.today is not None else "",
        "goal": "" if row.target is None else f"{sign} {amount(row.target, row.unit)}",
        "gap": gap,
        "denominator": printable(row.denominator),
        "basis": printable(row.basis),
    }


def _picture(figure: DrawnFigure) -> Markup:
    """Return a figure with its caption, the picture inside the page."""
    data = base64.b64encode(figure.path.read_bytes()).decode("ascii")
    words = escape(printable(figure.title))
    shown = Markup('<figure><img alt="{0}" src="data:image/png;base64,{1}"><figcaption>{0}</figcaption></figure>')
    return shown.format(words, data)


def _table(shown: _Shown) -> Markup:
    """Return a table; a long one is cut, and says so."""
    frame = shown.frame.head(_MOST_ROWS)
    heads = Markup("").join(Markup("<th>{}</th>").format(printable(str(name))) for name in frame.columns)
    rows = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(map(_cell, row))) for row in frame.itertuples(index=False)
    )
    search = Markup('<input class="filter" placeholder="筛选">') if shown.count >= _FILTERED_FROM else ""
    cut = f"共 {shown.count:,} 行，此处列前 {_MOST_ROWS} 行，其余见 tables.xlsx。" if shown.count > _MOST_ROWS else ""
    more = Markup('<p class="soft">{}</p>').format(cut) if cut else ""
    return Markup('<div class="wide">{}<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>{}</div>').format(
        search, heads, rows, more
    )


def _cell(value: object) -> Markup:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return Markup("<td></td>")
    if isinstance(value, bool):
        value = "是" if value else "否"
    if isinstance(value, (int, float)) or hasattr(value, "dtype"):
        return Markup('<td class="number">{}</td>').format(f"{value:,}")
    text = printable(str(value))
    kind = {"是": ' class="yes"', "否": ' class="no"'}.get(text, "")
    return Markup("<td" + kind + ">{}</td>").format(text)  # noqa: S704 - one of two constants


def _css_string(text: str) -> Markup:
    """Return a text as CSS takes it, between quotes: nothing in it can end the string or the style."""
    plain = "".join(sign if sign.isalnum() or sign in " ·　" else f"\\{ord(sign):x} " for sign in text)
    return Markup(f'"{plain}"')  # noqa: S704 - letters and escapes


def _script(text: str) -> Markup:
    """Return JSON that may stand inside a script: no tag can end it."""
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704


def _bokeh_scripts() -> list[Markup]:
    """Return Bokeh itself, without what needs WebGL or loads anything."""
    found = Resources(mode="inline", components=["bokeh", "bokeh-widgets"], log_level="error").js_raw
    return [Markup(script) for script in found]  # noqa: S704 - code of a dependency
