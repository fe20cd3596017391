"""Where the header of a sheet is, which ledger it heads, and which column of the house each heading means."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from workbench.catalogue.intake import age_band, ages, intake, plain
from workbench.catalogue.tables import LAYERS, TABLES
from workbench.catalogue.terms import printable
from workbench.errors import Problem, SourceError, did_you_mean
from workbench.ground.intake.workbook import Sheet, letters
from workbench.ground.sources.condition import Unread, number_in

Manner = Literal["exact", "similar", "ages", "serial", "private", "remarks", "twice", "part", "unknown", "empty"]
"""How a heading was taken for a column, or why it was not."""


@dataclass(frozen=True)
class Match:
    """A column of a sheet.

    Attributes
    ----------
    heading
        Its heading, on one line; its letters in brackets where there is none, or it stands twice.
    column
        Column of the house that it means; None where it is not taken.
    manner
        How that was told.
    why
        The same in Chinese.
    unit
        Unit that the heading names for the numbers below it; empty where it names none.
    notes
        What stood in brackets.
    """

    heading: str
    column: str | None
    manner: Manner
    why: str
    unit: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Header:
    """The header of a sheet.

    Attributes
    ----------
    table
        Name of the layer or ledger of the house.
    first, last
        Positions, from 0, of the first and last of its rows in the sheet.
    columns
        One of each column of the sheet, from A on.
    """

    table: str
    first: int
    last: int
    columns: tuple[Match, ...]


def find_header(path: Path, sheet: Sheet, table: str | None = None) -> Header:
    """Find the header of a sheet.

    Parameters
    ----------
    path
        File, whose name may tell the ledger, for messages too.
    sheet
        The sheet.
    table
        Layer or ledger that it is; told by its headings, and by the names of sheet and file, when left out.

    Raises
    ------
    SourceError
        If no line looks like a header, or the headings do not tell which ledger it is.
    """
    if table is not None and table not in TABLES:
        raise SourceError(
            Problem(
                str(path),
                f"没有“{table}”这种台账。",
                mend=did_you_mean(table, TABLES, f"可用的有：{'、'.join(f'{t}（{_label(t)}）' for t in TABLES)}。"),
            )
        )
    where = f"{path}，工作表“{sheet.name}”" if sheet.name else str(path)
    best = max(_candidates(sheet, table), key=lambda found: found.strength, default=None)
    if best is None or not best.strength:
        best = None if table is None else _by_likeness(sheet, table)
        if best is None:
            raise SourceError(Problem(where, *_no_header(sheet, table)))
    name = table or _told_table(where, path, sheet, best)
    return _header(sheet, name, best)


# ----------------------------------------------------------------------------------------------------------------------
# Lines that may be the header.


@dataclass(frozen=True)
class _Lines:
    """Lines that may be the header: the headings of each column from the top down, and how many tables know."""

    first: int
    last: int
    headings: tuple[tuple[str, ...], ...]
    strength: float


def _candidates(sheet: Sheet, table: str | None) -> Iterator[_Lines]:
    """Yield what may be the header; of equal ones the first and shortest is found first."""
    filled = [n for n, row in enumerate(sheet.rows) if any(cell is not None for cell in row)]
    for first in filled[: intake().header_within]:
        least = _least_lines(sheet, first)
        for last in range(first + least - 1, min(first + intake().header_lines, len(sheet.rows))):
            if any(_is_data(cell) for row in sheet.rows[first + 1 : last + 1] for cell in row):
                break
            headings = _headings(sheet, first, last)
            count = Counter(name for words in headings for name in _tables(words) if table in (None, name))
            known = max(count.values(), default=0)
            # a line more has to name a column more
            strength = known - 0.5 * (last - first + 1 - least) - (known > 0) * 0.01 * first
            yield _Lines(first, last, headings, max(strength, 0.0))


def _least_lines(sheet: Sheet, first: int) -> int:
    """Return how many lines the header has at least by its merged cells, if it begins on a line."""
    line = sheet.lines[first]
    tall = [area.bottom - area.top + 1 for area in sheet.merged if area.top == line and area.bottom > area.top]
    wide = [area for area in sheet.merged if area.top == area.bottom == line and area.right > area.left]
    filled = sum(cell is not None for cell in sheet.rows[first])
    lines = max(tall, default=2 if wide and filled > 1 else 1)
    return min(lines, intake().header_lines, len(sheet.rows) - first)


def _is_data(cell: Any) -> bool:
    """Whether a cell of a line shows that it is no header: a number, a date, a word for nothing."""
    if isinstance(cell, (bool, int, float, dt.date, dt.time, Unread)):
        return True
    return isinstance(cell, str) and number_in(cell) is not None


def _headings(sheet: Sheet, first: int, last: int) -> tuple[tuple[str, ...], ...]:
    """Return the headings of each column, from the top down; a merged heading heads all its columns."""
    width = max(len(row) for row in sheet.rows)
    grid = [[*row, *[None] * (width - len(row))] for row in sheet.rows[first : last + 1]]
    start = sheet.lines[first]
    for area in sheet.merged:
        if start <= area.top <= start + last - first:
            text = grid[area.top - start][area.left - 1] if area.left <= width else None
            for row in grid[area.top - start : area.bottom - start + 1]:
                row[area.left - 1 : area.right] = [text] * (min(area.right, width) - area.left + 1)
    words: list[list[str]] = [[] for _ in range(width)]
    for row in grid:
        for column, cell in zip(words, row, strict=True):
            text = "" if cell is None else " ".join(str(cell).split())
            if text and text not in column:
                column.append(text)
    return tuple(tuple(column) for column in words)


# ----------------------------------------------------------------------------------------------------------------------
# What a heading means.


@cache
def _book(table: str) -> Mapping[str, str]:
    """Return the columns of a table, and of places where it is a layer, by their plain headings."""
    names = {name: (*words, name) for name, words in intake().headings_of(table).items()}
    if table in LAYERS:
        names |= intake().places
    found: dict[str, str] = {}
    rank: dict[str, int] = {}
    for column, words in names.items():
        for place, word in enumerate(words):
            base = plain(word)[0]
            if base not in found or place < rank[base]:
                found[base], rank[base] = column, place
    return found


@cache
def _knowing() -> Mapping[str, frozenset[str]]:
    """Return the tables that know a plain heading."""
    found: dict[str, set[str]] = {}
    for table in TABLES:
        for base in _book(table):
            found.setdefault(base, set()).add(table)
    return {base: frozenset(tables) for base, tables in found.items()}


def _tables(words: Sequence[str]) -> frozenset[str]:
    """Return the tables that know the headings of a column."""
    return frozenset().union(*(_knowing().get(base, ()) for base in _bases(tuple(words))))


def _known(words: Sequence[str], table: str) -> tuple[str, str] | None:
    """Return the column of a table that the headings of a column name exactly, and the plain form that does."""
    book = _book(table)
    return next(((book[base], base) for base in _bases(tuple(words)) if base in book), None)


@lru_cache(maxsize=4096)
def _bases(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the headings of a column, from the top down, may mean, in plain signs and the likeliest first."""
    if not words or sum(map(len, words)) > _LONG:
        return ()
    forms = (words[-1], "".join(words), "".join(reversed(words)), *words[-2::-1])
    return tuple(dict.fromkeys(base for form in dict.fromkeys(forms) for base in _plain_forms(form)))


