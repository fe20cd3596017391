"""A report over districts: exact sums, the worst first, what a sum buys; and what it does not hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from tests import pocket
from tests.command import called
from workbench.catalogue.terms import Mode
from workbench.coverage import assess_coverage
from workbench.errors import OutputError
from workbench.ground.district import District
from workbench.progress import Stopwatch
from workbench.province.cut import cut_district
from workbench.province.report import read_districts, write_all
from workbench.province.tally import counted
from workbench.study import study_district


@pytest.fixture(scope="module")
def cells() -> dict[str, dict[str, Any]]:
    """The index of the pocket district's two communities, as ``workbench run`` of both writes it."""
    parts = cut_district(pocket.district(), halo_m=550.0)
    return {f"pocket~{part.manifest.key}": _cell(part) for part in parts}


def _cell(part: District) -> dict[str, Any]:
    study = study_district(part, pocket.scenario(robustness={"draws": 20}), Stopwatch())
    return {"scenario": "pocket", "settings": {}, "counts": json.loads(json.dumps(counted(study)))}


def written(folder: Path, cells: dict[str, dict[str, Any]]) -> Path:
    (folder / "cells.json").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return folder


def with_curves(cells: dict[str, dict[str, Any]], **more: Any) -> dict[str, dict[str, Any]]:
    """Give both parts curves: the first wins 90 by one and 100 by two, the second 20 by one, 80 by two."""
    won = [[0, 5, 95, 105], [0, 1, 21, 81]]
    return {
        name: {**cell, "counts": {**cell["counts"], "stations": [[k, w, w] for k, w in enumerate(worth[1:])],
                                  "stations_end": True, "money": [[7.5 * k, w, w + 1] for k, w in enumerate(worth[1:])]} | more}
        for (name, cell), worth in zip(cells.items(), won, strict=True)
    }  # fmt: skip


def test_the_sums_are_those_of_the_whole(cells: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    (result,) = read_districts(written(tmp_path, cells))
    whole = assess_coverage(pocket.district(), pocket.scenario())
    *rows, last = result.table.to_dict("records")
    assert [row["name"] for row in rows] == ["东社区", "远社区"]  # most uncovered first: 70 and 60 of 200
    assert [row["gap"] for row in rows] == sorted((row["gap"] for row in rows), reverse=True)
    assert (last["name"], last["residents"]) == ("合计", whole.populace.residents.sum())
    for mode in (Mode.COMPLIANCE, Mode.EXPERIENCE):
        assert last[f"covered_{mode}"] == whole.covered_residents(mode).sum()
    assert last["stations"] == 2
    assert "2 个区居民" in result.conclusion()[0]
    assert "东社区（" in result.conclusion()[1]


def test_the_folder_holds_table_map_and_page(cells: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    lines = write_all(written(tmp_path, with_curves(cells)), stations=2, money=16.0)
    folder = tmp_path / "districts" / "pocket"
    assert lines[0] == f"各区 {folder}"
    assert sorted(path.name for path in folder.iterdir()) == [
        "districts.json", "districts.parquet", "map.png", "report.html", "tables.xlsx",
    ]  # fmt: skip
    assert len(pd.read_parquet(folder / "districts.parquet")) == 3
    record = json.loads((folder / "districts.json").read_text(encoding="utf-8"))
    assert record["stations"] == {"most": 2, "cost": 2, "worth": 116, "bound": 116, "envelope": 136}
    assert record["money"] == {
        "most": 16.0,
        "cost": 15.0,
        "worth": 116,
        "bound": 118,
        "envelope": pytest.approx(138 + 16 / 3),
    }
    sheets = openpyxl.load_workbook(folder / "tables.xlsx")
    assert {"各区", "分站", "分资金"} <= set(sheets.sheetnames)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "districts.json 与 tables.xlsx" in page
    assert "已证最优" in page
    assert "上界 118 人" in page


def test_what_cannot_be_shared_out_or_reported_is_said(
    cells: dict[str, dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(
        OutputError, match=r"pocket~pocket-c1, key siting\.curve: the district has no curve of stations"
    ):
        write_all(written(tmp_path, cells), stations=2)
    with pytest.raises(OutputError, match="ends before the number that is shared out; expected at least 3; found 2"):
        write_all(written(tmp_path, with_curves(cells, stations_end=False)), stations=3)
    one = dict(list(cells.items())[:1])
    code, _, err = called(monkeypatch, capsys, "province", str(written(tmp_path, one)))
    assert (code, "no scenario was run on more than one district" in err) == (2, True)
    code, _, err = called(monkeypatch, capsys, "province", str(tmp_path / "nowhere"))
    assert (code, "the index of cells cannot be read" in err) == (2, True)
    code, out, _ = called(monkeypatch, capsys, "province", str(written(tmp_path, cells)))
    assert (code, "2 个区居民" in out) == (0, True)
