"""The notebooks of a checkout: run on any scenario and district, and shown as pages that need no network."""

from __future__ import annotations

import ast
import base64
import io
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import nbformat
from jinja2 import Environment
from nbformat import NotebookNode
from PIL import Image

from workbench.cache import user_cache
from workbench.catalogue.terms import printable
from workbench.errors import NotebookError, Problem, unknown
from workbench.folder import put_file, staged_folder, unwritable
from workbench.plot.style import with_palette
from workbench.report.contents import MAPS
from workbench.report.page import PAGE
from workbench.report.run_folder import ANSWER, RECORD
from workbench.scenario import Scenario, load_scenario
from workbench.study import ground_of

READING: Final = "reading"
"""Tag of cells that are true of the scenario and the ground of their notebook alone."""

_TIMEOUT_S = 3600
_QUIET: Final = ("--Application.log_level=ERROR",)  # of the kernel, which would say how it listens
_MOST_SAID = 400  # letters of what a cell failed with


def notebook_paths(folder: Path | None = None) -> dict[str, Path]:
    """Return the notebooks by name.

    Parameters
    ----------
    folder
        Where they are; ``notebooks`` of the checkout that this package lies in when not given.

    Raises
    ------
    NotebookError
        If there are none: an installed package comes without them.
    """
    place = Path(__file__).parents[1] / "notebooks" if folder is None else folder
    found = {path.stem: path for path in sorted(place.glob("*.ipynb"))}
    if not found:
        mend = "They come with the source: run this in a checkout that is installed with pip install --editable."
        raise NotebookError(Problem("notebooks", "there are no notebooks beside this package", mend=mend))
    return found


def run_notebook(
    name: str,
    scenario: Path,
    out: Path,
    *,
    district: Path | None = None,
    html: bool = False,
    folder: Path | None = None,
) -> list[Path]:
    """Run a notebook on a scenario and district of one's own, and write it with what it found.

    Cells that are true of its own scenario and ground alone are left out elsewhere, and the notebook says so.

    Parameters
    ----------
    name
        Name of the notebook, with or without ``.ipynb``.
    scenario
        The scenario file.
    out
        File to write; it is complete or, as before, not there.
    district
        District folder to use instead of the scenario's.
    html
        Write a page beside it as well, which needs no network.
    folder
        Where the notebooks are, as for :func:`notebook_paths`.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    NotebookError
        If there is no such notebook, the scenario lacks a section that it asks for, or a cell fails.
    ScenarioError, GeodataError
        If the scenario or the district is not valid.
    OutputError
        If it cannot be written.
    """
    known, stem = notebook_paths(folder), name.removesuffix(".ipynb")
    if stem not in known:
        raise NotebookError(unknown("notebooks", "notebook", stem, known))
    if out.suffix != ".ipynb":
        raise NotebookError(Problem("--out", "a notebook is written", expected="a file *.ipynb", found=str(out)))
    intent, book = load_scenario(scenario), nbformat.read(known[stem], as_version=4)
    lacking = [need for need in book.metadata.get("workbench", {}).get("needs", ()) if not _says(intent, need)]
    if lacking:
        mend = "Add the section, or take a scenario that has it."
        raise NotebookError(
            Problem(str(scenario), f"the notebook {stem} needs what the scenario does not say", key=need, mend=mend)
            for need in lacking
        )
    book = _given(book, known[stem], intent, scenario, district)
    _executed(book, stem, known[stem].parent)
    written = {out: nbformat.writes(book) + "\n"}
    if html:
        written[out.with_suffix(".html")] = page_of(book, stem)
    for path, text in written.items():
        write_text(path, text)
    return list(written)


def _says(intent: Scenario, key: str) -> bool:
    """Tell whether a scenario says something, by dotted key."""
    found: object = intent
    for part in key.split("."):
        found = getattr(found, part, None)
    return bool(found)


