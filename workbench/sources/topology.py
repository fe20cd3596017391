"""From lines to a network: where ways meet, and the pieces between the meetings.

Two inputs need it. OSM brings node numbers, so meeting is equality. A drawn line brings only
coordinates, so meeting is nearness (:data:`SNAP_M`); its ends may also touch another line between
two vertices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
import shapely
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

SNAP_M: Final = 0.02
"""Vertices nearer than this are one place: above the rounding of files, below anything surveyed."""

NOWHERE: Final = np.iinfo(np.int64).min
"""Node number of a point that landed on no way."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[Any]


@dataclass(frozen=True)
class Chain:
    """Lines as one flat list of vertices.

    Attributes
    ----------
    xy
        (n, 2) coordinates.
    owner
        (n,) line to which each vertex belongs; not falling.
    node
        (n,) number of the place of each vertex: equal numbers are one place.
    """

    xy: Floats
    owner: Ints
    node: Ints

    def keep(self, mask: Flags) -> Chain:
        """Return the chain of the vertices where ``mask`` is true."""
        return Chain(self.xy[mask], self.owner[mask], self.node[mask])

    @property
    def without_repeats(self) -> Chain:
        """The chain in which no vertex follows itself."""
        fresh = np.ones(len(self.owner), bool)
        fresh[1:] = (np.diff(self.owner) != 0) | (np.diff(self.node) != 0)
        return self.keep(fresh)


@dataclass(frozen=True)
class Pieces:
    """Lines cut where they meet.

    Attributes
    ----------
    lines
        (k,) LineStrings.
    u, v
        (k,) node numbers at their ends.
    owner
        (k,) line of which each is a piece.
    """

    lines: Shapes
    u: Ints
    v: Ints
    owner: Ints


def cut(chain: Chain, at: Flags) -> Pieces:
    """Cut lines at given vertices.

    Parameters
    ----------
    chain
        The lines, without repeated vertices.
    at
        (n,) where to cut, besides the two ends of each line.

    Returns
    -------
    Pieces
        In the order of the lines, then along them. A line of one vertex gives none.
    """
    first = np.ones(len(chain.owner), bool)
    first[1:] = np.diff(chain.owner) != 0
    last = np.roll(first, -1) if len(first) else first
    places = np.flatnonzero(at | first | last)
    together = chain.owner[places[:-1]] == chain.owner[places[1:]]
    start, stop = places[:-1][together], places[1:][together]
    length = stop - start + 1
    piece = np.repeat(np.arange(len(start)), length)
    step = np.arange(len(piece)) - np.repeat(np.cumsum(length) - length, length)
    vertex = start[piece] + step
    lines = shapely.linestrings(chain.xy[vertex], indices=piece) if len(start) else np.empty(0, object)
    return Pieces(lines, chain.node[start], chain.node[stop], chain.owner[start])


def shared(chain: Chain, also: Ints | None = None) -> Flags:
    """Return where a line meets another, or itself, or one of the nodes ``also``."""
    _, place, count = np.unique(chain.node, return_inverse=True, return_counts=True)
    meets: Flags = count[place] > 1
    if also is not None and len(also):
        meets |= np.isin(chain.node, also)
    return meets


def places_of(xy: Floats, snap_m: float = SNAP_M) -> Ints:
    """Give points numbers, so that points nearer than ``snap_m`` share a number.

    Parameters
    ----------
    xy
        (n, 2) coordinates, metres.
    snap_m
        Largest distance between two points that are one place. A chain of such points is one place
        too, so that no rounding grid can part two neighbours.

    Returns
    -------
    numpy.ndarray
        (n,) numbers 0 … in the order in which places first occur.
    """
    exact, inverse = np.unique(xy, axis=0, return_inverse=True)
    pairs = cKDTree(exact).query_pairs(snap_m, output_type="ndarray")
    ones = np.ones(len(pairs), np.int8)
    links = sparse.coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(len(exact), len(exact)))
    _, group = connected_components(links, directed=False)
    label = group[inverse.reshape(-1)]
    _, first, number = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[number]


def node_lines(lines: Shapes, level: Floats | None = None, snap_m: float = SNAP_M) -> Pieces:
    """Make a network of drawn lines that carry no node numbers.

    Two lines meet where an end of one touches the other, at a vertex or between two, and where both
    have a vertex in one place on the same level. Lines that merely cross do not meet: one may be a
    bridge.

    Parameters
    ----------
    lines
        (k,) LineStrings, metres.
    level
        (k,) level above ground of each line; None when all are on the ground.
    snap_m
        Largest gap, and largest move of a vertex, in metres.

    Returns
    -------
    Pieces
        Nodes numbered 0 … ; every end lies exactly on the place of its node.
    """
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    xy, owner = _with_touches(np.asarray(lines, object), xy, owner.astype(np.int64), snap_m)
    node = places_of(xy, snap_m)
    _, origin = np.unique(node, return_index=True)
    chain = Chain(xy[origin][node], owner, node).without_repeats
    pieces = cut(chain, _meetings(chain, np.zeros(len(lines)) if level is None else level))
    _, number = np.unique(np.concatenate([pieces.u, pieces.v]), return_inverse=True)
    u, v = number[: len(pieces.u)], number[len(pieces.u) :]
    return Pieces(pieces.lines, u.astype(np.int64), v.astype(np.int64), pieces.owner)


