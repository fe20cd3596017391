"""What a scenario says of counted visits."""

from __future__ import annotations

from workbench.documents import Frozen
from workbench.scenario.roster import DateText, Days


class Visits(Frozen):
    """How counted visits are read; only sums leave the study."""

    since: DateText | None = None
    """The day on which counting began: an earlier visit is refused; not asked when not given."""
    horizon: Days = "visits.return_horizon"
    """Days after the first visit within which a second one counts as a return."""
