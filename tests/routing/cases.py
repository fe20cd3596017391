"""Small rounds to be planned, and all their plans."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from workbench.routing.rounds import CrewDay, Option, Round, RoundPlan, Route, faults

FREE = 1 << 50


def round_of(
    xy: list[tuple[int, int]],
    *,
    options: list[list[Option]],
    crew_days: list[CrewDay],
    horizon: int = 4,
    service: int = 10,
    most: tuple[int, ...] = (FREE,),
    day_cost: int = 0,
    missed: int = 10_000,
) -> Round:
    """Return a round on a grid of streets; the last places are the depots."""
    at = np.array(xy)
    travel = np.abs(at[:, None] - at[None]).sum(axis=2).astype(np.int64)
    n = len(options)
    return Round(
        horizon, travel, np.full(n, service, np.int64), np.ones(n, np.int64), tuple(map(tuple, options)),
        tuple(crew_days), most, day_cost, np.full(n, missed, np.int64),
    )  # fmt: skip


def drawn(seed: int) -> Round:
    """Return a round of four stops, two crews and two days, some of it out of reach."""
    draw = np.random.default_rng(seed)
    xy = [(int(x), int(y)) for x, y in draw.integers(0, 30, (6, 2))]
    days = [
        CrewDay(c, d, 4 + c, 1, int(draw.integers(2, 4)), int(draw.integers(60, 140))) for c in (0, 1) for d in (0, 2)
    ]
    options = []
    for _ in range(4):
        twice = draw.random() < 0.3
        patterns = [(0, 2)] if twice else [(0,), (2,)]
        options.append([Option(c, p) for c in range(2) for p in patterns])
    most = (int(draw.integers(20, 50)), FREE)
    return round_of(xy, options=options, crew_days=days, most=most, day_cost=int(draw.integers(0, 30)), missed=1000)


def every_plan(of: Round) -> Iterator[RoundPlan]:
    """Go through all plans that break no rule, where each crew day has one route."""
    for choice in itertools.product(*[(None, *own) for own in of.options]):
        on: dict[int, list[int]] = {}
        for stop, option in enumerate(choice):
            for g in of.crew_days_on(option) if option else ():
                on.setdefault(g, []).append(stop)
        orders = [[Route(g, order) for order in itertools.permutations(stops)] for g, stops in sorted(on.items())]
        routes = [min(own, key=of.length) for own in orders]
        plan = RoundPlan(choice, tuple(routes))
        if not faults(of, plan):
            yield plan
