"""The page of a run: conclusion, cards, map, arguments, method; one file that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup, escape

from workbench.catalogue.terms import printable
from workbench.report.contents import MARKS, RADAR, Contents, Part, Shown, cell_text
from workbench.results import DrawnFigure, card

PAGE: Final = "report.html"

_TEMPLATE = Path(__file__).with_suffix(".html")
_MOST_ROWS = 200  # of a table on the page; the workbook has them all
_FILTERED_FROM = 12  # rows from which a table can be filtered
_MAP_NOTE = "滚轮缩放，拖动平移，指向小区、阵地、大门与站点可看说明；按钮切换现状与方案、测算口径与图层。"
_IN_CELLS = "居民点过多，按方格合并显示，颜色取格内多数居民的类别。"


def write_page(path: Path, contents: Contents, drawn: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Write the page of a run: one file, nothing loaded from anywhere.

    Every study appears by what it gives of itself: sentences, tables, and the figures that were drawn of it.

    Parameters
    ----------
    path
        Where to.
    contents
        What it holds.
    drawn
        The interactive map (:func:`workbench.plot.map_item`); no map when not given.
    """
    study, manifest = contents.study, contents.study.district.manifest
    appraisal = study.appraisal.tables()
    ground = f"{manifest.notice}；坐标系 {manifest.crs}；数据日期 {manifest.date}。"
    _render(
        path,
        contents.title,
        manifest.notice,
        conclusion=[printable(sentence) for sentence in study.conclusion()],
        cards=[card(row) for row in study.headlines()],
        map=drawn.get("item"),
        map_note=_MAP_NOTE + (_IN_CELLS if drawn.get("merged") else "") + ground,
        scripts=drawn.get("scripts", ()),
        legend=drawn.get("legend", ()),
        static=contents.map,
        radar=contents.pictures.get(RADAR),
        indicators=Shown("指标达标", appraisal["指标达标"]),
        qualities=Shown("四化", appraisal["四化"]),
        parts=list(contents.parts.values()),
        notes=[printable(note) for note in contents.notes],
        marks=[(str(mark), words) for mark, words in MARKS.items()],
        standards=Shown("标准", contents.standards),
        atlas=contents.atlas,
    )


def write_pages_of(
    path: Path,
    title: str,
    notice: str,
    conclusion: Sequence[str],
    parts: Sequence[Part],
    notes: Sequence[str],
    beside: str = "comparison.json",
    foot: str = "",
) -> None:
    """Write a page of other contents: what follows, then parts with their figures and tables.

    Parameters
    ----------
    path
        Where to.
    title, notice
        What it is about, and what stands on every page of it.
    conclusion
        What follows, in sentences.
    parts
        What it is shown by.
    notes
        Lines that stand at its end.
    beside
        The file beside it that holds all numbers.
    foot
        Where the rest is, where that is another file or several.
    """
    said = [printable(sentence) for sentence in conclusion]
    lines = [printable(note) for note in notes]
    _render(path, title, notice, conclusion=said, cards=[], parts=parts, notes=lines, beside=beside, foot=foot)


def _render(path: Path, title: str, notice: str, **shown: Any) -> None:
    environment = Environment(autoescape=True, trim_blocks=False)
    environment.globals |= {"picture": _picture, "table": html_table}
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    running = css_string(f"{title}　{notice}")
    path.write_text(template.render(title=title, running=running, notice=notice, **shown), encoding="utf-8")


def _picture(figure: DrawnFigure) -> Markup:
    """Return a figure with its caption, the picture inside the page."""
    data = base64.b64encode(figure.path.read_bytes()).decode("ascii")
    words = escape(printable(figure.title))
    shown = Markup('<figure><img alt="{0}" src="data:image/png;base64,{1}"><figcaption>{0}</figcaption></figure>')
    return shown.format(words, data)


_VERDICTS = {"是": ' class="yes"', "否": ' class="no"'}


def html_table(shown: Shown) -> Markup:
    """Return a table; a long one is cut, and says so."""
    frame = shown.frame.head(_MOST_ROWS)
    heads = "".join(f"<th>{escape(printable(str(name)))}</th>" for name in frame.columns)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in frame.itertuples(index=False))
    search = Markup('<input class="filter" placeholder="筛选">') if shown.count >= _FILTERED_FROM else ""
    cut = shown.cut(_MOST_ROWS)
    more = Markup('<p class="soft">{}</p>').format(cut) if cut else ""
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return Markup(f'<div class="wide">{search}{table}{more}</div>')  # noqa: S704 - each text in it is escaped


def _cell(value: object) -> str:
    """Return a cell, escaped: as plain text, for there are tens of thousands on a page."""
    text, numeric = cell_text(value)
    kind = ' class="number"' if numeric else _VERDICTS.get(text, "")
    return f"<td{kind}>{escape(text)}</td>"


def css_string(text: str) -> Markup:
    """Return a text as CSS takes it, between quotes: nothing in it can end the string or the style."""
    plain = "".join(sign if sign.isalnum() or sign in " ·　" else f"\\{ord(sign):x} " for sign in text)
    return Markup(f'"{plain}"')  # noqa: S704 - letters and escapes
