"""Sheets that come back from their keepers, merged into the district by identifier.

Every sheet took a copy of its rows along when it was handed out. A cell is changed where the sheet differs from that
copy; where the district differs from it as well, and otherwise, both sides changed it: a conflict, which is listed and
nothing is overwritten. Merging a sheet twice changes nothing the second time.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd

from workbench.catalogue.intake import intake
from workbench.catalogue.sheets import Cell, example_mark, heading, shown, title
from workbench.catalogue.tables import LAYERS, LEDGERS, TABLES
from workbench.errors import GeodataError, Problem, SourceError
from workbench.folder import staged_folder
from workbench.ground.district import District
from workbench.ground.intake.cells import read_cell
from workbench.ground.intake.templates import BASE, NOTES, sheet_rows
from workbench.ground.intake.workbook import read_workbook
from workbench.ground.manifest import SourceNote
from workbench.ground.sources.package import GROUND, MANIFEST, PAGE, manifest_text, write_geopackage, write_ledger
from workbench.ground.sources.reading import sha256

Kind = Literal["changed", "added", "removed", "conflict", "gone", "left_out"]
"""What came of a difference: taken (three kinds), or listed and not taken."""

_KINDS: Final[Mapping[Kind, str]] = {
    "changed": "已改",
    "added": "新增",
    "removed": "已删",
    "conflict": "冲突，未改",
    "gone": "表中已无，未删",
    "left_out": "未采用",
}
_NAMES: Final = ("name", "sign")  # columns by which people know a row
_ALIKE: Final = 1e-12  # relative; a spreadsheet keeps 15 digits


@dataclass(frozen=True)
class Change:
    """One difference between a sheet that came back and the district.

    Attributes
    ----------
    kind
        What came of it.
    file, table
        Where it stands.
    line
        Line of the sheet; 0 where it is no longer there.
    row
        Identifier of the row; empty where it has none.
    column
        Column; empty where the whole row is meant.
    was, here, came
        What was handed out, what the district holds, what came back, in the words of the sheet.
    why
        Why it was not taken, in Chinese.
    """

    kind: Kind
    file: str
    table: str
    line: int = 0
    row: str = ""
    column: str = ""
    was: Cell = None
    here: Cell = None
    came: Cell = None
    why: str = ""

    def told(self) -> str:
        """Return it as a line that a clerk reads."""
        place = f"{self.file}" + (f" 第 {self.line} 行" if self.line else "") + (f" {self.row}" if self.row else "")
        if self.column:
            place += f" “{heading(self.table, self.column)}”"
        said = f"：{self.why}" if self.why else ""
        if self.kind == "changed":
            said = f"：{_said(self.was)} → {_said(self.came)}" + (f"（{self.why}）" if self.why else "")
        if self.kind == "conflict":
            said = f"：发出时 {_said(self.was)}，区里现为 {_said(self.here)}，交回 {_said(self.came)}"
            said += f"；{self.why}" if self.why else ""
        return f"{_KINDS[self.kind]}  {place}{said}"


def _said(cell: Cell) -> str:
    return "（空）" if cell is None else f"“{_text(cell)}”"


@dataclass(frozen=True)
class Merged:
    """What came of sheets that came back.

    Attributes
    ----------
    district
        The district with what was taken, checked at the gate; the very one that was given where nothing was.
    changes
        Every difference, in the order of files, lines and columns.
    """

    district: District
    changes: tuple[Change, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables of the district that changed, in order."""
        taken = {change.table for change in self.changes if change.kind in ("changed", "added", "removed")}
        return tuple(name for name in TABLES if name in taken)

    def counted(self) -> str:
        """Return how many there are of each kind, in Chinese."""
        count = Counter(change.kind for change in self.changes)
        return "，".join(f"{zh} {count[kind]} 处" for kind, zh in _KINDS.items() if count[kind]) or "没有改动"


@dataclass(frozen=True)
class _Returned:
    """A sheet that came back."""

    path: Path
    table: str
    columns: list[str]
    """Columns that were handed out."""
    base: dict[str, tuple[Cell, ...]]
    """Rows as they were handed out, by identifier."""
    rows: dict[str, tuple[int, dict[str, Any]]]
    """Line and cells of each row that came back, by identifier; columns that are gone are not there."""
    nameless: bool
    """Whether a line has no identifier, or one that another has: which rows are gone cannot be told then."""
    notes: list[Change]


