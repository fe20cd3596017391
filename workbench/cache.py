"""What was worked out before, kept in the user's cache folder: a second run of the same reuses it.

An entry is found by a fingerprint of everything that its stage reads, the code of this package and the libraries that
calculate included, so that nothing stale is ever found. Reading an entry runs what its pickle says: the folder belongs
to the user alone (mode 0700), and one that others own or may write to is not used. Whatever is damaged, cut short,
foreign or of another version is as good as not there, and is written anew. What Ctrl-C or a time limit cut short is not
kept: on a quieter machine it may be proven.
"""

from __future__ import annotations

import copyreg
import hashlib
import io
import json
import os
import pickle
import platform
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

import numpy as np
import platformdirs
import shapely
from pydantic import BaseModel

from workbench.errors import WorkbenchWarning
from workbench.version import __version__

FOLDER: Final = "WORKBENCH_CACHE"
"""Environment variable that names another folder; empty where nothing is to be kept."""

MOST_BYTES: Final = 2 << 30
"""Size of the folder; what was not used for longest is dropped beyond it."""

_MOST_HELD = 2  # objects that a cache holds on to
_SUFFIX, _HEAD = ".stage", b"workbench stage 1\n"
_DIGEST = hashlib.sha256().digest_size
_CALCULATING = (
    "chinesecalendar", "contourpy", "geopandas", "highspy", "numba", "numpy", "opening-hours-py", "ortools", "pandas",
    "pydantic", "pyogrio", "pyproj", "scipy", "shapely",
)  # fmt: skip

Kept = TypeVar("Kept")


def user_cache() -> Cache | None:
    """Return the cache of whoever runs this; None where the environment asks for none."""
    folder = os.environ.get(FOLDER)
    if folder is None:
        return Cache(platformdirs.user_cache_path("yijia-workbench", appauthor=False))
    return Cache(Path(folder)) if folder else None


