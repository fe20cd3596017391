"""The inner loop of the simulation: a week at the windows of a hall, event by event.

Compiled because 33 halls × plans × weeks ask for some ten million residents; the same loop in plain Python is the
oracle of the tests. It draws nothing: residents come with all that is by chance, so that every plan meets the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from workbench.arrays import Flags, Floats, Ints
from workbench.network.kernel import compiled

QUARTER: Final = 15
"""Minutes of a cell of the week."""
CELLS: Final = 672
"""Cells of a week; the one after the last is what follows closing on Sunday."""


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
    windows, kinds = rank.shape
    free, count = np.empty(windows), np.empty(kinds, np.int64)
    for week in range(len(first) - 1):
        nobody, end = first[week], first[week + 1]
        free[:] = 0.0
        count[:] = 0
        queue = np.empty(end - nobody, np.int64)
        size = 0
        comes = nobody
        now = 0.0
        while True:
            then = at[comes] if comes < end else np.inf
            if size > 0:
                for s in range(windows):
                    able = False
                    for k in range(kinds):
                        able = able or (count[k] > 0 and rank[s, k] >= 0)
                    if able:
                        ready = max(free[s], now)
                        cell = min(int(ready // QUARTER), CELLS)
                        then = min(then, max(ready, opens[s, cell]))
            if then == np.inf:
                break
            now = then
            while comes < end and at[comes] <= now:
                queue[size] = comes
                count[kind[comes]] += 1
                size += 1
                comes += 1
            size = _waiting(queue, size, kind, count, leaves, now)
            cell = min(int(now // QUARTER), CELLS)
            while size > 0:
                best, place, by = -1, -1, -1
                for s in range(windows):
                    if free[s] > now or opens[s, cell] > now:
                        continue
                    for k in range(size):
                        j = queue[k]
                        own = rank[s, kind[j]]
                        if own < 0:
                            continue
                        key = 2 * own + (0 if elder[j] else 1)
                        if best < 0 or key < best or (key == best and k < place):
                            best, place, by = key, k, s
                if best < 0:
                    break
                j = queue[place]
                began[j], window[j] = now, by
                free[by] = now + work[j] * factor[by]
                count[kind[j]] -= 1
                for k in range(place, size - 1):
                    queue[k] = queue[k + 1]
                size -= 1
