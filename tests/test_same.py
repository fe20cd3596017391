"""The comparing of two runs tells every file that is not the same bytes, and where."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl

from tests.same import differences, notebook_differences


def folder(path: Path, kpis: object, table: str, **more: bytes) -> Path:
    (path / "tables").mkdir(parents=True)
    (path / "kpi.json").write_text(json.dumps({"kpis": kpis}), encoding="utf-8")
    (path / "tables" / "a.csv").write_text(table, encoding="utf-8")
    for name, data in more.items():
        (path / name).write_bytes(data)
    (path / "timings.json").write_text(path.name)
    return path


def test_differences_are_told_by_key_and_line(tmp_path):
    old = folder(
        tmp_path / "a", [{"key": "x", "value": 1}, {"key": "y", "value": 2}], "id\n1\n2\n", map=b"\1", gone=b""
    )
    new = folder(
        tmp_path / "b", [{"key": "x", "value": 1}, {"key": "y", "value": 3}], "id\n1\n3\n", map=b"\2", came=b""
    )
    assert differences(old, new) == {
        "came": ["only after"],
        "gone": ["only before"],
        "kpi.json": ["kpis[1:y].value: 2 → 3"],
        "map": [],
        "tables/a.csv": ["line 3: 2 → 3"],
    }


def test_workbooks_are_told_by_cell(tmp_path):
    for name, value in (("a", 2), ("b", 3)):
        book = openpyxl.Workbook()
        book.active.title = "指标"
        book.active.append(["x", value])
        (tmp_path / name).mkdir()
        book.save(tmp_path / name / "tables.xlsx")
    assert differences(tmp_path / "a", tmp_path / "b") == {"tables.xlsx": ["指标!B1: 2 → 3"]}


def test_nothing_but_timings_may_differ(tmp_path):
    old, new = (folder(tmp_path / name, [], "id\n") for name in "ab")
    assert differences(old, new) == {}


def test_notebooks_by_outputs_and_source():
    def notebook(source: str, output: str) -> str:
        return json.dumps({"cells": [{"source": source, "outputs": [output]}]})

    assert notebook_differences(notebook("import a\nx", "1"), notebook("from b import a\nx", "1")) == []
    assert notebook_differences(notebook("x", "1"), notebook("y", "2")) == ["cell 1: outputs", "cell 1: source"]
