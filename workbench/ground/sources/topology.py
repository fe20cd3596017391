"""From lines to a network: where ways meet, and the pieces between the meetings.

Two inputs need it. OSM brings node numbers, so meeting is equality. A drawn line brings only
coordinates, so meeting is nearness (:data:`SNAP_M`); its ends may also touch another line between
two vertices.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sparse
import shapely
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from workbench.arrays import Flags, Floats, Ints
from workbench.catalogue.terms import Access, label
from workbench.catalogue.validation import flag, line_ends
from workbench.ground.sources.reading import Remark

SNAP_M: Final = 0.02
"""Vertices nearer than this are one place: above the rounding of files, below anything surveyed."""

NOWHERE: Final = np.iinfo(np.int64).min
"""Node number of a point that landed on no way."""

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
    """Cut lines at given vertices."""
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
    """Give points numbers, so that points nearer than ``snap_m`` share a number."""
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
class _Landing:
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
) -> _Landing:
    """Give every point a node of its own on the nearest line."""
    node = np.full(len(points), NOWHERE, np.int64)
    gap = np.full(len(points), np.inf)
    if not len(points) or not len(pieces.lines):
        return _Landing(pieces, node, gap)
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
    return _Landing(Pieces(made, np.array(u, np.int64), np.array(v, np.int64), np.array(owner, np.int64)), node, gap)


def halves(line: shapely.LineString, at: float) -> tuple[shapely.LineString, shapely.LineString]:
    """Cut a line at a distance from its start."""
    xy = shapely.get_coordinates(line)
    walked = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    k = int(np.searchsorted(walked, at))
    here = shapely.get_coordinates(line.interpolate(at))
    tail = xy[k + 1 :] if np.array_equal(xy[k], here[0]) else xy[k:]
    return shapely.LineString(np.vstack([xy[:k], here])), shapely.LineString(np.vstack([here, tail]))


def unmet(lines: Shapes, u: Ints, v: Ints, level: Floats) -> Shapes:
    """Find where lines that have no node in common cross or touch on one level: drawn as if they met, and do not."""
    here = np.flatnonzero(np.isfinite(level))
    one, other = here[shapely.STRtree(lines[here]).query(lines[here])]
    apart = (one < other) & (level[one] == level[other])
    for a, b in ((u, u), (u, v), (v, u), (v, v)):
        apart &= a[one] != b[other]
    one, other = one[apart], other[apart]
    meets = shapely.intersects(lines[one], lines[other])
    return np.asarray(shapely.centroid(shapely.intersection(lines[one[meets]], lines[other[meets]])), object)


# ----------------------------------------------------------------------------------------------------------------------
# Which community and compound things belong to, where the sources do not say.


_GATE_ON_WALL_M: Final = 5.0
"""A gate this near to the edge of an enclosed compound is a gate of that compound."""

Tables = dict[str, gpd.GeoDataFrame]
Told = tuple[str, Remark]
"""A layer, and what to say of it."""


def assign(tables: Tables, fresh_node: Callable[[], int]) -> list[Told]:
    """Fill in missing communities and compounds by place, in place."""
    remarks: list[Told] = []
    communities, compounds = tables.get("communities"), tables.get("compounds")
    if communities is not None:
        for name in ("compounds", "demand", "stations", "candidates"):
            remarks += _fill(tables, name, "community", communities)
    if compounds is None:
        return remarks
    cells = compounds["enclosed"] if "enclosed" in compounds else [False] * len(compounds)
    enclosed = compounds[[flag(cell) is True for cell in cells]]
    if len(enclosed) and "ways" in tables:
        remarks += _gates_on_walls(tables, enclosed)
        remarks += _passages(tables, enclosed, fresh_node)
    for name in ("demand", "stations", "candidates", "buildings"):
        remarks += _fill(tables, name, "compound", compounds)
    if "ways" in tables:
        remarks += _fill(
            tables,
            "ways",
            "compound",
            compounds,
            _halfway,
        )
    return remarks


def _halfway(lines: Shapes) -> Shapes:
    points: Shapes = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    return points


def _fill(
    tables: Mapping[str, gpd.GeoDataFrame],
    name: str,
    column: str,
    areas: gpd.GeoDataFrame,
    middle: Callable[[Shapes], Shapes] = shapely.point_on_surface,
) -> list[Told]:
    frame = tables.get(name)
    if frame is None or frame.empty:
        return []
    if column not in frame.columns:
        frame[column] = pd.Series([None] * len(frame), dtype=object, index=frame.index)
    open_rows = frame[column].isna().to_numpy()
    if not open_rows.any():
        return []
    points = middle(np.asarray(frame.geometry.array, dtype=object)[open_rows])
    asking, area = shapely.STRtree(np.asarray(areas.geometry.array, dtype=object)).query(points, predicate="intersects")
    # a point on a common border goes to the area that comes first by identifier
    order = np.lexsort((areas["id"].to_numpy(str)[area], asking))
    asking, first = np.unique(asking[order], return_index=True)
    rows = np.flatnonzero(open_rows)[asking]
    values = frame[column].to_numpy(object, copy=True)
    values[rows] = areas["id"].to_numpy(object)[area[order][first]]
    frame[column] = pd.Series(values, index=frame.index, dtype=object)
    words = f"{int(open_rows.sum()):,} 行没有写{label(column)}，{len(rows):,} 行按位置补上"
    return [(name, Remark("guessed", words))] if len(rows) else []


def _edges(areas: gpd.GeoDataFrame) -> Shapes:
    return shapely.boundary(np.asarray(areas.geometry.array, dtype=object))


def _gates_on_walls(tables: Tables, enclosed: gpd.GeoDataFrame) -> list[Told]:
    gates = tables.get("gates")
    if gates is None or gates.empty:
        return []
    free = np.flatnonzero(gates["compound"].isna().to_numpy())
    points = np.asarray(gates.geometry.array, dtype=object)[free]
    asking, wall = shapely.STRtree(_edges(enclosed)).query_nearest(
        points, max_distance=_GATE_ON_WALL_M, all_matches=False
    )
    values = gates["compound"].to_numpy(object, copy=True)
    values[free[asking]] = enclosed["id"].to_numpy(object)[wall]
    gates["compound"] = pd.Series(values, index=gates.index, dtype=object)
    words = f"{len(asking):,} 处大门按所在围墙归到小区"
    return [("ways", Remark("guessed", words))] if len(asking) else []


def _passages(tables: Tables, enclosed: gpd.GeoDataFrame, fresh_node: Callable[[], int]) -> list[Told]:
    """Cut ways where they pass the edge of an enclosed compound and no gate stands near."""
    ways = tables["ways"]
    edges = _edges(enclosed)
    way, wall = shapely.STRtree(edges).query(np.asarray(ways.geometry.array, dtype=object), predicate="crosses")
    meets = shapely.intersection(np.asarray(ways.geometry.array, dtype=object)[way], edges[wall])
    points, pair = shapely.get_parts(meets, return_index=True)
    points = shapely.centroid(points)  # a stretch along the edge is passed in its middle
    owner = enclosed["id"].to_numpy(object)[wall[pair]]
    points, owner = _without_gate(points, owner, tables.get("gates"))
    if not len(points):
        return []
    pieces = Pieces(
        np.asarray(ways.geometry.array, dtype=object),
        ways["u"].to_numpy(np.int64),
        ways["v"].to_numpy(np.int64),
        np.arange(len(ways)),
    )
    landing = land(pieces, points, within_m=0.1, fresh_node=fresh_node)
    tables["ways"] = cut_ways(ways, landing.pieces)
    on = landing.node != NOWHERE
    made = gpd.GeoDataFrame(
        {
            "id": [f"p{abs(int(node))}.{name}" for node, name in zip(landing.node[on], owner[on], strict=True)],
            "compound": owner[on],
            "access": "public",
            "opening_hours": pd.Series([None] * int(on.sum()), dtype=object),
            "node": landing.node[on],
        },
        geometry=node_points(tables["ways"], landing.node[on]),
        crs=ways.crs,
    ).drop_duplicates("id")
    old = tables.get("gates")
    tables["gates"] = made if old is None or old.empty else gpd.GeoDataFrame(pd.concat([old, made], ignore_index=True))
    words = f"{len(made):,} ways pass the edge of an enclosed compound where no gate is mapped; taken as open gates"
    return [("ways", Remark("guessed", words))]


def _without_gate(points: Shapes, owner: Shapes, gates: gpd.GeoDataFrame | None) -> tuple[Shapes, Shapes]:
    if gates is None or gates.empty or not len(points):
        return points, owner
    tree = shapely.STRtree(np.asarray(gates.geometry.array, dtype=object))
    asking, gate = tree.query(points, predicate="dwithin", distance=2 * _GATE_ON_WALL_M)
    same = gates["compound"].to_numpy(object)[gate] == owner[asking]
    bare = np.ones(len(points), bool)
    bare[asking[same]] = False
    return points[bare], owner[bare]


def cut_ways(ways: gpd.GeoDataFrame, pieces: Pieces) -> gpd.GeoDataFrame:
    """Return the ways after some were cut: the further pieces of a way are named ``id+1`` and so on."""
    cut = ways.iloc[pieces.owner].reset_index(drop=True)
    rank = cut.groupby(pieces.owner).cumcount().to_numpy()
    cut["id"] = [f"{name}+{k}" if k else name for name, k in zip(cut["id"], rank, strict=True)]
    cut["u"], cut["v"] = pieces.u, pieces.v
    return cut.set_geometry(pieces.lines, crs=ways.crs)


def node_points(ways: gpd.GeoDataFrame, nodes: Ints) -> Shapes:
    """Return the points at which nodes of the ways lie."""
    known, first = np.unique(
        np.concatenate([ways["u"].to_numpy(np.int64), ways["v"].to_numpy(np.int64)]), return_index=True
    )
    places = np.concatenate(line_ends(ways))[first[np.searchsorted(known, nodes)]]
    return np.asarray(shapely.points(places), dtype=object)


# ----------------------------------------------------------------------------------------------------------------------
# Junctions as they are drawn: barriers on them, and places where ways cross without one.
#
# Mappers put the gate of a driveway onto the node where it leaves the street. A barrier there would cut the street
# too. Where some ways plainly go straight through, the barrier is moved onto the others, a step from the junction;
# where none do (crossroads of equals, a fork) it stays, and cuts them all.


_BESIDE_M: Final = 1.0
"""How far from the junction a barrier is put onto a side way; on a shorter one, in its middle."""

_AHEAD_M: Final = 10.0  # a way's direction at a junction is that of its first metres
_STRAIGHT: Final = -np.cos(np.radians(45))  # two ways that bend by less go straight through
_JUNCTION: Final = 3  # ends of ways
_CLASSES: Final = [
    *("trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "road", "street", "living_street"),
    *("pedestrian", "service", "lane", "track", "cycleway", "bridleway", "path", "footway", "platform", "steps"),
    "crossing",
]
_MANY_UNMET: Final = 0.01
"""Crossings without a junction, as a share of all ways, from which on a network is hardly noded."""

_OFF_GROUND: Final = ("bridge", "tunnel", "underpass", "square")
_PLACES_NAMED: Final = 3
_PIECE: Final = re.compile(r"([.+]\d+)+$")


@dataclass(frozen=True)
class _End:
    """One end of a way at a junction."""

    way: int
    last: bool
    line: str
    rank: tuple[bool, int]
    name: str
    ahead: tuple[float, float]


def off_junctions(
    ways: gpd.GeoDataFrame, gates: gpd.GeoDataFrame, fresh_node: Callable[[], int]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, list[Remark]]:
    """Move barriers that stand on a junction onto the ways that they bar."""
    said = gates.reindex(columns=["compound", "opening_hours"]).notna()
    barring = (gates["access"] != Access.PUBLIC) | said["opening_hours"]
    rows = np.flatnonzero((barring & ~said["compound"]).to_numpy())
    ends_at = _ends(ways, set(gates["node"].iloc[rows].tolist()))
    lines: list[Any] = list(ways.geometry)
    u, v, owner = ways["u"].tolist(), ways["v"].tolist(), list(range(len(ways)))
    made: list[dict[str, Any]] = []
    gone, unclear = [], []
    for row in rows.tolist():
        gate: dict[str, Any] = {str(name): value for name, value in gates.iloc[row].items()}
        ends = ends_at.get(gate["node"], [])
        if len(ends) < _JUNCTION:
            continue
        through = _through(ends)
        if not through:
            unclear.append(str(gate["id"]))
            continue
        gone.append(row)
        for count, end in enumerate(end for end in ends if end not in through):
            node, line = fresh_node(), lines[end.way]
            step = min(_BESIDE_M, line.length / 2)
            front, back = halves(line, line.length - step if end.last else step)
            lines[end.way] = front if end.last else back
            added: tuple[tuple[list[Any], Any], ...] = (
                (lines, back if end.last else front),
                (u, node if end.last else u[end.way]),
                (v, v[end.way] if end.last else node),
                (owner, end.way),
            )
            for column, value in added:
                column.append(value)
            (v if end.last else u)[end.way] = node
            place = shapely.Point(front.coords[-1])
            made.append(
                {**gate, "id": f"{gate['id']}.{count}" if count else gate["id"], "node": node, "geometry": place}
            )
    remarks = _remarks(len(gone), unclear)
    if not gone:
        return ways, gates, remarks
    pieces = Pieces(np.array([*lines, None], object)[:-1], *(np.array(part, np.int64) for part in (u, v, owner)))
    moved = gpd.GeoDataFrame(pd.DataFrame(made), geometry="geometry", crs=gates.crs)[gates.columns]
    kept = gates.drop(index=gates.index[gone])
    both = gpd.GeoDataFrame(pd.concat([kept, moved.astype(gates.dtypes.to_dict())], ignore_index=True), crs=gates.crs)
    return cut_ways(ways, pieces), both, remarks


def _remarks(moved: int, unclear: list[str]) -> list[Remark]:
    said = []
    if moved:
        words = f"{moved:,} barriers on a junction moved onto the side ways they bar, {_BESIDE_M:g} m from it"
        said.append(Remark("guessed", words))
    if unclear:
        words = f"{len(unclear):,} barriers on a junction where no way plainly goes through cut all of them"
        said.append(Remark("guessed", f"{words} ({', '.join(unclear[:3])})"))
    return said


def _ends(ways: gpd.GeoDataFrame, nodes: set[int]) -> dict[int, list[_End]]:
    """Return the ends of walked ways at some nodes."""
    found: dict[int, list[_End]] = {}
    walked = (ways["access"] != Access.CLOSED).to_numpy()
    for last, column in ((False, "u"), (True, "v")):
        for way in np.flatnonzero(walked & ways[column].isin(nodes).to_numpy()).tolist():
            row = ways.iloc[way]
            line = row["geometry"]
            ahead = line.interpolate(min(_AHEAD_M, line.length / 2) * (-1 if last else 1))
            here = shapely.Point(line.coords[-1 if last else 0])
            gap = here.distance(ahead) or 1.0
            kind = row.get("highway")
            kind = kind.removesuffix("_link") if isinstance(kind, str) else str(row["kind"])
            rank = _CLASSES.index(kind) if kind in _CLASSES else len(_CLASSES)
            name = row.get("name")
            end = _End(
                way,
                last,
                _PIECE.sub("", str(row["id"])),
                (row["access"] != Access.PUBLIC, rank),
                name if isinstance(name, str) else "",
                ((ahead.x - here.x) / gap, (ahead.y - here.y) / gap),
            )
            found.setdefault(int(row[column]), []).append(end)
    return found


def _through(ends: list[_End]) -> list[_End]:
    """Return the ends that go straight through a junction: those of the best class, if nothing equal crosses them."""
    strands = [[end for end in ends if end.line == line] for line in sorted({end.line for end in ends})]
    strands = [strand for strand in strands if len(strand) > 1]
    single = [end for end in ends if not any(end in strand for strand in strands)]
    for a, b in itertools.combinations(single, 2):
        alike = a.rank == b.rank and (a.name == b.name or not a.name or not b.name)
        if (alike or (a.name and a.name == b.name)) and a.ahead[0] * b.ahead[0] + a.ahead[1] * b.ahead[1] < _STRAIGHT:
            strands.append([a, b])
    strands.sort(key=lambda strand: max(end.rank for end in strand))
    if not strands or len(strands[0]) == len(ends):
        return []
    best = max(end.rank for end in strands[0])
    rivals = [strand for strand in strands[1:] if max(end.rank for end in strand) == best]
    return [] if rivals else strands[0]


def unmet_ways(ways: gpd.GeoDataFrame) -> Shapes:
    """Return the points where walked ways cross or touch on one level and have no node in common.

    A bridge, tunnel or underpass passes over or beneath whatever its level says, and the straight ways across a square
    cross one another.
    """
    walked = ways[(ways["access"] != Access.CLOSED) & ~ways["kind"].isin(_OFF_GROUND)]
    lines = np.asarray(walked.geometry.array, dtype=object)
    level = walked["level"].fillna(0).to_numpy(np.float64) if "level" in walked else np.zeros(len(walked))
    return unmet(lines, walked["u"].to_numpy(np.int64), walked["v"].to_numpy(np.int64), level)


def unmet_remark(ways: gpd.GeoDataFrame) -> Remark | None:
    """Count the crossings without a junction, and name the first of them; None where there are none."""
    points = unmet_ways(ways)
    if not len(points):
        return None
    named = ", ".join(f"({p.x:.0f}, {p.y:.0f})" for p in points[:_PLACES_NAMED])
    words = f"ways cross at {len(points):,} places on one level without meeting, such as {named}: nobody turns there"
    many = len(points) >= _MANY_UNMET * len(ways)
    return Remark(
        "warning", f"{words}. Node the lines (cut both where they cross) unless one is a bridge" if many else words
    )