_LONG: Final = 80  # signs; what is longer is a sentence, and no heading


def _plain_forms(form: str) -> Iterator[str]:
    """Yield a heading in plain signs, and without a unit behind it."""
    base, notes = plain(form)
    if not base:
        return
    yield base
    yield base.removeprefix("是否")
    for mark in ("/", "-"):
        head, _, tail = base.rpartition(mark)
        if head and tail in _units():
            yield head
    yield from (base.removesuffix(unit) for unit in _units() if len(base) > len(unit) + 1 and base.endswith(unit))
    yield from (note for note in notes if len(note) > 1)


@cache
def _units() -> tuple[str, ...]:
    return tuple(dict.fromkeys(plain(unit)[0] or unit for units in intake().units.values() for unit in units))


def _matched(words: Sequence[str], table: str, place: int) -> Match:
    """Return what the heading of one column means in a table."""
    heading = printable(" ".join(words))
    if not heading:
        return Match(f"（{letters(place + 1)}列，无标题）", None, "empty", "没有标题")
    bases = _bases(tuple(words))
    notes = tuple(note for word in words for note in plain(word)[1])
    for kind, why in _NEVER.items():
        known = {plain(word)[0] or word for word in getattr(intake(), kind)}
        if bases[:1] and bases[0] in known and bases[0] not in _book(table):
            return Match(heading, None, kind, why)
    exact = _known(words, table)
    private = {plain(word)[0] for word in intake().private}
    if exact is not None and exact[1] not in _own_forms(words) and any(p in plain(words[-1])[0] for p in private):
        return Match(heading, None, "private", _NEVER["private"])  # 楼长姓名 below 小区
    if exact is not None:
        column, base = exact
        people = column == "residents" or column.startswith("age_")
        if people and (aged := _aged(words, table, heading)) is not None and aged.column != column:
            return aged  # 人口（60岁以上）
        if column in _counts(table) and _is_part(words, base, column):
            return Match(heading, column, "part", "", notes=notes)
        unit = _unit_of(words, column, base)
        how = "标题相同" if base == plain(intake().headings_of(table).get(column, ("",))[0])[0] else "标题同义"
        how += f"，单位“{unit}”" if unit else ""
        if aside := _asides(words, base, table):
            return Match(heading, column, "similar", f"推测：{how}，“{'、'.join(aside)}”未采用", unit, notes)
        return Match(heading, column, "exact", how, unit, notes)
    if any(word in plain(heading)[0] for word in private):  # 负责人及电话
        return Match(heading, None, "private", _NEVER["private"])
    return _aged(words, table, heading) or _similar(bases, table, heading, notes) or _unknown(heading)


