"""The district: the ground on which every study stands."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from types import MappingProxyType
from typing import Final, TypeVar, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from workbench.catalogue.standards import register
from workbench.catalogue.tables import LAYERS, LEDGERS, TABLES
from workbench.catalogue.terms import AGE_BANDS, GATEWAY, LEVEL_OF_KIND, Access, label
from workbench.catalogue.validation import conform, line_ends
from workbench.errors import GeodataError, MissingCRSError, Problem, did_you_mean
from workbench.ground.manifest import Manifest, content_checksum
from workbench.ground.soundness import district_problems
from workbench.privacy import WITHHELD, stand_in, withheld

_Network = TypeVar("_Network")
_OF_NETWORKS: Final = frozenset({"ways", "gates", "compounds", "backdrop"})
_MOST_NETWORKS: Final = 24  # that a district keeps, the newest


@dataclass(frozen=True, eq=False)
class District:
    """Layers and ledgers of one district, checked and immutable.

    Build one with :meth:`from_tables` (checks everything), or read a folder with
    :func:`workbench.ground.sources.read_district`. Every study takes a district and gives a result; an
    edit gives another district.

    Attributes
    ----------
    manifest
        What the district says of itself.
    tables
        Layers (GeoDataFrames in the district's CRS) and ledgers (DataFrames) by name. Only tables
        that the district really has are in it: absent is not the same as empty.
    """

    manifest: Manifest
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    _networks: dict[Hashable, object] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, object]:
        """Leave out of a cache what is large, or soon made again."""
        return {name: value for name, value in self.__dict__.items() if name != "_levelled"} | {"_networks": {}}

    @classmethod
    def from_tables(cls, manifest: Manifest, tables: Mapping[str, pd.DataFrame]) -> District:
        """Check tables at the gate and make a district of them.

        Parameters
        ----------
        manifest
            What the district says of itself; its checksums are not compared here.
        tables
            Layers and ledgers by name.

        Raises
        ------
        GeodataError
            With every problem of every table, when there is one.
        """
        return cls._checked(manifest, tables, tables)

    @classmethod
    def _checked(
        cls,
        manifest: Manifest,
        tables: Mapping[str, pd.DataFrame],
        changed: Mapping[str, pd.DataFrame],
        grown: Collection[str] = (),
    ) -> District:
        """Check what the changed ones among the tables can have broken, and make a district of all."""
        tidy = {name: conform(TABLES[name], changed[name]) for name in TABLES if name in changed}
        both = {**tables, **tidy}
        problems = district_problems(manifest, both, changed=set(changed), grown=grown)
        if problems:
            raise GeodataError(problems)
        ordered = {name: _by_id(tidy[name]) if name in tidy else both[name] for name in TABLES if name in both}
        return cls(manifest, MappingProxyType(ordered))

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(frame):,} {name}" for name, frame in self.tables.items())
        return f"<District {self.manifest.name}: {counts}>"

    def has(self, name: str) -> bool:
        """Whether the district has a table of this name."""
        return name in self.tables

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return a layer; an empty one when the district does not have it.

        The frame may be changed freely: it shares no state with the district.

        Raises
        ------
        KeyError
            If no layer is called so.
        """
        if name not in self.tables:
            return _empty_layer(name, self.manifest.crs).copy(deep=False)
        return cast("gpd.GeoDataFrame", self.tables[name].copy(deep=False))

    def ledger(self, name: str) -> pd.DataFrame:
        """Return a ledger; an empty one when the district does not have it."""
        if name not in self.tables:
            return _empty_ledger(name).copy(deep=False)
        return self.tables[name].copy(deep=False)

    @property
    def crs(self) -> pyproj.CRS:
        """The one projected CRS of all layers; metres."""
        return _crs(self.manifest.crs)

    @property
    def communities(self) -> gpd.GeoDataFrame:
        """Communities (社区)."""
        return self.layer("communities")

    @property
    def compounds(self) -> gpd.GeoDataFrame:
        """Residential compounds (小区)."""
        return self.layer("compounds")

    @property
    def gates(self) -> gpd.GeoDataFrame:
        """Gates in walls and barriers across ways."""
        return self.layer("gates")

    @property
    def demand(self) -> gpd.GeoDataFrame:
        """Demand points: buildings or population cells."""
        return self.layer("demand")

    @property
    def ways(self) -> gpd.GeoDataFrame:
        """Walkable ways."""
        return self.layer("ways")

    @property
    def stations(self) -> gpd.GeoDataFrame:
        """Centres and neighbourhood posts, with their service ``level`` (full or lite)."""
        return self._levelled.copy(deep=False)

    @cached_property
    def _levelled(self) -> gpd.GeoDataFrame:
        stations = self.layer("stations")
        stations["level"] = stations["kind"].map(lambda kind: str(LEVEL_OF_KIND[kind])).astype("str")
        return stations

    @property
    def candidates(self) -> gpd.GeoDataFrame:
        """Candidate sites."""
        return self.layer("candidates")

    def overview(self) -> pd.DataFrame:
        """Return what the district holds: one row a table, in Chinese."""
        rows = [
            {"表": label(name), "名称": name, "一行是": TABLES[name].row, "行数": f"{len(frame):,}"}
            for name, frame in self.tables.items()
        ]
        return pd.DataFrame(rows)

    def control_totals(self) -> pd.DataFrame:
        """Hold the control totals of the manifest against what the district has: one row a total, in Chinese.

        What is known of no row of the district is missing, as is its difference.
        """
        rows = []
        for key, stated in (self.manifest.totals or {}).items():
            found = float(len(self.tables.get(key, ()))) if key in TABLES else float(self.demand[key].sum(min_count=1))
            off = f"{(found - stated) / stated:+.1%}" if stated and not np.isnan(found) else ""
            rows.append({"项目": label(key), "控制数": stated, "底数": found, "相差": found - stated, "相差比例": off})
        return pd.DataFrame(rows, columns=["项目", "控制数", "底数", "相差", "相差比例"])

    def population(self) -> pd.DataFrame:
        """Return residents by age band and in all, with their share; bands only where they are known.

        Counts below ``privacy.smallest_cell`` of the register are withheld.
        """
        demand = self.demand
        total = float(demand["residents"].sum())
        counts = {band: float(demand[band].sum()) for band in AGE_BANDS if bool(demand[band].notna().any())}
        smallest = register()["privacy.smallest_cell"].used()
        hidden = withheld(counts, smallest, {band: {band: 1.0} for band in counts})
        rows = [
            {
                "人群": label(name),
                "人数": stand_in(count, smallest) if name in hidden else f"{count:,.0f}",
                "占比": WITHHELD if name in hidden else f"{100 * count / total:.1f}%" if total else "",
            }
            for name, count in {**counts, "everyone": total}.items()
        ]
        return pd.DataFrame(rows)

    @cached_property
    def checksums(self) -> Mapping[str, str]:
        """SHA-256 of the content of each table as it is now."""
        return MappingProxyType({name: content_checksum(name, frame) for name, frame in self.tables.items()})

    @cached_property
    def fingerprint(self) -> str:
        """One hash over the content of all tables, the CRS and the kind of ground."""
        parts = [self.manifest.key, self.manifest.crs, self.manifest.ground]
        parts += [f"{name}={digest}" for name, digest in sorted(self.checksums.items())]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def sealed(self) -> District:
        """The same district with the manifest's checksums brought up to date."""
        manifest = self.manifest.model_copy(update={"checksums": dict(self.checksums)})
        return replace(self, manifest=manifest)

    def network(self, key: Hashable, make: Callable[[], _Network]) -> _Network:
        """Return what was made of ways, gates, compounds and backdrop alone: made once, also for districts after it.

        Parameters
        ----------
        key
            All else that it is made from.
        make
            Makes it.
        """
        found = self._networks.get(key)
        if found is None:  # another thread may drop or make one meanwhile: what is made here is given all the same
            found = make()
            for oldest in list(self._networks)[: 1 - _MOST_NETWORKS]:
                self._networks.pop(oldest, None)
            self._networks[key] = found
        return cast("_Network", found)

    def _with(self, changed: Mapping[str, pd.DataFrame], grown: Collection[str] = ()) -> District:
        """Return a district with other tables; to those that have grown, rows were only added."""
        made = District._checked(self.manifest, {**self.tables, **changed}, changed, grown)
        return made if _OF_NETWORKS & set(changed) else replace(made, _networks=self._networks)

    def with_ledgers(self, **ledgers: pd.DataFrame) -> District:
        """Return a district with other ledgers in place of its own.

        Parameters
        ----------
        **ledgers
            Whole ledgers by name, such as ``activities=...``.

        Raises
        ------
        GeodataError
            With every problem, if there is no such ledger, or they do not fit the rest.
        """
        unknown = sorted(set(ledgers) - set(LEDGERS))
        if unknown:
            expected = ", ".join(LEDGERS)
            raise GeodataError([Problem("with_ledgers", "no such ledger", expected=expected, found=i) for i in unknown])
        return self._with(ledgers)

    def with_stations(self, stations: gpd.GeoDataFrame, *, replacing: bool = False) -> District:
        """Return a district with these stations added to its own.

        Parameters
        ----------
        stations
            Rows of the stations layer, in the district's CRS.
        replacing
            Whether a station whose identifier is in use takes the place of the one that has it.

        Raises
        ------
        MissingCRSError
            If the stations have no CRS or another one.
        GeodataError
            If they do not fit the layer, or an identifier is in use.
        """
        missing = [name for name in ("id", stations.active_geometry_name or "geometry") if name not in stations]
        if missing:
            mend = "Give the stations as a GeoDataFrame of points with the columns of the stations layer."
            raise GeodataError(
                [Problem("stations", "the column is missing", column=name, mend=mend) for name in missing]
            )
        if stations.crs is None or stations.crs != self.crs:
            problem = Problem(
                "with_stations",
                "the stations are not in the district's CRS",
                expected=self.manifest.crs,
                found=str(stations.crs),
                mend="Reproject them with to_crs().",
            )
            raise MissingCRSError(problem)
        own = self.layer("stations")
        taken = sorted(set(own["id"]) & set(stations["id"]))
        if taken and not replacing:
            raise GeodataError([taken_identifier(name) for name in taken])
        stay = own[~own["id"].isin(stations["id"])]
        known = conform(TABLES["stations"], stations).reindex(columns=list(own.columns))
        both = pd.concat([stay, known], ignore_index=True) if len(stay) else known
        grown = () if taken else ("stations",)
        return self._with({"stations": gpd.GeoDataFrame(both, geometry="geometry", crs=self.crs)}, grown)

    def without_stations(self, ids: Iterable[str]) -> District:
        """Return a district in which these stations are closed down, and what stands or takes place there with them.

        Raises
        ------
        GeodataError
            If one of them does not exist.
        """
        closing = list(ids)
        own = self.layer("stations")
        unknown = sorted(set(closing) - set(own["id"]))
        if unknown:
            raise GeodataError([_no_such("stations", i, own["id"]) for i in unknown])
        gone, left = {"stations": set(closing)}, dict[str, pd.DataFrame]()
        for name, table in LEDGERS.items():
            if self.has(name):
                ledger = self.tables[name]
                goes = [ledger[ref.column].isin(gone[ref.table]) for ref in table.references if ref.table in gone]
                stays = ~pd.concat(goes, axis=1).any(axis=1) if goes else pd.Series(True, ledger.index)
                gone[name] = set(ledger["id"][~stays])
                left |= {name: ledger[stays]} if gone[name] else {}
        return self._with({"stations": own[~own["id"].isin(closing)], **left})

    def with_gate(self, identifier: str, access: str, opening_hours: str | None = None) -> District:
        """Return a district in which one gate is open to others than before.

        Parameters
        ----------
        identifier
            A gate of the district.
        access
            ``public``, ``members`` or ``closed``.
        opening_hours
            Its hours from now on, OSM syntax; none = always.

        Raises
        ------
        GeodataError
            If there is no such gate, or the result does not fit the layer.
        """
        gates = self.layer("gates")
        here = gates["id"] == identifier
        if not here.any():
            raise GeodataError(_no_such("gates", identifier, gates["id"]))
        gates.loc[here, ["access", "opening_hours"]] = [access, opening_hours]
        return self._with({"gates": gates})

    def with_new_gate(
        self, identifier: str, compound: str, *, inside: int, outside: int, access: str = "members"
    ) -> District:
        """Return a district with one gate more, and a straight way from it to the street.

        Parameters
        ----------
        identifier
            The gate's, and with ``-way`` that of its way; not in use.
        compound
            The compound whose wall it opens.
        inside, outside
            Node of a way inside the compound at which the gate stands, and node of a way outside that it leads to.
        access
            ``public``, ``members`` or ``closed``.

        Raises
        ------
        GeodataError
            If a node does not exist, the identifier is in use, or the result does not fit the layers.
        """
        gates, ways = self.layer("gates"), self.layer("ways")
        places = node_places(ways)
        unknown = [node for node in (inside, outside) if node not in places]
        if unknown:
            raise GeodataError([_no_such("ways", str(node), ways["u"]) for node in unknown])
        gate = {"id": identifier, "compound": compound, "access": access, "node": inside}
        way = {
            "id": f"{identifier}-way", "u": outside, "v": inside, "kind": GATEWAY, "access": str(Access.PUBLIC),
            "level": 0.0, "steps": False,
        }  # fmt: skip
        line = shapely.LineString([places[outside], places[inside]])
        there = shapely.Point(places[inside])
        return self._with({"gates": _with_row(gates, gate, there), "ways": _with_row(ways, way, line)})


_DTYPE = {"text": "str", "integer": "int64", "number": "float64", "flag": "bool", "date": "str"}


_crs = cache(pyproj.CRS.from_user_input)


@cache
def _empty_layer(name: str, crs: str) -> gpd.GeoDataFrame:
    """Return a layer with all its columns and no rows; made once, for a column costs more than most tables hold."""
    columns = {f.name: pd.Series(dtype=_DTYPE[f.kind]) for f in LAYERS[name].fields}
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=_crs(crs)), crs=_crs(crs))


