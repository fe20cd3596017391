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
(:mod:`workbench.ground.sources.condition`).

A ledger as people keep it is a source of any table that rows of a sheet can make. Where nobody drew the borders of
communities or counted who lives in which house, it says what to assume, and the district says so wherever it is shown::

    totals: {residents: 104000, stations: 71}      # held against what came
    layers:
      stations: {format: ledger, path: 阵地.xlsx, datum: gcj02, set: {access: public}}
      communities: {format: ledger, path: 社区.xlsx, areas: voronoi}
      demand: {format: ledger, path: 人口.xlsx, spread: buildings}

Relative paths start at the recipe's own folder;
``${WORKBENCH_SHARED_DATA}`` is the folder of shared data.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import pydantic
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from workbench.catalogue.intake import intake
from workbench.catalogue.tables import COUNTED, LAYERS, LEDGERS, TABLES, Table
from workbench.documents import ShortName, ZoneName, read_yaml
from workbench.errors import Problem, RecipeError, SourceError, did_you_mean
from workbench.ground.intake.ledger import is_unfilled
from workbench.ground.sources.condition import ConditionError, Decimal, heading, read_condition
from workbench.ground.sources.placement import Datum, known_crs
from workbench.ground.sources.reading import missing, raster_problems, there
from workbench.ground.sources.table import SEPARATOR, codec_name, parts_cells

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


_Separator = Annotated[str, AfterValidator(_one_sign)]


class _Sheet(_Drawn):
    """A CSV or Excel file."""

    separator: _Separator | None = None
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


Spread = Literal["buildings", "communities"]
"""Over what people are spread of whom only the number in an area is known: residential buildings by their floor area,
or, of the cells of a grid, communities by the area that each has of a cell."""


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
    cell_m: float | None = Field(default=None, gt=0)
    """Side of the square cells of which ``x`` and ``y`` are the middle; only needed to spread their people."""
    spread: Spread | None = None
    """Over what the people of each cell are spread, instead of standing in its middle. Assumed, and marked so."""
    scale_to: float | None = Field(default=None, gt=0)
    """Number of residents to which all that are spread are scaled."""

    @model_validator(mode="after")
    def _both(self) -> GridSource:
        if (self.x is None) != (self.y is None):
            raise ValueError("x and y are given together, or not at all")
        return self


class LedgerSource(_Drawn):
    """A ledger as people keep it: any sheet of any workbook, read as ``workbench ledger check`` tells of it.

    Its rows stand where their coordinates say, else where the place lies that their name or address speaks of.
    """

    format: Literal["ledger"]
    sheet: str | None = None
    """Sheet of a workbook; the one that fits best when left out."""
    refused: Literal["error", "leave_out"] = "error"
    """What rows and cells that cannot be read are: a mistake, or left out and listed."""
    areas: Literal["voronoi"] | None = None
    """Of communities: each has what of the district is nearest to its centre. Assumed, and marked so."""
    spread: Spread | None = None
    """Of demand: over what the people of each community are spread. Assumed, and marked so."""
    scale_to: float | None = Field(default=None, gt=0)
    """Of demand that is spread: number of residents to which all are scaled."""


class TableSource(_Source):
    """A ledger: a CSV or Excel file without coordinates."""

    format: Literal["table"]
    encoding: str | None = None
    """Encoding of the text; found out when left out."""
    separator: _Separator | None = None
    """What parts the cells of a CSV file."""
    sheet: str | None = None
    """Sheet of an Excel file."""
    header: int = Field(default=1, ge=1)
    """Line of the column names."""


Source = Annotated[
    OsmSource | GraphmlSource | VectorSource | PointsSource | GridSource | TableSource | LedgerSource,
    Field(discriminator="format"),
]

