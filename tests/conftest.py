"""How deep the tests draw, and what they have in common with a run."""

from __future__ import annotations

import gc
import os
import signal

import pytest
from hypothesis import settings

from tests.counting import counting
from tests.depth import DEEP, draws
from workbench.processes import RARELY

gc.set_threshold(RARELY)  # as a run does; to collect the tests takes a quarter less

os.environ["WORKBENCH_CACHE"] = ""  # nothing is found in, or left to, the cache of whoever runs the tests

# A shell begins what runs in its background with Ctrl-C passed over, and some tests press it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Two runs draw the same, so that what passed here passes elsewhere; with make deep each draws anew. A test asserts no time.
settings.register_profile("usual", max_examples=draws(100), deadline=None, derandomize=not DEEP)
settings.load_profile("usual")


def pytest_configure(config: pytest.Config) -> None:
    """Count what tests run through, where that is asked for; workers keep to a core."""
    if counting is not None:
        config.pluginmanager.register(counting)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker and hasattr(os, "sched_setaffinity"):  # one core each: where both are busy, to fork gains nothing
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[int(worker.removeprefix("gw")) % len(cores)]})


def pytest_collection_finish() -> None:
    """Look no more for garbage in what is there to stay: all modules and six thousand tests."""
    gc.collect()
    gc.freeze()
