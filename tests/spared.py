"""Which tests are spared the counting of lines, chosen from one run in which all that may be counted are.

``make spared`` writes ``spared.txt``, which :mod:`tests.conftest` reads. Counting makes a test nearly twice as dear, and
most of what the dear ones run through, cheap ones have run through before. A test that is not in the list is counted, so
a new or renamed one loses nothing.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

LIST = Path(__file__).with_name("spared.txt")
HEAD = "# Tests whose lines others run through: made by `make spared`.\n"
CHEAP = 0.1
"""Seconds up to which it is not worth while to spare a test: all of these are counted."""
LEFT = 0.04
"""Share of all steps from line to line that may go uncounted: the gate of 92 % keeps its room."""


def spared() -> frozenset[str]:
    """Names of the tests that are spared, each with all its parameters."""
    return frozenset(LIST.read_text(encoding="utf-8").splitlines()) if LIST.is_file() else frozenset()


def chosen(steps: Mapping[str, set[int]], seconds: Mapping[str, float]) -> list[str]:
    """Name whom to spare: of the dear tests, those that add most for their time are counted until enough is."""
    known: set[int] = set().union(*(own for name, own in steps.items() if seconds.get(name, 0.0) <= CHEAP))
    left = {name: steps[name] - known for name in sorted(steps) if seconds.get(name, 0.0) > CHEAP}
    most = LEFT * len(known.union(*left.values()))
    while len(set().union(*left.values())) > most:
        best = max(left, key=lambda name: len(left[name]) / seconds[name])
        taken = left.pop(best)
        for rest in left.values():
            rest.difference_update(taken)
    return sorted(left)


def counted(folder: Path, tests: list[str]) -> tuple[dict[str, set[int]], Counter[str]]:
    """Run the tests, all counted; steps from line to line that each takes, and its seconds."""
    environment = {**os.environ, "COVERAGE_FILE": str(folder / "lines"), "WORKBENCH_TESTS": "counted"}
    options = [
        "--cov",
        "--cov-report=",
        "--cov-context=test",
        f"--junitxml={folder / 'times.xml'}",
        "--cov-fail-under=0",
    ]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", *options, *tests], env=environment, check=True
    )
    seconds, steps, number = Counter[str](), defaultdict[str, set[int]](set), dict[tuple[int, int, int], int]()
    for case in ET.parse(folder / "times.xml").iter("testcase"):
        name = f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name'].split('[')[0]}"
        seconds[name] += float(case.attrib["time"])
    with sqlite3.connect(folder / "lines") as base:
        rows = "SELECT context, file_id, fromno, tono FROM arc JOIN context ON context.id = context_id"
        for context, *step in base.execute(rows):
            steps[context.rpartition("|")[0].split("[")[0]].add(number.setdefault(tuple(step), len(number)))
    imports = steps.pop("", set())
    return {name: own - imports for name, own in steps.items()}, seconds


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        names = chosen(*counted(Path(scratch), sys.argv[1:]))
    LIST.write_text(HEAD + "".join(f"{name}\n" for name in names), encoding="utf-8")
    print(f"{len(names)} tests are spared")
