"""Vector files: Shapefile, GeoPackage, GeoJSON, KML and the others of :data:`foreign.KINDS`."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyogrio
import shapely

from workbench.errors import MissingCRSError, Problem, SourceError
from workbench.ground.sources.foreign import features_held, foreign, refuse_guess, refuse_loss, refuse_unknown_kind
from workbench.ground.sources.placement import known_crs
from workbench.ground.sources.reading import Reading, Remark, listed, missing, raster_problems, refuse, refuse_twice
from workbench.ground.sources.table import table_encoding, text_encoding

_COMPANIONS: Final = ("layer_styles", "qgis_projects", "ogr_empty_table")
_COMPANION_KINDS: Final = ("gpkg_", "gpkgext_", "rtree_", "sqlite_")
"""Names, and beginnings of names, of tables that QGIS and GDAL keep beside the layers of a GeoPackage."""

_TEXT: Final = (".geojson", ".json", ".kml", ".gml")
_UTF8: Final = (".gpkg", ".fgb")
_PACKED: Final = (".zip", ".shz")


def read_vector(
    path: Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    where: str | None = None,
) -> Reading:
    """Read a vector file."""
    if not path.exists():
        raise missing(path)
    if rasters := raster_problems(str(path), path):
        raise SourceError(rasters)
    with gdal(path, "the file is not a readable vector file"):
        refuse_unknown_kind(path)
        name, how = _encoding(path, encoding)
        held = features_held(path, layer)
        chosen = _layer(path, layer)
        info = pyogrio.read_info(path, layer=chosen, encoding=name)
        refuse_guess(path, info["driver"])
        if info["geometry_type"] is None:
            raise _no_shapes(path, chosen)
        frame: Any = read_layer(path, chosen, encoding=name, force_2d=True, fid_as_index=True)
    refuse_loss(path, chosen, held.get(chosen, held.get("")), len(frame))
    if not len(frame):
        raise SourceError(
            Problem(str(path), "the layer is empty", expected="at least one feature", found=f"{chosen}: 0")
        )
    stated, remark = _crs(path, info["crs"], crs)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    rows = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    if info["fid_column"] and info["fid_column"] not in rows:  # the numbers by which a database knows its rows
        rows.insert(0, info["fid_column"], rows.index)
    rows = rows.reset_index(drop=True)
    rows.columns = pd.Index([str(column).strip() for column in rows.columns])
    refuse_twice(path, list(rows.columns))
    lines = [f"#{i}" for i in range(1, len(rows) + 1)]
    found = Reading(path, rows, shapes, stated, lines, (*how, *remark)).filtered(where)
    assert found.shapes is not None
    refuse(_broken(path, found.lines, found.shapes))
    return found


def _encoding(path: Path, stated: str | None) -> tuple[str | None, tuple[Remark, ...]]:
    kind = path.suffix.lower()
    if kind == ".shp" or (kind in _PACKED and zipfile.is_zipfile(path)):
        chosen = table_encoding(path, stated)
        return chosen.name, (chosen.remark,)
    if kind in _UTF8 and stated not in (None, "utf-8", "utf-8-sig"):
        raise SourceError(
            Problem(
                str(path),
                "the format knows one encoding only",
                key="encoding",
                expected="UTF-8",
                found=stated,
                mend="Take 'encoding' out of this source; if its text is garbled, it was garbled before it was saved.",
            )
        )
    if kind in _TEXT and (chosen := text_encoding(path, stated)).name not in (
        "utf-8",
        "utf-8-sig",
        "utf-16",
    ):
        raise SourceError(
            Problem(
                str(path),
                "the text is not in the encoding it should be in",
                expected="UTF-8, as this format demands",
                found="bytes that only fit gbk",
                mend="Save the file again as UTF-8.",
            )
        )
    return (None, ()) if kind in _TEXT or stated is None else (stated, (Remark("read", f"read as {stated}"),))


def read_layer(path: Path, layer: str, **options: Any) -> Any:
    """Read a layer with all its rows."""
    if path.suffix.lower() == ".gpkg":
        options["where"] = "1 = 1"  # asked for some rows, GDAL counts them; asked for all, it believes an old count
    return pyogrio.read_dataframe(path, layer=layer, **options)


@contextmanager
def gdal(path: Path, what: str) -> Iterator[None]:
    """Guard calls of GDAL."""
    shapes = path.suffix.lower() == ".shp"
    mend = "A Shapefile needs its .shx and .dbf beside it." if shapes else "Copy it again, or save it again in QGIS."
    try:
        with foreign(path, what, mend=mend), np.errstate(invalid="ignore"):  # no numbers: the gates report them
            yield
    except SourceError as error:
        if not isinstance(error.__cause__, UnboundLocalError):
            raise
        # pyogrio, where GDAL cannot write down the CRS it has read
        mend = "Remove its .prj file, and state 'crs' for this source in the recipe."
        raise SourceError(Problem(str(path), "the CRS of the file cannot be read", mend=mend)) from error.__cause__


def layer_names(path: Path) -> list[str]:
    """Return the layers of a vector file, without the tables in which QGIS keeps styles and projects."""
    return without_companions(str(name) for name, _ in pyogrio.list_layers(path))


def without_companions(names: Iterable[str]) -> list[str]:
    """Leave out the tables of a GeoPackage that belong to QGIS and GDAL."""
    return [name for name in names if name not in _COMPANIONS and not name.startswith(_COMPANION_KINDS)]


def _layer(path: Path, layer: str | None) -> str:
    names = layer_names(path)
    if layer is None and len(names) == 1:
        return names[0]
    if layer in names:
        return str(layer)
    raise SourceError(
        Problem(
            str(path),
            "the file has no such layer" if layer else "the file has several layers",
            key="layer",
            expected="one of " + ", ".join(names),
            found=repr(layer) if layer else "none named in the recipe",
        )
    )


def _no_shapes(path: Path, layer: str) -> SourceError:
    return SourceError(
        Problem(
            str(path),
            "the layer has no geometry",
            found=layer,
            mend="Read a table with coordinates as format: points, a ledger as format: table.",
        )
    )


def _crs(path: Path, own: str | None, stated: str | None) -> tuple[str, tuple[Remark, ...]]:
    if own is None and stated is None:
        raise MissingCRSError(
            Problem(
                str(path),
                "the file has no CRS",
                expected="a .prj file beside it" if path.suffix.lower() == ".shp" else "a CRS in the file",
                mend="State 'crs' for this source in the recipe, such as crs: EPSG:4546; it is never guessed.",
            )
        )
    if stated is None:
        return str(own), ()
    if own is not None and known_crs(str(path), own) != known_crs(str(path), stated):
        words = f"the file says {own[:40]}, the recipe {stated}, which was used"
        return stated, (Remark("warning", words),)
    return stated, ()


def _broken(path: Path, lines: list[str], shapes: Any) -> list[Problem]:
    """List features without a shape, with an empty one, or with coordinates that are no numbers."""
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    kinds = [shape.geom_type if shape is not None else "nothing" for shape in shapes]
    problems = listed(
        path, lines, empty, "the geometry is missing or empty", found=kinds, mend="Draw it, or remove the feature."
    )
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    infinite = np.zeros(len(shapes), bool)
    infinite[owner[~np.isfinite(xy).all(axis=1)]] = True
    return problems + listed(
        path,
        lines,
        infinite & ~empty,
        "a coordinate is not a finite number",
        found=kinds,
        mend="Correct the coordinates.",
    )
