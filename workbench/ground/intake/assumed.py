"""What a district is taken to be where nobody drew or counted it: areas from their centres, people by floor area.

Nothing here is measured. What uses it says so: a remark of the kind ``assumed`` for each source, which the manifest
keeps, ``validate`` prints, and every figure of the district carries 【推】.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from workbench.arrays import Flags, Floats, Ints, apportioned
from workbench.catalogue.terms import AGE_BANDS
from workbench.errors import GeodataError
from workbench.ground.sources.reading import Reading, Remark, Shapes, listed

_SLIVER_M2: Final = 1e-6
_SAME_M: Final = 0.5  # centres nearer to one another are one place


# ----------------------------------------------------------------------------------------------------------------------
# Areas of which only centres are known.


def same_centres(centres: Shapes) -> list[tuple[int, int]]:
    """Return pairs of centres that lie at one place, by position; between them no area can be told."""
    one, other = shapely.STRtree(centres).query(centres, predicate="dwithin", distance=_SAME_M)
    return [(int(a), int(b)) for a, b in zip(one, other, strict=True) if a < b]


def areas_around(centres: Shapes, district: shapely.Geometry) -> Shapes:
    """Give each centre the part of the district that is nearer to it than to any other (Voronoi 1908).

    Parameters
    ----------
    centres
        Points in metres, no two at one place, shape (n,); they may lie outside the district.
    district
        Polygon that is divided; the areas cover it and do not overlap.

    Returns
    -------
    ndarray of shapely.Geometry
        Polygons, shape (n,); an empty one where a centre outside has no part of the district.
    """
    if len(centres) == 1:
        return np.array([district], object)
    reach = shapely.union(district, shapely.multipoints(centres))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(centres), extend_to=reach, ordered=True))
    return np.array([_polygons_of(part) for part in shapely.intersection(cells, district)], object)


def _polygons_of(shape: shapely.Geometry) -> shapely.Geometry:
    """Keep what of a shape has an area: where a cell only touches the border, lines and points are left."""
    parts = shapely.get_parts(shape)
    flat = parts[shapely.get_dimensions(parts) == 2]
    whole: shapely.Geometry = flat[0] if len(flat) == 1 else shapely.multipolygons(flat)
    return whole


# ----------------------------------------------------------------------------------------------------------------------
# People of whom only the number in an area is known.


@dataclass(frozen=True)
class Homes:
    """Where the people of areas are taken to live; rows in the order of the areas.

    Attributes
    ----------
    zone
        Area, shape (k,).
    building
        Building, shape (k,); −1 where an area has none and its people are put in its middle.
    weight
        Share of the people of its area, in any unit, positive; shape (k,).
    points
        Where, shape (k,).
    any_building
        Areas in which no building is known to be one to live in, so that all of them were taken.
    """

    zone: Ints
    building: Ints
    weight: Floats
    points: Shapes
    any_building: Ints

    @property
    def bare(self) -> Ints:
        """Areas without a building."""
        return self.zone[self.building < 0]


def homes_in(zones: Shapes, buildings: Shapes, lived_in: Flags, possible: Flags, levels: Floats) -> Homes:
    """Find the buildings in which the people of areas are taken to live, and the floor area of each.

    Parameters
    ----------
    zones
        Polygons, shape (n,).
    buildings
        Footprints, shape (m,); one on a border belongs to each area with what of it lies there.
    lived_in
        Which are known to be for living; shape (m,).
    possible
        Which may be, as nobody says what they are: taken in areas without one that is known; shape (m,).
    levels
        Storeys of each, shape (m,).
    """
    zone, building = shapely.STRtree(buildings).query(zones, predicate="intersects")
    part = shapely.intersection(zones[zone], buildings[building])
    floor = shapely.area(part) * levels[building]
    within = floor > _SLIVER_M2
    known = np.bincount(zone, (within & lived_in[building]).astype(np.float64), minlength=len(zones)) > 0
    used = within & (lived_in[building] | (~known[zone] & possible[building]))
    order = np.flatnonzero(used)[np.lexsort((building[used], zone[used]))]
    homes = np.unique(zone[order])
    bare = np.setdiff1d(np.arange(len(zones)), homes)
    points = np.concatenate([shapely.point_on_surface(part[order]), shapely.point_on_surface(zones[bare])])
    return Homes(
        np.concatenate([zone[order], bare]).astype(np.int64),
        np.concatenate([building[order], np.full(len(bare), -1)]).astype(np.int64),
        np.concatenate([floor[order], np.ones(len(bare))]),
        np.asarray(points, dtype=object),
        homes[~known[homes]].astype(np.int64),
    )


def overlaps(cells: Shapes, areas: Shapes) -> Homes:
    """Cut cells into the parts that lie in each area: people are taken to live evenly over a cell.

    A cell that lies in no area stays whole, with its people in its middle.
    """
    cell, area = shapely.STRtree(areas).query(cells, predicate="intersects")
    part = shapely.intersection(cells[cell], areas[area])
    size = shapely.area(part)
    order = np.flatnonzero(size > _SLIVER_M2)
    order = order[np.lexsort((area[order], cell[order]))]
    bare = np.setdiff1d(np.arange(len(cells)), cell[order])
    points = np.concatenate([shapely.point_on_surface(part[order]), shapely.point_on_surface(cells[bare])])
    return Homes(
        np.concatenate([cell[order], bare]).astype(np.int64),
        np.concatenate([area[order], np.full(len(bare), -1)]).astype(np.int64),
        np.concatenate([size[order], np.ones(len(bare))]),
        np.asarray(points, dtype=object),
        np.empty(0, np.int64),
    )


def spread_out(totals: Floats, homes: Homes) -> Floats:
    """Share the people of each area out over its homes, so that they add up to it exactly.

    Parameters
    ----------
    totals
        People of each area, shape (n,); not a number where that is not known.
    homes
        Where they live.

    Returns
    -------
    ndarray of float64
        People at each home, shape (k,): whole people (largest remainder); what a total has after its decimal point
        lives in the largest home.
    """
    people = np.full(len(homes.zone), np.nan)
    order = np.argsort(homes.zone, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(homes.zone[order])) + 1):
        total = float(totals[homes.zone[rows[0]]])
        if np.isnan(total):
            continue
        people[rows] = apportioned(int(total), homes.weight[rows])
        people[rows[int(np.argmax(homes.weight[rows]))]] += total - int(total)
    return people


def shares_inside(cells: Shapes, district: shapely.Geometry) -> Floats:
    """Return the share of each cell's area that lies in the district, shape (n,)."""
    size = shapely.area(cells)
    within = shapely.area(shapely.intersection(cells, district))
    return np.asarray(np.clip(within / size, 0.0, 1.0), np.float64)


