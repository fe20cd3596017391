"""Reading and writing a district as a folder: ``ground.gpkg``, ledgers as CSV, ``manifest.yaml``."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from ruamel.yaml import YAML

from workbench.catalogue.tables import LAYERS, LEDGERS, TABLES
from workbench.catalogue.validation import conform
from workbench.documents import build, read_yaml
from workbench.errors import GeodataError, ManifestError, ManifestWarning, OutputError, Problem, SourceError
from workbench.folder import full, put_file, staged_folder, unwritable
from workbench.ground.district import District
from workbench.ground.manifest import Manifest
from workbench.ground.soundness import district_problems
from workbench.ground.sources.foreign import geopackage_rows, refuse_loss
from workbench.ground.sources.reading import refuse_twice
from workbench.ground.sources.table import framed, read_delimited
from workbench.ground.sources.vector import gdal, layer_names, read_layer, without_companions

GROUND = "ground.gpkg"
MANIFEST = "manifest.yaml"
PAGE = "ground.html"
"""The page on the quality of the ground, where an import wrote one; it goes when what it tells of changes."""

_FIXED_DATE = "2000-01-01T00:00:00.000Z"  # GeoPackage stamps its tables with the hour of writing


def read_district(folder: Path | str) -> District:
    """Read a district folder and check everything in it.

    Parameters
    ----------
    folder
        A folder with ``manifest.yaml`` and ``ground.gpkg``, and ledgers as CSV.

    Returns
    -------
    District
        The district; a layer edited since the manifest was written gives a ManifestWarning.

    Raises
    ------
    SourceError
        If the folder or one of its files is missing or unreadable.
    ManifestError
        If the manifest is not valid.
    GeodataError
        With all problems of all tables.
    """
    manifest, tables = read_tables(Path(folder))
    if gone := _gone(Path(folder), manifest, tables):
        raise SourceError(gone)
    district = District.from_tables(manifest, tables)
    for name, expected in manifest.checksums.items():
        if name in district.tables and district.checksums[name] != expected:
            warnings.warn(
                f"{folder}: the {name} table differs from the manifest's checksum; it was edited after "
                f"{manifest.date}. Run 'workbench seal {folder}' when the edit is meant.",
                ManifestWarning,
                stacklevel=2,
            )
    return district


def files_of(folder: Path) -> list[Path]:
    """Return all that :func:`read_district` reads of a folder, there or not."""
    beside = (f"{GROUND}-wal", f"{GROUND}-journal")  # what an open editor has not written into the database yet
    return [folder / name for name in (MANIFEST, GROUND, *beside, *(f"{name}.csv" for name in LEDGERS))]


def folder_problems(folder: Path | str) -> list[Problem]:
    """List every problem of a district folder, without raising the first."""
    try:
        manifest, tables = read_tables(Path(folder))
    except GeodataError as error:
        return list(error.problems)
    tidy = {name: conform(TABLES[name], frame) if name in TABLES else frame for name, frame in tables.items()}
    return [*_gone(Path(folder), manifest, tables), *district_problems(manifest, tidy)]


def _gone(folder: Path, manifest: Manifest, tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """List the tables that the manifest holds a checksum of and the folder does not hold."""
    mend = f"Put it back; where it was taken out on purpose, run 'workbench seal {folder}'."
    return [
        Problem(str(folder), "a table that the manifest lists is missing", row=name, mend=mend)
        for name in manifest.checksums
        if name not in tables
    ]


def read_tables(folder: Path) -> tuple[Manifest, dict[str, pd.DataFrame]]:
    """Read manifest and tables of a district folder as they are, unchecked."""
    if not folder.is_dir():
        raise SourceError(
            Problem(
                str(folder),
                "there is no such folder",
                expected=f"a district folder with {MANIFEST} and {GROUND}",
                mend="Check the path; make a district with 'workbench import' or 'workbench synthesize'.",
            )
        )
    manifest = _read_manifest(folder / MANIFEST)
    tables: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    try:
        tables.update(_read_layers(folder / GROUND))
    except SourceError as error:
        problems += error.problems
    for name, path in ((name, folder / f"{name}.csv") for name in LEDGERS):
        if not path.is_file():
            continue
        if name in tables:
            mend = "Keep one of the two."
            problems.append(Problem(str(path), f"the ledger stands in {GROUND} as well", found=name, mend=mend))
        try:
            tables[name] = _read_ledger(path)
        except SourceError as error:
            problems += error.problems
    if problems:
        raise SourceError(problems)
    return manifest, tables


def _read_manifest(path: Path) -> Manifest:
    if not path.is_file():
        mend = "Is this a district folder? Make one with 'workbench import' or 'workbench synthesize'."
        raise ManifestError(Problem(str(path), "the manifest is missing", mend=mend))
    return build(Manifest, read_yaml(path, error=ManifestError), str(path), error=ManifestError)


def _read_layers(path: Path) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    if not path.is_file():
        raise SourceError(
            Problem(str(path), "the file is missing", mend=f"A district folder holds its layers in {GROUND}.")
        )
    rows = geopackage_rows(path)  # by SQL, so that nothing but a database goes on to GDAL
    with gdal(path, "the file is not a readable GeoPackage"):
        names = layer_names(path)
    odd = [(n, "the file lists a layer that cannot be read") for n in without_companions(rows) if n not in names]
    odd += [(n, "the table is not among the layers that the file lists") for n in names if n not in rows]
    if odd:
        mend = "Save it anew as a layer in QGIS, or delete it there."
        raise SourceError([Problem(str(path), what, row=name, mend=mend) for name, what in odd])
    for name in names:
        with gdal(path, "the file is not a readable GeoPackage"):
            frame = read_layer(path, name)
        refuse_loss(path, name, rows[name], len(frame))
        refuse_twice(path, list(frame.columns))
        yield name, frame


def _read_ledger(path: Path) -> pd.DataFrame:
    try:
        return framed(path, read_delimited(path, "utf-8-sig"))[0]
    except UnicodeDecodeError as error:
        mend = "Save it as UTF-8 (Excel: CSV UTF-8)."
        raise SourceError(
            Problem(str(path), "the ledger cannot be read", expected="CSV in UTF-8", found=str(error), mend=mend)
        ) from error


def write_district(district: District, folder: Path | str) -> Path:
    """Write a district as a folder, complete or not at all.

    Parameters
    ----------
    district
        The district; the manifest is written with the checksums of what it holds now.
    folder
        Where to. A district folder that is there already is replaced; anything else is refused.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    OutputError
        If it cannot be written; the old folder then stays as it was.
    """
    target = Path(folder)
    with staged_folder(target, marker=MANIFEST) as staging:
        layers = {name: district.tables[name] for name in LAYERS if district.has(name)}
        write_geopackage(staging / GROUND, layers)
        for name in LEDGERS:
            if district.has(name):
                write_ledger(staging / f"{name}.csv", district.tables[name])
        (staging / MANIFEST).write_text(manifest_text(district.sealed.manifest), encoding="utf-8")
    return target


def write_ledger(path: Path, frame: pd.DataFrame) -> None:
    """Write a ledger as CSV that Excel reads, the same bytes for the same content."""
    frame.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def write_geopackage(path: Path, layers: Mapping[str, pd.DataFrame]) -> None:
    """Write layers into one GeoPackage, the same bytes for the same content.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    try:
        with _writing():
            for name, frame in layers.items():
                if not isinstance(frame, gpd.GeoDataFrame):
                    raise TypeError(f"{name} is not a layer")
                pyogrio.write_dataframe(
                    frame.drop(columns=_silent_columns(name, frame)),
                    path,
                    layer=name,
                    driver="GPKG",
                    layer_options={"SPATIAL_INDEX": "NO"},
                )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError) as error:
        no_room = full(path.parent)
        if no_room is not None:
            raise unwritable(path, no_room) from error
        raise OutputError(Problem(str(path), "the GeoPackage cannot be written", found=_last(error))) from error


