"""The walk over a scenario's fields by their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from workbench.catalogue.standards import register
from workbench.documents import Frozen
from workbench.scenario import Scenario
from workbench.scenario.keys import Metres, Minutes, Pace, Ratio, StandardKey, Unit, named_standards


class Inner(Frozen):
    label: str = "not.a.standard"
    pace: Pace = "pace.adult"


class Outer(Frozen):
    plain: StandardKey = "a.any"
    nullable: Ratio | None = "a.ratio"
    absent: Metres | None = None
    narrowed: Annotated[StandardKey | None, Unit("kg")] = "a.mass"
    section: Inner = Inner()
    by_name: Mapping[str, Inner] | None = Field(default={"x": Inner(pace="pace.older")})
    keys: dict[StandardKey, float] = Field(default={"a.local": 1.0})
    values: dict[str, Minutes] = Field(default={"y": "a.time"})
    row: tuple[Metres, ...] = ("a.first", "a.second")
    pair: tuple[Metres, Minutes] = ("a.length", "a.while")
    sections: list[Inner] = Field(default=[Inner()])
    words: tuple[str, ...] = ("not.a.standard",)


def test_every_place_that_names_a_standard_is_found() -> None:
    assert [(named.key, named.standard, named.unit) for named in named_standards(Outer())] == [
        ("plain", "a.any", ""),
        ("nullable", "a.ratio", "1"),
        ("narrowed", "a.mass", "kg"),
        ("section.pace", "pace.adult", "m/s"),
        ("by_name.x.pace", "pace.older", "m/s"),
        ("keys.a.local", "a.local", ""),
        ("values.y", "a.time", "min"),
        ("row.0", "a.first", "m"),
        ("row.1", "a.second", "m"),
        ("pair.0", "a.length", "m"),
        ("pair.1", "a.while", "min"),
        ("sections.0.pace", "pace.adult", "m/s"),
    ]


def test_the_defaults_of_the_schema_fit_the_register() -> None:
    named = named_standards(Scenario(name="s"))
    assert len(named) > 8
    assert [item for item in named if register()[item.standard].unit != item.unit] == []
