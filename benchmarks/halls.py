"""Windows of service halls: how fast 33 halls are sized, and how near a simulated week is to the closed forms.

The peer is the same event loop in plain Python, on a week of the same people; the closed forms are Erlang-C and
Erlang-A at a steady stream, where they hold.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.clock import Row, spent
from tests.counters import oracle
from workbench.counters import counters_problem
from workbench.counters.sizing import Plan, draw, size_hall, staffing
from workbench.ground import synthetic
from workbench.queueing.windows import Staffing, Trace, run, steady, trace
from workbench.scenario import load_scenario

OURS, PLAIN, FORMULA = "**size_hall**", "the same loop in plain Python", "**simulation**"
SCENARIOS = ("hall-two-windows", "hall-tidal")
STREAMS = ((1.2, 2, math.inf), (1.6, 2, 30.0), (3.0, 2, 60.0))
"""Load, windows and mean patience of the streams."""


def hall_races(quick: bool = False) -> Iterator[Row]:
    """Size the halls of the embedded district, race a week with plain Python, and compare streams with Erlang."""
    ground = synthetic.district(synthetic.X_DISTRICT_SEED)
    for name in SCENARIOS[:1] if quick else SCENARIOS:
        problem = counters_problem(ground, load_scenario(Path(__file__).parents[1] / "scenarios" / f"{name}.yaml"))
        size_hall(problem, problem.packaged, 0)  # compiled
        places = range(3 if quick else len(problem.halls))
        began, wall = time.process_time(), time.perf_counter()
        found = [size_hall(problem, problem.packaged, place) for place in places]
        seconds, wall = time.process_time() - began, time.perf_counter() - wall
        short = sum(not one.enough for one in found)
        note = f"{short} not served by two windows; {wall:.1f} s of wall clock, one core"
        yield Row(f"{len(found)} halls sized, {name}", OURS, seconds, 1.0, note=note)
    hall, season = problem.halls[0], problem.halls[0].seasons[-1]
    windows, crowd = staffing(problem, hall, Plan(1, 1), season.name), draw(problem, hall, season, 0)
    ours = trace(crowd, season.rate, windows, 0.6)
    people = [
        oracle.Person(*row) for row in zip(*(getattr(ours, n)[: ours.first[1]].tolist() for n in _READ), strict=True)
    ]
    open_ = np.hstack([windows.windows | ~windows.hall, np.ones((2, 1), bool)]).tolist()
    compiled = spent(lambda: [run(ours, windows) for _ in range(20)]) / 20 / len(ours.first[1:])
    plain = spent(lambda: oracle.week(people, windows.rank.tolist(), windows.factor.tolist(), open_))
    equal = np.array_equal(ours.began[: ours.first[1]], [one.began for one in people], equal_nan=True)
    task = f"a week of {len(people)} people at two windows"
    yield Row(task, "**serve**", compiled, 1.0)
    yield Row(task, PLAIN, plain, plain / compiled, equal)
    for load, count, patience in STREAMS[:1] if quick else STREAMS:
        yield _stream(load, count, patience)


_READ = ("at", "kind", "work", "leaves", "elder")


def _stream(load: float, count: int, patience: float, size: int = 2_000_000) -> Row:
    """Compare a long stream with the closed form."""
    rng, never = np.random.default_rng(1), np.full(size, np.nan)
    at = np.cumsum(rng.exponential(12 / load, size))
    leaves = at + (rng.exponential(patience, size) if math.isfinite(patience) else np.inf)
    found = Trace(np.array([0, size]), at, np.zeros(size, int), rng.exponential(12, size), leaves, np.zeros(size, bool),
                  never, np.full(size, -1))  # fmt: skip
    always = Staffing(np.ones(672, bool), np.ones((count, 672), bool), np.zeros((count, 1), int), np.ones(count),
                      np.zeros(count, bool))  # fmt: skip
    seconds = spent(lambda: run(found, always))
    waits = np.where(np.isfinite(found.began), found.began, found.leaves) - at
    means = np.array([part.mean() for part in np.array_split(waits[size // 100 :], 50)])
    said = steady(load, count, 12, 15, patience)
    assert said is not None
    off = 100 * abs(means.mean() / said.wait - 1)
    half = 100 * 1.96 * means.std(ddof=1) / math.sqrt(len(means)) / said.wait
    form = "Erlang-C" if math.isinf(patience) else "Erlang-A"
    note = f"{off:.2f} % off {form} (mean wait {said.wait:.2f} min), interval ± {half:.2f} %"
    return Row(f"stream of {size:,}, load {load:g}, {count} windows", FORMULA, seconds, note=note)