def _given(book: NotebookNode, path: Path, intent: Scenario, scenario: Path, district: Path | None) -> NotebookNode:
    """Return a notebook with another scenario and district in it, without what is true of its own alone."""
    from papermill.parameterize import parameterize_notebook

    given = {"scenario": _from(scenario, path.parent), "district": district and _from(district, path.parent)}
    for cell in book.cells:
        cell.metadata.setdefault("tags", [])
    book.metadata["papermill"] = nbformat.from_dict({})
    new: NotebookNode = parameterize_notebook(book, given, kernel_name="python3", language="python")
    del new.metadata["papermill"]
    ground = ground_of(intent, district, cache=user_cache())
    if (path.parent / _own_scenario(book)).resolve() != scenario.resolve() or district is not None:
        kept = [cell for cell in new.cells if READING not in cell.metadata.tags]
        name = _code(printable(f"{ground.manifest.name} · {intent.title or intent.name}"))
        left = (
            f"另有 {len(new.cells) - len(kept)} 格只适用于原情景与原区，已略去；" if len(kept) < len(new.cells) else ""
        )
        new.cells = [
            kept[0],
            nbformat.v4.new_markdown_cell(f"运行于 {name}。{left}结论以本页的表与图为准。"),
            *kept[1:],
        ]
    for number, cell in enumerate(new.cells):
        cell.id = f"cell-{number:02d}"
    return new


def _own_scenario(book: NotebookNode) -> str:
    """Return the scenario that a notebook is about, as its first cell names it; empty where it names none."""
    first = next((cell.source for cell in book.cells if cell.cell_type == "code"), "")
    named = [node for node in ast.parse(first).body if isinstance(node, ast.Assign)]
    values = [node.value.value for node in named if isinstance(node.value, ast.Constant)]
    return str(values[0]) if values else ""


def _from(path: Path, place: Path) -> str:
    """Return a path as it is from the notebooks, so that what is written names no machine."""
    return Path(os.path.relpath(path.resolve(), place.resolve())).as_posix()


def _code(text: str) -> str:
    """Return a text as Markdown shows it: as it is, no markup."""
    return f"`{text.replace('`', chr(0x2019))}`"


def _executed(book: NotebookNode, stem: str, place: Path) -> None:
    """Run all cells from a fresh kernel.

    Raises
    ------
    NotebookError
        If one fails.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        book, timeout=_TIMEOUT_S, kernel_name="python3", record_timing=False, extra_arguments=list(_QUIET),
        resources={"metadata": {"path": str(place)}},
    )  # fmt: skip
    try:
        client.execute()
    except (CellExecutionError, TimeoutError, RuntimeError) as error:  # it fails, takes too long, or its kernel dies
        number, source = _failed(book)
        what = f"{getattr(error, 'ename', '')}: {getattr(error, 'evalue', '')}".strip(": ") or str(error)
        raise NotebookError(
            Problem(
                stem, "a cell failed", row=f"cell {number} ({source})", found=printable(what)[:_MOST_SAID],
                mend="Nothing was written. Mend the scenario or the district, or run the notebook up to this cell.",
            )
        ) from error  # fmt: skip


def _failed(book: NotebookNode) -> tuple[int, str]:
    """Return the number among cells of code of the one that failed, and how it begins."""
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    errors = (n for n, cell in enumerate(code) if any(one.output_type == "error" for one in cell.outputs))
    begun = (n for n, cell in enumerate(code) if cell.execution_count is None)
    number = next(errors, next(begun, len(code)) - 1)
    return number + 1, printable(code[number].source.strip().splitlines()[0]) if code[number].source.strip() else ""


def page_of(book: NotebookNode, title: str) -> str:
    """Return a notebook as a page that loads nothing from anywhere."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(**{name: "" for name in HTMLExporter.class_trait_names() if name.endswith("_url")})
    page, _ = exporter.from_notebook_node(book, resources={"metadata": {"name": title}})
    return str(page)


