"""Rows of buildings that face south on a piece of land."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.synthetic.character import DOOR_SPACING_M, Housing
from workbench.synthetic.tracts import Frame, Point, Tract, span

_STEEPEST = math.radians(16.0)  # rows follow the block, but never turn farther from the south


@dataclass(frozen=True, slots=True)
class Building:
    """A footprint in the (s, t) axes of its land."""

    west: float
    south: float
    length: float
    depth: float
    storeys: int
    flats: int

    @property
    def north(self) -> float:
        """``t`` of the north face, where the doors are."""
        return self.south + self.depth

    @property
    def middle(self) -> tuple[float, float]:
        """(s, t) of the middle."""
        return self.west + self.length / 2.0, self.south + self.depth / 2.0

    @property
    def doors(self) -> list[float]:
        """``s`` of the doors in the north face."""
        count = max(1, round(self.length / DOOR_SPACING_M))
        return [self.west + self.length * (k + 0.5) / count for k in range(count)]

    def corners(self, frame: Frame) -> tuple[Point, Point, Point, Point]:
        """Return the corners in the district, rounded to the centimetre."""
        east = self.west + self.length
        places = [(self.west, self.south), (east, self.south), (east, self.north), (self.west, self.north)]
        a, b, c, d = (frame.outside(*p) for p in places)
        return _rounded(a), _rounded(b), _rounded(c), _rounded(d)


def _rounded(p: Point) -> Point:
    return round(p[0], 2), round(p[1], 2)


def facing_south(tract: Tract) -> Frame:
    """Return axes along the side of the land that runs most nearly from west to east, but within 16° of it."""
    best, weight = 0.0, 0.0
    for i in range(len(tract.corners)):
        (ax, ay), (bx, by) = tract.side(i)
        if bx < ax:
            ax, ay, bx, by = bx, by, ax, ay
        angle = math.atan2(by - ay, bx - ax)
        length = math.hypot(bx - ax, by - ay)
        if abs(angle) <= _STEEPEST * 1.5 and length > weight:
            best, weight = angle, length
    best = min(max(best, -_STEEPEST), _STEEPEST)
    return Frame(tract.middle, math.cos(best), math.sin(best))


def rows_of(
    land: list[Point], housing: Housing, axis: tuple[float, float] | None, north_room_m: float, rng: np.random.Generator
) -> list[list[Building]]:
    """Place rows of buildings on convex land.

    Parameters
    ----------
    land
        Corners in (s, t), counter-clockwise; buildings stay inside.
    housing
        How the buildings stand.
    axis
        ``s`` and width of a strip that stays free, or None.
    north_room_m
        Room that stays free north of the last row.
    rng
        Source of all chance.

    Returns
    -------
    list of lists
        Rows from south to north, each from west to east.
    """
    low, top = min(t for _, t in land), max(t for _, t in land) - north_room_m
    pitch = float(rng.uniform(*housing.pitch_m))
    count = int((top - low - housing.depth_m) // pitch) + 1 if top - low > housing.depth_m else 0
    slack = (top - low - housing.depth_m) - (count - 1) * pitch
    rows: list[list[Building]] = []
    for k in range(count):
        south = low + k * pitch + slack * 0.5
        found = _row(land, south, housing, axis, rng)
        if found:
            rows.append(found)
    return rows


def _row(
    land: list[Point], south: float, housing: Housing, axis: tuple[float, float] | None, rng: np.random.Generator
) -> list[Building]:
    a, b = span(land, south + 1e-6), span(land, south + housing.depth_m - 1e-6)
    if a is None or b is None:
        return []
    west, east = max(a[0], b[0]), min(a[1], b[1])
    if axis is None:
        return _fill(west, east, south, housing, rng)
    middle, width = axis
    left = _fill(west, min(east, middle - width / 2.0), south, housing, rng)
    return left + _fill(max(west, middle + width / 2.0), east, south, housing, rng)


def _fill(west: float, east: float, south: float, housing: Housing, rng: np.random.Generator) -> list[Building]:
    """Fill one stretch with buildings of about one length and even gaps."""
    short, long = housing.length_m
    room = east - west
    if room < short:
        return []
    length, gap = float(rng.uniform(short, long)), float(rng.uniform(*housing.gap_m))
    count = max(1, int((room + gap) // (length + gap)))
    if count == 1:
        length = min(room, long)
    spare = room - count * length - (count - 1) * gap
    if count > 1:
        gap += 0.7 * spare / (count - 1) if spare < 2.0 * housing.gap_m[1] else 0.0
    start = west + (room - count * length - (count - 1) * gap) / 2.0
    storeys = int(rng.choice(housing.storeys))
    flats = max(1, round(length * housing.flats_per_metre)) * storeys
    return [Building(start + k * (length + gap), south, length, housing.depth_m, storeys, flats) for k in range(count)]