@cache
def _counts(table: str) -> frozenset[str]:
    """Return the columns of a table that hold numbers."""
    return frozenset(field.name for field in TABLES[table].fields if field.kind in ("number", "integer"))


def _is_part(words: Sequence[str], base: str, column: str) -> bool:
    """Whether the headings of a column say that it holds a part only of what one of them names: 人口（其中党员）."""
    *above, last = words
    own, notes = plain(last)
    if any(part in text and part not in base for text in (own, *notes) for part in intake().parts):
        return True
    if any(plain(word)[0] in intake().parts for word in above):
        return True
    return not column.startswith("age_") and ages("".join(words)) is not None


def _asides(words: Sequence[str], base: str, table: str) -> list[str]:
    """Return what the headings of a column say beside the one that names it, but for units and the like."""
    own = [plain(word) for word in words]
    told = [note for _, notes in own for note in notes]
    if base not in _own_forms(words):
        told += [text for text, _ in own[len(_above(words, base)) :]]
    if words[-1] in {word for listed in intake().headings_of(table).values() for word in listed}:
        return []
    same = {"", base, *_units(), *intake().wholes, *(plain(word)[0] for word in intake().datums)}
    return [t for t in told if t.rpartition("单位")[2] not in same and not t.startswith(intake().asides)]


def _own_forms(words: Sequence[str]) -> frozenset[str]:
    """Return what a column may be called by its own heading, alone or with those above it."""
    forms = (words[-1], "".join(words), "".join(reversed(words)))
    return frozenset(base for form in forms for base in _plain_forms(form))


def _unknown(heading: str) -> Match:
    return Match(heading, None, "unknown", "认不出这一列，未采用")


_NEVER: Final[Mapping[Any, str]] = {
    "serial": "序号列，不作编号，未采用",
    "private": "个人信息，一律不读",
    "remarks": "备注列，未采用",
}


def _unit_of(words: Sequence[str], column: str, base: str) -> str:
    """Return the unit that a heading names for its numbers."""
    units = intake().units[intake().measure(column)]
    by_plain = {plain(unit)[0] or unit: unit for unit in units}
    for word in reversed(words):
        text, notes = plain(word)
        for note in (*notes, text.removeprefix(base).lstrip("/-")):
            if note.rpartition("单位")[2] in by_plain:
                return by_plain[note.rpartition("单位")[2]]
    return ""


