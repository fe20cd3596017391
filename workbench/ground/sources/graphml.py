"""Street graphs that OSMnx saved as GraphML."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.errors import MissingCRSError, Problem, SourceError
from workbench.ground.sources.foreign import foreign
from workbench.ground.sources.osm import piece_names
from workbench.ground.sources.osm_tags import WAY_KEYS, WayClass, classify
from workbench.ground.sources.placement import known_crs
from workbench.ground.sources.reading import Remark, missing

_NS: Final = "{http://graphml.graphdrawing.org/xmlns}"
_SAME_PLACE_DIGITS: Final = 7
_STRICTNESS: Final = ("public", "members", "closed")


@dataclass(frozen=True)
class _GraphWays:
    """The walkable part of a street graph.

    Attributes
    ----------
    ways
        Undirected lines with ``u`` and ``v``, in the graph's own CRS.
    held
        Directed edges of the graph.
    remarks
        What was left out.
    """

    ways: gpd.GeoDataFrame
    held: int
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class _Edge:
    ends: tuple[int, int]
    tags: Mapping[str, str]


def read_graphml(path: Path, crs: str | None = None) -> _GraphWays:
    """Read an OSMnx graph as undirected walkable ways."""
    graph, nodes, edges = _read(path)
    stated = graph.get("crs") or crs
    if not stated:
        raise MissingCRSError(
            Problem(
                str(path),
                "the graph has no CRS",
                expected="a 'crs' entry, as OSMnx writes it",
                mend="State 'crs' for this source in the recipe, such as crs: EPSG:4326.",
            )
        )
    known_crs(str(path), stated)
    left_out: Counter[str] = Counter()
    walked: list[tuple[_Edge, WayClass]] = []
    for edge in edges:
        kind = _classified(edge.tags)
        if kind is None:
            left_out[_words(edge.tags.get("highway", "?"))[0]] += 1
        else:
            walked.append((edge, kind))
    if not walked:
        raise SourceError(Problem(str(path), "the graph holds no way that is walked", found=f"{len(edges):,} edges"))
    ways, twins = _frame(walked, _lines(path, [edge for edge, _ in walked], nodes), stated)
    remarks = [Remark("left_out", f"{twins:,} edges: the way back of another", twins)] if twins else []
    if left_out:
        common = ", ".join(f"{name} {count:,}" for name, count in left_out.most_common(4))
        dropped = left_out.total()
        remarks.append(Remark("left_out", f"{dropped:,} edges not walked ({common})", dropped))
    return _GraphWays(ways, len(edges), tuple(remarks))


def _read(path: Path) -> tuple[dict[str, str], dict[str, tuple[float, float]], list[_Edge]]:
    """Parse the file once, from top to bottom."""
    keys: dict[str, str] = {}
    graph: dict[str, str] = {}
    nodes: dict[str, tuple[float, float]] = {}
    number: dict[str, int] = {}
    edges: list[_Edge] = []
    try:
        for element in _elements(path):
            tag = element.tag.removeprefix(_NS)
            if tag == "key":
                keys[element.get("id", "")] = element.get("attr.name", "")
            elif tag == "graph":
                graph = _data(element, keys)
            elif tag == "node":
                name, data = element.get("id", ""), _data(element, keys)
                nodes[name] = (float(data["x"]), float(data["y"]))
                number[name] = int(name) if name.lstrip("-").isdigit() else len(number)
            elif tag == "edge":
                ends = (number[element.get("source", "")], number[element.get("target", "")])
                edges.append(_Edge(ends, _data(element, keys)))
    except OSError as error:
        raise missing(path, error) from error
    except SourceError:
        raise
    except (KeyError, ValueError) as error:
        raise SourceError(
            Problem(
                str(path),
                "a node or edge of the graph is incomplete",
                expected="nodes with x and y, edges between nodes of the file",
                found=f"{type(error).__name__}: {error}",
                mend="Save the graph again with ox.save_graphml().",
            )
        ) from error
    if not keys and not nodes:
        raise SourceError(Problem(str(path), "the file is not GraphML", expected="a <graphml> document"))
    return graph, {str(number[name]): xy for name, xy in nodes.items()}, edges


def _elements(path: Path) -> Iterator[ET.Element]:
    mend = "It is cut short or no XML at all; copy it again, or save it again with ox.save_graphml()."
    with path.open("rb") as stream, foreign(path, "the file is not whole GraphML", mend=mend):
        for _, element in ET.iterparse(stream):  # noqa: S314 - the planner names the file; expat stops entity bombs
            yield element
            if element.tag in (f"{_NS}node", f"{_NS}edge"):
                element.clear()


def _data(element: ET.Element, keys: Mapping[str, str]) -> dict[str, str]:
    found = element.findall(f"{_NS}data")
    return {keys.get(item.get("key", ""), ""): item.text or "" for item in found}


def _words(value: str) -> list[str]:
    """Return the values of an attribute; OSMnx writes those of a merged edge as a Python list."""
    if value.startswith("["):
        try:
            items = ast.literal_eval(value)
        except (MemoryError, RecursionError, SyntaxError, TypeError, ValueError):
            return [value]
        return [str(item) for item in items] if items else [value]
    return [value]


def _classified(tags: Mapping[str, str]) -> WayClass | None:
    """Classify an edge; one merged from several ways is what the first is, with the stairs and locks of all."""
    options = {key: _words(tags[key]) for key in WAY_KEYS if key in tags}
    rest = {key: words[0] for key, words in options.items()}
    found: list[WayClass] = []
    for highway in options.get("highway", []):
        for access in options.get("access", [""]):
            kind = classify({**rest, "highway": highway, "access": access})
            if kind is None:
                return None  # a part that is not walked cannot be stepped over
            found.append(kind)
    if not found:
        return None
    strictest = max((kind.access for kind in found), key=_STRICTNESS.index)
    return found[0]._replace(steps=any(kind.steps for kind in found), access=strictest)


def _lines(path: Path, edges: list[_Edge], nodes: Mapping[str, tuple[float, float]]) -> Any:
    straight = np.array([(nodes[str(e.ends[0])], nodes[str(e.ends[1])]) for e in edges], np.float64)
    lines: Any = shapely.linestrings(straight)
    drawn = np.array([i for i, e in enumerate(edges) if e.tags.get("geometry")], np.int64)
    if len(drawn):
        try:
            lines[drawn] = shapely.from_wkt(np.array([edges[i].tags["geometry"] for i in drawn], object))
        except shapely.errors.GEOSException as error:
            raise SourceError(
                Problem(str(path), "the geometry of an edge cannot be read", expected="WKT", found=str(error))
            ) from error
    return lines


def _frame(walked: list[tuple[_Edge, WayClass]], lines: Any, crs: str) -> tuple[gpd.GeoDataFrame, int]:
    """Turn edges so that u < v, keep one of each pair of twins, and name them by their ways."""
    ends = np.array([edge.ends for edge, _ in walked], np.int64)
    backwards = ends[:, 0] > ends[:, 1]
    lines = np.where(backwards, shapely.reverse(lines), lines)
    ends.sort(axis=1)
    rounded = shapely.set_precision(lines, 10.0**-_SAME_PLACE_DIGITS, mode="pointwise")
    # a loop may run either way round: its normal form does not tell
    loop = ends[:, 0] == ends[:, 1]
    rounded[loop] = shapely.normalize(rounded[loop])
    seen = pd.DataFrame({"u": ends[:, 0], "v": ends[:, 1], "line": shapely.to_wkb(rounded)})
    first = ~seen.duplicated().to_numpy()
    kept = [pair for pair, keep in zip(walked, first, strict=True) if keep]
    first_way = [_words(edge.tags.get("osmid", "0"))[0] for edge, _ in kept]
    names, owner = np.unique(np.array(first_way, object), return_inverse=True)
    frame = gpd.GeoDataFrame(
        {
            "id": piece_names([f"w{name}" for name in names], owner),
            "u": ends[first, 0],
            "v": ends[first, 1],
            "kind": [kind.kind for _, kind in kept],
            "access": [kind.access for _, kind in kept],
            "level": [kind.level for _, kind in kept],
            "steps": [kind.steps for _, kind in kept],
            "name": pd.Series([_name(edge.tags) for edge, _ in kept], dtype=object),
            "highway": [_words(edge.tags.get("highway", ""))[0] for edge, _ in kept],
        },
        geometry=lines[first],
        crs=crs,
    )
    return frame, int((~first).sum())


def _name(tags: Mapping[str, str]) -> str | None:
    return ";".join(_words(tags["name"])) if tags.get("name") else None
