"""Where on earth the coordinates are: axes, zones, datum, and the way into the district's CRS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from workbench.arrays import Flags, Floats
from workbench.errors import GeodataError, Problem, SourceError
from workbench.ground.soundness import CHINA, datum_hint
from workbench.ground.sources.reading import Reading, Shapes, listed

# ----------------------------------------------------------------------------------------------------------------------
# Chinese datums: what internet maps do to coordinates, and how to undo it.
#
# GCJ-02 (Amap, Tencent, Google in China) shifts WGS 84 by a few hundred metres that change from place to place; BD-09
# (Baidu) shifts GCJ-02 once more. Both are published formulas, used here one way only: to clean points of interest
# from internet maps before they meet surveyed data. CGCS2000 and WGS 84 differ by centimetres to decimetres, which
# planning does not see, and are taken as one.
#
# All functions take and give degrees, longitude first, as (n, 2) arrays.


Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
"""Names a recipe may use."""


_A: Final = 6378245.0  # the Krassovsky ellipsoid, as in the published formula
_EE: Final = 0.00669342162296594323
_BD_TURN: Final = np.pi * 3000.0 / 180.0
_ROUNDS: Final = 6  # each divides the error by several hundred; six leave nothing that a float can hold


def inside_china(lonlat: Floats) -> npt.NDArray[np.bool_]:
    """Return which points, in degrees, lie in the box in which the shift applies."""
    west, south, east, north = CHINA
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _waves(a: Floats, b: Floats, c: float, d: float) -> Floats:
    ripple = 20.0 * np.sin(6.0 * a * np.pi) + 20.0 * np.sin(2.0 * a * np.pi)
    swell = 20.0 * np.sin(b * np.pi) + 40.0 * np.sin(b / 3.0 * np.pi)
    tide = c * np.sin(b / 12.0 * np.pi) + d * np.sin(b / 30.0 * np.pi)
    return (ripple + swell + tide) * 2.0 / 3.0


def _shift(lonlat: Floats) -> Floats:
    """Return the GCJ-02 shift at points of the unshifted earth, degrees."""
    x, y = lonlat[:, 0] - 105.0, lonlat[:, 1] - 35.0
    root = np.sqrt(np.abs(x))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + _waves(x, x, 150.0, 300.0)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + _waves(x, y, 160.0, 320.0)
    lat = np.radians(lonlat[:, 1])
    magic = 1.0 - _EE * np.sin(lat) ** 2
    per_lon = np.radians(_A / np.sqrt(magic) * np.cos(lat))
    per_lat = np.radians(_A * (1.0 - _EE) / (magic * np.sqrt(magic)))
    moved: Floats = np.column_stack([east / per_lon, north / per_lat])
    moved[~inside_china(lonlat)] = 0.0
    return moved


def wgs84_to_gcj02(lonlat: Floats) -> Floats:
    """Shift WGS 84 to GCJ-02; for tests and for the search of datum mistakes."""
    return lonlat + _shift(lonlat)


def gcj02_to_bd09(lonlat: Floats) -> Floats:
    """Shift GCJ-02 to BD-09; for tests and for the search of datum mistakes."""
    x, y = lonlat[:, 0], lonlat[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURN)
    moved: Floats = np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])
    return np.where(inside_china(lonlat)[:, None], moved, lonlat)


def wgs84_to_bd09(lonlat: Floats) -> Floats:
    """Shift WGS 84 to BD-09; for tests and for the search of datum mistakes."""
    return gcj02_to_bd09(wgs84_to_gcj02(lonlat))


def _undo(forward: Callable[[Floats], Floats], lonlat: Floats) -> Floats:
    """Invert a shift by iteration: the usual single step is 1–4 m off, this ends below a millimetre."""
    guess = lonlat.copy()
    for _ in range(_ROUNDS):
        guess += lonlat - forward(guess)
    return guess


def gcj02_to_wgs84(lonlat: Floats) -> Floats:
    """Undo GCJ-02."""
    return _undo(wgs84_to_gcj02, lonlat)


def _bd09_to_gcj02(lonlat: Floats) -> Floats:
    """Undo the second shift of BD-09."""
    return _undo(gcj02_to_bd09, lonlat)


def bd09_to_wgs84(lonlat: Floats) -> Floats:
    """Undo BD-09, both shifts; see :func:`gcj02_to_wgs84`."""
    return gcj02_to_wgs84(_bd09_to_gcj02(lonlat))


def _unchanged(lonlat: Floats) -> Floats:
    return lonlat


TO_WGS84: Final[Mapping[str, Callable[[Floats], Floats]]] = MappingProxyType(
    {"wgs84": _unchanged, "cgcs2000": _unchanged, "gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}
)
"""From each datum to WGS 84."""

FROM_WGS84: Final[Mapping[str, Callable[[Floats], Floats]]] = MappingProxyType(
    {"wgs84": _unchanged, "cgcs2000": _unchanged, "gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}
)
"""From WGS 84 to each datum; for the search of datum mistakes."""


# ----------------------------------------------------------------------------------------------------------------------
# Where on earth the coordinates are: axes, zones, datum, and the way into the district's CRS.


INSIDE_SHARE: Final = 0.99
"""Share of the points of a layer that must lie inside the extent."""

MARGIN_M: Final = 1000.0
"""The extent, where the recipe gives none, is the box of the ways grown by this much."""

_FARTHEST_SHIFT_M: Final = 5000.0  # GCJ-02 and BD-09 shift less, by far
_LONLAT: Final = "EPSG:4326"
_EIGHT_DIGITS: Final = (1.0e7, 1.0e8)


def known_crs(where: str, text: str, key: str = "") -> pyproj.CRS:
    """Return the CRS of a name, a code or WKT."""
    try:
        return pyproj.CRS.from_user_input(text)
    except (pyproj.exceptions.CRSError, ValueError) as error:  # ValueError: signs that no name holds
        raise SourceError(
            Problem(where, "the CRS is not known", key=key, expected="such as EPSG:4546", found=repr(text)[:80])
        ) from error


def placed(reading: Reading, crs: pyproj.CRS, datum: str | None = "wgs84") -> Shapes:
    """Return the shapes of a source in the CRS of the district."""
    assert reading.shapes is not None
    own = known_crs(str(reading.path), reading.crs)
    xy, owner = shapely.get_coordinates(reading.shapes, return_index=True)
    problem = _axis_problem(str(reading.path), xy, own)
    if problem:
        raise GeodataError([problem, *_swapped(reading, xy, owner, own)])
    if datum is None and own.is_geographic and inside_china(xy).any():
        raise GeodataError(unsaid(reading.path))
    try:
        return moved(reading.shapes, own, crs, datum or "wgs84")
    except pyproj.exceptions.ProjError as error:  # a CRS that can be read and not be used
        what, name = "the coordinates cannot be brought into the CRS of the district", repr(reading.crs)[:80]
        mend = "State the CRS of the source, such as crs: EPSG:4546."
        raise SourceError(Problem(str(reading.path), what, expected=crs.to_string(), found=name, mend=mend)) from error


def _swapped(reading: Reading, xy: Floats, owner: npt.NDArray[np.int64], own: pyproj.CRS) -> list[Problem]:
    """List the rows whose longitude and latitude are exchanged where those of most others are not."""
    if not own.is_geographic:
        return []
    turned = (np.abs(xy[:, 1]) > 90.0) & (np.abs(xy[:, 1]) <= 180.0) & (np.abs(xy[:, 0]) <= 90.0)
    rows = np.zeros(len(reading.lines), bool)
    rows[owner[turned]] = True
    if rows.mean() > 0.5:
        return []  # then the columns are exchanged, which is said already
    first = np.unique(owner, return_index=True)[1]
    return listed(
        reading.path,
        reading.lines,
        rows,
        "longitude and latitude are swapped in this row",
        found=[f"{x:g}, {y:g}" for x, y in xy[first]],
        expected="longitude first, as in the other rows",
        mend="Exchange the two cells.",
    )


def unsaid(path: Path) -> Problem:
    """Ask for the datum: inside China nobody can see from degrees whether a map has shifted them."""
    return Problem(
        str(path),
        "the datum of the degrees is not stated",
        key="datum",
        expected="cgcs2000 (survey, Tianditu), wgs84 (GPS, OpenStreetMap), gcj02 (Amap, Tencent) or bd09 (Baidu)",
        mend="State 'datum' for this source in the recipe. Inside China internet maps shift places by 300 to 1,400 m; "
        "if you do not know where the degrees were read off, ask who made the table.",
    )


def moved(shapes: Shapes, own: pyproj.CRS, crs: pyproj.CRS, datum: str = "wgs84") -> Shapes:
    """Project shapes from one CRS into another, undoing the shift of the datum on the way."""
    xy = shapely.get_coordinates(shapes)
    if TO_WGS84[datum] is not TO_WGS84["wgs84"]:
        degrees = transformed(xy, own, pyproj.CRS.from_user_input(_LONLAT))
        xy, own = TO_WGS84[datum](degrees), pyproj.CRS.from_user_input(_LONLAT)
    return shapely.set_coordinates(np.array(shapes, dtype=object), transformed(xy, own, crs))


def transformed(xy: Floats, own: pyproj.CRS, crs: pyproj.CRS) -> Floats:
    """Bring coordinates from one CRS into another, x or longitude first."""
    if own == crs or not len(xy):
        return xy
    x, y = _transformer(own.to_wkt(), crs.to_wkt()).transform(xy[:, 0], xy[:, 1])
    return np.column_stack([x, y])


@lru_cache(maxsize=64)
def _transformer(own: str, crs: str) -> pyproj.Transformer:
    """Return the way from one CRS into another, x or longitude first; PROJ takes a tenth of a second to find it."""
    return pyproj.Transformer.from_crs(own, crs, always_xy=True)


def _axis_problem(where: str, xy: Floats, crs: pyproj.CRS) -> Problem | None:
    """Look for coordinates that cannot be what they claim to be."""
    if not len(xy):
        return None
    x, y = np.median(xy[:, 0]), np.median(xy[:, 1])
    found = f"{x:.10g}, {y:.10g} in the middle of the points"
    name = f"{crs.to_string()} ({crs.name})"
    if crs.is_geographic:
        return _degree_problem(where, xy, name, found)
    if np.abs(xy).max() <= 360.0:
        mend = "State the geographic CRS of the source, such as crs: EPSG:4490 or EPSG:4326."
        return Problem(
            where, "the coordinates are degrees, the CRS is in metres", expected=name, found=found, mend=mend
        )
    return _zone_problem(where, float(x), float(y), crs, found)


def _degree_problem(where: str, xy: Floats, name: str, found: str) -> Problem | None:
    lon, lat = np.abs(xy[:, 0]), np.abs(xy[:, 1])
    if (lon <= 180.0).all() and (lat <= 90.0).all():
        return None
    if (lon <= 90.0).all() and (lat <= 180.0).all():
        mend = "Exchange the columns x and y of this source in the recipe."
        return Problem(where, "longitude and latitude are swapped", expected="longitude as x", found=found, mend=mend)
    far = np.flatnonzero((lon > 180.0) | (lat > 90.0))
    if len(far) > 0.5 * len(xy):
        mend = "State the projected CRS of the source, such as crs: EPSG:4546."
        if (lon <= 18_000.0).all() and (lat <= 9_000.0).all() and (np.abs(xy) % 100.0 < 60.0).all():
            east, north = minutes_joined(xy[:1])[0]
            mend += f" If they are degrees and minutes in one number, write degrees: {east:.6f}, {north:.6f}."
        return Problem(
            where, "the coordinates are metres, the CRS is in degrees", expected=name, found=found, mend=mend
        )
    first = ", ".join(f"({a:g}, {b:g})" for a, b in xy[far[:3]])
    return Problem(where, "coordinates lie off the earth", expected=name, found=f"{len(far):,}, the first: {first}")


def minutes_joined(xy: Floats) -> Floats:
    """Read 11617.877 as 116 degrees 17.877 minutes."""
    whole = np.trunc(xy / 100.0)
    return np.asarray(whole + (xy - 100.0 * whole) / 60.0, np.float64)


def minutes_as_decimals(xy: Floats) -> Floats:
    """Read 116.17877 as 116 degrees 17.877 minutes."""
    return minutes_joined(100.0 * xy)


def seconds_as_decimals(xy: Floats) -> Floats:
    """Read 116.1752 as 116 degrees 17 minutes 52 seconds."""
    whole = np.trunc(xy)
    return np.asarray(whole + minutes_joined(np.round(100.0 * (xy - whole) * 100.0, 6)) / 60.0, np.float64)


def _zone_problem(where: str, x: float, y: float, crs: pyproj.CRS, found: str) -> Problem | None:
    """CGCS2000 eastings have six digits, or eight with the zone number in front."""
    easting = _false_easting(crs)
    low, high = _EIGHT_DIGITS
    prefixed = low <= easting < high
    if not prefixed and low <= y < high and abs(x) < low:
        x, y = y, x  # survey order: north first; the easting tells itself by its eight digits
    if not prefixed and low <= x < high:
        zone = int(x // 1_000_000)
        return Problem(
            where,
            "the eastings carry a zone number that the CRS does not expect",
            expected=f"six digits before the point in {crs.to_string()}",
            found=found,
            mend=f"The first two digits are zone {zone}: state {_prefixed(zone)} for this source.",
        )
    if prefixed and 0 < x < 1_000_000:
        zone = int(easting // 1_000_000)
        return Problem(
            where,
            "the eastings lack the zone number that the CRS expects",
            expected=f"eight digits that begin with {zone} in {crs.to_string()}",
            found=found,
            mend=f"State the CRS of the zone without prefix for this source{_plain(zone)}.",
        )
    return None


def zone_before(crs: pyproj.CRS) -> int:
    """Return the number of the zone that eastings of a CRS begin with; 0 where they have none."""
    return int(_false_easting(crs) // 1_000_000)


def _false_easting(crs: pyproj.CRS) -> float:
    operation = crs.coordinate_operation
    return next((float(p.value) for p in operation.params if p.name == "False easting"), 0.0) if operation else 0.0


def _prefixed(zone: int) -> str:
    if 25 <= zone <= 45:
        return f"the CRS with zone prefix, crs: EPSG:{4513 + zone - 25} (CGCS2000, 3-degree zone {zone})"
    if 13 <= zone <= 23:
        return f"the CRS with zone prefix, crs: EPSG:{4491 + zone - 13} (CGCS2000, 6-degree zone {zone})"
    return "a CRS with zone prefix"


def _plain(zone: int) -> str:
    if 25 <= zone <= 45:
        return f", crs: EPSG:{4534 + zone - 25} (CGCS2000, 3-degree, central meridian {3 * zone}E)"
    if 13 <= zone <= 23:
        return f", crs: EPSG:{4502 + zone - 13} (CGCS2000, 6-degree, central meridian {6 * zone - 3}E)"
    return ""


def outside_problem(
    layer: str,
    names: list[str],
    points: Shapes,
    extent: shapely.Geometry,
    reading: Reading,
    crs: pyproj.CRS,
    datum: str,
    *,
    clips: bool = False,
) -> tuple[Problem | None, int]:
    """Check that the shapes of a layer lie inside the extent."""
    shapely.prepare(extent)
    inside = shapely.intersects(extent, points)
    outside = int((~inside).sum())
    if inside.mean() >= INSIDE_SHARE:
        return None, outside
    out = np.flatnonzero(~inside)[:3]
    middle = shapely.centroid(np.asarray(points, dtype=object)[out])
    first = ", ".join(f"{names[i]} ({p.x:.0f}, {p.y:.0f})" for i, p in zip(out, middle, strict=True))
    near = shapely.distance(extent, middle[0]) <= _FARTHEST_SHIFT_M
    hint = datum_hint(crs, middle[0].x, middle[0].y) if near else ""
    expected = "points of the same place" if clips else f"at least {INSIDE_SHARE:.0%} of the points inside"
    found = f"{inside.mean():.1%} of {len(points):,} inside; the first outside: {first}"
    if _fits_swapped(extent, reading, crs, datum):
        return Problem(
            layer,
            "longitude and latitude, or easting and northing, are swapped: exchanged, the points lie inside",
            expected=expected,
            found=found,
            mend=f"Exchange the columns x and y of {reading.path.name} in the recipe.",
        ), outside
    if clips and inside.any():
        return None, outside
    fits = [
        words
        for read, words in _MISREAD.items()
        if _inside_as(read, extent, reading, crs, datum).mean() >= INSIDE_SHARE
    ]
    if fits:
        return Problem(
            layer,
            f"the decimals of the degrees are {' or '.join(fits)}: read so, the points lie inside",
            expected="degrees with decimals",
            found=found,
            mend=f"Compute degrees: degrees + minutes / 60 + seconds / 3600, in {reading.path.name}.",
        ), outside
    return Problem(
        layer,
        "nothing lies inside the extent" if clips else "too many points lie outside the extent",
        expected=expected,
        found=found,
        mend=f"Check crs{' and datum' if hint else ''} of {reading.path.name}{hint}, "
        "and whether it shows the same place.",
    ), outside


def swapped_rows(
    reading: Reading, inside: Flags, extent: shapely.Geometry, crs: pyproj.CRS, datum: str
) -> list[Problem]:
    """List the rows that lie outside the extent, and inside it with x and y exchanged."""
    if inside.all() or not inside.any():
        return []
    shapes = reading.shapes
    assert shapes is not None
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    return listed(
        reading.path,
        reading.lines,
        ~inside & _inside_as(_exchanged, extent, reading, crs, datum),
        "longitude and latitude, or easting and northing, are swapped in this row",
        found=[f"{x:.10g}, {y:.10g}" for x, y in middle],
        expected="the order of the other rows",
        mend="Exchange the two cells.",
    )


def _exchanged(xy: Floats) -> Floats:
    return xy[:, ::-1]


_MISREAD: Final = {seconds_as_decimals: "minutes and seconds (D.MMSS)", minutes_as_decimals: "minutes (D.MMmmm)"}
"""How degrees are written that are no decimal degrees and still look like them."""


def _fits_swapped(extent: shapely.Geometry, reading: Reading, crs: pyproj.CRS, datum: str) -> bool:
    return bool(_inside_as(_exchanged, extent, reading, crs, datum).mean() >= INSIDE_SHARE)


def _inside_as(
    read: Callable[[Floats], Floats], extent: shapely.Geometry, reading: Reading, crs: pyproj.CRS, datum: str
) -> Flags:
    """Tell which rows would lie inside the extent if their coordinates were read in another way."""
    own = pyproj.CRS.from_user_input(reading.crs)
    assert reading.shapes is not None
    if read is not _exchanged and not own.is_geographic:
        return np.zeros(len(reading.shapes), bool)
    with np.errstate(all="ignore"):
        points = shapely.centroid(moved(shapely.transform(reading.shapes, read), own, crs, datum))
    return np.asarray(shapely.intersects(extent, points), bool)


# ----------------------------------------------------------------------------------------------------------------------
# Looking for datum mistakes: would a layer fit the ground better if it were shifted as internet maps are.
#
# Distance alone does not tell: in a dense street network any point is near some street. What tells is that the right
# place is a *sharp* one. Buildings stand beside streets and never on them, shops stand close to them, stations at the
# edge of compounds; moved by a hundred metres in any direction, all are as mixed as chance. So a layer is laid at the
# place given, and at the places where a datum mistake would have come from. At each, the distribution of distances to
# the nearest way is compared (Kolmogorov–Smirnov) with those of the layer moved onto a ring round that place. At the
# right place it stands out by several standard deviations, elsewhere by none; and the shifts are far longer than the
# ring is wide.
#
# The same is asked of every other layer that could know: walls of compounds, buildings, demand. The deviations are
# added up and divided by the root of their number, so that chance stays as it is while the truth adds up. Ways alone
# tell nothing of 15 stations of the embedded district; with the others, 39 of 40 such layers are found, all of 38
# points, four of 40 of 5 points, and none that is right is accused.


_FEWEST_POINTS: Final = 5
"""Fewer points say nothing."""

_SHARP: Final = 2.5
"""Standard deviations by which many points must stand out from the surroundings of their ways, to be believed."""

_SHARP_WITH_FEW: Final = 3.3
"""The same with fewer than :data:`_MANY_POINTS`, or beside several layers, for chance stands out more."""

_MANY_POINTS: Final = 150
FEW_POINTS: Final = 50
"""Fewer points say nothing beside ways alone: one layer of 15 in 20 that are right would be accused."""

_BETTER: Final = 1.5
"""Standard deviations by which it must stand out more than the place given."""

_MOST_POINTS: Final = 300
_MOST_BESIDE_MANY: Final = 100  # several layers tell enough of these, and cost more
_RING_M: Final = (60.0, 90.0, 120.0, 150.0)
_BEARINGS: Final = 6
_LEVELS: Final = np.linspace(0.02, 0.98, 49)
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
    """Look whether points fit the ground much better after a shift of the datum."""
    if len(points) < _FEWEST_POINTS or not len(ground[0]):
        return None
    to_degrees = _transformer(crs.to_wkt(), _LONLAT)
    xy = shapely.get_coordinates(points)
    lonlat = np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1]))
    if not inside_china(lonlat).all():
        return None
    places: list[tuple[str, bool, Floats]] = []
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
            if sharp >= enough and sharp > max(best, as_given + _BETTER):
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
        yield trees, _MOST_BESIDE_MANY, _SHARP_WITH_FEW
    if count >= FEW_POINTS:
        yield trees[:1], _MOST_POINTS, _SHARP if count >= _MANY_POINTS else _SHARP_WITH_FEW


def _origins(stated: str, *, of_layer: bool, of_ways: bool) -> Iterator[tuple[str, bool, Callable[[Floats], Floats]]]:
    """Yield mistakes that may have been made: a datum, whether of the ways, and how to undo it."""
    plain = "wgs84" if stated == "cgcs2000" else stated
    for code in _NAMES if of_layer else ():
        if code != plain:
            yield code, False, partial(_restated, plain, code)
    for code in ("gcj02", "bd09") if of_ways and plain == "wgs84" else ():
        yield code, True, FROM_WGS84[code]


def _restated(stated: str, meant: str, lonlat: Floats) -> Floats:
    return TO_WGS84[meant](FROM_WGS84[stated](lonlat))


def _sharpness(xy: Floats, trees: Sequence[shapely.STRtree]) -> float:
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


def _distances(xy: Floats, tree: shapely.STRtree) -> Floats:
    far: Floats = tree.query_nearest(shapely.points(xy), return_distance=True, all_matches=False)[1]
    return far


def _gap(distances: Floats, usual: Floats) -> float:
    """Return the Kolmogorov–Smirnov distance between a sample and the quantiles of another."""
    return float(np.abs(np.searchsorted(distances, usual, side="right") / len(distances) - _LEVELS).max())
