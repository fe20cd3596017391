"""A ledger that somebody keeps, read: its rows in the columns of the house, and every thing that was done to them.

Whatever a line below the header holds is in ``rows`` or among the findings; :func:`read_ledger` checks that itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from workbench.catalogue.intake import intake, narrow, plain
from workbench.catalogue.places import datum_in
from workbench.catalogue.tables import LAYERS, TABLES, Field
from workbench.catalogue.terms import AGE_BANDS, label, printable
from workbench.errors import CheckError, Problem, SourceError
from workbench.ground.intake.cells import Read, read_cell, says_nothing
from workbench.ground.intake.headers import SIXTY_UP, Header, Match, find_header
from workbench.ground.intake.workbook import Sheet, Workbook, read_workbook
from workbench.ground.sources.condition import Unread, number_in
from workbench.ground.sources.table import LINE
from workbench.privacy import without_numbers

FindingKind = Literal["read", "changed", "guessed", "left_out", "doubtful", "refused"]
"""What a finding tells of: how it was read; what was written otherwise, or supposed; what was not taken; what to look
at again; what could not be read."""

PLACES: Final = ("_x", "_y", "_xy", "_datum", "_address")
"""Columns of a layer's rows that say where they are, as text, unread."""


@dataclass(frozen=True)
class Finding:
    """One thing to be said of a ledger.

    Attributes
    ----------
    sheet
        Name of the sheet; empty for a text file.
    line
        Line of the sheet; 0 where it is about the whole of it.
    column
        Heading of the column; empty where it is about the whole line.
    kind
        What it tells of.
    found
        What the cell or line holds.
    took
        What was taken for it; empty where nothing was.
    why
        The reason, in Chinese.
    """

    sheet: str
    line: int
    column: str
    kind: FindingKind
    found: str
    took: str
    why: str


@dataclass(frozen=True)
class ColumnRead:
    """What a column of a sheet was taken for.

    Attributes
    ----------
    heading
        Its heading; no two columns have the same.
    column
        Column of the house, or one of :data:`PLACES`; None where it was not taken.
    how
        How that was told, or why it was not taken, in Chinese.
    examples
        Up to three of its cells with what they were read as.
    """

    heading: str
    column: str | None
    how: str
    examples: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Ledger:
    """A ledger as read.

    Attributes
    ----------
    path
        The file.
    sheet
        Name of the sheet; empty for a text file.
    table
        Name of the layer or ledger of the house.
    rows
        One row an entry, in columns of the house (text and flags as objects, None where missing; numbers as floats) and
        :data:`LINE`; of a layer :data:`PLACES` besides, text or None.
    columns
        Every column of the sheet, from A on.
    findings
        What was done and what is to be looked at, by line.
    held
        Lines below the header that hold anything.
    """

    path: Path
    sheet: str
    table: str
    rows: pd.DataFrame
    columns: tuple[ColumnRead, ...]
    findings: tuple[Finding, ...]
    held: int

    def counted(self) -> Mapping[str, int]:
        """Return how many findings of each kind there are, the gravest first."""
        count = Counter(finding.kind for finding in self.findings)
        return {kind: count[kind] for kind in intake().kinds if count[kind]}  # type: ignore[index]


def read_ledger(
    path: Path, table: str | None = None, *, sheet: str | None = None, encoding: str | None = None
) -> Ledger:
    """Read a ledger as people keep it.

    Parameters
    ----------
    path
        Workbook or text file of any usual kind.
    table
        Layer or ledger of the house that it is; told by its headings when left out.
    sheet
        Name of the sheet; the visible one that looks most like it when left out.
    encoding
        Encoding of a text file; found out when left out.

    Returns
    -------
    Ledger
        Its rows may be none: the findings tell why.

    Raises
    ------
    SourceError
        If the file cannot be read, has no such sheet or no header, or does not tell which ledger it is.
    """
    book = read_workbook(path, encoding=encoding)
    chosen, header, others = _chosen(book, table, sheet)
    reading = _Reading(chosen, header)
    for words in (*book.told, *others):
        reading.tell(0, "", "read", "", "", words)
    reading.read()
    ledger = Ledger(
        path,
        chosen.name,
        header.table,
        reading.frame(),
        reading.columns(),
        tuple(sorted(reading.findings, key=lambda finding: finding.line)),
        len(reading.filled),
    )
    _check_whole(ledger, reading.filled)
    return ledger


