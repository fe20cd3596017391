"""The compiled week against plain Python, its own checker, closed forms, published tables and ciw."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from tests.counters import oracle
from tests.depth import draws
from workbench.errors import CheckError
from workbench.queueing.check import WindowRule, faults, refuse_faults
from workbench.queueing.windows import Staffing, Trace, erlang_b, erlang_c, run, steady


def staffed(rng: np.random.Generator, windows: int, kinds: int) -> Staffing:
    hall = rng.random(672) < 0.7
    own = hall & (rng.random((windows, 672)) < 0.8)
    return Staffing(
        hall, own, rng.integers(-1, 2, (windows, kinds)), rng.uniform(1, 1.5, windows), rng.random(windows) < 0.3
    )


def drawn(rng: np.random.Generator) -> tuple[Trace, Staffing]:
    n, kinds = int(rng.integers(1, 30)), int(rng.integers(1, 4))
    windows = staffed(rng, int(rng.integers(1, 4)), kinds)
    at = np.sort(rng.uniform(400, 700, n))
    leaves = at + np.where(rng.random(n) < 0.5, np.inf, rng.exponential(20, n))
    found = Trace(
        np.array([0, n]), at, rng.integers(0, kinds, n), rng.exponential(12, n), leaves, rng.random(n) < 0.3,
        np.full(n, np.nan), np.full(n, -1),
    )  # fmt: skip
    run(found, windows)
    return found, windows


@pytest.mark.parametrize("seed", range(draws(60)))
def test_the_compiled_week_is_that_of_plain_python(seed: int) -> None:
    found, windows = drawn(np.random.default_rng(seed))
    people = [
        oracle.Person(*row)
        for row in zip(*(getattr(found, n).tolist() for n in ("at", "kind", "work", "leaves", "elder")), strict=True)
    ]
    stays = ~windows.hall & ~windows.leaves[:, None]
    open_ = np.hstack([windows.windows | stays, ~windows.leaves[:, None]])
    oracle.week(people, windows.rank.tolist(), windows.factor.tolist(), open_.tolist())
    assert np.array_equal(found.began, [p.began for p in people], equal_nan=True)
    assert found.window.tolist() == [p.window for p in people]
    assert faults(found, windows) == []


def two() -> tuple[Trace, Staffing]:
    """Four people, two windows: 0 for kind 0 first, 1 for kind 1 alone; the second hour is shut."""
    hall = np.zeros(672, bool)
    hall[:4] = True
    windows = Staffing(hall, np.tile(hall, (2, 1)), np.array([[0, 1], [-1, 0]]), np.ones(2), np.array([False, True]))
    at = np.array([0.0, 1.0, 2.0, 3.0])
    found = Trace(
        np.array([0, 4]), at, np.array([0, 1, 0, 1]), np.array([10.0, 20.0, 5.0, 5.0]), at + np.array([99, 99, 99, 9.0]),
        np.array([False, False, False, True]), np.full(4, np.nan), np.full(4, -1),
    )  # fmt: skip
    run(found, windows)
    return found, windows


def test_a_pocket_week_by_hand() -> None:
    found, windows = two()
    assert found.began.tolist() == pytest.approx([0.0, 1.0, 10.0, math.nan], nan_ok=True)  # the last leaves at 12
    assert found.window.tolist() == [0, 1, 0, -1]
    assert faults(found, windows) == []
    refuse_faults(found, windows, "H1")


PLANTED: dict[WindowRule, dict[str, Any]] = {
    WindowRule.PATIENCE: {"began": [0.0, 1.0, 10.0, 15.0], "window": [0, 1, 0, 0]},
    WindowRule.SKILL: {"began": [0.0, 1.0, 10.0, math.nan], "window": [1, 1, 0, -1]},
    WindowRule.OPEN: {"began": [0.0, 61.0, 10.0, math.nan], "window": [0, 1, 0, -1]},
    WindowRule.ONE: {"began": [0.0, 1.0, 9.0, math.nan], "window": [0, 1, 0, -1]},
    WindowRule.ORDER: {"began": [5.0, 1.0, 2.0, math.nan], "window": [0, 1, 0, -1]},
    WindowRule.IDLE: {"began": [0.0, 1.0, 13.0, math.nan], "window": [0, 1, 0, -1]},
}


@pytest.mark.parametrize("rule", WindowRule)
def test_every_rule_finds_its_planted_fault(rule: WindowRule) -> None:
    found, windows = two()
    spoiled = dataclasses.replace(found, **{name: np.array(values) for name, values in PLANTED[rule].items()})
    assert rule in {broken for broken, _ in faults(spoiled, windows)}
    with pytest.raises(CheckError, match=rule):
        refuse_faults(spoiled, windows, "H1")


def test_elders_go_first_and_helping_out_comes_last() -> None:
    windows = Staffing(np.ones(672, bool), np.ones((1, 672), bool), np.array([[0, 1]]), np.ones(1), np.zeros(1, bool))
    found = Trace(
        np.array([0, 4]), np.array([0.0, 1.0, 2.0, 3.0]), np.array([0, 1, 0, 0]), np.full(4, 10.0), np.full(4, np.inf),
        np.array([False, True, False, True]), np.full(4, np.nan), np.full(4, -1),
    )  # fmt: skip
    run(found, windows)
    assert found.began.tolist() == [0.0, 30.0, 20.0, 10.0]


def test_a_window_by_the_clock_takes_nobody_after_it_and_one_that_stays_does() -> None:
    hall = np.arange(672) < 2
    for leaves, began in ((True, [0.0, math.nan]), (False, [0.0, 40.0])):
        windows = Staffing(hall, hall[None], np.zeros((1, 1), int), np.ones(1), np.array([leaves]))
        found = Trace(np.array([0, 2]), np.array([0.0, 1.0]), np.zeros(2, int), np.full(2, 40.0), np.full(2, np.inf),
                      np.zeros(2, bool), np.full(2, np.nan), np.full(2, -1))  # fmt: skip
        run(found, windows)
        assert found.began.tolist() == pytest.approx(began, nan_ok=True)


@pytest.mark.parametrize(
    ("windows", "share", "load"),
    [(1, 0.01, 0.0101), (2, 0.05, 0.381), (5, 0.02, 1.657), (10, 0.01, 4.461), (20, 0.01, 12.03), (30, 0.01, 20.34)],
)
def test_erlang_is_that_of_the_published_tables(windows: int, share: float, load: float) -> None:
    """The loads at which so many are blocked, as the tables of teletraffic print them."""
    assert erlang_b(load, windows) == pytest.approx(share, rel=2e-3)


def test_erlang_by_hand() -> None:
    assert erlang_b(1, 2) == pytest.approx(1 / 5)
    assert erlang_c(1, 2) == pytest.approx(1 / 3)
    assert erlang_c(0.4, 1) == pytest.approx(0.4)  # one window: the chance that it is busy
    assert erlang_c(0, 3) == 0
    assert erlang_c(2, 2) is None


def test_the_waits_of_the_findings() -> None:
    """Twelve-minute service, eight an hour: twelve single windows wait 1.8 min, two pooled 21.3, three 2.3."""
    for n, wait in ((2, 21.3), (3, 2.3)):
        found = steady(1.6, n, 12, 15)
        assert found is not None
        assert found.wait == pytest.approx(wait, abs=0.06)
    lone = steady(1.6 / 12, 1, 12, 15)
    assert lone is not None
    assert lone.wait == pytest.approx(1.85, abs=0.01)
    slow = steady(1.6 * 1.2, 2, 12 * 1.2, 15)
    assert slow is not None
    assert slow.wait == pytest.approx(169, abs=0.6)
    assert steady(1.6 * 1.25, 2, 15, 15) is None  # unstable: nothing infinite is said


def test_patience_without_end_is_erlang_c_and_impatience_bears_overload() -> None:
    endless, patient = steady(1.6, 2, 12, 15), steady(1.6, 2, 12, 15, 1e7)
    assert endless is not None
    assert patient is not None
    assert (patient.wait, patient.late) == pytest.approx((endless.wait, endless.late), rel=1e-4)
    over = steady(3, 2, 12, 15, 60)
    assert over is not None
    assert over.left == pytest.approx(1 / 3, abs=0.03)  # a third is too much at the least
    assert over.left > 1 / 3
    nobody = steady(0, 2, 12, 15, 60)
    assert nobody is not None
    assert (nobody.wait, nobody.late, nobody.left) == pytest.approx((0, 0, 0))


def stream(load: float, windows: int, patience: float, size: int, seed: int) -> Trace:
    rng = np.random.default_rng(seed)
    at, none = np.cumsum(rng.exponential(12 / load, size)), np.full(size, np.nan)
    leaves = at + (rng.exponential(patience, size) if math.isfinite(patience) else np.inf)
    found = Trace(np.array([0, size]), at, np.zeros(size, int), rng.exponential(12, size), leaves, np.zeros(size, bool),
                  none, np.full(size, -1))  # fmt: skip
    always = Staffing(np.ones(672, bool), np.ones((windows, 672), bool), np.zeros((windows, 1), int), np.ones(windows),
                      np.zeros(windows, bool))  # fmt: skip
    run(found, always)
    return found


def interval(values: Any, batches: int = 20) -> tuple[float, float]:
    """Mean of what is correlated, and three standard errors of it by batches."""
    means = np.array([part.mean() for part in np.array_split(np.asarray(values, float), batches)])
    return float(means.mean()), 3 * float(means.std(ddof=1)) / math.sqrt(batches)


def alike(values: Any, others: Any) -> bool:
    (one, about), (other, too) = interval(values), interval(others)
    return abs(one - other) <= math.hypot(about, too) < 0.4 * one


@pytest.mark.parametrize(
    ("load", "windows", "patience"), [(1.2, 2, math.inf), (0.8, 1, 60.0), (1.6, 2, 30.0), (3.0, 2, 60.0)]
)
def test_simulation_and_closed_form_agree_within_two_in_a_hundred(load: float, windows: int, patience: float) -> None:
    found = stream(load, windows, patience, 400_000, 7)
    warm = slice(4_000, None)
    waits = (np.where(np.isfinite(found.began), found.began, found.leaves) - found.at)[warm]
    late = ~(np.isfinite(found.began) & (found.began - found.at <= 15))[warm]
    said = steady(load, windows, 12, 15, patience)
    assert said is not None
    for measured, formula in ((waits, said.wait), (late, said.late)):
        mean, half = interval(measured, 40)
        assert abs(mean - formula) <= min(half, 0.03 * formula)
        assert mean == pytest.approx(formula, rel=0.02)


def test_ciw_waits_as_long_where_elders_go_first_and_patience_ends() -> None:
    ciw = pytest.importorskip("ciw")
    rates = {"elder": 0.02, "other": 0.11}
    network = ciw.create_network(
        arrival_distributions={name: [ciw.dists.Exponential(rate)] for name, rate in rates.items()},
        service_distributions={name: [ciw.dists.Exponential(1 / 12)] for name in rates},
        reneging_time_distributions={name: [ciw.dists.Exponential(1 / 60)] for name in rates},
        number_of_servers=[2],
        priority_classes={"elder": 0, "other": 1},
    )
    ciw.seed(3)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(200_000)
    records = [r for r in simulation.get_all_records() if r.arrival_date > 2_000]
    peer = {name: [r.waiting_time for r in records if r.customer_class == name] for name in rates}  # leavers' too
    rng, total = np.random.default_rng(3), sum(rates.values())
    size = 200_000
    at = np.cumsum(rng.exponential(1 / total, size))
    elder = rng.random(size) < rates["elder"] / total
    found = Trace(np.array([0, size]), at, np.zeros(size, int), rng.exponential(12, size), at + rng.exponential(60, size),
                  elder, np.full(size, np.nan), np.full(size, -1))  # fmt: skip
    always = Staffing(np.ones(672, bool), np.ones((2, 672), bool), np.zeros((2, 1), int), np.ones(2), np.zeros(2, bool))
    run(found, always)
    waits = np.where(np.isfinite(found.began), found.began, found.leaves) - at
    for name, who in (("elder", elder), ("other", ~elder)):
        assert alike(waits[who], peer[name])


def test_ciw_waits_as_long_at_windows_of_departments() -> None:
    """Skills: in ciw, two nodes of one server each are two windows that serve one department each."""
    ciw = pytest.importorskip("ciw")
    rates, means = (0.03, 0.03), (12.0, 15.0)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate) for rate in rates],
        service_distributions=[ciw.dists.Exponential(1 / mean) for mean in means],
        number_of_servers=[1, 1],
        routing=[[0.0, 0.0], [0.0, 0.0]],
    )
    ciw.seed(5)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(250_000)
    records = [r for r in simulation.get_all_records() if r.arrival_date > 3_000]
    rng, size = np.random.default_rng(5), 200_000
    at, kind = np.cumsum(rng.exponential(1 / sum(rates), size)), (rng.random(size) < rates[1] / sum(rates)).astype(int)
    found = Trace(np.array([0, size]), at, kind, rng.exponential(np.array(means)[kind]), np.full(size, np.inf),
                  np.zeros(size, bool), np.full(size, np.nan), np.full(size, -1))  # fmt: skip
    apart = Staffing(
        np.ones(672, bool), np.ones((2, 672), bool), np.array([[0, -1], [-1, 0]]), np.ones(2), np.zeros(2, bool)
    )
    run(found, apart)
    for node in (0, 1):
        assert alike((found.began - at)[kind == node], [r.waiting_time for r in records if r.node == node + 1])
