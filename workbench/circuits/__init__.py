"""低频刚需 · 爱心义剪 · 帮办上门 · 法律顾问驻点: on which days who comes to which station, and how long residents wait.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lazy import lazy_names

if TYPE_CHECKING:
    from workbench.circuits.advisers import AdvicePlan, AdviceProblem, advice_problem, assign_advisers
    from workbench.circuits.problem import CircuitsProblem, circuits_problem
    from workbench.circuits.result import CircuitsResult, plan_circuits

__all__ = [
    "AdvicePlan",
    "AdviceProblem",
    "CircuitsProblem",
    "CircuitsResult",
    "advice_problem",
    "assign_advisers",
    "circuits_problem",
    "plan_circuits",
]

__getattr__ = lazy_names(
    __name__,
    {
        "advisers": ("AdvicePlan", "AdviceProblem", "advice_problem", "assign_advisers"),
        "problem": ("CircuitsProblem", "circuits_problem"),
        "result": ("CircuitsResult", "plan_circuits"),
    },
)
