"""Tables of a district as sheets of Excel that their keepers fill in: headings with notes, lists to choose from.

An empty one holds an example row, which is refused as long as it is called an example. One that holds the rows of a
district takes a copy of them along, in a sheet that nobody sees: what comes back is compared with it
(:mod:`workbench.ground.intake.merging`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from filecmp import cmp
from functools import partial
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Final

import pandas as pd
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from workbench.catalogue.intake import intake
from workbench.catalogue.sheets import (
    Cell,
    called,
    example_mark,
    heading,
    holds_several,
    place_columns,
    sheets,
    shown,
    title,
)
from workbench.catalogue.tables import LAYERS, TABLES, Field
from workbench.errors import OutputError, Problem, unknown
from workbench.folder import put_file, unwritable
from workbench.fonts import display_width
from workbench.ground.district import District
from workbench.office import save_workbook

BASE: Final = "_底稿"
"""Sheet that holds the rows as they were handed out; nobody sees it."""
NOTES: Final = "填表说明"
"""Sheet that explains the columns."""

_NEEDED, _OPTIONAL = (PatternFill("solid", fgColor=colour) for colour in ("BFD8D2", "E7EBEA"))
_EXAMPLE: Final = Font(italic=True, color="8A8A8A")
_MORE_ROWS: Final = 1000  # below the last one in which a list is offered
_LONGEST_LIST: Final = 255  # letters of a list that Excel takes within a rule
_COMMENT_PX: Final = (320, 130)
_WIDEST, _NARROWEST = 40, 9
_LOOKED_AT: Final = 200  # rows that decide how wide a column is
_AS_TEXT: Final = "@"
_BY_ORDER: Final = ("按行序编号", "ids made")  # what an import says of a ledger, and of another source


def fillable() -> tuple[str, ...]:
    """Return the tables of which an empty sheet is handed out: those that somebody keeps by hand."""
    return tuple(name for name, sheet in sheets().items() if not sheet.drawn)


def write_template(path: Path, table: str, rows: Sequence[Mapping[str, Cell]] = (), notes: Sequence[str] = ()) -> Path:
    """Write the empty sheet of a table, or one with rows that are to be confirmed.

    Parameters
    ----------
    path
        File to write, ``.xlsx``.
    table
        A layer or ledger.
    rows
        What stands in the sheet, by column (and ``_x``, ``_y``, ``_datum``, ``_address``), in the words of the sheet;
        other keys are headings of their own. An example row when there are none.
    notes
        Sentences that stand above the columns in the sheet of explanations.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    columns = [*sheets()[table].columns, *(place_columns() if _has_places(table) else ())]
    more = list(dict.fromkeys(key for row in rows for key in row if key not in columns))
    names = {column: heading(table, column) for column in columns} | {key: key for key in more}
    body = [[row.get(column) for column in names] for row in rows]
    book, sheet = _book(table, names, body or [_example(table, columns)])
    if not rows:
        for cell in sheet[2]:
            cell.font = _EXAMPLE
    _explain(book, table, columns, notes)
    _save(book, path)
    return path


def write_ledgers(district: District, folder: Path, tables: Collection[str] = ()) -> list[Path]:
    """Write tables of a district as sheets to check and hand back, each in a file of its own.

    Parameters
    ----------
    district
        The district.
    folder
        Where to; made when missing.
    tables
        Layers and ledgers; all that the district has and somebody keeps by hand when none are named.

    Returns
    -------
    list of Path
        The files, in the order of the tables.

    Raises
    ------
    OutputError
        If one cannot be written, or the district has no such table. If a file of the same name is there and holds
        something else: its keeper may be filling it in; then none is written.
    """
    if lost := [name for name in tables if not district.has(name)]:
        raise OutputError(unknown("--table", "table", name, list(district.tables)) for name in lost)
    names = [name for name in district.tables if name in (tables or fillable())]
    key = district.manifest.key
    with TemporaryDirectory() as drafts:
        made = [write_sheet(Path(drafts) / f"{title(n)}.xlsx", n, district.tables[n], key) for n in names]
        paths = [folder / draft.name for draft in made]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            own = [p for p, draft in zip(paths, made, strict=True) if p.exists() and not cmp(p, draft, shallow=False)]
            if own:
                what, mend = (
                    "已有同名的表，内容不同，也许正有人在填：一张也没有写",
                    "换一个文件夹；或先合并、移走旧表。",
                )
                raise OutputError(Problem(str(path), what, mend=mend) for path in own)
            for path, draft in zip(paths, made, strict=True):
                put_file(path, partial(copyfile, draft))
        except OSError as error:
            raise error if isinstance(error, OutputError) else unwritable(folder, error) from error
    return paths


