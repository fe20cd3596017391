"""How scenario files compose: base < overlays < own keys < call, and equals may not contradict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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

    @classmethod
    def set_at(cls, file: str, settings: Mapping[str, Any]) -> Part:
        """Take values by dotted key, as they are written at a call."""
        values: dict[str, Any] = {}
        for key, value in settings.items():
            head, _, rest = key.partition(".")
            path = (head, rest) if rest and head in _DOTTED else tuple(key.split("."))
            values |= dict(_leaves({path[-1]: value}, tuple(map(_escaped, path[:-1]))))
        return cls(file, values)

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


# Keys of standards and targets hold dots of their own; they travel as one step of the path.
_DOT = "\x00"
_DOTTED = ("standards", "targets")


def _escaped(key: str) -> str:
    return key.replace(".", _DOT)


@dataclass(frozen=True)
class Layer:
    """One file of a chain of ``extends``: its overlays, equals among themselves, and its own keys."""

    overlays: tuple[Part, ...]
    own: Part


@dataclass(frozen=True)
class Resolved:
    """A composed document with the file that set each key, and what it overrode."""

    document: dict[str, Any]
    origins: Mapping[str, str]
    overridden: Mapping[str, tuple[str, Any]]


def compose(layers: Sequence[Layer], call: Part) -> Resolved:
    """Compose files in their written order; what extends a file comes after all of it.

    Parameters
    ----------
    layers
        The chain of ``extends``, the farthest ancestor first. Of each, the overlays come before its
        own keys, and both come after everything that the ancestors decided.
    call
        Keys set at the call.

    Raises
    ------
    OverlayConflictError
        If two overlays of one file set one key to different values, or a value where the other has
        keys below it, and neither that file nor the call decides.
    """
    problems = [problem for layer in layers for problem in _conflicts(layer, call)]
    if problems:
        raise OverlayConflictError(problems)
    values: dict[str, tuple[str, Any]] = {}
    overridden: dict[str, tuple[str, Any]] = {}
    for part in _in_order(layers, call):
        for key, value in part.values.items():
            for other in [k for k in values if _below(k, key) or _below(key, k)]:
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


def _in_order(layers: Iterable[Layer], call: Part) -> Iterator[Part]:
    for layer in layers:
        yield from layer.overlays
        yield layer.own
    yield call


def _below(key: str, other: str) -> bool:
    return key.startswith(other + ".")


def _conflicts(layer: Layer, call: Part) -> Iterator[Problem]:
    decided = {**layer.own.values, **call.values}
    for i, first in enumerate(layer.overlays):
        for second in layer.overlays[i + 1 :]:
            for key, one, two in _unlike(first, second):
                if not any(key == k or _below(key, k) for k in decided):
                    yield Problem(
                        f"{first.file} and {second.file}",
                        "two overlays set one key differently",
                        key=key.replace(_DOT, "."),
                        found=f"{one} and {two}",
                        mend=f"Set the key in {layer.own.file} itself, or drop one of the overlays.",
                    )


def _unlike(first: Part, second: Part) -> Iterator[tuple[str, str, str]]:
    """Yield each key that two parts set differently, with what each says."""
    for key in sorted(first.values):
        one = first.values[key]
        if key in second.values and second.values[key] != one:
            yield key, repr(one), repr(second.values[key])
        elif any(_below(other, key) for other in second.values):
            yield key, repr(one), "keys below it"
    for key in sorted(second.values):
        if any(_below(other, key) for other in first.values):
            yield key, "keys below it", repr(second.values[key])
