"""What each amount of money can do: equal to brute force over all works and all timetables of small centres."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tests.rooms.cases import NINE, activity, centre, hours, room
from tests.rooms.works import oracle
from tests.rooms.works.cases import KINDS, kind, lacking
from workbench.arrays import Floats
from workbench.rooms import Centre, Session, plan_centre
from workbench.rooms.search import Search
from workbench.rooms.works.problem import possible_works, worked
from workbench.rooms.works.search import Frontier, TraceLimits, WorkSearch, _Week, trace
from workbench.solving import Answer, Interrupt, LinearProgram, StagedSearch, Status

JOINED, HEALED, MANY = (22, 24, 58, 162, 172, 230), (10, 17, 26, 65, 78), (6, 30, 69, 122, 134, 285)
SEEDS = (*JOINED, *HEALED, *MANY, *range(100, 106))
FEW = (*JOINED[:3], *HEALED[:2], *MANY[:3])


def limits(seed: int) -> TraceLimits:
    """Money and days are short now and then."""
    return TraceLimits((10_000, 300)[seed % 3 == 2], (None, 4)[seed % 2])


def traced(place: Centre, money: int = 10_000, days: int | None = None, **said: int) -> Frontier:
    return trace(plan_centre(place), possible_works(place, KINDS), TraceLimits(money, days, **said))


def worth_for(found: Frontier) -> list[tuple[int, tuple[int, ...]]]:
    return [(point.cost, point.worth) for point in found.points]


@pytest.mark.parametrize("seed", SEEDS)
def test_brute_force_over_all_works_agrees(seed: int) -> None:
    small, works = lacking(seed)
    said = limits(seed)
    found = trace(plan_centre(small), works, said)
    assert worth_for(found) == oracle.frontier(small, works, said.money, said.most_days)
    assert found.proven


@pytest.mark.parametrize("seed", [*JOINED, *MANY])
def test_stages_one_by_one_come_to_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    small, works = lacking(seed)
    said = limits(seed)
    whole = worth_for(trace(plan_centre(small), works, said))
    monkeypatch.setattr(WorkSearch, "uncrowded", lambda self: None)
    assert worth_for(trace(plan_centre(small), works, said)) == whole
    monkeypatch.setattr(WorkSearch, "_lexicographic", lambda self: None)
    found = trace(plan_centre(small), works, said)
    assert worth_for(found) == whole
    assert found.proven


def test_folded_days_spare_searches_and_change_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, ask = [], StagedSearch.ask

    def counted(self: StagedSearch, cost: Floats, share: float = 1.0) -> Answer:
        asked.append(cost)
        return ask(self, cost, share)

    def found() -> list[list[tuple[int, tuple[int, ...]]]]:
        cases = [(plan_centre(small), works, limits(seed)) for seed in FEW for small, works in [lacking(seed)]]
        asked.clear()
        return [worth_for(trace(*case)) for case in cases]

    monkeypatch.setattr(WorkSearch, "uncrowded", lambda self: None)
    monkeypatch.setattr(StagedSearch, "ask", counted)
    folded, searches = found(), len(asked)
    monkeypatch.setattr(Search, "foreseen", lambda self, cost: -math.inf)
    assert found() == folded
    assert searches < len(asked)


def test_where_folded_days_are_not_settled_stages_come_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkSearch, "uncrowded", lambda self: None)
    cases = [(plan_centre(small), works, limits(seed)) for seed in FEW for small, works in [lacking(seed)]]
    folded = [worth_for(trace(*case)) for case in cases]
    settle, stage_by_stage, staged = _Week.settle, WorkSearch._stage_by_stage, []

    def unsettled(self: _Week, program: LinearProgram, start: Floats | None) -> tuple[Floats | None, float]:
        plan, _ = settle(self, program, start)
        self.unsettled = True
        return plan, -math.inf

    monkeypatch.setattr(_Week, "settle", unsettled)
    monkeypatch.setattr(WorkSearch, "_stage_by_stage", lambda self: staged.append(self) or stage_by_stage(self))
    found = [trace(*case) for case in cases]
    assert [worth_for(each) for each in found] == folded
    assert all(each.proven for each in found)
    assert staged


@pytest.mark.parametrize("seed", FEW)
@pytest.mark.parametrize("short", [{"points": 1}, {"effort": 1e-7}])
def test_bounds_hold_where_the_trace_stops_early(short: dict[str, float], seed: int) -> None:
    small, works = lacking(seed)
    found = trace(plan_centre(small), works, replace(limits(seed), **short))
    for cost, worth in oracle.frontier(small, works, limits(seed).money, limits(seed).most_days):
        assert any(c <= cost and w <= worth for c, w in found.bounds)
        if found.proven:
            assert any(p.cost <= cost and p.worth <= worth for p in found.points)


def test_stages_that_are_not_proven_keep_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkSearch, "uncrowded", lambda self: None)
    monkeypatch.setattr(WorkSearch, "_lexicographic", lambda self: None)
    ask = StagedSearch.ask
    monkeypatch.setattr(
        _Week,
        "ask",
        lambda self, cost: replace(ask(self, cost), status=Status.FEASIBLE, bound=-math.inf),
        raising=False,
    )
    proven = []
    for seed in (*JOINED, *MANY):
        small, works = lacking(seed)
        found = trace(plan_centre(small), works, limits(seed))
        proven.append(found.proven)
        for cost, worth in oracle.frontier(small, works, limits(seed).money, limits(seed).most_days):
            assert any(c <= cost and w <= worth for c, w in found.bounds)
    assert not all(proven)


def test_a_later_stage_may_come_to_better_than_the_best_that_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Money for one work. Water serves most if A2 were alone, which leaves A3 out; but A1 and A2 cannot both be held.

    So the least that is not served is 4 in all stages together, and 0 in the second one by itself.
    """
    asked = [
        activity("A1", attendance=10),
        activity("A2", attendance=10, water=True),
        activity("A3", attendance=4, priority=2, equipment=frozenset({"mirrors"})),
        activity("A4", attendance=5, priority=3, strong_power=True),
    ]
    hall = room("R1", water=False, strong_power=False, open=hours(NINE, NINE + 1))
    place = centre([hall, room("R2", capacity=5, water=False, strong_power=False)], asked)
    search = WorkSearch(place, possible_works(place, KINDS), 150, None, 20.0, Interrupt())
    assert search.floor == (0, 0, 4 * 15, 5 * 15)
    monkeypatch.setattr(WorkSearch, "_lexicographic", lambda self: None)
    found = search.best((0, 10 * 15, 4 * 15, 5 * 15))
    assert not search.hard
    assert found.point is not None
    assert (found.point.cost, found.point.worth) == (90, (0, 10 * 15, 0, 5 * 15))
    assert found.settled