def numbered_by_order(district: District, table: str) -> bool:
    """Tell whether the identifiers of a table were made in the order of its rows: they shift when a row comes."""
    notes = (note for note in district.manifest.sources if note.layer == table)
    return any(said in words for note in notes for words in note.guessed for said in _BY_ORDER)


def sheet_rows(table: str, frame: pd.DataFrame) -> tuple[list[str], list[list[Cell]]]:
    """Return the columns of a table that are handed out, and its rows in the words of the sheet."""
    columns = [column for column in sheets()[table].columns if column in frame.columns]
    cells = [[shown(table, column, value) for value in frame[column].tolist()] for column in columns]
    return columns, [list(row) for row in zip(*cells, strict=True)]


def write_sheet(path: Path, table: str, frame: pd.DataFrame, district: str) -> Path:
    """Write one table as a sheet to hand back, with a copy of its rows that nobody sees.

    Parameters
    ----------
    path
        File to write, ``.xlsx``.
    table, frame
        A layer or ledger, and its rows.
    district
        Key of the district, so that it is not merged into another.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    columns, rows = sheet_rows(table, frame)
    book, _ = _book(table, {column: heading(table, column) for column in columns}, rows)
    _explain(book, table, columns, ())
    base = book.create_sheet(BASE)
    base.sheet_state = "veryHidden"
    for line in ({"table": table, "district": district, "columns": columns}, *rows):
        base.append([json.dumps(line, ensure_ascii=False)])
    _save(book, path)
    return path


def _has_places(table: str) -> bool:
    return table in LAYERS and not sheets()[table].drawn


def _example(table: str, columns: Iterable[str]) -> list[Cell]:
    own, places = sheets()[table].columns, place_columns()
    cells: list[Cell] = [
        _placed(places[column][1]) if column in places else shown(table, column, own[column][1]) for column in columns
    ]
    return [f"{example_mark()}（请删除此行）", *cells[1:]]


def _placed(value: str | float | bool | None) -> Cell:
    assert value is None or isinstance(value, str)
    return value


def _book(table: str, names: Mapping[str, str], rows: Sequence[Sequence[Cell]]) -> tuple[Workbook, Worksheet]:
    """Make a workbook with the sheet of a table: headings with their notes, rows, lists to choose from."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title(table)
    sheet.append(list(names.values()))
    for place, column in enumerate(names, 1):
        cell, field, letter = sheet.cell(1, place), _field(table, column), get_column_letter(place)
        needed = field is not None and field.required and not field.nullable
        cell.font, cell.fill = Font(bold=True), _NEEDED if needed else _OPTIONAL
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        if note := _note(table, column, field):
            cell.comment = Comment(note, "驿家工作台", width=_COMMENT_PX[0], height=_COMMENT_PX[1])
        longest = max(display_width(str(value)) for value in (names[column], *_column(rows, place - 1)))
        sheet.column_dimensions[letter].width = min(max(longest + 3, _NARROWEST), _WIDEST)
        if field is None or field.kind in ("text", "date"):
            sheet.column_dimensions[letter].number_format = _AS_TEXT
    for row in rows:
        sheet.append(list(row))
    _as_text(sheet, table, list(names))
    _offer(sheet, table, list(names), len(rows))
    sheet.freeze_panes = "B2"
    sheet.row_dimensions[1].height = 30
    return book, sheet