def merge_ledgers(district: District, paths: Iterable[Path], *, taking: bool = False, removing: bool = False) -> Merged:
    """Merge sheets that came back into a district.

    Parameters
    ----------
    district
        The district as it is now.
    paths
        Sheets that :func:`workbench.ground.intake.templates.write_ledgers` wrote, filled in by their keepers.
    taking
        Whether the sheet is right where both sides changed a cell; otherwise the district stays as it is.
    removing
        Whether rows that are no longer in a sheet are taken out of the district; otherwise they are listed.

    Returns
    -------
    Merged
        The district that it makes, and every difference.

    Raises
    ------
    SourceError
        If a file is no such sheet, or is of another district; all files at once.
    GeodataError
        If what came does not pass the gate: with file and line of each row.
    """
    returned, problems = [], list[Problem]()
    for path in paths:
        try:
            returned.append(_read(path, district))
        except SourceError as error:
            problems += error.problems
    if problems:
        raise SourceError(problems)
    frames, changes, notes = dict[str, pd.DataFrame](), list[Change](), list[SourceNote]()
    for sheet in returned:
        frame = frames.get(sheet.table, district.tables[sheet.table])
        one = _Merge(sheet, frame, taking=taking, removing=removing)
        changes += one.changes()
        if one.touched:
            frames[sheet.table] = one.applied()
            notes.append(_note(district, sheet, one))
    if not frames:
        return Merged(district, tuple(changes))
    manifest = district.manifest.model_copy(update={"sources": (*district.manifest.sources, *notes)})
    try:
        made = District.from_tables(manifest, {**district.tables, **frames})
    except GeodataError as error:
        raise type(error)([_traced(problem, returned) for problem in error.problems]) from error
    return Merged(made, tuple(changes))


