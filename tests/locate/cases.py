"""Small random problems with every side rule switched on or off."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.locate.oracle import Case

SITES, DEMAND = 6, 9


@st.composite
def cases(draw: st.DrawFn, maximise: bool) -> Case:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sites, demand = draw(st.integers(2, SITES)), draw(st.integers(1, DEMAND))
    on = lambda: draw(st.booleans()) and draw(st.booleans())  # noqa: E731
    cover = (rng.random((sites, demand)) < draw(st.sampled_from([0.2, 0.4, 0.7]))).astype(float)
    if not maximise:
        cover[rng.integers(0, sites, demand), np.arange(demand)] = 1.0
    whole = draw(st.booleans())
    weight = rng.integers(0, 20, demand).astype(float) if whole else rng.random(demand) * 10
    cost = rng.integers(1, 8, sites).astype(float) if draw(st.booleans()) else rng.random(sites) * 5 + 0.1
    case = Case(cover, weight, cost, maximise)
    if maximise:
        case.p = draw(st.integers(1, sites))
        if on():
            case.budget = float(cost.min() + rng.random() * cost.sum())
            case.p = None if draw(st.booleans()) else case.p
        if on():
            case.cover = cover * rng.choice([0.25, 0.5, 1.0], cover.shape)
    else:
        if on():
            case.share = float(draw(st.sampled_from([0.0, 0.5, 0.9])))
        if on() and case.share < 1:
            case.cover = cover * rng.choice([0.25, 0.5, 1.0], cover.shape)
        if on():
            case.p = draw(st.integers(1, sites))
        if on():
            case.budget = float(cost.min() + rng.random() * cost.sum())
    return _ruled(draw, on, rng, case)


def _ruled(draw: st.DrawFn, on: Any, rng: np.random.Generator, case: Case) -> Case:
    sites, demand = case.cover.shape
    decays = bool((case.cover % 1 != 0).any())
    shuffled = [int(site) for site in rng.permutation(sites)]
    if on() and case.budget is None:
        case.required = tuple(sorted(shuffled[: min(draw(st.integers(1, 2)), case.p or sites)]))
    if on() and sites > 3:
        case.forbidden = tuple(sorted(shuffled[-1:]))
    if on():
        case.capacity = rng.integers(0, 40, sites).astype(float)
    elif on() and not decays:
        case.cover_at_least = 2
        if not case.maximise and case.share >= 1:
            case.cover[:2] = 1.0
    if on():
        names = ("old", "young")[: draw(st.integers(1, 2))]
        case.floors = tuple(
            (n, rng.integers(0, 9, demand).astype(float), draw(st.sampled_from([0.2, 0.5]))) for n in names
        )
    if on():
        case.at_most = (("north", tuple(shuffled[: sites // 2 + 1]), draw(st.integers(0, 2))),)
    if on():
        case.spacing = ((0, 1),) if sites < 4 else ((0, 1), (2, 3))
    return case


@st.composite
def plain_cases(draw: st.DrawFn) -> Case:
    """Maximal covering by p sites: the fast way, on somewhat larger ground."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sites, demand = draw(st.integers(3, 10)), draw(st.integers(1, 40))
    cover = (rng.random((sites, demand)) < draw(st.sampled_from([0.15, 0.3, 0.5]))).astype(float)
    few = draw(st.sampled_from([1, 3, 100]))  # few different weights make many equals
    weight = rng.integers(0, few + 1, demand).astype(float) if draw(st.booleans()) else rng.random(demand) * few
    case = Case(cover, weight, np.ones(sites), True, p=draw(st.integers(1, sites)))
    shuffled = [int(site) for site in rng.permutation(sites)]
    if draw(st.booleans()):
        case.required = tuple(sorted(shuffled[: min(2, case.p or 2)]))
        case.forbidden = tuple(sorted(shuffled[2:3]))
    return case
