"""Loader of the indicators that a run gives (``indicators.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from workbench.catalogue.terms import Quality
from workbench.documents import Frozen, build, read_yaml


class _DeclaredIndicator(Frozen):
    """What is known of an indicator before anything is measured."""

    unit: str = "%"
    better: Literal["higher", "lower"] = "higher"
    axis: Annotated[Quality, Field(strict=False)] | None = None
    standard: str = ""
    """Key of the scenario that names its standard; empty where no standard sets it."""
    reading: str = ""
    """What of the comparison this workbench reads into the standard 【推】, in Chinese."""


class _File(Frozen):
    indicators: Mapping[str, _DeclaredIndicator]


@cache
def declared_indicators() -> Mapping[str, _DeclaredIndicator]:
    """Return the indicators by key, in the order of their table."""
    file = Path(__file__).with_name("indicators.yaml")
    return MappingProxyType(dict(build(_File, {"indicators": read_yaml(file)}, str(file)).indicators))
