"""What rooms do for the service scenes: sessions and hours of the functions that serve each scene."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from workbench.rooms.check import unserved
from workbench.rooms.problem import Centre, Timetable
from workbench.scenes.catalogue import catalogue as scenes

if TYPE_CHECKING:
    from workbench.rooms.result import TimetableResult

_COLUMNS = (
    "scene", "functions", "stations_before", "stations_after", "sessions_asked", "sessions_before", "sessions_after",
    "person_hours_before", "person_hours_after",
)  # fmt: skip


def scene_use(result: TimetableResult) -> pd.DataFrame:
    """Return one row a scene, in the order of the catalogue: what its functions ask and get, before and after.

    A function that serves two scenes counts for both. A scene whose functions are none takes place in the hall,
    outdoors or in a post, not in a room; its numbers are missing, not zero.
    """
    counts: dict[str, Counter[str]] = {key: Counter() for key in scenes()}
    for centre, timetable in result.planned:
        for when, (there, held) in (("before", result.today(centre.id)), ("after", (centre, timetable))):
            for scene, count in _of_centre(result, there, held, when).items():
                counts[scene].update(count)
    rows = []
    for key in scenes():
        serving = [name for name, function in result.functions.items() if key in function.scenes]
        row: dict[str, object] = {"scene": key, "functions": ";".join(serving)}
        if serving:
            row |= {column: float(counts[key][column]) for column in _COLUMNS[2:-2]}
            row |= {f"person_hours_{when}": counts[key][f"person_minutes_{when}"] / 60 for when in ("before", "after")}
        rows.append(row)
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _of_centre(result: TimetableResult, centre: Centre, held: Timetable, when: str) -> dict[str, Counter[str]]:
    """Return the counts of one centre by scene."""
    found: dict[str, Counter[str]] = {}
    for activity, absent in zip(centre.activities, unserved(centre, held), strict=True):
        for scene in result.functions[activity.function].scenes:
            count = found.setdefault(scene, Counter())
            sessions = activity.sessions - absent
            count[f"sessions_{when}"] += sessions
            count[f"person_minutes_{when}"] += sessions * activity.weight
            if when == "after":
                count["sessions_asked"] += activity.sessions
            if sessions:
                count[f"stations_{when}"] = 1
    return found
