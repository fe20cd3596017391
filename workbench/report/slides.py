"""The page for leaders as three slides: what is found, where, and what is proposed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

import pptx
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.oxml.ns import qn
from pptx.presentation import Presentation
from pptx.slide import Slide
from pptx.util import Emu, Mm, Pt

from workbench.catalogue.terms import printable
from workbench.fonts import display_width
from workbench.office import EPOCH, without_clock
from workbench.report.contents import Brief, Contents, brief_of
from workbench.report.word import ACCENT, FANG, HEI, KAI, LATIN, SONG, VERDICT_COLOURS
from workbench.results import Card

SLIDES: Final = "brief.pptx"

_WIDTH, _HEIGHT, _EDGE = 338.667, 190.5, 16.0  # mm
_TOP = 34.0
_TITLE_ONLY = 5  # layout of the template of python-pptx
_LINE_MM = 0.353 * 1.45  # of a point of letters
_LARGEST, _SMALLEST = 22, 12


def write_slides(path: Path, contents: Contents) -> None:
    """Write the brief of a run as three slides; the same study gives the same bytes."""
    deck, brief = pptx.Presentation(), brief_of(contents)
    deck.slide_width, deck.slide_height = Mm(_WIDTH), Mm(_HEIGHT)
    properties = deck.core_properties
    properties.title, properties.author, properties.last_modified_by = contents.title[:255], "驿家工作台", "驿家工作台"
    properties.created = properties.modified = EPOCH
    foot = f"{contents.study.district.manifest.notice}　指纹 {contents.study.fingerprint[:16]}"
    _say(_slide(deck, f"{contents.title}：结论", foot, 1), brief.findings, _TOP, 72.0)
    _number(deck.slides[0], brief.cards)
    _show(_slide(deck, "一张图", foot, 2), brief)
    basis = [f"{one.label}：分母 {one.denominator or '—'}；{one.basis or '—'}" for one in brief.cards]
    last = _slide(deck, "建议", foot, 3)
    _say(last, brief.advice, _TOP, 78.0)
    _say(last, ["数字的分母与依据", *basis], 118.0, 52.0, font=KAI, largest=14)
    stream = io.BytesIO()
    deck.save(stream)
    path.write_bytes(without_clock(stream.getvalue()))


def _slide(deck: Presentation, title: str, foot: str, number: int) -> Slide:
    slide: Slide = deck.slides.add_slide(deck.slide_layouts[_TITLE_ONLY])
    heading: Any = slide.shapes.title
    heading.left, heading.top, heading.width, heading.height = Mm(_EDGE), Mm(10), Mm(_WIDTH - 2 * _EDGE), Mm(20)
    size = min(30.0, 2 * (_WIDTH - 2 * _EDGE) / 0.353 / max(display_width(title), 1))
    _write(heading.text_frame.paragraphs[0], title, SONG, size)
    line = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Mm(_EDGE), Mm(30), Mm(_WIDTH - 2 * _EDGE), Mm(0.8))
    line.fill.solid()
    line.fill.fore_color.rgb = _colour(ACCENT)
    line.line.fill.background()
    _say(slide, [f"{foot}　{number} / 3"], _HEIGHT - 14.0, 9.0, font=KAI, largest=11)
    return slide


def _say(
    slide: Slide,
    sentences: Sequence[str],
    top: float,
    height: float,
    *,
    font: str = FANG,
    largest: int = _LARGEST,
) -> None:
    """Write sentences into a box, as large as there is room."""
    width = _WIDTH - 2 * _EDGE
    frame = slide.shapes.add_textbox(Mm(_EDGE), Mm(top), Mm(width), Mm(height)).text_frame
    frame.word_wrap = True
    fits = (size for size in range(largest, _SMALLEST, -1) if _lines(sentences, size) * size * _LINE_MM <= height)
    size = next(fits, min(_SMALLEST, largest))
    for place, sentence in enumerate(sentences):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        paragraph.space_after = Pt(size * 0.4)
        _write(paragraph, sentence, font, size)


def _lines(sentences: Sequence[str], size: int) -> float:
    """Return the lines that sentences take, with what stands between them."""
    letters = (_WIDTH - 2 * _EDGE - 6.0) / (0.353 * size / 2)
    return sum(-(-display_width(sentence) // letters) + 0.3 for sentence in sentences)


def _number(slide: Slide, cards: Sequence[Card]) -> None:
    """Write three numbers beside each other."""
    width = (_WIDTH - 2 * _EDGE) / max(len(cards), 1)
    for place, one in enumerate(cards):
        box = slide.shapes.add_textbox(Mm(_EDGE + place * width), Mm(112), Mm(width - 6.0), Mm(60))
        frame = box.text_frame
        frame.word_wrap = True
        _write(frame.paragraphs[0], one.label, FANG, 14)
        _write(frame.add_paragraph(), one.value, HEI, 36, VERDICT_COLOURS.get(one.verdict, ACCENT))
        _write(frame.add_paragraph(), one.facts, FANG, 14)


def _show(slide: Slide, brief: Brief) -> None:
    """Show the map, as large as there is room."""
    if brief.picture is None:
        _say(slide, ["本次运行没有绘图。"], _TOP, 20.0)
        return
    room = (Mm(_WIDTH - 2 * _EDGE), Mm(_HEIGHT - _TOP - 16.0))
    picture = slide.shapes.add_picture(str(brief.picture.path), Mm(_EDGE), Mm(_TOP - 4.0), height=room[1])
    if picture.width > room[0]:
        picture.width, picture.height = room[0], Emu(round(picture.height * room[0] / picture.width))
    picture.left = Emu((Mm(_WIDTH) - picture.width) // 2)
    element: Any = picture._element  # noqa: SLF001 - what is read out
    element.nvPicPr.cNvPr.set("descr", printable(brief.picture.title))


def _colour(text: str) -> RGBColor:
    made: Any = RGBColor  # the library gives it no types
    return cast("RGBColor", made(*bytes.fromhex(text)))


def _write(paragraph: Any, text: str, font: str, size: float, colour: str = "222222") -> None:
    """Write a text in a typeface for Chinese and one for Latin."""
    run = paragraph.add_run()
    run.text = printable(text)
    run.font.name, run.font.size, run.font.color.rgb = LATIN, Pt(size), _colour(colour)
    typeface = run.font._rPr.makeelement(qn("a:ea"), {"typeface": font})  # noqa: SLF001 - the library sets Latin alone
    run.font._rPr.find(qn("a:latin")).addnext(typeface)  # noqa: SLF001
