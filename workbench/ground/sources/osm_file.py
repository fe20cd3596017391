"""Whether a file is an OSM file, and whole; and its objects in order, each once, as it is now.

A PBF file is a row of blocks, each with its length in front, so a file that ends inside a block was
cut short. A cut exactly between two blocks leaves a sound file with fewer things in it; that shows
only as missing nodes or missing ways, which the readers report.

The readers need nodes before ways, one version of each object, and no negative numbers. A PBF file
that says it is sorted is read as it is. Everything else, and several files that are read as one, is
first put in order, in memory: the newest version of each object counts, what is deleted is out, and
of equal versions the one with tags is taken (Overpass prints a node once with and once without).
"""

from __future__ import annotations

import bz2
import gzip
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import osmium
from osmium.osm.mutable import Node

from workbench.errors import Problem, SourceError
from workbench.ground.sources.reading import Kind, Remark, missing

_LARGEST_HEADER: Final = 64 * 1024  # the format's own limits
_LARGEST_BLOB: Final = 32 * 1024 * 1024
_PBF: Final = b"\x0a\x09OSMHeader"
_PACKED: Final = {b"\x1f\x8b": ".gz", b"BZ": ".bz2"}


_LOCAL: Final = 2**40
"""Numbers from here on stand for the negative ones that editors give to what is not uploaded yet, file by file."""

_GONE: Final = -1
"""Place of an object whose last version is deleted."""

_SAID: Final = (RuntimeError, ValueError, osmium.InvalidLocationError)
"""What pyosmium raises on a file that is not whole."""

_NEW: Final = "with a negative number, not uploaded yet"
_TWICE: Final = "there twice, taken once"
_OLDER: Final = "in an older version passed over"
_DELETED: Final = "deleted"
_KIND: Final[Mapping[str, Kind]] = MappingProxyType(
    {_NEW: "read", _TWICE: "left_out", _OLDER: "left_out", _DELETED: "left_out"}
)

_ELEMENT: Final = re.compile(rb"""<(?:node|way|relation)\b(?:[^>"']|"[^"]*"|'[^']*')*>""")
_ACTION: Final = re.compile(rb"""\saction=["'](modify|delete)["']""")
_VERSION: Final = re.compile(rb"""(\sversion=["'])(\d+)""")
_VISIBLE: Final = re.compile(rb"""\svisible=["']\w+["']""")


@dataclass(frozen=True)
class OsmFile:
    """One or several OSM files, ready to be read as one.

    Attributes
    ----------
    path
        The file, or the first of them, for messages.
    content
        The same data as a sorted PBF; None where the file itself is sorted.
    remarks
        What was passed over on the way.
    """

    path: Path
    content: bytes | None = None
    remarks: tuple[Remark, ...] = ()

    def processor(self, *entities: Any) -> Any:
        """Return a pyosmium processor that reads it from its beginning."""
        source = str(self.path) if self.content is None else osmium.io.FileBuffer(self.content, "pbf")
        return osmium.FileProcessor(source, *entities)


def osm_number(number: int) -> str:
    """Return the number of an object as its file has it: negative where it is not uploaded yet."""
    file, own = divmod(number, _LOCAL)
    return str(number) if not file else f"-{own}" if file == 1 else f"-{own}@{file}"


def in_order(*paths: Path) -> OsmFile:
    """Check OSM files and put what they hold in order."""
    for path in paths:
        checked(path)
    if len(paths) == 1 and _is_sorted(paths[0]):
        return OsmFile(paths[0])
    whole = osmium.MergeInputReader()
    for number, path in enumerate(paths, 1):
        try:
            if len(paths) == 1:
                _add(whole, path)
            elif _is_sorted(path):
                whole.add_file(str(path))
            else:
                whole.add_buffer(_history(path, number), "osh.pbf")
        except _SAID as error:
            raise said_by_osmium(path, error) from error
    keeper = _Keeper()
    content = _written(lambda writer: keeper.read(whole, writer))
    if keeper.losers:
        content = _without(content, keeper.losers)
    if keeper.unsorted:
        again = osmium.MergeInputReader()
        again.add_buffer(content, "pbf")
        content = _written(lambda writer: again.apply(writer, simplify=False))
    return OsmFile(paths[0], content, keeper.remarks)


def _without(content: bytes, losers: set[int]) -> bytes:
    def write(writer: Any) -> None:
        for place, thing in enumerate(osmium.FileProcessor(osmium.io.FileBuffer(content, "pbf"))):
            if place not in losers:
                writer.add(thing)

    return _written(write)


def _history(path: Path, number: int) -> bytes:
    """Return a file with all its versions as PBF, negative numbers made its own."""
    reader = osmium.MergeInputReader()
    _add(reader, path)
    return _written(lambda writer: _Keeper(number, history=True).read(reader, writer), "osh.pbf")


