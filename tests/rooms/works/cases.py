"""Kinds of works with round prices, and small centres in which some are worth doing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.rooms.cases import drawn
from workbench.catalogue.functions import WorkKind
from workbench.rooms import Centre
from workbench.rooms.problem import choices
from workbench.rooms.works.problem import WORKABLE, Work, possible_works


def kind(gives: str, item: str = "", per_room: int = 100, per_m2: int = 0, days: int = 1) -> WorkKind:
    said: dict[str, Any] = {"label": gives, "label_en": gives, "gives": gives, "item": item}
    return WorkKind(**said, per_room=per_room, per_m2=per_m2, days=days)


KINDS = {
    "join": kind("join", per_room=500, per_m2=10, days=5),
    "water": kind("water", per_room=150, days=3),
    "power": kind("power", per_room=120, days=2),
    "privacy": kind("private", per_room=90, per_m2=2, days=2),
    "insulation": kind("sound", "ordinary", per_room=50, per_m2=1, days=2),
    "soundproofing": kind("sound", "loud", per_room=100, per_m2=3, days=4),
    "mirrors": kind("equipment", "mirrors", per_room=70, per_m2=1, days=1),
}


def lacking(seed: int) -> tuple[Centre, list[Work]]:
    """A random centre in which much is lacking, and a few works that would help."""
    draw = np.random.default_rng(1000 + seed)

    def coin(chance: float) -> bool:
        return bool(draw.uniform() < chance)

    small = drawn(seed)
    storey = 1 if coin(0.7) else None
    rooms = tuple(
        replace(
            r,
            storey=storey or r.storey,
            water=coin(0.3),
            strong_power=coin(0.5),
            private=coin(0.3),
            sound=int(draw.integers(0, 3)),
        )
        for r in small.rooms
    )
    asked = [
        replace(
            a,
            water=coin(0.4),
            strong_power=coin(0.2),
            private=coin(0.3),
            equipment=frozenset({"mirrors"} if coin(0.3) else ()),
        )
        for a in small.activities
    ]
    walls: tuple[tuple[int, int], ...] = tuple((r, r + 1) for r in range(len(rooms) - 1))
    joins = walls[:1] if coin(0.2) and rooms[0].storey == rooms[-1].storey else ()
    if walls and coin(0.8):
        asked[0] = replace(asked[0], attendance=max(r.capacity for r in rooms) + 1, highest_storey=2)
    centre = replace(small, rooms=rooms, activities=tuple(asked), walls=walls, joins=joins)
    if coin(0.2):
        held = choices(centre, WORKABLE).sessions(np.arange(choices(centre, WORKABLE).count))
        alone = [s for s in held if s.place < len(rooms)]
        today = tuple(alone[:1])
        centre = replace(centre, today=today, fixed=today)
    works = list(possible_works(centre, KINDS))
    draw.shuffle(works)  # type: ignore[arg-type]
    return centre, sorted(sorted(works, key=lambda w: w.gives != "join")[:4])
