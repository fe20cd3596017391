"""Fields of a scenario that name a standard, and the unit that each of them asks for.

A field says what it takes by its type: ``pace: Pace`` names a standard in m/s. The loader walks the
whole scenario by these types, so that a new section is checked without being listed anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic_core import PydanticCustomError


@dataclass(frozen=True)
class Unit:
    """Unit that a standard must have to stand in a field.

    Parameters
    ----------
    name
        As the register writes it; empty where every unit will do.
    """

    name: str = ""


def _no_number(value: Any) -> Any:
    if isinstance(value, (int, float)):
        raise PydanticCustomError(
            "standard_key", "the key of a standard, such as pace.adult; its value is set under 'standards'"
        )
    return value


StandardKey = Annotated[str, BeforeValidator(_no_number), Unit()]
"""Key of a standard of the register, of any unit; narrow it with ``Annotated[StandardKey, Unit("m")]``."""

Pace = Annotated[StandardKey, Unit("m/s")]
"""Key of a standard that is a walking pace."""
Metres = Annotated[StandardKey, Unit("m")]
"""Key of a standard that is a length."""
Minutes = Annotated[StandardKey, Unit("min")]
"""Key of a standard that is a time in minutes."""
Seconds = Annotated[StandardKey, Unit("s")]
"""Key of a standard that is a time in seconds."""
Ratio = Annotated[StandardKey, Unit("1")]
"""Key of a standard that is a factor or a share."""
People = Annotated[StandardKey, Unit("人")]
"""Key of a standard that is a number of people."""


@dataclass(frozen=True)
class _Named:
    """One place of a scenario that names a standard.

    Attributes
    ----------
    key
        Dotted key of the scenario.
    standard
        Standard named there.
    unit
        Unit it must have; empty where every unit will do.
    """

    key: str
    standard: str
    unit: str


def named_standards(model: BaseModel) -> list[_Named]:
    """List every standard that a scenario, or a section of one, names; in the order of its fields."""
    return list(_in_model(model, ""))


def _in_model(model: BaseModel, path: str) -> Iterator[_Named]:
    for name, field in type(model).model_fields.items():
        yield from _in_value(getattr(model, name), field.annotation, field.metadata, f"{path}{name}")


def _in_value(value: Any, annotation: Any, metadata: Sequence[Any], path: str) -> Iterator[_Named]:
    arms = list(_arms(annotation, metadata))
    if isinstance(value, BaseModel):
        yield from _in_model(value, f"{path}.")
    elif isinstance(value, str):
        units = [item for _, marks in arms for item in marks if isinstance(item, Unit)]
        if units:
            yield _Named(path, value, units[-1].name)  # the outermost narrows the ones inside it
    elif isinstance(value, Mapping):
        of_keys, of_values = _arguments(arms, Mapping) or (Any, Any)
        for name, item in value.items():
            yield from _in_value(name, of_keys, (), f"{path}.{name}")
            yield from _in_value(item, of_values, (), f"{path}.{name}")
    elif isinstance(value, Sequence):
        kinds = [kind for kind in _arguments(arms, Sequence) if kind is not Ellipsis] or [Any]
        for place, item in enumerate(value):
            yield from _in_value(item, kinds[min(place, len(kinds) - 1)], (), f"{path}.{place}")


def _arms(annotation: Any, metadata: Sequence[Any]) -> Iterator[tuple[Any, Sequence[Any]]]:
    """Open unions and Annotated: each plain type with its marks, those of the innermost first."""
    if get_origin(annotation) is Annotated:
        plain, *marks = get_args(annotation)
        yield from _arms(plain, [*marks, *metadata])
    elif get_origin(annotation) in (Union, UnionType):
        for arm in get_args(annotation):
            yield from _arms(arm, metadata)
    else:
        yield annotation, metadata


def _arguments(arms: Sequence[tuple[Any, Sequence[Any]]], kind: type) -> tuple[Any, ...]:
    """Return the type arguments of the first arm that is of a kind of container."""
    origins = [(arm, get_origin(arm)) for arm, _ in arms]
    return next((get_args(arm) for arm, origin in origins if isinstance(origin, type) and issubclass(origin, kind)), ())
