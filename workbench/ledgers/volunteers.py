"""法律明白人: how many for 1,000 residents, and who helps out, or is trained, so that no community is below the floor.

Each volunteer that a community lacks either comes from a neighbour that has more than the floor asks of it, or is
trained. Fewest trainings first, then the shortest ways.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import scipy.sparse as sp
import shapely

from workbench.arrays import Flags, Floats, Ints
from workbench.ground.district import District
from workbench.solving import LinearProgram, solve_integers

THOUSAND: Final = 1000.0
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, eq=False)
class VolunteerProblem:
    """Communities with their volunteers.

    Attributes
    ----------
    communities
        Identifiers, c of them.
    residents, volunteers
        Shape (c,).
    grids
        Shape (c,); missing where not known.
    floor
        Least volunteers for 1,000 residents.
    metres
        Between the middles of communities, in a straight line, shape (c, c).
    reach
        Farthest that a volunteer helps out, metres.
    """

    communities: tuple[str, ...]
    residents: Floats
    volunteers: Ints
    grids: Floats
    floor: float
    metres: Floats
    reach: float

    @property
    def needed(self) -> Ints:
        """Volunteers that the floor asks of each community, shape (c,)."""
        return np.asarray(np.ceil(self.floor * self.residents / THOUSAND - _ROUNDING), np.int64)

    def per_thousand(self, volunteers: Ints) -> Floats:
        """Return volunteers for 1,000 residents; missing where nobody lives."""
        people = np.where(self.residents > 0, self.residents, np.nan)
        return np.asarray(THOUSAND * volunteers / people, np.float64)


@dataclass(frozen=True, eq=False)
class Allocation:
    """Who helps out where, and how many are trained.

    Attributes
    ----------
    moved
        Volunteers that go from one community (row) to another (column), shape (c, c).
    trained
        Volunteers that are trained in each community, shape (c,).
    """

    moved: Ints
    trained: Ints

    def after(self, problem: VolunteerProblem) -> Ints:
        """Return how many volunteers each community has then, shape (c,)."""
        sent, came = (self.moved.sum(axis=side) for side in (1, 0))
        return np.asarray(problem.volunteers - sent + came + self.trained, np.int64)


def volunteer_problem(district: District, floor: float, reach: float) -> VolunteerProblem:
    """Read the communities of the ledger ``volunteers``; those that it does not name are left out."""
    ledger = district.ledger("volunteers").sort_values("community", ignore_index=True)
    places = district.layer("communities").set_index("id").loc[ledger["community"]]
    people = district.demand.groupby("community")["residents"].sum().reindex(ledger["community"]).fillna(0.0)
    middle = shapely.get_coordinates(shapely.point_on_surface(places.geometry.to_numpy()))
    return VolunteerProblem(
        communities=tuple(ledger["community"]),
        residents=people.to_numpy(np.float64),
        volunteers=ledger["volunteers"].to_numpy(np.int64),
        grids=ledger["grids"].to_numpy(np.float64, na_value=np.nan),
        floor=floor,
        metres=np.hypot(*(middle[:, None, :] - middle[None, :, :]).transpose(2, 0, 1)),
        reach=reach,
    )


def allocate_volunteers(problem: VolunteerProblem) -> Allocation:
    """Bring every community to the floor: fewest changes, of these the fewest trainings, then the shortest ways.

    The number of changes is what communities lack, whatever is done; whom to move is a transport problem, solved
    exactly.

    Returns
    -------
    Allocation
        Nobody is moved from a community below the floor, or farther than ``reach``.
    """
    spare, lack = problem.volunteers - problem.needed, problem.needed - problem.volunteers
    count = len(problem.communities)
    moved, near = np.zeros((count, count), np.int64), _near(problem)
    pairs = np.argwhere(near & (spare > 0)[:, None] & (lack > 0)[None, :])
    if len(pairs):
        metres = np.rint(problem.metres[tuple(pairs.T)])
        most = np.minimum(spare[pairs[:, 0]], lack[pairs[:, 1]]).astype(np.float64)
        a_training = 1.0 + math.fsum(metres * most)
        places = np.arange(len(pairs))
        ones = np.ones(len(pairs))
        rows = sp.vstack([sp.csr_array((ones, (pairs[:, side], places)), (count, len(pairs))) for side in (0, 1)])
        limit = np.concatenate([spare.clip(min=0), lack.clip(min=0)]).astype(np.float64)
        program = LinearProgram(
            cost=metres - a_training,
            rows=sp.csr_array(rows),
            row_lower=np.full(2 * count, -np.inf),
            row_upper=limit,
            lower=np.zeros(len(pairs)),
            upper=most,
        )
        answer = solve_integers(program)
        if answer.values is not None:  # none where it was stopped: then everybody is trained
            moved[tuple(pairs.T)] = np.rint(answer.values).astype(np.int64)
    return Allocation(moved, (lack.clip(min=0) - moved.sum(axis=0)).astype(np.int64))


def _near(problem: VolunteerProblem) -> Flags:
    return np.asarray((problem.metres <= problem.reach + _ROUNDING) & ~np.eye(len(problem.metres), dtype=bool))


def broken_allocation(problem: VolunteerProblem, plan: Allocation) -> list[str]:
    """Name what an allocation breaks, ``negative``, ``floor``, ``taken`` below the floor, ``far``: nothing if sound."""
    sent = plan.moved.sum(axis=1)
    broken = {
        "negative": (plan.moved < 0).any() or (plan.trained < 0).any(),
        "floor": (plan.after(problem) < problem.needed).any(),
        "taken": (sent > (problem.volunteers - problem.needed).clip(min=0)).any(),
        "far": ((plan.moved > 0) & ~_near(problem)).any(),
    }
    return [name for name, found in broken.items() if found]


def moves_table(problem: VolunteerProblem, plan: Allocation) -> pd.DataFrame:
    """Return one row a move: ``source``, ``community``, ``count``, ``metres``."""
    rows = [
        (problem.communities[i], problem.communities[j], int(plan.moved[i, j]), float(problem.metres[i, j]))
        for i, j in np.argwhere(plan.moved > 0).tolist()
    ]
    return pd.DataFrame(rows, columns=["source", "community", "count", "metres"])
