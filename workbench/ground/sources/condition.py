"""The ``where`` of a recipe: a condition on the columns of a source, and nothing else.

The language is the part of Python that compares: ``healthcare > 0``,
``kind == "school" and not missing(name)``, ``level in ("1", "2")``, ``0 < population <= 500``,
``contains(amenity, "library")``. Column names that are no words of Python stand in backticks. The text
is parsed and every part of it is looked up in a list of what is allowed, so a recipe from a stranger
can filter rows and do nothing else. Beside text a column is text, trimmed, beside a number it is
numbers, beside true or false it is flags. A missing value satisfies no comparison, not even ``!=``.
"""

from __future__ import annotations

import ast
import datetime as dt
import operator
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from workbench.catalogue.validation import flag

# ----------------------------------------------------------------------------------------------------------------------
# Cells as people write them: numbers in full-width digits, with thousands or decimal commas; a dash for nothing.


Decimal = Literal[".", ","]
"""What stands before the decimals of a number; the other sign parts thousands."""

NOTHING: Final = frozenset({"", "/", "-", "—", "――", "–", "na", "n/a", "nan", "null", "none", "无", "不详"})
"""What a cell says when nothing is known; compared in lower case, after trimming."""

# only forms of a sign that are the same sign: ①, ² and † are marks of notes and stay what they are
_NARROW: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | dict.fromkeys((0x3000, 0xA0, 0x202F), 0x20)
_PLAIN: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WRITTEN: Final[dict[str, re.Pattern[str]]] = {
    ".": re.compile(r"[+-]?([1-9][0-9]{0,2}((,[0-9]{3})+|( [0-9]{3})+)(\.[0-9]*)?)"),
    ",": re.compile(r"[+-]?([0-9]+|[1-9][0-9]{0,2}((\.[0-9]{3})+|( [0-9]{3})+))(,[0-9]*)?"),
}
"""Numbers that need a reading, by their decimal sign."""


@dataclass(frozen=True)
class Unread:
    """A cell of a workbook that holds no value: an error, a formula never computed, a number merged over rows.

    It is no text, so that no column takes it for any.
    """

    words: str

    def __str__(self) -> str:
        return self.words

    __repr__ = __str__


