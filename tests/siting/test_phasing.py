"""Terms of a plan on the pocket district, by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.siting.grounds import Stopper, candidates, district, sited
from workbench.errors import CheckError
from workbench.siting import PhasesResult, phasing, site_in_phases


def phased(ground: Any = None, progress: Any = None, **wish: Any) -> PhasesResult:
    siting = sited(ground, **wish)
    return site_in_phases(siting) if progress is None else site_in_phases(siting, progress=progress)


def terms(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    names = ("近期", "中期", "远期")
    return {"phases": {"terms": [{"name": name, **rule} for name, rule in zip(names, rules, strict=False)], **more}}


@pytest.fixture(scope="module")
def result() -> PhasesResult:
    return phased(**terms({"stations": 1, "years": 2}, {"stations": 1, "years": 3}))


def test_what_is_built_stays(result: PhasesResult) -> None:
    """z1 with 60 first, a1 with 30 next; nothing is lost by the order."""
    assert [result.opened(term) for term in result.terms] == [["z1"], ["a1"]]
    assert [term.years for term in result.terms] == [(0, 2), (2, 5)]
    assert [set(term.measured.coverage.district.stations["id"]) for term in result.terms] == [
        {"S1", "S2", "z1"},
        {"S1", "S2", "z1", "a1"},
    ]
    table = result.table()
    assert table["covered"].tolist() == [130, 160]
    assert table["share"].tolist() == pytest.approx([100 * 130 / 210, 100 * 160 / 210])
    assert table["worst"].tolist() == pytest.approx([100 * 70 / 150, 100 * 100 / 150])
    assert table[["capex", "price", "gap"]].to_numpy().tolist() == [[40, 0, 0], [20, 0, 0]]
    assert (result.status, result.conflict, result.siting.opened) == ("OPTIMAL", [], ["a1", "z1"])


def test_the_table_and_the_numbers(result: PhasesResult) -> None:
    table = result.tables()["分期建设计划"]
    assert table.to_numpy().tolist() == [
        ["近期", "第 0–2 年", 1, "甲小区 东北 760 m 远铺（z1）", "32–48", 130, 61.9, 46.7, 0, 0.0],
        ["中期", "第 2–5 年", 1, "甲小区 南 30 m 街角铺（a1）", "16–24", 160, 76.2, 66.7, 0, 0.0],
    ]
    assert [(kpi.label, kpi.value, kpi.of) for kpi in result.kpis()] == [
        ("近期因分期少覆盖", 0, 210),
        ("中期因分期少覆盖", 0, 210),
    ]


def test_a_budget_may_turn_the_order_round() -> None:
    """25 万元 pay for a1 only, and with what is left over z1 comes next."""
    result = phased(**terms({"budget": 25}, {"budget": 40}))
    assert [result.opened(term) for term in result.terms] == [["a1"], ["z1"]]
    kept = phased(**terms({"budget": 25}, {"budget": 35}))  # 5 are left over, and carried
    assert [kept.opened(term) for term in kept.terms] == [["a1"], ["z1"]]
    lapsed = phased(**terms({"budget": 25}, {"budget": 35}, carry=False))
    assert [lapsed.opened(term) for term in lapsed.terms] == [["a1"], []]


def test_what_the_order_costs() -> None:
    """With 40 万元 at first z1 would be the best; the plan for the end, a1 and a2 of 45, has no room for it."""
    wish = terms({"budget": 40}, {"budget": 5})
    cheap = district(candidates=candidates(capex=[20.0, 25.0, 10.0, 5.0, 44.0]))
    result = phased(cheap, **wish)
    end = [result.opened(term) for term in result.terms]
    assert end == [[], ["z1"]]
    assert [term.step.price for term in result.terms] == [30, 0]
    assert [kpi.value for kpi in result.kpis()] == [30, 0]


def test_required_sites_come_first() -> None:
    result = phased(**terms({"stations": 1}, {"stations": 1}), candidates={"required": ["a3"]})
    assert [result.opened(term) for term in result.terms] == [["a3"], ["z1"]]


def test_floors_are_asked_of_the_end() -> None:
    result = phased(**terms({"stations": 1}, {"stations": 1}), floors=[{"each": "community", "share": 0.6}])
    assert [result.opened(term) for term in result.terms] == [["z1"], ["a1"]]
    assert result.table()["worst"].tolist() == pytest.approx([100 * 70 / 150, 100 * 100 / 150])


def test_terms_that_contradict_the_rules_say_which() -> None:
    siting = sited(**terms({"stations": 1}, {"stations": 1}), floors=[{"each": "community", "share": 0.6}])
    rules = siting.question.rules
    nobody = replace(rules, verb={**rules.verb, "forbidden": np.arange(2, 7)})
    result = site_in_phases(replace(siting, question=replace(siting.question, rules=nobody)))
    assert (result.status, result.terms, result.kpis()) == ("INFEASIBLE", (), [])
    assert result.conflict == ["否决、排除的场所不得启用", "远社区（C2）至少覆盖 60.0%（可用场所全部启用也只到 0.0%）"]
    assert result.tables()["分期规则冲突"]["互相矛盾的规则"].tolist() == result.conflict


def test_rules_of_a_term_in_words(result: PhasesResult) -> None:
    paid = phased(**terms({"budget": 25}, {"budget": 40}))
    for found, rule, words in (
        (result, "phases.近期.p", "近期至多 1 处"), (paid, "phases.中期.budget", "中期至多 40 万元")
    ):  # fmt: skip
        assert replace(found, plan=replace(found.plan, conflict=(rule,))).conflict == [words]


def test_money_that_is_not_known_is_missing() -> None:
    unpriced = district(candidates=candidates(capex=[None, 25.0, 10.0, 5.0, 40.0]))
    result = phased(unpriced, **terms({"stations": 1}, {"stations": 1}))
    assert math.isnan(result.cost(result.terms[1]))
    assert result.tables()["分期建设计划"]["投资（万元，区间）"].tolist() == ["32–48", "缺数据"]


def test_a_measurement_that_does_not_confirm_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    right = phasing.remeasured

    def wrong(*given: Any) -> Any:
        found = right(*given)
        return replace(found, covered=found.covered * 0.5)

    monkeypatch.setattr(phasing, "remeasured", wrong)
    with pytest.raises(CheckError, match="siting, key 近期: the plan as measured is not worth what the model claims"):
        phased(**terms({"stations": 1}))


def test_ctrl_c_gives_the_terms_it_has() -> None:
    """The end is known, the best beginning is not: nothing is built first, and what that costs is not known."""
    stopper = Stopper()
    result = phased(progress=stopper, **terms({"stations": 1}, {"stations": 1}))
    assert stopper.steps[-1] == ("siting_phases", 2, 2)
    assert (result.status, [result.opened(term) for term in result.terms]) == ("FEASIBLE", [[], ["a1", "z1"]])
    assert result.tables()["分期建设计划"]["因分期少覆盖（人）"].tolist() == ["缺数据", "缺数据"]
    assert [kpi.value for kpi in result.kpis()] == [None, None]
