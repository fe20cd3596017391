"""The manifest of a district: what it is, where it comes from, and what it held when it was sealed."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from workbench.catalogue.tables import TABLES
from workbench.catalogue.terms import FICTIONAL_NOTE, SURVEYED_NOTE, label
from workbench.documents import Frozen, ShortName, ZoneName

_CHECKSUM_GRID_M = 1e-3
"""Coordinates enter a checksum rounded to this grid, so that a round trip through a file keeps it."""

OSM: Final = "OpenStreetMap"
"""Whom every product of their data must name, whoever else is named."""

ASSUMED: Final = "推"
"""The mark of what nobody measured: as of values of the register that are a default of this workbench."""

CHINA_ZONE: Final = "Asia/Shanghai"
"""The time zone of China, whose public holidays are known."""

_CHECKSUM_DIGITS = 6
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")


class SourceNote(Frozen):
    """Where one layer of a district came from."""

    layer: str
    """Layer or ledger that was made from it."""
    source: str
    """Who publishes it, or the name of the file."""
    licence: str
    """Licence under which it may be used."""
    date: str
    """Date of the data, as the source states it."""
    crs: str = ""
    """Coordinate reference system in which the source came."""
    datum: str = ""
    """Datum of the source: wgs84, cgcs2000, gcj02 or bd09."""
    held: int | None = Field(default=None, ge=0)
    """Rows that the source holds; those that did not come are told in ``left_out``."""
    rows: int = Field(default=0, ge=0)
    """Rows that came."""
    note: str = ""
    """How it was read, and which bytes it was."""
    changed: tuple[str, ...] = Field(default=(), strict=False)
    """What was mended, moved, cut or repaired."""
    guessed: tuple[str, ...] = Field(default=(), strict=False)
    """What was filled in because the source does not say it."""
    assumed: tuple[str, ...] = Field(default=(), strict=False)
    """What nobody measured and is taken to be so, in Chinese: every figure of the district says it."""
    left_out: tuple[str, ...] = Field(default=(), strict=False)
    """What the source holds and the district does not, and why."""
    unplaced: tuple[str, ...] = Field(default=(), strict=False)
    """Rows among those left out that wait to be placed by hand, and what they may mean."""
    warning: tuple[str, ...] = Field(default=(), strict=False)
    """What looks strange and was let pass."""

    @property
    def waiting(self) -> tuple[str, ...]:
        """Names of the rows that wait to be placed by hand."""
        found = (re.search("“(.+?)”", words) for words in self.unplaced)
        return tuple(one[1] for one in found if one is not None)

    @model_serializer(mode="wrap")
    def _without_nothing(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out the lists in which there is nothing."""
        return {key: value for key, value in write(self).items() if value or not isinstance(value, list | tuple)}

    def said(self, kind: str, words: str) -> dict[str, Any]:
        """Return the field that changes when one more thing is said of the source."""
        return {"note": f"{words}; {self.note}"} if kind == "read" else {kind: (*getattr(self, kind), words)}

    def told(self) -> str:
        """Return what an import says of this source, one line a thing."""
        came = f"{self.rows:,} rows came" + ("" if self.held is None else f" of {self.held:,} held")
        kinds = ("changed", "guessed", "assumed", "left_out", "unplaced", "warning")
        things = [(kind.replace("_", " "), words) for kind in kinds for words in getattr(self, kind)]
        return "\n".join(
            [
                f"{self.layer}: {came} · {self.source}, {self.date}, {self.licence}",
                *(f"  {kind:<9} {words}" for kind, words in [*([("read", self.note)] if self.note else []), *things]),
            ]
        )


class Part(Frozen):
    """That a district is a part cut out of another, with what lies around it."""

    whole: str
    """Name of the district it was cut out of."""
    halo_m: float = Field(gt=0)
    """How far around its own residents and compounds everything is as in the whole, metres."""