def _meetings(chain: Chain, level: Floats) -> Flags:
    """Return the vertices where lines meet: an end with anything, others on one level only."""
    end = np.ones(len(chain.owner), bool)
    end[1:-1] = (chain.owner[:-2] != chain.owner[1:-1]) | (chain.owner[2:] != chain.owner[1:-1])
    touched = np.isin(chain.node, chain.node[end])
    known = np.nan_to_num(level)[chain.owner]
    _, storey = np.unique(known, return_inverse=True)
    both = chain.node * (storey.max(initial=0) + 1) + storey
    return (touched & shared(chain)) | shared(Chain(chain.xy, chain.owner, both))


def _with_touches(lines: Shapes, xy: Floats, owner: Ints, snap_m: float) -> tuple[Floats, Ints]:
    """Add a vertex to a line where an end, of another line or its own, touches it between two vertices."""
    if not len(lines):
        return xy, owner
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    start = np.flatnonzero(owner[:-1] == owner[1:])
    stretches: Any = shapely.linestrings(np.stack([xy[start], xy[start + 1]], axis=1))
    asking, asked = shapely.STRtree(stretches).query(ends, predicate="dwithin", distance=snap_m)
    along, length = shapely.line_locate_point(stretches[asked], ends[asking]), shapely.length(stretches[asked])
    inner = (along > snap_m) & (along < length - snap_m)
    asked, along = asked[inner], along[inner]
    fresh = shapely.get_coordinates(shapely.line_interpolate_point(stretches[asked], along))
    # a vertex stands at its own number, a new one between two of them
    place = np.concatenate([np.arange(len(xy), dtype=np.float64), start[asked] + along / length[inner]])
    order = np.argsort(place, kind="stable")
    return np.concatenate([xy, fresh])[order], np.concatenate([owner, owner[start[asked]]])[order]


@dataclass(frozen=True)
class Landing:
    """Points placed on a network: gates, which stand on ways.

    Attributes
    ----------
    pieces
        The network, cut where a point landed between two nodes.
    node
        (p,) node on which each point stands; :data:`NOWHERE` where no way is near enough.
    gap_m
        (p,) distance from each point to its node.
    """

    pieces: Pieces
    node: Ints
    gap_m: Floats


def land(
    pieces: Pieces, points: Shapes, within_m: float, fresh_node: Callable[[], int], snap_m: float = SNAP_M
) -> Landing:
    """Give every point a node of its own on the nearest line.

    Parameters
    ----------
    pieces
        The network.
    points
        (p,) Points, metres.
    within_m
        Farthest way on which a point may stand.
    fresh_node
        Gives the next number for a node that must be made.
    snap_m
        An existing node nearer than this (along the line) is used instead of making another.
    """
    node = np.full(len(points), NOWHERE, np.int64)
    gap = np.full(len(points), np.inf)
    if not len(points) or not len(pieces.lines):
        return Landing(pieces, node, gap)
    tree = shapely.STRtree(pieces.lines)
    (asking, asked), far = tree.query_nearest(points, max_distance=within_m, return_distance=True, all_matches=False)
    gap[asking] = far
    lines, u, v = list(pieces.lines), list(pieces.u), list(pieces.v)
    owner = list(pieces.owner)
    along = shapely.line_locate_point(pieces.lines[asked], points[asking])
    for line in np.unique(asked):
        mine = np.flatnonzero(asked == line)
        mine = mine[np.argsort(along[mine], kind="stable")]
        rest, start, walked, length = lines[line], u[line], 0.0, pieces.lines[line].length
        for place in mine:
            at = float(along[place])
            if at - walked <= snap_m:
                node[asking[place]] = start
            elif length - at <= snap_m:
                node[asking[place]] = v[line]
            else:
                middle = fresh_node()
                front, rest = halves(rest, at - walked)
                for column, value in ((lines, front), (u, start), (v, middle), (owner, owner[line])):
                    column.append(value)
                node[asking[place]] = start = middle
                walked = at
        lines[line], u[line] = rest, start
    made = np.empty(len(lines), object)
    made[:] = lines
    return Landing(Pieces(made, np.array(u, np.int64), np.array(v, np.int64), np.array(owner, np.int64)), node, gap)


def halves(line: shapely.LineString, at: float) -> tuple[shapely.LineString, shapely.LineString]:
    """Cut a line at a distance from its start."""
    xy = shapely.get_coordinates(line)
    walked = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    k = int(np.searchsorted(walked, at))
    here = shapely.get_coordinates(line.interpolate(at))
    tail = xy[k + 1 :] if np.array_equal(xy[k], here[0]) else xy[k:]
    return shapely.LineString(np.vstack([xy[:k], here])), shapely.LineString(np.vstack([here, tail]))


def unmet(lines: Shapes, u: Ints, v: Ints, level: Floats) -> Shapes:
    """Find where lines that have no node in common cross or touch on one level: drawn as if they met, and do not.

    Parameters
    ----------
    lines
        (k,) LineStrings.
    u, v
        (k,) node numbers at their ends.
    level
        (k,) level above ground; NaN for lines that are on none, such as bridges and tunnels.

    Returns
    -------
    numpy.ndarray
        One point for each pair of lines.
    """
    here = np.flatnonzero(np.isfinite(level))
    one, other = here[shapely.STRtree(lines[here]).query(lines[here])]
    apart = (one < other) & (level[one] == level[other])
    for a, b in ((u, u), (u, v), (v, u), (v, v)):
        apart &= a[one] != b[other]
    one, other = one[apart], other[apart]
    meets = shapely.intersects(lines[one], lines[other])
    return np.asarray(shapely.centroid(shapely.intersection(lines[one[meets]], lines[other[meets]])), object)
