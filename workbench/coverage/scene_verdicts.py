"""What a scene can be to a resident."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

WHOLE = "whole"
"""Name of the row of all residents, each at the pace of the group it belongs to."""


class Verdict(IntEnum):
    """What a scene is to a resident; exactly one holds."""

    TIMELY = 0
    """A station within reach offers it at hours at which the group is free."""
    UNTIMED = 1
    """A station within reach offers it, but whether at the right hours is not known."""
    WRONG_HOURS = 2
    """Every station within reach that offers it is shut when the group is free and the scene is on."""
    UNSURE = 3
    """No station within reach is known to offer it, but the services of some are not known."""
    BEYOND = 4
    """No station within reach offers it."""


REACHED: Final = slice(Verdict.TIMELY, Verdict.UNSURE)
"""The verdicts of those who reach a station that offers the scene."""
