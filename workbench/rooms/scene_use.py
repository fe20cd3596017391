"""What rooms do for the service scenes: the sessions that are each scene, by function, group and hour."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.rooms.fitness import run
from workbench.rooms.problem import CELL_MIN, Activity, Centre, Timetable
from workbench.scenes.catalogue import Scene
from workbench.scenes.catalogue import catalogue as scenes

if TYPE_CHECKING:
    from workbench.rooms.result import TimetableResult

_COLUMNS = (
    "scene", "functions", "stations_before", "stations_after", "sessions_asked", "sessions_before", "sessions_after",
    "person_hours_before", "person_hours_after",
)  # fmt: skip


def scene_use(result: TimetableResult) -> pd.DataFrame:
    """Return one row a scene, in the order of the catalogue: what is asked for it and held of it, before and after.

    A session is a scene by its function, its group and its hour (:meth:`workbench.scenes.Scene.held_by`); asked are the
    sessions of activities that could be held at such an hour. A scene that needs no room takes place in the hall,
    outdoors or in a post; its numbers are missing, not zero.
    """
    rows = []
    for key, scene in scenes().items():
        row: dict[str, object] = {"scene": key, "functions": ";".join(scene.sessions.functions)}
        if scene.sessions.functions:
            count: Counter[str] = Counter()
            for centre, timetable in result.planned:
                count["sessions_asked"] += sum(a.sessions for a in centre.activities if _could_be(scene, a))
                count.update(_held(scene, *result.today(centre.id), "before"))
                count.update(_held(scene, centre, timetable, "after"))
            row |= {column: float(count[column]) for column in _COLUMNS[2:-2]}
            row |= {f"person_hours_{when}": count[f"person_minutes_{when}"] / 60 for when in ("before", "after")}
        rows.append(row)
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _could_be(scene: Scene, activity: Activity) -> bool:
    """Tell whether an activity may be held, as far as its windows go, so that it is the scene."""
    starts = CELL_MIN * np.flatnonzero(run(activity.windows, activity.length))
    return bool(scene.held_by(activity.function, activity.group, starts, activity.minutes).any())


def _held(scene: Scene, centre: Centre, timetable: Timetable, when: str) -> dict[str, int]:
    """Return the counts of one centre."""
    asked = (centre.activities[session.activity] for session in timetable.sessions)
    weights = [
        activity.weight
        for session, activity in zip(timetable.sessions, asked, strict=True)
        if scene.held_by(activity.function, activity.group, np.array([CELL_MIN * session.start]), activity.minutes)[0]
    ]
    return {
        f"stations_{when}": int(bool(weights)),
        f"sessions_{when}": len(weights),
        f"person_minutes_{when}": sum(weights),
    }
