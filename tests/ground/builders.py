"""Small source files, right and wrong, built by hand."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import osmium
import pytest
import shapely

CRS = "EPSG:4546"
LON, LAT = 109.97, 40.62  # the middle of the small worlds below
STEP = 0.001  # degrees: about 85 m east, 111 m north

Tags = Mapping[str, str]


def shared_data(*parts: str) -> Path:
    """Return a file of the shared data, or skip the test with the reason."""
    root = os.environ.get("WORKBENCH_SHARED_DATA")
    folder = Path(root) if root else Path(__file__).resolve().parents[3] / "shared" / "data"
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(parts)} is not in $WORKBENCH_SHARED_DATA or ../shared/data")
    return path


def at(column: float, row: float) -> tuple[float, float]:
    """Return longitude and latitude of a place on the small grid."""
    return LON + column * STEP, LAT + row * STEP


def osm_xml(
    path: Path,
    nodes: Mapping[int, tuple[float, float]],
    ways: Mapping[int, tuple[Sequence[int], Tags]],
    *,
    node_tags: Mapping[int, Tags] | None = None,
    relations: Mapping[int, tuple[Sequence[tuple[int, str]], Tags]] | None = None,
) -> Path:
    """Write an OSM XML file."""

    def tagged(tags: Tags) -> str:
        return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())

    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    for number, (lon, lat) in sorted(nodes.items()):
        body = tagged((node_tags or {}).get(number, {}))
        lines.append(f'<node id="{number}" version="1" lat="{lat:.7f}" lon="{lon:.7f}">{body}</node>')
    for number, (refs, tags) in sorted(ways.items()):
        body = "".join(f'<nd ref="{ref}"/>' for ref in refs) + tagged(tags)
        lines.append(f'<way id="{number}" version="1">{body}</way>')
    for number, (members, tags) in sorted((relations or {}).items()):
        body = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members) + tagged(tags)
        lines.append(f'<relation id="{number}" version="1">{body}</relation>')
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def as_pbf(xml: Path) -> Path:
    """Write the same OSM data as PBF."""
    path = xml.with_suffix(".osm.pbf")
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in osmium.FileProcessor(str(xml)):
            writer.add(thing)
    return path


def grid_osm(path: Path, size: int = 6, **extra: Any) -> Path:
    """Write a grid of streets: nodes 1 …, row by row, one way a row and one a column."""
    nodes = {1 + r * size + c: at(c, r) for r in range(size) for c in range(size)}
    ways: dict[int, tuple[list[int], Tags]] = {}
    for k in range(size):
        ways[100 + k] = ([1 + k * size + c for c in range(size)], {"highway": "residential", "name": f"第{k}街"})
        ways[200 + k] = ([1 + r * size + k for r in range(size)], {"highway": "residential"})
    nodes |= extra.pop("nodes", {})
    ways |= extra.pop("ways", {})
    return osm_xml(path, nodes, ways, **extra)


def points_csv(path: Path, rows: Sequence[Mapping[str, Any]], encoding: str = "utf-8") -> Path:
    """Write a CSV file."""
    names = list(rows[0])
    lines = [",".join(names)] + [",".join(str(row[name]) for name in names) for row in rows]
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def demand_rows(count: int = 10, **extra: Any) -> list[dict[str, Any]]:
    """Return rows of demand scattered over the grid."""
    return [
        {"id": f"d{i}", "lon": at(0.3 + 0.45 * i, 0)[0], "lat": at(0, 0.2 + 0.4 * i)[1], "residents": 10 * i, **extra}
        for i in range(count)
    ]


def recipe_file(path: Path, layers: Mapping[str, Any], **more: Any) -> Path:
    """Write a recipe; JSON is YAML."""
    whole = {
        "name": "小区",
        "key": "pocket",
        "crs": CRS,
        "date": "2024-01-01",
        "source": "a test",
        "licence": "none",
        **more,
        "layers": layers,
    }
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


WAYS = {"format": "osm", "path": "grid.osm"}
DEMAND = {"format": "points", "path": "demand.csv", "crs": "EPSG:4326", "datum": "wgs84", "x": "lon", "y": "lat"}


def pocket(folder: Path, *, demand: Mapping[str, Any] | None = None, **more: Any) -> Path:
    """Write a grid of streets, a demand table and a recipe that joins them; return the recipe."""
    if not (folder / "grid.osm").exists():
        grid_osm(folder / "grid.osm")
    if not (folder / "demand.csv").exists():
        points_csv(folder / "demand.csv", demand_rows())
    layers = {"ways": WAYS, "demand": {**DEMAND, **(demand or {})}, **more.pop("layers", {})}
    return recipe_file(folder / "recipe.yaml", layers, **more)


def shapefile(
    path: Path, columns: Mapping[str, Sequence[Any]], shapes: Sequence[shapely.Geometry], crs: str | None, encoding: str
) -> Path:
    """Write a Shapefile; the .cpg that GDAL adds is taken away."""
    frame = gpd.GeoDataFrame(dict(columns), geometry=list(shapes), crs=crs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL on names that it cuts, and on the missing CRS
        frame.to_file(path, driver="ESRI Shapefile", encoding=encoding, engine="pyogrio")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    return path
