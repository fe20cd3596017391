"""When scenes take place and groups are free: opening hours that have to say something."""

from __future__ import annotations

from workbench.calendars import Calendar
from workbench.hours import parses


def hours_fault(text: str) -> str:
    """Say what is wrong with opening hours: they do not parse, or are never open in an ordinary week; else nothing."""
    if not parses(text):
        return "does not parse"
    return "" if Calendar.ordinary().open_minutes(text).any() else "is never open"
