"""Small exchanges: rooms as timetabled and operators of which only what matters is said."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.rooms.cases import NINE, activity, hours, room
from workbench.rooms import Centre, Session, Timetable
from workbench.rooms.exchange.problem import ExchangeProblem, Operator
from workbench.rooms.problem import DAY_CELLS, WEEK_CELLS, Rules
from workbench.scenario.rooms import Exchange

TERMS: dict[str, Any] = {
    "block": 15,
    "least_share": 0.0,
    "least_fulfilment": 0.8,
    "room_share": 1.0,
    "operator_share": 1.0,
    "released_first": False,
}
"""Everything allowed, in quarters of an hour."""


def operator(name: str = "O1", **said: Any) -> Operator:
    """An ordinary operator: it asks for a quarter of an hour and owes another, anywhere and at any time."""
    own = {key: said.pop(key) for key in ("asked", "owed", "fulfilled", "least_area_dm2", "station") if key in said}
    return Operator(activity(name, attendance=0, **said), **{"asked": 15, "owed": 15, **own})


def station(*rooms: Any, name: str = "S1", **said: Any) -> Centre:
    """A station with these rooms."""
    return Centre(name, rooms or (room(),), said.pop("activities", ()), rules=Rules(step=15), **said)


def exchange(
    centres: list[Centre], operators: list[Operator], *, held: dict[int, Timetable] | None = None, **terms: Any
) -> ExchangeProblem:
    """An exchange in which nothing is timetabled but what is said."""
    residents, step = terms.pop("residents", np.ones(WEEK_CELLS, bool)), terms.pop("step", 15)
    timetables = tuple((held or {}).get(c, Timetable(())) for c in range(len(centres)))
    return ExchangeProblem(
        tuple(centres), timetables, tuple(operators), residents, step, Exchange(**{**TERMS, **terms})
    )


def drawn(seed: int) -> ExchangeProblem:
    """A random exchange small enough for brute force."""
    draw = np.random.default_rng(seed)

    def coin(chance: float) -> bool:
        return bool(draw.uniform() < chance)

    days = (0, 1) if coin(0.3) else (0,)
    centres, held = [], {}
    for c in range(2 if coin(0.4) else 1):
        count = 2 if coin(0.6) else 1
        rooms = [
            room(
                f"S{c}R{r}",
                area_dm2=int(draw.integers(100, 300)),
                storey=int(draw.integers(1, 3)),
                water=coin(0.8),
                sound=int(draw.integers(1, 3)),
                office=coin(0.15),
                open=hours(NINE, NINE + int(draw.integers(2, 5)) - (len(days) - 1), days),
            )
            for r in range(count)
        ]
        pair = ((0, 1),) if count == 2 else ()
        busy = activity("A1", noise=int(draw.integers(0, 3)), wants_quiet=coin(0.3))
        joins = pair if coin(0.5) else ()
        centres.append(station(*rooms, name=f"S{c}", activities=(busy,), walls=pair, joins=joins))
        sessions = (Session(0, NINE + int(draw.integers(0, 2)), int(draw.integers(count))),) if coin(0.5) else ()
        held[c] = Timetable(sessions, tuple(r for r in range(count) if rooms[r].office and coin(0.5)))
    operators = [
        operator(
            f"O{o}",
            asked=15 * int(draw.integers(0, 4)),
            owed=15 * int(draw.integers(0 if coin(0.2) else 1, 3)),
            fulfilled=15 * int(draw.integers(0, 3)) if coin(0.3) else None,
            least_area_dm2=int(draw.integers(50, 350)),
            station=f"S{draw.integers(len(centres))}" if coin(0.4) else "",
            windows=hours(NINE + int(draw.integers(0, 2)), NINE + 4, days),
            noise=int(draw.integers(0, 3)) if coin(0.5) else 1,
            wants_quiet=coin(0.3),
            water=coin(0.2),
            highest_storey=1 if coin(0.2) else 2,
        )
        for o in range(int(draw.integers(1, 4)))
    ]
    return exchange(
        centres,
        operators,
        held=held,
        residents=hours(NINE + int(coin(0.3)), NINE + 4, days),
        block=30 if coin(0.2) else 15,
        least_share=0.5 if coin(0.4) else 0.0,
        room_share=0.75 if coin(0.4) else 1.0,
        operator_share=0.6 if coin(0.4) else 1.0,
        released_first=coin(0.5),
    )


MONDAY, TUESDAY = NINE, NINE + DAY_CELLS
"""Nine o'clock."""
