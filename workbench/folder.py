"""Output folders that are complete or not there at all."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import OutputError, Problem

_ADVICE = {
    errno.ENOSPC: ("the disk is full", "Free some space, or choose another disk with --out."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space, or choose another disk with --out."),
    errno.EACCES: ("the folder may not be written", "Choose a folder that belongs to you with --out."),
    errno.EPERM: ("the folder may not be written", "Choose a folder that belongs to you with --out."),
    errno.EROFS: ("the disk is read-only", "Choose another disk with --out."),
    errno.ENOTDIR: ("a part of the path is a file", "Choose another folder with --out."),
    errno.EEXIST: ("a part of the path is a file", "Choose another folder with --out."),
}


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
    _refuse_foreign(target, marker, replace)
    staging: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
        staging.chmod(0o755)
        yield staging
        _swap(staging, target)
    except OSError as error:
        if isinstance(error, OutputError) or error.errno is None:
            raise
        raise unwritable(target, error) from error
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)


def check_target(target: Path, *, marker: str) -> None:
    """Find out before long work whether its output folder could be written.

    Raises
    ------
    OutputError
        As :func:`staged_folder` would.
    """
    _refuse_foreign(target, marker, replace=True)
    place = target
    while not place.exists():
        place = place.parent
    try:
        Path(
            tempfile.mkdtemp(prefix=".probe.", dir=place if place.is_dir() and place != target else target.parent)
        ).rmdir()
    except OSError as error:
        raise unwritable(target, error) from error


def unwritable(target: Path, error: OSError) -> OutputError:
    """Say in words why ``target`` cannot be written."""
    what, mend = _ADVICE.get(error.errno or 0, ("the output cannot be written", "Choose another folder with --out."))
    return OutputError(Problem(str(target), what, found=error.strerror or str(error), mend=mend))


def _refuse_foreign(target: Path, marker: str, replace: bool) -> None:
    try:
        if not target.exists():
            return
        if not target.is_dir():
            raise OutputError(
                Problem(str(target), "there is a file where the folder should go", mend="Choose another folder.")
            )
        foreign = any(target.iterdir()) and not (target / marker).is_file()
    except PermissionError as error:
        raise unwritable(target, error) from error
    if foreign:
        raise OutputError(
            Problem(
                str(target),
                "the folder holds something else, and would be lost",
                expected=f"an empty folder, or one that holds {marker}",
                mend="Choose another folder, or empty this one yourself.",
            )
        )
    if not replace and (target / marker).is_file():
        raise OutputError(Problem(str(target), "the folder exists already", mend="Choose another folder."))


def _swap(staging: Path, target: Path) -> None:
    if not target.exists():
        staging.rename(target)
        return
    old = target.with_name(f".{target.name}.{staging.name.strip('.').split('.')[-2]}.old")
    target.rename(old)
    try:
        staging.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
