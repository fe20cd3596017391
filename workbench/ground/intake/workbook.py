"""Workbooks and tables as people send them: sheets of raw cells, and what lies around them.

The content of a file tells what it is, not its name. python-calamine reads the values of every kind of workbook; what
it does not tell (hidden rows, errors, formulas that were never computed, pictures over the table) is looked up in the
parts of the package, row by row, and before anything is read: a sheet of empty rows or a bomb must not fill the memory.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import IO, Any, Final
from xml.etree import ElementTree as ET

from workbench.catalogue.intake import intake, plain
from workbench.errors import Problem, SourceError
from workbench.ground.sources.condition import Unread
from workbench.ground.sources.foreign import MOST_CELLS, said
from workbench.ground.sources.reading import missing
from workbench.ground.sources.table import GBK, codec_name
from workbench.processes import begun_side_by_side

# ----------------------------------------------------------------------------------------------------------------------
# The nouns: an area of cells, a sheet, a workbook.


@dataclass(frozen=True, order=True)
class Area:
    """A rectangle of cells; lines and columns count from 1, and both ends belong to it."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        return f"{letters(self.left)}{self.top}:{letters(self.right)}{self.bottom}"


@dataclass(frozen=True)
class Sheet:
    """The raw cells of a sheet.

    Attributes
    ----------
    name
        Name of the sheet; empty for a text file.
    rows
        Cells by line, from column A on: None, text, bool, int, float, date, datetime, or
        :class:`~workbench.ground.sources.condition.Unread` where a cell holds no value. Rows may differ in length.
    lines
        Line of the sheet, or of the text file, on which each row begins, from 1.
    hidden
        Whether the sheet is hidden.
    hidden_lines, hidden_columns
        Lines and columns that are hidden, as far as the kind of file tells.
    merged
        Merged areas.
    pictures
        Cells that pictures lie upon.
    remarked
        Cells with a comment.
    """

    name: str
    rows: list[list[Any]]
    lines: list[int]
    hidden: bool = False
    hidden_lines: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[Area, ...] = ()
    pictures: tuple[Area, ...] = ()
    remarked: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Columns up to the last one that holds anything."""
        return max((n for row in self.rows for n, cell in enumerate(row, 1) if cell is not None), default=0)


@dataclass(frozen=True)
class Workbook:
    """A file of sheets.

    Attributes
    ----------
    path
        The file.
    kind
        What it is by its content: xlsx, xlsb, xls, ods or csv.
    sheets
        In their order.
    told
        What is to be known of the file, in Chinese.
    """

    path: Path
    kind: str
    sheets: tuple[Sheet, ...]
    told: tuple[str, ...] = ()


def letters(column: int) -> str:
    """Return the letters of a column of a sheet, 1 = A."""
    text = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def read_workbook(path: Path, *, encoding: str | None = None) -> Workbook:
    """Read every sheet of a workbook, or a text file as one sheet.

    Parameters
    ----------
    path
        Any .xls, .xlsx, .xlsm, .xlsb, .ods, .csv, .tsv or .txt; the content tells which, not the name.
    encoding
        Encoding of a text file; found out when left out.

    Raises
    ------
    SourceError
        If there is no such file, or it is none that can be read: a password, a damaged or too large package, a web page
        or a document under the name of a table. Says what a clerk can do about it.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise missing(path, error) from error
    if not size:
        raise _refused(path, "文件是空的（0 字节）。", "请重新复制或导出。")
    kind = _kind(path, head)
    told = _other_than_named(path, kind)
    if kind == "csv":
        sheet, more = _read_text(path, encoding)
        return Workbook(path, kind, (sheet,), (*told, *more))
    sheets, more = _read_packed(path, kind) if kind != "xls" else _read_binary(path)
    return Workbook(path, kind, sheets, (*told, *more))


def _refused(path: Path, what: str, mend: str) -> SourceError:
    return SourceError(Problem(str(path), what, mend=mend))


# ----------------------------------------------------------------------------------------------------------------------
# What a file is.


