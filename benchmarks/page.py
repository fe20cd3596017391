"""The page of results: sections between markers, each replaced without touching the others."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from benchmarks.clock import Row, markdown
from benchmarks.goals import Goal, judged

TOLD = ("numpy", "scipy", "numba", "osmium", "networkx", "osmnx", "rustworkx", "pandana", "pyogrio")


def stamp(quick: bool) -> str:
    """Say when, on what, and with which versions; how busy the machine was, too."""
    day = time.strftime("%Y-%m-%d")
    load = f", load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    machine = f"{_processor()}, {os.cpu_count()} cores, {platform.system()}{load}"
    versions = ", ".join([f"Python {platform.python_version()}", *_versions()])
    return f"{day} · {machine} · {versions}" + (" · quick sizes" if quick else "")


def block(title: str, about: str, when: str, rows: list[Row], goals: Iterable[Goal]) -> str:
    """Lay one section out: heading, what it is about, when it was run, goals, table."""
    parts = [f"## {title}", about, when, judged(goals, rows).strip(), markdown(rows).strip()]
    return "\n\n".join(part for part in parts if part)


def merged(page: str, key: str, text: str) -> str:
    """Put a section into a page: in place of the one of the same key, or at the end.

    Raises
    ------
    ValueError
        If a marker stands without its other half.
    """
    begin, end = f"<!-- begin {key} -->", f"<!-- end {key} -->"
    fresh = f"{begin}\n{text}\n{end}"
    if (begin in page) != (end in page):
        raise ValueError(f"the page has only one of {begin} and {end}")
    if begin not in page:
        return (page.rstrip() + "\n\n" if page.strip() else "") + fresh + "\n"
    before, rest = page.split(begin, 1)
    return before + fresh + rest.split(end, 1)[1]


def write(path: Path, key: str, text: str) -> None:
    """Put a section into the page at ``path``, which need not exist."""
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(merged(page, key, text), encoding="utf-8")


def record(path: Path, key: str, when: str, rows: Iterable[Row]) -> None:
    """Put the rows of a section into a JSON file, which need not exist."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known[key] = {"when": when, "rows": [row.record() for row in rows]}
    path.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":", 1)[1].strip() for line in names if line.startswith("model name")), platform.machine())


def _versions() -> list[str]:
    found = []
    for name in TOLD:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"no {name}")
    return found
