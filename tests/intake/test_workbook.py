"""Files of every kind, by what they hold and not by their names; and files that cannot be read, in words."""

from __future__ import annotations

import io
import os
import re
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from tests.intake.sheets import HEAD, ROWS, book, of, text
from workbench.errors import SourceError
from workbench.ground.intake import workbook
from workbench.ground.intake.ledger import read_ledger
from workbench.ground.intake.workbook import Area, letters, read_workbook
from workbench.processes import can_fork

HERE = Path(__file__).parent
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize("name", ["small.xls", "small.ods"])
def test_workbooks_of_other_programs(name: str) -> None:
    ledger = read_ledger(HERE / name)
    assert of(ledger, "name") == ["东风驿家", "西苑驿家", "南园驿家"]
    assert of(ledger, "community") == ["东风社区", "东风社区", "南园社区"]
    assert of(ledger, "floor_area_m2") == [120, 80.5, 300]
    assert of(ledger, "_line") == [3, 4, 5]


@pytest.mark.parametrize(
    ("encoding", "separator", "words"),
    [
        ("utf-8", ",", "utf-8；分隔符：逗号"),
        ("utf-8-sig", ";", "utf-8（文件头标明）；分隔符：分号"),
        ("gbk", ",", "gbk（推测"),
        ("gb18030", "\t", "gbk（推测"),
        ("big5", ",", "big5（推测"),
        ("utf-16", "\t", "utf-16（文件头标明）；分隔符：制表符"),
        ("utf-16-le", "\t", "utf-16-le（推测"),
    ],
)
def test_text_in_every_chinese_encoding(tmp_path: Path, encoding: str, separator: str, words: str) -> None:
    rows = [("名稱", "地址", "經度"), ("中山黨群服務中心", "中山北路一段五號", "116.3")] if encoding == "big5" else [
        ("名称", "地址", "经度"), ("中山党群服务中心", "中山北路一段五号", "116.3")
    ]  # fmt: skip
    read = read_workbook(text(tmp_path / "a.csv", rows, encoding=encoding, separator=separator))
    assert read.sheets[0].rows[1] == list(rows[1])
    assert words in read.told[0]


def test_an_encoding_that_is_stated(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", [("名称",), ("甲",)], encoding="gbk")
    assert read_workbook(path, encoding="gb18030").sheets[0].rows == [["名称"], ["甲"]]
    with pytest.raises(SourceError, match="文字不是指定的 utf-8 编码（第 1 行）"):
        read_workbook(path, encoding="utf-8")
    with pytest.raises(SourceError, match="没有“hex”这种文字编码"):
        read_workbook(path, encoding="hex")


def test_text_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("São,Avenida Conceição\n".encode("latin-1") * 3)
    with pytest.raises(SourceError, match="看不出文字编码"):
        read_workbook(path)
    path.write_bytes(b"\xff\xfea\xd8")
    with pytest.raises(SourceError, match="文件开头说是 utf-16 编码"):
        read_workbook(path)
    path.write_bytes(b"")
    with pytest.raises(SourceError, match="文件是空的"):
        read_workbook(path)
    with pytest.raises(SourceError, match="the file is missing"):
        read_workbook(tmp_path / "b.csv")


def test_quotes_that_do_not_match_and_cells_of_two_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('名称,备注\n"甲\n驿家",好\n乙,"x', encoding="utf-8")
    read = read_workbook(path)
    assert "引号不成对" in read.told[1]
    assert read.sheets[0].rows == [["名称", "备注"], ["甲\n驿家", "好"], ["乙", "x"]]
    path.write_text(
        '编号,名称,户数,人口\n1,甲,"1,480",3600\n2,乙,"1,480",3600,"x\n3,"丙,20,60\n4,丁,"1,480', encoding="utf-8"
    )
    read = read_workbook(path)
    assert "引号不成对：第 3、4、5 行" in read.told[1]
    assert read.sheets[0].rows[1] == ["1", "甲", "1,480", "3600"]
    assert read.sheets[0].rows[3] == ["3", "丙", "20", "60"]
    assert {str(cell) for cell in read.sheets[0].rows[2]} == {"这一行的引号不成对，分不清各格"}
    path.write_text('名称,备注\n"甲\n驿家",好\n乙,x\n', encoding="utf-8")
    sheet = read_workbook(path).sheets[0]
    assert (sheet.rows[1], sheet.lines) == (["甲\n驿家", "好"], [1, 2, 4])


def test_a_text_of_nothing_but_bad_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('"名称,"户数\n"甲,"3', encoding="utf-8")
    read = read_workbook(path)
    assert "引号不成对：第 1、2 行" in read.told[1]
    assert {str(cell) for row in read.sheets[0].rows for cell in row} == {"这一行的引号不成对，分不清各格"}


def test_signs_inside_cells_part_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f'{k},"阅览;棋牌;书法;舞蹈;合唱",甲{k}\n' for k in range(5))
    for content in (f"编号,服务项目,名称\n{rows}", f"编号,服务项目,名称\n{rows}".replace('"', "")):
        path.write_text(content, encoding="utf-8")
        assert read_workbook(path).sheets[0].rows[1] == ["0", "阅览;棋牌;书法;舞蹈;合唱", "甲0"]
    path.write_text('x;y\n"1,2,3,4";5\n', encoding="utf-8")
    assert read_workbook(path).sheets[0].rows[1] == ["1,2,3,4", "5"]