def _written(write: Callable[[Any], None], suffix: str = "osm.pbf") -> bytes:
    """Return as bytes what is written to a pyosmium writer, which knows only files."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"whole.{suffix}"
        with osmium.SimpleWriter(str(path)) as writer:
            write(writer)
        return path.read_bytes()


def _is_sorted(path: Path) -> bool:
    """Tell whether a file is a PBF that says it is sorted, has one version of each object, and no negative nodes."""
    with path.open("rb") as stream:
        if stream.read(15)[4:] != _PBF:
            return False
    try:
        processor: Any = osmium.FileProcessor(str(path))
        if processor.header.get("sorting") != "Type_then_ID" or processor.header.has_multiple_object_versions:
            return False
        return next((thing.id for thing in processor), 0) >= 0
    except _SAID as error:
        raise said_by_osmium(path, error) from error


def _add(reader: Any, path: Path) -> None:
    """Add a file to a reader; in XML, what an editor deleted or changed becomes a version of its own."""
    with path.open("rb") as stream:
        head = stream.read(15)
    if head[4:] == _PBF:
        reader.add_file(str(path))
        return
    opened: Any = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open}.get(head[:2], open)
    try:
        with opened(path, "rb") as stream:
            text: bytes = stream.read()
    except (OSError, EOFError, zlib.error) as error:
        raise truncated(path, str(error)) from error
    if b"action=" in text:
        text = _ELEMENT.sub(_edited, text)
    reader.add_buffer(text, "osh")


def _edited(element: re.Match[bytes]) -> bytes:
    """Return an element that an editor changed or deleted as the version that it would become."""
    text = element.group()
    action = _ACTION.search(text)
    if action is None:
        return text
    text = _VERSION.sub(lambda match: match[1] + b"%d" % (int(match[2]) + 1), text)
    if action[1] == b"modify":
        return text
    end = 2 if text.endswith(b"/>") else 1
    return _VISIBLE.sub(b"", text[:-end]) + b' visible="false"' + text[-end:]


class _Keeper(osmium.SimpleHandler):
    """Writes objects that come by type, number and version: of each the last version, numbers made positive.

    An object is written before it is known whether another version follows: those that lost are in ``losers``,
    by their place among what was written.
    """

    def __init__(self, file: int = 1, *, history: bool = False) -> None:
        super().__init__()
        self.writer: Any = None
        self.shift, self.history = file * _LOCAL, history
        self.nodes: set[int] = set()
        self.losers: set[int] = set()
        self.tally: Counter[str] = Counter()
        self.last, self.version, self.place, self.written = ("", 0), 0, _GONE, 0
        self.tagged = self.unsorted = False

    def read(self, reader: Any, writer: Any) -> None:
        """Write what a reader holds."""
        self.writer = writer
        reader.apply(self, simplify=False)
        self._count_deleted()

    def node(self, node: Any) -> None:
        """Keep a node."""
        self.nodes.add(node.id)
        self._keep("n", node, {}, self.writer.add_node)

    def way(self, way: Any) -> None:
        """Keep a way; where its nodes carry their places with them and are not in the file, they are made."""
        new: dict[str, Any] = {}
        nodes = list(way.nodes)
        if any(node.ref < 0 for node in nodes):
            new["nodes"] = [self._positive(node.ref) for node in nodes]
        for node in nodes:
            if node.location.valid() and node.ref not in self.nodes:
                self.nodes.add(node.ref)
                self.writer.add_node(Node(id=self._positive(node.ref), location=node.location, visible=True))
                self.written += 1
                self.unsorted = True
        self._keep("w", way, new, self.writer.add_way)

    def relation(self, relation: Any) -> None:
        """Keep a relation."""
        new: dict[str, Any] = {}
        if any(member.ref < 0 for member in relation.members):
            new["members"] = [(m.type, self._positive(m.ref), m.role) for m in relation.members]
        self._keep("r", relation, new, self.writer.add_relation)

    def _positive(self, number: int) -> int:
        return number if number >= 0 else self.shift - number

    def _keep(self, kind: str, thing: Any, new: dict[str, Any], write: Any) -> None:
        key = (kind, thing.id)
        if not self.history and not self._wins(key, thing):
            return
        self.last, self.version = key, thing.version
        if thing.deleted and not self.history:
            self.place = _GONE
            return
        if thing.id < 0:
            new["id"] = self._positive(thing.id)
            self.tally[_NEW] += bool(len(thing.tags))
            self.unsorted = True
        write(thing.replace(**new) if new else thing)
        self.place, self.tagged = self.written, bool(len(thing.tags))
        self.written += 1

    def _wins(self, key: tuple[str, int], thing: Any) -> bool:
        """Tell whether an object takes the place of the one before it, if that is the same one."""
        if key != self.last:
            self._count_deleted()
            return True
        if thing.version == self.version:
            self.tally[_TWICE] += 1
            if self.place == _GONE or (self.tagged and not len(thing.tags) and not thing.deleted):
                return False
        else:
            self.tally[_OLDER] += 1
        if self.place != _GONE:
            self.losers.add(self.place)
        return True

    def _count_deleted(self) -> None:
        self.tally[_DELETED] += self.last[0] != "" and self.place == _GONE

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What was passed over; in objects, which are no rows yet."""
        tally = [(words, count) for words, count in self.tally.items() if count]
        return tuple(Remark(_KIND[words], f"{count:,} objects {words}") for words, count in tally)


def checked(path: Path) -> Path:
    """Return ``path`` if it is a readable OSM file that does not end inside a block."""
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
    if head[4:15] != _PBF:
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
    if "coordinate" in words:
        what = "a coordinate of the file is no number"
        return SourceError(Problem(str(path), what, expected="lat and lon in degrees", found=words, mend="Correct it."))
    if any(sign in words for sign in ("no element found", "unclosed token", "unexpected EOF", "truncated", "EOF")):
        return truncated(path, words)
    return SourceError(
        Problem(str(path), "the file is not readable OSM data", found=words, mend="Download or copy it again.")
    )
