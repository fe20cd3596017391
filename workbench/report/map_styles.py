"""Styles and Chinese field names inside a GeoPackage: ``layer_styles`` of QGIS, and ``gpkg_data_columns``."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from workbench.catalogue.numbers import declared_columns
from workbench.catalogue.terms import TERMS, label
from workbench.documents import read_yaml
from workbench.errors import OutputError, Problem
from workbench.folder import full, unwritable

_STYLES = Path(__file__).with_suffix(".yaml")
_WRITTEN: Final = "2000-01-01T00:00:00.000Z"  # no clock: the same content, the same bytes
_DEFINITION = "http://www.geopackage.org/spec/#extension_schema"
_TABLES = """
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME);
"""


def write_styles(path: Path, words: Mapping[str, str]) -> None:
    """Write into a GeoPackage how its layers look in QGIS, and what their fields are called.

    Parameters
    ----------
    path
        The file; the same content gets the same bytes.
    words
        What groups of residents are called, by name.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        with closing(sqlite3.connect(path)) as book, book:
            book.executescript(_TABLES)
            _fill(book, words)
    except sqlite3.Error as error:
        no_room = full(path.parent)
        if no_room is not None:
            raise unwritable(path, no_room) from error
        raise OutputError(Problem(str(path), "styles cannot be written", found=str(error))) from error


def _fill(book: sqlite3.Connection, words: Mapping[str, str]) -> None:
    layers = book.execute("SELECT table_name, column_name, geometry_type_name FROM gpkg_geometry_columns").fetchall()
    for table in ("gpkg_data_columns", "gpkg_data_column_constraints"):
        book.execute(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')", (table, _DEFINITION)
        )
    for layer, place, kind in layers:
        fields = [row[1] for row in book.execute("SELECT * FROM pragma_table_info(?)", (layer,))]
        names = {field: said for field in fields if (said := _alias(layer, field, words))}
        rows = [(layer, field, said) for field, said in names.items()]
        book.executemany("INSERT INTO gpkg_data_columns (table_name, column_name, title) VALUES (?, ?, ?)", rows)
        style = _said()["styles"].get(layer)
        look = style if style is not None and style["by"] in fields else None
        qml = _qml(look, str(kind).upper(), [field for field in fields if field not in ("fid", place)], names)
        book.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
            " styleQML, styleSLD, useAsDefault, description, owner, update_time)"
            " VALUES ('', '', ?, ?, '驿家工作台', ?, '', 1, '驿家工作台', '', ?)",
            (layer, place, qml, _WRITTEN),
        )
    book.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
        " VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
        (_WRITTEN,),
    )


@cache
def _said() -> Mapping[str, Any]:
    said: Mapping[str, Any] = read_yaml(_STYLES)
    return said


def _alias(layer: str, field: str, words: Mapping[str, str]) -> str:
    """Return what a field is called in Chinese; nothing where that is not known."""
    own: Mapping[str, str] = _said()["fields"]
    for known in (f"{layer}.{field}", field):
        if known in own:
            return own[known]
    if field in declared_columns():
        heading = declared_columns()[field]
        plain = f"{heading.zh}（{heading.unit}）" if heading.unit else heading.zh
        return re.sub(r"（?\{\w+\}[^）]*）?", "", plain)
    begins = max((begin for begin in own if begin.endswith("_") and field.startswith(begin)), key=len, default="")
    rest = field.removeprefix(begins)
    if not begins or not (rest in words or rest in TERMS):
        return ""
    return own[begins] + (words[rest] if rest in words else label(rest))


def _qml(style: Mapping[str, Any] | None, kind: str, fields: Sequence[str], names: Mapping[str, str]) -> str:
    """Return the style of a layer as QGIS writes it; names alone where no look is declared."""
    root = ET.Element("qgis", version="3.34.0", styleCategories="Symbology|Fields" if style else "Fields")
    aliases = ET.SubElement(root, "aliases")
    for place, field in enumerate(fields):
        ET.SubElement(aliases, "alias", field=field, index=str(place), name=names.get(field, ""))
    if style is not None:
        _renderer(root, style, kind)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


def _renderer(root: ET.Element, style: Mapping[str, Any], kind: str) -> None:
    """Write the classes of a layer, and the symbol of each."""
    graded = "over" in style
    said = {"type": "graduatedSymbol" if graded else "categorizedSymbol", "attr": str(style["by"])}
    said |= {"forceraster": "0", "symbollevels": "0", "enableorderby": "0"}
    said |= {"graduatedMethod": "GraduatedColor"} if graded else {}
    renderer = ET.SubElement(root, "renderer-v2", said)
    classes = ET.SubElement(renderer, "ranges" if graded else "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for place, (attributes, colour, look) in enumerate(_classes(style)):
        ET.SubElement(classes, "range" if graded else "category", attributes, symbol=str(place), render="true")
        point = "POINT" in kind
        symbol = ET.SubElement(symbols, "symbol", name=str(place), type="marker" if point else "fill", alpha="1")
        layer = ET.SubElement(symbol, "layer", {"class": "SimpleMarker" if point else "SimpleFill", "enabled": "1"})
        look_of = {"color": _rgb(colour), "outline_color": "255,255,255,255" if point else "110,110,110,255"}
        look_of |= {"name": look, "size": "2.4", "outline_width": "0.2"} if point else {"style": look}
        options = ET.SubElement(layer, "Option", type="Map")
        for name, value in look_of.items():
            ET.SubElement(options, "Option", name=name, type="QString", value=value)


def _classes(style: Mapping[str, Any]) -> Iterator[tuple[dict[str, str], str, str]]:
    for value, (words, colour, look) in style.get("values", {}).items():
        yield {"value": str(value), "type": "string", "label": words}, colour, look
    lower = 0.0
    for upper, colour in style.get("over", {}).items():
        yield {"lower": f"{lower:g}", "upper": f"{upper:g}", "label": f"{lower:g}–{upper:g}%"}, colour, "solid"
        lower = float(upper)


def _rgb(colour: str) -> str:
    return ",".join(map(str, (*bytes.fromhex(colour.removeprefix("#")), 255)))