def test_a_csv_that_is_a_workbook(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [HEAD, *ROWS])
    renamed = path.rename(tmp_path / "阵地.csv")
    read = read_workbook(renamed)
    assert read.kind == "xlsx"
    assert read.told[0] == "文件名是 .csv，内容却是Excel 工作簿（.xlsx）：按内容读取"
    if (HERE / "small.xls").exists():
        old = tmp_path / "b.csv"
        old.write_bytes((HERE / "small.xls").read_bytes())
        assert "内容却是Excel 97-2003 工作簿（.xls）" in read_workbook(old).told[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 ...", "这是PDF 文档，不是表格"),
        (b"\x89PNG\r\n", "这是图片，不是表格"),
        (b"<html><table><tr><td>1</td></tr></table>", "内容却是网页或 XML.*另存为“Excel 工作簿（.xlsx）”"),
        (b'<?xml version="1.0"?><Workbook/>', "内容却是网页或 XML"),
        (b"PK\x03\x04 torn", "压缩包损坏或没有下载完整"),
        (_OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "工作簿设有打开密码.*用密码进行加密"),
        (_OLE + bytes(600) + "WordDocument".encode("utf-16-le"), "这是 Word 或其他 Office 文档"),
        (_OLE + bytes(600) + "Workbook".encode("utf-16-le"), "工作簿读不了"),
        (_OLE + bytes(600), "可能已损坏"),
    ],
)
def test_what_is_no_table(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=words):
        read_workbook(path)