def _column(rows: Sequence[Sequence[Cell]], place: int) -> Iterator[Cell]:
    return (row[place] for row in rows[:_LOOKED_AT] if row[place] is not None)


def _field(table: str, column: str) -> Field | None:
    return TABLES[table].field(column) if column in sheets()[table].columns else None


def _as_text(sheet: Worksheet, table: str, columns: Sequence[str]) -> None:
    """Keep a spreadsheet from making numbers and days of what is text."""
    for place, column in enumerate(columns, 1):
        field = _field(table, column)
        if field is None or field.kind in ("text", "date"):
            for (cell,) in sheet.iter_rows(2, sheet.max_row, place, place):
                cell.number_format = _AS_TEXT


def _offer(sheet: Worksheet, table: str, columns: Sequence[str], rows: int) -> None:
    """Offer the words of a column as a list to choose from."""
    for place, column in enumerate(columns, 1):
        words = _choices(table, column)
        text = ",".join(words)
        if not words or holds_several(column) or len(text) > _LONGEST_LIST:
            continue
        rule = DataValidation(
            "list", formula1=f'"{text}"', allow_blank=True, showErrorMessage=True, errorTitle="请从列表中选",
            error=f"应为 {'、'.join(words)}"[:_LONGEST_LIST],
        )  # fmt: skip
        letter = get_column_letter(place)
        rule.add(f"{letter}2:{letter}{1 + rows + _MORE_ROWS}")
        sheet.add_data_validation(rule)


def _choices(table: str, column: str) -> list[str]:
    field = _field(table, column)
    if field is None:
        return []
    if field.kind == "flag":
        return [intake().yes[0], intake().no[0]]
    return list(called(table, column).values())


def _note(table: str, column: str, field: Field | None) -> str:
    """Return what is to know of a column: what it means, whether it may be empty, what it may hold."""
    if field is None:
        return f"{place_columns()[column][0]}。" if column in place_columns() else ""
    said = [
        f"{sheets()[table].columns[column][0]}。",
        "必填。" if field.required and not field.nullable else "可以空着。",
    ]
    if field.unique:
        said.append("不能重复。")
    if words := _choices(table, column):
        said.append(f"{'可填几项' if holds_several(column) else '只填其一'}：{'、'.join(words)}。")
    limits = [("不小于", field.at_least), ("不大于", field.at_most)]
    said += [f"{word} {limit:,.10g}。" for word, limit in limits if limit is not None]
    return "\n".join(said)


def _explain(book: Workbook, table: str, columns: Sequence[str], notes: Sequence[str]) -> None:
    """Write the sheet of explanations: what a row is, and every column."""
    sheet = book.create_sheet(NOTES)
    lines = [f"{title(table)}：一行是{sheets()[table].row}。", *notes, "列名请不要改；不知道的空着，不要填 0。"]
    for line in lines:
        sheet.append([line])
        sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=3)
        sheet.cell(sheet.max_row, 1).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.append(["列", "说明", "示例"])
    head = sheet.max_row
    for cell in sheet[head]:
        cell.font, cell.fill = Font(bold=True), _OPTIONAL
    examples = _example(table, columns)
    for column, example in zip(columns, ["", *examples[1:]], strict=True):
        note = _note(table, column, _field(table, column)).replace("\n", "")
        sheet.append([heading(table, column), note, "" if example is None else str(example)])
        for cell in sheet[sheet.max_row]:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.row_dimensions[sheet.max_row].height = 15 * (1 + display_width(note) // 80)
    for letter, width in (("A", 22), ("B", 72), ("C", 26)):
        sheet.column_dimensions[letter].width = width


def _save(book: Workbook, path: Path) -> None:
    for sheet in book.worksheets:
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    try:
        put_file(path, lambda file: save_workbook(book, file))
    except OSError as error:
        raise unwritable(path, error) from error