def test_a_trace_that_stops_early_says_so() -> None:
    small, works = lacking(MANY[0])
    assert len(trace(plan_centre(small), works, TraceLimits(10_000)).points) > 2
    assert not trace(plan_centre(small), works, TraceLimits(10_000, points=1)).proven
    stop = Interrupt()
    stop.asked = True
    found = trace(plan_centre(small), works, TraceLimits(10_000), stop)
    assert len(found.points) == 1
    assert not found.proven


@pytest.mark.parametrize("seed", FEW)
def test_nothing_is_done_in_vain(seed: int) -> None:
    small, works = lacking(seed)
    found = trace(plan_centre(small), works, limits(seed))
    for point in found.points[1:]:
        search = WorkSearch(small, works, point.cost, limits(seed).most_days, 20.0, Interrupt())
        settled = search.settle(point)
        assert sum(work.cost for work in settled) == point.cost
        after = worked(small, settled)
        plan = plan_centre(after)
        assert plan.timetable is not None
        other = oracle.done(small, settled)
        assert other is not None
        place = {rooms: number for number, rooms in enumerate(other.places)}
        sessions = [replace(s, place=place[after.places[s.place]]) for s in plan.timetable.sessions]
        assert oracle.needless(small, settled, sessions) == []


@pytest.mark.parametrize("seed", FEW)
def test_works_are_the_same_ones_however_they_are_found(seed: int) -> None:
    small, works = lacking(seed)
    days = limits(seed).most_days
    for point in trace(plan_centre(small), works, limits(seed)).points[1:]:
        search = WorkSearch(small, works, point.cost, days, 20.0, Interrupt())
        settled = search.settle(replace(point, canonical=False))
        assert search.settle(point) == (point.works if point.canonical else settled)
        assert settled == point.works or not point.canonical


def test_where_all_need_is_served_no_works_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkSearch, "best", lambda *_: pytest.fail("searched"))
    found = traced(centre([room(water=False)], [activity()]))
    assert (worth_for(found), found.bounds, found.works) == ([(0, (0, 0, 0, 0))], ((0, (0, 0, 0, 0)),), ())


