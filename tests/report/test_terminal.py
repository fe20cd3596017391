"""Tables on a terminal."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from tests import pocket
from tests.siting import grounds
from workbench.coverage import appraise, assess_coverage
from workbench.report import planned_kpis, print_indicators, print_results
from workbench.siting import plan_studies


def test_indicators_come_with_numbered_bases_and_axes() -> None:
    scenario = pocket.scenario(targets={"coverage.residents": 80})
    console = Console(file=io.StringIO(), width=160)
    print_indicators(console, appraise(assess_coverage(pocket.district(), scenario)), "袖珍区")
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    headline = next(line for line in lines if "居民覆盖率（合规 300 m，周三 10:00）" in line)
    assert [cell.strip() for cell in headline.strip("│").split("│")] == [
        "居民覆盖率（合规 300 m，周三 10:00）", "33.3", "—", "≥ 80.0", "-46.7", "%", "否", "需求图层全体居民 210", "标准化", "1",
    ]  # fmt: skip
    assert [line for line in lines if line.startswith("[")] == [
        "[1] 规划目标（pocket），非标准",
        "[2] 无标准，未设目标",
        "[3] GB 50180-2018 2.0.4 【证】；条文只定步行距离与时间，不设分位数，用作分位数上限为工作台口径【推】",
    ]
    assert [line for line in lines if line.startswith("│规范化") and "未设目标" in line]


def printed(**wish: Any) -> str:
    coverage = assess_coverage(grounds.district(), grounds.scenario(**wish))
    parts = plan_studies(coverage)
    console = Console(file=io.StringIO(), width=160)
    print_results(console, parts, "袖珍区")
    assert isinstance(console.file, io.StringIO)
    assert bool(planned_kpis(parts)) == (parts["siting"].status == "OPTIMAL")
    return console.file.getvalue()


def test_siting_comes_with_its_proof_its_stations_and_its_options() -> None:
    said = printed(stations=2, sensitivity=False, phases={"terms": [{"name": "近期", "stations": 2}]})
    for part in (
        "袖珍区 · 选址结论",
        "已证最优",
        "2 处：甲小区 南 30 m 街角铺（a1）、甲小区 东北 760 m 远铺（z1）",
        "· 推荐站点（人）",
        "· 方案比选矩阵",
        "· 分期建设计划",
    ):
        assert part in said
    row = next(line for line in said.splitlines() if line.startswith("│z1"))
    assert [cell.strip() for cell in row.strip("│").split("│")][:6] == [
        "z1",
        "远铺",
        "甲小区 东北 760 m",
        "32–48",
        "60",
        "无",
    ]
    assert said.index("选址结论") < said.index("推荐站点") < said.index("方案比选矩阵") < said.index("分期建设计划")


def test_an_impossible_wish_prints_the_rules_in_conflict_in_words() -> None:
    said = printed(stations=1, floors=[{"each": "community", "share": 0.99}])
    assert "无解：所列规则互相矛盾" in said
    assert "规则冲突" in said
    assert "至少覆盖 99.0%（可用场所全部启用也只到 " in said
    assert "推荐站点" not in said
