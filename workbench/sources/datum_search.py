"""Looking for datum mistakes: would a layer fit the ground better if it were shifted as internet maps are.

Distance alone does not tell: in a dense street network any point is near some street. What tells is
that the right place is a *sharp* one. Buildings stand beside streets and never on them, shops stand
close to them, stations at the edge of compounds; moved by a hundred metres in any direction, all are as
mixed as chance. So a layer is laid at the place given, and at the places where a datum mistake would have
come from. At each, the distribution of distances to the nearest way is compared (Kolmogorov–Smirnov)
with those of the layer moved onto a ring round that place. At the right place it stands out by several
standard deviations, elsewhere by none; and the shifts are far longer than the ring is wide.

The same is asked of every other layer that could know: walls of compounds, buildings, demand. The deviations
are added up and divided by the root of their number, so that chance stays as it is while the truth adds up.
Ways alone tell nothing of 15 stations of the embedded district; with the others, 39 of 40 such layers are found,
all of 38 points, four of 40 of 5 points, and none that is right is accused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pyproj
import shapely

from workbench.sources import datum
from workbench.sources.placement import transformer
from workbench.sources.reading import Shapes

FEWEST_POINTS: Final = 5
"""Fewer points say nothing."""

SHARP: Final = 2.5
"""Standard deviations by which many points must stand out from the surroundings of their ways, to be believed."""

SHARP_WITH_FEW: Final = 3.3
"""The same with fewer than :data:`MANY_POINTS`, or beside several layers, for chance stands out more."""

MANY_POINTS: Final = 150
FEW_POINTS: Final = 50
"""Fewer points say nothing beside ways alone: one layer of 15 in 20 that are right would be accused."""

BETTER: Final = 1.5
"""Standard deviations by which it must stand out more than the place given."""

_MOST_POINTS: Final = 300
_MOST_BESIDE_MANY: Final = 100  # several layers tell enough of these, and cost more
_RING_M: Final = (60.0, 90.0, 120.0, 150.0)
_BEARINGS: Final = 6
_LEVELS: Final = np.linspace(0.02, 0.98, 49)
_LONLAT: Final = "EPSG:4326"
_NAMES: Final = {"wgs84": "WGS 84", "gcj02": "GCJ-02", "bd09": "BD-09"}


@dataclass(frozen=True)
class Doubt:
    """A datum mistake that a layer looks like.

    Attributes
    ----------
    words
        What was seen.
    datum
        The datum that the layer, or the ways, seem to have.
    of_ways
        Whether it is the ways that seem to be shifted.
    shift_m
        How far the layer would move.
    """

    words: str
    datum: str
    of_ways: bool
    shift_m: float


def suspicion(
    points: Shapes,
    ground: Sequence[Shapes],
    crs: pyproj.CRS,
    *,
    stated: str = "wgs84",
    of_layer: bool = True,
    of_ways: bool = True,
) -> Doubt | None:
    """Look whether points fit the ground much better after a shift of the datum.

    Parameters
    ----------
    points
        Points of a layer, in metres, where they were put.
    ground
        Shapes to which they may be near, in the same CRS: the ways first, then other layers.
    crs
        That CRS.
    stated
        Datum from which they were brought there.
    of_layer, of_ways
        Whether the datum of the layer, and that of the ways, may be wrong.

    Returns
    -------
    Doubt or None
        None outside China, with fewer than 5 points, or when no shift is clearly better than none.

    Notes
    -----
    Deterministic: of many points, 300 are taken at equal steps.
    """
    if len(points) < FEWEST_POINTS or not len(ground[0]):
        return None
    to_degrees = transformer(crs.to_wkt(), _LONLAT)
    xy = shapely.get_coordinates(points)
    lonlat = np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1]))
    if not datum.inside_china(lonlat).all():
        return None
    places: list[tuple[str, bool, datum.Floats]] = []
    for code, whole_layer, undo in _origins(stated, of_layer=of_layer, of_ways=of_ways):
        back = undo(lonlat)
        there = np.column_stack(to_degrees.transform(back[:, 0], back[:, 1], direction="INVERSE"))
        places.append((code, whole_layer, there))
    trees = [shapely.STRtree(shapes) for shapes in ground]
    doubt = None
    for beside, most, enough in _tests(trees, len(points)):
        chosen = np.linspace(0, len(xy) - 1, min(len(xy), most)).astype(np.int64)
        as_given = best = _sharpness(xy[chosen], beside)
        for code, of_the_ways, there in places:
            sharp = _sharpness(there[chosen], beside)
            if sharp >= enough and sharp > max(best, as_given + BETTER):
                best = sharp
                shift_m = float(np.median(np.hypot(*(there - xy).T)))
                whose = "the ways look" if of_the_ways else "the layer looks"
                words = (
                    f"{whose} like {_NAMES[code]}: moved by {shift_m:,.0f} m, the layer stands out by {sharp:.1f} "
                    f"deviations from its surroundings, as given by {as_given:.1f}"
                )
                doubt = Doubt(words, code, of_the_ways, shift_m)
        if doubt is not None:
            return doubt
    return None


def _tests(trees: list[shapely.STRtree], count: int) -> Iterator[tuple[list[shapely.STRtree], int, float]]:
    """Yield which layers are asked, of how many points, and what is enough."""
    if len(trees) > 1:
        yield trees, _MOST_BESIDE_MANY, SHARP_WITH_FEW
    if count >= FEW_POINTS:
        yield trees[:1], _MOST_POINTS, SHARP if count >= MANY_POINTS else SHARP_WITH_FEW


def _origins(
    stated: str, *, of_layer: bool, of_ways: bool
) -> Iterator[tuple[str, bool, Callable[[datum.Floats], datum.Floats]]]:
    """Yield mistakes that may have been made: a datum, whether of the ways, and how to undo it."""
    plain = "wgs84" if stated == "cgcs2000" else stated
    for code in _NAMES if of_layer else ():
        if code != plain:
            yield code, False, partial(_restated, plain, code)
    for code in ("gcj02", "bd09") if of_ways and plain == "wgs84" else ():
        yield code, True, datum.FROM_WGS84[code]


def _restated(stated: str, meant: str, lonlat: datum.Floats) -> datum.Floats:
    return datum.TO_WGS84[meant](datum.FROM_WGS84[stated](lonlat))


def _sharpness(xy: datum.Floats, trees: Sequence[shapely.STRtree]) -> float:
    """Return by how many standard deviations a place stands out from the ring around it."""
    bearings = [(r, a + r) for r in _RING_M for a in np.linspace(0.0, 2.0 * np.pi, _BEARINGS, endpoint=False)]
    ring = np.array([(0.0, 0.0), *((r * np.cos(a), r * np.sin(a)) for r, a in bearings)])
    everywhere = (xy[None] + ring[:, None]).reshape(-1, 2)
    total = 0.0
    for tree in trees:
        here, *around = np.sort(_distances(everywhere, tree).reshape(len(ring), len(xy)), axis=1)
        usual = np.quantile(np.concatenate(around), _LEVELS)
        gaps = np.array([_gap(distances, usual) for distances in around])
        total += float((_gap(here, usual) - gaps.mean()) / max(gaps.std(), 1e-9))
    return total / float(np.sqrt(len(trees)))


def _distances(xy: datum.Floats, tree: shapely.STRtree) -> datum.Floats:
    far: datum.Floats = tree.query_nearest(shapely.points(xy), return_distance=True, all_matches=False)[1]
    return far


def _gap(distances: datum.Floats, usual: datum.Floats) -> float:
    """Return the Kolmogorov–Smirnov distance between a sample and the quantiles of another."""
    return float(np.abs(np.searchsorted(distances, usual, side="right") / len(distances) - _LEVELS).max())
