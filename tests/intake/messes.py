"""Ledgers in a random mess, with the lines that must not get lost."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from tests import mutants
from workbench.errors import CheckError
from workbench.ground.intake.ledger import Ledger, read_ledger

_TABLES: dict[str, tuple[tuple[str, ...], tuple[Callable[[int], Any], ...]]] = {
    "stations": (
        ("编号", "阵地名称", "阵地类型", "社区", "经度", "纬度", "建筑面积（㎡）", "开放时间", "服务范围"),
        (lambda n: f"{n:03d}", lambda n: f"第{n}驿家", lambda _: "党群驿家", lambda n: f"社区{n % 3}", lambda n: 116.3 + n / 100,
         lambda n: 40.0 + n / 100, lambda n: 100 + n, lambda _: "周一至周日8:30-21:00", lambda _: "公众"),
    ),
    "compounds": (
        ("编号", "小区名称", "社区", "是否封闭", "户数", "地址"),
        (lambda n: n, lambda n: f"第{n}小区", lambda n: f"社区{n % 3}", lambda n: "是" if n % 2 else "否", lambda n: 300 + n, lambda n: f"东路{n}号"),
    ),
    "rooms": (
        ("编号", "阵地", "功能室名称", "实际用途", "楼层", "面积（㎡）", "容纳人数", "上下水", "可否私密"),
        (lambda n: f"r{n}", lambda n: f"第{n}驿家", lambda _: "阅览室", lambda _: "阅览", lambda _: 1, lambda n: 20 + n, lambda n: 10 + n,
         lambda _: "有", lambda _: "否"),
    ),
}  # fmt: skip
_CELLS: tuple[Any, ...] = (
    None, "", " ", "/", "同上", "〃", "约300", "十多个", "几十", "120㎡", "3亩", "1.2万元", "１２０", "1,200", "200-300", "三百二十", "-5",
    "#REF!", "1.23E+11", 1.23e11, 1.2345678901234e17, 1e300, -0.0, True, dt.datetime(2026, 3, 2), dt.datetime(1900, 4, 29), dt.time(8, 30),
    dt.date(2026, 3, 2), "=1+1", "周一至周五8:30—17:30", "全天", "看情况", "116°18′25″", "116.3,40.0", "是", "√", "待定", "备注：无", "合计",
    "示例", "一、东街道", "填表人：某", "党群驿家", "东风\n驿家", "0012", "2026.3.2", "x" * 500, "😀", "\u200b", "½", "10†", "半", "万", "十", "约",
    "㎡", "岁", "周", "8", "-", "周一至", "节假日", "()", "（）", "60岁以上", "%", "99%", "九" * 40, "9" * 400, "万" * 60, "-" * 60, "周一" * 60,
)  # fmt: skip
_HEADINGS = (
    None,
    "",
    "备注",
    "序号",
    "名称",
    "阵地名陈",
    "联系人",
    "经纬度",
    "X",
    "面积（亩）",
    "投资/元",
    "0-6岁",
    "60岁以上",
    "80岁以上",
    "户  数",
    "（㎡）",
    "()",
    "社区\n名称",
)
_LINES: tuple[tuple[Any, ...], ...] = (
    (), ("合计",), (None, "小计", None, 5, None, 7, 100), ("备注：以上为2026年数据",), ("填表人：某", None, "审核人：某"), ("一、东街道",),
    ("示例", "示例"), (1,), (None, None, "东街道小计"), ("说明",), ("单位：亩",), ("注1：坐标为高德",), (None,) * 40 + ("远",),
)  # fmt: skip


@dataclass
class Mess:
    """A ledger in a mess.

    Attributes
    ----------
    path
        Its file.
    table
        The ledger that it is, or None where that is to be told.
    lines
        Lines of the file that hold anything, and cannot be of the header.
    """

    path: Path
    table: str | None
    lines: set[int] = field(default_factory=set)


def mess(folder: Path, chance: random.Random, *, kinds: tuple[str, ...] = ("csv", "csv", "xlsx")) -> Mess:
    """Write a ledger in a random mess."""
    table = chance.choice(list(_TABLES))
    head, makers = _TABLES[table]
    heads: list[list[Any]] = [list(head)]
    rows: list[list[Any]] = [[make(n) for make in makers] for n in range(1, chance.randint(2, 7))]
    for _ in range(chance.randint(1, 6)):
        chance.choice((_cell, _cell, _cell, _token, _line, _line, _heading, _column, _twice))(heads, rows, chance)
    if chance.random() < 0.2:
        heads.append([chance.choice((None, None, "经度", "面积", "㎡")) for _ in heads[0]])
    above: list[list[Any]] = [list(chance.choice(_LINES)) for _ in range(chance.choice((0, 0, 1, 2)))]
    if chance.random() < 0.5:
        above.insert(0, [f"x区{table}台账"])
    lines = [*above, *heads, *rows]
    kind = chance.choice(kinds)
    begin = len(above) + len(heads) + 1
    if kind == "csv":
        path = _text(folder / "台账.csv", lines, chance)
    else:
        path = _book(folder / "台账.xlsx", lines, begin, chance)
    held = {n for n, row in enumerate(lines, 1) if n >= begin and any(_holds(cell, kind) for cell in row)}
    return Mess(path, chance.choice((table, table, table, None)), held)


def _holds(cell: Any, kind: str) -> bool:
    """Whether a cell holds anything when it is read again."""
    return cell is not None and bool(
        str(cell)
        .replace("\0", "")
        .strip(' \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u3000\u2028\u2029"' if kind == "csv" else None)
    )


def _cell(heads: list[list[Any]], rows: list[list[Any]], chance: random.Random) -> None:
    row = chance.choice(rows)
    if row:
        row[chance.randrange(len(row))] = chance.choice(_CELLS)


def _token(heads: list[list[Any]], rows: list[list[Any]], chance: random.Random) -> None:
    row = chance.choice([*rows, *heads])
    if row:
        word = chance.choice(mutants.TOKENS)[:300]
        place = chance.randrange(len(row))
        row[place] = word if chance.random() < 0.5 else f"{row[place]}{word}"


def _line(heads: list[list[Any]], rows: list[list[Any]], chance: random.Random) -> None:
    line = chance.choice((*_LINES, heads[0], chance.choice(rows)))
    rows.insert(chance.randint(0, len(rows)), list(line))


def _heading(heads: list[list[Any]], rows: list[list[Any]], chance: random.Random) -> None:
    place = chance.randrange(len(heads[0]))
    text = str(heads[0][place])
    heads[0][place] = chance.choice((*_HEADINGS, text[1:], text * 2, f"*{text}：", " ".join(text), f"{text}（约）"))


def _column(heads: list[list[Any]], rows: list[list[Any]], chance: random.Random) -> None:
    place = chance.randrange(len(heads[0]))
    name = chance.choice((*_HEADINGS, chance.choice(heads[0])))
    heads[0].insert(place, name)
    for row in rows:
        row.insert(place, chance.choice((None, chance.choice(_CELLS), chance.randint(0, 99))))


def _twice(heads: list[list[Any]], rows: list[list[Any]], chance: random.Random) -> None:
    place = chance.randrange(len(heads[0]))
    heads[0].append(heads[0][place])
    for row in rows:
        row.append(row[place] if place < len(row) and chance.random() < 0.8 else "别的")


def _text(path: Path, lines: list[list[Any]], chance: random.Random) -> Path:
    separator = chance.choice((",", "\t", ";"))

    def cell(value: Any) -> str:
        text = "" if value is None else str(value)
        for sign in ("\r", "\n", "\0", '"', separator, "\ufeff"):
            text = text.replace(sign, " ")
        return text

    text = "\r\n".join([*(separator.join(map(cell, row)) for row in lines), ""])
    path.write_bytes(text.encode(chance.choice(("utf-8", "utf-8-sig", "gb18030", "utf-16")), "ignore"))
    return path


def _book(path: Path, lines: list[list[Any]], begin: int, chance: random.Random) -> Path:
    made = Workbook()
    sheet = made.active
    sheet.title = chance.choice(("Sheet1", "😀", "阵地台账"))
    for line, row in enumerate(lines, 1):
        for column, value in enumerate(row, 1):
            if value is not None:
                _put(sheet, line, column, value)
                if not _holds(sheet.cell(line, column).value, "xlsx"):
                    row[column - 1] = None
    if chance.random() < 0.4:
        top, left = chance.randint(begin, len(lines)), chance.randint(1, 5)
        bottom, right = top + chance.randint(0, 2), left + chance.randint(0, 2)
        for line in range(top, min(bottom, len(lines)) + 1):  # what a merged area hides is gone
            for column in range(left, right + 1):
                if (line, column) != (top, left) and column <= len(lines[line - 1]):
                    lines[line - 1][column - 1] = None
        sheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
    if chance.random() < 0.3:
        sheet.row_dimensions[chance.randint(1, len(lines) + 1)].hidden = True
    made.save(path)
    return path


def _put(sheet: Any, line: int, column: int, value: Any) -> None:
    try:
        sheet.cell(line, column).value = value
    except (IllegalCharacterError, ValueError):
        sheet.cell(line, column).value = "?"
    if isinstance(value, str) and any("\ud800" <= sign <= "\udfff" or sign in "\ufffe\uffff" for sign in value):
        sheet.cell(line, column).value = "?"


def read(made: Mess) -> Ledger:
    """Read a mess; whatever is lost is a fault of the reader."""
    try:
        ledger = read_ledger(made.path, made.table)
    except CheckError as error:
        raise AssertionError(str(error)) from error
    whole = {f.line for f in ledger.findings if not f.column and f.kind in ("left_out", "refused")}
    lost = made.lines - whole - set(ledger.rows["_line"])
    if made.path.suffix == ".xlsx":
        lost = {line for line in lost if line > _header_end(ledger)}
    else:
        lost = {line for line in lost if line > _header_end(ledger)}
    assert not lost, f"lines {sorted(lost)} are lost"
    return ledger


def _header_end(ledger: Ledger) -> int:
    """Return a line that is surely of the header: the one before the first that is an entry or listed below it."""
    listed = [f.line for f in ledger.findings if not f.column and f.kind in ("left_out", "refused") and f.line]
    return min([*ledger.rows["_line"], *listed, 10**9]) - 1
