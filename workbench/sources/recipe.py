"""The recipe of a district: which layer is made from which file, and how.

A recipe is a short YAML file::

    name: Porto Alegre
    key: porto-alegre
    crs: EPSG:31982                 # the one projected CRS of the district
    date: 2021
    source: OpenStreetMap; IPEA
    licence: ODbL
    layers:
      ways: {format: osm, path: poa_osm.pbf}
      demand:
        format: grid
        path: poa_hexgrid.csv
        crs: EPSG:4326
        x: lon
        y: lat
        empty_cells: error
        columns: {residents: population}

Each layer is one source or a list of sources. Columns of the source that carry a name of the house
are taken as they are; ``columns`` renames others, ``values`` translates words, ``set`` gives constants
(``{column}`` in a text is filled in from the row). ``where`` keeps the rows that satisfy a condition
(:mod:`workbench.sources.condition`). Relative paths start at the recipe's own folder;
``${WORKBENCH_SHARED_DATA}`` is the folder of shared data.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from workbench.documents import ShortName, ZoneName
from workbench.sources.cells import Decimal, heading
from workbench.sources.condition import ConditionError, read_condition
from workbench.sources.datum import Datum
from workbench.sources.delimited import SEPARATOR, parts_cells
from workbench.sources.encoding import codec_name

Scalar = str | int | float | bool


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, coerce_numbers_to_str=True, allow_inf_nan=False
    )


def _as_text(date: Any) -> Any:
    return date.isoformat() if isinstance(date, dt.date) else date  # YAML has dates; the house has text


Date = Annotated[str, BeforeValidator(_as_text)]


class _Source(_Part):
    """What all sources have in common."""

    path: str
    """File; relative to the recipe, ``${WORKBENCH_SHARED_DATA}`` allowed."""
    where: str | None = None
    """Condition on the columns of the source that a row must satisfy."""
    columns: Mapping[str, str] = Field(default_factory=dict)
    """Column of the house: column of the source."""
    values: Mapping[str, Mapping[str, Scalar]] = Field(default_factory=dict)
    """Column of the house: {word of the source: word of the house}."""
    set: Mapping[str, Scalar] = Field(default_factory=dict)
    """Column of the house: value for every row; ``{column}`` stands for a column of the source."""
    decimal: Decimal | None = None
    """What stands before the decimals of numbers that are text; told by the cells of a column when left out."""
    source: str = ""
    """Who publishes the file; the recipe's own ``source`` when empty."""
    licence: str = ""
    """Licence; the recipe's own when empty."""
    date: Date = ""
    """Date of the data; the recipe's own when empty."""

    @field_validator("columns")
    @classmethod
    def _on_one_line(cls, columns: Mapping[str, str]) -> Mapping[str, str]:
        return {name: heading(column) for name, column in columns.items()}

    @field_validator("where")
    @classmethod
    def _readable(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                read_condition(text)
            except ConditionError as error:
                raise ValueError(f"the condition is not valid: {error}") from None
        return text


class _Drawn(_Source):
    """A source that does not say by itself where on earth it is."""

    crs: str | None = None
    """CRS of the coordinates, such as ``EPSG:4326``; only needed where the file does not tell."""
    datum: Datum | None = None
    """Datum of the coordinates: internet maps in China shift theirs. Degrees inside China must say it."""
    datum_confirmed: bool = False
    """Whether the datum is right although the layer looks shifted; without it such a layer stops the import."""
    encoding: str | None = None
    """Encoding of the text; found out when left out."""

    @field_validator("encoding")
    @classmethod
    def _known(cls, word: str | None) -> str | None:
        if word is None:
            return None
        name = codec_name(word)
        if name is None:
            raise ValueError("the encoding is not known; expected utf-8, gbk or another of Python's")
        return name


class OsmSource(_Source):
    """An OpenStreetMap file: ways with their gates, buildings, backdrop, compounds, points of interest."""

    format: Literal["osm"]


class GraphmlSource(_Source):
    """A street graph that OSMnx saved."""

    format: Literal["graphml"]
    crs: str | None = None
    """CRS of the coordinates when the file names none."""


class VectorSource(_Drawn):
    """A file with geometry: Shapefile, GeoPackage, GeoJSON, KML, GML, FlatGeobuf, MapInfo, DXF, file geodatabase."""

    format: Literal["vector"]
    layer: str | None = None
    """Layer of the file; may be left out when it has only one."""


def _one_sign(word: str) -> str:
    if not parts_cells(word):
        raise ValueError(f"the separator is no single sign; expected {SEPARATOR}")
    return word


Separator = Annotated[str, AfterValidator(_one_sign)]


class _Sheet(_Drawn):
    """A CSV or Excel file."""

    separator: Separator | None = None
    """What parts the cells of a CSV file."""
    sheet: str | None = None
    """Sheet of an Excel file; the first when left out."""
    header: int = Field(default=1, ge=1)
    """Line of the column names."""


class PointsSource(_Sheet):
    """A CSV or Excel file with a column of eastings or longitudes and one of northings or latitudes."""

    format: Literal["points"]
    x: str
    """Column of the easting or longitude."""
    y: str
    """Column of the northing or latitude."""


class GridSource(_Sheet):
    """Population cells: a table with ``x`` and ``y``, or a vector file whose cells become their centroids."""

    format: Literal["grid"]
    x: str | None = None
    """Column of the easting or longitude; left out for a vector file."""
    y: str | None = None
    """Column of the northing or latitude; left out for a vector file."""
    layer: str | None = None
    """Layer of a vector file."""
    empty_cells: Literal["error", "zero", "drop"]
    """What a cell without a number of residents is: a mistake, nobody, or no cell."""

    @model_validator(mode="after")
    def _both(self) -> GridSource:
        if (self.x is None) != (self.y is None):
            raise ValueError("x and y are given together, or not at all")
        return self


class TableSource(_Source):
    """A ledger: a CSV or Excel file without coordinates."""

    format: Literal["table"]
    encoding: str | None = None
    """Encoding of the text; found out when left out."""
    separator: Separator | None = None
    """What parts the cells of a CSV file."""
    sheet: str | None = None
    """Sheet of an Excel file."""
    header: int = Field(default=1, ge=1)
    """Line of the column names."""


Source = Annotated[
    OsmSource | GraphmlSource | VectorSource | PointsSource | GridSource | TableSource, Field(discriminator="format")
]

FORMATS: Mapping[str, type[_Source]] = {
    "osm": OsmSource,
    "graphml": GraphmlSource,
    "vector": VectorSource,
    "points": PointsSource,
    "grid": GridSource,
    "table": TableSource,
}
"""Formats a recipe may name."""


class ExtentFile(_Part):
    """A file whose shapes, taken together, are the extent."""

    path: str
    """Vector file with polygons."""
    layer: str | None = None
    """Layer of the file."""
    crs: str | None = None
    """CRS, where the file does not tell."""


class Recipe(_Part):
    """What a district is made from.

    Build one with :func:`workbench.sources.read_recipe`, which reports every problem with file and key.
    """

    name: str
    """Name of the district, for titles."""
    key: ShortName
    """Short name, for file names: small letters, digits, hyphens."""
    crs: str
    """The one projected CRS of the district, metres."""
    ground: Literal["surveyed", "fictional"] = "surveyed"
    """Whether the place exists."""
    date: Date
    """Date of the data."""
    source: str
    """Who made the data."""
    licence: str
    """Licence under which the district may be used."""
    time_zone: ZoneName | None = None
    """Time zone of its clocks, such as ``America/Sao_Paulo``; null = China's where the CRS is one of China's."""
    network_only: bool = False
    """Whether the district is a network and nothing else: no demand, so nobody's walk is measured."""
    extent: tuple[float, float, float, float] | ExtentFile | None = None
    """West, south, east, north in degrees (WGS 84), or a file; ways are cut there and points must lie inside."""
    gate_within_m: float = Field(default=15.0, gt=0)
    """Farthest way on which a gate that carries no node number may stand."""
    layers: Mapping[str, tuple[Source, ...]]
    """Layer or ledger: its source, or a list of sources."""
    folder: Path = Field(default=Path(), exclude=True)
    """Folder at which relative paths start; set by the reader, not written in the file."""

    @field_validator("extent")
    @classmethod
    def _in_order(cls, extent: Any) -> Any:
        if isinstance(extent, tuple):
            west, south, east, north = extent
            if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
                raise ValueError("the extent is no box [west, south, east, north] in degrees")
        return extent

    @field_validator("layers", mode="before")
    @classmethod
    def _lists(cls, layers: Any) -> Any:
        if not isinstance(layers, Mapping):
            return layers
        return {name: tuple(s) if isinstance(s, (list, tuple)) else (s,) for name, s in layers.items()}
