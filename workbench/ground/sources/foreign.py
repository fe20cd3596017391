"""Files of others: taken only as what they say they are, counted by ourselves, and read behind one guard.

A reader of another house may raise anything on a damaged file, may skip what it does not understand without a
word, and may take a file for something else than its name says: what calls itself a GeoPackage can be a list of
links to other files. So every foreign reader is called inside :func:`foreign`, the kind of a file is looked up in
:data:`KINDS` before GDAL opens it, and :func:`features_held` counts without GDAL what GDAL should bring.
"""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

from workbench.catalogue.terms import printable
from workbench.errors import Problem, SourceError, WorkbenchError

MOST_UNPACKED: Final = 24_000_000
"""Bytes that a workbook may hold unpacked: about half a million cells, read in 15 s and 300 MB."""

_MOST_PACKED: Final = 100
"""How many times its size a packed map may hold; tables of padded text shrink to a fiftieth, zeros to a thousandth."""

MOST_CELLS: Final = 2_000_000
"""Cells of a sheet from A1 to its last one; a cell in the last column and row of Excel spans 17 thousand million."""

_FEW_LETTERS: Final = 200  # of what a foreign reader says


class _Kind(NamedTuple):
    """What a file of a suffix must be: drivers of GDAL, and signs among its first bytes."""

    drivers: tuple[str, ...]
    signs: tuple[bytes, ...]


KINDS: Final[Mapping[str, _Kind]] = {
    ".shp": _Kind(("ESRI Shapefile",), (b"\x00\x00\x27\x0a",)),
    ".zip": _Kind(("ESRI Shapefile", "GPKG", "OpenFileGDB", "GeoJSON", "KML", "LIBKML"), (b"PK",)),
    ".shz": _Kind(("ESRI Shapefile",), (b"PK",)),
    ".gpkg": _Kind(("GPKG",), (b"SQLite format 3\x00",)),
    ".geojson": _Kind(("GeoJSON",), (b"{", b"\x00{", b"{\x00")),
    ".json": _Kind(("GeoJSON",), (b"{", b"\x00{", b"{\x00")),
    ".kml": _Kind(("KML", "LIBKML"), (b"<kml", b":kml")),
    ".kmz": _Kind(("KML", "LIBKML"), (b"PK",)),
    ".gml": _Kind(("GML",), (b"gml",)),
    ".fgb": _Kind(("FlatGeobuf",), (b"fgb",)),
    ".gdb": _Kind(("OpenFileGDB",), ()),
    ".tab": _Kind(("MapInfo File",), (b"!table", b"!Table", b"!TABLE")),
    ".mif": _Kind(("MapInfo File",), (b"ersion",)),
    ".dxf": _Kind(("DXF",), ()),
}
"""Vector files that are read, by suffix. GDAL knows eighty more kinds, some of which lead to other files or hosts."""

_HEAD: Final = 2048
_ELSEWHERE: Final = (b"<OGRVRT", b"<OGRWFS", b"<VRTDataset", b"<GDAL_WMS", b"<OGRWMS")


@contextmanager
def foreign(path: Path, what: str, *, expected: str = "", mend: str = "") -> Iterator[None]:
    """Guard a reader that is not ours: whatever it raises becomes a SourceError that names the file.

    Only calls of foreign readers belong inside; a fault of this package shall stay a fault.
    """
    try:
        yield
    except WorkbenchError:
        raise
    except Exception as error:
        raise SourceError(Problem(str(path), what, expected=expected, found=said(error), mend=mend)) from error


def said(error: Exception) -> str:
    """Return in one short line what a foreign reader says of a file."""
    plain = printable(" ".join(str(error).split()))
    return (plain if len(plain) <= _FEW_LETTERS else f"{plain[:_FEW_LETTERS]}…") or type(error).__name__


