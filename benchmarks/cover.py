"""Maximal covering and set covering, beside spopt where it can follow, and on published instances.

spopt walks every cell of a dense matrix in Python, so it is asked only where that ends within minutes. CBC is a
program of its own; its processor time is counted too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.clock import Row, peak_bytes, spent
from benchmarks.peers import installed
from benchmarks.yardsticks import cordeau, optima, scattered, set_covering
from workbench.locate import SitingPlan, max_cover, max_cover_curve, set_cover

SHARED = Path(os.environ.get("WORKBENCH_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data") / "benchmarks"
OURS, NEAR, CURVE, LEAST_COST = "**max_cover**", "max_cover, gap 0.1 %", "**max_cover_curve**", "**set_cover**"
WIDE, NARROW = 5.0, 0.5
GROUNDS = (
    (1_000, 100, WIDE, 15), (10_000, 100, WIDE, 15), (100_000, 100, WIDE, 15), (1_000_000, 100, WIDE, 15),
    (10_000, 1_000, NARROW, 100), (10_000, 1_000, NARROW, 150), (10_000, 1_000, NARROW, 250),
    (100_000, 1_000, NARROW, 100), (1_000_000, 1_000, NARROW, 100),
)  # fmt: skip
"""Demand, sites, share of the ground that a site covers in percent, and sites to open, as the findings have them."""
QUICK = 2
MOST_CELLS = 10_000_000
"""Cells that spopt is asked to walk."""
LIMIT_S = 150.0
CORDEAU = ((100_000, 1, 4_431_761), (100_000, 2, 4_374_489), (1_000_000, 1, None))
RADIUS, OPEN = 5.5, 10


def cover_races(quick: bool = False) -> Iterator[Row]:
    """Solve made grounds beside spopt, then published instances."""
    small, weight = scattered(100, 10, 0.2)
    max_cover(small, weight, 2)  # compile first
    for demand, sites, percent, p in GROUNDS[:QUICK] if quick else GROUNDS:
        yield from _ground(demand, sites, percent, p)
    yield _curve()
    for customers, seed, least in CORDEAU[:1] if quick else CORDEAU:
        cover, weight = cordeau(customers, 100, RADIUS, seed)
        task = f"max cover, Cordeau et al., {customers:,} customers, seed {seed}"
        yield _row(task, OURS, lambda c=cover, w=weight: max_cover(c, w, OPEN, time_limit_s=LIMIT_S), least)
    if (SHARED / "scp").exists():
        for name, least in optima(SHARED / "scp").items():
            cover, cost = set_covering(SHARED / "scp" / f"{name}.txt")
            yield _row(f"set cover, {name}", LEAST_COST, lambda c=cover, k=cost: set_cover(c, cost=k), least)


def _ground(demand: int, sites: int, percent: float, p: int) -> Iterator[Row]:
    cover, weight = scattered(demand, sites, percent / 100)
    task = f"max cover, {demand:,} × {sites:,}, {percent:g} %, p = {p}"
    row = _row(task, OURS, lambda: max_cover(cover, weight, p, time_limit_s=LIMIT_S), None, memory=True)
    yield row
    if sites > 100:
        yield _row(task, NEAR, lambda: max_cover(cover, weight, p, gap=1e-3, time_limit_s=LIMIT_S), None)
    if demand * sites <= MOST_CELLS and p in (15, 100):
        yield from _peers(row, cover, weight, p)


def _curve() -> Row:
    cover, weight = scattered(10_000, 100, WIDE / 100)
    plans: list[SitingPlan] = []
    seconds = spent(lambda: plans.extend(max_cover_curve(cover, weight, 60)))
    open_gaps = sum(plan.gap > 0 for plan in plans)
    return Row("curve, 10,000 × 100, p = 1…60", CURVE, seconds, 1.0, note=f"{open_gaps} of {len(plans)} not proven")


def _row(task: str, contender: str, solve: Any, least: float | None, memory: bool = False) -> Row:
    plans: list[SitingPlan] = []
    seconds = spent(lambda: plans.append(solve()))
    plan = plans[0]
    first = "canonical" if plan.canonical else "twins not settled"
    note = f"{plan.objective:,.10g}, {100 * plan.gap:.3f} % gap, bound {plan.certificate}, {first}"
    if memory and seconds < LIMIT_S / 10:
        note += f", {peak_bytes(solve) / 2**20:,.0f} MB"
    return Row(task, contender, seconds, 1.0, None if least is None else plan.objective == least, note)


def _peers(ours: Row, cover: sp.csr_array, weight: Any, p: int) -> Iterator[Row]:
    found = installed("spopt.locate", "pulp")
    if len(found) < 2:
        yield Row(ours.task, "spopt", None, note="not installed")
        return
    spopt, pulp = found["spopt.locate"], found["pulp"]
    walks = np.where(cover.toarray().T, 0.0, 2.0)  # near is below the radius of 1
    best = float(ours.note.split(", ")[0].replace(",", "") if ours.note else 0)
    for name, solver in (("CBC", pulp.PULP_CBC_CMD(msg=False, threads=1)), ("HiGHS", pulp.HiGHS(msg=False, threads=1))):
        solved: list[Any] = []

        def ask(solver: Any = solver, solved: list[Any] = solved) -> None:
            solved.append(spopt.MCLP.from_cost_matrix(walks, weight, 1.0, p).solve(solver))

        children = os.times().children_user
        seconds = spent(ask) + os.times().children_user - children
        equal = abs(solved[0].problem.objective.value() - best) < 0.5
        yield Row(ours.task, f"spopt + {name}", seconds, seconds / (ours.seconds or 1.0), equal)
