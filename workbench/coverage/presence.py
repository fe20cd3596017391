"""Who has an open station within reach, state by state of the week; exact, and small.

Demand points that reach stations of the same weeks through the same gates are one choice, and minutes in which the
same weeks and gates are open are one state (:class:`~workbench.coverage.timetable.States`): a district of thousands of
points and 10,080 minutes comes down to a few hundred choices and a few dozen states.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from workbench.coverage.timetable import States, distinct_rows

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Presence:
    """On-site service as one manner of walking meets it.

    Attributes
    ----------
    served
        Whether some station of a choice is open in a state, shape (p, u).
    of_point
        Choice of each demand point, shape (k,).
    """

    served: Flags
    of_point: Ints

    @classmethod
    def of(cls, walks: Sequence[csr_array], of_station: Ints, states: States) -> Presence:
        """Find the choices of the demand points.

        Parameters
        ----------
        walks
            Walks within the limit under each state of the gates, shape (s, k) each; what is stored counts, a walk of 0
            included.
        of_station
            Row of the states' weeks that each station keeps, shape (s,); below 0 for those that do not count.
        states
            When these weeks and which gates are open.
        """
        weeks, size = len(states.open), walks[0].shape[1]
        width = (weeks + 7) // 8
        packed = np.zeros((size, len(walks) * width), np.uint8)
        for gates, matrix in enumerate(walks):
            station, point = entries(matrix)
            week = of_station[station]
            counts = week >= 0
            bit = np.uint8(128) >> (week[counts] % 8).astype(np.uint8)
            np.bitwise_or.at(packed, (point[counts], gates * width + week[counts] // 8), bit)
        first, choice = distinct_rows(packed)
        served = np.zeros((len(first), states.open.shape[1]), bool)
        for gates in range(len(walks)):
            then = states.gates == gates
            reach = np.unpackbits(packed[first, gates * width : (gates + 1) * width], axis=1, count=weeks)
            served[:, then] = reach.astype(np.float32) @ states.open[:, then].astype(np.float32) > 0
        return cls(served, choice)

    def residents(self, weight: Floats) -> Floats:
        """Return the residents with an open station within reach in each state, shape (u,)."""
        return np.asarray(self._by_choice(weight) @ self.served, np.float64)

    def minutes(self, lasting: Floats) -> Floats:
        """Return for how many minutes each demand point is served, shape (k,), when states last so long."""
        return np.asarray((self.served @ lasting)[self.of_point], np.float64)

    def _by_choice(self, weight: Floats) -> Floats:
        return np.bincount(self.of_point, weight, minlength=len(self.served)).astype(np.float64)


def entries(walks: csr_array) -> tuple[Ints, Ints]:
    """Return station and demand point of every stored walk, those of 0 m included."""
    station = np.repeat(np.arange(walks.shape[0]), np.diff(walks.indptr))
    return station.astype(np.int64), walks.indices.astype(np.int64)
