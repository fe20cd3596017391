"""Tables without a map: CSV in any usual encoding, and Excel ledgers."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import re
import sys
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.errors import Problem, SourceEncodingWarning, SourceError
from workbench.ground.sources.condition import Unread, heading
from workbench.ground.sources.foreign import foreign, refuse_odd_sheets
from workbench.ground.sources.reading import Remark, listed, missing, raster_problems, refuse_twice

# ----------------------------------------------------------------------------------------------------------------------
# CSV as rows of cells: every row as long as the line of column names, or the file is refused.
#
# A row with a cell too many would shift or lose its cells without a word. Only empty cells at its end are forgiven:
# spreadsheets write them.


SEPARATOR: Final = 'one sign, such as "," or ";" or "\\t"'
"""What parts cells, in words."""


def parts_cells(word: str) -> bool:
    """Whether a word can part cells: one sign that does not end lines or quote cells."""
    return len(word) == 1 and word not in '\n\r"'


@dataclass(frozen=True)
class Grid:
    """Cells of a table in their written order, not yet a frame.

    Attributes
    ----------
    names
        Column names, trimmed; empty where a column has none.
    rows
        Cells of each row below the names; missing ones are None. Rows without any cell are left out.
    lines
        Line of the file on which each row begins, counted from 1.
    """

    names: list[str]
    rows: list[list[Any]]
    lines: list[int]


def read_delimited(path: Path, encoding: str, *, separator: str = ",", header: int = 1) -> Grid:
    """Read a CSV file whose encoding is known."""
    if not parts_cells(separator):
        what = "the separator cannot part cells"
        raise SourceError(Problem(str(path), what, key="separator", expected=SEPARATOR, found=repr(separator)))
    names: list[str] | None = None
    rows: list[list[str | None]] = []
    lines: list[int] = []
    try:
        for line, cells in _records(path, encoding, separator):
            if names is None and line >= header:
                names = [cell.strip() for cell in cells]
            elif names is not None and any(cells):
                rows.append([cell or None for cell in cells])
                lines.append(line)
    except csv.Error as error:
        raise SourceError(
            Problem(
                str(path),
                "the table cannot be read",
                expected="CSV with column names in one line",
                found=str(error),
                mend="Close every quote; is 'separator' right?",
            )
        ) from error
    if not names or not any(names):
        found = "nothing" if names is None else "an empty line"
        raise SourceError(
            Problem(str(path), "the table has no line of column names", row=f"on line {header}", found=found)
        )
    while not names[-1]:
        names.pop()  # cells below it are judged like those of any row that is too long
    return Grid(names, _even(path, names, rows, lines), lines)


def _records(path: Path, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line on which it begins."""
    with path.open(encoding=encoding, newline="") as stream, _long_cells():
        reader = csv.reader(stream, delimiter=separator, skipinitialspace=True, strict=True)
        begins = 1
        try:
            for cells in reader:
                yield begins, cells
                begins = reader.line_num + 1
        except csv.Error as error:
            raise csv.Error(f"{error} (in the row that begins on line {begins})") from error


@contextmanager
def _long_cells() -> Iterator[None]:
    """Allow cells longer than 128 KiB: shapes written as text are."""
    usual = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _even(path: Path, names: list[str], rows: list[list[str | None]], lines: list[int]) -> list[list[str | None]]:
    """Cut empty cells off the end of rows that are too long; refuse what is uneven then."""
    width = len(names)
    even = [row[:width] if not any(row[width:]) else row for row in rows]
    size = np.array([len(row) for row in even], np.int64)
    where = [f"on line {line}" for line in lines]
    problems = [
        *listed(
            path,
            where,
            size > width,
            "the row has more cells than there are column names",
            found=[f"{len(row)}: {_shown(row)}" for row in even],
            expected=f"{width} cells",
            mend="Put a cell that holds the separator in quotes; remove what is too much.",
        ),
        *listed(
            path,
            where,
            size < width,
            "the row has fewer cells than there are column names",
            found=[f"{len(row)}: {_shown(row)}" for row in even],
            expected=f"{width} cells",
            mend="Is the file complete, and 'separator' right? A cell that is not known is left empty, not left out.",
        ),
    ]
    if problems:
        raise SourceError(problems)
    return even


def _shown(row: Sequence[str | None]) -> str:
    text = ", ".join(cell or "" for cell in row)
    return text if len(text) <= 60 else f"{text[:59]}…"


