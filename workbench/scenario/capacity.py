"""What a scenario says of capacity: area standards, and how floating catchments are drawn."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from workbench.documents import Frozen
from workbench.scenario.keys import Ratio, StandardKey, Unit

AreaPer100 = Annotated[StandardKey, Unit("㎡/百户")]
Area = Annotated[StandardKey, Unit("㎡")]
Weight = Annotated[float, Field(ge=0, le=1, strict=False)]
Reach = Annotated[float, Field(gt=0, le=1, strict=False)]


class Step(Frozen):
    """One ring of a stepwise decay."""

    upto: Reach
    """Outer edge of the ring, as a share of the catchment; the edge belongs to the ring."""
    weight: Weight
    """What a resident of this ring counts."""


class Decay(Frozen):
    """How a walk within the catchment counts less the longer it is; x is the walk ÷ the catchment."""

    shape: Literal["steps", "gaussian", "linear", "exponential"] = "steps"
    """``steps`` as listed; ``gaussian`` exp(−½ (x/b)²); ``exponential`` exp(−x/b); ``linear`` 1 − x."""
    bandwidth: Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)] = 0.5
    """b of the gaussian and the exponential, as a share of the catchment."""
    steps: Annotated[tuple[Step, ...], Field(strict=False)] = (
        Step(upto=1 / 3, weight=1.0),
        Step(upto=2 / 3, weight=0.68),
        Step(upto=1, weight=0.22),
    )
    """Rings from the inside out; by default the three of Luo and Qi (2009), slow decay."""

    @model_validator(mode="after")
    def _rings_fill_the_catchment(self) -> Self:
        edges = [step.upto for step in self.steps]
        weights = [step.weight for step in self.steps]
        if not edges or edges[-1] != 1 or any(a >= b for a, b in pairwise(edges)):
            raise ValueError(f"rings whose 'upto' rises and ends at 1 (they are {_listed(edges)})")
        if weights[0] == 0 or any(a < b for a, b in pairwise(weights)):
            raise ValueError(f"weights that start above 0 and never rise (they are {_listed(weights)})")
        return self


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:g}" for value in values) or "none"


class Capacity(Frozen):
    """How much room there is for whom."""

    area: AreaPer100 = "guobanfa_2021_56.area_per_100_households"
    """Least floor area of community facilities for 100 households, ㎡."""
    area_target: AreaPer100 = "embedded_services.area_per_100_households"
    """The same where conditions allow, ㎡."""
    resident_share: Ratio = "guobanfa_2021_56.resident_area_share"
    """Least share of the floor area that residents use."""
    centre_area: Area = "gb50180.five_minute.station.floor_area_min"
    """Least floor area of a full centre, ㎡; posts (驿家) are never judged by it."""
    supply: Literal["resident_area_m2", "floor_area_m2"] = "resident_area_m2"
    """Column of the stations that is shared out in floating catchments."""
    fallback: Literal["none", "floor_area_m2"] = "none"
    """What stands in where the resident area of a station is not known; ``none`` = the station's supply is missing."""
    demand: Literal["residents", "households"] = "residents"
    """Who asks for it."""
    mode: Literal["compliance", "experience"] = "compliance"
    """Catchments and loads in metres, or in minutes at the default pace."""
    catchment: StandardKey | None = None
    """Size of the floating catchments, in the unit of the mode; null = the five-minute limit of the mode."""
    decay: Decay = Decay()
    """Decay of the enhanced method (E2SFCA); the plain one (2SFCA) has none."""
