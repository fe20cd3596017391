"""Measuring: processor time, memory, and a table of what came out."""

from __future__ import annotations

import ctypes
import gc
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """One contender at one task.

    Parameters
    ----------
    task
        What was asked, with its size.
    contender
        Who answered.
    seconds
        Processor time, median of the repeats; None if there was no race.
    ratio
        ``seconds`` over those of this project at the same task; None where it is no race.
    equal
        Whether the answers agree to the last bit; None where there is nothing to compare.
    note
        What else must be said: sampled, build time, memory.
    """

    task: str
    contender: str
    seconds: float | None
    ratio: float | None = None
    equal: bool | None = None
    note: str = ""

    def record(self) -> dict[str, Any]:
        """Give the row as plain values, for JSON."""
        return asdict(self)


def cpu(work: Callable[[], object], repeats: int = 7, warm: bool = True) -> float:
    """Median processor time of a call, in seconds.

    Processor time, because the machine may be shared; median, because it may be busy.
    """
    return race({"": work}, repeats, warm)[""]


def race(
    contenders: Mapping[str, Callable[[], object]], repeats: int = 7, warm: bool = True, collecting: bool = False
) -> dict[str, float]:
    """Median processor times of several calls that take turns, so that a busy moment hits all alike.

    Garbage is collected before and not meanwhile, which favours who makes many objects; with ``collecting``
    it is collected as in anybody's script.
    """
    if warm:
        for work in contenders.values():
            work()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    gc.collect()
    if not collecting:
        gc.disable()
    try:
        for _ in range(repeats):
            for name, work in contenders.items():
                times[name].append(spent(work))
    finally:
        gc.enable()
    return {name: statistics.median(each) for name, each in times.items()}


def spent(work: Callable[[], object]) -> float:
    """Processor time of a single call, in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def peak_bytes(work: Callable[[], object]) -> int:
    """Memory that a call needs at its height beyond what was held before (Linux; elsewhere 0)."""
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not status.exists():
        return 0
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)  # what was freed before must not hide what is taken now
        reset.write_text("5")
    except (OSError, AttributeError):
        return 0
    before = _status(status, "VmRSS")
    work()
    return max(0, _status(status, "VmHWM") - before)


def _status(path: Path, key: str) -> int:
    line = next(line for line in path.read_text().splitlines() if line.startswith(key))
    return int(line.split()[1]) * 1024


def markdown(rows: Iterable[Row]) -> str:
    """Lay rows out as a Markdown table."""
    lines = ["| task | contender | CPU ms | ratio | equal | note |", "|---|---|--:|--:|---|---|"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:,.2f}" if row.ratio < 100 else f"{row.ratio:,.0f}"
        equal = {None: "", True: "yes", False: "**no**"}[row.equal]
        time_ms = "–" if row.seconds is None else f"{row.seconds * 1e3:,.{3 if row.seconds < 1e-3 else 1}f}"
        lines.append(f"| {row.task} | {row.contender} | {time_ms} | {ratio} | {equal} | {row.note} |")
    return "\n".join(lines) + "\n"
