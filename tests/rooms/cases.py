"""Small centres: rooms and activities of which only what matters is said."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.rooms import Activity, Centre, Room
from workbench.rooms.problem import DAY_CELLS, WEEK_CELLS, Rules

NINE = 36
"""Cell of nine o'clock."""


def hours(first: int = NINE, last: int = NINE + 4, days: tuple[int, ...] = (0,)) -> np.ndarray:
    """Cells from ``first`` until before ``last`` on these days."""
    cells = np.zeros(WEEK_CELLS, bool)
    for day in days:
        cells[day * DAY_CELLS + first : day * DAY_CELLS + last] = True
    return cells


def room(name: str = "R1", **said: Any) -> Room:
    """An ordinary room: 20 m² for ten people, loud walls, private, open for an hour from nine on Monday."""
    ordinary: dict[str, Any] = {
        "id": name, "area_dm2": 200, "capacity": 10, "storey": 1, "equipment": frozenset(), "water": True,
        "strong_power": True, "private": True, "sound": 2, "office": False, "open": hours(),
    }  # fmt: skip
    return Room(**{**ordinary, **said})


def activity(name: str = "A1", **said: Any) -> Activity:
    """An ordinary activity: five people, a quarter of an hour, once, whenever the rooms are open."""
    length = int(said.get("length", 1))
    ordinary: dict[str, Any] = {
        "id": name, "function": "meeting", "group": "everyone", "attendance": 5, "minutes": 15 * length,
        "length": 1, "setup": 0, "clear": 0, "sessions": 1, "priority": 1, "windows": np.ones(WEEK_CELLS, bool),
        "preferred": np.ones(WEEK_CELLS, bool), "days_apart": 1, "equipment": frozenset(), "water": False,
        "strong_power": False, "private": False, "noise": 1, "wants_quiet": False, "shares": "",
        "highest_storey": 999, "organiser": "",
    }  # fmt: skip
    return Activity(**{**ordinary, **said})


def centre(rooms: list[Room], activities: list[Activity], **said: Any) -> Centre:
    """A centre on a grid of a quarter of an hour."""
    rules = Rules(**{"step": 15, **said.pop("rules", {})})
    return Centre("S1", tuple(rooms), tuple(activities), rules=rules, **said)


def drawn(seed: int) -> Centre:
    """A random centre small enough for brute force."""
    draw = np.random.default_rng(seed)

    def coin(chance: float) -> bool:
        return bool(draw.uniform() < chance)

    count = int(draw.integers(1, 4)) if coin(0.5) else 1
    days = ((0, 6) if seed % 3 else (0, 1)) if coin(0.4) else (0,)
    rooms = [
        room(
            f"R{r}",
            area_dm2=int(draw.integers(100, 400)),
            capacity=int(draw.integers(4, 12)),
            storey=int(draw.integers(1, 3)),
            water=coin(0.7),
            sound=int(draw.integers(1, 3)),
            office=coin(0.2),
            open=hours(NINE, NINE + int(draw.integers(2, 5)), days),
        )
        for r in range(count)
    ]
    activities = [
        activity(
            f"A{a}",
            attendance=int(draw.integers(2, 15 if coin(0.3) else 6)),
            length=int(draw.integers(1, 3)),
            setup=int(coin(0.2)),
            clear=int(coin(0.2)),
            sessions=int(draw.integers(1, 3)),
            priority=int(draw.integers(1, 4)),
            group=("elders", "children")[int(draw.integers(2))],
            windows=hours(NINE + int(draw.integers(0, 2)), NINE + 4, days),
            preferred=hours(NINE + int(draw.integers(0, 4)), NINE + 4, days),
            days_apart=int(draw.integers(0, 3)),
            water=coin(0.1),
            noise=int(draw.integers(0, 3)),
            wants_quiet=coin(0.3),
            shares="desks" if coin(0.4) else "",
            highest_storey=1 if coin(0.1) else 2,
            organiser="O" if coin(0.4) else "",
            cooks=a == 0 and seed % 3 == 0,
            no_fire_beside=a == 1 and seed % 2 == 0,
        )
        for a in range(int(draw.integers(2, 5)))
    ]
    pairs = tuple((r, r + 1) for r in range(count - 1) if coin(0.7))
    joins = pairs[:1] if pairs and rooms[pairs[0][0]].storey == rooms[pairs[0][1]].storey else ()
    rules = {
        "turnover": "outside" if coin(0.3) else "inside",
        "release": "area" if coin(0.3) else "rooms",
        "resident_share": 0.6 if coin(0.6) else 0.0,
        "offices_kept": int(coin(0.2)),
    }
    return centre(rooms, activities, joins=joins, walls=pairs, rules=rules)
