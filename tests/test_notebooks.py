"""Hygiene of the notebooks: a stripped notebook passes nbval, so this runs first. And that they run on other ground."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter

from tests import pocket
from workbench.errors import NotebookError, OutputError
from workbench.ground.sources import write_district
from workbench.notebooks import (
    PICTURES,
    READING,
    notebook_paths,
    page_of,
    run_notebook,
    write_pictures,
    write_site,
    write_text,
)

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))

MOST_LINES, MOST_BYTES = 12, 300 * 1024
MACHINE_PATH = re.compile(r"(?<![\w<.:/])(?:/[\w.~+-]+){2,}|\b[A-Za-z]:\\+\w|file://")
"""An absolute path of a file, wherever it lies; no end of a tag, no fraction, no path from here, no address."""
FOUND = re.compile(
    r"\d\s*(?:人|户|间|处|场(?!所)|项|家|扇|倍|万元|元(?!宇)|㎡·h|个百分点|个中心|个社区|个小区|‰)|(?<!±)\d\s*%"
    r"|[一二三四五六七八九]成|百分之|千分之|周[一二三四五六日] ?\d|[一二三四五六七八九十]+(?:间房|个百分点)"
)
"""What was counted or measured, typed into prose; no clause, no limit of a standard, no number of a list."""
NAMED = re.compile(r"[\"'](?:[a-z]{1,2}\d{2,5}|[^\"']*(?:社区|街道)党群服务中心)[\"']")
"""The identifier or the name of a row, which another district does not have."""
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
    return found + faults_elsewhere(book)


def faults_elsewhere(book: Any) -> list[str]:
    """List what would not be so on another scenario or district."""
    found: list[str] = []
    tags = [cell.metadata.get("tags", []) for cell in code_cells(book)]
    if [number for number, of in enumerate(tags) if "parameters" in of] != [0]:
        found.append("no parameters in its first cell of code")
    elif [line.split(" = ")[0] for line in code_cells(book)[0].source.splitlines()][:2] != ["scenario", "district"]:
        found.append("parameters other than a scenario and a district first")
    for cell in book.cells:
        if READING in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown" and FOUND.search(cell.source):
            found.append(f"a number in prose that is not tagged as a reading: {FOUND.search(cell.source)[0]}")
        if cell.cell_type == "code" and NAMED.search(cell.source):
            found.append(f"a row of one district that is not tagged as a reading: {NAMED.search(cell.source)[0]}")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebooks_are_clean(path: Path) -> None:
    assert faults(nbformat.read(path, as_version=4)) == []
    assert path.stat().st_size <= MOST_BYTES


def test_there_are_notebooks() -> None:
    assert {p.stem for p in NOTEBOOKS} >= {
        "00_ground",
        "01_own_district",
        "10_coverage",
        "11_standards",
        "12_space_time",
        "13_fairness_robustness",
        "20_siting",
        "21_alternatives",
        "30_rooms",
        "40_hall",
        "41_roster",
        "50_circuits",
        "60_programme",
        "61_visits",
        "70_ledgers",
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
        (lambda cell: cell.metadata.update(tags=[]), "no parameters in its first cell"),
        (lambda cell: cell.update(source="x = 1"), "parameters other than"),
        (lambda cell: cell.update(source='stations.query("id == @x")["s19"]'), "a row of one district"),
        (lambda cell: cell.update(cell_type="markdown", source="多了 1,234 人，近三成。"), "a number in prose"),
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
    book = nbformat.read(NOTEBOOKS[0], as_version=4)
    loads = re.compile(
        r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//|url\(["']?(?:https?:)?//"""
    )
    assert loads.findall(page_of(book, "x")) == []
    assert loads.search(HTMLExporter().from_notebook_node(book)[0])  # as it would be without


