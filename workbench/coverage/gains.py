"""What longer opening hours would add: measured, option by option and station by station."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage.gate_hours import Walker, pairs
from workbench.coverage.longer_hours import LongerHours, widening
from workbench.coverage.presence import Presence
from workbench.coverage.space_time import Keeping, kept_by, with_longer_hours
from workbench.coverage.space_time_result import OVERLAP_TOLERANCE_MIN, SpaceTimeResult
from workbench.coverage.timetable import States
from workbench.hours import DAY_MINUTES
from workbench.terms import Mode

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_MODES = (Mode.COMPLIANCE, Mode.EXPERIENCE)


def longer_hours_gains(
    result: SpaceTimeResult,
    options: Iterable[LongerHours | str] = tuple(LongerHours),
    *,
    group: str | None = None,
    keeping: Keeping | None = None,
) -> pd.DataFrame:
    """Measure the week anew with each option by itself, and take the difference.

    Parameters
    ----------
    result
        The week as it is.
    options
        What is tried; all when not given.
    group
        Residents that are counted; the whole population when not given.
    keeping
        Stations that keep the longer hours; when not given, those of the scenario's ``hours.stations``.

    Returns
    -------
    pandas.DataFrame
        One row an option: ``longer``, ``stations`` whose week it lengthens, ``station_h`` (hours a week added, summed
        over stations), ``person_hours_*`` and residents with access in time (``accessible_*``) gained in each mode,
        and ``per_hour``, person-hours of the compliance mode for one hour added (NaN where none is).
    """
    return pd.DataFrame([_row(result, LongerHours(option), group, keeping) for option in options])


def _row(result: SpaceTimeResult, longer: LongerHours, group: str | None, keeping: Keeping | None) -> dict[str, object]:
    after = with_longer_hours(result, longer, keeping)
    added = np.nan_to_num(after.timetable.open_hours - result.timetable.open_hours)
    total = float(added.sum())
    hours = {mode: after.person_hours(mode, group) - result.person_hours(mode, group) for mode in _MODES}
    access = {mode: after.accessible(mode, group) - result.accessible(mode, group) for mode in _MODES}
    return {
        "longer": str(longer),
        "stations": int(np.count_nonzero(added)),
        "station_h": total,
        **{f"person_hours_{mode}": gained for mode, gained in hours.items()},
        **{f"accessible_{mode}": gained for mode, gained in access.items()},
        "per_hour": hours[Mode.COMPLIANCE] / total if total else np.nan,
    }


def station_gains(
    result: SpaceTimeResult,
    longer: LongerHours | str,
    *,
    group: str | None = None,
    keeping: Keeping | None = None,
) -> pd.DataFrame:
    """Rank stations by what each would add if it alone kept longer hours.

    Equal, station by station, to measuring the week anew with ``keeping=[station]``; all stations at once, because a
    station adds exactly the minutes in which nothing else within reach of a resident was open.

    Parameters
    ----------
    result
        The week as it is.
    longer
        What is tried.
    group
        Residents that are counted; the whole population when not given.
    keeping
        Stations that are ranked; when not given, those of the scenario's ``hours.stations``.

    Returns
    -------
    pandas.DataFrame
        One row a station whose week gets longer: ``id``, ``name``, ``level``, ``station_h``, and gains as in
        :func:`longer_hours_gains`. Most person-hours of the compliance mode first; ties by ``id``.
    """
    rows = np.flatnonzero(kept_by(result, keeping) & result.timetable.known)
    weeks = result.timetable.weeks
    widen = widening(LongerHours(longer), result.scenario.hours, result.calendar)
    longer_weeks = widen(weeks.reshape(-1, 7, DAY_MINUTES)).reshape(weeks.shape)
    states = States.of(np.concatenate([weeks, longer_weeks]), result.coverage.week.gates.of_minute)
    before, after = np.split(states.open, 2)
    added = (after & ~before)[result.timetable.of_station[rows]]
    trial = _Trial(result, rows, added, replace(states, open=before))
    table = pd.DataFrame(result.coverage.district.stations.iloc[rows][["id", "name", "level"]]).reset_index(drop=True)
    table["station_h"] = added @ states.minutes() / 60
    found = {mode: trial.gains(mode, group) for mode in _MODES}
    for place, what in enumerate(("person_hours", "accessible")):
        for mode in _MODES:
            table[f"{what}_{mode}"] = found[mode][place]
    table["per_hour"] = table["person_hours_compliance"] / table["station_h"].replace(0.0, np.nan)
    order = table[table["station_h"] > 0].sort_values(
        ["person_hours_compliance", "id"], ascending=[False, True], kind="stable"
    )
    return order.reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class _Trial:
    """Some stations, and the states in which each alone would be open besides.

    ``rows`` are theirs in the stations layer, shape (r,); ``added`` has shape (r, u).
    """

    result: SpaceTimeResult
    rows: Ints
    added: Flags
    states: States

    def gains(self, mode: Mode, group: str | None) -> tuple[Floats, Floats]:
        """Return person-hours and residents with access in time that each station adds, both of shape (r,)."""
        result, states = self.result, self.states
        hours, access = np.zeros(len(self.rows)), np.zeros(len(self.rows))
        least = 60 * result.least_overlap_h - OVERLAP_TOLERANCE_MIN
        presence: dict[Walker, Presence] = {}
        for name in result.coverage.populace.whole if group is None else (group,):
            walker: Walker = (mode, name if mode is Mode.EXPERIENCE else None)
            if walker not in presence:
                presence[walker] = Presence.of(result.walks[walker], result.timetable.of_station, states)
            weight = result.coverage.populace.weight[name]
            idle, lasting = ~presence[walker].served, states.minutes(result.free_time(name))
            before = ((~idle) @ lasting)[:, None]
            for here, then in self._residents(walker, presence[walker], weight):
                new = (self.added & then).T
                hours += (here * ((idle * states.minutes()) @ new)).sum(axis=0) / 60
                access += (here * ((before < least) & (before + (idle * lasting) @ new >= least))).sum(axis=0)
        return hours, access

    def _residents(self, walker: Walker, presence: Presence, weight: Floats) -> Iterator[tuple[Floats, Flags]]:
        """Yield the residents of each choice within reach of each station, shape (p, r), and in which states, (u,)."""
        size, number = len(presence.served), len(self.rows)
        place = np.full(len(self.result.timetable.of_station), -1)
        place[self.rows] = np.arange(number)
        station, point, gates = pairs(self.result.walks[walker])
        tried = place[station] >= 0
        station, point, gates = place[station[tried]], point[tried], gates[tried]
        for through in np.unique(gates, axis=0):
            same = (gates == through).all(axis=1)
            cell = presence.of_point[point[same]] * number + station[same]
            counts = np.bincount(cell, weight[point[same]], minlength=size * number)
            yield counts.astype(np.float64).reshape(size, number), through[self.states.gates]
