"""Plans of pocket halls: by hand, by trying every plan, and by what must not change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.counters import halls
from workbench.counters import counters_problem
from workbench.counters.problem import CountersProblem
from workbench.counters.sizing import MOST_TIMES, Plan, Simulator, _runs, draw, load, size_hall, staffing
from workbench.queueing.check import faults
from workbench.queueing.windows import trace

BUSY = {"arrivals": halls.arrivals(*halls.week(dict.fromkeys(range(8, 20), 0.9), weeks=40.0, season="常日"),
                                   *halls.week({**dict.fromkeys(range(8, 20), 0.9), 9: 2.4, 10: 2.4}, weeks=12.0, season="期限前"))}  # fmt: skip


def problem(said: dict[str, object] | None = None, **ledgers: object) -> CountersProblem:
    return counters_problem(halls.district(**ledgers), halls.scenario(**(said or {})))  # type: ignore[arg-type]


def simulator(said: dict[str, object] | None = None, **ledgers: object) -> Simulator:
    asked = problem(said, **ledgers)
    return Simulator(asked, asked.halls[0])


def test_the_windows_of_a_plan_by_hand() -> None:
    asked = problem()
    plan = Plan(1, 1, ("weekend",), 1, {"year": frozenset({40, 41})})
    found = staffing(asked, asked.halls[0], plan, "year")
    assert asked.kinds == (("民政", "", False), ("民政", "", True), ("社保", "", False))
    assert found.rank.tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    assert found.windows.sum(axis=1).tolist() == [5 * 36 + 2 * 32, 5 * 36, 2]
    assert found.hours == (5 * 36 * 2 + 2 * 32 + 2) / 4
    assert found.leaves.tolist() == [False, False, True]
    assert staffing(asked, asked.halls[0], plan, "other").windows.shape == (2, 672)  # the tide is of its season
    strict = problem({"flexible": False})
    assert staffing(strict, strict.halls[0], Plan(1, 1), "year").rank.tolist() == [[0, -1, 0], [-1, 0, -1]]
    assert staffing(strict, strict.halls[0], Plan(1, 0), "year").rank.tolist() == [[0, 0, 0]]  # one must do it all


def test_a_window_serves_what_its_clerk_can_handle() -> None:
    asked = problem(clerks=halls.clerks({"skills": "社保"}, {"skills": "民政"}))
    found = staffing(asked, asked.halls[0], Plan(2, 1, (), 0, {"year": frozenset({40})}), "year")
    assert asked.halls[0].clerks == ({"民政"}, {"社保"})  # three in five come with matters of the first
    # the first clerk's like at the third window, that for help, and the second's at the tidal one
    assert found.rank.tolist() == [[0, 1, -1], [-1, -1, 0], [1, 0, -1], [-1, -1, 0]]
    crowd = draw(asked, asked.halls[0], asked.halls[0].seasons[0], 0)
    assert faults(trace(crowd, asked.halls[0].seasons[0].rate, found, 0.6), found) == []


def test_whom_no_clerk_at_the_windows_can_help_is_not_served() -> None:
    quiet = halls.arrivals(*halls.week(dict.fromkeys(range(8, 20), 0.1)))
    one, halved = {"general": 1, "assist": 0}, halls.clerks({"skills": "民政"}, {"skills": "社保"})
    alone = simulator(one, arrivals=quiet, clerks=halved)  # the one window can do 民政, with which three in five come
    assert alone.pooled.year("served") / alone.pooled.year("came") == pytest.approx(0.6, abs=0.03)
    assert alone.reasons() == ("skills",)
    able = simulator(one, arrivals=quiet, clerks=halls.clerks({"skills": "民政"}, {}))
    assert able.pooled.least() == simulator(one, arrivals=quiet).pooled.least()


def test_runs_end_with_the_day_and_where_they_are_long_enough() -> None:
    assert _runs([94, 95, 96, 97, 98, 200], 2) == [[94, 95], [96, 97], [98], [200]]
    assert _runs([]) == []


def test_handling_times_without_spread_and_an_empty_hall_are_by_hand() -> None:
    still = halls.matters({"mean_min": 10.0, "spread_min": 0.0})
    quiet = halls.arrivals(*halls.week(dict.fromkeys(range(8, 20), 0.01)))
    own = simulator(matters=still, arrivals=quiet, windows=halls.windows({}))
    assert own.pooled.least() > 0.99
    assert own.pooled.wait(0.9) == 0.0
    served = own.pooled.year("served")
    assert own.pooled.year("busy") == pytest.approx(served * 11.5, rel=1e-9)  # 10 min × 1.15
    empty = simulator(arrivals=halls.arrivals(*halls.week({9: 0.0})))
    assert empty.pooled.least() == 1.0
    assert empty.pooled.wait(0.5) is None
    assert empty.edge("times") == MOST_TIMES


def test_how_many_come_is_known_and_not_simulated() -> None:
    own = simulator()
    wished = 52 * 5 * 48.0
    came = 52 * 5 * (36 + 0.6 * 12)
    assert own.pooled.year("wished") == pytest.approx(wished)
    assert own.pooled.year("came") == pytest.approx(came)
    simulated = sum(float(one.came.mean()) for one in own.pooled.outcomes) * 52
    assert simulated == pytest.approx(came, rel=0.03)


def test_every_plan_meets_the_same_people_and_the_same_again() -> None:
    asked = problem()
    hall = asked.halls[0]
    once, again = (draw(asked, hall, hall.seasons[0], 0) for _ in range(2))
    assert all(np.array_equal(getattr(once, name), getattr(again, name)) for name in ("at", "work", "patience", "kind"))
    other = draw(asked, replace(hall, id="H2"), hall.seasons[0], 0)
    assert len(other.at) != len(once.at) or not np.array_equal(other.at, once.at)
    more = draw(asked, hall, hall.seasons[0], 0, MOST_TIMES)
    assert len(more.at) / len(once.at) == pytest.approx(MOST_TIMES, rel=0.1)
    assert once.work.mean() == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize("windows", [1, 2, 3])
def test_what_is_simulated_keeps_the_rules(windows: int) -> None:
    own = simulator({"general": windows, "assist": 1}, **BUSY)
    plan = Plan(windows, 1, ("lunch", "weekend"), 1, {"期限前": frozenset(range(36, 44))})
    for season in own.hall.seasons:
        kept = staffing(own.problem, own.hall, plan, season.name)
        crowd = draw(own.problem, own.hall, season, 0)
        assert faults(trace(crowd, season.rate, kept, 0.6), kept) == []


def test_those_who_find_the_hall_shut_come_back_when_it_is_open() -> None:
    asked = problem()
    hall, season = asked.halls[0], asked.halls[0].seasons[0]
    kept = staffing(asked, hall, Plan(2, 0), season.name)
    crowd = draw(asked, hall, season, 0)
    none, all_ = (trace(crowd, season.rate, kept, returns) for returns in (0.0, 1.0))
    assert len(all_.at) == len(crowd.at)
    assert len(none.at) / len(crowd.at) == pytest.approx(0.75, abs=0.04)
    assert hall.open[(all_.at // 15).astype(int)].all()


def test_more_windows_and_longer_hours_serve_no_less() -> None:
    own = simulator(**BUSY)
    shares = [own.plan(Plan(n, 0)).least() for n in (1, 2, 3)]
    assert shares == sorted(shares)
    assert shares[0] < 0.7 < 0.9 < shares[2]
    wished = [own.plan(Plan(3, 0, longer, 3)).least(wished=True) for longer in ((), ("lunch",), ("evening", "lunch"))]
    assert wished == sorted(wished)


def test_the_smallest_plan_is_the_first_that_serves_of_all_that_may_be_tried() -> None:
    said = {"most_windows": 3, "tries": ["evening", "weekend"]}
    own = simulator(said, **BUSY)
    found = own.smallest()
    assert found is not None
    plan, state = found
    assert state.least(wished=True) >= 0.9
    hours = staffing(own.problem, own.hall, plan, "").hours
    for other in own.plans():
        if staffing(own.problem, own.hall, other, "").hours < hours:
            assert own.plan(other, wished=True).least(wished=True) < 0.9


def test_no_plan_is_an_answer() -> None:
    asked = problem(
        {"tries": [], "most_windows": 2}, arrivals=halls.arrivals(*halls.week({6: 1.0, 7: 0.0, 8: 0.0, 9: 1.0}))
    )
    answer = size_hall(asked, asked.packaged, 0)  # half of them come before it opens
    assert (answer.plan, answer.planned) == (None, None)


def test_the_tide_opens_where_people_wait_and_no_longer_than_it_must() -> None:
    own = simulator({"least_open": 30, "weeks": 64}, **BUSY)
    assert not own.pooled.least() >= 0.9
    plan, state = own.tide()
    assert state.least() >= 0.9
    for season, after in zip(own.hall.seasons, state.outcomes, strict=True):
        cells = plan.tidal.get(season.name, frozenset())
        assert all(own.hall.open[cell] for cell in cells)
        for cell in sorted(cells):  # no stretch could be left out
            stretch = next(one for one in own._stretches() if cell in one)
            fewer = replace(plan, tidal={season.name: cells - set(stretch)})
            less = own.season(season, staffing(own.problem, own.hall, fewer, season.name))
            assert less.share() < 0.9 <= after.share()
        for run in _runs(cells):  # nor its less busy end be cut, but where it would be open too shortly
            assert len(run) >= 2
            end = min(run[0], run[-1], key=own.pooled.outcomes[own.hall.seasons.index(season)].backlog.__getitem__)
            fewer = replace(plan, tidal={season.name: cells - {end}})
            less = own.season(season, staffing(own.problem, own.hall, fewer, season.name))
            assert len(run) == 2 or less.share() < 0.9
    peak = own.tide()[0].tidal["期限前"]
    assert max(own.pooled.outcomes[1].backlog[list(peak)]) == max(own.pooled.outcomes[1].backlog)


def test_a_tide_that_cannot_mend_it_opens_throughout() -> None:
    own = simulator({"general": 1, "assist": 0, "weeks": 32}, arrivals=halls.arrivals(*halls.week({9: 20.0, 10: 20.0})))
    plan, state = own.tide()
    assert state.least() < 0.9
    assert len(plan.tidal["year"]) == own.hall.open.sum()


def test_the_edge_is_where_the_share_falls_below() -> None:
    own = simulator(**BUSY)
    for what in ("times", "slowdown"):
        edge = own.edge(what)
        assert 1 / MOST_TIMES < edge < MOST_TIMES
        worst = own.hall.seasons[1]
        kept = [
            staffing(own.problem, own.hall, own.two, worst.name, f if what == "slowdown" else None)
            for f in (edge, edge * 1.1)
        ]
        times = [f if what == "times" else 1.0 for f in (edge, edge * 1.1)]
        shares = [own.season(worst, k, most=64, times=t).share() for k, t in zip(kept, times, strict=True)]
        assert shares[1] < 0.9 <= shares[0]


def test_reasons_are_what_alone_would_mend_it() -> None:
    peaked = {9: 3.2, 10: 3.2, **dict.fromkeys((8, 11, 12, 13, 14, 15, 16), 0.2)}
    assert "peaks" in simulator(arrivals=halls.arrivals(*halls.week(peaked))).reasons()
    season = halls.arrivals(*halls.week(dict.fromkeys(range(8, 20), 0.8), weeks=48.0, season="a"),
                            *halls.week(dict.fromkeys(range(8, 20), 3.2), weeks=4.0, season="b"))  # fmt: skip
    assert simulator(arrivals=season).reasons() == ("season",)
    slow = {"standards": {"counters.slowdown": 3.0}}
    asked = counters_problem(halls.district(), halls.scenario().model_copy(update=slow))
    assert "slowdown" in Simulator(asked, asked.halls[0]).reasons()
    hopeless = halls.arrivals(*halls.week(dict.fromkeys(range(8, 20), 9.0)))
    assert simulator(arrivals=hopeless).reasons() == ()


def test_the_load_is_people_times_work() -> None:
    asked = problem()
    hall = asked.halls[0]
    busy = load(asked, hall, hall.seasons[0], hall.open)
    assert busy[40] == pytest.approx((1 + 0.6 * 12 / 36) * 11.5 / 15)
    assert busy[0] == 0.0


def test_an_assumed_week_is_bent_with_as_many_people() -> None:
    own = simulator(halls=halls.halls({"cases": 3000.0, "profile": None}))
    even, sharper = own.bent(0.0), own.bent(2.0)
    assert even.hall.seasons[0].people == pytest.approx(sharper.hall.seasons[0].people)
    assert np.unique(even.hall.seasons[0].rate.round(9)).size == 2
    assert sharper.hall.seasons[0].rate.max() > own.hall.seasons[0].rate.max()
    assert even.least() >= sharper.least()


def test_separate_windows_are_quicker_and_need_all_departments() -> None:
    own = simulator()
    apart = own.separate()
    assert apart is not None
    assert [one.hours for one in apart.outcomes] == [90.0]
    assert simulator(windows=halls.windows()).separate() is None
    both = simulator(windows=halls.windows({"departments": "民政;社保"})).separate()
    alone = simulator({"general": 1, "assist": 0}, windows=halls.windows()).pooled
    assert both is not None
    assert both.least() == alone.least()  # one window for all, as slow as a generalist
