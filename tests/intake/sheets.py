"""Small ledgers, as people send them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from workbench.ground.intake.ledger import Finding, Ledger, read_ledger

HEAD = ("编号", "阵地名称", "社区", "经度", "纬度", "建筑面积（㎡）", "开放时间")
ROWS = (
    ("s1", "东风驿家", "东风社区", 116.31, 40.01, 120, "Mo-Su 08:30-21:00"),
    ("s2", "西苑驿家", "西苑社区", 116.32, 40.02, 80, "Mo-Fr 09:00-17:00"),
)


def book(path: Path, rows: Iterable[Sequence[Any]], *, name: str = "阵地", merged: Sequence[str] = ()) -> Path:
    """Write a workbook of one sheet."""
    made = Workbook()
    sheet = made.active
    sheet.title = name
    for row in rows:
        sheet.append(list(row))
    for area in merged:
        sheet.merge_cells(area)
    made.save(path)
    return path


def text(path: Path, rows: Iterable[Sequence[Any]], *, encoding: str = "utf-8", separator: str = ",") -> Path:
    """Write a text file."""
    lines = [separator.join("" if cell is None else str(cell) for cell in row) for row in rows]
    path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    return path


def stations(path: Path, *rows: Sequence[Any], head: Sequence[Any] = HEAD, **how: Any) -> Ledger:
    """Write a ledger of stations and read it."""
    return read_ledger(book(path / "阵地台账.xlsx", [head, *rows], **how))


def of(ledger: Ledger, column: str) -> list[Any]:
    """Return the values of a column."""
    values = ledger.rows[column]
    return [None if value != value else value for value in values]


def said(ledger: Ledger, *kinds: str) -> list[Finding]:
    """Return findings of some kinds."""
    return [finding for finding in ledger.findings if finding.kind in kinds]