class Cache:
    """Results of stages by fingerprint, one file each.

    Parameters
    ----------
    folder
        Where they lie; made when first written to. Where that cannot be, nothing is kept.
    most_bytes
        Size beyond which the oldest are dropped.

    Attributes
    ----------
    asked
        Fingerprints that were asked for, in order; whoever wants to know of a part of a run clears it before.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder, self._most_bytes = folder, most_bytes
        self._code = code_fingerprint()
        self.asked: dict[str, None] = {}
        self._held: dict[str, Any] = {}
        self._told: dict[Any, Any] = {}

    def key(self, *read: object) -> str:
        """Return the fingerprint of what a stage reads, as JSON has it, and of the code that reads it."""
        return hashlib.sha256(json.dumps([self._code, *read], ensure_ascii=False).encode()).hexdigest()

    def stage(
        self,
        key: str,
        make: Callable[[], Kept],
        given: Mapping[str, object] = MappingProxyType({}),
        *,
        keep: Callable[[Kept], bool] = lambda _: True,
        hold: bool = False,
    ) -> tuple[Kept, bool]:
        """Return what a stage gave when it was last worked out, or work it out and keep it.

        Parameters
        ----------
        key
            Fingerprint of everything that it reads.
        make
            Works it out. Warnings of this package that it raises are raised again whenever it is found.
        given
            What it holds of others, by name: not kept, but put in its place when it is found. Of a variant of a model
            among them, only what is different is kept.
        keep
            Asked of what was worked out whether it is worth keeping.
        hold
            Whether this cache holds on to the object itself as well, with all that is made of it: for what does not
            change, and stands under many a run. It does so to the last two.

        Returns
        -------
        object
            The result.
        bool
            Whether it was found.
        """
        entry = self._read(key, given)
        if entry is not None:
            if hold:
                self._hold(key, entry)
            for text, category in entry[1]:
                warnings.warn_explicit(text, category, __name__, 0, registry=self._told)
            return entry[0], True
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = make()
        if keep(found):
            said = [(str(one.message), one.category) for one in caught if issubclass(one.category, WorkbenchWarning)]
            entry = (found, list(dict.fromkeys(said)))
            if hold:
                self._hold(key, entry)
            self._write(key, entry, given)
        for one in caught:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno, registry=self._told)
        return found, False

    def find(self, key: str, given: Mapping[str, object] = MappingProxyType({})) -> Any:
        """Return what was kept under a fingerprint by :meth:`put`; None where nothing was."""
        entry = self._read(key, given)
        return None if entry is None else entry[0]

    def put(self, key: str, found: object, given: Mapping[str, object] = MappingProxyType({})) -> None:
        """Keep what a part of a stage gave, without warnings; ``given`` as in :meth:`stage`."""
        self._write(key, (found, []), given)

    def holds(self, key: str) -> bool:
        """Tell whether there is an entry, sound or not."""
        return (self.folder / f"{key}{_SUFFIX}").exists()

    def contents(self) -> dict[str, bytes]:
        """Return the entries that were asked for, as they lie there, to travel to another cache of the same user."""
        paths = {key: self.folder / f"{key}{_SUFFIX}" for key in self.asked}
        return {key: path.read_bytes() for key, path in paths.items() if path.is_file()}

    def accept(self, key: str, content: bytes) -> None:
        """Keep an entry that came from another cache, unless there is one."""
        if not self.holds(key):
            self._put(key, content)

    def _hold(self, key: str, entry: Any) -> None:
        self._held.pop(key, None)
        self._held = dict([*self._held.items(), (key, entry)][-_MOST_HELD:])

    def _read(self, key: str, given: Mapping[str, object]) -> Any:
        self.asked[key] = None
        if key in self._held:
            return self._held[key]
        path = self.folder / f"{key}{_SUFFIX}"
        if not _own(self.folder):
            return None
        try:
            content = path.read_bytes()
            body = content[len(_HEAD) + _DIGEST :]
            if content[: len(_HEAD) + _DIGEST] != _HEAD + hashlib.sha256(body).digest():
                return None
            entry = unpacked(body, given)
            os.utime(path)
        except FileNotFoundError:
            return None
        except Exception:  # noqa: BLE001 - whatever is wrong with an entry, it is as good as not there
            return None
        return entry

    def _write(self, key: str, entry: Any, given: Mapping[str, object]) -> None:
        try:
            body = packed(entry, given)
        except Exception:  # noqa: BLE001 - what cannot be pickled is not kept: the run goes on
            return
        self._put(key, _HEAD + hashlib.sha256(body).digest() + body)

    def _put(self, key: str, content: bytes) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _own(self.folder):
                return
            handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content)
                Path(name).replace(self.folder / f"{key}{_SUFFIX}")
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            self._drop_oldest()
        except Exception:  # noqa: BLE001 - a full disk, a folder of others: the run goes on
            return

    def _drop_oldest(self) -> None:
        entries = sorted(((path, path.stat()) for path in self.folder.iterdir()), key=lambda one: -one[1].st_mtime)
        size = 0
        for path, said in entries:
            size += said.st_size
            if size > self._most_bytes:
                with suppress(OSError):
                    path.unlink()


def packed(value: object, given: Mapping[str, object]) -> bytes:
    """Return a value as bytes; what it holds of others by name alone, see :meth:`Cache.stage`."""
    stream = io.BytesIO()
    _Pickler(stream, given).dump(value)
    return stream.getvalue()


def unpacked(content: bytes, given: Mapping[str, object]) -> Any:
    """Return the value of such bytes, with what was given in the place of its names."""
    return _Unpickler(io.BytesIO(content), given).load()


def of_files(paths: Iterable[Path]) -> list[tuple[str, str]]:
    """Return names and SHA-256 of the bytes of files, as far as they are there."""
    return [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths if path.is_file()]


def code_fingerprint() -> str:
    """Return the fingerprint of this package, to the byte, and of the libraries that calculate."""
    package = Path(__file__).parent
    files = sorted(path for path in package.rglob("*") if path.suffix in (".py", ".yaml"))
    digest = hashlib.sha256(f"{__version__} {platform.python_version()} {platform.machine()}".encode())
    for path in files:
        digest.update(f"\n{path.relative_to(package)}\n".encode() + path.read_bytes())
    for name in _CALCULATING:
        digest.update(f"\n{name} {metadata.version(name)}".encode())
    return digest.hexdigest()


def _own(folder: Path) -> bool:
    """Tell whether a folder belongs to the user alone, as far as the system knows owners."""
    try:
        said = folder.stat()
    except OSError:
        return False
    return not hasattr(os, "geteuid") or (
        said.st_uid == os.geteuid() and not said.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )


def _proxied(content: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(content)


def _varied(base: BaseModel, changed: dict[str, Any]) -> BaseModel:
    return base.model_copy(update=changed)


class _Pickler(pickle.Pickler):
    """Writes names for what a stage was given."""

    def __init__(self, stream: io.BytesIO, given: Mapping[str, object]) -> None:
        super().__init__(stream, pickle.HIGHEST_PROTOCOL)
        self.dispatch_table = {**copyreg.dispatch_table, MappingProxyType: lambda proxy: (_proxied, (dict(proxy),))}
        self._name = {id(value): name for name, value in given.items()}
        self._models = {type(value): value for value in given.values() if isinstance(value, BaseModel)}

    def persistent_id(self, value: Any) -> str | None:
        return self._name.get(id(value))

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype == object and value.size and shapely.is_geometry(value).all():
            return shapely.from_wkb, (shapely.to_wkb(value, include_srid=True),)  # all at once, not one by one
        base = self._models.get(type(value))
        if base is None:
            return NotImplemented
        fields = {name: getattr(value, name) for name in type(base).model_fields}
        return _varied, (base, {name: said for name, said in fields.items() if said != getattr(base, name)})


class _Unpickler(pickle.Unpickler):
    """Puts what a stage was given in the place of its names."""

    def __init__(self, stream: io.BytesIO, given: Mapping[str, object]) -> None:
        super().__init__(stream)
        self._given = given

    def persistent_load(self, name: str) -> object:
        return self._given[name]
