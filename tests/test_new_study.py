"""A study more is a folder more: nothing elsewhere is told of it, and it stands in everything that a run gives."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import docx
import openpyxl
import pytest
from rich.console import Console

import workbench
from tests import pocket
from workbench.comparison import compare_scenarios
from workbench.ground.sources import write_district
from workbench.progress import Stopwatch
from workbench.report import print_answer, print_results, write_run
from workbench.report.comparison import write_comparison
from workbench.study import study_district

STUDY = '''
"""How many stations have a lantern."""
from dataclasses import dataclass

import pandas as pd

from workbench.coverage import CoverageResult
from workbench.results import Headline, Indicator, Result, StudyKind


@dataclass(frozen=True, eq=False, repr=False)
class Lanterns(Result):
    coverage: CoverageResult
    study = "lanterns"
    on_terminal = ("灯笼",)
    district = property(lambda self: self.coverage.district)
    scenario = property(lambda self: self.coverage.scenario)
    fingerprint = property(lambda self: self.coverage.fingerprint)

    def indicators(self):
        stations = len(self.district.stations)
        return (Indicator("lanterns.share", "挂灯笼的阵地占比", 50.0, "%", "higher", "全部阵地", stations),)

    def headlines(self):
        return (Headline("lanterns.hung", "挂灯笼的阵地", "处", 1.0, None, None, "higher", "", "全部阵地", "无标准"),)

    def conclusion(self):
        return ("一半的阵地挂了灯笼。",)

    def tables(self):
        return {"灯笼清单": pd.DataFrame({"阵地": self.district.stations["name"], "灯笼（盏）": 1})}


STUDIES = (StudyKind("lanterns", lambda coverage, *_: {"lanterns": Lanterns(coverage)}, order=99),)
'''


@pytest.fixture
def _lanterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "more" / "lanterns"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "studies.py").write_text(STUDY, encoding="utf-8")
    monkeypatch.setattr(workbench, "__path__", [*workbench.__path__, str(folder.parent)])
    yield
    for name in [name for name in sys.modules if name.startswith("workbench.lanterns")]:
        del sys.modules[name]
    vars(workbench).pop("lanterns", None)


@pytest.mark.usefixtures("_lanterns")
def test_a_study_more_stands_in_everything(tmp_path: Path) -> None:
    found = study_district(pocket.district(), pocket.scenario(), Stopwatch())
    said = "一半的阵地挂了灯笼。"
    console = Console(record=True, width=120, file=io.StringIO())
    print_answer(console, found, "试")
    print_results(console, found.parts, "试")
    words = console.export_text()
    assert "挂灯笼的阵地" in words
    assert "灯笼清单" in words
    folder = write_run(tmp_path / "run", found.district, found.scenario, found)
    page = (folder / "report.html").read_text(encoding="utf-8")
    document = docx.Document(str(folder / "report.docx"))
    paper = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for text in (page, paper):
        assert said in text
        assert "灯笼清单" in text
    assert "灯笼清单" in openpyxl.load_workbook(folder / "tables.xlsx").sheetnames
    answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    assert "lanterns.hung" in {row["key"] for row in answer["headlines"]}
    assert "lanterns.share" in {row["key"] for row in answer["indicators"]}


@pytest.mark.usefixtures("_lanterns")
def test_a_study_more_is_compared(tmp_path: Path) -> None:
    ground = write_district(pocket.district(), tmp_path / "ground")
    compared = compare_scenarios([pocket.scenario(gates={"policy": "all_open"}, title="开门")], ground)
    row = compared.indicators().set_index("指标").loc["挂灯笼的阵地占比"]
    assert row[compared.titles].tolist() == [50.0, 50.0]
    folder = write_comparison(tmp_path / "compared", compared)
    for words in ((folder / "report.html").read_text(encoding="utf-8"), _cells(folder / "comparison.docx")):
        assert "挂灯笼的阵地占比" in words


def _cells(path: Path) -> str:
    return "\n".join(cell.text for table in docx.Document(str(path)).tables for cell in table._cells)
