"""The five-minute facilities of GB 50180-2018 as a table: what is due, how far, how large."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from workbench.documents import Frozen, build, read_yaml
from workbench.standards.register import Certainty, Register, Standard, register

_PREFIX = "gb50180.five_minute"


class Facility(Frozen):
    """One facility of the five-minute circle; sizes and radius are standards, None where the table gives none."""

    key: str
    """Its name in keys of the register, ``gb50180.five_minute.KEY.…``."""
    label: str
    """Its name, in Chinese."""
    due: Literal["▲", "△"]
    """▲ shall be built (应配建), △ as needed (按需配建)."""
    note: str
    """What it comprises, or how it is built."""
    citation: str
    """Document, table and certainty of ``due``."""
    radius: Standard | None
    """Longest service radius, m."""
    floor_area_min: Standard | None
    """Least floor area of one place, ㎡."""
    floor_area_max: Standard | None
    """Usual upper end of its floor area, ㎡."""
    land_min: Standard | None
    """Least land of one place, ㎡."""
    land_max: Standard | None
    """Usual upper end of its land, ㎡."""


class _Row(Frozen):
    label: str
    due: Literal["▲", "△"]
    note: str = ""


class _Table(Frozen):
    document: str
    clause: str
    certainty: Certainty = Field(strict=False)
    facilities: dict[str, _Row]


@cache
def _table() -> _Table:
    path = Path(__file__).with_name("five_minute_facilities.yaml")
    return build(_Table, read_yaml(path), str(path))


def five_minute_facilities(standards: Register | None = None) -> tuple[Facility, ...]:
    """Return the facilities of the five-minute circle in the order of the table.

    Parameters
    ----------
    standards
        Register to take radius and sizes from, such as a scenario's with its local values; the
        workbench's own when not given.

    Notes
    -----
    GB 50180-2018, appendix B table B.0.2 (which are due) and appendix C table C.0.2 (radius and
    sizes). A 党群驿家 is none of these facilities.
    """
    source, table = standards if standards is not None else register(), _table()
    citation = f"{table.document} {table.clause} 【{table.certainty}】"

    def size(key: str, quantity: str) -> Standard | None:
        name = f"{_PREFIX}.{key}.{quantity}"
        if name not in source:
            return None
        return source[name]

    return tuple(
        Facility(
            key=key,
            label=row.label,
            due=row.due,
            note=row.note,
            citation=citation,
            radius=size(key, "radius"),
            floor_area_min=size(key, "floor_area_min"),
            floor_area_max=size(key, "floor_area_max"),
            land_min=size(key, "land_min"),
            land_max=size(key, "land_max"),
        )
        for key, row in table.facilities.items()
    )
