"""Every walk at every pace and crossing delay, from a few searches.

A walk of m metres over c crossings takes m ÷ pace + c · delay seconds. In metres at the walker's pace that is
m + c · x, with x = delay · pace the metres that one could have walked while waiting. The cheapest walk between a
station and a demand point is the least of such straight lines: a function of x that never falls and is concave.
So searches at a few x enclose it everywhere else. Below it lie its chords; above it lie the chords next to them,
drawn on, and its own value at the next x. Where both ends of the enclosure are on one side of the limit, the
answer is certain. Where they are not, the walk is measured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from workbench.coverage.costs import SECONDS_A_MINUTE
from workbench.coverage.doors import Doors
from workbench.coverage.quantities import LIMIT_TOLERANCE
from workbench.network.walking import Audience, Manner, Walks

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SEARCHES: Final = 17
"""Crossing costs that are searched. More make fewer walks doubtful; the answer is the same."""

_GUARD_M = 1e-5
"""Metres between an enclosure and the limit below which a walk is measured: far more than the rounding of sums."""


@dataclass(eq=False)
class CrossingWalks:
    """The walks of people who take steps in one way, at any pace and crossing delay.

    Attributes
    ----------
    station, point
        Position among the open stations, and row of the demand layer, of every walk that may be within a
        limit; shape (p,).
    measured
        How many times :meth:`within` was in doubt about some walk, and measured it.
    """

    station: Ints
    point: Ints
    measured: int
    _ground: Doors
    _manner: Manner
    _at: Floats
    _least: Floats
    _most: Floats

    @classmethod
    def of(cls, ground: Doors, manner: Manner, crossing_m: tuple[float, float], longest_m: float) -> CrossingWalks:
        """Search at some crossing costs.

        Parameters
        ----------
        ground
            Where demand points and stations stand.
        manner
            How steps are taken; pace and delay do not matter.
        crossing_m
            Least and highest crossing cost that will be asked for, metres: delay · pace.
        longest_m
            Longest limit that will be asked for, metres: limit · pace.
        """
        low, high = crossing_m
        bound = longest_m + 3 * _GUARD_M
        at = np.linspace(low, high, SEARCHES) if high > low else np.array([low])
        keys: Ints = np.empty(0, np.int64)
        least = np.empty((len(at), 0))
        for place, crossing in enumerate(at):
            walks = Walks(ground.streets, replace(manner, pace_m_s=1.0, crossing_delay_s=float(crossing)))
            found = walks.costs(ground.demand, ground.stations, ground.audience, bound)
            row = np.repeat(np.arange(found.shape[0]), np.diff(found.indptr))
            own = row * found.shape[1] + found.indices.astype(np.int64)
            if not place:  # costs never fall: what is beyond the bound here is so everywhere
                keys, least = own, np.full((len(at), len(own)), bound)
            least[place, np.searchsorted(keys, own)] = found.data
        most = np.where(least < bound, least, np.inf)
        points = len(ground.demand)
        return cls(keys // points, keys % points, 0, ground, manner, at, least, most)

    def within(self, pace_m_s: float, delay_s: float, limit_min: float) -> Flags:
        """Tell which walks are within a limit, as the cost matrix of that manner does, shape (p,).

        Parameters
        ----------
        pace_m_s, delay_s
            Pace and crossing delay; their product within the costs that were searched.
        limit_min
            Longest walk, minutes, up to the rounding that is allowed for everywhere.
        """
        limit_m = (limit_min + LIMIT_TOLERANCE) * SECONDS_A_MINUTE * pace_m_s
        low, high = self._enclosed(delay_s * pace_m_s)
        inside = high <= limit_m - _GUARD_M
        doubtful = np.flatnonzero(~inside & (low <= limit_m + _GUARD_M))
        if len(doubtful):
            manner = replace(self._manner, pace_m_s=pace_m_s, crossing_delay_s=delay_s)
            inside[doubtful] = self._measured(doubtful, manner, limit_min)
        return inside

    def _enclosed(self, crossing_m: float) -> tuple[Floats, Floats]:
        """Return what no walk falls below and what none exceeds at a crossing cost, metres, shape (p,)."""
        at, least, most = self._at, self._least, self._most
        if len(at) == 1:
            return least[0], most[0]
        k = int(np.clip(np.searchsorted(at, crossing_m, side="right") - 1, 0, len(at) - 2))
        t = (crossing_m - at[k]) / (at[k + 1] - at[k])
        low = least[k] + t * (least[k + 1] - least[k])
        high = most[k + 1]
        with np.errstate(invalid="ignore"):  # walks beyond the bound have no chord to draw on
            if k:
                high = np.fmin(high, most[k] + t * (most[k] - most[k - 1]))
            if k + 2 < len(at):
                back = most[k + 1] - (1 - t) * (most[k + 2] - most[k + 1])
                high = np.where(np.isfinite(most[k + 2]), np.fmin(high, back), high)
        return low, np.asarray(high, np.float64)

    def _measured(self, which: Ints, manner: Manner, limit_min: float) -> Flags:
        """Walk between some stations and demand points, and tell who is within the limit."""
        self.measured += 1
        ground, audience = self._ground, self._ground.audience
        stations, row = np.unique(self.station[which], return_inverse=True)
        points, column = np.unique(self.point[which], return_inverse=True)
        longest = limit_min + LIMIT_TOLERANCE
        some = Audience(audience.public[stations], audience.compound[stations], audience.home[points])
        bound = np.nextafter(longest * SECONDS_A_MINUTE, np.inf)  # the product may be rounded down
        walks = Walks(ground.streets, manner)
        cost = walks.costs(ground.demand.take(points), ground.stations.take(stations), some, bound)
        near = np.zeros(cost.shape, np.bool_)
        near[np.repeat(np.arange(len(stations)), np.diff(cost.indptr)), cost.indices] = (
            cost.data / SECONDS_A_MINUTE <= longest
        )
        return near[row, column]
