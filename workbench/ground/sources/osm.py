"""OpenStreetMap files, PBF or XML: the ways people walk, and the gates across them.

pyosmium reads and filters in C++; only ways with a ``highway`` or ``barrier`` tag ever become Python
objects. What tags mean is in :mod:`workbench.ground.sources.osm_tags`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from osmium.filter import EntityFilter, IdFilter, KeyFilter
from osmium.geom import WKBFactory, use_nodes
from osmium.osm import NODE, RELATION, WAY
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from workbench.arrays import Flags, Floats, Ints
from workbench.catalogue.terms import Access
from workbench.errors import Problem, SourceError
from workbench.ground.sources.osm_file import OsmFile, in_order, osm_number, said_by_osmium
from workbench.ground.sources.osm_tags import (
    GATES,
    WALLS,
    WAY_KEYS,
    Hours,
    WayClass,
    at_hours,
    barrier_access,
    classified,
    classify,
    is_gate,
    plain,
)
from workbench.ground.sources.reading import Reading, Remark
from workbench.ground.sources.topology import Chain, Pieces, Shapes, cut, shared
from workbench.hours import same_every_week

# ----------------------------------------------------------------------------------------------------------------------
# Squares that one walks across: straight ways between the places where other ways come onto them.
#
# A file holds the rim of a square and nothing within. People walk straight from where they come onto it to where they
# leave it, and round what stands on it: so the entries that see one another are joined, and those that do not are
# joined over the corners between (a visibility graph, of which only what lies on a shortest way is kept).


MOST_ENTRIES: Final = 40
"""A square with more is walked round its rim: every two of them may need a way of their own."""
_MOST_POINTS: Final = 200
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


def _cross_squares(areas: Sequence[Area], chain: Chain, level: Floats) -> tuple[Links, list[Remark]]:
    """Join what comes onto each area by straight ways across it."""
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
    """Find the shortest ways within an area between every two of its entries."""
    n = len(entries)
    if n < 2:
        return entries, np.empty((0, 2), np.int64)
    corners = _turning_corners(area)
    corners = corners[~(corners[:, None] == entries[None]).all(axis=2).any(axis=1)]
    points = np.concatenate([entries, corners]) if n + len(corners) <= _MOST_POINTS else entries
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


# ----------------------------------------------------------------------------------------------------------------------
# OpenStreetMap files, PBF or XML: the ways people walk, and the gates across them.


LONLAT: Final = "EPSG:4326"


@dataclass(frozen=True)
class OsmWays:
    """The walkable part of an OSM file.

    Attributes
    ----------
    ways
        Lines in EPSG:4326, cut wherever two of them share a node and at every gate; ``u`` and ``v``
        are OSM node numbers.
    gates
        Barrier nodes on these ways, and nodes where they pass a wall.
    remarks
        What was left out or cut.
    """

    ways: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame
    remarks: tuple[Remark, ...]


@dataclass
class _Haul:
    """What one pass over the file brings in."""

    ways: list[int] = field(default_factory=list)
    classes: list[WayClass] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    highways: list[str | None] = field(default_factory=list)
    refs: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    barriers: dict[int, Mapping[str, str]] = field(default_factory=dict)
    walls: list[tuple[list[int], Mapping[str, str]]] = field(default_factory=list)
    plazas: list[tuple[Mapping[str, str], dict[int, str]]] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    remarks: list[Remark] = field(default_factory=list)

    def add_way(self, way: Any, kind: WayClass, name: str | None, highway: str | None) -> None:
        nodes = way.nodes
        refs = [node.ref for node in nodes]
        if len(refs) < _FEWEST_NODES:
            return
        try:
            line = _WKB.create_linestring(nodes, use_nodes.ALL)  # all coordinates in one call
        except osmium.InvalidLocationError:
            line = _with_missing(nodes)
        self.lines.append(line)
        self.refs += refs
        self.sizes.append(len(refs))
        self.ways.append(way.id)
        self.classes.append(kind)
        self.names.append(name)
        self.highways.append(highway)


_FEWEST_NODES: Final = 2
_WKB_HEADER: Final = 9
_WKB: Final = WKBFactory()
_GATE_M: Final = 1.0  # from the end of a way with hours to its gate
_DEGREE_M: Final = 111_195.0  # a degree of a great circle
_NOWHERE: Final = 999.0  # degrees: where a node is put that is not in the file


def _with_missing(nodes: Any) -> str:
    """Draw a way some of whose nodes are not in the file."""
    places = [(n.lon, n.lat) if n.location.valid() else (_NOWHERE, _NOWHERE) for n in nodes]
    return shapely.to_wkb(shapely.LineString(places), hex=True)


def read_osm_ways(path: Path | OsmFile, box: shapely.Geometry | None = None) -> OsmWays:
    """Read the ways people walk, and the gates across them.

    Parameters
    ----------
    path
        PBF (``.osm.pbf``, ``.pbf``) or XML (``.osm``, also packed) file, or several in order.
    box
        Area in EPSG:4326 outside which ways are cut: a step from node to node stays when one of its
        two ends lies inside. None keeps everything in the file.

    Returns
    -------
    OsmWays
        Ways and gates in EPSG:4326.

    Raises
    ------
    SourceError
        If the file is missing, is no OSM file, ends too early, or holds no way that is walked, or none whose
        nodes it holds.

    Notes
    -----
    An area one walks on (a highway with ``area=yes``, or a multipolygon of it) is walked round its rim, and straight
    across from where one way meets it to where another does (kind ``square``). A way is cut where a node is missing
    from the file, and where it leaves the box.
    """
    file = path if isinstance(path, OsmFile) else in_order(path)
    try:
        haul = _read(file)
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise said_by_osmium(file.path, error) from error
    haul.remarks += file.remarks
    said = [remark.words for remark in file.remarks]
    if not haul.ways:
        found = [f"{sum(haul.left_out.values()):,} highways, none of them for people on foot", *said]
        raise SourceError(
            Problem(
                str(file.path),
                "the file holds no way that is walked",
                expected="ways with a highway tag",
                found="; ".join(found),
                mend="Is it an extract of buildings only, or cut short after its nodes?",
            )
        )
    if not _placed(haul):
        raise SourceError(
            Problem(
                str(file.path),
                "no two nodes in a row of any way are in the file, so that no way can be drawn",
                expected="ways and the nodes they run through",
                found="; ".join([f"{len(haul.ways):,} ways that are walked", *said]),
                mend="Export it again with its nodes: in Overpass, (._;>;); out; after the ways.",
            )
        )
    return _assemble(haul, box)


def _placed(haul: _Haul) -> bool:
    """Tell whether any way has two nodes in a row whose places are known."""
    here = np.abs(_coordinates(haul)[:, 1]) <= _FARTHEST_NORTH
    owner = np.repeat(np.arange(len(haul.sizes)), haul.sizes)
    return bool((here[1:] & here[:-1] & (owner[1:] == owner[:-1])).any())


def _read(file: OsmFile) -> _Haul:
    haul = _Haul()
    for thing in _tagged(file):
        if thing.is_way():
            _take_way(haul, thing)
        elif thing.is_node():
            haul.barriers[thing.id] = plain(dict(thing.tags))
        elif thing.tags.get("type") == "multipolygon":
            haul.plazas.append((dict(thing.tags), {m.ref: m.role for m in thing.members if m.type == "w"}))
    if haul.plazas:
        _take_plazas(haul, file)
    return haul


def _tagged(file: OsmFile) -> Iterator[Any]:
    """Yield barrier nodes, ways that are a highway or barrier, and relations that are a highway."""
    processor = file.processor(NODE | WAY | RELATION).with_locations()
    for keys, entity in ((("barrier",), NODE), (("highway", "barrier"), WAY), (("highway",), RELATION)):
        wanted = KeyFilter(*keys)
        wanted.enable_for(entity)
        processor.with_filter(wanted)
    yield from processor


def _take_way(haul: _Haul, way: Any) -> None:
    get = way.tags.get
    highway = get("highway")
    if highway is None:
        tags = plain(dict(way.tags))
        if tags.get("barrier") in WALLS | GATES:
            # what is said of who may pass a ring is said of the ground within it
            tags = {"barrier": tags["barrier"]} if way.is_closed() else tags
            haul.walls.append(([n.ref for n in way.nodes], tags))
        return
    kind = classified(tuple([get(key) for key in WAY_KEYS]))
    if kind is None:
        haul.left_out[highway] += 1
        return
    haul.add_way(way, kind, get("name"), highway)
    if get("area") == "yes" and way.is_closed() and not kind.steps:
        haul.areas.append(Area([len(haul.ways) - 1]))


def _take_plazas(haul: _Haul, file: OsmFile) -> None:
    """Read the rims of walkable multipolygons, whose own ways need not carry a highway tag."""
    known = set(haul.ways)
    tags_of = {way: tags for tags, members in haul.plazas for way in members}
    wanted = {way: kind for way, tags in tags_of.items() if way not in known and (kind := classify(tags))}
    if wanted:
        processor = file.processor(NODE | WAY).with_locations()
        rims: Any = processor.with_filter(EntityFilter(WAY)).with_filter(IdFilter(wanted))
        for way in rims:
            tags = tags_of[way.id]
            haul.add_way(way, wanted[way.id], tags.get("name"), tags.get("highway"))
    place = {way: number for number, way in enumerate(haul.ways)}
    for tags, members in haul.plazas:
        kind = classify(tags)
        if kind is not None and not kind.steps and all(way in place for way in members):
            inner = [place[way] for way, role in members.items() if role == "inner"]
            outer = [place[way] for way, role in members.items() if role != "inner"]
            haul.areas += [Area(outer, inner)] if outer else []


def _assemble(haul: _Haul, box: shapely.Geometry | None) -> OsmWays:
    ref = np.array(haul.refs, np.int64)
    xy = _coordinates(haul)
    way = np.repeat(np.arange(len(haul.sizes)), haul.sizes)
    whole = Chain(xy, way, ref)
    always = [area for area in haul.areas if haul.classes[area.outer[0]].hours is None]
    links, crossed = _cross_squares(always, whole, np.array([kind.level for kind in haul.classes]))
    chain, way_of_run, remarks = _runs(whole, box)
    remarks += crossed
    links = links.between(chain.node)
    gates, unread = _gates(haul, chain)
    if any(haul.classes[way].hours for way in way_of_run):
        chain, of_hours = _with_hours(haul, chain, way_of_run)
        gates = gpd.GeoDataFrame(pd.concat([gates, of_hours], ignore_index=True), crs=LONLAT)
        remarks += _said_of_hours(haul, way_of_run, len(of_hours))
    pieces = cut(chain, shared(chain, np.concatenate([gates["node"].to_numpy(np.int64), links.u, links.v])))
    pieces = _without_dots(links.added_to(replace(pieces, owner=way_of_run[pieces.owner])), gates)
    owner = pieces.owner
    ways = _way_frame(haul, owner, pieces)
    ways.loc[len(ways) - len(links.u) :, "kind"] = "square"
    on_network = gates["node"].isin(np.concatenate([pieces.u, pieces.v]))
    if dropped := haul.left_out.total():
        common = ", ".join(f"{name} {count:,}" for name, count in haul.left_out.most_common(4))
        remarks.insert(0, Remark("left_out", f"{dropped:,} highways not walked ({common})"))
    unread += [kind.unread for kind in (haul.classes[way] for way in np.unique(owner)) if kind.unread is not None]
    remarks += haul.remarks
    if unread:
        words = f"{len(unread):,} ways and gates taken as always open: their hours cannot be read, as {unread[0]!r}"
        remarks.append(Remark("guessed", words))
    words = f"{len(np.unique(owner)):,} ways walked, cut into {len(ways):,} at their junctions"
    remarks.insert(0, Remark("read", words))
    return OsmWays(ways, gates[on_network].reset_index(drop=True), tuple(remarks))


def _coordinates(haul: _Haul) -> Floats:
    """Unpack all lines at once: well-known binary is a header of nine bytes, then pairs of doubles."""
    packed = np.frombuffer(bytes.fromhex("".join(haul.lines)), np.uint8)
    begin = np.cumsum([0] + [_WKB_HEADER + 16 * size for size in haul.sizes[:-1]])
    pairs = np.delete(packed, (begin[:, None] + np.arange(_WKB_HEADER)).ravel())
    return np.frombuffer(pairs.tobytes(), "<f8").reshape(-1, 2)


def _runs(chain: Chain, box: shapely.Geometry | None) -> tuple[Chain, Ints, list[Remark]]:
    """Cut ways where nodes are missing and where they leave the box.

    Returns the chain whose owners are the runs that are left, the way of each run, and remarks.
    """
    remarks: list[Remark] = []
    here = np.abs(chain.xy[:, 1]) <= _FARTHEST_NORTH  # a missing node lies far off the earth
    if lost := len(np.unique(chain.owner[~here])):
        remarks.append(Remark("left_out", f"{lost:,} ways cut where nodes are missing from the file"))
    step = np.zeros(len(chain.owner), bool)  # step[i]: the stretch from vertex i-1 to vertex i stays
    step[1:] = (np.diff(chain.owner) == 0) & here[1:] & here[:-1]
    if box is not None:
        shapely.prepare(box)
        inside = np.zeros(len(chain.owner), bool)
        inside[here] = shapely.intersects_xy(box, chain.xy[here])
        near = inside.copy()
        near[1:] |= inside[:-1]
        leaving = np.unique(chain.owner[step & ~near])
        gone = np.setdiff1d(leaving, chain.owner[step & near])
        step &= near
        if len(leaving):
            words = f"{len(leaving) - len(gone):,} ways cut at the extent, {len(gone):,} wholly outside it left out"
            remarks.append(Remark("left_out", words))
    used = step.copy()
    used[:-1] |= step[1:]
    kept = chain.keep(used)
    _, first, run = np.unique(np.cumsum(~step)[used], return_index=True, return_inverse=True)
    return Chain(kept.xy, run.astype(np.int64), kept.node).without_repeats, kept.owner[first], remarks


def _without_dots(pieces: Pieces, gates: gpd.GeoDataFrame) -> Pieces:
    """Drop pieces without length; where such a piece joined two nodes, they become one."""
    longer = shapely.length(pieces.lines) > 0
    u, v = pieces.u[longer], pieces.v[longer]
    for one, other in zip(pieces.u[~longer], pieces.v[~longer], strict=True):
        for nodes in (u, v):
            nodes[nodes == max(one, other)] = min(one, other)
        gates.loc[gates["node"] == max(one, other), "node"] = min(one, other)
    return Pieces(pieces.lines[longer], u, v, pieces.owner[longer])


def _way_frame(haul: _Haul, owner: Ints, pieces: Pieces) -> gpd.GeoDataFrame:
    kinds, access, steps, level, _, _ = zip(*haul.classes, strict=True)
    return gpd.GeoDataFrame(
        {
            "id": piece_names([f"w{osm_number(way)}" for way in haul.ways], owner),
            "u": pieces.u,
            "v": pieces.v,
            "kind": np.array(kinds, object)[owner],
            "access": np.array(access, object)[owner],
            "level": np.array(level, np.float64)[owner],
            "steps": np.array(steps, bool)[owner],
            "name": pd.Series(haul.names, dtype=object).to_numpy()[owner],
            "highway": pd.Series(haul.highways, dtype=object).to_numpy()[owner],
        },
        geometry=pieces.lines,
        crs=LONLAT,
    )


def piece_names(names: list[str], owner: Ints) -> list[str]:
    """Name the pieces of lines: the line's own name when it is whole, else ``name.1`` and so on."""
    count = np.bincount(owner, minlength=len(names))
    order = np.argsort(owner, kind="stable")
    rank = np.empty(len(owner), np.int64)
    rank[order] = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    whole = (count == 1)[owner]
    return [names[o] if w else f"{names[o]}.{r + 1}" for o, w, r in zip(owner, whole, rank, strict=True)]


