"""The report as a Word file, and its first page as slides: what they hold for every way that a study can come out."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import docx
import pandas as pd
import pptx
import pytest
from docx.document import Document
from PIL import Image

from tests import pocket
from tests.ledgers import activities, rooms
from tests.siting import grounds
from workbench.catalogue.terms import label
from workbench.ground.district import District
from workbench.progress import Stopwatch
from workbench.report import write_run
from workbench.report.contents import Contents, brief_of, cell_text
from workbench.report.slides import SLIDES, write_slides
from workbench.report.word import FANG, HEI, SONG, WORD, numeral, write_word
from workbench.results import DrawnFigure
from workbench.study import Study, study_district

HOSTILE = ("<script>window.broken=1</script>", "=cmd|'/c calc'!A1", "\"'` ${x} @name $y 🏠", "很长的名字" * 12)
CASES = ("nothing planned", "sites", "impossible", "rooms", "gates", "bare")
QUICK: dict[str, Any] = {"sensitivity": False, "alternatives": {"count": 0}}


@cache
def study(case: str) -> Study:
    ground, wish = grounds.district(), {}
    if case == "sites":
        names = dict(zip(grounds.PLACES, (*HOSTILE, "远铺"), strict=True))
        ground = grounds.district(
            candidates=grounds.candidates(name=list(names.values())),
            communities=pocket.communities().assign(name=HOSTILE[:2]),
        )
        wish = {"siting": {**QUICK, "stations": 2}, "targets": {"coverage.residents": 60}, "title": HOSTILE[2]}
    elif case == "impossible":
        wish = {"siting": {**QUICK, "stations": 1, "floors": [{"each": "community", "share": 0.99}]}}
    elif case == "rooms":
        ground, wish = pocket.district(rooms=rooms({}), activities=activities({})), {"rooms": {"plan": True}}
    elif case == "gates":
        wish = {"gates": {"policy": "all_open"}}
    elif case == "bare":
        ground = pocket.poor("bare")
    return _studied(ground, **wish)


def _studied(ground: District, **wish: Any) -> Study:
    return study_district(ground, pocket.scenario(**{"standards": grounds.OPEN, **wish}), Stopwatch())


def _pictures(folder: Path, found: Study, *, tall: bool = False) -> list[DrawnFigure]:
    """A picture for each study, and the map that answers; quickly made, and none of them looked at."""
    names = {"coverage_map": "coverage", "qualities": "indicators", "siting": "siting", **{n: n for n in found.parts}}
    drawn = []
    for name, of in names.items():
        path = folder / f"{name}.png"
        Image.new("RGB", (60, 200) if tall else (200, 60), "white").save(path)
        drawn.append(DrawnFigure(name, of, f"{label(of)}的图 {HOSTILE[0]}", path))
    return drawn


def contents_of(found: Study, drawn: list[DrawnFigure] | None = None) -> Contents:
    notes = [found.district.manifest.notice, "情景：袖珍", "底数：袖珍区", "指纹：0"]
    return Contents(
        found, drawn or [], notes, pd.DataFrame({"内容": ["步行距离"], "取值": [300.0], "可信度": ["【证】"]})
    )


def _written(contents: Contents, folder: Path) -> Document:
    write_word(folder / WORD, contents)
    return docx.Document(str(folder / WORD))


@cache
def _whole(case: str) -> tuple[Document, int]:
    """Return the document of a study with its pictures, written once and only read, and how many they are."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = _pictures(Path(folder), study(case))
        return _written(contents_of(study(case), drawn), Path(folder)), len(drawn)


def _words(document: Document) -> str:
    """All text of the body, cells of tables among it."""
    return "\n".join(map(_text, document.element.body.xpath(".//w:p")))


def _text(element: Any) -> str:
    return "".join(element.xpath(".//w:t/text()"))


def _heads(document: Document, level: int = 1) -> list[str]:
    return [p.text for p in document.paragraphs if p.style is not None and p.style.name == f"Heading {level}"]


