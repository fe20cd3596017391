"""小修小补: which station lends which tool, so that each compound has it within five minutes.

A station serves a compound if enough of its residents (the share at which a compound counts as covered) walk there
within the limit. The fewest further lending points are a set cover with today's kept; tools that points have more than
one of go there before any is bought.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from workbench.arrays import Flags, Ints
from workbench.catalogue.terms import Access, Mode
from workbench.coverage.measure import CoverageResult
from workbench.ground.district import District
from workbench.locate import SitingPlan, set_cover

_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Lending:
    """One tool: where it is lent, and where else it should be.

    Attributes
    ----------
    tool
        Its name.
    points
        Rows of the stations layer that lend it today.
    plan
        The fewest points that serve every compound that can be served, today's among them; None where none can be.
    served
        Compounds served today, shape (compounds,).
    stock
        How many there are in all.
    loans
        How often it was lent last year; missing where no row knows.
    """

    tool: str
    points: Ints
    plan: SitingPlan | None
    served: Flags
    stock: int
    loans: float

    @property
    def added(self) -> Ints:
        """Rows of the stations that should lend it and do not."""
        found = self.plan.sites if self.plan and self.plan.plan else self.points
        return np.setdiff1d(found, self.points)

    @property
    def bought(self) -> int:
        """How many must be bought: points to come beyond those that others can spare."""
        return max(len(self.added) - (self.stock - len(self.points)), 0)


def serving(coverage: CoverageResult) -> tuple[tuple[str, ...], sp.csr_array]:
    """Return the compounds with residents, and which station serves which, shape (stations, compounds)."""
    demand, residents = coverage.district.demand, coverage.populace.residents
    inside = demand["compound"].notna().to_numpy() & (residents > 0)
    codes, names = pd.factorize(demand["compound"].where(inside), sort=True)
    at = np.flatnonzero(codes >= 0)
    of_compound = sp.csr_array((residents[at], (at, codes[at])), shape=(len(demand), len(names)))
    walks = coverage.cost_matrix(Mode.EXPERIENCE)
    reached = sp.csr_array((np.ones(walks.nnz), walks.indices, walks.indptr), shape=walks.shape)
    people = (reached @ of_compound).tocoo()
    register, rules = coverage.scenario.register, coverage.scenario.coverage
    least = register[rules.compound_share].used() * np.asarray(of_compound.sum(axis=0)).ravel()
    closed = (coverage.district.stations["access"] == Access.CLOSED).to_numpy()
    kept = (people.data >= least[people.col] * (1 - _ROUNDING)) & (people.data > 0) & ~closed[people.row]
    where = (people.row[kept], people.col[kept])
    return tuple(map(str, names)), sp.csr_array((np.ones(int(kept.sum()), bool), where), shape=people.shape)


def lending(district: District, cover: sp.csr_array, tools: Sequence[str] = ()) -> list[Lending]:
    """Say for each tool where it is lent, whom that serves, and the fewest points that serve every compound.

    Parameters
    ----------
    district
        With the ledger ``tools``.
    cover
        Which station serves which compound, shape (stations, compounds); of :func:`serving`.
    tools
        Those that are asked for; all of the ledger when none is.
    """
    ledger = district.ledger("tools")
    rows = {name: row for row, name in enumerate(district.stations["id"])}
    able = np.flatnonzero(cover.sum(axis=0))
    found = []
    for tool in tools or sorted(set(ledger["tool"])):
        own = ledger[(ledger["tool"] == tool) & (ledger["stock"] > 0)]
        points = np.array(sorted({rows[name] for name in own["station"]}), np.int64)
        plan = set_cover(cover[:, able], required=points) if len(able) else None
        served = np.asarray(cover[points].sum(axis=0)).ravel() > 0
        loans = float(own["loans"].sum(min_count=1)) if len(own) else np.nan
        found.append(Lending(tool, points, plan, served, int(own["stock"].sum()), loans))
    return found