def _gates(haul: _Haul, chain: Chain) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return barrier nodes and passages through walls that lie on the ways, and the hours that cannot be read."""
    node, first = np.unique(chain.node, return_index=True)
    place: Floats = chain.xy[first]
    here = set(node.tolist())
    known = {n: tags for n, tags in haul.barriers.items() if n in here}
    passages: dict[int, Mapping[str, str]] = {}
    for refs, tags in haul.walls:
        on = [False, *(ref in here for ref in refs), False]
        for i, ref in enumerate(refs, 1):
            if not on[i] or ref in known:
                continue
            # a wall drawn through a way without a word: routers walk through it, and so do we, but it is on the
            # list; what is said of who may pass a wall is said where a way crosses it, not where they run together
            words = tags if not (on[i - 1] or on[i + 1]) and _says_who(tags) else {"barrier": tags["barrier"]}
            if len(words) > 1 or ref not in passages:
                passages[ref] = words
    rows = [(n, barrier_access(tags), tags) for n, tags in known.items() if is_gate(tags)]
    rows += [(n, barrier_access(t) if len(t) > 1 else "public", t) for n, t in passages.items()]
    rows.sort(key=lambda row: row[0])
    ids = np.array([n for n, _, _ in rows], np.int64)
    points = shapely.points(place[np.searchsorted(node, ids)]) if rows else np.empty(0, object)
    may = [at_hours(tags, access) for _, access, tags in rows]
    names = [f"n{osm_number(n)}" for n in ids.tolist()]
    gates = _gate_frame(names, may, ids, [tags["barrier"] for _, _, tags in rows], points)
    return gates, [text.unread for text in may if text.unread is not None]


def _said_of_hours(haul: _Haul, ways: Ints, gates: int) -> list[Remark]:
    """Say what became of the hours of ways, and which of them differ from week to week."""
    held = [haul.classes[way].hours for way in np.unique(ways).tolist()]
    yearly = [hours for hours in held if hours is not None and not same_every_week(hours)]
    remarks = [Remark("changed", f"{gates:,} gates with the hours of ways, where these meet others")]
    if not gates:
        remarks = [Remark("warning", "hours of ways hold nothing: these ways meet no other way")]
    if yearly:
        words = f"{len(yearly):,} ways are not open alike in all weeks, as {yearly[0]!r}: the week looked at decides"
        remarks.append(Remark("warning", words))
    return remarks


def _says_who(tags: Mapping[str, str]) -> bool:
    return any(key.partition(":")[0] in ("foot", "access", "locked", "opening_hours") for key in tags)


def _gate_frame(names: list[str], may: list[Hours], nodes: Ints, barriers: list[str], points: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "id": names,
            "compound": pd.Series([None] * len(names), dtype=object),
            "access": [each.access for each in may],
            "opening_hours": pd.Series([each.hours for each in may], dtype=object),
            "node": nodes,
            "barrier": barriers,
        },
        geometry=points,
        crs=LONLAT,
    )


def _with_hours(haul: _Haul, chain: Chain, way_of_run: Ints) -> tuple[Chain, gpd.GeoDataFrame]:
    """Put a gate into every way with hours wherever it meets one that has others, or none.

    The gate stands on the way itself, a step from where they meet, on a node of its own with a negative number: the
    ways it meets stay open.
    """
    text = np.array([haul.classes[way].hours for way in way_of_run], object)[chain.owner]
    kind = pd.Series(pd.factorize(text)[0])  # -1 where there are none
    other = kind.groupby(chain.node).transform("nunique").to_numpy() > 1
    where: list[int] = []
    owners: list[int] = []
    places: list[Floats] = []
    for i in np.flatnonzero(other & (kind.to_numpy() >= 0)).tolist():
        for j in (i - 1, i + 1):
            if not 0 <= j < len(text) or chain.owner[j] != chain.owner[i]:
                continue
            along = chain.xy[j] - chain.xy[i]
            length_m = _DEGREE_M * float(np.hypot(along[0] * np.cos(np.radians(chain.xy[i, 1])), along[1]))
            if not length_m:
                continue
            step = min(1 / 3, _GATE_M / length_m)
            where.append(max(i, j))
            owners.append(int(chain.owner[i]))
            places.append(chain.xy[i] + step * along)
    nodes = -1 - np.arange(len(where))
    names = [f"w{osm_number(haul.ways[way_of_run[owner]])}@{k + 1}" for k, owner in enumerate(owners)]
    may = [Hours(str(Access.PUBLIC), haul.classes[way_of_run[owner]].hours) for owner in owners]
    points = shapely.points(np.reshape(places, (-1, 2)))
    gates = _gate_frame(names, may, nodes, ["hours"] * len(where), points)
    if not where:
        return chain, gates
    fuller = Chain(
        np.insert(chain.xy, where, places, axis=0),
        np.insert(chain.owner, where, owners),
        np.insert(chain.node, where, nodes),
    )
    return fuller, gates


# ----------------------------------------------------------------------------------------------------------------------
# What else an OSM file holds: buildings, water, railways, green, walls, compounds, points of interest.


_RESIDENTIAL: Final = frozenset(
    {"residential", "apartments", "house", "detached", "semidetached_house", "terrace", "dormitory", "bungalow"}
)
_COMMERCIAL: Final = frozenset({"commercial", "retail", "office", "supermarket", "hotel", "kiosk", "warehouse"})
_PUBLIC: Final = frozenset(
    {"public", "civic", "government", "school", "kindergarten", "university", "college", "hospital", "train_station"}
)
_WATERWAYS: Final = frozenset({"river", "stream", "canal", "riverbank", "drain", "ditch", "dock"})
_MOTORWAYS: Final = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})
_RAILWAYS: Final = frozenset({"rail", "light_rail", "narrow_gauge", "tram", "monorail"})
_GREEN: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "leisure": frozenset({"park", "garden", "nature_reserve", "golf_course"}),
        "landuse": frozenset({"grass", "forest", "meadow", "recreation_ground", "village_green", "cemetery"}),
        "natural": frozenset({"wood", "scrub", "grassland", "heath"}),
    }
)


@dataclass(frozen=True)
class _Preset:
    """How tags become rows of one layer.

    Attributes
    ----------
    keys
        A feature is looked at when it carries one of these tags.
    row
        From tags and geometry type to house columns, or None when the feature is not wanted.
    shapes
        Geometry types that are wanted.
    """

    keys: tuple[str, ...]
    row: Callable[[Mapping[str, str], str], dict[str, Any] | None]
    shapes: frozenset[str]


def _building_row(tags: Mapping[str, str], shape: str) -> dict[str, Any] | None:
    """Read a building: kind, storeys, name."""
    value = tags.get("building", "no")
    if value in ("no", "demolished", "ruins"):
        return None
    kind = value
    for word, group in (("residential", _RESIDENTIAL), ("commercial", _COMMERCIAL), ("public", _PUBLIC)):
        kind = word if value in group else kind
    return {"kind": "unknown" if kind == "yes" else kind, "levels": _number(tags.get("building:levels"))}


def _backdrop_kind(tags: Mapping[str, str], shape: str) -> str | None:
    """Say what a feature is on the map beneath: water, rail, motorway, green, square, wall …; None when nothing."""
    underground = tags.get("tunnel", "no") not in ("no", "building_passage")
    if tags.get("natural") == "water" or tags.get("landuse") in ("reservoir", "basin"):
        return "water"
    if tags.get("waterway") in _WATERWAYS and not underground:
        return "water"
    if not underground and (line := _line_kind(tags, shape)):
        return line
    if shape == "Polygon" and (tags.get("place") == "square" or tags.get("highway") == "pedestrian"):
        return "square"
    if shape == "Polygon" and any(tags.get(key) in values for key, values in _GREEN.items()):
        return "green"
    return "wall" if shape == "LineString" and tags.get("barrier") in WALLS else None


def _line_kind(tags: Mapping[str, str], shape: str) -> str | None:
    """Say whether a feature is a railway or a road for cars only, and whether people walk over or beneath it."""
    railway = tags.get("railway")
    raised = tags.get("bridge", "no") != "no" or railway == "monorail"
    if railway in _RAILWAYS:
        return "viaduct" if raised else "tram" if railway == "tram" else "rail"
    fast = tags.get("highway") in _MOTORWAYS or ("highway" in tags and tags.get("motorroad") == "yes")
    if shape != "LineString" or not fast or classify(tags) is not None:
        return None
    return "viaduct" if raised else "motorway"


def _backdrop_row(tags: Mapping[str, str], shape: str) -> dict[str, Any] | None:
    """Read a feature of the backdrop."""
    kind = _backdrop_kind(tags, shape)
    return None if kind is None else {"kind": kind}


def _compound_row(tags: Mapping[str, str], shape: str) -> dict[str, Any] | None:
    """Read a residential compound: an area of ``landuse=residential`` that has a name or a wall."""
    walled = tags.get("barrier") in WALLS or tags.get("fenced") == "yes"
    if tags.get("landuse") != "residential" or not ("name" in tags or walled):
        return None
    return {"enclosed": walled, "households": np.nan, "community": None}


_PRESETS: Final[Mapping[str, _Preset]] = MappingProxyType(
    {
        "buildings": _Preset(("building",), _building_row, frozenset({"Polygon"})),
        "backdrop": _Preset(
            ("natural", "landuse", "waterway", "railway", "leisure", "place", "highway", "barrier"),
            _backdrop_row,
            frozenset({"Polygon", "LineString"}),
        ),
        "compounds": _Preset(("landuse",), _compound_row, frozenset({"Polygon"})),
    }
)
"""Layers for which the house knows what to look for; for others the recipe says it with ``where``."""


def _number(text: str | None) -> float:
    try:
        return float(text) if text else np.nan
    except ValueError:
        return np.nan


def read_osm_features(
    path: Path | OsmFile, layer: str, keys: Iterable[str] = ()
) -> tuple[gpd.GeoDataFrame, tuple[Remark, ...]]:
    """Read features other than ways."""
    file = path if isinstance(path, OsmFile) else in_order(path)
    preset = _PRESETS.get(layer)
    asked = tuple(dict.fromkeys(keys))
    looked_at = preset.keys if preset else asked
    rows: list[dict[str, Any]] = []
    shapes: list[str] = []
    broken: list[str] = []
    try:
        rims = preset is not None and "LineString" in preset.shapes
        for thing, shape, wkb in _features(file, looked_at, broken, rims=rims):
            tags = dict(thing.tags)
            row = preset.row(tags, shape) if preset and shape in preset.shapes else None if preset else {}
            if row is None:
                continue
            rows.append({"id": _name(thing), "name": tags.get("name"), **row, **{k: tags.get(k) for k in asked}})
            shapes.append(wkb)
    except (RuntimeError, ValueError) as error:
        raise said_by_osmium(file.path, error) from error
    _tell_apart(rows, shapes)
    columns = list(rows[0]) if rows else list(dict.fromkeys(("id", "name", *asked)))
    geometry = shapely.from_wkb(np.array(shapes, object)) if rows else np.empty(0, object)
    remarks = list(file.remarks)
    if broken:
        words = f"{len(broken):,} features without a whole geometry ({', '.join(broken[:3])})"
        remarks.append(Remark("left_out", words, len(broken)))
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=geometry, crs=LONLAT), tuple(remarks)


def _tell_apart(rows: list[dict[str, Any]], shapes: list[str]) -> None:
    """Give the rim of an area an identifier of its own where both are rows: a garden and the fence round it."""
    count = Counter(row["id"] for row in rows)
    for row, shape in zip(rows, shapes, strict=True):
        if count[row["id"]] > 1 and shapely.from_wkb(shape).geom_type == "LineString":
            row["id"] += "-line"


def _features(file: OsmFile, keys: tuple[str, ...], broken: list[str], *, rims: bool) -> Iterable[tuple[Any, str, str]]:
    """Yield tagged nodes, lines and areas with their geometry; name those that have none.

    With ``rims``, barriers round an area come as lines too.
    """
    factory = WKBFactory()
    wanted = KeyFilter(*keys)
    things: Any = file.processor().with_areas(wanted).with_filter(wanted)
    for thing in things:
        try:
            if thing.is_node():
                yield thing, "Point", factory.create_point(thing)
            elif thing.is_area():
                yield thing, "Polygon", factory.create_multipolygon(thing)
            elif thing.is_way() and (not thing.is_closed() or (rims and "barrier" in thing.tags)):
                yield thing, "LineString", factory.create_linestring(thing)
        except (RuntimeError, osmium.InvalidLocationError):  # nodes that are not in the file
            broken.append(_name(thing))


def counted_twice(reading: Reading, keys: Sequence[str]) -> tuple[Remark, ...]:
    """Tell of places that stand in OpenStreetMap as a node and as the area round it, and would count twice."""
    shapes = np.asarray(reading.shapes, dtype=object)
    flat = np.isin(shapely.get_type_id(shapes), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    areas, nodes = np.flatnonzero(flat), np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POINT)
    node, area = shapely.STRtree(shapes[areas]).query(shapes[nodes], predicate="intersects")
    one, other = reading.rows.iloc[nodes[node]], reading.rows.iloc[areas[area]]
    alike, unlike = np.zeros(len(node), bool), np.zeros(len(node), bool)
    for key in (key for key in (*keys, "name") if key in reading.rows):
        left, right = one[key].to_numpy(object), other[key].to_numpy(object)
        known = ~pd.isna(left) & ~pd.isna(right)
        alike |= known & (left == right) & (key != "name")
        unlike |= known & (left != right)
    same = alike & ~unlike
    pairs = [f"{a} in {b}" for a, b in zip(one["id"][same], other["id"][same], strict=True)]
    words = (
        f"{len(pairs):,} places stand twice, as a node and as the area round it ({', '.join(pairs[:3])}): both count"
    )
    return (Remark("warning", words),) if pairs else ()


def _name(thing: Any) -> str:
    if thing.is_area():
        return f"{'w' if thing.from_way() else 'r'}{osm_number(thing.orig_id())}"
    return f"{'n' if thing.is_node() else 'w'}{osm_number(thing.id)}"