FORMATS: Mapping[str, type[_Source]] = {
    "osm": OsmSource,
    "graphml": GraphmlSource,
    "vector": VectorSource,
    "points": PointsSource,
    "grid": GridSource,
    "table": TableSource,
    "ledger": LedgerSource,
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

    Build one with :func:`workbench.ground.sources.read_recipe`, which reports every problem with file and key.
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
    totals: Mapping[str, float] = Field(default_factory=dict)
    """Control totals: rows of a layer or ledger by its name; people by ``residents``, ``households``, an age band."""
    folder: Path = Field(default=Path(), exclude=True)
    """Folder at which relative paths start; set by the reader, not written in the file."""
    unfilled: tuple[str, ...] = Field(default=(), exclude=True)
    """Layers and ledgers whose sheets hold nothing yet; their sources are left out by the reader."""

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


# ----------------------------------------------------------------------------------------------------------------------
# Reading a recipe: YAML in, a checked Recipe or every problem at once out.


SHARED: Final = "WORKBENCH_SHARED_DATA"
"""Variable that names the folder of shared data; without it, ``shared/data`` beside the checkout."""

_LAYERS_OF_FORMAT: Final[Mapping[str, frozenset[str]]] = {
    "osm": frozenset(LAYERS),
    "graphml": frozenset({"ways"}),
    "vector": frozenset(LAYERS),
    "points": frozenset({"compounds", "gates", "demand", "stations", "candidates"}),
    "grid": frozenset({"demand"}),
    "table": frozenset(LEDGERS),
    "ledger": frozenset({"communities", "compounds", "gates", "demand", "stations", "candidates", *LEDGERS}),
}
_OSM_KNOWS: Final = frozenset({"ways", "gates", "buildings", "backdrop", "compounds"})


_BY_READER: Final = ("folder", "unfilled")
"""Fields that no file holds."""


def read_recipe(path: Path | str) -> Recipe:
    """Read and check a recipe.

    Parameters
    ----------
    path
        YAML 1.2 file; times are text, a key may stand only once.

    Returns
    -------
    Recipe
        Checked: keys, values, layer and column names, CRS, paths. The sources themselves are not opened.

    Raises
    ------
    RecipeError
        With every problem of the recipe, each with file and key.
    SourceError
        If the recipe itself, or a file it names, is missing.
    """
    file = Path(path)
    raw = read_yaml(file, error=RecipeError)
    problems = [*_shape_problems(str(file), raw), *_meaning_problems(str(file), raw, file.parent)]
    lost = [
        _absent(file, key, p) for key, p in _paths(raw) if _filled(p, file.parent) and not there(locate(p, file.parent))
    ]
    unfilled = _unfilled(raw, file.parent)
    lost += _unfilled_problems(str(file), raw, unfilled, told=bool(problems or lost))
    if problems:
        raise RecipeError(problems + lost)
    if lost:
        raise SourceError(lost)
    recipe = Recipe.model_validate(raw)
    layers: dict[str, tuple[Any, ...]] = {}
    for name, sources in recipe.layers.items():
        filled = tuple(source for place, source in enumerate(sources, 1) if place not in unfilled.get(name, ()))
        layers |= {name: filled} if filled else {}
    return recipe.model_copy(update={"folder": file.parent, "layers": layers, "unfilled": tuple(unfilled)})


def _unfilled(raw: Mapping[str, Any], folder: Path) -> dict[str, list[int]]:
    """Return which of the sources of each layer or ledger, counted from 1, are sheets that hold nothing yet."""
    found: dict[str, list[int]] = {}
    for key, source in _sources(raw):
        _, name, place = f"{key}.1".split(".")[:3]
        path = source.get("path") if isinstance(source, dict) and source.get("format") == "ledger" else None
        if not isinstance(path, str) or name not in TABLES or not _filled(path, folder):
            continue
        sheet = source.get("sheet")
        if is_unfilled(locate(path, folder), name, sheet=sheet if isinstance(sheet, str) else None):
            found.setdefault(name, []).append(int(place))
    return found


def _unfilled_problems(
    file: str, raw: Mapping[str, Any], unfilled: Mapping[str, list[int]], *, told: bool
) -> list[Problem]:
    """Say in one message which sheets hold nothing yet, where one of them must, or something else is wrong (told)."""
    spread = any(key.split(".")[1] == "demand" and isinstance(s, dict) and "spread" in s for key, s in _sources(raw))
    count = Counter(key.split(".")[1] for key, _ in _sources(raw))
    bare = [name for name, places in unfilled.items() if len(places) == count[name]]
    needed = [name for name in bare if TABLES[name].required or (name == "communities" and spread)]
    if not unfilled or not (needed or told):
        return []
    first = f"先填{'、'.join(intake().tables[name][0] for name in needed)}；" if needed else ""
    names = "、".join(intake().tables[name][0] for name in unfilled)
    mend = f"{first}其余没有的可以先空着。"
    return [Problem(file, f"{len(unfilled)} 本台账还没有填（只有表头和示例行）", key="layers", found=names, mend=mend)]


def _absent(file: Path, key: str, path: str) -> Problem:
    where = locate(path, file.parent)
    problem = missing(where).problems[0]
    return Problem(str(file), problem.what, key=key, found=str(where), mend=problem.mend)


def _shape_problems(file: str, raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what pydantic finds: unknown and missing keys, values of the wrong kind."""
    shell = {key: value for key, value in raw.items() if key != "layers"} | {"layers": {}}
    for key in (key for key in _BY_READER if key in raw):
        yield _unknown(file, key, Recipe)
        del shell[key]
    try:
        Recipe.model_validate(shell)
    except pydantic.ValidationError as error:
        yield from (_told(file, "", item, Recipe) for item in error.errors())
    if not isinstance(raw.get("layers"), dict) or not raw["layers"]:
        yield Problem(file, "the key is missing or empty", key="layers", expected="layer: source")
        return
    for key, source in _sources(raw):
        model = FORMATS.get(str(source.get("format"))) if isinstance(source, dict) else None
        if model is None:
            yield _no_format(file, key, source)
            continue
        try:
            model.model_validate(source)
        except pydantic.ValidationError as error:
            yield from (_told(file, f"{key}.", item, model) for item in error.errors())


def _sources(raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield every source with its key, such as ``layers.ways`` or ``layers.ways.2``."""
    layers = raw.get("layers")
    for name, value in layers.items() if isinstance(layers, dict) else ():
        if isinstance(value, list):
            yield from ((f"layers.{name}.{i}", source) for i, source in enumerate(value, 1))
        else:
            yield f"layers.{name}", value


def _no_format(file: str, key: str, source: Any) -> Problem:
    if not isinstance(source, dict):
        return Problem(file, "the source is no mapping of keys", key=key, expected="format, path …", found=repr(source))
    expected = "one of " + ", ".join(FORMATS)
    if "format" not in source:
        return Problem(file, "the key is missing", key=f"{key}.format", expected=expected)
    return Problem(
        file,
        "the format is not known",
        key=f"{key}.format",
        expected=expected,
        found=repr(source["format"]),
        mend=did_you_mean(str(source["format"]), FORMATS),
    )


def _unknown(file: str, key: str, model: type[pydantic.BaseModel]) -> Problem:
    names = [name for name in model.model_fields if name not in _BY_READER]
    last = key.rsplit(".", 1)[-1]
    return Problem(
        file, "the key is not known", key=key, expected="one of " + ", ".join(names), mend=did_you_mean(last, names)
    )


def _told(file: str, prefix: str, item: Any, model: type[pydantic.BaseModel]) -> Problem:
    """Put one finding of pydantic into the house's words."""
    known = {"ExtentFile", "tuple[float,float,float,float]"}  # names of branches, which no recipe holds
    key = (prefix + ".".join(str(part) for part in item["loc"] if str(part) not in known)).rstrip(".")
    if item["type"] == "extra_forbidden":
        return _unknown(file, key, model)
    if item["type"] == "missing":
        field = model.model_fields.get(str(item["loc"][-1]))
        return Problem(file, "the key is missing", key=key, expected=(field.description or "") if field else "")
    if item["type"] == "value_error":
        return Problem(file, str(item["ctx"]["error"]), key=key, found=repr(item["input"])[:80])
    context = item.get("ctx", {})
    expected = str(context.get("expected") or item["msg"].removeprefix("Input should be "))
    return Problem(file, "the value does not fit", key=key, expected=expected, found=repr(item["input"])[:80])


def _meaning_problems(file: str, raw: Mapping[str, Any], folder: Path) -> Iterator[Problem]:
    """Yield what is well-formed and yet makes no sense."""
    if "crs" in raw:
        yield from _crs_problems(file, "crs", raw["crs"], projected=True)
    if isinstance(raw.get("extent"), dict):
        yield from _crs_problems(file, "extent.crs", raw["extent"].get("crs"), projected=False)
    if not isinstance(raw.get("layers"), dict):
        return
    yield from _layer_problems(file, raw)
    for key, source in _sources(raw):
        if isinstance(source, dict) and key.split(".")[1] in TABLES:
            yield from _source_problems(file, key, source)
    for key, path in _paths(raw):
        yield from raster_problems(file, Path(path), key)
        unset = [name for name in _variables(path) if not _value_of(name, folder)]
        for name in unset:
            yield Problem(
                file, "the variable is not set", key=key, expected=f"${{{SHARED}}}, or no variable", found=name
            )


def _layer_problems(file: str, raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield layers that are unknown, missing, or without a source, and totals of what is not counted."""
    known = (*TABLES, *COUNTED)
    for name in raw["totals"] if isinstance(raw.get("totals"), dict) else ():
        if name not in known:
            mend = did_you_mean(str(name), known)
            expected = "one of " + ", ".join(known)
            yield Problem(file, "nothing of that name is counted", key=f"totals.{name}", expected=expected, mend=mend)
    for name, given in raw["layers"].items():
        if given == []:
            yield Problem(
                file, "the layer has no source", key=f"layers.{name}", expected="at least one", found="an empty list"
            )
        if name not in TABLES:
            found = did_you_mean(str(name), TABLES)
            yield Problem(
                file, "the layer is not known", key=f"layers.{name}", expected="one of " + ", ".join(TABLES), mend=found
            )
    for name in ("ways",) if raw.get("network_only") is True else ("ways", "demand"):
        if name not in raw["layers"]:
            mend = "" if name == "ways" else "A district without people is declared with network_only: true."
            yield Problem(file, "the layer is missing", key=f"layers.{name}", expected="a source", mend=mend)


def _source_problems(file: str, key: str, source: Mapping[str, Any]) -> Iterator[Problem]:
    layer, form = key.split(".")[1], str(source.get("format"))
    if form in FORMATS and layer not in _LAYERS_OF_FORMAT[form]:
        makes = ", ".join(sorted(_LAYERS_OF_FORMAT[form]))
        yield Problem(file, f"the format {form} cannot make the layer {layer}", key=key, expected=f"{form} for {makes}")
    if form == "osm" and layer not in _OSM_KNOWS and not source.get("where"):
        yield Problem(
            file,
            "the source does not say which features are meant",
            key=f"{key}.where",
            expected='a condition on tags, such as  amenity == "community_centre"',
        )
    yield from _crs_problems(file, f"{key}.crs", source.get("crs"), projected=False)
    names = [field.name for field in TABLES[layer].fields]
    for part in ("columns", "values", "set"):
        given = source.get(part)
        for name in given if isinstance(given, dict) else ():
            if name not in names:
                yield Problem(
                    file,
                    f"the layer {layer} has no such column",
                    key=f"{key}.{part}.{name}",
                    expected="one of " + ", ".join(names),
                    mend=did_you_mean(str(name), names),
                )
    yield from _constant_problems(file, key, source, TABLES[layer])
    yield from _assumption_problems(file, key, source)


def _assumption_problems(file: str, key: str, source: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield assumptions that do not fit their layer, and areas or people that nothing says how to assume."""
    layer, ledger = key.split(".")[1], source.get("format") == "ledger"
    if ledger and source.get("columns"):
        mend = (
            "Leave it out; a heading that is not understood is added to catalogue/intake.yaml, or changed in the sheet."
        )
        yield Problem(file, "the columns of a ledger are told by their headings", key=f"{key}.columns", mend=mend)
    if ledger and layer == "communities" and source.get("areas") is None:
        mend = "Read their borders as format: vector where somebody has drawn them; else state areas: voronoi."
        yield Problem(file, "a ledger has no borders", key=f"{key}.areas", expected="voronoi", mend=mend)
    for name, of in (("areas", "communities"), ("spread", "demand")):
        if source.get(name) is not None and layer != of:
            yield Problem(file, f"only {of} can be assumed so", key=f"{key}.{name}", mend="Leave it out.")
    if source.get("scale_to") is not None and source.get("spread") is None:
        yield Problem(file, "only what is spread is scaled", key=f"{key}.scale_to", expected="spread beside it")
    if ledger and source.get("spread") == "communities":
        mend = "State spread: buildings; a grid is spread over communities."
        yield Problem(file, "the people of communities are spread over buildings", key=f"{key}.spread", mend=mend)


def _constant_problems(file: str, key: str, source: Mapping[str, Any], table: Table) -> Iterator[Problem]:
    """Yield words in ``set`` and ``values`` that the house does not know: the kind of a station, an access."""
    given = source.get("set") if isinstance(source.get("set"), dict) else {}
    words = [(f"set.{name}", name, value) for name, value in (given or {}).items()]
    for name, pairs in (source.get("values") or {}).items() if isinstance(source.get("values"), dict) else ():
        words += [(f"values.{name}.{word}", name, v) for word, v in pairs.items()] if isinstance(pairs, dict) else []
    allowed = {field.name: field.one_of for field in table.fields if field.one_of}
    for place, name, value in words:
        if name in allowed and value not in allowed[name] and "{" not in str(value):
            yield Problem(
                file,
                "the value is not known",
                key=f"{key}.{place}",
                expected="one of " + ", ".join(allowed[name]),
                found=repr(value),
                mend=did_you_mean(str(value), allowed[name]),
            )


def _crs_problems(file: str, key: str, text: Any, *, projected: bool) -> Iterator[Problem]:
    if not isinstance(text, (str, int, float)) or isinstance(text, bool):
        return  # a shape that the model refuses, or nothing
    try:
        crs = known_crs(file, str(text), key)
    except SourceError as error:
        yield from error.problems
        return
    if projected and not (crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info)):
        yield Problem(
            file,
            "the CRS of a district is projected, in metres",
            key=key,
            expected="such as EPSG:4546",
            found=f"{text} ({crs.name})",
            mend="Choose the 3-degree zone of the place.",
        )


def _paths(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every path of a recipe with its key."""
    extent = raw.get("extent")
    if isinstance(extent, dict) and isinstance(extent.get("path"), str):
        yield "extent.path", extent["path"]
    for key, source in _sources(raw):
        if isinstance(source, dict) and isinstance(source.get("path"), str):
            yield f"{key}.path", source["path"]


def _filled(path: str, folder: Path) -> bool:
    return all(_value_of(name, folder) for name in _variables(path))


def locate(path: str, folder: Path) -> Path:
    """Return where a path of a recipe leads."""
    filled = path
    for name in _variables(path):
        filled = filled.replace(f"${{{name}}}", _value_of(name, folder) or f"${{{name}}}")
    return (folder / filled).resolve() if not Path(filled).is_absolute() else Path(filled)


def _variables(path: str) -> list[str]:
    return re.findall(r"\$\{(\w+)\}", path)


def _value_of(name: str, folder: Path) -> str | None:
    if name != SHARED:
        return None
    return os.environ.get(SHARED) or _beside_the_checkout(folder)


def _beside_the_checkout(folder: Path) -> str | None:
    for parent in folder.resolve().parents:
        if (parent / "shared" / "data").is_dir():
            return str(parent / "shared" / "data")
    return None
