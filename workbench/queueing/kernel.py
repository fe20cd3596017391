"""The inner loop of the simulation: a week at the windows of a hall, event by event.

Compiled because 33 halls × plans × weeks ask for some ten million residents; the same loop in plain Python is the
oracle of the tests. It draws nothing: residents come with all that is by chance, so that every plan meets the same.
"""

from __future__ import annotations

import numpy as np

from workbench.arrays import Flags, Floats, Ints
from workbench.catalogue.halls import CELLS, QUARTER
from workbench.network.kernel import compiled


@compiled
def _waiting(queue: Ints, size: int, kind: Ints, count: Ints, leaves: Floats, now: float) -> int:
    """Let those go whose patience has ended; the others stay in the order in which they came."""
    left = 0
    for k in range(size):
        j = queue[k]
        if leaves[j] < now:
            count[kind[j]] -= 1
        else:
            queue[left] = j
            left += 1
    return left


@compiled
def _ready(free: Floats, now: float, count: Ints, rank: Ints, opens: Floats) -> float:
    """Return the first moment at which a window may serve somebody of those who wait, infinite if there is none."""
    then = np.inf
    for s in range(len(free)):
        able = False
        for k in range(len(count)):
            able = able or (count[k] > 0 and rank[s, k] >= 0)
        if able:
            ready = max(free[s], now)
            then = min(then, max(ready, opens[s, min(int(ready // QUARTER), CELLS)]))
    return then


@compiled
def _pair(
    queue: Ints, size: int, free: Floats, now: float, kind: Ints, elder: Flags, rank: Ints, opens: Floats
) -> tuple[int, int]:
    """Return who of those who wait begins now, by place in the queue, and at which window; -1 where nobody can."""
    best, place, by = -1, -1, -1
    cell = min(int(now // QUARTER), CELLS)
    for s in range(len(free)):
        if free[s] <= now and opens[s, cell] <= now:
            for k in range(size):
                j = queue[k]
                key = 2 * rank[s, kind[j]] + (0 if elder[j] else 1)
                if key >= 0 and (best < 0 or key < best or (key == best and k < place)):
                    best, place, by = key, k, s
    return place, by


@compiled
def serve(
    first: Ints, at: Floats, kind: Ints, work: Floats, leaves: Floats, elder: Flags,
    rank: Ints, factor: Floats, opens: Floats, began: Floats, window: Ints,
) -> None:  # fmt: skip
    """Simulate weeks at the windows of a hall, each from an empty hall on.

    Whenever a window is free and somebody waits whom it may serve, the pair of lowest rank begins; of those of one
    rank the elder, then who came first, then the first window. Service is not broken off, not even at closing.

    Parameters
    ----------
    first
        Shape (weeks + 1,), position of the first resident of each week.
    at, kind, work, leaves, elder
        Shape (n,): minute of the week, ascending within it; kind of matter; minutes of work; minute at which patience
        ends; whether an elder who goes first.
    rank
        Shape (windows, kinds), -1 = does not serve it; its own matters come before those of a higher rank.
    factor
        Shape (windows,), on the work.
    opens
        Shape (windows, 673), first minute at or after a cell of the week at which service may begin; inf = never.
    began, window
        Shape (n,), to be filled: minute at which service begins, NaN where patience ended first; and by which window.
    """
    free, count = np.empty(len(factor)), np.empty(rank.shape[1], np.int64)
    for week in range(len(first) - 1):
        comes, end = first[week], first[week + 1]
        free[:] = 0.0
        count[:] = 0
        queue, size, now = np.empty(end - comes, np.int64), 0, 0.0
        while comes < end or size > 0:
            then = at[comes] if comes < end else np.inf
            if size > 0:
                then = min(then, _ready(free, now, count, rank, opens))
            if then == np.inf:
                break
            now = then
            while comes < end and at[comes] <= now:
                queue[size] = comes
                count[kind[comes]] += 1
                size += 1
                comes += 1
            size = _waiting(queue, size, kind, count, leaves, now)
            place, by = _pair(queue, size, free, now, kind, elder, rank, opens)
            while place >= 0:
                j = queue[place]
                began[j], window[j] = now, by
                free[by] = now + work[j] * factor[by]
                count[kind[j]] -= 1
                size -= 1
                for k in range(place, size):
                    queue[k] = queue[k + 1]
                place, by = _pair(queue, size, free, now, kind, elder, rank, opens)
