"""How many random instances the tests draw: a third by default, all of them with ``make deep``."""

from __future__ import annotations

import os

DEEP = os.environ.get("WORKBENCH_TESTS") == "deep"


def draws(deep: int) -> int:
    """Draws of a property, or seeds of an oracle: ``deep`` of them, or a third, but at least four."""
    return deep if DEEP else min(deep, max(4, -(-deep // 3)))
