"""What every reader gives: the rows of a source as they are, with their shapes, not yet in the house's words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.catalogue.validation import MOST_ROWS_NAMED
from workbench.errors import GeodataError, Problem, SourceError
from workbench.ground.sources.condition import ConditionError, Decimal, number_in, numbers, read_condition

# ----------------------------------------------------------------------------------------------------------------------
# Source files as files: whether they are there, and which bytes they are.


_RASTERS: Final = (".tif", ".tiff", ".img", ".asc", ".vrt", ".nc", ".hgt", ".jp2", ".png", ".jpg", ".ecw", ".adf")


def raster_problems(where: str, path: Path, key: str = "") -> list[Problem]:
    """Say of a raster that rasters are not read, and how to make points of it."""
    if path.suffix.lower() not in _RASTERS:
        return []
    return [
        Problem(
            where,
            "rasters are not read",
            key=key,
            expected="points or areas with a number of residents, one row a cell",
            found=path.name,
            mend="Make points of its cells: QGIS, Processing, 'Raster pixels to points', saved as GeoPackage or CSV; "
            "or 'gdal_translate -of XYZ -co ADD_HEADER_LINE=YES -co COLUMN_SEPARATOR=COMMA IN OUT.csv'. Then read "
            "them as format: grid, with the CRS of the raster; leave cells without data out with 'where'.",
        )
    ]


def missing(path: Path, error: OSError | None = None) -> SourceError:
    """Say that a source file is not there, or may not be read."""
    if error is None or isinstance(error, FileNotFoundError):
        return SourceError(
            Problem(
                str(path),
                "the file is missing",
                mend="Check the path; in a recipe, relative paths start at its own folder.",
            )
        )
    return SourceError(Problem(str(path), "the file cannot be read", found=error.strerror or str(error)))


def there(path: Path) -> bool:
    """Whether a path leads to a file or a folder; a device, which may never end, is neither."""
    try:
        return path.is_file() or path.is_dir()
    except (OSError, ValueError):  # a path that no system takes
        return False


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal; of a folder (a file geodatabase), of all its files."""
    try:
        if path.is_dir():
            parts = [sha256(part) for part in sorted(path.rglob("*")) if part.is_file()]
            return hashlib.sha256("\n".join(parts).encode()).hexdigest()
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise missing(path, error) from error


# ----------------------------------------------------------------------------------------------------------------------
# What every reader gives: the rows of a source as they are, with their shapes, not yet in the house's words.


Shapes = npt.NDArray[Any]


Kind = Literal["read", "changed", "guessed", "assumed", "left_out", "unplaced", "warning"]
"""What a remark tells of."""


@dataclass(frozen=True)
class Remark:
    """One thing an import has to say of a source.

    Attributes
    ----------
    kind
        How it was read; what was changed, guessed or left out; what nobody measured and is taken to be so; a row that
        waits to be placed by hand; or what is strange and was let pass.
    words
        The thing, with its count and the reason.
    rows
        Rows of the source that are accounted for: those left out. What is left out in other units has none.
    """

    kind: Kind
    words: str
    rows: int = 0


