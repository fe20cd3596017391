"""The report as a Word file: a page for leaders that stands alone, then argument, method and annexed tables.

Its form follows official documents (GB/T 9704): A4, margins, typefaces, page numbers.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import docx
import pandas as pd
from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.packuri import PackURI
from docx.oxml.ns import nsdecls, qn
from docx.oxml.parser import parse_xml
from docx.section import Section
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from workbench.catalogue.terms import printable
from workbench.fonts import display_width
from workbench.ground.district import District
from workbench.ground.manifest import Manifest
from workbench.office import EPOCH, without_clock
from workbench.privacy import WITHHELD
from workbench.report.contents import (
    MARKS,
    RADAR,
    Brief,
    Contents,
    Part,
    Shown,
    brief_of,
    cell_text,
    chapters,
)
from workbench.results import MISSING, Card, DrawnFigure, card

WORD: Final = "report.docx"
TITLE: Final = "现状评估与规划建议报告"

SONG, FANG, HEI, KAI, LATIN = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "Times New Roman"
_FONTS = {  # what stands for a typeface that a machine lacks, best first
    SONG: ("roman", "FZXiaoBiaoSong-B05S,方正小标宋_GBK,小标宋体,华文中宋,宋体,SimSun,Noto Serif CJK SC"),
    FANG: ("modern", "仿宋,FangSong,华文仿宋,STFangsong,宋体,SimSun,Noto Serif CJK SC"),
    HEI: ("swiss", "SimHei,华文黑体,STHeiti,微软雅黑,Microsoft YaHei,Noto Sans CJK SC"),
    KAI: ("modern", "楷体,KaiTi,华文楷体,STKaiti,宋体,SimSun,Noto Serif CJK SC"),
}
_PAGE = (210.0, 297.0)  # mm
_MARGINS = (37.0, 26.0, 35.0, 28.0)  # mm: top, right, bottom, left, as GB/T 9704 sets them
_ANNEX_MARGINS = (24.0, 20.0, 20.0, 20.0)
_TEXT_WIDTH = _PAGE[0] - _MARGINS[1] - _MARGINS[3]
_ANNEX_WIDTH = _PAGE[1] - _ANNEX_MARGINS[1] - _ANNEX_MARGINS[3]
_TALLEST = 150.0  # mm of a figure
_UNBROKEN = 14  # rows of a table that stays on one page
_LONG, _BEGIN = 40, 20  # a table of more rows is cut to these first ones; the workbook has them all
_WIDE = 13  # columns from which a table goes to the annex, where pages lie on their side
_SMALL_FROM, _CROWDED = 10, 1.8  # columns from which letters are smaller; times the width that its words would take
_MOST_CLAUSES = 3  # under a table or figure
_POINT = 20  # twentieths of a point, the unit of Word
_MM = 72 * _POINT / 25.4
_PADDING, _LEAST, _STRETCH = 1.6, 4.0, 1.6  # of columns: margins, least width, both in letters; most stretched
_BRIEF_WORDS, _BRIEF_SHARE = 15, 0.7  # letters of a column that is not broken, if all such take no more than that
_BRIEF_ROOM, _LEAST_MAP = 186.0, 40.0  # mm of the page for leaders that its headings leave; of its map
ACCENT: Final = "1F3F8F"
VERDICT_COLOURS: Final = {"达标": "1D7355", "未达标": "B3352C", "无解": "B3352C"}
_DIGITS = "零一二三四五六七八九"
_ANNEX, _PROPOSED = "附表", "建议方案"
_BY_WEIGHT = "指标得分按权重平均；各指标的依据见指标表"
_WHERE_ELSE = (
    "全部数字见同一文件夹的 kpi.json、answer.json 与 tables.xlsx（有方案时，只作测算的各表须加 --tables all），"
    "图层见 layers.gpkg；"
    "同样的情景、底数与版本得到同样的数字。"
)


@dataclass(frozen=True)
class _Style:
    """How a style of the document is set: typeface, points, and what surrounds it."""

    font: str
    size: float
    bold: bool = False
    centred: bool = False
    before: float = 0.0
    after: float = 0.0
    line: float = 0.0  # points, exact; as its letters ask when zero
    indent: int = 0  # signs of the first line
    keep: bool = False  # with the next paragraph


_STYLES = {
    "Normal": _Style(FANG, 14),
    "Title": _Style(SONG, 22, centred=True, after=4, line=30),
    "Subtitle": _Style(KAI, 14, centred=True, after=6, line=20),
    "Heading 1": _Style(HEI, 16, before=14, after=6, line=28, keep=True),
    "Heading 2": _Style(KAI, 15, bold=True, before=10, after=4, line=26, keep=True),
    "Heading 3": _Style(FANG, 14, bold=True, before=6, after=2, line=24, keep=True),
    "Body Text": _Style(FANG, 14, line=26, indent=2),
    "Caption": _Style(HEI, 10.5, centred=True, before=8, after=3),
    "Header": _Style(KAI, 9, centred=True),
    "Footer": _Style("宋体", 14, centred=True),
    "Brief": _Style(FANG, 12, line=20, indent=2),
    "Brief Head": _Style(HEI, 13, before=5, after=1, line=20, keep=True),
    "Figure": _Style(FANG, 9, centred=True, before=6, keep=True),
    "Table Text": _Style(FANG, 9),
    "Table Small": _Style(FANG, 7.5),
    "Number": _Style(HEI, 18, bold=True),
    "Note": _Style(KAI, 9, before=2, after=8),
    "Contents": _Style(FANG, 14, line=24),
}


def write_word(path: Path, contents: Contents) -> None:
    """Write the report of a run as a Word file; the same study gives the same bytes.

    Every study appears by what it gives of itself, those that decide with a chapter of their own.

    Parameters
    ----------
    path
        Where to.
    contents
        What it holds.
    """
    study, pictures = contents.study, contents.pictures
    writer = _Writer(study.district.manifest, contents.title)
    measured, planned = chapters(study)
    heads = ["概况", "现状与差距", *(chapter.title for chapter in planned), "方法与依据"]
    heads = [f"{numeral(place)}、{head}" for place, head in enumerate(heads, 1)]
    writer.brief(brief_of(contents))
    writer.contents([*heads, _ANNEX])
    writer.heading(heads[0])
    writer.paragraphs(contents.notes[1:3])
    for title, frame in _ground(study.district).items():
        writer.table(Shown(title, frame), [])
    writer.heading(heads[1])
    writer.paragraphs([study.appraisal.verdict])
    writer.cards([card(row) for row in study.appraisal.rows()])
    writer.table(Shown("四化", study.appraisal.axis_table()), [_BY_WEIGHT])
    if RADAR in pictures:
        writer.figure(pictures[RADAR], [_BY_WEIGHT])
    parts = [contents.parts[name] for name in measured]
    shown = [part for part in parts if part.conclusion or part.figures or part.tables]
    for place, part in enumerate(shown, 1):
        writer.part(f"（{numeral(place)}）{part.title}", part)
    writer.others(f"（{numeral(len(shown) + 1)}）其余评估", [part for part in parts if part not in shown])
    for head, chapter in zip(heads[2:], planned, strict=False):
        writer.heading(head)
        for place, name in enumerate(chapter.parts, 1):
            part = contents.parts[name]
            writer.part(f"（{numeral(place)}）{part.title if place > 1 else _PROPOSED}", part)
    writer.heading(heads[-1])
    writer.paragraphs(contents.notes)
    listed = writer.annexed([Shown("本情景所依据的标准与取值", contents.standards)], ["各行所列"], whole=True)
    marks = "；".join(f"【{mark}】{words}" for mark, words in MARKS.items())
    writer.paragraphs([f"标准与取值逐条见{listed}。标记：{marks}。", _WHERE_ELSE])
    writer.annex()
    path.write_bytes(writer.saved())


def write_word_of(
    path: Path,
    title: str,
    manifest: Manifest,
    conclusion: Sequence[str],
    parts: Sequence[Part],
    notes: Sequence[str],
    where_else: str,
) -> None:
    """Write other contents as a Word file: what follows, a chapter for each part, then method and annexed tables.

    Parameters
    ----------
    path
        Where to.
    title
        What kind of report it is.
    manifest
        The ground.
    conclusion
        What follows, in sentences.
    parts
        The chapters.
    notes
        Lines on method, ground and sources.
    where_else
        Where all numbers are.
    """
    writer = _Writer(manifest, manifest.name, title)
    names = ["结论", *(part.title for part in parts), "方法与依据"]
    heads = [f"{numeral(place)}、{name}" for place, name in enumerate(names, 1)]
    writer.cover([*heads, _ANNEX])
    writer.heading(heads[0])
    writer.paragraphs(conclusion)
    for head, part in zip(heads[1:], parts, strict=False):
        writer.heading(head)
        writer.body(part)
    writer.heading(heads[-1])
    writer.paragraphs([*notes, where_else])
    writer.annex()
    path.write_bytes(writer.saved())


def _ground(district: District) -> dict[str, pd.DataFrame]:
    """Return what the ground holds, as tables by title; none where it holds nothing."""
    people = district.population() if len(district.demand) else pd.DataFrame()
    return {
        title: frame for title, frame in (("底数", district.overview()[["表", "行数"]]), ("居民", people)) if len(frame)
    }


def numeral(number: int) -> str:
    """Return a number below a hundred in Chinese, as headings are counted."""
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones or not tens else "")


class _Writer:
    """Writes a document from its first page to its last, and counts tables and figures."""

    def __init__(self, manifest: Manifest, subject: str, title: str = TITLE) -> None:
        subject = printable(subject)
        self._title, self._subject = title, subject
        self.document = _blank(f"{title}：{subject}", f"{printable(manifest.notice)}　{subject}")
        self._source = f"资料来源：{manifest.name}，数据日期 {manifest.date}；依据："
        self._counts = {"表": 0, "图": 0, _ANNEX: 0}
        self._heads = 0
        self._annexed: list[tuple[Shown, Sequence[str], bool]] = []
        self._width = _TEXT_WIDTH

    def cover(self, heads: Sequence[str]) -> None:
        """Write the title, and a table of contents on the same page."""
        self._add(self._title, "Title")
        self._add(self._subject, "Subtitle")
        self.contents(heads, apart=False)

    def brief(self, brief: Brief) -> None:
        """Write the page that stands alone."""
        self._add(self._title, "Title")
        self._add(self._subject, "Subtitle")
        self._add("结论", "Brief Head")
        for sentence in brief.findings:
            self._add(sentence, "Brief")
        self._append(_paragraph("", "Table Small"))
        self._append(_side_by_side(brief.cards))
        if brief.picture is not None:
            self._picture(self._add("", "Figure"), brief.picture, _room_for_map(self._subject, brief))
        self._add("建议", "Brief Head")
        for sentence in brief.advice:
            self._add(sentence, "Brief")

    def contents(self, heads: Sequence[str], *, apart: bool = True) -> None:
        """Write a table of contents that Word can renew; it is right without being renewed."""
        self._append(_paragraph("目　录", "Brief Head", more="<w:pageBreakBefore/>" if apart else ""))
        for place, head in enumerate(heads):
            begin = _field_begin(r'TOC \o "1-1" \h \n') if place == 0 else ""
            end = _FIELD_END if place == len(heads) - 1 else ""
            link = f'<w:hyperlink w:anchor="_Toc{place + 1:06d}" w:history="1">{_run(head)}</w:hyperlink>'
            self._append(_paragraph("", "Contents", before=begin + link, after=end))

    def heading(self, text: str) -> None:
        """Begin a chapter."""
        self._heads += 1
        mark = f'w:id="{self._heads}"'
        begin = f'<w:bookmarkStart {mark} w:name="_Toc{self._heads:06d}"/>'
        self._append(_paragraph(text, "Heading 1", before=begin, after=f"<w:bookmarkEnd {mark}/>"))

    def paragraphs(self, texts: Iterable[str]) -> None:
        """Write paragraphs of the text."""
        for text in texts:
            self._add(text, "Body Text")

    def part(self, heading: str, part: Part) -> None:
        """Write what a study gives of itself; wide tables and those behind the answer go to the annex."""
        self._add(f"{heading}（{part.proof}）" if part.proof else heading, "Heading 2")
        self.body(part)

    def body(self, part: Part) -> None:
        """Write the sentences, tables and figures of a part, and where its other tables are."""
        self.paragraphs(part.conclusion)
        for one in part.tables:
            if len(one.frame.columns) < _WIDE:
                self.table(one, part.clauses)
        for figure in part.figures:
            self.figure(figure, part.clauses)
        if behind := self._behind(part):
            self.paragraphs([f"明细见{behind}。"])

    def others(self, heading: str, parts: Sequence[Part]) -> None:
        """Say where the tables are of studies that give nothing else."""
        rows = [{"评估": part.title, "明细": self._behind(part) or f"见 {part.rest}"} for part in parts]
        if rows:
            self._add(heading, "Heading 2")
            self.table(Shown("其余评估", pd.DataFrame(rows)), [clause for part in parts for clause in part.clauses])

    def _behind(self, part: Part) -> str:
        """Put into the annex what is too wide for the text or stands behind it; return where that is."""
        numbers = list(part.numbers.frame.columns)  # those are in the workbook
        wide = [one for one in part.tables if len(one.frame.columns) >= _WIDE]
        shown = [*wide, *(one for one in part.more if list(one.frame.columns) != numbers)]
        return self.annexed([Shown(f"{part.title}·{one.title}", one.frame, one.rest) for one in shown], part.clauses)

    def figure(self, figure: DrawnFigure, clauses: Sequence[str]) -> None:
        """Write a figure with its caption, source and clause."""
        self._picture(self._add("", "Figure"), figure, _TALLEST)
        self._caption("图", figure.title)
        self._note(clauses)

    def table(self, shown: Shown, clauses: Sequence[str], *, kind: str = "表", whole: bool = False) -> None:
        """Write a table under its caption, with source and clause; a long one is cut, and says so."""
        self._caption(kind, shown.title)
        rows = shown.count if whole or shown.count <= _LONG else _BEGIN
        self._append(_table(shown.frame.head(rows), self._width))
        self._note(clauses, shown.cut(rows))

    def cards(self, cards: Sequence[Card]) -> None:
        """Write headlines as a table, each with its denominator and basis."""
        planned = any(one.before for one in cards)
        rows = [
            {
                "指标": one.label,
                **({"现状": one.before or "—", "方案": one.value} if planned else {"现状": one.value}),
                "应为": one.goal or "—",
                "差距": one.gap or "—",
                "结论": one.verdict,
                "分母；依据": f"{one.denominator or '—'}；{one.basis or '—'}",
            }
            for one in cards
        ]
        self.table(Shown("指标与标准、规划目标", pd.DataFrame(rows)), ["各行所列"], whole=True)

    def annexed(self, tables: Sequence[Shown], clauses: Sequence[str], *, whole: bool = False) -> str:
        """Put tables into the annex; return where they are, nothing where there are none."""
        first = len(self._annexed) + 1
        self._annexed += [(shown, clauses, whole) for shown in tables]
        last = len(self._annexed)
        return f"附表 {first} 至附表 {last}" if last > first else f"附表 {first}" if last == first else ""

    def annex(self) -> None:
        """Write the annexed tables, on pages that lie on their side."""
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Mm(_PAGE[1]), Mm(_PAGE[0])
        _set_margins(section, _ANNEX_MARGINS)
        self._width = _ANNEX_WIDTH
        self.heading(_ANNEX)
        for shown, clauses, whole in self._annexed:
            self.table(shown, clauses, kind=_ANNEX, whole=whole)

    def saved(self) -> bytes:
        """Return the document as a file."""
        stream = io.BytesIO()
        self.document.save(stream)
        return without_clock(stream.getvalue())

    def _add(self, text: str, style: str) -> Paragraph:
        return Paragraph(self._append(_paragraph(text, style)), self.document._body)  # noqa: SLF001 - its parent

    def _append(self, xml: str) -> Any:
        element = parse_xml(xml)
        self.document.element.body[-1].addprevious(element)  # the last element is the section
        return element

    def _caption(self, kind: str, title: str) -> None:
        self._counts[kind] += 1
        self._append(_caption(kind, self._counts[kind], title))

    def _note(self, clauses: Sequence[str], cut: str = "") -> None:
        said = "、".join(clauses[:_MOST_CLAUSES]) or "不涉及标准"
        more = f" 等 {len(clauses)} 项" if len(clauses) > _MOST_CLAUSES else ""
        self._add(f"{self._source}{said}{more}。{cut}", "Note")

    def _picture(self, paragraph: Paragraph, figure: DrawnFigure, tallest: float) -> None:
        """Set a picture as wide as the text, and no taller than it may be."""
        picture = paragraph.add_run().add_picture(str(figure.path), width=Mm(_TEXT_WIDTH))
        if picture.height > Mm(tallest):
            picture.width, picture.height = round(picture.width * Mm(tallest) / picture.height), Mm(tallest)
        picture._inline.docPr.set("descr", printable(figure.title))  # noqa: SLF001 - what is read out for it


# ----------------------------------------------------------------------------------------------------------------------
# An empty document in official form.


def _blank(title: str, running: str) -> Document:
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = title[:255], "驿家工作台", "驿家工作台"
    properties.created = properties.modified = EPOCH
    properties.comments, properties.language = "", "zh-CN"
    defaults = document.styles.element.xpath("w:docDefaults/w:rPrDefault/w:rPr")[0]
    for name, style in _STYLES.items():
        _set_style(document, name, style)
    for language in defaults.xpath("w:lang"):
        language.set(qn("w:eastAsia"), "zh-CN")
    _name_fonts(document)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(_PAGE[0]), Mm(_PAGE[1])
    _set_margins(section, _MARGINS)
    section.header_distance, section.footer_distance = Mm(15), Mm(14)
    section.header.paragraphs[0].text = running
    footer = section.footer.paragraphs[0]
    for element in (_run("— "), f'<w:fldSimple w:instr=" PAGE ">{_run("1")}</w:fldSimple>', _run(" —")):
        footer._p.append(parse_xml(element.replace(">", f" {nsdecls('w')}>", 1)))  # noqa: SLF001 - fields it has not
    return document


def _set_margins(section: Section, margins: Sequence[float]) -> None:
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = map(Mm, margins)


def _set_style(document: Document, name: str, said: _Style) -> None:
    """Set a style of the template, or make it."""
    known = name in document.styles
    style = document.styles[name] if known else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(style, ParagraphStyle)
    if not known:
        style.base_style = document.styles["Normal"]
    element = style.element
    for old in element.xpath("w:rPr | w:pPr/w:pBdr | w:pPr/w:spacing | w:pPr/w:ind | w:pPr/w:contextualSpacing"):
        old.getparent().remove(old)
    style.font.name, style.font.size, style.font.bold = LATIN, Pt(said.size), said.bold
    style.font.color.rgb = RGBColor(0, 0, 0)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), said.font)
    shape = style.paragraph_format
    shape.alignment = WD_ALIGN_PARAGRAPH.CENTER if said.centred else None
    shape.space_before, shape.space_after, shape.keep_with_next = Pt(said.before), Pt(said.after), said.keep
    shape.line_spacing = Pt(said.line) if said.line else 1.0
    if said.line:
        shape.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    if said.indent:
        shape.first_line_indent = Pt(said.size * said.indent)
        element.xpath("w:pPr/w:ind")[0].set(qn("w:firstLineChars"), str(100 * said.indent))


def _name_fonts(document: Document) -> None:
    """Say in the table of fonts what stands for a typeface that is missing."""
    rows = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/><w:family w:val="{family}"/>'
        '<w:pitch w:val="variable"/></w:font>'
        for name, (family, others) in _FONTS.items()
    )
    table = next(part for part in document.part.package.iter_parts() if part.partname == PackURI("/word/fontTable.xml"))
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    table._blob = f"{head}<w:fonts {nsdecls('w')}>{rows}</w:fonts>".encode()  # noqa: SLF001 - a part without a class


# ----------------------------------------------------------------------------------------------------------------------
# Paragraphs and tables as XML: cell by cell through the library, tables of a report would take seconds.


def _run(text: str, format_: str = "") -> str:
    return f'<w:r>{format_ and f"<w:rPr>{format_}</w:rPr>"}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _properties(style: str, more: str = "") -> str:
    return f'<w:pPr><w:pStyle w:val="{style.replace(" ", "")}"/>{more}</w:pPr>'


def _paragraph(text: str, style: str, *, more: str = "", before: str = "", after: str = "") -> str:
    """Return a paragraph, text escaped."""
    words = _run(printable(text)) if text else ""
    return f"<w:p {nsdecls('w')}>{_properties(style, more)}{before}{words}{after}</w:p>"


_FIELD_END = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'


def _field_begin(code: str) -> str:
    """Return the begin of a field up to what it shows."""
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    said = f'<w:r><w:instrText xml:space="preserve"> {escape(code)} </w:instrText></w:r>'
    return mark.format("begin") + said + mark.format("separate")


def _caption(kind: str, number: int, title: str) -> str:
    """Return a caption that Word can list and count anew."""
    counted = f"{_run(f'{kind} ')}{_field_begin(f'SEQ {kind} {_ARABIC}')}{_run(str(number))}{_FIELD_END}"
    keep = "" if kind == "图" else "<w:keepNext/>"
    return _paragraph("", "Caption", more=keep, before=counted, after=_run(f"　{printable(title)}"))


_ARABIC = r"\* ARABIC"
_LINE = '<w:{} w:val="{}" w:sz="{}" w:space="0" w:color="{}"/>'


def _room_for_map(subject: str, brief: Brief) -> float:
    """Return how tall the map may be so that the page for leaders remains one."""
    box = _TEXT_WIDTH / max(len(brief.cards), 1) - 4.0
    said = [(subject, "Subtitle", _TEXT_WIDTH)]
    said += [(f"　　{sentence}", "Brief", _TEXT_WIDTH) for sentence in (*brief.findings, *brief.advice)]
    text = sum(_height(*one) for one in said)
    boxes = (
        sum(_height(words, style, box) for words, style in zip(_facts(one), _FACTS, strict=True)) for one in brief.cards
    )
    return min(max(_BRIEF_ROOM - text - max(boxes, default=0.0), _LEAST_MAP), _TALLEST)


def _height(text: str, style: str, width: float) -> float:
    """Return the millimetres that a text takes, in the highest typeface that may stand for ours."""
    said = _STYLES[style]
    lines = -(-display_width(text) * said.size / 2 * 0.353 // width)
    return lines * (said.line or said.size * 1.45) * 0.353


_FACTS = ("Table Text", "Number", "Table Text", "Table Small")
"""Styles of what is said of a number for leaders."""


def _facts(one: Card) -> tuple[str, str, str, str]:
    """Return what is said of a number for leaders: what it is, how large, what it is held against, of what."""
    return one.label, one.value, one.facts, f"分母：{one.denominator or '—'}；{one.basis or '—'}"


def _side_by_side(cards: Sequence[Card]) -> str:
    """Return numbers for leaders beside each other: what each is, how large, what it is held against."""
    width = _TEXT_WIDTH * _MM / max(len(cards), 1)
    line = _LINE.format("top", "single", 12, ACCENT)
    shape = f'<w:tcPr><w:tcW w:w="{width:.0f}" w:type="dxa"/><w:tcBorders>{line}</w:tcBorders></w:tcPr>'
    cells = "".join(f"<w:tc>{shape}{''.join(_box(one))}</w:tc>" for one in cards)
    grid = f'<w:gridCol w:w="{width:.0f}"/>' * len(cards)
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{_TEXT_WIDTH * _MM:.0f}" w:type="dxa"/>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr></w:tbl>"
    )


def _box(one: Card) -> list[str]:
    colour = f'<w:color w:val="{VERDICT_COLOURS.get(one.verdict, ACCENT)}"/>'
    return [
        _paragraph("", style, before=_run(words, colour if style == "Number" else ""))
        for words, style in zip(_facts(one), _FACTS, strict=True)
    ]


def _table(frame: pd.DataFrame, width: float) -> str:
    """Return a table as wide as the page allows; its heading stands on every page that it takes."""
    heads = [printable(str(name)) for name in frame.columns]
    rows = [[cell_text(value)[0] for value in row] for row in frame.itertuples(index=False, name=None)]
    style, widths = _widths(heads, rows, width)
    sides = ['<w:jc w:val="right"/>' if _counts(cells) else "" for cells in zip(*rows, strict=True)]
    columns = list(zip(widths, sides or [""] * len(widths), strict=True))
    grid = "".join(f'<w:gridCol w:w="{one}"/>' for one in widths)
    lines = "".join(
        _LINE.format(side, "single", size, colour)
        for side, size, colour in (("top", 8, "000000"), ("bottom", 8, "000000"), ("insideH", 4, "BBBBBB"))
    )
    margin = "".join(f'<w:{side} w:w="70" w:type="dxa"/>' for side in ("left", "right"))
    loose = len(rows) - 1 if len(rows) > _UNBROKEN else 0  # rows that may stand on a page without the source
    body = "".join(_row(row, columns, style, keep=place >= loose) for place, row in enumerate(rows))
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{lines}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>{margin}</w:tblCellMar>'
        f"</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{_row(heads, columns, style, head=True)}{body}</w:tbl>"
    )


def _row(
    texts: Sequence[str], columns: Sequence[tuple[int, str]], style: str, *, keep: bool = True, head: bool = False
) -> str:
    """Return a row, of columns by width and side; a heading is shaded, and stands on every page."""
    shade, repeated = ('<w:shd w:val="clear" w:color="auto" w:fill="E6ECEB"/>', "<w:tblHeader/>") if head else ("", "")
    more = "<w:keepNext/>" if keep else ""
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr>'
        f"<w:p>{_properties(style, more + side)}{_run(text, '<w:b/>') if head else _coloured(text)}</w:p></w:tc>"
        for text, (width, side) in zip(texts, columns, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{cells}</w:tr>"


def _coloured(text: str) -> str:
    """Return the words of a cell, a verdict in its colour."""
    colour = VERDICT_COLOURS.get(text)
    return _run(text, f'<w:b/><w:color w:val="{colour}"/>' if colour else "") if text else ""


_NUMBER = re.compile(r"[-+≥≤]?\s?\d[\d,]*(\.\d+)?( ?[^\d\s]{1,6})?|[-+]?inf")
_NO_NUMBER = {"", "—", MISSING, WITHHELD}


def _counts(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers, and what stands for one that is missing."""
    said = [text for text in cells if text not in _NO_NUMBER]
    return bool(said) and all(map(_NUMBER.fullmatch, said))