# --- on another scenario and district -----------------------------------------------------------


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a district, a scenario of its own, and a notebook that fails."""
    folder = tmp_path_factory.mktemp("elsewhere")
    write_district(pocket.district(), folder / "pocket")
    (folder / "tiny.yaml").write_text(
        "name: tiny\ntitle: '<script>甲</script> `x`'\ndistrict: pocket\n", encoding="utf-8"
    )
    cells = [
        nbformat.v4.new_markdown_cell("# 题"),
        nbformat.v4.new_code_cell('scenario = "own.yaml"\ndistrict = None', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("1 / 0"),
    ]
    (folder / "books").mkdir()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), folder / "books" / "failing.ipynb")
    return folder


def test_a_notebook_runs_on_another_scenario_and_district(elsewhere: Path) -> None:
    out = elsewhere / "made" / "00.ipynb"
    written = run_notebook("00_ground.ipynb", elsewhere / "tiny.yaml", out, district=elsewhere / "pocket", html=True)
    assert written == [out, out.with_suffix(".html")]
    assert sorted(path.name for path in out.parent.iterdir()) == ["00.html", "00.ipynb"]
    book = nbformat.read(out, as_version=4)
    nbformat.validate(book)
    said = "\n".join(texts(book))
    assert "运行于 `袖珍区（虚构） · <script>甲</script> ’x’`" in book.cells[1].source
    assert "合成数据：街道" not in said  # what is true of the embedded district alone
    assert "已略去" in said
    assert "210" in re.findall(r"<td>([^<]*)</td>", said)  # residents of that district
    assert not any("papermill" in part.metadata for part in (book, *book.cells))
    page = out.with_suffix(".html").read_text(encoding="utf-8")
    assert "<script>甲" not in page
    assert "//cdn" not in page


@pytest.mark.parametrize(
    ("name", "out", "said"),
    [
        ("20_sitting", "x.ipynb", "the notebook is not known.*Did you mean 20_siting"),
        ("20_siting", "x.ipynb", "tiny.yaml, key siting: the notebook 20_siting needs what the scenario does not say"),
        ("32_works_and_walks", "x.ipynb", r"3 problems(?s:.*)key rooms\.plan(?s:.*)key rooms\.linking"),
        ("00_ground", "x.html", r"expected a file \*\.ipynb"),
    ],
)
def test_a_notebook_that_cannot_be_run_says_why(elsewhere: Path, name: str, out: str, said: str) -> None:
    with pytest.raises(NotebookError, match=said):
        run_notebook(name, elsewhere / "tiny.yaml", elsewhere / out)
    assert not (elsewhere / out).exists()


def test_a_cell_that_fails_is_named_and_nothing_is_written(elsewhere: Path) -> None:
    out = elsewhere / "failed.ipynb"
    with pytest.raises(NotebookError, match=r"failing, row cell 3 \(1 / 0\): a cell failed; found ZeroDivisionError"):
        run_notebook("failing", elsewhere / "tiny.yaml", out, folder=elsewhere / "books")
    assert not out.exists()


def test_without_notebooks_it_says_where_they_are(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="They come with the source"):
        notebook_paths(tmp_path)


def test_what_cannot_be_written_leaves_nothing_half_written(elsewhere: Path) -> None:
    (elsewhere / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="a part of the path is a file"):
        write_text(elsewhere / "file" / "00.ipynb", "{}")


# --- a small site, and the pictures of the README -----------------------------------------------


def test_the_site_lists_notebooks_and_reports_and_names_are_no_markup(elsewhere: Path) -> None:
    book = nbformat.read(NOTEBOOKS[1], as_version=4)
    drawn = next(cell for cell in code_cells(book) if any("image/png" in one.get("data", {}) for one in cell.outputs))
    first = nbformat.v4.new_markdown_cell("# 谁<b>走得到</b>？\n*Who?*\n\n**一**句，见 [别处](x.ipynb)。第二句。")
    book.cells = [first, drawn]
    books, run = elsewhere / "shown", elsewhere / "runs" / "a"
    books.mkdir()
    run.mkdir(parents=True)
    nbformat.write(book, books / "10_x.ipynb")
    (run / "report.html").write_text("<p>page</p>", encoding="utf-8")
    (run / "answer.json").write_text(json.dumps({"conclusion": ["<i>结论</i>。"]}), encoding="utf-8")
    (run / "run.json").write_text(json.dumps({"scenario": {"name": "a", "title": ""}}), encoding="utf-8")
    index = write_site(elsewhere / "site", [run, elsewhere / "books"], folder=books)
    page = index.read_text(encoding="utf-8")
    assert ("谁&lt;b&gt;走得到&lt;/b&gt;？" in page, "<p>一句，见 别处。</p>" in page, "第二句" in page) == (
        True,
        True,
        False,
    )
    assert "&lt;i&gt;结论" in page
    links = re.findall(r'(?:href|src)="([^"]*)"', page)
    assert sorted(links) == ["10_x.html", "pictures/10_x.png", "run-a.html"]
    assert all((index.parent / link).is_file() for link in links)
    again = write_site(elsewhere / "site", [run], folder=books)
    assert again.read_text(encoding="utf-8") == page


def test_the_pictures_of_the_readme_are_what_the_notebooks_drew(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    made = write_pictures(tmp_path)
    assert {path.name: path.read_bytes() for path in made} == {
        path.name: path.read_bytes() for path in (root / "docs" / "pictures").iterdir()
    }, "make render writes them anew"
    shown = (root / "README.md").read_text(encoding="utf-8")
    assert all(f"docs/pictures/{name}.png" in shown for name in PICTURES)
