"""Ctrl-C while a solver runs: a wish to stop in good order, not an exception out of the middle."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import ClassVar


class Interrupt:
    """Remembers that somebody pressed Ctrl-C."""

    heard: ClassVar[int] = 0
    """How often that was, in this process."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        """Note it, so that the running step can stop in good order."""
        self.asked = True
        Interrupt.heard += 1


@contextmanager
def heeded_interrupt() -> Iterator[Interrupt]:
    """Turn Ctrl-C into a flag while a solver runs; outside the main thread nothing changes.

    Yields
    ------
    Interrupt
        ``asked`` is True once Ctrl-C was pressed.
    """
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