def write_text(path: Path, text: str) -> None:
    """Write a file that is complete or, as before, not there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        put_file(path, lambda file: file.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise unwritable(path, error) from error


# ----------------------------------------------------------------------------------------------------------------------
# A small site: the notebooks as they are committed, and reports of runs.


SITE: Final = "index.html"

_THUMB_PX = (500, 336)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_FIRST = re.compile(r".*?[。？！]")


@dataclass(frozen=True)
class _Entry:
    """A page of the site as its index shows it."""

    name: str
    title: str
    line: str
    link: str
    picture: str


def write_site(target: Path, runs: Sequence[Path] = (), *, folder: Path | None = None) -> Path:
    """Write the notebooks and the reports of runs as pages, with an index; nothing is loaded from anywhere.

    Parameters
    ----------
    target
        Folder to make.
    runs
        Output folders; those without a report are left out.
    folder
        Where the notebooks are, as for :func:`notebook_paths`.

    Raises
    ------
    NotebookError
        If there are no notebooks.
    OutputError
        If it cannot be written.
    """
    known = notebook_paths(folder)
    with staged_folder(target, marker=SITE) as staging:
        (staging / "pictures").mkdir()
        books = [_book_entry(path, staging) for path in known.values()]
        reports = [_report_entry(run, staging) for run in runs if (run / PAGE).is_file()]
        template = Environment(autoescape=True).from_string(Path(__file__).with_suffix(".html").read_text("utf-8"))
        parts = [("笔记", books), ("报告", reports)]
        (staging / SITE).write_text(template.render(parts=parts), encoding="utf-8")
    return target / SITE


def _book_entry(path: Path, staging: Path) -> _Entry:
    book = nbformat.read(path, as_version=4)
    (staging / f"{path.stem}.html").write_text(page_of(book, path.stem), encoding="utf-8")
    title, _, text = str(book.cells[0].source).partition("\n")
    plain = _LINK.sub(r"\1", text.rpartition("\n\n")[2]).replace("**", "").replace("`", "")
    first = _FIRST.match(plain)
    outputs = (output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs)
    drawn = next((data["image/png"] for data in (one.get("data", {}) for one in outputs) if "image/png" in data), None)
    picture = "" if drawn is None else _thumbnail(base64.b64decode(drawn), staging, path.stem)
    line = first[0] if first else plain
    return _Entry(path.stem, title.lstrip("# "), line, f"{path.stem}.html", picture)


def _report_entry(run: Path, staging: Path) -> _Entry:
    name = run.resolve().name
    shutil.copyfile(run / PAGE, staging / f"run-{name}.html")
    answer, record = (json.loads((run / name).read_text(encoding="utf-8")) for name in (ANSWER, RECORD))
    scenario = record["scenario"]
    drawn = [run / "figures" / f"{one}.png" for one in MAPS]
    shown = next((path.read_bytes() for path in drawn if path.is_file()), None)
    picture = "" if shown is None else _thumbnail(shown, staging, f"run-{name}")
    line = next(iter(answer["conclusion"]), "")
    return _Entry(name, scenario["title"] or scenario["name"], line, f"run-{name}.html", picture)


PICTURES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "coverage": ("10_coverage", "coverage_map("),
        "siting": ("20_siting", "before_after_map("),
        "rooms": ("30_rooms", "week_timetable("),
    }
)
"""The pictures of the README: the notebook that each is taken from, and what draws it there."""


def write_pictures(target: Path, *, folder: Path | None = None) -> list[Path]:
    """Write the pictures of the README as the notebooks drew them.

    Parameters
    ----------
    target
        Folder to write them into.
    folder
        Where the notebooks are, as for :func:`notebook_paths`.
    """
    known, written = notebook_paths(folder), []
    target.mkdir(parents=True, exist_ok=True)
    for name, (stem, drawn_by) in PICTURES.items():
        cells = nbformat.read(known[stem], as_version=4).cells
        shown = next(cell for cell in cells if cell.cell_type == "code" and drawn_by in cell.source and cell.outputs)
        written.append(target / f"{name}.png")
        written[-1].write_bytes(base64.b64decode(shown.outputs[-1].data["image/png"]))
    return written


def _thumbnail(png: bytes, staging: Path, name: str) -> str:
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.thumbnail(_THUMB_PX)
    with_palette(image).save(staging / "pictures" / f"{name}.png", optimize=True)
    return f"pictures/{name}.png"
