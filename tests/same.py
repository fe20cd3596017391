"""Nothing changed: every scenario run by two revisions, and all files of their output folders compared byte for byte.

``python -m tests.same --base REVISION`` (``make same BASE=REVISION``) runs each scenario with the code, scenarios and
ground of the revision and with those of the working tree, and compares what they wrote; only ``timings.json`` may
differ. Committed outputs of notebooks are compared as well. A scenario that the revision refuses, for want of data that
are not part of the project, is named and left out, as is one that the revision has not. What the revision wrote is kept
under ``output/same/<commit>`` for the next time, or in another folder with ``--keep FOLDER``.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openpyxl

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "output" / "same"
MAY_DIFFER = {"timings.json"}
TOLD = 5  # differences of one file that are printed


def differences(before: Path, after: Path) -> dict[str, list[str]]:
    """Return the files of two folders that are not the same bytes, and where they differ.

    Returns
    -------
    dict of str to list of str
        By path within the folders; the first few places of texts, JSON and workbooks, nothing for other files.
    """
    names = {str(path.relative_to(root)) for root in (before, after) for path in root.rglob("*") if path.is_file()}
    found = {}
    for name in sorted(names - MAY_DIFFER):
        old, new = before / name, after / name
        if not old.exists() or not new.exists():
            found[name] = ["only before" if old.exists() else "only after"]
        elif old.read_bytes() != new.read_bytes():
            found[name] = list(itertools.islice(_places(old, new), TOLD))
    return found


def notebook_differences(before: str, after: str) -> list[str]:
    """Say which cells of two notebooks hold other outputs, or another source than other imports."""
    cells = [json.loads(text)["cells"] for text in (before, after)]
    if len(cells[0]) != len(cells[1]):
        return [f"{len(cells[0])} cells → {len(cells[1])}"]
    found = []
    for number, (old, new) in enumerate(zip(*cells, strict=True), 1):
        if old.get("outputs") != new.get("outputs"):
            found.append(f"cell {number}: outputs")
        if _plain(old) != _plain(new):
            found.append(f"cell {number}: source")
    return found


def _plain(cell: dict[str, Any]) -> list[str]:
    return [line.strip() for line in "".join(cell["source"]).splitlines() if not line.startswith(("from ", "import "))]


def _places(old: Path, new: Path) -> Iterator[str]:
    """Yield where two files differ: keys of JSON, cells of workbooks, lines of text."""
    if old.suffix in (".json", ".geojson"):
        one, two = (dict(_leaves(json.loads(path.read_text(encoding="utf-8")))) for path in (old, new))
        for key in dict.fromkeys([*one, *two]):
            if one.get(key) != two.get(key):
                yield f"{key}: {one.get(key)!r} → {two.get(key)!r}"
        if list(one) != list(two):
            yield "another order of keys"
    elif old.suffix == ".xlsx":
        one, two = _cells(old), _cells(new)
        for key in dict.fromkeys([*one, *two]):
            if one.get(key) != two.get(key):
                yield f"{key}: {one.get(key)!r} → {two.get(key)!r}"
    elif old.suffix in (".csv", ".yaml", ".md", ".txt", ".html", ".ics"):
        lines = [path.read_text(encoding="utf-8", errors="replace").splitlines() for path in (old, new)]
        for number, (a, b) in enumerate(itertools.zip_longest(*lines, fillvalue=""), 1):
            if a != b:
                yield f"line {number}: {a[:120]} → {b[:120]}"


def _leaves(node: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a JSON document with their keys; rows that have a key of their own are called by it."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _leaves(value, f"{key}.{name}" if key else name)
    elif isinstance(node, list):
        for number, value in enumerate(node):
            name = str(value.get("key", number)) if isinstance(value, dict) else str(number)
            yield from _leaves(value, f"{key}[{number}:{name}]" if name != str(number) else f"{key}[{number}]")
    else:
        yield key, node


def _cells(path: Path) -> dict[str, Any]:
    book = openpyxl.load_workbook(path)
    return {f"{sheet.title}!{cell.coordinate}": cell.value for sheet in book for row in sheet.rows for cell in row}


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=True).stdout


def _tree(commit: str, keep: Path) -> Path:
    """Unpack a revision, once."""
    tree = keep / commit / "tree"
    if not tree.exists():
        staging = tree.with_name("tree.part")
        shutil.rmtree(staging, ignore_errors=True)
        with tarfile.open(fileobj=io.BytesIO(_git("archive", commit))) as archive:
            archive.extractall(staging, filter="data")
        staging.rename(tree)
    return tree


def _run(root: Path, scenario: str, out: Path) -> str:
    """Run a scenario of a tree with that tree's code, unless it was; return the first line of its refusal."""
    if out.exists():
        return ""
    shared = os.environ.get("WORKBENCH_SHARED_DATA") or str(ROOT.parent / "shared" / "data")
    every = ["--figures", "all", "--svg"]
    if "--svg" not in (root / "workbench" / "cli.py").read_text(encoding="utf-8"):
        every = []  # a tree of before, which draws all
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "run", f"scenarios/{scenario}.yaml", "--out", str(out), *every],
        cwd=root,
        env={
            **os.environ,
            "PYTHONPATH": str(root),
            "WORKBENCH_SHARED_DATA": shared,
            "NO_COLOR": "1",
            "WORKBENCH_CACHE": "",
        },
        capture_output=True,
        text=True,
    )
    words = (done.stderr + done.stdout).strip().splitlines()
    return "" if done.returncode == 0 else next((line for line in words if "error" in line), "it stopped")


