"""The two nouns of a table specification: a field and a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "number", "flag"]
"""What a column holds: ``text`` (str), ``integer`` (whole number), ``number`` (finite real), ``flag`` (bool)."""

Shape = Literal["Point", "LineString", "Polygon", "Any", "Polygon or Point"]
"""Geometry a layer holds; ``Polygon`` admits MultiPolygon, ``Any`` admits all."""


@dataclass(frozen=True)
class Field:
    """One column of a layer or ledger.

    Parameters
    ----------
    name
        Column name.
    kind
        What it holds.
    means
        What it means, in one phrase; used in messages and in the documentation.
    required
        Whether the column must be there. An absent optional column is read as all missing.
    nullable
        Whether single values may be missing.
    unique
        Whether values must differ from row to row.
    at_least, at_most
        Smallest and largest value allowed.
    one_of
        The only values allowed, or empty.
    """

    name: str
    kind: Kind
    means: str
    required: bool = True
    nullable: bool = False
    unique: bool = False
    at_least: float | None = None
    at_most: float | None = None
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reference:
    """A column whose values must be identifiers of another table."""

    column: str
    table: str


@dataclass(frozen=True)
class Table:
    """What one layer (with geometry) or ledger (without) must look like.

    Parameters
    ----------
    name
        Name of the layer in ``ground.gpkg``, or stem of the ledger's CSV file.
    row
        What one row is.
    fields
        The columns; all others are kept but not read.
    shape
        Geometry type; None for a ledger.
    references
        Columns that point to another table; checked where that table is part of the district.
    required
        Whether a district must have the table at all.
    """

    name: str
    row: str
    fields: tuple[Field, ...]
    shape: Shape | None = None
    references: tuple[Reference, ...] = ()
    required: bool = False

    def field(self, name: str) -> Field:
        """Return the field called ``name``; KeyError if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)