_EXAMPLE: Final = "模板的示例行，不是数据；请删去"
_MOST_EMPTY: Final = 100_000
"""Bytes of a file that may hold nothing but a header and an example; a longer one is not looked into."""


def is_unfilled(path: Path, table: str, *, sheet: str | None = None) -> bool:
    """Tell whether a ledger holds nothing yet but its header and examples; one that cannot be read is none such."""
    try:
        ledger = read_ledger(path, table, sheet=sheet) if path.stat().st_size <= _MOST_EMPTY else None
    except (OSError, ValueError):  # a path that no system takes; a SourceError is a ValueError
        return False
    return ledger is not None and ledger.held == sum(finding.why == _EXAMPLE for finding in ledger.findings)


def _check_whole(ledger: Ledger, lines: Sequence[int]) -> None:
    """Refuse to hand on a ledger of which a line is neither among the rows nor listed."""
    told = {f.line for f in ledger.findings if not f.column and f.kind in ("left_out", "refused")}
    lost = sorted(set(lines) - told - set(ledger.rows[LINE]))
    if lost:
        raise CheckError(Problem(str(ledger.path), "lines of the ledger are lost", row=", ".join(map(str, lost[:10]))))


# ----------------------------------------------------------------------------------------------------------------------
# Which sheet.


def _chosen(book: Workbook, table: str | None, name: str | None) -> tuple[Sheet, Header, list[str]]:
    """Return the sheet, its header, and what is to be said of the others."""
    if name is not None:
        found = next((sheet for sheet in book.sheets if sheet.name == name), None)
        if found is None:
            names = "、".join(f"“{printable(sheet.name)}”" for sheet in book.sheets)
            raise SourceError(Problem(str(book.path), f"没有工作表“{printable(name)}”。", mend=f"有的是：{names}。"))
        return found, find_header(book.path, found, table), []
    filled = [sheet for sheet in book.sheets if sheet.width or sheet.pictures] or list(book.sheets[:1])
    seen = [sheet for sheet in filled if not sheet.hidden] or filled
    headers: dict[str, Header] = {}
    refusals: list[SourceError] = []
    for sheet in seen:
        try:
            headers[sheet.name] = find_header(book.path, sheet, table)
        except SourceError as error:
            refusals.append(error)
    if not headers:
        raise SourceError([problem for error in refusals for problem in error.problems])
    best = max(headers, key=lambda key: sum(match.column is not None for match in headers[key].columns))
    told = []
    for sheet in filled:
        if sheet.name != best:
            like = f"，看起来是{_label(headers[sheet.name].table)}" if sheet.name in headers else ""
            words = "隐藏的工作表" if sheet.hidden else "另有工作表"
            told.append(f"{words}“{printable(sheet.name)}”没有读{like}；要读它请用 --sheet 指明")
    return next(sheet for sheet in seen if sheet.name == best), headers[best], told


def _label(table: str) -> str:
    return intake().tables[table][0]


# ----------------------------------------------------------------------------------------------------------------------
# Reading line by line.


@dataclass
class _Entry:
    """A row that is an entry: its line, its cells as they are, and what they were read as."""

    line: int
    cells: list[Any]
    values: dict[str, Any] = field(default_factory=dict)