def _compared(base: Path, scenario: str, after: Path) -> tuple[str, str, dict[str, list[str]]]:
    before = base.parent / "runs" / scenario
    refusal = _run(base, scenario, before)
    if refusal:
        return scenario, f"left out: {refusal}", {}
    refusal = _run(ROOT, scenario, after / scenario)
    if refusal:
        return scenario, f"REFUSED: {refusal}", {scenario: [refusal]}
    found = differences(before, after / scenario)
    count = sum(path.is_file() and path.name not in MAY_DIFFER for path in before.rglob("*"))
    lost = sum(places != ["only after"] for places in found.values())
    return scenario, f"{count:>5}{count - lost:>7}{len(found):>8}", found


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print a line for each scenario and notebook with what differs, and return 1 if anything does."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.same", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", required=True, help="the revision to compare with")
    parser.add_argument("--only", default="", help="scenarios, by name, with commas between")
    parser.add_argument("--keep", type=Path, default=KEPT, help="the folder in which all that was written stays")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    commit = _git("rev-parse", f"{options.base}^{{commit}}").decode().strip()
    base, after = _tree(commit, options.keep.resolve()), options.keep.resolve() / "now"
    shutil.rmtree(after, ignore_errors=True)
    names, there = ({path.stem for path in (root / "scenarios").glob("*.yaml")} for root in (base, ROOT))
    asked = set(options.only.split(",")) if options.only else names | there
    for name in sorted(asked - names):
        print(f"{name:<22}left out: not in {options.base}")
    print(f"{'scenario':<22}files  equal  differ")
    changed = False
    with ThreadPoolExecutor(options.workers) as pool:
        for scenario, verdict, found in pool.map(lambda name: _compared(base, name, after), sorted(asked & names)):
            print(f"{scenario:<22}{verdict}", flush=True)
            for name, places in found.items():
                print(*[f"    {name}", *(f"        {place}" for place in places)], sep="\n")
            changed |= bool(found)
    before, now = ({path.name: path for path in (root / "notebooks").glob("*.ipynb")} for root in (base, ROOT))
    for name in sorted({*before, *now}):
        if name in before and name in now:
            cells = notebook_differences(before[name].read_text("utf-8"), now[name].read_text("utf-8"))
        else:
            cells = ["only before" if name in before else "only after"]
        print(f"{name:<32}{', '.join(cells) or 'the same'}")
        changed |= bool(cells)
    return int(changed)


if __name__ == "__main__":
    sys.exit(main())
