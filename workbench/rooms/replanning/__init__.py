"""A published timetable mended when something has come up, with the fewest changes."""

from workbench.rooms.replanning.result import ReplanResult, replan

__all__ = ["ReplanResult", "replan"]
