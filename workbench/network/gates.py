"""Which gates are open, to whom, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.calendars import Moment
from workbench.errors import GeodataError
from workbench.hours import hours_problems
from workbench.terms import Access

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class GateRule:
    """Which gates count as open.

    Parameters
    ----------
    policy
        ``as_is``: as the ledger has them; ``all_open``: every gate open to residents and visitors.
    moment
        Minute of the week at which opening hours are read; None = all hours hold.
    """

    policy: Literal["as_is", "all_open"] = "as_is"
    moment: Moment | None = None


def _is_open(text: object, moment: Moment | None) -> bool:
    """Tell whether a gate is open; one without hours always is."""
    return moment is None or not isinstance(text, str) or moment.holds(text)


@dataclass(frozen=True, eq=False)
class OpenGates:
    """The gates as one rule sees them.

    Attributes
    ----------
    in_walls
        Gates of compounds: columns ``compound``, ``node``, ``public`` (visitors may enter), ``open``
        (residents may pass) and ``gate`` (row of the layer).
    member_barriers, closed_barriers
        Nodes of barriers across ways that only members, or nobody, may pass.
    """

    in_walls: pd.DataFrame
    member_barriers: Ints
    closed_barriers: Ints

    @classmethod
    def of(cls, gates: pd.DataFrame, rule: GateRule) -> OpenGates:
        """Judge every gate of the ledger by the rule.

        Raises
        ------
        GeodataError
            If opening hours do not parse.
        """
        problems = hours_problems("gates", gates)
        if problems:
            raise GeodataError(problems)
        judged = [
            access_under(rule, a, hours) for a, hours in zip(gates["access"], gates["opening_hours"], strict=True)
        ]
        access = np.array(judged, object)
        walls = gates["compound"].notna().to_numpy()
        node = gates["node"].to_numpy(np.int64)
        in_walls = pd.DataFrame(
            {
                "compound": gates["compound"].to_numpy(object)[walls],
                "node": node[walls],
                "public": access[walls] == Access.PUBLIC,
                "open": access[walls] != Access.CLOSED,
                "gate": np.flatnonzero(walls),
            }
        )
        members = node[~walls & (access == Access.MEMBERS)]
        return cls(in_walls, members, node[~walls & (access == Access.CLOSED)])


def access_under(rule: GateRule, access: str, hours: object) -> str:
    """Return who may pass one gate under a rule: its access in the ledger, unless its hours or the rule say otherwise.

    Parameters
    ----------
    rule
        The rule.
    access
        ``public``, ``members`` or ``closed``, as in the ledger.
    hours
        Its opening hours; missing where it has none.
    """
    if rule.policy == "all_open":
        return str(Access.PUBLIC)
    return str(access) if _is_open(hours, rule.moment) else str(Access.CLOSED)
