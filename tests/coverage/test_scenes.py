"""Groups × scenes on the pocket district, by hand; against a count written otherwise; invariants.

Walks to S1 and S2, metres: D1 65 / 565 · D2 185 / 485 · D3 390 / 690 · D4 550 / 50; D5 and D6 reach neither. Five
minutes are 270 m with a child, 360 m for adults, 285 m for older people, 240 m for the oldest, so everybody at D1 and
D2 reaches S1, everybody at D4 reaches S2, and nobody reaches anything else.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import opening_hours
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import ledgers, pocket
from tests.depth import draws
from tests.ground.grounds import embedded
from workbench.catalogue import scenes
from workbench.catalogue.functions import catalogue as functions
from workbench.catalogue.scenes import catalogue, read_catalogue, services_of
from workbench.catalogue.terms import Mode
from workbench.coverage import SceneMatrix, assess_coverage, scene_matrix
from workbench.coverage.scenes import WHOLE, Verdict, sessions_held
from workbench.errors import GeodataError, ScenarioError
from workbench.results import Result
from workbench.rooms import CentrePlan, TimetableResult
from workbench.rooms.instance import centres_of
from workbench.rooms.week import today_of
from workbench.scenario import Group, load_scenario
from workbench.solving import Status

BASELINE = Path(__file__).parents[2] / "scenarios" / "baseline.yaml"
CENTRE = "counter;agency;reading;child_corner;night_school"
POST = "rest;water;charging"

FOCUS = {
    "workers": Group(
        label="上班族",
        ages={"age_18_59": 0.5},
        pace="pace.adult",
        steps="walk",
        free="Mo-Fr 18:00-22:00",
        needs=("night_school", "riders_post", "craft_orders", "study_bar"),
        share_basis="一半【推】",
    ),
    "old": Group(label="高龄老人", ages={"age_80_plus": 1.0}, pace="pace.oldest", needs=("elder_garden", "study_bar")),
}


def measured(
    services: list[str | None] | None = None,
    times: list[str | None] | None = None,
    *,
    stations: pd.DataFrame | None = None,
    demand: pd.DataFrame | None = None,
    communities: pd.DataFrame | None = None,
    **changes: object,
) -> SceneMatrix:
    """The pocket district with these services and opening hours at its stations."""
    layer = pocket.stations() if stations is None else stations
    layer = layer.assign(services=services if services is not None else [CENTRE, POST])
    if times is not None:
        layer = layer.assign(opening_hours=times)
    given = {"stations": layer, "demand": demand, "communities": communities}
    district = pocket.district(**{name: frame for name, frame in given.items() if frame is not None})
    return scene_matrix(assess_coverage(district, pocket.scenario(**{"focus": FOCUS, **changes})))


@pytest.fixture(scope="module")
def matrix() -> SceneMatrix:
    return measured()


def cell(matrix: SceneMatrix, group: str, scene: str) -> dict[str, object]:
    table = matrix.cells
    return table[(table["group"] == group) & (table["scene"] == scene)].iloc[0].to_dict()


def test_reached_by_hand(matrix: SceneMatrix) -> None:
    # adults: 6 at D1 and 10 at D2 reach S1; 20 at D4 reach S2; there are 117
    books = cell(matrix, "adults", "picture_books")
    assert (books["reached"], books["residents"]) == (16, 117)
    assert books["share"] == pytest.approx(100 * 16 / 117)
    assert cell(matrix, "adults", "riders_post")["reached"] == 20
    # half of them are workers
    assert (cell(matrix, "workers", "riders_post")["reached"], cell(matrix, "workers", "riders_post")["residents"]) == (
        10,
        58.5,
    )
    # everybody at D1 and D2: 30 of 210
    assert cell(matrix, WHOLE, "picture_books")["share"] == pytest.approx(100 * 30 / 210)


def test_timely_by_hand(matrix: SceneMatrix) -> None:
    # the post never closes; workers are free on weekdays from six to ten, riders' hours begin at five
    assert cell(matrix, "workers", "riders_post")["timely"] == 10
    # the centre closes at half past five
    bar = cell(matrix, "workers", "study_bar")
    assert (bar["reached"], bar["timely"], bar["share_timely"]) == (8, 0, 0)
    # the old may come at any time
    assert cell(matrix, "old", "study_bar")["timely"] == 2


def test_empty_cells_say_why_and_where() -> None:
    # a third station, 250 m from D4 and in reach of nobody at 0.8 m/s, offers what the old need
    third = pocket.station("S3", 400, 10, opening_hours="24/7")
    stations = pd.concat([pocket.stations(), third], ignore_index=True)
    matrix = measured([CENTRE, POST, "elder_activities"], stations=stations)
    empty = matrix.empty.set_index(["group", "scene"])
    assert empty["reason"].to_dict() == {
        ("workers", "study_bar"): "wrong_hours",
        ("workers", "night_school"): "wrong_hours",
        ("workers", "craft_orders"): "offered_nowhere",
        ("old", "elder_garden"): "out_of_reach",
    }
    # workers of C1: half of 6 + 10 + 15 + 20 + 30; of C2: half of 36; fewer than ten of the old live in C2
    assert empty.loc[("workers", "craft_orders"), "communities"] == "东社区（40 人）、远社区（18 人）"
    assert empty.loc[("old", "elder_garden"), "communities"] == "东社区（11 人）"
    assert cell(matrix, "adults", "elder_garden")["reached"] == 30  # from D2, 285 m, and D4, 250 m
    gaps = matrix.tables()["空缺格"]
    assert gaps["缘由"].tolist() == ["时段不合", "时段不合", "全区无阵地提供", "步行不可及"]


def test_the_overlap_has_to_be_long_enough() -> None:
    def timely(free: str, **changes: object) -> object:
        group = FOCUS["workers"].model_copy(update={"free": free})
        return cell(measured(focus={"workers": group}, **changes), "workers", "study_bar")["timely"]

    assert timely("Mo 17:00-18:00") == 0  # the centre closes at half past five: half an hour
    assert timely("Mo,Tu 17:00-18:00") == 8  # an hour in all: the limit is included
    assert timely("Mo 17:00-18:00", standards={"scene.least_overlap": 30}) == 8
    assert timely("Sa,Su 08:00-22:00") == 0


def test_longer_hours_that_a_scenario_takes_as_given_count(matrix: SceneMatrix) -> None:
    assert cell(matrix, "adults", "weekend_counter")["reason"] == "wrong_hours"
    weekend = measured(hours={"extend": ["weekend"]})
    assert cell(weekend, "adults", "weekend_counter")["timely"] == 16
    assert cell(weekend, "workers", "night_school")["timely"] == 0
    evening = measured(hours={"extend": ["evening"]})  # until half past eight on weekdays
    assert cell(evening, "workers", "night_school")["timely"] == 8
    both = measured(hours={"extend": ["weekend", "evening"]})
    assert {cell(both, "adults", scene)["timely"] for scene in ("weekend_counter", "night_school")} == {16}


def test_a_week_of_holidays_has_other_hours() -> None:
    # from Wednesday, 1 October 2025, on every day of that week is a holiday and counts as a Sunday
    def timely(week: str | None) -> object:
        workers = FOCUS["workers"].model_copy(update={"free": "Th,Fr 12:00-13:00"})
        return cell(measured(focus={"workers": workers}, hours={"week": week}), "workers", "study_bar")["timely"]

    assert (timely(None), timely("2025-10-02")) == (8, 0)


def test_verdicts_add_up_to_the_residents_and_groups_to_the_whole(matrix: SceneMatrix) -> None:
    populace = matrix.coverage.populace
    assert matrix.areas == ("C1", "C2")
    for group, people in matrix.people.items():
        weight = populace.residents if group == WHOLE else populace.weight[group]
        assert people.shape == (3, 16, 5)
        assert people.sum(axis=2) == pytest.approx(np.tile([[weight[:5].sum()], [weight[5]], [0.0]], 16))
    whole = sum(matrix.people[group] for group in populace.whole)
    assert matrix.people[WHOLE] == pytest.approx(whole)


def test_a_matrix_without_services_has_no_number() -> None:
    blank = measured([None, None])
    assert blank.cells[["reached", "share", "timely", "share_timely"]].isna().all(axis=None)
    assert set(blank.cells["reason"]) == {"not_known"}
    summary = blank.summary().set_index("指标")
    assert summary.loc[["有阵地提供的场景", "场景覆盖率", "场景覆盖率·时段相合"], "数值"].tolist() == ["缺数据"] * 3
    assert summary.loc["所需而空缺的格·缺数据", "数值"] == "6"
    assert summary.loc["所需而空缺的格·全区无阵地提供", "数值"] == "缺数据"
    shown = blank.tables()["人群×场景·可及（%）"].set_index("人群")
    assert set(shown.loc["全体居民"].drop("居民（人）")) == {"缺数据"}
    assert blank.by_community["scene_share"].isna().all()
    assert blank.by_community["lacking"].isna().all()
    bare = assess_coverage(pocket.district(), pocket.scenario())  # the column does not exist at all
    assert scene_matrix(bare).cells["share"].isna().all()


def test_services_known_in_part_are_lower_bounds() -> None:
    half = measured([CENTRE, None])
    bar = cell(half, "adults", "study_bar")
    assert (bar["reached"], bar["unsure"], bar["reason"]) == (16, 20, "served")  # D4 reaches only the post
    post = cell(half, "adults", "riders_post")
    assert np.isnan(post["share"])  # type: ignore[call-overload]
    assert (post["unsure"], post["reason"]) == (20, "not_known")
    # in C2 nobody reaches any station, so that its zero is known
    shares = half.community_shares().set_index("id")
    assert np.isnan(shares.loc["C1", "riders_post"])
    assert shares.loc["C2", "riders_post"] == 0
    assert half.summary().set_index("指标").loc["场景覆盖率", "数值"] != "缺数据"


def test_hours_that_are_not_known_are_no_wrong_hours() -> None:
    shut = measured(times=[None, "24/7"])
    bar = cell(shut, "workers", "study_bar")
    assert (bar["reached"], bar["untimed"], bar["reason"]) == (8, 8, "not_known")
    assert np.isnan(bar["timely"])  # type: ignore[call-overload]
    assert cell(shut, "workers", "riders_post")["timely"] == 10


def test_without_stations_nothing_is_offered() -> None:
    none = measured([], stations=pocket.stations().iloc[:0])
    assert none.cells["share"].eq(0).all()
    assert set(none.cells["reason"]) == {"offered_nowhere"}
    assert none.summary().set_index("指标").loc["有阵地提供的场景", "数值"] == "0"


def test_a_closed_station_offers_nothing() -> None:
    closed = measured(stations=pocket.stations().assign(access=["closed", "public"]))
    assert cell(closed, WHOLE, "study_bar")["reason"] == "offered_nowhere"
    assert cell(closed, WHOLE, "riders_post")["reached"] == 40


def test_communities_by_hand(matrix: SceneMatrix) -> None:
    table = matrix.by_community.set_index("id")
    # S1 holds six scenes, S2 one: C1 has 150 residents, 30 reach S1 and 40 reach S2
    held = [key for key, scene in catalogue().items() if scene.offered_by(services_of(CENTRE) or ())]
    assert held == ["weekend_counter", "lunch_counter", "picture_books", "study_bar", "night_school"]
    assert table.loc["C1", "scene_share"] == pytest.approx((5 * 100 * 30 / 150 + 100 * 40 / 150) / 16)
    assert table.loc["C1", "residents"] == 150
    assert table.loc["C2", "scene_share"] == 0
    assert table.loc["C2", "lacking"].split(";") == list(catalogue())
    assert "night_school" not in table.loc["C1", "lacking"].split(";")
    # night school is at seven, when the centre is shut; the counter is shut at weekends
    timely = matrix.community_shares(timely=True).set_index("id").loc["C1"]
    assert timely[["night_school", "weekend_counter"]].tolist() == [0, 0]
    assert timely["lunch_counter"] == pytest.approx(20)


def test_numbers_of_few_people_are_withheld_by_community(matrix: SceneMatrix) -> None:
    # 5 of the old live in C2; the 11 of C1 keep them company, or they could be had by subtraction
    old = matrix.community_shares("old").set_index("id")
    assert old["suppressed"].all()
    assert old.drop(columns=["name", "suppressed"]).isna().all(axis=None)
    assert not matrix.community_shares()["suppressed"].any()
    frank = measured(standards={"privacy.smallest_cell": 1}).community_shares("old").set_index("id")
    assert not frank["suppressed"].any()
    assert frank.loc["C1", "study_bar"] == pytest.approx(100 * 2 / 11)


def test_a_share_that_is_withheld_alone_gets_company() -> None:
    third = pocket.communities().iloc[[1]].assign(id="C3", name="中社区")
    communities = pd.concat([pocket.communities(), third], ignore_index=True)
    demand = pocket.demand().assign(community=["C1", "C1", "C1", "C3", "C3", "C2"])
    shares = measured(demand=demand, communities=communities).community_shares("workers").set_index("id")
    # workers: 15.5 in C1, 18 in C2, 25 in C3; 8 of C1 reach the centre, which is too few, and C2 is the next smallest
    assert shares["residents"].to_dict() == {"C1": 15.5, "C2": 18, "C3": 25}
    assert shares["study_bar"].isna().to_dict() == {"C1": True, "C2": True, "C3": False}
    assert shares["riders_post"].to_dict() == {"C1": 0, "C2": 0, "C3": 40}  # 10 of 25


def test_few_people_stand_in_tables_without_their_number() -> None:
    few = Group(label="少数", ages={"age_80_plus": 0.5}, needs=("study_bar", "elder_garden"), share_basis="【推】")
    matrix = measured(focus={"few": few})  # 8 people
    assert cell(matrix, "few", "study_bar")["reached"] == 1  # exact, for other studies
    assert matrix.cells.set_index(["group", "scene"]).loc[("few", "study_bar"), "share_withheld"]
    shown = matrix.tables()["人群×场景·可及（%）"].set_index("人群").loc["少数"]
    assert (shown["居民（人）"], shown["学习吧"]) == ("<10", "不公布")
    gap = matrix.tables()["空缺格"].iloc[0]
    assert (gap["场景"], gap["居民（人）"], gap["缺者最多的社区"]) == ("老少颐惠园", "<10", "")


def test_people_lost_to_the_hour_are_withheld_where_they_are_few(matrix: SceneMatrix) -> None:
    # sixteen adults reach the night school, none in time: nothing small; ten workers would be, but eight reach it
    table = matrix.cells.set_index(["group", "scene"])
    assert not table.loc[("adults", "riders_post"), ["share_withheld", "share_timely_withheld"]].any()
    assert table.loc[("workers", "night_school"), ["share_withheld", "share_timely_withheld"]].all()


def test_nobody_is_no_gap() -> None:
    zero = dict.fromkeys(["residents", "households", *pocket.BANDS], 0.0)
    nobody = measured(demand=pocket.demand().assign(**zero))
    assert set(nobody.cells["reason"]) == {"nobody"}
    assert nobody.cells["share"].isna().all()
    assert nobody.tables()["社区×场景（%）"]["无人可及的场景"].tolist() == ["无此人群"] * 2


def test_ages_unknown_leave_all_residents() -> None:
    plain = measured(demand=pocket.demand().drop(columns=pocket.BANDS))
    assert set(plain.people) == {"everyone", WHOLE}
    assert cell(plain, WHOLE, "study_bar")["reached"] == 30


def test_communities_unknown_stay_in_the_count() -> None:
    lost = measured(demand=pocket.demand().assign(community=[None, "C1", "C1", "C1", "C1", "C2"]))
    assert cell(lost, WHOLE, "study_bar")["reached"] == 30
    assert lost.by_community["residents"].tolist() == [140, 60]
    assert lost.people[WHOLE][-1, 0].sum() == 10


def test_the_result_speaks(matrix: SceneMatrix) -> None:
    assert isinstance(matrix, Result)
    assert repr(matrix) == "<SceneMatrix pocket on pocket: 8 groups × 16 scenes>"
    tables = matrix.tables()
    assert list(tables) == [
        "场景指标", "人群×场景·可及（%）", "人群×场景·时段相合（%）", "空缺格", "社区×场景（%）", "场景目录", "人群口径",
    ]  # fmt: skip
    assert tables["场景目录"]["性质"].eq("整理建议，非官方清单").all()
    basis = tables["人群口径"].set_index("人群")
    assert basis.loc["上班族", "占年龄段比例的依据"] == "一半【推】"
    assert basis.loc["上班族", "何时可到"].endswith("【推】")
    numbers = {kpi.key: kpi for kpi in matrix.kpis()}
    assert numbers["scenes.offered"].value == 6
    assert numbers["scenes.share"].value == pytest.approx(100 * (5 * 30 + 40) / (16 * 210))
    assert numbers["scenes.share"].of == 16 * 210
    assert {kpi.mode for kpi in numbers.values()} == {Mode.EXPERIENCE}
    layer = matrix.layers()["scene_communities"]
    assert layer.crs == matrix.coverage.district.crs
    assert layer["scene_share"].tolist() == matrix.by_community["scene_share"].tolist()


def test_the_fingerprint_is_of_scenario_ground_and_catalogue(matrix: SceneMatrix, tmp_path: Path) -> None:
    assert matrix.fingerprint == measured().fingerprint
    assert matrix.fingerprint != measured([CENTRE, ""]).fingerprint
    source = (Path(scenes.__file__).with_name("scenes.yaml")).read_text(encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(source.replace("Mo-Fr 19:00-21:00", "Mo-Fr 17:00-21:00"), encoding="utf-8")
    earlier = scene_matrix(matrix.coverage, read_catalogue(other))
    assert earlier.fingerprint != matrix.fingerprint
    assert cell(earlier, "adults", "night_school")["timely"] == 16  # from five on, the centre is open for a while


def test_a_need_that_another_catalogue_lacks(matrix: SceneMatrix, tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(
        "note: 试\nservices: {reading: {label: 阅, label_en: r}}\nspaces: {}\naudiences: {}\nscenes:\n"
        "  study_bars: {label: 习, short: 习, label_en: s, audience: [], window: 24/7, services: {all_of: [reading]}, "
        "spaces: [], indicator: 无}\n",
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError) as caught:
        scene_matrix(matrix.coverage, read_catalogue(path))
    problems = caught.value.problems
    assert len(problems) == 6
    bar = next(problem for problem in problems if problem.found == "study_bar")
    assert (bar.key, bar.expected) == ("focus.workers.needs", "one of study_bars")
    assert bar.mend == "Did you mean study_bars?"


def test_opening_hours_that_do_not_parse() -> None:
    with pytest.raises(GeodataError, match=r"row S1, column opening_hours: the opening hours do not parse"):
        measured(times=["Mo-Fr 99", "24/7"])


MONDAY = dt.datetime(2026, 9, 7)
WITHIN_REACH = {"D1": [0], "D2": [0], "D3": [], "D4": [1], "D5": [], "D6": []}  # rows of S1 and S2
HOURS = ["24/7", "Mo-Fr 08:00-18:00", "Mo-Su 18:00-23:00", "Sa,Su 09:00-09:30", "Mo-Fr 12:00-12:15"]

SERVICES = st.one_of(
    st.none(), st.lists(st.sampled_from(sorted(catalogue().services)), min_size=1, max_size=12, unique=True)
)
TIMES = st.one_of(st.none(), st.sampled_from(HOURS))
TWO_STATIONS = {
    "services": st.lists(SERVICES, min_size=2, max_size=2),
    "times": st.lists(TIMES, min_size=2, max_size=2),
    "free": st.one_of(st.none(), st.sampled_from(HOURS)),
}


@cache
def quarters(text: str) -> frozenset[int]:
    """Quarters of an hour of the week in which something is open, asked one by one."""
    hours = opening_hours.OpeningHours(text)
    return frozenset(q for q in range(7 * 96) if hours.is_open(MONDAY + q * dt.timedelta(minutes=15)))


def judged(
    near: list[int], services: list[list[str] | None], times: list[str | None], free: str | None, scene: str
) -> Verdict:
    """Judge one scene for one resident, station by station."""
    held = catalogue()[scene]

    def fits(row: int) -> bool | None:
        together = quarters(held.window) & quarters(free or "24/7")
        return None if times[row] is None else len(together & quarters(times[row] or "")) >= 4

    offering = [row for row in near if services[row] is not None and held.offered_by(services[row] or ())]
    strange = [row for row in near if services[row] is None]
    if any(fits(row) for row in offering):
        return Verdict.TIMELY
    if offering:
        doubtful = any(fits(row) is None for row in offering) or any(fits(row) is not False for row in strange)
        return Verdict.UNTIMED if doubtful else Verdict.WRONG_HOURS
    return Verdict.UNSURE if strange else Verdict.BEYOND


def drawn(
    matrix: SceneMatrix, services: list[list[str] | None], times: list[str | None], free: str | None
) -> SceneMatrix:
    """The same walks, other services and hours: neither moves a door."""
    coverage = matrix.coverage
    texts = [";".join(names) if names else None for names in services]
    stations = coverage.district.layer("stations").assign(services=texts, opening_hours=times)
    district = replace(coverage.district, tables={**coverage.district.tables, "stations": stations})
    groups = dict(coverage.populace.groups)
    groups["workers"] = groups["workers"].model_copy(update={"free": free})
    populace = replace(coverage.populace, groups=groups)
    return scene_matrix(replace(coverage, district=district, populace=populace))


@given(**TWO_STATIONS)
@settings(max_examples=draws(30))
def test_against_a_count_one_by_one(
    matrix: SceneMatrix, services: list[list[str] | None], times: list[str | None], free: str | None
) -> None:
    matrix = drawn(matrix, services, times, free)
    adults = {"D1": 6, "D2": 10, "D3": 15, "D4": 20, "D5": 30, "D6": 36}
    for place, scene in enumerate(catalogue()):
        wanted = np.zeros((3, 5))
        for point, near in WITHIN_REACH.items():
            verdict = judged(near, services, times, free, scene)
            wanted[1 if point == "D6" else 0, verdict] += adults[point] / 2
        assert matrix.people["workers"][:, place] == pytest.approx(wanted), scene


@given(**TWO_STATIONS, more=st.sampled_from(sorted(catalogue().services)), row=st.integers(0, 1))
@settings(max_examples=draws(30))
def test_one_more_service_never_lowers_a_cell(
    matrix: SceneMatrix,
    services: list[list[str] | None],
    times: list[str | None],
    free: str | None,
    more: str,
    row: int,
) -> None:
    richer = [[*s, more] if s and place == row else s for place, s in enumerate(services)]
    before, after = drawn(matrix, services, times, free), drawn(matrix, richer, times, free)
    for group, people in before.people.items():
        assert (after.people[group][:, :, Verdict.TIMELY] >= people[:, :, Verdict.TIMELY]).all()
        kept = slice(Verdict.TIMELY, Verdict.UNSURE)
        assert (after.people[group][:, :, kept].sum(axis=2) >= people[:, :, kept].sum(axis=2)).all()


@given(seed=st.integers(0, 2**16))
@settings(max_examples=3)
def test_the_order_of_rows_changes_nothing(matrix: SceneMatrix, seed: int) -> None:
    stations = pocket.stations().assign(services=[CENTRE, POST]).sample(frac=1, random_state=seed)
    demand = pocket.demand().sample(frac=1, random_state=seed)
    shuffled = measured(list(stations["services"]), stations=stations, demand=demand)
    pd.testing.assert_frame_equal(shuffled.cells, matrix.cells)
    pd.testing.assert_frame_equal(shuffled.by_community, matrix.by_community)


def test_a_session_of_today_offers_a_scene_at_its_own_hours() -> None:
    """An order class on Tuesday from nine in a centre that declares none; workers are free only in the evening."""
    class_ = {"function": "craft", "group": "young_mothers", "duration_min": 90, "windows": "Mo-Su 08:30-17:30"}
    ground = pocket.district(stations=pocket.stations().assign(services=[CENTRE, POST])).with_ledgers(
        rooms=ledgers.rooms({"sign": "手工坊", "function": "手工坊"}),
        activities=ledgers.activities(class_),
        bookings=ledgers.bookings({"activity": "A1", "room": "R1", "day": "Tu", "start": "09:00"}),
    )
    matrix = scene_matrix(assess_coverage(ground, pocket.scenario(focus=FOCUS)))
    assert matrix.offers[:, list(catalogue()).index("craft_orders")].tolist() == [1, 0]
    found = cell(matrix, "adults", "craft_orders")
    assert (found["reached"], found["timely"]) == (16, 16)
    assert cell(matrix, "workers", "craft_orders")["reason"] == "wrong_hours"
    assert cell(matrix, "adults", "tcm_night_market")["reason"] == "offered_nowhere"


def test_rooms_and_coverage_say_the_same_of_a_scene() -> None:
    """On the embedded district: the centres that hold a scene by the rooms' table are those whose sessions offer it."""
    ground, scenario = embedded(), load_scenario(BASELINE)
    held = [CentrePlan(centre, Status.FEASIBLE, today_of(centre)) for centre in centres_of(ground, scenario)]
    rooms = TimetableResult(ground, scenario, functions(), tuple(held)).by_scene.set_index("scene")
    offers = Counter(list(catalogue())[place] for _, place in sessions_held(ground, catalogue()))
    known = rooms["stations_before"].dropna()
    assert known.to_dict() == {key: offers[key] for key in known.index}
    assert rooms.at["tcm_night_market", "sessions_before"] == 0
    assert rooms.at["craft_orders", "sessions_before"] > 0 < rooms.at["night_school", "sessions_before"]
    booked = rooms.drop(index="lectures_and_festivals")["sessions_before"].sum()
    assert booked <= len(ground.ledger("bookings"))
