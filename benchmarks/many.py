"""Many variants, and many districts: what Dask and a second worker are worth, and what a province takes.

Wall time, because it is the cores that are asked about: on a quiet machine of two. Each call is the command line in
processes of its own, without a cache of its user.

``python -m benchmarks.many rows.json plot.png`` draws time and memory against communities from ``--json`` of a run.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.clock import Row
from workbench.cache import Cache
from workbench.cluster import RECORD, Outputs
from workbench.processes import RARELY
from workbench.scenario import load_scenario
from workbench.study import run_study

ROOT = Path(__file__).parents[1]
EMBEDDED = ROOT / "geodata" / "x-district"
_COMMUNITIES = (33, 100, 300, 1_000, 3_000)
_LOOK_S = 0.25  # between two looks at the memory
_TURNS = 3  # a machine is not as quick at all times

_VARIANT = """\
extends: {root}/scenarios/baseline.yaml
name: variant
siting: {{goal: max_cover, stations: 3, candidates: {{sources: [ledger], opens: post}}}}
"""
_PLAIN = """\
extends: {root}/scenarios/baseline.yaml
name: plain
robustness: {{draws: 20}}
"""


@dataclass(frozen=True)
class Spent:
    """What a call took: wall and processor time, and memory of all its processes at their height."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def called(*words: str, cwd: Path) -> Spent:
    """Call the command line; measure it and all that it starts."""
    import psutil

    environment = {**os.environ, "PYTHONPATH": str(ROOT), "WORKBENCH_CACHE": ""}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", *words], cwd=cwd, env=environment, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    peak, own = 0, psutil.Process(process.pid)
    while process.poll() is None:
        held = 0
        with contextlib.suppress(psutil.Error):
            for one in (own, *own.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    held += one.memory_info().rss
        peak = max(peak, held)
        time.sleep(_LOOK_S)
    wall = time.perf_counter() - begun
    _, said = process.communicate()
    if process.returncode:
        raise RuntimeError(f"workbench {' '.join(words)}: {said[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak / 1e6)


def many_races(quick: bool) -> Iterator[Row]:
    """Race variants, then districts."""
    with tempfile.TemporaryDirectory(prefix="many-") as folder:
        place = Path(folder)
        for name, text in (("variant", _VARIANT), ("plain", _PLAIN)):
            (place / f"{name}.yaml").write_text(text.format(root=ROOT), encoding="utf-8")
        called("synthesize", "--communities", "1", "--out", "one", cwd=place)
        yield from variants(place, place / "one" if quick else EMBEDDED, 4 if quick else 100, 2 if quick else 5)
        yield overhead(place, 3 if quick else 10)
        for communities in _COMMUNITIES[:1] if quick else _COMMUNITIES:
            yield from province(place, 1 if quick else communities)


def variants(place: Path, ground: Path, count: int, sampled: int) -> Iterator[Row]:
    """Run a sweep of siting on two workers, on one, and some of its cells alone."""
    task = f"{count} variants of siting"
    sweep = ",".join(str(number) for number in range(1, count + 1))
    common = ("variant.yaml", "--district", str(ground), "--no-figures", "--no-cache")

    def swept(workers: int) -> Spent:
        words = ("--sweep", f"siting.stations={sweep}", "--workers", str(workers), "--again", "--out", "cells")
        return called("run", *common, *words, cwd=place)

    two, one = swept(2), swept(1)
    alone = [
        called("run", *common, "--set", f"siting.stations={number}", "--out", "alone", cwd=place).wall_s
        for number in [1 + k * (count - 1) // max(1, sampled - 1) for k in range(sampled)]
    ]
    single = statistics.median(alone) * count
    yield Row(task, "**two workers**", two.wall_s, 1.0, note=f"wall; {two.peak_mb:,.0f} MB")
    yield Row(task, "one worker", one.wall_s, one.wall_s / two.wall_s, note=f"wall; {one.peak_mb:,.0f} MB")
    yield Row(task, "single runs", single, single / two.wall_s, note=f"wall; median of {sampled}, times {count}")


def overhead(place: Path, count: int) -> Row:
    """Say what a cell costs beside what its work costs: cells on one worker, then the same in this process, in turn."""
    titles = [f"t{number}" for number in range(count)]
    swept = ("--sweep", f"title={','.join(titles)}", "--workers", "1", "--again", "--no-figures", "--no-cache")
    cache, engine, work = Cache(place / "stages"), [], []
    gc.set_threshold(RARELY)  # as a worker has it
    for _ in range(_TURNS):
        called("run", "plain.yaml", "--district", "one", *swept, "--out", "titles", cwd=place)
        ended = sorted(path.stat().st_mtime for path in (place / "titles").glob(f"*/{RECORD}"))
        engine += [after - before for before, after in pairwise(ended)]
        for title in titles:
            intent = load_scenario(place / "plain.yaml", settings={"title": title})
            begun = time.perf_counter()
            Outputs("none").write(place / "same", run_study(intent, place / "one", cache=cache), workers=1)
            work.append(time.perf_counter() - begun)
    cell, alone = statistics.median(engine), statistics.median(work)
    note = f"wall; medians: {cell * 1e3:.0f} ms a cell on the engine, {alone * 1e3:.0f} ms of work"
    return Row("a cell more", "**overhead**", max(0.0, cell - alone), note=note)


def province(place: Path, communities: int) -> Iterator[Row]:
    """Make a province and measure it: coverage with standards, every study of the baseline, and the report."""
    folder = f"province-{communities}"
    made = called("synthesize", "--tiles", "--communities", str(communities), "--out", folder, cwd=place)
    tiles = sorted((place / folder).iterdir())
    asked = [word for tile in tiles for word in ("--district", str(tile))]
    words = ("--workers", "2", "--no-figures", "--no-cache", "--again", "--out", f"{folder}-out")
    ran = called("run", str(ROOT / "scenarios" / "baseline.yaml"), *asked, *words, cwd=place)
    task = f"{communities:,} communities"
    for contender, spent in (("tiles made", made), ("**measured, two workers**", ran)):
        note = f"wall; {spent.cpu_s:,.0f} s of processors; {spent.peak_mb:.0f} MB at the height; {len(tiles)} districts"
        yield Row(task, contender, spent.wall_s, note=note)


def draw(rows: list[dict[str, object]], path: Path) -> None:
    """Plot time and memory against communities, both logarithmic, with a line of slope one."""
    import re

    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for contender in ("tiles made", "**measured, two workers**"):
        own = [row for row in rows if row["contender"] == contender]
        size = [int(str(row["task"]).split()[0].replace(",", "")) for row in own]
        wall = [float(str(row["seconds"])) for row in own]
        peak = [float(re.search(r"(\d+) MB", str(row["note"]))[1]) for row in own]  # type: ignore[index]
        for ax, numbers in zip(axes, (wall, peak), strict=True):
            ax.loglog(size, numbers, "o-", label=contender.strip("*"))
    for ax, label in zip(axes, ("wall seconds", "MB at the height"), strict=True):
        ax.set_xlabel("communities")
        ax.set_ylabel(label)
        ax.grid(alpha=0.3)
    axes[0].loglog(size, [wall[0] * n / size[0] for n in size], ":", color="grey", label="linear")
    axes[0].legend()
    figure.savefig(path)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["many"]["rows"], Path(sys.argv[2]))