class _Reading:
    """A sheet while it is read."""

    def __init__(self, sheet: Sheet, header: Header) -> None:
        self.sheet = sheet
        self.table = header.table
        self.matches = list(header.columns)
        self.first, self.last = header.first, header.last
        self.headed = max((n for n, match in enumerate(self.matches, 1) if match.manner != "empty"), default=0)
        self.findings: list[Finding] = []
        self.entries: list[_Entry] = []
        self.filled: list[int] = []
        self.examples: dict[str, list[str]] = {}
        self._totals: list[tuple[int, list[Any], str, int]] = []
        self._fields = {field.name: field for field in TABLES[self.table].fields}

    def tell(self, line: int, column: str, kind: FindingKind, found: Any, took: Any, why: str) -> None:
        """Add a finding."""
        words = (_shown(found), _shown(took), printable(why))
        self.findings.append(Finding(self.sheet.name, line, column, kind, *words))

    def read(self) -> None:
        """Read everything."""
        self._titles()
        rows = self._unmerged()
        for line, cells in rows:
            if any(cell is not None for cell in cells):
                self._leave_numbers_out(line, cells)
                self.filled.append(line)
                self._sort_out(line, cells)
        self._settle_twice()
        self._same_as_above()
        self._percents()
        self._read_cells()
        self._identify()
        self._sixty_up()
        self._check_totals()
        self._drop_empty()
        self._tell_columns()
        self._tell_lines()

    # what stands above and around

    def _titles(self) -> None:
        self.datum, self.units = "", dict[str, str]()
        for line, row in zip(self.sheet.lines[: self.first], self.sheet.rows[: self.first], strict=True):
            text = " ".join(str(cell) for cell in row if cell is not None)
            if not text:
                continue
            self.tell(line, "", "read", text, "", "表头以上的标题或说明")
            self.datum = self.datum or _datum_in(text)
            unit = re.search(r"单位[:：]\s*([^\s,，;；)）]+)", text)
            for measure, units in intake().units.items():
                if unit is None or unit[1] not in units or (measure == "count" and units[unit[1]] == "1"):
                    continue
                if measure == "count":  # 万人 counts people, 万户 households, 万 both
                    counted = {column: unit[1] for column, other in _COUNTED if not unit[1].endswith(other)}
                    self.units |= counted
                else:
                    self.units[measure] = unit[1]
                of = "户数、人数" if measure == "count" else ""
                self.tell(line, "", "guessed", unit[0], unit[1], f"推测：没有另写单位的{of}列都以“{unit[1]}”计")
        for match in self.matches:
            if match.column in ("_x", "_y", "_xy"):
                self.datum = self.datum or _datum_in(match.heading)

    def _unmerged(self) -> list[tuple[int, list[Any]]]:
        """Return the rows below the header, all of one length; text of merged cells stands for every line of theirs."""
        width = len(self.matches)
        rows = [
            (line, [*row[:width], *[None] * (width - len(row))])
            for line, row in zip(self.sheet.lines[self.last + 1 :], self.sheet.rows[self.last + 1 :], strict=True)
        ]
        place = {line: n for n, (line, _) in enumerate(rows)}
        for area in self.sheet.merged:
            if area.top not in place or area.bottom == area.top or area.left > width:
                continue
            lines = range(place[area.top], min(place[area.top] + area.bottom - area.top + 1, len(rows)))
            value = rows[lines[0]][1][area.left - 1]
            match = self.matches[area.left - 1]
            if value is None or match.column is None:
                continue
            text = isinstance(value, str)
            mark = value if text else Unread(f"{_shown(value)} 合并在 {area} 上")
            for n in lines:
                rows[n][1][area.left - 1] = mark
                if text and n != lines[0]:
                    self.tell(rows[n][0], match.heading, "changed", "", value, f"合并单元格 {area}，各行相同")
        return rows

    def _leave_numbers_out(self, line: int, cells: list[Any]) -> None:
        """Put words for mobile and identity numbers, wherever they stand: they are never read."""
        for n, cell in enumerate(cells):
            if isinstance(cell, bool) or not isinstance(cell, (str, int, float)):
                continue
            shown = f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell)
            if (bare := without_numbers(shown)) != shown:
                cells[n] = bare
                match = self.matches[n]
                if match.column is not None:
                    self.tell(line, match.heading, "changed", "", "", "手机号、身份证号不读，已略去")

    # entries, and lines that are none

    def _sort_out(self, line: int, cells: list[Any]) -> None:
        why = self._no_entry(line, cells)
        if why is None:
            self.entries.append(_Entry(line, cells))
            return
        kind, words = why
        self.tell(line, "", kind, self._whole(cells), "", words)

    def _whole(self, cells: list[Any]) -> str:
        """Return what a line holds, but not what is personal."""
        both = zip(cells, self.matches, strict=True)
        return "，".join(_shown(cell) for cell, match in both if cell is not None and match.manner != "private")

    def _no_entry(self, line: int, cells: list[Any]) -> tuple[FindingKind, str] | None:
        """Say why a line is no entry; None where it is one."""
        filled = [cell for cell in cells if cell is not None]
        texts = [cell for cell in filled if isinstance(cell, str)]
        leading = texts[:2]
        if any(_is_example(text) for text in leading):
            return "refused", _EXAMPLE
        if not self.sheet.name and any(cell is not None for cell in cells[self.headed :]):
            return "refused", f"比表头的 {self.headed} 列还多：多半是引号或分隔符写错了，分不清各格"
        if (word := next((w for text in leading if (w := _total_word(text))), None)) is not None:
            self._totals.append((line, cells, word, len(self.entries)))
            return "left_out", f"{word}行，不作一条记录"
        if texts and _is_note(texts[0], filled):
            return "left_out", "备注或落款，不是数据"
        if self._is_header(texts, len(filled)):
            return "left_out", "重复的表头"
        taken = [n for n, match in enumerate(self.matches) if match.column is not None and cells[n] is not None]
        if len(filled) == 1 and texts and self._is_group(line, texts[0]):
            return "left_out", "分组标题，不是数据"
        if not taken:
            return "left_out", "采用的各列都是空的"
        return None

    def _is_header(self, texts: list[str], filled: int) -> bool:
        heads = {plain(match.heading)[0] for match in self.matches}
        return len(texts) > 1 and sum(plain(text)[0] in heads for text in texts) >= 0.8 * filled

    def _is_group(self, line: int, text: str) -> bool:
        wide = any(a.top <= line <= a.bottom and a.right > a.left for a in self.sheet.merged)
        return (wide or _NUMBERED.match(text) is not None) and len(self.matches) > 1

    def _same_as_above(self) -> None:
        above: dict[int, Any] = {}
        for entry in self.entries:
            for n, match in enumerate(self.matches):
                cell = entry.cells[n]
                if isinstance(cell, str) and cell in intake().same_as_above and match.column is not None:
                    entry.cells[n] = above.get(n)
                    if above.get(n) is None:
                        self.tell(entry.line, match.heading, "refused", cell, "", "上一行没有内容")
                    else:
                        self.tell(entry.line, match.heading, "changed", cell, above[n], "同上一行")
                above[n] = entry.cells[n]

    def _settle_twice(self) -> None:
        """Take one column where two mean the same."""
        places: dict[str, list[int]] = {}
        for n, match in enumerate(self.matches):
            if match.column is not None:
                places.setdefault(match.column, []).append(n)
        for column, found in places.items():
            if len(found) == 1:
                continue
            rank = {
                n: (not self._cells(n), _RANK.index(self.matches[n].manner), "同义" in self.matches[n].why, n)
                for n in found
            }
            taken, *others = sorted(found, key=rank.__getitem__)
            for other in others:
                self._leave_twin(column, taken, other)

    def _cells(self, place: int) -> list[Any]:
        return [entry.cells[place] for entry in self.entries if entry.cells[place] is not None]

    def _leave_twin(self, column: str, taken: int, other: int) -> None:
        kept, left = self.matches[taken], self.matches[other]
        differ = [
            e for e in self.entries if e.cells[other] is not None and _shown(e.cells[other]) != _shown(e.cells[taken])
        ]
        same = "内容相同" if not differ else f"有 {len(differ)} 行内容不同"
        self.matches[other] = replace(
            left, column=None, manner="twice", why=f"与“{kept.heading}”同指一项（{same}），取“{kept.heading}”"
        )
        kind: FindingKind = "doubtful" if differ else "left_out"
        if self._cells(other):
            self.tell(
                self.sheet.lines[self.last], left.heading, kind, left.heading, kept.heading, self.matches[other].why
            )
        for entry in differ:
            found, took = entry.cells[other], entry.cells[taken]
            self.tell(entry.line, left.heading, "doubtful", found, took, f"两列不同，取“{kept.heading}”列的；请核对")

    # cells

    def _read_cells(self) -> None:
        for n, match in enumerate(self.matches):
            if match.column is None:
                continue
            for entry in self.entries:
                read = self._cell(entry.cells[n], match)
                entry.values[match.column] = read.value
                if read.kind:
                    self.tell(
                        entry.line,
                        match.heading,
                        read.kind,
                        entry.cells[n],
                        "" if read.value is None else read.value,
                        read.why,
                    )
                self._show(match, entry.cells[n], read)

    def _cell(self, cell: Any, match: Match) -> Read:
        assert match.column is not None
        if match.column in PLACES:
            return _place(cell)
        wanted = self._fields["age_80_plus"] if match.column == SIXTY_UP else self._fields[match.column]
        of_title = self.units.get(wanted.name, self.units.get(intake().measure(wanted.name), ""))
        return read_cell(cell, wanted, self.table, match.unit or of_title)

    def _percents(self) -> None:
        """Tell once a column of shares whether its bare numbers are percent: they are where one of them is above 1."""
        for n, match in enumerate(self.matches):
            if match.column is None or intake().measure(match.column) != "share" or match.unit:
                continue
            bare = [(e, number_in(narrow(str(e.cells[n])))) for e in self.entries if e.cells[n] is not None]
            if not any(number is not None and 1 < number <= 100 for _, number in bare):
                continue
            self.matches[n] = replace(match, unit="%")
            self.tell(0, match.heading, "guessed", "", "%", "推测：整列是百分数，有大于 1 的")
            for entry, number in bare:
                if number is not None and 0 < number <= 1:
                    why = f"整列按百分数，这里是 {number:g}%；若是 {number:.0%} 请改写"
                    self.tell(entry.line, match.heading, "doubtful", entry.cells[n], f"{number:g}%", why)

    def _show(self, match: Match, cell: Any, read: Read) -> None:
        shown = self.examples.setdefault(match.heading, [])
        if cell is None or len(shown) == _EXAMPLES:
            return
        found = _shown(cell)
        took = "读不了" if read.kind == "refused" else _shown(read.value) or "空"
        text = found if found == took else f"{found} → {took}"
        if text not in shown:
            shown.append(text)

    # what takes the whole column

    def _identify(self) -> None:
        """Mend identifiers that lost their zeros; number the rows where there are none; name those that stand twice."""
        place = next((n for n, match in enumerate(self.matches) if match.column == "id"), None)
        if place is None:
            for number, entry in enumerate(self.entries, 1):
                entry.values["id"] = f"{self.table[:2]}{number:03d}"
            if self.entries:
                last = self.entries[-1].values["id"]
                words = "表中没有编号列：按行序编号，行序一变编号就变；请在台账中加“编号”一列"
                self.tell(0, "", "guessed", "", f"{self.entries[0].values['id']} … {last}", words)
            return
        heading = self.matches[place].heading
        digits = [str(e.values["id"]) for e in self.entries if str(e.values["id"]).isdigit()]
        widths = {len(text) for text in digits if text.startswith("0") and len(text) > 1}
        width = widths.pop() if len(widths) == 1 and max(map(len, digits)) <= max(widths, default=99) else 0
        seen: dict[str, int] = {}
        for entry in self.entries:
            value = entry.values["id"]
            if value is None:
                self.tell(entry.line, heading, "doubtful", entry.cells[place], "", "编号是空的；导入前请补上")
                continue
            if width and value.isdigit() and len(value) < width:
                entry.values["id"] = value.zfill(width)
                self.tell(
                    entry.line,
                    heading,
                    "guessed",
                    value,
                    entry.values["id"],
                    f"推测丢了前面的零：别的编号都是 {width} 位",
                )
            if (before := seen.setdefault(entry.values["id"], entry.line)) != entry.line:
                self.tell(
                    entry.line,
                    heading,
                    "doubtful",
                    entry.values["id"],
                    entry.values["id"],
                    f"编号重复：第 {before} 行已有",
                )

    def _sixty_up(self) -> None:
        """Take residents of 80 and more from those of 60 and more."""
        place = next((n for n, match in enumerate(self.matches) if match.column == SIXTY_UP), None)
        if place is None:
            return
        match, known = self.matches[place], {m.column for m in self.matches}
        if "age_80_plus" not in known or "age_60_79" in known:
            why = "已有 60–79 岁一列" if "age_60_79" in known else "没有 80 岁及以上一列，分不出 60–79 岁，未采用"
            self.matches[place] = replace(match, column=None, manner="unknown", why=why)
            for entry in self.entries:
                del entry.values[SIXTY_UP]
            return
        for entry in self.entries:
            all_of, old = entry.values.pop(SIXTY_UP), entry.values["age_80_plus"]
            rest = None if all_of is None or old is None else all_of - old
            if rest is not None and rest < 0:
                self.tell(
                    entry.line,
                    match.heading,
                    "refused",
                    all_of,
                    "",
                    f"60 岁以上 {all_of:g} 人少于 80 岁以上 {old:g} 人",
                )
                rest = None
            entry.values["age_60_79"] = rest
        self.matches[place] = replace(match, column="age_60_79")

    def _check_totals(self) -> None:
        """Compare what a line of totals says with the sum of the lines above it."""
        begin = 0
        for line, cells, word, end in self._totals:
            rows = self.entries[begin:end] if word == "小计" else self.entries[:end]
            begin = end
            for n, match in enumerate(self.matches):
                wanted = self._fields.get(match.column or "")
                if wanted is None or wanted.kind not in ("number", "integer") or cells[n] is None or word == "平均":
                    continue
                stated = self._cell(cells[n], match).value
                values = [row.values[wanted.name] for row in rows if row.values[wanted.name] is not None]
                if stated is not None and values and abs(stated - sum(values)) > max(0.5, 1e-6 * abs(stated)):
                    missing = len(rows) - len(values)
                    more = f"，另有 {missing} 行没有数" if missing else ""
                    why = f"{word}写的是 {stated:g}，{len(values)} 行相加是 {sum(values):g}{more}；请核对"
                    self.tell(line, match.heading, "doubtful", cells[n], "", why)

    def _drop_empty(self) -> None:
        """Refuse rows of which nothing can be read."""
        kept = []
        for entry in self.entries:
            if any(value is not None for name, value in entry.values.items() if name != "id" or self._has("id")):
                kept.append(entry)
                continue
            self.tell(entry.line, "", "refused", self._whole(entry.cells), "", "采用的各列一格也读不出")
        self.entries = kept
        if self.filled and not kept:
            why = f"{len(self.filled)} 行一行也没有采用：请先看每行的原因；若台账种类不对，请用 --as 指明"
            self.tell(0, "", "refused", "", "", why)

    def _has(self, column: str) -> bool:
        return any(match.column == column for match in self.matches)

    # the rest of what is to be said

    def _tell_columns(self) -> None:
        line = self.sheet.lines[self.last]
        for n, match in enumerate(self.matches):
            if match.manner == "similar":
                self.tell(line, match.heading, "guessed", match.heading, match.column, match.why)
            cells = self._cells(n)
            if match.manner == "part" and cells:
                self.tell(line, match.heading, "refused", match.heading, "", match.why)
                continue
            open_ = [cell for cell in cells if isinstance(cell, str) and cell.startswith(intake().unconfirmed)]
            if match.column is None and open_:
                why = f"{len(open_)} 行注明还没有核对，照常采用"
                self.tell(0, match.heading, "guessed", open_[0], "", why)
            elif match.column is None and match.manner != "twice" and cells:
                found = "" if match.manner == "private" else "，".join(map(_shown, cells[:_EXAMPLES]))
                self.tell(line, match.heading, "left_out", found, "", f"{match.why}（{len(cells)} 格）")
            if match.column is not None and n + 1 in self.sheet.hidden_columns:
                self.tell(line, match.heading, "doubtful", match.heading, match.column, "隐藏列，照常读取")
        if self.datum and self.table in LAYERS and not self._has("_datum"):
            self.tell(0, "", "guessed", self.datum, self.datum, "推测：标题里写的坐标来源对各行都适用")
        missing = [
            f.name
            for f in TABLES[self.table].fields
            if f.required and not f.nullable and not self._has(f.name) and f.name != "id"
        ]
        supposed = intake().supposed.get(self.table, {})
        for name in (name for name in missing if name in supposed):
            for entry in self.entries:
                entry.values[name] = supposed[name]
            why = f"没有“{intake().heading(self.table, name)}”一列：都当作“{label(supposed[name])}”"
            self.tell(0, "", "guessed", "", supposed[name], why)
            shut = [e for e in self.entries if e.values.get("opening_hours") == "off"] if name == "access" else []
            for entry in shut:
                entry.values[name] = "closed"
                self.tell(entry.line, "", "guessed", "off", "closed", "推测：开放时间写的是关闭，不当作开放的阵地")
        if missing := [name for name in missing if name not in supposed]:
            names = "、".join(f"{intake().heading(self.table, name)}（{name}）" for name in missing)
            self.tell(0, "", "doubtful", "", "", f"没有这些必要的列：{names}；导入时须在配方里给出")

    def _tell_lines(self) -> None:
        for line in sorted(self.sheet.hidden_lines & set(self.filled)):
            self.tell(line, "", "doubtful", "", "", "隐藏行，照常读取；不需要请删除")
        for area in self.sheet.pictures:
            self.tell(
                area.top, "", "doubtful", str(area), "", "这里有图片盖住单元格：图片里的内容读不到，请把它录入单元格"
            )
        if self.sheet.remarked:
            cells = "、".join(self.sheet.remarked[:_MANY])
            self.tell(0, "", "left_out", cells, "", f"{len(self.sheet.remarked)} 个单元格带批注：批注没有读")

    # what is handed on

    def frame(self) -> pd.DataFrame:
        """Return the rows."""
        columns: dict[str, Any] = {}
        names = {name for entry in self.entries for name in entry.values} | {m.column for m in self.matches}
        for wanted in TABLES[self.table].fields:
            if wanted.name in names or wanted.name == "id":
                columns[wanted.name] = _series([entry.values.get(wanted.name) for entry in self.entries], wanted)
        if self.table in LAYERS:
            for name in PLACES:
                values = [entry.values.get(name) for entry in self.entries]
                if name == "_datum" and not self._has(name):
                    values = [self.datum or None] * len(values)
                columns[name] = pd.Series(values, dtype=object)
        columns[LINE] = pd.Series([entry.line for entry in self.entries], dtype=np.int64)
        return pd.DataFrame(columns)

    def columns(self) -> tuple[ColumnRead, ...]:
        """Return what each column was taken for."""
        found = []
        for n, match in enumerate(self.matches):
            examples = self.examples.get(match.heading, [])
            if match.column is None and match.manner != "private":
                examples = list(dict.fromkeys(map(_shown, self._cells(n))))[:_EXAMPLES]
            found.append(ColumnRead(match.heading, match.column, match.why, tuple(examples)))
        return tuple(found)


