"""Every walk from a demand point to a station, as a cost matrix."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from workbench.coverage.doors import Doors
from workbench.coverage.quantities import LIMIT_TOLERANCE
from workbench.network.walking import Manner

SECONDS_A_MINUTE = 60.0


def walks_within(ground: Doors, manner: Manner, limit: float, stations: int, unit: float = 1.0) -> csr_array:
    """Return every walk from a demand point to a station that serves it.

    Parameters
    ----------
    ground
        Where demand points and open stations stand.
    manner
        How people walk.
    limit
        Longest walk kept, included up to rounding.
    stations
        Rows of the stations layer.
    unit
        What limit and walks are counted in: 1 metre, or :data:`SECONDS_A_MINUTE`.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (stations, k): a row is empty where the station is closed or off the network.
    """
    longest = limit + LIMIT_TOLERANCE
    bound = np.nextafter(longest * unit, np.inf)  # the product may be rounded down
    found = ground.walks(manner).costs(ground.demand, ground.stations, ground.audience, bound)
    row = np.repeat(ground.station_rows, np.diff(found.indptr))
    cost = found.data / unit
    kept = cost <= longest
    ptr = np.concatenate([[0], np.cumsum(np.bincount(row[kept], minlength=stations))])
    return csr_array((cost[kept], found.indices[kept], ptr), shape=(stations, found.shape[1]))