def _widths(heads: Sequence[str], rows: Sequence[Sequence[str]], width: float) -> tuple[str, list[int]]:
    """Share the width of the page among columns: what is short gets what it needs, what is long wraps.

    Returns
    -------
    style : str
        That of the cells: a crowded table has smaller letters.
    widths : list
        In twentieths of a point.
    """
    wanted = [
        max(display_width(head) / 2 + 1, _LEAST, *(display_width(row[place]) + 1 for row in rows), 0.0)
        for place, head in enumerate(heads)
    ]

    def room_with(style: str) -> tuple[float, float]:
        letter = _STYLES[style].size / 2 * _POINT
        return width * _MM / letter - _PADDING * len(heads), letter

    crowded = len(heads) >= _SMALL_FROM or sum(wanted) > _CROWDED * room_with("Table Text")[0]
    style = "Table Small" if crowded else "Table Text"
    room, letter = room_with(style)
    shares = _shared(wanted, room)
    spare = min(room / sum(shares), _STRETCH)
    return style, [int((share * spare + _PADDING) * letter) for share in shares]


def _shared(wanted: Sequence[float], room: float) -> list[float]:
    """Share room: what is brief is not broken if that can be, the rest is shared by the roots of what is wanted."""
    shares, long, left = dict(enumerate(wanted)), list(range(len(wanted))), room
    brief = [place for place in long if wanted[place] <= _BRIEF_WORDS]
    if sum(wanted[place] for place in brief) <= _BRIEF_SHARE * room:
        long = [place for place in long if place not in brief]
        left -= sum(wanted[place] for place in brief)
    while long and sum(shares[place] for place in long) > left:
        roots = sum(math.sqrt(wanted[place]) for place in long)
        fair = {place: left * math.sqrt(wanted[place]) / roots for place in long}
        short = [place for place in long if wanted[place] <= fair[place]]
        if not short:
            shares |= fair
            break
        long = [place for place in long if place not in short]
        left -= sum(wanted[place] for place in short)
    return list(shares.values())
