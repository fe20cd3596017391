"""Source files as files: whether they are there, and which bytes they are."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from workbench.errors import Problem, SourceError

_RASTERS: Final = (".tif", ".tiff", ".img", ".asc", ".vrt", ".nc", ".hgt", ".jp2", ".png", ".jpg", ".ecw", ".adf")


def raster_problems(where: str, path: Path, key: str = "") -> list[Problem]:
    """Say of a raster that rasters are not read, and how to make points of it."""
    if path.suffix.lower() not in _RASTERS:
        return []
    return [
        Problem(
            where,
            "rasters are not read",
            key=key,
            expected="points or areas with a number of residents, one row a cell",
            found=path.name,
            mend="Make points of its cells: QGIS, Processing, 'Raster pixels to points', saved as GeoPackage or CSV; "
            "or 'gdal_translate -of XYZ -co ADD_HEADER_LINE=YES -co COLUMN_SEPARATOR=COMMA IN OUT.csv'. Then read "
            "them as format: grid, with the CRS of the raster; leave cells without data out with 'where'.",
        )
    ]


def missing(path: Path, error: OSError | None = None) -> SourceError:
    """Say that a source file is not there, or may not be read."""
    if error is None or isinstance(error, FileNotFoundError):
        return SourceError(
            Problem(
                str(path),
                "the file is missing",
                mend="Check the path in the recipe; relative paths start at the recipe's own folder.",
            )
        )
    return SourceError(Problem(str(path), "the file cannot be read", found=error.strerror or str(error)))


def there(path: Path) -> bool:
    """Whether a path leads to a file or a folder; a device, which may never end, is neither."""
    try:
        return path.is_file() or path.is_dir()
    except (OSError, ValueError):  # a path that no system takes
        return False


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal; of a folder (a file geodatabase), of all its files.

    Raises
    ------
    SourceError
        If it is missing or may not be read.
    """
    try:
        if path.is_dir():
            parts = [sha256(part) for part in sorted(path.rglob("*")) if part.is_file()]
            return hashlib.sha256("\n".join(parts).encode()).hexdigest()
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise missing(path, error) from error