def framed(path: Path, grid: Grid) -> tuple[pd.DataFrame, tuple[Remark, ...]]:
    """Make a frame of cells, and say what was left out: columns that have no name."""
    refuse_twice(path, grid.names)
    columns = {name: [row[i] for row in grid.rows] for i, name in enumerate(grid.names) if name}
    nameless = [i for i, name in enumerate(grid.names) if not name and any(row[i] is not None for row in grid.rows)]
    words = f"{len(nameless)} columns without a name"
    return pd.DataFrame(columns), (Remark("left_out", words),) if nameless else ()


# ----------------------------------------------------------------------------------------------------------------------
# Which letters the bytes of a file mean: decided before reading, and always reported.
#
# The order: what the recipe states; what the file itself declares (a byte order mark, a `.cpg` file, the language
# byte of a `.dbf`); UTF-8 if every byte fits; GBK if every byte fits and the text then looks Chinese: almost any
# bytes of a western file fit GBK too, and São becomes S鉶. Nothing is ever read with replacement characters, so there
# is no mojibake: text that fits nothing, or more than one, is an error.


GBK: Final = "gb18030"  # the superset of GBK that Python knows; every GBK file is one
_BY_NUMBER: Final = {"936": "gbk", "54936": "gb18030", "65001": "utf-8", "950": "big5", "1252": "cp1252"}
_SIGNS: Final = "Az09,;"
_CIPHERS: Final = (
    "idna",
    "punycode",
    "raw-unicode-escape",
    "raw_unicode_escape",
    "unicode-escape",
    "unicode_escape",
    "utf-7",
    "rot13",
)
"""Ways to write text in other text, which Python lists among the encodings."""
_LANGUAGE_BYTE: Final = {0x4D: "gbk", 0x4F: "big5"}  # of a .dbf; other values say little
_WESTERN: Final = "cp1252"
_HAN: Final = "[\u3400-\u9fff\uf900-\ufaff]"

_CHINESE_SHARE: Final = 0.7
"""Share of the characters of a Chinese text that are in GB 2312, and not inside a word of Latin letters, at least."""


@dataclass(frozen=True)
class Encoding:
    """The encoding chosen for a file.

    Attributes
    ----------
    name
        As Python calls it.
    reason
        Why, in words; goes into the manifest.
    guessed
        Whether neither the recipe nor the file says it.
    """

    name: str
    reason: str
    guessed: bool = False

    @property
    def remark(self) -> Remark:
        """What the import says of it."""
        return Remark("guessed" if self.guessed else "read", f"read as {self.name} ({self.reason})")


def codec_name(word: str) -> str | None:
    """Return Python's name of an encoding, whatever a .cpg or a recipe calls it; None if it is none for text."""
    plain = word.strip().lower().removeprefix("ansi").removeprefix("cp").removeprefix("windows-").strip()
    try:
        found = codecs.lookup(_BY_NUMBER.get(plain, word.strip())).name
        signs = _SIGNS.encode(found).decode(found)
    except (LookupError, ValueError):  # ValueError: a NUL in the name; hex and zlib are no encodings of text
        return None
    return found if signs == _SIGNS and found not in _CIPHERS else None