@dataclass(frozen=True)
class Reading:
    """A source as read.

    Attributes
    ----------
    path
        The file.
    rows
        One row a feature, columns as in the source; index 0 …
    shapes
        Geometry of each row, in ``crs``; None for a ledger.
    crs
        CRS of the shapes; empty for a ledger.
    lines
        What to call each row in a message: "on line 7", "#3", an OSM id.
    remarks
        How it was read, and what was changed, guessed and left out.
    held
        Rows that the file holds, as its reader counts them; those of ``rows`` unless a reader knows better.
    """

    path: Path
    rows: pd.DataFrame
    shapes: Shapes | None
    crs: str
    lines: list[str]
    remarks: tuple[Remark, ...] = ()
    held: int = -1

    def __post_init__(self) -> None:
        if self.held < 0:
            object.__setattr__(self, "held", len(self.rows))

    def take(self, mask: npt.NDArray[np.bool_], why: str, rows: str = " rows: ") -> Reading:
        """Return the rows where ``mask`` is true, with the reason why the others are left out, in the words given."""
        lost = int((~mask).sum())
        return replace(
            self,
            rows=self.rows[mask].reset_index(drop=True),
            shapes=None if self.shapes is None else self.shapes[mask],
            lines=[line for line, keep in zip(self.lines, mask, strict=True) if keep],
            remarks=(*self.remarks, *([Remark("left_out", f"{lost:,}{rows}{why}", lost)] if lost else ())),
        )

    def filtered(self, where: str | None) -> Reading:
        """Return the rows that satisfy the ``where`` of a recipe."""
        if where is None:
            return self
        try:
            condition = read_condition(where)
            mask = condition.holds(self.rows).to_numpy(bool)
        except ConditionError as error:
            raise SourceError(
                Problem(
                    str(self.path), "the condition cannot be answered", key="where", expected=where, found=str(error)
                )
            ) from error
        missed = [
            f'{rows:,} rows hold {word!r} beside other values in {column}: contains({column}, "{word}") takes them too'
            for column, word, rows in condition.among_others(self.rows[~mask])
        ]
        if not mask.any():
            raise SourceError(
                Problem(
                    str(self.path),
                    "the condition keeps no row",
                    key="where",
                    expected=where,
                    found=f"0 of {len(mask):,} rows",
                    mend=f"{'; '.join(missed)}." if missed else "Check the spelling and the values of the column.",
                )
            )
        taken = self.take(mask, f"they do not satisfy {where}")
        return replace(taken, remarks=(*taken.remarks, *(Remark("warning", words) for words in missed)))


def listed(
    path: Path, lines: list[str], bad: npt.NDArray[np.bool_], what: str, *, found: Any, column: str = "", **words: str
) -> list[Problem]:
    """Name the bad rows of a source, the first of them singly."""
    places = np.flatnonzero(bad)
    problems = [
        Problem(str(path), what, row=lines[i], column=column, found=str(found[i]), **words)
        for i in places[:MOST_ROWS_NAMED]
    ]
    if len(places) > MOST_ROWS_NAMED:
        rest = len(places) - MOST_ROWS_NAMED
        problems.append(Problem(str(path), f"and {rest:,} more rows with the same problem", column=column))
    return problems


def as_numbers(
    reading: Reading, column: str, values: pd.Series, decimal: Decimal | None, expected: str, *, needed: bool = False
) -> tuple[pd.Series, list[Problem], list[Remark]]:
    """Read a column as numbers."""
    read = numbers(values, decimal)
    unsure = values.index.isin(read.unsure)
    odd = values.index.isin(read.odd) | (needed & read.values.isna().to_numpy() & ~unsure)
    both = [_two_readings(value) if mark else "" for value, mark in zip(values, unsure, strict=True)]
    problems = [
        *listed(
            reading.path,
            reading.lines,
            odd,
            "the value is missing or no number" if needed else "the value is no number",
            column=column,
            found=[repr(value) for value in values],
            expected=expected,
            mend="Correct the cell, or leave the row out with 'where'."
            if needed
            else "Correct the cell; leave it empty where the number is not known.",
        ),
        *listed(
            reading.path,
            reading.lines,
            unsure,
            "the comma may part thousands or decimals, and the cells of the column together do not tell",
            column=column,
            found=both,
            expected=expected,
            mend="Say what stands before the decimals with 'decimal: \".\"' or 'decimal: \",\"' for this source.",
        ),
    ]
    remarks = []
    if read.mended:
        remarks.append(Remark("changed", f"{read.mended:,} numbers in {column} mended (full-width, separators)"))
    if read.mended and read.decimal == "," and decimal is None:
        remarks.append(Remark("guessed", f"{column} has a decimal comma, as all its cells together tell"))
    return read.values, problems, remarks


def _two_readings(cell: object) -> str:
    """Write a cell with the numbers it is by a decimal point and by a decimal comma; some are one of them only."""
    found = (number_in(str(cell), decimal) for decimal in (".", ","))
    return f"{cell!r}, {' or '.join(f'{number:g}' for number in found if number is not None)}"


def refuse_twice(path: Path, names: Sequence[str]) -> None:
    """Refuse a source in which two columns have one name."""
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        mend = "Give each column a name of its own."
        raise SourceError(Problem(str(path), "two columns have one name", column=", ".join(twice), mend=mend))


def refuse(problems: list[Problem]) -> None:
    """Raise when there is a problem."""
    if problems:
        raise GeodataError(problems)
