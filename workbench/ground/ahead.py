"""The ground, read in a process of its own while this one loads what measures it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cache import Cache, of_files, packed, unpacked, user_cache
from workbench.processes import begun_side_by_side, can_fork

if TYPE_CHECKING:
    from workbench.ground.district import District


@contextmanager
def ground_ahead(
    folder: Path | str | None, *, keep: bool = False, workers: int = 1
) -> Iterator[Callable[[], District | None] | None]:
    """Begin to read a district folder beside this process.

    Parameters
    ----------
    folder
        The district folder; None where none is named.
    keep
        Whether the run keeps its stages in the user's cache: what is found there is not read.
    workers
        Most processes at a time.

    Yields
    ------
    callable or None
        Waits for the district and returns it, or raises what
        :func:`workbench.ground.sources.package.read_district` does; it returns None where the cache holds the
        district. None instead where this process has to read it itself.
    """
    if folder is None or workers <= 1 or not can_fork():
        yield None
        return
    with begun_side_by_side([partial(_read, Path(folder), keep)], workers, even_one=True) as finish:

        def district() -> District | None:
            (content,) = finish()
            found: District | None = unpacked(content, {}) if content else None
            return found

        yield district


def ground_keys(cache: Cache, folder: Path) -> tuple[str, str]:
    """Return under what a cache keeps the district as it is read from a folder, and the fingerprint of its files."""
    from workbench.ground.sources.package import files_of

    files = of_files(files_of(folder))
    return cache.key("ground", str(folder), files), cache.key("ground", files)


def _read(folder: Path, keep: bool) -> bytes:  # pragma: no cover - runs in a child
    """Read a district in a process of its own; nothing where the cache holds it."""
    from workbench.ground.sources.package import read_district

    cache = user_cache() if keep else None
    if cache is not None and cache.holds(ground_keys(cache, folder)[0]):
        return b""
    warnings.simplefilter("always")  # they are raised again where somebody hears them
    return packed(read_district(folder), {})
