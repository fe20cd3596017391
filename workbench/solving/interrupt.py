"""Ctrl-C while a solver runs: a wish to stop in good order, not an exception out of the middle."""

from __future__ import annotations

import mmap
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import ClassVar


class Interrupt:
    """Remembers that somebody pressed Ctrl-C; processes that are forked from this one see it too."""

    heard: ClassVar[int] = 0
    """How often that was, in this process."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 1)

    @property
    def asked(self) -> bool:
        """Whether to stop."""
        return self._shared[0] != 0

    @asked.setter
    def asked(self, stop: bool) -> None:
        self._shared[0] = stop

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        """Note it, so that the running step can stop in good order."""
        self.asked = True
        Interrupt.heard += 1


_THREAD = threading.local()


@contextmanager
def stopped_by(interrupt: Interrupt) -> Iterator[None]:
    """Let what is solved inside this, in this thread, end in good order as soon as somebody else asks for it.

    Parameters
    ----------
    interrupt
        ``asked`` is set by whoever wants to stop, from any thread.
    """
    before = getattr(_THREAD, "interrupt", None)
    _THREAD.interrupt = interrupt
    try:
        yield
    finally:
        _THREAD.interrupt = before


@contextmanager
def heeded_interrupt() -> Iterator[Interrupt]:
    """Turn Ctrl-C into a flag while a solver runs; in another thread only who :func:`stopped_by` names stops it.

    Yields
    ------
    Interrupt
        ``asked`` is True once Ctrl-C was pressed.
    """
    given: Interrupt | None = getattr(_THREAD, "interrupt", None)
    if given is not None:
        yield given
        return
    interrupt = Interrupt()
    before = signal.getsignal(signal.SIGINT)
    if isinstance(before, Interrupt):  # an outer step listens already
        yield before
        return
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield interrupt
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
