"""What the tests run through of the package, line by line and branch by branch, where ``WORKBENCH_COVERAGE`` is set.

SlipCover is asked, which puts its marks into a module as it is loaded: it makes tests a few percent dearer. So this is
imported before the package. Each worker hands over what it met; together they have to reach ``LEAST``.
"""

from __future__ import annotations

import json
import os
from io import StringIO
from typing import Any

import pytest
import slipcover

LEAST = 0.92
"""Share of all branches that tests run through at least; of lines it is more."""
_KERNELS = (  # compiled by Numba, which knows no marks: compared with oracles
    "workbench/locate/engine/branch_kernel.py",
    "workbench/locate/engine/median_kernel.py",
    "workbench/network/kernel.py",
    "workbench/queueing/kernel.py",
    "workbench/routing/kernel.py",
)
_NEVER = -1
"""Marks that are met stay where they are: to look through all of the package for them takes longer than to pass them."""
_PASSED_OVER = ("@overload", "raise NotImplementedError", r"\.\.\.$")


class Counting:
    """Counts from the moment it is made; a plugin of pytest."""

    def __init__(self) -> None:
        whole = {"source": ["workbench"], "omit": list(_KERNELS)}
        self._here = slipcover.Slipcover(branch=True, d_miss_threshold=_NEVER, exclude_also=list(_PASSED_OVER), **whole)
        slipcover.ImportManager(
            self._here, slipcover.FileMatcher(sources=whole["source"], omit=whole["omit"])
        ).__enter__()
        self._of_workers: list[dict[str, Any]] = []
        self._met: dict[str, Any] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take in what a worker met; one that broke down hands nothing over."""
        said = getattr(node, "workeroutput", {})
        if "coverage" in said:
            self._of_workers.append(json.loads(said["coverage"]))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand over what was met, or add it up and see that it is enough."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["coverage"] = json.dumps(self._here.get_coverage())
            return
        met, *others = self._of_workers or [self._here.get_coverage()]
        for other in others:
            slipcover.merge_coverage(met, other)
        self._met = met
        if session.exitstatus == pytest.ExitCode.OK and self._share("branches") < LEAST:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the lines and branches that no test runs through."""
        if not self._met:
            return  # nothing was run
        page = StringIO()
        slipcover.print_coverage(self._met, outfile=page, skip_covered=True)
        lines, branches = self._share("lines"), self._share("branches")
        terminalreporter.write_line(
            f"{page.getvalue()}of lines {lines:.1%}, of branches {branches:.1%}; at least {LEAST:.0%} of branches are wanted"
        )

    def _share(self, what: str) -> float:
        met, missed = (self._met["summary"][f"{state}_{what}"] for state in ("covered", "missing"))
        return float(met / (met + missed))


counting = Counting() if os.environ.get("WORKBENCH_COVERAGE") else None