def scaled(totals: Floats, to: float) -> Floats:
    """Scale numbers of people so that they add up to a whole number, each whole; missing ones stay missing."""
    known = ~np.isnan(totals)
    out = np.full(len(totals), np.nan)
    out[known] = apportioned(round(to), totals[known])
    return out


# ----------------------------------------------------------------------------------------------------------------------
# The layers of a district that are assumed, and the words for it.


_COUNTS: Final = ("residents", "households", *AGE_BANDS)
_BANDS_OFF: Final = 0.005  # share of the residents by which age bands may miss them: they were rounded apart
_SAME_PEOPLE: Final = 1e-6  # two numbers of people that differ by less are one
_UNKNOWN_USE: Final = ("unknown", "yes")


def communities_around(
    rows: pd.DataFrame, found: Reading, district: shapely.Geometry, edge: str
) -> tuple[pd.DataFrame, Reading, Shapes, tuple[Remark, ...]]:
    """Make communities of their centres.

    Parameters
    ----------
    rows
        Communities in the columns of the house.
    found
        The same as read, with their centres as shapes.
    district
        What is divided among them.
    edge
        What ends it, in Chinese.

    Returns
    -------
    tuple
        Rows and reading without communities that have no part of the district, areas, and what is assumed.

    Raises
    ------
    GeodataError
        If two centres are at one place.
    """
    centres = np.asarray(found.shapes, dtype=object)
    same = same_centres(centres)
    twice = np.isin(np.arange(len(centres)), [one for pair in same for one in pair])
    if twice.any():
        names = [str(name) for name in rows.get("name", rows["id"])]
        mend = "给每个社区各自的中心点，例如社区居委会的位置"
        expected = "每个社区一个中心点"
        raise GeodataError(
            listed(
                found.path,
                found.lines,
                twice,
                "两个社区的中心点在同一处，无法分界",
                found=names,
                expected=expected,
                mend=mend,
            )
        )
    areas = areas_around(centres, district)
    kept = ~shapely.is_empty(areas)
    if not kept.all():
        found = found.take(kept, "中心点在区外，区内没有离它最近的地方", " 行：")
    words = f"社区边界：{int(kept.sum()):,} 个社区按离中心点最近划分（泰森多边形，裁到{edge}），不是法定边界"
    return rows[kept].reset_index(drop=True), found, areas[kept], (Remark("assumed", words),)


