"""From the shapes a source has to the shape a layer must have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from workbench.errors import Problem
from workbench.sources.reading import Reading, Remark, Shapes, listed

_POLYGONS = ("Polygon", "MultiPolygon")


def kinds_of(shapes: Shapes) -> npt.NDArray[np.str_]:
    """Return the geometry type of each shape."""
    return np.array([shape.geom_type for shape in shapes], dtype=np.str_)


def as_points(
    reading: Reading, shapes: Shapes, *, centroid: bool = False
) -> tuple[Shapes, list[Problem], tuple[Remark, ...]]:
    """Turn shapes into points: areas and lines into a point on them, or into their centroid.

    Parameters
    ----------
    reading
        The source, for messages.
    shapes
        Its shapes, in metres.
    centroid
        Whether areas become their centroid even where it lies outside them, as cells of a grid do.

    Returns
    -------
    points, problems, remarks
        Points, one a shape; shapes of several points, which cannot be one; how many shapes were areas.
    """
    kinds = kinds_of(shapes)
    single = (kinds == "MultiPoint") & (shapely.get_num_geometries(shapes) == 1)
    several = (kinds == "MultiPoint") & ~single
    problems = listed(
        reading.path,
        reading.lines,
        several,
        "the feature has several points",
        found=[f"{n} points" for n in shapely.get_num_geometries(shapes)],
        column="geometry",
        expected="one point",
        mend="Split it into single points.",
    )
    points = np.array(shapes, dtype=object)
    points[single] = shapely.get_geometry(shapes[single], 0)
    spread = ~np.isin(kinds, ("Point", "MultiPoint"))
    middle = shapely.centroid(shapes[spread])
    if not centroid:
        middle = np.where(shapely.intersects(middle, shapes[spread]), middle, shapely.point_on_surface(shapes[spread]))
    points[spread] = middle
    word = "centroid" if centroid else "middle"
    words = f"{int(spread.sum()):,} shapes taken at their {word}"
    return points, problems, (Remark("changed", words),) if spread.any() else ()


def as_lines(reading: Reading, shapes: Shapes) -> tuple[Shapes, npt.NDArray[np.int64], list[Problem]]:
    """Explode lines into single ones, and list what is no line or has no length.

    Returns
    -------
    lines, owner, problems
        LineStrings; the row of each; shapes that are no lines, or as short as nothing, or that no projection holds.
    """
    kinds = kinds_of(shapes)
    wrong = ~np.isin(kinds, ("LineString", "MultiLineString", "LinearRing"))
    problems = listed(
        reading.path,
        reading.lines,
        wrong,
        "the geometry is of the wrong type",
        found=list(kinds),
        column="geometry",
        expected="a line",
        mend="Ways are lines; convert the features.",
    )
    astray = ~wrong & ~np.isfinite(shapely.bounds(shapes)).all(axis=1)
    problems += listed(
        reading.path,
        reading.lines,
        astray,
        "the line leaves the map of the district's CRS",
        found=list(kinds),
        column="geometry",
        expected="finite coordinates",
        mend="Correct the coordinates, or the CRS of the source.",
    )
    drawn = ~wrong & ~astray
    flat = drawn.copy()
    flat[drawn] = shapely.length(shapes[drawn]) == 0
    problems += listed(
        reading.path,
        reading.lines,
        flat,
        "the line has no length",
        found=list(kinds),
        column="geometry",
        expected="a line longer than zero",
        mend="Remove it, or draw it again.",
    )
    lines, owner = shapely.get_parts(shapes[drawn], return_index=True)
    rows = np.flatnonzero(drawn)[owner]
    longer = shapely.length(lines) > 0
    return lines[longer], rows[longer], problems


def as_polygons(shapes: Shapes) -> tuple[Shapes, tuple[Remark, ...]]:
    """Repair areas that cross themselves, as areas drawn by hand do; lists nothing, the gate does."""
    drawn = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    broken = np.isin(kinds_of(shapes), _POLYGONS) & drawn & ~shapely.is_valid(shapes)
    if not broken.any():
        return shapes, ()
    repaired = np.array(shapes, dtype=object)
    repaired[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    return repaired, (Remark("changed", f"{int(broken.sum()):,} areas that crossed themselves repaired"),)
