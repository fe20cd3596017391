"""The one way to run a solver: limits, seed, silence, one thread, status, bound, Ctrl-C.

Three engines stand behind it. HiGHS takes linear and mixed-integer programs, called through ``highspy`` because
interior point without crossover, and its row duals, cannot be had through OR-Tools. CP-SAT takes models of
integers; a ``model.py`` builds them, and this package runs them. PyVRP routes a day. Every call is deterministic as
long as no time limit strikes: one thread, one seed. What an engine calls proven is true to its tolerances only; a
room that promises more recomputes it. On both stands the search that goes through stages, one before the other.
"""

from workbench.solving.answer import UNLIMITED, Answer, BoundListener, Limits, Status
from workbench.solving.cp_sat import solve_cp
from workbench.solving.highs import solve_lp, solve_mip
from workbench.solving.integers import IntegerModel, solve_integers
from workbench.solving.interrupt import Interrupt, heeded_interrupt, stopped_by
from workbench.solving.programs import (
    LinearProgram,
    Row,
    Rows,
    at_most,
    costs_at_most,
    only_if,
    stacked,
    with_rows,
    without,
)
from workbench.solving.routing import shortest_routes
from workbench.solving.staged import SETTINGS, Stage, StagedSearch, Way, isolating_weights, neighbourhoods

__all__ = [
    "SETTINGS",
    "UNLIMITED",
    "Answer",
    "BoundListener",
    "IntegerModel",
    "Interrupt",
    "Limits",
    "LinearProgram",
    "Row",
    "Rows",
    "Stage",
    "StagedSearch",
    "Status",
    "Way",
    "at_most",
    "costs_at_most",
    "heeded_interrupt",
    "isolating_weights",
    "neighbourhoods",
    "only_if",
    "shortest_routes",
    "solve_cp",
    "solve_integers",
    "solve_lp",
    "solve_mip",
    "stacked",
    "stopped_by",
    "with_rows",
    "without",
]
