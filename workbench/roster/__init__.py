"""Who is on duty when: AB岗, 替换芯, 六日不打烊, 班时在岗、班后在线.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lazy import lazy_names

if TYPE_CHECKING:
    from workbench.roster.problem import RosterError
    from workbench.roster.result import RosterResult, roster_staff

__all__ = ["RosterError", "RosterResult", "roster_staff"]

__getattr__ = lazy_names(__name__, {"problem": ("RosterError",), "result": ("RosterResult", "roster_staff")})