_HEAD: Final = 4096
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SUFFIXES: Final = {
    "xlsx": (".xlsx", ".xlsm", ".xltx", ".xltm", ".et"), "xlsb": (".xlsb",), "xls": (".xls", ".xlt", ".et"),
    "ods": (".ods",), "csv": (".csv", ".tsv", ".txt"),
}  # fmt: skip
_NAMES: Final = {
    "xlsx": "Excel 工作簿（.xlsx）", "xlsb": "Excel 二进制工作簿（.xlsb）", "xls": "Excel 97-2003 工作簿（.xls）",
    "ods": "ODF 表格（.ods）", "csv": "文本表格",
}  # fmt: skip
_NO_TABLES: Final = (
    (b"%PDF", "PDF 文档"), (b"\x89PNG", "图片"), (b"\xff\xd8\xff", "图片"), (b"GIF8", "图片"), (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"), (b"\x1f\x8b", "gzip 压缩包"), (b"SQLite format 3", "数据库"), (b"{\\rtf", "RTF 文档"),
)  # fmt: skip
_MARKUP: Final = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|table|head|meta|\?xml|\?mso)", re.IGNORECASE)


def _kind(path: Path, head: bytes) -> str:
    """Tell by its content what a file is; refuse what is no table."""
    for sign, name in _NO_TABLES:
        if head.startswith(sign):
            raise _refused(path, f"这是{name}，不是表格。", "请取得原来的 Excel 表，或把内容录入 Excel 后再来。")
    if head.startswith(_OLE):
        return _kind_of_ole(path)
    if head.startswith(b"PK"):
        return _kind_of_package(path)
    if _MARKUP.match(head):
        what = f"文件名是 {path.suffix or '无后缀'}，内容却是网页或 XML（有的系统导出的“Excel”就是这样）。"
        raise _refused(path, what, "请用 Excel 或 WPS 打开它，另存为“Excel 工作簿（.xlsx）”。")
    return "csv"


def _kind_of_ole(path: Path) -> str:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise _locked(path)
    if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        return "xls"
    what = (
        "这是 Word 或其他 Office 文档，不是表格。" if b"W\0o\0r\0d\0" in content else "文件里没有工作簿，可能已损坏。"
    )
    raise _refused(path, what, "请把其中的表复制到 Excel，另存为 .xlsx。")


def _locked(path: Path) -> SourceError:
    mend = "请在 Excel 中打开，依次点“文件 → 信息 → 保护工作簿 → 用密码进行加密”，清空密码后保存，再来检查。"
    return _refused(path, "工作簿设有打开密码，读不了。", mend)


def _kind_of_package(path: Path) -> str:
    with _guarded(path, "压缩包损坏或没有下载完整"), zipfile.ZipFile(path) as box:
        parts = box.infolist()
        names = {part.filename.lower() for part in parts}
        locked = any(part.flag_bits & 1 for part in parts)
        size = sum(part.file_size for part in parts)
    if locked:
        raise _locked(path)
    if size > _MOST_UNPACKED:
        most = f"超过 {_MOST_UNPACKED / 1e6:.0f} MB，不读（可能是压缩炸弹，或表格下方有大量空行和图片）"
        what = f"工作簿解压后有 {size / 1e6:,.0f} MB，{most}。"
        raise _refused(path, what, "请只把有数据的区域复制到一个新工作簿，另存为 .xlsx 再来。")
    ends = (("xlsx", "workbook.xml"), ("xlsb", "workbook.bin"), ("ods", "content.xml"))
    found = next((kind for kind, end in ends if any(name.rsplit("/")[-1] == end for name in names)), None)
    if found is None or "word/document.xml" in names:
        what = "这是 Word 文档，不是表格。" if "word/document.xml" in names else "这是压缩包，里面没有工作簿。"
        raise _refused(path, what, "请解压后逐个检查其中的表格，或把表复制到 Excel。")
    return found


def _other_than_named(path: Path, kind: str) -> tuple[str, ...]:
    told = []
    if path.suffix.lower() not in _SUFFIXES[kind]:
        told.append(f"文件名是 {path.suffix or '无后缀'}，内容却是{_NAMES[kind]}：按内容读取")
    return tuple(told)


@contextmanager
def _guarded(path: Path, what: str) -> Iterator[None]:
    """Turn whatever a foreign reader raises into a refusal; a panic of one in Rust is no Exception of Python."""
    try:
        yield
    except SourceError:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        mend = "请用 Excel 或 WPS 打开，另存为新的 .xlsx；打不开时请向提供者重新索取。"
        if re.search("password|encrypt", str(error), re.IGNORECASE):
            raise _locked(path) from error
        reason = said(error) if isinstance(error, Exception) else "reader stopped"
        raise _refused(path, f"{what}（{reason}）。", mend) from error


# ----------------------------------------------------------------------------------------------------------------------
# Workbooks: values by calamine, and what it does not tell by the parts of the package.


_MOST_UNPACKED: Final = 120_000_000
"""Bytes that a workbook may hold unpacked: a million empty rows take 30 to 70 million, looked through in 5 to 12 s."""


@dataclass
class _Facts:
    """What the parts of a package tell of a sheet beside its values."""

    last: tuple[int, int] = (0, 0)
    hidden_lines: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Area] = field(default_factory=list)
    pictures: list[Area] = field(default_factory=list)
    remarked: list[str] = field(default_factory=list)
    unread: dict[tuple[int, int], str] = field(default_factory=dict)
    empty_lines: int = 0
    disorder: int = 0

    def hold(self, line: int, column: int) -> None:
        """Note a cell that holds something."""
        self.last = max(self.last[0], line), max(self.last[1], column)


