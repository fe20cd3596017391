"""Whether a file is an OSM file, and whole: asked before anything is read from it.

A PBF file is a row of blocks, each with its length in front, so a file that ends inside a block was
cut short. A cut exactly between two blocks leaves a sound file with fewer things in it; that shows
only as missing nodes or missing ways, which the readers report.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from workbench.errors import Problem, SourceError
from workbench.sources.files import missing

_LARGEST_HEADER: Final = 64 * 1024  # the format's own limits
_LARGEST_BLOB: Final = 32 * 1024 * 1024
_PACKED: Final = {b"\x1f\x8b": ".gz", b"BZ": ".bz2"}


def checked(path: Path) -> Path:
    """Return ``path`` if it is a readable OSM file that does not end inside a block.

    Raises
    ------
    SourceError
        If it is missing, empty, neither PBF nor XML, or cut short.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(512)
            stream.seek(0, 2)
            size = stream.tell()
    except OSError as error:
        raise missing(path, error) from error
    if not head:
        raise SourceError(Problem(str(path), "the file is empty", expected="OSM data, PBF or XML", found="0 bytes"))
    if head[:2] in _PACKED:
        return path  # XML, packed; a cut shows when it is unpacked
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        if b"<osm" not in head:
            raise _foreign(path, "XML that is not OSM")
        return path
    if head[4:15] != b"\x0a\x09OSMHeader":
        raise _foreign(path, f"{head[:16]!r}")
    _walk(path, size)
    return path


def _foreign(path: Path, found: str) -> SourceError:
    return SourceError(
        Problem(
            str(path),
            "the file is not an OSM file",
            expected="OSM PBF (.osm.pbf) or OSM XML (.osm)",
            found=f"a file that begins with {found}",
            mend="Check the path; other map files are read with format: vector.",
        )
    )


def _walk(path: Path, size: int) -> None:
    """Step from block to block; the last must end where the file ends."""
    at, blocks = 0, 0
    with path.open("rb") as stream:
        while at < size:
            stream.seek(at)
            length = int.from_bytes(stream.read(4), "big")
            if length > _LARGEST_HEADER:
                raise _damaged(path, at)
            header = stream.read(length)
            blob = _blob_size(header) if len(header) == length and length else None
            if at + 4 + length > size or (blob is not None and at + 4 + length + blob > size):
                raise truncated(path, f"{size:,} bytes; block {blocks + 1} is not complete")
            if blob is None or blob > _LARGEST_BLOB:
                raise _damaged(path, at)
            at += 4 + length + blob
            blocks += 1


def _blob_size(header: bytes) -> int | None:
    """Return field 3 of a BlobHeader message; None when it is not one."""
    at = 0
    while at < len(header):
        key, at = header[at], at + 1
        value, shift = 0, 0
        while True:
            if at >= len(header):
                return None
            byte, at = header[at], at + 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if key == (3 << 3):
            return value
        if key & 7 == 2:
            at += value
    return None


def truncated(path: Path, found: str) -> SourceError:
    """Say that a file ends before its end."""
    return SourceError(
        Problem(str(path), "the file ends too early: it is cut short", found=found, mend="Download or copy it again.")
    )


def _damaged(path: Path, at: int) -> SourceError:
    return SourceError(
        Problem(
            str(path),
            "the file is damaged",
            expected="a block of OSM PBF",
            found=f"something else at byte {at:,}",
            mend="Download or copy it again.",
        )
    )


def said_by_osmium(path: Path, error: Exception) -> SourceError:
    """Put into the house's words what pyosmium says of a file."""
    words = str(error)
    if any(sign in words for sign in ("no element found", "unclosed token", "unexpected EOF", "truncated", "EOF")):
        return truncated(path, words)
    return SourceError(
        Problem(str(path), "the file is not readable OSM data", found=words, mend="Download or copy it again.")
    )