def heading(text: str) -> str:
    """Return the name of a column on one line; a break between signs that need no blank goes without a trace."""
    return re.sub(r"\s*[\r\n]+\s*", " ", re.sub(r"(?<=[^\x00-\x7f])\s*[\r\n]+\s*(?=[^\x00-\x7f])", "", text.strip()))


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers.

    Attributes
    ----------
    values
        Float column; NaN where a cell is empty or odd.
    odd
        Index of the cells that hold something that is no number.
    mended
        Number of cells whose writing was put right (full-width digits, thousands separators, decimal commas).
    unsure
        Index of the cells whose comma may part thousands or decimals, when no other cell tells which; not read.
    decimal
        What was taken to stand before the decimals of text; None when that is open.
    """

    values: pd.Series
    odd: list[Any]
    mended: int
    unsure: list[Any]
    decimal: Decimal | None = "."


def numbers(column: pd.Series, decimal: Decimal | None = None) -> Numbers:
    """Read a column as numbers, however people wrote them."""
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype):
        return Numbers(column.astype("float64"), [], 0, [])
    plain = column
    if column.dtype == object:  # a date is no number, whatever pandas makes of it
        plain = column.mask(column.map(lambda cell: isinstance(cell, (dt.date, dt.time, dt.timedelta))).astype(bool))
    quick = pd.to_numeric(plain, errors="coerce").astype("float64")
    quick = quick.where(np.isfinite(quick))  # the word "inf" is no quantity
    hard = column.index[(quick.isna() & column.notna()).to_numpy()]
    words = {place: tidy(column.loc[place]) for place in hard}
    sign: Decimal | None = decimal or "."
    commas = any("," in word for word in words.values())
    if decimal == "," or (commas and decimal is None):
        dotted = {p: cell.strip() for p, cell in column[quick.notna()].items() if isinstance(cell, str) and "." in cell}
        told = _decimal([*words.values(), *dotted.values()])
        # a column without a comma may well be written with points though others of its file are not
        sign = told if decimal is None or (told == "." and not commas) else decimal
        words |= dotted if sign == "," else {}  # a point that parts thousands is no decimal point
    odd: list[Any] = []
    unsure: list[Any] = []
    mended = 0
    for place, word in words.items():
        value = _value(word, sign or ".")
        if sign is None and "," in word and _value(word, ",") is not None:
            unsure.append(place)
            value = None
        elif value is None:
            odd.append(place)
        quick.loc[place] = np.nan if value is None else value
        mended += value is not None and not np.isnan(value)
    return Numbers(quick, odd, mended, unsure, sign if words else ".")


def tidy(cell: Any) -> str:
    """Return the text of a cell in plain signs, trimmed; 1.0 is 1, an id that a reader took for a number."""
    whole = isinstance(cell, float) and cell.is_integer()
    return str(int(cell) if whole else cell).translate(_NARROW).strip()


def _decimal(words: Sequence[str]) -> Decimal | None:
    """Tell the decimal sign of a column from all its cells together; None when they leave it open."""
    told = [{sign for sign in _WRITTEN if _value(word, sign) is not None} for word in words]
    for_point, for_comma = told.count({"."}), told.count({","})
    if for_point == for_comma:
        return None
    return "." if for_point > for_comma else ","


def _value(word: str, decimal: str) -> float | None:
    if word.lower() in NOTHING:
        return float("nan")
    if _WRITTEN[decimal].fullmatch(word):
        group = "," if decimal == "." else "."
        word = word.replace(group, "").replace(" ", "").replace(",", ".")
    elif decimal == "," and "." in word:
        return None
    return float(word) if _PLAIN.fullmatch(word) else None


def number_in(text: str, decimal: Decimal = ".") -> float | None:
    """Return the number a single cell holds, NaN when it says "nothing", None when it is neither."""
    return _value(tidy(text), decimal)


# ----------------------------------------------------------------------------------------------------------------------
# The ``where`` of a recipe: a condition on the columns of a source, and nothing else.


_ORDER: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = MappingProxyType(
    {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}
)
_EQUAL: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = MappingProxyType(
    {ast.Eq: operator.eq, ast.NotEq: operator.ne}
)
_HELP: Final = "a comparison of columns, such as  healthcare > 0 and not missing(name)"


_SEVERAL: Final = re.compile("[;；、|]")
"""What parts several values of one cell."""

MOST_NESTED: Final = 50
"""Levels of a condition; each is a call inside a call when it is answered."""


class ConditionError(ValueError):
    """A condition that cannot be read, or that the columns cannot answer."""


@dataclass(frozen=True)
class Condition:
    """A condition that was read and found harmless.

    Attributes
    ----------
    text
        As it stands in the recipe.
    columns
        Columns it asks for, in the order in which they first occur.
    """

    text: str
    columns: tuple[str, ...]
    _tree: ast.expr
    _names: Mapping[str, str]

    def holds(self, table: pd.DataFrame) -> pd.Series:
        """Return, for each row of ``table``, whether the condition holds."""
        lost = [name for name in self.columns if name not in table.columns]
        if lost:
            raise ConditionError(f"the column {lost[0]!r} is not in the source; it has {listing(table.columns)}")
        return _Judge(table, self._names).bool(self._tree)

    def among_others(self, table: pd.DataFrame) -> list[tuple[str, str, int]]:
        """Return what ``==`` and ``in`` miss, since cells hold it beside other values: column, text, rows."""
        found = []
        for node in (node for node in ast.walk(self._tree) if isinstance(node, ast.Compare)):
            match node:
                case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq()], comparators=[ast.Constant() as one]):
                    members: list[ast.expr] = [one]
                case ast.Compare(
                    left=ast.Name(id=name), ops=[ast.In()], comparators=[ast.Tuple() | ast.List() as many]
                ):
                    members = many.elts
                case _:
                    continue
            column = self._names.get(name, name)
            cells = [[tidy(part) for part in _SEVERAL.split(text)] for text in _texts(table[column])]
            words = [m.value for m in members if isinstance(m, ast.Constant) and isinstance(m.value, str)]
            rows = [sum(len(parts) > 1 and tidy(word) in parts for parts in cells) for word in words]
            found += [(column, word, count) for word, count in zip(words, rows, strict=True) if count]
        return found


def listing(names: Any, most: int = 30) -> str:
    """Write column names in a row, shortened when there are very many; those with _ are not of the file."""
    words = [str(name) for name in names if str(name) != "geometry" and not str(name).startswith("_")]
    return ", ".join(words[:most]) + (f" … ({len(words)} in all)" if len(words) > most else "")


def read_condition(text: str) -> Condition:
    """Read a condition."""
    quoted: dict[str, str] = {}

    def plain(match: re.Match[str]) -> str:
        word = f"_quoted_{len(quoted)}"
        quoted[word] = match.group(1)
        return word

    try:
        tree = ast.parse(re.sub(r"`([^`]+)`", plain, text).strip(), mode="eval").body
    except (MemoryError, RecursionError, SyntaxError, ValueError) as error:
        hint = "" if text.isascii() else "; a column name that is no plain word stands in backticks: `人口（人）` > 0"
        raise ConditionError(f"it cannot be read ({getattr(error, 'msg', error)}); expected {_HELP}{hint}") from None
    if _depth(tree) > MOST_NESTED:
        raise ConditionError(f"it is nested too deeply; expected at most {MOST_NESTED} levels")
    found: dict[str, None] = {}
    _check_bool(tree, found)
    columns = tuple(dict.fromkeys(quoted.get(name, name) for name in found))
    return Condition(text, columns, tree, MappingProxyType(quoted))


def _depth(tree: ast.AST) -> int:
    """Count the levels of a condition, one after the other: deep ones are what it looks for."""
    depth, level = 0, [tree]
    while level and depth <= MOST_NESTED:
        depth, level = depth + 1, [child for node in level for child in ast.iter_child_nodes(node)]
    return depth


def _refuse(node: ast.AST) -> ConditionError:
    try:
        words = ast.unparse(node)
    except (AttributeError, ValueError):  # pragma: no cover - operators have no text of their own
        words = type(node).__name__
    return ConditionError(f"{words!r} is not allowed in a condition; expected {_HELP}")


def _check_bool(node: ast.expr, found: dict[str, None]) -> None:
    match node:
        case ast.BoolOp(values=values):
            for value in values:
                _check_bool(value, found)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            _check_bool(operand, found)
        case ast.Call(func=ast.Name(id="missing"), args=[ast.Name(id=name)], keywords=[]):
            found.setdefault(name)
        case ast.Call(func=ast.Name(id="contains"), args=[ast.Name(id=name), ast.Constant(value=str())], keywords=[]):
            found.setdefault(name)
        case ast.Compare(left=left, ops=ops, comparators=right):
            _check_value(left, found)
            for op, value in zip(ops, right, strict=True):
                if isinstance(op, (ast.In, ast.NotIn)):
                    _check_members(value)
                elif type(op) in _ORDER or type(op) in _EQUAL:
                    _check_value(value, found)
                else:
                    raise _refuse(node)
        case _:
            raise _refuse(node)


def _check_value(node: ast.expr, found: dict[str, None]) -> None:
    if isinstance(node, ast.Name):
        found.setdefault(node.id)
    else:
        _constant(node)


def _check_members(node: ast.expr) -> None:
    if not isinstance(node, (ast.Tuple, ast.List)):
        raise _refuse(node)
    for member in node.elts:
        _constant(member)


def _constant(node: ast.expr) -> str | int | float | bool:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=(int() | float()) as value)):
            return -value
        case _:
            raise _refuse(node)


@dataclass(frozen=True)
class _Judge:
    """Answers a checked condition, one vector a part."""

    table: pd.DataFrame
    names: Mapping[str, str]

    def bool(self, node: ast.expr) -> pd.Series:
        match node:
            case ast.BoolOp(op=op, values=values):
                parts = [self.bool(value) for value in values]
                whole = parts[0]
                for part in parts[1:]:
                    whole = (whole & part) if isinstance(op, ast.And) else (whole | part)
                return whole
            case ast.UnaryOp(operand=operand):
                return ~self.bool(operand)
            case ast.Call(args=[ast.Name(id=name)]):
                return self.column(name).isna()
            case ast.Call(args=[ast.Name(id=name), ast.Constant(value=str() as part)]):
                return _texts(self.column(name)).str.contains(tidy(part), regex=False)
            case ast.Compare(left=left, ops=ops, comparators=right):
                chain = [left, *right]
                whole = pd.Series(True, index=self.table.index)
                for verb, one, other in zip(ops, chain[:-1], chain[1:], strict=True):
                    whole &= self.compare(verb, one, other)
                return whole
        raise _refuse(node)  # pragma: no cover - read_condition admits nothing else

    def column(self, name: Hashable) -> pd.Series:
        """Return a column; a cell of nothing but blanks is missing."""
        column = self.table[self.names.get(str(name), str(name))]
        return column.mask(_texts(column) == "") if column.dtype in (object, "str") else column

    def compare(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> pd.Series:
        if isinstance(op, (ast.In, ast.NotIn)):
            assert isinstance(right, (ast.Tuple, ast.List))
            within = pd.Series(False, index=self.table.index)
            for member in right.elts:
                within |= self.compare(ast.Eq(), left, member)
            return within if isinstance(op, ast.In) else ~within & self.known(left)
        verb = _ORDER.get(type(op)) or _EQUAL[type(op)]
        one, other = self.value(left, right), self.value(right, left)
        if type(op) in _ORDER:
            one, other = _in_order(one, other)
        try:
            answer = verb(one, other)
        except TypeError:
            raise ConditionError(f"{ast.unparse(left)} and {ast.unparse(right)} cannot be compared") from None
        if isinstance(answer, pd.Series):
            return answer.astype("bool") & self.known(left) & self.known(right)
        return pd.Series(bool(answer), index=self.table.index)

    def known(self, node: ast.expr) -> pd.Series:
        if isinstance(node, ast.Name):
            return self.column(node.id).notna()
        return pd.Series(True, index=self.table.index)

    def value(self, node: ast.expr, beside: ast.expr) -> Any:
        """Return a column or constant; a column is what the constant beside it is: numbers, flags or text."""
        if not isinstance(node, ast.Name):
            constant = _constant(node)
            return tidy(constant) if isinstance(constant, str) else constant
        column = self.column(node.id)
        if isinstance(beside, ast.Name):
            return _texts(column)
        kind = _constant(beside)
        if isinstance(kind, str):
            return _texts(column)
        read = column.map(flag) if isinstance(kind, bool) else numbers(column)
        if isinstance(read, pd.Series):
            odd, what = list(column.index[read.isna() & column.notna()]), "neither true nor false"
        else:
            odd, what = [*read.odd, *read.unsure], "no number that can be told"
            read = read.values
        if odd:
            raise ConditionError(f"the column {column.name!r} holds {column.loc[odd[0]]!r}, which is {what}")
        return read


def _in_order(one: Any, other: Any) -> tuple[Any, Any]:
    """Bring texts that are numbers to numbers before they are put in order: 9 comes before 10."""
    if isinstance(one, pd.Series) and isinstance(other, pd.Series):
        left, right = numbers(one), numbers(other)
        told = not any((left.odd, left.unsure, right.odd, right.unsure))
        return (left.values, right.values) if told else (one, other)
    for text in (one, other):
        if isinstance(text, str) and (value := number_in(text)) is not None and value == value:
            raise ConditionError(f"{text!r} is text; a number that others are compared with stands without quotes")
    return one, other


def _texts(column: pd.Series) -> pd.Series:
    """Return cells as text, trimmed; nothing where they are missing."""
    return column.astype(object).where(column.notna(), "").map(tidy).astype(object)
