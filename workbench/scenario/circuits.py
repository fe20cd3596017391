"""What a scenario says of trades that go round (低频刚需) and of legal advisers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.documents import Frozen
from workbench.scenario.hours import MondayText
from workbench.scenario.keys import Metres, Minutes, Ratio, StandardKey, Unit
from workbench.scenario.roster import SpansText
from workbench.scenario.sections import Seed

_Speed = Annotated[StandardKey, Unit("km/h")]
_Times = Annotated[float, Field(gt=0, le=8, strict=False, allow_inf_nan=False)]


def _speeds() -> dict[str, str]:
    return {
        "street": "circuits.speed_street",
        "bridge": "circuits.speed_street",
        "underpass": "circuits.speed_street",
        "lane": "circuits.speed_lane",
        "crossing": "circuits.speed_lane",
        "footway": "circuits.speed_street",
    }


class Circuits(Frozen):
    """When trades come to which station, by which crew; and who advises which community."""

    trades: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Trades that are planned, by identifier; none = all of the ledger."""
    first_week: MondayText | None = None
    """Monday of the first week; null = the first one after the date of the ground."""
    weeks: Literal[4, 8] = 4
    """Weeks that are planned, and then repeated."""
    frequencies: Annotated[tuple[Annotated[int, Field(ge=1, le=28)], ...], Field(strict=False, min_length=1)] = (
        1,
        2,
        4,
        8,
    )
    """Visits in four weeks that a stop may have where the ledger does not say: the fewest that the cases fit in, else
    the most for which there are days."""
    slack: Annotated[float, Field(ge=0, le=7, strict=False)] = 0.0
    """By how many days more than days off make necessary gaps between visits, or half days of advisers, may differ from
    even ones."""
    balance: Ratio = "circuits.balance"
    """How much more than an even share of a trade's work at its stops one crew may have."""
    crew_day: Minutes = "circuits.crew_day"
    """By how much longer ways may be to spare a crew a day, minutes."""
    walk: Minutes = "gb50180.ten_minute.walk_time"
    """Longest walk to a stop at which somebody is still reached, minutes."""
    speeds: dict[str, _Speed] = Field(default_factory=_speeds)
    """Ways on which vehicles drive, by kind, with their speed. Of footways only those that bear the name of a street
    count: the carriageway beside them is not drawn 【推】."""
    kerb: Metres = "circuits.kerb"
    """Farthest that a vehicle may stop from a door, metres."""
    fixed: Annotated[StandardKey, Unit("h")] = "circuits.fixed"
    """Hours a week that a fixed place would be staffed; a round that takes as long is no better."""
    tries: Annotated[tuple[_Times, ...], Field(strict=False)] = (0.5, 2.0)
    """How many times as many visits are planned beside, for the curve of waiting against crew days."""
    advice: Annotated[StandardKey, Unit("件")] = "circuits.advice"
    """Cases a month that a thousand residents bring to the legal adviser of their community."""
    advice_balance: Ratio = "circuits.advice_balance"
    """How much more than the mean an adviser's cases may be before it counts as too many."""
    presences: Annotated[StandardKey, Unit("半天")] = "circuits.presences"
    """Half days in four weeks for which an adviser sits in each of her or his communities."""
    half_days: SpansText = "09:00-12:00,14:30-17:30"
    """The half days at which an adviser may sit there, where the station is open all the while."""
    effort: Annotated[int, Field(ge=100, le=10_000_000)] = 20_000
    """Rounds of one search for day patterns."""
    starts: Annotated[int, Field(ge=1, le=64)] = 2
    """How often that search is begun."""
    steps: Annotated[int, Field(ge=0, le=2000)] = 150
    """Most steps of the bound; 0 = none is asked for."""
    seed: Seed = 20261130
    """Seed of the search."""
