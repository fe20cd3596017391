"""Money, or stations, shared between districts: what each could do with how much, put together exactly.

Each district brings the curve of its own best plans: what the first n stations, or a sum, win there. The best split is
a knapsack of one choice a district. It is solved over the true curves, which need not be concave: sums are built up
district by district, and of two that cost and win alike or worse one is dropped (Kellerer, Pferschy and Pisinger 2004,
*Knapsack Problems*, chapter 11), as is one that even the concave envelopes of the districts to come cannot save.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from workbench.arrays import Flags, Floats, Ints
from workbench.errors import Problem, SolveError

PER_UNIT: Final = 10_000
"""Costs are counted in ten-thousandths: yuan, where they are 万元."""

_SLACK = 1e-9  # of the worth: the rounding of sums, no more


@dataclass(frozen=True, eq=False)
class Curve:
    """What a district could do.

    Attributes
    ----------
    name
        The district.
    cost
        What each of its plans costs, or how many stations it is, shape (n,); not negative.
    worth
        What each wins, shape (n,).
    bound
        What no plan at that cost exceeds, shape (n,).
    """

    name: str
    cost: Floats
    worth: Floats
    bound: Floats


@dataclass(frozen=True, eq=False)
class Split:
    """The best split of a sum over districts.

    Attributes
    ----------
    plan
        Position of the plan of each district on its curve, shape (t,).
    cost, worth
        What all cost and win together.
    bound
        What no split of the sum exceeds, whatever plans the districts find: the worth itself where all are proven.
    envelope
        What none exceeds by the concave envelopes of the curves: the price of plans that cannot be had by halves.
    """

    plan: Ints
    cost: float
    worth: float
    bound: float
    envelope: float


def split_sum(curves: Sequence[Curve], most: float) -> Split:
    """Share a sum out over districts so that the plans of all win the most.

    Of splits that win alike the cheapest is taken, the same every time.

    Parameters
    ----------
    curves
        What each district could do with how much.
    most
        What all may cost together.

    Raises
    ------
    SolveError
        If a curve is no curve, or the sum does not do for the cheapest plans.
    """
    _check(curves, most)
    budget = int(np.floor(most * PER_UNIT + 0.5))
    steps = [np.rint(curve.cost * PER_UNIT).astype(np.int64) for curve in curves]
    least = sum(int(step.min()) for step in steps)
    if least > budget:
        expected, mend = f"at least {least / PER_UNIT:g}", "Give more, or take required sites out of the scenarios."
        raise SolveError(Problem("split", "the cheapest plans together cost more than is given", "", "", expected,
                                 f"{most:g}", mend))  # fmt: skip
    worths = [np.asarray(curve.worth, np.float64) for curve in curves]
    plan = _best(steps, worths, budget)
    bounds = [np.maximum(curve.bound, curve.worth) for curve in curves]
    upper = plan if all((b == w).all() for b, w in zip(bounds, worths, strict=True)) else _best(steps, bounds, budget)
    cost = sum(int(step[k]) for step, k in zip(steps, plan, strict=True))
    return Split(
        plan,
        cost / PER_UNIT,
        _sum(worths, plan),
        _sum(bounds, upper),
        float(_Rest.of(steps, bounds).most(np.array([budget]))[0]),
    )


def _sum(worths: Sequence[Floats], plan: Ints) -> float:
    return float(sum(worth[k] for worth, k in zip(worths, plan, strict=True)))


def _check(curves: Sequence[Curve], most: float) -> None:
    problems = []
    for curve in curves:
        parts = (curve.cost, curve.worth, curve.bound)
        if not len(curve.cost) or len({len(part) for part in parts}) > 1:
            found = ", ".join(str(len(part)) for part in parts)
            problems.append(
                Problem("split", "a district has no curve", curve.name, "", "as many costs as worths", found)
            )
        elif not np.isfinite(np.concatenate(parts)).all() or (np.asarray(curve.cost) < 0).any():
            what = "a curve has a number that is none, or a negative cost"
            problems.append(Problem("split", what, curve.name))
        elif (np.abs(curve.cost * PER_UNIT - np.rint(curve.cost * PER_UNIT)) > _SLACK * PER_UNIT).any():
            problems.append(Problem("split", "a cost is no whole number of ten-thousandths", curve.name))
    if not (np.isfinite(most) and most >= 0):
        problems.append(Problem("split", "the sum is no sum", expected="a number, not negative", found=str(most)))
    if problems:
        raise SolveError(problems)


@dataclass(frozen=True, eq=False)
class _Rest:
    """The most that some districts can win together, by their concave envelopes: worth at rising costs."""

    cost: Floats
    worth: Floats

    @classmethod
    def of(cls, steps: Sequence[Ints], worths: Sequence[Floats]) -> _Rest:
        """Put the envelopes together: their pieces, the steepest first."""
        pieces: list[tuple[float, float]] = []
        cost = worth = 0.0
        for step, value in zip(steps, worths, strict=True):
            x, y = _hull(step, value)
            cost, worth = cost + x[0], worth + y[0]
            pieces += zip(np.diff(x).tolist(), np.diff(y).tolist(), strict=True)
        pieces.sort(key=lambda piece: -piece[1] / piece[0])
        run, rise = np.array(pieces).reshape(-1, 2).T
        return cls(cost + np.concatenate([[0.0], np.cumsum(run)]), worth + np.concatenate([[0.0], np.cumsum(rise)]))

    def most(self, budget: Ints) -> Floats:
        """Return the most for each budget, −inf where it does not do for the least, shape (k,)."""
        return np.interp(budget, self.cost, self.worth, left=-np.inf)


def _hull(step: Ints, worth: Floats) -> tuple[Floats, Floats]:
    """Return the corners of the concave envelope of a curve that never falls."""
    kept: list[int] = []
    for k in np.lexsort((-worth, step)).tolist():
        if kept and worth[k] <= worth[kept[-1]]:
            continue
        while len(kept) > 1:
            a, b = kept[-2:]
            if (worth[b] - worth[a]) * (step[k] - step[a]) > (worth[k] - worth[a]) * (step[b] - step[a]):
                break
            kept.pop()
        kept.append(k)
    return step[kept].astype(np.float64), worth[kept]


def _best(steps: Sequence[Ints], worths: Sequence[Floats], budget: int) -> Ints:
    """Build sums up district by district."""
    rests = [_Rest.of(steps[k:], worths[k:]) for k in range(len(steps) + 1)]
    sure = _sum(worths, _greedy(steps, worths, budget))
    floor = sure - _SLACK * max(1.0, abs(sure))
    cost, worth = np.zeros(1, np.int64), np.zeros(1)
    back: list[tuple[Ints, Ints]] = []
    for step, value, rest in zip(steps, worths, rests[1:], strict=True):
        order = np.argsort(step, kind="stable")
        total = (cost[:, None] + step[order]).ravel()
        won = (worth[:, None] + value[order]).ravel()
        hope = won + rest.most(budget - total)
        rows = np.flatnonzero((total <= budget) & (hope >= floor))
        rows = rows[np.lexsort((rows, -won[rows], total[rows]))]
        rows = rows[_rising(won[rows])]
        back.append((rows // len(step), order[rows % len(step)]))
        cost, worth = total[rows], won[rows]
    place, plan = len(cost) - 1, np.zeros(len(steps), np.int64)
    for district in range(len(steps) - 1, -1, -1):
        parent, chosen = back[district]
        plan[district] = chosen[place]
        place = int(parent[place])
    return plan


def _rising(worth: Floats) -> Flags:
    """Tell which of sums in the order of their cost win more than every cheaper one."""
    before = np.concatenate([[-np.inf], np.maximum.accumulate(worth)[:-1]])
    return np.asarray(worth > before, np.bool_)


def _greedy(steps: Sequence[Ints], worths: Sequence[Floats], budget: int) -> Ints:
    """Climb the envelopes, the steepest piece first, as far as the sum does."""
    hulls = []
    for step, worth in zip(steps, worths, strict=True):
        x, y = _hull(step, worth)
        hulls.append((x, y, [int(np.flatnonzero((step == a) & (worth == b))[0]) for a, b in zip(x, y, strict=True)]))
    left = budget - sum(x[0] for x, _, _ in hulls)
    at = [0] * len(hulls)
    pieces = [
        (-(y[k + 1] - y[k]) / (x[k + 1] - x[k]), place, k)
        for place, (x, y, _) in enumerate(hulls)
        for k in range(len(x) - 1)
    ]
    for _, place, k in sorted(pieces):
        x = hulls[place][0]
        if at[place] == k and x[k + 1] - x[k] <= left:
            at[place], left = k + 1, left - (x[k + 1] - x[k])
    return np.array([positions[k] for (_, _, positions), k in zip(hulls, at, strict=True)], np.int64)
