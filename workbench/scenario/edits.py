"""What a scenario changes on the ground by hand: stations that open, move or close, and gates that open to others."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from workbench.documents import Frozen, misfit
from workbench.scenario.hours import HoursText

_Metres = Annotated[float, Field(strict=False, allow_inf_nan=False)]
_Square = Annotated[float, Field(strict=False, ge=0, allow_inf_nan=False)]
_Name = Annotated[str, Field(min_length=1)]
_Access = Literal["public", "members", "closed"]


class NewStation(Frozen):
    """A station that the ledger does not have."""

    id: _Name
    """Its identifier, which no station of the district has."""
    x: _Metres
    """Where its door is, metres in the district's CRS."""
    y: _Metres
    """The same, northwards."""
    kind: Literal["district_centre", "community_centre", "post", "facility"] = "post"
    """What it is: a post (驿家) is lite, the others are full."""
    name: str | None = None
    """Its name; null = its identifier."""
    access: _Access = "public"
    """Whom it serves: ``public``, or ``members`` of the compound in which it stands."""
    opening_hours: HoursText | None = None
    """OSM opening_hours; null = not known, and then it counts at any hour."""
    services: str | None = None
    """Services that it offers, separated by ';'; null = not known."""
    floor_area_m2: _Square | None = None
    """Floor area, ㎡; null = not known."""


class MovedStation(Frozen):
    """A station of the ledger that stands elsewhere; everything else about it stays, but compound and community."""

    id: _Name
    """Its identifier."""
    x: _Metres
    """Where its door is, metres in the district's CRS."""
    y: _Metres
    """The same, northwards."""


class OpenedGate(Frozen):
    """A gate of a compound that is open to others than the ledger says."""

    id: _Name
    """Its identifier."""
    access: _Access
    """Whom it lets in: everybody, residents of the compound, or nobody."""
    opening_hours: HoursText | None = None
    """Its hours from now on, OSM opening_hours; null = always."""


class Edits(Frozen):
    """Stations and gates that this scenario takes as changed: the plan, where today is what the ledgers have.

    A run measures both, so that every number says today → plan. ``workbench app`` writes this section. Each list
    replaces that of the scenario that is extended.
    """

    open: Annotated[tuple[NewStation, ...], Field(strict=False)] = ()
    """Stations that open."""
    move: Annotated[tuple[MovedStation, ...], Field(strict=False)] = ()
    """Stations that move."""
    close: Annotated[tuple[_Name, ...], Field(strict=False)] = ()
    """Stations that close, by identifier; their rooms and activities go with them."""
    gates: Annotated[tuple[OpenedGate, ...], Field(strict=False)] = ()
    """Gates whose access changes."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        stations = [("open", one.id) for one in self.open] + [("move", one.id) for one in self.move]
        stations += [("close", name) for name in self.close]
        wrong = []
        for named in (stations, [("gates", one.id) for one in self.gates]):
            count = Counter(name for _, name in named)
            twice = {name: where for where, name in reversed(named) if count[name] > 1}
            wrong += [
                misfit("each of them once", (where,), name, "Say one thing of it: open, move or close.")
                for name, where in sorted(twice.items())
            ]
        if wrong:
            raise ValidationError.from_exception_data("Edits", wrong)
        return self

    @property
    def placed(self) -> tuple[NewStation | MovedStation, ...]:
        """The stations that stand elsewhere than today."""
        return (*self.open, *self.move)

    def __len__(self) -> int:
        return len(self.open) + len(self.move) + len(self.close) + len(self.gates)
