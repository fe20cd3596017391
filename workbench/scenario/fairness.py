"""What a scenario says of fairness."""

from __future__ import annotations

from workbench.documents import Frozen
from workbench.scenario.keys import Ratio


class Fairness(Frozen):
    """How unevenness is looked at."""

    worst_share: Ratio = "fairness.worst_share"
    """Share of residents with the longest walks that is looked at by itself."""
