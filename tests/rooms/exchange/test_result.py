"""The exchange on a district: ledgers read, tables, numbers, refusals, and the embedded district once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests import pocket
from tests.ledgers import district, operators, rooms
from tests.listeners import Steps
from tests.rooms.exchange.grounds import asked, exchanged
from workbench.catalogue.functions import catalogue
from workbench.catalogue.terms import label
from workbench.errors import NoSolutionError, ScenarioError
from workbench.ground.sources import read_district
from workbench.results import Result
from workbench.rooms import ExchangeResult, RoomsError, exchange_space, timetable_rooms
from workbench.rooms.exchange.problem import ExchangeRule, problem_of
from workbench.rooms.exchange.result import jain
from workbench.rooms.exchange.stages import faults, match_operators
from workbench.rooms.instance import centres_of
from workbench.rooms.week import today_of
from workbench.scenario import load_scenario

TITLES = ["场地置换匹配表", "履约跟踪", "未匹配的运营方及原因", "运营方周时段", "场地置换逐阶段证明"]
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def result() -> ExchangeResult:
    return exchanged()


def test_it_is_a_result(result: ExchangeResult) -> None:
    assert isinstance(result, Result)
    assert repr(result) == "<ExchangeResult pocket: OPTIMAL>"
    assert result.fingerprint != result.base.fingerprint
    assert faults(result.problem, result.plan.stays) == []


def test_operators_by_hand(result: ExchangeResult) -> None:
    table = result.by_operator.set_index("operator")
    assert table["admitted"].to_dict() == {"O1": True, "O2": False, "O3": False, "O4": True}
    assert table["verdict"].to_dict() == {"O1": "met", "O2": "unknown", "O3": "poor", "O4": "unknown"}
    first = table.loc["O1", ["station", "rooms", "granted", "share", "service", "own_m2h"]].tolist()
    assert first == ["S1", "R2", 4.0, 1.0, 2.0, 200.0], "R2 is not in use, and is given first"
    worth = table.loc["O4", ["service_value", "space_value", "value_per_m2h", "balance"]].tolist()
    assert worth == pytest.approx([50.0, 30.0, 50 / 150, 20.0])
    assert table.loc["O2", ["granted", "own_m2h"]].isna().all()


def test_sessions_are_runs_of_blocks(result: ExchangeResult) -> None:
    own = result.sessions[result.sessions["operator"] == "O1"]
    rows = own[["day", "start", "end", "kind", "hours"]].values.tolist()
    assert rows == [
        ["Mo", "09:00", "11:00", "service", 2.0],
        ["Mo", "11:00", "12:00", "own", 1.0],
        ["Tu", "09:00", "12:00", "own", 3.0],
    ]


def test_hours_of_the_week_add_up(result: ExchangeResult) -> None:
    hours, stations = result.by_hour, result.by_station.iloc[0]
    assert len(hours) == 7 * 24
    assert hours["left_m2"].sum() == stations["left_m2h"] == 90 * 45 - 40
    assert hours["given_m2"].sum() == stations["given_m2h"] == 50 * 10
    assert (hours["given_m2"] <= hours["left_m2"]).all()
    assert hours["left_m2"].max() == 90.0
    assert not hours[(hours["day"] == "Sa") | (hours["hour"] < 8)]["left_m2"].any()


def test_the_tables_are_read_in_chinese(result: ExchangeResult) -> None:
    tables = result.tables()
    assert list(tables) == TITLES
    for table in tables.values():
        assert not table.astype(str).map(lambda text: "nan" in text.lower() or text == "None").any().any()
    matched = tables["场地置换匹配表"].set_index("运营方")
    assert matched.loc[
        "合计", ["申请自用（h/周）", "获得自用（h/周）", "承诺公益（h/周）", "排定公益（h/周）"]
    ].tolist() == [7, 7, 3, 3]
    assert matched.loc["合计", "区里净得（元/周）"] == 80 - 40 + 50 - 30
    assert matched.loc["合计", "公益价值/自用（元/㎡·h）"] == round(130 / 350, 2)
    refused = tables["未匹配的运营方及原因"].set_index("运营方")
    assert refused.loc["某舞团", ["意向阵地", "不予受理", "放宽任一即可匹配", "须同时放宽"]].tolist() == [
        "不限",
        "—",
        "水电",
        "—",
    ]
    assert refused.loc["某书屋", "不予受理"] == "上周履约率低于下限"
    kept = tables["履约跟踪"].set_index("运营方")
    assert kept.loc["某书屋", ["履约率（%）", "评定", "本周"]].tolist() == [50.0, "未达标", "未匹配"]
    assert kept.loc["某舞团", ["上周履行（h）", "履约率（%）", "评定"]].tolist() == ["缺数据", "缺数据", "无记录"]
    proof = tables["场地置换逐阶段证明"]
    assert (proof["取值"] == proof["下界"]).all()
    assert proof.loc[0].tolist() == ["未排入的公益服务", "min", 240, 240, 0.0, "已证最优"]


def test_every_word_of_the_exchange_has_its_label() -> None:
    assert all(label(f"rule.{rule}") != f"rule.{rule}" for rule in ExchangeRule)


def test_numbers_name_their_denominators(result: ExchangeResult) -> None:
    found = {kpi.key: kpi for kpi in result.kpis()}
    assert (found["exchange.left"].value, found["exchange.left"].of) == (4010.0, 4050.0)
    assert found["exchange.given"].value == pytest.approx(100 * 500 / 4010)
    assert (found["exchange.service"].value, found["exchange.service"].of) == (3.0, 7.0)
    assert (found["exchange.granted"].value, found["exchange.granted"].of) == (7.0, 13.0)
    assert (found["exchange.admitted"].value, found["exchange.admitted"].of) == (2.0, 4.0)
    assert (found["exchange.least_share"].value, found["exchange.jain"].value) == (100.0, pytest.approx(1.0))
    assert (found["exchange.fulfilment"].value, found["exchange.fulfilment"].of) == (75.0, 4.0)
    assert found["exchange.value"].value == pytest.approx(130 / 350)
    assert found["exchange.balance"].value == pytest.approx(60.0)
    assert all(kpi.denominator and kpi.label for kpi in found.values())
    assert len(result.summary()) == len(found)


def test_nobody_is_admitted_and_nothing_is_given() -> None:
    ground = district(rooms=rooms({}), operators=operators({"owed_hours": 0.0}))
    result = exchange_space(timetable_rooms(ground, asked()))
    assert list(result.tables()) == ["履约跟踪", "未匹配的运营方及原因", "场地置换逐阶段证明"]
    assert result.tables()["未匹配的运营方及原因"].loc[0, "不予受理"] == "未承诺公益服务"
    found = {kpi.key: kpi.value for kpi in result.kpis()}
    assert [found[f"exchange.{key}"] for key in ("least_share", "jain", "fulfilment", "value")] == [None] * 4
    assert (found["exchange.given"], found["exchange.admitted"]) == (0.0, 0.0)


def test_a_matching_that_was_stopped_names_no_rules(result: ExchangeResult) -> None:
    stopped = replace(result, plan=replace(result.plan, stays=()))
    table = stopped.tables()["未匹配的运营方及原因"].set_index("运营方")
    assert table.loc["某家政公司", ["不予受理", "放宽任一即可匹配", "须同时放宽"]].tolist() == [
        "—",
        "无须放宽，尚未排完",
        "—",
    ]
    assert table.loc["某舞团", "放宽任一即可匹配"] == "水电"


def test_jain_is_one_when_all_are_alike_and_one_nth_when_one_has_all() -> None:
    assert jain([0.5, 0.5]) == pytest.approx(1.0)
    assert jain([1.0, 0.0, 0.0, 0.0]) == pytest.approx(0.25)
    assert jain([]) is jain([0.0]) is None


def test_the_layer_holds_the_stations_with_rooms(result: ExchangeResult) -> None:
    layer = result.layers()["exchange_by_station"]
    assert layer[["id", "operators"]].values.tolist() == [["S1", 2]]
    assert layer.crs == result.district.crs


def test_progress_is_told(result: ExchangeResult) -> None:
    told: list[tuple[str, int, int]] = []
    again = exchange_space(result.base, progress=Steps(lambda *step: told.append(step)))
    assert told[0] == ("exchange", 0, 7)
    assert told[-1] == ("exchange", 7, 7)
    assert again.plan.stays == result.plan.stays


def test_what_cannot_be_asked() -> None:
    with_rooms = district(rooms=rooms({}), operators=operators({}))
    base = timetable_rooms(with_rooms, pocket.scenario())
    with pytest.raises(ScenarioError, match=r"pocket, key rooms\.exchange: the scenario asks for no exchange"):
        exchange_space(base)
    base = timetable_rooms(with_rooms, asked(service_values={"craftt": 1, "sleep": 2}))
    with pytest.raises(ScenarioError, match="function is not known") as caught:
        exchange_space(base)
    assert [p.key for p in caught.value.problems] == [f"rooms.exchange.service_values.{w}" for w in ("craftt", "sleep")]
    with pytest.raises(RoomsError, match="operators: there are no operators"):
        exchange_space(timetable_rooms(district(rooms=rooms({})), asked()))
    full = district(rooms=rooms({"use": "office", "area_m2": 400.0}), operators=operators({}))
    broken = pocket.scenario(rooms={"exchange": {}, "offices_kept": 1})
    with pytest.raises(NoSolutionError, match="no centre has a timetable"):
        exchange_space(timetable_rooms(full, broken))


def test_a_station_without_a_timetable_is_no_station() -> None:
    ground = district(
        rooms=rooms({}, {"station": "S2", "use": "office", "area_m2": 400.0}),
        operators=operators({"station": "S2"}, {}),
    )
    result = exchange_space(timetable_rooms(ground, pocket.scenario(rooms={"exchange": {}, "offices_kept": 1})))
    assert result.refused[["operator", "barred"]].values.tolist() == [["O1", "timetabled"]]
    assert result.by_station["station"].tolist() == ["S1"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("block", 20),
        ("block", 0),
        ("least_share", 1.1),
        ("room_share", -0.1),
        ("service_hours", "never o'clock"),
        ("free", 1),
    ],
)
def test_terms_that_make_no_sense(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=key):
        asked(**{key: value})


def test_the_embedded_district_beside_todays_timetable() -> None:
    """Today's bookings stand, and four operators of the ledger ask for what they leave, on committed terms."""
    scenario = load_scenario(ROOT / "scenarios/rooms-share.yaml")
    ground = read_district(ROOT / "geodata/x-district")
    today = [(centre, today_of(centre)) for centre in centres_of(ground, scenario)]
    whole = problem_of(ground, scenario, today, catalogue())
    problem = replace(whole, operators=whole.operators[3:7])
    terms = problem.terms
    assert (terms.block, problem.step, terms.least_share, terms.least_fulfilment) == (60, 30, 0.5, 0.8)
    assert (terms.room_share, terms.operator_share, terms.released_first) == (0.5, 0.4, True)
    plan = match_operators(problem, scenario.rooms.effort)
    assert faults(problem, plan.stays) == []
    assert plan.status == "OPTIMAL"
    assert plan.canonical
    poor = [operator.owed for o, operator in enumerate(problem.operators) if problem.barred(o)]
    assert plan.stages[0].value == sum(poor) > 0


def test_service_is_valued_as_it_is_owed_though_its_blocks_are_longer() -> None:
    ground = district(rooms=rooms({}), operators=operators({"hours": 4.0, "owed_hours": 1.0}))
    result = exchange_space(timetable_rooms(ground, asked(block=120, service_value=10.0)))
    row = result.by_operator.iloc[0]
    assert row[["service", "granted", "service_value"]].tolist() == [2.0, 4.0, 10.0]
    found = {kpi.key: kpi for kpi in result.kpis()}
    assert (found["exchange.service"].value, found["exchange.service"].of) == (1.0, 1.0)
