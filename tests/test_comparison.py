"""Plans side by side on the pocket district, every number of which is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import docx
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pocket
from tests.command import called
from tests.siting import grounds
from workbench.comparison import NOTHING, Comparison, _turn, compare_scenarios
from workbench.errors import ScenarioError
from workbench.ground.sources import write_district
from workbench.scenario import Scenario

QUICK: dict[str, Any] = {"sensitivity": False, "alternatives": {"count": 0}}


def plan(title: str, **changes: Any) -> Scenario:
    words = {"name": title, "title": title, "standards": grounds.OPEN, "targets": {"coverage.residents": 60}, **changes}
    return pocket.scenario(**words)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_district(grounds.district(), tmp_path_factory.mktemp("ground") / "district")


@pytest.fixture(scope="module")
def compared(ground: Path) -> Comparison:
    one = plan("one", siting={**QUICK, "stations": 1})
    two = plan("two", siting={**QUICK, "stations": 2})
    moved = plan("moved", siting={**QUICK, "stations": 1, "standing": {"close": ["S2"]}})
    return compare_scenarios([one, two, moved], ground)


def test_building_nothing_is_added_and_comes_first(compared: Comparison) -> None:
    assert compared.titles == [NOTHING, "one", "two", "moved"]
    table = compared.plans.set_index("title")
    assert table["people"].tolist() == [70, 130, 160, 90]
    assert table["gained"].tolist() == [0, 60, 90, 60]
    assert table["lost"].tolist() == [0, 0, 0, 40]
    assert table["once"].tolist() == [0, 40, 60, 40]
    assert table.loc[NOTHING, "proof"] == "无须求解"
    assert table.loc["one", "proof"] == "已证最优"


def test_a_plan_that_is_nowhere_better_is_dominated(compared: Comparison) -> None:
    assert compared.dominated[compared.titles.index("moved")] == ["one"]
    assert compared.dominated[0] == []  # it costs nothing
    assert any(sentence.startswith("“moved”不如“one”") for sentence in compared.conclusion())


def test_the_indicators_stand_side_by_side_with_verdicts(compared: Comparison) -> None:
    line = compared.indicators().set_index("指标").loc["居民覆盖率（合规 300 m，周三 10:00）"]
    assert [line[title] for title in compared.titles] == [33.3, 61.9, 76.2, 42.9]
    assert [line[f"{title} 达标"] for title in compared.titles] == ["未达标", "达标", "达标", "未达标"]
    assert line[f"two－{NOTHING}"] == 42.9
    assert line["分母"] == "需求图层全体居民 210"
    decided = compared.indicators().set_index("指标").loc["新增阵地"]  # what a study that decides tells first
    assert [decided[title] for title in compared.titles] == ["缺数据", 1, 2, 1]
    assert {decided[f"{title} 达标"] for title in compared.titles} == {"未设目标"}


def test_who_gains_and_who_loses(compared: Comparison) -> None:
    communities = compared.by_community().set_index("社区")
    assert communities.loc["远社区", "one 新覆盖"] == 60
    assert communities.loc["东社区", "moved 失去"] == 40
    assert communities["居民"].sum() == 210
    compounds = compared.by_compound().set_index("小区")
    assert compounds.loc["甲小区", "two 新覆盖"] == 30
    groups = compared.by_group()
    assert {f"two－{NOTHING}"} <= set(groups.columns)
    assert (groups[f"two－{NOTHING}"].astype(float) >= 0).all()
    assert (groups["two 失去（人）"] == 0).all()
    adults = groups.set_index("人群").loc["成人"]
    assert (adults["two 新覆盖（人）"], adults["moved 失去（人）"]) == (51, 20)
    assert compared.effects()[2] == "“moved”：新覆盖最多的社区是远社区（60 人）；失去最多的社区是东社区（40 人）。"


def test_the_conclusion_names_gains_costs_and_what_turns_the_ranking(compared: Comparison) -> None:
    said = compared.conclusion()
    assert said[0].startswith("“one”比“不建”新覆盖 60 人，无人失去覆盖，一次性投入 40.0 万元")
    assert "40 人失去覆盖" in said[2]
    assert "得分最高" in said[-1]
    assert list(compared.tables())[:3] == ["方案对比", "指标对比", "权重与排序"]
    assert not any("nan" in str(table.to_dict()) for table in compared.tables().values())


def test_opened_gates_are_a_plan_and_todays_gates_the_base(ground: Path) -> None:
    found = compare_scenarios([plan("gates", gates={"policy": "all_open"})], ground)
    assert found.titles == [NOTHING, "gates"]
    assert found.plans["gained"].tolist() == [0, 30]
    assert not found.unlike


def test_what_is_measured_otherwise_is_named(ground: Path) -> None:
    found = compare_scenarios([plan("day"), plan("night", clock={"at": "22:30"})], ground)
    assert found.unlike == {"clock.at": ("10:00", "22:30")}
    assert found.tables()["口径不同之处"].iloc[0].tolist() == ["clock.at", "10:00", "22:30"]


def test_plans_that_differ_in_nothing_are_said_so(ground: Path) -> None:
    found = compare_scenarios([plan("a"), plan("b")], ground)
    assert found.conclusion()[-1] == "各方案在所比各项上没有差别。"


def test_what_cannot_be_compared_is_refused(ground: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="there is no scenario"):
        compare_scenarios([], ground)
    with pytest.raises(ScenarioError, match="compared with itself"):
        compare_scenarios([plan("a"), plan("a")], ground)
    with pytest.raises(ScenarioError, match="have one title"):
        compare_scenarios([plan("a"), plan("a", siting={**QUICK, "stations": 1})], ground)
    other = write_district(pocket.district(), tmp_path / "other")
    with pytest.raises(ScenarioError, match="on different grounds"):
        compare_scenarios([plan("a", district=str(ground)), plan("b", district=str(other))])


@settings(max_examples=200)
@given(st.integers(2, 4), st.integers(2, 4), st.data())
def test_the_turning_weight_is_where_a_search_finds_it(plans: int, aims: int, data: st.DataObject) -> None:
    """Oracle: walk along the weight in small steps and watch who leads."""
    unit = st.integers(0, 20).map(lambda value: value / 20)
    scores = np.array(data.draw(st.lists(st.lists(unit, min_size=aims, max_size=aims), min_size=plans, max_size=plans)))
    own, equal = scores[:, 0], 1 / aims
    rest = scores[:, 1:].mean(axis=1)
    leader = int(np.argmax(np.round(scores.mean(axis=1), 12)))
    for sign in (-1, 1):
        found = _turn(own, rest, leader, equal, sign)
        steps = np.linspace(equal, 1.0 if sign > 0 else 0.0, 2001)
        totals = steps[:, None] * own + (1 - steps[:, None]) * rest
        ahead = (totals - totals[:, [leader]]).max(axis=1) > 1e-7
        if found is None:
            assert not ahead[1:].any() or np.isclose(totals[0].max(), np.delete(totals[0], leader).max())
            continue
        weight, other = found
        first = steps[int(np.argmax(ahead))] if ahead.any() else weight
        assert abs(first - weight) <= 2 / 2000 or first == pytest.approx(weight, abs=2e-3)
        assert other != leader


def test_the_tables_hold_numbers(compared: Comparison) -> None:
    summary = compared.summary()
    assert pd.api.types.is_numeric_dtype(summary["覆盖居民（人）"])
    assert summary["不劣于它的方案"].tolist() == ["—", "—", "—", "one"]


def test_a_comparison_is_written_printed_and_the_same_twice(
    ground: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = pocket_text(siting=", siting: {stations: 1, sensitivity: false, alternatives: {count: 0}}", name="one")
    (tmp_path / "one.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "gates.yaml").write_text(
        pocket_text(siting=", gates: {policy: all_open}", name="gates"), encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "cache"))  # it is the comparison that is made twice
    asked = ["compare", "one.yaml", "gates.yaml", "--district", str(ground)]
    code, out, _ = called(monkeypatch, capsys, *asked, "--out", "first")
    assert code == 0
    assert "“one”比“不建”新覆盖 60 人" in out.replace("\n  ", "")
    assert called(monkeypatch, capsys, *asked, "--out", "second")[0] == 0
    names = sorted(path.relative_to("first") for path in Path("first").rglob("*") if path.is_file())
    assert [str(name) for name in names] == [
        "comparison.docx", "comparison.json", "figures/maps.png", "report.html", "tables.xlsx",
    ]  # fmt: skip
    for name in names:
        assert (Path("first") / name).read_bytes() == (Path("second") / name).read_bytes()
    record = json.loads(Path("first/comparison.json").read_text(encoding="utf-8"))
    assert [one["方案"] for one in record["plans"]] == [NOTHING, "one", "gates"]
    document = docx.Document("first/comparison.docx")
    said = "\n".join(paragraph.text for paragraph in document.paragraphs)
    page = Path("first/report.html").read_text(encoding="utf-8")
    assert all(sentence in said and sentence in page for sentence in record["conclusion"])
    assert [cell.text for cell in document.tables[0].rows[0].cells] == ["项", NOTHING, "one", "gates"]
    assert all(table._tbl.xpath("./w:tr[1]/w:trPr/w:tblHeader") for table in document.tables)
    for table in document.tables:
        below = docx.text.paragraph.Paragraph(table._tbl.getnext(), document._body)
        assert below.text.startswith("资料来源：")
    sheets = openpyxl.load_workbook("first/tables.xlsx").sheetnames
    assert sheets[:2] == ["目录", "方案对比"]
    code, _, err = called(monkeypatch, capsys, "compare", "one.yaml", "one.yaml", "--district", str(ground))
    assert (code, "compared with itself" in err) == (2, True)


def pocket_text(*, siting: str, name: str) -> str:
    groups = (
        "{everyone: {label: 全体居民, ages: {age_0_6: 1, age_7_17: 1, age_18_59: 1, age_60_79: 1, age_80_plus: 1}}}"
    )
    return f"{{name: {name}, title: {name}, groups: {groups}{siting}}}\n"
