"""The first answer: a dozen numbers and a few sentences, for every way that a study can come out."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from tests import pocket
from tests.siting import grounds
from workbench.catalogue.terms import Mode
from workbench.fonts import display_width
from workbench.ground.district import District
from workbench.progress import Stopwatch
from workbench.report import print_answer
from workbench.report.contents import Contents, brief_of
from workbench.results import Headline, amount
from workbench.study import Study, study_district

QUICK: dict[str, Any] = {"sensitivity": False, "alternatives": {"count": 0}}


def studied(ground: District, **scenario: Any) -> Study:
    return study_district(ground, pocket.scenario(**{"standards": grounds.OPEN, **scenario}), Stopwatch())


@cache
def planned(**siting: int) -> Study:
    """The pocket with so many new stations."""
    wish = {**QUICK, **siting}
    return studied(grounds.district(), siting=wish, targets={"coverage.residents": 60, "coverage.compounds": 100})


def printed(study: Study, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    print_answer(console, study, "袖珍区")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def row(study: Study, key: str) -> Headline:
    return next(one for one in study.headlines() if one.key == key)


def test_a_measurement_has_no_plan_and_says_what_is_missed() -> None:
    study = studied(pocket.district(), targets={"coverage.residents": 40})
    assert study.before_after is None
    covered = row(study, "coverage.residents")
    assert (covered.today, covered.planned, covered.target, covered.gap) == (100 / 3, None, 40, -6.7)
    assert (covered.verdict, covered.denominator) == ("未达标", "需求图层全体居民 210")
    first, second, third = study.conclusion()
    assert first == (
        "袖珍区（虚构）居民 210 人；周三 10:00 步行 300 m 内有开放阵地的 70 人，占 33.3%，"
        "距规划目标 40% 差 6.7 个百分点，合 14 人。"
    )
    assert second == "未覆盖的居民最多的社区是东社区（80 人）、远社区（60 人）。"
    assert third.startswith("有标准或规划目标的")
    assert "差" not in studied(pocket.district(), targets={"coverage.residents": 30}).conclusion()[0]


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ({}, "（未设规划目标）"),
        ({"coverage.residents": 30}, "，已达规划目标 30%"),
        ({"coverage.residents": 40}, "，距规划目标 40%"),
    ],
)
def test_the_first_sentence_knows_its_aim(targets: dict[str, float], said: str) -> None:
    assert said in studied(pocket.district(), targets=targets).conclusion()[0]


def test_a_plan_stands_between_what_is_and_what_should_be() -> None:
    study = planned(stations=2)
    assert study.before_after is not None
    was, now = (one.covered_residents(Mode.COMPLIANCE).sum() for one in study.before_after)
    assert (was, now) == (70, 160)
    covered = row(study, "coverage.residents")
    assert (covered.today, covered.planned, covered.verdict) == (100 * 70 / 210, 100 * 160 / 210, "达标")
    assert covered.gap == 16.2
    new, gain = row(study, "siting.new"), row(study, "siting.covered.gain")
    assert (new.today, new.planned, new.verdict) == (None, 2, "已证最优")
    assert (gain.planned, gain.unit) == (90, "人")
    assert row(study, "residents.lost").planned == 0
    assert study.conclusion()[1].startswith(
        "建议新增 2 处阵地，覆盖居民增加 90 人，覆盖率 33.3% → 76.2%（合规口径，中心＋驿家），投资约 60 万元；已证最优"
    )
    table = study.summary().set_index("指标")
    line = table.loc["居民覆盖率（合规 300 m，周三 10:00）"]
    assert (line["现状"], line["方案"], line["增减"], line["达标"]) == ("33.3", "76.2", "+42.9", "是")
    axes = study.appraisal.axis_table()
    assert {"现状得分", "方案得分"} <= set(axes.columns)


def test_what_the_plan_measures_is_what_a_study_of_the_planned_district_measures() -> None:
    study = planned(stations=2)
    assert study.planned is not None
    fresh = studied(study.planned.coverage.district)
    held = {item.indicator.key: item.indicator.value for item in fresh.appraisal.lines}
    for line in study.appraisal.lines:
        assert line.indicator.value == held[line.indicator.key], line.indicator.key


def test_an_impossible_wish_is_a_row_and_a_sentence_with_the_rules() -> None:
    floors = [{"each": "community", "share": 0.99}]
    study = studied(grounds.district(), siting={**QUICK, "stations": 1, "floors": floors})
    assert study.before_after is None
    assert (study.headlines()[0].label, study.headlines()[0].verdict) == ("选址", "无解")
    assert study.conclusion()[1].startswith("按所列规则没有选址方案（无解：所列规则互相矛盾：")
    assert "至少覆盖 99.0%" in study.conclusion()[1]
    assert any("无解" in line for line in printed(study))


def test_nothing_to_build_is_said_so() -> None:
    study = studied(grounds.district(), siting={**QUICK, "goal": "set_cover", "share": 0.3})
    assert study.conclusion()[1].startswith("无需新增阵地")
    assert study.before_after is None


def test_who_loses_stands_in_the_answer() -> None:
    study = studied(grounds.district(), siting={**QUICK, "stations": 1, "standing": {"close": ["S2"]}})
    assert row(study, "residents.lost").planned == 40  # D4 has no other station near


def test_there_are_three_sentences_whatever_decides() -> None:
    study = studied(grounds.district(), siting={**QUICK, "stations": 1})
    part = study.parts["siting"]
    (proposal,) = part.conclusion()
    first, *_, last = study.conclusion()
    assert study.conclusion() == (first, proposal, last)
    assert replace(study, today=None, planned=None).conclusion() == (first, proposal, last)  # nothing that is measured
    both = replace(study, parts={**study.parts, "again": part})
    assert both.conclusion() == (first, f"{proposal.removesuffix('。')}；{proposal}", last)
    brief = brief_of(Contents(both, [], [], pd.DataFrame(), every_table=False))
    assert (list(brief.findings), list(brief.advice)) == ([first, last], [proposal, proposal])


def test_opened_gates_are_a_plan_too() -> None:
    study = studied(pocket.district(), gates={"policy": "all_open"})
    covered = row(study, "coverage.residents")
    assert (covered.today, covered.planned) == (100 * 70 / 210, 100 * 100 / 210)  # D3 walks through the other gate
    assert study.conclusion()[1].startswith("变化最大的指标：")
    assert study.today is not None
    assert study.today.coverage.scenario.gates.policy == "as_is"


def test_hours_that_change_nothing_are_said_so() -> None:
    always = pocket.district(stations=pocket.stations().assign(opening_hours="24/7"))
    study = studied(always, hours={"extend": ("weekend",)})
    assert study.conclusion()[1] == "各项指标与现状相同。"


def test_missing_data_are_no_zero() -> None:
    unknown = {name: getattr(pocket, name)().assign(community=None) for name in ("compounds", "demand", "stations")}
    study = studied(pocket.district(communities=pocket.communities().iloc[:0], **unknown))
    assert "缺社区图层，不能说明未覆盖居民集中在哪里。" in study.conclusion()
    empty = pocket.demand()
    empty[["residents", "households", *pocket.BANDS]] = 0.0
    nobody = studied(pocket.district(demand=empty))
    assert nobody.conclusion()[0] == "袖珍区（虚构）的需求图层没有居民，覆盖率无从谈起。"
    assert row(nobody, "coverage.residents").today is None
    assert any("缺数据" in line for line in printed(nobody))


def test_what_is_missing_is_not_said_to_be_met() -> None:
    said = planned(stations=2).conclusion()[-1]
    assert "项缺数据" in said
    assert said.endswith("有数据的全部达标。")


def test_a_gap_that_rounding_would_hide_is_shown_as_in_the_table() -> None:
    study = studied(pocket.district(), targets={"coverage.residents": 33.34})
    line = study.appraisal.lines[0]
    assert row(study, "coverage.residents").gap == line.gap == -0.007


@pytest.mark.parametrize("width", [80, 160])
def test_the_answer_fits_its_screen(width: int) -> None:
    study = planned(stations=2)
    lines = printed(study, width)
    assert all(display_width(line.rstrip()) <= width for line in lines)
    assert len(study.headlines()) <= 12
    assert not any("…" in line for line in lines)
    assert any("≥ 60%" in line and "达标" in line for line in lines)
    assert sum(line.startswith("•") for line in lines) == len(study.conclusion()) == 3


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "%", "缺数据"),
        (np.nan, "m", "缺数据"),
        (1234.56, "人", "1,235 人"),
        (12.34, "%", "12.3%"),
        (1.234, "1", "1.23"),
    ],
)
def test_amounts_carry_their_unit(value: float | None, unit: str, said: str) -> None:
    assert amount(value, unit) == said


def test_an_answer_shows_hostile_names_as_they_are() -> None:
    names = pocket.communities().assign(name=["[red]=cmd|'x'!A1[/]", "<script>alert(1)</script>"])
    lines = "\n".join(printed(studied(pocket.district(communities=names)), 160))
    assert "[red]=cmd|'x'!A1[/]" in lines
    assert "<script>" in lines


def test_the_rows_are_records_of_numbers() -> None:
    records = pd.DataFrame([one.as_record() for one in planned(stations=2).headlines()])
    assert {"key", "today", "planned", "target", "gap", "verdict", "denominator", "basis"} <= set(records)
    covered = records.set_index("key").loc["coverage.residents"]
    assert (covered["today"], covered["planned"], covered["gap"]) == (33.3, 76.2, 16.2)
