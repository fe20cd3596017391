"""Every choice of sites tried, every rule read literally: slow, dense and without any code of the package."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from scipy.optimize import linprog

TOLERANCE = 1e-7


@dataclass
class Case:
    """A small problem, dense, with every rule on or off."""

    cover: np.ndarray
    weight: np.ndarray
    cost: np.ndarray
    maximise: bool
    share: float = 1.0
    p: int | None = None
    budget: float | None = None
    required: tuple[int, ...] = ()
    forbidden: tuple[int, ...] = ()
    capacity: np.ndarray | None = None
    floors: tuple[tuple[str, np.ndarray, float], ...] = ()
    cover_at_least: int = 1
    at_most: tuple[tuple[str, tuple[int, ...], int], ...] = ()
    spacing: tuple[tuple[int, int], ...] = field(default=())


def allowed(case: Case, sites: tuple[int, ...]) -> bool:
    """Whether the rules that only look at sites hold."""
    return (
        set(case.required) <= set(sites)
        and not set(case.forbidden) & set(sites)
        and (case.p is None or len(sites) <= case.p)
        and (case.budget is None or case.cost[list(sites)].sum() <= case.budget * (1 + TOLERANCE))
        and all(len(set(group) & set(sites)) <= most for _, group, most in case.at_most)
        and not any(a in sites and b in sites for a, b in case.spacing)
    )


def covered_share(case: Case, sites: tuple[int, ...]) -> np.ndarray:
    """To what share each row is covered where room is no question."""
    opened = case.cover[list(sites)]
    if (case.cover % 1 != 0).any():
        return opened.max(axis=0, initial=0.0)
    return ((opened > 0).sum(axis=0) >= case.cover_at_least).astype(float)


def value(case: Case, sites: tuple[int, ...]) -> float | None:
    """What a choice of sites is worth; None when it breaks a rule."""
    if not allowed(case, sites):
        return None
    if case.capacity is not None:
        return flow(case, sites)
    share = covered_share(case, sites)
    won = float(case.weight @ share)
    if not case.maximise:
        if case.share >= 1 and (share < 1).any():
            return None
        if won < case.share * case.weight.sum() * (1 - TOLERANCE):
            return None
    if any(w @ share < least * w.sum() * (1 - TOLERANCE) for _, w, least in case.floors):
        return None
    return won if case.maximise else float(case.cost[list(sites)].sum())


def flow(case: Case, sites: tuple[int, ...]) -> float | None:
    """The same where room is limited: the best split, as a linear program."""
    rows = case.cover.shape[1]
    pairs = [(j, i) for j in sites for i in range(rows) if case.cover[j, i] > 0]
    least_all = not case.maximise and case.share >= 1
    if not pairs:
        empty_ok = not least_all and (case.maximise or case.share * case.weight.sum() == 0)
        empty_ok = empty_ok and all(least * w.sum() == 0 for _, w, least in case.floors)
        return (0.0 if case.maximise else float(case.cost[list(sites)].sum())) if empty_ok else None
    pull = np.array([case.cover[j, i] for j, i in pairs])
    weight = np.array([case.weight[i] for _, i in pairs])
    lines: list[np.ndarray] = []
    sides: list[float] = []
    for i in range(rows):
        once = np.array([float(r == i) for _, r in pairs])
        lines.append(once)
        sides.append(1.0)
        if least_all:
            lines.append(-once)
            sides.append(-1.0)
    for j in sites:
        assert case.capacity is not None
        lines.append(np.array([w * (s == j) for (s, _), w in zip(pairs, weight, strict=True)]))
        sides.append(float(case.capacity[j]))
    groups = list(case.floors)
    if not case.maximise and not least_all:
        groups.append(("share", case.weight, case.share))
    for _, w, least in groups:
        lines.append(-np.array([w[i] for _, i in pairs]) * pull)
        sides.append(-least * w.sum() * (1 - TOLERANCE))
    aim = -weight * pull if case.maximise else np.zeros(len(pairs))
    answer = linprog(aim, A_ub=np.array(lines), b_ub=np.array(sides), bounds=(0, 1))
    if answer.status != 0:
        return None
    return float(-answer.fun) if case.maximise else float(case.cost[list(sites)].sum())


def best(case: Case) -> tuple[float, tuple[int, ...]] | None:
    """The best objective, and the first of the plans that have it: fewest sites, then lowest positions."""
    found: tuple[float, tuple[int, ...]] | None = None
    sign = 1.0 if case.maximise else -1.0
    for count in range(case.cover.shape[0] + 1):
        for sites in combinations(range(case.cover.shape[0]), count):
            worth = value(case, sites)
            if worth is not None and (found is None or sign * worth > sign * found[0] + TOLERANCE):
                found = (worth, sites)
    return found


def asked(case: Case) -> dict[str, Any]:
    """The side rules as the verbs take them."""
    from workbench.locate import AtMost, Floor

    return {
        "required": case.required,
        "forbidden": case.forbidden,
        "capacity": case.capacity,
        "floors": [Floor(name, weight, share) for name, weight, share in case.floors],
        "cover_at_least": case.cover_at_least,
        "at_most": [AtMost(name, sites, most) for name, sites, most in case.at_most],
        "spacing": np.array(case.spacing).reshape(-1, 2).astype(int),
    }