def _read_packed(path: Path, kind: str) -> tuple[tuple[Sheet, ...], tuple[str, ...]]:
    told: list[str] = []
    with _guarded(path, "工作簿内部损坏"), zipfile.ZipFile(path) as box:
        names = box.namelist()
        facts = {"xlsx": _facts_of_xlsx, "ods": _facts_of_ods}.get(kind, lambda _: {})(box)
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            told.append("工作簿含宏：宏没有运行，只读单元格")
        if any("externallink" in name.lower() for name in names):
            told.append("工作簿引用了别的文件：只读它保存的数值")
    for name, known in facts.items():
        _refuse_sheet(path, name, known)
        if known.empty_lines > _MANY_EMPTY:
            told.append(f"工作表“{name}”有 {known.empty_lines:,} 个空行（带格式），已跳过；删除它们可使文件变小")
    if kind == "xlsb":
        told.append(".xlsb 不记录可识别的隐藏行与公式状态：隐藏行按普通行读取")
        return _values_apart(path), tuple(told)
    return _values(path, facts, guarded=True), tuple(told)


_MANY_EMPTY: Final = 1000
_SHOWN: Final = 40  # signs of a formula


def _read_binary(path: Path) -> tuple[tuple[Sheet, ...], tuple[str, ...]]:
    told = [".xls 格式的隐藏行无法识别：隐藏行按普通行读取"]
    if b"_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0" in path.read_bytes():
        told.append("工作簿含宏：宏没有运行，只读单元格")
    return _values_apart(path), tuple(told)


def _values_apart(path: Path) -> tuple[Sheet, ...]:
    """Read a workbook that cannot be looked through before: a damaged one may end the process it is read in."""
    task = partial(_values, path, {})
    with _guarded(path, "工作簿内部损坏"), begun_side_by_side([task], 2, even_one=True) as finish:
        return finish()[0]


def _refuse_sheet(path: Path, name: str, known: _Facts) -> None:
    height, width = known.last
    if height * width > MOST_CELLS:
        last = f"第 {height:,} 行、第 {width:,} 列（{letters(width)} 列）"
        what = f"工作表“{name}”的内容一直延伸到{last}，超过 {MOST_CELLS:,} 格，不读。"
        raise _refused(path, what, "请删除表格下方与右侧多余的行列（多半只含空格），保存后再来。")
    if known.disorder:
        what = f"工作表“{name}”的行次序错乱（从第 {known.disorder} 行起），有的行会丢。"
        raise _refused(path, what, "请用 Excel 打开后另存为新的 .xlsx。")


