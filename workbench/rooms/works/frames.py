"""Works as exact tables: one row a work that is done, a work that is not, a centre, an amount of money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench.rooms.check import unserved
from workbench.rooms.problem import PRIORITIES, Centre
from workbench.rooms.works.budget import best_within
from workbench.rooms.works.choices import worked_choices
from workbench.rooms.works.problem import Work, serves, still_lacking

if TYPE_CHECKING:
    from workbench.rooms.works.result import CentreWorks, WorksResult

HOUR_MINUTES = 60


def works(result: WorksResult) -> pd.DataFrame:
    """Return one row a work that is done: where, what, cost, days, and the sessions that would not fit without it.

    A session that takes two works stands with both, so that rows are not to be added up.
    """
    rows = []
    for own in result.centres:
        centre, plan = own.after.centre, own.after.timetable
        if plan is None:
            continue
        for work, sessions in zip(own.works, serves(own.before.centre, own.works, plan), strict=True):
            activities = sorted({s.activity for s in sessions})
            rows.append(
                {
                    **_of(own.before.centre, work),
                    "activities": ";".join(centre.activities[a].id for a in activities),
                    "sessions": len(sessions),
                    "person_hours": sum(centre.activities[s.activity].weight for s in sessions) / HOUR_MINUTES,
                }
            )
    return pd.DataFrame(rows, columns=[*_WORK_COLUMNS, "activities", "sessions", "person_hours"])


_WORK_COLUMNS = ("station", "room", "work", "gives", "item", "cost", "days")


def _of(centre: Centre, work: Work) -> dict[str, object]:
    room = "+".join(centre.rooms[r].id for r in work.rooms)
    values = (centre.id, room, work.key, work.gives, work.item, work.cost, work.days)
    return dict(zip(_WORK_COLUMNS, values, strict=True))


def unused(result: WorksResult) -> pd.DataFrame:
    """Return one row a work that some activity could take, whatever it costs, and that is not done.

    ``activities`` are those of them that are not served in full, unless what is done gives the room as much;
    ``standing`` is ``outbid`` where there are any, though the work need not be enough for them by itself, else
    ``needless``.
    """
    rows = []
    for own in result.centres:
        could = worked_choices(own.before.centre, own.frontier.works)
        missing = _missing(own)
        for work, takers in zip(could.works, could.takers, strict=True):
            if work in own.works:
                continue
            after = own.after.centre
            lacking = [after.activities[a].id for a in sorted(takers) if missing[a] and still_lacking(after, work)]
            standing = "outbid" if lacking else "needless"
            rows.append({**_of(own.before.centre, work), "activities": ";".join(lacking), "standing": standing})
    return pd.DataFrame(rows, columns=[*_WORK_COLUMNS, "activities", "standing"])


def _missing(own: CentreWorks) -> list[int]:
    centre, plan = own.after.centre, own.after.timetable
    return [a.sessions for a in centre.activities] if plan is None else unserved(centre, plan)


def centres(result: WorksResult) -> pd.DataFrame:
    """Return one row a centre: works, cost, days, sessions and person-hours that are not served before and after."""
    rows = []
    for own in result.centres:
        held = {
            when: None if plan.timetable is None else float(len(plan.timetable.sessions))
            for when, plan in (("before", own.before), ("after", own.after))
        }
        rows.append(
            {
                "station": own.before.centre.id,
                "possible": len(own.frontier.works),
                "works": len(own.works),
                "cost": own.cost,
                "days": own.days,
                "sessions": sum(a.sessions for a in own.before.centre.activities),
                "sessions_before": held["before"],
                "sessions_after": held["after"],
                "unserved_before": sum(own.frontier.points[0].worth[1:]) / HOUR_MINUTES,
                "unserved_after": sum(own.worth[1:]) / HOUR_MINUTES,
                "points": len(own.frontier.points),
                "proven": own.frontier.proven,
            }
        )
    return pd.DataFrame(rows)


def frontier(result: WorksResult) -> pd.DataFrame:
    """Return one row an amount of money that does more than any smaller one, district-wide.

    Person-hours served, and those that are not, by priority; the chosen amount is marked. More money serves more of the
    first priority that it changes, so that the sum over priorities may fall.
    """
    asked = sum(a.weight * a.sessions for own in result.centres for a in own.before.centre.activities)
    chosen = best_within(result.chain, result.limits.budget)
    first = result.chain[0]
    rows = [
        {
            "cost": step.cost,
            "served": (asked - sum(step.worth[1:])) / HOUR_MINUTES,
            "gained": (sum(first.worth[1:]) - sum(step.worth[1:])) / HOUR_MINUTES,
            **{f"need_{p}": step.worth[p] / HOUR_MINUTES for p in PRIORITIES},
            "chosen": step is chosen,
        }
        for step in result.chain
    ]
    return pd.DataFrame(rows)