_COUNTED: Final = (("households", "人"), ("residents", "户"), *((band, "户") for band in AGE_BANDS))
"""Columns that a unit such as 万人 in a title counts, with how it ends where it does not."""
_EXAMPLES: Final = 3
_MANY: Final = 10
_SHOWN: Final = 60  # signs of a cell in a finding
_RANK: Final = ("exact", "ages", "similar", "serial", "private", "remarks", "twice", "part", "unknown", "empty")
_NUMBERED: Final = re.compile(
    r"\s*([（(]?[一二三四五六七八九十]+[)）]?[、.．]|[（(][一二三四五六七八九十]+[)）]|第[一二三四五六七八九十]+部分)"
)


def _shown(cell: Any) -> str:
    if isinstance(cell, bool):
        return "是" if cell else "否"
    text = f"{cell:.12g}" if isinstance(cell, float) else "" if cell is None else without_numbers(printable(str(cell)))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _series(values: list[Any], wanted: Field) -> pd.Series:
    if wanted.kind in ("number", "integer"):
        return pd.Series([np.nan if value is None else float(value) for value in values], dtype=np.float64)
    return pd.Series(values, dtype=object)


def _place(cell: Any) -> Read:
    """Hand on what says where a row is, as text."""
    if cell is None or (isinstance(cell, str) and says_nothing(cell)):
        return Read(None)
    if isinstance(cell, Unread):
        return Read(None, "refused", f"{cell}：请在 Excel 中打开、计算并保存，或直接填入数值")
    return Read(repr(cell) if isinstance(cell, float) else printable(str(cell)))