def _last(error: Exception) -> str:
    """Return the cause from a chain of messages of GDAL, which ends with it."""
    return str(error).split("failed: ")[-1].split("; ")[-1]


def _silent_columns(name: str, frame: pd.DataFrame) -> list[str]:
    """Return the optional columns that hold nothing."""
    if name not in TABLES:
        return []
    optional = [f.name for f in TABLES[name].fields if not f.required and f.name in frame.columns]
    return [column for column in optional if bool(frame[column].isna().all())]


@contextmanager
def _writing() -> Iterator[None]:
    """Write without a clock, and without waiting for the disk at each layer: a folder is complete or absent anyway."""
    options = {"OGR_CURRENT_DATE": _FIXED_DATE, "OGR_SQLITE_SYNCHRONOUS": "OFF"}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(options))


def manifest_text(manifest: Manifest) -> str:
    """Return a manifest as YAML, keys in the order of the schema."""
    yaml = YAML(pure=True)
    yaml.default_flow_style = False
    yaml.width = 110
    yaml.allow_unicode = True
    stream = io.StringIO()
    yaml.dump(manifest.model_dump(mode="json", exclude_defaults=False, exclude_none=True), stream)
    return stream.getvalue()


def seal_district(folder: Path | str) -> list[str]:
    """Write the content checksums of an edited district folder into its manifest.

    Parameters
    ----------
    folder
        A district folder; everything in it is checked first.

    Returns
    -------
    list of str
        Tables whose checksum changed.

    Raises
    ------
    GeodataError
        With all problems, if the edit is not valid; the manifest then stays as it was.
    OutputError
        If the manifest cannot be written.
    """
    path = Path(folder)
    manifest, tables = read_tables(path)
    district = District.from_tables(manifest, tables)
    both = {**manifest.checksums, **district.checksums}
    changed = sorted(n for n in both if manifest.checksums.get(n) != district.checksums.get(n))
    text = manifest_text(district.sealed.manifest)
    try:
        put_file(path / MANIFEST, lambda file: file.write_text(text, encoding="utf-8"))
        if changed:
            (path / PAGE).unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path / MANIFEST, error) from error
    return changed
