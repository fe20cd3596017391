"""A pocket district with operators, and the exchange on it."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests import pocket
from tests.ledgers import activities, district, operators, rooms
from workbench.rooms import ExchangeResult, exchange_space, timetable_rooms
from workbench.scenario import Scenario


def asked(**exchange: Any) -> Scenario:
    """A scenario with these terms of the exchange."""
    return pocket.scenario(rooms={"exchange": exchange})


@cache
def exchanged() -> ExchangeResult:
    """Rooms of 40 and 50 ㎡, open 45 h each, one used for an hour. O1 and O4 fit, O2 needs water, O3 was poor."""
    ground = district(
        rooms=rooms({}, {"area_m2": 50.0, "function": "闲置"}),
        activities=activities({}),
        operators=operators(
            {"fulfilled_hours": 2.0, "windows": "Mo 09:00-12:00; Tu 09:00-12:00"},
            {"name": "某舞团", "function": "craft", "hours": 2.0},
            {"name": "某书屋", "function": "reading", "fulfilled_hours": 1.0},
            {"name": "某书画社", "function": "calligraphy", "hours": 3.0, "owed_hours": 1.0, "station": "S1"},
        ),
    )
    return exchange_space(timetable_rooms(ground, asked(service_values={"calligraphy": 50}, room_share=0.25)))