@dataclass(frozen=True)
class Settled:
    """People where they are taken to live.

    Attributes
    ----------
    rows
        Demand points in the columns of the house.
    points
        Where, shape (k,).
    zone
        Row of the source that each is of, shape (k,).
    """

    rows: pd.DataFrame
    points: Shapes
    zone: Ints


def refuse_uncounted(rows: pd.DataFrame, found: Reading) -> None:
    """Refuse areas without a number of residents, or whose age bands do not add up to it."""
    empty = rows["residents"].isna().to_numpy() if "residents" in rows else np.ones(len(rows), bool)
    bands = [band for band in AGE_BANDS if band in rows]
    summed = rows[bands].sum(axis=1, skipna=False).to_numpy(np.float64) if len(bands) == len(AGE_BANDS) else np.nan
    off = np.zeros(len(rows), bool)
    if not empty.all() and len(bands) == len(AGE_BANDS):
        residents = rows["residents"].to_numpy(np.float64)
        off = np.abs(summed - residents) > _BANDS_OFF * np.maximum(1.0, residents)
    said = rows.reindex(columns=["residents"])["residents"].tolist()
    problems = [
        *listed(found.path, found.lines, empty, "没有居民数，无从分摊", found=said, column="residents"),
        *listed(
            found.path, found.lines, off, "各年龄段之和与居民数不符", found=said, column="residents",
            mend="核对年龄段与总数",
        ),
    ]  # fmt: skip
    if problems:
        raise GeodataError(problems)


def agreeing(rows: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Remark, ...]]:
    """Let age bands that were rounded apart from the residents add up to them, and say so: the total is what counts."""
    bands = list(AGE_BANDS)
    if not set(bands) <= set(rows):
        return rows, ()
    residents, counts = rows["residents"].to_numpy(np.float64), rows[bands].to_numpy(np.float64, copy=True)
    summed = counts.sum(axis=1)
    off = (summed > 0) & (np.abs(summed - residents) > _SAME_PEOPLE)
    if not off.any():
        return rows, ()
    for row in np.flatnonzero(off):
        counts[row] = _in_bands(float(residents[row]), counts[row])
    words = f"{int(off.sum()):,} 行各年龄段之和与居民数略有出入，以居民数为准，年龄段按比例调整"
    return rows.assign(**dict(zip(bands, counts.T, strict=True))), (Remark("changed", words),)


def _in_bands(residents: float, counts: Floats) -> Floats:
    """Share residents out over age bands: whole people, and what is after the decimal point in the largest band."""
    shares = apportioned(int(residents), counts).astype(np.float64)
    shares[int(np.argmax(counts))] += residents - int(residents)
    return np.asarray(shares, np.float64)


