"""Opening hours in the OSM syntax: judged at the gate, and read one day at a time.

The parser is ``opening-hours-py``. Three things are decided here:

* An opening that starts on a day runs to its end past midnight, whatever rules the next day has. (The parser, as
  the OSM specification, lets any rule for Saturday cut "Fr 18:00-02:00" at midnight; nobody who writes it means that.)
* A day may count as another weekday, and as a public holiday; dates and months in the text stay what they are.
* "unknown" is not open, and hours that are missing are not known: callers decide what that means and say so. A rule
  that has no times and no state but a comment ("by appointment") is unknown, as the OSM specification has it; the
  parser takes it for open all day.

Sunrise and sunset are the parser's 07:00 and 19:00: texts that name them are rare, and no study stands on them.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Final

import numpy as np
import opening_hours
import pandas as pd

from workbench.arrays import Flags
from workbench.errors import Problem

WEEKDAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
"""Days of the week as the OSM syntax names them."""

DAY_MINUTES: Final = 24 * 60
"""Minutes of a day."""


def hhmm(minute: float) -> str:
    """Return a minute of the day as "HH:MM", begun ones dropped; 1440 is 24:00."""
    return f"{int(minute) // 60:02d}:{int(minute) % 60:02d}"


def minute_of(text: str) -> int:
    """Return the minute of the day that "HH:MM" names, 24:00 included; of a text that is known to be one."""
    return 60 * int(text[:2]) + int(text[3:])


EXAMPLE: Final = 'OSM opening_hours, such as "Mo-Fr 08:30-17:30; Sa 09:00-12:00"'
"""What right opening hours look like, for messages."""

MOST_TEXTS_NAMED: Final = 20
"""Rows with hours that do not parse that are listed singly; the rest are counted."""

_QUOTED = re.compile(r'("[^"]*")')
_PARTS = re.compile(r'("[^"]*"|; |, | \|\| )')
_DAYS = re.compile(r"\b(Mo|Tu|We|Th|Fr|Sa|Su|PH)(?:-(Mo|Tu|We|Th|Fr|Sa|Su))?\b")
_RULE = re.compile(r'(?:[^";,|]|"[^"]*"|\|(?!\|))+')
_SAYS_WHEN = re.compile(r"\d:\d|24/7|\b(?:sunrise|sunset|dawn|dusk|open|closed|off|unknown)\b", re.IGNORECASE)
_ANY_MONDAY: Final = dt.date(2001, 1, 1)  # for texts that hold in every week
_SPAN = r"\d\d:\d\d-\d\d:\d\d"
_SPANS = re.compile(rf"{_SPAN}(?:,{_SPAN})*")
_EVERY_WEEK = re.compile(
    r"(?:\b(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|open|off|closed|unknown|sunrise|sunset|dawn|dusk)\b|\b24/7\b|\b\d?\d:\d\d\b|\|\||[\s,;+-])*"
)
_LAST_MINUTE = "23:59-24:00"  # keeps a rule alive in the text that is read for the hours after midnight only


def parses(text: str) -> bool:
    """Tell whether opening hours can be read, on ordinary days and on public holidays."""
    if not text.strip() or not opening_hours.validate(text):  # the parser takes blanks for 24/7
        return False
    return bool(opening_hours.validate(_as_weekday(str(opening_hours.OpeningHours(text)), 3, 6, holiday=True)))


def names_holidays(text: str) -> bool:
    """Tell whether opening hours say what holds on public holidays: they name ``PH``, or are 24/7."""
    plain = "".join(_QUOTED.split(text)[::2])
    return plain.strip() == "24/7" or re.search(r"\bPH\b", plain) is not None


def same_every_week(text: str) -> bool:
    """Tell whether opening hours name nothing but weekdays and hours, so that all weeks without holidays are alike."""
    return _EVERY_WEEK.fullmatch("".join(_QUOTED.split(text)[::2])) is not None


def names_unknown(text: str) -> bool:
    """Tell whether opening hours leave open when they hold: by a rule that is unknown, or nothing but a comment."""
    return re.search(r"\bunknown\b", "".join(_QUOTED.split(_with_unknown(text))[::2])) is not None


def _with_unknown(text: str) -> str:
    """Write ``unknown`` into rules without times and state that have a comment."""

    def rule(match: re.Match[str]) -> str:
        body = match.group()
        said = _SAYS_WHEN.search("".join(_QUOTED.split(body)[::2])) is not None
        return body if said else body.replace('"', 'unknown "', 1)

    if '"' not in text:
        return text
    told = _RULE.sub(rule, text)
    return told if opening_hours.validate(told) else text


def hours_problems(table: str, frame: pd.DataFrame) -> list[Problem]:
    """List the opening hours of a table that do not parse; missing ones are not judged.

    Parameters
    ----------
    table
        Name of the table, for the message.
    frame
        Its rows, with columns ``id`` and ``opening_hours``.
    """
    texts = frame["opening_hours"]
    wrong = {text for text in texts.dropna().unique() if isinstance(text, str) and not parses(text)}
    found = [
        Problem(
            table,
            "the opening hours do not parse",
            str(name),
            "opening_hours",
            EXAMPLE,
            repr(text),
            "Correct them, or leave them empty where they are not known.",
        )
        for name, text in zip(frame["id"], texts, strict=True)
        if isinstance(text, str) and text in wrong
    ]
    if len(found) > MOST_TEXTS_NAMED:
        rest = len(found) - MOST_TEXTS_NAMED
        more = Problem(table, f"and {rest} more rows with the same problem", column="opening_hours")
        return [*found[:MOST_TEXTS_NAMED], more]
    return found


@lru_cache(maxsize=4096)
def day_minutes(text: str, date: dt.date, counts_as: int, *, holiday: bool = False) -> Flags:
    """Return which minutes of a day, and of the night after it, are open by what starts on that day.

    Parameters
    ----------
    text
        Opening hours that :func:`parses` accepts.
    date
        The day; months, weeks and dates in the text are judged by it.
    counts_as
        The weekday it counts as, 0 = Monday.
    holiday
        Whether rules for public holidays (``PH``) hold.

    Returns
    -------
    ndarray of bool, shape (2, 1440)
        Minutes of the day itself, and of the next day into which its openings run on. Not writable.
    """
    plain = str(opening_hours.OpeningHours(_with_unknown(text)))
    if holiday or counts_as != date.weekday():
        plain = _as_weekday(plain, date.weekday(), counts_as, holiday=holiday)
    before, after = _at_midnight(plain)
    minutes = np.zeros((2, DAY_MINUTES), bool)
    minutes[0] = _open_on(before, date)
    if after:
        minutes[1, :-1] = _open_on(after, date)[:-1]
    minutes.setflags(write=False)
    return minutes


@lru_cache(maxsize=4096)
def week_minutes(text: str) -> Flags | None:
    """Return the minutes of an ordinary week that are open.

    Parameters
    ----------
    text
        Opening hours.

    Returns
    -------
    ndarray of bool, shape (7, 1440), or None
        Monday first; what runs past midnight is on the next day, that of Sunday on Monday. None where the text does
        not parse, or weeks differ because it names months, dates, weeks or holidays. Not writable.
    """
    if not parses(text) or not same_every_week(text) or "PH" in text:
        return None
    days = [day_minutes(text, _ANY_MONDAY + dt.timedelta(k), k) for k in range(7)]
    minutes = np.array([day[0] | before[1] for day, before in zip(days, [days[-1], *days[:-1]], strict=True)])
    minutes.setflags(write=False)
    return minutes


def week_text(minutes: Flags) -> str:
    """Write the open minutes of a week, shape (7, 1440), as opening hours."""
    days_of: dict[str, list[str]] = {}
    for weekday, day in zip(WEEKDAYS, minutes, strict=True):
        turns = np.flatnonzero(np.diff(day, prepend=False, append=False)).reshape(-1, 2)
        spans = ",".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in turns)
        days_of.setdefault(spans, []).append(weekday)
    closed = days_of.pop("", [])
    if not closed and list(days_of) == ["00:00-24:00"]:
        return "24/7"
    return "; ".join(f"{','.join(days)} {spans}" for spans, days in days_of.items()) or "off"


def _open_on(text: str, date: dt.date) -> Flags:
    start = dt.datetime.combine(date, dt.time())
    minutes = np.zeros(DAY_MINUTES, bool)
    for begin, end, state, _ in opening_hours.OpeningHours(text).intervals(start, start + dt.timedelta(days=1)):
        if state == opening_hours.State.OPEN:
            minutes[_minute(begin, start) : _minute(end, start)] = True
    return minutes


def _minute(moment: dt.datetime, start: dt.datetime) -> int:
    return int((moment - start).total_seconds() // 60)


def _as_weekday(text: str, actual: int, counts_as: int, *, holiday: bool) -> str:
    """Rewrite the weekdays of a text so that they hold on ``actual`` where they held on ``counts_as``."""
    here, elsewhere = WEEKDAYS[actual], WEEKDAYS[(actual + 1) % 7]

    def holds(match: re.Match[str]) -> bool:
        first, last = match.group(1), match.group(2)
        if first == "PH":
            return holiday
        begin = WEEKDAYS.index(first)
        return (counts_as - begin) % 7 <= (WEEKDAYS.index(last or first) - begin) % 7

    parts = _QUOTED.split(text)
    parts[::2] = [_DAYS.sub(lambda m: here if holds(m) else elsewhere, part) for part in parts[::2]]
    return "".join(parts)


def _at_midnight(text: str) -> tuple[str, str]:
    """Cut openings at midnight: the text for the day, and the text for what runs on into the next.

    The second is empty when nothing runs on; its last minute of the day means nothing.
    """
    before, after, runs_on = [], [], False
    for part in _PARTS.split(text):
        today, tomorrow = [], []
        spans = _SPANS.search(part) if not part.startswith('"') else None
        for span in spans.group().split(",") if spans else []:
            begin, end = span.split("-")
            late = end <= begin or end > "24:00"
            today.append(f"{begin}-24:00" if late else span)
            if late:
                rest = int(end[:2]) - (24 if end > "24:00" else 0)
                tomorrow += [f"00:00-{rest:02d}{end[2:]}"] if (rest, end[3:]) != (0, "00") else []
        runs_on = runs_on or bool(tomorrow)
        if spans:
            head, tail = part[: spans.start()], part[spans.end() :]
            before.append(head + ",".join(today) + tail)
            after.append(head + ",".join(tomorrow or [_LAST_MINUTE]) + tail)
        else:
            before.append(part)
            after.append(_ends_at_midnight(part))
    return "".join(before), "".join(after) if runs_on else ""


def _ends_at_midnight(part: str) -> str:
    """Return a rule without times, which holds all day, as one that leaves nothing for the next."""
    if not part.strip(" ,;|") or part.startswith('"') or re.search(r"(closed|off|unknown)\s*$", part):
        return part
    return _LAST_MINUTE if part.strip() == "24/7" else f"{part.rstrip()} {_LAST_MINUTE}" + " " * part.endswith(" ")
