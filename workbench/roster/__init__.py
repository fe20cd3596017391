"""Who is on duty when: AB岗, 替换芯, 六日不打烊, 班时在岗、班后在线.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lazy import lazy_names

if TYPE_CHECKING:
    from workbench.roster.problem import Hall, RosterError, RosterRule
    from workbench.roster.result import RosterResult, roster_staff
    from workbench.roster.solve import HallPlan, plan_hall
    from workbench.roster.standins import StandIns

__all__ = ["Hall", "HallPlan", "RosterError", "RosterResult", "RosterRule", "StandIns", "plan_hall", "roster_staff"]

__getattr__ = lazy_names(
    __name__,
    {
        "problem": ("Hall", "RosterError", "RosterRule"),
        "result": ("RosterResult", "roster_staff"),
        "solve": ("HallPlan", "plan_hall"),
        "standins": ("StandIns",),
    },
)