@pytest.mark.parametrize(
    ("case", "heads"),
    [
        ("nothing planned", ["一、概况", "二、现状与差距", "三、方法与依据", "附表"]),
        ("bare", ["一、概况", "二、现状与差距", "三、方法与依据", "附表"]),
        ("gates", ["一、概况", "二、现状与差距", "三、方法与依据", "附表"]),
        ("sites", ["一、概况", "二、现状与差距", "三、选址建议", "四、方法与依据", "附表"]),
        ("impossible", ["一、概况", "二、现状与差距", "三、选址建议", "四、方法与依据", "附表"]),
        ("rooms", ["一、概况", "二、现状与差距", "三、功能室整合", "四、方法与依据", "附表"]),
    ],
)
def test_the_chapters_follow_what_was_planned(case: str, heads: list[str]) -> None:
    document, _ = _whole(case)
    assert _heads(document) == heads
    listed = [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Contents"]
    assert listed == heads, "the table of contents is right as it stands"
    marks = document.element.body.xpath("//w:bookmarkStart/@w:name")
    assert [*marks] == document.element.body.xpath("//w:hyperlink/@w:anchor")


@pytest.mark.parametrize("case", CASES)
def test_every_table_repeats_its_heading_and_is_counted(case: str) -> None:
    document, drawn = _whole(case)
    captions = [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Caption"]
    for kind in ("表", "图", "附表"):
        counted = [int(one[1]) for text in captions if (one := re.match(rf"{kind} (\d+)　.", text))]
        assert counted == list(range(1, len(counted) + 1))
        assert len(counted) == len(document.element.body.xpath(f'//w:instrText[contains(., " SEQ {kind} ")]'))
    tables = document.tables[1:]  # the first is the three numbers
    assert len(tables) == sum(not text.startswith("图") for text in captions)
    assert all(table._tbl.xpath("./w:tr[1]/w:trPr/w:tblHeader") for table in tables)
    assert not any(table._tbl.xpath("./w:tr[position() > 1]/w:trPr/w:tblHeader") for table in tables)
    notes = [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Note"]
    assert len(notes) == len(captions), "source and clause under each"
    assert all("资料来源：" in note and "依据：" in note for note in notes)
    assert len(document.inline_shapes) == drawn - ("siting" not in study(case).parts) + 1


def test_every_study_stands_in_it() -> None:
    found = study("sites")
    words = _words(_whole("sites")[0])
    for name, part in [("coverage", found.coverage), *found.parts.items()]:
        assert label(name) in words
        assert all(sentence in words for sentence in part.conclusion())
        assert all(title in words for title, table in part.tables().items() if len(table) and len(table.columns) != 8)


def test_the_first_page_stands_alone() -> None:
    found = study("sites")
    document, _ = _whole("sites")
    page: list[Any] = []
    for element in document.element.body:
        if element.xpath("./w:pPr/w:pageBreakBefore"):
            break
        page.append(element)
    words = "".join(map(_text, page))
    for sentence in found.conclusion():
        assert words.count(sentence) == 1
    assert words.index(found.conclusion()[2]) < words.index("建议新增"), "what is proposed stands last"
    assert sum(len(element.xpath(".//pic:pic")) for element in page) == 1
    cells = next(element for element in page if element.tag.endswith("}tbl")).xpath(".//w:tc")
    assert len(cells) == 3
    assert "2 处" in _text(cells[0])


@pytest.mark.parametrize(
    ("case", "advice"),
    [
        ("nothing planned", "本情景只评估现状"),
        ("gates", "按本情景所设的开放时间与大门安排：变化最大的指标"),
        ("impossible", "按所列规则没有选址方案"),
        ("rooms", ""),
    ],
)
def test_what_is_proposed_is_told_apart(case: str, advice: str) -> None:
    found = study(case)
    brief = brief_of(contents_of(found))
    assert [*brief.advice]
    assert brief.advice[0].startswith(advice)
    assert not set(brief.advice) & set(brief.findings)
    assert len(brief.cards) == 3
    assert brief.picture is None


def test_it_is_set_as_official_documents_are(tmp_path: Path) -> None:
    found = study("nothing planned")
    document = _written(contents_of(found), tmp_path)
    first, last = document.sections[0], document.sections[-1]
    assert (round(first.page_width.mm), round(first.page_height.mm)) == (210, 297)
    assert [round(side.mm) for side in (first.top_margin, first.right_margin, first.bottom_margin, first.left_margin)] == [
        37, 26, 35, 28,
    ]  # fmt: skip
    assert last.page_width > last.page_height
    for section in document.sections:
        assert found.district.manifest.notice in section.header.paragraphs[0].text
        assert _text(section.footer.paragraphs[0]._p) == "— 1 —"
        assert section.footer.paragraphs[0]._p.xpath("./w:fldSimple[contains(@w:instr, 'PAGE')]")
    for style, font in (("Title", SONG), ("Heading 1", HEI), ("Body Text", FANG)):
        assert document.styles[style].element.xpath("w:rPr/w:rFonts/@w:eastAsia") == [font]
        assert document.styles[style].element.xpath("w:rPr/w:rFonts/@w:ascii") == ["Times New Roman"]
    with zipfile.ZipFile(tmp_path / WORD) as archive:
        fonts = archive.read("word/fontTable.xml").decode()
    assert all(f'w:name="{font}"><w:altName' in fonts for font in (SONG, FANG, HEI))


def test_names_are_text(tmp_path: Path) -> None:
    found = study("sites")
    document, _ = _whole("sites")
    words = _words(document)
    assert all(name in words for name in (*HOSTILE[:2], HOSTILE[3]))
    assert HOSTILE[2] in document.core_properties.title
    assert HOSTILE[2] in document.sections[0].header.paragraphs[0].text
    assert not [one for one in document.element.body.iter() if "script" in str(one.tag)]
    write_slides(tmp_path / SLIDES, contents_of(found, _pictures(tmp_path, found)))
    assert HOSTILE[2] in _slides(tmp_path)[0]


@pytest.mark.parametrize(
    ("case", "every", "where"),
    [
        ("nothing planned", False, "tables.xlsx"),
        ("sites", False, "tables.xlsx（运行时加 --tables all 才写入）"),
        ("sites", True, "tables.xlsx"),
    ],
)
def test_a_long_table_is_cut_and_says_where_the_rest_is(case: str, every: bool, where: str, tmp_path: Path) -> None:
    found = study(case)
    contents = replace(contents_of(found), every_table=every)
    written = found.tables() if every else found.asked_tables()
    assert ("分小区" in written) == (where == "tables.xlsx")
    part = contents.parts["coverage"]
    assert part.rest == where  # where it is shown by name alone
    part.more[0].frame = pd.concat([part.more[0].frame.iloc[:1].drop(columns="依据", errors="ignore")] * 41)
    part.more[0].count = 41
    assert f"共 41 行，此处列前 20 行，其余见 {where}。" in _words(_written(contents, tmp_path))


@pytest.mark.parametrize("tall", [False, True])
def test_the_same_study_gives_the_same_bytes(tall: bool, tmp_path: Path) -> None:
    found = study("sites")
    drawn = _pictures(tmp_path, found, tall=tall)
    for write, name in ((write_word, WORD), (write_slides, SLIDES)):
        write(tmp_path / name, contents_of(found, drawn))
        write(tmp_path / f"again-{name}", contents_of(found, drawn))
        assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes()
        with zipfile.ZipFile(tmp_path / name) as archive:
            assert {one.date_time for one in archive.infolist()} == {(2000, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("drawn", [True, False])
def test_there_are_three_slides(case: str, drawn: bool, tmp_path: Path) -> None:
    found = study(case)
    contents = contents_of(found, _pictures(tmp_path, found) if drawn else None)
    write_slides(tmp_path / SLIDES, contents)
    slides, brief = _slides(tmp_path), brief_of(contents)
    assert len(slides) == 3
    assert all(found.district.manifest.notice in words for words in slides)
    assert all(sentence in slides[0] for sentence in brief.findings)
    assert all(one.value in slides[0] for one in brief.cards)
    assert ("没有绘图" in slides[1]) is not drawn
    assert all(sentence in slides[2] for sentence in brief.advice)


def _slides(folder: Path) -> list[str]:
    deck = pptx.Presentation(str(folder / SLIDES))
    return ["\n".join(one.text_frame.text for one in slide.shapes if one.has_text_frame) for slide in deck.slides]


def test_a_run_writes_both(tmp_path: Path) -> None:
    found = study("nothing planned")
    folder = write_run(tmp_path / "run", found.district, found.scenario, found, slides=True)
    with zipfile.ZipFile(io.BytesIO((folder / WORD).read_bytes())) as archive:
        assert archive.testzip() is None
    assert (folder / SLIDES).exists()
    write_run(folder, found.district, found.scenario, found)
    assert not (folder / SLIDES).exists()


@pytest.mark.parametrize(
    ("number", "said"), [(1, "一"), (9, "九"), (10, "十"), (11, "十一"), (20, "二十"), (35, "三十五")]
)
def test_headings_are_counted_in_chinese(number: int, said: str) -> None:
    assert numeral(number) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ("", False)),
        (float("nan"), ("", False)),
        (True, ("是", False)),
        (1234, ("1,234", True)),
        ("a\nb", ("a b", False)),
    ],
)
def test_cells_are_the_same_on_page_and_paper(value: object, said: tuple[str, bool]) -> None:
    assert cell_text(value) == said
