"""Output folders and files that are complete or not there at all."""

from __future__ import annotations

import dataclasses
import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from workbench.errors import OutputError, Problem

_ADVICE = {
    errno.ENOSPC: ("the disk is full", "Free some space, or choose another disk with --out."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space, or choose another disk with --out."),
    errno.EACCES: ("the folder may not be written", "Choose a folder that belongs to you with --out."),
    errno.EPERM: ("the folder may not be written", "Choose a folder that belongs to you with --out."),
    errno.EROFS: ("the disk is read-only", "Choose another disk with --out."),
    errno.ENOTDIR: ("a part of the path is a file", "Choose another folder with --out."),
    errno.EBUSY: ("the folder is a disk of its own, and cannot be replaced", "Name a folder inside it."),
    errno.ENAMETOOLONG: ("a name in the path is too long", "Choose a shorter one with --out."),
    errno.ELOOP: ("links in the path lead in a circle", "Choose another folder with --out."),
    errno.EEXIST: ("a part of the path is a file", "Choose another folder with --out."),
    errno.ENOTEMPTY: (
        "other runs write into the folder all the time",
        "Wait for them, or choose another one with --out.",
    ),
}
_HARDLY_ANYTHING = 64 * 1024  # bytes; a database needs as much for its next page and journal
_LONGEST_NAME = 255  # bytes; what file systems allow
_TRIES = 20  # to put a folder in its place while other runs do the same
_PATH_SHOWN = 120  # letters of a path in a message
_NAME_SHOWN = 24  # letters of the target's name in that of its temporary folder, for who finds one


@contextmanager
def staged_folder(target: Path, *, marker: str, replace: bool = True) -> Iterator[Path]:
    """Fill a temporary folder and rename it to ``target`` when it is complete.

    Parameters
    ----------
    target
        Folder to make. Its parent is made when missing.
    marker
        Name of a file that every folder of this kind holds. A folder that exists is replaced only
        if it is empty or holds this file, so that a slip of the hand never deletes other work.
    replace
        Whether a folder of this kind may be replaced at all.

    Yields
    ------
    pathlib.Path
        The temporary folder, beside the target, so that the rename cannot cross disks.

    Raises
    ------
    OutputError
        If the folder cannot be written, is not of this kind, or may not be replaced. Whatever is
        raised inside, Ctrl-C included, nothing half-written is left and the old folder stays.
    """
    place = _place(target, marker, replace)
    staging: Path | None = None
    made = _absent_parents(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{place.name[:_NAME_SHOWN]}.", suffix=".partial", dir=place.parent))
        staging.chmod(0o755)
        yield staging
        _swap(staging, place)
    except OutputError as error:
        if staging is None:
            raise
        raise OutputError(_renamed(error.problems, str(staging), str(target))) from error
    except OSError as error:
        if error.errno is None:
            raise
        raise unwritable(target, error) from error
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        for parent in made:
            with suppress(OSError):  # it holds the output now, or was never made
                parent.rmdir()


def put_file(target: Path, write: Callable[[Path], Any]) -> None:
    """Write a file beside its place, and rename it when it is complete; what stood there stays until then.

    Parameters
    ----------
    target
        File to make or to replace; its folder must be there.
    write
        Writes the file that it is given.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    partial = target.with_name(f".{uuid4().hex}.partial")
    try:
        write(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def check_target(target: Path, *, marker: str) -> None:
    """Find out before long work whether its output folder could be written.

    Raises
    ------
    OutputError
        As :func:`staged_folder` would.
    """
    place = _place(target, marker, replace=True)
    try:
        Path(tempfile.mkdtemp(prefix=".probe.", dir=[place, *_absent_parents(place)][-1].parent)).rmdir()
    except OSError as error:
        raise unwritable(target, error) from error


def _place(target: Path, marker: str, replace: bool) -> Path:
    """Return where the folder will really stand, links followed, if it may be made or replaced there."""
    try:
        place = target.resolve()
        _refuse_names(place)
        _refuse_foreign(target, place, marker, replace)
    except RuntimeError as error:  # links in a circle, before Python 3.13
        raise unwritable(target, _said(errno.ELOOP)) from error
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise unwritable(target, error) from error
    return place


def _said(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def _refuse_names(place: Path) -> None:
    if any(len(os.fsencode(part)) > _LONGEST_NAME for part in place.parts):
        raise _said(errno.ENAMETOOLONG)


def _absent_parents(place: Path) -> list[Path]:
    """Return the folders above ``place`` that do not exist yet, the innermost first."""
    return [parent for parent in place.parents if not parent.exists()]


def _renamed(problems: Iterable[Problem], staging: str, target: str) -> list[Problem]:
    """Name the folder that was asked for, not the one that is gone when the message is read."""
    return [dataclasses.replace(problem, where=problem.where.replace(staging, target)) for problem in problems]


def full(folder: Path) -> OSError | None:
    """Return the error of a full disk if the disk of a folder is full; libraries do not always say so."""
    return _said(errno.ENOSPC) if shutil.disk_usage(folder).free < _HARDLY_ANYTHING else None


def unwritable(target: Path, error: OSError) -> OutputError:
    """Say in words why ``target`` cannot be written."""
    what, mend = _ADVICE.get(error.errno or 0, ("the output cannot be written", "Choose another folder with --out."))
    shown = str(target) if len(str(target)) <= _PATH_SHOWN else f"{str(target)[: _PATH_SHOWN - 1]}…"
    return OutputError(Problem(shown, what, found=error.strerror or str(error), mend=mend))


def _refuse_foreign(target: Path, place: Path, marker: str, replace: bool) -> None:
    here = Path.cwd()
    if place == here or place in here.parents:
        mend = "Name a folder inside it."
        raise OutputError(Problem(str(target), "the folder is the one you are in, or holds it", mend=mend))
    for _ in range(_TRIES):
        seen = _identity(place)
        try:
            why = None if seen is None else _foreign(target, place, marker, replace)
        except FileNotFoundError:
            continue  # another run is just replacing it
        if why is None:
            return
        if _identity(place) == seen:
            raise why
    raise _said(errno.EBUSY)


def _identity(place: Path) -> tuple[int, int] | None:
    """Tell apart what stands in a place from what stands there later; None where nothing does."""
    try:
        found = place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def _foreign(target: Path, place: Path, marker: str, replace: bool) -> OSError | None:
    """Return why what stands in a place may not be replaced."""
    if not place.is_dir():
        return OutputError(
            Problem(str(target), "there is a file where the folder should go", mend="Choose another folder.")
        )
    if place.is_mount():
        return _said(errno.EBUSY)
    ours = (place / marker).is_file()
    if not ours and any(place.iterdir()):
        return OutputError(
            Problem(
                str(target),
                "the folder holds something else, and would be lost",
                expected=f"an empty folder, or one that holds {marker}",
                mend="Choose another folder, or empty this one yourself.",
            )
        )
    if ours and not replace:
        return OutputError(Problem(str(target), "the folder exists already", mend="Choose another folder."))
    return None


def _swap(staging: Path, place: Path) -> None:
    """Put a folder in its place; of two runs that finish at once the later one stays, whole."""
    old = staging.with_suffix(".old")
    for _ in range(_TRIES):
        if place.exists():
            try:
                place.rename(old)
            except FileNotFoundError:
                continue  # another run is just replacing it
        try:
            staging.rename(place)
        except BaseException as error:
            taken = isinstance(error, OSError) and error.errno in (errno.ENOTEMPTY, errno.EEXIST) and place.exists()
            if old.exists() and not place.exists():
                old.rename(place)
            shutil.rmtree(old, ignore_errors=True)
            if taken:
                continue  # another run was there first
            raise
        shutil.rmtree(old, ignore_errors=True)
        return
    raise _said(errno.ENOTEMPTY)
