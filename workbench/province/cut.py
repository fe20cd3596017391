"""A district cut into districts, each with as much ground around it as the walks of its residents need.

A part holds the residents of its own, and of everything else — ways, gates, walls, stations — what lies within the halo
around them. Nobody of the halo is in it, so that no one is counted twice; a station of the halo serves this side, and a
way of the halo carries paths. What only the whole drawing shows, each way says itself (:func:`in_the_whole`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from workbench.arrays import Flags, Ints
from workbench.catalogue.tables import LEDGERS
from workbench.catalogue.terms import Access
from workbench.errors import GeodataError, Problem
from workbench.folder import check_target
from workbench.ground.district import District
from workbench.ground.manifest import Part, SourceNote
from workbench.ground.sources.package import MANIFEST, write_district
from workbench.ground.sources.vector import read_vector
from workbench.ground.synthetic.province import Window
from workbench.network.streets import in_the_whole
from workbench.progress import SILENT, Progress

COMMUNITIES: Final = "communities"
"""Says that a district is cut into its communities."""

_Shapes = npt.NDArray[np.object_]
_AREA = 2
_ROUNDS = 2  # what hangs on what hangs on a near way: a compound, and the private way that leads to it


def cut_district(
    district: District, by: gpd.GeoDataFrame | None = None, *, halo_m: float, progress: Progress = SILENT
) -> Iterator[District]:
    """Cut a district into districts.

    Every demand point is in one part: that of its compound, which lies where a point inside it lies, or that in which
    it stands itself, or the nearest. Where the parts are the communities, what a row says of its community goes first.

    Parameters
    ----------
    district
        The whole.
    by
        Polygons in the CRS of the district, one a part, with ``id`` and ``name``; its communities when not given.
    halo_m
        How far around its residents and compounds the ground of a part goes on, metres; see
        :func:`workbench.coverage.measure.halo_needed`.
    progress
        Told of each part.

    Yields
    ------
    District
        One a part, in the order of the polygons; none where nobody lives.

    Raises
    ------
    GeodataError
        If the district is a part itself or has no such polygons, or a part cannot tell what lies behind a barrier.
    """
    asked = f"cut {district.manifest.key}"
    if district.manifest.part is not None:
        mend = "Cut the whole instead: what lies beyond the edge of a part is not known."
        raise GeodataError(
            Problem(asked, "the district is itself a part", found=district.manifest.part.whole, mend=mend)
        )
    parts = district.communities if by is None else by
    if parts.empty:
        mend = "Cut it by the polygons of a file."
        raise GeodataError(Problem(asked, "the district has no communities to cut it by", mend=mend))
    whole = _Whole(district, parts, ours=by is None)
    for place in range(len(parts)):
        progress.step("cut", place, len(parts))
        if (whole.owner["demand"] == place).any():
            yield whole.part(place, halo_m)
    progress.step("cut", len(parts), len(parts))


def cut_windows(windows: Iterable[Window], *, halo_m: float) -> Iterator[District]:
    """Cut the districts of a fictional province out of what is around them, one at a time.

    Parameters
    ----------
    windows
        Made by :func:`workbench.ground.synthetic.windows`.
    halo_m
        As in :func:`cut_district`; not more than a community is wide.
    """
    for window in windows:
        part = next(cut_district(window.ground, window.parts, halo_m=halo_m))
        operators = window.ground.ledger("operators")
        sources = window.ground.manifest.sources
        whole = District.from_tables(
            part.manifest.model_copy(update={"sources": sources}), {**part.tables, "operators": operators}
        )
        yield whole.sealed


def read_parts(path: Path, district: District) -> gpd.GeoDataFrame:
    """Read the polygons of a file by which to cut a district.

    Parameters
    ----------
    path
        A vector file with one layer of polygons; columns ``id`` and ``name`` are taken where it has them.
    district
        Whose CRS they are brought to.

    Raises
    ------
    SourceError
        If it cannot be read.
    GeodataError
        If a feature is no polygon, or two have one identifier.
    """
    read = read_vector(path)
    shapes = np.asarray(gpd.GeoSeries(read.shapes, crs=read.crs).to_crs(district.crs).array, dtype=object)
    rows = read.rows
    numbers = pd.Series([f"{k:0{len(str(len(rows)))}d}" for k in range(1, len(rows) + 1)])
    ids = rows["id"].astype("str") if "id" in rows else numbers
    names = rows["name"].astype("str") if "name" in rows else ids
    flat = shapely.get_dimensions(shapes) == _AREA
    problems = [
        Problem(str(path), "the feature is no polygon", line, "geometry", "a polygon", str(shape.geom_type))
        for line, shape, area in zip(read.lines, shapes, flat, strict=True)
        if not area
    ]
    problems += [
        Problem(str(path), "two parts have one identifier", name, "id", mend="Give every part one of its own.")
        for name in sorted(set(ids[ids.map(_slug).duplicated()]))
    ]
    if problems:
        raise GeodataError(problems)
    return gpd.GeoDataFrame({"id": ids, "name": names}, geometry=shapes, crs=district.crs)


def write_parts(parts: Iterator[District], folder: Path) -> list[Path]:
    """Write each part as a district folder as soon as it is made; return the folders.

    Parameters
    ----------
    parts
        Made by :func:`cut_district`.
    folder
        Where the folders go, each by the key of its part.

    Raises
    ------
    OutputError
        If a folder is there already and holds something else, or cannot be written.
    """
    written: list[Path] = []
    for part in parts:
        place = folder / part.manifest.key
        check_target(place, marker=MANIFEST)
        written.append(write_district(part, place))
    return written


def _slug(name: str) -> str:
    """Return a name fit for files; letters that are not are told apart by their code points."""
    plain = "".join(sign if re.match(r"[a-z0-9]", sign) else "-" if sign in " _-." else f"{ord(sign):x}"
                    for sign in name.lower())  # fmt: skip
    return plain.strip("-") or "part"


@dataclass(frozen=True, eq=False)
class _Whole:
    """A district, and what is asked of it for each part.

    Attributes
    ----------
    district
        The whole.
    parts
        Polygons, one a part.
    ours
        Whether they are its communities.
    """

    district: District
    parts: gpd.GeoDataFrame
    ours: bool

    @cached_property
    def owner(self) -> dict[str, Ints]:
        """The part to which each compound, demand point, station and candidate belongs, by layer."""
        areas, found = _shapes(self.parts), dict[str, Ints]()
        number = {name: place for place, name in enumerate(self.parts["id"])} if self.ours else {}
        for layer in ("compounds", "demand", "stations", "candidates"):
            frame = self.district.layer(layer)
            points = shapely.point_on_surface(_shapes(frame)) if layer == "compounds" else _shapes(frame)
            said = frame["community"].map(number).fillna(-1).to_numpy(np.int64)
            if layer == "demand":
                home = dict(zip(self.district.compounds["id"], found["compounds"].tolist(), strict=True))
                behind = frame["compound"].map(home).fillna(-1).to_numpy(np.int64)
                said = np.where(behind >= 0, behind, said)
            found[layer] = np.where(said >= 0, said, _held_by(points, areas))
        return found

    @cached_property
    def shapes(self) -> dict[str, tuple[_Shapes, Any]]:
        """The shapes of each layer and their bounds, by name."""
        layers = ("compounds", "ways", "stations", "buildings", "backdrop")
        return {name: (own := _shapes(self.district.layer(name)), shapely.bounds(own)) for name in layers}

    @cached_property
    def ways(self) -> gpd.GeoDataFrame:
        """The ways; each says what only the whole drawing shows."""
        ways = self.district.ways
        said = in_the_whole(ways, self.district.compounds, self.district.gates)
        return ways.assign(**{str(name): said[name] for name in said})

    @cached_property
    def _ends(self) -> Ints:
        """Both ends of each way, nodes numbered from 0; shape (n, 2)."""
        nodes = self.ways[["u", "v"]].to_numpy(np.int64)
        return np.unique(nodes, return_inverse=True)[1].reshape(nodes.shape).astype(np.int64)

    @cached_property
    def _bundle(self) -> Ints:
        """The bundle of each way: the inside of a compound, private ways or a crossing that hang together; −1: none."""
        ways, ends = self.ways, self._ends
        inside = ways["compound"].notna().to_numpy()
        private = (ways["access"] == Access.MEMBERS).to_numpy() & ~inside
        crossing = (ways["kind"] == "crossing").to_numpy() & ~inside & ~private
        bundle = pd.factorize(ways["compound"])[0].astype(np.int64)
        for which in (private, crossing):
            size = int(ends.max(initial=-1)) + 1
            pairs = ends[which]
            links = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
            bundle[which] = bundle.max(initial=-1) + 1 + connected_components(links, directed=False)[1][pairs[:, 0]]
        return bundle

    def _kept_ways(self, near: Flags) -> Flags:
        """Return the ways that are near, with the bundles of which one is near, and all ways that meet these."""
        kept = near.copy()
        for _ in range(_ROUNDS):
            touched = np.zeros(int(self._bundle.max(initial=-1)) + 2, bool)
            touched[self._bundle[kept]] = True
            touched[-1] = False  # of no bundle
            whole = touched[self._bundle]
            met = np.zeros(int(self._ends.max(initial=-1)) + 1, bool)
            met[self._ends[whole]] = True
            kept |= whole | met[self._ends].any(axis=1)
        return kept

    def _near(self, core: shapely.STRtree, layer: str, reach_m: float) -> Flags:
        """Tell which shapes of a layer lie within reach of a part's own."""
        shapes, bounds = self.shapes[layer]
        near = np.zeros(len(shapes), bool)
        low, high = (pick(shapely.bounds(core.geometries), axis=0) for pick in (np.min, np.max))
        boxed = (bounds[:, :2] <= high[2:] + reach_m).all(axis=1) & (bounds[:, 2:] >= low[:2] - reach_m).all(axis=1)
        rows = np.flatnonzero(boxed)
        near[rows[np.unique(core.query(shapes[rows], predicate="dwithin", distance=reach_m)[0])]] = True
        return near

    def part(self, place: int, halo_m: float) -> District:
        """Return one part, with its halo."""
        district, row = self.district, self.parts.iloc[place]
        own = {layer: owner == place for layer, owner in self.owner.items()}
        demand = district.demand[own["demand"]]
        core = shapely.STRtree(np.concatenate([_shapes(demand), _shapes(district.compounds)[own["compounds"]]]))
        near = {layer: self._near(core, layer, halo_m) for layer in self.shapes}
        ways = self.ways[self._kept_ways(near["ways"])]
        gates = district.gates[district.gates["node"].isin(np.unique(ways[["u", "v"]].to_numpy(np.int64)))]
        stations = district.layer("stations")[near["stations"] | own["stations"]]
        stations = stations.assign(beyond=np.where(own["stations"][near["stations"] | own["stations"]], np.nan, 1.0))
        layers: dict[str, pd.DataFrame] = {
            "demand": demand, "ways": ways, "gates": gates, "stations": stations,
            "candidates": district.candidates[own["candidates"]],
            "buildings": district.layer("buildings")[near["buildings"]],
        }  # fmt: skip
        compounds = district.compounds
        kept = near["compounds"] | own["compounds"] | compounds["id"].isin(_named(layers, "compound")).to_numpy()
        layers["compounds"] = compounds[kept].assign(beyond=np.where(own["compounds"][kept], np.nan, 1.0))
        named = _named(layers, "community") | ({row["id"]} if self.ours else set())
        layers["communities"] = district.communities[district.communities["id"].isin(named)]
        layers["backdrop"] = self._backdrop(near["backdrop"], row.geometry)
        homes = self._community_owner
        gone = {
            "stations": set(district.stations["id"][~own["stations"]]),
            "compounds": set(compounds["id"][~kept]),
            "communities": set(district.communities["id"]) - set(homes.index[homes == place]),
        }
        ledgers, lost = self._ledgers(gone)
        tables = {name: frame for name, frame in {**layers, **ledgers}.items() if district.has(name)}
        manifest = district.manifest
        notes = tuple(
            SourceNote(
                layer=name, source=manifest.source, licence=manifest.licence, date=manifest.date, left_out=(why,)
            )
            for name, why in lost.items()
        )
        said = {
            "name": f"{manifest.name} · {row['name']}", "key": f"{manifest.key}-{_slug(str(row['id']))}",
            "part": Part(whole=manifest.name, halo_m=halo_m),
            "sources": (*manifest.sources, *notes),
            "totals": None,  # those of the whole
        }  # fmt: skip
        return District.from_tables(manifest.model_copy(update=said), tables).sealed

    def _backdrop(self, near: Flags, shape: shapely.Geometry) -> pd.DataFrame:
        """Return what lies beneath, with the polygon of the part for its extent."""
        backdrop = self.district.layer("backdrop")
        extent = (backdrop["kind"] == "extent").to_numpy()
        kept = backdrop[near & ~extent | extent & (np.cumsum(extent) == 1)]
        shapes = _shapes(kept)
        shapes[(kept["kind"] == "extent").to_numpy()] = shape
        return gpd.GeoDataFrame(kept.drop(columns="geometry"), geometry=shapes, crs=kept.crs)

    @cached_property
    def _community_owner(self) -> pd.Series:
        """The part in which most residents of each community live; the first of equals."""
        demand = self.district.demand
        people = demand.assign(part=self.owner["demand"]).groupby(["community", "part"])["residents"].sum()
        return people.unstack(fill_value=0).idxmax(axis=1)

    def _ledgers(self, gone: dict[str, set[str]]) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
        """Return the ledgers of what stays, and what no part has, in words.

        A row goes with the station, room or community that it is of; one that only names a compound where somebody
        comes from stays, and no longer names it.
        """
        district, lost = self.district, dict[str, str]()
        left: dict[str, pd.DataFrame] = {}
        for name, table in LEDGERS.items():
            if not district.has(name):
                continue
            ledger = district.ledger(name)
            goes, afar = pd.Series(False, ledger.index), pd.Series(False, ledger.index)
            for ref in table.references:
                away = ledger[ref.column].isin(gone.get(ref.table, set()))
                if ref.table == "compounds" and table.field(ref.column).nullable:
                    ledger = ledger.assign(**{ref.column: ledger[ref.column].mask(away)})
                elif ref.table == "compounds":
                    afar |= away
                else:
                    goes |= away
            if (afar & ~goes).any():
                lost[name] = f"{(afar & ~goes).sum()} that come from a compound beyond the edge"
            goes |= afar
            if name == "operators":
                nowhere = ledger["station"].isna()
                if nowhere.any():
                    lost[name] = f"{nowhere.sum()} that name no station: they belong to the whole"
                goes |= nowhere
            if name == "arrivals" and "halls" in left:
                goes |= ~ledger["profile"].isin(left["halls"]["profile"])
            gone[name], left[name] = set(ledger["id"][goes]), ledger[~goes]
        return left, lost


def _shapes(frame: pd.DataFrame) -> _Shapes:
    return np.asarray(frame["geometry"].array, dtype=object)


def _held_by(points: _Shapes, areas: _Shapes) -> Ints:
    """Return the first area that holds each point, or the nearest."""
    tree = shapely.STRtree(areas)
    owner = np.full(len(points), len(areas), np.int64)
    point, area = tree.query(points, predicate="intersects")
    np.minimum.at(owner, point, area)
    lost = np.flatnonzero(owner == len(areas))
    at, nearest = tree.query_nearest(points[lost], all_matches=False)
    owner[lost[at]] = nearest
    return owner


def _named(layers: dict[str, pd.DataFrame], column: str) -> set[str]:
    """Return what the rows of layers name in a column."""
    return {name for frame in layers.values() if column in frame for name in frame[column].dropna()}