def _aged(words: Sequence[str], table: str, heading: str) -> Match | None:
    """Return the band of ages that a heading names in figures, where the table counts residents by age."""
    if "age_0_6" not in _columns(table):
        return None
    text = "".join(words)
    span = ages(text)
    if span is None:
        return None
    if (band := age_band(text)) is not None:
        return Match(heading, band, "ages", "按年龄段")
    if span == (60, None):
        return Match(heading, SIXTY_UP, "ages", "60 岁及以上：减去 80 岁及以上得 60–79 岁")
    first, last = span
    shown = f"{first} 岁以上" if last is None else f"{first}–{last} 岁"
    return Match(
        heading, None, "unknown", f"{shown}与本系统的年龄段（0–6、7–17、18–59、60–79、80 岁及以上）不合，未采用"
    )


SIXTY_UP: Final = "_age_60_up"
"""Column of residents of 60 and more, from which those of 80 and more are taken."""


def _columns(table: str) -> frozenset[str]:
    return frozenset(field.name for field in TABLES[table].fields)


def _similar(bases: Sequence[str], table: str, heading: str, notes: tuple[str, ...]) -> Match | None:
    """Return the column whose heading is most like one; none where two are as like, or it is known elsewhere."""
    from rapidfuzz import fuzz

    base = bases[0] if bases else ""
    if len(base) <= _SHORT or _knowing().get(base):
        return None
    scores: dict[str, tuple[float, str]] = {}
    for word, column in _book(table).items():
        if column in intake().coded or any(part in base and part not in word for part in intake().parts):
            continue  # names of people are like codes of people, and the men like all people
        score = fuzz.ratio(base, word)
        if score > scores.get(column, (0.0, ""))[0]:
            scores[column] = (score, word)
    ranked = sorted(((score, column, word) for column, (score, word) in scores.items()), reverse=True)
    if not ranked or ranked[0][0] < intake().similar_at:
        return None
    best = [entry for entry in ranked if entry[0] == ranked[0][0]]
    if len(best) > 1:
        names = "、".join(f"“{word}”" for _, _, word in best)
        return Match(heading, None, "unknown", f"与{names}同样相近，不作推测，未采用")
    score, column, word = best[0]
    return Match(heading, column, "similar", f"推测：与“{word}”相近（{score:.0f} 分）", "", notes)


_SHORT: Final = 2  # signs of a heading that too many are like


# ----------------------------------------------------------------------------------------------------------------------
# Which ledger it is, and the header at last.


_MARGIN: Final = 0.5
"""By how much the likeliest table must lead."""


def _told_table(where: str, path: Path, sheet: Sheet, lines: _Lines) -> str:
    """Tell the table by its headings, and by the names of sheet, file and titles."""
    scores = sorted(((_score(table, path, sheet, lines), table) for table in TABLES), reverse=True)
    (first, table), (second, _) = scores[:2]
    if first - second >= _MARGIN:
        return table
    near = [name for score, name in scores if first - score < _MARGIN]
    names = "、".join(f"{name}（{_label(name)}）" for name in near)
    what = f"看不出这是哪一种台账，{names}都像。"
    raise SourceError(
        Problem(where, what, mend=f"请用 --as 指明，例如 --as {table}；或把工作表改名为“{_label(table)}”。")
    )


def _score(table: str, path: Path, sheet: Sheet, lines: _Lines) -> float:
    """Return how well headings and names tell of a table: rare headings tell more than those that many know."""
    score, seen = 0.0, set[str]()
    for words in lines.headings:
        known = _known(words, table)
        if known is not None and known[0] not in seen:
            seen.add(known[0])
            score += 1 + 1 / len(_knowing()[known[1]])
    titles = [str(cell) for row in sheet.rows[: lines.first] for cell in row if isinstance(cell, str)]
    text = plain(" ".join((sheet.name, path.stem, *titles)))[0]
    hints = [len(word) for word in intake().tables[table] if plain(word)[0] in text]
    return score + max(hints, default=0) if seen else 0.0


