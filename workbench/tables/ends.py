"""Where lines begin and end."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]


def line_ends(ways: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    """Return the first and the last vertex of each line, in one pass over all vertices.

    Parameters
    ----------
    ways
        n rows whose geometries are lines, none of them missing or empty.

    Returns
    -------
    first, last : ndarray
        Coordinates, shape (n, 2) each, metres.
    """
    lines = np.asarray(ways.geometry.array, dtype=object)
    points, owner = shapely.get_coordinates(lines, return_index=True)
    begins = np.searchsorted(owner, np.arange(len(lines) + 1))
    return points[begins[:-1]], points[begins[1:] - 1]
