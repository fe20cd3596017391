"""Every plan of a small p-median or p-center tried, every rule read literally: no code of the package."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np
from hypothesis import strategies as st

TOLERANCE = 1e-9


@dataclass(frozen=True)
class MedianCase:
    """A small problem, dense; infinite costs are not allowed."""

    cost: np.ndarray
    weight: np.ndarray
    p: int | None
    site_cost: np.ndarray | None = None
    budget: float | None = None
    required: tuple[int, ...] = ()
    forbidden: tuple[int, ...] = ()
    at_most: tuple[tuple[int, ...], int] | None = None
    spacing: tuple[tuple[int, int], ...] = ()

    @property
    def up_to(self) -> bool:
        return self.site_cost is not None or self.at_most is not None or bool(self.spacing)


def plans(case: MedianCase) -> Iterator[tuple[int, ...]]:
    """All sets of sites that keep the rules on sites."""
    sites = len(case.cost)
    sizes = range(sites + 1) if case.p is None else range(0 if case.up_to else case.p, case.p + 1)
    for size in sizes:
        for plan in combinations(range(sites), size):
            chosen = set(plan)
            if not chosen >= set(case.required) or chosen & set(case.forbidden):
                continue
            if case.budget is not None and sum(case.site_cost[i] for i in plan) > case.budget * (1 + TOLERANCE):
                continue
            if case.at_most is not None and len(chosen & set(case.at_most[0])) > case.at_most[1]:
                continue
            if any(chosen >= set(pair) for pair in case.spacing):
                continue
            yield plan


def median_value(case: MedianCase, plan: tuple[int, ...]) -> float:
    """What a plan costs; infinite if somebody with weight is left without."""
    total = sum(case.site_cost[i] for i in plan) if case.site_cost is not None and case.budget is None else 0.0
    for j, weight in enumerate(case.weight):
        if weight > 0:
            total += weight * min((case.cost[i, j] for i in plan), default=math.inf)
    return float(total)


def center_value(case: MedianCase, plan: tuple[int, ...]) -> float:
    return max(min((case.cost[i, j] for i in plan), default=math.inf) for j in range(case.cost.shape[1]))


def best(case: MedianCase, value: Any) -> tuple[float, tuple[int, ...] | None]:
    """Least value and, of all plans that reach it, the one that holds the lowest site in which they differ."""
    sites = len(case.cost)
    found = [(value(case, plan), plan) for plan in plans(case)]
    found = [(worth, plan) for worth, plan in found if math.isfinite(worth)]
    if not found:
        return math.inf, None
    least = min(worth for worth, _ in found)
    equal = [plan for worth, plan in found if worth <= least * (1 + 1e-14)]
    return least, max(equal, key=lambda plan: [i in plan for i in range(sites)])


def best_within_capacity(cost: np.ndarray, load: np.ndarray, capacity: np.ndarray, p: int) -> float:
    """Every plan and every way to send each row to one site."""
    least = math.inf
    for plan in combinations(range(len(cost)), p):
        for hosts in product(plan, repeat=cost.shape[1]):
            used = np.bincount(hosts, load, minlength=len(cost))
            if (used <= capacity).all():
                least = min(least, float(sum(load[j] * cost[i, j] for j, i in enumerate(hosts))))
    return least


@st.composite
def cases(draw: st.DrawFn, rules: bool = True) -> MedianCase:
    """Small problems; about half the pairs may be forbidden, costs are whole, decimal or real."""
    sites, rows = draw(st.integers(2, 7)), draw(st.integers(1, 8))
    kind = draw(st.sampled_from(["whole", "decimal", "real"]))
    number = {
        "whole": st.integers(0, 12).map(float),
        "decimal": st.integers(0, 999).map(lambda k: k / 100),
        "real": st.just(0.0) | st.floats(1e-9, 10),  # a cost of 1e-308 is lost in any sum
    }[kind]
    cost = np.array(draw(st.lists(st.lists(number, min_size=rows, max_size=rows), min_size=sites, max_size=sites)))
    hidden = draw(st.lists(st.booleans(), min_size=sites * rows, max_size=sites * rows))
    if draw(st.booleans()):
        cost[np.array(hidden).reshape(cost.shape)] = np.inf
    weight = np.array(draw(st.lists(st.integers(0, 9), min_size=rows, max_size=rows)), float)
    p = draw(st.integers(1, sites))
    if not rules:
        return MedianCase(cost, weight, p)
    index = st.integers(0, sites - 1)
    required = draw(st.sets(index, max_size=1))
    forbidden = draw(st.sets(index, max_size=2)) - required
    price = np.array(draw(st.lists(st.integers(1, 9), min_size=sites, max_size=sites)), float)
    costs = draw(st.sampled_from(["none", "objective", "open", "budget"]))
    group = tuple(sorted(draw(st.sets(index, min_size=1))))
    pairs = {tuple(sorted(pair)) for pair in draw(st.lists(st.tuples(index, index), max_size=3)) if len(set(pair)) == 2}
    return MedianCase(
        cost, weight,
        None if costs == "open" else p,
        None if costs == "none" else price,
        float(draw(st.integers(9, 30))) if costs == "budget" else None,
        tuple(sorted(required)), tuple(sorted(forbidden)),
        (group, draw(st.integers(0, 3))) if draw(st.booleans()) else None,
        tuple(sorted(pairs)) if draw(st.booleans()) else (),
    )  # fmt: skip
