"""Hygiene of the notebooks: a stripped notebook passes nbval, so this runs first."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter

pytestmark = pytest.mark.no_cover  # answers count here, not lines

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))

MOST_LINES, MOST_BYTES = 12, 300 * 1024
MACHINE_PATH = re.compile(r"(?<![\w<.:/])(?:/[\w.~+-]+){2,}|\b[A-Za-z]:\\+\w|file://")
"""An absolute path of a file, wherever it lies; no end of a tag, no fraction, no path from here, no address."""
LOOPS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda)


def code_cells(book: Any) -> list[Any]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


def texts(book: Any) -> list[str]:
    """Return all that a reader sees as text: sources and outputs, without pictures."""
    found = [cell.source for cell in book.cells]
    for output in (output for cell in code_cells(book) for output in cell.outputs):
        found += [output.get("text", ""), *output.get("traceback", [])]
        found += [str(text) for kind, text in output.get("data", {}).items() if not kind.startswith("image/")]
    return found


def faults(book: Any) -> list[str]:
    """List what a notebook must not be."""
    found: list[str] = []
    cells = code_cells(book)
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        found.append("not executed in order from a fresh kernel")
    outputs = [output for cell in cells for output in cell.outputs]
    found += ["an error is in the outputs" for output in outputs if output.output_type == "error"]
    found += ["stderr is in the outputs" for output in outputs if output.get("name") == "stderr"]
    if any(MACHINE_PATH.search(text) for text in texts(book)):
        found.append("a path of one machine")
    if not any("text/html" in output.get("data", {}) for output in outputs):
        found.append("no checked table")
    for cell in cells:
        if len(cell.source.splitlines()) > MOST_LINES:
            found.append(f"a cell of more than {MOST_LINES} lines")
        if any(isinstance(node, LOOPS) for node in ast.walk(ast.parse(cell.source))):
            found.append("a definition or a loop: that belongs into the package")
        ignored = "nbval-ignore-output" in cell.metadata.get("tags", [])
        if ignored and "picture(" not in cell.source and "seconds" not in cell.source:
            found.append("an ignored output that is neither a figure nor a timing")
    if book.metadata.kernelspec.name != "python3":
        found.append("an unexpected kernel")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebooks_are_clean(path: Path) -> None:
    assert faults(nbformat.read(path, as_version=4)) == []
    assert path.stat().st_size <= MOST_BYTES


def test_there_are_notebooks() -> None:
    assert {p.stem for p in NOTEBOOKS} >= {
        "00_ground",
        "10_coverage",
        "11_standards",
        "12_space_time",
        "13_fairness_robustness",
        "20_siting",
        "21_alternatives",
        "30_rooms",
        "90_comparison",
    }


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda cell: cell.update(execution_count=None), "not executed in order"),
        (lambda cell: cell.update(source="for i in range(3):\n    print(i)"), "a loop"),
        (lambda cell: cell.update(source="x = 1\n" * 13), "more than 12 lines"),
        (lambda cell: cell.update(source="p = '/home/somebody/x'"), "path of one machine"),
        (lambda cell: cell.update(source="p = '/srv/planning/x.csv'"), "path of one machine"),
        (lambda cell: cell.update(source="p = 'D:\\\\data\\\\x.csv'"), "path of one machine"),
        (
            lambda cell: cell.outputs.append(nbformat.v4.new_output("stream", text="read /opt/ground/x.gpkg")),
            "path of one machine",
        ),
        (lambda cell: cell.metadata.update(tags=["nbval-ignore-output"]), "neither a figure nor a timing"),
        (lambda cell: cell.outputs.append(nbformat.v4.new_output("stream", name="stderr", text="oh")), "stderr"),
        (
            lambda cell: cell.outputs.append(nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])),
            "error",
        ),
    ],
)
def test_the_hygiene_test_can_fail(spoil: Any, fault: str) -> None:
    book = nbformat.read(NOTEBOOKS[0], as_version=4)
    cell = code_cells(book)[0]
    spoil(cell)
    assert any(fault in text for text in faults(book))


def test_a_stripped_notebook_is_not_clean() -> None:
    book = nbformat.read(NOTEBOOKS[0], as_version=4)
    for cell in code_cells(book):
        cell.execution_count, cell.outputs = None, []
    assert set(faults(book)) == {"not executed in order from a fresh kernel", "no checked table"}


@pytest.mark.parametrize(
    "text", ["<td>1</td></tr>", "3/4/5", "a m/s", "https://example.org/a/b", "../scenarios/recipes/x.yaml", "12:30/2"]
)
def test_what_is_no_path_of_a_machine_may_stand(text: str) -> None:
    assert not MACHINE_PATH.search(text)


def test_a_rendered_notebook_loads_nothing_from_outside() -> None:
    makefile = (Path(__file__).parents[1] / "Makefile").read_text(encoding="utf-8")
    names = re.search(r"\$\(foreach what,([\w ]+),--HTMLExporter\.\$\(what\)_url=\)", makefile)
    assert names is not None
    exporter = HTMLExporter(**{f"{name}_url": "" for name in names[1].split()})
    page, _ = exporter.from_filename(str(NOTEBOOKS[0]))
    loads = re.compile(
        r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//|url\(["']?(?:https?:)?//"""
    )
    assert loads.findall(page) == []
    assert loads.search(HTMLExporter().from_filename(str(NOTEBOOKS[0]))[0])  # as it would be without
