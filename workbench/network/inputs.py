"""What callers hand in, checked once and turned into plain arrays.

All problems of one call are gathered and raised together. Each names the argument, the first bad row
and how many there are, not every one of a million.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import NetworkError, Problem
from workbench.network.compiled import Flags, Floats, Ints

MOST_NODES = 2**31 - 1
"""Node numbers are kept in 32 bits, and so are the columns of a sparse answer."""

MOST_EDGES = 2**31 - 1
"""Two arcs each, and these are numbered in 32 bits too."""


class Inputs:
    """The arguments of one call, and what is wrong with them.

    Each method returns the argument as a clean array, or an empty stand-in if it is beyond use, so
    that the others can still be looked at; :meth:`check` raises if there was anything wrong.

    Parameters
    ----------
    call
        Name of the call, shown in messages.
    """

    def __init__(self, call: str) -> None:
        self.call = call
        self.problems: list[Problem] = []

    def wrong(self, column: str, what: str, **parts: str) -> None:
        """Note one problem with one argument."""
        self.problems.append(Problem(self.call, what, column=column, **parts))

    def check(self) -> None:
        """Raise all problems found so far, if any.

        Raises
        ------
        NetworkError
            If there are any.
        """
        if self.problems:
            raise NetworkError(self.problems)

    def points(self, column: str, given: npt.ArrayLike) -> Floats:
        """Coordinates: shape (n, 2), finite."""
        array = self._numbers(column, given, "f")
        if array.size == 0:
            return np.empty((0, 2))
        if array.ndim != 2 or array.shape[1] != 2:
            self.wrong(column, "wrong shape", expected="(n, 2)", found=str(array.shape))
            return np.empty((0, 2))
        if len(array) > MOST_NODES:
            self.wrong(column, "too many nodes", expected=f"at most {MOST_NODES:,}", found=f"{len(array):,}")
            return np.empty((0, 2))
        finite = np.isfinite(array[:, 0]) & np.isfinite(array[:, 1])
        self._all(column, finite, array, "a coordinate that is not finite", "finite metres")
        return np.ascontiguousarray(array, np.float64)

    def pairs(self, column: str, given: npt.ArrayLike, nodes: int) -> Ints:
        """Edges: shape (m, 2), whole numbers, each one of ``nodes``."""
        array = self._numbers(column, given, "i")
        if array.size == 0:
            return np.empty((0, 2), np.int64)
        if array.ndim != 2 or array.shape[1] != 2:
            self.wrong(column, "wrong shape", expected="(m, 2)", found=str(array.shape))
            return np.empty((0, 2), np.int64)
        if len(array) > MOST_EDGES:
            self.wrong(column, "too many edges", expected=f"at most {MOST_EDGES:,}", found=f"{len(array):,}")
            return np.empty((0, 2), np.int64)
        good = ((array >= 0) & (array < nodes)).all(axis=1)
        self._all(column, good, array, "a node that does not exist", _range(nodes))
        return np.ascontiguousarray(array, np.int64)

    def lengths(self, column: str, given: npt.ArrayLike, count: int, *, closed: bool = False) -> Floats:
        """Lengths: shape (count,), not negative, finite unless infinite means closed."""
        array = self._numbers(column, given, "f")
        if array.shape != (count,) and not array.size == count == 0:
            self.wrong(column, "wrong shape", expected=str((count,)), found=str(array.shape))
            return np.empty(0)
        good = array >= 0.0 if closed else (array >= 0.0) & np.isfinite(array)
        expected = "not negative, infinite where closed" if closed else "finite and not negative"
        self._all(column, good, array, "a length that is no length", expected)
        return np.ascontiguousarray(array, np.float64)

    def flags(self, column: str, given: npt.ArrayLike | None, count: int) -> Flags:
        """Yes or no: shape (count,); None is all no."""
        if given is None:
            return np.zeros(count, np.bool_)
        array = np.asarray(given)
        if array.size == count == 0:
            return np.zeros(0, np.bool_)
        if array.dtype.kind != "b":
            self.wrong(column, "wrong type", expected="true or false", found=str(array.dtype))
            return np.zeros(count, np.bool_)
        if array.shape != (count,):
            self.wrong(column, "wrong shape", expected=str((count,)), found=str(array.shape))
            return np.zeros(count, np.bool_)
        return array

    def whole(self, column: str, given: npt.ArrayLike) -> Ints:
        """Whole numbers: shape (k,)."""
        array = self._numbers(column, given, "i")
        if array.ndim != 1:
            self.wrong(column, "wrong shape", expected="(k,)", found=str(array.shape))
            return np.empty(0, np.int64)
        return np.ascontiguousarray(array, np.int64)

    def within(self, column: str, number: Ints, count: int, what: str) -> None:
        """Note numbers outside 0..count-1."""
        good = (number >= 0) & (number < count)
        self._all(column, good, number, f"a position outside the {what}", _range(count))

    def rising(self, column: str, ptr: Ints, last: int) -> None:
        """Note a pointer that does not rise from 0 to ``last``."""
        if not len(ptr) or ptr[0] != 0 or ptr[-1] != last or (np.diff(ptr) < 0).any():
            found = f"{ptr[0]} to {ptr[-1]}" if len(ptr) else "nothing"
            self.wrong(column, "not a pointer", expected=f"numbers that never fall, from 0 to {last}", found=found)

    def limit(self, given: float) -> float:
        """How far to walk: a number, not negative, may be infinite."""
        try:
            limit = math.nan if isinstance(given, (bool, np.bool_, str)) else float(given)
        except (TypeError, ValueError, OverflowError):
            limit = math.nan
        if not limit >= 0.0:
            mend = "Use math.inf to walk without a limit."
            self.wrong("limit_m", "no limit", expected="a number, not negative", found=repr(given), mend=mend)
        return limit

    def position(self, given: object, count: int = MOST_NODES) -> None:
        """Position of one source: a whole number, 0..count-1."""
        if isinstance(given, (bool, np.bool_)) or not isinstance(given, (int, np.integer)) or not 0 <= given < count:
            self.wrong("position", "no position", expected=_range(count), found=repr(given))

    def editable(self, column: str, given: object, dtype: type[np.generic], count: int) -> None:
        """Half of an answer that is to be changed in place: shape (count,), of one type, in one piece."""
        if not isinstance(given, np.ndarray) or given.dtype != dtype or given.shape != (count,):
            found = f"{given.dtype} {given.shape}" if isinstance(given, np.ndarray) else type(given).__name__
            self.wrong(column, "no answer of nearest", expected=f"{dtype.__name__} {(count,)}", found=found)
        elif not given.flags.carray:
            self.wrong(column, "cannot be changed in place", expected="a contiguous array that may be written")

    def _numbers(self, column: str, given: npt.ArrayLike, kind: str) -> npt.NDArray[Any]:
        """Take an array of whole numbers ("i") or of numbers ("f"); an empty list is either."""
        try:
            array = np.asarray(given)
        except ValueError:  # rows of different length
            self.wrong(column, "not an array", expected="rows of one length", found="rows of different lengths")
            return np.empty(0)
        if array.size and array.dtype.kind not in {"i": "iu", "f": "iuf"}[kind]:
            expected = "whole numbers" if kind == "i" else "numbers"
            self.wrong(column, "wrong type", expected=expected, found=str(array.dtype))
            return np.empty(0, np.int64 if kind == "i" else np.float64)
        return array

    def _all(self, column: str, good: Flags | np.bool_, array: npt.NDArray[Any], what: str, expected: str) -> None:
        """Note the first row that is not good, and count the others."""
        if good.all():
            return
        bad = np.flatnonzero(~good)
        found = str(array[bad[0]]) + (f" and {len(bad) - 1:,} more" if len(bad) > 1 else "")
        self.wrong(column, what, row=str(bad[0]), expected=expected, found=found)


def _range(count: int) -> str:
    return f"0 to {count - 1}" if count else "none, as there are none"
