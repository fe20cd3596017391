"""Mutants of every kind of file that the workbench reads: each is refused in words or read right.

``python -m tests.fuzz --mutants 12000 --seed 1`` (``make fuzz``) makes small sound files, changes them in one to
three places and reads them as a planner's run does. A mutant is *bad* when reading ends in a traceback, a crash, a
hang or with more memory than a small file may take, or when an independent plain reading of the same file finds rows
that the workbench neither has nor mentions. Mutant ``i`` of a format depends on seed, format and ``i`` alone:
``--format csv --only 812 --keep FOLDER`` makes it again.

Reading runs in processes of its own, which are replaced now and then and when one hangs or dies.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests import mutants
from workbench.catalogue.terms import printable
from workbench.errors import WorkbenchError

SECONDS = 30  # of processor time, for one small file
MEGABYTES = 500  # on top of what the process holds
SILENCE = 10 * SECONDS  # of the clock: a hang inside a library that no signal reaches
SHARE = 1500  # mutants that one process reads
WHOLE = 32  # of so many mutants that pass their reader, one goes on through the gate, to disk and back
BAD = ("traceback", "loss", "hang", "memory", "crash")


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant."""

    number: int
    kind: str
    words: str = ""
    megabytes: float = 0.0


@dataclass
class Tally:
    """What became of the mutants of one format."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    bad: list[Outcome] = field(default_factory=list)
    most: float = 0.0
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        self.counts[outcome.kind] += 1
        self.most = max(self.most, outcome.megabytes)
        if outcome.kind in BAD:
            self.bad.append(outcome)

    def row(self) -> str:
        """Return a line of the report."""
        count = self.counts
        return (
            f"{self.name:<10}{count.total():>8,}{count['refused']:>9,}{count['accepted']:>9,}"
            + "".join(f"{count[kind]:>10,}" for kind in BAD)
            + f"{self.most:>8.0f} MB{self.seconds:>8.0f} s"
        )


HEAD = (
    f"{'format':<10}{'mutants':>8}{'refused':>9}{'accepted':>9}"
    + "".join(f"{k:>10}" for k in BAD)
    + "       peak    time"
)


def judged(case: mutants.Case, folder: Path, number: int, seed: int) -> Outcome:
    """Make one mutant and read it."""
    here = folder / "mutant"
    shutil.rmtree(here, ignore_errors=True)
    shutil.copytree(case.folder, here)
    chance = random.Random(f"{seed}/{case.name}/{number}")
    case.mutate(here, chance)
    held = _resident()
    before = _peak()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            told = case.read(here, whole=number % WHOLE == 0)
        kind, words = "accepted", _lost(case, here, told)
        if words:
            kind = "loss"
    except WorkbenchError as error:
        kind, words = "refused", printable(str(error), lines=True)  # as the command line prints it
        if not words.strip():
            kind, words = "traceback", f"{type(error).__name__} without a word"
    except _TooLong:
        kind, words = "hang", f"more than {SECONDS} s"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        kind, words = "traceback", _trace(error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    after = _peak()
    grown = max(after - held, 0.0) if after > before else 0.0
    if grown > MEGABYTES and kind in ("accepted", "refused"):
        kind, words = "memory", f"{grown:.0f} MB; {words}"
    return Outcome(number, kind, words[:600], grown)


def _lost(case: mutants.Case, here: Path, told: dict[str, int]) -> str:
    with contextlib.suppress(Exception):  # what cannot be read plainly cannot be compared
        plain = case.plain(here)
        lost = {name: (count, told.get(name, 0)) for name, count in plain.items() if told.get(name, 0) < count}
        return ", ".join(f"{name}: {held} held, {came} told" for name, (held, came) in lost.items())
    return ""


class _TooLong(BaseException):
    """Raised by the clock; no reader may take it for an error of its own."""


def _stop(*_: object) -> None:
    raise _TooLong


@contextlib.contextmanager
def clocked() -> Iterator[None]:
    """Let the clock stop what takes too long."""
    before = signal.signal(signal.SIGPROF, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGPROF, before)


def _trace(error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/workbench/" in f.filename]
    place = f"{frames[-1].filename.rsplit('/workbench/')[-1]}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} at {place}: {str(error)!r:.300}"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    return pages * resource.getpagesize() / 1e6 or _peak()


def work(name: str, numbers: Iterable[int], seed: int, keep: Path | None = None) -> Iterator[Outcome]:
    """Make and read mutants of one format, in this process."""
    with clocked(), tempfile.TemporaryDirectory() as folder:
        case = mutants.case(name, Path(folder) / "sound")
        told = case.read(case.folder, whole=True)  # the file itself is sound, and libraries are warm
        assert case.plain(case.folder).items() <= told.items(), "the plain reader counts otherwise"
        for number in numbers:
            yield judged(case, Path(folder), number, seed)
            if keep is not None:
                shutil.copytree(Path(folder) / "mutant", keep, dirs_exist_ok=True)


def share(name: str, start: int, stop: int, seed: int) -> Iterator[Outcome]:
    """Have a process read mutants ``start`` … ``stop``; go on in another one where it hangs or dies."""
    while start < stop:
        command = [sys.executable, "-m", "tests.fuzz", "--worker", name, str(start), str(stop), "--seed", str(seed)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            for line in _lines(process):
                outcome = Outcome(**json.loads(line))
                yield outcome
                start = outcome.number + 1
            hangs = process.poll() is None
            process.kill()
            last = process.stderr.read().decode(errors="replace").strip().rsplit("\n", 1)[-1]
        if start < stop:
            words = f"silent for {SILENCE} s" if hangs else f"exit code {process.returncode}: {last}"
            yield Outcome(start, "hang" if hangs else "crash", words)
            start += 1


def _lines(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    assert process.stdout is not None
    while select.select([process.stdout], [], [], SILENCE)[0]:
        line = process.stdout.readline()
        if not line:
            process.wait()
            return
        yield line


def run(names: Sequence[str], count: int, seed: int, workers: int = 2) -> list[Tally]:
    """Read ``count`` mutants of each format, and tell as it goes on."""
    tallies = []
    for name in names:
        tally, begin = Tally(name), time.monotonic()
        parts = [(start, min(start + SHARE, count)) for start in range(0, count, SHARE)]
        with ThreadPoolExecutor(workers) as pool:
            for outcomes in pool.map(lambda part, name=name: list(share(name, *part, seed)), parts):
                for outcome in outcomes:
                    tally.add(outcome)
        tally.seconds = time.monotonic() - begin
        tallies.append(tally)
    return tallies


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; exit code 1 when a mutant is bad."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--mutants", type=int, default=12_000, help="mutants of each format")
    parser.add_argument("--format", action="append", choices=mutants.FORMATS, help="only this; may be repeated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", type=int, help="this mutant alone, in this process")
    parser.add_argument("--keep", type=Path, help="with --only: copy the mutant into this folder")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.worker:
        name, start, stop = asked.worker
        for outcome in work(name, range(int(start), int(stop)), asked.seed):
            print(json.dumps(vars(outcome)), flush=True)
        return 0
    names = asked.format or list(mutants.FORMATS)
    if asked.only is not None:
        found = [outcome for name in names for outcome in work(name, [asked.only], asked.seed, asked.keep)]
        print(*found, sep="\n")
        return int(any(outcome.kind in BAD for outcome in found))
    print(HEAD)
    bad = 0
    for name in names:
        (tally,) = run([name], asked.mutants, asked.seed, asked.workers)
        print(tally.row(), flush=True)
        kinds = Counter(f"{o.kind}: {o.words.split(': ')[0]}" for o in tally.bad)
        first = {f"{o.kind}: {o.words.split(': ')[0]}": o for o in reversed(tally.bad)}
        for kind, times in kinds.most_common():
            print(f"    {times:>6,} × {first[kind].kind}, mutant {first[kind].number}: {first[kind].words:.300}")
        bad += len(tally.bad)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
