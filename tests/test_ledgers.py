"""台账核对: every fault of a sign by hand; volunteers and services against brute force; tools, classes, and what is said."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import ledgers as rooms_of
from tests import pocket
from tests.depth import draws
from workbench.catalogue.scenes import Scene, catalogue
from workbench.coverage import assess_coverage
from workbench.errors import GeodataError, ScenarioError
from workbench.ground.district import District
from workbench.ledgers import (
    FAULTS,
    Allocation,
    LedgersResult,
    VolunteerProblem,
    allocate_volunteers,
    audit_ledgers,
    broken_allocation,
    openings,
    sign_faults,
)
from workbench.plot import scenes_by_community

_DAY = dt.date(2026, 11, 1)
_SIGN = {
    "station": "S1",
    "room": None,
    "kind": "board",
    "text": "东中心",
    "worn": False,
    "made": None,
    "valid_until": None,
}
_DOOR: dict[str, object] = {"kind": "door", "room": "R1", "text": "会议室"}


def _signs(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([{"id": f"B{place}", **_SIGN, **row} for place, row in enumerate(rows, 1)])


def _with_signs(*rows: dict[str, object]) -> District:
    return rooms_of.district(rooms=rooms_of.rooms({}, {"function": "闲置"}), signs=_signs(*rows))


@pytest.mark.parametrize(
    ("row", "faults"),
    [
        ({}, set()),
        ({"text": "东中心活动点"}, {"improper"}),
        ({"worn": True}, {"worn"}),
        ({"made": "2018-10-31"}, {"worn"}),
        ({"made": "2018-11-01"}, set()),
        ({"made": None}, set()),
        (_DOOR, set()),
        ({**_DOOR, "text": "幸福小屋"}, {"improper"}),
        ({**_DOOR, "text": "图书阅览室"}, {"untrue"}),
        ({**_DOOR, "room": "R2"}, {"untrue"}),
        ({"kind": "wall", "text": "惠民账", "valid_until": "2026-10-31"}, {"outdated"}),
        ({"kind": "wall", "text": "惠民账", "valid_until": "2026-11-01"}, set()),
        ({**_DOOR, "text": "图书阅览室", "worn": True, "valid_until": "2026-01-01"}, {"worn", "untrue", "outdated"}),
    ],
)
def test_a_sign_has_just_the_faults_that_it_has(row: dict[str, object], faults: set[str]) -> None:
    table = sign_faults(_with_signs(row), _DAY, 8.0)
    assert {name for name in FAULTS if table[name][0]} == faults
    assert table["faulty"][0] == bool(faults)


def test_a_sign_says_what_it_should_say_where_that_is_a_word_for_rooms() -> None:
    rows: tuple[dict[str, object], ...] = (
        {"text": "乱写"},
        {**_DOOR, "text": "图书阅览室"},
        {**_DOOR, "room": "R2"},
        {},
    )
    assert sign_faults(_with_signs(*rows), _DAY, 8.0)["should"].fillna("").tolist() == ["东中心", "会议室", "", ""]


_BAD: dict[str, tuple[dict[str, object], str]] = {
    "day": ({"made": "2026-13-01"}, "made"),
    "swapped": ({"made": "2026-05-01", "valid_until": "2026-04-01"}, "valid_until"),
    "no room": ({**_DOOR, "room": None}, "room"),
    "another station's": ({**_DOOR, "station": "S2"}, "room"),
}


@pytest.mark.parametrize("case", _BAD)
def test_signs_that_cannot_be_are_refused_with_row_and_column(case: str) -> None:
    row, column = _BAD[case]
    with pytest.raises(GeodataError) as told:
        _with_signs({}, row)
    [problem] = told.value.problems
    assert (problem.where, problem.row, problem.column) == ("signs", "B2", column)


def test_a_tool_is_listed_once_a_station() -> None:
    with pytest.raises(GeodataError, match="listed twice"):
        pocket.district(tools=_tools(("S1", "螺丝刀", 1), ("S1", "螺丝刀", 2)))


# ----------------------------------------------------------------------------------------------------------------------
# Volunteers.


def _problem(residents: list[int], volunteers: list[int], metres: list[list[float]], reach: float) -> VolunteerProblem:
    names = tuple(f"C{place}" for place in range(len(residents)))
    grids = np.full(len(residents), np.nan)
    people, count = np.array(residents, np.float64), np.array(volunteers, np.int64)
    return VolunteerProblem(names, people, count, grids, 1.5, np.array(metres, np.float64), reach)


def _on_a_line(*places: float) -> list[list[float]]:
    return [[abs(a - b) for b in places] for a in places]


def test_neighbours_help_out_before_anybody_is_trained_the_nearest_first() -> None:
    # the floor asks for 3, 3, 6 and 2: the second lacks one, the third three; the first can spare two, the last one
    problem = _problem([2000, 2000, 4000, 1000], [5, 2, 3, 3], _on_a_line(0, 1000, 1900, 2500), 1000.0)
    plan = allocate_volunteers(problem)
    assert plan.moved.tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]
    assert plan.trained.tolist() == [0, 0, 2, 0]
    assert plan.after(problem).tolist() == [4, 3, 6, 2]
    assert not broken_allocation(problem, plan)


def _best(problem: VolunteerProblem) -> tuple[int, int]:
    """Fewest trainings and then metres, by trying every table of moves."""
    spare, lack = problem.volunteers - problem.needed, problem.needed - problem.volunteers
    pairs = [
        (i, j)
        for i, j in itertools.permutations(range(len(lack)), 2)
        if spare[i] > 0 < lack[j] and problem.metres[i, j] <= problem.reach
    ]
    best = (int(lack.clip(min=0).sum()), 0)
    for counts in itertools.product(*(range(int(min(spare[i], lack[j])) + 1) for i, j in pairs)):
        moved = np.zeros((len(lack), len(lack)), np.int64)
        for (i, j), count in zip(pairs, counts, strict=True):
            moved[i, j] = count
        left = lack.clip(min=0) - moved.sum(axis=0)
        if (moved.sum(axis=1) <= spare.clip(min=0)).all() and (left >= 0).all():
            best = min(best, (int(left.sum()), int((moved * np.rint(problem.metres)).sum())))
    return best


@given(st.data())
@settings(max_examples=draws(60))
def test_no_allocation_trains_fewer_or_walks_less(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 4))
    each = st.lists(st.integers(0, 3), min_size=count, max_size=count)
    residents = [1000 * n for n in data.draw(each)]
    volunteers = [
        min(n, 3 + r // 1000)
        for n, r in zip(data.draw(st.lists(st.integers(0, 6), min_size=count, max_size=count)), residents, strict=True)
    ]
    places = data.draw(st.lists(st.integers(0, 40), min_size=count, max_size=count))
    problem = _problem(residents, volunteers, _on_a_line(*(100.0 * n for n in places)), 1500.0)
    plan = allocate_volunteers(problem)
    assert not broken_allocation(problem, plan)
    assert (int(plan.trained.sum()), int((plan.moved * np.rint(problem.metres)).sum())) == _best(problem)


@pytest.mark.parametrize("fault", ["negative", "floor", "taken", "far"])
def test_the_checker_names_a_planted_fault(fault: str) -> None:
    problem = _problem([2000, 2000, 1000], [5, 2, 2], _on_a_line(0, 1000, 4000), 1000.0)
    plan = allocate_volunteers(problem)
    moved, trained = plan.moved.copy(), plan.trained.copy()
    if fault == "negative":
        trained[0] = -1
    elif fault == "floor":
        moved[0, 1] = 0
    elif fault == "taken":
        moved[2, 1], trained[2], problem = (
            1,
            1,
            _problem([2000, 2000, 1000], [5, 2, 2], _on_a_line(0, 1000, 1500), 1000.0),
        )
    else:
        moved[0, 2] = 1
    assert broken_allocation(problem, Allocation(moved, trained)) == [fault]


# ----------------------------------------------------------------------------------------------------------------------
# Scenes.


def _scene(key: str, all_of: tuple[str, ...], any_of: tuple[str, ...] = (), spaces: tuple[str, ...] = ("M",)) -> Scene:
    services = {"all_of": all_of, "any_of": any_of}
    said = {"label": key, "short": key, "label_en": key, "audience": (), "window": "24/7", "indicator": ""}
    return Scene.model_validate({"key": key, "services": services, "spaces": spaces, **said})


_SERVICES = ("counter", "reading", "rest", "water")
_COST = {"counter": 5.0, "reading": 3.0, "rest": 0.5, "water": 0.25}


def _cheapest(stations: dict[str, tuple[bool, frozenset[str]]], missing: list[Scene]) -> tuple[float, int]:
    """Cost and number of services, by trying every set of them."""
    able = [s for s in missing if any(not post or set(s.spaces) & {"L", "O"} for post, _ in stations.values())]
    pairs = [(name, service) for name in stations for service in _SERVICES if service not in stations[name][1]]
    best = (math.inf, 0)
    for size in range(len(pairs) + 1):
        for begun in itertools.combinations(pairs, size):
            has = {name: own | {s for n, s in begun if n == name} for name, (_, own) in stations.items()}
            if all(
                any(
                    s.offered_by(has[n]) and (not post or set(s.spaces) & {"L", "O"})
                    for n, (post, _) in stations.items()
                )
                for s in able
            ):
                best = min(best, (sum(_COST[service] for _, service in begun), size))
    return best


@given(st.data())
@settings(max_examples=draws(60))
def test_nothing_cheaper_completes_a_community(data: st.DataObject) -> None:
    some = st.sets(st.sampled_from(_SERVICES), max_size=2)
    names = ["S1", "S2"][: data.draw(st.integers(1, 2))]
    stations = {name: (data.draw(st.booleans()), frozenset(data.draw(some))) for name in names}
    missing = []
    for key in ("a", "b", "c")[: data.draw(st.integers(1, 3))]:
        all_of, any_of = (tuple(sorted(data.draw(some))) for _ in range(2))
        scene = _scene(key, all_of, any_of, spaces=data.draw(st.sampled_from([("M",), ("L",)])))
        held = any(scene.offered_by(has) and (not post or "L" in scene.spaces) for post, has in stations.values())
        if (scene.services.all_of or scene.services.any_of) and not held:
            missing.append(scene)
    plan = openings(stations, missing, _COST.__getitem__)
    assert plan.proven
    able = [scene for scene in missing if scene.key not in plan.left]
    assert (plan.cost, len(plan.services)) == pytest.approx(_cheapest(stations, able)) if able else not plan.services
    has = {name: own | {s for n, s in plan.services if n == name} for name, (_, own) in stations.items()}
    assert all(any(scene.offered_by(own) for own in has.values()) for scene in able)


# ----------------------------------------------------------------------------------------------------------------------
# The whole, by hand, in the pocket district: one walled compound, 20 residents at 185 m and 30 at 390 m from the centre.


def _tools(*rows: tuple[str, str, int]) -> pd.DataFrame:
    columns = ["id", "station", "tool", "stock", "loans"]
    return pd.DataFrame([(f"L{place}", *row, 3.0) for place, row in enumerate(rows, 1)], columns=columns)


def _services(centre: str, post: str) -> pd.DataFrame:
    near = pocket.station("S3", 200, 10, community="C1")
    return pd.concat([pocket.stations(), near], ignore_index=True).assign(services=[centre, post, "rest;water"])


@cache
def _audit() -> LedgersResult:
    return _audited()


def _audited() -> LedgersResult:
    district = rooms_of.district(
        stations=_services(";".join(catalogue().services), ""),
        rooms=rooms_of.rooms({}, {"function": "闲置"}),
        signs=_signs({"worn": True}, {}, {"kind": "wall", "text": "惠民账", "valid_until": "2026-11-20"}),
        volunteers=pd.DataFrame(
            {"id": ["V1", "V2"], "community": ["C1", "C2"], "volunteers": [1, 0], "grids": [2, None]}
        ),
        tools=_tools(("S1", "螺丝刀", 2), ("S3", "老虎钳", 1)),
        study_bases=pd.DataFrame(
            [("J1", "甲阵地", "S1", 20, 4.0), ("J2", "乙阵地", "S3", 40, 4.0)],
            columns=["id", "name", "station", "capacity", "sessions"],
        ),
        study_classes=pd.DataFrame(
            [("Q1", "J1", "K1", 15, 3.0), ("Q2", "J1", "K1", 30, 3.0), ("Q3", "J1", "K1", 25, 3.0)],
            columns=["id", "base", "compound", "people", "sessions"],
        ),
    )
    scenario = pocket.scenario(ledgers={"topics": ["惠民账", "发展账"], "service_costs": {"counter": 10}})
    return audit_ledgers(assess_coverage(district, scenario))


def _values() -> dict[str, float | None]:
    return {kpi.key: kpi.value for kpi in _audit().kpis()}


def test_identical_runs_give_identical_answers() -> None:
    again, first = _audited(), _audit()
    assert again.kpis() == first.kpis()
    assert [table.to_csv() for table in again.tables().values()] == [
        table.to_csv() for table in first.tables().values()
    ]


def test_the_audit_counts_what_can_be_counted_by_hand() -> None:
    found = _values()
    assert found["ledgers.signs.faulty"] == 1
    assert found["ledgers.signs.due"] == 1
    assert found["ledgers.walls"] == 1
    # 180 and 60 people: 0.27 and 0.09 volunteers asked for, so one each; the middles are farther apart than 1,000 m
    assert found["ledgers.volunteers.below"] == 1
    assert found["ledgers.volunteers.trained"] == 1
    assert found["ledgers.volunteers.moved"] == 0
    # S3 has the whole compound within five minutes, S1 two fifths of its people
    assert found["ledgers.tools.螺丝刀"] == 0
    assert found["ledgers.tools.老虎钳"] == 100
    assert found["ledgers.tools.all"] == 0
    assert found["ledgers.tools.added"] == 1
    assert found["ledgers.tools.bought"] == 0, "S1 has two screwdrivers and can spare one"
    # the second and third do not fit J1; J2 takes the larger of them, and has no time for the other
    assert found["ledgers.classes.good"] == 1
    classes = _audit().classes
    assert classes is not None
    assert classes["instead"].fillna("").tolist() == ["", "J2", ""]
    assert found["ledgers.bases.over"] == 1


def test_a_community_that_has_every_service_has_every_scene_and_one_without_station_has_none() -> None:
    found, scenes = _values(), len(catalogue())
    assert found["ledgers.scenes.complete"] == 1
    assert found["ledgers.scenes.present"] == found["ledgers.scenes.missing"] == scenes
    plan = _audit().completions["C2"]
    assert len(plan.left) == scenes
    assert not plan.services


def test_what_mends_is_proven_to_be_the_least() -> None:
    assert _audit().status == "OPTIMAL"
    assert _audit().decides


def test_what_is_said_follows_the_numbers() -> None:
    said = "".join(_audit().conclusion())
    for words in (
        "3 块标牌中 1 块须清理（陈旧 1）",
        "1 个社区不足每千人 1.5 人",
        "新培训 1 人",
        "3 班中 1 班",
        "1 处阵地约满",
    ):
        assert words in said
    tables = _audit().tables()
    assert tables["工具出借点"]["增设于"].tolist() == ["—", "西驿家"]
    assert tables["学习班次"]["可改约"].tolist() == ["—", "乙阵地", "—"]
    assert tables["上墙内容缺项"]["缺的内容"].tolist() == ["发展账"]


def test_without_ledgers_scenes_are_audited_and_the_rest_is_said_to_be_missing() -> None:
    result = audit_ledgers(assess_coverage(pocket.district(), pocket.scenario(ledgers={})))
    assert "标牌台账缺数据；法律明白人台账缺数据。" in result.conclusion()
    assert set(result.tables()) == {"台账核对总表", "场景分布", "社区场景补齐"}
    known = {kpi.key: kpi.value for kpi in result.kpis()}
    assert known["ledgers.signs.faulty"] is None
    assert known["ledgers.scenes.unknown"] == len(catalogue()), "the pocket stations do not say what they offer"


def test_a_tool_that_nobody_lends_is_called_by_name() -> None:
    scenario = pocket.scenario(ledgers={"tools": ["螺丝刀", "电锤"]})
    district = pocket.district(tools=_tools(("S1", "螺丝刀", 1)))
    said = "".join(audit_ledgers(assess_coverage(district, scenario)).conclusion())
    assert "2 种工具（电锤尚无处出借），另有 1 个小区 5 分钟内无阵地可借" in said, "no station reaches the compound"


def test_ground_without_communities_or_their_layer_is_no_fault() -> None:
    bare = audit_ledgers(assess_coverage(pocket.poor("bare"), pocket.scenario(ledgers={})))
    assert "社区缺数据，不核对场景。" in bare.conclusion()
    tables = {name: table for name, table in pocket.tables().items() if name != "communities"}
    tables["stations"] = _services("rest", "water")
    unnamed = audit_ledgers(assess_coverage(District.from_tables(pocket.MANIFEST, tables), pocket.scenario(ledgers={})))
    assert "最省的是C1" in "".join(unnamed.conclusion())
    assert scenes_by_community(unnamed).get_yticklabels()[0].get_text().startswith("C")


def test_wishes_that_cannot_be_read_are_answered_by_name() -> None:
    coverage = assess_coverage(pocket.district(), pocket.scenario(ledgers={"service_costs": {"watter": 1}}))
    with pytest.raises(ScenarioError, match="watter") as told:
        audit_ledgers(coverage)
    assert "water" in str(told.value)
    with pytest.raises(ScenarioError, match="asks nothing of ledgers"):
        audit_ledgers(assess_coverage(pocket.district(), pocket.scenario()))
