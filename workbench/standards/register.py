"""Loader of the register of standards (``register.yaml``).

A threshold is never a bare number: it knows the document and clause it comes from, how binding its
wording is, and how surely its value is known. Values marked 【疑】 warn whenever they are used.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from workbench.documents import Frozen, build, read_yaml
from workbench.errors import Problem, StandardError, StandardWarning


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


class Standard(Frozen):
    """One value of the register."""

    key: str = ""
    """Its name, dotted."""
    value: float
    """The value."""
    unit: str
    """Unit of the value."""
    wording: Literal["应", "宜", "可", "—"]
    """How binding the clause is: 应 shall, 宜 should, 可 may, — no requirement."""
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
            f"【{self.certainty}】",
        ]
        note = " ".join(part for part in parts if part)
        return note if self.origin == "register" else f"{note}（取值由 {self.origin} 改定）"

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


class _File(Frozen):
    standards: dict[str, Standard]


class Register(Mapping[str, Standard]):
    """The standards by key, in the order of the file.

    Parameters
    ----------
    standards
        The standards; each knows its key.
    """

    def __init__(self, standards: Mapping[str, Standard]) -> None:
        self._standards = MappingProxyType(dict(standards))

    def __getitem__(self, key: str) -> Standard:
        """Return a standard; StandardError, with what comes close, if there is none of this key."""
        try:
            return self._standards[key]
        except KeyError:
            near = difflib.get_close_matches(key, self._standards, n=3, cutoff=0.4)
            mend = f"Did you mean {' or '.join(near)}?" if near else "See 'workbench standards'."
            problem = Problem("standards", "the register holds no such standard", key=key, mend=mend)
            raise StandardError(problem) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._standards)

    def __len__(self) -> int:
        return len(self._standards)

    def __contains__(self, key: object) -> bool:
        return key in self._standards

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
        return Register({**self._standards, **changed})


def read_register(path: Path) -> Register:
    """Read a register from a YAML file.

    Raises
    ------
    ScenarioError
        If the file is missing or not valid.
    """
    file = build(_File, read_yaml(path), str(path))
    return Register({key: item.model_copy(update={"key": key}) for key, item in file.standards.items()})


@cache
def register() -> Register:
    """Return the register that comes with the workbench."""
    return read_register(Path(__file__).with_name("register.yaml"))
