"""The one way to run a solver: limits, seed, silence, one thread, status, bound, Ctrl-C.

Two engines stand behind it. HiGHS takes linear and mixed-integer programs, called through ``highspy``
because interior point without crossover, and its row duals, cannot be had through OR-Tools. CP-SAT takes
models of integers; a ``model.py`` builds them, and this package runs them. Every call is deterministic as
long as no time limit strikes: one thread, one seed. What an engine calls proven is true to its tolerances
only; a room that promises more recomputes it.
"""

from workbench.solving.answer import Answer, Limits, News, Status
from workbench.solving.cp_sat import solve_cp
from workbench.solving.highs import LinearProgram, solve_lp, solve_mip
from workbench.solving.integers import IntegerModel, solve_integers
from workbench.solving.interrupt import Interrupt, heeded_interrupt

__all__ = [
    "Answer",
    "IntegerModel",
    "Interrupt",
    "Limits",
    "LinearProgram",
    "News",
    "Status",
    "heeded_interrupt",
    "solve_cp",
    "solve_integers",
    "solve_lp",
    "solve_mip",
]
