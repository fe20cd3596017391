"""How scenario files compose: base < overlays < scenario < call, and equals may not contradict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.errors import OverlayConflictError, Problem


@dataclass(frozen=True)
class Part:
    """One file's contribution: dotted keys and the values it gives them."""

    file: str
    values: Mapping[str, Any]

    @classmethod
    def of(cls, file: str, document: Mapping[str, Any]) -> Part:
        """Flatten a document; lists are values, mappings are not."""
        return cls(file, dict(_leaves(document, ())))

    @property
    def plain(self) -> dict[str, Any]:
        """Values by key as a reader writes them."""
        return {key.replace(_DOT, "."): value for key, value in self.values.items()}


def _leaves(document: Mapping[str, Any], path: tuple[str, ...]) -> list[tuple[str, Any]]:
    leaves: list[tuple[str, Any]] = []
    for key, value in document.items():
        here = (*path, _escaped(str(key)))
        if isinstance(value, Mapping) and value:
            leaves += _leaves(value, here)
        else:
            leaves.append((".".join(here), value))
    return leaves


# Keys of standards hold dots of their own; they travel as one step of the path.
_DOT = "\x00"


def _escaped(key: str) -> str:
    return key.replace(".", _DOT)


@dataclass(frozen=True)
class Resolved:
    """A composed document with the file that set each key, and what it overrode."""

    document: dict[str, Any]
    origins: Mapping[str, str]
    overridden: Mapping[str, tuple[str, Any]]


def compose(bases: list[Part], overlays: list[Part], scenario: Part, call: Part) -> Resolved:
    """Compose parts in their written order.

    Parameters
    ----------
    bases
        The chain of ``extends``, the farthest ancestor first.
    overlays
        Overlays, equals among themselves.
    scenario
        The scenario's own keys.
    call
        Keys set at the call.

    Raises
    ------
    OverlayConflictError
        If two overlays set one key to different values, or a value where the other has keys below
        it, and neither scenario nor call decides.
    """
    decided = {**scenario.values, **call.values}
    _refuse_conflicts(overlays, decided)
    values: dict[str, tuple[str, Any]] = {}
    overridden: dict[str, tuple[str, Any]] = {}
    for part in [*bases, *overlays, scenario, call]:
        for key, value in part.values.items():
            for other in [k for k in values if k.startswith(key + ".") or key.startswith(k + ".")]:
                del values[other]  # a value replaces the mapping that stood there, and the other way round
            if key in values and values[key][1] != value:
                overridden[key] = values[key]
            values[key] = (part.file, value)
    document: dict[str, Any] = {}
    for key, (_, value) in values.items():
        *path, last = key.split(".")
        inner = document
        for step in path:
            inner = inner.setdefault(step.replace(_DOT, "."), {})
        inner[last.replace(_DOT, ".")] = value
    plain = {key.replace(_DOT, "."): item for key, item in values.items()}
    return Resolved(
        document,
        {key: file for key, (file, _) in plain.items()},
        {key.replace(_DOT, "."): item for key, item in overridden.items()},
    )


def _refuse_conflicts(overlays: list[Part], decided: Mapping[str, Any]) -> None:
    problems = []
    for i, first in enumerate(overlays):
        for second in overlays[i + 1 :]:
            for key in sorted(first.values):
                if key not in second.values or first.values[key] == second.values[key] or key in decided:
                    continue
                problems.append(
                    Problem(
                        f"{first.file} and {second.file}",
                        "two overlays set one key differently",
                        key=key.replace(_DOT, "."),
                        found=f"{first.values[key]!r} and {second.values[key]!r}",
                        mend="Set the key in the scenario itself, or drop one of the overlays.",
                    )
                )
    if problems:
        raise OverlayConflictError(problems)
