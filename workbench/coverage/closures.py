"""What happens if one station alone is shut: who loses coverage, and how much farther everybody walks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage.choice import Choice, residents_lost
from workbench.coverage.quantities import share, within
from workbench.coverage.result import CoverageResult
from workbench.coverage.walkers import MODES
from workbench.coverage.whatif import WhatIf
from workbench.terms import Mode, ServiceLevel

Floats = npt.NDArray[np.float64]

_ANY = ServiceLevel.ANY
_EXTRAS = ("lost", "kept", "all")


def by_closure(coverage: CoverageResult, found: Mapping[Mode, Sequence[Choice]], critical: float) -> pd.DataFrame:
    """Shut every open station by itself, both modes.

    Who loses coverage has this one station within the limit and no other. How much farther those walk for whom it
    is the nearest is measured by shutting it (:class:`workbench.coverage.whatif.WhatIf`).

    Parameters
    ----------
    coverage
        The five-minute circle.
    found
        What residents can choose from, by mode.
    critical
        Share of all residents who lose coverage from which on a station is critical.

    Returns
    -------
    pandas.DataFrame
        One row a station and mode, the gravest first in each mode: ``rank``, ``id``, ``name``, ``kind``,
        ``community``, ``mode``; ``nearest``, residents for whom it is the nearest, ``lost``, those who lose coverage,
        ``lost_share`` of all residents in percent, ``kept``, those within the limit of it who stay covered;
        ``extra_lost``, ``extra_kept`` and ``extra_all``, mean metres or minutes farther to the next station, NaN
        where nobody has one; ``cut_off``, residents who then reach none at all, and are in no mean; ``critical``.
    """
    stations = coverage.district.stations
    total = float(coverage.populace.residents.sum())
    what = WhatIf(coverage)
    lost = {mode: residents_lost(found[mode], len(stations)) for mode in MODES}
    rows = []
    for row in coverage.station_rows:
        place = stations.iloc[int(row)]
        what.close_station(str(place["id"]))
        for mode in MODES:
            gone = float(lost[mode][row])
            rows.append(
                {
                    **{name: place[name] for name in ("id", "name", "kind", "community")},
                    "mode": str(mode),
                    **_without(coverage, what, mode, int(row)),
                    "lost": gone,
                    "lost_share": share(gone, total),
                    "critical": total > 0 and gone >= critical * total,
                }
            )
        what.undo()
    return _ranked(pd.DataFrame(rows, columns=COLUMNS[1:]))


COLUMNS = [
    "rank", "id", "name", "kind", "community", "mode", "nearest", "lost", "lost_share", "kept", "extra_lost",
    "extra_kept", "extra_all", "cut_off", "critical",
]  # fmt: skip


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    numbers = dict.fromkeys(
        ("nearest", "lost", "lost_share", "kept", "extra_lost", "extra_kept", "extra_all", "cut_off"), "float64"
    )
    table = table.astype({**numbers, "critical": "bool"})
    table = table.sort_values(["mode", "lost", "id"], ascending=[True, False, True], kind="stable", ignore_index=True)
    table["rank"] = table.groupby("mode").cumcount() + 1
    return table[COLUMNS]


def _without(coverage: CoverageResult, what: WhatIf, mode: Mode, row: int) -> dict[str, float]:
    """Sum up the walks of those who are nearest to a station that is shut now."""
    populace, limit = coverage.populace, coverage.limit(mode)
    sums = dict.fromkeys(("nearest", "kept", "cut_off"), 0.0)
    people, walked = dict.fromkeys(_EXTRAS, 0.0), dict.fromkeys(_EXTRAS, 0.0)
    for name in populace.whole if mode is Mode.EXPERIENCE else (None,):
        reach = coverage.minutes[name][_ANY] if name else coverage.distance[_ANY]
        weight = populace.weight[name] if name else populace.residents
        mine = np.flatnonzero((reach.station == row) & (weight > 0))
        before, after, who = reach.walk[mine], what.walks(mode, name)[mine], weight[mine]
        inside, still = within(before, limit), within(after, limit)
        sums["nearest"] += float(who.sum())
        sums["kept"] += float(who[still].sum())
        sums["cut_off"] += float(who[~np.isfinite(after)].sum())
        there = np.isfinite(after)
        for part, mask in (("lost", inside & ~still & there), ("kept", still), ("all", there)):
            people[part] += float(who[mask].sum())
            walked[part] += float(who[mask] @ (after - before)[mask])
    extras = {f"extra_{part}": walked[part] / people[part] if people[part] else np.nan for part in _EXTRAS}
    return {**sums, **extras}
