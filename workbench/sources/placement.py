"""Where on earth the coordinates are: axes, zones, datum, and the way into the district's CRS."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from workbench.errors import GeodataError, Problem, SourceError
from workbench.soundness import datum_hint
from workbench.sources.datum import TO_WGS84, inside_china
from workbench.sources.reading import Reading, Shapes, listed

INSIDE_SHARE: Final = 0.99
"""Share of the points of a layer that must lie inside the extent."""

MARGIN_M: Final = 1000.0
"""The extent, where the recipe gives none, is the box of the ways grown by this much."""

_FARTHEST_SHIFT_M: Final = 5000.0  # GCJ-02 and BD-09 shift less, by far
_LONLAT: Final = "EPSG:4326"
_EIGHT_DIGITS: Final = (1.0e7, 1.0e8)

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def known_crs(where: str, text: str, key: str = "") -> pyproj.CRS:
    """Return the CRS of a name, a code or WKT.

    Parameters
    ----------
    where, key
        File and key, for the message.
    text
        As it was written.

    Raises
    ------
    SourceError
        If PROJ does not know it.
    """
    try:
        return pyproj.CRS.from_user_input(text)
    except (pyproj.exceptions.CRSError, ValueError) as error:  # ValueError: signs that no name holds
        raise SourceError(
            Problem(where, "the CRS is not known", key=key, expected="such as EPSG:4546", found=repr(text)[:80])
        ) from error


def placed(reading: Reading, crs: pyproj.CRS, datum: str | None = "wgs84") -> Shapes:
    """Return the shapes of a source in the CRS of the district.

    Parameters
    ----------
    reading
        The source, with shapes.
    crs
        CRS of the district.
    datum
        Datum of the source; GCJ-02 and BD-09 are undone. None: the recipe does not say.

    Raises
    ------
    GeodataError
        If degrees lie inside China and their datum is not said; if the axes are swapped, degrees and metres
        are mixed up, or an easting carries a zone number that the CRS does not know.
    """
    assert reading.shapes is not None
    own = known_crs(str(reading.path), reading.crs)
    xy, owner = shapely.get_coordinates(reading.shapes, return_index=True)
    problem = axis_problem(str(reading.path), xy, own)
    if problem:
        raise GeodataError([problem, *_swapped(reading, xy, owner, own)])
    if datum is None and own.is_geographic and inside_china(xy).any():
        raise GeodataError(_unsaid(reading))
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


def _unsaid(reading: Reading) -> Problem:
    """Ask for the datum: inside China nobody can see from degrees whether a map has shifted them."""
    return Problem(
        str(reading.path),
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
        degrees = _transformed(xy, own, pyproj.CRS.from_user_input(_LONLAT))
        xy, own = TO_WGS84[datum](degrees), pyproj.CRS.from_user_input(_LONLAT)
    return shapely.set_coordinates(np.array(shapes, dtype=object), _transformed(xy, own, crs))


def _transformed(xy: Floats, own: pyproj.CRS, crs: pyproj.CRS) -> Floats:
    if own == crs or not len(xy):
        return xy
    x, y = transformer(own.to_wkt(), crs.to_wkt()).transform(xy[:, 0], xy[:, 1])
    return np.column_stack([x, y])


@lru_cache(maxsize=64)
def transformer(own: str, crs: str) -> pyproj.Transformer:
    """Return the way from one CRS into another, x or longitude first; PROJ takes a tenth of a second to find it."""
    return pyproj.Transformer.from_crs(own, crs, always_xy=True)


def axis_problem(where: str, xy: Floats, crs: pyproj.CRS) -> Problem | None:
    """Look for coordinates that cannot be what they claim to be.

    Parameters
    ----------
    where
        File, for the message.
    xy
        (n, 2) coordinates as they stand in the source.
    crs
        CRS they claim to be in.

    Returns
    -------
    Problem or None
        Axes swapped, degrees for metres or metres for degrees, zone number in the easting.
    """
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
            east, north = _minutes_joined(xy[:1])[0]
            mend += f" If they are degrees and minutes in one number, write degrees: {east:.6f}, {north:.6f}."
        return Problem(
            where, "the coordinates are metres, the CRS is in degrees", expected=name, found=found, mend=mend
        )
    first = ", ".join(f"({a:g}, {b:g})" for a, b in xy[far[:3]])
    return Problem(where, "coordinates lie off the earth", expected=name, found=f"{len(far):,}, the first: {first}")


def _minutes_joined(xy: Floats) -> Floats:
    """Read 11617.877 as 116 degrees 17.877 minutes."""
    whole = np.trunc(xy / 100.0)
    return np.asarray(whole + (xy - 100.0 * whole) / 60.0, np.float64)


def _minutes_as_decimals(xy: Floats) -> Floats:
    """Read 116.17877 as 116 degrees 17.877 minutes."""
    return _minutes_joined(100.0 * xy)


def _seconds_as_decimals(xy: Floats) -> Floats:
    """Read 116.1752 as 116 degrees 17 minutes 52 seconds."""
    whole = np.trunc(xy)
    return np.asarray(whole + _minutes_joined(np.round(100.0 * (xy - whole) * 100.0, 6)) / 60.0, np.float64)


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
    """Check that the shapes of a layer lie inside the extent.

    Parameters
    ----------
    layer, names
        Layer, and identifiers of its rows.
    points
        The points, in the CRS of the district.
    extent
        Where they should lie, in the same CRS.
    reading, crs, datum
        The source, the district's CRS and the source's datum, to see whether exchanging the axes helps.
    clips
        Whether the extent cuts the layer: what lies outside may then be any share but all.

    Returns
    -------
    problem : Problem or None
        When fewer than 99 % lie inside, or none where the extent clips, naming the first outside; or when they
        would with x and y exchanged.
    outside : int
        How many lie outside.
    """
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
    """List the rows that lie outside the extent, and inside it with x and y exchanged.

    Parameters
    ----------
    reading
        The source, with shapes as they stand in it.
    inside
        Which of its rows lie inside, shape (n,).
    extent, crs, datum
        As in :func:`outside_problem`.
    """
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


_MISREAD: Final = {_seconds_as_decimals: "minutes and seconds (D.MMSS)", _minutes_as_decimals: "minutes (D.MMmmm)"}
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
