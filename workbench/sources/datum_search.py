"""Looking for datum mistakes: would a layer fit the ways better if it were shifted as internet maps are.

Distance alone does not tell: in a dense street network any point is near some street. What tells is
that the right place is a *sharp* one. Buildings stand beside streets and never on them, shops stand
close to them; moved by a hundred metres in any direction, both are as mixed as chance. So a layer is
laid at the place given, and at the four places where a datum mistake would have come from. At each, the
distribution of distances to the nearest way is compared (Kolmogorov–Smirnov) with those of the layer
moved onto a ring round that place. At the right place it stands out by several standard deviations,
elsewhere by none; and the shifts are far longer than the ring is wide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import pyproj
import shapely

from workbench.sources import datum
from workbench.sources.placement import transformer
from workbench.sources.reading import Shapes

FEWEST_POINTS: Final = 50
"""Fewer points say nothing."""

SHARP: Final = 2.5
"""Standard deviations by which a place must stand out from its surroundings, to be believed."""

SHARP_WITH_FEW: Final = 3.3
"""The same with fewer than :data:`FEW_POINTS`, for chance stands out more."""

FEW_POINTS: Final = 150

BETTER: Final = 1.5
"""Standard deviations by which it must stand out more than the place given."""

_MOST_POINTS: Final = 300
_RING_M: Final = (60.0, 90.0, 120.0, 150.0)
_BEARINGS: Final = 6
_LEVELS: Final = np.linspace(0.02, 0.98, 49)
_LONLAT: Final = "EPSG:4326"

_ORIGINS: Final[Mapping[str, tuple[Callable[[datum.Floats], datum.Floats], str, str]]] = MappingProxyType(
    {
        "gcj02": (datum.gcj02_to_wgs84, "GCJ-02", "the layer"),
        "bd09": (datum.bd09_to_wgs84, "BD-09", "the layer"),
        "ways in gcj02": (datum.wgs84_to_gcj02, "GCJ-02", "the ways"),
        "ways in bd09": (datum.wgs84_to_bd09, "BD-09", "the ways"),
    }
)


@dataclass(frozen=True)
class Doubt:
    """A datum mistake that a layer looks like.

    Attributes
    ----------
    words
        What was seen.
    mend
        What to do.
    datum
        gcj02 or bd09.
    shift_m
        How far the layer would move.
    """

    words: str
    mend: str
    datum: str
    shift_m: float


def suspicion(points: Shapes, ways: Shapes, crs: pyproj.CRS) -> Doubt | None:
    """Look whether points fit the ways much better after a shift of the datum.

    Parameters
    ----------
    points
        Points of a layer, in metres.
    ways
        Lines, in the same CRS.
    crs
        That CRS.

    Returns
    -------
    Doubt or None
        None outside China, with fewer than 50 points, or when no shift is clearly better than none.

    Notes
    -----
    Deterministic: of many points, 300 are taken at equal steps.
    """
    if len(points) < FEWEST_POINTS or not len(ways):
        return None
    chosen = points[np.linspace(0, len(points) - 1, min(len(points), _MOST_POINTS)).astype(np.int64)]
    xy = shapely.get_coordinates(chosen)
    to_degrees = transformer(crs.to_wkt(), _LONLAT)
    lonlat = np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1]))
    if not datum.inside_china(lonlat).all():
        return None
    tree = shapely.STRtree(ways)
    as_given = _sharpness(xy, tree)
    enough = SHARP if len(points) >= FEW_POINTS else SHARP_WITH_FEW
    best = as_given
    doubt: Doubt | None = None
    for key, (undo, name, whose) in _ORIGINS.items():
        back = undo(lonlat)
        there = np.column_stack(to_degrees.transform(back[:, 0], back[:, 1], direction="INVERSE"))
        sharp = _sharpness(there, tree)
        if sharp >= enough and sharp > max(best, as_given + BETTER):
            best = sharp
            seen = f"the layer stands out by {sharp:.1f} deviations from its surroundings, as given by {as_given:.1f}"
            doubt = _doubt(key.rsplit(" ", 1)[-1], name, whose, float(np.median(np.hypot(*(there - xy).T))), seen)
    return doubt


def _doubt(code: str, name: str, whose: str, shift_m: float, seen: str) -> Doubt:
    verb = "looks" if whose == "the layer" else "look"
    mend = f"State 'datum: {code}' for the source of {whose} in the recipe"
    if whose == "the ways":
        mend += ", or take away a datum stated for the layer by mistake"
    return Doubt(f"{whose} {verb} like {name}: shifted by {shift_m:,.0f} m, {seen}", f"{mend}.", code, shift_m)


def _sharpness(xy: datum.Floats, tree: shapely.STRtree) -> float:
    """Return by how many standard deviations a place stands out from the ring around it."""
    bearings = [(r, a + r) for r in _RING_M for a in np.linspace(0.0, 2.0 * np.pi, _BEARINGS, endpoint=False)]
    around = [_distances(xy + r * np.array([np.cos(a), np.sin(a)]), tree) for r, a in bearings]
    usual = np.quantile(np.concatenate(around), _LEVELS)
    gaps = np.array([_gap(distances, usual) for distances in around])
    return float((_gap(_distances(xy, tree), usual) - gaps.mean()) / max(gaps.std(), 1e-9))


def _distances(xy: datum.Floats, tree: shapely.STRtree) -> datum.Floats:
    far: datum.Floats = tree.query_nearest(shapely.points(xy), return_distance=True, all_matches=False)[1]
    return np.sort(far)


def _gap(distances: datum.Floats, usual: datum.Floats) -> float:
    """Return the Kolmogorov–Smirnov distance between a sample and the quantiles of another."""
    return float(np.abs(np.searchsorted(distances, usual, side="right") / len(distances) - _LEVELS).max())