def _label(table: str) -> str:
    return intake().tables[table][0]


def _by_likeness(sheet: Sheet, table: str) -> _Lines | None:
    """Return the line of which most headings are like those of a table, where none is the same."""
    best: tuple[int, _Lines] | None = None
    for lines in _candidates(sheet, table):
        like = sum(_matched(w, table, 0).column is not None for w in lines.headings)
        if like and (best is None or like > best[0]):
            best = (like, lines)
    return best[1] if best else None


def _no_header(sheet: Sheet, table: str | None) -> tuple[str, ...]:
    if sheet.pictures and not any(cell is not None for row in sheet.rows for cell in row):
        what = f"工作表里只有图片（{sheet.pictures[0]} 等 {len(sheet.pictures)} 张），没有单元格内容。"
        return what, "", "", "", "", "图片里的表读不到：请把内容录入单元格。"
    if not any(cell is not None for row in sheet.rows for cell in row):
        return "工作表是空的。", "", "", "", "", "请检查是否选错了工作表（--sheet）。"
    first = next(row for row in sheet.rows if any(cell is not None for cell in row))
    shown = "、".join(str(cell) for cell in first if cell is not None)[:60]
    wanted = "各种台账" if table is None else f"{_label(table)}（{'、'.join(_first_headings(table))}）"
    what = f"前 {intake().header_within} 个非空行里找不到表头：没有一行的列名与{wanted}相合；首行是“{shown}”。"
    return what, "", "", "", "", "请在数据上方加一行列名；或用 --as 指明是哪种台账、用 --sheet 指明工作表。"


def _first_headings(table: str) -> list[str]:
    return [words[0] for words in intake().headings_of(table).values()][:6]


def _header(sheet: Sheet, table: str, lines: _Lines) -> Header:
    """Take each column for what it means; of two that mean the same the better told one is taken."""
    found = _whole(lines.headings, table, [_matched(words, table, n) for n, words in enumerate(lines.headings)])
    count: dict[str, int] = {}
    for match in found:
        count[match.heading] = count.get(match.heading, 0) + 1
    named = []
    for place, match in enumerate(found):
        heading = f"{match.heading}（{letters(place + 1)}列）" if count[match.heading] > 1 else match.heading
        named.append(Match(heading, match.column, match.manner, match.why, match.unit, match.notes))
    return Header(table, lines.first, lines.last, tuple(named))


def _whole(headings: Sequence[tuple[str, ...]], table: str, found: Sequence[Match]) -> list[Match]:
    """Take no column for a whole that its heading is a part of, nor several below one heading for what that one names.

    Where no other column is the whole, its parts are no column that is left out: the sheet does not say what it asks.
    """
    above = [
        () if match.column is None else _named_above(words, table) for words, match in zip(headings, found, strict=True)
    ]
    count = Counter(above)
    whole = {*intake().wholes, *_units()}
    parts = {
        n
        for n, match in enumerate(found)
        if match.manner == "part"
        or (above[n] and count[above[n]] > 1 and not whole & {plain(word)[0] for word in headings[n][1:]})
    }
    had = {match.column for n, match in enumerate(found) if n not in parts}
    told = []
    for n, match in enumerate(found):
        if n not in parts:
            told.append(match)
            continue
        asked = {**intake().places, **intake().headings_of(table)}[match.column or ""][0]
        why = f"只是“{asked}”的一部分，未采用"
        if match.column not in had:
            why = f"只是“{asked}”的一部分，表里没有总的一列：请加一列“{asked}”"
        manner: Manner = "unknown" if match.column in had else "part"
        told.append(Match(match.heading, None, manner, why, notes=match.notes))
    return told


def _named_above(words: tuple[str, ...], table: str) -> tuple[str, ...]:
    """Return the headings of a column down to the one that names it, where its own does not; else none."""
    known = _known(words, table)
    return () if known is None or known[1] in _own_forms(words) else _above(words, known[1])


def _above(words: Sequence[str], base: str) -> tuple[str, ...]:
    return next(tuple(words[:n]) for n in range(1, len(words)) if base in _plain_forms(words[n - 1]))
