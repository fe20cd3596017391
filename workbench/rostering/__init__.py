"""Duties of the people of one centre on requirements alone: planned stage by stage, checked, explained; no district.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lazy import lazy_names

if TYPE_CHECKING:
    from workbench.rostering.problem import Duty, Hall, Need, Person, RosterRule, Shift, Terms
    from workbench.rostering.solve import HallPlan, plan_hall
    from workbench.rostering.standins import StandIns

__all__ = ["Duty", "Hall", "HallPlan", "Need", "Person", "RosterRule", "Shift", "StandIns", "Terms", "plan_hall"]

__getattr__ = lazy_names(
    __name__,
    {
        "problem": ("Duty", "Hall", "Need", "Person", "RosterRule", "Shift", "Terms"),
        "solve": ("HallPlan", "plan_hall"),
        "standins": ("StandIns",),
    },
)