def settle(rows: pd.DataFrame, homes: Homes, community: Sequence[Any]) -> Settled:
    """Put the people of areas where they are taken to live; homes in which nobody would live are left out.

    Parameters
    ----------
    rows
        Areas with ``id`` and numbers of people: residents, households, age bands.
    homes
        Where they live.
    community
        Community of each home, shape (k,); None where it is not known.
    """
    counts = {name: spread_out(rows[name].to_numpy(np.float64), homes) for name in _COUNTS if name in rows}
    bands = np.sum([counts.get(band, np.full(len(homes.zone), np.nan)) for band in AGE_BANDS], axis=0)
    counts["residents"] = np.where(np.isnan(bands), counts["residents"], bands)
    lived = np.nansum(list(counts.values()), axis=0) > 0
    number = pd.Series(homes.zone[lived]).groupby(homes.zone[lived]).cumcount() + 1
    ids = rows["id"].astype("str").to_numpy(object)[homes.zone[lived]]
    frame = pd.DataFrame({"id": [f"{one}-{k}" for one, k in zip(ids, number, strict=True)]})
    frame["compound"] = None
    frame["community"] = np.asarray(community, object)[lived]
    for name, people in counts.items():
        frame[name] = people[lived]
    return Settled(frame, homes.points[lived], homes.zone[lived])


def storeys(buildings: pd.DataFrame) -> tuple[Floats, Flags]:
    """Return the storeys of buildings, and which do not say them: those have the median of the others."""
    levels = buildings["levels"] if "levels" in buildings else pd.Series(np.nan, index=buildings.index)
    known = pd.to_numeric(levels, errors="coerce").to_numpy(np.float64)
    known = np.where(known > 0, known, np.nan)
    unsaid = np.isnan(known)
    usual = 1.0 if unsaid.all() else float(np.nanmedian(known))
    return np.where(unsaid, usual, known), unsaid


def uses(buildings: pd.DataFrame, shapes: Shapes, compounds: Shapes) -> tuple[Flags, Flags]:
    """Return which buildings are lived in, and which may be: nobody says what they are.

    Parameters
    ----------
    buildings
        Rows with ``kind``.
    shapes
        Their footprints, shape (m,).
    compounds
        Residential land: a building of unknown use that stands there is lived in.
    """
    kind = buildings["kind"].astype("str")
    unknown = (buildings["kind"].isna() | kind.isin(_UNKNOWN_USE)).to_numpy(bool)
    on_land = np.zeros(len(shapes), bool)
    if len(compounds):
        inside, _ = shapely.STRtree(compounds).query(shapely.point_on_surface(shapes), predicate="intersects")
        on_land[inside] = True
    return np.asarray((kind == "residential").to_numpy(bool) | (unknown & on_land), np.bool_), unknown


def rescaled(rows: pd.DataFrame, to: float) -> pd.DataFrame:
    """Scale the people of areas so that the residents add up to a total; each number is whole then."""
    return _recounted(rows, scaled(rows["residents"].to_numpy(np.float64), to))


def only_inside(rows: pd.DataFrame, share: Floats) -> pd.DataFrame:
    """Count of each cell the people of its share that lies inside, rounded to whole people."""
    return _recounted(rows, np.round(rows["residents"].to_numpy(np.float64) * share))


def _recounted(rows: pd.DataFrame, residents: Floats) -> pd.DataFrame:
    """Give areas other numbers of residents; their households and age bands change with them."""
    before = rows["residents"].to_numpy(np.float64)
    out = rows.assign(residents=residents)
    if "households" in rows:
        out["households"] = np.round(
            rows["households"] * np.divide(residents, before, where=before > 0, out=before * 0)
        )
    bands = [band for band in AGE_BANDS if band in rows]
    counts = rows[bands].to_numpy(np.float64, copy=True)
    whole = ~np.isnan(counts).any(axis=1) & (counts.sum(axis=1) > 0)
    for row in np.flatnonzero(whole) if len(bands) == len(AGE_BANDS) else ():
        counts[row] = _in_bands(float(residents[row]), counts[row])
    out[bands] = counts
    return out