@cache
def _empty_ledger(name: str) -> pd.DataFrame:
    """Return a ledger with all its columns and no rows."""
    return pd.DataFrame({f.name: pd.Series(dtype=_DTYPE[f.kind]) for f in LEDGERS[name].fields})


def node_places(ways: gpd.GeoDataFrame) -> dict[int, tuple[float, float]]:
    """Return where each node of the ways lies, by its number."""
    numbers = np.concatenate([ways["u"].to_numpy(np.int64), ways["v"].to_numpy(np.int64)])
    node, first = np.unique(numbers, return_index=True)
    return dict(zip(node.tolist(), map(tuple, np.concatenate(line_ends(ways))[first].tolist()), strict=True))


def taken_identifier(name: str) -> Problem:
    """Say that there is a station of this identifier already."""
    mend = "Choose another, or say replacing=True to put this station in its place."
    return Problem("stations", "the identifier is in use", name, "id", "an identifier of no station", repr(name), mend)


def _no_such(table: str, identifier: str, known: pd.Series) -> Problem:
    mend = did_you_mean(identifier, known.astype(str))
    return Problem(table, "there is no such row", identifier, "id", f"an id of {table}", repr(identifier), mend)


def _with_row(layer: gpd.GeoDataFrame, row: Mapping[str, object], shape: shapely.Geometry) -> gpd.GeoDataFrame:
    """Append one row; columns that it does not name are missing."""
    one = gpd.GeoDataFrame([{**dict.fromkeys(layer.columns.drop("geometry")), **row}], geometry=[shape], crs=layer.crs)
    one = one.astype({c: layer[c].dtype for c in row})
    known = [frame.dropna(axis="columns", how="all") for frame in (layer, one)]
    both = pd.concat(known, ignore_index=True).reindex(columns=layer.columns)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=layer.crs)


def _by_id(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("id", kind="stable", ignore_index=True)
