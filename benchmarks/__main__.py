"""Run benchmarks: ``python -m benchmarks [--only reach,places] [--quick] [--out PAGE] [--json FILE]``.

With ``--out benchmarks/README.md`` each section replaces its own part of that page as soon as it is done; the
others, and what is written by hand above them, stay.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks import page
from benchmarks.clock import Row, markdown
from benchmarks.goals import judged
from benchmarks.sections import SECTIONS, Section


def run(section: Section, quick: bool, show: bool = True) -> list[Row]:
    """Run one section; print each row when it is there."""
    rows = []
    for row in section.race(quick):
        if show:
            print(markdown([row]).splitlines()[-1], flush=True)
        rows.append(row)
    return rows


def main(words: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="This project beside its peers.")
    parser.add_argument("--only", type=_chosen, default=SECTIONS, help="sections: " + ",".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="the smallest sizes, the fastest peers")
    parser.add_argument("--out", type=Path, help="put the sections into this page (Markdown)")
    parser.add_argument("--json", type=Path, help="put the rows into this file")
    options = parser.parse_args(words)
    for key in options.only:
        section, when = SECTIONS[key], page.stamp(options.quick)
        print(f"\n{section.title} · {when}", flush=True)
        rows = run(section, options.quick)
        text = page.block(section.title, section.about, when, rows, section.goals)
        if options.out:
            page.write(options.out, key, text)
        if options.json:
            page.record(options.json, key, when, rows)
        print("\n" + judged(section.goals, rows), flush=True)


def _chosen(words: str) -> list[str]:
    keys = [word.strip() for word in words.split(",")]
    unknown = [key for key in keys if key not in SECTIONS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no section {', '.join(unknown)}: there are {', '.join(SECTIONS)}")
    return keys


if __name__ == "__main__":
    main()
