"""Tables on a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from tests import pocket
from workbench.coverage import appraise, assess_coverage
from workbench.report import print_indicators


def test_indicators_come_with_numbered_bases_and_axes() -> None:
    scenario = pocket.scenario(targets={"coverage.residents": 80})
    console = Console(file=io.StringIO(), width=160)
    print_indicators(console, appraise(assess_coverage(pocket.district(), scenario)), "袖珍区")
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    headline = next(line for line in lines if "居民覆盖率（合规 300 m）" in line)
    assert [cell.strip() for cell in headline.strip("│").split("│")] == [
        "居民覆盖率（合规 300 m）", "33.3", "≥ 80.0", "-46.7", "%", "否", "需求图层全体居民 210", "标准化", "1",
    ]  # fmt: skip
    assert [line for line in lines if line.startswith("[")] == [
        "[1] 规划目标（pocket），非标准",
        "[2] 无标准，未设目标",
        "[3] GB 50180-2018 2.0.4 【证】",
    ]
    assert [line for line in lines if line.startswith("│规范化") and "未设目标" in line]
