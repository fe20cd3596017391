"""OpenStreetMap files, PBF or XML: the ways people walk, and the gates across them.

pyosmium reads and filters in C++; only ways with a ``highway`` or ``barrier`` tag ever become Python
objects. What tags mean is in :mod:`workbench.sources.osm_tags`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from osmium.filter import EntityFilter, IdFilter, KeyFilter
from osmium.geom import WKBFactory, use_nodes
from osmium.osm import NODE, RELATION, WAY

from workbench.errors import Problem, SourceError
from workbench.hours import parses
from workbench.sources.osm_file import OsmFile, in_order, osm_number, said_by_osmium
from workbench.sources.osm_tags import WALLS, WAY_KEYS, WayClass, barrier_access, classified, classify, is_gate
from workbench.sources.reading import Remark
from workbench.sources.topology import Chain, Floats, Ints, Pieces, cut, shared

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
    wall_nodes: set[int] = field(default_factory=set)
    plazas: dict[int, Mapping[str, str]] = field(default_factory=dict)
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
_FARTHEST_NORTH: Final = 90.0
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
    An area one walks on (``highway=pedestrian`` with ``area=yes``, or a multipolygon of it) is walked
    round its rim. A way is cut where a node is missing from the file, and where it leaves the box.
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
            haul.barriers[thing.id] = dict(thing.tags)
        elif thing.tags.get("type") == "multipolygon":
            tags = dict(thing.tags)
            haul.plazas.update({m.ref: tags for m in thing.members if m.type == "w"})
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
        if get("barrier") in WALLS:
            haul.wall_nodes.update(n.ref for n in way.nodes)
        return
    kind = classified(tuple([get(key) for key in WAY_KEYS]))
    if kind is None:
        haul.left_out[highway] += 1
    else:
        haul.add_way(way, kind, get("name"), highway)


def _take_plazas(haul: _Haul, file: OsmFile) -> None:
    """Read the rims of walkable multipolygons, whose own ways need not carry a highway tag."""
    known = set(haul.ways)
    wanted = {way: kind for way, tags in haul.plazas.items() if way not in known and (kind := classify(tags))}
    if not wanted:
        return
    processor = file.processor(NODE | WAY).with_locations()
    rims: Any = processor.with_filter(EntityFilter(WAY)).with_filter(IdFilter(wanted))
    for way in rims:
        tags = haul.plazas[way.id]
        haul.add_way(way, wanted[way.id], tags.get("name"), tags.get("highway"))


def _assemble(haul: _Haul, box: shapely.Geometry | None) -> OsmWays:
    ref = np.array(haul.refs, np.int64)
    xy = _coordinates(haul)
    way = np.repeat(np.arange(len(haul.sizes)), haul.sizes)
    chain, way_of_run, remarks = _runs(Chain(xy, way, ref), box)
    gates = _gates(haul, chain)
    pieces = _without_dots(cut(chain, shared(chain, gates["node"].to_numpy(np.int64))), gates)
    owner = way_of_run[pieces.owner]
    ways = _way_frame(haul, owner, pieces)
    on_network = gates["node"].isin(np.concatenate([pieces.u, pieces.v]))
    if dropped := haul.left_out.total():
        common = ", ".join(f"{name} {count:,}" for name, count in haul.left_out.most_common(4))
        remarks.insert(0, Remark("left_out", f"{dropped:,} highways not walked ({common})"))
    on, unread = _readable(gates[on_network].reset_index(drop=True))
    remarks += [*haul.remarks, *unread]
    words = f"{len(np.unique(owner)):,} ways walked, cut into {len(ways):,} at their junctions"
    remarks.insert(0, Remark("read", words))
    return OsmWays(ways, on, tuple(remarks))


def _readable(gates: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Remark]]:
    """Leave out opening hours that cannot be read: a stranger's tag must not stop an import."""
    unread = np.array([isinstance(text, str) and not parses(text) for text in gates["opening_hours"]], bool)
    if not unread.any():
        return gates, []
    example = gates.loc[unread, "opening_hours"].iloc[0]
    gates["opening_hours"] = gates["opening_hours"].mask(unread, None)
    words = f"{unread.sum():,} gates taken as always open: their hours cannot be read, such as {example!r}"
    return gates, [Remark("guessed", words)]


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
    kinds, access, steps, level = zip(*haul.classes, strict=True)
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


def _gates(haul: _Haul, chain: Chain) -> gpd.GeoDataFrame:
    """Return barrier nodes and passages through walls that lie on the ways."""
    node, first = np.unique(chain.node, return_index=True)
    place: Floats = chain.xy[first]
    known = haul.barriers
    rows = [(n, known[n]) for n in known if is_gate(known[n])]
    # a wall drawn through a way without a word: routers walk through it, and so do we, but it is on the list
    rows += [(n, {"barrier": "wall"}) for n in haul.wall_nodes if n not in known]
    rows = sorted((row for row in rows if _has(node, row[0])), key=lambda row: row[0])
    ids = np.array([n for n, _ in rows], np.int64)
    points = shapely.points(place[np.searchsorted(node, ids)]) if rows else np.empty(0, object)
    return gpd.GeoDataFrame(
        {
            "id": [f"n{osm_number(n)}" for n in ids.tolist()],
            "compound": pd.Series([None] * len(rows), dtype=object),
            "access": [barrier_access(t) if n in known else "public" for n, t in rows],
            "opening_hours": pd.Series([t.get("opening_hours") for _, t in rows], dtype=object),
            "node": ids,
            "barrier": [t["barrier"] for _, t in rows],
        },
        geometry=points,
        crs=LONLAT,
    )


def _has(ordered: Ints, value: int) -> bool:
    place = int(np.searchsorted(ordered, value))
    return place < len(ordered) and int(ordered[place]) == value