@pytest.fixture(params=["bounded", "searched"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the bound settle what it can; or search everything."""
    if request.param == "searched":
        monkeypatch.setattr(WorkSearch, "uncrowded", lambda self: None)


@pytest.mark.usefixtures("way")
def test_two_pairs_through_one_room_are_not_to_be_had() -> None:
    """One gathering fits only the first pair, in confidence; the other only the second, for its size."""
    rooms = [room("R1"), room("R2"), room("R3", private=False, capacity=25)]
    asked = [activity("A1", attendance=18, private=True), activity("A2", attendance=33, priority=2)]
    row = centre(rooms, asked, walls=((0, 1), (1, 2)))
    works = possible_works(row, {"join": KINDS["join"]})
    found = trace(plan_centre(row), works, TraceLimits(10_000))
    assert worth_for(found)[1:] == [(900, (0, 0, 33 * 15, 0))]


@pytest.mark.usefixtures("way")
def test_a_pair_may_do_with_fewer_works_than_its_part() -> None:
    rooms = [room("R1", water=False), room("R2", capacity=5)]
    asked = activity(attendance=8, water=True, equipment=frozenset({"mirrors"}))
    pair = centre(rooms, [asked], joins=((0, 1),), walls=((0, 1),))
    assert worth_for(traced(pair))[1:] == [(90, (0, 0, 0, 0))]


@pytest.mark.usefixtures("way")
def test_a_published_pair_is_kept_though_a_part_would_do() -> None:
    held = Session(0, NINE, 2)
    asked = [activity("A1"), activity("A2", equipment=frozenset({"mirrors"}))]
    pair = centre([room("R1"), room("R2")], asked, joins=((0, 1),), walls=((0, 1),), today=(held,), fixed=(held,))
    assert worth_for(traced(pair)) == [(0, (0, 75, 0, 0)), (90, (0, 0, 0, 0))]


@pytest.mark.usefixtures("way")
def test_money_and_days_that_are_short_by_hand() -> None:
    """One activity takes water (150 yuan, 3 days), another mirrors (90 yuan, 1 day)."""
    two = centre(
        [room(water=False)],
        [activity("A1", water=True), activity("A2", equipment=frozenset({"mirrors"}), attendance=4, priority=2)],
    )
    first, second = (150, (0, 0, 60, 0)), (240, (0, 0, 0, 0))
    assert worth_for(traced(two)) == [(0, (0, 75, 60, 0)), (90, (0, 75, 0, 0)), first, second]
    assert worth_for(traced(two, 239)) == [(0, (0, 75, 60, 0)), (90, (0, 75, 0, 0)), first]
    assert worth_for(traced(two, days=3))[-1] == first
    assert worth_for(traced(two, 89)) == [(0, (0, 75, 60, 0))]


def test_a_joined_pair_gets_its_mirrors_in_the_smaller_room() -> None:
    asked = activity(attendance=18, equipment=frozenset({"mirrors"}))
    pair = centre([room("R1", area_dm2=300), room("R2")], [asked], walls=((0, 1),))
    found = traced(pair)
    assert worth_for(found)[1:] == [(500 + 10 * 50 + 70 + 20, (0, 0, 0, 0))]
    assert [(w.rooms, w.key) for w in found.points[1].works] == [((0, 1), "join"), ((1,), "mirrors")]


def test_a_room_is_joined_with_one_other() -> None:
    """Two gatherings at once would take the middle room twice; apart in time, one wall is enough."""
    rooms = [room(f"R{n}", open=hours(NINE, NINE + 1)) for n in range(3)]
    asked = [activity("A1", attendance=18), activity("A2", attendance=17)]
    row = centre(rooms, asked, walls=((0, 1), (1, 2)))
    assert worth_for(traced(row))[1:] == [(900, (0, 17 * 15, 0, 0))]
    longer = replace(row, rooms=tuple(replace(r, open=hours(NINE, NINE + 2)) for r in rooms))
    assert worth_for(traced(longer))[1:] == [(900, (0, 0, 0, 0))]


def test_a_fixed_session_that_its_room_cannot_hold_is_made_possible_first() -> None:
    held = Session(0, NINE, 0)
    bound = centre([room(water=False)], [activity(water=True)], today=(held,), fixed=(held,))
    assert worth_for(traced(bound)) == [(0, (1, 75, 0, 0)), (150, (0, 0, 0, 0))]


def test_of_works_that_cost_alike_the_fewer_days_are_chosen() -> None:
    kinds = {"slow": kind("water", per_room=100, days=5), "swift": kind("water", per_room=100, days=2)}
    dry = centre([room("R1", water=False), room("R2", water=False)], [activity(water=True)])
    works = possible_works(dry, kinds)
    found = trace(plan_centre(dry), works, TraceLimits(1000))
    (chosen,) = WorkSearch(dry, works, 100, None, 20.0, Interrupt()).settle(found.points[1])
    assert chosen.key == "swift"


def test_works_for_nothing_are_done_only_where_they_serve() -> None:
    free = {"water": kind("water", per_room=0), "power": kind("power", per_room=0)}
    dry = centre([room(water=False, strong_power=False)], [activity(water=True)])
    works = possible_works(dry, free)
    found = trace(plan_centre(dry), works, TraceLimits(0))
    assert worth_for(found) == [(0, (0, 75, 0, 0)), (0, (0, 0, 0, 0))]
    assert [w.key for w in WorkSearch(dry, works, 0, None, 20.0, Interrupt()).settle(found.points[1])] == ["water"]