def text_encoding(path: Path, stated: str | None) -> Encoding:
    """Choose the encoding of a text file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise missing(path, error) from error
    mark = "utf-8-sig" if content.startswith(codecs.BOM_UTF8) else None
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        mark = "utf-16"
    if mark and stated in (None, "utf-8", "utf-8-sig", "utf-16"):
        if not _fits([content], mark, whole=True):
            raise SourceError(
                Problem(
                    str(path),
                    "the text is not in the encoding that its byte order mark says",
                    column="encoding",
                    expected=mark.removesuffix("-sig"),
                    found="bytes of another encoding after the mark, or a file cut short",
                    mend="Open it where its text looks right, and save it again as UTF-8.",
                )
            )
        return Encoding(mark, "byte order mark")
    return _chosen(path, stated, None, [content], whole=True)


def table_encoding(path: Path, stated: str | None) -> Encoding:
    """Choose the encoding of the attribute table of a Shapefile."""
    table, side = _beside(path, ".dbf"), _beside(path, ".cpg")
    if table is None:
        return Encoding("utf-8", "no attribute table")
    declared = codec_name(side.decode("ascii", errors="replace")) if side else None
    language = _LANGUAGE_BYTE.get(table[29]) if len(table) >= 32 else None
    return _chosen(path, stated, declared, list(_texts(table)), language, whole=False)


def _beside(path: Path, suffix: str) -> bytes | None:
    """Return a part of a Shapefile, from beside it or out of its package."""
    if path.suffix.lower() == ".shp":
        parts = [path.with_suffix(name) for name in (suffix, suffix.upper())]
        return next((part.read_bytes() for part in parts if part.is_file()), None)
    with zipfile.ZipFile(path) as package:
        names = [name for name in package.namelist() if name.lower().endswith(suffix)]
        return b"".join(package.read(name) for name in names[:1]) if names else None


def _chosen(
    path: Path,
    stated: str | None,
    declared: str | None,
    texts: list[bytes],
    language: str | None = None,
    *,
    whole: bool,
) -> Encoding:
    def fits(name: str) -> bool:
        return _fits(texts, name, whole=whole)

    guess = next((name for name in ("utf-8", GBK) if fits(name)), None)
    if stated:
        if fits(stated):
            return Encoding(stated, "stated in the recipe")
        raise _mismatch(path, stated, guess)
    if declared and fits(declared):
        return Encoding(declared, "declared by its .cpg file")
    if guess is None:
        raise _mismatch(path, "utf-8", None)
    if guess == GBK and language is None and not _looks_chinese(texts):
        raise _either(path, texts)
    if declared:
        warnings.warn(
            f"{path}: its .cpg file declares {declared}, but the text is {_plain(guess)} and was read as that. "
            f"State 'encoding: {_plain(guess)}' for this source in the recipe, or correct the .cpg file.",
            SourceEncodingWarning,
            stacklevel=2,
        )
        return Encoding(guess, f"its .cpg file declares {declared}, wrongly", guessed=True)
    if guess == GBK and language is None:
        return Encoding(GBK, "no encoding declared, not UTF-8, every byte fits GBK", guessed=True)
    return Encoding(language if guess == GBK and language else guess, "every byte fits")


def _looks_chinese(texts: list[bytes]) -> bool:
    """Whether bytes that fit GBK are Chinese: usual characters, and not inside words of Latin letters."""
    text = "".join(_decoded(texts, GBK))
    if any("\ue000" <= sign <= "\uf8ff" for sign in text):  # for private use: no text holds them
        return False
    signs = re.findall(_HAN, text)
    known: int = sum(len(code := sign.encode(GBK)) == 2 and code[0] <= 0xF7 and code[1] >= 0xA1 for sign in signs)
    strange = len(re.findall(f"(?<=[a-z]){_HAN}(?!{_HAN})|(?<=[A-Za-z]){_HAN}(?=[A-Za-z])", text))
    return bool(min(known, len(signs) - strange) >= _CHINESE_SHARE * len(signs))


def _decoded(texts: list[bytes], name: str) -> Iterator[str]:
    for text in texts:
        yield text.decode(name, errors="ignore") + "\n"


def _either(path: Path, texts: list[bytes]) -> SourceError:
    """Say that a text fits GBK and does not look it, with the same words in both readings."""
    sample = next(text for text in texts if not text.isascii())
    place = next(i for i, byte in enumerate(sample) if byte >= 0x80)
    line = sample[max(sample.rfind(b"\n", 0, place) + 1, place - 12) :].split(b"\n")[0][:30]
    both = "; ".join(f"{line.decode(name, errors='ignore')!r} as {_plain(name)}" for name in (_WESTERN, GBK))
    return SourceError(
        Problem(
            str(path),
            "the encoding of the text cannot be told",
            column="encoding",
            expected="UTF-8, or a text that looks Chinese as GBK",
            found=both,
            mend=f"State 'encoding: {_WESTERN}', 'encoding: gbk' or what it is for this source in the recipe.",
        )
    )


def _plain(name: str) -> str:
    return "gbk" if name == GBK else name


def _mismatch(path: Path, stated: str, guess: str | None) -> SourceError:
    return SourceError(
        Problem(
            str(path),
            "the text is not in the encoding it should be in",
            column="encoding",
            expected=stated,
            found=f"bytes that only fit {_plain(guess)}" if guess else "bytes that are neither UTF-8 nor GBK",
            mend=f"State 'encoding: {_plain(guess)}' for this source in the recipe."
            if guess
            else "State its encoding for this source in the recipe, or save it again as UTF-8.",
        )
    )


def _fits(texts: list[bytes], name: str, *, whole: bool) -> bool:
    """Whether all texts can be decoded; one that is not whole, a cell of a table of bytes, may end inside a letter."""
    if not whole and _SIGNS.encode(name) != _SIGNS.encode("ascii"):
        return False  # UTF-16 and its kin: no cell of such a table can hold it
    try:
        for text in texts:
            codecs.getincrementaldecoder(name)("strict").decode(text, final=whole)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _texts(table: bytes) -> Iterator[bytes]:
    """Yield the field names and text cells of a dBASE table that are not plain ASCII."""
    if len(table) < 33:
        return
    rows = int.from_bytes(table[4:8], "little")
    begin, width = int.from_bytes(table[8:10], "little"), int.from_bytes(table[10:12], "little")
    at, offset = 32, 1
    fields: list[tuple[int, int]] = []
    while at + 32 <= min(begin, len(table)) and table[at] != 0x0D:
        name = table[at : at + 11].split(b"\0")[0]
        if not name.isascii():
            yield name
        if table[at + 11 : at + 12] == b"C":
            fields.append((offset, offset + table[at + 16] + 256 * table[at + 17]))
        offset += table[at + 16] + (256 * table[at + 17] if table[at + 11 : at + 12] == b"C" else 0)
        at += 32
    body = table[begin : begin + rows * width]
    cells = np.frombuffer(body[: len(body) // width * width] if width else b"", np.uint8).reshape(-1, max(width, 1))
    for start, stop in fields:
        column = cells[:, start:stop]
        for row in np.flatnonzero((column >= 0x80).any(axis=1)):
            yield column[row].tobytes().rstrip(b" \0")


# ----------------------------------------------------------------------------------------------------------------------
# Tables without a map: CSV in any usual encoding, and Excel ledgers.


LINE: Final = "_line"
"""Column added to every table: the line of the file on which a row stands, for messages."""

_EXCEL: Final = (".xlsx", ".xlsm")
_OTHER: Final = (".xls", ".xlsb", ".et", ".ods", ".numbers")


@dataclass(frozen=True)
class TextTable:
    """A table as read: cells of CSV are text, empty cells are missing.

    Attributes
    ----------
    rows
        The table, with the line of the file in column :data:`LINE`.
    remarks
        How it was read, and what was left out.
    sheet
        Name of the sheet; empty for CSV.
    """

    rows: pd.DataFrame
    remarks: tuple[Remark, ...]
    sheet: str = ""


def read_table(
    path: Path,
    *,
    encoding: str | None = None,
    separator: str | None = None,
    sheet: str | None = None,
    header: int = 1,
) -> TextTable:
    """Read a CSV or Excel table."""
    if not path.is_file():
        raise missing(path)
    if rasters := raster_problems(str(path), path):
        raise SourceError(rasters)
    if path.suffix.lower() in _OTHER:
        mend = "Save it as .xlsx or .csv."
        raise SourceError(
            Problem(
                str(path),
                "the table is of a kind that is not read",
                expected=".xlsx, .csv, .tsv or .txt",
                found=path.suffix,
                mend=mend,
            )
        )
    if path.suffix.lower() in _EXCEL:
        grid, how, name = _read_excel(path, sheet, header)
    else:
        chosen = text_encoding(path, encoding)
        usual = "\t" if path.suffix.lower() == ".tsv" else ","
        grid = read_delimited(path, chosen.name, separator=separator or usual, header=header)
        how, name = (chosen.remark,), ""
    rows, nameless = framed(path, grid)
    if rows.empty:
        raise SourceError(Problem(str(path), "the table is empty", expected="at least one row below the column names"))
    rows.columns = pd.Index([heading(column) for column in rows.columns])
    rows[LINE] = grid.lines
    return TextTable(rows, (*how, *nameless), name)


def _read_excel(path: Path, sheet: str | None, header: int) -> tuple[Grid, tuple[Remark, ...], str]:
    from openpyxl import load_workbook

    mend = "Open it in Excel and save it again."
    with foreign(path, "the file is not a readable Excel workbook", expected=".xlsx", mend=mend):
        refuse_odd_sheets(path)
        with warnings.catch_warnings(), path.open("rb") as stream:
            warnings.simplefilter("ignore", UserWarning)  # openpyxl on styles it does not know
            book = load_workbook(stream, data_only=True, keep_links=False)
            names = [str(name) for name in book.sheetnames]
            wanted = names[0] if sheet is None else sheet
            formulas = _formulas(path, wanted) if wanted in names else {}
    if wanted not in names:
        what, expected = "the workbook has no such sheet", "one of " + ", ".join(names)
        raise SourceError(Problem(str(path), what, key="sheet", expected=expected, found=repr(sheet)))
    cells = _Cells.of(book[wanted], formulas, header)
    others = [f"{name} (hidden)" if book[name].sheet_state != "visible" else name for name in names if name != wanted]
    words = f"sheet {wanted!r} of the workbook" + (f", not {', '.join(others)}" if others else "")
    how = [Remark("read", words), *cells.remarks]
    if book[wanted].sheet_state != "visible":
        how.append(Remark("warning", f"the sheet {wanted!r} is hidden"))
    return _grid(path, cells.rows, header), tuple(how), wanted


def _formulas(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Return the formulas of a sheet by line and column; a second look, only at workbooks that hold any."""
    with zipfile.ZipFile(path) as package:
        sheets = [name for name in package.namelist() if name.startswith("xl/worksheets/")]
        if not any(b"<f" in package.read(name) for name in sheets):
            return {}
    from openpyxl import load_workbook

    rows = load_workbook(path, keep_links=False)[sheet].iter_rows()
    numbered = ((line, n, cell) for line, row in enumerate(rows, 1) for n, cell in enumerate(row, 1))
    return {(line, n): str(cell.value) for line, n, cell in numbered if cell.data_type == "f"}