def _datum_in(text: str) -> str:
    """Return the word by which a title or heading names the datum; empty where it names none, or several."""
    words, datum = narrow(text).casefold().replace(" ", ""), datum_in(text)
    named = (word for word in intake().datums if narrow(word).casefold() in words)
    return next((word for word in named if datum_in(word) == datum), "")


def _is_example(text: str) -> bool:
    base, notes = plain(text)
    words = [plain(word)[0] for word in intake().examples]
    return (
        base in words
        or any(note in words for note in notes)
        or any(re.match(rf"{re.escape(w)}[:：]", text) for w in intake().examples)
    )


def _total_word(text: str) -> str:
    """Return the word that makes a line one of totals; empty where it is none."""
    base = plain(text)[0]
    for word in intake().totals:
        if base == word or (base.endswith(word) and len(base) <= len(word) + _TOTAL_OF and word.endswith("计")):
            return word
    return ""


_TOTAL_OF: Final = 8  # signs of what a total is of, as in 东风街道小计


def _is_note(text: str, filled: Sequence[Any]) -> bool:
    narrowed = narrow(text).replace(" ", "")
    words = "|".join(re.escape(word) for word in intake().notes)
    if re.match(rf"(?:{words})[0-9一二三四五]?:", narrowed):
        return True
    numbers = any(isinstance(cell, (int, float)) for cell in filled)
    return re.fullmatch(words, narrowed) is not None and len(filled) <= 2 and not numbers