def write_merged(merged: Merged, folder: Path) -> None:
    """Write what was taken into the folder of the district, and seal it: complete, or not at all.

    Ledgers that did not change stay as they are, byte by byte, and so do the layers if none of them changed; files that
    are no part of the district stay too, but not the page that tells of it as it was.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    if not merged.tables:
        return
    district = merged.district
    with staged_folder(folder, marker=MANIFEST) as staging:
        shutil.copytree(folder, staging, dirs_exist_ok=True)
        (staging / PAGE).unlink(missing_ok=True)
        if any(name in LAYERS for name in merged.tables):
            (staging / GROUND).unlink()
            write_geopackage(staging / GROUND, {name: district.tables[name] for name in LAYERS if district.has(name)})
        for name in merged.tables:
            if name in LEDGERS:
                write_ledger(staging / f"{name}.csv", district.tables[name])
        (staging / MANIFEST).write_text(manifest_text(district.sealed.manifest), encoding="utf-8")


def _note(district: District, sheet: _Returned, merge: _Merge) -> SourceNote:
    """Say in the manifest which file changed what."""
    own = district.manifest
    words = f"{len(merge.cells):,} cells changed, {len(merge.new):,} rows added, {len(merge.out):,} taken out"
    return SourceNote(
        layer=sheet.table, source=own.source, licence=own.licence, date=own.date, rows=len(sheet.rows),
        note=f"{sheet.path.name} sha256 {sha256(sheet.path)[:16]}", changed=(words,),
    )  # fmt: skip


def _traced(problem: Problem, returned: Sequence[_Returned]) -> Problem:
    """Say of a row that does not pass the gate in which sheet it stands."""
    found = [
        f"{sheet.path.name} 第 {sheet.rows[problem.row][0]} 行"
        for sheet in returned
        if sheet.table == problem.where and problem.row in sheet.rows
    ]
    return replace(problem, row=f"{problem.row} ({', '.join(found)})") if found else problem


# ----------------------------------------------------------------------------------------------------------------------
# One sheet against one table.


@dataclass
class _Merge:
    """A sheet being merged into a table."""

    sheet: _Returned
    frame: pd.DataFrame
    taking: bool
    removing: bool
    cells: list[tuple[str, str, Cell]] = field(default_factory=list)
    new: list[dict[str, Cell]] = field(default_factory=list)
    out: list[str] = field(default_factory=list)

    @property
    def touched(self) -> bool:
        """Whether anything was taken."""
        return bool(self.cells or self.new or self.out)

    def changes(self) -> list[Change]:
        """Compare all rows, and remember what is taken."""
        columns, rows = sheet_rows(self.sheet.table, self.frame)
        here = {str(row[columns.index("id")]): dict(zip(columns, row, strict=True)) for row in rows}
        found = list(self.sheet.notes)
        for name, (line, cells) in self.sheet.rows.items():
            found += self._row(name, line, cells, here.get(name))
        for name in self.sheet.base:
            if name in here and name not in self.sheet.rows:
                found.append(self._gone(name, here[name]))
        return found

    def _change(self, kind: Kind, row: str, line: int = 0, **said: Any) -> Change:
        return Change(kind, self.sheet.path.name, self.sheet.table, line, row, **said)

    def _row(self, name: str, line: int, cells: Mapping[str, Any], here: Mapping[str, Cell] | None) -> Iterator[Change]:
        base = self.sheet.base.get(name)
        was = dict(zip(self.sheet.columns, base, strict=True)) if base else {}
        differs = [column for column, cell in cells.items() if not _same(cell, was.get(column))]
        if base is not None and not differs:
            return
        if here is None and base is not None:
            yield self._change("left_out", name, line, why="这一行改过，但区里已经删了")
            return
        if here is not None and (column := _other_row(was, here, cells)):
            said = {"was": was[column], "here": here[column], "came": _plain(cells.get(column))}
            yield self._change("conflict", name, line, column=column, why=_NOT_THIS_ROW, **said)
            return
        read = {c: read_cell(cells[c], TABLES[self.sheet.table].field(c), self.sheet.table) for c in differs}
        wrong = [column for column, one in read.items() if one.kind == "refused"]
        for column in wrong:
            came = _plain(cells[column])
            why = f"{_said(came)}{read[column].why}"
            yield self._change("left_out", name, line, column=column, came=came, why=why)
        values = {column: one.value for column, one in read.items() if column not in wrong}
        if here is None:
            if not wrong:
                yield self._added(name, line, values)
            return
        for column, value in values.items():
            came, now = shown(self.sheet.table, column, value), here.get(column)
            if _same(came, now):
                continue  # both made the same change
            said = {"column": column, "was": was.get(column), "here": now, "came": came}
            if self.taking or (base is not None and _same(now, was.get(column))):
                self.cells.append((name, column, value))
                yield self._change("changed", name, line, why=read[column].why, **said)
            else:
                yield self._change("conflict", name, line, **said)

    def _added(self, name: str, line: int, values: dict[str, Cell]) -> Change:
        if self.sheet.table in LAYERS:
            return self._change("left_out", name, line, why="新增的一行没有位置：在地图上画出，或写进配方另行导入")
        self.new.append(values)
        return self._change("added", name, line)

    def _gone(self, name: str, here: Mapping[str, Cell]) -> Change:
        was = dict(zip(self.sheet.columns, self.sheet.base[name], strict=True))
        if any(not _same(here.get(column), cell) for column, cell in was.items()):
            return self._change("gone", name, why="区里在发出之后改过这一行，不删")
        if not self.removing or self.sheet.nameless:
            why = "表里有的行没有编号或编号重复，分不清是否真的没了" if self.sheet.nameless else "确要删除请加 --remove"
            return self._change("gone", name, why=why)
        self.out.append(name)
        return self._change("removed", name)

    def applied(self) -> pd.DataFrame:
        """Return the table with what was taken."""
        frame = self.frame[~self.frame["id"].isin(self.out)].reset_index(drop=True)
        place = {name: row for row, name in enumerate(frame["id"])}
        for column in dict.fromkeys(column for _, column, _ in self.cells):
            values = frame[column].astype(object).tolist()
            for name, _, value in (cell for cell in self.cells if cell[1] == column):
                values[place[name]] = value
            frame[column] = pd.Series(values, dtype=object)
        return pd.concat([frame, pd.DataFrame(self.new)], ignore_index=True) if self.new else frame


_NOT_THIS_ROW: Final = "这个编号现在像是另一处，整行未改：请重新发出再填"


def _other_row(was: Mapping[str, Cell], here: Mapping[str, Cell], came: Mapping[str, Any]) -> str:
    """Return a column that tells that an identifier now belongs to another row than when it was handed out; or none."""
    other = [c for c, cell in was.items() if c in here and not _same(cell, here[c]) and not _same(came.get(c), here[c])]
    return next((c for c in other if c in _NAMES), other[0] if 2 * len(other) > len(was) - 1 else "")


def _same(one: Any, other: Any) -> bool:
    """Tell whether two cells say the same, however a spreadsheet keeps them."""
    left, right = _plain(one), _plain(other)
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=_ALIKE)
    return left == right or (left is not None and right is not None and _text(left) == _text(right))


def _text(cell: Cell) -> str:
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell)


def _plain(cell: Any) -> Cell:
    """Return a cell as it is compared and shown: a number, a text, or nothing."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, (int, float)):
        return float(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    return str(cell).strip() or None


# ----------------------------------------------------------------------------------------------------------------------
# Reading a sheet that came back.


def _read(path: Path, district: District) -> _Returned:
    """Read a sheet that came back, with the copy of its rows that it took along."""
    book = read_workbook(path)
    base = next((sheet for sheet in book.sheets if sheet.name == BASE), None)
    if base is None:
        what = f"这不是本区发出的台账：没有“{BASE}”，看不出改了哪些"
        raise _refused(path, what, "用 workbench ledger out 重新发出后再填；外来的表先用 workbench ledger check 检查。")
    try:
        said, *rows = (json.loads(row[0]) for row in base.rows)
        table, columns = said["table"], list(said["columns"])
        names = {heading(table, column): column for column in columns}
        by_name = {str(row[columns.index("id")]): tuple(row) for row in rows}
        complete = said["district"] and all(len(row) == len(columns) for row in rows)
    except (IndexError, KeyError, TypeError, ValueError):
        complete = False
    if not complete:
        raise _refused(path, f"“{BASE}”被改动过，读不出来", "请对方退回没有动过这张隐藏表的文件，或重新发出。")
    if said["district"] != district.manifest.key:
        what = f"这是另一个区（{said['district']}）的台账"
        raise _refused(path, what, f"本区是 {district.manifest.key}：请换成本区的文件，或换区文件夹。")
    if not district.has(table):
        raise _refused(path, f"区里没有{title(table)}（{table}）", f"先把 {table} 放回区文件夹。")
    head, within = heading(table, "id"), intake().header_within
    found = {
        sheet.name: (sheet, next(place for place, row in enumerate(sheet.rows) if head in row))
        for sheet in book.sheets
        if sheet.name not in (BASE, NOTES) and any(head in row for row in sheet.rows[:within])
    }
    if not found:
        raise _refused(path, f"找不到表头：前 {within} 行里没有“{head}”这一列", "请把列名改回原样。")
    if len(found) > 1:
        what = f"有 {len(found)} 张工作表都有“{head}”这一列（{'、'.join(found)}），分不清以哪张为准"
        raise _refused(path, what, "只留填好的那张，删掉其余的。")
    ((sheet, place),) = found.values()
    header = sheet.rows[place]
    twice = [name for name in names if header.count(name) > 1]
    if twice:
        what = f"列名重复，分不清以哪列为准：{'、'.join(f'“{name}”' for name in twice)}"
        raise _refused(path, what, "每个列名只留一列，多出来的删掉或改名。")
    lines = list(zip(sheet.lines[place + 1 :], sheet.rows[place + 1 :], strict=True))
    return _returned(path, table, names, by_name, header, lines)


def _refused(path: Path, what: str, mend: str) -> SourceError:
    return SourceError(Problem(str(path), what, mend=mend))


def _strange(
    names: Mapping[str, str], header: Sequence[Any], lines: Sequence[tuple[int, Sequence[Any]]]
) -> Iterator[tuple[str, int]]:
    """Yield what is said of headings that are gone or new, and of lines with cells under none; with the line."""
    for name in names:
        if name not in header:
            yield f"“{name}”一列不见了：该列保持原样", 0
    for cell in header:
        if cell is not None and cell not in names:
            yield f"“{cell}”一列不是发出的列：没有读", 0
    headed = {place for place, cell in enumerate(header) if cell is not None}
    for line, cells in lines:
        if any(cell is not None for place, cell in enumerate(cells) if place not in headed):
            yield "没有列名的格里有内容：没有读", line


def _returned(
    path: Path,
    table: str,
    names: Mapping[str, str],
    base: dict[str, tuple[Cell, ...]],
    header: Sequence[Any],
    lines: Sequence[tuple[int, Sequence[Any]]],
) -> _Returned:
    places = {names[cell]: place for place, cell in enumerate(header) if cell in names}
    notes: list[Change] = []

    def left_out(why: str, line: int = 0, row: str = "") -> None:
        notes.append(Change("left_out", path.name, table, line, row, why=why))

    for why, line in _strange(names, header, lines):
        left_out(why, line)
    rows: dict[str, tuple[int, dict[str, Any]]] = {}
    twice: dict[str, list[int]] = {}
    nameless = False
    for line, cells in lines:
        row = {column: cells[place] if place < len(cells) else None for column, place in places.items()}
        if all(cell is None for cell in row.values()):
            continue
        named = _plain(row.get("id"))
        name = "" if named is None else _text(named)
        if not name:
            left_out("没有编号：请填编号", line)
            nameless = True
        elif name.startswith(example_mark()):
            left_out("示例行没有删掉", line, name)
        elif name in rows:
            twice.setdefault(name, [rows[name][0]]).append(line)
        else:
            rows[name] = (line, row)
    for name, places_of in twice.items():
        where = "、".join(map(str, places_of))
        left_out(f"编号重复，在第 {where} 行：都没有读", places_of[0], name)
        rows.pop(name)
        nameless = True
    return _Returned(path, table, list(names.values()), base, rows, nameless, notes)