@dataclass(frozen=True)
class _Cells:
    """The cells of a sheet, line by line, and what is said of them."""

    rows: list[list[Any]]
    remarks: list[Remark]

    @classmethod
    def of(cls, sheet: Any, formulas: Mapping[tuple[int, int], str], header: int) -> _Cells:
        """Take values; what is no value is marked, so that whoever uses the cell can refuse it."""
        rows = [[_value(cell) for cell in row] for row in sheet.iter_rows()]
        for (line, column), formula in formulas.items():
            if rows[line - 1][column - 1] is None:
                rows[line - 1][column - 1] = Unread(f"{formula}, never computed")
        filled = [str(area) for area in sheet.merged_cells.ranges if _unmerge(rows, area, header)]
        remarks = []
        if filled:
            words = f"{len(filled):,} merged ranges filled with their text ({', '.join(sorted(filled)[:3])} …)"
            remarks.append(Remark("changed", words))
        hidden = [n for n, line in sheet.row_dimensions.items() if line.hidden and header < n <= len(rows)]
        if hidden:
            words = f"{len(hidden):,} hidden rows were read like the others, the first on line {min(hidden)}"
            remarks.append(Remark("warning", words))
        return cls(rows, remarks)


def _value(cell: Any) -> Any:
    value = cell.value
    if cell.data_type == "e":
        return Unread(value)
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    if isinstance(value, str):
        return value.strip() or None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _unmerge(rows: list[list[Any]], area: Any, header: int) -> bool:
    """Fill a merged range with its text; a number that stands for several rows at once is marked instead."""
    left, top, right, bottom = area.bounds
    if bottom <= header:
        right = left  # a title over several columns names none of them
    value = rows[top - 1][left - 1]
    if value is None or isinstance(value, Unread):
        return False
    mark = value if isinstance(value, str) else Unread(f"{value} in the merged range {area}")
    for line in rows[top - 1 : bottom]:
        line[left - 1 : right] = [mark] * (right - left + 1)
    return isinstance(value, str)


def _grid(path: Path, rows: list[list[Any]], header: int) -> Grid:
    """Take the column names from their line; lines without anything are left out."""
    if len(rows) < header:
        found = f"{len(rows)} lines"
        raise SourceError(
            Problem(str(path), "the table has no line of column names", row=f"on line {header}", found=found)
        )
    below = [(line, row) for line, row in enumerate(rows[header:], header + 1) if any(c is not None for c in row)]
    named = ["" if cell is None else str(cell) for cell in rows[header - 1]]
    return Grid(named, [row for _, row in below], [line for line, _ in below])
