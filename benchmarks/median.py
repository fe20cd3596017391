"""p-median, facility location and p-center on published instances, beside spopt where it can follow.

Every plan is compared with the published optimum. spopt is asked with CBC and with HiGHS on the smallest instances:
it builds its model cell by cell, and takes minutes beyond.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clock import Row, spent
from benchmarks.peers import installed
from benchmarks.yardsticks import CENTERS, optima, p_median_instance, warehouses
from workbench.locate import SitingPlan, p_center, p_median

SHARED = Path(os.environ.get("WORKBENCH_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data") / "benchmarks"
OURS = {"p-median": "**p_median**", "p-center": "**p_center**"}
QUICK = ("pmed1", "pmed5", "pmed11")
PEERS = ("pmed1", "pmed7")
LIMIT_S = 120.0
GROUND = ((200, 2_000, 20), (500, 5_000, 50), (1_000, 10_000, 100))
GROUND_LIMIT_S = 60.0


def median_races(quick: bool = False) -> Iterator[Row]:
    """Solve the published instances, then made ones."""
    p_median(np.eye(3), None, 1)  # compile first
    p_center(np.eye(3), 1)
    if (SHARED / "pmed").exists():
        yield from _published(quick)
        yield from _warehouses()
    for sites, demand, p in GROUND[:1] if quick else GROUND:
        yield _ground(sites, demand, p)


def _published(quick: bool) -> Iterator[Row]:
    least = optima(SHARED / "pmed")
    for name in QUICK if quick else least:
        cost, p = p_median_instance(SHARED / "pmed" / f"{name}.txt")
        size = f"{name}, n = {len(cost)}, p = {p}"
        row = _row(
            f"p-median, {size}",
            OURS["p-median"],
            lambda c=cost, k=p: p_median(c, None, k, time_limit_s=LIMIT_S),
            least[name],
        )
        yield row
        if name in PEERS:
            yield from _peers(row, cost, p, least[name])
        yield _row(
            f"p-center, {size}",
            OURS["p-center"],
            lambda c=cost, k=p: p_center(c, k, time_limit_s=LIMIT_S),
            CENTERS[name],
        )


def _warehouses() -> Iterator[Row]:
    for name, least in optima(SHARED / "cap").items():
        cost, opening, _ = warehouses(SHARED / "cap" / f"{name}.txt")
        yield _row(f"facility location, {name}, {len(cost)} sites", OURS["p-median"],
                   lambda c=cost, o=opening: p_median(c, None, site_cost=o), least)  # fmt: skip


def _ground(sites: int, demand: int, p: int) -> Row:
    """Solve points at random in a square, weights 1 to 100, costs in whole steps."""
    draw = np.random.default_rng(0)
    at, people = draw.random((sites, 1, 2)), draw.random((1, demand, 2))
    weight = draw.integers(1, 101, demand)
    cost = np.rint(10_000 * np.hypot(*(at - people).transpose(2, 0, 1)))
    task = f"points in a square, {demand:,} × {sites:,}, p = {p}, at most {GROUND_LIMIT_S:.0f} s"
    return _row(task, OURS["p-median"], lambda: p_median(cost, weight, p, time_limit_s=GROUND_LIMIT_S), None)


def _row(task: str, contender: str, solve: Callable[[], SitingPlan], least: float | None) -> Row:
    plans: list[SitingPlan] = []
    seconds = spent(lambda: plans.append(solve()))
    plan = plans[0]
    equal = None if least is None else abs(plan.objective - least) < 1e-3  # cap is published to three decimals
    first = "canonical" if plan.canonical else "twins not settled"
    note = f"{plan.objective:,.10g}, {100 * plan.gap:.3f} % gap, bound {plan.certificate}, {first}"
    return Row(task, contender, seconds, 1.0, equal, note)


def _peers(ours: Row, cost: Any, p: int, least: float) -> Iterator[Row]:
    found = installed("spopt.locate", "pulp")
    if len(found) < 2:
        yield Row(ours.task, "spopt", None, note="not installed")
        return
    spopt, pulp = found["spopt.locate"], found["pulp"]
    for name, solver in (("CBC", pulp.PULP_CBC_CMD(msg=False, threads=1)), ("HiGHS", pulp.HiGHS(msg=False, threads=1))):
        solved: list[Any] = []

        def ask(solver: Any = solver, solved: list[Any] = solved) -> None:
            model = spopt.PMedian.from_cost_matrix(cost.T, np.ones(len(cost)), p_facilities=p)
            solved.append(model.solve(solver))

        children = os.times().children_user
        seconds = spent(ask) + os.times().children_user - children  # CBC is a program of its own
        equal = abs(solved[0].problem.objective.value() - least) < 1e-3
        yield Row(ours.task, f"spopt + {name}", seconds, seconds / (ours.seconds or 1.0), equal)
