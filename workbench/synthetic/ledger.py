"""The ledger of rooms: what the sign says, what the room is used for, and what it could bear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class _Kind:
    """A kind of room: area from and to (m²), m² a person, equipment, water, what its walls bear, privacy."""

    sign: str
    area_m2: tuple[int, int]
    each_m2: float
    equipment: str
    water: bool
    sound: str
    private: bool


_KINDS = (
    _Kind("多功能厅", (70, 140), 1.6, "projector;audio;stacking_chairs", False, "loud", False),
    _Kind("党员活动室", (45, 90), 1.8, "projector;tables", False, "ordinary", False),
    _Kind("图书阅览室", (40, 80), 2.6, "bookshelves;tables", False, "quiet", False),
    _Kind("儿童活动室", (36, 70), 2.5, "mats;toys;low_tables", True, "ordinary", False),
    _Kind("老年活动室", (40, 80), 2.4, "card_tables;kettle", True, "ordinary", False),
    _Kind("人民调解室", (16, 28), 2.6, "tables", False, "quiet", True),
    _Kind("心理咨询室", (14, 24), 4.0, "sofa", False, "quiet", True),
    _Kind("健身室", (45, 90), 4.0, "treadmills;mirrors", False, "loud", False),
    _Kind("书画室", (30, 56), 2.6, "tables;sink", True, "quiet", False),
    _Kind("舞蹈室", (50, 90), 3.0, "mirrors;audio", False, "loud", False),
    _Kind("会议室", (30, 60), 1.8, "projector;tables", False, "ordinary", True),
    _Kind("四点半课堂", (36, 66), 2.0, "tables;whiteboard", False, "quiet", False),
    _Kind("日间照料室", (40, 76), 5.0, "beds;call_bell", True, "quiet", True),
    _Kind("手工坊", (30, 56), 2.6, "workbench;sink", True, "ordinary", False),
    _Kind("直播间", (18, 32), 5.0, "camera;lights", False, "quiet", False),
    _Kind("办公室", (18, 36), 5.0, "desks", False, "ordinary", True),
    _Kind("档案室", (14, 26), 9.0, "cabinets", False, "ordinary", True),
)

_INSTEAD = ("储物间", "办公室", "闲置", "会议室", "多功能厅", "棋牌室")
"""What a room is really used for where the sign does not tell the truth."""

_MISNAMED = 0.24
_MERGE_CHANCE = 0.55
_ROOM_SHARE = 0.62
"""Share of a station's floor area that all its rooms together may take."""


def write_ledger(
    stations: pd.DataFrame, counts: list[int], identifiers: list[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Return the rooms ledger.

    Parameters
    ----------
    stations
        Rows with ``id`` and ``floor_area_m2``, in the order of ``counts``.
    counts
        Rooms of each station.
    identifiers
        Identifiers for all rooms.
    rng
        Source of all chance.
    """
    rows: list[dict[str, object]] = []
    for station, area, count in zip(stations["id"], stations["floor_area_m2"], counts, strict=True):
        rows += _rooms_of(str(station), float(area), count, identifiers[len(rows) : len(rows) + count], rng)
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = (
    "id", "station", "sign", "function", "storey", "area_m2", "capacity", "equipment", "water", "sound", "private",
    "merges_with", "opening_hours",
)  # fmt: skip


def _rooms_of(
    station: str, floor_area_m2: float, count: int, identifiers: list[str], rng: np.random.Generator
) -> list[dict[str, object]]:
    order = [int(k) for k in rng.permutation(len(_KINDS))]
    kinds = [_KINDS[order[k % len(order)]] for k in range(count)]
    wished = [float(rng.integers(k.area_m2[0], k.area_m2[1] + 1)) for k in kinds]
    shrink = min(1.0, _ROOM_SHARE * floor_area_m2 / max(sum(wished), 1.0))
    areas = [float(max(8, round(area * shrink))) for area in wished]
    rows: list[dict[str, object]] = []
    for place, (kind, area) in enumerate(zip(kinds, areas, strict=True)):
        function = kind.sign
        if rng.uniform() < _MISNAMED:
            function = next(f for f in np.roll(_INSTEAD, int(rng.integers(len(_INSTEAD)))).tolist() if f != kind.sign)
        rows.append(
            {
                "id": identifiers[place],
                "station": station,
                "sign": kind.sign,
                "function": function,
                "storey": 1 if place < (count + 1) // 2 else 2,
                "area_m2": area,
                "capacity": max(2, int(area / kind.each_m2)),
                "equipment": kind.equipment,
                "water": kind.water,
                "sound": kind.sound,
                "private": kind.private,
                "merges_with": None,
                "opening_hours": "Mo-Su 09:00-21:00" if rng.uniform() < 0.15 else None,
            }
        )
    _join_neighbours(rows, rng)
    return rows


def _join_neighbours(rows: list[dict[str, object]], rng: np.random.Generator) -> None:
    """Put a wall that can be opened between some neighbours of one storey; each then names the other."""
    k = 0
    while k + 1 < len(rows):
        here, there = rows[k], rows[k + 1]
        open_wall = not here["private"] and not there["private"] and rng.uniform() < _MERGE_CHANCE
        if here["storey"] == there["storey"] and open_wall:
            here["merges_with"], there["merges_with"] = there["id"], here["id"]
            k += 1
        k += 1
