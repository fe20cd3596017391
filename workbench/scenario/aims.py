"""What a plan aims at where no standard says, and how indicators make up the four qualities."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workbench.documents import Frozen
from workbench.terms import Quality

Target = Annotated[float, Field(strict=False, gt=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(strict=False, ge=0, allow_inf_nan=False)]


class AxisShare(Frozen):
    """Where one indicator stands on the radar, and how much it counts there."""

    axis: Annotated[Quality, Field(strict=False)] | None = None
    """Quality it tells of; null = the one its study proposes."""
    weight: Weight = 1.0
    """Its weight on that axis; 0 takes it off the radar."""


class Axes(Frozen):
    """The radar of the four qualities (四化): which indicators make up each, and by what weight."""

    indicators: dict[str, AxisShare] = Field(default_factory=dict)
    """Indicators that are moved or weighed, by key; those not named count 1 on the axis their study proposes."""
    weight_step: str = "axes.weight_step"
    """Share by which each weight is moved, one at a time, to see how far the score follows."""
