"""What a scenario says of fairness."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from workbench.documents import Frozen

StandardKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")]


class Fairness(Frozen):
    """How unevenness is looked at."""

    worst_share: StandardKey = "fairness.worst_share"
    """Share of residents with the longest walks that is looked at by itself."""
