"""From a recipe to a district: every source read, placed, joined, checked and recorded."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from workbench.catalogue.intake import intake
from workbench.catalogue.places import plain
from workbench.catalogue.standards import register
from workbench.catalogue.tables import LAYERS, LEDGERS, TABLES, Reference
from workbench.catalogue.terms import label
from workbench.errors import GeodataError, Problem, SourceError
from workbench.ground.district import District
from workbench.ground.intake import assumed
from workbench.ground.intake.matching import Places, by_name, communities_named, joined_by_name
from workbench.ground.intake.source import Manner, Surroundings, for_clerks, read_source
from workbench.ground.manifest import OSM, Manifest, SourceNote
from workbench.ground.sources.columns import as_reading, empty_cells, house_columns, read_points, without_odd_tags
from workbench.ground.sources.condition import read_condition
from workbench.ground.sources.osm import counted_twice, read_osm_features
from workbench.ground.sources.placement import (
    FEW_POINTS,
    MARGIN_M,
    Doubt,
    moved,
    outside_problem,
    placed,
    suspicion,
    swapped_rows,
)
from workbench.ground.sources.reading import Reading, Remark, Shapes, listed, sha256
from workbench.ground.sources.recipe import (
    ExtentFile,
    GraphmlSource,
    GridSource,
    LedgerSource,
    OsmSource,
    PointsSource,
    Recipe,
    Source,
    TableSource,
    VectorSource,
    locate,
    read_recipe,
)
from workbench.ground.sources.table import read_table
from workbench.ground.sources.topology import assign, off_junctions, unmet_remark
from workbench.ground.sources.vector import read_vector
from workbench.ground.sources.ways import Network, Taken, as_lines, as_points, as_polygons
from workbench.hours import names_unknown
from workbench.progress import SILENT, Progress

_PREFIX: Final = {
    "communities": "c",
    "compounds": "k",
    "gates": "g",
    "demand": "d",
    "stations": "s",
    "candidates": "a",
    "buildings": "b",
    "backdrop": "f",
    "rooms": "r",
    "activities": "v",
    "bookings": "y",
    "operators": "o",
    "matters": "m",
    "halls": "h",
    "arrivals": "n",
    "windows": "w",
    "clerks": "k",
    "staff": "e",
    "leave": "l",
    "wishes": "w",
    "requirements": "q",
    "duties": "u",
}
"""First letter of the identifiers that are made where a source has none."""

_BEFORE_GATES: Final = ("communities", "compounds", "demand", "stations", "candidates", "buildings", "backdrop")
_POINTS: Final = ("demand", "stations", "candidates")
_SEARCHED: Final = ("demand", "stations", "candidates", "buildings", "compounds")
"""Layers that are searched for datum mistakes."""
_LONLAT: Final = "EPSG:4326"
_EDGE_M: Final = 50.0  # beyond the outermost way, where a recipe states no extent
_CENTRE_MEND: Final = "在社区名单里给它的居委会坐标；或在阵地台账里给其中一个阵地写上所属社区；或删去这一行"
_NO_PLACE: Final = ("highway", "waterway", "railway", "boundary", "route")
"""Tags of what has a name in OpenStreetMap and is no place to stand at."""


def import_district(recipe: Recipe | Path | str, *, progress: Progress | None = None) -> District:
    """Make a district from the sources that a recipe names.

    Parameters
    ----------
    recipe
        A recipe, or the path of its YAML file.
    progress
        Called with a stage, how many of its steps are done, and how many there are.

    Returns
    -------
    District
        Checked at the gate. Its manifest holds a note for every source: what was read, what was left
        out or mended, and which bytes it was.

    Raises
    ------
    RecipeError
        If the recipe is not valid.
    SourceError, MissingCRSError, GeodataError
        With the problems of all sources together: files, columns, numbers, coordinates, extents; and of layers
        that fit the ground much better when they are shifted as GCJ-02 or BD-09 shift.

    Warns
    -----
    SourceEncodingWarning
        If a ``.cpg`` file declares a wrong encoding.
    """
    made = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    return _Import(made, progress or SILENT).district()


@dataclass(frozen=True)
class _Part:
    """The rows that one source gave to a layer."""

    source: Source
    path: Path
    rows: slice
    lines: list[str]


@dataclass
class _Import:
    """One import under way."""

    recipe: Recipe
    progress: Progress
    tables: dict[str, Any] = field(default_factory=dict)
    notes: list[SourceNote] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    kinds: set[type[GeodataError]] = field(default_factory=set)
    named: Counter[str] = field(default_factory=Counter)
    lost: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    parts: dict[str, list[_Part]] = field(default_factory=dict)
    step: int = 0
    extent: shapely.Geometry | None = None

    def __post_init__(self) -> None:
        self.crs = pyproj.CRS.from_user_input(self.recipe.crs)
        self.steps = sum(len(sources) for sources in self.recipe.layers.values())
        self.network = Network(self.crs)

    def district(self) -> District:
        self._read_everything()
        self._stop_on_problems()
        self.progress.step("join", 0, 2)
        self._assign()
        self.progress.step("join", 1, 2)
        self._search_datum()
        self.progress.step("join", 2, 2)
        self.progress.step("check", 0, 1)
        try:
            district = District.from_tables(self._manifest(), self._completed())
        except GeodataError as error:
            raise type(error)([self._traced(problem) for problem in error.problems]) from error
        self.progress.step("check", 1, 1)
        return district

    def _read_everything(self) -> None:
        try:
            self.extent = self.network.extent = self._stated_extent()
        except GeodataError as error:
            self._note_error(error)
        self._read_ways()
        if self.extent is None and "ways" in self.tables:
            self.extent = self._ways_extent()
        late = [name for name in _BEFORE_GATES if any(_is_assumed(s) for s in self.recipe.layers.get(name, ()))]
        for name in (name for name in _BEFORE_GATES if name not in late):
            self._read_layer(name)
        for name in late:  # what cannot be told for want of a layer that could not be read is no problem of its own
            if all(
                other in self.tables for other in _BEFORE_GATES if other in self.recipe.layers and other not in late
            ):
                self._read_layer(name)
        if "ways" in self.tables:
            self._read_gates()
        for name in LEDGERS:
            self._read_layer(name)
        if self.recipe.unfilled:
            words = f"还没有填的台账：{'、'.join(intake().tables[name][0] for name in self.recipe.unfilled)}"
            self._remark("ways", Remark("left_out", words))

    # problems are gathered over all sources, so that a planner mends them once

    def _note_error(self, error: GeodataError) -> None:
        self.kinds.add(type(error))
        self.problems += error.problems or (Problem(self.recipe.key, str(error)),)

    def _stop_on_problems(self) -> None:
        if not self.problems:
            return
        kind = next(iter(self.kinds)) if len(self.kinds) == 1 else GeodataError
        raise kind(self.problems)

    def _traced(self, problem: Problem) -> Problem:
        """Say of a wrong row of a layer where it stands in its file; of a ledger, in the words of who keeps it."""
        parts = self.parts.get(problem.where, [])
        ids = self.tables[problem.where]["id"].astype("str").tolist() if problem.row and parts else []
        numbered = problem.row.removeprefix("#")
        places = [i for i, name in enumerate(ids) if name == problem.row]
        if not places and problem.row != numbered and numbered.isdigit() and int(numbered) <= len(ids):
            places = [int(numbered) - 1]
        found = [
            (part, f"{part.path.name} {part.lines[place - part.rows.start]}")
            for part in parts
            for place in places
            if part.rows.start <= place < part.rows.stop
        ]
        if any(isinstance(part.source, LedgerSource) for part, _ in found):
            problem = for_clerks(problem)
        return replace(problem, row=f"{problem.row} ({', '.join(line for _, line in found)})") if found else problem

    def _sources(self, name: str) -> Iterator[tuple[Source, tuple[Path, ...]]]:
        """Yield sources with their files; OSM files of which the recipe asks the same are read as one."""
        waiting = list(self.recipe.layers.get(name, ()))
        while waiting:
            source = waiting.pop(0)
            same = [s for s in waiting if isinstance(source, OsmSource) and _asked(s) == _asked(source)]
            waiting = [s for s in waiting if s not in same]
            self.progress.step("read", self.step, self.steps)
            paths = tuple(dict.fromkeys(locate(s.path, self.recipe.folder) for s in (source, *same)))
            yield source, paths
            for other in same:
                taken = Taken(0, 0, _LONLAT, (Remark("read", f"read as one with {paths[0].name}"),))
                self._record(name, other, locate(other.path, self.recipe.folder), taken)
            self.step += 1 + len(same)
            self.progress.step("read", self.step, self.steps)

    def _record(self, layer: str, source: Source, path: Path, taken: Taken) -> None:
        unsaid = taken.held - taken.rows - sum(remark.rows for remark in taken.remarks)
        if unsaid:
            raise SourceError(
                Problem(
                    str(path),
                    f"rows for {layer} were lost that nobody asked to leave out",
                    expected=f"{taken.held:,} rows of the file to come or to be left out for a reason",
                    found=f"{taken.rows:,} that came, {unsaid:,} unaccounted for",
                    mend="Please report it with the file; nothing is imported that does not add up.",
                )
            )
        note = SourceNote(
            layer=layer,
            source=_credited(source, source.source or self.recipe.source, f"© {OSM} contributors"),
            licence=_credited(source, source.licence or self.recipe.licence, "ODbL 1.0"),
            date=source.date or self.recipe.date,
            crs=pyproj.CRS.from_user_input(taken.crs).to_string()[:80] if taken.crs else "",
            datum="wgs84" if isinstance(source, OsmSource) else getattr(source, "datum", None) or "",
            held=taken.held,
            rows=taken.rows,
            note=f"{path.name} sha256 {sha256(path)[:16]}",
        )
        self.notes.append(note)
        for remark in taken.remarks:
            self._remark(layer, remark)

    def _remark(self, layer: str, remark: Remark) -> None:
        """Add words to the last note of a layer."""
        for i in range(len(self.notes) - 1, -1, -1):
            if (note := self.notes[i]).layer == layer:
                self.notes[i] = note.model_copy(update=note.said(remark.kind, remark.words))
                return

    def _stated_extent(self) -> shapely.Geometry | None:
        extent = self.recipe.extent
        if extent is None:
            return None
        if isinstance(extent, ExtentFile):
            read = read_vector(locate(extent.path, self.recipe.folder), layer=extent.layer, crs=extent.crs)
            whole: shapely.Geometry = shapely.union_all(as_polygons(placed(read, self.crs))[0], grid_size=0.01)
            return whole
        box = shapely.segmentize(shapely.box(*extent), 0.01)  # a straight parallel is no straight line once projected
        projected: shapely.Geometry = moved(np.array([box]), pyproj.CRS.from_user_input(_LONLAT), self.crs)[0]
        return projected

    def _ways_extent(self) -> shapely.Geometry:
        west, south, east, north = self.tables["ways"].total_bounds
        box: shapely.Geometry = shapely.box(west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M)
        return box

    def _read_ways(self) -> None:
        for source, paths in self._sources("ways"):
            path = paths[0]
            try:
                if isinstance(source, OsmSource):
                    done = self.network.add_osm(paths, source, with_gates="gates" not in self.recipe.layers)
                elif isinstance(source, GraphmlSource):
                    done = self.network.add_graph(path, source)
                else:
                    assert isinstance(source, VectorSource)
                    done = self.network.add_vector(path, source)
                self._record("ways", source, path, done)
            except GeodataError as error:
                self._note_error(error)
        if self.network.parts and not self.problems:
            self.tables["ways"], remarks = self.network.joined()
            for remark in remarks:
                self._remark("ways", remark)

    def _read_gates(self) -> None:
        parts = list(self.network.gate_parts)
        for source, paths in self._sources("gates"):
            try:
                parts.append(self._gates_of(source, paths))
            except GeodataError as error:
                self._note_error(error)
        if parts:
            self.tables["gates"] = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=self.crs)

    def _gates_of(self, source: Source, paths: tuple[Path, ...]) -> Any:
        path = paths[0]
        if isinstance(source, OsmSource):
            self._record("gates", source, path, self.network.add_osm_gates(paths, source))
            return self.network.gate_parts[-1]
        frame, found, remarks = self._shaped("gates", source, paths)
        if "node" not in frame:
            points = np.asarray(frame.geometry.array, dtype=object)
            rows = pd.DataFrame(frame.drop(columns="geometry"))
            self.tables["ways"], frame, moved_by = self.network.land_gates(
                self.tables["ways"], rows, points, self.recipe.gate_within_m, path
            )
            remarks = (*remarks, moved_by)
        self._record("gates", source, path, Taken(found.held, len(found.rows), found.crs, remarks))
        return frame

    def _read_layer(self, name: str) -> None:
        parts: list[Any] = []
        brought: set[str] = set()
        for source, paths in self._sources(name):
            try:
                frame, found, remarks = self._shaped(name, source, paths)
                lines = found.lines
                if isinstance(source, OsmSource):
                    twice = frame["id"].isin(brought).to_numpy(bool)
                    brought |= set(frame["id"])
                    frame = frame[~twice]
                    lines = [line for line, again in zip(found.lines, twice, strict=True) if not again]
                    if lost := int(twice.sum()):
                        remarks += (Remark("left_out", f"{lost:,} features that an earlier source brought", lost),)
                came = len(found.rows) if _spread_of(source) else len(frame)
                if name == "compounds" and isinstance(source, LedgerSource):
                    if parts and "name" not in frame:
                        what, mend = "没有小区名称，无从与图上的小区对上", "在表里加一列“小区名称”"
                        raise SourceError(Problem(str(paths[0]), what, column="name", mend=mend))
                    apart, said = joined_by_name(parts, frame)
                    frame, lines = frame[apart], [line for line, one in zip(lines, apart, strict=True) if one]
                    frame, unknown = _unwalled(frame, _shapes(frame))
                    remarks += (*said, *unknown)
                begin = sum(len(part) for part in parts)
                rows = slice(begin, begin + len(frame))
                self.parts.setdefault(name, []).append(_Part(source, paths[0], rows, lines))
                parts.append(frame)
                whole = pd.concat(parts, ignore_index=True)
                self.tables[name] = whole if name in LEDGERS else gpd.GeoDataFrame(whole, crs=self.crs)
                self._record(name, source, paths[0], Taken(found.held, came, found.crs, remarks))
            except GeodataError as error:
                self._note_error(error)

    def _shaped(self, name: str, source: Source, paths: tuple[Path, ...]) -> tuple[Any, Reading, tuple[Remark, ...]]:
        """Read one source of one layer and bring it to the columns and shapes of the house."""
        found = self._reading(name, source, paths)
        rows, problems, mended = house_columns(found, source, TABLES[name])
        if problems:
            raise SourceError(problems)
        if isinstance(source, OsmSource):
            asked = [key for key in _keys(source) if key in found.rows.columns]
            kinds = found.rows[asked].bfill(axis=1).iloc[:, 0] if asked else rows.get("kind", pd.Series(dtype=object))
            mended += counted_twice(found, asked) if name in _POINTS else ()
            rows, read = without_odd_tags(rows, TABLES[name], kinds.reindex(rows.index).fillna(name.removesuffix("s")))
            mended += read
        if isinstance(source, GridSource):
            rows, found = empty_cells(rows, found, source.empty_cells)
        if "id" not in rows:
            rows.insert(0, "id", self._identifiers(name, len(rows)))
            mended += (Remark("guessed", f"{len(rows):,} ids made, the source has no column 'id'"),)
        mended += _vague_hours(rows)
        if found.shapes is None and not _spread_of(source):
            rows, found = self._without_lost(name, rows, found)
            return rows, found, found.remarks + mended
        if _spread_of(source):
            return self._spread(source, rows, found, mended)
        stated = getattr(source, "datum", "wgs84") if not isinstance(source, LedgerSource) else "wgs84"
        datum = stated or "wgs84"
        shapes = placed(found, self.crs, stated)
        if isinstance(source, LedgerSource) and source.areas:
            found = replace(found, shapes=shapes)
            before = rows
            rows, found, shapes, drawn = assumed.communities_around(rows, found, *self._district())
            gone = before[~before["id"].isin(rows["id"])]
            self.lost[name] |= set(map(str, gone.reindex(columns=["id", "name"]).to_numpy().ravel()))
            mended += drawn
        shapes, problems, reshaped = _layer_shapes(name, source, found, shapes)
        if name == "compounds" and not problems and not isinstance(source, LedgerSource):
            rows, unknown = _unwalled(rows, shapes)
            mended += unknown
        clips = self.recipe.extent is not None
        if (clips or name in _POINTS) and self.extent is not None and len(rows) and not problems:
            names = [str(value) for value in rows["id"]]
            outside, count = outside_problem(name, names, shapes, self.extent, found, self.crs, datum, clips=clips)
            problems += [outside] if outside else []
            within = shapely.intersects(self.extent, shapes)
            problems += swapped_rows(found, within, self.extent, self.crs, datum)
            words = f"{count:,} of {len(names):,} lie outside the extent and were kept"
            mended += (Remark("warning", words),) if count and not clips else ()
        if problems:
            raise GeodataError(problems)
        frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=self.crs)
        if clips and self.extent is not None:
            inside = shapely.intersects(self.extent, shapes)
            frame, found = self._taken(name, frame, found, inside, "outside the extent")
            frame, cut = _cut(name, frame, self.extent)
            mended += cut
        frame, found = self._without_lost(name, frame, found)
        return frame, found, (*found.remarks, *mended, *reshaped)

    def _taken(self, name: str, rows: Any, found: Reading, mask: Any, why: str) -> tuple[Any, Reading]:
        """Keep some rows of a layer, and remember which others were there."""
        if mask.all():
            return rows, found
        self.lost[name] |= set(rows.loc[~mask, "id"].astype("str"))
        return rows[mask].reset_index(drop=True), found.take(mask, why)

    def _without_lost(self, name: str, rows: Any, found: Reading) -> tuple[Any, Reading]:
        """Part with what belongs to rows that lie outside the extent: rooms of a station, the compound of a point."""
        for reference in TABLES[name].references:
            if reference.column not in rows or not self.lost[reference.table]:
                continue
            gone = rows[reference.column].astype("str").isin(self.lost[reference.table]).to_numpy(bool)
            if name in _POINTS:
                rows[reference.column] = rows[reference.column].mask(gone, None)
            else:
                rows, found = self._taken(name, rows, found, ~gone, f"of {reference.table} outside the extent")
        return rows, found

    def _identifiers(self, name: str, count: int) -> list[str]:
        """Make identifiers that go on counting from source to source of one layer."""
        first = self.named[name] + 1
        self.named[name] += count
        return [f"{_PREFIX[name]}{i:05d}" for i in range(first, first + count)]

    def _reading(self, name: str, source: Source, paths: tuple[Path, ...]) -> Reading:
        path = paths[0]
        if isinstance(source, OsmSource):
            frame, remarks = read_osm_features(self.network.osm_file(paths), name, _keys(source))
            shapes = np.asarray(frame.geometry.array, dtype=object)
            if frame.empty:
                raise SourceError(
                    Problem(
                        str(path),
                        f"the file holds no {name}",
                        found="; ".join(["0 features with the tags asked for", *(remark.words for remark in remarks)]),
                    )
                )
            return Reading(
                path,
                pd.DataFrame(frame.drop(columns="geometry")),
                shapes,
                _LONLAT,
                [str(i) for i in frame["id"]],
                remarks,
                len(frame) + sum(remark.rows for remark in remarks),
            ).filtered(source.where)
        if isinstance(source, LedgerSource):
            return self._ledger(name, source, path)
        if isinstance(source, TableSource) or (isinstance(source, (PointsSource, GridSource)) and source.x is not None):
            sheet = {key: getattr(source, key) for key in ("encoding", "separator", "sheet", "header")}
            if isinstance(source, TableSource):
                return as_reading(path, read_table(path, **sheet)).filtered(source.where)
            assert source.x is not None
            assert source.y is not None
            return read_points(
                path, source.x, source.y, crs=source.crs, where=source.where, decimal=source.decimal, **sheet
            )
        assert isinstance(source, (VectorSource, GridSource))
        return read_vector(path, layer=source.layer, crs=source.crs, encoding=source.encoding, where=source.where)

    # ledgers as people keep them, and what is assumed where nobody drew or counted

    def _ledger(self, name: str, source: LedgerSource, path: Path) -> Reading:
        if self.extent is None:
            what, mend = "没有路网，台账无处落点", "先改正路网（ways）"
            raise SourceError(Problem(str(path), what, mend=mend))
        own = None if source.crs is None else pyproj.CRS.from_user_input(source.crs)
        around = Surroundings(
            self.crs,
            self.extent,
            _shapes(self.tables["ways"]) if "ways" in self.tables else None,
            shapely.boundary(_shapes(self.tables["compounds"])) if "compounds" in self.tables else None,
            self.tables.get("communities"),
            self._places,
        )
        manner = Manner(
            source.sheet,
            source.encoding,
            source.where,
            own,
            source.datum,
            confirmed=source.datum_confirmed,
            leave_out=source.refused == "leave_out",
            stands=source.spread is None,
        )
        reading, gone = read_source(path, TABLES[name], around, manner)
        self.lost[name] |= gone
        return reading

    def _places(self) -> Places:
        """Return every place with a name that has been read, and those of the OSM files."""
        parts = []
        for name in ("compounds", "communities", "stations"):
            frame = self.tables.get(name)
            if frame is not None and "name" in frame:
                parts.append((label(name), frame["name"], _shapes(frame)))
        if "community" in (stations := self.tables.get("stations", pd.DataFrame())):
            parts.append(communities_named(stations))
        return Places.of([*parts, *self._map_names])

    @cached_property
    def _map_names(self) -> list[tuple[str, pd.Series, Shapes]]:
        """Names of places in the OSM files, and where they are."""
        parts = []
        files = dict.fromkeys(
            tuple(locate(s.path, self.recipe.folder) for s in [source])
            for sources in self.recipe.layers.values()
            for source in sources
            if isinstance(source, OsmSource)
        )
        for paths in files:
            found, _ = read_osm_features(self.network.osm_file(paths), "names", ("name", *_NO_PLACE))
            named = found[found["name"].notna() & found[list(_NO_PLACE)].isna().all(axis=1)]
            points = moved(_shapes(named), pyproj.CRS.from_user_input(_LONLAT), self.crs)
            parts.append(("地图地名", named["name"], points))
        return parts

    def _district(self) -> tuple[shapely.Geometry, str]:
        """Return what is divided among communities, and what ends it: the stated extent, else all that is there."""
        if self.recipe.extent is not None and self.extent is not None:
            return self.extent, "区界"
        drawn = [_shapes(self.tables[name]) for name in ("ways", "stations", "compounds") if name in self.tables]
        hull: Any = shapely.convex_hull(shapely.geometrycollections(np.concatenate(drawn)))
        district: shapely.Geometry = shapely.buffer(hull, _EDGE_M, join_style="mitre")
        return district, "路网外沿"

    def _spread(
        self, source: Source, rows: pd.DataFrame, found: Reading, mended: tuple[Remark, ...]
    ) -> tuple[Any, Reading, tuple[Remark, ...]]:
        """Spread the people of communities, or of the cells of a grid, over where they are taken to live."""
        assert isinstance(source, GridSource | LedgerSource)
        assumed.refuse_uncounted(rows, found)
        rows, agreed = assumed.agreeing(rows)
        mended += agreed
        communities = self.tables.get("communities")
        if isinstance(source, LedgerSource):
            rows, zones = self._zones(rows, found, communities)
            said = [f"{len(rows):,} 个社区的总数"]
        else:
            zones, rows, said = self._cells(source, rows, found, communities)
        if source.scale_to is not None:
            if not rows["residents"].sum() > 0:
                what, mend = "没有一个居民，无从按控制数放大", "核对居民数一列，或去掉配方里的 scale_to"
                raise SourceError(Problem(str(found.path), what, key="scale_to", column="residents", mend=mend))
            factor = source.scale_to / float(rows["residents"].sum())
            rows = assumed.rescaled(rows, source.scale_to)
            said.append(f"按控制数 {source.scale_to:,.0f} 人整体乘以 {factor:.3f}")
        if source.spread == "buildings":
            homes, words = self._homes(found, zones)
            own = rows["community"] if isinstance(source, LedgerSource) else pd.Series([None] * len(rows))
            community = own.to_numpy(object)[homes.zone]
        else:
            if communities is None:
                raise SourceError(_needs(found, "communities"))
            homes = assumed.overlaps(zones, _shapes(communities))
            ids = np.array([*communities["id"], None], object)
            community, words = ids[homes.building], ["按面积分到各社区"]
        settled = assumed.settle(rows, homes, list(community))
        people = float(settled.rows["residents"].sum())
        told = "；".join([*said, *words, f"合计 {people:,.0f} 人，落在 {len(settled.rows):,} 处"])
        frame = gpd.GeoDataFrame(settled.rows, geometry=settled.points, crs=self.crs)
        lines = [found.lines[zone] for zone in settled.zone]
        remarks = (*found.remarks, *mended, Remark("assumed", f"居民分布：{told}"))
        return frame, replace(found, lines=lines), remarks

    def _zones(
        self, rows: pd.DataFrame, found: Reading, communities: gpd.GeoDataFrame | None
    ) -> tuple[pd.DataFrame, Shapes]:
        """Return the communities of which a ledger tells the people, with their areas."""
        if communities is None:
            raise SourceError(_needs(found, "communities"))
        names = dict(zip(communities["id"].astype("str"), communities["name"].astype("str"), strict=True))
        asked = rows["community"] if "community" in rows else pd.Series(None, index=rows.index, dtype=object)
        ids = by_name(asked, names).values
        lost = {plain(text) for text in self.lost["communities"]}
        bare = np.array([pd.isna(one) and plain(str(text)) in lost for one, text in zip(ids, asked, strict=True)], bool)
        wrong = (ids.isna() | ids.duplicated(keep=False)).to_numpy(bool) & ~bare
        problems = [
            *listed(
                found.path, found.lines, wrong, "不知道这一行说的是哪个社区，或一个社区有两行",
                found=asked.tolist(), column="community", mend="把社区名写得与社区名单一致，每个社区一行",
            ),
            *listed(
                found.path, found.lines, bare, "这个社区没有中心点，或中心点在区外，划不出范围",
                found=asked.tolist(), column="community", mend=_CENTRE_MEND,
            ),
        ]  # fmt: skip
        if problems:
            raise SourceError(problems)
        place = pd.Series(range(len(communities)), index=communities["id"].astype("str"))
        return rows.assign(id=ids, community=ids), _shapes(communities)[place[ids].to_numpy(np.int64)]

    def _cells(
        self, source: GridSource, rows: pd.DataFrame, found: Reading, communities: gpd.GeoDataFrame | None
    ) -> tuple[Shapes, pd.DataFrame, list[str]]:
        """Return the cells of a grid, and their people as far as they live inside."""
        zones = placed(found, self.crs, source.datum)
        if source.cell_m is not None:
            zones = shapely.buffer(shapely.centroid(zones), source.cell_m / 2, cap_style="square")
        flat = shapely.get_dimensions(zones) == 2
        if not flat.all():
            mend = "State cell_m, the side of the cells in metres."
            what, shown = "a point has no area to spread people over", [str(shape)[:60] for shape in zones]
            raise SourceError(listed(found.path, found.lines, ~flat, what, found=shown, column="geometry", mend=mend))
        said = [f"{len(rows):,} 个人口格网"]
        inside: Any = shapely.union_all(_shapes(communities)) if communities is not None else None
        if inside is None and self.recipe.extent is not None:
            inside = self.extent
        if inside is not None:
            before = float(rows["residents"].sum())
            rows = assumed.only_inside(rows, assumed.shares_inside(zones, inside))
            said.append(f"按格网在区内的面积扣除区外 {before - float(rows['residents'].sum()):,.0f} 人")
        return zones, rows, said

    def _homes(self, found: Reading, zones: Shapes) -> tuple[assumed.Homes, list[str]]:
        """Return the buildings in which people are taken to live, and the words for it."""
        buildings = self.tables.get("buildings")
        if buildings is None or buildings.empty:
            raise SourceError(_needs(found, "buildings"))
        compounds = self.tables.get("compounds")
        shapes = _shapes(buildings)
        land = np.empty(0, object) if compounds is None else _shapes(compounds)
        lived, possible = assumed.uses(buildings, shapes, land)
        levels, unsaid = assumed.storeys(buildings)
        homes = assumed.homes_in(zones, shapes, lived, possible, levels)
        used = np.unique(homes.building[homes.building >= 0])
        words = ["按住宅建筑面积（底面积×层数）分摊"]
        if unsaid[used].any():
            words.append(f"{int(unsaid[used].sum()):,} 栋没有层数，按 {levels[used][unsaid[used]][0]:g} 层计")
        if len(homes.any_building):
            words.append(f"{len(homes.any_building):,} 片没有注明的住宅，用了用途不明的全部建筑")
        if len(homes.bare):
            words.append(f"{len(homes.bare):,} 片没有建筑，居民放在其中一点")
        return homes, words

    def _resolve(self) -> None:
        """Turn names of stations, communities, compounds in ledgers as people keep them into identifiers."""
        for name, parts in self.parts.items():
            frame = self.tables[name]
            for part in (part for part in parts if isinstance(part.source, LedgerSource)):
                for reference in TABLES[name].references:
                    other = self.tables.get(reference.table)
                    if reference.column in frame and other is not None and "name" in other:
                        self._resolve_column(name, frame, part.rows, reference, other)

    def _resolve_column(self, name: str, frame: Any, rows: slice, reference: Reference, other: Any) -> None:
        place = frame.columns.get_loc(reference.column)
        values = frame.iloc[rows, place].astype(object)
        told = by_name(values, dict(zip(other["id"].astype("str"), other["name"].astype("str"), strict=True)))
        nullable = TABLES[name].field(reference.column).nullable
        column = frame[reference.column].astype(object)
        column.iloc[rows] = told.values if nullable else told.values.where(told.values.notna(), values)
        frame[reference.column] = column
        for text, meant, score in told.guessed:
            words = f"{label(reference.table)}“{text}”按名称认作“{meant}”（相似 {score:.0f} 分）"
            self._remark(name, Remark("guessed", words))
        if told.unknown and nullable:
            words = (
                f"{len(told.unknown):,} 个{label(reference.table)}名称找不到，按未注明处理：{'、'.join(told.unknown)}"
            )
            self._remark(name, Remark("warning", words))

    def _assign(self) -> None:
        self._resolve()
        layers = {name: frame for name, frame in self.tables.items() if name in LAYERS}
        stated = _stated_communities(layers)
        for remark in assign(layers, self.network.fresh_node):
            self._remark(*remark)
        if any(_is_assumed(source) for source in self.recipe.layers.get("communities", ())):
            self._follow_stations(layers, stated)
        if "gates" in layers and "ways" in layers:
            layers["ways"], layers["gates"], moved = off_junctions(
                layers["ways"], layers["gates"], self.network.fresh_node
            )
            for each in moved:
                self._remark("ways", each)
        if "ways" in layers and (unmet := unmet_remark(layers["ways"])):
            self._remark("ways", unmet)
        self.tables.update(layers)

    def _follow_stations(self, layers: dict[str, gpd.GeoDataFrame], stated: set[str]) -> None:
        """Let a compound belong to the community of the station in it: borders are assumed, and the station is not."""
        compounds, stations = layers.get("compounds"), layers.get("stations")
        if compounds is None or stations is None:
            return
        named = stations[stations["compound"].notna() & stations["community"].notna()]
        meant = named[~named["compound"].isin(stated)].groupby("compound")["community"].first()
        home = dict(zip(compounds["id"], compounds["community"], strict=True))
        moved = {name: community for name, community in meant.items() if home[name] != community}
        if moved:
            own = compounds["id"].map(moved)
            compounds["community"] = compounds["community"].where(own.isna(), own)
            names = "、".join(map(str, list(moved)[:5]))
            words = f"{len(moved):,} 个小区按其中阵地自报的社区归属，不按推定的边界（{names}）"
            self._remark("compounds", Remark("guessed", words))

    def _search_datum(self) -> None:
        """Stop at sources that look shifted, unless the recipe confirms where they are."""
        drawn = [s for s in self.recipe.layers["ways"] if not isinstance(s, (OsmSource, GraphmlSource))]
        of_ways = not all(getattr(source, "datum_confirmed", False) for source in drawn)
        for name in _SEARCHED:
            parts = self.parts.get(name, [])
            ground = self._ground_beside(name) if parts else []
            for number, part in enumerate(parts, 1):
                source = part.source
                of_layer = not isinstance(source, OsmSource)
                if not (of_layer or of_ways):
                    continue
                points = shapely.centroid(_shapes(self.tables[name].iloc[part.rows]))
                stated = getattr(source, "datum", None) or "wgs84"
                doubt = suspicion(points, ground, self.crs, stated=stated, of_layer=of_layer, of_ways=of_ways)
                if doubt is None:
                    continue
                if getattr(source, "datum_confirmed", False):
                    self._remark(name, Remark("warning", f"{doubt.words}; confirmed in the recipe"))
                    continue
                key = "layers.ways" if doubt.of_ways else f"layers.{name}" + (f".{number}" if len(parts) > 1 else "")
                self._note_error(GeodataError(_shifted(part.path, key, stated, doubt)))
        self._stop_on_problems()

    def _ground_beside(self, name: str) -> list[Shapes]:
        """Return what tells where a layer lies: the ways, then walls, buildings and people of other layers."""
        ground = [_shapes(self.tables["ways"])]
        for other in ("compounds", "buildings", "demand"):
            if other != name and len(self.tables.get(other, ())) >= FEW_POINTS:
                shapes = _shapes(self.tables[other])
                ground.append(shapes if other == "demand" else shapely.boundary(shapes))
        return ground

    def _completed(self) -> dict[str, Any]:
        """Add the columns that may be missing from a source because nothing need be known."""
        for name, frame in self.tables.items():
            for column in TABLES[name].fields:
                if column.nullable and column.required and column.name not in frame.columns:
                    empty = np.nan if column.kind in ("number", "integer") else None
                    frame[column.name] = pd.Series(
                        [empty] * len(frame), index=frame.index, dtype=float if empty else object
                    )
        return self.tables

    def _manifest(self) -> Manifest:
        recipe = self.recipe
        return Manifest(
            name=recipe.name,
            key=recipe.key,
            crs=recipe.crs,
            ground=recipe.ground,
            network_only=recipe.network_only,
            time_zone=recipe.time_zone,
            date=recipe.date,
            source=recipe.source,
            licence=recipe.licence,
            sources=tuple(self.notes),
            totals=recipe.totals or None,
        )


def _asked(source: Source) -> tuple[Any, ...]:
    """Return what a recipe asks of a source, besides where it is and who made it."""
    return source.format, source.where, source.columns, source.values, source.set


def _credited(source: Source, words: str, owed: str) -> str:
    """Return what a recipe says of a source, with what is owed to OpenStreetMap where the recipe does not say it."""
    named = owed.split(maxsplit=1)[0] in words or OSM in words
    return words if named or not isinstance(source, OsmSource | GraphmlSource) else f"{words}; {owed}"


def _spread_of(source: Source) -> str | None:
    """Return over what the people of a source are spread; None where they stand where it says."""
    return source.spread if isinstance(source, GridSource | LedgerSource) else None


def _is_assumed(source: Source) -> bool:
    """Whether a source needs other layers before it can be read."""
    return _spread_of(source) is not None or (isinstance(source, LedgerSource) and source.areas is not None)


def _stated_communities(layers: dict[str, gpd.GeoDataFrame]) -> set[str]:
    """Return the compounds whose source says to which community they belong."""
    compounds = layers.get("compounds")
    if compounds is None or "community" not in compounds:
        return set()
    return set(compounds.loc[compounds["community"].notna(), "id"])


def _needs(found: Reading, layer: str) -> Problem:
    what = f"没有{label(layer)}，无从分摊居民"
    return Problem(str(found.path), what, key="spread", mend=f"在配方里加一层 {layer}")


def _keys(source: OsmSource) -> list[str]:
    """Return the tags that a recipe asks for, those of its condition first."""
    asked = read_condition(source.where).columns if source.where else ()
    return [key for key in (*asked, *source.columns.values()) if key not in ("id", "name")]


def _vague_hours(rows: pd.DataFrame) -> tuple[Remark, ...]:
    """Warn of hours that leave open when they hold, as "by appointment" does."""
    texts = rows["opening_hours"].dropna() if "opening_hours" in rows else pd.Series(dtype=object)
    vague = rows.loc[[place for place, text in texts.items() if isinstance(text, str) and names_unknown(text)], "id"]
    words = f"{len(vague):,} 行的开放时间有 unknown 或只是说明的，那时按不开放计（{'、'.join(map(str, vague[:3]))}）"
    return (Remark("warning", words),) if len(vague) else ()


def _shapes(frame: gpd.GeoDataFrame) -> Shapes:
    return np.asarray(frame.geometry.array, dtype=object)


def _shifted(path: Path, key: str, stated: str, doubt: Doubt) -> Problem:
    """Say that a source looks shifted, and how to go on."""
    mend = f"State 'datum: {doubt.datum}' for this source in the recipe" + (
        ", or take away a datum stated for the layer by mistake" if doubt.of_ways else ""
    )
    return Problem(
        str(path),
        doubt.words,
        key=f"{key}.datum",
        expected=f"a layer that fits the ground where {stated} puts it",
        mend=f"{mend}. If you have seen on a map that it is right as it is, state 'datum_confirmed: true'.",
    )


def _unwalled(rows: Any, shapes: Shapes) -> tuple[Any, tuple[Remark, ...]]:
    """Take compounds of which only a point is known as open: where their walls and gates are cannot be known."""
    points = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    if not points.any():
        return rows, ()
    walled = rows["enclosed"].astype(object) if "enclosed" in rows else pd.Series(None, index=rows.index, dtype=object)
    words = (
        f"{int(points.sum()):,} 个小区只是一个点：当作不封闭，门就在那里；它的用地、围墙和大门，"
        "以及没有写所属小区的居民谁住在里面，都不知道"
    )
    return rows.assign(enclosed=walled.mask(points, False)), (Remark("guessed", words),)


def _cut(name: str, drawn: gpd.GeoDataFrame, extent: shapely.Geometry) -> tuple[gpd.GeoDataFrame, tuple[Remark, ...]]:
    """Cut what is drawn beneath everything where no leg from a door to a way meets it: else maps show a whole river."""
    if name != "backdrop":
        return drawn, ()
    edge = shapely.buffer(extent, register()["walk.snap_limit_grid"].used())
    shapes = np.asarray(drawn.geometry.array, dtype=object)
    beyond = ~shapely.covered_by(shapes, edge)
    if not beyond.any():
        return drawn, ()
    shapes[beyond] = shapely.intersection(shapes[beyond], edge)
    words = f"{int(beyond.sum()):,} of {len(shapes):,} cut at the extent, and what lies just beyond kept"
    return drawn.set_geometry(gpd.GeoSeries(shapes, crs=drawn.crs)), (Remark("changed", words),)


def _layer_shapes(
    name: str, source: Source, found: Reading, shapes: Shapes
) -> tuple[Shapes, list[Problem], tuple[Remark, ...]]:
    shape = TABLES[name].shape
    if shape == "Point":
        return as_points(found, shapes, centroid=isinstance(source, GridSource))
    if shape in ("Polygon", "Polygon or Point"):
        repaired, remarks = as_polygons(shapes)
        return repaired, [], remarks
    if shape == "LineString":  # pragma: no cover - ways have a module of their own
        lines, _, problems = as_lines(found, shapes)
        return lines, problems, ()
    return shapes, [], ()
