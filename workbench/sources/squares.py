"""Squares that one walks across: straight ways between the places where other ways come onto them.

A file holds the rim of a square and nothing within. People walk straight from where they come onto it to where they
leave it, and round what stands on it: so the entries that see one another are joined, and those that do not are joined
over the corners between (a visibility graph, of which only what lies on a shortest way is kept).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from workbench.sources.reading import Remark
from workbench.sources.topology import Chain, Flags, Floats, Ints, Pieces, Shapes

MOST_ENTRIES: Final = 40
"""A square with more is walked round its rim: every two of them may need a way of their own."""
MOST_POINTS: Final = 200
"""Entries and corners together that are looked at; where there are more, the corners are left aside."""

_FARTHEST_NORTH: Final = 90.0


@dataclass(frozen=True)
class Area:
    """One area that is walked: the ways of its outer and inner rims, by their place in the list of ways."""

    outer: Sequence[int]
    inner: Sequence[int] = ()


@dataclass(frozen=True)
class Links:
    """Straight ways across squares.

    Attributes
    ----------
    u, v
        (k,) node numbers at their ends; nodes of other ways, or corners of the rim.
    lines
        (k,) LineStrings.
    owner
        (k,) way of the rim of which each is a part.
    """

    u: Ints
    v: Ints
    lines: Shapes
    owner: Ints

    def between(self, nodes: Ints) -> Links:
        """Return those whose two ends are among some nodes."""
        kept = np.isin(self.u, nodes) & np.isin(self.v, nodes)
        return Links(self.u[kept], self.v[kept], self.lines[kept], self.owner[kept])

    def added_to(self, pieces: Pieces) -> Pieces:
        """Return pieces of ways with these among them; owners of both are ways."""
        both = [(pieces.lines, self.lines), (pieces.u, self.u), (pieces.v, self.v), (pieces.owner, self.owner)]
        return Pieces(*(np.concatenate(pair) for pair in both))


def cross_squares(areas: Sequence[Area], chain: Chain, level: Floats) -> tuple[Links, list[Remark]]:
    """Join what comes onto each area by straight ways across it.

    Parameters
    ----------
    areas
        The areas.
    chain
        All ways that are walked, in longitude and latitude; a missing node lies beyond the pole.
    level
        (w,) level above ground of each way: what ends above or beneath an area does not end on it.

    Returns
    -------
    links, remarks
        In the order of the areas; what was done, and what was left to its rim.
    """
    if not areas:
        none = np.empty(0, np.int64)
        return Links(none, none, np.empty(0, object), none), []
    begin = np.searchsorted(chain.owner, np.arange(len(level) + 1))
    order = np.argsort(chain.node, kind="stable")
    number = chain.node[order]
    ends = np.concatenate([begin[:-1], begin[1:] - 1])
    end_tree = shapely.STRtree(shapely.points(chain.xy[ends]))
    found: list[tuple[int, int, Floats, int]] = []
    crossed = crowded = 0
    for area in areas:
        own = [*area.outer, *area.inner]
        rim = np.concatenate([np.arange(begin[way], begin[way + 1]) for way in own])
        for shape in _polygons(chain, begin, area):
            used = order[_ranges(number, np.unique(chain.node[rim]))]  # all vertices at nodes of the rim
            met = np.unique(chain.node[used[~np.isin(chain.owner[used], own)]])
            on = rim[np.isin(chain.node[rim], met)]
            on = on[shapely.intersects_xy(shape, chain.xy[on])]
            inside = ends[end_tree.query(shape, predicate="contains")]
            inside = inside[
                (level[chain.owner[inside]] == level[own[0]]) & ~np.isin(chain.node[inside], chain.node[rim])
            ]
            _, first = np.unique(chain.node[np.concatenate([on, inside])], return_index=True)
            entries = np.concatenate([on, inside])[first]
            if len(entries) > MOST_ENTRIES:
                crowded += 1
                continue
            flat = np.array([np.cos(np.radians(shape.centroid.y)), 1.0])  # as long east as north
            points, pairs = across(_stretched(shape, flat), chain.xy[entries] * flat)
            crossed += len(pairs) > 0
            node_at = dict(zip(map(tuple, (chain.xy[rim] * flat).tolist()), rim.tolist(), strict=True))
            vertex = [*entries.tolist(), *(node_at[tuple(xy)] for xy in points[len(entries) :].tolist())]
            found += [
                (int(chain.node[vertex[a]]), int(chain.node[vertex[b]]), chain.xy[[vertex[a], vertex[b]]], own[0])
                for a, b in pairs.tolist()
            ]
    remarks = []
    if found:
        remarks.append(Remark("guessed", f"{crossed:,} squares walked across, by {len(found):,} straight ways"))
    if crowded:
        words = f"{crowded:,} squares with more than {MOST_ENTRIES} entries walked round their rim only"
        remarks.append(Remark("guessed", words))
    lines = np.asarray(shapely.linestrings(np.reshape([xy for _, _, xy, _ in found], (-1, 2, 2))), object)
    u, v, owner = (np.array([row[part] for row in found], np.int64) for part in (0, 1, 3))
    return Links(u, v, lines, owner), remarks


def _stretched(shape: shapely.Polygon, factors: Floats) -> shapely.Polygon:
    return shapely.Polygon(
        shapely.get_coordinates(shape.exterior) * factors,
        [shapely.get_coordinates(hole) * factors for hole in shape.interiors],
    )


def _ranges(ordered: Ints, wanted: Ints) -> Ints:
    """Return all positions at which a sorted array holds one of some values."""
    low, high = (np.searchsorted(ordered, wanted, side=side) for side in ("left", "right"))
    return np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True)] or [np.empty(0, np.int64)])


def _polygons(chain: Chain, begin: Ints, area: Area) -> list[shapely.Polygon]:
    """Draw an area; nothing where its rim does not close, or is not wholly in the file."""

    def rings(ways: Sequence[int]) -> list[shapely.Polygon]:
        runs = [chain.xy[begin[way] : begin[way + 1]] for way in ways]
        if any((np.abs(run[:, 1]) > _FARTHEST_NORTH).any() for run in runs):
            return []
        return list(shapely.get_parts(shapely.polygonize([shapely.LineString(run) for run in runs])))

    holes = rings(area.inner)
    made = [
        shapely.Polygon(shell.exterior, [hole.exterior for hole in holes if shell.contains(hole)])
        for shell in rings(area.outer)
    ]
    return [shape for shape in made if shape.is_valid]


def across(area: shapely.Polygon, entries: Floats) -> tuple[Floats, Ints]:
    """Find the shortest ways within an area between every two of its entries.

    Parameters
    ----------
    area
        The area, holes left out; metres or the like.
    entries
        (n, 2) places on its rim or within it.

    Returns
    -------
    points : ndarray, shape (n + c, 2)
        The entries, then the corners about which a way may turn.
    pairs : ndarray of int64, shape (k, 2)
        Points that straight ways join, the lower first; none along the rim, which is there already.
    """
    n = len(entries)
    if n < 2:
        return entries, np.empty((0, 2), np.int64)
    corners = _turning_corners(area)
    corners = corners[~(corners[:, None] == entries[None]).all(axis=2).any(axis=1)]
    points = np.concatenate([entries, corners]) if n + len(corners) <= MOST_POINTS else entries
    pairs = np.array(list(itertools.combinations(range(len(points)), 2)), np.int64)
    segments: Shapes = np.asarray(shapely.linestrings(points[pairs]), object)
    shapely.prepare(area)
    within = shapely.covers(area, segments)
    pairs, segments = pairs[within], segments[within]
    length = shapely.length(segments)
    graph = coo_array((length, (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2).tocsr()
    _, before = dijkstra(graph, directed=False, indices=np.arange(n), return_predecessors=True)
    used = set()
    for a, b in itertools.combinations(range(n), 2):
        while b != a and before[a, b] >= 0:
            used.add((min(b, int(before[a, b])), max(b, int(before[a, b]))))
            b = int(before[a, b])  # noqa: PLW2901  back along the way
    kept = np.array([pair in used for pair in map(tuple, pairs.tolist())], bool)
    kept &= ~_along_rim(area, segments)
    return points, pairs[kept]


def _along_rim(area: shapely.Polygon, segments: Shapes) -> Flags:
    rim = shapely.boundary(area)
    shapely.prepare(rim)
    return np.asarray(shapely.covers(rim, segments), np.bool_)


def _turning_corners(area: shapely.Polygon) -> Floats:
    """Return the corners that stick into an area: of its outer rim those that turn inwards, of holes the others."""
    turned = shapely.geometry.polygon.orient(area)
    found = []
    for ring in (turned.exterior, *turned.interiors):
        here = shapely.get_coordinates(ring)[:-1]
        one, other = here - np.roll(here, 1, axis=0), np.roll(here, -1, axis=0) - here
        found.append(here[one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0] < 0])
    return np.concatenate(found)
