"""The dates of a timetable: the weeks it runs through, and the days on which a session does not take place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.calendars import ORDINARY_MONDAY, Day, Weeks, known_years, refuse_unknown_years
from workbench.ground.district import District
from workbench.ground.manifest import CHINA_ZONE
from workbench.hours import WEEKDAYS
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, Centre, Session
from workbench.scenario import Scenario

_FIRST_WEEK = "rooms.first_week"


def weeks_of(district: District, scenario: Scenario) -> Weeks:
    """Return the weeks for which a timetable holds: from ``rooms.first_week`` on, ``rooms.weeks`` of them.

    In China they end with the last year whose public holidays are announced. Elsewhere none are known, and all days are
    ordinary.
    """
    hours, count = scenario.hours, scenario.rooms.weeks
    first = _first_monday(district, scenario)
    if district.manifest.zone != CHINA_ZONE:
        return Weeks(first, count, dated=False)
    week = [first + dt.timedelta(days=day) for day in range(len(WEEKDAYS))]
    refuse_unknown_years(week, first, _FIRST_WEEK, "Or set another first week.")
    known = (dt.date(known_years()[-1] + 1, 1, 1) - first).days // len(WEEKDAYS)
    return Weeks(first, min(count, known), True, hours.make_up_days, hours.holidays)


def _first_monday(district: District, scenario: Scenario) -> dt.date:
    """Return the Monday of the first week: the scenario's, or the first one after the date of the ground."""
    first = scenario.rooms.first_week
    if first is not None:
        return dt.date.fromisoformat(first)
    date = district.manifest.day
    return ORDINARY_MONDAY if date is None else date + dt.timedelta(len(WEEKDAYS) - date.weekday())


@dataclass(frozen=True, eq=False)
class Dates:
    """The dates of a timetable.

    Parameters
    ----------
    weeks
        The weeks it runs through.
    rooms
        Opening hours by room.
    windows
        When an activity may take place, by activity; those that are not named, whenever rooms are open.
    """

    weeks: Weeks
    rooms: Mapping[str, str]
    windows: Mapping[str, str]

    @classmethod
    def of(cls, district: District, scenario: Scenario) -> Dates:
        """Return the dates of a district as the scenario has it."""
        rooms, stations, asked = district.ledger("rooms"), district.stations, district.ledger("activities")
        hours = dict(zip(stations["id"], stations["opening_hours"], strict=True))
        own = zip(rooms["id"], rooms["station"], rooms["opening_hours"], strict=True)
        texts = {room: text if isinstance(text, str) else hours.get(station) for room, station, text in own}
        windows = zip(asked["id"], asked["windows"], strict=True)
        return cls(
            weeks_of(district, scenario),
            {room: text for room, text in texts.items() if isinstance(text, str)},
            {activity: text for activity, text in windows if isinstance(text, str)},
        )

    def out(self, centre: Centre, session: Session) -> tuple[Day, ...]:
        """Return the public holidays and make-up days on which a session does not take place.

        On them its room is closed for a part of it (setting up and clearing away among it where that has to lie inside
        the opening hours), or its activity may not take place.
        """
        asked, day = centre.activities[session.activity], session.start // DAY_CELLS
        begin = CELL_MIN * (session.start % DAY_CELLS)
        itself = slice(begin, begin + asked.minutes)
        before, after = asked.around if centre.rules.turnover == "inside" else (0, 0)
        held = slice(itself.start - before, itself.stop + after)
        names = [centre.rooms[r].id for r in centre.places[session.place]]
        texts = [(self.rooms[name], held) for name in names if name in self.rooms]
        texts += [(self.windows[asked.id], itself)] if asked.id in self.windows else []
        special = [each for each in self.weeks.special_days if each.date.weekday() == day]
        return tuple(
            each for each in special if not all(self.weeks.open_on(text, each.date)[span].all() for text, span in texts)
        )