def _values(path: Path, facts: dict[str, _Facts], *, guarded: bool = False) -> tuple[Sheet, ...]:
    """Read the values of all sheets that hold cells; only those that were looked through where that is possible."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    sheets = []
    with _guarded(path, "工作簿读不了"), path.open("rb") as stream:
        book = CalamineWorkbook.from_filelike(stream)
        for about in book.sheets_metadata:
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            if guarded and about.name not in facts:
                raise ValueError("the package does not hold a sheet that it lists")
            sheet = book.get_sheet_by_name(about.name)
            known = facts.get(about.name, _Facts())
            merged = known.merged or [
                Area(top + 1, left + 1, bottom + 1, right + 1)
                for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
            ]
            rows = [[_value(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            _mark_unread(rows, known)
            sheets.append(
                Sheet(
                    about.name,
                    rows,
                    list(range(1, len(rows) + 1)),
                    about.visible != SheetVisibleEnum.Visible,
                    frozenset(known.hidden_lines),
                    frozenset(known.hidden_columns),
                    tuple(sorted(merged)),
                    tuple(sorted(known.pictures)),
                    tuple(known.remarked),
                )
            )
    if not sheets:
        raise _refused(path, "工作簿里没有工作表。", "请检查是否选错了文件。")
    return tuple(sheets)


def _mark_unread(rows: list[list[Any]], known: _Facts) -> None:
    for (line, column), words in known.unread.items():
        while len(rows) < line:
            rows.append([])
        row = rows[line - 1]
        row.extend([None] * (column - len(row)))
        if row[column - 1] is None:
            row[column - 1] = Unread(words)


def _value(cell: Any) -> Any:
    """Return a cell as it is; text trimmed, nothing for blanks, whole numbers whole, times as HH:MM."""
    if isinstance(cell, str):
        text = cell.strip()
        return Unread(f"错误值 {text}") if text in intake().errors else text or None
    if isinstance(cell, dt.timedelta):
        minutes = round(cell.total_seconds() / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    if isinstance(cell, dt.time):
        return f"{cell:%H:%M}"
    if isinstance(cell, float):
        if cell != cell or cell in (float("inf"), float("-inf")):
            return Unread(f"数值 {cell}")
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    return cell


# XML of others: no part of a workbook declares entities, which could stand for a thousand million signs


_DECLARES: Final = re.compile(rb"<\x00?!\x00?(D\x00?O\x00?C\x00?T|E\x00?N\x00?T)")


def _parsed(content: bytes) -> Any:
    if _DECLARES.search(content):
        raise ValueError("a part declares entities")
    return ET.fromstring(content)  # noqa: S314 - it declares nothing


def _steps(stream: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """Yield where each element begins and ends."""
    parser: ET.XMLPullParser[Any] = ET.XMLPullParser(("start", "end"))
    while chunk := stream.read(1 << 16):
        if _DECLARES.search(chunk):
            raise ValueError("a part declares entities")
        parser.feed(chunk)
        yield from parser.read_events()  # type: ignore[misc]
    parser.close()


# what the parts of an .xlsx tell


def _facts_of_xlsx(box: zipfile.ZipFile) -> dict[str, _Facts]:
    names = {name.lower(): name for name in box.namelist()}
    root = next(name for name in names if name.rsplit("/")[-1] == "workbook.xml")
    folder = root.rpartition("/")[0]
    targets = _relations(box, names, root)
    facts = {}
    for node in _parsed(box.read(names[root])).iter():
        if _tag(node) != "sheet":
            continue
        link = next((value for key, value in node.attrib.items() if key.endswith("}id")), "")
        part = _joined(folder, targets.get(link, ""))
        if part in names and "chartsheet" not in part:
            if node.get("name", "") in facts:
                raise ValueError("two sheets have one name")
            facts[node.get("name", "")] = _facts_of_sheet(box, names, part)
    return facts


def _relations(box: zipfile.ZipFile, names: dict[str, str], part: str) -> dict[str, str]:
    """Return the targets of the links of a part, by their names."""
    folder, _, file = part.rpartition("/")
    links = f"{folder}/_rels/{file}.rels"
    if links not in names:
        return {}
    return {n.get("Id", ""): n.get("Target", "") for n in _parsed(box.read(names[links])).iter()}


def _joined(folder: str, target: str) -> str:
    """Return the name of a part, in small letters, that a part of a folder names."""
    parts = [] if target.startswith("/") else folder.split("/")
    for step in target.strip("/").lower().split("/"):
        parts = parts[:-1] if step == ".." else [*parts, step]
    return "/".join(part for part in parts if part)


def _tag(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


def _facts_of_sheet(box: zipfile.ZipFile, names: dict[str, str], part: str) -> _Facts:
    known, line, column, data = _Facts(), 0, 0, None
    filled = False
    with box.open(names[part]) as stream:
        for event, node in _steps(stream):
            match event, _tag(node):
                case "start", "sheetData":
                    data = node
                case "start", "row":
                    before, line = line, int(node.get("r") or line + 1)
                    if line <= before:
                        known.disorder = line
                        return known
                    column, filled = 0, False
                    if _true(node.get("hidden")):
                        known.hidden_lines.add(line)
                case "end", "c":
                    own_line, own_column = _place_of(node.get("r"))
                    column = own_column or column + 1
                    if own_line not in (0, line):
                        known.disorder = line
                        return known
                    filled = _note_cell(known, node, line, column) or filled
                case "end", "row":
                    if known.last[0] * known.last[1] > MOST_CELLS:
                        return known
                    known.empty_lines += not filled
                    if data is not None:
                        data.clear()
                case "end", _:
                    _note_other(known, node)
    _note_beside(known, box, names, part)
    return known


def _note_other(known: _Facts, node: Any) -> None:
    """Note hidden columns and merged areas."""
    match _tag(node):
        case "col" if _true(node.get("hidden")):
            first, last = int(node.get("min") or 1), int(node.get("max") or 1)
            known.hidden_columns.update(range(first, min(last, first + 200) + 1))
        case "mergeCell":
            known.merged += _areas(node.get("ref", ""))


def _note_beside(known: _Facts, box: zipfile.ZipFile, names: dict[str, str], part: str) -> None:
    """Note the pictures and comments of a sheet, which other parts hold."""
    folder = part.rpartition("/")[0]
    for target in _relations(box, names, part).values():
        name = _joined(folder, target)
        if name in names and "/drawing" in name and name.endswith(".xml"):
            known.pictures += _pictures(box.read(names[name]))
        elif name in names and "/comments" in name and name.endswith(".xml"):
            nodes = _parsed(box.read(names[name])).iter()
            known.remarked += [node.get("ref", "") for node in nodes if _tag(node) == "comment"]


def _true(word: str | None) -> bool:
    return word in ("1", "true")


def _place_of(ref: str | None) -> tuple[int, int]:
    """Return the line and the column of a cell by its name, such as C7; 0 where it names none."""
    found = re.fullmatch("([A-Z]{1,3})([0-9]{1,7})", ref or "")
    if found is None:
        return 0, 0
    column = 0
    for sign in found[1]:
        column = 26 * column + ord(sign) - ord("A") + 1
    return int(found[2]), column


def _note_cell(known: _Facts, node: Any, line: int, column: int) -> bool:
    """Note what a cell holds; return whether that is anything."""
    parts = {_tag(part): part for part in node}
    value = parts.get("v")
    if (value is not None and value.text) or "is" in parts:
        known.hold(line, column)
        if node.get("t") == "e" and value is not None:  # calamine takes it for nothing
            known.unread[line, column] = f"错误值 {value.text}"
        return True
    formula = parts.get("f")
    if formula is None or node.get("t") == "str":
        return False
    known.hold(line, column)
    known.unread[line, column] = f"公式 ={(formula.text or '')[:_SHOWN]} 从未计算"
    return True


def _areas(ref: str) -> list[Area]:
    ends = [_place_of(end) for end in ref.split(":")]
    if len(ends) != 2 or (0, 0) in ends:
        return []
    (top, left), (bottom, right) = ends
    return [Area(min(top, bottom), min(left, right), max(top, bottom), max(left, right))]


def _pictures(drawing: bytes) -> list[Area]:
    """Return the cells from the first to the last that each picture of a drawing lies upon."""
    areas = []
    for anchor in _parsed(drawing):
        if not any(_tag(node) == "pic" for node in anchor.iter()):
            continue
        corners = []
        for node in anchor:
            if _tag(node) in ("from", "to"):
                place = {_tag(part): int(part.text or 0) for part in node}
                corners.append((place.get("row", 0) + 1, place.get("col", 0) + 1))
        if corners:
            areas.append(Area(*corners[0], *corners[-1]))
    return areas


# what the content of an .ods tells


def _facts_of_ods(box: zipfile.ZipFile) -> dict[str, _Facts]:
    facts: dict[str, _Facts] = {}
    known, line, deep = _Facts(), 0, 0
    with box.open("content.xml") as stream:
        for event, node in _steps(stream):
            match event, _tag(node):
                case "start", "table":
                    deep += 1
                    if deep == 1:
                        known, line = _Facts(), 0
                        facts[_of(node, "name")] = known
                case "end", "table":
                    deep -= 1
                    node.clear()
                case "start", "table-row":
                    line += 1
                case "end", "table-row":
                    _note_row(known, node, line)
                    line += _times(node, "rows") - 1
                    node.clear()
                case "end", "image":
                    known.pictures.append(Area(max(line, 1), 1, max(line, 1), 1))
    return facts


def _note_row(known: _Facts, row: Any, line: int) -> None:
    """Note what the cells of a row of an .ods hold; a row may stand for many like it."""
    times, column = _times(row, "rows"), 1
    filled = False
    for cell in row:
        if _tag(cell) not in ("table-cell", "covered-table-cell"):
            continue
        wide = _times(cell, "columns")
        holds = bool(_of(cell, "value-type")) or any(_tag(part) == "p" and "".join(part.itertext()) for part in cell)
        formula = _of(cell, "formula")
        if holds or formula:
            filled = True
            known.hold(line + times - 1, column + wide - 1)
        if formula and not holds:
            known.unread[line, column] = f"公式 {formula[:_SHOWN]} 从未计算"
        down, across = (int(_of(cell, f"number-{what}-spanned") or 1) for what in ("rows", "columns"))
        if down > 1 or across > 1:
            known.merged.append(Area(line, column, line + down - 1, column + across - 1))
        if any(_tag(part) == "annotation" for part in cell):
            known.remarked.append(f"{letters(column)}{line}")
        column += wide
    if filled and times <= MOST_CELLS and _of(row, "visibility") in ("collapse", "filter"):
        known.hidden_lines.update(range(line, line + times))


def _of(node: Any, name: str) -> str:
    return next((value for key, value in node.attrib.items() if key.rpartition("}")[2] == name), "")


def _times(node: Any, what: str) -> int:
    return int(_of(node, f"number-{what}-repeated") or 1)


# ----------------------------------------------------------------------------------------------------------------------
# Text files: the encoding and the separator are told by the text, and said.


_COMMON: Final = {"utf-8": None, GBK: (0xB0, 0xD7), "big5": (0xA4, 0xC6)}
"""Encodings that are tried, with the lead bytes of the usual characters of theirs."""
_USUAL_SHARE: Final = 0.7
_SEPARATORS: Final = {",": "逗号", "\t": "制表符", ";": "分号", "|": "竖线", "，": "全角逗号"}
_LOOKED_AT: Final = 60  # lines that tell the separator


def _read_text(path: Path, stated: str | None) -> tuple[Sheet, tuple[str, ...]]:
    text, name = _decoded(path, path.read_bytes(), stated)
    if "\0" in text:
        text = text.replace("\0", "")
        name += "；其中有空字符，已去掉"
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    separator = _separator(text)
    told = [f"文字编码：{name}；分隔符：{_SEPARATORS[separator]}"]
    records = list(_records(text, separator))
    usual = Counter(len(cells) for _, cells, whole in records if whole).most_common(1) or [(0, 0)]
    rows: list[list[Any]] = []
    for _, cells, whole in records:
        sure = whole or len(cells) == usual[0][0]
        rows.append([_value(cell) if sure else Unread("这一行的引号不成对，分不清各格") for cell in cells])
    if broken := [line for line, _, whole in records if not whole]:
        some = "、".join(map(str, broken[:10])) + (f" 等 {len(broken)}" if len(broken) > 10 else "")
        told.append(f"引号不成对：第 {some} 行按没有引号读取")
    if sum(map(len, rows)) > MOST_CELLS:
        raise _refused(path, f"表格超过 {MOST_CELLS:,} 格，不读。", "请删除空行空列，或分成几个文件。")
    return Sheet("", rows, [line for line, _, _ in records]), tuple(told)


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str], bool]]:
    """Yield each record with the line on which it begins, and whether its quotes match; else it is one line."""
    lines = text.removesuffix("\n").split("\n")
    done = 0
    with _long_cells():
        while done < len(lines):
            begin = done
            rest = (f"{lines[k]}\n" for k in range(begin, len(lines)))
            reader = csv.reader(rest, delimiter=separator, skipinitialspace=True, strict=True)
            try:
                for cells in reader:
                    yield done + 1, cells, True
                    done = begin + reader.line_num
            except csv.Error:
                yield done + 1, [cell.strip().strip('"') for cell in lines[done].split(separator)], False
                done += 1


@contextmanager
def _long_cells() -> Iterator[None]:
    usual = csv.field_size_limit(1 << 30)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _separator(text: str) -> str:
    """Return what parts the cells: the sign that parts most headings, or stands most often, outside quotes."""
    lines = [_QUOTED.sub("甲", line) for line in text.split("\n", _LOOKED_AT)[:_LOOKED_AT] if line.strip()]

    def often(sign: str) -> tuple[int, int, int]:
        counts = sorted(line.count(sign) for line in lines)
        known = max(sum(plain(cell)[0] in _headings() for cell in line.split(sign)) for line in lines)
        return known, counts[len(counts) // 2], sum(counts)

    return max(_SEPARATORS, key=often) if lines else ","


_QUOTED: Final = re.compile(r'"([^"]|"")*"')


@cache
def _headings() -> frozenset[str]:
    known = intake()
    tables = (*known.headings.values(), known.places)
    words = (word for table in tables for names in table.values() for word in names)
    return frozenset(plain(word)[0] for word in (*words, *known.private, *known.remarks))


def _decoded(path: Path, content: bytes, stated: str | None) -> tuple[str, str]:
    """Return the text of a file, and its encoding with the reason."""
    if stated is not None:
        name = codec_name(stated)
        if name is None:
            raise _refused(path, f"没有“{stated}”这种文字编码。", "常用的有 utf-8、gbk、big5。")
        try:
            return content.decode(name).lstrip("\ufeff"), f"{name}（指定）"
        except UnicodeDecodeError as error:
            raise _refused(
                path,
                f"文字不是指定的 {stated} 编码（第 {_line_at(content, error)} 行）。",
                "请不要指定编码，或换一种。",
            ) from error
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            return _strict(path, content, name).lstrip("\ufeff"), f"{name}（文件头标明）"
    sides = [content[side::2].count(0) for side in (0, 1)]
    if max(sides) > len(content) / 8:
        name = "utf-16-be" if sides[0] > sides[1] else "utf-16-le"
        return _strict(path, content, name), f"{name}（推测：隔字节为零）"
    read = {name: text for name in _COMMON if (text := _tried(content, name)) is not None}
    if "utf-8" in read:
        return read["utf-8"], "utf-8"
    best = max(read, key=lambda name: _usual(read[name], name), default=None)
    if best is None or _usual(read[best], best) < _USUAL_SHARE:
        mend = (
            "请用 Excel 或 WPS 打开，看文字是否正常，再另存为“CSV UTF-8（逗号分隔）”；知道编码时可用 --encoding 指明。"
        )
        raise _refused(path, "看不出文字编码：既不是 UTF-8，也不像 GBK 或 Big5 的中文。", mend)
    return read[best], f"{'gbk' if best == GBK else best}（推测：不是 UTF-8，按它读常用字最多）"


def _strict(path: Path, content: bytes, name: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError as error:
        mend = "文件可能没有复制完整；请重新导出，或用记事本另存为 UTF-8。"
        raise _refused(path, f"文件开头说是 {name} 编码，第 {_line_at(content, error)} 行起却不是。", mend) from error


def _line_at(content: bytes, error: UnicodeDecodeError) -> int:
    return content.count(b"\n", 0, error.start) + 1


def _tried(content: bytes, name: str) -> str | None:
    try:
        return content.decode(name)
    except UnicodeDecodeError:
        return None


def _usual(text: str, name: str) -> float:
    """Return the share of the signs beyond ASCII that are usual characters in an encoding of Chinese."""
    signs = [sign for sign in text if sign > "\x7f"]
    first, last = _COMMON[name] or (0, 0)
    punctuation = (0xA1, 0xA3)
    known = 0
    for sign in signs:
        code = sign.encode(name)
        known += len(code) == 2 and (first <= code[0] <= last or punctuation[0] <= code[0] <= punctuation[1])
    return known / max(len(signs), 1)