def packed(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in parts.items():
            box.writestr(name.replace("__", "/"), content)
    return path


def changed(path: Path, **parts: bytes | None) -> Path:
    """Put other parts into a workbook."""
    with zipfile.ZipFile(path) as box:
        held = {name: box.read(name) for name in box.namelist()}
    held |= {
        name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"): c
        for name, c in parts.items()
        if c is not None
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in held.items():
            box.writestr(name, content)
    return path


def test_packages_that_are_no_workbooks(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="这是压缩包，里面没有工作簿"):
        read_workbook(packed(tmp_path / "a.zip", **{"a.txt": b"x"}))
    with pytest.raises(SourceError, match="这是 Word 文档"):
        read_workbook(packed(tmp_path / "a.xlsx", **{"word/document.xml": b"<x/>"}))


def test_a_bomb(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [HEAD, *ROWS])
    changed(path, xl__media__image1_bin=bytes(130_000_000))
    with pytest.raises(SourceError, match="解压后有 130 MB，超过 120 MB，不读.*只把有数据的区域复制"):
        read_workbook(path)


def test_macros_and_comments(tmp_path: Path) -> None:
    from openpyxl.comments import Comment

    path = book(tmp_path / "a.xlsx", [HEAD, *ROWS])
    made = load_workbook(path)
    made.active["B2"].comment = Comment("改过", "某")
    made.save(path)
    changed(path, xl__vbaProject_bin=b"x")
    ledger = read_ledger(path)
    assert len(ledger.rows) == 2
    assert any(f.why.startswith("工作簿含宏") for f in ledger.findings)
    assert any(f.found == "B2" and "批注没有读" in f.why for f in ledger.findings)


def test_a_million_empty_rows_are_passed_over(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [HEAD, *ROWS])
    with zipfile.ZipFile(path) as box:
        sheet = box.read("xl/worksheets/sheet1.xml")
    empty = b"".join(b'<row r="%d" ht="15"/>' % n for n in range(4, 20_004))
    changed(path, xl__worksheets__sheet1_xml=sheet.replace(b"</sheetData>", empty + b"</sheetData>"))
    read = read_workbook(path)
    assert len(read.sheets[0].rows) == 3
    assert read.told == ("工作表“阵地”有 20,000 个空行（带格式），已跳过；删除它们可使文件变小",)
    far = b'<row r="1048576"><c r="H1048576" t="inlineStr"><is><t> </t></is></c></row>'
    changed(path, xl__worksheets__sheet1_xml=sheet.replace(b"</sheetData>", far + b"</sheetData>"))
    with pytest.raises(SourceError, match="“阵地”的内容一直延伸到第 1,048,576 行、第 8 列（H 列）.*请删除表格下方"):
        read_workbook(path)


def test_rows_out_of_order(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [HEAD, *ROWS])
    with zipfile.ZipFile(path) as box:
        sheet = box.read("xl/worksheets/sheet1.xml")
    changed(path, xl__worksheets__sheet1_xml=sheet.replace(b'<row r="3"', b'<row r="2"'))
    with pytest.raises(SourceError, match="行次序错乱（从第 2 行起）"):
        read_workbook(path)
    # a reader that believes the name of such a cell makes room for 17 thousand million
    far = sheet.replace(b'r="A3"', b'r="XFD1048576"')
    assert far != sheet
    changed(path, xl__worksheets__sheet1_xml=far)
    with pytest.raises(SourceError, match="行次序错乱（从第 3 行起）"):
        read_workbook(path)


def test_sheets_of_one_name(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [HEAD, *ROWS])
    with zipfile.ZipFile(path) as box:
        listed = box.read("xl/workbook.xml")
    (one,) = re.findall(rb"<sheet [^>]*/>", listed)
    changed(path, xl__workbook_xml=listed.replace(one, one + one))
    with pytest.raises(SourceError, match="工作簿内部损坏"):
        read_workbook(path)


def test_pictures_over_the_table(tmp_path: Path) -> None:
    from openpyxl.drawing.image import Image
    from PIL import Image as Picture

    def picture() -> Image:
        drawn = io.BytesIO()
        Picture.new("RGB", (60, 40)).save(drawn, "PNG")
        return Image(Picture.open(drawn))

    made = Workbook()
    for row in (HEAD, *ROWS):
        made.active.append(row)
    made.active.add_image(picture(), "B3")
    made.create_sheet("图").add_image(picture(), "A1")
    made.save(tmp_path / "a.xlsx")
    assert read_workbook(tmp_path / "a.xlsx").sheets[0].pictures[0].top == 3
    ledger = read_ledger(tmp_path / "a.xlsx")
    assert any(f.line == 3 and "图片盖住单元格" in f.why for f in ledger.findings)
    with pytest.raises(SourceError, match="工作表里只有图片.*请把内容录入单元格"):
        read_ledger(tmp_path / "a.xlsx", sheet="图")


@pytest.mark.skipif(not can_fork(), reason="needs forked processes")
def test_a_damaged_workbook_ends_no_process_but_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader asks for more memory than there is where cells of a damaged .xls lie far apart, and dies of it."""
    path = tmp_path / "a.xls"
    path.write_bytes((HERE / "small.xls").read_bytes())
    monkeypatch.setattr(workbook, "_values", lambda *_: os._exit(134))
    with pytest.raises(SourceError, match=r"工作簿内部损坏.*打不开时请向提供者重新索取"):
        read_workbook(path)


def test_places_are_named_as_excel_names_them() -> None:
    assert [letters(n) for n in (1, 26, 27, 702, 703)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert str(Area(2, 3, 4, 28)) == "C2:AB4"
