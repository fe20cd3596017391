"""一窗受理: whether the windows of the service halls are enough, and when which of them has to be open.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lazy import lazy_names

if TYPE_CHECKING:
    from workbench.counters.problem import CountersProblem, counters_problem
    from workbench.counters.result import CountersResult, size_windows

__all__ = ["CountersProblem", "CountersResult", "counters_problem", "size_windows"]

__getattr__ = lazy_names(
    __name__, {"problem": ("CountersProblem", "counters_problem"), "result": ("CountersResult", "size_windows")}
)
