"""Ledgers in order: signs, law-literate volunteers, tools that are lent, scenes of communities, study bases."""

from workbench.ledgers.result import LedgersResult, audit_ledgers
from workbench.ledgers.scenes import Opening, openings
from workbench.ledgers.signs import FAULTS, sign_faults
from workbench.ledgers.volunteers import Allocation, VolunteerProblem, allocate_volunteers, broken_allocation

__all__ = [
    "FAULTS",
    "Allocation",
    "LedgersResult",
    "Opening",
    "VolunteerProblem",
    "allocate_volunteers",
    "audit_ledgers",
    "broken_allocation",
    "openings",
    "sign_faults",
]