def refuse_unknown_kind(path: Path) -> None:
    """Refuse a vector file whose suffix is not in :data:`KINDS`, or that is not what its suffix says."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise SourceError(
            Problem(
                str(path),
                "the file is of a kind that is not read",
                expected="one of " + ", ".join(KINDS),
                found=path.suffix or "no suffix",
                mend="Save it as GeoPackage.",
            )
        )
    if path.is_dir() != (path.suffix.lower() == ".gdb"):
        raise _not_its_kind(path, "a folder" if path.is_dir() else "a single file")
    if path.is_dir():
        return
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if (kind.signs and not any(sign in head for sign in kind.signs)) or any(sign in head for sign in _ELSEWHERE):
        raise _not_its_kind(path, f"a file that begins with {head[:16]!r}" if head else "0 bytes")
    if head.startswith(b"PK"):
        _refuse_bomb(path, max(MOST_UNPACKED, _MOST_PACKED * path.stat().st_size))


def refuse_guess(path: Path, driver: str) -> None:
    """Refuse a file that GDAL opened as something else than its suffix says."""
    if driver not in KINDS[path.suffix.lower()].drivers:
        raise _not_its_kind(path, f"a file of {driver}")


def _not_its_kind(path: Path, found: str) -> SourceError:
    names = " or ".join(KINDS[path.suffix.lower()].drivers)
    return SourceError(
        Problem(
            str(path),
            "the file is not a readable vector file",
            expected=f"{names}, as its name says",
            found=found,
            mend="Copy it again, or give it the suffix of what it is.",
        )
    )


def _refuse_bomb(path: Path, most: int) -> None:
    """Refuse a packed file that holds more than so many bytes."""
    with zipfile.ZipFile(path) as box:
        size = sum(part.file_size for part in box.infolist())
    if size > most:
        raise SourceError(
            Problem(
                str(path),
                "the file is too large unpacked",
                expected=f"at most {most / 1e6:.0f} MB",
                found=f"{size / 1e6:,.0f} MB",
                mend="Save tables as CSV and maps as GeoPackage; delete empty rows below and columns beside a table.",
            )
        )


def refuse_odd_sheets(path: Path) -> None:
    """Refuse a workbook with a sheet that is too large, or whose rows are out of order: readers drop those."""
    _refuse_bomb(path, MOST_UNPACKED)
    with zipfile.ZipFile(path) as box:
        for name in box.namelist():
            if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                _refuse_odd_sheet(path, name.rsplit("/")[-1], box.read(name))


def _refuse_odd_sheet(path: Path, name: str, sheet: bytes) -> None:
    refs = set(re.findall(rb"[\"':]([A-Z]{1,3})([0-9]{1,7})[\"']", sheet))
    width = max((_column(letters) for letters, _ in refs), default=0)
    height = max((int(row) for _, row in refs), default=0)
    if width * height > MOST_CELLS:
        raise SourceError(
            Problem(
                str(path),
                "the sheet is too large",
                expected=f"at most {MOST_CELLS:,} cells",
                found=f"{height:,} rows by {width:,} columns in {name}",
                mend="Delete the empty rows below and the empty columns beside the table, or save it as CSV.",
            )
        )
    rows = [int(number) for number in re.findall(rb"<(?:\w+:)?row [^>]*?\br=[\"']([0-9]{1,9})[\"']", sheet)]
    odd = next((after for before, after in pairwise(rows) if after <= before), None)
    if odd is not None:
        what, mend = "the rows of the sheet are out of order", "Open the workbook in Excel and save it again."
        raise SourceError(
            Problem(str(path), what, row=f"on line {odd}", found=f"twice, or too late, in {name}", mend=mend)
        )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def features_held(path: Path, layer: str | None) -> Mapping[str, int]:
    """Count features without GDAL, which skips some in silence."""
    match path.suffix.lower():
        case ".geojson" | ".json":
            return {"": _in_geojson(path)}
        case ".shp":
            return {"": _in_shapefile(path)}
        case ".gpkg":
            return geopackage_rows(path, layer)
        case _:
            return {}


def refuse_loss(path: Path, layer: str, held: int | None, came: int) -> None:
    """Refuse a layer of which other rows came than it holds."""
    if held not in (None, came):
        raise SourceError(
            Problem(
                str(path),
                "not every feature could be read",
                expected=f"{held:,} features of {layer}",
                found=f"{came:,}",
                mend="Open the file in QGIS and save it again; compare the number of features.",
            )
        )


def _in_geojson(path: Path) -> int:
    with foreign(path, "the file is not valid JSON", expected="GeoJSON", mend="It is cut short, or no GeoJSON at all."):
        # what lies inside a feature is forgotten at once: shapes as Python objects take ten times their text
        whole: Any = json.loads(path.read_bytes(), object_hook=_kept)
    members = whole.get("features") if isinstance(whole, dict) else None
    if members is None:
        return 1  # a feature or a shape by itself
    if not isinstance(members, list):
        members = [members]
    odd = [i for i, member in enumerate(members, 1) if member != "Feature"]
    if odd:
        rows = ", ".join(f"#{i}" for i in odd[:10]) + (" …" if len(odd) > 10 else "")
        raise SourceError(
            Problem(
                str(path),
                "members of the collection are no features",
                row=rows,
                expected='{"type": "Feature", "properties": …, "geometry": …}',
                found=f"{len(odd):,} of {len(members):,} that are something else",
                mend="Give each its type and geometry, or remove it.",
            )
        )
    return len(members)


def _kept(node: dict[str, Any]) -> Any:
    return node if "features" in node else node.get("type")


def _in_shapefile(path: Path) -> int:
    """Count the shapes drawn, and compare with the index and with the rows of the table."""
    parts: dict[str, bytes] = {}
    for suffix in (".shp", ".shx", ".dbf"):
        part = next((p for p in (path.with_suffix(suffix), path.with_suffix(suffix.upper())) if p.is_file()), None)
        if part is not None:
            parts[suffix] = part.read_bytes()
    drawn, at, shapes = 0, 100, parts[".shp"]
    while at + 8 <= len(shapes):
        at += 8 + 2 * int.from_bytes(shapes[at + 4 : at + 8], "big")
        drawn += 1
    if at != max(len(shapes), 100):
        raise _torn(path, "the last shape is not complete", f"{len(shapes):,} bytes", f"{at:,} bytes")
    table = parts.get(".dbf", b"")
    indexed = max(len(parts.get(".shx", b"")) - 100, 0) // 8
    rows, begin, width = (int.from_bytes(table[i:j], "little") for i, j in ((4, 8), (8, 10), (10, 12)))
    if indexed != drawn:
        raise _torn(
            path, "its index (.shx) does not list every shape", f"{indexed:,} in the .shx", f"{drawn:,} in the .shp"
        )
    if not table:
        return drawn
    if rows != drawn:
        raise _torn(path, "its table (.dbf) has not one row a shape", f"{rows:,} in the .dbf", f"{drawn:,} in the .shp")
    if len(table) < begin + rows * width:
        raise _torn(path, "its table (.dbf) is cut short", f"{len(table):,} bytes", f"{begin + rows * width:,} bytes")
    return drawn - sum(table[begin + i * width : begin + i * width + 1] == b"*" for i in range(rows))


def _torn(path: Path, what: str, found: str, expected: str) -> SourceError:
    mend = "Copy .shp, .shx and .dbf again, together; they belong to one saving."
    what = f"the Shapefile is not whole: {what}"
    return SourceError(Problem(str(path), what, expected=expected, found=found, mend=mend))


def geopackage_rows(path: Path, layer: str | None = None) -> dict[str, int]:
    """Count the rows of the layers of a GeoPackage by SQL: its own list of counts may be old."""
    mend = "Copy it again, or save it again in QGIS."
    with (
        foreign(path, "the file is not a readable GeoPackage", mend=mend),
        closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as file,
    ):
        made = {str(n): (k, str(sql)) for n, k, sql in file.execute("select name, type, sql from sqlite_master")}
        listed = dict(file.execute("select table_name, data_type from gpkg_contents"))
        shaped = {name for (name,) in file.execute("select table_name from gpkg_geometry_columns")}
        problems = []
        wanted = [str(name) for name in listed if layer in (None, name)]
        for name in wanted:
            kind, sql = made.get(name, ("", ""))
            if kind != "table" or re.match(r"create\s+virtual", sql, re.IGNORECASE):
                what = "the layer is a query (view)" if kind else "the file lists a layer that it does not hold"
                mend = "Save it as a layer of its own in QGIS."
                problems.append(Problem(str(path), what, row=name, expected="a table", mend=mend))
            elif listed[name] == "features" and name not in shaped:
                what = "the layer has lost its geometry: no column is named for it"
                problems.append(Problem(str(path), what, row=name, mend="Save the layer anew in QGIS."))
        if problems:
            raise SourceError(problems)
        quoted = {name: name.replace('"', '""') for name in wanted}
        return {n: int(file.execute(f'select count(*) from "{q}"').fetchone()[0]) for n, q in quoted.items()}  # noqa: S608
