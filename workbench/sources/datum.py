"""Chinese datums: what internet maps do to coordinates, and how to undo it.

GCJ-02 (Amap, Tencent, Google in China) shifts WGS 84 by a few hundred metres that change from place
to place; BD-09 (Baidu) shifts GCJ-02 once more. Both are published formulas, used here one way only:
to clean points of interest from internet maps before they meet surveyed data. CGCS2000 and WGS 84
differ by centimetres to decimetres, which planning does not see, and are taken as one.

All functions take and give degrees, longitude first, as (n, 2) arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from workbench.soundness import CHINA

Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
"""Names a recipe may use."""

Floats = npt.NDArray[np.float64]

_A: Final = 6378245.0  # the Krassovsky ellipsoid, as in the published formula
_EE: Final = 0.00669342162296594323
_BD_TURN: Final = np.pi * 3000.0 / 180.0
_ROUNDS: Final = 6  # each divides the error by several hundred; six leave nothing that a float can hold


def inside_china(lonlat: Floats) -> npt.NDArray[np.bool_]:
    """Return which points lie in the box in which the shift applies."""
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
    """Undo GCJ-02.

    Parameters
    ----------
    lonlat
        (n, 2) degrees, GCJ-02. Points outside :data:`CHINA` are given back as they are.

    Returns
    -------
    numpy.ndarray
        (n, 2) degrees, WGS 84; shifting them again gives the input within a millimetre.
    """
    return _undo(wgs84_to_gcj02, lonlat)


def bd09_to_gcj02(lonlat: Floats) -> Floats:
    """Undo the second shift of BD-09."""
    return _undo(gcj02_to_bd09, lonlat)


def bd09_to_wgs84(lonlat: Floats) -> Floats:
    """Undo BD-09, both shifts; see :func:`gcj02_to_wgs84`."""
    return gcj02_to_wgs84(bd09_to_gcj02(lonlat))


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
