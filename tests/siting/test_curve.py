"""The marginal curve: by hand, against single plans, its bend, and Ctrl-C."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests import pocket
from tests.siting.grounds import Stopper, candidates, district, planned, sited
from workbench import plot
from workbench.locate import SitingPlan
from workbench.locate.result import Plan
from workbench.siting import CurveResult, SitingResult, marginal_curve
from workbench.solving import Status


@pytest.fixture(scope="module")
def siting() -> SitingResult:
    return sited(stations=2, curve=4)


@pytest.fixture(scope="module")
def curve(siting: SitingResult) -> CurveResult:
    return marginal_curve(siting)


def bent(siting: SitingResult, *objectives: float | None, bound: float | None = None) -> CurveResult:
    """A curve of these objectives; None where there is no plan."""
    none = np.array([0])
    plans = [
        SitingPlan("x", Status.UNKNOWN, None, np.nan, 0.0)
        if value is None
        else SitingPlan(
            "x", Status.OPTIMAL if bound is None else Status.FEASIBLE, Plan(none, value, none), bound or value, 0.0
        )
        for value in objectives
    ]
    return CurveResult(siting, np.arange(len(plans)), tuple(plans))


def test_the_curve_by_hand(curve: CurveResult) -> None:
    assert curve.new.tolist() == [0, 1, 2, 3, 4]
    assert curve.objective.tolist() == [70, 130, 160, 160, 160]
    assert curve.bound.tolist() == [70, 130, 160, 160, 160]
    assert curve.marginal.tolist()[1:] == [60, 30, 0, 0]
    assert np.isnan(curve.marginal[0])
    assert (curve.status, curve.maximises, curve.knee) == ("OPTIMAL", True, 2)
    assert repr(curve) == "<CurveResult pocket: OPTIMAL>"
    assert curve.layers() == {}


def test_the_table(curve: CurveResult) -> None:
    table = curve.tables()["边际曲线"]
    assert table.columns.tolist() == [
        "新增（处）",
        "目标值（人）",
        "再增一处可得（人）",
        "界",
        "差距（%）",
        "状态",
        "拐点",
    ]
    assert table.to_numpy().tolist()[:3] == [
        [0, 70, "", 70, 0.0, "OPTIMAL", ""], [1, 130, 60, 130, 0.0, "OPTIMAL", ""], [2, 160, 30, 160, 0.0, "OPTIMAL", "◀"]
    ]  # fmt: skip
    raw = curve.table()
    assert raw["per_head"].tolist() == pytest.approx([70 / 210, 130 / 210, 160 / 210, 160 / 210, 160 / 210])
    knee = curve.kpis()[0]
    assert (knee.value, knee.unit, knee.denominator, knee.of) == (2, "处", "曲线上最多的新增阵地", 4)
    assert curve.summary()["数值"].tolist() == ["2"]


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"mode": "experience"},
        {"backup": 2},
        {"spacing_m": 150},
        {"at_most": [{"each": "community", "stations": 1}]},
        {"goal": "p_median"},
        {"standing": {"may_move": ["S1", "S2"], "moves": 1}},
        {"goal": "p_median", "standing": {"may_move": "post", "moves": 1}},
        {"standing": {"may_move": ["S1"], "moves": 1}, "at_most": [{"each": "community", "stations": 1}]},
    ],
    ids=str,
)  # fmt: skip
def test_every_point_equals_the_plan_for_that_number(wish: dict[str, object]) -> None:
    """Also where stations move: the number of movers stays what it is, and caps hold."""
    found = marginal_curve(sited(stations=1, **wish), 3)
    assert found.new.tolist() == list(range(len(found.new)))
    sign = 1 if found.maximises else -1
    assert (np.diff(sign * found.objective) >= 0).all()
    for new, objective in zip(found.new.tolist()[1:], found.objective.tolist()[1:], strict=True):
        if new <= int((found.siting.question.rules.barred == "").sum()):
            assert objective == pytest.approx(planned(stations=new, **wish)[1], rel=1e-12)
        else:
            raise AssertionError("a curve has no more stations than candidates")


def test_a_curve_has_no_more_stations_than_candidates(siting: SitingResult) -> None:
    assert marginal_curve(siting, 50).new.tolist() == [0, 1, 2, 3, 4]
    assert marginal_curve(siting, 1).new.tolist() == [0, 1]


def test_a_curve_starts_with_what_is_required() -> None:
    required = marginal_curve(sited(stations=2, candidates={"required": ["a3"]}), 3)
    assert (required.new.tolist(), required.objective.tolist()) == ([1, 2, 3], [70, 130, 160])
    moving = marginal_curve(
        sited(stations=2, candidates={"required": ["a3"]}, standing={"may_move": "post", "moves": 1}), 3
    )
    assert (moving.new.tolist(), moving.objective.tolist()) == ([1, 2, 3], [90, 130, 160])  # S2 gives way to z1


def test_a_curve_of_fewer_than_are_required() -> None:
    two = marginal_curve(sited(stations=2, candidates={"required": ["a1", "a3"]}), 1)
    assert (two.new.tolist(), two.objective.tolist()) == ([2], [100])


def test_a_curve_where_there_is_nothing_to_open() -> None:
    bare = district(stations=pocket.stations().iloc[:0], candidates=candidates(veto=["否"] * 5))
    assert marginal_curve(sited(bare, budget=100), 3).new.tolist() == []


def test_a_curve_leaves_the_budget_out() -> None:
    assert marginal_curve(sited(budget=9), 2).objective.tolist() == [70, 130, 160]


def test_a_curve_where_no_station_stands() -> None:
    bare = district(stations=pocket.stations().iloc[:0], candidates=candidates())
    found = marginal_curve(sited(bare, stations=1), 3)
    assert (found.new.tolist(), found.objective.tolist()) == ([1, 2, 3], [60, 120, 160])


# --- the bend --------------------------------------------------------------------------------


def test_the_bend_by_hand(siting: SitingResult) -> None:
    """Lifts above the chord: of 0 60 90 100 they are 0, 0.6 − 1/3, 0.9 − 2/3, 0."""
    assert bent(siting, 0, 60, 90, 100).knee == 1
    assert bent(siting, 0, 50, 95, 100).knee == 2
    assert bent(siting, 0, 10, 20, 30).knee is None  # straight
    assert bent(siting, 70, 70, 70).knee is None  # flat
    assert bent(siting, 0, 60).knee is None  # too few points
    assert bent(siting, 0, 60, None, 100).knee == 1  # where there is no plan is no point
    saving = bent(sited(goal="p_median", stations=1), 100, 40, 10, 0)
    assert (saving.knee, saving.marginal.tolist()[1:]) == (1, [60, 30, 10])
    assert replace(saving, siting=siting).maximises


def test_what_is_not_known_is_missing(siting: SitingResult) -> None:
    found = bent(siting, 70, None, 160, bound=200)
    assert found.status == "UNKNOWN"
    table = found.tables()["边际曲线"]
    assert table["目标值（人）"].tolist() == [70, "缺数据", 160]
    assert table["差距（%）"].tolist() == [185.71, "缺数据", 25.0]
    assert found.kpis()[0].value is None
    nobody = CurveResult(siting, np.empty(0, np.int64), ())
    assert (nobody.status, nobody.kpis()[0].of, nobody.tables()) == ("OPTIMAL", None, {})
    assert (nobody.none, found.none) == ("没有阵地，也没有可用候选，没有边际曲线。", "")


# --- stopped ---------------------------------------------------------------------------------


@pytest.mark.parametrize("moving", [{}, {"standing": {"may_move": "post", "moves": 1}}])
def test_ctrl_c_ends_a_curve_early(moving: dict[str, object]) -> None:
    stopper = Stopper()
    found = marginal_curve(sited(stations=2, **moving), 4, progress=stopper)
    assert found.new.tolist() == [0]
    assert stopper.steps == [("siting_curve", 0, 1), ("siting_curve", 1, 1)]


def test_two_curves_are_equal(siting: SitingResult, curve: CurveResult) -> None:
    again = marginal_curve(siting)
    assert again.table().equals(curve.table())
    assert [plan.sites.tolist() for plan in again.plans] == [plan.sites.tolist() for plan in curve.plans]
    assert again.fingerprint == curve.fingerprint != siting.fingerprint


def test_a_goal_that_finds_the_number_has_no_curve_and_says_so() -> None:
    words = "本情景的选址目标不按新增处数求解，没有边际曲线。"
    for goal in ({"goal": "set_cover", "share": 0.5}, {"goal": "p_center", "stations": 1}):
        curve = marginal_curve(sited(**goal))
        assert (len(curve.new), curve.none) == (0, words)
        assert curve.tables() == {}
        assert words in [text.get_text() for text in plot.marginal_curve(curve).texts]
