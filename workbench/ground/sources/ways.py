"""The ways and gates of a district, from all the sources a recipe names for them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from workbench.arrays import Ints
from workbench.catalogue.tables import TABLES
from workbench.errors import GeodataError, Problem, SourceError
from workbench.ground.sources.columns import house_columns
from workbench.ground.sources.graphml import read_graphml
from workbench.ground.sources.osm import LONLAT, OsmWays, piece_names, read_osm_ways
from workbench.ground.sources.osm_file import OsmFile, in_order
from workbench.ground.sources.placement import moved, placed
from workbench.ground.sources.reading import Reading, Remark, Shapes, listed
from workbench.ground.sources.recipe import GraphmlSource, OsmSource, VectorSource
from workbench.ground.sources.topology import NOWHERE, SNAP_M, Pieces, cut_ways, land, node_lines, node_points
from workbench.ground.sources.vector import read_vector

# ----------------------------------------------------------------------------------------------------------------------
# From the shapes a source has to the shape a layer must have.


_POLYGONS = ("Polygon", "MultiPolygon")


def _kinds_of(shapes: Shapes) -> npt.NDArray[np.str_]:
    """Return the geometry type of each shape."""
    return np.array([shape.geom_type for shape in shapes], dtype=np.str_)


def as_points(
    reading: Reading, shapes: Shapes, *, centroid: bool = False
) -> tuple[Shapes, list[Problem], tuple[Remark, ...]]:
    """Turn shapes into points: areas and lines into a point on them, or into their centroid."""
    kinds = _kinds_of(shapes)
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
    """Explode lines into single ones, and list what is no line or has no length."""
    kinds = _kinds_of(shapes)
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
    broken = np.isin(_kinds_of(shapes), _POLYGONS) & drawn & ~shapely.is_valid(shapes)
    if not broken.any():
        return shapes, ()
    repaired = np.array(shapes, dtype=object)
    repaired[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    return repaired, (Remark("changed", f"{int(broken.sum()):,} areas that crossed themselves repaired"),)


# ----------------------------------------------------------------------------------------------------------------------
# The ways and gates of a district, from all the sources a recipe names for them.


_ASSUMED: Final[Mapping[str, Any]] = {"kind": "street", "access": "public", "level": 0.0, "steps": False}
"""What a drawn line is where its source does not say."""


@dataclass(frozen=True)
class Taken:
    """What was taken from a source: rows it held, rows that came, the CRS they came in, and remarks."""

    held: int
    rows: int
    crs: str
    remarks: tuple[Remark, ...]


@dataclass
class Network:
    """Ways and gates while they are being made.

    Attributes
    ----------
    crs
        CRS of the district.
    extent
        Where ways are cut, in that CRS; None keeps all.
    ways, gates
        What has been made so far.
    """

    crs: pyproj.CRS
    extent: shapely.Geometry | None = None
    parts: list[gpd.GeoDataFrame] = field(default_factory=list)
    gate_parts: list[gpd.GeoDataFrame] = field(default_factory=list)
    _files: dict[tuple[Path, ...], OsmFile] = field(default_factory=dict)
    _osm: dict[tuple[Path, ...], OsmWays] = field(default_factory=dict)
    _brought: set[str] = field(default_factory=set)
    _made: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def fresh_node(self) -> int:
        """Return a node number that nothing else has: negative, for OSM's own are positive."""
        return -next(self._made)

    def osm_file(self, paths: tuple[Path, ...]) -> OsmFile:
        """Put OSM files in order once, however many layers are made from them."""
        if paths not in self._files:
            self._files[paths] = in_order(*paths)
        return self._files[paths]

    def osm(self, paths: tuple[Path, ...]) -> OsmWays:
        """Read the ways of OSM files once."""
        if paths not in self._osm:
            box = self.extent
            if box is not None:
                box = moved(np.array([shapely.segmentize(box, 100.0)]), self.crs, pyproj.CRS.from_user_input(LONLAT))[0]
            self._osm[paths] = self._renumbered(read_osm_ways(self.osm_file(paths), box))
        return self._osm[paths]

    def _renumbered(self, read: OsmWays) -> OsmWays:
        """Give the nodes that the reader made, which are negative, numbers that nothing else has."""
        ends = read.ways[["u", "v"]].to_numpy(np.int64)
        made = {int(node): self.fresh_node() for node in np.unique(ends[ends < 0])}
        for frame, columns in ((read.ways, ("u", "v")), (read.gates, ("node",))):
            for column in columns if made else ():
                frame[column] = [made.get(node, node) for node in frame[column].tolist()]
        return read

    def add_osm(self, paths: tuple[Path, ...], source: OsmSource, *, with_gates: bool) -> Taken:
        """Add the ways of OSM files, and their gates unless the recipe makes them from something else."""
        read = self.osm(paths)
        if read.ways.empty:
            raise self._elsewhere(paths[0])
        found = _as_reading(paths[0], read.ways, read.remarks).filtered(source.where)
        ways, twice = self._new(self._projected(found, source))
        self.parts.append(ways)
        gates, remark = self._on_ways(self._osm_gates(paths))
        if with_gates:
            earlier = [gate for part in self.gate_parts for gate in part["id"]]
            self.gate_parts.append(gpd.GeoDataFrame(gates[~gates["id"].isin(earlier)], crs=self.crs))
        return Taken(found.held, len(ways), found.crs, (*found.remarks, *twice, *_of_gates(remark)))

    def _new(self, ways: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[Remark, ...]]:
        """Leave out ways that an earlier source with other settings has brought already."""
        whole = pd.Series([name.partition(".")[0] for name in ways["id"]], dtype=object)
        twice = whole.isin(self._brought).to_numpy(bool)
        self._brought |= set(whole)
        remark = Remark("left_out", f"{int(twice.sum()):,} ways that an earlier source brought", int(twice.sum()))
        return gpd.GeoDataFrame(ways[~twice].reset_index(drop=True), crs=self.crs), (remark,) if twice.any() else ()

    def _elsewhere(self, path: Path) -> GeodataError:
        assert self.extent is not None
        box = ", ".join(f"{number:.0f}" for number in shapely.bounds(self.extent))
        return GeodataError(
            Problem(
                str(path),
                "no way lies inside the extent",
                expected=f"ways within {box} ({self.crs.to_string()})",
                mend="Check the extent of the recipe, and the crs of the source; x and y may be swapped.",
            )
        )

    def _inside(
        self, path: Path, ways: gpd.GeoDataFrame, row: Ints
    ) -> tuple[gpd.GeoDataFrame, int, tuple[Remark, ...]]:
        """Keep the ways that touch the extent, and count the rows of the source of which none does.

        OSM files are cut more finely while they are read.
        """
        if self.extent is None:
            return ways, 0, ()
        near = shapely.intersects(self.extent, np.asarray(ways.geometry.array, dtype=object))
        if not near.any():
            raise self._elsewhere(path)
        kept = gpd.GeoDataFrame(ways[near].reset_index(drop=True), crs=self.crs)
        lost = len(np.setdiff1d(row, row[near]))
        remark = Remark("left_out", f"{int((~near).sum()):,} ways outside the extent", lost)
        return kept, lost, () if near.all() else (remark,)

    def _osm_gates(self, paths: tuple[Path, ...]) -> gpd.GeoDataFrame:
        gates = self.osm(paths).gates
        points = moved(np.asarray(gates.geometry.array, dtype=object), pyproj.CRS.from_user_input(LONLAT), self.crs)
        return gates.set_geometry(points, crs=self.crs)

    def _on_ways(self, gates: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[Remark, ...]]:
        """Leave out gates whose ways a condition has left out."""
        nodes = np.concatenate([part[["u", "v"]].to_numpy(np.int64).ravel() for part in self.parts])
        on = gates["node"].isin(nodes).to_numpy()
        lost = int((~on).sum())
        remark = Remark("left_out", f"{lost:,} gates on ways that were left out", lost)
        return gpd.GeoDataFrame(gates[on].reset_index(drop=True), crs=self.crs), (remark,) if lost else ()

    def add_osm_gates(self, paths: tuple[Path, ...], source: OsmSource) -> Taken:
        """Add the gates of OSM files for which the recipe names a source of their own."""
        found = _as_reading(paths[0], self._osm_gates(paths), ()).filtered(source.where)
        frame, problems, remarks = house_columns(found, source, TABLES["gates"])
        if problems:
            raise SourceError(problems)
        gates, remark = self._on_ways(gpd.GeoDataFrame(frame, geometry=found.shapes, crs=self.crs))
        self.gate_parts.append(gates)
        return Taken(found.held, len(gates), LONLAT, (*found.remarks, *remarks, *remark))

    def add_graph(self, path: Path, source: GraphmlSource) -> Taken:
        """Add the ways of an OSMnx graph."""
        read = read_graphml(path, source.crs)
        found = replace(_as_reading(path, read.ways, read.remarks), held=read.held).filtered(source.where)
        projected = self._projected(found, source)
        ways, lost, left_out = self._inside(path, projected, np.arange(len(projected)))
        self.parts.append(ways)
        return Taken(found.held, len(found.rows) - lost, found.crs, found.remarks + left_out)

    def _projected(self, found: Reading, source: OsmSource | GraphmlSource) -> gpd.GeoDataFrame:
        frame, problems, _ = house_columns(found, source, TABLES["ways"])
        if problems:
            raise SourceError(problems)
        return gpd.GeoDataFrame(frame, geometry=placed(found, self.crs), crs=self.crs)

    def add_vector(self, path: Path, source: VectorSource) -> Taken:
        """Add drawn lines; without columns u and v their nodes are found from the coordinates."""
        read = read_vector(path, layer=source.layer, crs=source.crs, encoding=source.encoding, where=source.where)
        frame, problems, mended = house_columns(read, source, TABLES["ways"])
        lines, owner, wrong = as_lines(read, placed(read, self.crs, source.datum))
        if problems + wrong:
            raise GeodataError(problems + wrong)
        assumed = [name for name in _ASSUMED if name not in frame]
        for name in assumed:
            frame[name] = _ASSUMED[name]
        if "steps" in assumed:
            frame["steps"] = frame["kind"].eq("steps")
        if "id" not in frame:
            frame["id"] = [f"l{row}" for row in range(1, len(frame) + 1)]
        words = f"{', '.join(assumed)} assumed, the source does not say"
        remarks = [Remark("guessed", words)] if assumed else []
        if {"u", "v"} <= set(frame.columns):
            rows = gpd.GeoDataFrame(frame.iloc[owner].reset_index(drop=True), geometry=lines, crs=self.crs)
        else:
            rows, owner, note = self._noded(frame, lines, owner)
            remarks.append(note)
        ways, lost, left_out = self._inside(path, rows, owner)
        self.parts.append(ways)
        taken = len(read.rows) - lost
        return Taken(read.held, taken, read.crs, (*read.remarks, *mended, *remarks, *left_out))

    def _noded(self, frame: pd.DataFrame, lines: Shapes, row: Ints) -> tuple[gpd.GeoDataFrame, Ints, Remark]:
        """Cut lines where they meet; ``row`` is the row of ``frame`` to which each line belongs."""
        level = pd.to_numeric(frame["level"], errors="coerce").to_numpy(np.float64)[row]
        pieces = node_lines(lines, level)
        owner = row[pieces.owner]
        cut = frame.iloc[owner].reset_index(drop=True)
        cut["id"] = piece_names([str(name) for name in frame["id"]], owner)
        number = np.array([self.fresh_node() for _ in range(int(max(pieces.u.max(), pieces.v.max())) + 1)])
        cut["u"], cut["v"] = number[pieces.u], number[pieces.v]
        note = f"{len(lines):,} lines cut into {len(cut):,} where they meet within {SNAP_M:g} m"
        return gpd.GeoDataFrame(cut, geometry=pieces.lines, crs=self.crs), owner, Remark("changed", note)

    def joined(self) -> tuple[gpd.GeoDataFrame, tuple[Remark, ...]]:
        """Return all ways; where there are several sources, they meet where their ends touch."""
        ways = gpd.GeoDataFrame(pd.concat(self.parts, ignore_index=True), crs=self.crs)
        if len(self.parts) == 1:
            return ways, ()
        lines = np.asarray(ways.geometry.array, dtype=object)
        pieces = node_lines(lines, ways["level"].fillna(0.0).to_numpy(np.float64))
        number = self._old_numbers(ways, pieces)
        ids = piece_names([str(name) for name in ways["id"]], pieces.owner)
        whole = ways.iloc[pieces.owner].reset_index(drop=True).assign(id=ids, u=number[pieces.u], v=number[pieces.v])
        met = len(whole) - len(ways)
        renumbered = dict(zip(ways["u"], whole["u"].iloc[_first(pieces.owner)], strict=True))
        renumbered |= dict(zip(ways["v"], whole["v"].iloc[_last(pieces.owner)], strict=True))
        for gates in self.gate_parts:
            gates["node"] = gates["node"].map(lambda node: renumbered.get(node, node))
        remark = Remark("changed", f"joined to the other sources at {met:,} places")
        return whole.set_geometry(pieces.lines, crs=self.crs), (remark,)

    def _old_numbers(self, ways: gpd.GeoDataFrame, pieces: Pieces) -> Any:
        """Return the number of each place: that of the node that was there, else a fresh one."""
        number = np.full(int(max(pieces.u.max(), pieces.v.max())) + 1, NOWHERE, np.int64)
        # OSM's numbers are positive and made ones negative: where both meet, OSM's stays
        np.maximum.at(number, pieces.v[_last(pieces.owner)], ways["v"].to_numpy(np.int64))
        np.maximum.at(number, pieces.u[_first(pieces.owner)], ways["u"].to_numpy(np.int64))
        for place in np.flatnonzero(number == NOWHERE):
            number[place] = self.fresh_node()
        return number

    def land_gates(
        self, ways: gpd.GeoDataFrame, rows: pd.DataFrame, points: Shapes, within_m: float, path: Path
    ) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, Remark]:
        """Put gates that carry no node number onto the nearest way, and cut it there."""
        whole = Pieces(
            np.asarray(ways.geometry.array, dtype=object),
            ways["u"].to_numpy(np.int64),
            ways["v"].to_numpy(np.int64),
            np.arange(len(ways)),
        )
        landing = land(whole, points, within_m, self.fresh_node)
        lost = np.flatnonzero(landing.node == NOWHERE)
        if len(lost):
            raise GeodataError(
                [
                    Problem(
                        str(path),
                        "the gate stands on no way",
                        row=str(rows["id"].iloc[i]),
                        expected=f"a way within {within_m:g} m",
                        found=f"none at ({points[i].x:.1f}, {points[i].y:.1f})",
                        mend="Correct the gate or draw the way; or allow more with gate_within_m in the recipe.",
                    )
                    for i in lost
                ]
            )
        cut = cut_ways(ways, landing.pieces)
        gates = gpd.GeoDataFrame(rows.assign(node=landing.node), geometry=node_points(cut, landing.node), crs=self.crs)
        return cut, gates, Remark("changed", f"put onto their ways, moved by {landing.gap_m.max():.1f} m at most")


def _first(owner: Any) -> Any:
    return np.searchsorted(owner, np.unique(owner), side="left")


def _last(owner: Any) -> Any:
    return np.searchsorted(owner, np.unique(owner), side="right") - 1


def _of_gates(remarks: tuple[Remark, ...]) -> tuple[Remark, ...]:
    """Tell of the gates of an OSM file among its ways, whose rows they are not."""
    return tuple(replace(remark, rows=0) for remark in remarks)


def _as_reading(path: Path, frame: gpd.GeoDataFrame, remarks: tuple[Remark, ...]) -> Reading:
    rows = pd.DataFrame(frame.drop(columns="geometry"))
    assert frame.crs is not None
    shapes = np.asarray(frame.geometry.array, dtype=object)
    return Reading(path, rows, shapes, frame.crs.to_string(), [str(name) for name in frame["id"]], remarks)