# ----------------------------------------------------------------------------------------------------------------------
# The report.


def told(ledger: Ledger) -> tuple[str, list[str]]:
    """Say in Chinese what was read of a ledger.

    Returns
    -------
    tuple of str and list of str
        A title, and a line for all findings of one kind, column and reason, the gravest first.
    """
    sheet = f" · 工作表“{printable(ledger.sheet)}”" if ledger.sheet else ""
    label = f"读作{_label(ledger.table)}（{ledger.table}）"
    counted = f"有内容 {ledger.held} 行，采用 {len(ledger.rows)} 行"
    title = f"{printable(ledger.path.name)}{sheet} · {label} · {counted}"
    together: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in ledger.findings:
        together.setdefault((finding.kind, finding.column, finding.why), []).append(finding)
    lines = []
    for kind, known in intake().kinds.items():
        found = [group for (of, _, _), group in together.items() if of == kind]
        if found:
            lines.append(f"{known.zh}（{sum(map(len, found))} 处）")
            lines += [f"  {_told_group(group)}" for group in found]
    return title, lines


def _told_group(group: Sequence[Finding]) -> str:
    first = group[0]
    numbers = sorted({finding.line for finding in group if finding.line})
    more = f" 等 {len(numbers)} 行" if len(numbers) > _MANY else ""
    where = f"第 {'、'.join(map(str, numbers[:_MANY]))} 行{more}" if numbers else ""
    cells = dict.fromkeys(f"{f.found} → {f.took}" if f.took and f.took != f.found else f.found for f in group)
    shown = "；".join([cell for cell in cells if cell][:_EXAMPLES])
    place = " ".join(part for part in (where, f"“{first.column}”" if first.column else "") if part)
    return f"{place}：{first.why}" * bool(place) + first.why * (not place) + (f"。{shown}" if shown else "")
