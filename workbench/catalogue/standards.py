"""Loader of the register of standards (the files of ``register/``).

A threshold is never a bare number: it knows the document and clause it comes from, how binding its
wording is, and how surely its value is known. Values marked 【疑】 warn whenever they are used.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from workbench.documents import Frozen, build, read_yaml
from workbench.errors import Problem, StandardError, StandardWarning, did_you_mean


class Certainty(StrEnum):
    """How surely a value is known."""

    CORROBORATED = "证"
    """Seen in public material."""
    KNOWN = "知"
    """Professional knowledge; the original was not at hand."""
    DOUBTFUL = "疑"
    """To be checked against the original before anybody relies on it."""
    COMPUTED = "算"
    """Computed from other values of the register."""
    INFERRED = "推"
    """A default of this workbench; a parameter, no standard."""


class Rule(Frozen):
    """What a document says without a number."""

    text: str
    """The rule, in Chinese."""
    clause: str = ""
    """Clause or table of the document."""
    certainty: Certainty = Field(strict=False)
    """How surely it is known."""


class Document(Frozen):
    """A document that values of the register come from."""

    title: str
    """Its full title."""
    in_force: str = ""
    """Date from which it holds, ISO; empty if it was not at hand."""
    certainty: Certainty = Field(strict=False)
    """How surely the document and its date are known."""
    rules: Annotated[tuple[Rule, ...], Field(strict=False)] = ()
    """Rules without a number that a reader of its values must know."""


class Standard(Frozen):
    """One value of the register."""

    key: str = ""
    """Its name, dotted."""
    value: float
    """The value."""
    unit: str
    """Unit of the value."""
    wording: Literal["应", "宜", "可", "—"]
    """How binding the clause is: 应 shall, 宜 should, 可 may, — no requirement, or its wording was not at hand."""
    document: str
    """Document it comes from."""
    clause: str = ""
    """Clause or table of the document."""
    certainty: Certainty = Field(strict=False)
    """How surely the value is known."""
    checked: str = ""
    """Date on which it was compared with the original; empty if it was not."""
    label: str
    """What it says, in Chinese."""
    origin: str = "register"
    """Who set the value: the register, or the scenario file that overrides it."""

    @property
    def citation(self) -> str:
        """Document, clause, wording and certainty, as a footnote."""
        parts = [
            self.document,
            self.clause,
            "" if self.wording == "—" else f"“{self.wording}”",
            f"【{self.certainty}】{'须核对原文' if self.certainty is Certainty.DOUBTFUL else ''}",
        ]
        note = " ".join(part for part in parts if part)
        return note if self.origin == "register" else f"{note}（取值由 {self.origin} 改定）"

    @property
    def footnote(self) -> str:
        """What the value is, the value, and its citation, for the foot of a table or figure."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{self.label} {self.value:g}{unit}：{self.citation}"

    def used(self) -> float:
        """Return the value for a calculation; warns when it is marked 【疑】.

        Warns
        -----
        StandardWarning
            If the value has not been checked against its source.
        """
        if self.certainty is Certainty.DOUBTFUL:
            warnings.warn(
                f"standard {self.key} = {self.value:g} {self.unit} is marked 【疑】: check {self.document} "
                f"{self.clause} before relying on it",
                StandardWarning,
                stacklevel=2,
            )
        return self.value


@dataclass(frozen=True)
class _Footnote:
    """A standard as cited at the foot of a table or figure.

    Parameters
    ----------
    number
        Its number there, from 1.
    standard
        The standard.
    """

    number: int
    standard: Standard

    def __str__(self) -> str:
        return f"[{self.number}] {self.standard.footnote}"


_Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")]


class _File(Frozen):
    documents: dict[str, Document] = Field(default_factory=dict)
    standards: dict[_Key, Standard]


class Register(Mapping[str, Standard]):
    """The standards by key, in the order of the files.

    Parameters
    ----------
    standards
        The standards; each knows its key.
    documents
        The documents they come from, by the name that standards cite.
    """

    def __init__(self, standards: Mapping[str, Standard], documents: Mapping[str, Document] | None = None) -> None:
        self._standards = MappingProxyType(dict(standards))
        self._documents = MappingProxyType(dict(documents or {}))

    def __getitem__(self, key: str) -> Standard:
        """Return a standard; StandardError, with what comes close, if there is none of this key."""
        try:
            return self._standards[key]
        except KeyError:
            raise StandardError(self._missing(key)) from None

    def _missing(self, key: str) -> Problem:
        mend = did_you_mean(key, self._standards, "See 'workbench standards'.", most=3, cutoff=0.4)
        return Problem("standards", "the register holds no such standard", key=key, mend=mend)

    def __iter__(self) -> Iterator[str]:
        return iter(self._standards)

    def __len__(self) -> int:
        return len(self._standards)

    def __contains__(self, key: object) -> bool:
        return key in self._standards

    @property
    def documents(self) -> Mapping[str, Document]:
        """Documents by the name that standards cite; values of this workbench's own have none."""
        return self._documents

    def cited(self, keys: Iterable[str]) -> tuple[_Footnote, ...]:
        """Return numbered footnotes for these standards, in order of first mention, each once.

        Raises
        ------
        StandardError
            With every key that is not in the register.
        """
        wanted = list(dict.fromkeys(keys))
        missing = [self._missing(key) for key in wanted if key not in self]
        if missing:
            raise StandardError(missing)
        return tuple(_Footnote(number, self[key]) for number, key in enumerate(wanted, 1))

    def __hash__(self) -> int:
        return id(self)

    def overridden(self, values: Mapping[str, float], origins: Mapping[str, str]) -> Register:
        """Return a register in which some values are set locally and say by whom.

        Parameters
        ----------
        values
            New values by key.
        origins
            File that sets each of them.

        Raises
        ------
        StandardError
            If a key is not in the register.
        """
        changed = {
            key: self[key].model_copy(update={"value": float(value), "origin": origins.get(key, "call")})
            for key, value in values.items()
        }
        return Register({**self._standards, **changed}, self._documents)


def read_register(path: Path) -> Register:
    """Read a register from a YAML file, or from all those of a folder, in the order of their names."""
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    standards: dict[str, Standard] = {}
    documents: dict[str, Document] = {}
    home: dict[str, str] = {}
    twice: list[Problem] = []
    for part in files:
        file = build(_File, read_yaml(part), str(part))
        for key in (*file.documents, *file.standards):
            if key in home:
                mend = "Remove one of the two."
                twice.append(Problem(str(part), "the key stands in two files", key=key, found=home[key], mend=mend))
            home[key] = part.name
        documents |= file.documents
        standards |= {key: item.model_copy(update={"key": key}) for key, item in file.standards.items()}
    if twice:
        raise StandardError(twice)
    return Register(standards, documents)


@cache
def register() -> Register:
    """Return the register that comes with the workbench."""
    return read_register(Path(__file__).with_name("register"))


# ----------------------------------------------------------------------------------------------------------------------
# The five-minute facilities of GB 50180-2018 as a table: what is due, how far, how large.


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
