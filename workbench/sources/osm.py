"""OpenStreetMap files, PBF or XML: the ways people walk, and the gates across them.

pyosmium reads and filters in C++; only ways with a ``highway`` or ``barrier`` tag ever become Python
objects. What tags mean is in :mod:`workbench.sources.osm_tags`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
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
from workbench.hours import same_every_week
from workbench.sources.osm_file import OsmFile, in_order, osm_number, said_by_osmium
from workbench.sources.osm_tags import (
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
from workbench.sources.reading import Remark
from workbench.sources.squares import Area, cross_squares
from workbench.sources.topology import Chain, Floats, Ints, Pieces, cut, shared
from workbench.terms import Access

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
    links, crossed = cross_squares(always, whole, np.array([kind.level for kind in haul.classes]))
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
