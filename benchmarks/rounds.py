"""Rounds: published instances of periodic routing (Cordeau, Gendreau and Laporte 1997), and the best known lengths."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.clock import Row
from workbench.routing.periodic import plan_round
from workbench.routing.rounds import CrewDay, Option, Round, RoundPlan, faults

BEST = {"p01": 524.61, "p02": 1322.87, "p04": 835.26, "p05": 2024.96}
"""Best known lengths."""
OURS = "**day patterns, PyVRP a day, pool and bound**"
_SCALE = 1000
"""Lengths are planned in thousandths, and measured unrounded."""
_UNLIMITED = 1 << 50
SHARED = Path(os.environ.get("WORKBENCH_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data") / "benchmarks"


def periodic_instance(path: Path) -> tuple[Round, np.ndarray]:
    """Read an instance: the round, and the lengths between places unrounded; patterns are read from the left."""
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    _, vehicles, n, days = map(int, rows[0])
    longest, capacity = map(int, rows[1])
    points = [list(map(float, row)) for row in rows[1 + days : 2 + days + n]]
    xy = np.array([point[1:3] for point in [*points[1:], points[0]]])
    exact = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    options = tuple(
        tuple(
            Option(0, tuple(day for day in range(days) if int(bits) >> (days - 1 - day) & 1))
            for bits in point[7 : 7 + int(point[6])]
        )
        for point in points[1:]
    )
    most = longest * _SCALE if longest else _UNLIMITED
    crew_days = tuple(CrewDay(0, day, n, vehicles, capacity, most) for day in range(days))
    travel = np.rint(_SCALE * exact).astype(np.int64)
    load, nothing = np.array([int(point[4]) for point in points[1:]]), np.zeros(n, np.int64)
    return Round(days, travel, nothing, load, options, crew_days, (_UNLIMITED,), 0, np.full(n, 10**8)), exact


def length(of: Round, plan: RoundPlan, exact: np.ndarray) -> float:
    """Return the unrounded length of all routes of a plan."""
    ways = ((of.crew_days[route.crew_day].depot, *route.stops) for route in plan.routes)
    return sum(float(exact[a, b]) for way in ways for a, b in itertools.pairwise((*way, way[0])))


def round_races(quick: bool = False) -> Iterator[Row]:
    """Plan published instances, each within a minute of one core."""
    gaps = []
    for name, best in list(BEST.items())[: 1 if quick else None]:
        of, exact = periodic_instance(SHARED / "pvrp" / f"{name}.txt")
        began = time.process_time()
        found = plan_round(of, rounds=50_000 if quick else 600_000, starts=4, steps=150)
        spent = time.process_time() - began
        assert not faults(of, found.plan)
        long = length(of, found.plan, exact)
        gaps.append(100 * (long / best - 1))
        note = f"length {long:.2f}, best known {best}: {max(0.0, gaps[-1]):.2f} % above"
        note += f"; {100 * found.gap:.1f} % to the bound"
        yield Row(f"{name}, {of.stops} stops, {of.horizon} days", OURS, spent, note=note)
    yield Row("all of them", OURS, None, note=f"mean {max(0.0, float(np.mean(gaps))):.2f} % above the best known")
