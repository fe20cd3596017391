"""What a scenario says of works on rooms: the money, what may be done, and where nothing may."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workbench.documents import Frozen

Yuan = Annotated[int, Field(ge=0)]
Days = Annotated[int, Field(ge=1)]
Names = Annotated[tuple[str, ...], Field(strict=False)]


class WorkCost(Frozen):
    """Costs of one kind of works instead of those of the catalogue; null = as there."""

    per_room: Yuan | None = None
    """Cost of each room, or of each pair that is joined, yuan."""
    per_m2: Yuan | None = None
    """Cost of each square metre besides, yuan."""
    days: Days | None = None
    """Days of work on the spot."""


class RoomWorks(Frozen):
    """Works on the rooms of all centres: joining them (多室合一), and converting them."""

    budget: Yuan
    """Most that all works may cost, whole district, yuan."""
    curve_to: Yuan | None = None
    """How much money is tried at most for the budget curve, yuan; null, or less than the budget = the budget."""
    kinds: Names | None = None
    """Works that may be done, by key of the catalogue; null = all."""
    most_days: Days | None = None
    """Most days of work in one centre, one work after the other; null = as many as it takes."""
    costs: dict[str, WorkCost] = Field(default_factory=dict)
    """Other costs and days, by key of the work."""
    forbidden: Names = ()
    """Rooms in which nothing may be done."""
    points: Annotated[int, Field(ge=1, le=1000)] = 40
    """Most amounts of money that are tried for one centre; what is left untried is told by the bound."""

    @property
    def most_money(self) -> int:
        """Most money that is tried, yuan."""
        return max(self.budget, self.curve_to or 0)