class Manifest(Frozen):
    """What a district folder says of itself (``manifest.yaml``)."""

    format: Literal[1] = 1
    """Version of the folder's layout."""
    name: str
    """Name of the district, for titles."""
    key: ShortName
    """Short name, for file names."""
    crs: str
    """The one projected CRS of all layers, such as ``EPSG:4546``."""
    ground: Literal["fictional", "surveyed"]
    """Whether the place exists; every figure, table and page says so (:attr:`notice`)."""
    network_only: bool = False
    """Whether the district is a walking network without people; only then may it lack demand."""
    date: str
    """Date of the data."""
    source: str
    """Who made it, from what."""
    licence: str
    """Licence under which it may be used."""
    sources: tuple[SourceNote, ...] = Field(default=(), strict=False)
    """One note for each source."""
    checksums: Mapping[str, str] = Field(default_factory=dict)
    """SHA-256 of the content of each table, independent of the file format."""
    seed: int | None = None
    """Seed of a fictional district."""
    time_zone: ZoneName | None = None
    """Time zone of its clocks, such as ``Asia/Shanghai``; null = as the CRS has it (:attr:`zone`)."""
    totals: Mapping[str, float] | None = None
    """Control totals that the recipe states: rows of a table by its name, or people by a column of demand."""
    part: Part | None = None
    """Where the district is a part of another: which, and how far around it the ground goes on."""

    @property
    def day(self) -> dt.date | None:
        """The date of the data; the first day of it where it is only a month or a year; None where it is no date."""
        found = _DATE.match(self.date)
        if found is None:
            return None
        try:
            return dt.date(*(int(part or 1) for part in found.groups()))
        except ValueError:
            return None

    @property
    def fictional(self) -> bool:
        """Whether the ground is invented."""
        return self.ground == "fictional"

    @property
    def notice(self) -> str:
        """What stands on every figure, table and page: that the ground is invented, or that it is and is not public.

        And of which layers something is assumed; :attr:`credit_notes` say what.
        """
        base = FICTIONAL_NOTE if self.fictional else SURVEYED_NOTE
        layers = dict.fromkeys(label(note.layer) for note in self.sources if note.assumed)
        return f"{base} · 含推定【{ASSUMED}】：{'、'.join(layers)}" if layers else base

    @property
    def credit_notes(self) -> list[str]:
        """Who made the data and under which licence they may be used: the whole, and every source by itself.

        Of a part that was cut out it says first what of its numbers is not that of the whole; then what is assumed.
        Invented ground owes nobody a credit, but for what it took from OpenStreetMap.
        """
        both = [(self.source, self.licence), *((note.source, note.licence) for note in self.sources)]
        part = f"{self.part.whole}的裁片：步行限值内的覆盖与整体一致，更远的步行与阵地负荷只计本片" if self.part else ""
        assumed = [f"推定【{ASSUMED}】{words}" for note in self.sources for words in note.assumed]
        return (
            [part] * bool(part)
            + list(dict.fromkeys(assumed))
            + [
                f"数据：{source} · {licence}"
                for source, licence in dict.fromkeys(both)
                if not self.fictional or OSM in source
            ]
        )

    @property
    def zone(self) -> str | None:
        """The time zone of its clocks: that of China where the CRS is one of China's; None where it is not known."""
        if self.time_zone is not None:
            return self.time_zone
        area = pyproj.CRS(self.crs).area_of_use
        return CHINA_ZONE if area is not None and area.name.startswith("China") else None


def content_checksum(name: str, frame: pd.DataFrame) -> str:
    """Return the SHA-256 of what a table says, whatever file it came from.

    Rows are taken in the order of their identifiers, columns in the order of the specification,
    then by name; numbers are written with six decimals and coordinates to the millimetre.
    """
    table = TABLES[name]
    known = [f.name for f in table.fields if f.name in frame.columns]
    extra = sorted(str(c) for c in frame.columns if c not in known and c != "geometry")
    order = frame["id"].astype("str").argsort(kind="stable").to_numpy() if len(frame) else np.empty(0, np.int64)
    digest = hashlib.sha256(name.encode())
    for column in known + extra:
        values = frame[column]
        if not len(values) or bool(values.isna().all()):
            continue  # an optional column that holds nothing says nothing
        digest.update(f"\x1e{column}\x1f".encode())
        digest.update("\x1f".join(_words(values.iloc[order])).encode())
    if isinstance(frame, gpd.GeoDataFrame) and len(frame):
        shapes = np.asarray(frame.geometry.array, dtype=object)[order]
        points, owner = shapely.get_coordinates(shapes, return_index=True)
        digest.update(np.round(points / _CHECKSUM_GRID_M).astype("<i8").tobytes())
        digest.update(owner.astype("<i8").tobytes())
        digest.update(shapely.get_num_geometries(shapes).astype("<i8").tobytes())
        digest.update(shapely.get_type_id(shapes).astype("<i8").tobytes())
    return digest.hexdigest()


def _words(values: pd.Series) -> list[str]:
    if pd.api.types.is_bool_dtype(values.dtype):
        return ["1" if v else "0" for v in values]
    if pd.api.types.is_numeric_dtype(values.dtype):
        return ["" if v != v else f"{v:.{_CHECKSUM_DIGITS}f}" for v in (values.astype("float64") + 0.0).tolist()]
    return values.astype("str").where(values.notna(), "").tolist()
